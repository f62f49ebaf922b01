//! Every check finds what it is for, and nothing where all is well. A case is a folder of the check's
//! name, with charts' templates: `bad.yaml`, in which it must find something, and `good.yaml`, in
//! which it must not. Values stand in `bad.values.yaml` and `good.values.yaml`.

#![cfg(not(target_family = "wasm"))]
// Tests may do what the core may not.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use helm::{Chart, Giver, Prepared, ReleaseOptions, Values};
use kube::api::{self, Request, Verb};
use kube::{Key, map};
use reconcile::delivery::app::App;
use reconcile::delivery::checks::{self, CHECKS, Subject};
use reconcile::delivery::plan::Side;
use reconcile::delivery::plan::trial::Cluster;
use reconcile::delivery::registry::Reference;
use reconcile::view::CheckRow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn side(text: &str, values: &str) -> Side {
    let files = BTreeMap::from([
        (
            "Chart.yaml".to_owned(),
            "name: c\nversion: 1.0.0\n".to_owned(),
        ),
        ("values.yaml".to_owned(), values.to_owned()),
        ("templates/t.yaml".to_owned(), text.to_owned()),
    ]);
    let chart = Chart::load(&files).unwrap();
    let options = ReleaseOptions {
        provenance: true,
        ..ReleaseOptions::default()
    };
    let givers = Giver::defaults(&chart, "", &mut |path| files.get(path).cloned());
    let prepared = Prepared::new(chart, &Values::new(), &options).unwrap();
    let rendered = prepared.render(&options).unwrap();
    Side::new("", rendered, &options, givers, prepared.values()).unwrap()
}

/// What checks find in a cluster with one node of 1 CPU and 1 GiB.
fn found(text: &str, values: &str, names: &[&str]) -> Vec<CheckRow> {
    let side = side(text, values);
    let (mut cluster, refused) = Cluster::install(&side.objects);
    let node = map! {
        "apiVersion" => "v1",
        "kind" => "Node",
        "metadata" => map! { "name" => "node-a" },
        "status" => map! { "allocatable" => map! { "cpu" => "1", "memory" => "1Gi", "pods" => "110" } },
    };
    let request = Request::new("test", Key::of(&node), Verb::Create(node));
    api::serve(&mut cluster.store, 0, request).unwrap();
    let app = App::parse("app.yaml", "version: 1.0.0\nmemory: {base: 100Mi}\n").unwrap();
    let subject = Subject {
        side: &side,
        store: &cluster.store,
        apps: &[(Reference::parse("registry.example/app").unwrap(), app)],
        moved: &["registry.example/app:moved".into()],
        refused: &refused,
    };
    checks::check(subject, names)
}

#[test]
fn every_check_finds_the_bad_and_leaves_the_good() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checks/cases");
    let mut wrong = Vec::new();
    for check in CHECKS {
        let read = |file: &str| fs::read_to_string(folder.join(check.name).join(file));
        let rows = |side: &str| {
            let text = read(&format!("{side}.yaml")).ok()?;
            let values = read(&format!("{side}.values.yaml")).unwrap_or_default();
            Some(found(&text, &values, &[check.name]))
        };
        match (rows("bad"), rows("good")) {
            (Some(bad), Some(good)) => {
                if bad.is_empty() || bad.iter().any(|row| row.source.is_empty()) {
                    wrong.push(format!("{}: in the bad one: {bad:?}", check.name));
                }
                if !good.is_empty() {
                    wrong.push(format!("{}: in the good one: {good:?}", check.name));
                }
            }
            _ => wrong.push(format!("{} has no case", check.name)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_is_sorted_and_complete() {
    assert!(CHECKS.is_sorted_by(|a, b| a.name < b.name));
    for check in CHECKS {
        let ends = |text: &str| !text.is_empty() && text != text.trim_end_matches(['.', '"', '}']);
        assert!(ends(check.what) && !check.mend.is_empty(), "{}", check.name);
        assert!(check.url.starts_with("https://"), "{}", check.name);
    }
}

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations: {ANNOTATION: because}
spec:
  containers:
    - name: app
      image: registry.example/app:{{ .Values.tag }}
";

#[test]
fn a_finding_is_told_where_it_is_written() {
    let rows = found(POD, "other: 1\ntag: latest\n", &["latest-tag"]);
    let [row] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    assert_eq!(row.source, "values.yaml:2");
    assert_eq!(row.object, "Pod/default/a");
}

#[test]
fn annotations_let_an_object_off() {
    let cases = [
        ("ignore-check.kube-linter.io/latest-tag", 0),
        ("ignore-check.kube-linter.io/run-as-non-root", 1),
        ("kube-linter.io/ignore-all", 0),
    ];
    for (annotation, expected) in cases {
        let text = POD.replace("ANNOTATION", annotation);
        let rows = found(&text, "tag: latest\n", &["latest-tag"]);
        assert_eq!(rows.len(), expected, "{annotation}");
    }
}
