//! Compose files as projects write them.

use super::*;
use crate::Architecture;
use crate::scan::paths::normal;

struct Map(BTreeMap<PathBuf, String>);

impl Files for Map {
    fn read(&self, path: &Path) -> Result<Rc<str>, crate::Error> {
        let missing = || crate::Error::of(crate::ErrorKind::NotFound, "not there");
        self.0.get(&normal(path)).map(|text| Rc::from(text.as_str())).ok_or_else(missing)
    }
}

fn read_all(texts: &[&str], others: &[(&str, &str)]) -> Project {
    let files = Map(others.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect());
    let layers: Vec<Layer<'_>> = texts
        .iter()
        .map(|text| Layer { path: Path::new("compose.yaml"), text, root: yaml::read(text).0[0].root.clone().unwrap() })
        .collect();
    assert!(is_compose(Path::new("compose.yaml"), &layers[0].root));
    read(&Set::of(vec![PathBuf::from("app/compose.yaml")]), &layers, &Outer::default(), &files)
}

fn images(project: &Project) -> Vec<String> {
    let one = |(number, found): &(usize, Found)| {
        let meant = match &found.meant {
            Meant::Known(text) => text.clone(),
            Meant::Unresolved(names) => format!("${}", names.join(",$")),
            Meant::Unevaluated { .. } | Meant::Undeclared(_) => panic!("{found:?}"),
        };
        format!("{number}:{} {meant} {:?} {:?}", found.place.line, found.isolation, found.os)
    };
    project.found.iter().map(one).collect()
}

#[test]
fn images_with_values_and_isolation_from_the_env_file() {
    let text = "x-base: &base\n  isolation: ${ISOLATION}\nservices:\n  web:\n    <<: *base\n    image: ${REGISTRY}app:${TAG:-1809}\n  \
        sql:\n    image: \"sql:${SQL}\"\n    platform: linux/amd64\n";
    let project = read_all(&[text], &[("app/.env", "REGISTRY=r.example/\nISOLATION=hyperv\n")]);
    assert_eq!(images(&project), ["0:6 r.example/app:1809 Some(Hyperv) Windows", "0:8 $SQL None Other"]);
}

/// A swarm starts a service on the nodes alone for which its constraints hold.
#[test]
fn constraints_of_a_service_say_the_system_of_its_nodes() {
    for (constraints, os) in [
        ("['node.role == manager', 'node.platform.os == linux']", Os::Other),
        ("[node.platform.os==Windows]", Os::Windows),
        ("['node.platform.os != linux']", Os::Windows),
        ("['node.platform.os != windows']", Os::Other),
        ("['node.platform.os == ${SYSTEM:-windows}']", Os::Windows),
        ("['node.platform.os == ${SYSTEM}']", Os::Unsaid),
        ("['node.platform.arch == x86_64', 'node.labels.os == linux']", Os::Unsaid),
    ] {
        let deploy = format!("deploy: {{placement: {{constraints: {constraints}}}}}");
        let project = read_all(&[&format!("services:\n  web: {{image: 'a:1', {deploy}}}\n")], &[]);
        assert_eq!(project.found[0].1.os, os, "{constraints}");
    }
    for (constraints, is_nowhere) in [
        ("['node.platform.os == windows', 'node.platform.os == linux']", true),
        ("['node.platform.os != windows', 'node.platform.os == windows']", true),
        ("['node.platform.os == windows', 'node.platform.os != linux']", false),
        ("['node.platform.os == windows', 'node.platform.os == ${SYSTEM}']", false),
    ] {
        let deploy = format!("deploy: {{placement: {{constraints: {constraints}}}}}");
        let project = read_all(&[&format!("services:\n  web: {{image: 'a:1', {deploy}}}\n")], &[]);
        assert_eq!(matches!(project.found[0].1.lands, Lands::Nowhere { .. }), is_nowhere, "{constraints}");
    }
    let over = "services: {web: {deploy: {placement: {constraints: !override ['node.platform.os == windows']}}}}\n";
    let base = "services: {web: {image: 'a:1', deploy: {placement: {constraints: ['node.platform.os == linux']}}}}\n";
    assert_eq!(read_all(&[base, over], &[]).found[0].1.os, Os::Windows);
    // Who builds an image does not look at them.
    let built = "services: {web: {build: ., deploy: {placement: {constraints: ['node.platform.os == linux']}}}}\n";
    assert_eq!(read_all(&[built], &[]).built[0].build.os, Os::Unsaid);
}

#[test]
fn an_override_wins() {
    let base = "services:\n  web:\n    image: a:1\n    isolation: process\n  db:\n    image: b:1\n";
    let over = "services:\n  web:\n    image: a:2\n";
    let project = read_all(&[base, over], &[]);
    assert_eq!(images(&project), ["1:3 a:2 Some(Process) Windows", "0:6 b:1 None Unsaid"]);
}

