//! Reads a container's log while it is written, in bounded memory, over the change of its files.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::thread;
use std::time::Duration;

use crate::files::OpenFolder;
use crate::handles::Access;
use crate::runner::log::{CURRENT, Entry, LONGEST_LINE, OLDER};

/// The number of first bytes that identify a file: the time of its first line is among them, to the nanosecond.
const HEAD: usize = 64;
/// The pause between two looks at a log that is followed.
const TICK: Duration = Duration::from_millis(100);
/// The number of tries to open a file that is just being replaced, which Windows does not permit.
const TRIES: usize = 20;

/// A log that is read. Between two readings neither a file nor its folder is open, so that nothing keeps the container from being removed.
#[derive(Debug)]
pub struct Reader {
    /// The folder that the container's folder is in, and the name of that.
    containers: OpenFolder,
    name: String,
    open: Option<Part>,
    /// The beginning of the file that is read; empty before its first line.
    head: Vec<u8>,
    /// The length of the lines read so far.
    position: u64,
    /// The beginning of the older file that was read to its end.
    finished: Vec<u8>,
    /// The number of bytes that may still be read; `None` for no limit.
    left: Option<u64>,
}

/// A file that is open.
#[derive(Debug)]
struct Part {
    file: BufReader<File>,
    /// It is the older one: nothing will be added to it.
    is_full: bool,
}

impl Reader {
    /// The log in the folder of this name, from its beginning; `None` if there is none.
    pub(crate) fn open(containers: &OpenFolder, name: &str) -> Option<Self> {
        let folder = containers.folder(name).ok()?;
        let is_there = [CURRENT, OLDER].iter().any(|file| matches!(folder.look(file), Ok(Some(_))));
        is_there.then(|| Self {
            containers: containers.clone(),
            name: name.to_owned(),
            open: None,
            head: Vec::new(),
            position: 0,
            finished: Vec::new(),
            left: None,
        })
    }

    /// Limits the reading to what is written now: it ends, even if the container writes faster than we read. Counted in bytes,
    /// since a clock may be set back, and what was written before that then lies in the future.
    pub fn so_far(&mut self) {
        let Ok(folder) = self.containers.folder(&self.name) else { return self.left = Some(0) };
        let length = |file| folder.look(file).ok().flatten().map_or(0, |found| found.size);
        self.left = Some(length(CURRENT).saturating_add(length(OLDER)));
    }

    /// The next entry; `None` where there is none yet.
    fn advance(&mut self) -> io::Result<Option<Entry>> {
        loop {
            if self.open.is_none() {
                self.open = self.find()?;
            }
            let (Some(part), true) = (&mut self.open, self.left != Some(0)) else { return Ok(None) };
            if let Some(line) = read_line(&mut part.file)? {
                self.position += line.length;
                self.left = self.left.map(|left| left.saturating_sub(line.length));
                if let Some(entry) = Entry::from_line(&line.content) {
                    return Ok(Some(entry));
                }
            } else if self.open.take().is_some_and(|part| part.is_full) {
                self.finished = std::mem::take(&mut self.head);
            } else {
                return Ok(None);
            }
        }
    }

    /// All further entries up to the end of the container, as they come; `lives` returns true while it may write more.
    pub fn following(mut self, mut lives: impl FnMut() -> bool) -> impl Iterator<Item = io::Result<Entry>> {
        self.left = None;
        let mut has_ended = false;
        std::iter::from_fn(move || {
            loop {
                let entry = self.next();
                if entry.is_some() || has_ended {
                    return entry;
                }
                // Looked at once more after that: what was written before the end is not missed.
                has_ended = !lives();
                if !has_ended {
                    thread::sleep(TICK);
                }
            }
        })
    }

    /// The file to be read, at the place where that goes on.
    fn find(&mut self) -> io::Result<Option<Part>> {
        let Some(folder) = self.containers.folder_if_any(&self.name)? else { return Ok(None) };
        let files = [(open(&folder, CURRENT)?, false), (open(&folder, OLDER)?, true)];
        let [current, older] = files.map(|(file, is_full)| file.map(|(file, head)| (Part { file, is_full }, head)));
        let is_known = |file: &Option<(Part, Vec<u8>)>, head: &[u8]| {
            !head.is_empty() && file.as_ref().is_some_and(|(_, its_head)| its_head.starts_with(head))
        };
        let goes_on = is_known(&current, &self.head) || is_known(&older, &self.head);
        let chosen = if is_known(&current, &self.head) || (!is_known(&older, &self.head) && is_known(&older, &self.finished)) {
            current
        } else {
            older.or(current)
        };
        // A file without a beginning would not be known again, and be read twice: it is opened once something stands in it.
        let Some((mut part, head)) = chosen.filter(|(_, head)| !head.is_empty()) else { return Ok(None) };
        if !goes_on {
            self.position = 0;
        }
        self.head = head;
        part.file.seek(SeekFrom::Start(self.position))?;
        Ok(Some(part))
    }
}

/// The entries so far: after `None`, more may come. Any other line is skipped. An error is a file that cannot be read; one that
/// is not there any more has ended.
impl Iterator for Reader {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

/// Opens a file and reads its beginning; `None` if there is no such file.
fn open(folder: &OpenFolder, name: &str) -> io::Result<Option<(BufReader<File>, Vec<u8>)>> {
    let mut tries = 0;
    let mut file = loop {
        match folder.file(name, Access::Read) {
            Ok(file) => break file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::PermissionDenied && tries < TRIES => tries += 1,
            Err(error) => return Err(error),
        }
        thread::sleep(Duration::from_millis(5));
    };
    let mut head = Vec::with_capacity(HEAD);
    Read::by_ref(&mut file).take(HEAD as u64).read_to_end(&mut head)?;
    Ok(Some((BufReader::new(file), head)))
}

/// A line of a file.
#[derive(Debug)]
pub(super) struct Line {
    /// The number of its bytes.
    pub(super) length: u64,
    /// The bytes, or nothing if they are more than any line of ours.
    pub(super) content: Vec<u8>,
}

/// The next line, if it has come to its end.
pub(super) fn read_line(file: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut content = Vec::new();
    let mut length = file.take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut content)? as u64;
    if content.ends_with(b"\n") {
        return Ok(Some(Line { length, content }));
    }
    // A line that is being written is read again as a whole: its rest may come at any moment.
    if length <= LONGEST_LINE as u64 {
        return Ok(None);
    }
    content.clear();
    loop {
        let buffered = file.fill_buf()?;
        let (step, is_end) = match buffered.iter().position(|byte| *byte == b'\n') {
            Some(end) => (end + 1, true),
            None => (buffered.len(), false),
        };
        if step == 0 {
            return Ok(None);
        }
        file.consume(step);
        length += step as u64;
        if is_end {
            return Ok(Some(Line { length, content }));
        }
    }
}
