//! What people type for an image, read as Docker reads it.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::str::FromStr;

use super::{Digest, Error, ErrorKind, shown};

/// Docker Hub, as it stands in a normalised name; its API lives at `registry-1.docker.io`.
pub const DOCKER_HUB: &str = "docker.io";

/// The old name of Docker Hub, which Docker still reads as [`DOCKER_HUB`].
const DOCKER_HUB_LEGACY: &str = "index.docker.io";

/// The most characters a repository has without its registry, and the most a tag has
/// (`reference.go` and `regexp.go` of github.com/distribution/reference).
const LONGEST_REPOSITORY: usize = 255;
const LONGEST_TAG: usize = 128;

/// Longer than any reference: registry, repository, tag, digest, and a path of the file system in place of the name.
const LONGEST_TEXT: usize = 8192;

/// Where to find an image: `NAME[:TAG][@DIGEST]`, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]` or `docker-archive:FILE[:TAG]`.
///
/// `nanoserver:ltsc2022` is `docker.io/library/nanoserver:ltsc2022`, as for Docker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    text: String,
    location: Location,
}

/// What a [`Reference`] means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// An image in a registry.
    Registry(Name),
    /// An image in the file system.
    Local {
        /// How it is stored.
        format: Format,
        /// The folder or file.
        path: PathBuf,
        /// Which image of several, e.g. `ltsc2022` or `registry.example/app:1.2`.
        name: Option<String>,
    },
}

/// How images are stored in the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A folder that is an OCI image layout.
    OciLayout,
    /// A tar archive of an OCI image layout.
    OciArchive,
    /// What `docker save` writes.
    DockerArchive,
}

impl Format {
    /// The prefix it is typed with, e.g. `oci-archive`.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::OciLayout => "oci",
            Self::OciArchive => "oci-archive",
            Self::DockerArchive => "docker-archive",
        }
    }
}

/// A normalised name in a registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// Host and port in lower case, e.g. `mcr.microsoft.com`, `localhost:5000`, `[::1]:5000`.
    pub registry: String,
    /// E.g. `windows/nanoserver`.
    pub repository: String,
    /// E.g. `ltsc2022`; `None` where none was typed.
    pub tag: Option<String>,
    /// Where there is one it decides, whatever the tag says.
    pub digest: Option<Digest>,
}

