//! What a team has accepted: exceptions in its configuration, and in comments beside a reference.

use std::path::Path;

use globset::{Glob, GlobBuilder, GlobMatcher};
use jiff::civil::Date;

/// Failures that are accepted. What is not named may be anything.
#[derive(Clone, Debug, Default)]
pub struct Exception {
    /// The code of the finding, e.g. `build-mismatch`.
    pub code: Option<String>,
    /// The image.
    pub image: Option<Pattern>,
    /// The path of the file, from the folder of the configuration.
    pub path: Option<Pattern>,
    /// The name of the host.
    pub host: Option<Pattern>,
    /// Why it is accepted.
    pub reason: String,
    /// The last day on which it is.
    pub until: Option<Date>,
    /// The line of the configuration.
    pub line: u32,
}

/// A pattern with `*`, `?`, `[…]` and `{a,b}`; `**` in paths. A word without any is the whole text.
#[derive(Clone, Debug)]
pub struct Pattern {
    matcher: GlobMatcher,
    /// True if a folder that is like this stands for all files below it.
    takes_folders: bool,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// One that is malformed, with the reason.
    pub fn of(text: &str, is_path: bool) -> Result<Self, String> {
        let built: Result<Glob, _> = GlobBuilder::new(text).literal_separator(is_path).backslash_escape(true).build();
        let matcher = built.map_err(|error| error.kind().to_string())?.compile_matcher();
        Ok(Self { matcher, takes_folders: false })
    }

    /// Reads a pattern of files as people write it: `./` before it says nothing, and `old`, `old/` and `./old/**` are all files of the
    /// folder. `old/*` is still what stands in the folder itself: a wildcard at the end says how deep it goes.
    ///
    /// # Errors
    ///
    /// One that is malformed, with the reason.
    pub fn of_files(text: &str) -> Result<Self, String> {
        let path = text.trim_start_matches("./");
        let folder = path.trim_end_matches('/');
        let last = folder.rsplit('/').next().unwrap_or_default();
        let takes_folders = folder.len() < path.len() || !last.contains(['*', '?', '[', '{']);
        Ok(Self { takes_folders, ..Self::of(folder, true)? })
    }

    /// True if the text is like this.
    pub fn matches(&self, text: &str) -> bool {
        // The last of the folders above a path is the empty one, which no pattern is meant for.
        let mut folders = Path::new(text).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
        self.matcher.is_match(Path::new(text)) || self.takes_folders && folders.any(|folder| self.matcher.is_match(folder))
    }
}

/// One failure, as an exception sees it.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'f> {
    /// The codes of its errors.
    pub codes: &'f [String],
    /// The image as it is meant.
    pub image: &'f str,
    /// The path of the file.
    pub path: &'f str,
    /// The name of the host.
    pub host: &'f str,
}

impl Exception {
    /// True if it is about this failure, whatever the day. Every error of a result has to be accepted, so a code is enough only where
    /// the result has no other.
    pub fn covers(&self, failure: &Failure<'_>) -> bool {
        let fits = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.matches(text));
        let codes =
            self.code.as_ref().is_none_or(|code| !failure.codes.is_empty() && failure.codes.iter().all(|one| one == code));
        codes && fits(&self.image, failure.image) && fits(&self.path, failure.path) && fits(&self.host, failure.host)
    }

    /// True if its last day is over.
    pub fn is_expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

/// An exception in a comment: `# wincompat: allow build-mismatch -- the node pool is replaced in May`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inline {
    /// The codes.
    pub codes: Vec<String>,
    /// The reason; empty where there is none, and then it does not count.
    pub reason: String,
}

/// The exception that stands on a line of a file, or alone on the line before it.
pub fn inline(own: Option<&str>, before: Option<&str>) -> Option<Inline> {
    let alone = || before.filter(|text| is_alone(text)).and_then(inline_in);
    own.and_then(inline_in).or_else(alone)
}

/// The word in the place of `allow` in a comment where [`inline`] looks for an exception.
pub fn misspelt<'t>(own: Option<&'t str>, before: Option<&'t str>) -> Option<&'t str> {
    let word = |text: &'t str| directive(text)?.split_whitespace().next().filter(|word| *word != "allow");
    own.and_then(word).or_else(|| before.filter(|text| is_alone(text)).and_then(word))
}

/// True for a line with nothing before its comment.
fn is_alone(text: &str) -> bool {
    text.trim_start().starts_with(['#', '/'])
}

/// What stands behind `wincompat:` in a comment.
fn directive(text: &str) -> Option<&str> {
    let (before, rest) = text.split_once("wincompat:")?;
    ["#", "//", "/*"].iter().any(|mark| before.trim_end().ends_with(mark)).then_some(rest.trim_start())
}

