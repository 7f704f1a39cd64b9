//! Exit codes, all 32 bits of them, and wincompat's own.

use crate::run::machine::{IMAGE, Machine};

#[test]
fn the_exit_code_is_the_containers() {
    let Some(machine) = Machine::new() else { return };
    machine.run(&[IMAGE, "cmd", "/c", "exit 7"]).with(7);
    for code in [0, 1, 125, 256, 0xffff_ffff, 0xc000_013a, 0xc000_0005] {
        let ended = machine.run(&[IMAGE, "guest", "exit", &code.to_string()]);
        assert_eq!((ended.with(code).as_str(), ended.err.as_str()), ("", ""), "{code:#x}");
    }
    machine.has_nothing_left();
}
