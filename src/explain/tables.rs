//! Tables whose cells are wrapped over several lines: a sentence in one is in parts, with bars and other cells between them.

use std::borrow::Cow;

use super::stamps::without_stamp;

/// The bars between cells.
const BARS: [char; 4] = ['|', '│', '┃', '║'];

/// The most bytes of a line of a table: what is longer was not wrapped.
const WIDEST: usize = 4096;

/// The text with each row of a table that is wrapped over several lines in the order in which it is read: cell by cell, the parts of a cell
/// on lines of their own.
pub fn unwrapped(text: &str) -> Cow<'_, str> {
    if !text.contains(BARS) {
        return text.into();
    }
    let mut unwrapped = String::with_capacity(text.len());
    let mut row = Row::default();
    for line in text.split_inclusive('\n') {
        match cells(without_stamp(line)) {
            Some(cells) if row.goes_on_with(&cells) => row.add(line, cells),
            Some(cells) => {
                row.write(&mut unwrapped);
                row = Row::new(line, cells);
            }
            None => {
                row.write(&mut unwrapped);
                row = Row::default();
                unwrapped.push_str(line);
            }
        }
    }
    row.write(&mut unwrapped);
    unwrapped.into()
}

/// The cells of a line that begins and ends with a bar; `None` for another line, for one of a border, and for one that is too long.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = Some(line.trim()).filter(|line| line.len() <= WIDEST)?.strip_prefix(BARS)?.strip_suffix(BARS)?;
    let cells: Vec<&str> = inner.split(BARS).map(str::trim).collect();
    let is_border = |cell: &&str| cell.chars().all(|c| matches!(c, '-' | '=' | ':' | '+' | '─' | '━' | '═'));
    (!cells.iter().all(is_border)).then_some(cells)
}

/// A row of a table.
#[derive(Default)]
struct Row<'a> {
    /// Its lines as they stand in the text.
    lines: Vec<&'a str>,
    /// The cells of its lines.
    cells: Vec<Vec<&'a str>>,
}

impl<'a> Row<'a> {
    /// A row that begins with this line.
    fn new(line: &'a str, cells: Vec<&'a str>) -> Self {
        Self { lines: vec![line], cells: vec![cells] }
    }

    /// Adds a line in which its cells go on.
    fn add(&mut self, line: &'a str, cells: Vec<&'a str>) {
        self.lines.push(line);
        self.cells.push(cells);
    }

    /// True for a line of the same table that has parts of cells only: its first cell is empty, or it has one part where the first line of
    /// the row has more. In a table of one column every line goes on, since nothing tells rows apart.
    fn goes_on_with(&self, cells: &[&str]) -> bool {
        let filled = |cells: &[&str]| cells.iter().filter(|cell| !cell.is_empty()).count();
        self.cells.first().is_some_and(|begin| {
            begin.len() == cells.len()
                && (cells.len() == 1
                    || cells.first().is_some_and(|first| first.is_empty())
                    || filled(cells) == 1 && filled(begin) > 1)
        })
    }

    /// Writes it: as it stands where it is one line, else cell by cell.
    fn write(&self, text: &mut String) {
        if self.cells.len() < 2 {
            text.extend(self.lines.iter().copied());
            return;
        }
        let columns = self.cells.first().map_or(0, Vec::len);
        let column = |at: usize| {
            let parts = self.cells.iter().filter_map(|cells| cells.get(at).copied()).filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join("\n")
        };
        let filled: Vec<String> = (0..columns).map(column).filter(|column| !column.is_empty()).collect();
        // As between the columns of tables without bars.
        text.push_str(&filled.join("  "));
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_row_is_read_cell_by_cell() {
        for (text, expected) in [
            (
                "| Warning | the image does not  | node1 |\n|         | match the host      |       |\n| Normal  | pulled | node2 |\n",
                "Warning  the image does not\nmatch the host  node1\n| Normal  | pulled | node2 |\n",
            ),
            ("│ a │ one │\n│   │ two │\n├───┼─────┤\n│ b │ x   │", "a  one\ntwo\n├───┼─────┤\n│ b │ x   │"),
            // The first column is wrapped, and there is one column only.
            ("| one | a |\r\n| two |   |\r\n", "one\ntwo  a\n"),
            ("| one |\n| two |\n", "one\ntwo\n"),
            ("2026-11-29T10:00:00Z | a | one |\n2026-11-29T10:00:01Z |   | two |\n", "a  one\ntwo\n"),
            ("| one | a |\n| two | |\n| three | |\n| b | c |\n", "one\ntwo\nthree  a\n| b | c |\n"),
        ] {
            assert_eq!(unwrapped(text), expected, "{text}");
        }
    }

    #[test]
    fn other_lines_stay_as_they_are() {
        let long = format!("| a | {} |\n|   | c |\n", "b".repeat(WIDEST));
        assert_eq!(unwrapped(&long), long);
        for text in [
            "",
            "a | b\nc | d",
            "| a | b |\n|---|---|\n| c | d |\n| e | f |\n",
            "web_1  | x\nweb_1  | y\n",
            "| a | b |\n|   |\n|\n||\n",
            "| a | b |\ntext\n|   | b |\n",
        ] {
            assert_eq!(unwrapped(text), text, "{text}");
        }
    }
}
