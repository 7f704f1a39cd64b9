//! The level of a line in a log: what failed is an error, not a warning before it or a command that names it.

/// The weight of a line, the lightest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Progress, and commands as they were typed.
    Info,
    /// A warning, after which the program goes on.
    Warning,
    /// A line that does not say what it is.
    Plain,
    /// An error, as the line says.
    Error,
}

/// Marks at the beginning of a line, in lower case.
const BEGINNINGS: &[(&str, Level)] = &[
    ("info[", Level::Info),
    ("debu[", Level::Info),
    ("trac[", Level::Info),
    ("info:", Level::Info),
    ("info ", Level::Info),
    ("debug:", Level::Info),
    ("debug ", Level::Info),
    ("verbose:", Level::Info),
    ("##[debug]", Level::Info),
    ("##[command]", Level::Info),
    ("##[section]", Level::Info),
    ("##[group]", Level::Info),
    ("sending build context", Level::Info),
    ("unable to find image", Level::Info),
    ("status: downloaded", Level::Info),
    ("=> [", Level::Info),
    ("=> => ", Level::Info),
    ("$ ", Level::Info),
    ("+ docker", Level::Info),
    ("warn[", Level::Warning),
    ("warn:", Level::Warning),
    ("warn ", Level::Warning),
    ("warning:", Level::Warning),
    ("warning :", Level::Warning),
    ("##[warning]", Level::Warning),
    ("::warning", Level::Warning),
    ("##vso[task.logissue type=warning", Level::Warning),
    ("erro[", Level::Error),
    ("fata[", Level::Error),
    ("pani[", Level::Error),
    ("error:", Level::Error),
    ("error :", Level::Error),
    ("error (", Level::Error),
    ("fatal:", Level::Error),
    ("##[error]", Level::Error),
    ("::error", Level::Error),
    ("##vso[task.logissue type=error", Level::Error),
    ("=> error ", Level::Error),
    ("docker:", Level::Error),
    ("docker :", Level::Error),
    ("docker.exe:", Level::Error),
    ("docker.exe :", Level::Error),
    ("dockerdo :", Level::Error),
    ("failed to solve", Level::Error),
];

/// Marks in brackets near the beginning of a line.
const BRACKETS: &[(&str, Level)] = &[
    ("[info", Level::Info),
    ("[debug", Level::Info),
    ("[verbose", Level::Info),
    ("[trace", Level::Info),
    ("[warn", Level::Warning),
    ("[error", Level::Error),
    ("[fatal", Level::Error),
];

/// Values of `level=` and `"level":`.
const VALUES: &[(&str, Level)] = &[
    ("info", Level::Info),
    ("debug", Level::Info),
    ("trace", Level::Info),
    ("warn", Level::Warning),
    ("error", Level::Error),
    ("fatal", Level::Error),
    ("panic", Level::Error),
];

/// The level that the beginning of a line says; `None` for a line that goes on with the one before. A line that is `nested`
/// stands behind the prefix of another program.
pub(super) fn level(line: &str, nested: bool) -> Option<Level> {
    let text = line.trim_start();
    let lower = text.to_ascii_lowercase();
    if let Some(level) = record(&lower).or_else(|| kubelet(text)).or_else(|| event(text)) {
        return Some(level);
    }
    // Some tools wrap their text and indent what follows: a word there is not a mark.
    if text.len() < line.len() && !nested && !lower.starts_with("=>") && !lower.starts_with("---> [") {
        return None;
    }
    if lower.contains("error response from daemon") {
        return Some(Level::Error);
    }
    let near = lower.get(..60).unwrap_or(&lower);
    if let Some((_, level)) = BRACKETS.iter().find(|(mark, _)| near.contains(mark)) {
        return Some(*level);
    }
    if is_prompt(&lower) || is_step(&lower) {
        return Some(Level::Info);
    }
    BEGINNINGS.iter().find(|(mark, _)| lower.starts_with(mark)).map(|(_, level)| *level)
}

/// The level of a structured record: `time="…" level=error msg="…"`, `{"level":"info",…}`.
fn record(lower: &str) -> Option<Level> {
    let structured = lower.starts_with(['{', '[']) || ["time=", "level=", "ts="].iter().any(|begin| lower.starts_with(begin));
    let reach = if structured { lower.len() } else { 60 };
    let head = lower.get(..reach).unwrap_or(lower);
    let (_, value) = head.split_once("level=").or_else(|| head.split_once("\"level\":"))?;
    let value = value.trim_start_matches(['"', ' ', '\\']);
    VALUES.iter().find(|(name, _)| value.starts_with(name)).map(|(_, level)| *level)
}

