//! The sentences of `wincompat pull` on what it did, beside the digest that scripts read.

use super::*;

#[test]
fn the_first_pull_and_the_second_say_what_they_did() {
    let shop = Shop::well_behaved(vec![Layer::new(PLAIN, 1, 3000), Layer::new(PLAIN, 2, 3000)]);
    let first = shop.pull(&[]);
    let name = shop.name();
    assert_eq!(first.code, 0, "{}", first.err);
    let begin = format!("Downloading {name}: 2 layers, 9.0 KiB\n");
    assert!(first.err.starts_with(&begin), "before any layer: {}", first.err);
    assert!(first.err.contains(": 4.5 KiB, verified\n"), "{}", first.err);
    assert!(first.err.ends_with(&format!("Pulled {name}: 2 layers, 9.0 KiB\n")), "{}", first.err);
    let second = shop.pull(&[]);
    assert_eq!((second.code, &second.out), (0, &first.out));
    assert!(second.err.ends_with(&format!("{name} is up to date\n")), "{}", second.err);
    assert!(!second.err.contains("Downloading"), "nothing is: {}", second.err);
    assert_eq!(second.out.trim_end().parse::<Digest>().map(|digest| digest.to_string()).as_deref(), Ok(second.out.trim_end()));
    let quiet = shop.pull(&["-q"]);
    assert_eq!((quiet.code, &quiet.out, quiet.err.as_str()), (0, &first.out, ""));
}

#[test]
fn an_image_that_only_the_built_in_data_knows_cannot_be_pulled_without_the_network() {
    let program = Program::new();
    let store = program.file("store", "");
    fs::remove_file(&store).unwrap();
    let image = "mcr.microsoft.com/windows/nanoserver:ltsc2022";
    let answer = Answer::of(program.command().args(["pull", "--offline", HOST, image]).arg(format!("--root={store}")));
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    let expected = format!("error: the manifest of {image} is not in the cache\nhint: pull it without --offline\n");
    assert_eq!(answer.err, expected);
}

/// A file that may not grow is the reason that is said, also where a pull goes on with what an earlier one left.
#[cfg(unix)]
#[test]
fn a_disk_that_takes_no_more_is_told_of_whether_a_pull_begins_or_goes_on() {
    let shop = Shop::well_behaved(vec![Layer::new(GZIP, 1, 500_000)]);
    let layer = &shop.layers[0];
    crate::support::begin_store(&shop.store());
    for left in [0, 100_000] {
        fs::write(shop.partial(&layer.digest()), &layer.stored[..left]).unwrap();
        let asked = shop.requests_for(layer).len();
        let pull = shop.process();
        // At most 300 blocks of 512 or of 1024 bytes, and a write beyond them is an error and not the end of the program.
        let mut limited = Command::new("sh");
        limited.args(["-c", r#"trap "" XFSZ; ulimit -f 300; exec "$0" "$@""#]).arg(pull.get_program()).args(pull.get_args());
        shop.program.surround(&mut limited);
        limited.env_remove("WINCOMPAT_CACHE");
        let answer = Answer::of(&mut assert_cmd::Command::from_std(limited));
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{}", answer.err);
        assert!(answer.err.contains(".part could not be written: ") && !answer.err.contains("other processes"), "{}", answer.err);
        assert!(answer.err.contains("\nhint: check permissions and disk space there"), "{}", answer.err);
        assert_eq!(shop.requests_for(layer).len(), asked + 1, "it is not asked for again");
    }
    shop.succeeds(&[]);
}
