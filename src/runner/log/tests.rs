//! What is written is read: byte for byte, in order, over rotations, and whatever else stands in the file.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::files::OpenFolder;
use crate::handles::of_tests as handles;
use crate::runner::log::*;

/// Numbers that look random and are the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

fn open(folder: &Path) -> OpenFolder {
    OpenFolder::open(handles(), folder, false).unwrap()
}

/// The log in this folder.
fn read(folder: &Path) -> Option<Reader> {
    Reader::open(&open(folder.parent().unwrap()), folder.file_name().unwrap().to_str().unwrap())
}

fn current(folder: &Path) -> PathBuf {
    folder.join(CURRENT)
}

fn older(folder: &Path) -> PathBuf {
    folder.join(OLDER)
}

fn entries(folder: &Path) -> Vec<Entry> {
    read(folder).unwrap().collect::<Result<_, _>>().unwrap()
}

/// All that a stream wrote.
fn written(entries: &[Entry], stream: Stream) -> Vec<u8> {
    entries.iter().filter(|entry| entry.stream == stream).flat_map(|entry| entry.bytes.clone()).collect()
}

#[test]
fn a_line_an_object() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::create(&open(folder.path())).unwrap();
    let (mut out, mut err) = (log.stream(Stream::Stdout), log.stream(Stream::Stderr));
    // The umlaut is cut in two, and so is its line.
    out.write_all(b"one\r\ntw\xc3").unwrap();
    err.write_all(b"F\xfcr\n").unwrap();
    out.write_all(b"\xb6\nrest").unwrap();
    out.flush().unwrap();
    assert_eq!(entries(folder.path()).len(), 3, "the rest waits for its end");
    drop(out);
    let got: Vec<_> = entries(folder.path()).into_iter().map(|entry| (entry.stream, entry.bytes)).collect();
    let expected: [(Stream, &[u8]); 4] = [
        (Stream::Stdout, b"one\r\n"),
        (Stream::Stderr, b"F\xfcr\n"),
        (Stream::Stdout, "twö\n".as_bytes()),
        (Stream::Stdout, b"rest"),
    ];
    assert_eq!(got, expected.map(|(stream, bytes)| (stream, bytes.to_vec())));

    let text = fs::read_to_string(current(folder.path())).unwrap();
    let keys: Vec<Vec<String>> = text
        .lines()
        .map(|line| {
            let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
            assert!(object["time"].as_str().unwrap().parse::<Timestamp>().is_ok() && line.contains("Z\""));
            object.keys().cloned().collect()
        })
        .collect();
    assert_eq!(keys[0], ["stream", "text", "time"]);
    assert_eq!(keys[1], ["bytes", "stream", "time"]);
}

#[test]
fn any_bytes_in_any_pieces_come_out_as_they_went_in() {
    let mut random = Random(1);
    for round in 0..30 {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::create(&open(folder.path())).unwrap();
        let mut streams = [log.stream(Stream::Stdout), log.stream(Stream::Stderr)];
        let mut went_in = [Vec::new(), Vec::new()];
        for _ in 0..random.below(20) {
            let alphabet: &[&[u8]] = match round % 3 {
                0 => &[b"a", b"\n", b"\r\n", b"\0", b"\"", b"\\"],
                1 => &["ö".as_bytes(), "\u{1f980}".as_bytes(), "漢".as_bytes()],
                _ => &[b"\xff", b"\xc3", b"\n", "\u{1f980}".as_bytes(), b"plain text "],
            };
            let bytes: Vec<u8> = (0..random.below(6000)).flat_map(|_| alphabet[random.below(alphabet.len())].to_vec()).collect();
            let which = random.below(2);
            went_in[which].extend_from_slice(&bytes);
            for piece in bytes.chunks(1 + random.below(4096)) {
                streams[which].write_all(piece).unwrap();
            }
        }
        drop(streams);
        let entries = entries(folder.path());
        assert!(
            written(&entries, Stream::Stdout) == went_in[0] && written(&entries, Stream::Stderr) == went_in[1],
            "round {round}"
        );
        for entry in &entries {
            assert!(entry.bytes.len() <= LONGEST_TEXT);
            let ends = entry.bytes.iter().filter(|byte| **byte == b'\n').count();
            assert!(ends == 0 || (ends == 1 && entry.bytes.ends_with(b"\n")), "a line is one entry");
            assert!(entry.to_line().len() <= LONGEST_LINE);
            if round % 3 == 1 {
                assert!(std::str::from_utf8(&entry.bytes).is_ok(), "no character is cut");
            }
        }
    }
}

#[test]
fn the_longest_object_of_all_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = [1; LONGEST_TEXT];
    Log::create(&open(folder.path())).unwrap().stream(Stream::Stderr).write_all(&bytes).unwrap();
    assert!(fs::metadata(current(folder.path())).unwrap().len() > 6 * LONGEST_TEXT as u64);
    assert_eq!(written(&entries(folder.path()), Stream::Stderr), bytes);
}

#[test]
fn a_chatty_container_keeps_its_last_lines_and_fills_no_disk() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::limited(&open(folder.path()), 2000).unwrap();
    let mut stream = log.stream(Stream::Stdout);
    for number in 0..1000 {
        writeln!(stream, "line {number}").unwrap();
        let sizes = [current(folder.path()), older(folder.path())].map(|path| fs::metadata(path).map_or(0, |found| found.len()));
        assert!(sizes.iter().all(|size| *size <= 2000), "{sizes:?}");
    }
    let kept: Vec<_> = entries(folder.path()).into_iter().map(|entry| String::from_utf8(entry.bytes).unwrap()).collect();
    assert!(kept.len() > 20, "{}", kept.len());
    let last: Vec<_> = (1000 - kept.len()..1000).map(|number| format!("line {number}\n")).collect();
    assert_eq!(kept, last);
}

