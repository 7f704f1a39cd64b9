//! What the arguments of a Dockerfile are used for, beside the references that can be changed by them.

use std::collections::HashSet;
use std::ops::Range;

use super::{File, words_of};
use crate::scan::Found;
use crate::scan::origin::{mentioned, others};

/// A use of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The argument.
    pub name: String,
    /// The line.
    pub line: u32,
    /// The bytes of a reference that was not read in this build, which another build may read.
    pub reference: Option<Range<usize>>,
    /// True where the argument has a default of its own, so that only a value which is given to the build comes here.
    pub has_default: bool,
}

impl File<'_> {
    /// A use in these bytes, which count from behind a byte order mark.
    pub(super) fn use_of(&self, name: &str, span: &Range<usize>) -> Use {
        let place = self.source.lines.place(self.source.shift + span.start..self.source.shift + span.end);
        Use { name: name.to_owned(), line: place.line, reference: None, has_default: false }
    }

    /// An `ARG` within a stage: each command of it sees the value.
    pub(super) fn declared_again(&mut self, text: &str, span: &Range<usize>) {
        for (_, word) in words_of(text, self.source.escape) {
            let (name, default) = word.split_once('=').map_or((word, None), |(name, default)| (name, Some(default)));
            self.uses.push(Use { has_default: default.is_some(), ..self.use_of(name, span) });
        }
    }

    /// Adds what references use: of one that can be changed by its last variable, the others.
    pub(super) fn add_references(&mut self, found: &[Found]) {
        let changeable = found.iter().filter(|one| one.editable.is_some());
        let changeable: HashSet<&Range<usize>> = changeable.map(|one| &one.place.span).collect();
        let mut uses = Vec::new();
        for named in self.stages.iter().flat_map(|stage| std::iter::once(&stage.base).chain(&stage.sources)) {
            let span = &named.place.span;
            let of = |name: &str, reference: Option<Range<usize>>| Use {
                name: name.to_owned(),
                line: named.place.line,
                reference,
                has_default: false,
            };
            if changeable.contains(span) {
                uses.extend(others(&named.written).map(|name| of(name, None)));
            } else {
                uses.extend(mentioned(&named.written).map(|name| of(name, Some(span.clone()))));
            }
        }
        self.uses.extend(uses);
    }
}
