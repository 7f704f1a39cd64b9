//! `wincompat run` on machines that cannot launch a container: what they lack is said before anything is taken.

use std::fs;

use wincompat::internals::oci::layout::Folder;

use super::machine::Machine;
use crate::support::emulated::image::{Image, base_layer, name, with_utility_vm};
use crate::support::program::{Answer, Program};

const IMAGE: &str = "example.com/app:1";

/// The program, with an image for Windows Server 2022 in its store.
struct Here {
    program: Program,
}

impl Here {
    fn new() -> Self {
        let here = Self { program: Program::new() };
        let version = "10.0.20348.5139";
        let image = Image::of(version, vec![with_utility_vm(base_layer(version)).finish()]);
        image.put(&Folder::create(crate::support::handles(), here.program.folder().join("store")).unwrap(), &name("app", "1"));
        here
    }

    /// Runs the image, which must be refused with nothing done, and these words.
    #[track_caller]
    fn refuses(&self, arguments: &[&str], words: &[&str]) {
        let store = self.program.folder().join("store");
        let mut run = self.program.command();
        run.env("WINCOMPAT_ROOT", &store).arg("run").args(arguments).args([IMAGE, "cmd", "/c", "ver"]);
        let answer = Answer::of(&mut run);
        assert_eq!((answer.code, answer.out.as_str()), (125, ""), "{answer:?}");
        for word in ["error: ", "hint: "].iter().chain(words) {
            assert!(answer.err.contains(word), "no {word:?} in:\n{}", answer.err);
        }
        for folder in ["containers", "layers"] {
            assert!(fs::read_dir(store.join(folder)).map_or(0, Iterator::count) == 0, "{folder} was filled");
        }
    }
}

#[test]
fn without_the_service_or_its_libraries_nothing_is_begun() {
    let Some(machine) = Machine::borrow() else { return };
    machine.becomes("windows-server-2022");
    let here = Here::new();

    machine.has_services(&[]);
    here.refuses(&[], &["[containers-feature-missing]", "Install-WindowsFeature Containers"]);
    here.refuses(&["-d"], &["[containers-feature-missing]"]);
    let lacks = "this machine cannot launch a container in process isolation as it is";
    here.refuses(&["--force"], &[lacks, "containers-feature", "hcs-libraries", "Install-WindowsFeature Containers"]);

    // The feature is on by its services, and Wine has none of the libraries.
    machine.has_services(&["vmcompute", "hns"]);
    here.refuses(&[], &[lacks, "hcs-libraries", "vmcompute.dll", "computecore.dll", "`wincompat host --root ", "` lists all"]);
    let hyperv = ["--isolation", "hyperv", "--host", "local,hyperv"];
    here.refuses(&hyperv, &["this machine cannot launch a container in hyperv isolation as it is", "vmcompute.dll"]);
}
