//! The image config: the platform, and the history from which a lost version can be read.

use serde::Deserialize;
use serde_json::Value;

use crate::OsVersion;
use crate::image::{ConfigFacts, Version, spelling};
use crate::knowledge::Knowledge;
use crate::text::shown;
use crate::{Error, ErrorKind};

/// The most bytes a config may have; real ones have a few KiB.
pub const LARGEST: u64 = 4 << 20;

/// The parts of an image config that are read here.
///
/// Not oci-spec's type: that one refuses `"history":null`, which real configs contain, and configs without a rootfs, while an
/// `os.version` is readable all the same. Here null is absent, and only what is read must have the right type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ImageConfig {
    /// OCI's name of the operating system, e.g. `windows`.
    pub os: Option<String>,
    /// OCI's name of the processor, e.g. `amd64`.
    pub architecture: Option<String>,
    /// E.g. `10.0.20348.2402`.
    #[serde(rename = "os.version")]
    pub os_version: Option<String>,
    /// The steps that made the layers, the base layer first.
    pub history: Option<Vec<Option<History>>>,
    /// The layers.
    pub rootfs: Option<Rootfs>,
}

/// The layers of which an image is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Rootfs {
    /// The digests of the uncompressed layers, lowest first; only their number counts here.
    pub diff_ids: Option<Vec<Value>>,
}

/// One step of the history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct History {
    /// The step that made the layer, e.g. `Apply image 10.0.26100.2605`.
    pub created_by: Option<String>,
}

/// Reads an image config.
pub fn parse(bytes: &[u8]) -> Result<ImageConfig, Error> {
    if bytes.len() as u64 > LARGEST {
        return Err(Error::of(ErrorKind::Invalid, format!("the image config has more than {} MiB", LARGEST >> 20)));
    }
    let malformed = |why: String| Error::of(ErrorKind::Invalid, "the image config is malformed").because(why);
    let config = serde_json::from_slice(bytes).map_err(|error| malformed(shown(&error.to_string())))?;
    spelling::check(bytes, spelling::CONFIG).map_err(malformed)?;
    Ok(config)
}

impl ImageConfig {
    /// The number of layers that it names.
    pub fn layers(&self) -> usize {
        self.rootfs.iter().flat_map(|rootfs| &rootfs.diff_ids).map(Vec::len).sum()
    }

    /// The part that the judgement needs.
    pub fn facts(&self, knowledge: &Knowledge) -> ConfigFacts {
        ConfigFacts {
            os: crate::image::normal_os(self.os.as_deref().unwrap_or_default()),
            architecture: crate::image::normal_architecture(self.architecture.as_deref().unwrap_or_default()),
            version: Version::read(self.os_version.as_deref()),
            history: self.version_in_history(knowledge),
        }
    }

    /// The version named by the last `Apply image` or `Install update`: Microsoft's base images begin with such steps, and an
    /// update follows the image it updates.
    fn version_in_history(&self, knowledge: &Knowledge) -> Option<OsVersion> {
        self.history.iter().flatten().flatten().rev().find_map(|step| {
            let created_by = step.created_by.as_deref()?.trim();
            let named = created_by.strip_prefix("Apply image ").or_else(|| created_by.strip_prefix("Install update "))?;
            Some(version_named(named.trim(), knowledge))
        })?
    }
}

/// The version behind `10.0.26100.2605`, `10.0.17763.437-amd64`, `1909-amd64` or `2022-RTM-amd64`. A name counts if it belongs to one
/// generation of base images; of its revision it says nothing.
fn version_named(name: &str, knowledge: &Knowledge) -> Option<OsVersion> {
    let name = ["-amd64", "-arm64"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    if let Ok(version) = name.parse() {
        return Some(version);
    }
    let release = name.strip_suffix("-RTM").unwrap_or(name).to_ascii_lowercase();
    let long_term = format!("ltsc{release}");
    let mut builds = knowledge.base_images.iter().filter_map(|image| {
        let tags = image.repositories.iter().flat_map(|repository| &repository.tags);
        let mut names = tags.chain([&image.release]);
        names.any(|known| *known == release || *known == long_term).then_some(image.build)
    });
    match (builds.next(), builds.next()) {
        (Some(build), None) => Some(OsVersion::of_build(build)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::test_knowledge::knowledge;

    fn facts(json: &str) -> ConfigFacts {
        parse(json.as_bytes()).unwrap().facts(&knowledge())
    }

    fn history(steps: &[&str]) -> Option<OsVersion> {
        let steps: Vec<_> = steps.iter().map(|step| serde_json::json!({ "created_by": step })).collect();
        facts(&serde_json::json!({ "os": "windows", "history": steps }).to_string()).history
    }

    #[test]
    fn null_is_absent() {
        let facts = facts(
            r#"{"os":"windows","architecture":"amd64","os.version":null,"history":null,"rootfs":{"diff_ids":null},
                "config":{"Volumes":null,"Entrypoint":["cmd"]}}"#,
        );
        assert_eq!(facts.os, "windows");
        assert_eq!(facts.architecture, "amd64");
        assert_eq!((facts.version, facts.history), (Version::Missing, None));
        assert_eq!(parse(br#"{"history":[null,{},{"created_by":null}]}"#).unwrap().facts(&knowledge()).history, None);
    }

    #[test]
    fn the_history_names_the_version() {
        let version = |text: &str| Some(text.parse::<OsVersion>().unwrap());
        for (steps, expected) in [
            (&["Apply image 10.0.26100.2605"][..], version("10.0.26100.2605")),
            (&["Apply image 10.0.26100.2605", "Install update 10.0.26100.7462", "cmd /S /C echo"], version("10.0.26100.7462")),
            (&["Apply image 10.0.17763.437-amd64"], version("10.0.17763.437")),
            (&["Apply image 1909-amd64"], version("10.0.18363")),
            (&["Apply image 2022-RTM-amd64", "Install update 10.0.20348.2402"], version("10.0.20348.2402")),
            (&["Apply image 2022-RTM-amd64"], version("10.0.20348")),
            (&["Apply image 1809-RTM-amd64"], version("10.0.17763")),
            // An update whose name says nothing replaces what the image before it said.
            (&["Apply image 10.0.17763.1", "Install update special-amd64"], None),
            (&["Apply image "], None),
            (&["RUN Apply image 10.0.17763.1"], None),
            (&[], None),
        ] {
            assert_eq!(history(steps), expected, "{steps:?}");
        }
    }

    #[test]
    fn hostile_configs_are_refused() {
        let deep = format!(r#"{{"config":{}}}"#, "[".repeat(1_000_000));
        for json in [
            &deep,
            "",
            "[]",
            "null",
            r#"{"os":5}"#,
            r#"{"os":"windows","os":"linux"}"#,
            r#"{"os":"windows","OS":"linux"}"#,
            "{}x",
        ] {
            let error = parse(json.as_bytes()).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid);
        }
        assert!(parse(&vec![b' '; LARGEST as usize + 1]).unwrap_err().what.contains("4 MiB"));
    }
}
