//! The values of the registry that tell one Windows from another, wherever they were read, and the facts that follow.

use crate::OsVersion;
use crate::advice::{Setting, advice};
use crate::{Architecture, Kind};

use super::Source;
use super::facts::HostFacts;
use super::version_text::is_build;
use crate::Error;
use crate::knowledge::builds::FIRST_WINDOWS_10;
use crate::text::quoted;

/// The keys that are read, all below `HKEY_LOCAL_MACHINE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// The version, edition and installation type.
    CurrentVersion,
    /// Server or workstation.
    ProductOptions,
    /// The sign of a container's registry.
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
const CONTAINER_TYPE: &str = "ContainerType";

/// The label of the build. It is not among the names by which a text is known: alone it tells no version.
const BUILD_LAB: &str = "BuildLabEx";

/// True for the name of a value that is read, in letters of any size.
pub(super) fn is_read(name: &str) -> bool {
    NAMES.iter().chain([&CONTAINER_TYPE, &BUILD_LAB]).any(|read| read.eq_ignore_ascii_case(name))
}

/// A value as the registry holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    /// `REG_SZ` or `REG_EXPAND_SZ`.
    Text(String),
    /// `REG_DWORD`.
    Number(u32),
    /// Any other type, by its name, or a value that is not what its type says.
    Other(String),
}

/// The values that tell one Windows from another; `None` where the registry has no such value.
///
/// `ProductName` is not among them: it says Windows 10 on Windows 11. Of `BuildLabEx` only the processor is used: its revision is
/// the lab's, its build the one from before an enablement package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryValues {
    /// `CurrentMajorVersionNumber`, e.g. `10`; absent before Windows 10.
    pub major: Option<u32>,
    /// `CurrentMinorVersionNumber`, e.g. `0`.
    pub minor: Option<u32>,
    /// `CurrentVersion`, e.g. `6.3`, as it says since Windows 8.1.
    pub frozen_version: Option<String>,
    /// `CurrentBuildNumber` or `CurrentBuild`, which are the same, e.g. `26100`.
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
    /// `BuildLabEx`, e.g. `26100.1.amd64fre.ge_release.240331-1435`.
    pub build_lab: Option<String>,
    /// True if `ContainerType` exists: then this is the registry of a container's image.
    pub in_container: bool,
}

impl RegistryValues {
    /// Reads the values through a function that gets one of them.
    ///
    /// # Errors
    ///
    /// A value of the wrong type, by key and name, and what the function fails with.
    pub(crate) fn read(mut get: impl FnMut(Key, &str) -> Result<Option<Data>, Error>) -> Result<Self, Error> {
        use Key::{Control, CurrentVersion, Environment, ProductOptions};
        let mut text = |key, name| get(key, name)?.map(|data| data.text(key, name)).transpose();
        let values = Self {
            frozen_version: text(CurrentVersion, "CurrentVersion")?,
            build: match (text(CurrentVersion, "CurrentBuildNumber")?, text(CurrentVersion, "CurrentBuild")?) {
                (Some(build), Some(other)) if build != other => return Err(two_builds(&build, &other)),
                (build, other) => build.or(other),
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
            // A label that is not a text is no reason to refuse what the other values say.
            build_lab: match get(CurrentVersion, BUILD_LAB)? {
                Some(Data::Text(label)) => Some(label),
                _ => None,
            },
            ..values
        })
    }

    /// The facts that these values tell of the host.
    ///
    /// # Errors
    ///
    /// The registry of a container, a missing build, and values that are not what they should be.
    pub(super) fn facts(&self, source: Source) -> Result<HostFacts, Error> {
        if self.in_container {
            let key = Key::Control.path();
            return Err(Error::new("this registry is a container's, it tells the version of its image and not of the host")
                .because(format!(r"HKEY_LOCAL_MACHINE\{key} holds the value ContainerType"))
                .hint(advice![
                    "run wincompat on the host itself, or name the host, e.g. ",
                    Setting::Host("windows-server-2022".into())
                ]));
        }
        let edition = self.edition.as_deref().map(edition).transpose()?;
        Ok(HostFacts {
            kind: self.kind(edition.as_deref())?,
            edition,
            architecture: self.architecture(),
            display_version: self.display_version.clone().filter(|version| is_display_version(version)),
            ..HostFacts::of_version(self.os_version()?, source)
        })
    }

