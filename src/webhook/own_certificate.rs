//! A certificate of its own: made here, kept in a Secret that all replicas read, and vouched for by the `caBundle` of the configurations.
//!
//! Every certificate has an authority of its own, whose key is forgotten at once. The Secret keeps the authority before as well, so that
//! replicas with the certificate before are trusted until they have taken over the new one. Who is second to write the Secret reads it again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::{Method, Request};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::RootCertStore;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use serde_json::{Value, json};

use super::certificate::{Shown, certified};
use super::journal::Journal;
use super::metrics::Metrics;
use crate::clock::now;
use crate::cluster::api;
use crate::cluster::client::Client;
use crate::host::pod::Tree;
use crate::{Error, ErrorKind};

/// The life of a certificate, and the part of it that is left when it is renewed.
const LIFE: Duration = Duration::from_secs(90 * 24 * 3600);
const LEFT: Duration = Duration::from_secs(30 * 24 * 3600);

/// The last moment that a certificate can name, since 1970: the year 9999 ends.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// The time by which a clock may be behind.
const SKEW: Duration = Duration::from_secs(24 * 3600);

/// The pauses between two looks at the Secret: usually, before there is a certificate, and before a new one is shown, whose authority every
/// API server has to know first.
const USUAL: Duration = Duration::from_secs(60);
const BEFORE_FIRST: Duration = Duration::from_secs(2);
const BEFORE_NEXT: Duration = Duration::from_secs(20);

/// The times that a Secret is written which others write as well.
const TRIES: usize = 5;

/// The configurations of webhooks.
const CONFIGURATIONS: [&str; 2] = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"];

/// A certificate that is made here.
#[derive(Clone, Debug)]
pub struct Own {
    /// The namespace of the Secret and of the Service.
    pub namespace: String,
    /// The Secret.
    pub secret: String,
    /// The Service that API servers ask.
    pub service: String,
    /// The name of both configurations of webhooks; `None` if others write their `caBundle`.
    pub configuration: Option<String>,
}

/// What the Secret keeps, as PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Kept {
    authorities: String,
    certificate: String,
    key: String,
    /// The state of the Secret; empty before it is there.
    state: String,
}

impl Kept {
    /// The same with these authorities if it has none: the Secret was deleted or emptied, and the certificate that is shown has to be trusted
    /// until API servers know the next one.
    fn or_trusting(self, trusted: &str) -> Self {
        if self.authorities.is_empty() { Self { authorities: trusted.to_owned(), ..self } } else { self }
    }
}

impl Own {
    /// Shows the certificate of the Secret from now on, and keeps both in order.
    pub fn follow(self, client: Client, shown: Arc<Shown>, metrics: Arc<Metrics>, journal: Journal) {
        tokio::spawn(async move {
            let mut current: Option<String> = None;
            let mut next: Option<String> = None;
            // The authorities with the certificate that is shown.
            let mut trusted = String::new();
            let mut failed: Option<String> = None;
            loop {
                let said = match self.kept(&client, &trusted).await {
                    Ok(kept) => {
                        let published = self.publish(&client, &kept).await;
                        let is_new = current.as_ref() != Some(&kept.certificate);
                        // The first one is shown at once. Another waits until its authority has been known for a while.
                        let is_due = current.is_none() || (published.is_ok() && next.as_ref() == Some(&kept.certificate));
                        let put = match is_new && is_due {
                            true => certified(kept.certificate.as_bytes(), kept.key.as_bytes()).map(|certified| {
                                shown.put(certified);
                                metrics.certificates.fetch_add(1, Ordering::Relaxed);
                                journal.line("info", "certificate taken over", json!({ "secret": self.secret }));
                                current = Some(kept.certificate.clone());
                                trusted.clone_from(&kept.authorities);
                            }),
                            false => Ok(()),
                        };
                        let is_shown = current.as_ref() == Some(&kept.certificate);
                        next = (published.is_ok() && !is_shown).then_some(kept.certificate);
                        put.and(published)
                    }
                    Err(error) => Err(error),
                };
                let why = said.err().map(|error| error.sentence());
                if let Some(why) = &why {
                    metrics.certificate_failures.fetch_add(1, Ordering::Relaxed);
                    // Every two seconds the same line would hide all others.
                    if failed.as_ref() != Some(why) {
                        journal.line("warning", "certificate not in order", json!({ "why": why }));
                    }
                }
                failed = why;
                let pause = match (&current, &next) {
                    (None, _) => BEFORE_FIRST,
                    (_, Some(_)) => BEFORE_NEXT,
                    _ => USUAL,
                };
                tokio::time::sleep(pause).await;
            }
        });
    }

