//! References in which a later step puts in values: envsubst, a pipeline's own variables, a template's.

use super::Meant;
use super::words::{Style, Values, expand};
use crate::host::placement::Placement;
use crate::placeholder::{Placeholder, first};

/// The reference of a text with `${X}`, `$X`, `$(X)`, `$[[ x ]]`, `#{X}#`, `{{ x }}`, `{x}`, `<x>` or `%X%` in it, for which these values are
/// given.
pub fn meant(text: &str, values: &Values) -> Meant {
    let mut names = Vec::new();
    let mut known = String::new();
    let mut rest = text;
    while let Some(Placeholder { before, open, name, behind }) = first(rest) {
        known.push_str(before);
        match value(open, name, values) {
            Ok(value) => known.push_str(&value),
            Err(missing) => names.extend(missing),
        }
        rest = behind;
    }
    known.push_str(rest);
    if names.is_empty() { Meant::Known(known) } else { Meant::Unresolved(names) }
}

/// Puts these values into what a pod asks of its node; gives the variables in it that nobody gives a value.
pub fn put_into(placement: &mut Placement, values: &Values) -> Vec<String> {
    let mut selector: Vec<(String, String)> = std::mem::take(&mut placement.selector).into_iter().collect();
    let of_selector = selector.iter_mut().flat_map(|(key, value)| [key, value]);
    let conditions = placement.terms.iter_mut().flatten().flat_map(|term| term.labels.iter_mut().chain(&mut term.fields));
    let of_terms = conditions.flat_map(|condition| std::iter::once(&mut condition.key).chain(&mut condition.values));
    let of_taints = placement.tolerations.iter_mut().flat_map(|one| [&mut one.key, &mut one.value, &mut one.effect]);
    let named = placement.node_name.iter_mut().chain(of_selector).chain(of_terms).chain(of_taints);
    let mut open = Vec::new();
    for text in named {
        match meant(text, values).told() {
            Ok(known) => *text = known,
            Err(names) => open.extend(names),
        }
    }
    placement.selector = selector.into_iter().collect();
    open
}

/// The value of a placeholder.
///
/// # Errors
///
/// The variables that nobody gives a value.
fn value(open: &str, name: &str, values: &Values) -> Result<String, Vec<String>> {
    if let Some(value) = values.get(name) {
        return Ok(value.clone());
    }
    let Some(variable) = operand(name).filter(|_| open == "${") else { return Err(vec![name.to_owned()]) };
    if !values.contains_key(variable) {
        // A default alone is no value: some tools put it in, and others take the text as it is. Templates have names with a hyphen or a
        // slash in them, such as `${image-name}`; the variables of a shell are usually capitals.
        let is_one_name = variable.contains(|one: char| one.is_ascii_lowercase())
            && name.chars().all(|one| one.is_ascii_alphanumeric() || "_-/".contains(one));
        return Err(vec![if is_one_name { name } else { variable }.to_owned()]);
    }
    let word = expand(&format!("${{{name}}}"), Style::Shell, values);
    if word.missing.is_empty() { Ok(word.text) } else { Err(word.missing) }
}

/// The variable that an operator of the shell stands behind, e.g. `X` of `X:-1` and `X/a/b`; `None` where there is no operator that is known.
fn operand(text: &str) -> Option<&str> {
    let end = text.find(|one: char| !one.is_ascii_alphanumeric() && one != '_')?;
    let (name, rest) = text.split_at_checked(end)?;
    let is_name = name.starts_with(|one: char| one.is_ascii_alphabetic() || one == '_');
    let is_operator = match rest.strip_prefix(':') {
        Some(rest) => rest.starts_with(['-', '=', '+', '?']),
        None => rest.starts_with(['-', '=', '+', '?', '#', '%', '/']),
    };
    (is_name && is_operator).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_no_images() {
        for (text, names) in [
            ("${KUBERNETES_VERSION/+/_}", &["KUBERNETES_VERSION"][..]),
            ("app:${TAG:-ltsc2025}", &["TAG"]),
            ("app:${TAG:=ltsc2025}", &["TAG"]),
            ("app:${TAG-ltsc2025}", &["TAG"]),
            ("app:${tag:-ltsc2025}-${B}", &["tag", "B"]),
            ("app:${A:-${B:-x}}-y", &["A"]),
            ("${image-name}:1", &["image-name"]),
            ("${env:TAG}", &["env:TAG"]),
            ("app:${TAG^^}", &["TAG^^"]),
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
        let values: Values = [("TAG", "1.2+3"), ("matrix.image", "server:1"), ("r", "r.example"), ("EMPTY", "")]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .into();
        for (text, expected) in [
            ("app:$(TAG)", "app:1.2+3"),
            ("app:${TAG/+/_}", "app:1.2_3"),
            ("app:$TAG-x", "app:1.2+3-x"),
            ("app:#{TAG}#-x", "app:1.2+3-x"),
            ("#{r}/app:#{TAG}#", "r.example/app:1.2+3"),
            ("${{ matrix.image }}", "server:1"),
            ("app:${TAG:-5}", "app:1.2+3"),
            ("app:${TAG:=5}", "app:1.2+3"),
            ("app:${TAG-5}", "app:1.2+3"),
            ("app:${TAG:-${OTHER:-5}}-x", "app:1.2+3-x"),
            ("app:${EMPTY:-5}", "app:5"),
            ("app:${EMPTY:=${r}}-x", "app:r.example-x"),
            ("app:${r-5}", "app:r.example"),
        ] {
            assert_eq!(meant(text, &values), Meant::Known(expected.to_owned()), "{text}");
        }
        // A value that has nothing to do with it decides nothing.
        for (text, missing) in [("{r}/x:$NONE", "NONE"), ("{r}/x:${NONE:-5}", "NONE"), ("x:${EMPTY:-${NONE}}", "NONE")] {
            assert_eq!(meant(text, &values), Meant::Unresolved(vec![missing.to_owned()]), "{text}");
        }
    }
}
