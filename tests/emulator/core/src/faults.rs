//! Failures on demand. `HCSEMU_FAULTS`, and the file `faults` in the state folder, hold one fault a line (or separated by
//! semicolons): words that say which call, and what happens to it.
//!
//! ```text
//! function=HcsStartComputeSystem n=2 hresult=0x80370106 when=after   the second call of that function acts, then fails
//! n=17 hresult=0x80004005                                            the 17th call of all fails before it acts
//! function=DestroyLayer hresult=0                                    says it worked and does nothing
//! function=HcsCreateProcess stage=operation hresult=0x8037011e       accepted; the operation (or the notification) fails
//! function=HcsStartComputeSystem never                               never completes
//! n=23 kill=before                                                   the calling process dies instead
//! ```

use crate::home;

/// One fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The function it is for; none: any.
    pub function: Option<String>,
    /// Which of the calls, counted from 1; none: every one.
    pub n: Option<u64>,
    /// What happens.
    pub effect: Effect,
    /// Whether the function acts before it fails.
    pub acts: bool,
    /// Whether the failure comes with the operation's result, not with the call's.
    pub in_operation: bool,
}

/// What a fault does to its call.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// It ends with this HRESULT.
    Result(u32),
    /// It does not come back, or its operation does not.
    Never,
    /// The process ends, with code 137.
    Kill,
}

/// The fault for this call, if there is one: `total` counts all calls, `count` those of the function.
pub fn find(function: &str, total: u64, count: u64) -> Option<Fault> {
    let mut text = std::env::var("HCSEMU_FAULTS").unwrap_or_default();
    if let Ok(file) = std::fs::read_to_string(home::folder().join("faults")) {
        text = format!("{text}\n{file}");
    }
    text.split([';', '\n']).filter_map(parse).find(|fault| match &fault.function {
        Some(name) => name == function && fault.n.is_none_or(|n| n == count),
        None => fault.n.is_none_or(|n| n == total),
    })
}

/// Reads one fault; none if the line holds none. A word that is not understood ends the program: a test that asked for a
/// fault and got none would prove nothing.
fn parse(line: &str) -> Option<Fault> {
    let line = line.split('#').next().unwrap_or_default().trim();
    if line.is_empty() {
        return None;
    }
    let mut fault = Fault { function: None, n: None, effect: Effect::Result(0x8000_4005), acts: false, in_operation: false };
    for word in line.split_whitespace() {
        let understood = match word.split_once('=').unwrap_or((word, "")) {
            ("function", name) => {
                fault.function = Some(name.to_string());
                true
            }
            ("n", number) => number.parse().map(|number| fault.n = Some(number)).is_ok(),
            ("hresult", number) => number_of(number).map(|number| fault.effect = Effect::Result(number)).is_some(),
            ("when", when @ ("before" | "after")) => {
                fault.acts = when == "after";
                true
            }
            ("stage", stage @ ("call" | "operation")) => {
                fault.in_operation = stage == "operation";
                true
            }
            ("never", "") => {
                fault.effect = Effect::Never;
                true
            }
            ("kill", when @ ("before" | "after")) => {
                fault.effect = Effect::Kill;
                fault.acts = when == "after";
                true
            }
            _ => false,
        };
        if !understood {
            eprintln!("hcsemu: the fault {line:?} holds {word:?}, which is not understood");
            std::process::exit(98);
        }
    }
    Some(fault)
}

fn number_of(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read() {
        let fault = parse("function=ImportLayer n=2 hresult=0x80070050 when=after # torn").unwrap();
        assert_eq!(fault.function.as_deref(), Some("ImportLayer"));
        assert_eq!((fault.n, fault.effect, fault.acts), (Some(2), Effect::Result(0x8007_0050), true));
        assert_eq!(parse("n=5 kill=before").unwrap().effect, Effect::Kill);
        assert_eq!(parse("never").unwrap().effect, Effect::Never);
        assert_eq!(parse("  # nothing"), None);
    }
}
