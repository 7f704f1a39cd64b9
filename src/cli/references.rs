//! The references of arguments and lists: what is a file, a host, or lacks its registry is recognised, with what to type instead.

use std::path::Path;
use std::time::Instant;

use super::list;
use super::paths;
use super::wording::shell_word;
use crate::advice::{Setting, advice};
use crate::files::read_regular;
use crate::host;
use crate::image::reference::{Format, Location};
use crate::image::{DOCKER_HUB, Name, Reference};
use crate::knowledge::Knowledge;
use crate::knowledge::builds::MICROSOFT_REGISTRY;
use crate::login;
use crate::oci::layout;
use crate::scan::{FileKind, kind_of};
use crate::text::{is_quote, quoted};
use crate::{Error, ErrorKind};

/// The forms of images in the file system, each with a prefix.
const FORMATS: [Format; 3] = [Format::OciLayout, Format::OciArchive, Format::DockerArchive];

/// The beginnings of texts that can only be paths.
const PATHS: [&str; 7] = ["./", "../", "/", ".\\", "..\\", "\\", "~/"];

/// The endings of archives.
const ARCHIVES: [&str; 4] = [".tar", ".tar.gz", ".tgz", ".tar.zst"];

/// Microsoft's repositories that are not base images, by their beginnings.
const MICROSOFT_PATHS: [&str; 6] =
    ["dotnet/", "windows/", "oss/kubernetes/", "azure-functions/", "powershell", "businesscentral"];

/// The words with which commands and lines begin that name an image further on.
const BEFORE_IMAGES: [&str; 11] =
    ["docker", "docker.exe", "podman", "podman.exe", "nerdctl", "ctr", "crictl", "crane", "from", "image:", "wincompat"];

/// The most bytes of a file that is looked at to say what it is.
const LOOKED_AT: u64 = 1 << 20;

/// Reads a reference that others wrote, in a file or a cluster: what is on disk is not for them to name. `hint` says what to write.
/// Nothing of the file system is looked at for such a text: what is there is not for them to know either, and on Windows a path can
/// name another machine, which would be asked.
///
/// # Errors
///
/// A text that is a path, a malformed reference, a host, and a repository of Microsoft's without its registry.
pub fn in_registry(text: &str, knowledge: &Knowledge, hint: &str) -> Result<Reference, Error> {
    if prefixed(text).is_some() || is_path(text) || (is_archive(text) && !text.contains('/')) {
        return Err(Error::of(ErrorKind::Invalid, format!("{} is not an image in a registry", quoted(text))).hint(hint));
    }
    by_name(text, knowledge)
}

/// Reads the reference of an image that is to be pulled. Of one that is named as a file, only that is said: whether it is there changes nothing.
///
/// # Errors
///
/// Those of [`read`].
pub fn to_pull(text: &str, knowledge: &Knowledge) -> Result<Reference, Error> {
    if prefixed(text).is_some() { text.parse() } else { read(text, knowledge, None) }
}

/// Reads a reference. A path that exists is recognised by its content; reading through a compressed archive ends at the deadline.
///
/// # Errors
///
/// A malformed reference, a path that is not there, a file that is not an image, a host, and a repository of Microsoft's without its
/// registry.
pub fn read(text: &str, knowledge: &Knowledge, deadline: Option<Instant>) -> Result<Reference, Error> {
    if let Some((format, path)) = prefixed(text) {
        if is_there(path) {
            return Ok(Reference::at_path(text, format, path));
        }
        let reference: Reference = text.parse()?;
        return match reference.location() {
            Location::Local { path, name, .. } if matches!(path.try_exists(), Ok(false)) => {
                let tag = name.as_ref().map(|name| format!(":{name}")).unwrap_or_default();
                Err(paths::missing(path, |meant| shell_word(&format!("{}:{meant}{tag}", format.prefix())), format.advice()))
            }
            _ => Ok(reference),
        };
    }
    if !text.contains("://")
        && let Some(reference) = on_disk(text, knowledge, deadline)
    {
        return reference;
    }
    by_name(text, knowledge)
}

