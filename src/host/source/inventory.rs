//! Inventories of computers, as a directory and services that manage computers export them: CSV, a table, a list or JSON with the name,
//! the system and the version of each. `Get-ADComputer`, Intune's devices, Systems Manager of AWS.
//!
//! Sources: Microsoft Learn, `Get-ADComputer` and `managedDevice` of Graph; AWS, `describe-instance-information`.

use super::product::{self, Product};
use super::records::Record;
use super::{Document, Format, Source, Syntax, systeminfo};
use crate::host::facts::HostFacts;
use crate::host::version_text::{full_version, is_build, versions};
use crate::host::{Attributes, edition, not_a_host, other_host, other_thing, spec};
use crate::knowledge::Knowledge;
use crate::text::{first_named, quoted};
use crate::{Error, Kind, OsVersion};

/// Computers, each with its name and the version of its system. Labels are compared by their letters alone: `OS version` is `osVersion`.
pub(super) const FORMAT: Format = Format { syntax: Syntax::Any, recognises, hosts };

fn recognises(document: &Document<'_>) -> bool {
    let records = document.records();
    // `systeminfo` has labels of these names too.
    let is_systeminfo = || (systeminfo::FORMAT.recognises)(document) && systeminfo::is_in(records);
    let is_host = |record: &Record| name(record).is_some() && windows(record, By::Version, document.knowledge).is_some();
    // In a table that names the release of a computer, a version in another column need not be that of its Windows.
    let names_one = |record: &Record| name(record).is_some() && windows(record, By::AnyName, document.knowledge).is_some();
    let is_table = || records.is_table && !versions(document.text).is_empty() && records.all.iter().any(names_one);
    (records.all.iter().any(is_host) || is_table()) && !is_systeminfo()
}

/// The labels of a computer's name, the surest first.
const NAMES: [&str; 12] = [
    "computername",
    "devicename",
    "hostname",
    "machinename",
    "servername",
    "vmname",
    "dnshostname",
    "computer",
    "device",
    "name",
    "host",
    "server",
];

/// The labels of the version of a system.
const VERSIONS: [&str; 6] =
    ["operatingsystemversion", "osversion", "platformversion", "osbuild", "osbuildnumber", "operatingsystembuild"];

/// Labels that others have too, as of a program's version. A whole version of Windows says what it is; a number needs the name of a
/// Windows beside it.
const COMMON_VERSIONS: [&str; 3] = ["version", "build", "buildnumber"];

/// The labels of a system: names of a release before names of a family.
const SYSTEMS: [&str; 10] = [
    "ossku",
    "operatingsystemname",
    "osname",
    "platformname",
    "caption",
    "operatingsystem",
    "osplatform",
    "os",
    "platformtype",
    "ostype",
];

/// The labels of a processor.
const PROCESSORS: [&str; 6] =
    ["osarchitecture", "operatingsystemarchitecture", "processorarchitecture", "cpuarchitecture", "architecture", "systemtype"];

/// The labels of an edition, and of its number.
const EDITIONS: [&str; 5] = ["editionid", "operatingsystemedition", "osedition", "edition", "skufamily"];
const EDITION_NUMBERS: [&str; 3] = ["skunumber", "operatingsystemsku", "osskunumber"];

/// The labels of what manages a device, and its values for devices that Intune has enrolled: clients, since it enrols no server.
const MANAGERS: [&str; 2] = ["managedby", "managementagent"];
const OF_INTUNE: [&str; 6] = ["intune", "co-managed", "mdm", "easmdm", "intuneclient", "configurationmanagerclientmdm"];

/// The value behind the first of these labels that has one.
fn value<'r>(record: &'r Record, labels: &[&str]) -> Option<&'r str> {
    value_of(record, labels, |label| Some(label))
}

/// The same, also of a label of an object within: `instanceView.osVersion`.
fn value_within<'r>(record: &'r Record, labels: &[&str]) -> Option<&'r str> {
    value_of(record, labels, |label| label.rsplit('.').next())
}

