//! values.schema.json: what charts use of JSON Schema (draft 7 and 2020-12), with the messages of
//! the validator that Helm has (santhosh-tekuri/jsonschema v6). References go within the file only.

use crate::chart::Chart;
use crate::error::Error;
use crate::log::{Level, Log};
use crate::regexp::Regexp;
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
    let schema = match crate::json::decode(text.as_bytes()) {
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
    let mut checker = Checker {
        root: &schema,
        problems: Vec::new(),
    };
    checker.check(&schema, values, "", 0);
    if !checker.problems.is_empty() {
        report.push_str(&format!("{}:\n", chart.name()));
        for problem in &checker.problems {
            problem.show(report, 0);
        }
        report.push('\n');
    }
}

/// What is wrong at a place, and what led to it.
struct Problem {
    at: String,
    message: String,
    causes: Vec<Problem>,
}

impl Problem {
    fn show(&self, out: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        out.push_str(&format!("{indent}- at '{}': {}\n", self.at, self.message));
        for cause in &self.causes {
            cause.show(out, depth + 1);
        }
    }
}

struct Checker<'s> {
    root: &'s Value,
    problems: Vec<Problem>,
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn list(names: &[String]) -> String {
    names
        .iter()
        .map(|name| quoted(name))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A number that both whole ones and others are.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
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

/// A value as messages show it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        value => number(value).map_or_else(|| "value".to_owned(), |n| format!("{n}")),
    }
}

impl<'s> Checker<'s> {
    fn problem(&mut self, at: &str, message: impl Into<String>) {
        self.problems.push(Problem {
            at: at.to_owned(),
            message: message.into(),
            causes: Vec::new(),
        });
    }

    /// What a schema finds, apart from what was found already.
    fn apart(&self, schema: &'s Value, value: &Value, at: &str, depth: usize) -> Vec<Problem> {
        let mut checker = Checker {
            root: self.root,
            problems: Vec::new(),
        };
        checker.check(schema, value, at, depth + 1);
        checker.problems
    }

    fn allows(&self, schema: &'s Value, value: &Value, at: &str, depth: usize) -> bool {
        self.apart(schema, value, at, depth).is_empty()
    }

    fn check(&mut self, schema: &'s Value, value: &Value, at: &str, depth: usize) {
        if depth > DEPTH_MAX {
            return self.problem(at, format!("exceeded maximum depth of {DEPTH_MAX}"));
        }
        if let Value::Bool(false) = schema {
            return self.problem(at, "false schema");
        }
        if !schema.get("type").is_null() && !self.check_type(schema, value, at) {
            return;
        }
        self.check_constants(schema, value, at);
        match value {
            Value::String(text) => self.check_string(schema, text, at),
            Value::Int(_) | Value::Float(_) => self.check_number(schema, value, at),
            Value::List(items) => self.check_list(schema, items, at, depth),
            Value::Map(map) => self.check_map(schema, map, at, depth),
            Value::Null | Value::Bool(_) => {}
        }
        if let Some(pointer) = schema.get("$ref").as_str()
            && let Some(target) = self.resolve(pointer)
        {
            self.check(target, value, at, depth + 1);
        }
        self.check_combined(schema, value, at, depth);
    }

