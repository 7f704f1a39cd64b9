class Wincompat < Formula
  desc "Check whether Windows container images can run on your Windows hosts"
  homepage "https://github.com/@REPOSITORY@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    url "https://github.com/@REPOSITORY@/releases/download/v@VERSION@/wincompat-v@VERSION@-universal-apple-darwin.tar.gz"
    sha256 "@SHA256:universal-apple-darwin.tar.gz@"
  end
  on_linux do
    on_intel do
      url "https://github.com/@REPOSITORY@/releases/download/v@VERSION@/wincompat-v@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:x86_64-unknown-linux-musl.tar.gz@"
    end
    on_arm do
      url "https://github.com/@REPOSITORY@/releases/download/v@VERSION@/wincompat-v@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:aarch64-unknown-linux-musl.tar.gz@"
    end
  end

  def install
    bin.install "wincompat"
    generate_completions_from_executable(bin/"wincompat", "completions")
    man1.install Dir["man/*.1"]
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/wincompat --version")
  end
end
