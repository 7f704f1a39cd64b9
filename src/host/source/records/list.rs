//! Lists: a label and a value on each line.

use std::collections::HashSet;

use super::{MOST_FIELDS, Record, Records, is_label, is_property};
use crate::text::is_quote;

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

/// The records of items that each begin with a hyphen, as in YAML: `- name: web01` above `  version: 10.0.20348`, of all lists of the text.
/// Keys beside the lists are left for others. `None` for any other text, and where no item has two keys: those may be the properties of
/// one host.
pub(super) fn items(text: &str) -> Option<Records> {
    let is_left = |line: &&str| !matches!(*line, "" | "---" | "...") && !line.trim_start().starts_with('#');
    let mut records = Records { is_table: true, ..Records::default() };
    // The place where the items of a list begin, the keys of an item, and what it says: nothing in a list of other things.
    let (mut at, mut keys, mut record): (Option<usize>, usize, Option<Record>) = (None, 0, None);
    let mut left = MOST_FIELDS;
    for line in text.lines().map(str::trim_end).filter(is_left) {
        let (depth, words) = (leading_blanks(line), line.trim_start());
        let first = words.strip_prefix("- ").map(str::trim_start);
        // A list ends before what is less deep, and before a key beside it.
        if at.is_some_and(|at| depth < at || (depth == at && first.is_none())) {
            records.all.extend(record.take());
            at = None;
        }
        let begins = first.filter(|_| at.is_none_or(|at| at == depth));
        if let Some(first) = begins {
            let is_record = field(first).is_some();
            if at.is_some() && is_record != record.is_some() {
                return None;
            }
            at = Some(depth);
            keys = line.len() - first.len();
            records.all.extend(record.take());
            record = is_record.then(Record::default);
        }
        let Some(record) = &mut record else {
            let is_key = words.ends_with(':') || field(words).is_some();
            if at.is_none() && !is_key {
                return None;
            }
            keep(&mut records.rest, line);
            continue;
        };
        let pair = match begins {
            Some(first) => field(first),
            None if depth == keys => field(words),
            None => None,
        };
        match pair {
            Some((label, value)) if left > 0 => {
                left -= 1;
                record.push(label, plain(value));
            }
            Some(_) => records.is_cut = true,
            // What is deeper belongs to the key before it.
            None => {
                if let Some((_, value)) = record.fields.last_mut() {
                    value.push(' ');
                    value.push_str(plain(line));
                }
            }
        }
    }
    records.all.extend(record);
    records.all.iter().any(|record| record.fields.len() > 1).then_some(records)
}

/// A key or a value of YAML without quotes around it and without a comment behind it.
pub(crate) fn plain(value: &str) -> &str {
    let value = value.split_once(" #").map_or(value, |(before, _)| before);
    value.trim().trim_matches(is_quote).trim_start()
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
