//! Hostile files: hosts, facts, layouts, archives, credentials.

use serde_json::{Value, json};

use super::{HOSTILE, MARK, harmless};
use crate::support::program::Program;
use crate::support::registry::Reply;
use crate::support::registry::Server;
use crate::support::registry::windows::WindowsImage;

const HOST: &str = "--host=windows-server-2022";
const BASE_IMAGE: &str = "mcr.microsoft.com/windows/nanoserver:1903";

/// A check without a network, as a table and as JSON.
fn check(program: &Program, place: &str, arguments: &[&str]) -> String {
    let printed = ["table", "json"].map(|format| {
        let mut command = program.command();
        command.args(["check", "--offline", "--format", format]).args(arguments);
        harmless(&format!("{place}, as {format}"), &mut command)
    });
    printed.concat()
}

/// `wincompat host`, as a table and as JSON.
fn host(program: &Program, place: &str, arguments: &[&str]) -> String {
    let printed = ["table", "json"].map(|format| {
        let mut command = program.command();
        command.args(["host", "--format", format]).args(arguments);
        harmless(&format!("host: {place}, as {format}"), &mut command)
    });
    printed.concat()
}

/// As a registry export would hold it; line ends end the value.
fn registry_export(values: &[(&str, &str)]) -> String {
    let mut text = "Windows Registry Editor Version 5.00\r\n\r\n\
        [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\r\n\
        \"CurrentMajorVersionNumber\"=dword:0000000a\r\n\"CurrentMinorVersionNumber\"=dword:00000000\r\n"
        .to_owned();
    for (name, value) in values {
        text.push_str(&format!("\"{name}\"=\"{}\"\r\n", value.replace('\\', r"\\").replace('"', "\\\"")));
    }
    text
}

#[test]
fn hostile_host_files_are_harmless() {
    let program = Program::new();
    for name in HOSTILE {
        let server = [("CurrentBuildNumber", "20348"), ("InstallationType", "Server"), ("EditionID", "ServerStandard")];
        let with = |name, value| {
            let mut values = server.to_vec();
            values.retain(|(known, _)| *known != name);
            values.push((name, value));
            registry_export(&values)
        };
        // What ends a line in the file would hide what follows it.
        let one_line: String = name.chars().filter(|character| !matches!(character, '\n' | '\r')).collect();
        for (what, content) in [
            ("EditionID", with("EditionID", &one_line)),
            ("InstallationType", with("InstallationType", &one_line)),
            ("CurrentBuildNumber", with("CurrentBuildNumber", &one_line)),
            ("ProductName", with("ProductName", &one_line)),
            ("DisplayVersion", with("DisplayVersion", &one_line)),
            ("another value", with(&one_line, &one_line)),
            ("systeminfo", format!("Host Name: {name}\nOS Name: {name}\nOS Version: 10.0.20348 {name} Build 20348\n{name}")),
            ("two versions", format!("{name} 10.0.20348.1 {name} 10.0.17763.1 {name}")),
            ("no version", name.to_owned()),
            ("a broken export", format!("Windows Registry Editor Version 5.00\n[{name}]\n{name}={name}")),
            ("JSON", format!("{{\"{name}\"")),
        ] {
            let file = program.file("host", &content);
            let file = format!("--host=@{file}");
            for printed in [check(&program, what, &[&file, BASE_IMAGE]), host(&program, what, &[&file])] {
                assert!(what != "EditionID" || printed.contains(MARK), "{what}: {name:?} is not named in {printed}");
            }
        }
    }
}

#[test]
fn hostile_facts_are_harmless() {
    let program = Program::new();
    let built_in: Value = serde_json::from_str(include_str!("../../../src/knowledge/knowledge.json")).unwrap();
    for name in HOSTILE {
        for what in ["names", "kinds", "schema", "fields"] {
            let mut facts = built_in.clone();
            match what {
                "names" => {
                    for release in facts["releases"].as_array_mut().unwrap() {
                        release["name"] = json!(name);
                    }
                    for image in facts["base_images"].as_array_mut().unwrap() {
                        image["release"] = json!(name);
                        for repository in image["repositories"].as_array_mut().unwrap() {
                            repository["tags"].as_array_mut().unwrap().insert(0, json!(name));
                        }
                    }
                }
                "kinds" => facts["releases"][0]["kind"] = json!(name),
                "schema" => facts["schema"] = json!(format!("wincompat/knowledge/{name}")),
                _ => facts["releases"] = json!([{ name: name }]),
            }
            let file = program.file("facts", facts.to_string());
            let printed =
                check(&program, what, &["--knowledge", &file, HOST, BASE_IMAGE, "mcr.microsoft.com/windows/nanoserver"]);
            for printed in [printed, host(&program, what, &["--knowledge", &file, HOST])] {
                let is_shown = matches!(what, "names" | "kinds");
                assert!(!is_shown || printed.contains(MARK), "{what}: {name:?} is not named in {printed}");
            }
        }
    }
}

/// The files of an image layout with two images of these names.
fn layout(first: &str, second: &str) -> Vec<(String, Vec<u8>)> {
    let images = ["10.0.20348.1", "10.0.17763.1"].map(WindowsImage::of);
    let mut entries: Vec<Value> = images.iter().map(WindowsImage::entry).collect();
    for (entry, name) in entries.iter_mut().zip([first, second]) {
        entry["annotations"] = json!({"org.opencontainers.image.ref.name": name, "io.containerd.image.name": name});
    }
    let index = json!({"schemaVersion": 2, "manifests": entries}).to_string();
    let mut files = vec![
        ("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()),
        ("index.json".to_owned(), index.into_bytes()),
    ];
    for bytes in images.iter().flat_map(|image| [image.manifest_bytes(), image.config_bytes()]) {
        let digest = wincompat::image::Digest::of(&bytes);
        files.push((format!("blobs/sha256/{}", digest.hex()), bytes));
    }
    files
}

fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, content.as_slice()).unwrap();
    }
    archive.into_inner().unwrap()
}

