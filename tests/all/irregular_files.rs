//! Files that are pipes, devices or folders, or larger than anything of their kind: each is named, and none is waited for.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::program::{Answer, Program};
use crate::support::registry::images::Images;
use crate::support::registry::windows::WindowsImage;
use crate::support::registry::{Reply, Server};

/// No answer takes so long, on a busy machine either.
const SOON: Duration = Duration::from_secs(60);

fn pipe(path: &Path) -> String {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    path.to_str().unwrap().to_owned()
}

/// The ways to give a file, each with the arguments that name it.
fn ways(file: &str) -> Vec<Vec<String>> {
    let ways: [&[&str]; 6] = [
        &["check", "--host=ltsc2022", "--offline", "--from", "FILE"],
        &["check", "--host=@FILE", "--offline", "app:1"],
        &["host", "--host=@FILE"],
        &["check", "--host=ltsc2022", "--offline", "--knowledge", "FILE", "app:1"],
        &["check", "--host=ltsc2022", "--timeout=40", "--ca-file", "FILE", "127.0.0.1:1/app:1"],
        &[
            "run",
            "--dry-run",
            "--host=ltsc2022",
            "--offline",
            "--env-file",
            "FILE",
            "mcr.microsoft.com/windows/nanoserver:ltsc2022",
        ],
    ];
    ways.iter().map(|way| way.iter().map(|argument| argument.replace("FILE", file)).collect()).collect()
}

