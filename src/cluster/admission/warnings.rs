//! Warnings as an API server takes them: a long one in several parts, and what to do never cut for what was found.
//!
//! An API server cuts single warnings after 256 characters once all of them have more than 4096, and leaves out further ones.
//! Source: kubernetes/kubernetes staging/src/k8s.io/apiserver/pkg/endpoints/filters/warning.go.

/// The most characters of one warning, and of all of them.
const LONGEST: usize = 256;
const MOST: usize = 4096;

/// The fewest characters of a text that are worth a warning.
const LEAST: usize = 24;

/// The beginning of a warning, since several webhooks may speak, and that of a further part of one.
pub(super) const WHO: &str = "wincompat: ";
const CONTINUED: &str = "wincompat: (continued) ";

/// The warnings for these findings: what was found, and what to do, which may be empty. What is said twice stands once.
pub(super) fn written(findings: &[(String, String)]) -> Vec<String> {
    let each_once = |texts: Vec<&str>| {
        let mut once: Vec<String> = Vec::new();
        for text in texts {
            if !text.is_empty() && !once.iter().any(|known| known == text) {
                once.push(text.to_owned());
            }
        }
        once
    };
    let helps = each_once(findings.iter().map(|(_, help)| help.as_str()).collect());
    let whats = each_once(findings.iter().map(|(what, _)| what.as_str()).collect());
    // What to do has its room first; what was found shares the rest.
    let (helps, left) = parted(helps, MOST);
    let (mut whats, _) = parted(whats, left);
    let mut helps = helps;
    let mut written = Vec::new();
    for (what, help) in findings {
        for (texts, text) in [(&mut whats, what), (&mut helps, help)] {
            if let Some(place) = texts.iter().position(|(known, _)| known == text) {
                written.extend(texts.remove(place).1);
            }
        }
    }
    written
}

/// The parts of each of these texts, which together have at most so many characters, and the number that is left.
fn parted(texts: Vec<String>, most: usize) -> (Vec<(String, Vec<String>)>, usize) {
    let (mut left, mut open) = (most, texts.len());
    let of_text = |text: String| {
        let parts = parts(&text, left / open.max(1));
        open -= 1;
        left = left.saturating_sub(parts.iter().map(|part| part.chars().count()).sum());
        (text, parts)
    };
    (texts.into_iter().map(of_text).collect(), left)
}

/// A text as warnings that together have at most so many characters; one that has to be cut ends with `…`.
fn parts(text: &str, most: usize) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let (mut rest, mut left) = (text, most);
    while !rest.is_empty() {
        let begin = if parts.is_empty() { WHO } else { CONTINUED };
        let room = LONGEST.min(left).saturating_sub(begin.chars().count());
        if room < LEAST.min(rest.chars().count()) {
            if let Some(last) = parts.last_mut() {
                if left == 0 || last.chars().count() == LONGEST {
                    last.pop();
                }
                last.push('…');
            }
            return parts;
        }
        let (part, behind) = divided(rest, room);
        let part = format!("{begin}{part}");
        left = left.saturating_sub(part.chars().count());
        parts.push(part);
        rest = behind;
    }
    parts
}

/// The first part of a text, with at most so many characters, and the rest: divided behind a sentence, else behind a comma or a colon, else
/// between words, and never within a command where that can be helped.
fn divided(text: &str, room: usize) -> (&str, &str) {
    let Some((end, _)) = text.char_indices().nth(room) else { return (text, "") };
    let mut borders = [0; 3];
    let (mut is_quoted, mut before) = (false, ' ');
    for (at, character) in text.char_indices().take_while(|(at, _)| *at <= end) {
        if character == '`' {
            is_quoted = !is_quoted;
        } else if character == ' ' && !is_quoted {
            let [sentence, clause, word] = &mut borders;
            *match before {
                ';' | '.' => sentence,
                ',' | ':' => clause,
                _ => word,
            } = at;
        }
        before = character;
    }
    // A border near the beginning would make a part of a few words.
    let at = borders.into_iter().find(|at| *at > end / 4).unwrap_or(end);
    let (part, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    (part, rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(warnings: &[String]) -> usize {
        warnings.iter().map(|warning| warning.chars().count()).sum()
    }

    fn finding(what: &str, help: &str) -> (String, String) {
        (what.to_owned(), help.to_owned())
    }

    #[test]
    fn a_short_finding_is_a_warning_and_so_is_what_to_do() {
        let twice = [finding("it is so", "do this"), finding("it is so too", "do this"), finding("not judged", "")];
        assert_eq!(
            written(&twice),
            ["wincompat: it is so", "wincompat: do this", "wincompat: it is so too", "wincompat: not judged"]
        );
    }

    #[test]
    fn a_long_text_is_divided_behind_a_sentence_and_nothing_of_it_is_lost() {
        let sentences: Vec<String> =
            (0..20).map(|number| format!("sentence {number} has é words, and `a command; too`")).collect();
        let text = sentences.join("; ");
        let warnings = written(&[finding("", &text)]);
        assert!(warnings.len() > 3 && warnings.iter().all(|warning| warning.chars().count() <= LONGEST), "{warnings:?}");
        assert!(warnings[..warnings.len() - 1].iter().all(|warning| warning.ends_with("too`;")), "{warnings:?}");
        let bare: Vec<&str> = warnings
            .iter()
            .map(|warning| warning.strip_prefix(CONTINUED).unwrap_or_else(|| warning.strip_prefix(WHO).unwrap()))
            .collect();
        assert_eq!(bare.join(" "), text);
    }

    #[test]
    fn a_text_without_a_border_is_cut_where_it_has_to_be() {
        let words = "word ".repeat(100);
        assert!(written(&[finding(&words, "")]).iter().all(|warning| warning.ends_with("word") || warning.ends_with("word ")));
        let letters = "é".repeat(600);
        let warnings = written(&[finding(&letters, "")]);
        assert_eq!(warnings.iter().map(|warning| warning.matches('é').count()).sum::<usize>(), 600);
        assert!(warnings.iter().all(|warning| warning.chars().count() <= LONGEST), "{warnings:?}");
    }

    #[test]
    fn what_to_do_is_whole_however_long_the_rest_is() {
        let help = |number: usize| format!("do {number}: {}", "select a label; ".repeat(15).trim_end());
        let findings: Vec<(String, String)> =
            (0..8).map(|number| finding(&format!("{number} {}", "x y, ".repeat(2000)), &help(number))).collect();
        let warnings = written(&findings);
        assert!(
            sum(&warnings) <= MOST && warnings.iter().all(|warning| warning.chars().count() <= LONGEST),
            "{}",
            sum(&warnings)
        );
        let all: String = warnings.iter().map(|warning| warning.replace(CONTINUED, " ").replace(WHO, "\n")).collect();
        for number in 0..8 {
            assert!(all.contains(&help(number)), "{number}: {all}");
            assert!(all.contains(&format!("\n{number} x y")), "{number}: {all}");
        }
        assert_eq!(all.matches('…').count(), 8, "{all}");
    }
}
