//! `wincompat scan` of whole repositories, against a registry on this machine.

mod accepted;
mod changed;
mod fixes;
mod formats;
mod fresh;
mod hostile;
mod locks;
mod pods;
mod repositories;
mod services;
mod upgrades;
mod ways;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::check::Shop as Checked;
use crate::support::program::{Answer, Program};
use crate::support::registry::Server;
use crate::support::registry::images::{Access, Images, serve};
use crate::support::registry::windows::WindowsImage;

/// A registry, the program, and an empty folder that is scanned.
struct Repository {
    server: Server,
    program: Program,
}

impl Repository {
    fn with(images: Images) -> Self {
        let program = Program::new();
        fs::create_dir(program.folder().join("tree")).unwrap();
        Self { server: serve(images, Access::Anyone), program }
    }

    /// One in which `registry.test/app` has tags for 2019, 2022 and 2025.
    fn new() -> Self {
        let of = WindowsImage::of;
        let images = Images::default()
            .windows("app", "ltsc2019", &[of("10.0.17763.1")])
            .windows("app", "ltsc2022", &[of("10.0.20348.1")])
            .windows("app", "ltsc2025", &[of("10.0.26100.1")]);
        Self::with(images)
    }

    fn folder(&self) -> PathBuf {
        self.program.folder().join("tree")
    }

    fn file(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// `wincompat scan` in the folder.
    fn scan(&self, arguments: &[&str]) -> Answer {
        self.scan_in(&self.folder(), arguments)
    }

    fn scan_in(&self, folder: &Path, arguments: &[&str]) -> Answer {
        let mut command = self.program.command();
        command.current_dir(folder).arg("scan");
        for registry in ["mcr.microsoft.com", "docker.io", "registry.test"] {
            command.args(["--mirror", &format!("{registry}={}", self.server.url(""))]);
        }
        Answer::of(command.args(arguments))
    }

    /// The text of a file.
    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder().join(name)).unwrap()
    }

    /// The report of a scan, with its exit code.
    fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let answer = self.scan(&[&["--format", "json"], arguments].concat());
        (answer.code, answer.json())
    }

    /// What was asked of the registry, e.g. `/v2/app/manifests/ltsc2022`.
    fn asked(&self) -> Vec<String> {
        self.server.requests().into_iter().map(|request| request.path).collect()
    }
}

/// Each result as `file:line host ok`, each error as `file:line kind`, in their order.
fn summary(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let place = |value: &Value| format!("{}:{}", text(&value["location"]["file"]), value["location"]["line"]);
    let results = report["results"].as_array().unwrap().iter();
    let results = results.map(|one| {
        format!(
            "{} {} {} {}",
            place(one),
            text(&one["image"]["reference"]),
            text(&one["host"]["label"]).replace("Windows Server ", "ltsc"),
            one["ok"]
        )
    });
    let errors = report["errors"].as_array().unwrap().iter();
    let errors = errors.map(|one| format!("{} {} {}", place(one), text(&one["kind"]), text(&one["message"])));
    results.chain(errors).collect()
}
