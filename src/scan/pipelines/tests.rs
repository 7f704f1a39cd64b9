//! Pipelines of each service.

mod cirrus;
mod containers;

use super::*;
use crate::scan::{Meant, compose, yaml};

fn found(path: &str, text: &str) -> Vec<String> {
    let root = yaml::read(text).0[0].root.clone().unwrap();
    let service = service_of(Path::new(path), &root).unwrap_or_else(|| panic!("{path}: {text}"));
    let one = |found: Found| {
        let meant = match &found.meant {
            Meant::Known(text) => text.clone(),
            Meant::Unresolved(names) => format!("${}", names.join(",$")),
            Meant::Unevaluated { .. } | Meant::Undeclared(_) => panic!("{found:?}"),
        };
        let lands = match &found.lands {
            Lands::Hosted(host) => host.clone(),
            Lands::Nowhere { .. } => "nowhere".to_owned(),
            Lands::Linux { .. } => "linux".to_owned(),
            Lands::Unknown(machine) => format!("?{machine}"),
            Lands::Untold(names) => format!("${}", names.join(",$")),
            Lands::Unread { .. } => "unread".to_owned(),
            Lands::Fleet | Lands::Nodes(_) => "fleet".to_owned(),
        };
        format!("{}:{} {meant} {:?} {lands}", found.place.line, found.place.column, found.os)
    };
    read(service, &root, &Runs::of(&[&root], &Values::new()), &Lines::of(text), &Values::new(), &|_| false, &[])
        .found
        .into_iter()
        .map(one)
        .collect()
}

#[test]
fn github_runs_no_windows_containers() {
    let text = "on: push\njobs:\n  a:\n    runs-on: windows-2022\n    container: server:1\n  b:\n    runs-on: ubuntu-latest\n    container:\n      image: go:1\n    \
        services:\n      db:\n        image: sql:1\n    steps:\n      - uses: docker://tool:1\n      - uses: actions/checkout@v4\n        with: {image: no}\n  \
        c:\n    runs-on: self\n    container: ${{ matrix.image }}\n";
    assert_eq!(
        found(".github/workflows/x.yml", text),
        [
            "5:16 server:1 Windows nowhere",
            "9:14 go:1 Other linux",
            "12:16 sql:1 Other linux",
            "14:24 tool:1 Other linux",
            "19:16 $matrix.image Unsaid linux"
        ]
    );
}

#[test]
fn all_labels_of_a_machine_of_github_count() {
    for (machine, expected) in [
        ("{group: big, labels: [windows-2022]}", "Windows nowhere"),
        ("{group: big, labels: windows-2022}", "Windows nowhere"),
        ("{group: big}", "Unsaid linux"),
        ("[self-hosted, windows, x64]", "Windows nowhere"),
        ("[self-hosted, Linux, x64]", "Other linux"),
        ("[self-hosted, '${{ matrix.os }}']", "Windows nowhere"),
        ("[self-hosted, x64]", "Unsaid linux"),
        ("'windows-${{ inputs.year }}'", "Windows nowhere"),
        ("'${{ inputs.machine }}'", "Unsaid linux"),
        ("'${{ fromJSON(inputs.machines)[0] }}'", "Unsaid linux"),
        ("my-runner", "Unsaid linux"),
        ("'${{ matrix.list }}'", "Windows nowhere"),
        ("['${{ matrix.list }}']", "Windows nowhere"),
        ("'${{ matrix.list[0] }}'", "Unsaid linux"),
        ("windows-11-arm", "Windows nowhere"),
    ] {
        let text = format!(
            "on: push\njobs:\n  a:\n    strategy: {{matrix: {{os: [windows-2019], list: [[self-hosted, windows]]}}}}\n    runs-on: {machine}\n    container: a:1\n"
        );
        assert_eq!(found(".github/workflows/x.yml", &text), [format!("6:16 a:1 {expected}")], "{machine}");
    }
}

/// What is for Windows alone runs nowhere, whatever the value is: the variable is named all the same.
#[test]
fn an_unknown_machine_of_github_is_one_with_linux() {
    let why = |machine: &str| {
        let text = format!("on: push\njobs:\n  a:\n    runs-on: {machine}\n    container: a:1\n");
        let root = yaml::read(&text).0[0].root.clone().unwrap();
        let found = read(Service::GitHub, &root, &Runs::default(), &Lines::of(&text), &Values::new(), &|_| false, &[]).found;
        let Lands::Linux { why, .. } = found[0].lands.clone() else { panic!("{found:?}") };
        why
    };
    let only = "GitHub's runner starts the containers of a job on Linux only";
    assert_eq!(why("self-hosted"), only);
    assert_eq!(why("[x64, '${{ inputs.os }}']"), format!("{only}, whatever inputs.os is"));
}

#[test]
fn an_empty_container_of_github_is_none() {
    // (matrix, image, references)
    for (matrix, image, expected) in [
        ("{os: [self], c: ['', 'a:1']}", "'${{ matrix.c }}'", &["a:1"][..]),
        ("{include: [{os: a, c: 'a:1'}, {os: b}]}", "'${{ matrix.c }}'", &["a:1"]),
        ("{include: [{os: a, c: 'a:1'}, {os: b, c: null}]}", "{image: '${{ matrix.c }}'}", &["a:1"]),
        ("{include: [{os: a, c: {image: 'a:1'}}, {os: b}]}", "'${{ matrix.c.image }}'", &["a:1"]),
        ("{os: [self]}", "'${{ matrix.c }}'", &[]),
        ("{os: [self]}", "{image: ''}", &[]),
        ("{os: [self]}", "''", &[]),
        ("{os: [self]}", "docker://", &[]),
        // What is not known may be an image.
        ("{os: '${{ fromJSON(x) }}'}", "'${{ matrix.os.c }}'", &["$matrix.os.c"]),
        ("{os: [self], include: '${{ fromJSON(x) }}'}", "'${{ matrix.c }}'", &["$matrix.c"]),
        ("'${{ fromJSON(x) }}'", "'${{ matrix.c }}'", &["$matrix.c"]),
        ("{os: [self]}", "'${{ inputs.c }}'", &["$inputs.c"]),
        ("{os: [self]}", "'a:${{ matrix.c }}'", &["a:"]),
        // Names are the same in capitals and small letters.
        ("{Image: ['a:1']}", "'${{ matrix.image }}'", &["a:1"]),
        ("{image: ['a:1']}", "'${{ Matrix.IMAGE }}'", &["a:1"]),
    ] {
        let text = format!(
            "on: push\njobs:\n  a:\n    strategy: {{matrix: {matrix}}}\n    runs-on: self\n    container: {image}\n    services: {{s: {image}}}\n"
        );
        let expected: Vec<&str> = expected.iter().chain(expected).copied().collect();
        assert_eq!(meanings(".github/workflows/x.yml", &text), expected, "{matrix} {image}");
    }
}

#[test]
fn github_takes_the_scheme_of_an_image_away() {
    for (image, expected) in [
        ("docker://a:1", "5:25 a:1 Unsaid linux"),
        ("'docker://a:1'", "5:26 a:1 Unsaid linux"),
        ("{image: docker://a:1}", "5:33 a:1 Unsaid linux"),
        ("'${{ env.IMAGE }}'", "5:16 b:1 Unsaid linux"),
        ("a:1", "5:16 a:1 Unsaid linux"),
    ] {
        let text =
            format!("on: push\njobs:\n  a:\n    env: {{IMAGE: docker://b:1}}\n    container: {image}\n    runs-on: self\n");
        assert_eq!(found(".github/workflows/x.yml", &text), [expected], "{image}");
    }
}

