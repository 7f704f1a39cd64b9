//! Every trap of Dockerfiles that was met in real ones.

use super::*;
use crate::scan::Found;

/// What a Dockerfile says as it is built.
fn read(text: &str, build: &Build) -> Scanned {
    super::read(text, build).scanned
}

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
                Meant::Undeclared(name) => format!("!{name}"),
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
    // BuildKit takes names alone, in letters of any size; of the same one the last.
    for (target, expected) in [
        ("Base", (&["1:6 a EveryHost"][..], None)),
        ("twice", (&["5:6 e EveryHost"], None)),
        ("nope", (&[], Some("nope"))),
        ("1", (&[], Some("1"))),
    ] {
        let text = format!("{text}FROM d AS twice\nFROM e AS twice\n");
        let build = Build { targets: vec![target.to_owned()], ..Build::default() };
        let missing = super::read(&text, &build).missing;
        assert_eq!(
            (lines(&text, &build).iter().map(String::as_str).collect::<Vec<_>>().as_slice(), missing.as_deref()),
            expected
        );
    }
    // Behind a line that is not read there may be more.
    let build = Build { targets: vec!["later".to_owned()], ..Build::default() };
    assert_eq!(super::read("FROM a\nRUNN x\nFROM b AS later\n", &build).missing, None);
}

#[test]
fn directives_marks_and_ends_of_lines() {
    let text = "\u{feff}# escape=`\r\nFROM `\r\n  # a comment within\r\n  server:1 `  \r\n  AS x\r\nWORKDIR C:\\\r\nFROM x\r\n";
    assert_eq!(found(text), ["4:3 server:1 EveryHost"]);
    assert_eq!(found("#escape = `\nFROM a:1\nCOPY a `\n  # note\n  b C:\\\nRUN x\n"), ["2:6 a:1 EveryHost"]);
    // Without the directive a backslash swallows the next line.
    assert_eq!(found("FROM a\nWORKDIR C:\\\nFROM b\n"), ["1:6 a EveryHost"]);
    // Docker looks for directives until the first line that is none it knows.
    for top in ["# escape=`\n", "# syntax=docker/dockerfile:1\n# check=skip=all\n# ESCAPE = `\n"] {
        assert_eq!(found(&format!("{top}FROM a\nWORKDIR C:\\\nFROM b\n")).len(), 2, "{top}");
    }
    for top in ["# a comment\n# escape=`\n", "# other=1\n# escape=`\n", "\n# escape=`\n", "ARG A=1\n# escape=`\n"] {
        assert_eq!(found(&format!("{top}FROM a\nWORKDIR C:\\\nFROM b\n")).len(), 1, "{top}");
        // A heredoc begins in a line that goes on.
        assert_eq!(found(&format!("{top}FROM a\nRUN x \\\n  && cat <<EOF > f\nFROM b\nEOF\n")).len(), 1, "{top}");
    }
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
        ("FROM a\nARG TAG=1\nFROM server:$TAG", "3:6 !TAG EveryHost"),
        ("ARG TAG=$OTHER\nFROM server:$TAG", "2:6 $TAG EveryHost"),
        ("# ARG TAG=1\nFROM server:$TAG", "2:6 !TAG EveryHost"),
    ] {
        assert_eq!(found(text).last().map(String::as_str), Some(expected), "{text}");
    }
    let build = Build { arguments: [("TAG".to_owned(), "1809".to_owned())].into(), ..Build::default() };
    assert_eq!(lines("ARG TAG=ltsc2022\nFROM server:$TAG", &build), ["2:6 server:1809 EveryHost"]);
    // Not declared before the first stage, so not seen by it.
    assert_eq!(lines("FROM server:$TAG", &build), ["1:6 !TAG EveryHost"]);
}

