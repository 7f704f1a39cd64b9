//! A store and the programs that import into it: each is this test program once more, since what is to happen to it stands in
//! its environment, and since it may be killed.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use wincompat::hcs::machine::CALL_TIMEOUT;
use wincompat::hcs::trace::Trace;
use wincompat::image::Digest;
use wincompat::internals::layer::LayerId;
use wincompat::internals::oci::layout::Folder;
use wincompat::internals::oci::pull;
use wincompat::internals::runner::life::interrupts::Interrupts;
use wincompat::internals::runner::life::prune::prune;
use wincompat::internals::runner::store::Store;
use wincompat::internals::runner::store::import::{import, is_complete};
use wincompat::windows::{StoreFolders, connect};

use crate::support::again::again;
use crate::support::emulated::Host;
use crate::support::emulated::image::{Image, name};
use crate::support::started::started;

/// What an importer is told by.
const TASK: &str = "WINCOMPAT_TEST_IMPORT";

/// What an importer is to do.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    root: PathBuf,
    /// Repositories of the images to import, in this order.
    images: Vec<String>,
    /// Whether to prune instead.
    prune: bool,
    answer: PathBuf,
}

/// What became of an image: its error and causes, or nothing.
pub type Outcome = Result<(), Vec<String>>;

/// A host with a store.
pub struct Shop {
    pub host: Host,
    pub store: Store,
    blobs: Folder,
    root: PathBuf,
    answers: Cell<u32>,
    folder: TempDir,
    /// The rule of the emulator that does not hold, if any.
    without: &'static str,
}

impl Shop {
    /// A new one; `None` where there is no emulator.
    pub fn new() -> Option<Self> {
        Self::in_folder("store")
    }

    /// The same with the store's folder below this name.
    pub fn in_folder(below: &str) -> Option<Self> {
        let host = Host::new()?;
        let folder = TempDir::new().unwrap();
        let root = folder.path().join(below);
        let blobs = Folder::create(&StoreFolders, &root).unwrap();
        let store = Store::open(&StoreFolders, &root).unwrap();
        Some(Self { host, store, blobs, root, answers: Cell::new(0), folder, without: "" })
    }

    /// The same host without an inferred rule of the emulator.
    pub fn without(self, rule: &'static str) -> Self {
        Self { without: rule, ..self }
    }

    /// Puts an image into the store; its layers' ids, lowest first.
    pub fn put(&self, repository: &str, image: &Image) -> Vec<LayerId> {
        image.put(&self.blobs, &name(repository, "1"));
        let mut ids: Vec<LayerId> = Vec::new();
        for layer in &image.layers {
            ids.push(LayerId::on(ids.last(), &Digest::of(layer)));
        }
        ids
    }

    /// Imports one image, which must work.
    pub fn import(&self, repository: &str) {
        assert_eq!(self.try_import(&[repository]), [Ok(())]);
    }

    /// Imports images one after the other.
    pub fn try_import(&self, repositories: &[&str]) -> Vec<Outcome> {
        let (status, outcomes) = self.import_with(repositories, "");
        assert!(status.success(), "{status}");
        outcomes
    }

    /// Imports while the host has these faults: how the importer ended, and what it told before.
    pub fn import_with(&self, repositories: &[&str], faults: &str) -> (ExitStatus, Vec<Outcome>) {
        let images = repositories.iter().map(|&repository| repository.to_owned()).collect();
        self.run(images, false, faults)
    }

    /// `prune`, likewise.
    pub fn prune_with(&self, faults: &str) -> (ExitStatus, Vec<Outcome>) {
        self.run(Vec::new(), true, faults)
    }

    fn run(&self, images: Vec<String>, prune: bool, faults: &str) -> (ExitStatus, Vec<Outcome>) {
        let (mut program, answer) = self.importer(images, prune, faults);
        program.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = started(|| program.spawn()).wait_with_output().unwrap();
        if !output.status.success() {
            eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        }
        (output.status, read(&answer))
    }

    /// The program that imports these, not yet started, and the file in which it says what became of them.
    pub fn importer(&self, images: Vec<String>, prune: bool, faults: &str) -> (Command, PathBuf) {
        self.answers.set(self.answers.get() + 1);
        let answer = self.folder.path().join(format!("answer-{}", self.answers.get()));
        let task = Task { root: self.root.clone(), images, prune, answer: answer.clone() };
        let mut program = again(module_path!(), "the_importer");
        program.env(TASK, serde_json::to_string(&task).unwrap());
        self.host.hosts(&mut program, faults).env("HCSEMU_RULES_OFF", self.without);
        (program, answer)
    }

    /// The folder that holds the store and nothing else of this host.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Puts other bytes in the place of a blob.
    pub fn replace_blob(&self, blob: &[u8], bytes: &[u8]) {
        std::fs::write(self.blobs.blob_path(&Digest::of(blob)), bytes).unwrap();
    }

    /// What the folder of layers holds besides locks, which are empty files.
    pub fn layers(&self) -> Vec<String> {
        let entries = self.store.layers().read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.filter(|name| !name.ends_with(".lock")).collect();
        names.sort();
        names
    }

    /// Fails unless the store holds these layers, whole, and nothing else.
    pub fn holds(&self, ids: &[LayerId], when: &str) {
        let mut expected: Vec<String> = ids.iter().map(LayerId::to_string).collect();
        expected.sort();
        assert_eq!(self.layers(), expected, "{when}");
        assert!(ids.iter().all(|id| is_complete(&self.store, id)), "{when}");
    }

    /// A file or folder of a layer, by its path in the archive.
    pub fn place(&self, id: &LayerId, path: &str) -> PathBuf {
        // Free of the limit of 260 characters.
        let layer = format!(r"\\?\{}", self.store.layer(id).display());
        Path::new(&layer).join(path.replace('/', "\\"))
    }
}

/// What an importer told before it ended.
pub fn read(answer: &Path) -> Vec<Outcome> {
    let text = std::fs::read_to_string(answer).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// No test: what the others start.
#[test]
fn the_importer() {
    let Ok(task) = std::env::var(TASK) else { return };
    let task: Task = serde_json::from_str(&task).unwrap();
    let (blobs, store) = (Folder::create(&StoreFolders, &task.root).unwrap(), Store::open(&StoreFolders, &task.root).unwrap());
    let system = connect(Trace::off(), CALL_TIMEOUT);
    let mut outcomes: Vec<Outcome> = Vec::new();
    let said = |error: wincompat::Error| [vec![error.what], error.causes].concat();
    if task.prune {
        outcomes.push(prune(&*system, &store).map_err(said).and_then(|pruned| {
            let left: Vec<String> = pruned.left_over.into_iter().flat_map(said).collect();
            if left.is_empty() { Ok(()) } else { Err(left) }
        }));
    }
    for repository in &task.images {
        let image = pull::stored(&blobs, &name(repository, "1")).unwrap().unwrap();
        let imported = import(&*system, &store, &blobs, &image.layers, &Interrupts::new(), &|_| ());
        outcomes.push(imported.map(drop).map_err(said));
    }
    let lines: Vec<String> = outcomes.iter().map(|outcome| serde_json::to_string(outcome).unwrap()).collect();
    std::fs::write(task.answer, lines.join("\n")).unwrap();
}