#[test]
fn a_file_that_cannot_be_moved_aside_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    // What is in the way is a folder with something in it.
    fs::create_dir_all(older(folder.path()).join("full")).unwrap();
    let log = Log::limited(&open(folder.path()), 500).unwrap();
    let mut stream = log.stream(Stream::Stdout);
    for number in 0..20 {
        writeln!(stream, "line {number}").unwrap();
    }
    assert!(fs::metadata(current(folder.path())).unwrap().len() <= 500);
    let text = fs::read_to_string(current(folder.path())).unwrap();
    assert!(text.starts_with('{') && text.ends_with("\"line 19\\n\"}\n"), "{text}");
}

#[test]
fn a_follower_sees_every_line_over_rotations_and_ends_with_the_owner() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::limited(&open(folder.path()), 20_000).unwrap();
    let (lives, seen) = (AtomicBool::new(true), AtomicUsize::new(0));
    let mut followed = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut stream = log.stream(Stream::Stdout);
            for number in 0..1000 {
                writeln!(stream, "line {number}").unwrap();
                // No further ahead than what is kept, however slow the other one is.
                for _ in 0..2000 {
                    if number < seen.load(Ordering::SeqCst) + 150 {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
            write!(stream, "the end").unwrap();
            drop(stream);
            lives.store(false, Ordering::SeqCst);
        });
        let reader = read(folder.path()).unwrap();
        for entry in reader.following(|| lives.load(Ordering::SeqCst)) {
            followed.push(String::from_utf8(entry.unwrap().bytes).unwrap());
            seen.store(followed.len(), Ordering::SeqCst);
        }
    });
    let mut expected: Vec<_> = (0..1000).map(|number| format!("line {number}\n")).collect();
    expected.push("the end".to_owned());
    assert!(older(folder.path()).exists());
    assert_eq!(followed, expected);
}

#[test]
fn a_line_that_is_being_written_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let line = Entry { time: Timestamp::UNIX_EPOCH, stream: Stream::Stdout, bytes: b"x\n".to_vec() }.to_line();
    let mut file = fs::File::create(current(folder.path())).unwrap();
    let mut reader = read(folder.path()).unwrap();
    assert!(reader.next().is_none());
    file.write_all(&line[..20]).unwrap();
    assert!(reader.next().is_none());
    file.write_all(&line[20..]).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().bytes, b"x\n");
    assert!(reader.next().is_none());
}

/// A file to which the rest of a line is added between two readings of it.
struct Growing(Vec<&'static [u8]>);

impl std::io::Read for Growing {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.0.is_empty() { Ok(0) } else { self.0.remove(0).read(into) }
    }
}

#[test]
fn the_rest_of_a_line_that_comes_behind_the_end_is_not_a_line() {
    let mut file = std::io::BufReader::new(Growing(vec![b"one\nhal", b"", b"f\n"]));
    let mut next = || read::read_line(&mut file).unwrap().map(|line| (line.length, line.content));
    assert_eq!(next(), Some((4, b"one\n".to_vec())));
    // It is read again from its beginning.
    assert_eq!(next(), None);
}

#[test]
fn what_is_no_entry_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let good = |bytes: &[u8]| Entry { time: Timestamp::UNIX_EPOCH, stream: Stream::Stdout, bytes: bytes.to_vec() }.to_line();
    let content = [
        b"\n{}\nnull\n[[[[\n\xff\xfe\n".to_vec(),
        br#"{"time":"yesterday","stream":"stdout","text":"x"}"#.to_vec(),
        b"\n".to_vec(),
        good(b"first"),
        br#"{"time":"2026-01-01T00:00:00Z","stream":"stdin","text":"x"}"#.to_vec(),
        b"\n".to_vec(),
        br#"{"time":"2026-01-01T00:00:00Z","stream":"stdout","bytes":"***"}"#.to_vec(),
        b"\n".to_vec(),
        br#"{"time":"2026-01-01T00:00:00Z","stream":"stdout","text":"x","bytes":"eA=="}"#.to_vec(),
        b"\n".to_vec(),
        vec![b'['; 3 * LONGEST_LINE],
        b"\n".to_vec(),
        good(b"second"),
        vec![b'{'; 2 * LONGEST_LINE],
    ];
    fs::write(current(folder.path()), content.concat()).unwrap();
    assert_eq!(written(&entries(folder.path()), Stream::Stdout), b"firstsecond");
}

#[test]
fn a_folder_in_the_place_of_the_log_is_an_error_and_nothing_is_no_log() {
    let folder = tempfile::tempdir().unwrap();
    assert!(read(folder.path()).is_none());
    fs::create_dir(current(folder.path())).unwrap();
    assert!(read(folder.path()).unwrap().next().unwrap().is_err());
}

/// Entries that lie in the future, because the clock has been set back since, were not shown without `--follow`.
#[test]
fn what_was_written_before_the_clock_was_set_back_is_there_and_what_comes_later_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = current(folder.path());
    let line = |text: &str| format!("{{\"time\":\"2999-01-01T00:00:00Z\",\"stream\":\"stdout\",\"text\":\"{text}\"}}\n");
    fs::write(&path, line("one") + &line("two")).unwrap();
    let mut reader = read(folder.path()).unwrap();
    reader.so_far();
    assert_eq!(reader.next().unwrap().unwrap().bytes, b"one");
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(line("three").as_bytes()).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().bytes, b"two");
    assert!(reader.next().is_none() && reader.next().is_none());
    let rest: Vec<_> = reader.following(|| false).map(|entry| entry.unwrap().bytes).collect();
    assert_eq!(rest, [b"three"]);
}
