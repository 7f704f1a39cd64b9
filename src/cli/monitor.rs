//! `wincompat monitor`: what `run -d` starts, and nobody types.

use std::io;

use crate::runner::life::monitor;

/// Look after a container that runs in the background. `wincompat run -d` starts this, and speaks to it by pipes.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {}

/// Does what standard input says, until the container has ended.
pub fn run(_: &Args) -> u32 {
    monitor::serve(io::stdin(), io::stdout());
    0
}
