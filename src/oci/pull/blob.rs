//! One layer into the store: an earlier pull of it is gone on with, and it gets its name when it is verified.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::advice::{Setting, advice};
use crate::layer::{LayerError, Limits, Streamed, decompress};
use crate::oci::layout::Folder;
use crate::oci::pull::incoming::Incoming;
use crate::oci::pull::source::{Source, TRIES, forward};
use crate::oci::pull::{Event, Layer, Turns, Watch, given_up};
use crate::{Error, ErrorKind};

/// The number of chunks that may wait for the disk. One has up to 400 KiB: as much as hyper reads at once.
const CHUNKS: usize = 4;
/// The time after which the user hears that another process has a layer locked.
const SILENT_FOR: Duration = Duration::from_secs(1);

/// The longest time that the record of what was verified is waited for: without it, a layer is read again.
const RECORDED_WITHIN: Duration = Duration::from_secs(2);

/// The advice about a layer that is not what its image says.
const DAMAGED: &str = "pull again; if it stays so, do not use this image";

/// `true` if the layer is in the store and whole. A layer of unknown origin is read for that; it is replaced if it is damaged.
fn is_there(store: &Folder, layer: &Layer) -> bool {
    store.is_intact(&layer.digest, layer.size, RECORDED_WITHIN).unwrap_or(false)
}

/// The bytes of the layer that are neither in the store nor left there by an earlier pull, as far as names and sizes tell.
pub(crate) fn missing(store: &Folder, layer: &Layer) -> u64 {
    match store.look_at_blob(&layer.digest) {
        Ok(Some(found)) if found.size == layer.size => 0,
        _ => layer.size.saturating_sub(store.partial_size(&layer.digest).unwrap_or(0)),
    }
}

/// The target of a layer.
#[derive(Clone)]
pub(crate) struct Target {
    pub store: Folder,
    pub watch: Watch,
    /// The place of the layer in its image.
    pub number: usize,
    /// Who uses the layers while they come.
    pub offers: Option<Turns>,
    /// The time by which everything has to be done.
    pub deadline: Option<Instant>,
}

