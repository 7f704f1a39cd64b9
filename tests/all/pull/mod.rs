//! `wincompat pull`: what comes into the store, from whom, how often, and what does not.

mod damaged;
mod hostile;
mod killed;
mod looked;
mod sources;
mod together;
mod told;
mod unpacked;

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wincompat::image::Digest;

use crate::support::program::{Answer, Program};
use crate::support::registry::images::{Images, part};
use crate::support::registry::windows::{WindowsImage, descriptor};
use crate::support::registry::{Gate, Reply, Request, Server};
use crate::support::started::{ended, started};

/// On Windows, the machine the test runs on would be the host.
const HOST: &str = "--host=ltsc2022";

const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
const PLAIN: &str = "application/vnd.oci.image.layer.v1.tar";

/// A layer as an image has it.
#[derive(Clone, Debug)]
struct Layer {
    media_type: &'static str,
    stored: Vec<u8>,
    diff_id: Digest,
    urls: Vec<String>,
}

impl Layer {
    /// A tar with one file of this many bytes that do not compress.
    fn new(media_type: &'static str, seed: u64, size: usize) -> Self {
        let mut state = seed;
        let noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        let content: Vec<u8> = std::iter::repeat_with(noise).take(size).collect();
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(size as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("Files/{seed}.bin"), content.as_slice()).unwrap();
        let tar = archive.into_inner().unwrap();
        let stored = match media_type {
            GZIP => {
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                gzip.write_all(&tar).unwrap();
                gzip.finish().unwrap()
            }
            ZSTD => zstd::encode_all(tar.as_slice(), 1).unwrap(),
            _ => tar.clone(),
        };
        Self { media_type, stored, diff_id: Digest::of(&tar), urls: Vec::new() }
    }

    fn digest(&self) -> Digest {
        Digest::of(&self.stored)
    }

    fn descriptor(&self) -> Value {
        let mut descriptor = descriptor(self.media_type, &self.stored);
        if !self.urls.is_empty() {
            descriptor["urls"] = json!(self.urls);
        }
        descriptor
    }
}

/// An image with these layers.
fn image_of(layers: &[Layer]) -> WindowsImage {
    let diff_ids: Vec<&str> = layers.iter().map(|layer| layer.diff_id.as_str()).collect();
    let mut image = WindowsImage::of("10.0.20348.2402").stated("rootfs", json!({"type": "layers", "diff_ids": diff_ids}));
    image.layers = layers.iter().map(Layer::descriptor).collect();
    image
}

/// What a registry has of these layers and their image, `app:1`.
fn served(layers: &[Layer]) -> Images {
    let images = Images::default().windows("app", "1", &[image_of(layers)]);
    layers.iter().fold(images, |images, layer| images.blob("app", &layer.stored))
}

/// A registry with one image, the program, and a store.
struct Shop {
    server: Server,
    program: Program,
    layers: Vec<Layer>,
}

impl Shop {
    fn new(layers: Vec<Layer>, respond: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self { server: Server::start(respond), program: Program::new(), layers }
    }

    /// A registry that has everything and does as it is asked.
    fn well_behaved(layers: Vec<Layer>) -> Self {
        let images = served(&layers);
        Self::new(layers, move |request| images.respond(request))
    }

    fn store(&self) -> PathBuf {
        self.program.folder().join("store")
    }

    fn name(&self) -> String {
        format!("{}/app:1", self.server.name())
    }

    fn blob(&self, digest: &Digest) -> PathBuf {
        self.store().join("blobs/sha256").join(digest.hex())
    }

    fn partial(&self, digest: &Digest) -> PathBuf {
        self.store().join("ingest").join(format!("{}.part", digest.hex()))
    }

    /// How much of a layer is there without its name.
    fn kept(&self, layer: &Layer) -> u64 {
        fs::metadata(self.partial(&layer.digest())).map_or(0, |metadata| metadata.len())
    }