fn value_of<'r>(record: &'r Record, labels: &[&str], part: impl Fn(&str) -> Option<&str>) -> Option<&'r str> {
    let is = |known: &str, label: &str| {
        let letters = part(known).into_iter().flat_map(str::chars).filter(char::is_ascii_alphanumeric);
        letters.map(|c| c.to_ascii_lowercase()).eq(label.chars())
    };
    labels
        .iter()
        .find_map(|label| record.fields().find(|(known, value)| is(known, label) && !value.is_empty()).map(|(_, value)| value))
}

/// The name of the computer of a record. The `Name` of `Win32_OperatingSystem` is that of its Windows and its disk, with bars between;
/// that of osquery's `os_version` is that of its Windows.
pub(super) fn name(record: &Record) -> Option<&str> {
    value(record, &NAMES).filter(|name| !name.contains('|') && !name.starts_with("Microsoft Windows "))
}

/// The name of the computer of a record, by a label that cannot be that of anything else.
pub(super) fn sure_name(record: &Record) -> Option<&str> {
    const SURE: usize = 7;
    value(record, NAMES.get(..SURE).unwrap_or_default())
}

/// Server or client, by the name of a system.
fn kind_named(system: &str) -> Option<Kind> {
    Product { name: Some(system), ..Product::default() }.kind()
}

/// The name of the system under a label that is not known here, as in other languages: `Betriebssystem`, `Operating System Name and
/// Version`. `None` where values that begin with the name of a Windows do not agree on server or client.
fn system_under_any_label(record: &Record) -> Option<&str> {
    let is_system = |value: &&str| {
        let lower = value.to_ascii_lowercase();
        (lower.starts_with("windows ") || lower.starts_with("microsoft windows ")) && kind_named(value).is_some()
    };
    let mut systems = record.fields().map(|(_, value)| value).filter(is_system);
    let first = systems.next()?;
    systems.all(|other| kind_named(other) == kind_named(first)).then_some(first)
}

/// The version of a Windows in the words of such services: `10.0.20348.2402`, `10.0 (20348)`, `20348.2402`, `20348`, and `6.3 (9600)` of
/// a Windows before containers.
fn version(text: &str) -> Option<OsVersion> {
    let build = || text.parse().ok().filter(|build| is_build(*build)).map(OsVersion::of_build);
    match versions(text).as_slice() {
        [version] => Some(*version),
        [] => full_version(&text.replace(" (", ".").replace(')', "")).or_else(build),
        _ => None,
    }
}

/// The name of a system with its words apart: `WindowsServer2022` as `Windows Server 2022`.
fn spaced(name: &str) -> String {
    let mut spaced = String::new();
    for character in name.chars() {
        let begins = character.is_ascii_uppercase() || character.is_ascii_digit();
        if begins && spaced.ends_with(|before: char| before.is_ascii_lowercase()) {
            spaced.push(' ');
        }
        spaced.push(character);
    }
    spaced
}

/// What tells the Windows of a computer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// A version or a release in a column for it, as inventories have it.
    Version,
    /// Also the release that any of these columns names, in a text that is an inventory.
    AnyName,
}

/// The values of the columns of a version; of those that others have too, only where `with_common`.
fn versions_said(record: &Record, with_common: bool) -> impl Iterator<Item = &str> {
    let common = COMMON_VERSIONS.iter().filter(move |_| with_common).filter_map(move |label| value(record, &[label]));
    VERSIONS.iter().filter_map(move |label| value_within(record, &[label])).chain(common)
}

/// The Windows of a release by its name; `None` where it means several builds.
fn of_name(name: &str, knowledge: &Knowledge) -> Option<HostFacts> {
    let facts = spec::one_release(name, knowledge.releases_named(name), &Attributes::default()).ok()?;
    Some(HostFacts { source: Source::Inventory, ..facts })
}

/// The Windows whose release is named in the place of a version: `24H2` behind the name of the system, `ltsc2019` by itself; else the
/// one that the system names. A year by itself may be that of anything.
fn by_release(record: &Record, system: Option<&str>, by: By, knowledge: &Knowledge) -> Option<HostFacts> {
    let with_common = system.is_some() || by == By::AnyName;
    let of_both = |said: &str| of_name(&format!("{} {said}", system?), knowledge);
    let alone = |said: &str| of_name(said, knowledge).filter(|_| !other_host::is_year(said));
    let of_system = || of_name(system.filter(|_| by == By::AnyName)?, knowledge);
    let of_version =
        versions_said(record, with_common).find_map(of_both).or_else(|| versions_said(record, with_common).find_map(alone));
    of_version.or_else(of_system)
}

