//! The notations of `docker run`'s flags that say what a container runs on: its platform, its disk, its devices; and its labels.

use uuid::Uuid;

use super::flags;
use crate::Architecture;

/// The size of every container's disk if none is named, in MiB.
const LEAST_DISK: u64 = 20 << 10;
/// The largest size of a VHDX file, in MiB.
const MOST_DISK: u64 = 64 << 20;

/// Reads `--storage-opt size=40G`: the size of the container's disk in bytes.
///
/// # Errors
///
/// The mistake, and the right form.
pub fn storage_option(text: &str) -> Result<u64, String> {
    let form = "write size=SIZE, e.g. size=40G";
    let size = text.strip_prefix("size=").ok_or_else(|| format!("`{text}` is not an option of a container's disk; {form}"))?;
    let mib = flags::memory(size).map_err(|_| format!("`{size}` is not a size of a disk; {form}"))?;
    match mib {
        0..LEAST_DISK => Err(format!("the disk of a container has 20G at least, and `{size}` is less; {form}")),
        LEAST_DISK..=MOST_DISK => Ok(mib << 20),
        _ => Err(format!("a disk has 64T at most, and `{size}` is more; {form}")),
    }
}

/// Reads `--device class/GUID`: an interface class of devices.
///
/// # Errors
///
/// The mistake, and the right form.
pub fn device(text: &str) -> Result<Uuid, String> {
    let class = text.strip_prefix("class/").or_else(|| text.strip_prefix("class://"));
    let class = class.and_then(|guid| guid.parse::<Uuid>().ok());
    class.ok_or_else(|| {
        "write class/GUID, e.g. class/5B45201D-F2F2-4F3B-85BB-30FF1F953599 for graphics: Windows gives containers whole classes of \
         devices"
            .to_owned()
    })
}

/// Reads `--label KEY=VALUE`; `KEY` alone has an empty value, as with Docker.
///
/// # Errors
///
/// A label without a key.
pub fn label(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    if key.is_empty() { Err("a label has a key: write KEY=VALUE".to_owned()) } else { Ok((key.to_owned(), value.to_owned())) }
}

/// The platform that `--platform` names: Windows, and a processor if one is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowsOn(pub Option<Architecture>);

/// Reads `--platform windows/amd64`.
///
/// # Errors
///
/// A platform that wincompat does not run.
pub fn platform(text: &str) -> Result<WindowsOn, String> {
    let lower = text.to_ascii_lowercase();
    let (system, processor) = lower.split_once('/').map_or((lower.as_str(), None), |(system, rest)| (system, Some(rest)));
    if system != "windows" {
        return Err(
            "wincompat runs Windows containers only: leave it out, or run Linux containers with Docker or Podman".to_owned()
        );
    }
    match processor {
        None => Ok(WindowsOn(None)),
        Some("amd64" | "x86_64" | "x86-64") => Ok(WindowsOn(Some(Architecture::Amd64))),
        Some("arm64" | "aarch64") => Ok(WindowsOn(Some(Architecture::Arm64))),
        Some(_) => Err("Windows containers are for amd64 or arm64: write e.g. windows/amd64".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks() {
        assert_eq!(storage_option("size=60GB"), Ok(60 << 30));
        assert_eq!(storage_option("size=20g"), Ok(20 << 30));
        assert_eq!(storage_option("size=64t"), Ok(64 << 40));
        for wrong in ["", "60G", "size=", "size=x", "size=-1", "size=19G", "size=65t", "size=18446744073709551615", "dm.size=1G"]
        {
            let said = storage_option(wrong).unwrap_err();
            assert!(said.contains("e.g. size=40G"), "{wrong}: {said}");
        }
    }

    #[test]
    fn devices_and_labels() {
        let graphics = "5B45201D-F2F2-4F3B-85BB-30FF1F953599";
        for typed in
            [format!("class/{graphics}"), format!("class://{{{graphics}}}"), format!("class/{}", graphics.to_lowercase())]
        {
            assert_eq!(device(&typed), Ok(graphics.parse().unwrap()), "{typed}");
        }
        for wrong in ["", "class/", "class/x", graphics, "/dev/dri", "vpci-location-path/x"] {
            assert!(device(wrong).unwrap_err().contains("write class/GUID"), "{wrong}");
        }
        assert_eq!(label("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(label("a"), Ok(("a".to_owned(), String::new())));
        assert!(label("=b").is_err() && label("").is_err());
    }

    #[test]
    fn platforms() {
        assert_eq!(platform("windows"), Ok(WindowsOn(None)));
        assert_eq!(platform("Windows/AMD64"), Ok(WindowsOn(Some(Architecture::Amd64))));
        assert_eq!(platform("windows/arm64"), Ok(WindowsOn(Some(Architecture::Arm64))));
        for wrong in ["", "linux/amd64", "linux", "windows/", "windows/386"] {
            assert!(platform(wrong).is_err(), "{wrong}");
        }
        assert!(platform("linux/arm64").unwrap_err().contains("Windows containers only"));
    }
}
