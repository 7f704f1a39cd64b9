//! The two lists in an archive of `docker save`: `manifest.json`, which older engines load, and `index.json`, which newer ones do.
//! An archive in which they name different images is one image to this engine and another to that.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use crate::image::Digest;
use crate::image::index::{Entry, Index, LARGEST};
use crate::oci::layout::docker::Saved;
use crate::oci::layout::{Layout, names};
use crate::oci::manifest::{self, Manifest};
use crate::text::shown;
use crate::{Error, ErrorKind};

/// The deepest that indexes may lie in each other.
const DEEPEST: usize = 3;

/// Refuses an archive that holds an image in `manifest.json` which `index.json` does not lead to, or lists under one name two
/// different ones. An image may stand in `index.json` alone: `docker save` leaves those for several platforms out of the other.
pub(super) fn check(layout: &Layout, index: &Index, saved: &[Saved], deadline: Option<Instant>) -> Result<(), Error> {
    let mut all = BTreeSet::new();
    let mut named: HashMap<_, BTreeSet<Digest>> = HashMap::new();
    let mut reader = Reader { layout, deadline, configs: HashMap::new() };
    for entry in &index.entries {
        let configs = reader.configs(entry, DEEPEST)?;
        let annotations = &entry.annotations;
        let name = annotations.image_name.as_ref().or(annotations.ref_name.as_ref());
        if let Some(name) = name.and_then(|name| names::normal(name)) {
            named.entry(name).or_default().extend(configs.iter().cloned());
        }
        all.extend(configs);
    }
    let mut read: HashMap<&str, Digest> = HashMap::new();
    for image in saved {
        let config = match read.get(image.config.as_str()) {
            Some(config) => config.clone(),
            None => Digest::of(&layout.docker_config(image)?),
        };
        let other = |name: &String| {
            let listed = names::normal(name).and_then(|name| named.get(&name));
            listed.is_some_and(|configs| !configs.contains(&config)).then(|| shown(name))
        };
        if let Some(name) = image.names().iter().find_map(other) {
            return Err(contradiction(layout, format!("they name two images {name}")));
        }
        if !all.contains(&config) {
            return Err(contradiction(layout, format!("the image with the config {config} is in manifest.json alone")));
        }
        read.insert(&image.config, config);
    }
    Ok(())
}

fn contradiction(layout: &Layout, why: String) -> Error {
    Error::of(ErrorKind::Invalid, format!("manifest.json and index.json in {} contradict each other", layout.shown))
        .because(why)
        .hint("save the image again with `docker save`, or have its publisher do so")
}

struct Reader<'a> {
    layout: &'a Layout,
    deadline: Option<Instant>,
    /// By the manifest or index that leads there.
    configs: HashMap<Digest, BTreeSet<Digest>>,
}

impl Reader<'_> {
    /// The configs that an entry leads to, through at most so many indexes. What the archive does not hold is left out, as the images
    /// for other platforms are.
    fn configs(&mut self, entry: &Entry, depth: usize) -> Result<BTreeSet<Digest>, Error> {
        if let Some(known) = self.configs.get(&entry.digest) {
            return Ok(known.clone());
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Error::of(ErrorKind::Invalid, format!("{} could not be read", self.layout.shown))
                .because("the archive lists so many images that the time ran out before its end"));
        }
        let mut configs = BTreeSet::new();
        let bytes = match self.layout.blob(&entry.digest, LARGEST) {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(configs),
            read => read?,
        };
        match manifest::parse(&bytes, None) {
            Ok(Manifest::Image(image)) => configs.extend(manifest::digest_of(image.config()).ok()),
            Ok(Manifest::Index(index)) if depth > 0 => {
                for entry in &index.entries {
                    configs.extend(self.configs(entry, depth - 1)?);
                }
            }
            // Deeper than is read, or not an image at all.
            Ok(Manifest::Index(_)) | Err(_) => {}
        }
        self.configs.insert(entry.digest.clone(), configs.clone());
        Ok(configs)
    }
}