#[test]
fn machines_of_azure_by_their_names() {
    for (machine, expected) in [
        ("windows-2022", "Windows ltsc2022"),
        ("WINDOWS-2025", "Windows ltsc2025"),
        ("windows-2025-vs2026", "Windows ltsc2025"),
        ("windows-latest", "Windows windows-latest"),
        ("vs2017-win2016", "Windows ltsc2016"),
        ("win1803", "Windows 1803"),
        ("vs2015-win2012r2", "Windows ?vs2015-win2012r2"),
        ("windows-11-arm", "Windows ?windows-11-arm"),
        ("ubuntu-latest", "Other fleet"),
        ("macOS-15", "Other fleet"),
        ("other", "Unsaid fleet"),
    ] {
        let text = format!("pool: {{vmImage: {machine}}}\ncontainer: a:1\n");
        assert_eq!(found("azure-pipelines.yml", &text), [format!("2:12 a:1 {expected}")], "{machine}");
    }
}

#[test]
fn jobs_that_templates_are_given_are_read() {
    let job = "{job: a, pool: {vmImage: windows-2022}, container: 'a:1'}";
    for (text, expected) in [
        (format!("extends: {{template: t.yml, parameters: {{jobs: [{job}]}}}}\n"), "a:1 Windows ltsc2022"),
        (format!("extends: {{template: t.yml, parameters: {{builds: [{job}]}}}}\n"), "a:1 Windows ltsc2022"),
        (
            format!("extends: {{template: t.yml, parameters: {{stages: [{{stage: s, jobs: [{job}]}}]}}}}\n"),
            "a:1 Windows ltsc2022",
        ),
        (
            format!("stages: [{{template: t.yml, parameters: {{stages: [{{stage: s, jobs: [{job}]}}]}}}}]\n"),
            "a:1 Windows ltsc2022",
        ),
        (
            format!("jobs: [{{template: t.yml, parameters: {{jobs: [{{template: u.yml, parameters: {{jobs: [{job}]}}}}]}}}}]\n"),
            "a:1 Windows ltsc2022",
        ),
        (
            "pool: {vmImage: windows-2019}\nresources: {containers: [{container: w, image: 'w:1'}]}\n\
             extends: {template: t.yml, parameters: {steps: [{script: x, target: w}]}}\n"
                .to_owned(),
            "w:1 Windows ltsc2019",
        ),
    ] {
        let found = found("azure-pipelines.yml", &text);
        let [one] = found.as_slice() else { panic!("{text} {found:?}") };
        assert_eq!(one.split_once(' ').unwrap().1, expected, "{text}");
    }
    // What a template is given under the name of a container may be anything.
    assert!(found("azure-pipelines.yml", "extends: {template: t.yml, parameters: {container: blobs, steps: []}}\n").is_empty());
    let deep = "{template: t.yml, parameters: {jobs: [".repeat(30) + job + &"]}}".repeat(30);
    assert!(found("azure-pipelines.yml", &format!("jobs: [{deep}]\n")).is_empty());
}

#[test]
fn containers_that_templates_are_given_are_those_of_its_jobs() {
    let jobs = "jobs: [{job: a, pool: {vmImage: windows-2022}, container: win}, {job: b, pool: {name: own}, container: win}]";
    for containers in [
        "{win: {image: 'w:1', env: {A: b}}, other: {env: {A: b}}}",
        "{'${{ if x }}': {win: {image: 'w:1'}}}",
        "[{container: win, image: 'w:1'}]",
    ] {
        let text = format!(
            "extends: {{template: t.yml@1es, parameters: {{containers: {containers}, stages: [{{stage: s, {jobs}}}]}}}}\n"
        );
        let column = text.find("'w:1'").unwrap() + 1;
        assert_eq!(
            found("azure-pipelines.yml", &text),
            [format!("1:{column} w:1 Windows ltsc2022"), format!("1:{column} w:1 Unsaid fleet")],
            "{containers}"
        );
    }
    // No job uses it.
    let unused = "extends: {template: t.yml, parameters: {containers: {win: {image: 'w:1'}}}}\n";
    assert_eq!(found("azure-pipelines.yml", unused), ["1:67 w:1 Unsaid fleet"]);
}

#[test]
fn what_azure_takes_from_elsewhere_is_said() {
    let notes = |text: &str| -> Vec<String> {
        let root = yaml::read(text).0[0].root.clone().unwrap();
        let read =
            read(Service::Azure, &root, &Runs::default(), &Lines::of(text), &Values::new(), &|name| name == "known.yml", &[]);
        let first = |note: &Note| note.text.split([':', ',']).next().unwrap_or_default().to_owned();
        read.notes.iter().map(|note| format!("{} {}", note.place.line, first(note))).collect()
    };
    for (text, expected) in [
        ("stages:\n- template: t.yml@other\n- stage: s\n", "2 the template t.yml@other is not among these files"),
        ("jobs:\n- template: t.yml\n", "2 the template t.yml is not among these files"),
        ("extends:\n  template: t.yml\n", "2 the template t.yml is not among these files"),
        (
            "stages:\n- stage: s\n  jobs:\n  - ${{ if x }}:\n    - template: t.yml\n",
            "5 the template t.yml is not among these files",
        ),
        (
            "resources:\n  containers:\n  - container: w\n    type: ACR\n",
            "4 the container w has an image of an Azure Container Registry",
        ),
    ] {
        assert_eq!(notes(text), [expected], "{text}");
    }
    for text in [
        "stages:\n- template: known.yml\n",
        "steps:\n- template: t.yml\nvariables:\n- template: v.yml\n",
        "resources:\n  containers:\n  - {container: w, type: ACR, image: 'a:1'}\n",
        "resources:\n  containers:\n  - {container: w, image: 'a:1'}\n",
    ] {
        assert!(notes(text).is_empty(), "{text}");
    }
}

#[test]
fn azure_pools_are_hosts() {
    let text = "pool:\n  vmImage: windows-2019\nresources:\n  containers:\n    - container: win\n      image: server:ltsc2019\njobs:\n  - job: a\n    \
        pool: {vmImage: windows-2022}\n    container: win\n  - job: b\n    container: server:1\n  - job: c\n    pool: {vmImage: ubuntu-22.04}\n    container: {image: go:1}\n";
    assert_eq!(
        found("azure-pipelines.yml", text),
        ["6:14 server:ltsc2019 Windows ltsc2022", "12:16 server:1 Windows ltsc2019", "15:24 go:1 Other fleet"]
    );
    let stages = "stages:\n  - stage: s\n    pool: {vmImage: windows-2025}\n    jobs:\n      - deployment: d\n        container: server:1\n";
    assert_eq!(found("ci/build.yml", stages), ["6:20 server:1 Windows ltsc2025"]);
}

#[test]
fn a_container_that_several_jobs_use_must_fit_the_host_of_each() {
    let text = "resources:\n  containers:\n  - {container: win, image: 'server:ltsc2019'}\n  - {container: none, image: 'server:1'}\njobs:\n\
        - {job: a, pool: {vmImage: windows-2019}, container: win}\n\
        - {job: b, pool: {vmImage: windows-2022}, container: win}\n\
        - {job: c, pool: {vmImage: windows-2022}, services: {s: win}}\n";
    assert_eq!(
        found("azure-pipelines.yml", text),
        ["3:29 server:ltsc2019 Windows ltsc2019", "3:29 server:ltsc2019 Windows ltsc2022"]
    );
}

/// What no job names never runs; jobs and steps that are not in the file may name it.
#[test]
fn a_container_of_azure_is_judged_where_a_job_may_use_it() {
    let resources = "resources: {containers: [{container: w, image: 'w:1'}]}\n";
    for (rest, is_judged) in [
        ("", true),
        ("jobs:\n- {job: a, container: 'a:1'}\n", false),
        ("jobs:\n- {job: a, container: w}\n", true),
        ("steps: [{script: x}]\n", false),
        ("jobs:\n- {job: a, container: $(which)}\n", true),
        ("jobs:\n- template: t.yml\n- {job: a}\n", true),
        ("jobs:\n- {job: a, steps: [{template: s.yml}]}\n", true),
        ("parameters: [{name: more, type: stepList}]\njobs:\n- {job: a}\n", true),
        ("parameters: [{name: more, type: string}]\njobs:\n- {job: a}\n", false),
    ] {
        let found = meanings("azure-pipelines.yml", &format!("{resources}{rest}"));
        assert_eq!(found.contains(&"w:1".to_owned()), is_judged, "{rest}");
    }
}

