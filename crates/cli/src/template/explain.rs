//! `rollout-lab template --explain LINE`: where a line of the output comes from, back to the
//! template lines that made it and the lines of values files, or flags, that gave what they read.

use super::command::SETS;
use super::files::Files;
use super::flags::Parsed;
use helm::{Chart, Hook, LineOrigin, Manifest, Rendered, SetKind, Values};
use std::path::{Path, PathBuf};

/// A values file of the chart or one of its subcharts, and where its values stand in the chart's.
struct DefaultValues {
    prefix: Vec<String>,
    path: PathBuf,
}

/// Where values may come from.
pub struct Sources<'s> {
    flags: &'s Parsed,
    files: &'s dyn Files,
    defaults: Vec<DefaultValues>,
}

impl<'s> Sources<'s> {
    /// Those of a run with these flags on the chart that lies at `path`.
    pub fn new(flags: &'s Parsed, files: &'s dyn Files, chart: &Chart, path: &Path) -> Sources<'s> {
        let mut defaults = Vec::new();
        collect_defaults(chart, &[], path, &mut defaults);
        Sources {
            flags,
            files,
            defaults,
        }
    }
}

/// The charts' own values, those of the outer chart first, for they go over the inner ones'.
fn collect_defaults(
    chart: &Chart,
    prefix: &[String],
    folder: &Path,
    defaults: &mut Vec<DefaultValues>,
) {
    defaults.push(DefaultValues {
        prefix: prefix.to_vec(),
        path: folder.join("values.yaml"),
    });
    for sub in &chart.dependencies {
        let folder = folder.join("charts").join(sub.name());
        let wanted = chart.metadata.dependencies.iter();
        let wanted = wanted.filter(|one| one.name == sub.name());
        let mut names: Vec<&str> = wanted
            .map(|one| match one.alias.as_str() {
                "" => sub.name(),
                alias => alias,
            })
            .collect();
        if names.is_empty() {
            names.push(sub.name());
        }
        for name in names {
            let mut inner = prefix.to_vec();
            inner.push(name.to_owned());
            collect_defaults(sub, &inner, &folder, defaults);
        }
    }
}

/// Says where a line (from 1) of the output comes from.
///
/// # Errors
/// There is no such line, or it is of no template.
pub fn explain<'h>(
    text: &str,
    line: &str,
    rendered: &Rendered,
    hooks: impl Iterator<Item = &'h Hook>,
    sources: &Sources<'_>,
) -> Result<String, String> {
    let lines = text.lines().count();
    let number = line
        .parse::<usize>()
        .ok()
        .filter(|n| (1..=lines).contains(n));
    let Some(number) = number else {
        return Err(format!(
            "--explain: write a line of the output, from 1 to {lines}"
        ));
    };
    let shown = text.lines().nth(number - 1).unwrap_or_default();
    let manifests = rendered.manifests.iter();
    let manifests = manifests.chain(hooks.map(|hook| &hook.manifest));
    let found = manifest_of(text, number, manifests);
    let origin = found.and_then(|(manifest, line)| rendered.origin(manifest, line));
    let Some(origin) = origin else {
        return Err(format!("line {number} is of no template: {shown}"));
    };
    Ok(format!("{number}: {shown}\n{}", story(origin, sources)))
}

/// The manifest that a line (from 1) is in, and which line (from 0) of it that is.
fn manifest_of<'m>(
    text: &str,
    number: usize,
    manifests: impl Iterator<Item = &'m Manifest>,
) -> Option<(&'m Manifest, usize)> {
    // Each manifest stands in the text after the one before it.
    let mut from = 0;
    let mut line = 0;
    for manifest in manifests {
        let head = format!("---\n# Source: {}\n", manifest.source);
        let body = manifest.content.trim_end();
        let at = from + text.get(from..)?.find(&format!("{head}{body}"))?;
        let start = at + head.len();
        line += text[from..start].matches('\n').count();
        let end = start + body.len();
        let inside = text[start..end].matches('\n').count();
        if (line..=line + inside).contains(&(number - 1)) {
            return Some((manifest, number - 1 - line));
        }
        line += inside;
        from = end;
    }
    None
}