#[test]
fn what_an_override_takes_away_does_not_count() {
    let base = "services:\n  web:\n    image: a:1\n    build: .\n    isolation: process\n";
    for (over, expected) in [
        // What is not built is the image.
        ("build: !reset null", &["0:3 a:1 Some(Process) Windows"][..]),
        ("build: !reset null\n    isolation: !reset null", &["0:3 a:1 None Unsaid"]),
        ("image: !reset null\n    build: !reset {}", &[]),
        ("image: a:2\n    build: !reset null", &["1:3 a:2 Some(Process) Windows"]),
        ("image: a:2\n    build: !other null", &[]),
    ] {
        let project = read_all(&[base, &format!("services:\n  web:\n    {over}\n")], &[]);
        assert_eq!(images(&project), expected, "{over}");
    }
    let whole = read_all(&[base, "services:\n  web: !override\n    image: a:3\n"], &[]);
    assert_eq!(images(&whole), ["1:3 a:3 None Unsaid"]);
    let gone = read_all(&[base, "services:\n  web: !reset null\n  db: {image: 'b:1'}\n"], &[]);
    assert_eq!(images(&gone), ["1:3 b:1 None Unsaid"]);
    assert!(whole.built.is_empty() && gone.built.is_empty());
    let text = "services:\n  web:\n    build: {context: ., dockerfile: A, args: {X: '1'}}\n";
    let project = read_all(&[text, "services:\n  web:\n    build: !override {context: .}\n"], &[]);
    assert_eq!((project.built[0].dockerfile.as_path(), project.built[0].build.arguments.len()), (Path::new("app/Dockerfile"), 0));
}

/// The tags of Compose stand at each key of a build too.
#[test]
fn what_an_override_takes_away_of_a_build_does_not_count() {
    let base =
        "services:\n  web:\n    build: {context: ., dockerfile: A, target: t, args: {X: '1'}, additional_contexts: {c: ./c}}\n";
    for (over, expected) in [
        ("args: {Y: '2'}", ("app/A", 1, "X=1 Y=2", 1)),
        ("args: !override {Y: '2'}", ("app/A", 1, "Y=2", 1)),
        ("args: !reset null", ("app/A", 1, "", 1)),
        ("args: {X: !reset null, Y: '2'}", ("app/A", 1, "Y=2", 1)),
        ("target: !reset null", ("app/A", 0, "X=1", 1)),
        ("dockerfile: !reset null", ("app/Dockerfile", 1, "X=1", 1)),
        ("additional_contexts: !reset null", ("app/A", 1, "X=1", 0)),
    ] {
        let project = read_all(&[base, &format!("services:\n  web:\n    build: {{{over}}}\n")], &[]);
        let Built { dockerfile, build, .. } = &project.built[0];
        let arguments: Vec<String> = build.arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let found = (dockerfile.as_path(), build.targets.len(), arguments.join(" "), build.contexts.len());
        assert_eq!(found, (Path::new(expected.0), expected.1, expected.2.to_owned(), expected.3), "{over}");
    }
}

