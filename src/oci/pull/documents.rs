//! An image's manifest and config: from the store if they are there, and asked for once by all who pull the image at that time.

use std::fs::File;
use std::io;

use crate::advice::{Setting, advice};
use crate::image::index;
use crate::image::{Digest, Name, config};
use crate::oci::layout::Folder;
use crate::oci::manifest;
use crate::oci::manifest::Manifest;
use crate::oci::pull::{WAIT_FOR_INDEX, WAIT_FOR_OTHERS};
use crate::oci::{Images, RawImage};
use crate::{Error, ErrorKind};

/// The documents of the image with this manifest; afterwards the store has them.
pub(crate) async fn fetch(images: &Images<'_>, name: &Name, digest: &Digest, store: &Folder) -> Result<RawImage, Error> {
    let turn = {
        let (store, digest, wait) = (store.clone(), digest.clone(), images.time_left(WAIT_FOR_OTHERS));
        move || {
            let lock = store.lock_partial(&digest, wait, |_| Ok(()))?;
            Ok(Turn { store, digest, _lock: lock })
        }
    };
    let _turn = tokio::task::spawn_blocking(turn).await.map_err(io::Error::other).flatten().map_err(|error| {
        Error::of(ErrorKind::Invalid, format!("{} could not be locked", store.partial_path(digest).display()))
            .because(error.to_string())
            .hint(advice![
                "end the process that has this file open, or use another store with ",
                Setting::Store,
                "; a link in its place is not followed"
            ])
    })?;
    if let Some(image) = stored(store, digest) {
        return Ok(image);
    }
    let image = images.raw(name, digest).await?;
    store.commit(images.time_left(WAIT_FOR_INDEX), &[&image.config, &image.manifest], |_| ())?;
    Ok(image)
}

/// The documents that the store has, if it has both and they are intact.
fn stored(store: &Folder, digest: &Digest) -> Option<RawImage> {
    let bytes = store.blob(digest, index::LARGEST).ok()?;
    let parsed = manifest::parse(&bytes, None).ok()?;
    let media_type = parsed.media_type(None);
    let Manifest::Image(image) = parsed else { return None };
    let config = store.blob(&manifest::digest_of(image.config()).ok()?, config::LARGEST).ok()?;
    Some(RawImage { manifest: bytes, media_type, config })
}

/// The right to ask; others wait for it.
struct Turn {
    store: Folder,
    digest: Digest,
    _lock: File,
}

impl Drop for Turn {
    /// Those who wait have the file open; whoever comes now finds the documents.
    fn drop(&mut self) {
        let _ = self.store.remove_partial(&self.digest);
    }
}
