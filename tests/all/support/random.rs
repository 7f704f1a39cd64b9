//! How long the tests over random cases run, and from which seed.

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// The seed of the cases: that of `WINCOMPAT_TEST_SEED`, else always the same.
pub fn seed() -> u64 {
    number("WINCOMPAT_TEST_SEED", 20_348)
}

/// The number of cases: that of `WINCOMPAT_TEST_PAIRS`, else 100,000.
pub fn cases() -> usize {
    number("WINCOMPAT_TEST_PAIRS", 100_000) as usize
}

/// A quarter of them, for the cases that take longer.
pub fn fewer_cases() -> usize {
    cases() / 4
}
