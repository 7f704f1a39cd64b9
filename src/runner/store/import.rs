//! An image's layers from the store's blobs into folders that HCS can join.

use std::fs::File;
use std::io::{self, BufReader, Read, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::Error;
use crate::advice::{Advice, Command, Setting, advice};
use crate::files::{OpenFolder, lock_within, try_lock};
use crate::handles::{Access, FoundKind};
use crate::hcs::call::CallError;
use crate::hcs::codes;
use crate::hcs::documents::Layer;
use crate::hcs::failed;
use crate::hcs::machine::Machine;
use crate::layer::transport::Sent;
use crate::layer::{Expected, LayerError, LayerId, LayerSink, Limits, Options, Position, Transport, decode, decompress};
use crate::oci::layout::Folder;
use crate::oci::pull::{self, Coming};
use crate::runner::life::interrupts::Interrupts;
use crate::runner::store::Store;
use crate::runner::store::layer_removal::remove_layer;
use crate::runner::store::transport::{self, Waiting};
use crate::runner::store::watched::Watched;

/// The file in a layer's folder that marks a complete import.
const COMPLETE: &str = "wincompat.json";

/// The time after which the user hears that another process has a layer locked.
const SILENT_FOR: Duration = Duration::from_secs(1);
/// The time another process may spend removing images.
pub(super) const WAIT_FOR_OTHERS: Duration = Duration::from_secs(300);

/// Advice for a refusal of the system about files that this program owns.
const LOOK: &str = "close programs that have it open, and check permissions and disk space; then try again";

/// The progress of an import.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Another process has had this layer locked for a while.
    Waiting(&'a pull::Layer),
    /// This layer is about to be imported.
    Importing(&'a pull::Layer),
}

/// Imports what is missing of an image's layers, lowest first: their ids, topmost first, as containers want them.
///
/// `report` gets the progress. An interrupt ends the import, but not in the middle of a call of Windows.
pub fn import(
    machine: &dyn Machine,
    store: &Store,
    blobs: &Folder,
    layers: &[pull::Layer],
    interrupts: &Interrupts,
    report: &dyn Fn(Event<'_>),
) -> Result<Vec<LayerId>, Error> {
    let mut ids: Vec<LayerId> = Vec::with_capacity(layers.len());
    // Whoever removes the image meanwhile leaves its content alone: HCS would miss the layers below the one it imports.
    let is_missing = !all_complete(store, layers);
    let _filling = is_missing.then(|| blobs.filling(WAIT_FOR_OTHERS)).transpose()?;
    for layer in layers {
        interrupts.check()?;
        let one = Import { machine, store, id: LayerId::on(ids.first(), &layer.diff_id), parents: &ids, interrupts };
        one.layer(Source::Store(blobs), layer, report).map_err(|stop| stop.or_else(|| one.failed("its blob ended early")))?;
        let id = one.id;
        ids.insert(0, id);
    }
    Ok(ids)
}

/// The place where the bytes of a layer are read.
pub(super) enum Source<'a> {
    /// The blob in the store.
    Store(&'a Folder),
    /// A pull, on their way into the store.
    Pull(Coming),
}

/// The reason why a layer was not imported.
pub(super) enum Stop {
    /// A failure of the import.
    Import(Error),
    /// The bytes that came could not be had or used: the pull knows why.
    Bytes,
}

impl Stop {
    /// The error; the other one where the pull has it.
    pub fn or_else(self, of_pull: impl FnOnce() -> Error) -> Error {
        match self {
            Self::Import(error) => error,
            Self::Bytes => of_pull(),
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Import(error)
    }
}

/// True if all layers of an image are completely imported.
fn all_complete(store: &Store, layers: &[pull::Layer]) -> bool {
    let mut below = None;
    layers.iter().all(|layer| {
        let id = LayerId::on(below.as_ref(), &layer.diff_id);
        below = Some(id);
        is_complete(store, &id)
    })
}

/// True if a layer is completely imported.
pub fn is_complete(store: &Store, id: &LayerId) -> bool {
    let layer = store.open_layers().and_then(|layers| layers.folder(&id.to_string()));
    layer.is_ok_and(|layer| is(&layer, COMPLETE, FoundKind::File))
}

/// Marks a layer as incomplete, so that it is not used; `false` if it is being imported or does not exist.
pub(crate) fn forget(store: &Store, id: &LayerId) -> Result<bool, Error> {
    let failed = |error: io::Error| Error::new(format!("the layer {id} was not deleted")).because(error).hint(LOOK);
    let layer = store.open_layers().and_then(|layers| layers.folder_if_any(&id.to_string())).map_err(failed)?;
    let Some(layer) = layer else { return Ok(false) };
    let Some(_lock) = store.layer_lock(id).and_then(try_lock).map_err(failed)? else { return Ok(false) };
    layer.remove_file(COMPLETE).map(|_| true).map_err(failed)
}

/// Deletes a layer that was forgotten, unless somebody has begun to import it again.
pub(crate) fn remove_forgotten(machine: &dyn Machine, store: &Store, id: &LayerId) -> Result<bool, Error> {
    let failed = |error: io::Error| Error::new(format!("the layer {id} was not deleted")).because(error).hint(LOOK);
    let Some(_lock) = store.layer_lock(id).and_then(try_lock).map_err(failed)? else { return Ok(false) };
    if is_complete(store, id) {
        return Ok(false);
    }
    remove_layer(machine, &store.layer(id)).map(|()| true)
}

/// One layer.
pub(super) struct Import<'a> {
    pub machine: &'a dyn Machine,
    pub store: &'a Store,
    pub id: LayerId,
    /// Topmost first.
    pub parents: &'a [LayerId],
    pub interrupts: &'a Interrupts,
}

impl Import<'_> {
    /// Imports the layer unless it is imported. In any case what comes is read to its end: the store keeps it, too.
    pub fn layer(&self, source: Source<'_>, layer: &pull::Layer, report: &dyn Fn(Event<'_>)) -> Result<(), Stop> {
        // Whoever holds this lock reads the blob in the store, or a file that grows, which it has locked before.
        let _lock = self.lock(|| report(Event::Waiting(layer)))?;
        if !is_complete(self.store, &self.id) {
            report(Event::Importing(layer));
            return self.run(source, layer);
        }
        let Source::Pull(coming) = source else { return Ok(()) };
        let limit = Limits::default().uncompressed;
        let read = coming.unpack(|stored| {
            let stored = Interruptible { reader: stored, interrupts: self.interrupts };
            decompress(stored, layer.compression, limit, |_| Ok(())).map(|((), streamed)| streamed)
        });
        self.interrupts.check()?;
        read.ok_or(Stop::Bytes)
    }

    /// Takes the layer's lock. Whoever imports or removes it at the moment is waited for; but anyone who may read the file can keep
    /// it locked for ever, so the user hears of it once, as `waiting`, and can end it.
    fn lock(&self, waiting: impl FnOnce()) -> Result<File, Error> {
        let failed = |error: io::Error| Error::new(format!("the layer {} cannot be locked", self.id)).because(error).hint(LOOK);
        let lock = self.store.layer_lock(&self.id).map_err(failed)?;
        let mut waiting = Some(waiting);
        let waited = lock_within(&lock, Duration::MAX, |so_far| {
            if so_far >= SILENT_FOR
                && let Some(waiting) = waiting.take()
            {
                waiting();
            }
            self.interrupts.check().map_err(io::Error::other)
        });
        waited.map_err(|error| error.downcast::<Error>().unwrap_or_else(failed))?;
        Ok(lock)
    }

    /// Imports the layer; a failure leaves nothing of it.
    fn run(&self, source: Source<'_>, layer: &pull::Layer) -> Result<(), Stop> {
        let folder = self.store.layer(&self.id);
        // A torn import cannot be gone on with: what HCS did to it, it does not do twice.
        remove_layer(self.machine, &folder)?;
        let made = || -> io::Result<OpenFolder> {
            let (layers, name) = (self.store.open_layers()?, self.id.to_string());
            layers.make_folder(&name)?;
            layers.folder(&name)
        };
        let made = made().map_err(|error| self.failed("its folder cannot be created").because(error).into());
        let imported = made.and_then(|open| {
            if self.parents.is_empty() { self.base(source, layer, &open) } else { self.upper(source, layer, &open) }?;
            complete(&open).map_err(|error| self.failed("its folder cannot be written").because(error).into())
        });
        imported.map_err(|stop| match (remove_layer(self.machine, &folder), stop) {
            (Ok(()), stop) => stop,
            (Err(left), Stop::Import(error)) => Stop::Import(error.because(left.what)),
            // It is removed before it is imported anew.
            (Err(_), Stop::Bytes) => Stop::Bytes,
        })
    }

    /// A base layer: its files are written as they are to be, then HCS adds its own.
    fn base(&self, source: Source<'_>, layer: &pull::Layer, open: &OpenFolder) -> Result<(), Stop> {
        let folder = self.store.layer(&self.id);
        let mut sink = self.machine.layers().base_writer(&folder).map_err(|error| self.call(&error))?;
        self.decode(source, layer, Position::Base, &mut *sink)?;
        drop(sink);
        self.machine.layers().process_base_image(&folder).map_err(|error| self.call(&error))?;
        self.made("ProcessBaseImage", is(open, "blank.vhdx", FoundKind::File))?;
        match open.folder("UtilityVM") {
            Ok(utility_vm) if is(&utility_vm, "Files", FoundKind::Folder) => Ok(self.utility_image(&folder, open)?),
            _ => Ok(()),
        }
    }

    /// An upper layer: HCS takes it from a transport folder, and what cannot travel in that is done afterwards.
    fn upper(&self, source: Source<'_>, layer: &pull::Layer, open: &OpenFolder) -> Result<(), Stop> {
        let folder = self.store.layer(&self.id);
        let parents = self.parents.iter().map(|parent| self.parent(parent)).collect::<Result<Vec<_>, Error>>()?;
        // Of the layers below, the topmost that has a utility VM: the others show what it has.
        let utility_vm = self.machine.layers().utility_vm(&parents).map_err(|error| self.call(&error))?;
        let nearest = utility_vm.as_deref().and_then(Path::parent).map(Path::to_owned);
        let nearest = nearest.or_else(|| self.parents.first().map(|parent| self.store.layer(parent))).unwrap_or_default();
        let unwritable = |error: io::Error| self.failed("its transport folder cannot be written").because(error);
        let waiting = Waiting::make(self.store, &self.id, &self.store.layer_ids()?).map_err(unwritable)?;
        let imported = (|| -> Result<(), Stop> {
            let mut utility_vm = self.machine.layers().utility_vm_writer(&folder, &nearest).map_err(|error| self.call(&error))?;
            let mut transport = Transport::create_in(&waiting.path(), self.machine.layers().stamp(), Some(&mut *utility_vm))
                .map_err(unwritable)?;
            self.decode(source, layer, Position::Upper, &mut transport)?;
            let sent = self.machine.layers().import(&folder, transport.path(), &parents);
            sent.map_err(|error| self.not_taken(&error, transport.path(), &transport.pending().sent))?;
            self.made("ImportLayer", is(open, "Files", FoundKind::Folder))?;
            self.complete_as_sent(&folder, &transport.pending().sent)?;
            self.machine.layers().settle(&folder, &parents, transport.pending()).map_err(|error| self.call(&error))?;
            if transport.pending().utility_vm { Ok(self.utility_image(&folder, open)?) } else { Ok(()) }
        })();
        let place = waiting.path();
        // A virus scanner may have one of its many files open. What is finished stays, and `prune` removes the folder.
        if let Err(error) = waiting.remove() {
            tracing::warn!("the folder {} cannot be removed yet ({error}); it is when the store is pruned", place.display());
        }
        imported
    }

    /// Refuses an imported layer that lacks files which were sent, e.g. because of their long paths: Windows reports no error then.
    fn complete_as_sent(&self, folder: &Path, sent: &Sent) -> Result<(), Error> {
        let present = self.machine.layers().look_for(folder, &sent.longest).map_err(|error| self.call(&error))?;
        let too_long = |what: String| Err(self.failed(&what).hint(shorter()));
        if let Some(first) = present.missing.first() {
            let count = present.missing.len();
            return too_long(format!(
                "ImportLayer reported no error, and {count} of the {} longest paths are missing, e.g. {}",
                sent.longest.len(),
                first.as_str()
            ));
        }
        match present.files {
            Some(files) if files < sent.files => {
                too_long(format!("ImportLayer reported no error, and of {} files only {files} are there", sent.files))
            }
            _ => Ok(()),
        }
    }

    /// The refusal of `ImportLayer`. One of a path that is not there is that of a path which is too long, where there is one.
    fn not_taken(&self, error: &CallError, transport: &Path, sent: &Sent) -> Error {
        let longest = sent.longest.first().map_or(0, |path| path.as_str().encode_utf16().count());
        let length = transport.as_os_str().to_string_lossy().encode_utf16().count() + 1 + longest;
        let shown = self.call(error);
        if error.code() != Some(codes::ERROR_PATH_NOT_FOUND) || length <= LONGEST_PATH {
            return shown;
        }
        let why =
            format!("its longest path below {} has {length} characters, and may be too long for Windows", transport.display());
        shown.because(why).hint(shorter())
    }

    fn decode(&self, source: Source<'_>, layer: &pull::Layer, position: Position, sink: &mut dyn LayerSink) -> Result<(), Stop> {
        let options = Options {
            compression: layer.compression,
            position,
            expected: Expected { digest: Some(&layer.digest), diff_id: Some(&layer.diff_id) },
            limits: Limits::default(),
            sddl: self.machine.layers().sddl(),
        };
        let interrupts = self.interrupts;
        let mut sink = Watched::new(sink);
        // `true` where the bytes could not be had or are not what they should be.
        let mut failed: Option<(Error, bool)> = None;
        let mut note = |error: &LayerError| failed = Some((self.undecodable(error), !matches!(error, LayerError::Write { .. })));
        let of_pull = matches!(source, Source::Pull(_));
        match source {
            Source::Store(blobs) => {
                let blob =
                    blobs.open_blob(&layer.digest).map_err(|error| self.failed("its blob cannot be read").because(error))?;
                let stored = BufReader::new(Interruptible { reader: blob, interrupts });
                let _ = decode(stored, &options, &mut sink).inspect_err(&mut note);
            }
            Source::Pull(coming) => {
                let _ = coming.unpack(|stored| {
                    let stored = Interruptible { reader: stored, interrupts };
                    decode(stored, &options, &mut sink).map(|decoded| decoded.streamed).inspect_err(&mut note)
                });
            }
        }
        interrupts.check()?;
        let failure = failed.as_ref().map(|(error, _)| error.sentence());
        self.machine.layers().written(&self.store.layer(&self.id), &sink.written(failure.as_deref()));
        match failed {
            None => Ok(()),
            Some((_, true)) if of_pull => Err(Stop::Bytes),
            Some((error, _)) => Err(Stop::Import(error)),
        }
    }

    /// Finishes the utility VM. A link in its place could lead HCS, which is privileged, anywhere.
    fn utility_image(&self, folder: &Path, open: &OpenFolder) -> Result<(), Error> {
        let utility_vm = folder.join("UtilityVM");
        let opened = open.folder("UtilityVM").map_err(|error| self.failed("its UtilityVM is not a folder").because(error))?;
        self.machine.layers().process_utility_image(&utility_vm).map_err(|error| self.call(&error))?;
        self.made("ProcessUtilityImage", is(&opened, "SystemTemplate.vhdx", FoundKind::File))
    }

    /// Refuses to go on where a call claims to have worked and has made nothing.
    fn made(&self, call: &str, made: bool) -> Result<(), Error> {
        if made { Ok(()) } else { Err(self.failed(&format!("{call} created nothing and reported no error"))) }
    }

    fn parent(&self, id: &LayerId) -> Result<Layer, Error> {
        let guid = self.machine.layers().name_to_guid(&id.to_string()).map_err(|error| self.call(&error))?;
        let path = self.store.layer(id);
        let path = path.to_str().ok_or_else(|| self.failed("the store's path is not valid Unicode"))?;
        Ok(Layer { id: guid, path: path.to_owned() })
    }

    pub fn failed(&self, why: &str) -> Error {
        Error::new(format!("the layer {} was not imported", self.id)).because(why)
    }

    fn call(&self, error: &CallError) -> Error {
        let shown = failed(format!("the layer {} was not imported", self.id), error);
        match error.code() {
            // `docs/hcs.md#rights`
            Some(codes::E_ACCESSDENIED | codes::ERROR_NOT_ALL_ASSIGNED | codes::ERROR_PRIVILEGE_NOT_HELD) => {
                shown.hint("layers are imported from an elevated prompt, once an image")
            }
            _ => shown,
        }
    }

    fn undecodable(&self, error: &LayerError) -> Error {
        let mut shown = self.failed(&error.to_string());
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            shown = shown.because(cause);
            source = cause.source();
        }
        shown.hint(advice![
            "check the disk space of the store; else remove the image with ",
            Command::RemoveImage(String::new()),
            ", and pull it again"
        ])
    }
}

