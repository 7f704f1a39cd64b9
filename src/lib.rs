//! Will this Windows container image run on this host, under which isolation, why, and what to do if not.
#![deny(unsafe_code)]

pub mod compat;
pub mod host;
pub mod image;
pub mod knowledge;
pub mod runner;
mod os_version;

pub use os_version::{OsVersion, ParseOsVersionError};
