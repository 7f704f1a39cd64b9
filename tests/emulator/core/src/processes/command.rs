//! Which program a command line means: looked for in the container, not where the caller is.

use std::path::{Path, PathBuf};

/// The program of a command line: the part in quotes, or as many words as make a file. `path` is the container's PATH.
pub fn program(command_line: &str, working_directory: &str, path: &str) -> Option<PathBuf> {
    let command_line = command_line.trim_start();
    if let Some(quoted) = command_line.strip_prefix('"') {
        return find(quoted.split('"').next().unwrap_or_default(), working_directory, path);
    }
    let ends = command_line.char_indices().filter(|(_, letter)| letter.is_whitespace()).map(|(index, _)| index);
    ends.chain([command_line.len()]).find_map(|end| find(&command_line[..end], working_directory, path))
}

fn find(name: &str, working_directory: &str, path: &str) -> Option<PathBuf> {
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    let named = Path::new(name);
    let folders: Vec<&str> = if name.contains(['\\', '/', ':']) {
        vec![working_directory]
    } else {
        [working_directory, r"C:\windows\system32", r"C:\windows"].into_iter().chain(path.split(';')).collect()
    };
    let candidates = folders.iter().filter(|folder| !folder.is_empty()).flat_map(|folder| {
        let plain = Path::new(folder).join(named);
        let mut with_exe = plain.clone().into_os_string();
        with_exe.push(".exe");
        if named.extension().is_some() { vec![plain, with_exe.into()] } else { vec![PathBuf::from(with_exe), plain] }
    });
    candidates.into_iter().find(|candidate| candidate.is_file())
}