/// Reads a reference by its text alone.
///
/// # Errors
///
/// A malformed reference, a host, and a repository of Microsoft's without its registry.
fn by_name(text: &str, knowledge: &Knowledge) -> Result<Reference, Error> {
    if text.contains("://") {
        return text.parse();
    }
    if is_host(text, knowledge) {
        return Err(Error::of(ErrorKind::Invalid, format!("{} is a host, not an image", quoted(text))).hint(advice![
            "name the host with ",
            Setting::Host(text.to_owned()),
            ", and the image without an option"
        ]));
    }
    let reference: Reference = text.parse().map_err(|error: Error| match joined(text, knowledge).or_else(|| pasted(text)) {
        Some(meant) => error.hint(meant),
        None => error,
    })?;
    match reference.location() {
        Location::Registry(name) if name.registry == DOCKER_HUB && !names_registry(text) => at_microsoft(name, knowledge)
            .map_or(Ok(reference.clone()), |repository| Err(without_registry(text, name, &repository, knowledge))),
        _ => Ok(reference),
    }
}

/// The failure to read an image that is called like a folder here: it may be the folder that is meant.
pub fn beside_folder(text: &str, error: Error) -> Error {
    let is_unread =
        matches!(error.kind, ErrorKind::NotFound | ErrorKind::Unauthorized | ErrorKind::Network | ErrorKind::RateLimited);
    if !is_unread || names_registry(text) || !is_there(text) || !Path::new(text).is_dir() {
        return error;
    }
    let folder = quoted(&login::hidden(text));
    let scan = format!("for the images that the files in the folder {folder} name, {}; for this image, ", scan_of(text));
    let otherwise = error.advice();
    error.hint(advice![scan, otherwise])
}

/// The command that checks the images in this file or folder.
fn scan_of(typed: &str) -> String {
    format!("`wincompat scan {}`", shell_word(&login::hidden(typed)))
}

/// The form that a prefix names, and the text behind it.
fn prefixed(text: &str) -> Option<(Format, &str)> {
    FORMATS.iter().find_map(|format| Some((*format, text.strip_prefix(format.prefix())?.strip_prefix(':')?)))
}

/// The longest text that is looked for as a path, in bytes: what is longer is none that somebody types.
const LONGEST_PATH: usize = 4096;

/// True for a text that is a path as a whole, with the colons in it.
fn is_there(text: &str) -> bool {
    text.len() <= LONGEST_PATH && !text.chars().any(char::is_control) && Path::new(text).exists()
}

/// The hint for the name of a base image with spaces in it, e.g. `mcr.microsoft.com/windows/server core:ltsc2022`.
fn joined(text: &str, knowledge: &Knowledge) -> Option<String> {
    let name = text.trim();
    if !name.contains(' ') || name.chars().any(char::is_control) {
        return None;
    }
    let (path, tag) = name.split_once(':').unwrap_or((name, ""));
    let typed = path.strip_prefix(MICROSOFT_REGISTRY).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path);
    let repository = knowledge.repository_like(typed)?;
    let mark = if tag.is_empty() { "" } else { ":" };
    let tag = knowledge.tag_like(tag, Some(repository)).unwrap_or_else(|| tag.replace(' ', ""));
    Some(format!("did you mean {MICROSOFT_REGISTRY}/{repository}{mark}{tag}?"))
}

/// The hint for a command or a line of a file that was given as one argument, e.g. `docker run IMAGE cmd`, `FROM IMAGE AS build`: the
/// only image in it that has a registry and a tag.
fn pasted(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().map(|word| word.trim_matches(is_quote)).collect();
    let mut images = words.iter().enumerate().filter(|(_, word)| is_complete(word));
    let ((at, image), None) = (images.next()?, images.next()) else { return None };
    let mut before = words.iter().take(at);
    before
        .any(|word| BEFORE_IMAGES.iter().any(|known| word.eq_ignore_ascii_case(known)))
        .then(|| format!("did you mean {image}?"))
}

/// True for a name with a registry, and with a tag or a digest.
pub fn is_complete(word: &str) -> bool {
    let is_name = names_registry(word) && !word.starts_with('-') && !word.contains('=') && !word.contains("://");
    let location = || word.parse().ok().map(|reference: Reference| reference.location().clone());
    is_name && matches!(location(), Some(Location::Registry(name)) if name.tag.is_some() || name.digest.is_some())
}

