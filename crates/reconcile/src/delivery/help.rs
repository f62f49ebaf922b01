//! Help while writing: what could stand at a place in a manifest or a template, and what it means.
//!
//! What is being written is seldom YAML yet, so the place of the caret is found by the lines above it
//! and how far they are indented, not by a parser.

use crate::texts;
use crate::view::protocol::Place;
use crate::view::{Completion, Explanation};
use ecow::{EcoString, eco_format};
use kube::fields::{Descriptions, Table, explain};

/// What Helm gives templates beside values (helm.sh/docs/chart_template_guide/builtin_objects).
const BUILT_IN: [(&str, &str); 12] = [
    (
        ".Capabilities.KubeVersion.Version",
        texts::files::CLUSTER_VERSION,
    ),
    (".Chart.AppVersion", texts::files::OF_CHART_YAML),
    (".Chart.Name", texts::files::OF_CHART_YAML),
    (".Chart.Version", texts::files::OF_CHART_YAML),
    (".Files.Get", texts::files::FILE_OF_THE_CHART),
    (".Release.IsInstall", texts::files::WHETHER_INSTALLED),
    (".Release.IsUpgrade", texts::files::WHETHER_UPGRADED),
    (".Release.Name", texts::files::THE_RELEASE),
    (".Release.Namespace", texts::files::ITS_NAMESPACE),
    (".Release.Revision", texts::files::ITS_REVISION),
    (".Release.Service", "Helm"),
    (".Template.Name", texts::files::THIS_FILE),
];

/// What is known of Kubernetes' fields.
#[derive(Clone, Copy)]
pub struct Library<'a> {
    /// Their names and types.
    pub table: &'static Table,
    /// What they mean.
    pub descriptions: &'a Descriptions,
}

/// Where in an object a place is.
#[derive(Debug, Default, PartialEq, Eq)]
struct Spot<'a> {
    api_version: &'a str,
    kind: &'a str,
    /// The keys around it, without indices.
    path: Vec<&'a str>,
    /// The key on its line, and whether the place is behind its colon.
    key: &'a str,
    in_value: bool,
}

/// What could stand at a place.
#[must_use]
pub fn complete(library: Library<'_>, place: &Place) -> Vec<Completion> {
    let at = byte_offset(&place.text, place.offset);
    if is_in_action(&place.text[..at]) {
        return complete_action(place, word_around(&place.text, at, at));
    }
    let spot = spot(&place.text, at);
    let found = if spot.in_value {
        values(library, &spot)
    } else {
        keys(library, &spot)
    };
    found.unwrap_or_default()
}

/// What stands at a place, if that is known.
#[must_use]
pub fn explain_at(library: Library<'_>, place: &Place) -> Option<Explanation> {
    let at = byte_offset(&place.text, place.offset);
    let word = word_around(&place.text, at, place.text.len());
    if is_in_action(&place.text[..at]) {
        return explain_action(place, word);
    }
    let spot = spot(&place.text, at);
    if spot.key.is_empty() || spot.in_value {
        return None;
    }
    let mut path = spot.path;
    path.push(spot.key);
    let Library {
        table,
        descriptions,
    } = library;
    let found = explain(table, descriptions, spot.api_version, spot.kind, &path)?;
    let mut more = EcoString::new();
    if found.required {
        more.push_str(texts::files::REQUIRED);
    }
    if !found.values.is_empty() {
        more.push_str(&texts::files::one_of(&found.values.join(", ")));
    }
    Some(Explanation {
        name: spot.key.into(),
        text: found.summary().into(),
        type_name: found.type_name,
        more: more.trim_end().into(),
    })
}

/// The fields of the struct around the place.
fn keys(library: Library<'_>, spot: &Spot<'_>) -> Option<Vec<Completion>> {
    let Library {
        table,
        descriptions,
    } = library;
    let of = |path: &[&str]| explain(table, descriptions, spot.api_version, spot.kind, path);
    let around = of(&spot.path)?;
    let mut path = spot.path.clone();
    let completion = |(field, type_name): &(kube::fields::Field, EcoString)| {
        path.push(field.name);
        let text = of(&path).map_or("", |it| it.summary());
        path.pop();
        Completion {
            label: field.name.into(),
            detail: match field.required {
                true => eco_format!("{type_name}, required"),
                false => type_name.clone(),
            },
            text: text.into(),
            tail: match field.code.trim_start_matches('~').as_bytes() {
                [b'@' | b'[' | b'{', ..] => ":".into(),
                _ => ": ".into(),
            },
        }
    };
    Some(around.fields.iter().map(completion).collect())
}

