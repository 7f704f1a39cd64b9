//! The hosts of a question: `--host`.

use jiff::civil::Date;

use super::platform::Platform;
use crate::Error;
use crate::host::{self, Found};
use crate::knowledge::Knowledge;

/// The hosts that images are judged on.
#[derive(clap::Args, Clone, Debug)]
pub struct HostArgs {
    /// Host to check against; can be given several times. `local` (this machine, the default), a version (10.0.20348.2402,
    /// 20348), a release (windows-server-2022, ltsc2022, windows-11-24h2), any text that contains one Windows version, @FILE (reg
    /// export, systeminfo), or `all` (every release in support). Add attributes after commas: 26100,client,arm64,no-hyperv,home.
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
}

impl HostArgs {
    /// The hosts, in the order of the arguments.
    ///
    /// # Errors
    ///
    /// The first argument that names no host.
    pub fn find(&self, platform: &Platform, knowledge: &Knowledge, today: Date) -> Result<Vec<Found>, Error> {
        host::find(&self.host, platform.live_host(), knowledge, today)
    }
}

/// The only one of these hosts; `purpose` says what wants one, e.g. `an image is pulled for one host`.
///
/// # Errors
///
/// Several hosts.
pub fn only(found: Vec<Found>, purpose: &str) -> Result<Found, Error> {
    let [host] = <[Found; 1]>::try_from(found).map_err(|hosts| {
        Error::new(format!("{purpose}, and these are {}", hosts.len())).hint("name one, e.g. --host windows-server-2022")
    })?;
    Ok(host)
}