/// True for a text that is a host and cannot well be an image: `windows-server-2022`, `@web01.txt`.
fn is_host(text: &str, knowledge: &Knowledge) -> bool {
    !text.contains(['/', ':']) && host::is_host(text, knowledge)
}

/// True if the registry was typed.
fn names_registry(text: &str) -> bool {
    text.split_once('/').is_some_and(|(first, _)| first.contains(['.', ':']))
}

/// The repository in Microsoft's registry that is meant by a name without a registry, e.g. `windows/nanoserver` by `nanoserver`.
fn at_microsoft(name: &Name, knowledge: &Knowledge) -> Option<String> {
    let typed = name.repository.strip_prefix("library/").unwrap_or(&name.repository);
    let bases = || knowledge.base_images.iter().flat_map(|base| &base.repositories).map(|base| base.repository.as_str());
    let is_base = |path: &str| bases().any(|base| base == path);
    let below_windows = format!("windows/{typed}");
    if is_base(typed) || MICROSOFT_PATHS.iter().any(|path| typed == *path || (path.ends_with('/') && typed.starts_with(path))) {
        Some(typed.to_owned())
    } else {
        // `server` alone may be anything.
        (typed != "server" && is_base(&below_windows)).then_some(below_windows)
    }
}

fn without_registry(text: &str, name: &Name, repository: &str, knowledge: &Knowledge) -> Error {
    let rest = match (&name.tag, &name.digest) {
        (Some(tag), Some(digest)) => format!(":{tag}@{digest}"),
        (Some(tag), None) => format!(":{tag}"),
        (None, Some(digest)) => format!("@{digest}"),
        (None, None) => String::new(),
    };
    let as_typed = format!("{}/{}{rest}", name.registry, name.repository);
    let moved = match (&name.tag, &name.digest) {
        (Some(tag), None) => knowledge.moved_release(repository, tag),
        _ => None,
    };
    let meant = match moved {
        Some((repository, tag)) => format!("{repository}:{tag}"),
        None => format!("{repository}{rest}"),
    };
    Error::of(ErrorKind::NotFound, format!("{} has no registry before it", quoted(text)))
        .because(format!("it then means {as_typed}, and Microsoft's images are not on Docker Hub"))
        .hint(format!("did you mean {MICROSOFT_REGISTRY}/{meant}? For Docker Hub itself, type {as_typed}"))
}

/// The image at a path that exists, or why there is none; `None` for a text that is not a path.
fn on_disk(text: &str, knowledge: &Knowledge, deadline: Option<Instant>) -> Option<Result<Reference, Error>> {
    if text.len() > LONGEST_PATH {
        return None;
    }
    let typed = if is_there(text) { text } else { Reference::path_in(text) };
    let path = Path::new(typed);
    let is_path = is_path(text);
    if typed.is_empty() || text.chars().any(char::is_control) {
        return None;
    }
    if !path.exists() {
        let is_missing =
            is_path && !text.contains(char::is_whitespace) || (is_archive(typed) && !text.contains('/') && typed == text);
        let tag = text.get(typed.len()..).unwrap_or_default();
        return is_missing.then(|| {
            Err(paths::missing(
                path,
                |meant| shell_word(&format!("{meant}{tag}")),
                "look at the path; an image in a registry is named NAME:TAG, e.g. mcr.microsoft.com/windows/nanoserver:ltsc2022",
            ))
        });
    }
    let why = match layout::format_of(path, deadline) {
        Ok(Some(format)) if typed == text => return Some(Ok(Reference::at_path(text, format, text))),
        Ok(Some(format)) => return Some(Reference::on_disk(text, format)),
        Ok(None) => None,
        Err(why) => Some(why),
    };
    // A repository may be called like a folder or a file beside it.
    let names_a_file = path.is_file() && path.file_name().is_some_and(|name| is_file_name(&name.to_string_lossy()));
    // `.`, `deploy/` and `MyApp` name no image.
    let names_a_folder = typed == text && path.is_dir() && text.parse::<Reference>().is_err();
    (is_path || names_a_file || names_a_folder).then(|| Err(not_an_image(typed, path, why, knowledge)))
}

/// True for a text that can only be a path, whether it is there or not.
fn is_path(text: &str) -> bool {
    PATHS.iter().any(|beginning| text.starts_with(beginning)) || is_on_drive(text)
}

/// True for a name that archives have.
fn is_archive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ARCHIVES.iter().any(|ending| name.ends_with(ending))
}