/// The values that have a name.
fn values(library: Library<'_>, spot: &Spot<'_>) -> Option<Vec<Completion>> {
    let table = library.table;
    let plain = |label: EcoString| Completion {
        label,
        ..Completion::default()
    };
    if spot.path.is_empty() && matches!(spot.key, "kind" | "apiVersion") {
        let fits = |api_version: &str| {
            spot.key == "apiVersion"
                || spot.api_version.is_empty()
                || spot.api_version == api_version
        };
        let served = table.resources();
        let names = served
            .filter(|(_, resource)| fits(resource.api_version))
            .map(|(kind, resource)| match spot.key {
                "kind" => EcoString::from(kind),
                _ => resource.api_version.into(),
            });
        return Some(lean::set(names).into_iter().map(plain).collect());
    }
    let mut path = spot.path.clone();
    path.push(spot.key);
    let found = explain(
        table,
        library.descriptions,
        spot.api_version,
        spot.kind,
        &path,
    )?;
    Some(match found.type_name.as_str() {
        "boolean" => ["true", "false"].map(|it| plain(it.into())).into(),
        _ => found.values.iter().map(|it| plain((*it).into())).collect(),
    })
}

/// What templates read: the chart's values, member by member, and what Helm gives them.
fn complete_action(place: &Place, word: &str) -> Vec<Completion> {
    let dollar = if word.starts_with('$') { "$" } else { "" };
    let word = word.trim_start_matches('$');
    let named = |label: EcoString, detail: EcoString| Completion {
        label,
        detail,
        ..Completion::default()
    };
    let mut all = Vec::new();
    if let Some(path) = word.strip_prefix(".Values.") {
        let outer = path.rsplit_once('.').map_or("", |(outer, _)| outer);
        let values = yaml::decode(&place.values).unwrap_or_default();
        let around = match outer {
            "" => Some(&values),
            outer => helm::value_at(&values, outer),
        };
        let dot = if outer.is_empty() { "" } else { "." };
        for (key, value) in around.map(yaml::Value::members).into_iter().flatten() {
            let label = eco_format!("{dollar}.Values.{outer}{dot}{key}");
            all.push(named(label, shown(value)));
        }
        return all;
    }
    all.push(named(
        eco_format!("{dollar}.Values."),
        texts::files::THE_VALUES.into(),
    ));
    let built_in = BUILT_IN.iter();
    all.extend(built_in.map(|(name, of)| named(eco_format!("{dollar}{name}"), (*of).into())));
    all
}

/// A value that a template reads: what it is in the chart, and where.
fn explain_action(place: &Place, word: &str) -> Option<Explanation> {
    let name = word.trim_start_matches('$');
    if let Some((name, of)) = BUILT_IN.iter().find(|(it, _)| *it == name) {
        return Some(Explanation {
            name: (*name).into(),
            text: (*of).into(),
            ..Explanation::default()
        });
    }
    let path = name.strip_prefix(".Values.")?;
    let values = yaml::decode(&place.values).ok()?;
    let value = helm::value_at(&values, path)?;
    let line = helm::line_of_value(&place.values, path);
    Some(Explanation {
        name: name.into(),
        type_name: shown(value),
        more: line
            .map(|line| eco_format!("values.yaml:{line}"))
            .unwrap_or_default(),
        ..Explanation::default()
    })
}

/// A value in a few characters.
fn shown(value: &yaml::Value) -> EcoString {
    match value {
        yaml::Value::Map(_) => "map".into(),
        yaml::Value::List(_) => "list".into(),
        other => other.to_text(),
    }
}

/// The byte at which one of JavaScript's characters begins.
fn byte_offset(text: &str, utf16: u32) -> usize {
    let mut count = 0;
    for (at, c) in text.char_indices() {
        if utf16 <= count {
            return at;
        }
        count += c.len_utf16() as u32;
    }
    text.len()
}

/// Whether a template action is open at the end of a text.
fn is_in_action(before: &str) -> bool {
    match (before.rfind("{{"), before.rfind("}}")) {
        (Some(opened), Some(closed)) => closed < opened,
        (opened, _) => opened.is_some(),
    }
}

/// The word of names and dots around a byte, as far as `end`.
fn word_around(text: &str, at: usize, end: usize) -> &str {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_.$".contains(c);
    let length = |c: char| if is_word(c) { Some(c.len_utf8()) } else { None };
    let before: usize = text[..at].chars().rev().map_while(length).sum();
    let rest: usize = text[at..end].chars().map_while(length).sum();
    &text[at - before..at + rest]
}

/// A line with a key: how far the first `-` and the key are indented, and the key.
struct Line<'a> {
    dash: Option<usize>,
    indent: usize,
    key: &'a str,
}

fn line(text: &str) -> Line<'_> {
    let mut rest = text.trim_start_matches(' ');
    let mut dash = None;
    while let Some(item) = rest.strip_prefix("- ").or(rest.strip_prefix('-')) {
        if rest.starts_with("--") {
            break;
        }
        dash.get_or_insert(text.len() - rest.len());
        rest = item.trim_start_matches(' ');
    }
    let indent = text.len() - rest.len();
    let key = match rest.split_once(':') {
        Some((key, after)) if after.is_empty() || after.starts_with([' ', '\r']) => {
            key.trim_matches(['"', '\''])
        }
        _ => "",
    };
    let is_key = !key.starts_with(['#', '{']) && !key.contains(' ');
    Line {
        dash,
        indent,
        key: if is_key { key } else { "" },
    }
}

