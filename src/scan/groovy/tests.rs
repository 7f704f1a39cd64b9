//! Pipelines of Jenkins.

use super::*;
use crate::scan::Meant;

fn found(text: &str) -> Vec<String> {
    let one = |found: &Found| {
        let meant = match &found.meant {
            Meant::Known(text) => text.clone(),
            other => format!("{other:?}"),
        };
        format!("{}:{} {meant} {:?}", found.place.line, found.place.column, found.os)
    };
    read(text, &Known::default()).found.iter().map(one).collect()
}

#[test]
fn a_pod_with_its_own_indentation() {
    let text = "// a 'comment'\npodTemplate(yaml: '''\\\n    apiVersion: v1\n    kind: Pod\n    spec:\n      nodeSelector:\n        \
        kubernetes.io/os: windows\n      containers:\n      - name: shell\n        image: server:1809\n      - {name: b, image: x}\n    '''.stripIndent()) {\n}\n";
    assert_eq!(found(text), ["10:16 server:1809 Windows", "11:26 x Windows"]);
    // Without a kind, and with a spec below metadata by mistake.
    let text = "def yaml = \"\"\"\nmetadata:\n  labels: {a: b}\n  spec:\n    containers:\n    - name: a\n      image: server:${TAG}\n\"\"\"\n";
    assert_eq!(found(text), ["7:14 Unresolved([\"TAG\"]) Unsaid"]);
    assert!(found("x = '''\ncontainers: [\n'''\n").is_empty());
}

/// Groovy puts values into texts in double quotes, and into no others.
#[test]
fn variables_with_one_plain_text_are_put_into_pods_in_double_quotes() {
    let pod = |quotes: &str, tag: &str| {
        let spec = format!("spec: {{containers: [{{name: a, image: 'server:{tag}'}}]}}");
        let text =
            format!("def TAG = 'ltsc2022'\npodTemplate(yaml: {quotes}\napiVersion: v1\nkind: Pod\n{spec}\n{quotes}) {{ }}\n");
        let found = read(&text, &Known::default()).found;
        let [one] = found.as_slice() else { panic!("{found:?}") };
        (one.meant.clone(), one.stays.clone())
    };
    let open = |name: &str| (Meant::Unresolved(vec![name.to_owned()]), None);
    let known = (Meant::Known("server:ltsc2022".to_owned()), Some(MADE.to_owned()));
    for tag in ["${TAG}", "$TAG"] {
        assert_eq!(pod("\"\"\"", tag), known, "{tag}");
        assert_eq!(pod("'''", tag), open("TAG"), "{tag}");
    }
    assert_eq!(pod("\"\"\"", "${OTHER}"), open("OTHER"));
    assert_eq!(pod("'''", "ltsc2019"), (Meant::Known("server:ltsc2019".to_owned()), None));
    let given = Known { values: Values::from([("tag".to_owned(), "2".to_owned())]), ..Known::default() };
    for (image, of_file, of_given) in [
        ("\"a:${tag}\"", Meant::Known("a:1".to_owned()), "a:2"),
        ("'a:${tag}'", Meant::Unresolved(vec!["tag".to_owned()]), "a:2"),
        ("'a:' + tag", Meant::Known("a:1".to_owned()), "a:2"),
    ] {
        let text = format!("def tag = '1'\ndocker.image({image})");
        assert_eq!(read(&text, &Known::default()).found[0].meant, of_file, "{image}");
        assert_eq!(read(&text, &given).found[0].meant, Meant::Known(of_given.to_owned()), "{image}");
    }
}

/// A dollar behind a backslash is text for Groovy: what it begins is a variable of a shell, which Groovy's own values do not reach.
#[test]
fn an_escaped_dollar_begins_no_variable_of_groovy() {
    let given = Known { values: Values::from([("tag".to_owned(), "2".to_owned())]), ..Known::default() };
    let open = || Meant::Unresolved(vec!["tag".to_owned()]);
    for (text, of_file, of_given) in [
        ("docker.image(\"a:\\${tag}\").inside { }", open(), "a:2"),
        ("docker.image(\"a:\\$tag-x\").inside { }", open(), "a:2-x"),
        ("docker.image('a:\\${tag}').inside { }", open(), "a:2"),
        ("docker.image(\"${tag}:\\${tag}\").inside { }", open(), "2:2"),
        ("docker.image(\"a:${tag}\").inside { }", Meant::Known("a:1".to_owned()), "a:2"),
    ] {
        let text = format!("def tag = '1'\n{text}");
        assert_eq!(read(&text, &Known::default()).found[0].meant, of_file, "{text}");
        assert_eq!(read(&text, &given).found[0].meant, Meant::Known(of_given.to_owned()), "{text}");
    }
    for image in ["server:\\${tag}", "\"server:\\${tag}\"", "'server:\\$tag'"] {
        let text = format!(
            "def tag = '1'\npodTemplate(yaml: \"\"\"\nkind: Pod\nspec:\n  containers:\n  - image: {image}\n  - image: b:${{tag}}\n\"\"\") {{ }}\n"
        );
        let found = read(&text, &Known::default()).found;
        let meant: Vec<&Meant> = found.iter().map(|found| &found.meant).collect();
        assert_eq!(meant, [&open(), &Meant::Known("b:1".to_owned())], "{text}");
        assert!(found[0].written.starts_with("server:\\$") && found[0].editable.is_none(), "{found:?}");
        assert_eq!((found[0].place.line, found[0].place.column), (6, 12), "{found:?}");
        assert_eq!(read(&text, &given).found[0].meant, Meant::Known("server:2".to_owned()), "{text}");
    }
}

#[test]
fn the_axes_of_a_matrix_are_values() {
    let of = |more: &str, image: &str| {
        let axes = "axes {\n axis { name 'TAG'; values '1', '2' }\n axis {\n name 'OS'\n values 'x', 'y'\n }\n }";
        let agent = format!("agent {{ docker {{ image {image} }} }}");
        found(&format!("pipeline {{ stages {{ stage('a') {{ matrix {{ {axes}\n{more}\n{agent} }} }} }} }}\n"))
    };
    let images = |more: &str, image: &str| -> Vec<String> {
        of(more, image).iter().map(|one| one.split(' ').nth(1).unwrap().to_owned()).collect()
    };
    assert_eq!(images("", "\"a:${TAG}\""), ["a:1", "a:2"]);
    assert_eq!(images("", "\"a:${env.TAG}\""), ["a:1", "a:2"]);
    assert_eq!(images("", "\"a:${TAG}-${OS}\""), ["a:1-x", "a:1-y", "a:2-x", "a:2-y"]);
    assert_eq!(images("", "'a:1'"), ["a:1"]);
    let with_own = "def base = 'b'\npipeline { matrix { axes { axis { name 'TAG'; values '1', '2' } }\nagent { docker { image \"${base}:$TAG\" } } } }";
    let meant: Vec<Meant> = read(with_own, &Known::default()).found.into_iter().map(|one| one.meant).collect();
    assert_eq!(meant, ["b:1", "b:2"].map(|text| Meant::Known(text.to_owned())));
    // A variable of another kind, one for a shell, one in an expression, and choices that are left out.
    for (more, image) in [
        ("", "\"a:${OTHER}\""),
        ("", "'a:${TAG}'"),
        ("", "\"a:\\${TAG}\""),
        ("", "TAG.trim()"),
        ("", "TAG ?: 'a:1'"),
        ("excludes { exclude { axis { name 'TAG'; values '1' } } }", "\"a:${TAG}\""),
    ] {
        let read = images(more, image);
        assert!(matches!(read.as_slice(), [one] if one.starts_with("Unresolved")), "{more} {image}: {read:?}");
    }
    // Outside of the matrix they are nothing.
    let outside = "pipeline { agent { docker { image \"a:${TAG}\" } }\nstages { stage('a') { matrix { axes { axis { name 'TAG'; values '1' } } } } } }";
    assert_eq!(read(outside, &Known::default()).found[0].meant, Meant::Unresolved(vec!["TAG".to_owned()]));
}

