//! `--pull-secrets`: read only where it is asked for, given to the registries that they name and to no others.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::cluster::{Api, deployment, node, status};
use crate::support::program::Answer;
use crate::support::registry::Server;
use crate::support::registry::images::{Access, Images, basic, serve};
use crate::support::registry::windows::WindowsImage;

const PASSWORD: &str = "hunter2-password";

fn registry() -> Server {
    let images = Images::default().windows("app", "1", &[WindowsImage::of("10.0.20348.1")]);
    serve(images, Access::Basic("user", PASSWORD))
}

/// An API server with objects by their paths, of which these are denied.
fn cluster(objects: BTreeMap<String, Value>, denied: &'static str) -> Api {
    Api::serving(move |path, _| match objects.get(path) {
        Some(_) if !denied.is_empty() && path.contains(denied) => {
            let status = json!({"kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden", "message": "no"});
            (403, status.to_string())
        }
        Some(object) => (200, object.to_string()),
        None if path.contains("/secrets") || path.contains("/serviceaccounts") => {
            let status = json!({"kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound", "message": "none"});
            (404, status.to_string())
        }
        None => (200, json!({"kind": "List", "metadata": {}, "items": []}).to_string()),
    })
}

/// A workload with a pull secret of its own, and one with that of its service account, both with an image of this registry.
fn objects(registry: &str, named: &str) -> BTreeMap<String, Value> {
    let image = format!("{registry}/app:1");
    let mut own = deployment("own", Some("10.0.20348"), &image);
    own["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{"name": "pull"}, {"name": "missing"}]);
    let mut of_account = deployment("of-account", Some("10.0.20348"), &image);
    of_account["spec"]["template"]["spec"]["serviceAccountName"] = json!("builder");
    let config = json!({"auths": {named: {"username": "user", "password": PASSWORD}}, "credsStore": "no-such-helper"});
    let secret = json!({"kind": "Secret", "metadata": {"name": "pull"}, "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": STANDARD.encode(config.to_string())}});
    let account = json!({"kind": "ServiceAccount", "metadata": {"name": "builder"}, "imagePullSecrets": [{"name": "pull"}]});
    BTreeMap::from([
        ("/api/v1/nodes".to_owned(), json!({"kind": "NodeList", "metadata": {}, "items": [node("a", "10.0.20348.1")]})),
        (
            "/apis/apps/v1/namespaces/shop/deployments".to_owned(),
            json!({"kind": "DeploymentList", "metadata": {}, "items": [own, of_account]}),
        ),
        ("/api/v1/namespaces/shop/secrets/pull".to_owned(), secret),
        ("/api/v1/namespaces/shop/serviceaccounts/builder".to_owned(), account),
    ])
}

/// A check that may ask registries.
fn checked(api: &Api, arguments: &[&str]) -> Answer {
    api.run_online(&[&["check"], arguments].concat())
}

#[test]
fn images_are_read_with_the_secrets_of_their_workloads_and_only_if_asked() {
    let server = registry();
    let api = cluster(objects(&server.name(), &server.name()), "");
    let without = checked(&api, &[]);
    assert_eq!(without.code, 2, "{without:?}");
    assert!(!api.asked().iter().any(|path| path.contains("secrets") || path.contains("serviceaccounts")), "{:?}", api.asked());
    assert!(server.requests().iter().all(|request| request.header("authorization").is_none()));
    let with = checked(&api, &["--pull-secrets"]);
    assert_eq!(with.code, 0, "{with:?}");
    assert!(with.out.ends_with("2 pass, 0 fail\n"), "{}", with.out);
    let mut read: Vec<String> =
        api.asked().into_iter().filter(|path| path.contains("/secrets/") || path.contains("/serviceaccounts/")).collect();
    // Secrets are read side by side, once it is known which.
    assert!(read.first().is_some_and(|first| first.ends_with("serviceaccounts/builder")), "{read:?}");
    read.sort_unstable();
    let expected = ["secrets/missing", "secrets/pull", "serviceaccounts/builder"];
    assert_eq!(read, expected.map(|name| format!("GET /api/v1/namespaces/shop/{name}")));
    assert!(!format!("{with:?}").contains(PASSWORD) && !with.err.contains("no-such-helper"), "{with:?}");
    let shown: Vec<_> =
        server.requests().iter().filter_map(|request| request.header("authorization").map(str::to_owned)).collect();
    assert!(!shown.is_empty() && shown.iter().all(|header| *header == basic("user", PASSWORD)));
}

#[test]
fn a_secret_goes_to_the_registry_that_it_names_and_to_no_other() {
    let server = registry();
    let api = cluster(objects(&server.name(), "elsewhere.test"), "");
    let answer = checked(&api, &["--pull-secrets"]);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(server.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn secrets_that_are_denied_leave_the_rest_answered() {
    let server = registry();
    for (denied, hint) in
        [("/secrets/", "let this user get secrets there"), ("/serviceaccounts/", "let this user get serviceaccounts there")]
    {
        let api = cluster(objects(&server.name(), &server.name()), denied);
        let answer = checked(&api, &["--pull-secrets"]);
        assert_eq!(answer.code, 2, "{answer:?}");
        assert!(answer.out.contains("of shop: the cluster does not allow this") && answer.out.contains(hint), "{}", answer.out);
        assert!(answer.out.contains("2 workloads on 1 node"), "{}", answer.out);
    }
}

#[test]
fn an_answer_that_is_larger_than_an_object_is_not_read() {
    let server = registry();
    let mut objects = objects(&server.name(), &server.name());
    let secret = objects.get_mut("/api/v1/namespaces/shop/secrets/pull").unwrap();
    secret["metadata"]["annotations"] = json!({"large": "x".repeat(3 << 20)});
    let answer = checked(&cluster(objects, ""), &["--pull-secrets"]);
    assert_eq!(answer.code, 2, "{answer:?}");
    let words = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("secrets of shop: the API server's answer is not an object: pull"), "{words}");
    assert!(!words.contains(PASSWORD), "{words}");
}

/// Each of them is answered in time, and all of them together are not.
#[test]
fn many_secrets_take_no_longer_than_all_requests_may() {
    let mut web = deployment("web", Some("10.0.20348"), "registry.test/app:1");
    web["spec"]["template"]["spec"]["imagePullSecrets"] = (0..160).map(|number| json!({"name": format!("s{number}")})).collect();
    let lists = BTreeMap::from([
        ("/api/v1/nodes", json!([node("a", "10.0.20348.1")])),
        ("/apis/apps/v1/namespaces/shop/deployments", json!([web])),
    ]);
    let api = Api::serving(move |path, _| {
        if path.contains("/secrets/") {
            thread::sleep(Duration::from_secs(1));
            return (404, status(404, "NotFound", "none"));
        }
        let items = lists.get(path).cloned().unwrap_or_else(|| json!([]));
        (200, json!({"kind": "List", "metadata": {}, "items": items}).to_string())
    });
    let answer = checked(&api, &["--pull-secrets", "--timeout", "3", "--offline"]);
    assert_eq!(answer.code, 2, "{answer:?}");
    let words = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("ERROR secrets: the cluster did not answer within"), "{words}");
    assert!(words.contains("Deployment shop/web"), "{words}");
}
