//! Failures at their lines, as compilers show them: what fails, where it stands, why, and what to do.
//!
//! Many images that fail alike are one paragraph, with a line for each image and its places.

use std::collections::HashSet;
use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level as Weight, Origin, Renderer as Shown, Snippet};

use super::document::Location;
use super::groups::{MOST_APART, together};
use super::hints::without_parts;
use super::labels::{Labels, joined};
use super::overview::{self, sum};
use super::plain::clean;
use super::problems::{self, Level, Per, Problem};
use super::scanned::{Excerpts, ScanReport};
use super::table::{PLAIN, explain_hint, wrapped};
use super::{Detail, Page, Renderer};
use crate::text::count;

/// The most lines that are shown of one problem; further places are named.
const SHOWN_PLACES: usize = 3;

/// The most places that are named in one list.
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
        let images = of_images(&found);
        // Where every result is shown, each image has its own paragraph.
        let most_apart = if page.detail == Detail::Every { usize::MAX } else { MOST_APART };
        let renderer = Shown::styled().term_width(usize::from(page.columns));
        for alike in together(&images, most_apart, |image| (said(image.first), &image.helps)) {
            let paragraph = match alike.as_slice() {
                [only] => at_lines(only, &scan.lines),
                [first, ..] => listed(first, &alike),
                [] => continue,
            };
            writeln!(out, "{}\n", of_first_places(&renderer.render(&[paragraph])))?;
        }
        if page.detail == Detail::Every {
            overview::every_pass(&scan.report, page, out)?;
        }
        if let Some(code) = found.iter().find_map(|problem| problem.known) {
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

/// The problems of one image that differ only in their places.
struct OfImage<'p> {
    first: &'p Problem<'p>,
    problems: Vec<&'p Problem<'p>>,
    /// What to do, each sentence once.
    helps: Vec<String>,
}

fn of_images<'p>(found: &'p [Problem<'p>]) -> Vec<OfImage<'p>> {
    let groups = together(found, 1, |problem| (problem.image, &problem.hosts, said(problem)));
    let one = |problems: Vec<&'p Problem<'p>>| {
        let first = *problems.first()?;
        let helps = helps(&problems);
        Some(OfImage { first, problems, helps })
    };
    groups.into_iter().filter_map(one).collect()
}

/// What is said of a problem beside its image, its places and what to do.
fn said<'p>(problem: &'p Problem<'_>) -> (Level, &'p str, &'p str, &'p str, &'p [String]) {
    (problem.level, &problem.code, &problem.outcome, &problem.message, &problem.notes)
}

/// The heading of a paragraph: the code of the problem, and this title.
fn headed<'p>(problem: &'p Problem<'_>, title: &str) -> Group<'p> {
    let weight = match problem.level {
        Level::Failed => Weight::ERROR,
        Level::Open => Weight::ERROR.with_name("undecided"),
        Level::Warning => Weight::WARNING,
    };
    Group::with_title(weight.primary_title(clean(title).into_owned()).id(problem.code.as_str()))
}

/// The end of a paragraph: what else was found, and what to do.
fn ended<'p>(mut shown: Group<'p>, image: &'p OfImage<'p>) -> Group<'p> {
    for note in &image.first.notes {
        shown = shown.element(Weight::NOTE.message(note.as_str()));
    }
    for help in &image.helps {
        shown = shown.element(Weight::HELP.message(help.as_str()));
    }
    shown
}

/// The paragraph of many images of which the same is said: a line for each, so that each can be searched for, then the rest once.
fn listed<'p>(image: &'p OfImage<'p>, all: &[&'p OfImage<'p>]) -> Group<'p> {
    let first = image.first;
    // What was not read may be a file.
    let number = if first.hosts.is_empty() { all.len().to_string() } else { count(all.len(), "image") };
    let mut shown = headed(first, &format!("each of these {number}{}", first.outcome));
    for one in all {
        shown = shown.element(Weight::NOTE.message(clean(&line_of_list(one)).into_owned()));
    }
    if !first.message.is_empty() {
        shown = shown.element(Weight::NOTE.message(first.message.as_str()));
    }
    ended(shown, image)
}

