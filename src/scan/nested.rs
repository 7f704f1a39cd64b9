//! Dockerfiles that stand as a text within another file: `dockerfile_inline` of Compose, `dockerfile-inline` of bake files.

use std::collections::BTreeMap;
use std::ops::Range;

use super::dockerfile::{self, Build, Reading, no_stage};
use super::inner_text::{InnerText, before_mark};
use super::words::{MARK, Word};
use super::{Found, Lines, Meant, Place, Problem, Scanned};
use crate::{Architecture, Error, ErrorKind};

/// The text of such a Dockerfile, as far as the file around it gives its values.
#[derive(Debug, Default)]
pub struct Inner {
    /// With a name between two marks in the place of each value that is not known.
    text: String,
    /// These values by their names.
    gaps: BTreeMap<String, Gap>,
}

/// A value that is not known.
#[derive(Debug)]
struct Gap {
    /// As it is written in the file around the text.
    written: String,
    /// What is known of it.
    meant: Meant,
}

impl Inner {
    /// A text in which variables that have no value are marked by their names.
    pub fn of_word(word: Word) -> Self {
        let gap = |name: String| {
            let written = format!("${{{name}}}");
            (name.clone(), Gap { written, meant: Meant::Unresolved(vec![name]) })
        };
        Self { text: word.text, gaps: word.missing.into_iter().map(gap).collect() }
    }

    /// Adds a part of the text.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds a value that is not known, as it is written, with what is known of it.
    pub fn push_unknown(&mut self, written: String, meant: Meant) {
        let name = self.gaps.len().to_string();
        self.text.push_str(&format!("{MARK}{name}{MARK}"));
        self.gaps.insert(name, Gap { written, meant });
    }

    /// What a reference means in which values are not known: the first that is an expression, else all variables.
    fn meant(&self, text: &str) -> Option<Meant> {
        let gaps: Vec<&Gap> = text.split(MARK).skip(1).step_by(2).filter_map(|name| self.gaps.get(name)).collect();
        let expression = gaps.iter().map(|gap| &gap.meant).find(|meant| !matches!(meant, Meant::Unresolved(_)));
        let names = gaps.iter().filter_map(|gap| if let Meant::Unresolved(names) = &gap.meant { Some(names) } else { None });
        let names: Vec<String> = names.flatten().cloned().collect();
        expression.cloned().or_else(|| (!names.is_empty()).then_some(Meant::Unresolved(names)))
    }

    /// As it is written in the file around it.
    fn written(&self, text: &str) -> String {
        let part = |(number, part): (usize, &'_ str)| match self.gaps.get(part).filter(|_| number % 2 == 1) {
            Some(gap) => gap.written.clone(),
            None => part.to_owned(),
        };
        text.split(MARK).enumerate().map(part).collect()
    }
}

/// What a Dockerfile says that stands in these bytes of a file, with its places in that file. The place of the stage that is asked for is
/// given.
pub fn read(
    (outer, lines): (&str, &Lines<'_>),
    span: &Range<usize>,
    inner: &Inner,
    build: &Build,
    asks: Option<Place>,
) -> Scanned {
    let Reading { mut scanned, missing, .. } = dockerfile::read(&inner.text, build);
    let within = InnerText::of(outer, span, &inner.text);
    // A line with a value that is put in, or a doubled dollar, reads in another way, and so does each behind it.
    let of_line = |number| lines.place(within.own_line(number).unwrap_or_else(|| span.clone()));
    // The same text may be built several times.
    let (object, processor) = (build.object.as_deref().unwrap_or_default(), build.processor.map_or("", Architecture::as_str));
    let build_name = format!("{object} {} {processor} {}", build.os as u8, span.start);
    scanned.found = scanned.found.into_iter().map(|one| one.shared_in(&build_name)).collect();
    for one in &mut scanned.found {
        // What can be changed is known by its bytes in the inner text alone.
        one.editable = None;
        one.texts.clear();
        let written = inner.text.get(one.place.span.clone()).unwrap_or_default();
        let place = within.line(one.place.line).and_then(|(start, text)| {
            let known = before_mark(written);
            let start = start + text.find(known).filter(|_| !known.is_empty())?;
            let whole = inner.written(written);
            let length = if outer.get(start..)?.starts_with(&whole) { whole.len() } else { known.len() };
            Some(lines.place(start..start + length))
        });
        one.place = place.unwrap_or_else(|| of_line(one.place.line));
        if let Some(meant) = of_known(one).and_then(|text| inner.meant(text)) {
            one.meant = meant;
        }
        one.written = inner.written(&one.written);
    }
    let texts: Vec<&str> = inner.text.lines().collect();
    // A line that begins with a value which nothing tells may be anything.
    let untold = |line: &str| {
        let written = line.trim_start().starts_with(MARK).then(|| inner.written(line))?;
        let error = Error::of(ErrorKind::Unresolved, format!("the value of {} cannot be told", written.trim()));
        Some(error.hint("give its variables values with --var, or write in the file what stands there"))
    };
    for problem in &mut scanned.problems {
        let line = usize::try_from(problem.place.line).ok().and_then(|line| texts.get(line.checked_sub(1)?));
        if let Some(error) = line.and_then(|line| untold(line)) {
            problem.error = error;
        }
        let place = within.line(problem.place.line).map(|(start, text)| lines.place(start..start + text.len()));
        problem.place = place.unwrap_or_else(|| of_line(problem.place.line));
    }
    if let Some(why) = scanned.left_out.take() {
        let error = texts.iter().find_map(|line| untold(line)).unwrap_or_else(|| {
            Error::of(ErrorKind::Invalid, "the Dockerfile in this text is not read")
                .because(format!("it is {why}"))
                .hint("write it as Docker reads it, with a FROM")
        });
        scanned.problems.push(Problem { place: lines.place(span.clone()), error });
    }
    if let Some(target) = missing {
        let place = asks.unwrap_or_else(|| lines.place(span.clone()));
        scanned.problems.push(Problem { place, error: no_stage(build, &target, "its Dockerfile") });
    }
    scanned
}

fn of_known(found: &Found) -> Option<&str> {
    if let Meant::Known(text) = &found.meant { Some(text) } else { None }
}
