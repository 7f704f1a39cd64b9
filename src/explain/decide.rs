//! Which of the things found in a pasted text is the failure, and what is said about it.
//!
//! What failed counts more than what is merely mentioned: errors more than warnings and progress, causes more than what follows
//! from them, what failed first more than cleaning up behind it, and of several errors the last, with which the program gave up.

use std::collections::HashSet;

use super::apart::apart;
use super::evidence::{Evidence, What, all};
use super::level::Level;
use super::paste::{Paste, without_done_steps};
use super::tables::unwrapped;
use super::{Context, Explanation, cleanup, of_code, of_family, of_message, pods, traces, values};
use crate::Advice;
use crate::advice::{Remedy, advice};
use crate::knowledge::{CodeOfOperation, ErrorCode, Errors, Known, Operation};

/// The most bytes between two pieces of evidence of one failure.
const NEAR: usize = 400;

/// The most weight of what only follows from another error.
const CONSEQUENCE: u8 = 3;

/// The explanation of a pasted text, if something in it is known.
pub(super) fn explain(text: &str, context: &Context<'_>) -> Option<Explanation> {
    let found = Failures::of(text);
    let said = found.said_of(found.heaviest()?, context)?;
    let said = if pods::are_named(&found.paste) { pods::in_a_pod(said, pods::Described::of(text).as_ref()) } else { said };
    Some(if traces::are_missing(&found.paste, &found.evidence) { traces::conditional(said) } else { said })
}

/// The failures that a pasted text holds.
pub(super) struct Failures {
    /// The text.
    pub(super) paste: Paste,
    evidence: Vec<Evidence>,
}

impl Failures {
    /// Those of a text.
    pub(super) fn of(text: &str) -> Self {
        let paste = Paste::new(&without_done_steps(&apart(&unwrapped(text))));
        let evidence = without_cleanup(&paste, without_passed_steps(&paste, all(&paste)));
        Self { paste, evidence }
    }

    /// All of them, in the order of the text.
    pub(super) fn all(&self) -> impl Iterator<Item = &[Evidence]> {
        failures(&self.paste, &self.evidence)
    }

    /// The one that is explained: the heaviest, or the same failure in the words of what met it further out, which say more.
    pub(super) fn heaviest(&self) -> Option<&[Evidence]> {
        let heaviest = self.all().max_by_key(|failure| weight(&self.paste, failure))?;
        let inner = messages_of(heaviest);
        let is_alone = !inner.is_empty() && errors_of(heaviest).next().is_none();
        let images = images_of(&self.paste, heaviest);
        let wraps = |failure: &&[Evidence]| {
            is_alone && is_error(&self.paste, failure) && wraps(failure, &inner) && !is_of_others(&self.paste, failure, &images)
        };
        let wrapped = self.all().filter(wraps).last();
        Some(wrapped.unwrap_or(heaviest))
    }

    /// What is said of one of them.
    pub(super) fn said_of(&self, failure: &[Evidence], context: &Context<'_>) -> Option<Explanation> {
        said_of(&self.paste, failure, elsewhere(&self.paste, &self.evidence, failure), context)
    }
}

/// The evidence without what the steps of a build printed that passed.
fn without_passed_steps(paste: &Paste, mut evidence: Vec<Evidence>) -> Vec<Evidence> {
    let passed = traces::passed_steps(paste);
    evidence.retain(|one| {
        let behind = passed.partition_point(|part| part.start <= one.start);
        let before = behind.checked_sub(1).and_then(|at| passed.get(at));
        before.is_none_or(|part| one.start >= part.end)
    });
    evidence
}

/// The evidence without errors of cleaning up, where another error is there that does not only follow from one.
fn without_cleanup(paste: &Paste, evidence: Vec<Evidence>) -> Vec<Evidence> {
    let others: Vec<Evidence> = evidence.iter().filter(|one| !cleanup::is_it(paste, one)).copied().collect();
    if failures(paste, &others).any(|failure| weight(paste, failure) > CONSEQUENCE) { others } else { evidence }
}

