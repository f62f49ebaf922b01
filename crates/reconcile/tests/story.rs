//! What a viewer is shown on the way from a merge to pods.

#![cfg(not(target_family = "wasm"))]

mod merged;

use merged::{Edit, merged};
use reconcile::Lab;
use reconcile::view::protocol::Sample;
use reconcile::view::{DeploymentRow, Effect, StationKind, live_station};

/// The stations that were live, in order, looking every 200 ms.
fn live_stations(lab: &mut Lab) -> Vec<StationKind> {
    let mut seen: Vec<StationKind> = Vec::new();
    for t in (lab.now()..=lab.end()).step_by(200) {
        lab.seek(t);
        let live = live_station(&lab.scene().stations);
        if seen.last() != Some(&live) {
            seen.push(live);
        }
    }
    seen
}

const APP: &str = "order-service/app.yaml";
const VALUES: &str = "order-service/chart/values.yaml";

#[test]
fn the_live_station_goes_down_the_way() {
    use StationKind::{Checks, Image, Release, Rollout};
    let cases: [(&[Edit], &[StationKind]); 4] = [
        (
            &[(APP, "1.4.1", "1.4.2")],
            &[Checks, Image, Release, Rollout],
        ),
        (
            &[(VALUES, "replicaCount: 3", "replicaCount: 5")],
            &[Checks, Image, Release, Rollout],
        ),
        (
            &[(VALUES, "replicaCount: 3", "replicaCount: 3 # three")],
            &[Checks, Image, Release, Rollout],
        ),
        (&[(APP, "tests: pass", "tests: fail")], &[Checks]),
    ];
    for (changes, expected) in cases {
        assert_eq!(live_stations(&mut merged(changes)), expected, "{changes:?}");
    }
}

#[test]
fn what_follows_a_merge_ends_when_nothing_changes_any_more() {
    let lab = merged(&[(APP, "1.4.1", "1.4.2")]);
    let last = lab.entries().last().expect("much happened").t;
    let quiet = lab.end() - last;
    assert!(
        quiet < 60_000,
        "{quiet} ms are played in which nothing happens"
    );
}

