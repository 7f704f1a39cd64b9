//! A user name and a password before the name of an image or a server, which are not shown: the one place that hides them. Names of
//! images hold none.

use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

use crate::user_info::{Found, after_scheme, is_host, next_scheme};
#[cfg(feature = "clusters")]
use crate::user_info::{is_digest, last_at};

/// What stands in the place of a user name with its password.
const DOTS: &str = "…";

/// Parts of arguments that hold a password with a space or a quote in it, each with what is shown instead. In other words such a
/// password could not be told from the words before it.
static REMEMBERED: RwLock<Vec<(String, String)>> = RwLock::new(Vec::new());

/// The name behind a user name or a password, e.g. `r.test/app:1` of `https://bob:secret@r.test/app:1`; `None` where there is neither.
pub(crate) fn without(text: &str) -> Option<&str> {
    let (scheme, rest) = after_scheme(text);
    Found::of(rest, scheme).filter(Found::is_before_name).map(|found| found.name)
}

/// True if something of the text is not to be shown, since it may be a password. Nothing else may be said of such a text that repeats it.
pub(crate) fn is_hidden(text: &str) -> bool {
    matches!(hidden(text), Cow::Owned(_))
}

/// An argument or another single value as it may be shown: `…` in the place of each user name with its password. What has spaces in it
/// is one value all the same: passwords can hold them.
pub(crate) fn hidden(text: &str) -> Cow<'_, str> {
    masked(text)
}

/// Words as they may be shown: `…` in the place of each user name with its password, which does not say how long they are.
pub(crate) fn hidden_in(words: &str) -> Cow<'_, str> {
    match without_remembered(words) {
        Cow::Borrowed(words) => in_words(words),
        Cow::Owned(words) => Cow::Owned(in_words(&words).into_owned()),
    }
}

/// True for an argument that as a whole is a user name and a password before a server: the spaces in it belong to the password, and it
/// was not copied from the output of a tool.
pub(crate) fn is_whole(argument: &str) -> bool {
    whole(argument).is_some()
}

/// Keeps in mind what is to be hidden of this argument wherever it is shown from now on, where a space or a quote in it would hide the
/// password from [`hidden_in`].
#[cfg(feature = "program")]
pub(crate) fn remember(argument: &str) {
    let Some(found) = whole(argument).filter(|found| found.login.contains(ends_word)) else { return };
    let mut parts = vec![(format!("{}@", found.login), format!("{DOTS}@"))];
    // The last word of it may be shown alone.
    if let Some(last) = found.login.rsplit(ends_word).next().filter(|last| !last.is_empty()) {
        parts.push((format!("{last}@{}", found.name), format!("{DOTS}@{}", found.name)));
    }
    REMEMBERED.write().unwrap_or_else(PoisonError::into_inner).extend(parts);
}

/// The name of an image for a log that others read: without all that stands before it, a user name alone too, and without what an
/// address has behind its path.
#[cfg(feature = "clusters")]
pub(crate) fn bare(reference: &str) -> Cow<'_, str> {
    let name = last_at(reference).and_then(|at| reference.get(at + 1..));
    let shown = name.map_or(Cow::Borrowed(reference), |name| Cow::Owned(format!("…@{name}")));
    let Some((path, query)) = shown.split_once('?') else { return shown };
    Cow::Owned(match query.rsplit_once('@') {
        Some((_, digest)) if is_digest(digest) => format!("{path}?…@{digest}"),
        _ => format!("{path}?…"),
    })
}

/// True if these words repeat a part of what is hidden in this text, e.g. an error about one of its parts.
#[cfg(feature = "program")]
pub(crate) fn is_told(text: &str, words: &str) -> bool {
    let shown = hidden(text);
    let mut parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    matches!(shown, Cow::Owned(_)) && parts.any(|part| !shown.contains(part) && words.contains(part))
}

/// The user name and the password of an argument that is nothing else, before a server.
fn whole(argument: &str) -> Option<Found<'_>> {
    let (scheme, rest) = after_scheme(argument);
    let found = Found::of(rest, scheme)?;
    let (user, password) = found.login.split_once(':')?;
    let server = found.name.split('/').next().unwrap_or_default();
    let has_server = is_host(server) || (!server.is_empty() && server.len() < found.name.len());
    // As behind `Error: `.
    let is_sentence = user.contains(ends_word) || password.starts_with(char::is_whitespace) || found.name.contains(ends_word);
    (has_server && !is_sentence && found.may_be_secret(scheme)).then_some(found)
}

