//! Values: a chart's own, and what a user puts over them.

use crate::chart::Chart;
use crate::error::Error;
use crate::json::deep_copy_map;
use crate::log::{Level, Log};
use crate::set::{self, ReadFile, SetKind};
use gotmpl::value::{ElementType, MapType, Text};
use gotmpl::{Map, Value};

/// The type of `.Values` in templates.
pub(crate) static VALUES: MapType = MapType {
    name: "common.Values",
    of: ElementType::Any,
};

/// The values that a user gives for a chart, in the order of the command line: files first, then
/// `--set` and its kin. Clones share; a change to one is seen by all.
#[derive(Clone, Debug, Default)]
pub struct Values(pub(crate) Map);

impl Values {
    /// None.
    #[must_use]
    pub fn new() -> Values {
        Values::default()
    }

    /// Those of a values file. Empty text gives none.
    ///
    /// # Errors
    /// What is no YAML, or no mapping.
    pub fn parse(text: &str) -> Result<Values, Error> {
        read_values(text, "values.yaml").map(Values)
    }

    /// Lays the values of a file over these, as a further `-f` does: maps are merged, everything
    /// else is replaced.
    pub fn merge(&self, over: &Values) {
        merge_maps(&self.0, &over.0);
    }

    /// Sets what one `--set`, `--set-string`, `--set-json` or `--set-literal` says. Helm takes all
    /// of `--set-json` first, then `--set`, `--set-string` and `--set-literal`.
    ///
    /// # Errors
    /// What cannot be read, in Helm's words.
    pub fn set(&self, text: &str, kind: SetKind) -> Result<(), Error> {
        set::set(&self.0, text, kind)
    }

    /// Sets what one `--set-file` says; `read` gives the text of a file. Helm takes these after
    /// `--set-string` and before `--set-literal`.
    ///
    /// # Errors
    /// What cannot be read, in Helm's words.
    pub fn set_file(&self, text: &str, read: ReadFile<'_>) -> Result<(), Error> {
        set::set_file(&self.0, text, read)
    }

    /// As plain data.
    #[must_use]
    pub fn to_yaml(&self) -> yaml::Value {
        crate::json::to_yaml(&Value::Map(self.0.clone())).unwrap_or_default()
    }
}

impl From<&yaml::Value> for Values {
    /// Anything but a mapping gives no values.
    fn from(value: &yaml::Value) -> Values {
        match Value::from(value) {
            Value::Map(map) => Values(map),
            _ => Values::default(),
        }
    }
}

/// The line (from 1) of a values file that gives the value at `path`, written as in
/// [`LineOrigin::values`](crate::LineOrigin::values); none if the file does not give it. Of several
/// documents the last one that does counts.
#[must_use]
pub fn line_of_value(text: &str, path: &str) -> Option<usize> {
    line_of_keys(text, &keys_of(path))
}

/// The same, of the keys and item numbers of a path.
pub(crate) fn line_of_keys(text: &str, keys: &[String]) -> Option<usize> {
    let line = |document: &yaml::Node| {
        let (mut node, mut line) = (document, None);
        for key in keys {
            let (at, next) = match node.entry(key) {
                Some(member) => member,
                None => node.get(key).map(|item| (item, item))?,
            };
            (node, line) = (next, Some(at.line()));
        }
        line
    };
    yaml::parse(text).ok()?.iter().rev().find_map(line)
}

/// The keys and item numbers of a path.
pub(crate) fn keys_of(path: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        match (letter, keys.last_mut()) {
            ('.' | '[', _) => keys.push(String::new()),
            (']', _) => {}
            ('\\', Some(key)) => key.extend(letters.next()),
            (letter, Some(key)) => key.push(letter),
            (_, None) => {}
        }
    }
    keys
}

/// Reads a values file. Of several documents, later ones go over earlier ones.
pub(crate) fn read_values(text: &str, file: &str) -> Result<Map, Error> {
    let values = Map::new();
    for document in documents(text, file)? {
        merge_maps(&values, &read_document(&document, file)?);
    }
    Ok(values)
}

