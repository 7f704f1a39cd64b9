//! The output of `docker info` and `docker version`, as text or JSON.

use serde_json::Value;

use super::{Document, Format, Source, Syntax, product};
use crate::advice::{Setting, advice};
use crate::host::facts::HostFacts;
use crate::host::source::records::field;
use crate::host::{Availability, HostEngine, version_text};
use crate::{Engine, Error, ImageStore, Isolation, Kind, OsVersion};

/// The answer of one Docker engine.
pub(super) const FORMAT: Format = Format { syntax: Syntax::Any, recognises: |document| Answer::of(document).is_some(), hosts };

/// What an engine says of itself; empty texts are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Answer {
    /// The name of its machine.
    name: Option<String>,
    /// E.g. `Microsoft Windows Server Version 21H2 (OS Build 20348.169)`.
    operating_system: Option<String>,
    /// Every kernel that is named, e.g. `10.0 20348 (20348.1.amd64fre.fe_release.210507-1500)`.
    kernels: Vec<String>,
    /// The `OSVersion` of JSON, e.g. `10.0.20348`.
    os_version: Option<String>,
    /// `windows` or `linux`.
    os_type: Option<String>,
    architecture: Option<String>,
    version: Option<String>,
    isolation: Option<String>,
    /// True if there are answers of several engines, one below the other.
    is_several: bool,
    /// E.g. `windowsfilter`, or `windows` of containerd's image store.
    driver: Option<String>,
}

impl Answer {
    /// The answer in this document; `None` if it is another's.
    fn of(document: &Document<'_>) -> Option<Self> {
        match document.json() {
            Some(json) => Self::of_json(json),
            None => Self::of_text(document.text),
        }
    }

    fn of_json(json: &Value) -> Option<Self> {
        let text = |object: &Value, name: &str| object.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let is_info = json.get("OSType").is_some() || json.get("DockerRootDir").is_some() || json.get("ServerErrors").is_some();
        let is_version = json.get("Client").is_some_and(Value::is_object);
        if !is_info && !is_version {
            return None;
        }
        // `docker version` has the engine in an object of its own.
        let server = json.get("Server").filter(|server| server.is_object()).unwrap_or(json);
        Some(Self {
            name: text(json, "Name"),
            operating_system: text(json, "OperatingSystem"),
            kernels: text(server, "KernelVersion").into_iter().collect(),
            os_version: text(json, "OSVersion"),
            os_type: text(json, "OSType").or_else(|| text(server, "Os")),
            architecture: text(json, "Architecture").or_else(|| text(server, "Arch")),
            version: text(json, "ServerVersion").or_else(|| text(server, "Version")),
            isolation: text(json, "Isolation"),
            is_several: false,
            driver: text(json, "Driver"),
        })
    }

    fn of_text(text: &str) -> Option<Self> {
        let mut answer = Self::default();
        let mut labels = 0;
        // The first lines are those of the client.
        let mut of_server = !text.lines().any(|line| line.trim_end().starts_with("Server:"));
        for line in text.lines() {
            if line.starts_with("Server:") {
                of_server = true;
            }
            let Some((label, value)) = field(line.trim()) else { continue };
            let value = Some(value.trim()).filter(|value| !value.is_empty() && of_server).map(str::to_owned);
            let slot = match label {
                "Operating System" => &mut answer.operating_system,
                "OSType" => &mut answer.os_type,
                "Architecture" => &mut answer.architecture,
                "Server Version" => &mut answer.version,
                "Default Isolation" => &mut answer.isolation,
                "Name" => &mut answer.name,
                "Storage Driver" => &mut answer.driver,
                "Kernel Version" => {
                    labels += 1;
                    answer.kernels.extend(value);
                    continue;
                }
                "Docker Root Dir" | "API version" | "Git commit" => {
                    labels += 1;
                    continue;
                }
                "OS/Arch" => {
                    labels += 1;
                    let (os, architecture) = value.as_deref().and_then(|value| value.split_once('/')).unzip();
                    answer.os_type = os.map(str::to_owned).or(answer.os_type);
                    answer.architecture = architecture.map(str::to_owned).or(answer.architecture);
                    continue;
                }
                _ => continue,
            };
            labels += 1;
            // One engine says these once.
            answer.is_several |= matches!(label, "Server Version" | "Name") && slot.is_some() && value.is_some();
            *slot = slot.take().or(value);
        }
        // One label may be anybody's.
        let is_docker = labels >= 3 || (labels == 2 && !answer.kernels.is_empty());
        is_docker.then_some(answer)
    }

