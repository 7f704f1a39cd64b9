//! Bake files as projects write them.

use std::rc::Rc;

use super::*;
use crate::scan::{Meant, Os};
use crate::{Error, ErrorKind};

struct Only(&'static str);

impl Files for Only {
    fn read(&self, path: &Path) -> Result<Rc<str>, Error> {
        if path == Path::new(self.0) { Ok(Rc::from("FROM a")) } else { Err(Error::of(ErrorKind::NotFound, "not there")) }
    }
}

fn bake(path: &str, texts: &[&str], given: &[(&str, &str)]) -> Bake {
    let parsed: Vec<Parsed> = texts.iter().map(|text| parse(Path::new(path), text).unwrap()).collect();
    let layers: Vec<Layer<'_>> =
        texts.iter().zip(&parsed).map(|(text, parsed)| Layer { path: Path::new(path), text, parsed }).collect();
    let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    read(Path::new(path), &layers, &given, &Only("app/Dockerfile.win"))
}

/// Each build as `object dockerfile NAME=value…`.
fn builds(path: &str, texts: &[&str], given: &[(&str, &str)]) -> Vec<String> {
    let one = |built: &Built| {
        let known = built.build.arguments.iter().map(|(name, value)| format!(" {name}={value}"));
        let open = built.build.open.iter().map(|(name, meant)| format!(" {name}?{meant:?}"));
        let rest: String = known.chain(open).collect();
        let path = built.dockerfile.to_string_lossy().replace('\\', "/");
        format!("{} {}{rest}", built.build.object.as_deref().unwrap_or_default(), path)
    };
    bake(path, texts, given).built.iter().map(one).collect()
}

const MATRIX: &str = "variable \"TAG\" { default = \"1\" }\nvariable \"NONE\" {}\n\
    function \"tag\" {\n  params = [version]\n  result = \"${version}-${TAG}\"\n}\n\
    group \"default\" { targets = [\"win\"] }\n\
    target \"_common\" {\n  dockerfile = \"Dockerfile.win\"\n  args = { TAG = TAG, BY = \"common\" }\n}\n\
    target \"win\" {\n  inherits = [\"_common\"]\n  name = \"win-${v}\"\n  matrix = { v = [\"ltsc2019\", \"ltsc2022\"] }\n  \
    platforms = [\"windows/amd64\"]\n  args = { BASE = v, FULL = tag(v), WHEN = timestamp(), NO = NONE, BY = null }\n}\n";

#[test]
fn a_matrix_builds_one_dockerfile_many_times() {
    let rest = "TAG=1 NO?Unresolved([\"NONE\"]) WHEN?Unevaluated { name: \"WHEN\", expression: \"timestamp()\" }";
    let expected: Vec<String> = ["ltsc2019", "ltsc2022"]
        .iter()
        .map(|v| format!("target win-{v} app/Dockerfile.win BASE={v} FULL={v}-1 {rest}"))
        .collect();
    assert_eq!(builds("app/docker-bake.hcl", &[MATRIX], &[]), expected);
    // It is run from the folder above.
    assert_eq!(builds("app/ci/docker-bake.hcl", &[MATRIX], &[]), expected);
    let given = builds("app/docker-bake.hcl", &[MATRIX], &[("TAG", "9"), ("NONE", "x")]);
    assert!(given[0].contains("FULL=ltsc2019-9 NO=x TAG=9"), "{given:?}");
    assert_eq!(bake("app/docker-bake.hcl", &[MATRIX], &[]).built[0].build.os, Os::Windows);
}

#[test]
fn json_says_the_same() {
    let text = "{\n  \"variable\": {\"TAG\": {\"default\": \"1\"}},\n  \"group\": {\"default\": {\"targets\": [\"a\"]}},\n  \
        \"target\": {\n    \"a\": {\"context\": \"src\", \"args\": {\"BASE\": \"x:${TAG}\"}, \"contexts\": {\"files\": \"./files\", \
        \"base\": \"docker-image://server:${TAG}\"}}\n  }\n}\n";
    assert_eq!(builds("app/docker-bake.json", &[text], &[]), ["target a app/src/Dockerfile BASE=x:1"]);
    let contexts = &bake("app/docker-bake.json", &[text], &[]).built[0].build.contexts;
    assert_eq!(contexts["files"], None);
    assert_eq!(contexts["base"], Some(Meant::Known("server:1".to_owned())));
}

#[test]
fn an_override_wins() {
    let over = "target \"win\" { args = { BASE = \"fixed\" } }\nvariable \"TAG\" { default = \"2\" }\n";
    let built = builds("app/docker-bake.hcl", &[MATRIX, over], &[]);
    assert!(built.iter().all(|line| line.contains("BASE=fixed") && line.contains("TAG=2")), "{built:?}");
    let names = ["docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl"];
    for name in names {
        assert_eq!(set_of(&Path::new("a").join(name)), names.map(|name| Path::new("a").join(name)), "{name}");
    }
    assert_eq!(set_of(Path::new("a/bake.hcl")), [PathBuf::from("a/bake.hcl")]);
}

#[test]
fn a_dockerfile_within_has_its_places() {
    let text = "target \"a\" {\n  dockerfile-inline = <<EOT\nFROM golang:1 AS build\nFROM server:${TAG:-1}\nEOT\n}\n";
    // A heredoc is a template, in which HCL reads `${`.
    assert!(bake("b.hcl", &[&text.replace("${TAG:-1}", "$${TAG:-1}")], &[]).built.is_empty());
    let found = bake("b.hcl", &[&text.replace("${TAG:-1}", "1")], &[]).found;
    let places: Vec<String> =
        found.iter().map(|(_, found)| format!("{}:{} {}", found.place.line, found.place.column, found.written)).collect();
    assert_eq!(places, ["3:6 golang:1", "4:6 server:1"]);
    let escaped = text.replace("FROM golang:1 AS build\n", "ARG A=1\nFROM golang:$${A} AS build\n").replace("${TAG:-1}", "$${A}");
    assert_eq!(references(&escaped), ["4 target a golang:1 Unsaid", "5 target a server:1 Unsaid"]);
}

#[test]
fn hostile_files_end() {
    let error = parse(Path::new("b.hcl"), "target \"a\" {\n  args = {\n").unwrap_err();
    assert!(error.place.line >= 2, "{error:?}");
    assert!(parse(Path::new("b.hcl"), &format!("a = {}", "[".repeat(100_000))).is_err());
    assert!(parse(Path::new("b.json"), &"{\"a\":".repeat(100_000)).is_err());
    let circle = "variable \"A\" { default = B }\nvariable \"B\" { default = A }\n\
        target \"x\" {\n  inherits = [\"y\", \"y\", \"y\"]\n  args = { A = A }\n}\n\
        target \"y\" { inherits = [\"z\", \"z\", \"z\"] }\ntarget \"z\" { inherits = [\"y\", \"y\", \"z\"] }\n\
        group \"default\" { targets = [\"x\"] }\n";
    assert_eq!(builds("b.hcl", &[circle], &[]), ["target x Dockerfile A?Unevaluated { name: \"A\", expression: \"A\" }"]);
    let axis = format!("[{}]", vec!["\"v\""; 100].join(","));
    let large = format!("target \"x\" {{\n  matrix = {{ a = {axis}, b = {axis}, c = {axis}, d = {axis} }}\n}}\n");
    assert!(bake("b.hcl", &[&large], &[]).built.len() <= MOST_BUILDS);
}

#[test]
fn a_matrix_that_is_too_large_is_said_and_not_built() {
    let axis = |value: &str, number: usize| format!("[{}]", vec![value; number].join(","));
    let read = |matrix: &str| {
        let text = format!("target \"x\" {{\n  matrix = {{ {matrix} }}\n  dockerfile-inline = \"FROM a:${{a}}\"\n}}\n");
        let bake = bake("b.hcl", &[&text], &[]);
        let problems = bake.problems.iter().map(|(_, problem)| format!("{} {}", problem.place.line, problem.error.what));
        (problems.collect::<Vec<_>>(), bake.found.len())
    };
    let too_large = (vec!["2 the matrix of target x is too large".to_owned()], 0);
    assert_eq!(read(&format!("a = {0}, b = {0}", axis("\"v\"", 40))), too_large);
    assert_eq!(read(&format!("a = {}", axis("1", 201_000))), too_large);
    assert_eq!(read(&format!("a = {0}, b = {0}", axis("\"v\"", 3))).0, [""; 0]);
}

#[test]
fn what_a_target_inherits_may_be_an_expression() {
    let text = "variable \"REL\" { default = \"2025\" }\n\
        target \"_2025\" { args = { BASE = \"ltsc2025\" } }\ntarget \"_2019\" { args = { BASE = \"ltsc2019\" } }\n\
        target \"app\" { inherits = [\"_${REL}\"] }\ntarget \"all\" { inherits = concat([\"_2019\"], []) }\n\
        target \"m\" {\n  name = \"m-${v}\"\n  matrix = { v = [\"2019\", \"2025\"] }\n  inherits = [\"_${v}\"]\n}\n";
    let expected = [
        "target app app/Dockerfile BASE=ltsc2025",
        "target all app/Dockerfile BASE=ltsc2019",
        "target m-2019 app/Dockerfile BASE=ltsc2019",
        "target m-2025 app/Dockerfile BASE=ltsc2025",
    ];
    assert_eq!(builds("app/docker-bake.hcl", &[text], &[]), expected);
    assert!(builds("app/docker-bake.hcl", &[text], &[("REL", "2019")])[0].ends_with("BASE=ltsc2019"));
}

#[test]
fn a_target_inherits_from_one_that_a_matrix_makes() {
    let text = "target \"m\" {\n  name = \"m-${v}\"\n  matrix = { v = [\"ltsc2019\", \"ltsc2022\"] }\n  args = { BASE = v }\n}\n\
        target \"m2\" {\n  inherits = [\"m-ltsc2019\"]\n  args = { MORE = 1 }\n}\n\
        target \"_n\" {\n  name = \"n-${v}\"\n  matrix = { v = [\"ltsc2025\"] }\n  args = { BASE = v }\n}\n\
        group \"all\" { targets = [\"n-ltsc2025\"] }\n";
    let expected = [
        "target m-ltsc2019 app/Dockerfile BASE=ltsc2019",
        "target m-ltsc2022 app/Dockerfile BASE=ltsc2022",
        "target m2 app/Dockerfile BASE=ltsc2019 MORE=1",
        "target n-ltsc2025 app/Dockerfile BASE=ltsc2025",
    ];
    assert_eq!(builds("app/docker-bake.hcl", &[text], &[]), expected);
    // Those that inherit from each other end.
    let round = "target \"a\" { inherits = [\"b-1\"] }\n\
        target \"b\" {\n  name = \"b-${v}\"\n  matrix = { v = [\"1\"] }\n  inherits = [\"b-1\", \"a\"]\n  args = { X = v }\n}\n";
    assert_eq!(builds("app/docker-bake.hcl", &[round], &[]).len(), 1);
}

#[test]
fn a_value_outside_of_blocks_counts_more_than_a_default() {
    let text = "WIN = \"ltsc2019\"\nREPO = \"r.test/${WIN}\"\nvariable \"WIN\" { default = \"ltsc2022\" }\n\
        target \"app\" { args = { BASE = WIN, REPO = REPO } }\n";
    assert_eq!(builds("app/docker-bake.hcl", &[text], &[]), ["target app app/Dockerfile BASE=ltsc2019 REPO=r.test/ltsc2019"]);
    let given = builds("app/docker-bake.hcl", &[text], &[("WIN", "ltsc2025")]);
    assert_eq!(given, ["target app app/Dockerfile BASE=ltsc2025 REPO=r.test/ltsc2025"]);
    let json = r#"{"WIN": "ltsc2019", "target": {"app": {"args": {"BASE": "${WIN}"}}}}"#;
    assert_eq!(builds("app/docker-bake.json", &[json], &[]), ["target app app/Dockerfile BASE=ltsc2019"]);
}

#[test]
fn the_target_default_is_built_also_where_others_inherit_it() {
    let targets = "target \"default\" { args = { BASE = \"ltsc2025\" } }\ntarget \"old\" {\n  inherits = [\"default\"]\n  args = { BASE = \"ltsc2022\" }\n}\n";
    let expected = ["target default app/Dockerfile BASE=ltsc2025", "target old app/Dockerfile BASE=ltsc2022"];
    assert_eq!(builds("app/docker-bake.hcl", &[targets], &[]), expected);
    let grouped = format!("group \"default\" {{ targets = [\"old\"] }}\n{targets}");
    assert_eq!(builds("app/docker-bake.hcl", &[&grouped], &[]), expected[1..]);
}

/// buildx: an expression may name what another target says.
#[test]
fn what_another_target_says_is_a_value() {
    let text = |value: &str| {
        format!(
            "target \"default\" {{ args = {{ TAG = {value} }} }}\n\
            target \"_other\" {{\n  target = \"win\"\n  args = {{ TAG = \"ltsc2025\", WHEN = timestamp(), SAME = target._other.args.SAME }}\n}}\n"
        )
    };
    for (value, expected) in [
        ("target._other.args.TAG", "TAG=ltsc2025"),
        ("target[\"_other\"].args[\"TAG\"]", "TAG=ltsc2025"),
        ("\"${target._other.target}-${target._other.args.TAG}\"", "TAG=win-ltsc2025"),
        ("target._other.args.WHEN", "TAG?Unevaluated { name: \"TAG\", expression: \"target._other.args.WHEN\" }"),
        ("target._other.args.NONE", "TAG?Unevaluated { name: \"TAG\", expression: \"target._other.args.NONE\" }"),
        ("target._other.args.SAME", "TAG?Unevaluated { name: \"TAG\", expression: \"target._other.args.SAME\" }"),
        ("target.none.args.TAG", "TAG?Unevaluated { name: \"TAG\", expression: \"target.none.args.TAG\" }"),
        ("try(foo.bar, 1)", "TAG?Unevaluated { name: \"TAG\", expression: \"try(foo.bar, 1)\" }"),
        ("foo[0]", "TAG?Unevaluated { name: \"TAG\", expression: \"foo[0]\" }"),
        ("foo", "TAG?Unresolved([\"foo\"])"),
    ] {
        assert_eq!(builds("app/docker-bake.hcl", &[&text(value)], &[])[0], format!("target default app/Dockerfile {expected}"));
    }
}

#[test]
fn a_build_from_elsewhere_is_said() {
    for (target, expected) in [
        (
            "context = \"https://example.com/x.git\"",
            Some("what target a builds is not read: https://example.com/x.git is elsewhere"),
        ),
        ("context = timestamp()", Some("what target a builds is not read: the value of context cannot be told")),
        ("dockerfile = timestamp()", Some("what target a builds is not read: the value of dockerfile cannot be told")),
        ("context = \"./x\"", None),
        ("context = \"https://example.com/x.git\"\n  dockerfile-inline = \"FROM a\"", None),
    ] {
        let notes = bake("b.hcl", &[&format!("target \"a\" {{\n  {target}\n}}\n")], &[]).notes;
        let notes: Vec<(u32, &str)> = notes.iter().map(|(_, note)| (note.place.line, note.text.as_str())).collect();
        assert_eq!(notes, expected.map(|text| (2, text)).into_iter().collect::<Vec<_>>(), "{target}");
    }
}

/// Each reference as `line object meaning os`.
fn references(text: &str) -> Vec<String> {
    let bake = bake("b.hcl", &[text], &[]);
    assert_eq!(bake.problems, [], "{text}");
    let one = |(_, found): &(usize, Found)| {
        let meant = match &found.meant {
            Meant::Known(text) => text.clone(),
            Meant::Unresolved(names) => format!("${}", names.join(",$")),
            Meant::Unevaluated { expression, .. } => format!("?{expression}"),
            Meant::Undeclared(name) => format!("!{name}"),
        };
        format!("{} {} {meant} {:?}", found.place.line, found.object.as_deref().unwrap_or_default(), found.os)
    };
    bake.found.iter().map(one).collect()
}

/// buildx: a variable without a default is the empty text; what is made of it is not known here, since it may be given a value.
#[test]
fn a_dockerfile_within_of_which_something_is_not_known() {
    for (within, expected) in [
        ("<<E\nFROM a:1\nLABEL x=\"${V}\"\nE", "3 target a a:1 Unsaid"),
        ("<<E\nARG X=\"${V}\"\nFROM a:1\nE", "4 target a a:1 Unsaid"),
        ("\"FROM a:${V}\"", "2 target a $V Unsaid"),
        ("\"FROM ${R}a:${V}\"", "2 target a $R,$V Unsaid"),
        ("\"ARG T=${V}\\nFROM a:$T\"", "2 target a $V Unsaid"),
        ("\"FROM a:${V != \"\" ? V : \"ltsc2022\"}\"", "2 target a a:ltsc2022 Unsaid"),
        ("\"FROM a:${equal(V, \"\") ? \"1\" : V}\"", "2 target a a:1 Unsaid"),
        ("\"FROM a:${T != \"\" ? T : \"ltsc2022\"}\"", "2 target a $T Unsaid"),
        ("\"FROM a:${upper(V)}\"", "2 target a $V Unsaid"),
        ("\"FROM a:${coalesce(null, \"ltsc2022\")}\"", "2 target a a:ltsc2022 Unsaid"),
        ("\"FROM a:${format(\"ltsc%s\", \"2022\")}\"", "2 target a a:ltsc2022 Unsaid"),
        ("\"FROM a:${timestamp()}\"", "2 target a ?timestamp() Unsaid"),
        ("timestamp()", "2 target a ?timestamp() Unsaid"),
        ("\"${timestamp()}\"", "2 target a ?\"${timestamp()}\" Unsaid"),
        ("V", "2 target a $V Unsaid"),
        // The Dockerfile's own variable, which no `ARG` declares.
        ("\"FROM a:$${V}\"", "2 target a !V Unsaid"),
    ] {
        let variables = "variable \"V\" {}\nvariable \"R\" {}\nvariable \"T\" { type = string }\n";
        let text = format!("target \"a\" {{\n  dockerfile-inline = {within}\n}}\n{variables}");
        assert_eq!(references(&text), [expected], "{within}");
    }
    let text = "variable \"V\" {}\ntarget \"a\" {\n  dockerfile-inline = <<E\nFROM a:1\n${V}\nE\n}\n";
    let bake = bake("b.hcl", &[text], &[]);
    let problems: Vec<_> = bake.problems.iter().map(|(_, problem)| (problem.place.line, problem.error.what.as_str())).collect();
    assert_eq!(problems, [(5, "the value of ${V} cannot be told")]);
}

#[test]
fn a_whole_attribute_that_is_not_evaluated_is_not_one_that_is_not_there() {
    let rest = |text: &str| bake("app/docker-bake.hcl", &[text], &[]).built.first().and_then(|built| built.build.rest.clone());
    for (args, expected) in [
        ("zipmap([\"T\"], [\"ltsc2022\"])", "target a app/Dockerfile T=ltsc2022"),
        ("jsondecode(\"{\\\"T\\\":\\\"ltsc2022\\\"}\")", "target a app/Dockerfile T=ltsc2022"),
        ("{ \"${\"T\"}\" = \"ltsc2022\" }", "target a app/Dockerfile T=ltsc2022"),
        ("merge({ T = \"1\" }, { T = V })", "target a app/Dockerfile T?Unresolved([\"V\"])"),
        ("null", "target a app/Dockerfile"),
    ] {
        let text = format!("variable \"V\" {{}}\ntarget \"a\" {{ args = {args} }}\n");
        assert_eq!(builds("app/docker-bake.hcl", &[&text], &[]), [expected], "{args}");
        assert_eq!(rest(&text), None, "{args}");
    }
    for args in ["nowhere", "any(1)", "{ \"${timestamp()}\" = 1 }", "\"text\""] {
        assert_eq!(rest(&format!("target \"a\" {{ args = {args} }}\n")).as_deref(), Some(args));
    }
    // Its own arguments are over those that it inherits.
    let text = "target \"_b\" { args = any(1) }\ntarget \"a\" {\n  inherits = [\"_b\"]\n  args = { T = 1 }\n}\n";
    assert_eq!(builds("app/docker-bake.hcl", &[text], &[]), ["target a app/Dockerfile T=1"]);
    assert_eq!(rest(text).as_deref(), Some("any(1)"));
    for (attribute, meant) in [
        ("inherits = reverse([\"q\"])", "?reverse([\"q\"])"),
        ("inherits = nowhere", "$nowhere"),
        ("inherits = [timestamp()]", "?[timestamp()]"),
        ("target = timestamp()", "?timestamp()"),
        ("contexts = any(1)", "?any(1)"),
    ] {
        let text = format!("target \"a\" {{\n  {attribute}\n}}\ntarget \"_q\" {{}}\n");
        assert_eq!(references(&text), [format!("2 target a {meant} Unsaid")], "{attribute}");
        assert!(bake("app/docker-bake.hcl", &[&text], &[]).built.is_empty(), "{attribute}");
    }
    // What is for another system alone is not judged.
    assert_eq!(references("target \"a\" {\n  platforms = [\"linux/amd64\"]\n  inherits = any(1)\n}\n"), [""; 0]);
    let lists = "target \"_q\" { args = { T = 1 } }\ntarget \"a\" { inherits = reverselist([\"_q\", \"_none\"]) }\n";
    assert_eq!(builds("app/docker-bake.hcl", &[lists], &[]), ["target a app/Dockerfile T=1"]);
}

/// Each target can be built by its name; what is only there to be inherited from makes no noise.
#[test]
fn what_others_inherit_is_judged_as_far_as_it_can_be_built() {
    let heir = "target \"app-debug\" {\n  inherits = [\"app\"]\n  dockerfile = \"Dockerfile.win\"\n}\n";
    for (app, expected) in [
        ("args = { V = \"1\" }\n  dockerfile = \"Dockerfile.win\"", &["target app app/Dockerfile.win V=1"][..]),
        // Its Dockerfile is not there.
        ("args = { V = \"1\" }", &[]),
        ("inherits = any(1)", &[]),
    ] {
        let text = format!("target \"app\" {{\n  {app}\n}}\n{heir}");
        let built = builds("app/docker-bake.hcl", &[&text], &[]);
        let of_app: Vec<&String> = built.iter().filter(|built| built.starts_with("target app ")).collect();
        assert_eq!(of_app, expected, "{app}");
        assert_eq!(bake("app/docker-bake.hcl", &[&text], &[]).notes.len(), 0, "{app}");
    }
    let inline = "target \"app\" { dockerfile-inline = \"FROM a:1\" }\n\
        target \"old\" {\n  inherits = [\"app\"]\n  dockerfile-inline = \"FROM a:2\"\n}\n";
    assert_eq!(references(inline), ["1 target app a:1 Unsaid", "4 target old a:2 Unsaid"]);
    // An argument that others give is theirs, and a group makes it a target as any other.
    let open = "target \"app\" { dockerfile-inline = \"ARG V\\nFROM a:$V\" }\n\
        target \"old\" {\n  inherits = [\"app\"]\n  args = { V = \"2\" }\n}\n";
    assert_eq!(references(open), ["1 target old a:2 Unsaid"]);
    let grouped = format!("{open}group \"all\" {{ targets = [\"app\"] }}\n");
    assert_eq!(references(&grouped), ["1 target app $V Unsaid", "1 target old a:2 Unsaid"]);
    assert_eq!(references(&open.replace("\"app\"", "\"_app\"")), ["1 target old a:2 Unsaid"]);
}

#[test]
fn a_target_is_built_once_for_each_system() {
    let systems = |platforms: &str| -> Vec<Os> {
        let text = format!("target \"a\" {{ platforms = {platforms} }}\n");
        bake("app/docker-bake.hcl", &[&text], &[]).built.iter().map(|built| built.build.os).collect()
    };
    for (platforms, expected) in [
        ("[\"linux/amd64\", \"windows/amd64\"]", &[Os::Other, Os::Windows][..]),
        ("[\"windows(10.0.17763)/amd64\", \"windows(10.0.20348)/amd64\"]", &[Os::Windows]),
        ("[\"linux/amd64\", \"linux/arm64\"]", &[Os::Other]),
        ("[\"local\"]", &[Os::Unsaid]),
        ("[]", &[Os::Unsaid]),
        ("any(1)", &[Os::Unsaid]),
    ] {
        assert_eq!(systems(platforms), expected, "{platforms}");
    }
    let text = "target \"a\" {\n  platforms = [\"windows/amd64\", \"linux/amd64\"]\n  dockerfile-inline = \"FROM a:1\"\n}\n";
    assert_eq!(references(text), ["3 target a a:1 Windows", "3 target a a:1 Other"]);
    let text = "target \"a\" { platforms = [\"windows/amd64\", \"windows/arm64\"] }\n";
    let built = bake("app/docker-bake.hcl", &[text], &[]).built;
    let processors: Vec<_> = built.iter().filter_map(|built| Some(built.build.processor?.as_str())).collect();
    assert_eq!(processors, ["amd64", "arm64"]);
}

/// What a directive gives is a part of the Dockerfile; where it cannot be told, nothing is taken for it.
#[test]
fn directives_in_a_dockerfile_within_are_followed() {
    let with = |directive: &str| {
        format!(
            "variable \"T\" {{}}\nvariable \"ALL\" {{ default = [\"1\", \"2\"] }}\ntarget \"a\" {{\n  dockerfile-inline = <<E\n{directive}FROM z:1\nE\n}}\n"
        )
    };
    let of = |directive: &str| -> Vec<String> {
        let text = with(directive);
        let bake = bake("app/docker-bake.hcl", &[&text], &[]);
        let found = bake.found.iter().map(|(_, found)| format!("{:?}", found.meant));
        found.chain(bake.problems.iter().map(|(_, problem)| problem.error.what.clone())).collect()
    };
    let known = |text: &str| format!("{:?}", Meant::Known(text.to_owned()));
    assert_eq!(of("%{ for v in ALL ~}\nFROM a:${v} AS s${v}\n%{ endfor ~}\n"), [known("a:1"), known("a:2"), known("z:1")]);
    assert_eq!(of("FROM %{ if true }a:1%{ else }b:1%{ endif } AS s\n"), [known("a:1"), known("z:1")]);
    let open = format!("{:?}", Meant::Unresolved(vec!["T".to_owned()]));
    assert_eq!(of("FROM a:%{ if T }1%{ endif } AS s\n"), [open, known("z:1")]);
    let lost = of("%{ for v in T ~}\nFROM a:${v}\n%{ endfor ~}\n");
    assert!(lost.len() == 1 && lost[0].ends_with("cannot be told"), "{lost:?}");
}

#[test]
fn a_matrix_whose_values_are_not_known_leaves_its_targets() {
    for (matrix, expected) in [
        ("{ v = V }", "T?Unresolved([\"v\"])"),
        ("{ v = split(\",\", V) }", "T?Unresolved([\"v\"])"),
        ("merge({ v = [\"1\"] }, {})", "T=1"),
    ] {
        let text = format!("variable \"V\" {{}}\ntarget \"a\" {{\n  matrix = {matrix}\n  args = {{ T = v }}\n}}\n");
        assert_eq!(builds("app/docker-bake.hcl", &[&text], &[]), [format!("target a app/Dockerfile {expected}")], "{matrix}");
    }
}

#[test]
fn a_stage_that_is_not_there_is_an_error() {
    let text = "target \"a\" {\n  dockerfile-inline = \"FROM a:1 AS build\"\n  target = \"nope\"\n}\n";
    let bake = bake("b.hcl", &[text], &[]);
    let problems: Vec<_> = bake.problems.iter().map(|(_, problem)| (problem.place.line, problem.error.what.as_str())).collect();
    assert_eq!(
        (problems.as_slice(), bake.found.len()),
        (&[(3, "target a asks for the target nope, and its Dockerfile has no such stage")][..], 0)
    );
}
