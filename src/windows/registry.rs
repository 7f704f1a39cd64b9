//! Reads the values that tell one Windows from another, in the registry's 64-bit view whatever this program was built for.

use std::collections::HashMap;
use std::io;

use windows_registry::{LOCAL_MACHINE, Type, Value};

use crate::Error;
use crate::advice::{Setting, advice};
use crate::host::RegistryValues;
use crate::host::registry::{Data, Key};

/// The values of this machine.
///
/// # Errors
///
/// Keys and values that exist and cannot be read, and values of the wrong type.
pub(super) fn values() -> Result<RegistryValues, Error> {
    let mut keys = HashMap::new();
    for key in Key::ALL {
        let open = LOCAL_MACHINE.options().read().wow64_64().open(key.path());
        let what = || format!(r"the registry key HKEY_LOCAL_MACHINE\{}", key.path());
        if let Some(open) = existing(open, what)? {
            keys.insert(key, open);
        }
    }
    RegistryValues::read(|key, name| {
        let Some(open) = keys.get(&key) else { return Ok(None) };
        let value = existing(open.get_value(name), || format!("the registry value {name}"))?;
        Ok(value.map(|value| data(&value)))
    })
}

/// The result of a reading, if there was anything to read.
fn existing<T>(read: Result<T, impl Into<io::Error>>, what: impl Fn() -> String) -> Result<Option<T>, Error> {
    match read.map_err(Into::into) {
        Ok(value) => Ok(Some(value)),
        // ERROR_FILE_NOT_FOUND, which the registry says of keys and values too.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::new(format!("cannot read {}", what()))
            .because(error)
            .hint(advice!["name the host, e.g. ", Setting::Host("windows-server-2022".into())])),
    }
}

/// A value with its type. Its bytes are read here, since the size of a value need not fit its type.
fn data(value: &Value) -> Data {
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
