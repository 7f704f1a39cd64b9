//! The store's own folders, which do not obey strangers: made with their access list in one step, and entered only if they are
//! real folders of a trusted owner. This program runs elevated, and %ProgramData% lets everyone make folders.

use std::io;
use std::path::Path;

use crate::Error;
use crate::advice::{Setting, advice};

/// Who may read a folder and what is in it, beside SYSTEM, the administrators and whoever made it. Nobody else may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Everyone: layers and blobs are public, and what runs in a container reads its layers.
    Everyone,
    /// Nobody else: containers have passwords in their environment. On Windows, the virtual machines of Hyper-V isolation read
    /// their scratch here, and Hyper-V Administrators write: they start containers unelevated, and HCS lets them into every
    /// container anyway.
    Nobody,
}

/// What a folder is found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// A folder, and no link or other reparse point to one.
    pub folder: bool,
    /// Its owner: a SID, e.g. `S-1-5-32-544`, or a number of Unix.
    pub owner: String,
}

/// Who may own folders of the store, beside the user: SYSTEM and Administrators, root elsewhere.
const TRUSTED: &[&str] = if cfg!(windows) { &["S-1-5-18", "S-1-5-32-544"] } else { &["0"] };

/// Checks a folder, and makes it before if it is missing.
pub(crate) fn enter(folder: &Path, readers: Readers) -> Result<(), Error> {
    if check(folder)? {
        return Ok(());
    }
    // So that no stranger can put another in the place of a parent made here.
    if let Some(parent) = folder.parent().filter(|parent| !parent.exists()) {
        enter(parent, Readers::Everyone)?;
    }
    match make(folder, readers) {
        // Another process was faster; whose it is, is asked below.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(unusable(folder, "cannot be created", &error)),
        _ if check(folder)? => Ok(()),
        _ => Err(Error::new(format!("the store folder {} vanished as soon as it was made", folder.display()))
            .hint("run it again; if it happens again, another program removes the folder")),
    }
}

/// Whether the folder is there.
///
/// # Errors
///
/// It is no folder, or somebody's who could have put anything into it.
pub(crate) fn check(folder: &Path) -> Result<bool, Error> {
    let seen = match look(folder) {
        Ok(seen) => seen,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(unusable(folder, "cannot be opened", &error)),
    };
    let user = user().map_err(|error| unusable(folder, "cannot be judged", &error))?;
    judge(folder, &seen, &user).map(|()| true)
}

fn judge(folder: &Path, seen: &Seen, user: &str) -> Result<(), Error> {
    let elsewhere = advice!["or name another folder: ", Setting::Store, ", or ", Setting::StoreVariable];
    let folder = folder.display();
    if !seen.folder {
        return Err(Error::new(format!("the store folder {folder} is not used"))
            .because("it is a link or a file; what is in the store must not be led elsewhere")
            .hint(advice!["remove it, ", elsewhere]));
    }
    if seen.owner != user && !TRUSTED.contains(&seen.owner.as_str()) {
        let trusted = if cfg!(windows) { "SYSTEM, Administrators" } else { "root" };
        return Err(Error::new(format!("the store folder {folder} is not used"))
            .because(format!("its owner is {}, who can change what runs here; it must be {trusted} or you", seen.owner))
            .hint(advice!["look at what is in it and delete it, ", elsewhere]));
    }
    Ok(())
}

fn unusable(folder: &Path, how: &str, error: &io::Error) -> Error {
    let shown = Error::new(format!("the store folder {} {how}", folder.display())).because(error);
    let elsewhere = advice!["name a folder of your own: ", Setting::Store, ", or ", Setting::StoreVariable];
    match error.kind() {
        io::ErrorKind::PermissionDenied if cfg!(windows) => {
            shown.hint(advice!["open the console with \"Run as administrator\", or ", elsewhere])
        }
        _ => shown.hint(elsewhere),
    }
}

#[cfg(windows)]
use crate::windows::store_folder::{look, make, user};

#[cfg(unix)]
fn look(folder: &Path) -> io::Result<Seen> {
    use std::os::unix::fs::MetadataExt as _;

    let found = folder.symlink_metadata()?;
    Ok(Seen { folder: found.is_dir(), owner: found.uid().to_string() })
}

#[cfg(unix)]
fn make(folder: &Path, readers: Readers) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    let mode = match readers {
        Readers::Everyone => 0o755,
        Readers::Nobody => 0o700,
    };
    std::fs::DirBuilder::new().mode(mode).create(folder)
}

#[cfg(unix)]
fn user() -> io::Result<String> {
    Ok(rustix::process::geteuid().as_raw().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::Remedy;

    #[test]
    fn only_the_trusted_and_the_user_may_own_the_store() {
        let mut cases = vec![(true, "user", true), (false, "user", false), (true, "stranger", false), (true, "", false)];
        // The group of all users, Users, Everyone, and another machine's administrator.
        cases
            .extend(["S-1-5-11", "S-1-5-32-545", "S-1-1-0", "S-1-5-21-1-2-3-500", "S-1-5-32-5440"].map(|sid| (true, sid, false)));
        cases.extend(TRUSTED.iter().flat_map(|&owner| [(true, owner, true), (false, owner, false)]));
        for (folder, owner, usable) in cases {
            let judged = judge(Path::new("store"), &Seen { folder, owner: owner.to_owned() }, "user");
            assert_eq!(judged.is_ok(), usable, "{folder} {owner}");
            if let Err(error) = judged {
                assert!(
                    error.hint.unwrap().remedies().any(|remedy| *remedy == Remedy::Setting(Setting::Store)),
                    "{folder} {owner}"
                );
            }
        }
    }

    #[test]
    fn a_folder_is_made_with_its_parents_and_entered_again() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("a").join("b");
        assert_eq!(check(&folder), Ok(false));
        enter(&folder, Readers::Nobody).unwrap();
        enter(&folder, Readers::Nobody).unwrap();
        assert_eq!(check(&folder), Ok(true));
        std::fs::write(folder.join("file"), "").unwrap();
        let error = enter(&folder.join("file"), Readers::Everyone).unwrap_err();
        assert!(error.causes[0].starts_with("it is a link or a file"), "{error:?}");
    }

    #[test]
    fn many_that_make_it_at_once_all_enter_it() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("a").join("b").join("c");
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..16).map(|_| scope.spawn(|| enter(&folder, Readers::Everyone))).collect();
            for one in all {
                one.join().unwrap().unwrap();
            }
        });
    }

    #[cfg(unix)]
    #[test]
    fn others_may_not_look_into_a_private_folder() {
        use std::os::unix::fs::PermissionsExt as _;

        let temporary = tempfile::tempdir().unwrap();
        enter(&temporary.path().join("private"), Readers::Nobody).unwrap();
        let found = temporary.path().join("private").metadata().unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o700);
    }
}