/// Many images in a large matrix are not read for each of its rows.
#[test]
fn what_matrices_give_has_an_end() {
    let values = |name: &str| {
        let all: Vec<String> = (0..16).map(|number| format!("'{name}{number}'")).collect();
        format!("axis {{ name '{name}'; values {} }}", all.join(", "))
    };
    let images = "docker.image(\"a:$X-$Y\").inside { }\n".repeat(100);
    let text = format!("pipeline {{ matrix {{ axes {{ {} {} }}\n{images} }} }}", values("X"), values("Y"));
    let found = read(&text, &Known::default()).found;
    let open = found.iter().filter(|one| matches!(one.meant, Meant::Unresolved(_))).count();
    assert_eq!((found.len() - open, open), (39 * 256, 61));
}

#[test]
fn options_of_a_container_say_its_platform() {
    for (text, os) in [
        ("docker { image 'a'; args '--platform windows/amd64' }", Os::Windows),
        ("docker { image 'a'; args '--platform=linux/amd64' }", Os::Other),
        ("docker.image('a').inside('-m 2g --platform windows') { }", Os::Windows),
        ("withDockerContainer(image: 'a', args: '--platform windows') { }", Os::Windows),
        ("docker { image 'a'; args '-m 2g' }", Os::Unsaid),
        ("docker { args '--platform windows' }\ndocker.image('a')", Os::Unsaid),
    ] {
        assert_eq!(read(text, &Known::default()).found[0].os, os, "{text}");
    }
}

#[test]
fn images_that_docker_names() {
    let text = "pipeline {\n  agent {\n    docker {\n      image 'server:1'\n      label \"windows\"\n    }\n  }\n  stages {\n    \
        stage('image') { agent { docker 'server:2' } }\n    stage('b') { steps { script { docker.image(\"server:3\").inside { sh 'image' } } } }\n  }\n}\n\
        podTemplate(containers: [containerTemplate(name: 'a', image: 'server:4')])\n";
    let lines = ["4:14 server:1 Unsaid", "9:38 server:2 Unsaid", "10:49 server:3 Unsaid", "13:63 server:4 Unsaid"];
    assert_eq!(found(text), lines);
    assert_eq!(found("docker { image('''a:1''') }"), ["1:19 a:1 Unsaid"]);
    // A docker block's image may be called with brackets.
    assert_eq!(found("docker { image('a:1') }"), ["1:17 a:1 Unsaid"]);
    for text in ["image 'a'", "x(image: 'a')", "/* docker 'a' */", "docker { label 'a' }", "docker '", "'''", "\"\\"] {
        assert!(found(text).is_empty(), "{text}");
    }
}

#[test]
fn variables_that_are_given_one_plain_text_are_put_in() {
    for (text, expected) in [
        ("def img = 'a:1'\nnode { docker.image(img).inside { } }", "2:21 a:1"),
        ("String img = \"a:1\"; docker.image(img)", "1:34 a:1"),
        ("def tag = '1'\ndocker.image('a:' + tag)", "2:15 a:1"),
        ("def tag = '1'\ndocker.image(\"a:${tag}\")", "2:15 a:1"),
        ("def img = 'a:1'\npipeline { agent { docker img } }", "2:27 a:1"),
        ("def img = 'a:1'\ndocker { image img }", "2:16 a:1"),
        ("docker { image(params.IMAGE) }", "1:16 $params.IMAGE"),
        ("docker.image(img)", "1:14 $img"),
        ("docker.image('a:' + tag)", "1:15 $tag"),
        ("docker.image(imageOf('x'))", "1:14 $imageOf"),
        ("docker.image(x ? 'a' : 'b')", "1:14 $x"),
        ("def img = 'a:1'\nimg = 'b:1'\ndocker.image(img)", "3:14 $img"),
        ("def img = 'a:1'\nimg += 'b'\ndocker.image(img)", "3:14 $img"),
        ("def img = 'a:1'\n['b'].each { img -> docker.image(img) }", "2:34 $img"),
        ("def img = 'a:' + x\ndocker.image(img)", "2:14 $img"),
        ("def img = 'a:1'\ndef b(img) { docker.image(img) }", "2:27 $img"),
        ("def img = 'a:1'\nvoid b(x, img = null) { docker.image(img) }", "2:38 $img"),
        ("def img = \"a:$x\"\ndocker.image(img)", "2:14 $img"),
        ("def of(String img = 'a:1') { docker.image(img) }", "1:43 $img"),
        ("img = 'a:1'\ndocker.image(img)", "2:14 $img"),
    ] {
        let one = |found: &Found| match &found.meant {
            Meant::Known(text) => format!("{}:{} {text}", found.place.line, found.place.column),
            Meant::Unresolved(names) => format!("{}:{} ${}", found.place.line, found.place.column, names.join(",$")),
            Meant::Unevaluated { .. } | Meant::Undeclared(_) => panic!("{found:?}"),
        };
        let all: Vec<String> = read(text, &Known::default()).found.iter().map(one).collect();
        assert_eq!(all, [expected], "{text}");
    }
    let given = Known { values: Values::from([("img".to_owned(), "b:1".to_owned())]), ..Known::default() };
    assert_eq!(read("def img = 'a:1'\ndocker.image(img)", &given).found[0].meant, Meant::Known("b:1".to_owned()));
    for text in ["agent { docker { label l } }", "x.image(img)", "sh docker", "docker.build(img)"] {
        assert!(found(text).is_empty(), "{text}");
    }
}

