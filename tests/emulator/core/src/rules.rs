//! The rules the emulator enforces: one row each, with the specification's grade of evidence. A rule that is only inferred, or
//! the emulator's own, can be switched off: `HCSEMU_RULES_OFF=document-null,scratch-in-use` (or `all`, for all of them). One
//! that nothing speaks for is switched on: `HCSEMU_RULES_ON=process-callback-late`.

use crate::codes::Code;
use crate::home::setting;

/// How well a rule is known: the marks of the specification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grade {
    /// Microsoft's documentation or published schema.
    Doc,
    /// Read in the source of a client that works on Windows.
    Src,
    /// Measured on Windows by a third party.
    ThirdParty,
    /// Inferred: may be wrong, can be switched off.
    Inferred,
    /// This emulator's own: Windows is not known to do so. Can be switched off.
    Own,
    /// Nothing speaks for it, but a client should bear it. Holds only if it is switched on.
    Optional,
}

impl Grade {
    /// The mark as the specification writes it.
    pub fn mark(self) -> &'static str {
        match self {
            Grade::Doc => "DOC",
            Grade::Src => "SRC",
            Grade::ThirdParty => "3P",
            Grade::Inferred => "INF",
            Grade::Own => "OWN",
            Grade::Optional => "OPT",
        }
    }
}

/// One thing the service insists on.
#[derive(Debug)]
pub struct Rule {
    /// Its name in logs and in `HCSEMU_RULES_OFF`, e.g. `layer-id`.
    pub name: &'static str,
    /// How well it is known.
    pub grade: Grade,
    /// The section of the specification it comes from.
    pub section: &'static str,
    /// What it says.
    pub says: &'static str,
}

/// Why a call was refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The result code, in the newer family.
    pub code: Code,
    /// The rule that was broken; none for an injected fault.
    pub rule: &'static str,
    /// What was wrong, for the error document and the log.
    pub message: String,
}

impl Rule {
    /// Whether the rule is in force.
    pub fn holds(&self) -> bool {
        match self.grade {
            Grade::Inferred | Grade::Own => !self.is_listed("RULES_OFF"),
            Grade::Optional => self.is_listed("RULES_ON"),
            Grade::Doc | Grade::Src | Grade::ThirdParty => true,
        }
    }

    fn is_listed(&self, variable: &str) -> bool {
        setting(variable).split(',').map(str::trim).any(|name| name == self.name || name == "all")
    }

    /// Refuses with this rule, unless it is switched off.
    pub fn refuse(&self, code: Code, message: impl Into<String>) -> Result<(), Refusal> {
        if self.holds() { Err(self.refusal(code, message)) } else { Ok(()) }
    }

    /// Refuses unless `fine` holds or the rule is switched off.
    pub fn require(&self, fine: bool, code: Code, message: impl FnOnce() -> String) -> Result<(), Refusal> {
        if fine { Ok(()) } else { self.refuse(code, message()) }
    }

    /// The refusal itself, where there is no going on without the rule.
    pub fn refusal(&self, code: Code, message: impl Into<String>) -> Refusal {
        Refusal { code, rule: self.name, message: message.into() }
    }
}

