//! The promises of SECURITY.md: each test and script that it names is there.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names behind each promise, as the last column of the tables has them.
fn named(page: &str) -> Vec<Vec<String>> {
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise |"));
    let cells = rows.filter_map(|row| row.trim_end_matches([' ', '|']).rsplit_once(" | ").map(|(_, cell)| cell));
    cells.map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()).collect()
}

/// The file of a module below a folder, e.g. `check/streams.rs` of `check::streams`; a module may also be a folder, or a part of
/// the file of the one above it.
fn file_of(folder: &Path, modules: &[&str]) -> Option<PathBuf> {
    let path = modules.iter().fold(folder.to_owned(), |path, module| path.join(module));
    [path.with_extension("rs"), path.join("mod.rs")].into_iter().find(|file| file.is_file())
}

/// True if there is a test of this name, e.g. `pull::killed::a_connection_that_breaks_is_taken_up_again`.
fn is_test(name: &str) -> bool {
    let parts: Vec<&str> = name.split("::").collect();
    let [modules @ .., function] = parts.as_slice() else { return false };
    let files = ["tests/all", "src"].iter().filter_map(|folder| file_of(&root().join(folder), modules));
    files.into_iter().any(|file| {
        let code = fs::read_to_string(file).unwrap();
        let (mut lines, start) = (code.lines().peekable(), format!("fn {function}("));
        let mut is_marked = false;
        lines.any(|line| {
            let line = line.trim();
            is_marked = (is_marked && !line.is_empty()) || line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            is_marked && (line.starts_with(&start) || line.starts_with(&format!("async {start}")))
        })
    })
}

/// True if there is a script that begins so and knows the word behind it, e.g. `tests/faults.sh kills`.
fn is_script(name: &str) -> bool {
    let (path, word) = name.split_once(' ').unwrap_or((name, ""));
    path.ends_with(".sh") && fs::read_to_string(root().join(path)).is_ok_and(|script| script.contains(word))
}

#[test]
fn each_promise_names_what_holds_it_and_that_is_there() {
    let promises = named(&fs::read_to_string(root().join("SECURITY.md")).unwrap());
    assert!(promises.len() > 20, "the tables were read: {}", promises.len());
    // The fuzz targets are not in a package.
    let targets = fs::read_to_string(root().join("fuzz/Cargo.toml")).ok();
    for names in &promises {
        assert!(!names.is_empty(), "a promise is held by nothing: {promises:?}");
        for (at, name) in names.iter().enumerate() {
            let is_known = match &targets {
                _ if at == 0 || names[at - 1] != "fuzz/run.sh" => is_script(name) || is_test(name),
                Some(targets) => targets.contains(&format!("\nname = \"{name}\"\n")),
                None => true,
            };
            assert!(is_known || (targets.is_none() && name == "fuzz/run.sh"), "there is no {name}");
        }
    }
    assert!(
        !is_test("pull::killed::no_such_test") && !is_test("no_such_module::x") && !is_script("tests/faults.sh no-such-word")
    );
    assert!(!is_test("pull::killed::throttled"), "a function that is not a test");
}
