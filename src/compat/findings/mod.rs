//! Findings about an image on a host: codes and values, which become text only when they are printed.
//!
//! A finding is declared in the file of its subject, and decided in `rules.rs` or `warnings.rs`.

mod accepted;
pub(super) mod cluster;
mod declare;
mod engine;
mod host;
mod image;
mod isolation;
mod scan;
mod versions;

#[cfg(feature = "clusters")]
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(super) use declare::Declaration;

use crate::{Advice, Isolation};

/// The stable name of one reason or warning, e.g. [`Code::BuildMismatch`], which prints as `build-mismatch`.
///
/// There will be more of them, so a `match` on one needs an arm for all others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code(pub(super) &'static Declaration);

impl Code {
    /// Every code, those of one subject together.
    pub fn all() -> impl Iterator<Item = Self> {
        [versions::ALL, image::ALL, host::ALL, isolation::ALL, engine::ALL, scan::ALL, cluster::ALL, accepted::ALL]
            .into_iter()
            .flatten()
            .copied()
    }

    /// The name, e.g. `build-mismatch`.
    pub const fn as_str(self) -> &'static str {
        self.0.name
    }

    /// A few words for it, e.g. `the builds differ`.
    pub const fn title(self) -> &'static str {
        self.0.title
    }

    /// The severity where nothing makes it higher or lower.
    pub const fn severity(self) -> Severity {
        self.0.severity
    }

    /// True if it is about this, perhaps beside other things.
    pub fn is_about(self, subject: About) -> bool {
        self.0.about.contains(&subject)
    }

    /// True if it is about the host, and about no image or isolation, e.g. `host-end-of-support`.
    pub fn is_about_host_alone(self) -> bool {
        self.is_about(About::Host) && !self.is_about(About::Image) && !self.is_about(About::Isolation)
    }

    /// The meaning in general, whole sentences.
    pub fn meaning(self) -> Advice {
        general(self.0.meaning)
    }

    /// The remedy in general, whole sentences.
    pub fn advice(self) -> Advice {
        general(self.0.advice)
    }

    /// The sentences of a finding about an object of a cluster, with these values: what was found, and what to do.
    #[cfg(feature = "clusters")]
    pub(crate) fn sentences(self, values: &BTreeMap<&'static str, Advice>) -> (Advice, Advice) {
        let filled = |template: &str| {
            let value = |name: &str, _: &str| {
                let known = values.get(name).cloned();
                known.or_else(|| cluster::VALUES.contains(&name).then(Advice::default))
            };
            Advice::from_template(template, value).unwrap_or_else(|_| template.into())
        };
        (filled(self.0.message), filled(self.0.help))
    }

    /// The address of the page on which the fact behind it is found.
    pub const fn source(self) -> &'static str {
        self.0.source
    }
}

/// A text without values of a case; tests see that every name in it is known.
fn general(template: &str) -> Advice {
    Advice::from_template(template, |_, _| None).unwrap_or_else(|_| template.into())
}

impl Hash for Code {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The name is enough; what is declared beside it is long.
        self.as_str().hash(state);
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.constant)
    }
}

/// A text that is not the code of a finding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no finding has this code")]
pub struct UnknownCode;

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::all().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Note,
    /// It may fail, or will some day.
    Warning,
    /// It stands in the way.
    Error,
}

/// Something that a finding is about. It decides where the finding is shown: what is about an engine is not shown where no
/// engine starts the container, and a description of a host shows what is about the host, but about no image or isolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum About {
    /// The image.
    Image,
    /// The host.
    Host,
    /// An isolation: whether it is possible, or whether it is chosen.
    Isolation,
    /// The engine that starts the container.
    Engine,
    /// What a scan compares an image with: a lock, the other images of a pod, newer images. No judgement knows it.
    Scan,
    /// An object of a cluster and all nodes that its pods can land on, which no judgement knows.
    Cluster,
    /// The acceptance of a failure by a team, which no judgement knows.
    Acceptance,
}

/// One reason or warning about an image on a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// The code.
    pub code: Code,
    /// The severity in this case.
    pub severity: Severity,
    /// A value for its text beside image and host.
    pub detail: Detail,
}

/// A value for the text of a finding, beside those of image and host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Detail {
    /// Nothing.
    #[default]
    Nothing,
    /// The last day with updates.
    EndOfSupport(Date),
    /// The first revision on the new side of an update, e.g. `1039`.
    FirstRevision(u32),
    /// An isolation that is possible, and was not asked for.
    OtherIsolation(Isolation),
    /// The platforms of an image that is not for Windows, e.g. `linux/amd64, linux/arm64`; from outside.
    Platforms(String),
    /// The reason why something could not be read; from outside.
    Reason(String),
    /// The statement of a config that an index contradicts, e.g. `10.0.20348.1, the index 10.0.20348.2`; from outside.
    Stated(String),
    /// The day on which a tag was read; `None` where it is not known.
    TagRead(Option<Date>),
    /// The update that a host lacks, e.g. `KB5058411`.
    Update(String),
    /// A version as it is written in an image, e.g. `10.0.x`; from outside.
    Written(String),
}

impl Finding {
    /// A finding with the severity of its declaration.
    pub(super) const fn new(code: Code) -> Self {
        Self { code, severity: code.severity(), detail: Detail::Nothing }
    }

    /// The same finding with this value for its text.
    pub(super) fn with(self, detail: Detail) -> Self {
        Self { detail, ..self }
    }

    /// The address of the page on which the fact is found.
    pub const fn source(&self) -> &'static str {
        self.code.source()
    }
}
