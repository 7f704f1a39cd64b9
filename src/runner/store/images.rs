//! The images in the store: their list and their removal.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::Error;
use crate::advice::{Advice, Command, Setting, advice};
use crate::handles::Found;
use crate::hcs::machine::Machine;
use crate::image::index;
use crate::image::index::Entry;
use crate::image::reference::Location;
use crate::image::{Digest, Reference, config};
use crate::layer::LayerId;
use crate::oci::layout::{Folder, ref_name};
use crate::oci::manifest;
use crate::oci::manifest::Manifest;
use crate::oci::pull::{self, Pulled};
use crate::runner::store::Store;
use crate::runner::store::claim;
use crate::runner::store::import;
use crate::runner::store::reached::{Reached, subject};
use crate::runner::store::state::State;

/// The time another process may keep the list of images locked.
const WAIT_FOR_INDEX: Duration = Duration::from_secs(30);
/// The time that the parts of an interrupted pull are kept: the next one continues from there.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// An image that the store lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredImage {
    /// The name, e.g. `mcr.microsoft.com/windows/nanoserver:ltsc2022`; `None` if the list has none.
    pub name: Option<String>,
    /// The digest of its manifest, or of the listed object if that cannot be read.
    pub digest: Digest,
    /// The properties in its config; `None` if that cannot be read.
    pub config: Option<StoredConfig>,
    /// The compressed size of its layers in bytes; `None` if that cannot be read.
    pub size: Option<u64>,
}

/// The properties of an image in its config.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct StoredConfig {
    /// The time it was built.
    #[serde(default)]
    pub created: Option<Timestamp>,
    /// E.g. `amd64`.
    #[serde(default)]
    pub architecture: Option<String>,
    /// E.g. `10.0.20348.2402`.
    #[serde(default, rename = "os.version")]
    pub os_version: Option<String>,
}

/// The removed parts of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Names that are no longer used.
    pub names: Vec<String>,
    /// Content that nothing else needs.
    pub blobs: Vec<Digest>,
    /// Imported layers that nothing else needs.
    pub layers: Vec<LayerId>,
    /// The number of removed files of images: that content, and what interrupted pulls left.
    pub files: u64,
    /// The bytes of those files.
    pub bytes: u64,
    /// The parts that were left, and the reasons.
    pub notes: Vec<Advice>,
}

/// All images that the store lists, in its order.
///
/// # Errors
///
/// A list that cannot be read.
pub fn list(blobs: &Folder) -> Result<Vec<StoredImage>, Error> {
    Ok(blobs.index()?.entries.into_iter().map(|entry| stored(blobs, entry)).collect())
}

fn stored(blobs: &Folder, entry: Entry) -> StoredImage {
    let found = pull::manifest_of(blobs, &entry).ok().flatten();
    let name = entry.annotations.ref_name;
    let manifest = found.and_then(|(digest, bytes)| Some((digest, manifest::parse(&bytes, None).ok()?)));
    let Some((digest, Manifest::Image(image))) = manifest else {
        return StoredImage { name, digest: entry.digest, config: None, size: None };
    };
    let config = manifest::digest_of(image.config()).and_then(|digest| blobs.blob(&digest, config::LARGEST));
    let size = image.layers().iter().fold(0u64, |sum, layer| sum.saturating_add(layer.size()));
    StoredImage { name, digest, config: config.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()), size: Some(size) }
}

/// Operations on the images of a store.
pub struct StoreImages<'a> {
    /// The machine that runs containers; `None` where there is none, and so no imported layers.
    pub machine: Option<&'a dyn Machine>,
    /// The containers and imported layers.
    pub store: &'a Store,
    /// The images.
    pub blobs: &'a Folder,
}