/// The evidence by failure: what stands close together in one statement. What the Host Compute Service adds to an error belongs to it,
/// however long it is.
fn failures<'a>(paste: &Paste, evidence: &'a [Evidence]) -> impl Iterator<Item = &'a [Evidence]> {
    let mut reach = 0;
    evidence.chunk_by(move |one, next| {
        reach = reach.max(one.end);
        let is_added = || paste.is_in_event(next.start) && paste.line(one.start) == paste.line(next.start);
        (next.start <= reach + NEAR || is_added()) && paste.statement(one.start) == paste.statement(next.start)
    })
}

/// True for a failure that is more than a warning or a remark.
pub(super) fn is_error(paste: &Paste, failure: &[Evidence]) -> bool {
    failure.first().is_some_and(|first| paste.level(paste.statement(first.start)) > Level::Warning)
}

/// True for a failure that has each of these messages and further ones: `failed to get sandbox image …: no match for platform` says more
/// than `no match for platform`.
fn wraps(outer: &[Evidence], inner: &HashSet<&str>) -> bool {
    let outer = messages_of(outer);
    outer.len() > inner.len() && inner.is_subset(&outer)
}

/// The images that a failure names, e.g. `registry.k8s.io/pause:3.9`.
pub(super) fn images_of(paste: &Paste, failure: &[Evidence]) -> HashSet<String> {
    let (Some(first), Some(last)) = (failure.first(), failure.last()) else { return HashSet::new() };
    let text = paste.readable(paste.around(first.start, last.end, NEAR));
    let named = text.split(' ').zip(text.split(' ').skip(1)).filter(|(word, _)| *word == "image");
    named.map(|(_, name)| name.trim_matches(['\'', ':', ',', ';']).to_owned()).collect()
}

/// True for a failure that names images, and none of these: the same words about two images are two failures. False if there are none.
pub(super) fn is_of_others(paste: &Paste, failure: &[Evidence], images: &HashSet<String>) -> bool {
    let own = if images.is_empty() { HashSet::new() } else { images_of(paste, failure) };
    !own.is_empty() && own.is_disjoint(images)
}

/// The ids of the messages of a failure that say by themselves what failed.
fn messages_of(failure: &[Evidence]) -> HashSet<&'static str> {
    let id = |one: &Evidence| match one.what {
        What::Message(message) if !one.general && !message.consequence => Some(message.id.as_str()),
        _ => None,
    };
    failure.iter().filter_map(id).collect()
}

/// The weight of a failure: the heaviest is explained, of equals the last.
fn weight(paste: &Paste, failure: &[Evidence]) -> u8 {
    let level = failure.first().map_or(Level::Info, |first| paste.level(paste.statement(first.start)));
    let has = |is: fn(&What) -> bool| failure.iter().any(|one| is(&one.what));
    let has_operation = has(|what| matches!(what, What::Operation(_)));
    let is_precise = has(|what| is_precise(what) && !is_consequence(what))
        || has_operation && has(|what| matches!(what, What::Sentence(_)) && !is_consequence(what));
    let in_itself = if is_precise {
        Some(4)
    } else if has(|what| matches!(what, What::Operation(_) | What::Sentence(_)) && !is_consequence(what)) {
        Some(2)
    } else if has(is_consequence) {
        Some(1)
    } else {
        None
    };
    match (level, in_itself) {
        (_, None) => 0,
        (Level::Info, Some(_)) => 1,
        (Level::Warning, Some(_)) => 2,
        (Level::Plain, Some(weight)) => 2 + weight,
        (Level::Error, Some(1)) => CONSEQUENCE,
        (Level::Error, Some(weight)) => 3 + weight,
    }
}

/// True for evidence that says what failed by itself. `Access is denied` does not: it depends on what was being done.
fn is_precise(what: &What) -> bool {
    match what {
        What::Message(_) | What::Number(_) => true,
        What::Sentence(error) => !is_general(error),
        What::Operation(_) | What::Unknown(_) | What::Remark => false,
    }
}

