//! The progress of a pull: bars on a terminal, a line a layer elsewhere.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::image::Digest;
use crate::oci::pull::{Event, Layer, Watch};
use crate::runner::store::import;
use crate::text;

/// The reason for a pause.
const WAITING: &str = "waiting for another process that has this layer locked; Ctrl-C ends the waiting";

/// Shows the progress on standard error; if `quiet`, only the reasons for pauses.
pub fn watch(quiet: bool) -> Watch {
    let with_bars = io::stderr().is_terminal() && std::env::var_os("CI").is_none();
    if with_bars && !quiet {
        let all = MultiProgress::new();
        let bars: Mutex<HashMap<Digest, ProgressBar>> = Mutex::default();
        Arc::new(move |event| {
            let (Event::Begun(layer, _) | Event::Waiting(layer) | Event::Advanced(layer, _) | Event::Done(layer)) = event;
            let mut bars = bars.lock().unwrap_or_else(PoisonError::into_inner);
            let bar = bars.entry(layer.digest.clone()).or_insert_with(|| all.add(bar(layer)));
            match event {
                Event::Begun(_, there) => bar.set_position(there),
                Event::Waiting(_) => _ = all.println(format!("{}: {WAITING}", layer.digest.short())),
                Event::Advanced(_, bytes) => bar.inc(bytes),
                Event::Done(_) => bar.finish(),
            }
        })
    } else {
        Arc::new(move |event| {
            // Progress that cannot be written does not stop the pull.
            let _ = match event {
                Event::Waiting(layer) => writeln!(io::stderr(), "{}: {WAITING}", layer.digest.short()),
                Event::Done(layer) if !quiet => {
                    writeln!(io::stderr(), "{}: {}, verified", layer.digest.short(), text::size(layer.size))
                }
                Event::Begun(..) | Event::Advanced(..) | Event::Done(_) => Ok(()),
            };
        })
    }
}

/// Says that a layer is imported now, which takes a while, unless `quiet`; and the reason for a pause in any case.
pub fn importing(event: import::Event<'_>, quiet: bool) {
    // Progress that cannot be written does not stop the import.
    let _ = match event {
        import::Event::Importing(_) if quiet => Ok(()),
        import::Event::Importing(layer) => writeln!(io::stderr(), "{}: importing", layer.digest.short()),
        import::Event::Waiting(layer) => writeln!(io::stderr(), "{}: {WAITING}", layer.digest.short()),
    };
}

fn bar(layer: &Layer) -> ProgressBar {
    let bar = ProgressBar::new(layer.size).with_prefix(layer.digest.short().to_owned());
    // The template is this program's own; if it were wrong, the bar would have the plain style.
    match ProgressStyle::with_template("{prefix} {bar:30} {bytes:>11}/{total_bytes} {binary_bytes_per_sec}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
