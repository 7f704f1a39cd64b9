//! `wincompat check` from its arguments to its exit code, against a registry on this machine.

mod confirmation;
mod exit_codes;
mod fresh;
#[cfg(unix)]
mod full_streams;
#[cfg(unix)]
mod interrupts;
mod lists;
mod main_command;
mod mistakes;
mod offline;
mod policies;
mod requests;
mod streams;
#[cfg(target_os = "linux")]
mod waiting;
mod wishes;

use serde_json::{Value, json};

use crate::support::program::{Answer, Program};
use crate::support::registry::Server;
use crate::support::registry::images::{Access, Images, serve};
use crate::support::registry::windows::WindowsImage;

/// The main images of these tests: `registry.test/app` with a tag for each Windows version, and one without any version.
pub fn shop() -> Images {
    let images = Images::default()
        .windows("app", "2016", &[WindowsImage::of("10.0.14393.1")])
        .windows("app", "1809", &[WindowsImage::of("10.0.17763.1")])
        .windows("app", "ltsc2022", &[WindowsImage::of("10.0.20348.2402")])
        .windows("app", "ltsc2025", &[WindowsImage::of("10.0.26100.1742")]);
    images.windows("app", "unversioned", &[WindowsImage::without_version()])
}

/// A registry and the program.
pub struct Shop {
    pub server: Server,
    program: Program,
}

impl Shop {
    pub fn of(images: Images) -> Self {
        Self { server: serve(images, Access::Anyone), program: Program::new() }
    }

    /// `wincompat check` with these arguments.
    pub fn check(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.program.check(&self.server.url("")).args(arguments))
    }

    /// A file with the built-in knowledge, with what is in support now supported for ever: what is printed with it is the same every
    /// day.
    pub fn timeless(&self) -> String {
        fn for_ever(value: &mut Value) {
            match value {
                Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| match value {
                    Value::String(day) if name == "until" && day.as_str() > "2026" => *day = "9999-12-31".to_owned(),
                    value => for_ever(value),
                }),
                Value::Array(values) => values.iter_mut().for_each(for_ever),
                _ => {}
            }
        }
        let mut knowledge: Value = serde_json::from_str(include_str!("../../../src/knowledge/knowledge.json")).unwrap();
        for_ever(&mut knowledge);
        knowledge["date"] = json!("9999-12-31");
        self.program.file("timeless.json", knowledge.to_string())
    }

    /// `wincompat check --format json` with these arguments: the exit code and the report.
    fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let answer = self.check(&[&["--format", "json"], arguments].concat());
        (answer.code, answer.json())
    }
}
