//! JSON with a field for each computer: `{"web01": {"version": "10.0.20348.2402"}, "web02": {…}}`, as inventories and the results of tasks
//! of Ansible have it, and with lists of computers at any place.

use std::cell::OnceCell;

use serde_json::Value;

use super::records::{self, LISTS, Records};
use super::{
    Document, Format, MOST_GROUPS, Read, Syntax, Text, answers, has_computers, has_version, in_answer, in_fields, inventory,
    is_of_one, is_of_others, json_text, left_out, sections,
};
use crate::Error;
use crate::host::facts::HostFacts;
use crate::host::list::{self, is_mixed};
use crate::host::{other_host, other_thing, spec, version_text};
use crate::knowledge::Knowledge;
use crate::text::quoted;

/// An object, at any place of the document, of which fields are computers, or a list of computers.
pub(super) const FORMAT: Format = Format { syntax: Syntax::Any, recognises, hosts };

/// The labels of objects that hold computers, whatever they are called.
pub(super) const HOLDERS: [&str; 6] = ["hosts", "hostvars", "computers", "servers", "nodes", "machines"];

/// A field of an object: its name and its value.
type Field<'j> = (&'j str, &'j Value);

/// What is wrong with JSON that has computers in it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wrong<'j> {
    /// This field stands beside computers and has a Windows, and the computers in it are not known.
    Beside(&'j str),
    /// The first field is like a computer, and so is the other one in it.
    Within(&'j str, &'j str),
}

impl Wrong<'_> {
    fn error(self) -> Error {
        match self {
            Self::Beside(name) => other_thing::error(name).unwrap_or_else(|| version_text::without_a_windows("JSON", name)),
            Self::Within(name, other) => {
                Error::new(format!("the fields of {} name another computer, {}", quoted(name), quoted(other)))
                    .because("it is not known which of the two has this Windows")
                    .hint(r#"write each computer as a field of one object, e.g. {"web01": "10.0.20348.2402"}"#)
            }
        }
    }
}

/// The [computers] of a document, once they were looked for.
pub(super) type Kept<'j> = OnceCell<Result<Vec<Field<'j>>, Wrong<'j>>>;

/// The [computers] in the JSON of a document; none in any other text.
fn found<'d, 'j>(document: &'d Document<'j>) -> Result<&'d [Field<'j>], Wrong<'j>> {
    let found = || document.json().map_or_else(|| Ok(Vec::new()), |json| computers(json, document.knowledge));
    document.computers.get_or_init(found).as_deref().map_err(|wrong| *wrong)
}

fn recognises(document: &Document<'_>) -> bool {
    !matches!(found(document), Ok([]))
}

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    let found = found(document).map_err(Wrong::error)?;
    if let Some(label) = document.json().and_then(|json| left_out("", json)) {
        document.note(other_thing::note(label));
    }
    let read = |(name, value): Field<'_>| {
        if let Some(read) = in_list(value, document.knowledge) {
            // Of one computer in a list the name is kept too.
            let own = read.as_ref().ok().filter(|read| read.hosts.len() == 1).and_then(|read| read.hosts.first()?.label.clone());
            return (own.map_or_else(|| name.to_owned(), |own| format!("{name}/{own}")), None, read);
        }
        let read = of_computer(name, value, document.knowledge)
            .map_err(|error| error.within(format!("the Windows of {} is not known", quoted(name))));
        (name.to_owned(), answers::own_name(&read, || name_in_fields(value)), read)
    };
    answers::hosts_by_own_names(document, found.iter().copied().map(read).collect())
}

/// The name in the fields of a computer, e.g. that of an instance of a cloud below its number.
fn name_in_fields(value: &Value) -> Option<String> {
    match Records::of_json(value).all.as_slice() {
        [record] => inventory::sure_name(record).map(str::to_owned),
        _ => None,
    }
}

/// The computers in JSON, else what is wrong with it. What is deepest counts:
/// `{"prod": {"web01": {…}, "web02": {…}}, "test": {…}}`.
fn computers<'j>(json: &'j Value, knowledge: &Knowledge) -> Result<Vec<Field<'j>>, Wrong<'j>> {
    let mut found = Vec::new();
    add("", "", json, knowledge, &mut found)?;
    Ok(found)
}

/// What is told in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    /// No version of a Windows.
    Nothing,
    /// A version.
    Version,
    /// It is about an image, whatever else is told.
    Image,
}

/// What was seen in a value.
#[derive(Clone, Copy, Debug)]
struct Seen<'j> {
    told: Told,
    /// The [word](Part::word) of an object.
    word: Option<&'j str>,
    /// That of the only field of an object.
    word_of_only: Option<&'j str>,
}

impl Seen<'_> {
    const fn of(told: Told) -> Self {
        Self { told, word: None, word_of_only: None }
    }
}

/// A field of an object, with what is told in it.
#[derive(Clone, Copy, Debug)]
struct Part<'j> {
    name: &'j str,
    value: &'j Value,
    has_version: bool,
    /// The first of its fields that have a version, where all of these are called as computers may be, and not as properties are.
    word: Option<&'j str>,
}

