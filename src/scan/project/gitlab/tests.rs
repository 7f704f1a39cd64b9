//! Pipelines of GitLab that are made from several files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::scan::{Files, Meant, Values, scan};
use crate::{Error, ErrorKind};

struct Map(BTreeMap<PathBuf, Rc<str>>);

impl Files for Map {
    fn read(&self, path: &Path) -> Result<Rc<str>, Error> {
        self.0.get(path).cloned().ok_or_else(|| Error::of(ErrorKind::NotFound, "there is no such file"))
    }
}

/// The references of these files, and what is not followed.
fn read(files: &[(&str, &str)], given: &[(&str, &str)]) -> Vec<String> {
    let map = Map(files.iter().map(|(path, text)| (PathBuf::from(path), Rc::from(*text))).collect());
    let paths: Vec<PathBuf> = map.0.keys().cloned().collect();
    let given: Values = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut lines = Vec::new();
    for file in scan(&paths, &map, &given) {
        let path = file.path.display();
        for one in &file.scanned.found {
            let meant = match &one.meant {
                Meant::Known(text) => text.clone(),
                Meant::Unresolved(names) => format!("${}", names.join(",$")),
                Meant::Unevaluated { .. } | Meant::Undeclared(_) => panic!("{one:?}"),
            };
            lines.push(format!("{path}:{} {} {meant}", one.place.line, one.object.clone().unwrap_or_default()));
        }
        lines.extend(file.scanned.notes.iter().map(|note| {
            let text = note.text.split(": scan the whole").next().unwrap_or_default();
            format!("{path}:{} note {text}", note.place.line)
        }));
        lines.extend(file.scanned.problems.iter().map(|problem| format!("{path} problem {}", problem.error.what)));
    }
    lines
}

const MAIN: &str = ".gitlab-ci.yml";

#[test]
fn a_file_that_a_pipeline_includes_is_one_of_gitlab() {
    let hidden = ".win:\n  image: win:1\n";
    for include in [
        "include: ci/x.yml\n",
        "include: /ci/x.yml\n",
        "include: [ci/x.yml]\n",
        "include: {local: ci/x.yml}\n",
        "include:\n- local: ci/x.yml\n",
        "include:\n- local: [ci/x.yml]\n",
        "include: ci/*.yml\n",
        "include: '/**/x.yml'\n",
        "start:\n  trigger: {include: ci/x.yml}\n",
    ] {
        assert_eq!(read(&[(MAIN, include), ("ci/x.yml", hidden)], &[]), ["ci/x.yml:2 job .win win:1"], "{include}");
    }
    let default = "default:\n  image: win:2\n";
    let files = [(MAIN, "include: .gitlab/ci/d.yml\na: {script: x}\n"), (".gitlab/ci/d.yml", default), ("other.yml", default)];
    assert_eq!(read(&files, &[]), [".gitlab/ci/d.yml:2 default win:2"]);
    // A path begins at the top of the repository, also in files that are included.
    let files = [("r/.gitlab-ci.yml", "include: ci/a.yml\n"), ("r/ci/a.yml", "include: ci/b.yml\n"), ("r/ci/b.yml", hidden)];
    assert_eq!(read(&files, &[]), ["r/ci/b.yml:2 job .win win:1"]);
}

/// Two stars are any text in GitLab, also within a name.
#[test]
fn wildcards_of_an_include_are_those_of_gitlab() {
    let (a, b) = ("ci/a.yml:2 job .a a:1", "ci/x/b.yml:2 job .b b:1");
    for (include, expected) in [
        ("/ci/**.yml", &[a, b][..]),
        ("ci/**.yml", &[a, b]),
        ("/**.yml", &[a, b]),
        ("/ci/**", &[a, b]),
        ("/ci/**/*.yml", &[b]),
        ("/ci/*.yml", &[a]),
        ("/**/b.yml", &[b]),
        ("/c**b.yml", &[b]),
    ] {
        let main = format!("include: ['{include}']\n");
        let files = [(MAIN, main.as_str()), ("ci/a.yml", ".a:\n  image: a:1\n"), ("ci/x/b.yml", ".b:\n  image: b:1\n")];
        assert_eq!(read(&files, &[]), expected, "{include}");
    }
}

#[test]
fn variables_and_jobs_of_all_files_of_a_pipeline_count() {
    let base = ".win:\n  variables: {TAG: '1'}\n  image: win:$TAG\n";
    let main = "include: ci/x.yml\nvariables: {NAME: n}\nb:\n  extends: .win\n  variables: {TAG: '2'}\n\
        c: {image: !reference [.win, image], variables: {TAG: '3'}}\nd: {image: {name: !reference [.win, image]}, variables: {TAG: '3'}}\n";
    assert_eq!(read(&[(MAIN, main), ("ci/x.yml", base)], &[]), ["ci/x.yml:3 job b win:2", "ci/x.yml:3 job c, job d win:3"]);
    let other = "e:\n  stage: x\n  image: e:$NAME\n  script: x\n";
    let files = [(MAIN, main), ("ci/x.yml", other)];
    assert_eq!(
        read(&files, &[]),
        [
            ".gitlab-ci.yml:4 note .win is not among these files",
            ".gitlab-ci.yml:6 note .win image is not among these files",
            ".gitlab-ci.yml:7 note .win image is not among these files",
            "ci/x.yml:3 job e e:n"
        ]
    );
    // What the pipeline puts over a job of another file counts.
    let over = "include: ci/x.yml\ne:\n  variables: {NAME: own}\n";
    assert_eq!(read(&[(MAIN, over), ("ci/x.yml", other)], &[]), ["ci/x.yml:3 job e e:own"]);
}

