//! Pulls an image into a store and decodes its layers to transport folders, with the library alone:
//!
//! `cargo run --release --example pull_and_decode -- 127.0.0.1:5000/app:1 STORE FOLDER`
//!
//! It prints what each part took, and the most memory the process had (on Linux).

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use wincompat::image::layout::Folder;
use wincompat::image::reference::Location;
use wincompat::image::{self, Images, Options, Reference};
use wincompat::knowledge::Knowledge;
use wincompat::runner::layer::transport::stamp_portably;
use wincompat::runner::layer::{self, Expected, LayerError, Limits, Position, Transport, decode};
use wincompat::runner::pull::{Layer, Pulled, Watch, pull};

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [reference, store, folder] = arguments.as_slice() else { return Err("expected IMAGE STORE FOLDER".into()) };
    let store = Folder::create(store)?;
    fs::create_dir_all(folder)?;
    let started = Instant::now();
    let image = fetch(&reference.parse()?, &store)?;
    let pulled = started.elapsed();
    unpack(&image, &store, Path::new(folder))?;
    let all = started.elapsed();
    println!("pulled in {:.2} s, decoded in {:.2} s, {}", pulled.as_secs_f64(), (all - pulled).as_secs_f64(), peak_memory());
    Ok(())
}

/// The only image behind the reference, into the store.
fn fetch(reference: &Reference, store: &Folder) -> Result<Pulled, Failure> {
    let Location::Registry(name) = reference.location() else { return Err("the image is in no registry".into()) };
    let silent: Watch = Arc::new(|_| {});
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let images = Images::new(Options { no_cache: true, ..Options::default() }, Knowledge::built_in());
        let resolved: Result<Vec<image::Image>, _> = images.resolve(std::slice::from_ref(reference)).await.into_iter().collect();
        let candidate = resolved?.into_iter().flat_map(|image| image.candidates).next();
        let digest = candidate.and_then(|candidate| candidate.digest).ok_or("there is no image for Windows")?;
        Ok(pull(&images, name, &digest, store, &silent).await?)
    })
}

/// All layers side by side, each into a folder of its own.
fn unpack(image: &Pulled, store: &Folder, folder: &Path) -> Result<(), LayerError> {
    thread::scope(|scope| {
        let unpack = |(number, layer)| move || unpack_layer(layer, number, store, folder);
        let threads: Vec<_> = image.layers.iter().enumerate().map(|layer| scope.spawn(unpack(layer))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn unpack_layer(layer: &Layer, number: usize, store: &Folder, folder: &Path) -> Result<(), LayerError> {
    let options = layer::Options {
        compression: layer.compression,
        position: if number == 0 { Position::Base } else { Position::Upper },
        expected: Expected { digest: Some(&layer.digest), diff_id: Some(&layer.diff_id) },
        limits: Limits::default(),
        sddl: None,
    };
    let blob = File::open(store.blob_path(&layer.digest)).map_err(LayerError::Read)?;
    let mut transport = Transport::create_in(folder, stamp_portably, None).map_err(LayerError::Read)?;
    decode(blob, &options, &mut transport)?;
    // On Windows HCS would take the layer from this folder now; here it is kept to be looked at.
    std::mem::forget(transport);
    Ok(())
}

fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown");
    format!("peak memory {}", peak.trim())
}
