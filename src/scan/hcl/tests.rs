//! Expressions as bake files hold them.

use super::*;

fn eval(text: &str) -> Result<Value, Unknown> {
    let given: Values = [("GIVEN".to_owned(), "ltsc2022".to_owned())].into();
    let mut evaluator = Evaluator::new(&given);
    let itself: Expression = "\"${SELF}x\"".parse().unwrap();
    let double: Expression = "\"${n}${n}\"".parse().unwrap();
    let deep: Expression = "again(n)".parse().unwrap();
    evaluator.variables.insert("SELF".to_owned(), Some(&itself));
    evaluator.variables.insert("NONE".to_owned(), None);
    let of = |result| Function { parameters: vec!["n".to_owned()], variadic: None, result };
    let all: Expression = "join(\"-\", concat([n], more))".parse().unwrap();
    evaluator.functions.insert("all".to_owned(), Function { variadic: Some("more".to_owned()), ..of(&all) });
    evaluator.functions.insert("double".to_owned(), of(&double));
    evaluator.functions.insert("again".to_owned(), of(&deep));
    evaluator.value(&text.parse().unwrap(), &Locals::new())
}

#[test]
fn expressions_of_real_files() {
    for (text, expected) in [
        ("\"server:${GIVEN}\"", "server:ltsc2022"),
        ("GIVEN == \"ltsc2022\" ? \"a\" : \"b\"", "a"),
        ("equal(GIVEN, \"1809\") && true ? \"a\" : \"b\"", "b"),
        ("{a = \"x\", \"b\": \"y\"}[\"b\"]", "y"),
        ("[\"x\", \"y\"][1]", "y"),
        ("{a = {b = \"z\"}}.a.b", "z"),
        ("join(\"-\", [for v in [\"a\", \"b\", \"c\"] : upper(v) if v != \"b\"])", "A-C"),
        ("double(double(\"ab\"))", "abababab"),
        ("replace(trimprefix(\"v1.2\", \"v\"), \".\", \"_\")", "1_2"),
        ("\"%{ if GIVEN == \"x\" }a%{ else }b%{ endif }\"", "b"),
        ("\"%{ for v in [\"a\", \"b\"] }${v}-%{ endfor }c\"", "a-b-c"),
        ("\"%{ for k, v in {x = \"1\", y = \"2\"} }${k}${v}%{ endfor }\"", "x1y2"),
        ("\"%{ for n, v in [\"a\", \"b\"] }${n}%{ if v == \"b\" }${v}%{ endif }%{ endfor }\"", "01b"),
        // A tilde takes blanks away, to the end of their line.
        ("\"a ${~ GIVEN ~} :b\"", "altsc2022:b"),
        ("\"a %{~ if true ~} b %{~ else ~} c %{~ endif ~} d\"", "abd"),
        ("\"a %{ if false ~} b %{ else ~} c %{~ endif } d\"", "a c d"),
        ("\"%{ for v in [\"a\", \"b\"] ~} ${v} %{~ endfor ~} c\"", "abc"),
        ("\"a\\n  ${~ GIVEN ~}\\n  b\"", "a\nltsc2022  b"),
        ("lookup({a = \"1\"}, \"c\", \"none\")", "none"),
        ("element(concat([\"a\"], flatten([[\"b\"]])), 1)", "b"),
        ("NONE == \"\" ? \"a\" : \"b\"", "a"),
        ("notequal(\"\", NONE) ? \"a\" : \"b\"", "b"),
        ("\"${[\"x\", \"y\"]}\"[1]", "y"),
        ("format(\"%s-%d%%\", GIVEN, 2)", "ltsc2022-2%"),
        ("coalesce(null, \"a\", \"b\")", "a"),
        ("zipmap([\"T\"], [\"a\"]).T", "a"),
        ("jsondecode(\"{\\\"T\\\": [\\\"a\\\", \\\"b\\\"]}\").T[1]", "b"),
        ("join(\"\", reverselist(distinct(compact([\"a\", \"\", \"b\", \"a\"]))))", "ba"),
        ("all(\"a\", \"b\", \"c\")", "a-b-c"),
        ("all(\"a\")", "a"),
        ("try(GIVEN, \"x\")", "ltsc2022"),
        ("join(\"-\", concat([[\"a\"], [\"b\"]]...))", "a-b"),
    ] {
        assert_eq!(eval(text), Ok(Value::Text(expected.to_owned())), "{text}");
    }
}

#[test]
fn what_is_not_known_is_said() {
    assert_eq!(eval("\"a:${NONE}\""), Err(Unknown::Variable("NONE".to_owned())));
    assert_eq!(eval("NEVER"), Err(Unknown::Variable("NEVER".to_owned())));
    for text in
        ["\"%{ for v in NONE }${v}%{ endfor }\"", "\"%{ for v in [NONE] }${v}%{ endfor }\"", "\"%{ if NONE }a%{ endif }\""]
    {
        assert_eq!(eval(text), Err(Unknown::Variable("NONE".to_owned())), "{text}");
    }
    for text in ["\"%{ for v in timestamp() }${v}%{ endfor }\"", "\"%{ for v in [1] }${timestamp()}%{ endfor }\""] {
        assert_eq!(eval(text), Err(Unknown::Expression), "{text}");
    }
    for text in ["upper(NONE)", "join(\"-\", [NONE])", "NONE ? 1 : 2", "1 < NONE", "format(\"%s\", NONE)", "{(NONE) = 1}"] {
        assert_eq!(eval(text), Err(Unknown::Variable("NONE".to_owned())), "{text}");
    }
    assert_eq!(eval("coalesce(NONE, \"x\")"), Ok(Value::Unset("NONE".to_owned())));
    for text in
        ["format(\"%05d\", 1)", "format(\"%s\")", "format(\"x\", 1)", "reverse([1])", "try(timestamp(), 1)", "jsondecode(\"{\")"]
    {
        assert_eq!(eval(text), Err(Unknown::Expression), "{text}");
    }
    for text in ["timestamp()", "SELF", "again(1)", "[1][7]", "{}.a", "1 + \"a\"", "double(1, 2)", "all()", "core::x()"] {
        assert_eq!(eval(text), Err(Unknown::Expression), "{text}");
    }
}

#[test]
fn growth_ends() {
    let text = (0..40).fold("\"abcdefgh\"".to_owned(), |inner, _| format!("double({inner})"));
    assert_eq!(eval(&text), Err(Unknown::Expression));
    let loops = "[for a in L : [for b in L : [for c in L : [for d in L : [for e in L : a]]]]]";
    let list = format!("[{}]", vec!["1"; 60].join(","));
    assert_eq!(eval(&loops.replace('L', &list)), Err(Unknown::Expression));
    let inner = (0..5).fold("x".to_owned(), |inner, _| format!("%{{ for v in L }}{inner}%{{ endfor }}"));
    assert_eq!(eval(&format!("\"{}\"", inner.replace('L', &list))), Err(Unknown::Expression));
}