/// What no `ARG` before the first `FROM` declares is nothing in each of them, whatever a build gives.
#[test]
fn a_from_sees_only_what_is_declared_before_the_first() {
    for (text, expected) in [
        ("FROM a AS x\nARG V=1\nFROM server:${V}", "3:6 !V EveryHost"),
        ("FROM $V", "1:6 !V EveryHost"),
        ("FROM ${V}/server:1", "1:6 !V EveryHost"),
        ("FROM server:1@$V", "1:6 !V EveryHost"),
        ("ARG A\nFROM $A/server:$V", "2:6 $A EveryHost"),
        ("ARG A=1\nFROM server:$A$V", "2:6 server:1 EveryHost"),
        ("FROM server$V", "1:6 server EveryHost"),
        ("FROM server:${V:-1}", "1:6 server:1 EveryHost"),
        ("ARG V\nFROM a AS x\nARG V=1\nFROM server:$V", "4:6 $V EveryHost"),
    ] {
        for arguments in [Values::new(), [("V".to_owned(), "1".to_owned())].into()] {
            let is_given = !arguments.is_empty() && text.starts_with("ARG V");
            let expected = if is_given { expected.replace("$V", "server:1") } else { expected.to_owned() };
            let build = Build { arguments, ..Build::default() };
            assert_eq!(lines(text, &build).last(), Some(&expected), "{text}");
        }
    }
}

/// A default within a reference is changed where it stands, if it is the value that counts.
#[test]
fn a_default_in_a_base_can_be_changed() {
    for (text, expected) in [
        ("ARG V\nFROM server:${V:-1809}", Some("server:|1809|")),
        ("FROM server:${V-1809}-x", Some("server:|1809|-x")),
        ("ARG V=\nFROM server:${V:-1809}", Some("server:|1809|")),
        ("\u{feff}ARG A=r.example\nFROM \"$A/server:${V:-1809}\"", Some("r.example/server:|1809|")),
        ("ARG V=\nFROM server:a${V-1809}", None),
        ("ARG V=ltsc2022\nFROM server:${V:-1809}", Some("server:|ltsc2022|")),
        ("ARG A\nFROM $A/server:${V:-1809}", None),
        ("FROM server:${V:-}x", None),
        ("FROM server:${V:-${A}}x", None),
    ] {
        let found = read(text, &Build::default()).found;
        let editable = found[0].editable.as_ref();
        let shown = editable.map(|one| format!("{}|{}|{}", one.before, one.text, one.after));
        assert_eq!(shown.as_deref(), expected, "{text}");
        assert!(editable.is_none_or(|one| text[one.span.clone()] == one.text), "{text}");
    }
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
        // BuildKit, `commands_runmount.go`: keys in any letters, and parts as in CSV.
        ("FROM a\nRUN --mount=type=bind,FROM=server:1,target=/x dir", "2:28 server:1 NoHost"),
        ("FROM a\nRUN --mount=type=bind,\"from=server:1\",target=/x dir", "2:29 server:1 NoHost"),
        ("FROM a\nRUN --mount=From=\"server:1\",target=/x dir", "2:19 server:1 NoHost"),
        // A blank within quotes does not end a flag.
        ("FROM a\nRUN --mount=type=bind,source=\"a b\",from=server:1,target=/x dir", "2:41 server:1 NoHost"),
        ("FROM a\nONBUILD RUN x\nCOPY --chown='a b' --from=server:1 \"x y\" /z", "3:27 server:1 NoHost"),
    ] {
        assert_eq!(found(text).last().map(String::as_str), Some(expected), "{text}");
    }
    let build = Build { contexts: [("binary_dir".to_owned(), None)].into(), ..Build::default() };
    assert_eq!(lines("FROM a\nCOPY --from=binary_dir /x /y", &build), ["1:6 a EveryHost"]);
    // A stage may be called like an image.
    assert_eq!(found("FROM golang:1 AS golang\nFROM golang\n"), ["1:6 golang:1 EveryHost"]);
    assert_eq!(found("FROM a\nRUN <<EOF\nFROM b\nEOF\n"), ["1:6 a EveryHost"]);
}