/// A hidden job of an included file counts for each pipeline that includes it, as far as that uses it.
#[test]
fn a_hidden_job_of_an_included_file_is_judged_where_a_job_uses_it() {
    let lib = ("ci/x.yml", ".win:\n  image: win:1\n.old:\n  image: old:1\n");
    let one = "include: ci/x.yml\na: {extends: .win, script: x}\n";
    assert_eq!(read(&[(MAIN, one), lib], &[]), ["ci/x.yml:2 job .win win:1"]);
    let two = "include: ci/x.yml\nstages: [x]\nb: {extends: .old, stage: x, image: 'own:1', script: x}\n";
    let files = [(MAIN, one), (".gitlab-ci-other.yml", two), lib];
    assert_eq!(read(&files, &[]), [".gitlab-ci-other.yml:3 job b own:1", "ci/x.yml:2 job .win win:1"]);
    // Jobs of a file that is not read may use it.
    let more = "include: [ci/x.yml, {project: a/b, file: c.yml}]\na: {extends: .win, script: x}\n";
    assert_eq!(
        read(&[(MAIN, more), lib], &[]),
        [".gitlab-ci.yml:1 note a/b is elsewhere and is not read", "ci/x.yml:2 job .win win:1", "ci/x.yml:4 job .old old:1"]
    );
    // A pipeline that a job starts uses nothing of this one.
    let starts = "include: ci/x.yml\na: {extends: .win, script: x}\nb: {trigger: {include: none.yml}}\n";
    let found = read(&[(MAIN, starts), lib], &[]);
    let expected = [".gitlab-ci.yml:3 note none.yml is included and is not among these files", "ci/x.yml:2 job .win win:1"];
    assert_eq!(found, expected);
}

#[test]
fn what_is_included_and_not_read_is_said() {
    let main = "include:\n- local: none.yml\n- remote: https://x.example/a.yml\n- project: a/b\n  file: c.yml\n- template: T.gitlab-ci.yml\n\
        - $X/y.yml\n- https://x.example/b.yml\n- component: c.example/d@1\n";
    assert_eq!(
        read(&[(MAIN, main)], &[]),
        [
            ".gitlab-ci.yml:2 note none.yml is included and is not among these files",
            ".gitlab-ci.yml:3 note https://x.example/a.yml is elsewhere and is not read",
            ".gitlab-ci.yml:4 note a/b is elsewhere and is not read",
            ".gitlab-ci.yml:6 note T.gitlab-ci.yml is elsewhere and is not read",
            ".gitlab-ci.yml:7 note $X/y.yml is included and is not among these files",
            ".gitlab-ci.yml:8 note https://x.example/b.yml is elsewhere and is not read",
            ".gitlab-ci.yml:9 note c.example/d@1 is elsewhere and is not read",
        ]
    );
}

#[test]
fn files_that_include_each_other_end() {
    let files = [
        (MAIN, "include: [a.yml, .gitlab-ci.yml]\nx: {trigger: {include: a.yml}}\n"),
        ("a.yml", "include: .gitlab-ci.yml\nb:\n  image: a:1\n"),
    ];
    assert_eq!(read(&files, &[]), ["a.yml:3 job b a:1"]);
    let circle = [("a.yml", "include: b.yml\nx: {stage: y, script: z}\n"), ("b.yml", "include: a.yml\nb:\n  image: a:1\n")];
    assert_eq!(read(&circle, &[]), ["b.yml:3 job b a:1"]);
}

#[test]
fn inputs_have_the_value_that_is_given_or_their_default() {
    let job = "spec:\n  inputs:\n    tag: {default: one}\n    other:\n---\nx:\n  image: a:$[[ inputs.tag ]]\n  script: y\n";
    assert_eq!(read(&[(MAIN, job)], &[]), [".gitlab-ci.yml:7 job x a:one"]);
    assert_eq!(read(&[(MAIN, job)], &[("inputs.tag", "two")]), [".gitlab-ci.yml:7 job x a:two"]);
    let other = job.replace("inputs.tag", "inputs.other");
    assert_eq!(read(&[(MAIN, &other)], &[]), [".gitlab-ci.yml:7 job x $inputs.other"]);
    let include = "include:\n- local: x.yml\n  inputs: {tag: three}\n";
    assert_eq!(read(&[(MAIN, include), ("x.yml", job)], &[]), ["x.yml:7 job x a:three"]);
    let variable = "spec:\n  inputs:\n    tag: {default: one}\n---\nvariables: {T: '$[[inputs.tag]]'}\nx:\n  image: a:$T\n";
    assert_eq!(read(&[(MAIN, variable)], &[]), [".gitlab-ci.yml:7 job x a:one"]);
}
