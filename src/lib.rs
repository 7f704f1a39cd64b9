//! Will this Windows container image run on this host, under which isolation, why, and what to do if not.
//!
//! Windows containers share the host's kernel. With process isolation the build of the image must fit the host's; with Hyper-V
//! isolation an older image may run in a small virtual machine of its own. This library holds the rules, as pure functions: no
//! file, no network, no clock, no global state.
//!
//! ```
//! use wincompat::compat::{Policy, Verdict, judge};
//! use wincompat::host::{self, Spec};
//! use wincompat::image::{Image, Source};
//! use wincompat::knowledge::Knowledge;
//!
//! let index = br#"{"schemaVersion": 2, "manifests": [{
//!     "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "size": 429,
//!     "digest": "sha256:03e2a67ea588f6e15e96ac23109629ca081970063c0b97f98a62176ebd419867",
//!     "platform": {"os": "windows", "architecture": "amd64", "os.version": "10.0.18362.1256"}}]}"#;
//!
//! let knowledge = Knowledge::built_in();
//! let policy = Policy::on(jiff::civil::date(2026, 11, 26));
//! let image = Image::from_index(&"registry.example/app:1.0".parse()?, Source::Registry, index)?;
//! let Spec::Hosts(hosts) = host::parse("windows-server-2022", knowledge, policy.today)? else { unreachable!() };
//!
//! let judgement = judge(knowledge, &hosts[0], &image, &policy);
//! assert_eq!(judgement.verdict, Verdict::Hyperv);
//! assert!(judgement.findings.iter().any(|finding| finding.code.as_str() == "build-mismatch"));
//! # Ok::<(), wincompat::Error>(())
//! ```
//!
//! # Where things are
//!
//! * [`host`]: a machine that is to run containers, from a version, a release's name, a registry export and more.
//! * [`image`]: references, and images from the bytes of their index ([`image::Image::from_index`]) or config.
//! * [`engine`]: the entry of an index that an engine takes, by its version.
//! * [`compat`]: the judgement: what is possible, what would be used, and why, as findings with stable codes.
//! * [`explain`]: error numbers and pasted errors explained.
//! * [`report`]: the answers as data, which serialise to and from the JSON of the program.
//! * [`knowledge`]: the facts that age, with their date and sources.
//! * [`advice`]: what to do, with the settings and commands of a program as data: each program words its own.
//!
//! # Features
//!
//! With `default-features = false` neither HTTP nor TLS nor a C compiler is needed. `registries` and `running` build the registry
//! client and the runner, which are not offered yet but for `hcs`: the documents of the Host Compute
//! Service, which may change with every version. `program` is the command line, `clusters` its commands for
//! Kubernetes; both are the default.
#![deny(unsafe_code)]
#![cfg_attr(test, allow(clippy::string_slice, reason = "a test may end by a panic"))]

pub mod advice;
mod architecture;
#[cfg(feature = "program")]
mod cli;
#[cfg(feature = "running")]
mod clock;
#[cfg(feature = "clusters")]
mod cluster;
pub mod compat;
pub mod engine;
mod engine_name;
mod error;
pub mod explain;
mod files;
#[cfg(feature = "registries")]
mod handles;
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
mod login;
#[cfg(feature = "registries")]
mod oci;
mod os_version;
#[cfg(feature = "running")]
mod ownership;
mod placeholder;
#[cfg(feature = "registries")]
mod process_group;
pub mod report;
#[cfg(feature = "running")]
mod runner;
#[cfg(feature = "scanning")]
mod scan;
#[cfg(feature = "registries")]
mod tarball;
mod template;
mod text;
#[cfg(all(unix, feature = "program"))]
#[doc(hidden)]
pub mod unix;
mod user_info;
#[cfg(feature = "clusters")]
mod webhook;
#[cfg(all(windows, feature = "program"))]
#[allow(unsafe_code, reason = "the only room that calls Windows")]
#[doc(hidden)]
pub mod windows;

#[doc(inline)]
pub use advice::Advice;
pub use architecture::Architecture;
pub use engine_name::{Engine, ImageStore};
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
///
/// `offered_alone` leaves them out although the tests' dependencies ask for them: what nothing uses is seen then, with the dependencies
/// that the tests have (`.ci/run`).
#[cfg(all(feature = "internals", not(offered_alone)))]
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
    /// Image references in files.
    pub mod scan {
        pub use crate::scan::*;
    }
    /// The life of containers.
    pub mod runner {
        pub use crate::runner::*;
    }
}
