//! Certificates of an authority that no system knows.

use std::io::{Read, Write};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Connection;

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
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        Self { config: Arc::new(config), root: authority.pem() }
    }

    pub(super) fn accept(&self, connection: Connection) -> impl Read + Write + use<> {
        StreamOwned::new(ServerConnection::new(Arc::clone(&self.config)).unwrap(), connection)
    }
}
