//! The twenty ways in which a response fails.

use std::time::Duration;

use crate::support::registry::{Reply, Request};

/// The time after which silence ends: longer than any command waits.
const LONG: Duration = Duration::from_secs(120);

/// A response as it should have been.
#[derive(Clone, Debug)]
pub struct Honest {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Honest {
    pub fn of(reply: &Reply) -> Self {
        let sent = reply.sent();
        let end = sent.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&sent[..end]).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap()).map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { status, headers: headers.collect(), body: sent[end + 4..].to_vec() }
    }

    /// The headers with these in the place of its own.
    fn headers<'a>(&'a self, others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let is_replaced = |name: &str| others.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        let kept = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut headers: Vec<_> = kept.filter(|(name, _)| !is_replaced(name) && *name != "content-length").collect();
        headers.extend(others);
        headers
    }

    /// The head alone, with this length of what follows.
    fn head(&self, length: usize) -> Reply {
        Reply::head(self.status, &self.headers(&[("content-length", &length.to_string())]))
    }

    fn with_body(&self, body: &[u8]) -> Reply {
        Reply::new(self.status, &self.headers(&[]), body)
    }

    fn half(&self) -> &[u8] {
        &self.body[..self.body.len() / 2]
    }
}

/// The places that a redirect can lead to.
#[derive(Clone, Debug)]
pub struct Places {
    /// This server.
    pub here: String,
    /// Another host, which has nothing to do with it.
    pub elsewhere: String,
}

type Spoil = fn(&Honest, &Request, &Places) -> Reply;

/// A way in which a response fails.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub name: &'static str,
    /// It takes the time that the command allows.
    pub takes_time: bool,
    pub spoil: Spoil,
}

const fn fault(name: &'static str, spoil: Spoil) -> Fault {
    Fault { name, takes_time: false, spoil }
}

const fn slow(name: &'static str, spoil: Spoil) -> Fault {
    Fault { name, takes_time: true, spoil }
}

/// The path below which everything is redirected to itself.
pub const ENDLESS: &str = "/endless";

pub const FAULTS: [Fault; 20] = [
    fault("404", |_, _, _| Reply::json(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#)),
    fault("500", |_, _, _| Reply::json(500, "{}")),
    fault("503 with Retry-After", |_, _, _| Reply::new(503, &[("retry-after", "1")], "")),
    fault("401 whoever asks", |_, _, places| {
        Reply::challenge(&format!(r#"Bearer realm="{}/token",service="test",scope="repository:app:pull""#, places.here))
    }),
    fault("403", |_, _, _| Reply::json(403, r#"{"errors":[{"code":"DENIED","message":"no"}]}"#)),
    fault("429", |_, _, _| Reply::json(429, r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"later"}]}"#)),
    slow("silence", |_, _, _| Reply::nothing().then_wait(LONG)),
    fault("reset before the head", |_, _, _| Reply::nothing().then_reset()),
    fault("reset in the body", |honest, _, _| honest.head(honest.body.len()).then_send(honest.half()).then_reset()),
    fault("HTML with 200", |_, _, _| Reply::html(200)),
    fault("truncated body", |honest, _, _| honest.head(honest.body.len()).then_send(honest.half())),
    fault("other content", |honest, _, _| {
        // The same document to a reader of JSON, and another one by its digest, which the header denies.
        honest.with_body(&[honest.body.as_slice(), b" "].concat())
    }),
    fault("wrong size", |honest, _, _| honest.with_body(&[honest.body.as_slice(), &[b' '; 1000]].concat())),
    fault("wrong content type", |honest, _, _| {
        Reply::new(honest.status, &honest.headers(&[("content-type", "image/png")]), &honest.body)
    }),
    fault("redirect without end", |_, _, places| Reply::redirect(307, &format!("{}{ENDLESS}", places.here))),
    fault("redirect to another host", |_, request, places| {
        Reply::redirect(307, &format!("{}{}", places.elsewhere, request.path))
    }),
    slow("drip", |honest, _, _| honest.head(100_000).then_drip(" ")),
    fault("empty body", |honest, _, _| honest.with_body(b"")),
    fault("JSON of another kind", |_, _, _| Reply::json(200, r#"{"name":"app","tags":["1"]}"#)),
    fault("header too large", |honest, _, _| {
        let long = "x".repeat(2 << 20);
        Reply::new(honest.status, &honest.headers(&[("x-long", &long)]), &honest.body)
    }),
];
