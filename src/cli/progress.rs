//! The progress of a pull: what is to be fetched, then bars on a terminal and a line a layer elsewhere; and on a terminal what a check
//! waits for.

use std::collections::HashMap;
use std::future::Future;
use std::io::{self, IsTerminal as _, Write};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::image::Digest;
use crate::oci::Waiting;
use crate::oci::pull::{Event, Layer, Planned, Watch};
use crate::runner::store::import;
use crate::text;

/// The reason for a pause.
const WAITING: &str = "waiting for another process that has this layer locked; Ctrl-C ends the waiting";

/// The time for which a check says nothing of what it waits for.
const PATIENCE: Duration = Duration::from_secs(1);
/// The time after which that is said again.
const STEP: Duration = Duration::from_millis(200);
/// The most places that are named.
const MOST_PLACES: usize = 3;

/// The line that says what is waited for, while there is one.
static LINE: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// `true` if progress is shown: on a terminal, and not in a pipeline that has one.
fn is_shown() -> bool {
    io::stderr().is_terminal() && std::env::var_os("CI").is_none()
}

/// Does this work. Once it has taken longer than a second, a line on the terminal says what it waits for, unless `quiet`; the line is
/// gone at the end.
pub async fn while_waiting<T>(quiet: bool, waiting: impl Fn() -> Waiting, work: impl Future<Output = T>) -> T {
    if quiet || !is_shown() {
        return work.await;
    }
    told(waiting, show, work).await
}

/// Does this work, and hands over what it waits for once that has taken longer than a second; `None` at the end.
async fn told<T>(waiting: impl Fn() -> Waiting, mut show: impl FnMut(Option<String>), work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let mut work = pin!(work);
    loop {
        if let Ok(done) = tokio::time::timeout(STEP, &mut work).await {
            show(None);
            return done;
        }
        let elapsed = begun.elapsed();
        if elapsed >= PATIENCE {
            show(Some(words(&waiting(), elapsed)));
        }
    }
}

/// Shows this text in the line, or removes the line.
fn show(text: Option<String>) {
    let mut line = line();
    match text {
        Some(text) => line.get_or_insert_with(new_line).set_message(text),
        None => {
            if let Some(line) = line.take() {
                line.finish_and_clear();
            }
        }
    }
}

fn line() -> MutexGuard<'static, Option<ProgressBar>> {
    LINE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn new_line() -> ProgressBar {
    let line = ProgressBar::new_spinner();
    match ProgressStyle::with_template("{wide_msg}") {
        Ok(style) => line.with_style(style),
        Err(_) => line,
    }
}

/// E.g. `waiting for 3 of 100 images: registry.example (12 s)`.
fn words(waiting: &Waiting, elapsed: Duration) -> String {
    let Waiting { left, of, places } = waiting;
    let images = match (left, of) {
        (_, 1) => "the image".to_owned(),
        (left, of) => format!("{left} of {of} images"),
    };
    let named = places.iter().take(MOST_PLACES).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if places.len() > MOST_PLACES { ", …" } else { "" };
    let places = if named.is_empty() { named } else { format!(": {named}{more}") };
    format!("waiting for {images}{places} ({} s)", elapsed.as_secs())
}

