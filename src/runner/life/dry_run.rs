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
pub struct Planned {
    /// `wincompat/plan/v1`.
    pub schema: &'static str,
    /// The container that would be run.
    pub request: RunRequest,
    /// The calls from the creation of the scratch layer to the release of the last resource.
    pub calls: Vec<PlannedCall>,
    /// The part that comes before the calls, for people.
    #[serde(skip)]
    pub preparation: Preparation,
}

/// The part of a run that comes before its container: the host, and the image that is brought there.
#[derive(Clone, Debug)]
pub struct Preparation {
    /// The name of the host's Windows, e.g. `Windows Server 2022`.
    pub host: String,
    /// The name of the image.
    pub image: String,
    /// The number of its layers.
    pub layers: usize,
    /// The bytes of its layers as they are pulled.
    pub bytes: u64,
    /// True if the store has them.
    pub is_pulled: bool,
    /// True if the store has them ready for containers.
    pub is_imported: bool,
}

/// Plans the run of this container from the store in this folder. Nothing is read or written there.
///
/// # Errors
///
/// A request that Windows would not accept.
pub fn plan(request: RunRequest, preparation: Preparation, root: &Path) -> Result<Planned, Error> {
    let (machine, store, interrupts) = (Plan::new(), Store::dry_run(root)?, Interrupts::new());
    let context = Context { machine: &machine, store: &store, interrupts: &interrupts, report: &|_| (), console: &|| None };
    run::run(&context, &request, |_| Ok(Stdio::nothing()))?.exit_code?;
    Ok(Planned { schema: SCHEMA, request, calls: machine.calls(), preparation })
}
