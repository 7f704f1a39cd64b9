//! A recorded manifest is right when its SHA-256 is the digest its registry published.

use std::collections::BTreeSet;
use std::path::Path;

use wincompat::image::Digest;

/// Each recorded file and its published digest.
const RECORDED: [(&str, &str); 10] = [
    ("dockerhub-hello-world-nanoserver-index.json", "sha256:9a1c897c7451be07ad5afbe155e8cfaa7d073c06de50650cbef08fc57f18a7a9"),
    (
        "dockerhub-hello-world-nanoserver-ltsc2022-20348.5622-manifest.json",
        "sha256:8fd8355009a7203af4b6252a3a7ad8c23b684c4cc6710057fbd88fba6ad250e8",
    ),
    (
        "dockerhub-hello-world-nanoserver-ltsc2025-26100.33438-manifest.json",
        "sha256:d08be0dd652a88e9c94d92d367bbcc7b9b5f3e4f063bea5a8c94fa637160b434",
    ),
    ("dockerhub-user-nanoserver-1909-config.json", "sha256:dc96c8eb2d2c1822f8feed83f961bb2dc8c995c452cf0c168f352c6d78f12a43"),
    ("dockerhub-user-nanoserver-1909-manifest.json", "sha256:fefae09d4b87f6d59547d7b0c8ebcea18fc8a4fb9311adcfa741fb97a274cec0"),
    ("mcr-nanoserver-1809-17763.3770-index.json", "sha256:5b034bcdcdeafd57f1151924a80d741c7220c8276cce4c6c6d3cb1bb8d9ebf6b"),
    ("mcr-nanoserver-ltsc2022-20348.2582-index.json", "sha256:cc9f6a1334190c1f18a905f56d285132e562a9a1ce18ff9476cfaf95194aa0b7"),
    (
        "mcr-nanoserver-ltsc2022-20348.2582-manifest.json",
        "sha256:be7dd33fb4618e91c85c53fb3b81143edef9b84419bba8499d5c78c4ebf11fad",
    ),
    ("mcr-servercore-ltsc2019-17763.3770-index.json", "sha256:058c8482946efa0b44b57e5ecebd7857b4df37a1365acdde32736628747ad9e1"),
    ("mcr-servercore-ltsc2022-20348.2113-index.json", "sha256:308ef3f8ee3e9c9a1bdec460009c1e6394b329db13eb3149461f8841be5b538a"),
];

#[test]
fn recorded_manifests_have_their_published_digests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/manifests");
    for (file, digest) in RECORDED {
        assert_eq!(Digest::of(&std::fs::read(folder.join(file)).unwrap()).as_str(), digest, "{file}");
    }
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let recorded: BTreeSet<String> = all.filter(|file| file.ends_with(".json") && !file.starts_with("synthetic-")).collect();
    assert_eq!(recorded, RECORDED.map(|(file, _)| file.to_owned()).into(), "a file without a digest");
}
