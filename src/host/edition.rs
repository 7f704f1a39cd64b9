//! The edition that a text tells of a client: by its EditionID, by its number, or by the name of the product.

use crate::Kind;
use crate::knowledge::editions::Edition;

use super::facts::HOME;

/// The products whose editions have names: those of clients.
const PRODUCTS: [&str; 2] = ["windows 10", "windows 11"];

/// The words that may stand behind a product and are not the name of an edition.
const NOT_EDITIONS: [&str; 8] = ["version", "build", "os", "x64", "arm64", "insider", "preview", "client"];

/// The labels before an EditionID, and before its number.
const ID_LABELS: [&str; 2] = ["editionid", "windowseditionid"];
const NUMBER_LABELS: [&str; 2] = ["operatingsystemsku", "osoperatingsystemsku"];

/// The marks between a label and its value.
const MARKS: [char; 7] = [':', '=', '"', '\'', '|', ',', ';'];

/// The longest name of an edition that is kept, in characters.
const LONGEST: usize = 60;

/// The edition that this text tells: an EditionID, e.g. `Core`, or a name that is not known here. `None` where it says nothing, or a
/// name of an edition that is not Home.
pub(super) fn said(text: &str) -> Option<String> {
    let named = names(text);
    let home = || Some(HOME.to_owned());
    match (labelled(text), named) {
        // Whatever else a text says: what is Home somewhere in it may be Home.
        (Some(id), _) if Edition::of_id(&id) == Some(Edition::Home) => Some(id),
        (_, Some(Name::Known(Edition::Home))) => home(),
        (Some(id), _) => Some(id),
        (None, Some(Name::Unknown(name))) => Some(name.chars().take(LONGEST).collect()),
        (None, Some(Name::Known(Edition::Other)) | None) => None,
    }
}

/// The edition that the name of a product tells: what it says itself, else the EditionID of that name.
pub(super) fn of_product(name: &str) -> Option<String> {
    said(name).or_else(|| id_of(name))
}

/// The EditionID of a product by its name, e.g. `ServerDatacenter` for `Microsoft Windows Server 2022 Datacenter`. Only names that mean
/// one edition in every language, or in one: `None` for any other.
pub(super) fn id_of(product: &str) -> Option<String> {
    // What stands in brackets is the installation: `Windows Server 2025 Datacenter (Desktop Experience)`.
    let lower = product.split(" (").next().unwrap_or(product).to_lowercase();
    // `Datacenter: Azure Edition` and `Datacenter Azure Edition` are one name.
    let words: Vec<&str> = lower.split_whitespace().map(|word| word.strip_suffix(':').unwrap_or(word)).collect();
    let at = words.iter().position(|word| *word == "windows")?;
    let (products, ids) = match *words.get(at + 1)? {
        "server" => (words.get(at + 3..)?, SERVER_IDS),
        "10" | "11" => (words.get(at + 2..)?, CLIENT_IDS),
        _ => return None,
    };
    let name = products.join(" ");
    ids.iter().find(|(known, _)| *known == name).map(|(_, id)| (*id).to_owned()).or_else(|| of_long_term(product))
}

/// The EditionID of a client with long-term servicing, by the name of its product in a text: `Windows 10 Enterprise LTSC 2021`,
/// `Windows 10 Entreprise LTSC`, `Windows 10 Enterprise 2016 LTSB`. Its support ends years after that of the other editions.
pub(super) fn of_long_term(text: &str) -> Option<String> {
    /// The most words of the name of such an edition.
    const MOST: usize = 3;
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let at = words.iter().position(|word| *word == "windows")?;
    let name = words.get(at + 2..).unwrap_or_default();
    let name = name.get(..MOST).unwrap_or(name);
    of_servicing(name).filter(|_| matches!(words.get(at + 1), Some(&("10" | "11"))))
}

/// The same by the name of a client's release: `ltsc2021`, `windows-10-iot-enterprise-ltsc-2021`.
pub(super) fn of_release_name(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    of_servicing(&lower.split(|c: char| !c.is_alphanumeric()).collect::<Vec<_>>())
}

