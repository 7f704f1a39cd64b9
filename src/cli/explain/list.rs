//! The list of everything that can be explained.

use super::unread;
use crate::compat::{About, Code};
use crate::explain::{Entry, Group, Kind, catalogue};

/// Everything that can be explained: findings by what they are about, then errors.
pub(super) fn groups() -> Vec<Group> {
    let about = |title: &str, subject: fn(Code) -> bool| {
        let entry =
            |code: Code| Entry { id: code.as_str().to_owned(), kind: Kind::Finding, name: None, title: code.title().to_owned() };
        Group { title: title.to_owned(), entries: Code::all().filter(|code| subject(*code)).map(entry).collect() }
    };
    let mut groups = vec![
        about("Findings about an image on a host", |code| code.is_about(About::Image) && code.is_about(About::Host)),
        about("Findings about an image", |code| code.is_about(About::Image) && !code.is_about(About::Host)),
        about("Findings about a host", |code| code.is_about(About::Host) && !code.is_about(About::Image)),
        about("Findings about an isolation or an engine", |code| {
            (code.is_about(About::Isolation) || code.is_about(About::Engine))
                && !code.is_about(About::Host)
                && !code.is_about(About::Image)
        }),
        about("Findings of a scan", |code| code.is_about(About::Scan) || code.is_about(About::Acceptance)),
        about("Findings about a workload of a cluster", |code| code.is_about(About::Cluster)),
    ];
    groups.extend(unread::groups());
    groups.extend(catalogue());
    groups
}
