//! Pastes about the machine, the engine's programs and the build: what fails before image and host meet. Names and ids are made up; the
//! words are those of the tools.

use super::kinds::hold;
use super::*;

#[test]
fn a_file_that_is_not_in_the_build_context() {
    hold(&[
        (
            "ERROR: failed to solve: failed to compute cache key: failed to calculate checksum of ref 6f0d4b1c::xyz: \"/app.exe\": not found",
            "not-in-build-context",
            ".dockerignore",
        ),
        (
            " > [2/3] COPY app.exe C:/app/:\n------\nERROR: failed to solve: failed to compute cache key: failed to calculate checksum of ref 6f0d4b1c-5a::k3: failed to walk C:\\Windows\\SystemTemp\\buildkit-mount1: lstat app: The system cannot find the file specified.",
            "not-in-build-context",
            "docker build",
        ),
        (
            "failed to solve: rpc error: code = Unknown desc = failed to compute cache key: \"/bin/Release\" not found: not found",
            "not-in-build-context",
            "bin/release",
        ),
        ("failed to compute cache key: \"/bin/Release\" not found: not found", "not-in-build-context", "bin/release"),
        (
            "COPY failed: file not found in build context or excluded by .dockerignore: stat app/: file does not exist",
            "not-in-build-context",
            "context",
        ),
        (
            "Step 2/3 : COPY app.exe C:/app/\nCOPY failed: CreateFile \\\\?\\C:\\ProgramData\\docker\\tmp\\docker-builder314\\app.exe: The system cannot find the file specified.",
            "not-in-build-context",
            "context",
        ),
        // A base image that is not there is still a tag that the registry does not have.
        (
            "ERROR: failed to solve: mcr.microsoft.com/windows/nanoserver:ltsc2029: failed to resolve source metadata for mcr.microsoft.com/windows/nanoserver:ltsc2029: mcr.microsoft.com/windows/nanoserver:ltsc2029: not found",
            "manifest-unknown",
            "tag",
        ),
        // A layer that cannot be mounted is no file that is missing.
        (
            "failed to solve: failed to compute cache key: failed to mount C:\\Windows\\SystemTemp\\buildkit: hcsshim::ActivateLayer failed in Win32: The container image contains a layer with an unrecognized format. (0xc0370112)",
            "0x80370112",
            "layer",
        ),
    ]);
}

#[test]
fn what_a_build_does_not_find() {
    hold(&[
        ("ERROR: failed to solve: secret npmrc: not found", "build-secret-missing", "--secret id=name"),
        (
            "ERROR: failed to solve: failed to extract layer sha256:0a1b: content digest sha256:9c2f: not found",
            "content-missing",
            "docker builder prune",
        ),
        (
            "failed to unpack image on snapshotter windows: failed to extract layer sha256:0a1b: NotFound: failed to get reader from content store: content digest sha256:9c2f: not found",
            "content-missing",
            "docker pull image",
        ),
        (
            "ERROR: failed to solve: mcr.microsoft.com/windows/servercore:ltsc2016: mcr.microsoft.com/windows/servercore:ltsc2016: not found",
            "manifest-unknown",
            "tag",
        ),
        ("failed to solve: docker.io/library/nosuch:1: not found", "manifest-unknown", "tag"),
        (
            "failed to solve with frontend dockerfile.v0: failed to create LLB definition: docker.io/library/nosuch:1: not found",
            "manifest-unknown",
            "tag",
        ),
    ]);
    for text in [
        "ERROR: failed to solve: failed to prepare 0a1b as 2c3d: parent snapshot sha256:0a1b does not exist: not found",
        "ERROR: failed to solve: failed to push reg.corp/web:1: server message: name unknown: repository not found: not found",
        "ERROR: failed to solve: failed to parse platform windows/amd64/ltsc2022: \"ltsc2022\": unknown: not found",
    ] {
        assert_eq!(explain(text, &context()), None, "{text}");
    }
}

#[test]
fn a_layer_that_another_program_holds() {
    hold(&[
        (
            "failed to prepare extraction snapshot \"extract-1 sha256:abc\": failed to get sandbox layer: hcsshim::CreateScratchLayer failed in Win32: The process cannot access the file because it is being used by another process. (0x20)",
            "layer-in-use",
            "sharing violation",
        ),
        (
            "failed to register layer: hcsshim::ImportLayer failed in Win32: Der Prozess kann nicht zugreifen. (0x20)",
            "layer-in-use",
            "antivirus",
        ),
        (
            "failed to register layer: hcsshim::ImportLayer failed in Win32: Access is denied. (0x5)",
            "layer-access-denied",
            "access is denied",
        ),
        (
            "hnsCall failed in Win32: The process cannot access the file because it is being used by another process. (0x20)",
            "0x80070020",
            "port",
        ),
    ]);
}

