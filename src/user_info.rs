//! What stands before the name of an image or a server, as addresses of the web have it: a user name, a password, or something else that
//! only looks like them.

use std::net::Ipv4Addr;

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

/// The scheme at the beginning of a text, empty where it has none, and what stands behind it.
pub(crate) fn after_scheme(text: &str) -> (&str, &str) {
    match text.split_once("://") {
        Some((scheme, rest)) if !scheme.is_empty() && scheme.chars().all(is_of_scheme) => (scheme, rest),
        _ => ("", text),
    }
}

/// The text up to the next address, with its scheme and the slashes; the scheme; and what stands behind them.
pub(crate) fn next_scheme(text: &str) -> Option<(&str, &str, &str)> {
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
pub(crate) struct Found<'a> {
    /// What does not belong to it, e.g. `web=`.
    pub(crate) before: &'a str,
    /// The user name, and the password where there is a colon.
    pub(crate) login: &'a str,
    /// What stands behind the @.
    pub(crate) name: &'a str,
    /// True for the name of a file or a folder.
    is_path: bool,
}

impl<'a> Found<'a> {
    /// What stands before the last @ of this text that is not that of a digest. The scheme before the text is empty where it has none.
    pub(crate) fn of(text: &'a str, scheme: &str) -> Option<Self> {
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
    pub(crate) fn may_be_secret(&self, scheme: &str) -> bool {
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
    pub(crate) fn is_before_name(&self) -> bool {
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
pub(crate) fn last_at(text: &str) -> Option<usize> {
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
pub(crate) fn is_digest(text: &str) -> bool {
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
pub(crate) fn is_host(text: &str) -> bool {
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
