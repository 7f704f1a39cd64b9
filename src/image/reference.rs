//! References to images as people type them, read as Docker reads them.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::image::Name;
use crate::image::name::{self, Mistake};
use crate::login;
use crate::placeholder;
use crate::text::{is_quote, shown};
use crate::{Error, ErrorKind};

/// Longer than any reference: registry, repository, tag, digest, and a path of the file system in place of the name.
const LONGEST_TEXT: usize = 8192;

/// A reference to an image: `NAME[:TAG][@DIGEST]`, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]` or `docker-archive:FILE[:TAG]`.
///
/// `nanoserver:ltsc2022` is `docker.io/library/nanoserver:ltsc2022`, as for Docker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    text: String,
    location: Location,
}

/// The place that a [`Reference`] means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// An image in a registry.
    Registry(Name),
    /// An image in the file system.
    Local {
        /// The form in which it is stored.
        format: Format,
        /// The folder or file.
        path: PathBuf,
        /// Which image of several, e.g. `ltsc2022` or `registry.example/app:1.2`.
        name: Option<String>,
    },
}

/// The forms in which images are stored in the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A folder that is an OCI image layout.
    OciLayout,
    /// A tar archive of an OCI image layout.
    OciArchive,
    /// An archive of `docker save`.
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

    /// The way to make one, e.g. ``name a file as `docker save -o FILE IMAGE` makes it``.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::OciLayout => "name a folder as `skopeo copy docker://IMAGE oci:DIR` makes it",
            Self::OciArchive => "name a file as `skopeo copy docker://IMAGE oci-archive:FILE` makes it",
            Self::DockerArchive => "name a file as `docker save -o FILE IMAGE` makes it",
        }
    }
}

impl Reference {
    /// The image that an OCI image layout lists under this name.
    pub fn in_layout(layout: impl Into<PathBuf>, name: &Name) -> Self {
        let (path, name) = (layout.into(), name.to_string());
        Self { text: name.clone(), location: Location::Local { format: Format::OciLayout, path, name: Some(name) } }
    }

    /// The image in the file system that was typed without the prefix of its format: `./app.tar`, `layout:ltsc2022`.
    ///
    /// # Errors
    ///
    /// A text without a path, and one that ends with a colon.
    pub fn on_disk(text: &str, format: Format) -> Result<Self, Error> {
        let location = local(format, text).map_err(|mistake| wrong(text, mistake))?;
        Ok(Self { text: text.to_owned(), location })
    }

    /// The image in the file system at this path, in which colons may stand.
    pub fn at_path(text: &str, format: Format, path: &str) -> Self {
        Self { text: text.to_owned(), location: Location::Local { format, path: path.into(), name: None } }
    }

    /// The path that a text may be, without a tag behind it: `./app.tar` of `./app.tar:1.2`, `C:\x` of `C:\x`.
    pub fn path_in(text: &str) -> &str {
        let drive = drive_prefix(text);
        let end = text.get(drive..).and_then(|rest| rest.find(':')).map_or(text.len(), |at| drive + at);
        text.get(..end).unwrap_or(text)
    }

    /// The text as it was typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The place that it means.
    pub fn location(&self) -> &Location {
        &self.location
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let location = locate(text).map_err(|mistake| wrong(text, mistake))?;
        Ok(Self { text: text.to_owned(), location })
    }
}

fn wrong(text: &str, mistake: Mistake) -> Error {
    let of = |kind: ErrorKind| Error::of(kind, format!("`{}` is not an image reference", shown(&login::hidden(text))));
    let error = of(mistake.kind);
    if placeholder::is_in(text) {
        return error.because(placeholder::REASON).hint(placeholder::HINT);
    }
    if let Some(name) = login::without(text) {
        let registry = name.split('/').next().unwrap_or(name);
        return of(ErrorKind::Invalid)
            .because("a user name or a password stands before it, and names of images hold neither")
            .hint(format!(
                "leave out what stands before the @, {}, and log in with `docker login {}`",
                shown(name),
                shown(registry)
            ));
    }
    // What else is wrong with it would name what is hidden.
    if login::is_hidden(text) {
        return of(ErrorKind::Invalid)
            .because("what stands before the @ may hold a password, and names of images hold none")
            .hint("leave that out; a tag stands after a colon, NAME:TAG, and only a digest after an @: NAME@sha256:…");
    }
    error.because(mistake.why).hint(match (tidied(text), mistake.hint) {
        (Some(meant), _) => format!("did you mean {meant}?"),
        (None, Some(hint)) => hint,
        (None, None) => "name it as NAME:TAG, e.g. mcr.microsoft.com/windows/nanoserver:ltsc2022".to_owned(),
    })
}

