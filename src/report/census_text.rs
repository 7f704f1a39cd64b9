//! The layers of an image in numbers, and what an import would refuse of them, for people.

use std::io::{self, Write};

use super::plain::clean;
use super::{Page, Renderer};
use crate::runner::census::{Census, CountedLayer};
use crate::text::{count, size};

/// A paragraph a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct CensusText;

impl Renderer<Census> for CensusText {
    fn render(&self, census: &Census, _: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} ({})", clean(&census.image), census.digest)?;
        for (number, layer) in census.layers.iter().enumerate() {
            writeln!(out)?;
            paragraph(number + 1, layer, out)?;
        }
        writeln!(out)?;
        match census.refused {
            0 => writeln!(out, "Nothing would be refused. Nothing was kept."),
            1 => writeln!(out, "1 entry would be refused, and the image with it. Nothing was kept."),
            number => writeln!(out, "{number} entries would be refused, and the image with them. Nothing was kept."),
        }
    }
}

fn paragraph(number: usize, layer: &CountedLayer, out: &mut dyn Write) -> io::Result<()> {
    let unpacked = layer.uncompressed.map(|bytes| format!(", {} unpacked", size(bytes))).unwrap_or_default();
    writeln!(out, "Layer {number}: {} ({}{unpacked})", layer.digest.short(), size(layer.size))?;
    let counts = [
        (layer.files, "file"),
        (layer.folders, "folder"),
        (layer.links, "link"),
        (layer.hard_links, "hard link"),
        (layer.streams, "stream"),
        (layer.whiteouts, "whiteout"),
    ];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| count(usize::try_from(number).unwrap_or(usize::MAX), what))
        .collect();
    let taken = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
    writeln!(out, "  Taken: {taken}")?;
    if layer.longest > 0 {
        writeln!(out, "  Longest path, {} characters: {}", layer.longest, clean(&layer.longest_path))?;
    }
    for refused in &layer.refused {
        writeln!(out, "  Refused, {}: {}", refused.count, clean(&refused.reason))?;
        for name in &refused.first {
            writeln!(out, "    {}", clean(name))?;
        }
        if refused.count > refused.first.len() as u64 {
            writeln!(out, "    …")?;
        }
    }
    if !layer.complete {
        writeln!(out, "  The rest of the layer could not be read.")?;
    }
    Ok(())
}
