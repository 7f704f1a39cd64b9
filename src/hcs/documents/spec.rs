//! The properties of a container, independent of the generation of its document.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::hcs::documents::{Invalid, without_nul};
use uuid::Uuid;

/// The properties that both generations of container documents describe.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The id of the compute system.
    pub id: String,
    /// The owner, by which enumeration finds it, e.g. `wincompat-1f3a5c7e9b2d4f60`.
    pub owner: String,
    /// The computer name inside, e.g. `4c01db0b339c`.
    pub host_name: String,
    /// The image's layers, topmost first.
    pub layers: Vec<Layer>,
    /// The limit of memory in MiB; `None` for none.
    pub memory_mib: Option<u64>,
    /// The limit of processor time; `None` for none.
    pub cpus: Option<Cpus>,
    /// The number of the host's logical processors; process isolation limits processor time by a share of them.
    pub host_cpus: u32,
    /// Folders of the host.
    pub mounts: Vec<Mount>,
    /// Named pipes of the host.
    pub pipes: Vec<Pipe>,
    /// The interface classes of the host's devices that it may use; process isolation only.
    pub device_classes: Vec<Uuid>,
}

/// A layer of the image as HCS knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Layer {
    /// The GUID that `NameToGuid` of vmcompute.dll makes of its folder's name; HCS answers "path not found" to any other.
    pub id: Uuid,
    /// The folder, e.g. `C:\ProgramData\wincompat\layers\9f3c…`.
    pub path: String,
}

/// A folder of the host inside the container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mount {
    /// E.g. `C:\src`.
    pub host: String,
    /// E.g. `C:\src`.
    pub container: String,
    /// True if the container may only read it.
    pub read_only: bool,
}

/// A named pipe of the host inside the container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pipe {
    /// E.g. `\\.\pipe\docker_engine`.
    pub host: String,
    /// The name in the container, without `\\.\pipe\`.
    pub container: String,
}

/// A limit of processor time, as in `--cpus 1.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cpus {
    /// Thousandths of a processor, at least 1.
    thousandths: std::num::NonZeroU32,
}

impl fmt::Display for Cpus {
    /// As it is typed, e.g. `1.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", f64::from(self.thousandths.get()) / 1000.0)
    }
}

impl Cpus {
    /// From thousandths of a processor, e.g. 1500 for one and a half; `None` for zero.
    pub fn from_thousandths(thousandths: u32) -> Option<Self> {
        std::num::NonZeroU32::new(thousandths).map(|thousandths| Self { thousandths })
    }

    /// The share of a host with this many processors, in hundredths of a percent, 1 to 10000.
    pub(crate) fn of_host(self, host_cpus: u32) -> u32 {
        let share = u64::from(self.thousandths.get()) * 10 / u64::from(host_cpus.max(1));
        u32::try_from(share.clamp(1, 10_000)).unwrap_or(10_000)
    }

    /// Whole processors of a virtual machine, rounded up, at most the host's.
    pub(crate) fn whole(self, host_cpus: u32) -> u32 {
        self.thousandths.get().div_ceil(1000).min(host_cpus.max(1))
    }
}

impl Spec {
    /// Refuses what HCS would crash on or answer with a number that explains nothing.
    pub fn validate(&self) -> Result<(), Invalid> {
        if self.layers.is_empty() {
            return Err(Invalid::NoLayers);
        }
        for layer in &self.layers {
            absolute(&layer.path)?;
        }
        host_name(&self.host_name)?;
        if self.memory_mib == Some(0) {
            return Err(Invalid::NoMemory);
        }
        for (position, mount) in self.mounts.iter().enumerate() {
            absolute(&mount.host)?;
            container_path(&mount.container)?;
            if self.mounts.iter().take(position).any(|other| same_path(&other.container, &mount.container)) {
                return Err(Invalid::DuplicateMount(mount.container.clone()));
            }
        }
        for pipe in &self.pipes {
            without_nul("a pipe name", &pipe.host)?;
            without_nul("a pipe name", &pipe.container)?;
        }
        Ok(())
    }
}

/// Refuses a path that depends on a current folder: neither this system's idea of absolute nor Windows'.
pub(crate) fn absolute(path: &str) -> Result<(), Invalid> {
    without_nul("a path", path)?;
    if Path::new(path).is_absolute() || is_drive_path(path) || path.starts_with("\\\\") {
        Ok(())
    } else {
        Err(Invalid::RelativePath(path.to_owned()))
    }
}

