//! computenetwork.dll for a Wine prefix: networks, endpoints and namespaces, each signature held against windows-sys.

// The names are Windows's; what each function asks of its caller is in Microsoft's documentation of it.
#![allow(non_snake_case, clippy::missing_safety_doc)]

mod others;

use hcs_emulator::call::{self, Dll, Done};
use hcs_emulator::codes::POINTER;
use hcs_emulator::guid;
use hcs_emulator::handles::{Kind, Table};
use hcs_emulator::log::shown;
use hcs_emulator::network::{endpoints, error_record, namespaces, networks, success_record};
use hcs_emulator::rules::{self, Refusal};
use hcs_emulator::text::{Owner, give_to, read};
use serde_json::{Value, json};
use std::ffi::c_void;
use std::sync::Arc;
use windows_sys::core::{GUID, HRESULT, PCWSTR, PWSTR};

static NETWORKS: Table<String> = Table::new(Dll::ComputeNetwork, Kind::Network);
static ENDPOINTS: Table<String> = Table::new(Dll::ComputeNetwork, Kind::Endpoint);
static NAMESPACES: Table<String> = Table::new(Dll::ComputeNetwork, Kind::Namespace);

/// Functions whose signature is windows-sys's: another one does not compile.
macro_rules! same_as_windows_sys {
    ($($name:ident)*) => {
        $(const _: () = { let _ = [$name, windows_sys::Win32::System::HostComputeNetwork::$name]; };)*
    };
}

pub(crate) use same_as_windows_sys;

same_as_windows_sys! {
    HcnEnumerateNetworks HcnOpenNetwork HcnQueryNetworkProperties HcnCreateNetwork HcnDeleteNetwork HcnCloseNetwork
    HcnEnumerateEndpoints HcnOpenEndpoint HcnQueryEndpointProperties HcnCreateEndpoint HcnModifyEndpoint HcnDeleteEndpoint
    HcnCloseEndpoint HcnEnumerateNamespaces HcnOpenNamespace HcnQueryNamespaceProperties HcnCreateNamespace
    HcnModifyNamespace HcnDeleteNamespace HcnCloseNamespace HcnModifyNetwork
}

fn null(what: &str) -> Refusal {
    rules::NULL_POINTER.refusal(POINTER, format!("{what} is null"))
}

/// Runs a function, which leaves its record.
unsafe fn run(
    function: &'static str,
    arguments: Value,
    record: *mut PWSTR,
    act: impl FnOnce() -> Result<(), Refusal>,
) -> HRESULT {
    // SAFETY: the place is null or valid.
    unsafe { give_to(record, None, Owner::TaskMemory) };
    call::hresult(Dll::ComputeNetwork, function, arguments, |_| {
        let done = act();
        let left = match &done {
            Ok(()) => success_record(),
            Err(refusal) => Some(error_record(refusal)),
        };
        // SAFETY: as above.
        unsafe { give_to(record, left.as_deref(), Owner::TaskMemory) };
        done.map(|()| Done::Now)
    })
}

unsafe fn id_of(id: *const GUID) -> Option<String> {
    // SAFETY: the pointer is null or valid.
    (!id.is_null()).then(|| guid::text(unsafe { &*id }))
}

fn place<T>(place: *mut T) -> Result<*mut T, Refusal> {
    if place.is_null() { Err(null("the place for the result")) } else { Ok(place) }
}

unsafe fn enumerate(
    function: &'static str,
    query: PCWSTR,
    found: *mut PWSTR,
    record: *mut PWSTR,
    act: impl FnOnce(Option<&str>) -> Result<Option<String>, Refusal>,
) -> HRESULT {
    // SAFETY: the text is null or a text, the places are null or valid.
    unsafe {
        let query = read(query);
        run(function, json!({"query": shown(query.as_deref())}), record, || {
            let text = act(query.as_deref())?;
            give_to(place(found)?, text.as_deref(), Owner::TaskMemory);
            Ok(())
        })
    }
}

