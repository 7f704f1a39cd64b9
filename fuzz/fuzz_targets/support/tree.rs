//! Folders made of an input, with links, pipes and files that a store has, and what of them a store may remove.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};
use wincompat::image::Digest;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const NAME: &str = "org.opencontainers.image.ref.name";
const STORE: &[u8] = b"{\"schema\":\"wincompat/store/v1\"}\n";
const LAYOUT: &[u8] = b"{\"imageLayoutVersion\":\"1.0.0\"}";

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    File(Vec<u8>),
    Folder,
    Link(String),
    Other,
}

/// All that is below a folder, by path.
pub type Seen = BTreeMap<String, Found>;

pub fn hex(bytes: &[u8]) -> String {
    Digest::of(bytes).hex().to_owned()
}

fn described(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": format!("sha256:{}", hex(bytes)), "size": bytes.len()})
}

fn listed(media_type: &str, bytes: &[u8], name: &str) -> Value {
    let mut entry = described(media_type, bytes);
    entry["annotations"] = json!({NAME: name});
    entry
}

/// Contents of two images with a layer in common, an index of them, a signature, lists that name them, and files that a store has.
pub fn documents() -> &'static [Vec<u8>] {
    static DOCUMENTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    DOCUMENTS.get_or_init(|| {
        let layers = ["base", "one", "two"].map(|name| name.as_bytes().to_vec());
        let image = |version: &str, upper: &[u8]| {
            let diff_ids = [&layers[0], upper].map(|layer| format!("sha256:{}", hex(layer)));
            let config = json!({"os": "windows", "architecture": "amd64", "os.version": version,
                "rootfs": {"type": "layers", "diff_ids": diff_ids}});
            let config = config.to_string().into_bytes();
            let layers = [described(LAYER, &layers[0]), described(LAYER, upper)];
            let manifest =
                json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": described(CONFIG, &config), "layers": layers});
            (config, manifest.to_string().into_bytes())
        };
        let (config, manifest) = image("10.0.20348.1", &layers[1]);
        let (other_config, other_manifest) = image("10.0.20348.2", &layers[2]);
        let index = |entries: Value| json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).to_string().into_bytes();
        let of_both = index(json!([described(MANIFEST, &manifest), described(MANIFEST, &other_manifest)]));
        let around = index(json!([described(INDEX, &of_both)]));
        let signature = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": described("application/vnd.oci.empty.v1+json", b"{}"),
            "layers": [described(LAYER, b"signed")], "subject": described(MANIFEST, &manifest)});
        let lists = [
            json!([listed(MANIFEST, &manifest, "registry.test/app:1")]),
            json!([listed(MANIFEST, &manifest, "registry.test/app:1"), listed(MANIFEST, &other_manifest, "registry.test/app:2")]),
            json!([listed(MANIFEST, &manifest, "registry.test/app:1"), listed(MANIFEST, &manifest, "registry.test/app:3")]),
            json!([listed(INDEX, &of_both, "registry.test/app:both")]),
            json!([listed(INDEX, &around, "registry.test/app:1")]),
            json!([]),
        ];
        let state = json!({"schema": "wincompat/container/v1", "request": {"image": "registry.test/app:1"}});
        let mut documents: Vec<Vec<u8>> = lists.into_iter().map(index).collect();
        documents.extend([of_both, around, manifest, other_manifest, config, other_config, signature.to_string().into_bytes()]);
        documents.extend(layers);
        documents.extend([b"{}".to_vec(), b"signed".to_vec(), state.to_string().into_bytes()]);
        documents.extend([STORE.to_vec(), LAYOUT.to_vec(), b"{\"schema\":\"wincompat/cache/v1\"}\n".to_vec()]);
        documents
    })
}

/// A folder with things that must stay.
pub fn outside(folder: &Path) {
    fs::create_dir_all(folder.join("sha256")).unwrap();
    fs::write(folder.join("precious"), "precious").unwrap();
    for document in documents() {
        fs::write(folder.join("sha256").join(hex(document)), document).unwrap();
    }
}

