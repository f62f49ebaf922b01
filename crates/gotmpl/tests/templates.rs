//! The language: each template beside what Go gives, text or error.

use gotmpl::{Function, Host, Machine, Trees, Type, Value};
use proptest::prelude::*;
use std::rc::Rc;

struct Functions;

static TABLE: &[Function<Functions>] = &[
    Function {
        name: "upper",
        params: &[Type::String],
        variadic: false,
        deep: false,
        call: |_, args| {
            Ok(gotmpl::print::to_text(&args[0])
                .to_str()
                .to_uppercase()
                .into())
        },
    },
    Function {
        name: "include",
        params: &[Type::String, Type::Any],
        variadic: false,
        deep: false,
        call: |machine, args| {
            let name = gotmpl::print::to_text(&args[0]);
            let output = machine.execute(&name.to_str(), args[1].clone(), "root")?;
            Ok(gotmpl::Text::from(output.text).into())
        },
    },
];

impl Host for Functions {
    fn function(&self, name: &str) -> Option<&'static Function<Functions>> {
        TABLE.iter().find(|function| function.name == name)
    }

    fn method(&self, _: &Value, _: &str) -> Option<&'static Function<Functions>> {
        None
    }
}

fn render(text: &str) -> Result<gotmpl::Output, gotmpl::Error> {
    let mut functions = Functions;
    let mut trees = Trees::new();
    let is_function = |name: &str| gotmpl::is_function(&functions, name);
    gotmpl::parse("t", text, &mut trees, &is_function)?;
    let data =
        yaml::decode("{s: text, num: 3, l: [a, b], m: {k: v, j: w}, e: [], nul: null}").unwrap();
    Machine::new(Rc::new(trees), &mut functions).execute("t", Value::from(&data), "root")
}

fn check(text: &str, expected: &str) {
    let got = match render(text) {
        Ok(output) => String::from_utf8(output.text).unwrap(),
        Err(error) => error.message,
    };
    assert_eq!(got, expected, "\n{text}");
}

#[test]
fn actions() {
    let cases = [
        ("a {{- 1 -}} b", "a1b"),
        ("{{/* c */}}x{{- /* c */ -}} y", "xy"),
        ("{{ .s | upper | printf \"%s!\" }}", "TEXT!"),
        (
            "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}",
            "2",
        ),
        ("{{ range .l }}[{{ . }}]{{ else }}none{{ end }}", "[a][b]"),
        ("{{ range .e }}x{{ else }}none{{ end }}", "none"),
        (
            "{{ range $k, $v := .m }}{{ $k }}={{ $v }};{{ end }}",
            "j=w;k=v;",
        ),
        ("{{ range 3 }}{{ . }}{{ end }}", "012"),
        (
            "{{ range .l }}{{ if eq . \"b\" }}{{ break }}{{ end }}{{ . }}{{ end }}",
            "a",
        ),
        (
            "{{ range .l }}{{ if eq . \"a\" }}{{ continue }}{{ end }}{{ . }}{{ end }}",
            "b",
        ),
        ("{{ with .nul }}x{{ else with .s }}{{ . }}{{ end }}", "text"),
        ("{{ if .nul }}a{{ else if .num }}b{{ else }}c{{ end }}", "b"),
        (
            "{{ define \"d\" }}<{{ . }}>{{ end }}{{ template \"d\" .s }}{{ include \"d\" 1 }}",
            "<text><1>",
        ),
        ("{{ block \"b\" .num }}{{ . }}{{ end }}", "3"),
        (
            "{{ and .s .nul (fail) }}",
            "template: t:1: function \"fail\" not defined",
        ),
        ("{{ or .nul \"\" .s .nul.x }}", "text"),
        ("{{ .nope }}", "<no value>"),
        ("{{ index .l 1 }}{{ len .m }}{{ slice .s 1 3 }}", "b2ex"),
        (
            "{{ printf \"%5.2f|%-4d|%04d|%q|%v|%T\" 1.5 2 3 \"x\" .l .m }}",
            " 1.50|2   |0003|\"x\"|[a b]|map[string]interface {}",
        ),
        (
            "{{ printf \"%d %s %\" \"x\" }}",
            "%!d(string=x) %!s(MISSING) %!(NOVERB)",
        ),
        (
            "{{ html \"<a>\" }}{{ js \"'\" }}{{ urlquery \"a b\" }}",
            "&lt;a&gt;\\'a+b",
        ),
        (
            "{{ 1e6 }} {{ 0x10 }} {{ 'a' }} {{ 1_000 }}",
            "1e+06 16 97 1000",
        ),
    ];
    for (text, expected) in cases {
        check(text, expected);
    }
}

