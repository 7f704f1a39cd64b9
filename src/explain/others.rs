//! What else a pasted text holds: errors of another cause than the one that is explained.

use std::collections::HashSet;

use super::decide::{Failures, images_of, is_consequence, is_error, is_general, is_of_others, operations_of, says_why};
use super::evidence::{Evidence, What};
use super::paste::Paste;
use super::subjects::{self, Subject};
use super::{Context, Explanation, of_code, of_message};
use crate::knowledge::{ErrorCode, Operation, Peer};

/// The most errors that are named.
const MOST: usize = 5;

/// What may stand between two numbers of a list, in the form of [`Paste::text`].
const SEPARATORS: [char; 6] = [',', ';', '/', '|', '&', '+'];

/// Words that may stand there, in the languages of those who ask.
const JOINING: [&str; 12] = ["", "and", "or", "und", "oder", "et", "ou", "y", "o", "e", "then", "と"];

/// Words in the names of operations that failed, in the form of [`Paste::text`]: logs name the others where they went well too.
const FAILED: [&str; 5] = ["fail", "error", "unable", "cannot", "notinitialized"];

/// The explanations of the other errors in a text, in the order of the text; `told` is the name of the one that is explained.
pub(super) fn others(text: &str, told: &str, context: &Context<'_>) -> Vec<Explanation> {
    let found = Failures::of(text);
    let Some(main) = found.heaviest() else { return Vec::new() };
    let of_told = OfTold::new(&found, main, told);
    let mut others: Vec<Explanation> = Vec::new();
    let mut seen = of_told.ids.clone();
    for failure in found.all() {
        // A log can have the same error a thousand times.
        let ids: Vec<String> = failure.iter().filter(|one| says_what_failed(one)).filter_map(id).collect();
        let named = if std::ptr::eq(failure, main) {
            let mut named = beside(&found.paste, failure, told, &of_told);
            named.extend(operations_beside(&found.paste, failure, told, &of_told));
            named
        } else if !is_error(&found.paste, failure) {
            Vec::new()
        } else if ids.is_empty() {
            Vec::from_iter(operation(&found.paste, failure, &of_told))
        } else if ids.iter().all(|id| seen.contains(id)) {
            Vec::new()
        } else {
            found.said_of(failure, context).into_iter().filter(|said| !of_told.ids.contains(&said.id)).collect()
        };
        seen.extend(ids);
        for one in named {
            add(&mut others, one, told);
        }
    }
    // What one pod waits for is not what another waits for.
    if main.iter().any(|one| is_consequence(&one.what) && id(one).is_some_and(|id| id == told)) {
        let states = found.all().flatten().filter(|one| is_state_in_list(&found.paste, one));
        for one in states.filter_map(explanation) {
            add(&mut others, one, told);
        }
    }
    others
}

/// Adds the explanation of another error, if it is not there and there are not too many.
fn add(others: &mut Vec<Explanation>, one: Explanation, told: &str) {
    if others.len() < MOST && one.id != told && others.iter().all(|other| other.id != one.id) {
        others.push(one);
    }
}

/// True for the state of a pod in a list of them: it stands behind the number of containers that are ready, e.g. `web 0/1 CrashLoopBackOff`
/// or `web 0/2 Init:ImagePullBackOff`.
fn is_state_in_list(paste: &Paste, one: &Evidence) -> bool {
    let before = paste.before(one.start);
    let before = before.strip_suffix("init:").unwrap_or(before);
    let ready = before.trim_end_matches(|c: char| c.is_ascii_digit());
    ready.len() < before.len() && ready.strip_suffix('/').is_some_and(|running| running.ends_with(|c: char| c.is_ascii_digit()))
}

/// What belongs to the failure that is explained, wherever it stands in the text.
struct OfTold {
    /// The names of the errors that stand on a line with the one that is explained, and its own: an engine wraps an error, a daemon and
    /// its client print it both, and events repeat it.
    ids: HashSet<String>,
    /// What those lines are about.
    subjects: Vec<Subject>,
}

impl OfTold {
    /// Collects it; `main` is the failure that is explained, `told` the name of the explanation.
    fn new(found: &Failures, main: &[Evidence], told: &str) -> Self {
        let mut of_told = Self { ids: HashSet::from([told.to_owned()]), subjects: Vec::new() };
        // What is said by an operation and its error together has no evidence of its own.
        let is_whole = !has(main, told);
        let images = images_of(&found.paste, main);
        for failure in found.all() {
            let is_main = std::ptr::eq(failure, main);
            if !is_main && (!has(failure, told) || is_of_others(&found.paste, failure, &images)) {
                continue;
            }
            for line in lines(&found.paste, failure) {
                if has(line, told) || is_main && is_whole {
                    of_told.ids.extend(line.iter().filter_map(id));
                    for subject in line.iter().filter_map(subjects::of) {
                        if !of_told.subjects.contains(&subject) {
                            of_told.subjects.push(subject);
                        }
                    }
                }
            }
        }
        of_told
    }
}

