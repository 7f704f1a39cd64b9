//! Folders that are named as the store, made of the input: `images`, `ps`, `prune` and `rmi` touch nothing outside of them, only look
//! where they only look, and remove of what is there only files of this program that no listed image needs.
#![no_main]

mod support {
    pub mod tree;
}

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use wincompat::internals::cli::io::Io;
use wincompat::internals::cli::stream::Stream;
use wincompat::internals::cli::{answer, parse};
use wincompat::program::{Platform, Streams};
use wincompat::unix::{UnixFolders, UnixGroups};

use support::tree::{self, Found, Seen, documents};

/// What a command writes to a stream.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The exit code of a command on a store, and its two streams.
fn run(root: &Path, arguments: &[String]) -> (u32, String, String) {
    let closed = || Err(std::io::ErrorKind::NotConnected.into());
    let platform = Platform {
        folders: Box::new(UnixFolders),
        groups: Arc::new(UnixGroups),
        default_store: || None,
        streams: Streams { stdin: closed, stdout: closed, stderr: closed },
        journal: Arc::default(),
        windows: None,
    };
    let named = ["wincompat".into(), arguments[0].clone().into(), "--root".into(), root.into()];
    let typed: Vec<OsString> = named.into_iter().chain(arguments[1..].iter().map(OsString::from)).collect();
    let (out, err) = (Written::default(), Written::default());
    let (mut to_out, mut to_err) = (Stream::new(out.clone()), Stream::new(err.clone()));
    let code = answer(
        parse(&typed),
        &typed,
        &mut Io { input: &mut std::io::empty(), out: &mut to_out, err: &mut to_err, columns: 80, platform: &platform, store: None },
    );
    (code, text(&out), text(&err))
}

/// What was written, without the colours that a stream of the program leaves out.
fn text(written: &Written) -> String {
    let text = String::from_utf8(written.0.take()).expect("text is UTF-8");
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or(part, |(_, rest)| rest))
}

fn command(input: &mut Unstructured<'_>) -> Result<Vec<String>> {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let mut command = words(input.choose(&[
        "images",
        "images --verify",
        "images --format json",
        "images -q",
        "ps -a",
        "ps -a --format json",
        "prune",
        "prune",
        "rmi",
        "rmi -f",
    ])?);
    if command[0] == "rmi" {
        command.push(match input.int_in_range(0..=3)? {
            0 => "registry.test/app:1".to_owned(),
            1 => tree::hex(input.choose(documents())?),
            2 => tree::hex(input.choose(documents())?)[..6].to_owned(),
            _ => input.arbitrary::<&str>()?.replace(['-', '\0'], "x"),
        });
    }
    Ok(command)
}

/// Holds what a command did against what was there.
fn hold(command: &[String], code: u32, out: &str, before: &Seen, after: &Seen) {
    assert!(matches!(code, 0 | 2), "{command:?} ends with {code}");
    if command[0] == "images" || !tree::is_ours(before) {
        assert_eq!(before, after, "{command:?} changes nothing here");
    }
    for (path, was) in before {
        match after.get(path) {
            Some(is) if is == was => {}
            Some(_) => assert!(path == "index.json" && command[0] == "rmi", "{command:?} changes {path}"),
            None => assert!(command[0] != "ps" && tree::may_be_removed(path, was), "{command:?} removes {path}"),
        }
    }
    for path in after.keys().filter(|path| !before.contains_key(*path)) {
        let made: &[&str] = if command[0] == "ps" { &[] } else { &["index.json.lock", "blobs.lock", "ingest"] };
        assert!(made.contains(&path.as_str()) || tree::is_lock_of_container(path), "{command:?} makes {path}");
    }
    for hex in tree::needed(before, after) {
        let path = format!("blobs/sha256/{hex}");
        assert!(!before.contains_key(&path) || after.contains_key(&path), "{command:?} removes {hex}, which is needed");
    }
    if command.join(" ") == "images --verify" && code == 0 {
        for hex in tree::whole(after).expect("a list that was read") {
            let found = after.get(&format!("blobs/sha256/{hex}"));
            assert!(
                matches!(found, Some(Found::File(bytes)) if tree::hex(bytes) == hex),
                "{hex} is not whole, and that is not found"
            );
        }
    }
    if command.contains(&"json".to_owned()) && code == 0 {
        serde_json::from_str::<serde_json::Value>(out).expect("a document");
    }
}

fn try_out(input: &mut Unstructured<'_>) -> Result<()> {
    let temporary = tempfile::tempdir().unwrap();
    let (root, outside) = (temporary.path().join("root"), temporary.path().join("outside"));
    tree::outside(&outside);
    tree::make(&root, input)?;
    let untouched = tree::look(&outside);
    for _ in 0..input.int_in_range(1..=3)? {
        let command = command(input)?;
        let before = tree::look(&root);
        let (code, out, err) = run(&root, &command);
        hold(&command, code, &out, &before, &tree::look(&root));
        assert_eq!(tree::look(&outside), untouched, "{command:?} touches what is outside");
        for text in [&out, &err] {
            assert!(!text.chars().any(|character| character.is_control() && character != '\n'), "{text:?}");
        }
        assert!(code == 0 || err.contains("error: "), "{command:?} ends with 2 and says nothing");
    }
    Ok(())
}

fuzz_target!(|bytes: &[u8]| {
    // An input that is too short says nothing.
    let _ = try_out(&mut Unstructured::new(bytes));
});
