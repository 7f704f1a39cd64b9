//! Pulls an image into a store and decodes its layers on their way there to transport folders, with the library alone:
//!
//! `cargo run --release --example pull_and_decode -- 127.0.0.1:5000/app:1 STORE FOLDER`
//!
//! With `two-passes` behind that, the layers are decoded from the store once all of them are there, as `wincompat run` does with an
//! image that was pulled before. It prints what that took, and the most memory the process had (on Linux).
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example prints, and stays short")]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use wincompat::image;
use wincompat::image::Reference;
use wincompat::image::reference::Location;
use wincompat::internals::layer;
use wincompat::internals::layer::transport::stamp_portably;
use wincompat::internals::layer::{Expected, LayerError, Limits, Position, Streamed, Transport, decode, decompress};
use wincompat::internals::oci::distribution::{self, Proxies};
use wincompat::internals::oci::layout::Folder;
use wincompat::internals::oci::pull::{Arrival, Arrivals, Layer, Offers, Pulled, Watch, in_order, pull_in_order};
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
    let (arguments, two_passes) = match arguments.as_slice() {
        [arguments @ .., last] if last == "two-passes" => (arguments, true),
        arguments => (arguments, false),
    };
    let [reference, store, folder] = arguments else { return Err("expected IMAGE STORE FOLDER [two-passes]".into()) };
    let (reference, store) = (reference.parse::<Reference>()?, Folder::create(handles(), store)?);
    fs::create_dir_all(folder)?;
    let started = Instant::now();
    let (offers, arrivals) = in_order();
    std::thread::scope(|scope| {
        let pulling = scope.spawn(|| fetch(&reference, &store, offers));
        if two_passes {
            take_unread(&arrivals)?;
            let image = pulling.join().unwrap()?;
            return image.layers.iter().enumerate().try_for_each(|(number, layer)| {
                Ok(decode_one(Path::new(folder), number, layer, &mut store.open_blob(&layer.digest)?).map(drop)?)
            });
        }
        let decoded = decode_all(&arrivals, &store, Path::new(folder));
        pulling.join().unwrap()?;
        decoded
    })?;
    println!("pulled and decoded in {:.2} s, {}", started.elapsed().as_secs_f64(), peak_memory());
    Ok(())
}

/// The only image behind the reference, into the store; its layers are offered on their way.
fn fetch(reference: &Reference, store: &Folder, offers: Offers) -> Result<Pulled, Failure> {
    let Location::Registry(name) = reference.location() else { return Err("the image is in no registry".into()) };
    let silent: Watch = Arc::new(|_| {});
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // The proxies of this machine, and neither a cache nor credentials.
        let registries = distribution::Options { proxies: Proxies::System, ..distribution::Options::default() };
        let options = Options { registries, ..Options::new(handles()) };
        let images = Images::new(options, Knowledge::built_in());
        let resolved: Result<Vec<image::Image>, _> = images.resolve(std::slice::from_ref(reference)).await.into_iter().collect();
        let candidate = resolved?.into_iter().flat_map(|image| image.candidates).next();
        let digest = candidate.and_then(|candidate| candidate.digest).ok_or("there is no image for Windows")?;
        Ok(pull_in_order(&images, name, &digest, store, &silent, offers).await?)
    })
}

/// Lets the layers come, and only verifies them.
fn take_unread(arrivals: &Arrivals) -> Result<(), Failure> {
    let layers = arrivals.described(|| Ok(()))?.map(|pulled| pulled.layers).unwrap_or_default();
    for (number, layer) in layers.iter().enumerate() {
        if let Some(Arrival::Coming(coming)) = arrivals.layer(number, || Ok(()))? {
            let _ = coming.unpack(|stored| {
                decompress(stored, layer.compression, Limits::default().uncompressed, |_| Ok(())).map(|((), streamed)| streamed)
            });
        }
    }
    Ok(())
}

/// Decodes the layers while they come, each into a transport folder of its own.
fn decode_all(arrivals: &Arrivals, store: &Folder, folder: &Path) -> Result<(), Failure> {
    let layers = arrivals.described(|| Ok(()))?.map(|pulled| pulled.layers).unwrap_or_default();
    for (number, layer) in layers.iter().enumerate() {
        match arrivals.layer(number, || Ok(()))? {
            Some(Arrival::Coming(coming)) => _ = coming.unpack(|stored| decode_one(folder, number, layer, stored)),
            Some(Arrival::Stored) => _ = decode_one(folder, number, layer, &mut store.open_blob(&layer.digest)?)?,
            None => break,
        }
    }
    Ok(())
}

fn decode_one(folder: &Path, number: usize, layer: &Layer, stored: &mut (dyn Read + Send)) -> Result<Streamed, LayerError> {
    let options = layer::Options {
        compression: layer.compression,
        position: if number == 0 { Position::Base } else { Position::Upper },
        expected: Expected { digest: Some(&layer.digest), diff_id: Some(&layer.diff_id) },
        limits: Limits::default(),
        sddl: None,
    };
    let mut transport = Transport::create_in(folder, stamp_portably, None).map_err(LayerError::Read)?;
    let decoded = decode(stored, &options, &mut transport)?;
    // On Windows HCS would take the layer from this folder now; here it is kept to be looked at.
    std::mem::forget(transport);
    Ok(decoded.streamed)
}

fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown");
    format!("peak memory {}", peak.trim())
}