/// BuildKit, `convert.go`: what `ONBUILD` says in a stage is done in the stages that are made from it, and in no others.
#[test]
fn on_build_counts_where_a_stage_is_made_from_the_one_that_says_it() {
    let base = "FROM a:1 AS base\nONBUILD COPY --from=b:1 /x /y\nONBUILD RUN --mount=from=c:1,target=/z dir\n";
    assert_eq!(found(base), ["1:6 a:1 EveryHost"]);
    let made = ["1:6 a:1 EveryHost", "2:21 b:1 NoHost", "3:26 c:1 NoHost"];
    assert_eq!(found(&format!("{base}FROM base\n")), made);
    // A stage that only the next one is made from has done it already.
    assert_eq!(found(&format!("{base}FROM base AS next\nFROM next\n")), made);
    assert_eq!(found(&format!("{base}FROM d:1\n")), ["1:6 a:1 OneHost", "4:6 d:1 EveryHost"]);
    // A command that it leaves runs in the stage that files come from.
    let copied = "FROM a:1 AS base\nONBUILD RUN dir\nFROM base AS files\nFROM scratch\nCOPY --from=files / /\n";
    assert_eq!(found(copied), ["1:6 a:1 OneHost"]);
}

#[test]
fn templates_are_named_and_broken_files_are_errors_at_their_lines() {
    for text in ["ENV A=b\nRUN x\n", "FROM {{ .Base }}\n", "{% if x %}\nFROM a\n{% endif %}\n", "{{ \"x\" }}\nFROM a\n"] {
        let scanned = read(text, &Build::default());
        assert!(scanned.left_out.is_some() && scanned.found.is_empty() && scanned.problems.is_empty(), "{scanned:?}");
    }
    // A line that is a command of another program makes no template.
    for (text, line) in [
        ("FROM a\nRUN docker ps --format \"{{.ID}}\"\nFOO x\n", 3),
        ("FROM a\nRUN docker ps --format \"{{.ID}}\"\nRUN <<EOF\nFROM\n", 5),
        ("FROM a\nLABEL x={%\nSHELL []\n", 3),
    ] {
        let scanned = read(text, &Build::default());
        let lines: Vec<u32> = scanned.problems.iter().map(|problem| problem.place.line).collect();
        assert_eq!((scanned.left_out, scanned.found.len(), lines), (None, 1, vec![line]), "{text}");
    }
    let scanned = read("FROM a\nRUN docker ps --format \"{{.ID}}\"\n{{ .More }}\n", &Build::default());
    assert_eq!((scanned.left_out.as_deref(), scanned.found.len()), (Some("a template for Dockerfiles"), 0));
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
    // The default behind a name does not count either.
    assert_eq!(lines("ARG TAG\nFROM server:${TAG:-ltsc2022}", &build), ["2:6 TAG=newest() EveryHost"]);
    assert_eq!(lines("ARG TAG\nARG BASE=server:${TAG:-1}\nFROM $BASE", &build), ["3:6 TAG=newest() EveryHost"]);
    // Where all arguments come from one expression, those of the builder do not.
    let whole = Build { rest: Some("all()".to_owned()), ..Build::default() };
    let text = "ARG TAG=ltsc2022\nARG TARGETOS\nFROM server:$TAG AS x\nFROM server:$TARGETOS\n";
    assert_eq!(lines(text, &whole), ["3:6 TAG=all() OneHost", "4:6 server:windows EveryHost"]);
    // What the command line gives counts more.
    let build = Build { arguments: [("TAG".to_owned(), "1809".to_owned())].into(), ..build };
    assert_eq!(lines("ARG TAG=ltsc2022\nFROM server:$TAG", &build), ["2:6 server:1809 EveryHost"]);
}

