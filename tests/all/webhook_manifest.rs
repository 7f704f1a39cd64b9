//! `wincompat webhook manifest`: what is committed in deploy/, the rights, the ways to the same objects, what is refused.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::committed::assert_committed;
use crate::support::program::{Answer, Program};

/// The image of what is committed in deploy/: one that has to be replaced.
const IMAGE: &str = concat!("registry.example/wincompat:", env!("CARGO_PKG_VERSION"));

/// What standard error has where no image is named, and that alone.
const UNNAMED: &str = concat!(
    "warning: the image registry.example/wincompat:",
    env!("CARGO_PKG_VERSION"),
    " stands for yours; name it with --image, or replace it in what is written\n"
);

/// The answer without the warning that no image is named.
fn manifest(arguments: &[&str]) -> Answer {
    let mut answer = Answer::of(Program::new().command().args(["webhook", "manifest"]).args(arguments));
    answer.err = answer.err.strip_prefix(UNNAMED).unwrap_or(&answer.err).to_owned();
    answer
}

/// The documents of a stream of YAML.
fn documents(text: &str) -> Vec<Value> {
    text.split("---\n")
        .filter(|document| !document.trim().is_empty())
        .map(|document| serde_saphyr::from_str(document).unwrap_or_else(|error| panic!("{error}\n{document}")))
        .collect()
}

fn objects(arguments: &[&str]) -> Vec<Value> {
    let answer = manifest(arguments);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{arguments:?}");
    documents(&answer.out)
}

fn of_kind<'v>(objects: &'v [Value], kind: &str) -> &'v Value {
    objects.iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}

/// The files of a folder with their texts, by their names with `/`.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn written(arguments: &[&str]) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("a/b");
    let answer = manifest(&[arguments, &["--output", output.to_str().unwrap()]].concat());
    assert_eq!((answer.code, answer.out.as_str(), answer.err.as_str()), (0, "", ""), "{arguments:?}");
    files(&output)
}

#[test]
fn what_is_committed_is_what_the_program_writes() {
    let mut names = BTreeSet::new();
    for (form, folder) in [("yaml", "yaml"), ("kustomize", "kustomize"), ("helm", "helm")] {
        for (name, text) in written(&["--as", form]) {
            let name = format!("deploy/{folder}/{name}");
            fs::create_dir_all(Path::new(env!("CARGO_MANIFEST_DIR")).join(&name).parent().unwrap()).unwrap();
            assert_committed(&name, &text);
            names.insert(name);
        }
    }
    let committed = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy"));
    let committed: BTreeSet<String> = committed.into_iter().map(|(name, _)| format!("deploy/{name}")).collect();
    assert_eq!(committed, names);
}

/// A template without the lines that are there under a condition.
fn without_conditions(template: &str) -> String {
    let mut is_left_out = false;
    let mut kept = String::new();
    for line in template.lines() {
        match line.trim() {
            begin if begin.starts_with("{{- if .Values.") => is_left_out = true,
            "{{- end }}" => is_left_out = false,
            _ if is_left_out => {}
            _ => kept.extend([line, "\n"]),
        }
    }
    kept
}

/// Helm refuses values that are not in the schema.
#[test]
fn the_values_of_the_chart_have_a_schema() {
    let chart = written(&["--as", "helm"]);
    let text = |name: &str| &chart.iter().find(|(file, _)| file == name).unwrap().1;
    let schema: Value = serde_json::from_str(text("values.schema.json")).unwrap();
    let values = &documents(text("values.yaml"))[0];
    let known = schema["properties"].as_object().unwrap();
    for key in values.as_object().unwrap().keys() {
        assert!(known.contains_key(key), "{key}");
    }
    for (name, template) in chart.iter().filter(|(name, _)| name.starts_with("templates/")) {
        for used in template.split(".Values.").skip(1) {
            let key: String = used.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
            assert!(!values[&key].is_null(), "{name}: {key}");
        }
    }
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(known["mode"]["enum"], json!(["warn", "steer", "enforce"]));
}

