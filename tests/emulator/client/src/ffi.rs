//! The functions of the three DLLs, declared anew from the specification and looked up by name.

use std::ffi::{CString, c_void};
use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW};
use windows_sys::core::GUID;

/// A text that goes in.
pub type Text = *const u16;
/// A place for a text that comes out.
pub type TextOut = *mut *mut u16;
/// Any handle.
pub type Handle = *mut c_void;

/// HCS_PROCESS_INFORMATION
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct ProcessInformation {
    /// The process id.
    pub pid: u32,
    reserved: u32,
    /// Standard input, output, error.
    pub stdio: [Handle; 3],
}

/// HCS_EVENT
#[repr(C)]
pub struct HcsEvent {
    /// What happened.
    pub kind: i32,
    /// Its document.
    pub data: Text,
    operation: Handle,
}

/// DriverInfo
#[repr(C)]
pub struct DriverInfo {
    /// 1
    pub flavour: i32,
    /// An empty text.
    pub home: Text,
}

/// WC_LAYER_DESCRIPTOR
#[repr(C)]
pub struct LayerDescriptor {
    /// NameToGuid of the folder's name.
    pub id: GUID,
    /// 0
    pub flags: u32,
    /// The folder.
    pub path: Text,
}

/// An event callback of the newer interface.
pub type EventCallback = unsafe extern "system" fn(*const HcsEvent, *mut c_void);
/// A notification callback of the older one.
pub type NotificationCallback = unsafe extern "system" fn(u32, *mut c_void, i32, Text);
/// An operation's callback.
pub type OperationCallback = unsafe extern "system" fn(Handle, *mut c_void);

/// A function of a DLL, if it is exported.
pub fn find(dll: &str, name: &str) -> Option<unsafe extern "system" fn() -> isize> {
    let wide: Vec<u16> = dll.encode_utf16().chain([0]).collect();
    let name = CString::new(name).expect("a name holds no NUL");
    // SAFETY: both names end with a NUL.
    unsafe {
        let module = LoadLibraryExW(wide.as_ptr(), std::ptr::null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32);
        assert!(!module.is_null(), "{dll} cannot be loaded");
        GetProcAddress(module, name.as_ptr().cast())
    }
}

macro_rules! library {
    ($module:ident $dll:literal { $(fn $name:ident($($argument:ident: $kind:ty),*) $(-> $result:ty)?;)* }) => {
        #[doc = $dll]
        pub mod $module {
            #![allow(non_snake_case, missing_docs, clippy::too_many_arguments, unused_imports)]
            use super::*;
            $(pub unsafe fn $name($($argument: $kind),*) $(-> $result)? {
                static FOUND: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
                let found = *FOUND.get_or_init(|| {
                    find($dll, stringify!($name)).unwrap_or_else(|| panic!("{} has no {}", $dll, stringify!($name))) as usize
                });
                // SAFETY: the specification gives this signature.
                unsafe {
                    let function: unsafe extern "system" fn($($kind),*) $(-> $result)? = std::mem::transmute(found);
                    function($($argument),*)
                }
            })*
        }
    };
}

