//! The reports about failures, in a folder of the store that administrators alone may read.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::files::OpenFolder;
use crate::handles::Access;
use crate::oci::layout::{Purpose, is_ours};
use crate::ownership::{Folders, Readers};
use crate::runner::store::{Store, guarded};

/// The name of the folder.
const REPORTS: &str = "reports";
/// The ending of the name of a report.
const ENDING: &str = ".txt";
/// The number of reports that are kept.
const KEPT: usize = 20;

impl Store {
    /// Keeps a report under a name that begins with its time, e.g. `20261126T085357-run`, and removes the oldest: its path.
    ///
    /// # Errors
    ///
    /// A store that is not there, or may not be written.
    pub fn keep_report(folders: &dyn Folders, root: &Path, name: &str, report: &[u8]) -> Result<PathBuf, Error> {
        let failed = |error: io::Error| Error::new("the report was not kept").because(error);
        // What is there of it is looked at, and nothing is made: whoever makes a store is its owner.
        Self::at(folders, root)?;
        let root = OpenFolder::open(folders.handles(), &std::path::absolute(root).map_err(failed)?, false).map_err(failed)?;
        if !is_ours(&root, Purpose::Store)? {
            return Err(Error::new("the report was not kept").because("there is no store"));
        }
        let reports = guarded::enter_in(folders, &root, REPORTS, Readers::Nobody)?;
        let name = format!("{name}-{}{ENDING}", std::process::id());
        reports.file(&name, Access::New).and_then(|mut file| file.write_all(report)).map_err(failed)?;
        let mut names: Vec<String> = reports.names().map_err(failed)?;
        names.retain(|name| name.ends_with(ENDING));
        names.sort_unstable();
        for old in names.iter().rev().skip(KEPT) {
            // Somebody may be reading it.
            let _ = reports.remove_file(old);
        }
        Ok(reports.path().join(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ownership::tests::PlainFolders;

    #[test]
    fn the_newest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let keep = |name: &str| Store::keep_report(&PlainFolders, folder.path(), name, b"text");
        assert!(keep("none").is_err(), "there is no store, and none is made");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        Store::open(&PlainFolders, folder.path()).unwrap();
        let first = keep("20261126T000000-run").unwrap();
        assert_eq!(std::fs::read(&first).unwrap(), b"text");
        for number in 1..=KEPT {
            keep(&format!("20261126T0000{number:02}-run")).unwrap();
        }
        assert!(!first.exists());
        assert_eq!(first.parent().unwrap().read_dir().unwrap().count(), KEPT);
    }
}
