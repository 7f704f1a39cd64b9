//! The command line: one file a subcommand, its arguments and the few lines that join the rooms below.

pub mod explain;