/// The EditionID of long-term servicing, if one of these words says so.
fn of_servicing(words: &[&str]) -> Option<String> {
    let is_long_term = words.iter().any(|word| word.starts_with("ltsc") || word.starts_with("ltsb"));
    let id = if words.contains(&"iot") { "IoTEnterpriseS" } else { "EnterpriseS" };
    is_long_term.then(|| id.to_owned())
}

/// The edition of a name or an id that stands alone: `Home`, `Professional`, `ServerDatacenter`. `None` for words that name none.
pub(super) fn of_name(text: &str) -> Option<String> {
    const NOTHING: [&str; 6] = ["unknown", "none", "n/a", "na", "-", "null"];
    let lower = text.trim().to_lowercase();
    let known = SERVER_IDS.iter().chain(CLIENT_IDS).find(|(name, _)| *name == lower).map(|(_, id)| (*id).to_owned());
    match (Edition::of_id(&lower), Edition::named(text.trim())) {
        _ if lower.is_empty() || NOTHING.contains(&lower.as_str()) => None,
        _ if known.is_some() => known,
        (None, Some(Edition::Home)) => Some(HOME.to_owned()),
        (None, Some(Edition::Other)) => None,
        _ => Some(text.trim().chars().take(LONGEST).collect()),
    }
}

/// The EditionID of this number, where it is one of Home.
pub(super) fn of_number(number: u32) -> Option<String> {
    Edition::of_number(number).map(|_| HOME.to_owned())
}

/// Server or client, by an EditionID that is known. A multi-session Windows for virtual desktops is a client.
pub(super) fn kind_of_id(id: &str) -> Option<Kind> {
    let is_server = id.to_ascii_lowercase().starts_with("server") && !id.eq_ignore_ascii_case("ServerRdsh");
    let kind = if is_server { Kind::Server } else { Kind::Client };
    Edition::of_id(id).map(|_| kind)
}

/// The EditionIDs of servers by their names, which are the same in most languages.
const SERVER_IDS: &[(&str, &str)] = &[
    ("datacenter", "ServerDatacenter"),
    ("datacenter azure edition", "ServerTurbine"),
    ("datacenter evaluation", "ServerDatacenterEval"),
    ("standard", "ServerStandard"),
    ("standard evaluation", "ServerStandardEval"),
];

/// The EditionIDs of clients by their names.
const CLIENT_IDS: &[(&str, &str)] = &[
    ("pro", "Professional"),
    ("professionnel", "Professional"),
    ("专业版", "Professional"),
    ("專業版", "Professional"),
    ("pro for workstations", "ProfessionalWorkstation"),
    ("pro education", "ProfessionalEducation"),
    ("enterprise", "Enterprise"),
    ("entreprise", "Enterprise"),
    ("корпоративная", "Enterprise"),
    ("企业版", "Enterprise"),
    ("企業版", "Enterprise"),
    ("enterprise ltsc", "EnterpriseS"),
    ("enterprise multi-session", "ServerRdsh"),
    ("iot enterprise", "IoTEnterprise"),
    ("iot enterprise ltsc", "IoTEnterpriseS"),
    ("education", "Education"),
];

/// The edition behind a label that begins a line, or has a mark behind it: `EditionID : Core`, `EditionID  REG_SZ  Core`,
/// `OperatingSystemSKU=101`, `"EditionID"="Core"` in a line of anything. Home if one of several is.
fn labelled(text: &str) -> Option<String> {
    let mut ids = text.split(['\r', '\n']).flat_map(ids_in);
    let first = ids.next()?;
    let is_home = |id: &String| Edition::of_id(id) == Some(Edition::Home);
    if is_home(&first) { Some(first) } else { Some(ids.find(is_home).unwrap_or(first)) }
}

/// The EditionIDs behind the labels in a line.
fn ids_in(line: &str) -> Vec<String> {
    // Only the letters of ASCII, so that the line stays as long as it is.
    let lower = line.to_ascii_lowercase();
    let behind = |label: &'static str| {
        lower.match_indices(label).filter_map(move |(at, _)| value_behind(line.get(..at)?, line.get(at + label.len()..)?))
    };
    let ids = ID_LABELS.iter().flat_map(|label| behind(label)).map(|id| id.chars().take(LONGEST).collect());
    let is_home = |number: &&str| number.parse().ok().and_then(Edition::of_number).is_some();
    let numbers = NUMBER_LABELS.iter().flat_map(|label| behind(label)).filter(is_home).map(|_| HOME.to_owned());
    ids.chain(numbers).collect()
}

