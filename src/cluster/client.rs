//! The way to ask an API server: each request with the credentials of now, each answer within bounds.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use kube::Config;
use kube::client::Body;
use kube::config::ExecConfig;
use kube::core::{Status, WatchEvent};
use serde_json::Value;
use tokio::sync::Mutex;

use super::api::{self, Access};
use super::{kubeconfig, plugin};
use crate::Error;
use crate::clock::now;
use crate::process_group::ProcessGroups;

/// The time before their end at which credentials are renewed.
const SOON: SignedDuration = SignedDuration::from_secs(60);

/// The most bytes of the answer to a request that failed.
const LARGEST_FAILURE: usize = 64 << 10;

/// The most bytes of one event of a watch: it has one object.
const LONGEST_LINE: usize = 16 << 20;

/// A client for an API server. The credentials that a plugin gave are renewed before they end.
#[derive(Clone)]
pub struct Client(Arc<Way>);

struct Way {
    /// The way to the server, without the plugin: the library has a panic where its answer is odd, and cannot end it.
    config: Config,
    plugin: Option<ExecConfig>,
    groups: Arc<dyn ProcessGroups>,
    /// The time that the plugin may take.
    within: Duration,
    current: Mutex<Current>,
}

/// A client of the library, and the end of its credentials.
struct Current {
    client: kube::Client,
    until: Option<Timestamp>,
}

impl Client {
    /// The client for a cluster whose server may say nothing for this time.
    ///
    /// # Errors
    ///
    /// A kubeconfig that cannot be used, no way to a cluster at all, and a plugin that gives no credentials.
    pub async fn of(access: &Access, silent: Duration) -> Result<Self, Error> {
        let mut config = kubeconfig::config(access.kubeconfig.as_deref(), access.context.clone()).await?;
        config.read_timeout = Some(silent);
        // How often to ask again is decided by what is asked.
        config.default_retry = false;
        let user = &mut config.auth_info;
        if user.auth_provider.as_ref().is_some_and(|provider| provider.name == "gcp") {
            return Err(api::no_credentials("the auth provider gcp is not a part of Kubernetes any more")
                .hint("use its plugin: `gcloud container clusters get-credentials NAME` writes it into the kubeconfig"));
        }
        let is_known = user.token.is_some() || user.token_file.is_some() || user.username.is_some() && user.password.is_some();
        let plugin = user.exec.take().filter(|_| !is_known && user.auth_provider.is_none());
        let current = Current::of(&config, plugin.as_ref(), &*access.groups, access.within).await?;
        let (groups, within) = (Arc::clone(&access.groups), access.within);
        Ok(Self(Arc::new(Way { config, plugin, groups, within, current: Mutex::new(current) })))
    }

    /// The namespace of the context, or of the pod's own account.
    pub(super) fn default_namespace(&self) -> &str {
        &self.0.config.default_namespace
    }

    /// The client of the library, with credentials that are good for a while.
    async fn current(&self) -> Result<kube::Client, Error> {
        let way = &*self.0;
        let mut current = way.current.lock().await;
        if way.plugin.is_some() && current.until.is_some_and(|until| until.duration_since(now()) < SOON) {
            *current = Current::of(&way.config, way.plugin.as_ref(), &*way.groups, way.within).await?;
        }
        Ok(current.client.clone())
    }

    /// The answer to a request.
    async fn send(&self, request: hyper::Request<Vec<u8>>) -> Result<hyper::Response<Body>, kube::Error> {
        let client = self.current().await.map_err(|error| kube::Error::Service(error.into()))?;
        let mut answer = client.send(request.map(Body::from)).await?;
        let code = answer.status();
        if !code.is_client_error() && !code.is_server_error() {
            return Ok(answer);
        }
        let (bytes, _) = read_up_to(answer.body_mut(), LARGEST_FAILURE).await?;
        Err(kube::Error::Api(Box::new(failure(&bytes, code.as_u16()))))
    }

    /// The body of an answer; `None` where it has more bytes than this.
    pub(super) async fn body(&self, request: hyper::Request<Vec<u8>>, most: usize) -> Result<Option<Vec<u8>>, kube::Error> {
        let mut answer = self.send(request).await?;
        let (bytes, is_whole) = read_up_to(answer.body_mut(), most).await?;
        Ok(is_whole.then_some(bytes))
    }

    /// The events of a watch.
    pub(super) async fn events(&self, request: hyper::Request<Vec<u8>>) -> Result<Events, kube::Error> {
        Ok(Events { body: self.send(request).await?.into_body(), bytes: Vec::new(), begin: 0, searched: 0 })
    }
}

impl Current {
    async fn of(
        config: &Config,
        plugin: Option<&ExecConfig>,
        groups: &dyn ProcessGroups,
        within: Duration,
    ) -> Result<Self, Error> {
        let (mut config, mut until) = (config.clone(), None);
        if let Some(plugin) = plugin {
            let given = plugin::ask(plugin, groups, within).await?;
            until = given.until;
            let user = &mut config.auth_info;
            user.token = given.token.map(Into::into);
            if let Some((certificate, key)) = given.certificate {
                user.client_certificate_data = Some(STANDARD.encode(certificate));
                // The library writes the certificate right behind it.
                user.client_key_data = Some(STANDARD.encode(format!("{key}\n")).into());
            }
        }
        let odd = kubeconfig::odd_setting(&config);
        let client = kube::Client::try_from(config).map_err(|error| odd.unwrap_or_else(|| api::failed(error)))?;
        Ok(Self { client, until })
    }
}

