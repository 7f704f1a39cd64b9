//! The server: two listeners, the watches, the certificate, and an end in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::answers::{Answers, Path};
use super::certificate::{Files, Shown, tls};
use super::connections::{Body, Connections, Reply, Stage, reply};
use super::metrics::Gauges;
use super::own_certificate::Own;
use crate::Error;
use crate::cluster::ClusterNode;
use crate::cluster::client::Client;
use crate::cluster::watch::{Followed, Told, follow};
use crate::host::pod::RuntimeClass;

/// The time for which it still serves after it was asked to end: until everybody has seen that it is not ready.
const LEAVING: Duration = Duration::from_secs(5);

/// The time that open requests have after that.
const ENDING: Duration = Duration::from_secs(10);

/// The source of the certificate.
#[derive(Clone, Debug)]
pub enum Certificates {
    /// Files that others write.
    Files(Files),
    /// Made by itself, and kept in a Secret.
    Own(Own),
}

/// All that a server needs.
pub struct Setup {
    /// The address for questions.
    pub listen: SocketAddr,
    /// The address for health and numbers.
    pub health: SocketAddr,
    /// The certificate.
    pub certificates: Certificates,
    /// The cluster.
    pub client: Client,
    /// The answers.
    pub answers: Answers,
}

/// The parts of it that responses need.
struct Server {
    answers: Answers,
    shown: Arc<Shown>,
    stage: watch::Receiver<Stage>,
}

/// Serves until `end` says so, and then in order: not ready, then no new connections, then the end of those that are open.
///
/// # Errors
///
/// Addresses that cannot be listened on, and a certificate that cannot be used.
pub async fn serve(setup: Setup, mut end: watch::Receiver<bool>) -> Result<(), Error> {
    let Setup { listen, health, certificates, client, answers } = setup;
    let journal = answers.journal.clone();
    let shown = Arc::new(Shown::default());
    let (listener, plain) = (bind(listen).await?, bind(health).await?);
    for (what, listener) in [("admission requests", &listener), ("health", &plain)] {
        let address = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
        journal.line("info", "listening", json!({ "for": what, "address": address }));
    }
    match certificates {
        Certificates::Files(files) => files.follow(Arc::clone(&shown), Arc::clone(&answers.metrics), journal.clone())?,
        Certificates::Own(own) => own.follow(client.clone(), Arc::clone(&shown), Arc::clone(&answers.metrics), journal.clone()),
    }
    let (stages, stage) = watch::channel(Stage::default());
    let connections = Connections::new(stage.clone(), Arc::clone(&answers.metrics));
    let acceptor = TlsAcceptor::from(Arc::new(tls(Arc::clone(&shown))?));
    let server = Arc::new(Server { answers, shown, stage });
    let watches = [tokio::spawn(nodes(Arc::clone(&server), client.clone())), tokio::spawn(classes(Arc::clone(&server), client))];
    let responding = {
        let server = Arc::clone(&server);
        move |connections, request| {
            let server = Arc::clone(&server);
            async move { server.question(connections, request).await }
        }
    };
    let questions = tokio::spawn(connections.clone().serve(listener, Some(acceptor), responding));
    let health = Connections::new(stages.subscribe(), Arc::clone(&server.answers.metrics));
    let health = tokio::spawn(health.serve(plain, None, move |connections: Connections, request| {
        let server = Arc::clone(&server);
        async move { server.health(&connections, &request) }
    }));
    // The sender is gone: that is the end as well.
    let _ = end.wait_for(|end| *end).await;
    journal.line("info", "ending", json!({}));
    // A second signal cuts this short.
    end.mark_unchanged();
    stages.send_replace(Stage::Leaving);
    let _ = tokio::time::timeout(LEAVING, end.changed()).await;
    stages.send_replace(Stage::Ending);
    let _ = tokio::time::timeout(ENDING, async {
        let _ = questions.await;
        health.abort();
    })
    .await;
    for watch in watches {
        watch.abort();
    }
    journal.line("info", "ended", json!({}));
    journal.flush();
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|error| {
        Error::new(format!("this program cannot listen on {address}"))
            .because(error)
            .hint("name another address, or end the program that listens there")
    })
}

