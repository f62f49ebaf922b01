//! What a viewer is shown of a pod's containers, of a release's objects, and of a Service's endpoints.

#![cfg(not(target_family = "wasm"))]

mod merged;

use merged::{Edit, merged};
use reconcile::Lab;
use reconcile::view::{
    ContainerRow, MarkKind, Millis, ObjectRef, PodRow, ResourceRow, StationKind,
};
use std::ops::Range;

const TEMPLATE: &str = "order-service/chart/templates/deployment.yaml";
const VALUES: &str = "order-service/chart/values.yaml";

/// The first pod of the newest ReplicaSet.
fn first_new_pod(lab: &Lab) -> Option<PodRow> {
    let scene = lab.scene();
    let sets = &scene.deployments[0].sets;
    let set = sets.iter().find(|set| set.newest && 1 < set.revision)?;
    set.pods.first().cloned()
}

/// `main order-service Running, Readiness Failed 0/1`
fn line(row: &ContainerRow) -> String {
    let mut line = format!("{:?} {} {}", row.role, row.name, row.state);
    if !row.reason.is_empty() {
        line += &format!(": {}", row.reason);
    }
    if 0 < row.restarts {
        line += &format!(", {} restarts", row.restarts);
    }
    if let Some(last) = &row.last {
        line += &format!(", last {} {}", last.reason, last.exit);
    }
    for probe in &row.probes {
        let (count, of) = probe.in_a_row;
        line += &format!(", {} {:?} {count}/{of}", probe.kind, probe.standing);
    }
    line
}

/// When the release begins, and half a minute more.
fn rollout(lab: &Lab) -> Range<Millis> {
    let marks = lab.marks();
    let release = marks.iter().rfind(|mark| mark.kind == MarkKind::Released);
    let begins = release.expect("it is released").t;
    begins..begins + 60_000
}

/// What is said of the containers of the first new pod, each line once, in order.
fn story(lab: &mut Lab, until: usize) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for t in rollout(lab).step_by(500) {
        lab.seek(t);
        let Some(pod) = first_new_pod(lab) else {
            continue;
        };
        let object = ObjectRef {
            kind: "Pod".into(),
            namespace: "shop".into(),
            name: pod.name,
        };
        for row in lab.inspect(&object).containers {
            let line = line(&row);
            if !seen.contains(&line) && seen.len() < until {
                seen.push(line);
            }
        }
    }
    seen
}

