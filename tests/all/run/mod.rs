//! `wincompat run`, from the command line to the calls that the Host Compute Service gets, against the HCS emulator under Wine
//! (`tests/emulated.sh`).

mod background;
mod commands;
mod documents;
mod exit_codes;
mod failures;
mod interrupts;
mod machine;
mod otherwise;
mod processes;
mod refusals;
mod reports;
mod sequences;
mod stalls;
mod streams;