#[test]
fn a_pool_that_variables_name_is_known_where_they_are_plain() {
    let text = "parameters: [{name: pool, default: windows-2019}]\nvariables: {vm: windows-2022}\njobs:\n\
        - {job: a, pool: {vmImage: $(VM)}, container: 'a:1'}\n\
        - {job: b, variables: {vm: windows-2019}, pool: {vmImage: $(vm)}, container: 'b:1'}\n\
        - {job: c, pool: {vmImage: '${{ parameters.pool }}'}, container: 'c:1'}\n\
        - {job: d, strategy: {matrix: {x: {vm: windows-2019}}}, pool: {vmImage: $(vm)}, container: 'd:1'}\n\
        - {job: e, pool: {name: own}, container: 'e:1'}\n";
    assert_eq!(
        found("azure-pipelines.yml", text),
        [
            "4:47 a:1 Windows ltsc2022",
            "5:78 b:1 Windows ltsc2019",
            "6:66 c:1 Unsaid $parameters.pool",
            "7:92 d:1 Windows ltsc2019",
            "8:42 e:1 Unsaid fleet"
        ]
    );
}

#[test]
fn each_branch_of_a_condition_in_azure_counts() {
    let lists = "resources:\n  containers:\n  - ${{ if eq(1, 1) }}:\n    - {container: w, image: 'w:1'}\n    - ${{ each x in parameters.y }}:\n      - {container: v, image: 'v:1'}\n\
        stages:\n- ${{ each e in parameters.envs }}:\n  - stage: s\n    jobs:\n    - ${{ if eq(1, 1) }}:\n      - {job: a, pool: {vmImage: windows-2019}, container: w}\n    \
        - ${{ else }}:\n      - {job: b, pool: {vmImage: windows-2022}, container: 'b:1'}\n      - job: c\n        pool: {vmImage: windows-2025}\n        steps:\n        \
        - ${{ if eq(1, 1) }}:\n          - {script: x, target: v}\n";
    assert_eq!(
        found("ci/build.yml", lists),
        ["4:29 w:1 Windows ltsc2019", "6:31 v:1 Windows ltsc2025", "14:60 b:1 Windows ltsc2022"]
    );
    let maps = "pool:\n  ${{ if eq(1, 1) }}:\n    vmImage: windows-2019\n  ${{ else }}:\n    vmImage: windows-2022\njobs:\n\
        - {job: a, container: 'a:1'}\n\
        - {job: b, '${{ if eq(1, 1) }}': {pool: {vmImage: windows-2025}, container: 'b:1'}}\n\
        - {job: c, '${{ if eq(1, 1) }}': {pool: {name: own}}, '${{ else }}': {pool: {vmImage: $(none)}}, container: 'c:1'}\n\
        - {job: d, pool: '${{ parameters.pool }}', container: {'${{ if eq(1, 1) }}': {image: 'd:1'}, '${{ else }}': {image: 'd:2'}}}\n\
        - {job: e, pool: {'${{ if eq(1, 1) }}': {demands: x}, vmImage: windows-2022}, container: 'e:1'}\n";
    assert_eq!(
        found("azure-pipelines.yml", maps),
        [
            "7:23 a:1 Windows ltsc2019",
            "7:23 a:1 Windows ltsc2022",
            "8:77 b:1 Windows ltsc2025",
            "8:77 b:1 Windows ltsc2019",
            "8:77 b:1 Windows ltsc2022",
            "9:109 c:1 Unsaid fleet",
            "9:109 c:1 Unsaid $none",
            "10:86 d:1 Unsaid $parameters.pool",
            "10:117 d:2 Unsaid $parameters.pool",
            "11:90 e:1 Windows ltsc2022"
        ]
    );
    let variables = "variables:\n- {name: t, value: '1'}\n- ${{ if eq(1, 1) }}:\n  - ${{ if eq(2, 2) }}:\n    - {name: t, value: '2'}\njobs:\n\
        - {job: a, container: 'a:$(t)'}\n\
        - {job: b, variables: {t: '3', '${{ if eq(1, 1) }}': {t: '4'}}, container: 'b:$(t)'}\n\
        - job: c\n  strategy: {matrix: {x: {u: '1'}, '${{ if eq(1, 1) }}': {y: {u: '2', '${{ if eq(1, 1) }}': {t: '5'}}}}}\n  container: c:$(u)$(t)\n";
    assert_eq!(meanings("azure-pipelines.yml", variables), ["$t", "$t", "$t"]);
    let many: String = (0..100).map(|number| format!("  ${{{{ if eq(1, {number}) }}}}: {{vmImage: windows-2019}}\n")).collect();
    assert_eq!(found("azure-pipelines.yml", &format!("pool:\n{many}container: a:1\n")), ["102:12 a:1 Unsaid $pool"]);
}

#[test]
fn steps_of_azure_use_containers_on_the_pool_of_their_job() {
    let text = "resources:\n  containers:\n  - {container: w, image: 'w:1'}\n  - {container: v, image: 'v:1'}\n  - {container: none, image: 'n:1'}\n\
        jobs:\n- job: a\n  pool: {vmImage: windows-2019}\n  steps:\n  - {script: x, target: w}\n  - {script: x, target: host}\n\
        - job: b\n  pool: {vmImage: windows-2022}\n  steps:\n  - {script: x, target: {container: w, commands: restricted}}\n  - {script: x, target: $(which)}\n\
        - deployment: d\n  pool: {vmImage: windows-2025}\n  strategy: {runOnce: {deploy: {steps: [{script: x, target: v}]}, on: {failure: {steps: [{script: x, target: w}]}}}}\n\
        - job: m\n  pool: {vmImage: windows-2016}\n  strategy: {matrix: {x: {c: v}, y: {c: 'other:1'}}}\n  container: $[ variables['c'] ]\n";
    let mut all = found("azure-pipelines.yml", text);
    all.sort();
    assert_eq!(
        all,
        [
            "16:25 $which Windows ltsc2022",
            "23:14 other:1 Windows ltsc2016",
            "3:27 w:1 Windows ltsc2019",
            "3:27 w:1 Windows ltsc2022",
            "3:27 w:1 Windows ltsc2025",
            "4:27 v:1 Windows ltsc2016",
            "4:27 v:1 Windows ltsc2025",
            "5:30 n:1 Unsaid fleet"
        ]
    );
    let bare = "resources: {containers: [{container: w, image: 'w:1'}]}\npool: {vmImage: windows-2019}\nsteps:\n- {script: x, target: w}\n";
    assert_eq!(found("azure-pipelines.yml", bare), ["1:48 w:1 Windows ltsc2019"]);
}

#[test]
fn other_services() {
    let gitlab = "image: a:1\nstages: [x]\ndefault:\n  image: {name: b:1}\njob:\n  image: c:$CI_TAG\n  services: [d:1, {name: e:1}]\n  script: x\n.hidden:\n  image: !reference [x, image]\n";
    let names: Vec<_> = found(".gitlab-ci.yml", gitlab).iter().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect();
    // The job has an image of its own, and what no job uses never runs.
    assert_eq!(names, ["$CI_TAG", "d:1", "e:1"]);
    let drone = "kind: pipeline\nplatform: {os: windows, version: 1809}\nsteps:\n  - name: build\n    image: server:1809\n";
    assert_eq!(found(".drone.yml", drone), ["5:12 server:1809 Windows 1809"]);
    let cirrus = "windows_task:\n  windows_container:\n    image: server:1\n    os_version: 2019\n";
    assert_eq!(found(".cirrus.yml", cirrus), ["3:12 server:1 Windows ltsc2019"]);
    let matrix = "a_task:\n  matrix:\n    - windows_container: {image: 'a:1'}\n    - container: {image: 'b:1'}\nc_task:\n  windows_container:\n    \
        matrix:\n      - image: c:1\n      - image: c:2\nd_task:\n  windows_container: {matrix: {image: 'd:1'}}\n";
    // Where they say no machine, it is that of Windows Server 2019.
    let images = ["3:34 a:1", "8:16 c:1", "9:16 c:2", "11:39 d:1"].map(|image| format!("{image} Windows ltsc2019"));
    assert_eq!(found(".cirrus.yml", matrix), images);
    let tekton =
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec:\n  steps:\n    - name: s\n      image: server:1\n";
    assert_eq!(found("task.yaml", tekton), ["7:14 server:1 Unsaid fleet"]);
}

