//! The way to a cluster, from the kubeconfig as kubectl reads it: files that are not there are passed over, tokens end before their line
//! feed, and a server may have no scheme (client-go `tools/clientcmd/loader.go`, `rest/config.go` and `rest/url_utils.go`).

use std::path::Path;

use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use serde_json::{Value, json};

use super::api::causes;
use crate::host::pod::Tree;
use crate::{Error, ErrorKind};

/// The configuration for the context of this name, or the current one, in this file or the usual ones. Where there is none, that of the pod
/// that this runs in.
///
/// # Errors
///
/// A kubeconfig that cannot be used, and no way to a cluster at all.
pub(super) async fn config(path: Option<&Path>, context: Option<String>) -> Result<Config, Error> {
    let is_named = path.is_some() || context.is_some();
    let options = KubeConfigOptions { context, ..KubeConfigOptions::default() };
    let of_file = match read(path).and_then(|file| as_kubectl(&file, options.context.as_deref())) {
        Ok(file) => Config::from_custom_kubeconfig(file, &options).await.map_err(|error| words(&error)),
        Err(why) => Err(why),
    };
    let of_pod = || if is_named { None } else { Config::incluster().ok() };
    of_file.or_else(|why| of_pod().ok_or(why)).map_err(|why| {
        Error::of(ErrorKind::Invalid, "there is no way to a cluster")
            .because(why)
            .hint("check it with `kubectl config view --minify`, and name a kubeconfig and a context that are there")
    })
}

fn read(path: Option<&Path>) -> Result<Kubeconfig, String> {
    let listed = std::env::var_os("KUBECONFIG").filter(|listed| !listed.is_empty());
    let (None, Some(listed)) = (path, listed) else {
        return path.map_or_else(Kubeconfig::read, Kubeconfig::read_from).map_err(|error| words(&error));
    };
    let mut merged = None;
    for path in std::env::split_paths(&listed).filter(|path| path.exists()) {
        let next = Kubeconfig::read_from(path).map_err(|error| words(&error))?;
        merged = Some(merged.unwrap_or_else(Kubeconfig::default).merge(next).map_err(|error| words(&error))?);
    }
    merged.ok_or_else(|| format!("none of the files in KUBECONFIG is there: {}", crate::text::shown(&listed.to_string_lossy())))
}

/// The same with what kubectl reads in another way than the library, for this context or the current one.
fn as_kubectl(file: &Kubeconfig, context: Option<&str>) -> Result<Kubeconfig, String> {
    let mut file = serde_json::to_value(file).map_err(|error| error.to_string())?;
    for (_, cluster) in entries(&mut file, "clusters", "cluster") {
        let is_set = |key: &str| cluster.get(key).is_some_and(|value| !value.is_null() && *value != json!(false));
        let is_tls = ["certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify"].into_iter().any(is_set);
        if let Some(server) = cluster.text_at(&["server"]).filter(|server| !server.contains("://")) {
            let scheme = if is_tls { "https" } else { "http" };
            cluster["server"] = json!(format!("{scheme}://{server}"));
        }
    }
    // Those of other contexts may be broken, and their files are not read.
    let used = user_of(&file, context);
    for (_, user) in entries(&mut file, "users", "user").filter(|(name, _)| Some(name) == used.as_ref()) {
        // What stands in the file counts.
        let of_file = user.text_at(&["tokenFile"]).and_then(|path| std::fs::read_to_string(&*path).ok());
        let token = of_file.clone().or_else(|| Some(user.text_at(&["token"])?.into_owned()));
        let Some(token) = token else { continue };
        if !token.trim().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the token of a user has characters that no token has".to_owned());
        }
        let Some(user) = user.as_object_mut() else { continue };
        if of_file.is_some_and(|token| token.trim() == token) {
            // It is read again while this runs.
            user.remove("token");
        } else {
            user.remove("tokenFile");
            user.insert("token".to_owned(), json!(token.trim()));
        }
    }
    serde_json::from_value(file).map_err(|error| error.to_string())
}

