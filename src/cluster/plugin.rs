//! The plugins that give credentials: started here, so that they can be ended and what they print is checked before the library has it; and why
//! they gave none, without a secret in it.

use std::io::{ErrorKind as Io, IsTerminal as _};
use std::process::{self, Output, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use kube::client::AuthError;
use kube::config::{ExecConfig, ExecInteractiveMode};
use rustls::crypto;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

use super::api::{no_credentials, refused, without_credentials};
use super::kubeconfig;
use crate::Error;
use crate::process_group::{Alone, ProcessGroup, ProcessGroups};
use crate::text::{quoted, shown};

/// The variable that tells a plugin what is asked of it.
const ASKED: &str = "KUBERNETES_EXEC_INFO";

/// The most bytes of what a plugin prints, and of the end of its standard error.
const MOST_PRINTED: u64 = 1 << 20;
const MOST_ERRORS: usize = 64 << 10;

/// What stands where a secret may be.
const HIDDEN: &str = "…";

/// The fewest characters of a text that is hidden wherever it stands: shorter ones are in many words.
const SHORTEST: usize = 4;

/// The characters from which a word of letters and digits may be a token.
const LIKE_A_TOKEN: usize = 20;

/// Parts of names of what is a secret.
const SECRETS: [&str; 17] = [
    "assertion",
    "authorization",
    "bearer",
    "code",
    "cookie",
    "credential",
    "jwt",
    "key",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "saml",
    "secret",
    "session",
    "signature",
    "token",
];

/// Names of what is a secret that are parts of many other words.
const SECRET_WORDS: [&str; 11] = ["auth", "basic", "nonce", "otp", "pass", "pat", "pin", "pw", "pwd", "sas", "sig"];

/// What is said instead of a line that may hold a secret.
const NOT_SHOWN: &str =
    "the last line of its standard error is not shown, because it may hold a secret: run the plugin by hand to see it";

/// What a plugin gave.
pub(super) struct Credentials {
    /// A token.
    pub(super) token: Option<String>,
    /// A certificate and its key, as PEM.
    pub(super) certificate: Option<(String, String)>,
    /// The end of both.
    pub(super) until: Option<Timestamp>,
}

/// What a plugin prints: an `ExecCredential` of `client.authentication.k8s.io`.
#[derive(Deserialize)]
struct ExecCredential {
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<String>,
}

/// Asks a plugin for credentials. One that takes longer than this is ended, with what it has started.
pub(super) async fn ask(plugin: &ExecConfig, groups: &dyn ProcessGroups, within: Duration) -> Result<Credentials, Error> {
    let printed = tokio::time::timeout(within, printed(plugin, groups)).await;
    let printed = printed.map_err(|_| of(no_credentials("it takes too long to get them"), plugin))?;
    let printed = printed.map_err(|error| failed(&error, plugin))?;
    credentials(&printed).map_err(|why| of(refused(why), plugin))
}

/// What a plugin printed, as far as it can be used (client-go `plugin/pkg/client/auth/exec/exec.go`).
fn credentials(printed: &[u8]) -> Result<Credentials, &'static str> {
    let read = serde_saphyr::from_slice::<ExecCredential>(printed).ok().and_then(|credential| credential.status);
    let status = read.ok_or("what it printed is not an ExecCredential with a status")?;
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let until = status.expiration_timestamp.map(|time| time.parse::<Timestamp>());
    let until = until.transpose().map_err(|_| "the time at which they expire is not a time")?;
    let token = given(status.token);
    if token.as_deref().is_some_and(|token| kubeconfig::token_in(token).is_none()) {
        return Err("its token has characters that no token has");
    }
    let token = token.as_deref().and_then(kubeconfig::token_in).map(str::to_owned);
    let certificate = match (given(status.client_certificate_data), given(status.client_key_data)) {
        (None, None) => None,
        (Some(certificate), Some(key)) if is_pair(&certificate, &key) => Some((certificate, key)),
        (Some(_), Some(_)) => return Err("its certificate and its key are not PEM, or do not belong together"),
        _ => return Err("it gave a certificate without its key, or a key without its certificate"),
    };
    if token.is_none() && certificate.is_none() {
        return Err("it gave neither a token nor a certificate");
    }
    Ok(Credentials { token, certificate, until })
}

