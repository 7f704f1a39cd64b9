//! The container document of process isolation: schema 2.1, for computecore.dll.

use serde::Serialize;

use crate::hcs::documents::spec::{Layer, Spec};
use crate::hcs::documents::{Invalid, SchemaVersion, is_false};
use uuid::Uuid;

/// A `ComputeSystem` that is a process-isolated Windows container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Argon {
    owner: String,
    schema_version: SchemaVersion,
    should_terminate_on_last_handle_closed: bool,
    container: Container,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Container {
    guest_os: GuestOs,
    storage: Storage,
    registry_changes: RegistryChanges,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mapped_directories: Vec<MappedDirectory>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mapped_pipes: Vec<MappedPipe>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<Memory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    processor: Option<Processor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    networking: Option<Networking>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assigned_devices: Vec<Device>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct GuestOs {
    host_name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Storage {
    layers: Vec<Layer>,
    path: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MappedDirectory {
    host_path: String,
    container_path: String,
    #[serde(skip_serializing_if = "is_false")]
    read_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MappedPipe {
    container_pipe_name: String,
    host_path: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Memory {
    #[serde(rename = "SizeInMB")]
    size_in_mb: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Processor {
    maximum: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Networking {
    allow_unqualified_dns_query: bool,
    namespace: Uuid,
}

/// A class of devices. Without a type, the class is meant; Windows Server 2019 does not know types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Device {
    interface_class_guid: Uuid,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RegistryChanges {
    add_values: [RegistryValue; 1],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RegistryValue {
    key: RegistryKey,
    name: &'static str,
    r#type: &'static str,
    string_value: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RegistryKey {
    hive: &'static str,
    name: &'static str,
}

/// The time in milliseconds that Windows inside gives a program after a signal, as long as can be: it is this program that ends what
/// takes too long. Without it, Server Core kills after five seconds (`docs/hcs.md#signals`).
const ALL_TIME_TO_END: RegistryChanges = RegistryChanges {
    add_values: [RegistryValue {
        key: RegistryKey { hive: "System", name: "ControlSet001\\Control" },
        name: "WaitToKillServiceTimeout",
        r#type: "String",
        string_value: "2147483647",
    }],
};

impl Argon {
    /// The document of this container on this prepared scratch volume, e.g. `\\?\Volume{6b9a436d-…}\`, with the trailing
    /// backslash; attached to this network namespace, if any.
    pub fn new(spec: &Spec, volume: &str, namespace: Option<Uuid>) -> Result<Self, Invalid> {
        spec.validate()?;
        let guid = volume.strip_prefix("\\\\?\\Volume").and_then(|rest| rest.strip_suffix('\\'));
        if !guid.is_some_and(|guid| guid.starts_with('{') && guid.parse::<Uuid>().is_ok()) {
            return Err(Invalid::Volume(volume.to_owned()));
        }
        Ok(Self {
            owner: spec.owner.clone(),
            schema_version: SchemaVersion::HCS,
            should_terminate_on_last_handle_closed: true,
            container: Container {
                guest_os: GuestOs { host_name: spec.host_name.clone() },
                storage: Storage { layers: spec.layers.clone(), path: volume.to_owned() },
                registry_changes: ALL_TIME_TO_END,
                mapped_directories: spec
                    .mounts
                    .iter()
                    .map(|mount| MappedDirectory {
                        host_path: mount.host.clone(),
                        container_path: mount.container.clone(),
                        read_only: mount.read_only,
                    })
                    .collect(),
                mapped_pipes: spec
                    .pipes
                    .iter()
                    .map(|pipe| MappedPipe { container_pipe_name: pipe.container.clone(), host_path: pipe.host.clone() })
                    .collect(),
                memory: spec.memory_mib.map(|size_in_mb| Memory { size_in_mb }),
                processor: spec.cpus.map(|cpus| Processor { maximum: cpus.of_host(spec.host_cpus) }),
                networking: namespace.map(|namespace| Networking { allow_unqualified_dns_query: true, namespace }),
                assigned_devices: spec.device_classes.iter().map(|class| Device { interface_class_guid: *class }).collect(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hcs::documents::spec::tests::spec;

    #[test]
    fn the_scratch_is_a_volume_with_a_trailing_backslash() {
        let volume = "\\\\?\\Volume{6b9a436d-0465-11e9-b3e9-005056946adc}\\";
        assert!(Argon::new(&spec(), volume, None).is_ok());
        for wrong in [volume.trim_end_matches('\\'), "C:\\scratch\\", "", "\\\\?\\Volume{6b9a436d}\\", "\\\\?\\Volume\\"] {
            assert_eq!(Argon::new(&spec(), wrong, None), Err(Invalid::Volume(wrong.into())));
        }
    }

    #[test]
    fn what_is_not_asked_for_is_not_there() {
        let document = Argon::new(&spec(), "\\\\?\\Volume{6b9a436d-0465-11e9-b3e9-005056946adc}\\", None).unwrap();
        let json = serde_json::to_value(document).unwrap();
        let keys: Vec<_> = json["Container"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["GuestOs", "RegistryChanges", "Storage"]);
        let value = &json["Container"]["RegistryChanges"]["AddValues"][0];
        assert_eq!((&value["Name"], &value["Type"]), (&"WaitToKillServiceTimeout".into(), &"String".into()));
    }
}