/// Letters, digits and hyphens. Microsoft recommends at most 15 (a NetBIOS name); HCS takes a DNS label.
pub fn host_name(name: &str) -> Result<(), Invalid> {
    let fits = (1..=63).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    if fits { Ok(()) } else { Err(Invalid::HostName(name.to_owned())) }
}

/// A path in a container, `C:\folder`. The root of a drive other than C: can be mounted on, `C:\` itself is the scratch.
fn container_path(path: &str) -> Result<(), Invalid> {
    without_nul("a path", path)?;
    let is_system_root = path.len() <= 3 && path.to_ascii_lowercase().starts_with("c:");
    if is_drive_path(path) && !is_system_root { Ok(()) } else { Err(Invalid::ContainerPath(path.to_owned())) }
}

/// `X:\…` with either slash.
fn is_drive_path(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
}

/// True if two paths in a container are the same to Windows, as far as ASCII case and slashes go.
fn same_path(one: &str, other: &str) -> bool {
    let plain = |path: &str| path.replace('/', "\\").trim_end_matches('\\').to_ascii_lowercase();
    plain(one) == plain(other)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A small valid container.
    pub fn spec() -> Spec {
        let layer = |id: &str, name: &str| Layer { id: id.parse().unwrap(), path: format!("C:\\store\\layers\\{name}") };
        Spec {
            id: "c1".into(),
            owner: "wincompat".into(),
            host_name: "win-1".into(),
            layers: vec![
                layer("aaaaaaaa-bbbb-5ccc-8ddd-eeeeeeeeeeee", "top"),
                layer("11111111-2222-5333-8444-555555555555", "base"),
            ],
            memory_mib: None,
            cpus: None,
            host_cpus: 4,
            mounts: Vec::new(),
            pipes: Vec::new(),
            device_classes: Vec::new(),
        }
    }

    fn mount(host: &str, container: &str) -> Mount {
        Mount { host: host.into(), container: container.into(), read_only: false }
    }

    #[test]
    fn refuses_what_hcs_would_crash_on_or_answer_with_a_riddle() {
        let refused = |change: fn(&mut Spec)| {
            let mut spec = spec();
            assert_eq!(spec.validate(), Ok(()));
            change(&mut spec);
            spec.validate().unwrap_err()
        };
        assert_eq!(refused(|s| s.layers.clear()), Invalid::NoLayers);
        assert_eq!(refused(|s| s.layers[1].path = "layers\\base".into()), Invalid::RelativePath("layers\\base".into()));
        assert_eq!(refused(|s| s.host_name = String::new()), Invalid::HostName(String::new()));
        assert_eq!(refused(|s| s.host_name = "a.b".into()), Invalid::HostName("a.b".into()));
        assert_eq!(refused(|s| s.host_name = "-a".into()), Invalid::HostName("-a".into()));
        assert_eq!(refused(|s| s.host_name = "a".repeat(64)), Invalid::HostName("a".repeat(64)));
        assert_eq!(refused(|s| s.memory_mib = Some(0)), Invalid::NoMemory);
        assert_eq!(refused(|s| s.mounts.push(mount("src", "C:\\src"))), Invalid::RelativePath("src".into()));
        assert_eq!(refused(|s| s.mounts.push(mount("C:\\src", "src"))), Invalid::ContainerPath("src".into()));
        assert_eq!(refused(|s| s.mounts.push(mount("C:\\src", "c:\\"))), Invalid::ContainerPath("c:\\".into()));
        assert_eq!(
            refused(|s| s.mounts = vec![mount("C:\\a", "C:\\work"), mount("C:\\b", "c:/Work/")]),
            Invalid::DuplicateMount("c:/Work/".into())
        );
        assert_eq!(refused(|s| s.mounts.push(mount("C:\\a\0b", "C:\\a"))), Invalid::Nul("a path"));
    }

    #[test]
    fn a_share_of_the_host_or_whole_processors() {
        for (thousandths, host, share, whole) in
            [(1500, 4, 3750, 2), (4000, 4, 10_000, 4), (8000, 4, 10_000, 4), (1, 64, 1, 1), (2000, 2, 10_000, 2)]
        {
            let cpus = Cpus::from_thousandths(thousandths).unwrap();
            assert_eq!((cpus.of_host(host), cpus.whole(host)), (share, whole), "{thousandths} of {host}");
        }
        assert_eq!(Cpus::from_thousandths(0), None);
    }
}