library! { core "computecore.dll" {
    fn HcsCreateOperation(context: *const c_void, callback: Option<OperationCallback>) -> Handle;
    fn HcsCloseOperation(operation: Handle);
    fn HcsGetOperationContext(operation: Handle) -> *mut c_void;
    fn HcsSetOperationContext(operation: Handle, context: *const c_void) -> i32;
    fn HcsGetOperationType(operation: Handle) -> i32;
    fn HcsGetOperationId(operation: Handle) -> u64;
    fn HcsGetComputeSystemFromOperation(operation: Handle) -> Handle;
    fn HcsGetProcessFromOperation(operation: Handle) -> Handle;
    fn HcsGetOperationResult(operation: Handle, document: TextOut) -> i32;
    fn HcsWaitForOperationResult(operation: Handle, timeout: u32, document: TextOut) -> i32;
    fn HcsWaitForOperationResultAndProcessInfo(operation: Handle, timeout: u32, process: *mut ProcessInformation, document: TextOut) -> i32;
    fn HcsSetOperationCallback(operation: Handle, context: *const c_void, callback: Option<OperationCallback>) -> i32;
    fn HcsCancelOperation(operation: Handle) -> i32;
    fn HcsCreateComputeSystem(id: Text, document: Text, operation: Handle, security: *const c_void, system: *mut Handle) -> i32;
    fn HcsOpenComputeSystem(id: Text, access: u32, system: *mut Handle) -> i32;
    fn HcsCloseComputeSystem(system: Handle);
    fn HcsStartComputeSystem(system: Handle, operation: Handle, options: Text) -> i32;
    fn HcsShutDownComputeSystem(system: Handle, operation: Handle, options: Text) -> i32;
    fn HcsTerminateComputeSystem(system: Handle, operation: Handle, options: Text) -> i32;
    fn HcsPauseComputeSystem(system: Handle, operation: Handle, options: Text) -> i32;
    fn HcsResumeComputeSystem(system: Handle, operation: Handle, options: Text) -> i32;
    fn HcsGetComputeSystemProperties(system: Handle, operation: Handle, query: Text) -> i32;
    fn HcsModifyComputeSystem(system: Handle, operation: Handle, document: Text, identity: Handle) -> i32;
    fn HcsEnumerateComputeSystems(query: Text, operation: Handle) -> i32;
    fn HcsSetComputeSystemCallback(system: Handle, options: i32, context: *const c_void, callback: Option<EventCallback>) -> i32;
    fn HcsWaitForComputeSystemExit(system: Handle, timeout: u32, document: TextOut) -> i32;
    fn HcsCreateProcess(system: Handle, document: Text, operation: Handle, security: *const c_void, process: *mut Handle) -> i32;
    fn HcsOpenProcess(system: Handle, pid: u32, access: u32, process: *mut Handle) -> i32;
    fn HcsCloseProcess(process: Handle);
    fn HcsTerminateProcess(process: Handle, operation: Handle, options: Text) -> i32;
    fn HcsSignalProcess(process: Handle, operation: Handle, options: Text) -> i32;
    fn HcsGetProcessInfo(process: Handle, operation: Handle) -> i32;
    fn HcsGetProcessProperties(process: Handle, operation: Handle, query: Text) -> i32;
    fn HcsModifyProcess(process: Handle, operation: Handle, document: Text) -> i32;
    fn HcsSetProcessCallback(process: Handle, options: i32, context: *const c_void, callback: Option<EventCallback>) -> i32;
    fn HcsWaitForProcessExit(process: Handle, timeout: u32, document: TextOut) -> i32;
    fn HcsGetServiceProperties(query: Text, document: TextOut) -> i32;
    fn HcsGrantVmAccess(vm: Text, file: Text) -> i32;
    fn HcsRevokeVmAccess(vm: Text, file: Text) -> i32;
    fn HcsGrantVmGroupAccess(file: Text) -> i32;
} }

