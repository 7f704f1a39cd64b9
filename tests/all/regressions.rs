//! Faults that were mended: each test tells the story of one.

use std::fs;
use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use wincompat::image::reference::Location;
use wincompat::image::{Digest, Reference};
use wincompat::internals::layer::{
    BasicInfo, Compression, Content, Directory, Expected, LayerError, LayerPath, LayerSink, Limits, LinkTarget, Options,
    Position, Refusal, decode,
};

use crate::support::layers::archive::{Archive, Meta, header};
use crate::support::program::{Answer, Program};
use crate::support::registry::images::OCI_MANIFEST;
use crate::support::registry::windows::{WindowsImage, descriptor};
use crate::support::registry::{Reply, Server};

/// The settings of a scan were looked for wherever an argument was the word `scan`, and a command that has no such subcommand ended in a panic.
#[test]
fn scan_can_be_an_argument_of_another_command() {
    let program = Program::new();
    for command in ["host", "explain", "man"] {
        let answer = Answer::of(program.command().args([command, "scan"]));
        assert_eq!(answer.code, 2, "{command}: {}", answer.err);
        assert!(answer.err.contains("hint: ") && !answer.err.contains("panicked"), "{command}: {}", answer.err);
    }
}

/// The first 256 KiB were kept, and the error at the end of the log was not explained.
#[test]
fn explain_reads_the_end_of_a_pasted_log_that_is_longer_than_it_keeps() {
    let program = Program::new();
    let explained = |log: String| Answer::of(program.command().args(["explain", "-"]).write_stdin(log));
    let line = "Step 3/7 : RUN powershell -Command Install-WindowsFeature Web-Server\r\n";
    let failure = "hcsshim: the container operating system does not match the host operating system. (0xc0370101)\r\n";
    for lines in [0, 1000, 50_000] {
        let answer = explained(line.repeat(lines) + failure);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "after {lines} lines");
        assert!(answer.out.starts_with("0x80370101  HCS_E_IMAGE_MISMATCH"), "after {lines} lines: {}", answer.out);
    }
    // Also without a line break at the end, and where the beginning of what is kept falls anywhere in a line.
    for more in [1, 20, line.len() - 1] {
        let answer = explained(".".repeat(more) + &line.repeat(5000) + failure.trim_end());
        assert!(answer.code == 0 && answer.out.starts_with("0x80370101"), "{more}: {}", answer.err);
    }
}

/// What was wrong with the archive was found by one thread, that it is too large by another, and whoever was first was believed.
#[test]
fn a_layer_is_refused_for_what_comes_first_in_it_however_busy_the_machine_is() {
    /// Zeros for ever, counted.
    struct Zeros<'a>(&'a AtomicUsize);
    impl Read for Zeros<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            into.fill(0);
            self.0.fetch_add(into.len(), Ordering::SeqCst);
            Ok(into.len())
        }
    }
    /// Takes its time with the first entry, until more than a layer may have has been read.
    struct Slow<'a>(&'a AtomicUsize);
    const LIMIT: usize = 1 << 19;
    impl LayerSink for Slow<'_> {
        fn begin(&mut self, _: &LayerPath, _: &BasicInfo) -> io::Result<Content> {
            while self.0.load(Ordering::SeqCst) <= LIMIT {
                std::thread::yield_now();
            }
            Ok(Content::BackupStream)
        }
        fn write(&mut self, _: &[u8]) -> io::Result<()> {
            Ok(())
        }
        fn end(&mut self) -> io::Result<()> {
            Ok(())
        }
        fn hard_link(&mut self, _: &LayerPath, _: LinkTarget<'_>) -> io::Result<()> {
            Ok(())
        }
        fn remove(&mut self, _: &LayerPath) -> io::Result<()> {
            Ok(())
        }
        fn finish(&mut self, _: Vec<Directory>) -> io::Result<()> {
            Ok(())
        }
        fn abort(&mut self) {}
    }
    let mut archive = Archive::with_files();
    archive.file("Files/a", &Meta::default(), b"content").raw(&header("Files/b", b'4', "", 0), b"");
    let beginning = archive.unfinished();
    for _ in 0..20 {
        let read = AtomicUsize::new(0);
        let options = Options {
            compression: Compression::None,
            position: Position::Upper,
            expected: Expected::default(),
            limits: Limits { uncompressed: LIMIT as u64, ..Limits::default() },
            sddl: None,
        };
        match decode(beginning.chain(Zeros(&read)), &options, &mut Slow(&read)) {
            Err(LayerError::Refused { entry, reason: Refusal::Type('4') }) => assert_eq!(entry, "Files/b"),
            other => panic!("{other:?}"),
        }
    }
}

/// An image was not removed from a layout without a folder to write the new list aside, as `skopeo` makes it. Such a layout is changed
/// only since it has the marker of a store.
#[test]
fn a_layout_made_by_others_can_be_changed_once_it_is_a_store() {
    let program = Program::new();
    let layout = program.folder().join("layout");
    let blobs = layout.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let image = WindowsImage::of("10.0.20348.2402");
    for bytes in [image.manifest_bytes(), image.config_bytes()] {
        fs::write(blobs.join(Digest::of(&bytes).hex()), bytes).unwrap();
    }
    let mut entry = descriptor(OCI_MANIFEST, &image.manifest_bytes());
    entry["annotations"] = json!({"org.opencontainers.image.ref.name": "registry.test/app:1"});
    fs::write(layout.join("index.json"), json!({"schemaVersion": 2, "manifests": [entry]}).to_string()).unwrap();

    let remove = || Answer::of(program.command().arg("rmi").arg("--root").arg(&layout).arg("registry.test/app:1"));
    let refused = remove();
    assert!(refused.code == 2 && refused.err.contains("is not used as the store"), "{}", refused.err);
    assert_eq!(blobs.read_dir().unwrap().count(), 2);
    fs::write(layout.join("wincompat.json"), "{\"schema\":\"wincompat/store/v1\"}\n").unwrap();
    let answer = remove();
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{}", answer.out);
    assert!(answer.out.starts_with("Untagged: registry.test/app:1\n"), "{}", answer.out);
    assert_eq!(blobs.read_dir().unwrap().count(), 0);
}

/// In lower case it was a repository on Docker Hub, and so another image.
#[test]
fn a_registry_known_by_its_upper_case_alone_keeps_it_when_it_is_printed() {
    for (typed, printed) in [
        ("Registry/app:1", "Registry/app:1"),
        ("Registry.Test/app:1", "registry.test/app:1"),
        ("registry/app:1", "docker.io/registry/app:1"),
    ] {
        let reference: Reference = typed.parse().unwrap();
        let Location::Registry(name) = reference.location() else { panic!("{reference:?}") };
        assert_eq!(name.to_string(), printed);
        let again: Reference = printed.parse().unwrap();
        assert_eq!(again.location(), reference.location(), "{typed} is read as it is printed");
    }
}

/// Behind a control character a gateway's error page was quoted as the registry's own words.
#[test]
fn a_web_page_behind_a_control_character_is_not_quoted_as_a_registrys_answer() {
    let server = Server::start(|_| Reply::new(404, &[("content-type", "text/plain")], "\0<!DOCTYPE html><p>secret page"));
    let program = Program::new();
    let answer = Answer::of(program.check(&server.url("")).args(["--host=ltsc2022", "--format=json", "registry.test/app:1"]));
    let message = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("a web page, not a registry's answer") && !message.contains("secret"), "{message}");
}