#[test]
fn errors_have_gos_words_and_place() {
    let cases = [
        (
            "x\n{{ .nul.x }}",
            "template: t:2:7: executing \"t\" at <.nul.x>: nil pointer evaluating interface {}.x",
        ),
        (
            "{{ .s.x }}",
            "template: t:1:5: executing \"t\" at <.s.x>: can't evaluate field x in type interface {}",
        ),
        (
            "{{ upper 3 }}",
            "template: t:1:9: executing \"t\" at <3>: expected string; found 3",
        ),
        (
            "{{ upper .l }}",
            "template: t:1:9: executing \"t\" at <.l>: wrong type for value; expected string; got []interface {}",
        ),
        (
            "{{ lt 1 \"a\" }}",
            "template: t:1:3: executing \"t\" at <lt 1 \"a\">: error calling lt: incompatible types for comparison: int and string",
        ),
        ("{{ if }}x{{ end }}", "template: t:1: missing value for if"),
        ("{{ if true }}", "template: t:1: unexpected EOF"),
        ("{{ end }}", "template: t:1: unexpected {{end}}"),
        ("{{ $x }}", "template: t:1: undefined variable \"$x\""),
        (
            "{{ template \"no\" }}",
            "template: t:1:12: executing \"t\" at <{{template \"no\"}}>: template \"no\" not defined",
        ),
    ];
    for (text, expected) in cases {
        check(text, expected);
    }
    let error = render("x\n  {{ .nul.x }}").unwrap_err();
    assert_eq!(
        error.place.map(|place| (place.line, place.column)),
        Some((2, 9))
    );
}

#[test]
fn output_knows_its_lines() {
    let mut functions = Functions;
    let mut trees = Trees::new();
    let text = "a\n{{ .s }}\n{{ range .l }}{{ . }}\n{{ end }}";
    gotmpl::parse("t", text, &mut trees, &|_| true).unwrap();
    let data = Value::from(&yaml::decode("{s: text, l: [a, b]}").unwrap());
    let mut machine = Machine::new(Rc::new(trees), &mut functions);
    machine.record("", &data);
    let output = machine.execute("t", data, "root").unwrap();
    assert_eq!(output.text, b"a\ntext\na\nb\n");
    let lines = machine.line_origins(&output);
    let lines: Vec<(usize, String)> = lines
        .iter()
        .map(|line| (line.sites[0].line, line.values.join(" ")))
        .collect();
    let expected = [(1, ""), (2, "s"), (3, "l[0]"), (3, "l[1]")];
    assert_eq!(
        lines,
        expected.map(|(line, values)| (line, values.to_owned()))
    );
}

#[test]
fn limits_name_themselves() {
    let shows = |text: &str, part: &str| {
        let message = render(text).unwrap_err().message;
        assert!(
            message.contains(part),
            "{}",
            &message[..message.len().min(300)]
        );
    };
    shows(
        "{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}",
        "exceeded maximum template depth (100)",
    );
    shows(
        "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
        "exceeded maximum template depth (100)",
    );
    shows(
        "{{ range 1000000000 }}{{ end }}",
        "exceeded maximum of 5000000 steps",
    );
    shows(
        "{{ range 1000000 }}0123456789012345678901234567890123456789{{ end }}",
        "exceeded maximum output of",
    );
    shows(
        &format!("{{{{ {}1 }}}}", "(".repeat(100_000)),
        "max expression depth exceeded",
    );
    shows(
        &"{{ if true }}".repeat(100_000),
        "max nesting depth exceeded",
    );
    shows(
        &"{{ if true }}{{ else if true }}".repeat(100_000),
        "max nesting depth exceeded",
    );
}

proptest! {
    #[test]
    fn no_text_panics(parts in prop::collection::vec(prop::sample::select(PARTS), 0..24)) {
        let _ = render(&parts.concat());
    }

    #[test]
    fn no_format_panics(format in "[%+\\-# 0-9.*\\[\\]vTdsqxXobceEfgGtpUé]{0,24}") {
        let values = [Value::from(-7), Value::from(1.5), Value::from("é"), Value::Nil];
        let _ = gotmpl::print::sprintf(format.as_bytes(), &values);
    }
}

/// What templates are made of, right and wrong.
const PARTS: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    "-}}",
    " ",
    "\n",
    "x",
    "if ",
    "else ",
    "end",
    "range ",
    "with ",
    "define ",
    "template ",
    "block ",
    "break",
    "continue",
    "$x",
    ":=",
    "=",
    ",",
    "|",
    "(",
    ")",
    ".s",
    ".m.k",
    ".",
    "\"a\"",
    "'b'",
    "`c`",
    "1",
    "-2.5",
    "0x1F",
    "1e9",
    "nil",
    "true",
    "printf ",
    "index ",
    "len ",
    "slice ",
    "eq ",
    "not ",
    "and ",
    "upper ",
    "é",
    "/*",
    "*/",
    "\\",
    "%",
    "$",
    ".l ",
];
