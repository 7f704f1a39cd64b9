//! Finds the one Windows version in a text that people paste: `ver`, winver, a file's properties, `docker info`.

use std::borrow::Cow;

use crate::{Architecture, Kind, OsVersion};

use super::edition;
use super::facts::HostFacts;
use super::source::{self, Document, Format, Source, Syntax, product};
use super::{list, not_a_host, other_host, other_thing, spec};
use crate::advice::{Setting, advice};
use crate::knowledge::builds::FIRST_WINDOWS_10;
use crate::text::quoted;
use crate::{Advice, Error};

/// Any text with one Windows version, or with the name of one release alone: the format of last resort, which recognises everything.
pub(super) const FORMAT: Format = Format { syntax: Syntax::Text, recognises: |_| true, hosts };

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    let knowledge = document.knowledge;
    if let Some(line) = only_line(document.text) {
        if let Some(error) = spec::named(line.trim()).0.and_then(other_thing::error) {
            return Err(error);
        }
        // A file may hold what names a host elsewhere: `win11,24h2`, `26100,client`. What is an error there is one here.
        if let Some(facts) = spec::facts_of_line(line, knowledge) {
            return Ok(vec![facts]);
        }
        let (_, host) = spec::named(line.trim());
        let wrong = || other_host::two_names(line, knowledge).or_else(|| not_a_host::spaced_name(line, knowledge));
        if let Some(error) = spec::comma_in_version(host, knowledge).or_else(wrong) {
            return Err(error);
        }
    }
    // It may hold the name alone: `Microsoft Windows Server 2022 Datacenter`.
    let name = document.text.trim_end();
    let named = || {
        let release = knowledge.only_release_named(name)?;
        Some(HostFacts { edition: edition::id_of(name), ..HostFacts::of_release(release) })
    };
    let read = facts(document.text).or_else(|error| named().ok_or(error));
    let read = list::of_one(document.text, read, knowledge).map_err(|error| {
        let within = if error.hint.is_none() { not_a_host::release_within(&error, name, knowledge) } else { None };
        within.unwrap_or(error).or_hint(source::HINT)
    })?;
    // In one line another name is that of another host; longer texts, as logs, have them for many reasons.
    let other = only_line(document.text).and_then(|line| other_host::beside(line, read.os_version, knowledge));
    other.map_or_else(|| Ok(vec![read]), Err)
}

/// The facts that a text tells of the one Windows it names.
///
/// # Errors
///
/// A text with no version, or with two that differ.
pub(super) fn facts(text: &str) -> Result<HostFacts, Error> {
    let found = find(text);
    match found.versions.as_slice() {
        [version] => {
            let kind = kind_in_words(text).or_else(|| kind_in_short(text));
            let edition = edition::said(text).or_else(|| only_line(text).and_then(edition::of_long_term));
            let architecture = architecture_in(text);
            let version = OsVersion { revision: version.revision.or_else(|| revision_of_metric(text)), ..*version };
            Ok(HostFacts { kind, edition, architecture, ..HostFacts::of_version(version, Source::Text) })
        }
        [] if found.build_lab => Err(not_the_version(
            "a BuildLabEx",
            "its revision is the build lab's, and its build the one from before an enablement package",
        )),
        [] if found.of_powershell => Err(not_the_version(
            "the BuildVersion of PowerShell",
            "it is the version of a file of PowerShell, and its build the one from before an enablement package",
        )),
        [] if found.of_dism => Err(not_the_version(
            "a version that DISM names",
            "it is that of the tool, or of an image that may be another than the Windows that runs",
        )),
        [] => Err(Error::new("no Windows version found in this text")),
        several => Err(several_versions(several)),
    }
}

/// The error of a text with a number that is like a version and need not be that of its Windows.
fn not_the_version(number: &str, why: &str) -> Error {
    Error::new(format!("{number} alone does not tell the version of a Windows"))
        .because(why)
        .hint("give what the command `ver` prints, e.g. Microsoft Windows [Version 10.0.20348.2402]")
}

