//! The attributes that may follow a host: `26100,client,arm64,no-hyperv`.

use crate::{Architecture, Kind};

use super::Availability;
use crate::Error;

/// The attributes that the words after a host ask for, e.g. `client,arm64`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `server` or `client`.
    pub kind: Option<Kind>,
    /// `amd64`, `arm64` or `x86`.
    pub architecture: Option<Architecture>,
    /// `hyperv` or `no-hyperv`.
    pub hyperv: Option<Availability>,
    /// `home`.
    pub home: bool,
}

impl Attributes {
    /// The words, for messages.
    pub const WORDS: &str = "server, client, home, amd64, arm64, x86, hyperv, no-hyperv";

    /// True for one of the words, in upper or lower case.
    pub(super) fn is_word(text: &str) -> bool {
        Self::WORDS.split(", ").any(|word| word.eq_ignore_ascii_case(text.trim()))
    }

    /// The word most like this one, e.g. `no-hyperv` for `nohyperv`.
    pub(super) fn like(text: &str) -> Option<&'static str> {
        const ALIKE: f64 = 0.6;
        const LONGEST: usize = 20;
        let text = text.trim().to_lowercase();
        let known = match text.as_str() {
            "x64" | "x86_64" | "x86-64" => return Some("amd64"),
            "aarch64" => return Some("arm64"),
            "32-bit" | "32bit" => return Some("x86"),
            "workstation" | "desktop" => return Some("client"),
            long if long.len() > LONGEST => return None,
            _ => Self::WORDS.split(", "),
        };
        let alike = known.map(|word| (strsim::normalized_damerau_levenshtein(&text, word), word));
        let best = alike.max_by(|(one, _), (next, _)| one.total_cmp(next));
        best.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, word)| word)
    }

    /// Splits a text into the host and its attributes, e.g. `26100,client` into `26100` and a client. The attributes are the longest run of words at its end that are all
    /// attributes, upper or lower case. What is left may hold commas of its own, e.g. `Windows Server, version 1903`.
    ///
    /// # Errors
    ///
    /// Attributes that contradict each other, e.g. `client,server`.
    pub fn split(text: &str) -> Result<(&str, Self), Error> {
        let mut attributes = Self::default();
        let mut rest = text;
        while let Some((before, word)) = rest.rsplit_once(',') {
            if !attributes.take(word.trim())? {
                break;
            }
            rest = before;
        }
        if attributes.home && attributes.kind == Some(Kind::Server) {
            return Err(contradiction("home", "server").hint("Home is an edition of Windows clients"));
        }
        Ok((rest.trim(), attributes))
    }

    /// Server or client, where the words say it: Home is a client's edition.
    pub(super) fn kind_asked(&self) -> Option<Kind> {
        self.kind.or(self.home.then_some(Kind::Client))
    }

    fn take_architecture(&mut self, architecture: Architecture) -> Result<(), Error> {
        let other = self.architecture.map_or("", word_of);
        set(&mut self.architecture, architecture, word_of(architecture), other)
    }

    /// Takes one word; false if it is not an attribute.
    fn take(&mut self, word: &str) -> Result<bool, Error> {
        match word.to_ascii_lowercase().as_str() {
            "server" => set(&mut self.kind, Kind::Server, "server", "client")?,
            "client" => set(&mut self.kind, Kind::Client, "client", "server")?,
            "amd64" => self.take_architecture(Architecture::Amd64)?,
            "arm64" => self.take_architecture(Architecture::Arm64)?,
            "x86" | "386" | "i386" => self.take_architecture(Architecture::X86)?,
            "hyperv" => set(&mut self.hyperv, Availability::Available, "hyperv", "no-hyperv")?,
            "no-hyperv" => set(&mut self.hyperv, Availability::Unavailable, "no-hyperv", "hyperv")?,
            "home" => self.home = true,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The attribute of a processor.
const fn word_of(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86 => "x86",
        named => named.as_str(),
    }
}

/// Sets what is not set otherwise.
fn set<T: PartialEq>(slot: &mut Option<T>, value: T, word: &str, opposite: &str) -> Result<(), Error> {
    if slot.as_ref().is_some_and(|already| *already != value) {
        return Err(contradiction(word, opposite));
    }
    *slot = Some(value);
    Ok(())
}

fn contradiction(one: &str, other: &str) -> Error {
    Error::new(format!("a host cannot be both `{one}` and `{other}`")).hint("leave out one of the two; for both, name two hosts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_words_at_the_end() {
        let nothing = Attributes::default();
        let client = Attributes { kind: Some(Kind::Client), ..nothing.clone() };
        let cases = [
            ("26100", "26100", nothing.clone()),
            ("26100,client", "26100", client.clone()),
            (" 26100 , CLIENT ,client", "26100", client.clone()),
            ("local,no-hyperv", "local", Attributes { hyperv: Some(Availability::Unavailable), ..nothing.clone() }),
            ("Windows Server, version 1903", "Windows Server, version 1903", nothing.clone()),
            ("@my,file.reg,client", "@my,file.reg", client),
            ("26100,clinet", "26100,clinet", nothing.clone()),
            ("26100,home,clinet", "26100,home,clinet", nothing.clone()),
            ("home", "home", nothing.clone()),
            (
                "26100,client,arm64,hyperv,home",
                "26100",
                Attributes {
                    kind: Some(Kind::Client),
                    architecture: Some(Architecture::Arm64),
                    hyperv: Some(Availability::Available),
                    home: true,
                },
            ),
            (
                "19045,client,X86",
                "19045",
                Attributes { kind: Some(Kind::Client), architecture: Some(Architecture::X86), ..nothing.clone() },
            ),
            (
                "26100,server,amd64",
                "26100",
                Attributes { kind: Some(Kind::Server), architecture: Some(Architecture::Amd64), ..nothing },
            ),
        ];
        for (text, rest, attributes) in cases {
            assert_eq!(Attributes::split(text), Ok((rest, attributes)), "{text}");
        }
    }

    #[test]
    fn refuses_contradictions() {
        for text in ["1,client,server", "1,server,client", "1,home,server", "1,amd64,arm64", "1,x86,amd64", "1,hyperv,no-hyperv"]
        {
            let error = Attributes::split(text).unwrap_err();
            assert!(error.what.starts_with("a host cannot be both"), "{text}: {error}");
            assert!(error.hint.is_some(), "{text}");
        }
    }
}
