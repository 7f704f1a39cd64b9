//! The errors people meet when Windows containers do not start: numbers and messages, with causes and what to do.

use std::sync::LazyLock;

use serde::{Deserialize, Deserializer};

use crate::Advice;

/// The known errors.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Errors {
    /// The services that numbers come from, by their upper half.
    pub families: Vec<Family>,
    /// Errors that have a number, ascending.
    pub codes: Vec<ErrorCode>,
    /// The operations of engines that fail, from the registry to the running program.
    pub operations: Vec<Operation>,
    /// Errors that are known by their text only.
    pub messages: Vec<ErrorMessage>,
    /// Texts in which an error is only mentioned, and the program goes on; patterns as in [`ErrorMessage::patterns`].
    pub remarks: Vec<String>,
}

/// Error numbers with the same origin.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Family {
    /// The upper half, e.g. `0x8037` in the file.
    #[serde(deserialize_with = "hexadecimal")]
    pub prefix: u32,
    /// The first and the last lower half, where the upper one is not theirs alone. Such a family stands before the others.
    #[serde(default, deserialize_with = "range")]
    pub low: Option<(u32, u32)>,
    /// The service that gives them out, e.g. `Host Compute Service`.
    pub name: String,
    /// A sentence about numbers of this origin, e.g. `HRESULTs of the service that starts containers.`
    pub about: String,
    /// The steps to take about any of them.
    #[serde(deserialize_with = "advice")]
    pub steps: Vec<Advice>,
    /// The reference that lists them.
    pub source: String,
}

impl Family {
    /// True for a number of this origin by itself; another family with the same upper half may stand before it.
    fn may_have(&self, number: u32) -> bool {
        number >> 16 == self.prefix && self.low.is_none_or(|(first, last)| (first..=last).contains(&(number & 0xffff)))
    }
}

/// What is known of an error, by itself or where one operation ended with it.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Known {
    /// The meaning, whole sentences.
    #[serde(deserialize_with = "one_advice")]
    pub meaning: Advice,
    /// The usual causes, the commonest first.
    #[serde(default, deserialize_with = "advice")]
    pub causes: Vec<Advice>,
    /// The steps to take, in this order; commands are in backquotes. Of an error without its own, those of its family.
    #[serde(default, deserialize_with = "advice")]
    pub steps: Vec<Advice>,
}

/// An error that has a number: an HRESULT of the Host Compute Service or of Windows, or an NTSTATUS as an exit code.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct ErrorCode {
    /// The number, e.g. `0x80370101`.
    #[serde(deserialize_with = "hexadecimal")]
    pub code: u32,
    /// The symbolic names, the usual one first, e.g. `HCS_E_IMAGE_MISMATCH`.
    pub names: Vec<String>,
    /// The words of Windows for it, without a full stop; for exit codes, for which it has none, what happened.
    pub title: String,
    /// Other words in which tools print it, also in other languages.
    #[serde(default)]
    pub texts: Vec<String>,
    /// True if it follows from another error, and explains nothing where there is one.
    #[serde(default)]
    pub consequence: bool,
    /// True if programs end with its number alone, e.g. 1603 of `0x80070643`.
    #[serde(default)]
    pub exit_code: bool,
    /// The meaning, the causes and the steps.
    #[serde(flatten)]
    pub known: Known,
    /// What is known of it where one of these operations ended with it, instead of the meaning, the causes and the steps above.
    #[serde(default)]
    pub operations: Vec<CodeOfOperation>,
    /// The addresses of the pages on which the facts are found.
    #[serde(default)]
    pub sources: Vec<String>,
}

impl ErrorCode {
    /// What is known of it where the operation of this id ended with it.
    pub fn during(&self, operation: &str) -> Option<&CodeOfOperation> {
        self.operations.iter().find(|own| own.operation == operation)
    }
}

/// What an error that has a number means where one operation ended with it.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct CodeOfOperation {
    /// The id of the operation, e.g. `hns`.
    pub operation: String,
    /// The meaning, the causes and the steps.
    #[serde(flatten)]
    pub known: Known,
}

/// An operation of an engine. It is explained by itself where nothing more precise is known, and said beside a number.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Operation {
    /// The sentence that goes before the meaning of a number, e.g. `It failed while a layer of the image was unpacked.`
    pub during: String,
    /// True if it is of something else than a Windows container, e.g. of WSL. What is said of numbers is about containers, so that here
    /// only [`ErrorMessage::cases`] count.
    #[serde(default)]
    pub elsewhere: bool,
    /// The explanation where nothing else is known.
    #[serde(flatten)]
    pub message: ErrorMessage,
}