fn spot(text: &str, at: usize) -> Spot<'_> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let (own, before) = (&text[start..end], &text[..start]);
    let begin = before.rfind("\n---").map_or(0, |at| at + 1);
    let stop = text[end..].find("\n---").map_or(text.len(), |at| end + at);
    let document = &text[begin..stop];
    let root = |name: &str| {
        let mut lines = document.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(key, _)| *key == name);
        found.map_or("", |(_, value)| value.trim().trim_matches(['"', '\'']))
    };
    let here = line(own);
    let blank = own.trim().is_empty();
    let mut limit = match here.dash {
        Some(dash) => dash + 1,
        None if blank => at - start,
        None => here.indent,
    };
    let mut path = Vec::new();
    let lines: Vec<&str> = text[begin..start].lines().collect();
    for above in lines.iter().rev() {
        let above = line(above);
        if above.key.is_empty() && above.dash.is_none() {
            continue;
        }
        if above.indent < limit && !above.key.is_empty() {
            path.push(above.key);
            limit = above.dash.map_or(above.indent, |dash| dash + 1);
        } else if let Some(dash) = above.dash.filter(|_| above.indent == limit) {
            limit = dash + 1;
        }
        if limit == 0 {
            break;
        }
    }
    path.reverse();
    let colon = own[here.indent.min(own.len())..]
        .find(':')
        .map(|colon| start + here.indent + colon);
    Spot {
        api_version: root("apiVersion"),
        kind: root("kind"),
        path,
        key: here.key,
        in_value: !here.key.is_empty() && colon.is_some_and(|colon| colon < at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: web
        image: {{ .Values.image.repository }}:1
        ports:
        - containerPort: 80
        @
  strategy:
    type: @
";
    const VALUES: &str = "image:\n  repository: shop/web\n  tag: '1'\nreplicaCount: 3\n";

    fn place(text: &str) -> Place {
        let at = text.find('@').unwrap_or(0);
        Place {
            path: String::new(),
            offset: u32::try_from(text[..at].encode_utf16().count()).unwrap_or(0),
            text: text.replacen('@', "", 1),
            values: VALUES.to_owned(),
        }
    }

    #[test]
    fn the_place_of_the_caret_is_found_by_lines() {
        for (text, path, key, in_value) in [
            ("a:\n  b:\n    @", "a.b", "", false),
            ("a:\n  b: 1\n  @c: 2", "a", "c", false),
            ("a:\n- b: 1\n  c: @x", "a", "c", true),
            ("a:\n  - b: 1\n    @c: 2", "a", "c", false),
            ("a:\n  - @b: 1", "a", "b", false),
            ("a:\n- b:\n    d: 1\n- @", "a", "", false),
            ("x: 1\n---\na:\n  @", "a", "", false),
            ("a:\n  {{- if .x }}\n  @b: 1\n", "a", "b", false),
            ("@", "", "", false),
        ] {
            let place = place(text);
            let found = spot(&place.text, byte_offset(&place.text, place.offset));
            let told = (found.path.join("."), found.key, found.in_value);
            assert_eq!(told, (path.to_owned(), key, in_value), "{text}");
        }
    }

    fn library() -> Library<'static> {
        Library {
            table: Table::embedded(),
            descriptions: Box::leak(Box::new(Descriptions::new(Table::descriptions()))),
        }
    }

    #[test]
    fn fields_values_and_what_templates_read_are_offered() {
        for (text, expected) in [
            (DEPLOYMENT.to_owned(), "imagePullPolicy"),
            (DEPLOYMENT.replacen("        @\n", "", 1), "RollingUpdate"),
            ("apiVersion: apps/v1\nkind: @".into(), "StatefulSet"),
            ("a: {{ .Values.image.@ }}".into(), ".Values.image.tag"),
            ("a: {{ $.Values.@ }}".into(), "$.Values.replicaCount"),
            ("a: {{ .Rel@".into(), ".Release.Name"),
        ] {
            let labels: Vec<EcoString> = complete(library(), &place(&text))
                .into_iter()
                .map(|it| it.label)
                .collect();
            assert!(labels.iter().any(|it| it == expected), "{text}: {labels:?}");
        }
        assert_eq!(complete(library(), &place("replicaCount: 1\n@")), []);
    }

    #[test]
    fn what_stands_there_is_explained() {
        let explained = |text: &str| explain_at(library(), &place(text)).unwrap_or_default();
        let field = explained("apiVersion: apps/v1\nkind: Deployment\nspec:\n  repl@icas: 3\n");
        assert_eq!((&*field.name, &*field.type_name), ("replicas", "integer"));
        assert!(field.text.starts_with("Number of desired pods"));
        let value = explained("a: {{ .Values.im@age.tag }}");
        assert_eq!(
            (&*value.name, &*value.type_name, &*value.more),
            (".Values.image.tag", "1", "values.yaml:3")
        );
        assert_eq!(explained("a: @b"), Explanation::default());
    }
}
