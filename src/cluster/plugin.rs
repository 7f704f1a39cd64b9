//! The plugins that give credentials: why they gave none, without a secret in it.

use std::io::ErrorKind as Io;

use kube::client::AuthError;
use kube::config::ExecConfig;

use super::api::{no_credentials, without_credentials};
use crate::Error;
use crate::text::{quoted, shown};

/// What stands where a secret may be.
const HIDDEN: &str = "…";

/// The fewest characters of a text that is hidden wherever it stands: shorter ones are in many words.
const SHORTEST: usize = 4;

/// The characters from which a word of letters and digits may be a token.
const LIKE_A_TOKEN: usize = 20;

/// Parts of names of what is a secret.
const SECRETS: [&str; 9] = ["assertion", "authorization", "bearer", "code", "key", "passwd", "password", "secret", "token"];

/// The failure of this plugin.
pub(super) fn failed(error: &AuthError, plugin: &ExecConfig) -> Error {
    let name = plugin.command.as_deref().unwrap_or_default();
    match error {
        AuthError::AuthExecStart(why) if why.kind() == Io::NotFound => {
            no_credentials(&format!("the plugin {} is not installed", quoted(name))).hint(install(name, plugin))
        }
        AuthError::AuthExecStart(why) => {
            no_credentials(&format!("the plugin {} cannot be started: {why}", quoted(name))).hint("let this user start it")
        }
        AuthError::AuthExecRun { out, .. } => {
            let error = without_credentials(error);
            of(last_line(&out.stderr, plugin).into_iter().fold(error, Error::because), plugin)
        }
        error => of(without_credentials(error), plugin),
    }
}

/// The same error with the name of the plugin that was to give credentials.
pub(super) fn of(error: Error, plugin: &ExecConfig) -> Error {
    error.because(format!("the credentials come from the plugin {}", quoted(plugin.command.as_deref().unwrap_or_default())))
}

/// How a plugin is installed.
fn install(name: &str, plugin: &ExecConfig) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
    match (&plugin.install_hint, file.strip_suffix(".exe").unwrap_or(file)) {
        (Some(hint), _) => format!("install it: {}", shown(hint)),
        (None, "kubelogin") => "install it, on AKS by `az aks install-cli`: `kubectl get nodes` has to work".to_owned(),
        (None, "gke-gcloud-auth-plugin") => "install it: `gcloud components install gke-gcloud-auth-plugin`".to_owned(),
        (None, "aws") => "install the AWS CLI: `kubectl get nodes` has to work".to_owned(),
        (None, _) => "install it: `kubectl get nodes` has to work".to_owned(),
    }
}

/// The last line that a plugin wrote on standard error, without secrets: neither what it was started with, nor what looks like one.
fn last_line(stderr: &[u8], plugin: &ExecConfig) -> Option<String> {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    let variables = plugin.env.iter().flatten().filter_map(|variable| variable.get("value"));
    let arguments = plugin.args.iter().flatten().filter_map(|argument| match argument.split_once('=') {
        Some((_, value)) => Some(value),
        None => Some(argument.as_str()).filter(|argument| !argument.starts_with('-')),
    });
    let mut given: Vec<&str> = variables.map(String::as_str).chain(arguments).filter(|text| text.len() >= SHORTEST).collect();
    // One may be a part of another.
    given.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let line = given.into_iter().fold(line.to_owned(), |line, secret| line.replace(secret, HIDDEN));
    Some(shown(&without_secrets(&line)))
}

/// A line without the words that look like a token, and without the values of what has the name of a secret, e.g. `token=…`.
fn without_secrets(line: &str) -> String {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || "+/_.~-".contains(c);
    let mut kept = String::new();
    let mut name = String::new();
    let mut rest = line;
    while let Some((between, from)) = rest.find(is_of_word).and_then(|at| rest.split_at_checked(at)) {
        let end = from.find(|c: char| !is_of_word(c)).unwrap_or(from.len());
        let Some((word, after)) = from.split_at_checked(end) else { break };
        // `token: expired` is a sentence, and `"token": "abc"` is not.
        let is_quoted = between.contains(['"', '\'']);
        let is_value = between.contains('=') || between.contains(':') && (is_quoted || !between.contains(' '));
        let is_named = is_value && SECRETS.iter().any(|secret| name.contains(secret)) || name == "bearer";
        let is_token = word.len() >= LIKE_A_TOKEN
            && word.contains(|c: char| c.is_ascii_digit())
            && word.contains(|c: char| c.is_ascii_alphabetic());
        kept.push_str(between);
        kept.push_str(if is_named || is_token { HIDDEN } else { word });
        name = word.to_lowercase();
        rest = after;
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plugin() -> ExecConfig {
        serde_json::from_value(json!({
            "command": "/opt/kubelogin", "args": ["get-token", "--client-secret=s3cr3t"],
            "env": [{"name": "PASSWORD", "value": "hunter2"}],
        }))
        .unwrap()
    }

    #[test]
    fn the_last_line_of_a_plugin_is_shown_without_its_secrets() {
        let shown = |text: &str| last_line(text.as_bytes(), &plugin());
        let expired = "failed to get token: AADSTS700082: The refresh token has expired due to inactivity.";
        assert_eq!(shown(&format!("starting\n{expired}\n\n")).as_deref(), Some(expired));
        assert_eq!(shown(" \n"), None);
        for (line, expected) in [
            ("login with hunter2 and s3cr3t failed", "login with … and … failed"),
            ("refused eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.x-y", "refused …"),
            ("access_token=abc refused", "access_token=… refused"),
            (r#"{"refresh_token": "abc", "error":"invalid_grant"}"#, r#"{"refresh_token": "…", "error":"invalid_grant"}"#),
            ("Authorization: Bearer abc", "Authorization: Bearer …"),
            ("POST https://login.example/x?code=abc: 400", "POST https://login.example/x?code=…: 400"),
        ] {
            assert_eq!(shown(line).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_plugin_that_is_not_installed_is_to_be_installed() {
        let error = AuthError::AuthExecStart(std::io::Error::from(Io::NotFound));
        let failure = failed(&error, &plugin());
        assert_eq!(failure.causes, ["the plugin `/opt/kubelogin` is not installed"]);
        assert!(failure.advice().to_string().contains("`az aks install-cli`"), "{failure:?}");
        let hinted = ExecConfig { install_hint: Some("ask Bob".to_owned()), ..plugin() };
        assert_eq!(failed(&error, &hinted).advice().to_string(), "install it: ask Bob");
    }
}
