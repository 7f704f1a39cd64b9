//! Pipelines of Jenkins: pods in the texts of Groovy, and the images that `docker` names.
//!
//! Sources: jenkinsci/kubernetes-plugin and docker-workflow-plugin, their own references.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::dockerfile::Build;
use super::kubernetes::{self, Known};
use super::placeholder::meant;
use super::words::Values;
use super::{Found, Lands, Lines, Meant, Needs, Os, yaml};

/// The most words and signs of one block with settings.
const MOST_SETTINGS: usize = 200;

/// A part of a Groovy text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'t> {
    Word {
        text: &'t str,
        at: usize,
    },
    /// A text in quotes, without them; three of them for one over several lines.
    Text {
        text: &'t str,
        at: usize,
        triple: bool,
    },
    Sign(char),
}

/// The Dockerfile of an agent: `dockerfile { filename 'F'; dir 'D'; additionalBuildArgs '--build-arg A=B' }`.
#[derive(Debug, Default)]
pub struct Built {
    /// Its path from the top of the repository.
    pub file: PathBuf,
    /// How it is built.
    pub build: Build,
}

/// The Dockerfiles of a pipeline's agents that are called otherwise, or are given arguments.
pub fn built(text: &str, known: &Known) -> Vec<Built> {
    let tokens = tokens(text);
    let mut values = definitions(&tokens);
    values.extend(known.values.clone());
    let starts = tokens
        .iter()
        .enumerate()
        .filter(|(number, token)| token.word() == "dockerfile" && tokens.get(number + 1) == Some(&Token::Sign('{')));
    starts.filter_map(|(number, _)| agent(tokens.get(number + 2..)?, &values)).collect()
}

/// The Dockerfile of a block; `None` where it has the usual name and nothing is given to it.
fn agent(block: &[Token<'_>], values: &Values) -> Option<Built> {
    let settings = block.iter().take(MOST_SETTINGS).take_while(|token| **token != Token::Sign('}'));
    let (mut name, mut folder, mut arguments) = (None, "", "");
    let mut key = "";
    for token in settings {
        match token {
            Token::Text { text, .. } if key == "filename" => name = Some(*text),
            Token::Text { text, .. } if key == "dir" => folder = text,
            Token::Text { text, .. } if key == "additionalBuildArgs" => arguments = text,
            _ => {}
        }
        key = token.word();
    }
    if name.is_none() && arguments.is_empty() {
        return None;
    }
    let mut built = Built { file: Path::new(folder).join(name.unwrap_or("Dockerfile")), ..Built::default() };
    built.build.object = Some("pipeline".to_owned());
    let mut words = arguments.split_whitespace();
    while let Some(word) = words.next() {
        let (option, value) = word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
        match option {
            "--build-arg" => {
                let Some((name, value)) = value.or_else(|| words.next()).and_then(|given| given.split_once('=')) else {
                    continue;
                };
                match meant(value.trim_matches(['"', '\'']), values) {
                    Meant::Known(value) => drop(built.build.arguments.insert(name.to_owned(), value)),
                    open => drop(built.build.open.insert(name.to_owned(), open)),
                }
            }
            "--target" => built.build.targets.extend(value.or_else(|| words.next()).map(str::to_owned)),
            _ => {}
        }
    }
    Some(built)
}

/// The references of a pipeline.
pub fn read(text: &str, known: &Known) -> Vec<Found> {
    let tokens = tokens(text);
    let lines = Lines::of(text);
    let mut values = definitions(&tokens);
    values.extend(known.values.clone());
    let mut found = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for (number, token) in tokens.iter().enumerate() {
        let before = |back: usize| number.checked_sub(back).and_then(|at| tokens.get(at));
        let word = |back: usize| before(back).map(Token::word).unwrap_or_default();
        let is_sign = |back: usize, sign: char| before(back) == Some(&Token::Sign(sign));
        let within = |name: &str| open.last() == Some(&name);
        let is_named = word(1) == "image" && within("docker");
        let is_called = is_sign(1, '(') && word(2) == "image" && is_sign(3, '.') && word(4) == "docker";
        let is_bare_call = is_sign(1, '(') && word(2) == "image" && open.iter().rev().nth(1) == Some(&"docker");
        let is_template = is_sign(1, ':') && word(2) == "image" && open.contains(&"containerTemplate");
        let is_image = is_named || is_called || is_bare_call || is_template;
        match token {
            Token::Sign('{' | '(' | '[') => open.push(word(1)),
            Token::Sign('}' | ')' | ']') => drop(open.pop()),
            // A word may stand before its own name in any text: as an agent it is an image.
            Token::Word { .. } if is_image || (word(1) == "docker" && within("agent")) => {
                found.extend(image(&lines, tokens.get(number..).unwrap_or_default(), &values));
            }
            Token::Text { .. } if is_image || word(1) == "docker" => {
                found.extend(image(&lines, tokens.get(number..).unwrap_or_default(), &values));
            }
            Token::Text { text: inner, at, triple: true } => found.extend(pods(&lines, inner, *at, known)),
            Token::Text { .. } | Token::Word { .. } | Token::Sign(_) => {}
        }
    }
    found
}

impl<'t> Token<'t> {
    /// The text of a word; empty for anything else.
    const fn word(&self) -> &'t str {
        match self {
            Self::Word { text, .. } => text,
            Self::Text { .. } | Self::Sign(_) => "",
        }
    }
}

