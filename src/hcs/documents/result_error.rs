//! The error documents of HCS and HCN.

use serde::Deserialize;

/// A `ResultError`. Only its sentences are used: the code is the HRESULT of the call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResultError {
    error_message: String,
    error_events: Vec<ErrorEvent>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ErrorEvent {
    message: String,
}

/// The error record of HCN. Its form is not documented; this is what has been seen.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ErrorRecord {
    error: String,
}

/// The number of characters shown of a text that is not a known document.
const SHOWN: usize = 1000;

impl ResultError {
    /// The service's own sentences in a document, the most useful first: what happened (`ErrorEvents`), then the name of the
    /// error. A text of another form is shown as it is.
    pub fn sentences(document: &str) -> Vec<String> {
        let mut sentences = Vec::new();
        let mut add = |text: &str| {
            let text = text.trim();
            if !text.is_empty() && !sentences.iter().any(|known| known == text) {
                sentences.push(text.to_owned());
            }
        };
        if let Ok(error) = serde_json::from_str::<Self>(document) {
            error.error_events.iter().for_each(|event| add(&event.message));
            add(&error.error_message);
        }
        if let Ok(record) = serde_json::from_str::<ErrorRecord>(document) {
            add(&record.error);
        }
        if sentences.is_empty() {
            let shown: String = document.trim().chars().take(SHOWN).collect();
            sentences.extend(Some(shown).filter(|text| !text.is_empty() && text != "{}" && text != "null"));
        }
        sentences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_services_own_sentences() {
        let hyperv_missing = r#"{"Error":-2143878910,"ErrorMessage":"The virtual machine could not be started because a required feature is not installed.","ErrorEvents":[{"Message":"Cannot create system 'x' since Hyper-V is not installed on the host.","Provider":"17103e3f-3c6e-4677-bb17-3b267eb5be57","EventId":11008}]}"#;
        assert_eq!(
            ResultError::sentences(hyperv_missing),
            [
                "Cannot create system 'x' since Hyper-V is not installed on the host.",
                "The virtual machine could not be started because a required feature is not installed."
            ]
        );
        let network = r#"{"Success":false,"Error":"The network was not found. ","ErrorCode":2151350273}"#;
        assert_eq!(ResultError::sentences(network), ["The network was not found."]);
        assert_eq!(ResultError::sentences("out of order"), ["out of order"]);
        for nothing in ["", " ", "{}", "null", r#"{"ErrorEvents":[{"Message":" "}]}"#] {
            assert!(ResultError::sentences(nothing).len() <= usize::from(nothing.len() > 4), "{nothing}");
        }
    }
}