/// The word behind a label, if what stands around it makes it one.
fn value_behind<'l>(before: &str, rest: &'l str) -> Option<&'l str> {
    let is_between = |character: char| character.is_whitespace() || MARKS.contains(&character);
    let is_label = !before.ends_with(char::is_alphanumeric) && rest.starts_with(is_between);
    let begins_line = !before.contains(char::is_alphanumeric);
    let marked = || rest.trim_start().starts_with(MARKS);
    let value = rest.trim_start_matches(is_between);
    let value = value.strip_prefix("REG_SZ").unwrap_or(value);
    let word = || value.split(is_between).find(|word| !word.is_empty());
    if is_label && (begins_line || marked()) { word() } else { None }
}

/// The name behind a product.
#[derive(Clone, Copy)]
enum Name<'a> {
    Known(Edition),
    Unknown(&'a str),
}

/// The edition named behind a product: Home if one of several is, else one that is not known. `None` where no name stands there.
fn names(text: &str) -> Option<Name<'_>> {
    // Only the letters of ASCII: a code page's bytes stay what they are, and the text as long as it is.
    let lower = text.to_ascii_lowercase();
    let ends = PRODUCTS.iter().flat_map(|product| lower.match_indices(product).map(|(at, found)| at + found.len()));
    ends.filter_map(|end| name(text.get(end..)?)).min_by_key(|name| match name {
        Name::Known(Edition::Home) => 0,
        Name::Unknown(_) => 1,
        Name::Known(Edition::Other) => 2,
    })
}

/// The edition that the rest of a line behind a product names. Names of editions begin with a capital letter, or are in a script
/// without capitals; with anything else the text goes on.
fn name(rest: &str) -> Option<Name<'_>> {
    let rest = rest.split(['\r', '\n', '"', ',', ';', '\t', '|', '[', '(']).next()?;
    if !rest.starts_with(char::is_whitespace) {
        return None;
    }
    let mut rest = rest.trim();
    loop {
        if let Some(edition) = Edition::named(rest) {
            return Some(Name::Known(edition));
        }
        let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let is_version =
            word.starts_with(|c: char| c.is_ascii_digit()) || NOT_EDITIONS.iter().any(|known| word.eq_ignore_ascii_case(known));
        if !is_version {
            let capital = word.starts_with(|c: char| c.is_uppercase() || (!c.is_ascii() && !c.is_lowercase()));
            return capital.then_some(Name::Unknown(before_version(rest)));
        }
        rest = after.trim_start();
    }
}

