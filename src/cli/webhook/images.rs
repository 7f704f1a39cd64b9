//! Images for the webhook: each read by a reader of its own, which keeps nothing but the cache on disk.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cli::reading::confirm_choices;
use crate::cli::references;
use crate::compat::Policy;
use crate::host::Host;
use crate::knowledge::Knowledge;
use crate::oci::{Images, Options};
use crate::webhook::{Reader, Reading};
use crate::{Error, ErrorKind};

/// The advice about an image that is not in a registry.
const PULLED_BY: &str = "correct the image of the pod: nodes pull it by NAME:TAG";

/// The way to the registries.
pub struct Registries {
    /// The settings, whose deadline does not count.
    pub options: Options,
    /// The time for one image.
    pub within: Duration,
    /// The facts that age.
    pub knowledge: Arc<Knowledge>,
    /// How images are judged.
    pub policy: Policy,
}

impl Reader for Registries {
    fn read(&self, reference: &str, hosts: Arc<[Host]>) -> Reading {
        let options = Options { deadline: Some(Instant::now() + self.within), ..self.options.clone() };
        let (knowledge, policy, text, within) =
            (Arc::clone(&self.knowledge), self.policy.clone(), reference.to_owned(), self.within);
        Box::pin(async move {
            let read = async {
                let reference = references::in_registry(&text, &knowledge, options.deadline, PULLED_BY)?;
                let confirm = options.confirm;
                let images = Images::new(options, &knowledge);
                let mut image = images.resolve_one(&reference).await?;
                if confirm {
                    confirm_choices(&images, &knowledge, &hosts, std::slice::from_ref(&policy), [(&reference, &mut image)]).await;
                }
                Ok(image)
            };
            let late = |_| Err(Error::of(ErrorKind::Network, "the registry did not answer in time"));
            tokio::time::timeout(within, read).await.unwrap_or_else(late)
        })
    }
}

/// The knowledge for threads that outlive this call.
pub fn shared(knowledge: Cow<'static, Knowledge>) -> Arc<Knowledge> {
    Arc::new(knowledge.into_owned())
}
