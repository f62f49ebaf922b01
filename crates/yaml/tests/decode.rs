//! Reading: each text beside the JSON it stands for, or the error it gives.

fn check(text: &str, expected: &str) {
    let got = match yaml::decode(text) {
        Ok(value) => serde_json::to_string(&value).unwrap(),
        Err(error) => error.to_string(),
    };
    assert_eq!(got, expected, "\n{text}");
}

#[test]
fn scalars_follow_yaml_1_1() {
    let cases = [
        ("yes", "true"),
        ("Off", "false"),
        ("y", "true"),
        ("\"yes\"", "\"yes\""),
        ("~", "null"),
        ("", "null"),
        ("# only a comment\n", "null"),
        ("0644", "420"),
        ("0o17", "15"),
        ("0x1F", "31"),
        ("0b101", "5"),
        ("1_000", "1000"),
        ("08", "8.0"),
        ("-0", "0"),
        ("+12", "12"),
        ("1e3", "1000.0"),
        (".5", "0.5"),
        ("1.2.3", "\"1.2.3\""),
        ("18446744073709551615", "1.8446744073709552e+19"),
        ("2001-12-14", "\"2001-12-14\""),
        ("1:30", "\"1:30\""),
        (
            "a: b: c",
            "yaml: mapping values are not allowed in this context",
        ),
        ("!!str 1", "\"1\""),
        ("!!int x", "yaml: cannot decode !!str `x` as a !!int"),
        ("!!binary aGk=", "\"hi\""),
        ("'it''s'", "\"it's\""),
        ("\"a\\tb\\u00e9\\\n  c\"", "\"a\\tbéc\""),
        ("a\n b\n\n c", "\"a b\\nc\""),
    ];
    for (text, expected) in cases {
        check(text, expected);
    }
}

#[test]
fn collections() {
    let cases = [
        ("a: 1\nb: [x, {p: z}, ]\n", r#"{"a":1,"b":["x",{"p":"z"}]}"#),
        ("- a\n-\n- - b\n  - c\n", r#"["a",null,["b","c"]]"#),
        ("a:\n- 1\n- 2\nb: 3\n", r#"{"a":[1,2],"b":3}"#),
        ("? a\n: b\n? c\n", r#"{"a":"b","c":null}"#),
        ("{a, b: , c: 1}", r#"{"a":null,"b":null,"c":1}"#),
        ("[a: 1, b]", r#"[{"a":1},"b"]"#),
        (
            "1: a\ntrue: b\n1.5: c\n",
            r#"{"1":"a","1.5":"c","true":"b"}"#,
        ),
        (
            "a: |\n  x\n   y\n\nb: >-\n  x\n  y\n\n  z\n",
            r#"{"a":"x\n y\n","b":"x y\nz"}"#,
        ),
        ("a: |2-\n   x\n", r#"{"a":" x"}"#),
        ("a: &x {k: 1}\nb: *x\n", r#"{"a":{"k":1},"b":{"k":1}}"#),
        (
            "x: &x {k: 1, l: 2}\nw:\n  <<: *x\n  l: 3\n",
            r#"{"w":{"k":1,"l":3},"x":{"k":1,"l":2}}"#,
        ),
        ("---\na: 1\n---\nb: [\n", r#"{"a":1}"#),
    ];
    for (text, expected) in cases {
        check(text, expected);
    }
}

#[test]
fn errors_have_the_words_and_lines_of_go() {
    let cases = [
        (
            "a: 1\nb: c: d\n",
            "yaml: line 2: mapping values are not allowed in this context",
        ),
        (
            "a: [1\nb: 2\n",
            "yaml: line 1: did not find expected ',' or ']'",
        ),
        (
            "a:\n\t- b\n",
            "yaml: line 2: found character that cannot start any token",
        ),
        ("a: 'x\n", "yaml: line 2: found unexpected end of stream"),
        ("a: *x\n", "yaml: unknown anchor 'x' referenced"),
        ("a: &x [*x]\n", "yaml: anchor 'x' value contains itself"),
        (
            "a: 1\na: 2\n",
            "yaml: unmarshal errors:\n  line 2: key \"a\" already set in map",
        ),
        ("[a]: 1", "yaml: invalid map key: []interface {}{\"a\"}"),
        (
            "- a\nb: 1\n",
            "yaml: line 1: did not find expected '-' indicator",
        ),
        (
            "a: {{ .Values.x }}",
            "yaml: invalid map key: map[interface {}]interface {}{\".Values.x\":interface {}(nil)}",
        ),
        (
            "%YAML 1.2\n---\na\n",
            "yaml: found incompatible YAML document",
        ),
        ("a: \u{1}", "yaml: control characters are not allowed"),
    ];
    for (text, expected) in cases {
        check(text, expected);
    }
}

#[test]
fn an_error_knows_its_place() {
    let error = yaml::decode("a: 1\nb: c: d\n").unwrap_err();
    assert_eq!((error.line, error.column), (2, 5));
    assert!(error.hint.is_some());
}

#[test]
fn aliases_have_a_budget() {
    let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..9 {
        let below = format!("*a{}", level - 1);
        let items = vec![below; 10].join(",");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    check(&text, "yaml: document contains excessive aliasing");
}

#[test]
fn nesting_has_a_limit() {
    check(&"[".repeat(100_000), "yaml: exceeded max depth of 200");
    check(&"- ".repeat(100_000), "yaml: exceeded max depth of 200");
}

#[test]
fn a_node_knows_its_place() {
    let text = "spec:\n  containers:\n  - name: web\n    image: \"app:1\"  # here\n";
    let root = yaml::parse_first(text).unwrap().unwrap();
    let image = root.at(&["spec", "containers", "0", "image"]).unwrap();
    assert_eq!(
        (&text[image.span.clone()], image.line(), image.column()),
        ("\"app:1\"", 4, 12)
    );
}

/// Some members of a mapping are the same whether the others are kept or not, and so are errors.
#[test]
fn members_are_those_of_the_whole() {
    let cases = [
        "kind: A\nmetadata: {name: x, labels: {a: [1, 2], b: }}\nspec: {a: {kind: B}, c: [d, {e: f}]}",
        "spec:\n  kind: C\n  list:\n  - kind: D\n  - [a, b: c, ]\n  text: |\n    kind: E\nkind: F\n",
        "kind: A\nspec:\n  *x : y\n",
        "spec: &a {kind: B}\nmetadata: *a",
        "spec: {<<: {a: b}}\nkind: C",
        "spec: {<<: a}\nkind: C",
        "spec: {~: a}\nkind: C",
        "spec:\n  [a]: b\n",
        "spec: !!int x",
        "spec: [a, b\nkind: C",
        "kind: A\nkind: B\nspec: a",
        "- kind: A\n- spec",
        "spec:\n- kind: A\n  metadata: B\n",
        "just text",
        "",
    ];
    for text in cases {
        let whole = yaml::decode_with(text, yaml::Duplicates::LastWins);
        let expected =
            whole.map(|value| (value.get("kind").clone(), value.get("metadata").clone()));
        let some = yaml::decode_members(text, &["kind", "metadata"]);
        let got = some.map(|value| (value.get("kind").clone(), value.get("metadata").clone()));
        assert_eq!(got, expected, "\n{text}");
    }
}

/// Keys in the worst order take no longer than others.
#[test]
fn many_keys_are_sorted_once() {
    let text: String = (0..200_000)
        .rev()
        .map(|n| format!("k{n:06}: 1\n"))
        .collect();
    assert_eq!(yaml::decode(&text).unwrap().members().count(), 200_000);
}
