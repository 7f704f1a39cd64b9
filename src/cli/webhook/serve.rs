//! `wincompat webhook serve`: the answers to the API server's questions.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::images::{Credentials, Registries, shared};
use super::named::{expected, namespaces};
use super::{HEALTH_PORT, PORT};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::interrupted::{ended_with_us, interrupted};
use crate::cli::io::Io;
use crate::cli::knowledge::KnowledgeArgs;
use crate::cli::policy::{ISOLATION_ON_NODES, PolicyArgs};
use crate::cli::registries::{RegistryArgs, credentials_of_now, for_strangers, private_registry, runtime};
use crate::cli::subcommand::Subcommand;
use crate::cli::time;
use crate::cli::warnings;
use crate::cli::wording::CommandLine;
use crate::cluster::admission::{Mode, Rules};
use crate::cluster::api::{self, Access, Scope};
use crate::cluster::client::Client;
use crate::cluster::live::SILENT;
use crate::compat::{Policy, Wish};
use crate::host::HostEngine;
use crate::webhook::{self, Answers, Certificates, Files, Images, Journal, Metrics, Own, Setup, View, Work};
use crate::{Engine, Error};

/// The time for one image.
const READ_WITHIN: Duration = Duration::from_secs(30);

/// The file with the namespace of a pod's own account.
const OWN_NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// The variable with the namespace of the pod, set by its manifest.
const NAMESPACE_VARIABLE: &str = "POD_NAMESPACE";

/// Answer the admission requests of the API server about pods.
#[derive(clap::Args, Clone, Debug)]
#[command(
    mut_arg("isolation", |isolation| isolation.help(ISOLATION_ON_NODES)),
    mut_arg("timeout", |timeout| timeout.help("Time limit in seconds. For each image (default: 30)")),
    after_help = "Examples:
  wincompat webhook serve --tls-cert tls.crt --tls-key tls.key
  wincompat webhook serve --mode steer --tls-cert tls.crt --tls-key tls.key
  wincompat webhook serve --tls-secret wincompat-tls --service wincompat

POST /mutate decides about pods, POST /validate warns the authors of what makes pods. /healthz, /readyz and /metrics are at the other \
address, without TLS. Nodes and RuntimeClasses are listed and watched. An image that is not read within the budget is not judged: the \
pod is admitted with a warning, and the reading goes on. What is not known is never denied. Each decision is a line of JSON on standard \
error.

SIGTERM and Ctrl-C stop it cleanly: /readyz fails, and open requests are answered. A second one stops it without waiting for the load balancer.

Exit codes: 0 stopped cleanly, 2 failure."
)]
pub struct Args {
    /// Address for admission requests, over TLS.
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = SocketAddr::from(([0, 0, 0, 0], PORT)))]
    listen: SocketAddr,
    /// Address for /healthz, /readyz and /metrics, without TLS.
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = SocketAddr::from(([0, 0, 0, 0], HEALTH_PORT)))]
    health_listen: SocketAddr,
    /// What to do with pods that can land where they do not run.
    #[arg(long, value_enum, default_value_t)]
    mode: ModeArg,
    /// How long a request may wait for images that are not known yet.
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = budget)]
    budget: Duration,
    /// Windows of nodes that may be added later, such as those of a pool with zero nodes, e.g. ltsc2025 or 26100,arm64; can be given several times,
    /// or several in one: A,B.
    #[arg(long, value_name = "RELEASE")]
    expect: Vec<String>,
    /// Namespace to skip, besides kube-system and the webhook's own; can be given several times, or several in one: A,B.
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',')]
    exempt: Vec<String>,
    /// Registry that may be in a private network or on this machine, e.g. registry.corp.example:5000, or *.corp.example; can be given
    /// several times, or several in one: A,B. Any other registry is asked only if it is on the internet.
    #[arg(long, value_name = "REGISTRY", value_delimiter = ',', value_parser = private_registry)]
    private_registry: Vec<String>,
    #[command(flatten)]
    certificate: CertificateArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    knowledge: KnowledgeArgs,
    #[command(flatten)]
    registries: RegistryArgs,
}

/// The values of `--mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum ModeArg {
    /// Warn their authors.
    #[default]
    Warn,
    /// Lead them to nodes that fit, by their node affinity.
    Steer,
    /// The same, and deny pods that fit no node.
    Enforce,
}

/// The certificate that API servers see.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Certificate")]
struct CertificateArgs {
    /// Certificate with its chain (PEM), read again when it changes.
    #[arg(long, value_name = "FILE", requires = "tls_key", required_unless_present = "tls_secret")]
    tls_cert: Option<PathBuf>,
    /// Key of the certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Secret in the webhook's namespace for a certificate that the webhook makes, and renews after two thirds of its life.
    #[arg(long, value_name = "NAME", requires = "service", conflicts_with = "tls_cert")]
    tls_secret: Option<String>,
    /// Service for which the webhook makes its certificate.
    #[arg(long, value_name = "NAME", requires = "tls_secret")]
    service: Option<String>,
    /// Name of the mutating and of the validating webhook configuration, whose caBundle is kept up to date.
    #[arg(long, value_name = "NAME", requires = "tls_secret")]
    configuration: Option<String>,
}

