//! `wincompat run`, from the command line to the calls that the Host Compute Service gets, against the HCS emulator under Wine
//! (`tests/emulated.sh`).
#![cfg(windows)]

#[path = "../emulated/mod.rs"]
mod emulated;
#[path = "../program/mod.rs"]
mod program;
#[path = "../registry/mod.rs"]
mod registry;

mod background;
mod commands;
mod documents;
mod exit_codes;
mod failures;
mod interrupts;
mod machine;
mod processes;
mod refusals;
mod stalls;
mod streams;