/// What a record tells of its Windows, without a look at the columns that contradict it.
fn windows(record: &Record, by: By, knowledge: &Knowledge) -> Option<HostFacts> {
    let of_windows = ["windows", "hyper-v", "azure stack", "azure local"];
    let is_windows = |system: &str| of_windows.iter().any(|name| system.to_ascii_lowercase().contains(name));
    let system = value_within(record, &SYSTEMS).map(spaced);
    // `ltsc2019` and `10.0.20348` in the column of the system are the version.
    let said = value_within(record, &SYSTEMS).filter(|said| !is_windows(said) && spec::build_of(said, knowledge).is_some());
    let system = system.filter(|_| said.is_none());
    if !system.as_deref().is_none_or(is_windows) {
        return None;
    }
    // `Windows` alone says less than another value may.
    let system = match system {
        Some(system) if kind_named(&system).is_some() => Some(system),
        system => system_under_any_label(record).map(str::to_owned).or(system),
    };
    let system = system.as_deref();
    let common = || {
        let said = |label: &&str| value(record, &[label]);
        let read = if system.is_some() { version } else { full_version };
        COMMON_VERSIONS.iter().filter_map(said).find_map(read)
    };
    let os_version = VERSIONS.iter().find_map(|label| version(value_within(record, &[label])?)).or_else(common);
    let facts = match os_version.or_else(|| version(said?)) {
        Some(os_version) => HostFacts::of_version(os_version, Source::Inventory),
        None => by_release(record, system, by, knowledge)
            .or_else(|| of_name(said.filter(|said| !other_host::is_year(said))?, knowledge))?,
    };
    let edition = system.and_then(edition::of_product).or_else(|| edition_said(record)).or_else(|| facts.edition.clone());
    let is_enrolled =
        || value(record, &MANAGERS).is_some_and(|manager| OF_INTUNE.iter().any(|known| manager.eq_ignore_ascii_case(known)));
    let kind = system.and_then(kind_named).or(facts.kind).or_else(|| edition::kind_of_id(edition.as_deref()?));
    Some(HostFacts {
        kind: kind.or_else(|| is_enrolled().then_some(Kind::Client)),
        edition,
        architecture: value(record, &PROCESSORS).and_then(product::architecture),
        ..facts
    })
}

/// The computer of a record within a sentence; empty where it has no name.
fn of_computer(record: &Record) -> String {
    name(record).map_or_else(String::new, |name| format!(" of the computer {}", quoted(name)))
}

/// The error of a computer whose release is misspelt, which would be left out.
fn misspelt(record: &Record, knowledge: &Knowledge) -> Option<Error> {
    let is_windows = value_within(record, &SYSTEMS).is_none_or(|system| system.to_ascii_lowercase().contains("windows"));
    let said = versions_said(record, is_windows).find(|said| is_windows && other_host::is_almost(said, knowledge))?;
    let whom = of_computer(record);
    Some(not_a_host::unknown_attribute(said, knowledge).within(format!("the Windows{whom} is not known")))
}

/// The error of a computer of which one column names another Windows than its version.
fn contradicts(record: &Record, os_version: OsVersion, knowledge: &Knowledge) -> Option<Error> {
    let is_another = |said: &str, read: fn(&str) -> Option<OsVersion>| match read(said) {
        Some(other) => other.build != os_version.build,
        None => other_host::names_another(said, os_version, knowledge),
    };
    let systems = SYSTEMS.iter().filter_map(|label| value_within(record, &[label])).map(spaced);
    let versions = VERSIONS.iter().filter_map(|label| value_within(record, &[label]));
    let common = COMMON_VERSIONS.iter().filter_map(|label| value(record, &[label]));
    let mut others = systems
        .filter(|said| other_host::names_another(said, os_version, knowledge))
        .chain(versions.filter(|said| is_another(said, version)).map(str::to_owned))
        .chain(common.filter(|said| is_another(said, full_version)).map(str::to_owned));
    let other = others.next()?;
    let whom = of_computer(record);
    Some(
        Error::new(format!("the columns{whom} name more than one Windows"))
            .because(format!("{} and {os_version} are not the same Windows", quoted(&other)))
            .hint("correct the row, or leave out the column that is out of date"),
    )
}

