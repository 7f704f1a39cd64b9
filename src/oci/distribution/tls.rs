//! TLS: the system's certificate store, further trusted certificates from a file, and servers that are not verified.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::Advice;
use crate::ErrorKind;
use crate::advice::{Setting, advice};
use crate::files::read_regular;
use crate::oci::distribution::failure::Failure;

/// The most bytes of a file of root certificates; those of all authorities there are have a quarter of a MiB.
const LARGEST_CA_FILE: u64 = 4 << 20;

/// The TLS of connections to servers that are verified, and to those that are not.
pub(crate) struct Tls {
    pub verified: ClientConfig,
    pub unverified: ClientConfig,
}

impl Tls {
    /// The TLS with further trusted certificates from this file in PEM form. The servers of these names, e.g. `registry.example`, are
    /// not verified by the second of the two.
    pub fn new(ca_file: Option<&Path>, insecure: impl IntoIterator<Item = String>) -> Result<Self, Failure> {
        let roots = ca_file.map(read_roots).transpose()?.unwrap_or_default();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let system = Arc::new(SystemVerifier { roots, provider: Arc::clone(&provider), loaded: OnceLock::new() });
        let names = insecure.into_iter().collect();
        let lenient = Arc::new(Lenient { names, system: Arc::clone(&system) });
        Ok(Self { verified: client_config(&provider, system)?, unverified: client_config(&provider, lenient)? })
    }
}

/// A TLS with this verifier.
fn client_config(provider: &Arc<CryptoProvider>, verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, Failure> {
    let mut config = ClientConfig::builder_with_details(Arc::clone(provider), Arc::new(Clock))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(ErrorKind::Network, format!("TLS cannot be set up: {}", reason(&error))))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
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
        match self.platform()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // Everything up to its use as a server's was found right, its dates among it. Its names were not looked at.
            Err(error) if is_used_as_end_entity(&error) && self.roots.iter().any(|root| root == end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
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

/// The verifier that lets servers of these names show any certificate; all others are verified, a proxy among them.
#[derive(Debug)]
struct Lenient {
    names: BTreeSet<String>,
    system: Arc<SystemVerifier>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.names.contains(server_name.to_str().as_ref()) {
            return Ok(ServerCertVerified::assertion());
        }
        self.system.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}

/// `true` if a certificate was refused because it is one of an authority, and was shown as a server's.
fn is_used_as_end_entity(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    matches!(other.0.downcast_ref::<webpki::Error>(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// `true` if a certificate was refused because no name stands where names are looked for: only in its subject there may be one.
fn is_without_names(error: &CertificateError) -> bool {
    matches!(error, CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty())
}

/// `true` if it was the certificate of the server that was refused.
pub(crate) fn is_about_certificate(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(_))
}

/// The reason for which there is no TLS connection, in plain words: those of rustls are for programmers.
pub(crate) fn reason(error: &Error) -> &'static str {
    use CertificateError as Certificate;
    match error {
        Error::InvalidCertificate(certificate) => match certificate {
            _ if is_used_as_end_entity(error) => "its certificate is that of an authority, and is not trusted",
            Certificate::Expired | Certificate::ExpiredContext { .. } => "its certificate has expired",
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => "its certificate is not valid yet",
            _ if is_without_names(certificate) => {
                "its certificate has no subject alternative name, and a common name alone does not count"
            }
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => "its certificate is for another name",
            Certificate::UnknownIssuer => "its certificate is not from a trusted authority",
            Certificate::Revoked => "its certificate was revoked",
            Certificate::BadSignature => "the signature of its certificate is wrong",
            Certificate::BadEncoding => "its certificate is damaged",
            Certificate::InvalidPurpose | Certificate::InvalidPurposeContext { .. } => "its certificate is not for servers",
            _ => "its certificate was refused",
        },
        Error::InvalidMessage(_) => "it does not answer with TLS",
        Error::PeerIncompatible(_) => "it has no version of TLS, and no cipher, that is supported here",
        Error::AlertReceived(_) => "it ended the TLS handshake",
        Error::NoCertificatesPresented => "it shows no certificate",
        _ => "the TLS handshake failed",
    }
}

/// What to do about a TLS connection that is refused for this reason.
pub(crate) fn advice(error: &Error) -> Advice {
    use CertificateError as Certificate;
    match error {
        Error::InvalidMessage(_) => advice![
            "if the registry uses HTTP and not HTTPS, use ",
            Setting::PlainHttp,
            "; if it is a mirror, name it with http://"
        ],
        Error::InvalidCertificate(certificate) => match certificate {
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. } => {
                "look whether the clock of this machine is right; if it is, those who run the server must renew its certificate"
                    .into()
            }
            _ if is_without_names(certificate) => "those who run the server must give it a certificate that holds this name as a \
                subject alternative name, e.g. of `openssl req -x509 -addext subjectAltName=DNS:NAME`, or IP:ADDRESS for an address"
                .into(),
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                "name the server as its certificate does, or let those who run it have a certificate made for this name".into()
            }
            Certificate::UnknownIssuer | Certificate::Other(_) => advice![
                "if a proxy or the registry has a certificate of your own, name it or the root of its authority with ",
                Setting::CaFile
            ],
            _ => "those who run the server must give it another certificate".into(),
        },
        _ => "look whether a firewall or a proxy lies between; if none does, tell those who run the server".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trusted_root_is_named_only_where_it_helps() {
        for (certificate, said) in [
            (CertificateError::UnknownIssuer, "<cafile>"),
            (CertificateError::Expired, "the clock of this machine"),
            (CertificateError::NotValidYet, "the clock of this machine"),
            (CertificateError::NotValidForName, "as its certificate does"),
            (CertificateError::Revoked, "another certificate"),
        ] {
            let advice = advice(&Error::InvalidCertificate(certificate)).to_string();
            assert_eq!((advice.contains(said), advice.contains("<cafile>")), (true, said == "<cafile>"), "{advice}");
        }
    }

    #[test]
    fn a_certificate_without_alternative_names_is_not_one_for_another_name() {
        let refused = |presented: &[&str]| {
            Error::InvalidCertificate(CertificateError::NotValidForNameContext {
                expected: ServerName::try_from("localhost").unwrap(),
                presented: presented.iter().map(|name| (*name).to_owned()).collect(),
            })
        };
        for (presented, why, remedy) in [
            (&[][..], "no subject alternative name", "subjectAltName=DNS:NAME"),
            (&["DnsName(\"other.test\")"][..], "is for another name", "as its certificate does"),
        ] {
            let error = refused(presented);
            assert!(reason(&error).contains(why), "{}", reason(&error));
            assert!(advice(&error).to_string().contains(remedy), "{}", advice(&error));
        }
    }
}
