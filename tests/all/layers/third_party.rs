//! Layers as tools other than Windows' exporters write them, member by member after their sources: what is taken of them, and what is
//! not. The table in docs/layers.md says why.

use wincompat::internals::layer::{LayerError, Position, Refusal};

use super::decode_into;
use crate::support::layers::archive::{Archive, Meta, header, pax};
use crate::support::layers::hostile_archives::archive;
use crate::support::layers::tree::{Node, Tree};

/// The descriptor that crane and the .NET SDK give every entry, and ko every file: owner and group are the users, without lists.
const USERS: &str = "AQAAgBQAAAAkAAAAAAAAAAAAAAABAgAAAAAABSAAAAAhAgAAAQIAAAAAAAUgAAAAIQIAAA==";

/// A member with these records, its name in the header alone.
fn member(archive: &mut Archive<Vec<u8>>, name: &str, type_flag: u8, link: &str, records: &[(&str, &str)], content: &[u8]) {
    let records: Vec<_> = records.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    if !records.is_empty() {
        let records = pax(&records);
        archive.raw(&header("PaxHeaders.0/x", b'x', "", records.len() as u64), &records);
    }
    archive.raw(&header(name, type_flag, link, content.len() as u64), content);
}

fn taken(bytes: &[u8], position: Position) -> Tree {
    let mut tree = Tree::default();
    decode_into(&mut tree, bytes, position).unwrap_or_else(|error| panic!("{error:?}"));
    tree
}

