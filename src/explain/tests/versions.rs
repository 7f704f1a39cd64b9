//! Versions and processors of a text that go into commands and sentences: a cut number is another number.

use super::explained;

/// The first step of an explanation.
fn first_step(text: &str) -> String {
    explained(text).steps.first().cloned().unwrap_or_default()
}

#[test]
fn the_processor_that_the_text_names_is_in_the_command() {
    let containerd = "in the manifest list entries: no match for platform in manifest: not found";
    for (text, step) in [
        ("no matching manifest for windows/arm64 10.0.26100 in the manifest list entries".to_owned(), "(\"10.0.26100,arm64\")"),
        ("no matching manifest for windows/arm64 10.0.26100".to_owned(), "(\"10.0.26100,arm64\")"),
        (format!("no matching manifest for windows(10.0.26100)/arm64/v8 {containerd}"), "(\"10.0.26100,arm64\")"),
        (format!("no matching manifest for windows(10.0.26100)/arm64 {containerd}"), "(\"10.0.26100,arm64\")"),
        (format!("no matching manifest for windows(10.0.26100)/386 {containerd}"), "(\"10.0.26100,x86\")"),
        (format!("no matching manifest for windows(10.0.26100)/amd64/v3 {containerd}"), "(\"10.0.26100\")"),
        ("no matching manifest for windows/amd64 10.0.17763 in the manifest list entries".to_owned(), "(\"10.0.17763\")"),
        // Windows has no containers there.
        ("no matching manifest for windows/arm/v7 10.0.17763 in the manifest list entries".to_owned(), "(\"all\")"),
        // The processor is cut.
        ("no matching manifest for windows(10.0.26100)/ar".to_owned(), "(\"\")"),
        ("no matching manifest for windows(10.0.26100)/arm".to_owned(), "(\"\")"),
        ("no matching manifest for windows(10.0.26100".to_owned(), "(\"\")"),
    ] {
        let found = first_step(&text);
        assert!(found.contains(step), "{text}: {found}");
    }
    let other = explained("no matching manifest for windows/386 10.0.17763 in the manifest list entries");
    let all = format!("{}\n{}", other.causes.join("\n"), other.steps.join("\n"));
    assert!(all.contains("no Windows entry for 386") && all.contains("No Windows base image is for 386"), "{all}");
    assert!(!all.contains("use a newer host"), "{all}");
}

#[test]
fn a_build_that_no_windows_has_is_not_believed() {
    for version in ["10.0.2", "10.0.203", "10.0.2034", "10.0.0", "10.0.203480"] {
        for text in [
            format!("docker: no matching manifest for windows/amd64 {version}"),
            format!("no matching manifest for windows/arm64 {version} in the manifest list entries"),
            format!("no matching manifest for windows({version}"),
            format!(
                "no matching manifest for windows({version})/amd64 in the manifest list entries: no match for platform in manifest"
            ),
            format!("a Windows version {version}-based image is incompatible with a 10.0.19045 host"),
            format!("a Windows version 10.0.26100-based image is incompatible with a {version}"),
        ] {
            let found = explained(&text);
            assert!(found.meaning.contains(&format!("the version {version}. ")), "{text}: {}", found.meaning);
            assert!(found.meaning.contains("seems to be cut or mistyped"), "{text}: {}", found.meaning);
            assert!(!found.meaning.contains("does not print"), "{text}: {}", found.meaning);
            let build = version.rsplit('.').next().unwrap_or_default();
            let rest = format!("{}\n{}", found.causes.join("\n"), found.steps.join("\n"));
            assert!(!rest.contains(version) && !rest.contains(&format!("build {build}")), "{text}: {rest}");
        }
    }
    let labelled = |image: &str, host: &str| {
        let mismatch = "The container operating system does not match the host operating system.";
        explained(&format!("Container OS Version: {image}\nHost OS Version: {host} (23H2)\n{mismatch}")).meaning
    };
    assert!(labelled("10.0.20348.1", "10.0.17763").contains("The text names both versions"));
    for (image, host) in [("10.0.203", "10.0.17763"), ("10.0.20348", "10.0.177"), ("10.0.20348", "6.3.9600")] {
        let meaning = labelled(image, host);
        assert!(!meaning.contains("The text names both versions"), "{meaning}");
    }
}

#[test]
fn what_may_be_cut_at_the_end_is_not_used() {
    let text = "a Windows version 10.0.26100-based image is incompatible with a 10.0.19045.39";
    let found = explained(text);
    assert!(found.meaning.contains("the host runs 10.0.19045 ("), "{}", found.meaning);
    let found = explained(&format!("{text}30 host"));
    assert!(found.meaning.contains("the host runs 10.0.19045.3930 ("), "{}", found.meaning);
    for text in [
        "no matching manifest for windows/amd64",
        "no matching manifest for windows/amd64 10.0.",
        "no matching manifest for windows",
    ] {
        let meaning = explained(text).meaning;
        assert!(meaning.contains("The text is cut before the host's version"), "{text}: {meaning}");
    }
}
