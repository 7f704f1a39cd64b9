//! Judges an index that another program already has, with nothing but its bytes:
//!
//! `cargo run --example judge_index --no-default-features -- INDEX.json HOST`, for example with `ltsc2022` as the host.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;

use wincompat::compat::{Policy, judge};
use wincompat::host::{self, Spec};
use wincompat::image::{Image, Source};
use wincompat::knowledge::Knowledge;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [index, host] = arguments.as_slice() else { return Err("expected INDEX.json HOST".into()) };

    let knowledge = Knowledge::built_in();
    let policy = Policy::on(knowledge.date);
    let image = Image::from_index(&"registry.example/app:1.0".parse()?, Source::Registry, &std::fs::read(index)?)?;
    let Spec::Hosts(hosts) = host::parse(host, knowledge, policy.today)? else { return Err("a version or a release".into()) };

    for host in &hosts {
        let judgement = judge(knowledge, host, &image, &policy);
        println!("{}: {}", host.name, serde_json::to_string(&judgement.verdict)?);
        for finding in &judgement.findings {
            println!("  {}", finding.code.as_str());
        }
    }
    Ok(())
}
