//! `wincompat webhook manifest`: everything that installs the webhook, as YAML, as a base of Kustomize, or as a chart of Helm.

mod objects;
mod packages;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::builder::PossibleValuesParser;

use self::objects::{Install, Namespace, part};
use super::named::{EXPECTED, expected, namespaces};
use crate::Error;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::placed::placed;
use crate::cli::registries::private_registry;
use crate::cli::subcommand::Subcommand;
use crate::cluster::api::is_name;
use crate::files::read_regular;
use crate::image::Reference;
use crate::image::reference::Location;
use crate::knowledge::Knowledge;
use crate::text::quoted;

/// The most bytes of a file with certificates.
const LARGEST: u64 = 1 << 20;

/// The image that is written where none is named. There is none that everybody has: it has to be replaced.
const UNNAMED: &str = concat!("registry.example/wincompat:", env!("CARGO_PKG_VERSION"));

/// The values of `--mode`.
const MODES: [&str; 3] = ["warn", "steer", "enforce"];

/// Print everything that installs the webhook in a cluster.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat webhook manifest --image registry.example/wincompat:1 > w.yaml
  kubectl apply -f w.yaml
  wincompat webhook manifest --image r.example/wincompat:1 --expect ltsc2025
  wincompat webhook manifest --image r.example/wincompat:1 --as helm --output c
  helm install wincompat c -n wincompat --create-namespace

The image is that of the release, or your own: docs/kubernetes.md says how to build it. Nothing is written in the cluster. \
Two replicas run on Linux nodes, as a user without rights, on a read-only root. Their account may list \
and watch nodes and RuntimeClasses, and with --certificates own write its own Secret and the caBundle of its two configurations. Pods of \
kube-system and of the webhook's namespace are skipped. With --failure-policy ignore, pods are created without a check while the webhook \
cannot be reached.

Exit codes: 0 done, 2 failure.")]
pub struct Args {
    /// Namespace of the webhook, which is skipped.
    #[arg(long, value_name = "NAME", default_value = "wincompat")]
    namespace: String,
    /// What to do with pods that can land where they do not run. Warn their authors, lead them to nodes that fit (steer), or also deny those
    /// that fit no node (enforce).
    #[arg(long, default_value = "warn", value_parser = PossibleValuesParser::new(MODES))]
    mode: String,
    /// Image with wincompat for Linux. The default stands for yours, and cannot be pulled.
    #[arg(long, value_name = "REFERENCE", default_value = UNNAMED)]
    image: String,
    /// Number of replicas.
    #[arg(long, value_name = "NUMBER", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=100))]
    replicas: u16,
    /// What happens to pods while the webhook cannot be reached: they are created (ignore), or refused (fail).
    #[arg(long, default_value = "ignore", value_parser = PossibleValuesParser::new(["ignore", "fail"]))]
    failure_policy: String,
    /// Where the certificate comes from.
    #[arg(long, value_enum, default_value_t)]
    certificates: Certificates,
    /// Authority of the certificate (PEM), for --certificates files.
    #[arg(long, value_name = "FILE", required_if_eq("certificates", "files"))]
    ca_bundle: Option<PathBuf>,
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
    /// Secret of the type kubernetes.io/dockerconfigjson in the webhook's namespace, with the credentials for registries.
    #[arg(long, value_name = "NAME")]
    registry_secret: Option<String>,
    /// Do not let the API server ask about pods for Linux. Needs Kubernetes 1.28 or later.
    #[arg(long)]
    match_conditions: bool,
    /// Form: YAML on standard output, a base of Kustomize, or a chart of Helm.
    #[arg(long = "as", value_name = "FORM", value_enum, default_value_t)]
    form: Form,
    /// Folder for the files.
    #[arg(long, value_name = "DIR", required_if_eq_any([("form", "kustomize"), ("form", "helm")]))]
    output: Option<PathBuf>,
    /// Overwrite existing files.
    #[arg(long, requires = "output")]
    force: bool,
}

/// The values of `--certificates`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Certificates {
    /// The webhook makes it, keeps it in a Secret, and renews it.
    #[default]
    Own,
    /// cert-manager makes it; it has to be installed.
    CertManager,
    /// It is in the Secret wincompat-webhook-tls, which you make.
    Files,
}

