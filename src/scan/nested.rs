//! Dockerfiles that stand as a text within another file: `dockerfile_inline` of Compose, `dockerfile-inline` of bake files.

use std::ops::Range;

use super::dockerfile::{self, Build};
use super::{Found, Lines};

/// The references of a Dockerfile that stands in these bytes of a file; each with its place in that file.
pub fn read(outer: &str, lines: &Lines<'_>, span: &Range<usize>, inner: &str, build: &Build) -> Vec<Found> {
    let mut found = dockerfile::read(inner, build).found;
    let starts = starts(outer, span, inner);
    for one in &mut found {
        // What can be changed is known by its bytes in the inner text alone.
        one.editable = None;
        let line = usize::try_from(one.place.line).ok().and_then(|line| line.checked_sub(1));
        let place = line.and_then(|line| {
            let written = inner.get(one.place.span.clone()).filter(|written| !written.is_empty())?;
            let (start, text) = starts.get(line)?.as_ref()?;
            let start = start + text.find(written)?;
            Some(lines.place(start..start + written.len()))
        });
        one.place = place.unwrap_or_else(|| lines.place(span.clone()));
    }
    found
}

/// Where each line of the inner text stands in the outer one: it reads the same there but for what it is indented by. None of those
/// behind one that reads in another way.
fn starts<'i>(outer: &str, span: &Range<usize>, inner: &'i str) -> Vec<Option<(usize, &'i str)>> {
    let mut rest = Some(span.start);
    let mut next = |line: &'i str| {
        let text = line.trim();
        let from = rest.take()?;
        let start = from + outer.get(from..span.end)?.find(text)?;
        rest = Some(start + text.len());
        Some((start, text))
    };
    inner.lines().map(&mut next).collect()
}
