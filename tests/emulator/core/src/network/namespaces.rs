//! Namespaces, and the endpoints in them.

use super::{Filter, endpoints, id_or_fresh, ids, settings};
use crate::codes::{
    ELEMENT_NOT_FOUND, ENDPOINT_ALREADY_ATTACHED, ENDPOINT_NOT_ATTACHED, ENTITY_HAS_REFERENCES, FILE_EXISTS, REQUEST_UNSUPPORTED,
};
use crate::documents;
use crate::home;
use crate::rules::{self, Refusal};
use crate::state::{self, Namespace, Phase, State};
use serde_json::{Value, json};

fn find<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Namespace, Refusal> {
    let says = format!("there is no namespace {id}");
    state.namespaces.get_mut(id).ok_or_else(|| rules::HCN_NOT_FOUND.refusal(ELEMENT_NOT_FOUND, says))
}

fn properties(id: &str, namespace: &Namespace, state: &State) -> Value {
    let inside = |other: &Option<String>| other.as_deref() == Some(id);
    let endpoints = state.endpoints.iter().filter(|(_, endpoint)| inside(&endpoint.namespace));
    let systems = state.systems.iter().filter(|(_, system)| system.phase != Phase::Stopped && inside(&system.namespace));
    let resources = endpoints.map(|(id, _)| json!({"Type": "Endpoint", "Data": {"ID": id}}));
    let resources: Vec<Value> =
        resources.chain(systems.map(|(id, _)| json!({"Type": "Container", "Data": {"ID": id}}))).collect();
    json!({
        "ID": id,
        "NamespaceId": namespace.number,
        "Type": namespace.kind,
        "Resources": resources,
        "SchemaVersion": {"Major": 2, "Minor": 0},
    })
}

/// HcnEnumerateNamespaces.
pub fn enumerate(query: Option<&str>) -> Result<Option<String>, Refusal> {
    let filter = Filter::read(query)?;
    state::with(|state| Ok(ids(state.namespaces.iter().map(|(id, namespace)| (id, properties(id, namespace, state))), &filter)))
}

/// HcnOpenNamespace.
pub fn open(id: &str) -> Result<String, Refusal> {
    state::with(|state| find(state, id).map(|_| id.to_string()))
}

/// HcnQueryNamespaceProperties.
pub fn query(id: &str, query: Option<&str>) -> Result<String, Refusal> {
    Filter::read(query)?;
    state::with(|state| {
        let namespace = find(state, id)?.clone();
        Ok(properties(id, &namespace, state).to_string())
    })
}

/// HcnCreateNamespace.
pub fn create(id: Option<String>, text: Option<&str>) -> Result<String, Refusal> {
    let document = settings("HcnNamespace", text)?;
    const KINDS: [&str; 4] = ["Host", "HostDefault", "Guest", "GuestDefault"];
    let numbered = document["Type"].as_u64().and_then(|number| KINDS.get(number as usize).copied());
    let kind = numbered.or(document["Type"].as_str()).unwrap_or("Host").to_string();
    // Of the whole host there is one, and HCN is known to give it an id of its own; what else a client is to bear is asked for.
    let other = kind == "HostDefault" || home::setting("NAMESPACE_ID") == "other";
    let id = id_or_fresh(id.filter(|_| !other), if other { &Value::Null } else { &document });
    state::with(|state| {
        if state.namespaces.contains_key(&id) {
            return Err(rules::REFERENCES.refusal(FILE_EXISTS, format!("the namespace {id} exists")));
        }
        let number = state.namespaces.values().map(|other| other.number).max().unwrap_or(1) + 1;
        state.namespaces.insert(id.clone(), Namespace { number, kind });
        Ok(id)
    })
}

/// What the older interface tells of a namespace.
pub fn older(id: &str) -> Result<Value, Refusal> {
    state::with(|state| {
        let namespace = find(state, id)?.clone();
        Ok(properties(id, &namespace, state))
    })
}

/// The older interface puts an endpoint in or takes it out: `{"Type": "Endpoint", "Data": {"ID": "…"}}`.
pub fn older_resource(id: &str, kind: &str, body: &str) -> Result<(), Refusal> {
    let resource = documents::read_hcn("HcnNamespaceResource", Some(body))?;
    let reference = json!({"EndpointId": resource["Data"]["ID"]});
    let request = json!({"ResourceType": resource["Type"], "RequestType": kind, "Settings": reference});
    modify(id, Some(&request.to_string()))
}

/// HcnModifyNamespace: an endpoint is put in or taken out.
pub fn modify(id: &str, text: Option<&str>) -> Result<(), Refusal> {
    let request = documents::read_hcn("HcnModifyRequest", text)?;
    if request["ResourceType"] != "Endpoint" {
        return Err(rules::OPTIONS.refusal(REQUEST_UNSUPPORTED, format!("{request}")));
    }
    documents::check("HcnEndpointReference", &request["Settings"])?;
    let endpoint = request["Settings"]["EndpointId"].as_str().unwrap_or_default().to_lowercase();
    state::with(|state| {
        find(state, id)?;
        let given =
            state.systems.iter().find(|(_, system)| system.phase != Phase::Stopped && system.endpoints.contains(&endpoint));
        let given = given.map(|(id, _)| id.clone());
        let own = endpoints::find(state, &endpoint)?;
        match (request["RequestType"].as_str(), &own.namespace) {
            (Some("Add"), None) if given.is_none() => own.namespace = Some(id.to_string()),
            (Some("Add"), _) => {
                let says = format!("the endpoint {endpoint} is attached already");
                return Err(rules::ENDPOINT_ATTACHED.refusal(ENDPOINT_ALREADY_ATTACHED, says));
            }
            (Some("Remove"), Some(inside)) if inside == id => own.namespace = None,
            (Some("Remove"), _) => {
                let says = format!("the endpoint {endpoint} is not in {id}");
                return Err(rules::ENDPOINT_ATTACHED.refusal(ENDPOINT_NOT_ATTACHED, says));
            }
            _ => return Err(rules::OPTIONS.refusal(REQUEST_UNSUPPORTED, format!("{request}"))),
        }
        Ok(())
    })
}

/// HcnDeleteNamespace: its endpoints are free afterwards.
pub fn delete(id: &str) -> Result<(), Refusal> {
    state::with(|state| {
        find(state, id)?;
        let used = |system: &state::System| system.phase != Phase::Stopped && system.namespace.as_deref() == Some(id);
        let user = state.systems.iter().find(|(_, system)| used(system)).map(|(id, _)| id.clone());
        if let Some(user) = user {
            rules::REFERENCES.refuse(ENTITY_HAS_REFERENCES, format!("the system {user} is in it"))?;
        }
        state.namespaces.remove(id);
        for endpoint in state.endpoints.values_mut().filter(|endpoint| endpoint.namespace.as_deref() == Some(id)) {
            endpoint.namespace = None;
        }
        Ok(())
    })
}
