# wincompat on real Windows, end to end: images are pulled and containers are run, by wincompat alone, through the real Host
# Compute Service. .github/workflows/windows.yml calls this, and so can anybody in an elevated Windows PowerShell 5.1:
#
#   cargo build --release
#   powershell -ExecutionPolicy Bypass -File tests\windows.ps1
#
# It takes a store of its own, a new folder under %ProgramData%, and removes it at the end with all that is in it; containers
# and images of other programs are not touched. It ends with 1 at the first thing that is wrong, else with 0. The traces of
# all calls, a report about the host, those about failures and the event logs of the Host Compute Service and the Host Network
# Service stay in -Logs, also of a good run. The event logs are those of the whole machine: look at them before you publish them.
#
# This was written without a Windows machine to run it on: until it has passed somewhere, what it says may be wrong, too.

param(
    # The program.
    [string]$Wincompat = (Join-Path $PSScriptRoot '..\target\release\wincompat.exe'),
    # The image, of this Windows' own build and without a working directory; Nano Server if nothing is said.
    [string]$Image = '',
    # An image of several layers, of this Windows' own build; the .NET runtime on Nano Server if nothing is said, none with 'none'.
    [string]$Layered = '',
    # Also pulls Server Core, of gigabytes, and looks for its longest paths.
    [switch]$ServerCore,
    # Where traces and outputs go.
    [string]$Logs = (Join-Path ([IO.Path]::GetTempPath()) 'wincompat-logs'),
    # Also runs containers in Hyper-V isolation, for which the feature Hyper-V must be on.
    [switch]$HyperV
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

# A word that is quoted if it must be. None here ends with a backslash or has a quote in it.
function Format-Argument([string]$Argument) {
    if ($Argument -match '^[^\s"]+$') { return $Argument }
    return '"' + $Argument + '"'
}

# Runs wincompat and waits for its end AND for the end of its output, as a program that reads a pipe does: Code, Out and Err.
function Invoke-Wincompat([string[]]$Arguments, [string]$Stdin = '', [int]$Seconds = 300) {
    $process = Start-Wincompat $Arguments
    $out = $process.StandardOutput.ReadToEndAsync()
    $err = $process.StandardError.ReadToEndAsync()
    try {
        $process.StandardInput.Write($Stdin)
        $process.StandardInput.Close()
    } catch [System.IO.IOException] {
        # It ended without reading.
        $null = $_
    }
    if (-not $process.WaitForExit($Seconds * 1000)) {
        $process.Kill()
        throw "wincompat $Arguments did not end within $Seconds s"
    }
    if (-not $out.Wait(15000)) { throw "wincompat $Arguments ended, and somebody keeps its standard output open" }
    if (-not $err.Wait(15000)) { throw "wincompat $Arguments ended, and somebody keeps its standard error open" }
    $result = New-Object PSObject -Property @{ Code = $process.ExitCode; Out = $out.Result; Err = $err.Result }
    Write-Transcript $Arguments $result
    return $result
}

# Starts wincompat.
function Start-Wincompat([string[]]$Arguments) {
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = $script:Program
    $start.Arguments = ($Arguments | ForEach-Object { Format-Argument $_ }) -join ' '
    $start.UseShellExecute = $false
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    return [System.Diagnostics.Process]::Start($start)
}

function Write-Transcript([string[]]$Arguments, $Result) {
    $text = "> wincompat $Arguments`r`n[exit code $($Result.Code)]`r`n$($Result.Out)$($Result.Err)`r`n"
    Add-Content -LiteralPath (Join-Path $Logs 'transcript.txt') -Value $text -Encoding UTF8
}

# Names what is checked next.
function Step([string]$Name) {
    $script:Current = $Name
    Write-Host "==> $Name"
}

function Assert([bool]$Holds, [string]$What) {
    if (-not $Holds) { throw $What }
}

# Runs wincompat, which must end with this code.
function Invoke-Ending([int]$Code, [string[]]$Arguments, [string]$Stdin = '') {
    $result = Invoke-Wincompat $Arguments $Stdin
    if ($result.Code -ne $Code) {
        throw "wincompat $Arguments ended with $($result.Code) and not with $Code`r`n$($result.Out)$($result.Err)"
    }
    return $result
}

# `run --rm` in process isolation, with a trace of its own.
function Invoke-Run([int]$Code, [string[]]$Options, [string[]]$Command, [string]$Stdin = '') {
    return Invoke-Ending $Code ($script:Run + @('--rm') + $Options + @($Image) + $Command) $Stdin
}

# The folders of the store's containers.
function Get-ContainerFolders {
    Get-ChildItem -LiteralPath (Join-Path $Root 'containers') -Directory -Force
}

# Asks until it is so.
function Wait-Until([scriptblock]$Condition, [string]$What, [int]$Seconds = 60) {
    $until = (Get-Date).AddSeconds($Seconds)
    while (-not (& $Condition)) {
        if ((Get-Date) -gt $until) { throw "$What did not come within $Seconds s" }
        Start-Sleep -Milliseconds 500
    }
}

function Test-Everything {
    Step 'the host can launch containers'
    $report = Invoke-Ending 0 @('host')
    Write-Host $report.Out
    $found = (Invoke-Ending 0 @('host', '--format', 'json')).Out | ConvertFrom-Json
    Assert ($found.hosts[0].host.osVersion -like "10.0.$Build.*") "host says $($found.hosts[0].host.osVersion), the registry $Build"
    $null = Invoke-Ending 0 @('check', '--isolation', 'process', $Image)
    # Before minutes are spent. What is undecided is tried.
    if ($HyperV) {
        $result = Invoke-Wincompat @('check', '--isolation', 'hyperv', $Image)
        Assert ($result.Code -ne 1) "check says no to Hyper-V isolation: $($result.Out)$($result.Err)"
    }

    Step 'a report about the host'
    $reportFile = Join-Path $Logs 'host-report.txt'
    $null = Invoke-Ending 0 @('host', '--report', $reportFile)
    $reportText = Get-Content -LiteralPath $reportFile -Raw
    foreach ($part in @('computecore.dll', 'service vmcompute', 'All calls, in order', 'HcsGetServiceProperties')) {
        Assert ($reportText.Contains($part)) "the report does not tell $part"
    }

    Step 'an image is pulled, and pulled again'
    $digest = (Invoke-Ending 0 @('pull', $Image)).Out.Trim()
    Assert ($digest -match '^sha256:[0-9a-f]{64}$') "pull printed '$digest'"
    Assert ((Invoke-Ending 0 @('pull', $Image)).Out.Trim() -eq $digest) 'the second pull printed another digest'
    $repository = [regex]::Escape(($Image -replace '[:@][^/]*$', ''))
    Assert ((Invoke-Ending 0 @('images', '--format', 'json')).Out -match $repository) 'images does not list it'

    Step 'the access list of the store'
    $acl = Get-Acl -LiteralPath $Root
    Assert $acl.AreAccessRulesProtected "$Root inherits its access list"
    $sid = [System.Security.Principal.SecurityIdentifier]
    Assert ($acl.GetOwner($sid).Value -eq 'S-1-5-32-544') "$Root belongs to $($acl.Owner)"
    $readers = (Get-Acl -LiteralPath (Join-Path $Root 'containers')).GetAccessRules($true, $true, $sid) |
        Where-Object { $_.IdentityReference.Value -in @('S-1-5-32-545', 'S-1-5-11', 'S-1-1-0') } |
        Where-Object { [int]$_.FileSystemRights -band 1 }
    Assert (-not $readers) 'Users can list the containers'

    Step 'output and exit code'
    $result = Invoke-Run 0 @() @('cmd', '/c', 'echo hello& echo trouble>&2')
    Assert ($result.Out.Trim() -eq 'hello') "its standard output is '$($result.Out)'"
    Assert ($result.Err -match 'trouble') "its standard error is '$($result.Err)'"
    $null = Invoke-Run 7 @() @('cmd', '/c', 'exit 7')

    Step 'all of a long output'
    $result = Invoke-Run 0 @() @('cmd', '/c', 'for /L %i in (1,1,20000) do @echo %i 0123456789')
    $lines = @($result.Out.Trim() -split '\r?\n')
    Assert ($lines.Count -eq 20000) "of 20000 lines $($lines.Count) came"
    Assert ($lines[19999].Trim() -eq '20000 0123456789') "the last line is '$($lines[19999])'"

    Step 'standard input'
    $result = Invoke-Run 0 @('-i') @('cmd', '/v:on', '/c', 'set /p LINE=& echo got !LINE!') "from outside`r`n"
    Assert ($result.Out -match 'got .*from outside') "it said '$($result.Out)'"

    Step 'environment, working directory, host name'
    $result = Invoke-Run 0 @('-e', 'GREETING=hello', '-w', 'C:\Windows', '--hostname', 'inside') `
        @('cmd', '/c', 'echo %GREETING%-%COMPUTERNAME%& cd')
    Assert ($result.Out -match 'hello-inside') "it said '$($result.Out)'"
    Assert ($result.Out -match 'C:\\Windows') "it said '$($result.Out)'"

    Step 'mounts'
    $share = Join-Path $Logs 'share'
    $null = New-Item -ItemType Directory -Force -Path $share
    # Everyone may write, the container's user too.
    $null = & icacls.exe $share /grant '*S-1-1-0:(OI)(CI)M'
    Set-Content -LiteralPath (Join-Path $share 'in.txt') -Value 'from the host' -Encoding ASCII
    $result = Invoke-Run 0 @('-v', "${share}:C:\data") @('cmd', '/c', 'type C:\data\in.txt& echo from inside>C:\data\out.txt')
    Assert ($result.Out -match 'from the host') "it said '$($result.Out)'"
    $written = Get-Content -LiteralPath (Join-Path $share 'out.txt') -Raw
    Assert ($written.Trim() -eq 'from inside') "it wrote '$written'"
    $null = Invoke-Run 1 @('-v', "${share}:C:\data:ro") @('cmd', '/c', 'echo no>C:\data\no.txt')
    Assert (-not (Test-Path -LiteralPath (Join-Path $share 'no.txt'))) 'a read-only mount was written to'

    $null = Invoke-Ending 0 ($script:Run + @('--rm', '-v', "$(Join-Path $share 'in.txt'):C:\one.txt", $Image, 'cmd', '/c', 'type C:\one.txt'))

    Step 'a failed call leaves a report that its last line names'
    $canary = 'canary-' + [guid]::NewGuid().ToString('N')
    $result = Invoke-Ending 127 ($script:Run + @('--rm', '-e', "TOKEN=$canary", $Image, 'no-such-program', $canary))
    $last = @($result.Err.Trim() -split '\r?\n')[-1]
    Assert ($last -match 'what Windows answered is in (.+\.txt)') "the last line is '$last'"
    $failure = Get-Content -LiteralPath $Matches[1] -Raw
    Assert ($failure.Contains('HcsCreateProcess')) 'the report does not tell the call that failed'
    Assert (-not $failure.Contains($canary)) 'the report tells the value of a variable or an argument'

    Step 'no working directory, and an unknown account'
    $result = Invoke-Run 0 @() @('cmd', '/c', 'cd')
    Assert ($result.Out.Trim() -eq 'C:\') "without a working directory it starts in '$($result.Out)'"
    $result = Invoke-Wincompat ($script:Run + @('--rm', '-u', 'nobody-of-this-name', $Image, 'cmd', '/c', 'ver'))
    Assert ($result.Code -eq 126 -and $result.Err -match 'hint: ') "it ended with $($result.Code): '$($result.Err)'"

    Step 'Ctrl-C is not needed to end what runs: rm -f'
    $null = Invoke-Ending 0 ($script:Run + @('-d', '--name', 'e2e-forced', $Image, 'cmd', '/c', 'ping -t localhost'))
    $null = Invoke-Ending 0 @('rm', '-f', 'e2e-forced')

    if ($Layered -ne 'none') {
        Step 'an image of several layers'
        Test-Layered @('--isolation', 'process')
    }

    if ($ServerCore) {
        Step 'Server Core, to its longest paths'
        Test-ServerCore
    }

    Step 'a container of another build is refused'
    $result = Invoke-Ending 125 ($script:Run + @('--rm', 'mcr.microsoft.com/windows/nanoserver:1903', 'cmd', '/c', 'ver'))
    Assert ($result.Err -match 'error: ') "it said '$($result.Err)'"

    Step 'in the background: run -d, ps, logs, exec, inspect'
    $id = (Invoke-Ending 0 ($script:Run + @('-d', '--name', 'e2e-web', $Image, 'cmd', '/c', 'ping -t localhost'))).Out.Trim()
    Assert ($id -match '^[0-9a-f]{12,}$') "run -d printed '$id'"
    Assert ((Invoke-Ending 0 @('ps', '--format', 'json')).Out -match 'e2e-web') 'ps does not list it'
    Wait-Until { (Invoke-Ending 0 @('logs', 'e2e-web')).Out.Trim() -ne '' } 'a line in the log'
    Assert ((Invoke-Ending 0 @('exec', 'e2e-web', 'cmd', '/c', 'echo inside')).Out.Trim() -eq 'inside') 'exec said something else'
    $null = Invoke-Ending 3 @('exec', 'e2e-web', 'cmd', '/c', 'exit 3')
    $null = (Invoke-Ending 0 @('inspect', 'e2e-web')).Out | ConvertFrom-Json

    Step 'stop, rm'
    $null = Invoke-Ending 0 @('stop', '-t', '5', 'e2e-web')
    Assert ((Invoke-Ending 0 @('ps', '--format', 'json')).Out -notmatch 'e2e-web') 'ps lists it although it was stopped'
    Assert ((Invoke-Ending 0 @('ps', '-a', '--format', 'json')).Out -match 'e2e-web') 'ps -a does not list it'
    $null = Invoke-Ending 0 @('rm', 'e2e-web')
    Assert ((Invoke-Ending 0 @('ps', '-a', '--format', 'json')).Out -notmatch 'e2e-web') 'ps -a lists it although it was removed'

    Step 'wait, kill'
    $null = Invoke-Ending 0 ($script:Run + @('-d', '--name', 'e2e-nine', $Image, 'cmd', '/c', 'ping localhost -n 5 >nul & exit 9'))
    Assert ((Invoke-Ending 0 @('wait', 'e2e-nine')).Out.Trim() -eq '9') 'wait printed another exit code'
    $null = Invoke-Ending 0 @('rm', 'e2e-nine')
    $null = Invoke-Ending 0 ($script:Run + @('-d', '--name', 'e2e-killed', $Image, 'cmd', '/c', 'ping -t localhost'))
    $null = Invoke-Ending 0 @('kill', 'e2e-killed')
    Wait-Until { (Invoke-Ending 0 @('ps', '--format', 'json')).Out -notmatch 'e2e-killed' } 'the end of a killed container'
    $null = Invoke-Ending 0 @('rm', 'e2e-killed')

    Step 'a published port'
    if (Test-NatNetwork) {
        $null = Invoke-Ending 0 ($script:Run + @('-d', '--name', 'e2e-port', '-p', '18080:80', $Image, 'cmd', '/c', 'ping -t localhost'))
        Assert ((Invoke-Ending 0 @('inspect', 'e2e-port')).Out -match '18080') 'inspect does not tell the port'
        $result = Invoke-Ending 0 @('exec', 'e2e-port', 'ipconfig')
        Assert ($result.Out -match '\d+\.\d+\.\d+\.\d+') "the container has no address: '$($result.Out)'"
        $null = Invoke-Ending 0 @('rm', '-f', 'e2e-port')
    } else {
        Write-Warning 'skipped: there is no NAT network; Docker''s service makes one'
    }

    if ($HyperV) {
        Step 'Hyper-V isolation'
        $null = Invoke-Ending 7 ($script:RunHyperV + @('--rm', $Image, 'cmd', '/c', 'exit 7'))
        $result = Invoke-Ending 0 ($script:RunHyperV + @('--rm', $Image, 'cmd', '/c', 'cd'))
        Assert ($result.Out.Trim() -eq 'C:\') "without a working directory it starts in '$($result.Out)'"
        $result = Invoke-Ending 0 ($script:RunHyperV + @('--rm', '-v', "${share}:C:\data", $Image, 'cmd', '/c', 'type C:\data\in.txt'))
        Assert ($result.Out -match 'from the host') "it said '$($result.Out)'"
        $ports = if (Test-NatNetwork) { @('-p', '18081:80') } else { @() }
        $null = Invoke-Ending 0 ($script:RunHyperV + @('-d', '--name', 'e2e-vm') + $ports + @($Image, 'cmd', '/c', 'ping -t localhost'))
        Assert ((Invoke-Ending 0 @('exec', 'e2e-vm', 'cmd', '/c', 'echo inside')).Out.Trim() -eq 'inside') 'exec said something else'
        $null = Invoke-Ending 0 @('stop', '-t', '10', 'e2e-vm')
        $null = Invoke-Ending 0 @('rm', 'e2e-vm')
        $null = Invoke-Ending 0 ($script:RunHyperV + @('-d', '--name', 'e2e-vm', $Image, 'cmd', '/c', 'ping -t localhost'))
        $null = Invoke-Ending 0 @('kill', 'e2e-vm')
        $null = Invoke-Ending 0 @('rm', 'e2e-vm')
        if ($Layered -ne 'none') { Test-Layered @('--isolation', 'hyperv') }
    }

    Step 'nothing is left of containers that ended'
    Assert (@(Get-ContainerFolders).Count -eq 0) "there are still $(Get-ContainerFolders)"

    Step 'prune finishes what a killed run began'
    $process = Start-Wincompat ($script:Run + @('--rm', '--name', 'e2e-orphan', $Image, 'cmd', '/c', 'ping -t localhost'))
    # A line of output says that it runs.
    $line = $process.StandardOutput.ReadLineAsync()
    Assert ($line.Wait(180000)) 'no output within 180 s'
    $process.Kill()
    $process.WaitForExit()
    Assert (@(Get-ContainerFolders).Count -eq 1) "the killed run left $(Get-ContainerFolders)"
    # HCS ends a container whose last handle was closed, but not at once: until then prune may find it busy.
    Wait-Until { $null = Invoke-Wincompat @('prune'); @(Get-ContainerFolders).Count -eq 0 } 'an empty store after prune'

    Step 'rmi takes the images and their layers'
    foreach ($one in $script:Pulled) { $null = Invoke-Ending 0 @('rmi', $one) }
    $layers = @(Get-ChildItem -LiteralPath (Join-Path $Root 'layers') -Directory -Force)
    Assert ($layers.Count -eq 0) "there are still the layers $layers"
}

# ImportLayer, links between layers, removals and the merged guest system: what only an image of several layers has.
function Test-Layered([string[]]$Isolation) {
    $before = @(Get-ChildItem -LiteralPath (Join-Path $Root 'layers') -Directory -Force).Count
    $null = Invoke-Ending 0 @('pull', $Layered)
    if ($script:Pulled -notcontains $Layered) { $script:Pulled += $Layered }
    $result = Invoke-Ending 0 (@('run', '--rm', '--trace', $Trace) + $Isolation + @($Layered, 'cmd', '/c', 'dir /s /b C:\ 2>nul'))
    $files = @($result.Out.Trim() -split '\r?\n')
    Set-Content -LiteralPath (Join-Path $Logs "files-$($Isolation[1]).txt") -Value $files -Encoding UTF8
    Assert ($files.Count -gt 1000) "only $($files.Count) files are in the container"
    # What the layers above the base have brought is in the container, to the longest paths.
    $layers = @(Get-ChildItem -LiteralPath (Join-Path $Root 'layers') -Directory -Force)
    Assert ($layers.Count -ge 2) "there are $($layers.Count) layers, and $before before"
    if ($Layered -match 'dotnet') { Assert ([bool]($files -match 'dotnet\.exe')) 'dotnet.exe is missing' }
}

# The longest paths of Server Core, as its container sees them, are readable.
function Test-ServerCore {
    $core = 'mcr.microsoft.com/windows/servercore:' + $script:Tags[$Build]
    $pulled = Invoke-Wincompat @('pull', $core) '' 3600
    Assert ($pulled.Code -eq 0) "pull ended with $($pulled.Code): $($pulled.Err)"
    $script:Pulled += $core
    $found = Invoke-Wincompat ($script:Run + @('--rm', $core, 'cmd', '/c', 'dir /s /b /a-d C:\Windows\WinSxS')) '' 3600
    Assert ($found.Code -eq 0) "dir ended with $($found.Code): $($found.Err)"
    $longest = @($found.Out.Trim() -split '\r?\n' | Sort-Object -Property Length -Descending | Select-Object -First 20)
    Set-Content -LiteralPath (Join-Path $Logs 'longest.txt') -Value $longest -Encoding UTF8
    Assert ($longest[0].Length -gt 200) "the longest path has $($longest[0].Length) characters only"
    # Its exit code is 1 where there is no such file.
    $null = Invoke-Ending 0 ($script:Run + @('--rm', $core, 'cmd', '/c', 'dir', '/b', '/a-d', $longest[0]))
}

# Whether there is a network for published ports. Where that cannot be asked, there is to be one.
function Test-NatNetwork {
    if (-not (Get-Command Get-HnsNetwork -ErrorAction SilentlyContinue)) { return $true }
    return @(Get-HnsNetwork | Where-Object { $_.Type -eq 'nat' -or $_.Type -eq 'ICS' }).Count -gt 0
}

# The event logs of the Host Compute Service and the Host Network Service, as files that the Event Viewer opens.
function Export-EventLogs {
    foreach ($log in @(& wevtutil.exe el)) {
        if ($log -notmatch '^Microsoft-Windows-(Hyper-V-Compute|Host-Network-Service)[-/](Admin|Operational)$') { continue }
        $file = Join-Path $Logs (($log -replace '/', '-') + '.evtx')
        & wevtutil.exe epl $log $file /ow:true
        if ($LASTEXITCODE -ne 0) { Write-Warning "the event log $log could not be exported: wevtutil ended with $LASTEXITCODE" }
    }
}

# Gives back what is left, whatever it was.
function Remove-Everything {
    foreach ($name in @('e2e-web', 'e2e-nine', 'e2e-killed', 'e2e-port', 'e2e-orphan', 'e2e-forced', 'e2e-vm')) {
        $null = Invoke-Wincompat @('rm', '-f', $name)
    }
    $null = Invoke-Wincompat @('prune')
    foreach ($one in $script:Pulled) { $null = Invoke-Wincompat @('rmi', $one) }
    if (Test-Path -LiteralPath $Root) {
        Remove-Item -LiteralPath $Root -Recurse -Force -ErrorAction SilentlyContinue
    }
    if (Test-Path -LiteralPath $Root) { Write-Warning "$Root could not be removed" }
}

$identity = New-Object System.Security.Principal.WindowsPrincipal ([System.Security.Principal.WindowsIdentity]::GetCurrent())
if (-not $identity.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)) {
    Write-Host 'error: process isolation needs an elevated console'
    Write-Host 'hint: open PowerShell with "Run as administrator"'
    exit 1
}
if (-not (Test-Path -LiteralPath $Wincompat)) {
    Write-Host "error: there is no $Wincompat"
    Write-Host 'hint: cargo build --release, or name the program with -Wincompat'
    exit 1
}

$Program = (Resolve-Path -LiteralPath $Wincompat).ProviderPath
$Build = [int](Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion').CurrentBuildNumber
$Tags = @{ 17763 = '1809'; 20348 = 'ltsc2022'; 26100 = 'ltsc2025' }
if ($Image -eq '') {
    if (-not $Tags.ContainsKey($Build)) {
        Write-Host "error: no image of Windows build $Build is known here"
        Write-Host 'hint: name one with -Image'
        exit 1
    }
    $Image = 'mcr.microsoft.com/windows/nanoserver:' + $Tags[$Build]
}
if ($Layered -eq '') {
    $Layered = if ($Tags.ContainsKey($Build)) { 'mcr.microsoft.com/dotnet/runtime:8.0-nanoserver-' + $Tags[$Build] } else { 'none' }
}
$null = New-Item -ItemType Directory -Force -Path $Logs
# Not longer than C:\ProgramData\wincompat, since the longest paths of Server Core leave little room for the name of the store.
do {
    $Root = Join-Path $env:ProgramData ('wt' + [guid]::NewGuid().ToString('N').Substring(0, 6))
} while (Test-Path -LiteralPath $Root)
# All commands take the store from here.
$env:WINCOMPAT_ROOT = $Root
$Trace = Join-Path $Logs 'trace.jsonl'
$Run = @('run', '--isolation', 'process', '--trace', $Trace)
$RunHyperV = @('run', '--isolation', 'hyperv', '--trace', $Trace)
# The images in the store.
$Pulled = @($Image)
$Current = 'nothing'
$failed = $false

Write-Host "Windows build $Build, $Image, store $Root, logs $Logs"
try {
    Test-Everything
    Write-Host '==> all passed'
} catch {
    $failed = $true
    Write-Host "==> FAILED: $Current"
    Write-Host $_.Exception.Message
    Write-Host $_.ScriptStackTrace
} finally {
    # Before the store goes: what the program wrote about its failures.
    $reports = Join-Path $Root 'reports'
    if (Test-Path -LiteralPath $reports) { Copy-Item -LiteralPath $reports -Destination $Logs -Recurse -Force -ErrorAction SilentlyContinue }
    # A failure of the cleaning hides none of the test.
    try { Remove-Everything } catch { Write-Warning "not all was given back: $($_.Exception.Message)" }
    try { Export-EventLogs } catch { Write-Warning "the event logs could not be exported: $($_.Exception.Message)" }
    Remove-Item Env:WINCOMPAT_ROOT
}
if ($failed) { exit 1 }
exit 0
