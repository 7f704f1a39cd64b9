//! The formats of `wincompat check`, each read back by what its users use: a parser, the rules of the service, or both.

mod agreement;
mod command_line;
mod hostile;
pub mod html;
mod junit;
mod large;
mod lines;
mod markdown;
mod narrow;
mod pages;
mod pipelines;
mod placements;
mod sample;
mod sarif;

use wincompat::internals::cli::wording::CommandLine;
use wincompat::report::{Detail, Page, Printed, Report};

/// A report in a format, as `check` writes it.
fn rendered(name: &str, report: &Report) -> String {
    rendered_with(name, report, Detail::Summary)
}

fn rendered_with(name: &str, report: &Report, detail: Detail) -> String {
    rendered_on(name, report, detail, 120)
}

/// A report in a format, on this many columns.
fn rendered_on(name: &str, report: &Report, detail: Detail, columns: u16) -> String {
    let format = Report::FORMATS.iter().find(|format| format.name == name).unwrap_or_else(|| panic!("no format {name}"));
    let now = "2026-11-26T05:30:00Z".parse().unwrap();
    let page = Page { columns, now, whole: false, detail, wording: &CommandLine };
    let mut out = Vec::new();
    format.renderer.render(report, &page, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The names of all formats that are not text for a terminal.
const FORMATS: [&str; 9] = ["json", "jsonl", "html", "markdown", "junit", "sarif", "github", "azure", "gitlab"];

#[test]
fn the_list_of_formats_is_tested_whole() {
    let names: Vec<&str> = Report::FORMATS.iter().map(|format| format.name).collect();
    assert_eq!(names, [&["table", "matrix"][..], &FORMATS].concat());
}

/// One of them a format, so that a change of any is seen; HTML without its style and script, which are files of their own.
#[test]
fn every_format_of_one_report() {
    let report = sample::report();
    for name in FORMATS.into_iter().filter(|name| *name != "json") {
        let mut text = rendered(name, &report);
        if name == "html" {
            text = html::without_style_and_script(&text);
        }
        insta::assert_snapshot!(format!("format-{name}"), text);
    }
}
