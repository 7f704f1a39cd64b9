//! The container document of Hyper-V isolation: the v1 `ContainerConfig`, for vmcompute.dll.
//!
//! Microsoft publishes no schema of it; the fields are those Docker Engine sends.

use serde::Serialize;

use crate::hcs::documents::spec::{Layer, Spec, absolute};
use crate::hcs::documents::{Invalid, is_false};
use uuid::Uuid;

/// A `ContainerConfig` that is a Windows container in a virtual machine of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Xenon {
    system_type: &'static str,
    name: String,
    owner: String,
    ignore_flushes_during_boot: bool,
    layer_folder_path: String,
    layers: Vec<LayerV1>,
    host_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    processor_count: Option<u32>,
    #[serde(rename = "MemoryMaximumInMB", skip_serializing_if = "Option::is_none")]
    memory_maximum_in_mb: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mapped_directories: Vec<MappedDirectory>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mapped_pipes: Vec<MappedPipe>,
    hv_partition: bool,
    hv_runtime: HvRuntime,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    endpoint_list: Vec<Uuid>,
    #[serde(rename = "AllowUnqualifiedDNSQuery", skip_serializing_if = "is_false")]
    allow_unqualified_dns_query: bool,
    terminate_on_last_handle_closed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct LayerV1 {
    #[serde(rename = "ID")]
    id: Uuid,
    #[serde(rename = "Path")]
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
    host_path: String,
    container_pipe_name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct HvRuntime {
    image_path: String,
}

impl Xenon {
    /// The document of this container on this scratch folder, e.g. `C:\…\4c01db0b…`, whose `sandbox.vhdx` HCS attaches itself;
    /// booted from this folder of a layer, e.g. `C:\…\9f3c…\UtilityVM`; with this network endpoint, if any.
    pub fn new(spec: &Spec, scratch: &str, utility_vm: &str, endpoint: Option<Uuid>) -> Result<Self, Invalid> {
        spec.validate()?;
        absolute(scratch)?;
        absolute(utility_vm)?;
        Ok(Self {
            system_type: "Container",
            name: spec.id.clone(),
            owner: spec.owner.clone(),
            ignore_flushes_during_boot: true,
            layer_folder_path: scratch.to_owned(),
            layers: spec.layers.iter().map(|Layer { id, path }| LayerV1 { id: *id, path: path.clone() }).collect(),
            host_name: spec.host_name.clone(),
            processor_count: spec.cpus.map(|cpus| cpus.whole(spec.host_cpus)),
            memory_maximum_in_mb: spec.memory_mib,
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
                .map(|pipe| MappedPipe { host_path: pipe.host.clone(), container_pipe_name: pipe.container.clone() })
                .collect(),
            hv_partition: true,
            hv_runtime: HvRuntime { image_path: utility_vm.to_owned() },
            endpoint_list: endpoint.into_iter().collect(),
            allow_unqualified_dns_query: endpoint.is_some(),
            terminate_on_last_handle_closed: true,
        })
    }
}