impl Reference {
    /// The text as it was typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it means.
    pub fn location(&self) -> &Location {
        &self.location
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
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

    /// Whether the registry was recognised by its upper case alone, as Docker does with `Library/nginx`.
    pub(super) fn has_doubtful_registry(&self) -> bool {
        self.registry != "localhost" && !self.registry.contains(['.', ':'])
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

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let location = locate(text).map_err(|mistake| {
            let error = Error::new(mistake.kind, format!("`{}` is not an image reference", shown(text))).because(mistake.why);
            match mistake.hint {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })?;
        Ok(Self { text: text.to_owned(), location })
    }
}

/// What is wrong with a text, and what to type instead.
struct Mistake {
    kind: ErrorKind,
    why: String,
    hint: Option<String>,
}

impl Mistake {
    fn new(why: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Invalid, why: why.into(), hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

fn locate(text: &str) -> Result<Location, Mistake> {
    if text.is_empty() {
        return Err(Mistake::new("it is empty").hint("type a name such as mcr.microsoft.com/windows/nanoserver:ltsc2022"));
    }
    if text.len() > LONGEST_TEXT {
        return Err(Mistake::new(format!("it has {} bytes, more than any reference", text.len())));
    }
    if let Some(control) = text.chars().find(|character| character.is_control()) {
        return Err(Mistake::new(format!("it contains the control character {}", control.escape_default())));
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        let scheme_is_word =
            !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if scheme_is_word {
            return Err(Mistake::new(format!("it begins with the scheme {scheme}://")).hint(match scheme {
                "oci" | "oci-archive" | "docker-archive" => {
                    format!("type {scheme}:{rest} for the file system, or {rest} for a registry")
                }
                _ => format!("leave the scheme out: {rest}"),
            }));
        }
    }
    for format in [Format::OciLayout, Format::OciArchive, Format::DockerArchive] {
        if let Some(rest) = text.strip_prefix(format.prefix()).and_then(|rest| rest.strip_prefix(':')) {
            return local(format, rest);
        }
    }
    name(text).map(Location::Registry)
}

/// `PATH[:NAME]`. The first colon ends the path, unless it belongs to a drive letter: names contain colons, paths seldom do.
fn local(format: Format, text: &str) -> Result<Location, Mistake> {
    let drive = drive_prefix(text);
    let after_drive = text.get(drive..).unwrap_or_default();
    let (path, name) = match after_drive.split_once(':') {
        Some((path, name)) => (text.get(..drive + path.len()).unwrap_or_default(), Some(name)),
        None => (text, None),
    };
    let what = if format == Format::OciLayout { "DIR" } else { "FILE" };
    if path.is_empty() {
        return Err(Mistake::new(format!("{}: is followed by no path", format.prefix())).hint(format!(
            "type {}:{what} or {}:{what}:TAG",
            format.prefix(),
            format.prefix()
        )));
    }
    if name == Some("") {
        return Err(Mistake::new("the tag after the last colon is empty").hint(format!("type {}:{path}", format.prefix())));
    }
    Ok(Location::Local { format, path: path.into(), name: name.map(str::to_owned) })
}

/// The length of `C:` in `C:\x` or `C:/x`, of `\\?\C:` in `\\?\C:\x`; 0 where there is no drive.
fn drive_prefix(text: &str) -> usize {
    let verbatim =
        [r"\\?\", r"\\.\", "//?/", "//./"].iter().find(|prefix| text.starts_with(**prefix)).map_or(0, |prefix| prefix.len());
    match text.as_bytes().get(verbatim..) {
        Some([letter, b':', b'\\' | b'/', ..]) if letter.is_ascii_alphabetic() => verbatim + 2,
        _ => 0,
    }
}

fn name(text: &str) -> Result<Name, Mistake> {
    if text.contains(char::is_whitespace) {
        return Err(Mistake::new("it contains a space").hint(match text.trim() {
            trimmed if trimmed.contains(char::is_whitespace) => "give each image as an argument of its own".to_owned(),
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
            Mistake::new("repository names are lower case").hint(format!("did you mean {before}{}{after}?", path.to_lowercase()))
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

/// The registry, if the text begins with one, and the rest: Docker takes the part before the first slash for a registry when it
/// has a dot, a colon or upper case in it, or is `localhost`.
fn split_registry(text: &str) -> (Option<&str>, &str) {
    let Some((first, rest)) = text.split_once('/') else {
        return (None, text);
    };
    let is_registry = first == "localhost" || first.contains(['.', ':']) || first.contains(|c: char| c.is_ascii_uppercase());
    if is_registry { (Some(first), rest) } else { (None, text) }
}

/// The registry in lower case, since hosts have none; Docker Hub's old name becomes its name.
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
    let registry = text.to_ascii_lowercase();
    Ok(if registry == DOCKER_HUB_LEGACY { DOCKER_HUB.to_owned() } else { registry })
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
                .hint("letters a to z, digits, and between them . _ __ or - are"),
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
        return Err(Mistake::new("the digest after the @ does not say its algorithm").hint(format!("type @sha256:{text}")));
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

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "86e0e091d0da6bde2456dbb48306f3956bbeb2eae1b5b9a43045843f69fe4aaa";

    fn name(text: &str) -> Name {
        let reference: Reference = text.parse().unwrap_or_else(|error| panic!("{text}: {error:?}"));
        match reference.location() {
            Location::Registry(name) => name.clone(),
            other => panic!("{text}: {other:?}"),
        }
    }

    fn mistake(text: &str) -> Error {
        match text.parse::<Reference>() {
            Err(error) => error,
            Ok(reference) => panic!("{text} was read as {reference:?}"),
        }
    }

    #[test]
    fn reads_names_as_docker_does() {
        for (typed, full) in [
            ("redis", "docker.io/library/redis:latest"),
            ("redis:7", "docker.io/library/redis:7"),
            ("library/redis", "docker.io/library/redis:latest"),
            ("docker.io/redis", "docker.io/library/redis:latest"),
            ("docker.io/library/redis:7", "docker.io/library/redis:7"),
            ("index.docker.io/redis", "docker.io/library/redis:latest"),
            ("index.docker.io/fooo/bar", "docker.io/fooo/bar:latest"),
            ("docker.io/library/foo/bar", "docker.io/library/foo/bar:latest"),
            ("test_com/foo", "docker.io/test_com/foo:latest"),
            ("xn--n3h.com:18080/foo", "xn--n3h.com:18080/foo:latest"),
            ("localhost/app", "localhost/app:latest"),
            ("localhost:5000/app:1", "localhost:5000/app:1"),
            ("localhost:5000", "docker.io/library/localhost:5000"),
            ("192.168.0.1:80", "docker.io/library/192.168.0.1:80"),
            ("192.168.0.1:8/debian", "192.168.0.1:8/debian:latest"),
            ("[::1]:5000/x", "[::1]:5000/x:latest"),
            ("[fc00:1:2:3:4:5:6:7]/library/debian", "[fc00:1:2:3:4:5:6:7]/library/debian:latest"),
            ("docker---rules/dock__er", "docker.io/docker---rules/dock__er:latest"),
            ("MCR.microsoft.com/windows/nanoserver:1903", "mcr.microsoft.com/windows/nanoserver:1903"),
            ("Foo/bar", "foo/bar:latest"),
            ("a/b:_1.2-x", "docker.io/a/b:_1.2-x"),
            ("a/b:LTSC2022", "docker.io/a/b:LTSC2022"),
            // A name of 64 characters that is no hexadecimal number, and one that is but has a registry before it.
            (
                "thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev",
                "docker.io/library/thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev:latest",
            ),
            (&format!("docker.io/{HEX}"), &format!("docker.io/library/{HEX}:latest")),
            (&format!("busybox@sha256:{HEX}"), &format!("docker.io/library/busybox@sha256:{HEX}")),
            (&format!("busybox:1@sha256:{HEX}"), &format!("docker.io/library/busybox:1@sha256:{HEX}")),
            (&format!("busybox:{}", "t".repeat(128)), &format!("docker.io/library/busybox:{}", "t".repeat(128))),
            (&format!("r.io/{}", "n".repeat(255)), &format!("r.io/{}:latest", "n".repeat(255))),
        ] {
            assert_eq!(name(typed).to_string(), full, "{typed}");
        }
    }

    #[test]
    fn names_the_mistake() {
        let long_tag = format!("a:{}", "t".repeat(129));
        let long_name = format!("r.io/{}", "n".repeat(256));
        let long_hub_name = "n".repeat(248);
        let upper_digest = format!("a@sha256:{}", HEX.to_uppercase());
        let bare_digest = format!("a@{HEX}");
        let sha512 = format!("a@sha512:{HEX}{HEX}");
        let id = format!("sha256:{HEX}");
        for (typed, why, hint) in [
            ("", "empty", "mcr.microsoft.com"),
            ("https://mcr.microsoft.com/windows/nanoserver:1809", "scheme https://", "mcr.microsoft.com/windows/nanoserver:1809"),
            ("docker://nginx", "scheme docker://", "nginx"),
            ("oci://registry.example/app", "scheme oci://", "oci:registry.example/app"),
            ("docker/Docker:1", "lower case", "did you mean docker/docker:1?"),
            ("r.io/A/b:Tag", "lower case", "did you mean r.io/a/b:Tag?"),
            ("NGINX", "lower case", "did you mean nginx?"),
            (" nginx", "space", "type nginx"),
            ("nginx redis", "space", "argument of its own"),
            ("nginx\u{a0}", "space", "type nginx"),
            ("nginx:", "tag after the colon is empty", "leave the colon out"),
            ("nginx:-x", "not a tag", "letters"),
            ("nginx:a:b", "not a tag", ""),
            ("a/b:80/c", "not a tag", ""),
            ("nginx:ä", "not a tag", ""),
            (&long_tag, "129 characters", ""),
            (&long_name, "256 characters", ""),
            (&long_hub_name, "256 characters", ""),
            ("nginx@sha256:abc", "3 hex digits instead of 64", "whole digest"),
            ("nginx@sha256:xyz", "other characters", ""),
            (&upper_digest, "lower case", HEX),
            (&bare_digest, "algorithm", "@sha256:"),
            (&sha512, "sha512", "sha256"),
            ("nginx@", "algorithm", ""),
            ("@sha256:abc", "no name", ""),
            (HEX, "ID of an image", "NAME@sha256:"),
            (&id, "ID of an image", "NAME@sha256:"),
            ("docker/", "ends with a slash", ""),
            ("r.io/", "no repository", ""),
            ("docker.io/docker///docker", "between two slashes", ""),
            ("/docker", "between two slashes", ""),
            ("-docker/docker", "begin and end", ""),
            ("docker-/docker", "begin and end", ""),
            ("_docker/_docker", "begin and end", ""),
            ("____/____", "cannot stand", ""),
            ("r.io/dock..er", "\"..\"", ""),
            ("a/dock_.er", "\"_.\"", ""),
            ("a/b*c", "'*'", ""),
            ("nanosérver", "'é'", ""),
            ("-docker.io/docker", "not the name of a registry", ""),
            ("a..b/c", "not the name of a registry", ""),
            ("host:port/app", "\"port\" is not a port", "1 to 65535"),
            ("host:65536/app", "\"65536\" is not a port", ""),
            ("host:/app", "\"\" is not a port", ""),
            ("fc00::1:5000/debian", "fc00::1", "brackets"),
            ("[fe80::1%eth0]:5000/debian", "fe80", "brackets"),
            ("[fc00::1]", "not allowed", ""),
            ("nginx\u{1b}[31m", "control character \\u{1b}", ""),
            ("nginx\n::error::x", "control character \\n", ""),
            ("oci:", "no path", "oci:DIR"),
            ("oci-archive::tag", "no path", "oci-archive:FILE"),
            ("docker-archive:C:\\x.tar:", "empty", "docker-archive:C:\\x.tar"),
        ] {
            let error = mistake(typed);
            let cause = error.causes.join("; ");
            assert!(cause.contains(why), "{typed:?}: {cause}");
            assert!(error.hint.as_deref().unwrap_or_default().contains(hint), "{typed:?}: {:?}", error.hint);
            assert!(!error.what.contains(char::is_control) && !cause.contains(char::is_control), "{typed:?}");
        }
        assert_eq!(mistake(&sha512).kind, ErrorKind::Unsupported);
    }

    #[test]
    fn reads_paths_with_and_without_a_drive() {
        use Format::{DockerArchive, OciArchive, OciLayout};
        for (typed, format, path, name) in [
            ("oci:layout", OciLayout, "layout", None),
            ("oci:/srv/my layout:ltsc2022", OciLayout, "/srv/my layout", Some("ltsc2022")),
            ("oci:dir:registry.example:5000/app:1.2", OciLayout, "dir", Some("registry.example:5000/app:1.2")),
            (r"oci-archive:C:\x\img.tar:ltsc2022", OciArchive, r"C:\x\img.tar", Some("ltsc2022")),
            (r"oci:C:\x", OciLayout, r"C:\x", None),
            ("oci:c:/x:t", OciLayout, "c:/x", Some("t")),
            (r"docker-archive:\\server\share\x.tar:app:1", DockerArchive, r"\\server\share\x.tar", Some("app:1")),
            (r"docker-archive:\\?\C:\x.tar:app:1", DockerArchive, r"\\?\C:\x.tar", Some("app:1")),
            // One letter, no slash: a folder and a tag.
            ("oci:c:tag", OciLayout, "c", Some("tag")),
            ("oci:é:x", OciLayout, "é", Some("x")),
        ] {
            let reference: Reference = typed.parse().unwrap();
            let expected = Location::Local { format, path: path.into(), name: name.map(str::to_owned) };
            assert_eq!(*reference.location(), expected, "{typed}");
        }
    }

    #[test]
    fn a_very_long_text_makes_a_short_message() {
        let error = mistake(&"a".repeat(1_000_000));
        assert!(error.to_string().len() < 300, "{error}");
    }
}