/// The advice about a layer with long paths.
fn shorter() -> Advice {
    advice![
        "the paths of the layer may be too long below this store: name a folder with a short path, e.g. C:\\w, with ",
        Setting::Store
    ]
}

/// The characters of the longest path that every function of Windows takes.
const LONGEST_PATH: usize = 259;

/// A reader that fails from the first interrupt on.
struct Interruptible<'a, R> {
    reader: R,
    interrupts: &'a Interrupts,
}

impl<R: Read> Read for Interruptible<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupts.check().map_err(io::Error::other)?;
        self.reader.read(buffer)
    }
}

/// Marks the import as complete, once everything before it is on the disk.
fn complete(folder: &OpenFolder) -> io::Result<()> {
    let mut file = folder.file(COMPLETE, Access::New)?;
    file.write_all(b"{\"schema\":\"wincompat/layer/v1\"}\n")?;
    file.sync_all()
}

/// True if something of this kind has this name in a folder.
fn is(folder: &OpenFolder, name: &str, kind: FoundKind) -> bool {
    folder.look(name).is_ok_and(|found| found.is_some_and(|found| found.kind == kind))
}

/// The ids of all layers that were imported to their end.
pub(crate) fn complete_layers(store: &Store) -> Result<Vec<LayerId>, Error> {
    Ok(store.layer_ids()?.into_iter().filter(|id| is_complete(store, id)).collect())
}

/// Removes what killed imports left; layers that are being imported are left alone. What could not be removed is returned.
pub(crate) fn sweep(machine: &dyn Machine, store: &Store) -> Result<Vec<Error>, Error> {
    let mut left = transport::sweep(store)?;
    for id in store.layer_ids()? {
        let Ok(Some(_lock)) = store.layer_lock(&id).and_then(try_lock) else { continue };
        if !is_complete(store, &id) {
            left.extend(remove_layer(machine, &store.layer(&id)).err());
        }
    }
    Ok(left)
}
