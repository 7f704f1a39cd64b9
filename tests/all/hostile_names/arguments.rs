//! Hostile arguments and environment variables.

use assert_cmd::Command;

use super::{HOSTILE, MARK, harmless};
use crate::support::program::Program;

const IMAGE: &str = "127.0.0.1:1/app:1";
const HOST: &str = "--host=windows-server-2022";

/// A place, whether what stands there is shown, and the program with it.
type Place = (&'static str, bool, fn(&Program, &str) -> Command);

fn check(program: &Program, arguments: &[&str]) -> Command {
    let mut command = program.command();
    command.args(["check", "--offline"]).args(arguments);
    command
}

const PLACES: [Place; 28] = [
    ("image", true, |program, name| check(program, &[HOST, "--", name])),
    ("image, as JSON", true, |program, name| check(program, &[HOST, "--format=json", "--", name])),
    ("tag", true, |program, name| check(program, &[HOST, &format!("registry.test/app:{name}")])),
    ("folder", true, |program, name| check(program, &[HOST, &format!("oci:no-such-folder/{name}")])),
    ("folder, as JSON", true, |program, name| check(program, &[HOST, "--format=json", &format!("oci:no-such-folder/{name}")])),
    ("archive", true, |program, name| check(program, &[HOST, &format!("docker-archive:no-such-folder/{name}")])),
    ("a line of --from", true, |program, name| {
        let list = program.file("list", format!("{IMAGE}\n{name}\nx{name}\n"));
        check(program, &[HOST, "--from", &list])
    }),
    ("a line of --from, as JSON", true, |program, name| {
        let list = program.file("list", format!("{IMAGE}\n{name}\nx{name}\n"));
        check(program, &[HOST, "--format=json", "--from", &list])
    }),
    ("standard input", true, |program, name| {
        let mut command = check(program, &[HOST, "--from=-"]);
        command.write_stdin(format!("x{name}"));
        command
    }),
    ("--from", true, |program, name| check(program, &[HOST, "--from", &format!("no-such-folder/{name}")])),
    ("--host", true, |program, name| check(program, &[&format!("--host={name}"), IMAGE])),
    ("--host, its attributes", true, |program, name| check(program, &[&format!("--host=20348,{name}"), IMAGE])),
    ("--host=@", true, |program, name| check(program, &[&format!("--host=@no-such-folder/{name}"), IMAGE])),
    ("--isolation", true, |program, name| check(program, &[HOST, &format!("--isolation={name}"), IMAGE])),
    ("--deny", true, |program, name| check(program, &[HOST, &format!("--deny={name}"), IMAGE])),
    ("--format", true, |program, name| check(program, &[HOST, &format!("--format={name}"), IMAGE])),
    ("--timeout", true, |program, name| {
        let mut command = program.command();
        command.args(["check", HOST, IMAGE, &format!("--timeout={name}")]);
        command
    }),
    ("--mirror", true, |program, name| check(program, &[HOST, &format!("--mirror={name}"), IMAGE])),
    ("--mirror, its address", true, |program, name| check(program, &[HOST, &format!("--mirror=registry.test={name}"), IMAGE])),
    ("--knowledge", true, |program, name| check(program, &[HOST, &format!("--knowledge=no-such-folder/{name}"), IMAGE])),
    ("--ca-file", true, |program, name| {
        let mut command = program.command();
        command.args(["check", HOST, IMAGE, &format!("--ca-file=no-such-folder/{name}")]);
        command
    }),
    ("an option that does not exist", true, |program, name| check(program, &[HOST, &format!("--{name}"), IMAGE])),
    ("a command that does not exist", true, |program, name| {
        let mut command = program.command();
        command.arg(name);
        command
    }),
    ("host", true, |program, name| {
        let mut command = program.command();
        command.args(["host", &format!("--host={name}")]);
        command
    }),
    ("explain", true, |program, name| {
        let mut command = program.command();
        command.args(["explain", "--", name]);
        command
    }),
    ("explain, as JSON", true, |program, name| {
        let mut command = program.command();
        command.args(["explain", "--format=json", "--", name]);
        command
    }),
    ("WINCOMPAT_ISOLATION", true, |program, name| {
        let mut command = check(program, &[HOST, IMAGE]);
        command.env("WINCOMPAT_ISOLATION", name);
        command
    }),
    ("WINCOMPAT_ISOLATION, in --help", false, |program, name| {
        let mut command = check(program, &["--help"]);
        command.env("WINCOMPAT_ISOLATION", name).env("WINCOMPAT_CACHE", name);
        command
    }),
];

#[test]
fn hostile_arguments_are_harmless() {
    let program = Program::new();
    for (place, shown, command) in PLACES {
        for name in HOSTILE {
            let printed = harmless(place, &mut command(&program, name));
            assert!(!shown || printed.contains(MARK), "{place}: {name:?} is not named in {printed:?}");
        }
    }
}

/// The folder of a cache that cannot be made is named in a warning.
#[test]
fn a_hostile_folder_of_the_cache_is_harmless() {
    use crate::support::registry::images::{Access, Images, serve};
    use crate::support::registry::windows::WindowsImage;

    let server = serve(Images::default().single("app", "1", &WindowsImage::of("10.0.20348.1")), Access::Anyone);
    let program = Program::new();
    let no_folder = program.file("file", "");
    for name in HOSTILE {
        let mut command = program.command();
        let image = format!("{}/app:1", server.name());
        let command = command.args(["check", HOST, &image]).env("WINCOMPAT_CACHE", format!("{no_folder}/{name}"));
        let printed = harmless("WINCOMPAT_CACHE", command);
        assert!(printed.contains("warning: nothing is kept"), "{printed}");
    }
}
