//! Builds the platform and hands it to the command line; nothing else.

use std::sync::Arc;

use wincompat::program::{Platform, Streams, run};

#[cfg(target_os = "linux")]
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let code = run(std::env::args_os().collect(), &platform());
    // Windows keeps all 32 bits; elsewhere the system keeps the low 8.
    std::process::exit(code.cast_signed());
}

#[cfg(windows)]
fn platform() -> Platform {
    use wincompat::program::Windows;
    use wincompat::windows::{
        Jobs, Raw, StoreFolders, WindowsHost, connect, default_store, on_close, spawn, stderr, stdin, stdout,
    };

    Platform {
        folders: Box::new(StoreFolders),
        groups: Arc::new(Jobs),
        default_store,
        streams: Streams { stdin, stdout, stderr },
        journal: Arc::default(),
        windows: Some(Windows {
            host: Box::new(WindowsHost),
            volumes: Box::new(WindowsHost),
            connect,
            raw_console: |with_input| Box::new(Raw::enter(with_input)),
            on_close,
            spawn_detached: spawn,
        }),
    }
}

#[cfg(unix)]
fn platform() -> Platform {
    use wincompat::unix::{UnixFolders, UnixGroups, default_store, stderr, stdin, stdout};

    Platform {
        folders: Box::new(UnixFolders),
        groups: Arc::new(UnixGroups),
        default_store,
        streams: Streams { stdin, stdout, stderr },
        journal: Arc::default(),
        windows: None,
    }
}