/// The revision of `windows_os_info{…,revision="2402",version="10.0.20348"}`, as windows_exporter writes it; `None` where several differ.
fn revision_of_metric(text: &str) -> Option<u32> {
    let labels = text.split("windows_os_info{").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let mut revisions = labels.map(|labels| {
        let value = labels.split(',').find_map(|label| label.trim().strip_prefix("revision=\""))?;
        value.strip_suffix('"')?.parse::<u32>().ok().filter(|revision| *revision != 0)
    });
    let first = revisions.next()??;
    revisions.all(|other| other == Some(first)).then_some(first)
}

/// The different Windows versions in a text, in the order they are met.
pub(super) fn versions(text: &str) -> Vec<OsVersion> {
    find(text).versions
}

/// The error of a text with these versions.
pub(super) fn several_versions(versions: &[OsVersion]) -> Error {
    Error::new("this text holds more than one Windows version")
        .because(format!("it names {}", listed(versions)))
        .hint(a_file_each())
}

/// The advice about a text with several hosts that cannot be told apart.
pub(super) fn a_file_each() -> Advice {
    advice!["give every host a file and a ", Setting::Host(String::new()), " of its own"]
}

/// The error of a `text` or `JSON` about several computers that does not tell the Windows of this one.
pub(super) fn without_a_windows(what: &str, name: &str) -> Error {
    Error::new(format!("this {what} is about several computers, and does not name the Windows of each"))
        .because(format!("it is not known which Windows {} runs", quoted(name)))
        .hint(Advice::from("leave out what is about that computer, or ") + a_file_each())
}

/// The error of a text with several hosts of these versions, which have no names that tell them apart.
pub(super) fn several_hosts(versions: &[OsVersion]) -> Error {
    Error::new(format!("this text holds {} hosts without a name for each", versions.len()))
        .because(format!("their versions are {}", listed(versions)))
        .hint(Advice::from("let the output have each computer's name, or ") + a_file_each())
}

/// The error of a text with hosts of these versions that all have this name.
pub(super) fn hosts_of_one_name(name: &str, versions: &[OsVersion]) -> Error {
    Error::new(format!("this text holds {} hosts with the name {}", versions.len(), quoted(name)))
        .because(format!("their versions are {}", listed(versions)))
        .hint("leave out those that are out of date, or give each a name of its own")
}

