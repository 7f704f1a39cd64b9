//! The way to a cluster by kubeconfigs as people have them: several files, tokens with a line feed, plugins that fail or hang.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cluster::{Api, shop};
use crate::support::program::{Answer, Program};

/// A kubeconfig beside that of this server, changed.
fn kubeconfig(api: &Api, change: impl FnOnce(&mut Value)) -> PathBuf {
    let mut config: Value = serde_json::from_slice(&fs::read(api.kubeconfig()).unwrap()).unwrap();
    change(&mut config);
    let path = api.kubeconfig().with_file_name("changed");
    fs::write(&path, config.to_string()).unwrap();
    path
}

/// What a check says with another user, and these arguments.
fn with_user(api: &Api, user: Value, arguments: &[&str]) -> Answer {
    let path = kubeconfig(api, |config| config["users"][0]["user"] = user);
    let fixed = ["cluster", "check", "--offline", "--no-cache", "--kubeconfig", path.to_str().unwrap()];
    Answer::of(Program::new().command().args(fixed).args(arguments))
}

fn api() -> Api {
    Api::of(&shop(), &[])
}

#[test]
fn tokens_and_servers_are_read_as_kubectl_reads_them() {
    let api = api();
    let token = api.kubeconfig().with_file_name("token");
    fs::write(&token, "s3cret\n").unwrap();
    for user in [json!({"token": "s3cret\n"}), json!({"tokenFile": token})] {
        assert_eq!(with_user(&api, user.clone(), &[]).code, 1, "{user}");
    }
    let odd = with_user(&api, json!({"token": "two words"}), &[]);
    assert!(odd.code == 2 && odd.err.contains("the token of a user has characters that no token has"), "{}", odd.err);
    let plain = kubeconfig(&api, |config| {
        let cluster = &mut config["clusters"][0]["cluster"]["server"];
        *cluster = json!(cluster.as_str().unwrap().trim_start_matches("http://"));
    });
    let fixed = ["cluster", "check", "--offline", "--no-cache", "--kubeconfig", plain.to_str().unwrap()];
    assert_eq!(Answer::of(Program::new().command().args(fixed)).code, 1);
}

#[test]
fn files_of_kubeconfig_that_are_not_there_are_passed_over() {
    let api = api();
    let check = |files: &[PathBuf]| {
        let listed = std::env::join_paths(files).unwrap();
        Answer::of(Program::new().command().args(["cluster", "check", "--offline", "--no-cache"]).env("KUBECONFIG", listed))
    };
    let missing = api.kubeconfig().with_file_name("missing");
    assert_eq!(check(&[missing.clone(), api.kubeconfig()]).code, 1);
    let none = check(&[missing]);
    assert!(none.code == 2 && none.err.contains("none of the files in KUBECONFIG is there"), "{}", none.err);
}

/// Without it the cluster would be asked without credentials, and its answer would be advice to give everyone rights.
#[test]
fn a_user_that_is_not_there_is_an_error_of_the_kubeconfig() {
    let api = api();
    let path = kubeconfig(&api, |config| config["contexts"][0]["context"]["user"] = json!("nobody"));
    let fixed = ["cluster", "check", "--offline", "--no-cache", "--kubeconfig", path.to_str().unwrap()];
    let answer = Answer::of(Program::new().command().args(fixed));
    assert_eq!(answer.code, 2);
    let why = "error: the kubeconfig cannot be used\n\
               caused by: context `test` names user `nobody`, which the kubeconfig does not have\n\
               hint: name a user that it has: `test`\n";
    assert_eq!(answer.err, why);
    assert!(api.asked().is_empty(), "{:?}", api.asked());
}

#[test]
fn a_certificate_with_another_key_is_an_error_of_the_kubeconfig() {
    let api = api();
    let made = || rcgen::generate_simple_self_signed(["test".to_owned()]).unwrap();
    let (own, other) = (made(), made());
    let file = |name: &str, text: String| {
        let path = api.kubeconfig().with_file_name(name);
        fs::write(&path, text).unwrap();
        path
    };
    let certificate = file("user.crt", own.cert.pem());
    let with_key = |key: PathBuf| with_user(&api, json!({"client-certificate": certificate, "client-key": key}), &[]);
    assert_eq!(with_key(file("own.key", own.signing_key.serialize_pem())).code, 1);
    for key in [file("other.key", other.signing_key.serialize_pem()), file("no.key", "x".to_owned())] {
        let answer = with_key(key);
        assert_eq!(answer.code, 2, "{answer:?}");
        assert!(answer.err.contains("error: the kubeconfig cannot be used"), "{}", answer.err);
        assert!(answer.err.contains("client-key") && !answer.err.contains("cluster-info"), "{}", answer.err);
    }
}

/// kubectl does not know it any more, and what it prints would go to the library as it is.
#[test]
fn the_provider_of_google_is_to_be_replaced() {
    let user = json!({"auth-provider": {"name": "gcp", "config": {"cmd-path": "echo", "cmd-args": "abc"}}});
    let answer = with_user(&api(), user, &[]);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.err.contains("gcp is not a part of Kubernetes any more"), "{}", answer.err);
}

