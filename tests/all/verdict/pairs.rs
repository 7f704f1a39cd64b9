//! One pair of host and image: what the program says of it, and all that is wrong with that.

use fastrand::Rng;
use wincompat::OsVersion;
use wincompat::compat::{self, Judgement, Policy, Severity, Use};
use wincompat::host::{Availability, Host};
use wincompat::image::{Config, Image};
use wincompat::knowledge::Knowledge;

use super::made::{self, Made};
use super::oracle::{self, Answer, HostFacts, ImageFacts, Known, Possible, Silence};

/// The configs that are read before the judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// None: the index is said to be enough.
    None,
    /// That of the chosen entry, until the chosen entry has been read.
    Chosen,
    /// All.
    All,
}

/// The image once these configs were asked for.
pub fn read(made: &Made, knowledge: &Knowledge, host: &Host, reading: Reading) -> Image {
    let mut image = made.image.clone();
    let ask = |image: &mut Image, number: usize| {
        let config = &made.entries[number].config;
        if config.unreadable {
            image.candidates[number].config = Config::Unreadable("the registry answered 500".to_owned());
        } else {
            image.candidates[number].read_config(&config.bytes, knowledge).unwrap();
        }
    };
    match reading {
        Reading::None => {}
        Reading::Chosen => {
            while let Some(number) = compat::choose(knowledge, host, &image)
                && image.candidates[number].config == Config::NotRead
            {
                ask(&mut image, number);
            }
        }
        Reading::All => {
            for number in 0..image.candidates.len() {
                if image.candidates[number].config == Config::NotRead {
                    ask(&mut image, number);
                }
            }
        }
    }
    image
}

/// One pair, and what the program and the rules say of it.
pub struct Pair<'a> {
    pub knowledge: &'a Knowledge,
    pub host: &'a Host,
    pub image: &'a Image,
    pub policy: &'a Policy,
    pub host_facts: HostFacts,
    pub image_facts: ImageFacts,
    pub reading: Reading,
}