/// True for errors of Windows that anything can end with.
pub(super) const fn is_general(error: &ErrorCode) -> bool {
    matches!(error.code >> 16, 0x8007 | 0x8000)
}

/// True for errors of Windows that anything can end with and that say why, such as a full disk: whatever was being done, its own usual
/// causes are not the cause.
pub(super) fn says_why(error: &ErrorCode) -> bool {
    /// A full disk and one that cannot be read; too little memory or page file (four); a service that is disabled or not there; a
    /// privilege, a password and a right to log on that are missing or wrong.
    const SAY_WHY: [u32; 11] = [
        0x8007_0070,
        0x8007_0017,
        0x8007_0008,
        0x8007_000e,
        0x8007_05aa,
        0x8007_05af,
        0x8007_0422,
        0x8007_0424,
        0x8007_0522,
        0x8007_052e,
        0x8007_0569,
    ];
    SAY_WHY.contains(&error.code)
}

/// True for what follows from another error.
pub(super) fn is_consequence(what: &What) -> bool {
    match what {
        What::Message(message) => message.consequence,
        What::Number(error) | What::Sentence(error) => error.consequence,
        What::Operation(operation) => operation.message.consequence,
        What::Unknown(_) | What::Remark => false,
    }
}

/// The operation of something else than a Windows container, such as WSL, if the failure is one of that: it names no other operation.
/// One that names none is of the operation in the statement before or behind it that ends with the same error.
fn elsewhere(paste: &Paste, evidence: &[Evidence], failure: &[Evidence]) -> Option<&'static Operation> {
    // Programs of every kind print the others.
    let precise: Vec<Evidence> = failure.iter().filter(|one| !one.general).copied().collect();
    if let Some(operation) = operations_of(&precise).chain(operations_of(failure)).next() {
        let is_of_container = || errors_of(failure).next().is_some() && is_of_daemon(paste, failure);
        return Some(operation).filter(|operation| operation.elsewhere && !is_of_container());
    }
    let statement = |failure: &[Evidence]| failure.first().map(|first| paste.statement(first.start));
    let here = statement(failure)?;
    let errors: Vec<u32> = errors_of(failure).collect();
    let is_beside = |other: &&[Evidence]| {
        statement(other).is_some_and(|there| there.abs_diff(here) == 1) && errors_of(other).any(|error| errors.contains(&error))
    };
    let beside = failures(paste, evidence).filter(is_beside).find_map(|other| operations_of(other).next());
    beside.filter(|operation| operation.elsewhere)
}

/// True for a failure that an engine answered with: what it starts for a container has words of other machines.
fn is_of_daemon(paste: &Paste, failure: &[Evidence]) -> bool {
    let before = failure.first().map(|first| paste.around(first.start, first.end, NEAR).start..first.start);
    before.and_then(|before| paste.text.get(before)).is_some_and(|text| text.contains("errorresponsefromdaemon"))
}

/// The numbers of the errors that a failure names, by themselves or by their words, without those that only follow from others.
fn errors_of(failure: &[Evidence]) -> impl Iterator<Item = u32> {
    failure.iter().filter_map(|one| match one.what {
        What::Number(error) | What::Sentence(error) if !error.consequence => Some(error.code),
        _ => None,
    })
}

