//! `wincompat check` from its arguments to its exit code, against a registry on this machine.

mod confirmation;
mod exit_codes;
mod lists;
mod main_command;
mod mistakes;
mod offline;
mod policies;
mod requests;
mod streams;
mod wishes;

use serde_json::Value;

use crate::support::program::{Answer, Program};
use crate::support::registry::Server;
use crate::support::registry::images::{Access, Images, serve};
use crate::support::registry::windows::WindowsImage;

/// The main images of these tests: `registry.test/app` with a tag for each Windows version, and one without any version.
fn shop() -> Images {
    let images = Images::default()
        .windows("app", "2016", &[WindowsImage::of("10.0.14393.1")])
        .windows("app", "1809", &[WindowsImage::of("10.0.17763.1")])
        .windows("app", "ltsc2022", &[WindowsImage::of("10.0.20348.2402")])
        .windows("app", "ltsc2025", &[WindowsImage::of("10.0.26100.1742")]);
    images.windows("app", "unversioned", &[WindowsImage::without_version()])
}

/// A registry and the program.
struct Shop {
    server: Server,
    program: Program,
}

impl Shop {
    fn of(images: Images) -> Self {
        Self { server: serve(images, Access::Anyone), program: Program::new() }
    }

    /// `wincompat check` with these arguments.
    fn check(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.program.check(&self.server.url("")).args(arguments))
    }

    /// `wincompat check --format json` with these arguments: the exit code and the report.
    fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let answer = self.check(&[&["--format", "json"], arguments].concat());
        (answer.code, answer.json())
    }
}
