//! Writes layer archives as Windows' exporters do, and others that they never would.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tar::Header;

/// What an entry has besides its name and content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    pub attributes: Option<u32>,
    pub security: Option<Vec<u8>>,
    pub extended_attributes: Vec<(String, Vec<u8>)>,
    /// In PAX form, e.g. `1700000000.1234567`.
    pub modified: Option<String>,
    pub accessed: Option<String>,
    pub changed: Option<String>,
    pub created: Option<String>,
    pub mount_point: bool,
}

impl Meta {
    fn records(&self) -> Vec<(String, Vec<u8>)> {
        let mut records = Vec::new();
        let mut text = |key: &str, value: &Option<String>| {
            if let Some(value) = value {
                records.push((key.to_owned(), value.clone().into_bytes()));
            }
        };
        text("LIBARCHIVE.creationtime", &self.created);
        text("atime", &self.accessed);
        text("ctime", &self.changed);
        text("mtime", &self.modified);
        text("MSWINDOWS.fileattr", &self.attributes.map(|attributes| attributes.to_string()));
        text("MSWINDOWS.rawsd", &self.security.as_ref().map(|descriptor| STANDARD.encode(descriptor)));
        text("MSWINDOWS.mountpoint", &self.mount_point.then(|| "1".to_owned()));
        for (name, value) in &self.extended_attributes {
            text(&format!("MSWINDOWS.xattr.{name}"), &Some(STANDARD.encode(value)));
        }
        records
    }
}

/// A tar that is written member by member.
pub struct Archive<W: Write> {
    pub(super) out: W,
}

impl<W: Write> Archive<W> {
    pub fn over(out: W) -> Self {
        Self { out }
    }

    pub fn directory(&mut self, name: &str, meta: &Meta) -> &mut Self {
        self.member(&format!("{name}/"), b'5', "", meta, b"")
    }

    pub fn file(&mut self, name: &str, meta: &Meta, content: &[u8]) -> &mut Self {
        self.member(name, b'0', "", meta, content)
    }

    pub fn link(&mut self, name: &str, target: &str, meta: &Meta) -> &mut Self {
        self.member(name, b'2', target, meta, b"")
    }

    pub fn hard_link(&mut self, name: &str, target: &str) -> &mut Self {
        self.member(name, b'1', target, &Meta::default(), b"")
    }

    /// A member whose name and target go into the header, and as records where they do not fit.
    pub fn member(&mut self, name: &str, type_flag: u8, target: &str, meta: &Meta, content: &[u8]) -> &mut Self {
        let mut records = meta.records();
        for (key, value) in [("path", name), ("linkpath", target)] {
            if value.len() > 100 || !value.is_ascii() {
                records.push((key.to_owned(), value.as_bytes().to_vec()));
            }
        }
        if !records.is_empty() {
            let records = pax(&records);
            self.raw(&header("PaxHeaders.0/x", b'x', "", records.len() as u64), &records);
        }
        let header = header(&cut(name), type_flag, &cut(target), content.len() as u64);
        self.raw(&header, content)
    }

    /// A header with its payload, whatever it says.
    pub fn raw(&mut self, header: &Header, content: &[u8]) -> &mut Self {
        self.out.write_all(header.as_bytes()).unwrap();
        self.out.write_all(content).unwrap();
        let padding = content.len().next_multiple_of(512) - content.len();
        self.out.write_all(&[0; 512][..padding]).unwrap();
        self
    }

    /// The end marker.
    pub fn finish(mut self) -> W {
        self.out.write_all(&[0; 1024]).unwrap();
        self.out
    }
}

/// A POSIX header with these raw values and a right checksum.
pub fn header(name: &str, type_flag: u8, target: &str, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    let old = header.as_old_mut();
    old.linkflag = [type_flag];
    old.name[..name.len()].copy_from_slice(name.as_bytes());
    old.linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_cksum();
    header
}

/// What Go's writer leaves of a name in a header: ASCII, 100 bytes.
fn cut(name: &str) -> String {
    name.chars().filter(char::is_ascii).take(100).collect()
}

/// The content of an extended header.
pub fn pax(records: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut content = Vec::new();
    for (key, value) in records {
        let rest = 3 + key.len() + value.len();
        let length = (1..20).map(|digits| rest + digits).find(|length| length.to_string().len() + rest == *length).unwrap();
        content.extend_from_slice(format!("{length} {key}=").as_bytes());
        content.extend_from_slice(value);
        content.push(b'\n');
    }
    content
}