/// A run says which nodes the pods of its tasks land on.
#[test]
fn a_run_of_tekton_leads_its_pods() {
    let of = |kind: &str, spec: &str| {
        let text = format!("apiVersion: tekton.dev/v1\nkind: {kind}\nspec: {spec}\n");
        let root = yaml::read(&text).0[0].root.clone().unwrap();
        let found =
            read(Service::Tekton, &root, &Runs::of(&[&root], &Values::new()), &Lines::of(&text), &Values::new(), &|_| false, &[])
                .found;
        (found[0].os, found[0].needs, matches!(found[0].lands, Lands::Nodes(_)))
    };
    let template = "podTemplate: {nodeSelector: {kubernetes.io/os: windows}}";
    let task = "taskSpec: {steps: [{image: 'a:1'}]}";
    let pipeline = format!("pipelineSpec: {{tasks: [{{{task}}}]}}");
    let on_nodes = (Os::Windows, Needs::EveryHost, true);
    assert_eq!(of("TaskRun", &format!("{{{template}, {task}}}")), on_nodes);
    assert_eq!(of("PipelineRun", &format!("{{taskRunTemplate: {{{template}}}, {pipeline}}}")), on_nodes);
    let anywhere = (Os::Unsaid, Needs::OneHost, false);
    assert_eq!(of("TaskRun", &format!("{{{task}}}")), anywhere);
    // What a trigger puts in is not the label itself.
    assert_eq!(of("TaskRun", &format!("{{{}, {task}}}", template.replace("windows", "$(tt.params.os)"))), anywhere);
    assert_eq!(of("PipelineRun", &format!("{{taskRunTemplate: {{{template}}}, taskRunSpecs: [], {pipeline}}}")), on_nodes);
}

/// Two dollars are one that begins no variable.
#[test]
fn a_dollar_of_gitlab_that_is_text_begins_no_variable() {
    let of = |image: &str| {
        let text = format!("variables: {{A: '1', B: 'x$$A', C: '${{A}}'}}\njob:\n  image: '{image}'\n  script: [x]\n");
        meanings(".gitlab-ci.yml", &text)
    };
    assert_eq!(of("web:$$A"), ["web:$A"]);
    assert_eq!(of("web:$B-$C"), ["web:x$A-1"]);
    assert_eq!(of("web:$$$A"), ["web:$1"]);
    assert_eq!(of("web:$$A-$NONE"), ["$NONE"]);
}

/// Each reference of a file of Tekton, with the labels of the nodes that its pod asks for.
fn nodes_of_tekton(text: &str) -> Vec<String> {
    let documents = yaml::read(text).0;
    let roots: Vec<_> = documents.iter().filter_map(|document| document.root.as_ref()).collect();
    let runs = Runs::of(&roots, &Values::new());
    let read =
        roots.iter().flat_map(|root| read(Service::Tekton, root, &runs, &Lines::of(text), &Values::new(), &|_| false, &[]).found);
    let one = |found: Found| {
        let Lands::Nodes(placement) = &found.lands else { return format!("{} anywhere", found.written) };
        let labels: Vec<String> = placement.selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
        format!("{} {} {}", found.written, labels.join(","), placement.tolerations.len())
    };
    read.map(one).collect()
}

/// The template of one task counts for that one, field by field, and the others have that of all.
#[test]
fn a_task_of_a_run_of_tekton_has_a_template_of_its_own() {
    let tasks = "pipelineSpec: {tasks: [{name: one, taskSpec: {steps: [{image: 'a:1'}]}}, {name: two, taskSpec: {steps: [{image: 'b:1'}]}}]}";
    let usual = "podTemplate: {nodeSelector: {pool: usual}, tolerations: [{key: k, operator: Exists}]}";
    let of = |version: &str, usual: &str, own: &str| {
        let spec = format!("{{{usual}, taskRunSpecs: [{{pipelineTaskName: two, {own}}}], {tasks}}}");
        nodes_of_tekton(&format!("apiVersion: tekton.dev/{version}\nkind: PipelineRun\nspec: {spec}\n"))
    };
    let of_all = format!("taskRunTemplate: {{{usual}}}");
    let own = "podTemplate: {nodeSelector: {pool: own}}";
    assert_eq!(of("v1", &of_all, own), ["a:1 pool=usual 1", "b:1 pool=own 1"]);
    assert_eq!(of("v1beta1", usual, "taskPodTemplate: {nodeSelector: {pool: own}}"), ["a:1 pool=usual 1", "b:1 pool=own 1"]);
    assert_eq!(of("v1", &of_all, "podTemplate: {tolerations: [], nodeSelector: {}}"), ["a:1 pool=usual 1", "b:1  0"]);
    assert_eq!(of("v1", &of_all, "serviceAccountName: x"), ["a:1 pool=usual 1", "b:1 pool=usual 1"]);
    assert_eq!(of("v1", "params: []", own), ["a:1 anywhere", "b:1 pool=own 0"]);
}

/// A task lands where the runs of its file say that name it.
#[test]
fn a_run_of_tekton_leads_the_tasks_that_it_names() {
    let object = |kind: &str, name: &str, spec: &str| {
        format!("---\napiVersion: tekton.dev/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n")
    };
    let on = |pool: &str| format!("podTemplate: {{nodeSelector: {{pool: {pool}}}}}");
    let task = object("Task", "build", "{steps: [{image: 'a:1'}]}") + &object("Task", "other", "{steps: [{image: 'b:1'}]}");
    let run = |pool: &str, named: &str| object("TaskRun", "r", &format!("{{taskRef: {{{named}}}, {}}}", on(pool)));
    assert_eq!(nodes_of_tekton(&(run("x", "name: build") + &task)), ["a:1 pool=x 0", "b:1 anywhere"]);
    let both = task.clone() + &run("x", "name: build") + &run("y", "kind: Task, name: build");
    assert_eq!(nodes_of_tekton(&both), ["a:1 pool=x 0", "a:1 pool=y 0", "b:1 anywhere"]);
    for named in ["name: none", "kind: ClusterTask, name: build", "name: build, bundle: 'registry.example/b:1'", "resolver: hub"]
    {
        assert_eq!(nodes_of_tekton(&(task.clone() + &run("x", named))), ["a:1 anywhere", "b:1 anywhere"], "{named}");
    }
    // Another namespace has tasks of its own.
    let run_elsewhere = run("x", "name: build").replace("{name: r}", "{name: r, namespace: shop}");
    assert_eq!(nodes_of_tekton(&(run_elsewhere + &task)), ["a:1 anywhere", "b:1 anywhere"]);
    let all_there = (run("x", "name: build") + &task).replace("metadata: {", "metadata: {namespace: shop, ");
    assert_eq!(nodes_of_tekton(&all_there), ["a:1 pool=x 0", "b:1 anywhere"]);
    let tasks = "tasks: [{name: first, taskRef: {name: build}}], finally: [{name: last, taskSpec: {steps: [{image: 'c:1'}]}}]";
    let template = format!("taskRunTemplate: {{{}}}, taskRunSpecs: [{{pipelineTaskName: last, {}}}]", on("x"), on("y"));
    let whole = task.clone() + &object("PipelineRun", "r", &format!("{{pipelineSpec: {{{tasks}}}, {template}}}"));
    assert_eq!(nodes_of_tekton(&whole), ["a:1 pool=x 0", "b:1 anywhere", "c:1 pool=y 0"]);
    let parts = task
        + &object("Pipeline", "p", &format!("{{{tasks}}}"))
        + &object("PipelineRun", "r", &format!("{{pipelineRef: {{name: p}}, {template}}}"));
    assert_eq!(nodes_of_tekton(&parts), ["a:1 pool=x 0", "b:1 anywhere", "c:1 pool=y 0"]);
    let elsewhere = parts.replace("{name: p}\nspec", "{name: p, namespace: shop}\nspec");
    assert_eq!(nodes_of_tekton(&elsewhere), ["a:1 anywhere", "b:1 anywhere", "c:1 anywhere"]);
}

