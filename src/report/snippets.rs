//! Failures at their lines, as compilers show them: what fails, where it stands, why, and what to do.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level as Weight, Origin, Renderer as Shown, Snippet};

use super::document::Location;
use super::hints::without_parts;
use super::labels::{Labels, joined};
use super::overview::{self, sum};
use super::plain::clean;
use super::problems::{self, Level, Per, Problem};
use super::scanned::{Excerpts, ScanReport};
use super::table::{PLAIN, explain_hint, wrapped};
use super::{Detail, Page, Renderer};

/// The most lines that are shown of one problem; further places are named.
const SHOWN_PLACES: usize = 3;

/// The most places that are named.
const NAMED_PLACES: usize = 20;

/// The most objects that are named.
const NAMED_OBJECTS: usize = 4;

/// The longest line that is shown, in characters.
const LONGEST_LINE: usize = 400;

/// The text form.
#[derive(Debug)]
pub struct Snippets;

impl Renderer<ScanReport> for Snippets {
    fn render(&self, scan: &ScanReport, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let labels = Labels::of(&scan.report);
        let mut found = problems::all(&scan.report, &labels, Per::Image);
        if page.detail == Detail::Failures {
            found.retain(|problem| problem.level != Level::Warning);
        }
        if page.detail != Detail::Every {
            found.iter_mut().for_each(|problem| problem.notes.clear());
        }
        let groups = together(found);
        let renderer = Shown::styled().term_width(usize::from(page.columns));
        for group in &groups {
            let Some(first) = group.first() else { continue };
            let text = of_first_places(&renderer.render(&[annotated(first, group, &scan.lines)]));
            writeln!(out, "{text}\n")?;
        }
        if page.detail == Detail::Every {
            overview::every_pass(&scan.report, page, out)?;
        }
        if let Some(code) = groups.iter().flatten().find_map(|problem| problem.known) {
            writeln!(out, "{}", explain_hint(code.as_str(), page.wording))?;
        }
        if page.detail == Detail::Failures {
            return Ok(());
        }
        wrapped("", PLAIN, "", &sum(&scan.report), "  ", page.columns, out)
    }
}

/// The text with the arrow of the first place before each other one too. The sign `:::` that stands there begins a line, which GitHub
/// takes for a command of its own.
fn of_first_places(text: &str) -> String {
    let one = |line: &str| {
        let start = line.find(":::").filter(|start| {
            let before = line.get(..*start).unwrap_or_default();
            // Blanks and colours alone.
            before.split('\u{1b}').enumerate().all(|(number, part)| {
                let part = if number == 0 { part } else { part.split_once('m').map_or("x", |(_, rest)| rest) };
                part.trim().is_empty()
            })
        });
        let changed = start.and_then(|start| Some(format!("{}-->{}", line.get(..start)?, line.get(start + 3..)?)));
        changed.unwrap_or_else(|| line.to_owned())
    };
    text.lines().map(one).collect::<Vec<_>>().join("\n")
}

