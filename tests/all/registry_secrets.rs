//! Passwords and tokens are shown to registries, and nowhere else.

use std::io::Write;
use std::sync::{Arc, Mutex};

use wincompat::internals::oci::distribution::{Client, Options};

use crate::support::again::again;
use crate::support::registry::images::{Access, Images, OCI_MANIFEST, basic, error, serve, token};
use crate::support::registry::{Reply, Server, options, stored};
use crate::support::started::started;

const PASSWORD: &str = "hunter2-password";

/// Takes what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Set in the process that the test has to itself.
const ALONE: &str = "WINCOMPAT_TEST_ALONE";

/// In a process of its own: what is logged by any thread counts, and the log is one for the whole process.
#[tokio::test]
async fn no_secret_is_shown_anywhere() {
    if std::env::var_os(ALONE).is_none() {
        let output = started(|| again(module_path!(), "no_secret_is_shown_anywhere").arg("--nocapture").env(ALONE, "1").output());
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && out.contains("test result: ok. 1 passed"), "{out}{err}");
        return;
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    tracing::subscriber::set_global_default(subscriber.with_writer(move || writer.clone()).finish()).unwrap();

    let accesses = [Access::Basic("user", PASSWORD), Access::TokenFor("user", PASSWORD), Access::TokenFor("user", "other")];
    let mut shown = String::new();
    for access in accesses {
        let server = serve(Images::default().tagged("app", "1", OCI_MANIFEST, "{}"), access);
        let signed = Server::start(|_| Reply::nothing());
        let credentials = stored(&server.name(), "user", PASSWORD);
        let client = Client::new(Options { credentials, ..options() }).unwrap();
        shown += &format!("{:?}\n", client.manifest(&server.name(), "app", "1").await.map(|_| ()));
        shown += &format!("{:?}\n", client.manifest(&server.name(), "missing", "1").await);
        shown += &format!("{client:?}\n");
        // An address that is signed is as good as a password.
        let there = signed.url(&format!("/blob?signature={PASSWORD}"));
        let redirecting = Server::start(move |_| Reply::redirect(307, &there));
        let error = client.manifest(&redirecting.name(), "app", "1").await.unwrap_err();
        assert_eq!(signed.requests().len(), 3);
        shown += &format!("{error:?}\n{error}\n");
    }
    // A server may send back what it was sent: as an error, as a warning, as the refusal of a token.
    for access in [Access::Basic("user", PASSWORD), Access::TokenFor("user", PASSWORD), Access::TokenFor("user", "other")] {
        let echoing = Server::start(move |request| {
            let sent = request.header("authorization").unwrap_or_default();
            let said =
                if sent.starts_with("Basic") { format!("you sent {sent} for {PASSWORD}") } else { format!("you sent {sent}") };
            match access.respond(request) {
                Some(reply) if sent.is_empty() || !matches!(access, Access::TokenFor(_, "other")) => reply,
                _ if request.path.ends_with("/1") => Reply::new(200, &[("warning", format!("299 - \"{said}\"").as_str())], "{}"),
                _ => error(403, "DENIED", &said),
            }
        });
        let credentials = stored(&echoing.name(), "user", PASSWORD);
        let client = Client::new(Options { credentials, ..options() }).unwrap();
        let answers = [client.manifest(&echoing.name(), "app", "1").await, client.manifest(&echoing.name(), "app", "2").await];
        let answers = format!("{answers:?}");
        assert!(answers.contains("(hidden)"), "{answers}");
        shown += &answers;
    }
    shown += &String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(shown.contains("/v2/app/manifests/1"), "nothing was logged: {shown}");
    let secrets = [PASSWORD.to_owned(), basic("user", PASSWORD), token("repository:app:pull")];
    for secret in secrets.iter().map(|secret| secret.trim_start_matches("Basic ")) {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
