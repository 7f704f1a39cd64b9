//! `WWW-Authenticate`: the authentication that a registry asks for before it answers.

/// One challenge as it was sent, e.g. `Bearer realm="https://auth.docker.io/token",service="registry.docker.io"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme in lower case, e.g. `bearer`.
    pub scheme: String,
    /// The parameters in order, names in lower case.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The value of the first parameter of this name, e.g. `realm`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The challenges in one header value, in order; what cannot be read is left out (RFC 9110, section 11.6.1).
///
/// Several challenges may stand in one value, parted by the same commas as their parameters.
pub fn parse(value: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (word, after) = token(rest);
        if word.is_empty() {
            // Nothing that begins a challenge or a parameter: skip one character, so that what follows is still read.
            let mut characters = rest.chars();
            if characters.next().is_none() {
                return challenges;
            }
            rest = characters.as_str();
            continue;
        }
        match (after.trim_start_matches([' ', '\t']).strip_prefix('='), challenges.last_mut()) {
            (Some(after), Some(challenge)) => {
                let (text, after) = parameter_value(after.trim_start_matches([' ', '\t']));
                challenge.parameters.push((word.to_ascii_lowercase(), text));
                rest = after;
            }
            // A parameter that belongs to no challenge.
            (Some(after), None) => rest = parameter_value(after.trim_start_matches([' ', '\t'])).1,
            (None, _) => {
                challenges.push(Challenge { scheme: word.to_ascii_lowercase(), parameters: Vec::new() });
                rest = after;
            }
        }
    }
}

fn token(text: &str) -> (&str, &str) {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let end = text.bytes().position(|byte| !is_token(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        // Lenient: an unquoted realm holds colons and slashes, which no token may.
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next()),
            other => value.push(other),
        }
    }
    (value, characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> Vec<String> {
        parse(value)
            .iter()
            .map(|challenge| {
                let parameters: Vec<String> =
                    challenge.parameters.iter().map(|(name, value)| format!("{name}=<{value}>")).collect();
                format!("{} {}", challenge.scheme, parameters.join(" ")).trim_end().to_owned()
            })
            .collect()
    }

    #[test]
    fn reads_one_and_several_challenges() {
        let table: [(&str, &[&str]); 12] = [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/hello:pull""#,
                &[
                    "bearer realm=<https://auth.docker.io/token> service=<registry.docker.io> scope=<repository:library/hello:pull>",
                ],
            ),
            (r#"Basic realm="a, b=c""#, &["basic realm=<a, b=c>"]),
            (
                r#"Negotiate, BEARER Realm = "https://x/t" , service=s,Basic realm=y"#,
                &["negotiate", "bearer realm=<https://x/t> service=<s>", "basic realm=<y>"],
            ),
            (r#"Bearer realm=https://x/token,service=y"#, &["bearer realm=<https://x/token> service=<y>"]),
            (r#"Basic realm="say \"hi\" \\""#, &[r#"basic realm=<say "hi" \>"#]),
            (r#"Basic realm="never closed"#, &["basic realm=<never closed>"]),
            (r#"Basic realm="ends in a backslash\"#, &["basic realm=<ends in a backslash>"]),
            (r#"realm="no scheme", Basic"#, &["basic"]),
            ("", &[]),
            (",,, ,", &[]),
            ("\u{e9}\u{1F600}=\"", &[]),
            ("Bearer", &["bearer"]),
        ];
        for (value, expected) in table {
            assert_eq!(shown(value), expected, "{value}");
        }
    }

    #[test]
    fn a_long_value_is_read_in_one_pass() {
        let value = "Bearer a=\"b\",".repeat(30_000);
        assert_eq!(parse(&value).len(), 30_000);
    }
}
