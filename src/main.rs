//! Parse, dispatch, exit code; nothing else.

fn main() {
    let code = wincompat::program::run(std::env::args_os().collect());
    // Windows keeps all 32 bits; elsewhere the system keeps the low 8.
    std::process::exit(code.cast_signed());
}
