//! A user name and a password before the name of an image, as addresses of the web have them. Names of images hold none.

use std::borrow::Cow;
use std::net::Ipv4Addr;

/// What stands before names of files and folders.
const PATHS: [&str; 8] = ["oci:", "oci-archive:", "docker-archive:", ".", "/", "\\", "~", "@"];

/// The algorithms of digests, as they stand behind an @.
const ALGORITHMS: [&str; 3] = ["sha256:", "sha384:", "sha512:"];

/// The name behind a user name or a password, e.g. `r.test/app:1` of `https://bob:secret@r.test/app:1`; `None` where there is neither.
pub(crate) fn without(text: &str) -> Option<&str> {
    split(text).map(|(_, _, name)| name)
}

/// True if something of the text is not to be shown, since it may be a password. Nothing else may be said of such a text that repeats it.
pub(crate) fn is_hidden(text: &str) -> bool {
    secret(text).is_some()
}

/// The text as it may be shown: `…` in the place of what may be a user name with its password.
pub(crate) fn hidden(text: &str) -> Cow<'_, str> {
    match secret(text) {
        Some((scheme, _, name)) => Cow::Owned(format!("{scheme}…@{name}")),
        None => Cow::Borrowed(text),
    }
}

/// A line of a file as it may be shown, as long as it is: `*` in the place of each character of a user name with its password.
pub(crate) fn starred(line: &str) -> Cow<'_, str> {
    if !line.contains('@') {
        return Cow::Borrowed(line);
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`');
    let star = |word: &str| match secret(word) {
        Some((scheme, login, name)) => format!("{scheme}{}@{name}", "*".repeat(login.chars().count())),
        None => word.to_owned(),
    };
    // Each with the character that ends it.
    let words = line.split_inclusive(ends).map(|word| match word.strip_suffix(ends) {
        Some(inner) => star(inner) + word.get(inner.len()..).unwrap_or_default(),
        None => star(word),
    });
    Cow::Owned(words.collect())
}

/// The scheme with its slashes, what may be a user name with its password, and what stands behind the @. Rather too much than too
/// little: all that has a colon in it and stands before an @ that is not that of a digest.
fn secret(text: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = without_scheme(text)?;
    // A password may hold an @ itself: the last one counts.
    let (at, _) = rest.rmatch_indices('@').find(|(at, _)| rest.get(at + 1..).is_none_or(|behind| !is_meant_as_digest(behind)))?;
    let login = rest.get(..at).filter(|login| login.contains(':'))?;
    Some((scheme, login, rest.get(at + 1..)?))
}

/// The scheme with its slashes, and what stands behind it; `None` for a path.
fn without_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (text.get(..scheme.len() + "://".len())?, rest),
        _ => ("", text),
    };
    (!PATHS.iter().any(|path| rest.starts_with(path)) && !is_on_drive(rest)).then_some((scheme, rest))
}

/// The scheme with its slashes, the user name with its password, and the name of an image behind the @.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = without_scheme(text)?;
    // A password may hold an @ itself, and a digest stands behind one.
    let before_digest = match rest.rsplit_once('@') {
        Some((before, digest)) if is_digest(digest) => before,
        _ => rest,
    };
    let login = before_digest.rsplit_once('@')?.0;
    let name = rest.get(login.len() + 1..)?;
    let (user, has_password) = login.split_once(':').map_or((login, false), |(user, _)| (user, true));
    if user.contains('/') || login.is_empty() || is_digest(name) {
        return None;
    }
    let (host, path) = name.split_once('/').unwrap_or((name, ""));
    let is_login = match (has_password, path.is_empty()) {
        // As in 5000/team, the port of a registry and a folder.
        (true, false) => is_host(host) || !login.contains('/'),
        (true, true) | (false, false) => is_host(host),
        (false, true) => false,
    };
    is_login.then_some((scheme, login, name))
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// True for `C:\x` and `C:/x`.
fn is_on_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
}

/// True for a digest with nothing behind it.
fn is_digest(text: &str) -> bool {
    ALGORITHMS.iter().any(|algorithm| text.starts_with(algorithm))
}

/// True for a digest, and for what somebody meant as one: `sha265:12`, `SHA-256:12`, and the 64 digits alone.
fn is_meant_as_digest(text: &str) -> bool {
    if is_digest(text) {
        return true;
    }
    match text.split_once(':') {
        Some((algorithm, digits)) => {
            let algorithm = algorithm.to_ascii_lowercase();
            let number = algorithm.strip_prefix("sha").or_else(|| algorithm.strip_prefix("md"));
            let is_number = |number: &str| {
                number.bytes().any(|byte| byte.is_ascii_digit())
                    && number.bytes().all(|byte| byte.is_ascii_digit() || b"-_".contains(&byte))
            };
            number.is_some_and(is_number) && !digits.contains('/')
        }
        None => text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
    }
}

/// True for what is a host rather than a tag: `r.test`, `localhost:5000`, `10.0.0.5`, but not `22.04`.
fn is_host(text: &str) -> bool {
    let host = match text.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => text,
    };
    let ends_in_letters = |(_, last): (&str, &str)| last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    host.eq_ignore_ascii_case("localhost")
        || (host.starts_with('[') && host.ends_with(']'))
        || host.parse::<Ipv4Addr>().is_ok()
        || host.rsplit_once('.').is_some_and(ends_in_letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_and_hidden() {
        for (text, name, shown) in [
            ("bob:pw@127.0.0.1:5077/app:1", "127.0.0.1:5077/app:1", "…@127.0.0.1:5077/app:1"),
            ("https://bob:pw@r.test/app:1", "r.test/app:1", "https://…@r.test/app:1"),
            ("docker://bob:pw@r.test/app", "r.test/app", "docker://…@r.test/app"),
            ("bob:p@s/s:w@r.test/app:1", "r.test/app:1", "…@r.test/app:1"),
            ("bob:pw@r.test/app@sha256:12", "r.test/app@sha256:12", "…@r.test/app@sha256:12"),
            ("bob:pw@localhost:5000", "localhost:5000", "…@localhost:5000"),
            ("bob:pw@[::1]:5000/app", "[::1]:5000/app", "…@[::1]:5000/app"),
            ("bob:pw@$HOST/app", "$HOST/app", "…@$HOST/app"),
            (":pw@r.test/app", "r.test/app", "…@r.test/app"),
            // A user name alone is no secret.
            ("bob@r.test/app:1", "r.test/app:1", "bob@r.test/app:1"),
        ] {
            assert_eq!((without(text), hidden(text).as_ref()), (Some(name), shown), "{text}");
        }
    }

    #[test]
    fn what_may_be_a_password_is_hidden_where_no_name_is_known() {
        for (text, shown) in [
            ("bob:pa/ss@registry/app:1", "…@registry/app:1"),
            ("bob:pw@registry", "…@registry"),
            ("bob:pw@registry:5000", "…@registry:5000"),
            ("bob:pw@", "…@"),
            ("bob:p@ss@registry@sha256:12", "…@registry@sha256:12"),
            ("https://bob:pw@registry", "https://…@registry"),
            ("https:/bob:pw@r.test/app", "…@r.test/app"),
            ("reg.test/bob:pw@x.test/app", "…@x.test/app"),
            // No name of an image either, and nobody can tell a tag or a port from a password.
            ("ubuntu:22.04@latest", "…@latest"),
            ("r.test:5000/team@v1/app", "…@v1/app"),
        ] {
            assert_eq!(hidden(text), shown, "{text}");
            assert!(is_hidden(text) && !starred(text).contains("pw"), "{text}");
        }
    }

    #[test]
    fn a_line_keeps_its_length() {
        for (line, shown) in [
            ("FROM bob:pw@r.test/app:1 AS build", "FROM ******@r.test/app:1 AS build"),
            ("    image: \"https://bob:pä@r.test/app\" # x", "    image: \"https://******@r.test/app\" # x"),
            ("  - {image: 'bob:pw@r.test/app'}\r", "  - {image: '******@r.test/app'}\r"),
            ("FROM bob:pa/ss@registry/app:1", "FROM *********@registry/app:1"),
            ("image: reg.test/bob:pw@x.test/app", "image: ***************@x.test/app"),
            ("FROM app@sha256:12 AS a", "FROM app@sha256:12 AS a"),
            ("RUN echo a:b", "RUN echo a:b"),
            ("", ""),
        ] {
            assert_eq!(starred(line), shown);
            assert_eq!(starred(line).chars().count(), line.chars().count());
        }
    }

    #[test]
    fn what_else_has_an_at_in_it_is_left_as_it_is() {
        for text in [
            "nginx",
            "r.test:5000/app:1@sha256:12",
            "nginx@sha256:12",
            "nginx@sha256:12/",
            "nginx@sha256:12/app",
            "a@sha256:12 b@sha256:34",
            "nginx:1@sha265:12",
            "nginx:1@SHA-256:12",
            "nginx@sha256:zz",
            "a:1@sha256:12 b:2@sha256:34",
            "ubuntu@latest",
            "@web01.txt",
            "@scope/app",
            "team/@scope/app",
            "r.test/team@v1/app",
            "bob@r.test",
            "home/bob@r.test/compose.yaml",
            "./bob:x@r.test/app",
            "C:/bob@r.test/app",
            "oci:/home/bob@r.test/app:1",
            "file:///bob:x@r.test/app",
        ] {
            assert_eq!((without(text), hidden(text).as_ref()), (None, text), "{text}");
        }
    }
}
