//! The way to a cluster, from the kubeconfig as kubectl reads it: files that are not there are passed over, tokens end before their line
//! feed, and a server may have no scheme (client-go `tools/clientcmd/loader.go`, `rest/config.go` and `rest/url_utils.go`).

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use hyper::header::HeaderValue;
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError, LoadDataError};
use rustls::pki_types::ServerName;
use serde_json::{Value, json};

use super::api::causes;
use crate::host::pod::Tree;
use crate::text::{first_named, quoted, shown};
use crate::{Error, ErrorKind};

/// The most bytes of a token: servers take headers of less.
const LONGEST_TOKEN: usize = 1 << 20;

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
        Ok(file) => match lacking(&file, options.context.as_deref()) {
            Some(error) => Err(error),
            None => Config::from_custom_kubeconfig(file, &options).await.map_err(|error| unusable(words(&error))),
        },
        Err(why) => Err(unusable(why)),
    };
    let of_pod = || if is_named { None } else { Config::incluster().ok() };
    of_file.or_else(|error| of_pod().ok_or(error))
}

/// The failure of a kubeconfig, and why.
pub(super) fn unusable(why: impl ToString) -> Error {
    Error::of(ErrorKind::Invalid, "the kubeconfig cannot be used")
        .because(why)
        .hint("check it with `kubectl config view --minify`, and name a kubeconfig and a context that are there")
}

/// What is wrong with a setting of which the library says only that it cannot be used. Its text stays out of it: a proxy may have a password.
pub(super) fn odd_setting(config: &Config) -> Option<Error> {
    if config.tls_server_name.as_deref().is_some_and(|name| ServerName::try_from(name).is_err()) {
        let error = unusable("the tls-server-name of its cluster is not the name of a host");
        return Some(error.hint("write a name there that is in the certificate of the API server, or take it out"));
    }
    let scheme = config.proxy_url.as_ref().map(|proxy| proxy.scheme_str().unwrap_or_default());
    if scheme.is_some_and(|scheme| !matches!(scheme, "http" | "https" | "socks5")) {
        let error = unusable("the proxy-url of its cluster is not the address of an HTTP or SOCKS proxy");
        return Some(error.hint("write an address there that begins with http://, https:// or socks5://"));
    }
    let user = &config.auth_info;
    let extra = user.impersonate_user_extra.iter().flat_map(|extra| extra.values().flatten());
    let groups = user.impersonate_groups.iter().flatten();
    let mut others = user.impersonate.iter().chain(&user.impersonate_uid).chain(groups).chain(extra);
    others.any(|text| HeaderValue::from_str(text).is_err()).then(|| {
        let error = unusable("its user acts as another one whose name, group or data has characters that cannot be sent");
        error.hint("correct what begins with `as` at the user: `kubectl config view --minify` shows it")
    })
}

