//! values.schema.json: what charts use of JSON Schema (draft 7 and 2020-12), with the messages of
//! the validator that Helm has (santhosh-tekuri/jsonschema v6: validator.go, kind/kind.go).
//! References go within the file only; `format` is not looked at.

use crate::chart::Chart;
use crate::error::Error;
use crate::log::{Level, Log};
use crate::regexp::Regexp;
use std::collections::BTreeSet;
use yaml::{Map, Value};

/// How deep schemas and values may go into one another.
const DEPTH_MAX: usize = 64;

/// Checks the values of a chart and its subcharts against their schemas.
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
        check_schema(chart, text, &values, report, log);
    }
    debug(
        "number of dependencies in the chart",
        vec![
            ("chart", chart.name().to_owned()),
            ("dependencies", chart.dependencies.len().to_string()),
        ],
    );
    for sub in &chart.dependencies {
        if let Some(gotmpl::Value::Map(inner)) = values.get(sub.name()) {
            check_chart(sub, &inner, report, log);
        }
    }
}

fn check_schema(chart: &Chart, text: &str, values: &Value, report: &mut String, log: &Log) {
    let root = match crate::json::decode(text.as_bytes()) {
        Ok(schema) => crate::json::to_yaml(&schema).unwrap_or_default(),
        Err(found) => {
            let message = match found.message.as_str() {
                "unexpected end of JSON input" if text.trim().is_empty() => "EOF",
                "unexpected end of JSON input" => "unexpected EOF",
                message => message,
            };
            report.push_str(&format!("{}:\n{message}", chart.name()));
            return;
        }
    };
    log.add(
        Level::Debug,
        "unmarshalled JSON schema",
        vec![("schema", text.to_owned())],
    );
    let draft = draft_of(&root);
    let wrong = check_schema_itself(&root, draft).or_else(|| missing_reference(&root, &root, 0));
    if let Some(wrong) = wrong {
        report.push_str(&format!("{}:\n{wrong}", chart.name()));
        return;
    }
    let found = problems(&root, draft, values);
    if !found.is_empty() {
        report.push_str(&format!("{}:\n", chart.name()));
        for problem in &found {
            problem.show(report, 0);
        }
    }
}

/// What a schema finds wrong.
fn problems(root: &Value, draft: u32, value: &Value) -> Vec<Problem> {
    let found = Checker { root, draft }.check(root, value, "", 0);
    found.err().map_or_else(Vec::new, Problem::ungrouped)
}

/// The schemas of schemas, without what is for people only; vocabularies stand under `$defs`.
/// Behind the feature `metaschemas`, for what a browser loads has no need of them.
#[cfg(feature = "metaschemas")]
const METASCHEMAS: &[(u32, &str, &str)] = &[
    (
        4,
        "http://json-schema.org/draft-04/schema#",
        include_str!("schema/draft-04.json"),
    ),
    (
        6,
        "http://json-schema.org/draft-06/schema#",
        include_str!("schema/draft-06.json"),
    ),
    (
        7,
        "http://json-schema.org/draft-07/schema#",
        include_str!("schema/draft-07.json"),
    ),
    (
        2019,
        "https://json-schema.org/draft/2019-09/schema#",
        include_str!("schema/draft-2019-09.json"),
    ),
    (
        2020,
        "https://json-schema.org/draft/2020-12/schema#",
        include_str!("schema/draft-2020-12.json"),
    ),
];
#[cfg(not(feature = "metaschemas"))]
const METASCHEMAS: &[(u32, &str, &str)] = &[];

/// What is wrong with a schema that is none.
fn check_schema_itself(root: &Value, draft: u32) -> Option<String> {
    let (_, name, text) = METASCHEMAS.iter().find(|(known, ..)| *known == draft)?;
    let metaschema = yaml::decode_with(text, yaml::Duplicates::LastWins).ok()?;
    let found = problems(&metaschema, draft, root);
    let mut out = format!(
        "\"{SCHEMA_URL}\" is not valid against metaschema: jsonschema validation failed with {}\n",
        quoted(name)
    );
    for problem in &found {
        problem.show(&mut out, 0);
    }
    (!found.is_empty()).then(|| out.trim_end().to_owned())
}