/// It speaks to the proxy that the variables of the environment name, and to no other place.
#[test]
fn a_proxy_is_taken_as_kubectl_takes_it() {
    let api = api();
    let path = api.kubeconfig();
    let check = |variables: &[(&str, &str)]| {
        let fixed = ["cluster", "check", "--offline", "--no-cache", "--timeout", "40", "--kubeconfig", path.to_str().unwrap()];
        Answer::of(Program::new().command().args(fixed).envs(variables.iter().copied()))
    };
    assert_eq!(check(&[("HTTPS_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", "127.0.0.1")]).code, 1);
    let refused = check(&[("HTTPS_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", "")]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(!refused.err.contains("feature"), "{}", refused.err);
}

#[cfg(unix)]
mod plugins {
    use std::os::unix::fs::PermissionsExt as _;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;

    /// What a check says where this script gives the credentials.
    fn with_plugin(script: &str, arguments: &[&str]) -> Answer {
        let api = api();
        let path = api.kubeconfig().with_file_name("plugin.sh");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let user = json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": path, "interactiveMode": "Never",
            "env": [{"name": "CLIENT_SECRET", "value": "hunter2"}], "installHint": "get it from your administrator",
        }});
        with_user(&api, user, arguments)
    }

    #[test]
    fn what_a_plugin_is_given_and_what_it_prints_stays_secret() {
        for script in ["exit 3", "echo 'token: eyJhunter2 x: y'", "echo '{}'"] {
            let answer = with_plugin(script, &[]);
            assert_eq!(answer.code, 2, "{script}");
            assert!(!answer.err.contains("hunter2"), "{script}: {}", answer.err);
            assert!(answer.err.contains("gave no credentials") && answer.err.contains("plugin.sh"), "{script}: {}", answer.err);
        }
        let good =
            r#"echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"s3cret"}}'"#;
        assert_eq!(with_plugin(good, &[]).code, 1);
    }

    /// Its credentials are over at once, so it is asked again for the first request, and fails then.
    #[test]
    fn what_a_plugin_prints_when_it_is_asked_again_stays_secret() {
        let first = r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",
            "status":{"token":"s3cret","expirationTimestamp":"2020-01-01T00:00:00Z"}}"#;
        let again = r#"if [ -e "$0.asked" ]; then echo hunter2; exit 3; fi; : > "$0.asked""#;
        let answer = with_plugin(&format!("{again}\necho '{first}'"), &[]);
        assert_eq!(answer.code, 2);
        assert!(answer.err.contains("gave no credentials"), "{}", answer.err);
        let odd = with_plugin(&format!("echo '{}'", first.replace("2020-01-01T00:00:00Z", "hunter2")), &[]);
        assert_eq!(odd.code, 2);
        assert!(odd.err.contains("the time at which they expire is not a time"), "{}", odd.err);
        for answer in [answer, odd] {
            assert!(!answer.err.contains("hunter2"), "{}", answer.err);
        }
    }

    /// Neither it nor what it has started goes on.
    #[test]
    fn a_plugin_that_hangs_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("lives");
        let begun = Instant::now();
        let answer = with_plugin(&format!("(while :; do : >{}; sleep 0.05; done) &\nwait", mark.display()), &["--timeout", "2"]);
        assert!(begun.elapsed() < Duration::from_secs(100), "{:?}", begun.elapsed());
        assert_eq!(answer.code, 2);
        assert!(answer.err.contains("it takes too long to get them") && answer.err.contains("plugin.sh"), "{}", answer.err);
        thread::sleep(Duration::from_millis(500));
        // It was there.
        fs::remove_file(&mark).unwrap();
        thread::sleep(Duration::from_millis(500));
        assert!(!mark.exists(), "what the plugin has started goes on");
    }

    /// The library ends the program where a token has a line feed, and asks without credentials where there are none.
    #[test]
    fn what_a_plugin_gives_is_checked() {
        let with_status = |status: Value| {
            let credential = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status});
            with_plugin(&format!("cat <<'END'\n{credential}\nEND"), &[])
        };
        assert_eq!(with_status(json!({"token": "s3cret\n"})).code, 1);
        for (status, why) in [
            (json!({"token": "s3\ncret"}), "its token has characters that no token has"),
            (json!({}), "it gave neither a token nor a certificate"),
            (json!({"clientCertificateData": "x"}), "it gave a certificate without its key"),
            (json!({"clientCertificateData": "x", "clientKeyData": "x"}), "its certificate and its key are not PEM"),
        ] {
            let answer = with_status(status);
            assert_eq!(answer.code, 2, "{why}: {answer:?}");
            assert!(answer.err.contains(why) && answer.err.contains("plugin.sh"), "{why}: {}", answer.err);
        }
    }

    /// Without its secrets: `cluster::plugin` has the rules.
    #[test]
    fn the_reason_of_a_plugin_is_shown() {
        let answer = with_plugin("echo 'AADSTS50173: The grant has expired, hunter2' >&2; exit 1", &[]);
        assert_eq!(answer.code, 2);
        assert!(answer.err.contains("caused by: AADSTS50173: The grant has expired, …\n"), "{}", answer.err);
        assert!(answer.err.contains("hint: run it by hand, and sign in as it asks"), "{}", answer.err);
        let secret = with_plugin("echo 'no user has the password hunter3' >&2; exit 1", &[]);
        assert_eq!(secret.code, 2);
        assert!(secret.err.contains("it may hold a secret: run the plugin by hand to see it\n"), "{}", secret.err);
        assert!(!secret.err.contains("hunter3"), "{}", secret.err);
    }

    #[test]
    fn a_plugin_that_is_not_there_is_named() {
        let user = json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "/nowhere/kubelogin", "interactiveMode": "Never",
            "installHint": "get it from your administrator",
        }});
        let answer = with_user(&api(), user, &[]);
        assert_eq!(answer.code, 2);
        for said in ["/nowhere/kubelogin", "is not installed", "hint: install it: get it from your administrator"] {
            assert!(answer.err.contains(said), "{}", answer.err);
        }
    }
}
