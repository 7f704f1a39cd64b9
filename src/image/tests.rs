//! Images from the bytes of indexes and configs.

use crate::image::test_knowledge::knowledge;
use crate::image::{Config, Digest, Image, Source, Version, VersionSource};
use crate::{Error, ErrorKind};

const HEX: &str = "03e2a67ea588f6e15e96ac23109629ca081970063c0b97f98a62176ebd419867";

fn entry(fields: &str) -> String {
    format!(r#"{{"digest":"sha256:{HEX}","size":429{fields}}}"#)
}

fn platform(os: &str, architecture: &str, version: &str) -> String {
    entry(&format!(r#","platform":{{"os":"{os}","architecture":"{architecture}","os.version":"{version}"}}"#))
}

fn from_index(entries: &[String]) -> Result<Image, Error> {
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","));
    Image::from_index(&"r.test/app:1".parse().unwrap(), Source::Registry, index.as_bytes())
}

#[test]
fn an_index_lists_its_windows_entries_in_order_and_other_platforms_once() {
    let image = from_index(&[
        platform("linux", "amd64", ""),
        platform("windows", "x86_64", "10.0.26100.1742"),
        platform("linux", "amd64", ""),
        platform("Windows", "amd64", "10.0.20348.2402"),
        entry(""),
        entry(r#","platform":{"os":"unknown","architecture":"unknown"}"#),
        entry(r#","mediaType":"application/vnd.cncf.helm.chart.v1+json""#),
    ])
    .unwrap();
    assert_eq!((image.reference.as_str(), image.repository.as_deref()), ("r.test/app:1", Some("r.test/app")));
    assert_eq!(image.other_platforms, ["linux/amd64"]);
    let versions: Vec<_> =
        image.candidates.iter().map(|candidate| (candidate.architecture.as_str(), &candidate.indexed)).collect();
    let known = |text: &str| Version::Known(text.parse().unwrap());
    assert_eq!(versions, [("amd64", &known("10.0.26100.1742")), ("amd64", &known("10.0.20348.2402")), ("", &Version::Missing)]);
    assert!(image.candidates.iter().all(|candidate| candidate.config == Config::NotRead));
}

#[test]
fn a_config_that_is_added_decides() {
    let mut image = from_index(&[platform("windows", "amd64", "10.0.20348.2402")]).unwrap();
    let candidate = &mut image.candidates[0];
    let error = candidate.read_config(b"[]", &knowledge()).unwrap_err();
    assert_eq!((error.kind, &candidate.config), (ErrorKind::Invalid, &Config::NotRead));
    let config = br#"{"os":"windows","architecture":"amd64","os.version":"10.0.26100.1742"}"#;
    candidate.read_config(config, &knowledge()).unwrap();
    assert_eq!(candidate.os_version(), Some(("10.0.26100.1742".parse().unwrap(), VersionSource::Config)));
}

#[test]
fn what_lists_no_image_here_is_refused() {
    let nested = entry(r#","mediaType":"application/vnd.oci.image.index.v1+json""#);
    for (entries, kind, what) in [
        (vec![], ErrorKind::Unsupported, "lists no image"),
        (vec![nested.clone()], ErrorKind::Unsupported, "refers to further indexes"),
        (vec![platform("windows", "amd64", "10.0.20348.1"), nested], ErrorKind::Unsupported, "refers to further indexes"),
    ] {
        let error = from_index(&entries).unwrap_err();
        assert_eq!(error.kind, kind);
        assert!(error.what.contains(what), "{error:?}");
    }
    let single = format!(r#"{{"schemaVersion":2,"config":{},"layers":[]}}"#, entry(""));
    let error = Image::from_index(&"r.test/app:1".parse().unwrap(), Source::Registry, single.as_bytes()).unwrap_err();
    assert!(error.what.contains("of a single image"), "{error:?}");
}

#[test]
fn an_image_without_an_index_is_told_by_its_config() {
    let image = |config: &str| {
        let reference = "oci:folder:1".parse().unwrap();
        Image::from_config(&reference, Source::OciLayout, Some(Digest::of(b"manifest")), config.as_bytes(), &knowledge())
    };
    let windows = image(r#"{"os":"windows","architecture":"amd64","os.version":"10.0.20348.2402"}"#).unwrap();
    assert_eq!((windows.repository.as_deref(), windows.candidates.len()), (None, 1));
    assert_eq!(windows.candidates[0].digest, Some(Digest::of(b"manifest")));
    assert_eq!(windows.candidates[0].os_version().unwrap().0, "10.0.20348.2402".parse().unwrap());
    let linux = image(r#"{"os":"linux","architecture":"arm64"}"#).unwrap();
    assert_eq!((linux.candidates.len(), linux.other_platforms), (0, vec!["linux/arm64".to_owned()]));
    assert_eq!(image("{").unwrap_err().kind, ErrorKind::Invalid);
}
