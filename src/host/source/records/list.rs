//! Lists: a label and a value on each line.

use std::collections::HashSet;

use super::{MOST_FIELDS, Record, Records, is_label, is_property};

/// The records of a list, e.g. `BuildNumber : 20348`, `BuildNumber=20348`, `Host Name:   WEB01`. A property that comes again begins
/// the next record.
pub(super) fn list(text: &str) -> Records {
    let indentation = text.lines().filter(|line| !line.trim().is_empty()).map(leading_blanks).min().unwrap_or(0);
    let mut records = Records::default();
    let mut record = Record::default();
    let mut labels = HashSet::new();
    let mut left = MOST_FIELDS;
    // A wrapped value belongs to the property before it.
    let mut in_property = false;
    for line in text.lines() {
        let line = line.get(indentation..).unwrap_or_default().trim_end();
        if line.is_empty() {
            in_property = false;
            continue;
        }
        if line.starts_with(char::is_whitespace) {
            if let Some((_, value)) = record.fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim_start());
            }
            if !in_property {
                keep(&mut records.rest, line);
            }
            continue;
        }
        let field = field(line);
        records.is_cut |= left == 0 && field.is_some();
        let field = field.filter(|_| left > 0);
        in_property = field.is_some_and(|(label, _)| is_property(label));
        if !in_property {
            keep(&mut records.rest, line);
        }
        let Some((label, value)) = field else { continue };
        left -= 1;
        if in_property && !labels.insert(label.to_ascii_lowercase()) {
            records.all.push(std::mem::take(&mut record));
            labels = HashSet::from([label.to_ascii_lowercase()]);
        }
        record.push(label, value);
    }
    records.all.extend((!record.fields.is_empty()).then_some(record));
    records
}

fn keep(rest: &mut String, line: &str) {
    rest.push_str(line);
    rest.push('\n');
}

/// The label and the value of a line. A colon may be that of Chinese and Japanese; an equals sign stands behind one word.
pub(crate) fn field(line: &str) -> Option<(&str, &str)> {
    let (label, value) = line.split_once([':', '：', '='])?;
    let separator = line.get(label.len()..)?.chars().next()?;
    let label = label.trim_end();
    (is_label(label) && (separator != '=' || is_property(label))).then_some((label, value))
}

fn leading_blanks(line: &str) -> usize {
    line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}