/// The part of a name before a version: `IoT` of `IoT 10.0.26100`.
fn before_version(name: &str) -> &str {
    let is_version = |word: &str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
    let words = name.split_whitespace().find(|word| is_version(word)).and_then(|word| name.split_once(word));
    words.map_or(name, |(before, _)| before.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_behind_the_product_is_the_edition() {
        let home = Some("Core");
        for (text, expected) in [
            ("OS Name: Microsoft Windows 11 Home", home),
            ("microsoft windows 10 home", home),
            ("Nom du système d’exploitation: Microsoft Windows 11 Famille\r\n", home),
            ("\"Microsoft Windows 10 Home Single Language\",\"10.0.19045\"", home),
            ("OS 名称:\u{a0}Microsoft Windows\u{20}11\u{a0}家庭中文版", home),
            ("Майкрософт Windows 11 Домашняя", home),
            ("Windows 11 Version 24H2 Home (OS Build 26100.1)", home),
            ("Microsoft Windows 11 Pro\nHyper-V: Microsoft Windows 11 Home", home),
            ("Microsoft Windows 11 Pro", None),
            ("Windows 11 24H2 (OS Build 26100.4061)", None),
            ("Windows 11, version 24H2", None),
            ("Windows 11 on the desk of Bob", None),
            ("Microsoft Windows Server 2022 Otthoni", None),
            ("Microsoft Windows 11 Otthoni", Some("Otthoni")),
            ("Microsoft Windows 11 \u{bb}\u{d2}\u{d2}\u{d2}", Some("\u{bb}\u{d2}\u{d2}\u{d2}")),
            ("Microsoft Windows 11 ホーム", Some("ホーム")),
            ("Windows 10 Version 22H2 Otthoni", Some("Otthoni")),
            ("Windows 11 S 10.0.26100", Some("S")),
            ("Windows 11 IoT 10.0.26100.1", Some("IoT")),
        ] {
            assert_eq!(said(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_products_name_is_an_id_where_it_means_one() {
        for (name, id) in [
            ("Microsoft Windows Server 2022 Datacenter", Some("ServerDatacenter")),
            ("Microsoft Windows Server 2025 Datacenter Azure Edition", Some("ServerTurbine")),
            ("Windows Server 2022 Datacenter: Azure Edition", Some("ServerTurbine")),
            ("Windows Server 2025 Datacenter (Desktop Experience)", Some("ServerDatacenter")),
            ("Windows Server 2022 Standard (Server Core)", Some("ServerStandard")),
            ("Microsoft Windows 11 Pro", Some("Professional")),
            ("Майкрософт Windows 10 Корпоративная", Some("Enterprise")),
            ("Microsoft Windows 11 专业版", Some("Professional")),
            ("Microsoft Windows 11 Otthoni", None),
            ("Microsoft Windows Server 2022 Essentials", None),
            ("Windows", None),
        ] {
            assert_eq!(id_of(name).as_deref(), id, "{name}");
        }
    }

    #[test]
    fn an_edition_alone_is_an_id() {
        for (text, id, kind) in [
            ("Professional", Some("Professional"), Some(Kind::Client)),
            ("Pro", Some("Professional"), Some(Kind::Client)),
            ("Home", Some("Core"), Some(Kind::Client)),
            ("CoreSingleLanguage", Some("CoreSingleLanguage"), Some(Kind::Client)),
            ("ServerRdsh", Some("ServerRdsh"), Some(Kind::Client)),
            ("Datacenter", Some("ServerDatacenter"), Some(Kind::Server)),
            ("ServerStandard", Some("ServerStandard"), Some(Kind::Server)),
            ("Team", Some("Team"), None),
            ("Unknown", None, None),
            ("", None, None),
        ] {
            assert_eq!(of_name(text).as_deref(), id, "{text}");
            assert_eq!(of_name(text).and_then(|id| kind_of_id(&id)), kind, "{text}");
        }
    }

    #[test]
    fn an_id_or_a_number_behind_its_label_is_the_edition() {
        for (text, expected) in [
            ("WindowsEditionId : Core", Some("Core")),
            ("    EditionID    REG_SZ    CoreCountrySpecific\r\n", Some("CoreCountrySpecific")),
            ("OperatingSystemSKU=101", Some("Core")),
            ("OsOperatingSystemSKU : 98", Some("Core")),
            ("Microsoft Windows 11 Otthoni\nEditionID : Core", Some("Core")),
            ("Microsoft Windows 11 Otthoni\nEditionID : Professional", Some("Professional")),
            ("Microsoft Windows 11 Home\nEditionID : Professional", Some("Core")),
            ("OperatingSystemSKU : 48", None),
            ("EditionID : Cloud", Some("Cloud")),
            ("edition 101", None),
            ("EditionID", None),
            ("\"EditionID\"=\"Core\"\r\n", Some("Core")),
            ("{ broken, \"WindowsEditionId\": \"CoreN\",", Some("CoreN")),
            ("| EditionID | Core |", Some("Core")),
            ("- EditionID: CoreSingleLanguage", Some("CoreSingleLanguage")),
            ("web01, build 26100, EditionID=Core", Some("Core")),
            ("EditionID: Professional\nEditionID: Core", Some("Core")),
            ("its EditionID is not known", None),
            ("NoEditionID: Core", None),
        ] {
            assert_eq!(said(text).as_deref(), expected, "{text}");
        }
    }
}