fn inline_in(text: &str) -> Option<Inline> {
    let rest = directive(text)?.strip_prefix("allow ")?;
    let (codes, reason) = rest.split_once("--").unwrap_or((rest, ""));
    let codes = codes.split([',', ' ']).map(str::trim).filter(|code| !code.is_empty()).map(str::to_owned).collect();
    Some(Inline { codes, reason: reason.trim().trim_end_matches("*/").trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str, is_path: bool) -> Option<Pattern> {
        Some(Pattern::of(text, is_path).unwrap())
    }

    #[test]
    fn an_exception_is_as_narrow_as_its_words() {
        let codes = ["build-mismatch".to_owned()];
        let failure = Failure { codes: &codes, image: "r.example/a/app:1", path: "deploy/web.yaml", host: "web01" };
        let of = |code: &str, image, path, host| Exception {
            code: (!code.is_empty()).then(|| code.to_owned()),
            image,
            path,
            host,
            ..Exception::default()
        };
        for (exception, covers) in [
            (of("", None, None, None), true),
            (of("build-mismatch", None, None, None), true),
            (of("edition-home", None, None, None), false),
            (of("", pattern("r.example/**", false), None, None), true),
            (of("", pattern("r.example/*", false), None, None), true),
            (of("", pattern("app:*", false), None, None), false),
            (of("", None, pattern("deploy/*.yaml", true), None), true),
            (of("", None, pattern("*.yaml", true), None), false),
            (of("", None, pattern("**/*.yaml", true), None), true),
            (of("", None, None, pattern("web0[1-3]", false)), true),
            (of("", None, None, pattern("web", false)), false),
        ] {
            assert_eq!(exception.covers(&failure), covers, "{exception:?}");
        }
        let two = ["build-mismatch".to_owned(), "edition-home".to_owned()];
        assert!(!of("build-mismatch", None, None, None).covers(&Failure { codes: &two, ..failure }));
        assert!(Pattern::of("[", false).is_err());
    }

    #[test]
    fn a_folder_stands_for_all_its_files() {
        for (pattern, path, matches) in [
            ("old", "old/Dockerfile", true),
            ("old/", "old/a/b.yaml", true),
            ("./old", "old/Dockerfile", true),
            ("./old/**", "old/a/b.yaml", true),
            ("**/node_modules", "web/node_modules/a/b.yaml", true),
            ("*/old/", "a/old/b.yaml", true),
            ("o*/", "old/b.yaml", true),
            ("../old", "../old/b.yaml", true),
            ("old/Dockerfile", "old/Dockerfile", true),
            ("old", "older/Dockerfile", false),
            ("old", "a/old/Dockerfile", false),
            ("old/*", "old/Dockerfile", true),
            ("old/*", "old/a/b.yaml", false),
            ("*", "old/Dockerfile", false),
            ("", "old/Dockerfile", false),
            ("./", "old/Dockerfile", false),
        ] {
            assert_eq!(Pattern::of_files(pattern).unwrap().matches(path), matches, "{pattern} {path}");
        }
        assert!(!Pattern::of("old", true).unwrap().matches("old/Dockerfile"), "an include of GitLab names files");
        assert!(Pattern::of_files("[").is_err());
    }

    #[test]
    fn comments_hold_exceptions_with_a_reason() {
        let lines = [
            "image: a # wincompat: allow build-mismatch -- replaced in May",
            "# wincompat: allow build-mismatch,edition-home -- both",
            "FROM b",
            "FROM c # wincompat: allow build-mismatch",
            "FROM d",
            "x = \"wincompat: allow build-mismatch -- no comment\"",
            "// wincompat: allow x -- hcl",
            "y",
        ];
        let text = |number: usize| lines.get(number.checked_sub(1)?).copied();
        let of = |number: usize| {
            let found = inline(text(number), text(number.saturating_sub(1)));
            found.map(|inline| (inline.codes.join("+"), inline.reason))
        };
        assert_eq!(of(1), Some(("build-mismatch".into(), "replaced in May".into())));
        assert_eq!(of(3), Some(("build-mismatch+edition-home".into(), "both".into())));
        assert_eq!(of(4), Some(("build-mismatch".into(), String::new())));
        assert_eq!(of(5), None, "what stands behind another line's text is that line's");
        assert_eq!(of(6), None);
        assert_eq!(of(8), Some(("x".into(), "hcl".into())));
        assert_eq!(of(0), None);
        for (line, word) in [
            ("# wincompat: alow build-mismatch -- x", Some("alow")),
            ("image: a # wincompat:deny x", Some("deny")),
            ("# wincompat: allow x -- y", None),
            ("# made by wincompat: it is checked", None),
        ] {
            assert_eq!(misspelt(Some(line), None), word, "{line}");
        }
    }
}
