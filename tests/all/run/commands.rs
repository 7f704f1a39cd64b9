//! The commands that people type first, as they type them; the image comes from a registry.

use std::thread;

use wincompat::image::Digest;

use crate::run::machine::{Ended, IMAGE, ISOLATIONS, Machine, VERSION, image_of, registry};
use crate::support::emulated::image::{Image, base_layer, with_utility_vm};
use crate::support::layers::archive::{Archive, Meta};
use crate::support::registry::Server;

/// The program, with this server in the place of MCR and `example.com`.
fn run(machine: &Machine, server: &Server, arguments: &[&str]) -> Ended {
    let mirrors = ["mcr.microsoft.com", "example.com"].map(|registry| format!("{registry}={}", server.url("")));
    machine.wincompat(&[&["run", "--mirror", &mirrors[0], "--mirror", &mirrors[1]], arguments].concat())
}

#[test]
fn a_greeting_is_said_from_an_image_that_is_pulled_once() {
    let Some(machine) = Machine::empty() else { return };
    let server = registry("app", "1", &image_of(VERSION));
    let folder = machine.program.folder().join("src");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("text.txt"), "of the host\n").unwrap();
    let volume = format!("{}:C:\\src-of-greeting:ro", folder.display());
    let greet = ["--rm", "-e", "GREETING=hello", "-v", &volume, IMAGE, "cmd", "/c", "echo %GREETING%"];
    assert_eq!(run(&machine, &server, &greet).with(0), "hello\n");
    let pulled = server.requests().len();
    assert!(pulled >= 5, "index, manifest, config and two layers are five requests, and these are {pulled}");
    // Without a trace of the first run, and with nothing asked of the registry.
    machine.has_nothing_left();
    assert_eq!(run(&machine, &server, &greet).with(0), "hello\n");
    assert_eq!(server.requests().len(), pulled);

    let read = ["--rm", "-v", &volume, IMAGE, "cmd", "/c", "type", "C:\\src-of-greeting\\text.txt"];
    assert_eq!(run(&machine, &server, &read).with(0), "of the host\n");
    machine.has_nothing_left();
}

#[test]
fn a_ping_goes_on_in_the_background() {
    let Some(machine) = Machine::empty() else { return };
    let repository = "windows/nanoserver";
    let server = registry(repository, "ltsc2022", &image_of(VERSION));
    let image = format!("mcr.microsoft.com/{repository}:ltsc2022");
    let id =
        run(&machine, &server, &["-d", "--isolation=process", &image, "cmd", "/c", "ping", "localhost", "-n", "100"]).with(0);
    let id = id.trim_end();
    assert_eq!((id.len(), id), (64, machine.containers().join(" ").as_str()));
    assert_eq!(machine.last_document("HcsCreateProcess")["CommandLine"], "cmd /c ping localhost -n 100");
    assert_eq!(machine.system(id)["phase"], "Running");
    // Wine's ping writes to a pipe a few kilobytes at a time: of one that ends by itself, all is seen.
    let short = run(&machine, &server, &["--rm", "--isolation=process", &image, "cmd", "/c", "ping", "localhost", "-n", "1"]);
    assert!(short.with(0).contains("127.0.0.1"), "{}", short.text());
    assert_eq!(machine.wincompat(&["rm", "-f", id]).with(0), format!("{id}\n"));
    machine.has_nothing_left();
}

#[test]
fn what_is_in_the_image_is_seen() {
    let Some(machine) = Machine::empty() else { return };
    let mut upper = Archive::with_files();
    upper.file("Files/seen-in-the-image.txt", &Meta::default(), b"of the image\n");
    let image = Image::of(VERSION, vec![with_utility_vm(base_layer(VERSION)).finish(), upper.finish()]);
    let server = registry("app", "1", &image);
    for isolation in ISOLATIONS {
        let read = [isolation, &["--rm", IMAGE, "cmd", "/c", "type C:\\seen-in-the-image.txt"]].concat();
        assert_eq!(run(&machine, &server, &read).with(0), "of the image\n");
        machine.has_nothing_left();
    }
}

#[test]
fn many_at_once_from_an_image_that_was_never_run() {
    let Some(machine) = Machine::empty() else { return };
    let image = image_of(VERSION);
    let server = registry("app", "1", &image);
    let codes: Vec<u32> = thread::scope(|scope| {
        let runs: Vec<_> = (10..14_u32)
            .map(|code| {
                let (machine, server) = (&machine, &server);
                scope.spawn(move || {
                    let ended = run(machine, server, &["--rm", "-q", IMAGE, "guest", "exit", &code.to_string()]);
                    // On a busy machine it is told that it waits.
                    let other = |line: &&str| !line.contains(": waiting for another process that has this layer locked");
                    assert_eq!(ended.err.lines().find(other), None, "{code}");
                    ended.code
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(codes, [10, 11, 12, 13]);
    // They waited for each other: every layer was fetched and imported once.
    for layer in &image.layers {
        assert_eq!(server.count(&format!("/v2/app/blobs/{}", Digest::of(layer))), 1);
    }
    assert_eq!(machine.documents("ProcessBaseImage").len(), 1);
    machine.has_nothing_left();
}

#[test]
fn a_name_is_given_once() {
    let Some(machine) = Machine::new() else { return };
    let machine = &machine;
    let codes: Vec<u32> = thread::scope(|scope| {
        let runs: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(move || machine.wincompat(&["run", "-q", "-d", "--name", "one", IMAGE, "guest", "wait", "1000"]))
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap().code).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 125).count(), 2, "{codes:?}");
    assert_eq!(machine.wincompat(&["rm", "-f", "one"]).with(0), "one\n");
    machine.has_nothing_left();
}
