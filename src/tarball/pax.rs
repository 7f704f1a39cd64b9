//! The content of PAX extended headers: records of `LENGTH KEY=VALUE\n`, where the length rules and a value may hold any bytes.
//!
//! The `tar` crate splits such a header at line feeds, which a value may contain, and holds one of any size; hence this reader.

/// The keys and values of an extended header in their order; a `None` stands for the first malformed record and ends them.
pub(crate) fn records(content: &[u8]) -> impl Iterator<Item = Option<(&str, &[u8])>> {
    let mut rest = Some(content).filter(|content| !content.is_empty());
    std::iter::from_fn(move || {
        let record = split_record(rest?);
        rest = record.map(|(_, _, rest)| rest).filter(|rest| !rest.is_empty());
        Some(record.map(|(key, value, _)| (key, value)))
    })
}

/// The key and value of the first record, and what follows it.
fn split_record(bytes: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let space = bytes.iter().take(9).position(|byte| *byte == b' ')?;
    let digits = bytes.get(..space)?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length = digits.iter().fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    let (record, rest) = bytes.split_at_checked(length)?;
    let content = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = content.iter().position(|byte| *byte == b'=')?;
    let key = std::str::from_utf8(content.get(..equals)?).ok()?;
    if key.is_empty() { None } else { Some((key, content.get(equals + 1..)?, rest)) }
}