#[test]
fn hostile_layouts_and_archives_are_harmless() {
    let program = Program::new();
    let folder = program.folder().join("layout");
    for name in HOSTILE {
        let files = layout(&format!("{name}:1"), &format!("{name}:2"));
        for (path, content) in &files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let folder = folder.to_str().unwrap();
        let oci = program.file("oci.tar", archive(&files));
        let saved = json!([
            {"Config": format!("{name}.json"), "RepoTags": [format!("{name}:1")], "Layers": []},
            {"Config": "2.json", "RepoTags": [format!("{name}:2")], "Layers": []},
        ]);
        let docker = program.file("docker.tar", archive(&[("manifest.json".to_owned(), saved.to_string().into_bytes())]));
        for (what, reference) in [
            ("a layout, which of two", format!("oci:{folder}")),
            ("a layout, none of two", format!("oci:{folder}:third")),
            ("an archive, which of two", format!("oci-archive:{oci}")),
            ("an archive, none of two", format!("oci-archive:{oci}:third")),
            ("docker save, which of two", format!("docker-archive:{docker}")),
            ("docker save, none of two", format!("docker-archive:{docker}:third")),
        ] {
            let printed = check(&program, what, &[HOST, &reference]);
            assert!(printed.contains(MARK), "{what}: {name:?} is not named in {printed}");
        }
        check(&program, "docker save, one of two", &[HOST, &format!("docker-archive:{docker}:{name}:1")]);

        let broken = vec![("oci-layout".to_owned(), name.as_bytes().to_vec()), ("index.json".to_owned(), name.into())];
        for (what, bytes) in [
            ("a broken archive", archive(&broken)),
            ("an archive of other names", archive(&[(in_path(name), name.into())])),
            ("no archive", name.into()),
        ] {
            let file = program.file("broken.tar", bytes);
            check(&program, what, &[HOST, &format!("oci-archive:{file}"), &format!("docker-archive:{file}")]);
        }
        let docker =
            program.file("docker.tar", archive(&[("manifest.json".to_owned(), json!([{"Config": name}]).to_string().into())]));
        let printed = check(&program, "docker save, its config", &[HOST, &format!("docker-archive:{docker}")]);
        assert!(printed.contains(MARK), "{name:?} is not named in {printed}");
    }
}

/// As a tar archive can hold it, on Windows too.
fn in_path(name: &str) -> String {
    format!("MARK/{}", name.replace(['\\', '/'], "_"))
}

/// Windows has no files with such names.
#[cfg(unix)]
#[test]
fn hostile_names_of_files_are_harmless() {
    let program = Program::new();
    for name in HOSTILE {
        let folder = program.folder().join("MARK").join(name.replace('/', "_"));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.to_str().unwrap();
        std::fs::write(folder.join("file"), name).unwrap();
        let file = format!("{path}/file");
        for (what, arguments) in [
            ("a folder that is no layout", vec![HOST.to_owned(), format!("oci:{path}")]),
            ("a folder that is no archive", vec![HOST.to_owned(), format!("oci-archive:{path}")]),
            ("a file that is no layout", vec![HOST.to_owned(), format!("oci:{file}")]),
            ("a file that is no archive", vec![HOST.to_owned(), format!("docker-archive:{file}")]),
            ("a folder that is no list", vec![HOST.to_owned(), format!("--from={path}")]),
            ("a folder that is no host", vec![format!("--host=@{path}"), BASE_IMAGE.to_owned()]),
            ("a file that is no host", vec![format!("--host=@{file}"), BASE_IMAGE.to_owned()]),
            ("a file without facts", vec![HOST.to_owned(), format!("--knowledge={file}"), BASE_IMAGE.to_owned()]),
        ] {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let printed = check(&program, what, &arguments);
            assert!(what == "a file that is no host" || printed.contains(MARK), "{what}: {name:?} is not named in {printed}");
        }
    }
}

/// A registry that wants credentials, and configurations that have none for it.
#[test]
fn hostile_credentials_are_harmless() {
    let program = Program::new();
    let server = Server::start(|_| Reply::challenge(r#"Basic realm="test""#));
    let registry = server.name();
    for name in HOSTILE {
        for (what, config) in [
            ("no JSON", name.to_owned()),
            ("a helper", json!({"credHelpers": {&registry: name}}).to_string()),
            ("a store", json!({"credsStore": name}).to_string()),
            ("an auth", json!({"auths": {&registry: {"auth": name}}}).to_string()),
            ("a user", json!({"auths": {&registry: {"username": name, "password": name}}}).to_string()),
            ("a registry", json!({"auths": {name: {"auth": name}}}).to_string()),
        ] {
            let mut command = program.command();
            command.args(["check", HOST, &format!("{registry}/app:1")]).env("DOCKER_AUTH_CONFIG", config.replace('\0', ""));
            let printed = harmless(what, &mut command);
            assert!(!printed.contains(MARK) || what == "a helper" || what == "a store", "{what}: a secret in {printed}");
        }
    }
}
