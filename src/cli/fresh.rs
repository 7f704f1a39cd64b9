//! The ages of images: whether they are looked at, and the newest base images that a registry is asked for.

use jiff::civil::Date;

use super::reading::read_images;
use super::references;
use crate::Error;
use crate::compat::{Freshness, NewestBase, builds, newest_reference};
use crate::image::{Image, Reference};
use crate::knowledge::Knowledge;
use crate::oci::Options;

/// The option that looks at ages.
#[derive(clap::Args, Clone, Debug)]
pub struct FreshArgs {
    /// Warn of images whose Windows files are older than this many months, if there is a newer base image of the same build. Without a
    /// number: 3. One more request for each Windows release.
    #[arg(long, value_name = "MONTHS", num_args = 0..=1, require_equals = true, default_missing_value = "3",
        value_parser = clap::value_parser!(u32).range(0..=1200))]
    fresh: Option<u32>,
}

impl FreshArgs {
    /// The age in months that passes; `None` if ages are not looked at.
    pub const fn months(&self) -> Option<u32> {
        self.fresh
    }
}

/// The comparison for these images, with the newest base images that the registry has of their builds, each asked for once. What cannot
/// be had is warned of, and compared with the knowledge alone.
pub fn of(months: u32, options: Options, knowledge: &Knowledge, images: &[&Image], today: Date, quiet: bool) -> Freshness {
    let asked: Vec<String> =
        builds(knowledge, images, today).into_iter().filter_map(|build| newest_reference(knowledge, build, today)).collect();
    let references: Vec<Result<Reference, Error>> =
        asked.iter().map(|text| references::read(text, knowledge, options.deadline)).collect();
    // The index says the versions.
    let read = read_images(Options { confirm: false, ..options }, knowledge, &[], &[], &references, quiet);
    let mut newest = Vec::new();
    for (reference, image) in asked.into_iter().zip(read) {
        match image {
            Ok(image) => {
                let versions = image.candidates.iter().filter_map(|candidate| candidate.os_version()).map(|(version, _)| version);
                if let Some(version) = versions.max() {
                    newest.push(NewestBase { version, reference: Some(reference) });
                }
            }
            Err(error) => tracing::warn!(
                "{reference} could not be asked for the newest base image, so the built-in data counts: {}",
                error.sentence()
            ),
        }
    }
    Freshness { months, newest }
}
