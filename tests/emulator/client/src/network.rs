//! The network functions, as a client uses them.

use crate::ffi::{Handle, network};
use crate::text::{Wide, take_task};
use serde_json::{Value, json};
use std::ptr::null_mut;
use windows_sys::core::GUID;

/// What a call came to: the code and the error record.
pub type Answer<T> = Result<T, (u32, String)>;

fn call(function: impl FnOnce(*mut *mut u16) -> i32) -> Answer<()> {
    let mut record = null_mut();
    let code = function(&mut record);
    // SAFETY: the text is ours.
    let record = unsafe { take_task(record) };
    if code >= 0 { Ok(()) } else { Err((code as u32, record)) }
}

fn ask(function: impl FnOnce(*mut *mut u16, *mut *mut u16) -> i32) -> Answer<Value> {
    let mut found = null_mut();
    call(|record| function(&mut found, record))?;
    // SAFETY: the text is ours.
    Ok(serde_json::from_str(&unsafe { take_task(found) }).expect("JSON"))
}

/// A GUID of a text.
pub fn guid(text: &str) -> GUID {
    GUID::from_u128(u128::from_str_radix(&text.replace('-', ""), 16).expect("a GUID"))
}

/// A query by name; all for an empty one.
pub fn query(name: &str) -> String {
    let mut query = json!({"SchemaVersion": {"Major": 2, "Minor": 0}, "Flags": 0});
    if !name.is_empty() {
        query["Filter"] = json!(json!({"Name": name}).to_string());
    }
    query.to_string()
}

/// The networks of this name.
pub fn networks(name: &str) -> Vec<String> {
    let query = Wide::new(&query(name));
    // SAFETY: texts and places are valid during the calls here and below.
    let found = ask(|found, record| unsafe { network::HcnEnumerateNetworks(query.ptr(), found, record) }).expect("networks");
    found.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_string()).collect()
}

/// Opens a network.
pub fn open_network(id: &str) -> Answer<Handle> {
    let mut handle = null_mut();
    // SAFETY: as above.
    call(|record| unsafe { network::HcnOpenNetwork(&guid(id), &mut handle, record) })?;
    Ok(handle)
}

/// What a network says of itself.
pub fn network_properties(handle: Handle) -> Value {
    let query = Wide::new(&query(""));
    // SAFETY: as above.
    ask(|found, record| unsafe { network::HcnQueryNetworkProperties(handle, query.ptr(), found, record) }).expect("properties")
}

/// Makes a network.
pub fn create_network(document: &Value) -> Answer<Handle> {
    let (text, mut handle) = (Wide::new(&document.to_string()), null_mut());
    // SAFETY: as above.
    call(|record| unsafe { network::HcnCreateNetwork(&GUID::from_u128(0), text.ptr(), &mut handle, record) })?;
    Ok(handle)
}

/// Deletes a network.
pub fn delete_network(id: &str) -> Answer<()> {
    // SAFETY: as above.
    call(|record| unsafe { network::HcnDeleteNetwork(&guid(id), record) })
}

/// An endpoint's document on a network.
pub fn endpoint_document(network: &str) -> Value {
    json!({"Name": "raw-client", "HostComputeNetwork": network, "Policies": [], "SchemaVersion": {"Major": 2, "Minor": 0}})
}

/// The policy that maps a port.
pub fn port(external: u16, internal: u16) -> Value {
    json!({"Type": "PortMapping", "Settings": {"Protocol": 6, "InternalPort": internal, "ExternalPort": external, "VIP": "", "Flags": 0}})
}

/// Makes an endpoint; its id and properties.
pub fn create_endpoint(network_handle: Handle, document: &Value) -> Answer<(String, Value)> {
    let (text, mut handle) = (Wide::new(&document.to_string()), null_mut());
    let zero = GUID::from_u128(0);
    // SAFETY: as above.
    unsafe {
        call(|record| network::HcnCreateEndpoint(network_handle, &zero, text.ptr(), &mut handle, record))?;
        let query = Wide::new(&query(""));
        let properties = ask(|found, record| network::HcnQueryEndpointProperties(handle, query.ptr(), found, record))?;
        network::HcnCloseEndpoint(handle);
        Ok((properties["ID"].as_str().unwrap().to_string(), properties))
    }
}