/// A task has so many hosts; the first run that leads it to more is an error.
#[test]
fn runs_of_tekton_that_are_too_many_are_said() {
    let of = |number: usize| {
        let object = |kind: &str, spec: &str| {
            format!("---\napiVersion: tekton.dev/v1\nkind: {kind}\nmetadata: {{name: build}}\nspec: {spec}\n")
        };
        let run = |pool: usize| {
            object("TaskRun", &format!("{{taskRef: {{name: build}}, podTemplate: {{nodeSelector: {{pool: p{pool}}}}}}}"))
        };
        let text = object("Task", "{steps: [{image: 'a:1'}]}") + &(0..number).map(run).collect::<String>();
        let documents = yaml::read(&text).0;
        let roots: Vec<_> = documents.iter().filter_map(|document| document.root.as_ref()).collect();
        let (runs, lines, values) = (Runs::of(&roots, &Values::new()), Lines::of(&text), Values::new());
        let all: Vec<Scanned> =
            roots.iter().map(|root| read(Service::Tekton, root, &runs, &lines, &values, &|_| false, &[])).collect();
        let lines: Vec<u32> = all.iter().flat_map(|one| &one.problems).map(|problem| problem.place.line).collect();
        (all.iter().map(|one| one.found.len()).sum::<usize>(), lines)
    };
    assert_eq!(of(256), (256, vec![]));
    // The run stands behind the task and the others, each of five lines.
    assert_eq!(of(258), (256, vec![257 * 5 + 2]));
}

#[test]
fn every_container_of_tekton() {
    let task = |image: &str| {
        format!("{{steps: [{{image: '{image}:1'}}], sidecars: [{{image: '{image}:2'}}], stepTemplate: {{image: '{image}:3'}}}}")
    };
    let of = |kind: &str, spec: String| meanings("t.yaml", &format!("apiVersion: tekton.dev/v1\nkind: {kind}\nspec: {spec}\n"));
    let both = format!("{{tasks: [{{taskSpec: {}}}], finally: [{{taskSpec: {}}}]}}", task("a"), task("b"));
    assert_eq!(of("Task", task("a")), ["a:1", "a:2", "a:3"]);
    assert_eq!(of("TaskRun", format!("{{taskSpec: {}}}", task("a"))), ["a:1", "a:2", "a:3"]);
    assert_eq!(of("Pipeline", both.clone()), ["a:1", "a:2", "a:3", "b:1", "b:2", "b:3"]);
    assert_eq!(of("PipelineRun", format!("{{pipelineSpec: {both}}}")), ["a:1", "a:2", "a:3", "b:1", "b:2", "b:3"]);
    assert_eq!(of("StepAction", "{image: 'a:1'}".to_owned()), ["a:1"]);
    assert!(of("Task", "{image: 'a:1'}".to_owned()).is_empty());
}

/// A value counts more than a default, and what others give is not known where the default stands.
#[test]
fn parameters_of_tekton_have_values() {
    let task = "kind: Task\nmetadata: {name: t}\nspec: {params: [{name: image, default: 'a:1'}, {name: open}], steps: [{image: IMAGE}]}\n";
    let of = |rest: &str| -> Vec<String> {
        let text = format!("apiVersion: tekton.dev/v1\n{rest}");
        let (documents, _) = yaml::read(&text);
        let roots: Vec<&Rc<Node>> = documents.iter().filter_map(|document| document.root.as_ref()).collect();
        let runs = Runs::of(&roots, &Values::new());
        let found = roots
            .iter()
            .flat_map(|root| read(Service::Tekton, root, &runs, &Lines::of(&text), &Values::new(), &|_| false, &[]).found);
        let shown = found.map(|found| match found.meant {
            Meant::Known(text) => text,
            Meant::Unresolved(names) => format!("${}", names.join(",$")),
            other => panic!("{other:?}"),
        });
        shown.collect()
    };
    for (image, expected) in [
        ("$(params.image)", "a:1"),
        ("$(params['image'])", "a:1"),
        ("$(params.image)-x", "a:1-x"),
        ("$(params.open)", "$params.open"),
        ("$(params.other)", "$params.other"),
    ] {
        assert_eq!(of(&task.replace("IMAGE", &format!("\"{image}\""))), [expected], "{image}");
    }
    let task = task.replace("IMAGE", "$(params.image)");
    let run =
        "---\napiVersion: tekton.dev/v1\nkind: TaskRun\nspec: {params: [{name: image, value: 'b:1'}], taskRef: {name: t}}\n";
    assert_eq!(of(&format!("{task}{run}")), ["$params.image"]);
    assert_eq!(of(&format!("{task}{}", run.replace("name: image", "name: open"))), ["a:1"]);
    let inner = "taskSpec: {params: [{name: image, default: 'a:1'}], steps: [{image: $(params.image)}]}";
    for (kind, spec, expected) in [
        ("TaskRun", format!("{{params: [{{name: image, value: 'b:1'}}], {inner}}}"), "b:1"),
        ("TaskRun", format!("{{{inner}}}"), "a:1"),
        ("Pipeline", format!("{{params: [{{name: image, default: 'b:1'}}], tasks: [{{name: x, {inner}}}]}}"), "a:1"),
        (
            "Pipeline",
            format!(
                "{{params: [{{name: image, default: 'b:1'}}], tasks: [{{name: x, params: [{{name: image, value: $(params.image)}}], {inner}}}]}}"
            ),
            "b:1",
        ),
        (
            "Pipeline",
            format!("{{tasks: [{{name: x, matrix: {{params: [{{name: image, value: ['b:1', 'c:1']}}]}}, {inner}}}]}}"),
            "$params.image",
        ),
        (
            "Pipeline",
            format!(
                "{{tasks: [{{name: x, matrix: {{include: [{{name: r, params: [{{name: image, value: 'b:1'}}]}}]}}, {inner}}}]}}"
            ),
            "$params.image",
        ),
        (
            "PipelineRun",
            format!("{{params: [{{name: image, value: 'c:1'}}], pipelineSpec: {{tasks: [{{name: x, {inner}}}]}}}}"),
            "c:1",
        ),
    ] {
        assert_eq!(of(&format!("kind: {kind}\nmetadata: {{name: p}}\nspec: {spec}\n")), [expected], "{kind} {spec}");
    }
    // What stands very deep is not followed, and takes no value from without.
    for (depth, expected) in [(5, "b:1"), (30, "$params.image")] {
        let outer = |inner: String, _: usize| {
            format!("params: [{{name: other, value: '1'}}], pipelineSpec: {{tasks: [{{name: x, {inner}}}]}}")
        };
        let spec = (0..depth).fold("taskSpec: {steps: [{image: $(params.image)}]}".to_owned(), outer);
        let text = format!(
            "kind: Pipeline\nmetadata: {{name: p}}\nspec: {{params: [{{name: image, default: 'b:1'}}], tasks: [{{name: y, {spec}}}]}}\n"
        );
        assert_eq!(of(&text), [expected], "{depth}");
    }
}

#[test]
fn pipelines_with_services_are_no_compose_files() {
    let services = "services: {db: {image: 'b:1'}}\n";
    for (path, text) in [
        (".woodpecker.yml", format!("steps: {{a: {{image: 'a:1'}}}}\n{services}")),
        (".woodpecker/w.yaml", services.to_owned()),
        ("x/.woodpecker/w.yaml", services.to_owned()),
        (".drone.yml", format!("pipeline: {{a: {{image: 'a:1'}}}}\n{services}")),
        ("ci.yml", format!("kind: pipeline\nsteps: [{{image: 'a:1'}}]\n{services}")),
    ] {
        let root = yaml::read(&text).0[0].root.clone().unwrap();
        assert!(!compose::is_compose(Path::new(path), &root), "{path}");
        assert!(meanings(path, &text).contains(&"b:1".to_owned()), "{path}");
    }
    for path in ["compose.yaml", "woodpecker.yml", "ci.yml"] {
        let root = yaml::read(services).0[0].root.clone().unwrap();
        assert!(compose::is_compose(Path::new(path), &root), "{path}");
    }
}