#[test]
fn containers_are_told_with_their_probes() {
    const INIT: &str = "      initContainers:
        - name: wait
          image: busybox:1.36
          command: [sh, -c, \"sleep 2\"]
        - name: agent
          image: busybox:1.36
          restartPolicy: Always
          command: [sh, -c, \"while true; do sleep 5; done\"]
      containers:
";
    let cases: [(&[Edit], usize, &[&str]); 2] = [
        (
            &[(TEMPLATE, "      containers:\n", INIT)],
            10,
            &[
                "Init wait Waiting: PodInitializing",
                "Sidecar agent Waiting: PodInitializing",
                "Main order-service Waiting: PodInitializing, Readiness Waiting 0/1, Liveness Waiting 0/1",
                "Init wait Running",
                "Init wait Terminated: Completed",
                "Sidecar agent Running",
                "Main order-service Running, Readiness Failed 1/3, Liveness Waiting 0/1",
                "Main order-service Running, Readiness Failed 2/3, Liveness Waiting 0/1",
                "Main order-service Running, Readiness Failed 3/3, Liveness Waiting 0/1",
                "Main order-service Running, Readiness Passed 1/1, Liveness Waiting 0/1",
            ],
        ),
        (
            &[
                (VALUES, "memory: 128Mi", "memory: 48Mi"),
                (VALUES, "memory: 256Mi", "memory: 48Mi"),
            ],
            8,
            &[
                "Main order-service Running, Readiness Failed 1/3, Liveness Waiting 0/1",
                "Main order-service Running, Readiness Failed 2/3, Liveness Waiting 0/1",
                "Main order-service Running, Readiness Failed 3/3, Liveness Waiting 0/1",
                "Main order-service Running, Readiness Failed 4/3, Liveness Waiting 0/1",
                "Main order-service Running, Readiness Waiting 0/1, Liveness Waiting 0/1",
                "Main order-service Running, 1 restarts, last OOMKilled 137, Readiness Failed 1/3, Liveness Waiting 0/1",
                "Main order-service Running, 1 restarts, last OOMKilled 137, Readiness Failed 2/3, Liveness Waiting 0/1",
                "Main order-service Running, 1 restarts, last OOMKilled 137, Readiness Failed 3/3, Liveness Waiting 0/1",
            ],
        ),
    ];
    for (edits, until, expected) in cases {
        assert_eq!(story(&mut merged(edits), until), expected, "{edits:?}");
    }
}

fn tree(rows: &[ResourceRow], depth: usize, lines: &mut Vec<String>) {
    for row in rows {
        let indent = "  ".repeat(depth);
        let words = [row.object.as_str(), &row.sync, &row.health];
        let words: Vec<&str> = words.into_iter().filter(|it| !it.is_empty()).collect();
        lines.push(format!("{indent}{}", words.join(" ")));
        tree(&row.owned, depth + 1, lines);
    }
}

#[test]
fn a_release_has_a_tree_of_its_objects() {
    let mut lab = merged(&[(VALUES, "replicaCount: 3", "replicaCount: 4")]);
    lab.seek(lab.end());
    let releases = lab.scene().releases;
    let counts: Vec<usize> = releases.iter().map(|row| row.resources.len()).collect();
    assert_eq!(counts, [0, 3], "only the newest revision has them");
    let mut lines = Vec::new();
    tree(&releases[1].resources, 0, &mut lines);
    let text = lines.join("\n");
    let (before, rest) = text
        .split_once("EndpointSlice/shop/order-service-")
        .expect("a Service owns one");
    assert_eq!(
        before,
        "ServiceAccount/shop/order-service\nService/shop/order-service Healthy\n  "
    );
    assert!(
        rest.ends_with("\nDeployment/shop/order-service Healthy"),
        "{rest}"
    );
}

#[test]
fn endpoints_are_told_with_who_has_heard_of_them() {
    let mut lab = merged(&[("order-service/app.yaml", "1.4.1", "1.4.2")]);
    let mut details: Vec<String> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    let (from, end) = (rollout(&lab).start, lab.end());
    for t in (from..=end).step_by(200) {
        lab.seek(t);
        let scene = lab.scene();
        let station = scene
            .stations
            .iter()
            .find(|it| it.kind == StationKind::Endpoints);
        let station = station.expect("there is one");
        let said = format!("{}; {}", station.title, station.detail);
        if details.last() != Some(&said) {
            details.push(said);
        }
        let service = &scene.services[0];
        for row in &service.endpoints {
            let words = [
                (row.ready, "ready"),
                (row.serving, "serving"),
                (row.terminating, "terminating"),
            ];
            let words: Vec<&str> = words.into_iter().filter(|it| it.0).map(|it| it.1).collect();
            let all = (1 << service.senders.len()) - 1;
            let from = match row.sent_by {
                0 => "nobody",
                some if some == all => "everybody",
                _ => "some",
            };
            let line = format!("{} from {from}", words.join(" "));
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    let ends = |text: &str| details.iter().filter(|it| it.ends_with(text)).count();
    assert!(3 <= ends("yet to hear of a change"), "{details:?}");
    assert!(
        3 <= ends("1 terminating; every node knows them"),
        "{details:?}"
    );
    for at in [details.first(), details.last()] {
        assert_eq!(
            at.map(String::as_str),
            Some("3 ready; every node knows them")
        );
    }
    lines.sort();
    assert_eq!(
        lines,
        [
            " from nobody",
            "ready serving from everybody",
            "ready serving from nobody",
            "serving terminating from everybody",
            "serving terminating from nobody",
            "serving terminating from some",
        ]
    );
}
