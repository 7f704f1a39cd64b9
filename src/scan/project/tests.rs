//! Which Dockerfiles are read because other files build them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::scan::{Files, Meant, Values, scan};
use crate::{Error, ErrorKind};

struct Map(BTreeMap<PathBuf, Rc<str>>);

impl Files for Map {
    fn read(&self, path: &Path) -> Result<Rc<str>, Error> {
        self.0.get(&self.real(path)).cloned().ok_or_else(|| Error::of(ErrorKind::NotFound, "there is no such file"))
    }

    fn real(&self, path: &Path) -> PathBuf {
        super::normal(path.strip_prefix("/work").unwrap_or(path))
    }
}

/// The references and notes of these files, of which some are asked for.
fn read(files: &[(&str, &str)], asked: &[&str]) -> Vec<String> {
    let map = Map(files.iter().map(|(path, text)| (PathBuf::from(path), Rc::from(*text))).collect());
    let paths: Vec<PathBuf> = asked.iter().map(PathBuf::from).collect();
    let mut lines = Vec::new();
    for file in scan(&paths, &map, &Values::new()) {
        let path = file.path.to_string_lossy().replace('\\', "/");
        lines.extend(file.scanned.found.iter().map(|found| match &found.meant {
            Meant::Known(image) => format!("{path}:{} {image}", found.place.line),
            other => panic!("{other:?}"),
        }));
        lines.extend(file.scanned.notes.iter().map(|note| format!("{path}:{} {}", note.place.line, note.text)));
        lines.extend(file.scanned.problems.iter().map(|problem| format!("{path} {}", problem.error.what)));
    }
    lines
}

#[test]
fn what_is_built_is_read_wherever_it_is_and_once() {
    const BUILT: (&str, &str) = ("app/Dockerfile", "FROM a:1\n");
    let compose = ("app/compose.yaml", "services:\n  web:\n    build: .\n");
    let above = ("d/compose.yaml", "services:\n  web:\n    build: ../app\n");
    let whole = ("c.yaml", "services:\n  web:\n    build: {context: /work/app}\n");
    let bake = ("app/docker-bake.hcl", "target \"default\" {}\n");
    for file in [compose, above, whole, bake] {
        let found = read(&[file, BUILT], &[file.0]);
        let path = if file == whole { "/work/app/Dockerfile" } else { "app/Dockerfile" };
        assert_eq!(found, [format!("{path}:1 a:1")], "{file:?}");
        for asked in ["app/Dockerfile", "./app/Dockerfile", "d/../app/Dockerfile"] {
            let found = read(&[file, BUILT], &[file.0, asked]);
            assert_eq!(found, [format!("{asked}:1 a:1")], "{file:?}");
        }
    }
    // A name that other files have makes it none of them.
    let named = ("compose.yaml", "services:\n  web:\n    build: {context: ., dockerfile: win.yaml}\n");
    let win = ("win.yaml", "FROM b:1\n");
    assert_eq!(read(&[named, win], &["compose.yaml", "win.yaml"]), ["win.yaml:1 b:1"]);
    assert_eq!(read(&[named, win], &["compose.yaml"]), ["win.yaml:1 b:1"]);
}

#[test]
fn what_is_built_and_not_there_is_said() {
    for (path, text, line, object) in [
        ("compose.yaml", "services:\n  web:\n    build: ./gone\n", 3, "service web"),
        ("compose.yaml", "services:\n  web:\n    build:\n      context: .\n", 4, "service web"),
        ("docker-bake.hcl", "target \"a\" {\n  args = {}\n  dockerfile = \"gone\"\n}\n", 3, "target a"),
        ("docker-bake.hcl", "target \"a\" {\n  args = {}\n}\n", 2, "target a"),
    ] {
        let expected = format!("{path}:{line} what {object} builds is not read: there is no such file");
        assert_eq!(read(&[(path, text)], &[path]), [expected], "{text}");
    }
}

/// A Dockerfile is parsed once, however many build it, and a reference that means the same for all is one.
#[test]
fn many_builds_of_one_dockerfile_end() {
    let arguments: String = (0..300).map(|number| format!("ARG A{number}=x\n")).collect();
    let dockerfile = format!("{arguments}ARG TAG\nFROM a:${{TAG}}\n");
    let service = |number: usize| match number {
        0..200 => format!("  s{number}:\n    build: {{context: ., args: {{TAG: t{}}}}}\n", number % 3),
        _ => format!("  s{number}:\n    build: {{context: ., args: *all}}\n"),
    };
    let top = "x-all: &all {TAG: t1}\nservices:\n".to_owned();
    let compose: String = std::iter::once(top).chain((0..5_000).map(service)).collect();
    let found = read(&[("compose.yaml", &compose), ("Dockerfile", &dockerfile)], &["compose.yaml"]);
    assert_eq!(found, ["Dockerfile:302 a:t0", "Dockerfile:302 a:t1", "Dockerfile:302 a:t2"]);
}