/// `WithContainerStep` takes the name of the image as it is, whatever the registry.
#[test]
fn steps_that_run_others_in_a_container() {
    for (text, column) in [
        ("withDockerContainer('a:1') { bat 'x' }", 22),
        ("withDockerContainer 'a:1'", 22),
        ("withDockerContainer(image: 'a:1', args: '-m 4g') { }", 29),
        ("withDockerContainer(args: x(1), image: \"a:1\") { }", 41),
        ("withDockerContainer image: 'a:1'", 29),
        ("docker.withRegistry('https://r.example') { withDockerContainer('a:1') { } }", 65),
        ("def i = 'a:1'; withDockerContainer(i) { }", 36),
        ("dockerNode('a:1') { bat 'x' }", 13),
        ("dockerNode(dockerHost: 'tcp://x', image: 'a:1') { }", 43),
    ] {
        assert_eq!(found(text), [format!("1:{column} a:1 Unsaid")], "{text}");
    }
    for (text, expected) in [
        ("withDockerContainer(image: 'a:1', args: '--isolation=hyperv') { }", Some(Asked::Hyperv)),
        ("withDockerContainer(args: '--isolation=process', image: 'a:1') { }", Some(Asked::Process)),
        ("withDockerContainer(image: 'a:1') { x(args: '--isolation=hyperv') }", None),
        ("withDockerContainer('a:1') { }", None),
    ] {
        assert_eq!(read(text, &Known::default()).found[0].isolation, expected, "{text}");
    }
    assert!(found("withDockerContainer(args: 'x') { }").is_empty());
    // The name before a value is no variable.
    assert_eq!(found("agent { docker image: 'a:1' }"), ["1:24 a:1 Unsaid"]);
}

#[test]
fn a_container_of_a_pod_in_a_block() {
    for (text, expected) in [
        ("containerTemplate {\n name 'c'\n image 'a:1'\n}", "3:9 a:1 Unsaid"),
        ("containerTemplate { image('a:1') }", "1:28 a:1 Unsaid"),
        ("agent { dockerContainer { image 'a:1' } }", "1:34 a:1 Unsaid"),
        ("containerTemplates { containerTemplate { image \"a:1\"; name 'c' } }", "1:49 a:1 Unsaid"),
        ("docker.withRegistry('https://r.example') { containerTemplate { image 'a:1' } }", "1:71 a:1 Unsaid"),
    ] {
        assert_eq!(found(text), [expected], "{text}");
    }
}

/// `DockerRegistryEndpoint.imageName` puts the host before the name, for `inside` and `pull`; `run` and `withRun` take the name as it is.
#[test]
fn the_registry_of_a_block_stands_before_its_images() {
    for (text, expected) in [
        ("docker.withRegistry('https://r.example', 'c') { docker.image('t/a:1').inside { } }", "r.example/t/a:1"),
        ("docker.withRegistry('https://r.example:443/v2/') { docker.image('a:1').pull() }", "r.example/a:1"),
        ("docker.withRegistry('http://u@r.example:5000') { docker.image('a:1').inside('x') { } }", "r.example:5000/a:1"),
        ("docker.withRegistry('https://r.example') { dir('x') { def i = docker.image('a:1') } }", "r.example/a:1"),
        ("docker.withRegistry('https://r.example') { docker.image('r.example/a:1').pull() }", "r.example/a:1"),
        ("def r = 'https://r.example'\ndocker.withRegistry(r) { docker.image('a:1').pull() }", "r.example/a:1"),
        ("docker.withRegistry('https://r.example') { docker.image('a:1').run('-d') }", "a:1"),
        ("docker.withRegistry('https://r.example') { docker.image('a:1').withRun { } }", "a:1"),
        ("docker.withRegistry('') { docker.image('a:1').pull() }", "a:1"),
        ("docker.withRegistry('https://r.example') { }\ndocker.image('a:1').pull()", "a:1"),
        ("withDockerRegistry(url: 'https://r.example') { docker.image('a:1').pull() }", "a:1"),
        ("docker { registryUrl 'https://r.example'; image 'a:1' }", "r.example/a:1"),
        ("docker { image 'a:1'\n registryUrl 'https://r.example' }", "r.example/a:1"),
        ("docker.withRegistry(env.R) { docker.image('a:1').pull() }", "$env.R"),
        ("docker.withRegistry(\"https://${R}\") { docker.image('a:1').pull() }", "$R"),
    ] {
        let found = read(text, &Known::default()).found;
        let shown = match &found[0].meant {
            Meant::Known(image) => image.clone(),
            Meant::Unresolved(names) => format!("${}", names.join(",")),
            other => panic!("{other:?}"),
        };
        assert_eq!(shown, expected, "{text}");
        // Only the name is changed.
        if let Some(editable) = &found[0].editable {
            assert_eq!(format!("{}{}", editable.before, editable.text), expected, "{text}");
        }
    }
}

#[test]
fn calls_without_brackets_are_calls() {
    assert_eq!(found("docker.image 'a:1'\nx()"), ["1:15 a:1 Unsaid"]);
    for text in [
        "docker.withRegistry 'https://r.example', 'c', { docker.image('a:1').inside { } }",
        "docker.withRegistry 'https://r.example', { docker.image('a:1').pull() }",
    ] {
        assert_eq!(read(text, &Known::default()).found[0].meant, Meant::Known("r.example/a:1".to_owned()), "{text}");
    }
    let read = read("def a = docker.build \"x\", '-f win.df ' + '.'\ndocker.build 'y'\n", &Known::default());
    assert_eq!(read.made, ["x", "y"]);
    assert_eq!(read.built.iter().map(|built| &built.file).collect::<Vec<_>>(), [&Meant::Known("win.df".to_owned())]);
}

#[test]
fn options_of_a_container_say_its_isolation() {
    for (text, expected) in [
        ("docker { image 'a'; args '--isolation=hyperv' }", Some(Asked::Hyperv)),
        ("docker { args '-m 2g --isolation process'; image 'a' }", Some(Asked::Process)),
        ("docker { image 'a'; args \"--isolation=${X}\" }", None),
        ("docker.image('a').inside('--isolation=hyperv') { }", Some(Asked::Hyperv)),
        ("docker.image('a').run('--isolation hyperv', 'cmd')", Some(Asked::Hyperv)),
        ("docker.image('a').inside { }", None),
        ("docker { args '--isolation=hyperv' }\ndocker.image('a')", None),
        ("docker { args '--isolation=hyperv'; image 'a' }\ndocker { image 'b' }", Some(Asked::Hyperv)),
    ] {
        let found = read(text, &Known::default()).found;
        assert_eq!(found[0].isolation, expected, "{text}");
        assert!(found.get(1).is_none_or(|second| second.isolation.is_none()), "{text}");
    }
}

#[test]
fn each_way_to_name_an_image_has_its_own_place_for_options() {
    for (text, expected) in [
        ("agent { docker { image 'a' } }", IsolatedBy::Args),
        ("agent { docker 'a' }", IsolatedBy::Args),
        ("withDockerContainer(image: 'a') { }", IsolatedBy::Args),
        ("docker.image('a').inside { }", IsolatedBy::Inside),
        ("podTemplate(containers: [containerTemplate(name: 'x', image: 'a')]) { }", IsolatedBy::Kubelet),
        ("containerTemplate { image 'a' }", IsolatedBy::Kubelet),
        ("agent { dockerContainer { image 'a' } }", IsolatedBy::Unknown),
    ] {
        let found = read(text, &Known::default()).found;
        assert_eq!(found.iter().map(|found| found.isolated_by).collect::<Vec<_>>(), [expected], "{text}");
    }
}

