//! Files in memory, scanned together; what is found has its place in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use wincompat::Error;
use wincompat::internals::scan::{Files, ScannedFile, Values, scan};

struct Memory(BTreeMap<PathBuf, Rc<str>>);

impl Files for Memory {
    fn read(&self, path: &Path) -> Result<Rc<str>, Error> {
        self.0.get(path).cloned().ok_or_else(|| Error::new("there is no such file"))
    }
}

/// Scans files of these names, whose texts stand one behind the other with a line `====` between them.
pub fn scanned(names: &[&str], bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let texts = text.split("\n====\n").chain(std::iter::repeat(""));
    let files = Memory(names.iter().zip(texts).map(|(name, text)| (PathBuf::from(name), Rc::from(text))).collect());
    let paths: Vec<PathBuf> = names.iter().filter(|name| **name != ".env").map(PathBuf::from).collect();
    let values: Values = [("TAG".to_owned(), "1".to_owned())].into();
    for ScannedFile { path, scanned, .. } in scan(&paths, &files, &values) {
        let text = &files.0[&path];
        for found in &scanned.found {
            assert!(found.place.line > 0 && found.place.column > 0);
            assert!(text.get(found.place.span.clone()).is_some(), "{}: {found:?}", path.display());
            for editable in found.editables() {
                let text = editable.file.as_ref().map_or(text, |file| &files.0[file]);
                assert_eq!(text.get(editable.span.clone()), Some(editable.text.as_str()), "{}: {found:?}", path.display());
            }
        }
    }
}
