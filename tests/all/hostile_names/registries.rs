//! A registry whose every answer is hostile.

use serde_json::{Value, json};

use super::{HOSTILE, MARK, harmless, in_header};
use crate::support::program::Program;
use crate::support::registry::images::{Images, OCI_INDEX, OCI_MANIFEST};
use crate::support::registry::windows::{WindowsImage, descriptor};
use crate::support::registry::{Reply, Request, Server};

/// Tags, and whether the hostile name is shown to say what is wrong.
const TAGS: [(&str, bool); 26] = [
    ("index-version", false),
    ("config-version", true),
    ("single-version", true),
    ("index-architecture", true),
    ("config-architecture", true),
    ("single-architecture", true),
    ("index-os", true),
    ("config-os", true),
    ("single-os", true),
    ("history", false),
    ("index-type", true),
    ("entry-type", false),
    ("config-type", true),
    ("entry-digest", false),
    ("config-digest", true),
    ("field", false),
    ("no-json", false),
    ("content-type", true),
    ("error-code", true),
    ("error-message", true),
    ("error-text", true),
    ("reason", false),
    ("redirect", false),
    ("warning", true),
    ("digest-header", true),
    ("config-error", true),
];

/// The images with this name in every field of their manifests and configs.
fn images(name: &str) -> Images {
    let image = || WindowsImage::of("10.0.20348.1");
    let raw = |images: Images, tag: &str, manifest: Value| images.tagged("app", tag, OCI_MANIFEST, manifest.to_string());
    let mut images = Images::default();
    for (part, field) in [("version", "os.version"), ("architecture", "architecture"), ("os", "os")] {
        images = images
            .windows("app", &format!("index-{part}"), &[image().indexed(field, name)])
            .windows("app", &format!("config-{part}"), &[image().stated(field, name)])
            .single("app", &format!("single-{part}"), &image().stated(field, name));
    }
    let history = json!([{"created_by": format!("Apply image {name}"), "comment": name}]);
    images = images.single("app", "history", &WindowsImage::without_version().stated("history", history));

    let index = |entry: Value| json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}).to_string();
    let mut entry = image().entry();
    entry["mediaType"] = json!(name);
    images = images.tagged("app", "entry-type", OCI_INDEX, index(entry));
    let mut entry = image().entry();
    entry["digest"] = json!(name);
    images = images.tagged("app", "entry-digest", OCI_INDEX, index(entry));
    images = raw(images, "index-type", json!({"schemaVersion": 2, "mediaType": name, "manifests": []}));
    images =
        raw(images, "field", json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, name: name, "config": name, "layers": []}));

    let chart = json!({"name": name}).to_string();
    let config = descriptor(name, chart.as_bytes());
    images = images.blob("app", chart);
    images = raw(images, "config-type", json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []}));
    let config = json!({"mediaType": "application/vnd.oci.image.config.v1+json", "digest": format!("sha256:{name}"), "size": 2});
    raw(images, "config-digest", json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []}))
}

