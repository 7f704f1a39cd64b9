//! The text report on a terminal with few columns.

use wincompat::report::Detail;

use super::{rendered_on, sample};

const IMAGE: &str = "mcr.microsoft.com/windows/nanoserver:ltsc2022";

#[test]
fn one_result_has_lines_where_a_table_has_no_room() {
    let host = sample::host("Windows Server 2022", "10.0.20348.2402");
    let report = sample::of(vec![sample::result(IMAGE, host, Some("process"), Some(true), vec![])], vec![]);
    let on = |columns: u16| {
        let text = rendered_on("table", &report, Detail::Summary, columns);
        anstream::adapter::strip_str(&text).to_string()
    };
    for columns in [40, 60] {
        let text = on(columns);
        assert!(!text.contains('|'), "{columns}: {text}");
        assert!(text.starts_with(&format!("image    {IMAGE}\n")) || text.starts_with("image\n"), "{columns}: {text}");
        assert!(text.contains(IMAGE), "the reference stays whole: {text}");
        assert!(text.contains("host     Windows Server 2022") && text.contains("result   ok: process\n"), "{columns}: {text}");
        let is_short = |line: &str| line.chars().count() <= usize::from(columns) || line.contains(IMAGE);
        assert!(text.lines().all(is_short), "{columns}: {text}");
    }
    for columns in [80, 120] {
        assert!(on(columns).contains("| process | Hyper-V |"), "{columns}");
    }
}
