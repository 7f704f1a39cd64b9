//! The output of `systeminfo` in any language: recognised by the shape `10.0.N … N`, not by its labels.

use super::records::{self, Record, Records};
use super::{Document, Format, Source, Syntax, Text, product};
use crate::host::facts::HostFacts;
use crate::host::version_text::{full_version, kind_in_words};
use crate::host::{Availability, edition, version_text};
use crate::knowledge::Knowledge;
use crate::{Error, OsVersion};

/// The output of `systeminfo` on one machine; as CSV or table, on several.
pub(super) const FORMAT: Format = Format { syntax: Syntax::Text, recognises: |document| recognises(document.text), hosts };

/// The number of lines before that of the version which may name the product: it is the line before, unless something was wrapped.
const LINES_BEFORE: usize = 2;

/// The label of the version of a driver, which a summary of the system has beside that of Windows.
const DRIVER: &str = "Hardware Abstraction Layer";

/// Recognises a line with a version.
fn recognises(text: &str) -> bool {
    text.lines().any(|line| version(line).is_some())
}

/// True where one value of these records, or a line beside them, has the shape. In an inventory, one column may have the version and
/// another the build.
pub(super) fn is_in(records: &Records) -> bool {
    let mut values = records.all.iter().flat_map(Record::fields).map(|(_, value)| value);
    values.any(|value| version(value).is_some()) || recognises(&records.rest)
}

/// The hosts of a `systeminfo` output.
///
/// # Errors
///
/// Several machines without a row for each, or other versions beside it.
fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    let rows: Vec<HostFacts> = document.records().all.iter().filter_map(of_record).collect();
    let text: String = document.text.split_inclusive('\n').filter(|line| !line.contains(DRIVER)).collect();
    let mut versions = text.lines().enumerate().filter_map(|(at, line)| Some((at, version(line)?)));
    let Some((at, os_version)) = versions.next() else { return Ok(Vec::new()) };
    let all = version_text::versions(&text);
    if let Some((_, second)) = versions.next() {
        let count = 2 + versions.count();
        let is_each = |version: &OsVersion| rows.iter().any(|host| host.os_version.triple() == version.triple());
        if rows.len() == count && records::are_named(&rows) && all.iter().all(is_each) {
            return Ok(rows);
        }
        if let Some(hosts) = one_below_the_other(&text, document.knowledge) {
            return Ok(hosts);
        }
        return Err(Error::new(format!("this output of systeminfo holds {count} hosts"))
            .because(format!("the first two are {os_version} and {second}"))
            .hint(version_text::a_file_each()));
    }
    // Another host may stand beside it in another form, or on the same line. The same version with its revision is a gain.
    let os_version = match all.as_slice() {
        [one] if one.triple() == os_version.triple() => *one,
        _ => return Err(version_text::several_versions(&all)),
    };
    let row = rows.into_iter().find(|host| host.os_version.triple() == os_version.triple());
    let first = at.saturating_sub(LINES_BEFORE);
    let around: Vec<&str> = text.lines().skip(first).take(at + 1 - first).collect();
    let around = around.join("\n");
    let of_lines = HostFacts {
        kind: kind_in_words(&around),
        edition: edition::said(&around),
        architecture: product::architecture(&text),
        hyperv: lists_requirements(&text).then_some(Availability::Unavailable),
        ..HostFacts::of_version(os_version, Source::Systeminfo)
    };
    Ok(vec![match row {
        Some(row) => HostFacts {
            label: row.label,
            edition: of_lines.edition.clone().or(row.edition),
            hyperv: row.hyperv.or(of_lines.hyperv),
            ..of_lines
        },
        None => of_lines,
    }])
}

/// The hosts of several outputs, one below the other, as a loop over servers writes them with `systeminfo /s WEB01 >> all.txt`. Each
/// begins with the name of its machine, before the lines of the product and of the version. `None` where that is not so.
fn one_below_the_other(text: &str, knowledge: &Knowledge) -> Option<Vec<HostFacts>> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let has_version = |line: &&&str| version(line).is_some();
    let of_versions = lines.iter().enumerate().filter(|(_, line)| has_version(line)).map(|(at, _)| at);
    let next = of_versions.skip(1).map(|at| at.saturating_sub(LINES_BEFORE)).chain([lines.len()]);
    let (mut found, mut begin) = (Vec::new(), 0);
    for end in next {
        let part = lines.get(begin..end)?;
        begin = end;
        // Rows of a table stand closer together.
        if part.iter().filter(has_version).count() != 1 {
            return None;
        }
        found.extend(hosts(&Document::new(&Text::of(&part.concat()), knowledge)).ok()?);
    }
    records::are_named(&found).then_some(found)
}

/// The facts of one record. In every language the host's name stands first, the product's second, the version third.
fn of_record(record: &Record) -> Option<HostFacts> {
    let fields: Vec<(&str, &str)> = record.fields().collect();
    let at = fields.iter().position(|(_, value)| version(value).is_some())?;
    let (_, os_version) = fields.get(at)?;
    let (_, name) = fields.get(at.checked_sub(1)?)?;
    let label = at.checked_sub(2).and_then(|at| fields.get(at)).map(|(_, value)| *value);
    Some(HostFacts {
        label: label.filter(|label| is_name(label)).map(str::to_owned),
        kind: kind_in_words(&format!("{name} ")),
        edition: edition::of_product(name),
        architecture: product::architecture(&record.text()),
        hyperv: hyperv(&fields),
        ..HostFacts::of_version(version(os_version)?, Source::Systeminfo)
    })
}