#[test]
fn a_whole_pipeline_of_gitlab_is_known_whatever_its_name() {
    let of = |text: &str| service_of(Path::new("-"), yaml::read(text).0[0].root.as_ref().unwrap());
    for text in [
        "stages: [a]\ndefault: {image: 'a:1'}\njob: {script: [x]}\n",
        "image: a:1\njob: {script: x}\n",
        "image: {name: 'a:1'}\nvariables: {A: b}\n.base: {tags: [x]}\njob: {script: x}\nstart: {trigger: {include: x}}\n",
        "services: ['a:1']\njob: {script: x}\n",
    ] {
        assert_eq!(of(text), Some(Service::GitLab), "{text}");
    }
    for text in [
        "image: {repository: a, tag: '1'}\njob: {script: x}\n",
        "image: a:1\nreplicas: 1\njob: {script: x}\n",
        "image: a:1\n",
        "job: {script: x}\n",
        "services: {a: {image: 'a:1'}, script: {image: 'a:1'}}\n",
        "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'a:1'}]}\n",
        "stages: [a]\nscript: x\n",
    ] {
        assert_eq!(of(text), None, "{text}");
    }
    assert_eq!(of("stages: [{stage: a, jobs: [{job: b}]}]\n"), Some(Service::Azure));
}

#[test]
fn a_job_of_gitlab_says_which_variables_of_the_pipeline_it_has() {
    let text = |inherit: &str| {
        format!(
            "variables: {{TAG: '1', NAME: app}}\n.base: {{inherit: {{variables: {inherit}}}}}\njob: {{extends: .base, image: '$NAME:$TAG', script: x}}\n"
        )
    };
    for (inherit, expected) in [("true", "app:1"), ("false", "$NAME,$TAG"), ("[NAME]", "$TAG"), ("[NAME, TAG]", "app:1")] {
        assert_eq!(meanings(".gitlab-ci.yml", &text(inherit)), [expected], "{inherit}");
    }
    let own = "variables: {TAG: '1'}\njob: {inherit: {variables: false}, variables: {TAG: '2'}, image: 'app:$TAG', script: x}\n\
        other: {inherit: {default: false}, image: 'other:$TAG', script: x}\n";
    assert_eq!(meanings(".gitlab-ci.yml", own), ["app:2", "other:1"]);
}

fn meanings(path: &str, text: &str) -> Vec<String> {
    found(path, text).iter().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect()
}

/// GitLab gives the platform to `docker pull`.
#[test]
fn an_image_of_gitlab_may_name_its_platform() {
    let text = "variables: {P: linux/amd64}\na:\n  image: {name: 'a:1', docker: {platform: windows/amd64}}\n  \
        services: [{name: 'b:1', docker: {platform: $P}}, {name: 'c:1', docker: {user: x}}]\n  script: x\n";
    let expected = ["3:17 a:1 Windows fleet", "4:21 b:1 Other fleet", "4:60 c:1 Unsaid fleet"];
    assert_eq!(found(".gitlab-ci.yml", text), expected);
}

/// GitLab's own machines with Windows start no containers, and its others are for other systems.
#[test]
fn tags_of_gitlab_say_its_own_machines() {
    let windows = "a:\n  tags: [saas-windows-medium-amd64]\n  image: a:1\n  services: ['s:1']\n  script: x\n";
    assert!(found(".gitlab-ci.yml", windows).is_empty());
    for (text, expected) in [
        ("a:\n  tags: [saas-linux-small-amd64]\n  image: a:1\n  script: x\n", "3:10 a:1 Other fleet"),
        ("a:\n  tags: [saas-macos-medium-m1]\n  image: a:1\n  script: x\n", "3:10 a:1 Other fleet"),
        ("a:\n  tags: [windows]\n  image: a:1\n  script: x\n", "3:10 a:1 Unsaid fleet"),
        ("default:\n  tags: [saas-linux-small-amd64]\n  image: a:1\na: {script: x}\n", "3:10 a:1 Other fleet"),
        ("default: {tags: [saas-windows-medium-amd64]}\na:\n  image: a:1\n  tags: [own]\n  script: x\n", "3:10 a:1 Unsaid fleet"),
        (
            "default: {tags: [saas-windows-medium-amd64]}\na:\n  image: a:1\n  inherit: {default: false}\n  script: x\n",
            "3:10 a:1 Unsaid fleet",
        ),
    ] {
        assert_eq!(found(".gitlab-ci.yml", text), [expected], "{text}");
    }
}

/// `extends` merges maps key by key.
#[test]
fn an_image_of_gitlab_without_a_name_adds_to_the_one_that_is_extended() {
    let text = ".b:\n  image: {name: 'app:$TAG', docker: {platform: linux/amd64}}\n  variables: {TAG: '1'}\n\
        a:\n  extends: .b\n  image: {entrypoint: ['']}\n  script: x\n\
        c:\n  extends: .b\n  variables: {TAG: '2'}\n  image: {docker: {platform: windows/amd64}}\n  script: x\n";
    assert_eq!(found(".gitlab-ci.yml", text), ["2:17 app:1 Other fleet", "2:17 app:2 Windows fleet"]);
}

/// A hidden job runs as a part of jobs alone; files without any job are for the pipelines of others.
#[test]
fn a_hidden_job_of_gitlab_is_judged_where_a_job_uses_it() {
    let base = ".base:\n  image: base:1\n  services: ['db:1']\n.lost:\n  image: lost:1\n";
    for (jobs, expected) in [
        ("", &["base:1", "db:1", "lost:1"][..]),
        ("a: {extends: .base, script: x}\n", &["base:1", "db:1"]),
        ("a: {extends: .base, image: 'own:1', script: x}\n", &["db:1", "own:1"]),
        ("a: {image: !reference [.lost, image], script: x}\n", &["lost:1"]),
        ("a: {image: 'own:1', script: x}\n", &["own:1"]),
        ("a: {script: x}\ndefault: {image: !reference [.base, image]}\n", &["base:1"]),
        // So does what is there for jobs that have none of their own.
        ("a: {image: 'own:1', script: x}\ndefault: {image: 'd:1'}\nservices: ['s:1']\n", &["own:1", "s:1"]),
        ("a: {image: 'own:1', services: [], script: x}\ndefault: {image: 'd:1', services: ['s:1']}\n", &["own:1"]),
        ("default: {image: 'd:1'}\n", &["base:1", "db:1", "lost:1", "d:1"]),
    ] {
        assert_eq!(meanings(".gitlab-ci.yml", &format!("{base}{jobs}")), expected, "{jobs}");
    }
}

#[test]
fn variables_of_gitlab_are_put_in_where_they_are_plain() {
    let text = "variables:\n  TAG: ltsc2019\n  BASE: r.example/app:$TAG\n  CHOSEN: {value: ltsc2022, options: [ltsc2022]}\n  BY_RULE: a\n  SELF: $SELF\n\
        workflow:\n  rules:\n    - if: $X\n      variables: {BY_RULE: b}\n\
        .base:\n  variables: {OS: windows}\n\
        one:\n  image: $BASE\n  script: x\n\
        two:\n  variables: {TAG: ltsc2022}\n  image: {name: '$BASE'}\n  services: ['app:${CHOSEN}']\n  script: x\n\
        three:\n  extends: .base\n  image: $OS:$TAG\n  script: x\n\
        four:\n  image: app:$BY_RULE\n  script: x\n\
        five:\n  parallel: {matrix: [{TAG: [a, b]}]}\n  image: app:$TAG\n  script: x\n\
        six:\n  image: app:$SELF\n  script: x\n\
        seven:\n  image: app:$CI_COMMIT_TAG\n  script: x\n";
    assert_eq!(
        meanings(".gitlab-ci.yml", text),
        [
            "r.example/app:ltsc2019",
            "r.example/app:ltsc2022",
            "app:ltsc2022",
            "windows:ltsc2019",
            "$BY_RULE",
            "app:a",
            "app:b",
            "$SELF",
            "$CI_COMMIT_TAG"
        ]
    );
}

