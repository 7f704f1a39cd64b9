//! The sentences of `wincompat pull` on what it did, beside the digest that scripts read.

use super::*;

#[test]
fn the_first_pull_and_the_second_say_what_they_did() {
    let shop = Shop::well_behaved(vec![Layer::new(PLAIN, 1, 3000), Layer::new(PLAIN, 2, 3000)]);
    let first = shop.pull(&[]);
    let name = shop.name();
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(first.err.contains(": 4.5 KiB, verified\n"), "{}", first.err);
    assert!(first.err.ends_with(&format!("Pulled {name}: 2 layers, 9.0 KiB\n")), "{}", first.err);
    let second = shop.pull(&[]);
    assert_eq!((second.code, &second.out), (0, &first.out));
    assert!(second.err.ends_with(&format!("{name} is up to date\n")), "{}", second.err);
    assert_eq!(second.out.trim_end().parse::<Digest>().map(|digest| digest.to_string()).as_deref(), Ok(second.out.trim_end()));
    let quiet = shop.pull(&["-q"]);
    assert_eq!((quiet.code, &quiet.out, quiet.err.as_str()), (0, &first.out, ""));
}