fn refused(bytes: &[u8]) -> Refusal {
    let mut tree = Tree::default();
    match decode_into(&mut tree, bytes, Position::Upper) {
        Err(LayerError::Refused { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

fn names(tree: &Tree) -> Vec<&str> {
    tree.nodes.keys().map(String::as_str).collect()
}

/// `crane append -f` of `tar -C FOLDER -c .`: the folder itself becomes a second `Files`.
#[test]
fn crane_appends_a_folder() {
    let mut written = Archive::new();
    for name in ["Files", "Hives"] {
        member(&mut written, name, b'5', "", &[], b"");
    }
    let users = [("MSWINDOWS.rawsd", USERS)];
    member(&mut written, "Files", b'5', "", &users, b"");
    member(&mut written, "Files/app", b'5', "", &users, b"");
    member(&mut written, "Files/app/run.exe", b'0', "", &users, b"MZ");
    member(&mut written, "Files/app/current", b'2', "run.exe", &users, b"");
    let tree = taken(&written.finish(), Position::Upper);
    assert_eq!(names(&tree), ["Files", "Files/app", "Files/app/current", "Files/app/run.exe", "Hives"]);
    assert_eq!(tree.directories.len(), 3, "the second Files is the first");
}

/// The same of an archive of one file without its folders: Docker and containerd cannot import it either.
#[test]
fn crane_appends_a_file_without_its_folder() {
    let bytes = archive(|archive| archive.file("Files/app/run.exe", &Meta::default(), b"MZ"));
    assert_eq!(refused(&bytes), Refusal::NoParent);
}

/// The same of an archive with hard links: their targets stay as the archive has them. hcsshim finds no such file either.
#[test]
fn crane_appends_hard_links() {
    let mut written = Archive::with_files();
    let users = [("MSWINDOWS.rawsd", USERS)];
    member(&mut written, "Files/a", b'0', "", &users, b"a");
    member(&mut written, "Files/b", b'1', "a", &users, b"");
    assert_eq!(refused(&written.finish()), Refusal::OutsideAreas);
}

/// ko, `tarBinary` in `pkg/build/gobuild.go`: folders without a slash and without records, a program whose name has no ending.
#[test]
fn ko_builds_a_program() {
    let mut written = Archive::new();
    for name in ["Hives", "Files", "Files/ko-app"] {
        member(&mut written, name, b'5', "", &[], b"");
    }
    member(&mut written, "Files/ko-app/app", b'0', "", &[("MSWINDOWS.rawsd", USERS)], b"MZ");
    let tree = taken(&written.finish(), Position::Upper);
    assert_eq!(names(&tree), ["Files", "Files/ko-app", "Files/ko-app/app", "Hives"]);
    let described = |path: &str| matches!(&tree.nodes[path], Node::Entry(entry) if entry.streams.security.is_some());
    assert!(described("Files/ko-app/app") && !described("Files/ko-app"), "the descriptor is that of the program alone");
}

/// The same, `tarKoData`: the files of `kodata`. Folders in it have entries since ko 0.19.0; hcsshim fails without.
#[test]
fn ko_adds_its_data() {
    let data = |has_folders: bool| {
        let mut written = Archive::new();
        for name in ["Hives", "Files", "Files/var", "Files/var/run", "Files/var/run/ko"] {
            member(&mut written, name, b'5', "", &[], b"");
        }
        let users = [("MSWINDOWS.rawsd", USERS)];
        member(&mut written, "Files/var/run/ko/kenobi", b'0', "", &users, b"hello");
        if has_folders {
            member(&mut written, "Files/var/run/ko/subdir", b'5', "", &[], b"");
        }
        member(&mut written, "Files/var/run/ko/subdir/file.txt", b'0', "", &users, b"file");
        written.finish()
    };
    let tree = taken(&data(true), Position::Upper);
    let Node::Entry(file) = &tree.nodes["Files/var/run/ko/subdir/file.txt"] else { panic!("a file") };
    assert_eq!(file.streams.data.as_deref(), Some(&b"file"[..]));
    assert_eq!((tree.nodes.len(), tree.directories.len()), (8, 6));
    assert_eq!(refused(&data(false)), Refusal::NoParent);
}

/// BuildKit on Linux, `util/winlayers`: targets of links are below `Files`, too, and absolute ones then have two slashes.
#[test]
fn buildkit_converts_what_linux_has_changed() {
    let mut written = Archive::new();
    let created = ("LIBARCHIVE.creationtime", "1700000000.5");
    for name in ["Hives/", "Files/"] {
        member(&mut written, name, b'5', "", &[("MSWINDOWS.fileattr", "16"), created], b"");
    }
    let folder = [("MSWINDOWS.fileattr", "16"), ("MSWINDOWS.rawsd", USERS), created];
    let file = [("MSWINDOWS.fileattr", "32"), ("MSWINDOWS.rawsd", USERS), created];
    member(&mut written, "Files/app/", b'5', "", &folder, b"");
    member(&mut written, "Files/app/a.dll", b'0', "", &file, b"a");
    member(&mut written, "Files/app/b.dll", b'1', "Files/app/a.dll", &[created], b"");
    member(&mut written, "Files/app/c.dll", b'2', "Files//app/a.dll", &[created], b"");
    member(&mut written, "Files/app/d.dll", b'2', "Files/../a.dll", &[created], b"");
    member(&mut written, "Files/app/.wh.old.dll", b'0', "", &file, b"");
    let tree = taken(&written.finish(), Position::Upper);
    assert!(matches!(&tree.nodes["Files/app/b.dll"], Node::Link { target, in_layer: true } if target == "Files/app/a.dll"));
    assert!(matches!(&tree.nodes["Files/app/old.dll"], Node::Removed));
    assert_eq!(tree.nodes.len(), 8);
}

/// The .NET SDK (`dotnet publish` to a container): `Hives` comes last, `path` and `mtime` are records of every member.
#[test]
fn dotnet_publishes_an_application() {
    let mut written = Archive::new();
    for (name, type_flag) in [("Files/", b'5'), ("Files/app/", b'5'), ("Files/app/app.dll", b'0'), ("Hives/", b'5')] {
        let path = name.trim_end_matches('/');
        let records = [("MSWINDOWS.rawsd", USERS), ("mtime", "1700000000.1234567"), ("path", path)];
        member(&mut written, name, type_flag, "", &records, if type_flag == b'0' { b"MZ" } else { b"" });
    }
    assert_eq!(names(&taken(&written.finish(), Position::Upper)), ["Files", "Files/app", "Files/app/app.dll", "Hives"]);
}

/// The same with a working directory of two folders, `C:\a\b`: it writes the inner one alone.
#[test]
fn dotnet_publishes_into_a_folder_of_a_folder() {
    let mut written = Archive::with_files();
    member(&mut written, "Files/a/b", b'5', "", &[("MSWINDOWS.rawsd", USERS), ("path", "Files/a/b")], b"");
    assert_eq!(refused(&written.finish()), Refusal::NoParent);
}

/// `cat a.tar b.tar`, which GNU tar reads with `-i` alone.
#[test]
fn what_follows_the_end_of_an_archive_is_not_read() {
    let mut bytes = archive(|archive| archive);
    let whole = names(&taken(&bytes, Position::Base)).len();
    let mut behind = Archive::with_files();
    behind.file("Files/CON", &Meta::default(), b"x");
    bytes.extend(behind.finish());
    assert_eq!(names(&taken(&bytes, Position::Base)).len(), whole);
}

/// `tar -r` of a file that was changed, with its folder: the folder is there already, the file would be one of two.
#[test]
fn tar_appends_a_file_once_more() {
    let mut written = Archive::with_files();
    let again = |written: &mut Archive<Vec<u8>>, content: &[u8]| {
        member(written, "Files/app/", b'5', "", &[], b"");
        member(written, "Files/app/run.exe", b'0', "", &[], content);
    };
    again(&mut written, b"old");
    again(&mut written, b"new");
    assert_eq!(refused(&written.finish()), Refusal::SameName);
}

/// `tar -C FOLDER -c .` of a folder that has `Files` and `Hives`, e.g. for `umoci raw add-layer`.
#[test]
fn tar_archives_a_whole_folder() {
    let mut written = Archive::new();
    for name in ["./", "./Files/", "./Hives/"] {
        member(&mut written, name, b'5', "", &[], b"");
    }
    member(&mut written, "./Files/a", b'0', "", &[], b"a");
    member(&mut written, "./Files/b", b'1', "./Files/a", &[], b"");
    let tree = taken(&written.finish(), Position::Base);
    assert_eq!(names(&tree), ["Files", "Files/a", "Files/b", "Hives"]);
    assert!(matches!(&tree.nodes["Files/b"], Node::Link { target, in_layer: true } if target == "Files/a"));
}

/// `git archive` of a commit says which one it is. Anything else for all members is not taken.
#[test]
fn git_names_its_commit() {
    let with = |key: &str| {
        let records = pax(&[(key.to_owned(), b"8a5b1f2c".to_vec())]);
        let mut written = Archive::new();
        written.raw(&header("pax_global_header", b'g', "", records.len() as u64), &records);
        written.directory("Files", &Meta::default());
        written.finish()
    };
    assert_eq!(names(&taken(&with("comment"), Position::Base)), ["Files"]);
    for key in ["path", "size", "MSWINDOWS.rawsd", "linkpath"] {
        assert_eq!(refused(&with(key)), Refusal::Type('g'), "{key}");
    }
}

/// `crane flatten`, and others that join layers from the top down: a link comes before the file of the layer below.
#[test]
fn a_hard_link_may_come_before_its_target() {
    for position in [Position::Base, Position::Upper] {
        let bytes = archive(|archive| archive.hard_link("Files/h", "Files/late").file("Files/late", &Meta::default(), b"new"));
        let tree = taken(&bytes, position);
        let link = &tree.nodes["Files/h"];
        assert!(matches!(link, Node::Link { target, in_layer: true } if target == "Files/late"), "the new one: {link:?}");
    }
    // The parents' file; a further link to that link.
    let bytes = archive(|archive| archive.hard_link("Files/h", "Files/old").hard_link("Files/i", "Files/h"));
    let tree = taken(&bytes, Position::Upper);
    assert!(matches!(&tree.nodes["Files/h"], Node::Link { in_layer: false, .. }));
    assert!(matches!(&tree.nodes["Files/i"], Node::Link { in_layer: true, .. }));
}

#[test]
fn hard_links_name_no_link_that_is_not_made() {
    let to = |pairs: &[(&str, &str)]| {
        archive(|archive| {
            pairs.iter().for_each(|(name, target)| _ = archive.hard_link(name, target));
            archive
        })
    };
    for pairs in [&[("Files/h", "Files/h")][..], &[("Files/h", "Files/i"), ("Files/i", "Files/h")]] {
        assert_eq!(refused(&to(pairs)), Refusal::LinkTarget, "{pairs:?}");
    }
    // One that is made by then is a file like others.
    taken(&to(&[("Files/h", "Files/i"), ("Files/i", "Files/f")]), Position::Base);
    // What comes late is a link or a folder: nothing is reached through it.
    let through = |write: fn(&mut Archive<Vec<u8>>) -> &mut Archive<Vec<u8>>, target: &str| {
        refused(&archive(|archive| write(archive.hard_link("Files/h", target))))
    };
    assert_eq!(
        through(|archive| archive.link("Files/late", "C:\\", &Meta::attributes(0x410)), "Files/late"),
        Refusal::LinkTarget
    );
    assert_eq!(through(|archive| archive.directory("Files/late", &Meta::default()), "Files/late"), Refusal::LinkTarget);
    assert_eq!(
        through(|archive| archive.link("Files/late", "C:\\", &Meta::attributes(0x410)), "Files/late/x"),
        Refusal::ParentNotDirectory
    );
}

/// `docker build` on Windows: PowerShell's junctions have no print name, which is what exporters write.
#[test]
fn junctions_without_a_name_lead_nowhere() {
    let junction = Meta { mount_point: true, ..Meta::attributes(0x410) };
    for target in ["", r"\??\C:\Users", r"\\?\Volume{b75e2c83-0000-0000-0000-602f00000000}\"] {
        let tree = taken(&archive(|archive| archive.link("Files/j", target, &junction)), Position::Upper);
        let Node::Entry(entry) = &tree.nodes["Files/j"] else { panic!("a junction") };
        assert_eq!(entry.streams.reparse.as_ref().unwrap().print, target);
        // Nothing is written through it.
        let bytes = archive(|archive| archive.link("Files/j", target, &junction).file("Files/j/x", &Meta::default(), b""));
        assert_eq!(refused(&bytes), Refusal::ParentNotDirectory);
    }
}

/// Whoever walks the layer on the host would show the host's account to that server.
#[test]
fn links_to_servers_lead_out_of_the_container() {
    for target in [r"\\server\share", r"\\?\UNC\server\share", r"\??\UNC\server\share"] {
        for link in [Meta::attributes(0x410), Meta { mount_point: true, ..Meta::attributes(0x410) }] {
            let bytes = archive(|archive| archive.link("Files/l", target, &link));
            assert_eq!(refused(&bytes), Refusal::LinkEscapes, "{target}");
        }
    }
}

/// Virus scanners mark files by streams whose names begin like those of NTFS' own attributes.
#[test]
fn streams_may_have_a_dollar_sign() {
    let bytes =
        archive(|archive| archive.file("Files/x", &Meta::default(), b"x").file("Files/x:$CmdTcID", &Meta::default(), b"1"));
    let tree = taken(&bytes, Position::Upper);
    let Node::Entry(entry) = &tree.nodes["Files/x"] else { panic!("a file") };
    assert_eq!(entry.streams.alternate.len(), 1);
}