#[test]
fn a_job_of_gitlab_puts_its_variables_into_what_it_takes_over() {
    let base = ".base:\n  variables: {TAG: ltsc2022}\n  image: server:$TAG\n  services: ['db:$TAG']\n";
    let of = |jobs: &str| {
        let text = format!("variables: {{TAG: ltsc2016}}\n{base}{jobs}");
        let root = yaml::read(&text).0[0].root.clone().unwrap();
        let found = read(Service::GitLab, &root, &Runs::default(), &Lines::of(&text), &Values::new(), &|_| false, &[]).found;
        let one = |found: Found| match found.meant {
            Meant::Known(text) => format!("{} {text}", found.object.unwrap()),
            Meant::Unresolved(names) => format!("{} ${}", found.object.unwrap(), names.join(",$")),
            Meant::Unevaluated { .. } | Meant::Undeclared(_) => panic!("{found:?}"),
        };
        found.into_iter().map(one).collect::<Vec<_>>().join("; ")
    };
    // (jobs, references)
    for (jobs, expected) in [
        ("", "job .base server:ltsc2022; job .base service db:ltsc2022"),
        ("b:\n  extends: .base\n  script: x\n", "job .base server:ltsc2022; job .base service db:ltsc2022"),
        (
            "b:\n  extends: .base\n  variables: {TAG: ltsc2025}\nc:\n  extends: .base\n",
            "job b server:ltsc2025; job c server:ltsc2022; job b service db:ltsc2025; job c service db:ltsc2022",
        ),
        ("b:\n  extends: .base\n  variables: {TAG: ltsc2025}\n", "job .base server:ltsc2025; job .base service db:ltsc2025"),
        ("b:\n  extends: .base\n  services: []\n  parallel: {matrix: [{TAG: [a, b]}]}\n", "job b server:a; job b server:b"),
        (
            "b:\n  image: !reference [.base, image]\n  services: [!reference [.base, services], 'x:1']\n",
            "job .base server:ltsc2016; job .base service db:ltsc2016; job b service x:1",
        ),
        (
            ".other:\n  variables: {TAG: ltsc2019}\nb:\n  extends: [.other, .base]\nc:\n  extends: [.base, .other]\n",
            "job b server:ltsc2022; job c server:ltsc2019; job b service db:ltsc2022; job c service db:ltsc2019",
        ),
        ("a:\n  extends: a\n  image: a:$TAG\n", "job a a:ltsc2016"),
    ] {
        assert_eq!(of(jobs), expected, "{jobs}");
    }
    let shared = "variables: {TAG: ltsc2022}\nimage: server:$TAG\n\
        a:\n  variables: {TAG: ltsc2025}\n  script: x\nb:\n  script: x\npages:\n  inherit: {default: false}\n  script: x\n\
        d:\n  inherit: {default: [services]}\n  variables: {TAG: none}\n";
    assert_eq!(meanings(".gitlab-ci.yml", shared), ["server:ltsc2025", "server:ltsc2022"]);
    let default = "default: {image: 'server:$TAG'}\nimage: other:1\na:\n  variables: {TAG: ltsc2025}\n  script: x\n";
    assert_eq!(meanings(".gitlab-ci.yml", default), ["server:ltsc2025"]);
}

#[test]
fn variables_of_azure_are_put_in_where_they_are_plain() {
    let text = "variables:\n- group: secrets\n- name: tag\n  value: ltsc2019\n- name: image\n  value: server:$(Tag)\n- ${{ if eq(1, 1) }}:\n  - name: when\n    value: x\n\
        resources:\n  containers:\n  - container: c\n    image: ${{ variables.image }}\n\
        stages:\n- stage: s\n  variables: {own: stage}\n  jobs:\n  - job: a\n    container: app:$(own)-$(TAG)\n  - job: b\n    variables: {own: job}\n    container: app:${{ variables['own'] }}\n  \
        - job: d\n    container: app:$(when)\n  - job: e\n    strategy: {matrix: {x: {tag: a}}}\n    container: app:$(tag)\n  - job: g\n    container: $[ variables['image'] ]\n  - job: f\n    container: app:$(Build.BuildId)\n";
    assert_eq!(
        meanings("azure-pipelines.yml", text),
        ["server:ltsc2019", "app:stage-ltsc2019", "app:job", "$when", "app:a", "server:ltsc2019", "$Build.BuildId"]
    );
}

/// What may set any variable is no reason to believe the value of a part around it, or of an entry before it.
#[test]
fn variables_of_azure_that_may_be_set_again_have_no_value() {
    let of = |root: &str, job: &str| {
        let text = format!("{root}\njobs:\n- job: a\n  {job}\n  container: app:$(TAG)\n");
        meanings("azure-pipelines.yml", &text)
    };
    let root = "variables: {TAG: '1'}";
    for (job, expected) in [
        ("variables: [{group: g}]", "$TAG"),
        ("variables: [{name: tag, value: '2'}, {group: g}]", "$TAG"),
        ("variables: [{group: g}, {name: tag, value: '2'}]", "app:2"),
        ("variables: [{template: unread.yml}, {name: tag, value: '2'}]", "app:2"),
        ("variables: [{name: tag, value: '2'}, {name: Tag, value: '3'}]", "app:3"),
        ("variables: [{name: other, value: '2'}]", "app:1"),
        ("variables: {other: '2'}", "app:1"),
        ("variables:", "app:1"),
        ("variables: ${{ parameters.v }}", "$TAG"),
        ("variables: ['${{ parameters.v }}']", "$TAG"),
        ("variables: {'${{ parameters.name }}': x}", "$TAG"),
        ("variables: {'${{ insert }}': '${{ parameters.v }}', tag: '2'}", "$TAG"),
        ("variables: {'X${{ parameters.name }}': x}", "$TAG"),
        ("variables: {'${{ if x }}': {tag: '2'}}", "$TAG"),
        ("variables: {'${{ if x }}': {other: '2'}}", "app:1"),
        ("variables: [{'${{ each v in p }}': [{name: '${{ v.name }}', value: x}]}]", "$TAG"),
        ("variables: [{'${{ each v in p }}': [{name: '${{ v.name }}', value: x}]}, {name: tag, value: '2'}]", "app:2"),
        ("variables: [{'${{ if x }}': [{name: other, value: x}]}]", "app:1"),
        ("variables: [{'${{ if x }}': {name: tag, value: x}}]", "$TAG"),
        ("variables: [{'${{ if x }}': [{'${{ if y }}': [{group: g}]}]}]", "$TAG"),
        ("variables: [{name: tag, '${{ if x }}': {value: '2'}, '${{ else }}': {value: '3'}}]", "$TAG"),
        ("variables: [{name: other, '${{ if x }}': {value: '2'}}]", "app:1"),
        ("${{ if x }}: {variables: [{template: unread.yml}]}", "$TAG"),
        ("${{ if x }}: {'${{ if y }}': {variables: [{group: g}]}}", "$TAG"),
        ("${{ if x }}: {variables: {other: '2'}}", "app:1"),
        ("${{ each p in parameters.job }}: {'${{ p.key }}': '${{ p.value }}'}", "$TAG"),
        ("strategy: {matrix: '$[ dependencies.b.outputs.x ]'}", "$TAG"),
        ("strategy: {matrix: {a: {'${{ parameters.name }}': x}}}", "$TAG"),
        ("strategy: {matrix: {a: {other: x}}}", "app:1"),
        ("strategy: '${{ parameters.strategy }}'", "$TAG"),
    ] {
        assert_eq!(of(root, job), [expected], "{job}");
    }
    for (root, expected) in [
        ("variables: [{group: g}, {name: TAG, value: '1'}]", "app:1"),
        ("variables: [{name: TAG, value: '1'}, {group: g}]", "$TAG"),
        ("variables: [{name: TAG, value: '1'}, '${{ parameters.v }}']", "$TAG"),
        ("variables: ${{ parameters.v }}", "$TAG"),
    ] {
        assert_eq!(of(root, ""), [expected], "{root}");
    }
    // The part itself counts more than those around it.
    assert_eq!(of("variables: [{group: g}]", "variables: {tag: '2'}"), ["app:2"]);
}

