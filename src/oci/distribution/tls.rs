//! TLS: the system's certificate store, and further roots from a file.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::ErrorKind;
use crate::advice::{Setting, advice};
use crate::files::read_regular;
use crate::oci::distribution::failure::Failure;

/// The most bytes of a file of root certificates; those of all authorities there are have a quarter of a MiB.
const LARGEST_CA_FILE: u64 = 4 << 20;

/// The TLS of every connection; `ca_file` holds further roots in PEM form.
pub(crate) fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, Failure> {
    let roots = ca_file.map(read_roots).transpose()?.unwrap_or_default();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = SystemVerifier { roots, provider: Arc::clone(&provider), loaded: OnceLock::new() };
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(Clock))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(ErrorKind::Network, format!("TLS cannot be set up: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn read_roots(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let unusable = |why: String| {
        Failure::new(ErrorKind::Invalid, format!("{}: {why}", file.display()))
            .hint(advice![Setting::CaFile, " takes a file with certificates in PEM form: -----BEGIN CERTIFICATE----- and so on"])
    };
    let bytes = read_regular(file, LARGEST_CA_FILE).map_err(|error| unusable(error.to_string()))?;
    let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match roots {
        Ok(roots) if roots.is_empty() => Err(unusable("no certificate in it".to_owned())),
        Ok(roots) => Ok(roots),
        Err(error) => Err(unusable(error.to_string())),
    }
}

/// The clock of this machine. That of rustls panics where it says a time before 1970.
#[derive(Debug)]
struct Clock;

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().map(UnixTime::since_unix_epoch)
    }
}

/// The platform's verifier, made when the first certificate is to be verified: reading the system's store takes longer than a
/// whole check against a registry that speaks plain HTTP.
#[derive(Debug)]
struct SystemVerifier {
    roots: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    loaded: OnceLock<Result<Verifier, Error>>,
}

impl SystemVerifier {
    fn platform(&self) -> Result<&Verifier, Error> {
        let loaded = self.loaded.get_or_init(|| match self.roots.is_empty() {
            true => Verifier::new(Arc::clone(&self.provider)),
            false => Verifier::new_with_extra_roots(self.roots.iter().cloned(), Arc::clone(&self.provider)),
        });
        loaded.as_ref().map_err(Clone::clone)
    }
}

impl ServerCertVerifier for SystemVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.platform()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform()?.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform()?.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