impl<'j> Part<'j> {
    /// The [word](Self::word) of an object with these fields.
    fn word_among(parts: &[Self], knowledge: &Knowledge) -> Option<&'j str> {
        let is_word = |part: &Self| {
            let is_sign = |c: char| c.is_ascii_digit() || c == '-';
            let is_lower = part.name.chars().all(|c| c.is_ascii_lowercase() || is_sign(c));
            // `WIN-ABC` is a name that Windows makes.
            let is_upper = part.name.contains('-') && part.name.chars().all(|c| c.is_ascii_uppercase() || is_sign(c));
            let is_host = |text: &str| list::surely_build_of(text, knowledge).is_some();
            // `2024-01-01` is a date.
            let is_name = (is_lower || is_upper) && part.is_named() && part.name.contains(char::is_alphabetic);
            is_name && part.value.as_str().is_none_or(is_host)
        };
        let mut told = parts.iter().filter(|part| part.has_version);
        let first = told.next().filter(|first| is_word(first))?;
        told.all(is_word).then_some(first.name)
    }

    /// True for a name that computers have. One with the properties of a computer may be called `images`.
    fn is_named(&self) -> bool {
        let is_called_so = || self.has_version && other_thing::may_be_group(self.name) && is_of_one(self.value);
        let is_other = list::is_label(self.name) || (sections::is_part(self.name) && !is_called_so());
        spec::is_name(self.name) && !is_other
    }

    /// True for a name that is surely that of a computer, by the digits in it.
    fn is_mixed(&self) -> bool {
        is_mixed(self.name) && self.is_named()
    }

    /// False for `instanceView`, which is a part of one computer.
    fn is_one_word(&self) -> bool {
        let mut pairs = self.name.chars().zip(self.name.chars().skip(1));
        !pairs.any(|(one, next)| one.is_lowercase() && next.is_uppercase())
    }

    /// True for the only field of an object, that is surely a computer: `web01` of `{"rack1": {"web01": "10.0.20348.1"}}`.
    fn is_alone(&self, knowledge: &Knowledge) -> bool {
        let is_answer = |text: &str| text.contains("Windows") || list::surely_build_of(text, knowledge).is_some();
        let is_told = self.has_version && self.word.is_none();
        self.is_mixed() && is_told && (self.value.is_object() || self.value.as_str().is_some_and(is_answer))
    }

    /// True for a value that has others in it.
    fn is_nested(&self) -> bool {
        self.value.is_object() || self.value.is_array()
    }

    /// True where the computer did not answer.
    fn is_unread(&self) -> bool {
        (self.value.is_object() || self.value.is_string()) && sections::is_no_answer(&self.value.to_string())
    }
}

/// Adds the computers in a value with this label. `holder` is the label of an object that may hold some. Each value is looked at
/// once, the deepest first.
fn add<'j>(
    label: &'j str,
    holder: &str,
    value: &'j Value,
    knowledge: &Knowledge,
    found: &mut Vec<Field<'j>>,
) -> Result<Seen<'j>, Wrong<'j>> {
    let is_list = value.is_array();
    let fields: Vec<Field<'j>> = match value {
        Value::Array(values) => values.iter().map(|value| (label, value)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.as_str(), value)).collect(),
        Value::String(words) if has_version_in(label, words) => return Ok(Seen::of(Told::Version)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => return Ok(Seen::of(Told::Nothing)),
    };
    let (object, begin) = (value, found.len());
    let (mut told, mut beside, mut parts) = (Told::Nothing, None, Vec::with_capacity(fields.len()));
    for (name, value) in fields {
        if !is_list && is_of_others(object, holder, name, value) {
            continue;
        }
        let before = found.len();
        // The label of a list is not that of an object in it.
        let inner = add(name, if is_list { "" } else { name }, value, knowledge, found)?;
        let inner_told = if !is_list && json_text::is_of_image(name) { Told::Image } else { inner.told };
        let has_version = inner_told == Told::Version;
        if has_version && found.len() == before && beside.is_none() {
            beside = Some(name);
        }
        told = told.max(inner_told);
        let word = if is_list { inner.word_of_only } else { inner.word };
        parts.push(Part { name, value, has_version, word });
    }
    if found.len() > begin {
        return beside.map_or(Ok(Seen::of(told)), |name| Err(Wrong::Beside(name)));
    }
    if is_list && !label.is_empty() && !other_host::is_about_others(label) && is_inventory(value, knowledge) {
        found.push((label, value));
        return Ok(Seen::of(told));
    }
    let named = if is_list { named_lines(&parts, knowledge) } else { Vec::new() };
    if named.len() > 1 {
        found.extend(named);
        return Ok(Seen::of(told));
    }
    let word = if is_list { None } else { Part::word_among(&parts, knowledge) };
    let word_of_only = if let [only] = parts.as_slice() { only.word } else { None };
    // `[{"web01": {…}}, {"web02": {…}}]` has the fields of one object.
    let parts = if is_list { alone(&parts).unwrap_or_default() } else { parts };
    found.extend(computers_among(&parts, holder, knowledge)?);
    Ok(Seen { told, word, word_of_only })
}