#[test]
fn a_context_may_be_another_image() {
    let image = Meant::Known("server:1809".to_owned());
    let build = Build { contexts: [("base".to_owned(), Some(image))].into(), ..Build::default() };
    assert_eq!(lines("FROM base\nCOPY --from=base /x /y", &build), ["1:6 server:1809 EveryHost", "2:13 server:1809 NoHost"]);
    // A context may be named as Docker shows the base.
    for (context, base, expected) in [
        ("base", "base:latest", "1:6 server:1809 EveryHost"),
        ("base:1", "docker.io/library/base:1", "1:6 server:1809 EveryHost"),
        ("org/base", "docker.io/org/base:latest", "1:6 server:1809 EveryHost"),
        ("base", "base:1", "1:6 base:1 EveryHost"),
        ("base", "r.example/base", "1:6 r.example/base EveryHost"),
    ] {
        let image = Meant::Known("server:1809".to_owned());
        let build = Build { contexts: [(context.to_owned(), Some(image))].into(), ..Build::default() };
        assert_eq!(lines(&format!("FROM {base}\n"), &build), [expected], "{context} {base}");
    }
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
    // Each stage and each image that files come from has the system of the build, where it says none.
    let text = "FROM a AS x\nRUN x\nFROM b\nCOPY --from=x /x /y\nCOPY --from=c /x /z\n";
    assert_eq!(lines(text, &build), ["1:6 a OneHost other", "3:6 b EveryHost other", "5:13 c NoHost other"]);
    let text = "FROM --platform=$BUILDPLATFORM a AS x\nRUN x\nFROM --platform=windows w AS y\nRUN x\nFROM b\n\
        COPY --from=x /x /y\nCOPY --from=y /x /z\n";
    assert_eq!(lines(text, &build), ["1:32 a OneHost", "3:25 w OneHost windows", "5:6 b EveryHost other"]);
    // What is for Windows may take files from an image for any system.
    let build = Build { os: Os::Windows, ..Build::default() };
    assert_eq!(lines("FROM a AS x\nRUN x\nFROM b\nCOPY --from=x /x /y\n", &build), ["1:6 a OneHost", "3:6 b EveryHost windows"]);
}

#[test]
fn a_build_for_a_processor_says_so() {
    let build = Build { os: Os::Windows, processor: Some(Architecture::Arm64), ..Build::default() };
    let text = "FROM a:${TARGETARCH} AS x\nRUN x\nFROM --platform=windows/amd64 b AS y\nRUN x\nFROM --platform=$BUILDPLATFORM c AS z\n\
        RUN x\nFROM d AS files\nFROM e:${TARGETOS}\nCOPY --from=x /x /x\nCOPY --from=y /y /y\nCOPY --from=z /z /z\n\
        COPY --from=files /f /f\n";
    let of = |found: &Found| {
        let Meant::Known(text) = &found.meant else { panic!("{found:?}") };
        format!("{text} {}", found.processor.map_or("any", Architecture::as_str))
    };
    let found: Vec<String> = read(text, &build).found.iter().map(of).collect();
    assert_eq!(found, ["a:arm64 arm64", "b amd64", "c any", "d any", "e:windows arm64"]);
}

