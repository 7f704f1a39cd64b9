//! Advice from a text with named values in braces, as findings and explanations are written down.

use serde::de::value::{Error, MapAccessDeserializer, MapDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};

use crate::Advice;
use crate::Engine;
use crate::advice::Remedy;

/// A name in braces that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing is named {{{0}}}")]
pub(crate) struct UnknownName(String);

impl Advice {
    /// Advice from a template such as `update {host}, or see {command explain CODE}`.
    ///
    /// `value` gives what a name and the argument behind it stand for. Names it does not have are those of remedies:
    /// `{command check HOST}`, `{setting isolation hyperv}`, `{flag hyperv}` (an engine's flag), `{run hyperv}` (a line for
    /// Docker). A brace without a lower case letter behind it is an ordinary one, as in `{{.Names}}`.
    ///
    /// # Errors
    ///
    /// A name that neither has.
    pub(crate) fn from_template(template: &str, value: impl Fn(&str, &str) -> Option<Self>) -> Result<Self, UnknownName> {
        let mut advice = Self::default();
        let mut rest = template;
        while let Some((before, inside, after)) = next_name(rest) {
            let (name, argument) = inside.split_once(' ').unwrap_or((inside, ""));
            let value = value(name, argument).or_else(|| Some(named(name, argument)?.into()));
            advice = advice + before + value.ok_or_else(|| UnknownName(inside.to_owned()))?;
            rest = after;
        }
        Ok(advice + rest)
    }
}

/// The text before the next name in braces, what is between the braces, and the text behind them.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('{').find_map(|(position, _)| {
        let (before, rest) = text.split_at_checked(position)?;
        let (inside, after) = rest.strip_prefix('{')?.split_once('}')?;
        inside.starts_with(|first: char| first.is_ascii_lowercase()).then_some((before, inside, after))
    })
}

/// The remedy of this name.
fn named(name: &str, argument: &str) -> Option<Remedy> {
    let (first, rest) = argument.split_once(' ').unwrap_or((argument, ""));
    match name {
        "command" => variant(first, rest).map(Remedy::Command),
        "setting" => variant(first, rest).map(Remedy::Setting),
        "flag" if argument.is_empty() => Some(Remedy::EngineFlag(Engine::Docker, None)),
        "flag" => Some(Remedy::EngineFlag(Engine::Docker, Some(variant(argument, "")?))),
        "run" => Some(Remedy::Run { engine: Engine::Docker, isolation: variant(argument, "")?, image: "IMAGE".to_owned() }),
        _ => None,
    }
}

/// The variant of an enum with this name, as it is serialised, and the text in it, where it has one.
fn variant<T: DeserializeOwned>(name: &str, text: &str) -> Option<T> {
    let alone = || T::deserialize(IntoDeserializer::<Error>::into_deserializer(name)).ok();
    let with_text = || {
        let entries = MapDeserializer::<_, Error>::new(std::iter::once((name, text)));
        T::deserialize(MapAccessDeserializer::new(entries)).ok()
    };
    if text.is_empty() { alone().or_else(with_text) } else { with_text() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isolation;
    use crate::advice::{Command, Setting, advice};

    fn read(template: &str) -> Result<Advice, UnknownName> {
        Advice::from_template(template, |name, argument| match name {
            "host" => Some(format!("10.0.20348{argument}").into()),
            _ => None,
        })
    }

    #[test]
    fn names_become_values_and_remedies() {
        for (template, expected) in [
            ("", Advice::default()),
            ("as it is", "as it is".into()),
            ("host {host}, again {host .1}.", "host 10.0.20348, again 10.0.20348.1.".into()),
            ("see {command check ltsc2022}", advice!["see ", Command::Check("ltsc2022".to_owned())]),
            ("see {command check}", advice!["see ", Command::Check(String::new())]),
            ("{command host}", Command::Host.into()),
            ("`{setting host …,hyperv}`", advice!["`", Setting::Host("…,hyperv".to_owned()), "`"]),
            ("{setting isolation hyperv}", Setting::Isolation(Isolation::Hyperv).into()),
            ("{setting strict}", Setting::Strict.into()),
            ("{flag}", Remedy::EngineFlag(Engine::Docker, None).into()),
            ("{flag process}", Remedy::EngineFlag(Engine::Docker, Some(Isolation::Process)).into()),
            (
                "{run hyperv}",
                Remedy::Run { engine: Engine::Docker, isolation: Isolation::Hyperv, image: "IMAGE".to_owned() }.into(),
            ),
        ] {
            assert_eq!(read(template), Ok(expected), "{template}");
        }
    }

    #[test]
    fn other_braces_are_ordinary() {
        for text in ["{{.Names}} {{.Ports}}", "@{LogName='System'; X='Y'}", "{", "}{", "{\"features\": {}}", "{ host}", "{host"] {
            assert_eq!(read(text), Ok(text.into()));
        }
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        for text in ["{hots}", "{command chekc}", "{setting}", "{setting strict yes}", "{run}", "{run docker}", "{flag hyper-v}"]
        {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(read("a {b c}").unwrap_err().to_string(), "nothing is named {b c}");
    }
}