/// The cluster that it answers for.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Cluster")]
struct ClusterArgs {
    /// Context of the kubeconfig; the current one if none is named.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Kubeconfig. If it is not given: KUBECONFIG, ~/.kube/config, then the account of the pod that this runs in.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Namespace of the webhook, which is skipped. If it is not given: POD_NAMESPACE, then that of the pod's account.
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let journal = Journal::on(std::io::stderr());
        let warned = journal.clone();
        warnings::pass_on(move |why| warned.line("warning", "warning", json!({ "why": why })));
        let done = self.serve(io, journal.clone());
        journal.flush();
        done
    }
}

impl Args {
    fn serve(&self, io: &Io<'_>, journal: Journal) -> Result<ExitCode, Failure> {
        let knowledge = shared(self.knowledge.load()?);
        let engine = Some(HostEngine::new(Engine::Kubernetes, None));
        // What rests on an assumption is not known.
        let policy = Policy { strict: true, ..self.policy.policy(Wish::Default, engine)? };
        let namespace = self.cluster.namespace();
        namespaces("--namespace", &namespace)?;
        namespaces("--exempt", &self.exempt)?;
        let certificates = self.certificate.certificates(namespace.as_deref())?;
        let exempt: BTreeSet<String> = self.exempt.iter().cloned().chain(namespace).collect();
        let mode = match self.mode {
            ModeArg::Warn => Mode::Warn,
            ModeArg::Steer => Mode::Steer,
            ModeArg::Enforce => Mode::Enforce,
        };
        let expected = expected(&self.expect, &knowledge)?;
        let options = for_strangers(self.registries.options(io.platform, true, None), &self.private_registry);
        let within = self.registries.limit().unwrap_or(READ_WITHIN);
        let credentials = Credentials::new(credentials_of_now(io.platform));
        let registries = Registries { options, credentials, within, knowledge: Arc::clone(&knowledge), policy: policy.clone() };
        let access = Access {
            kubeconfig: self.cluster.kubeconfig.clone(),
            context: self.cluster.context.clone(),
            scope: Scope::All,
            within: SILENT,
            groups: ended_with_us(Arc::clone(&io.platform.groups)),
        };
        let (runtime, reading) = (runtime()?, runtime()?);
        let end = interrupted(u32::MAX)?;
        let metrics = Arc::new(Metrics::default());
        let answers = Answers {
            rules: Rules { mode, exempt },
            policy,
            knowledge,
            budget: self.budget,
            wording: &CommandLine,
            view: Arc::new(View::new(expected)),
            images: Images::new(Box::new(registries), reading.handle().clone(), Arc::clone(&metrics)),
            metrics,
            work: Work::default(),
            journal,
        };
        let served = runtime.block_on(async {
            let client = Client::of(&access, SILENT).await?;
            webhook::serve(Setup { listen: self.listen, health: self.health_listen, certificates, client, answers }, end).await
        });
        // What a registry still owes is not waited for.
        reading.shutdown_background();
        runtime.shutdown_background();
        served?;
        Ok(ExitCode::DONE)
    }
}

impl CertificateArgs {
    fn certificates(&self, namespace: Option<&str>) -> Result<Certificates, Error> {
        match (&self.tls_cert, &self.tls_key, &self.tls_secret, &self.service) {
            (Some(certificate), Some(key), _, _) => {
                Ok(Certificates::Files(Files { certificate: certificate.clone(), key: key.clone() }))
            }
            (_, _, Some(secret), Some(service)) => {
                let Some(namespace) = namespace else {
                    return Err(Error::new("the namespace of the Secret is not known").hint("name it with --namespace"));
                };
                for name in [secret, service, namespace].into_iter().chain(self.configuration.as_deref()) {
                    if !api::is_name(name) {
                        return Err(Error::new(format!("{} is not a name that Kubernetes takes", crate::text::quoted(name)))
                            .hint("use small letters, digits, dots and hyphens"));
                    }
                }
                Ok(Certificates::Own(Own {
                    namespace: namespace.to_owned(),
                    secret: secret.clone(),
                    service: service.clone(),
                    configuration: self.configuration.clone(),
                }))
            }
            _ => Err(Error::new("no certificate is named").hint("use --tls-cert with --tls-key, or --tls-secret with --service")),
        }
    }
}

impl ClusterArgs {
    /// The namespace that it runs in, where something says it.
    fn namespace(&self) -> Option<String> {
        let of_variable = || std::env::var(NAMESPACE_VARIABLE).ok();
        let of_account = || std::fs::read_to_string(OWN_NAMESPACE).ok().map(|name| name.trim().to_owned());
        self.namespace.clone().or_else(of_variable).or_else(of_account).filter(|name| !name.is_empty())
    }
}

/// Reads the budget of a question.
fn budget(text: &str) -> Result<Duration, String> {
    let budget = time::duration(text).map_err(|_| "write e.g. 1s or 500ms")?;
    if budget > Duration::from_secs(25) {
        return Err("an API server waits for 30 seconds at most: use 25s or less".to_owned());
    }
    Ok(budget)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_has_a_unit_and_ends_before_the_time_of_an_api_server() {
        assert_eq!((budget("500ms"), budget("25s")), (Ok(Duration::from_millis(500)), Ok(Duration::from_secs(25))));
        for text in ["0", "1", "soon"] {
            assert_eq!(budget(text), Err("write e.g. 1s or 500ms".to_owned()), "{text}");
        }
        assert!(budget("24h").unwrap_err().contains("use 25s or less"));
    }
}
