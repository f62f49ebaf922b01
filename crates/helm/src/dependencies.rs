//! Subcharts: which are on, what they are called here, and what of their values is taken over.

use crate::chart::{Chart, Dependency};
use crate::error::Error;
use crate::functions::{Constraint, Version};
use crate::log::{Level, Log};
use crate::values::{coalesce_tables, coalesce_values, merged_values, shown, table};
use gotmpl::{Map, Value};

/// Applies aliases, conditions, tags and import-values throughout the chart
/// (helm.sh/helm/v4/pkg/chart/v2/util/dependencies.go).
pub(crate) fn process(chart: &mut Chart, given: &Map, log: &Log) -> Result<(), Error> {
    let result = enable(chart, given, "", log).and_then(|()| import_values(chart, log));
    result.map_err(|error| {
        let failed = "chart dependencies processing failed";
        log.add(Level::Error, failed, vec![("error", error.message.clone())]);
        Error {
            message: format!("{failed}: {}", error.message),
            ..error
        }
    })
}

fn in_range(range: &str, version: &str) -> bool {
    match (Constraint::parse(range), Version::parse(version)) {
        (Ok(range), Ok(version)) => range.allows(&version),
        _ => false,
    }
}

fn enable(chart: &mut Chart, given: &Map, path: &str, log: &Log) -> Result<(), Error> {
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    let fits = |wanted: &Dependency, sub: &Chart| {
        sub.name() == wanted.name && in_range(&wanted.version, &sub.metadata.version)
    };
    // Charts that nobody asks for are on; the others come once for each time they are asked for.
    let mut subcharts: Vec<Chart> = chart
        .dependencies
        .iter()
        .filter(|sub| {
            !chart
                .metadata
                .dependencies
                .iter()
                .any(|wanted| fits(wanted, sub))
        })
        .cloned()
        .collect();
    let mut wanted = std::mem::take(&mut chart.metadata.dependencies);
    for one in &mut wanted {
        if let Some(sub) = chart.dependencies.iter().find(|sub| fits(one, sub)) {
            let mut sub = sub.clone();
            if !one.alias.is_empty() {
                sub.metadata.name.clone_from(&one.alias);
            }
            subcharts.push(sub);
        }
        if !one.alias.is_empty() {
            one.name.clone_from(&one.alias);
        }
    }
    chart.dependencies = subcharts;
    chart.metadata.dependencies = wanted;

    let values = coalesce_values(chart, given, log)?;
    let disabled: Vec<String> = chart
        .metadata
        .dependencies
        .iter()
        .filter(|one| !is_enabled(one, &values, path, log))
        .map(|one| one.name.clone())
        .collect();
    chart
        .dependencies
        .retain(|sub| !disabled.iter().any(|name| name == sub.name()));
    chart
        .metadata
        .dependencies
        .retain(|one| !disabled.contains(&one.name));
    for sub in &mut chart.dependencies {
        let path = format!("{path}{}.", sub.name());
        enable(sub, &values, &path, log)?;
    }
    Ok(())
}

/// The first condition that is a bool decides, else the tags, else it is on.
fn is_enabled(dependency: &Dependency, values: &Map, path: &str, log: &Log) -> bool {
    let warn = |what: &'static str, name: &str| {
        let attributes = vec![(what, name.to_owned()), ("chart", dependency.name.clone())];
        log.add(Level::Warn, "returned non-bool value", attributes);
    };
    let mut flags = Vec::new();
    if let Some(Value::Map(tags)) = values.get("tags") {
        for tag in &dependency.tags {
            match tags.get(tag) {
                Some(Value::Bool(flag)) => flags.push(flag),
                Some(_) => warn("tag", tag),
                None => {}
            }
        }
    }
    for condition in dependency.condition.trim().split(',') {
        match value_at(values, &format!("{path}{condition}")) {
            _ if condition.is_empty() => {}
            Some(Value::Bool(flag)) => return flag,
            Some(Value::Map(_)) | None => {}
            Some(_) => warn("path", condition),
        }
    }
    flags.is_empty() || flags.contains(&true)
}

fn value_at(values: &Map, path: &str) -> Option<Value> {
    match path.rsplit_once('.') {
        Some((above, name)) => table(values, above).ok()?.get(name),
        None => values.get(path),
    }
}

/// Takes values of subcharts over, from the deepest charts up.
fn import_values(chart: &mut Chart, log: &Log) -> Result<(), Error> {
    for sub in &mut chart.dependencies {
        import_values(sub, log)?;
    }
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    let values = merged_values(chart, &Map::new(), log)?;
    let imported = Map::new();
    for dependency in &mut chart.metadata.dependencies {
        let imports = std::mem::take(&mut dependency.import_values);
        for import in &imports {
            let (child, parent) = match import {
                yaml::Value::String(name) => (format!("exports.{name}"), ".".to_owned()),
                yaml::Value::Map(_) => {
                    let shown = |name: &str| shown(b"%v", Value::from(import.get(name)));
                    (shown("child"), shown("parent"))
                }
                _ => continue,
            };
            match table(&values, &format!("{}.{child}", dependency.name)) {
                Ok(found) => {
                    coalesce_tables(&imported, &at_path(&parent, found), "", true, log);
                }
                Err(error) => warn_missing(dependency, import, error, log),
            }
            // Templates see what the import came to.
            let mut import = yaml::Value::Null;
            import.set("child", child);
            import.set("parent", parent);
            dependency.import_values.push(import);
        }
    }
    coalesce_tables(&values, &imported, "", true, log);
    chart.values = values;
    Ok(())
}

/// A table that is to be imported and is not there.
fn warn_missing(dependency: &Dependency, import: &yaml::Value, error: String, log: &Log) {
    let is_export = matches!(import, yaml::Value::String(_));
    let (message, mut attributes) = match is_export {
        true => ("ImportValues missing table", Vec::new()),
        false => (
            "ImportValues missing table from chart",
            vec![("chart", dependency.name.clone())],
        ),
    };
    attributes.push(("error", error));
    log.add(Level::Warn, message, attributes);
}

/// The map under a path of names joined by dots; `.` is the map itself.
fn at_path(path: &str, map: Map) -> Map {
    if path == "." {
        return map;
    }
    path.rsplit('.').fold(map, |inner, name| {
        let outer = Map::new();
        outer.insert(name, inner);
        outer
    })
}
