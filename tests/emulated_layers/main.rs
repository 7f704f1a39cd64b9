//! Layers imported by Windows' own writer, against the HCS emulator under Wine (`tests/emulated.sh`).
#![cfg(windows)]

#[path = "../emulated/mod.rs"]
mod emulated;
#[path = "../registry/mod.rs"]
mod registry;

mod base;
mod importer;