/// The texts of a list that are each about a computer: `["web01 10.0.20348.2402", "web02 timed out"]`. Empty where none has a Windows.
fn named_lines<'j>(parts: &[Part<'j>], knowledge: &Knowledge) -> Vec<Field<'j>> {
    let with_host = |line: &'j str| list::computer_named(line, knowledge);
    let unread = |line: &'j str| line.split([' ', ':']).next().filter(|name| is_mixed(name) && sections::is_no_answer(line));
    let lines = parts.iter().filter_map(|part| Some((part.value.as_str()?.trim(), part.value)));
    let lines: Vec<Field<'j>> = lines.collect();
    if !lines.iter().any(|(line, _)| with_host(line).is_some()) {
        return Vec::new();
    }
    let named = |(line, value): Field<'j>| Some((with_host(line).or_else(|| unread(line))?, value));
    lines.into_iter().filter_map(named).collect()
}

/// True for a list of computers as an inventory has them.
fn is_inventory(value: &Value, knowledge: &Knowledge) -> bool {
    value.is_array() && inventory::has_computer(&Records::of_json(value).all, knowledge)
}

/// The computers in such a list; `None` for any other value.
fn in_list(value: &Value, knowledge: &Knowledge) -> Option<Result<Read, Error>> {
    if !is_inventory(value, knowledge) {
        return None;
    }
    let text = value.to_string();
    let whole = Text::of(&text);
    let document = Document::new(&whole, knowledge);
    Some((inventory::FORMAT.hosts)(&document).map(|hosts| Read { hosts, notes: document.notes.take() }))
}

/// The records of JSON: those of its [objects](records::objects), and those of other lists of computers beside the lists that are known
/// by their labels. A field beside them that tells of computers in another way, and one with other versions, are named: they are not read.
pub(super) fn all_records(json: &Value, knowledge: &Knowledge) -> Records {
    // Items of these may have the fields of computers: `name` and `version`.
    const THINGS: [&str; 5] = ["baselines", "files", "hotfixes", "patches", "updates"];
    let mut objects = records::objects(json);
    let known = objects.first().copied().and_then(Value::as_object);
    let is_alike = |object: &Value| match (known, object.as_object()) {
        (Some(known), Some(fields)) => known.len() == fields.len() && fields.keys().all(|label| known.contains_key(label)),
        _ => false,
    };
    let (mut beside, mut left_out) = (None, None);
    let has_lists = json.as_object().is_some_and(|fields| fields.iter().any(|(label, value)| records::is_list(label, value)));
    for (label, value) in json.as_object().into_iter().flatten().filter(|_| has_lists) {
        if records::is_list(label, value) {
            continue;
        }
        let is_of_things = THINGS.iter().any(|known| label.eq_ignore_ascii_case(known)) && !has_computers(value, MOST_GROUPS);
        let is_other = is_of_things || is_of_others(json, "", label, value) || other_host::is_about_others(label);
        let is_nested = value.is_object() || value.is_array();
        match value.as_array().filter(|_| !is_other) {
            Some(list) if list.iter().any(is_alike) || is_inventory(value, knowledge) => objects.extend(list),
            _ if !is_other && beside.is_none() && tells_of_computers(label, value, knowledge) => beside = Some(label.clone()),
            _ if left_out.is_none() && is_nested && has_version(value) => left_out = Some(label.clone()),
            _ => {}
        }
    }
    Records { beside, left_out, ..Records::of_objects(objects) }
}

/// True for a field that is a computer or has computers in it.
fn tells_of_computers(label: &str, value: &Value, knowledge: &Knowledge) -> bool {
    let mut found = Vec::new();
    let Ok(seen) = add(label, label, value, knowledge, &mut found) else { return true };
    let has_version = seen.told == Told::Version;
    let part = Part { name: label, value, has_version, word: None };
    let is_computer = || match value {
        Value::Array(items) => items.iter().any(|item| is_item(item, knowledge)),
        // `generatedOn` is not one.
        Value::Object(_) if part.is_one_word() => part.is_mixed() || tells_system(value, knowledge) || is_item(value, knowledge),
        _ => part.is_mixed(),
    };
    !found.is_empty() || (has_version && part.is_named() && is_computer())
}

/// True for an item of a list that is a computer: a line with its name, and an object with its name or its system. Versions alone, those
/// that are counted, files and updates are not.
fn is_item(item: &Value, knowledge: &Knowledge) -> bool {
    match item {
        Value::String(line) => {
            let name = list::computer_named(line, knowledge).or_else(|| list::word_named(line, knowledge));
            name.is_some_and(|name| !sections::is_part(name))
        }
        Value::Object(fields) => match Records::of_json(item).all.as_slice() {
            [record] => match inventory::name(record) {
                Some(name) => {
                    let is_name = version_text::versions(name).is_empty() && other_thing::named(name).is_none();
                    is_name && inventory::computer(record, knowledge).is_some()
                }
                None => inventory::tells_system(record, knowledge) && !fields.values().any(Value::is_number),
            },
            _ => false,
        },
        _ => false,
    }
}

/// True for an object with fields that only computers have.
fn tells_system(value: &Value, knowledge: &Knowledge) -> bool {
    matches!(Records::of_json(value).all.as_slice(), [record] if inventory::tells_system(record, knowledge))
}

