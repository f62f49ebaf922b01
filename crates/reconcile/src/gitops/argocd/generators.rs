//! The generators of an ApplicationSet: sets of parameters, and texts filled in with them
//! (`applicationset/generators`, `applicationset/utils/utils.go`).

use crate::delivery::pattern;
use crate::delivery::plan::json;
use crate::gitops::source::{self, Repositories};
use crate::pipeline::charts::epoch_ms;
use crate::texts;
use ecow::{EcoString, eco_format};
use helm::ReleaseOptions;
use kube::api::PatchType;
use kube::{Millis, Value, map, patch};

/// What generators read beside their own lines.
pub(super) struct Generators<'a> {
    pub repositories: &'a Repositories,
    /// Whether texts are Go templates (`goTemplate`), and with which options.
    pub go_template: Option<&'a [Value]>,
    pub now: Millis,
}

/// How many sets of parameters there may be: a matrix multiplies.
const SETS_MAX: usize = 1_000;

/// One set of parameters.
pub(super) type Parameters = Value;

impl Generators<'_> {
    /// The sets of parameters of a list of generators, in order.
    ///
    /// # Errors
    /// In the words of the generator that fails.
    pub fn parameters(&self, generators: &Value) -> Result<Vec<Parameters>, EcoString> {
        let mut all = Vec::new();
        for generator in generators.items() {
            all.extend(self.of(generator)?);
        }
        match all.len() > SETS_MAX {
            true => Err(texts::delivery::sets_max(SETS_MAX)),
            false => Ok(all),
        }
    }

    fn of(&self, generator: &Value) -> Result<Vec<Parameters>, EcoString> {
        for (kind, of) in generator.members() {
            return match kind.as_str() {
                "list" => self.list(of),
                "git" => self.git(of),
                "matrix" => self.matrix(of),
                "template" | "selector" => continue,
                kind => Err(texts::delivery::generator_not_simulated(kind)),
            };
        }
        Ok(Vec::new())
    }

    fn list(&self, list: &Value) -> Result<Vec<Parameters>, EcoString> {
        let elements = list.get("elements").items().iter();
        elements.map(|element| self.element(element)).collect()
    }

    /// One element of a list. Without Go templates it is flat, but for its `values`.
    fn element(&self, element: &Value) -> Result<Parameters, EcoString> {
        if self.go_template.is_some() {
            return Ok(element.clone());
        }
        let mut flat = map! {};
        for (name, value) in element.members() {
            match value {
                Value::Map(values) if name == "values" => {
                    for (inner, value) in values.iter() {
                        let Value::String(text) = value else {
                            return Err(no_text(value));
                        };
                        flat.set(&eco_format!("values.{inner}"), text.clone());
                    }
                }
                Value::String(text) => flat.set(name, text.clone()),
                value => return Err(no_text(value)),
            }
        }
        Ok(flat)
    }

    /// Folders or files of a repository that match.
    fn git(&self, git: &Value) -> Result<Vec<Parameters>, EcoString> {
        let of = |field: &str| git.get(field).text();
        let failed = |why: EcoString| {
            eco_format!("error generating params from git: failed to get files: {why}")
        };
        let repository = source::repository(self.repositories, of("repoURL")).map_err(failed)?;
        let revision = of("revision");
        let commit = source::resolve(repository, revision).ok_or_else(|| {
            failed(eco_format!(
                "unable to resolve '{revision}' to a commit SHA"
            ))
        })?;
        let files = repository.files(commit);
        let mut found = Vec::new();
        if !git.get("directories").is_null() {
            let mut folders: Vec<&str> = Vec::new();
            for path in files.keys() {
                let ends = path.match_indices('/').map(|(at, _)| &path[..at]);
                folders.extend(ends.filter(|it| !it.split('/').any(|part| part.starts_with('.'))));
            }
            lean::sort(&mut folders);
            folders.dedup();
            let rules = git.get("directories").items();
            let matches = |path: &str, excludes: bool| {
                let rules = rules.iter();
                let mut rules =
                    rules.filter(|it| (it.get("exclude").as_bool() == Some(true)) == excludes);
                rules.any(|it| {
                    helm::PathPattern::parse(it.get("path").text())
                        .is_some_and(|pattern| pattern.matches(path))
                })
            };
            folders.retain(|path| matches(path, false) && !matches(path, true));
            found.extend(folders.into_iter().map(|path| self.path(path, map! {})));
        }
        for rule in git.get("files").items() {
            let wanted = rule.get("path").text();
            for (path, text) in files
                .iter()
                .filter(|(path, _)| pattern::matches(wanted, path))
            {
                let content = yaml::decode(text).map_err(|why| {
                    eco_format!("error generating params from git: unable to process file '{path}': unable to parse file: {why}")
                })?;
                let sets = match content {
                    Value::List(items) => items.iter().cloned().collect(),
                    one => vec![one],
                };
                for set in sets {
                    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
                    let params = match self.go_template.is_some() {
                        true => set,
                        false => flat(&set),
                    };
                    let mut params = self.path(folder, params);
                    let file = if self.go_template.is_some() {
                        params.entry("path")
                    } else {
                        &mut params
                    };
                    let key = if self.go_template.is_some() {
                        "filename"
                    } else {
                        "path.filename"
                    };
                    file.set(key, name);
                    found.push(params);
                }
            }
        }
        for (name, value) in git.get("values").members() {
            for params in &mut found {
                let text = self.fill(value.text(), params)?;
                match self.go_template.is_some() {
                    true => params.entry("values").set(name, text),
                    false => params.set(&eco_format!("values.{name}"), text),
                }
            }
        }
        Ok(found)
    }

    /// The parameters that say where something lies.
    fn path(&self, path: &str, mut params: Parameters) -> Parameters {
        let base = path.rsplit('/').next().unwrap_or_default();
        let normal = normalized(base);
        let parts: Vec<Value> = path.split('/').map(Value::from).collect();
        if self.go_template.is_some() {
            params.set(
                "path",
                map! {
                    "path" => path,
                    "basename" => base,
                    "basenameNormalized" => normal,
                    "segments" => parts,
                },
            );
            return params;
        }
        params.set("path", path);
        params.set("path.basename", base);
        params.set("path.basenameNormalized", normal);
        for (at, part) in parts.into_iter().enumerate() {
            params.set(&eco_format!("path[{at}]"), part);
        }
        params
    }

    /// Every set of the first generator with every one of the second, which may ask for what the first
    /// gives.
    fn matrix(&self, matrix: &Value) -> Result<Vec<Parameters>, EcoString> {
        let [first, second] = matrix.get("generators").items() else {
            return Err(match matrix.get("generators").items().len() {
                0 | 1 => "found less than two generators, Matrix support only two",
                _ => "found more than two generators, Matrix support only two",
            }
            .into());
        };
        let mut all = Vec::new();
        for a in self.of(first)? {
            for b in self.of(&self.filled(second, &a)?)? {
                let mut both = a.clone();
                for (name, value) in b.members() {
                    if !a.get(name).is_null() && a.get(name) != value {
                        return Err(eco_format!(
                            "found duplicate key {name} with different value, a: {} ,b: {}",
                            plain(a.get(name)),
                            plain(value)
                        ));
                    }
                    both.set(name, value.clone());
                }
                all.push(both);
                if all.len() > SETS_MAX {
                    return Err(texts::delivery::sets_max(SETS_MAX));
                }
            }
        }
        Ok(all)
    }

    /// A value in which every text is filled in.
    ///
    /// # Errors
    /// As those of a text.
    pub fn filled(&self, value: &Value, params: &Parameters) -> Result<Value, EcoString> {
        Ok(match value {
            Value::String(text) => self.fill(text, params)?.into(),
            Value::List(items) => {
                let items = items.iter().map(|item| self.filled(item, params));
                Value::from(items.collect::<Result<Vec<Value>, EcoString>>()?)
            }
            Value::Map(members) => {
                let mut filled = map! {};
                for (name, value) in members.iter() {
                    filled.set(&self.fill(name, params)?, self.filled(value, params)?);
                }
                filled
            }
            value => value.clone(),
        })
    }

    /// A text with its parameters filled in. Those that there are not stay as they are, unless it is a
    /// Go template.
    fn fill(&self, text: &str, params: &Parameters) -> Result<EcoString, EcoString> {
        if !text.contains("{{") {
            return Ok(text.into());
        }
        let Some(options) = self.go_template else {
            return Ok(replaced(text, params));
        };
        let is_strict = options.iter().any(|it| it.text() == "missingkey=error");
        let settings = ReleaseOptions {
            now_ms: epoch_ms(self.now),
            ..ReleaseOptions::default()
        };
        helm::render_text(text, params, is_strict, &settings)
            .map(EcoString::from)
            .map_err(|why| eco_format!("failed to execute go template {text}: {why}"))
    }

    /// An object with `templatePatch` laid over it.
    ///
    /// # Errors
    /// The patch is no template, or no YAML.
    pub fn patched(
        &self,
        object: Value,
        over: &str,
        params: &Parameters,
    ) -> Result<Value, EcoString> {
        let failed = |why: EcoString| eco_format!("error replacing values in templatePatch: {why}");
        let text = self.fill(over, params).map_err(failed)?;
        let change = yaml::decode(&text).map_err(|why| failed(eco_format!("{why}")))?;
        if change.is_null() {
            return Ok(object);
        }
        patch::apply(PatchType::Merge, &object, &change).map_err(|status| failed(status.message))
    }
}