#[test]
fn every_form_has_the_same_objects() {
    let plain = objects(&[]);
    let base = written(&["--as", "kustomize"]);
    let listed = &documents(&base.iter().find(|(name, _)| name == "kustomization.yaml").unwrap().1)[0]["resources"];
    let of_base: Vec<Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|name| documents(&base.iter().find(|(file, _)| file == name.as_str().unwrap()).unwrap().1))
        .collect();
    assert_eq!((of_base.len(), base.len()), (plain.len(), listed.as_array().unwrap().len() + 1));
    assert_eq!(of_base, plain);
    // The expressions of the chart, each with what it stands for.
    let chart = written(&["--as", "helm"]);
    let values = &documents(&chart.iter().find(|(name, _)| name == "values.yaml").unwrap().1)[0];
    let expected = json!({
        "exempt": [], "expect": [], "failurePolicy": "Ignore", "image": IMAGE, "mode": "warn", "privateRegistries": [],
        "registrySecret": "", "replicas": 2,
    });
    assert_eq!(values, &expected);
    let mut rendered = Vec::new();
    for (name, text) in chart.iter().filter(|(name, _)| name.starts_with("templates/")) {
        let mut text = without_conditions(text);
        for (expression, value) in [
            ("concat (list \"kube-system\" .Release.Namespace) .Values.exempt | toJson", "[\"kube-system\",\"wincompat\"]"),
            (".Release.Namespace | quote", "\"wincompat\""),
            (".Values.mode | quote", "\"warn\""),
            (".Values.image | quote", &format!("\"{IMAGE}\"")),
            (".Values.replicas", "2"),
            (".Values.failurePolicy | quote", "\"Ignore\""),
            ("join \",\" .Values.expect | quote", "\"\""),
        ] {
            text = text.replace(&format!("{{{{ {expression} }}}}"), value);
        }
        assert!(!text.contains("{{"), "{name}: {text}");
        rendered.extend(documents(&text));
    }
    for object in &mut rendered {
        // A variable that is empty counts as one that is not there.
        if let Some(variables) = object.pointer_mut("/spec/template/spec/containers/0/env") {
            variables.as_array_mut().unwrap().retain(|variable| variable["value"] != "");
        }
    }
    let by_kind = |objects: &[Value]| -> Vec<Value> {
        let mut objects: Vec<Value> = objects.iter().filter(|object| object["kind"] != "Namespace").cloned().collect();
        objects.sort_by_key(|object| object["kind"].as_str().unwrap().to_owned());
        objects
    };
    assert_eq!(by_kind(&rendered), by_kind(&plain));
}

#[test]
fn its_account_may_do_what_it_does_and_nothing_else() {
    let rules = |objects: &[Value], kind: &str| -> Vec<String> {
        let role = objects.iter().find(|object| object["kind"] == kind);
        let rules = role.and_then(|role| role["rules"].as_array()).cloned().unwrap_or_default();
        let words = |value: &Value| {
            value.as_array().map(|words| words.iter().map(|word| word.as_str().unwrap()).collect::<Vec<_>>().join(","))
        };
        rules
            .iter()
            .map(|rule| {
                let names = words(&rule["resourceNames"]).map(|names| format!(" {names}")).unwrap_or_default();
                format!("{} {}{names}", words(&rule["verbs"]).unwrap(), words(&rule["resources"]).unwrap())
            })
            .collect()
    };
    let own = objects(&[]);
    let watched = ["list,watch nodes", "list,watch runtimeclasses"];
    let configurations = "get,patch mutatingwebhookconfigurations,validatingwebhookconfigurations wincompat";
    assert_eq!(rules(&own, "ClusterRole"), [watched[0], watched[1], configurations]);
    assert_eq!(rules(&own, "Role"), ["create secrets", "get,update secrets wincompat-webhook-tls"]);
    let managed = objects(&["--certificates", "cert-manager"]);
    assert_eq!((rules(&managed, "ClusterRole"), rules(&managed, "Role")), (watched.map(str::to_owned).to_vec(), Vec::new()));
    assert!(!managed.iter().any(|object| object["kind"] == "RoleBinding"));
}

#[test]
fn its_pods_have_no_rights_on_their_nodes() {
    let objects = objects(&[]);
    let pod = &of_kind(&objects, "Deployment")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(pod["nodeSelector"], json!({"kubernetes.io/os": "linux"}));
    assert_eq!(pod["securityContext"]["runAsNonRoot"], json!(true));
    assert_eq!(pod["securityContext"]["seccompProfile"], json!({"type": "RuntimeDefault"}));
    // `WINCOMPAT_WEBHOOK_PORT` of the Service would be the variable of an option.
    assert_eq!(pod["enableServiceLinks"], json!(false));
    let expected = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "privileged": false, "readOnlyRootFilesystem": true});
    assert_eq!(container["securityContext"], expected);
    assert_eq!(container["volumeMounts"], json!([{"name": "cache", "mountPath": "/cache"}]));
    assert_eq!(of_kind(&objects, "ServiceAccount")["automountServiceAccountToken"], json!(false));
    for probe in ["livenessProbe", "readinessProbe"] {
        assert_eq!(container[probe]["httpGet"]["port"], json!("health"));
    }
}