/// A reference within the file that leads nowhere, and how Helm says so.
fn missing_reference(root: &Value, schema: &Value, depth: usize) -> Option<String> {
    if depth > DEPTH_MAX {
        return None;
    }
    if let Some(path) = schema
        .get("$ref")
        .as_str()
        .filter(|path| path.starts_with("#/"))
        && (Checker { root, draft: 7 }).resolve(path).is_none()
    {
        let url = format!("{}{path}", SCHEMA_URL.trim_end_matches('#'));
        return Some(format!("json-pointer in \"{url}\" not found"));
    }
    // What stands there as a value is no schema.
    let members = schema.members();
    let members = members
        .filter(|(name, _)| !matches!(name.as_str(), "enum" | "const" | "default" | "examples"));
    let mut inner = members.map(|(_, value)| value).chain(schema.items());
    inner.find_map(|inner| missing_reference(root, inner, depth + 1))
}

/// What Helm calls the schema of a chart.
const SCHEMA_URL: &str = "file:///values.schema.json#";

/// The version of the language that `$schema` names; the latest if it names none that is known.
fn draft_of(root: &Value) -> u32 {
    let name = root.get("$schema").text().trim_end_matches('#');
    let name = name
        .strip_prefix("http://")
        .or_else(|| name.strip_prefix("https://"));
    match name {
        Some("json-schema.org/draft-04/schema") => 4,
        Some("json-schema.org/draft-06/schema") => 6,
        Some("json-schema.org/draft-07/schema") => 7,
        Some("json-schema.org/draft/2019-09/schema") => 2019,
        _ => 2020,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Something is wrong here.
    Plain,
    /// Several things are.
    Group,
    /// What a reference leads to finds something wrong.
    Reference,
}

/// What is wrong at a place, and what led to it.
struct Problem {
    at: String,
    message: String,
    kind: Kind,
    causes: Vec<Problem>,
}

impl Problem {
    fn new(at: &str, message: impl Into<String>, kind: Kind, causes: Vec<Problem>) -> Problem {
        Problem {
            at: at.to_owned(),
            message: message.into(),
            kind,
            causes,
        }
    }

    fn show(&self, out: &mut String, depth: usize) {
        // A reference to one problem is no news.
        let is_shown = self.kind != Kind::Reference || self.causes.len() != 1;
        if is_shown {
            let indent = "  ".repeat(depth);
            out.push_str(&format!(
                "{indent}- at {}: {}\n",
                quoted(&self.at),
                self.message
            ));
        }
        for cause in &self.causes {
            cause.show(out, depth + usize::from(is_shown));
        }
    }

    /// The problems it stands for, if it is a group.
    fn ungrouped(self) -> Vec<Problem> {
        match self.kind {
            Kind::Group => self.causes,
            _ => vec![self],
        }
    }
}

/// The names and indexes of what schemas had a say on.
#[derive(Default)]
struct Evaluated {
    names: BTreeSet<String>,
    indexes: BTreeSet<usize>,
}

type Outcome = Result<Evaluated, Problem>;

/// What is found of one value by one schema.
struct Findings<'f> {
    at: &'f str,
    problems: Vec<Problem>,
    evaluated: Evaluated,
}

impl Findings<'_> {
    fn problem(&mut self, message: impl Into<String>) {
        self.caused(message, Vec::new());
    }

    fn caused(&mut self, message: impl Into<String>, causes: Vec<Problem>) {
        let problem = Problem::new(self.at, message, Kind::Plain, causes);
        self.problems.push(problem);
    }

    /// Takes what another schema found of the same value.
    fn of_same(&mut self, outcome: Outcome) -> bool {
        match outcome {
            Ok(evaluated) => {
                self.evaluated.names.extend(evaluated.names);
                self.evaluated.indexes.extend(evaluated.indexes);
                true
            }
            Err(problem) => {
                self.problems.push(problem);
                false
            }
        }
    }

    /// Takes what a schema found of a part of the value.
    fn of_part(&mut self, outcome: Outcome) {
        self.problems.extend(outcome.err());
    }
}

struct Checker<'s> {
    root: &'s Value,
    draft: u32,
}

fn quoted(text: &str) -> String {
    let shown = gotmpl::quote::quote(text.as_bytes());
    let inner = shown.get(1..shown.len() - 1).unwrap_or_default();
    format!("'{}'", inner.replace("\\\"", "\"").replace('\'', "\\'"))
}

fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    names.join(", ")
}