/// The error of a computer whose revision stands behind a comma: it would be lost.
fn with_comma(record: &Record, knowledge: &Knowledge) -> Option<Error> {
    let error = versions_said(record, true).find_map(|said| spec::comma_in_version(said, knowledge))?;
    Some(error.within(format!("the Windows{} is not known", of_computer(record))))
}

/// True for the name of a Windows that has no containers: one from before them, and one for other devices.
fn is_without_containers(system: &str) -> bool {
    const WORDS: &str = "95 98 me 2000 2003 2008 2011 2012 xp vista rt phone mobile ce embedded holographic subsystem";
    let lower = spaced(system).to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    not_a_host::is_before_containers(system) || words.any(|word| WORDS.split(' ').any(|known| known == word))
}

/// The error of a computer that runs Windows and does not tell its version: it would be left out. One from before containers may be.
fn lost(record: &Record) -> Option<Error> {
    const BEFORE_CONTAINERS: [&str; 4] = ["3.", "4.", "5.", "6."];
    let system = value_within(record, &SYSTEMS)?;
    let is_old = |said: &str| BEFORE_CONTAINERS.iter().any(|begin| said.starts_with(begin));
    let is_windows = system.to_ascii_lowercase().contains("windows") && !is_without_containers(system);
    (is_windows && !versions_said(record, true).any(is_old)).then(|| {
        Error::new(format!("the Windows{} is not known", of_computer(record)))
            .because(format!("its system is {}, and no version of it is named", quoted(system)))
            .hint("write the version into its row, e.g. 10.0.20348.2402, or leave that row out")
    })
}

/// The Windows of a record, with a name or without one; `None` for another system, and where its version is not told.
///
/// # Errors
///
/// Columns that contradict each other.
pub(super) fn computer(record: &Record, knowledge: &Knowledge) -> Option<Result<HostFacts, Error>> {
    let facts = windows(record, By::AnyName, knowledge)?;
    let wrong = contradicts(record, facts.os_version, knowledge).or_else(|| with_comma(record, knowledge));
    Some(wrong.map_or(Ok(facts), Err))
}

/// True for records of which one is surely a computer, with a name, a Windows and a label of systems. Drivers have names and versions too.
pub(super) fn has_computer(records: &[Record], knowledge: &Knowledge) -> bool {
    records.iter().any(|record| name(record).is_some() && tells_system(record, knowledge))
}

/// True for a record with a Windows and a label of systems.
pub(super) fn tells_system(record: &Record, knowledge: &Knowledge) -> bool {
    let has_system = || value_within(record, &SYSTEMS).or_else(|| value_within(record, &VERSIONS)).is_some();
    has_system() && windows(record, By::AnyName, knowledge).is_some()
}

/// The name of the file or the update that a record is about. A computer in a domain may be called like a file: its system is told too.
fn thing(record: &Record) -> Option<&str> {
    let is_thing = |name: &&str| {
        let is_file = || other_thing::named(name).is_some() && value_within(record, &SYSTEMS).is_none();
        other_thing::is_update(name) || is_file()
    };
    name(record).filter(is_thing)
}

