//! A blob as it arrives.

use std::time::Instant;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::CONTENT_RANGE;

use crate::Error;
use crate::ErrorKind;
use crate::oci::distribution::by_deadline;
use crate::oci::distribution::failure::{Failure, INSTEAD, is_web_page};
use crate::oci::distribution::transport::Answer;

/// A blob as it arrives; who reads it verifies its digest and its size.
#[derive(Debug)]
pub struct BlobStream {
    what: String,
    deadline: Option<Instant>,
    answer: Answer,
    offset: u64,
}

impl BlobStream {
    /// The stream of an answer to a request for everything from `from_byte` on.
    pub(crate) fn new(answer: Answer, from_byte: u64, what: String, deadline: Option<Instant>) -> Result<Self, Failure> {
        let nonsense = |why: &str| {
            Failure::new(ErrorKind::Invalid, format!("{} answered {why}", answer.server))
                .hint("try again; if it stays so, tell those who run the registry")
        };
        if is_web_page(answer.response.headers()) {
            return Err(Failure { kind: ErrorKind::Network, ..nonsense("with a web page") }.hint(INSTEAD));
        }
        let offset = match answer.response.status() {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT if from_byte > 0 => {
                let range = answer.response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
                let first = range.and_then(first_byte).ok_or_else(|| nonsense("with a part, and does not say which"))?;
                if first != from_byte {
                    return Err(nonsense("with another part than was asked for"));
                }
                first
            }
            _ => return Err(nonsense(&format!("{} to a request for a blob", answer.response.status()))),
        };
        Ok(Self { what, deadline, answer, offset })
    }

    /// The byte of the blob at which the first chunk begins: the byte that was asked for, or 0 if the server does not send parts.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next bytes; `None` at the end.
    ///
    /// Fails with [`ErrorKind::Network`] when the connection breaks or stalls; the rest can then be asked for.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let (response, server) = (&mut self.answer.response, &self.answer.server);
        let next = async { response.chunk().await.map_err(|error| Failure::of_transport(&error, server, None)) };
        by_deadline(self.deadline, next).await.map_err(|failure| failure.into_error(self.what.clone()))
    }
}

/// The first byte in `bytes 100-199/200`, where all of it can be true.
fn first_byte(text: &str) -> Option<u64> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let total: Option<u64> = if total == "*" { None } else { Some(total.parse().ok()?) };
    (first <= last && total.is_none_or(|total| last < total)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_is_read() {
        let table = [
            ("bytes 100-199/200", Some(100)),
            ("bytes 100-199/*", Some(100)),
            ("bytes 100-200/200", None),
            ("bytes 100-99/200", None),
            ("bytes */200", None),
            ("bytes 1-2", None),
            ("items 1-2/3", None),
            ("bytes 1-99999999999999999999/*", None),
        ];
        for (text, expected) in table {
            assert_eq!(first_byte(text), expected, "{text}");
        }
    }
}
