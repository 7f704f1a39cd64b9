//! Knowledge from a file: `--knowledge FILE`, and the checks that the built-in facts pass too.

use serde::Deserialize;

use super::Knowledge;
use super::names::normal;

/// The form of the file that this program reads, as the file names it.
const SCHEMA: &str = "wincompat/knowledge/v1";

/// The fault because of which a file is not usable as knowledge.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidKnowledge {
    /// The field at fault, e.g. `releases[3].support[0].until`; with line and column where the file is not even JSON.
    pub field: String,
    /// The problem with it, e.g. `the architectures are missing`.
    pub problem: String,
}

impl InvalidKnowledge {
    fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

/// The part that every version of the form has.
#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    schema: Option<String>,
}

impl Knowledge {
    /// Knowledge from the bytes of a JSON file, UTF-8, with or without a byte order mark.
    ///
    /// The form is that of the built-in `src/knowledge/knowledge.json`: `schema` is `wincompat/knowledge/v1`, `date` and all days
    /// are `YYYY-MM-DD`, and `stable_abi`, `releases`, `base_images`, `revisions`, `engine_versions`, `kubelets` and `engine_faults` are those of [`Knowledge`]. Within version 1
    /// fields are only added: one this program does not know is passed over, and the optional ones may be absent.
    ///
    /// # Errors
    ///
    /// Names the first field that is missing, of the wrong type, or contradicts another.
    pub fn from_json(bytes: &[u8]) -> Result<Self, InvalidKnowledge> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let header: Header = parse(bytes)?;
        match header.schema.as_deref() {
            Some(SCHEMA) => {}
            Some(other) if other.starts_with("wincompat/knowledge/") => {
                return Err(InvalidKnowledge::new("schema", format!("this program reads {SCHEMA}, the file is in another form")));
            }
            Some(_) => return Err(InvalidKnowledge::new("schema", format!("not a knowledge file: expected {SCHEMA}"))),
            None => return Err(InvalidKnowledge::new("schema", format!("missing: expected {SCHEMA}"))),
        }
        let mut knowledge: Self = parse(bytes)?;
        knowledge.check()?;
        knowledge.engine_versions.sort_by_key(|versions| (versions.engine, versions.store));
        Ok(knowledge)
    }

    /// The checks on which the rest of the program relies.
    fn check(&self) -> Result<(), InvalidKnowledge> {
        ascending("stable_abi", self.stable_abi.iter().copied())?;
        ascending("base_images", self.base_images.iter().map(|image| image.build))?;
        ascending("revisions", self.revisions.iter().map(|revisions| revisions.build))?;
        for (index, release) in self.releases.iter().enumerate() {
            let fault = |field: &str, problem: &str| Err(InvalidKnowledge::new(format!("releases[{index}].{field}"), problem));
            if release.id.is_empty() || normal(&release.id) != release.id {
                return fault("id", "an id is lower case, its words joined by `-`");
            }
            if self.releases.iter().take(index).any(|earlier| earlier.id == release.id) {
                return fault("id", "another release has this id");
            }
            if release.architectures.is_empty() {
                return fault("architectures", "at least one is needed");
            }
            if let Some(alias) = release.aliases.iter().position(|alias| alias.is_empty() || normal(alias) != *alias) {
                return fault(&format!("aliases[{alias}]"), "an alias is lower case, its words joined by `-`");
            }
        }
        for (index, image) in self.base_images.iter().enumerate() {
            if let Some(repository) = image.repositories.iter().position(|repository| repository.tags.is_empty()) {
                let field = format!("base_images[{index}].repositories[{repository}].tags");
                return Err(InvalidKnowledge::new(field, "at least one is needed"));
            }
        }
        for (index, versions) in self.engine_versions.iter().enumerate() {
            let mut earlier =
                self.engine_versions.iter().take(index).filter(|earlier| earlier.is_of(versions.engine, versions.store));
            if versions.last < versions.first || earlier.any(|earlier| earlier.last >= versions.first) {
                let field = format!("engine_versions[{index}]");
                return Err(InvalidKnowledge::new(field, "the versions of an engine are listed ascending, each once"));
            }
        }
        for (index, revisions) in self.revisions.iter().enumerate() {
            // Newest first means descending revisions too: no update lowers the revision of its build.
            if !revisions.updates.is_sorted_by(|newer, older| newer.released > older.released && newer.revision > older.revision)
            {
                return Err(InvalidKnowledge::new(format!("revisions[{index}].updates"), "updates are listed newest first"));
            }
        }
        Ok(())
    }
}

