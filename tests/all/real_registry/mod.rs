//! A registry that this project did not write: Debian's `docker-registry`, fed by `skopeo`, with and without passwords.
//!
//! Needs the programs `docker-registry`, `skopeo` and `htpasswd` (packages docker-registry, skopeo, apache2-utils). Where one is
//! missing the tests say so and show nothing, except in CI, where that is a failure.

mod pull;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use wincompat::image::Digest;

use crate::support::program::{Answer, Program};
use crate::support::registry::windows::{WindowsImage, descriptor, index_bytes};

const USER: &str = "reader";
const PASSWORD: &str = "correct horse:battery";

/// Whether the programs are here; in CI they must be.
fn tools() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let exists = |tool: &str| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    let missing: Vec<_> = ["docker-registry", "skopeo", "htpasswd", "timeout"].into_iter().filter(|tool| !exists(tool)).collect();
    if missing.is_empty() {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "not installed: {}", missing.join(", "));
    // Past the test harness, which keeps what `eprintln!` says of a test that passes.
    let _ = writeln!(std::io::stderr(), "\nSKIPPED: {}: not installed: {}\n", file!(), missing.join(", "));
    false
}

/// Runs a program that must succeed.
fn succeeds(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A running `docker-registry`. It ends with this, and by itself after five minutes.
struct Registry {
    process: Child,
    address: String,
    folder: TempDir,
    credentials: Option<(&'static str, &'static str)>,
}

impl Registry {
    fn start(credentials: Option<(&'static str, &'static str)>) -> Self {
        let folder = TempDir::new().unwrap();
        let storage = folder.path().join("storage");
        let mut config = json!({
            "version": "0.1",
            "log": {"level": "info", "formatter": "json"},
            "storage": {"filesystem": {"rootdirectory": storage}},
            "http": {"addr": "127.0.0.1:0", "secret": "of this test"},
        });
        if let Some((user, password)) = credentials {
            let users = folder.path().join("htpasswd");
            fs::write(&users, succeeds(Command::new("htpasswd").args(["-nbB", "-C", "4", user, password]))).unwrap();
            config["auth"] = json!({"htpasswd": {"realm": "test", "path": users}});
        }
        let file = folder.path().join("config.yml");
        // JSON is YAML.
        fs::write(&file, config.to_string()).unwrap();
        let mut process = Command::new("timeout")
            .args(["300", "docker-registry", "serve"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        let mut registry = Self { process, address: String::new(), folder, credentials };
        registry.address = address(log);
        registry
    }

    /// Pushes an image layout as it is, or in Docker's formats.
    fn push(&self, layout: &Path, name: &str, format: Option<&str>) {
        let mut skopeo = Command::new("skopeo");
        // Nothing of this machine's configuration.
        skopeo.env("HOME", self.folder.path()).env_remove("REGISTRY_AUTH_FILE").env_remove("XDG_RUNTIME_DIR");
        skopeo.args(["--insecure-policy", "copy", "--all", "--dest-tls-verify=false"]);
        match format {
            Some(format) => skopeo.args(["--format", format]),
            None => skopeo.arg("--preserve-digests"),
        };
        if let Some((user, password)) = self.credentials {
            skopeo.args(["--dest-creds", &format!("{user}:{password}")]);
        }
        let source = format!("oci:{}:image", layout.display());
        succeeds(skopeo.arg(source).arg(format!("docker://{}/{name}", self.address)));
    }

    fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // `timeout` passes this signal on to the registry; one that cannot be caught would leave the registry behind.
        let _ = Command::new("sh").args(["-c", "kill \"$0\"", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

/// Where the registry listens, as its log says; the rest of the log is read so that it never blocks.
fn address(log: BufReader<std::process::ChildStderr>) -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in log.lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let mut said = Vec::new();
    loop {
        match receiver.recv_timeout(Duration::from_secs(30)) {
            Ok(line) => {
                let line: Value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if let Some(address) = line["msg"].as_str().and_then(|message| message.strip_prefix("listening on ")) {
                    return address.to_owned();
                }
                said.push(line);
            }
            Err(error) => panic!("docker-registry does not listen ({error}): {said:?}"),
        }
    }
}

/// An image layout with an index of images of these versions, each with a small layer, and the digest of the index.
fn layout(folder: &Path, versions: &[&str]) -> (PathBuf, Digest) {
    let layout = folder.join("layout");
    let blobs = layout.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let keep = |bytes: &[u8]| fs::write(blobs.join(Digest::of(bytes).hex()), bytes).unwrap();
    let images: Vec<WindowsImage> = versions
        .iter()
        .map(|version| {
            let (layer, content) = (layer(version), tar(version));
            keep(&layer);
            let diff_ids = json!([Digest::of(&content).as_str()]);
            let mut image = WindowsImage::of(version).stated("rootfs", json!({"type": "layers", "diff_ids": diff_ids}));
            image.layers = json!([descriptor("application/vnd.oci.image.layer.v1.tar+gzip", &layer)]);
            keep(&image.config_bytes());
            keep(&image.manifest_bytes());
            image
        })
        .collect();
    let index = index_bytes(&images);
    keep(&index);
    let mut entry = descriptor("application/vnd.oci.image.index.v1+json", &index);
    entry["annotations"] = json!({"org.opencontainers.image.ref.name": "image"});
    fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    fs::write(layout.join("index.json"), json!({"schemaVersion": 2, "manifests": [entry]}).to_string()).unwrap();
    (layout, Digest::of(&index))
}

fn tar(text: &str) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, "Files/version.txt", text.as_bytes()).unwrap();
    archive.into_inner().unwrap()
}

fn layer(text: &str) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&tar(text)).unwrap();
    gzip.finish().unwrap()
}

const VERSIONS: [&str; 2] = ["10.0.20348.2402", "10.0.18362.1256"];

fn report(program: &Program, arguments: &[&str]) -> (i32, Value) {
    let mut command = program.command();
    let answer = Answer::of(command.args(["check", "--format=json", "--host=10.0.20348.9999,server,hyperv"]).args(arguments));
    (answer.code, answer.json())
}

#[test]
fn images_pushed_by_skopeo_are_judged() {
    if !tools() {
        return;
    }
    let (registry, program) = (Registry::start(None), Program::new());
    let (layout, digest) = layout(program.folder(), &VERSIONS);
    registry.push(&layout, "team/app:oci", None);
    registry.push(&layout, "team/app:docker", Some("v2s2"));
    for tag in ["oci", "docker"] {
        let image = registry.image(&format!("team/app:{tag}"));
        let (code, report) = report(&program, &["--host=windows-server-2019", "--host=windows-server-2025,no-hyperv", &image]);
        let found: Vec<_> = report["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| {
                (
                    result["image"]["osVersion"].as_str().unwrap(),
                    result["verdict"].as_str().unwrap(),
                    result["candidates"].as_array().unwrap().len(),
                )
            })
            .collect();
        let expected =
            [("10.0.20348.2402", "process", 2), ("10.0.18362.1256", "incompatible", 2), ("10.0.20348.2402", "process", 2)];
        assert_eq!(found, expected, "{tag}");
        assert_eq!(code, 1);
        assert_eq!(report["results"][0]["findings"], json!([]), "{tag}: the config confirms the index");
    }
    let (_, by_tag) = report(&program, &[&registry.image("team/app:oci")]);
    assert_eq!(by_tag["results"][0]["image"]["digest"], digest.as_str());
    let (code, by_digest) = report(&program, &[&registry.image(&format!("team/app@{digest}"))]);
    assert_eq!((code, &by_digest["results"][0]["verdict"]), (0, &json!("process")));

    for missing in ["team/app:no-such-tag", "team/nothing:1"] {
        let (code, report) = report(&program, &[&registry.image(missing)]);
        assert_eq!((code, &report["errors"][0]["kind"]), (2, &json!("not-found")), "{missing}");
    }
}