    /// `wincompat pull` without a cache, so that what is not asked for again comes from the store.
    fn process(&self) -> Command {
        let mut command = self.program.process();
        command.args(["pull", HOST, "--no-cache", "--root"]).arg(self.store()).arg(self.name()).env_remove("WINCOMPAT_CACHE");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// A pull that goes on while the test does something else.
    fn begin(&self) -> Pull {
        Pull(started(|| self.process().spawn()))
    }

    /// A whole pull.
    fn pull(&self, arguments: &[&str]) -> Answer {
        let mut command = self.program.command();
        command.args(["pull", HOST, "--no-cache", "--root"]).arg(self.store()).arg(self.name()).args(arguments);
        Answer::of(command.env_remove("WINCOMPAT_CACHE"))
    }

    /// A whole pull that must succeed, after which everything is as it should be.
    fn succeeds(&self, arguments: &[&str]) {
        let answer = self.pull(arguments);
        assert_eq!((answer.code, answer.out.as_str()), (0, self.printed().as_str()), "{}", answer.err);
        self.is_intact();
    }

    /// What a pull says: the digest of the image's manifest.
    fn printed(&self) -> String {
        format!("{}\n", Digest::of(&image_of(&self.layers).manifest_bytes()))
    }

    /// A whole pull that must fail; what it says.
    fn fails(&self, arguments: &[&str]) -> String {
        let answer = self.pull(arguments);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{}", answer.err);
        // What is to be downloaded is said before, where the manifest could be read.
        let said =
            answer.err.split_once('\n').filter(|(line, _)| line.starts_with("Downloading ")).map(|(_, rest)| rest.to_owned());
        let error = said.unwrap_or(answer.err);
        assert!(error.starts_with("error: "), "{error}");
        error
    }

    /// Requests for layers and configs.
    fn blob_requests(&self) -> Vec<Request> {
        self.server.requests().into_iter().filter(|request| request.path.contains("/blobs/")).collect()
    }

    /// Requests for one layer.
    fn requests_for(&self, layer: &Layer) -> Vec<Request> {
        let digest = layer.digest();
        self.server.requests().into_iter().filter(|request| request.path.ends_with(digest.as_str())).collect()
    }

    /// The store holds the image whole under its name, and nothing else.
    fn is_intact(&self) {
        let image = image_of(&self.layers);
        let mut expected = vec![image.manifest_bytes(), image.config_bytes()];
        expected.extend(self.layers.iter().map(|layer| layer.stored.clone()));
        for bytes in &expected {
            assert_eq!(Digest::of(&fs::read(self.blob(&Digest::of(bytes))).unwrap()), Digest::of(bytes));
        }
        let mut digests: Vec<Digest> = expected.iter().map(|bytes| Digest::of(bytes)).collect();
        digests.sort();
        digests.dedup();
        assert_eq!(fs::read_dir(self.store().join("blobs/sha256")).unwrap().count(), digests.len());
        let aside: Vec<_> = fs::read_dir(self.store().join("ingest")).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert!(aside.is_empty(), "half-named: {aside:?}");
        let index: Value = serde_json::from_slice(&fs::read(self.store().join("index.json")).unwrap()).unwrap();
        let entries = index["manifests"].as_array().unwrap();
        let named: Vec<&Value> = entries.iter().map(|entry| &entry["annotations"]["org.opencontainers.image.ref.name"]).collect();
        assert_eq!(named, [&json!(self.name())]);
        assert_eq!(entries[0]["digest"], Digest::of(&image.manifest_bytes()).as_str());
    }
}

/// A running pull; it ends with this.
struct Pull(Child);

impl Pull {
    fn kill(&mut self) {
        // An error is a process that has ended.
        let _ = self.0.kill();
        self.ended();
    }

    fn ended(&mut self) -> ExitStatus {
        ended(&mut self.0)
    }
}

impl Drop for Pull {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A blob as [`part`] answers it, in pieces with pauses between them.
fn slowly(request: &Request, bytes: &[u8], piece: usize, pause: Duration) -> Reply {
    in_steps(request, bytes, |head, rest| rest.chunks(piece).fold(head, |reply, piece| reply.then_send(piece).then_wait(pause)))
}

/// A blob as [`part`] answers it: so many bytes at once, the rest when the gate is open.
fn beginning(request: &Request, bytes: &[u8], length: usize, gate: &Gate) -> Reply {
    in_steps(request, bytes, |head, rest| {
        let (now, later) = rest.split_at(length.min(rest.len()));
        head.then_send(now).then_hold(gate).then_send(later)
    })
}

fn in_steps(request: &Request, bytes: &[u8], steps: impl FnOnce(Reply, &[u8]) -> Reply) -> Reply {
    let from = first_byte(request);
    let rest = &bytes[from..];
    let length = rest.len().to_string();
    let range = format!("bytes {from}-{}/{}", bytes.len().saturating_sub(1), bytes.len());
    let head = match from {
        0 => Reply::head(200, &[("content-length", &length)]),
        _ if rest.is_empty() => return part(request, bytes),
        _ => Reply::head(206, &[("content-length", &length), ("content-range", &range)]),
    };
    steps(head, rest)
}

/// The first byte that is asked for.
fn first_byte(request: &Request) -> usize {
    let range = request.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
    range.map_or(0, |first| first.parse().unwrap())
}

/// Waits for something that a busy machine may take its time for.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < until, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
