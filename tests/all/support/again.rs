//! This test program once more, for what must have a process of its own.

use std::process::Command;

/// The program that runs nothing but this test, e.g. of `again(module_path!(), "the_importer")`.
pub fn again(module: &str, test: &str) -> Command {
    let (_program, module) = module.split_once("::").expect("a module below the program's root");
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", &format!("{module}::{test}")]);
    program
}
