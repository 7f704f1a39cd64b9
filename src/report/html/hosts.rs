//! The hosts in the page: what is known of each, and what was assumed.

use std::io::{self, Write};

use super::escape::Escaped;
use crate::host::Availability;
use crate::report::document::Report;
use crate::report::labels::Labels;
use crate::report::table::{architecture, assumptions};
use crate::report::{Word, Wording};

/// Writes the table of hosts and the assumptions about them.
pub(super) fn write(labels: &Labels<'_>, report: &Report, wording: &dyn Wording, out: &mut dyn Write) -> io::Result<()> {
    if labels.hosts().is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<h2>Hosts</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Hosts\">\n<table class=\"wide\">"
    )?;
    writeln!(
        out,
        "<thead><tr><th scope=\"col\">Host</th><th scope=\"col\">Windows</th><th scope=\"col\">Version</th>\
         <th scope=\"col\">Architecture</th><th scope=\"col\">Containers</th><th scope=\"col\">Hyper-V</th>\
         <th scope=\"col\">Read from</th></tr></thead>\n<tbody>"
    )?;
    for host in labels.hosts() {
        let version = host.os_version.to_string();
        let cells = [
            host.name.as_str(),
            &version,
            architecture(host),
            availability(&host.containers),
            availability(&host.hyperv),
            host.file.as_deref().unwrap_or_default(),
        ];
        write!(out, "<tr><th scope=\"row\"><bdi>{}</bdi></th>", Escaped(labels.of_host(host)))?;
        for cell in cells {
            write!(out, "<td>{}</td>", Escaped(cell))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table></div>")?;
    for line in assumptions(report, labels, wording) {
        writeln!(out, "<p>{}</p>", Escaped(&line))?;
    }
    Ok(())
}

fn availability(availability: &Word<Availability>) -> &str {
    match availability {
        Word::Known(Availability::Available) => "yes",
        Word::Known(Availability::Unavailable) => "no",
        Word::Known(Availability::Unknown) => "?",
        Word::Other(word) => word,
    }
}