/// What is said of a failure: its message, else its number, else the words of Windows, else the operation. Of one that is elsewhere, a
/// number says no more than its words.
fn said_of(
    paste: &Paste,
    failure: &[Evidence],
    elsewhere: Option<&'static Operation>,
    context: &Context<'_>,
) -> Option<Explanation> {
    let preferred = |consequence: bool| {
        let of_kind = move |one: &&Evidence| is_consequence(&one.what) == consequence;
        // Of texts that several errors share, that of the first: the more common one.
        let longest = |one: &&Evidence| (std::cmp::Reverse(one.length), one.start);
        let message = failure.iter().filter(of_kind).filter(|one| matches!(one.what, What::Message(_))).min_by_key(longest);
        let number = |general: bool| {
            failure.iter().filter(of_kind).find(|one| matches!(one.what, What::Number(error) if is_general(error) == general))
        };
        let sentence = || failure.iter().filter(of_kind).filter(|one| matches!(one.what, What::Sentence(_))).min_by_key(longest);
        message.or_else(|| number(false)).or_else(|| number(true)).or_else(sentence)
    };
    // Beside one of a container, what is elsewhere says nothing.
    let is_elsewhere = elsewhere.is_some();
    let main = preferred(false);
    let of_main = main.map_or_else(|| failure.to_vec(), |main| without_lines_of_others(paste, failure, main));
    let counting = || operations_of(&of_main).filter(move |operation| is_elsewhere || !operation.elsewhere);
    let operation = elsewhere.or_else(|| counting().next());
    if let Some(Evidence { what: What::Message(message), start, .. }) = main {
        return Some(values::explain(message, paste, *start, context));
    }
    let error = match main.map(|one| one.what) {
        Some(What::Number(error) | What::Sentence(error)) => Some(error),
        _ => None,
    };
    if let Some(error) = error {
        let mut operations = elsewhere.into_iter().chain(counting());
        let case = operations.find_map(|operation| Errors::built_in().of_case(&operation.message.id, error.code));
        if let Some(message) = case {
            return Some(of_message(message));
        }
        if let Some(operation) = elsewhere {
            return Some(with_words(of_message(&operation.message), operation, error));
        }
        let own = counting().find_map(|operation| error.during(&operation.message.id));
        let explanation = with_versions(of_code_during(error, own), error, paste, context);
        let takes_causes = own.is_none() && is_general(error) && !says_why(error);
        return Some(match operation {
            Some(operation) => with_operation(explanation, operation, takes_causes),
            None => explanation,
        });
    }
    let unknown = failure.iter().find_map(|one| match one.what {
        What::Unknown(number) => Some(number),
        _ => None,
    });
    if let Some(operation) = operation {
        // What only follows still says more than an operation by itself, if it is an error of containers.
        let follows = failure.iter().find_map(|one| match one.what {
            What::Number(error) | What::Sentence(error) if traces::is_of_containers(error.code) => Some(error),
            _ => None,
        });
        return Some(match follows {
            Some(error) if unknown.is_none() && !operation.elsewhere => with_operation(of_code(error), operation, false),
            _ => with_unknown(of_message(&operation.message), unknown),
        });
    }
    if let Some(one) = preferred(true) {
        return match one.what {
            What::Message(message) => Some(values::explain(message, paste, one.start, context)),
            What::Number(error) | What::Sentence(error) => Some(of_code(error)),
            _ => None,
        };
    }
    of_family(unknown?)
}

/// A failure without the lines that have an error of their own, where the line of the main error names an operation: the operations on
/// those ended with another error.
fn without_lines_of_others(paste: &Paste, failure: &[Evidence], main: &Evidence) -> Vec<Evidence> {
    let line = |one: &Evidence| paste.line(one.start);
    let number = |one: &Evidence| match one.what {
        What::Number(error) | What::Sentence(error) => Some(error.code),
        _ => None,
    };
    let here = line(main);
    if !failure.iter().any(|one| line(one) == here && matches!(one.what, What::Operation(_))) {
        return failure.to_vec();
    }
    let is_other = |one: &&Evidence| line(one) != here && number(one).is_some_and(|code| Some(code) != number(main));
    let others: HashSet<usize> = failure.iter().filter(is_other).map(line).collect();
    failure.iter().filter(|one| !others.contains(&line(one))).copied().collect()
}