impl StoreImages<'_> {
    /// Takes a name from an image, which is deleted with the last one. `text` is a name, or the beginning of a digest.
    ///
    /// # Errors
    ///
    /// There is no such image, a container uses it, or it has several names and was not named by one; `force` goes on in the
    /// latter two cases.
    pub fn remove(&self, text: &str, force: bool) -> Result<Removed, Error> {
        let entries = self.blobs.index()?.entries;
        let (entry, names) = match named(&entries, text) {
            Some((entry, name)) => (entry, vec![name]),
            None => {
                let entry = self.beginning(&entries, text)?;
                let names = names_of(&entries, &entry.digest);
                if names.len() > 1 && !force {
                    return Err(Error::new(format!("the image {text} has {} names", names.len()))
                        .hint(format!("remove one of {}, or all with -f", names.join(", "))));
                }
                (entry, names)
            }
        };
        let is_last = names_of(&entries, &entry.digest).iter().all(|name| names.contains(name));
        let image = if is_last { pull::listed(self.blobs, entry).ok().flatten() } else { None };
        if let (Some(image), false) = (&image, force) {
            self.refuse_used(text, image)?;
        }
        let mut removed = Removed { names: names.clone(), ..Removed::default() };
        self.blobs.update_index(WAIT_FOR_INDEX, |list| {
            list.retain(|listed| {
                let is_it = listed.get("digest").and_then(Value::as_str) == Some(entry.digest.as_str());
                !(is_it && ref_name(listed).map_or(is_last, |name| names.iter().any(|removed| removed == name)))
            });
        })?;
        if is_last {
            // Of what is damaged no more is known than its digest; `prune` finds the rest.
            let mut own = Reached::default();
            let _ = own.add(self.blobs, &entry.digest);
            self.sweep(own.digests, image.as_ref(), &mut removed)?;
        }
        Ok(removed)
    }

    /// The listed image whose digest begins so: that of its manifest, or of what the list names.
    fn beginning<'e>(&self, entries: &'e [Entry], text: &str) -> Result<&'e Entry, Error> {
        let start = text.strip_prefix("sha256:").unwrap_or(text);
        let begins = |entry: &&Entry| {
            let manifest = || pull::manifest_of(self.blobs, entry).ok().flatten();
            entry.digest.hex().starts_with(start) || manifest().is_some_and(|(digest, _)| digest.hex().starts_with(start))
        };
        let mut found: Vec<&Entry> = entries.iter().filter(|_| !start.is_empty()).filter(begins).collect();
        found.dedup_by_key(|entry| &entry.digest);
        match found.as_slice() {
            [entry] => Ok(entry),
            [] => {
                Err(Error::new(format!("the store has no image {text}")).hint(advice![Command::Images, " shows what there is"]))
            }
            many => Err(Error::new(format!("{text} is the beginning of {} digests", many.len())).hint("write more digits")),
        }
    }

    /// Removes what no listed image needs: content older than a day, and imported layers that no container uses either.
    ///
    /// # Errors
    ///
    /// A list or an image that cannot be read, or what cannot be deleted.
    pub fn prune(&self) -> Result<Removed, Error> {
        let mut removed = Removed::default();
        let Some(_emptying) = self.blobs.emptying()? else {
            removed.notes.push("an image is being pulled or imported: what no image needs stays until it is pruned again".into());
            return Ok(removed);
        };
        let before = SystemTime::now().checked_sub(KEPT).unwrap_or(SystemTime::UNIX_EPOCH);
        let needed = self.needed()?;
        self.remove_layers(&import::complete_layers(self.store)?, &needed.layers, &mut removed)?;
        for (digest, found) in unneeded(self.blobs, &needed.blobs)?.into_iter().filter(|(_, found)| found.modified < before) {
            if self.blobs.remove(&digest)? {
                removed.blobs.push(digest);
                removed.files += 1;
                removed.bytes = removed.bytes.saturating_add(found.size);
            }
        }
        let swept = self.blobs.sweep(before)?;
        removed.files += swept.files;
        removed.bytes = removed.bytes.saturating_add(swept.bytes);
        Ok(removed)
    }

    /// Refuses to remove an image that a container was made from, whether or not it has ended, as Docker does.
    fn refuse_used(&self, text: &str, image: &Pulled) -> Result<(), Error> {
        let layers = image.layer_ids();
        for id in self.store.container_ids()? {
            if self.store.state(&id).is_some_and(|state| state.request.layers == layers) {
                return Err(Error::new(format!("the image {text} is used by the container {}", id.short())).hint(advice![
                    "remove that first: ",
                    Command::RemoveContainer(id.short()),
                    "; or use ",
                    Setting::Force
                ]));
            }
        }
        Ok(())
    }

    /// Deletes of an image that is not listed any more what nothing else needs; `own` is its content.
    fn sweep(&self, own: BTreeSet<Digest>, image: Option<&Pulled>, removed: &mut Removed) -> Result<(), Error> {
        let Some(_emptying) = self.blobs.emptying()? else {
            removed
                .notes
                .push(advice!["an image is being pulled or imported: what only this one needed stays until ", Command::Prune]);
            return Ok(());
        };
        let needed = match self.needed() {
            Ok(needed) => needed,
            Err(error) => {
                removed.notes.push(match error.hint {
                    Some(hint) => advice![error.what, "; ", hint],
                    None => error.what.into(),
                });
                return Ok(());
            }
        };
        if let Some(image) = image {
            self.remove_layers(&image.layer_ids(), &needed.layers, removed)?;
        }
        for blob in own.difference(&needed.blobs) {
            if self.blobs.remove(blob)? {
                removed.blobs.push(blob.clone());
            }
        }
        Ok(())
    }

    /// Deletes these imported layers, topmost first, unless an image or a container needs them.
    fn remove_layers(&self, layers: &[LayerId], needed: &BTreeSet<LayerId>, removed: &mut Removed) -> Result<(), Error> {
        let Some(machine) = self.machine else { return Ok(()) };
        if matches!(self.store.open_containers(), Err(error) if error.kind() == std::io::ErrorKind::NotFound) {
            // Nothing of it was ever run, so no layer was imported.
            return Ok(());
        }
        let mut forgotten = Vec::new();
        {
            // No container is made meanwhile: one that was made before is seen, one that is made after this finds no layers.
            let unguarded = |error: std::io::Error| {
                let unreadable = |error| {
                    Error::new("the store's containers cannot be looked at").because(error).hint(advice![
                        "check that you may read and write there; ",
                        Setting::Store,
                        " names another store"
                    ])
                };
                claim::kept_locked(&error).unwrap_or_else(|| unreadable(error))
            };
            let _guard = self.store.guard().map_err(unguarded)?;
            let Some(used) = self.used()? else {
                removed.notes.push(advice!["a container whose state is lost may use the image's layers: run ", Command::Prune]);
                return Ok(());
            };
            for layer in layers.iter().filter(|layer| !needed.contains(layer) && !used.contains(layer)) {
                if import::forget(self.store, layer)? {
                    forgotten.push(*layer);
                }
            }
        }
        for layer in forgotten {
            if import::remove_forgotten(machine, self.store, &layer)? {
                removed.layers.push(layer);
            }
        }
        Ok(())
    }

    /// The layers of all containers; `None` if the state of one is lost.
    fn used(&self) -> Result<Option<BTreeSet<LayerId>>, Error> {
        let mut used = BTreeSet::new();
        for id in self.store.container_ids()? {
            let Some(State { request, .. }) = self.store.state(&id) else { return Ok(None) };
            used.extend(request.layers);
        }
        Ok(Some(used))
    }

    /// The content that listed images need.
    fn needed(&self) -> Result<Needed, Error> {
        let (mut needed, mut reached) = (Needed::default(), Reached::default());
        for entry in self.blobs.index()?.entries {
            let name = entry.annotations.ref_name.as_deref().unwrap_or(entry.digest.as_str());
            let unknown = |error: crate::Error| {
                error
                    .within(format!("what the image {name} needs is not known, so nothing is deleted"))
                    .hint(advice!["remove that image first: ", Command::RemoveImage(entry.digest.to_string())])
            };
            reached.add(self.blobs, &entry.digest).map_err(unknown)?;
            if let Some(image) = listed_image(self.blobs, &entry).map_err(unknown)? {
                needed.layers.extend(image.layer_ids());
            }
        }
        needed.blobs = reached.digests;
        Ok(needed)
    }
}

