//! From files to manifests, as GitOps tools make them: `helm template`, or the YAML of a folder.

use crate::delivery::git::Tree;
use crate::delivery::plan::{Places, Side};
use ecow::{EcoString, eco_format};
use helm::{Chart, Giver, Prepared, ReleaseOptions, SetKind, Values};
use kube::{Key, Value};
use std::collections::BTreeMap;
use std::rc::Rc;
use yaml::Duplicates;

/// A chart to be rendered.
#[derive(Default)]
pub(crate) struct Template<'a> {
    /// `.Release.Name`
    pub name: EcoString,
    /// `.Release.Namespace`
    pub namespace: EcoString,
    /// The repository's files.
    pub files: Tree,
    /// The chart's folder.
    pub folder: &'a str,
    /// Values files. Later ones win.
    pub values: Vec<ValuesFile>,
    /// `--set` and `--set-string`, in order.
    pub set: Vec<(EcoString, SetKind)>,
    /// When, in milliseconds since 1970.
    pub now_ms: i64,
    /// Whether values go unchecked by the chart's schema.
    pub skip_schema_validation: bool,
}

/// A values file.
#[derive(Clone)]
pub(crate) struct ValuesFile {
    /// What it is called.
    pub name: EcoString,
    /// Its path in the chart's repository; `../deploy-config/prod.yaml` if it lies in another one.
    pub path: EcoString,
    /// Its text.
    pub text: EcoString,
}

/// A path in a repository made of a folder and a path that begins there, or, with a slash, at the
/// root. None if it leads out of the repository.
pub(crate) fn join(folder: &str, path: &str) -> Option<EcoString> {
    let base = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    Some(parts.join("/").into())
}

/// Whether a file lies below a folder that is named as [`join`] takes it.
pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    let Some(folder) = join("", folder) else {
        return false;
    };
    let rest = path.strip_prefix(folder.as_str());
    rest.is_some_and(|rest| folder.is_empty() || rest.starts_with('/'))
}

/// The files below a folder, by their paths in it.
pub(crate) fn below<'a>(
    files: &'a Tree,
    folder: &str,
) -> impl Iterator<Item = (&'a str, &'a EcoString)> {
    let prefix = match folder {
        "" => String::new(),
        folder => format!("{folder}/"),
    };
    files
        .iter()
        .filter_map(move |(path, text)| Some((path.strip_prefix(prefix.as_str())?, text)))
}

fn said(error: helm::Error) -> EcoString {
    error.to_string().into()
}

/// The chart of a template, its values, and how it is rendered.
fn inputs(template: &Template<'_>) -> Result<(Chart, Values, ReleaseOptions), EcoString> {
    let files = below(&template.files, template.folder);
    let files: BTreeMap<String, &str> =
        lean::map(files.map(|(path, text)| (path.to_owned(), text.as_str())));
    let chart = Chart::load(&files).map_err(said)?;
    let values = Values::new();
    for ValuesFile { name, text, .. } in &template.values {
        let parsed = Values::parse(text)
            .map_err(|error| eco_format!("failed to parse {name}: {}", said(error)))?;
        values.merge(&parsed);
    }
    for (text, kind) in &template.set {
        values.set(text, *kind).map_err(said)?;
    }
    let options = ReleaseOptions {
        name: template.name.to_string(),
        namespace: template.namespace.to_string(),
        now_ms: template.now_ms,
        skip_schema_validation: template.skip_schema_validation,
        ..ReleaseOptions::default()
    };
    Ok((chart, values, options))
}

/// Where all that a chart renders is written. Each object is made what the tool makes of it.
///
/// # Errors
/// What Helm says.
pub(crate) fn written(
    template: &Template<'_>,
    made: impl Fn(Value) -> Value,
) -> Result<Side, EcoString> {
    let (chart, values, options) = inputs(template)?;
    let options = ReleaseOptions {
        provenance: true,
        ..options
    };
    let set = template.set.iter().rev();
    let set = set.map(|(text, kind)| Giver::flag("parameter", text, Some(*kind)));
    let files = template.values.iter().rev();
    let files = files.map(|it| Giver::file(&it.path, it.text.to_string()));
    let mut givers: Vec<Giver> = set.chain(files).collect();
    let mut read = |path: &str| template.files.get(path).map(EcoString::to_string);
    givers.extend(Giver::defaults(&chart, template.folder, &mut read));
    let prepared = Prepared::new(chart, &values, &options).map_err(said)?;
    let rendered = prepared.render(&options).map_err(said)?;
    let values = prepared.values();
    let mut side = Side::new(template.folder, rendered, &options, givers, values)?;
    side.objects = side.objects.into_iter().map(made).collect();
    Ok(side)
}

/// Where the manifests of a folder are written, by the keys that the tool gives them.
pub(crate) fn places(files: &Tree, folder: &str, key: impl Fn(Value) -> Key) -> Places {
    let mut places = Places::new();
    for (name, text) in below(files, folder) {
        let is_manifest = name.ends_with(".yaml") || name.ends_with(".yml");
        let documents = yaml::parse(text).ok().filter(|_| is_manifest);
        for document in documents.into_iter().flatten() {
            let Ok(object) = yaml::decode_node(&document, Duplicates::default()) else {
                continue;
            };
            if !object.get("kind").text().is_empty() {
                let path = join(folder, name).unwrap_or_default();
                places.insert(key(object), (path, Rc::new(document)));
            }
        }
    }
    places
}

/// What `helm template --include-crds` prints, as objects.
///
/// # Errors
/// What Helm says.
pub(crate) fn chart(template: &Template<'_>) -> Result<Vec<Value>, EcoString> {
    let (chart, values, options) = inputs(template)?;
    let rendered = helm::render(&chart, &values, &options).map_err(said)?;
    let mut objects = Vec::new();
    for (_, text) in &rendered.crds {
        documents(text, &mut objects)?;
    }
    let hooks = rendered.hooks.iter().map(|hook| &hook.manifest);
    for manifest in rendered.manifests.iter().chain(hooks) {
        documents(&manifest.content, &mut objects)?;
    }
    Ok(objects)
}

/// The objects of a YAML text; the items of lists stand for themselves.
///
/// # Errors
/// What is no YAML.
pub(crate) fn documents(text: &str, objects: &mut Vec<Value>) -> Result<(), EcoString> {
    let decoded = yaml::decode_all(text).map_err(|error| EcoString::from(error.to_string()))?;
    for object in decoded {
        let is_list = object.get("kind").text().ends_with("List");
        match is_list && !object.get("items").is_null() {
            true => objects.extend(object.get("items").items().iter().cloned()),
            false if object.is_null() => {}
            false => objects.push(object),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_repository() {
        for (folder, path, joined) in [
            ("chart", "values.yaml", Some("chart/values.yaml")),
            ("a/chart", "../prod.yaml", Some("a/prod.yaml")),
            ("chart", "/envs/prod.yaml", Some("envs/prod.yaml")),
            ("", "./x//y", Some("x/y")),
            ("chart", "../../etc", None),
        ] {
            assert_eq!(join(folder, path).as_deref(), joined, "{folder} {path}");
        }
    }
}
