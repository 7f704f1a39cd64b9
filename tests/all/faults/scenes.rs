//! The commands that meet the faults, the images they ask for, and what of each run is right.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use wincompat::image::Digest;

use super::Failing;
use super::kinds::{ENDLESS, Fault, Honest, Places};
use crate::support::program::{Answer, Program};
use crate::support::registry::images::{Access, Images};
use crate::support::registry::windows::WindowsImage;
use crate::support::registry::{Reply, Server};

/// The host of every run.
const HOST: &str = "--host=ltsc2022";

/// The seconds that a command may take: long enough for a busy machine, and for the tries after a failure.
const SECONDS: &str = "--timeout=6";

/// A command and the image it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// An image that runs.
    CheckGood,
    /// One that does not.
    CheckBad,
    /// One that runs by its index, and not by its config.
    CheckLiesYes,
    /// One that runs by its config, and not by its index.
    CheckLiesNo,
    Pull,
    /// The one that lies is not pulled.
    PullLiesYes,
}

impl Scene {
    pub const ALL: [Self; 6] =
        [Self::CheckGood, Self::CheckBad, Self::CheckLiesYes, Self::CheckLiesNo, Self::Pull, Self::PullLiesYes];

    pub fn command(self) -> &'static str {
        if matches!(self, Self::Pull | Self::PullLiesYes) { "pull" } else { "check" }
    }

    /// The exit code when nothing fails.
    fn truth(self) -> i32 {
        match self {
            Self::CheckGood | Self::CheckLiesNo | Self::Pull => 0,
            Self::CheckBad | Self::CheckLiesYes => 1,
            Self::PullLiesYes => 2,
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::CheckGood | Self::Pull => "good",
            Self::CheckBad => "bad",
            Self::CheckLiesYes | Self::PullLiesYes => "lies-yes",
            Self::CheckLiesNo => "lies-no",
        }
    }
}

/// The outcome of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The answer is the true one, and all that it rests on was read.
    Answered,
    /// Not decided, or not done: exit code 2.
    Undecided,
    Wrong,
}

/// A run that is over.
pub struct Ran {
    pub outcome: Outcome,
    pub wrong: Vec<String>,
    /// The responses that were sent.
    pub responses: usize,
}

fn linux() -> WindowsImage {
    WindowsImage::of("").indexed("os", "linux").stated("os", "linux")
}

fn of(version: &str) -> WindowsImage {
    let image = WindowsImage::of(version);
    let layers = layers(version);
    let diff_ids: Vec<_> = layers.iter().map(|layer| Digest::of(layer).as_str().to_owned()).collect();
    let mut image = image.stated("rootfs", serde_json::json!({"type": "layers", "diff_ids": diff_ids}));
    let media_type = "application/vnd.oci.image.layer.v1.tar";
    image.layers = layers.iter().map(|layer| crate::support::registry::windows::descriptor(media_type, layer)).collect();
    image
}

/// Two small layers, which are those of this version alone.
fn layers(version: &str) -> [Vec<u8>; 2] {
    ["base", "top"].map(|name| {
        let mut archive = tar::Builder::new(Vec::new());
        let content = format!("{name} of {version}");
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("Files/{name}.txt"), content.as_bytes()).unwrap();
        archive.into_inner().unwrap()
    })
}

fn arm64() -> WindowsImage {
    of("10.0.26100.7462").indexed("architecture", "arm64").stated("architecture", "arm64")
}

/// An image that says one version in its index and has another.
fn lying(indexed: &str, stated: &str) -> WindowsImage {
    of(stated).indexed("os.version", indexed)
}

/// All images: in each index something for Linux, something for arm64, and the one it is about.
fn images() -> Images {
    let good = [linux(), of("10.0.17763.7314"), of("10.0.20348.4294"), arm64()];
    let mut images = Images::default()
        .windows("app", "good", &good)
        .windows("app", "bad", &[linux(), of("10.0.26100.4061"), arm64()])
        .windows("app", "lies-yes", &[linux(), lying("10.0.20348.3091", "10.0.26100.3194"), arm64()])
        .windows("app", "lies-no", &[linux(), lying("10.0.26100.2605", "10.0.20348.2966"), arm64()])
        .windows("app", "kept", &[of("10.0.20348.2031")]);
    for version in
        ["10.0.17763.7314", "10.0.20348.4294", "10.0.26100.4061", "10.0.26100.3194", "10.0.20348.2966", "10.0.20348.2031"]
    {
        for layer in layers(version) {
            images = images.blob("app", layer);
        }
    }
    images
}

