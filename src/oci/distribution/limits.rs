//! Bounded reads of answers.

use std::time::Duration;

use crate::ErrorKind;
use crate::oci::distribution::failure::Failure;

/// The largest answer of a token service, and the most that is read of an error's body, in bytes.
pub(crate) const TOKEN: u64 = 64 << 10;

/// The most time for an error's body, which only explains what its status says: a server that sends it drop by drop holds nothing up.
const ERROR_BODY: Duration = Duration::from_secs(3);

/// A whole body of at most `max` bytes.
pub(crate) async fn read(mut response: reqwest::Response, max: u64, server: &str) -> Result<Vec<u8>, Failure> {
    let too_large = || Failure::new(ErrorKind::Invalid, format!("the answer of {server} is larger than {max} bytes"));
    let stated = response.content_length().unwrap_or(0);
    if stated > max {
        return Err(too_large());
    }
    // The stated length is not a promise: no more than a page is set aside for it.
    let mut body = Vec::with_capacity(usize::try_from(stated.min(4096)).unwrap_or(0));
    while let Some(chunk) = response.chunk().await.map_err(|error| Failure::of_transport(&error, server, None))? {
        if (body.len() + chunk.len()) as u64 > max {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The beginning of an error's body, as far as it comes in its time; what becomes of the rest does not matter.
pub(crate) async fn read_beginning(mut response: reqwest::Response) -> Vec<u8> {
    let mut body = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = usize::try_from(TOKEN).unwrap_or(0).saturating_sub(body.len());
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if chunk.len() >= room {
                break;
            }
        }
    };
    // What came until then is enough.
    let _ = tokio::time::timeout(ERROR_BODY, read).await;
    body
}
