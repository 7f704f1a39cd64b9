//! Tables as Docker prints them: one line a row where there is room, two columns below each other where there is not, and a line for each
//! text where there is not even room for that.

use std::io::{self, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::table::{NARROWEST, PADDING, broken_at_slashes};

/// Columns of the terminal below which each text has a line: in a table words would break into letters.
const NARROWEST_TABLE: u16 = 70;

/// The characters of the widest column that always have room: `windows/nanoserver:ltsc2022` stays whole.
const WIDEST: usize = 27;

/// Rows of `N` texts under their names.
pub(super) struct Columns<const N: usize> {
    /// The names of the columns.
    pub header: [&'static str; N],
    /// The texts.
    pub rows: Vec<[String; N]>,
    /// The columns that stand below each other where there is not enough room.
    pub pairs: &'static [(usize, usize)],
    /// The widest of the pairs; its first text is a name that may be broken after slashes.
    pub widest: usize,
}

impl<const N: usize> Columns<N> {
    /// Writes them for this many columns of the terminal.
    pub fn write(&self, width: u16, out: &mut dyn Write) -> io::Result<()> {
        let wide = self.wide().to_string();
        let fits = wide.lines().all(|line| line.trim_end().chars().count() <= usize::from(width));
        if !fits && width < NARROWEST_TABLE && !self.rows.is_empty() {
            return self.lines(out);
        }
        let table = if fits { wide } else { self.narrow(width).to_string() };
        for line in table.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// Each text behind its name, with an empty line between two rows.
    fn lines(&self, out: &mut dyn Write) -> io::Result<()> {
        let longest = self.header.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        for (number, row) in self.rows.iter().enumerate() {
            if number > 0 {
                writeln!(out)?;
            }
            for (name, text) in self.header.iter().zip(row).filter(|(_, text)| !text.is_empty()) {
                writeln!(out, "{name:<longest$}  {text}")?;
            }
        }
        Ok(())
    }

    fn wide(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(self.header);
        table.add_rows(&self.rows);
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table
    }

    fn narrow(&self, width: u16) -> Table {
        let paired = |row: &[String; N]| -> Vec<String> {
            let text = |index: usize| row.get(index).map_or("", String::as_str);
            let pair = |(number, (first, second)): (usize, &(usize, usize))| {
                let first = text(*first);
                let first = if number == self.widest { broken_at_slashes(first, WIDEST) } else { first.to_owned() };
                format!("{first}\n{}", text(*second))
            };
            self.pairs.iter().enumerate().map(pair).collect()
        };
        let mut table = Table::new();
        table
            .load_style(presets::ASCII_MARKDOWN)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width.max(NARROWEST))
            .set_header(paired(&self.header.map(str::to_owned)));
        let rows: Vec<Vec<String>> = self.rows.iter().map(paired).collect();
        let longest =
            rows.iter().filter_map(|row| row.get(self.widest)).flat_map(|text| text.lines()).map(|line| line.chars().count());
        let longest = longest.max().unwrap_or_default().min(WIDEST);
        table.add_rows(rows);
        if let Some(column) = table.column_mut(self.widest) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(longest as u16 + PADDING)));
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(width: u16, rows: Vec<[String; 2]>) -> String {
        let columns = Columns { header: ["NAME", "ID"], rows, pairs: &[(0, 1)], widest: 0 };
        let mut out = Vec::new();
        columns.write(width, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn where_a_table_has_no_room_each_text_has_a_line() {
        let rows = || vec![["r.test/application:1".to_owned(), "a1".to_owned()], ["b".to_owned(), String::new()]];
        assert_eq!(written(20, rows()), "NAME  r.test/application:1\nID    a1\n\nNAME  b\n");
        assert!(written(80, rows()).starts_with("NAME"));
        assert!(written(20, Vec::new()).contains("NAME"), "the names of the columns stand alone");
    }
}