    /// The names that the certificate is for, that of API servers first.
    fn names(&self) -> Vec<String> {
        let name = format!("{}.{}.svc", self.service, self.namespace);
        vec![name.clone(), format!("{name}.cluster.local")]
    }

    /// What the Secret keeps, with a certificate that is good for a while.
    async fn kept(&self, client: &Client, trusted: &str) -> Result<Kept, Error> {
        let secrets = format!("/api/v1/namespaces/{}/secrets", self.namespace);
        let mut conflict = None;
        for _ in 0..TRIES {
            let there = match ask(client, Method::GET, &format!("{secrets}/{}", self.secret), None).await {
                Ok(secret) => Some(secret),
                Err(error) if error.kind == ErrorKind::NotFound => None,
                Err(error) => return Err(error.within(format!("the Secret {} cannot be read", self.secret))),
            };
            let kept = there.as_ref().map(read).unwrap_or_default();
            if self.is_good(&kept) {
                return Ok(kept);
            }
            let made = self.made(&kept.or_trusting(trusted))?;
            let (method, path) = match made.state.is_empty() {
                true => (Method::POST, secrets.clone()),
                false => (Method::PUT, format!("{secrets}/{}", self.secret)),
            };
            match ask(client, method, &path, Some(self.object(&made, there))).await {
                Ok(secret) => return Ok(read(&secret)),
                // Another replica was first.
                Err(error) if error.kind == ErrorKind::Invalid => conflict = Some(error),
                Err(error) => return Err(error.within(format!("the Secret {} cannot be written", self.secret))),
            }
        }
        Err(conflict.unwrap_or_else(|| Error::new(format!("the Secret {} is changed by others all the time", self.secret))))
    }

    /// True if the certificate is vouched for, and will be after the time that is left at a renewal.
    fn is_good(&self, kept: &Kept) -> bool {
        let good = || {
            let certificate = CertificateDer::from_pem_slice(kept.certificate.as_bytes()).ok()?;
            let parsed = ParsedCertificate::try_from(&certificate).ok()?;
            let mut roots = RootCertStore::empty();
            for authority in CertificateDer::pem_slice_iter(kept.authorities.as_bytes()) {
                roots.add(authority.ok()?).ok()?;
            }
            let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms.all;
            let today = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
            for time in [today, today + LEFT] {
                let time = UnixTime::since_unix_epoch(time);
                verify_server_cert_signed_by_trust_anchor(&parsed, &roots, &[], time, algorithms).ok()?;
            }
            let name = ServerName::try_from(self.names().into_iter().next()?).ok()?;
            verify_server_name(&parsed, &name).ok()?;
            certified(kept.certificate.as_bytes(), kept.key.as_bytes()).ok()
        };
        good().is_some()
    }

