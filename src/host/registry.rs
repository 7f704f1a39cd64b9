//! What the registry says of a Windows, wherever its values were read, and the host that follows.

use crate::OsVersion;
use crate::knowledge::{Architecture, Kind};

use super::error::quoted;
use super::facts::Facts;
use super::{Error, Source};

/// The first build of Windows 10. Since then `CurrentVersion` is frozen at 6.3 and two numbers of their own say 10.0.
pub(super) const FIRST_WINDOWS_10: u32 = 10240;

/// The keys that are read, all below `HKEY_LOCAL_MACHINE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// The version, edition and installation type.
    CurrentVersion,
    /// Server or workstation.
    ProductOptions,
    /// Whether this is the registry of a container.
    Control,
    /// The processor.
    Environment,
}

impl Key {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::CurrentVersion, Self::ProductOptions, Self::Control, Self::Environment];

    /// The path below `HKEY_LOCAL_MACHINE`, in the 64-bit view.
    pub const fn path(self) -> &'static str {
        match self {
            Self::CurrentVersion => r"SOFTWARE\Microsoft\Windows NT\CurrentVersion",
            Self::ProductOptions => r"SYSTEM\CurrentControlSet\Control\ProductOptions",
            Self::Control => r"SYSTEM\CurrentControlSet\Control",
            Self::Environment => r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment",
        }
    }
}

/// The names of all values that are read below those keys.
pub(super) const NAMES: [&str; 11] = [
    "CurrentMajorVersionNumber",
    "CurrentMinorVersionNumber",
    "CurrentVersion",
    "CurrentBuildNumber",
    "CurrentBuild",
    "UBR",
    "InstallationType",
    "EditionID",
    "DisplayVersion",
    "ProductType",
    "PROCESSOR_ARCHITECTURE",
];

/// The value whose mere presence says that a registry is a container's.
pub(super) const CONTAINER_TYPE: &str = "ContainerType";

/// A value as the registry holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Data {
    /// `REG_SZ` or `REG_EXPAND_SZ`.
    Text(String),
    /// `REG_DWORD`.
    Number(u32),
    /// Any other type, by its name, or a value that is not what its type says.
    Other(String),
}

/// The values that tell one Windows from another; `None` where the registry has no such value.
///
/// `ProductName` is not among them: it says Windows 10 on Windows 11. Nor is `BuildLabEx`: its revision is the lab's, its build
/// the one from before an enablement package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryValues {
    /// `CurrentMajorVersionNumber`, e.g. `10`; absent before Windows 10.
    pub major: Option<u32>,
    /// `CurrentMinorVersionNumber`, e.g. `0`.
    pub minor: Option<u32>,
    /// `CurrentVersion`, e.g. `6.3`, as it says since Windows 8.1.
    pub frozen_version: Option<String>,
    /// `CurrentBuildNumber`, or `CurrentBuild` where that is absent, e.g. `26100`.
    pub build: Option<String>,
    /// `UBR`, the revision, e.g. `4061`.
    pub ubr: Option<u32>,
    /// `InstallationType`, e.g. `Client`, `Server Core`.
    pub installation_type: Option<String>,
    /// `EditionID`, e.g. `ServerDatacenter`, `Core`.
    pub edition: Option<String>,
    /// `DisplayVersion`, e.g. `24H2`; exists from 20H2 on.
    pub display_version: Option<String>,
    /// `ProductType`: `WinNT`, `ServerNT` or `LanmanNT`.
    pub product_type: Option<String>,
    /// `PROCESSOR_ARCHITECTURE` of the machine's environment, e.g. `AMD64`.
    pub processor: Option<String>,
    /// Whether `ContainerType` exists: then this is the registry of a container's image.
    pub in_container: bool,
}

impl RegistryValues {
    /// Reads the values through a function that gets one of them.
    ///
    /// # Errors
    ///
    /// A value of the wrong type, by key and name, and what the function fails with.
    pub(super) fn read(mut get: impl FnMut(Key, &str) -> Result<Option<Data>, Error>) -> Result<Self, Error> {
        use Key::{Control, CurrentVersion, Environment, ProductOptions};
        let mut text = |key, name| get(key, name)?.map(|data| data.text(key, name)).transpose();
        let values = Self {
            frozen_version: text(CurrentVersion, "CurrentVersion")?,
            build: match text(CurrentVersion, "CurrentBuildNumber")? {
                Some(build) => Some(build),
                None => text(CurrentVersion, "CurrentBuild")?,
            },
            installation_type: text(CurrentVersion, "InstallationType")?,
            edition: text(CurrentVersion, "EditionID")?,
            display_version: text(CurrentVersion, "DisplayVersion")?,
            product_type: text(ProductOptions, "ProductType")?,
            processor: text(Environment, "PROCESSOR_ARCHITECTURE")?,
            ..Self::default()
        };
        let mut number = |name| get(CurrentVersion, name)?.map(|data| data.number(CurrentVersion, name)).transpose();
        Ok(Self {
            major: number("CurrentMajorVersionNumber")?,
            minor: number("CurrentMinorVersionNumber")?,
            ubr: number("UBR")?,
            in_container: get(Control, CONTAINER_TYPE)?.is_some(),
            ..values
        })
    }