unsafe fn query(
    function: &'static str,
    table: &Table<String>,
    handle: *const c_void,
    text: PCWSTR,
    found: *mut PWSTR,
    record: *mut PWSTR,
    act: impl FnOnce(&str, Option<&str>) -> Result<String, Refusal>,
) -> HRESULT {
    // SAFETY: the text is null or a text, the places are null or valid.
    unsafe {
        let text = read(text);
        let id = table.get(handle);
        run(function, json!({"id": id.as_deref().ok(), "query": shown(text.as_deref())}), record, || {
            let properties = act(&id?, text.as_deref())?;
            give_to(place(found)?, Some(&properties), Owner::TaskMemory);
            Ok(())
        })
    }
}

unsafe fn open(
    function: &'static str,
    table: &Table<String>,
    id: *const GUID,
    handle: *mut *mut c_void,
    record: *mut PWSTR,
    act: impl FnOnce(&str) -> Result<String, Refusal>,
) -> HRESULT {
    // SAFETY: the pointers are null or valid.
    unsafe {
        let id = id_of(id);
        run(function, json!({"id": id}), record, || {
            let found = act(&id.ok_or_else(|| null("the id"))?)?;
            *place(handle)? = table.insert(Arc::new(found));
            Ok(())
        })
    }
}

unsafe fn create(
    function: &'static str,
    table: &Table<String>,
    id: *const GUID,
    settings: PCWSTR,
    handle: *mut *mut c_void,
    record: *mut PWSTR,
    act: impl FnOnce(Option<String>, Option<&str>) -> Result<String, Refusal>,
) -> HRESULT {
    // SAFETY: the pointers are null or valid, the text is null or a text.
    unsafe {
        let (id, settings) = (id_of(id), read(settings));
        run(function, json!({"id": id, "document": shown(settings.as_deref())}), record, || {
            let handle = place(handle)?;
            let made = act(id, settings.as_deref())?;
            *handle = table.insert(Arc::new(made));
            Ok(())
        })
    }
}

unsafe fn modify(
    function: &'static str,
    table: &Table<String>,
    handle: *const c_void,
    settings: PCWSTR,
    record: *mut PWSTR,
    act: impl FnOnce(&str, Option<&str>) -> Result<(), Refusal>,
) -> HRESULT {
    // SAFETY: the text is null or a text, the place is null or valid.
    unsafe {
        let (id, settings) = (table.get(handle), read(settings));
        let logged = json!({"id": id.as_deref().ok(), "document": shown(settings.as_deref())});
        run(function, logged, record, || act(&id?, settings.as_deref()))
    }
}

unsafe fn delete(
    function: &'static str,
    id: *const GUID,
    record: *mut PWSTR,
    act: impl FnOnce(&str) -> Result<(), Refusal>,
) -> HRESULT {
    // SAFETY: the pointers are null or valid.
    unsafe {
        let id = id_of(id);
        run(function, json!({"id": id}), record, || act(&id.ok_or_else(|| null("the id"))?))
    }
}

