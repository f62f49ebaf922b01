//! `rollout-lab template --explain LINE`: where a line of the output comes from, back to the
//! template lines that made it and the lines of values files, or flags, that gave what they read.

use super::command::SETS;
use super::files::Files;
use super::flags::Parsed;
use helm::{Chart, Giver, Hook, LineOrigin, Manifest, Rendered};
use std::path::Path;

/// Those who may give values, the strongest first: of a run with these flags on the chart that lies at
/// `path`.
pub fn givers(flags: &Parsed, files: &dyn Files, chart: &Chart, path: &Path) -> Vec<Giver> {
    let mut read = |path: &str| {
        let text = files.read(Path::new(path)).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    };
    let mut givers = Vec::new();
    for (name, kind) in SETS.iter().rev() {
        let given = flags.all(name).iter().rev();
        givers.extend(given.map(|text| Giver::flag(&format!("--{name}"), text, *kind)));
    }
    for path in flags.all("values").iter().rev() {
        givers.extend(read(path).map(|text| Giver::file(path, text)));
    }
    let folder = path.display().to_string();
    givers.extend(Giver::defaults(chart, &folder, &mut read));
    givers
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
    givers: &[Giver],
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
    Ok(format!("{number}: {shown}\n{}", story(origin, givers)))
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

fn story(origin: &LineOrigin, givers: &[Giver]) -> String {
    let mut out = String::new();
    for (depth, site) in origin.sites.iter().enumerate() {
        let said = if depth == 0 { "made by" } else { "which calls" };
        out.push_str(&format!("  {said} {}:{}\n", site.file, site.line));
    }
    for (said, paths) in [("from", &origin.values), ("decided by", &origin.conditions)] {
        for path in paths {
            let place = helm::giver_of(givers, path).unwrap_or_else(|| "not set".to_owned());
            out.push_str(&format!("  {said} .Values.{path}  {place}\n"));
        }
    }
    out
}
