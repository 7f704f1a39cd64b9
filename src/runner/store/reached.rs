//! All content that belongs to an image: through indexes in indexes, however deep, within a bound of work.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::image::Digest;
use crate::image::index::{self, Entry, Kind};
use crate::oci::layout::Folder;
use crate::oci::manifest::{self, Manifest};
use crate::{Error, ErrorKind};

/// The most documents that are read; a store has a few for each image.
const MOST_DOCUMENTS: usize = 100_000;

/// The content that was reached from listed images.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    /// The digests of all content, of documents and layers.
    pub digests: BTreeSet<Digest>,
    /// The documents that were read. What is a document here may be a layer elsewhere, so these are counted apart.
    documents: BTreeSet<Digest>,
}

impl From<BTreeSet<Digest>> for Reached {
    /// What was reached before; none of it is a document that was read.
    fn from(digests: BTreeSet<Digest>) -> Self {
        Self { digests, documents: BTreeSet::new() }
    }
}

impl Reached {
    /// Adds what has this digest and all that belongs to it. Each document is read once, so an index that holds itself ends.
    ///
    /// # Errors
    ///
    /// A document that is not there, is damaged or of an unknown form, and more of them than are read: then more may be needed than was
    /// reached.
    pub fn add(&mut self, blobs: &Folder, digest: &Digest) -> Result<(), Error> {
        let mut waiting = vec![digest.clone()];
        while let Some(digest) = waiting.pop() {
            self.digests.insert(digest.clone());
            if !self.documents.insert(digest.clone()) {
                continue;
            }
            if self.documents.len() > MOST_DOCUMENTS {
                return Err(Error::of(ErrorKind::Invalid, format!("the images have more than {MOST_DOCUMENTS} documents")));
            }
            let bytes = blobs.blob(&digest, index::LARGEST)?;
            if let Some(subject) = subject(&bytes) {
                waiting.extend(present(blobs, subject)?);
            }
            match manifest::parse(&bytes, None)? {
                Manifest::Image(image) => {
                    self.digests.insert(manifest::digest_of(image.config())?);
                    for layer in image.layers() {
                        self.digests.insert(manifest::digest_of(layer)?);
                    }
                }
                Manifest::Index(index) => {
                    for entry in index.entries {
                        // What an index names need not be in the store, but what was below an index that is missing is not known.
                        if is_index(&entry) {
                            waiting.push(entry.digest);
                        } else {
                            waiting.extend(present(blobs, entry.digest)?);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// This digest, if its content is in the store.
fn present(blobs: &Folder, digest: Digest) -> Result<Option<Digest>, Error> {
    match blobs.look_at_blob(&digest) {
        Ok(found) => Ok(found.map(|_| digest)),
        Err(error) => Err(Error::of(ErrorKind::Invalid, format!("{digest} cannot be looked at")).because(error)),
    }
}

/// True for what may be an index.
fn is_index(entry: &Entry) -> bool {
    entry.media_type.as_deref().is_none_or(|media_type| Kind::of(media_type) == Some(Kind::Index))
}

/// The content that a manifest or an index names as the one it belongs to: a signature names what it signs.
pub(crate) fn subject(bytes: &[u8]) -> Option<Digest> {
    #[derive(Deserialize)]
    struct Named {
        digest: Digest,
    }
    #[derive(Deserialize)]
    struct Belonging {
        subject: Named,
    }
    serde_json::from_slice::<Belonging>(bytes).ok().map(|belonging| belonging.subject.digest)
}
