//! Every trap of Dockerfiles that was met in real ones.

use super::*;

/// Reads a Dockerfile; each reference as `line:column meaning needs`.
fn lines(text: &str, build: &Build) -> Vec<String> {
    let scanned = read(text, build);
    assert_eq!(scanned.problems, [], "{text}");
    scanned
        .found
        .iter()
        .map(|found| {
            let meant = match &found.meant {
                Meant::Known(text) => text.clone(),
                Meant::Unresolved(names) => format!("${}", names.join(",$")),
                Meant::Unevaluated { name, expression } => format!("{name}={expression}"),
            };
            let os = match found.os {
                Os::Windows => " windows",
                Os::Other => " other",
                Os::Unsaid => "",
            };
            format!("{}:{} {meant} {:?}{os}", found.place.line, found.place.column, found.needs)
        })
        .collect()
}

fn found(text: &str) -> Vec<String> {
    lines(text, &Build::default())
}

#[test]
fn the_last_stage_is_what_runs() {
    let text = "FROM golang:1 AS build\nRUN go build\nFROM alpine AS files\nFROM base:1\nCOPY --from=build /a /a\nCOPY --from=files /b /b\n";
    assert_eq!(found(text), ["1:6 golang:1 OneHost", "3:6 alpine NoHost", "4:6 base:1 EveryHost"]);
    assert_eq!(found("FROM a:1 AS One\nFROM one AS two\nRUN x\nFROM TWO\n"), ["1:6 a:1 EveryHost"]);
    // A stage that nothing uses may be built by its name.
    assert_eq!(found("FROM a AS x\nFROM b AS y\n"), ["1:6 a OneHost", "2:6 b EveryHost"]);
    // A number is a stage, and the last stage may have no base at all.
    assert_eq!(found("FROM a\nFROM scratch\nCOPY --from=0 / /\n"), ["1:6 a NoHost"]);
}

#[test]
fn asked_for_targets_are_what_runs() {
    let text = "FROM a AS base\nFROM b AS windows-ltsc2019\nFROM c AS windows-ltsc2022\n";
    let build = Build { targets: vec!["windows-ltsc2019".to_owned()], ..Build::default() };
    assert_eq!(lines(text, &build), ["2:6 b EveryHost"]);
}

#[test]
fn directives_marks_and_ends_of_lines() {
    let text = "\u{feff}# escape=`\r\nFROM `\r\n  # a comment within\r\n  server:1 `  \r\n  AS x\r\nWORKDIR C:\\\r\nFROM x\r\n";
    assert_eq!(found(text), ["4:3 server:1 EveryHost"]);
    assert_eq!(found("#escape = `\nFROM a:1\nCOPY a `\n  # note\n  b C:\\\nRUN x\n"), ["2:6 a:1 EveryHost"]);
    // Without the directive a backslash swallows the next line.
    assert_eq!(found("FROM a\nWORKDIR C:\\\nFROM b\n"), ["1:6 a EveryHost"]);
    // A directive counts at the top alone.
    assert_eq!(found("# a comment\n# escape=`\nFROM a\nWORKDIR C:\\\nFROM b\n"), ["3:6 a EveryHost"]);
}

#[test]
fn arguments_and_their_forms() {
    for (text, expected) in [
        ("ARG TAG=ltsc2022\nFROM server:$TAG", "2:6 server:ltsc2022 EveryHost"),
        ("ARG TAG=\"ltsc2022\"\nFROM \"server\":\"${TAG}\"", "2:6 server:ltsc2022 EveryHost"),
        ("ARG A=a B=${A}b\nFROM server:$B", "2:6 server:ab EveryHost"),
        ("ARG A=a \\\n    B=b\nFROM server:$B", "3:6 server:b EveryHost"),
        ("ARG A=1 # and more\nFROM server:$A", "2:6 server:1 EveryHost"),
        ("FROM server:${OS_VERSION:-1809}", "1:6 server:1809 EveryHost"),
        ("ARG V=sha256:aa\nFROM nanoserver@${V}", "2:6 nanoserver@sha256:aa EveryHost"),
        ("ARG TAG\nFROM server:$TAG", "2:6 $TAG EveryHost"),
        ("FROM a\nARG TAG=1\nFROM server:$TAG", "3:6 $TAG EveryHost"),
        ("ARG TAG=$OTHER\nFROM server:$TAG", "2:6 $TAG EveryHost"),
        ("# ARG TAG=1\nFROM server:$TAG", "2:6 $TAG EveryHost"),
    ] {
        assert_eq!(found(text).last().map(String::as_str), Some(expected), "{text}");
    }
    let build = Build { arguments: [("TAG".to_owned(), "1809".to_owned())].into(), ..Build::default() };
    assert_eq!(lines("ARG TAG=ltsc2022\nFROM server:$TAG", &build), ["2:6 server:1809 EveryHost"]);
    // Not declared before the first stage, so not seen by it.
    assert_eq!(lines("FROM server:$TAG", &build), ["1:6 $TAG EveryHost"]);
}

