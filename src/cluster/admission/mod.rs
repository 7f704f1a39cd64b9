//! Admission: what becomes of a pod that is about to be created or changed, from its images and the nodes that it can land on. Pure.
//!
//! [`Review`] reads the question of the API server and words the answer, [`admit`] says what has to be read for it, and
//! [`Pod::decide`] decides. What is not known is never denied.

mod decide;
mod exempt;
mod narrow;
mod patch;
mod review;
mod warnings;
mod words;

use std::collections::BTreeSet;

pub use decide::{Coming, Expected};
pub use exempt::{Admitted, Pod, admit, validate};
pub use review::{Refused, Review};

use crate::Advice;

/// What is done with pods that can land where they do not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Their authors are warned.
    #[default]
    Warn,
    /// They are led to nodes that fit.
    Steer,
    /// The same, and those that fit nowhere are denied.
    Enforce,
}

/// The case that decided. Its names stand in logs and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    /// An object of another kind, or another operation.
    Other,
    /// A namespace that is left alone.
    Exempt,
    /// A change that concerns neither images nor nodes.
    Unchanged,
    /// A pod that lands on no Windows node, or whose images are for other systems.
    NotForWindows,
    /// A pod that has its node.
    Bound,
    /// An image, a RuntimeClass or a node of which not enough is known.
    Unknown,
    /// No Windows node that it can land on.
    LandsNowhere,
    /// All images run wherever it can land.
    AllFit,
    /// They run on a part of the nodes.
    SomeFit,
    /// They run on none of the nodes, and on a Windows that is expected.
    ExpectedFits,
    /// They run on none of them.
    NoneFits,
}

impl Case {
    /// The name, e.g. `some-fit`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Exempt => "exempt",
            Self::Unchanged => "unchanged",
            Self::NotForWindows => "not-for-windows",
            Self::Bound => "bound",
            Self::Unknown => "unknown",
            Self::LandsNowhere => "lands-nowhere",
            Self::AllFit => "all-fit",
            Self::SomeFit => "some-fit",
            Self::ExpectedFits => "expected-fits",
            Self::NoneFits => "none-fits",
        }
    }
}

/// What becomes of the object.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Outcome {
    /// It is admitted as it is.
    #[default]
    Allow,
    /// It is admitted with these operations of JSON Patch.
    Steer(Vec<serde_json::Value>),
    /// It is denied, and this says why and what to do.
    Deny(Advice),
}

/// What the author of an object is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Warning {
    /// What was found.
    pub what: Advice,
    /// What to do; empty where there is nothing to do.
    pub help: Advice,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The case.
    pub case: Case,
    /// What becomes of the object.
    pub outcome: Outcome,
    /// What its author is told.
    pub warnings: Vec<Warning>,
    /// The groups of Windows nodes that it can land on, for the log.
    pub groups: Vec<String>,
}

impl Decision {
    /// It is admitted, and nobody is told anything.
    pub const fn allow(case: Case) -> Self {
        Self { case, outcome: Outcome::Allow, warnings: Vec::new(), groups: Vec::new() }
    }
}

/// What holds for every question.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// What is done with pods that can land where they do not run.
    pub mode: Mode,
    /// The namespaces that are left alone.
    pub exempt: BTreeSet<String>,
}

#[cfg(test)]
mod tests;
