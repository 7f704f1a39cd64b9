//! What else a pasted text holds: errors of another cause than the one that is explained.

use std::collections::HashSet;

use super::decide::{Failures, is_consequence, is_general, says_why};
use super::evidence::{Evidence, What};
use super::level::Level;
use super::paste::Paste;
use super::{Context, Explanation, of_code, of_message};
use crate::knowledge::ErrorCode;

/// The most errors that are named.
const MOST: usize = 5;

/// What may stand between two numbers of a list, in the form of [`Paste::text`].
const SEPARATORS: [char; 6] = [',', ';', '/', '|', '&', '+'];

/// The explanations of the other errors in a text, in the order of the text; `told` is the name of the one that is explained.
pub(super) fn others(text: &str, told: &str, context: &Context<'_>) -> Vec<Explanation> {
    let found = Failures::of(text);
    let Some(main) = found.heaviest() else { return Vec::new() };
    let mut others: Vec<Explanation> = Vec::new();
    let mut seen = HashSet::from([told.to_owned()]);
    for failure in found.all() {
        // A log can have the same error a thousand times.
        let ids: Vec<String> = failure.iter().filter(|one| says_what_failed(one)).filter_map(id).collect();
        let is_main = std::ptr::eq(failure, main);
        if ids.iter().all(|id| seen.contains(id)) || !is_main && !is_error(&found.paste, failure) {
            continue;
        }
        seen.extend(ids);
        let named = if is_main { beside(&found.paste, failure, told) } else { Vec::from_iter(found.said_of(failure, context)) };
        for one in named {
            if others.len() < MOST && one.id != told && others.iter().all(|other| other.id != one.id) {
                others.push(one);
            }
        }
    }
    others
}

/// True for a failure that is more than a warning or a remark.
fn is_error(paste: &Paste, failure: &[Evidence]) -> bool {
    failure.first().is_some_and(|first| paste.level(paste.statement(first.start)) > Level::Warning)
}

/// True for an error that says by itself what failed. One that anything can end with is a part of what it stands beside.
fn says_what_failed(one: &Evidence) -> bool {
    let is_precise = |error: &ErrorCode| !is_general(error) || says_why(error);
    !is_consequence(&one.what)
        && match one.what {
            What::Message(_) => !one.general,
            What::Number(error) | What::Sentence(error) => is_precise(error),
            What::Operation(_) | What::Unknown(_) | What::Remark => false,
        }
}

/// The errors in the failure that is explained which are others: those on lines of their own, and the others of a list of numbers.
/// A number on the line of what is explained belongs to it.
fn beside(paste: &Paste, failure: &[Evidence], told: &str) -> Vec<Explanation> {
    let is_told = |one: &Evidence| id(one).is_some_and(|id| id == told);
    let starts = paste.line_starts();
    let line = |at: usize| starts.partition_point(|start| *start <= at);
    // Later ones begin and end later.
    let of_told: Vec<(usize, usize)> =
        failure.iter().filter(|one| is_told(one)).map(|one| (line(one.start), line(one.end.saturating_sub(1)))).collect();
    // What is said by an operation and its error together has its error in the same failure.
    if of_told.is_empty() {
        return Vec::new();
    }
    let numbers: Vec<Evidence> = failure.iter().filter(|one| matches!(one.what, What::Number(_))).copied().collect();
    let lists = numbers.chunk_by(|one, next| is_listed(paste, one, next));
    let listed: Vec<usize> =
        lists.filter(|list| list.iter().any(is_told)).flat_map(|list| list.iter().map(|one| one.start)).collect();
    let is_apart = |one: &Evidence| {
        let (first, last) = (line(one.start), line(one.end.saturating_sub(1)));
        // The first that ends on the line where this begins, or behind it: all before it end before that.
        let next = of_told.partition_point(|&(_, to)| to < first);
        of_told.get(next).is_none_or(|&(from, _)| last < from)
    };
    let is_other = |one: &Evidence| listed.binary_search(&one.start).is_ok() || is_apart(one);
    // A log can have the same two errors a thousand times: each is explained once.
    let mut seen = HashSet::from([told.to_owned()]);
    let mut named = Vec::new();
    for one in failure.iter().filter(|one| says_what_failed(one)) {
        let Some(id) = id(one).filter(|id| !seen.contains(id)) else { continue };
        if is_other(one) {
            seen.insert(id);
            named.extend(explanation(one));
        }
    }
    named
}

/// True for two numbers with nothing but a separator between them.
fn is_listed(paste: &Paste, one: &Evidence, next: &Evidence) -> bool {
    let between = paste.text.get(one.end..next.start).unwrap_or("…");
    matches!(between.trim_matches(SEPARATORS), "" | "and" | "or")
}

/// The name of what is known of something found.
fn id(one: &Evidence) -> Option<String> {
    match one.what {
        What::Message(message) => Some(message.id.clone()),
        What::Number(error) | What::Sentence(error) => Some(format!("{:#010x}", error.code)),
        What::Operation(_) | What::Unknown(_) | What::Remark => None,
    }
}

/// What is known of something found, without the values around it.
fn explanation(one: &Evidence) -> Option<Explanation> {
    match one.what {
        What::Message(message) => Some(of_message(message)),
        What::Number(error) | What::Sentence(error) => Some(of_code(error)),
        What::Operation(_) | What::Unknown(_) | What::Remark => None,
    }
}