/// The edition in a column of its own; `None` for a number that is not one of Home.
fn edition_said(record: &Record) -> Option<String> {
    let by_number = || edition::of_number(value(record, &EDITION_NUMBERS)?.parse().ok()?);
    value(record, &EDITIONS).and_then(edition::of_name).or_else(by_number)
}

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    let records = document.records();
    let (mut read, mut nameless) = (Vec::new(), 0);
    let (mut left, mut things): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for (index, record) in records.all.iter().enumerate() {
        let read_of_one = computer(record, document.knowledge);
        if let Some(thing) = thing(record).filter(|_| read_of_one.is_some()) {
            things.push(thing);
        } else if let Some(facts) = read_of_one {
            let facts = facts?;
            let label = name(record).map(str::to_owned);
            nameless += usize::from(label.is_none());
            read.push(HostFacts { label: label.or_else(|| Some(format!("computer {}", index + 1))), ..facts });
        } else if let Some(error) = misspelt(record, document.knowledge).or_else(|| lost(record)) {
            return Err(error);
        } else {
            left.extend(name(record));
        }
    }
    if read.is_empty()
        && let Some(error) = things.first().copied().and_then(other_thing::error)
    {
        return Err(error);
    }
    if !things.is_empty() {
        document.note(format!("left out, since files and updates are not hosts: {}", first_named(&things, things.len())));
    }
    if let Some(label) = &records.left_out {
        document.note(other_thing::note(label));
    }
    let all = records.all.len() - things.len();
    match nameless {
        0 => {}
        1 => document.note(format!("one computer of {all} has no name, and is called by its place")),
        several => document.note(format!("{several} computers of {all} have no name, and are called by their places")),
    }
    let whom = |count: usize| {
        if left.is_empty() { String::new() } else { format!(": {}", first_named(&left, count)) }
    };
    match all - read.len() {
        0 => {}
        1 => document.note(format!("one computer of {all} left out, since no version of Windows is named for it{}", whom(1))),
        several => {
            let whom = whom(several);
            document.note(format!("{several} computers of {all} left out, since no version of Windows is named for them{whom}"));
        }
    }
    records.settled(read)
}

#[cfg(test)]
mod tests {
    use crate::host::source::tests::hosts_in;
    use crate::host::{Attributes, read};
    use crate::knowledge::Knowledge;