/// containerd/platforms: a system, a system with its version, a processor, or both.
#[test]
fn platforms_of_stages() {
    for (platform, os) in [
        ("windows/amd64", " windows"),
        ("windows", " windows"),
        ("Windows(10.0.17763)/amd64", " windows"),
        ("windows(10.0.17763+win32k)/amd64", " windows"),
        ("linux/arm64", " other"),
        ("linux(6.1)/amd64", " other"),
        ("amd64", ""),
        ("$BUILDPLATFORM", ""),
    ] {
        let expected = format!("1:{} a EveryHost{os}", 18 + platform.len());
        assert_eq!(found(&format!("FROM --platform={platform} a")), [expected], "{platform}");
    }
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

/// BuildKit: an entry point without arguments is none, in each of the forms.
#[test]
fn an_entry_point_may_be_taken_away() {
    for line in [
        "ENTRYPOINT []",
        "entrypoint [ ]",
        "ENTRYPOINT",
        "ENTRYPOINT \\\n # why\n []",
        "ENTRYPOINT []\r",
        "ONBUILD ENTRYPOINT []",
        "CMD []",
        "ENTRYPOINT [\"x\"]",
        "ENTRYPOINT x []",
        "HEALTHCHECK NONE",
        "SHELL [\"cmd\"]",
        "VOLUME [\"C:/x\"]",
    ] {
        let text = format!("FROM a:1 AS x\n{line}\nFROM b:1\n");
        let found = read(&text, &Build::default());
        assert_eq!((found.problems.len(), found.found.len()), (0, 2), "{line}: {found:?}");
    }
    // Docker refuses these.
    for line in ["SHELL []", "ENTRYPOIN []", "RUN x\nFROM", "HEALTHCHECK []"] {
        let found = read(&format!("FROM a:1 AS x\n{line}\nFROM b:1\n"), &Build::default());
        assert_eq!((found.problems.len(), found.found.len()), (1, 1), "{line}: {found:?}");
    }
    let before = read("ENTRYPOINT []\nFROM a\n", &Build::default());
    assert_eq!((before.problems[0].place.line, before.found.len()), (1, 0));
}

/// BuildKit: neither `COPY --from` nor `RUN --mount` takes a variable.
#[test]
fn what_files_come_from_takes_no_variable() {
    for (line, place) in [
        ("COPY --from=server:${TAG} /x /y", (3, 13)),
        ("COPY --from=$TAG /x /y", (3, 13)),
        ("COPY --from=server:${NONE:-1} /x /y", (3, 13)),
        ("RUN --mount=type=bind,from=server:$TAG,target=/x dir", (3, 28)),
        ("RUN --mount=from=${TAG},target=/x dir", (3, 18)),
    ] {
        let scanned = read(&format!("ARG TAG=1\nFROM a\n{line}\nFROM b\n"), &Build::default());
        let [problem] = scanned.problems.as_slice() else { panic!("{line}: {scanned:?}") };
        assert_eq!((problem.place.line, problem.place.column), place, "{line}");
        assert_eq!(scanned.found.len(), 2, "{line}");
    }
    let text =
        "ARG TAG=1\nFROM server:$TAG AS x\nFROM a\nCOPY --from=x --chown=$A /x$TAG /y\nRUN --mount=from=x,target=/$TAG dir\n";
    assert_eq!(found(text), ["2:6 server:1 NoHost", "3:6 a EveryHost"]);
}

/// BuildKit, `convert.go`: it stops at files from a stage that is not done yet. Of stages with the same name the last one is meant.
#[test]
fn files_come_from_stages_before_alone() {
    let rest = "FROM b:1 AS tools\nRUN x\n";
    for (line, column, what) in [
        ("COPY --from=tools /a /b", 13, "the stage tools stands behind this one"),
        ("COPY --from=Tools /a /b", 13, "the stage Tools stands behind this one"),
        ("COPY --from=1 /a /b", 13, "the stage 1 stands behind this one"),
        ("RUN --mount=from=tools,target=/x y", 18, "the stage tools stands behind this one"),
        ("COPY --from=final /a /b", 13, "the stage final cannot be copied into itself"),
        ("COPY --from=0 /a /b", 13, "the stage 0 cannot be copied into itself"),
    ] {
        let text = format!("FROM a:1 AS final\n{line}\n{rest}");
        let build = Build { targets: vec!["final".to_owned()], ..Build::default() };
        let scanned = read(&text, &build);
        let [problem] = scanned.problems.as_slice() else { panic!("{text}: {scanned:?}") };
        assert_eq!((problem.place.line, problem.place.column, problem.error.what.as_str()), (2, column, what));
        // No stage is an image.
        assert!(scanned.found.iter().all(|found| ["a:1", "b:1"].contains(&found.written.as_str())), "{scanned:?}");
    }
    let twice = read("FROM a:1 AS x\nFROM b:1\nCOPY --from=x /a /b\nFROM c:1 AS x\n", &Build::default());
    assert_eq!(twice.problems.iter().map(|problem| problem.place.line).collect::<Vec<_>>(), [3]);
    // What is not built is not looked at.
    let other = Build { targets: vec!["x".to_owned()], ..Build::default() };
    assert_eq!(lines("FROM a:1 AS x\nFROM b:1\nCOPY --from=y /a /b\nFROM c:1 AS y\n", &other), ["1:6 a:1 EveryHost"]);
    // A base is a stage before or an image.
    assert_eq!(found("FROM tools\nFROM b:1 AS tools\n"), ["1:6 tools OneHost", "2:6 b:1 EveryHost"]);
    // Stages that copy from each other end.
    read("FROM a:1 AS x\nCOPY --from=y /a /b\nFROM b:1 AS y\nCOPY --from=x /a /b\n", &Build::default());
}

/// BuildKit, `convert.go`: a number is a stage in `COPY --from`, never an image, and nothing but a name or an image anywhere else.
#[test]
fn a_number_is_a_stage_where_files_are_copied_from() {
    for number in ["2", "-1"] {
        let text = format!("FROM a:1\nFROM b:1\nCOPY --link --from={number} /x /y\n");
        let scanned = read(&text, &Build::default());
        let [problem] = scanned.problems.as_slice() else { panic!("{text}: {scanned:?}") };
        assert_eq!((problem.place.line, problem.place.column, scanned.found.len()), (3, 20, 2), "{text}");
        assert_eq!(problem.error.what, format!("there is no stage {number}"));
    }
    // Behind a line that is not read there may be more.
    let broken = read("FROM a:1\nCOPY --from=1 /x /y\nRUNN x\nFROM b:1\n", &Build::default());
    assert_eq!((broken.problems.len(), broken.found.len()), (1, 1), "{broken:?}");
    let others = "FROM a:1\nFROM b:1\nRUN --mount=from=0,target=/x dir\nFROM 0\n";
    assert_eq!(found(others), ["1:6 a:1 OneHost", "2:6 b:1 OneHost", "3:18 0 NoHost", "4:6 0 EveryHost"]);
}

/// What an argument that is only declared has is what a builder sets.
#[test]
fn a_declared_argument_of_the_builder_keeps_its_value() {
    assert_eq!(found("ARG TARGETOS\nFROM a:${TARGETOS}"), ["2:6 a:windows EveryHost"]);
    assert_eq!(found("ARG TARGETOS=x\nARG TARGETOS\nFROM a:${TARGETOS}"), ["3:6 a:windows EveryHost"]);
    assert_eq!(found("ARG TAG=x\nARG TAG\nFROM a:${TAG}"), ["3:6 $TAG EveryHost"]);
}

/// BuildKit, `platform.go`: it sets these too, and a build argument of the same name counts more.
#[test]
fn what_the_machine_that_builds_is_has_no_value() {
    assert_eq!(found("ARG TARGETVARIANT\nFROM server:1${TARGETVARIANT}"), ["2:6 server:1 EveryHost"]);
    assert_eq!(found("FROM r/server:${TARGETOSVERSION}"), ["1:6 $TARGETOSVERSION EveryHost"]);
    assert_eq!(found("FROM server:$BUILDARCH-$TARGETARCH"), ["1:6 $BUILDARCH EveryHost"]);
    assert_eq!(found("ARG B=server:${BUILDARCH}\nFROM $B"), ["2:6 $B EveryHost"]);
    // The name of a stage.
    assert_eq!(found("FROM a AS x-1\nFROM b AS y\nFROM x-${TARGETSTAGE}\n"), ["1:6 a OneHost", "2:6 b OneHost"]);
    let build = Build { arguments: [("TARGETOSVERSION".to_owned(), "1809".to_owned())].into(), ..Build::default() };
    assert_eq!(lines("FROM server:${TARGETOSVERSION}", &build), ["1:6 server:1809 EveryHost"]);
}

/// Each line sees the arguments before it; to copy them for each line would take minutes.
#[test]
fn long_files_end() {
    let many = |number: usize| format!("ARG A{}=${{A{number}}}\n", number + 1);
    let arguments: String = std::iter::once("ARG A0=x\n".to_owned()).chain((0..10_000).map(many)).collect();
    let stages: String = (0..10_000).map(|number| format!("FROM a:${{A{number}}}\n")).collect();
    let scanned = read(&(arguments + &stages), &Build::default());
    assert_eq!((scanned.problems.len(), scanned.found.len()), (0, 10_000));
    assert!(scanned.found.iter().all(|found| found.meant == Meant::Known("a:x".to_owned())));
}