/// A name in a folder, of those that mean something or any other.
fn name(input: &mut Unstructured<'_>) -> Result<String> {
    const NAMES: [&str; 20] = [
        "index.json",
        "oci-layout",
        "wincompat.json",
        "index.json.lock",
        "blobs.lock",
        "verified.json",
        "blobs",
        "ingest",
        "layers",
        "containers",
        "sha256",
        "sha512",
        "state.json",
        "state.new",
        "owner.lock",
        "4711-0.new",
        "AbC123",
        "customers.csv",
        "log",
        "..data",
    ];
    Ok(match input.int_in_range(0..=9)? {
        0..=4 => (*input.choose(&NAMES)?).to_owned(),
        5 => hex(input.choose(documents())?),
        6 => format!("{}.part", hex(input.choose(documents())?)),
        7 => format!("{}.lock", hex(input.choose(documents())?)),
        8 => format!("{}.transport", hex(input.choose(documents())?)),
        _ => {
            let name = input.arbitrary::<&str>()?.replace(['/', '\0'], "_");
            if matches!(name.as_str(), "" | "." | "..") { "x".to_owned() } else { name.chars().take(60).collect() }
        }
    })
}

fn path(input: &mut Unstructured<'_>) -> Result<String> {
    Ok(match input.int_in_range(0..=5)? {
        0 | 1 => name(input)?,
        2 => format!("blobs/sha256/{}", name(input)?),
        3 => format!("ingest/{}", name(input)?),
        4 => format!("containers/{}/{}", hex(input.choose(documents())?), name(input)?),
        _ => format!("{}/{}", name(input)?, name(input)?),
    })
}

fn content(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut content = match input.int_in_range(0..=3)? {
        0 => input.arbitrary::<&[u8]>()?.to_vec(),
        _ => input.choose(documents())?.clone(),
    };
    if !content.is_empty() && input.ratio(1, 8)? {
        let at = input.choose_index(content.len())?;
        content[at] = input.arbitrary()?;
    }
    Ok(content)
}

/// Makes the folder that an input describes: a store of this program with changes, or anything else.
pub fn make(root: &Path, input: &mut Unstructured<'_>) -> Result<()> {
    fs::create_dir(root).unwrap();
    if input.ratio(3, 4)? {
        for folder in ["blobs/sha256", "ingest", "layers", "containers"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("wincompat.json"), STORE).unwrap();
        fs::write(root.join("oci-layout"), LAYOUT).unwrap();
        for document in &documents()[6..] {
            fs::write(root.join("blobs/sha256").join(hex(document)), document).unwrap();
        }
        fs::write(root.join("index.json"), &documents()[input.int_in_range(0..=5)?]).unwrap();
    }
    for _ in 0..input.int_in_range(0..=8)? {
        // What cannot be made is not there.
        let _ = change(&root.join(path(input)?), input)?;
    }
    if input.ratio(7, 8)? {
        age(root);
    }
    Ok(())
}

fn change(path: &Path, input: &mut Unstructured<'_>) -> Result<std::io::Result<()>> {
    let outside = || path.ancestors().find(|folder| folder.ends_with("root")).unwrap_or(path).with_file_name("outside");
    let remove = |path: &Path| if path.is_dir() && !path.is_symlink() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    let kind = input.int_in_range(0..=8)?;
    if kind > 3 {
        let _ = remove(path);
    }
    Ok(made.and(match kind {
        0..=2 => {
            let content = content(input)?;
            // Not through a link: what is outside stays as it is.
            let _ = remove(path);
            fs::write(path, content)
        }
        3 => fs::create_dir(path),
        4 => Ok(()),
        5 => std::os::unix::fs::symlink(outside(), path),
        6 => std::os::unix::fs::symlink(outside().join(*input.choose(&["precious", "sha256", "none"])?), path),
        7 => fs::hard_link(outside().join("precious"), path),
        _ => mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).map_err(Into::into),
    }))
}

/// Makes all files below a folder two days old: newer ones are kept for a while.
fn age(folder: &Path) {
    let old = SystemTime::now() - Duration::from_secs(2 * 24 * 60 * 60);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => age(&entry.path()),
            Ok(kind) if kind.is_file() => {
                let _ = File::open(entry.path()).and_then(|file| file.set_times(FileTimes::new().set_modified(old)));
            }
            _ => {}
        }
    }
}

/// All that is below a folder.
pub fn look(folder: &Path) -> Seen {
    fn add(root: &Path, folder: &Path, seen: &mut Seen) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let found = if kind.is_symlink() {
                Found::Link(fs::read_link(&path).unwrap().display().to_string())
            } else if kind.is_dir() {
                add(root, &path, seen);
                Found::Folder
            } else if kind.is_file() {
                Found::File(fs::read(&path).unwrap())
            } else {
                Found::Other
            };
            seen.insert(path.strip_prefix(root).unwrap().display().to_string(), found);
        }
    }
    let mut seen = Seen::new();
    add(folder, folder, &mut seen);
    seen
}

