//! The language of what users read: phrases over which readers stumble stay out of help, messages, documents and snapshots.

use std::fs;
use std::path::{Path, PathBuf};

use crate::architecture::{root, sources};
use crate::support::program::{Answer, Program};

/// Phrases that readers stumble over, each with plain words for it. Texts are compared in small letters, with single spaces.
const STUMBLES: [(&str, &str); 47] = [
    (" is no ", "is not a"),
    (" are no ", "are not"),
    ("nothing says", "it is not known"),
    ("nothing tells", "it is not known"),
    ("nothing is said", "by default"),
    (" unless said", "default:"),
    (" mend", "fix"),
    (" fares", "its state"),
    (" well,", "passed"),
    ("all is well", "passed"),
    ("not well ", "failed"),
    ("out of the choice", "not allowed"),
    ("no isolation bridges", "it cannot run in any isolation mode"),
    (" anew", "again"),
    ("matters here", "this changes the result"),
    (" gives back", "releases"),
    ("in the place of", "instead of"),
    ("registry's place", "instead of the registry"),
    (" say it ", "tell wincompat"),
    ("says not", "does not say"),
    ("now and then", "occasionally"),
    ("speaks http", "uses HTTP"),
    (" look after", "monitor"),
    (" looks after", "monitors"),
    (" do away with", "remove"),
    ("in the way of", "prevents"),
    ("in the way,", "prevents"),
    ("without a word", "gave no reason"),
    (" brings one", "downloads"),
    ("bring an image", "download"),
    ("picks no ", "does not choose"),
    (" runs no ", "does not run"),
    (" knows no ", "does not know"),
    (" goes on where", "continues"),
    (" goes on from", "continues"),
    (" going on with", "continuing with"),
    (" go on all the same", "overrides that"),
    ("commonest", "most common"),
    ("behind the image", "after the image"),
    (" one a line", "one per line"),
    (" runs as asked", "runs"),
    (" run as asked", "run"),
    ("shown and refused", "rejected"),
    ("of it stays", "is kept"),
    ("to be left alone", "to wait"),
    ("the host's own word", "the host says"),
    (" that there are.", "the list"),
];

/// Phrases that are plain English although a stumble is in them.
const PLAIN: [&str; 5] = ["there is no ", "there are no ", " is no longer", " are no longer", " as well"];

/// The stumbles in a text: each with the words around it.
fn stumbles(text: &str) -> Vec<String> {
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    for plain in PLAIN {
        text = text.replace(plain, " … ");
    }
    let padded = format!(" {text} ");
    let found = STUMBLES.iter().filter_map(|(stumble, better)| {
        let at = padded.find(stumble)?;
        let begin = padded.floor_char_boundary(at.saturating_sub(60));
        let end = padded.ceil_char_boundary((at + 60).min(padded.len()));
        Some(format!("`{stumble}` (better: {better}) in: …{}…", &padded[begin..end]))
    });
    found.collect()
}

#[test]
fn a_stumble_is_found_and_plain_english_is_not() {
    assert_eq!(stumbles("This is no\n  version.").len(), 1);
    assert_eq!(stumbles("Nothing is said, and it is mended anew").len(), 3);
    for plain in ["There is no such image", "It is no longer there", "Recommended: the newest", "Use it instead", ""] {
        assert_eq!(stumbles(plain), Vec::<String>::new(), "{plain}");
    }
}

fn assert_plain(what: &str, text: &str) {
    let found = stumbles(text);
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

/// The files of this folder, which has no folders in it, whose names end so.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let files = root().join(folder).read_dir().unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = files.filter(|file| file.to_string_lossy().ends_with(ending)).collect();
    assert!(!files.is_empty(), "{folder}");
    files
}

/// The manual pages are made of the same definitions as `--help`, and hold all of it.
#[test]
fn help_and_manual_pages_are_in_plain_words() {
    let program = Program::new();
    let answer = Answer::of(program.command().arg("man").arg(program.folder()));
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    let mut pages = 0;
    for entry in program.folder().read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "1") {
            // The hyphens of groff.
            assert_plain(&path.display().to_string(), &fs::read_to_string(&path).unwrap().replace("\\-", "-"));
            pages += 1;
        }
    }
    let commands = wincompat::internals::cli::command().get_subcommands().filter(|command| !command.is_hide_set()).count();
    assert!(pages > commands, "{pages} pages for {commands} commands");
}

#[test]
fn documents_are_in_plain_words() {
    let mut documents = vec![root().join("README.md"), root().join("CHANGELOG.md"), root().join("SECURITY.md")];
    documents.extend(files("docs", ".md"));
    for document in documents {
        assert_plain(&document.display().to_string(), &fs::read_to_string(&document).unwrap());
    }
}

#[test]
fn snapshots_are_in_plain_words() {
    for folder in ["tests/all/snapshots", "tests/all/formats/snapshots"] {
        for snapshot in files(folder, ".snap") {
            assert_plain(&snapshot.display().to_string(), &fs::read_to_string(&snapshot).unwrap());
        }
    }
}

/// Messages, hints and explanations: the texts in the code, without comments and tests, and the data of `explain`.
#[test]
fn messages_are_in_plain_words() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let is_test = |file: &&PathBuf| file.iter().any(|part| part == "tests" || part == "tests.rs");
    let mut lines = 0;
    for file in files.iter().filter(|file| !is_test(file)) {
        let text = fs::read_to_string(file).unwrap();
        let product = text.split("#[cfg(test)]\nmod ").next().unwrap();
        for line in product.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let code = line.split(" // ").next().unwrap();
            if code.contains('"') || code.contains(' ') {
                assert_plain(&file.display().to_string(), code);
                lines += 1;
            }
        }
    }
    assert!(lines > 10_000, "{lines}");
    for data in ["src/knowledge/errors.json", "src/knowledge/knowledge.json"] {
        for line in fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(data)).unwrap().lines() {
            assert_plain(data, line);
        }
    }
}