fn locate(text: &str) -> Result<Location, Mistake> {
    if text.is_empty() {
        return Err(Mistake::new("it is empty")
            .hint("type a name such as mcr.microsoft.com/windows/nanoserver:ltsc2022; a variable that is not set is empty"));
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
                // Not a place: the path of a program in Go.
                "ko" => {
                    "the tool `ko` builds this image and puts its name here: check what `ko resolve -f FILE` prints".to_owned()
                }
                _ => match image_of_page(rest) {
                    Some(image) => format!("this is the address of a web page; type {image}:TAG, with a tag that stands there"),
                    None => format!("leave the scheme out: {rest}"),
                },
            }));
        }
    }
    for format in [Format::OciLayout, Format::OciArchive, Format::DockerArchive] {
        if let Some(rest) = text.strip_prefix(format.prefix()).and_then(|rest| rest.strip_prefix(':')) {
            return local(format, rest);
        }
    }
    name::read(text).map(Location::Registry)
}

/// The image that a page of a registry's web site is about, as the site writes its addresses; without a tag.
fn image_of_page(address: &str) -> Option<String> {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<&str> = address.split('/').filter(|part| !part.is_empty()).collect();
    let image = match parts.as_slice() {
        ["mcr.microsoft.com", path @ ..] => {
            let begins = path.windows(2).position(|two| two == ["artifact", "mar"]).map(|at| at + 2);
            let begins = begins.or_else(|| path.iter().position(|part| *part == "product").map(|at| at + 1))?;
            let name = path.get(begins..)?.iter().take_while(|part| !matches!(**part, "about" | "tags" | "tag"));
            format!("mcr.microsoft.com/{}", name.copied().collect::<Vec<_>>().join("/"))
        }
        ["hub.docker.com", "_", name, ..] => (*name).to_owned(),
        ["hub.docker.com", "r", owner, name, ..] => format!("{owner}/{name}"),
        ["quay.io", "repository", owner, name, ..] => format!("quay.io/{owner}/{name}"),
        ["github.com", owner, _, "pkgs", "container", name, ..]
        | ["github.com", "orgs" | "users", owner, "packages", "container", "package", name, ..] => {
            format!("ghcr.io/{owner}/{name}").to_ascii_lowercase()
        }
        _ => return None,
    };
    name::read(&image).is_ok().then_some(image)
}

