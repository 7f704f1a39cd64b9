//! What a file is, by its name and its content.

use std::path::Path;

use serde::Deserialize;

use super::list;

/// A kind of file that may name images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A Dockerfile or Containerfile.
    Dockerfile,
    /// YAML of any kind: which one, its content tells.
    Yaml,
    /// A bake file, as HCL or JSON.
    Bake,
    /// A pipeline of Jenkins.
    Groovy,
    /// References, one in each line. Only a file that was named is taken for one.
    List,
}

/// The words in the names of Dockerfiles.
const DOCKERFILE_WORDS: [&str; 2] = ["dockerfile", "containerfile"];

/// The endings of files that are called like a Dockerfile and are something else.
const OTHER_ENDINGS: [&str; 18] = [
    "md",
    "yml",
    "yaml",
    "json",
    "ps1",
    "sh",
    "go",
    "py",
    "rs",
    "js",
    "ts",
    "dockerignore",
    "hcl",
    "groovy",
    "cs",
    "java",
    "rb",
    "txt",
];

/// True for `Dockerfile`, `Dockerfile.windows`, `Dockerfile-windows`, `dockerfile_1`, `Windows.Dockerfile`.
fn is_dockerfile(name: &str) -> bool {
    DOCKERFILE_WORDS.iter().any(|word| {
        let after = |rest: &str| rest.is_empty() || rest.starts_with(['.', '-', '_', ' ']);
        let before = |rest: &str| rest.ends_with(['.', '-', '_', ' ']);
        name.strip_prefix(word).is_some_and(after) || name.strip_suffix(word).is_some_and(before)
    })
}

/// The kind of the file at this path; `None` for one that names no images.
pub fn kind_of(path: &Path) -> Option<FileKind> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let ending = Path::new(&name).extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
    if is_dockerfile(&name) && !OTHER_ENDINGS.contains(&ending.as_str()) {
        return Some(FileKind::Dockerfile);
    }
    match ending.as_str() {
        "yaml" | "yml" => Some(FileKind::Yaml),
        "hcl" | "json" if name.contains("bake") => Some(FileKind::Bake),
        "groovy" | "jenkinsfile" => Some(FileKind::Groovy),
        _ if name.starts_with("jenkinsfile") => Some(FileKind::Groovy),
        _ => (name == "kustomization").then_some(FileKind::Yaml),
    }
}

/// True for the name of a file that may have named images, or given values to those that do: all that is known of one that is gone. JSON
/// may be a manifest, and files of values are called after the environment.
pub fn may_have_counted(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let is_of_values = || name.split(['.', '-', '_']).any(|word| word == "env");
    let is_json = || Path::new(&name).extension().is_some_and(|ending| ending == "json");
    kind_of(path).is_some() || is_json() || is_of_values()
}

/// What an object of Kubernetes says of itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    api_version: String,
    kind: String,
}

/// True for JSON that is an object of Kubernetes.
pub fn is_manifest(json: &[u8]) -> bool {
    serde_json::from_slice::<Head>(json).is_ok_and(|head| !head.api_version.is_empty() && !head.kind.is_empty())
}

/// The kind of a text whose name says nothing, as on standard input.
pub fn kind_of_text(text: &str) -> FileKind {
    let is_instruction = |line: &str| {
        let word = line.split_whitespace().next().unwrap_or_default();
        word.eq_ignore_ascii_case("from") || (word.eq_ignore_ascii_case("arg") && !line.contains(": "))
    };
    let mut lines =
        text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    if lines.next().is_some_and(is_instruction) {
        FileKind::Dockerfile
    } else if list::is_list(text) {
        FileKind::List
    } else {
        FileKind::Yaml
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_without_a_name() {
        for (text, kind) in [
            ("\u{feff}# escape=`\nFROM a\n", FileKind::Dockerfile),
            ("ARG A\nFROM a\n", FileKind::Dockerfile),
            ("from: a\n", FileKind::Yaml),
            ("r.example/a:1\nb:2\n", FileKind::List),
            ("apiVersion: v1\n", FileKind::Yaml),
        ] {
            assert_eq!(kind_of_text(text), kind, "{text}");
        }
    }

    #[test]
    fn json_that_is_a_manifest() {
        for (text, expected) in [
            (r#"{"kind": "List", "items": [], "apiVersion": "v1"}"#, true),
            (r#"{"apiVersion": "apps/v1", "kind": "Deployment"}"#, true),
            (r#"{"apiVersion": "2021-04-01", "resources": []}"#, false),
            (r#"{"properties": {"apiVersion": "v1", "kind": "Pod"}}"#, false),
            (r#"{"apiVersion": {"type": "string"}, "kind": "Pod"}"#, false),
            (r#"{"apiVersion": "v1", "kind": "Pod""#, false),
            ("[]", false),
        ] {
            assert_eq!(is_manifest(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn names_of_files_that_may_have_counted() {
        for (name, expected) in [
            ("Dockerfile.win", true),
            ("compose.override.yml", true),
            ("docker-bake.override.json", true),
            ("patch.JSON", true),
            (".env", true),
            ("prod.env", true),
            (".env.local", true),
            ("app_env", true),
            ("README.md", false),
            ("main.go", false),
            ("environment.md", false),
            ("logo.png", false),
            ("LICENSE", false),
        ] {
            assert_eq!(may_have_counted(&Path::new("a.env").join(name)), expected, "{name}");
        }
    }

    #[test]
    fn names_of_dockerfiles() {
        for name in [
            "Dockerfile",
            "dockerfile",
            "DOCKERFILE",
            "Dockerfile.windows",
            "Dockerfile_windows",
            "Windows.Dockerfile",
            "windows.dockerfile",
            "Dockerfile-windows",
            "dockerfile_1",
            "NanoServer2022.Dockerfile",
            "Dockerfile.WindowsHostProcess",
            "Dockerfile.multistage",
            "Containerfile",
            "Dockerfile.9.1",
        ] {
            assert_eq!(kind_of(&Path::new("a b").join(name)), Some(FileKind::Dockerfile), "{name}");
        }
        for (name, kind) in [
            ("docker-bake.hcl", FileKind::Bake),
            ("docker-bake.override.json", FileKind::Bake),
            ("Jenkinsfile", FileKind::Groovy),
            ("Jenkinsfile_k8s", FileKind::Groovy),
            ("ci/build.Jenkinsfile", FileKind::Groovy),
            ("vars/x.groovy", FileKind::Groovy),
            ("Kustomization", FileKind::Yaml),
        ] {
            assert_eq!(kind_of(Path::new(name)), Some(kind), "{name}");
        }
        for name in ["package.json", "main.hcl", "images.txt", "dockerfile.groovy.md"] {
            assert_eq!(kind_of(Path::new(name)), None, "{name}");
        }
        for name in [
            "Dockerfile.dockerignore",
            "dockerfile.md",
            "readme.txt",
            "dockerfile.go",
            "build-dockerfile.ps1",
            "DockerfileHelper.cs",
            "mydockerfiles.x",
        ] {
            assert_eq!(kind_of(Path::new(name)), None, "{name}");
        }
    }
}
