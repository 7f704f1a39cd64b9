//! A host with an image in its store, and the program on it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wincompat::image::Name;
use wincompat::internals::oci::layout::Folder;

use crate::support::emulated::Host;
use crate::support::emulated::image::{Image, base_layer, name, with_utility_vm};
use crate::support::layers::archive::{Archive, Meta};
use crate::support::program::Program;
use crate::support::registry::Server;
use crate::support::registry::images::{Access, Images, serve};
use crate::support::started::{LONG, ended, is_wines_fault, started};

/// The image that every machine has in its store.
pub const IMAGE: &str = "example.com/app:1";
/// Both isolations.
pub const ISOLATIONS: [&[&str]; 2] = [&["--isolation", "process"], &HYPERV];
/// Hyper-V isolation. A host under Wine cannot have it, unless it is said that it can.
pub const HYPERV: [&str; 4] = ["--isolation", "hyperv", "--host", "local,hyperv"];
/// The version of the host (`fixtures/hosts/windows-server-2022.reg`), and so of the image.
pub const VERSION: &str = "10.0.20348.5139";

/// A host, a store and the program.
pub struct Machine {
    pub host: Host,
    pub program: Program,
    /// What goes wrong on the host, in the emulator's language.
    pub faults: String,
}

impl Machine {
    /// With the image of [`image`] in its store; `None` where there is no emulator.
    pub fn new() -> Option<Self> {
        Self::with(&image())
    }

    /// With this image in its store.
    pub fn with(image: &Image) -> Option<Self> {
        let machine = Self::empty()?;
        machine.put(image, &name("app", "1"));
        Some(machine)
    }

    /// With no store yet.
    pub fn empty() -> Option<Self> {
        let host = Host::new()?;
        Some(Self { host, program: Program::new(), faults: String::new() })
    }

    /// Puts an image into the store.
    pub fn put(&self, image: &Image, name: &Name) {
        image.put(&Folder::create(crate::support::handles(), self.store()).unwrap(), name);
    }

    /// The folder of the store.
    pub fn store(&self) -> PathBuf {
        self.program.folder().join("store")
    }

    /// The program with these arguments on this host.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program.process();
        command.args(arguments);
        self.place(command)
    }

    /// `wincompat` with these arguments, with a console whose Ctrl-C every line of its standard input presses.
    pub fn interruptible(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("interrupt");
        self.program.surround(&mut command);
        command.arg(self.program.process().get_program()).args(arguments);
        self.place(command)
    }

    /// Puts a program on this host.
    pub fn place(&self, mut command: Command) -> Command {
        self.host.hosts(&mut command, &self.faults);
        command.env("WINCOMPAT_ROOT", self.store()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn wincompat(&self, arguments: &[&str]) -> Ended {
        let mut ended = Running::start(self.command(arguments)).end();
        while ended.code == 125 && is_wines_fault(&ended.err) {
            ended = Running::start(self.command(arguments)).end();
        }
        ended
    }

    /// `wincompat run --rm -q ARGUMENTS…` to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.wincompat(&[&["run", "--rm", "-q"], arguments].concat())
    }

    /// Starts the program, which is to be spoken with.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped());
        Running::start(command)
    }

    /// The documents that a function was called with, in order.
    pub fn documents(&self, function: &str) -> Vec<Value> {
        // Lines without arguments tell of the end of a call.
        let calls = self.host.calls_of(function).into_iter().filter(|call| call.get("arguments").is_some());
        calls.map(|call| call["arguments"]["document"].clone()).collect()
    }

    /// The document of the last call of a function.
    #[track_caller]
    pub fn last_document(&self, function: &str) -> Value {
        self.documents(function).pop().unwrap_or_else(|| panic!("{function} was not called"))
    }

    /// Waits until a function was called.
    #[track_caller]
    pub fn wait_for(&self, function: &str) {
        let until = Instant::now() + LONG;
        while self.host.calls_of(function).is_empty() {
            assert!(Instant::now() < until, "{function} is not called");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// What the Host Compute Service knows of a compute system.
    pub fn system(&self, id: &str) -> Value {
        self.host.state()["systems"][id].clone()
    }

    /// The folders in the store that are containers' own.
    pub fn containers(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.store().join("containers")) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "lock").collect()
    }

    /// Waits until no folder of a container is left; false if one stays.
    pub fn will_have_no_containers(&self) -> bool {
        let until = Instant::now() + LONG;
        while !self.containers().is_empty() {
            if Instant::now() >= until {
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
        true
    }

    /// What is left of containers and torn imports, on the host and in the store: a line each.
    pub fn left(&self) -> Vec<String> {
        let mut left = self.host.left();
        left.extend(self.containers().into_iter().map(|folder| format!("the folder of the container {folder}")));
        let layers = self.store().join("layers");
        for entry in fs::read_dir(&layers).into_iter().flatten().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            // A layer is whole or not there.
            if !name.ends_with(".lock") && !entry.path().join("wincompat.json").exists() {
                left.push(format!("the torn layer {name}"));
            }
        }
        left
    }

    /// Fails where anything is left.
    #[track_caller]
    pub fn has_nothing_left(&self) {
        assert_eq!(self.left(), [""; 0]);
    }
}