#[test]
fn platforms_say_the_system() {
    for (text, expected) in [
        ("FROM --platform=\"windows/amd64\" a", "1:33 a EveryHost windows"),
        ("FROM --platform=linux/amd64 a", "1:29 a EveryHost other"),
        ("FROM --platform=$BUILDPLATFORM a", "1:32 a EveryHost"),
        ("FROM --platform=$TARGETPLATFORM a", "1:33 a EveryHost windows"),
        ("from --platform=windows a as b", "1:25 a EveryHost windows"),
    ] {
        assert_eq!(found(text), [expected], "{text}");
    }
    // The name of a stage, never an image.
    assert_eq!(found("FROM a AS x-windows\nFROM b AS x-linux\nFROM x-${TARGETOS}\n"), ["1:6 a EveryHost", "2:6 b OneHost"]);
}

#[test]
fn files_come_from_images_too() {
    for (text, expected) in [
        ("FROM a\nCOPY --from=server:1 /x /y", "2:13 server:1 NoHost"),
        ("FROM a\nCOPY --link --chown=1 --from=server:1 /x /y", "2:30 server:1 NoHost"),
        ("FROM a\nRUN --mount=type=bind,from=server:1,target=/x dir", "2:28 server:1 NoHost"),
    ] {
        assert_eq!(found(text).last().map(String::as_str), Some(expected), "{text}");
    }
    let build = Build { contexts: [("binary_dir".to_owned(), None)].into(), ..Build::default() };
    assert_eq!(lines("FROM a\nCOPY --from=binary_dir /x /y", &build), ["1:6 a EveryHost"]);
    // A stage may be called like an image.
    assert_eq!(found("FROM golang:1 AS golang\nFROM golang\n"), ["1:6 golang:1 EveryHost"]);
    assert_eq!(found("FROM a\nRUN <<EOF\nFROM b\nEOF\n"), ["1:6 a EveryHost"]);
}

#[test]
fn templates_are_named_and_broken_files_are_errors_at_their_lines() {
    for text in ["ENV A=b\nRUN x\n", "FROM {{ .Base }}\n", "{% if x %}\nFROM a\n{% endif %}\n", "{{ \"x\" }}\nFROM a\n"] {
        let scanned = read(text, &Build::default());
        assert!(scanned.left_out.is_some() && scanned.found.is_empty() && scanned.problems.is_empty(), "{scanned:?}");
    }
    let scanned = read("FROM a:1\nRUNN x\nFROM b\n", &Build::default());
    assert_eq!(scanned.found.len(), 1);
    assert_eq!(scanned.problems.iter().map(|problem| problem.place.line).collect::<Vec<_>>(), [2]);
    assert_eq!(read("# nothing\n", &Build::default()).problems.len(), 1);
}

#[test]
fn arguments_without_a_known_value_are_not_their_defaults() {
    let open = Meant::Unevaluated { name: "TAG".to_owned(), expression: "newest()".to_owned() };
    let build = Build { open: [("TAG".to_owned(), open)].into(), ..Build::default() };
    assert_eq!(lines("ARG TAG=ltsc2022\nFROM server:$TAG", &build), ["2:6 TAG=newest() EveryHost"]);
    assert_eq!(lines("ARG TAG=1\nARG BASE=server:${TAG}\nFROM $BASE", &build), ["3:6 TAG=newest() EveryHost"]);
    // What the command line gives counts more.
    let build = Build { arguments: [("TAG".to_owned(), "1809".to_owned())].into(), ..build };
    assert_eq!(lines("ARG TAG=ltsc2022\nFROM server:$TAG", &build), ["2:6 server:1809 EveryHost"]);
}

#[test]
fn a_context_may_be_another_image() {
    let image = Meant::Known("server:1809".to_owned());
    let build = Build { contexts: [("base".to_owned(), Some(image))].into(), ..Build::default() };
    assert_eq!(lines("FROM base\nCOPY --from=base /x /y", &build), ["1:6 server:1809 EveryHost", "2:13 server:1809 NoHost"]);
}

#[test]
fn the_same_reference_twice_in_a_line_has_two_places() {
    let text = "FROM a\nRUN --mount=type=bind,from=b,target=/x --mount=type=bind,from=b,target=/y dir";
    assert_eq!(found(text), ["1:6 a EveryHost", "2:28 b NoHost", "2:63 b NoHost"]);
}

#[test]
fn a_build_for_another_system_says_so() {
    let build = Build { os: Os::Other, ..Build::default() };
    assert_eq!(lines("FROM --platform=$TARGETPLATFORM a", &build), ["1:33 a EveryHost other"]);
}

/// BuildKit: a context with the name of a stage stands in the place of the stage.
#[test]
fn a_context_replaces_the_stage_of_its_name() {
    let text = "FROM a:1 AS base\nRUN x\nFROM base AS app\nCOPY --from=base /f /f\nCOPY --from=0 /g /g\n";
    let with = |image: Option<Meant>| Build { contexts: [("Base".to_owned(), image)].into(), ..Build::default() };
    let image = Meant::Known("b:2".to_owned());
    assert_eq!(lines(text, &with(Some(image))), ["1:6 a:1 OneHost", "3:6 b:2 EveryHost", "4:13 b:2 NoHost"]);
    let without_number = text.replace("COPY --from=0 /g /g\n", "");
    assert_eq!(lines(&without_number, &with(None)), [""; 0]);
}