/// The name of an image, with its places and the objects there, e.g. `app:1 at deploy/web.yaml:14 in Deployment web`.
fn line_of_list(image: &OfImage<'_>) -> String {
    let places = places(&image.problems);
    // A file that was not read is its own place.
    if !places.is_empty() && places.iter().all(|place| place.file == image.first.image) {
        return named(&places);
    }
    let at = if places.is_empty() { String::new() } else { format!(" at {}", named(&places)) };
    // A workload stands in itself.
    let objects = objects(&image.problems).filter(|objects| objects != image.first.image);
    let within = objects.map(|objects| format!(" in {objects}")).unwrap_or_default();
    format!("{}{at}{within}", image.first.name)
}

/// The objects of these problems in a list, each once; `None` if no place has one.
fn objects(problems: &[&Problem<'_>]) -> Option<String> {
    let mut seen = HashSet::new();
    let all = problems.iter().filter_map(|problem| problem.location?.object.as_deref());
    let mut objects: Vec<&str> = all.filter(|object| seen.insert(*object)).collect();
    let more = objects.len().saturating_sub(NAMED_OBJECTS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    objects.truncate(NAMED_OBJECTS);
    (!objects.is_empty()).then(|| format!("{}{more}", objects.join(", ")))
}

/// The places of these problems, each once: a service that another one extends is at one place for both.
fn places<'p>(problems: &[&'p Problem<'p>]) -> Vec<&'p Location> {
    let mut seen = HashSet::new();
    problems.iter().filter_map(|problem| problem.location).filter(|location| seen.insert(place_of(location))).collect()
}

fn place_of(location: &Location) -> (&str, u32, u32) {
    (&location.file, location.line, location.column)
}

/// These places in a list, e.g. `deploy/web.yaml:14, deploy/db.yaml:9`.
fn named(places: &[&Location]) -> String {
    let named: Vec<String> = places.iter().take(NAMED_PLACES).map(|place| format!("{}:{}", place.file, place.line)).collect();
    let more = places.len().saturating_sub(NAMED_PLACES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

/// The paragraph of one image, with the lines on which it stands.
fn at_lines<'p>(image: &'p OfImage<'p>, lines: &Excerpts) -> Group<'p> {
    let first = image.first;
    let mut shown = headed(first, &first.title());
    let places = places(&image.problems);
    for (number, place) in places.iter().take(SHOWN_PLACES).enumerate() {
        let Some(text) = line_of(place, lines) else {
            shown =
                shown.element(Origin::path(place.file.as_str()).line(number_of(place.line)).char_column(number_of(place.column)));
            continue;
        };
        let start = start_of(&text, place);
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
    if let Some(objects) = objects(&image.problems) {
        shown = shown.element(Weight::NOTE.message(format!("in {objects}")));
    }
    let further = places.get(SHOWN_PLACES..).unwrap_or_default();
    if !further.is_empty() {
        shown = shown.element(Weight::NOTE.message(format!("also at {}", named(further))));
    }
    ended(shown, image)
}

/// What to do, each sentence once; with the places that it is for where those are not all: each kind of file has its own way.
fn helps(group: &[&Problem<'_>]) -> Vec<String> {
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
    let line = lines.get(&place.file)?.get(&place.line)?;
    let text = line.replace('\t', " ");
    let is_shown = !text.trim().is_empty() && text.chars().count() <= LONGEST_LINE && clean(&text) == text;
    is_shown.then_some(text)
}

fn number_of(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The byte at which the image of this place begins in its line. A password before it in the line is hidden, so that it stands further
/// left there than in the file.
fn start_of(line: &str, place: &Location) -> usize {
    let start = byte_of(line, place.column);
    let is_here = line.get(start..).is_some_and(|rest| rest.starts_with(&place.written));
    if is_here || !line.contains("…@") {
        return start;
    }
    let found = line.match_indices(place.written.as_str()).map(|(at, _)| at);
    found.take_while(|at| *at <= start).last().unwrap_or(start)
}

/// The byte of this column of a line.
fn byte_of(line: &str, column: u32) -> usize {
    line.char_indices().nth(number_of(column).saturating_sub(1)).map_or(line.len(), |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn third_line(line: &str) -> Excerpts {
        Excerpts::from([("Dockerfile".to_owned(), BTreeMap::from([(3, line.to_owned())]))])
    }

    #[test]
    fn a_line_is_shown_where_its_columns_fit() {
        let place = Location::new("Dockerfile", 3, 7, None, "app:1");
        let shown = |line: &str| line_of(&place, &third_line(line));
        assert_eq!(shown("FROM\t\tapp:1").as_deref(), Some("FROM  app:1"));
        assert_eq!(byte_of("FROM  app:1", place.column), 6);
        for line in ["", "\t ", "FROM \u{200b}app:1", "FROM ::app:1", &"x".repeat(LONGEST_LINE + 1)] {
            assert_eq!(shown(line), None, "{line:?}");
        }
    }

    #[test]
    fn an_image_is_found_behind_a_hidden_password() {
        let first = "bob:hunter2@r.test/app:1";
        let second = "r.test/job:1";
        let place = |column, written| Location::new("a.yaml", 1, column, None, written);
        let line = crate::login::hidden_in("[\"bob:hunter2@r.test/app:1\", r.test/job:1]").into_owned();
        assert_eq!(line, "[\"…@r.test/app:1\", r.test/job:1]");
        for (column, written, shown) in [(3, first, "…@r.test/app:1\""), (30, second, "r.test/job:1]")] {
            let at = start_of(&line, &place(column, written));
            assert!(line.get(at..).is_some_and(|rest| rest.starts_with(shown)), "{written}: {at}");
        }
        assert_eq!(start_of("FROM  app:1", &place(7, "app:1")), 6);
        assert_eq!(start_of("FROM $IMAGE", &place(6, "app:1")), 5);
    }

    fn failing<'a>(location: &'a Location, helps: &[&'static str]) -> Problem<'a> {
        Problem {
            level: Level::Failed,
            code: "build-mismatch".to_owned(),
            known: None,
            source: "",
            name: "app:1".into(),
            outcome: " on web01: will not run".to_owned(),
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
        let lines = third_line(&"x".repeat(LONGEST_LINE + 1));
        let found = [failing(&place, &[])];
        let images = of_images(&found);
        let text = Shown::plain().render(&[at_lines(&images[0], &lines)]);
        assert!(text.contains("Dockerfile:3:7") && text.contains("the builds differ"), "{text}");
    }

    /// An image in two places has both in its line, and what is the same for all stands once.
    #[test]
    fn images_that_fail_alike_have_a_line_each() {
        let place = |file: &str, line: u32| Location::new(file, line, 7, None, "app:1");
        let places = [place("a.yaml", 3), place("b.yaml", 4), place("c.yaml", 5)];
        let of = |image: &'static str, location| {
            let problem = failing(location, &["use app:2"]);
            Problem { image, name: image.into(), ..problem }
        };
        let found = [of("app:1", &places[0]), of("job:1", &places[1]), of("app:1", &places[2])];
        let images = of_images(&found);
        let alike: Vec<&OfImage<'_>> = images.iter().collect();
        let text = Shown::plain().render(&[listed(alike[0], &alike)]);
        assert!(text.starts_with("error[build-mismatch]: each of these 2 images on web01: will not run\n"), "{text}");
        let ends = |line: &str| text.lines().filter(|shown| shown.ends_with(line)).count();
        for line in ["note: app:1 at a.yaml:3, c.yaml:5", "note: job:1 at b.yaml:4", "note: the builds differ", "help: use app:2"]
        {
            assert_eq!(ends(line), 1, "{line}: {text}");
        }
    }

    /// A list names the objects as the paragraph of one image does. A file or a workload that stands for itself is named once.
    #[test]
    fn a_line_of_a_list_says_where_it_stands() {
        let web = Location::new("a.yaml", 3, 7, Some("Deployment web"), "app:1");
        for (image, expected) in [
            ("app:1", "app:1 at a.yaml:3 in Deployment web"),
            ("a.yaml", "a.yaml:3"),
            ("Deployment web", "Deployment web at a.yaml:3"),
        ] {
            let found = [Problem { image, name: image.into(), ..failing(&web, &[]) }];
            assert_eq!(line_of_list(&of_images(&found)[0]), expected);
        }
    }

    /// A Dockerfile and a service of Compose ask for an isolation each in its own way.
    #[test]
    fn advice_for_one_place_names_it() {
        let places = [Location::new("Dockerfile", 1, 6, None, "app:1"), Location::new("compose.yaml", 3, 12, None, "app:1")];
        let group = [failing(&places[0], &["use app:2", "add a flag"]), failing(&places[1], &["use app:2", "add a key"])];
        assert_eq!(
            helps(&[&group[0], &group[1]]),
            ["use app:2", "for Dockerfile:1: add a flag", "for compose.yaml:3: add a key"]
        );
    }
}