/// The only fields of these objects; `None` where one has another number of them.
fn alone<'j>(objects: &[Part<'j>]) -> Option<Vec<Part<'j>>> {
    let of_object = |object: &Part<'j>| {
        let fields = object.value.as_object().filter(|fields| fields.len() == 1)?;
        let (name, value) = fields.iter().next()?;
        Some(Part { name: name.as_str(), value, ..*object })
    };
    objects.iter().map(of_object).collect()
}

/// The fields in which tools put what a computer answered. One that has the field and no Windows in it is a computer too.
pub(in crate::host) const OUTPUTS: [&str; 4] = ["stdout", "stdout_lines", "output", "result"];

/// The computers among the fields of an object with this label, else what is wrong with them.
fn computers_among<'j>(parts: &[Part<'j>], label: &str, knowledge: &Knowledge) -> Result<Vec<Field<'j>>, Wrong<'j>> {
    let is_held = HOLDERS.contains(&label);
    // The name of a release says less than a version.
    let are_likely = is_held || LISTS.contains(&label) || parts.iter().filter(|part| part.is_mixed()).count() > 1;
    let is_told = |part: &Part<'_>| part.has_version || (are_likely && names_release(part.value, knowledge));
    let is_computer = |part: &&Part<'_>| part.is_mixed() || (part.value.is_object() && spec::is_name(part.name));
    // Computers are objects where one of them has a Windows, else texts.
    let are_nested = parts.iter().filter(is_computer).any(|part| part.is_nested() && is_told(part));
    let is_like_one = |part: &Part<'_>| if are_nested { part.is_nested() } else { part.value.is_string() };
    let are_names = parts.iter().filter(|part| part.value.is_string()).all(Part::is_named);
    let is_of_one = || parts.iter().any(|part| part.value.is_string() && !part.is_named() && is_told(part));
    // A computer that could not be asked, or whose answer has no Windows in it.
    let answers_with =
        |output: &&&str| parts.iter().any(|part| part.has_version && part.is_named() && part.value.get(**output).is_some());
    let outputs: Vec<&str> = OUTPUTS.iter().filter(answers_with).copied().collect();
    let is_silent = |part: &Part<'_>| part.is_unread() || outputs.iter().any(|output| part.value.get(*output).is_some());

    // What has the name of a computer or stands where computers do is one, whatever is told of it.
    let is_sure = |part: &Part<'_>| match part.value {
        _ if part.is_mixed() => true,
        Value::Object(_) => is_held && are_nested && spec::is_name(part.name),
        Value::String(_) => is_held && !are_nested && are_names,
        Value::Null => is_held && part.is_named(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => false,
    };
    let is_alone = matches!(parts, [only] if only.is_alone(knowledge));
    let least = if is_held || is_alone { 1 } else { 2 };
    let are_sure = parts.iter().filter(|part| is_sure(part)).count() >= least
        && parts.iter().any(|part| is_sure(part) && is_like_one(part) && is_told(part))
        && (are_nested || !is_of_one());
    if are_sure {
        let is_word = |part: &Part<'_>| {
            let is_read = is_like_one(part) && is_told(part) && !part.value.is_array();
            part.is_named() && (is_read || is_silent(part))
        };
        let (found, others): (Vec<Part<'j>>, Vec<Part<'j>>) = parts.iter().partition(|part| is_sure(part) || is_word(part));
        let is_lost = |part: &&Part<'_>| part.has_version || (part.value.is_string() && part.is_named() && is_told(part));
        return match others.iter().find(is_lost) {
            Some(other) => Err(Wrong::Beside(other.name)),
            None => computers_of(&found, is_held),
        };
    }

    // Words are names of computers where all of them have a Windows or gave no answer, and nothing else has one.
    let is_word = |part: &Part<'_>| part.is_named() && if are_nested { part.value.is_object() } else { part.value.is_string() };
    let (words, others): (Vec<Part<'j>>, Vec<Part<'j>>) = parts.iter().partition(|part| is_word(part));
    let (with_windows, without): (Vec<Part<'j>>, Vec<Part<'j>>) =
        words.iter().partition(|part| is_told(part) && part.is_one_word());
    let are_all = !with_windows.is_empty() && words.len() > 1 && without.iter().all(|part| part.is_one_word() && is_silent(part));
    let is_any_beside = others.iter().any(|part| part.has_version) || !(are_nested || are_names);
    if are_all && !is_any_beside { computers_of(&words, is_held) } else { Ok(Vec::new()) }
}

/// The fields of these computers. It is an error where one is a group, by a list of the names of its computers, and where one has a
/// field that may be a computer itself, and that others do not have. Where they are `held`, they are computers.
fn computers_of<'j>(parts: &[Part<'j>], held: bool) -> Result<Vec<Field<'j>>, Wrong<'j>> {
    // An object in a sure computer is a part of what is said of it.
    let is_computer = |part: &Part<'_>, word: &str| !is_mixed(part.name) || part.value.get(word).is_some_and(Value::is_string);
    let word_of = |part: &Part<'j>| part.word.filter(|word| is_computer(part, word));
    let first = parts.iter().filter(|_| !held).find_map(|part| Some((part, word_of(part)?)));
    if let Some((part, word)) = first {
        let mut told = parts.iter().filter(|part| part.has_version);
        let is_field = told.clone().all(|part| part.value.get(word).is_some());
        // Beside a computer whose Windows is told in a property, `"win": "10.0.20348.1"` is one too.
        let is_property = part.value.get(word).is_some_and(Value::is_string) && told.any(|part| part.word.is_none());
        if !is_field && !is_property {
            return Err(Wrong::Within(part.name, word));
        }
    }
    let is_list = |list: &Value| list.as_array().is_some_and(|list| !list.is_empty());
    let is_group = |part: &&Part<'j>| HOLDERS.iter().any(|holder| part.value.get(*holder).is_some_and(is_list));
    match parts.iter().find(is_group) {
        Some(group) => Err(Wrong::Beside(group.name)),
        None => Ok(parts.iter().map(|part| (part.name, part.value)).collect()),
    }
}