fn file<'s>(seen: &'s Seen, path: &str) -> Option<&'s [u8]> {
    match seen.get(path) {
        Some(Found::File(bytes)) => Some(bytes),
        _ => None,
    }
}

/// True for a folder with the marker of a store, or all that an earlier version made, which had none.
pub fn is_ours(seen: &Seen) -> bool {
    match seen.get("wincompat.json") {
        Some(_) => file(seen, "wincompat.json") == Some(STORE),
        None => {
            let folders = ["blobs", "ingest", "layers", "containers"];
            folders.iter().all(|name| seen.get(*name) == Some(&Found::Folder))
                && seen.contains_key("index.json.lock")
                && file(seen, "oci-layout") == Some(LAYOUT)
        }
    }
}

fn is_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// True for the locks by which a container is known to live.
pub fn is_lock_of_container(path: &str) -> bool {
    path == "containers/lock" || path.strip_prefix("containers/").and_then(|path| path.strip_suffix("/lock")).is_some_and(is_hex)
}

/// True for files of this program that a store removes by itself: content, parts of it, and what was written aside.
pub fn may_be_removed(path: &str, was: &Found) -> bool {
    let is_aside = |name: &str| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let numbers = name.strip_suffix(".new").and_then(|name| name.split_once('-'));
        numbers.is_some_and(|(process, number)| digits(process) && digits(number))
            || (name.len() == 6 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    matches!(was, Found::File(_))
        && (path.strip_prefix("blobs/sha256/").is_some_and(is_hex)
            || path.strip_prefix("ingest/").is_some_and(|name| name.strip_suffix(".part").is_some_and(is_hex) || is_aside(name)))
}

fn json_of(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

fn digests(document: &Value, field: &str) -> Vec<String> {
    let named = document.get(field);
    let named =
        named.and_then(Value::as_array).map_or_else(|| named.into_iter().collect::<Vec<_>>(), |list| list.iter().collect());
    let digests = named.into_iter().filter_map(|named| named.get("digest")?.as_str()?.strip_prefix("sha256:"));
    digests.map(str::to_owned).collect()
}

/// The content that is named by the list in `after`, at any depth, as it was before.
pub fn needed(before: &Seen, after: &Seen) -> BTreeSet<String> {
    let mut needed = BTreeSet::new();
    let Some(list) = file(after, "index.json").and_then(json_of) else {
        // What cannot be read may need everything.
        let all = before.keys().filter_map(|path| path.strip_prefix("blobs/sha256/").map(str::to_owned));
        return if after.contains_key("index.json") { all.collect() } else { needed };
    };
    let (mut waiting, mut documents) = (digests(&list, "manifests"), BTreeSet::new());
    while let Some(hex) = waiting.pop() {
        needed.insert(hex.clone());
        if documents.insert(hex.clone())
            && let Some(document) = file(before, &format!("blobs/sha256/{hex}")).and_then(json_of)
        {
            needed.extend(["config", "layers"].iter().flat_map(|field| digests(&document, field)));
            waiting.extend(digests(&document, "manifests"));
        }
    }
    needed
}

/// The content without which a listed image is not whole: what an index names need not be there.
pub fn whole(seen: &Seen) -> Option<BTreeSet<String>> {
    let Some(bytes) = file(seen, "index.json") else { return Some(BTreeSet::new()) };
    let (mut whole, mut waiting, mut documents) = (BTreeSet::new(), digests(&json_of(bytes)?, "manifests"), BTreeSet::new());
    while let Some(hex) = waiting.pop() {
        whole.insert(hex.clone());
        if documents.insert(hex.clone())
            && let Some(document) = file(seen, &format!("blobs/sha256/{hex}")).and_then(json_of)
        {
            if document.get("layers").is_some() {
                whole.extend(["config", "layers"].iter().flat_map(|field| digests(&document, field)));
            }
            let there = |hex: &String| file(seen, &format!("blobs/sha256/{hex}")).is_some();
            waiting.extend(digests(&document, "manifests").into_iter().filter(there));
        }
    }
    Some(whole)
}
