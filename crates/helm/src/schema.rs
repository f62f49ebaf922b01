//! values.schema.json: JSON Schema of drafts 4, 6, 7, 2019-09 and 2020-12, with the rules and the
//! messages of the validator that Helm has (santhosh-tekuri/jsonschema v6).
//!
//! Where that validator goes through a map, Go's order is random and so is the order of its
//! messages; here it is that of the keys. Nothing is fetched: a schema that a reference names by an
//! HTTP URL allows everything, as one named by a URN does in Helm, and a notice says so.

mod compare;
mod document;
#[cfg(feature = "metaschemas")]
mod format;
mod keywords;
mod problem;
mod url;
mod validate;

/// Without the feature `metaschemas` formats allow everything.
#[cfg(not(feature = "metaschemas"))]
mod format {
    pub(super) fn check(_format: &str, _text: &str) -> Result<(), String> {
        Ok(())
    }
}

use crate::chart::Chart;
use crate::error::Error;
use crate::log::{Level, Log};
use document::{Place, Store};
use problem::Problem;
use std::fmt::Write;
use yaml::Value;

/// The metaschemas of json-schema.org (licensed as BSD-3-Clause or AFL-3.0), without annotations.
/// Behind the feature `metaschemas`, for what a browser loads has no need of them.
#[cfg(feature = "metaschemas")]
const METASCHEMAS: &str = include_str!("schema/metaschemas.json");
#[cfg(not(feature = "metaschemas"))]
const METASCHEMAS: &str = "[]";

/// Checks the values of a chart and its subcharts against their schemas
/// (helm/helm pkg/chart/common/util/jsonschema.go).
pub(crate) fn check(chart: &Chart, values: &gotmpl::Map, log: &Log) -> Result<(), Error> {
    let mut report = String::new();
    check_chart(chart, values, &mut report, log);
    if report.is_empty() {
        return Ok(());
    }
    Err(Error::in_file(
        "values.yaml",
        format!(
            "values don't meet the specifications of the schema(s) in the following chart(s):\n{report}"
        ),
    ))
}

fn check_chart(chart: &Chart, values: &gotmpl::Map, report: &mut String, log: &Log) {
    let debug = |message: &str, attributes| log.add(Level::Debug, message, attributes);
    if let Some(text) = &chart.schema {
        debug("chart name", vec![("chart-name", chart.name().to_owned())]);
        let values = crate::json::to_yaml(&values.clone().into()).unwrap_or_default();
        if let Err(message) = check_values(text, &values, log) {
            let _ = write!(report, "{}:\n{message}", chart.name());
        }
    }
    debug(
        "number of dependencies in the chart",
        vec![
            ("chart", chart.name().to_owned()),
            ("dependencies", chart.dependencies.len().to_string()),
        ],
    );
    for sub in &chart.dependencies {
        match values.get(sub.name()) {
            Some(gotmpl::Value::Map(inner)) => check_chart(sub, &inner, report, log),
            None | Some(gotmpl::Value::Nil) => {}
            Some(other) => {
                let _ = writeln!(
                    report,
                    "{}:\ninvalid type for values: expected object (map), got {}",
                    sub.name(),
                    other.type_name()
                );
            }
        }
    }
}

/// Checks values against the text of a schema.
fn check_values(text: &str, values: &Value, log: &Log) -> Result<(), String> {
    let schema = read(text)?;
    log.add(
        Level::Debug,
        "unmarshalled JSON schema",
        vec![("schema", text.to_owned())],
    );
    let metaschemas = read(METASCHEMAS)?;
    let mut store = Store::new(metaschemas.items(), log);
    let root = store.load(&schema)?;
    let problems = validate::problems(&store, root, values);
    if problems.is_empty() {
        return Ok(());
    }
    // Helm leaves out the first line of the validator's own file, and ends with an empty line.
    Err(show(&problems).trim_start_matches('\n').to_owned() + "\n")
}

fn read(text: &str) -> Result<Value, String> {
    let (schema, end, _) =
        crate::json::decode_prefix(text.as_bytes()).map_err(|found| {
            match found.message.as_str() {
                "unexpected end of JSON input" if text.trim().is_empty() => "EOF".to_owned(),
                "unexpected end of JSON input" => "unexpected EOF".to_owned(),
                message => message.to_owned(),
            }
        })?;
    if !text[end..].trim().is_empty() {
        return Err("invalid character after top-level value".to_owned());
    }
    crate::json::to_yaml(&schema)
}

/// The problems as a list, each on a line of its own that begins with a line break.
fn show(problems: &[Problem]) -> String {
    let mut out = String::new();
    for problem in problems {
        problem.show(&mut out, 0);
    }
    out
}

/// Checks a part of the schema itself against the metaschema of its draft.
fn check_schema(store: &Store<'_>, meta: Place<'_>, part: &Value, url: &str) -> Result<(), String> {
    let problems = validate::problems(store, meta, part);
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} is not valid against metaschema: jsonschema validation failed with '{}#'{}",
        gotmpl::quote::quote(url.as_bytes()),
        store.url(meta),
        show(&problems)
    ))
}
