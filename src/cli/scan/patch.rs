//! Changes as a patch that `patch -p1` and `git apply` take: byte for byte what stands in the files.

use std::io::Write;
use std::path::{Component, Path};

use similar::TextDiff;

use crate::cli::paths::in_real_folder;
use crate::text::is_invisible;

/// The unchanged lines around a change.
const CONTEXT: usize = 3;

/// Writes the changes of a file as a patch for this folder. One with lines that a terminal or a pipeline would take for commands is not
/// written, and `false` is the answer: with other lines it could not be applied.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn write((folder, path): (&Path, &Path), old: &str, new: &str, out: &mut dyn Write) -> std::io::Result<bool> {
    // A line ends with its line feed alone: that is what tools take for one.
    let [before, after] = [old, new].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&before, &after);
    let [a, b] = ["a", "b"].map(|side| name(side, folder, path));
    let text = diff.unified_diff().context_radius(CONTEXT).header(&a, &b).to_string();
    // A last line that ends with a carriage return has no form in a patch.
    if !text.split('\n').all(is_harmless) || old.ends_with('\r') {
        return Ok(false);
    }
    out.write_all(text.as_bytes())?;
    Ok(true)
}

/// True for a line that nothing takes for more than text. PowerShell has `::` within its lines, and comments have `##`.
fn is_harmless(line: &str) -> bool {
    let text = line.strip_suffix('\r').unwrap_or(line);
    let is_command = text.trim_start().starts_with("::") || text.contains("##[") || text.contains("##vso[");
    let is_seen = |character: char| character == '\t' || character == '\u{feff}' || !is_invisible(character);
    !is_command && text.chars().all(is_seen)
}

/// The name of a file in a patch, as git writes it: seen from the folder of the patch, quoted where it has more than usual letters, and
/// with a tab behind blanks.
fn name(side: &str, folder: &Path, path: &Path) -> String {
    let seen = in_real_folder(path);
    let path = seen.as_deref().and_then(|real| real.strip_prefix(folder).ok()).unwrap_or(path);
    let mut name = side.to_owned();
    let mut is_quoted = false;
    for part in path.components().filter(|part| !matches!(part, Component::CurDir | Component::RootDir)) {
        name.push('/');
        for byte in part.as_os_str().as_encoded_bytes() {
            is_quoted |= !matches!(byte, b' '..=b'~') || [b'"', b'\\'].contains(byte);
            match byte {
                b'"' | b'\\' => name.extend(['\\', char::from(*byte)]),
                b' '..=b'~' => name.push(char::from(*byte)),
                _ => name.push_str(&format!("\\{byte:03o}")),
            }
        }
    }
    match is_quoted {
        true => format!("\"{name}\""),
        false if name.contains(' ') => name + "\t",
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_git_does() {
        for (path, expected) in [
            ("./a/Dockerfile", "a/a/Dockerfile"),
            ("a b/c", "a/a b/c\t"),
            ("ä", "\"a/\\303\\244\""),
            ("a \"b\"\n", "\"a/a \\\"b\\\"\\012\""),
        ] {
            assert_eq!(name("a", Path::new("/nowhere"), Path::new(path)), expected, "{path:?}");
        }
    }

    #[test]
    fn lines_that_would_be_commands_are_known() {
        for line in [" ::error::x", "+a ##vso[task.setvariable]b", " ##[error]", " \u{1b}[31m", " a\rb", " a\u{202e}b"] {
            assert!(!is_harmless(line), "{line:?}");
        }
        for line in [" RUN [Net.IPAddress]::Any", " ## a heading", "+a\tb\r", " \u{feff}FROM a", "-::x", "--- \"a/\\303\""] {
            assert!(is_harmless(line), "{line:?}");
        }
    }
}
