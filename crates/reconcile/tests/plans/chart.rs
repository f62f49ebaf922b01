//! Random edits of the sample chart: values, templates, and what both do together.

use super::cluster::claims;
use super::plan_in;
use helm::release::objects_of;
use helm::{Chart, ReleaseOptions, Values};
use kube::Value;
use proptest::prelude::*;
use reconcile::delivery::labs;
use reconcile::delivery::plan::trial::Cluster;
use std::collections::BTreeMap;

/// How many random edits are tried; `PROPTEST_CASES` asks for more.
const CASES: u32 = 48;
const VALUES: &str = "values.yaml";
const DEPLOYMENT: &str = "templates/deployment.yaml";

/// A file, a text in it, and what may stand in its place.
const EDITS: &[(&str, &str, &[&str])] = &[
    (
        VALUES,
        "replicaCount: 3",
        &[
            "replicaCount: 1",
            "replicaCount: 5",
            "replicaCount: 0",
            "replicaCount: -1",
        ],
    ),
    (VALUES, "tag: \"\"", &["tag: \"2\"", "tag: latest"]),
    (
        VALUES,
        "LOG_LEVEL: info",
        &[
            "LOG_LEVEL: debug",
            "# none",
            "LOG_LEVEL: info\n  MORE: \"1\"",
        ],
    ),
    (VALUES, "ORDER_TIMEOUT: 3s", &["ORDER_TIMEOUT: 5s"]),
    (VALUES, "cpu: 100m", &["cpu: 0.1", "cpu: 200m", "cpu: much"]),
    (
        VALUES,
        "memory: 256Mi",
        &["memory: 64Mi", "memory: 268435456", "memory: 512Mi"],
    ),
    (VALUES, "port: 80\n", &["port: 8080\n", "port: 0\n"]),
    (
        VALUES,
        "type: ClusterIP",
        &["type: NodePort", "type: Unknown"],
    ),
    (
        VALUES,
        "maxUnavailable: 0",
        &["maxUnavailable: 1", "maxUnavailable: 0%"],
    ),
    (
        VALUES,
        "terminationGracePeriodSeconds: 30",
        &["terminationGracePeriodSeconds: 20"],
    ),
    (VALUES, "podAnnotations: {}", &["podAnnotations: {a: b}"]),
    (VALUES, "nameOverride: \"\"", &["nameOverride: orders"]),
    (VALUES, "create: true", &["create: false"]),
    (VALUES, "# How many pods.", &["# So many."]),
    (
        DEPLOYMENT,
        "spec:\n  replicas",
        &[
            "spec:\n  paused: true\n  replicas",
            "spec:\n  revisionHistoryLimit: 10\n  replicas",
            "spec:\n  minReadySeconds: 3\n  replicas",
        ],
    ),
];

fn edited(files: &BTreeMap<String, String>, picks: &[(usize, usize)]) -> BTreeMap<String, String> {
    let mut files = files.clone();
    for (edit, way) in picks {
        let (path, from, to) = EDITS[*edit];
        let text = files.get_mut(path).expect("the chart has it");
        *text = text.replacen(from, to[way % to.len()], 1);
    }
    files
}

/// The objects that a chart renders; none if it does not.
fn rendered(files: &BTreeMap<String, String>) -> Option<Vec<Value>> {
    let options = ReleaseOptions {
        name: "order-service".to_owned(),
        ..ReleaseOptions::default()
    };
    let chart = Chart::load(files).ok()?;
    let rendered = helm::render(&chart, &Values::new(), &options).ok()?;
    let is_namespaced = |_: &str, kind: &str| kube::kind_info(kind).is_none_or(|it| it.namespaced);
    let objects = objects_of(&rendered, &options, &is_namespaced).ok()?;
    Some(objects.into_iter().map(|(_, it)| it.object).collect())
}

fn chart() -> BTreeMap<String, String> {
    const FOLDER: &str = "order-service/chart/";
    let lab = labs::built_in("order-service").expect("it comes with the program");
    let files = lab.into_iter();
    let inside =
        |(path, text): (String, String)| Some((path.strip_prefix(FOLDER)?.to_owned(), text));
    files.filter_map(inside).collect()
}

#[test]
fn the_texts_to_edit_are_there() {
    let files = chart();
    for (path, from, _) in EDITS {
        assert!(files[*path].contains(from), "{path}: {from}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(CASES), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_edits_do_what_their_plan_says(
        // Nothing is paused at first: what was created paused never had pods.
        before in proptest::collection::vec((0..EDITS.len() - 1, 0_usize..4), 0..2),
        after in proptest::collection::vec((0..EDITS.len(), 0_usize..4), 0..4),
    ) {
        let files = edited(&chart(), &before);
        let (old, new) = (rendered(&files), rendered(&edited(&files, &after)));
        if let (Some(old), Some(new)) = (old, new) {
            let rows = plan_in(&Cluster::with(&old), &old, &new);
            if let Err(why) = claims(&old, &new, &rows) {
                return Err(TestCaseError::fail(why));
            }
        }
    }
}
