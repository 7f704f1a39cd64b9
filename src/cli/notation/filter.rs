//! The conditions of `ps --filter`.

use crate::Isolation;
use crate::runner::life::containers::{Listed, Status};

/// A condition on containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The id begins with this.
    Id(String),
    /// The name contains this.
    Name(String),
    /// The image's reference is this, or this with a tag or digest.
    Ancestor(String),
    /// The status is this.
    Status(Status),
    /// The isolation is this.
    Isolation(Isolation),
    /// The exit code of its process is this.
    Exited(u32),
    /// It has this label, with this value if there is one.
    Label(String, Option<String>),
}

/// Reads `KEY=VALUE`.
///
/// # Errors
///
/// The mistake, and the right form.
pub fn parse(text: &str) -> Result<Filter, String> {
    let keys = "write id=, name=, ancestor=, status=, isolation=, exited= or label=, and a value";
    let (key, value) = text.split_once('=').ok_or(keys)?;
    if value.is_empty() {
        return Err(keys.to_owned());
    }
    match key {
        "id" => Ok(Filter::Id(value.to_owned())),
        "name" => Ok(Filter::Name(value.trim_start_matches('/').to_owned())),
        "ancestor" => Ok(Filter::Ancestor(value.to_owned())),
        "status" => {
            let known = Status::ALL.into_iter().find(|status| status.as_str() == value);
            known.map(Filter::Status).ok_or_else(|| {
                let all = Status::ALL.map(Status::as_str).join(", ");
                format!("`{value}` is not a status: those are {all}")
            })
        }
        "isolation" => match value {
            "process" => Ok(Filter::Isolation(Isolation::Process)),
            "hyperv" => Ok(Filter::Isolation(Isolation::Hyperv)),
            _ => Err(format!("`{value}` is not an isolation: write process or hyperv")),
        },
        "label" => Ok(match value.split_once('=') {
            Some((key, value)) => Filter::Label(key.to_owned(), Some(value.to_owned())),
            None => Filter::Label(value.to_owned(), None),
        }),
        "exited" => {
            number(value).map(Filter::Exited).ok_or_else(|| format!("`{value}` is not an exit code: write e.g. 7 or 0xC000013A"))
        }
        _ => Err(keys.to_owned()),
    }
}

/// An exit code, in decimal (also as the negative number that many programs show) or hexadecimal digits.
fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok().or_else(|| text.parse::<i32>().ok().map(i32::cast_unsigned)),
    }
}

/// True if a container passes: of each key, one condition at least holds, and of labels all, as with Docker.
pub fn passes(filters: &[Filter], listed: &Listed) -> bool {
    filters.iter().all(|filter| {
        let alike = |other: &&Filter| std::mem::discriminant(*other) == std::mem::discriminant(filter);
        if matches!(filter, Filter::Label(..)) {
            return filter.holds(listed);
        }
        filters.iter().filter(alike).any(|other| other.holds(listed))
    })
}

impl Filter {
    /// True if it asks for a status, so that containers that do not run are meant too.
    pub const fn asks_for_a_status(&self) -> bool {
        matches!(self, Self::Status(_) | Self::Exited(_))
    }

    fn holds(&self, listed: &Listed) -> bool {
        let request = listed.state.as_ref().map(|state| &state.request);
        match self {
            Self::Id(start) => listed.id.starts_with(start),
            Self::Name(part) => request.is_some_and(|request| request.name.contains(part)),
            Self::Ancestor(image) => request.is_some_and(|request| {
                let rest = request.image.strip_prefix(image);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '@']))
            }),
            Self::Status(status) => listed.status() == *status,
            Self::Isolation(isolation) => listed.isolation == Some(*isolation),
            Self::Label(key, value) => request.is_some_and(|request| {
                request.labels.get(key).is_some_and(|found| value.as_ref().is_none_or(|value| value == found))
            }),
            Self::Exited(code) => {
                listed.status() == Status::Exited && listed.state.as_ref().is_some_and(|state| state.exit_code == Some(*code))
            }
        }
    }
}