/// The problems that differ only in their places.
fn together(found: Vec<Problem<'_>>) -> Vec<Vec<Problem<'_>>> {
    let mut groups: Vec<Vec<Problem<'_>>> = Vec::new();
    // The title says what becomes of them: some run as another isolation is asked for, and others do not.
    let is_same = |one: &Problem<'_>, other: &Problem<'_>| {
        one.code == other.code
            && one.title == other.title
            && one.hosts == other.hosts
            && one.message == other.message
            && one.notes == other.notes
    };
    // The groups of an image are few; those of all images are compared with each other in vain.
    let mut of_image: HashMap<&str, Vec<usize>> = HashMap::new();
    for problem in found {
        let numbers = of_image.entry(problem.image).or_default();
        let is_like =
            |number: &&usize| groups.get(**number).and_then(|group| group.first()).is_some_and(|first| is_same(first, &problem));
        match numbers.iter().find(is_like).copied().and_then(|number| groups.get_mut(number)) {
            Some(group) => group.push(problem),
            None => {
                numbers.push(groups.len());
                groups.push(vec![problem]);
            }
        }
    }
    groups
}

fn annotated<'p>(first: &'p Problem<'_>, group: &'p [Problem<'_>], lines: &'p Excerpts) -> Group<'p> {
    let weight = match first.level {
        Level::Failed => Weight::ERROR,
        Level::Open => Weight::ERROR.with_name("undecided"),
        Level::Warning => Weight::WARNING,
    };
    let mut shown = Group::with_title(weight.primary_title(clean(&first.title)).id(first.code.as_str()));
    let all: Vec<&Location> = group.iter().filter_map(|problem| problem.location).collect();
    // A service that another one extends is at one place for both.
    let mut seen = HashSet::new();
    let place_of = |location: &'p Location| (location.file.as_str(), location.line, location.column);
    let places: Vec<&Location> = all.iter().copied().filter(|location| seen.insert(place_of(location))).collect();
    for (number, place) in places.iter().take(SHOWN_PLACES).enumerate() {
        let Some(text) = line_of(place, lines) else {
            shown =
                shown.element(Origin::path(place.file.as_str()).line(number_of(place.line)).char_column(number_of(place.column)));
            continue;
        };
        let start = byte_of(&text, place.column);
        let length = text
            .get(start..)
            .map_or(0, |rest| if rest.starts_with(&place.written) { place.written.len() } else { rest.trim_end().len() });
        let mut annotation = AnnotationKind::Primary.span(start..start + length);
        if number == 0 && !first.message.is_empty() {
            annotation = annotation.label(first.message.as_str());
        }
        shown = shown
            .element(Snippet::source(text).line_start(number_of(place.line)).path(place.file.as_str()).annotation(annotation));
    }
    let has_line = places.first().is_some_and(|place| line_of(place, lines).is_some());
    if !has_line && !first.message.is_empty() {
        shown = shown.element(Weight::NOTE.message(first.message.as_str()));
    }
    let mut named = HashSet::new();
    let mut objects: Vec<&str> =
        all.iter().filter_map(|location| location.object.as_deref()).filter(|object| named.insert(*object)).collect();
    if !objects.is_empty() {
        let more = objects.len().saturating_sub(NAMED_OBJECTS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        objects.truncate(NAMED_OBJECTS);
        shown = shown.element(Weight::NOTE.message(format!("in {}{more}", objects.join(", "))));
    }
    if places.len() > SHOWN_PLACES {
        let named: Vec<String> =
            places.iter().skip(SHOWN_PLACES).take(NAMED_PLACES).map(|place| format!("{}:{}", place.file, place.line)).collect();
        let more = places.len().saturating_sub(SHOWN_PLACES + NAMED_PLACES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        shown = shown.element(Weight::NOTE.message(format!("also at {}{more}", named.join(", "))));
    }
    for note in &first.notes {
        shown = shown.element(Weight::NOTE.message(note.as_str()));
    }
    for help in helps(group) {
        shown = shown.element(Weight::HELP.message(help));
    }
    shown
}

/// What to do, each sentence once; with the places that it is for where those are not all: each kind of file has its own way.
fn helps(group: &[Problem<'_>]) -> Vec<String> {
    let mut found: Vec<(&str, Vec<Option<&Location>>)> = Vec::new();
    for problem in group {
        for help in &problem.helps {
            match found.iter_mut().find(|(known, _)| *known == &**help) {
                Some((_, locations)) => locations.push(problem.location),
                None => found.push((help, vec![problem.location])),
            }
        }
    }
    let places = |locations: &[Option<&Location>]| -> Vec<String> {
        let mut places: Vec<String> = locations.iter().flatten().map(|location| location.place()).collect();
        places.dedup();
        places
    };
    // Two objects of one place are one for the reader.
    without_parts(&mut found, |locations| locations.iter().flatten().map(|location| location.place()).collect::<HashSet<_>>());
    let all = places(&group.iter().map(|problem| problem.location).collect::<Vec<_>>()).len();
    let one = |(help, locations): (&str, Vec<Option<&Location>>)| {
        let own = places(&locations);
        // Two objects of one place differ in what its name does not say.
        if locations.len() == group.len() || own.len() == all || own.is_empty() {
            return help.to_owned();
        }
        format!("for {}: {help}", joined(own.into_iter(), false))
    };
    found.into_iter().map(one).collect()
}

/// The line of a place, with a blank for each tab; `None` for one that is not known, is empty or long, or has characters that hide or
/// break it: without those, columns would not fit.
fn line_of(place: &Location, lines: &Excerpts) -> Option<String> {
    let line = lines.get(&(place.file.clone(), place.line))?;
    let text = line.replace('\t', " ");
    let is_shown = !text.trim().is_empty() && text.chars().count() <= LONGEST_LINE && clean(&text) == text;
    is_shown.then_some(text)
}

fn number_of(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The byte of this column of a line.
fn byte_of(line: &str, column: u32) -> usize {
    line.char_indices().nth(number_of(column).saturating_sub(1)).map_or(line.len(), |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_shown_where_its_columns_fit() {
        let place = Location::new("Dockerfile", 3, 7, None, "app:1");
        let shown = |line: &str| line_of(&place, &Excerpts::from([(("Dockerfile".to_owned(), 3), line.to_owned())]));
        assert_eq!(shown("FROM\t\tapp:1").as_deref(), Some("FROM  app:1"));
        assert_eq!(byte_of("FROM  app:1", place.column), 6);
        for line in ["", "\t ", "FROM \u{200b}app:1", "FROM ::app:1", &"x".repeat(LONGEST_LINE + 1)] {
            assert_eq!(shown(line), None, "{line:?}");
        }
    }

    fn failing<'a>(location: &'a Location, helps: &[&'static str]) -> Problem<'a> {
        Problem {
            level: Level::Failed,
            code: "build-mismatch".to_owned(),
            known: None,
            source: "",
            title: "app:1 on web01: will not run".to_owned(),
            message: "the builds differ".to_owned(),
            notes: Vec::new(),
            helps: helps.iter().map(|help| (*help).into()).collect(),
            image: "app:1",
            hosts: "web01".to_owned(),
            location: Some(location),
            host: String::new(),
        }
    }

    /// Without its line, a problem still has its reason.
    #[test]
    fn a_long_line_takes_nothing_from_the_reason() {
        let place = Location::new("Dockerfile", 3, 7, None, "app:1");
        let lines = Excerpts::from([(("Dockerfile".to_owned(), 3), "x".repeat(LONGEST_LINE + 1))]);
        let group = [failing(&place, &[])];
        let first = group.first().unwrap();
        let text = Shown::plain().render(&[annotated(first, &group, &lines)]);
        assert!(text.contains("Dockerfile:3:7") && text.contains("the builds differ"), "{text}");
    }

    /// A Dockerfile and a service of Compose ask for an isolation each in its own way.
    #[test]
    fn advice_for_one_place_names_it() {
        let places = [Location::new("Dockerfile", 1, 6, None, "app:1"), Location::new("compose.yaml", 3, 12, None, "app:1")];
        let group = [failing(&places[0], &["use app:2", "add a flag"]), failing(&places[1], &["use app:2", "add a key"])];
        assert_eq!(helps(&group), ["use app:2", "for Dockerfile:1: add a flag", "for compose.yaml:3: add a key"]);
    }
}
