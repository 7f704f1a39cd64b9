//! From the entries of an index to the Windows candidates of an image, and from a chosen candidate to its config.

use std::collections::HashSet;

use futures_util::{StreamExt as _, stream};
use oci_spec::image::ImageManifest;

use crate::image::index::{Entry, Index};
use crate::image::listing::{Listed, Listing, Meaning, listing, meaning, single};
use crate::image::{Candidate, Config, Digest, Version};
use crate::oci::content::{Described, Place, Reader};
use crate::oci::manifest::Manifest;
use crate::{Error, ErrorKind};

/// The deepest that indexes may lie in each other.
const DEEPEST: usize = 3;

/// The most requests for one reference beyond the manifest it points to.
const BUDGET: usize = 64;

/// The most entries of all indexes of one reference together.
const MOST_ENTRIES: usize = 50_000;

/// The number of configs of one index that are read at once.
const SIDE_BY_SIDE: usize = 8;

impl Reader<'_> {
    /// The candidates of an image without an index: one at most, whose platform is in its config.
    pub(crate) async fn list_single(
        &self,
        place: &Place,
        digest: &Digest,
        manifest: &ImageManifest,
        size: u64,
    ) -> Result<Listing, Error> {
        let described = self.describe_manifest(place, digest, manifest, size).await?;
        Ok(single(Some(digest.clone()), described.config, Some(described.foreign_layers), described.layer_servers))
    }

    /// The candidates of an index, in its order. Entries that do not say their platform or version are completed from their configs,
    /// since a choice rests on them.
    pub(crate) async fn list(&self, place: &Place, index: Index) -> Result<Listing, Error> {
        let mut budget = BUDGET;
        let (mut found, passed_over) = self.flatten(place, index, &mut budget).await?;
        self.complete(place, &mut found, &mut budget).await;
        let listing = listing(found, &passed_over);
        if listing.candidates.is_empty() && listing.other_platforms.is_empty() {
            let none = Error::of(ErrorKind::Unsupported, "the index lists no image");
            return Err(match listing.passed_over.first() {
                Some(digest) => none.because(format!("the algorithm of the digest {digest} is not read here")),
                None => none,
            });
        }
        Ok(listing)
    }

    /// The images of an index and of the indexes in it, and the entries that are passed over.
    async fn flatten(&self, place: &Place, index: Index, budget: &mut usize) -> Result<(Vec<Listed>, Vec<Entry<String>>), Error> {
        let mut found = Vec::new();
        let mut count = index.entries.len();
        let mut passed_over = index.passed_over;
        let mut read: HashSet<Digest> = HashSet::new();
        let mut open = vec![index.entries.into_iter()];
        loop {
            let is_within = open.len() > 1;
            let Some(innermost) = open.last_mut() else { break };
            let Some(entry) = innermost.next() else {
                open.pop();
                continue;
            };
            if count + passed_over.len() > MOST_ENTRIES {
                return Err(Error::of(ErrorKind::Unsupported, format!("the index lists more than {MOST_ENTRIES} entries")));
            }
            match meaning(&entry) {
                Meaning::Nothing => tracing::debug!("an entry of type {:?} is skipped: it is not an image", entry.media_type),
                Meaning::Image(mut image) => {
                    image.candidate.entry.passed_over_by_docker |= is_within;
                    found.push(*image);
                }
                Meaning::Index if !read.insert(entry.digest.clone()) => {}
                Meaning::Index => {
                    if open.len() >= DEEPEST {
                        return Err(Error::of(
                            ErrorKind::Unsupported,
                            format!("indexes lie in each other more than {DEEPEST} deep"),
                        ));
                    }
                    *budget = budget.checked_sub(1).ok_or_else(|| {
                        Error::of(ErrorKind::Unsupported, format!("the index leads to more than {BUDGET} further indexes"))
                    })?;
                    match self.manifest(place, &entry.digest, Some(entry.size)).await?.manifest {
                        Manifest::Index(index) => {
                            count += index.entries.len();
                            passed_over.extend(index.passed_over);
                            open.push(index.entries.into_iter());
                        }
                        Manifest::Image(_) => {
                            let what = format!("{} is the manifest of an image where an index must be", entry.digest);
                            return Err(Error::of(ErrorKind::Invalid, what));
                        }
                    }
                }
            }
        }
        Ok((found, passed_over))
    }

    /// Reads the configs of the images whose entries leave out what a choice rests on, as far as the budget goes.
    async fn complete(&self, place: &Place, found: &mut [Listed], budget: &mut usize) {
        let mut reads = Vec::new();
        for (at, image) in found.iter_mut().enumerate() {
            let Candidate { indexed, architecture, .. } = &image.candidate;
            let complete = image.os == "windows" && matches!(indexed, Version::Known(_)) && !architecture.is_empty();
            if complete || !image.may_be_windows() || image.candidate.config != Config::NotRead {
                continue;
            }
            match budget.checked_sub(2) {
                Some(rest) => {
                    *budget = rest;
                    reads.push((at, image.digest.clone(), image.candidate.size));
                }
                None => {
                    let why = format!(
                        "the index leaves its platform or version out, as of more images than are read ({BUDGET} requests)"
                    );
                    image.candidate.config = Config::Unreadable(why);
                }
            }
        }
        let mut answers = stream::iter(reads)
            .map(|(at, digest, size)| async move { (at, self.describe(place, &digest, size).await) })
            .buffer_unordered(SIDE_BY_SIDE);
        while let Some((at, answer)) = answers.next().await {
            let Some(image) = found.get_mut(at) else { continue };
            if let Ok(described) = &answer {
                if image.os.is_empty() {
                    image.os.clone_from(&described.config.os);
                }
                if image.candidate.architecture.is_empty() {
                    image.candidate.architecture.clone_from(&described.config.architecture);
                }
            }
            image.is_image = !image.os.is_empty() || !answer.as_ref().is_err_and(|error| error.kind == ErrorKind::Unsupported);
            record(&mut image.candidate, answer);
        }
    }

    /// Reads the config of a candidate into it; a failure is recorded, not returned.
    pub(crate) async fn read_config(&self, place: &Place, candidate: &mut Candidate) {
        let Some(digest) = candidate.digest.clone() else { return };
        let answer = self.describe(place, &digest, candidate.size).await;
        record(candidate, answer);
    }
}

fn record(candidate: &mut Candidate, answer: Result<Described, Error>) {
    match answer {
        Ok(described) => {
            candidate.config = Config::Read(described.config);
            candidate.foreign_layers = Some(described.foreign_layers);
            candidate.layer_servers = described.layer_servers;
        }
        Err(error) => candidate.config = Config::Unreadable(error.sentence()),
    }
}
