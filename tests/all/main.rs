//! The integration tests: one program, a module for each subject, what several of them need in `support`.
//!
//! `cargo test --test all check::` runs the tests of one module. Those that need Windows run under Wine (tests/wine.sh), those that
//! need the Host Compute Service run there with the HCS emulator (tests/emulated.sh); elsewhere they are skipped, and say so.
//!
//! Snapshots, schemas and documents are written anew by one command, to be looked at in the diff:
//! `INSTA_UPDATE=always cargo test --test all`.
#![allow(clippy::panic, clippy::string_slice, clippy::unwrap_used, reason = "a test may end by a panic")]
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "tests say what they skip")]

mod support;

mod architecture;
mod check;
mod cluster;
mod cluster_access;
mod cluster_plan;
mod cluster_secrets;
mod cluster_watch;
mod configuration;
#[cfg(windows)]
mod emulated_layers;
mod engines;
mod engines_command;
mod engines_naive;
mod faults;
mod field_inputs;
mod findings_page;
mod fixtures;
mod formats;
mod hcs_documents;
mod host_command;
mod host_files;
mod host_lists;
mod host_sources;
mod host_texts;
mod hostile_names;
mod image_descriptors;
mod image_registry;
mod image_sources;
#[cfg(unix)]
mod irregular_files;
mod language;
mod layers;
#[cfg(windows)]
mod live_host;
mod promises;
mod pull;
#[cfg(target_os = "linux")]
mod real_registry;
mod registry_addresses;
mod registry_credentials;
mod registry_drips;
mod registry_misbehaves;
mod registry_secrets;
mod regressions;
mod report_as_data;
mod report_schema;
#[cfg(windows)]
mod run;
mod scan;
mod snapshots;
mod store_commands;
mod variables;
mod verdict;
mod webhook;
mod webhook_manifest;
