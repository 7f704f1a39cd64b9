//! The answers of `wincompat ps` and `wincompat inspect` as data: the containers of a store.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::plain::clean;
use crate::Isolation;
use crate::hcs::documents::PortMapping;
use crate::runner::life::containers::{Listed, Status};

/// The answer of `wincompat ps`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Containers {
    /// The version of this form.
    schema: &'static str,
    /// The last one first.
    pub containers: Vec<ContainerEntry>,
}

/// A container.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ContainerEntry {
    /// The id, 64 hex digits.
    pub id: String,
    /// The name; empty if it has none.
    pub name: String,
    /// The reference of the image as it was typed; empty if no state says it.
    pub image: String,
    /// The command line of the process; empty if no state says it.
    pub command: String,
    /// `created`, `running`, `ending`, `exited` or `dead`.
    pub status: &'static str,
    /// The isolation; `null` if nothing says it.
    pub isolation: Option<Isolation>,
    /// The time when it was asked for.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub created: Option<Timestamp>,
    /// The time when the process started.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub started: Option<Timestamp>,
    /// The time when the process ended.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub finished: Option<Timestamp>,
    /// The exit code of the process, all 32 bits.
    pub exit_code: Option<u32>,
    /// The address on the network, e.g. `172.30.5.17`.
    pub address: Option<String>,
    /// The ports that the host answers for it, e.g. `8080->80/tcp`.
    pub ports: Vec<String>,
    /// True if the process lives that looks after it.
    pub owner_lives: bool,
    /// True if the state file is there and readable.
    pub has_state: bool,
    /// The resources of the host that it holds, e.g. `scratch`.
    pub holds: Vec<String>,
}

/// Everything that is known of a container, for `wincompat inspect`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The entry of `wincompat ps`.
    #[serde(flatten)]
    pub entry: ContainerEntry,
    /// The id of the process inside.
    process_id: Option<u32>,
    /// The request.
    request: Value,
}

/// The answer of `wincompat inspect`.
#[derive(Clone, Debug, Serialize)]
pub struct Inspected {
    /// The version of this form.
    schema: &'static str,
    /// In the order in which they were asked for.
    pub containers: Vec<Details>,
}

impl Containers {
    /// The answer with these containers.
    pub fn new(listed: &[Listed]) -> Self {
        Self { schema: "wincompat/containers/v1", containers: listed.iter().map(ContainerEntry::new).collect() }
    }
}

impl Inspected {
    /// The answer with these containers.
    pub fn new(listed: &[Listed]) -> Self {
        Self { schema: "wincompat/inspect/v1", containers: listed.iter().map(Details::new).collect() }
    }
}

impl ContainerEntry {
    /// The entry of a container, with harmless texts.
    pub fn new(listed: &Listed) -> Self {
        let state = listed.state.as_ref();
        let request = state.map(|state| &state.request);
        let text = |text: Option<&String>| text.map(|text| clean(text).into_owned()).unwrap_or_default();
        Self {
            id: clean(&listed.id).into_owned(),
            name: text(request.map(|request| &request.name)),
            image: text(request.map(|request| &request.image)),
            command: text(request.map(|request| &request.process.command_line)),
            status: listed.status().as_str(),
            isolation: listed.isolation,
            created: state.map(|state| state.created),
            started: state.and_then(|state| state.started),
            finished: state.and_then(|state| state.finished),
            exit_code: state.and_then(|state| state.exit_code),
            address: state.and_then(|state| state.address.as_deref()).map(|address| clean(address).into_owned()),
            ports: request.map(|request| request.ports.iter().map(port).collect()).unwrap_or_default(),
            owner_lives: listed.is_owned,
            has_state: state.is_some(),
            holds: state.map(|state| state.acquired.iter().map(|held| held.as_str().to_owned()).collect()).unwrap_or_default(),
        }
    }

    /// The first twelve digits of the id.
    pub fn short_id(&self) -> String {
        self.id.chars().take(12).collect()
    }
}

impl Details {
    fn new(listed: &Listed) -> Self {
        let state = listed.state.as_ref();
        let request = state.and_then(|state| serde_json::to_value(&state.request).ok()).unwrap_or_default();
        Self {
            entry: ContainerEntry::new(listed),
            process_id: state.and_then(|state| state.process_id),
            request: cleaned(request),
        }
    }
}

/// The JSON Schema of [`Containers`], as committed in `schema/`.
#[cfg(feature = "schema")]
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Containers>()
}

/// `8080->80/tcp`.
pub(super) fn port(mapping: &PortMapping) -> String {
    format!("{}->{}/{}", mapping.host, mapping.container, mapping.protocol)
}

/// A document with harmless texts.
fn cleaned(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(clean(&text).into_owned()),
        Value::Array(values) => values.into_iter().map(cleaned).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (clean(&name).into_owned(), cleaned(value))).collect(),
        other => other,
    }
}

/// The status for people, e.g. `Up 5 minutes`, `Exited (7) 2 hours ago`.
pub fn status_text(entry: &ContainerEntry, now: Timestamp) -> String {
    let since = |then: Option<Timestamp>| then.map_or_else(String::new, |then| format!(" {}", age(then, now)));
    let is = |status: Status| entry.status == status.as_str();
    if is(Status::Running) {
        let doubt = match (entry.has_state, entry.owner_lives) {
            (false, _) => " (its state is lost)",
            (true, false) => " (its monitor is gone)",
            (true, true) => "",
        };
        return format!("Up{}{doubt}", since(entry.started.or(entry.created)));
    }
    if is(Status::Exited) {
        let code = entry.exit_code.map(|code| format!(" ({})", exit_code(code))).unwrap_or_default();
        let left = if entry.holds.is_empty() { "" } else { ", not cleaned up" };
        let ago = if entry.finished.is_some() { " ago" } else { "" };
        return format!("Exited{code}{}{ago}{left}", since(entry.finished));
    }
    let mut text = entry.status.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// An exit code; those of Windows itself in the notation they are known by, e.g. `0xC000013A`.
pub fn exit_code(code: u32) -> String {
    if code >= 0x8000_0000 { format!("0x{code:08X}") } else { code.to_string() }
}

/// The time since then in Docker's words, e.g. `2 hours`; none has passed since a time in the future.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    let (minutes, hours) = (seconds / 60, (seconds + 1800) / 3600);
    match seconds {
        0 => "Less than a second".to_owned(),
        1 => "1 second".to_owned(),
        _ if seconds < 60 => format!("{seconds} seconds"),
        _ if minutes == 1 => "About a minute".to_owned(),
        _ if minutes < 60 => format!("{minutes} minutes"),
        _ if hours == 1 => "About an hour".to_owned(),
        _ if hours < 48 => format!("{hours} hours"),
        _ if hours < 24 * 7 * 2 => format!("{} days", hours / 24),
        _ if hours < 24 * 30 * 2 => format!("{} weeks", hours / 24 / 7),
        _ if hours < 24 * 365 * 2 => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", hours / 24 / 365),
    }
}
