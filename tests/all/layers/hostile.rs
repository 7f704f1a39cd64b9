//! Archives that no exporter writes: each is refused for its own reason and leaves nothing.

use std::fs;

use wincompat::internals::layer::transport::stamp_portably;
use wincompat::internals::layer::{LayerError, LayerSink, Limits, Options, Position, Refusal, Transport, decode};

use super::decode_into;
use super::options;
use crate::support::layers::hostile_archives::{Hostile, all, archive, with_sddl};
use crate::support::layers::tree::Tree;

/// Decodes into memory and into a transport folder; both must refuse it in the same way and hold nothing.
fn refusal_with(archive: &[u8], options: &Options<'_>) -> Refusal {
    let mut tree = Tree::default();
    let refusal = refused(decode(archive, options, &mut tree).unwrap_err());
    assert!(tree.aborted && !tree.finished && tree.nodes.is_empty());

    let parent = tempfile::tempdir().unwrap();
    let mut transport = Transport::create_in(parent.path(), stamp_portably, None).unwrap();
    let again = refused(decode(archive, options, &mut transport).unwrap_err());
    assert_eq!(again, refusal);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0, "the transport folder is gone");
    refusal
}

fn refused(error: LayerError) -> Refusal {
    match error {
        LayerError::Refused { reason, .. } => reason,
        other => panic!("not refused but {other:?}"),
    }
}

#[test]
fn the_good_beginning_and_end_are_taken() {
    let mut tree = Tree::default();
    decode_into(&mut tree, &archive(|archive| archive), Position::Upper).unwrap();
    assert!(tree.finished);
}

#[test]
fn each_is_refused_for_its_own_reason() {
    for Hostile { what, bytes, position, reason } in all() {
        assert_eq!(refusal_with(&bytes, &options(position)), reason, "{what}");
    }
}

#[test]
fn more_than_allowed() {
    let good = archive(|archive| archive);
    let mut options = options(Position::Upper);
    options.limits = Limits { entries: 4, ..Limits::default() };
    assert_eq!(refusal_with(&good, &options), Refusal::TooManyEntries { limit: 4 });
    options.limits = Limits { uncompressed: good.len() as u64 - 1, ..Limits::default() };
    assert_eq!(refusal_with(&good, &options), Refusal::TooLarge { limit: good.len() as u64 - 1 });
    // Files, Files/d.
    options.limits = Limits { names: 11, ..Limits::default() };
    assert_eq!(refusal_with(&good, &options), Refusal::TooManyNames { limit: 11 });
    options.limits = Limits { uncompressed: good.len() as u64, entries: 5, names: 12 };
    decode(&good[..], &options, &mut Tree::default()).unwrap();
}

#[test]
fn security_descriptors_in_text() {
    let mut options = options(Position::Upper);
    assert_eq!(refusal_with(&with_sddl("O:SY"), &options), Refusal::SddlUnsupported);
    let fails = |_: &str| Err(std::io::Error::other("no such alias"));
    options.sddl = Some(&fails);
    assert_eq!(refusal_with(&with_sddl("O:XX"), &options), Refusal::Sddl("no such alias".to_owned()));
    let converts = |text: &str| Ok(text.as_bytes().to_vec());
    options.sddl = Some(&converts);
    let mut tree = Tree::default();
    decode(&with_sddl("O:SY")[..], &options, &mut tree).unwrap();
    assert_eq!(tree.raw["Files/x"][..24], *b"\x03\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0O:SY");
}

#[test]
fn a_sink_that_fails_is_aborted() {
    /// Runs out of space at the n-th call.
    struct Full {
        tree: Tree,
        left: usize,
    }
    impl Full {
        fn spend(&mut self) -> std::io::Result<()> {
            self.left = self.left.checked_sub(1).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(())
        }
    }
    use wincompat::internals::layer::{BasicInfo, Content, Directory, LayerPath, LinkTarget};
    impl LayerSink for Full {
        fn begin(&mut self, path: &LayerPath, info: &BasicInfo) -> std::io::Result<Content> {
            self.spend().and_then(|()| self.tree.begin(path, info))
        }
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
            self.spend().and_then(|()| self.tree.write(bytes))
        }
        fn end(&mut self) -> std::io::Result<()> {
            self.spend().and_then(|()| self.tree.end())
        }
        fn hard_link(&mut self, path: &LayerPath, target: LinkTarget<'_>) -> std::io::Result<()> {
            self.spend().and_then(|()| self.tree.hard_link(path, target))
        }
        fn remove(&mut self, path: &LayerPath) -> std::io::Result<()> {
            self.spend().and_then(|()| self.tree.remove(path))
        }
        fn finish(&mut self, directories: Vec<Directory>) -> std::io::Result<()> {
            self.spend().and_then(|()| self.tree.finish(directories))
        }
        fn abort(&mut self) {
            self.tree.abort();
        }
    }
    let good = archive(|archive| archive.hard_link("Files/h", "Files/f").whiteout("Files/w"));
    let calls = (0..)
        .find(|calls| {
            let mut sink = Full { tree: Tree::default(), left: *calls };
            match decode_into(&mut sink, &good, Position::Upper) {
                Ok(_) => true,
                Err(LayerError::Write { source, .. }) => {
                    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
                    assert!(sink.tree.aborted);
                    false
                }
                Err(other) => panic!("{other:?}"),
            }
        })
        .unwrap();
    // Two directories without content, three files, a link, a whiteout, the end.
    assert_eq!(calls, 2 * 2 + 3 * 3 + 2 + 1);
}