/// What the context in use lacks: itself, its cluster, or its user. The library takes a user that is not there for one without credentials.
fn lacking(file: &Kubeconfig, context: Option<&str>) -> Option<Error> {
    let among = |what: &str, names: Vec<&str>| match names.as_slice() {
        [] => format!("the kubeconfig has no {what}s: name another one"),
        names => format!("name a {what} that it has: {}", first_named(names, names.len())),
    };
    let contexts = || -> Vec<&str> { file.contexts.iter().map(|named| named.name.as_str()).collect() };
    let current = file.current_context.as_deref().filter(|name| !name.is_empty());
    let Some(name) = context.or(current) else {
        return Some(unusable("it has no current context").hint(among("context", contexts())));
    };
    let Some(context) = file.contexts.iter().find(|named| named.name == name).and_then(|named| named.context.as_ref()) else {
        return Some(unusable(format!("it has no context {}", quoted(name))).hint(among("context", contexts())));
    };
    let lacks = |what: &str, of_context: &str, names: Vec<&str>| {
        let why = format!("context {} names {what} {}, which the kubeconfig does not have", quoted(name), quoted(of_context));
        unusable(why).hint(among(what, names))
    };
    let clusters: Vec<&str> = file.clusters.iter().map(|named| named.name.as_str()).collect();
    if !clusters.contains(&context.cluster.as_str()) {
        return Some(lacks("cluster", &context.cluster, clusters));
    }
    let users: Vec<&str> = file.auth_infos.iter().map(|named| named.name.as_str()).collect();
    let user = context.user.as_deref().filter(|user| !user.is_empty())?;
    (!users.contains(&user)).then(|| lacks("user", user, users))
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
    merged.ok_or_else(|| format!("none of the files in KUBECONFIG is there: {}", shown(&listed.to_string_lossy())))
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
        let odd = || "the token of a user has characters that no token has".to_owned();
        if user.text_at(&["auth-provider", "config", "id-token"]).is_some_and(|token| token_in(&token) != Some(&*token)) {
            return Err(odd());
        }
        // What stands in the file counts.
        let of_file = user.text_at(&["tokenFile"]).and_then(|path| text_of(Path::new(&*path)));
        let text = of_file.clone().or_else(|| Some(user.text_at(&["token"])?.into_owned()));
        let Some(text) = text else { continue };
        if text.len() > LONGEST_TOKEN {
            return Err("the token of a user is too long".to_owned());
        }
        let token = token_in(&text).ok_or_else(odd)?;
        let Some(user) = user.as_object_mut() else { continue };
        if of_file.is_some_and(|text| text == token) {
            // It is read again while this runs.
            user.remove("token");
        } else {
            user.remove("tokenFile");
            user.insert("token".to_owned(), json!(token));
        }
    }
    serde_json::from_value(file).map_err(|error| error.to_string())
}

