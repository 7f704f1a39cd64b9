//! What every judgement rests on: the knowledge and today's date.

use std::borrow::Cow;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::Error;
use crate::knowledge::Knowledge;

/// More than any file of facts has.
const LARGEST_KNOWLEDGE: u64 = 16 << 20;

/// Where the facts come from.
#[derive(clap::Args, Clone, Debug)]
pub struct KnowledgeArgs {
    /// Facts to use instead of the built-in ones, as JSON (wincompat/knowledge/v1).
    #[arg(long, value_name = "FILE")]
    knowledge: Option<PathBuf>,
}

impl KnowledgeArgs {
    /// The facts: from the file where one is named.
    ///
    /// # Errors
    ///
    /// What is wrong with the file.
    pub fn load(&self) -> Result<Cow<'static, Knowledge>, Error> {
        let Some(path) = &self.knowledge else {
            return Ok(Cow::Borrowed(Knowledge::built_in()));
        };
        read(path)
            .map(Cow::Owned)
            .map_err(|cause| Error::new(format!("the knowledge in {} could not be used", path.display())).because(cause))
            .map_err(|refusal| {
                refusal.hint("leave --knowledge out for the facts that are built in, or take a newer knowledge.json")
            })
    }
}

fn read(path: &Path) -> Result<Knowledge, String> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(LARGEST_KNOWLEDGE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LARGEST_KNOWLEDGE {
        return Err(format!("it has more than {} MiB", LARGEST_KNOWLEDGE >> 20));
    }
    Knowledge::from_json(&bytes).map_err(|error| error.to_string())
}

/// Today, in UTC.
pub fn today() -> Date {
    jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date()
}
