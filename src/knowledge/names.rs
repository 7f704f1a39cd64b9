//! The names that people give a Windows release, and the releases that a name can mean.

use super::{Knowledge, Release};

impl Knowledge {
    /// The release that a name means; `None` where it means none, or several.
    pub(crate) fn only_release_named(&self, name: &str) -> Option<&Release> {
        match self.releases_named(name).as_slice() {
            [release] => Some(release),
            _ => None,
        }
    }

    /// The releases a name can mean: none, one, or several where the name is ambiguous (`22h2`, `windows-11`).
    ///
    /// Names are compared in lower case, with spaces, underscores, commas and brackets as `-`, and without the words that say
    /// nothing of the build: `Windows Server 2022 Datacenter`, `windows_server_2022` and `ws2022` are one name. An id wins over
    /// aliases.
    pub fn releases_named(&self, name: &str) -> Vec<&Release> {
        // `-2022` is a number below zero, and `+1903` not a name either.
        if !name.trim_start().starts_with(char::is_alphanumeric) {
            return Vec::new();
        }
        let name = normal(name);
        let name = INSTALLATIONS.iter().find_map(|&words| name.strip_suffix(words)).unwrap_or(&name);
        match self.releases_of(name) {
            none if none.is_empty() => {
                let name = name.replacen(AZURE_EDITION, "", 1);
                let words: Vec<&str> = name.split('-').filter(|word| !EDITIONS.contains(word)).collect();
                let name = words.join("-");
                match self.releases_of(&name) {
                    none if none.is_empty() => self.releases_of_both(&name),
                    releases => releases,
                }
            }
            releases => releases,
        }
    }

    /// The releases of a name that says the release twice, `windows-server-2022-21h2`, or as clouds write it: `win2022datacenter`,
    /// `windows-core-2022`.
    fn releases_of_both(&self, name: &str) -> Vec<&Release> {
        let plain = name.strip_suffix("datacenter").unwrap_or(name);
        let plain = OF_INSTALLATIONS.iter().fold(plain.to_owned(), |name, word| name.replace(word, "-20"));
        if plain != name {
            return self.releases_of(&plain);
        }
        let Some((first, second)) = name.rsplit_once('-') else { return Vec::new() };
        let second = self.releases_of(second);
        let mut releases = self.releases_of(first);
        releases.retain(|one| second.iter().any(|other| other.build == one.build && other.kind == one.kind));
        releases
    }

    fn releases_of(&self, name: &str) -> Vec<&Release> {
        if let Some(release) = self.releases.iter().find(|release| release.id == name) {
            return vec![release];
        }
        self.releases.iter().filter(|release| release.aliases.iter().any(|alias| alias == name)).collect()
    }

    /// The names of releases most like this one, at most three, the one with the longest support first; none for a text that is not
    /// like any. E.g. `windows-server-2025` and `windows-server-2022` for `windows-server-2020`.
    pub fn names_like(&self, name: &str) -> Vec<&str> {
        if !name.trim_start().starts_with(char::is_alphanumeric) || name.len() > LONGEST_NAME {
            return Vec::new();
        }
        let typed = normal(name);
        // The system alone is near to `windows11`, and means no release.
        if typed == "windows" {
            return Vec::new();
        }
        let ending: String = typed.chars().rev().take(2).collect();
        let likeness = |known: &str| {
            let distance = strsim::damerau_levenshtein(&typed, known);
            let most = typed.chars().count().max(known.chars().count()) / 4;
            (typed.chars().count() > 2 && distance <= most).then(|| (distance, !known.chars().rev().take(2).eq(ending.chars())))
        };
        let mut like: Vec<_> = self
            .releases
            .iter()
            .filter_map(|release| {
                let names = std::iter::once(&release.id).chain(&release.aliases);
                Some((names.filter_map(|known| Some((likeness(known)?, known))).min()?, release))
            })
            .collect();
        let best = like.iter().map(|((likeness, _), _)| *likeness).min();
        like.retain(|((likeness, _), _)| Some(*likeness) == best);
        like.sort_by_key(|(_, release)| std::cmp::Reverse((release.support_of(None), release.build)));
        // `ltsc2024` is a client, and not what is meant beside `ltsc2025`.
        let kind = like.first().map(|(_, release)| release.kind);
        like.retain(|(_, release)| Some(release.kind) == kind);
        // A name that several releases have says less than the id of one.
        let mut names: Vec<&str> = Vec::new();
        for ((_, alias), release) in like {
            let known = Some(alias).filter(|alias| self.releases_named(alias).len() == 1);
            names.push(known.unwrap_or(&release.id));
        }
        names.dedup();
        names.truncate(3);
        names
    }
}

