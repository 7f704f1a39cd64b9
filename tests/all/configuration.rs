//! `wincompat.toml`: its published JSON Schema, the documented keys and the parser have the same, and `wincompat init` writes a file that both take.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value, json};
use toml::de::{DeTable, DeValue};

use crate::support::committed::assert_committed;
use crate::support::program::{Answer, Program};

#[test]
fn the_published_schema_is_that_of_the_program() {
    let printed = answer(&Program::new(), &["init", "--schema"]);
    assert_eq!((printed.code, printed.err.as_str()), (0, ""), "{printed:?}");
    assert_committed("schema/config-v1.json", &printed.out);
}

fn configuration_schema() -> Value {
    serde_json::from_slice(&std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/config-v1.json")).unwrap()).unwrap()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value["properties"].as_object().unwrap().keys().cloned().collect()
}

/// The words in backquotes behind `Keys:` in the page about scans.
fn documented() -> BTreeSet<String> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scan.md")).unwrap();
    let (_, behind) = page.split_once("\nKeys: ").unwrap();
    let (list, _) = behind.split_once(". ").unwrap();
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn keys_of_the_schema_the_page_and_the_parser_are_the_same() {
    let schema = configuration_schema();
    let mut options = keys(&schema);
    assert!(options.remove("exception") && options.remove("fleets"));
    assert_eq!(documented(), options);
    for key in &options {
        // No key takes a day, so a key that is known says what it takes.
        let refused = refusal(&format!("{key} = 2027-01-31\n")).unwrap();
        assert!(refused.contains(&format!("`{key}` takes ")) && refused.contains("not `2027-01-31`"), "{refused}");
    }
    // What the parser names when it knows nothing near is all that it knows.
    let hint = refusal("zzzzzzzzzzzzzzzzzzzzzzzz = 1\n").unwrap();
    let (named, tables) = hint.split_once("the keys are ").unwrap().1.split_once(", and the tables are ").unwrap();
    assert_eq!(tables.trim(), "[[exception]] and [fleets.NAME]");
    assert_eq!(named.trim().split(", ").map(str::to_owned).collect::<BTreeSet<_>>(), options);
    let parts = [("exception", &schema["properties"]["exception"]["items"], "[[exception]]\nreason = \"x\"\n")];
    for (name, part, text) in parts {
        for key in keys(part) {
            let value = if key == "until" { "2027-01-31" } else { "build-mismatch" };
            let line = if key == "reason" { String::new() } else { format!("{key} = \"{value}\"\n") };
            assert_eq!(refusal(&format!("{text}{line}")), None, "{name} {key}");
        }
        let hint = refusal(&format!("{text}zzzzzzzzzzzzzzzzzzzzzzzz = 1\n")).unwrap();
        let named = hint.split_once("the keys are ").unwrap().1;
        assert_eq!(named.trim().split(", ").map(str::to_owned).collect::<BTreeSet<_>>(), keys(part));
    }
}

/// What `scan` says of a configuration that it does not take.
fn refusal(text: &str) -> Option<String> {
    let program = Program::new();
    let path = program.file("wincompat.toml", text);
    let mut command = program.command();
    let answer =
        Answer::of(command.current_dir(program.folder()).args(["scan", "--offline", "--host=ltsc2022", "--config", &path]));
    answer.err.contains("wincompat.toml").then_some(answer.err)
}

/// A document of TOML as JSON.
fn json_of(text: &str) -> Value {
    fn table(table: DeTable<'_>) -> Value {
        Value::Object(
            table.into_iter().map(|(key, value)| (key.into_inner().into_owned(), of(value.into_inner()))).collect::<Map<_, _>>(),
        )
    }
    fn of(value: DeValue<'_>) -> Value {
        match value {
            DeValue::String(text) => json!(text),
            DeValue::Integer(number) => json!(number.to_string().parse::<i64>().unwrap()),
            DeValue::Float(number) => json!(number.to_string().parse::<f64>().unwrap()),
            DeValue::Boolean(truth) => json!(truth),
            DeValue::Datetime(day) => json!(day.to_string()),
            DeValue::Array(list) => list.into_iter().map(|one| of(one.into_inner())).collect(),
            DeValue::Table(inner) => table(inner),
        }
    }
    table(DeTable::parse(text).unwrap().into_inner())
}

fn is_valid(text: &str) -> bool {
    jsonschema::draft202012::new(&configuration_schema()).unwrap().is_valid(&json_of(text))
}

#[test]
fn the_schema_takes_what_the_parser_takes() {
    for text in [
        "",
        "host = [\"web=ltsc2022\", \"batch=ltsc2019\"]\nengine = \"docker\"\nexclude = \"old/**\"\n[var]\nTAG = \"1.2\"\nN = 3\n",
        "fresh = true\n",
        "fresh = 6\ndeny = \"warnings\"\nisolation = \"hyperv\"\nstrict = true\n",
        "[[exception]]\ncode = \"build-mismatch\"\nreason = \"x\"\nuntil = 2027-05-31\n",
        "fleet = \"today\"\n[fleets.today]\nhost = \"ltsc2022\"\n",
    ] {
        assert!(is_valid(text), "{text}");
        assert_eq!(refusal(text), None, "{text}");
    }
    for text in [
        "hots = 1\n",
        "output = \"x\"\n",
        "host = 1.5\n",
        "host = true\n",
        "strict = [true]\n",
        "isolation = [\"process\"]\n",
        "[fleets.a]\n",
        "[[exception]]\ncode = \"build-mismatch\"\n",
        "[[exception]]\nreason = \"x\"\nwhy = \"x\"\n",
        "[fleets.a]\nengine = \"docker\"\n",
    ] {
        assert!(!is_valid(text), "{text}");
        assert!(refusal(text).is_some(), "{text}");
    }
}

/// A repository as a team has it.
fn repository() -> Program {
    let program = Program::new();
    for (name, text) in [
        (
            "azure-pipelines.yml",
            "pool:\n  vmImage: windows-2019\njobs:\n  - job: a\n    pool: {vmImage: windows-2022}\n    steps: []\n",
        ),
        (
            ".github/workflows/ci.yml",
            "on: push\njobs:\n  b:\n    runs-on: ${{ matrix.os }}\n    strategy:\n      matrix:\n        os: [windows-2025, ubuntu-24.04]\n",
        ),
        ("src/Dockerfile", "ARG TAG\nFROM registry.test/app:${TAG}\n"),
        ("compose.yaml", "services:\n  a:\n    image: mcr.microsoft.com/windows/nanoserver:ltsc2022\n    isolation: hyperv\n"),
        (
            "deploy/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  nodeSelector: {node.kubernetes.io/windows-build: 10.0.20348}\n  containers:\n    - {name: a, image: 'registry.test/pod:1'}\n",
        ),
        ("vendor/x/Dockerfile", "FROM registry.test/theirs:1\n"),
        ("tests/Dockerfile", "FROM registry.test/tested:1\n"),
    ] {
        let path = program.folder().join("tree").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    program
}

fn answer(program: &Program, arguments: &[&str]) -> Answer {
    let mut command = program.command();
    let tree = program.folder().join("tree");
    std::fs::create_dir_all(&tree).unwrap();
    Answer::of(command.current_dir(tree).args(arguments))
}

#[test]
fn a_repository_gets_a_file_with_what_was_found() {
    let program = repository();
    let written = answer(&program, &["init"]);
    assert_eq!((written.code, written.err.as_str()), (0, ""), "{written:?}");
    insta::assert_snapshot!("init-answer", written.out);
    let path = program.folder().join("tree/wincompat.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    insta::assert_snapshot!("init-file", text);
    assert_eq!(answer(&program, &["init", "--stdout"]).out, text, "what is written there does not count");
    assert!(is_valid(&text), "{text}");

    // The file is taken as it is, and what it leaves out is not judged.
    let scanned = answer(&program, &["scan", "--offline", "--format=json"]);
    let report = scanned.json();
    let errors = report["errors"].as_array().unwrap();
    let named: BTreeSet<&str> = errors.iter().map(|error| error["reference"].as_str().unwrap()).collect();
    assert!(named.contains("registry.test/app:${TAG}") && named.contains("registry.test/tested:1"), "{scanned:?}");
    assert!(!scanned.out.contains("theirs"), "{scanned:?}");
    let labels = report["results"].as_array().unwrap().iter().map(|one| one["host"]["release"].as_str().unwrap());
    assert_eq!(labels.collect::<BTreeSet<_>>(), BTreeSet::from(["ltsc2019", "ltsc2022", "ltsc2025"]));
    // So are the keys that are comments, without their marks.
    let uncommented: Vec<&str> = text
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ") || line.starts_with("[[")).unwrap_or(line))
        .collect();
    let uncommented = uncommented.join("\n");
    assert!(is_valid(&uncommented), "{uncommented}");
}

#[test]
fn a_file_that_is_there_stays() {
    let program = repository();
    let path = program.folder().join("tree/wincompat.toml");
    std::fs::write(&path, "engine = \"docker\"\n").unwrap();
    let refused = answer(&program, &["init"]);
    assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{refused:?}");
    assert!(refused.err.contains("wincompat.toml is there already") && refused.err.contains("--force"), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "engine = \"docker\"\n");
    let forced = answer(&program, &["init", "--force"]);
    assert_eq!(forced.code, 0, "{forced:?}");
    assert!(std::fs::read_to_string(&path).unwrap().contains("host = ["));
}

#[test]
fn hosts_that_are_typed_replace_those_of_the_file() {
    let program = repository();
    program.file("tree/wincompat.toml", "host = [\"ltsc2019\"]\n");
    let hosts = program.file("hosts.txt", "ltsc2022\n");
    for typed in ["--host=ltsc2022".to_owned(), format!("--hosts={hosts}")] {
        let scanned = answer(&program, &["scan", "--offline", "--format=json", &typed]);
        let report = scanned.json();
        let results = report["results"].as_array().unwrap();
        let labels: BTreeSet<&str> = results.iter().map(|one| one["host"]["release"].as_str().unwrap()).collect();
        assert_eq!(labels, BTreeSet::from(["ltsc2022"]), "{typed}: {scanned:?}");
    }
}

#[test]
fn an_empty_repository_gets_a_file_as_well() {
    let program = Program::new();
    let written = answer(&program, &["init", "."]);
    assert_eq!(written.code, 0, "{written:?}");
    assert!(written.out.contains("write the hosts into the file"), "{written:?}");
    let text = std::fs::read_to_string(program.folder().join("tree/wincompat.toml")).unwrap();
    assert!(is_valid(&text), "{text}");
    let scanned = answer(&program, &["scan", "--host=ltsc2022"]);
    assert_eq!(scanned.code, 0, "{scanned:?}");
    let missing = answer(&program, &["init", "nowhere"]);
    assert!(missing.code == 2 && missing.err.contains("there is no folder nowhere"), "{missing:?}");
}
