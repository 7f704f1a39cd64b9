//! Files that note which of them were read, so that it can be said what a value rests on.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::Files;
use crate::Error;

/// The files, and what was read of them.
pub struct Recorded<'f> {
    files: &'f dyn Files,
    read: RefCell<BTreeSet<PathBuf>>,
}

impl<'f> Recorded<'f> {
    /// These files, of which none was read yet.
    pub fn new(files: &'f dyn Files) -> Self {
        Self { files, read: RefCell::default() }
    }

    /// The files that were read.
    pub fn read_ones(self) -> BTreeSet<PathBuf> {
        self.read.into_inner()
    }
}

impl Files for Recorded<'_> {
    fn read(&self, path: &Path) -> Result<Rc<str>, Error> {
        self.read.borrow_mut().insert(path.to_owned());
        self.files.read(path)
    }
}
