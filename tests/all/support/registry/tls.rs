//! Certificates of an authority that no system knows.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Connection;

/// A connection with TLS.
pub(super) type Stream = StreamOwned<ServerConnection, Connection>;

/// What a server shows of itself.
#[derive(Clone)]
pub struct Identity {
    config: Arc<ServerConfig>,
    /// The root certificate that vouches for it, in PEM form.
    pub root: String,
}

impl Identity {
    /// A certificate for these names, e.g. `registry.test`.
    pub fn of(names: &[&str]) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        Self { config: config_of(certificate.der().clone(), &key), root: authority.pem() }
    }

    /// A certificate that vouches for itself, as `openssl req -x509` makes it: it is one of an authority. `until` is the year in which
    /// it ends.
    pub fn alone(names: &[&str], until: i32) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut parameters = CertificateParams::new(names).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        Self { config: config_of(certificate.der().clone(), &key), root: certificate.pem() }
    }

    pub(super) fn accept(&self, connection: Connection) -> Stream {
        StreamOwned::new(ServerConnection::new(Arc::clone(&self.config)).unwrap(), connection)
    }
}

fn config_of(certificate: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    Arc::new(config)
}
