//! The guard of the store's own folders: they are made with their access list in one step, and entered only if they are real
//! folders of a trusted owner. This program runs elevated, and `%ProgramData%` lets everyone make folders.

use std::io;
use std::path::Path;

use crate::Error;
use crate::advice::{Advice, Setting, advice};
use crate::files::OpenFolder;
use crate::ownership::{Folders, Readers, Seen};

/// Checks a folder, and makes it before if it is missing.
pub(crate) fn enter(folders: &dyn Folders, folder: &Path, readers: Readers) -> Result<(), Error> {
    if check(folders, folder)? {
        return Ok(());
    }
    // So that no stranger can put another in the place of a parent made here.
    if let Some(parent) = folder.parent().filter(|parent| !parent.exists()) {
        enter(folders, parent, Readers::Everyone)?;
    }
    match folders.make(folder, readers) {
        // Another process was faster; the owner is checked below.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(unusable(folders, folder, "cannot be created", &error)),
        _ if check(folders, folder)? => Ok(()),
        _ => Err(Error::new(format!("the store folder {} vanished as soon as it was made", folder.display()))
            .hint("run it again; if it happens again, another program removes the folder")),
    }
}

/// Checks a folder: true if it is there.
///
/// # Errors
///
/// It is not a folder, or belongs to somebody who could have put anything into it.
pub(crate) fn check(folders: &dyn Folders, folder: &Path) -> Result<bool, Error> {
    let seen = match folders.look(folder) {
        Ok(seen) => seen,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(unusable(folders, folder, "cannot be opened", &error)),
    };
    let user = folders.user().map_err(|error| unusable(folders, folder, "cannot be judged", &error))?;
    judge(folder, &seen, &user, folders.trusted()).map(|()| true)
}

/// [`enter`] for a folder in one that is open. It is looked at through its own handle, so nobody can change it for another meanwhile.
pub(crate) fn enter_in(folders: &dyn Folders, parent: &OpenFolder, name: &str, readers: Readers) -> Result<OpenFolder, Error> {
    let path = parent.path().join(name);
    let failed = |error: io::Error| unusable(folders, &path, "cannot be created", &error);
    if let Some(folder) = check_in(folders, parent, name)? {
        return Ok(folder);
    }
    match folders.make_in(parent.handle(), name, readers) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(error)),
        _ => check_in(folders, parent, name)?.ok_or_else(|| failed(io::ErrorKind::NotFound.into())),
    }
}

/// [`check`] for a folder in one that is open: the open folder if it is there.
pub(crate) fn check_in(folders: &dyn Folders, parent: &OpenFolder, name: &str) -> Result<Option<OpenFolder>, Error> {
    let path = parent.path().join(name);
    let opened = match parent.folder_if_any(name) {
        // A link or a file: it is not opened, and so has no owner that counts.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            return judge(&path, &Seen { folder: false, owner: String::new() }, "", &[]).map(|()| None);
        }
        opened => opened.map_err(|error| unusable(folders, &path, "cannot be opened", &error))?,
    };
    let Some(folder) = opened else { return Ok(None) };
    let unjudged = |error: io::Error| unusable(folders, &path, "cannot be judged", &error);
    let seen = Seen { folder: true, owner: folders.owner(folder.handle()).map_err(unjudged)? };
    judge(&path, &seen, &folders.user().map_err(unjudged)?, folders.trusted()).map(|()| Some(folder))
}

fn judge(folder: &Path, seen: &Seen, user: &str, trusted: &[(&str, &str)]) -> Result<(), Error> {
    let folder = folder.display();
    if !seen.folder {
        return Err(Error::new(format!("the store folder {folder} is not used"))
            .because("it is a link or a file; what is in the store must not be led elsewhere")
            .hint(advice!["remove it, or name another folder: ", another_folder()]));
    }
    if seen.owner != user && !trusted.iter().any(|(owner, _)| *owner == seen.owner) {
        let names: Vec<&str> = trusted.iter().map(|(_, name)| *name).collect();
        let names = names.join(", ");
        return Err(Error::new(format!("the store folder {folder} is not used"))
            .because(format!("its owner is {}, who can change what runs here; it must be {names} or you", seen.owner))
            .hint(advice!["look at what is in it and delete it, or name another folder: ", another_folder()]));
    }
    Ok(())
}