/// These words without what was remembered.
fn without_remembered(words: &str) -> Cow<'_, str> {
    if !words.contains('@') {
        return Cow::Borrowed(words);
    }
    let mut shown = Cow::Borrowed(words);
    let remembered = REMEMBERED.read().unwrap_or_else(PoisonError::into_inner);
    for (part, instead) in &*remembered {
        if shown.contains(part.as_str()) {
            shown = Cow::Owned(shown.replace(part.as_str(), instead));
        }
    }
    shown
}

/// True for a character that stands behind a word.
fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '\'' | '`')
}

fn in_words(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    // Each with the character that ends it.
    let words = text.split_inclusive(ends_word).map(|word| match word.strip_suffix(ends_word) {
        Some(inner) => masked(inner).into_owned() + word.get(inner.len()..).unwrap_or_default(),
        None => masked(word).into_owned(),
    });
    Cow::Owned(words.collect())
}

/// The text with dots in the place of what may be a user name with its password: at its beginning, and behind each scheme.
fn masked(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let (mut scheme, mut rest) = ("", Some(text));
    while let Some(all) = rest {
        let (piece, next, behind) = match next_scheme(all) {
            Some((piece, next, behind)) => (piece, next, Some(behind)),
            None => (all, "", None),
        };
        match Found::of(piece, scheme).filter(|found| found.may_be_secret(scheme)) {
            Some(found) => shown.extend([found.before, DOTS, "@", found.name]),
            None => shown.push_str(piece),
        }
        (scheme, rest) = (next, behind);
    }
    if shown == text { Cow::Borrowed(text) } else { Cow::Owned(shown) }
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
            ("bob:pw@r.test/app@${DIGEST}", "r.test/app@${DIGEST}", "…@r.test/app@${DIGEST}"),
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
            // No name of an image either, and nobody can tell a port from a password.
            ("r.test:5000/team@v1/app", "…@v1/app"),
            // In the name of a file.
            ("./bob:pw@r.test/app", "./…@r.test/app"),
            ("/w/bob:pw@registry/app", "/w/…@registry/app"),
            ("oci:bob:pw@registry/app", "oci:…@registry/app"),
            ("@bob:pw@registry", "@…@registry"),
            (r"C:\w\bob:pw@registry", r"C:\w\…@registry"),
            ("file:///bob:pw@r.test/app", "file:///…@r.test/app"),
            // Beside other text, and with a scheme in the password.
            ("web=bob:pw@registry/app", "web=…@registry/app"),
            ("--host=web=bob:pw=pw@registry", "--host=web=…@registry"),
            ("bob:pw://pw@registry", "…@registry"),
            ("a=http://u:pw@h:5000/p", "a=http://…@h:5000/p"),
            ("a=http://h,b=https://u:pw@i,c=http://u:pw@j", "a=http://h,b=https://…@i,c=http://…@j"),
            ("a=http://u:p/w?x#y@z@h", "a=http://…@h"),
            ("http://u:pw://pw@h", "http://…@h"),
            ("https://u:pw@r.test/app@sha256:00", "https://…@r.test/app@sha256:00"),
            ("https://pw@r.test/app", "https://…@r.test/app"),
            ("--HTTPS://pw@r.test/app", "--HTTPS://…@r.test/app"),
        ] {
            assert_eq!(hidden(text), shown, "{text}");
            assert!(is_hidden(text) && !hidden_in(text).contains("pw"), "{text}");
        }
        assert_eq!(hidden("https://u:pw pw@r.test/app"), "https://…@r.test/app", "one value, with a space");
    }

    #[test]
    #[cfg(feature = "program")]
    fn a_part_of_a_password_is_known_in_other_words() {
        assert!(is_told("bob:hunter2@r.test", "`hunter2@r.test` is not a port"));
        assert!(is_told("a=http://bob:hun/ter2@h", "`ter2` is not a port"));
        assert!(!is_told("bob:hunter2@r.test", "`r.test` is not a port"));
        assert!(!is_told("80:hunter2", "`hunter2` is not a port"), "no password");
    }

    #[test]
    fn words_are_shown_without_passwords() {
        for (text, shown) in [
            ("`bob:pw@registry/app` is not a host: bob:pw@registry", "`…@registry/app` is not a host: …@registry"),
            ("{\"a\":\"https://u:pw@h\",\"b\":\"c@d\"}", "{\"a\":\"https://…@h\",\"b\":\"c@d\"}"),
            ("see (https://u:pw@h)", "see (https://…@h)"),
            ("see (u:pw@h) and x=[u:pw@h]", "see (…@h) and x=[…@h]"),
        ] {
            assert_eq!(hidden_in(text), shown);
            assert_eq!(hidden_in(shown), shown, "twice");
        }
        for text in [
            "a:1 b@sha256:12, c:2@sha256:34",
            "web=10.0.20348.1",
            "ask bob@x.test at 12:30: mailto:bob@x.test",
            r"C:\Users\bob@x.test\a.txt",
            r"the file (C:\Users\bob@x.test\a.txt)",
            "in HTTPS_PROXY: http://USER:PASSWORD@proxy.test:3128",
            "desk (docker/containerd@29.1.0): git@github.test:a/b ssh://git@github.test/a",
            "NAME:TAG, and only a digest after an @: NAME@sha256:…",
            "https://******@r.test/app",
            "--hosts @hosts.txt",
        ] {
            assert_eq!(hidden_in(text), text);
        }
    }

    #[test]
    fn a_long_text_is_looked_through_once() {
        for part in ["@sha1:", "@", "@<digest", "x@://", "a://@", "@@:", "oci:@", "bob:pw@h,"] {
            let text = part.repeat(1 << 18);
            assert!(hidden(&text).len() <= 2 * text.len(), "{part}");
        }
    }

    #[test]
    #[cfg(feature = "clusters")]
    fn a_log_names_images_alone() {
        let hex = "a".repeat(64);
        for (reference, shown) in [
            ("r.test/app:1".to_owned(), "r.test/app:1".to_owned()),
            (format!("r.test/app@sha256:{hex}"), format!("r.test/app@sha256:{hex}")),
            (format!("user:s3cret@r.test/app@sha256:{hex}"), format!("…@r.test/app@sha256:{hex}")),
            ("user:s3cret@sha.example/app:1".to_owned(), "…@sha.example/app:1".to_owned()),
            ("r.test/app:1?token=s3cret".to_owned(), "r.test/app:1?…".to_owned()),
            (format!("r.test/app?token=s3cret@sha256:{hex}"), format!("r.test/app?…@sha256:{hex}")),
            ("user@s3cret@r.test/app".to_owned(), "…@r.test/app".to_owned()),
            ("bob@r.test/app".to_owned(), "…@r.test/app".to_owned()),
        ] {
            assert_eq!(bare(&reference), shown);
        }
    }

    #[test]
    fn a_line_does_not_say_how_long_a_password_is() {
        for (line, shown) in [
            ("FROM bob:pw@r.test/app:1 AS build", "FROM …@r.test/app:1 AS build"),
            ("    image: \"https://bob:pä@r.test/app\" # x", "    image: \"https://…@r.test/app\" # x"),
            ("  - {image: 'bob:pw@r.test/app'}\r", "  - {image: '…@r.test/app'}\r"),
            ("FROM bob:pa/ss@registry/app:1", "FROM …@registry/app:1"),
            ("image: reg.test/bob:pw@x.test/app", "image: …@x.test/app"),
            ("FROM app@sha256:12 AS a", "FROM app@sha256:12 AS a"),
            ("RUN echo a:b", "RUN echo a:b"),
            ("", ""),
        ] {
            assert_eq!(hidden_in(line), shown);
        }
    }

    #[test]
    fn a_whole_argument_may_have_spaces_and_quotes_in_its_password() {
        for text in [
            "user:S3cr3t Pw@r.example.com/app:1",
            "user:S3cr3t\"Pw@r.example.com/app",
            "user:it's@registry/app",
            "https://user:S3cr3t Pw@r.example.com",
            "--host=user:S3cr3t Pw@registry/app",
            "user:pw@registry/app",
        ] {
            assert!(is_whole(text), "{text}");
        }
        for text in [
            "Error: pull failed for bob@r.test/app",
            "OS Name: Windows a@r.test/app",
            "a:b c@d",
            "web:x y@r.test/app is away",
            "{\"a\":\"https://u:p@h/x\"}",
            "10.0.20348.2402",
        ] {
            assert!(!is_whole(text), "{text}");
        }
    }

    #[test]
    #[cfg(feature = "program")]
    fn what_was_remembered_is_hidden_in_other_words() {
        for argument in ["eve:nobody els3 knows@r.example.com/app:1", "eve:qu0te\"in zzit@registry/app"] {
            assert!(hidden_in(argument).contains("eve:"), "the words alone do not say it");
            remember(argument);
            let name = argument.split('@').nth(1).unwrap();
            assert_eq!(hidden_in(&format!("there is no `{argument}` here")), format!("there is no `…@{name}` here"));
            let last = argument.rsplit([' ', '"']).next().unwrap();
            assert_eq!(hidden_in(&format!("no {last}")), format!("no …@{name}"));
            assert_eq!(hidden_in(&format!("no …@{name}")), format!("no …@{name}"));
        }
    }

    #[test]
    fn many_versions_take_no_more_time_than_a_few() {
        let text = |number: usize| format!("a:b{}", "@1.2".repeat(number));
        assert_eq!(hidden(&text(3)), text(3));
        assert_eq!(hidden(&text(100_000)), "…@1.2");
    }

    #[test]
    fn a_password_is_hidden_before_whatever_looks_like_a_server() {
        for (text, shown) in [
            ("bob:pw@r.test/app@latest", "…@latest"),
            ("bob:pw@registry/app@1.2.3", "…@1.2.3"),
            ("bob:@pw@registry/app", "…@registry/app"),
            ("bob:12/pw@registry/app", "…@registry/app"),
            ("https://bob.xy:12/pw@registry/app", "https://…@registry/app"),
            ("https://corp.test/bob:pw@registry/app", "https://…@registry/app"),
            ("https://r.test/bob:pw@x.test", "https://…@x.test"),
            ("https://bob:pw@latest", "https://…@latest"),
            ("https://token:@registry/app", "https://…@registry/app"),
            ("token:@r.test/app", "…@r.test/app"),
            ("bob:pw@10.0.0.5", "…@10.0.0.5"),
            ("bob:pw@v2.test", "…@v2.test"),
            ("bob:pw@1.2/app", "…@1.2/app"),
        ] {
            assert_eq!(hidden(text), shown, "{text}");
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
            "nginx:1@blake3:12",
            "r.test/app:${TAG}@${DIGEST}",
            "r.test:5000/app:$TAG@$APP_SHA256",
            "app:{{.Tag}}@{{.Values.digest}}",
            "app:1@<digest>",
            "a:1@sha256:12 b:2@sha256:34",
            "ubuntu@latest",
            "ubuntu:22.04@latest",
            "app:v1@latest",
            "app:1@v2",
            "npm:@scope/pkg",
            "npm:@scope/pkg@1.2.3",
            "npm:@scope/pkg@1.2.3-beta.1",
            "pkg:docker/x@1.2?os=windows",
            "https://example.com/path:80/@x",
            "https://example.com:8443/@scope/pkg",
            "https://example.com/a:b@x",
            "@web01.txt",
            "@scope/app",
            "team/@scope/app",
            "actions/checkout@v4",
            "git@github.com:org/repo",
            "kubernetes-admin@kubernetes",
            "https://medium.test/@me/a",
            "r.test/team@v1/app",
            "bob@r.test",
            "home/bob@r.test/compose.yaml",
            "./bob@r.test/app",
            "C:/bob@r.test/app",
            "@C:/bob@r.test/app:1",
            "oci:/home/bob@r.test/app:1",
            "file:///bob@r.test/app",
        ] {
            assert_eq!((without(text), hidden(text).as_ref()), (None, text), "{text}");
        }
    }
}
