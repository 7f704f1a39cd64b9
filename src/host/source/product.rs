//! Windows by the name of the product and the label of its build, where nothing says the version itself.

use crate::knowledge::builds::ENABLEMENT_BASES;
use crate::knowledge::{Knowledge, Release};
use crate::{Architecture, Kind, OsVersion};

use crate::host::version_text::{is_build, kind_in_words};

/// What a source says of a Windows beside its version.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Product<'a> {
    /// The name, e.g. `Windows Server 2022 Standard`.
    pub name: Option<&'a str>,
    /// The release by its number, e.g. `24H2`.
    pub display: Option<&'a str>,
    /// E.g. `20348.1.amd64fre.fe_release.210507-1500`.
    pub build_lab: Option<&'a str>,
    /// Server or client, where that is said.
    pub kind: Option<Kind>,
}

impl Product<'_> {
    /// Server or client.
    pub fn kind(&self) -> Option<Kind> {
        // A name at the end of a text has no blank behind it.
        self.kind.or_else(|| kind_in_words(&format!("{} ", self.name?)))
    }

    /// The version, without its revision: by the build's label where that is not of a release before; else by the name.
    pub fn version(&self, knowledge: &Knowledge) -> Option<OsVersion> {
        let by_label = self.build_lab.and_then(|label| label.split('.').next()?.parse().ok()).filter(|build| is_build(*build));
        let is_exact = |build: &u32| {
            let newest = knowledge.releases.iter().map(|release| release.build).max();
            // A build that is not known yet may be the base of others.
            let is_server = self.kind() == Some(Kind::Server) && *build >= 20348;
            is_server || (!ENABLEMENT_BASES.contains(build) && newest.is_some_and(|newest| *build <= newest))
        };
        by_label.filter(is_exact).or_else(|| Some(self.release(knowledge)?.build)).map(OsVersion::of_build)
    }

    /// The release that the name and the number tell.
    fn release<'k>(&self, knowledge: &'k Knowledge) -> Option<&'k Release> {
        let lower = self.name?.to_ascii_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let at = words.iter().position(|word| *word == "windows")?;
        let name = match (words.get(at + 1)?, words.get(at + 2)) {
            (&"server", Some(year)) if year.parse::<u32>().is_ok() => format!("windows-server-{year}"),
            (&"server", _) => format!("windows-server-{}", self.display?),
            (client, _) => format!("windows-{client}-{}", self.display?),
        };
        knowledge.only_release_named(&name)
    }
}

/// Server or client, by the number or the word of a product type: 1 and `WorkStation`, 2 and `DomainController`, 3 and `Server`.
pub(super) fn kind_of_type(text: &str) -> Option<Kind> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "workstation" => Some(Kind::Client),
        "2" | "domaincontroller" | "3" | "server" => Some(Kind::Server),
        _ => None,
    }
}

/// The longest text that is the value of a field or one line about a Windows, in bytes.
const LONGEST_VALUE: usize = 80;

/// The processor in the words of a system, e.g. `x64-based PC`, `ARM 64-bit Processor`, `32-bit`. The names are the same in every language.
pub(in crate::host) fn architecture(text: &str) -> Option<Architecture> {
    let lower = text.to_ascii_lowercase();
    // A folder of programs, on any Windows.
    let lower = lower.replace("(x86)", "");
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let has = |name: &str| words.clone().any(|word| word == name);
    let is_amd64 = has("x64") || has("amd64") || lower.contains("x86_64") || lower.contains("x86-64");
    let is_value = lower.len() <= LONGEST_VALUE && !lower.trim().contains('\n');
    let is_32_bit = || {
        // `X86-based PC` and its translations, and the name of the processor there.
        let is_based = |(at, _)| lower.get(at + 4..).is_some_and(|rest| rest.starts_with(char::is_alphabetic));
        let is_word = is_value && (has("x86") || has("i386") || has("i686") || lower.contains("32-bit"));
        let is_number = lower.trim().strip_prefix("32").is_some_and(|unit| unit.chars().count() <= 5);
        is_word || is_number || lower.match_indices("x86-").any(is_based) || lower.contains("x86 family")
    };
    match (is_amd64, has("arm64") || has("arm") || has("aarch64")) {
        (true, false) => Some(Architecture::Amd64),
        (false, true) => Some(Architecture::Arm64),
        (false, false) if is_32_bit() => Some(Architecture::X86),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_tell_the_processor() {
        for (text, expected) in [
            ("x64-based PC", Some(Architecture::Amd64)),
            ("x86_64", Some(Architecture::Amd64)),
            ("x86-64", Some(Architecture::Amd64)),
            ("ARM 64-bit Processor", Some(Architecture::Arm64)),
            ("aarch64", Some(Architecture::Arm64)),
            ("X86-based PC", Some(Architecture::X86)),
            ("X86-basierter PC", Some(Architecture::X86)),
            ("PC à base de X86", Some(Architecture::X86)),
            ("x86", Some(Architecture::X86)),
            ("32-bit", Some(Architecture::X86)),
            ("32 bits", Some(Architecture::X86)),
            ("32 бит", Some(Architecture::X86)),
            ("Windows 10 Pro x86 10.0.19045", Some(Architecture::X86)),
            ("64-bit", None),
            ("32 hosts of build 20348", None),
            ("64-bit operating system, x64-based processor", Some(Architecture::Amd64)),
            // The folder of a program, and the words of a long text.
            (r"C:\Program Files (x86)\Tool", None),
            ("Windows 10\nthe installer is for x86\n", None),
            ("System Type: X86-based PC\nProcessor: x86 Family 6 Model 142\n", Some(Architecture::X86)),
        ] {
            assert_eq!(architecture(text), expected, "{text}");
        }
    }

    #[test]
    fn a_name_or_a_label_tells_the_build() {
        for (name, display, build_lab, expected) in [
            ("Windows Server 2022 Standard", None, "20348.1.amd64fre.fe_release.210507-1500", Some(20348)),
            ("Windows Server 2022 Datacenter Azure Edition", None, "", Some(20348)),
            ("Microsoft Windows Server 2019 Standard Evaluation", None, "", Some(17763)),
            ("Windows Server 2025 Datacenter", None, "26100.1.amd64fre.ge_release.240331-1435", Some(26100)),
            ("Windows 10 Enterprise", None, "14393.693.amd64fre.rs1_release.161220-1747", Some(14393)),
            ("Windows 10 Pro", None, "19041.1.amd64fre.vb_release.191206-1406", None),
            ("Windows 10 Pro", Some("22H2"), "19041.1.amd64fre.vb_release.191206-1406", Some(19045)),
            ("Windows 11 Pro", Some("25H2"), "26100.1.amd64fre.ge_release.240331-1435", Some(26200)),
            ("Windows Server Datacenter", Some("23H2"), "25398.1.amd64fre.zn_release.230527-0849", Some(25398)),
            ("Windows", None, "", None),
            ("", None, "", None),
        ] {
            let product = Product { name: Some(name), display, build_lab: Some(build_lab), kind: None };
            let build = product.version(Knowledge::built_in()).map(|version| version.build);
            assert_eq!(build, expected, "{name} {display:?}");
        }
    }
}
