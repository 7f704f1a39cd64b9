//! The options of every command that judges images: isolation, engine, and what makes a result fail.

use super::engine::EngineArgs;
use super::offered;
use super::policy::PolicyArgs;
use crate::Error;
use crate::compat::{Code, Policy, Wish};
use crate::host::Host;

/// How images are judged.
#[derive(clap::Args, Clone, Debug)]
pub struct JudgingArgs {
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    engine: EngineArgs,
    /// Treat these findings as errors: a code, or `warnings` for all; can be given several times.
    #[arg(long, value_name = "CODE", value_delimiter = ',', hide_possible_values = true, value_parser = offered::denied(denied))]
    deny: Vec<Denied>,
    /// Do not rely on assumptions: report such results as undecided.
    #[arg(long)]
    strict: bool,
    /// Trust the index and do not read the image config.
    #[arg(long)]
    pub no_confirm: bool,
}

impl JudgingArgs {
    /// The policy of today.
    ///
    /// # Errors
    ///
    /// Arguments that exclude each other.
    pub fn policy(&self) -> Result<Policy, Error> {
        let findings = self.deny.iter().filter_map(|denied| match denied {
            Denied::Finding(code) => Some(*code),
            Denied::Warnings => None,
        });
        Ok(Policy {
            strict: self.strict,
            deny: findings.collect(),
            deny_warnings: self.deny.contains(&Denied::Warnings),
            ..self.policy.policy(Wish::Default, self.engine.engine())?
        })
    }

    /// These hosts with each of the engines asked for, where several were.
    pub fn on_engines(&self, hosts: Vec<Host>) -> Vec<Host> {
        self.engine.on_each(hosts)
    }

    /// True if an engine was asked for.
    pub const fn names_engine(&self) -> bool {
        self.engine.is_named()
    }

    /// The isolation asked for, if one was.
    pub fn wish(&self) -> Option<Wish> {
        self.policy.wish()
    }
}

/// One argument of `--deny`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Denied {
    Warnings,
    Finding(Code),
}

/// The word of `--deny` for every warning.
pub const WARNINGS: &str = "warnings";

fn denied(text: &str) -> Result<Denied, String> {
    if text == WARNINGS { Ok(Denied::Warnings) } else { named(text, &[WARNINGS]).map(Denied::Finding) }
}

/// The code of a finding, or the reason why there is none.
pub fn finding(text: &str) -> Result<Code, String> {
    named(text, &[])
}

/// The same where these words may be typed as well.
fn named(text: &str, others: &[&'static str]) -> Result<Code, String> {
    text.parse().map_err(|_| {
        // Names of errors are suggested as well, and no error can be denied.
        let mut near = crate::explain::suggest(text, Code::all().map(Code::as_str).chain(others.iter().copied()));
        near.retain(|name| others.contains(name) || name.parse::<Code>().is_ok());
        match near.as_slice() {
            [] => "no finding has this code; `wincompat explain --list` lists all of them".to_owned(),
            near => format!("no finding has this code; did you mean {}?", near.join(" or ")),
        }
    })
}