fn unusable(folders: &dyn Folders, folder: &Path, how: &str, error: &io::Error) -> Error {
    let shown = Error::new(format!("the store folder {} {how}", folder.display())).because(error);
    let own = advice!["name a folder of your own: ", another_folder()];
    match folders.elevation().filter(|_| error.kind() == io::ErrorKind::PermissionDenied) {
        Some(elevate) => shown.hint(advice![elevate, ", or ", own]),
        None => shown.hint(own),
    }
}

fn another_folder() -> Advice {
    advice![Setting::Store, ", or ", Setting::StoreVariable]
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::advice::Remedy;
    use crate::ownership::tests::PlainFolders;

    const TRUSTED: &[(&str, &str)] = &[("S-1-5-18", "SYSTEM"), ("S-1-5-32-544", "Administrators")];

    #[test]
    fn only_the_trusted_and_the_user_may_own_the_store() {
        let mut cases = vec![(true, "user", true), (false, "user", false), (true, "stranger", false), (true, "", false)];
        // The group of all users, Users, Everyone, and another machine's administrator.
        cases
            .extend(["S-1-5-11", "S-1-5-32-545", "S-1-1-0", "S-1-5-21-1-2-3-500", "S-1-5-32-5440"].map(|sid| (true, sid, false)));
        cases.extend(TRUSTED.iter().flat_map(|&(owner, _)| [(true, owner, true), (false, owner, false)]));
        for (folder, owner, usable) in cases {
            let judged = judge(Path::new("store"), &Seen { folder, owner: owner.to_owned() }, "user", TRUSTED);
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
        assert_eq!(check(&PlainFolders, &folder), Ok(false));
        enter(&PlainFolders, &folder, Readers::Nobody).unwrap();
        enter(&PlainFolders, &folder, Readers::Nobody).unwrap();
        assert_eq!(check(&PlainFolders, &folder), Ok(true));
        std::fs::write(folder.join("file"), "").unwrap();
        let error = enter(&PlainFolders, &folder.join("file"), Readers::Everyone).unwrap_err();
        assert!(error.causes[0].starts_with("it is a link or a file"), "{error:?}");
    }

    #[test]
    fn many_that_make_it_at_once_all_enter_it() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("a").join("b").join("c");
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..16).map(|_| scope.spawn(|| enter(&PlainFolders, &folder, Readers::Everyone))).collect();
            for one in all {
                one.join().unwrap().unwrap();
            }
        });
    }

    /// Folders that may not be looked at.
    struct Closed;

    impl Folders for Closed {
        fn look(&self, _: &Path) -> io::Result<Seen> {
            Err(io::ErrorKind::PermissionDenied.into())
        }

        fn make(&self, folder: &Path, readers: Readers) -> io::Result<()> {
            PlainFolders.make(folder, readers)
        }

        fn make_in(&self, parent: &File, name: &str, readers: Readers) -> io::Result<()> {
            PlainFolders.make_in(parent, name, readers)
        }

        fn owner(&self, folder: &File) -> io::Result<String> {
            PlainFolders.owner(folder)
        }

        fn user(&self) -> io::Result<String> {
            PlainFolders.user()
        }

        fn trusted(&self) -> &'static [(&'static str, &'static str)] {
            PlainFolders.trusted()
        }

        fn elevation(&self) -> Option<&'static str> {
            PlainFolders.elevation()
        }

        fn handles(&self) -> &'static dyn crate::handles::Handles {
            PlainFolders.handles()
        }
    }

    #[test]
    fn a_user_who_may_not_look_is_told_how_to_get_the_right() {
        let error = check(&Closed, Path::new("store")).unwrap_err();
        assert_eq!(error.what, "the store folder store cannot be opened");
        let hint = error.hint.unwrap().to_string();
        assert!(hint.starts_with("run it as an administrator, or name a folder of your own: <store>"), "{hint}");
    }
}
