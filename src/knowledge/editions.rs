//! The editions of Windows clients: by EditionID, by SKU number, and by the names they have in Windows' languages. An edition never
//! changes its id, so these are constants.
//!
//! Ids and numbers: [GetProductInfo](https://learn.microsoft.com/windows/win32/api/sysinfoapi/nf-sysinfoapi-getproductinfo) and
//! [Win32_OperatingSystem](https://learn.microsoft.com/windows/win32/cimwin32prov/win32-operatingsystem). Names: those that Windows
//! itself shows as its caption, e.g. `Microsoft Windows 11 Famille`. In most languages Home is called so.

/// An edition, as far as containers matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// A Home edition, to which Microsoft gives no Windows containers:
    /// <https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/system-requirements>.
    Home,
    /// Pro, Enterprise, Education, one of their variants, or a server.
    Other,
}

/// The numbers of `OperatingSystemSKU` for Home: CoreN, CoreCountrySpecific, CoreSingleLanguage, Core.
const HOME_NUMBERS: std::ops::RangeInclusive<u32> = 98..=101;

/// The beginnings of Home's names: Home, Home Single Language; Famille, Famille Unilingue; in Russian and Ukrainian; in simplified
/// Chinese (also with the words for Chinese and for one language behind it) and in traditional Chinese.
const HOME: [&str; 6] = ["home", "famille", "домашняя", "домашня", "家庭", "家用"];

/// The beginnings of the other names: Pro, Professional, Enterprise, Education, IoT Enterprise, and what they are in French,
/// Spanish, Portuguese, Russian, Ukrainian and Chinese.
const OTHER: [&str; 22] = [
    "pro",
    "profes",
    "enterprise",
    "entreprise",
    "education",
    "educación",
    "educação",
    "éducation",
    "iot enterprise",
    "multi-session",
    // As people abbreviate them.
    "ent",
    "edu",
    "ltsc",
    "ltsb",
    "профес",
    "корпорат",
    "для образ",
    "专业",
    "企业",
    "教育",
    "專業",
    "企業",
];

/// The names in Windows' scripts as old code pages spell them, byte for byte: 936 and 950 (Chinese), 866 and 1251 (Cyrillic). A file
/// does not say in which code page it is.
const HOME_BYTES: [&[u8]; 4] =
    [b"\xbc\xd2\xcd\xa5", b"\xae\x61\xa5\xce", b"\x84\xae\xac\xa0\xe8\xad", b"\xc4\xee\xec\xe0\xf8\xed"];
const OTHER_BYTES: [&[u8]; 13] = [
    b"\xd7\xa8\xd2\xb5",
    b"\xc6\xf3\xd2\xb5",
    b"\xbd\xcc\xd3\xfd",
    b"\xb1\x4d\xb7\x7e",
    b"\xa5\xf8\xb7\x7e",
    b"\xb1\xd0\xa8\x7c",
    b"\x8f\xe0\xae\xe4\xa5\xe1",
    b"\xcf\xf0\xee\xf4\xe5\xf1",
    b"\x8a\xae\xe0\xaf\xae\xe0\xa0\xe2",
    b"\xca\xee\xf0\xef\xee\xf0\xe0\xf2",
    b"\xa4\xab\xef\x20\xae\xa1\xe0\xa0\xa7",
    b"\xe4\xeb\xff\x20\xee\xe1\xf0\xe0\xe7",
    b"\x90ducation",
];

impl Edition {
    /// The edition with this EditionID, e.g. `Core`, `CoreSingleLanguage`, `Professional`; `None` for one that is not known here.
    pub fn of_id(id: &str) -> Option<Self> {
        let id = id.to_ascii_lowercase();
        if id.starts_with("core") {
            return Some(Self::Home);
        }
        let other = id.starts_with("server") || ["professional", "enterprise", "education"].iter().any(|word| id.contains(word));
        other.then_some(Self::Other)
    }