/// The values of `--as`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// YAML.
    #[default]
    Yaml,
    /// A base of Kustomize.
    Kustomize,
    /// A chart of Helm.
    Helm,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let install = self.install()?;
        if self.image == UNNAMED {
            io.warn(
                &format!("the image {UNNAMED} stands for yours; name it with --image, or replace it in what is written").into(),
            );
        }
        let (files, folder) = match (self.form, &self.output) {
            (Form::Yaml, None) => {
                io.out.write_all(packages::plain(&install).as_bytes())?;
                return Ok(ExitCode::DONE);
            }
            (Form::Yaml, Some(folder)) => (vec![("webhook.yaml".to_owned(), packages::plain(&install))], folder),
            (Form::Kustomize, Some(folder)) => (packages::kustomize(&install), folder),
            (Form::Helm, Some(folder)) => (packages::helm(&install), folder),
            (Form::Kustomize | Form::Helm, None) => {
                return Err(Error::new("this form is several files").hint("name their folder with --output DIR").into());
            }
        };
        let files: Vec<(PathBuf, String)> = files.into_iter().map(|(name, text)| (folder.join(name), text)).collect();
        if let Some((path, _)) = files.iter().find(|(path, _)| !self.force && path.symlink_metadata().is_ok()) {
            return Err(Error::new(format!("{} is there already", path.display()))
                .hint("name another folder with --output, or write over its files with --force")
                .into());
        }
        for (path, text) in files {
            write(&path, &text)?;
        }
        Ok(ExitCode::DONE)
    }
}

impl Args {
    fn install(&self) -> Result<Install, Error> {
        namespaces("--namespace", [&self.namespace])?;
        namespaces("--exempt", &self.exempt)?;
        // The namespace is made with a limit for all pods in it, which others there may not pass.
        if self.namespace == "default" || self.namespace.starts_with("kube-") {
            return Err(Error::new(format!("the webhook is not installed into the namespace {}", self.namespace))
                .because("it needs a namespace of its own, in which pods are restricted by Pod Security")
                .hint("name another one, e.g. --namespace wincompat"));
        }
        let is_image = self.image.parse::<Reference>().is_ok_and(|image| matches!(image.location(), Location::Registry(_)));
        if !is_image {
            return Err(Error::new(format!("{} is not an image", quoted(&self.image)))
                .hint("name it as registry.example/wincompat:1 with --image"));
        }
        if let Some(release) = self.expect.iter().find(|releases| !releases.split(',').all(part)) {
            return Err(Error::new(format!("{} is not a release of Windows", quoted(release))).hint(EXPECTED));
        }
        expected(&self.expect, Knowledge::built_in())?;
        if let Some(name) = self.registry_secret.as_ref().filter(|name| !is_name(name)) {
            return Err(Error::new(format!("{} is not the name of a Secret", quoted(name)))
                .hint("use small letters, digits, dots and hyphens"));
        }
        if self.ca_bundle.is_some() && self.certificates != Certificates::Files {
            return Err(Error::new("the authority of --ca-bundle would not be used")
                .because("the webhook, or cert-manager, makes the certificate and its authority")
                .hint("add --certificates files for a certificate of yours, or leave out --ca-bundle"));
        }
        let ca_bundle = match &self.ca_bundle {
            Some(path) => Some(STANDARD.encode(certificates(path)?)),
            None => None,
        };
        Ok(Install {
            namespace: Namespace::Named(self.namespace.clone()),
            mode: self.mode.clone().into(),
            image: self.image.clone().into(),
            replicas: self.replicas.into(),
            failure_policy: if self.failure_policy == "fail" { "Fail" } else { "Ignore" }.into(),
            expect: self.expect.join(",").into(),
            exempt: self.exempt.clone(),
            private_registries: self.private_registry.clone(),
            registry_secret: self.registry_secret.clone(),
            certificates: self.certificates,
            ca_bundle,
            match_conditions: self.match_conditions,
        })
    }
}

/// The certificates of a file, in PEM, and nothing else of it: many may read what is installed.
fn certificates(path: &Path) -> Result<String, Error> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let wrong = |why: &str| {
        Error::new(format!("the authority in {} cannot be used", path.display()))
            .because(why)
            .hint("name a file with the certificates of the authority in PEM, and without any key")
    };
    let bytes = read_regular(path, LARGEST).map_err(|error| wrong(&error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is not a text"))?;
    if text.contains("PRIVATE KEY-----") {
        return Err(wrong("it holds a private key"));
    }
    let mut certificates = String::new();
    for part in text.split(BEGIN).skip(1) {
        let (body, _) = part.split_once(END).ok_or_else(|| wrong("a certificate in it has no end"))?;
        let encoded: String = body.split_whitespace().collect();
        if encoded.is_empty() || STANDARD.decode(&encoded).is_err() {
            return Err(wrong("a certificate in it is damaged"));
        }
        certificates += &format!("{BEGIN}\n{}\n{END}\n", body.trim());
    }
    if certificates.is_empty() {
        return Err(wrong("there is no certificate in it"));
    }
    Ok(certificates)
}

/// Writes a file, and the folders that it is in.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| placed(path, text)).map_err(|error| {
        Error::new(format!("{} cannot be written", path.display()))
            .because(error)
            .hint("name a folder that you may write to with --output")
    })
}