/// Brings a layer into the store, unless it is there.
pub(crate) async fn fetch(source: Source<'_>, layer: &Layer, target: Target) -> Result<(), Error> {
    let there = {
        let (store, layer) = (target.store.clone(), layer.clone());
        tokio::task::spawn_blocking(move || is_there(&store, &layer)).await.unwrap_or(false)
    };
    if there {
        target.is_there(layer);
        return Ok(());
    }
    let mut kept = 0;
    for _ in 0..TRIES {
        match fetch_from(source, layer, &target, &mut kept).await {
            // It may be those bytes that were wrong which an earlier pull had left.
            Ok(Kept::Wrong(error)) if kept > 0 => tracing::debug!("{}; fetched again", error.sentence()),
            Ok(Kept::Wrong(error)) => return Err(error),
            Ok(Kept::Lost) => tracing::debug!("another process has thrown away what came of {}; fetched again", layer.digest),
            Ok(Kept::Whole) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Err(cannot(layer).because("other processes throw away what comes of it").hint("pull again when they are done"))
}

/// The end of a layer that came.
enum Kept {
    /// It is in the store.
    Whole,
    /// It waited for its turn, unlocked, and another process found it to be wrong.
    Lost,
    /// It is not what its image says, and what came of it is thrown away.
    Wrong(Error),
}

impl Target {
    /// Says that the store has the layer.
    fn is_there(&self, layer: &Layer) {
        (self.watch)(Event::Begun(layer, layer.size));
        self.done(layer);
    }

    fn done(&self, layer: &Layer) {
        (self.watch)(Event::Done(layer));
        if let Some(offers) = &self.offers {
            offers.is_stored(self.number);
        }
    }
}

/// Brings a layer into the store, beginning with what is there of it: `kept` bytes.
async fn fetch_from(source: Source<'_>, layer: &Layer, target: &Target, kept: &mut u64) -> Result<Kept, Error> {
    let (begin, begun) = oneshot::channel();
    let (send, chunks) = mpsc::channel(CHUNKS);
    let work = {
        let (layer, target) = (layer.clone(), target.clone());
        tokio::task::spawn_blocking(move || keep(&layer, Limits::default().uncompressed, &target, begin, chunks))
    };
    // The other side says from where on, or that nothing is to be fetched.
    if let Ok(from) = begun.await {
        *kept = from;
        forward(source, layer, from, &send, &target.watch).await;
    }
    drop(send);
    work.await.unwrap_or_else(|error| Err(cannot(layer).because(error.to_string())))
}

/// Offers a layer of which nothing is kept.
pub(crate) async fn pass_by(
    source: Source<'_>,
    layer: &Layer,
    number: usize,
    watch: &Watch,
    offers: &Turns,
) -> Result<(), Error> {
    watch(Event::Begun(layer, 0));
    let (send, chunks) = mpsc::channel(CHUNKS);
    let incoming = Incoming { file: None, kept: 0, awaited: layer.size, chunks, chunk: Bytes::new() };
    let used = offers.hand_over(number, incoming);
    forward(source, layer, 0, &send, watch).await;
    drop(send);
    let used = tokio::task::spawn_blocking(move || used.recv()).await;
    let Ok(Ok((used, _))) = used else { return Err(given_up()) };
    match used {
        Ok(streamed) => verify(layer, &streamed)?,
        // The one who looks has seen it.
        Err(LayerError::Refused { .. }) => {}
        Err(LayerError::Read(error)) => {
            let error = error.downcast::<Error>().unwrap_or_else(|error| cannot(layer).because(error.to_string()));
            return Err(if error.kind == ErrorKind::Invalid { error.or_hint(DAMAGED) } else { error });
        }
        Err(error) => return Err(undecodable(layer, &error)),
    }
    watch(Event::Done(layer));
    Ok(())
}

/// Writes, hashes and decompresses a layer as it comes, or lets the one who uses it do the latter, and gives it its name when all of
/// it holds. At most `limit` bytes are unpacked.
fn keep(
    layer: &Layer,
    limit: u64,
    target: &Target,
    begin: oneshot::Sender<u64>,
    chunks: mpsc::Receiver<Result<Bytes, Error>>,
) -> Result<Kept, Error> {
    let Target { store, watch, number, offers, .. } = target;
    let written = |error: io::Error| without_room(store, layer, &error);
    let mut file = lock(layer, target, &|| begin.is_closed())?;
    if is_there(store, layer) {
        target.is_there(layer);
        return store.remove_partial(&layer.digest).map(|()| Kept::Whole).map_err(written);
    }
    let kept = file.metadata().map_err(written)?.len();
    let kept = if kept <= layer.size { kept } else { 0 };
    file.set_len(kept).map_err(written)?;
    watch(Event::Begun(layer, kept));
    let _ = begin.send(kept);
    let mut incoming = Incoming { file: Some(file), kept, awaited: layer.size - kept, chunks, chunk: Bytes::new() };
    if let Some(offers) = offers.as_ref().filter(|offers| !offers.is_due(*number)) {
        if let Err(error) = incoming.set_aside(offers.due(*number)) {
            return match (interrupted(layer, store, error), incoming.file) {
                ((error, true), Some(file)) => forget(&file, error),
                ((error, _), _) => Err(error),
            };
        }
        if !offers.is_due(*number) {
            // Nobody holds a lock while waiting for a turn: two images with the same layers in another order would wait for each
            // other.
            incoming.file = None;
            if !offers.wait_until_due(*number) {
                return Err(given_up());
            }
            file = lock(layer, target, &|| offers.is_given_up())?;
            if is_there(store, layer) {
                target.done(layer);
                return store.remove_partial(&layer.digest).map(|()| Kept::Whole).map_err(written);
            }
            if file.metadata().map_err(written)?.len() != layer.size {
                return Ok(Kept::Lost);
            }
            incoming.file = Some(file);
        }
    }
    let (streamed, file) = match offers {
        // The one who uses it has gone, and with it the file; what came is there.
        Some(offers) => offers.hand_over(*number, incoming).recv().map_err(|_| given_up())?,
        None => {
            let streamed = decompress(&mut incoming, layer.compression, limit, |_| Ok(())).map(|((), streamed)| streamed);
            (streamed, incoming.file)
        }
    };
    let Some(file) = file else { return Err(given_up()) };
    match streamed {
        Ok(streamed) => {
            if let Err(error) = verify(layer, &streamed) {
                return forget(&file, error);
            }
            // A name that outlives a power cut must stand for bytes that do: nobody looks at them again before they are used.
            file.sync_data().map_err(written)?;
            store.complete(&layer.digest).map_err(written)?;
            store.has_verified(&layer.digest, RECORDED_WITHIN);
            target.done(layer);
            Ok(Kept::Whole)
        }
        Err(LayerError::Read(error)) => match interrupted(layer, store, error) {
            // What came so far stays, and the next pull goes on from there; more than there should be is worth nothing.
            (error, true) => forget(&file, error),
            (error, false) => Err(error),
        },
        // The bytes are as good as ever.
        Err(error @ LayerError::Write { .. }) => Err(undecodable(layer, &error)),
        Err(error) => forget(&file, undecodable(layer, &error)),
    }
}

/// Locks the file in which a layer grows. Another process that pulls the same layer has it locked until it is done; `is_given_up`
/// says that nobody waits for it any more.
fn lock(layer: &Layer, target: &Target, is_given_up: &dyn Fn() -> bool) -> Result<File, Error> {
    let Target { store, watch, deadline, .. } = target;
    let mut is_reported = false;
    let waiting = |so_far| {
        if is_given_up() {
            return Err(io::Error::other("the pull was given up while another process had the layer locked"));
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the time ran out while another process had the layer locked"));
        }
        if so_far >= SILENT_FOR && !std::mem::replace(&mut is_reported, true) {
            watch(Event::Waiting(layer));
        }
        Ok(())
    };
    store.lock_partial(&layer.digest, Duration::MAX, waiting).map_err(|error| {
        let is_late = error.kind() == io::ErrorKind::TimedOut;
        let failed = unwritten(store, layer, &error);
        if !is_late {
            return failed.or_hint(advice!["look at that file and what has it open, or use another store with ", Setting::Store]);
        }
        failed
            .of_kind(ErrorKind::Network)
            .hint(advice!["end the process that has that file open, or wait longer with ", Setting::Timeout])
    })
}

fn unwritten(store: &Folder, layer: &Layer, error: &io::Error) -> Error {
    cannot(layer).because(format!("{} could not be written: {error}", store.partial_path(&layer.digest).display()))
}

/// [`unwritten`] of a file that could be opened and locked.
fn without_room(store: &Folder, layer: &Layer, error: &io::Error) -> Error {
    unwritten(store, layer, error).hint(advice![
        "check permissions and disk space there, or use another store with ",
        Setting::Store,
        "; what came so far is kept, and the next pull continues there"
    ])
}

/// The reason why a layer came to an end before its last byte, and `true` if what came of it is worth nothing.
fn interrupted(layer: &Layer, store: &Folder, error: io::Error) -> (Error, bool) {
    match error.downcast::<Error>() {
        Ok(error) if error.kind == ErrorKind::Invalid => {
            let hint = error.hint.clone().unwrap_or_else(|| DAMAGED.into());
            (cannot(layer).because(error.sentence()).hint(hint), true)
        }
        Ok(error) => (error, false),
        Err(error) => (without_room(store, layer, &error), false),
    }
}

/// The failure to decode a layer, down to the last reason.
fn undecodable(layer: &Layer, error: &LayerError) -> Error {
    let reasons = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let refused = reasons.fold(cannot(layer), |refused, reason| refused.because(crate::text::shown(&reason.to_string())));
    refused.or_hint(DAMAGED)
}

fn verify(layer: &Layer, streamed: &Streamed) -> Result<(), Error> {
    let damaged = |why: String| cannot(layer).because(why).hint(DAMAGED);
    if streamed.size != layer.size {
        return Err(damaged(format!("it has {} bytes, and its manifest says {}", streamed.size, layer.size)));
    }
    if streamed.digest != layer.digest {
        return Err(damaged(format!("its digest is {}", streamed.digest)));
    }
    if streamed.diff_id != layer.diff_id {
        return Err(damaged(format!("uncompressed its digest is {}, and the config says {}", streamed.diff_id, layer.diff_id)));
    }
    Ok(())
}

/// Empties a half-done file whose content is wrong. It keeps its name: another process may wait for its lock.
fn forget(file: &File, error: Error) -> Result<Kept, Error> {
    match file.set_len(0) {
        Ok(()) => Ok(Kept::Wrong(error)),
        Err(failed) => Err(error.because(format!("what came could not be thrown away: {failed}"))),
    }
}

fn cannot(layer: &Layer) -> Error {
    Error::of(ErrorKind::Invalid, format!("the layer {} cannot be pulled", layer.digest))
}

/// A pull without a registry.
#[cfg(test)]
pub(crate) mod of_tests {
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};
    use std::thread;

    use super::*;
    use crate::oci::pull::{Offers, Pulled};

    /// Pulls an image as from a registry that sends these bytes of each layer, in pieces of 100; `before` sees the number of a layer
    /// and the place of a piece, and may fail instead of it.
    pub(crate) fn pull(
        store: &Folder,
        image: &Pulled,
        stored: &[Vec<u8>],
        offers: &Offers,
        before: &(dyn Fn(usize, u64) -> Result<(), Error> + Sync),
    ) -> Result<Pulled, Error> {
        let turns = &offers.0;
        turns.describe(image);
        let failed = Mutex::new(None);
        let mut seen = BTreeSet::new();
        let once = image.layers.iter().enumerate().filter(|(_, layer)| seen.insert(&layer.digest));
        thread::scope(|scope| {
            let pulls: Vec<_> = once
                .map(|(number, layer)| {
                    let watch: Watch = Arc::new(|_| ());
                    let target = Target { store: store.clone(), watch, number, offers: Some(turns.clone()), deadline: None };
                    let bytes = stored[number].as_slice();
                    let failed = &failed;
                    scope.spawn(move || {
                        // One that fails ends the pull, also if it is a test that does.
                        let _end = EndAtPanic(turns);
                        if let Err(error) = send(layer, bytes, &target, before) {
                            failed.lock().unwrap().get_or_insert(error);
                            turns.end();
                        }
                    })
                })
                .collect();
            pulls.into_iter().for_each(|pull| pull.join().unwrap());
        });
        failed.into_inner().unwrap().map_or_else(|| Ok(image.clone()), Err)
    }

    struct EndAtPanic<'a>(&'a Turns);

    impl Drop for EndAtPanic<'_> {
        fn drop(&mut self) {
            if thread::panicking() {
                self.0.end();
            }
        }
    }

    fn send(
        layer: &Layer,
        bytes: &[u8],
        target: &Target,
        before: &(dyn Fn(usize, u64) -> Result<(), Error> + Sync),
    ) -> Result<(), Error> {
        if is_there(&target.store, layer) {
            target.is_there(layer);
            return Ok(());
        }
        let (begin, begun) = oneshot::channel();
        let (send, chunks) = mpsc::channel(CHUNKS);
        thread::scope(|scope| {
            let kept = scope.spawn(move || keep(layer, u64::MAX, target, begin, chunks));
            if let Ok(mut at) = begun.blocking_recv() {
                for piece in bytes[at as usize..].chunks(100) {
                    let sent = before(target.number, at).map(|()| Bytes::copy_from_slice(piece));
                    let failed = sent.is_err();
                    if send.blocking_send(sent).is_err() || failed {
                        break;
                    }
                    at += piece.len() as u64;
                }
            }
            drop(send);
            match kept.join().unwrap()? {
                Kept::Whole => Ok(()),
                Kept::Lost => Err(cannot(layer)),
                Kept::Wrong(error) => Err(error),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::Arc;

    use super::*;
    use crate::handles::of_tests as handles;
    use crate::image::Digest;
    use crate::layer::Compression;

    /// Keeps a layer that unpacks to a thousand times what is stored of it; what becomes of it.
    fn keep_bomb(compression: Compression, stored: Vec<u8>) -> (Error, u64) {
        let root = tempfile::tempdir().unwrap();
        let store = Folder::create(handles(), root.path()).unwrap();
        let (digest, size) = (Digest::of(&stored), stored.len() as u64);
        let layer = Layer { diff_id: digest.clone(), digest, size, compression, urls: Vec::new() };
        let (begin, _begun) = oneshot::channel();
        let (send, chunks) = mpsc::channel(1);
        send.try_send(Ok(Bytes::from(stored))).unwrap();
        drop(send);
        let watch: Watch = Arc::new(|event| assert!(!matches!(event, Event::Done(_))));
        let target = Target { store: store.clone(), watch, number: 0, offers: None, deadline: None };
        let Ok(Kept::Wrong(error)) = keep(&layer, 1 << 20, &target, begin, chunks) else { panic!("a bomb was kept") };
        assert!(!is_there(&store, &layer));
        (error, store.partial_size(&layer.digest).unwrap())
    }

    #[test]
    fn a_bomb_is_refused_and_nothing_of_it_is_kept() {
        let much = vec![0; 8 << 20];
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&much).unwrap();
        let bombs =
            [(Compression::Gzip, gzip.finish().unwrap()), (Compression::Zstd, zstd::encode_all(much.as_slice(), 19).unwrap())];
        for (compression, stored) in bombs {
            assert!(stored.len() < much.len() / 500);
            let (error, left) = keep_bomb(compression, stored);
            assert_eq!((error.kind, left), (ErrorKind::Invalid, 0), "{compression}: {error:?}");
            assert!(error.sentence().contains("1048576"), "{compression}: {error:?}");
        }
    }
}
