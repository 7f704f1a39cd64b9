//! Will this Windows container image run on this host, under which isolation, why, and what to do if not.
#![deny(unsafe_code)]
#![cfg_attr(test, allow(clippy::string_slice, reason = "a test may end by a panic"))]

pub mod advice;
mod architecture;
#[cfg(feature = "program")]
mod cli;
pub mod compat;
mod error;
pub mod explain;
mod files;
#[cfg(feature = "running")]
pub mod hcs;
mod hex;
pub mod host;
pub mod image;
mod isolation;
mod kind;
pub mod knowledge;
#[cfg(feature = "running")]
mod layer;
#[cfg(feature = "registries")]
mod oci;
mod os_version;
#[cfg(feature = "running")]
mod ownership;
pub mod report;
#[cfg(feature = "running")]
mod runner;
#[cfg(feature = "registries")]
mod tarball;
mod template;
mod text;
#[cfg(all(unix, feature = "program"))]
#[doc(hidden)]
pub mod unix;
#[cfg(all(windows, feature = "program"))]
#[allow(unsafe_code, reason = "the only room that calls Windows")]
#[doc(hidden)]
pub mod windows;

#[doc(inline)]
pub use advice::Advice;
pub use architecture::Architecture;
pub use error::{Error, ErrorKind};
pub use isolation::Isolation;
pub use kind::Kind;
pub use os_version::{OsVersion, ParseOsVersionError};

/// The program, for `main.rs`.
#[cfg(feature = "program")]
#[doc(hidden)]
pub mod program {
    pub use crate::cli::platform::{Platform, Streams, Windows};
    pub use crate::cli::run;
}

/// The rooms that are not offered, for the tests, benches and fuzz targets of this package. Nothing here is stable.
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals {
    /// The command line.
    pub mod cli {
        pub use crate::cli::*;
    }
    /// Windows layers.
    pub mod layer {
        pub use crate::layer::*;
    }
    /// Registries and layouts.
    pub mod oci {
        pub use crate::oci::*;
    }
    /// The life of containers.
    pub mod runner {
        pub use crate::runner::*;
    }
}