library! { v1 "vmcompute.dll" {
    fn HcsEnumerateComputeSystems(query: Text, systems: TextOut, result: TextOut) -> i32;
    fn HcsCreateComputeSystem(id: Text, document: Text, identity: Handle, system: *mut Handle, result: TextOut) -> i32;
    fn HcsOpenComputeSystem(id: Text, system: *mut Handle, result: TextOut) -> i32;
    fn HcsCloseComputeSystem(system: Handle) -> i32;
    fn HcsStartComputeSystem(system: Handle, options: Text, result: TextOut) -> i32;
    fn HcsShutdownComputeSystem(system: Handle, options: Text, result: TextOut) -> i32;
    fn HcsTerminateComputeSystem(system: Handle, options: Text, result: TextOut) -> i32;
    fn HcsPauseComputeSystem(system: Handle, options: Text, result: TextOut) -> i32;
    fn HcsResumeComputeSystem(system: Handle, options: Text, result: TextOut) -> i32;
    fn HcsGetComputeSystemProperties(system: Handle, query: Text, properties: TextOut, result: TextOut) -> i32;
    fn HcsRegisterComputeSystemCallback(system: Handle, callback: NotificationCallback, context: *mut c_void, registered: *mut Handle) -> i32;
    fn HcsUnregisterComputeSystemCallback(registered: Handle) -> i32;
    fn HcsCreateProcess(system: Handle, document: Text, information: *mut ProcessInformation, process: *mut Handle, result: TextOut) -> i32;
    fn HcsOpenProcess(system: Handle, pid: u32, process: *mut Handle, result: TextOut) -> i32;
    fn HcsCloseProcess(process: Handle) -> i32;
    fn HcsTerminateProcess(process: Handle, result: TextOut) -> i32;
    fn HcsSignalProcess(process: Handle, options: Text, result: TextOut) -> i32;
    fn HcsGetProcessProperties(process: Handle, properties: TextOut, result: TextOut) -> i32;
    fn HcsModifyProcess(process: Handle, document: Text, result: TextOut) -> i32;
    fn HcsRegisterProcessCallback(process: Handle, callback: NotificationCallback, context: *mut c_void, registered: *mut Handle) -> i32;
    fn HcsUnregisterProcessCallback(registered: Handle) -> i32;
    fn HcsGetServiceProperties(query: Text, properties: TextOut, result: TextOut) -> i32;
    fn GrantVmAccess(vm: Text, file: Text) -> i32;
    fn HNSCall(method: Text, path: Text, body: Text, response: TextOut) -> i32;
    fn NameToGuid(name: Text, id: *mut GUID) -> i32;
    fn LayerExists(info: *const DriverInfo, id: Text, exists: *mut u32) -> i32;
    fn GetBaseImages(images: TextOut) -> i32;
    fn CreateSandboxLayer(info: *const DriverInfo, id: Text, parent: usize, layers: *const LayerDescriptor, count: u32) -> i32;
    fn ExpandSandboxSize(info: *const DriverInfo, id: Text, bytes: u64) -> i32;
    fn ActivateLayer(info: *const DriverInfo, id: Text) -> i32;
    fn DeactivateLayer(info: *const DriverInfo, id: Text) -> i32;
    fn DestroyLayer(info: *const DriverInfo, id: Text) -> i32;
    fn PrepareLayer(info: *const DriverInfo, id: Text, layers: *const LayerDescriptor, count: u32) -> i32;
    fn UnprepareLayer(info: *const DriverInfo, id: Text) -> i32;
    fn GetLayerMountPath(info: *const DriverInfo, id: Text, length: *mut usize, buffer: *mut u16) -> i32;
    fn ImportLayer(info: *const DriverInfo, id: Text, source: Text, layers: *const LayerDescriptor, count: u32) -> i32;
    fn ExportLayer(info: *const DriverInfo, id: Text, target: Text, layers: *const LayerDescriptor, count: u32) -> i32;
    fn ProcessBaseImage(path: Text) -> i32;
    fn ProcessUtilityImage(path: Text) -> i32;
} }

library! { network "computenetwork.dll" {
    fn HcnEnumerateNetworks(query: Text, found: TextOut, record: TextOut) -> i32;
    fn HcnOpenNetwork(id: *const GUID, network: *mut Handle, record: TextOut) -> i32;
    fn HcnQueryNetworkProperties(network: Handle, query: Text, found: TextOut, record: TextOut) -> i32;
    fn HcnCreateNetwork(id: *const GUID, document: Text, network: *mut Handle, record: TextOut) -> i32;
    fn HcnModifyNetwork(network: Handle, document: Text, record: TextOut) -> i32;
    fn HcnDeleteNetwork(id: *const GUID, record: TextOut) -> i32;
    fn HcnCloseNetwork(network: Handle) -> i32;
    fn HcnEnumerateEndpoints(query: Text, found: TextOut, record: TextOut) -> i32;
    fn HcnOpenEndpoint(id: *const GUID, endpoint: *mut Handle, record: TextOut) -> i32;
    fn HcnCreateEndpoint(network: Handle, id: *const GUID, document: Text, endpoint: *mut Handle, record: TextOut) -> i32;
    fn HcnQueryEndpointProperties(endpoint: Handle, query: Text, found: TextOut, record: TextOut) -> i32;
    fn HcnDeleteEndpoint(id: *const GUID, record: TextOut) -> i32;
    fn HcnCloseEndpoint(endpoint: Handle) -> i32;
    fn HcnCreateNamespace(id: *const GUID, document: Text, namespace: *mut Handle, record: TextOut) -> i32;
    fn HcnOpenNamespace(id: *const GUID, namespace: *mut Handle, record: TextOut) -> i32;
    fn HcnQueryNamespaceProperties(namespace: Handle, query: Text, found: TextOut, record: TextOut) -> i32;
    fn HcnModifyNamespace(namespace: Handle, document: Text, record: TextOut) -> i32;
    fn HcnDeleteNamespace(id: *const GUID, record: TextOut) -> i32;
    fn HcnCloseNamespace(namespace: Handle) -> i32;
} }
