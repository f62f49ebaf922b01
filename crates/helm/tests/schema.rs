//! Schemas: a schema, values, and what Helm says of them.

use helm::{Chart, ReleaseOptions, Values};
use std::collections::BTreeMap;

fn check(schema: &str, values: &str, expected: &[&str]) {
    let files = BTreeMap::from([
        (
            "Chart.yaml".to_owned(),
            "apiVersion: v2\nname: app\nversion: 0.1.0\n",
        ),
        ("values.schema.json".to_owned(), schema),
    ]);
    let chart = Chart::load(&files).unwrap();
    let values = Values::parse(values).unwrap();
    let got = match helm::render(&chart, &values, &ReleaseOptions::default()) {
        Ok(_) => String::new(),
        Err(error) => error.message,
    };
    let lines: Vec<&str> = got
        .lines()
        .skip(2)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(lines, expected, "\n{schema}");
}

#[test]
fn messages() {
    check(
        r#"{"type":"object","properties":{"port":{"type":"integer","minimum":1}}}"#,
        "port: 0",
        &["- at '/port': minimum: got 0, want 1"],
    );
    check(
        r#"{"properties":{"port":{"type":"integer"}}}"#,
        "port: x",
        &["- at '/port': got string, want integer"],
    );
    check(
        r#"{"properties":{"port":{"type":["integer","null"]}}}"#,
        "port: x",
        &["- at '/port': got string, want null or integer"],
    );
    check(
        r#"{"required":["name"]}"#,
        "port: 1",
        &["- at '': missing property 'name'"],
    );
    check(
        r#"{"properties":{"mode":{"enum":["a","b"]}}}"#,
        "mode: c",
        &["- at '/mode': value must be one of 'a', 'b'"],
    );
    check(
        r#"{"properties":{"a":{}},"additionalProperties":false}"#,
        "b: 1\nc: 2",
        &["- at '': additional properties 'b', 'c' not allowed"],
    );
    check(
        r##"{"properties":{"a":{"$ref":"#/definitions/p"}},"definitions":{"p":{"pattern":"^[a-z]+$"}}}"##,
        "a: ABC",
        &["- at '/a': 'ABC' does not match pattern '^[a-z]+$'"],
    );
    check(
        r#"{"properties":{"a":{"anyOf":[{"type":"integer"},{"type":"null"}]}}}"#,
        "a: x",
        &[
            "- at '/a': 'anyOf' failed",
            "  - at '/a': got string, want integer",
            "  - at '/a': got string, want null",
        ],
    );
    check(
        r#"{"properties":{"port":{"type":"integer"}}}"#,
        "port: 80",
        &[],
    );
}
