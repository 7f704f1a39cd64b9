//! References in which a later step puts in values: envsubst, a pipeline's own variables, a template's.

use super::Meant;
use super::words::{Style, Values, expand};
use crate::placeholder::{Placeholder, first};

/// The reference of a text with `${X}`, `$X`, `$(X)`, `$[[ x ]]`, `#{X}#`, `{{ x }}`, `{x}`, `<x>` or `%X%` in it, for which these values are
/// given.
pub fn meant(text: &str, values: &Values) -> Meant {
    let mut names = Vec::new();
    let mut known = String::new();
    let mut rest = text;
    while let Some(Placeholder { before, open, name, behind }) = first(rest) {
        known.push_str(before);
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
    known.push_str(rest);
    if names.is_empty() { Meant::Known(known) } else { Meant::Unresolved(names) }
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
            ("#{Registry}/app:#{Build.Id}#", &["Registry", "Build.Id"]),
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
            ("app:#{TAG}#-x", "app:1.2+3-x"),
            ("#{r}/app:#{TAG}#", "r.example/app:1.2+3"),
            ("${{ matrix.image }}", "server:1"),
            ("{r}/app:${OTHER:-5}", "r.example/app:5"),
        ] {
            assert_eq!(meant(text, &values), Meant::Known(expected.to_owned()), "{text}");
        }
        assert_eq!(meant("{r}/x:$NONE", &values), Meant::Unresolved(vec!["NONE".to_owned()]));
    }
}
