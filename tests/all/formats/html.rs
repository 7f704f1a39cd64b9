//! HTML, read by a tokenizer with a browser's rules. `tests/html.sh` looks at it in a browser.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use html5gum::{DefaultEmitter, Token, Tokenizer};
use sha2::{Digest as _, Sha256};

use super::{rendered, sample};

/// An element's name and attributes.
type Element = (String, BTreeMap<String, String>);

/// What a browser finds in a page.
#[derive(Debug, Default)]
pub struct Seen {
    pub elements: Vec<Element>,
    /// The text outside style and script.
    pub text: String,
    pub style: String,
    pub script: String,
}

impl Seen {
    pub fn count(&self, name: &str) -> usize {
        self.elements.iter().filter(|(known, _)| known == name).count()
    }

    fn values(&self, attribute: &str) -> Vec<&str> {
        self.elements.iter().filter_map(|(_, attributes)| attributes.get(attribute).map(String::as_str)).collect()
    }
}

/// Elements that have no end.
const VOID: [&str; 3] = ["br", "input", "meta"];

/// Reads a page: without a fault, with every element closed where it should be, and nothing in it that asks for anything.
pub fn seen(page: &str) -> Seen {
    let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut seen = Seen::default();
    let mut open: Vec<String> = Vec::new();
    for token in Tokenizer::new_with_emitter(page, emitter) {
        match token.unwrap() {
            Token::StartTag(tag) => {
                let name = utf8(&tag.name);
                let attributes = tag.attributes.iter().map(|(name, value)| (utf8(name), utf8(value))).collect();
                if !VOID.contains(&name.as_str()) {
                    open.push(name.clone());
                }
                seen.elements.push((name, attributes));
            }
            Token::EndTag(tag) => assert_eq!(open.pop().as_deref(), Some(utf8(&tag.name).as_str()), "{open:?}"),
            Token::String(text) => match open.last().map(String::as_str) {
                Some("style") => seen.style.push_str(&utf8(&text)),
                Some("script") => seen.script.push_str(&utf8(&text)),
                _ => seen.text.push_str(&utf8(&text)),
            },
            Token::Doctype(doctype) => assert_eq!(utf8(&doctype.name), "html"),
            Token::Comment(comment) => panic!("a comment: {}", utf8(&comment)),
            Token::Error(error) => panic!("{:?} in {page}", error.value),
        }
    }
    assert_eq!(open, [""; 0], "everything is closed");
    assert_asks_for_nothing(&seen);
    seen
}

fn assert_asks_for_nothing(seen: &Seen) {
    let ids: Vec<&str> = seen.values("id");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "an id stands once");
    let hash = |text: &str| base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text));
    let policies: Vec<&BTreeMap<String, String>> = seen
        .elements
        .iter()
        .map(|(_, attributes)| attributes)
        .filter(|attributes| attributes.get("http-equiv").is_some_and(|kind| kind == "Content-Security-Policy"))
        .collect();
    assert_eq!(policies.len(), 1);
    assert_eq!(
        policies[0]["content"],
        format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
            hash(&seen.style),
            hash(&seen.script)
        )
    );
    assert_eq!((seen.count("script"), seen.count("style")), (1, 1));
    for name in ["iframe", "object", "embed", "link", "img", "base", "svg", "math", "template"] {
        assert_eq!(seen.count(name), 0, "<{name}>");
    }
    for (name, attributes) in &seen.elements {
        for (attribute, value) in attributes {
            assert!(
                !attribute.starts_with("on") && !["style", "src", "srcset", "action"].contains(&&**attribute),
                "{name} {attribute}"
            );
            if attribute == "href" {
                let here = value.strip_prefix('#').is_some_and(|id| ids.contains(&id));
                assert!(name == "a" && (here || value.starts_with("https://")), "{value}");
            }
        }
    }
    assert!(!seen.style.contains("url(") && !seen.style.contains("@import"));
}

/// A page without what is a file of its own.
pub fn without_style_and_script(page: &str) -> String {
    let seen = seen(page);
    let mut page = page.replace(&seen.style, "…").replace(&seen.script, "…");
    // The hashes change with them.
    while let Some(start) = page.find("'sha256-") {
        let end = start + 1 + page[start + 1..].find('\'').unwrap() + 1;
        page.replace_range(start..end, "HASH");
    }
    page
}

#[test]
fn a_matrix_whose_cells_lead_to_their_findings() {
    let seen = seen(&rendered("html", &sample::report()));
    let head = seen.elements.iter().filter(|(name, attributes)| name == "th" && attributes.contains_key("scope")).count();
    assert_eq!(seen.count("th"), head, "every head of a table says of what");
    let cells = seen.elements.iter().filter(|(name, attributes)| name == "td" && attributes.contains_key("class"));
    let classes: Vec<&str> = cells.map(|(_, attributes)| attributes["class"].as_str()).collect();
    assert_eq!(classes, ["pass", "pass", "flag", "hyperv", "fail", "fail", "open", "pass"]);
    assert_eq!(
        seen.elements.iter().filter(|(_, attributes)| attributes.get("href").is_some_and(|href| href.starts_with("#g"))).count(),
        8
    );
    let open = seen.elements.iter().filter(|(name, attributes)| name == "details" && attributes.contains_key("open"));
    assert_eq!((open.count(), seen.count("details")), (3, 4), "what does not pass everywhere is open");
    assert!(seen.text.contains("6 images on 2 hosts: 4 passed, 1 needs a flag, 2 failed, 1 undecided, 2 not read"));
    assert!(seen.text.contains("What to do: run this image on a host of build 26100 or newer"));
    // The filter is of no use without scripts.
    assert!(seen.elements.iter().any(|(name, attributes)| name == "form" && attributes.contains_key("hidden")));
}
