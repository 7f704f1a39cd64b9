//! Whole conversations with a registry on this machine: images made of the input are served, and answers spoiled as it says. Nothing
//! is judged to run that rests on a config which was not sent, or is another than its digest says.
#![no_main]

mod support {
    pub mod images;
    pub mod registry;
}

use std::cell::RefCell;
use std::time::{Duration, Instant};

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use wincompat::compat::{Judgement, Policy, judge};
use wincompat::host::{self, Host, Spec};
use wincompat::image::{Image, Reference};
use wincompat::internals::cli::reading::confirm_choices;
use wincompat::internals::oci::distribution::address::Reach;
use wincompat::internals::oci::distribution::{self, Network, RetryPolicy};
use wincompat::internals::oci::{Images, Options};
use wincompat::knowledge::Knowledge;
use wincompat::unix::UnixFolders;

use support::images::{World, digest_of};
use support::registry::{self, Script};

/// The most requests of one check: a few for each of eight candidates, each tried twice, and tokens for them.
const MOST_REQUESTS: usize = 120;

/// The time that a check may take beyond its deadline of two seconds.
const SLACK: Duration = Duration::from_secs(5);

/// Hosts that run images of one build alone in process isolation, and that build.
const HOSTS: [(&str, u32); 2] = [("ltsc2022", 20348), ("ltsc2019,no-hyperv", 17763)];

thread_local! {
    static RUNTIME: RefCell<tokio::runtime::Runtime> =
        RefCell::new(tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());
}

fn hosts(policy: &Policy) -> Vec<Host> {
    let parsed = HOSTS.iter().map(|(text, _)| host::parse(text, Knowledge::built_in(), policy.today).unwrap());
    parsed.flat_map(|spec| if let Spec::Hosts(hosts) = spec { hosts } else { Vec::new() }).collect()
}

fn options(number: u64) -> Options {
    let registries = distribution::Options {
        mirrors: vec![("registry.test".to_owned(), registry::url(number).parse().unwrap())],
        connect_timeout: Duration::from_secs(1),
        request_timeout: Duration::from_millis(500),
        stall_timeout: Duration::from_millis(300),
        retry: RetryPolicy {
            tries: 2,
            first_pause: Duration::ZERO,
            longest_pause: Duration::ZERO,
            longest_asked_pause: Duration::ZERO,
            jitter: || 0.0,
        },
        // This machine alone is asked: an answer that leads elsewhere is refused before anybody is.
        network: Network {
            hosts: Vec::new(),
            reach: |address| if address.is_loopback() { Reach::Public } else { Reach::Private },
        },
        ..distribution::Options::default()
    };
    Options { deadline: Some(Instant::now() + Duration::from_secs(2)), registries, ..Options::new(&UnixFolders) }
}

/// Reads the image as `check` does.
fn read(options: Options, hosts: &[Host], policies: &[Policy], reference: &Reference) -> std::result::Result<Image, wincompat::Error> {
    RUNTIME.with_borrow(|runtime| {
        runtime.block_on(async {
            let images = Images::new(options, Knowledge::built_in());
            let mut image = images.resolve_one(reference).await?;
            confirm_choices(&images, Knowledge::built_in(), hosts, policies, [(reference, &mut image)]).await;
            Ok(image)
        })
    })
}

/// Holds a result against what was sent.
fn hold(world: &World, script: &Script, image: &Image, judgement: &Judgement, build: u32) {
    if judgement.ok != Some(true) {
        return;
    }
    let candidate = &image.candidates[judgement.chosen.expect("what runs was chosen")];
    let digest = candidate.digest.as_ref().expect("what a registry has has a digest");
    let manifest = world.document(digest.as_str()).expect("no other content has this digest");
    assert!(script.has_sent(manifest), "the manifest was not sent");
    let manifest: Value = serde_json::from_slice(manifest).expect("a manifest that was read");
    let config =
        world.document(manifest["config"]["digest"].as_str().expect("a digest")).expect("no other content has this digest");
    assert!(script.has_sent(config), "the config was not sent");
    let stated: Value = serde_json::from_slice(config).expect("a config that was read");
    // What a config leaves out, the index may say.
    let version = match stated["os.version"].as_str() {
        Some(version) if !version.is_empty() => version.to_owned(),
        _ => format!("{:?}", candidate.indexed),
    };
    assert!(is_of_build(&version, build), "a version {version} is not of the build {build}");
    assert!(["", "windows"].contains(&stated["os"].as_str().unwrap_or_default().to_ascii_lowercase().as_str()));
}

/// True for `10.0.20348.1` of 20348, and for what a debugger would show of it.
fn is_of_build(version: &str, build: u32) -> bool {
    let numbers: Vec<u32> =
        version.split(|character: char| !character.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    numbers.starts_with(&[10, 0, build])
}

fn converse(input: &mut Unstructured<'_>) -> Result<()> {
    let world = World::of(input)?;
    let reference: Reference = match input.int_in_range(0..=3)? {
        0 => format!("registry.test/app@{}", digest_of(world.top())).parse().unwrap(),
        _ => "registry.test/app:1".parse().unwrap(),
    };
    let policy = Policy::on(Knowledge::built_in().date);
    let hosts = hosts(&policy);
    let number = registry::play(Script::of(input, &world)?);
    let begun = Instant::now();
    let read = read(options(number), &hosts, std::slice::from_ref(&policy), &reference);
    let script = registry::played();
    assert!(begun.elapsed() < Duration::from_secs(2) + SLACK, "the deadline holds");
    assert!(script.requests <= MOST_REQUESTS, "{} requests", script.requests);
    match read {
        Ok(image) => {
            for (host, (_, build)) in hosts.iter().zip(HOSTS) {
                hold(&world, &script, &image, &judge(Knowledge::built_in(), host, &image, &policy), build);
            }
        }
        Err(error) => {
            let sentence = error.sentence();
            assert!(sentence.chars().count() < 5_000 && !sentence.chars().any(char::is_control), "{sentence:?}");
        }
    }
    Ok(())
}

fuzz_target!(|bytes: &[u8]| {
    // An input that is too short says nothing.
    let _ = converse(&mut Unstructured::new(bytes));
});
