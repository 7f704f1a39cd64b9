//! The name of an image in a registry, in Docker's grammar.

use std::fmt;
use std::net::Ipv6Addr;

use crate::ErrorKind;
use crate::image::Digest;
use crate::image::docker_hub::{DOCKER_HUB, LEGACY};

/// The most characters a repository has without its registry, and the most a tag has
/// (`reference.go` and `regexp.go` of github.com/distribution/reference).
const LONGEST_REPOSITORY: usize = 255;
const LONGEST_TAG: usize = 128;

/// A normalised name in a registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// Host and port in lower case, e.g. `mcr.microsoft.com`, `localhost:5000`, `[::1]:5000`; as typed where its upper case is
    /// all that tells it from a repository, e.g. `Registry`.
    pub registry: String,
    /// E.g. `windows/nanoserver`.
    pub repository: String,
    /// E.g. `ltsc2022`; `None` where none was typed.
    pub tag: Option<String>,
    /// If there is one, it decides, whatever the tag says.
    pub digest: Option<Digest>,
}

impl Name {
    /// The repository with its registry, e.g. `mcr.microsoft.com/windows/nanoserver`.
    pub fn repository_with_registry(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// The tag that counts when there is no digest: `latest` where none was typed.
    pub fn tag_or_latest(&self) -> &str {
        self.tag.as_deref().unwrap_or("latest")
    }

    /// True if the registry was recognised by its upper case alone, as Docker does with `Library/nginx`.
    pub fn has_doubtful_registry(&self) -> bool {
        !is_certainly_registry(&self.registry)
    }
}

impl fmt::Display for Name {
    /// `registry/repository:tag@digest`, with `latest` where there is neither tag nor digest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        match (&self.tag, &self.digest) {
            (None, None) => f.write_str(":latest"),
            (Some(tag), None) => write!(f, ":{tag}"),
            (None, Some(digest)) => write!(f, "@{digest}"),
            (Some(tag), Some(digest)) => write!(f, ":{tag}@{digest}"),
        }
    }
}

/// A mistake in a text, and what to type instead.
pub(crate) struct Mistake {
    pub kind: ErrorKind,
    pub why: String,
    pub hint: Option<String>,
}

impl Mistake {
    pub fn new(why: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Invalid, why: why.into(), hint: None }
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// Reads `[REGISTRY/]REPOSITORY[:TAG][@DIGEST]`.
pub(crate) fn read(text: &str) -> Result<Name, Mistake> {
    if text.contains(char::is_whitespace) {
        return Err(Mistake::new("it contains a space").hint(match text.trim() {
            "" => "write the name of an image, e.g. mcr.microsoft.com/windows/nanoserver:ltsc2022".to_owned(),
            trimmed if trimmed.contains(char::is_whitespace) => {
                "give each image as an argument of its own; in a list, on a line of its own".to_owned()
            }
            trimmed => format!("type {trimmed}"),
        }));
    }
    let id = text.strip_prefix("sha256:").unwrap_or(text);
    if id.len() == 64 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(Mistake::new("it is the ID of an image, and registries know images by name")
            .hint(format!("put the repository before it: NAME@sha256:{id}")));
    }

    let (named, digest_text) = match text.split_once('@') {
        Some((named, digest)) => (named, Some(digest)),
        None => (text, None),
    };
    if named.is_empty() {
        return Err(Mistake::new("there is no name before the @"));
    }
    let (registry, remainder) = split_registry(named);
    let (path, tag) = match remainder.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (remainder, None),
    };

    let registry = registry.map_or_else(|| Ok(DOCKER_HUB.to_owned()), check_registry)?;
    check_path(path).map_err(|mistake| match mistake {
        PathMistake::UpperCase => {
            let before = named.strip_suffix(remainder).unwrap_or_default();
            let after = text.get(before.len() + path.len()..).unwrap_or_default();
            let lower = path.to_lowercase();
            let meant = format!("{before}{lower}{after}");
            let mistake = Mistake::new("repository names are lower case");
            // What has other mistakes is not meant.
            if lower != path && read(&meant).is_ok() { mistake.hint(format!("did you mean {meant}?")) } else { mistake }
        }
        PathMistake::Other(mistake) => mistake,
    })?;
    let repository = if registry == DOCKER_HUB && !path.contains('/') { format!("library/{path}") } else { path.to_owned() };
    if repository.len() > LONGEST_REPOSITORY {
        return Err(Mistake::new(format!(
            "the repository has {} characters, {LONGEST_REPOSITORY} are allowed",
            repository.len()
        )));
    }
    if let Some(tag) = tag {
        check_tag(tag)?;
    }
    let digest = digest_text.map(check_digest).transpose()?;
    Ok(Name { registry, repository, tag: tag.map(str::to_owned), digest })
}

/// The registry of this name as references have it, e.g. `docker.io` for `index.docker.io`.
///
/// # Errors
///
/// The reason why a registry cannot have this name, as part of a sentence.
pub fn registry(text: &str) -> Result<String, String> {
    match split_registry(&format!("{text}/")) {
        (Some(registry), "") => check_registry(registry).map_err(|mistake| mistake.why),
        _ => Err(format!("{text:?} is not how a reference begins that names a registry")),
    }
}

/// True for a registry, whatever its case.
fn is_certainly_registry(text: &str) -> bool {
    text.eq_ignore_ascii_case("localhost") || text.contains(['.', ':'])
}