fn story(origin: &LineOrigin, sources: &Sources<'_>) -> String {
    let mut out = String::new();
    for (depth, site) in origin.sites.iter().enumerate() {
        let said = if depth == 0 { "made by" } else { "which calls" };
        out.push_str(&format!("  {said} {}:{}\n", site.file, site.line));
    }
    for (said, paths) in [("from", &origin.values), ("decided by", &origin.conditions)] {
        for path in paths {
            let place = sources.find(path).unwrap_or_else(|| "not set".to_owned());
            out.push_str(&format!("  {said} .Values.{path}  {place}\n"));
        }
    }
    out
}

impl Sources<'_> {
    /// Who gave the value at a path: the strongest of those who did.
    fn find(&self, path: &str) -> Option<String> {
        let path = parts(path);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        self.in_flags(&path)
            .or_else(|| self.in_values_files(&path))
            .or_else(|| self.in_defaults(&path))
    }

    /// The flags that are applied last are looked at first.
    fn in_flags(&self, path: &[&str]) -> Option<String> {
        let is_set = |values: Values| holds(&values.to_yaml(), path);
        let set = |text: &str, kind: Option<SetKind>| {
            let values = Values::new();
            let result = match kind {
                Some(kind) => values.set(text, kind),
                None => values.set_file(text, &mut |_| Ok(String::new())),
            };
            result.is_ok() && is_set(values)
        };
        SETS.iter().rev().find_map(|(name, kind)| {
            let mut given = self.flags.all(name).iter().rev();
            let text = given.find(|text| set(text, *kind))?;
            Some(format!("--{name} {text}"))
        })
    }

    fn in_values_files(&self, path: &[&str]) -> Option<String> {
        let mut given = self.flags.all("values").iter().rev();
        given.find_map(|file| self.in_file(Path::new(file), path))
    }

    fn in_defaults(&self, path: &[&str]) -> Option<String> {
        self.defaults.iter().find_map(|default| {
            let mut rest = path;
            for name in &default.prefix {
                // What is global is the same for every chart.
                match rest.split_first() {
                    Some((first, after)) if first == name => rest = after,
                    Some((&"global", _)) => {}
                    _ => return None,
                }
            }
            self.in_file(&default.path, rest)
        })
    }

    /// The place of the value in a file; of several documents, the last that has it.
    fn in_file(&self, file: &Path, path: &[&str]) -> Option<String> {
        let text = self.files.read(file).ok()?;
        let text = String::from_utf8_lossy(&text);
        let documents = yaml::parse(&text).ok()?;
        let line = documents.iter().rev().find_map(|node| {
            let (last, above) = path.split_last()?;
            let above = node.at(above)?;
            match above.entry(last) {
                Some((key, _)) => Some(key.line()),
                None => above.get(last).map(yaml::Node::line),
            }
        })?;
        Some(format!("{}:{line}", file.display()))
    }
}

/// Whether there is a value at a path.
fn holds(value: &yaml::Value, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return true;
    };
    let next = match value {
        yaml::Value::List(items) => first.parse::<usize>().ok().and_then(|at| items.get(at)),
        value => value.as_map().and_then(|map| map.get(first)),
    };
    next.is_some_and(|next| holds(next, rest))
}

/// The keys and item numbers of a path such as `hosts[0].name`; a backslash before what is no end.
fn parts(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        let last = match letter {
            '.' | '[' => {
                parts.push(String::new());
                continue;
            }
            ']' => continue,
            '\\' => letters.next(),
            letter => Some(letter),
        };
        if let (Some(part), Some(letter)) = (parts.last_mut(), last) {
            part.push(letter);
        }
    }
    parts
}
