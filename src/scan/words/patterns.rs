//! Patterns of a shell, by which parts of a value are left out or replaced: `${TAG#v}`, `${NAME//-/_}`.

/// The value without the shortest or longest beginning that the pattern matches.
pub(super) fn without_prefix<'v>(value: &'v str, pattern: &str, is_longest: bool) -> &'v str {
    let ends = ends(value);
    let matches = |end: &usize| value.get(..*end).is_some_and(|start| matches(pattern, start));
    let end = if is_longest { ends.into_iter().rev().find(matches) } else { ends.into_iter().find(matches) };
    end.and_then(|end| value.get(end..)).unwrap_or(value)
}

/// The value without the shortest or longest ending that the pattern matches.
pub(super) fn without_suffix<'v>(value: &'v str, pattern: &str, is_longest: bool) -> &'v str {
    let starts = ends(value);
    let matches = |start: &usize| value.get(*start..).is_some_and(|end| matches(pattern, end));
    let start = if is_longest { starts.into_iter().find(matches) } else { starts.into_iter().rev().find(matches) };
    start.and_then(|start| value.get(..start)).unwrap_or(value)
}

/// The value with the first, or every, longest part that the pattern matches replaced.
pub(super) fn replaced(value: &str, pattern: &str, instead: &str, is_everywhere: bool) -> String {
    let ends = ends(value);
    let mut result = String::new();
    let (mut at, mut is_done) = (0, false);
    while let Some(rest) = value.get(at..) {
        let Some(first) = rest.chars().next() else { break };
        let longest =
            ends.iter().rev().take_while(|end| **end > at).find(|end| matches(pattern, value.get(at..**end).unwrap_or_default()));
        match longest {
            Some(end) if !is_done => {
                result.push_str(instead);
                at = *end;
                is_done = !is_everywhere;
            }
            _ => {
                result.push(first);
                at += first.len_utf8();
            }
        }
    }
    result
}

/// Every place between two characters, the first and the last included. Values are short: what is longer is not looked through.
fn ends(value: &str) -> Vec<usize> {
    const MOST: usize = 1024;
    if value.len() > MOST { Vec::new() } else { value.char_indices().map(|(at, _)| at).chain([value.len()]).collect() }
}

/// True if the pattern of a shell (`*`, `?`, and `\` before one of them) matches the whole text.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        let (step, is_equal) = match (pattern.get(p), pattern.get(p + 1)) {
            (Some('*'), _) => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            (Some('\\'), Some(escaped)) => (2, text.get(t) == Some(escaped)),
            (Some('?'), _) => (1, true),
            (Some(literal), _) => (1, text.get(t) == Some(literal)),
            (None, _) => (0, false),
        };
        match (is_equal, star) {
            (true, _) => {
                p += step;
                t += 1;
            }
            (false, Some((at, from))) => {
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
            (false, None) => return false,
        }
    }
    pattern.get(p..).is_none_or(|rest| rest.iter().all(|character| *character == '*'))
}
