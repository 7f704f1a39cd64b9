//! Pulls an image into a store and decodes its layers on their way there to transport folders, with the library alone:
//!
//! `cargo run --release --example pull_and_decode -- 127.0.0.1:5000/app:1 STORE FOLDER`
//!
//! It prints what that took, and the most memory the process had (on Linux).
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example prints, and stays short")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use wincompat::image;
use wincompat::image::Reference;
use wincompat::image::reference::Location;
use wincompat::internals::layer;
use wincompat::internals::layer::transport::stamp_portably;
use wincompat::internals::layer::{Expected, LayerError, Limits, Position, Streamed, Transport, decode};
use wincompat::internals::oci::distribution::{self, Proxies};
use wincompat::internals::oci::layout::Folder;
use wincompat::internals::oci::pull::{Layer, Pulled, Unpack, Watch, pull_and_unpack};
use wincompat::internals::oci::{Images, Options};
use wincompat::knowledge::Knowledge;

/// The calls of this system with which files are reached.
#[cfg(unix)]
fn handles() -> &'static wincompat::unix::UnixFolders {
    &wincompat::unix::UnixFolders
}

/// The calls of this system with which files are reached.
#[cfg(windows)]
fn handles() -> &'static wincompat::windows::StoreFolders {
    &wincompat::windows::StoreFolders
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [reference, store, folder] = arguments.as_slice() else { return Err("expected IMAGE STORE FOLDER".into()) };
    let store = Folder::create(handles(), store)?;
    fs::create_dir_all(folder)?;
    let started = Instant::now();
    let decoder = Arc::new(Decoder { folder: folder.into(), decoded: Mutex::default() });
    let image = fetch(&reference.parse()?, &store, &decoder)?;
    // Those that were in the store already did not come by.
    for (number, layer) in image.layers.iter().enumerate() {
        if !decoder.decoded.lock().unwrap().contains(&number) {
            decoder.decode(number, layer, &mut store.open_blob(&layer.digest)?)?;
        }
    }
    println!("pulled and decoded in {:.2} s, {}", started.elapsed().as_secs_f64(), peak_memory());
    Ok(())
}

/// The only image behind the reference, into the store and through the decoder.
fn fetch(reference: &Reference, store: &Folder, decoder: &Arc<Decoder>) -> Result<Pulled, Failure> {
    let Location::Registry(name) = reference.location() else { return Err("the image is in no registry".into()) };
    let silent: Watch = Arc::new(|_| {});
    let decoder = Arc::clone(decoder);
    let unpack: Unpack = Arc::new(move |number, layer, stored| decoder.decode(number, layer, stored));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // The proxies of this machine, and neither a cache nor credentials.
        let registries = distribution::Options { proxies: Proxies::System, ..distribution::Options::default() };
        let options = Options { registries, ..Options::new(handles()) };
        let images = Images::new(options, Knowledge::built_in());
        let resolved: Result<Vec<image::Image>, _> = images.resolve(std::slice::from_ref(reference)).await.into_iter().collect();
        let candidate = resolved?.into_iter().flat_map(|image| image.candidates).next();
        let digest = candidate.and_then(|candidate| candidate.digest).ok_or("there is no image for Windows")?;
        Ok(pull_and_unpack(&images, name, &digest, store, &silent, Some(&unpack)).await?)
    })
}

/// Decodes layers, each into a transport folder of its own.
struct Decoder {
    folder: PathBuf,
    decoded: Mutex<BTreeSet<usize>>,
}

impl Decoder {
    fn decode(&self, number: usize, layer: &Layer, stored: &mut (dyn Read + Send)) -> Result<Streamed, LayerError> {
        let options = layer::Options {
            compression: layer.compression,
            position: if number == 0 { Position::Base } else { Position::Upper },
            expected: Expected { digest: Some(&layer.digest), diff_id: Some(&layer.diff_id) },
            limits: Limits::default(),
            sddl: None,
        };
        let mut transport = Transport::create_in(&self.folder, stamp_portably, None).map_err(LayerError::Read)?;
        let decoded = decode(stored, &options, &mut transport)?;
        // On Windows HCS would take the layer from this folder now; here it is kept to be looked at.
        std::mem::forget(transport);
        self.decoded.lock().unwrap().insert(number);
        Ok(decoded.streamed)
    }
}

fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown");
    format!("peak memory {}", peak.trim())
}
