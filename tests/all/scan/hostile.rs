//! Files of strangers: each is an error at its place, the other files go on, and what they hold goes nowhere.

#[cfg(unix)]
use std::fs;
use std::time::{Duration, Instant};

use super::{Repository, summary};
#[cfg(unix)]
use crate::support::program::Answer;

/// A file that is read whatever the others do.
const GOOD: &str = "FROM registry.test/app:ltsc2022\n";

/// Scans with a good file beside the others; the answer has that file's result, and came soon.
fn beside(repository: &Repository) -> Vec<String> {
    repository.file("zz/Dockerfile", GOOD);
    let start = Instant::now();
    let (_, report) = repository.report(&["--host", "ltsc2022"]);
    // Far less than it would take without limits, also on a busy machine.
    assert!(start.elapsed() < Duration::from_secs(300), "{:?}", start.elapsed());
    let mut lines = summary(&report);
    let good = lines.iter().position(|line| line == "zz/Dockerfile:1 registry.test/app:ltsc2022 ltsc2022 true");
    lines.remove(good.unwrap_or_else(|| panic!("{lines:?}")));
    lines
}

#[test]
fn texts_that_are_not_text() {
    let repository = Repository::new();
    repository.file("a.yaml", b"a: b\nc: \xff\n");
    repository.file("b/Dockerfile", b"FROM a\0b\n");
    let wide: Vec<u8> = "\u{feff}FROM a\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    repository.file("c/Dockerfile", wide);
    let answer = repository.scan(&["--host", "ltsc2022", "--format", "json"]);
    for (file, why) in [("a.yaml", "line 2 is not valid UTF-8"), ("b/Dockerfile", "NUL"), ("c/Dockerfile", "UTF-16")] {
        let errors = answer.json()["errors"].clone();
        let one = errors.as_array().unwrap().iter().find(|one| one["location"]["file"] == file).cloned().unwrap();
        assert!(one["message"].as_str().unwrap().contains(why), "{one}");
    }
    assert_eq!(beside(&repository).len(), 3);
}

/// The author of a file may read the log.
#[test]
fn what_is_on_the_machine_is_not_told() {
    let repository = Repository::new();
    repository.file("secret.txt", "");
    repository.file("layout/oci-layout", "{}");
    let images = [
        "./secre",
        "./secret.txt",
        "./layout",
        "layout:1",
        "../none",
        "~/.ssh/id",
        "app.tar",
        r"\\server.test\share\x",
        "/etc/passw",
    ];
    let text: String = images.iter().map(|image| format!("FROM {image}\n")).collect();
    // Else the slashes of Windows join lines.
    repository.file("Dockerfile", format!("# escape=`\n{text}"));
    let answer = repository.scan(&["--host", "ltsc2022", "--format", "json"]);
    let errors = answer.json()["errors"].clone();
    let errors = errors.as_array().unwrap();
    assert_eq!(errors.len(), images.len(), "{errors:?}");
    for error in errors.iter().filter(|error| error["reference"] != "layout:1") {
        assert_eq!(error["hint"], "name an image as NAME:TAG", "{error}");
        assert!(error["message"].as_str().unwrap().ends_with("is not an image in a registry"), "{error}");
    }
    // An image of Docker Hub, whatever lies beside the file.
    let hub = errors.iter().find(|error| error["reference"] == "layout:1").unwrap();
    assert!(hub["kind"].is_string() && hub["kind"] != "invalid", "{hub}");
}