    /// What these values say of the host.
    ///
    /// # Errors
    ///
    /// The registry of a container, a missing build, and values that are not what they should be.
    pub(super) fn facts(&self, source: Source) -> Result<Facts, Error> {
        if self.in_container {
            let key = Key::Control.path();
            return Err(Error::new("this registry is a container's, it tells the version of its image and not of the host")
                .caused_by(format!(r"HKEY_LOCAL_MACHINE\{key} holds the value ContainerType"))
                .hint("run wincompat on the host itself, or name the host, e.g. --host windows-server-2022"));
        }
        let edition = self.edition.as_deref().map(edition).transpose()?;
        Ok(Facts {
            kind: self.kind(edition.as_deref())?,
            edition,
            architecture: self.processor.as_deref().and_then(architecture),
            display_version: self.display_version.clone().filter(|version| is_display_version(version)),
            ..Facts::of_version(self.os_version()?, source)
        })
    }

    fn os_version(&self) -> Result<OsVersion, Error> {
        let Some(text) = &self.build else {
            return Err(Error::new("the registry does not say which Windows this is")
                .caused_by(format!(r"HKEY_LOCAL_MACHINE\{} has no value CurrentBuildNumber", Key::CurrentVersion.path()))
                .hint("name the host, e.g. --host windows-server-2022 or --host 10.0.20348.2402"));
        };
        let build = number(text).ok_or_else(|| wrong(Key::CurrentVersion, "CurrentBuildNumber", text, "a build number"))?;
        let (major, minor) = match (self.major, &self.frozen_version) {
            (Some(major), _) => (major, self.minor.unwrap_or(0)),
            (None, _) if build >= FIRST_WINDOWS_10 => (10, 0),
            (None, Some(text)) => text
                .split_once('.')
                .and_then(|(major, minor)| Some((number(major)?, number(minor)?)))
                .ok_or_else(|| wrong(Key::CurrentVersion, "CurrentVersion", text, "a version such as 6.3"))?,
            (None, None) => {
                return Err(Error::new(format!("the registry says build {build}, which is older than every Windows 10"))
                    .caused_by(format!(
                        r"HKEY_LOCAL_MACHINE\{} has neither CurrentMajorVersionNumber nor CurrentVersion",
                        Key::CurrentVersion.path()
                    )));
            }
        };
        Ok(OsVersion::new(major, minor, build, self.ubr))
    }

    /// Server or client. A multi-session Windows for virtual desktops says `ServerNT` and is a client.
    fn kind(&self, edition: Option<&str>) -> Result<Option<Kind>, Error> {
        let installed = match self.installation_type.as_deref() {
            Some("Client") => Some(Kind::Client),
            Some("Server" | "Server Core" | "Nano Server") => Some(Kind::Server),
            _ => None,
        };
        let multi_session = edition == Some("ServerRdsh");
        Ok(match self.product_type.as_deref() {
            Some("WinNT") => Some(Kind::Client),
            Some("ServerNT" | "LanmanNT") if installed == Some(Kind::Client) || multi_session => Some(Kind::Client),
            Some("ServerNT" | "LanmanNT") => Some(Kind::Server),
            Some(other) => {
                return Err(wrong(Key::ProductOptions, "ProductType", other, "WinNT, ServerNT or LanmanNT"));
            }
            None if multi_session => Some(Kind::Client),
            None => installed,
        })
    }
}

impl Data {
    fn text(self, key: Key, name: &str) -> Result<String, Error> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Number(_) => Err(wrong_type(key, name, "REG_DWORD", "REG_SZ")),
            Self::Other(found) => Err(wrong_type(key, name, &found, "REG_SZ")),
        }
    }

    fn number(self, key: Key, name: &str) -> Result<u32, Error> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Text(_) => Err(wrong_type(key, name, "REG_SZ", "REG_DWORD")),
            Self::Other(found) => Err(wrong_type(key, name, &found, "REG_DWORD")),
        }
    }
}

fn wrong_type(key: Key, name: &str, found: &str, expected: &str) -> Error {
    Error::new(format!("the registry value {name} is {found} and should be {expected}"))
        .caused_by(format!(r"HKEY_LOCAL_MACHINE\{} is damaged or was edited by hand", key.path()))
        .hint("repair the value, or name the host, e.g. --host windows-server-2022")
}

fn wrong(key: Key, name: &str, found: &str, expected: &str) -> Error {
    Error::new(format!("the registry value {name} says {} and should be {expected}", quoted(found)))
        .caused_by(format!(r"HKEY_LOCAL_MACHINE\{} is damaged or was edited by hand", key.path()))
        .hint("repair the value, or name the host, e.g. --host windows-server-2022")
}

/// A decimal number of at most nine digits.
fn number(digits: &str) -> Option<u32> {
    let fits = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}

/// An EditionID is a short word of letters and digits; anything else is no edition.
fn edition(text: &str) -> Result<String, Error> {
    let is_word = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_word { Ok(text.to_owned()) } else { Err(wrong(Key::CurrentVersion, "EditionID", text, "a word such as Professional")) }
}

fn is_display_version(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What Windows calls a processor.
fn architecture(name: &str) -> Option<Architecture> {
    match name.to_ascii_uppercase().as_str() {
        "AMD64" => Some(Architecture::Amd64),
        "ARM64" => Some(Architecture::Arm64),
        _ => None,
    }
}
