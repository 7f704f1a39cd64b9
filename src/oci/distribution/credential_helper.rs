//! Credential helpers: programs `docker-credential-NAME` that hand out what a keychain holds.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::{self, Stdio};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use crate::oci::distribution::keychain::Credential;
use crate::process_group::{ProcessGroup, ProcessGroups};
use crate::text::shown;

/// The longest time that a helper may take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// The most that is read of what a helper prints, in bytes.
const OUTPUT: u64 = 64 << 10;

/// The text that a helper prints when it has nothing (docker/docker-credential-helpers, `credentials/error.go`).
const NOT_FOUND: &str = "credentials not found in native keychain";

/// A helper that gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unanswered {
    /// The sentence that says what went wrong.
    pub(crate) problem: String,
    /// Its kind.
    pub(crate) fault: Fault,
}

/// The fault of a helper that gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No program can have its name.
    Name,
    /// There is no such program.
    Missing,
    /// The program does not do what it is for.
    Program,
}

impl Unanswered {
    fn of(fault: Fault, problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), fault }
    }
}

/// The program of the helper NAME.
pub(crate) fn program(name: &str) -> String {
    format!("docker-credential-{name}")
}

#[derive(Deserialize)]
struct Found {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: String,
}

/// Asks `docker-credential-NAME`, found on `path`, for the credentials of `server`.
/// A helper that takes too long is ended, together with its group.
pub(crate) async fn ask(
    name: &str,
    server: &str,
    path: Option<&OsStr>,
    groups: &dyn ProcessGroups,
    timeout: Duration,
) -> Result<Option<Credential>, Unanswered> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() || !name.bytes().all(allowed) {
        return Err(Unanswered::of(Fault::Name, format!("a credential helper cannot be called {:?}", shown(name))));
    }
    let program = program(name);
    let mut helper = start(&program, path, groups)?;
    // Dropping the helper ends it.
    let answer = tokio::time::timeout(timeout, helper.talk(server)).await;
    let answer = answer.unwrap_or_else(|_| Err(format!("gave no answer within {} seconds", timeout.as_secs_f64())));
    answer.map_err(|problem| Unanswered::of(Fault::Program, format!("the credential helper {program} {problem}")))
}

/// Starts the first program of this name in the absolute folders of `path`; never one in the folder this process happens to be in.
/// A file that may not be executed is not a program.
fn start(program: &str, path: Option<&OsStr>, groups: &dyn ProcessGroups) -> Result<Helper, Unanswered> {
    let mut names = vec![format!("{program}{EXE_SUFFIX}")];
    if !EXE_SUFFIX.is_empty() {
        // On Windows scripts are programs, too.
        names.push(format!("{program}.cmd"));
    }
    let folders = path.into_iter().flat_map(std::env::split_paths).filter(|folder| folder.is_absolute());
    let files = folders.flat_map(|folder| names.iter().map(move |name| folder.join(name)).collect::<Vec<PathBuf>>());
    for file in files.filter(|file| file.is_file()) {
        let mut command = process::Command::new(file);
        command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let _starting = groups.begin(&mut command);
        match Command::from(command).kill_on_drop(true).spawn() {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => {
                let problem = format!("the credential helper {program} cannot be started: {error}");
                return Err(Unanswered::of(Fault::Program, problem));
            }
            // One that has ended already has no group.
            Ok(child) => return Ok(Helper { group: child.id().and_then(|number| groups.of(number).ok()), child }),
        }
    }
    Err(Unanswered::of(Fault::Missing, format!("the credential helper {program} is not on PATH")))
}

/// A helper that runs. It is killed when it is dropped.
struct Helper {
    child: Child,
    /// Itself and what it has started, until it has ended by itself: what it leaves then, an agent for example, is meant to stay.
    group: Option<Box<dyn ProcessGroup>>,
}

impl Drop for Helper {
    fn drop(&mut self) {
        if let Some(group) = &self.group {
            group.end();
        }
    }
}

