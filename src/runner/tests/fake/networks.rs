//! The networks of the fake host.

use uuid::Uuid;

use crate::hcs::call::Result;
use crate::hcs::documents::{AttachEndpoint, Endpoint, EndpointProperties, Namespace, Network};
use crate::hcs::networks::{Networks, OpenNamespace};
use crate::runner::tests::fake::{Fake, refuse};

const ABSENT: u32 = 0x8007_0490;

impl Networks for Fake {
    fn networks(&self) -> Result<Vec<Network>> {
        self.call("HcnEnumerateNetworks", |world| {
            let network = |(id, name, kind): &(Uuid, &str, &str)| Network { id: *id, name: (*name).into(), kind: (*kind).into() };
            Ok(world.networks.iter().map(network).collect())
        })
    }

    fn create_endpoint(&self, network: Uuid, id: Uuid, document: &Endpoint) -> Result<EndpointProperties> {
        self.call("HcnCreateEndpoint", |world| {
            let json = serde_json::to_value(document).unwrap();
            world.documents.push(json.clone());
            if !world.networks.iter().any(|(known, ..)| *known == network) {
                return refuse("HcnCreateEndpoint", 0x803b_0001);
            }
            let endpoint: EndpointProperties = serde_json::from_value(serde_json::json!({
                "ID": id, "Name": json["Name"], "IpConfigurations": [{"IpAddress": "172.30.5.17"}]
            }))
            .unwrap();
            world.endpoints.insert(id, endpoint.clone());
            Ok(endpoint)
        })
    }

    fn endpoints(&self) -> Result<Vec<EndpointProperties>> {
        self.call("HcnEnumerateEndpoints", |world| Ok(world.endpoints.values().cloned().collect()))
    }

    fn delete_endpoint(&self, id: Uuid) -> Result<()> {
        self.call("HcnDeleteEndpoint", |world| match world.endpoints.get(&id) {
            None => refuse("HcnDeleteEndpoint", 0x803b_0002),
            Some(endpoint) if endpoint.namespace().is_some_and(|namespace| world.namespaces.contains(&namespace)) => {
                refuse("HcnDeleteEndpoint", 0x803b_002c)
            }
            Some(_) => {
                world.endpoints.remove(&id);
                Ok(())
            }
        })
    }

    fn has_endpoint(&self, id: Uuid) -> Result<bool> {
        self.call("HcnOpenEndpoint", |world| Ok(world.endpoints.contains_key(&id)))
    }

    fn create_namespace(&self, id: Uuid, document: &Namespace) -> Result<Box<dyn OpenNamespace>> {
        self.call("HcnCreateNamespace", |world| {
            world.documents.push(serde_json::to_value(document).unwrap());
            let id = self.namespace.unwrap_or(id);
            world.namespaces.push(id);
            Ok(Box::new(FakeNamespace { fake: self.clone(), id }) as _)
        })
    }

    fn has_namespace(&self, id: Uuid) -> Result<bool> {
        self.call("HcnOpenNamespace", |world| Ok(world.namespaces.contains(&id)))
    }

    fn delete_namespace(&self, id: Uuid) -> Result<()> {
        self.call("HcnDeleteNamespace", |world| {
            if !world.namespaces.contains(&id) {
                return refuse("HcnDeleteNamespace", ABSENT);
            }
            if !world.systems.is_empty() {
                return refuse("HcnDeleteNamespace", 0x803b_002c);
            }
            world.namespaces.retain(|namespace| *namespace != id);
            Ok(())
        })
    }
}

/// A handle of a namespace.
struct FakeNamespace {
    fake: Fake,
    id: Uuid,
}

impl OpenNamespace for FakeNamespace {
    fn id(&self) -> Uuid {
        self.id
    }

    fn attach_endpoint(&self, document: &AttachEndpoint) -> Result<()> {
        self.fake.call("HcnModifyNamespace", |world| {
            let json = serde_json::to_value(document).unwrap();
            world.documents.push(json.clone());
            let endpoint: Uuid = json["Settings"]["EndpointId"].as_str().unwrap().parse().unwrap();
            match world.endpoints.get_mut(&endpoint) {
                Some(endpoint) if world.namespaces.contains(&self.id) => {
                    endpoint.host_compute_namespace = self.id.to_string();
                    Ok(())
                }
                _ => refuse("HcnModifyNamespace", 0x803b_002e),
            }
        })
    }
}
