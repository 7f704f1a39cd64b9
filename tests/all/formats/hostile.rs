//! Names of strangers in every place of a report, harmless in every format.
//!
//! The program cleans what it reads before it becomes a report. A report of another program may hold anything, so every format is tested
//! with texts that nobody cleaned.

use serde_json::{Value, json};
use wincompat::report::Report;

use super::{FORMATS, html, junit, markdown, pipelines, rendered, sample, sarif};

/// Texts that would be more than text somewhere.
pub const HOSTILE: [&str; 19] = [
    "a\n::error::x\r\n  ::warning::y\r::stop-commands::z",
    "##vso[task.complete result=Succeeded;]x ##[error]y\n##vso[task.setvariable variable=a]b",
    "%0A::error::x %25 %3A%2C %AZP25 %3B%5D",
    "a,title=b::c;code=d]e",
    "<script>alert(1)</script>",
    "</style></script></title><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' \" style=\"x",
    "]]></failure><testcase name='x'/>",
    "<!-- --> <!DOCTYPE x> <?xml?> &amp; &lt; &#0;",
    "a|b\\|c||",
    "`code` ``` ~~~ **bold** _x_ [a](javascript:alert(1)) ![b](c) <https://evil.test>",
    "[see](https://evil.test/a) {0} {1}]((x) ![y](z)",
    "# heading\n- item\n> quote\n| a | b |\n|---|---|",
    "@everyone #1 GH-1 https://evil.test www.evil.test",
    "\u{1b}[31mred\u{1b}[0m\u{1b}]8;;https://evil.test\u{7}\u{9b}32m",
    "right\u{202e}to left\u{2066}\u{200f}\u{61c}",
    "\u{0}\u{1}\u{8}\u{b}\u{c}\u{e}\u{1f}\u{7f}\u{85}\u{fffe}\u{ffff}\u{feff}\u{2028}\u{2029}x",
    "#\u{ad}#vso[task.complete]x :\u{200b}:error::y",
    "$(x) ${{ secrets.A }} %PATH% $a$ \u{1f600} \u{d7ff}\u{10ffff}",
];

/// A report with this text in every place that takes any.
pub fn report(text: &str) -> Report {
    let mut host = sample::host(&format!("MARK{text}"), "10.0.20348.1");
    for field in ["name", "release", "edition", "file", "source", "architecture", "kind"] {
        host[field] = json!(text);
    }
    let other = sample::host("web02", "10.0.20348.2");
    let finding = |severity: &str| {
        let mut finding = sample::finding("build-mismatch", severity, &format!("MARK{text}"), text);
        finding["source"] = json!(format!("https://x.test/{text}"));
        finding
    };
    let mut unknown = finding("error");
    unknown["code"] = json!(format!("code-{text}"));
    let mut odd = finding(text);
    odd["code"] = json!("os-version-missing");
    let image = format!("MARK{text}");
    let result = |host: &Value, taken: Option<&str>, ok: Option<bool>, findings: Vec<Value>| {
        let mut result = sample::result(&image, host.clone(), taken, ok, findings);
        for field in ["os", "architecture", "release", "source"] {
            result["image"][field] = json!(text);
        }
        result["candidates"][0]["architecture"] = json!(text);
        result["engine"]["version"] = json!(text);
        sample::found_in(result, text, 3, 4)
    };
    let results = vec![
        result(&host, None, Some(false), vec![finding("error"), odd.clone()]),
        result(&other, None, None, vec![unknown]),
        result(&sample::host("web03", "10.0.20348.3"), Some("process"), Some(true), vec![odd, finding("warning")]),
    ];
    let error = json!({"reference": image, "kind": text, "message": format!("MARK{text}"), "hint": text});
    let mut report = serde_json::to_value(sample::of(results, vec![error])).unwrap();
    report["tool"] = json!({"name": text, "version": text, "knowledge": text});
    serde_json::from_value(report).unwrap()
}

