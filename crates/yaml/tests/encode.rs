//! Writing: each value beside the YAML that Helm's `toYaml` gives, and that it reads back the same.

use proptest::prelude::*;
use yaml::Value;

fn check(json: &str, expected: &str) {
    let value: Value = serde_json::from_str(json).unwrap();
    let text = yaml::encode(&value);
    assert_eq!(text, expected, "\n{json}");
}

#[test]
fn layout() {
    let cases = [
        (
            r#"{"b":1,"a":[1,[2,3],{"x":1,"y":[]}],"c":{}}"#,
            "a:\n- 1\n- - 2\n  - 3\n- x: 1\n  \"y\": []\nb: 1\nc: {}\n",
        ),
        (r#"["a",{"b":["c"]}]"#, "- a\n- b:\n  - c\n"),
        (r#"{"a":{"b":{"c":null}}}"#, "a:\n  b:\n    c: null\n"),
        (
            r#"{"a10":1,"a2":1,"B":1,"_":1}"#,
            "_: 1\nB: 1\na2: 1\na10: 1\n",
        ),
        ("\"x\"", "x\n"),
        (
            r#"{"a":"l1\nl2\n","b":"l1\nl2","c":" l1\n"}"#,
            "a: |\n  l1\n  l2\nb: |-\n  l1\n  l2\nc: |2\n   l1\n",
        ),
        (r#"[{"a":"x\ny"}]"#, "- a: |-\n    x\n    y\n"),
    ];
    for (json, expected) in cases {
        check(json, expected);
    }
}

#[test]
fn quotes_only_where_needed() {
    let cases = [
        ("\"yes\"", "\"yes\"\n"),
        ("\"1\"", "\"1\"\n"),
        ("\"\"", "\"\"\n"),
        ("\"a: b\"", "'a: b'\n"),
        ("\"a #b\"", "'a #b'\n"),
        ("\"it's\"", "it's\n"),
        ("\"- x\"", "'- x'\n"),
        ("\"-x\"", "-x\n"),
        ("\"a\\tb\"", "\"a\\tb\"\n"),
        ("\"1:30\"", "\"1:30\"\n"),
        ("\"2001-12-14\"", "\"2001-12-14\"\n"),
        ("\"a \"", "'a '\n"),
        ("1000000", "1000000\n"),
        ("1.5e300", "1.5e+300\n"),
        ("1.0", "1\n"),
        ("0.1", "0.1\n"),
    ];
    for (json, expected) in cases {
        check(json, expected);
    }
}

#[test]
fn long_lines_are_folded_at_80() {
    let words = vec!["word"; 30].join(" ");
    let text = yaml::encode(&yaml::map! { "k" => words.as_str() });
    let widths: Vec<usize> = text.lines().map(str::len).collect();
    assert_eq!(widths, [82, 71]);
    assert_eq!(yaml::decode(&text).unwrap().get("k").text(), words);
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        "[a-z:#\\-\n \t'\"é😀\u{85}]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z0-9.\\- ]{0,6}", inner, 0..4)
                .prop_map(|members| { Value::Map(members.into_iter().collect()) }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(value in any_value()) {
        let text = yaml::encode(&value);
        prop_assert_eq!(yaml::decode(&text).map_err(|e| format!("{e}\n{text}")), Ok(value));
    }

    #[test]
    fn no_text_panics(text in "[a-c:#\\-\\[\\]{},?&*!|>'\"%@`\n \t0-9~<.]{0,60}") {
        let _ = yaml::decode(&text);
        let _ = yaml::parse(&text);
        let _ = yaml::edit::set(&text, &["a", "b"], &Value::from("x"));
    }
}