/// Standard error beside the line that says what is waited for.
pub struct Beside;

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &*line() {
            Some(line) => line.suspend(|| io::stderr().write(bytes)),
            None => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Shows the progress on standard error; if `quiet`, only the reasons for pauses.
pub fn watch(quiet: bool) -> Watch {
    watch_beside(quiet, MultiProgress::new())
}

/// A receiver of the progress of an import.
pub type Imports = Box<dyn Fn(import::Event<'_>)>;

/// Shows the progress of a pull whose layers are imported while they come, and of that import, which takes a while.
pub fn pulling_and_importing(quiet: bool) -> (Watch, Imports) {
    let all = MultiProgress::new();
    let watch = watch_beside(quiet, all.clone());
    let importing = move |event: import::Event<'_>| {
        let line = match event {
            import::Event::Importing(_) if quiet => return,
            import::Event::Importing(layer) => format!("{}: importing", layer.digest.short()),
            import::Event::Waiting(layer) => format!("{}: {WAITING}", layer.digest.short()),
        };
        // Progress that cannot be written does not stop the import. Lines stand above the bars, where there are some.
        let _ = if is_shown() { all.println(line) } else { writeln!(io::stderr(), "{line}") };
    };
    (watch, Box::new(importing))
}

fn watch_beside(quiet: bool, all: MultiProgress) -> Watch {
    if is_shown() && !quiet {
        let bars: Mutex<HashMap<Digest, ProgressBar>> = Mutex::default();
        Arc::new(move |event| {
            let layer = match event {
                Event::Planned(planned) => {
                    if let Some(line) = to_fetch(planned) {
                        _ = all.println(line);
                    }
                    return;
                }
                Event::Begun(layer, _) | Event::Waiting(layer) | Event::Advanced(layer, _) | Event::Done(layer) => layer,
            };
            let mut bars = bars.lock().unwrap_or_else(PoisonError::into_inner);
            let bar = bars.entry(layer.digest.clone()).or_insert_with(|| all.add(bar(layer)));
            match event {
                Event::Planned(_) => {}
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
                Event::Planned(planned) if !quiet => to_fetch(planned).map_or(Ok(()), |line| writeln!(io::stderr(), "{line}")),
                Event::Waiting(layer) => writeln!(io::stderr(), "{}: {WAITING}", layer.digest.short()),
                Event::Done(layer) if !quiet => {
                    writeln!(io::stderr(), "{}: {}, verified", layer.digest.short(), text::size(layer.size))
                }
                Event::Planned(_) | Event::Begun(..) | Event::Advanced(..) | Event::Done(_) => Ok(()),
            };
        })
    }
}

/// What is to be fetched, e.g. `Downloading app:1: 2 of 7 layers, 34.5 MiB`; `None` where all is there.
fn to_fetch(planned: &Planned<'_>) -> Option<String> {
    let &Planned { name, layers, missing, bytes } = planned;
    let number = match missing {
        0 => return None,
        missing if missing == layers => String::new(),
        missing => format!("{missing} of "),
    };
    Some(format!("Downloading {name}: {number}{}, {}", text::count(layers, "layer"), text::size(bytes)))
}

fn bar(layer: &Layer) -> ProgressBar {
    let bar = ProgressBar::new(layer.size).with_prefix(layer.digest.short().to_owned());
    // The template is this program's own; if it were wrong, the bar would have the plain style.
    match ProgressStyle::with_template("{prefix} {bar:30} {bytes:>11}/{total_bytes} {binary_bytes_per_sec}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Reference;
    use crate::image::reference::Location;

    /// The result of this work, and what was shown meanwhile.
    fn shown_for<T>(work: impl Future<Output = T>, mut seen: impl FnMut()) -> (T, Vec<Option<String>>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let waiting = || Waiting { left: 1, of: 1, places: vec!["a.test".to_owned()] };
        let mut shown = Vec::new();
        let show = |text: Option<String>| {
            shown.push(text);
            seen();
        };
        let done = runtime.block_on(told(waiting, show, work));
        (done, shown)
    }

    /// The work takes until something is shown, however long that is on a busy machine.
    #[test]
    fn a_long_wait_is_shown_after_a_second_and_the_line_is_gone_at_the_end() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let mut sender = Some(sender);
        let begun = Instant::now();
        let (done, shown) = shown_for(receiver, || {
            if let Some(sender) = sender.take() {
                sender.send(begun.elapsed()).unwrap();
            }
        });
        assert!(done.unwrap() >= PATIENCE);
        let [Some(first), .., None] = shown.as_slice() else { panic!("{shown:?}") };
        assert!(first.starts_with("waiting for the image: a.test ("), "{first}");
    }

    #[test]
    fn work_that_is_done_at_once_shows_nothing() {
        assert_eq!(shown_for(std::future::ready(7), || {}), (7, vec![None]));
    }

    #[test]
    fn what_is_waited_for_is_said_in_one_line() {
        for (left, of, places, seconds, expected) in [
            (3, 100, &["registry.example"][..], 12, "waiting for 3 of 100 images: registry.example (12 s)"),
            (1, 1, &["a.test"], 1, "waiting for the image: a.test (1 s)"),
            (9, 9, &["a", "b", "c", "d"], 2, "waiting for 9 of 9 images: a, b, c, … (2 s)"),
            (2, 2, &[], 1, "waiting for 2 of 2 images (1 s)"),
        ] {
            let waiting = Waiting { left, of, places: places.iter().map(|place| (*place).to_owned()).collect() };
            assert_eq!(words(&waiting, Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn what_is_to_be_fetched_is_said_in_one_line() {
        let reference: Reference = "r.test/app:1".parse().unwrap();
        let Location::Registry(name) = reference.location() else { panic!("{reference:?}") };
        for (layers, missing, bytes, expected) in [
            (7, 7, 60_005_175, Some("Downloading r.test/app:1: 7 layers, 57.2 MiB")),
            (1, 1, 4096, Some("Downloading r.test/app:1: 1 layer, 4.0 KiB")),
            (7, 1, 4096, Some("Downloading r.test/app:1: 1 of 7 layers, 4.0 KiB")),
            (7, 0, 0, None),
        ] {
            assert_eq!(to_fetch(&Planned { name, layers, missing, bytes }).as_deref(), expected);
        }
    }
}