/// The documents of a file, as Kubernetes' reader cuts them: at lines that begin with `---` and say
/// no more than a comment. Every line ends with a line feed then.
fn documents(text: &str, file: &str) -> Result<Vec<String>, Error> {
    let mut documents = vec![String::new()];
    for line in text.lines() {
        if let Some(after) = line.strip_prefix("---") {
            let rest = after.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                let message =
                    format!("error reading yaml document: invalid Yaml document separator: {rest}");
                return Err(Error::in_file(file, message));
            }
            documents.push(String::new());
        } else if let Some(document) = documents.last_mut() {
            document.push_str(line);
            document.push('\n');
        }
    }
    Ok(documents)
}

fn read_document(text: &str, file: &str) -> Result<Map, Error> {
    let before = "cannot unmarshal yaml document: error converting YAML to JSON: ";
    let value = yaml::decode_with(text, yaml::Duplicates::LastWins)
        .map_err(|error| Error::yaml(file, before, &error))?;
    crate::json::check_finite(&value)
        .map_err(|message| Error::in_file(file, format!("{before}{message}")))?;
    match Value::from(&value) {
        Value::Map(map) => Ok(map),
        Value::Nil => Ok(Map::new()),
        _ => {
            let kind = value.kind();
            let target = "map[string]interface {}";
            Err(Error::in_file(
                file,
                format!(
                    "cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type {target}"
                ),
            ))
        }
    }
}

/// Lays `over` over `base`, map by map.
pub(crate) fn merge_maps(base: &Map, over: &Map) {
    for (key, value) in over.snapshot() {
        match (base.get_text(&key), &value) {
            (Some(Value::Map(below)), Value::Map(above)) => merge_maps(&below, above),
            _ => base.insert(key, value),
        }
    }
}

/// What must not be written to both while two maps become one.
type Merging = bool;

/// The values for `chart` and all its subcharts: the chart's own under what is given. A null that
/// is given deletes the chart's value.
pub(crate) fn coalesce_values(chart: &Chart, given: &Map, log: &Log) -> Result<Map, Error> {
    let values = deep_copy_map(given);
    coalesce(chart, &values, "", false, log)?;
    Ok(values)
}

/// The same, but a null stays a null.
pub(crate) fn merged_values(chart: &Chart, given: &Map, log: &Log) -> Result<Map, Error> {
    let values = deep_copy_map(given);
    coalesce(chart, &values, "", true, log)?;
    Ok(values)
}