/// An endpoint on the first network of the name `nat`.
pub fn endpoint() -> String {
    let id = networks("nat").pop().expect("a network nat");
    let handle = open_network(&id).expect("the network");
    create_endpoint(handle, &endpoint_document(&id)).expect("an endpoint").0
}

/// Deletes an endpoint.
pub fn delete_endpoint(id: &str) -> Answer<()> {
    // SAFETY: as above.
    call(|record| unsafe { network::HcnDeleteEndpoint(&guid(id), record) })
}

/// Makes a namespace with an id of its own choice; its handle.
pub fn create_namespace(id: &str) -> Answer<Handle> {
    create_namespace_of(id, &json!({"SchemaVersion": {"Major": 2, "Minor": 0}}))
}

/// The same from a document.
pub fn create_namespace_of(id: &str, document: &Value) -> Answer<Handle> {
    let (text, mut handle) = (Wide::new(&document.to_string()), null_mut());
    // SAFETY: as above.
    call(|record| unsafe { network::HcnCreateNamespace(&guid(id), text.ptr(), &mut handle, record) })?;
    Ok(handle)
}

/// Opens a namespace.
pub fn open_namespace(id: &str) -> Answer<Handle> {
    let mut handle = null_mut();
    // SAFETY: as above.
    call(|record| unsafe { network::HcnOpenNamespace(&guid(id), &mut handle, record) })?;
    Ok(handle)
}

/// What a namespace says of itself.
pub fn namespace_properties(handle: Handle) -> Value {
    let query = Wide::new(&query(""));
    // SAFETY: as above.
    ask(|found, record| unsafe { network::HcnQueryNamespaceProperties(handle, query.ptr(), found, record) }).expect("properties")
}

/// Puts an endpoint in a namespace, or takes it out.
pub fn attach(namespace: Handle, endpoint: &str, request: &str) -> Answer<()> {
    let document = json!({"ResourceType": "Endpoint", "RequestType": request, "Settings": {"EndpointId": endpoint}});
    modify_namespace(namespace, &document)
}

/// Changes a namespace.
pub fn modify_namespace(namespace: Handle, document: &Value) -> Answer<()> {
    let text = Wide::new(&document.to_string());
    // SAFETY: as above.
    call(|record| unsafe { network::HcnModifyNamespace(namespace, text.ptr(), record) })
}

/// Deletes a namespace.
pub fn delete_namespace(id: &str) -> Answer<()> {
    // SAFETY: as above.
    call(|record| unsafe { network::HcnDeleteNamespace(&guid(id), record) })
}

/// What an endpoint says of itself, found by its name.
pub fn endpoint_properties(name: &str) -> Value {
    let query = Wide::new(&query(name));
    // SAFETY: as above.
    unsafe {
        let ids = ask(|found, record| network::HcnEnumerateEndpoints(query.ptr(), found, record)).expect("endpoints");
        let id = guid(ids[0].as_str().expect("an endpoint"));
        let mut handle = null_mut();
        call(|record| network::HcnOpenEndpoint(&id, &mut handle, record)).expect("HcnOpenEndpoint");
        let found = ask(|found, record| network::HcnQueryEndpointProperties(handle, query.ptr(), found, record));
        close(network::HcnCloseEndpoint, handle);
        found.expect("properties")
    }
}

/// Closes a handle, which must be open.
pub fn close(function: unsafe fn(Handle) -> i32, handle: Handle) {
    // SAFETY: any number may be closed.
    unsafe {
        assert_eq!(function(handle), 0);
        assert_eq!(function(handle) as u32, 0x8007_0006, "closed twice");
    }
}
