//! Bake files as projects write them.

use std::rc::Rc;

use super::*;
use crate::Error;

struct Only(&'static str);

impl Files for Only {
    fn read(&self, path: &Path) -> Result<Rc<str>, Error> {
        if path == Path::new(self.0) { Ok(Rc::from("FROM a")) } else { Err(Error::new("not there")) }
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
    assert_eq!(bake("app/docker-bake.hcl", &[MATRIX], &[]).built[0].os, Os::Windows);
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
    assert_eq!(override_of(Path::new("a/docker-bake.hcl")), Some(PathBuf::from("a/docker-bake.override.hcl")));
    assert_eq!(base_of(Path::new("a/docker-bake.override.hcl")), Some(PathBuf::from("a/docker-bake.hcl")));
    assert_eq!((override_of(Path::new("bake.hcl")), base_of(Path::new("bake.hcl"))), (None, None));
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