/// True for `C:\x` and `C:/x`, which are paths wherever they are typed: no image is called so.
fn is_on_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
}

/// True for a name that files have, and images hardly: one with an ending, or a Dockerfile's.
fn is_file_name(name: &str) -> bool {
    name.contains('.') || kind_of(Path::new(name)).is_some()
}

/// What a file is by its name, if files of that name name images that are looked for by another command.
fn names_images(path: &Path) -> Option<&'static str> {
    Some(match kind_of(path)? {
        FileKind::Dockerfile => "a Dockerfile",
        FileKind::Yaml => "a YAML file",
        FileKind::Bake => "a bake file",
        FileKind::Groovy => "a pipeline of Jenkins",
        FileKind::List => return None,
    })
}

/// The error of a file that was given as a list of images and is one of those that a scan reads, whatever it is called.
pub fn not_a_list(typed: &str) -> Option<Error> {
    let path = Path::new(typed);
    let what = names_images(path).filter(|_| path.is_file() && !has_one_a_line(path))?;
    let error = Error::of(ErrorKind::Invalid, format!("{} is {what}, not a list of images", quoted(typed)));
    Some(error.hint(format!("{} checks the images that it names", scan_of(typed))))
}

/// True for a file with one word on each line that can be the name of an image.
fn has_one_a_line(path: &Path) -> bool {
    let bytes = read_regular(path, LOOKED_AT).unwrap_or_default();
    let lines = list::parse(&bytes).unwrap_or_default();
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric()) && !text.contains(char::is_whitespace) && !text.ends_with(':')
    };
    !lines.is_empty() && lines.iter().all(|line| is_name(&line.text))
}

