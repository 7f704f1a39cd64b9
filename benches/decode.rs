//! Decodes a 1 GiB image of four layers to disk, beside `gzip -dc FILE | sha256sum` of the same four files.
//!
//! `cargo bench --bench decode -- [--keep DIR] [--rounds N] [--layers N] [--generate]`. Both sides read the same files from the
//! page cache and run their layers side by side; the decoder also checks the diff IDs and writes every backup stream to a
//! transport folder. It runs in a process of its own, whose peak memory is that of decoding alone. `--generate` makes the layers
//! of DIR and measures nothing.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::use_debug, reason = "a bench prints, and may end by a panic")]

#[path = "../tests/all/support/layers/archive.rs"]
mod archive;
#[path = "../tests/all/support/layers/synthetic.rs"]
mod synthetic;

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use flate2::write::GzEncoder;
use synthetic::{Numbers, layer, write};
use wincompat::internals::layer::transport::stamp_portably;
use wincompat::internals::layer::{Compression, Expected, Limits, Options, Position, Transport, decode};

const TOTAL: usize = 1 << 30;
const ENTRIES: usize = 10_000;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|argument| argument == name).map(|at| arguments[at + 1].clone());
    if let Some(folder) = value("--decode") {
        return decode_all(Path::new(&folder));
    }
    let rounds: usize = value("--rounds").map_or(3, |rounds| rounds.parse().unwrap());
    let layers: usize = value("--layers").map_or(4, |layers| layers.parse().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let folder = value("--keep").map_or(temporary.path().to_owned(), PathBuf::from);
    fs::create_dir_all(&folder).unwrap();
    if blobs(&folder).len() != layers {
        generate(&folder, layers);
    }
    if arguments.iter().any(|argument| argument == "--generate") {
        return;
    }
    let stored: u64 = blobs(&folder).iter().map(|blob| fs::metadata(blob).unwrap().len()).sum();
    println!("{layers} layers, {} MiB in all, {} MiB compressed", TOTAL >> 20, stored >> 20);
    let mut ratios = Vec::new();
    for _ in 0..rounds {
        let gzip = gzip_and_sha256sum(&folder);
        let (decoder, report) = decoder(&folder);
        let ratio = gzip.as_secs_f64() / decoder.as_secs_f64();
        println!("gzip -dc | sha256sum: {gzip:.2?}; decoder, to disk: {decoder:.2?} ({report}); ratio {ratio:.2}");
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!("the decoder is {:.2} times as fast (median of {rounds})", ratios[rounds / 2]);
}

/// The layers in a folder, e.g. of an earlier run.
fn blobs(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut blobs: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|extension| extension == "gz")).collect();
    blobs.sort();
    blobs
}

fn generate(folder: &Path, layers: usize) {
    let mut numbers = Numbers(42);
    let mut word = || {
        let length = 2 + numbers.below(14);
        numbers.bytes(length)
    };
    let words: Vec<Vec<u8>> = (0..4096).map(|_| word()).collect();
    for index in 0..layers {
        // Half of the entries are files, of very different sizes; together they make the layer's share.
        let mean = TOTAL / layers / (ENTRIES * 53 / 100);
        let items = layer(ENTRIES, &mut numbers, |numbers| {
            let size = if numbers.below(10) == 0 { numbers.below(16 * mean) } else { numbers.below(mean / 2) };
            content(numbers, &words, size)
        });
        let file = File::create(folder.join(format!("{index}.tar.gz"))).unwrap();
        write(&items, GzEncoder::new(file, flate2::Compression::default())).finish().unwrap();
    }
}

/// Bytes that compress about as well as programs do: words of a skewed vocabulary, and noise.
fn content(numbers: &mut Numbers, words: &[Vec<u8>], size: usize) -> Vec<u8> {
    let mut content = Vec::with_capacity(size + 16);
    while content.len() < size {
        let number = numbers.next();
        if number % 8 < 3 {
            content.extend_from_slice(&number.to_le_bytes()[1..4]);
        } else {
            let rank = ((number >> 8) % 64) * ((number >> 16) % 64);
            content.extend_from_slice(&words[rank as usize]);
        }
    }
    content.truncate(size);
    content
}

fn gzip_and_sha256sum(folder: &Path) -> Duration {
    let start = Instant::now();
    let children: Vec<_> = blobs(folder)
        .iter()
        .map(|blob| Command::new("sh").args(["-c", "gzip -dc \"$0\" | sha256sum > \"$0.sum\""]).arg(blob).spawn().unwrap())
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    start.elapsed()
}

fn decoder(folder: &Path) -> (Duration, String) {
    let transports = tempfile::tempdir_in(folder).unwrap();
    let start = Instant::now();
    let mut command = Command::new(env::current_exe().unwrap());
    let output = command.arg("--decode").arg(folder).arg("--into").arg(transports.path()).output().unwrap();
    let elapsed = start.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (elapsed, String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// All layers side by side, each into a transport folder, which the caller removes: neither side is timed while it clears up.
fn decode_all(folder: &Path) {
    let into = PathBuf::from(env::args().next_back().unwrap());
    thread::scope(|scope| {
        for blob in blobs(folder) {
            scope.spawn(|| decode_one(blob, &into));
        }
    });
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown");
    println!("peak memory {}", peak.trim());
}

fn decode_one(blob: PathBuf, into: &Path) {
    let sum = fs::read_to_string(format!("{}.sum", blob.display())).unwrap();
    let diff_id = format!("sha256:{}", sum.split_whitespace().next().unwrap()).parse().unwrap();
    let options = Options {
        compression: Compression::Gzip,
        position: Position::Base,
        expected: Expected { diff_id: Some(&diff_id), digest: None },
        limits: Limits::default(),
        sddl: None,
    };
    let mut transport = Transport::create_in(into, stamp_portably, None).unwrap();
    decode(File::open(blob).unwrap(), &options, &mut transport).unwrap();
    std::mem::forget(transport);
}