    /// The Windows versions that it names.
    fn versions(&self) -> Vec<OsVersion> {
        let said: Vec<&str> = self.operating_system.iter().chain(&self.kernels).map(String::as_str).collect();
        let mut versions = version_text::versions(&said.join("\n"));
        let stated = self.os_version.as_deref().map(version_text::versions).unwrap_or_default();
        // Where it says more than they do, it is of another Windows.
        let is_other = |stated: &OsVersion| versions.iter().all(|version| version.build != stated.build);
        let others: Vec<OsVersion> = stated.into_iter().filter(is_other).collect();
        if !versions.is_empty() {
            versions.extend(others);
        }
        versions
    }

    fn is_linux(&self) -> bool {
        let is_linux = |text: &String| text.eq_ignore_ascii_case("linux");
        self.os_type.as_ref().is_some_and(is_linux)
            || (self.os_type.is_none() && self.versions().is_empty() && !self.kernels.is_empty())
    }
}

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    let Some(answer) = Answer::of(document) else { return Ok(Vec::new()) };
    if answer.is_linux() {
        let system = answer.operating_system.as_deref().unwrap_or("Linux");
        return Err(Error::new("this Docker engine runs Linux containers, and no Windows containers")
            .because(format!("its operating system is {}", crate::text::quoted(system)))
            .hint(advice![
                "switch Docker Desktop to Windows containers (`& \"$Env:ProgramFiles\\Docker\\Docker\\DockerCli.exe\" \
                 -SwitchWindowsEngine`) and ask again, or name the host, e.g. ",
                Setting::Host("windows-server-2022".into())
            ]));
    }
    let os_version = match answer.versions().as_slice() {
        [version] => *version,
        [] => {
            return Err(Error::new("this output of docker does not say which Windows the engine runs on").hint(
                "use what `docker info` prints while the engine runs: its `Kernel Version` and `Operating System` name the Windows",
            ));
        }
        several => return Err(version_text::several_versions(several)),
    };
    if answer.is_several {
        return Err(Error::new("this output of docker is that of several engines").hint(version_text::a_file_each()));
    }
    let isolation = answer
        .isolation
        .as_deref()
        .and_then(|name| Isolation::ALL.into_iter().find(|isolation| isolation.as_str().eq_ignore_ascii_case(name)));
    Ok(vec![HostFacts {
        label: answer.name,
        kind: answer.operating_system.as_deref().and_then(kind),
        architecture: answer.architecture.as_deref().and_then(product::architecture),
        // It runs Windows containers.
        containers: Some(Availability::Available),
        engine: Some(HostEngine {
            store: answer.driver.as_deref().and_then(store),
            ..HostEngine::new(Engine::Docker, answer.version)
        }),
        default_isolation: isolation,
        ..HostFacts::of_version(os_version, Source::Docker)
    }])
}

/// The image store with this driver; `None` for one that is not known.
fn store(driver: &str) -> Option<ImageStore> {
    match driver.split_whitespace().next()? {
        "windowsfilter" => Some(ImageStore::GraphDriver),
        "windows" => Some(ImageStore::Containerd),
        _ => None,
    }
}

/// Server or client by the words of `Operating System`: a client's are `Microsoft Windows Version 21H2`, without Server.
fn kind(operating_system: &str) -> Option<Kind> {
    let lower = operating_system.to_ascii_lowercase();
    if lower.contains("server") || lower.contains("azure stack") {
        Some(Kind::Server)
    } else {
        // `windows` alone is the name of a system, and not of a product.
        lower.contains("windows ").then_some(Kind::Client)
    }
}