/// True for words below this label with the version of a Windows in them. The name of a computer says nothing of the version.
fn has_version_in(label: &str, words: &str) -> bool {
    let label = if is_mixed(label) { "" } else { label };
    format!("{label}: {words}").lines().any(is_of_version)
}

/// True for a line with the version of a Windows, which is not that of an image.
fn is_of_version(line: &str) -> bool {
    !version_text::versions(line).is_empty() && !other_host::is_about_others(line)
}

/// True for a value that tells the Windows of a computer.
fn names_windows(value: &Value, knowledge: &Knowledge) -> bool {
    json_text::all_words(value).unwrap_or_default().lines().any(is_of_version) || names_release(value, knowledge)
}

/// True for a value that names a release, or has fields that have a column in an inventory.
fn names_release(value: &Value, knowledge: &Knowledge) -> bool {
    value.as_str().is_some_and(|text| list::surely_build_of(text, knowledge).is_some()) || of_columns(value, knowledge).is_some()
}

/// What the fields of an object tell that have a column in an inventory.
fn of_columns(value: &Value, knowledge: &Knowledge) -> Option<Result<HostFacts, Error>> {
    let records = Records::of_json(value).all;
    match records.as_slice() {
        [record] => inventory::computer(record, knowledge),
        _ => None,
    }
}

/// These facts with the revision in the only version of these words, where they have none.
fn with_revision(facts: HostFacts, words: &str) -> HostFacts {
    match version_text::versions(words).as_slice() {
        [version] if facts.os_version.revision.is_none() && version.triple() == facts.os_version.triple() => {
            HostFacts { os_version: *version, ..facts }
        }
        _ => facts,
    }
}

/// The hosts in the value of one computer: what a tool printed, or fields.
fn of_computer(name: &str, value: &Value, knowledge: &Knowledge) -> Result<Read, Error> {
    if !names_windows(value, knowledge) {
        return Err(version_text::without_a_windows("JSON", name));
    }
    if let Value::String(text) = value {
        return in_answer(text, knowledge);
    }
    if let Some(read) = in_fields(&value.to_string(), knowledge) {
        return read;
    }
    let words = json_text::all_words(value).unwrap_or_default();
    let facts = match of_columns(value, knowledge) {
        Some(facts) => with_revision(facts?, &words),
        None => json_text::one(&words, knowledge)?,
    };
    Ok(Read { hosts: vec![facts], notes: Vec::new() })
}

#[cfg(test)]
mod tests {
    use crate::host::source::tests::hosts_in;