/// True for a certificate and its own key.
fn is_pair(certificate: &str, key: &str) -> bool {
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<Vec<_>, _>>();
    let (Ok(chain), Ok(key)) = (chain, PrivateKeyDer::from_pem_slice(key.as_bytes())) else { return false };
    !chain.is_empty() && CertifiedKey::from_der(chain, key, &crypto::ring::default_provider()).is_ok()
}

/// A plugin that runs. It is ended when it is dropped.
struct Running {
    child: Child,
    /// Itself and what it has started, until it has ended by itself: what it leaves then is meant to stay.
    group: Option<Box<dyn ProcessGroup>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = &self.group {
            group.end();
        }
    }
}

fn start(plugin: &ExecConfig, groups: &dyn ProcessGroups) -> Result<Running, AuthError> {
    let is_interactive = plugin.interactive_mode != Some(ExecInteractiveMode::Never);
    let mut asked = json!({"kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": {"interactive": is_interactive}});
    if let Some(cluster) = plugin.cluster.as_ref().filter(|_| plugin.provide_cluster_info) {
        asked["spec"]["cluster"] = serde_json::to_value(cluster).map_err(AuthError::AuthExecSerialize)?;
    }
    let mut command = process::Command::new(plugin.command.as_deref().ok_or(AuthError::MissingCommand)?);
    command.args(plugin.args.iter().flatten());
    for variable in plugin.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            command.env(name, value);
        }
    }
    command.env(ASKED, asked.to_string()).stdout(Stdio::piped());
    if is_interactive {
        command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
    } else {
        command.stdin(Stdio::null()).stderr(Stdio::piped());
    }
    // In a group of its own it could not read from a terminal.
    let groups: &dyn ProcessGroups = if is_interactive && std::io::stdin().is_terminal() { &Alone } else { groups };
    let _starting = groups.begin(&mut command);
    let child = Command::from(command).kill_on_drop(true).spawn().map_err(AuthError::AuthExecStart)?;
    // One that has ended already has no group.
    Ok(Running { group: child.id().and_then(|number| groups.of(number).ok()), child })
}

/// What a plugin prints until it ends.
async fn printed(plugin: &ExecConfig, groups: &dyn ProcessGroups) -> Result<Vec<u8>, AuthError> {
    let mut running = start(plugin, groups)?;
    let (stdout, stderr) = (running.child.stdout.take(), running.child.stderr.take());
    let (printed, stderr) = tokio::try_join!(all_of(stdout), end_of(stderr))?;
    let status = running.child.wait().await.map_err(AuthError::AuthExecStart)?;
    running.group = None;
    if status.success() {
        return Ok(printed);
    }
    let out = Output { status, stdout: Vec::new(), stderr };
    Err(AuthError::AuthExecRun { cmd: String::new(), out: Box::new(out) })
}

/// All that is written to a stream.
async fn all_of(stream: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, AuthError> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(MOST_PRINTED + 1).read_to_end(&mut bytes).await.map_err(AuthError::AuthExecStart)?;
    }
    // So much is not credentials.
    if bytes.len() as u64 > MOST_PRINTED { Err(AuthError::ExecPluginFailed) } else { Ok(bytes) }
}