    /// The edition with this number of `OperatingSystemSKU`: Home for 98 to 101. No other number is needed here.
    pub fn of_number(number: u32) -> Option<Self> {
        HOME_NUMBERS.contains(&number).then_some(Self::Home)
    }

    /// The edition whose name this text begins with, e.g. `Famille Unilingue`. A text in an old code page has a character for each
    /// byte, of the same number.
    pub fn named(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        let words = |names: &[&str]| names.iter().any(|name| begins_with_word(&lower, name));
        let bytes = |names: &[&[u8]]| {
            names.iter().any(|name| name.iter().map(|&byte| char::from(byte)).eq(text.chars().take(name.len())))
        };
        if words(&HOME) || bytes(&HOME_BYTES) {
            Some(Self::Home)
        } else if words(&OTHER) || bytes(&OTHER_BYTES) {
            Some(Self::Other)
        } else {
            None
        }
    }
}

/// True if a text begins with this word, or, in a script with or without spaces between words, with the beginning of one. Only a
/// Latin word of up to four letters is to be whole: `Pro`, `Home`.
fn begins_with_word(text: &str, word: &str) -> bool {
    let Some(rest) = text.strip_prefix(word) else { return false };
    let short = word.is_ascii() && word.len() <= 4;
    !short || !rest.starts_with(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_is_known_by_its_id_and_its_number() {
        for id in ["Core", "CoreN", "CoreSingleLanguage", "CoreCountrySpecific", "core"] {
            assert_eq!(Edition::of_id(id), Some(Edition::Home), "{id}");
        }
        for id in [
            "Professional",
            "ProfessionalN",
            "Enterprise",
            "EnterpriseS",
            "IoTEnterprise",
            "Education",
            "ServerRdsh",
            "ServerCore",
        ] {
            assert_eq!(Edition::of_id(id), Some(Edition::Other), "{id}");
        }
        for id in ["Cloud", "CloudEdition", "Starter", "", "NotCore"] {
            assert_eq!(Edition::of_id(id), None, "{id}");
        }
        let home: Vec<u32> = (0..300).filter(|&number| Edition::of_number(number).is_some()).collect();
        assert_eq!(home, [98, 99, 100, 101]);
    }

    #[test]
    fn home_is_known_by_its_name_in_the_languages_of_windows() {
        let home = ["Home", "Home N", "Home Single Language", "HOME", "Famille", "Famille Unilingue", "Famille N", "Домашняя"];
        for name in
            home.into_iter().chain(["Домашняя для одного языка", "Домашня", "家庭版", "家庭中文版", "家庭单语言版", "家用版"])
        {
            assert_eq!(Edition::named(name), Some(Edition::Home), "{name}");
        }
        let other =
            ["Pro", "Pro N", "Professionnel", "Profesional", "Enterprise LTSC", "Entreprise", "Éducation", "IoT Enterprise"];
        for name in other.into_iter().chain(["Корпоративная", "Профессиональная", "专业版", "企業版", "教育版"])
        {
            assert_eq!(Edition::named(name), Some(Edition::Other), "{name}");
        }
        for name in ["", "Homeland", "Prototype", "Otthoni", "24H2", "ホーム"] {
            assert_eq!(Edition::named(name), None, "{name}");
        }
        let in_page = |bytes: &[u8]| Edition::named(&bytes.iter().map(|&byte| char::from(byte)).collect::<String>());
        assert_eq!(in_page(b"\xbc\xd2\xcd\xa5\xd6\xd0\xce\xc4\xb0\xe6"), Some(Edition::Home), "code page 936");
        assert_eq!(in_page(b"\xae\x61\xa5\xce\xaa\xa9"), Some(Edition::Home), "code page 950");
        assert_eq!(in_page(b"\x84\xae\xac\xa0\xe8\xad\xef\xef"), Some(Edition::Home), "code page 866");
        assert_eq!(in_page(b"\xd7\xa8\xd2\xb5\xb0\xe6"), Some(Edition::Other), "code page 936");
    }
}
