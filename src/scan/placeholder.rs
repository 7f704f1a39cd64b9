//! References in which a later step puts in values: envsubst, a pipeline's own variables, a template's.

use super::Meant;
use super::words::{Style, Values, expand};

/// The ways to write one: what stands before the name, and behind it.
const FORMS: [(&str, &str); 9] =
    [("${{", "}}"), ("{{", "}}"), ("${", "}"), ("$(", ")"), ("$[[", "]]"), ("$[", "]"), ("{", "}"), ("<", ">"), ("%", "%")];

/// The reference of a text with `${X}`, `$X`, `$(X)`, `$[[ x ]]`, `{{ x }}`, `{x}`, `<x>` or `%X%` in it, for which these values are given.
pub fn meant(text: &str, values: &Values) -> Meant {
    let mut names = Vec::new();
    let mut known = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '{', '<', '%']) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        known.push_str(before);
        let bare =
            from.strip_prefix('$').map(|name| name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default());
        let closed = FORMS.iter().find_map(|(open, close)| {
            let inner = from.strip_prefix(open)?;
            let (name, behind) = if *close == "]" { split_at_bracket(inner)? } else { inner.split_once(close)? };
            Some((*open, name.trim(), behind))
        });
        match (closed, bare) {
            (Some((open, name, behind)), _) => {
                let value = values.get(name).cloned().or_else(|| {
                    // With an operator of the shell: `${X:-1}`, `${X/a/b}`.
                    let word = (open == "${").then(|| expand(&format!("${{{name}}}"), Style::Shell, values))?;
                    (word.missing.is_empty() && !values.is_empty()).then_some(word.text)
                });
                match value {
                    Some(value) => known.push_str(&value),
                    None => names.push(name.to_owned()),
                }
                rest = behind;
            }
            (None, Some(name)) if !name.is_empty() => {
                match values.get(name) {
                    Some(value) => known.push_str(value),
                    None => names.push(name.to_owned()),
                }
                rest = from.get(1 + name.len()..).unwrap_or_default();
            }
            _ => {
                known.push_str(from.get(..1).unwrap_or_default());
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    known.push_str(rest);
    if names.is_empty() { Meant::Known(known) } else { Meant::Unresolved(names) }
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
    fn placeholders_are_no_images() {
        for (text, names) in [
            ("${KUBERNETES_VERSION/+/_}", &["KUBERNETES_VERSION/+/_"][..]),
            ("{registry}/{project}/x:{version}", &["registry", "project", "version"]),
            ("app:$(TAG)", &["TAG"]),
            ("app:$CI_TAG-x", &["CI_TAG"]),
            ("{{ .Values.image }}:1", &[".Values.image"]),
            ("<your-registry>/x", &["your-registry"]),
            ("$[ variables['img'] ]:1", &["variables['img']"]),
            ("app:$[[ inputs.tag ]]-x", &["inputs.tag"]),
        ] {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(meant(text, &Values::new()), Meant::Unresolved(names), "{text}");
        }
        assert_eq!(meant("a.example/b@sha256:00", &Values::new()), Meant::Known("a.example/b@sha256:00".to_owned()));
        assert_eq!(meant("a:1$", &Values::new()), Meant::Known("a:1$".to_owned()));
    }

    #[test]
    fn values_that_are_given_are_put_in() {
        let values: Values = [("TAG", "1.2+3"), ("matrix.image", "server:1"), ("r", "r.example")]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .into();
        for (text, expected) in [
            ("app:$(TAG)", "app:1.2+3"),
            ("app:${TAG/+/_}", "app:1.2_3"),
            ("app:$TAG-x", "app:1.2+3-x"),
            ("${{ matrix.image }}", "server:1"),
            ("{r}/app:${OTHER:-5}", "r.example/app:5"),
        ] {
            assert_eq!(meant(text, &values), Meant::Known(expected.to_owned()), "{text}");
        }
        assert_eq!(meant("{r}/x:$NONE", &values), Meant::Unresolved(vec!["NONE".to_owned()]));
    }
}
