//! Compose files as projects write them.

use super::*;
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
    assert!(is_compose(&layers[0].root));
    read(&Set::of(vec![PathBuf::from("app/compose.yaml")]), &layers, &Outer::default(), &files)
}

fn images(project: &Project) -> Vec<String> {
    let one = |(number, found): &(usize, Found)| {
        let meant = match &found.meant {
            Meant::Known(text) => text.clone(),
            Meant::Unresolved(names) => format!("${}", names.join(",$")),
            Meant::Unevaluated { .. } => panic!("{found:?}"),
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
    assert_eq!((api.dockerfile.as_path(), api.isolation), (Path::new("app/api/Dockerfile"), Some(Asked::Default)));
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
    assert_eq!(project.found[0].1.editable, None);
    // A circle ends.
    read_all(&["services:\n  a:\n    image: x\n    extends: b\n  b:\n    image: y\n    extends: a\n"], &[]);
}