/// A number that both whole ones and others are.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// A number as English writes it: `65,535`, `1.5`, `1×10⁰⁶`
/// (golang.org/x/text/message, which the validator prints with).
fn english(number: f64) -> String {
    let text = yaml::number::format_g(number);
    let (digits, exponent) = match text.split_once('e') {
        Some((digits, exponent)) => (digits, Some(exponent)),
        None => (text.as_str(), None),
    };
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits),
    };
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(fraction);
    if let Some(exponent) = exponent {
        out.push_str("×10");
        out.extend(exponent.chars().filter_map(|letter| match letter {
            '-' => Some('⁻'),
            digit => "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(digit.to_digit(10)? as usize),
        }));
    }
    out
}

fn is_type(value: &Value, name: &str) -> bool {
    match name {
        "integer" => number(value).is_some_and(|number| number.fract() == 0.0),
        "boolean" => value.kind() == "bool",
        name => value.kind() == name,
    }
}

/// The name of the type in schemas.
fn type_name(value: &Value) -> &'static str {
    match value.kind() {
        "bool" => "boolean",
        kind => kind,
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// A value as messages show it; lists and mappings are not shown.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(quoted(text)),
        Value::Null => Some("<nil>".to_owned()),
        Value::Bool(flag) => Some(flag.to_string()),
        value => number(value).map(|number| format!("{number}")),
    }
}

