//! The images of the store read from the first byte to the last: content that is damaged at equal size is found by nothing else.

use std::collections::BTreeMap;

use crate::Error;
use crate::advice::{Command, advice};
use crate::image::Digest;
use crate::image::index::Entry;
use crate::oci::layout::Folder;
use crate::runner::store::reached::Reached;

/// Reads all content of all listed images: a failure for each image of which something is damaged or missing.
///
/// # Errors
///
/// A list that cannot be read.
pub fn verify(blobs: &Folder) -> Result<Vec<Error>, Error> {
    // What several images share is read once.
    let mut read: BTreeMap<Digest, Option<Error>> = BTreeMap::new();
    Ok(blobs.index()?.entries.iter().filter_map(|entry| verify_one(blobs, entry, &mut read)).collect())
}

/// The failure of one image, if it has one.
fn verify_one(blobs: &Folder, entry: &Entry, read: &mut BTreeMap<Digest, Option<Error>>) -> Option<Error> {
    let (name, hint) = match &entry.annotations.ref_name {
        Some(name) => (name.as_str(), advice!["pull it again: ", Command::Pull(name.clone())]),
        // No registry is known that has it.
        None => (entry.digest.as_str(), advice!["remove it: ", Command::RemoveImage(entry.digest.to_string())]),
    };
    let failed = |what: String| {
        Error::new(format!("the image {} is not whole", crate::text::shown(name))).because(what).hint(hint.clone())
    };
    let mut reached = Reached::default();
    if let Err(error) = reached.add(blobs, &entry.digest) {
        return Some(failed(error.sentence()));
    }
    let faults: Vec<String> = reached
        .digests
        .iter()
        .filter_map(|digest| {
            let verified = read.entry(digest.clone()).or_insert_with(|| blobs.verify(digest).err());
            verified.as_ref().map(Error::sentence)
        })
        .collect();
    let more = faults.len().saturating_sub(1);
    let first = faults.into_iter().next()?;
    Some(failed(if more == 0 { first } else { format!("{first}; and {more} more of its parts") }))
}
