//! The amount of text of an answer: `--verbose` and `--quiet`.

use crate::report::Detail;

/// The amount of text.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct DetailArgs {
    /// Show every result with all its findings.
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    /// Show failures only.
    #[arg(short, long)]
    quiet: bool,
}

impl DetailArgs {
    /// What they mean.
    pub const fn detail(self) -> Detail {
        match (self.quiet, self.verbose) {
            (true, _) => Detail::Failures,
            (false, true) => Detail::Every,
            (false, false) => Detail::Summary,
        }
    }

    /// True if only failures are shown.
    pub const fn is_quiet(self) -> bool {
        self.quiet
    }
}
