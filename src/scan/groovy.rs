//! Pipelines of Jenkins: pods in the texts of Groovy, and the images that `docker` names.
//!
//! Sources: jenkinsci/kubernetes-plugin and docker-workflow-plugin, their own references.

use std::ops::Range;

use super::kubernetes::{self, Known};
use super::placeholder::meant;
use super::{Found, Lands, Lines, Needs, Os, yaml};

/// A part of a Groovy text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    /// A text in quotes, without them; three of them for one over several lines.
    Text {
        text: &'t str,
        at: usize,
        triple: bool,
    },
    Sign(char),
}

/// The references of a pipeline.
pub fn read(text: &str, known: &Known) -> Vec<Found> {
    let tokens = tokens(text);
    let lines = Lines::of(text);
    let mut found = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for (number, token) in tokens.iter().enumerate() {
        let before = |back: usize| number.checked_sub(back).and_then(|at| tokens.get(at));
        let word = |back: usize| match before(back) {
            Some(Token::Word(word)) => *word,
            _ => "",
        };
        let is_sign = |back: usize, sign: char| before(back) == Some(&Token::Sign(sign));
        match token {
            Token::Sign('{' | '(' | '[') => open.push(word(1)),
            Token::Sign('}' | ')' | ']') => drop(open.pop()),
            Token::Text { text: inner, at, triple: true } => found.extend(pods(&lines, inner, *at, known)),
            Token::Text { text: inner, at, triple: false } => {
                let within = |name: &str| open.last() == Some(&name);
                let is_named = (word(1) == "image" && within("docker")) || word(1) == "docker";
                let is_called = is_sign(1, '(') && word(2) == "image" && is_sign(3, '.') && word(4) == "docker";
                let is_bare_call = is_sign(1, '(') && word(2) == "image" && open.iter().rev().nth(1) == Some(&"docker");
                let is_template = is_sign(1, ':') && word(2) == "image" && open.contains(&"containerTemplate");
                if !inner.is_empty() && (is_named || is_called || is_bare_call || is_template) {
                    found.push(image(&lines, inner, *at, known));
                }
            }
            Token::Word(_) | Token::Sign(_) => {}
        }
    }
    found
}

fn image(lines: &Lines<'_>, written: &str, at: usize, known: &Known) -> Found {
    let span = at..at + written.len();
    Found {
        place: lines.place(span.clone()),
        editable: lines.literal(span, written),
        stays: None,
        object: Some("pipeline".to_owned()),
        written: written.to_owned(),
        meant: meant(written, &known.values),
        needs: Needs::OneHost,
        os: Os::Unsaid,
        isolation: None,
        lands: Lands::Fleet,
        together: None,
    }
}

/// The pods of a text, whose own indentation counts. One that is not YAML is not a pod: it is said of files alone.
fn pods(lines: &Lines<'_>, inner: &str, at: usize, known: &Known) -> Vec<Found> {
    // A backslash takes the end of the line away.
    let skipped = inner.len() - inner.strip_prefix('\\').unwrap_or(inner).len();
    let manifest = inner.get(skipped..).unwrap_or_default();
    if !manifest.contains("containers:") && !manifest.contains("\"containers\"") {
        return Vec::new();
    }
    let lines = lines.from(at + skipped);
    let (documents, _) = yaml::read(manifest);
    let roots = documents.iter().filter_map(|document| document.root.as_ref());
    roots.flat_map(|root| kubernetes::read(root, &lines, known)).collect()
}

/// The words, texts and signs of a pipeline; comments left out.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        let length = if rest.starts_with("//") || (rest.starts_with("#!") && at == 0) {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' || first == '\'' {
            let (inner, end, triple) = quoted(rest, first);
            tokens.extend(rest.get(inner.clone()).map(|text| Token::Text { text, at: at + inner.start, triple }));
            end
        } else if first.is_alphanumeric() || first == '_' || first == '$' {
            let end = rest.find(|character: char| !(character.is_alphanumeric() || character == '_' || character == '$'));
            let end = end.unwrap_or(rest.len());
            tokens.extend(rest.get(..end).map(Token::Word));
            end
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Sign(first));
            }
            first.len_utf8()
        };
        at += length.max(1);
    }
    tokens
}

/// The bytes within the quotes that a text begins with, the byte behind the last quote, and whether there are three of them. A text in
/// single quotes ends with its line at the latest.
fn quoted(text: &str, quote: char) -> (Range<usize>, usize, bool) {
    let three: String = [quote; 3].iter().collect();
    let triple = text.starts_with(&three);
    let start = if triple { 3 } else { 1 };
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(start) {
        if !triple && character == '\n' {
            return (start..at, at, false);
        }
        if is_escaped {
            is_escaped = false;
        } else if character == '\\' {
            is_escaped = true;
        } else if character == quote && (!triple || text.get(at..).is_some_and(|rest| rest.starts_with(&three))) {
            return (start..at, at + start, triple);
        }
    }
    (start..text.len(), text.len(), triple)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Meant;

    fn found(text: &str) -> Vec<String> {
        let one = |found: &Found| {
            let meant = match &found.meant {
                Meant::Known(text) => text.clone(),
                other => format!("{other:?}"),
            };
            format!("{}:{} {meant} {:?}", found.place.line, found.place.column, found.os)
        };
        read(text, &Known::default()).iter().map(one).collect()
    }

    #[test]
    fn a_pod_with_its_own_indentation() {
        let text = "// a 'comment'\npodTemplate(yaml: '''\\\n    apiVersion: v1\n    kind: Pod\n    spec:\n      nodeSelector:\n        \
            kubernetes.io/os: windows\n      containers:\n      - name: shell\n        image: server:1809\n      - {name: b, image: x}\n    '''.stripIndent()) {\n}\n";
        assert_eq!(found(text), ["10:16 server:1809 Windows", "11:26 x Windows"]);
        // Without a kind, and with a spec below metadata by mistake.
        let text = "def yaml = \"\"\"\nmetadata:\n  labels: {a: b}\n  spec:\n    containers:\n    - name: a\n      image: server:${TAG}\n\"\"\"\n";
        assert_eq!(found(text), ["7:14 Unresolved([\"TAG\"]) Unsaid"]);
        assert!(found("x = '''\ncontainers: [\n'''\n").is_empty());
    }

    #[test]
    fn images_that_docker_names() {
        let text = "pipeline {\n  agent {\n    docker {\n      image 'server:1'\n      label \"windows\"\n    }\n  }\n  stages {\n    \
            stage('image') { agent { docker 'server:2' } }\n    stage('b') { steps { script { docker.image(\"server:3\").inside { sh 'image' } } } }\n  }\n}\n\
            podTemplate(containers: [containerTemplate(name: 'a', image: 'server:4')])\n";
        let lines = ["4:14 server:1 Unsaid", "9:38 server:2 Unsaid", "10:49 server:3 Unsaid", "13:63 server:4 Unsaid"];
        assert_eq!(found(text), lines);
        // A docker block's image may be called with brackets.
        assert_eq!(found("docker { image('a:1') }"), ["1:17 a:1 Unsaid"]);
        for text in ["image 'a'", "x(image: 'a')", "/* docker 'a' */", "docker { label 'a' }", "docker '", "'''", "\"\\"] {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}
