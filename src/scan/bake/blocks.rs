//! The blocks of bake files: HCL, or JSON, which reads as one expression of HCL.

use std::path::Path;

use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::Body;

use crate::scan::{Place, Problem};
use crate::{Error, ErrorKind};

/// A file that was parsed.
#[derive(Debug)]
pub enum Parsed {
    /// HCL.
    Hcl(Body),
    /// JSON, which reads as one expression of HCL.
    Json(Expression),
}

/// Parses a file.
///
/// # Errors
///
/// The place that is neither HCL nor JSON.
pub fn parse(path: &Path, whole: &str) -> Result<Parsed, Problem> {
    let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let (start, text) = body(whole);
    let above = whole.get(..start).unwrap_or_default().matches('\n').count();
    let parsed = if is_json { text.trim_end().parse().map(Parsed::Json) } else { text.parse().map(Parsed::Hcl) };
    parsed.map_err(|error| {
        let error: hcl_edit::parser::Error = error;
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).max(1);
        let place =
            Place { line: number(above + error.location().line()), column: number(error.location().column()), span: 0..0 };
        let error = Error::of(ErrorKind::Invalid, "this is not a line of a bake file")
            .because(error.message())
            .hint("correct the line; `docker buildx bake --print` reads the file too");
        Problem { place, error }
    })
}

/// The text that is parsed, and the byte at which it begins: behind a byte order mark and blanks.
pub(super) fn body(text: &str) -> (usize, &str) {
    let body = text.trim_start_matches(|character: char| character == '\u{feff}' || character.is_whitespace());
    (text.len() - body.len(), body)
}

/// A block: a target, a group, a variable or a function.
pub(super) struct Block<'h> {
    pub kind: String,
    pub name: String,
    /// The number of its file.
    pub layer: usize,
    pub attributes: Vec<(String, &'h Expression)>,
}

impl<'h> Block<'h> {
    /// The value of an attribute.
    pub fn said(&self, key: &str) -> Option<&'h Expression> {
        self.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
    }
}

/// The blocks of a file with this number.
pub(super) fn blocks(layer: usize, parsed: &Parsed) -> Vec<Block<'_>> {
    match parsed {
        Parsed::Hcl(body) => body
            .blocks()
            .map(|block| Block {
                kind: block.ident.as_str().to_owned(),
                name: block.labels.first().map(|label| label.as_str().to_owned()).unwrap_or_default(),
                layer,
                attributes: block.body.attributes().map(|one| (one.key.as_str().to_owned(), &one.value)).collect(),
            })
            .collect(),
        Parsed::Json(root) => {
            let named = |(kind, list)| entries(list).into_iter().map(move |(name, value)| (String::clone(&kind), name, value));
            entries(root)
                .into_iter()
                .flat_map(named)
                .map(|(kind, name, value)| Block { kind, name, layer, attributes: entries(value) })
                .collect()
        }
    }
}

/// The kinds of blocks.
const KINDS: [&str; 4] = ["variable", "function", "group", "target"];

/// What a file with this number says outside of blocks, `NAME = VALUE`, as blocks of variables.
pub(super) fn attributes(layer: usize, parsed: &Parsed) -> Vec<Block<'_>> {
    let attributes: Vec<(String, &Expression)> = match parsed {
        Parsed::Hcl(body) => body.attributes().map(|one| (one.key.as_str().to_owned(), &one.value)).collect(),
        Parsed::Json(root) => entries(root).into_iter().filter(|(name, _)| !KINDS.contains(&name.as_str())).collect(),
    };
    let variable =
        |(name, value)| Block { kind: "variable".to_owned(), name, layer, attributes: vec![("default".to_owned(), value)] };
    attributes.into_iter().map(variable).collect()
}

/// The entries of an object, as far as their names are plain.
pub(super) fn entries(expression: &Expression) -> Vec<(String, &Expression)> {
    let Expression::Object(object) = expression else { return Vec::new() };
    let plain = |key: &ObjectKey| match key {
        ObjectKey::Ident(name) => Some(name.as_str().to_owned()),
        ObjectKey::Expression(expression) => name_of(expression),
    };
    object.iter().filter_map(|(key, value)| Some((plain(key)?, value.expr()))).collect()
}

/// The text of a plain string or word.
pub(super) fn name_of(expression: &Expression) -> Option<String> {
    match expression {
        Expression::String(text) => Some(text.value().clone()),
        Expression::Variable(name) => Some(name.as_str().to_owned()),
        _ => None,
    }
}
