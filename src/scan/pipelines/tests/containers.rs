//! What pipelines say of their containers: the machine, the options, the Dockerfile.

use super::*;

#[test]
fn a_pipeline_of_drone_without_a_system_runs_on_linux() {
    for (head, expected) in [
        ("kind: pipeline\ntype: docker\n", &["Unsaid linux"][..]),
        ("kind: pipeline\n", &["Unsaid linux"]),
        ("kind: pipeline\ntype: kubernetes\n", &["Unsaid linux"]),
        ("kind: pipeline\nplatform: {arch: amd64}\n", &["Unsaid linux"]),
        ("kind: pipeline\nplatform: {os: windows, version: 1809}\n", &["Windows 1809"]),
        ("kind: pipeline\nplatform: {os: linux}\n", &["Other fleet"]),
        ("kind: pipeline\ntype: exec\nplatform: {os: windows}\n", &[]),
        ("kind: pipeline\ntype: ssh\n", &[]),
        // Woodpecker takes any agent.
        ("when: {event: push}\n", &["Unsaid fleet"]),
        ("platform: windows/amd64\n", &["Windows fleet"]),
        ("labels: {platform: windows/amd64}\n", &["Windows fleet"]),
        ("labels: {platform: linux/arm64}\n", &["Other fleet"]),
        ("labels: {platform: '${PLATFORM}'}\n", &["Unsaid fleet"]),
    ] {
        let text = format!("{head}steps: [{{name: a, image: 'a:1'}}]\n");
        let found = found(if head.starts_with("kind") { ".drone.yml" } else { ".woodpecker.yml" }, &text);
        let hosts: Vec<&str> = found.iter().map(|one| one.split_once("a:1 ").unwrap().1).collect();
        assert_eq!(hosts, expected, "{head}");
    }
}

#[test]
fn a_matrix_of_woodpecker_is_read_row_by_row() {
    let lists = "labels: {platform: '${P}'}\nmatrix:\n  TAG: [1809, ltsc2022]\n  P: [windows/amd64]\nsteps:\n  a: {image: 'server:${TAG}'}\n";
    assert_eq!(found(".woodpecker.yml", lists), ["6:14 server:1809 Windows fleet", "6:14 server:ltsc2022 Windows fleet"]);
    let rows = "matrix: {include: [{TAG: '1', P: linux/amd64}, {TAG: '2', P: windows/amd64}]}\nlabels: {platform: '${P}'}\n\
        steps: [{name: a, image: 'a:${TAG}'}]\n";
    assert_eq!(found(".woodpecker/w.yml", rows), ["3:26 a:1 Other fleet", "3:26 a:2 Windows fleet"]);
    // What no row sets has no value.
    let open = "matrix: {A: [1, 2]}\nsteps: [{name: a, image: 'a:${TAG}'}]\n";
    assert_eq!(found(".woodpecker.yml", open), ["2:26 $TAG Unsaid fleet"]);
}