macro_rules! rules {
    ($($constant:ident = $name:literal $grade:ident $section:literal $says:literal;)*) => {
        $(#[doc = $says] pub static $constant: Rule = Rule { name: $name, grade: Grade::$grade, section: $section, says: $says };)*
        /// Every rule, in the order of the specification.
        pub static RULES: &[&Rule] = &[$(&$constant),*];
    };
}

rules! {
    // Handles, operations, events.
    NULL_POINTER = "null-pointer" Inferred "1.2" "a null output pointer or text is refused with 0x80004003";
    HANDLE = "handle" Inferred "1.2" "a handle that this DLL did not give, or that was closed, is refused with 0x80070006";
    OTHER_GENERATION = "other-generation" Src "0.1" "a system made through one DLL cannot be driven through the other";
    MINIMUM_BUILD = "minimum-build" Doc "1.2" "functions newer than the host's build are not exported";
    OPERATION_STARTED = "operation-started" Doc "1.2" "the result of an operation that was never started is 0x80370115";
    OPERATION_RUNNING = "operation-running" Doc "1.2" "an operation carries one request at a time: 0x80370116, and 0x80370117 while it runs";
    OPERATION_TIMEOUT = "operation-timeout" Doc "1.2" "a wait that ends early is 0x80370118 and the operation goes on";
    OPERATION_CANCEL = "operation-cancel" Doc "1.2" "HcsCancelOperation answers E_NOTIMPL";
    PROCESS_INFO = "process-info" Doc "6" "only HcsCreateProcess and HcsGetProcessInfo give process information: else 0x8037011d";
    ONE_CALLBACK = "one-callback" Doc "1.2" "a handle takes one callback: the second is 0x80370119";
    ONE_CALLBACK_V1 = "one-callback-v1" Inferred "1.5" "the same on handles of vmcompute.dll";
    CALLBACK_EARLY = "callback-early" Inferred "1.3" "computecore.dll takes a system's callback when its creation has ended, not before: else 0x80370105";
    CALLBACK_LATE = "process-callback-late" Optional "1.3" "a process that has ended takes no callback: 0x8037011f";
    EXIT_HELD_V1 = "exit-held-v1" ThirdParty "1.3" "vmcompute.dll keeps notifications until a callback is registered";
    EXIT_HELD = "exit-held" Inferred "1.3" "computecore.dll does so too (hcsshim relies on it); off: such events are lost";
    // Documents.
    JSON = "json" Doc "2.0" "a document is JSON";
    UNKNOWN_FIELD = "unknown-field" Src "2.0" "a field the schema does not know is refused with INVALID_JSON";
    FIELD_TOO_NEW = "field-too-new" Src "2.0" "so is one that is newer than the host";
    WRONG_TYPE = "wrong-type" Doc "2.0" "a value has the type the schema gives, an enumeration one of its values";
    DOCUMENT_NULL = "document-null" Inferred "2.0" "null stands for no value of schema 2";
    SCHEMA_VERSION = "schema-version" Inferred "2.0" "SchemaVersion is present, major 2, its minor one the host supports";
    ONE_SYSTEM = "one-system" Doc "2.0" "exactly one of Container, VirtualMachine and HostedSystem is described";
    OPTIONS = "options" Doc "1.2" "options and queries are absent, empty or a document of their schema";
    HCN_FIELD = "hcn-field" Inferred "5.2" "HCN refuses unknown fields and wrong types too";
    HCN_FLAGS = "hcn-flags" ThirdParty "5.2" "Flags are a number: text is 0x803b001b";
    HCN_VERSION = "hcn-version" Inferred "5.1" "every HCN document says SchemaVersion 2.0; that of a namespace may say none (containerd)";
    // The host.
    ELEVATION = "elevation" ThirdParty "7.1" "what an unelevated caller may not do (HCSEMU_TOKEN=hyperv-admin or user)";
    HYPERV_MOUNTS = "hyperv-mounts" ThirdParty "7.1" "directories are mapped into a Hyper-V container by elevated callers only: else 0x80070005";
    HYPERV = "hyperv" Doc "6" "without Hyper-V (HCSEMU_HYPERV=absent) no virtual machine starts: 0x80370102";
    IMAGE_MISMATCH = "image-mismatch" Doc "6" "process isolation: the image's build is the host's, or from 20348 on at most the host's: else 0x80370101";
    IMAGE_TOO_NEW = "image-too-new" Inferred "4" "Hyper-V isolation: an image newer than the host does not start: 0x8037010c";
    IMAGE_BUILD = "image-build" Own "3.1" "a base layer says its build (this emulator's convention): else 0x80370112";
    // Systems.
    SYSTEM_ID = "system-id" Inferred "1.2" "the id of a system is not empty and could be the name of a file";
    ID_REUSE = "id-reuse" Doc "6" "an id in use is 0x8037010f";
    NOT_FOUND = "not-found" ThirdParty "2.6" "a system that exited is gone: 0x8037010e";
    STOPPED = "stopped" Doc "6" "a handle to a stopped system answers 0x80370110";
    STATE = "state" Doc "6" "start once, processes only while running: else 0x80370105";
    PAUSE = "pause" ThirdParty "1.2" "a process-isolated container cannot be paused: 0x80070032";
    HOST_NAME = "host-name" Inferred "2.2" "from build 26100 on (measured there) a namespace without GuestOs.HostName is 0x80070057; hcsshim's test on 19042 sends none";
    HOST_NAME_FORM = "host-name-form" Inferred "2.1" "a host name has at most 63 letters, digits, dashes, underscores and dots: else 0x80070057";
    NAMESPACE = "namespace" Doc "6" "the namespace exists: else 0x80070490";
    PROCESSOR = "processor" Src "2.1" "at most one of Count, Weight and Maximum; Maximum is 1 to 10000";
    PROCESSOR_RANGE = "processor-range" Inferred "2.1" "Count is 1 to the host's processors, Weight 0 to 10000: else 0x80070057";
    MEMORY_RANGE = "memory-range" Inferred "2.1" "a limit of the memory is more than nothing: else 0x80070057";
    MAPPED_DIRECTORY = "mapped-directory" Inferred "2.1" "what is mapped, a directory or a file, exists on the host: else 0x80070002";
    CONTAINER_PATH = "container-path" Inferred "2.1" "a container path is absolute, below a drive's root, and named once: else 0x80070057";
    PIPES_AND_DEVICES = "pipes-and-devices" Inferred "2.1" "a mapped pipe has two names, a device a class or a place: else 0x80070057";
    NETWORK_ADAPTERS = "network-adapters" Inferred "2.1" "the endpoints of NetworkAdapters exist: else 0x803b0002";
    SYSTEM_TYPE = "system-type" Src "2.4" "schema 1: SystemType is Container";
    VOLUME_PATH_V1 = "volume-path-v1" Src "2.4" "schema 1: VolumePath has no trailing backslash; a Hyper-V container has none";
    UTILITY_VM = "utility-vm" Src "2.4" "schema 1: HvRuntime.ImagePath is a UtilityVM folder that ProcessUtilityImage prepared";
    ENDPOINT_LIST = "endpoint-list" Src "2.4" "schema 1: the endpoints of EndpointList exist and belong to no other system";
    VM_ACCESS = "vm-access" ThirdParty "3.7" "a disk is open to the VM: made by CreateSandboxLayer, or granted; else 0x80070005";
    DISK_ON_HOST = "disk-on-host" ThirdParty "2.3" "a scratch that is active on the host cannot be attached to a VM: 0x80070020";
    SHARE_OS = "share-os" ThirdParty "2.3" "the share a VM boots from is named os";
    VM_PROCESSORS = "vm-processors" Src "2.3" "a VM has at most the host's processors";
    GUEST_CONNECTION = "guest-connection" ThirdParty "2.3" "without GuestConnection nothing can be asked of the guest";
    GUEST_DISK_LATE = "guest-disk-late" ThirdParty "2.3" "the guest sees an attached disk a moment later; until then 0x80070490";
    GUEST_LAYERS = "guest-layers" Inferred "2.3" "the hosted document names the layers and the root that CombinedLayers made";
    HOSTING_SYSTEM = "hosting-system" Doc "2.3" "the hosting system exists and runs";
    RESOURCE_PATH = "resource-path" Inferred "2.3" "a modify request names a known resource";
    RESOURCE_VALUE = "resource-value" Inferred "2.3" "what a container's memory and processor are set to is of the schema: else 0x8037010d";
    RESOURCE_EXISTS = "resource-exists" Inferred "2.3" "what is added is not there yet, what is removed is";
    // Processes.
    PROCESS_MADE = "process-made" Src "1.4" "a handle whose process was never made tells and does nothing: 0x800706ef (RPC_E_NULL_CONTEXT_HANDLE)";
    ACCOUNT = "account" ThirdParty "2.5" "the account is one of the container: else 0x8007052e, also for NT AUTHORITY\\SYSTEM (moby)";
    DEFAULT_DIRECTORY = "default-directory" Src "2.5" "without a WorkingDirectory a process starts in C:\\Windows\\System32 (moby)";
    COMMAND_LINE = "command-line" Inferred "2.5" "a process has a CommandLine or an ApplicationName, no CommandArgs";
    WORKING_DIRECTORY = "working-directory" Doc "2.5" "WorkingDirectory exists in the container: else 0x8007010b";
    ENVIRONMENT = "environment" Inferred "2.5" "variable names are not empty, hold no = and differ in more than case";
    EMPTY_VARIABLE = "empty-variable" ThirdParty "2.5" "a variable with an empty value does not reach the process (hcsctl)";
    CONSOLE_SIZE = "console-size" Doc "2.5" "ConsoleSize is height and width";
    PROCESS_STOPPED = "process-stopped" Src "1.3" "a process that exited takes no signal and no request: 0x8037011f";
    PROCESS_FOUND = "process-found" Inferred "1.2" "the process id is one of the container's: else 0x80070490";
    // Layers.
    HOME_DIR = "home-dir" ThirdParty "3.7" "DriverInfo.HomeDir is not null: the caller crashes with 0xc0000005";
    FLAVOUR = "flavour" Src "3.7" "DriverInfo.Flavour is 1";
    EMPTY_LAYERS = "empty-layers" ThirdParty "2.2" "an empty or shortened layer list crashes the service: 0x8037011e";
    LAYER_ID = "layer-id" ThirdParty "2.2" "a layer's id is NameToGuid of its folder's name: else 0x80070003";
    LAYER_PATH = "layer-path" Doc "6" "a layer's folder exists and holds a layer: else 0x80070003";
    LAYER_ORDER = "layer-order" Inferred "3.7" "parents come topmost first, each above its own, the base last: else 0x80070057";
    VOLUME_PATH = "volume-path" ThirdParty "2.2" "Storage.Path is the prepared scratch's volume: else 0x80071126";
    VOLUME_SLASH = "volume-slash" Doc "2.2" "with a trailing backslash: else 0x80070057";
    SCRATCH_EXISTS = "scratch-exists" Src "3.7" "CreateSandboxLayer finds no sandbox.vhdx: else 0x80070050";
    SCRATCH_FOLDER = "scratch-folder" Inferred "3.7" "and its folder's parent exists (the folder itself may: hcsshim's clients differ)";
    ACTIVATE_ONCE = "activate-once" Inferred "3.7" "a layer is activated once: else 0x80070020";
    PREPARE_AFTER_ACTIVATE = "prepare-after-activate" ThirdParty "6" "PrepareLayer and GetLayerMountPath need ActivateLayer: else 0x80070037";
    UNPREPARE_FIRST = "unprepare-first" Inferred "10" "unprepare before deactivate, deactivate before destroy: else 0x80070020";
    SCRATCH_IN_USE = "scratch-in-use" Inferred "10" "a scratch used by a system stays prepared: else 0x80070020";
    LAYER_IN_USE = "layer-in-use" Src "2.4" "a layer used by a scratch or a template VM is not destroyed: 0x80070020";
    BASE_ONCE = "base-once" ThirdParty "3.4" "ProcessBaseImage is not repeatable: 0x80070050";
    BASE_FILES = "base-files" Src "3.4" "it wants Files and Hives";
    UTILITY_FILES = "utility-files" Own "3.4" "ProcessUtilityImage wants Files and a BCD in it";
    IMPORT_BASE = "import-base" ThirdParty "3.4" "a base layer does not travel through ImportLayer and ExportLayer: 0x80070057";
    PRIVILEGES = "privileges" Inferred "3.3" "ImportLayer asks the caller's token for SeBackupPrivilege and SeRestorePrivilege, turned on: else 0x80070522";
    SOURCE_PATH = "source-path" Inferred "3.5" "no path in ImportLayer's source folder is longer than 259 characters: else 0x80070003";
    BACKUP_STREAM = "backup-stream" Src "3.5" "a file of the transport folder is its attributes and a backup stream: else 0x80370112";
    TRANSPORT = "transport" Own "3.5" "as hcsshim writes it: each directory has a .$wcidirs$ file, each file a data stream, nothing else is there";
    PARENTS_SHOWN = "parents-shown" Own "3.5" "after ImportLayer the parents' files appear as hard links; off: only beside what the layer brings, and their directories are empty (hcsshim removes one with one call)";
    IMPORT_TARGET = "import-target" Own "3.5" "the destination exists and holds no Files yet";
    SANDBOX_SIZE = "sandbox-size" Inferred "3.7" "a scratch only grows";
    MOUNT_PATH_BUFFER = "mount-path-buffer" Src "3.7" "GetLayerMountPath is asked for the length first";
    // Network.
    HCN_NOT_FOUND = "hcn-not-found" Doc "6" "networks 0x803b0001, endpoints 0x803b0002, namespaces 0x80070490";
    NETWORK_DOCUMENT = "network-document" Src "5.2" "a NAT subnet has a next hop and a default route";
    NETWORK_EXISTS = "network-exists" Doc "6" "a network's name or id in use is 0x803b0010";
    ENDPOINT_NETWORK = "endpoint-network" Inferred "5.2" "an endpoint's document names the network it is made on";
    HCN_POLICY = "hcn-policy" Inferred "5.2" "the type of an endpoint's policy is a known one: else 0x803b000d";
    HCN_ADDRESS = "hcn-address" Inferred "5.2" "subnets, gateways and MAC addresses can be read: else 0x803b001e";
    ENDPOINT_UNIQUE = "endpoint-unique" Inferred "5.2" "no other endpoint has this id (0x803b000c), name (0x803b000c) or MAC address (0x803b002f)";
    PORT_MAPPING = "port-mapping" ThirdParty "5.2" "ports are mapped on NAT networks only (0x803b0016), each once (0x803b0013)";
    PORT_ADDED_LATER = "port-added-later" ThirdParty "5.2" "a mapping added after creation is accepted and has no effect";
    ENDPOINT_ATTACHED = "endpoint-attached" Doc "6" "an endpoint is in one namespace or system: 0x803b0014";
    REFERENCES = "references" Inferred "5.3" "what is still referred to is not deleted: 0x803b002c";
    STRANDED = "stranded" Own "5.3" "a preference: a namespace is deleted before its endpoint (hcsctl: the reverse can strand both), the reverse is 0x803b002c; off: the endpoint leaves it (ZLayer)";
    UNSUPPORTED = "unsupported" Own "5.1" "load balancers and routes are not emulated: 0x803b0015, and there are none; CopyLayer neither: 0x80070032";
}
