//! The containers of a store as a table: one line each where there is room, several where there is not.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use jiff::Timestamp;

use super::containers::{ContainerEntry, Containers, age, status_text};

/// The most characters of a command that are shown, as with Docker.
const COMMAND: usize = 20;

/// Writes the table; `whole` cuts nothing.
pub fn write(containers: &Containers, width: u16, now: Timestamp, whole: bool, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 8]> = containers.containers.iter().map(|entry| row(entry, now, whole)).collect();
    let wide = wide(&rows).to_string();
    let fits = wide.lines().all(|line| line.trim_end().chars().count() <= usize::from(width));
    let table = if fits { wide } else { narrow(&rows, width).to_string() };
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

const HEADER: [&str; 8] = ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "ISOLATION", "NAMES"];

fn row(entry: &ContainerEntry, now: Timestamp, whole: bool) -> [String; 8] {
    [
        if whole { entry.id.clone() } else { entry.short_id() },
        entry.image.clone(),
        if entry.command.is_empty() { String::new() } else { format!("\"{}\"", shortened(&entry.command, whole)) },
        entry.created.map(|created| format!("{} ago", age(created, now))).unwrap_or_default(),
        status_text(entry, now),
        entry.ports.join(", "),
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

/// One line a container.
fn wide(rows: &[[String; 8]]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(HEADER);
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

/// Two columns in one, below each other.
fn narrow(rows: &[[String; 8]], width: u16) -> Table {
    let pairs = |[id, image, command, created, status, ports, isolation, names]: &[String; 8]| {
        [(id, names), (image, command), (status, created), (isolation, ports)].map(|(first, second)| format!("{first}\n{second}"))
    };
    let mut table = Table::new();
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width.max(super::table::NARROWEST))
        .set_header(pairs(&HEADER.map(str::to_owned)));
    table.add_rows(rows.iter().map(pairs));
    table
}
