//! This machine as a host: its registry, and what was asked of Windows beside it.

use super::probe::Probe;
use super::{Error, facts::Facts};

/// What this machine says of itself, and the probe its features were read from.
///
/// # Errors
///
/// A registry that cannot be read, lacks its build or holds a value of the wrong type, and the registry of a container.
#[cfg(windows)]
pub(super) fn facts() -> Result<(Facts, Probe), Error> {
    // Inside a container the services are absent for a reason of its own, so the registry speaks first.
    let facts = registry()?.facts(super::Source::Live)?;
    let probe = crate::windows::probe::probe();
    let facts = Facts {
        architecture: probe.machine.or(facts.architecture),
        containers: Some(probe.containers()),
        hyperv: Some(probe.hyperv()),
        ..facts
    };
    Ok((facts, probe))
}

/// Nothing but Windows has the registry that says which Windows this is.
///
/// # Errors
///
/// Always.
#[cfg(not(windows))]
pub(super) fn facts() -> Result<(Facts, Probe), Error> {
    Err(Error::new("this machine is no Windows host")
        .caused_by(format!("it runs {}, which has no Windows registry", std::env::consts::OS))
        .hint("name the host, e.g. --host windows-server-2022, or --host all for every release in support"))
}

/// The registry's values, in its 64-bit view whatever this program was built for.
#[cfg(windows)]
fn registry() -> Result<super::RegistryValues, Error> {
    use std::collections::HashMap;

    use windows_registry::LOCAL_MACHINE;

    use super::registry::Key;

    let mut keys = HashMap::new();
    for key in Key::ALL {
        match LOCAL_MACHINE.options().read().wow64_64().open(key.path()) {
            Ok(open) => {
                keys.insert(key, open);
            }
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(unreadable(&format!("key HKEY_LOCAL_MACHINE\\{}", key.path()), error)),
        }
    }
    super::RegistryValues::read(|key, name| match keys.get(&key).map(|open| open.get_value(name)) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(data(&value))),
        Some(Err(error)) if is_absent(&error) => Ok(None),
        Some(Err(error)) => Err(unreadable(&format!("value {name}"), error)),
    })
}

/// ERROR_FILE_NOT_FOUND, as a registry says of keys and values that do not exist.
#[cfg(windows)]
fn is_absent(error: &windows_registry::Error) -> bool {
    const FILE_NOT_FOUND: i32 = 0x8007_0002_u32.cast_signed();
    error.code().0 == FILE_NOT_FOUND
}

#[cfg(windows)]
fn unreadable(what: &str, error: windows_registry::Error) -> Error {
    Error::new(format!("cannot read the registry {what}"))
        .caused_by(error)
        .hint("name the host, e.g. --host windows-server-2022")
}

/// A value with its type. The bytes are read here, as a value's size need not fit its type.
#[cfg(windows)]
fn data(value: &windows_registry::Value) -> super::registry::Data {
    use windows_registry::Type;

    use super::registry::Data;

    match value.ty() {
        Type::String | Type::ExpandString => {
            let (units, rest) = value.as_chunks::<2>();
            let units: Vec<u16> = units.iter().map(|&unit| u16::from_le_bytes(unit)).take_while(|&unit| unit != 0).collect();
            match (String::from_utf16(&units), rest) {
                (Ok(text), []) => Data::Text(text),
                _ => Data::Other("a malformed REG_SZ".to_owned()),
            }
        }
        Type::U32 => match <[u8; 4]>::try_from(&value[..]) {
            Ok(bytes) => Data::Number(u32::from_le_bytes(bytes)),
            Err(_) => Data::Other("a malformed REG_DWORD".to_owned()),
        },
        Type::U64 => Data::Other("REG_QWORD".to_owned()),
        Type::MultiString => Data::Other("REG_MULTI_SZ".to_owned()),
        Type::Bytes => Data::Other("REG_BINARY".to_owned()),
        Type::Other(number) => Data::Other(format!("of type {number}")),
    }
}