/// True for a name that a computer can have.
fn is_name(text: &str) -> bool {
    (1..=63).contains(&text.chars().count()) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Hyper-V, by the last line in every language: where a hypervisor runs, it is one sentence; else it lists what Hyper-V needs, each
/// with a colon, and no hypervisor runs. That one runs says nothing: every virtual machine has one below it.
fn hyperv(fields: &[(&str, &str)]) -> Option<Availability> {
    let (_, requirements) = fields.iter().find(|(label, _)| label.contains("Hyper-V"))?;
    requirements.contains([':', '：']).then_some(Availability::Unavailable)
}

/// True for a summary of the system (`msinfo32`) with a row for each thing that Hyper-V needs: `Hyper-V - VM Monitor Mode Extensions`,
/// a tab, `Yes`. It has them where no hypervisor runs.
fn lists_requirements(text: &str) -> bool {
    text.lines().any(|line| {
        line.trim_start().starts_with("Hyper-V") && line.split_once('\t').is_some_and(|(_, value)| !value.trim().is_empty())
    })
}

/// The version in a line such as `OS Version: 10.0.26100 N/A Build 26100`: a version whose build follows once more. There is no
/// revision in it.
fn version(line: &str) -> Option<OsVersion> {
    let mut tokens = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    let version = tokens.by_ref().find_map(full_version).filter(|version| version.revision.is_none())?;
    let again = version.build.to_string();
    tokens.any(|token| token == again).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::source::tests::hosts_in;
    use crate::host::{Attributes, Host, read};

    fn host(text: &str) -> Host {
        read(text.as_bytes(), None, &Attributes::default(), Knowledge::built_in()).unwrap().remove(0)
    }

    /// What is to be done for Hyper-V isolation.
    fn steps(host: &Host) -> String {
        host.prerequisites(None, None).iter().flat_map(|one| &one.fix).map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn outputs_one_below_the_other_are_hosts_with_names() {
        let of = |name: &str, version: &str| {
            format!(
                "\r\nHost Name:                 {name}\r\nOS Name:                   Microsoft Windows Server Standard\r\n\
                 OS Version:                10.0.{version} N/A Build {version}\r\nSystem Type:               x64-based PC\r\n"
            )
        };
        let both = of("WEB01", "20348") + &of("WEB02", "17763");
        assert_eq!(hosts_in(&both), "WEB01 10.0.20348, WEB02 10.0.17763");
        assert_eq!(hosts_in(&(of("WEB01", "20348") + &of("WEB02", "20348"))), "WEB01 10.0.20348, WEB02 10.0.20348");
        let typed =
            format!("C:\\>systeminfo /s WEB01\r\n{}C:\\>systeminfo /s WEB02\r\n{}", of("WEB01", "20348"), of("WEB02", "17763"));
        assert_eq!(hosts_in(&typed), "WEB01 10.0.20348, WEB02 10.0.17763");
        let same = of("WEB01", "20348") + &of("WEB01", "17763");
        assert_eq!(hosts_in(&same), "this output of systeminfo holds 2 hosts");
        let nameless = "OS Version: 10.0.20348 N/A Build 20348\nOS Version: 10.0.17763 N/A Build 17763\n";
        assert_eq!(hosts_in(nameless), "this output of systeminfo holds 2 hosts");
        let other = format!("Microsoft Windows [Version 10.0.26100.1]\r\n{both}");
        assert_eq!(hosts_in(&other), "this output of systeminfo holds 2 hosts");
    }

    #[test]
    fn hyperv_is_not_there_where_its_requirements_are_listed() {
        let summary = "OS Name\tMicrosoft Windows 10 Pro\r\nVersion\t10.0.19045 Build 19045\r\nSystem Name\tWEB01\r\n";
        for text in [
            "Host Name:                 WEB01\nOS Name:                   Microsoft Windows 10 Pro\nOS Version:                10.0.19045 N/A Build 19045\n\
             Hyper-V Requirements:      VM Monitor Mode Extensions: Yes\n                           Virtualization Enabled In Firmware: No\n"
                .to_owned(),
            format!("{summary}Hyper-V - VM Monitor Mode Extensions\tYes\r\nHyper-V - Virtualization Enabled in Firmware\tNo\r\n"),
            "OsName : Microsoft Windows 10 Pro\nOsVersion : 10.0.19045\nHyperVRequirementVirtualizationFirmwareEnabled : False\n".to_owned(),
        ] {
            let host = host(&text);
            assert_eq!(host.hyperv, Availability::Unavailable, "{text}");
            assert!(!host.assumed.contains(&crate::host::Attribute::Hyperv), "{text}");
            assert!(steps(&host).contains("enabled in the firmware"), "{}", steps(&host));
        }
        for text in [
            format!("{summary}A hypervisor has been detected. Features required for Hyper-V will not be displayed.\t\r\n"),
            summary.to_owned(),
            "OsName : Microsoft Windows 10 Pro\nOsVersion : 10.0.19045\nHyperVRequirementVirtualizationFirmwareEnabled : \n"
                .to_owned(),
        ] {
            let host = host(&text);
            assert_eq!(host.hyperv, Availability::Available, "{text}");
            assert!(!steps(&host).contains("firmware"), "{}", steps(&host));
        }
    }
}
