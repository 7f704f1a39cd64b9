//! Files in the repository that the program's types decide.

use std::fs;
use std::path::Path;

/// Fails unless a file of the repository, e.g. `schema/report-v1.json`, is this text. With `INSTA_UPDATE=always` in the environment
/// it is written anew, as snapshots are.
#[track_caller]
pub fn assert_committed(file: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always") {
        fs::write(&path, generated).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        committed == generated,
        "{file} is not what the program's types say; `INSTA_UPDATE=always cargo test --test all` writes it anew, to be looked at in \
         the diff. Within a version of a schema fields are only added."
    );
}
