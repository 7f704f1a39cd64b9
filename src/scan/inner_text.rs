//! Texts that stand within others and read the same there: Dockerfiles in Compose and bake files, patches in a kustomization, manifests
//! in a workflow of Argo.

use std::ops::Range;

use super::words::MARK;

/// A text in these bytes of another one, which reads the same there, line by line, but for what it is indented by, and up to a value that
/// is not known.
pub struct InnerText<'t> {
    outer: &'t str,
    span: Range<usize>,
    text: &'t str,
    lines: Vec<Line<'t>>,
    /// The lines of the outer text, without blanks around them, where each line of the inner one has one of its own there; else none.
    own: Vec<Range<usize>>,
}

/// A line without the blanks around it, up to a value that is not known.
struct Line<'t> {
    text: &'t str,
    /// Its first byte in the inner text.
    inner: usize,
    /// The same in the outer one; `None` from the first line that reads in another way there.
    outer: Option<usize>,
}

impl<'t> InnerText<'t> {
    /// The text `text`, which stands in these bytes of `outer`.
    pub fn of(outer: &'t str, span: &Range<usize>, text: &'t str) -> Self {
        let (mut at, mut rest) = (0, Some(span.start));
        let mut next = |line: &'t str| {
            let text = before_mark(line.trim());
            let inner = at + line.len() - line.trim_start().len();
            at += line.len();
            let start = rest.take().and_then(|from| {
                let behind = outer.get(from..span.end)?;
                // A line that begins with such a value is where the next word is.
                let at = if text.is_empty() { behind.len() - behind.trim_start().len() } else { behind.find(text)? };
                Some(from + at)
            });
            rest = start.map(|start| start + text.len());
            Line { text, inner, outer: start }
        };
        let lines = text.split_inclusive('\n').map(&mut next).collect();
        Self { outer, span: span.clone(), text, lines, own: own_lines(outer, span, text) }
    }

    /// The bytes of the outer text that are the line with this number, from 1, where each line has one of its own there: also of one that
    /// reads in another way.
    pub fn own_line(&self, number: u32) -> Option<Range<usize>> {
        self.own.get(usize::try_from(number).ok()?.checked_sub(1)?).cloned()
    }

    /// Where the line with this number, from 1, stands in the outer text, and what of it is known; `None` from the first one that reads in
    /// another way there.
    pub fn line(&self, number: u32) -> Option<(usize, &'t str)> {
        let line = self.lines.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
        Some((line.outer?, line.text))
    }

    /// The bytes of the outer text at which this part of a line stands; also where no line is the same, if its words stand there once.
    pub fn span(&self, part: &Range<usize>) -> Option<Range<usize>> {
        let written = self.text.get(part.clone()).filter(|written| !written.is_empty())?;
        let line = self.lines.partition_point(|line| line.inner <= part.start).checked_sub(1);
        let in_line = line.and_then(|line| self.lines.get(line)).and_then(|line| {
            let at = part.start - line.inner;
            let is_same = line.text.get(at..at + written.len()) == Some(written);
            line.outer.filter(|_| is_same).map(|start| start + at..start + at + written.len())
        });
        in_line.or_else(|| {
            let word = written.trim_matches(['"', '\'']);
            let mut places = self.outer.get(self.span.clone())?.match_indices(word);
            let (at, _) = places.next().filter(|_| !word.is_empty())?;
            let start = self.span.start + at;
            places.next().is_none().then(|| start..start + word.len())
        })
    }
}

/// The lines of the outer text in these bytes, if there are as many as in the inner one.
fn own_lines(outer: &str, span: &Range<usize>, text: &str) -> Vec<Range<usize>> {
    let written = outer.get(span.clone()).unwrap_or_default();
    let mut at = span.start;
    let mut own: Vec<Range<usize>> = Vec::new();
    for line in written.split_inclusive('\n') {
        let start = at + line.len() - line.trim_start().len();
        own.push(start..start + line.trim().len());
        at += line.len();
    }
    // A block of YAML may end with lines that are empty.
    while own.last().is_some_and(Range::is_empty) {
        own.pop();
    }
    // A heredoc of HCL has its marks in lines of their own.
    if let Some(rest) = written.strip_prefix("<<") {
        let mark = rest.lines().next().unwrap_or_default().trim_start_matches('-').trim();
        let last = own.last().and_then(|line| outer.get(line.clone()));
        let marks = if last == Some(mark) { 2 } else { 1 };
        let between = own.len().saturating_sub(marks);
        own = own.into_iter().skip(1).take(between).collect();
    }
    let count = text.trim_end().lines().count();
    if own.len() == count { own } else { Vec::new() }
}

/// The part of a text before a value that is not known.
pub fn before_mark(text: &str) -> &str {
    text.split(MARK).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::yaml;

    #[test]
    fn a_part_of_a_text_stands_in_the_outer_one() {
        // (outer text, with the place of the part between bars)
        for outer in [
            "a: |\n  x: 1\n\n  image: |b:1|\n  y: b:1\n",
            "a: |-\r\n    - {image: '|b:1|'}\r\n    - b:1\r\n",
            "a: 'image: |b:1|'\n",
            "a: \"{\\\"image\\\": \\\"|b:1|\\\"}\"\n",
            "a: >\n  x:\n    image:\n    |b:1|\n",
        ] {
            let (start, bare) = (outer.find("|b:1|").unwrap(), outer.replace("|b:1|", "b:1"));
            let root = yaml::read(&bare).0[0].root.clone().unwrap();
            let node = root.get("a").unwrap();
            let text = node.text().unwrap();
            let at = text.find("b:1").unwrap();
            let span = InnerText::of(&bare, &node.span, text).span(&(at..at + 3));
            assert_eq!(span, Some(start..start + 3), "{outer}");
        }
        for (outer, text, expected) in [
            // What is written in another way has its line all the same.
            ("a: |\n  x $$y\n\n  z ${V}\n\n", "x $y\n\nz 1\n", Some("z ${V}")),
            ("a: |-\r\n  x\r\n  y\r\n  z $$\r\n", "x\ny\nz $", Some("z $$")),
            ("a: <<E\n  x\n  y\nz $${\nE\n", "  x\n  y\nz ${\n", Some("z $${")),
            // Lines that are put together, or come out of a value, have none.
            ("a: >\n  x\n  y\n  z\n", "x y z\n", None),
            ("a: |\n  ${V}\n  z\n", "x\ny\nz\n", None),
        ] {
            let start = outer.find(['x', '<', '$']).unwrap();
            let inner = InnerText::of(outer, &(start..outer.len()), text);
            assert_eq!(inner.own_line(3).map(|own| &outer[own]), expected, "{outer}");
        }
        let twice = "a: \"b:1\\tb:1\"\n";
        assert_eq!(InnerText::of(twice, &(3..13), "b:1\tb:1").span(&(4..7)), None);
    }
}