/// `path` is where the chart stands among its parents, in dots.
fn coalesce(
    chart: &Chart,
    values: &Map,
    path: &str,
    merging: Merging,
    log: &Log,
) -> Result<(), Error> {
    let path = join(path, chart.name());
    lay_over_defaults(chart, values, &path, merging, log);
    for sub in &chart.dependencies {
        let name = Text::from(sub.name());
        let inner = match values.get_text(&name) {
            None => {
                let inner = Map::new();
                values.insert(name, inner.clone());
                inner
            }
            Some(Value::Map(inner)) => inner,
            Some(other) => {
                return Err(Error::new(format!(
                    "type mismatch on {}: {}",
                    sub.name(),
                    shown(b"%t", other)
                )));
            }
        };
        pass_globals(values, &inner, &path, log);
        coalesce(sub, &inner, &path, merging, log)?;
    }
    Ok(())
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// A value as Go prints it.
pub(crate) fn shown(format: &[u8], value: Value) -> String {
    String::from_utf8_lossy(&gotmpl::print::sprintf(format, &[value])).into_owned()
}

/// What Helm says in passing about values that do not fit each other.
fn warn(log: &Log, message: String) {
    log.add(Level::Info, message, Vec::new());
}

/// The `global` table of a map; none if something else stands there.
fn globals(values: &Map, whose: &str, log: &Log) -> Option<Map> {
    match values.get("global") {
        None => Some(Map::new()),
        Some(Value::Map(map)) => Some(map),
        Some(_) => {
            let message =
                format!("warning: skipping globals because {whose} global is not a table.");
            warn(log, message);
            None
        }
    }
}

/// What stands under `global` is seen by subcharts too, over their own.
fn pass_globals(from: &Map, to: &Map, path: &str, log: &Log) {
    let Some(target) = globals(to, "destination", log) else {
        return;
    };
    let Some(source) = globals(from, "source", log) else {
        return;
    };
    for (key, value) in source.snapshot() {
        match (&value, target.get_text(&key)) {
            (Value::Map(above), None) => target.insert(key, shallow_copy(above)),
            (Value::Map(above), Some(Value::Map(below))) => {
                let above = shallow_copy(above);
                coalesce_tables(&above, &below, &join(path, &key.to_str()), true, log);
                target.insert(key, above);
            }
            (Value::Map(_), Some(_)) => warn(
                log,
                format!(
                    "Conflict: cannot merge map onto non-map for {}. Skipping.",
                    gotmpl::quote::quote(key.as_bytes())
                ),
            ),
            (_, Some(Value::Map(_))) => {
                warn(log, format!("key {} is table. Skipping", key.to_str()))
            }
            _ => target.insert(key, value),
        }
    }
    to.insert("global", target);
}

fn shallow_copy(map: &Map) -> Map {
    let copy = Map::of(map.ty);
    for (key, value) in map.snapshot() {
        copy.insert(key, value);
    }
    copy
}

fn lay_over_defaults(chart: &Chart, values: &Map, path: &str, merging: Merging, log: &Log) {
    for (key, default) in deep_copy_map(&chart.values).snapshot() {
        match (values.get_text(&key), default) {
            (Some(Value::Nil), _) if !merging => {
                values.remove(&key);
            }
            (Some(Value::Map(given)), Value::Map(default)) => {
                // A subchart's part is settled when it is that chart's turn.
                let is_sub = chart
                    .dependencies
                    .iter()
                    .any(|sub| Text::from(sub.name()) == key);
                let merging = merging || is_sub;
                if !merging {
                    remove_nulls(&default);
                }
                let path = join(path, &key.to_str());
                coalesce_tables(&given, &default, &path, merging, log);
            }
            (Some(Value::Map(_)), default) if !default.is_nil() => warn(
                log,
                format!(
                    "warning: skipped value for {path}.{}: Not a table.",
                    key.to_str()
                ),
            ),
            (Some(_), _) => {}
            (None, Value::Nil) if !merging => {}
            (None, default) => {
                if let (Value::Map(map), false) = (&default, merging) {
                    remove_nulls(map);
                }
                values.insert(key, default);
            }
        }
    }
}

/// Adds to `given` what only `default` has. `path` is where they stand, in dots.
pub(crate) fn coalesce_tables(given: &Map, default: &Map, path: &str, merging: Merging, log: &Log) {
    let mut deleted = Vec::new();
    for (key, value) in given.snapshot() {
        if value.is_nil() {
            let had_value = default.get_text(&key).is_some_and(|value| !value.is_nil());
            // Helm writes the null into what is below it, where imports may see it.
            default.insert(key.clone(), Value::Nil);
            if had_value && !merging {
                deleted.push(key);
            }
        }
    }
    for (key, below) in default.snapshot() {
        let here = || join(path, &key.to_str());
        match (given.get_text(&key), below) {
            (None, below) => given.insert(key, below),
            (Some(Value::Map(above)), Value::Map(below)) => {
                coalesce_tables(&above, &below, &here(), merging, log);
            }
            // A null takes the place of what is below it, without a word.
            (Some(Value::Nil), _) | (Some(Value::Map(_)), Value::Nil) => {}
            (Some(_), below @ Value::Map(_)) => warn(
                log,
                format!(
                    "warning: cannot overwrite table with non table for {} ({})",
                    here(),
                    shown(b"%v", below)
                ),
            ),
            (Some(Value::Map(_)), below) => warn(
                log,
                format!(
                    "warning: destination for {} is a table. Ignoring non-table value ({})",
                    here(),
                    shown(b"%v", below)
                ),
            ),
            _ => {}
        }
    }
    for key in deleted {
        given.remove(&key);
    }
}

fn remove_nulls(map: &Map) {
    for (key, value) in map.snapshot() {
        match value {
            Value::Nil => {
                map.remove(&key);
            }
            Value::Map(inner) => remove_nulls(&inner),
            _ => {}
        }
    }
}

/// The table at a path of names joined by dots.
pub(crate) fn table(values: &Map, path: &str) -> Result<Map, String> {
    let mut map = values.clone();
    for name in path.split('.') {
        match map.get(name) {
            Some(Value::Map(inner)) => map = inner,
            _ => {
                return Err(format!(
                    "{} is not a table",
                    gotmpl::quote::quote(name.as_bytes())
                ));
            }
        }
    }
    Ok(map)
}