/// A member of a schema, if it is there; null is a value like others.
fn member<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    schema.as_map()?.get(name)
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl<'s> Checker<'s> {
    fn check(&self, schema: &'s Value, value: &Value, at: &str, depth: usize) -> Outcome {
        let fail = |message: String| Err(Problem::new(at, message, Kind::Plain, Vec::new()));
        if depth > DEPTH_MAX {
            return fail(format!("exceeded maximum depth of {DEPTH_MAX}"));
        }
        if let Value::Bool(false) = schema {
            return fail("false schema".to_owned());
        }
        let reference = schema.get("$ref").as_str();
        let target = reference.and_then(|pointer| self.resolve(pointer));
        let mut findings = Findings {
            at,
            problems: Vec::new(),
            evaluated: Evaluated::default(),
        };
        // Before 2019 a reference stood alone, whatever was written beside it.
        let stands_alone = self.draft < 2019 && reference.is_some();
        if !stands_alone && let Some(message) = check_itself(schema, value, self.draft) {
            return fail(message);
        }
        if let Some(target) = target {
            let outcome = self.check(target, value, at, depth + 1);
            findings.of_same(outcome.map_err(|problem| {
                let causes = problem.ungrouped();
                Problem::new(at, "validation failed", Kind::Reference, causes)
            }));
        }
        if !stands_alone {
            match value {
                Value::String(text) => check_string(schema, text, &mut findings),
                Value::Int(_) | Value::Float(_) => check_number(schema, value, &mut findings),
                Value::List(items) => self.check_list(schema, items, depth, &mut findings),
                Value::Map(map) => self.check_map(schema, map, depth, &mut findings),
                Value::Null | Value::Bool(_) => {}
            }
            self.check_combined(schema, value, depth, &mut findings);
            self.check_unevaluated(schema, value, depth, &mut findings);
        }
        let mut problems = findings.problems;
        match problems.len() {
            0 => Ok(findings.evaluated),
            1 => Err(problems.remove(0)),
            _ => Err(Problem::new(at, "validation failed", Kind::Group, problems)),
        }
    }

    /// The schema at `#/definitions/x`, or with the anchor `#x`.
    fn resolve(&self, pointer: &str) -> Option<&'s Value> {
        let path = pointer.strip_prefix('#')?.replace("%20", " ");
        if !path.is_empty() && !path.starts_with('/') {
            return find_anchor(self.root, &path, 0);
        }
        let mut schema = self.root;
        for part in path.split('/').skip(1) {
            let name = part.replace("~1", "/").replace("~0", "~");
            schema = match schema {
                Value::List(items) => items.get(name.parse::<usize>().ok()?)?,
                schema => member(schema, &name)?,
            };
        }
        Some(schema)
    }

    fn check_list(
        &self,
        schema: &'s Value,
        items: &[Value],
        depth: usize,
        findings: &mut Findings<'_>,
    ) {
        let at = findings.at;
        let check = |schema: &'s Value, index: usize| {
            self.check(schema, &items[index], &format!("{at}/{index}"), depth + 1)
        };
        check_count(schema, ["minItems", "maxItems"], items.len(), findings);
        if schema.get("uniqueItems").as_bool() == Some(true) {
            let pairs = (0..items.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
            let twice = pairs
                .take(100_000)
                .find(|(a, b)| equal(&items[*a], &items[*b]));
            if let Some((a, b)) = twice {
                findings.problem(format!("items at {a} and {b} are equal"));
            }
        }
        // Before 2020-12 a list of schemas stood under `items`.
        let (first, rest) = match (self.draft < 2020, schema.get("items")) {
            (true, Value::List(first)) => (&first[..], member(schema, "additionalItems")),
            (true, _) => (&[][..], member(schema, "items")),
            (false, _) => (schema.get("prefixItems").items(), member(schema, "items")),
        };
        for (index, schema) in first.iter().enumerate().take(items.len()) {
            findings.of_part(check(schema, index));
            findings.evaluated.indexes.insert(index);
        }
        let more = first.len()..items.len();
        match rest {
            Some(Value::Bool(false)) if self.draft < 2020 && !first.is_empty() => {
                let count = more.len();
                let message = format!("last {count} additionalItem(s) not allowed");
                findings.problems.extend(
                    (count > 0).then(|| Problem::new(at, message, Kind::Plain, Vec::new())),
                );
            }
            Some(rest) => {
                for index in more {
                    findings.of_part(check(rest, index));
                    findings.evaluated.indexes.insert(index);
                }
            }
            None => {}
        }
        let Some(wanted) = member(schema, "contains").filter(|_| self.draft > 4) else {
            return;
        };
        let (mut matched, mut others) = (Vec::new(), Vec::new());
        for index in 0..items.len() {
            match check(wanted, index) {
                Ok(_) => matched.push(index),
                Err(problem) => others.push(problem),
            }
        }
        if self.draft >= 2020 {
            findings.evaluated.indexes.extend(&matched);
        }
        let limit = |name: &str| match self.draft >= 2019 {
            true => number(schema.get(name)).map(|limit| limit as usize),
            false => None,
        };
        let count = matched.len();
        let places: Vec<String> = matched.iter().map(usize::to_string).collect();
        let found = format!("but matched {count} items at {}", places.join(" "));
        match limit("minContains") {
            Some(least) if count < least => {
                let found = if count == 0 {
                    "but none matched"
                } else {
                    &found
                };
                let wanted = format!("min {least} items required to match contains schema");
                findings.caused(format!("{wanted}, {found}"), others);
            }
            None if count == 0 => findings.caused("no items match contains schema", others),
            _ => {}
        }
        if let Some(most) = limit("maxContains").filter(|most| count > *most) {
            findings.problem(format!(
                "max {most} items required to match contains schema, {found}"
            ));
        }
    }

    fn check_map(&self, schema: &'s Value, map: &Map, depth: usize, findings: &mut Findings<'_>) {
        let at = findings.at;
        let same = Value::Map(map.clone());
        let missing = |names: &Value| -> Vec<String> {
            let names = names.items().iter().map(|name| name.text().to_owned());
            names.filter(|name| !map.contains_key(name)).collect()
        };
        check_count(
            schema,
            ["minProperties", "maxProperties"],
            map.len(),
            findings,
        );
        match missing(schema.get("required")) {
            names if names.is_empty() => {}
            names if names.len() == 1 => {
                findings.problem(format!("missing property {}", list(&names)));
            }
            names => findings.problem(format!("missing properties {}", list(&names))),
        }
        let depends = |keyword: &str, findings: &mut Findings<'_>| {
            for (name, wanted) in schema.get(keyword).members() {
                if !map.contains_key(name) {
                    continue;
                }
                if !matches!(wanted, Value::List(_)) {
                    findings.of_same(self.check(wanted, &same, at, depth + 1));
                    continue;
                }
                let names = missing(wanted);
                if !names.is_empty() {
                    let (names, name) = (list(&names), quoted(name));
                    findings.problem(format!("properties {names} required, if {name} exists"));
                }
            }
        };
        depends("dependencies", findings);
        self.check_members(schema, map, depth, findings);
        if let Some(names) = member(schema, "propertyNames").filter(|_| self.draft > 4) {
            for name in map.keys() {
                if let Err(problem) = self.check(names, &Value::from(name), "", depth + 1) {
                    let message = format!("invalid propertyName {}", quoted(name));
                    findings.caused(message, problem.ungrouped());
                }
            }
        }
        if self.draft >= 2019 {
            depends("dependentSchemas", findings);
            depends("dependentRequired", findings);
        }
    }

    fn check_members(
        &self,
        schema: &'s Value,
        map: &Map,
        depth: usize,
        findings: &mut Findings<'_>,
    ) {
        let mut unknown = Vec::new();
        let additional = member(schema, "additionalProperties");
        for (name, value) in map.iter() {
            let place = format!("{}/{}", findings.at, escaped(name));
            let check = |schema: &'s Value| self.check(schema, value, &place, depth + 1);
            let mut known = false;
            if let Some(schema) = member(schema.get("properties"), name) {
                known = true;
                findings.of_part(check(schema));
            }
            for (pattern, schema) in schema.get("patternProperties").members() {
                if Regexp::new(pattern).is_ok_and(|regexp| regexp.is_match(name.as_bytes())) {
                    known = true;
                    findings.of_part(check(schema));
                }
            }
            match additional {
                Some(Value::Bool(false)) if !known => unknown.push(name.to_string()),
                Some(schema) if !known => findings.of_part(check(schema)),
                _ => {}
            }
            if known || additional.is_some() {
                findings.evaluated.names.insert(name.to_string());
            }
        }
        if !unknown.is_empty() {
            let names = list(&unknown);
            findings.problem(format!("additional properties {names} not allowed"));
        }
    }

    fn check_combined(
        &self,
        schema: &'s Value,
        value: &Value,
        depth: usize,
        findings: &mut Findings<'_>,
    ) {
        let at = findings.at;
        let check = |schema: &'s Value| self.check(schema, value, at, depth + 1);
        if member(schema, "not").is_some_and(|not| check(not).is_ok()) {
            findings.problem("'not' failed");
        }
        // What was wrong, and which ones were right.
        let each = |keyword: &str, findings: &mut Findings<'_>| {
            let (mut wrong, mut right) = (Vec::new(), Vec::new());
            for (index, schema) in schema.get(keyword).items().iter().enumerate() {
                match check(schema) {
                    Ok(evaluated) => {
                        right.push(index);
                        findings.of_same(Ok(evaluated));
                    }
                    Err(problem) => wrong.push(problem),
                }
            }
            (wrong, right)
        };
        let (wrong, _) = each("allOf", findings);
        if !wrong.is_empty() {
            findings.caused("'allOf' failed", wrong);
        }
        let (wrong, right) = each("anyOf", findings);
        if right.is_empty() && !wrong.is_empty() {
            findings.caused("'anyOf' failed", wrong);
        }
        let (wrong, right) = each("oneOf", findings);
        match right.as_slice() {
            [first, second, ..] => findings.problem(format!(
                "'oneOf' failed, subschemas {first}, {second} matched"
            )),
            [] if !wrong.is_empty() => findings.caused("'oneOf' failed, none matched", wrong),
            _ => {}
        }
        if let Some(condition) = member(schema, "if").filter(|_| self.draft > 6) {
            let branch = match check(condition) {
                Ok(evaluated) => {
                    findings.of_same(Ok(evaluated));
                    "then"
                }
                Err(_) => "else",
            };
            if let Some(branch) = member(schema, branch) {
                findings.of_same(check(branch));
            }
        }
    }

    fn check_unevaluated(
        &self,
        schema: &'s Value,
        value: &Value,
        depth: usize,
        findings: &mut Findings<'_>,
    ) {
        if self.draft < 2019 {
            return;
        }
        let at = findings.at;
        let check = |schema: &'s Value, name: &str, value: &Value| {
            let place = format!("{at}/{}", escaped(name));
            self.check(schema, value, &place, depth + 1)
        };
        if let (Some(rest), Value::Map(map)) = (member(schema, "unevaluatedProperties"), value) {
            for (name, value) in map.iter() {
                if findings.evaluated.names.insert(name.to_string()) {
                    findings.of_part(check(rest, name, value));
                }
            }
        }
        if let (Some(rest), Value::List(items)) = (member(schema, "unevaluatedItems"), value) {
            for (index, value) in items.iter().enumerate() {
                if findings.evaluated.indexes.insert(index) {
                    findings.of_part(check(rest, &index.to_string(), value));
                }
            }
        }
    }
}