/// The operations that a failure names, in the order of the knowledge: the outermost first, such as a pod's sandbox before the
/// container in it.
pub(super) fn operations_of(failure: &[Evidence]) -> impl Iterator<Item = &'static Operation> {
    let is_named = |operation: &&Operation| {
        failure.iter().any(|one| matches!(one.what, What::Operation(named) if named.message.id == operation.message.id))
    };
    Errors::built_in().operations.iter().filter(is_named)
}

/// The explanation of a number, as it is known of the operation that ended with it, or else in general.
fn of_code_during(error: &ErrorCode, own: Option<&CodeOfOperation>) -> Explanation {
    let general = of_code(error);
    match own {
        Some(CodeOfOperation { known: Known { meaning, causes, steps }, .. }) => {
            Explanation { meaning: meaning.clone(), causes: causes.clone(), steps: steps.clone(), ..general }
        }
        None => general,
    }
}

/// The explanation of a number, with what was being done. An error that anything can end with has the operation's causes first,
/// unless it says why by itself.
fn with_operation(mut explanation: Explanation, operation: &Operation, general: bool) -> Explanation {
    explanation.meaning = advice![operation.during.as_str(), " ", explanation.meaning];
    if general {
        let merged = |own: &mut Vec<Advice>, others: &[Advice]| {
            let rest = std::mem::take(own);
            own.extend(others.iter().cloned());
            own.extend(rest.into_iter().filter(|text| !others.contains(text)));
        };
        merged(&mut explanation.causes, &operation.message.known.causes);
        explanation.steps.retain(|step| !is_done_by(step, &operation.message.known.steps));
        merged(&mut explanation.steps, &operation.message.known.steps);
    }
    for source in &operation.message.sources {
        if !explanation.sources.contains(source) {
            explanation.sources.push(source.clone());
        }
    }
    explanation
}

/// True for a step whose commands are all in other steps: it would be the same once more in other words. A single word in backquotes may
/// be a name, such as `servercore`.
fn is_done_by(step: &Advice, others: &[Advice]) -> bool {
    let text = step.to_string();
    let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let in_others: Vec<String> = others.iter().map(ToString::to_string).collect();
    let is_quoted =
        |command: &&str| command.contains(' ') && in_others.iter().any(|other| other.contains(&format!("`{command}`")));
    let is_offered = |remedy: &Remedy| others.iter().any(|other| other.remedies().any(|known| known == remedy));
    let has_commands = !quoted.is_empty() || step.remedies().next().is_some();
    has_commands && quoted.iter().all(is_quoted) && step.remedies().all(is_offered)
}

/// The explanation of an operation that is elsewhere, with the words of Windows for the error that it ended with.
fn with_words(mut explanation: Explanation, operation: &Operation, error: &ErrorCode) -> Explanation {
    explanation.meaning = advice![
        operation.during.as_str(),
        " ",
        explanation.meaning,
        format!(" In general the error {:#010x} means: {}.", error.code, error.title)
    ];
    explanation
}

/// The explanation of an operation that ended with a number nobody explains.
fn with_unknown(mut explanation: Explanation, unknown: Option<u32>) -> Explanation {
    let Some(number) = unknown else { return explanation };
    let of = Errors::built_in().family(number).map_or_else(String::new, |family| format!(" It belongs to: {}.", family.name));
    explanation.meaning = explanation.meaning + format!(" The number {number:#010x} in the text is not known here.{of}");
    explanation
}

/// The explanation with what follows from both versions, where the text has them and the error is about them.
fn with_versions(mut explanation: Explanation, error: &ErrorCode, paste: &Paste, context: &Context<'_>) -> Explanation {
    /// Errors of a pair of image and host.
    const OF_PAIRS: [u32; 3] = [0x8037_0100, 0x8037_0101, 0x8037_0106];
    if OF_PAIRS.contains(&error.code)
        && let Some((image, host)) = values::labelled_versions(&paste.text)
    {
        let (said, mut steps) = values::about_pair(image, host, context);
        explanation.meaning = advice![said, " ", explanation.meaning];
        steps.append(&mut explanation.steps);
        explanation.steps = steps;
    }
    explanation
}
