//! Markdown, rendered as GitHub's flavour has it.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use wincompat::report::Detail;

use super::{rendered, rendered_with, sample};

/// What a reader sees of a document.
#[derive(Debug, Default)]
pub struct Seen {
    pub headings: Vec<String>,
    /// The cells of each row of the tables.
    pub rows: Vec<Vec<String>>,
    pub items: usize,
    pub links: Vec<String>,
    /// Everything that is text.
    pub text: String,
    /// HTML that stands in it, each piece once.
    pub html: Vec<String>,
}

/// Renders a document.
pub fn seen(text: &str) -> Seen {
    let mut seen = Seen::default();
    let mut heading = None;
    let mut html_pieces: Vec<String> = Vec::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => seen.headings.extend(heading.take()),
            Event::Start(Tag::TableHead | Tag::TableRow) => seen.rows.push(Vec::new()),
            Event::Start(Tag::TableCell) => seen.rows.last_mut().unwrap().push(String::new()),
            Event::Start(Tag::Item) => seen.items += 1,
            Event::Start(Tag::Link { dest_url, .. }) => seen.links.push(dest_url.into_string()),
            Event::Start(tag @ (Tag::Image { .. } | Tag::CodeBlock(_) | Tag::BlockQuote(_) | Tag::FootnoteDefinition(_))) => {
                panic!("{tag:?} in {text}")
            }
            Event::Html(html) | Event::InlineHtml(html) => html_pieces.push(html.into_string()),
            Event::Text(part) | Event::Code(part) => {
                seen.text.push_str(&part);
                if let Some(heading) = &mut heading {
                    heading.push_str(&part);
                }
                if let Some(cell) = seen.rows.last_mut().and_then(|row| row.last_mut()) {
                    cell.push_str(&part);
                }
            }
            Event::SoftBreak | Event::HardBreak => seen.text.push('\n'),
            _ => {}
        }
    }
    for piece in html_pieces {
        if !seen.html.contains(&piece) {
            seen.html.push(piece);
        }
    }
    seen
}

#[test]
fn failures_come_first_then_a_table() {
    let seen = seen(&rendered("markdown", &sample::report()));
    assert_eq!(
        seen.headings,
        ["❌ Windows containers: an image does not run", "Failed", "Undecided", "Not read", "Images and hosts", "Warnings"]
    );
    assert_eq!(seen.rows.len(), 5, "a head and four images");
    assert!(seen.rows.iter().all(|row| row.len() == 3), "{:?}", seen.rows);
    assert_eq!(seen.rows[0][..], ["image", "web01", "web02"]);
    assert_eq!(seen.rows[1][..], ["registry.test/app:1809", "🚩 flag", "✅ H"]);
    assert_eq!(seen.html, ["<sub>", "</sub>"]);
    assert!(seen.links.iter().all(|link| link.starts_with("https://learn.microsoft.com/")));
    assert!(seen.text.contains("6 images on 2 hosts: 4 passed, 1 needs a flag, 2 failed, 1 undecided, 2 not read"));
}

#[test]
fn many_passes_are_a_number_unless_each_was_asked_for() {
    let pass = |number: usize| {
        sample::result(&format!("app:{number}"), sample::host("web01", "10.0.20348.1"), Some("process"), Some(true), vec![])
    };
    let report = sample::of((0..30).map(pass).collect(), vec![]);
    let short = seen(&rendered("markdown", &report));
    assert_eq!(short.rows.len(), 0);
    assert!(short.text.contains("30 images pass on every host."));
    assert_eq!(seen(&rendered_with("markdown", &report, Detail::Every)).rows.len(), 31);
    assert_eq!(seen(&rendered_with("markdown", &report, Detail::Failures)).rows.len(), 0);
}
