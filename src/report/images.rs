//! The images of a store as `images` prints them.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use jiff::Timestamp;
use serde::Serialize;

use super::containers::age;
use super::plain::clean;
use crate::image::reference::Location;
use crate::image::{Digest, Reference};
use crate::runner::images::Stored;

/// What `images --format json` prints.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Images {
    /// The version of this form.
    schema: &'static str,
    /// In the store's order.
    pub images: Vec<ImageEntry>,
}

/// An image.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageEntry {
    /// Its name in the store, e.g. `docker.io/library/app:1`; `null` if it has none.
    pub name: Option<String>,
    /// The repository with its registry; `null` if it has no name.
    pub repository: Option<String>,
    /// The tag; `null` if it has none.
    pub tag: Option<String>,
    /// The digest of its manifest.
    pub digest: Digest,
    /// When it was built.
    #[schemars(with = "Option<String>")]
    pub created: Option<Timestamp>,
    /// E.g. `amd64`.
    pub architecture: Option<String>,
    /// E.g. `10.0.20348.2402`.
    pub os_version: Option<String>,
    /// How many bytes its layers take in the store, compressed; `null` if its manifest cannot be read.
    pub size: Option<u64>,
}

impl Images {
    /// These images.
    pub fn new(stored: &[Stored]) -> Self {
        Self { schema: "wincompat/images/v1", images: stored.iter().map(ImageEntry::new).collect() }
    }
}

impl ImageEntry {
    fn new(stored: &Stored) -> Self {
        let harmless = |text: &Option<String>| text.as_deref().map(|text| clean(text).into_owned());
        let reference = stored.name.as_deref().and_then(|name| name.parse::<Reference>().ok());
        let (repository, tag) = match reference.as_ref().map(Reference::location) {
            Some(Location::Registry(name)) => (Some(name.repository_with_registry()), name.tag.clone()),
            _ => (harmless(&stored.name), None),
        };
        let facts = stored.facts.clone().unwrap_or_default();
        Self {
            name: harmless(&stored.name),
            repository,
            tag,
            digest: stored.digest.clone(),
            created: facts.created,
            architecture: harmless(&facts.architecture),
            os_version: harmless(&facts.os_version),
            size: stored.size,
        }
    }

    /// The first twelve digits of its digest.
    pub fn short_id(&self) -> &str {
        self.digest.hex().get(..12).unwrap_or_default()
    }
}

/// Writes the table; `whole` cuts no digests.
pub fn write(images: &Images, width: u16, now: Timestamp, whole: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width.max(super::table::NARROWEST))
        .set_header(["REPOSITORY", "TAG", "IMAGE ID", "OS VERSION", "CREATED", "SIZE"]);
    for image in &images.images {
        table.add_row([
            image.repository.clone().unwrap_or_else(|| NONE.to_owned()),
            image.tag.clone().unwrap_or_else(|| NONE.to_owned()),
            if whole { image.digest.to_string() } else { image.short_id().to_owned() },
            image.os_version.clone().unwrap_or_default(),
            image.created.map(|created| format!("{} ago", age(created, now))).unwrap_or_default(),
            image.size.map_or_else(|| "unreadable".to_owned(), size),
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for line in table.to_string().lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// What Docker shows where there is nothing.
const NONE: &str = "<none>";

/// Bytes in Docker's notation: powers of 1000, three digits, e.g. `118MB`, `1.23GB`.
fn size(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let (mut rest, mut unit) = (bytes as f64, 0);
    while rest >= 999.5 && unit + 1 < units.len() {
        rest /= 1000.0;
        unit += 1;
    }
    let decimals = match rest {
        _ if unit == 0 || rest >= 99.95 => 0,
        _ if rest >= 9.995 => 1,
        _ => 2,
    };
    format!("{rest:.decimals$}{}", units.get(unit).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_docker_shows_them() {
        for (bytes, shown) in [
            (0, "0B"),
            (999, "999B"),
            (1000, "1.00kB"),
            (999_499, "999kB"),
            (999_500, "1.00MB"),
            (117_800_000, "118MB"),
            (12_345_678, "12.3MB"),
            (1_234_567_890, "1.23GB"),
            (u64::MAX, "18447PB"),
        ] {
            assert_eq!(size(bytes), shown, "{bytes}");
        }
    }
}
