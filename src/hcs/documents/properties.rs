//! The properties that HCS reports of itself, of compute systems and of processes.

use serde::Deserialize;

/// The properties of a compute system, as enumeration reports them; a missing one is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SystemProperties {
    /// The id.
    #[serde(alias = "ID")]
    pub id: String,
    /// The owner that its creator gave it.
    pub owner: String,
    /// E.g. `Running`; empty for one that was created and not started.
    pub state: String,
    /// For Hyper-V isolation, the `UtilityVM` folder it was booted from.
    pub runtime_image_path: String,
    /// True if it is the template from which Hyper-V containers are cloned. HCS keeps it running, and with it the files of the
    /// image's base layer open.
    pub is_runtime_template: bool,
}

/// The properties of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ServiceProperties {
    properties: Vec<BasicInformation>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct BasicInformation {
    supported_schema_versions: Vec<SchemaVersion>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SchemaVersion {
    major: u32,
    minor: u32,
}

impl ServiceProperties {
    /// The query for these properties.
    pub const QUERY: &str = r#"{"PropertyTypes":["Basic"]}"#;

    /// The versions of documents it takes: each stands for all lower minor versions of its major one too.
    pub fn schema_versions(&self) -> Vec<(u32, u32)> {
        let versions = self.properties.iter().flat_map(|one| &one.supported_schema_versions);
        versions.map(|version| (version.major, version.minor)).collect()
    }
}

/// The status of a process: `ProcessStatus`, and the data of its exit event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProcessStatus {
    /// The id inside the container.
    pub process_id: u32,
    /// True if it has ended. Before that the exit code means nothing.
    pub exited: bool,
    /// All 32 bits of its exit code, e.g. `0xC000013A` after Ctrl-C.
    pub exit_code: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_tells_which_documents_it_takes() {
        let versions = |text: &str| serde_json::from_str::<ServiceProperties>(text).map(|found| found.schema_versions());
        let basic = r#"{"Properties":[{"SupportedSchemaVersions":[{"Major":1,"Minor":0},{"Major":2,"Minor":5}]}]}"#;
        assert_eq!(versions(basic).unwrap(), [(1, 0), (2, 5)]);
        assert_eq!(versions(r#"{"Properties":[{}],"Later":1}"#).unwrap(), []);
        assert!(versions(r#"{"Properties":[{"SupportedSchemaVersions":[{"Major":-1}]}]}"#).is_err());
    }
}