fn no_text(value: &Value) -> EcoString {
    eco_format!("error parsing value as string {}", plain(value))
}

/// A value as a text.
fn plain(value: &Value) -> EcoString {
    match value {
        Value::String(text) => text.clone(),
        value => json(value),
    }
}

/// `{{name}}` becomes the parameter of that name (`fasttemplate`).
fn replaced(text: &str, params: &Parameters) -> EcoString {
    let mut out = EcoString::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("{{") {
        let Some((tag, after)) = tail.split_once("}}") else {
            break;
        };
        out.push_str(before);
        match params.get(tag.trim()) {
            Value::Null => out.push_str(&eco_format!("{{{{{tag}}}}}")),
            value => out.push_str(&value.to_text()),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A name as objects may have it (`SanitizeName`).
fn normalized(name: &str) -> EcoString {
    let letters = name.to_lowercase();
    let kept: String = letters
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' | '.' | '-' => c,
            _ => '-',
        })
        .take(253)
        .collect();
    kept.trim_matches(['-', '.']).into()
}

/// A value as one level of members: `a.b`, `list.0`.
fn flat(value: &Value) -> Value {
    let mut out = map! {};
    flatten(value, "", &mut out);
    out
}

fn flatten(value: &Value, path: &str, out: &mut Value) {
    let inner = |name: &str| match path {
        "" => EcoString::from(name),
        path => eco_format!("{path}.{name}"),
    };
    match value {
        Value::Map(members) => {
            for (name, value) in members.iter() {
                flatten(value, &inner(name), out);
            }
        }
        Value::List(items) => {
            for (at, value) in items.iter().enumerate() {
                flatten(value, &inner(&eco_format!("{at}")), out);
            }
        }
        _ if path.is_empty() => {}
        value => out.set(path, plain(value)),
    }
}

/// The repositories that the git generators among these read, with the revisions that they ask for.
pub(super) fn sources(generators: &Value) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for generator in generators.items() {
        let git = generator.get("git");
        if !git.is_null() {
            found.push((git.get("repoURL").text(), git.get("revision").text()));
        }
        found.extend(sources(generator.at(&["matrix", "generators"])));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(text: &str, go: bool) -> String {
        let generators = yaml::decode(text).expect("it is YAML");
        let repositories = Repositories::default();
        let it = Generators {
            repositories: &repositories,
            go_template: go.then_some(&[]),
            now: 0,
        };
        match it.parameters(&generators) {
            Ok(sets) => json(&sets.into()).into(),
            Err(why) => why.into(),
        }
    }

    #[test]
    fn parameters_are_those_of_the_generators() {
        let cases = [
            (
                "[{list: {elements: [{env: dev, values: {x: a}}, {env: prod}]}}]",
                false,
                r#"[{"env":"dev","values.x":"a"},{"env":"prod"}]"#,
            ),
            (
                "[{list: {elements: [{env: dev, count: 3}]}}]",
                false,
                "error parsing value as string 3",
            ),
            (
                "[{list: {elements: [{env: dev, count: 3}]}}]",
                true,
                r#"[{"count":3,"env":"dev"}]"#,
            ),
            (
                "[{matrix: {generators: [{list: {elements: [{a: v}, {a: w}]}}, {list: {elements: [{b: '{{a}}1'}]}}]}}]",
                false,
                r#"[{"a":"v","b":"v1"},{"a":"w","b":"w1"}]"#,
            ),
            (
                "[{matrix: {generators: [{list: {elements: []}}]}}]",
                false,
                "found less than two generators, Matrix support only two",
            ),
            (
                "[{clusters: {}}]",
                false,
                "the generator \"clusters\" is not simulated: the lab has list, git and matrix",
            ),
            (
                "[{git: {repoURL: 'https://github.com/a/b'}}]",
                false,
                "error generating params from git: failed to get files: authentication required: Repository not found.",
            ),
        ];
        for (text, go, expected) in cases {
            assert_eq!(sets(text, go), expected, "{text}");
        }
    }

    #[test]
    fn texts_are_filled_in() {
        let params = map! { "env" => "prod", "values.x" => "1" };
        let repositories = Repositories::default();
        for (text, go, expected) in [
            ("web-{{env}}-{{ values.x }}", false, "web-prod-1"),
            ("{{none}} {{env", false, "{{none}} {{env"),
            ("web-{{ .env | upper }}", true, "web-PROD"),
        ] {
            let it = Generators {
                repositories: &repositories,
                go_template: go.then_some(&[]),
                now: 0,
            };
            assert_eq!(it.fill(text, &params).expect("it can be"), expected);
        }
    }
}