/// The end of what is written to a stream. All of it is read, so that the plugin goes on.
async fn end_of(stream: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, AuthError> {
    let (mut kept, mut part) = (Vec::new(), [0_u8; 4096]);
    let Some(mut stream) = stream else { return Ok(kept) };
    loop {
        let length = stream.read(&mut part).await.map_err(AuthError::AuthExecStart)?;
        if length == 0 {
            return Ok(kept);
        }
        kept.extend_from_slice(part.get(..length).unwrap_or_default());
        kept.drain(..kept.len().saturating_sub(MOST_ERRORS));
    }
}

/// The failure of this plugin.
fn failed(error: &AuthError, plugin: &ExecConfig) -> Error {
    let name = plugin.command.as_deref().unwrap_or_default();
    if name.is_empty() {
        return kubeconfig::unusable("the plugin that is to give the credentials of its user has no command")
            .hint("write the command in `exec` at the user: `kubectl config view --minify` shows it");
    }
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
fn of(error: Error, plugin: &ExecConfig) -> Error {
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

/// The last line that a plugin wrote on standard error, without what it was started with and without what looks like a token. A line
/// that names a secret is not shown at all: there are too many ways to write one.
fn last_line(stderr: &[u8], plugin: &ExecConfig) -> Option<String> {
    let text = String::from_utf8_lossy(stderr);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.next_back()?;
    // The value of a name may stand below it.
    let is_value = lines.next_back().is_some_and(|before| before.ends_with([':', '=']) && may_hold_secret(before));
    if is_value || may_hold_secret(line) {
        return Some(NOT_SHOWN.to_owned());
    }
    let variables = plugin.env.iter().flatten().filter_map(|variable| variable.get("value"));
    let arguments = plugin.args.iter().flatten().filter_map(|argument| match argument.split_once('=') {
        Some((_, value)) => Some(value),
        None => Some(argument.as_str()).filter(|argument| !argument.starts_with('-')),
    });
    let mut given: Vec<&str> = variables.map(String::as_str).chain(arguments).filter(|text| text.len() >= SHORTEST).collect();
    // One may be a part of another.
    given.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let line = given.into_iter().fold(line.to_owned(), |line, secret| line.replace(secret, HIDDEN));
    Some(shown(&without_tokens(&line)))
}

/// True for a line with the name of a secret, whatever is said of it, and for one with an address that has a user.
fn may_hold_secret(line: &str) -> bool {
    let line = line.to_lowercase();
    let is_named = SECRETS.iter().any(|name| line.contains(name));
    let mut words = line.split(|c: char| !c.is_ascii_alphanumeric());
    is_named || words.any(|word| SECRET_WORDS.contains(&word)) || line.contains("://") && line.contains('@')
}

/// A line without the words that look like a token.
fn without_tokens(line: &str) -> String {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || "+/_.~-".contains(c);
    let mut kept = String::new();
    let mut rest = line;
    while let Some((between, from)) = rest.find(is_of_word).and_then(|at| rest.split_at_checked(at)) {
        let end = from.find(|c: char| !is_of_word(c)).unwrap_or(from.len());
        let Some((word, after)) = from.split_at_checked(end) else { break };
        let is_token = word.len() >= LIKE_A_TOKEN
            && word.contains(|c: char| c.is_ascii_digit())
            && word.contains(|c: char| c.is_ascii_alphabetic());
        kept.push_str(between);
        kept.push_str(if is_token { HIDDEN } else { word });
        rest = after;
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin() -> ExecConfig {
        serde_json::from_value(json!({
            "command": "/opt/kubelogin", "args": ["get-token", "--client-secret=s3cr3t"],
            "env": [{"name": "PASSWORD", "value": "hunter2"}],
        }))
        .unwrap()
    }

    fn status(status: serde_json::Value) -> Result<Credentials, &'static str> {
        credentials(json!({"kind": "ExecCredential", "status": status}).to_string().as_bytes())
    }

    /// The library ends the program where a token has such characters, and asks without credentials where there are none.
    #[test]
    fn what_a_plugin_gives_is_checked() {
        let made = || rcgen::generate_simple_self_signed(["test".to_owned()]).unwrap();
        let (one, other) = (made(), made());
        let (certificate, key, other) = (one.cert.pem(), one.signing_key.serialize_pem(), other.signing_key.serialize_pem());
        let given = status(json!({"token": "abc\n", "clientCertificateData": certificate, "clientKeyData": key,
            "expirationTimestamp": "2030-01-01T00:00:00Z"}));
        let given = given.ok().unwrap();
        assert_eq!(given.token.as_deref(), Some("abc"));
        assert_eq!(given.certificate, Some((certificate.clone(), key)));
        assert_eq!(given.until.unwrap().to_string(), "2030-01-01T00:00:00Z");
        for (odd, why) in [
            (json!(null), "is not an ExecCredential"),
            (json!({}), "neither a token nor a certificate"),
            (json!({"token": "\n"}), "neither a token nor a certificate"),
            (json!({"token": "a\nb"}), "characters that no token has"),
            (json!({"token": "a\u{e9}"}), "characters that no token has"),
            (json!({"token": "abc", "clientCertificateData": certificate}), "a certificate without its key"),
            (json!({"token": "abc", "clientKeyData": other}), "a key without its certificate"),
            (json!({"clientCertificateData": certificate, "clientKeyData": other}), "do not belong together"),
            (json!({"clientCertificateData": "x", "clientKeyData": other}), "are not PEM"),
            (json!({"token": "abc", "expirationTimestamp": "soon"}), "is not a time"),
        ] {
            let said = status(odd.clone()).err().unwrap();
            assert!(said.contains(why), "{odd}: {said}");
        }
        let yaml = b"kind: ExecCredential\nstatus:\n  token: abc\n";
        assert_eq!(credentials(yaml).ok().unwrap().token.as_deref(), Some("abc"));
    }

    #[test]
    fn the_last_line_of_a_plugin_is_shown_without_its_secrets() {
        let shown = |text: &str| last_line(text.as_bytes(), &plugin());
        let expired = "AADSTS50173: The grant has expired due to inactivity.";
        assert_eq!(shown(&format!("starting\n{expired}\n\n")).as_deref(), Some(expired));
        assert_eq!(shown(" \n"), None);
        for (line, expected) in [
            ("login with hunter2 and s3cr3t failed", "login with … and … failed"),
            ("refused eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.x-y", "refused …"),
            ("password: wrong\nPOST https://login.example/x: 400", "POST https://login.example/x: 400"),
            ("cannot sign in as bob@corp.example", "cannot sign in as bob@corp.example"),
        ] {
            assert_eq!(shown(line).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_line_that_names_a_secret_is_not_shown() {
        for line in [
            "login failed for bob with password abc",
            "PASSWORD: abc",
            "password:\nabc",
            "token: abc",
            "id-token abc",
            "access_token=abc refused",
            r#"{"refresh_token": "abc", "error":"invalid_grant"}"#,
            "--client-secret abc",
            "client_secret is abc",
            "SecretAccessKey: abc",
            "apikey=abc",
            "credential=abc",
            "cookie: session=abc",
            "assertion \"abc\"",
            "Authorization: Bearer abc",
            "Basic YWJjOmFiYw==",
            "pw=abc",
            "sig=abc&se=1",
            "otp 123456 rejected",
            "https://u:abc@host.example/x failed",
            "POST https://login.example/x?code=abc: 400",
        ] {
            assert_eq!(last_line(line.as_bytes(), &plugin()).as_deref(), Some(NOT_SHOWN), "{line}");
        }
    }

    #[test]
    fn a_plugin_without_a_command_is_not_to_be_installed() {
        for command in [None, Some(String::new())] {
            let nameless = ExecConfig { command, ..plugin() };
            for error in [AuthError::MissingCommand, AuthError::AuthExecStart(std::io::Error::from(Io::NotFound))] {
                let failure = failed(&error, &nameless);
                assert_eq!(failure.what, "the kubeconfig cannot be used");
                assert!(failure.causes[0].ends_with("has no command"), "{failure:?}");
                assert!(!failure.advice().to_string().contains("install"), "{failure:?}");
            }
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
