//! Output of scripts that say which of their lines are about the host, e.g. `Host OS Version: 10.0.17763.1282`, as BcContainerHelper
//! and Microsoft's Debug-ContainerHost write it; and of `wsl --version`, which names other versions beside `Windows version`.

use super::product::Product;
use super::records::field;
use super::{Document, Format, Source, Syntax};
use crate::host::facts::HostFacts;
use crate::host::{edition, version_text};
use crate::{Error, OsVersion};

/// A text with lines about the host of containers.
pub(super) const FORMAT: Format =
    Format { syntax: Syntax::Text, recognises: |document| !Lines::of(document.text).is_empty(), hosts };

/// The word `version` in languages of `wsl`.
const VERSION: [&str; 9] = ["version", "versión", "versione", "versão", "wersja", "версия", "バージョン", "版本", "버전"];

/// What the lines about the host say.
#[derive(Default)]
struct Lines<'a> {
    /// The values of versions and builds.
    versions: String,
    /// The name of the product.
    product: Option<&'a str>,
    /// The release by its number or tag, e.g. `ltsc2019`.
    release: Option<&'a str>,
    build_lab: Option<&'a str>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let mut lines = Self::default();
        for line in text.lines() {
            // BcContainerHelper: `Host is Microsoft Windows Server 2019 Datacenter - ltsc2019`.
            let line = line.trim();
            if let Some(at) = line.find("Host is ").filter(|_| line.contains("Windows")) {
                let product = line.get(at + "Host is ".len()..).unwrap_or_default();
                let (name, release) = product.rsplit_once(" - ").unwrap_or((product, ""));
                lines.product = lines.product.or(Some(name.trim()));
                lines.release = lines.release.or(Some(release.trim()).filter(|release| !release.is_empty()));
                continue;
            }
            let Some((label, value)) = field(line) else { continue };
            let words: Vec<String> = label.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
            let has = |word: &str| words.iter().any(|known| known == word);
            if words.len() <= 3 && has("windows") && VERSION.iter().any(|word| has(word)) {
                lines.versions.push_str(value.trim());
                lines.versions.push('\n');
                continue;
            }
            let is_of_system = ["os", "windows", "version", "build"].iter().any(|word| has(word));
            if !has("host") || !is_of_system {
                continue;
            }
            let value = value.trim();
            if has("label") || has("buildlabex") {
                lines.build_lab = lines.build_lab.or(Some(value));
            } else if has("name") {
                lines.product = lines.product.or(Some(value));
            } else if has("version") || has("build") || has("os") {
                // The label may be what makes a number a build.
                lines.versions.push_str(if has("build") { "Build " } else { "" });
                lines.versions.push_str(value);
                lines.versions.push('\n');
            }
        }
        lines
    }

    fn versions(&self) -> Vec<OsVersion> {
        version_text::versions(&self.versions)
    }

    /// True if nothing is said that tells a version.
    fn is_empty(&self) -> bool {
        self.product.is_none() && self.build_lab.is_none() && self.versions().is_empty()
    }
}

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    let lines = Lines::of(document.text);
    let product = Product { name: lines.product, display: lines.release, build_lab: lines.build_lab, kind: None };
    let release = || document.knowledge.only_release_named(lines.release?).map(|release| OsVersion::of_build(release.build));
    let os_version = match lines.versions().as_slice() {
        [version] => *version,
        [] => product.version(document.knowledge).or_else(release).ok_or_else(|| {
            Error::new("this text does not say the version of the host's Windows")
                .because("the name of a product and the label of a build alone mean several releases")
                .hint(super::HINT)
        })?,
        several => return Err(version_text::several_versions(several)),
    };
    Ok(vec![HostFacts {
        kind: product.kind(),
        edition: lines.product.and_then(edition::of_product),
        ..HostFacts::of_version(os_version, Source::Labelled)
    }])
}

#[cfg(test)]
mod tests {
    use crate::host::{Attributes, read};
    use crate::knowledge::Knowledge;

    #[test]
    fn of_the_versions_that_wsl_names_one_is_of_windows() {
        for label in ["Windows version", "Windows-Version", "Version Windows ", "Versión de Windows", "Windows バージョン"]
        {
            let text = format!(
                "WSL version: 2.2.4.0\r\nKernel version: 5.15.153.1-2\r\nDXCore version: 10.0.26091.1-240325-1447.ge-release\r\n{label}: 10.0.22631.3737\r\n"
            );
            let hosts = read(text.as_bytes(), None, &Attributes::default(), Knowledge::built_in()).unwrap();
            assert_eq!(hosts[0].os_version.to_string(), "10.0.22631.3737", "{label}");
        }
        let both = "Host OS Version: 10.0.20348.1\nWindows version: 10.0.17763.1\n";
        assert!(read(both.as_bytes(), None, &Attributes::default(), Knowledge::built_in()).is_err());
    }
}
