//! A user name and a password before the name of an image or a server, as addresses of the web have them: the one place that knows
//! them, and hides them. Names of images hold none.

use std::borrow::Cow;
use std::net::Ipv4Addr;
use std::sync::{PoisonError, RwLock};

/// What stands before names of files and folders.
const PATHS: [&str; 8] = ["oci:", "oci-archive:", "docker-archive:", ".", "/", "\\", "~", "@"];

/// The algorithms of digests, as they stand behind an @.
const ALGORITHMS: [&str; 4] = ["sha256:", "sha384:", "sha512:", "blake3:"];

/// What stands before an address within other text. Behind anything else, `://` can be a part of a password.
const BEFORE_ADDRESSES: &str = "=,;|&(<[{\"'`";

/// How advice writes a user name and a password.
const EXAMPLE: &str = "USER:PASSWORD";

/// The most versions, each behind an @, before which a login is looked for; of longer texts everything is hidden.
const MOST_VERSIONS: usize = 8;

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

/// The scheme at the beginning of a text, empty where it has none, and what stands behind it.
fn after_scheme(text: &str) -> (&str, &str) {
    match text.split_once("://") {
        Some((scheme, rest)) if !scheme.is_empty() && scheme.chars().all(is_of_scheme) => (scheme, rest),
        _ => ("", text),
    }
}

/// The text up to the next address, with its scheme and the slashes; the scheme; and what stands behind them.
fn next_scheme(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices("://").find_map(|(at, slashes)| {
        let before = text.get(..at)?;
        let begin = before.trim_end_matches(is_of_scheme);
        let scheme = before.get(begin.len()..).filter(|scheme| !scheme.is_empty())?;
        let is_within = |last: char| !last.is_whitespace() && !BEFORE_ADDRESSES.contains(last);
        if begin.chars().next_back().is_some_and(is_within) {
            return None;
        }
        let end = at + slashes.len();
        Some((text.get(..end)?, scheme, text.get(end..)?))
    })
}

/// What stands before the name of an image or a server, and that name. It is looked for once: what is hidden and what is advised follow
/// from the same parts.
struct Found<'a> {
    /// What does not belong to it, e.g. `web=`.
    before: &'a str,
    /// The user name, and the password where there is a colon.
    login: &'a str,
    /// What stands behind the @.
    name: &'a str,
    /// True for the name of a file or a folder.
    is_path: bool,
}

impl<'a> Found<'a> {
    /// What stands before the last @ of this text that is not that of a digest. The scheme before the text is empty where it has none.
    fn of(text: &'a str, scheme: &str) -> Option<Self> {
        let (before, rest) = if scheme.is_empty() { after_equals(text) } else { ("", text) };
        let is_path = match scheme {
            "" => PATHS.iter().any(|path| rest.starts_with(path)) || is_on_drive(rest),
            _ => rest.starts_with('/'),
        };
        let folders = if is_path { folders_of(rest) } else { 0 };
        let (before, rest) = (text.get(..before.len() + folders)?, rest.get(folders..)?);
        let at = last_at(rest)?;
        Some(Self { before, login: rest.get(..at)?, name: rest.get(at + 1..)?, is_path })
    }

    /// True for what may be a password. Rather too much than too little: all with a colon in it; and where people browse, a token can stand
    /// in the place of the user name.
    fn may_be_secret(&self, scheme: &str) -> bool {
        self.is_secret(scheme, MOST_VERSIONS)
    }

    /// The same, with a look at what stands before at most so many further ones.
    fn is_secret(&self, scheme: &str, left: usize) -> bool {
        let is_masked = self.login.chars().all(|c| matches!(c, '…' | '*'));
        let is_mail = self.login.strip_prefix("mailto:").is_some_and(|user| !user.contains(':'));
        let lower = scheme.to_ascii_lowercase();
        // Also of `git+https` and `--https`.
        let is_token = (lower.ends_with("http") || lower.ends_with("https")) && !self.login.contains('/');
        let may_be = (self.login.contains(':') || is_token) && !is_masked && !is_mail && self.login != EXAMPLE;
        // Directly behind the scheme, a server always stands behind the @.
        may_be && (is_token || left == 0 || !self.is_before_no_server(scheme, left - 1))
    }

