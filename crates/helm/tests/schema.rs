//! Schemas: a schema, values, and what Helm 4.3.1 says of them (`tests/schema/messages.jsonl`; an
//! empty message is none). Where Helm says several things of a map, it does so in random order:
//! such cases are not in the file.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use helm::{Chart, ReleaseOptions, Values};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What Helm puts before the messages of a chart.
const BEFORE: &str =
    "values don't meet the specifications of the schema(s) in the following chart(s):\napp:\n";

fn message(schema: &str, values: &str) -> String {
    let files = BTreeMap::from([
        (
            "Chart.yaml".to_owned(),
            "apiVersion: v2\nname: app\nversion: 0.1.0\n",
        ),
        ("values.schema.json".to_owned(), schema),
    ]);
    let chart = Chart::load(&files).unwrap();
    let values = Values::parse(values).unwrap();
    match helm::render(&chart, &values, &ReleaseOptions::default()) {
        Ok(_) => String::new(),
        Err(error) => error.message,
    }
}

fn check(schema: &str, values: &str, expected: &str) {
    let got = message(schema, values);
    let got = got.strip_prefix(BEFORE).unwrap_or(&got);
    assert_eq!(got.trim_end_matches('\n'), expected, "\n{schema}\n{values}");
}

#[test]
fn messages() {
    for line in include_str!("schema/messages.jsonl").lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let text = |name: &str| case[name].as_str().unwrap_or_default();
        check(text("schema"), text("values"), text("message"));
    }
}

#[test]
fn nothing_is_fetched() {
    let schema = r#"{"properties":{"p":{"$ref":"https://example.com/p.json"}}}"#;
    check(schema, "p: 1", "");
    check(&schema.replace("https://example.com/", "urn:"), "p: 1", "");
}

#[test]
fn deep_schemas_are_refused() {
    let depth = 90;
    let schema = format!(
        "{}{}",
        r#"{"not":"#.repeat(depth),
        "{}".to_owned() + &"}".repeat(depth)
    );
    let got = message(&schema, "p: 1");
    assert!(got.contains("exceeded maximum depth of 300"), "{got}");
}
