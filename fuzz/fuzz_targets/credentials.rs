//! Credential configurations of Docker and Podman: `auths`, `credHelpers`, `credsStore`.
#![no_main]

use std::collections::BTreeSet;

use serde_json::Value;
use wincompat::internals::oci::distribution::CredentialStore;
use wincompat::internals::oci::distribution::credentials::Place;

fn keys(config: &Value, field: &str) -> Vec<String> {
    config.get(field).and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key.to_ascii_lowercase()).collect()
}

/// The sentences about what is wrong, without their numbers: they hold nothing of the text.
fn is_known(problem: &str) -> bool {
    let words: String = problem.chars().filter(|character| !character.is_ascii_digit()).collect();
    [
        "DOCKER_AUTH_CONFIG was left out: not JSON at line , column ",
        "DOCKER_AUTH_CONFIG: the entry of one registry is not an object",
    ]
    .contains(&words.as_str())
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let store = CredentialStore::from_variables(None, |name| (name == "DOCKER_AUTH_CONFIG").then(|| text.into()));
    let config: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_default();
    let helpers: BTreeSet<&str> = config
        .get("credHelpers")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|helpers| helpers.values())
        .chain(config.get("credsStore"))
        .filter_map(Value::as_str)
        .collect();
    for registry in ["r.test", "docker.io", "mcr.microsoft.com"] {
        let named = |field: &str| keys(&config, field).iter().any(|key| key.contains(registry));
        for place in store.places(registry, "team/app") {
            match place {
                Place::Stored(_) => assert!(named("auths"), "a credential of another registry is shown to {registry}"),
                Place::Helper { name, server } => {
                    assert!(helpers.contains(name.as_str()), "a helper nobody named");
                    assert!(server.to_ascii_lowercase().contains(registry), "{registry} is asked for as {server}");
                    assert!(registry != "mcr.microsoft.com" || named("auths") || named("credHelpers"), "MCR is anonymous");
                }
            }
        }
    }
    for problem in store.problems() {
        assert!(is_known(problem), "{problem}");
    }
    // An empty variable is none.
    assert_eq!(format!("{store:?}"), if text.is_empty() { "[]" } else { r#"["DOCKER_AUTH_CONFIG"]"# });
});