#[test]
fn yaml_that_multiplies_itself() {
    let repository = Repository::new();
    let mut bomb = "a0: &a0 {image: x}\n".to_owned();
    for level in 1..100 {
        bomb.push_str(&format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}, *a{0}]\n", level - 1));
    }
    repository.file("bomb.yaml", &bomb);
    // The same as merges in a Compose file and in a pipeline, which are followed.
    let mut merges = "x0: &m0 {image: x}\n".to_owned();
    for level in 1..100 {
        merges.push_str(&format!("x{level}: &m{level}\n  <<: [*m{0}, *m{0}, *m{0}, *m{0}]\n", level - 1));
    }
    merges.push_str("services:\n  a:\n    <<: *m99\n    isolation: process\n");
    repository.file("compose.yaml", &merges);
    repository.file(".gitlab-ci.yml", merges.replace("services:", "job:").replace("isolation", "script"));
    repository.file("deep.yaml", "[".repeat(100_000));
    repository.file("deeper.yaml", "- ".repeat(50_000));
    repository.file("deepest.yaml", "{a: ".repeat(100_000));
    repository.file(
        "many.yaml",
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {os: {name: linux}, containers: [{image: a}]}\n"
            .repeat(10_000),
    );
    repository.file("tabs.yaml", "a:\n\t- b\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: 'registry.test/app:ltsc2022'}]}\n");
    repository.file("circle.yaml", "a: &a [*a]\n");
    let lines = beside(&repository);
    for file in ["deep.yaml:1", "deeper.yaml:1", "deepest.yaml:1", "circle.yaml:1", "tabs.yaml:2"] {
        assert!(lines.iter().any(|line| line.starts_with(&format!("{file} invalid"))), "{file}: {lines:#?}");
    }
    assert!(lines.iter().any(|line| line.starts_with("tabs.yaml:7 registry.test/app:ltsc2022")), "{lines:#?}");
}

#[test]
fn values_and_expressions_that_rest_on_themselves() {
    let repository = Repository::new();
    repository.file(".env", "A=${B}${B}\nB=${A}${A}\nLONG=".to_owned() + &"x".repeat(1 << 20) + "\n");
    repository.file(
        "compose.yaml",
        "services: {a: {image: 'registry.test/app:${A}'}, b: {image: '${LONG}${LONG}'}, c: {image: '".to_owned()
            + &"${X:-".repeat(5_000)
            + "'}}\n",
    );
    repository.file("b/Dockerfile", "ARG A=${B}\nARG B=${A}\nFROM x:${A}\n");
    let doubled: String = (1..60).map(|level| format!("ARG A{level}=${{A{0}}}${{A{0}}}\n", level - 1)).collect();
    repository.file("c/Dockerfile", format!("ARG A0=aaaaaaaa\n{doubled}FROM x:$A59\n"));
    repository.file(
        "docker-bake.hcl",
        "function \"f\" {\n  params = [x]\n  result = f(x)\n}\nvariable \"V\" { default = V }\n\
        target \"t\" {\n  inherits = [\"t\"]\n  context = \"d\"\n  args = { A = f(1), B = V }\n}\n",
    );
    repository.file("d/Dockerfile", "ARG A=1\nARG B=1\nFROM x:$A\nFROM x:$B\n");
    repository.file("e/docker-bake.hcl", format!("a = {}", "[".repeat(100_000)));
    let lines = beside(&repository);
    for place in
        ["b/Dockerfile:3 unresolved", "d/Dockerfile:3 unresolved", "d/Dockerfile:4 unresolved", "e/docker-bake.hcl:1 invalid"]
    {
        assert!(lines.iter().any(|line| line.starts_with(place)), "{place}: {lines:#?}");
    }
    assert!(lines.iter().all(|line| line.len() < 100_000), "{:?}", lines.iter().map(String::len).collect::<Vec<_>>());
}

#[test]
fn a_file_that_is_too_large() {
    let repository = Repository::new();
    repository.file("large.yaml", vec![b'a'; 50 << 20]);
    let lines = beside(&repository);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("large.yaml:1 invalid"), "{lines:?}");
    // One long line below the limit.
    repository.file("large.yaml", "a: ".to_owned() + &"x".repeat(15 << 20) + "\n");
    assert_eq!(beside(&repository), [""; 0]);
}