/// True if the error of this name is among those found.
fn has(found: &[Evidence], told: &str) -> bool {
    found.iter().any(|one| id(one).is_some_and(|id| id == told))
}

/// What was found, by the lines of the text. A line that goes on with the one before is one with it, and so are the lines of a message.
fn lines<'a>(paste: &Paste, found: &'a [Evidence]) -> impl Iterator<Item = &'a [Evidence]> {
    let mut last = 0;
    found.chunk_by(move |one, next| {
        last = last.max(paste.line(one.end.saturating_sub(1)));
        paste.line(next.start) <= last
    })
}

/// The operation of a failure of which nothing more is known, where it is about something else than what is explained. Other lines about
/// the same are of the same failure, and so may be those of an operation in which everything else happens.
fn operation(paste: &Paste, failure: &[Evidence], of_told: &OfTold) -> Option<Explanation> {
    let is_named_as_failed = |one: &Evidence| {
        let words = paste.text.get(one.start..one.end).unwrap_or_default();
        matches!(one.what, What::Operation(_)) && FAILED.iter().any(|word| words.contains(word))
    };
    if of_told.subjects.is_empty() || !failure.iter().any(is_named_as_failed) {
        return None;
    }
    let about: Vec<(&Operation, Subject)> = operations_of(failure)
        .filter(|operation| !operation.elsewhere)
        .filter_map(|operation| Some((operation, subjects::of_operation(operation)?)))
        .collect();
    if about.iter().any(|(_, subject)| of_told.subjects.contains(subject)) {
        return None;
    }
    let (operation, _) = about.iter().find(|(_, subject)| *subject != Subject::Start)?;
    Some(of_message(&operation.message))
}

/// Such operations on lines of their own in the failure that is explained.
fn operations_beside(paste: &Paste, failure: &[Evidence], told: &str, of_told: &OfTold) -> Vec<Explanation> {
    if !has(failure, told) {
        return Vec::new();
    }
    let is_alone = |line: &&[Evidence]| !line.iter().any(says_what_failed);
    lines(paste, failure).filter(is_alone).filter_map(|line| operation(paste, line, of_told)).collect()
}

/// True for an error that says by itself what failed. One that anything can end with is a part of what it stands beside.
fn says_what_failed(one: &Evidence) -> bool {
    let is_precise = |error: &ErrorCode| !is_general(error) || says_why(error);
    !is_consequence(&one.what)
        && match one.what {
            // Words about a network are kept only where they are about a registry.
            What::Message(message) => !one.general || message.peer == Some(Peer::Registry),
            What::Number(error) | What::Sentence(error) => is_precise(error),
            What::Operation(_) | What::Unknown(_) | What::Remark => false,
        }
}

/// The errors in the failure that is explained which are others: those on lines of their own, and the others of a list of numbers.
/// What stands on the line of what is explained belongs to it, also where it is repeated on another.
fn beside(paste: &Paste, failure: &[Evidence], told: &str, of_told: &OfTold) -> Vec<Explanation> {
    let is_told = |one: &Evidence| id(one).is_some_and(|id| id == told);
    let line = |at: usize| paste.line(at);
    // Later ones begin and end later.
    let places: Vec<(usize, usize)> =
        failure.iter().filter(|one| is_told(one)).map(|one| (line(one.start), line(one.end.saturating_sub(1)))).collect();
    // What is said by an operation and its error together has its error in the same failure.
    if places.is_empty() {
        return Vec::new();
    }
    let numbers: Vec<Evidence> = failure.iter().filter(|one| matches!(one.what, What::Number(_))).copied().collect();
    let lists = numbers.chunk_by(|one, next| is_listed(paste, one, next));
    let listed: Vec<usize> =
        lists.filter(|list| list.iter().any(is_told)).flat_map(|list| list.iter().map(|one| one.start)).collect();
    let is_apart = |one: &Evidence| {
        let (first, last) = (line(one.start), line(one.end.saturating_sub(1)));
        // The first that ends on the line where this begins, or behind it: all before it end before that.
        let next = places.partition_point(|&(_, to)| to < first);
        places.get(next).is_none_or(|&(from, _)| last < from)
    };
    let is_listed = |one: &Evidence| listed.binary_search(&one.start).is_ok();
    // A log can have the same two errors a thousand times: each is explained once.
    let mut seen = HashSet::from([told.to_owned()]);
    let mut named = Vec::new();
    for one in failure.iter().filter(|one| says_what_failed(one)) {
        let Some(id) = id(one).filter(|id| !seen.contains(id)) else { continue };
        if is_listed(one) || is_apart(one) && !of_told.ids.contains(&id) {
            seen.insert(id);
            named.extend(explanation(one));
        }
    }
    named
}

/// True for two numbers with nothing but a separator between them.
fn is_listed(paste: &Paste, one: &Evidence, next: &Evidence) -> bool {
    let between = paste.text.get(one.end..next.start).unwrap_or("…");
    JOINING.contains(&between.trim_matches(SEPARATORS))
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
