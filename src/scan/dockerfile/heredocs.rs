//! The bodies of heredocs: they are text for a command or a file, whatever stands in them.
//!
//! Source: BuildKit, `frontend/dockerfile/parser`: any word of `RUN`, `COPY` or `ADD` may begin one, also behind `ONBUILD`.

use std::borrow::Cow;
use std::ops::Range;

use super::words_of;

/// A body: the line that ends it, and whether tabs may stand before that.
struct Heredoc<'t> {
    end: Cow<'t, str>,
    may_be_indented: bool,
}

/// The same text, with blanks in the place of bodies and of the words that begin them. All else keeps its place.
pub(super) fn without_bodies(text: &str, escape: char) -> Cow<'_, str> {
    let mut blank: Vec<Range<usize>> = Vec::new();
    let mut lines = lines(text).peekable();
    while lines.peek().is_some() {
        let (instruction, places) = logical_line(&mut lines, escape);
        let (heredocs, marks) = heredocs(&instruction);
        let mut bodies = Vec::new();
        let mut rest = lines.clone();
        let are_closed = heredocs.iter().all(|heredoc| {
            rest.by_ref().any(|(at, line)| {
                bodies.push(at..at + line.len());
                let line = line.trim_end_matches(['\r', '\n']);
                let line = if heredoc.may_be_indented { line.trim_start_matches('\t') } else { line };
                line == heredoc.end
            })
        });
        // One without an end is an error of the file, which its reader says.
        if !are_closed {
            break;
        }
        if !heredocs.is_empty() {
            lines = rest;
            blank.extend(marks.into_iter().filter_map(|at| places.get(at..at + 2)).flatten().map(|at| *at..at + 1));
            blank.extend(bodies);
        }
    }
    if blank.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    for span in blank {
        let body = bytes.get_mut(span).unwrap_or_default();
        body.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The lines with their ends, each with its place.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> + Clone {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}

/// The next instruction without the ends of its lines, and the place of each of its bytes.
pub(super) fn logical_line(lines: &mut dyn Iterator<Item = (usize, &str)>, escape: char) -> (String, Vec<usize>) {
    let (mut instruction, mut places) = (String::new(), Vec::new());
    for (at, line) in lines {
        // A comment between the lines of an instruction does not end it, and neither does an empty line.
        let is_nothing = line.trim_start().starts_with('#') || line.trim().is_empty();
        if is_nothing && !instruction.is_empty() {
            continue;
        }
        let line = line.trim_end();
        let (line, goes_on) = line.strip_suffix(escape).map_or((line, false), |line| (line, true));
        instruction.push_str(line);
        places.extend(at..at + line.len());
        if is_nothing || !goes_on {
            break;
        }
    }
    (instruction, places)
}

/// What begins in this instruction, and where the marks `<<` stand.
fn heredocs(instruction: &str) -> (Vec<Heredoc<'_>>, Vec<usize>) {
    let mut words = words_of(instruction, '\\');
    let is = |word: Option<&(usize, &str)>, name: &str| word.is_some_and(|(_, word)| word.eq_ignore_ascii_case(name));
    if is(words.first(), "ONBUILD") {
        words.remove(0);
    }
    if !["RUN", "COPY", "ADD"].iter().any(|name| is(words.first(), name)) {
        return (Vec::new(), Vec::new());
    }
    words.into_iter().skip(1).filter_map(|(at, word)| heredoc(word).map(|(heredoc, mark)| (heredoc, at + mark))).unzip()
}

/// `<<NAME`, `<<-NAME`, `3<<"NAME"`; and the place of its mark in the word.
fn heredoc(word: &str) -> Option<(Heredoc<'_>, usize)> {
    let behind = word.trim_start_matches(|character: char| character.is_ascii_digit());
    let name = behind.strip_prefix("<<")?;
    let (name, may_be_indented) = name.strip_prefix('-').map_or((name, false), |name| (name, true));
    if name.contains('<') {
        return None;
    }
    let end: Cow<'_, str> = if name.contains(['"', '\'']) { name.replace(['"', '\''], "").into() } else { name.into() };
    (!end.is_empty()).then_some((Heredoc { end, may_be_indented }, word.len() - behind.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_become_blanks_and_all_else_keeps_its_place() {
        for (text, expected) in [
            ("RUN <<A\nFROM x\nA\nFROM y\n", "RUN   A\n      \n \nFROM y\n"),
            ("RUN cat <<A > x\nFROM x\nA\nFROM y", "RUN cat   A > x\n      \n \nFROM y"),
            ("RUN <<A cat <<B\nx\nA\ny\nB\nFROM z", "RUN   A cat   B\n \n \n \n \nFROM z"),
            ("RUN 3<<A x\nb\nA\nFROM z", "RUN 3  A x\n \n \nFROM z"),
            ("run cat <<-A\n\tb\n\tA\nFROM z", "run cat   -A\n  \n  \nFROM z"),
            ("RUN echo \\\n# no <<B\n  <<A\nb\nA\nFROM z", "RUN echo \\\n# no <<B\n    A\n \n \nFROM z"),
            ("RUN [\"powershell\"] <<'A'\r\nb\r\nA\r\nFROM z", "RUN [\"powershell\"]   'A'\r\n \r\n \r\nFROM z"),
            ("ONBUILD COPY <<A /x\nFROM é\nA\n", "ONBUILD COPY   A /x\n       \n \n"),
            ("RUN x <<A\nFROM é\n\nA\nFROM z", "RUN x   A\n       \n\n \nFROM z"),
        ] {
            assert_eq!(without_bodies(text, '\\'), expected, "{text}");
        }
        assert_eq!(without_bodies("RUN echo `\n <<A\nb\nA\n", '`'), "RUN echo `\n   A\n \n \n");
        for text in [
            "RUN echo \"x <<A\"\nFROM y\nA",
            "RUN echo $((1<<A))\nFROM y\nA",
            "RUN x <<<A\nFROM y\nA",
            "RUN x << A\nFROM y\nA",
            "CMD x <<A\nFROM y\nA",
            "# RUN <<A\nFROM y\nA",
            "RUN <<A\nFROM y\n A",
            "RUN <<A\nx\nA\nRUN cat <<B\nFROM y\n",
        ] {
            let expected = text.replace("RUN <<A\nx\nA\n", "RUN   A\n \n \n");
            assert_eq!(without_bodies(text, '\\'), expected, "{text}");
        }
    }
}
