//! Layers imported by Windows' own writer, against the HCS emulator under Wine (`tests/emulated.sh`).
#![cfg(windows)]

#[path = "../layers/backup.rs"]
mod backup;
#[path = "../emulated/mod.rs"]
mod emulated;
#[path = "../layers/hostile_archives.rs"]
mod hostile_archives;
#[path = "../registry/mod.rs"]
mod registry;
#[path = "../layers/synthetic.rs"]
mod synthetic;
#[path = "../layers/three_layers.rs"]
mod three_layers;
#[path = "../layers/tree.rs"]
#[allow(dead_code, reason = "images are made by the host here, not in memory")]
mod tree;

mod base;
mod faults;
mod importer;
mod places;
mod refused;
mod upper;

use emulated::archive;
