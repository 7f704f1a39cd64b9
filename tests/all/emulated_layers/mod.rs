//! Layers imported by Windows' own writer, against the HCS emulator under Wine (`tests/emulated.sh`).

mod base;
mod faults;
mod importer;
mod places;
mod refused;
mod upper;
