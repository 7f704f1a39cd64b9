//! The part of an image's config that tells how to run it.

use serde::Deserialize;

use crate::image::Digest;
use crate::{Error, ErrorKind};

/// The parts of an image config that a runner needs. As in the judgement, null is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct RunConfig {
    /// The process.
    #[serde(default)]
    pub config: Option<ProcessConfig>,
    /// The layers.
    pub rootfs: Rootfs,
}

/// Which layers the image has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Rootfs {
    /// The digests of the uncompressed layers, lowest first.
    #[serde(default)]
    pub diff_ids: Vec<Digest>,
}

/// The process an image is made for; what the command line says goes before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessConfig {
    /// The program, and arguments that stay.
    #[serde(default)]
    pub entrypoint: Option<Vec<String>>,
    /// Arguments, or the whole command where there is no entrypoint.
    #[serde(default)]
    pub cmd: Option<Vec<String>>,
    /// True if the first of all arguments is a command line already, which must not be quoted again.
    #[serde(default)]
    pub args_escaped: Option<bool>,
    /// `NAME=value` each.
    #[serde(default)]
    pub env: Option<Vec<String>>,
    /// E.g. `C:\app`.
    #[serde(default)]
    pub working_dir: Option<String>,
    /// E.g. `ContainerUser`.
    #[serde(default)]
    pub user: Option<String>,
}

impl RunConfig {
    /// Reads it from the bytes of a config.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(bytes).map_err(|error| {
            let why = crate::text::shown(&error.to_string());
            Error::of(ErrorKind::Invalid, "the image config does not say how to run the image").because(why)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_with_nulls_is_read() {
        let config = RunConfig::parse(
            br#"{"os":"windows","history":null,"config":{"Entrypoint":null,"Cmd":["c:\\windows\\system32\\cmd.exe"],"Volumes":null,
                "ArgsEscaped":true,"User":"ContainerUser"},"rootfs":{"type":"layers",
                "diff_ids":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}}"#,
        )
        .unwrap();
        let process = config.config.unwrap();
        assert_eq!(process.cmd.as_deref(), Some(&["c:\\windows\\system32\\cmd.exe".to_owned()][..]));
        assert_eq!((process.entrypoint, process.args_escaped), (None, Some(true)));
        assert_eq!(config.rootfs.diff_ids, [Digest::of(b"")]);
    }

    #[test]
    fn what_is_no_config_is_refused() {
        for bytes in [&b""[..], b"{}", b"[]", br#"{"rootfs":{"diff_ids":["sha256:../.."]}}"#] {
            assert_eq!(RunConfig::parse(bytes).unwrap_err().kind, ErrorKind::Invalid);
        }
    }
}
