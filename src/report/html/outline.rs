//! An answer in sections as one HTML page, which needs no script.

use std::io::{self, Write};

use super::escape::{Escaped, Sentence};
use super::{STYLE, hash};
use crate::report::outline::Outlined;
use crate::report::{Page, Renderer};

/// One self-contained page.
#[derive(Debug)]
pub struct OutlineHtml;

impl<R: Outlined> Renderer<R> for OutlineHtml {
    fn render(&self, report: &R, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let outline = report.outline();
        writeln!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; \
             form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n<title>{}: wincompat</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <header>\n<h1>{}</h1>\n<p>{}</p>\n<p class=\"soft\">{} {}, knowledge of {}, written on {}.</p>\n</header>\n<main>",
            hash(STYLE),
            Escaped(&outline.title),
            Escaped(&outline.title),
            Escaped(&outline.sum),
            Escaped(&outline.tool.name),
            Escaped(&outline.tool.version),
            Escaped(&outline.tool.knowledge),
            page.now.strftime("%Y-%m-%d at %H:%M UTC"),
        )?;
        for section in outline.sections {
            writeln!(out, "<h2>{}</h2>\n<ul>", section.title)?;
            for (number, (heading, lines)) in section.numbered() {
                write!(out, "<li><b class=\"name\">{number}{}</b>", Escaped(heading))?;
                for line in lines {
                    write!(out, "<br>\n{}", Sentence(line))?;
                }
                writeln!(out, "</li>")?;
            }
            writeln!(out, "</ul>")?;
        }
        writeln!(out, "</main>\n</body>\n</html>")
    }
}