fn listed(versions: &[OsVersion]) -> String {
    versions.iter().take(8).map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// True for a number that can be the build of a Windows 10 or later: five digits, from 10240.
pub(super) fn is_build(number: u32) -> bool {
    (FIRST_WINDOWS_10..=99_999).contains(&number)
}

/// Reads `20348.2402`: a build with its revision.
pub(super) fn build_and_revision(text: &str) -> Option<OsVersion> {
    match numbers(text)?.as_slice() {
        [build, revision] if is_build(*build) => Some(OsVersion::new(10, 0, *build, Some(*revision))),
        _ => None,
    }
}

/// Reads `10.0.20348[.2402]` or the version of an older Windows, e.g. `6.3.9600`. No IPv4 address is one.
pub(super) fn full_version(text: &str) -> Option<OsVersion> {
    let version: OsVersion = text.parse().ok()?;
    let exists = match (version.major, version.minor) {
        (10, 0) => is_build(version.build),
        (6, 0..=3) => (6000..10_000).contains(&version.build),
        _ => false,
    };
    exists.then_some(version)
}

#[derive(Default)]
struct Found {
    /// Different versions, in the order they were met.
    versions: Vec<OsVersion>,
    /// True if something like `20348.1.amd64fre.fe_release.210507-1500` is there.
    build_lab: bool,
    /// True if there is the `BuildVersion` of Windows PowerShell's `$PSVersionTable`.
    of_powershell: bool,
    /// True if there are versions of DISM and of the image that it works on.
    of_dism: bool,
}

/// The first words of the output of DISM in the languages of Windows that people paste most.
const DISM: [&str; 8] = [
    "Deployment Image Servicing and Management",
    "Tool zur Imageverwaltung für die Bereitstellung",
    "Outil Gestion et maintenance des images de déploiement",
    "Herramienta Administración y mantenimiento de imágenes de implementación",
    "Ferramenta de Gerenciamento e Manutenção de Imagens de Implantação",
    "Cистема DISM",
    "展開イメージのサービスと管理ツール",
    "部署映像服务和管理工具",
];

/// The lines behind the title of DISM among which the versions of the tool and of the image are.
const LINES_OF_DISM: usize = 4;

/// The text without the versions that DISM says of itself and of its image, and whether there were any.
fn without_dism(text: &str) -> (Cow<'_, str>, bool) {
    if !DISM.iter().any(|title| text.contains(title)) {
        return (text.into(), false);
    }
    let (mut kept, mut of_it, mut has_versions) = (String::new(), 0, false);
    for line in text.lines() {
        if DISM.iter().any(|title| line.contains(title)) {
            of_it = LINES_OF_DISM;
            continue;
        }
        let is_version = of_it > 0 && line.split_once(':').is_some_and(|(_, said)| full_version(said.trim()).is_some());
        of_it = of_it.saturating_sub(1);
        has_versions |= is_version;
        if !is_version {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    (kept.into(), has_versions)
}

impl Found {
    /// Adds a version, unless the same or the same with a revision is known.
    fn add(&mut self, version: OsVersion) {
        let build = version.triple();
        let known = match version.revision {
            Some(_) => self.versions.contains(&version),
            None => self.versions.iter().any(|known| known.triple() == build),
        };
        // Beyond a handful it only matters that there are several.
        if known || self.versions.len() >= 64 {
            return;
        }
        self.versions.retain(|known| known.revision.is_some() || known.triple() != build);
        self.versions.push(version);
    }
}

/// The labels of numbers that are not a Windows, however much one looks like a build: `KB 20348.1`, `port 26100`.
pub(super) const OTHER_LABELS: [&str; 10] = ["kb", "hotfix", "port", "pid", "driver", "bios", "firmware", "size", "bytes", "app"];

/// Every Windows version in a text, by shape and, but for labels that say otherwise, not by the words around it, which are localised:
/// `10.0.26100.4061`; `26100.4061`; `10.0 20348`, as Docker prints the kernel; `Build 26100`; `10 0 20348`, the columns of
/// `[Environment]::OSVersion.Version`. A number behind a sign is not a version.
fn find(text: &str) -> Found {
    let (text, of_dism) = without_dism(text);
    let mut found = Found { of_dism, ..Found::default() };
    // The two tokens before.
    let (mut earlier, mut previous) = ("", "");
    let mut before = None;
    for token in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '.') {
        let end = token.chars().next_back().filter(|c| !c.is_ascii_alphanumeric() && *c != '.');
        let token = end.and_then(|end| token.strip_suffix(end)).unwrap_or(token);
        // What stands before the separator before this token decides whether that is a sign: `a-1` has a hyphen.
        let signed = matches!(before, Some((false, '-' | '+' | '\u{2212}')));
        // The version of a package: `Microsoft-Windows-Foundation-Package~31bf3856ad364e35~amd64~~10.0.20348.1`.
        let of_package = matches!(before, Some((_, '~')));
        before = end.map(|end| (!token.is_empty(), end)).or(before);
        // Of a number that is cut, as in the column of a table that is too narrow, nobody knows the rest.
        let is_cut = token.ends_with("..") || end == Some('…');
        let token = token.trim_matches('.');
        let token = if is_cut { token.rsplit_once('.').map_or("", |(whole, _)| whole) } else { token };
        if token.is_empty() {
            continue;
        }
        let digits = token.strip_prefix(['v', 'V']).unwrap_or(token);
        let is_of_powershell = previous.eq_ignore_ascii_case("BuildVersion") && full_version(digits).is_some();
        found.of_powershell |= is_of_powershell;
        let is_other =
            signed || of_package || is_of_powershell || OTHER_LABELS.iter().any(|label| previous.eq_ignore_ascii_case(label));
        if is_other {
            // Neither does it name what follows.
        } else if let Some(version) = full_version(digits).or_else(|| build_and_revision(digits)) {
            found.add(version);
        } else if let Some([build]) = numbers(token).as_deref() {
            if is_build(*build) && (previous == "10.0" || (earlier, previous) == ("10", "0") || names_a_build(previous)) {
                found.add(OsVersion::of_build(*build));
            }
        } else {
            found.build_lab |= is_build_lab(token);
        }
        // Between a name and its value a query of the registry writes the type.
        if !matches!(token, "REG" | "SZ") {
            (earlier, previous) = (previous, if is_other { "" } else { token });
        }
    }
    found
}

/// True for the label of a build, e.g. `Build`, `Betriebssystembuild`, `CurrentBuildNumber`.
pub(super) fn names_a_build(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    label.ends_with("build") || label.ends_with("buildnumber")
}

/// One to four decimal numbers with dots between them.
fn numbers(text: &str) -> Option<Vec<u32>> {
    let one = |part: &str| {
        let fits = (1..=9).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| part.parse().ok()).flatten()
    };
    text.split('.').take(5).map(one).collect::<Option<Vec<_>>>().filter(|numbers| numbers.len() < 5)
}

/// The beginning of a `BuildLabEx`: build, the lab's revision, architecture and flavour.
fn is_build_lab(token: &str) -> bool {
    let mut parts = token.split('.');
    let build = parts.next().and_then(|part| part.parse().ok());
    build.is_some_and(is_build)
        && parts.next().is_some_and(|part| part.parse::<u32>().is_ok())
        && parts.next().is_some_and(|part| part.ends_with("fre") || part.ends_with("chk"))
}

/// The processor that one line about a Windows tells, or a line of several with a label for it: `ansible_architecture: 32-bit`.
/// The settings of Windows say it in a column beside a label in any language: `64-bit operating system, ARM-based processor`.
fn architecture_in(text: &str) -> Option<Architecture> {
    if let Some(only) = only_line(text) {
        return product::architecture(only);
    }
    let labelled = text.lines().filter_map(|line| {
        let (label, value) = line.split_once([':', '\t']).or_else(|| line.trim_start().split_once("  "))?;
        let label: String = label.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let is_processor = ["architecture", "systemtype"].iter().any(|name| label.ends_with(name));
        // A name of a computer, `X64-PC`, has no blank.
        let is_of_settings = !line.contains(':') && value.contains("64") && value.trim().contains(' ');
        product::architecture(value).filter(|_| is_processor || is_of_settings)
    });
    let mut labelled = labelled.peekable();
    let first = *labelled.peek()?;
    labelled.all(|other| other == first).then_some(first)
}

/// The line of a text that has no other but empty ones.
fn only_line(text: &str) -> Option<&str> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.next().filter(|_| lines.next().is_none())
}

