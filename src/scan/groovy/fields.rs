//! What the fields of a pod's template say in a pipeline of Jenkins.
//!
//! Source: jenkinsci/kubernetes-plugin, `PodTemplateStep` and `KubernetesDeclarativeAgent`.

use super::Reader;
use super::tokens::{Token, argument};
use crate::host::Labels;
use crate::scan::Lands;

/// The calls after which a text says what it said before.
const KEEPING: [&str; 3] = ["stripIndent", "trim", "toString"];

/// The most of these calls behind one text.
const MOST_KEEPING: usize = 8;

/// Where the YAML of a template stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// In the text with this number.
    Text(usize),
    /// In the file that the argument with this number names.
    File(usize),
    /// In a place that is not known.
    Unknown,
}

/// The YAML of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub origin: Origin,
    /// It is all that stands there: nothing is done with it.
    pub is_whole: bool,
}

impl Source {
    /// The number of the text or argument.
    pub const fn number(self) -> Option<usize> {
        match self.origin {
            Origin::Text(number) | Origin::File(number) => Some(number),
            Origin::Unknown => None,
        }
    }

    /// True for one that can be read as it is.
    pub fn is_followed(self) -> bool {
        self.is_whole && self.origin != Origin::Unknown
    }
}

/// Which YAML counts, where a template inherits some.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Strategy {
    /// The last one, since that is the default.
    #[default]
    Unsaid,
    /// The last one.
    Override,
    /// All of them.
    Merge,
    /// That is not known.
    Unknown,
}

/// What the fields of a template say.
#[derive(Clone, Default)]
pub(super) struct Fields {
    /// The node selector, as it is written.
    pub written: String,
    /// Its labels, or where the pod lands if they are not known; `None` where there is none.
    pub selector: Option<Result<Labels, Lands>>,
    /// Its YAML, what counts more comes later.
    pub yaml: Vec<Source>,
    /// Its `yamlMergeStrategy`.
    pub strategy: Strategy,
    /// Its strategy counts for those that inherit from it.
    pub hands_strategy_on: bool,
    /// What `inheritFrom` says.
    pub inherits: Option<String>,
    /// The cloud that it names.
    pub cloud: Option<String>,
    /// There are fields that are not read.
    pub is_open: bool,
}

impl Reader<'_, '_> {
    /// The fields in the bracket that opens here: `kubernetes { … }` of an agent, `podTemplate(…)`, or `podTemplate([…])`.
    pub(super) fn fields(&mut self, number: usize) -> Fields {
        let tokens = self.tokens;
        let is_at = |at: usize, sign: char| tokens.get(at) == Some(&Token::Sign(sign));
        let is_call = is_at(number, '(');
        let is_map = is_call && is_at(number + 1, '[');
        let start = if is_map { number + 1 } else { number };
        let end = self.closing(start);
        let is_open = end >= tokens.len() || (is_map && !is_at(end + 1, ')'));
        let mut fields = Fields { is_open, ..Fields::default() };
        let (mut at, mut is_first) = (start + 1, true);
        while let Some(token) = tokens.get(at).filter(|_| at < end) {
            let is_named = is_at(at + 1, ':');
            // The value may stand in brackets, and behind a sign.
            let value = if is_named || is_at(at + 1, '(') { at + 2 } else { at + 1 };
            match token.word() {
                _ if is_call && !is_first => {}
                word if !is_call || (is_named && !word.is_empty()) => self.field(word, value, &mut fields),
                // It may hold any of them.
                _ => fields.is_open = true,
            }
            is_first = is_at(at, ',');
            at = if matches!(token, Token::Sign('{' | '(' | '[')) { self.closing(at) + 1 } else { at + 1 };
        }
        fields
    }

    /// Notes the field of this name, whose value begins here.
    fn field(&mut self, name: &str, value: usize, fields: &mut Fields) {
        let behind = self.tokens.get(value..).unwrap_or_default();
        match name {
            "nodeSelector" if fields.selector.is_none() => {
                let (written, is_whole) = self.told(value);
                let unread = || Lands::Unread {
                    why: "what gives the pod its node selector is not followed".to_owned(),
                    hint: "write it into the pipeline as one text".to_owned(),
                };
                fields.selector = match self.meant(&written, behind).told() {
                    _ if !is_whole => Some(Err(unread())),
                    Ok(text) if text.is_empty() => None,
                    told => Some(told.map(|text| labels(&text)).map_err(Lands::Untold)),
                };
                fields.written = written;
            }
            // A file stands instead of a text.
            "yamlFile" => fields.yaml = vec![Source { origin: Origin::File(value), is_whole: self.told(value).1 }],
            "yaml" if fields.yaml.is_empty() => fields.yaml.push(self.source(value)),
            "yamlMergeStrategy" => fields.strategy = strategy(behind),
            "inheritYamlMergeStrategy" => match behind.first().map(Token::word) {
                Some("true") => fields.hands_strategy_on = true,
                Some("false") => fields.hands_strategy_on = false,
                _ => fields.is_open = true,
            },
            "inheritFrom" if fields.inherits.is_none() => {
                let (written, is_whole) = self.told(value);
                fields.is_open |= !is_whole;
                // This word stands for none that is named.
                fields.inherits = Some(written).filter(|name| name != "<default>");
            }
            "cloud" => {
                let (written, is_whole) = self.told(value);
                fields.cloud = Some(written).filter(|name| !name.is_empty() || !is_whole);
            }
            _ => {}
        }
    }

