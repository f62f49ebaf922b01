use super::order_service;
use crate::delivery::git::Tree;
use crate::delivery::plan::trial::Cluster;
use crate::delivery::plan::{Change, Sources, Tool, plan, stopped};
use crate::delivery::rehearsal::Failure;
use crate::view::PlanRow;
use yaml::Value;

const MANIFESTS: &str = "
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {COLOUR: blue}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: pages}
data: {index.html: hello}
---
apiVersion: v1
kind: Service
metadata: {name: order-service}
spec: {ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, labels: {team: a}}
spec:
  replicas: 3
  selector: {matchLabels: {app: order-service}}
  strategy: {type: RollingUpdate}
  template:
    metadata: {labels: {app: order-service}}
    spec:
      containers:
        - name: app
          image: registry.example/order-service:1
          env: [{name: LOG, value: info}, {name: TIMEOUT, value: 3s}]
          envFrom: [{configMapRef: {name: settings}}]
          volumeMounts: [{name: pages, mountPath: /pages}]
      volumes: [{name: pages, configMap: {name: pages}}]
";

/// The objects of a text, those without a namespace in `shop`.
fn objects(text: &str) -> Vec<Value> {
    let mut objects = yaml::decode_all(text).unwrap();
    objects.retain(|object| !object.is_null());
    for object in &mut objects {
        let namespace = object.entry_at(&["metadata", "namespace"]);
        if namespace.is_null() {
            *namespace = "shop".into();
        }
    }
    objects
}

fn plan_of(files: [&Tree; 2], old: &[Value], new: &[Value]) -> Vec<PlanRow> {
    plan(&Change {
        cluster: &Cluster::with(old),
        old_files: files[0],
        new_files: files[1],
        old,
        old_hooks: &[],
        new,
        new_hooks: &[],
        tool: Tool::Helm,
        sources: &Sources::default(),
    })
}

/// The plan's rows: effect, object, pods, sentence, then the paths.
fn rows(old: &str, new: &str) -> String {
    let files = Tree::new();
    let mut out = String::new();
    for row in plan_of([&files; 2], &objects(old), &objects(new)) {
        out += &format!(
            "{:?} {} ({}): {}\n",
            row.effect, row.object, row.pods, row.sentence
        );
        for path in row.paths {
            let change = path.change;
            out += &format!(
                "  {:?} {}: {} -> {}\n",
                path.effect, change.path, change.old, change.new
            );
        }
    }
    out
}

#[test]
fn what_the_server_warns_of() {
    let manifest = |name: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{containers: [{{name: c, image: x, \
             env: [{{name: {name}, value: a}}, {{name: A, value: b}}]}}]}}}}"
        )
    };
    let files = Tree::new();
    let warnings = |old: &str, new: &str| -> Vec<String> {
        let rows = plan_of([&files; 2], &objects(old), &objects(new));
        let warnings = rows.into_iter().flat_map(|row| row.warnings);
        warnings.map(String::from).collect()
    };
    let hidden = "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when \
                  using apply";
    assert_eq!(warnings("", &manifest("A")), [hidden]);
    assert_eq!(warnings("", &manifest("B")), [""; 0]);
    // What is not written is not warned of.
    assert_eq!(warnings(&manifest("A"), &manifest("A")), [""; 0]);
}