/// The name of the user of this context, or of the current one.
fn user_of(file: &Value, context: Option<&str>) -> Option<String> {
    let context = context.map_or_else(|| file.owned_at(&["current-context"]), str::to_owned);
    let contexts = file.at(&["contexts"])?.list();
    let used = contexts.into_iter().find(|entry| entry.owned_at(&["name"]) == context)?;
    Some(used.text_at(&["context", "user"])?.into_owned())
}

/// The names of the entries of a list, and what they are about, e.g. each `cluster` of `clusters`.
fn entries<'a>(file: &'a mut Value, list: &str, of: &str) -> impl Iterator<Item = (String, &'a mut Value)> {
    let list = file.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
    list.filter_map(move |entry| Some((entry.owned_at(&["name"]), entry.get_mut(of)?)))
}

/// What is wrong with a kubeconfig. The lines of one that is not YAML stay out of it: a token may stand there.
fn words(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::Parse(error) => {
            let place = error.location().map(|place| format!(" in line {}, column {}", place.line(), place.column()));
            format!("the kubeconfig is not valid{}", place.unwrap_or_default())
        }
        error => causes(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as_kubectl(file: Value, context: Option<&str>) -> Result<Value, String> {
        let file: Kubeconfig = serde_json::from_value(file).unwrap();
        as_kubectl(&file, context).map(|file| serde_json::to_value(file).unwrap())
    }

    #[test]
    fn a_server_without_a_scheme_gets_the_one_of_kubectl() {
        for (cluster, server) in [
            (json!({"server": "127.0.0.1:6443"}), "http://127.0.0.1:6443"),
            (json!({"server": "localhost", "insecure-skip-tls-verify": true}), "https://localhost"),
            (json!({"server": "api.example:6443", "certificate-authority": "ca.crt"}), "https://api.example:6443"),
            (json!({"server": "localhost", "insecure-skip-tls-verify": false}), "http://localhost"),
            (json!({"server": "https://api.example"}), "https://api.example"),
        ] {
            let read = read_as_kubectl(json!({"clusters": [{"name": "c", "cluster": cluster}]}), None).unwrap();
            assert_eq!(read["clusters"][0]["cluster"]["server"], server);
        }
    }

    #[test]
    fn a_token_ends_before_its_line_feed() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (with_line_feed, plain) = (file("one", "from-file\n"), file("two", "from-file"));
        let context = |name: &str, user: &str| json!({"name": name, "context": {"cluster": "c", "user": user}});
        let contexts = json!([context("a", "u"), context("b", "v")]);
        let in_context = |context: Option<&str>, user: Value| {
            let users = json!([{"name": "u", "user": user}, {"name": "v", "user": {}}]);
            let file = json!({"current-context": "a", "contexts": contexts.clone(), "users": users});
            read_as_kubectl(file, context).map(|read| read["users"][0]["user"].clone())
        };
        let user = |user: Value| in_context(None, user);
        assert_eq!(user(json!({"token": "abc\n"})).unwrap()["token"], "abc");
        assert_eq!(user(json!({"token": "old", "tokenFile": with_line_feed})).unwrap(), json!({"token": "from-file"}));
        assert_eq!(user(json!({"token": "old", "tokenFile": plain})).unwrap(), json!({"tokenFile": plain}));
        for token in ["a b", "a\nb", "a\u{e9}"] {
            assert!(user(json!({"token": token})).unwrap_err().contains("characters"), "{token:?}");
            // The user of another context does not count.
            assert_eq!(in_context(Some("b"), json!({"token": token})).unwrap()["token"], token);
        }
    }

    #[test]
    fn what_stands_in_a_broken_kubeconfig_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, "users:\n- name: u\n  user:\n    token: SECRET: oops\n").unwrap();
        let why = read(Some(&path)).unwrap_err();
        assert!(why.contains("line 4") && !why.contains("SECRET"), "{why}");
    }
}
