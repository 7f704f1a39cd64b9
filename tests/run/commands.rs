//! The commands that people type first.

use crate::emulated::archive::Meta;
use crate::machine::{IMAGE, Machine};

#[test]
fn a_greeting_is_said() {
    let Some(machine) = Machine::new() else { return };
    let folder = machine.program.folder().join("src");
    std::fs::create_dir(&folder).unwrap();
    let volume = format!("{}:C:\\src-of-greeting:ro", folder.display());
    let ended = machine.run(&["-e", "GREETING=hello", "-v", &volume, IMAGE, "cmd", "/c", "echo %GREETING%"]);
    assert_eq!(ended.with(0), "hello\n");
    machine.has_nothing_left();
}