/// Follows the nodes.
async fn nodes(server: Arc<Server>, client: Client) {
    let answers = &server.answers;
    let reduce = |_: &str, object: &serde_json::Value| {
        Some(ClusterNode::of(object, &answers.knowledge).ok().filter(ClusterNode::is_known).map(Arc::new))
    };
    let told = |told: Told<'_, Option<Arc<ClusterNode>>>| match told {
        Told::Known(nodes) => answers.view.put_nodes(nodes),
        Told::Failed(error) => failed(answers, Followed::Nodes, error),
    };
    follow(&client, Followed::Nodes, None, reduce, told).await;
}

/// Follows the RuntimeClasses.
async fn classes(server: Arc<Server>, client: Client) {
    let answers = &server.answers;
    let told = |told: Told<'_, RuntimeClass>| match told {
        Told::Known(classes) => answers.view.put_classes(classes),
        Told::Failed(error) => failed(answers, Followed::Classes, error),
    };
    follow(&client, Followed::Classes, None, |_, object| Some(RuntimeClass::of(object)), told).await;
}

fn failed(answers: &Answers, followed: Followed, error: &Error) {
    answers.metrics.failed(followed.as_str());
    answers.journal.line("warning", "not followed", json!({ "objects": followed.as_str(), "why": error.sentence() }));
}

impl Server {
    /// The response to a question.
    async fn question(&self, connections: Connections, request: Request<Incoming>) -> Reply {
        let path = match request.uri().path() {
            "/mutate" => Path::Mutate,
            "/validate" => Path::Validate,
            _ => return connections.refuse(StatusCode::NOT_FOUND, "the paths are /mutate and /validate"),
        };
        let body = match connections.json(request).await {
            Ok(body) => body,
            Err(refused) => return refused,
        };
        let Body { bytes, shares } = body;
        let answer = self.answers.answer(path, bytes).await;
        drop(shares);
        match answer {
            Ok(answer) => reply(StatusCode::OK, "application/json", answer),
            Err(refused) => connections.refuse(StatusCode::BAD_REQUEST, &refused.0),
        }
    }

    /// The response to a question about itself.
    fn health(&self, connections: &Connections, request: &Request<Incoming>) -> Reply {
        let text = |status, text: &str| reply(status, "text/plain; charset=utf-8", format!("{text}\n"));
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return connections.refuse(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered here");
        }
        match request.uri().path() {
            "/healthz" => text(StatusCode::OK, "ok"),
            "/readyz" => match self.missing() {
                None => text(StatusCode::OK, "ok"),
                Some(missing) => text(StatusCode::SERVICE_UNAVAILABLE, missing),
            },
            "/metrics" => {
                reply(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", self.answers.metrics.text(self.gauges()))
            }
            _ => connections.refuse(StatusCode::NOT_FOUND, "the paths are /healthz, /readyz and /metrics"),
        }
    }

    /// What it still waits for.
    fn missing(&self) -> Option<&'static str> {
        let seen = self.answers.view.now();
        if *self.stage.borrow() != Stage::Serving {
            Some("it is ending")
        } else if !self.shown.is_there() {
            Some("there is no certificate yet")
        } else if seen.nodes.is_none() {
            Some("the nodes are not listed yet")
        } else if seen.classes.is_none() {
            Some("the RuntimeClasses are not listed yet")
        } else {
            None
        }
    }

    fn gauges(&self) -> Gauges {
        let seen = self.answers.view.now();
        let (images, reading) = self.answers.images.numbers();
        let nodes = seen.nodes.as_ref();
        Gauges {
            nodes: nodes.map_or(0, |nodes| nodes.nodes.len()),
            groups: nodes.map_or(0, |nodes| nodes.groups.len()),
            images,
            reading,
            lost_lines: self.answers.journal.lost(),
            ready: self.missing().is_none(),
        }
    }
}