/// Several containers of one name run on the hosts of all jobs that use it.
#[test]
fn many_containers_of_one_name_are_judged_on_the_hosts_of_its_jobs() {
    const NUMBER: usize = 2_000;
    let job = |number: usize| {
        let year = if number.is_multiple_of(2) { 2019 } else { 2022 };
        format!("- {{job: j{number}, pool: {{vmImage: windows-{year}}}, container: x}}\n")
    };
    let jobs: String = (0..NUMBER).map(job).collect();
    let containers: String = (0..NUMBER).map(|number| format!("  - {{container: x, image: 'app:{number}'}}\n")).collect();
    let text = format!("resources:\n  containers:\n{containers}jobs:\n{jobs}");
    let found = found("azure-pipelines.yml", &text);
    assert_eq!(found.len(), 2 * NUMBER);
    assert!(found.last().unwrap().contains("app:1999"), "{found:?}");
}

#[test]
fn the_environment_of_github_and_cirrus_is_put_in_where_it_is_plain() {
    let text = "on: push\nenv: {TAG: '1', REF: '${{ github.sha }}'}\njobs:\n  a:\n    runs-on: self\n    container: app:${{ env.TAG }}\n  \
        b:\n    runs-on: self\n    env: {TAG: '2'}\n    container: app:${{ env.TAG }}\n    services: {db: {image: 'sql:${{ env.REF }}'}}\n";
    assert_eq!(meanings(".github/workflows/x.yml", text), ["app:1", "app:2", "$env.REF"]);
    let cirrus = "env: {TAG: ltsc2019}\nwindows_task:\n  env: {NAME: server}\n  windows_container:\n    image: $NAME:$TAG\n";
    assert_eq!(meanings(".cirrus.yml", cirrus), ["server:ltsc2019"]);
}

#[test]
fn a_job_with_a_matrix_runs_once_for_each_row() {
    let github = "on: push\njobs:\n  a:\n    strategy:\n      matrix:\n        os: [ubuntu-22.04, windows-2022]\n        tag: [ltsc2019, ltsc2022]\n        \
        exclude: [{os: ubuntu-22.04, tag: ltsc2019}]\n        include: [{tag: ltsc2022, more: x}, {os: self, tag: '1'}]\n    \
        runs-on: ${{ matrix.os }}\n    container: app:${{ matrix.tag }}${{ matrix.more }}\n  \
        b:\n    strategy: {matrix: {config: [{image: 'one:1'}, {image: 'two:1'}]}}\n    runs-on: self\n    container: '${{ matrix.config.image }}'\n  \
        c:\n    strategy: {matrix: '${{ fromJson(needs.x.outputs.y) }}'}\n    runs-on: self\n    container: ${{ matrix.image }}\n  \
        d:\n    strategy: {matrix: {include: [{image: 'three:1'}], os: '${{ fromJson(x) }}'}}\n    runs-on: ${{ matrix.os }}\n    container: ${{ matrix.image }}\n";
    assert_eq!(
        found(".github/workflows/x.yml", github),
        [
            "11:16 app:ltsc2022x Other linux",
            "11:16 app:ltsc2019 Windows nowhere",
            "11:16 app:ltsc2022x Windows nowhere",
            "11:16 app:1 Unsaid linux",
            "15:16 one:1 Unsaid linux",
            "15:16 two:1 Unsaid linux",
            "19:16 $matrix.image Unsaid linux",
            "23:16 three:1 Unsaid linux"
        ]
    );
    let azure = "strategy:\n  matrix:\n    linux: {imageName: ubuntu-22.04, tag: '1'}\n    win: {IMAGENAME: windows-2022, tag: ltsc2022}\n\
        pool: {vmImage: $(imageName)}\ncontainer: app:$(tag)\n";
    assert_eq!(found("azure-pipelines.yml", azure), ["6:12 app:1 Other fleet", "6:12 app:ltsc2022 Windows ltsc2022"]);
    let shared = "resources: {containers: [{container: c, image: 'app:1'}]}\njobs:\n- job: a\n  \
        strategy: {matrix: {x: {vm: windows-2019}, y: {vm: windows-2022}, z: {vm: windows-2022}}}\n  pool: {vmImage: $(vm)}\n  container: c\n";
    assert_eq!(found("azure-pipelines.yml", shared), ["1:48 app:1 Windows ltsc2019", "1:48 app:1 Windows ltsc2022"]);
    let gitlab = ".b:\n  parallel: {matrix: [{N: app, TAG: [a, b]}, {N: [other], TAG: c}]}\nj:\n  extends: .b\n  image: $N:$TAG\n  script: x\n";
    assert_eq!(meanings(".gitlab-ci.yml", gitlab), ["app:a", "app:b", "other:c"]);
}

#[test]
fn a_matrix_that_is_larger_than_services_take_gives_no_values() {
    let list = format!("[{}]", vec!["x"; 100].join(","));
    let text = format!(
        "on: push\njobs:\n  a:\n    strategy: {{matrix: {{a: {list}, b: {list}, c: {list}, d: {list}, e: {list}}}}}\n    runs-on: self\n    \
         container: app:${{{{ matrix.a }}}}\n"
    );
    assert_eq!(meanings(".github/workflows/x.yml", &text), ["$matrix.a"]);
    let rows: String = (0..5_000).map(|row| format!("{{a: {row}}},")).collect();
    let text = format!("j:\n  parallel: {{matrix: [{rows}]}}\n  image: app:$a\n  script: x\n");
    assert_eq!(meanings(".gitlab-ci.yml", &text), ["$a"]);
}

#[test]
fn a_matrix_over_many_steps_ends() {
    let list = (0..200).map(|number| number.to_string()).collect::<Vec<_>>().join(",");
    let job = format!(
        "on: push\njobs:\n  a0: &j\n    runs-on: self\n    strategy: {{matrix: {{a: [{list}]}}}}\n    steps:\n    \
         - &s {{uses: 'docker://app:${{{{ matrix.a }}}}'}}\n{}",
        "    - *s\n".repeat(1_500)
    );
    let root = yaml::read(&job).0[0].root.clone().unwrap();
    let Scanned { found, problems, .. } =
        read(Service::GitHub, &root, &Runs::default(), &Lines::of(&job), &Values::new(), &|_| false, &[]);
    assert!(found.len() <= MOST && problems[0].error.what.contains("more than 200000 images"), "{}", found.len());
    let names = (0..50_000).map(|number| format!("n{number}: [x],")).collect::<String>();
    for matrix in [
        names.clone(),
        format!("include: [{{{}}}]", names.replace("[x]", "x")),
        format!("a: [1], exclude: [{}]", "{a: 2},".repeat(5_000)),
    ] {
        let text = format!(
            "on: push\njobs:\n  a:\n    runs-on: self\n    strategy: {{matrix: {{{matrix}}}}}\n    container: app:${{{{ matrix.n1 }}}}\n"
        );
        assert_eq!(meanings(".github/workflows/x.yml", &text), ["$matrix.n1"]);
    }
}

#[test]
fn hostile_variables_end() {
    let doubled: String = (1..200).map(|level| format!("  A{level}: $A{0}$A{0}$A{0}\n", level - 1)).collect();
    let jobs: String =
        (0..2_000).map(|job| format!("j{job}:\n  extends: j{}\n  image: a:$A199\n  script: x\n", job + 1)).collect();
    assert_eq!(meanings(".gitlab-ci.yml", &format!("variables:\n  A0: aaaa\n{doubled}{jobs}")).len(), 2_000);
}