/// The token in a text: what is around it is not a part of it. `None` if it has characters that no token has.
pub(super) fn token_in(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// The text of a file with a token, or so much of it that it is too long; `None` for one that cannot be read.
fn text_of(path: &Path) -> Option<String> {
    let mut text = Vec::new();
    File::open(path).ok()?.take(LONGEST_TOKEN as u64 + 1).read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
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
pub(super) fn words(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::Parse(error) => {
            let place = error.location().map(|place| format!(" in line {}, column {}", place.line(), place.column()));
            format!("the kubeconfig is not valid{}", place.unwrap_or_default())
        }
        KubeconfigError::FindPath => "the folder of the usual one, ~/.kube, is not known".to_owned(),
        KubeconfigError::ReadConfig(why, path) => unread(path, why),
        KubeconfigError::LoadCertificateAuthority(why) => of_data("certificate-authority", why),
        KubeconfigError::LoadClientCertificate(why) => of_data("client-certificate", why),
        KubeconfigError::LoadClientKey(why) => of_data("client-key", why),
        error => causes(error),
    }
}

/// What is wrong with a file that a kubeconfig names, or with the data instead of it.
fn of_data(what: &str, error: &LoadDataError) -> String {
    match error {
        LoadDataError::DecodeBase64(_) => format!("{what}-data is not base64"),
        LoadDataError::ReadFile(why, path) => format!("{what}: {}", unread(path, why)),
        LoadDataError::NoBase64DataOrFile => format!("{what} is missing"),
    }
}

fn unread(path: &Path, why: &std::io::Error) -> String {
    format!("{} cannot be read: {why}", shown(&path.display().to_string()))
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
        let long = file("three", &"x".repeat(LONGEST_TOKEN + 1));
        assert_eq!(user(json!({"tokenFile": long})).unwrap_err(), "the token of a user is too long");
        let provider = |token: &str| user(json!({"auth-provider": {"name": "oidc", "config": {"id-token": token}}}));
        assert!(provider("abc").is_ok());
        assert!(provider("abc\n").unwrap_err().contains("characters"));
        for token in ["a b", "a\nb", "a\u{e9}"] {
            assert!(user(json!({"token": token})).unwrap_err().contains("characters"), "{token:?}");
            // The user of another context does not count.
            assert_eq!(in_context(Some("b"), json!({"token": token})).unwrap()["token"], token);
        }
    }

    #[test]
    fn what_the_context_names_has_to_be_there() {
        let file = |current: &str| -> Kubeconfig {
            let context =
                |name: &str, cluster: &str, user: &str| json!({"name": name, "context": {"cluster": cluster, "user": user}});
            serde_json::from_value(json!({
                "current-context": current,
                "contexts": [context("a", "c", "u"), context("b", "d", "u"), context("e", "c", "nobody"), context("f", "c", "")],
                "clusters": [{"name": "c", "cluster": {"server": "https://api.example"}}],
                "users": [{"name": "u", "user": {}}],
            }))
            .unwrap()
        };
        for (current, context, why, hint) in [
            ("e", None, "context `e` names user `nobody`, which the kubeconfig does not have", "name a user that it has: `u`"),
            (
                "a",
                Some("b"),
                "context `b` names cluster `d`, which the kubeconfig does not have",
                "name a cluster that it has: `c`",
            ),
            ("a", Some("prod"), "it has no context `prod`", "name a context that it has: `a`, `b`, `e`, `f`"),
            ("", None, "it has no current context", "name a context that it has: `a`, `b`, `e`, `f`"),
        ] {
            let error = lacking(&file(current), context).unwrap();
            assert_eq!((error.causes, error.hint.unwrap().to_string()), (vec![why.to_owned()], hint.to_owned()));
        }
        // One without a user is for a server that wants none.
        for context in [None, Some("f")] {
            assert_eq!(lacking(&file("a"), context), None);
        }
        let empty = lacking(&Kubeconfig::default(), None).unwrap();
        assert_eq!(empty.advice().to_string(), "the kubeconfig has no contexts: name another one");
    }

    #[test]
    fn a_setting_that_the_library_refuses_is_named_without_its_text() {
        let why = |set: &dyn Fn(&mut Config)| {
            let mut config = Config::new("https://api.example".parse().unwrap());
            set(&mut config);
            odd_setting(&config).map(|error| error.causes.concat()).unwrap_or_default()
        };
        let good = |config: &mut Config| {
            config.tls_server_name = Some("api.example".to_owned());
            config.proxy_url = Some("socks5://proxy.example:1080".parse().unwrap());
            config.auth_info.impersonate = Some("someone".to_owned());
        };
        assert_eq!(why(&good), "");
        let name = why(&|config: &mut Config| config.tls_server_name = Some("bad name".to_owned()));
        assert!(name.contains("tls-server-name"), "{name}");
        let proxy = why(&|config: &mut Config| config.proxy_url = Some("ftp://u:hunter2@proxy.example".parse().unwrap()));
        assert!(proxy.contains("proxy-url") && !proxy.contains("hunter2"), "{proxy}");
        let user = why(&|config: &mut Config| config.auth_info.impersonate = Some("some\none".to_owned()));
        let group = why(&|config: &mut Config| config.auth_info.impersonate_groups = Some(vec!["a\nb".to_owned()]));
        assert!(user.contains("acts as another one") && user == group, "{user} {group}");
    }

    #[test]
    fn a_file_that_is_not_there_has_its_name_without_quotes() {
        let missing = || (std::io::Error::from(std::io::ErrorKind::NotFound), std::path::PathBuf::from("kc/none"));
        let said = |error: KubeconfigError| words(&error);
        let (why, path) = missing();
        assert!(said(KubeconfigError::ReadConfig(why, path)).starts_with("kc/none cannot be read: "));
        let (why, path) = missing();
        let key = said(KubeconfigError::LoadClientKey(LoadDataError::ReadFile(why, path)));
        assert!(key.starts_with("client-key: kc/none cannot be read: "), "{key}");
        let lacks = KubeconfigError::LoadClientKey(LoadDataError::NoBase64DataOrFile);
        assert_eq!(said(lacks), "client-key is missing");
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
