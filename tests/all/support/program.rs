//! The program as its users start it, with nothing of this machine's environment and a throw-away folder for all it keeps.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use crate::support::started::started;
use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// What the program or its libraries read from the environment.
const VARIABLES: [&str; 22] = [
    "REGISTRY_AUTH_FILE",
    "DOCKER_AUTH_CONFIG",
    "XDG_RUNTIME_DIR",
    "XDG_CACHE_HOME",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "CI",
    "GITHUB_STEP_SUMMARY",
    "SSL_CERT_FILE",
    "RUST_BACKTRACE",
    "COLUMNS",
    "LINES",
];

/// The program and its folder.
pub struct Program {
    folder: TempDir,
}

impl Program {
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the cache, which the program makes.
    pub fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// A file in the folder; the answer is its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The program, killed after five minutes: nothing here takes that long, even on a busy machine.
    pub fn command(&self) -> Command {
        let mut command = Command::from_std(self.process());
        command.timeout(Duration::from_secs(300));
        command
    }

    /// The program as a process that a test speaks with, or ends at any moment, and has to.
    pub fn process(&self) -> process::Command {
        // For Windows the path has a root but no drive.
        let program = std::path::absolute(env!("CARGO_BIN_EXE_wincompat")).unwrap();
        let mut command = process::Command::new(program);
        self.surround(&mut command);
        command
    }

    /// Gives a program the environment that this one is to have.
    pub fn surround(&self, command: &mut process::Command) {
        for variable in VARIABLES {
            command.env_remove(variable);
        }
        for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WINCOMPAT_")) {
            command.env_remove(variable);
        }
        for variable in ["HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "DOCKER_CONFIG"] {
            command.env(variable, self.folder.path());
        }
        command.env("WINCOMPAT_CACHE", self.cache());
        // The width of a small terminal.
        command.env("COLUMNS", "80");
    }

    /// `wincompat check`, with this server in the place of MCR, Docker Hub and `registry.test`.
    pub fn check(&self, server: &str) -> Command {
        self.asking("check", server)
    }

    /// The same of another command that reads images.
    pub fn asking(&self, subcommand: &str, server: &str) -> Command {
        let mut command = self.command();
        command.arg(subcommand);
        for registry in ["mcr.microsoft.com", "docker.io", "registry.test"] {
            command.args(["--mirror", &format!("{registry}={server}")]);
        }
        command
    }
}

/// What the program said.
#[derive(Clone, Debug)]
pub struct Answer {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Answer {
    /// Of a command, run to its end.
    pub fn of(command: &mut Command) -> Self {
        let output = started(|| command.output());
        Self {
            code: output.status.code().unwrap_or_else(|| panic!("{command:?} was killed: {output:?}")),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The one document on stdout.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// The codes of the findings of a result.
pub fn codes(result: &Value) -> Vec<&str> {
    result["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}