/// The longest text that is compared with the names of releases, in bytes.
const LONGEST_NAME: usize = 60;

/// The release of these that gets updates the longest.
pub(crate) fn longest_served<'k>(releases: &[&'k Release]) -> Option<&'k Release> {
    releases.iter().copied().max_by_key(|release| (release.support_of(None), release.build))
}

/// Words of product names that say nothing of the build: `Microsoft Windows Server 2022 Datacenter`, `Windows 11, version 24H2`.
const EMPTY_WORDS: [&str; 4] = ["microsoft", "version", "datacenter", "standard"];

/// Further such words, which some releases have in their own names. All of these editions have Windows containers; `Home` has none, and
/// is therefore not among them.
const EDITIONS: [&str; 5] = ["edition", "pro", "enterprise", "education", "evaluation"];

/// The edition of a server whose name holds a word that other products begin with, such as Azure Local.
const AZURE_EDITION: &str = "-azure-edition";

/// What the setup of Windows and lists of virtual machines write behind a name, as in `Windows Server 2025 Datacenter (Desktop
/// Experience)`; longer ones before those that they end with.
const INSTALLATIONS: [&str; 7] = [
    "-server-with-desktop-experience",
    "-desktop-experience",
    "-server-core-installation",
    "-server-core",
    "-server-with-a-gui",
    "-full-installation",
    "-64-bit",
];

/// Words for an installation of a server before its year, as in `WINDOWS_CORE_2022_x86_64`.
const OF_INSTALLATIONS: [&str; 2] = ["-core-20", "-full-20"];