impl Helper {
    /// Asks for the credentials of `server` and reads the answer.
    async fn talk(&mut self, server: &str) -> Result<Option<Credential>, String> {
        let child = &mut self.child;
        if let Some(mut stdin) = child.stdin.take() {
            // A helper may answer without having read its question to the end.
            let _ = stdin.write_all(server.as_bytes()).await;
        }
        let mut output = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            stdout.take(OUTPUT + 1).read_to_end(&mut output).await.map_err(|error| format!("cannot be read: {error}"))?;
        }
        if output.len() as u64 > OUTPUT {
            return Err("says far too much".to_owned());
        }
        let status = child.wait().await.map_err(|error| format!("was lost: {error}"))?;
        self.group = None;
        if status.success() {
            // What cannot be read is not quoted: it may hold the secret.
            let found: Found = serde_json::from_slice(&output).map_err(|_| "does not answer in its protocol".to_owned())?;
            return Ok(Credential::from_pair(&found.username, &found.secret));
        }
        if String::from_utf8_lossy(&output).trim() == NOT_FOUND {
            return Ok(None);
        }
        Err(format!("failed ({status})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process_group::Alone;

    #[tokio::test]
    async fn names_that_are_paths_are_refused() {
        for name in ["", "../evil", "a b", "a/b", "a\\b", "a;b", "\u{e9}", "a\nb"] {
            let Unanswered { problem, fault } = ask(name, "r.test", None, &Alone, TIMEOUT).await.unwrap_err();
            assert!(problem.starts_with("a credential helper cannot be called"), "{problem}");
            assert_eq!(fault, Fault::Name);
        }
        let unanswered = ask("nowhere", "r.test", Some(OsStr::new(".")), &Alone, TIMEOUT).await.unwrap_err();
        let problem = "the credential helper docker-credential-nowhere is not on PATH";
        assert_eq!(unanswered, Unanswered::of(Fault::Missing, problem));
    }

    /// Helpers that are scripts of a shell, where there is one.
    mod scripts {
        use std::time::Instant;

        use super::*;
        use crate::oci::distribution::secret::Secret;

        /// A script being written must not be inherited by another that is being started: it could not be run then.
        static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

        async fn answer_of(script: &str, timeout: Duration) -> Result<Option<Credential>, String> {
            answer_in(&Alone, script, timeout).await
        }

        async fn answer_in(groups: &dyn ProcessGroups, script: &str, timeout: Duration) -> Result<Option<Credential>, String> {
            let _turn = ONE_AT_A_TIME.lock().await;
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("docker-credential-test");
            std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
            let executable = std::process::Command::new("chmod").arg("755").arg(&file).status().unwrap();
            assert!(executable.success());
            let answer = ask("test", "r.test", Some(folder.path().as_os_str()), groups, timeout).await;
            answer.map_err(|unanswered| {
                assert_eq!(unanswered.fault, Fault::Program);
                unanswered.problem
            })
        }

        fn is_without_shell() -> bool {
            std::env::consts::FAMILY != "unix"
        }

        #[tokio::test]
        async fn a_file_that_may_not_be_executed_is_not_a_helper() {
            if is_without_shell() {
                return;
            }
            let _turn = ONE_AT_A_TIME.lock().await;
            let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
            let path = std::env::join_paths(folders.iter().map(|folder| folder.path())).unwrap();
            for folder in &folders {
                std::fs::write(folder.path().join("docker-credential-test"), "#!/bin/sh\n").unwrap();
            }
            let unanswered = ask("test", "r.test", Some(&path), &Alone, TIMEOUT).await.unwrap_err();
            assert_eq!(unanswered.problem, "the credential helper docker-credential-test is not on PATH");
        }

        #[tokio::test]
        async fn the_protocol_is_spoken() {
            if is_without_shell() {
                return;
            }
            let password = |username: &str, password: &str| Credential::Password {
                username: username.to_owned(),
                password: Secret::new(password),
            };
            let table = [
                (
                    r#"read server; test "$1" = get && echo "{\"ServerURL\":\"$server\",\"Username\":\"$server\",\"Secret\":\"s\"}""#,
                    Ok(Some(password("r.test", "s"))),
                ),
                (r#"echo '{"Username":"u","Secret":"s"}'"#, Ok(Some(password("u", "s")))),
                (r#"echo '{"Username":"<token>","Secret":"s"}'"#, Ok(Some(Credential::Identity(Secret::new("s"))))),
                (r#"echo '{"Username":"","Secret":""}'"#, Ok(None)),
                ("echo credentials not found in native keychain; exit 1", Ok(None)),
                ("echo hunter2; exit 3", Err("failed (exit status: 3)")),
                ("echo hunter2", Err("does not answer in its protocol")),
                (r#"echo '{"Username":5,"Secret":"hunter2"}'"#, Err("does not answer in its protocol")),
                ("yes hunter2", Err("says far too much")),
            ];
            for (script, expected) in table {
                let expected = expected.map_err(|problem| format!("the credential helper docker-credential-test {problem}"));
                assert_eq!(answer_of(script, TIMEOUT).await, expected, "{script}");
            }
        }

        #[tokio::test]
        async fn a_helper_that_hangs_is_killed() {
            if is_without_shell() {
                return;
            }
            let begun = Instant::now();
            let folder = tempfile::tempdir().unwrap();
            let mark = folder.path().join("still-alive");
            // The shell itself writes: a program that it started could outlive it.
            let script = format!("while :; do : >{} 2>/dev/null; sleep 0.05; done", mark.display());
            let problem = answer_of(&script, Duration::from_millis(300)).await.unwrap_err();
            assert!(problem.ends_with("gave no answer within 0.3 seconds"), "{problem}");
            assert!(begun.elapsed() < Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(300)).await;
            let _ = std::fs::remove_file(&mark);
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert!(!mark.exists());
        }

        /// What a helper has started goes with it: a child that holds its output open, one that does not, one of another shell.
        #[cfg(unix)]
        #[tokio::test]
        async fn a_helper_that_is_ended_takes_its_children_with_it() {
            use crate::unix::UnixGroups;

            let folder = tempfile::tempdir().unwrap();
            let mark = |name: &str| folder.path().join(name).display().to_string();
            let (holds, quiet, deep) = (mark("holds"), mark("quiet"), mark("deep"));
            let lives = |mark: &str| format!("while :; do : >{mark} 2>/dev/null; sleep 0.05; done");
            for end in ["sleep 600", "exit 0", "exec sleep 600"] {
                let script = format!(
                    "({}) &\n({}) >/dev/null </dev/null &\nsh -c '({}) & wait' &\n{end}",
                    lives(&holds),
                    lives(&quiet),
                    lives(&deep)
                );
                let live = async {
                    while ![&holds, &quiet, &deep].iter().all(|mark| std::path::Path::new(mark).exists()) {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                };
                // Once all of them live, it is given up.
                tokio::select! {
                    answer = answer_in(&UnixGroups, &script, Duration::from_secs(60)) => panic!("{end}: {answer:?}"),
                    () = live => {}
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
                for mark in [&holds, &quiet, &deep] {
                    std::fs::remove_file(mark).unwrap();
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
                for mark in [&holds, &quiet, &deep] {
                    assert!(!std::path::Path::new(mark).exists(), "{mark} lives after {end}");
                }
            }
        }

        /// An agent that a helper leaves behind after its answer is meant to stay.
        #[cfg(unix)]
        #[tokio::test]
        async fn a_helper_that_has_answered_leaves_what_it_started() {
            use crate::unix::UnixGroups;

            let folder = tempfile::tempdir().unwrap();
            let mark = folder.path().join("agent");
            let agent = format!("(sleep 0.5; : >{}) >/dev/null </dev/null 2>&1 &", mark.display());
            let script = format!(
                r#"{agent}
echo '{{"Username":"u","Secret":"s"}}'"#
            );
            assert!(answer_in(&UnixGroups, &script, TIMEOUT).await.unwrap().is_some());
            for _ in 0..100 {
                if mark.exists() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            panic!("the agent was ended");
        }
    }
}