/// What is answered for the tags that are no images.
fn answer(request: &Request, name: &str) -> Option<Reply> {
    let header = in_header(name);
    let refused = |body: Value| Some(Reply::json(403, body.to_string()));
    let good = WindowsImage::of("10.0.20348.1");
    let index = crate::support::registry::windows::index_bytes(std::slice::from_ref(&good));
    if request.path.starts_with("/token?") {
        return Some(Reply::json(401, json!({"details": name}).to_string()));
    }
    match request.path.rsplit('/').next()? {
        "no-json" => Some(Reply::new(200, &[("content-type", OCI_MANIFEST)], name)),
        "content-type" => {
            Some(Reply::new(200, &[("content-type", &format!("application/{header}"))], r#"{"schemaVersion":2,"manifests":[]}"#))
        }
        "error-code" => refused(json!({"errors": [{"code": name, "message": name}]})),
        "error-message" => refused(json!({"message": name})),
        "error-text" => Some(Reply::new(403, &[("content-type", "text/plain")], name)),
        "reason" => Some(Reply::raw(format!("HTTP/1.1 403 {header}\r\ncontent-length: 0\r\n\r\n"))),
        "challenge" => Some(Reply::challenge(&header)),
        "realm" => Some(Reply::challenge(&format!("Bearer realm=\"http://127.0.0.1/{header}\",service=\"{header}\""))),
        "token-error" => {
            let host = request.header("host").unwrap_or_default();
            Some(Reply::challenge(&format!("Bearer realm=\"http://{host}/token\",service=\"{header}\"")))
        }
        "redirect" => Some(Reply::redirect(307, &header)),
        "warning" => Some(Reply::new(200, &[("content-type", OCI_INDEX), ("warning", &format!("299 - \"{header}\""))], index)),
        "digest-header" => Some(Reply::new(200, &[("content-type", OCI_INDEX), ("docker-content-digest", &header)], index)),
        // The config of this one cannot be had: what the registry says of that is in a finding.
        "config-error" => {
            Some(Reply::new(200, &[("content-type", OCI_INDEX)], crate::support::registry::windows::index_bytes(&[unreadable()])))
        }
        digest if digest == wincompat::image::Digest::of(&unreadable().manifest_bytes()).as_str() => {
            refused(json!({"errors": [{"code": name, "message": name}]}))
        }
        _ => None,
    }
}

/// An image of a version of its own, so that its manifest has a digest of its own.
fn unreadable() -> WindowsImage {
    WindowsImage::of("10.0.20348.2")
}

fn hostile(name: &'static str) -> Server {
    let images = images(name);
    Server::start(move |request| answer(request, name).unwrap_or_else(|| images.respond(request)))
}

#[test]
fn what_a_hostile_registry_says_is_harmless() {
    for name in HOSTILE {
        let (server, program) = (hostile(name), Program::new());
        let images: Vec<String> = TAGS.iter().map(|(tag, _)| format!("registry.test/app:{tag}")).collect();
        let check = |format: &str| {
            let mut command = program.check(&server.url(""));
            harmless(format, command.args(["--host=windows-server-2022", "--format", format]).args(&images))
        };
        check("table");
        let printed = check("json");
        let (document, warnings) = printed.rsplit_once("\n}\n").unwrap();
        let report: Value = serde_json::from_str(&format!("{document}\n}}")).unwrap();
        let [results, errors] = ["results", "errors"].map(|list| report[list].as_array().unwrap());
        assert_eq!(results.len() + errors.len(), TAGS.len());
        for ((tag, shown), image) in TAGS.iter().zip(&images) {
            let said = results
                .iter()
                .find(|result| result["image"]["reference"] == *image)
                .or_else(|| errors.iter().find(|error| error["reference"] == *image))
                .unwrap_or_else(|| panic!("nothing is said of {tag}"));
            let said = if matches!(*tag, "warning" | "digest-header") { warnings.to_owned() } else { said.to_string() };
            assert!(!shown || is_named(&said), "{tag}: {name:?} is not named in {said}");
        }
    }
}

/// Each alone: what a registry once demanded, it is shown with every further request.
#[test]
fn what_a_hostile_registry_demands_is_harmless() {
    for name in HOSTILE {
        let (server, program) = (hostile(name), Program::new());
        for (tag, shown) in [("challenge", false), ("realm", false), ("token-error", true)] {
            let mut command = program.check(&server.url(""));
            let printed = harmless(tag, command.args(["--host=windows-server-2022", &format!("registry.test/app:{tag}")]));
            assert!(!shown || is_named(&printed), "{tag}: {name:?} is not named in {printed}");
        }
    }
}

/// Media types and names of systems are printed in lower case.
fn is_named(printed: &str) -> bool {
    printed.to_lowercase().contains(&MARK.to_lowercase())
}