#[test]
fn a_pipe_a_device_and_a_folder_are_named_and_not_read() {
    let program = Program::new();
    let pipe = pipe(&program.folder().join("pipe"));
    let folder = program.folder().join("folder");
    fs::create_dir(&folder).unwrap();
    for file in [pipe.as_str(), "/dev/zero", folder.to_str().unwrap()] {
        for arguments in ways(file) {
            let begun = Instant::now();
            let answer = Answer::of(program.command().args(&arguments));
            assert!(begun.elapsed() < SOON, "{arguments:?}");
            assert!(matches!(answer.code, 2 | 125), "{arguments:?}: {}", answer.err);
            // A check says in its report which images it could not read.
            let said = answer.err + &answer.out;
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(said.contains("not a regular file"), "{arguments:?}: {said}");
            assert!(said.contains(file) && said.contains("hint: "), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn a_config_of_docker_that_is_a_pipe_gives_no_credentials_and_holds_up_nothing() {
    let server = Server::start(|_| Reply::challenge(r#"Basic realm="test""#));
    let program = Program::new();
    pipe(&program.folder().join("config.json"));
    let begun = Instant::now();
    let answer =
        Answer::of(program.command().args(["check", "--host=ltsc2022", "--timeout=5", &format!("{}/app:1", server.name())]));
    assert!(begun.elapsed() < SOON);
    assert_eq!(answer.code, 2, "{}", answer.err);
}

/// A cache is only a help: without it, everything goes on.
#[test]
fn a_cache_that_cannot_be_used_is_told_of_and_done_without() {
    let images = Images::default().windows("app", "1", &[WindowsImage::of("10.0.20348.1")]);
    let server = Server::start(move |request| images.respond(request));
    type Spoil = fn(&Path);
    let spoil: [(&str, Spoil); 4] = [
        ("a lock that is a pipe", |cache| drop(pipe(&cache.join("index.json.lock")))),
        ("a link in the place of the content", |cache| {
            fs::create_dir(cache.join("elsewhere")).unwrap();
            std::os::unix::fs::symlink("elsewhere", cache.join("blobs")).unwrap();
        }),
        ("a lock that is kept", |cache| {
            let lock = fs::File::create(cache.join("index.json.lock")).unwrap();
            lock.lock().unwrap();
            // Until the process of the tests ends.
            std::mem::forget(lock);
        }),
        ("a folder of others", |cache| {
            fs::remove_file(cache.join("wincompat.json")).unwrap();
            fs::write(cache.join("index.json"), r#"{"my":"own"}"#).unwrap();
        }),
    ];
    for (what, spoil) in spoil {
        let program = Program::new();
        fs::create_dir(program.cache()).unwrap();
        fs::write(program.cache().join("wincompat.json"), "{\"schema\":\"wincompat/cache/v1\"}\n").unwrap();
        spoil(&program.cache());
        let begun = Instant::now();
        let reference = format!("{}/app:1", server.name());
        let answer = Answer::of(program.command().args(["check", "--host=ltsc2022", "--timeout=20", &reference]));
        assert!(begun.elapsed() < SOON, "{what}");
        assert_eq!(answer.code, 0, "{what}: {}", answer.err);
        assert_eq!(answer.err.matches("warning: nothing is kept for the next check").count(), 1, "{what}: {}", answer.err);
        if what == "a folder of others" {
            assert_eq!(fs::read(program.cache().join("index.json")).unwrap(), br#"{"my":"own"}"#);
        }
    }
}

/// The variable names the folder only where nothing else is typed.
#[test]
fn the_cache_of_a_variable_can_be_done_without() {
    let image = Images::default().windows("app", "1", &[WindowsImage::of("10.0.20348.1")]);
    let server = Server::start(move |request| image.respond(request));
    let (program, image) = (Program::new(), format!("{}/app:1", server.name()));
    let check = |typed: &[&str]| Answer::of(program.command().args(["check", "--host=ltsc2022", &image]).args(typed));
    let typed = program.folder().join("typed");
    let typed = format!("--cache={}", typed.display());
    for without in [&["--no-cache"][..], &[&typed, "--no-cache"]] {
        let answer = check(without);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{without:?}");
        assert!(!program.cache().exists() && !program.folder().join("typed").exists(), "{without:?}");
    }
    // The last one counts.
    assert_eq!(check(&["--no-cache", &typed]).code, 0);
    assert!(!program.cache().exists() && program.folder().join("typed").exists());
}

/// On Windows the system names the folder of the user's caches, and not a variable.
#[cfg(unix)]
#[test]
fn an_empty_variable_names_no_cache() {
    let image = Images::default().windows("app", "1", &[WindowsImage::of("10.0.20348.1")]);
    let server = Server::start(move |request| image.respond(request));
    let (program, image) = (Program::new(), format!("{}/app:1", server.name()));
    let usual = program.folder().join("caches/wincompat");
    let run = |arguments: &[&str]| {
        let mut command = program.command();
        command.env("WINCOMPAT_CACHE", "").env("XDG_CACHE_HOME", program.folder().join("caches")).args(arguments);
        Answer::of(&mut command)
    };
    assert_eq!(run(&["check", "--host=ltsc2022", &image]).code, 0);
    let emptied = run(&["prune", "--cache"]);
    assert_eq!((emptied.code, emptied.err.as_str()), (0, ""));
    assert!(emptied.out.starts_with(&format!("cache {}: ", usual.display())), "{}", emptied.out);
}

#[test]
fn the_cache_has_a_size_and_is_emptied_when_that_is_asked_for() {
    let images = (0..40).fold(Images::default(), |images, number| {
        images.windows(
            "app",
            &number.to_string(),
            &[WindowsImage::of("10.0.20348.1").stated("comment", format!("{number:0>60000}"))],
        )
    });
    let server = Server::start(move |request| images.respond(request));
    let program = Program::new();
    let check = |tags: std::ops::Range<usize>| {
        let mut command = program.command();
        command.args(["check", "--host=ltsc2022", "--cache-size=1"]);
        let answer = Answer::of(command.args(tags.map(|tag| format!("{}/app:{tag}", server.name()))));
        assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    };
    let size = || -> u64 {
        let blobs = fs::read_dir(program.cache().join("blobs/sha256")).unwrap();
        blobs.map(|blob| blob.unwrap().metadata().unwrap().len()).sum()
    };
    check(0..10);
    assert!(size() > 0 && size() <= 1 << 18, "one run keeps a quarter: {}", size());
    for from in [10, 15, 20, 25, 30, 35] {
        check(from..from + 5);
        assert!(size() <= 1 << 20, "{}", size());
    }
    assert!(size() > 1 << 18, "{}", size());
    let emptied = Answer::of(program.command().args(["prune", "--cache"]));
    assert_eq!((emptied.code, emptied.err.as_str()), (0, ""));
    assert!(emptied.out.starts_with(&format!("cache {}: ", program.cache().display())), "{}", emptied.out);
    assert!(emptied.out.contains(" removed, ") && emptied.out.ends_with(" freed\n"), "{}", emptied.out);
    assert_eq!(size(), 0);
    let again = Answer::of(program.command().args(["prune", "--cache"]));
    assert_eq!((again.code, again.out.as_str(), again.err.as_str()), (0, "", "Nothing to remove.\n"));
    check(0..1);
    let named = Answer::of(
        program.command().args(["prune", &format!("--cache={}", program.cache().display())]).env_remove("WINCOMPAT_CACHE"),
    );
    assert_eq!((named.code, named.out.lines().count()), (0, 1), "{}", named.err);
    let others = program.folder().join("others");
    fs::create_dir(&others).unwrap();
    fs::write(others.join("notes.txt"), "precious").unwrap();
    let refused = Answer::of(program.command().args(["prune", &format!("--cache={}", others.display())]));
    assert!(
        refused.code == 2 && refused.err.contains("is not used as the cache") && others.join("notes.txt").exists(),
        "{}",
        refused.err
    );
}