/// The longest line in which a client is named by one word, in bytes.
const LONGEST_SHORT: usize = 80;

/// A client named by one word in one line: `win11 10.0.26100`.
fn kind_in_short(text: &str) -> Option<Kind> {
    let line = only_line(text).filter(|_| text.len() <= LONGEST_SHORT)?;
    let words = || line.split(|c: char| !c.is_ascii_alphanumeric());
    let is_client = |word: &str| ["win10", "win11", "windows10", "windows11"].iter().any(|name| word.eq_ignore_ascii_case(name));
    let is_server = |word: &str| word.to_ascii_lowercase().contains("server");
    (words().any(is_client) && !words().any(is_server)).then_some(Kind::Client)
}

/// The names of servers: as products, as Configuration Manager and as Python write them.
const SERVERS: [&str; 6] =
    ["windows server", "azure stack hci", "azure local", "windows nt server", "windows nt advanced server", "server-10.0."];

/// The same for clients.
const CLIENTS: [&str; 3] = ["windows nt workstation", "windows-10-10.0.", "windows-11-10.0."];

/// The names of clients with a blank or another mark behind them; with a point they are the beginning of a version.
const NUMBERED_CLIENTS: [&str; 5] = ["windows 10", "windows 11", "windows 7", "windows 8", "windows 8.1"];
const MARKS: [char; 9] = [' ', ',', ';', ')', '"', '\n', '\r', '\t', '|'];

