//! The things that every step of a container's life works with, and the progress it reports.

use crate::hcs::documents::ConsoleSize;
use crate::hcs::machine::Machine;
use crate::runner::life::interrupts::Interrupts;
use crate::runner::store::Store;
use crate::runner::store::claim::Claim;

/// Everything the steps of a run work with.
pub struct Context<'a> {
    /// The machine that runs the container.
    pub machine: &'a dyn Machine,
    /// The folders of layers and containers.
    pub store: &'a Store,
    /// The user's interrupts.
    pub interrupts: &'a Interrupts,
    /// The receiver of progress.
    pub report: &'a dyn Fn(Progress<'_>),
    /// The size of the user's terminal, for a process with a console.
    pub console: &'a dyn Fn() -> Option<ConsoleSize>,
}

/// The progress of a run.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The container has a folder, and is about to be created.
    Claimed,
    /// Something the user should know, one sentence.
    Note(&'a str),
    /// The container's process runs; the claim's state has its address.
    Running(&'a Claim),
}
