//! Failed requests: the reason, the words of the server, and what may be shown of those.

use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use crate::ErrorKind;
use crate::advice::{Setting, advice};
use crate::oci::distribution::proxy::NamedProxy;
use crate::oci::distribution::resolver::Refused;
use crate::oci::distribution::retry_after::retry_after;
use crate::oci::distribution::tls;
use crate::text::shown;
use crate::{Advice, Error};

/// The words of the HTTP client for a proxy that answers 407.
const WANTS_PASSWORD: &str = "proxy authorization required";

/// A request that failed, and whether it is worth another try.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    /// Why, from the outside in; each a sentence without a full stop.
    pub(crate) causes: Vec<String>,
    pub(crate) hint: Option<Advice>,
    pub(crate) again: Again,
    /// The answer of a registry that does not have what was asked for.
    pub(crate) absent: Option<Absent>,
    /// What is refused, where credentials or a right are.
    pub(crate) denied: Denied,
}

/// What a server refuses that is asked with credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The credentials.
    Login,
    /// What is asked for: it knows the account, and the account may not have it.
    Right,
    /// One of the two, which is not told.
    Either,
}

/// The answer of a registry that does not have what was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Absent {
    /// The server, e.g. `mcr.microsoft.com`.
    server: String,
    /// The status and the code, where it says one, e.g. `404 MANIFEST_UNKNOWN`.
    answer: String,
}

/// The worth of another try of a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// It would fail again.
    No,
    /// After a pause.
    Soon,
    /// After the pause the server asked for.
    After(Duration),
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, cause: impl Into<String>) -> Self {
        Self { kind, causes: vec![cause.into()], hint: None, again: Again::No, absent: None, denied: Denied::Login }
    }

    pub(crate) fn hint(mut self, hint: impl Into<Advice>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The failure to read this manifest. A registry that says in its own words that it has none is not quoted at length.
    pub(crate) fn into_error_of_manifest(mut self, name: &str) -> Error {
        match self.absent.take() {
            Some(Absent { server, answer }) => {
                let is_named = name.strip_prefix(&server).is_some_and(|rest| rest.starts_with('/'));
                let place = if is_named { String::new() } else { format!(" on {server}") };
                let mut error = self.into_error(format!("{name} was not found{place} ({answer})"));
                // The first cause is that very answer.
                error.causes = error.causes.into_iter().skip(1).collect();
                error
            }
            None => self.into_error(format!("cannot fetch the manifest of {name}")),
        }
    }

    pub(crate) fn into_error(self, what: String) -> Error {
        let mut error = Error::of(self.kind, what);
        error.causes = self.causes;
        error.hint = self.hint;
        error
    }

    /// A request to `server` that got no answer, or an answer that broke off.
    pub(crate) fn of_transport(error: &reqwest::Error, server: &str, proxy: Option<&NamedProxy>) -> Self {
        if let Some(refused) = find::<Refused>(error) {
            return Self::refused_address(refused);
        }
        let reason = excerpt(&innermost(error));
        if let Some(refused) = find::<rustls::Error>(error) {
            let cause = format!("cannot make a trusted connection to {server}: {}", tls::reason(refused));
            return Self::new(ErrorKind::Network, cause).hint(tls::advice(refused));
        }
        let (cause, again) = if let Some(proxy) = proxy.filter(|_| error.is_connect()) {
            return Self::of_proxy(proxy, server, &reason, is_unreached(error));
        } else if error.is_connect() {
            (format!("cannot connect to {server}: {reason}"), Again::Soon)
        } else if error.is_timeout() {
            return Self::slow(server);
        } else if error.is_body() || error.is_decode() {
            (format!("the answer of {server} broke off: {reason}"), Again::Soon)
        } else {
            (format!("{server} did not answer as a web server does: {reason}"), Again::Soon)
        };
        Self { again, ..Self::new(ErrorKind::Network, cause) }
    }

    /// A proxy that was not reached, or did not connect to `server`.
    fn of_proxy(proxy: &NamedProxy, server: &str, reason: &str, is_unreached: bool) -> Self {
        if reason.contains(WANTS_PASSWORD) {
            return Self::without_password(proxy);
        }
        let failed = |cause: String| Self { again: Again::Soon, ..Self::new(ErrorKind::Network, cause) };
        if is_unreached {
            return failed(format!("cannot connect to {proxy} on the way to {server}: {reason}")).hint(advice![
                "look whether the proxy is right and runs, or name the registry in NO_PROXY; ",
                Setting::Offline,
                " answers without the network"
            ]);
        }
        failed(format!("{proxy} did not connect to {server}: {reason}"))
            .hint(format!("let the proxy allow {server}, or name the registry in NO_PROXY"))
    }

    /// A proxy that lets nobody through without a password.
    pub(crate) fn without_password(proxy: &NamedProxy) -> Self {
        Self::new(ErrorKind::Network, format!("{proxy} wants a user and a password")).hint(proxy.with_password())
    }

    /// A server that is not asked again: it had its time.
    pub(crate) fn slow(server: &str) -> Self {
        Self::new(ErrorKind::Network, format!("{server} took too long to answer"))
    }

    /// An address to which this program does not go for who named it.
    pub(crate) fn refused_address(refused: &Refused) -> Self {
        let failure = Self::new(ErrorKind::Network, refused.to_string());
        if refused.by_stranger {
            return failure.hint(advice!["if it is a registry of yours, use ", Setting::PrivateRegistry(refused.host.clone())]);
        }
        failure.hint("a registry may only send elsewhere within the network it is in itself; if this is meant, ask it from there")
    }

    /// `server` answered with a status other than success; `body` is what it said.
    pub(crate) fn of_status(status: StatusCode, headers: &HeaderMap, body: &[u8], server: &str) -> Self {
        let kind = match status.as_u16() {
            400 | 416 => ErrorKind::Invalid,
            401 | 403 => ErrorKind::Unauthorized,
            404 | 410 => ErrorKind::NotFound,
            406 => ErrorKind::Unsupported,
            429 => ErrorKind::RateLimited,
            _ => ErrorKind::Network,
        };
        let again = if status.is_server_error() || matches!(status.as_u16(), 408 | 429) {
            retry_after(headers, SystemTime::now()).map_or(Again::Soon, Again::After)
        } else {
            Again::No
        };
        let said = explanation(headers, body);
        // ECR answers so where the password has expired, too.
        let has_expired = said.as_deref().is_some_and(|said| said.to_ascii_lowercase().contains("expired"));
        let denied = if status == StatusCode::FORBIDDEN && !has_expired { Denied::Right } else { Denied::Login };
        // A web page, or other words, may come from another server than the registry.
        let answer = match (kind, error_code(body), &said) {
            (ErrorKind::NotFound, Some(code), _) => Some(format!("{} {code}", status.as_str())),
            (ErrorKind::NotFound, None, None) => Some(status.as_str().to_owned()),
            _ => None,
        };
        let absent = answer.map(|answer| Absent { server: server.to_owned(), answer });
        let cause = match said {
            Some(said) => format!("{server} answered {status}: {said}"),
            None => format!("{server} answered {status}"),
        };
        let failure = Self { again, absent, denied, ..Self::new(kind, cause) };
        match status {
            // Those of a gateway or a proxy, behind which the server did not answer.
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
                return failure.hint(format!(
                    "what stands before {server} did not reach it: try again later; if that does not help, ask those who run it"
                ));
            }
            // It is sent by what stands between, until somebody signs in.
            StatusCode::NETWORK_AUTHENTICATION_REQUIRED => return failure.hint(INSTEAD),
            // A server that does not know what is asked has not failed, and does not know it later.
            StatusCode::NOT_IMPLEMENTED => {}
            _ if status.is_server_error() => {
                return failure.hint(format!(
                    "{server} itself failed: try again later; if that does not help, those who run it find the reason in its log"
                ));
            }
            _ => {}
        }
        if kind == ErrorKind::Unauthorized && is_web_page(headers) {
            return failure.hint(format!("a firewall or proxy seems to answer instead of {server}: allow {server} there"));
        }
        failure
    }
}

