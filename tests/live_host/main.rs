//! The program on the registry, the services and the processor of the machine itself.
//!
//! These tests change the machine's registry and services, so they only run under Wine, in a prefix made for them, and only
//! where the environment says so: `WINCOMPAT_TEST_REGISTRY=1`. They put back what they found.
#![cfg(windows)]

mod check_command;
#[path = "../emulated/mod.rs"]
mod emulated;
mod host_command;
mod machine;
#[path = "../program/mod.rs"]
mod program;
#[path = "../registry/mod.rs"]
mod registry;
mod run_command;