/// The level of a line of Kubernetes' components: `E0821 17:37:03.003768   99524 …`.
fn kubelet(text: &str) -> Option<Level> {
    let bytes = text.as_bytes();
    let level = match bytes.first()? {
        b'I' => Level::Info,
        b'W' => Level::Warning,
        b'E' | b'F' => Level::Error,
        _ => return None,
    };
    let is_date = bytes.get(1..5)?.iter().all(u8::is_ascii_digit) && bytes.get(5) == Some(&b' ') && bytes.get(8) == Some(&b':');
    is_date.then_some(level)
}

/// The level of an event of Kubernetes, whose failures have the type `Warning`: `Warning  Failed  5s  kubelet  …`.
fn event(text: &str) -> Option<Level> {
    let is_row = |at: usize, word: &str| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + word.len()..).unwrap_or_default();
        at < 40 && (before.is_empty() || before.ends_with("  ")) && after.starts_with("  ")
    };
    let found = |word: &str| text.find(word).is_some_and(|at| is_row(at, word));
    if found("Normal") {
        Some(Level::Info)
    } else if found("Warning") {
        Some(Level::Error)
    } else {
        None
    }
}

/// True for a line with a step of a build: `step 1/3 : from x`, `step 1 : from x`. Others number what they did: `step 1: it failed`.
fn is_step(lower: &str) -> bool {
    let Some(rest) = lower.strip_prefix("step ") else { return false };
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    behind.len() < rest.len() && (behind.starts_with('/') || behind.starts_with(" : "))
}

/// True for a line with a command that was typed: `PS C:\src> docker run …`, `C:\src>docker build .`.
fn is_prompt(lower: &str) -> bool {
    let line = lower.strip_prefix("ps ").unwrap_or(lower);
    if lower.starts_with("ps> ") {
        return true;
    }
    let is_path = line.as_bytes().get(1..3) == Some(b":\\");
    is_path && line.split_once('>').is_some_and(|(path, _)| path.len() < 120 && !path.contains(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_what_they_are() {
        for (line, expected) in [
            ("time=\"2018-01-11T18:16:04Z\" level=error msg=\"x\"", Some(Level::Error)),
            ("time=\"2018-01-11T18:16:04Z\" level=info msg=\"x\"", Some(Level::Info)),
            ("{\"ts\":1,\"level\":\"warn\",\"msg\":\"x\"}", Some(Level::Warning)),
            ("INFO[2018-06-13T09:04:23-07:00] Loading containers: start.", Some(Level::Info)),
            ("ERRO[0001] x", Some(Level::Error)),
            ("E0821 17:37:03.108764   99524 remote_runtime.go:200] x", Some(Level::Error)),
            ("W0821 17:37:03.003768 99524 pod_container_deletor.go:77] x", Some(Level::Warning)),
            ("  Normal   Scheduled               45s   default-scheduler   x", Some(Level::Info)),
            ("  Warning  Failed  5s (x2 over 9s)  kubelet  Error: ErrImagePull", Some(Level::Error)),
            ("12s   Warning   Failed   pod/web   x", Some(Level::Error)),
            ("WARNING: x", Some(Level::Warning)),
            (" ---> [Warning] The requested image's platform", Some(Level::Warning)),
            ("[14:37:29.389][WindowsDaemon  ][Info   ] debug: x", Some(Level::Info)),
            ("docker: Error response from daemon: x", Some(Level::Error)),
            ("C:\\Program Files\\Docker\\docker.exe: Error response from daemon: x", Some(Level::Error)),
            ("PS C:\\src> docker run --isolation=process x", Some(Level::Info)),
            ("C:\\src>docker build .", Some(Level::Info)),
            ("##[error]x", Some(Level::Error)),
            ("##vso[task.logissue type=error]x", Some(Level::Error)),
            ("##vso[task.logissue type=warning;sourcepath=a]x", Some(Level::Warning)),
            (" => ERROR [internal] load metadata for x", Some(Level::Error)),
            (" => [internal] load .dockerignore", Some(Level::Info)),
            ("Step 1/2 : FROM x", Some(Level::Info)),
            ("Step 1 : FROM x", Some(Level::Info)),
            ("step 1: it failed", None),
            ("step by step", None),
            ("hcsshim::PrepareLayer - failed failed in Win32: x", None),
            ("   Error", None),
            ("Information about x", None),
            ("It happened", None),
            ("", None),
        ] {
            assert_eq!(level(line, false), expected, "{line}");
        }
    }
}