#[test]
fn the_plan_says_what_then_happens() {
    let cases: [(&'static str, &'static str, &'static str, Effect, u32); 4] = [
        (APP, "1.4.1", "1.4.2", Effect::Rolls, 3),
        (
            VALUES,
            "LOG_LEVEL: info",
            "LOG_LEVEL: debug",
            Effect::Rolls,
            3,
        ),
        (
            VALUES,
            "replicaCount: 3",
            "replicaCount: 5",
            Effect::Scales,
            2,
        ),
        (VALUES, "  port: 80\n", "  port: 8080\n", Effect::InPlace, 0),
    ];
    for (path, from, to, effect, pods) in cases {
        let mut lab = merged(&[(path, from, to)]);
        let plan = lab.scene().pull_request.expect("there is one").plan;
        assert_eq!(plan.len(), 1, "{plan:?}");
        assert_eq!((plan[0].effect, plan[0].pods), (effect, pods), "{plan:?}");

        let sets = |lab: &Lab| lab.scene().deployments[0].sets.len();
        let before = (sets(&lab), lab.scene().deployments[0].desired);
        lab.seek(lab.end());
        let after = (sets(&lab), lab.scene().deployments[0].desired);
        let happened = match (after.0 > before.0, after.1 != before.1) {
            (true, _) => Effect::Rolls,
            (false, true) => Effect::Scales,
            (false, false) => Effect::InPlace,
        };
        assert_eq!(happened, effect, "{path}: {to}");
        assert_eq!(lab.outcome(), Some(true));
        assert!(
            lab.seconds().iter().all(|second| second.failed == 0),
            "{path}: {to}"
        );
    }
}

/// A Job that is to be over before the release changes anything.
const HOOK: &str = "\
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations:
    helm.sh/hook: pre-upgrade
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: migrate
          image: busybox:1.37
          command: [sh, -c, \"sleep 5; exit CODE\"]
---
apiVersion: v1
kind: Service
";

#[test]
fn a_hook_that_is_a_job_runs_before_the_upgrade() {
    const SERVICE: &str = "order-service/chart/templates/service.yaml";
    const HEAD: &str = "apiVersion: v1\nkind: Service\n";
    for (code, succeeds) in [("0", true), ("3", false)] {
        let hook = HOOK.replace("CODE", code).leak();
        let mut lab = merged(&[
            (SERVICE, HEAD, hook),
            (VALUES, "replicaCount: 3", "replicaCount: 4"),
        ]);
        lab.seek(lab.end());
        assert_eq!(lab.outcome(), Some(succeeds));
        let jobs = lab.world().store().list("Job");
        let finished = if succeeds { "Complete" } else { "Failed" };
        assert_eq!(jobs[0].condition(finished).get("status").text(), "True");
        // What a hook keeps from happening does not happen.
        let wanted = lab.scene().deployments[0].desired;
        assert_eq!(wanted, if succeeds { 4 } else { 3 });
    }
}

/// The Secrets that Helm keeps revisions in: name and status.
fn records(lab: &Lab) -> Vec<String> {
    let secrets = lab.world().store().list("Secret").into_iter();
    let helms = secrets.filter(|it| it.value.get("type").text() == "helm.sh/release.v1");
    helms
        .map(|it| {
            let status = it.labels().get("status").text();
            format!("{} {status}", it.key.name)
        })
        .collect()
}

#[test]
fn a_failed_upgrade_is_rolled_back_as_a_new_revision() {
    const WORKFLOW: &str = "order-service/.github/workflows/deliver.yaml";
    let mut lab = merged(&[
        (APP, "readiness: /readyz", "readiness: /ready"),
        (
            WORKFLOW,
            "--wait --timeout 5m",
            "--rollback-on-failure --timeout 1m",
        ),
    ]);
    lab.seek(lab.end());
    assert_eq!(
        records(&lab),
        [
            "sh.helm.release.v1.order-service.v1 superseded",
            "sh.helm.release.v1.order-service.v2 failed",
            "sh.helm.release.v1.order-service.v3 deployed",
        ]
    );
    let rows = lab.scene().releases;
    let told = rows.iter().map(|row| row.description.as_str());
    let told: Vec<&str> = told
        .map(|text| text.lines().next().unwrap_or_default())
        .collect();
    assert_eq!(
        told,
        [
            "Install complete",
            "Upgrade \"order-service\" failed: resource Deployment/shop/order-service not ready. status: InProgress, message: Updated: 1/3",
            "Rollback to 1",
        ]
    );
    let deployments = lab.world().store().list("Deployment");
    let annotation = |name| deployments[0].annotation(name);
    assert_eq!(
        annotation("meta.helm.sh/release-name"),
        Some("order-service")
    );
    // The third revision runs what the first did, so the pods of the first are used again.
    assert_eq!(annotation("deployment.kubernetes.io/revision"), Some("3"));
    assert_eq!(lab.world().store().list("ReplicaSet").len(), 2);
}

/// The Deployments that have pods made since the merge, after the lab's pull request of a repository.
fn rolled(name: &str, repository: &str) -> Vec<String> {
    let mut lab = Lab::built_in(name).expect("it is built in");
    let start = lab.now();
    let prefix = format!("{repository}/");
    let is_of = |sample: &&Sample| sample.files.keys().any(|path| path.starts_with(&prefix));
    let sample = lab
        .samples()
        .iter()
        .find(is_of)
        .expect("it brings one")
        .clone();
    let mut draft = lab.files();
    draft.extend(sample.files);
    lab.open_pull_request(&sample.title, &draft)
        .expect("it can be proposed");
    lab.merge().expect("it can be merged");
    lab.seek(lab.end());
    assert_eq!(lab.outcome(), Some(true), "{name} {repository}");
    let is_new = |row: &&DeploymentRow| {
        let mut pods = row.sets.iter().flat_map(|set| &set.pods);
        pods.any(|pod| pod.created >= start)
    };
    let rows = lab.scene().deployments;
    rows.iter()
        .filter(is_new)
        .map(|row| row.name.to_string())
        .collect()
}

#[test]
fn a_merge_in_one_of_several_services_rolls_only_that_one() {
    for (lab, repository) in [
        ("shop", "auth-service"),
        ("shop", "gateway"),
        ("shop", "order-service"),
        ("shop", "payment-service"),
        ("monolith", "monolith"),
    ] {
        assert_eq!(rolled(lab, repository), [repository], "{lab}");
    }
    // The station of the release is that of Argo CD's sync.
    let mut lab = Lab::built_in("order-service-gitops").expect("it is built in");
    let mut draft = lab.files();
    draft.extend(lab.sample().expect("it brings one").files.clone());
    lab.open_pull_request("A change", &draft)
        .expect("it can be proposed");
    lab.merge().expect("it can be merged");
    let live = live_stations(&mut lab);
    assert_eq!(live, [StationKind::Release, StationKind::Rollout]);
    // A merge in the service's own repository comes to the cluster by a commit of CI, in the same colour.
    let mut lab = Lab::built_in("order-service-gitops").expect("it is built in");
    let before = lab.files();
    let mut draft = before.clone();
    draft.extend(lab.samples()[1].files.clone());
    lab.open_pull_request("Release version 1.4.2", &draft)
        .expect("it can be proposed");
    let scene = lab.scene();
    let row = scene.pull_request.expect("it is open");
    let plan: Vec<_> = row.plan.iter().map(|it| (it.effect, it.pods)).collect();
    assert_eq!(plan, [(Effect::Rolls, 3)], "{:?}", row.plan);
    lab.merge().expect("it can be merged");
    lab.seek(lab.end());
    let values = "deploy-config/order-service/values.yaml";
    let bumped = before[values].replace("tag: \"1.4.1\"", "tag: \"1.4.2\"");
    assert_eq!(lab.files()[values], bumped, "the comments are kept");
    let scene = lab.scene();
    let merged = scene.pull_request.expect("it was merged").tint;
    let tints: Vec<_> = scene.deployments[0]
        .sets
        .iter()
        .map(|it| &it.tint)
        .collect();
    assert!(tints.contains(&&Some(merged)), "{tints:?}");
    assert_eq!(scene.applications[0].sync, "Synced");
    assert_eq!(lab.outcome(), Some(true));
    // With GitOps the repository that is merged is that of the configuration.
    let rolled = rolled("order-service-gitops", "deploy-config");
    assert_eq!(rolled, ["order-service"]);
}