/// Server or client, where a product's name says it: those names are the same in every language.
pub(super) fn kind_in_words(text: &str) -> Option<Kind> {
    let text = text.to_ascii_lowercase();
    let any = |names: &[&str]| names.iter().any(|name| text.contains(name));
    let mut ends = NUMBERED_CLIENTS.iter().flat_map(|name| text.match_indices(name).map(|(at, found)| at + found.len()));
    let is_client = any(&CLIENTS) || ends.any(|end| text.get(end..).is_some_and(|rest| rest.starts_with(MARKS)));
    match (any(&SERVERS), is_client) {
        (true, false) => Some(Kind::Server),
        (false, true) => Some(Kind::Client),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_one_version_in_what_people_paste() {
        let cases = [
            ("Microsoft Windows [Version 10.0.26100.4061]", "10.0.26100.4061", None),
            ("Microsoft Windows [Versione 10.0.26100.4061]\r\n(c) Microsoft Corporation.", "10.0.26100.4061", None),
            ("Microsoft Windows [バージョン 10.0.19045.3803]", "10.0.19045.3803", None),
            ("10.0.17763.737 (WinBuild.160101.0800)", "10.0.17763.737", None),
            ("10.0 20348 (20348.1.amd64fre.fe_release.210507-1500)", "10.0.20348", None),
            ("10.0 19045 (19041.1.amd64fre.vb_release.191206-1406)", "10.0.19045", None),
            (
                "Kernel Version: 10.0 20348 (20348.1.amd64fre.fe_release.210507-1500)\n Operating System: Microsoft Windows Server \
              Version 21H2 (OS Build 20348.169)\n Server Version: 28.0.1",
                "10.0.20348.169",
                Some(Kind::Server),
            ),
            ("Version 24H2 (OS Build 26100.4061)", "10.0.26100.4061", None),
            ("Version 24H2 (Betriebssystembuild 26100.4061)", "10.0.26100.4061", None),
            ("Windows 11 Pro 24H2 (OS Build 26100.4061)", "10.0.26100.4061", Some(Kind::Client)),
            ("Windows 11 Enterprise multi-session, 10.0.26100.4061", "10.0.26100.4061", Some(Kind::Client)),
            ("Microsoft Windows NT 10.0.26100.0", "10.0.26100", None),
            // As Python writes it: `2022Server` on a server.
            ("Windows-11-10.0.26100-SP0", "10.0.26100", Some(Kind::Client)),
            ("Windows-10-10.0.17763-SP0", "10.0.17763", Some(Kind::Client)),
            ("Windows-2022Server-10.0.20348-SP0", "10.0.20348", Some(Kind::Server)),
            ("win11 10.0.26100", "10.0.26100", Some(Kind::Client)),
            ("Windows11 10.0.26100.1", "10.0.26100.1", Some(Kind::Client)),
            ("web server of win11 10.0.26100.1", "10.0.26100.1", None),
            // As Configuration Manager writes it.
            ("Microsoft Windows NT Workstation 10.0 10.0.26100", "10.0.26100", Some(Kind::Client)),
            ("Microsoft Windows NT Advanced Server 10.0 10.0.26100", "10.0.26100", Some(Kind::Server)),
            ("Microsoft Windows Server 2022 Datacenter 10.0.20348", "10.0.20348", Some(Kind::Server)),
            ("Windows Server 2022 Build 20348", "10.0.20348", Some(Kind::Server)),
            ("Azure Stack HCI 10.0.20349.1", "10.0.20349.1", Some(Kind::Server)),
            ("mcr.microsoft.com/windows/servercore:10.0.17763.437", "10.0.17763.437", None),
            ("the host is 10.0.20348.", "10.0.20348", None),
            ("v10.0.20348.2402", "10.0.20348.2402", None),
            (
                "# TYPE windows_os_info gauge\nwindows_os_info{build_number=\"20348\",product=\"Microsoft Windows Server 2022 \
                 Datacenter\",revision=\"2402\",version=\"10.0.20348\"} 1",
                "10.0.20348.2402",
                Some(Kind::Server),
            ),
            (
                "windows_os_info{revision=\"2402\",version=\"10.0.20348\"} 1\nwindows_os_info{revision=\"5329\",version=\"10.0.20348\"} 1",
                "10.0.20348",
                None,
            ),
            ("10.0.20348 at 10.0.0.4, 10.0.17.63", "10.0.20348", None),
            ("10.0.20348.2402 (10.0.20348)", "10.0.20348.2402", None),
            ("10.0.20348 (10.0.20348.2402)", "10.0.20348.2402", None),
            ("Microsoft Windows [Version 6.3.9600]", "6.3.9600", None),
            ("Major  Minor  Build  Revision\n-----  -----  -----  --------\n10     0      20348  0", "10.0.20348", None),
            ("    CurrentBuildNumber    REG_SZ    20348", "10.0.20348", None),
            ("OsBuildNumber : 20348\nBuildNumber=20348", "10.0.20348", None),
            ("windows-10.0.20348-x64", "10.0.20348", None),
            (
                "PSVersion                      7.4.2\nOS                             Microsoft Windows 10.0.22631",
                "10.0.22631",
                None,
            ),
            (
                "Microsoft Windows [Version 10.0.19045.4412]\nBuildVersion                   10.0.19041.4412",
                "10.0.19045.4412",
                None,
            ),
            ("10.0.20348 (KB 17763.1, port 26100.2, -19045.3)", "10.0.20348", None),
            ("SRV1 Windows Server 2016 10.0.14393.69...", "10.0.14393", Some(Kind::Server)),
            ("SRV1 10.0.14393.69…", "10.0.14393", None),
            (
                "Microsoft Windows [Version 10.0.19045.5247]\r\n\r\nDeployment Image Servicing and Management tool\r\nVersion: 10.0.19041.3636\r\n\r\n\
                 Image Version: 10.0.19045.5247\r\n",
                "10.0.19045.5247",
                None,
            ),
        ];
        for (text, version, kind) in cases {
            let facts = facts(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((facts.os_version.to_string(), facts.kind), (version.to_owned(), kind), "{text}");
        }
    }

    #[test]
    fn the_settings_of_windows_tell_the_processor() {
        let about = |line: &str| format!("Edition\tWindows 11 Pro\nVersion\t24H2\nOS build\t26100.3194\n{line}\n");
        for (line, expected) in [
            ("System type\t64-bit operating system, ARM-based processor", Some(Architecture::Arm64)),
            ("System type    64-bit operating system, ARM-based processor", Some(Architecture::Arm64)),
            ("System type: 64-bit operating system, ARM-based processor", Some(Architecture::Arm64)),
            ("Systemtyp\t64-Bit-Betriebssystem, ARM-basierter Prozessor", Some(Architecture::Arm64)),
            ("システムの種類\t64 ビット オペレーティング システム、x64 ベース プロセッサ", Some(Architecture::Amd64)),
            ("Device name\tX64-PC", None),
            ("Browser: Mozilla/5.0 (Windows NT 10.0; Win64; x64)", None),
        ] {
            assert_eq!(facts(&about(line)).unwrap().architecture, expected, "{line}");
        }
    }

    #[test]
    fn refuses_none_and_several() {
        let cases = [
            ("", "no Windows version"),
            ("Windows NT 10.0; Win64; x64", "no Windows version"),
            ("10.0", "no Windows version"),
            ("10.0.1", "no Windows version"),
            ("10.0.20348.2402.5", "no Windows version"),
            ("10.0.203480", "no Windows version"),
            ("11.0.22000.0", "no Windows version"),
            ("20348", "no Windows version"),
            ("Linux 6.1.0 #1 SMP", "no Windows version"),
            ("20348.1.amd64fre.fe_release.210507-1500", "BuildLabEx"),
            (
                "PSVersion                      5.1.19041.4412\nPSEdition                      Desktop\n\
                 BuildVersion                   10.0.19041.4412\nCLRVersion                     4.0.30319.42000",
                "the BuildVersion of PowerShell alone does not tell",
            ),
            (
                "Deployment Image Servicing and Management tool\nVersion: 10.0.19041.3636\n\nThe operation completed successfully.\n",
                "a version that DISM names alone does not tell",
            ),
            (
                "Tool zur Imageverwaltung für die Bereitstellung\nVersion: 10.0.19041.3636\n\nAbbildversion: 10.0.19045.5247\n",
                "a version that DISM names alone does not tell",
            ),
            (
                "Package Identity : Microsoft-Windows-Foundation-Package~31bf3856ad364e35~amd64~~10.0.19041.1",
                "no Windows version",
            ),
            ("10.0.143...", "no Windows version"),
            ("BuildVersion : 10.0.22621.2506", "the BuildVersion of PowerShell alone does not tell"),
            ("10.0.20348.1 and 10.0.26100.2", "more than one"),
            ("10.0.20348.1 and 10.0.20348.2", "more than one"),
            ("10.0.20348 and build 26100", "more than one"),
            ("10.0.20348.2402\rMicrosoft Windows [Version 10.0.17763.737]", "more than one"),
            ("Kernel Version: 10.0 20348 (x)\nKernel Version: 10.0 17763 (y)", "more than one"),
            ("10     0      20348  0\n10     0      17763  0", "more than one"),
            ("    CurrentBuild    REG_SZ    20348\n    CurrentBuild    REG_SZ    17763", "more than one"),
            ("BuildNumber=20348\nBuildNumber=17763", "more than one"),
            ("-10.0.20348", "no Windows version"),
            ("-20348.2402", "no Windows version"),
            ("+10.0.20348.1", "no Windows version"),
            ("Build -20348", "no Windows version"),
            ("Build: \u{2212}20348", "no Windows version"),
            ("KB5005039", "no Windows version"),
            ("KB 20348.1", "no Windows version"),
            ("Hotfix 20348.2402", "no Windows version"),
            ("port 10.0.20348", "no Windows version"),
            ("Build 0", "no Windows version"),
            ("10.0.99", "no Windows version"),
            ("Build 1 (10.0.1.0)", "no Windows version"),
        ];
        for (text, message) in cases {
            let error = facts(text).unwrap_err();
            assert!(error.what.contains(message), "{text}: {error}");
        }
        let error = facts("10.0.20348.1 and 10.0.26100.2").unwrap_err();
        assert_eq!(error.causes, ["it names 10.0.20348.1, 10.0.26100.2"]);
    }

    #[test]
    fn a_text_of_many_versions_is_read_in_bounded_space() {
        let text: String = (10_240..90_000).map(|build| format!("10.0.{build}.1 10.0.{build} ")).collect();
        assert_eq!(versions(&text).len(), 64);
    }
}