#[test]
fn a_program_of_the_engine_that_is_missing() {
    hold(&[
        (
            "exec: \"containerd-shim-runhcs-v1\": executable file not found in %PATH%",
            "engine-program-missing",
            "containerd-shim-runhcs-v1.exe",
        ),
        (
            "failed to create containerd task: failed to start shim: exec: \"containerd-shim-runhcs-v1\": executable file not found in %PATH%: unknown",
            "engine-program-missing",
            "containerd-shim-runhcs-v1.exe",
        ),
        (
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create containerd task: failed to start shim: start failed: exec: \"containerd-shim-runhcs-v1.exe\": executable file not found in %PATH%: unknown",
            "engine-program-missing",
            "not a program in the image",
        ),
        (
            "ctr: failed to start shim: failed to resolve runtime path: runtime \"io.containerd.runhcs.v1\" binary not installed \"containerd-shim-runhcs-v1.exe\": file does not exist: unknown",
            "engine-program-missing",
            "restart-service containerd",
        ),
        ("exec: \"docker-buildx\": executable file not found in %PATH%", "engine-program-missing", "plugin"),
        ("exec: \"docker-compose.exe\": executable file not found in %PATH%", "engine-program-missing", "plugin"),
        // The name of such a program in a command is not what is missing.
        ("docker-buildx build . : exec: \"pwsh\": executable file not found in %PATH%", "command-not-found", "powershell"),
        (
            "error getting credentials - err: exec: \"docker-credential-desktop.exe\": executable file not found in %PATH%",
            "credential-helper",
            "config.json",
        ),
    ]);
}

#[test]
fn a_dockerfile_for_windows_on_a_linux_engine() {
    hold(&[
        (
            "ERROR: failed to solve: process \"/bin/sh -c powershell -Command Get-Date\" did not complete successfully: exit code: 127",
            "linux-engine",
            "windows containers",
        ),
        (
            "The command '/bin/sh -c powershell -Command Install-WindowsFeature Web-Server' returned a non-zero code: 127",
            "linux-engine",
            "windows containers",
        ),
        ("The command '/bin/sh -c cmd /S /C dir' returned a non-zero code: 127", "linux-engine", "switchdaemon"),
        (
            "process \"/bin/sh -c choco install git -y\" did not complete successfully: exit code: 127",
            "linux-engine",
            "switchdaemon",
        ),
    ]);
    for text in [
        "The command '/bin/sh -c mvn package' returned a non-zero code: 127",
        "The command '/bin/sh -c cmd/cli/build.sh' returned a non-zero code: 127",
        "ERROR: failed to solve: process \"/bin/sh -c apt-get install cmdtest\" did not complete successfully: exit code: 127",
        "ERROR: failed to solve: process \"/bin/sh -c npm ci\" did not complete successfully: exit code: 1",
    ] {
        assert_eq!(explain(text, &context()), None, "{text}");
    }
}

#[test]
fn what_podman_and_crun_print() {
    hold(&[
        (
            "WARNING: image platform (windows/amd64) does not match the expected platform (linux/amd64)",
            "windows-on-linux",
            "windows host",
        ),
        (
            "WARNING: image platform (linux/amd64) does not match the expected platform (windows/amd64)",
            "linux-on-windows",
            "linux",
        ),
        (
            "WARNING: image platform (linux/amd64) does not match the expected platform (linux/arm64)",
            "wanted-other-platform",
            "processor",
        ),
        (
            "Error: crun: executable file `cmd` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found",
            "linux-engine",
            "linux containers",
        ),
    ]);
}

#[test]
fn an_engine_that_is_not_reached() {
    hold(&[
        (
            "request returned 500 Internal Server Error for API route and version http://%2F%2F.%2Fpipe%2FdockerDesktopLinuxEngine/v1.48/containers/json, check if the server supports the requested API version",
            "docker-not-reached",
            "500 internal server error",
        ),
        (
            "request returned Internal Server Error for API route and version http://%2F%2F.%2Fpipe%2Fdocker_engine/v1.24/info, check if the server supports the requested API version",
            "docker-not-reached",
            "restart",
        ),
        (
            "permission denied while trying to connect to the docker API at npipe:////./pipe/docker_engine",
            "docker-not-reached",
            "elevated prompt",
        ),
        (
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get \"http://%2Fvar%2Frun%2Fdocker.sock/v1.24/containers/json\": dial unix /var/run/docker.sock: connect: permission denied",
            "docker-not-reached",
            "sudo docker",
        ),
        (
            "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory",
            "docker-not-reached",
            "start",
        ),
        (
            "Hyper-V and Containers features are not enabled. Do you want to enable them for Docker to be able to work properly?",
            "containers-feature",
            "enable-windowsoptionalfeature",
        ),
        (
            "Containers feature is not enabled. Do you want to enable it for Docker to be able to work properly?",
            "containers-feature",
            "enable-windowsoptionalfeature",
        ),
        (
            "Hyper-V feature is not enabled. Do you want to enable it for Docker to be able to work properly?",
            "virtualization-off",
            "microsoft-hyper-v",
        ),
    ]);
}