/// An error of an operation that says more than either.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct OperationCase {
    /// The id of the operation, e.g. `prepare-layer`.
    pub operation: String,
    /// The number of the error, e.g. `0x80070001`.
    #[serde(deserialize_with = "hexadecimal")]
    pub code: u32,
}

/// An error that is known by its text only.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct ErrorMessage {
    /// A stable name, e.g. `containers-feature`.
    pub id: String,
    /// A few words for what is wrong.
    pub title: String,
    /// Texts that show it, in lower case; ` * ` stands for anything between two pieces, for something where the operation is
    /// [elsewhere](Operation::elsewhere). White space, quotes and backslashes do not matter.
    #[serde(default)]
    pub patterns: Vec<String>,
    /// Such texts that programs of every kind print: alone they do not tell that a container is behind them.
    #[serde(default)]
    pub general: Vec<String>,
    /// Operations with the error that they end with, by its number or its words in any language.
    #[serde(default)]
    pub cases: Vec<OperationCase>,
    /// True if it follows from another error, and explains nothing where there is one.
    #[serde(default)]
    pub consequence: bool,
    /// The other end of the connection that it is about. Texts in `general` are about a registry only where something near says so.
    #[serde(default)]
    pub peer: Option<Peer>,
    /// The meaning, the causes and the steps.
    #[serde(flatten)]
    pub known: Known,
    /// The addresses of the pages on which the facts are found.
    pub sources: Vec<String>,
}

/// The other end of a connection that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Peer {
    /// A registry of images.
    Registry,
    /// Anything else, e.g. a container that is probed, a webhook or the API server of a cluster.
    Other,
}

impl Errors {
    /// The errors this program was built with, with the steps and the source of their families filled in.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Errors> = LazyLock::new(|| {
            let mut errors: Errors =
                serde_json::from_str(include_str!("errors.json")).expect("the built-in errors are read by a test");
            for error in &mut errors.codes {
                let Some(family) = errors.families.iter().find(|family| family.may_have(error.code)) else { continue };
                if error.known.steps.is_empty() {
                    error.known.steps.clone_from(&family.steps);
                }
                if !error.sources.contains(&family.source) {
                    error.sources.push(family.source.clone());
                }
            }
            errors
        });
        &BUILT_IN
    }

    /// The error with this number.
    ///
    /// The Host Compute Service has two numbers for each of its errors: `0x8037xxxx` from `computecore.dll`, `0xC037xxxx` from
    /// `vmcompute.dll`; either is found by the other. The same holds for the hypervisor and for virtual disks. An NTSTATUS is found
    /// as an HRESULT too: `0xD0000022` is `0xC0000022`.
    pub fn by_number(&self, number: u32) -> Option<&ErrorCode> {
        const NTSTATUS_AS_HRESULT: u32 = 0x1000_0000;
        let find = |number| self.codes.iter().find(|error| error.code == number);
        let unwrapped = || find((number >> 28 == 0xd).then_some(number & !NTSTATUS_AS_HRESULT)?);
        let has_twin = matches!(number >> 16, 0x8035 | 0xc035 | 0x8037 | 0xc037 | 0x803a | 0xc03a);
        find(number).or_else(|| find(has_twin.then_some(number ^ 0x4000_0000)?)).or_else(unwrapped)
    }

    /// The error with this symbolic name, in any case.
    pub fn by_name(&self, name: &str) -> Option<&ErrorCode> {
        self.codes.iter().find(|error| error.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
    }

    /// The message about this error of this operation.
    pub fn of_case(&self, operation: &str, code: u32) -> Option<&ErrorMessage> {
        let is_it = |case: &OperationCase| case.operation == operation && case.code == code;
        self.messages.iter().find(|message| message.cases.iter().any(is_it))
    }

    /// Everything that is known by its text, operations first.
    pub fn texts(&self) -> impl Iterator<Item = &ErrorMessage> {
        self.operations.iter().map(|operation| &operation.message).chain(&self.messages)
    }

    /// The family of a number, known or not.
    pub fn family(&self, number: u32) -> Option<&Family> {
        self.families.iter().find(|family| family.may_have(number))
    }
}

/// The error that an HRESULT of the Host Compute Service, the Host Compute Network service or Windows stands for.
pub fn error_by_hresult(code: u32) -> Option<&'static ErrorCode> {
    Errors::built_in().by_number(code)
}

/// The other number of the same error of the Host Compute Service.
pub fn twin(number: u32) -> Option<u32> {
    match number >> 16 {
        0x8037 | 0xc037 => Some(number ^ 0x4000_0000),
        _ => None,
    }
}

/// A text whose remedies are named in braces, e.g. `see which hosts fit: {command check all}`.
fn one_advice<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Advice, D::Error> {
    Advice::from_template(&String::deserialize(deserializer)?, |_, _| None).map_err(serde::de::Error::custom)
}