/// A step with conditions on the matrix or the platform runs in the rows alone that they name.
#[test]
fn steps_of_woodpecker_run_where_their_conditions_hold() {
    let of = |when: &str| {
        let rows = "matrix: {include: [{P: linux/amd64, N: '1'}, {P: windows/amd64, N: '2'}]}\nlabels: {platform: '${P}'}\n";
        let text = format!("{rows}steps: [{{name: a, image: 'a:1', when: {when}}}]\n");
        found(".woodpecker/w.yml", &text).iter().map(|one| one.split(' ').nth(2).unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (linux, windows, both) = (&["Other"][..], &["Windows"][..], &["Other", "Windows"][..]);
    for (when, expected) in [
        ("{matrix: {P: windows/amd64}}", windows),
        ("{matrix: {N: '1'}}", linux),
        ("{matrix: {N: 1, P: windows/amd64}}", &[]),
        ("{matrix: {include: {N: '2'}}}", windows),
        ("[{matrix: {N: '1'}}, {matrix: {N: '2'}}]", both),
        ("[{matrix: {N: '1'}, event: push}, {event: tag}]", both),
        ("{platform: windows/amd64}", windows),
        ("[{platform: linux/*}]", linux),
        ("{platform: [linux/*, windows/amd64]}", both),
        ("{platform: {include: [windows/*]}}", windows),
        // What these hold for is not known here.
        ("{matrix: {N: '[1]', P: '${P}', OTHER: '*'}}", both),
        ("{matrix: {exclude: {N: '[1]'}}}", both),
        // A name that no row has is empty, and a row is left out that has all of these values.
        ("{matrix: {OTHER: x}}", &[]),
        ("{matrix: {OTHER: ''}}", both),
        ("{matrix: {exclude: {N: '1'}}}", windows),
        ("{matrix: {exclude: {N: '1', P: windows/amd64}}}", both),
        ("{matrix: {exclude: {N: '1', OTHER: ''}}}", windows),
        ("{matrix: {include: {N: '1'}, exclude: {N: '1'}}}", &[]),
        ("{platform: '*/amd64'}", both),
        ("{event: push}", both),
        ("[]", both),
    ] {
        assert_eq!(of(when), expected, "{when}");
    }
}

/// Of one row, the name of another one is empty; of a matrix that is not read, nothing is known. Drone has no such conditions.
#[test]
fn a_condition_holds_in_the_rows_that_it_names() {
    let step = "steps: [{name: a, image: 'a:${IMG}', when: {matrix: {WIN: 'yes'}}}]\n";
    let rows = format!("matrix: {{include: [{{IMG: '1', WIN: 'yes'}}, {{IMG: '2'}}]}}\n{step}");
    assert_eq!(meanings(".woodpecker.yml", &rows), ["a:1"]);
    let many = format!("matrix: {{IMG: [{}]}}\n{step}", "x,".repeat(1_000));
    assert_eq!(meanings(".woodpecker.yml", &many), ["$IMG"]);
    let drone = "kind: pipeline\nplatform: {os: windows, version: 1809}\nsteps:\n- {image: 'a:1', when: {platform: linux/amd64}}\n\
        - {image: 'b:1', when: {matrix: {WIN: 'yes'}}}\n";
    assert_eq!(meanings(".drone.yml", drone), ["a:1", "b:1"]);
    assert_eq!(meanings(".woodpecker.yml", &drone.replace("kind: pipeline\n", "")), [""; 0]);
}

/// Conditions that many steps have by aliases are looked at once. There is an end to the others: then steps count in all rows.
#[test]
fn many_conditions_over_many_rows_end() {
    let rows: String = (0..256).map(|row| format!("'{row}',")).collect();
    let of = |when: &str| {
        let steps: String = (0..200).map(|step| format!("- {{image: 'a:{step}', when: {when}}}\n")).collect();
        let conditions = format!("one: &one {{matrix: {{N: none}}}}\nall: &all [{}]\n", "*one,".repeat(500));
        meanings(".woodpecker.yml", &format!("{conditions}matrix: {{N: [{rows}]}}\nsteps:\n{steps}"))
    };
    assert_eq!(of("*all"), [""; 0]);
    let number = of(&format!("[{}]", "*one,".repeat(500))).len();
    assert!((1..200).contains(&number), "{number}");
}

#[test]
fn clones_of_woodpecker_have_images() {
    for clone in ["[{name: git, image: 'g:1'}]", "{git: {image: 'g:1', settings: {depth: 1}}}"] {
        let text = format!("clone: {clone}\nsteps: {{a: {{image: 'a:1'}}}}\n");
        assert_eq!(meanings(".woodpecker/w.yml", &text), ["g:1", "a:1"], "{clone}");
    }
    assert_eq!(meanings(".drone.yml", "kind: pipeline\nclone: {disable: true}\nsteps: [{image: 'a:1'}]\n"), ["a:1"]);
}

#[test]
fn options_of_containers_say_their_isolation() {
    let asked = |path: &str, text: &str| -> Vec<Option<Asked>> {
        let root = yaml::read(text).0[0].root.clone().unwrap();
        let service = service_of(Path::new(path), &root).unwrap();
        let read = read(service, &root, &Runs::of(&[&root], &Values::new()), &Lines::of(text), &Values::new(), &|_| false, &[]);
        read.found.into_iter().map(|found| found.isolation).collect()
    };
    for (options, expected) in [
        ("--isolation=hyperv", Some(Asked::Hyperv)),
        ("--isolation process -m 2g", Some(Asked::Process)),
        ("'--isolation=\"default\"'", Some(Asked::Default)),
        ("--isolation=process --isolation=hyperv", Some(Asked::Hyperv)),
        ("$(own)", Some(Asked::Hyperv)),
        ("$(other)", None),
        ("--isolations=hyperv", None),
        ("--isolation", None),
    ] {
        let container = format!("{{image: 'a:1', options: {options}}}");
        let own = format!(
            "variables: {{own: --isolation=hyperv}}\njobs:\n- job: a\n  container: {container}\n- job: b\n  container: 'a:1'\n"
        );
        assert_eq!(asked("azure-pipelines.yml", &own), [expected, None], "{options}");
        let named = format!(
            "variables: {{own: --isolation=hyperv}}\nresources:\n  containers:\n  - container: c\n    image: a:1\n    options: {options}\n\
             jobs:\n- job: a\n  services: {{s: c}}\n"
        );
        assert_eq!(asked("azure-pipelines.yml", &named), [expected], "{options}");
    }
    let github = "on: push\njobs:\n  a:\n    runs-on: x\n    container: {image: 'a:1', options: --isolation=hyperv}\n    services: {s: {image: 'b:1'}}\n";
    assert_eq!(asked(".github/workflows/x.yml", github), [Some(Asked::Hyperv), None]);
}

#[test]
fn each_service_has_its_own_way_to_ask_for_an_isolation() {
    for (path, text, expected) in [
        ("azure-pipelines.yml", "jobs:\n- job: a\n  container: 'a:1'\n", IsolatedBy::Options),
        (".gitlab-ci.yml", "a: {script: x, image: 'a:1'}\n", IsolatedBy::Runner),
        (".drone.yml", "kind: pipeline\nplatform: {os: windows}\nsteps: [{name: a, image: 'a:1'}]\n", IsolatedBy::Daemon),
        (".woodpecker.yml", "steps: [{name: a, image: 'a:1'}]\n", IsolatedBy::Daemon),
        (".cirrus.yml", "a_task: {windows_container: {image: 'a:1'}}\n", IsolatedBy::Unknown),
        // Those of pods.
        ("t.yaml", "apiVersion: tekton.dev/v1\nkind: Task\nspec: {steps: [{image: 'a:1'}]}\n", IsolatedBy::Kubelet),
        (
            ".drone.yml",
            "kind: pipeline\ntype: kubernetes\nplatform: {os: windows}\nsteps: [{name: a, image: 'a:1'}]\n",
            IsolatedBy::Kubelet,
        ),
        (".gitlab-ci.yml", "a: {script: x, image: {name: 'a:1', kubernetes: {user: '1'}}}\n", IsolatedBy::Kubelet),
        (".gitlab-ci.yml", "a: {script: x, image: {name: 'a:1', kubernetes: {}, docker: {}}}\n", IsolatedBy::Runner),
        (".gitlab-ci.yml", "a: {script: x, image: 'a:1', variables: {KUBERNETES_CPU_REQUEST: '1'}}\n", IsolatedBy::Kubelet),
        (".gitlab-ci.yml", "a: {script: x, image: 'a:1', variables: {KUBERNETES_VERSION: '1'}}\n", IsolatedBy::Runner),
        // Each job has the variables of the pipeline that it inherits.
        (".gitlab-ci.yml", "variables: {KUBERNETES_CPU_REQUEST: '1'}\na: {script: x, image: 'a:1'}\n", IsolatedBy::Kubelet),
        (
            ".gitlab-ci.yml",
            "variables: {KUBERNETES_CPU_REQUEST: '1'}\na: {script: x, image: 'a:1', inherit: {variables: false}}\n",
            IsolatedBy::Runner,
        ),
    ] {
        let root = yaml::read(text).0[0].root.clone().unwrap();
        let service = service_of(Path::new(path), &root).unwrap();
        let read = read(service, &root, &Runs::of(&[&root], &Values::new()), &Lines::of(text), &Values::new(), &|_| false, &[]);
        assert_eq!(read.found.iter().map(|found| found.isolated_by).collect::<Vec<_>>(), [expected], "{path}");
    }
}

/// Variables of the Kubernetes executor lead the pod of a job to nodes with these labels, wherever they are set.
#[test]
fn variables_of_gitlab_say_the_nodes_of_a_job() {
    let of = |text: &str| -> Vec<String> {
        let root = yaml::read(text).0[0].root.clone().unwrap();
        let read = read(Service::GitLab, &root, &Runs::default(), &Lines::of(text), &Values::new(), &|_| false, &[]);
        let lands = |found: &Found| match &found.lands {
            Lands::Nodes(placement) => {
                placement.selector.iter().map(|(label, value)| format!("{label}={value}")).collect::<Vec<_>>().join(",")
            }
            Lands::Untold(names) => format!("${}", names.join(",$")),
            _ => "anywhere".to_owned(),
        };
        read.found.iter().map(|found| format!("{:?} {}", found.os, lands(found))).collect()
    };
    let build = "node.kubernetes.io/windows-build=10.0.20348";
    let job = |more: &str| format!("a: {{script: x, image: 'a:1', {more}}}\n");
    let own = |value: &str| job(&format!("variables: {{KUBERNETES_NODE_SELECTOR_B: '{value}'}}"));
    assert_eq!(of(&own(build)), [format!("Windows {build}")]);
    assert_eq!(of(&own("kubernetes.io/os=linux")), ["Other kubernetes.io/os=linux"]);
    assert_eq!(of(&own("pool")), ["Unsaid anywhere"]);
    assert_eq!(of(&own("pool=$NONE")), ["Unsaid $KUBERNETES_NODE_SELECTOR_B"]);
    let outer = "variables: {KUBERNETES_NODE_SELECTOR_B: 'pool=$POOL', POOL: x}\n";
    assert_eq!(of(&format!("{outer}{}", job("variables: {POOL: y}"))), ["Unsaid pool=y"]);
    assert_eq!(of(&format!("{outer}{}", job("inherit: {variables: false}"))), ["Unsaid anywhere"]);
    let matrix = job("parallel: {matrix: [{KUBERNETES_NODE_SELECTOR_B: ['pool=x', 'pool=y']}]}");
    assert_eq!(of(&matrix), ["Unsaid pool=x", "Unsaid pool=y"]);
}

/// A part may mean one image for some jobs, and another one for others.
#[test]
fn a_reference_is_named_by_all_jobs_that_mean_it() {
    let job = |name: &str, value: &str| format!("{name}: {{script: x, extends: .b, variables: {{V: '{value}'}}}}\n");
    let objects = |jobs: &[(&str, &str)]| -> Vec<String> {
        let jobs: String = jobs.iter().map(|(name, value)| job(name, value)).collect();
        let text = format!(".b: {{image: 'a:$V', services: ['s:$V']}}\n{jobs}");
        let root = yaml::read(&text).0[0].root.clone().unwrap();
        let read =
            read(Service::GitLab, &root, &Runs::of(&[&root], &Values::new()), &Lines::of(&text), &Values::new(), &|_| false, &[]);
        read.found.into_iter().map(|found| found.object.unwrap()).collect()
    };
    assert_eq!(objects(&[("x", "1"), ("y", "1")]), ["job .b", "job .b service"]);
    let several = objects(&[("x", "1"), ("y", "2"), ("z", "1")]);
    assert_eq!(several, ["job x, job z", "job y", "job x service, job z service", "job y service"]);
    let many = objects(&[("x", "1"), ("y", "2"), ("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")]);
    assert_eq!(many[0], "job x, job a, job b, job c and 1 more");
}

#[test]
fn options_of_containers_say_their_platform() {
    let platform = |options: &str, pool: &str| {
        let text = format!("jobs:\n- job: a\n  pool: {pool}\n  container: {{image: 'a:1', options: {options}}}\n");
        let root = yaml::read(&text).0[0].root.clone().unwrap();
        let read =
            read(Service::Azure, &root, &Runs::of(&[&root], &Values::new()), &Lines::of(&text), &Values::new(), &|_| false, &[]);
        (read.found[0].os, read.found[0].processor)
    };
    let own = "{name: own}";
    assert_eq!(platform("--platform windows/arm64", own), (Os::Windows, Some(crate::Architecture::Arm64)));
    assert_eq!(platform("-m 2g --platform=linux", own), (Os::Other, None));
    assert_eq!(platform("-m 2g", own), (Os::Unsaid, None));
    assert_eq!(platform("--platform=windows", "{vmImage: ubuntu-latest}").0, Os::Other);
}

/// A job is one pod, and each job may have its own executor.
#[test]
fn the_services_of_a_job_are_in_its_pod() {
    let text = "image: {name: 'a:1', docker: {}}\nx: {script: x, image: {name: 'b:1', kubernetes: {}}, services: ['c:1']}\ny: {script: x}\n";
    let root = yaml::read(text).0[0].root.clone().unwrap();
    let read =
        read(Service::GitLab, &root, &Runs::of(&[&root], &Values::new()), &Lines::of(text), &Values::new(), &|_| false, &[]);
    let of: Vec<(&str, IsolatedBy)> = read.found.iter().map(|found| (found.written.as_str(), found.isolated_by)).collect();
    assert_eq!(of, [("a:1", IsolatedBy::Runner), ("b:1", IsolatedBy::Kubelet), ("c:1", IsolatedBy::Kubelet)]);
    let shared = ".b: {image: 'a:1'}\nx: {script: x, extends: .b, variables: {KUBERNETES_POD_LABELS_1: 'a=b'}}\ny: {script: x, extends: .b}\n";
    let root = yaml::read(shared).0[0].root.clone().unwrap();
    let read = super::read(
        Service::GitLab,
        &root,
        &Runs::of(&[&root], &Values::new()),
        &Lines::of(shared),
        &Values::new(),
        &|_| false,
        &[],
    );
    let of: Vec<IsolatedBy> = read.found.iter().map(|found| found.isolated_by).collect();
    assert_eq!(of, [IsolatedBy::Kubelet, IsolatedBy::Runner]);
}

#[test]
fn an_action_that_is_a_container_runs_on_linux() {
    for (runs, expected) in [
        ("{using: docker, image: 'docker://a:1'}", &["1:40 a:1 Unsaid linux"][..]),
        ("{using: composite, steps: [{uses: 'docker://a:1'}, {uses: ./x}, {run: x}]}", &["1:51 a:1 Unsaid linux"]),
        ("{using: docker, image: Win.df}", &[]),
        ("{using: node20, main: x.js}", &[]),
    ] {
        for path in ["action.yml", "x/action.yaml"] {
            assert_eq!(found(path, &format!("runs: {runs}\n")), expected, "{runs}");
        }
    }
}

#[test]
fn dockerfiles_of_actions_and_tasks() {
    for (path, text, expected) in [
        ("action.yml", "runs: {using: docker, image: Win.df}\n", &["Win.df"][..]),
        ("action.yml", "runs: {using: Docker, image: sub/Dockerfile}\n", &["sub/Dockerfile"]),
        ("action.yml", "runs: {using: docker, image: 'docker://a:1'}\n", &[]),
        (".cirrus.yml", "windows_container: {dockerfile: ci/Df, docker_arguments: {V: 1}}\n", &["ci/Df V=1"]),
        (
            ".cirrus.yml",
            "env: {D: ci}\na_task:\n  windows_container: {dockerfile: $D/Df}\nb_task:\n  windows_container: {dockerfile: $E/Df}\n",
            &["ci/Df", "$E"],
        ),
        (".cirrus.yml", "container: {dockerfile: Df}\n", &[]),
    ] {
        let root = yaml::read(text).0[0].root.clone().unwrap();
        let service = service_of(Path::new(path), &root).unwrap();
        let one = |built: Built| {
            let file = match built.file {
                Meant::Known(file) => file,
                Meant::Unresolved(names) => format!("${}", names.join(",")),
                other => panic!("{other:?}"),
            };
            let arguments = built.build.arguments.iter().map(|(name, value)| format!("{name}={value}"));
            std::iter::once(file).chain(arguments).collect::<Vec<_>>().join(" ")
        };
        let all: Vec<String> = built(service, &root, &Lines::of(text), &Values::new()).into_iter().map(one).collect();
        assert_eq!(all, expected, "{text}");
    }
}

/// An image that is made from inputs alone stays for another reason than one that is made from variables.
#[test]
fn the_reason_fits_what_an_image_is_made_from() {
    let text = "variables: {V: '1'}\na: {image: 'a:$[[ inputs.tag ]]', script: x}\nb: {image: 'a:$[[ inputs.tag ]]$V', script: x}\nc: {image: 'a:$V', script: x}\n";
    let root = yaml::read(text).0[0].root.clone().unwrap();
    let inputs = Inputs::from([("inputs.tag".to_owned(), Some("1".to_owned()))]);
    let read = read_gitlab(&[Layer { root: &root, lines: &Lines::of(text), inputs }], true, &Values::new());
    let why: Vec<bool> = read.found.iter().map(|(_, found)| found.stays.as_ref().unwrap().contains("inputs")).collect();
    assert_eq!(why, [true, false, false]);
}

/// The containers of a job of Azure, and those of its steps, are started by one agent. Of two that conditions choose it is not known whether
/// they ever run together.
#[test]
fn containers_of_a_job_of_azure_share_its_agent() {
    let together = |text: &str| -> Vec<String> {
        let root = yaml::read(text).0[0].root.clone().unwrap();
        let read = read(Service::Azure, &root, &Runs::default(), &Lines::of(text), &Values::new(), &|_| false, &[]);
        let image = |found: &Found| if let Meant::Known(image) = &found.meant { image.clone() } else { found.written.clone() };
        let mut pairs = Vec::new();
        for (number, one) in read.found.iter().enumerate() {
            let others = read.found.iter().skip(number + 1);
            let with = others.filter(|other| other.shares.iter().any(|share| one.shares.contains(share)));
            pairs.extend(with.map(|other| format!("{}+{}", image(one), image(other))));
        }
        pairs
    };
    let resources =
        "resources:\n  containers:\n  - {container: r, image: r}\n  - {container: s, image: s}\n  - {container: t, image: t}\n";
    let step = |target: &str| format!("{{script: x, target: {target}}}");
    for (jobs, expected) in [
        ("- {job: a, container: a, services: {x: r}}".to_owned(), &["r+a"][..]),
        ("- {job: a, container: r, services: {x: s, y: t}}".to_owned(), &["r+s", "r+t", "s+t"]),
        (format!("- {{job: a, container: r, steps: [{}, {}]}}", step("s"), step("{container: t}")), &["r+s", "r+t", "s+t"]),
        // Each in a job of its own.
        ("- {job: a, container: r}\n- {job: b, container: s}".to_owned(), &[]),
        ("- {job: a, container: r, services: {x: s}}\n- {job: b, container: t}".to_owned(), &["r+s"]),
        // One that is always there, and two of which a condition chooses one.
        (
            "- job: a\n  container: r\n  services:\n    ${{ if x }}:\n      y: s\n    ${{ else }}:\n      y: t".to_owned(),
            &["r+s", "r+t"],
        ),
        (
            "- job: a\n  services: {x: r}\n  ${{ if x }}: {container: s}\n  ${{ else }}: {container: t}".to_owned(),
            &["r+s", "r+t"],
        ),
        (format!("- job: a\n  steps: [{}, {{'${{{{ if x }}}}': [{}]}}]", step("r"), step("s")), &["r+s"]),
        // The parts of a deployment are jobs of their own.
        (
            format!(
                "- deployment: a\n  container: r\n  strategy: {{runOnce: {{deploy: {{steps: [{}]}}, on: {{failure: {{steps: [{}]}}}}}}}}",
                step("s"),
                step("t")
            ),
            &["r+s", "r+t"],
        ),
        // In each row of a matrix it is another job.
        (
            "- job: a\n  strategy: {matrix: {x: {i: 'x'}, y: {i: 'y'}}}\n  container: $[ variables['i'] ]\n  services: {z: s}"
                .to_owned(),
            &["s+x", "s+y"],
        ),
    ] {
        assert_eq!(together(&format!("{resources}jobs:\n{jobs}\n")), expected, "{jobs}");
    }
    // Conditions give one name several images.
    let chosen = "resources:\n  containers:\n  - container: r\n    ${{ if x }}: {image: a}\n    ${{ else }}: {image: b}\n\
        jobs:\n- {job: a, container: c, services: {x: r}}\n";
    assert_eq!(together(chosen), [""; 0]);
    assert_eq!(meanings("azure-pipelines.yml", chosen), ["a", "b", "c"]);
    let twice = "resources:\n  containers:\n  - ${{ if x }}: [{container: r, image: a}]\n  - ${{ else }}: [{container: r, image: b}]\n\
        jobs:\n- {job: a, container: r}\n";
    assert_eq!(meanings("azure-pipelines.yml", twice), ["a", "b"]);
}
