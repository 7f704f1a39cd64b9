//! Will this Windows container image run on this host, under which isolation, why, and what to do if not.
#![deny(unsafe_code)]

pub mod advice;
mod architecture;
pub mod cli;
pub mod compat;
mod error;
pub mod explain;
pub mod files;
pub mod hcs;
pub mod host;
pub mod image;
mod isolation;
mod kind;
pub mod knowledge;
pub mod layer;
pub mod oci;
mod os_version;
pub mod report;
pub mod runner;
mod text;
#[cfg(windows)]
#[allow(unsafe_code)]
pub mod windows;

pub use advice::{Advice, Remedy};
pub use architecture::Architecture;
pub use error::{Error, ErrorKind};
pub use isolation::Isolation;
pub use kind::Kind;
pub use os_version::{OsVersion, ParseOsVersionError};
