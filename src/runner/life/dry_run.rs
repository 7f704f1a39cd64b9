//! A dry run: the calls that running a container would make, without making any.

use std::path::Path;

use serde::Serialize;

use crate::Error;
use crate::hcs::plan::{Plan, PlannedCall};
use crate::runner::life::context::Context;
use crate::runner::life::interrupts::Interrupts;
use crate::runner::life::run;
use crate::runner::life::stdio::Stdio;
use crate::runner::request::RunRequest;
use crate::runner::store::Store;

/// The version of the form of [`Planned`].
const SCHEMA: &str = "wincompat/plan/v1";

/// The document that a dry run prints, `wincompat/plan/v1`: the calls that would be made, in order.
#[derive(Clone, Debug, Serialize)]
pub struct Planned<'a> {
    /// `wincompat/plan/v1`.
    pub schema: &'static str,
    /// The container that would be run.
    pub request: &'a RunRequest,
    /// The calls from the creation of the scratch layer to the release of the last resource.
    pub calls: Vec<PlannedCall>,
}

/// Plans the run of this container from the store in this folder. Nothing is read or written there.
///
/// # Errors
///
/// A request that Windows would not accept.
pub fn plan<'a>(request: &'a RunRequest, root: &Path) -> Result<Planned<'a>, Error> {
    let (machine, store, interrupts) = (Plan::new(), Store::dry_run(root)?, Interrupts::new());
    let context = Context { machine: &machine, store: &store, interrupts: &interrupts, report: &|_| (), console: &|| None };
    run::run(&context, request, |_| Ok(Stdio::nothing()))?.exit_code?;
    Ok(Planned { schema: SCHEMA, request, calls: machine.calls() })
}