/// The schema with an anchor, somewhere in a schema.
fn find_anchor<'s>(schema: &'s Value, name: &str, depth: usize) -> Option<&'s Value> {
    if depth > DEPTH_MAX {
        return None;
    }
    if schema.get("$anchor").as_str() == Some(name) {
        return Some(schema);
    }
    let members = schema.members().map(|(_, value)| value);
    let mut inner = members.chain(schema.items());
    inner.find_map(|inner| find_anchor(inner, name, depth + 1))
}

/// What rules a value out by itself: nothing else is looked at then.
fn check_itself(schema: &Value, value: &Value, draft: u32) -> Option<String> {
    let wanted: Vec<&str> = match schema.get("type") {
        Value::String(name) => vec![name.as_str()],
        names => names.items().iter().map(Value::text).collect(),
    };
    if !wanted.is_empty() && !wanted.iter().any(|name| is_type(value, name)) {
        // The validator lists types in an order of its own.
        const ORDER: [&str; 7] = [
            "null", "boolean", "number", "integer", "string", "array", "object",
        ];
        let mut wanted = wanted;
        lean::sort_by_key(&mut wanted, |name| {
            ORDER.iter().position(|known| known == name)
        });
        let wanted = wanted.join(" or ");
        return Some(format!("got {}, want {wanted}", type_name(value)));
    }
    if let Some(wanted) = member(schema, "const").filter(|_| draft > 4)
        && !equal(wanted, value)
    {
        return Some(match shown(wanted) {
            Some(wanted) => format!("value must be {wanted}"),
            None => "'const' failed".to_owned(),
        });
    }
    if let Value::List(allowed) = schema.get("enum")
        && !allowed.iter().any(|one| equal(one, value))
    {
        let words: Option<Vec<String>> = allowed.iter().map(shown).collect();
        return Some(match words {
            Some(words) if words.len() == 1 => format!("value must be {}", words[0]),
            Some(words) => format!("value must be one of {}", words.join(", ")),
            None => "'enum' failed".to_owned(),
        });
    }
    None
}

