//! Letters that YAML, JSON and Go each see with other eyes. Recorded from Helm 4.3.1.

use helm::{Chart, ReleaseOptions, Values};
use std::collections::BTreeMap;

fn check(expression: &str, expected: &str) {
    let template = format!("{{{{ {expression} | quote }}}}");
    let files = BTreeMap::from([
        (
            "Chart.yaml".to_owned(),
            "apiVersion: v2\nname: t\nversion: 0.1.0\n",
        ),
        ("templates/t".to_owned(), template.as_str()),
    ]);
    let chart = Chart::load(&files).unwrap();
    let files = helm::render_templates(&chart, &Values::new(), &ReleaseOptions::default());
    let text = &files.unwrap()["t/templates/t"].text;
    assert_eq!(text, expected, "{expression}");
}

#[test]
fn a_next_line_is_folded_on_its_way_through_json() {
    check(r#"dict "k" "x\u0085y" | toYaml"#, r#""k: x y""#);
    check(r#"dict "k" "x \u0085 y" | toYaml"#, r#""k: x y""#);
    check(r#"list "\u0085" | toYaml"#, r#""- ' '""#);
    check(
        r#"dict "k" "x\u0085\u0085\u0085y" | toYaml"#,
        r#""k: |-\n  x\n\n  y""#,
    );
    check(r#"dict "\u0085k" 1 | toYaml"#, r#""""#);
}

#[test]
fn control_characters_leave_nothing() {
    check(r#"dict "k" "x\x7fy" | toYaml"#, r#""""#);
    check(r#"list "\u0086" | toYaml"#, r#""""#);
    check(r#"dict "\uffffk" 1 | toYaml"#, r#""""#);
}

#[test]
fn lines_of_unicode_are_indented() {
    check(r#"dict "k" "x\u2028y" | toYaml"#, r#""k: 'x\u2028  y'""#);
    check(r#"dict "\u2028k" 1 | toYaml"#, r#""? '\u2028  k'\n: 1""#);
    check(
        r#"dict "k" "a\nb\u2028\u2028c\n\nd" | toYaml"#,
        r#""k: |-\n  a\n  b\u2028\u2028  c\n\n  d""#,
    );
    check(
        r#"dict "k" "k\u2028\n\u2028\n" | toYaml"#,
        r#""k: |+\n  k\u2028\n\u2028""#,
    );
}

#[test]
fn a_byte_order_mark_escapes_what_follows() {
    check(r#"dict "\ufeffk" 1 | toYaml"#, r#""\"\\uFEFF\\x6B\": 1""#);
    check(r#"dict "k" "x\ufeffy" | toYaml"#, r#""k: \"x\\uFEFFy\"""#);
}

#[test]
fn go_prints_what_has_a_meaning() {
    check(
        r#""\u0301 é \u200b \ud7ff \U0010ffff \ufffd""#,
        r#""\u0301 é \u200b \ud7ff \U0010ffff �""#.replace("\\u0301", "\u{301}").as_str(),
    );
}

#[test]
fn a_date_that_is_none() {
    check(
        r#"toDate ".ValuesҊes.t" "bad""#,
        r#""0001-01-01 00:00:00 +0000 UTC""#,
    );
}