/// Holds a text in a log to be harmless, apart from the commands that a format is made of.
fn assert_harmless(name: &str, printed: &str) {
    for character in printed.chars() {
        let hidden = matches!(
            character,
            '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        );
        assert!(!hidden && (character != '\t'), "{name}: {character:?} in {printed}");
    }
    let commands = pipelines::of_github(printed);
    let words: Vec<&str> = commands.iter().map(|command| command.word.as_str()).collect();
    let expected: &[&str] = if name == "github" { &["error", "error", "error", "warning", "warning", "notice"] } else { &[] };
    assert_eq!(words, expected, "{name}: {printed}");
    let commands = pipelines::of_azure(printed);
    assert_eq!(commands.len(), if name == "azure" { 5 } else { 0 }, "{name}: {printed}");
    assert!(commands.iter().all(|command| command.word == "task.logissue"));
    assert!(!printed.contains("##["), "{name}: {printed}");
}

#[test]
fn hostile_texts_are_harmless_in_every_format() {
    for text in HOSTILE {
        let report = report(text);
        for name in FORMATS {
            let printed = rendered(name, &report);
            assert!(printed.contains("MARK"), "{name} names what it is about: {printed}");
            assert_harmless(name, &printed);
        }
    }
}

#[test]
fn commands_have_the_properties_that_were_meant() {
    for text in HOSTILE {
        let report = report(text);
        for command in pipelines::of_github(&rendered("github", &report)) {
            let names: Vec<&str> = command.properties.iter().map(|(name, _)| name.as_str()).collect();
            let known: [&[&str]; 2] = [&["title"], &["file", "line", "col", "title"]];
            assert!(known.contains(&&*names), "{text:?}: {command:?}");
            assert!(command.property("title").unwrap().chars().count() <= 255);
        }
        for command in pipelines::of_azure(&rendered("azure", &report)) {
            let names: Vec<&str> = command.properties.iter().map(|(name, _)| name.as_str()).collect();
            let known: [&[&str]; 2] = [&["type", "code"], &["type", "sourcepath", "linenumber", "columnnumber", "code"]];
            assert!(known.contains(&&*names), "{text:?}: {command:?}");
        }
    }
}

#[test]
fn documents_stay_what_they_are() {
    for text in HOSTILE {
        let report = report(text);
        assert_eq!(serde_json::from_str::<Report>(&rendered("json", &report)).unwrap(), report, "{text:?}");
        let lines = rendered("jsonl", &report);
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 5, "{text:?}");
        sarif::assert_well(&serde_json::from_str(&rendered("sarif", &report)).unwrap());
        assert_eq!(pipelines::assert_gitlab(&rendered("gitlab", &report)).len(), 5, "{text:?}");
        let outcomes: Vec<String> = junit::cases(&rendered("junit", &report)).into_iter().map(|[.., outcome]| outcome).collect();
        assert_eq!(outcomes, ["failure", "error", "passed", "error"], "{text:?}");
    }
}

#[test]
fn pages_have_the_structure_of_any_other() {
    let honest = html::seen(&rendered("html", &report("honest")));
    for text in HOSTILE {
        let page = html::seen(&rendered("html", &report(text)));
        for name in ["h1", "h2", "h3", "tr", "td", "th", "li", "details", "section", "form", "input", "b", "title"] {
            assert_eq!(page.count(name), honest.count(name), "<{name}> with {text:?}");
        }
    }
    let page = html::seen(&rendered("html", &report("<script>alert(1)</script>")));
    assert!(page.text.contains("<script>alert(1)</script>"), "text is shown as it is");
}

#[test]
fn markdown_has_the_structure_of_any_other() {
    let honest = markdown::seen(&rendered("markdown", &report("honest")));
    for text in HOSTILE {
        let seen = markdown::seen(&rendered("markdown", &report(text)));
        let shape = |seen: &markdown::Seen| (seen.headings.len(), seen.rows.iter().map(Vec::len).collect::<Vec<_>>(), seen.items);
        assert_eq!(shape(&seen), shape(&honest), "{text:?}");
        for html in &seen.html {
            assert!(["<!-- -->", "<code>", "</code>", "<sub>", "</sub>"].contains(&&**html), "{text:?}: {html}");
        }
        assert!(seen.links.iter().all(|link| link.starts_with("https://x.test/")), "{text:?}: {:?}", seen.links);
    }
    // Nothing is left of a mention or a bare address.
    let printed = rendered("markdown", &report(" @everyone https://evil.test www.evil.test"));
    let outside_code: String = printed.split('`').step_by(2).collect();
    for word in [" @everyone", "https://evil", "www.evil"] {
        assert!(!outside_code.contains(word), "{word} in {printed}");
    }
}
