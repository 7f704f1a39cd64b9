//! Placeholders in texts from outside, where a shell, a pipeline or a template puts in a value: `%X%`, `${X}`, `$(X)`, `{{ x }}`, `#{X}#`.

/// The ways to write one: what stands before the name, and behind it. `#{X}` is that of Octopus, `#{X}#` that of the task for Azure
/// Pipelines which replaces tokens.
const FORMS: [(&str, &str); 11] = [
    ("${{", "}}"),
    ("{{", "}}"),
    ("${", "}"),
    ("$(", ")"),
    ("$[[", "]]"),
    ("$[", "]"),
    ("#{", "}#"),
    ("#{", "}"),
    ("{", "}"),
    ("<", ">"),
    ("%", "%"),
];

/// The longest text that is told to have one, in bytes.
const LONGEST: usize = 8192;

/// The most variables within each other's defaults that are followed.
const DEEPEST: usize = 32;

/// The reason why a text with one means nothing.
pub(crate) const REASON: &str = "a variable or placeholder in it was not replaced by its value";

/// What to do about it.
pub(crate) const HINT: &str = "set the variable, and write it as in the shell or pipeline that runs this: %NAME% in cmd, $env:NAME in \
                               PowerShell, $NAME in sh; single quotes keep it from being replaced";

/// A placeholder, and the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placeholder<'a> {
    /// The text before it.
    pub before: &'a str,
    /// What it begins with, e.g. `${`; `$` for a name without brackets.
    pub open: &'static str,
    /// E.g. `X` of `${X}`, `.Values.image` of `{{ .Values.image }}`.
    pub name: &'a str,
    /// The text behind it.
    pub behind: &'a str,
}

/// True for a text with a placeholder in it.
pub(crate) fn is_in(text: &str) -> bool {
    text.len() <= LONGEST && first(text).is_some()
}

/// The first placeholder of a text: `${X}`, `$X`, `$(X)`, `$[[ x ]]`, `#{X}#`, `#{X}`, `{{ x }}`, `{x}`, `<x>` or `%X%`.
pub(crate) fn first(text: &str) -> Option<Placeholder<'_>> {
    text.match_indices(['$', '#', '{', '<', '%']).find_map(|(at, _)| {
        let (before, from) = text.split_at_checked(at)?;
        let closed = FORMS.iter().find_map(|(open, close)| {
            let inner = from.strip_prefix(open)?;
            let (name, behind) = match *open {
                "$[" => split_at_bracket(inner)?,
                "${" => {
                    let nearest = inner.split_once('}')?;
                    split_at_brace(inner).unwrap_or(nearest)
                }
                _ => inner.split_once(close)?,
            };
            // The name of another one, which is closed before, is not in it.
            if *close == "}#" && name.contains('}') {
                return None;
            }
            Some(Placeholder { before, open, name: name.trim(), behind })
        });
        closed.or_else(|| {
            let rest = from.strip_prefix('$')?;
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let (name, behind) = rest.split_at_checked(end).filter(|(name, _)| !name.is_empty())?;
            Some(Placeholder { before, open: "$", name, behind })
        })
    })
}

/// The texts before and behind the brace that closes a variable: its default may have variables of its own, `${X:-${Y}}`. `None` where
/// there is no such brace, or too deep.
fn split_at_brace(text: &str) -> Option<(&str, &str)> {
    let mut open = 0_usize;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '{' if before == '$' => open += 1,
            '}' if open == 0 => return Some((text.get(..at)?, text.get(at + 1..)?)),
            '}' => open -= 1,
            _ => {}
        }
        if open > DEEPEST {
            return None;
        }
        before = character;
    }
    None
}

/// The texts before and behind the bracket that closes an expression: `variables['x']` has one of its own.
fn split_at_bracket(text: &str) -> Option<(&str, &str)> {
    let mut open = 0_usize;
    let closing = text.char_indices().find(|(_, character)| match character {
        '[' => {
            open += 1;
            false
        }
        ']' if open > 0 => {
            open -= 1;
            false
        }
        ']' => true,
        _ => false,
    });
    let (at, _) = closing?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_placeholder_of_a_text() {
        for (text, before, open, name, behind) in [
            ("%HOST%", "", "%", "HOST", ""),
            ("app:$TAG-x", "app:", "$", "TAG", "-x"),
            ("app:${TAG}/${X}", "app:", "${", "TAG", "/${X}"),
            ("$(Agent.OS)", "", "$(", "Agent.OS", ""),
            ("${{ matrix.os }}:1", "", "${{", "matrix.os", ":1"),
            ("$[ variables['img'] ]:1", "", "$[", "variables['img']", ":1"),
            ("$env:HOST", "", "$", "env", ":HOST"),
            ("a$ <b>", "a$ ", "<", "b", ""),
            ("a:${X:-${Y:-1}}-x", "a:", "${", "X:-${Y:-1}", "-x"),
            ("a:${X:-${Y}", "a:", "${", "X:-${Y", ""),
            ("a:${X:-{Y}", "a:", "${", "X:-{Y", ""),
        ] {
            assert_eq!(first(text), Some(Placeholder { before, open, name, behind }), "{text}");
        }
        for text in ["", "ltsc2022", "app:1$", "10 % of {it", "a < b", "$", "$-"] {
            assert_eq!(first(text), None, "{text}");
            assert!(!is_in(text), "{text}");
        }
        assert!(is_in("%HOST%") && !is_in(&format!("%HOST%{}", "x".repeat(LONGEST))));
    }
}
