//! What must hold of every input, whatever it is: no panic, an end within the limits, the same
//! answer twice, and what each of the functions below says.
//!
//! Used by the fuzz targets, which look for inputs that break it, and by `crates/helm/tests/fuzz.rs`,
//! which tries the seeds and every input that once did.

use helm::{Chart, ReleaseOptions, SetKind, Values};
use std::collections::BTreeMap;

/// Checks one input of a target; panics if it finds something.
pub fn check(target: &str, input: &str) {
    match target {
        "yaml" => yaml_text(input),
        "template" => template(input),
        "set" => set(input),
        "values" => values(input),
        _ => panic!("there is no target {target}"),
    }
}

/// Stands between the parts of an input that has several.
const NEXT_PART: &str = "\n%%\n";

/// A YAML text: places lie in it, what it means survives being written and read again, and an edit
/// changes what it should and nothing else.
fn yaml_text(text: &str) {
    let lines = text
        .split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
        .count();
    match yaml::parse(text) {
        Ok(nodes) => nodes.iter().for_each(|node| spans(text, node, 0)),
        Err(error) => assert!(1 <= error.line && error.line <= lines + 1, "{error:?}"),
    }
    let Ok(value) = yaml::decode(text) else {
        return;
    };
    let written = yaml::encode(&value);
    // go-yaml writes the key `<<` without quotes, so that it is read as a merge.
    if !written.contains("<<:") {
        let again = yaml::decode(&written);
        // Compared as texts: a NaN equals nothing, itself included.
        let again = again.map(|again| yaml::encode(&again));
        assert_eq!(again.as_ref(), Ok(&written), "{value:?}");
    }

    let Some(map) = value.as_map().filter(|map| !map.is_empty()) else {
        return;
    };
    let Some(key) = map.keys().next().cloned() else {
        return;
    };
    let Ok(edited) = yaml::edit::set(text, &[&key], &"changed by a bot".into()) else {
        return;
    };
    let mut wanted = value.clone();
    wanted.set(&key, "changed by a bot");
    let got = yaml::decode(&edited).unwrap_or_else(|error| panic!("{error}\n{edited}"));
    assert_eq!(yaml::encode(&got), yaml::encode(&wanted), "{edited}");
}

/// Every node lies within its text, and a deeper one within bounds of depth.
fn spans(text: &str, node: &yaml::Node, depth: usize) {
    assert!(text.get(node.span.clone()).is_some(), "{:?}", node.span);
    assert!(depth < 20_000);
    match &node.kind {
        yaml::Kind::List(items) => items.iter().for_each(|item| spans(text, item, depth + 1)),
        yaml::Kind::Map(members) => members.iter().for_each(|(key, value)| {
            spans(text, key, depth + 1);
            spans(text, value, depth + 1);
        }),
        _ => {}
    }
}

/// What the templates under test see as `.Values`.
const VALUES: &str = "\
name: web
port: 8080
ratio: 0.5
on: true
nothing: null
empty: ''
list: [a, 1, true, null, {k: v}]
map: {b: 1, a: {x: [1, 2]}, c: text}
image: {repository: registry.test/web, tag: '1.2.3'}
template: '{{ .Values.name }}-{{ .Release.Name }}'
text: |
  first: 1
  second: [2, 3]
";

/// A template: renders or says why not, twice the same, recorded or not; where it renders, every line
/// has an origin.
fn template(text: &str) {
    let render = |provenance: bool| {
        let options = ReleaseOptions {
            provenance,
            ..ReleaseOptions::default()
        };
        let files = BTreeMap::from([
            (
                "Chart.yaml".to_owned(),
                "apiVersion: v2\nname: t\nversion: 0.1.0\n",
            ),
            ("values.yaml".to_owned(), VALUES),
            ("files/a.txt".to_owned(), "one\ntwo\n"),
            (
                "templates/_h.tpl".to_owned(),
                "{{ define \"h\" }}h: {{ . | toYaml }}{{ end }}",
            ),
            ("templates/t".to_owned(), text),
        ]);
        let chart = Chart::load(&files)?;
        helm::render_templates(&chart, &Values::new(), &options)
            .map(|files| files["t/templates/t"].clone())
    };
    let rendered = render(true);
    assert_eq!(rendered, render(true));
    let plain = render(false).map(|file| file.text);
    assert_eq!(rendered.clone().map(|file| file.text), plain);
    if let Ok(file) = rendered {
        assert_eq!(file.lines.len(), file.text.split_inclusive('\n').count());
        assert!(file.lines.iter().all(|line| !line.sites.is_empty()));
    }
}

/// A `--set` and its kin; the first letter says which.
fn set(text: &str) {
    let Some(first) = text.chars().next() else {
        return;
    };
    let kind = match first {
        's' => SetKind::String,
        'j' => SetKind::Json,
        'l' => SetKind::Literal,
        _ => SetKind::Set,
    };
    let text = &text[first.len_utf8()..];
    let apply = || {
        let values = Values::parse("a: {b: [1, {c: 2}], d: x}\nl: [[1], [2]]\ns: text\nn: null\n")?;
        values.set(text, kind)?;
        Ok::<_, helm::Error>(yaml::encode(&values.to_yaml()))
    };
    assert_eq!(apply(), apply());
}

/// Values of a chart, of its subchart, and two files that a user gives: the last file wins.
fn values(text: &str) {
    let mut parts = text.split(NEXT_PART);
    let mut part = || parts.next().unwrap_or_default();
    let (own, sub, first, second) = (part(), part(), part(), part());
    let dependency = "\
apiVersion: v2
name: t
version: 0.1.0
dependencies:
- {name: sub, version: 1.x, condition: 'sub.enabled', import-values: [data, {child: conf, parent: taken}]}
";
    let files = BTreeMap::from([
        ("Chart.yaml".to_owned(), dependency),
        ("values.yaml".to_owned(), own),
        (
            "charts/sub/Chart.yaml".to_owned(),
            "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        ),
        ("charts/sub/values.yaml".to_owned(), sub),
    ]);
    let Ok(chart) = Chart::load(&files) else {
        return;
    };
    let (Ok(given), Ok(over)) = (Values::parse(first), Values::parse(second)) else {
        return;
    };
    given.merge(&over);
    let before = yaml::encode(&given.to_yaml());
    let effective = helm::effective_values(&chart, &given);
    assert_eq!(
        before,
        yaml::encode(&given.to_yaml()),
        "what was given is not changed"
    );
    let again = helm::effective_values(&chart, &given);
    let written = |values: &yaml::Value| yaml::encode(values);
    assert_eq!(effective.as_ref().map(written), again.as_ref().map(written));

    let Ok(effective) = effective else {
        return;
    };
    for (key, value) in over.to_yaml().members() {
        let is_plain = !matches!(value, yaml::Value::Map(_) | yaml::Value::Null);
        if is_plain && !matches!(key.as_str(), "sub" | "global") {
            let got = effective.get(key);
            assert_eq!(
                written(got),
                written(value),
                "{key} is what the last file says"
            );
        }
    }
}