#[test]
fn a_broken_webhook_stops_no_pod() {
    let objects = objects(&["--exempt", "monitoring,logging"]);
    for kind in ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] {
        let webhook = &of_kind(&objects, kind)["webhooks"][0];
        assert_eq!((&webhook["failurePolicy"], &webhook["timeoutSeconds"]), (&json!("Ignore"), &json!(3)), "{kind}");
        assert_eq!((&webhook["sideEffects"], &webhook["matchPolicy"]), (&json!("None"), &json!("Equivalent")), "{kind}");
        let left_alone = json!([{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system", "wincompat", "monitoring", "logging"]}]);
        assert_eq!(webhook["namespaceSelector"]["matchExpressions"], left_alone, "{kind}");
        assert_eq!(webhook["matchConditions"], Value::Null, "{kind}");
    }
    let fails = self::objects(&["--failure-policy", "fail", "--match-conditions"]);
    let webhook = &of_kind(&fails, "MutatingWebhookConfiguration")["webhooks"][0];
    assert_eq!((&webhook["failurePolicy"], &webhook["reinvocationPolicy"]), (&json!("Fail"), &json!("IfNeeded")));
    assert_eq!(webhook["matchConditions"][0]["name"], json!("not-for-another-system"));
    assert_eq!(of_kind(&fails, "ValidatingWebhookConfiguration")["webhooks"][0]["matchConditions"], Value::Null);
}

#[test]
fn settings_reach_the_objects() {
    let settings = [
        "--namespace",
        "win",
        "--mode",
        "enforce",
        "--image",
        "r.example/0x1:1e3",
        "--replicas",
        "3",
        "--expect",
        "ltsc2025,ltsc2022",
        "--exempt",
        "a",
    ];
    let objects = objects(&settings);
    let deployment = of_kind(&objects, "Deployment");
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((&deployment["spec"]["replicas"], &container["image"]), (&json!(3), &json!("r.example/0x1:1e3")));
    let own = ["--tls-secret", "wincompat-webhook-tls", "--service", "wincompat-webhook", "--configuration", "wincompat"];
    let expected = [&["webhook", "serve", "--mode", "enforce"][..], &own, &["--exempt", "a"]].concat();
    assert_eq!(container["args"], json!(expected));
    assert!(
        container["env"].as_array().unwrap().contains(&json!({"name": "WINCOMPAT_WEBHOOK_EXPECT", "value": "ltsc2025,ltsc2022"}))
    );
    for object in objects.iter().filter(|object| object["metadata"]["namespace"] != Value::Null) {
        assert_eq!(object["metadata"]["namespace"], json!("win"));
    }
    assert_eq!(
        of_kind(&objects, "MutatingWebhookConfiguration")["webhooks"][0]["clientConfig"]["service"]["namespace"],
        json!("win")
    );
    let chart = written(&[&settings[..], &["--as", "helm"]].concat());
    let values = &documents(&chart.iter().find(|(name, _)| name == "values.yaml").unwrap().1)[0];
    assert_eq!((&values["expect"], &values["mode"]), (&json!(["ltsc2025", "ltsc2022"]), &json!("enforce")));
    assert_eq!(values["exempt"], json!(["a"]));
    // What a chart takes is not what it was written with.
    assert!(chart.iter().all(|(name, text)| !name.starts_with("templates/") || !text.contains(": win\n")), "{chart:?}");
}

/// Attributes belong to the release before them, in the variable and in the values of a chart.
#[test]
fn windows_that_are_expected_have_a_processor() {
    let settings = ["--expect", "ltsc2025,26100,arm64", "--expect", "10.0.20348"];
    let objects = objects(&settings);
    let container = &of_kind(&objects, "Deployment")["spec"]["template"]["spec"]["containers"][0];
    let expected = json!({"name": "WINCOMPAT_WEBHOOK_EXPECT", "value": "ltsc2025,26100,arm64,10.0.20348"});
    assert!(container["env"].as_array().unwrap().contains(&expected), "{container}");
    let chart = written(&[&settings[..], &["--as", "helm"]].concat());
    let values = &documents(&chart.iter().find(|(name, _)| name == "values.yaml").unwrap().1)[0];
    assert_eq!(values["expect"], json!(["ltsc2025", "26100,arm64", "10.0.20348"]));
}

#[test]
fn certificates_come_from_three_places() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.crt");
    // What stands beside the certificates is left out.
    fs::write(&authority, "subject=ca\n-----BEGIN CERTIFICATE-----\nMAAwAA==\n-----END CERTIFICATE-----\nissuer=ca\n").unwrap();
    let managed = objects(&["--certificates", "cert-manager"]);
    assert_eq!(of_kind(&managed, "Certificate")["spec"]["dnsNames"][0], json!("wincompat-webhook.wincompat.svc"));
    let inject = json!({"cert-manager.io/inject-ca-from": "wincompat/wincompat-webhook"});
    assert_eq!(of_kind(&managed, "ValidatingWebhookConfiguration")["metadata"]["annotations"], inject);
    let files = objects(&["--certificates", "files", "--ca-bundle", authority.to_str().unwrap()]);
    let client = &of_kind(&files, "MutatingWebhookConfiguration")["webhooks"][0]["clientConfig"];
    assert_eq!(client["caBundle"], json!("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1BQXdBQT09Ci0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K"));
    for objects in [managed, files] {
        let pod = &of_kind(&objects, "Deployment")["spec"]["template"]["spec"];
        assert_eq!(pod["volumes"][1], json!({"name": "tls", "secret": {"secretName": "wincompat-webhook-tls"}}));
        let args = pod["containers"][0]["args"].to_string();
        assert!(args.contains("\"--tls-cert\",\"/tls/tls.crt\"") && !args.contains("--tls-secret"), "{args}");
    }
    let chart = written(&["--as", "helm", "--certificates", "cert-manager"]);
    let text = &chart.iter().find(|(name, _)| name == "templates/certificate.yaml").unwrap().1;
    assert!(text.contains("- {{ printf \"wincompat-webhook.%s.svc\" .Release.Namespace | quote }}\n"), "{text}");
}

#[test]
fn private_registries_are_named_to_the_server() {
    let answer = manifest(&["--private-registry", "r.corp.test:5000,*.corp.test"]);
    assert!(answer.out.contains("- \"--private-registry\"\n        - \"r.corp.test:5000,*.corp.test\"\n"), "{}", answer.out);
    assert!(!manifest(&[]).out.contains("private-registry"));
}

/// Mounted as Docker's own configuration, where the server looks for it.
#[test]
fn a_secret_has_the_credentials_for_registries() {
    let objects = objects(&["--registry-secret", "acr"]);
    let pod = &of_kind(&objects, "Deployment")["spec"]["template"]["spec"];
    let items = json!([{"key": ".dockerconfigjson", "path": "config.json"}]);
    assert_eq!(pod["volumes"][1], json!({"name": "registry", "secret": {"secretName": "acr", "items": items}}));
    let mount = json!({"name": "registry", "mountPath": "/home/wincompat/.docker", "readOnly": true});
    assert_eq!(pod["containers"][0]["volumeMounts"][1], mount);
    let chart = written(&["--as", "helm", "--registry-secret", "acr"]);
    let text = |name: &str| &chart.iter().find(|(file, _)| file == name).unwrap().1;
    assert_eq!(documents(text("values.yaml"))[0]["registrySecret"], json!("acr"));
    let volume = "      {{- if .Values.registrySecret }}\n      - name: registry\n";
    assert!(text("templates/deployment.yaml").contains(volume), "{}", text("templates/deployment.yaml"));
}

/// There is no image that everybody has.
#[test]
fn who_names_no_image_is_told_to_replace_it() {
    let answer = Answer::of(Program::new().command().args(["webhook", "manifest"]));
    assert_eq!((answer.code, answer.out.contains(&format!("image: \"{IMAGE}\""))), (0, true), "{answer:?}");
    assert_eq!(answer.err, UNNAMED);
    let named = Answer::of(Program::new().command().args(["webhook", "manifest", "--image", "registry.example/wincompat:1"]));
    assert_eq!((named.code, named.err.as_str()), (0, ""));
}

#[test]
fn what_cannot_be_installed_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let taken = file.path().to_str().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let key = made("key.pem", "-----BEGIN PRIVATE KEY-----\nMAAwAA==\n-----END PRIVATE KEY-----\n");
    let (empty, cut) = (made("empty.pem", ""), made("cut.pem", "-----BEGIN CERTIFICATE-----\nMAAwAA==\n"));
    made("kustomization.yaml", "mine");
    let there = folder.path().to_str().unwrap().to_owned();
    for (arguments, why) in [
        (&["--namespace", "a\nb"][..], "is not the name of a namespace"),
        (&["--namespace", "Windows"], "`Windows` is not the name of a namespace"),
        (&["--namespace", ""], "is not the name of a namespace"),
        (&["--namespace", "kube-system"], "the webhook is not installed into the namespace kube-system"),
        (&["--namespace", "default"], "the webhook is not installed into the namespace default"),
        (&["--exempt", "a_b"], "`a_b` is not the name of a namespace"),
        (&["--exempt", "a_b"], "digits and hyphens, e.g. --exempt monitoring"),
        (&["--exempt", "dev-*"], "hint: give each name in full, patterns cannot be used: --exempt dev-1,dev-2"),
        (&["--image", "a b"], "`a b` is not an image"),
        (&["--expect", "{{ .Values.x }}"], "is not a release of Windows"),
        (&["--replicas", "0"], "0 is not in 1..=100"),
        (&["--as", "helm"], "--output <DIR>"),
        (&["--certificates", "files"], "--ca-bundle <FILE>"),
        (&["--certificates", "files", "--ca-bundle", "no-such-file"], "cannot be used"),
        (&["--ca-bundle", "ca.crt"], "hint: add --certificates files for a certificate of yours, or leave out --ca-bundle"),
        (&["--registry-secret", "a b"], "`a b` is not the name of a Secret"),
        (&["--certificates", "files", "--ca-bundle", &key], "it holds a private key"),
        (&["--certificates", "files", "--ca-bundle", &empty], "there is no certificate in it"),
        (&["--certificates", "files", "--ca-bundle", &cut], "a certificate in it has no end"),
        (&["--image", "user:pw@r.test/a:1"], "is not an image"),
        (&["--image", "*x"], "is not an image"),
        (&["--expect", "nope"], "`nope` is not a release of Windows"),
        (&["--expect", "arm64"], "with its processor where it is not amd64: --expect ltsc2025, --expect 26100,arm64"),
        (&["--expect", "26100,armm64"], "did you mean arm64?"),
        (&["--expect", "ltsc2025,nope"], "`ltsc2025,nope` is not a release of Windows"),
        (&["--expect", "local"], "`local` is not a release of Windows"),
        (&["--expect", "windows9"], "did you mean --expect windows-11"),
        (&["--private-registry", "https://r.test"], "expected HOST[:PORT]"),
        (&["--as", "kustomize", "--output", &there], "kustomization.yaml is there already"),
        (&["--mode", "deny"], "[possible values: warn, steer, enforce]"),
        (&["--as", "kustomize", "--output", &taken], "cannot be written"),
    ] {
        let answer = manifest(arguments);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{arguments:?}: {answer:?}");
        assert!(answer.err.contains(why), "{arguments:?}: {}", answer.err);
    }
    assert_eq!(fs::read_to_string(folder.path().join("kustomization.yaml")).unwrap(), "mine");
}