/// The variables that are given a plain text once, by `def` or as a `String`, and nothing else.
fn definitions(tokens: &[Token<'_>]) -> Values {
    let mut values = Values::new();
    let mut given: BTreeMap<&str, usize> = BTreeMap::new();
    let mut depth = 0_usize;
    for (number, token) in tokens.iter().enumerate() {
        let next = |ahead: usize| tokens.get(number + ahead);
        let is_next = |ahead: usize, sign: char| next(ahead) == Some(&Token::Sign(sign));
        match token {
            Token::Sign('(') => depth += 1,
            Token::Sign(')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        let name = token.word();
        let before = number.checked_sub(1).and_then(|at| tokens.get(at));
        let is_property = before == Some(&Token::Sign('.'));
        let is_declared = matches!(before.map(Token::word), Some("def" | "String"));
        let is_set = is_next(1, '=') && !is_next(2, '=') && !is_next(2, '~');
        let is_changed = is_next(2, '=') && (is_next(1, '+') || is_next(1, '-'));
        // A parameter of a closure, and the variable of a loop.
        let is_bound = (is_next(1, '-') && is_next(2, '>'))
            || next(1).map(Token::word) == Some("in")
            || (is_declared && !is_set && (is_next(1, ':') || is_next(1, ',') || is_next(1, ')')));
        if name.is_empty() || is_property || !(is_set || is_changed || is_bound) {
            continue;
        }
        *given.entry(name).or_default() += 1;
        let is_end = matches!(next(3), None | Some(Token::Word { .. } | Token::Sign(';' | '}')));
        if let Some(Token::Text { text, triple: false, .. }) = next(2)
            && is_set
            && is_declared
            && is_end
            && depth == 0
            && !text.contains(['$', '\\'])
        {
            values.insert(name.to_owned(), (*text).to_owned());
        }
    }
    values.retain(|name, _| given.get(name.as_str()) == Some(&1));
    values
}

/// The image of an argument: a text, a variable, or several of these with `+` between them. Of any other expression the first variable is
/// named.
fn image(lines: &Lines<'_>, tokens: &[Token<'_>], values: &Values) -> Option<Found> {
    let (at, length) = match tokens.first()? {
        Token::Text { text, at, .. } | Token::Word { text, at } => (*at, text.len()),
        Token::Sign(_) => return None,
    };
    let (written, names, rest) = argument(tokens);
    if written.is_empty() {
        return None;
    }
    let is_whole =
        matches!(rest.first(), None | Some(Token::Word { .. } | Token::Text { .. } | Token::Sign(')' | ']' | '}' | ',' | ';')));
    let meant = match names.first() {
        Some(name) if !is_whole => Meant::Unresolved(vec![name.clone()]),
        _ => meant(&written, values),
    };
    let span = at..at + length;
    let editable = if names.is_empty() { lines.literal(span.clone(), &written) } else { None };
    let is_made = editable.is_none() && matches!(meant, Meant::Known(_));
    Some(Found {
        place: lines.place(span),
        editable,
        stays: is_made.then(|| "it is made from variables, which the steps of the pipeline see too".to_owned()),
        object: Some("pipeline".to_owned()),
        written,
        meant,
        needs: Needs::OneHost,
        os: Os::Unsaid,
        isolation: None,
        lands: Lands::Fleet,
        together: None,
    })
}

/// What an argument says, with `${NAME}` for each variable, the names of these, and the tokens behind it.
fn argument<'a, 't>(tokens: &'a [Token<'t>]) -> (String, Vec<String>, &'a [Token<'t>]) {
    let (mut written, mut names) = (String::new(), Vec::new());
    let mut rest = tokens;
    loop {
        match rest {
            [Token::Text { text, .. }, behind @ ..] => {
                written.push_str(text);
                rest = behind;
            }
            [Token::Word { text, .. }, behind @ ..] => {
                let mut name = (*text).to_owned();
                rest = behind;
                while let [Token::Sign('.'), Token::Word { text, .. }, behind @ ..] = rest {
                    name = format!("{name}.{text}");
                    rest = behind;
                }
                written.push_str(&format!("${{{name}}}"));
                names.push(name);
            }
            _ => return (written, names, rest),
        }
        match rest {
            [Token::Sign('+'), behind @ ..] => rest = behind,
            _ => return (written, names, rest),
        }
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
            tokens.extend(rest.get(..end).map(|text| Token::Word { text, at }));
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
        assert_eq!(found("docker { image('''a:1''') }"), ["1:19 a:1 Unsaid"]);
        // A docker block's image may be called with brackets.
        assert_eq!(found("docker { image('a:1') }"), ["1:17 a:1 Unsaid"]);
        for text in ["image 'a'", "x(image: 'a')", "/* docker 'a' */", "docker { label 'a' }", "docker '", "'''", "\"\\"] {
            assert!(found(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn variables_that_are_given_one_plain_text_are_put_in() {
        for (text, expected) in [
            ("def img = 'a:1'\nnode { docker.image(img).inside { } }", "2:21 a:1"),
            ("String img = \"a:1\"; docker.image(img)", "1:34 a:1"),
            ("def tag = '1'\ndocker.image('a:' + tag)", "2:15 a:1"),
            ("def tag = '1'\ndocker.image(\"a:${tag}\")", "2:15 a:1"),
            ("def img = 'a:1'\npipeline { agent { docker img } }", "2:27 a:1"),
            ("def img = 'a:1'\ndocker { image img }", "2:16 a:1"),
            ("docker { image(params.IMAGE) }", "1:16 $params.IMAGE"),
            ("docker.image(img)", "1:14 $img"),
            ("docker.image('a:' + tag)", "1:15 $tag"),
            ("docker.image(imageOf('x'))", "1:14 $imageOf"),
            ("docker.image(x ? 'a' : 'b')", "1:14 $x"),
            ("def img = 'a:1'\nimg = 'b:1'\ndocker.image(img)", "3:14 $img"),
            ("def img = 'a:1'\nimg += 'b'\ndocker.image(img)", "3:14 $img"),
            ("def img = 'a:1'\n['b'].each { img -> docker.image(img) }", "2:34 $img"),
            ("def img = 'a:' + x\ndocker.image(img)", "2:14 $img"),
            ("def img = \"a:$x\"\ndocker.image(img)", "2:14 $img"),
            ("def of(String img = 'a:1') { docker.image(img) }", "1:43 $img"),
            ("img = 'a:1'\ndocker.image(img)", "2:14 $img"),
        ] {
            let one = |found: &Found| match &found.meant {
                Meant::Known(text) => format!("{}:{} {text}", found.place.line, found.place.column),
                Meant::Unresolved(names) => format!("{}:{} ${}", found.place.line, found.place.column, names.join(",$")),
                Meant::Unevaluated { .. } | Meant::Undeclared(_) => panic!("{found:?}"),
            };
            let all: Vec<String> = read(text, &Known::default()).iter().map(one).collect();
            assert_eq!(all, [expected], "{text}");
        }
        let given = Known { values: Values::from([("img".to_owned(), "b:1".to_owned())]), ..Known::default() };
        assert_eq!(read("def img = 'a:1'\ndocker.image(img)", &given)[0].meant, Meant::Known("b:1".to_owned()));
        for text in ["agent { docker { label l } }", "x.image(img)", "sh docker", "docker.build(img)"] {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}