/// A limit that a count must not pass.
fn check_count(schema: &Value, names: [&str; 2], count: usize, findings: &mut Findings<'_>) {
    for (name, is_least) in names.into_iter().zip([true, false]) {
        let limit = number(schema.get(name));
        let count = count as f64;
        let fails = |limit: &f64| {
            if is_least {
                count < *limit
            } else {
                count > *limit
            }
        };
        if let Some(limit) = limit.filter(fails) {
            let (count, limit) = (english(count), english(limit));
            findings.problem(format!("{name}: got {count}, want {limit}"));
        }
    }
}

fn check_string(schema: &Value, text: &str, findings: &mut Findings<'_>) {
    check_count(
        schema,
        ["minLength", "maxLength"],
        text.chars().count(),
        findings,
    );
    if let Some(pattern) = schema.get("pattern").as_str()
        && Regexp::new(pattern).is_ok_and(|regexp| !regexp.is_match(text.as_bytes()))
    {
        let (text, pattern) = (quoted(text), quoted(pattern));
        findings.problem(format!("{text} does not match pattern {pattern}"));
    }
}

fn check_number(schema: &Value, value: &Value, findings: &mut Findings<'_>) {
    let Some(found) = number(value) else {
        return;
    };
    let limit = |name: &str| number(schema.get(name));
    // In the fourth draft the exclusive limits were flags of the others.
    let is_exclusive = |name: &str| schema.get(name).as_bool() == Some(true);
    let mut check = |name: &str, limit: Option<f64>, passes: fn(f64, f64) -> bool| {
        if let Some(limit) = limit.filter(|limit| !passes(found, *limit)) {
            let (found, limit) = (english(found), english(limit));
            findings.problem(format!("{name}: got {found}, want {limit}"));
        }
    };
    let above = match is_exclusive("exclusiveMinimum") {
        true => [None, limit("minimum")],
        false => [limit("minimum"), limit("exclusiveMinimum")],
    };
    let below = match is_exclusive("exclusiveMaximum") {
        true => [None, limit("maximum")],
        false => [limit("maximum"), limit("exclusiveMaximum")],
    };
    check("minimum", above[0], |found, limit| found >= limit);
    check("maximum", below[0], |found, limit| found <= limit);
    check("exclusiveMinimum", above[1], |found, limit| found > limit);
    check("exclusiveMaximum", below[1], |found, limit| found < limit);
    check("multipleOf", limit("multipleOf"), is_multiple);
}

/// Whether a decimal is a multiple of another, as they are written: 0.3 is one of 0.1.
fn is_multiple(found: f64, unit: f64) -> bool {
    let quotient = found / unit;
    (quotient - quotient.round()).abs() < 1e-9 * quotient.abs().max(1.0)
}