/// Edits of the manifests, each a replacement or two; what they do stands in the snapshot.
#[test]
fn edits_and_what_they_do() {
    let edits: [(&str, &[(&str, &str)]); 22] = [
        ("a new image", &[("order-service:1", "order-service:2")]),
        ("one variable", &[("value: 3s", "value: 5s")]),
        (
            "a variable more, image and replicas",
            &[
                ("{name: LOG,", "{name: A, value: b}, {name: LOG,"),
                ("order-service:1", "order-service:2"),
                ("replicas: 3", "replicas: 5"),
            ],
        ),
        (
            "a label of the template",
            &[(
                "{labels: {app: order-service}}",
                "{labels: {app: order-service, a: b}}",
            )],
        ),
        (
            "recreate",
            &[
                ("RollingUpdate", "Recreate"),
                ("order-service:1", "order-service:2"),
            ],
        ),
        (
            "paused",
            &[
                ("replicas: 3", "replicas: 3\n  paused: true"),
                ("order-service:1", "order-service:2"),
            ],
        ),
        (
            "a new image of nothing",
            &[
                ("replicas: 3", "replicas: 0"),
                ("order-service:1", "order-service:2"),
            ],
        ),
        ("more pods", &[("replicas: 3", "replicas: 5")]),
        ("fewer pods", &[("replicas: 3", "replicas: 2")]),
        ("no number of pods", &[("  replicas: 3\n", "")]),
        ("the strategy", &[("RollingUpdate", "Recreate")]),
        ("a label of the Deployment", &[("team: a", "team: b")]),
        (
            "the selector",
            &[(
                "{matchLabels: {app: order-service}}",
                "{matchLabels: {app: other}}",
            )],
        ),
        ("a port", &[("port: 80", "port: 81")]),
        (
            "a ConfigMap that is read into the environment",
            &[("blue", "green")],
        ),
        ("a ConfigMap that is mounted", &[("hello", "bye")]),
        (
            "a ConfigMap whose readers roll",
            &[("blue", "green"), ("order-service:1", "order-service:2")],
        ),
        (
            "a ConfigMap that nobody reads",
            &[
                ("blue", "green"),
                (
                    "[{configMapRef: {name: settings}}]",
                    "[{configMapRef: {name: settings}}]",
                ),
                ("name: settings}\ndata", "name: other}\ndata"),
            ],
        ),
        (
            "another name of the Deployment",
            &[("{name: order-service, labels", "{name: orders, labels")],
        ),
        (
            "another namespace",
            &[(
                "{name: order-service, labels",
                "{name: order-service, namespace: b, labels",
            )],
        ),
        (
            "the same namespace, written out",
            &[(
                "kind: Service\nmetadata: {",
                "kind: Service\nmetadata: {namespace: shop, ",
            )],
        ),
        ("nothing", &[]),
    ];
    let mut out = String::new();
    for (title, replacements) in edits {
        let mut new = MANIFESTS.to_owned();
        for (from, to) in replacements {
            assert!(new.contains(from), "{from}");
            new = new.replace(from, to);
        }
        out += &format!("{title}\n{}\n", rows(MANIFESTS, &new));
    }
    insta::assert_snapshot!(out);
}

/// Helm makes sure of all kinds before it begins: nothing else changes then.
#[test]
fn an_api_that_is_gone_stops_the_upgrade() {
    let gone = "---\napiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n";
    let new = MANIFESTS.replace("replicas: 3", "replicas: 5") + gone;
    let told = rows(MANIFESTS, &new);
    assert!(
        told.starts_with("Rejected Ingress/shop/a (0): The API server refuses it, so it cannot be created and the upgrade fails: no matches for kind \"Ingress\" in version \"extensions/v1beta1\"\nNone Deployment/shop/order-service (0): Not reached"),
        "{told}"
    );
}

#[test]
fn first_installation_and_removal() {
    insta::assert_snapshot!(format!("{}\n{}", rows("", MANIFESTS), rows(MANIFESTS, "")));
    let kept = MANIFESTS.replace(
        "labels: {team: a}",
        "annotations: {helm.sh/resource-policy: keep}",
    );
    assert!(rows(&kept, "").contains("Leaves the release, and stays"));
}

/// When no object changes, the files say why.
#[test]
fn why_nothing_happens() {
    let old = order_service().repositories["order-service"].clone();
    let cases: [(&str, &str, &str, &str); 5] = [
        (
            "chart/values.yaml",
            "# How many pods.",
            "# So many pods.",
            "only comments or formatting differ",
        ),
        (
            "chart/values.yaml",
            "nameOverride: \"\"",
            "nameOverride: ''",
            "only comments or formatting differ",
        ),
        (
            "chart/values.yaml",
            "affinity: {}",
            "affinity: {}\nunused: 1",
            "the values differ, but the chart renders",
        ),
        (
            "chart/templates/NOTES.txt",
            "Watch",
            "See",
            "chart/templates/NOTES.txt has no part in either",
        ),
        ("Dockerfile", "", "", "no file differs"),
    ];
    for (path, from, to, expected) in cases {
        let mut new = old.clone();
        let text = new.get_mut(path).unwrap();
        *text = text.replace(from, to);
        let rows = plan_of([&old, &new], &[], &[]);
        assert_eq!(rows.len(), 1);
        assert!(
            rows[0].sentence.contains(expected),
            "{path}: {}",
            rows[0].sentence
        );
    }
}

#[test]
fn a_failing_workflow_reaches_nothing() {
    let failure = Failure {
        job: "test".into(),
        step: "Run the tests".into(),
        error: "FAIL\n".into(),
    };
    assert_eq!(
        stopped(&failure)[0].sentence,
        "Nothing reaches the cluster: step \"Run the tests\" of job test will fail (FAIL), and what \
         comes after it is skipped."
    );
}
