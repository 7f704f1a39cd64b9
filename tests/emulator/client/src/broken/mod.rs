//! Broken documents, by class: each with the code it is refused with, or the reason why Windows would take it all the same.
//! A class is one case; it prints how many were tried, refused and taken.

mod containers;
mod machines;
mod modify;
mod networks;
mod processes;

use crate::Case;
use serde_json::{Value, json};

/// HCS_E_INVALID_JSON.
const JSON: u32 = 0x8037_010D;
/// E_INVALIDARG.
const ARGUMENT: u32 = 0x8007_0057;
/// ERROR_FILE_NOT_FOUND.
const NO_FILE: u32 = 0x8007_0002;
/// ERROR_PATH_NOT_FOUND.
const NO_PATH: u32 = 0x8007_0003;

/// What a broken document comes to.
#[derive(Clone, Copy)]
enum Answer {
    /// It is refused with this code.
    Refused(u32),
    /// It is taken, for this reason.
    Taken(&'static str),
}

/// One broken document.
struct Row {
    name: &'static str,
    answer: Answer,
    spoil: Box<dyn Fn(&mut Value)>,
}

/// A document that something is done to.
fn spoilt(name: &'static str, code: u32, spoil: impl Fn(&mut Value) + 'static) -> Row {
    Row { name, answer: Answer::Refused(code), spoil: Box::new(spoil) }
}

/// A document with this value at this place.
fn with(name: &'static str, code: u32, place: &'static str, value: Value) -> Row {
    spoilt(name, code, move |document| set(document, place, value.clone()))
}

/// A document without what is at this place.
fn without(name: &'static str, code: u32, place: &'static str) -> Row {
    spoilt(name, code, move |document| remove(document, place))
}

/// One that is taken.
fn taken(why: &'static str, row: Row) -> Row {
    Row { answer: Answer::Taken(why), ..row }
}

fn remove(document: &mut Value, place: &str) {
    let (parent, name) = place.rsplit_once('/').expect("a place");
    let parent = document.pointer_mut(parent).expect("what is spoilt is there");
    parent.as_object_mut().expect("an object").remove(name).expect("what is removed is there");
}

/// Puts a value at a JSON pointer; objects on the way are made.
fn set(document: &mut Value, place: &str, value: Value) {
    let mut here = document;
    for step in place.split('/').skip(1) {
        here = match here {
            Value::Array(list) => &mut list[step.parse::<usize>().expect("an index")],
            other => &mut other[step],
        };
    }
    *here = value;
}

/// Tries all rows of a class on a sound document; says how many there were, and fails where an answer is another.
fn tally(class: &str, least: usize, rows: &[Row], sound: &Value, attempt: impl Fn(&Value) -> Result<(), (u32, String)>) {
    assert!(rows.len() >= least, "{class}: {} rows, {least} wanted", rows.len());
    attempt(sound).expect("the sound document is taken");
    let mut wrong = Vec::new();
    let mut reasons = Vec::new();
    for row in rows {
        let mut document = sound.clone();
        (row.spoil)(&mut document);
        match (attempt(&document), row.answer) {
            (Err((found, _)), Answer::Refused(code)) if found == code => {}
            (Ok(()), Answer::Taken(why)) => reasons.push(format!("{}: {why}", row.name)),
            (Err((found, said)), _) => wrong.push(format!("{}: refused with {found:#010x}: {said}", row.name)),
            (Ok(()), _) => wrong.push(format!("{}: taken", row.name)),
        }
    }
    println!("       {class}: {} tried, {} refused, {} taken", rows.len(), rows.len() - reasons.len(), reasons.len());
    reasons.iter().for_each(|reason| println!("         taken: {reason}"));
    assert!(wrong.is_empty(), "{class}: {} answers are others:\n{}", wrong.len(), wrong.join("\n"));
}

fn long(count: usize) -> Value {
    json!("a".repeat(count))
}

/// All classes.
pub fn cases() -> Vec<Case> {
    vec![containers::case(), machines::case(), modify::case(), processes::case(), networks::case()]
}
