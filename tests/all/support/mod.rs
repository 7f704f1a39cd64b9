//! What the tests of several subjects share: the program, a registry, layers, an emulated host.

pub mod again;
pub mod api_server;
pub mod committed;
#[cfg(windows)]
pub mod emulated;
pub mod layers;
pub mod program;
pub mod random;
pub mod registry;
pub mod started;

/// Makes a folder a store, as the first pull does, with a folder for files that have no name yet.
pub fn begin_store(root: &std::path::Path) {
    std::fs::create_dir_all(root.join("ingest")).unwrap();
    std::fs::write(root.join("wincompat.json"), "{\"schema\":\"wincompat/store/v1\"}\n").unwrap();
}

/// The calls of this system with which files are reached.
#[cfg(unix)]
pub fn handles() -> &'static wincompat::unix::UnixFolders {
    &wincompat::unix::UnixFolders
}

/// The calls of this system with which files are reached.
#[cfg(windows)]
pub fn handles() -> &'static wincompat::windows::StoreFolders {
    &wincompat::windows::StoreFolders
}
