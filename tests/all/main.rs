//! The integration tests: one program, a module for each subject, what several of them need in `support`.
//!
//! `cargo test --test all check::` runs the tests of one module. Those that need Windows run under Wine (tests/wine.sh), those that
//! need the Host Compute Service run there with the HCS emulator (tests/emulated.sh); elsewhere they are skipped, and say so.

mod support;

mod architecture;
mod check;
#[cfg(windows)]
mod emulated_layers;
mod fixtures;
mod hcs_documents;
mod host_command;
mod host_files;
mod host_texts;
mod hostile_names;
mod image_registry;
mod image_sources;
mod layers;
#[cfg(windows)]
mod live_host;
mod pull;
#[cfg(target_os = "linux")]
mod real_registry;
mod registry_addresses;
mod registry_credentials;
mod registry_misbehaves;
mod registry_secrets;
mod report_schema;
#[cfg(windows)]
mod run;
mod store_commands;