    /// The processor: that of the environment, else that of the build's label. The key `CurrentVersion`, which people read, has the
    /// label alone. A label of 32 bits tells nothing: a 32-bit program may have read another view of the registry.
    fn architecture(&self) -> Option<Architecture> {
        let of_label = || self.build_lab.as_deref().and_then(of_build_lab).filter(|processor| *processor != Architecture::X86);
        self.processor.as_deref().and_then(architecture).or_else(of_label)
    }

    fn os_version(&self) -> Result<OsVersion, Error> {
        let Some(text) = &self.build else {
            return Err(Error::new("the registry does not say which Windows this is")
                .because(format!(r"HKEY_LOCAL_MACHINE\{} has no value CurrentBuildNumber", Key::CurrentVersion.path()))
                .hint(advice![
                    "name the host, e.g. ",
                    Setting::Host("windows-server-2022".into()),
                    " or ",
                    Setting::Host("10.0.20348.2402".into())
                ]));
        };
        let build = number(text).ok_or_else(|| wrong(Key::CurrentVersion, "CurrentBuildNumber", text, "a build number"))?;
        let (major, minor) = match (self.major, &self.frozen_version) {
            (Some(major), _) => (major, self.minor.unwrap_or(0)),
            // Since Windows 10 `CurrentVersion` is frozen at 6.3, and two numbers of their own say 10.0.
            (None, _) if build >= FIRST_WINDOWS_10 => (10, 0),
            (None, Some(text)) => text
                .split_once('.')
                .and_then(|(major, minor)| Some((number(major)?, number(minor)?)))
                .ok_or_else(|| wrong(Key::CurrentVersion, "CurrentVersion", text, "a version such as 6.3"))?,
            (None, None) => {
                return Err(Error::new(format!("the registry says build {build}, which is older than every Windows 10"))
                    .because(format!(
                        r"HKEY_LOCAL_MACHINE\{} has neither CurrentMajorVersionNumber nor CurrentVersion",
                        Key::CurrentVersion.path()
                    ))
                    .hint(advice!["repair the values, or name the host, e.g. ", Setting::Host("windows-server-2022".into())]));
            }
        };
        if (major, minor) == (10, 0) && !is_build(build) {
            return Err(wrong(Key::CurrentVersion, "CurrentBuildNumber", text, "the build of a Windows such as 20348"));
        }
        if let Some(ubr) = self.ubr.filter(|ubr| *ubr > u32::from(u16::MAX)) {
            return Err(wrong(Key::CurrentVersion, "UBR", &ubr.to_string(), "a revision such as 2402"));
        }
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
        .because(format!(r"HKEY_LOCAL_MACHINE\{} is damaged or was edited by hand", key.path()))
        .hint(advice!["repair the value, or name the host, e.g. ", Setting::Host("windows-server-2022".into())])
}

fn wrong(key: Key, name: &str, found: &str, expected: &str) -> Error {
    Error::new(format!("the registry value {name} says {} and should be {expected}", quoted(found)))
        .because(format!(r"HKEY_LOCAL_MACHINE\{} is damaged or was edited by hand", key.path()))
        .hint(advice!["repair the value, or name the host, e.g. ", Setting::Host("windows-server-2022".into())])
}

fn two_builds(build: &str, other: &str) -> Error {
    let says = format!("the registry value CurrentBuildNumber says {} and CurrentBuild {}", quoted(build), quoted(other));
    Error::new(says)
        .because(format!(r"HKEY_LOCAL_MACHINE\{} is damaged, or its values are of two hosts", Key::CurrentVersion.path()))
        .hint(advice!["give every host a file of its own, or name the host, e.g. ", Setting::Host("windows-server-2022".into())])
}

/// A decimal number of at most nine digits.
fn number(digits: &str) -> Option<u32> {
    let fits = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}

/// An EditionID is a short word of letters and digits; anything else is not an edition.
fn edition(text: &str) -> Result<String, Error> {
    let is_word = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_word { Ok(text.to_owned()) } else { Err(wrong(Key::CurrentVersion, "EditionID", text, "a word such as Professional")) }
}

fn is_display_version(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The processor in the label of a build: `arm64fre` in `26100.1.arm64fre.ge_release.240331-1435`.
fn of_build_lab(label: &str) -> Option<Architecture> {
    let flavour = label.split('.').nth(2)?;
    architecture(flavour.strip_suffix("fre").or_else(|| flavour.strip_suffix("chk"))?)
}

/// The processor of this name.
fn architecture(name: &str) -> Option<Architecture> {
    match name.to_ascii_uppercase().as_str() {
        "AMD64" => Some(Architecture::Amd64),
        "ARM64" => Some(Architecture::Arm64),
        "X86" => Some(Architecture::X86),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Kind::{Client, Server};

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    /// A registry of Windows 10 or later, with what all of them say.
    fn windows(build: &str, ubr: u32, product_type: &str, installation_type: &str, edition: &str) -> RegistryValues {
        RegistryValues {
            major: Some(10),
            minor: Some(0),
            frozen_version: text("6.3"),
            build: text(build),
            ubr: Some(ubr),
            installation_type: text(installation_type),
            edition: text(edition),
            product_type: text(product_type),
            ..RegistryValues::default()
        }
    }

    #[test]
    fn a_registry_tells_version_kind_and_edition() {
        let cases = [
            ("Server 2016", windows("14393", 9140, "ServerNT", "Server", "ServerDatacenter"), "10.0.14393.9140", Server),
            ("Server 2019", windows("17763", 8755, "ServerNT", "Server Core", "ServerStandard"), "10.0.17763.8755", Server),
            ("Server 2022", windows("20348", 5139, "LanmanNT", "Server", "ServerDatacenter"), "10.0.20348.5139", Server),
            ("Server 2025", windows("26100", 32860, "ServerNT", "Server", "ServerTurbine"), "10.0.26100.32860", Server),
            ("Nano Server", windows("14393", 9140, "ServerNT", "Nano Server", "ServerDatacenterNano"), "10.0.14393.9140", Server),
            ("Windows 10 1809", windows("17763", 8755, "WinNT", "Client", "EnterpriseS"), "10.0.17763.8755", Client),
            ("Windows 10 22H2", windows("19045", 3803, "WinNT", "Client", "Professional"), "10.0.19045.3803", Client),
            ("Windows 11 24H2", windows("26100", 4061, "WinNT", "Client", "Professional"), "10.0.26100.4061", Client),
            ("Windows 11 25H2", windows("26200", 7462, "WinNT", "Client", "Enterprise"), "10.0.26200.7462", Client),
            ("Home", windows("26100", 4061, "WinNT", "Client", "CoreSingleLanguage"), "10.0.26100.4061", Client),
            ("multi-session", windows("26100", 4061, "ServerNT", "Client", "ServerRdsh"), "10.0.26100.4061", Client),
            ("multi-session by its edition alone", windows("26100", 1, "ServerNT", "?", "ServerRdsh"), "10.0.26100.1", Client),
            (
                "an installation type of tomorrow",
                windows("29651", 1, "ServerNT", "Server Edge", "ServerX"),
                "10.0.29651.1",
                Server,
            ),
        ];
        for (case, values, version, kind) in cases {
            let facts = values.facts(Source::Live).unwrap();
            assert_eq!(facts.os_version.to_string(), version, "{case}");
            assert_eq!((facts.kind, facts.edition), (Some(kind), values.edition), "{case}");
        }
    }

    #[test]
    fn a_missing_value_is_not_said() {
        let full = windows("26100", 4061, "ServerNT", "Server", "ServerDatacenter");
        let said = |values: RegistryValues| {
            let facts = values.facts(Source::Live).unwrap();
            (facts.os_version.to_string(), facts.kind, facts.edition)
        };
        let datacenter = text("ServerDatacenter");
        let full_version = "10.0.26100.4061".to_owned();
        for (values, expected) in [
            (RegistryValues { ubr: None, ..full.clone() }, ("10.0.26100".to_owned(), Some(Server), datacenter.clone())),
            (RegistryValues { edition: None, ..full.clone() }, (full_version.clone(), Some(Server), None)),
            (RegistryValues { product_type: None, ..full.clone() }, (full_version.clone(), Some(Server), datacenter.clone())),
            (
                RegistryValues { product_type: None, installation_type: None, ..full.clone() },
                (full_version.clone(), None, datacenter.clone()),
            ),
            (RegistryValues { major: None, minor: None, ..full.clone() }, (full_version, Some(Server), datacenter)),
        ] {
            assert_eq!(said(values.clone()), expected, "{values:?}");
        }
        let windows_8 = RegistryValues { major: None, minor: None, build: text("9600"), ubr: None, ..full };
        assert_eq!(said(windows_8).0, "6.3.9600");
    }

    #[test]
    fn refuses_what_does_not_tell() {
        let full = windows("26100", 4061, "ServerNT", "Server", "ServerDatacenter");
        let cases = [
            (RegistryValues { in_container: true, ..full.clone() }, "this registry is a container's"),
            (RegistryValues { build: None, ..full.clone() }, "does not say which Windows"),
            (RegistryValues { build: text("26100x"), ..full.clone() }, "CurrentBuildNumber says `26100x`"),
            (RegistryValues { build: text("+26100"), ..full.clone() }, "CurrentBuildNumber says"),
            (RegistryValues { build: text(""), ..full.clone() }, "CurrentBuildNumber says"),
            (RegistryValues { ubr: Some(u32::MAX), ..full.clone() }, "UBR says `4294967295`"),
            (RegistryValues { product_type: text("Toaster"), ..full.clone() }, "ProductType says `Toaster`"),
            (RegistryValues { edition: text("\x1b[31m"), ..full.clone() }, "EditionID says `[31m`"),
            (RegistryValues { edition: text(""), ..full.clone() }, "EditionID says"),
            (
                RegistryValues { major: None, build: text("9600"), frozen_version: None, ..full.clone() },
                "older than every Windows 10",
            ),
            (
                RegistryValues { major: None, build: text("9600"), frozen_version: text("six"), ..full },
                "CurrentVersion says `six`",
            ),
        ];
        for (values, message) in cases {
            let error = values.facts(Source::Live).unwrap_err();
            assert!(error.what.contains(message), "{error} should contain {message}");
        }
    }

    #[test]
    fn two_builds_in_one_registry_are_an_error() {
        let read = |number: &str, other: &str| {
            RegistryValues::read(|_, name| {
                let text =
                    [("CurrentBuildNumber", number), ("CurrentBuild", other)].into_iter().find(|(known, _)| *known == name);
                Ok(text.map(|(_, text)| Data::Text(text.to_owned())))
            })
        };
        assert_eq!(read("20348", "20348").unwrap().build.as_deref(), Some("20348"));
        let error = read("20348", "17763").unwrap_err();
        assert_eq!(error.what, "the registry value CurrentBuildNumber says `20348` and CurrentBuild `17763`");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_named() {
        let number = |name: &'static str| (name, Data::Number(1), "is REG_DWORD and should be REG_SZ");
        let string = |name: &'static str| (name, Data::Text("1".to_owned()), "is REG_SZ and should be REG_DWORD");
        let cases = [
            number("CurrentVersion"),
            number("CurrentBuildNumber"),
            number("CurrentBuild"),
            number("InstallationType"),
            number("EditionID"),
            number("DisplayVersion"),
            number("ProductType"),
            number("PROCESSOR_ARCHITECTURE"),
            string("CurrentMajorVersionNumber"),
            string("CurrentMinorVersionNumber"),
            string("UBR"),
            ("UBR", Data::Other("REG_QWORD".to_owned()), "is REG_QWORD and should be REG_DWORD"),
            ("EditionID", Data::Other("REG_MULTI_SZ".to_owned()), "is REG_MULTI_SZ and should be REG_SZ"),
        ];
        for (wrong, data, message) in cases {
            let error = RegistryValues::read(|_, name| Ok((name == wrong).then(|| data.clone()))).unwrap_err();
            assert_eq!(error.what, format!("the registry value {wrong} {message}"));
            assert!(error.causes[0].starts_with(r"HKEY_LOCAL_MACHINE\S"), "{error:?}");
        }
        for data in [Data::Number(2), Data::Text("2".to_owned()), Data::Other("REG_BINARY".to_owned())] {
            let values = RegistryValues::read(|_, name| Ok((name == "ContainerType").then(|| data.clone()))).unwrap();
            assert!(values.in_container, "the presence of ContainerType decides, whatever it is: {data:?}");
        }
    }
}
