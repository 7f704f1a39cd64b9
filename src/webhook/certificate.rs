//! The certificate that is shown, which can be replaced while connections go on, and the files that it is read from.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, crypto};
use serde_json::json;

use super::journal::Journal;
use super::metrics::Metrics;
use crate::Error;
use crate::files::read_regular;

/// The time between two looks at the files.
const LOOKED_AFTER: Duration = Duration::from_secs(2);

/// The most bytes of a file.
const LARGEST: u64 = 1 << 20;

/// The certificate of the moment.
#[derive(Debug, Default)]
pub struct Shown(RwLock<Option<Arc<CertifiedKey>>>);

impl Shown {
    /// Shows this from now on.
    pub fn put(&self, certificate: Arc<CertifiedKey>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(certificate);
    }

    /// True if there is one.
    pub fn is_there(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The settings of TLS 1.2 and 1.3 with this certificate.
///
/// # Errors
///
/// Never with the versions that are built in.
pub fn tls(shown: Arc<Shown>) -> Result<ServerConfig, Error> {
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| Error::new("TLS cannot be set up").because(error))?;
    Ok(config.with_no_client_auth().with_cert_resolver(shown))
}

/// The certificate and the key in these texts (PEM).
///
/// # Errors
///
/// Texts that are not PEM, and a key that is not that of the certificate.
pub fn certified(chain: &[u8], key: &[u8]) -> Result<Arc<CertifiedKey>, Error> {
    let wrong = |why: String| {
        Error::new("the certificate and its key cannot be used")
            .because(why)
            .hint("name a certificate with its chain and the key that belongs to it, both as PEM")
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_reader_iter(Cursor::new(chain))
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(format!("the certificate is not PEM: {error}")))?;
    if chain.is_empty() {
        return Err(wrong("there is no certificate".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_reader(Cursor::new(key)).map_err(|error| wrong(format!("the key is not PEM: {error}")))?;
    let certified =
        CertifiedKey::from_der(chain, key, &crypto::ring::default_provider()).map_err(|error| wrong(error.to_string()))?;
    Ok(Arc::new(certified))
}

/// A certificate in files, which others replace.
#[derive(Clone, Debug)]
pub struct Files {
    /// The certificate with its chain.
    pub certificate: PathBuf,
    /// The key.
    pub key: PathBuf,
}

impl Files {
    fn read(&self) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let read = |path: &Path| {
            read_regular(path, LARGEST).map_err(|error| {
                Error::new(format!("{} cannot be read", path.display()))
                    .because(error)
                    .hint("check the path, and that this user may read it")
            })
        };
        Ok((read(&self.certificate)?, read(&self.key)?))
    }

    /// Shows the certificate in the files, and whatever replaces it there. One that cannot be used leaves the one before in place: its
    /// key may be on its way.
    ///
    /// # Errors
    ///
    /// Files that cannot be used at the beginning.
    pub fn follow(self, shown: Arc<Shown>, metrics: Arc<Metrics>, journal: Journal) -> Result<(), Error> {
        let mut known = self.read()?;
        shown.put(certified(&known.0, &known.1)?);
        metrics.certificates.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            let mut failed = None;
            loop {
                tokio::time::sleep(LOOKED_AFTER).await;
                let files = self.clone();
                let Ok(read) = tokio::task::spawn_blocking(move || files.read()).await else { continue };
                let put = read.and_then(|read| {
                    if read != known {
                        shown.put(certified(&read.0, &read.1)?);
                        metrics.certificates.fetch_add(1, Ordering::Relaxed);
                        journal.line("info", "certificate taken over", json!({}));
                        known = read;
                    }
                    Ok(())
                });
                let why = put.err().map(|error| error.sentence());
                if let Some(why) = why.as_ref().filter(|why| failed.as_ref() != Some(*why)) {
                    metrics.certificate_failures.fetch_add(1, Ordering::Relaxed);
                    journal.line("warning", "certificate not taken over", json!({ "why": why }));
                }
                failed = why;
            }
        });
        Ok(())
    }
}