/// A file of values that cannot be read is said at its place: defaults would stand in for its values without a word.
#[test]
fn files_of_values_that_cannot_be_read_are_said() {
    const COMPOSE: &str = "services:\n  a: {image: 'registry.test/app:${TAG:-ltsc2022}'}\n";
    let large = vec![b'#'; 17 << 20];
    let wide: Vec<u8> = "\u{feff}TAG=ltsc2019\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (content, why) in [
        (&b"TAG=\xfc\n"[..], "`./.env` is not UTF-8 text: line 1 is not valid UTF-8"),
        (&large, "`./.env` could not be read: it has more than 16777216 bytes"),
        (&wide, "`./.env` is not UTF-8 text: it is UTF-16"),
        (b"TAG=a\0b\n", "`./.env` is not UTF-8 text: it holds the character NUL"),
    ] {
        let repository = Repository::new();
        repository.file("compose.yaml", COMPOSE);
        // Two projects read it, and it is said once.
        repository.file("other.yaml", COMPOSE);
        repository.file(".env", content);
        let (code, report) = repository.report(&["--host", "ltsc2022"]);
        let errors: Vec<String> = summary(&report).into_iter().filter(|line| line.starts_with(".env:1 invalid")).collect();
        assert_eq!((code, errors.len()), (2, 1), "{report:#}");
        assert!(errors[0].replace('\\', "/").contains(why), "{errors:?}");
    }
    // One that an entry of `include` names must be there; a folder of the usual name is nothing.
    let repository = Repository::new();
    repository.file("compose.yaml", "include:\n  - path: inner.yaml\n    env_file: none.env\n".to_owned() + COMPOSE);
    repository.file("inner.yaml", "services:\n  b: {image: 'registry.test/app:ltsc2022'}\n");
    repository.file(".env/pyvenv.cfg", "");
    let lines = summary(&repository.report(&["--host", "ltsc2022"]).1);
    let errors: Vec<&String> = lines.iter().filter(|line| line.contains("env")).collect();
    assert!(matches!(errors.as_slice(), [one] if one.starts_with("none.env:1 not-found")), "{lines:?}");
}

/// Files that others take in, and that are not read, are said where they are named.
#[test]
fn files_that_are_not_taken_in_are_said() {
    let repository = Repository::new();
    repository.file("compose.yaml", "include:\n  - ../outside.yaml\n  - oci://registry.test/x:1\nservices:\n  a:\n    image: registry.test/app:ltsc2022\n    extends: {file: none.yaml, service: base}\n");
    let answer = repository.scan(&["--host", "ltsc2022"]);
    let said = ["none.yaml", "outside.yaml", "compose.yaml:3: oci://registry.test/x:1 is elsewhere"];
    assert!(answer.code == 0 && said.iter().all(|text| answer.err.contains(text)), "{answer:?}");
    // What is there and is not below the paths is no error.
    repository.program.file("outside.yaml", "services:\n  b: {image: 'registry.test/app:ltsc2022'}\n");
    repository.file("none.yaml", "services:\n  base: {image: 'registry.test/app:ltsc2022'}\n");
    let answer = repository.scan(&["--host", "ltsc2022"]);
    assert!(answer.code == 0 && answer.err.contains("is not below the paths that were named"), "{answer:?}");
}

