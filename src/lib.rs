//! Will this Windows container image run on this host, under which isolation, why, and what to do if not.
#![deny(unsafe_code)]

pub mod cli;
pub mod compat;
pub mod explain;
pub mod host;
pub mod image;
pub mod knowledge;
mod os_version;
pub mod report;
pub mod runner;
#[cfg(windows)]
#[allow(unsafe_code)]
pub mod windows;

pub use os_version::{OsVersion, ParseOsVersionError};