    /// The kind, the edition and the processor of each host, with a star where they were assumed.
    fn described(text: &str) -> String {
        let hosts = read(text.as_bytes(), None, &Attributes::default(), Knowledge::built_in()).unwrap();
        let one = |host: &crate::host::Host| {
            let star = |attribute| if host.assumes(attribute) { "*" } else { "" };
            let edition = host.edition.as_deref().unwrap_or("-");
            let processor = host.architecture.as_str();
            let (kind, assumed) = (host.kind, star(crate::host::Attribute::Kind));
            format!("{kind:?}{assumed} {edition} {processor}{}", star(crate::host::Attribute::Architecture))
        };
        hosts.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn columns_of_editions_processors_and_managers_are_read() {
        for (text, expected) in [
            (
                "Device name,Managed by,OS,OS version,SKU family\nPC1,Intune,Windows,10.0.26100.4061,Professional\n\
                 PC2,Intune,Windows,10.0.26100.4061,\nPC3,,Windows,10.0.26100.4061,Home\nPC4,,Windows,10.0.26100.4061,\n",
                "Client Professional amd64*, Client - amd64*, Client Core amd64*, Server* - amd64",
            ),
            (
                r#"{"value":[{"deviceName":"A","operatingSystem":"Windows","osVersion":"10.0.26100.4061","managementAgent":"mdm","skuFamily":""},
                {"deviceName":"B","operatingSystem":"Windows","osVersion":"10.0.26100.4061","skuNumber":101,"processorArchitecture":"arm64"}]}"#,
                "Client - amd64*, Client Core arm64",
            ),
            (
                "Name,Operating System,OS Version,OS Architecture\nPC1,Microsoft Windows 11 Pro,10.0.26100,ARM 64-bit Processor\n\
                 PC2,Microsoft Windows 10 Pro,10.0.19045,32-bit\nPC3,Microsoft Windows NT Workstation 10.0,10.0.26100,64-bit\n\
                 S1,Microsoft Windows NT Advanced Server 10.0,10.0.26100,64-bit\n",
                "Client Professional arm64, Client Professional 386, Client - amd64*, Server - amd64",
            ),
            // The system under labels that are not known here, and values that do not agree.
            (
                "Name;Betriebssystem;Version\nPC1;Windows 11 Pro;10.0.26100\nS1;Windows Server 2025 Standard;10.0.26100\n",
                "Client Professional amd64*, Server ServerStandard amd64",
            ),
            (
                "\"Name\",\"Operating System Name and Version\",\"Build\"\n\
                 \"PC1\",\"Microsoft Windows NT Workstation 10.0 (Tablet Edition)\",\"10.0.26100.4061\"\n\
                 \"S1\",\"Microsoft Windows NT Server 10.0\",\"10.0.26100.4061\"\n",
                "Client - amd64*, Server - amd64",
            ),
            (
                "Name,OS,OS version,Product\nPC1,Windows,10.0.26100,Windows 11 Pro\nPC2,Windows,10.0.26100,\n",
                "Client Professional amd64*, Server* - amd64",
            ),
            ("Name,Now,Next,Version\nPC1,Windows 11 Pro,Windows Server 2025,10.0.26100.4061\n", "Server* - amd64"),
            // osquery, with the name of the computer beside it and without.
            (
                r#"[{"hostname":"pc1","build":"26100","name":"Microsoft Windows 11 Pro","platform":"windows","version":"10.0.26100"},
                {"hostname":"s1","build":"26100","name":"Microsoft Windows Server 2025 Standard","platform":"windows","version":"10.0.26100"}]"#,
                "Client Professional amd64*, Server ServerStandard amd64",
            ),
            (
                r#"[{"build":"26100","major":"10","minor":"0","name":"Microsoft Windows 11 Home","platform":"windows","version":"10.0.26100"}]"#,
                "Client Core amd64*",
            ),
        ] {
            assert_eq!(described(text), expected, "{text}");
        }
    }

    #[test]
    fn a_version_in_a_note_is_not_that_of_a_row() {
        for (text, expected) in [
            ("ComputerName,OS,Notes\nweb01,Windows Server 2022,was 10.0.17763.1\n", "web01 10.0.20348"),
            ("ComputerName,OS,SDK\nweb01,Windows Server 2022,10.0.19041.0\n", "web01 10.0.20348"),
            (
                "Name,OperatingSystem,OperatingSystemVersion\nweb01,Windows Server 2022,10.0.17763\n",
                "the columns of the computer `web01` name more than one Windows",
            ),
            (
                "Name,OperatingSystem,OperatingSystemVersion\nweb01,Windows Server 2022 Standard,10.0 (17763)\n",
                "the columns of the computer `web01` name more than one Windows",
            ),
            // What contradicts the version may stand in any column of a system or a version.
            (
                "name: web01\nos_name: Windows Server 2019\nversion: ltsc2022\n",
                "the columns of the computer `web01` name more than one Windows",
            ),
            (
                "Name,OS,OS Name,Version\nweb01,Windows Server 2019,Windows Server 2022,10.0.20348\n",
                "the columns of the computer `web01` name more than one Windows",
            ),
            (
                "Name,OSVersion,OSBuild\nweb01,10.0.20348,17763\n",
                "the columns of the computer `web01` name more than one Windows",
            ),
            (
                "Host   OS                   Note\n----   --                   ----\nweb01  Windows Server 2022  was 10.0.17763.1\n\
                 web02  Windows Server 2025  ok\n",
                "web01 10.0.20348, web02 10.0.26100",
            ),
        ] {
            assert_eq!(hosts_in(text), expected, "{text}");
        }
    }

    #[test]
    fn computers_with_their_versions_are_hosts() {
        for (text, expected) in [
            (
                "Device ID,Device name,OS,OS version,Ownership\n1,SRV01,Windows,10.0.20348.2527,Corporate\n\
                 2,PC02,Windows,10.0.19045.4529,Personal\n3,MAC1,macOS,14.5,Personal\n",
                "SRV01 10.0.20348.2527, PC02 10.0.19045.4529",
            ),
            (
                r#"{"@odata.count":2,"value":[{"deviceName":"A","operatingSystem":"Windows","osVersion":"10.0.20348.2527"},
                {"deviceName":"B","operatingSystem":"Windows","osVersion":"10.0.22631.3737"}]}"#,
                "A 10.0.20348.2527, B 10.0.22631.3737",
            ),
            (
                r#"{"InstanceInformationList":[{"InstanceId":"i-1","ComputerName":"a.example","PlatformType":"Windows",
                "PlatformName":"Microsoft Windows Server 2022 Datacenter","PlatformVersion":"10.0.20348"},
                {"InstanceId":"i-2","ComputerName":"b.example","PlatformType":"Linux","PlatformName":"Ubuntu","PlatformVersion":"22.04"}]}"#,
                "a.example 10.0.20348",
            ),
            ("Host Name;OS Build;OS\nA;20348.2527;Windows Server\nB;17763;Windows Server\n", "A 10.0.20348.2527, B 10.0.17763"),
            (
                "Name OperatingSystem      OperatingSystemVersion\n---- ---------------      ----------------------\n\
                 DC1  Windows Server 2019  10.0 (17763)\nHV1  Hyper-V Server 2019  10.0 (17763)\n",
                "DC1 10.0.17763, HV1 10.0.17763",
            ),
            // The list that `Get-ADComputer` shows by itself: each computer begins with a value that has commas.
            (
                "\r\nDistinguishedName      : CN=WEB1,OU=Servers,DC=corp,DC=example\r\nDNSHostName            : web1.corp.example\r\n\
                 Name                   : WEB1\r\nOperatingSystem        : Windows Server 2022 Standard\r\n\
                 OperatingSystemVersion : 10.0 (20348)\r\n\r\nDistinguishedName      : CN=WEB2,OU=Servers,DC=corp,DC=example\r\n\
                 DNSHostName            : web2.corp.example\r\nName                   : WEB2\r\n\
                 OperatingSystem        : Windows Server 2019 Standard\r\nOperatingSystemVersion : 10.0 (17763)\r\n",
                "web1.corp.example 10.0.20348, web2.corp.example 10.0.17763",
            ),
            // What the service of Microsoft Defender and that of Azure Arc say.
            (
                "Device Name,OS Platform,OS Version,OS Build\npc1,Windows11,24H2,26100.1742\nsrv1,WindowsServer2025,24H2,26100.1742\n",
                "pc1 10.0.26100.1742, srv1 10.0.26100.1742",
            ),
            (
                r#"[{"name":"a","osType":"windows","osName":"windows","osSku":"Windows Server 2016 Datacenter","osVersion":"10.0.14393.6981"},
                {"name":"b","osType":"windows","osSku":"Windows 11 Pro","osVersion":"10.0.22631.1"}]"#,
                "a 10.0.14393.6981, b 10.0.22631.1",
            ),
            (
                r#"[{"name":"vm1","instanceView":{"osName":"Windows Server 2022 Datacenter","osVersion":"10.0.20348.2402"}},
                {"name":"vm2","instanceView":{"osName":"Windows Server 2022 Datacenter","osVersion":"10.0.20348.2402"}}]"#,
                "vm1 10.0.20348.2402, vm2 10.0.20348.2402",
            ),
            // The version and the build in columns of their own.
            (
                "Name,OS Version,OS Build,Operating System\nA,10.0.26100,26100,Windows 11 Pro\nB,10.0.20348,20348,Windows Server 2022\n",
                "A 10.0.26100, B 10.0.20348",
            ),
            (
                r#"[{"hostname":"a","version":"10.0.26100","build":"26100"},{"hostname":"b","version":"10.0.26100","build":"26100"}]"#,
                "a 10.0.26100, b 10.0.26100",
            ),
            // A cell that is cut has no known revision.
            ("Name,OperatingSystem,OSVersion\nSRV1,Windows Server 2016,10.0.14393.69...\n", "SRV1 10.0.14393"),
            // Labels that say less, beside a Windows or before a whole version.
            ("Name,OS,Build\nA,Windows Server 2022,20348\nB,Windows Server 2019,17763\n", "A 10.0.20348, B 10.0.17763"),
            ("Server Name,OS,Version\nA,Windows Server 2022,10.0.20348.2402\n", "A 10.0.20348.2402"),
            ("hostname,version\nA,10.0.20348.2402\nB,10.0.17763.1\n", "A 10.0.20348.2402, B 10.0.17763.1"),
            ("hostname,build\nA,20348\nB,17763\n", "this text is a list with a host on each line"),
            // All properties of `Win32_OperatingSystem`.
            (
                "Name : Microsoft Windows 11 Pro|C:\\Windows|\\Device\\Harddisk0\\Partition3\nCaption : Microsoft Windows 11 Pro\n\
                 BuildNumber : 22631\nVersion : 10.0.22631\nCSName : LAP7\n",
                "LAP7 10.0.22631",
            ),
            (
                "\"Name\",\"Caption\",\"BuildNumber\",\"Version\",\"CSName\"\n\
                 \"Microsoft Windows Server 2022 Standard|C:\\Windows|\\Device\\Harddisk0\\Partition4\",\"Microsoft Windows Server 2022 Standard\",\"20348\",\"10.0.20348\",\"S1\"\n\
                 \"Microsoft Windows Server 2022 Standard|C:\\Windows|\\Device\\Harddisk0\\Partition4\",\"Microsoft Windows Server 2022 Standard\",\"20348\",\"10.0.20348\",\"S2\"\n",
                "S1 10.0.20348, S2 10.0.20348",
            ),
            // One name for two, and none.
            ("name,os,osversion\na,Windows,10.0.20348\na,Windows,10.0.17763\n", "this text holds 2 hosts with the name `a`"),
            // Columns of a list that people write themselves.
            ("Host;OS;Build\nA;Windows Server 2019;17763.8755\nB;Windows Server 2022;20348\n", "A 10.0.17763.8755, B 10.0.20348"),
            ("server,os,version\nA,Windows Server 2022,10.0.20348.2402\n", "A 10.0.20348.2402"),
            ("os,osversion\nWindows,10.0.20348\nWindows,10.0.17763\n", "this text holds 2 hosts without a name for each"),
            // Releases in the place of versions, and computers without a name.
            ("Name,OS,Version\nA,Windows Server,10.0.20348.2402\nB,Windows,ltsc2019\n", "A 10.0.20348.2402, B 10.0.17763"),
            (
                "Name,OS,Version\nA,Windows 11,24H2\nB,Windows Server,2019\nC,Windows,25H2\n",
                "A 10.0.26100, B 10.0.17763, C 10.0.26200",
            ),
            ("hostname,version\nA,10.0.20348.2402\nB,ltsc2019\n", "A 10.0.20348.2402, B 10.0.17763"),
            ("hostname,version\nA,10.0.20348.2402\nB,ltsc22\n", "the Windows of the computer `B` is not known"),
            (
                "Name,OperatingSystem,OperatingSystemVersion\nA,Windows Server 2022,10.0 (20348)\nB,Windows Server 2019 Standard,\n",
                "A 10.0.20348, B 10.0.17763",
            ),
            ("name,os,osversion\nA,Windows,10.0.20348.1\n,Windows,10.0.17763.1\n", "A 10.0.20348.1, computer 2 10.0.17763.1"),
            // Two lists of one document.
            (
                r#"{"servers": [{"name": "A", "osVersion": "10.0.20348.1"}], "computers": [{"name": "B", "osVersion": "10.0.20348.1"}]}"#,
                "B 10.0.20348.1, A 10.0.20348.1",
            ),
            // A year by itself may be that of anything.
            ("name,os,osversion\nA,Windows,10.0.20348.1\nB,2019,\nC,ltsc2019,\n", "A 10.0.20348.1, C 10.0.17763"),
            // Keys beside the items of YAML, and several lists of them.
            (
                "version: 1\nhosts:\n  - name: A\n    version: 10.0.20348.2402\n  - name: B\n    version: 10.0.20348.2402\nupdated: today\n",
                "A 10.0.20348.2402, B 10.0.20348.2402",
            ),
            (
                "prod:\n  - name: A\n    version: 10.0.20348.2402\ntest:\n- name: B\n  version: 10.0.20348.2402\n",
                "A 10.0.20348.2402, B 10.0.20348.2402",
            ),
            (
                "version: 10.0.17763.1\nhosts:\n  - name: A\n    version: 10.0.20348.2402\n",
                "this text holds more than one Windows version",
            ),
        ] {
            assert_eq!(hosts_in(text), expected, "{text}");
        }
    }
}