/// A name as it is compared, e.g. `windows-server-1903` for `Windows Server, version 1903`.
pub(super) fn normal(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | ',' | '(' | ')'));
    // `Datacenter: Azure Edition`; a mark within a word stays, as in `server:2022`.
    let words = words.map(|word| word.strip_suffix(':').unwrap_or(word));
    words.filter(|word| !word.is_empty() && !EMPTY_WORDS.contains(word)).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(name: &str) -> Vec<&'static str> {
        Knowledge::built_in().releases_named(name).iter().map(|release| release.id.as_str()).collect()
    }

    #[test]
    fn a_usual_name_means_one_release() {
        for (name, id) in [
            ("ltsc2022", "ltsc2022"),
            ("windows-server-2022", "ltsc2022"),
            ("Windows Server 2022", "ltsc2022"),
            ("Microsoft Windows Server 2022 Datacenter", "ltsc2022"),
            ("windows_server_2022", "ltsc2022"),
            ("server2022", "ltsc2022"),
            ("WS2022", "ltsc2022"),
            ("2022", "ltsc2022"),
            ("windows-2022", "ltsc2022"),
            ("Windows2025", "ltsc2025"),
            ("windows-server-2019", "ltsc2019"),
            ("ltsc2016", "ltsc2016"),
            ("1709", "1709"),
            ("1809", "1809"),
            ("1903", "1903"),
            ("Windows Server, version 1903", "1903"),
            ("20H2", "20h2"),
            ("2009", "20h2"),
            ("windows-10-2009", "windows-10-20h2"),
            ("windows-server-2009", "20h2"),
            ("windows-10-1903", "windows-10-1903"),
            ("windows-10-20h2", "windows-10-20h2"),
            ("Windows 10, version 22H2", "windows-10-22h2"),
            ("windows-11-24h2", "windows-11-24h2"),
            ("Windows 11 version 24H2", "windows-11-24h2"),
            ("Windows 11 Pro 23H2", "windows-11-23h2"),
            ("Windows 10 Enterprise, version 22H2", "windows-10-22h2"),
            ("Microsoft Windows Server 2019 Standard Evaluation", "ltsc2019"),
            ("win11-25h2", "windows-11-25h2"),
            ("11-26h1", "windows-11-26h1"),
            ("25h2", "windows-11-25h2"),
            ("windows-10-ltsc-2019", "windows-10-1809"),
            ("Windows 11 IoT Enterprise LTSC 2024", "windows-11-24h2"),
            ("ltsc2021", "windows-10-21h2"),
            ("windows-server-23h2", "server-23h2"),
            ("azure-stack-hci-22h2", "azure-stack-hci-22h2"),
            ("Azure Local 24H2", "azure-local-24h2"),
            ("Windows Server 2022 21H2", "ltsc2022"),
            ("Windows Server 2022 Datacenter 21H2", "ltsc2022"),
            ("Windows Server 2022 (21H2)", "ltsc2022"),
            ("Windows Server 2019 (version 1809)", "ltsc2019"),
            ("Windows Server 2019, version 1809", "ltsc2019"),
            ("Win2022Datacenter", "ltsc2022"),
            ("win2019datacenter", "ltsc2019"),
            ("WINDOWS_CORE_2019", "ltsc2019"),
            ("windows-full-2022", "ltsc2022"),
            ("Windows Server 2022 Standard", "ltsc2022"),
            ("Windows Server 2025 Datacenter", "ltsc2025"),
            ("Windows Server 2022 Datacenter: Azure Edition", "ltsc2022"),
            ("Windows Server 2022 Datacenter Azure Edition", "ltsc2022"),
            ("Microsoft Windows Server 2025 Datacenter: Azure Edition", "ltsc2025"),
            ("windows-server-2025-datacenter-azure-edition", "ltsc2025"),
            ("Windows Server 2022 Datacenter: Azure Edition 21H2", "ltsc2022"),
            ("Windows Server 2022: Standard", "ltsc2022"),
            ("hyper-v server 2019", "ltsc2019"),
            ("Microsoft Hyper-V Server 2016", "ltsc2016"),
            ("Windows Server 2025 Datacenter (Desktop Experience)", "ltsc2025"),
            ("Windows Server 2022 Standard (Server Core)", "ltsc2022"),
            ("Windows Server 2022 Datacenter Azure Edition (Desktop Experience)", "ltsc2022"),
            ("Windows Server 2019 Standard Evaluation (Server with Desktop Experience)", "ltsc2019"),
            ("Windows Server 2016 Datacenter (Server with a GUI)", "ltsc2016"),
            ("Windows Server 2022 Datacenter (Server Core Installation)", "ltsc2022"),
            ("Microsoft Windows Server 2019 (64-bit)", "ltsc2019"),
        ] {
            assert_eq!(ids(name), [id], "{name}");
        }
    }

    #[test]
    fn an_ambiguous_name_means_several() {
        assert_eq!(ids("22h2"), ["windows-10-22h2", "azure-stack-hci-22h2", "windows-11-22h2"]);
        assert_eq!(ids("21h2"), ["windows-10-21h2", "ltsc2022", "azure-stack-hci-21h2", "windows-11-21h2"]);
        assert_eq!(ids("23h2"), ["windows-11-23h2", "server-23h2", "azure-stack-hci-23h2"]);
        assert_eq!(ids("24h2"), ["ltsc2025", "azure-local-24h2", "windows-11-24h2"]);
        assert_eq!(ids("1607"), ["ltsc2016", "windows-10-1607"]);
        assert_eq!(ids("windows 11").len(), 7);
        assert_eq!(ids("Windows 10").len(), 14);
        assert_eq!(ids("azure-stack-hci").len(), 5);
    }

    #[test]
    fn a_mistyped_name_is_like_others() {
        let like = |name: &str| Knowledge::built_in().names_like(name);
        assert_eq!(like("windows-server-2020"), ["windows-server-2025", "windows-server-2022"]);
        assert_eq!(like("Windows Server 2020"), ["windows-server-2025", "windows-server-2022"]);
        assert_eq!(like("ltsc22"), ["ltsc2022"]);
        assert_eq!(like("ltsc2026"), ["ltsc2025", "ltsc2022", "ltsc2016"]);
        assert_eq!(like("ltcs2022"), ["ltsc2022"]);
        assert_eq!(like("windows-11-24h3")[0], "windows-11-24h2");
        assert_eq!(like("windws-server-2019"), ["windows-server-2019"]);
        assert_eq!(like("windows-12")[0], "windows-11-26h2");
        for name in ["ubuntu-24.04", "0", "99", "-2022", "", "linux", "Windows", "9600", "100000", "é"] {
            assert!(like(name).is_empty(), "{name}: {:?}", like(name));
        }
    }

    #[test]
    fn other_names_mean_nothing() {
        for name in [
            "",
            "-",
            "-2022",
            "+1903",
            "\u{2212}ltsc2022",
            "version",
            "Datacenter",
            "windows",
            "server",
            "ltsc",
            "ltsc2028",
            "windows-12",
            "windows-server-2022-22h2",
            "server:2022",
            "azure-edition",
            "hyper-v server",
            "hyper-v-server-2022",
            "windows-11-22h2-23h2",
            "windows-10-core",
            "windows-server-core",
            "server-core",
            "Microsoft Windows Server 2016 or later (64-bit)",
            "26100",
            "linux",
            "ubuntu-24.04",
        ] {
            assert!(ids(name).is_empty(), "{name:?}");
        }
    }
}
