//! Which Dockerfiles are read because other files build them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::scan::{Asked, Files, Found, IsolatedBy, Lands, Meant, Needs, Os, Values, scan};
use crate::{Architecture, Error, ErrorKind};

struct Map(BTreeMap<PathBuf, Rc<str>>);

impl Files for Map {
    fn read(&self, path: &Path) -> Result<Rc<str>, Error> {
        self.0.get(&self.real(path)).cloned().ok_or_else(|| Error::of(ErrorKind::NotFound, "there is no such file"))
    }

    fn real(&self, path: &Path) -> PathBuf {
        super::normal(path.strip_prefix("/work").unwrap_or(path))
    }
}

/// What the references of these files have, each in its order.
fn each<T>(files: &[(&str, &str)], of: impl Fn(&Found) -> T) -> Vec<T> {
    let map = Map(files.iter().map(|(path, text)| (PathBuf::from(path), Rc::from(*text))).collect());
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| PathBuf::from(path)).collect();
    scan(&paths, &map, &Values::new()).iter().flat_map(|file| &file.scanned.found).map(of).collect()
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
fn objects_that_a_trigger_of_tekton_makes_are_read() {
    let template = "apiVersion: triggers.tekton.dev/v1beta1\nkind: TriggerTemplate\nmetadata: {name: t}\nspec:\n  resourcetemplates:\n  \
        - apiVersion: tekton.dev/v1\n    kind: TaskRun\n    spec: {taskSpec: {steps: [{image: 'a:1'}]}}\n  \
        - apiVersion: batch/v1\n    kind: Job\n    metadata: {name: j}\n    spec: {template: {spec: {containers: [{name: c, image: 'b:1'}]}}}\n";
    assert_eq!(read(&[("t.yaml", template)], &["t.yaml"]), ["t.yaml:8 a:1", "t.yaml:12 b:1"]);
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

/// compose-go, `cli/options.go`: the first override of a folder is put over its first file, whatever both are called.
#[test]
fn an_override_of_any_name_is_read_with_the_file_of_its_folder() {
    let text = |name: &str| {
        if name.contains("override") { "services:\n  a: {image: 'a:2'}\n" } else { "services:\n  a: {image: 'a:1'}\n" }
    };
    for (names, expected) in [
        (&["compose.yaml", "compose.override.yaml"][..], &["compose.override.yaml:2 a:2"][..]),
        (&["compose.yaml", "compose.override.yml"], &["compose.override.yml:2 a:2"]),
        (&["compose.yml", "docker-compose.override.yaml"], &["docker-compose.override.yaml:2 a:2"]),
        // Of two files, and of two overrides, one counts; the others are used by their names.
        (
            &["compose.yaml", "docker-compose.yml", "docker-compose.override.yml"],
            &["docker-compose.override.yml:2 a:2", "docker-compose.yml:2 a:1"],
        ),
        (
            &["compose.yaml", "compose.override.yaml", "docker-compose.override.yml"],
            &["compose.override.yaml:2 a:2", "docker-compose.override.yml:2 a:2"],
        ),
        // Without a file that it is put over it is read alone.
        (&["other.yaml", "compose.override.yml"], &["compose.override.yml:2 a:2", "other.yaml:2 a:1"]),
    ] {
        let files: Vec<(&str, &str)> = names.iter().map(|name| (*name, text(name))).collect();
        assert_eq!(read(&files, names), expected, "{names:?}");
    }
}

/// compose-go, `loader.go`: the documents of one file are put over each other, the last one on top.
#[test]
fn all_documents_of_a_compose_file_count() {
    let first = "services:\n  a: {image: 'a:1'}\n  b: {image: 'b:1'}\n";
    let second = "services:\n  a: {image: 'a:2'}\n  c: {build: {context: ., args: {TAG: '2'}}}\n";
    let text = format!("{first}---\n{second}");
    let dockerfile = ("Dockerfile", "ARG TAG=1\nFROM c:$TAG\n");
    let found = read(&[("compose.yaml", &text), dockerfile], &["compose.yaml"]);
    assert_eq!(found, ["Dockerfile:2 c:2", "compose.yaml:3 b:1", "compose.yaml:6 a:2"]);
    // A service of another file may be extended, and files be included, by any of its documents.
    let base = ("base.yaml", "services:\n  a: {image: 'a:1'}\n---\nservices:\n  b: {image: 'b:1'}\n");
    let extending = ("compose.yaml", "services:\n  x: {extends: {file: base.yaml, service: b}}\n");
    assert_eq!(read(&[base, extending], &["compose.yaml"]), ["compose.yaml:2 b:1"]);
    let including = ("compose.yaml", "services:\n  x: {image: 'x:1'}\n---\ninclude: [base.yaml]\n");
    assert_eq!(read(&[base, including], &["compose.yaml"]), ["base.yaml:2 a:1", "base.yaml:5 b:1", "compose.yaml:2 x:1"]);
}

/// Compose starts what is in the files that it finds, not what these take from others.
#[test]
fn a_service_that_is_there_to_be_extended_is_judged_where_it_is() {
    let base = "services:\n  web: {image: 'web:1'}\n  db: {image: 'db:1'}\n";
    let extending = "services:\n  a:\n    extends: {file: base.yaml, service: web}\n";
    let own = format!("{extending}    image: own:1\n");
    // What no other file extends may be started by a command.
    let found = |extending: &str| read(&[("base.yaml", base), ("compose.yaml", extending)], &["base.yaml", "compose.yaml"]);
    assert_eq!(found(extending), ["base.yaml:3 db:1", "compose.yaml:3 web:1"]);
    assert_eq!(found(&own), ["base.yaml:3 db:1", "compose.yaml:4 own:1"]);
    assert_eq!(found("services: {a: {image: 'own:1'}}\n"), ["base.yaml:2 web:1", "base.yaml:3 db:1", "compose.yaml:1 own:1"]);
    // A file that is included is started, and so is one whose name Compose looks for, or that a variable lists.
    let including = "include: [base.yaml]\nservices:\n  a:\n    extends: {file: base.yaml, service: web}\n";
    assert_eq!(found(including), ["base.yaml:2 web:1", "base.yaml:3 db:1", "compose.yaml:4 web:1"]);
    let other =
        [("base.yaml", base), ("x/docker-compose.yml", "services:\n  a: {extends: {file: ../base.yaml, service: web}}\n")];
    assert_eq!(read(&other, &["base.yaml", "x/docker-compose.yml"]), ["base.yaml:3 db:1", "x/docker-compose.yml:2 web:1"]);
    let usual = [("compose.yaml", base), ("prod.yaml", "services:\n  a: {extends: {file: compose.yaml, service: web}}\n")];
    assert_eq!(
        read(&usual, &["compose.yaml", "prod.yaml"]),
        ["compose.yaml:2 web:1", "compose.yaml:3 db:1", "prod.yaml:2 web:1"]
    );
    let listed = [("base.yaml", base), ("compose.yaml", extending), (".env", "COMPOSE_FILE=base.yaml\n")];
    let found = read(&listed, &["base.yaml", "compose.yaml"]);
    assert_eq!(found, ["base.yaml:2 web:1", "base.yaml:3 db:1", "compose.yaml:3 web:1"]);
    // What it builds is built where it is extended alone.
    let built = "services:\n  web: {image: 'my/web:1', build: {context: ., args: {T: '${T:-1}'}}}\n";
    let dockerfile = ("Dockerfile", "ARG T\nFROM a:$T\n");
    let files = [("base.yaml", built), ("compose.yaml", extending), dockerfile];
    assert_eq!(read(&files, &["base.yaml", "compose.yaml"]), ["Dockerfile:2 a:1"]);
}

/// Each build counts, also where the last one goes through.
#[test]
fn what_docker_refuses_in_one_of_several_builds_is_said_once() {
    let compose = "services:\n  a: {build: {context: ., target: x}}\n  b: {build: {context: ., target: x, args: {V: '1'}}}\n  \
        c: {build: {context: ., target: y}}\n";
    let dockerfile = "FROM a:1 AS x\nCOPY --from=y /f /f\nFROM b:1 AS y\n";
    let found = read(&[("compose.yaml", compose), ("Dockerfile", dockerfile)], &["compose.yaml"]);
    let problems = found.iter().filter(|line| line.ends_with("the stage y stands behind this one")).count();
    assert_eq!(problems, 1, "{found:?}");
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

/// Each build counts, also where another one of the same Dockerfile passes.
#[test]
fn a_dockerfile_that_is_built_for_two_systems_is_read_for_both() {
    for (name, text) in [
        (
            "compose.yaml",
            "services:\n  a: {build: .}\n  b: {build: ., platform: linux/amd64}\n  c: {build: ., platform: windows}\n",
        ),
        ("compose.yaml", "services:\n  a: {build: {context: ., platforms: [windows/amd64, linux/amd64]}}\n"),
        ("docker-bake.hcl", "target \"w\" { platforms = [\"windows/amd64\"] }\ntarget \"l\" { platforms = [\"linux/amd64\"] }\n"),
        ("docker-bake.hcl", "target \"a\" { platforms = [\"linux/amd64\", \"windows/amd64\"] }\n"),
    ] {
        let mut others = each(&[(name, text), ("Dockerfile", "FROM a:1\n")], |found| found.os == Os::Other);
        others.sort_unstable();
        assert_eq!(others, [false, true], "{text}");
    }
}

/// GitHub: a workflow that others call has the inputs that each of them gives it.
#[test]
fn a_workflow_has_the_inputs_of_those_that_call_it() {
    let called = |on: &str| {
        format!(
            "on: {on}\njobs:\n  a:\n    runs-on: x\n    env: {{I: '${{{{ inputs.image }}}}'}}\n    container: ${{{{ env.I }}}}\n"
        )
    };
    let caller = |with: &str, more: &str| {
        format!("on: push\njobs:\n  b:\n    uses: ./.github/workflows/called.yml\n    with: {{{with}}}\n    {more}\n")
    };
    let of = |on: &str, callers: &[String]| {
        let mut files = vec![("r/.github/workflows/called.yml".to_owned(), called(on))];
        let named = callers.iter().enumerate().map(|(number, text)| (format!("r/.github/workflows/{number}.yml"), text.clone()));
        files.extend(named);
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        each(&files, |found| match &found.meant {
            Meant::Known(text) => text.clone(),
            Meant::Unresolved(names) => format!("${}", names.join(",$")),
            other => panic!("{other:?}"),
        })
    };
    let on = "{workflow_call: {inputs: {image: {type: string}}}}";
    let given = caller("image: 'a:1'", "");
    let rows = caller("image: 'a:${{ matrix.v }}'", "strategy: {matrix: {v: [1, 2]}}");
    assert_eq!(of(on, &[]), ["$env.I"]);
    assert_eq!(of(on, std::slice::from_ref(&given)), ["a:1"]);
    assert_eq!(of(on, &[given.clone(), rows]), ["a:1", "a:2"]);
    assert_eq!(of(on, &[caller("image: '${{ vars.IMAGE }}'", "")]), ["$env.I"]);
    // One that it is not given has its default, or is empty, so that there is no container.
    assert_eq!(of(on, &[caller("", "")]), [""; 0]);
    let usual = "{workflow_call: {inputs: {image: {default: 'd:1'}}}}";
    assert_eq!(of(usual, &[caller("", ""), given.clone()]), ["d:1", "a:1"]);
    // Who starts it by hand may give it another one.
    let by_hand = "{workflow_call: {inputs: {image: {type: string}}}, workflow_dispatch: {inputs: {image: {type: string}}}}";
    assert_eq!(of(by_hand, &[given]), ["a:1", "$env.I"]);
}

/// GitHub: calls that give the same count once. Where there are too many, nothing is known of the inputs, and none is left out.
#[test]
fn a_workflow_that_is_called_often_loses_no_caller() {
    let called =
        "on: {workflow_call: {inputs: {tag: {type: string}}}}\njobs:\n  a: {runs-on: x, container: 'app:${{ inputs.TAG }}'}\n";
    let of = |jobs: &str| {
        let caller = format!("on: push\njobs:\n{jobs}");
        let files = [("r/.github/workflows/called.yml", called), ("r/.github/workflows/c.yml", caller.as_str())];
        each(&files, |found| found.meant.clone())
    };
    let job = |name: &str, rows: usize, with: &str| {
        let rows: String = (0..rows).map(|row| format!("{row},")).collect();
        let uses = "uses: ./.github/workflows/called.yml";
        format!("  {name}:\n    {uses}\n    strategy: {{matrix: {{Row: [{rows}]}}}}\n    with: {{{with}}}\n")
    };
    let known = |tag: &str| Meant::Known(format!("app:{tag}"));
    let unknown = [Meant::Unresolved(vec!["inputs.TAG".to_owned()])];
    let last = job("b", 1, "tag: ltsc2019");
    assert_eq!(of(&(job("a", 256, "Tag: ltsc2022") + &last)), [known("ltsc2019"), known("ltsc2022")]);
    assert_eq!(of(&(job("a", 2, "tag: '${{ matrix.row }}'") + &last)), [known("0"), known("1"), known("ltsc2019")]);
    assert_eq!(of(&(job("a", 256, "tag: '${{ matrix.row }}'") + &last)), unknown);
    // Each of these calls gives 25,600 values.
    let with: String = (0..100).map(|number| format!("i{number}: '${{{{ matrix.row }}}}',")).collect();
    let again: String = (1..1_000).map(|number| format!("  j{number}: *j\n")).collect();
    let many = job("j0", 256, &with).replacen("j0:", "j0: &j", 1);
    assert_eq!(of(&format!("{many}{again}")), unknown);
}

/// Azure Pipelines: a template of variables stands for what is in it, by a path from the file that names it.
#[test]
fn variables_of_templates_count_in_pipelines_of_azure() {
    let jobs = "jobs:\n- {job: a, container: 'app:$(tag)-$(own)'}\n- {job: b, container: 'app:${{ variables.tag }}'}\n";
    let of = |variables: &str, others: &[(&str, &str)]| -> Vec<String> {
        let text = format!("{variables}{jobs}");
        let files: Vec<(&str, &str)> =
            std::iter::once(("ci/azure-pipelines.yml", text.as_str())).chain(others.iter().copied()).collect();
        each(&files, |found| match &found.meant {
            Meant::Known(text) => text.clone(),
            Meant::Unresolved(names) => format!("${}", names.join(",$")),
            other => panic!("{other:?}"),
        })
    };
    let own = "- {name: own, value: x}\n";
    let map = ("ci/vars/v.yml", "variables: {tag: '1', own: y}\n");
    let list = ("ci/vars/v.yml", "parameters: {p: q}\nvariables:\n- {name: tag, value: '1'}\n- {name: own, value: y}\n");
    let nested = ("ci/vars/v.yml", "variables:\n- template: more.yml\n- template: /ci/vars/top.yml\n");
    let more = [nested, ("ci/vars/more.yml", "variables: {tag: '1'}\n"), ("ci/vars/top.yml", "variables: {own: y}\n")];
    for files in [&[map][..], &[list], &more] {
        for name in ["vars/v.yml", "vars/v.yml@self", "/ci/vars/v.yml"] {
            // The last one counts.
            assert_eq!(of(&format!("variables:\n- template: {name}\n{own}"), files), ["app:1-x", "app:1"], "{files:?}");
            assert_eq!(of(&format!("variables:\n{own}- template: {name}\n"), files), ["app:1-y", "app:1"], "{files:?}");
        }
    }
    // One of a job or a stage counts there.
    let stage = "variables: [{name: tag, value: '0'}]\nstages:\n- stage: s\n  variables:\n  - template: vars/v.yml\n  jobs:\n  \
        - {job: c, container: 'c:$(tag)'}\n- stage: t\n  jobs:\n  - {job: d, container: 'd:$(tag)'}\n";
    let files = [("ci/azure-pipelines.yml", stage), map];
    assert_eq!(read(&files, &["ci/azure-pipelines.yml"]), ["ci/azure-pipelines.yml:7 c:1", "ci/azure-pipelines.yml:10 d:0"]);
    // What is chosen when the pipeline runs, is given to a template, or is elsewhere is not known.
    let condition = "variables:\n- {name: tag, value: '0'}\n- ${{ if eq(1, 1) }}:\n  - template: vars/v.yml\n";
    assert_eq!(of(condition, &[map]), ["$tag,$own", "$variables.tag"]);
    let given = ("ci/vars/v.yml", "parameters: [{name: p, default: '1'}]\nvariables: {tag: '${{ parameters.p }}', own: y}\n");
    assert_eq!(of("variables:\n- template: vars/v.yml\n", &[given]).len(), 2);
    assert!(of("variables:\n- template: vars/v.yml\n", &[given]).iter().all(|one| one.starts_with('$')));
    // A template may have variables that are not told there.
    for open in [
        "variables: ${{ parameters.v }}\n",
        "variables: {'${{ parameters.key }}': x}\n",
        "variables: ['${{ parameters.v }}']\n",
        "variables: [{group: g}]\n",
        "${{ if x }}: {variables: {tag: '2'}}\n",
        "variables: {other: x}\n${{ if x }}: {variables: {tag: '2'}}\n",
    ] {
        let before = "variables:\n- {name: tag, value: '1'}\n- template: vars/v.yml\n";
        assert_eq!(of(&format!("{before}{own}"), &[("ci/vars/v.yml", open)]), ["$tag", "$variables.tag"], "{open}");
    }
    for name in ["vars/v.yml@other", "v.yml", "../vars/v.yml"] {
        assert_eq!(of(&format!("variables:\n- template: {name}\n{own}"), &[map]), ["$tag", "$variables.tag"], "{name}");
        // A template that is not read may set again what stands before it, also in a part around its own.
        assert_eq!(of(&format!("variables:\n{own}- template: {name}\n"), &[map]), ["$tag,$own", "$variables.tag"], "{name}");
        let stage = stage.replace("vars/v.yml", name);
        let meant = each(&[("ci/azure-pipelines.yml", &stage), map], |found| found.meant.clone());
        assert_eq!(meant, [Meant::Unresolved(vec!["tag".to_owned()]), Meant::Known("d:0".to_owned())], "{name}");
        let below = format!("variables:\n{own}- ${{{{ if x }}}}:\n  - template: {name}\n");
        assert_eq!(of(&below, &[map]), ["$tag,$own", "$variables.tag"], "{name}");
    }
    // The name of a repository is none of a file, and a slash begins at the top, whatever stands nearer.
    let others = [("ci/vars/v@other.yml", map.1), ("v.yml", map.1), ("ci/v.yml", "variables: {tag: '2', own: z}\n")];
    assert_eq!(of("variables:\n- template: vars/v@other.yml\n", &others), ["$tag,$own", "$variables.tag"]);
    assert_eq!(of("variables:\n- template: /v.yml\n", &others), ["app:1-y", "app:1"]);
}

/// Templates that name each other, and large ones that are named often, end.
#[test]
fn what_templates_of_variables_give_has_an_end() {
    let text = "variables:\n- template: v.yml\njobs:\n- {job: a, container: 'app:$(tag)'}\n";
    let itself = format!("variables:\n- {{name: tag, value: '1'}}\n{}", "- template: v.yml\n".repeat(100));
    let large = format!("variables:\n{}", "- {name: tag, value: '1'}\n".repeat(1_000));
    let often = format!("variables:\n{}", "- template: large.yml\n".repeat(10_000));
    for v in [itself, often] {
        let files = [("azure-pipelines.yml", text), ("v.yml", v.as_str()), ("large.yml", large.as_str())];
        // What is not read any more may set it again.
        assert_eq!(each(&files, |found| found.meant.clone()), [Meant::Unresolved(vec!["tag".to_owned()])]);
    }
}

/// A pipeline changes with the variables of its templates.
#[test]
fn a_pipeline_of_azure_rests_on_its_templates_of_variables() {
    let text = "variables:\n- template: v.yml\n- template: none.yml\njobs:\n- {job: a, container: 'app:$(tag)'}\n";
    let files = [("azure-pipelines.yml", text), ("v.yml", "variables: {tag: '1'}\n")];
    let map = Map(files.iter().map(|(path, text)| (PathBuf::from(path), Rc::from(*text))).collect());
    let scanned = scan(&[PathBuf::from("azure-pipelines.yml")], &map, &Values::new());
    assert_eq!(scanned[0].rests_on, ["none.yml", "v.yml"].map(PathBuf::from).into());
}

/// A build that names no processor is judged on the hosts of the usual one too, and not on those of another.
#[test]
fn builds_for_a_processor_and_for_none_are_one_where_it_is_the_usual_one() {
    for (platform, expected) in [("windows/amd64", &[None][..]), ("windows/arm64", &[None, Some(Architecture::Arm64)])] {
        let bake = format!("target \"a\" {{\n  tags = [\"my/base:1\"]\n  platforms = [\"{platform}\"]\n}}\n");
        let compose = "services:\n  a: {image: 'my/base:1', build: .}\n";
        let dockerfile = ("Dockerfile", "FROM a:1\n");
        let mut found =
            each(&[("compose.yaml", compose), ("docker-bake.hcl", bake.as_str()), dockerfile], |found| found.processor);
        found.sort_by_key(Option::is_some);
        assert_eq!(found, expected, "{platform}");
    }
    // Of an image for several, each engine takes its own.
    for (platforms, expected) in [
        ("\"windows/arm64\"", Some(Architecture::Arm64)),
        ("\"windows/amd64\", \"windows/arm64\"", None),
        ("\"windows\", \"windows/arm64\"", None),
    ] {
        let bake = format!("target \"a\" {{\n  tags = [\"my/base:1\"]\n  platforms = [{platforms}]\n}}\n");
        let files = [("docker-bake.hcl", bake.as_str()), ("Dockerfile", "FROM a:1\n"), POD];
        let mut found = each(&files, |found| found.made_by.is_some().then_some(found.processor));
        found.retain(Option::is_some);
        assert_eq!(found, [Some(expected)], "{platforms}");
    }
}

#[test]
fn of_several_builds_the_one_counts_that_needs_most() {
    let services = "  a: {build: .}\n  b: {build: {context: ., target: base}}\n";
    let dockerfile = "FROM a:1 AS base\nFROM b:1\nCOPY --from=base /x /y\n";
    for text in [
        format!("services:\n{services}"),
        format!("services:\n{}", services.lines().rev().map(|line| format!("{line}\n")).collect::<String>()),
    ] {
        let needs = each(&[("compose.yaml", &text), ("Dockerfile", dockerfile)], |found| found.needs);
        assert_eq!(needs, [Needs::EveryHost, Needs::EveryHost], "{text}");
    }
}

#[test]
fn a_stage_that_is_not_there_is_said_where_it_is_asked_for() {
    let compose = "services:\n  a: {build: {context: ., target: Build}}\n  b: {build: {context: ., target: nope}}\n  \
        c: {build: {context: ., target: nope}}\n";
    let dockerfile = ("Dockerfile", "FROM a:1 AS build\nFROM b:1\n");
    let expected = [
        "Dockerfile:1 a:1",
        "compose.yaml service b asks for the target nope, and Dockerfile has no such stage",
        "compose.yaml service c asks for the target nope, and Dockerfile has no such stage",
    ];
    assert_eq!(read(&[("compose.yaml", compose), dockerfile], &["compose.yaml"]), expected);
    let bake = "target \"a\" {\n  target = \"nope\"\n}\n";
    assert_eq!(
        read(&[("docker-bake.hcl", bake), dockerfile], &["docker-bake.hcl"]),
        ["docker-bake.hcl target a asks for the target nope, and Dockerfile has no such stage"]
    );
}

/// buildx reads four files of a folder, of which the last wins.
#[test]
fn the_bake_files_of_a_folder_are_one() {
    const DOCKERFILE: (&str, &str) = ("Dockerfile", "ARG T=none\nFROM a:$T\n");
    let variable = "variable \"TAG\" { default = \"new\" }\n";
    for files in [
        [
            ("docker-bake.json", r#"{"variable":{"TAG":{"default":"old"}},"target":{"web":{"args":{"T":"${TAG}"}}}}"#),
            ("docker-bake.override.hcl", variable),
        ],
        [
            ("docker-bake.hcl", "variable \"TAG\" { default = \"old\" }\ntarget \"web\" { args = { T = TAG } }\n"),
            ("docker-bake.override.json", r#"{"variable":{"TAG":{"default":"new"}}}"#),
        ],
        [
            ("docker-bake.json", r#"{"target":{"web":{"args":{"T":"old"}}}}"#),
            ("docker-bake.override.hcl", "target \"web\" { args = { T = \"new\" } }\n"),
        ],
        [
            ("docker-bake.json", r#"{"target":{"web":{"args":{"T":"old"}}}}"#),
            ("docker-bake.hcl", "target \"web\" { args = { T = \"new\" } }\n"),
        ],
    ] {
        let names = files.map(|(name, _)| name);
        assert_eq!(read(&[files[0], files[1], DOCKERFILE], &names), ["Dockerfile:2 a:new"], "{names:?}");
    }
    let other = ("other.bake.json", r#"{"target":{"web":{"args":{"T":"own"}}}}"#);
    let usual = ("docker-bake.hcl", "target \"web\" { args = { T = \"new\" } }\n");
    assert_eq!(read(&[usual, other, DOCKERFILE], &[usual.0, other.0]), ["Dockerfile:2 a:new", "Dockerfile:2 a:own"]);
}

/// docker/compose, `pkg/compose/build_classic.go` and `create.go`: each of the two keys counts for its own.
#[test]
fn a_build_runs_in_its_own_isolation_and_its_container_in_that_of_the_service() {
    use Asked::{Hyperv, Process};
    use IsolatedBy::{Nothing, Service, ServiceAndBuild, ServiceBuild};
    use Needs::{EveryHost, NoHost, OneHost};
    let runs = "FROM a:1\nRUN dir\n";
    let plain = "FROM a:1\n";
    for (service, dockerfile, expected) in [
        ("build: .", plain, &[(EveryHost, None, Service)][..]),
        ("build: .", runs, &[(EveryHost, None, ServiceAndBuild)]),
        ("isolation: hyperv, build: .", plain, &[(EveryHost, Some(Hyperv), Service)]),
        ("isolation: hyperv, build: .", runs, &[(EveryHost, Some(Hyperv), Service), (OneHost, None, ServiceBuild)]),
        ("build: {context: ., isolation: hyperv}", plain, &[(EveryHost, None, Service)]),
        ("build: {context: ., isolation: hyperv}", runs, &[(EveryHost, None, Service), (OneHost, Some(Hyperv), ServiceBuild)]),
        (
            "isolation: process, build: {context: ., isolation: hyperv}",
            runs,
            &[(EveryHost, Some(Process), Service), (OneHost, Some(Hyperv), ServiceBuild)],
        ),
        ("isolation: hyperv, build: {context: ., isolation: hyperv}", runs, &[(EveryHost, Some(Hyperv), ServiceAndBuild)]),
        // A stage that is made from it runs, and is itself the last one, or none that is started.
        (
            "isolation: hyperv, build: .",
            "FROM a:1 AS x\nFROM x\nRUN dir\n",
            &[(EveryHost, Some(Hyperv), Service), (OneHost, None, ServiceBuild)],
        ),
        (
            "isolation: hyperv, build: .",
            "FROM a:1 AS x\nFROM x AS y\nRUN dir\nFROM x\nCOPY --from=y /f /f\n",
            &[(EveryHost, Some(Hyperv), Service), (OneHost, None, ServiceBuild)],
        ),
        (
            "isolation: hyperv, build: .",
            "FROM a:1 AS x\nONBUILD RUN dir\nFROM x\n",
            &[(EveryHost, Some(Hyperv), Service), (OneHost, None, ServiceBuild)],
        ),
        // Other stages are only built.
        (
            "isolation: process, build: {context: ., isolation: hyperv}",
            "FROM a:1 AS x\nRUN dir\nFROM b:1\nCOPY --from=x /f /f\nCOPY --from=c:1 /f /f\n",
            &[(OneHost, Some(Hyperv), ServiceBuild), (EveryHost, Some(Process), Service), (NoHost, None, Nothing)],
        ),
    ] {
        let compose = format!("services:\n  web: {{{service}}}\n");
        let of = |found: &Found| (found.needs, found.isolation, found.isolated_by);
        let found = each(&[("compose.yaml", &compose), ("Dockerfile", dockerfile)], of);
        assert_eq!(found, expected, "{service}: {dockerfile}");
        // A Dockerfile that stands in the file is read in the same way.
        let inline = |build: &str| {
            let text: String = dockerfile.lines().map(|line| format!("        {line}\n")).collect();
            let more = if build.contains("hyperv") { "      isolation: hyperv\n" } else { "" };
            format!("    build:\n{more}      dockerfile_inline: |\n{text}")
        };
        let (own, build) = service.split_once("build: ").unwrap();
        let own = own.trim_end_matches(", ");
        let own = if own.is_empty() { String::new() } else { format!("    {own}\n") };
        let compose = format!("services:\n  web:\n{own}{}", inline(build));
        assert_eq!(each(&[("compose.yaml", &compose)], of), expected, "{compose}");
    }
}

#[test]
fn one_base_of_several_builds_names_each_key_that_counts() {
    let services = "services:\n  a: {build: {context: ., target: x}}\n  b: {build: .}\n";
    let dockerfile = "FROM a:1 AS x\nFROM x\nRUN dir\n";
    let by = |found: &Found| (found.needs, found.isolated_by);
    let found = each(&[("compose.yaml", services), ("Dockerfile", dockerfile)], by);
    assert_eq!(found, [(Needs::EveryHost, IsolatedBy::ServiceAndBuild)]);
    // Without Compose the commands have it.
    for (dockerfile, expected) in [
        ("FROM a:1\nRUN dir\n", IsolatedBy::BuildAndStart),
        ("FROM a:1 AS x\nRUN dir\nFROM scratch\nCOPY --from=x /f /f\n", IsolatedBy::Build),
    ] {
        assert_eq!(each(&[("Dockerfile", dockerfile)], |found| found.isolated_by), [expected], "{dockerfile}");
    }
}

#[test]
fn a_pipeline_of_jenkins_builds_and_starts_in_its_own_isolations() {
    let of = |found: &Found| (found.needs, found.isolation, found.isolated_by);
    let built = |options: &str| format!("docker.build('x', '-f win.df{options} .').inside('--isolation=hyperv') {{ }}\n");
    for (options, expected) in [
        ("", &[(Needs::EveryHost, Some(Asked::Hyperv), IsolatedBy::StartOfBuilt), (Needs::OneHost, None, IsolatedBy::Build)][..]),
        (" --isolation hyperv", &[(Needs::EveryHost, Some(Asked::Hyperv), IsolatedBy::BuildAndStart)]),
    ] {
        let found = each(&[("Jenkinsfile", &built(options)), ("win.df", "FROM a:1\nRUN dir\n")], of);
        assert_eq!(found, expected, "{options}");
    }
}

#[test]
fn an_image_that_a_bake_file_builds_is_in_no_registry() {
    let dockerfile = ("Dockerfile", "FROM a:1\n");
    for bake in [
        "target \"app\" { tags = [\"my/app:1\", \"my/app\"] }\n",
        "variable \"T\" { default = \"1\" }\ntarget \"app\" { tags = [\"my/app:${T}\", \"my/app:${timestamp()}\", \"my/app:latest\"] }\n",
        "target \"_tags\" { tags = [\"my/app:1\", \"my/app\"] }\ntarget \"app\" { inherits = [\"_tags\"] }\n",
    ] {
        let compose = "services:\n  a: {image: 'my/app:1'}\n  b: {image: my/app}\n  c: {image: 'my/app:2'}\n";
        let files = [("docker-bake.hcl", bake), ("compose.yaml", compose), dockerfile];
        let found = read(&files, &["docker-bake.hcl", "compose.yaml"]);
        assert_eq!(found, ["Dockerfile:1 a:1", "compose.yaml:4 my/app:2"], "{bake}");
    }
    // Also what stands in it, or is elsewhere.
    for build in ["dockerfile-inline = \"FROM a:1\"", "context = \"https://r.example/x.git\""] {
        let bake = format!("target \"app\" {{\n  tags = [\"my/app:1\"]\n  {build}\n}}\n");
        let files = [("docker-bake.hcl", bake.as_str()), ("compose.yaml", "services:\n  a: {image: 'my/app:1'}\n")];
        let found = read(&files, &["docker-bake.hcl", "compose.yaml"]);
        assert!(found.iter().all(|line| !line.starts_with("compose.yaml")), "{found:?}");
    }
}

const POD: (&str, &str) = (
    "pod.yaml",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  nodeSelector: {kubernetes.io/os: windows}\n  containers:\n  - {name: c, image: 'my/base:1'}\n",
);

#[test]
fn what_refers_to_an_own_image_is_judged_by_its_base() {
    let compose = "services:\n  base: {image: 'my/base:1', build: base}\n  same: {image: 'my/base:1'}\n  \
        apart: {image: 'my/base:1', isolation: process}\n";
    let files = [("compose.yaml", compose), ("base/Dockerfile", "FROM a:1\n"), POD];
    let expected = ["base/Dockerfile:1 a:1", "compose.yaml:4 a:1", "pod.yaml:7 a:1"];
    assert_eq!(read(&files, &["compose.yaml", "pod.yaml"]), expected);
    let of = |found: &Found| {
        let object = found.object.clone().unwrap_or_default();
        (object, found.written.clone(), found.isolation, found.isolated_by, found.together.is_some(), found.editable.is_some())
    };
    let found = each(&files, of);
    let apart = ("service apart".to_owned(), "my/base:1".to_owned(), Some(Asked::Process), IsolatedBy::Service, false, false);
    assert_eq!(found[1], apart);
    assert_eq!((found[2].1.as_str(), found[2].4, found[2].5), ("my/base:1", true, false));
    let why = each(&files, |found| found.stays.clone());
    assert_eq!(why[1].as_deref(), Some("my/base:1 is built by base/Dockerfile"));
    // Each rests on what makes the image.
    let map = Map(files.iter().map(|(path, text)| (PathBuf::from(path), Rc::from(*text))).collect());
    let all = scan(&["compose.yaml", "pod.yaml"].map(PathBuf::from), &map, &Values::new());
    let rests = |name: &str| all.iter().find(|file| file.path == Path::new(name)).map(|file| file.rests_on.clone()).unwrap();
    assert!(rests("pod.yaml").contains(Path::new("base/Dockerfile")) && rests("pod.yaml").contains(Path::new("compose.yaml")));
}

/// What another service or target builds is the base of an image as any other of these files is.
#[test]
fn a_base_that_is_a_context_of_the_same_project_is_followed() {
    let of = |found: &Found| {
        let Meant::Known(image) = &found.meant else { panic!("{found:?}") };
        let processor = found.processor.map_or("", Architecture::as_str);
        (found.object.clone().unwrap_or_default(), format!("{image} {:?} {processor}", found.os))
    };
    let read = |files: &[(&str, &str)]| -> Vec<String> {
        each(files, of).into_iter().map(|(object, image)| format!("{object}: {image}")).collect()
    };
    let pod = "v1 Pod p container c: a:1 Windows ".to_owned();
    let web = "  web:\n    image: my/base:1\n    build: {context: ., additional_contexts: {base: 'service:base'}, dockerfile_inline: FROM base}\n";
    let base = "  base: {build: {context: ., dockerfile_inline: FROM a:1}}\n";
    let one = format!("services:\n{base}{web}");
    assert_eq!(read(&[("compose.yaml", one.as_str()), POD]), ["service base: a:1 Unsaid ".to_owned(), pod.clone()]);
    // The service may be in a file that this one includes, and its Dockerfile may stand apart.
    let including = format!("include: [inc/compose.yaml]\nservices:\n{web}");
    let included = ("inc/compose.yaml", "services:\n  base: {build: .}\n");
    let found = read(&[("compose.yaml", including.as_str()), included, ("inc/Dockerfile", "FROM a:1\n"), POD]);
    assert!(found.len() == 2 && found.contains(&pod), "{found:?}");
    // Nobody looks for what is an image in no registry.
    let circle = format!("services:\n{}", web.replace("service:base", "service:web"));
    assert_eq!(read(&[("compose.yaml", circle.as_str()), POD]), [""; 0]);
    let target = |name: &str, rest: &str| format!("target \"{name}\" {{\n{rest}\n}}\n");
    let inline = |text: &str| format!("dockerfile-inline = \"FROM {text}\"\n");
    let linked = "tags = [\"my/base:1\"]\ncontexts = { base = \"target:_base\" }\n";
    let platform = |name: &str| format!("platforms = [\"{name}\"]\n");
    let bake = |of_web: &str, of_base: &str| {
        let web = target("web", &format!("{linked}{}{of_web}", inline("base")));
        web + &target("_base", &format!("{}{of_base}", inline("a:1")))
    };
    assert_eq!(read(&[("docker-bake.hcl", bake("", "").as_str()), POD]), ["target _base: a:1 Unsaid ".to_owned(), pod]);
    // What is built for another system or processor is said where it is taken.
    let of_web = |of_base: &str| -> Vec<String> {
        let text = bake(&platform("windows/amd64"), &platform(of_base));
        read(&[("docker-bake.hcl", text.as_str())]).into_iter().filter(|found| found.starts_with("target web")).collect()
    };
    assert_eq!(of_web("windows/amd64"), [""; 0]);
    assert_eq!(of_web("linux/amd64"), ["target web: a:1 Windows amd64"]);
    assert_eq!(of_web("windows/arm64"), ["target web: a:1 Windows arm64"]);
}

/// What is judged at this service of Compose, or in this pod, in the place of own images.
fn in_place(services: &str, others: &[(&str, &str)]) -> Vec<String> {
    let compose = format!("services:\n{services}  x: {{image: 'my/base:1', isolation: process}}\n");
    let files: Vec<(&str, &str)> = std::iter::once(("compose.yaml", compose.as_str())).chain(others.iter().copied()).collect();
    let of = |found: &Found| {
        let meant = if let Meant::Known(text) = &found.meant { text.clone() } else { String::new() };
        found.made_by.as_ref().map(|path| format!("{meant} {:?} {}", found.os, path.to_string_lossy().replace('\\', "/")))
    };
    each(&files, of).into_iter().flatten().collect()
}

#[test]
fn the_base_of_an_own_image_is_found_through_others() {
    let base = "  base: {image: 'my/base:1', build: base}\n";
    let app = "  app: {image: 'my/app:1', build: app}\n";
    for (services, others, expected) in [
        (base.to_owned(), &[("base/Dockerfile", "FROM b:1 AS x\nRUN y\nFROM a:1\n")][..], &["a:1 Windows base/Dockerfile"][..]),
        // Through another one; the first is what makes it.
        (
            format!("{base}{app}"),
            &[("base/Dockerfile", "FROM my/app:1\n"), ("app/Dockerfile", "FROM a:1\n")],
            &["a:1 Windows base/Dockerfile"],
        ),
        // A circle leads nowhere, and no image is made from itself.
        (format!("{base}{app}"), &[("base/Dockerfile", "FROM my/app:1\n"), ("app/Dockerfile", "FROM my/base:1\n")], &[]),
        (base.to_owned(), &[("base/Dockerfile", "FROM my/base:1\n")], &["my/base:1 Windows base/Dockerfile"]),
        // Of several, some may be for another system.
        (
            format!("{base}  also: {{image: 'my/base:1', build: also}}\n"),
            &[("base/Dockerfile", "FROM a:1\n"), ("also/Dockerfile", "FROM b:1\n")],
            &["b:1 Unsaid also/Dockerfile", "a:1 Unsaid base/Dockerfile"],
        ),
        (
            format!("{base}  also: {{image: 'my/base:1', build: also, platform: linux/amd64}}\n"),
            &[("base/Dockerfile", "FROM a:1\n"), ("also/Dockerfile", "FROM b:1\n")],
            &["a:1 Windows base/Dockerfile"],
        ),
        // What is not known is not judged.
        (base.to_owned(), &[("base/Dockerfile", "ARG T\nFROM a:$T\n")], &[]),
        (base.to_owned(), &[], &[]),
        // One within the file has a base as any other has.
        ("  base: {image: 'my/base:1', build: {dockerfile_inline: FROM a:1}}\n".to_owned(), &[], &["a:1 Windows compose.yaml"]),
        (
            "  base: {image: 'my/base:1', build: {dockerfile_inline: FROM my/app:1}}\n  \
             app: {image: 'my/app:1', build: {dockerfile_inline: FROM a:1}}\n"
                .to_owned(),
            &[],
            &["a:1 Windows compose.yaml"],
        ),
        ("  base: {image: 'my/base:1', build: {dockerfile_inline: 'FROM a:${T}'}}\n".to_owned(), &[], &[]),
        (
            "  base: {image: 'my/base:1', build: {dockerfile_inline: FROM my/base:1}}\n".to_owned(),
            &[],
            &["my/base:1 Windows compose.yaml"],
        ),
        // What is made of nothing has no base that a host must fit.
        ("  base: {image: 'my/base:1', build: {dockerfile_inline: FROM scratch}}\n".to_owned(), &[], &[]),
        // Nor is what is judged in the same way at its own place, by one of its builds.
        (
            format!("{base}  also: {{image: 'my/base:1', build: base, isolation: process}}\n"),
            &[("base/Dockerfile", "FROM a:1\n")],
            &[],
        ),
        ("  base: {image: 'my/base:1', build: base, isolation: process}\n".to_owned(), &[("base/Dockerfile", "FROM a:1\n")], &[]),
    ] {
        let mut found = in_place(&services, others);
        found.sort_by_key(|one| one.rsplit(' ').next().map(str::to_owned));
        assert_eq!(found, expected, "{services} {others:?}");
    }
    // No image is made from itself: what its Dockerfile names is pulled.
    let itself = "services:\n  base: {image: 'my/base:1', build: {dockerfile_inline: FROM my/base:1}}\n";
    assert_eq!(read(&[("compose.yaml", itself)], &["compose.yaml"]), ["compose.yaml:2 my/base:1"]);
    // That of a bake file has one too.
    let bake = "target \"app\" {\n  tags = [\"my/base:1\"]\n  dockerfile-inline = \"FROM a:1\"\n}\n";
    assert_eq!(in_place("", &[("docker-bake.hcl", bake)]), ["a:1 Windows docker-bake.hcl"]);
    // Two builds of one base are one.
    let services = format!("{base}  also: {{image: 'my/base:1', build: base, isolation: hyperv}}\n");
    assert_eq!(in_place(&services, &[("base/Dockerfile", "FROM a:1\n")]), ["a:1 Windows base/Dockerfile"]);
    // A build gives its own image its own base.
    let services = "  base: {image: 'my/base:1', build: {context: b, args: {T: '1'}}}\n  \
        next: {image: 'my/base:2', build: {context: b, args: {T: '2'}}}\n";
    assert_eq!(in_place(services, &[("b/Dockerfile", "ARG T\nFROM a:$T\n")]), ["a:1 Windows b/Dockerfile"]);
}

/// Two projects may give their images one name.
#[test]
fn an_own_image_is_that_of_the_same_project() {
    let compose = "services:\n  app: {image: 'my/app:1', build: .}\n  again: {image: 'my/app:1', isolation: process}\n";
    let other = "services:\n  x: {image: 'my/app:1', isolation: process}\n";
    let next = "services:\n  app: {image: 'my/app:1', build: next, isolation: hyperv}\n";
    let files = [
        ("a/compose.yaml", compose),
        ("a/Dockerfile", "FROM a:1\n"),
        ("a/other.yaml", other),
        ("b/compose.yaml", compose),
        ("b/Dockerfile", "FROM my/next:1\n"),
        ("b/next.yaml", "services:\n  n: {image: 'my/next:1', build: next}\n"),
        ("b/next/Dockerfile", "FROM b:1\n"),
        ("c/compose.yaml", "services:\n  n: {image: 'my/next:1', build: .}\n"),
        ("c/Dockerfile", "FROM c:1\n"),
        ("d/compose.yaml", other),
    ];
    let asked = ["a/compose.yaml", "a/other.yaml", "b/compose.yaml", "b/next.yaml", "c/compose.yaml", "d/compose.yaml"];
    let found = read(&files, &asked);
    let of = |file: &str| found.iter().filter(|line| line.starts_with(file)).cloned().collect::<Vec<_>>();
    assert_eq!(of("a/"), ["a/Dockerfile:1 a:1", "a/compose.yaml:3 a:1", "a/other.yaml:2 a:1"]);
    assert_eq!(of("b/"), ["b/compose.yaml:3 b:1", "b/next/Dockerfile:1 b:1"]);
    // Where none is near, any may be meant.
    assert_eq!(of("d/").len(), 2, "{found:?}");
    // What the file itself builds is nearer than what one beside it does.
    let files =
        [("compose.yaml", compose), ("Dockerfile", "FROM a:1\n"), ("other.yaml", next), ("next/Dockerfile", "FROM b:1\n")];
    let found = read(&files, &["compose.yaml", "other.yaml"]);
    assert!(found.contains(&"compose.yaml:3 a:1".to_owned()) && !found.contains(&"compose.yaml:3 b:1".to_owned()), "{found:?}");
}

/// A name that two ways lead to means another image on each, where it is built by the project of each.
#[test]
fn an_own_image_on_two_ways_is_that_of_each() {
    let own = |name: &str| {
        format!("services:\n  {name}: {{image: 'my/{name}:1', build: {name}}}\n  base: {{image: 'my/base:1', build: base}}\n")
    };
    let top = "services:\n  one: {image: 'my/top:1', build: one}\n  two: {image: 'my/top:1', build: two}\n  \
        again: {image: 'my/top:1', isolation: process}\n";
    let (one, two) = (own("one"), own("two"));
    let files = [
        ("x/compose.yaml", top),
        ("x/one/Dockerfile", "FROM my/one:1\n"),
        ("x/two/Dockerfile", "FROM my/two:1\n"),
        ("p/compose.yaml", one.as_str()),
        ("p/one/Dockerfile", "FROM my/base:1\n"),
        ("p/base/Dockerfile", "FROM a:1\n"),
        ("q/compose.yaml", two.as_str()),
        ("q/two/Dockerfile", "FROM my/base:1\n"),
        ("q/base/Dockerfile", "FROM b:1\n"),
    ];
    let found = read(&files, &["x/compose.yaml", "p/compose.yaml", "q/compose.yaml"]);
    let mut bases: Vec<&str> = found.iter().filter_map(|line| line.strip_prefix("x/compose.yaml:4 ")).collect();
    bases.sort_unstable();
    assert_eq!(bases, ["a:1", "b:1"], "{found:?}");
}

#[test]
fn many_own_images_that_are_built_on_each_other_end() {
    let service = |number: usize| format!("  s{number}: {{image: 'my/base:{number}', build: d{number}}}\n");
    let services: String = (1..600).map(service).collect();
    let files: Vec<(String, String)> =
        (1..600).map(|number| (format!("d{number}/Dockerfile"), format!("FROM my/base:{}\n", number + 1))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    // The last one is not built here, and is too far away.
    assert_eq!(in_place(&services, &files), Vec::<String>::new());
}

/// The nodes that pods of these files are led to, by the label `gen`, each with the file of the pod.
fn led(files: &[(&str, &str)]) -> Vec<String> {
    let map = Map(files.iter().map(|(path, text)| (PathBuf::from(path), Rc::from(*text))).collect());
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| PathBuf::from(path)).collect();
    let mut all = Vec::new();
    for file in scan(&paths, &map, &Values::new()) {
        let path = file.path.to_string_lossy().replace('\\', "/");
        assert!(file.scanned.problems.is_empty(), "{:?}", file.scanned.problems);
        all.extend(file.scanned.found.iter().map(|found| match &found.lands {
            Lands::Nodes(placement) => {
                format!("{path} {}", placement.selector.get("gen").map(String::as_str).unwrap_or_default())
            }
            other => panic!("{other:?}"),
        }));
    }
    all
}

fn class(number: &str) -> String {
    format!(
        "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {{name: w}}\nhandler: h\nscheduling: {{nodeSelector: {{gen: '{number}'}}}}\n"
    )
}

const LED: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {runtimeClassName: w, containers: [{name: c, image: a}]}\n";

#[test]
fn a_pod_means_the_nearest_class_of_its_name() {
    let (old, new) = (class("19"), class("22"));
    let (old, new) = (old.as_str(), new.as_str());
    let own = format!("{new}---\n{LED}");
    let own = own.as_str();
    for (files, expected) in [
        (
            &[("a/pod.yaml", LED), ("a/rc.yaml", old), ("b/pod.yaml", LED), ("b/rc.yaml", new)][..],
            &["a/pod.yaml 19", "b/pod.yaml 22"][..],
        ),
        // One of its own file, and of its own folder.
        (&[("a/pod.yaml", own), ("a/rc.yaml", old)], &["a/pod.yaml 22"]),
        (&[("a/b/pod.yaml", LED), ("a/b/rc.yaml", new), ("a/rc.yaml", old)], &["a/b/pod.yaml 22"]),
        // Above or below before others, the nearest first.
        (&[("a/b/pod.yaml", LED), ("a/c/rc.yaml", old), ("rc.yaml", new)], &["a/b/pod.yaml 22"]),
        (&[("a/b/pod.yaml", LED), ("a/rc.yaml", old), ("rc.yaml", new)], &["a/b/pod.yaml 19"]),
        (&[("a/pod.yaml", LED), ("a/b/c/rc.yaml", old), ("a/b/rc.yaml", new)], &["a/pod.yaml 22"]),
        (&[("a/pod.yaml", LED), ("classes/rc.yaml", old)], &["a/pod.yaml 19"]),
        // By either of two that are equally near; those that say the same are one.
        (&[("a/pod.yaml", LED), ("a/r.yaml", old), ("a/s.yaml", new)], &["a/pod.yaml 19", "a/pod.yaml 22"]),
        (&[("a/pod.yaml", LED), ("b/rc.yaml", old), ("c/rc.yaml", new)], &["a/pod.yaml 19", "a/pod.yaml 22"]),
        (&[("a/pod.yaml", LED), ("a/r.yaml", old), ("a/s.yaml", old)], &["a/pod.yaml 19"]),
    ] {
        assert_eq!(led(files), expected, "{files:?}");
    }
}

/// By more classes than are followed a pod is not judged.
#[test]
fn a_pod_may_mean_so_many_classes_and_no_more() {
    let is_nowhere = |number: usize| {
        let classes: Vec<(String, String)> =
            (0..number).map(|number| (format!("a/r{number}.yaml"), class(&number.to_string()))).collect();
        let mut files: Vec<(&str, &str)> = classes.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        files.push(("a/pod.yaml", LED));
        each(&files, |found| matches!(found.lands, Lands::Nowhere { .. }))
    };
    assert_eq!(is_nowhere(16), [false; 16]);
    assert_eq!(is_nowhere(17), [true]);
}

#[test]
fn kustomizations_patch_classes_and_choose_among_them() {
    let (old, new) = (class("19"), class("22"));
    let (old, new) = (old.as_str(), new.as_str());
    let base = "resources: [pod.yaml, rc.yaml]\n";
    let operations = "resources: [../b]\npatches:\n- target: {kind: RuntimeClass, name: w}\n  patch: |\n    \
        - {op: replace, path: /scheduling/nodeSelector/gen, value: '22'}\n";
    let merge = "resources: [../b]\npatches:\n- patch: |\n    apiVersion: node.k8s.io/v1\n    kind: RuntimeClass\n    \
        metadata: {name: w}\n    scheduling: {nodeSelector: {gen: '22'}}\n";
    let part = "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: w}\nhandler: other\n";
    let delete = "$patch: delete\napiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: w}\n";
    let of_file = "resources: [../b]\npatches: [{path: p.yaml}]\n";
    let plain = "resources: [../b]\n";
    let with = |overlays: &[(&str, &str)]| {
        let base = [("b/kustomization.yaml", base), ("b/pod.yaml", LED), ("b/rc.yaml", old)];
        led(&[&base[..], overlays].concat())
    };
    for (overlays, expected) in [
        (&[("o/kustomization.yaml", operations)][..], &["b/pod.yaml 22"][..]),
        (&[("o/kustomization.yaml", merge)], &["b/pod.yaml 22"]),
        (&[("o/kustomization.yaml", of_file), ("o/p.yaml", new)], &["b/pod.yaml 22"]),
        // What a patch does not name stays, and the file is no class by itself.
        (&[("o/kustomization.yaml", of_file), ("o/p.yaml", part)], &["b/pod.yaml 19"]),
        (&[("o/kustomization.yaml", of_file), ("o/p.yaml", delete)], &["b/pod.yaml "]),
        // Each overlay has its own.
        (&[("n/kustomization.yaml", plain), ("o/kustomization.yaml", operations)], &["b/pod.yaml 19", "b/pod.yaml 22"]),
    ] {
        assert_eq!(with(overlays), expected, "{overlays:?}");
    }
    // One of the same kustomization counts more than a nearer one.
    let files = [
        ("k/kustomization.yaml", "resources: [x/pod.yaml, y/rc.yaml]\n"),
        ("k/x/pod.yaml", LED),
        ("k/x/rc.yaml", old),
        ("k/y/rc.yaml", new),
    ];
    assert_eq!(led(&files), ["k/x/pod.yaml 22"]);
}

#[test]
fn a_pod_rests_on_the_file_of_its_class() {
    let class = class("19");
    let class = class.as_str();
    let patch = "resources: [pod.yaml, rc.yaml]\npatches: [{path: p.yaml}]\n";
    let files = [
        ("a/pod.yaml", LED),
        ("rc.yaml", class),
        ("k/pod.yaml", LED),
        ("k/rc.yaml", class),
        ("k/kustomization.yaml", patch),
        ("k/p.yaml", class),
    ];
    let map = Map(files.iter().map(|(path, text)| (PathBuf::from(path), Rc::from(*text))).collect());
    let all = scan(&files.map(|(path, _)| PathBuf::from(path)), &map, &Values::new());
    let rests = |name: &str| all.iter().find(|file| file.path == Path::new(name)).map(|file| file.rests_on.clone()).unwrap();
    assert_eq!(rests("a/pod.yaml"), BTreeSet::from([PathBuf::from("rc.yaml")]));
    let expected = ["k/kustomization.yaml", "k/p.yaml", "k/rc.yaml"].map(PathBuf::from);
    assert_eq!(rests("k/pod.yaml"), BTreeSet::from(expected));
}

/// The plugin of Kubernetes puts what a file lacks into it, so it needs neither `apiVersion` nor `kind`.
#[test]
fn a_file_with_the_pod_of_a_pipeline_of_jenkins_is_read() {
    let pipeline = "pipeline { agent { kubernetes {\n nodeSelector 'a=b'\n yamlFile 'ci/pod.yaml' } } }\n";
    let bare = "spec:\n  containers:\n  - {name: c, image: a:1}\n";
    let whole = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c, image: a:1}]}\n";
    for pod in [bare, whole] {
        for asked in [&["Jenkinsfile", "ci/pod.yaml"][..], &["Jenkinsfile"]] {
            assert_eq!(read(&[("Jenkinsfile", pipeline), ("ci/pod.yaml", pod)], asked), ["ci/pod.yaml:3 a:1"], "{pod}");
        }
        let lands = |found: &Found| match &found.lands {
            Lands::Nodes(placement) => placement.selector.get("a").cloned(),
            other => panic!("{other:?}"),
        };
        let both = [("sub/Jenkinsfile", pipeline), ("Jenkinsfile", pipeline), ("ci/pod.yaml", pod)];
        assert_eq!(each(&both, lands), [Some("b".to_owned())], "{pod}");
    }
    for (yaml, why) in
        [("yamlFile 'ci/gone.yaml'", "there is no such file"), ("yamlFile \"${X}.yaml\"", "the variable X has no value")]
    {
        let pipeline = format!("pipeline {{ agent {{ kubernetes {{\n{yaml} }} }} }}\n");
        let expected = format!("Jenkinsfile:2 the pod of pipeline is not read: {why}");
        assert_eq!(read(&[("Jenkinsfile", &pipeline)], &["Jenkinsfile"]), [expected]);
    }
    // A container of a field is in the same pod, and lands where the file says.
    let beside = "pipeline { agent { kubernetes {\n yamlFile 'pod.yaml'\n containerTemplate { name 'x'; image 'b:1' } } } }\n";
    let pod = "spec:\n  nodeSelector: {a: b}\n  containers:\n  - {name: c, image: a:1}\n";
    let of = |found: &Found| (found.lands.clone(), found.together.clone());
    let found = each(&[("Jenkinsfile", beside), ("pod.yaml", pod)], of);
    assert!(found.len() == 2 && found[0] == found[1] && found[0].1.is_some(), "{found:?}");
    // The file may have nodes alone, or say nothing of them. Where it is not there, they are not known.
    let lands = |files: &[(&str, &str)]| each(files, |found| found.lands.clone());
    let nodes = lands(&[("Jenkinsfile", beside), ("pod.yaml", "spec:\n  nodeSelector: {a: b}\n")]);
    assert!(matches!(nodes.as_slice(), [Lands::Nodes(placement)] if placement.selector.contains_key("a")), "{nodes:?}");
    let unled = lands(&[("Jenkinsfile", beside), ("pod.yaml", bare)]);
    assert!(matches!(unled.as_slice(), [Lands::Linux { .. }, Lands::Linux { .. }]), "{unled:?}");
    let gone = lands(&[("Jenkinsfile", beside)]);
    assert!(matches!(gone.as_slice(), [Lands::Unread { .. }]), "{gone:?}");
}