/// The advice about a web page where a registry was asked.
pub(crate) const INSTEAD: &str =
    "a login page or proxy seems to answer instead of the registry: sign in there, or allow the registry in it";

/// The explanation of an answer for people with a browser.
const WEB_PAGE: &str = "a web page, not a registry's answer";

/// `true` if an answer is a web page, as a firewall, a proxy or a captive portal sends it instead of the registry.
pub(crate) fn is_web_page(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

/// The explanation in an error body: the registry's first error, the text, or nothing where it is a web page.
pub fn explanation(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    if is_web_page(headers) {
        return Some(WEB_PAGE.to_owned());
    }
    let text = String::from_utf8_lossy(body);
    let said = match serde_json::from_slice(body) {
        Ok(Value::Object(error)) => registry_error(&error)?,
        Ok(_) => return None,
        Err(_) => xml_error(&text).unwrap_or_else(|| text.trim_start_matches('\u{feff}').to_owned()),
    };
    let said = excerpt(&said);
    if said.starts_with("<?xml") {
        return Some("an XML document, not a registry's answer".to_owned());
    }
    // A body that is a web page all the same, or the beginning of other markup.
    if said.starts_with('<') {
        return Some(WEB_PAGE.to_owned());
    }
    (!said.is_empty()).then_some(said)
}

/// The code of the registry's first error, e.g. `MANIFEST_UNKNOWN`.
fn error_code(body: &[u8]) -> Option<String> {
    let error: Value = serde_json::from_slice(body).ok()?;
    let code = error.get("errors")?.get(0)?.get("code")?.as_str()?;
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    (!code.is_empty() && code.len() < 40 && code.bytes().all(is_plain)).then(|| code.to_owned())
}

/// The text of the error forms in use: OCI's `errors`, OAuth's `error_description`, and `details` or `message` alone.
fn registry_error(error: &serde_json::Map<String, Value>) -> Option<String> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    if let Some(first) = error.get("errors").and_then(|errors| errors.get(0)) {
        return code_and_message(text(first, "code"), text(first, "message"));
    }
    ["error_description", "message", "details", "error"].iter().find_map(|key| error.get(*key)?.as_str().map(str::to_owned))
}

