//! The bytes of a layer from where it is kept, over as many connections as it takes.

use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::image::Name;
use crate::oci::Images;
use crate::oci::distribution::BlobStream;
use crate::oci::pull::{Event, Layer, Watch};
use crate::{Error, ErrorKind};

/// The tries to take up a broken connection again without [`WORTHWHILE`] having come over it, and the time for them.
pub(crate) const TRIES: u32 = 5;
const TRIED_FOR: Duration = Duration::from_secs(45);
/// Less than that over one connection, a registry that hands out a layer byte by byte would be asked for it for days.
const WORTHWHILE: u64 = 64 << 10;
/// Over so long a time of waiting, at least so many bytes must come: 1 KiB a second. A stall is noticed by the transport.
const PACE: (Duration, u64) = (Duration::from_secs(60), 60 << 10);

/// The source of layers.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub images: &'a Images<'a>,
    pub name: &'a Name,
}

/// Sends what the registry has from this byte on, over as many connections as it takes.
pub(crate) async fn forward(
    source: Source<'_>,
    layer: &Layer,
    from: u64,
    send: &mpsc::Sender<Result<Bytes, Error>>,
    watch: &Watch,
) {
    let mut received = from;
    let mut tries = 0;
    let mut since = Instant::now();
    while received < layer.size {
        let before = received;
        let mut failure = match open(source, layer, received).await {
            Ok(stream) => match pass_on(stream, layer, &mut received, send, watch).await {
                Ok(()) => return,
                Err(error) => error,
            },
            Err(error) => error,
        };
        if received - before >= WORTHWHILE {
            tries = 0;
            since = Instant::now();
        } else {
            tries += 1;
        }
        if failure.kind != ErrorKind::Network || tries >= TRIES || since.elapsed() >= TRIED_FOR {
            if failure.kind == ErrorKind::Network {
                failure = failure.or_hint("pull again, later perhaps: it continues where it stopped");
            }
            // If nobody listens any more, the other side has failed on its own.
            let _ = send.send(Err(failure)).await;
            return;
        }
        tokio::time::sleep(source.images.spread(Duration::from_millis(100 << tries))).await;
    }
}

/// Sends one connection's bytes; `received` counts those of the whole layer.
async fn pass_on(
    mut stream: BlobStream,
    layer: &Layer,
    received: &mut u64,
    send: &mpsc::Sender<Result<Bytes, Error>>,
    watch: &Watch,
) -> Result<(), Error> {
    // A server that sends no parts begins at the beginning.
    let mut skip = received.saturating_sub(stream.offset());
    let mut pace = Pace::default();
    loop {
        let asked = Instant::now();
        let Some(mut chunk) = stream.chunk().await? else { break };
        if pace.is_too_slow(asked.elapsed(), chunk.len() as u64) {
            return Err(broken(layer, "comes too slowly").because("less than 1 KiB a second came for a minute"));
        }
        let known = skip.min(chunk.len() as u64);
        skip -= known;
        let fresh = chunk.split_off(usize::try_from(known).unwrap_or(usize::MAX));
        if fresh.is_empty() {
            continue;
        }
        *received += fresh.len() as u64;
        watch(Event::Advanced(layer, fresh.len() as u64));
        if send.send(Ok(fresh)).await.is_err() {
            return Ok(());
        }
    }
    if *received < layer.size {
        return Err(broken(layer, "came to an early end"));
    }
    Ok(())
}

fn broken(layer: &Layer, how: &str) -> Error {
    Error::of(ErrorKind::Network, format!("the layer {} {how}", layer.digest))
}

/// The speed of a layer, by the time that was waited for it: its use in between may take longer.
#[derive(Default)]
struct Pace {
    waited: Duration,
    came: u64,
}

impl Pace {
    fn is_too_slow(&mut self, waited: Duration, came: u64) -> bool {
        self.waited += waited;
        self.came += came;
        let (long, enough) = PACE;
        if self.waited < long {
            return false;
        }
        std::mem::take(self).came < enough
    }
}

/// The layer from the registry, or from where the image says it is kept.
async fn open(source: Source<'_>, layer: &Layer, from: u64) -> Result<BlobStream, Error> {
    let Source { images, name } = source;
    let client = images.client(name, &layer.digest)?;
    let refused = match client.blob_stream(&name.registry, &name.repository, &layer.digest, from).await {
        Err(error) if error.kind == ErrorKind::NotFound => error,
        answered => return answered,
    };
    let mut last = refused;
    for url in &layer.urls {
        match client.foreign_blob_stream(&name.registry, url, from).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_may_come_slowly_and_not_by_drops() {
        let second = Duration::from_secs(1);
        let mut dial_up = Pace::default();
        assert!((0..600).all(|_| !dial_up.is_too_slow(second, 1500)));
        let mut drip = Pace::default();
        assert_eq!((1..200).find(|_| drip.is_too_slow(second, 100)), Some(60));
        // Waiting for the disk is nobody's fault.
        let mut busy = Pace::default();
        assert!((0..600).all(|_| !busy.is_too_slow(Duration::from_millis(1), 1)));
    }
}