    /// What the argument that begins here says, and whether that is all of it.
    fn told(&self, value: usize) -> (String, bool) {
        let behind = self.tokens.get(value..).unwrap_or_default();
        let (written, _, rest) = argument(behind);
        let length = behind.len() - rest.len();
        (written, length > 0 && self.ends(value + length))
    }

    /// The number of the bracket that closes the one with this number; that of all tokens where none does.
    fn closing(&self, open: usize) -> usize {
        self.closings.get(open).copied().unwrap_or(self.tokens.len())
    }

    /// True if a value ends before this token, or if what is called on it there leaves it as it is.
    fn ends(&self, mut at: usize) -> bool {
        for _ in 0..MOST_KEEPING {
            match self.tokens.get(at..) {
                Some([Token::Sign('.'), call, Token::Sign('('), ..]) if KEEPING.contains(&call.word()) => {
                    at = self.closing(at + 2) + 1;
                }
                Some([Token::Sign(sign), ..]) => return [')', ']', '}', ',', ';'].contains(sign),
                Some(_) => return true,
                None => return false,
            }
        }
        false
    }

    /// Where the YAML stands that this value gives.
    fn source(&mut self, value: usize) -> Source {
        let tokens = self.tokens;
        let name = match (tokens.get(value), tokens.get(value + 1)) {
            (Some(Token::Word { .. }), Some(Token::Sign('(') | Token::Text { .. })) | (Some(Token::Text { .. }), _) => None,
            (Some(Token::Word { text, .. }), _) => Some(*text),
            _ => return Source { origin: Origin::Unknown, is_whole: false },
        };
        // A variable has what it is given.
        let given = name.map(|name| self.calls.get(name).map(|(number, ..)| *number).or_else(|| self.texts.get(name).copied()));
        let is_given = name.is_none_or(|name| self.once.contains(name) && self.ends(value + 1));
        let at = match given {
            None => value,
            Some(Some(at)) => at,
            Some(None) => return Source { origin: Origin::Unknown, is_whole: false },
        };
        let (origin, behind) = match (tokens.get(at), tokens.get(at + 1)) {
            (Some(Token::Text { .. }), _) => (Origin::Text(at), at + 1),
            (Some(Token::Word { text, at: byte }), Some(Token::Sign('('))) => {
                (self.of_call(text, *byte, at), self.closing(at + 1) + 1)
            }
            (Some(Token::Word { text, at: byte }), Some(Token::Text { .. })) => (self.of_call(text, *byte, at), at + 2),
            _ => (Origin::Unknown, at + 1),
        };
        Source { origin, is_whole: is_given && self.ends(behind) }
    }

    /// Where the YAML stands that this call gives.
    fn of_call(&mut self, name: &str, at: usize, value: usize) -> Origin {
        self.file_of_call(name, at, value).map_or(Origin::Unknown, Origin::File)
    }
}

/// The strategy that these tokens begin with: `merge()`, `override()`, or a map with the name of its class.
fn strategy(value: &[Token<'_>]) -> Strategy {
    let name = match value {
        [Token::Word { text, .. }, Token::Sign('('), Token::Sign(')'), ..] => *text,
        [Token::Sign('['), key, Token::Sign(':'), Token::Text { text, .. }, Token::Sign(']'), ..] if key.word() == "$class" => {
            text.rsplit('.').next().unwrap_or_default()
        }
        _ => "",
    };
    match name {
        "merge" | "Merge" => Strategy::Merge,
        "override" | "Overrides" => Strategy::Override,
        _ => Strategy::Unknown,
    }
}

/// The labels of a node selector.
fn labels(text: &str) -> Labels {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    let plain = pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    plain.filter(|(key, value)| !key.is_empty() && !value.is_empty()).collect()
}