impl Pair<'_> {
    /// The pair and its judgement on a few lines, for whoever looks for the fault.
    pub fn shown(&self, made: &Made) -> String {
        let (host, policy, judgement) = (&self.host_facts, self.policy, self.judge(self.policy));
        let mut text = format!(
            "  host {} {:?} {} home {}, containers {:?}, hyperv {:?}, assumed {:?}\n",
            host.version,
            host.kind,
            host.architecture.as_str(),
            host.home,
            host.containers,
            host.hyperv,
            self.host.assumed
        );
        for (number, (entry, made)) in self.image_facts.entries.iter().zip(&made.entries).enumerate() {
            let was_asked = self.image.candidates[number].config != Config::NotRead;
            text += &format!("  entry {number}: {entry:?}, asked {was_asked}, made {}\n", made.shown());
        }
        let asked = format!("untrusted {}, production {}, strict {}", policy.untrusted, policy.production, policy.strict);
        text += &format!("  {}; wish {:?}, {asked}, {:?} read\n", self.image.reference, policy.wish, self.reading);
        let codes: Vec<_> = judgement.findings.iter().map(|finding| (finding.code.as_str(), finding.severity)).collect();
        let (process, hyperv) = (&judgement.process, &judgement.hyperv);
        text += &format!(
            "  judged: chosen {:?}, process {:?}, hyperv {:?}, use {:?}, ok {:?}, {codes:?}\n",
            judgement.chosen, process.possible, hyperv.possible, judgement.taken, judgement.ok
        );
        let answer = oracle::answer(host, &self.image_facts, made::asked(policy));
        text + &format!("  the rules: {answer:?}\n")
    }

    pub fn judge(&self, policy: &Policy) -> Judgement {
        compat::judge(self.knowledge, self.host, self.image, policy)
    }

    /// All that is wrong with this pair's judgement; or the question that the documents leave open.
    pub fn faults(&self, judgement: &Judgement, random: &mut Rng) -> Result<Vec<String>, (Silence, Vec<String>)> {
        let mut faults = self.breaches(judgement, random);
        let expected = oracle::answer(&self.host_facts, &self.image_facts, made::asked(self.policy));
        match expected {
            Err(silence) => Err((silence, faults)),
            Ok(answer) => {
                faults.extend(differences(&answer, judgement));
                match self.denied(judgement, random) {
                    Ok(more) => faults.extend(more),
                    Err(silence) => return Err((silence, faults)),
                }
                Ok(faults)
            }
        }
    }

    /// What no judgement may be, whether or not the documents say what it must be.
    fn breaches(&self, judgement: &Judgement, random: &mut Rng) -> Vec<String> {
        let mut faults = Vec::new();
        let mut must = |held: bool, what: &str| {
            if !held {
                faults.push(what.to_owned());
            }
        };
        let possible = Possible { process: judgement.process.possible, hyperv: judgement.hyperv.possible };
        must(judgement.verdict == possible.verdict(), "the verdict follows from what is possible");
        must(judgement.taken.is_some() == (judgement.ok == Some(true)), "ok is true where something is taken, and only there");
        let errors = judgement.findings.iter().any(|finding| finding.severity == Severity::Error);
        must(!errors || judgement.ok != Some(true), "a finding is an error only where the result is not ok");
        must(judgement.candidates.len() == self.image_facts.entries.len(), "every Windows entry is judged");
        let chosen = judgement.chosen.map(|number| (number, &self.image_facts.entries[number]));
        if let Some(taken) = judgement.taken {
            let entry = chosen.map(|(_, entry)| entry);
            let mut host = self.host_facts.clone();
            if host.containers == Availability::Unknown {
                // That is a question, and not a wrong yes: see `Silence::ContainersUnknown`.
                host.containers = Availability::Available;
            }
            let is_possible = entry.is_some_and(|entry| {
                let possible = oracle::possible(&host, entry, self.image_facts.host_process_base);
                match taken {
                    Use::Process => possible.process == Some(true),
                    Use::Hyperv => possible.hyperv == Some(true),
                    _ => !entry.not_windows && entry.architecture == self.host_facts.architecture.as_str(),
                }
            });
            must(is_possible, "a wrong yes: what is taken is possible for the chosen entry");
            let versions_matter = taken != Use::HostProcess;
            let unread = entry.is_some_and(|entry| entry.version == Known::Unread);
            must(!(versions_matter && unread), "a wrong yes: the result rests on a config that could not be had");
            let no_build = |version: OsVersion| version.build < 10240 && version.is_windows_10_line();
            let of_none = entry.is_some_and(|entry| matches!(entry.version, Known::Version(version) if no_build(version)))
                || no_build(self.host_facts.version);
            must(!(versions_matter && of_none), "a wrong yes: no Windows had this build");
            let rests = taken == Use::Hyperv && self.host_facts.hyperv_is_assumed;
            let says_so = judgement.findings.iter().any(|finding| finding.code.as_str() == "hyperv-assumed");
            must(!rests || says_so, "a result that rests on Hyper-V being assumed says so");
            must(!(rests && self.policy.strict), "with --strict a result that rests on an assumption is open");
        }
        if self.reading == Reading::Chosen
            && let Some((number, _)) = chosen
        {
            must(self.image.candidates[number].config != Config::NotRead, "the chosen entry was read");
        }
        if random.u8(..8) == 0 {
            let plain = self.judge(&Policy::on(self.policy.today));
            must(
                (plain.verdict, &plain.process, &plain.hyperv, plain.chosen)
                    == (judgement.verdict, &judgement.process, &judgement.hyperv, judgement.chosen),
                "no wish and no policy changes what is possible",
            );
        }
        faults
    }

    /// What denying findings makes of a result: not ok, if it was and the finding is there; else what it was.
    fn denied(&self, judgement: &Judgement, random: &mut Rng) -> Result<Vec<String>, Silence> {
        let others: Vec<_> = judgement.findings.iter().filter(|finding| finding.severity != Severity::Error).collect();
        let mut policy = self.policy.clone();
        let hit = if random.bool() {
            policy.deny_warnings = true;
            others.iter().any(|finding| finding.severity == Severity::Warning)
        } else if let Some(finding) = random.choice(&others)
            && random.u8(..4) > 0
        {
            policy.deny = vec![finding.code];
            true
        } else {
            let absent = ["build-mismatch", "hyperv-assumed", "host-newer-than-knowledge", "image-end-of-support"];
            let absent = absent.iter().filter_map(|code| code.parse::<compat::Code>().ok());
            policy.deny = absent.filter(|code| judgement.findings.iter().all(|finding| finding.code != *code)).collect();
            false
        };
        // An error of the network is not a reason to call an image incompatible, whatever is denied.
        let warned =
            |code: &str| others.iter().any(|finding| finding.severity == Severity::Warning && finding.code.as_str() == code);
        let warnings = others.iter().filter(|finding| finding.severity == Severity::Warning).count();
        let only_unread = policy.deny_warnings && warnings == 1 && warned("config-unreadable");
        if hit && judgement.ok.is_none() && !only_unread {
            let denied = self.judge(&policy);
            return if denied.ok == Some(true) {
                Ok(vec!["a wrong yes: what is denied makes it".to_owned()])
            } else {
                Err(Silence::DeniedAndOpen)
            };
        }
        let expected = if hit && !only_unread { Some(false) } else { judgement.ok };
        let denied = self.judge(&policy);
        let mut faults = Vec::new();
        if denied.ok != expected {
            faults.push(format!("with {:?} denied (warnings: {}) ok is {:?}", policy.deny, policy.deny_warnings, denied.ok));
        }
        if (denied.verdict, denied.chosen) != (judgement.verdict, judgement.chosen) {
            faults.push("what is denied changes the verdict or the choice".to_owned());
        }
        Ok(faults)
    }
}

/// How a judgement differs from the answer.
fn differences(answer: &Answer, judgement: &Judgement) -> Vec<String> {
    let mut faults = Vec::new();
    let mut differ = |what: &str, expected: String, found: String| {
        if expected != found {
            faults.push(format!("{what}: {found}, where the rules say {expected}"));
        }
    };
    let possible = Possible { process: judgement.process.possible, hyperv: judgement.hyperv.possible };
    differ("process", format!("{:?}", answer.possible.process), format!("{:?}", possible.process));
    differ("hyperv", format!("{:?}", answer.possible.hyperv), format!("{:?}", possible.hyperv));
    differ("verdict", format!("{:?}", answer.possible.verdict()), format!("{:?}", judgement.verdict));
    differ("ok", format!("{:?}", answer.ok), format!("{:?}", judgement.ok));
    differ("use", format!("{:?}", answer.taken), format!("{:?}", judgement.taken));
    if let Some(chosen) = answer.chosen {
        let right = if judgement.chosen == Some(chosen) { "the right one" } else { "another" };
        differ("chosen", "the right one".to_owned(), right.to_owned());
    }
    faults
}