    /// A new certificate beside the newest authority that is known.
    fn made(&self, before: &Kept) -> Result<Kept, Error> {
        let failed = |error: rcgen::Error| Error::new("no certificate can be made").because(error);
        let [begin, end] = life(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())?;
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        let valid = |parameters: &mut CertificateParams| {
            parameters.not_before = epoch + begin;
            parameters.not_after = epoch + end;
        };
        let mut authority = CertificateParams::new(Vec::new()).map_err(failed)?;
        valid(&mut authority);
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.distinguished_name.push(DnType::CommonName, format!("{} of {}", self.service, now()));
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().map_err(failed)?).map_err(failed)?;
        let mut leaf = CertificateParams::new(self.names()).map_err(failed)?;
        valid(&mut leaf);
        leaf.distinguished_name.push(DnType::CommonName, self.service.clone());
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = leaf.signed_by(&key, &authority).map_err(failed)?;
        let mut authorities = authority.pem();
        if let Some(newest) = first(&before.authorities) {
            authorities.push_str(newest);
        }
        Ok(Kept { authorities, certificate: certificate.pem(), key: key.serialize_pem(), state: before.state.clone() })
    }

    /// The Secret with this in it. One that is there keeps all else: what others have put there, its state, and its type, which cannot be
    /// changed.
    fn object(&self, kept: &Kept, there: Option<Value>) -> Value {
        let mut object = there.filter(Value::is_object).unwrap_or_else(|| {
            json!({
                "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
                "metadata": { "name": self.secret, "namespace": self.namespace, "labels": { "app.kubernetes.io/name": self.service } },
            })
        });
        let mut data = object.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
        for (key, text) in [("ca.crt", &kept.authorities), ("tls.crt", &kept.certificate), ("tls.key", &kept.key)] {
            data.insert(key.to_owned(), json!(STANDARD.encode(text)));
        }
        object["data"] = Value::Object(data);
        object
    }

    /// Puts the authorities into the configurations that name the Service, where they are not there.
    async fn publish(&self, client: &Client, kept: &Kept) -> Result<(), Error> {
        let Some(name) = &self.configuration else { return Ok(()) };
        let bundle = STANDARD.encode(&kept.authorities);
        let mut missing = 0;
        for plural in CONFIGURATIONS {
            let path = format!("/apis/admissionregistration.k8s.io/v1/{plural}/{name}");
            let configuration = match ask(client, Method::GET, &path, None).await {
                Ok(configuration) => configuration,
                Err(error) if error.kind == ErrorKind::NotFound => {
                    missing += 1;
                    continue;
                }
                Err(error) => return Err(error.within(format!("the configuration {name} cannot be read"))),
            };
            let operations = self.operations(&configuration, &bundle);
            if !operations.is_empty() {
                let patched = ask(client, Method::PATCH, &path, Some(Value::Array(operations))).await;
                patched.map_err(|error| error.within(format!("the caBundle of the configuration {name} cannot be written")))?;
            }
        }
        if missing == CONFIGURATIONS.len() {
            return Err(Error::of(ErrorKind::NotFound, format!("no webhook configuration has the name {name}"))
                .hint("apply what `webhook manifest` prints"));
        }
        Ok(())
    }

    /// The operations that put this bundle where it is missing, on the state that was read.
    fn operations(&self, configuration: &Value, bundle: &str) -> Vec<Value> {
        let webhooks = configuration.at(&["webhooks"]).map(Tree::list).unwrap_or_default();
        let is_ours = |webhook: &Value| {
            let of = |key: &str| webhook.owned_at(&["clientConfig", "service", key]);
            of("name") == self.service && of("namespace") == self.namespace
        };
        let lacks = |webhook: &Value| webhook.owned_at(&["clientConfig", "caBundle"]) != bundle;
        let numbers =
            webhooks.iter().enumerate().filter(|(_, webhook)| is_ours(webhook) && lacks(webhook)).map(|(number, _)| number);
        let put = |number| json!({ "op": "add", "path": format!("/webhooks/{number}/clientConfig/caBundle"), "value": bundle });
        let mut operations: Vec<Value> = numbers.map(put).collect();
        if !operations.is_empty() {
            let state = configuration.owned_at(&["metadata", "resourceVersion"]);
            operations.insert(0, json!({ "op": "test", "path": "/metadata/resourceVersion", "value": state }));
        }
        operations
    }
}

/// The begin and the end of a certificate that is made now, since 1970.
fn life(now: Duration) -> Result<[Duration; 2], Error> {
    let end = now.checked_add(LIFE).filter(|end| *end <= LAST);
    let end = end.ok_or_else(|| {
        Error::new("no certificate can be made")
            .because("the clock of this machine is at the end of the year 9999, or after it")
            .hint("set the clock")
    })?;
    Ok([now.saturating_sub(SKEW), end])
}

/// The first certificate of a bundle.
fn first(bundle: &str) -> Option<&str> {
    const END: &str = "-----END CERTIFICATE-----";
    let end = bundle.find(END)? + END.len();
    let rest = bundle.get(end..)?;
    let newline = rest.find('\n').map_or(rest.len(), |at| at + 1);
    bundle.get(..end + newline)
}

fn read(secret: &Value) -> Kept {
    let of = |key: &str| {
        let bytes = secret.at(&["data"]).and_then(|data| data.get(key)?.as_str()).and_then(|text| STANDARD.decode(text).ok());
        bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    };
    Kept {
        authorities: of("ca.crt"),
        certificate: of("tls.crt"),
        key: of("tls.key"),
        state: secret.owned_at(&["metadata", "resourceVersion"]),
    }
}