/// What is written over is replaced: a link leads nowhere else.
#[cfg(unix)]
#[test]
fn what_is_written_over_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (victim, output) = (folder.path().join("victim.txt"), folder.path().join("chart"));
    fs::write(&victim, "mine").unwrap();
    fs::create_dir(&output).unwrap();
    std::os::unix::fs::symlink(&victim, output.join("kustomization.yaml")).unwrap();
    let answer = manifest(&["--as", "kustomize", "--force", "--output", output.to_str().unwrap()]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    assert!(output.join("kustomization.yaml").symlink_metadata().unwrap().is_file());
}

/// The server understands each argument that the Deployment gives it: it fails only for want of a cluster.
#[test]
fn the_server_takes_the_arguments_of_its_deployment() {
    let program = Program::new();
    let kubeconfig = program.file("no-cluster.yaml", "");
    for arguments in [
        &[][..],
        &["--mode=enforce", "--expect=ltsc2025", "--expect=20348", "--exempt=a", "--exempt=b", "--namespace=other"],
        &["--certificates=cert-manager", "--mode=steer", "--failure-policy=fail", "--expect=ltsc2025,26100,arm64"],
    ] {
        let objects = objects(arguments);
        let container = &of_kind(&objects, "Deployment")["spec"]["template"]["spec"]["containers"][0];
        let given: Vec<&str> = container["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap()).collect();
        let mut command = program.command();
        command.args(&given).env("KUBECONFIG", &kubeconfig).env("POD_NAMESPACE", "other");
        if let Some(expected) = container["env"].as_array().unwrap().iter().find(|one| one["name"] == "WINCOMPAT_WEBHOOK_EXPECT")
        {
            command.env("WINCOMPAT_WEBHOOK_EXPECT", expected["value"].as_str().unwrap());
        }
        let answer = Answer::of(&mut command);
        assert_eq!(answer.code, 2, "{given:?}: {}", answer.err);
        assert!(answer.err.starts_with("error: the kubeconfig cannot be used"), "{given:?}: {}", answer.err);
    }
}
