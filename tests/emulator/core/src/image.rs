//! What an image says of its Windows build.
//!
//! This emulator's convention: the base layer holds the text file `Files\Windows\System32\hcsemu-build`, whose content is a
//! version (`10.0.20348.2402`) or a build (`20348`).

use crate::codes::INVALID_LAYER;
use crate::rules::{self, Refusal};
use std::path::Path;

/// Where a base layer says its build.
pub const MARKER: &str = r"Files\Windows\System32\hcsemu-build";

/// The build of the image whose layers these are, topmost first; none if that is not to be asked.
pub fn build(layers: &[String]) -> Result<Option<u32>, Refusal> {
    let base = layers.last().map(String::as_str).unwrap_or_default();
    let text = std::fs::read_to_string(Path::new(base).join(MARKER)).unwrap_or_default();
    let text = text.trim();
    let build = if text.contains('.') { text.split('.').nth(2).unwrap_or_default() } else { text };
    match build.parse() {
        Ok(build) => Ok(Some(build)),
        Err(_) => {
            let says = format!(r"{base}\{MARKER} says {text:?}, which is no build");
            rules::IMAGE_BUILD.refuse(INVALID_LAYER, says).map(|()| None)
        }
    }
}

/// Whether an image of this build shares a kernel with the host. Before 20348 the builds are equal; from then on an image may
/// be older, down to 20348.
pub fn fits_process_isolation(image: u32, host: u32) -> bool {
    if host < 20348 { image == host } else { (20348..=host).contains(&image) }
}
