//! computenetwork.dll: networks, endpoints and namespaces. Its calls answer at once; its texts are freed with CoTaskMemFree.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use windows_sys::core::{GUID, HRESULT, PCWSTR, PWSTR};

use super::dll::{Lazy, functions};
use super::handle::Owned;
use super::text::{Wide, take_com};
use crate::hcs::call::{CallError, Result};
use crate::hcs::documents::{
    AttachEndpoint, Endpoint, EndpointProperties, HcnQuery, Namespace, NamespaceProperties, Network, ResultError, list, to_json,
};
use crate::hcs::networks::{Networks, OpenNamespace};
use crate::hcs::trace::Trace;
use uuid::Uuid;

/// A handle of HCN.
type Handle = *mut c_void;
type Enumerate = unsafe extern "system" fn(PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT;
type Open = unsafe extern "system" fn(*const GUID, *mut Handle, *mut PWSTR) -> HRESULT;
type Query = unsafe extern "system" fn(*const c_void, PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT;
type Close = unsafe extern "system" fn(*const c_void) -> HRESULT;
type Delete = unsafe extern "system" fn(*const GUID, *mut PWSTR) -> HRESULT;

functions! {
    /// The functions of computenetwork.dll that are used here. All exist since Windows 10 1809.
    Functions of "computenetwork.dll" {
        fn HcnEnumerateNetworks(PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT;
        fn HcnOpenNetwork(*const GUID, *mut Handle, *mut PWSTR) -> HRESULT;
        fn HcnQueryNetworkProperties(*const c_void, PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT;
        fn HcnCloseNetwork(*const c_void) -> HRESULT;
        fn HcnEnumerateEndpoints(PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT;
        fn HcnCreateEndpoint(*const c_void, *const GUID, PCWSTR, *mut Handle, *mut PWSTR) -> HRESULT;
        fn HcnOpenEndpoint(*const GUID, *mut Handle, *mut PWSTR) -> HRESULT;
        fn HcnQueryEndpointProperties(*const c_void, PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT;
        fn HcnDeleteEndpoint(*const GUID, *mut PWSTR) -> HRESULT;
        fn HcnCloseEndpoint(*const c_void) -> HRESULT;
        fn HcnCreateNamespace(*const GUID, PCWSTR, *mut Handle, *mut PWSTR) -> HRESULT;
        fn HcnOpenNamespace(*const GUID, *mut Handle, *mut PWSTR) -> HRESULT;
        fn HcnQueryNamespaceProperties(*const c_void, PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT;
        fn HcnModifyNamespace(*const c_void, PCWSTR, *mut PWSTR) -> HRESULT;
        fn HcnDeleteNamespace(*const GUID, *mut PWSTR) -> HRESULT;
        fn HcnCloseNamespace(*const c_void) -> HRESULT;
    }
}

/// The networks of this machine. The DLL is loaded at the first call.
pub(super) struct ComputeNetwork {
    shared: Arc<Shared>,
}

/// The part that a namespace shares.
struct Shared {
    functions: Lazy<Functions>,
    trace: Arc<Trace>,
}

/// A namespace through the handle of its creation.
struct CreatedNamespace {
    networks: ComputeNetwork,
    opened: Opened,
    id: Uuid,
}

impl OpenNamespace for CreatedNamespace {
    fn id(&self) -> Uuid {
        self.id
    }

    fn attach_endpoint(&self, document: &AttachEndpoint) -> Result<()> {
        const CALL: &str = "HcnModifyNamespace";
        let functions = self.networks.functions()?;
        let document = to_json(document);
        let wide = Wide::new(CALL, &document)?;
        self.networks
            .call(CALL, Some(&document), |_, record| {
                // SAFETY: the namespace is open, the text lives through the call, the out pointer is valid.
                unsafe { (functions.HcnModifyNamespace)(self.opened.get(), wide.as_ptr(), record) }
            })
            .map(drop)
    }
}

/// A network, endpoint or namespace.
type Opened = Owned<*const c_void, HRESULT>;

impl Networks for ComputeNetwork {
    fn networks(&self) -> Result<Vec<Network>> {
        let functions = self.functions()?;
        Ok(self.properties_of_all(
            self.ids("HcnEnumerateNetworks", functions.HcnEnumerateNetworks)?,
            ("HcnOpenNetwork", functions.HcnOpenNetwork, functions.HcnCloseNetwork),
            ("HcnQueryNetworkProperties", functions.HcnQueryNetworkProperties),
        ))
    }

    fn endpoints(&self) -> Result<Vec<EndpointProperties>> {
        let functions = self.functions()?;
        Ok(self.properties_of_all(
            self.ids("HcnEnumerateEndpoints", functions.HcnEnumerateEndpoints)?,
            ("HcnOpenEndpoint", functions.HcnOpenEndpoint, functions.HcnCloseEndpoint),
            ("HcnQueryEndpointProperties", functions.HcnQueryEndpointProperties),
        ))
    }

    fn create_endpoint(&self, network: Uuid, id: Uuid, document: &Endpoint) -> Result<EndpointProperties> {
        const CALL: &str = "HcnCreateEndpoint";
        let functions = self.functions()?;
        let network = self.open(network, ("HcnOpenNetwork", functions.HcnOpenNetwork, functions.HcnCloseNetwork))?;
        let document = to_json(document);
        let (wide, id, mut handle) = (Wide::new(CALL, &document)?, guid(id), null_mut());
        self.call(CALL, Some(&document), |_, record| {
            // SAFETY: the network is open, the id and the text live through the call, the out pointers are valid.
            unsafe { (functions.HcnCreateEndpoint)(network.get(), &raw const id, wide.as_ptr(), &raw mut handle, record) }
        })?;
        // SAFETY: the endpoint was just opened for us; handles of HCN can be used from any thread.
        let endpoint = unsafe { Owned::new(handle.cast_const(), functions.HcnCloseEndpoint) };
        self.query(&endpoint, ("HcnQueryEndpointProperties", functions.HcnQueryEndpointProperties))
    }

    fn delete_endpoint(&self, id: Uuid) -> Result<()> {
        self.delete("HcnDeleteEndpoint", self.functions()?.HcnDeleteEndpoint, id)
    }

    fn has_endpoint(&self, id: Uuid) -> Result<bool> {
        let functions = self.functions()?;
        self.is_there(id, ("HcnOpenEndpoint", functions.HcnOpenEndpoint, functions.HcnCloseEndpoint))
    }

    fn create_namespace(&self, id: Uuid, document: &Namespace) -> Result<Box<dyn OpenNamespace>> {
        const CALL: &str = "HcnCreateNamespace";
        let functions = self.functions()?;
        let document = to_json(document);
        let (wide, wanted, mut handle) = (Wide::new(CALL, &document)?, guid(id), null_mut());
        self.call(CALL, Some(&document), |_, record| {
            // SAFETY: the id and the text live through the call, the out pointers are valid.
            unsafe { (functions.HcnCreateNamespace)(&raw const wanted, wide.as_ptr(), &raw mut handle, record) }
        })?;
        // SAFETY: the namespace was just opened for us; handles of HCN can be used from any thread.
        let opened = unsafe { Owned::new(handle.cast_const(), functions.HcnCloseNamespace) };
        // Where the id cannot be read, it is taken for the one that was asked for, as for endpoints.
        let query = ("HcnQueryNamespaceProperties", functions.HcnQueryNamespaceProperties as Query);
        let id = self.query::<NamespaceProperties>(&opened, query).map_or(id, |found| found.id);
        let shared = Self { shared: Arc::clone(&self.shared) };
        Ok(Box::new(CreatedNamespace { networks: shared, opened, id }))
    }

    fn has_namespace(&self, id: Uuid) -> Result<bool> {
        let functions = self.functions()?;
        self.is_there(id, ("HcnOpenNamespace", functions.HcnOpenNamespace, functions.HcnCloseNamespace))
    }

    fn delete_namespace(&self, id: Uuid) -> Result<()> {
        self.delete("HcnDeleteNamespace", self.functions()?.HcnDeleteNamespace, id)
    }
}

impl ComputeNetwork {
    /// The networks of this machine, every call traced.
    pub fn new(trace: Arc<Trace>) -> Self {
        Self { shared: Arc::new(Shared { functions: Lazy::new(), trace }) }
    }

    fn functions(&self) -> Result<&Functions> {
        self.shared.functions.get_or_load(Functions::load)
    }

    fn ids(&self, call: &'static str, enumerate: Enumerate) -> Result<Vec<Uuid>> {
        let query = to_json(&HcnQuery::ALL);
        let wide = Wide::new(call, &query)?;
        let found = self.call(call, Some(&query), |answer, record| {
            // SAFETY: the query lives through the call, the out pointers are valid.
            unsafe { enumerate(wide.as_ptr(), answer, record) }
        })?;
        list(call, found.as_deref())
    }

    /// True if an object can be opened by its id, false if there is none.
    fn is_there(&self, id: Uuid, open: (&'static str, Open, Close)) -> Result<bool> {
        match self.open(id, open) {
            Ok(_) => Ok(true),
            Err(error) if error.is_absent() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The properties of each. One that is deleted meanwhile is left out, and so is one of others that cannot be read: the trace has it.
    fn properties_of_all<T: DeserializeOwned>(
        &self,
        ids: Vec<Uuid>,
        open: (&'static str, Open, Close),
        query: (&'static str, Query),
    ) -> Vec<T> {
        ids.into_iter().filter_map(|id| self.open(id, open).and_then(|opened| self.query(&opened, query)).ok()).collect()
    }

    fn open(&self, id: Uuid, (call, open, close): (&'static str, Open, Close)) -> Result<Opened> {
        let (text, id, mut handle) = (id.to_string(), guid(id), null_mut());
        self.call(call, Some(&text), |_, record| {
            // SAFETY: the id lives through the call, the out pointers are valid.
            unsafe { open(&raw const id, &raw mut handle, record) }
        })?;
        // SAFETY: the object was just opened for us, and this is the function for its kind.
        Ok(unsafe { Owned::new(handle.cast_const(), close) })
    }

    fn query<T: DeserializeOwned>(&self, opened: &Opened, (call, query): (&'static str, Query)) -> Result<T> {
        let document = to_json(&HcnQuery::ALL);
        let wide = Wide::new(call, &document)?;
        let properties = self.call(call, Some(&document), |answer, record| {
            // SAFETY: the handle is open and of the kind of the function, the query lives through the call, the out pointers are
            // valid.
            unsafe { query(opened.get(), wide.as_ptr(), answer, record) }
        })?;
        parse(call, properties.as_deref().unwrap_or_default())
    }

    fn delete(&self, call: &'static str, delete: Delete, id: Uuid) -> Result<()> {
        let (text, id) = (id.to_string(), guid(id));
        self.call(call, Some(&text), |_, record| {
            // SAFETY: the id lives through the call, the out pointer is valid.
            unsafe { delete(&raw const id, record) }
        })
        .map(drop)
    }

    /// Makes a call that writes an answer and, when it fails, a record of the error: the answer.
    fn call(
        &self,
        name: &'static str,
        document: Option<&str>,
        call: impl FnOnce(*mut PWSTR, *mut PWSTR) -> HRESULT,
    ) -> Result<Option<String>> {
        let (mut answer, mut record) = (null_mut(), null_mut());
        let begun = self.shared.trace.begin(name, document);
        let code = call(&raw mut answer, &raw mut record);
        // SAFETY: what was written came from computenetwork.dll just now.
        let (answer, record) = unsafe { (take_com(answer), take_com(record)) };
        // A record that comes with a success is an error to hcsshim; here the code decides, and the trace has both.
        let both = match (&answer, &record) {
            (Some(answer), Some(record)) => Some(to_json(&serde_json::json!({ "answer": answer, "record": record }))),
            _ => None,
        };
        begun.end(code.cast_unsigned(), both.as_deref().or(answer.as_deref()).or(record.as_deref()));
        if code < 0 {
            let messages = record.as_deref().map(ResultError::sentences).unwrap_or_default();
            return Err(CallError::refused(name, code.cast_unsigned(), messages));
        }
        Ok(answer)
    }
}

fn parse<T: DeserializeOwned>(call: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| CallError::unusable(call, error))
}

/// A GUID as Windows keeps it.
pub(super) fn guid(guid: Uuid) -> GUID {
    let (data1, data2, data3, data4) = guid.as_fields();
    GUID { data1, data2, data3, data4: *data4 }
}

/// Never runs; it holds the declarations above against those of the windows-sys crate, which links the DLL if it is used.
#[cfg(test)]
#[expect(dead_code, reason = "that it compiles is the test")]
#[expect(clippy::extra_unused_type_parameters, reason = "what is generic and not used is not linked")]
fn declared_as_in_windows_sys<T>() -> Functions {
    use windows_sys::Win32::System::HostComputeNetwork as declared;
    macro_rules! table {
        ($($name:ident)*) => { Functions { $($name: declared::$name,)* } };
    }
    table! {
        HcnEnumerateNetworks HcnOpenNetwork HcnQueryNetworkProperties HcnCloseNetwork HcnEnumerateEndpoints HcnCreateEndpoint
        HcnOpenEndpoint HcnQueryEndpointProperties HcnDeleteEndpoint HcnCloseEndpoint HcnCreateNamespace HcnOpenNamespace
        HcnQueryNamespaceProperties HcnModifyNamespace HcnDeleteNamespace HcnCloseNamespace
    }
}