/// A cache and a store in which there is an image already.
pub struct Template {
    images: Images,
    program: Program,
}

/// Nothing but what is needed for this command.
fn command(program: &Program, server: &Server, arguments: &[&str], tag: &str) -> assert_cmd::Command {
    let mut command = program.command();
    command.args(arguments).arg("--mirror").arg(format!("registry.test={}", server.url("")));
    command.env("WINCOMPAT_ROOT", program.folder().join("store")).arg(format!("registry.test/app:{tag}"));
    command
}

impl Template {
    pub fn new() -> Self {
        let template = Self { images: images(), program: Program::new() };
        let server = template.server(None, "").0;
        for arguments in [&["check", HOST][..], &["pull", HOST]] {
            let answer = Answer::of(&mut command(&template.program, &server, arguments, "kept"));
            assert_eq!(answer.code, 0, "{answer:?}");
        }
        template
    }

    /// A registry with a token service in which responses fail.
    fn server(&self, failing: Option<(Fault, Failing)>, elsewhere: &str) -> (Server, Arc<AtomicUsize>) {
        let (images, access) = (self.images.clone(), Access::Token);
        let responses = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&responses);
        let elsewhere = elsewhere.to_owned();
        let server = Server::start(move |request| {
            if request.path.starts_with(ENDLESS) {
                return Reply::redirect(307, ENDLESS);
            }
            let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
            let reply = access.respond(request).unwrap_or_else(|| images.respond(request));
            match failing {
                Some((fault, failing)) if failing.hits(number) => {
                    let here = format!("http://{}", request.header("host").unwrap_or_default());
                    let places = Places { here, elsewhere: elsewhere.clone() };
                    (fault.spoil)(&Honest::of(&reply), request, &places)
                }
                _ => reply,
            }
        });
        (server, responses)
    }

    /// One command, with these failures; then the same once more without any.
    pub fn run(&self, scene: Scene, failing: Option<(Fault, Failing)>) -> Ran {
        let program = Program::new();
        copy(self.program.folder(), program.folder());
        let before = files(program.folder());
        // Another host answers everything, with what nobody asked for.
        let elsewhere = Server::start(|_| Reply::json(200, r#"{"schemaVersion":2,"manifests":[]}"#));
        let (server, responses) = self.server(failing, &elsewhere.url(""));
        let arguments: &[&str] = match scene.command() {
            "check" => &["check", HOST, SECONDS, "--format=json"],
            _ => &["pull", HOST, SECONDS],
        };
        let answer = Answer::of(&mut command(&program, &server, arguments, scene.tag()));
        let sent = responses.load(Ordering::SeqCst);
        let mut wrong = Vec::new();
        let mut must = |held: bool, what: &str| {
            if !held {
                wrong.push(format!("{what}: exit code {}, {}", answer.code, said(&answer)));
            }
        };
        must([scene.truth(), 2].contains(&answer.code), "the answer is the true one, or none");
        if scene.command() == "check" {
            let yes = answer.json()["results"].as_array().unwrap().iter().any(|result| result["ok"] == true);
            must(yes == (answer.code == 0), "the JSON says what the exit code says");
            must(answer.code != 2 || says_why(&answer), "an open result says why");
        } else {
            must(answer.code == 0 || answer.err.contains("hint: "), "what was not done has a hint");
        }
        if scene.truth() == 0 && answer.code == 0 {
            let read = server.requests();
            let digests = self.needed(scene);
            must(digests.iter().all(|digest| read.iter().any(|request| request.path.ends_with(digest.as_str()))), "all was read");
        }
        let kept = elsewhere.requests().iter().all(|request| request.header("authorization").is_none());
        must(kept, "no other host is shown the token");
        wrong.extend(lost(&before, program.folder()));
        wrong.extend(unsound(&program.folder().join("store"), scene == Scene::Pull && answer.code == 0));
        let again = Answer::of(&mut command(&program, &self.server(None, "").0, arguments, scene.tag()));
        if again.code != scene.truth() {
            wrong.push(format!("the next command gives {} where {} is true: {}", again.code, scene.truth(), said(&again)));
        }
        wrong.extend(unsound(&program.folder().join("store"), scene == Scene::Pull));
        let outcome = match answer.code {
            _ if !wrong.is_empty() => Outcome::Wrong,
            2 if scene.truth() != 2 || failing.is_some() => Outcome::Undecided,
            _ => Outcome::Answered,
        };
        Ran { outcome, wrong, responses: sent }
    }

    /// The digests without which the image of this scene cannot be known to run.
    fn needed(&self, scene: Scene) -> Vec<Digest> {
        let image = if scene == Scene::CheckLiesNo { lying("10.0.26100.2605", "10.0.20348.2966") } else { of("10.0.20348.4294") };
        vec![Digest::of(&image.manifest_bytes()), Digest::of(&image.config_bytes())]
    }
}

/// The findings of a report, or what went wrong, in few words.
fn said(answer: &Answer) -> String {
    let report: Value = serde_json::from_str(&answer.out).unwrap_or_default();
    let messages = ["results", "errors"].iter().flat_map(|list| report[list].as_array().cloned().unwrap_or_default());
    let messages: Vec<String> = messages
        .flat_map(|entry| entry["findings"].as_array().cloned().unwrap_or_else(|| vec![entry]))
        .map(|finding| format!("{}: {}", finding["code"].as_str().unwrap_or("error"), finding["message"]))
        .collect();
    if messages.is_empty() { answer.err.replace('\n', " | ") } else { messages.join(" | ") }
}

/// True if a document names an error, or a finding that is an error or a warning.
fn says_why(answer: &Answer) -> bool {
    let report = answer.json();
    let errors = report["errors"].as_array().is_some_and(|errors| !errors.is_empty());
    let results = report["results"].as_array().unwrap();
    errors
        || results.iter().any(|result| result["findings"].as_array().unwrap().iter().any(|finding| finding["severity"] != "note"))
}

/// Copies a folder and all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// The content below a folder, by path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn add(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(root, &path, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    add(folder, folder, &mut found);
    found
}

