//! Pastes of every kind that people have, each with the id of the right explanation and a word that must be in it. Names and ids
//! are made up; the words are those of the tools.

use super::*;

/// A paste, the id of its explanation, and words in it, in lower case, one of which must be said (`|` between them).
type Case = (&'static str, &'static str, &'static str);

/// Everything that is said, in lower case.
fn said(explanation: &Explanation<String>) -> String {
    let texts = [&explanation.title, &explanation.meaning].into_iter().chain(&explanation.causes).chain(&explanation.steps);
    texts.map(|text| text.to_lowercase()).collect::<Vec<_>>().join("\n")
}

pub(super) fn hold(cases: &[Case]) {
    for (text, id, words) in cases {
        let explanation = explain(text, &context()).unwrap_or_else(|| panic!("nothing for {text}"));
        let explanation = explanation.worded(|advice| advice.worded(|remedy| format!("{remedy:?}")));
        assert_eq!(explanation.id, *id, "{text}");
        let said = said(&explanation);
        assert!(words.split('|').any(|word| said.contains(word)), "{words}: {said}");
    }
}

#[test]
fn exit_codes_of_the_dotnet_host_and_errors_of_the_http_client() {
    hold(&[
        ("The command 'cmd /S /C dotnet app.dll' returned a non-zero code: 2147516566", "0x80008096", "list-runtimes"),
        ("container web exited with code -2147450730", "0x80008096", "self-contained"),
        ("web exited: exit code 0x80008083", "0x80008083", "aspnet"),
        ("process \"cmd /S /C dotnet run\" did not complete successfully: exit code: 2147516571", "0x8000809b", "sdk"),
        (
            "#9 31.2 Install-Package : Exception from HRESULT: 0x80072EE7\n#9 ERROR: process \"cmd /S /C powershell\" did not complete successfully: exit code: 1",
            "0x80072ee7",
            "dns",
        ),
        ("Step 3/4 : RUN fetch.exe\nThe server name or address could not be resolved", "0x80072ee7", "dns"),
        ("docker build: DISM failed with 0x80072efd", "0x80072efd", "proxy"),
        ("docker run IMAGE fetch: 0x80072f8f", "0x80072f8f", "certificate"),
        ("docker run IMAGE fetch: 0x80072ee2", "0x80072ee2", "firewall"),
    ]);
}

#[test]
fn what_a_new_docker_desktop_says_and_a_probe_without_time() {
    hold(&[
        (
            "Virtualization support not detected\nDocker Desktop requires virtualization support to run. Contact your IT admin to enable virtualization or check system requirements.",
            "virtualization-off",
            "firmware",
        ),
        (
            "Warning  Unhealthy  2m (x5 over 3m)  kubelet  Liveness probe errored: rpc error: code = DeadlineExceeded desc = failed to exec in container: timeout 1s exceeded: context deadline exceeded",
            "exec-timeout",
            "timeoutseconds",
        ),
        (
            "Readiness probe errored: rpc error: code = Unknown desc = failed to exec in container: failed to start exec \"abc\": hcs::System::CreateProcess web: The system cannot find the file specified.: unknown",
            "command-not-found",
            "powershell",
        ),
    ]);
}

#[test]
fn windows_speaks_russian_polish_and_korean() {
    hold(&[
        ("hcs::System::CreateProcess web: Не удается найти указанный файл.: unknown", "command-not-found", "powershell"),
        ("hcs::System::CreateProcess web: Nie można odnaleźć określonego pliku.", "command-not-found", "powershell"),
        ("hcs::System::CreateProcess web: 지정된 파일을 찾을 수 없습니다.", "command-not-found", "powershell"),
        ("hcsshim::ImportLayer failed in Win32: Системе не удается найти указанный путь.", "layer-path-not-found", "path"),
        ("hcsshim::ImportLayer failed in Win32: System nie może odnaleźć określonej ścieżki.", "layer-path-not-found", "path"),
        ("hcsshim::ImportLayer failed in Win32: 지정된 경로를 찾을 수 없습니다.", "layer-path-not-found", "path"),
        ("failed to register layer: Отказано в доступе.", "layer-access-denied", "access"),
        (
            "hcsshim::ActivateLayer failed in Win32: Процесс не может получить доступ к файлу, так как этот файл занят другим процессом.",
            "layer-in-use",
            "program",
        ),
    ]);
}

#[test]
fn cloud_services_that_refuse_the_system_of_an_image() {
    hold(&[
        (
            "Failure sending request: StatusCode=400 -- Original Error: Code=\"ImageOsTypeNotMatchContainerGroup\" Message=\"The container image 'mcr.microsoft.com/windows/servercore:ltsc2019' doesn't support specified OS 'Linux' for container group 'shop'.\"",
            "aci-windows-image-in-linux-group",
            "linux",
        ),
        (
            "{\"error\":{\"code\":\"ImageOsTypeNotMatchContainerGroup\",\"message\":\"The container image 'nginx:latest' doesn't support specified OS 'Windows' for container group 'web'.\"}}",
            "aci-linux-image-in-windows-group",
            "windows",
        ),
        ("(ImageOsTypeNotMatchContainerGroup) The container image", "aci-os-type", "linux"),
        (
            "The OS version of image \"shop.azurecr.io/web:latest\" is not supported. (Code:OsVersionNotSupported)",
            "aci-windows-version",
            "2022",
        ),
        (
            "##[error]UnsupportedWindowsVersion: Unsupported windows image version. Supported versions are 'Windows Server 2016 - Before 2B, Windows Server 2019 - After 2B'",
            "aci-windows-version",
            "2019",
        ),
        ("{\"error\":{\"code\":\"UnsupportedWindowsVersion\",\"message\":\"x\"}}", "aci-windows-version", "revision"),
        ("(UnsupportedWindowsVersion) The request is not valid.", "aci-windows-version", "revision"),
        (
            "ERROR: Job failed (system failure): prepare environment: detecting base image: unsupported Windows Version: 10.0.19045",
            "gitlab-unsupported-windows",
            "gitlab",
        ),
        ("ERROR: unsupported Windows version: 10.0.19045", "gitlab-unsupported-windows", "gitlab"),
        ("ERROR: unsupported\r\n Windows\r\n version: 10.0.19045", "gitlab-unsupported-windows", "gitlab"),
        (
            "Unsupported windows image version. Supported versions are 'Windows Server 2016 - Build 14393.3506 or higher, Windows Server 2019 - Build 17763.1040 or higher'",
            "aci-windows-version",
            "older than february 2020",
        ),
        (
            "Cannot run the specified image as a Windows Containers Web App. App Service supports Windows Containers up to Windows Server Core 2019 and Nanoserver 1809. Platform of the specified image: windows, Version: 10.0.18362.175;",
            "app-service-windows-version",
            "newer",
        ),
        (
            "Cannot run this Operating System/Version in Windows Containers. Maximum supported OS version is 10.0.14393.9999.",
            "app-service-windows-version",
            "newer",
        ),
        (
            "There was an error during CodePackage activation.System.Fabric.FabricException (-2147017731)\nFailed to start Container. ContainerName=sf-5-7e313cf0, ApplicationName=fabric:/Shop. DockerRequest returned StatusCode=InternalServerError with ResponseBody={\"message\":\"hcsshim::CreateComputeSystem 620bdba93c11: The container operating system does not match the host operating system.\\n(extra i",
            "service-fabric-mismatch",
            "nodes",
        ),
        (
            "There was an error during download.System.Fabric.FabricException (-2147017731) Container image download failed for ImageName=shop:win. Exception=System.Exception: Container image history check failed after successful download",
            "service-fabric-image",
            "another windows release",
        ),
        (
            "There was an error during CodePackage activation.System.Fabric.FabricException (-2147017731)\nFailed to start Container. ContainerName=sf-2-aa, DockerRequest returned StatusCode=NotFound",
            "service-fabric",
            "service fabric",
        ),
        ("Error: Container operations are only supported on Linux runners", "github-container-linux-only", "linux"),
    ]);
}

#[test]
fn engines_in_the_other_mode() {
    hold(&[
        (
            "failed to solve with frontend dockerfile.v0: failed to create LLB definition: no match for platform in manifest sha256:7450aeee: not found",
            "build-no-match-for-platform",
            "linux mode",
        ),
        (
            "#2 [internal] load metadata for mcr.microsoft.com/windows/nanoserver:ltsc2022\n#2 ERROR: no match for platform in manifest: not found\n------\n > [internal] load metadata for mcr.microsoft.com/windows/nanoserver:ltsc2022:\n------\nERROR: failed to solve: mcr.microsoft.com/windows/nanoserver:ltsc2022: no match for platform in manifest: not found",
            "build-no-match-for-platform",
            "linux mode",
        ),
        (
            "ERROR: failed to solve: mcr.microsoft.com/windows/servercore:ltsc2022: failed to resolve source metadata for mcr.microsoft.com/windows/servercore:ltsc2022: no matching manifest for linux/amd64 in the manifest list entries",
            "no-matching-manifest",
            "linux mode",
        ),
        (
            "docker: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"powershell\": executable file not found in $PATH: unknown.",
            "linux-engine",
            "linux containers",
        ),
        ("standard_init_linux.go:228: exec user process caused: exec format error", "linux-engine", "linux"),
        (
            "/bin/sh: 1: powershell: not found\nThe command '/bin/sh -c powershell -Command dir' returned a non-zero code: 127",
            "linux-engine",
            "linux",
        ),
        (
            "Cannot create container for service X: image with reference Y was found but does not match the specified OS platform: wanted: windows, actual: linux",
            "wanted-windows-found-linux",
            "linux",
        ),
        (
            "Error response from daemon: image with reference web:1 was found but its platform (linux/amd64) does not match the specified platform (windows/amd64)",
            "wanted-windows-found-linux",
            "linux",
        ),
        (
            "image with reference sha256:0a1b was found but does not match the specified platform: wanted linux/amd64, actual: windows/amd64",
            "wanted-linux-found-windows",
            "windows containers",
        ),
        (
            "image with reference app:2 was found but does not match the specified platform: wanted windows/arm64, actual: windows/amd64",
            "wanted-other-platform",
            "processor",
        ),
        (
            "The command '/bin/sh -c mvn package' returned a non-zero code: 4294967295: failed to shutdown container: container 4f31 encountered an error during hcsshim::System::waitBackground: failure in a Windows system call: The virtual machine or container with the specified identifier is not running. (0xc0370110): subsequent terminate failed container 4f31 encountered an error during hcsshim::System::waitBackground",
            "lcow",
            "linux",
        ),
        (
            "error during connect: Get \"http://%2F%2F.%2Fpipe%2FdockerDesktopLinuxEngine/v1.47/info\": open //./pipe/dockerDesktopLinuxEngine: The system cannot find the file specified.",
            "docker-not-reached",
            "engine",
        ),
        (
            "image operating system \"windows\" cannot be used on this platform: operating system is not supported",
            "windows-on-linux",
            "windows",
        ),
    ]);
}

#[test]
fn the_sandbox_of_a_pod_and_its_network() {
    hold(&[
        (
            "  Warning  FailedCreatePodSandBox  21s (x4 over 26s)   kubelet, win-1     (combined from similar events): Failed create pod sandbox: rpc error: code = Unknown desc = failed to start sandbox container for pod \"web\": Error response from daemon: container 7929bfd27250 encountered an error during CreateContainer: failure in a Windows system call: Das Betriebssystem des Containers passt nicht. (0xc0370101) extra info: {}",
            "pause-image",
            "pause",
        ),
        (
            "E0530 11:42:13.374889  204644 pod_workers.go:186] Error syncing pod 733a (\"win-webserver_default(733a)\"), skipping: failed to \"CreatePodSandbox\" for \"win-webserver_default(733a)\" with CreatePodSandboxError: \"CreatePodSandbox for pod \\\"win-webserver_default(733a)\\\" failed: rpc error: code = Unknown desc = failed to startsandbox container for pod \\\"win-webserver\\\": Error response from daemon: The operating system of the container does not match the operating system of the host. (0xc0370101) extra info:\"",
            "pause-image",
            "pause",
        ),
        (
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create containerd task: failed to create shim task: hcs::CreateComputeSystem 0a1b: The container operating system does not match the host operating system.: unknown",
            "pause-image",
            "pause",
        ),
        (
            "Failed to create pod sandbox: rpc error: code = NotFound desc = failed to get sandbox image \"registry.k8s.io/pause:3.6\": failed to pull image \"registry.k8s.io/pause:3.6\": failed to pull and unpack image \"registry.k8s.io/pause:3.6\": no match for platform in manifest: not found",
            "pause-image",
            "pause",
        ),
        (
            "Warning  FailedCreatePodSandBox  26m (x2 over 26m)  kubelet            Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image \"mcr.microsoft.com/oss/kubernetes/pause:1.4.0\": failed to pull image: failed to do request: Head \"https://mcr.microsoft.com/v2/\": dial tcp: lookup mcr.microsoft.com: name server failure",
            "sandbox-image-not-pulled",
            "pause",
        ),
        (
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"0a1b\": plugin type=\"sdnbridge\" failed (add): error while adding HostComputeEndpoint: Unspecified failure",
            "pod-network",
            "network plugin",
        ),
        (
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"0a1b\": plugin type=\"azure-vnet\" failed (add): hcnCreateEndpoint failed in Win32: The endpoint was not found. (0x803b0002)",
            "0x803b0002",
            "network plugin",
        ),
        ("Failed to create pod sandbox: rpc error: code = DeadlineExceeded desc = context canceled", "pod-sandbox", "sandbox"),
    ]);
}

#[test]
fn pods_that_wait() {
    hold(&[
        ("ImagePullBackOff", "image-pull-back-off", "no entry for the node"),
        ("ErrImagePull", "image-pull-back-off", "registry"),
        ("CrashLoopBackOff", "crash-loop-back-off", "exit code"),
        ("Error: CreateContainerError", "create-container-error", "another windows"),
        ("Pod was rejected: PodOSSelectorNodeLabelDoesNotMatch", "pod-os-not-supported", "selector"),
        ("PodOSNotSupported", "pod-os-not-supported", "selector"),
        ("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.", "node-selector", "label"),
        (
            "Events:\n  Type     Reason     Age               From     Message\n  Normal   Scheduled  60s               default-scheduler  Successfully assigned default/web to win-1\n  Normal   Pulling    20s (x3 over 59s)  kubelet  Pulling image \"shop/web:1\"\n  Warning  Failed     19s (x3 over 58s)  kubelet  Failed to pull image \"shop/web:1\": rpc error: code = NotFound desc = failed to pull and unpack image \"docker.io/shop/web:1\": no match for platform in manifest: not found\n  Warning  Failed     19s (x3 over 58s)  kubelet  Error: ErrImagePull\n  Normal   BackOff    5s (x4 over 58s)   kubelet  Back-off pulling image \"shop/web:1\"\n  Warning  Failed     5s (x4 over 58s)   kubelet  Error: ImagePullBackOff",
            "no-match-for-platform",
            "entry",
        ),
        (
            "    Last State:     Terminated\n      Reason:       Error\n      Exit Code:    3221225781\nEvents:\n  Warning  BackOff  1s (x9 over 60s)  kubelet  Back-off restarting failed container web in pod web",
            "0xc0000135",
            "dll",
        ),
        (
            "Warning  Failed  3s  kubelet  Error: failed to create containerd task: failed to create shim task: hcs::CreateComputeSystem web: The directory name is invalid.: unknown",
            "0x8007010b",
            "folder",
        ),
        ("no runtime for \"runhcs-wcow-hyperv\" is configured", "runtime-handler-missing", "runhcs-wcow-process"),
    ]);
}

#[test]
fn layers_that_cannot_be_unpacked_or_put_together() {
    hold(&[
        ("hcsshim::PrepareLayer - failed failed in Win32: Unzulässige Funktion. (0x1)", "filter-driver", "driver"),
        (
            "docker : hcsshim::PrepareLayer - failed failed in Win32: Incorrect fun\nction. (0x1)\nAt C:\\build.ps1:301 char:1\n    + CategoryInfo          : NotSpecified: (hcsshim::Prepar...function. (0x1):String) [], RemoteException",
            "filter-driver",
            "cbfs",
        ),
        ("hcsshim::PrepareLayer failed in Win32: ﾌｧﾝｸｼｮﾝ (0x1).", "filter-driver", "box"),
        ("hcsshim::ActivateLayer failed in Win32: Se produjo un error.", "prepare-layer", "driver"),
        (
            "failed to register layer: re-exec error: exit status 1: output: ProcessUtilityVMImage C:\\ProgramData\\Docker\\windowsfilter\\fe83\\UtilityVM: Das System kann den angegebenen Pfad nicht finden.",
            "image-newer-layer",
            "newer",
        ),
        (
            "re-exec error: exit status 1: output: time=\"2020-06-05T14:05:25+09:00\" level=error msg=\"hcsshim::ImportLayer - failed failed in Win32: The system cannot find the path specified. (0x3)\" error=\"hcsshim::ImportLayer - failed failed in Win32: The system cannot find the path specified. (0x3)\" importFolderPath=\"C:\\\\ProgramData\\\\Docker\\\\tmp\\\\hcs949648159\"",
            "layer-path-not-found",
            "newer",
        ),
        (
            "failed to register layer: re-exec error: exit status 1: output: time=\"2018-01-11T18:16:04Z\" level=error msg=\"hcsshim::Im portLayer failed in Win32: Access is denied. (0x5) layerId=\\\\\\\\?\\\\E:\\\\docker\"",
            "layer-access-denied",
            "antivirus",
        ),
        (
            "docker: failed to register layer: re-exec error: exit status 1: output: hcsshim::ProcessBaseLayer \\\\?\\D:\\docker\\windowsfilter\\9b5c: Accès refusé.",
            "layer-access-denied",
            "antivirus",
        ),
        (
            "docker: failed to register layer: re-exec error: exit status 1: output: hcsshim::ProcessBaseLayer \\\\?\\D:\\docker\\windowsfilter\\9b5c: AccÃ¨s refusÃ©.",
            "register-layer",
            "antivirus",
        ),
        (
            "failed to register layer: re-exec error: exit status 1: output: hcsshim::ImportLayer failed in Win32: There is not enough space on the disk. (0x70)",
            "0x80070070",
            "space",
        ),
        (
            "hcsshim::CreateSandboxLayer failed in Win32: The requested operation could not be completed due to a virtual disk system limitation.  Virtual hard disk files must be uncompressed and unencrypted and must not be sparse. (0xc03a001a)",
            "0xc03a001a",
            "compress",
        ),
    ]);
}

#[test]
fn the_network_service() {
    hold(&[
        (
            "C:\\Program Files\\Docker\\docker.exe: Error response from daemon: failed to create endpoint objective_hawking on network nat: HNS failed with error : Unspecified error.",
            "hns-unspecified",
            "network service",
        ),
        (
            "failed to create endpoint \"web\" on network nat: HNS failed with error : Unbekannter Fehler",
            "hns-unspecified",
            "hns",
        ),
        ("Error response from daemon: HNS failed with error : Failed to create network", "hns", "hns"),
        ("Error creating default \"nat\" network: HNS failed with error : The object already exists.", "0x80071392", "left over"),
        ("HNS failed with error : The parameter is incorrect.", "0x80070057", "hns"),
        ("hns failed with error : Access is denied.", "0x80070005", "hns"),
        (
            "failed to create endpoint a on network nat: HNS failed with error : Er is geprobeerd een bewerking uit te voeren op een verslechterd object.",
            "0x803b0017",
            "hns",
        ),
        (
            "failed to create endpoint a on network nat: hnsCall failed in Win32: 指定的端口已存在。 (0x803b0013)",
            "0x803b0013",
            "port",
        ),
        (
            "Error response from daemon: Ports are not available: exposing port TCP 0.0.0.0:80 -> 0.0.0.0:0: listen tcp 0.0.0.0:80: bind: An attempt was made to access a socket in a way forbidden by its access permissions.",
            "port-reserved",
            "excludedportrange",
        ),
        (
            "failed to create network shop_default: Error response from daemon: could not find plugin bridge in v1 plugin registry: plugin not found",
            "network-driver-missing",
            "nat",
        ),
    ]);
}

#[test]
fn what_did_not_answer_in_time() {
    hold(&[
        ("0x800705b4", "0x800705b4", "in time"),
        ("1460", "0x800705b4", "in time"),
        (
            "container 60f9 encountered an error during Start: failure in a Windows system call: This operation returned because the timeout period expired. (0x5b4)",
            "0x800705b4",
            "timed out",
        ),
        (
            "Error response from daemon: hcsshim::CreateComputeSystem f36c: This operation returned because the timeout period expired.\n(extra info: {\"SystemType\":\"Container\"})",
            "0x800705b4",
            "timed out",
        ),
        (
            "The container operating system does not match the host operating system, forcing hyperv isolation.\nCreating container DEV\nhcsshim::CreateComputeSystem 6ade: Dieser Vorgang wurde wegen Zeitüberschreitung zurückgegeben.",
            "0x800705b4",
            "timed out",
        ),
        (
            "ERROR: for bin_Rabbit_1 Cannot start service Rabbit: container 4c49 encountered an error during CreateContainer: hcsshim: timeout waiting for notification extra info: {}",
            "hcs-timeout",
            "in time",
        ),
        (
            "Error: failed to start containerd task \"web\": hcs::System::Start web: hcsshim: timeout waiting for notification: unknown",
            "hcs-timeout",
            "timed out",
        ),
        ("container 1a encountered an error during hcsshim::System::Start: context deadline exceeded", "hcs-timeout", "in time"),
        ("hcs::System::Start f9b676f74a5d: context deadline exceeded", "hcs-timeout", "in time"),
        ("{\"Error\":-2143878903}", "0x80370109", "in time"),
    ]);
}

#[test]
fn programs_that_do_not_start_or_end_badly() {
    hold(&[
        (
            "container 8cc3 encountered an error during hcsshim::System::CreateProcess: failure in a Windows system call: The system cannot find the file specified. (0x2)\n[Event Detail:  Provider: 00000000-0000-0000-0000-000000000000] extra info: {\"CommandLine\":\"powershell\"}",
            "command-not-found",
            "powershell",
        ),
        (
            "com.github.dockerjava.api.exception.BadRequestException: {\"message\":\"container 8c23 encountered an error during hcsshim::System::CreateProcess: failure in a Windows system call: Das System kann die angegebene Datei nicht finden. (0x2)\\n[Event Detail: 80070002\"}",
            "command-not-found",
            "nanoserver",
        ),
        ("exec: \"pwsh\": executable file not found in %PATH%", "command-not-found", "powershell"),
        ("hcsshim::System::CreateProcess web: The user name or password is incorrect. (0x52e)", "0x8007052e", "account"),
        ("The command 'cmd /S /C setup.exe' returned a non-zero code: 3221225781", "0xc0000135", "dll"),
        ("-1073741515", "0xc0000135", "dll"),
        ("Process exited with code 0xC0000135", "0xc0000135", "dll"),
        ("0xe0434352", "0xe0434352", "exception"),
        ("exit code -532462766", "0xe0434352", "exception"),
        ("docker.exe exited with 3762504530", "0xe0434352", ".net"),
        ("0xE06D7363", "0xe06d7363", "c++"),
        ("The command 'cmd /S /C msiexec /i a.msi' returned a non-zero code: 1603", "0x80070643", "installer"),
        ("The command 'cmd /S /C vs_buildtools.exe' returned a non-zero code: 3010", "0x80070bc2", "restart"),
        ("ExitCode: 3221225477", "0xc0000005", "memory"),
        ("exited (3221226505)", "0xc0000409", "fail fast"),
        ("Error 0xD0000022", "0xc0000022", "access denied"),
        (
            "failed to create shim task: OCI runtime create failed: container_linux.go:380: starting container process caused",
            "linux-engine",
            "linux",
        ),
        ("hcs::System::CreateProcess web: The system cannot find the file specified.: unknown", "command-not-found", "image"),
    ]);
}

#[test]
fn registries_that_give_nothing() {
    hold(&[
        (
            "Error response from daemon: pull access denied for windows/nanoserver, repository does not exist or may require 'docker login'",
            "registry-login",
            "mcr.microsoft.com",
        ),
        (
            "failed to resolve reference \"shop.azurecr.io/web:1\": failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized",
            "registry-login",
            "log in",
        ),
        (
            "InaccessibleImage: The image 'shop.azurecr.io/web:1' in container group 'g' is not accessible. Please check the image and registry credential.",
            "registry-login",
            "credentials",
        ),
        ("docker: invalid reference format.", "invalid-reference", "variable"),
        ("toomanyrequests: You have reached your pull rate limit.", "rate-limited", "login"),
        (
            "Get \"https://registry.local/v2/\": x509: certificate signed by unknown authority",
            "certificate-not-trusted",
            "certificate",
        ),
        (
            "Get \"https://mcr.microsoft.com/v2/\": dial tcp: lookup mcr.microsoft.com: no such host",
            "registry-not-reached",
            "dns",
        ),
        (
            "failed to pull and unpack image \"docker.io/shop/web:9\": failed to resolve reference \"docker.io/shop/web:9\": docker.io/shop/web:9: not found",
            "manifest-unknown",
            "tag",
        ),
        (
            "Invoke-WebRequest : The remote name could not be resolved: 'download.visualstudio.microsoft.com'",
            "dns-in-container",
            "dns",
        ),
    ]);
}

#[test]
fn short_forms_that_people_remember() {
    hold(&[
        ("no matching manifest", "no-matching-manifest", "linux"),
        ("no matching manifest for", "no-matching-manifest", "linux"),
        ("hypervisor is not present", "0xc0351000", "hypervisor"),
        ("hypervisor not present", "0xc0351000", "hypervisor"),
        ("layer with unrecognized format", "0x80370112", "layer"),
        ("exited unexpectedly", "0x80370106", "host"),
        ("does not match the host operating system", "0x80370101", "build"),
        ("the paging file is too small", "0x800705af", "memory"),
        ("container operating system does not match", "0x80370101", "build"),
        ("operation not valid in current state", "0x80370105", "starting"),
    ]);
}

/// A failure of process isolation, in the words of Docker.
const MISMATCH: &str = "docker: Error response from daemon: hcsshim::CreateComputeSystem 38b1: The container operating system does not match the host operating system.\n(extra info: {\"SystemType\":\"Container\",\"Name\":\"38b1\",\"Owner\":\"docker\"}).";

#[test]
fn what_failed_wins_over_what_is_mentioned() {
    let cases = [
        // Warnings and progress before the error.
        format!(
            "time=\"2024-05-01T10:00:00Z\" level=warning msg=\"hns failed with error : Element not found. (0x80070490)\"\n{MISMATCH}"
        ),
        format!("WARNING: no matching manifest for windows/amd64 10.0.19045 in the manifest list entries\n{MISMATCH}"),
        format!("INFO[0000] retrying after 0xc0370112\nDEBU[0000] ImagePullBackOff\n{MISMATCH}"),
        format!("PS C:\\src> wincompat explain 0xc0370112\n{MISMATCH}"),
        format!("W0821 17:37:03.003768   99524 x.go:77] hcsshim: timeout waiting for notification\n{MISMATCH}"),
        // And after it.
        format!("{MISMATCH}\nWARNING: HNS failed with error : Unspecified error"),
        format!("{MISMATCH}\nSee 'docker run --help'.\n##[debug]exit code 3221225781"),
        // What follows from it.
        format!("{MISMATCH}\nERROR: container 38b1 is not running (0xc0370110)"),
        format!("{MISMATCH}\nERROR: Error: ImagePullBackOff\nERROR: Back-off restarting failed container"),
        // A retry: the last error counts.
        format!("docker: Error response from daemon: HNS failed with error : Unspecified error\nretrying\n{MISMATCH}"),
    ];
    for text in cases {
        assert_eq!(explained(&text).id, "0x80370101", "{text}");
    }
}

#[test]
fn it_is_found_however_it_was_copied() {
    let wrapped = |width: usize| {
        let characters: Vec<char> = MISMATCH.chars().collect();
        characters.chunks(width).map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join("\r\n")
    };
    let as_json = serde_json::to_string(MISMATCH).unwrap();
    let twice = serde_json::to_string(&as_json).unwrap();
    let yaml = format!("message: >-\n  {}", wrapped(60).replace("\r\n", "\n  "));
    let cases = [
        wrapped(79),
        wrapped(37),
        wrapped(11),
        as_json,
        twice,
        yaml,
        format!("message: '{}'", MISMATCH.replace('\'', "''")),
        MISMATCH.replace(' ', " \u{1b}[31m"),
        MISMATCH.replace("does not", "\u{1b}[1;31mdoes\u{1b}[0m not"),
        MISMATCH.replace('"', "&quot;"),
        MISMATCH.lines().map(|line| format!("2024-05-01T10:00:00.1234567Z {line}\n")).collect(),
        MISMATCH.lines().map(|line| format!("> {line}\n")).collect(),
        MISMATCH.lines().map(|line| format!("web_1  | {line}\n")).collect(),
        MISMATCH.to_uppercase(),
        MISMATCH.chars().skip(90).collect(),
        MISMATCH.chars().take(120).collect(),
        "container 38b1 encountered an error during CreateContainer: failure in a Windows system call: 容器操作系统与主机操作系统不匹配。 (0xc0370101)".to_owned(),
        "encountered an error during CreateContainer: failure in a Windows system call: ƒRƒ“ƒeƒi (0xc03701\r\n01)".to_owned(),
    ];
    for text in cases {
        assert_eq!(explained(&text).id, "0x80370101", "{text}");
    }
}

/// Logs put a stamp before each line, and Azure a mark behind it: an error that is wrapped over them is one all the same.
#[test]
fn an_error_that_is_wrapped_behind_stamps_is_one() {
    const ERROR: &str = "docker: Error response from daemon: container 2f0c encountered an error during CreateContainer: failure in a Windows system call: The operating system of the container does not match the operating system of the host. (0xc0370101) extra info";
    let characters: Vec<char> = ERROR.chars().collect();
    for stamp in [
        "2026-11-29T10:00:00.1234567Z ",
        "2026-11-29T10:00:00.123456789+00:00 ",
        "2026-11-29T10:00:00.000000Z 00E ",
        "[2026-11-29T10:00:00.123Z] ",
        "Nov 29 10:00:00 web01 dockerd[123]: ",
        "##[error]",
        "2026-11-29T10:00:00.1234567Z ##[error]",
        "::error::",
        "##vso[task.logissue type=error]",
    ] {
        // The last within the number.
        for width in [79, 100, 120, 225] {
            let lines = characters.chunks(width).map(|line| format!("{stamp}{}\n", line.iter().collect::<String>()));
            let text: String = lines.collect();
            assert_eq!(explained(&text).id, "0x80370101", "{text}");
        }
    }
}

/// Wherever a pipeline breaks it.
#[test]
fn an_error_is_the_same_behind_the_mark_of_a_pipeline() {
    for mark in [
        "",
        "##[error]",
        "2026-11-29T10:00:00.1234567Z ##[error]",
        "::error::",
        "##vso[task.logissue type=error]",
        "2026-11-29T10:00:00.1234567Z ",
        "[stderr] ",
        "\u{1b}[31m",
    ] {
        for text in [
            "hcsshim::PrepareLayer failed in Win32: Incorrect function. (0x1)",
            "hcsshim::PrepareLayer failed in Win32:\nIncorrect function. (0x1)",
            "hcsshim::PrepareLayer failed in Win32: Incorrect\nfunction. (0x1)",
            "hcsshim::PrepareLayer failed in Win32: Incorrect function.\n(0x1)",
        ] {
            let text: String = text.lines().map(|line| format!("{mark}{line}\n")).collect();
            assert_eq!(explained(&text).id, "filter-driver", "{text}");
        }
    }
}

#[test]
fn a_number_that_a_log_has_cut_is_put_together() {
    for text in [
        "##[error]failure in a Windows system call (0xc037\n##[error]0112)",
        "##[error]failure in a Windows system call (0x\n##[error]c0370112)",
        // Without the beginning that says that it is hexadecimal.
        "##[error]failure in a Windows system call (c037\n##[error]0112)",
        "##[error]Exit code C0370112",
        "Nov 29 10:00:00 web01 dockerd[123]: failure in a Windows system call (0xc037\nNov 29 10:00:00 web01 dockerd[123]: 0112)",
        "time=\"2026-11-29T10:00:00Z\" level=error msg=\"failure in a Windows system call (0xc037\"\ntime=\"2026-11-29T10:00:00Z\" level=error msg=\"0112)\"",
    ] {
        assert_eq!(explained(text).id, "0x80370112", "{text}");
    }
}

#[test]
fn versions_in_the_text_decide_what_is_said() {
    let text =
        |image: &str, host: &str| format!("Container OS Version: {image} (ltsc2022)\nHost OS Version: {host} (23H2)\n{MISMATCH}");
    let newer = explained(&text("10.0.26100.1742", "10.0.20348.2529"));
    assert!(newer.meaning.contains("cannot run in any isolation mode"), "{}", newer.meaning);
    let older = explained(&text("10.0.17763.1", "10.0.20348.2529"));
    assert!(older.meaning.contains("older than the host"), "{}", older.meaning);
}
