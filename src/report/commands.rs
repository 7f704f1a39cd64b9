//! What the formats for the logs of pipelines have in common: which problems become a command of the runner, and which are counted.

use super::problems::{Level, Problem};

/// The most annotations of one kind that are shown for a step: GitHub and Azure drop further ones.
const MOST: usize = 10;

/// The problems of one kind: those that are shown, and the number of the others.
pub(super) struct Kind<'p, 'a> {
    /// The word of the runner, e.g. `error`.
    pub word: &'static str,
    /// The worst of them.
    pub shown: &'p [Problem<'a>],
    /// The number of the others.
    pub others: usize,
}

/// These problems, which are sorted by weight, as errors and warnings.
pub(super) fn kinds<'p, 'a>(problems: &'p [Problem<'a>]) -> [Kind<'p, 'a>; 2] {
    let errors = problems.partition_point(|problem| problem.level < Level::Warning);
    let (errors, warnings) = problems.split_at(errors);
    [("error", errors), ("warning", warnings)].map(|(word, problems)| {
        // The last one says how many there are.
        let number = if problems.len() > MOST { MOST } else { problems.len() };
        let (shown, others) = problems.split_at(number);
        Kind { word, shown, others: others.len() }
    })
}

impl Kind<'_, '_> {
    /// The line about the others, e.g. `12 more errors are not shown here`; nothing if there are none.
    pub fn rest(&self) -> Option<String> {
        match self.others {
            0 => None,
            1 => Some(format!("1 more {} is not shown here; the log has every result that does not pass", self.word)),
            others => {
                Some(format!("{others} more {}s are not shown here; the log has every result that does not pass", self.word))
            }
        }
    }
}
