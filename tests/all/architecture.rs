//! The rooms of the source and the arrows between them, held against `docs/ARCHITECTURE.md`.
//!
//! A room is a folder of `src`, `unix.rs`, or one of the files on the ground. An arrow is a path `crate::ROOM…` in a room's files: in a `use`
//! line or in the code. Unit tests may look into other rooms; they are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The room of the files at the top of `src` that everything rests on.
const GROUND: &str = "ground";

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The rooms in `docs/ARCHITECTURE.md`, uppermost first, each with the rooms its row says it uses.
fn documented() -> Vec<(String, BTreeSet<String>)> {
    let document = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let rows = document.lines().skip_while(|line| !line.starts_with("| room ")).skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let uses = cells[3].split(',').map(|room| room.trim().trim_matches('`').to_owned());
        (cells[1].trim_matches('`').to_owned(), uses.filter(|room| !room.is_empty()).collect())
    })
    .collect()
}

pub fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The arrows of the source: for each room the rooms it uses, each with one place that shows it.
fn arrows() -> BTreeMap<String, BTreeMap<String, String>> {
    let src = root().join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let folders: BTreeSet<String> = fs::read_dir(&src)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir() || entry.file_name() == "unix.rs")
        .map(|entry| entry.file_name().into_string().unwrap().trim_end_matches(".rs").to_owned())
        .collect();
    let room_of = |name: &str| {
        let name = name.trim_end_matches(".rs");
        if folders.contains(name) { name.to_owned() } else { GROUND.to_owned() }
    };
    let mut arrows: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap();
        let mut parts = relative.iter().map(|part| part.to_str().unwrap());
        let first = parts.next().unwrap();
        if first == "lib.rs" || relative.iter().any(|part| part == "tests" || part == "tests.rs" || part == "test_knowledge.rs") {
            continue;
        }
        let room = if first == "main.rs" { "main".to_owned() } else { room_of(first) };
        let used = arrows.entry(room.clone()).or_default();
        let text = fs::read_to_string(&file).unwrap();
        let product = text.split("#[cfg(test)]\nmod ").next().unwrap();
        let code: String =
            product.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
        let prefix = if room == "main" { "wincompat::" } else { "crate::" };
        for (at, _) in code.match_indices(prefix) {
            let after = &code[at + prefix.len()..];
            let mut names = vec![];
            match after.strip_prefix('{') {
                // `use crate::{Error, host::Kind};`
                Some(list) => names.extend(list.split('}').next().unwrap().split(',').map(|item| first_word(item.trim()))),
                None => names.push(first_word(after)),
            }
            for name in names.into_iter().filter(|name| !name.is_empty()) {
                // What main names of the library is the command line, unless it is a room.
                let to = if room == "main" && name == "program" { "cli".to_owned() } else { room_of(&name) };
                if to != room {
                    used.entry(to).or_insert_with(|| format!("{} names {name}", relative.display()));
                }
            }
        }
    }
    arrows
}

/// A path as it is written here, also on Windows.
fn slashed(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

#[test]
fn the_rooms_of_the_source_are_those_of_the_document() {
    let documented: BTreeSet<String> = documented().into_iter().map(|(room, _)| room).collect();
    let found: BTreeSet<String> = arrows().into_keys().collect();
    assert_eq!(found, documented);
}

#[test]
fn every_arrow_is_in_the_document_and_every_arrow_of_the_document_is_there() {
    let documented: BTreeMap<String, BTreeSet<String>> = documented().into_iter().collect();
    for (room, used) in arrows() {
        let found: BTreeSet<String> = used.keys().cloned().collect();
        assert_eq!(found, documented[&room], "the rooms that {room} uses: {used:#?}");
    }
}

#[test]
fn no_arrow_runs_up() {
    let order: Vec<String> = documented().into_iter().map(|(room, _)| room).collect();
    let place = |room: &str| order.iter().position(|known| known == room).unwrap();
    for (room, used) in arrows() {
        for (other, shown) in used {
            assert!(place(&room) < place(&other), "{room} stands below {other} and uses it: {shown}");
        }
    }
}

/// The words that only the command line knows: its name before a command, the beginning of its variables, its long options.
const WORDS: [&str; 28] = [
    "`wincompat ",
    "WINCOMPAT_",
    "--ca-file",
    "--deny",
    "--dry-run",
    "--entrypoint ",
    "--env-file",
    "--force",
    "--format",
    "--from ",
    "--host ",
    "--hostname",
    "--isolation ",
    "--knowledge",
    "--memory",
    "--mirror",
    "--name ",
    "--network",
    "--no-cache",
    "--no-confirm",
    "--offline",
    "--plain-http",
    "--production",
    "--pull ",
    "--root",
    "--strict",
    "--timeout",
    "--untrusted",
];

#[test]
fn no_room_below_the_command_line_names_its_options() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let mut lines = Vec::new();
    for file in files {
        let relative = file.strip_prefix(root()).unwrap().to_path_buf();
        if relative.starts_with("src/cli") || relative.iter().any(|part| part == "tests" || part == "tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let product = text.split("#[cfg(test)]\nmod ").next().unwrap();
        let code = product.lines().filter(|line| !line.trim_start().starts_with("//"));
        let names = code.filter(|line| line.contains('"') && WORDS.iter().any(|word| line.contains(word)));
        lines.extend(names.map(|line| format!("{}: {}", slashed(&relative), line.trim())));
    }
    assert_eq!(lines, [""; 0]);
}

#[test]
fn only_windows_and_main_ask_which_system_this_is() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let mut lines = Vec::new();
    for file in files {
        let relative = file.strip_prefix(root()).unwrap().to_path_buf();
        if relative.starts_with("src/windows") || relative == Path::new("src/main.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let asks =
            text.lines().filter(|line| line.contains("cfg") && line.contains("windows") && !line.trim_start().starts_with("//"));
        lines.extend(asks.map(|line| format!("{}: {}", slashed(&relative), line.trim())));
    }
    assert_eq!(lines, [r#"src/lib.rs: #[cfg(all(windows, feature = "program"))]"#]);
}
