//! Image configs, as the judgement and as the runner read them.
#![no_main]

use wincompat::image::config;
use wincompat::image::run_config::RunConfig;
use wincompat::knowledge::Knowledge;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(config) = config::parse(bytes) {
        let _ = config.facts(Knowledge::built_in());
    }
    let _ = RunConfig::parse(bytes);
});
