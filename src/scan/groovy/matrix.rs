//! The matrix of stages of a declarative pipeline: its axes are variables, and the stages run with each choice of their values.
//!
//! Source: jenkins.io, Pipeline syntax, "Matrix".

use std::ops::Range;

use super::settings;
use super::tokens::Token;
use crate::scan::words::Values;

/// The most matrices of one pipeline, and the most choices of one of them.
const MOST: usize = 256;

/// A matrix.
pub(super) struct Matrix {
    /// The tokens within it, by their numbers.
    pub tokens: Range<usize>,
    axes: Vec<Axis>,
    /// Some choices are left out.
    has_excludes: bool,
}

/// A variable, and its values.
struct Axis {
    name: String,
    values: Vec<String>,
}

/// The matrices of a pipeline, the inner ones first.
pub(super) fn matrices(tokens: &[Token<'_>]) -> Vec<Matrix> {
    let mut found = Vec::new();
    // The word before each open bracket, and the number of that.
    let mut open: Vec<(&str, usize)> = Vec::new();
    let (mut axes, mut excludes, mut excluding): (Vec<(usize, Axis)>, Vec<usize>, usize) = (Vec::new(), Vec::new(), 0);
    for (number, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('{' | '(' | '[') => {
                let before = number.checked_sub(1).and_then(|before| tokens.get(before));
                let word = before.map(Token::word).unwrap_or_default();
                excluding += usize::from(word == "excludes");
                open.push((word, number));
            }
            Token::Sign('}' | ')' | ']') => match open.pop() {
                Some(("axis", start)) if excluding == 0 => {
                    let block = tokens.get(start + 1..=number).unwrap_or_default();
                    axes.extend(axis(block).map(|axis| (start, axis)));
                }
                Some(("excludes", start)) => {
                    excluding = excluding.saturating_sub(1);
                    excludes.push(start);
                }
                Some(("matrix", start)) if found.len() < MOST => {
                    let own = axes.partition_point(|(at, _)| *at < start);
                    let has_excludes = excludes.last().is_some_and(|at| *at > start);
                    let axes = axes.split_off(own).into_iter().map(|(_, axis)| axis).collect();
                    found.push(Matrix { tokens: start..number, axes, has_excludes });
                }
                _ => {}
            },
            Token::Sign(_) | Token::Word { .. } | Token::Text { .. } => {}
        }
    }
    found
}

/// The axis of a block: `axis { name 'TAG'; values 'ltsc2019', 'ltsc2022' }`; `None` where that is not plain.
fn axis(block: &[Token<'_>]) -> Option<Axis> {
    let value = |wanted: &str| settings(block).find(|(key, _)| *key == wanted).map(|(_, value)| value);
    let Some([Token::Text { text: name, .. }, ..]) = value("name") else { return None };
    let (mut values, mut rest) = (Vec::new(), value("values")?);
    loop {
        match rest {
            [Token::Text { text, .. }, behind @ ..] if !text.contains(['$', '\\']) && values.len() < MOST => {
                values.push((*text).to_owned());
                rest = behind;
            }
            _ => return None,
        }
        match rest {
            [Token::Sign(','), behind @ ..] => rest = behind,
            _ => return Some(Axis { name: (*name).to_owned(), values }),
        }
    }
}

impl Matrix {
    /// The values of the axes that are among these names, in each choice of them. `None` where none is, where they are too many, or where
    /// some choices are left out: which ones that are is not looked at.
    pub(super) fn rows(&self, names: &[String]) -> Option<Vec<Values>> {
        let is_named = |axis: &&Axis| names.iter().any(|name| name.strip_prefix("env.").unwrap_or(name) == axis.name);
        let named: Vec<&Axis> = self.axes.iter().filter(is_named).collect();
        if named.is_empty() || self.has_excludes {
            return None;
        }
        let mut rows = vec![Values::new()];
        for axis in named {
            if rows.len().saturating_mul(axis.values.len()) > MOST {
                return None;
            }
            let with = |row: &Values, value: &String| {
                let mut row = row.clone();
                row.insert(axis.name.clone(), value.clone());
                row.insert(format!("env.{}", axis.name), value.clone());
                row
            };
            rows = rows.iter().flat_map(|row| axis.values.iter().map(move |value| with(row, value))).collect();
        }
        Some(rows)
    }
}