/// The name without what was copied along with it: quotes, a comma, a slash or the end of the line at its end, Windows' slashes behind a
/// registry.
fn tidied(text: &str) -> Option<String> {
    let inner = text.trim_matches(|c: char| is_quote(c) || matches!(c, ',' | ';' | '/' | '\\' | '\r' | '\n'));
    let registry = inner.split_once('\\').map(|(registry, _)| registry);
    let is_path = registry.is_some_and(|registry| !registry.contains('.') || registry.starts_with('.'));
    let is_registry = text.ends_with('/') && !inner.contains('/');
    let inner = inner.replace('\\', "/");
    (inner != text && !is_path && !is_registry && name::read(&inner).is_ok()).then_some(inner)
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
    fn the_address_of_a_page_names_its_image() {
        for (address, image) in [
            ("https://mcr.microsoft.com/en-us/artifact/mar/windows/servercore/tags", "mcr.microsoft.com/windows/servercore"),
            ("https://mcr.microsoft.com/product/windows/nanoserver/about", "mcr.microsoft.com/windows/nanoserver"),
            ("https://hub.docker.com/_/golang", "golang"),
            ("https://hub.docker.com/r/microsoft/windowsservercore/", "microsoft/windowsservercore"),
            ("https://quay.io/repository/org/app?tab=tags", "quay.io/org/app"),
            ("https://github.com/Org/repo/pkgs/container/app/123?tag=1", "ghcr.io/org/app"),
        ] {
            let hint = mistake(address).hint.unwrap().to_string();
            assert!(hint.contains(&format!("type {image}:TAG")), "{address}: {hint}");
        }
        let hint = mistake("https://r.test/app:1").hint.unwrap().to_string();
        assert_eq!(hint, "leave the scheme out: r.test/app:1");
        let hint = mistake("ko://example.com/cmd/app").hint.unwrap().to_string();
        assert!(hint.contains("`ko resolve -f FILE`"), "{hint}");
    }

    #[test]
    fn a_password_before_a_name_is_refused_and_not_shown() {
        for (typed, meant) in [
            ("bob:hunter2@127.0.0.1:5077/app:1", "127.0.0.1:5077/app:1"),
            ("https://bob:hunter2@127.0.0.1:5077/app:1", "127.0.0.1:5077/app:1"),
            ("bob:hunter2@127.0.0.1:5077/app@sha256:12", "127.0.0.1:5077/app@sha256:12"),
            ("bob@127.0.0.1:5077/app:1", "127.0.0.1:5077/app:1"),
        ] {
            let error = mistake(typed);
            assert_eq!(error.kind, ErrorKind::Invalid);
            assert!(error.sentence().contains("names of images hold neither"), "{error:?}");
            let hint = error.hint.clone().unwrap().to_string();
            assert!(hint.contains(meant) && hint.ends_with("`docker login 127.0.0.1:5077`"), "{hint}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        let error = mistake("bob:hunter2@$REGISTRY/app");
        assert!(error.sentence().contains("was not replaced") && !format!("{error:?}").contains("hunter2"), "{error:?}");
    }

    #[test]
    fn what_may_be_a_password_is_in_no_part_of_the_error() {
        for typed in [
            "bob:hun/ter2@registry/app:1",
            "bob:hunter2@registry",
            "hunter2:hun/ter2@registry:5000/app,",
            "reg.test/bob:hunter2@x.test/app",
            "https://bob:hun/ter2@registry/app",
            "bob:hun/ter2@registry/app@sha512:12",
        ] {
            let error = mistake(typed);
            assert_eq!(error.kind, ErrorKind::Invalid);
            assert!(error.sentence().contains("may hold a password"), "{error:?}");
            assert!(!format!("{error:?}").contains("ter2") && !format!("{error:?}").contains("hun"), "{error:?}");
        }
    }

    #[test]
    fn what_was_copied_along_with_a_name_is_left_out() {
        for typed in [
            "r.test/app:1,",
            "\"r.test/app:1\"",
            "'r.test/app:1'",
            "r.test/app:1/",
            "r.test\\app:1",
            "r.test/app:1;",
            "r.test/app:1\n",
            "r.test/app:1\r\n",
        ] {
            assert_eq!(mistake(typed).hint.unwrap().to_string(), "did you mean r.test/app:1?", "{typed}");
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
            // Upper case alone makes it a registry: without it, this would be docker.io/foo/bar.
            ("Foo/bar", "Foo/bar:latest"),
            ("LocalHost/bar", "localhost/bar:latest"),
            ("a/b:_1.2-x", "docker.io/a/b:_1.2-x"),
            ("a/b:LTSC2022", "docker.io/a/b:LTSC2022"),
            // A name of 64 characters that is not a hexadecimal number, and one that is but has a registry before it.
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
            (" ", "space", "write the name of an image"),
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
            (&bare_digest, "algorithm", &format!("type @sha256:{HEX}")),
            (&sha512, "sha512", "sha256"),
            ("nginx@", "not a digest", "NAME@sha256:…"),
            ("ubuntu@latest", "not a digest", "a tag stands after a colon"),
            ("ubuntu:22.04@latest", "not a digest", "a tag stands after a colon"),
            ("app:1@sha265:abc", "not a digest algorithm", "use @sha256:…"),
            ("app@sha256:zz", "other characters", ""),
            ("nginx@9f86d081884c", "algorithm", "the whole digest"),
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
            ("“nginx:1”", "not allowed", "did you mean nginx:1?"),
            ("%IMAGE%", "was not replaced", "%NAME% in cmd"),
            ("mcr.microsoft.com/windows/nanoserver:$env:TAG", "was not replaced", "$env:NAME in PowerShell"),
            ("$(Build.Image)", "was not replaced", "set the variable"),
            ("${{ matrix.image }}", "was not replaced", "the shell or pipeline"),
            ("nginx\u{1b}[31m", "control character \\u{1b}", ""),
            ("nginx\n::error::x", "control character \\n", ""),
            ("oci:", "no path", "oci:DIR"),
            ("oci-archive::tag", "no path", "oci-archive:FILE"),
            ("docker-archive:C:\\x.tar:", "empty", "docker-archive:C:\\x.tar"),
        ] {
            let error = mistake(typed);
            let cause = error.causes.join("; ");
            assert!(cause.contains(why), "{typed:?}: {cause}");
            assert!(error.hint.clone().unwrap_or_default().to_string().contains(hint), "{typed:?}: {:?}", error.hint);
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
    fn a_path_may_stand_without_its_format() {
        for (text, path, name) in [
            ("./app.tar", "./app.tar", None),
            ("layout:ltsc2022", "layout", Some("ltsc2022")),
            (r"C:\x\app.tar:1", r"C:\x\app.tar", Some("1")),
        ] {
            let reference = Reference::on_disk(text, Format::OciLayout).unwrap();
            let expected = Location::Local { format: Format::OciLayout, path: path.into(), name: name.map(str::to_owned) };
            assert_eq!((reference.as_str(), reference.location()), (text, &expected));
            assert_eq!(Reference::path_in(text), path);
        }
        assert!(Reference::on_disk("layout:", Format::OciLayout).is_err());
    }

    #[test]
    fn a_very_long_text_makes_a_short_message() {
        let error = mistake(&"a".repeat(1_000_000));
        assert!(error.to_string().len() < 300, "{error}");
    }

    #[test]
    fn what_is_not_a_reference_is_led_to_one() {
        for text in ["-", ":y", "x//y", "@sha256:12", "a\u{7}", &"a".repeat(300), &"a".repeat(100_000)] {
            let hint = text.parse::<Reference>().unwrap_err().hint.unwrap().to_string();
            assert!(hint.contains("NAME:TAG"), "{hint}");
        }
    }
}