/// The error of a file or folder that does not contain an image: what it is, and what to type. `why` says why it was not read as an archive.
fn not_an_image(typed: &str, path: &Path, why: Option<Error>, knowledge: &Knowledge) -> Error {
    let error = |what: &str| Error::of(ErrorKind::Invalid, format!("{} is {what}, not an image", quoted(typed)));
    if path.is_dir() {
        return error("a folder").because("it has no file oci-layout, so it is not an OCI image layout").hint(format!(
            "{} checks the images that its files name; a layout is made by `skopeo copy docker://IMAGE oci:DIR`",
            scan_of(typed)
        ));
    }
    let is_archive = path.file_name().is_some_and(|name| is_archive(&name.to_string_lossy()));
    if let Some(what) = names_images(path).filter(|_| !is_archive && path.is_file()) {
        return error(what).hint(format!("{} checks the images that it names", scan_of(typed)));
    }
    let Some(why) = why else {
        return error("an archive without one")
            .because("it holds neither a manifest.json nor an image layout")
            .hint("make one with `docker save -o FILE IMAGE`");
    };
    // A file of another kind is as good an archive as any other text.
    if why.kind != ErrorKind::Invalid || !path.is_file() || is_archive {
        return why.or_hint("make an archive with `docker save -o FILE IMAGE`");
    }
    let bytes = read_regular(path, LOOKED_AT).unwrap_or_default();
    if host::read(&bytes, None, &host::Attributes::default(), knowledge).is_ok() {
        return error("a file about a host").hint(advice!["read it with ", Setting::Host(format!("@{typed}"))]);
    }
    let causes = why.causes;
    Error { causes, ..error("a file") }.hint(format!(
        "for a list of images, one per line, use --from {}; for a manifest, {}",
        shell_word(typed),
        scan_of(typed)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> Error {
        match read(text, Knowledge::built_in(), None) {
            Err(error) => error,
            Ok(reference) => panic!("{text}: {reference:?}"),
        }
    }

    fn hint(text: &str) -> String {
        error(text).hint.map(|hint| hint.to_string()).unwrap_or_default()
    }

    #[test]
    fn microsofts_repositories_need_their_registry() {
        for (typed, meant) in [
            ("nanoserver:ltsc2022", "mcr.microsoft.com/windows/nanoserver:ltsc2022?"),
            ("windows/nanoserver:1809", "mcr.microsoft.com/windows/nanoserver:1809?"),
            ("windows/servercore:ltsc2019", "mcr.microsoft.com/windows/servercore:ltsc2019?"),
            ("servercore", "mcr.microsoft.com/windows/servercore?"),
            ("library/nanoserver:1809", "mcr.microsoft.com/windows/nanoserver:1809?"),
            ("windows:1809", "mcr.microsoft.com/windows:1809?"),
            ("windows:ltsc2022", "mcr.microsoft.com/windows/server:ltsc2022?"),
            ("windows/server:ltsc2019", "mcr.microsoft.com/windows:1809?"),
            ("dotnet/framework/aspnet:4.8", "mcr.microsoft.com/dotnet/framework/aspnet:4.8?"),
            ("dotnet/sdk:8.0", "mcr.microsoft.com/dotnet/sdk:8.0?"),
            ("windows/servercore/iis:windowsservercore-ltsc2022", "mcr.microsoft.com/windows/servercore/iis:"),
        ] {
            assert!(hint(typed).contains(meant), "{typed}: {}", hint(typed));
        }
        for typed in [
            "nginx",
            "server:1",
            "team/nanoserver:1",
            "docker.io/library/nanoserver:1809",
            "docker.io/windows/nanoserver",
            "localhost:5000/nanoserver",
            "golang:nanoserver",
            "mcr.microsoft.com/windows/nanoserver:ltsc2022",
            "microsoft/nanoserver",
        ] {
            assert!(read(typed, Knowledge::built_in(), None).is_ok(), "{typed}");
        }
    }

    #[test]
    fn the_name_of_a_base_image_may_have_spaces_in_it() {
        for (typed, meant) in [
            ("sever core", "mcr.microsoft.com/windows/servercore?"),
            ("mcr.microsoft.com/windows/server core:ltsc2022", "mcr.microsoft.com/windows/servercore:ltsc2022?"),
            ("windows/nano server:ltsc 2022", "mcr.microsoft.com/windows/nanoserver:ltsc2022?"),
        ] {
            assert_eq!(hint(typed), format!("did you mean {meant}"), "{typed}");
        }
        for typed in ["nginx redis", "mcr.microsoft.com/windows/nanoserver:1809 nginx", "a b"] {
            assert_eq!(hint(typed), "give each image as an argument of its own; in a list, on a line of its own", "{typed}");
        }
    }

    #[test]
    fn a_command_that_was_pasted_names_an_image() {
        const IMAGE: &str = "mcr.microsoft.com/windows/nanoserver:ltsc2022";
        for typed in [
            format!("docker run -it {IMAGE} cmd"),
            format!("docker run --rm -p 8080:80/tcp -v C:\\data:C:\\data {IMAGE} cmd /c dir"),
            format!("FROM {IMAGE} AS base"),
            format!("FROM --platform=windows/amd64 {IMAGE}"),
            format!("image: {IMAGE}"),
            format!("- image: \"{IMAGE}\""),
            format!("podman.exe pull {IMAGE}"),
        ] {
            assert_eq!(hint(&typed), format!("did you mean {IMAGE}?"), "{typed}");
        }
        for typed in [
            "docker run nanoserver:1809 cmd".to_owned(),
            "docker run mcr.microsoft.com/windows/nanoserver cmd".to_owned(),
            format!("docker pull {IMAGE} r.test/app:2"),
            format!("nginx {IMAGE}"),
            format!("{IMAGE} docker"),
        ] {
            assert_eq!(hint(&typed), "give each image as an argument of its own; in a list, on a line of its own", "{typed}");
        }
    }

    #[test]
    fn a_host_is_not_an_image() {
        for typed in ["windows-server-2022", "ltsc2019", "20348", "10.0.20348.2402", "WS2022", "all", "@web01.txt", "win11-24h2"]
        {
            assert_eq!(error(typed).what, format!("`{typed}` is a host, not an image"));
            assert!(hint(typed).contains(&format!("<host(\"{}\")>", typed.to_lowercase())), "{}", hint(typed));
        }
    }

    #[test]
    fn a_file_says_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> String {
            let path = folder.join(name);
            std::fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        }
        for (path, what, advice) in [
            (write(folder.path(), "Dockerfile", "FROM x"), "is a Dockerfile", "Dockerfile` checks"),
            (write(folder.path(), "web.dockerfile", "FROM x"), "is a Dockerfile", "web.dockerfile` checks"),
            (write(folder.path(), "Jenkinsfile", "node {}"), "is a pipeline of Jenkins", "`wincompat scan "),
            (write(folder.path(), "docker-bake.hcl", ""), "is a bake file", "`wincompat scan "),
            (write(folder.path(), "app.tar", "no archive"), "could not be read", "docker save"),
            (write(folder.path(), "empty.tar", ""), "could not be read", "docker save"),
            (write(folder.path(), "app.tar.xz", b"\xfd7zXZ\0\0\x04"), "could not be read", "docker save"),
            (write(folder.path(), "none.tar", [0; 1024]), "is an archive without one", "docker save"),
            (write(folder.path(), "compose.yaml", "services:"), "is a YAML file", "`wincompat scan "),
            (
                write(folder.path(), "web01.txt", "Microsoft Windows [Version 10.0.20348.1]"),
                "is a file about a host",
                "web01.txt",
            ),
            (write(folder.path(), "images.txt", "nginx:1\n"), "is a file,", "--from"),
            (write(folder.path(), "pod.json", "{}"), "is a file,", "for a manifest, `wincompat scan "),
            (folder.path().to_str().unwrap().to_owned(), "is a folder", "oci:DIR"),
            (format!("{}/", folder.path().display()), "is a folder", "`wincompat scan "),
            (".".to_owned(), "is a folder", "`wincompat scan .` checks the images that its files name"),
        ] {
            let error = error(&path);
            assert!(error.what.contains(what), "{path}: {error}");
            assert!(error.hint.unwrap().to_string().contains(advice), "{path}");
        }
        assert!(error(folder.path().join("app.tar.xz").to_str().unwrap()).sentence().contains("compressed by xz"));
        for missing in ["./no-such.tar", "../no-such", "no-such.tar", "/no/such/folder", "C:\\no\\such", "C:/no/such"] {
            assert_eq!(error(missing).what, format!("there is no file or folder `{missing}`"));
        }
        assert_eq!(error("C:\\a@b\\x:y").what, "there is no file or folder `C:\\a@b\\x`");
    }

    #[test]
    fn a_file_that_names_images_is_no_list_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        for (name, text) in [
            ("Dockerfile", "FROM nginx:1"),
            ("compose.yaml", "services:\n  web:\n    image: nginx:1\n"),
            ("images.txt", "nginx:1"),
            ("images", "nginx:1"),
            ("list.yaml", "# all\nnginx:1 # web\nredis\n"),
        ] {
            std::fs::write(path(name), text).unwrap();
        }
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain("nginx:1\r\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        std::fs::write(path("wide.yml"), wide).unwrap();
        let error = not_a_list(&path("Dockerfile")).unwrap();
        assert!(error.what.ends_with("is a Dockerfile, not a list of images"), "{error}");
        assert!(error.hint.unwrap().to_string().starts_with("`wincompat scan "));
        assert!(not_a_list(&path("compose.yaml")).is_some());
        for list in ["images.txt", "images", "no-such.yaml", "list.yaml", "wide.yml"] {
            assert_eq!(not_a_list(&path(list)), None, "{list}");
        }
    }

    #[test]
    fn a_mistyped_path_is_asked_for_by_the_names_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["layout", "layers", "app.tar"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let path = |name: &str| folder.path().join(name).display().to_string();
        let layout = |name: &str| shell_word(&format!("oci:{}:1", path(name)));
        let both = format!("did you mean {} or {}?", layout("layers"), layout("layout"));
        let missing = error(&format!("oci:{}:1", path("lay")));
        assert_eq!(missing.kind, ErrorKind::NotFound);
        assert_eq!(missing.hint.unwrap().to_string(), both);
        assert_eq!(hint(&path("ap.tar")), format!("did you mean {}?", shell_word(&path("app.tar"))));
        assert_eq!(hint(&format!("oci:{}", path("none"))), Format::OciLayout.advice());
        // A word to type, with a blank in it.
        std::fs::create_dir(folder.path().join("pod one")).unwrap();
        let meant = hint(&path("pod"));
        let quoted = ['\'', '"'].map(|quote| format!("did you mean {quote}{}{quote}?", path("pod one")));
        assert!(quoted.contains(&meant), "{meant}");
    }

    #[test]
    fn those_who_write_files_are_not_told_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("layout")).unwrap();
        std::fs::write(folder.path().join("layout/oci-layout"), "{}").unwrap();
        std::fs::write(folder.path().join("secret.txt"), "").unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let read = |text: &str| in_registry(text, Knowledge::built_in(), "name one");
        // The folder in which the tests run has these files of the package.
        for text in [
            path("layout"),
            path("lay"),
            path("secret.txt"),
            path("secre"),
            format!("{}:1", path("layout")),
            format!("oci:{}", path("lay")),
            "./Cargo.tom".to_owned(),
            "./Cargo.toml".to_owned(),
            "../none".to_owned(),
            "~/.ssh/id".to_owned(),
            "app.tar".to_owned(),
            "app.TAR.GZ".to_owned(),
            r".\Cargo.toml".to_owned(),
            r"..\none".to_owned(),
            r"\Windows".to_owned(),
            r"\\server.test\share\x".to_owned(),
            "//server.test/share/x".to_owned(),
            r"C:\Users".to_owned(),
            "c:/Users:1".to_owned(),
        ] {
            let error = read(&text).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid, "{text}: {error:?}");
            assert!(error.what.ends_with(" is not an image in a registry"), "{text}: {error:?}");
            assert_eq!(error.hint.unwrap().to_string(), "name one", "{text}");
        }
        // Names of images, whatever lies in this folder under them.
        for text in ["src", "docs:1", "r.test/app.tar", "r.test/app.tar:1", "team/app.tar:1"] {
            assert_eq!(read(text).unwrap().as_str(), text);
        }
        for text in ["Cargo.toml", "README.md:1", "."] {
            let error = read(text).unwrap_err();
            let shown = format!("{} {}", error.sentence(), error.hint.unwrap());
            assert!(!shown.contains("file") && !shown.contains("folder"), "{text}: {shown}");
        }
    }

    #[test]
    fn an_image_that_is_called_like_a_folder_may_be_that_folder() {
        let failed = || Error::of(ErrorKind::Network, "no").hint("try again");
        let hint = |text: &str, error: Error| beside_folder(text, error).hint.unwrap().to_string();
        // The folder in which the tests run is that of the package.
        assert_eq!(
            hint("src", failed()),
            "for the images that the files in the folder `src` name, `wincompat scan src`; for this image, try again"
        );
        assert_eq!(hint("no-such-folder", failed()), "try again");
        assert_eq!(hint("src", failed().of_kind(ErrorKind::Invalid)), "try again");
    }

    #[test]
    fn a_layout_and_an_archive_are_known_by_their_content() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("oci-layout"), "{}").unwrap();
        let typed = format!("{}:ltsc2022", folder.path().display());
        let reference = read(&typed, Knowledge::built_in(), None).unwrap();
        assert_eq!(reference.as_str(), typed);
        assert!(matches!(reference.location(), Location::Local { name: Some(name), .. } if name == "ltsc2022"));

        let archive = folder.path().join("saved");
        let mut tar = tar::Builder::new(std::fs::File::create(&archive).unwrap());
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        header.set_mode(0o644);
        tar.append_data(&mut header, "manifest.json", &b"[]"[..]).unwrap();
        tar.into_inner().unwrap();
        let reference = read(archive.to_str().unwrap(), Knowledge::built_in(), None).unwrap();
        assert!(matches!(reference.location(), Location::Local { format: Format::DockerArchive, .. }));
    }

    /// On Windows no name of a file has a colon in it.
    #[cfg(unix)]
    #[test]
    fn a_path_that_is_there_may_have_a_colon_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("build:12");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("oci-layout"), "{}").unwrap();
        let whole = path.to_str().unwrap();
        for (typed, tag) in
            [(whole.to_owned(), None), (format!("oci:{whole}"), None), (format!("oci:{}:1", folder.path().display()), Some("1"))]
        {
            let reference = read(&typed, Knowledge::built_in(), None).unwrap();
            let Location::Local { name, .. } = reference.location() else { panic!("{typed}") };
            assert_eq!((reference.as_str(), name.as_deref()), (typed.as_str(), tag));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_to_be_saved_first() {
        let refused = error("/dev/null");
        assert!(refused.sentence().contains("a pipe or a device"), "{refused:?}");
        assert_eq!(refused.hint.unwrap().to_string(), "save it to a file first, and name that file");
    }
}
