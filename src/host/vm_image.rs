//! The names of images of virtual machines, which are not container images: what Windows a machine of one runs.

use super::version_text::build_and_revision;
use crate::knowledge::Knowledge;

/// The Windows of an image of virtual machines, as it is named by `--host`; empty where its name does not tell. `None` for any other
/// text.
///
/// Azure's are `MicrosoftWindowsServer:WindowsServer:2022-datacenter:latest`: publisher, offer, SKU and version. Those of nodes of AKS
/// are `AKSWindows-2022-containerd-20348.2402.240513`.
pub(super) fn host(text: &str, knowledge: &Knowledge) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (sku, version) = match parts.as_slice() {
        [publisher, _, sku, version] if publisher.to_ascii_lowercase().starts_with("microsoftwindows") => (*sku, *version),
        [node] if node.to_ascii_lowercase().starts_with("akswindows-") => node.split_once('-')?.1.rsplit_once('-')?,
        _ => return None,
    };
    // The version is that of the build and a date.
    let build = version.rsplit_once('.').and_then(|(build, _)| build_and_revision(build));
    Some(build.map(|build| build.to_string()).or_else(|| of_sku(sku, knowledge)).unwrap_or_default())
}

/// The release that the first words of a SKU name: `ltsc2022` for `2022-datacenter-core-g2`, `windows-11-23h2` for `win11-23h2-pro`.
fn of_sku(sku: &str, knowledge: &Knowledge) -> Option<String> {
    let ends = sku.match_indices('-').map(|(at, _)| at).chain(std::iter::once(sku.len()));
    let mut names: Vec<&str> = ends.filter_map(|end| sku.get(..end)).collect();
    names.reverse();
    names.into_iter().find_map(|name| knowledge.only_release_named(name)).map(|release| release.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_virtual_machines_tells_its_windows() {
        for (text, expected) in [
            ("MicrosoftWindowsServer:WindowsServer:2019-Datacenter-with-Containers:latest", Some("ltsc2019")),
            ("MicrosoftWindowsServer:WindowsServer:2022-datacenter-core-g2:latest", Some("ltsc2022")),
            ("MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition:26100.3775.250406", Some("10.0.26100.3775")),
            ("MicrosoftWindowsDesktop:windows-11:win11-23h2-pro:latest", Some("windows-11-23h2")),
            ("MicrosoftWindowsServer:WindowsServer:2012-R2-Datacenter:latest", Some("")),
            ("AKSWindows-2022-containerd-20348.2402.240513", Some("10.0.20348.2402")),
            ("Canonical:ubuntu-24_04-lts:server:latest", None),
            ("mcr.microsoft.com/windows/nanoserver:ltsc2022", None),
            ("windows-server-2022", None),
        ] {
            assert_eq!(host(text, Knowledge::built_in()).as_deref(), expected, "{text}");
        }
    }
}