/// The error of an object store, e.g. `<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`.
fn xml_error(body: &str) -> Option<String> {
    let (_, error) = body.split_once("<Error>")?;
    let text = |start: &str, end: &str| Some(error.split_once(start)?.1.split_once(end)?.0.to_owned());
    code_and_message(text("<Code>", "</Code>"), text("<Message>", "</Message>"))
}

fn code_and_message(code: Option<String>, message: Option<String>) -> Option<String> {
    match (code, message) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (code, message) => code.or(message),
    }
}

/// The words of a server as they may stand in a message: in one line, and not long.
pub(crate) fn excerpt(text: &str) -> String {
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    shown(&words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

/// The innermost reason of an error, which is the one that says something; its own text would hold the whole address, with what
/// a server put into the query.
fn innermost(error: &reqwest::Error) -> String {
    let mut reason = None;
    let mut current = error.source();
    while let Some(source) = current {
        reason = Some(source);
        current = source.source();
    }
    reason.map_or_else(|| "no reason is given".to_owned(), ToString::to_string)
}

/// `true` if the first server on the way was not reached: no name, no address, nothing that answers there.
fn is_unreached(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let ended = [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof];
    error.is_timeout() || find::<std::io::Error>(error).is_some_and(|error| !ended.contains(&error.kind()))
}

/// `true` if the certificate of a server, or of a proxy, was refused.
pub(crate) fn is_about_certificate(error: &reqwest::Error) -> bool {
    find::<rustls::Error>(error).is_some_and(tls::is_about_certificate)
}

/// The first error of this type on the way in.
fn find<T: StdError + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut current: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = current {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        // An I/O error shows the source of what it holds, not what it holds.
        let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        current = match held {
            Some(held) => Some(held),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(content_type: &str, body: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
        Failure::of_status(StatusCode::FORBIDDEN, &headers, body.as_bytes(), "registry.test").causes.remove(0)
    }

    #[test]
    fn a_server_that_fails_is_not_looked_for_in_the_network() {
        let hint = |status: u16| {
            let status = StatusCode::from_u16(status).unwrap();
            Failure::of_status(status, &HeaderMap::new(), b"", "registry.test").hint.unwrap_or_default().to_string()
        };
        for (status, expected) in [
            (500, "registry.test itself failed: try again later"),
            (503, "registry.test itself failed: try again later"),
            (599, "registry.test itself failed: try again later"),
            (502, "what stands before registry.test did not reach it: try again later"),
            (511, INSTEAD),
            (504, "what stands before registry.test did not reach it: try again later"),
        ] {
            assert!(hint(status).starts_with(expected), "{status}: {}", hint(status));
        }
        for status in [401, 404, 408, 429, 501] {
            assert_eq!(hint(status), "", "{status}");
        }
    }

    #[test]
    fn what_a_server_says_is_shown_in_one_short_line() {
        let json = "application/json";
        let table = [
            (json, r#"{"errors":[{"code":"DENIED","message":"no access"}]}"#, ": DENIED: no access"),
            (json, r#"{"errors":[{"code":"DENIED"}]}"#, ": DENIED"),
            (json, r#"{"details":"incorrect username or password"}"#, ": incorrect username or password"),
            (json, r#"{"error":"invalid_grant","error_description":"expired"}"#, ": expired"),
            (json, r#"{"errors":[]}"#, ""),
            (json, "[1,2]", ""),
            ("text/plain", "a\r\n::error::b\u{1b}[31mc  d", ": a ::error::b [31mc d"),
            ("text/html", "<html><body>secret page</body></html>", ": a web page, not a registry's answer"),
            ("text/plain", " <!DOCTYPE html>", ": a web page, not a registry's answer"),
            ("text/plain", "\0<!DOCTYPE html>", ": a web page, not a registry's answer"),
            ("text/plain", "", ""),
            (
                "application/xml",
                "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>Request has\nexpired</Message><X>y</X></Error>",
                ": AccessDenied: Request has expired",
            ),
            ("application/xml", "\u{feff}<?xml version=\"1.0\"?><Error><Code>Gone</Code></Error>", ": Gone"),
            ("application/xml", "\u{feff}<?xml version=\"1.0\"?><other/>", ": an XML document, not a registry's answer"),
        ];
        for (content_type, body, expected) in table {
            assert_eq!(said(content_type, body), format!("registry.test answered 403 Forbidden{expected}"), "{body}");
        }
        assert!(said("text/plain", &"long ".repeat(1000)).chars().count() < 250);
        // Nested deeper than any honest answer.
        assert!(said(json, &"[".repeat(60_000)).len() < 1000);
    }
}