/// The registry, if the text begins with one, and the rest: Docker takes the part before the first slash for a registry when it
/// has a dot, a colon or upper case in it, or is `localhost` (`splitDockerDomain` of github.com/distribution/reference).
fn split_registry(text: &str) -> (Option<&str>, &str) {
    let Some((first, rest)) = text.split_once('/') else {
        return (None, text);
    };
    let is_registry = is_certainly_registry(first) || first.contains(|c: char| c.is_ascii_uppercase());
    if is_registry { (Some(first), rest) } else { (None, text) }
}

/// The registry in lower case, since hosts have none, unless it would then be a repository; Docker Hub's old name becomes its name.
fn check_registry(text: &str) -> Result<String, Mistake> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    if let Some(port) = port {
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let in_range = digits && port.parse::<u16>().is_ok_and(|port| port != 0);
        if !in_range {
            return Err(Mistake::new(format!("{port:?} is not a port of the registry {host}"))
                .hint("ports are numbers from 1 to 65535, e.g. localhost:5000/app:1.0"));
        }
    }
    let well_formed = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => host.split('.').all(is_domain_component),
    };
    if !well_formed {
        let mistake = Mistake::new(format!("{host} is not the name of a registry"));
        return Err(if host.contains(':') {
            mistake.hint("an IPv6 address stands in brackets, without a zone: [::1]:5000/app:1.0")
        } else {
            mistake
        });
    }
    if !is_certainly_registry(text) {
        return Ok(text.to_owned());
    }
    let registry = text.to_ascii_lowercase();
    Ok(if registry == LEGACY { DOCKER_HUB.to_owned() } else { registry })
}

fn is_domain_component(text: &str) -> bool {
    let alphanumeric = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    alphanumeric(bytes.first())
        && alphanumeric(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

enum PathMistake {
    UpperCase,
    Other(Mistake),
}

/// Components of lower-case letters and digits, which one dot, one or two underscores or any number of dashes may join.
fn check_path(path: &str) -> Result<(), PathMistake> {
    let other = |mistake| Err(PathMistake::Other(mistake));
    if path.is_empty() {
        return other(Mistake::new("there is no repository name"));
    }
    if path.ends_with('/') {
        return other(Mistake::new("it ends with a slash").hint("name a repository after it, or leave the slash out"));
    }
    if path.split('/').any(str::is_empty) {
        return other(Mistake::new("there is nothing between two slashes"));
    }
    if let Some(character) = path.chars().find(|c| !c.is_ascii_alphanumeric() && !"._-/".contains(*c)) {
        return other(
            Mistake::new(format!("{character:?} is not allowed in a repository name"))
                .hint("a to z, 0 to 9 and, between them, . _ __ or - are"),
        );
    }
    if path.contains(|c: char| c.is_ascii_uppercase()) {
        return Err(PathMistake::UpperCase);
    }
    for component in path.split('/') {
        let separators = component.split(|c: char| c.is_ascii_alphanumeric()).filter(|separator| !separator.is_empty());
        for separator in separators {
            if !matches!(separator, "." | "_" | "__") && !separator.bytes().all(|byte| byte == b'-') {
                return other(
                    Mistake::new(format!("{separator:?} cannot stand in a repository name"))
                        .hint("one dot, one or two underscores, or dashes join its parts"),
                );
            }
        }
        let inner = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        if !inner(component.as_bytes().first()) || !inner(component.as_bytes().last()) {
            return other(Mistake::new(format!("{component:?} does not begin and end with a letter or digit")));
        }
    }
    Ok(())
}

fn check_tag(tag: &str) -> Result<(), Mistake> {
    if tag.is_empty() {
        return Err(Mistake::new("the tag after the colon is empty").hint("name a tag, or leave the colon out"));
    }
    if tag.len() > LONGEST_TAG {
        return Err(Mistake::new(format!("the tag has {} characters, {LONGEST_TAG} are allowed", tag.chars().count())));
    }
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let begins_well = tag.bytes().next().is_some_and(word);
    if !begins_well || !tag.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-') {
        return Err(Mistake::new(format!("{tag:?} is not a tag"))
            .hint("letters, digits, _ . and - are allowed, a letter, digit or _ first"));
    }
    Ok(())
}

fn check_digest(text: &str) -> Result<Digest, Mistake> {
    let Some((algorithm, hex)) = text.split_once(':') else {
        let mistake = Mistake::new("the digest after the @ does not say its algorithm");
        return Err(match text.len() {
            _ if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Mistake::new("what stands after the @ is not a digest")
                    .hint("a tag stands after a colon, NAME:TAG, and only a digest after an @: NAME@sha256:…")
            }
            64 => mistake.hint(format!("type @sha256:{}", text.to_lowercase())),
            _ => mistake.hint("type @sha256: and the whole digest, as `docker images --digests --no-trunc` shows it"),
        });
    };
    if algorithm != "sha256" {
        let mistake = Mistake::new(format!("{algorithm:?} is not a digest algorithm that registries use")).hint("use @sha256:…");
        return Err(Mistake { kind: ErrorKind::Unsupported, ..mistake });
    }
    text.parse().map_err(|_| {
        if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Mistake::new("the digest has other characters than hex digits")
        } else if hex.len() != 64 {
            Mistake::new(format!("the digest has {} hex digits instead of 64", hex.len()))
                .hint("copy the whole digest, as `docker images --digests --no-trunc` shows it")
        } else {
            Mistake::new("digests are lower case").hint(format!("did you mean @sha256:{}?", hex.to_lowercase()))
        }
    })
}
