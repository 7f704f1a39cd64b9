//! Dockerfiles that stand as a text within another file: `dockerfile_inline` of Compose, `dockerfile-inline` of bake files.

use std::ops::Range;

use super::dockerfile::{self, Build};
use super::{Found, Lines, Place};

/// The references of a Dockerfile that stands in these bytes of a file; each with its place in that file.
pub fn read(outer: &str, lines: &Lines<'_>, span: &Range<usize>, inner: &str, build: &Build) -> Vec<Found> {
    let mut found = dockerfile::read(inner, build).found;
    for one in &mut found {
        // What can be changed is known by its bytes in the inner text alone.
        one.editable = None;
        one.place = place(outer, lines, span, inner, &one.place).unwrap_or_else(|| lines.place(span.clone()));
    }
    found
}

/// The place in the outer file: on the line that reads the same but for what it is indented by.
fn place(outer: &str, lines: &Lines<'_>, span: &Range<usize>, inner: &str, place: &Place) -> Option<Place> {
    let written = inner.get(place.span.clone()).filter(|written| !written.is_empty())?;
    let number = usize::try_from(place.line).ok()?.checked_sub(1)?;
    let mut wanted = inner.lines().take(number + 1).map(str::trim).filter(|line| !line.is_empty());
    let mut rest = span.start;
    let mut at = wanted.next().and_then(|line| find(outer, rest..span.end, line))?;
    for line in wanted {
        rest = at.end;
        at = find(outer, rest..span.end, line)?;
    }
    let within = inner.lines().nth(number)?.trim().find(written)?;
    let start = at.start + within;
    Some(lines.place(start..start + written.len()))
}

fn find(text: &str, within: Range<usize>, what: &str) -> Option<Range<usize>> {
    let at = within.start + text.get(within)?.find(what)?;
    Some(at..at + what.len())
}
