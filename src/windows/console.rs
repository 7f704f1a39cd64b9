//! Our console as a container's console: keys go through as they are pressed, and what the container draws is drawn.

use std::io;
use std::os::windows::io::AsRawHandle;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::Console::{
    CONSOLE_MODE, DISABLE_NEWLINE_AUTO_RETURN, ENABLE_PROCESSED_OUTPUT, ENABLE_VIRTUAL_TERMINAL_INPUT,
    ENABLE_VIRTUAL_TERMINAL_PROCESSING, ENABLE_WRAP_AT_EOL_OUTPUT, GetConsoleCP, GetConsoleMode, GetConsoleOutputCP,
    SetConsoleCP, SetConsoleMode, SetConsoleOutputCP,
};

/// The code page of HCS' console.
const UTF_8: u32 = 65001;

/// The former state of the console, which is restored when this is dropped.
#[derive(Debug)]
pub struct Raw {
    input: Option<CONSOLE_MODE>,
    output: Option<CONSOLE_MODE>,
    code_pages: (u32, u32),
}

impl Raw {
    /// Hands the keys over, if `with_input`, and lets escape sequences draw. A stream that is not a console is left as it is.
    pub fn enter(with_input: bool) -> Self {
        let drawn = ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING;
        // SAFETY: no conditions; without a console they answer 0.
        let code_pages = unsafe { (GetConsoleCP(), GetConsoleOutputCP()) };
        set_code_pages((UTF_8, UTF_8));
        Self {
            input: with_input.then(|| change(io::stdin().as_raw_handle(), ENABLE_VIRTUAL_TERMINAL_INPUT)).flatten(),
            output: change(io::stdout().as_raw_handle(), drawn | DISABLE_NEWLINE_AUTO_RETURN)
                .or_else(|| change(io::stdout().as_raw_handle(), drawn)),
            code_pages,
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Some(mode) = self.input {
            change(io::stdin().as_raw_handle(), mode);
        }
        if let Some(mode) = self.output {
            change(io::stdout().as_raw_handle(), mode);
        }
        set_code_pages(self.code_pages);
    }
}

/// Gives a console another mode, and returns the one it had; `None` if it is not a console or does not know the mode.
fn change(console: HANDLE, mode: CONSOLE_MODE) -> Option<CONSOLE_MODE> {
    let mut before = 0;
    // SAFETY: a standard handle stays open as long as the process; anything but a console is refused.
    (unsafe { GetConsoleMode(console, &raw mut before) } != 0 && unsafe { SetConsoleMode(console, mode) } != 0).then_some(before)
}

fn set_code_pages((input, output): (u32, u32)) {
    // SAFETY: no conditions; without a console, or with a code page it does not know, they do nothing.
    unsafe {
        SetConsoleCP(input);
        SetConsoleOutputCP(output);
    }
}
