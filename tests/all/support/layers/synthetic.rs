//! A layer with the proportions of nanoserver: 13 % directories, a third hard links, rawsd on 63 %, extended attributes on 10 %.

use std::io::Write;

use super::archive::{Archive, Meta};

/// An entry of a synthetic layer.
#[derive(Clone, Debug)]
pub struct Item {
    pub path: String,
    pub kind: ItemKind,
    pub meta: Meta,
}

#[derive(Clone, Debug)]
pub enum ItemKind {
    Directory,
    File { content: Vec<u8>, streams: Vec<(String, Vec<u8>)> },
    HardLink { target: String },
    Symlink { target: String },
    Junction { target: String },
}

/// Numbers that look random and are the same in every run.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }

    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }
}

/// A base layer of `count` entries; `content` makes what is in a file.
pub fn layer(count: usize, numbers: &mut Numbers, mut content: impl FnMut(&mut Numbers) -> Vec<u8>) -> Vec<Item> {
    let mut items = Vec::with_capacity(count);
    let mut directories = Vec::new();
    let mut files: Vec<String> = Vec::new();
    for path in ["Files", "Hives", "UtilityVM", "UtilityVM/Files"] {
        items.push(Item { path: path.to_owned(), kind: ItemKind::Directory, meta: meta(numbers, 0x10) });
    }
    directories.extend(["Files".to_owned(), "UtilityVM/Files".to_owned()]);
    for hive in ["DefaultUser", "Sam", "Security", "Software", "System"] {
        let kind = ItemKind::File { content: content(numbers), streams: Vec::new() };
        items.push(Item { path: format!("Hives/{hive}_Base"), kind, meta: meta(numbers, 0x20) });
    }
    while items.len() < count {
        let parent = directories[numbers.below(directories.len())].clone();
        let path = format!("{parent}/{}", name(numbers, items.len()));
        let (kind, attributes) = match numbers.below(10_000) {
            0..1_300 => {
                directories.push(path.clone());
                (ItemKind::Directory, 0x10)
            }
            1_300..4_700 if !files.is_empty() => {
                let target = files[numbers.below(files.len())].clone();
                (ItemKind::HardLink { target }, 0)
            }
            4_700..4_720 => (ItemKind::Symlink { target: "elsewhere\\x".to_owned() }, 0x400),
            4_720..4_740 => (ItemKind::Junction { target: "C:\\Users".to_owned() }, 0x410),
            other => {
                files.push(path.clone());
                let streams = if other < 4_800 { vec![("Zone.Identifier".to_owned(), numbers.bytes(30))] } else { Vec::new() };
                (ItemKind::File { content: content(numbers), streams }, 0x20)
            }
        };
        let meta = match kind {
            ItemKind::HardLink { .. } => Meta::default(),
            ItemKind::Junction { .. } => Meta { mount_point: true, ..meta(numbers, attributes) },
            _ => meta(numbers, attributes),
        };
        items.push(Item { path, kind, meta });
    }
    items
}

fn name(numbers: &mut Numbers, index: usize) -> String {
    match numbers.below(20) {
        0 => format!("Ünïcode-日本語-{index}.dll"),
        1 => format!("amd64_microsoft-windows-{}_31bf3856ad364e35_10.0.20348.1_none-{index}", "component-".repeat(9)),
        _ => format!("file-{index}.dll"),
    }
}

fn meta(numbers: &mut Numbers, attributes: u32) -> Meta {
    let mut time =
        |digits: usize| Some(format!("16{:08}.{:0digits$}", numbers.below(100_000_000), 1_234_567 % 10usize.pow(digits as u32)));
    let (modified, accessed, changed, created) = (time(7), time(1), time(7), time(7));
    // Hard links have none; 94 % of the rest make 63 % of all.
    let security = numbers.percent(94).then(|| {
        let mut descriptor = owned_by_system();
        descriptor.extend(numbers.bytes(100));
        descriptor
    });
    let mut extended_attributes = Vec::new();
    if numbers.percent(15) {
        extended_attributes.push(("$CI.CATALOGHINT".to_owned(), numbers.bytes(70)));
        extended_attributes.push(("$KERNEL.PURGE.ESBCACHE".to_owned(), numbers.bytes(41)));
    }
    Meta { attributes: Some(attributes), security, extended_attributes, modified, accessed, changed, created, mount_point: false }
}

/// The header of a self-relative descriptor with its owner behind it.
fn owned_by_system() -> Vec<u8> {
    let mut descriptor = vec![1, 0, 0x04, 0x80, 20, 0, 0, 0];
    descriptor.extend([0; 12]);
    descriptor.extend([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]);
    descriptor
}

/// Writes a layer as a tar.
pub fn write<W: Write>(items: &[Item], out: W) -> W {
    let mut archive = Archive::over(out);
    for Item { path, kind, meta } in items {
        match kind {
            ItemKind::Directory => {
                archive.directory(path, meta);
            }
            ItemKind::File { content, streams } => {
                archive.file(path, meta, content);
                for (name, content) in streams {
                    archive.file(&format!("{path}:{name}"), &Meta::default(), content);
                }
            }
            ItemKind::HardLink { target } => {
                archive.hard_link(path, target);
            }
            ItemKind::Symlink { target } | ItemKind::Junction { target } => {
                archive.link(path, target, meta);
            }
        }
    }
    archive.finish()
}
