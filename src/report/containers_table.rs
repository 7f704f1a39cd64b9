//! The containers of a store as a table.

use std::io::{self, Write};

use super::columns::Columns;
use super::containers::{ContainerEntry, Containers, age, status_text};
use super::{Page, Renderer};
use crate::runner::life::containers::Status;

/// The most characters of a command that are shown, as with Docker.
const COMMAND: usize = 20;

/// A table, a container a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct ContainersTable;

impl Renderer<Containers> for ContainersTable {
    fn render(&self, containers: &Containers, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let columns = Columns {
            header: ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "ISOLATION", "NAMES"],
            rows: containers.containers.iter().map(|entry| row(entry, page)).collect(),
            pairs: &[(0, 7), (1, 2), (4, 3), (6, 5)],
            widest: 1,
        };
        columns.write(page.columns, out)
    }
}

fn row(entry: &ContainerEntry, page: &Page<'_>) -> [String; 8] {
    [
        if page.whole { entry.id.clone() } else { entry.short_id() },
        entry.image.clone(),
        if entry.command.is_empty() { String::new() } else { format!("\"{}\"", shortened(&entry.command, page.whole)) },
        entry.created.map(|created| format!("{} ago", age(created, page.now))).unwrap_or_default(),
        status_text(entry, page.now),
        // The ports of a container that has ended are free.
        if entry.status == Status::Running.as_str() { entry.ports.join(", ") } else { String::new() },
        entry.isolation.map_or("", |isolation| isolation.as_str()).to_owned(),
        entry.name.clone(),
    ]
}

fn shortened(command: &str, whole: bool) -> String {
    if whole || command.chars().count() <= COMMAND {
        return command.to_owned();
    }
    command.chars().take(COMMAND - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests;