    #[test]
    fn each_field_is_a_host_of_its_name() {
        for (json, expected) in [
            (
                r#"{"web01": {"version": "10.0.20348.2402"}, "web02": {"version": "10.0.20348.2402"}}"#,
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            (
                r#"{"database": {"os": "Windows Server 2022", "version": "10.0.20348.2402"},
                "fileserver": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}}"#,
                "database 10.0.20348.2402, fileserver 10.0.20348.2402",
            ),
            (
                r#"{"web01": "Windows Server 2022 10.0.20348.2402", "web02": "Windows Server 2022 10.0.20348.2402"}"#,
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            (r#"{"web01": "ltsc2022", "web02": "ltsc2019"}"#, "web01 10.0.20348, web02 10.0.17763"),
            (
                r#"[{"web01": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}},
                {"web02": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}}]"#,
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            (
                r#"{"_meta": {"hostvars": {"database": {"os_name": "Windows Server 2019"}, "web": {"os_version": "10.0.20348.2402"}}},
                "all": {"children": ["windows"]}}"#,
                "database 10.0.17763, web 10.0.20348.2402",
            ),
            (
                r#"{"prod": {"web01": {"osVersion": "10.0.20348.1"}, "web02": {"osVersion": "10.0.20348.1"}},
                "test": {"db01": {"osVersion": "10.0.17763.1"}, "db02": {"osVersion": "10.0.17763.1"}}}"#,
                "web01 10.0.20348.1, web02 10.0.20348.1, db01 10.0.17763.1, db02 10.0.17763.1",
            ),
            (
                r#"{"plays":[{"tasks":[{"hosts":{"a":{"stdout":"Microsoft Windows [Version 10.0.20348.2402]"},
                "b":{"stdout":"Microsoft Windows [Version 10.0.20348.2402]"}}}]}]}"#,
                "a 10.0.20348.2402, b 10.0.20348.2402",
            ),
            (
                r#"{"web01": {"CurrentBuild": "20348", "UBR": 2402}, "web02": {"OsVersion": "10.0.17763", "WindowsUBR": 1}}"#,
                "web01 10.0.20348.2402, web02 10.0.17763.1",
            ),
            // Names with the words of images in them.
            (
                r#"{"container-01": {"os": "Windows Server 2022", "version": "10.0.20348.2402"},
                "base-image2": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}}"#,
                "base-image2 10.0.20348.2402, container-01 10.0.20348.2402",
            ),
            (
                r#"{"container-01": "10.0.20348.2402", "guest-02": "10.0.20348.2402"}"#,
                "container-01 10.0.20348.2402, guest-02 10.0.20348.2402",
            ),
            // What stands beside them and is not one.
            (
                r#"{"count": 2, "generated": "2024-05-01", "_meta": {"version": 3}, "next": null, "tags": ["10.0.17763.1"], "x64": true,
                "web01": {"os": "Windows Server 2022", "version": "10.0.20348.2402"},
                "web02": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}}"#,
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            (
                r#"{"count": 2, "generated": "2024-05-01", "summary": {"ok": 2},
                "database": {"os": "Windows Server 2022", "version": "10.0.20348.2402"},
                "fileserver": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}}"#,
                "database 10.0.20348.2402, fileserver 10.0.20348.2402",
            ),
            (
                r#"{"web01": {"version": "10.0.20348.2402"}, "web02": {"version": "10.0.20348.2402"}, "database": {"version": "10.0.20348.2402"}}"#,
                "database 10.0.20348.2402, web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            (
                r#"{"rack1": [{"name": "web01", "osVersion": "10.0.20348.1"}, {"name": "web02", "osVersion": "10.0.20348.1"}],
                "rack2": [{"name": "db01", "osVersion": "10.0.20348.1"}, {"name": "db02", "osVersion": "10.0.20348.1"}]}"#,
                "rack1/web01 10.0.20348.1, rack1/web02 10.0.20348.1, rack2/db01 10.0.20348.1, rack2/db02 10.0.20348.1",
            ),
            (
                r#"{"prod": [{"name": "web01", "os": "Windows Server 2022", "version": "10.0.20348.1"}],
                "test": [{"name": "db01", "os": "Windows Server 2022"}, {"name": "db02", "os": "Windows Server 2022"}]}"#,
                "prod/web01 10.0.20348.1, test/db01 10.0.20348, test/db02 10.0.20348",
            ),
            (
                r#"{"fleet": {"members": [{"name": "web01", "os": "Windows Server 2022", "version": "10.0.20348.1"},
                {"name": "web02", "os": "Windows Server 2022", "version": "10.0.20348.1"}]}}"#,
                "members/web01 10.0.20348.1, members/web02 10.0.20348.1",
            ),
            (
                r#"{"hosts": ["web01 Windows Server 2022 10.0.20348.2402", "web02 Windows Server 2022 10.0.20348.2402"]}"#,
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            // The name of a computer within its value.
            (
                r#"{"i-0abc1": {"ComputerName": "web01", "PlatformName": "Microsoft Windows Server 2022", "PlatformVersion": "10.0.20348"},
                "i-0abc2": {"ComputerName": "web02", "PlatformName": "Microsoft Windows Server 2022", "PlatformVersion": "10.0.20348"}}"#,
                "web01 10.0.20348, web02 10.0.20348",
            ),
            (
                r#"{"i-0abc1": {"ComputerName": "web01", "PlatformName": "Microsoft Windows Server 2022", "PlatformVersion": "10.0.20348"},
                "i-0abc2": {"ComputerName": "web01", "PlatformName": "Microsoft Windows Server 2022", "PlatformVersion": "10.0.20348"}}"#,
                "i-0abc1/web01 10.0.20348, i-0abc2/web01 10.0.20348",
            ),
            // Groups of one.
            (r#"{"rack1": {"web01": "10.0.20348.1"}}"#, "web01 10.0.20348.1"),
            (
                r#"{"rack1": {"web01": {"osVersion": "10.0.20348.1"}}, "rack2": {"db01": {"osVersion": "10.0.17763.1"}}}"#,
                "web01 10.0.20348.1, db01 10.0.17763.1",
            ),
            (
                r#"{"prod": {"web01": {"osVersion": "10.0.20348.1"}, "web02": {"osVersion": "10.0.20348.1"}},
                "test": {"db01": {"osVersion": "10.0.20348.1"}}}"#,
                "web01 10.0.20348.1, web02 10.0.20348.1, db01 10.0.20348.1",
            ),
            // A part that all of them have.
            (
                r#"{"alpha": {"instance": {"osVersion": "10.0.20348.1"}}, "beta": {"instance": {"osVersion": "10.0.17763.1"}}}"#,
                "alpha 10.0.20348.1, beta 10.0.17763.1",
            ),
            (
                r#"{"servers": {"web01": "10.0.20348.1"}, "clients": {"pc01": "10.0.26100.1"}}"#,
                "pc01 10.0.26100.1, web01 10.0.20348.1",
            ),
            // A field beside a computer that has its Windows in a property, and dates.
            (
                r#"{"web01": {"win": "10.0.20348.2402"}, "web02": {"version": "10.0.17763.5820"}}"#,
                "web01 10.0.20348.2402, web02 10.0.17763.5820",
            ),
            (
                r#"{"frontend": {"win": "10.0.20348.2402"}, "backend": {"platform": "10.0.17763.5820"}}"#,
                "backend 10.0.17763.5820, frontend 10.0.20348.2402",
            ),
            (
                r#"{"web01": {"2024-01-01": "10.0.20348.2402"}, "web02": {"2024-01-02": "10.0.17763.5820"}}"#,
                "web01 10.0.20348.2402, web02 10.0.17763.5820",
            ),
            // The revision in a field that is not a column.
            (
                r#"{"rack1": {"web": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}},
                "rack2": {"db": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}}}"#,
                "rack1 10.0.20348.2402, rack2 10.0.20348.2402",
            ),
            // What stands beside a list of computers and is not one.
            (
                r#"{"hosts": [{"name": "web01", "osVersion": "10.0.20348.1"}], "counts": [{"Count": 1, "Name": "10.0.17763.1"}],
                "osVersions": [{"osVersion": "10.0.17763.1", "count": 2}], "policies": [{"minimumVersion": "10.0.17763.1"}],
                "meta": {"version": "10.0.17763.1"}, "files": [{"file": "ntdll.dll", "version": "10.0.17763.1"}],
                "generatedOn": {"computer": "mgmt01", "os": "Windows Server 2022", "version": "10.0.20348.2402"}}"#,
                "web01 10.0.20348.1",
            ),
            // Two lists of computers, of which one is known by its label.
            (
                r#"{"servers": [{"name": "web01", "osVersion": "10.0.20348.1"}], "clients": [{"name": "pc01", "osVersion": "10.0.26100.1"}]}"#,
                "web01 10.0.20348.1, pc01 10.0.26100.1",
            ),
            (
                r#"{"servers": [{"name": "web01", "version": "10.0.20348.1"}], "clients": [{"version": "10.0.26100.1", "name": "pc01"}]}"#,
                "web01 10.0.20348.1, pc01 10.0.26100.1",
            ),
            (
                r#"{"computers": [{"CsName": "web01", "OsVersion": "10.0.20348"}], "clients": [{"CsName": "pc01", "OsVersion": "10.0.26100"}]}"#,
                "web01 10.0.20348, pc01 10.0.26100",
            ),
            (
                r#"{"nodes": [{"name": "web01", "osVersion": "10.0.20348.1"}], "settings": {"minVersion": "10.0.17763.1"},
                "drivers": [{"name": "a", "version": "10.0.17763.1"}]}"#,
                "web01 10.0.20348.1",
            ),
            (
                r#"{"data": {"database": {"os": "ltsc2022"}, "fileserver": {"os": "ltsc2019"}}}"#,
                "database 10.0.20348, fileserver 10.0.17763",
            ),
        ] {
            assert_eq!(hosts_in(json), expected, "{json}");
        }
    }

    #[test]
    fn no_computer_is_lost_and_none_is_made_of_a_part() {
        const NOT_OF_EACH: &str = "this JSON is about several computers, and does not name the Windows of each";
        for (json, expected) in [
            (
                r#"{"web01": {"version": "10.0.20348.2402"}, "web02": {"unreachable": true}}"#,
                "the Windows of `web02` is not known",
            ),
            (
                r#"{"web01": {"os_name": "Windows Server 2019", "version": "ltsc2022"}, "web02": {"version": "ltsc2022"}}"#,
                "the Windows of `web01` is not known",
            ),
            (
                r#"{"prod": {"web01": {"osVersion": "10.0.20348.1"}, "web02": {"osVersion": "10.0.20348.1"}},
                "test": {"db": {"osVersion": "10.0.20348.1"}}}"#,
                NOT_OF_EACH,
            ),
            // Groups of one whose names are words.
            (
                r#"{"frontend": {"web": "10.0.20348.1"}, "backend": {"db": "10.0.20348.1"}}"#,
                "the fields of `backend` name another computer, `db`",
            ),
            (
                r#"[{"frontend": {"web": {"version": "10.0.20348.1"}}}, {"backend": {"db": {"version": "10.0.20348.1"}}}]"#,
                "the fields of `frontend` name another computer, `web`",
            ),
            (
                r#"{"rack1": {"web": "10.0.20348.1"}, "rack2": {"db": "10.0.20348.1"}}"#,
                "the fields of `rack1` name another computer, `web`",
            ),
            (r#"{"rack1": {"web": "10.0.20348.1"}}"#, "a host cannot be read from JSON"),
            (r#"{"rack1": {"WIN-ABC": {"version": "10.0.20348.1"}}}"#, "a host cannot be read from JSON"),
            (
                r#"{"rack1": {"WIN-ABC": {"os": "Windows Server 2022", "version": "10.0.20348.1"}}}"#,
                "Windows Server 2022 10.0.20348.1",
            ),
            // Names whose versions cannot be read.
            (
                r#"{"alpha": {"stdout": "Microsoft Windows [Version 10.0.20348.2402]", "rc": 0}, "beta": {"stdout": "", "rc": 1}}"#,
                "the Windows of `beta` is not known",
            ),
            (
                r#"{"alpha": {"stdout": "Microsoft Windows [Version 10.0.20348.2402]"}, "beta": {"unreachable": true}}"#,
                "the Windows of `beta` is not known",
            ),
            (
                r#"{"alpha": "Microsoft Windows [Version 10.0.20348.2402]", "beta": "Access is denied."}"#,
                "the Windows of `beta` is not known",
            ),
            (
                r#"{"web01": {"stdout": "10.0.20348.2402"}, "web02": {"stdout": "10.0.20348.2402"}, "beta": {"stdout": ""}}"#,
                "the Windows of `beta` is not known",
            ),
            // What is beside a list of computers and is not read.
            (
                r#"{"servers": [{"name": "web01", "osVersion": "10.0.20348.1"}], "pc01": {"osVersion": "10.0.20348.1"}}"#,
                "not all computers in this JSON can be read",
            ),
            (
                r#"{"servers": [{"name": "web01", "osVersion": "10.0.20348.1"}], "laptop": {"osVersion": "10.0.20348.1"}}"#,
                "not all computers in this JSON can be read",
            ),
            (
                r#"{"servers": [{"name": "web01", "osVersion": "10.0.20348.1"}],
                "dmz": {"clients": [{"name": "pc01", "osVersion": "10.0.20348.1"}]}}"#,
                "not all computers in this JSON can be read",
            ),
            (
                r#"{"servers": [{"name": "web01", "osVersion": "10.0.20348.1"}], "clients": ["pc01 10.0.20348.1"]}"#,
                "not all computers in this JSON can be read",
            ),
            // One that did not answer, however that is written.
            (
                r#"{"web01": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}, "web02": null}"#,
                "the Windows of `web02` is not known",
            ),
            (
                r#"{"web01": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}, "web02": "unreachable"}"#,
                "the Windows of `web02` is not known",
            ),
            (
                r#"{"hostvars": {"a": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}, "b": null}}"#,
                "the Windows of `b` is not known",
            ),
            (
                r#"{"web01": {"version": "10.0.20348.2402"}, "web02": {"version": "10.0.20348.2402"}, "database": {"unreachable": true}}"#,
                "the Windows of `database` is not known",
            ),
            (
                r#"{"web01": {"version": "10.0.20348.2402"}, "web02": {"version": "10.0.20348.2402"}, "version": "10.0.20348.2402"}"#,
                NOT_OF_EACH,
            ),
            (
                r#"{"hosts": ["web01 Windows Server 2022 10.0.20348.2402", "web02: connection timed out"]}"#,
                "the Windows of `web02` is not known",
            ),
            // Groups with the names of their computers.
            (
                r#"{"group1": {"version": "10.0.20348.2402", "hosts": ["web01", "web02"]},
                "group2": {"version": "10.0.20348.2402", "hosts": ["db01"]}}"#,
                NOT_OF_EACH,
            ),
            // Files and steps.
            (r#"{"ntdll.dll": "10.0.20348.1", "kernel32.dll": "10.0.20348.1"}"#, "a host cannot be read from JSON"),
            (
                r#"{"step1": {"output": "Microsoft Windows [Version 10.0.20348.2402]"},
                "step2": {"output": "Microsoft Windows [Version 10.0.20348.2402]"}}"#,
                "Windows Server 2022 10.0.20348.2402",
            ),
            // One computer.
            (
                r#"{"data": {"osInfo": {"name": "Windows Server 2022", "version": "10.0.20348.1"}, "diskInfo": {"size": "1 TB"}}}"#,
                "Windows Server 2022 10.0.20348.1",
            ),
            (
                r#"{"os": "Windows Server 2022", "version": "10.0.20348.1", "nic1": {"driverVersion": "10.0.20348.1"}, "nic2": null}"#,
                "Windows Server 2022 10.0.20348.1",
            ),
            (
                r#"{"os": "Windows Server 2022", "version": "10.0.20348.1", "drivers": [{"name": "a", "version": "10.0.20348.1"}]}"#,
                "Windows Server 2022 10.0.20348.1",
            ),
            (
                r#"{"os": "Windows Server 2022", "version": "10.0.20348.1", "port1": "50000", "port2": "50001", "scope3": "all"}"#,
                "Windows Server 2022 10.0.20348.1",
            ),
            (
                r#"{"os": {"name": "Windows Server 2022", "version": "10.0.20348"}, "kernel": {"version": "10.0.20348.2402"}}"#,
                "Windows Server 2022 10.0.20348.2402",
            ),
            (
                r#"{"properties": {"osName": "Windows Server 2022", "osVersion": "10.0.20348.1"}, "instanceView": {"osVersion": "10.0.20348.1"}}"#,
                "Windows Server 2022 10.0.20348.1",
            ),
        ] {
            assert_eq!(hosts_in(json), expected, "{json}");
        }
    }

    #[test]
    fn of_deep_json_the_deepest_computers_count() {
        let deep = (0..120).fold(r#""10.0.20348.1""#.to_owned(), |inner, _| format!(r#"{{"a1": {inner}, "b1": null}}"#));
        assert_eq!(hosts_in(&deep), "the Windows of `b1` is not known");
    }
}
