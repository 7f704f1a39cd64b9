//! Words from lists that grow, so that a reader understands documents that a later version wrote.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A word of a document: one that this version knows, e.g. the verdict `hyperv`, or one that a later version added.
///
/// It is written as it was read:
///
/// ```
/// use wincompat::compat::Verdict;
/// use wincompat::report::Word;
///
/// let known: Word<Verdict> = serde_json::from_str(r#""hyperv""#)?;
/// assert_eq!(known.known(), Some(Verdict::Hyperv));
/// let later: Word<Verdict> = serde_json::from_str(r#""microvm""#)?;
/// assert_eq!(later, Word::Other("microvm".to_owned()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Word<T> {
    /// A word that this version knows.
    Known(T),
    /// Any other word.
    Other(String),
}

impl<T: Copy> Word<T> {
    /// The word, if this version knows it.
    pub const fn known(&self) -> Option<T> {
        match self {
            Self::Known(word) => Some(*word),
            Self::Other(_) => None,
        }
    }
}

impl<T> From<T> for Word<T> {
    fn from(word: T) -> Self {
        Self::Known(word)
    }
}

impl<T: fmt::Display> fmt::Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(word) => word.fmt(f),
            Self::Other(word) => f.write_str(word),
        }
    }
}

/// The schema is that of the known words: it says what this version writes.
#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Word<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}
