//! The compute systems of the fake host.

use std::path::PathBuf;

use uuid::Uuid;

use crate::Isolation;
use crate::hcs::call::Result;
use crate::hcs::compute_systems::{ComputeSystems, Container};
use crate::hcs::documents::{ContainerDocument, SystemProperties, SystemQuery};
use crate::hcs::id::ContainerId;
use crate::runner::tests::fake::{ComputeSystem, Fake, INVALID, Scratch, VOLUME, refuse};

impl ComputeSystems for Fake {
    fn schema_versions(&self) -> Result<Vec<(u32, u32)>> {
        self.call("HcsGetServiceProperties", |_| Ok(vec![(1, 0), (2, 1)]))
    }

    fn create(&self, id: &ContainerId, document: &ContainerDocument) -> Result<Box<dyn Container>> {
        self.call("HcsCreateComputeSystem", |world| {
            let json = serde_json::to_value(document).unwrap();
            world.documents.push(json.clone());
            let isolation = match document {
                ContainerDocument::Argon(_) => {
                    let there = world.layers.values().any(|layer| layer.prepared)
                        && json["Container"]["Storage"]["Path"] == VOLUME
                        && json["Container"]["Networking"]["Namespace"].as_str().is_none_or(|namespace| {
                            let namespace: Uuid = namespace.parse().unwrap();
                            world.namespaces.contains(&namespace)
                                && world.endpoints.values().any(|endpoint| endpoint.namespace() == Some(namespace))
                        });
                    if !there {
                        return refuse("HcsCreateComputeSystem", INVALID);
                    }
                    Isolation::Process
                }
                ContainerDocument::Xenon(_) => {
                    let scratch = PathBuf::from(json["LayerFolderPath"].as_str().unwrap());
                    let endpoints = json["EndpointList"].as_array().cloned().unwrap_or_default();
                    let there = world.layers.get(&scratch) == Some(&Scratch::default())
                        && endpoints.iter().all(|id| world.endpoints.contains_key(&id.as_str().unwrap().parse().unwrap()));
                    if !there {
                        return refuse("HcsCreateComputeSystem", INVALID);
                    }
                    Isolation::Hyperv
                }
            };
            let system = ComputeSystem {
                isolation,
                owner: json["Owner"].as_str().unwrap().to_owned(),
                started: false,
                ended: false,
                exit_code: 1067,
                handles: 0,
            };
            if world.systems.insert(id.to_string(), system).is_some() {
                return refuse("HcsCreateComputeSystem", 0x8037_010f);
            }
            Ok(self.handle(world, &id.to_string()))
        })
    }

    fn open(&self, id: &str, isolation: Isolation) -> Result<Option<Box<dyn Container>>> {
        self.call("HcsOpenComputeSystem", |world| match world.systems.get(id) {
            Some(system) if system.isolation == isolation && !system.ended => Ok(Some(self.handle(world, id))),
            _ => Ok(None),
        })
    }

    fn enumerate(&self, isolation: Isolation, query: &SystemQuery) -> Result<Vec<SystemProperties>> {
        self.call("HcsEnumerateComputeSystems", |world| {
            let fits = |(id, system): &(&String, &ComputeSystem)| {
                system.isolation == isolation
                    && (query.ids.is_empty() || query.ids.contains(id))
                    && (query.owners.is_empty() || query.owners.contains(&system.owner))
            };
            let reported = |(id, system): (&String, &ComputeSystem)| SystemProperties {
                id: id.clone(),
                owner: system.owner.clone(),
                state: if system.started { "Running".into() } else { String::new() },
                ..SystemProperties::default()
            };
            Ok(world.systems.iter().filter(fits).map(reported).collect())
        })
    }
}
