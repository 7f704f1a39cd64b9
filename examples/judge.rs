//! Judges an image from the bytes of its index, without a registry: `cargo run --example judge -- HOST INDEX_FILE DAY`, e.g.
//! `cargo run --example judge -- windows-server-2022 index.json 2026-11-27`. The day decides which releases are in support.
//!
//! HOST is whatever `--host` of the program takes as text: a release, a version or a build. An index or config is what a registry
//! hands out, e.g. by `docker manifest inspect`.
#![allow(clippy::print_stdout, reason = "an example prints its answer")]

use std::error::Error;

use wincompat::compat::{Policy, judge};
use wincompat::host::{self, Spec};
use wincompat::image::{Image, Source};
use wincompat::knowledge::Knowledge;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(host), Some(file), Some(day)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: judge HOST INDEX_FILE DAY".into());
    };
    let knowledge = Knowledge::built_in();
    let policy = Policy::on(day.parse()?);
    let image = Image::from_index(&format!("oci:{file}").parse()?, Source::OciLayout, &std::fs::read(&file)?)?;
    let Spec::Hosts(hosts) = host::parse(&host, knowledge, policy.today)? else {
        return Err(format!("{host} is not the text of a version").into());
    };
    for host in &hosts {
        let judgement = judge(knowledge, host, &image, &policy);
        let answer = match judgement.ok {
            Some(true) => "it runs",
            Some(false) => "it does not run",
            None => "the facts do not decide",
        };
        println!("{}: {answer}", host.name);
        for finding in &judgement.findings {
            println!("  {}", finding.code);
        }
    }
    Ok(())
}
