//! The pull secrets of workloads: read only where that was asked for, and each given to the registries that it names and to no others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use kube::core::Request;
use serde_json::{Value, json};

use super::Workload;
use super::api::{self, Access};
use super::client::Client;
use crate::host::pod::Tree;
use crate::text::shown;
use crate::{Error, ErrorKind};

/// The requests that are sent side by side.
const AT_ONCE: usize = 16;

/// The credentials of one secret, in the form of Docker's configuration. It names no helper: a program of this machine is not for a cluster
/// to start.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PullSecret(String);

impl PullSecret {
    /// The text of the configuration.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PullSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PullSecret(…)")
    }
}

/// The pull secrets of workloads.
#[derive(Clone, Debug, Default)]
pub struct PullSecrets {
    /// Those of each workload, in the order of the workloads.
    pub of: Vec<Vec<PullSecret>>,
    /// What could not be read, each namespace and kind once.
    pub unread: Vec<(String, Error)>,
}

/// An object by its namespace and name.
type Key = (String, String);

/// Reads the pull secrets of these workloads: those of their pods, or where a pod names none those of its service account, as the API server
/// does.
///
/// # Errors
///
/// A cluster that cannot be reached.
pub async fn read(access: &Access, workloads: &[Workload]) -> Result<PullSecrets, Error> {
    // Images are read without them then, as where they are denied.
    let late = |_| Ok(PullSecrets { of: Vec::new(), unread: vec![("secrets".to_owned(), api::late(access.within))] });
    tokio::time::timeout(access.within, read_all(access, workloads)).await.unwrap_or_else(late)
}

async fn read_all(access: &Access, workloads: &[Workload]) -> Result<PullSecrets, Error> {
    let client = Client::of(access, access.within).await?;
    let mut found = PullSecrets::default();
    let without = workloads.iter().filter(|workload| workload.pull_secrets.is_empty());
    let accounts: BTreeSet<Key> = without.map(|workload| (workload.namespace.clone(), workload.account.clone())).collect();
    let accounts = objects(&client, "serviceaccounts", accounts, &mut found.unread).await;
    let names = |object: &Value| super::objects::names(object.get("imagePullSecrets"));
    let accounts: BTreeMap<Key, Vec<String>> = accounts.iter().map(|(key, object)| (key.clone(), names(object))).collect();
    let of = |workload: &Workload| -> Vec<Key> {
        let account = (workload.namespace.clone(), workload.account.clone());
        let names = match workload.pull_secrets.as_slice() {
            [] => accounts.get(&account).cloned().unwrap_or_default(),
            own => own.to_vec(),
        };
        names.into_iter().map(|name| (workload.namespace.clone(), name)).collect()
    };
    let wanted: Vec<Vec<Key>> = workloads.iter().map(of).collect();
    let secrets = objects(&client, "secrets", wanted.iter().flatten().cloned().collect(), &mut found.unread).await;
    let secrets: BTreeMap<Key, PullSecret> =
        secrets.into_iter().filter_map(|(key, object)| Some((key, pull_secret(&object)?))).collect();
    found.of = wanted.iter().map(|keys| keys.iter().filter_map(|key| secrets.get(key).cloned()).collect()).collect();
    Ok(found)
}

/// The objects of a kind, as far as they are there and may be read.
async fn objects(client: &Client, plural: &str, keys: BTreeSet<Key>, unread: &mut Vec<(String, Error)>) -> BTreeMap<Key, Value> {
    let mut found = BTreeMap::new();
    let keys: Vec<Key> = keys.into_iter().filter(|(namespace, name)| api::is_name(namespace) && api::is_name(name)).collect();
    for part in keys.chunks(AT_ONCE) {
        let read = join_all(part.iter().map(|key| object(client, plural, key))).await;
        for (key, read) in part.iter().zip(read) {
            match read {
                Ok(object) => {
                    found.insert(key.clone(), object);
                }
                // A kubelet passes over what is not there.
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => {
                    let what = format!("{plural} of {}", key.0);
                    if !unread.iter().any(|(known, _)| *known == what) {
                        unread.push((what, error.or_hint(format!("let this user get {plural} there"))));
                    }
                }
            }
        }
    }
    found
}

async fn object(client: &Client, plural: &str, (namespace, name): &Key) -> Result<Value, Error> {
    let path = format!("/api/v1/namespaces/{namespace}/{plural}");
    let request = Request::new(path).get(name, &kube::api::GetParams::default()).map_err(kube::Error::BuildRequest);
    let object = api::object(client, request.map_err(api::failed)?).await.map_err(api::failed)?;
    object.ok_or_else(|| api::unexpected(format!("the API server's answer is not an object: {}", shown(name))))
}

/// The credentials of a Secret of one of the two types that kubelets read.
fn pull_secret(object: &Value) -> Option<PullSecret> {
    let (key, is_older) = match object.text_at(&["type"])?.as_ref() {
        "kubernetes.io/dockerconfigjson" => (".dockerconfigjson", false),
        "kubernetes.io/dockercfg" => (".dockercfg", true),
        _ => return None,
    };
    let bytes = STANDARD.decode(object.text_at(&["data", key])?.as_bytes()).ok()?;
    let config: Value = serde_json::from_slice(&bytes).ok()?;
    let auths = if is_older { &config } else { config.get("auths")? };
    Some(PullSecret(json!({ "auths": auths }).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(kind: &str, key: &str, config: &Value) -> Value {
        json!({"type": kind, "data": {key: STANDARD.encode(config.to_string())}})
    }

    #[test]
    fn both_types_are_read_and_no_helper_is_taken() {
        let auths = json!({"r.test": {"auth": "dTpw"}});
        let config = json!({"auths": auths, "credsStore": "evil", "credHelpers": {"r.test": "evil"}});
        let newer = pull_secret(&secret("kubernetes.io/dockerconfigjson", ".dockerconfigjson", &config)).unwrap();
        let older = pull_secret(&secret("kubernetes.io/dockercfg", ".dockercfg", &auths)).unwrap();
        assert_eq!(newer, older);
        assert_eq!(newer.reveal(), json!({"auths": auths}).to_string());
        assert!(!format!("{newer:?}").contains("dTpw"));
        for other in [
            secret("Opaque", ".dockerconfigjson", &config),
            secret("kubernetes.io/dockerconfigjson", ".dockercfg", &config),
            json!({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "%"}}),
        ] {
            assert_eq!(pull_secret(&other), None);
        }
    }
}