/// The blobs that were there before and are not any more, or are others.
fn lost(before: &BTreeMap<String, Vec<u8>>, folder: &Path) -> Vec<String> {
    let now = files(folder);
    let blobs = before.iter().filter(|(path, _)| path.contains("sha256"));
    let mut lost: Vec<_> =
        blobs.filter(|(path, bytes)| now.get(*path) != Some(bytes)).map(|(path, _)| format!("{path} is lost")).collect();
    for (path, bytes) in now.iter().filter(|(path, _)| path.contains("sha256")) {
        if Digest::of(bytes).hex() != path.rsplit(['/', '\\']).next().unwrap() {
            lost.push(format!("{path} is not what its name says"));
        }
    }
    lost
}

/// What is wrong with a store: every image that it lists has all its blobs, the one of before is among them, and the pulled one
/// if it was pulled, and only then.
fn unsound(store: &Path, pulled: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let read = |digest: &str| fs::read(store.join("blobs/sha256").join(digest.trim_start_matches("sha256:")));
    let index: Value = match fs::read(store.join("index.json")).map(|bytes| serde_json::from_slice(&bytes)) {
        Ok(Ok(index)) => index,
        other => return vec![format!("the list of the store cannot be read: {other:?}")],
    };
    let mut names = Vec::new();
    for entry in index["manifests"].as_array().unwrap() {
        let name = entry["annotations"]["org.opencontainers.image.ref.name"].as_str().unwrap();
        names.push(name.to_owned());
        let Ok(manifest) = read(entry["digest"].as_str().unwrap()) else {
            wrong.push(format!("{name} has no manifest"));
            continue;
        };
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        for descriptor in manifest["layers"].as_array().unwrap().iter().chain([&manifest["config"]]) {
            let digest = descriptor["digest"].as_str().unwrap();
            let intact = read(digest).is_ok_and(|bytes| Digest::of(&bytes).as_str() == digest);
            if !intact {
                wrong.push(format!("{name} lacks {digest}"));
            }
        }
    }
    names.sort();
    let expected: &[&str] =
        if pulled { &["registry.test/app:good", "registry.test/app:kept"] } else { &["registry.test/app:kept"] };
    if names != expected {
        wrong.push(format!("the store lists {names:?} where {expected:?} are there"));
    }
    wrong
}
