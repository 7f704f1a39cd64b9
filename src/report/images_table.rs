//! The images in a store as a table, as Docker prints them.

use std::io::{self, Write};

use super::columns::Columns;
use super::containers::age;
use super::images::{ImageEntry, ImageListing};
use super::{Page, Renderer};

/// A table, an image a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct ImagesTable;

impl Renderer<ImageListing> for ImagesTable {
    fn render(&self, images: &ImageListing, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let columns = Columns {
            header: ["REPOSITORY", "TAG", "IMAGE ID", "OS VERSION", "CREATED", "SIZE"],
            rows: images.images.iter().map(|image| row(image, page)).collect(),
            pairs: &[(0, 1), (2, 3), (4, 5)],
            widest: 0,
        };
        columns.write(page.columns, out)
    }
}

fn row(image: &ImageEntry, page: &Page<'_>) -> [String; 6] {
    [
        image.repository.clone().unwrap_or_else(|| NONE.to_owned()),
        image.tag.clone().unwrap_or_else(|| NONE.to_owned()),
        if page.whole { image.digest.to_string() } else { image.digest.short().to_owned() },
        image.os_version.clone().unwrap_or_default(),
        image.created.map(|created| format!("{} ago", age(created, page.now))).unwrap_or_default(),
        image.size.map_or_else(|| "unreadable".to_owned(), size),
    ]
}

/// Docker's word for nothing.
const NONE: &str = "<none>";

/// A number of bytes in Docker's notation: powers of 1000, three digits, e.g. `118MB`, `1.23GB`.
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
    use crate::image::Digest;
    use crate::runner::store::images::{StoredConfig, StoredImage};

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

    #[test]
    fn at_80_columns() {
        let stored = |name: Option<&str>, config: Option<StoredConfig>, size| StoredImage {
            name: name.map(str::to_owned),
            digest: Digest::of(name.unwrap_or_default().as_bytes()),
            config,
            size,
        };
        let config = StoredConfig {
            created: "2026-11-11T00:00:00Z".parse().ok(),
            architecture: Some("amd64".to_owned()),
            os_version: Some("10.0.20348.2402".to_owned()),
        };
        let nano = "mcr.microsoft.com/windows/nanoserver";
        let images = ImageListing::new(&[
            stored(Some(&format!("{nano}:ltsc2022")), Some(config.clone()), Some(117_800_000)),
            stored(Some(&format!("{nano}@{}", Digest::of(b"x"))), Some(config), Some(1_234_567_890)),
            stored(Some("docker.io/library/app:1"), None, None),
            stored(None, None, Some(0)),
            stored(Some("x\n::error::\u{1b}[31m"), None, Some(1)),
        ]);
        let mut out = Vec::new();
        let page = Page::of_test(80, "00:00");
        ImagesTable.render(&images, &page, &mut out).unwrap();
        let printed = String::from_utf8(out).unwrap();
        assert!(printed.lines().all(|line| line.chars().count() <= 80));
        insta::assert_snapshot!(printed, @r#"
| REPOSITORY                 | IMAGE ID        | CREATED     |
| TAG                        | OS VERSION      | SIZE        |
|----------------------------|-----------------|-------------|
| mcr.microsoft.com/windows/ | 7f517f3f53bc    | 2 weeks ago |
| nanoserver                 | 10.0.20348.2402 | 118MB       |
| ltsc2022                   |                 |             |
| mcr.microsoft.com/windows/ | 8508de629584    | 2 weeks ago |
| nanoserver                 | 10.0.20348.2402 | 1.23GB      |
| <none>                     |                 |             |
| docker.io/library/app      | c6e8f0f96e0c    |             |
| 1                          |                 | unreadable  |
| <none>                     | e3b0c44298fc    |             |
| <none>                     |                 | 0B          |
| x : :error::[31m           | 9961cdc5dad8    |             |
| <none>                     |                 | 1B          |
"#);
    }
}