/// The main command, with this registry in MCR's place.
#[test]
fn it_stands_in_for_another_registry() {
    if !tools() {
        return;
    }
    let (registry, program) = (Registry::start(None), Program::new());
    let (layout, _) = layout(program.folder(), &VERSIONS[1..]);
    registry.push(&layout, "windows/nanoserver:1903", None);
    let mirror = format!("mcr.microsoft.com=http://{}", registry.address);
    let mut command = program.command();
    let answer = Answer::of(command.args([
        "check",
        "--isolation=auto",
        "--mirror",
        &mirror,
        "--host",
        "windows-server-2022",
        "mcr.microsoft.com/windows/nanoserver:1903",
    ]));
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    assert!(
        answer.out.contains("runs with\n  Hyper-V isolation") || answer.out.contains("runs with Hyper-V isolation"),
        "{}",
        answer.out
    );
}

#[test]
fn a_registry_with_passwords_wants_the_right_one() {
    if !tools() {
        return;
    }
    let (registry, program) = (Registry::start(Some((USER, PASSWORD))), Program::new());
    let (layout, _) = layout(program.folder(), &VERSIONS);
    registry.push(&layout, "team/app:1", None);
    let image = registry.image("team/app:1");
    // `DOCKER_CONFIG` is the program's folder.
    let logged_in = |registry: &str, password: &str| {
        use base64::Engine as _;
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{password}"));
        program.file("config.json", json!({"auths": {registry: {"auth": auth}}}).to_string());
    };

    let refused = |what: &str, arguments: &[&str]| {
        let (code, report) = report(&program, arguments);
        assert_eq!((code, &report["errors"][0]["kind"]), (2, &json!("unauthorized")), "{what}: {report:#}");
        assert!(report["errors"][0]["hint"].is_string(), "{what}: {report:#}");
        assert!(!report.to_string().contains(PASSWORD), "{what}");
    };
    refused("no configuration", &[&image]);
    logged_in(&registry.address, "wrong");
    refused("a wrong password", &[&image]);
    logged_in("registry.test", PASSWORD);
    refused("the password of another registry", &[&image]);
    let mirror = format!("registry.test=http://{}", registry.address);
    refused("a mirror is shown no password of what it stands for", &["--mirror", &mirror, "registry.test/team/app:1"]);

    logged_in(&registry.address, PASSWORD);
    let (code, report) = report(&program, &[&image]);
    assert_eq!((code, &report["results"][0]["verdict"]), (0, &json!("process")), "{report:#}");
    assert_eq!(report["results"][0]["findings"], json!([]), "the config is confirmed");
}
