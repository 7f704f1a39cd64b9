//! Tables: columns below a rule or at fixed places, and CSV.

use super::{LONGEST_LABEL, MOST_FIELDS, Record, Records, is_label};

/// The most lines before the head of a table, such as the command that was typed.
const MOST_BEFORE: usize = 8;

/// The longest line of a table, in characters.
const LONGEST_LINE: usize = 20_000;

/// The first character of a column and the one behind its last.
type Span = (usize, usize);

/// The records of tables whose heads have rules below: `Major  Minor` above `-----  -----`. `None` if there is no rule.
pub(super) fn tables(text: &str) -> Option<Records> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut records = Records::default();
    let mut left = MOST_FIELDS;
    let mut any = false;
    let mut columns: Option<(Vec<String>, Vec<Span>)> = None;
    for (index, line) in lines.iter().enumerate() {
        let next = lines.get(index + 1).map(|next| rule(next)).unwrap_or_default();
        if !next.is_empty() && !line.is_empty() {
            let labels = cells(line, &next);
            columns = Some((labels, next));
            any = true;
        } else if let Some((labels, spans)) = &columns {
            if line.is_empty() {
                columns = None;
            } else if left == 0 {
                records.is_cut = true;
            } else if rule(line).is_empty() {
                let mut record = Record::default();
                for (label, value) in labels.iter().zip(cells(line, spans)) {
                    if (1..=LONGEST_LABEL).contains(&label.len()) {
                        record.push(label, &value);
                    }
                    left = left.saturating_sub(1);
                }
                records.all.push(record);
            }
        } else {
            records.rest.push_str(line);
            records.rest.push('\n');
        }
    }
    any.then_some(records)
}

/// The columns of a rule: where each begins and ends, in characters. None for any other line, or for one group of dashes.
fn rule(line: &str) -> Vec<Span> {
    let is_rule = line.len() <= LONGEST_LINE && line.contains(['-', '=']) && line.chars().all(|c| matches!(c, '-' | '=' | ' '));
    if !is_rule {
        return Vec::new();
    }
    let mut columns: Vec<Span> = Vec::new();
    let mut before = ' ';
    for (at, character) in line.chars().enumerate() {
        match (before, character) {
            (_, ' ') => {}
            (' ', _) => columns.push((at, at + 1)),
            _ => columns.iter_mut().rev().take(1).for_each(|(_, end)| *end = at + 1),
        }
        before = character;
    }
    if columns.len() < 2 { Vec::new() } else { columns }
}

/// The cells of a line below these columns. What is right-aligned begins before its column.
fn cells(line: &str, columns: &[Span]) -> Vec<String> {
    let characters: Vec<char> = line.chars().take(LONGEST_LINE).collect();
    let is_blank = |at: usize| characters.get(at).is_none_or(|c| c.is_whitespace());
    let mut cuts = vec![0];
    for pair in columns.windows(2) {
        let [(_, end), (start, _)] = pair else { continue };
        let cut = (*end..=*start).rev().find(|&at| at > 0 && is_blank(at - 1));
        cuts.push(cut.unwrap_or(*start));
    }
    let ends = cuts.iter().skip(1).copied().chain([characters.len()]);
    let cell = |(from, to): (usize, usize)| characters.get(from.min(to)..to.min(characters.len())).map(String::from_iter);
    cuts.iter().copied().zip(ends).map(|cut| cell(cut).unwrap_or_default().trim().to_owned()).collect()
}

/// The records of a table without a rule, its columns at least two blanks apart, as `wmic os get BuildNumber,Caption` prints it.
/// `None` for a text that has no such head with the build or the version of a Windows.
pub(super) fn padded(text: &str) -> Option<Records> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let (head, labels, spans) = lines.iter().enumerate().take(MOST_BEFORE).find_map(|(index, line)| {
        let spans = apart(line);
        let labels = cells(line, &spans);
        let has = |name: &str| labels.iter().any(|label| label.eq_ignore_ascii_case(name));
        let is_head = spans.len() > 1
            && labels.iter().all(|label| label.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            && (has("BuildNumber") || (has("Version") && (has("Caption") || has("CSName"))));
        is_head.then_some((index, labels, spans))
    })?;
    let mut records = Records::default();
    for before in lines.iter().take(head) {
        records.rest.push_str(before);
        records.rest.push('\n');
    }
    for line in lines.iter().skip(head + 1).filter(|line| !line.is_empty()) {
        if records.all.len() >= MOST_FIELDS / labels.len() {
            records.is_cut = true;
            break;
        }
        let mut record = Record::default();
        labels.iter().zip(cells(line, &spans)).for_each(|(label, value)| record.push(label, &value));
        records.all.push(record);
    }
    (!records.all.is_empty()).then_some(records)
}

/// The columns of a head whose labels stand at least two blanks apart: where each label begins and ends, in characters.
fn apart(line: &str) -> Vec<Span> {
    let mut columns: Vec<Span> = Vec::new();
    for (at, _) in line.chars().take(LONGEST_LINE).enumerate().filter(|(_, character)| *character != ' ') {
        match columns.last_mut() {
            Some((_, end)) if at < *end + 2 => *end = at + 1,
            _ => columns.push((at, at + 1)),
        }
    }
    columns
}

/// The records of CSV, with commas, semicolons or tabs. `None` for a text that has no head of labels with a line of as many values.
pub(super) fn csv(text: &str) -> Option<Records> {
    let mut from = 0;
    for line in text.split_inclusive('\n').take(8) {
        let head = text.get(from..)?;
        if let Some(records) = [b',', b';', b'\t'].into_iter().find_map(|delimiter| with_delimiter(head, line, delimiter)) {
            return Some(Records { rest: text.get(..from)?.to_owned(), ..records });
        }
        from += line.len();
    }
    None
}

/// The records of CSV that begins with this head.
fn with_delimiter(text: &str, head: &str, delimiter: u8) -> Option<Records> {
    if !head.contains(char::from(delimiter)) {
        return None;
    }
    let mut reader =
        ::csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(::csv::Trim::All).from_reader(text.as_bytes());
    let labels = reader.headers().ok()?.clone();
    // The line of a list may have the delimiter in its value: `DistinguishedName : CN=WEB01,DC=example`.
    let is_head = |label: &str| is_label(label) && !label.contains(": ");
    if labels.len() < 2 || !labels.iter().all(is_head) {
        return None;
    }
    let mut records = Records::default();
    for row in reader.records() {
        if records.all.len() >= MOST_FIELDS / labels.len() {
            records.is_cut = true;
            break;
        }
        let row = row.ok()?;
        // A blank line of carriage returns is a row of one empty cell.
        if row.len() == 1 {
            continue;
        }
        if row.len() != labels.len() {
            return None;
        }
        let mut record = Record::default();
        labels.iter().zip(&row).for_each(|(label, value)| record.push(label, value));
        records.all.push(record);
    }
    (!records.all.is_empty()).then_some(records)
}