/// One request to the API server. A conflict with another writer is [`ErrorKind::Invalid`].
async fn ask(client: &Client, method: Method, path: &str, body: Option<Value>) -> Result<Value, Error> {
    let is_patch = method == Method::PATCH;
    let content_type = if is_patch { "application/json-patch+json" } else { "application/json" };
    let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let request = Request::builder().method(method).uri(path).header("content-type", content_type).body(bytes);
    let request = request.map_err(|error| {
        Error::new("there can be no such request to the cluster")
            .because(error)
            .hint("check the names of the namespace, the Secret and the configuration")
    })?;
    let object = api::object(client, request).await.map_err(|error| match error {
        // Of a patch, 422 is also the answer where its test of the state does not hold.
        kube::Error::Api(status) if status.code == 409 || is_patch && status.code == 422 => {
            Error::of(ErrorKind::Invalid, "another replica or program has changed it at the same time")
                .because(crate::text::shown(&status.message))
        }
        error => api::failed(error),
    })?;
    object.ok_or_else(|| api::unexpected("the API server's answer is not an object"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(service: &str) -> Own {
        Own { namespace: "wincompat".into(), secret: "tls".into(), service: service.into(), configuration: None }
    }

    #[test]
    fn a_certificate_is_good_for_its_service_and_with_its_key_and_authority() {
        let made = own("webhook").made(&Kept::default()).unwrap();
        assert!(own("webhook").is_good(&made));
        assert!(!own("other").is_good(&made));
        assert!(!own("webhook").is_good(&Kept::default()));
        let other = own("webhook").made(&Kept::default()).unwrap();
        assert!(!own("webhook").is_good(&Kept { key: other.key, ..made.clone() }));
        assert!(!own("webhook").is_good(&Kept { authorities: other.authorities, ..made.clone() }));
        // What a Secret gives back is what was put there.
        assert_eq!(read(&own("webhook").object(&made, None)), made);
    }

    #[test]
    fn no_certificate_is_made_for_times_that_none_can_name() {
        assert_eq!(life(Duration::from_secs(60)).unwrap(), [Duration::ZERO, Duration::from_secs(60) + LIFE]);
        assert_eq!(life(LAST - LIFE).unwrap()[1], LAST);
        for late in [LAST - LIFE + Duration::from_secs(1), LAST, Duration::MAX] {
            assert_eq!(life(late).unwrap_err().what, "no certificate can be made");
        }
    }

    #[test]
    fn a_secret_that_is_there_keeps_what_others_have_put_there_and_its_type() {
        let made = own("webhook").made(&Kept { state: "7".into(), ..Kept::default() }).unwrap();
        let there = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"tls.crt": "b2xk", "notes": "bWluZQ=="},
            "metadata": {"name": "tls", "resourceVersion": "7", "labels": {"team": "a"}}});
        let written = own("webhook").object(&made, Some(there.clone()));
        assert_eq!(read(&written), made);
        assert_eq!((&written["type"], &written["metadata"]), (&there["type"], &there["metadata"]));
        assert_eq!(written["data"]["notes"], "bWluZQ==");
        for empty in [json!({"metadata": {"resourceVersion": "7"}}), json!({"metadata": {"resourceVersion": "7"}, "data": null})]
        {
            assert_eq!(read(&own("webhook").object(&made, Some(empty))), made);
        }
    }

    /// Who has the certificate before is trusted by the new bundle, and older ones go.
    #[test]
    fn a_bundle_has_the_newest_authority_and_the_one_before() {
        let first_one = own("webhook").made(&Kept::default()).unwrap();
        let second = own("webhook").made(&Kept { state: "7".into(), ..first_one.clone() }).unwrap();
        let third = own("webhook").made(&second).unwrap();
        let number = |kept: &Kept| kept.authorities.matches("BEGIN CERTIFICATE").count();
        assert_eq!([number(&first_one), number(&second), number(&third)], [1, 2, 2]);
        assert_eq!(second.state, "7");
        assert!(own("webhook").is_good(&Kept { authorities: second.authorities.clone(), ..first_one.clone() }));
        assert!(!own("webhook").is_good(&Kept { authorities: third.authorities, ..first_one }));
    }

    /// A Secret that is deleted takes no trust from the certificate that is shown.
    #[test]
    fn a_certificate_instead_of_a_lost_one_goes_with_the_authority_of_the_one_that_is_shown() {
        let shown = own("webhook").made(&Kept::default()).unwrap();
        let lost = Kept { state: "7".into(), ..Kept::default() };
        let made = own("webhook").made(&lost.or_trusting(&shown.authorities)).unwrap();
        assert_eq!(made.state, "7");
        assert!(own("webhook").is_good(&made));
        assert!(own("webhook").is_good(&Kept { authorities: made.authorities, ..shown.clone() }));
        // One that is not lost has its own.
        assert_eq!(shown.clone().or_trusting("others"), shown);
    }

    #[test]
    fn only_its_own_webhooks_of_a_configuration_are_changed() {
        let webhook = |name: &str, bundle: &str| json!({"clientConfig": {"service": {"name": name, "namespace": "wincompat"}, "caBundle": bundle}});
        let configuration = json!({"metadata": {"resourceVersion": "9"},
            "webhooks": [webhook("other", ""), webhook("webhook", "old"), webhook("webhook", "new"), {"clientConfig": {"url": "https://x"}}]});
        let operations = own("webhook").operations(&configuration, "new");
        assert_eq!(
            operations,
            [
                json!({"op": "test", "path": "/metadata/resourceVersion", "value": "9"}),
                json!({"op": "add", "path": "/webhooks/1/clientConfig/caBundle", "value": "new"}),
            ]
        );
        assert!(own("webhook").operations(&json!({"webhooks": [webhook("webhook", "new")]}), "new").is_empty());
    }
}