/// What an answer says of a failure: a status of Kubernetes, or what something on the way wrote.
fn failure(bytes: &[u8], code: u16) -> Status {
    let status = serde_json::from_slice::<Status>(bytes).ok().filter(|status| status.code != 0);
    status.unwrap_or_else(|| Status::failure(String::from_utf8_lossy(bytes).trim(), "").with_code(code))
}

/// The body of an answer up to this many bytes, and whether that is all of it.
async fn read_up_to(body: &mut Body, most: usize) -> Result<(Vec<u8>, bool), kube::Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        let room = most.saturating_sub(bytes.len());
        bytes.extend_from_slice(data.get(..room).unwrap_or(&data));
        if data.len() > room {
            return Ok((bytes, false));
        }
    }
    Ok((bytes, true))
}

/// The events of a watch, one in each line.
pub(super) struct Events {
    body: Body,
    /// What was read, from the line on that begins at `begin`. Up to `searched` it has no end.
    bytes: Vec<u8>,
    begin: usize,
    searched: usize,
}

impl Events {
    /// The next event; `None` at the end. Nothing is lost where it is not waited for.
    pub(super) async fn next(&mut self) -> Result<Option<WatchEvent<Value>>, kube::Error> {
        loop {
            let unread = self.bytes.get(self.searched..).unwrap_or_default();
            if let Some(length) = unread.iter().position(|byte| *byte == b'\n') {
                let end = self.searched + length;
                let event = event(self.bytes.get(self.begin..end).unwrap_or_default());
                (self.begin, self.searched) = (end + 1, end + 1);
                if let Some(event) = event? {
                    return Ok(Some(event));
                }
                continue;
            }
            self.bytes.drain(..self.begin);
            (self.begin, self.searched) = (0, self.bytes.len());
            if self.bytes.len() > LONGEST_LINE {
                let long = api::unexpected("the API server's answer is not a list of changes")
                    .because(format!("one of them is larger than {} MiB", LONGEST_LINE >> 20));
                return Err(kube::Error::Service(long.into()));
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.bytes.extend_from_slice(&data);
                    }
                }
                Some(Err(error)) if !breaks_off(&error) => return Err(error),
                _ => {
                    self.searched = 0;
                    return event(&std::mem::take(&mut self.bytes));
                }
            }
        }
    }
}

/// The event of a line; `None` for a line without one, and for one that ends in its middle.
fn event(line: &[u8]) -> Result<Option<WatchEvent<Value>>, kube::Error> {
    match serde_json::from_slice(line) {
        Ok(event) => Ok(Some(event)),
        Err(error) if error.is_eof() => Ok(None),
        Err(error) => Err(match serde_json::from_slice::<Status>(line) {
            Ok(status) if status.code != 0 => kube::Error::Api(Box::new(status)),
            _ => kube::Error::SerdeError(error),
        }),
    }
}

/// True for a watch that ends as many do: its time is over, or the server does not write its end.
fn breaks_off(error: &kube::Error) -> bool {
    let is_end = |error: &(dyn std::error::Error + 'static)| {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        matches!(kind, Some(io::ErrorKind::TimedOut | io::ErrorKind::UnexpectedEof))
            || error.to_string().contains("unexpected EOF during chunk")
    };
    api::chain(error).any(is_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: impl Into<Vec<u8>>) -> Events {
        Events { body: Body::from(text.into()), bytes: Vec::new(), begin: 0, searched: 0 }
    }

    #[tokio::test]
    async fn each_line_is_an_event() {
        let line = |what: &str, number: u8| format!(r#"{{"type":"{what}","object":{{"number":{number}}}}}"#);
        let text = format!("{}\n\n{}\r\n{}", line("ADDED", 1), line("DELETED", 2), line("MODIFIED", 3));
        let mut watch = events(text.clone());
        let mut read = Vec::new();
        while let Some(event) = watch.next().await.unwrap() {
            read.push(match event {
                WatchEvent::Added(one) | WatchEvent::Deleted(one) | WatchEvent::Modified(one) => one["number"].clone(),
                other => panic!("{other:?}"),
            });
        }
        assert_eq!(read, [1, 2, 3]);
        // A line that breaks off has no event.
        let mut broken = events(&text.as_bytes()[..text.len() - 2]);
        for is_whole in [true, true, false, false] {
            assert_eq!(broken.next().await.unwrap().is_some(), is_whole);
        }
        let mut failed = events(r#"{"kind":"Status","status":"Failure","code":410}"#);
        assert!(matches!(failed.next().await, Err(kube::Error::Api(status)) if status.code == 410));
        assert!(matches!(events("<html>").next().await, Err(kube::Error::SerdeError(_))));
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_not_kept() {
        let error = events(vec![b' '; LONGEST_LINE + 1]).next().await.unwrap_err();
        assert_eq!(api::failed(error).what, "the API server's answer is not a list of changes");
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_bound() {
        for (most, text, all) in [(2, "ab", false), (3, "abc", true), (4, "abc", true)] {
            let (bytes, is_whole) = read_up_to(&mut Body::from(b"abc".to_vec()), most).await.unwrap();
            assert_eq!((bytes.as_slice(), is_whole), (text.as_bytes(), all));
        }
    }

    #[test]
    fn a_failure_has_the_code_of_its_answer_where_it_says_none() {
        let said = |text: &str| {
            let status = failure(text.as_bytes(), 502);
            (status.code, status.message)
        };
        assert_eq!(said(r#"{"kind":"Status","code":403,"message":"no"}"#), (403, "no".to_owned()));
        assert_eq!(said("<html>\n"), (502, "<html>".to_owned()));
        assert_eq!(said("{}"), (502, "{}".to_owned()));
    }
}
