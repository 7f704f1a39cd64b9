//! The knowledge that judgements rest on: the built-in one, or a file.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::files::read_regular;
use crate::knowledge::Knowledge;

/// The most bytes of a knowledge file; the built-in knowledge has a hundredth of them.
const LARGEST: u64 = 16 << 20;

/// The source of the facts.
#[derive(clap::Args, Clone, Debug)]
pub struct KnowledgeArgs {
    /// File with release data that replaces the built-in data (wincompat/knowledge/v1).
    #[arg(long, value_name = "FILE")]
    knowledge: Option<PathBuf>,
}

impl KnowledgeArgs {
    /// The file that was named.
    pub fn file(&self) -> Option<&Path> {
        self.knowledge.as_deref()
    }

    /// The facts, from the file if one is named.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or that is not knowledge.
    pub fn load(&self) -> Result<Cow<'static, Knowledge>, Error> {
        let Some(path) = &self.knowledge else {
            return Ok(Cow::Borrowed(Knowledge::built_in()));
        };
        read(path).map(Cow::Owned).map_err(|cause| {
            Error::new(format!("the knowledge in {} could not be used", path.display()))
                .because(cause)
                .hint("leave --knowledge out for the facts that are built in, or take a newer knowledge.json")
        })
    }
}

fn read(path: &Path) -> Result<Knowledge, String> {
    let bytes = read_regular(path, LARGEST).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => format!("it has more than {} MiB", LARGEST >> 20),
        _ => error.to_string(),
    })?;
    Knowledge::from_json(&bytes).map_err(|error| error.to_string())
}