/// Numbers each greater than the one before.
fn ascending(field: &str, builds: impl Iterator<Item = u32>) -> Result<(), InvalidKnowledge> {
    if builds.is_sorted_by(|earlier, later| earlier < later) {
        Ok(())
    } else {
        Err(InvalidKnowledge::new(field, "builds are listed ascending, each once"))
    }
}

/// Reads JSON, naming the field at fault.
fn parse<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, InvalidKnowledge> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "the file".to_owned() } else { path };
        InvalidKnowledge::new(field, error.into_inner().to_string())
    })?;
    json.end().map_err(|error| InvalidKnowledge::new("the file", error.to_string()))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small file, with one text in it replaced.
    fn read(from: &str, to: &str) -> Result<Knowledge, String> {
        let file = r#"{
            "schema": "wincompat/knowledge/v1", "date": "2027-03-01", "stable_abi": [20348, 26100],
            "releases": [
                {"id": "ltsc2022", "name": "Windows Server 2022", "build": 20348, "kind": "server", "aliases": ["ws2022"],
                 "architectures": ["amd64"], "support": [{"channel": "extended", "until": "2031-10-14"}], "source": "x"},
                {"id": "ltsc2025", "name": "Windows Server 2025", "build": 26100, "kind": "server",
                 "architectures": ["amd64"], "source": "x"}],
            "base_images": [
                {"build": 20348, "release": "ltsc2022", "source": "x", "repositories": [
                    {"repository": "windows/nanoserver", "tags": ["ltsc2022"], "until": "2031-10-14", "architectures": ["amd64"]}]}],
            "revisions": [
                {"build": 20348, "updates": [
                    {"revision": 3692, "kb": "KB5058385", "released": "2025-05-13", "hotpatch": 3630},
                    {"revision": 3566, "kb": "KB5059092", "released": "2025-04-16"}]}]
        }"#;
        assert!(from.is_empty() || file.contains(from), "{from}");
        Knowledge::from_json(file.replacen(from, to, 1).as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_a_file_without_its_optional_fields() {
        let knowledge = read("", "").unwrap();
        assert_eq!(knowledge.date, jiff::civil::date(2027, 3, 1));
        assert_eq!(knowledge.releases_named("WS2022").len(), 1);
        assert_eq!(knowledge.revisions(20348).unwrap().february_2020, None);
        assert_eq!(knowledge.engine_faults, Knowledge::built_in().engine_faults);
    }

    #[test]
    fn passes_over_fields_that_were_added_later() {
        assert!(read(r#""date":"#, r#""rollout": {"waves": [1, 2]}, "date":"#).is_ok());
        assert!(read(r#""kind": "server","#, r#""kind": "server", "codename": "Iron","#).is_ok());
    }

    #[test]
    fn takes_a_byte_order_mark() {
        let mut bytes = b"\xef\xbb\xbf".to_vec();
        bytes.extend_from_slice(include_bytes!("knowledge.json"));
        assert!(Knowledge::from_json(&bytes).is_ok());
    }

    #[test]
    fn errors_name_the_field() {
        for (from, to, expected) in [
            ("wincompat/knowledge/v1", "wincompat/knowledge/v2", "schema: this program reads wincompat/knowledge/v1"),
            ("wincompat/knowledge/v1", "wincompat/report/v1", "schema: not a knowledge file"),
            (r#""schema": "wincompat/knowledge/v1","#, "", "schema: missing"),
            (r#""wincompat/knowledge/v1""#, "1", "schema: invalid type"),
            ("2031-10-14", "2031-10-32", "releases[0].support[0].until: "),
            (r#""server""#, r#""cluster""#, "releases[0].kind: unknown variant `cluster`"),
            (r#"["amd64"]"#, r#"["riscv64"]"#, "releases[0].architectures[0]: unknown variant `riscv64`"),
            (r#"["amd64"]"#, "[]", "releases[0].architectures: at least one is needed"),
            (r#""build": 20348"#, r#""build": "20348""#, "releases[0].build: invalid type: string"),
            (r#""build": 20348"#, r#""build": -1"#, "releases[0].build: invalid value"),
            (r#""id": "ltsc2025""#, r#""id": "ltsc2022""#, "releases[1].id: another release has this id"),
            (r#""id": "ltsc2025""#, r#""id": "LTSC 2025""#, "releases[1].id: an id is lower case"),
            (r#""ws2022""#, r#""WS2022""#, "releases[0].aliases[0]: an alias is lower case"),
            (r#", "source": "x"}"#, "}", "releases[0]: missing field `source`"),
            ("[20348, 26100]", "[26100, 20348]", "stable_abi: builds are listed ascending"),
            (r#"["ltsc2022"]"#, "[]", "base_images[0].repositories[0].tags: at least one is needed"),
            ("2025-04-16", "2025-06-10", "revisions[0].updates: updates are listed newest first"),
            ("3566", "3692", "revisions[0].updates: updates are listed newest first"),
            (r#""revisions": ["#, r#""revisions": [["#, "revisions: expected"),
        ] {
            let error = read(from, to).unwrap_err();
            assert!(error.starts_with(expected), "{from} -> {to}: {error}");
        }
    }

    #[test]
    fn the_versions_of_an_engine_ascend() {
        let built_in: serde_json::Value = serde_json::from_slice(include_bytes!("knowledge.json")).unwrap();
        for (place, one, other) in [(1, "first", "17.3.0"), (1, "first", "17.9.0"), (1, "last", "17.9.0")] {
            let mut file = built_in.clone();
            file["engine_versions"][place][one] = other.into();
            let error = Knowledge::from_json(file.to_string().as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("engine_versions[1]: the versions of an engine are listed ascending"), "{one}: {error}");
        }
    }

    #[test]
    fn engines_may_be_listed_in_any_order() {
        let mut file: serde_json::Value = serde_json::from_slice(include_bytes!("knowledge.json")).unwrap();
        file["engine_versions"].as_array_mut().unwrap().rotate_left(8);
        let read = Knowledge::from_json(file.to_string().as_bytes()).unwrap();
        let built_in = Knowledge::built_in();
        assert!(built_in.engine_versions.is_sorted_by_key(|one| (one.engine, one.store, one.first.clone())));
        for one in &built_in.engine_versions {
            for version in [Some(&one.first), Some(&one.last), None] {
                let expected = built_in.engine_versions_of(one.engine, one.store, version).unwrap();
                let found = read.engine_versions_of(one.engine, one.store, version).unwrap();
                assert_eq!((&found.0.first, found.1), (&expected.0.first, expected.1));
                assert!(version.is_none() || found.0.first == one.first, "{:?} {version:?}", one.engine);
            }
        }
        let before = semver::Version::new(0, 1, 0);
        assert!(read.engine_versions_of(crate::Engine::Containerd, None, Some(&before)).is_none());
    }

    #[test]
    fn foreign_bytes_are_an_error() {
        let deep = "[".repeat(100_000);
        for bytes in [&b""[..], b"null", b"[]", b"{", b"\xff\xfe{\x00}\x00", b"{} {}", b"PK\x03\x04", deep.as_bytes()] {
            assert!(Knowledge::from_json(bytes).is_err());
        }
    }
}
