//! PAX records alone: what is read is what was written, whoever wrote it.
#![no_main]

use std::collections::BTreeMap;

use wincompat::internals::layer::pax::Records;

/// `LENGTH KEY=VALUE\n`, where the length counts its own digits.
fn written(records: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let length = (rest + 1..).find(|length| length.to_string().len() + rest == *length).unwrap();
        bytes.extend_from_slice(format!("{length} {key}=").as_bytes());
        bytes.extend_from_slice(value);
        bytes.push(b'\n');
    }
    bytes
}

fn read(records: &Records) -> BTreeMap<String, Vec<u8>> {
    records.with_prefix("").map(|(key, value)| (key.to_owned(), value.to_vec())).collect()
}

libfuzzer_sys::fuzz_target!(|input: (&[u8], BTreeMap<String, Vec<u8>>)| {
    let (bytes, mut records) = input;
    if let Ok(parsed) = Records::parse(bytes) {
        let found = read(&parsed);
        assert_eq!(Records::parse(&written(&found)), Ok(parsed), "what was read, written again, is the same");
        assert!(found.iter().all(|(key, value)| !key.is_empty() && !key.contains(['=', '\0']) && !value.is_empty()));
    }
    records.retain(|key, _| !key.is_empty() && !key.contains(['=', '\0']));
    let parsed = Records::parse(&written(&records)).expect("well-formed records are read");
    records.retain(|_, value| !value.is_empty());
    assert_eq!(read(&parsed), records);
    for (key, value) in &records {
        assert_eq!(parsed.get(key), Some(value.as_slice()));
    }
});