#[test]
fn what_a_pipeline_builds() {
    for (text, expected) in [
        ("docker.build('x', '-f win.df --build-arg V=1 .')", Some("win.df V=1 x")),
        (
            "docker.build('x', '--file=win.df --isolation hyperv .').inside('--isolation=process') { }",
            Some("win.df x Process build Hyperv"),
        ),
        ("docker.build(\"x:${env.N}\", '-t y ./sub')", Some("./sub/Dockerfile")),
        ("docker.build('x', \"--pull --build-arg V=${W} ${f}\")", Some("$f V=$W x")),
        ("dir('sub') { docker.build('x', '-f win.df .') }", Some("sub/win.df x")),
        ("docker.build('x', 'https://r.example/x.git')", Some("https://r.example/x.git x")),
        ("agent { dockerfile { filename 'win.df'; args '--isolation=hyperv' } }", Some("win.df Hyperv")),
        (
            "agent { dockerfile { filename 'win.df'; additionalBuildArgs '--isolation=hyperv --pull' } }",
            Some("win.df build Hyperv"),
        ),
        ("agent { dockerfile { dir 'sub'; additionalBuildArgs '--build-arg V=1' } }", Some("sub/Dockerfile V=1")),
        ("docker.build('x')", None),
        ("agent { dockerfile { label 'windows' } }", None),
        ("agent { dockerfile true }", None),
    ] {
        let read = read(text, &Known::default());
        let shown = |meant: &Meant| match meant {
            Meant::Known(text) => text.clone(),
            Meant::Unresolved(names) => format!("${}", names.join(",")),
            other => panic!("{other:?}"),
        };
        let one = |built: &Built| {
            let arguments = built.build.arguments.iter().map(|(name, value)| format!("{name}={value}"));
            let open = built.build.open.iter().map(|(name, value)| format!("{name}={}", shown(value)));
            let words = std::iter::once(shown(&built.file)).chain(arguments).chain(open).chain(built.makes.iter().cloned());
            let asked = [("", built.build.started_in), ("build ", built.build.built_in)].into_iter();
            words.chain(asked.filter_map(|(of, asked)| Some(format!("{of}{:?}", asked?)))).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(read.built.iter().map(one).collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>(), "{text}");
        assert_eq!(read.made.is_empty(), !text.contains("build('x'"), "{text}");
    }
}

/// The placement of a reference, as the labels of its node selector.
fn selector(found: &Found) -> Vec<String> {
    let Lands::Nodes(placement) = &found.lands else { panic!("{found:?}") };
    placement.selector.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

#[test]
fn the_node_selector_of_a_pod_counts_for_all_its_containers() {
    let windows = "nodeSelector 'kubernetes.io/os=windows, b=1,x'";
    let yaml =
        |more: &str| format!("yaml '''\nspec:\n  nodeSelector: {{c: d{more}}}\n  containers:\n  - {{name: y, image: a}}\n'''");
    let template = "containerTemplate { name 'b'; image 'a' }";
    let (own, both) = (&["b=1", "kubernetes.io/os=windows"][..], &["b=1", "c=d", "kubernetes.io/os=windows"][..]);
    for (text, expected) in [
        (format!("agent {{ kubernetes {{ {windows}\n{template} }} }}"), own),
        (format!("agent {{ kubernetes {{ {template}\n{windows} }} }}"), own),
        (format!("agent {{ kubernetes {{ containerTemplates {{ {template} }}\n{windows} }} }}"), own),
        ("podTemplate(nodeSelector: 'kubernetes.io/os=windows,b=1', containers: [containerTemplate(name: 'b', image: 'a')]) { }".to_owned(), own),
        ("def s = 'kubernetes.io/os=windows,b=1'\npodTemplate(containers: [containerTemplate(image: 'a')], nodeSelector: s) { }".to_owned(), own),
        (format!("agent {{ kubernetes {{ {}\n{windows} }} }}", yaml("")), both),
        (format!("agent {{ kubernetes {{ {windows}\n{} }} }}", yaml(", b: 2")), both),
        (format!("agent {{ kubernetes {{ {template}\n{}\n{windows} }} }}", yaml("")), both),
    ] {
        let found = read(&text, &Known::default()).found;
        assert!(!found.is_empty(), "{text}");
        for one in &found {
            assert_eq!(selector(one), expected, "{text}");
            assert_eq!((one.os, one.needs), (Os::Windows, Needs::EveryHost), "{text}");
            assert_eq!((&one.together, one.together.is_some()), (&found[0].together, true), "{text}");
        }
    }
    // One that others give, and pods beside it.
    let open =
        read("podTemplate(nodeSelector: \"os=${X}\", containers: [containerTemplate(image: 'a')]) { }", &Known::default()).found;
    assert_eq!(open[0].lands, Lands::Untold(vec!["X".to_owned()]));
    let two = format!(
        "podTemplate(nodeSelector: 'b=1') {{ }}\nagent {{ kubernetes {{ {template} }} }}\nagent {{ kubernetes {{ {template}\n{} }} }}",
        yaml("")
    );
    let found = read(&two, &Known::default()).found;
    assert!(matches!(found[0].lands, Lands::Linux { .. }), "{found:?}");
    assert_eq!(found[1..].iter().map(selector).collect::<Vec<_>>(), [["c=d"], ["c=d"]]);
    assert!(found[0].together != found[1].together && found[1].together == found[2].together, "{found:?}");
}

/// Where each reference lands, in words: the node selector, or why there is none.
fn lands(text: &str) -> Vec<String> {
    let one = |found: &Found| match &found.lands {
        Lands::Nodes(_) => selector(found).join(","),
        Lands::Linux { .. } => "linux".to_owned(),
        Lands::Unread { why, .. } => why.clone(),
        Lands::Untold(names) => format!("${}", names.join(",")),
        other => format!("{other:?}"),
    };
    read(text, &Known::default()).found.iter().map(one).collect()
}

/// `DefaultNodeSelector`.
#[test]
fn a_pod_that_names_no_nodes_runs_on_linux() {
    let template = "containerTemplate(name: 'b', image: 'a')";
    let yaml = |spec: &str| format!("podTemplate(yaml: '''\nspec: {{{spec}containers: [{{name: y, image: a}}]}}\n''') {{ }}\n");
    let labels = "yaml '''\nspec:\n  nodeSelector: {os: w}\n'''";
    for (text, expected) in [
        (format!("podTemplate(containers: [{template}]) {{ node(POD_LABEL) {{ }} }}"), "linux"),
        ("agent { kubernetes { containerTemplate { name 'b'; image 'a' } } }".to_owned(), "linux"),
        (yaml(""), "linux"),
        (yaml("nodeSelector: {}, tolerations: [{operator: Exists}], "), "linux"),
        (yaml("nodeSelector: {os: w}, "), "os=w"),
        (yaml("runtimeClassName: w, "), ""),
        (yaml("affinity: {nodeAffinity: {}}, "), ""),
        (yaml("nodeSelector: {os: '${OS}'}, "), "$OS"),
        // YAML without a container counts for those of the fields.
        (format!("agent {{ kubernetes {{ {labels}\ncontainerTemplate {{ image 'a' }} }} }}"), "os=w"),
        ("agent { kubernetes { yaml 'metadata: {labels: {a: b}}'\ncontainerTemplate { image 'a' } } }".to_owned(), "linux"),
    ] {
        assert_eq!(lands(&text), [expected], "{text}");
    }
    // A text is the YAML of the pod that names its variable.
    let spec = "def y = '''\nspec: {containers: [{name: y, image: a}]}\n'''\n";
    let open = "the pod names no nodes here, and what it is a part of is not known";
    for (text, expected) in [
        (format!("{spec}podTemplate(yaml: y) {{ }}"), "linux"),
        (format!("{spec}podTemplate(yaml: y.stripIndent(), label: 'x') {{ }}"), "linux"),
        (format!("{spec}podTemplate(yaml: y, nodeSelector: 'os=w') {{ }}"), "os=w"),
        (format!("{spec}podTemplate(nodeSelector: \"os=${{X}}\", yaml: y) {{ }}"), "$X"),
        (format!("{spec}sh 'x'"), open),
        (format!("def c = {template}"), open),
    ] {
        assert_eq!(lands(&text), [expected], "{text}");
    }
    let both = format!("{spec}podTemplate(yaml: y, nodeSelector: 'os=w') {{ }}\npodTemplate(yaml: y) {{ }}");
    assert_eq!(lands(&both), ["os=w", "linux"]);
    // What gives the YAML may say more.
    for yaml in ["a + b", "params.YAML", "of()", "libraryResource('x')", "\"${y}\"", "'spec: {}' + y"] {
        let text = format!("podTemplate(yaml: {yaml}, containers: [{template}]) {{ }}");
        assert_eq!(lands(&text), ["what gives the pod its YAML is not followed"], "{text}");
    }
}

#[test]
fn templates_within_others_are_one_pod_with_them() {
    let fields =
        |more: &str, image: &str| format!("podTemplate({more}containers: [containerTemplate(name: 'b', image: '{image}')])");
    let windows = "nodeSelector: 'os=w', ";
    let yaml = |more: &str, labels: &str| {
        format!("podTemplate({more}yaml: \"spec: {{nodeSelector: {{{labels}}}, containers: [{{image: y}}]}}\")")
    };
    for (outer, inner, expected) in [
        (fields("", "a"), fields(windows, "b"), &["os=w", "os=w"][..]),
        (fields(windows, "a"), fields("", "b"), &["os=w", "os=w"]),
        (fields("", "a"), fields("", "b"), &["linux", "linux"]),
        (fields(windows, "a"), fields("inheritFrom: '', ", "b"), &["os=w", "linux"]),
        (yaml("", "c: d"), fields("", "b"), &["c=d", "c=d"]),
        (yaml("", "c: d"), fields(windows, "b"), &["c=d,os=w", "c=d,os=w"]),
        // Its own YAML stands instead, unless the two are to be merged.
        (yaml("", "c: d"), yaml("", "e: f"), &["c=d", "e=f"]),
        (yaml("", "c: d"), yaml("yamlMergeStrategy: merge(), ", "e: f"), &["c=d,e=f", "c=d,e=f"]),
        (yaml("", ""), yaml("yamlMergeStrategy: merge(), ", ""), &["linux", "linux"]),
    ] {
        let text = format!("{outer} {{ {inner} {{ node(POD_LABEL) {{ }} }} }}");
        assert_eq!(lands(&text), expected, "{text}");
    }
    // It is a pod itself where it has nodes of its own, and each pod that it is a part of counts.
    let twice = format!("{} {{ node('x') {{ }}\n{} {{ node('y') {{ }} }} }}", fields("", "a"), fields(windows, "b"));
    assert_eq!(lands(&twice), ["linux", "os=w", "os=w"]);
    // Steps that others give to a template may be in templates too.
    let wrapped = format!("def a(body) {{ {} {{ body() }} }}\n{} {{ node('x') {{ }} }}", fields("", "a"), fields("", "b"));
    let open = "the pod names no nodes here, and what it is a part of is not known";
    assert_eq!(lands(&wrapped), [open, open]);
}

/// Templates of the configuration of Jenkins are not known: what is taken over from them is not judged as if it were not there.
#[test]
fn what_is_inherited_from_jenkins_is_not_known() {
    let why = "the pod inherits from win, and the templates in the configuration of Jenkins are not read";
    let template = "containerTemplate { name 'b'; image 'a' }";
    let yaml = "yaml '''\nspec: {nodeSelector: {c: d}, containers: [{image: y}]}\n'''";
    for (text, expected) in [
        (format!("inheritFrom 'win'\n{template}"), why),
        (format!("inheritFrom 'win'\n{yaml}"), why),
        (format!("inheritFrom 'win'\nnodeSelector 'a=b'\n{template}"), why),
        (format!("inheritFrom 'win'\nnodeSelector 'a=b'\nyamlMergeStrategy merge()\n{yaml}"), why),
        // The other one may have its YAML merged by those that inherit from it.
        (format!("inheritFrom 'win'\nnodeSelector 'a=b'\n{yaml}"), why),
        (format!("inheritFrom 'win'\nyamlMergeStrategy override()\n{yaml}"), why),
        // Its own selector and its own YAML stand instead of those of the other one.
        (format!("inheritFrom 'win'\nnodeSelector 'a=b'\nyamlMergeStrategy override()\n{yaml}"), "a=b,c=d"),
        (format!("inheritFrom ''\n{template}"), "linux"),
        (format!("inheritFrom ' '\n{template}"), "linux"),
    ] {
        let text = format!("pipeline {{ agent {{ kubernetes {{ {text} }} }} }}");
        assert_eq!(lands(&text), [expected], "{text}");
    }
}

/// Why a pod is undecided of whose fields some are not read.
const OPEN_FIELDS: &str = "some of what gives the pod its fields is not followed";

/// Why a pod is undecided that may be a part of another one.
const OPEN_PART: &str = "the pod names no nodes here, and what it is a part of is not known";

/// Why a pod is undecided whose YAML is not read.
const OPEN_YAML: &str = "what gives the pod its YAML is not followed";

const TEMPLATE: &str = "containerTemplate(name: 'b', image: 'a')";

/// A map has the fields too, and what else stands there may have any of them.
#[test]
fn the_fields_of_a_template_may_stand_in_a_map() {
    for (arguments, expected) in [
        ("[nodeSelector: 'os=w', containers: [T]]", "os=w"),
        ("[containers: [T]]", "linux"),
        ("containers: [T],", "linux"),
        ("[containers: [T]] + more", OPEN_FIELDS),
        ("more + [containers: [T]]", OPEN_FIELDS),
        ("*: more, containers: [T]", OPEN_FIELDS),
        ("containers: [T], *: more", OPEN_FIELDS),
        ("'nodeSelector': 'os=w', containers: [T]", OPEN_FIELDS),
        ("[nodeSelector: 'os=w', *: more, containers: [T]]", OPEN_FIELDS),
        ("containers: [T], inheritYamlMergeStrategy: x", OPEN_FIELDS),
        ("containers: [T], inheritFrom: ('win')", OPEN_FIELDS),
        // What follows a question mark is not a field.
        ("containers: [T], label: x ? nodeSelector : 'os=w'", "linux"),
    ] {
        let arguments = arguments.replace('T', TEMPLATE);
        let step = format!("podTemplate({arguments}) {{ node('x') {{ }} }}");
        assert_eq!(lands(&step), [expected], "{step}");
        let agent = format!("pipeline {{ agent {{ kubernetes({arguments}) }} }}");
        assert_eq!(lands(&agent), [expected], "{agent}");
    }
    let unclosed = format!("podTemplate(containers: [{TEMPLATE}], label: 'x'");
    assert_eq!(lands(&unclosed), [OPEN_FIELDS]);
    // Those of an outer one are a part of the inner one.
    let within = format!("podTemplate(more) {{ podTemplate(containers: [{TEMPLATE}]) {{ node('x') {{ }} }} }}");
    assert_eq!(lands(&within), [OPEN_FIELDS]);
}

/// A step of a library may run its block in a template.
#[test]
fn a_step_that_is_not_known_may_be_a_template() {
    let pod = format!("podTemplate(containers: [{TEMPLATE}]) {{ node('x') {{ }} }}");
    for (text, expected) in [
        ("windowsPod { POD }", OPEN_PART),
        ("windowsPod('a') { stage('b') { POD } }", OPEN_PART),
        ("windowsPod(a: 1, b: { POD })", OPEN_PART),
        ("windowsPod([a: 1], { POD })", OPEN_PART),
        ("windowsPod 'a', { POD }", OPEN_PART),
        ("lib.windowsPod { POD }", OPEN_PART),
        ("def a() { POD }\nwindowsPod { a() }", OPEN_PART),
        ("def a = { POD }\nwindowsPod { a() }", OPEN_PART),
        ("def call(body) { POD }", OPEN_PART),
        ("node { stage('a') { withEnv(['a=b']) { POD } } }", "linux"),
        ("parallel a: { POD }, b: { x() }", "linux"),
        ("parallel([a: { POD }])", "linux"),
        ("def a() { POD }\na()", "linux"),
        ("def a = { POD }\na()", "linux"),
        ("['x'].each { y -> if (y) { POD } else { } }", "linux"),
        ("windowsPod { }\nPOD", "linux"),
        ("def a() { POD }\nwindowsPod { }\na()", "linux"),
    ] {
        let text = text.replace("POD", &pod);
        assert_eq!(lands(&text), [expected], "{text}");
        let led = text.replace("podTemplate(", "podTemplate(nodeSelector: 'os=w', ");
        assert_eq!(lands(&led), ["os=w"], "{led}");
    }
    // An agent inherits nothing.
    assert_eq!(lands("x { agent { kubernetes { containerTemplate { image 'a' } } } }"), ["linux"]);
}

/// `PodTemplateUtils.combine`, `Overrides` and `Merge`.
#[test]
fn the_strategy_of_the_innermost_template_decides_which_yaml_counts() {
    let yaml = |more: &str, spec: &str| format!("podTemplate({more}yaml: \"spec: {{{spec}, containers: [{{image: y}}]}}\")");
    let led = |more: &str, labels: &str| yaml(more, &format!("nodeSelector: {{{labels}}}"));
    let fields = |more: &str| format!("podTemplate({more}containers: [{TEMPLATE}])");
    let within = |all: &[String]| {
        let inner = "node('x') { }".to_owned();
        all.iter().rev().fold(inner, |inner, outer| format!("{outer} {{ {inner} }}"))
    };
    let merge = "yamlMergeStrategy: merge(), ";
    let hands_on = "yamlMergeStrategy: merge(), inheritYamlMergeStrategy: true, ";
    let open = "how the pod's `yaml` is merged with that of templates around it is not followed";
    for (all, expected) in [
        // The YAML of all of them is kept.
        (vec![led("", "c: d"), fields(""), led(merge, "e: f")], vec!["c=d,e=f"; 3]),
        (vec![led("", "c: d"), led("", "e: f"), led(merge, "g: h")], vec!["c=d,e=f,g=h"; 3]),
        (vec![led("", "c: d"), fields(merge)], vec!["c=d"; 2]),
        (vec![led("", "c: d"), led("", "e: f"), fields(merge)], vec!["c=d,e=f"; 3]),
        // The strategy is not inherited.
        (vec![led("", "c: d"), led(merge, ""), fields("")], vec!["c=d", "linux", "linux"]),
        // It is where the outermost one says so.
        (vec![led(hands_on, "c: d"), led("", "e: f")], vec!["c=d,e=f"; 2]),
        (vec![led(&format!("{merge}inheritYamlMergeStrategy: false, "), "c: d"), led("", "e: f")], vec!["c=d", "e=f"]),
        (vec![led("inheritYamlMergeStrategy: true, ", "c: d"), led("", "e: f")], vec!["c=d", "e=f"]),
        (vec![fields("inheritYamlMergeStrategy: true, "), led(merge, "c: d"), led("", "e: f")], vec!["c=d,e=f"; 3]),
        (vec![led("", "c: d"), led(hands_on, ""), fields("")], vec!["c=d", "linux", "linux"]),
        // It can be written in several ways.
        (vec![led("", "c: d"), led("yamlMergeStrategy: [$class: 'Merge'], ", "e: f")], vec!["c=d,e=f"; 2]),
        (vec![led("", "c: d"), led("yamlMergeStrategy: [$class: 'Overrides'], ", "e: f")], vec!["c=d", "e=f"]),
        (vec![led("", "c: d"), led("yamlMergeStrategy: override(), ", "e: f")], vec!["c=d", "e=f"]),
        (vec![led("", "c: d"), led("yamlMergeStrategy: other(), ", "e: f")], vec![open; 2]),
        (vec![led("", "c: d"), led("yamlMergeStrategy: x ? merge() : override(), ", "e: f")], vec![open; 2]),
        (vec![led("yamlMergeStrategy: other(), ", "c: d")], vec!["c=d"]),
        // Affinity and RuntimeClass are those of the first YAML.
        (vec![yaml("", "x: y"), yaml(merge, "affinity: {nodeAffinity: {}}")], vec!["linux"; 2]),
        (vec![yaml("", "affinity: {nodeAffinity: {}}"), yaml(merge, "x: y")], vec![""; 2]),
        (vec![yaml("", "x: y"), yaml(merge, "runtimeClassName: w")], vec![OPEN_YAML; 2]),
        (vec![yaml("", "runtimeClassName: w"), yaml(merge, "x: y")], vec![""; 2]),
    ] {
        let text = within(all.as_slice());
        assert_eq!(lands(&text), expected, "{text}");
    }
}

/// A text with something done to it says something else.
#[test]
fn a_text_that_is_changed_is_not_judged_as_it_is() {
    let yaml = "'''\nspec: {nodeSelector: {os: w}, containers: [{name: y, image: a}]}\n'''";
    for (text, expected) in [
        ("podTemplate(yaml: YAML.replace('w', 'x')) { }", OPEN_YAML),
        ("podTemplate(yaml: YAML.trim().replace('w', 'x')) { }", OPEN_YAML),
        ("podTemplate(yaml: YAML + x) { }", OPEN_YAML),
        ("podTemplate(yaml: (YAML)) { }", OPEN_YAML),
        ("podTemplate([yaml: YAML.replace('w', 'x')]) { }", OPEN_YAML),
        ("agent { kubernetes { yaml YAML.replace('w', 'x') } }", OPEN_YAML),
        ("agent { kubernetes { yaml(YAML.replace('w', 'x')) } }", OPEN_YAML),
        ("def y = YAML\npodTemplate(yaml: y.replace('w', 'x')) { }", OPEN_YAML),
        ("def y = YAML\npodTemplate(yaml: y ?: x) { }", OPEN_YAML),
        ("def y = YAML\nagent { kubernetes { yaml y.replace('w', 'x') } }", OPEN_YAML),
        ("def y = YAML.replace('w', 'x')\npodTemplate(yaml: y) { }", OPEN_YAML),
        ("def y = YAML + x\npodTemplate(yaml: y) { }", OPEN_YAML),
        ("def y = YAML\ny = y.replace('w', 'x')\npodTemplate(yaml: y) { }", OPEN_YAML),
        ("def y = YAML\ny += x\npodTemplate(yaml: y) { }", OPEN_YAML),
        ("def y = YAML; x.each { y -> podTemplate(yaml: y) { } }", OPEN_YAML),
        ("podTemplate(yaml: YAML.stripIndent().trim(), label: 'x') { }", "os=w"),
        ("agent { kubernetes { yaml YAML.stripIndent(true)\nlabel 'x' } }", "os=w"),
        ("def y = YAML.stripIndent()\npodTemplate(yaml: y.trim()) { }", "os=w"),
    ] {
        let text = text.replace("YAML", yaml);
        assert_eq!(lands(&text), [expected], "{text}");
    }
    let selector = "what gives the pod its node selector is not followed";
    for (value, expected) in [
        ("'os=w'.replace('w', 'x')", selector),
        ("x ?: 'os=w'", selector),
        ("('os=w')", selector),
        ("[os: 'w']", selector),
        ("'os=w'.trim()", "os=w"),
        ("'os=' + 'w'", "os=w"),
    ] {
        let text = format!("podTemplate(nodeSelector: {value}, containers: [{TEMPLATE}]) {{ }}");
        assert_eq!(lands(&text), [expected], "{text}");
    }
    for (yaml, is_known) in [
        ("yaml: readFile('pod.yaml')", true),
        ("yaml: readFile('pod.yaml').trim()", true),
        ("yaml: readFile('pod.yaml').replace('w', env.OS)", false),
        ("yamlFile: 'pod.yaml'", true),
        ("yamlFile: 'pod.yaml'.replace('pod', 'x')", false),
    ] {
        let read = read(&format!("podTemplate({yaml}, nodeSelector: 'os=w') {{ }}"), &Known::default());
        let [file] = read.pod_files.as_slice() else { panic!("{yaml}: {}", read.pod_files.len()) };
        assert_eq!(matches!(file.pod.without_yaml().0, Lands::Nodes(_)), is_known, "{yaml}");
    }
}

/// Another function has parameters of its own.
#[test]
fn a_parameter_does_not_have_the_value_of_a_variable() {
    let of = |name: &str| {
        format!(
            "def a() {{\n  def y = '''\nspec: {{containers: [{{image: y}}]}}\n'''\n  \
             podTemplate(yaml: y, nodeSelector: 'os=w') {{ node('x') {{ }} }}\n}}\n\
             def b({name}) {{ podTemplate(yaml: {name}, containers: [{TEMPLATE}]) {{ node('x') {{ }} }} }}\n"
        )
    };
    assert_eq!(lands(&of("y")), [OPEN_YAML, OPEN_YAML]);
    assert_eq!(lands(&of("z")), ["os=w", OPEN_YAML]);
}

#[test]
fn a_large_template_is_read_to_its_end() {
    let variables = vec!["envVar(key: 'K', value: 'V')"; 20].join(", ");
    let containers = vec![format!("containerTemplate(name: 'b', image: 'a', envVars: [{variables}])"); 12].join(", ");
    let text = format!("podTemplate(containers: [{containers}], nodeSelector: 'os=w') {{ }}");
    assert_eq!(lands(&text), ["os=w"; 12]);
}

/// None is left out silently.
#[test]
fn a_text_of_too_many_pods_is_undecided() {
    let mut text = "def y = '''\nspec: {containers: [{image: y}]}\n'''\n".to_owned();
    let of = |number: usize| format!("podTemplate(yaml: y, nodeSelector: 'k={number}') {{ }}\n");
    text.extend((0..16).map(of));
    let all: Vec<String> = (0..16).map(|number| format!("k={number}")).collect();
    assert_eq!(lands(&text), all);
    text.push_str("podTemplate(yaml: y) { }\n");
    let many = lands(&text);
    assert_eq!(many.len(), 16, "{many:?}");
    assert_eq!(many[..15], all[..15]);
    assert_eq!(many[15], "it is a part of more than 16 pods that land on different nodes");
}

/// The default template of a cloud is a part of each pod there.
#[test]
fn a_cloud_that_is_named_may_give_nodes() {
    let open = "the pod names no nodes here, and the default template of its cloud is not read";
    let fields = |more: &str| format!("podTemplate({more}containers: [{TEMPLATE}])");
    let agent = |cloud: &str| format!("agent {{ kubernetes {{ {cloud}\ncontainerTemplate {{ image 'a' }} }} }}");
    for (text, expected) in [
        (format!("{} {{ }}", fields("cloud: 'x', ")), vec![open]),
        (format!("{} {{ }}", fields("cloud: x, ")), vec![open]),
        (format!("{} {{ }}", fields("cloud: '', ")), vec!["linux"]),
        (format!("{} {{ }}", fields("cloud: 'x', nodeSelector: 'os=w', ")), vec!["os=w"]),
        (agent("cloud 'x'"), vec![open]),
        (agent("cloud ''"), vec!["linux"]),
        ("podTemplate(cloud: 'x', yaml: 'spec: {containers: [{image: a}]}') { }".to_owned(), vec![open]),
        // Templates of another cloud are not found.
        (format!("{} {{ {} {{ }} }}", fields("cloud: 'x', nodeSelector: 'os=w', "), fields("cloud: 'x', ")), vec!["os=w"; 2]),
        (format!("{} {{ {} {{ }} }}", fields("cloud: 'x', nodeSelector: 'os=w', "), fields("")), vec![OPEN_FIELDS; 2]),
    ] {
        assert_eq!(lands(&text), expected, "{text}");
    }
    let found = read(&format!("{} {{ }}", fields("")), &Known::default()).found;
    let [Found { lands: Lands::Linux { why, .. }, .. }] = found.as_slice() else { panic!("{found:?}") };
    assert!(why.contains("unless the default template of the cloud has a node selector"), "{why}");
}

/// The same pod in two texts is two pods.
#[test]
fn each_text_is_a_pod_of_its_own() {
    let pod = "podTemplate(yaml: '''\nspec:\n  containers:\n  - {name: y, image: a}\n''') { }\n";
    for text in [pod.repeat(2), pod.replace("podTemplate(yaml: ", "x(").repeat(2)] {
        let found = read(&text, &Known::default()).found;
        assert!(found.len() == 2 && found[0].together.is_some() && found[0].together != found[1].together, "{found:?}");
    }
}

#[test]
fn a_pod_in_one_line_is_read() {
    for (text, place) in [
        ("podTemplate(yaml: \"spec: {containers: [{name: a, image: 'a:1'}]}\") { }", "1:56 a:1 Unsaid"),
        ("podTemplate(yaml: 'spec: {containers: [{name: a, image: a:1}]}') { }", "1:56 a:1 Unsaid"),
        ("agent { kubernetes { yaml 'spec: {containers: [{image: a:1}]}' } }", "1:56 a:1 Unsaid"),
        ("podTemplate(yaml: 'spec:\\n  containers:\\n  - image: \\'a:1\\'\\n') { }", "1:20 a:1 Unsaid"),
    ] {
        let known = read(text, &Known::default()).found;
        assert_eq!(found(text).len(), 1, "{text}");
        assert_eq!(known[0].editable.is_some(), !text.contains('\\'), "{text}");
        assert_eq!(found(text)[0].split_once(' ').unwrap().1, place.split_once(' ').unwrap().1, "{text}");
    }
    assert!(found("echo 'spec: {containers: [{image: a:1}]}'").is_empty());
}

#[test]
fn files_and_calls_that_give_a_pod_its_yaml() {
    for (text, expected) in [
        ("agent { kubernetes { yamlFile 'ci/pod.yaml' } }", Some("ci/pod.yaml")),
        ("agent { kubernetes { defaultContainer 'x'\nyamlFile('ci/pod.yaml') } }", Some("ci/pod.yaml")),
        ("def f = 'ci/pod.yaml'\nagent { kubernetes { yamlFile f } }", Some("ci/pod.yaml")),
        ("podTemplate(yaml: readTrusted('ci/pod.yaml')) { }", Some("ci/pod.yaml")),
        ("def y = readTrusted 'ci/pod.yaml'\npodTemplate(yaml: y) { }", Some("ci/pod.yaml")),
        ("agent { kubernetes { yaml libraryResource('p.yaml') } }", None),
        ("def y = libraryResource('p.yaml')\npodTemplate(yaml: y, label: 'x') { }", None),
    ] {
        let read = read(text, &Known::default());
        let files: Vec<Meant> = read.pod_files.iter().map(|one| one.file.clone()).collect();
        assert_eq!(files, expected.iter().map(|file| Meant::Known((*file).to_owned())).collect::<Vec<_>>(), "{text}");
        let notes: Vec<&str> = read.notes.iter().map(|note| note.text.as_str()).collect();
        assert_eq!(notes.len(), usize::from(expected.is_none()), "{text}");
        assert!(
            notes.iter().all(|note| note.starts_with("the pod of pipeline is not read: libraryResource gives its YAML: ")),
            "{notes:?}"
        );
    }
    for text in
        ["def pod() { }\npodTemplate(yaml: pod()) { }", "podTemplate(yaml: yaml, label: 'x') { }", "yaml libraryResource('x')"]
    {
        let read = read(text, &Known::default());
        assert!(read.notes.is_empty() && read.pod_files.is_empty(), "{text}");
    }
}

#[test]
fn axes_of_a_matrix_are_put_into_pods() {
    let axes = "axes { axis { name 'WIN'; values '1', '2' } }";
    let of = |quotes: &str| {
        let yaml = format!("yaml {quotes}\nspec:\n  containers:\n  - image: a:${{WIN}}\n  - image: b\n{quotes}");
        read(&format!("pipeline {{ matrix {{ agent {{ kubernetes {{ {yaml} }} }}\n{axes} }} }}"), &Known::default()).found
    };
    let found = of("\"\"\"");
    let meant: Vec<(Meant, bool)> = found.iter().map(|one| (one.meant.clone(), one.is_repeated)).collect();
    let expected = [("a:1", false), ("b", false), ("a:2", false), ("b", true)];
    assert_eq!(meant, expected.map(|(image, again)| (Meant::Known(image.to_owned()), again)));
    let together: Vec<bool> = found.windows(2).map(|two| two[0].together == two[1].together).collect();
    assert_eq!(together, [true, false, true]);
    assert_eq!(of("'''")[0].meant, Meant::Unresolved(vec!["WIN".to_owned()]));
    let template = "kubernetes { containerTemplate { name 'x'; image \"a:${WIN}\" } }";
    let found = read(&format!("pipeline {{ matrix {{ agent {{ {template} }}\n{axes} }} }}"), &Known::default()).found;
    assert!(found.len() == 2 && found[0].together != found[1].together, "{found:?}");
    let files = format!("pipeline {{ matrix {{ agent {{ kubernetes {{ yamlFile \"p-${{WIN}}.yaml\" }} }}\n{axes} }} }}");
    let files: Vec<Meant> = read(&files, &Known::default()).pod_files.into_iter().map(|one| one.file).collect();
    assert_eq!(files, ["p-1.yaml", "p-2.yaml"].map(|file| Meant::Known(file.to_owned())));
}

#[test]
fn options_where_a_variable_starts_its_image_count() {
    for (text, expected) in [
        ("def i = docker.image('a')\ni.inside('--isolation=hyperv') { }", &[Some(Asked::Hyperv)][..]),
        ("def i = docker.image('a')\ni.withRun('-d --isolation hyperv') { }", &[Some(Asked::Hyperv)]),
        ("i = docker.image 'a'\ni.inside '--isolation=process', { }", &[Some(Asked::Process)]),
        (
            "def i = docker.image('a')\ni.pull()\ni.inside('--isolation=hyperv') { }\ni.run('--isolation=hyperv')",
            &[Some(Asked::Hyperv), Some(Asked::Hyperv)],
        ),
        ("def i = docker.image('a')\ni.inside('--isolation=hyperv') { }\ni.inside { }", &[Some(Asked::Hyperv), None]),
        ("def i = docker.image('a')\ni = docker.image('b')\ni.inside('--isolation=hyperv') { }", &[None, Some(Asked::Hyperv)]),
        ("def i = docker.image('a')\ni = x()\ni.inside('--isolation=hyperv') { }", &[None]),
        ("def i = docker.image('a').inside('--isolation=process') { }\ni.run('--isolation=hyperv')", &[Some(Asked::Process)]),
        ("def i = docker.image('a')\ni.push()", &[None]),
    ] {
        let asked: Vec<Option<Asked>> = read(text, &Known::default()).found.iter().map(|one| one.isolation).collect();
        assert_eq!(asked, expected, "{text}");
    }
    for (text, expected) in [
        ("def i = docker.build('x', '--isolation=hyperv .')\ni.inside('--isolation=hyperv') { }", &[Some(Asked::Hyperv)][..]),
        ("def i = docker.build('x')\ni.inside('--isolation=hyperv') { }", &[Some(Asked::Hyperv)]),
        ("def i = docker.build('x')\ni.inside('--isolation=hyperv') { }\ni.inside { }", &[Some(Asked::Hyperv), None]),
        ("def i = docker.build('x')\ni.push()", &[]),
    ] {
        let asked: Vec<Option<Asked>> = read(text, &Known::default()).built.iter().map(|one| one.build.started_in).collect();
        assert_eq!(asked, expected, "{text}");
    }
}
