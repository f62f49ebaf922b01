//! What becomes of nodes and their pods when power fails, nodes are removed, and namespaces go: scripts
//! and what is seen.

#![cfg(not(target_family = "wasm"))]

use kube::api::{DeleteOptions, Verb};
use kube::{Key, Value, map};
use reconcile::cluster::pod;
use reconcile::delivery::app::App;
use reconcile::trace::Note;
use reconcile::{Settings, World};
use std::rc::Rc;

/// Three nodes, and a Deployment with a pod on each, at rest.
fn world() -> World {
    let settings = Settings {
        any_image: Some(Rc::new(App::default())),
        ..Settings::default()
    };
    let mut world = World::new(7, settings);
    for name in ["node-a", "node-b", "node-c"] {
        let amounts = map! { "cpu" => "4", "memory" => "8Gi", "pods" => "110" };
        let ready = map! { "type" => "Ready", "status" => "True", "reason" => "KubeletReady" };
        ask(
            &mut world,
            map! {
                "kind" => "Node",
                "metadata" => map! { "name" => name },
                "status" => map! { "allocatable" => amounts, "conditions" => vec![ready] },
            },
        );
    }
    let labels = map! { "app" => "shop" };
    let container = map! { "name" => "main", "image" => "registry.example/shop:1" };
    ask(
        &mut world,
        map! {
            "kind" => "Deployment",
            "metadata" => map! { "name" => "shop", "namespace" => "default" },
            "spec" => map! {
                "replicas" => 3,
                "selector" => map! { "matchLabels" => labels.clone() },
                "template" => map! {
                    "metadata" => map! { "labels" => labels },
                    "spec" => map! { "containers" => vec![container] },
                },
            },
        },
    );
    world.run_until(60_000);
    world
}

fn ask(world: &mut World, mut object: Value) {
    let info = kube::kind_info(object.get("kind").text());
    object.set("apiVersion", info.map_or("", |info| info.api_version));
    request(world, &Key::of(&object), Verb::Create(object));
}

fn request(world: &mut World, key: &Key, verb: Verb) {
    let note = Note::detail("write", "Test", "the test acts");
    let done = world.request("test", key.clone(), "", verb, note);
    done.expect("the API server accepts what a test writes");
}

/// The pods, as `node: state`, with what their node is tainted with.
fn seen(world: &World) -> Vec<String> {
    let store = world.store();
    let mut rows: Vec<String> = store
        .list("Pod")
        .iter()
        .map(|pod| {
            let state = match (pod.meta.deleted, pod::is_ready(pod)) {
                (Some(_), _) => "Terminating",
                (None, true) => "ready",
                (None, false) => "not ready",
            };
            let restarts = pod.status().get("containerStatuses").items();
            let restarts = restarts.first().map(|it| it.get("restartCount").clone());
            let restarts = restarts.and_then(|it| it.as_int()).unwrap_or(0);
            format!("{}: {state}, {restarts} restarts", pod::node(pod))
        })
        .collect();
    for node in store.list("Node") {
        for taint in node.spec().get("taints").items() {
            let (key, effect) = (taint.get("key").text(), taint.get("effect").text());
            rows.push(format!("{} has {key}:{effect}", node.key.name));
        }
    }
    rows.sort();
    rows
}

/// Runs until so many milliseconds after `from`, and compares.
fn check(world: &mut World, at: u64, expected: &[&str]) {
    world.run_until(at);
    assert_eq!(seen(world), expected, "at {at}");
}

const A: &str = "node-a: ready, 0 restarts";
const B: &str = "node-b: ready, 0 restarts";
const C: &str = "node-c: ready, 0 restarts";
const CORDON: &str = "node-c has node.kubernetes.io/unreachable:NoSchedule";
const DRIVE: &str = "node-c has node.kubernetes.io/unreachable:NoExecute";

#[test]
fn a_node_that_loses_its_power_is_given_up_after_its_grace_period() {
    let mut world = world();
    let start = world.now();
    world.stop_node("node-c");
    // Nobody knows, and traffic still goes there.
    check(&mut world, start + 40_000, &[A, B, C]);
    let silent = "node-c: not ready, 0 restarts";
    check(&mut world, start + 66_000, &[A, B, DRIVE, CORDON, silent]);
    check(&mut world, start + 350_000, &[A, B, DRIVE, CORDON, silent]);
    // Its toleration is over: another pod takes its place, and it cannot go for good.
    let going = "node-c: Terminating, 0 restarts";
    let rows = seen_after(&mut world, start + 380_000);
    assert_eq!(rows.len(), 6, "{rows:?}");
    assert!(rows.contains(&going.to_owned()), "{rows:?}");
    world.start_node("node-c");
    let rows = seen_after(&mut world, start + 400_000);
    assert_eq!(rows.len(), 3, "{rows:?}");
}

fn seen_after(world: &mut World, at: u64) -> Vec<String> {
    world.run_until(at);
    seen(world)
}

#[test]
fn a_node_that_comes_back_in_time_starts_its_pods_again() {
    let mut world = world();
    let start = world.now();
    world.stop_node("node-c");
    world.run_until(start + 70_000);
    world.start_node("node-c");
    let back = "node-c: ready, 1 restarts";
    check(&mut world, start + 90_000, &[A, B, back]);
    let pods = world.store().pods_on(&"node-c".into()).next().cloned();
    let pod = pods.expect("it has a pod");
    let status = &pod.status().get("containerStatuses").items()[0];
    let ended = status.at(&["lastState", "terminated"]);
    assert_eq!(ended.get("exitCode").as_int(), Some(255));
    assert_eq!(ended.get("reason").text(), "Unknown");
}

#[test]
fn the_pods_of_a_removed_node_go_after_a_while() {
    let mut world = world();
    let start = world.now();
    let key = Key::new("Node", "", "node-c");
    request(&mut world, &key, Verb::Delete(DeleteOptions::default()));
    check(&mut world, start + 39_000, &[A, B, C]);
    let rows = seen_after(&mut world, start + 60_000);
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(!rows.contains(&C.to_owned()), "{rows:?}");
}

#[test]
fn nobody_is_driven_away_when_all_nodes_are_silent() {
    let mut world = world();
    let start = world.now();
    for name in ["node-a", "node-b", "node-c"] {
        world.stop_node(name);
    }
    let rows = seen_after(&mut world, start + 600_000);
    assert_eq!(rows.len(), 6, "{rows:?}");
    assert!(
        !rows.iter().any(|row| row.contains("NoExecute")),
        "{rows:?}"
    );
}
