//! The properties that HCS reports of itself, of compute systems and of processes.

use std::thread;
use std::time::Duration;

use serde::Deserialize;

use crate::hcs::call::{CallError, Result};
use crate::hcs::documents::or_default;

/// The properties of a compute system, as enumeration reports them; a missing one is empty, and so is one of an unknown form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SystemProperties {
    /// The id.
    #[serde(alias = "ID", deserialize_with = "or_default")]
    pub id: String,
    /// The owner that its creator gave it.
    #[serde(deserialize_with = "or_default")]
    pub owner: String,
    /// E.g. `Running`; empty for one that was created and not started.
    #[serde(deserialize_with = "or_default")]
    pub state: String,
    /// For Hyper-V isolation, the `UtilityVM` folder it was booted from.
    #[serde(deserialize_with = "or_default")]
    pub runtime_image_path: String,
    /// True if it is the template from which Hyper-V containers are cloned. HCS keeps it running, and with it the files of the
    /// image's base layer open.
    #[serde(deserialize_with = "or_default")]
    pub is_runtime_template: bool,
}

impl SystemProperties {
    /// The query for the properties of one compute system, as hcsshim asks it.
    pub const QUERY: &str = "{}";

    /// True if it has ended, and is listed still.
    pub fn has_stopped(&self) -> bool {
        self.state.eq_ignore_ascii_case("stopped")
    }
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
    /// True if it has ended. Before that the exit code means nothing.
    #[serde(deserialize_with = "or_default")]
    exited: bool,
    /// All 32 bits of its exit code, e.g. `0xC000013A` after Ctrl-C.
    #[serde(deserialize_with = "or_default")]
    exit_code: Option<u32>,
    /// The result of the wait for its end: the exit code holds only if that succeeded.
    #[serde(deserialize_with = "or_default")]
    last_wait_result: i64,
}

/// The number of times that an ended process is asked for its exit code, and the pause between two of them. The answer can come before
/// HCS has read the code itself (`docs/hcs.md#exit-codes`).
const QUESTIONS: usize = 5;
const PAUSE: Duration = Duration::from_millis(50);

impl ProcessStatus {
    /// True if it has ended.
    pub const fn has_exited(&self) -> bool {
        self.exited
    }

    /// The exit code, all 32 bits of it; `None` if it is not known (`docs/hcs.md#exit-codes`).
    pub const fn code(&self) -> Option<u32> {
        if self.exited && self.last_wait_result == 0 { self.exit_code } else { None }
    }

    /// The status in a document; one that is missing or has another form says nothing.
    pub fn read(document: Option<&str>) -> Self {
        document.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// The exit code of a process whose end was reported with this document: from there, or else asked for a few times.
    ///
    /// # Errors
    ///
    /// An exit code that stays unknown. It is never taken for 0.
    pub fn code_of_ended(reported: Option<&str>, call: &'static str, mut ask: impl FnMut() -> Result<Self>) -> Result<u32> {
        if let Some(code) = Self::read(reported).code() {
            return Ok(code);
        }
        let mut refused = None;
        for question in 0..QUESTIONS {
            if question > 0 {
                thread::sleep(PAUSE);
            }
            match ask() {
                Ok(status) => {
                    if let Some(code) = status.code() {
                        return Ok(code);
                    }
                }
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| CallError::unusable(call, "the process has ended, and its exit code is not known")))
    }
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

    #[test]
    fn a_property_of_an_unknown_form_is_as_good_as_none() {
        let odd = r#"{"ID":"a","Owner":null,"State":7,"RuntimeImagePath":[],"IsRuntimeTemplate":"yes","Later":{}}"#;
        let found: SystemProperties = serde_json::from_str(odd).unwrap();
        assert_eq!(found, SystemProperties { id: "a".into(), ..SystemProperties::default() });
        let stopped: SystemProperties = serde_json::from_str(r#"{"Id":"a","State":"Stopped"}"#).unwrap();
        assert!(stopped.has_stopped() && !found.has_stopped());
    }

    #[test]
    fn an_exit_code_holds_only_of_a_process_that_ended_and_was_waited_for() {
        for (document, code) in [
            (r#"{"ProcessId":4,"Exited":true,"ExitCode":7,"LastWaitResult":0}"#, Some(7)),
            (r#"{"Exited":true,"ExitCode":3221225786,"LastWaitResult":0}"#, Some(0xC000_013A)),
            (r#"{"Exited":true,"ExitCode":0}"#, Some(0)),
            (r#"{"Exited":true,"ExitCode":0,"LastWaitResult":-2147024890}"#, None),
            (r#"{"Exited":true,"ExitCode":0,"LastWaitResult":2147942406}"#, None),
            (r#"{"Exited":true,"LastWaitResult":0}"#, None),
            (r#"{"Exited":true,"ExitCode":null}"#, None),
            (r#"{"Exited":false,"ExitCode":4294967295}"#, None),
            (r#"{"ExitCode":0}"#, None),
            ("{}", None),
            ("null", None),
            ("", None),
        ] {
            assert_eq!(ProcessStatus::read(Some(document)).code(), code, "{document}");
        }
        assert_eq!(ProcessStatus::read(None).code(), None);
    }

    #[test]
    fn an_exit_code_that_is_not_known_is_asked_for_and_never_zero() {
        let good = r#"{"Exited":true,"ExitCode":9}"#;
        let ask = || -> Result<ProcessStatus> { panic!("it is known") };
        assert_eq!(ProcessStatus::code_of_ended(Some(good), "call", ask), Ok(9));
        let mut answers = vec![good, r#"{"Exited":true}"#, "{}"];
        let later = ProcessStatus::code_of_ended(None, "call", || Ok(ProcessStatus::read(answers.pop())));
        assert_eq!(later, Ok(9));
        let mut asked = 0;
        let never = ProcessStatus::code_of_ended(Some("{}"), "call", || {
            asked += 1;
            Ok(ProcessStatus::default())
        });
        assert_eq!((never.map_err(|error| error.call), asked), (Err("call"), QUESTIONS));
        let refused = CallError::refused("HcsGetProcessProperties", 0x8037_010e, Vec::new());
        assert_eq!(ProcessStatus::code_of_ended(None, "call", || Err(refused.clone())), Err(refused.clone()));
    }
}