/// The content that listed images need.
#[derive(Default)]
struct Needed {
    blobs: BTreeSet<Digest>,
    layers: BTreeSet<LayerId>,
}

/// The image that an entry stands for, whose layers may be imported; `None` for an index of several, and for what is not an image of
/// containers, e.g. a chart.
fn listed_image(blobs: &Folder, entry: &Entry) -> Result<Option<Pulled>, Error> {
    let Some((_, bytes)) = pull::manifest_of(blobs, entry)? else { return Ok(None) };
    match manifest::parse(&bytes, None)? {
        Manifest::Image(image) if manifest::is_image_config(image.config().media_type().as_ref()) => pull::listed(blobs, entry),
        _ => Ok(None),
    }
}

/// The content that nothing of `needed` needs, and that does not belong to it either: a signature, for example, names what it signs.
fn unneeded(blobs: &Folder, needed: &BTreeSet<Digest>) -> Result<Vec<(Digest, Found)>, Error> {
    let mut rest: Vec<(Digest, Found)> = blobs.blobs()?.into_iter().filter(|(digest, _)| !needed.contains(digest)).collect();
    let subjects: Vec<(Digest, Digest)> = rest
        .iter()
        .filter(|(_, found)| found.size <= index::LARGEST)
        .filter_map(|(digest, _)| Some((digest.clone(), subject(&blobs.blob(digest, index::LARGEST).ok()?)?)))
        .collect();
    let mut reached = Reached::from(needed.clone());
    // A signature may itself be signed.
    loop {
        let before = reached.digests.len();
        for (digest, _) in subjects.iter().filter(|(_, subject)| reached.digests.contains(subject)).cloned().collect::<Vec<_>>() {
            // What is not whole of it cannot be kept.
            let _ = reached.add(blobs, &digest);
        }
        if reached.digests.len() == before {
            rest.retain(|(digest, _)| !reached.digests.contains(digest));
            return Ok(rest);
        }
    }
}

/// The image that a name means, and that name.
fn named<'e>(entries: &'e [Entry], text: &str) -> Option<(&'e Entry, String)> {
    let listed = |name: &str| {
        let entry = entries.iter().find(|entry| entry.annotations.ref_name.as_deref() == Some(name))?;
        Some((entry, name.to_owned()))
    };
    let reference: Option<Reference> = text.parse().ok();
    match reference.as_ref().map(Reference::location) {
        Some(Location::Registry(name)) => listed(&name.to_string()),
        _ => None,
    }
    .or_else(|| listed(text))
}

fn names_of(entries: &[Entry], digest: &Digest) -> Vec<String> {
    entries.iter().filter(|entry| entry.digest == *digest).filter_map(|entry| entry.annotations.ref_name.clone()).collect()
}