/// Several such texts.
fn advice<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Advice>, D::Error> {
    let read = |text: &String| Advice::from_template(text, |_, _| None).map_err(serde::de::Error::custom);
    Vec::<String>::deserialize(deserializer)?.iter().map(read).collect()
}

/// A number written as `0x…`.
fn hexadecimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    number(&String::deserialize(deserializer)?)
}

/// The first and the last number of a range, each written so.
fn range<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<(u32, u32)>, D::Error> {
    let (first, last) = <(String, String)>::deserialize(deserializer)?;
    Ok(Some((number::<D::Error>(&first)?, number::<D::Error>(&last)?)))
}

fn number<E: serde::de::Error>(text: &str) -> Result<u32, E> {
    let digits = text.strip_prefix("0x").ok_or_else(|| E::custom("a number begins with 0x"))?;
    u32::from_str_radix(digits, 16).map_err(E::custom)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn errors() -> &'static Errors {
        Errors::built_in()
    }

    #[test]
    fn every_hcs_code_has_its_microsoft_name_and_a_twin() {
        for (low, name) in [
            (0x0100, "HCS_E_TERMINATED_DURING_START"),
            (0x0101, "HCS_E_IMAGE_MISMATCH"),
            (0x0102, "HCS_E_HYPERV_NOT_INSTALLED"),
            (0x0103, "ERROR_VMCOMPUTE_OPERATION_PENDING"),
            (0x0104, "ERROR_VMCOMPUTE_TOO_MANY_NOTIFICATIONS"),
            (0x0105, "HCS_E_INVALID_STATE"),
            (0x0106, "HCS_E_UNEXPECTED_EXIT"),
            (0x0107, "HCS_E_TERMINATED"),
            (0x0108, "HCS_E_CONNECT_FAILED"),
            (0x0109, "HCS_E_CONNECTION_TIMEOUT"),
            (0x010a, "HCS_E_CONNECTION_CLOSED"),
            (0x010b, "HCS_E_UNKNOWN_MESSAGE"),
            (0x010c, "HCS_E_UNSUPPORTED_PROTOCOL_VERSION"),
            (0x010d, "HCS_E_INVALID_JSON"),
            (0x010e, "HCS_E_SYSTEM_NOT_FOUND"),
            (0x010f, "HCS_E_SYSTEM_ALREADY_EXISTS"),
            (0x0110, "HCS_E_SYSTEM_ALREADY_STOPPED"),
            (0x0111, "HCS_E_PROTOCOL_ERROR"),
            (0x0112, "HCS_E_INVALID_LAYER"),
            (0x0113, "HCS_E_WINDOWS_INSIDER_REQUIRED"),
            (0x0114, "HCS_E_SERVICE_NOT_AVAILABLE"),
            (0x0115, "HCS_E_OPERATION_NOT_STARTED"),
            (0x0116, "HCS_E_OPERATION_ALREADY_STARTED"),
            (0x0117, "HCS_E_OPERATION_PENDING"),
            (0x0118, "HCS_E_OPERATION_TIMEOUT"),
            (0x0119, "HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET"),
            (0x011a, "HCS_E_OPERATION_RESULT_ALLOCATION_FAILED"),
            (0x011b, "HCS_E_ACCESS_DENIED"),
            (0x011c, "HCS_E_GUEST_CRITICAL_ERROR"),
            (0x011d, "HCS_E_PROCESS_INFO_NOT_AVAILABLE"),
            (0x011e, "HCS_E_SERVICE_DISCONNECT"),
            (0x011f, "HCS_E_PROCESS_ALREADY_STOPPED"),
            (0x0120, "HCS_E_SYSTEM_NOT_CONFIGURED_FOR_OPERATION"),
            (0x0121, "HCS_E_OPERATION_ALREADY_CANCELLED"),
        ] {
            for number in [0x8037_0000 | low, 0xc037_0000 | low] {
                let error = error_by_hresult(number).unwrap_or_else(|| panic!("{number:#x}"));
                assert_eq!(error.names[0], name, "{number:#x}");
                assert_eq!(errors().by_name(name).unwrap().code, error.code);
            }
        }
        assert!(error_by_hresult(0x8037_0122).is_none());
    }

    #[test]
    fn every_hcn_code_is_known() {
        for low in 1..=0x37 {
            let error = error_by_hresult(0x803b_0000 | low).unwrap_or_else(|| panic!("{low:#x}"));
            assert!(error.names[0].starts_with("HCN_") || error.names[0].starts_with("GCN_E_"), "{low:#x}");
        }
        for (low, name) in [
            (0x01, "HCN_E_NETWORK_NOT_FOUND"),
            (0x02, "HCN_E_ENDPOINT_NOT_FOUND"),
            (0x10, "HCN_E_NETWORK_ALREADY_EXISTS"),
            (0x13, "HCN_E_PORT_ALREADY_EXISTS"),
            (0x14, "HCN_E_ENDPOINT_ALREADY_ATTACHED"),
            (0x16, "HCN_E_MAPPING_NOT_SUPPORTED"),
            (0x1b, "HCN_E_INVALID_JSON"),
            (0x20, "HCN_E_MANAGER_STOPPED"),
            (0x21, "GCN_E_MODULE_NOT_FOUND"),
            (0x2a, "HCN_E_ICS_DISABLED"),
            (0x2c, "HCN_E_ENTITY_HAS_REFERENCES"),
            (0x2f, "HCN_E_ADDR_INVALID_OR_RESERVED"),
            (0x37, "HCN_E_VFP_NOT_ALLOWED"),
        ] {
            assert_eq!(error_by_hresult(0x803b_0000 | low).unwrap().names[0], name);
        }
        assert!(error_by_hresult(0x803b_0038).is_none());
        assert!(error_by_hresult(0xc03b_0001).is_none(), "only the compute service has twins");
    }

    #[test]
    fn other_codes_of_the_flow_are_known() {
        for number in [
            0x8007_0002,
            0x8007_0003,
            0x8007_0005,
            0x8007_0015,
            0x8007_0020,
            0x8007_0032,
            0x8007_0037,
            0x8007_0050,
            0x8007_0057,
            0x8007_007e,
            0x8007_007f,
            0x8007_042b,
            0x8007_045b,
            0x8007_048f,
            0x8007_0490,
            0x8007_0514,
            0x8007_0522,
            0x8007_05af,
            0x8007_06ba,
            0x8007_06be,
            0x8007_071a,
            0x8007_1126,
            0x8007_36b1,
            0xc000_0135,
            0xc000_0139,
            0xc000_013a,
            0xc000_0142,
            0xc000_0409,
            0xc035_1000,
        ] {
            assert!(error_by_hresult(number).is_some(), "{number:#x}");
        }
    }

    #[test]
    fn every_error_says_what_it_means_and_what_to_do() {
        for error in &errors().codes {
            assert!(!error.names.is_empty() && !error.title.is_empty() && !error.title.ends_with('.'), "{:#x}", error.code);
            let Known { meaning, steps, .. } = &error.known;
            assert!(meaning.ends_with('.') && !steps.is_empty() && !error.sources.is_empty(), "{:#x}", error.code);
        }
        for message in errors().texts() {
            assert!(message.patterns.len() + message.general.len() > 0 && !message.title.ends_with('.'), "{}", message.id);
            let Known { meaning, steps, .. } = &message.known;
            assert!(meaning.ends_with('.') && !steps.is_empty() && !message.sources.is_empty(), "{}", message.id);
            for pattern in message.patterns.iter().chain(&message.general) {
                assert_eq!(*pattern, pattern.to_lowercase(), "{}", message.id);
            }
        }
    }

    #[test]
    fn numbers_names_and_ids_are_unique() {
        assert!(errors().codes.is_sorted_by(|one, next| one.code < next.code));
        let mut names = HashSet::new();
        for name in errors().codes.iter().flat_map(|error| &error.names).chain(errors().texts().map(|message| &message.id)) {
            assert!(names.insert(name), "{name}");
        }
    }

    #[test]
    fn operations_say_when_it_failed_and_families_what_their_numbers_are() {
        for operation in &errors().operations {
            assert!(
                operation.during.starts_with("It failed while ") && operation.during.ends_with('.'),
                "{}",
                operation.message.id
            );
        }
        let cases = errors().messages.iter().flat_map(|message| &message.cases);
        for case in cases {
            assert!(errors().operations.iter().any(|operation| operation.message.id == case.operation), "{}", case.operation);
            assert!(errors().by_number(case.code).is_some_and(|error| error.code == case.code), "{:#x}", case.code);
        }
        for error in &errors().codes {
            for own in &error.operations {
                assert!(errors().operations.iter().any(|known| known.message.id == own.operation), "{}", own.operation);
                assert!(errors().of_case(&own.operation, error.code).is_none(), "{:#x} {}", error.code, own.operation);
                assert!(own.known.meaning.ends_with('.') && !own.known.steps.is_empty(), "{:#x} {}", error.code, own.operation);
            }
        }
        for family in &errors().families {
            assert!(family.about.ends_with('.') && family.source.starts_with("https://"), "{}", family.name);
        }
    }

    #[test]
    fn sources_are_public_pages() {
        let codes = errors().codes.iter().flat_map(|error| &error.sources);
        for source in codes.chain(errors().texts().flat_map(|message| &message.sources)) {
            assert!(source.starts_with("https://"), "{source}");
        }
    }
}
