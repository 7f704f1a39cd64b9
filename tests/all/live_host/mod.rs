//! The program on the registry, the services and the processor of the machine itself.
//!
//! These tests change the machine's registry and services, so they only run under Wine, in a prefix made for them, and only
//! where the environment says so: `WINCOMPAT_TEST_REGISTRY=1`. They put back what they found.

mod check_command;
mod host_command;
mod machine;
mod run_command;