fn close(function: &'static str, table: &Table<String>, handle: *const c_void) -> HRESULT {
    call::hresult(Dll::ComputeNetwork, function, json!({}), |_| table.remove(handle).map(|_| Done::Now))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnEnumerateNetworks(text: PCWSTR, found: *mut PWSTR, record: *mut PWSTR) -> HRESULT {
    // SAFETY: as for `enumerate`.
    unsafe { enumerate("HcnEnumerateNetworks", text, found, record, networks::enumerate) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnOpenNetwork(id: *const GUID, network: *mut *mut c_void, record: *mut PWSTR) -> HRESULT {
    // SAFETY: as for `open`.
    unsafe { open("HcnOpenNetwork", &NETWORKS, id, network, record, networks::open) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnQueryNetworkProperties(
    network: *const c_void,
    text: PCWSTR,
    found: *mut PWSTR,
    record: *mut PWSTR,
) -> HRESULT {
    // SAFETY: as for `query`.
    unsafe { query("HcnQueryNetworkProperties", &NETWORKS, network, text, found, record, networks::query) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnCreateNetwork(
    id: *const GUID,
    settings: PCWSTR,
    network: *mut *mut c_void,
    record: *mut PWSTR,
) -> HRESULT {
    // SAFETY: as for `create`.
    unsafe { create("HcnCreateNetwork", &NETWORKS, id, settings, network, record, networks::create) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnModifyNetwork(network: *const c_void, settings: PCWSTR, record: *mut PWSTR) -> HRESULT {
    // SAFETY: as for `modify`.
    unsafe { modify("HcnModifyNetwork", &NETWORKS, network, settings, record, networks::modify) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnDeleteNetwork(id: *const GUID, record: *mut PWSTR) -> HRESULT {
    // SAFETY: as for `delete`.
    unsafe { delete("HcnDeleteNetwork", id, record, networks::delete) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnCloseNetwork(network: *const c_void) -> HRESULT {
    close("HcnCloseNetwork", &NETWORKS, network)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnEnumerateEndpoints(text: PCWSTR, found: *mut PWSTR, record: *mut PWSTR) -> HRESULT {
    // SAFETY: as for `enumerate`.
    unsafe { enumerate("HcnEnumerateEndpoints", text, found, record, endpoints::enumerate) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnOpenEndpoint(id: *const GUID, endpoint: *mut *mut c_void, record: *mut PWSTR) -> HRESULT {
    // SAFETY: as for `open`.
    unsafe { open("HcnOpenEndpoint", &ENDPOINTS, id, endpoint, record, endpoints::open) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnQueryEndpointProperties(
    endpoint: *const c_void,
    text: PCWSTR,
    found: *mut PWSTR,
    record: *mut PWSTR,
) -> HRESULT {
    // SAFETY: as for `query`.
    unsafe { query("HcnQueryEndpointProperties", &ENDPOINTS, endpoint, text, found, record, endpoints::query) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnCreateEndpoint(
    network: *const c_void,
    id: *const GUID,
    settings: PCWSTR,
    endpoint: *mut *mut c_void,
    record: *mut PWSTR,
) -> HRESULT {
    // SAFETY: as for `create`.
    unsafe {
        create("HcnCreateEndpoint", &ENDPOINTS, id, settings, endpoint, record, |id, settings| {
            endpoints::create(&NETWORKS.get(network)?, id, settings)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnModifyEndpoint(endpoint: *const c_void, settings: PCWSTR, record: *mut PWSTR) -> HRESULT {
    // SAFETY: as for `modify`.
    unsafe { modify("HcnModifyEndpoint", &ENDPOINTS, endpoint, settings, record, endpoints::modify) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnDeleteEndpoint(id: *const GUID, record: *mut PWSTR) -> HRESULT {
    // SAFETY: as for `delete`.
    unsafe { delete("HcnDeleteEndpoint", id, record, endpoints::delete) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnCloseEndpoint(endpoint: *const c_void) -> HRESULT {
    close("HcnCloseEndpoint", &ENDPOINTS, endpoint)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnEnumerateNamespaces(text: PCWSTR, found: *mut PWSTR, record: *mut PWSTR) -> HRESULT {
    // SAFETY: as for `enumerate`.
    unsafe { enumerate("HcnEnumerateNamespaces", text, found, record, namespaces::enumerate) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnOpenNamespace(id: *const GUID, namespace: *mut *mut c_void, record: *mut PWSTR) -> HRESULT {
    // SAFETY: as for `open`.
    unsafe { open("HcnOpenNamespace", &NAMESPACES, id, namespace, record, namespaces::open) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnQueryNamespaceProperties(
    namespace: *const c_void,
    text: PCWSTR,
    found: *mut PWSTR,
    record: *mut PWSTR,
) -> HRESULT {
    // SAFETY: as for `query`.
    unsafe { query("HcnQueryNamespaceProperties", &NAMESPACES, namespace, text, found, record, namespaces::query) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnCreateNamespace(
    id: *const GUID,
    settings: PCWSTR,
    namespace: *mut *mut c_void,
    record: *mut PWSTR,
) -> HRESULT {
    // SAFETY: as for `create`.
    unsafe { create("HcnCreateNamespace", &NAMESPACES, id, settings, namespace, record, namespaces::create) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnModifyNamespace(namespace: *const c_void, settings: PCWSTR, record: *mut PWSTR) -> HRESULT {
    // SAFETY: as for `modify`.
    unsafe { modify("HcnModifyNamespace", &NAMESPACES, namespace, settings, record, namespaces::modify) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnDeleteNamespace(id: *const GUID, record: *mut PWSTR) -> HRESULT {
    // SAFETY: as for `delete`.
    unsafe { delete("HcnDeleteNamespace", id, record, namespaces::delete) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnCloseNamespace(namespace: *const c_void) -> HRESULT {
    close("HcnCloseNamespace", &NAMESPACES, namespace)
}