#[test]
fn a_client_that_is_not_installed() {
    let client = "docker-client-missing";
    hold(&[
        ("'docker' is not recognized as an internal or external command,\r\noperable program or batch file.", client, "path"),
        (
            "docker : The term 'docker' is not recognized as the name of a cmdlet, function, script file, or operable program.",
            client,
            "where.exe docker",
        ),
        (
            "docker: The term 'docker' is not recognized as a name of a cmdlet, function, script file, or executable program.",
            client,
            "path",
        ),
        ("Der Befehl \"docker\" ist entweder falsch geschrieben oder\nkonnte nicht gefunden werden.", client, "path"),
        (
            "docker : 用語 'docker' は、コマンドレット、関数、スクリプト ファイル、または操作可能なプログラムの名前として認識されません。",
            client,
            "where.exe docker",
        ),
        (
            "'docker' は、内部コマンドまたは外部コマンド、\n操作可能なプログラムまたはバッチ ファイルとして認識されていません。",
            client,
            "path",
        ),
        ("docker : 无法将“docker”项识别为 cmdlet、函数、脚本文件或可运行程序的名称。", client, "path"),
        (
            "docker : 'docker' 용어가 cmdlet, 함수, 스크립트 파일 또는 실행할 수 있는 프로그램 이름으로 인식되지 않습니다.",
            client,
            "path",
        ),
        (
            "docker : Имя \"docker\" не распознано как имя командлета, функции, файла сценария или выполняемой программы.",
            client,
            "path",
        ),
        (
            "docker : O termo 'docker' não é reconhecido como nome de cmdlet, função, arquivo de script ou programa operável.",
            client,
            "path",
        ),
        (
            "docker : Termine 'docker' non riconosciuto come nome di cmdlet, funzione, programma eseguibile o file script.",
            client,
            "path",
        ),
        (
            "\"docker\" не является внутренней или внешней\r\nкомандой, исполняемой программой или пакетным файлом.",
            client,
            "path",
        ),
        ("'docker'은(는) 내부 또는 외부 명령, 실행할 수 있는 프로그램, 또는\r\n배치 파일이 아닙니다.", client, "path"),
        (
            "'docker' não é reconhecido como um comando interno\r\nou externo, um programa operável ou um arquivo em lotes.",
            client,
            "path",
        ),
        (
            "\"docker\" non è riconosciuto come comando interno o esterno,\r\n un programma eseguibile o un file batch.",
            client,
            "path",
        ),
        ("'docker-compose' is not recognized as an internal or external command", client, "docker compose"),
        ("exec: \"docker\": executable file not found in %PATH%", client, "path"),
        ("The command 'docker' could not be found in this WSL 2 distro.", client, "integration"),
        // In a step of a build, it is the image that has no Docker.
        (
            "'docker' is not recognized as an internal or external command,\r\noperable program or batch file.\nThe command 'cmd /S /C docker version' returned a non-zero code: 1",
            "command-not-found",
            "image",
        ),
    ]);
}

#[test]
fn an_error_that_says_why_has_its_own_cause_first() {
    for (text, id, cause, step) in [
        (
            "failed to register layer: write \\\\?\\C:\\ProgramData\\docker\\windowsfilter\\0a1b\\Files\\Windows\\System32\\a.dll: There is not enough space on the disk.",
            "0x80070070",
            "fill the disk",
            "Free space",
        ),
        (
            "hcsshim::ImportLayer failed in Win32: Espace insuffisant sur le disque. (0x70)",
            "0x80070070",
            "fill the disk",
            "Free space",
        ),
        ("failed to extract layer sha256:0a1b: (0x80070070)", "0x80070070", "fill the disk", "Free space"),
        (
            "failed to register layer: hcsshim::ImportLayer failed in Win32: Data error (cyclic redundancy check). (0x17)",
            "0x80070017",
            "The disk fails",
            "check it",
        ),
        (
            "container 5d1d encountered an error during CreateContainer: hcs::CreateComputeSystem 5d1d: Insufficient system resources exist to complete the requested service. (0x5aa)",
            "0x800705aa",
            "short of memory",
            "Stop other virtual machines",
        ),
        (
            "hcs::CreateComputeSystem 5d1d: The paging file is too small for this operation to complete. (0x5af)",
            "0x800705af",
            "short of memory",
            "enlarge the page file",
        ),
        (
            "hcsshim::CreateComputeSystem 5d1d: Not enough memory resources are available to process this command. (0x8)",
            "0x80070008",
            "short of memory",
            "enlarge the page file",
        ),
    ] {
        let explanation = explained(text);
        assert_eq!(explanation.id, id, "{text}");
        assert!(explanation.meaning.starts_with("It failed while "), "{text}: {}", explanation.meaning);
        assert!(explanation.causes[0].contains(cause), "{text}: {:?}", explanation.causes);
        assert!(explanation.steps[0].contains(step), "{text}: {:?}", explanation.steps);
        assert!(
            !explanation.causes.iter().any(|cause| cause.contains("newer than the host")),
            "{text}: {:?}",
            explanation.causes
        );
    }
    // An error that says little still has the causes of what was being done.
    let explanation =
        explained("failed to register layer: hcsshim::ImportLayer failed in Win32: The parameter is incorrect. (0x57)");
    assert!(explanation.causes[0].contains("newer than the host"), "{:?}", explanation.causes);
}
