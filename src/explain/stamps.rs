//! What logs put before each line: a time, the stream it came from, the computer and the program that wrote it.

/// The months as syslog and journald write them.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A line without the stamp before it, with its own spaces; the line itself where it has none.
pub fn without_stamp(line: &str) -> &str {
    after_stamp(line).unwrap_or(line)
}

/// What follows the stamp of a line: `2024-05-01T10:00:00.123Z …`, in brackets or not, as pipelines and `kubectl logs --timestamps` print
/// it; the same with the stream of GitLab's runner, `… 00O …`; and `May  1 10:00:00 web01 dockerd[123]: …` of journald.
pub(super) fn after_stamp(line: &str) -> Option<&str> {
    match after_date(line) {
        Some(rest) => Some(after_stream(rest).or_else(|| after_program(rest)).unwrap_or(rest)),
        None => after_program(after_day(line)?),
    }
}

/// What follows `2024-05-01T10:00:00.123Z `.
fn after_date(line: &str) -> Option<&str> {
    let bracketed = line.strip_prefix('[').unwrap_or(line);
    let bytes = bracketed.as_bytes();
    let is = |at: usize, wanted: u8| bytes.get(at) == Some(&wanted);
    if !(is(4, b'-') && is(7, b'-') && is(13, b':') && bytes.iter().take(4).all(u8::is_ascii_digit)) {
        return None;
    }
    let time = bracketed.get(11..)?;
    let rest = time.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | ',' | '+' | '-' | 'Z' | 'T'));
    let rest = rest.strip_prefix(']').unwrap_or(rest);
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

/// What follows `00O ` or `01E+`: the number of a stream, output or errors, and whether the line goes on with the one before.
fn after_stream(rest: &str) -> Option<&str> {
    let (stream, rest) = rest.split_at_checked("00O ".len())?;
    let (number, kind) = stream.split_at_checked(2)?;
    let is_number = number.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (is_number && matches!(kind, "O " | "O+" | "E " | "E+")).then_some(rest)
}

/// What follows `May  1 10:00:00 `.
fn after_day(line: &str) -> Option<&str> {
    let rest = MONTHS.iter().find_map(|month| line.strip_prefix(*month)?.strip_prefix(' '))?;
    let (day, rest) = rest.trim_start_matches(' ').split_once(' ')?;
    let (time, rest) = rest.split_once(' ')?;
    let is_time = matches!(time.as_bytes(), [_, _, b':', _, _, b':', _, _, ..])
        && time.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
    (is_time && !day.is_empty() && day.bytes().all(|byte| byte.is_ascii_digit())).then_some(rest)
}

/// What follows `web01 dockerd[123]: `, the computer and the program.
fn after_program(rest: &str) -> Option<&str> {
    let (computer, rest) = rest.split_once(' ')?;
    let (program, rest) = rest.split_once(": ")?;
    let (name, number) = program.strip_suffix(']')?.split_once('[')?;
    let is_plain = |word: &str| !word.is_empty() && !word.contains([' ', '[', ':', '"', '(']);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && is_plain(computer) && is_plain(name)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_left_out_and_the_spaces_of_the_line_stay() {
        for (line, rest) in [
            ("2026-11-29T10:00:00.1234567Z ##[error]x", "##[error]x"),
            ("2026-11-29T10:00:00.123456789Z   x", "  x"),
            ("2026-11-29T10:00:00.123456789+01:00 x", "x"),
            ("[2026-11-29T10:00:00.123Z] x", "x"),
            ("2026-11-29 10:00:00,123 x", "x"),
            ("2026-11-29T10:00:00.000000Z 00O x", "x"),
            ("2026-11-29T10:00:00.000000Z 01E+ x", " x"),
            ("2026-11-29T10:00:00+0000 web01 dockerd[123]: x", "x"),
            ("Nov 29 10:00:00 web01 dockerd[123]: time=\"a\" level=error", "time=\"a\" level=error"),
            ("May  1 10:00:00.123 web01 containerd[1]: x: y", "x: y"),
            ("2026-11-29T10:00:00Z\n", "\n"),
            ("2026-11-29T10:00:00Z", ""),
        ] {
            assert_eq!(after_stamp(line), Some(rest), "{line}");
        }
        for line in [
            "",
            "x",
            "2026",
            "2026-11-29",
            "Nov 29 it failed: x",
            "Nov 29 10:00:00 it failed: x",
            "May 1",
            "web01 dockerd[123]: x",
            "00O x",
            "web01 x",
        ] {
            assert_eq!((after_stamp(line), without_stamp(line)), (None, line), "{line}");
        }
    }
}
