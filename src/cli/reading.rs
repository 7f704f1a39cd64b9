//! Images read for hosts: every index, then the configs of the candidates that are chosen.

use std::collections::BTreeSet;

use super::progress;
use crate::compat::{self, Policy};
use crate::host::Host;
use crate::image::{Candidate, Config, Image, Reference};
use crate::knowledge::Knowledge;
use crate::oci::{Images, Options};
use crate::{Error, ErrorKind};

/// Reads every image, then the configs of the candidates chosen for any host.
pub fn read_images(
    options: Options,
    knowledge: &Knowledge,
    hosts: &[Host],
    policies: &[Policy],
    references: &[Result<Reference, Error>],
    quiet: bool,
) -> Vec<Result<Image, Error>> {
    let confirm = options.confirm;
    let well_formed: Vec<Reference> = references.iter().flatten().cloned().collect();
    let mut read = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(async {
            let images = Images::new(options, knowledge);
            let reading = async {
                let mut read = images.resolve(&well_formed).await;
                if confirm {
                    let found = well_formed.iter().zip(&mut read);
                    let found = found.filter_map(|(reference, image)| Some((reference, image.as_mut().ok()?)));
                    confirm_choices(&images, knowledge, hosts, policies, found).await;
                }
                read
            };
            progress::while_waiting(quiet, || images.waiting(), reading).await
        }),
        Err(error) => {
            let failed = Error::of(ErrorKind::Network, "no request can be sent").because(error.to_string());
            well_formed.iter().map(|_| Err(failed.clone())).collect()
        }
    }
    .into_iter();
    let missing = || Err(Error::of(ErrorKind::Network, "the image was not looked for"));
    references.iter().map(|reference| reference.clone().and_then(|_| read.next().unwrap_or_else(missing))).collect()
}

/// Reads the configs of the candidates chosen for any of the hosts. One that says another version than the index can make another
/// candidate the best, whose config is read then, and so on until nothing that is chosen is left to read. The policies name the engines
/// whose own choice is read as well.
pub async fn confirm_choices<'a>(
    images: &Images<'_>,
    knowledge: &Knowledge,
    hosts: &[Host],
    policies: &[Policy],
    found: impl IntoIterator<Item = (&'a Reference, &'a mut Image)>,
) {
    let mut open: Vec<_> = found.into_iter().collect();
    // Each round reads a candidate of every image that is left.
    let most = open.iter().map(|(_, image)| image.candidates.len()).max().unwrap_or(0);
    for _ in 0..most {
        let unread: Vec<Vec<usize>> = open.iter().map(|(_, image)| unread_choices(knowledge, hosts, policies, image)).collect();
        let mut left = unread.iter().map(|numbers| !numbers.is_empty());
        open.retain(|_| left.next().unwrap_or(false));
        if open.is_empty() {
            break;
        }
        let unread = unread.into_iter().filter(|numbers| !numbers.is_empty());
        let choices = open.iter_mut().zip(unread).map(|((reference, image), numbers)| (*reference, &mut **image, numbers));
        images.confirm_all(choices).await;
    }
}

/// The candidates whose configs were not read yet: those chosen for any of the hosts, and those that an engine takes there. Where that
/// is another one, its config decides whether it starts.
fn unread_choices(knowledge: &Knowledge, hosts: &[Host], policies: &[Policy], image: &Image) -> Vec<usize> {
    // What is known without a registry has no config.
    let is_unread = |candidate: &Candidate| candidate.config == Config::NotRead && candidate.digest.is_some();
    if !image.candidates.iter().any(is_unread) {
        return Vec::new();
    }
    let mut wanted: BTreeSet<usize> = hosts.iter().filter_map(|host| compat::choose(knowledge, host, image)).collect();
    if image.candidates.len() > 1 {
        let pairs = hosts.iter().flat_map(|host| policies.iter().map(move |policy| (host, policy)));
        wanted.extend(pairs.filter_map(|(host, policy)| compat::taken(knowledge, host, image, policy)));
    }
    wanted.into_iter().filter(|number| image.candidates.get(*number).is_some_and(is_unread)).collect()
}