    /// True where nothing that can be a server stands behind the @, as in `npm:@scope/app@1.2.3` and `app:v1@latest`; and where the @ stands
    /// in the path of an address of the web.
    fn is_before_no_server(&self, scheme: &str, left: usize) -> bool {
        let (server, path) = self.name.split_once('/').unwrap_or((self.name, ""));
        let is_without_password =
            self.login.split_once(':').is_some_and(|(user, password)| password.is_empty() && !user.is_empty());
        let authority = self.login.split('/').next().unwrap_or_default();
        // A password can hold slashes, and begin with digits as a port does.
        let is_in_path = !scheme.is_empty()
            && authority.len() < self.login.len()
            && is_host(authority)
            && (self.login.trim_end_matches('/') == authority || (path.is_empty() && !authority.contains(':')));
        let is_none = is_version(self.name) || (!is_host(server) && (is_without_password || is_in_path));
        // Before an @ further on, as in `bob:secret@r.test/app@latest`.
        is_none && !Self::of(self.login, scheme).is_some_and(|found| found.is_secret(scheme, left))
    }

    /// True if it surely stands before the name of an image.
    fn is_before_name(&self) -> bool {
        let (user, has_password) = self.login.split_once(':').map_or((self.login, false), |(user, _)| (user, true));
        if self.is_path || user.contains('/') || self.login.is_empty() {
            return false;
        }
        let (host, path) = self.name.split_once('/').unwrap_or((self.name, ""));
        match (has_password, path.is_empty()) {
            // As in 5000/team, the port of a registry and a folder.
            (true, false) => is_host(host) || !(self.login.contains('/') || self.login.ends_with(':')),
            (true, true) | (false, false) => is_host(host),
            (false, true) => false,
        }
    }
}

/// A text of the form NAME=VALUE as `NAME=` and the value; user names hold no equals sign, passwords can. Brackets before the value belong to
/// neither.
fn after_equals(text: &str) -> (&str, &str) {
    let user = text.split(':').next().unwrap_or_default();
    let at = user.rfind('=').map_or(0, |at| at + 1);
    let value = text.get(at..).unwrap_or_default();
    text.split_at_checked(text.len() - value.trim_start_matches(['(', '[', '<']).len()).unwrap_or(("", text))
}

/// The length of the folders of a path before the name with its first colon, e.g. of `/w/` in `/w/bob:secret@r.test`: what was typed is
/// shown below the folder it was typed in, too.
fn folders_of(path: &str) -> usize {
    let starts = || PATHS.iter().filter(|start| start.ends_with([':', '@']));
    let mut rest = path;
    while let Some(shorter) =
        starts().find_map(|start| rest.strip_prefix(start)).or_else(|| rest.get("C:".len()..).filter(|_| is_on_drive(rest)))
    {
        rest = shorter;
    }
    let folders = rest.split(':').next().and_then(|before| before.rfind(['/', '\\'])).map_or(0, |at| at + 1);
    path.len() - rest.len() + folders
}

/// The last @ that is not that of a digest: a password may hold an @ itself.
fn last_at(text: &str) -> Option<usize> {
    let is_end = |at: usize| text.get(at + 1..).is_none_or(|behind| !is_meant_as_digest(behind));
    text.rmatch_indices('@').map(|(at, _)| at).find(|at| is_end(*at))
}

const fn is_of_scheme(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.')
}

/// True for `C:\x` and `C:/x`.
fn is_on_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
}

/// True for a digest with nothing behind it.
fn is_digest(text: &str) -> bool {
    ALGORITHMS.iter().any(|algorithm| text.starts_with(algorithm))
}

/// True for a digest, and for what somebody meant as one: `sha265:12`, `SHA-256:12`, the 64 digits alone, and a variable for it. Looked at up
/// to the next @ alone: a long text may be full of them.
fn is_meant_as_digest(text: &str) -> bool {
    let text = text.split('@').next().unwrap_or(text);
    if is_digest(text) || is_variable_of_digest(text) {
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

/// True for the version of a package, and for the tag of the newest image: `1.2.3`, `v2`, `1.2-beta?os=windows`, `latest`. No server is
/// called so.
fn is_version(text: &str) -> bool {
    let name = text.split(['?', '#']).next().unwrap_or_default();
    let number = name.strip_prefix('v').unwrap_or(name);
    let core = number.split(['-', '+']).next().unwrap_or_default();
    let is_digit = |c: char| c.is_ascii_digit();
    let is_number = core.starts_with(is_digit) && core.ends_with(is_digit) && core.chars().all(|c| is_digit(c) || c == '.');
    let is_short = number.len() < name.len() && core == number;
    name == "latest" || (is_number && (core.contains('.') || is_short) && !name.contains(['/', ':']) && !is_host(name))
}

/// True for a variable that is put in the place of a digest, by its name: `${DIGEST}`, `$IMAGE_SHA256`, `{{.Values.digest}}`, `<digest>`.
fn is_variable_of_digest(text: &str) -> bool {
    let name = text.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_lowercase();
    text.starts_with(['$', '{', '<', '%'])
        && !text.contains('/')
        && (name.contains("digest") || name.ends_with("sha") || name.ends_with("sha256"))
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