    /// The schema at `#/definitions/x`.
    fn resolve(&self, pointer: &str) -> Option<&'s Value> {
        let path = pointer.strip_prefix('#')?;
        let mut schema = self.root;
        for part in path.split('/').skip(1) {
            let name = part.replace("~1", "/").replace("~0", "~");
            schema = match schema {
                Value::List(items) => items.get(name.parse::<usize>().ok()?)?,
                schema => schema.as_map()?.get(&name)?,
            };
        }
        Some(schema)
    }

    fn check_type(&mut self, schema: &Value, value: &Value, at: &str) -> bool {
        let wanted: Vec<&str> = match schema.get("type") {
            Value::String(name) => vec![name.as_str()],
            names => names.items().iter().map(Value::text).collect(),
        };
        if wanted.iter().any(|name| is_type(value, name)) {
            return true;
        }
        // The validator lists types in an order of its own.
        const ORDER: [&str; 7] = [
            "null", "boolean", "object", "array", "number", "integer", "string",
        ];
        let mut wanted = wanted;
        lean::sort_by_key(&mut wanted, |name| {
            ORDER.iter().position(|known| known == name)
        });
        let wanted = wanted.join(" or ");
        self.problem(at, format!("got {}, want {wanted}", type_name(value)));
        false
    }

    fn check_constants(&mut self, schema: &Value, value: &Value, at: &str) {
        if let Some(wanted) = schema.as_map().and_then(|map| map.get("const"))
            && !equal(wanted, value)
        {
            self.problem(at, format!("value must be {}", shown(wanted)));
        }
        if let Value::List(allowed) = schema.get("enum")
            && !allowed.iter().any(|one| equal(one, value))
        {
            let words: Vec<String> = allowed.iter().map(shown).collect();
            let several = if words.len() > 1 { "one of " } else { "" };
            self.problem(at, format!("value must be {several}{}", words.join(", ")));
        }
    }

    /// A limit that a count must not pass.
    fn check_count(&mut self, schema: &Value, names: [&str; 2], count: usize, at: &str) {
        for (name, is_least) in names.into_iter().zip([true, false]) {
            if let Some(limit) = number(schema.get(name)) {
                let passes = if is_least {
                    count as f64 >= limit
                } else {
                    count as f64 <= limit
                };
                if !passes {
                    self.problem(at, format!("{name}: got {count}, want {limit}"));
                }
            }
        }
    }

    fn check_string(&mut self, schema: &Value, text: &str, at: &str) {
        self.check_count(schema, ["minLength", "maxLength"], text.chars().count(), at);
        if let Some(pattern) = schema.get("pattern").as_str()
            && Regexp::new(pattern).is_ok_and(|regexp| !regexp.is_match(text.as_bytes()))
        {
            let message = format!(
                "{} does not match pattern {}",
                quoted(text),
                quoted(pattern)
            );
            self.problem(at, message);
        }
    }

    fn check_number(&mut self, schema: &Value, value: &Value, at: &str) {
        let Some(found) = number(value) else {
            return;
        };
        type Passes = fn(f64, f64) -> bool;
        let limits: [(&str, Passes); 5] = [
            ("minimum", |found, limit| found >= limit),
            ("maximum", |found, limit| found <= limit),
            ("exclusiveMinimum", |found, limit| found > limit),
            ("exclusiveMaximum", |found, limit| found < limit),
            ("multipleOf", |found, unit| (found / unit).fract() == 0.0),
        ];
        for (name, passes) in limits {
            if let Some(limit) = number(schema.get(name))
                && !passes(found, limit)
            {
                self.problem(at, format!("{name}: got {found}, want {limit}"));
            }
        }
    }

    fn check_list(&mut self, schema: &'s Value, items: &[Value], at: &str, depth: usize) {
        self.check_count(schema, ["minItems", "maxItems"], items.len(), at);
        if schema.get("uniqueItems").as_bool() == Some(true) {
            let pairs = (0..items.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
            let twice = pairs
                .take(100_000)
                .find(|(a, b)| equal(&items[*a], &items[*b]));
            if let Some((a, b)) = twice {
                self.problem(at, format!("items at {a} and {b} are equal"));
            }
        }
        // Before 2020-12 a list of schemas stood under `items`.
        let (first, rest) = match (schema.get("prefixItems"), schema.get("items")) {
            (_, Value::List(first)) => (&first[..], schema.get("additionalItems")),
            (Value::List(first), rest) => (&first[..], rest),
            (_, rest) => (&[][..], rest),
        };
        for (index, item) in items.iter().enumerate() {
            let schema = first.get(index).unwrap_or(rest);
            self.check(schema, item, &format!("{at}/{index}"), depth + 1);
        }
        let contains = schema.get("contains");
        if !contains.is_null()
            && !items
                .iter()
                .any(|item| self.allows(contains, item, at, depth))
        {
            self.problem(at, "no items match contains schema");
        }
    }

    fn check_map(&mut self, schema: &'s Value, map: &Map, at: &str, depth: usize) {
        self.check_count(schema, ["minProperties", "maxProperties"], map.len(), at);
        let required = schema
            .get("required")
            .items()
            .iter()
            .map(|name| name.text().to_owned());
        let missing: Vec<String> = required.filter(|name| !map.contains_key(name)).collect();
        match missing.len() {
            0 => {}
            1 => self.problem(at, format!("missing property {}", list(&missing))),
            _ => self.problem(at, format!("missing properties {}", list(&missing))),
        }
        let mut unknown = Vec::new();
        for (name, value) in map.iter() {
            let escaped = name.replace("~", "~0").replace("/", "~1");
            let place = format!("{at}/{escaped}");
            let mut known = false;
            if let Some(schema) = schema
                .get("properties")
                .as_map()
                .and_then(|all| all.get(name))
            {
                known = true;
                self.check(schema, value, &place, depth + 1);
            }
            for (pattern, schema) in schema.get("patternProperties").members() {
                if Regexp::new(pattern).is_ok_and(|regexp| regexp.is_match(name.as_bytes())) {
                    known = true;
                    self.check(schema, value, &place, depth + 1);
                }
            }
            if !known {
                unknown.push(name.to_string());
            }
            let names = schema.get("propertyNames");
            if !names.is_null() {
                let causes = self.apart(names, &Value::from(name), at, depth);
                if !causes.is_empty() {
                    let message = format!("invalid propertyName {}", quoted(name));
                    self.caused(at, message, causes);
                }
            }
        }
        match schema.get("additionalProperties") {
            Value::Null => {}
            Value::Bool(false) if !unknown.is_empty() => {
                let names = list(&unknown);
                self.problem(at, format!("additional properties {names} not allowed"));
            }
            more => {
                for name in &unknown {
                    let value = map.get(name).unwrap_or(&Value::NULL);
                    self.check(more, value, &format!("{at}/{name}"), depth + 1);
                }
            }
        }
    }

    fn caused(&mut self, at: &str, message: impl Into<String>, causes: Vec<Problem>) {
        self.problems.push(Problem {
            at: at.to_owned(),
            message: message.into(),
            causes,
        });
    }

    fn check_combined(&mut self, schema: &'s Value, value: &Value, at: &str, depth: usize) {
        let found = |checker: &Checker<'s>, name: &str| -> Vec<Vec<Problem>> {
            let all = schema.get(name).items().iter();
            all.map(|one| checker.apart(one, value, at, depth))
                .collect()
        };
        let failed: Vec<Problem> = found(self, "allOf").into_iter().flatten().collect();
        if !failed.is_empty() {
            self.caused(at, "'allOf' failed", failed);
        }
        let any = found(self, "anyOf");
        if !any.is_empty() && any.iter().all(|problems| !problems.is_empty()) {
            self.caused(at, "'anyOf' failed", any.into_iter().flatten().collect());
        }
        let one = found(self, "oneOf");
        let matched: Vec<usize> = (0..one.len())
            .filter(|index| one[*index].is_empty())
            .collect();
        match matched.as_slice() {
            [] if !one.is_empty() => {
                let causes = one.into_iter().flatten().collect();
                self.caused(at, "'oneOf' failed, none matched", causes);
            }
            [first, second, ..] => {
                let message = format!("'oneOf' failed, subschemas {first}, {second} matched");
                self.problem(at, message);
            }
            _ => {}
        }
        let not = schema.get("not");
        if !not.is_null() && self.allows(not, value, at, depth) {
            self.problem(at, "'not' failed");
        }
        let condition = schema.get("if");
        if !condition.is_null() {
            let branch = if self.allows(condition, value, at, depth) {
                "then"
            } else {
                "else"
            };
            self.check(schema.get(branch), value, at, depth + 1);
        }
    }
}
