#!/usr/bin/env bash
# benches/run.sh: `wincompat run` of a small image that is in the store, from start to first output and to its end, beside the
# container's command started on its own. Under Wine, with the HCS emulator in the place of Windows: what is measured is
# wincompat and Wine, not Windows. Needs what tests/wine.sh installs, and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/wine.sh
. tests/emulator/install.sh
wine_packages
# With the optimisations of the program that users get, in a folder of its own profile.
wine_cargo build --locked --profile dist --quiet
emulator_build --quiet
wincompat=$wine_target/$wine_triple/dist/wincompat.exe
wine_prefix
emulator_install "$WINEPREFIX"
emulator_host

python3 - "$WINEPREFIX/drive_c/store" "$wincompat" <<'END'
import hashlib, io, json, os, statistics, subprocess, sys, tarfile, time
store, wincompat = sys.argv[1:]
os.makedirs(f"{store}/blobs/sha256")


def put(media_type, content):
    digest = hashlib.sha256(content).hexdigest()
    with open(f"{store}/blobs/sha256/{digest}", "wb") as file:
        file.write(content)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


buffer = io.BytesIO()
with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
    for name in ("Files", "Files/Windows", "Files/Windows/System32", "Hives"):
        folder = tarfile.TarInfo(name)
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
    # What the emulator takes the image's build from.
    build = tarfile.TarInfo("Files/Windows/System32/hcsemu-build")
    build.size = 10
    tar.addfile(build, io.BytesIO(b"10.0.20348"))
oci = "application/vnd.oci.image"
layer = put(f"{oci}.layer.v1.tar", buffer.getvalue())
config = put(f"{oci}.config.v1+json", json.dumps({"os": "windows", "os.version": "10.0.20348.1", "architecture": "amd64",
                                                  "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}).encode())
manifest = put(f"{oci}.manifest.v1+json", json.dumps({"schemaVersion": 2, "mediaType": f"{oci}.manifest.v1+json",
                                                      "config": config, "layers": [layer]}).encode())
manifest["annotations"] = {"org.opencontainers.image.ref.name": "registry.example/app:1"}
# The mark of a store: a folder that holds anything else without it is not written to.
with open(f"{store}/wincompat.json", "w") as file:
    file.write('{"schema":"wincompat/store/v1"}\n')
for name, content in (("index.json", {"schemaVersion": 2, "manifests": [manifest]}), ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
    with open(f"{store}/{name}", "w") as file:
        json.dump(content, file)

command = ["cmd", "/c", "echo hello"]
run = ["wine", wincompat, "run", "--rm", "--root", "C:\\store", "--pull", "never", "registry.example/app:1", *command]


def measure(arguments):
    """Seconds to the first byte, and to the end."""
    started = time.monotonic()
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first = process.stdout.read(1)
    to_first = time.monotonic() - started
    rest = process.stdout.read()
    errors = process.stderr.read()
    assert process.wait() == 0 and first + rest == b"hello\r\n", (first + rest, errors)
    return to_first, time.monotonic() - started


measure(run)  # imports the layer
for name, arguments in (("wincompat run", run), ("its command alone", ["wine", *command])):
    first, end = (statistics.median(times) * 1000 for times in zip(*(measure(arguments) for _ in range(20))))
    print(f"{name}: first output after {first:.0f} ms, end after {end:.0f} ms (medians of 20)")
END
