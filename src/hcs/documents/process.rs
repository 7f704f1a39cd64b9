//! The document that starts a process in a container, for both generations.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::hcs::documents::modify_process::ConsoleSize;
use crate::hcs::documents::{Invalid, is_false, without_nul};

/// `ProcessParameters` of a Windows process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessParameters {
    command_line: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    working_directory: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    environment: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_false")]
    emulate_console: bool,
    #[serde(skip_serializing_if = "is_false")]
    create_std_in_pipe: bool,
    create_std_out_pipe: bool,
    #[serde(skip_serializing_if = "is_false")]
    create_std_err_pipe: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    console_size: Option<[u16; 2]>,
}

impl ProcessParameters {
    /// A process with this command line, quoted as Windows programs read it, and with pipes for its output.
    pub fn new(command_line: &str) -> Result<Self, Invalid> {
        without_nul("the command line", command_line)?;
        if command_line.trim().is_empty() {
            return Err(Invalid::NoCommand);
        }
        let characters = command_line.encode_utf16().count();
        if characters > 32_766 {
            return Err(Invalid::LongCommand(characters));
        }
        Ok(Self {
            command_line: command_line.to_owned(),
            user: None,
            working_directory: None,
            environment: BTreeMap::new(),
            emulate_console: false,
            create_std_in_pipe: false,
            create_std_out_pipe: true,
            create_std_err_pipe: true,
            console_size: None,
        })
    }

    /// The account, e.g. `ContainerAdministrator`; the image's own when nothing is said.
    pub fn user(mut self, user: &str) -> Result<Self, Invalid> {
        without_nul("the user", user)?;
        self.user = Some(user.to_owned()).filter(|user| !user.is_empty());
        Ok(self)
    }

    /// The working directory, which must exist in the container; forward slashes become backslashes.
    pub fn working_directory(mut self, folder: &str) -> Result<Self, Invalid> {
        without_nul("the working directory", folder)?;
        self.working_directory = Some(folder.replace('/', "\\")).filter(|folder| !folder.is_empty());
        Ok(self)
    }

    /// The environment. Names that differ by case alone are one to Windows and must have been merged.
    pub fn environment<'a>(mut self, variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Invalid> {
        let mut seen = std::collections::BTreeSet::new();
        for (name, value) in variables {
            without_nul("the environment", name)?;
            without_nul("the environment", value)?;
            if name.is_empty() || name.contains('=') {
                return Err(Invalid::VariableName(name.to_owned()));
            }
            if !seen.insert(name.to_uppercase()) {
                return Err(Invalid::DuplicateVariable(name.to_owned()));
            }
            self.environment.insert(name.to_owned(), value.to_owned());
        }
        Ok(self)
    }

    /// Sets if the process gets a pipe for its standard input.
    pub const fn stdin(mut self, wanted: bool) -> Self {
        self.create_std_in_pipe = wanted;
        self
    }

    /// True if there are pipes for its output.
    pub const fn has_output(&self) -> bool {
        self.create_std_out_pipe
    }

    /// Leaves out the pipes for its output.
    pub const fn silent(mut self) -> Self {
        self.create_std_out_pipe = false;
        self.create_std_err_pipe = false;
        self
    }

    /// A console of this size. It carries standard error too, which must then not be asked for on its own.
    pub const fn console(mut self, size: ConsoleSize) -> Self {
        self.emulate_console = true;
        self.create_std_err_pipe = false;
        self.console_size = Some([size.height, size.width]);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_windows_would_cut_or_lose() {
        assert_eq!(ProcessParameters::new("  "), Err(Invalid::NoCommand));
        assert_eq!(ProcessParameters::new(&"a".repeat(32_767)), Err(Invalid::LongCommand(32_767)));
        assert_eq!(ProcessParameters::new("cmd\0/c del"), Err(Invalid::Nul("the command line")));
        let cmd = || ProcessParameters::new("cmd").unwrap();
        assert_eq!(cmd().environment([("Path", "a"), ("PATH", "b")]), Err(Invalid::DuplicateVariable("PATH".into())));
        assert_eq!(cmd().environment([("A=B", "")]), Err(Invalid::VariableName("A=B".into())));
        assert_eq!(cmd().environment([("", "")]), Err(Invalid::VariableName(String::new())));
        assert_eq!(cmd().environment([("A", "\0")]), Err(Invalid::Nul("the environment")));
    }

    #[test]
    fn an_empty_user_or_folder_is_the_images_own() {
        let cmd = ProcessParameters::new("cmd").unwrap();
        assert_eq!(cmd.clone().user("").unwrap().working_directory("").unwrap(), cmd);
    }
}
