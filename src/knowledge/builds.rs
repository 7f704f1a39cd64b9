//! The Windows builds that a rule names, each once, and Microsoft's registry. A build never changes its number, so these are
//! constants; what ages with a build (its support, its revisions, its images) is in `knowledge.json`.
//!
//! Numbers and names are those of [Microsoft's release pages](https://learn.microsoft.com/windows/release-health/) and of the
//! table in [hcsshim](https://github.com/microsoft/hcsshim/blob/main/osversion/windowsbuilds.go).

/// Windows Server 2016 and Windows 10 1607.
///
/// The first Windows with containers, and the one whose revisions must be equal too:
/// <https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility>.
pub const WINDOWS_SERVER_2016: u32 = 14393;
/// Windows Server 2019 and Windows 10 1809.
///
/// The first client with process isolation
/// (<https://learn.microsoft.com/virtualization/windowscontainers/manage-containers/hyperv-container>), the first Windows with
/// `computecore.dll` (<https://learn.microsoft.com/virtualization/api/hcs/overview>), and Docker Engine's minimum since 2022
/// (<https://github.com/moby/moby/commit/1b3fef5333>).
pub const WINDOWS_SERVER_2019: u32 = 17763;
/// Windows Server and Windows 10, version 1903.
pub const WINDOWS_10_1903: u32 = 18362;
/// Windows Server and Windows 10, version 1909: the kernel of 1903, enabled by a switch.
pub const WINDOWS_10_1909: u32 = 18363;
/// Windows Server and Windows 10, version 2004.
pub const WINDOWS_10_2004: u32 = 19041;
/// Windows Server and Windows 10, version 20H2: the kernel of 2004, enabled by a switch.
pub const WINDOWS_10_20H2: u32 = 19042;
/// Windows 10, version 22H2: the kernel of 2004, enabled by a switch.
pub const WINDOWS_10_22H2: u32 = 19045;
/// Windows Server 2022, with which the stable ABI began:
/// <https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/portability>.
pub const WINDOWS_SERVER_2022: u32 = 20348;
/// Windows Server, version 23H2 (Annual Channel):
/// <https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/portability>.
pub const WINDOWS_SERVER_23H2: u32 = 25398;
/// Windows Server 2025 and Windows 11 24H2: the first release with base images for arm64.
pub const WINDOWS_SERVER_2025: u32 = 26100;

/// The first Windows of the 10.0 line, whose builds have five digits.
pub const FIRST_WINDOWS_10: u32 = 10240;
/// The first Windows 11, version 21H2.
pub const FIRST_WINDOWS_11: u32 = 22000;
/// The first Windows with containers.
pub const FIRST_WITH_CONTAINERS: u32 = WINDOWS_SERVER_2016;
/// The first client with process isolation.
pub const FIRST_CLIENT_WITH_PROCESS: u32 = WINDOWS_SERVER_2019;
/// The first Windows with the libraries of the Host Compute Service that this program calls.
pub const FIRST_WITH_HCS: u32 = WINDOWS_SERVER_2019;
/// The first Windows on which today's Docker Engine starts.
pub const FIRST_FOR_DOCKER: u32 = WINDOWS_SERVER_2019;

/// The first Windows on which containerd starts pods: `createPod` of hcsshim refuses before, in every release that has it
/// (<https://github.com/microsoft/hcsshim/blob/v0.8.16/cmd/containerd-shim-runhcs-v1/pod.go>).
pub const FIRST_WITH_PODS: u32 = WINDOWS_SERVER_2019;

/// The builds from which an enablement package makes later releases: those keep the earlier build in `BuildLabEx`, as 22H2 (19045)
/// keeps 19041. Sources: the pages of KB4517245, KB5015684, KB5027397 and KB5054156 at <https://support.microsoft.com>.
pub const ENABLEMENT_BASES: [u32; 4] = [WINDOWS_10_1903, WINDOWS_10_2004, 22621, WINDOWS_SERVER_2025];

/// The registry of Microsoft's images, e.g. of `mcr.microsoft.com/windows/nanoserver:ltsc2022`.
pub const MICROSOFT_REGISTRY: &str = "mcr.microsoft.com";

/// The path of a repository in Microsoft's registry, e.g. `windows/nanoserver` of `mcr.microsoft.com/windows/nanoserver`.
pub fn path_at_microsoft(repository: &str) -> Option<&str> {
    repository.strip_prefix(MICROSOFT_REGISTRY)?.strip_prefix('/')
}