/// An image of the host's own version with two layers and a guest system. Its upper layer has one folder, whose name no other
/// image has: what containers see is on the drive that all hosts here share.
pub fn image() -> Image {
    image_of(VERSION)
}

/// The same of another version.
pub fn image_of(version: &str) -> Image {
    let mut upper = Archive::with_files();
    let folder = folder_of_next_image();
    upper.directory(&format!("Files/{folder}"), &Meta::default());
    upper.file(&format!("Files/{folder}/app.txt"), &Meta::default(), b"an application\n");
    let mut image = Image::of(version, vec![with_utility_vm(base_layer(version)).finish(), upper.finish()]);
    image.facts.config["config"] = json!({
        "Cmd": ["guest", "show", "of the image"],
        "Env": ["FROM_IMAGE=yes", "Path=C:\\Windows\\System32;C:\\Windows"],
        "WorkingDir": format!("C:\\{folder}"),
    });
    image
}

fn folder_of_next_image() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("app-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A registry with this image.
pub fn registry(repository: &str, tag: &str, image: &Image) -> Server {
    let mut images = Images::default().windows(repository, tag, std::slice::from_ref(&image.facts));
    for layer in &image.layers {
        images = images.blob(repository, layer);
    }
    serve(images, Access::Anyone)
}

/// How a program ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// All 32 bits.
    pub code: u32,
    pub out: Vec<u8>,
    pub err: String,
}

impl Ended {
    /// Its standard output as text, with line feeds alone.
    pub fn text(&self) -> String {
        String::from_utf8(self.out.clone()).unwrap().replace("\r\n", "\n")
    }

    /// Fails unless it ended with this code; its standard output as text.
    #[track_caller]
    pub fn with(&self, code: u32) -> String {
        assert_eq!(self.code, code, "{:#x} {}\n{}", self.code, String::from_utf8_lossy(&self.out), self.err);
        self.text()
    }

    /// Fails unless wincompat itself refused or failed with this code and these words on stderr.
    #[track_caller]
    pub fn failed(&self, code: u32, words: &[&str]) {
        self.with(code);
        for word in ["error: "].iter().chain(words) {
            assert!(self.err.contains(word), "no {word:?} in:\n{}", self.err);
        }
    }
}

/// A program that runs. It is killed when this is dropped.
pub struct Running {
    pub child: Child,
    lines: Receiver<Vec<u8>>,
    err: Option<thread::JoinHandle<Vec<u8>>>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = started(|| command.spawn());
        let (mut out, mut err) = (BufReader::new(child.stdout.take().unwrap()), child.stderr.take().unwrap());
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut line = Vec::new();
            while out.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                if send.send(std::mem::take(&mut line)).is_err() {
                    return;
                }
            }
        });
        let err = thread::spawn(move || {
            let mut all = Vec::new();
            let _ = err.read_to_end(&mut all);
            all
        });
        Self { child, lines, err: Some(err) }
    }

    /// Its standard input.
    pub fn stdin(&mut self) -> &mut ChildStdin {
        self.child.stdin.as_mut().unwrap()
    }

    /// Waits for the next line of its output.
    #[track_caller]
    pub fn line(&mut self) -> String {
        let line = self.lines.recv_timeout(LONG).unwrap_or_else(|_| {
            let _ = self.child.kill();
            let err = self.err.take().map(|err| err.join().unwrap()).unwrap_or_default();
            panic!("no line: {}", String::from_utf8_lossy(&err))
        });
        String::from_utf8(line).unwrap().trim_end().to_owned()
    }

    /// Waits for the end of its output, which may come before its own: the rest of it.
    pub fn rest(&self) -> Vec<u8> {
        let until = Instant::now() + LONG;
        let mut all = Vec::new();
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => all.extend(line),
                Err(mpsc::RecvTimeoutError::Disconnected) => return all,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("its output has no end: {}", String::from_utf8_lossy(&all)),
            }
        }
    }

    /// Closes its standard input and waits for its end.
    pub fn end(mut self) -> Ended {
        drop(self.child.stdin.take());
        self.end_without_closing()
    }

    /// Waits for its end.
    pub fn end_without_closing(mut self) -> Ended {
        // To wait for a child closes its standard input.
        let stdin = self.child.stdin.take();
        let out = self.rest();
        let err = String::from_utf8_lossy(&self.err.take().unwrap().join().unwrap()).replace("\r\n", "\n");
        let code = ended(&mut self.child).code().unwrap().cast_unsigned();
        drop(stdin);
        Ended { code, out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        ended(&mut self.child);
    }
}