/// Compose merges the names first: one without a value takes that of the environment, and is not given where there is none.
#[test]
fn an_argument_that_an_override_names_alone_has_the_value_of_the_environment() {
    let base = "services:\n  web:\n    build: {context: ., args: {V: ltsc2022, X: '1'}}\n";
    for args in ["[V]", "{V: null}", "{V: }", "{V: ~}"] {
        let over = format!("services:\n  web:\n    build: {{args: {args}}}\n");
        let of = |text: &str, others: &[(&str, &str)]| {
            let arguments = read_all(&[text, &over], others).built[0].build.arguments.clone();
            arguments.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        let value = ("app/.env", "V=ltsc2019\n");
        assert_eq!(of(base, &[]), ["X=1"], "{args}");
        assert_eq!(of(base, &[value]), ["V=ltsc2019", "X=1"], "{args}");
        // What has no value yet is no more open.
        assert_eq!(of(&base.replace("ltsc2022", "\"${NONE}\""), &[]), ["X=1"], "{args}");
        let project = read_all(&[&base.replace("ltsc2022", "\"${NONE}\""), &over], &[]);
        assert!(project.built[0].build.open.is_empty(), "{args}");
    }
}

/// Compose takes the words of a tag away before it takes in what `<<` names, and only then puts the files over each other.
#[test]
fn what_is_taken_away_beside_a_merge_is_that_of_the_files_before() {
    let text = "services:\n  i: &i {image: 'a:1', isolation: hyperv}\n  j: {<<: *i, isolation: !reset null, image: 'b:1'}\n  \
        k: {image: 'c:1', isolation: !reset null}\n";
    let expected = ["0:2 a:1 Some(Hyperv) Windows", "0:3 b:1 Some(Hyperv) Windows", "0:4 c:1 None Unsaid"];
    assert_eq!(images(&read_all(&[text], &[])), expected);
    let base = "services:\n  j: {isolation: process}\n  k: {isolation: process}\n";
    assert!(images(&read_all(&[base, text], &[])).iter().all(|line| !line.contains("Process")));
    let list = text.replace("<<: *i", "<<: [*i]");
    assert_eq!(images(&read_all(&[&list], &[])), expected);
}

/// Compose 5.6.1, `config`: a number without quotes is written anew, whatever its digits are in the file.
#[test]
fn numbers_among_arguments_are_what_compose_makes_of_them() {
    let text = "services:\n  a:\n    build:\n      context: .\n      args: {A: 1.10, B: '1.10', C: 2_28, D: 1809, E: \"${V}\"}\n  \
        b:\n    build: {context: ., args: [A=1.10]}\n";
    let project = read_all(&[text], &[("app/.env", "V=1.10\n")]);
    let arguments: Vec<Vec<(&str, &str)>> = project
        .built
        .iter()
        .map(|built| built.build.arguments.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect())
        .collect();
    assert_eq!(arguments, [vec![("A", "1.1"), ("B", "1.10"), ("C", "228"), ("D", "1809"), ("E", "1.10")], vec![("A", "1.10")]]);
    // A tag says that it is a text.
    let text =
        "services:\n  a:\n    build: {context: ., args: {A: !!str 1.10, B: !!str 010, C: ! 1.10, D: !!str, E: !!str null}}\n";
    let arguments = &read_all(&[text], &[]).built[0].build.arguments;
    let arguments: Vec<(&str, &str)> = arguments.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(arguments, [("A", "1.10"), ("B", "010"), ("C", "1.10"), ("D", ""), ("E", "null")]);
}

#[test]
fn what_is_built_is_judged_by_its_dockerfile() {
    let text = "services:\n  web:\n    image: made:1\n    build:\n      context: .\\web\n      dockerfile: ../Dockerfile.win\n      target: final\n      \
        args:\n        - BASE=${BASE}\n        - TAG\n      additional_contexts: {files: ./files}\n  api:\n    build: ./api\n    isolation: default\n";
    let project = read_all(&[text], &[("app/.env", "BASE=server:1\nTAG=ltsc2022\n")]);
    assert!(project.found.is_empty());
    let [web, api] = project.built.as_slice() else { panic!("{project:?}") };
    assert_eq!(web.dockerfile, Path::new("app/Dockerfile.win"));
    assert_eq!(web.build.arguments, [("BASE".into(), "server:1".into()), ("TAG".into(), "ltsc2022".into())].into());
    assert_eq!((web.build.targets.as_slice(), web.build.contexts.len()), (&["final".to_owned()][..], 1));
    assert_eq!((api.dockerfile.as_path(), api.build.started_in), (Path::new("app/api/Dockerfile"), Some(Asked::Default)));
}

#[test]
fn a_service_extends_another() {
    let text = "services:\n  web:\n    image: a:1\n    extends:\n      file: common.yaml\n      service: base\n  two:\n    extends: web\n    image: b\n";
    let project = read_all(&[text], &[("app/common.yaml", "services:\n  base:\n    isolation: process\n")]);
    assert_eq!(images(&project), ["0:3 a:1 Some(Process) Windows", "0:9 b Some(Process) Windows"]);
    // An image of another file is that of this project, with its values.
    let text = "services:\n  m:\n    extends: {file: inc/base.yaml, service: base}\n    isolation: hyperv\n";
    let base = "# a base\n# for all\n\nservices:\n  base:\n    image: server:${TAG}\n";
    let project =
        read_all(&[text], &[("app/inc/base.yaml", base), ("app/.env", "TAG=ltsc2019\n"), ("app/inc/.env", "TAG=none\n")]);
    assert_eq!(images(&project), ["0:3 server:ltsc2019 Some(Hyperv) Windows"]);
    // Its value can be changed where it stands.
    let editable = project.found[0].1.editable.as_ref().unwrap();
    assert_eq!((editable.file.as_deref(), editable.text.as_str()), (Some(Path::new("app/.env")), "ltsc2019"));
    // A circle ends.
    read_all(&["services:\n  a:\n    image: x\n    extends: b\n  b:\n    image: y\n    extends: a\n"], &[]);
}

/// Compose takes a variable without a value for nothing, and Docker its default then.
#[test]
fn an_isolation_that_rests_on_a_variable_without_a_value_is_said() {
    let note = |key: &str, variables: &str| {
        format!("`isolation` of {key} rests on {variables} no value: it is judged without an isolation")
    };
    for (service, expected) in [
        ("image: a:1\n    isolation: ${ISO}", Some((4, note("service a", "the variable ISO, which has")))),
        ("image: a:1\n    isolation: $ISO${OTHER}", Some((4, note("service a", "the variables ISO, OTHER, which have")))),
        ("build: {context: ., isolation: '${ISO}'}", Some((3, note("the build of service a", "the variable ISO, which has")))),
        ("image: a:1\n    isolation: ${ISO:-}", None),
        ("image: a:1\n    isolation: ${ISO:-process}", None),
        ("image: a:1\n    isolation: ${SET}", None),
        // What is for another system has none.
        ("image: a:1\n    platform: linux/amd64\n    isolation: ${ISO}", None),
        ("build: {context: ., platforms: [linux/amd64], isolation: '${ISO}'}", None),
    ] {
        let project = read_all(&[&format!("services:\n  a:\n    {service}\n")], &[("app/.env", "SET=hyperv\n")]);
        let notes: Vec<(u32, String)> = project.notes.iter().map(|(_, note)| (note.place.line, note.text.clone())).collect();
        assert_eq!(notes, expected.into_iter().collect::<Vec<_>>(), "{service}");
        assert!(project.problems.is_empty(), "{service}");
    }
    let project = read_all(&["services:\n  a:\n    image: a:1\n    platform: ${OS}/amd64\n"], &[]);
    let text = "`platform` of service a rests on the variable OS, which has no value: it is judged for any platform";
    assert_eq!((images(&project), project.notes[0].1.text.as_str()), (vec!["0:3 a:1 None Unsaid".to_owned()], text));
    let project = read_all(&["services:\n  a:\n    image: a:1\n    platform: ${OS#x}\n"], &[]);
    assert_eq!((project.notes.len(), project.problems.len()), (0, 1));
    // It is shown where the service extends the one that has it, and a form that Compose does not have is refused.
    let text = "services:\n  a:\n    extends: {file: s.yaml, service: b}\n";
    let of = |isolation: &str| format!("services:\n  b: {{image: 'a:1', isolation: '{isolation}'}}\n");
    let project = read_all(&[text], &[("app/s.yaml", &of("${ISO}"))]);
    assert_eq!((project.notes.len(), project.notes[0].1.place.line), (1, 3));
    let project = read_all(&[text], &[("app/s.yaml", &of("${ISO#x}"))]);
    assert_eq!((project.notes.len(), project.problems.len()), (0, 1));
}

/// A file that is not here is none that is missing.
#[test]
fn what_is_extended_elsewhere_is_said() {
    for file in
        ["${WHERE}/s.yaml", "https://git.example/x.git", "git@git.example:x.git", "oci://r.example/x:1", "oci:r.example/x:1"]
    {
        let text = format!("services:\n  web:\n    image: own:1\n    extends: {{file: '{file}', service: base}}\n");
        let project = read_all(&[&text], &[]);
        assert_eq!(images(&project), ["0:3 own:1 None Unsaid"], "{file}");
        assert!(project.problems.is_empty(), "{file} {:?}", project.problems);
        let notes: Vec<(u32, &str)> = project.notes.iter().map(|(_, note)| (note.place.line, note.text.as_str())).collect();
        let text = format!(
            "{file} is elsewhere, or its name is not known: render the project first, `docker compose config | {OF_INPUT}`"
        );
        assert_eq!(notes, [(4, text.as_str())]);
    }
    // A name that is known is looked up.
    let text = "services:\n  web:\n    extends: {file: '${WHERE:-lib}/s.yaml', service: base}\n";
    let project = read_all(&[text], &[("app/lib/s.yaml", "services:\n  base: {image: 'lib:1'}\n")]);
    assert_eq!(images(&project), ["0:3 lib:1 None Unsaid"]);
}

#[test]
fn what_a_service_of_another_file_extends_is_looked_up_there() {
    let text = "services:\n  web:\n    extends: {file: lib/s.yaml, service: web}\n  root: {image: own:1}\n";
    let lib = "services:\n  web: {extends: root, isolation: process}\n  root: {image: \"lib:${TAG:-1}\"}\n";
    let files = [("app/lib/s.yaml", lib), ("app/.env", "TAG=2\n")];
    assert_eq!(images(&read_all(&[text], &files)), ["0:3 lib:2 Some(Process) Windows", "0:4 own:1 None Unsaid"]);
    // A third file is named from the folder of the second.
    let lib = "services:\n  web: {extends: {file: deep/base.yaml, service: base}}\n";
    let files = [("app/lib/s.yaml", lib), ("app/lib/deep/base.yaml", "services:\n  base: {image: deep:1}\n")];
    assert_eq!(images(&read_all(&[text], &files)), ["0:3 deep:1 None Unsaid", "0:4 own:1 None Unsaid"]);
    // What is not there is said where the chain begins, and a circle ends.
    let missing = read_all(&[text], &[("app/lib/s.yaml", lib)]);
    let [(0, note)] = missing.notes.as_slice() else { panic!("{:?}", missing.notes) };
    assert!(note.place.line == 3 && note.text.contains("app/lib/deep/base.yaml"), "{}", note.text);
    let including = "include: [other.yaml, 'https://x.example/y.git']\nservices:\n  a: {image: a}\n";
    let missing = read_all(&[including], &[]);
    assert_eq!((missing.problems.len(), missing.notes.len()), (0, 2));
    let circle = "services:\n  web: {extends: {file: s.yaml, service: web}}\n";
    assert_eq!(images(&read_all(&[text], &[("app/lib/s.yaml", circle)])), ["0:4 own:1 None Unsaid"]);
}

#[test]
fn what_a_service_of_another_file_builds_lies_beside_it() {
    let built = |text: &str, other: &str| -> Vec<String> {
        let project = read_all(&[text], &[("app/common/s.yaml", other)]);
        let arguments =
            |built: &Built| built.build.arguments.iter().map(|(name, value)| format!(" {name}={value}")).collect::<String>();
        let path = |built: &Built| built.dockerfile.to_string_lossy().replace('\\', "/");
        project.built.iter().map(|built| format!("{}{}", path(built), arguments(built))).collect()
    };
    let extends = "services:\n  web:\n    extends: {file: common/s.yaml, service: web}\n";
    for (own, other, expected) in [
        ("", "{context: ./web}", "app/common/web/Dockerfile"),
        ("", "./web", "app/common/web/Dockerfile"),
        ("", "{dockerfile: Dockerfile.win}", "app/common/Dockerfile.win"),
        ("    build:\n      args: {TAG: \"2\"}\n", "{context: ./web, args: {TAG: \"1\"}}", "app/common/web/Dockerfile TAG=2"),
        ("    build:\n      context: here\n", "{context: ./web}", "app/here/Dockerfile"),
        ("    build:\n      dockerfile: own\n", "{context: ./web}", "app/common/web/own"),
    ] {
        let other = format!("services:\n  web:\n    build: {other}\n");
        assert_eq!(built(&format!("{extends}{own}"), &other), [expected], "{own} {other}");
    }
}

#[test]
fn a_file_that_only_includes_is_a_compose_file() {
    let is = |path: &str, text: &str| is_compose(Path::new(path), yaml::read(text).0[0].root.as_ref().unwrap());
    assert!(is("app/compose.yaml", "include: [a/compose.yaml]\n"));
    assert!(is("docker-compose.prod.yml", "include:\n  - a.yaml\nservices: {}\n"));
    assert!(is("all.yaml", "name: x\ninclude:\n  - path: [a.yaml, b.yaml]\n    env_file: a.env\nx-more: 1\n"));
    for (path, text) in [
        ("all.yaml", "include: [a.yaml]\n"),
        ("compose.yaml", "include: [a.yaml]\njobs: {}\n"),
        ("compose.yaml", "include:\n  - local: a.yaml\n"),
        ("compose.yaml", "include: []\n"),
    ] {
        assert!(!is(path, text), "{path} {text}");
    }
}

#[test]
fn a_project_has_the_name_that_it_says() {
    let text = "services:\n  web: {image: \"r.test/${COMPOSE_PROJECT_NAME}-web:1\"}\n";
    let name = |text: &str, env: &str| images(&read_all(&[text], &[("app/.env", env)])).remove(0);
    assert!(name(text, "").contains(" r.test/app-web:1 "));
    let said = format!("name: shop\n{text}");
    assert!(name(&said, "").contains(" r.test/shop-web:1 "));
    assert!(name(&said, "COMPOSE_PROJECT_NAME=own\n").contains(" r.test/own-web:1 "));
}

/// compose-go refuses a file with another operator than it knows.
#[test]
fn a_pattern_of_a_shell_is_an_error() {
    for (service, line) in [
        ("image: server:${TAG#v}", 3),
        ("image: \"server:${TAG/a/b}\"", 3),
        ("build:\n      context: .\n      args:\n        TAG: ${TAG%x}", 6),
        ("build:\n      context: .\n      args: [\"TAG=${TAG^}\"]", 5),
        ("extends: {file: other.yaml, service: base}", 3),
    ] {
        let files =
            [("app/.env", "TAG=v1\n"), ("app/other.yaml", "services:\n  # x\n  # x\n  base: {image: \"server:${TAG#v}\"}\n")];
        let project = read_all(&[&format!("services:\n  web:\n    {service}\n  two: {{image: 'b:1'}}\n")], &files);
        let lines: Vec<(usize, u32)> = project.problems.iter().map(|(number, problem)| (*number, problem.place.line)).collect();
        assert_eq!((lines, project.found.len()), (vec![(0, line)], 1), "{service}: {project:?}");
    }
    let project = read_all(&["services:\n  web: {image: \"server:${TAG:-1#2}\"}\n"], &[]);
    assert_eq!((project.problems.len(), images(&project).as_slice()), (0, &["0:2 server:1#2 None Unsaid".to_owned()][..]));
}

#[test]
fn a_build_from_elsewhere_is_said() {
    for (build, expected) in [
        (
            "https://example.com/x.git#main",
            Some("what service web builds is not read: https://example.com/x.git#main is elsewhere"),
        ),
        (
            "{context: \"git@example.com:x/y.git\"}",
            Some("what service web builds is not read: git@example.com:x/y.git is elsewhere"),
        ),
        ("{context: github.com/x/y}", Some("what service web builds is not read: github.com/x/y is elsewhere")),
        ("\"${FOLDER}\"", Some("what service web builds is not read: the variable FOLDER has no value")),
        ("{context: ., dockerfile: \"${FILE}\"}", Some("what service web builds is not read: the variable FILE has no value")),
        ("./web", None),
        ("\"${FOLDER:-web}\"", None),
        ("{context: \"https://example.com/x.git\", dockerfile_inline: FROM a}", None),
    ] {
        let project = read_all(&[&format!("services:\n  web:\n    build: {build}\n")], &[]);
        let notes: Vec<(u32, &str)> = project.notes.iter().map(|(_, note)| (note.place.line, note.text.as_str())).collect();
        assert_eq!(notes, expected.map(|text| (3, text)).into_iter().collect::<Vec<_>>(), "{build}");
        let is_inline = build.contains("inline");
        assert_eq!(
            (project.built.len(), project.found.len()),
            (usize::from(expected.is_none() && !is_inline), usize::from(is_inline))
        );
    }
}

/// Each error as `line what`.
fn refused(text: &str, others: &[(&str, &str)]) -> Vec<String> {
    let problems = read_all(&[text], others).problems;
    problems.iter().map(|(_, problem)| format!("{} {}", problem.place.line, problem.error.what)).collect()
}

/// compose-go refuses all of these.
#[test]
fn what_compose_refuses_is_an_error_at_its_place() {
    for (text, expected) in [
        ("services:\n  a:\n    extends: {service: nope}\n    image: x\n", &["3 there is no service nope"][..]),
        ("services:\n  a:\n    image: x\n    extends: nope\n", &["4 there is no service nope"]),
        ("services:\n  a:\n    extends: {file: s.yaml, service: nope}\n", &["3 there is no service nope in app/s.yaml"]),
        (
            "services:\n  a: {extends: {service: b}}\n  b: {extends: {service: a}}\n",
            &["2 the service a extends itself", "3 the service b extends itself"],
        ),
        ("services:\n  a: {image: x, extends: a}\n", &["2 the service a extends itself"]),
        ("services:\n  a:\n    image: x\n    image: y\n", &["4 the key image is in this map twice"]),
        ("x-b: &b {image: x}\nservices:\n  a:\n    <<: *b\n    <<: {tty: true}\n", &["5 the key << is in this map twice"]),
        ("services:\n  a: {image: x}\n  a: {image: y}\n", &["3 the key a is in this map twice"]),
        (
            "services:\n  a:\n    build: {context: ., additional_contexts: {base: 'service:nope'}, dockerfile_inline: FROM base}\n",
            &["3 there is no service nope"],
        ),
        (
            "services:\n  a:\n    build: {context: ., additional_contexts: {base: 'service:b'}, dockerfile_inline: FROM base}\n  b: {image: x}\n",
            &[],
        ),
        (
            "services:\n  a:\n    build:\n      target: nope\n      dockerfile_inline: FROM x AS build\n",
            &["4 service a asks for the target nope, and its Dockerfile has no such stage"],
        ),
        (
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM x\n        RUNN y\n",
            &["6 this is not a line of a Dockerfile"],
        ),
        ("services:\n  a:\n    build:\n      dockerfile_inline: RUN y\n", &["4 the Dockerfile in this text is not read"]),
        ("services:\n  a:\n    build:\n      dockerfile_inline: 'FROM x:${T#v}'\n", &["4 Compose refuses ${T#…}"]),
        ("services:\n  a:\n    image: 'x:${T'\n", &["3 Compose refuses ${T"]),
        ("services:\n  a:\n    image: 'x:${}'\n", &["3 Compose refuses ${}"]),
        ("services:\n  a:\n    build: {args: {A: 'x$'}, dockerfile_inline: FROM x}\n", &["3 Compose refuses $"]),
        ("services:\n  a:\n    image: x\n    isolation: hyper-v\n", &["4 there is no isolation `hyper-v`"]),
        ("services:\n  a:\n    image: x\n    isolation: ' process'\n", &["4 there is no isolation ` process`"]),
        (
            "services:\n  a:\n    build:\n      dockerfile_inline: FROM x\n      isolation: ${T}\n",
            &["5 there is no isolation `v1`"],
        ),
        (
            "services:\n  a: {image: x, isolation: HyperV}\n  b: {image: x, isolation: ''}\n  c: {image: x, isolation: '${I}'}\n",
            &[],
        ),
    ] {
        let others = [("app/s.yaml", "services:\n  web: {image: x}\n"), ("app/.env", "T=v1\n")];
        assert_eq!(refused(text, &others), expected, "{text}");
    }
}

#[test]
fn what_several_services_have_is_refused_once() {
    let text = "x-base: &base {image: 'x:${T#v}'}\nservices:\n  a: *base\n  b: *base\n  c: {extends: a}\n";
    assert_eq!(refused(text, &[("app/.env", "T=v1\n")]), ["1 Compose refuses ${T#…}"]);
}

#[test]
fn a_value_that_nobody_gives_is_named_in_a_dockerfile_within_too() {
    for (within, expected) in [
        ("FROM server:${IMG}", "0:4 $IMG None Unsaid"),
        ("FROM server:$IMG", "0:4 $IMG None Unsaid"),
        // Compose puts in nothing, whatever the Dockerfile says.
        ("\"ARG IMG=1\\nFROM server:${IMG}\"", "0:4 $IMG None Unsaid"),
        ("\"ARG IMG=1\\nFROM server:$${IMG}\"", "0:4 server:1 None Unsaid"),
        ("FROM server:${IMG:-1}", "0:4 server:1 None Unsaid"),
        ("|\n        FROM server:1\n        LABEL x=${IMG}", "0:5 server:1 None Unsaid"),
        ("|\n        ARG X=${IMG}\n        FROM server:1", "0:6 server:1 None Unsaid"),
    ] {
        let text = format!("services:\n  a:\n    build:\n      dockerfile_inline: {within}\n");
        assert_eq!(images(&read_all(&[&text], &[])), [expected], "{within}");
    }
    // Each line is known, also behind one that reads in another way in the file.
    let text = "services:\n  a:\n    build:\n      dockerfile_inline: |\n        ARG A=${V:-1}\n        FROM a:$$A AS x\n        \
        RUN echo $$PATH\n        FROM b:${V:-2}\n";
    assert_eq!(images(&read_all(&[text], &[])), ["0:6 a:1 None Unsaid", "0:8 b:2 None Unsaid"]);
    let project = read_all(&["services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM server:${IMG}\n"], &[]);
    assert_eq!((project.found[0].1.place.line, project.found[0].1.written.as_str()), (5, "server:${IMG}"));
}

#[test]
fn a_service_that_is_a_context_may_be_one_of_an_included_file() {
    let text = "include: [inc/a.yaml]\nservices:\n  a:\n    build: {context: ., additional_contexts: {base: 'service:deep'}, \
        dockerfile_inline: FROM base}\n";
    let a = ("app/inc/a.yaml", "include: [b.yaml]\nservices: {web: {image: x}}\n");
    let of = |others: &[(&str, &str)]| {
        let project = read_all(&[text], others);
        let notes = project.notes.iter().filter(|(_, note)| note.text.contains("the service deep is not among")).count();
        (project.problems.len(), notes)
    };
    assert_eq!(of(&[a, ("app/inc/b.yaml", "services: {deep: {image: x}}\n")]), (0, 0));
    assert_eq!(of(&[a, ("app/inc/b.yaml", "services: {other: {image: x}}\n")]), (1, 0));
    assert_eq!(of(&[a]), (0, 1));
}

#[test]
fn a_stage_that_rests_on_a_variable_without_a_value_is_not_decided() {
    let with = |rest: &str| format!("services:\n  a:\n    build:\n      context: .\n      target: ${{TG}}\n{rest}");
    let project = read_all(&[&with("")], &[]);
    assert_eq!((images(&project).as_slice(), project.built.len()), (&["0:5 $TG None Unsaid".to_owned()][..], 0));
    assert_eq!(images(&read_all(&[&with("    platform: linux/amd64\n")], &[])), [""; 0]);
    assert_eq!(read_all(&[&with("")], &[("app/.env", "TG=x\n")]).built[0].build.targets, ["x"]);
}

#[test]
fn a_dockerfile_within_another_file_is_shown_where_it_is_extended() {
    let text = "services:\n  a:\n    extends: {file: s.yaml, service: b}\n";
    let other = "# x\n# x\n# x\nservices:\n  b:\n    build:\n      dockerfile_inline: FROM server:${TAG}\n";
    assert_eq!(images(&read_all(&[text], &[("app/s.yaml", other), ("app/.env", "TAG=1\n")])), ["0:3 server:1 None Unsaid"]);
    assert_eq!(images(&read_all(&[text], &[("app/s.yaml", other)])), ["0:3 $TAG None Unsaid"]);
}

#[test]
fn a_service_is_built_once_for_each_system() {
    for (service, expected) in [
        ("build: {context: ., platforms: [linux/amd64]}", &[Os::Other][..]),
        ("build: {context: ., platforms: [linux/amd64, windows/amd64]}", &[Os::Other, Os::Windows]),
        ("build: .\n    platform: windows(10.0.17763)/amd64", &[Os::Windows]),
        ("build: {context: ., platforms: [windows/amd64]}\n    platform: linux/amd64", &[Os::Windows]),
        ("build: {context: .}\n    isolation: process", &[Os::Windows]),
        ("build: {context: .}", &[Os::Unsaid]),
    ] {
        let project = read_all(&[&format!("services:\n  a:\n    {service}\n")], &[]);
        assert_eq!(project.built.iter().map(|built| built.build.os).collect::<Vec<_>>(), expected, "{service}");
    }
    for (service, expected) in [
        ("build: .\n    platform: windows/arm64", &[Some(Architecture::Arm64)][..]),
        (
            "build: {context: ., platforms: [windows/amd64, windows/arm64]}",
            &[Some(Architecture::Amd64), Some(Architecture::Arm64)],
        ),
        ("build: .\n    platform: windows", &[None]),
        ("build: .\n    platform: linux/arm64", &[None]),
    ] {
        let project = read_all(&[&format!("services:\n  a:\n    {service}\n")], &[]);
        assert_eq!(project.built.iter().map(|built| built.build.processor).collect::<Vec<_>>(), expected, "{service}");
    }
}

#[test]
fn blocks_of_text_can_be_changed_and_what_is_escaped_says_so() {
    for (image, expected) in [
        ("server:1", Some("server:1")),
        (">-\n      server:1", Some("server:1")),
        ("|-\n      server:1\n", Some("server:1")),
        ("\"server:\\\n      1\"", None),
        ("\"server\\x3a1\"", None),
    ] {
        let text = format!("services:\n  a:\n    image: {image}\n  b: {{image: x}}\n");
        let project = read_all(&[&text], &[]);
        let found = &project.found[0].1;
        assert_eq!(found.meant, Meant::Known("server:1".to_owned()), "{image}");
        assert_eq!(found.editable.as_ref().map(|editable| &text[editable.span.clone()]), expected, "{image}");
        let why = expected.is_none().then_some("it is written with escapes or over several lines");
        assert_eq!(found.stays.as_deref(), why, "{image}");
    }
}

/// compose-go, `override`: volumes are taken over, and the last one of each target counts.
#[test]
fn image_volumes_of_an_extended_service_are_taken_over() {
    let volume = |image: &str, target: &str| format!("{{type: image, source: '{image}', target: '{target}'}}");
    let (first, second) = (volume("v:${TAG}", "/v"), volume("w:1", "/w"));
    let base = format!("services:\n  base:\n    image: b:1\n    volumes: [{first}, {second}]\n");
    let others = [("app/other/base.yaml", base.as_str()), ("app/.env", "TAG=2\n")];
    let extends = "    extends: {file: other/base.yaml, service: base}\n";
    for (own, expected) in [
        (String::new(), &["0:3 b:1", "0:3 v:2", "0:3 w:1"][..]),
        (format!("    volumes: [{}]\n", volume("o:1", "/o")), &["0:3 b:1", "0:4 o:1", "0:3 v:2", "0:3 w:1"]),
        (format!("    volumes: [{}]\n", volume("o:1", "/w")), &["0:3 b:1", "0:4 o:1", "0:3 v:2"]),
        ("    volumes: [{type: bind, source: ./x, target: /w}]\n".to_owned(), &["0:3 b:1", "0:3 v:2"]),
        ("    volumes: !reset []\n".to_owned(), &["0:3 b:1"]),
        (format!("    volumes: !override [{}]\n", volume("o:1", "/o")), &["0:3 b:1", "0:4 o:1"]),
    ] {
        let project = read_all(&[&format!("services:\n  web:\n{extends}{own}")], &others);
        let found: Vec<String> = images(&project).iter().map(|line| line.replace(" None Unsaid", "")).collect();
        assert_eq!(found, expected, "{own}");
        assert!(project.found[1..].iter().all(|(_, found)| found.needs == Needs::NoHost), "{own}");
    }
    // The value of one can be changed where it stands.
    let project = read_all(&[&format!("services:\n  web:\n{extends}")], &others);
    let editable = project.found[1].1.editable.as_ref().unwrap();
    assert_eq!((editable.file.as_deref(), editable.text.as_str()), (Some(Path::new("app/.env")), "2"));
    let editable = project.found[2].1.editable.as_ref().unwrap();
    assert_eq!((editable.file.as_deref(), editable.text.as_str()), (Some(Path::new("app/other/base.yaml")), "w:1"));
}
