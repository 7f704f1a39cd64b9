//! The choice of an image's entry and of its isolation, judged before anything is pulled.

use std::io::{self, Write};
use std::path::Path;

use super::{Args, When};
use crate::Error;
use crate::advice::{Command, advice};
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::platform::Platform;
use crate::cli::{reading, references, registries};
use crate::compat::{About, Judgement, Policy, Severity, Use, Wish};
use crate::host::Found;
use crate::image::{Digest, Image, Name, Reference};
use crate::knowledge::Knowledge;
use crate::oci::Images;
use crate::oci::pull::{self, Pulled};
use crate::report::document::{Report, ResultEntry};
use crate::report::table::Table;
use crate::report::{Renderer as _, plain};
use crate::{Isolation, compat};

/// The image, as far as it is known before its layers are there.
pub(super) struct Chosen {
    /// The name.
    pub name: Name,
    /// The judgement of it on the host.
    pub judgement: Judgement,
    image: Image,
    /// The image in the store, if it is there.
    pub stored: Option<Pulled>,
}

impl Chosen {
    /// The manifest of the candidate that was judged.
    pub fn digest(&self) -> Result<Digest, Error> {
        let candidate = self.judgement.chosen.and_then(|number| self.image.candidates.get(number));
        candidate.and_then(|candidate| candidate.digest.clone()).ok_or_else(|| {
            Error::new(format!("{} cannot be pulled", self.name))
                .because("what is known of it has no manifest")
                .hint("leave out --offline")
        })
    }
}

impl Args {
    /// The image from the store or else its registry, judged.
    pub(super) async fn choose(
        &self,
        platform: &Platform,
        images: &Images<'_>,
        knowledge: &Knowledge,
        host: &Found,
        policy: &Policy,
        root: &Path,
    ) -> Result<Chosen, Error> {
        let reference = references::to_pull(self.image(), knowledge)?;
        let name = registries::name(&reference)?.clone();
        let judged = async |place: &Reference| {
            let mut image = images.resolve_one(place).await?;
            reference.as_str().clone_into(&mut image.reference);
            image.repository = Some(name.repository_with_registry());
            reading::confirm_choices(
                images,
                knowledge,
                std::slice::from_ref(&host.host),
                std::slice::from_ref(policy),
                [(place, &mut image)],
            )
            .await;
            let judgement = compat::judge(knowledge, &host.host, &image, policy);
            Ok::<_, Error>((image, judgement))
        };
        let in_store = match self.store.images(platform)?.map_or(Ok(None), |store| pull::stored(&store, &name))? {
            Some(stored) if self.pull != When::Always => {
                let (image, judgement) = judged(&Reference::in_layout(root, &name)).await?;
                let chosen = Chosen { name: name.clone(), judgement, image, stored: Some(stored) };
                if chosen.judgement.ok == Some(true) || self.pull == When::Never {
                    return Ok(chosen);
                }
                Some(chosen)
            }
            _ => None,
        };
        if self.pull == When::Never {
            return Err(Error::new(format!("{name} is not in the store, and --pull never forbids to fetch it"))
                .hint(advice![Command::Pull(name.to_string()), " fetches it"]));
        }
        // An entry that was pulled for another host does not stand in the way of the one for this host.
        match (judged(&reference).await, in_store) {
            (Ok((image, judgement)), _) => Ok(Chosen { name, judgement, image, stored: None }),
            (Err(_), Some(in_store)) => Ok(in_store),
            (Err(refusal), None) => Err(refusal),
        }
    }

    /// The isolation that was judged to be right; a pair that cannot work is refused, unless it is forced.
    pub(super) fn isolation(
        &self,
        knowledge: &Knowledge,
        host: &Found,
        chosen: &Chosen,
        policy: &Policy,
        io: &mut Io<'_>,
    ) -> Result<Isolation, Failure> {
        let judgement = &chosen.judgement;
        let mut shown = judgement.clone();
        // No engine runs the container here.
        shown.findings.retain(|finding| !finding.code.is_about(About::Engine));
        let entry = ResultEntry::new(knowledge, &host.host, &chosen.image, &shown, policy, &self.store.wording());
        match judgement.taken {
            Some(taken) if judgement.ok == Some(true) => {
                warn(&entry, io.err)?;
                return Ok(if taken == Use::Hyperv { Isolation::Hyperv } else { Isolation::Process });
            }
            _ => {}
        }
        Table.render(&Report::new(knowledge, vec![entry], Vec::new()), &io.page(), io.err)?;
        writeln!(io.err)?;
        let forced = match policy.wish {
            Wish::Process => Isolation::Process,
            Wish::Hyperv => Isolation::Hyperv,
            _ => policy.default_on(&host.host).first().copied().unwrap_or(Isolation::Process),
        };
        if self.force && judgement.chosen.is_some() {
            writeln!(io.err, "warning: continuing with {} isolation because of --force", forced.named())?;
            return Ok(forced);
        }
        let what = match judgement.ok {
            None => format!("it is undecided whether {} can run on {}", chosen.name, host.host.name),
            Some(_) => format!("{} will not run on {}", chosen.name, host.host.name),
        };
        Err(Error::new(what).hint("the findings above say what to do; --force tries it all the same").into())
    }
}

/// Prints the warnings of a judgement that is ok, a line each.
fn warn(entry: &ResultEntry, err: &mut dyn Write) -> io::Result<()> {
    for finding in entry.findings.iter().filter(|finding| finding.severity.known() == Some(Severity::Warning)) {
        writeln!(err, "warning: {} [{}]", plain::clean(&finding.message), finding.code)?;
    }
    Ok(())
}
