//! Images for the webhook: each read by a reader of its own, which keeps nothing but the cache on disk.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::cli::reading::confirm_choices;
use crate::cli::references;
use crate::compat::Policy;
use crate::host::Host;
use crate::knowledge::Knowledge;
use crate::oci::distribution::Keychain;
use crate::oci::{Images, Options};
use crate::webhook::{Reader, Reading};
use crate::{Error, ErrorKind};

/// The advice about an image that is not in a registry.
const PULLED_BY: &str = "correct the image of the pod: nodes pull it by NAME:TAG";

/// The advice about an image that the cache does not have.
const FILLED: &str = "start the webhook without --offline, or fill its cache before: `wincompat check IMAGE`";

/// The age from which credentials are read again: tokens of helpers expire, and configurations are replaced.
const READ_AGAIN: Duration = Duration::from_secs(300);

/// The way to the registries.
pub struct Registries {
    /// The settings, whose deadline and credentials do not count.
    pub options: Options,
    /// The credentials.
    pub credentials: Credentials,
    /// The time for one image.
    pub within: Duration,
    /// The facts that age.
    pub knowledge: Arc<Knowledge>,
    /// How images are judged.
    pub policy: Policy,
}

/// Credentials that are read again after a while.
pub struct Credentials {
    read: Box<dyn Fn() -> Arc<dyn Keychain> + Send + Sync>,
    age: Duration,
    known: Mutex<Option<(Instant, Arc<dyn Keychain>)>>,
}

impl Credentials {
    /// Those that this reads.
    pub fn new(read: impl Fn() -> Arc<dyn Keychain> + Send + Sync + 'static) -> Self {
        Self { read: Box::new(read), age: READ_AGAIN, known: Mutex::default() }
    }

    /// Those of now.
    fn now(&self) -> Arc<dyn Keychain> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let young = known.as_ref().filter(|(since, _)| since.elapsed() < self.age).map(|(_, keychain)| Arc::clone(keychain));
        young.unwrap_or_else(|| {
            let new = (self.read)();
            *known = Some((Instant::now(), Arc::clone(&new)));
            new
        })
    }
}

impl Reader for Registries {
    fn read(&self, reference: &str, hosts: Arc<[Host]>) -> Reading {
        let mut options = Options { deadline: Some(Instant::now() + self.within), ..self.options.clone() };
        options.registries.credentials = Some(self.credentials.now());
        let (knowledge, policy, text, within) =
            (Arc::clone(&self.knowledge), self.policy.clone(), reference.to_owned(), self.within);
        Box::pin(async move {
            let read = async {
                let reference = references::in_registry(&text, &knowledge, PULLED_BY)?;
                let confirm = options.confirm;
                // Offline no registry was asked, so none is said not to have it.
                let is_offline = options.offline;
                let not_asked = |error: Error| match error.kind {
                    ErrorKind::NotFound if is_offline => Error { kind: ErrorKind::Network, ..error }.or_hint(FILLED),
                    _ => error,
                };
                let images = Images::new(options, &knowledge);
                let mut image = images.resolve_one(&reference).await.map_err(not_asked)?;
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::oci::distribution::CredentialStore;

    #[test]
    fn credentials_are_read_again_after_a_while_and_not_for_every_image() {
        for (age, times) in [(READ_AGAIN, 1), (Duration::ZERO, 3)] {
            let read = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&read);
            let of_now = move || -> Arc<dyn Keychain> {
                counted.fetch_add(1, Ordering::Relaxed);
                Arc::new(CredentialStore::from_variables(None, |_| None))
            };
            let credentials = Credentials { age, ..Credentials::new(of_now) };
            for _ in 0..3 {
                credentials.now();
            }
            assert_eq!(read.load(Ordering::Relaxed), times, "{age:?}");
        }
    }
}