#[cfg(unix)]
#[test]
fn links_pipes_and_folders_that_cannot_be_read() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let repository = Repository::new();
    let secret = repository.program.file("secret", "TOKEN=ltsc2022\n");
    let manifest = repository.program.file("secret.yaml", "services: {base: {image: 'registry.test/app:ltsc2025'}}\n");
    let folder = repository.folder();
    symlink(&folder, folder.join("loop")).unwrap();
    symlink(&secret, folder.join("Dockerfile")).unwrap();
    symlink(&secret, folder.join(".env")).unwrap();
    symlink(&manifest, folder.join("outside.yaml")).unwrap();
    repository.file("compose.yaml", "include: [../secret.yaml]\nservices:\n  a: {image: 'registry.test/app:${TOKEN}'}\n  b: {image: 'registry.test/app:ltsc2022', extends: {file: outside.yaml, service: base}}\n");
    let made = std::process::Command::new("mkfifo").arg(folder.join("pipe.yaml")).status().unwrap();
    assert!(made.success());
    fs::create_dir(folder.join("closed")).unwrap();
    fs::set_permissions(folder.join("closed"), fs::Permissions::from_mode(0o0)).unwrap();
    let is_closed = fs::read_dir(folder.join("closed")).is_err();
    let lines = beside(&repository);
    fs::set_permissions(folder.join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    let mut expected = vec![
        "compose.yaml:4 registry.test/app:ltsc2022 ltsc2022 true".to_owned(),
        "compose.yaml:3 unresolved the variable TOKEN has no value".to_owned(),
        ".env:1 invalid `.env` is not below the paths that were named".to_owned(),
    ];
    // Root reads every folder.
    if is_closed {
        expected.insert(1, "closed:1 invalid `closed` could not be read: Permission denied (os error 13)".to_owned());
    }
    let mut lines: Vec<String> = lines.iter().map(|line| line.replace("./closed", "closed")).collect();
    lines.sort();
    expected.sort();
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("compose.yaml:3 unresolved")), "{lines:#?}");
    assert_eq!(repository.asked().iter().filter(|path| path.contains("ltsc2025")).count(), 0, "{:?}", repository.asked());
    // Named itself, a pipe is not waited for.
    let answer = repository.scan(&["--host", "ltsc2022", "pipe.yaml"]);
    assert_eq!(answer.code, 2, "{}", answer.err);
}

/// The lines of an answer that a service would take for its commands, and those that are not ours.
#[cfg(unix)]
fn commands(answer: &Answer) -> Vec<String> {
    let all = answer.out.lines().chain(answer.err.lines());
    all.filter(|line| line.trim_start().starts_with("::") || line.contains("##vso[")).map(str::to_owned).collect()
}

#[cfg(unix)]
#[test]
fn names_and_texts_that_would_be_commands() {
    let repository = Repository::new();
    let name = "a\n::error::b ##vso[task.setvariable]c\u{1b}[31m/Dockerfile";
    repository.file(name, "FROM registry.test/app:ltsc2019\nFROM registry.test/gone:1\n");
    repository.file("n\n::error::n.yaml", "a: [\n");
    repository.file("<script>alert(1)</script>/Dockerfile", "FROM registry.test/app:ltsc2019\n");
    repository.file(
        "compose.yaml",
        "services: {'a\n\n  ::error::x': {image: \"x\\n::error::y:1\"}, b: {image: 'registry.test/app:ltsc2019'}}\n",
    );
    for format in ["text", "matrix", "json", "jsonl", "html", "markdown", "junit", "sarif", "gitlab"] {
        let answer = repository.scan(&["--host", "ltsc2022", "--format", format]);
        assert_eq!(commands(&answer), [""; 0], "{format}");
        assert!(!answer.out.contains('\u{1b}') && !answer.err.contains('\u{1b}'), "{format}");
        let is_page = ["html", "markdown", "junit"].contains(&format);
        assert!(!is_page || !answer.out.contains("<script>alert"), "{format}");
    }
    let github = repository.scan(&["--host", "ltsc2022", "--format", "github"]);
    assert!(
        commands(&github)
            .iter()
            .all(|line| line.starts_with("::error ") || line.starts_with("::warning ") || line.starts_with("::notice ")),
        "{}",
        github.out
    );
    let azure = repository.scan(&["--host", "ltsc2022", "--format", "azure"]);
    assert!(
        commands(&azure).iter().all(|line| line.starts_with("##vso[task.logissue ") && line.matches("##vso[").count() == 1),
        "{}",
        azure.out
    );
}
