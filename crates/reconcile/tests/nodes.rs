//! What becomes of nodes and their pods when power fails, nodes are removed, and namespaces go: scripts
//! and what is seen.

#![cfg(not(target_family = "wasm"))]

use kube::api::{DeleteOptions, Request, Response, Verb, serve};
use kube::{Key, Millis, Value, map};
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
    // Its kubelet does not know what it said before.
    let events = world.store().list("Event");
    let started = events.iter().filter(|event| {
        let about = event.value.at(&["involvedObject", "name"]).text();
        about == pod.key.name && event.value.get("reason").text() == "Started"
    });
    let counts: Vec<_> = started.map(|it| it.value.get("count").as_int()).collect();
    assert_eq!(counts, [Some(1), Some(1)]);
}

#[test]
fn a_node_that_is_cut_off_keeps_its_pods_running() {
    let mut world = world();
    let start = world.now();
    world.cut_node("node-c");
    let silent = "node-c: not ready, 0 restarts";
    check(&mut world, start + 66_000, &[A, B, DRIVE, CORDON, silent]);
    // A container that is killed meanwhile is started again, and nobody hears of it.
    let pod = |world: &World| world.store().pods_on(&"node-c".into()).next().cloned();
    let key = pod(&world).expect("it has a pod").key.clone();
    world.kill_processes(&key);
    check(&mut world, start + 100_000, &[A, B, DRIVE, CORDON, silent]);
    world.start_node("node-c");
    let back = "node-c: ready, 1 restarts";
    check(&mut world, start + 106_000, &[A, B, back]);
    // Its pods are driven away the next time, and go when their kubelet hears of it.
    let start = world.now();
    world.cut_node("node-c");
    let rows = seen_after(&mut world, start + 380_000);
    let going = "node-c: Terminating, 1 restarts".to_owned();
    assert!(rows.contains(&going), "{rows:?}");
    let rows = seen_after(&mut world, start + 900_000);
    assert!(rows.contains(&going), "{rows:?}");
    world.start_node("node-c");
    let rows = seen_after(&mut world, start + 940_000);
    assert!(!rows.contains(&going), "{rows:?}");
    assert_eq!(rows.len(), 3, "{rows:?}");
    // Its kubelet was never restarted, and counts on.
    let events = world.store().list("Event");
    let told = |reason: &str| -> i64 {
        let about = events
            .iter()
            .filter(|it| it.value.get("reason").text() == reason);
        about.filter_map(|it| it.value.get("count").as_int()).sum()
    };
    assert_eq!((told("NodeReady"), told("Rebooted")), (2, 0));
}

#[test]
fn a_kubelet_that_starts_registers_a_node_that_was_removed() {
    let mut world = world();
    let key = Key::new("Node", "", "node-c");
    let pods = world.store().get(&key).map(|it| it.status().clone());
    let pods = pods
        .expect("it is there")
        .at(&["allocatable", "pods"])
        .clone();
    for (is_off, is_back) in [(false, false), (true, true)] {
        if is_off {
            world.stop_node("node-c");
        } else {
            world.cut_node("node-c");
        }
        request(&mut world, &key, Verb::Delete(DeleteOptions::default()));
        world.run_until(world.now() + 60_000);
        world.start_node("node-c");
        world.run_until(world.now() + 60_000);
        let node = world.store().get(&key).cloned();
        assert_eq!(node.is_some(), is_back, "{is_off}");
        match node {
            Some(node) => {
                assert!(node.spec().get("taints").is_null());
                assert_eq!(node.status().at(&["allocatable", "pods"]), &pods);
            }
            // Whoever runs the cluster makes it again.
            None => ask(
                &mut world,
                map! {
                    "kind" => "Node",
                    "metadata" => map! { "name" => "node-c" },
                    "status" => map! {
                        "capacity" => map! { "cpu" => "4", "memory" => "8Gi", "pods" => pods.clone() },
                    },
                },
            ),
        }
    }
}

#[test]
fn a_new_node_takes_no_pods_until_it_is_seen_to_be_ready() {
    let mut world = world();
    let node = |state: &str| {
        map! {
            "kind" => "Node",
            "metadata" => map! { "name" => format!("node-{state}").to_lowercase() },
            "status" => map! { "conditions" => vec![map! { "type" => "Ready", "status" => state }] },
        }
    };
    for state in ["True", "False"] {
        ask(&mut world, node(state));
    }
    let tainted = "node.kubernetes.io/not-ready:NoSchedule";
    let before = [A, B, C].map(String::from).to_vec();
    let rows = |names: &[&str]| {
        let tainted = names.iter().map(|name| format!("{name} has {tainted}"));
        let mut rows: Vec<String> = before.iter().cloned().chain(tainted).collect();
        rows.sort();
        rows
    };
    assert_eq!(seen(&world), rows(&["node-true", "node-false"]));
    let soon = world.now() + 100;
    assert_eq!(seen_after(&mut world, soon), rows(&["node-false"]));
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
fn the_pods_of_a_node_that_is_out_of_service_end_without_its_kubelet() {
    let mut world = world();
    let start = world.now();
    let key = Key::new("Node", "", "node-c");
    let declare = |world: &mut World| {
        let mut node = world.store().get(&key).expect("it is there").value.clone();
        let taint = map! {
            "key" => "node.kubernetes.io/out-of-service",
            "value" => "nodeshutdown",
            "effect" => "NoExecute",
        };
        let taints = node.entry_at(&["spec", "taints"]).items_mut();
        taints.push(taint);
        request(world, &key, Verb::Update(node));
    };
    world.stop_node("node-c");
    world.run_until(start + 66_000);
    declare(&mut world);
    let pods = |rows: Vec<String>| rows.iter().filter(|row| row.contains(": ")).count();
    // Evicted at once, and replaced; nobody is there who could end it.
    let rows = seen_after(&mut world, start + 67_000);
    assert!(
        rows.contains(&"node-c: Terminating, 0 restarts".to_owned()),
        "{rows:?}"
    );
    assert_eq!(pods(rows), 4);
    let rows = seen_after(&mut world, start + 87_000);
    assert!(
        !rows.iter().any(|row| row.starts_with("node-c:")),
        "{rows:?}"
    );
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

/// A terminal at a world.
struct Terminal(World);

impl shell::Cluster for Terminal {
    fn ask(&mut self, request: Request) -> Response {
        if matches!(request.verb, Verb::Get | Verb::List) {
            return serve(&mut self.0.store().clone(), self.0.now(), request);
        }
        let note = Note::detail("write", "Test", "the test acts");
        let (key, part) = (request.key, request.subresource);
        self.0.request("test", key, part, request.verb, note)
    }

    fn now(&self) -> Millis {
        self.0.now()
    }

    fn wait(&mut self, time: Millis) -> bool {
        self.0.run_until(self.0.now() + time);
        true
    }
}

/// Runs a command, and gives back its exit code and what it printed, with pods' random ends as `*`.
fn kubectl(terminal: &mut Terminal, line: &str) -> String {
    let args: Vec<&str> = line.split(' ').collect();
    let done = shell::kubectl(terminal, "test", &args, "");
    let text = format!("{}{}exit {}", done.stdout, done.stderr, done.exit);
    let mut parts = text.split("shop-");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        masked.push('*');
        masked.push_str(&part[end.unwrap_or(part.len())..]);
    }
    masked
}

#[test]
fn drain_in_kubectls_words() {
    let mut world = world();
    ask(
        &mut world,
        map! {
            "kind" => "PodDisruptionBudget",
            "metadata" => map! { "name" => "shop", "namespace" => "default" },
            "spec" => map! {
                "maxUnavailable" => 0,
                "selector" => map! { "matchLabels" => map! { "app" => "shop" } },
            },
        },
    );
    world.run_until(world.now() + 1_000);
    let mut at = Terminal(world);
    let refused = "error when evicting pods/\"*\" -n \"default\"";
    let timed_out = format!("{refused}: global timeout reached: 8s");
    let cases = [
        ("cordon node-a", "node/node-a cordoned\nexit 0".to_owned()),
        (
            "cordon node-a",
            "node/node-a already cordoned\nexit 0".to_owned(),
        ),
        (
            "uncordon node-a",
            "node/node-a uncordoned\nexit 0".to_owned(),
        ),
        (
            "drain node-x",
            "Error from server (NotFound): nodes \"node-x\" not found\nexit 1".to_owned(),
        ),
        (
            "drain node-a --timeout=8s",
            format!(
                "node/node-a cordoned\nevicting pod default/*\nevicting pod default/*\n\
                 {refused} (will retry after 5s): Cannot evict pod as it would violate the pod's \
                 disruption budget.\n\
                 {refused} (will retry after 5s): Cannot evict pod as it would violate the pod's \
                 disruption budget.\n\
                 There are pending pods in node \"node-a\" when an error occurred: {timed_out}\n\
                 pod/*\n\
                 error: unable to drain node \"node-a\" due to error: {timed_out}, continuing command...\n\
                 There are pending nodes to be drained:\n node-a\n{timed_out}\nexit 1"
            ),
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(kubectl(&mut at, line), expected, "{line}");
    }
    let budget = Key::new("PodDisruptionBudget", "default", "shop");
    request(&mut at.0, &budget, Verb::Delete(DeleteOptions::default()));
    ask(
        &mut at.0,
        map! {
            "kind" => "Pod",
            "metadata" => map! { "name" => "bare", "namespace" => "default" },
            "spec" => map! {
                "nodeName" => "node-a",
                "containers" => vec![map! { "name" => "main", "image" => "registry.example/shop:1" }],
            },
        },
    );
    let why =
        "cannot delete Pods that declare no controller (use --force to override): default/bare";
    let refused = format!(
        "node/node-a already cordoned\nerror: unable to drain node \"node-a\" due to error: {why}, \
         continuing command...\nThere are pending nodes to be drained:\n node-a\n{why}\nexit 1"
    );
    assert_eq!(kubectl(&mut at, "drain node-a"), refused);
    let forced = "node/node-a already cordoned\nevicting pod default/bare\nevicting pod default/*\n\
                  pod/* evicted\npod/bare evicted\nnode/node-a drained\n\
                  Warning: deleting Pods that declare no controller: default/bare\nexit 0";
    assert_eq!(kubectl(&mut at, "drain node-a --force"), forced);
    at.0.run_until(at.0.now() + 5_000);
    let rows = seen(&at.0);
    assert!(
        !rows.iter().any(|row| row.starts_with("node-a:")),
        "{rows:?}"
    );
    assert!(rows.contains(&"node-a has node.kubernetes.io/unschedulable:NoSchedule".to_owned()));
}

#[test]
fn a_namespace_goes_with_all_that_it_holds() {
    let mut world = world();
    let namespace = Key::new("Namespace", "", "demo");
    let config = || {
        map! {
            "kind" => "ConfigMap",
            "metadata" => map! { "name" => "settings", "namespace" => "demo" },
        }
    };
    let refusal = |world: &mut World, object: Value| {
        let note = Note::detail("write", "Test", "the test acts");
        let key = Key::of(&object);
        let done = world.request("test", key, "", Verb::Create(object), note);
        done.err().map(|status| status.message.to_string())
    };
    let missing = refusal(&mut world, config());
    assert_eq!(missing.as_deref(), Some("namespaces \"demo\" not found"));
    ask(
        &mut world,
        map! { "kind" => "Namespace", "metadata" => map! { "name" => "demo" } },
    );
    world.run_until(world.now() + 100);
    for (kind, name) in [
        ("ServiceAccount", "default"),
        ("ConfigMap", "kube-root-ca.crt"),
    ] {
        let key = Key::new(kind, "demo", name);
        assert!(world.store().get(&key).is_some(), "{kind}");
    }
    ask(&mut world, config());
    let shop = Key::new("Deployment", "default", "shop");
    let shop = world.store().get(&shop).expect("it is there").clone();
    ask(
        &mut world,
        map! {
            "kind" => "Deployment",
            "metadata" => map! { "name" => "shop", "namespace" => "demo" },
            "spec" => shop.spec().clone(),
        },
    );
    world.run_until(world.now() + 20_000);
    assert_eq!(world.store().list_in("Pod", "demo").len(), 3);
    request(
        &mut world,
        &namespace,
        Verb::Delete(DeleteOptions::default()),
    );
    let phase = |world: &World| {
        let found = world.store().get(&namespace);
        found.map(|it| it.status().get("phase").to_text())
    };
    assert_eq!(phase(&world).as_deref(), Some("Terminating"));
    // Whether or not it is there already.
    for name in ["settings", "other"] {
        let object = map! {
            "kind" => "ConfigMap",
            "metadata" => map! { "name" => name, "namespace" => "demo" },
        };
        let expected = format!(
            "configmaps {name:?} is forbidden: unable to create new content in namespace demo \
             because it is being terminated"
        );
        assert_eq!(refusal(&mut world, object), Some(expected));
    }
    let start = world.now();
    world.run_until(start + 6_000);
    let found = world.store().get(&namespace).expect("it still holds pods");
    assert_eq!(
        found
            .condition("NamespaceContentRemaining")
            .get("message")
            .text(),
        "Some resources are remaining: pods. has 3 resource instances"
    );
    world.run_until(start + 30_000);
    assert_eq!(phase(&world), None);
    let left: Vec<_> = world
        .store()
        .all()
        .filter(|it| it.key.namespace == "demo")
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(world.next_change(), None);

    let key = Key::new("Namespace", "", "kube-system");
    let note = Note::detail("write", "Test", "the test acts");
    let refused = world.request(
        "test",
        key,
        "",
        Verb::Delete(DeleteOptions::default()),
        note,
    );
    assert_eq!(
        refused
            .err()
            .map(|status| status.message.to_string())
            .as_deref(),
        Some("namespaces \"kube-system\" is forbidden: this namespace may not be deleted")
    );
}

/// The pods of a node, as `name: phase reason`, and whether it says that memory is short.
fn memory_of(world: &World, node: &str) -> Vec<String> {
    let store = world.store();
    let pods = store.pods_on(&node.into());
    let mut rows: Vec<String> = pods
        .map(|pod| {
            let reason = pod.status().get("reason").text();
            format!("{}: {} {reason}", pod.key.name, pod::phase(pod))
        })
        .collect();
    let node = store.get(&Key::new("Node", "", node)).expect("it is there");
    let condition = node.condition("MemoryPressure");
    let (state, reason) = (condition.get("status"), condition.get("reason"));
    rows.push(format!("{} {}", state.text(), reason.text()));
    let taints = node.spec().get("taints").items().iter();
    rows.extend(taints.map(|taint| taint.get("key").text().to_owned()));
    rows
}

#[test]
fn a_node_without_memory_ends_the_pod_that_exceeds_its_requests_most() {
    let mut app = App::default();
    app.memory.base = 500 << 20;
    let settings = Settings {
        any_image: Some(Rc::new(app)),
        ..Settings::default()
    };
    let mut world = World::new(7, settings);
    let amounts = map! { "cpu" => "4", "memory" => "2Gi", "pods" => "110" };
    ask(
        &mut world,
        map! {
            "kind" => "Node",
            "metadata" => map! { "name" => "node-a" },
            "status" => map! { "allocatable" => amounts },
        },
    );
    let start = |world: &mut World, name: &str, request: Option<&str>| {
        let requests = request.map(|amount| map! { "requests" => map! { "memory" => amount } });
        let container = map! {
            "name" => "main",
            "image" => "registry.example/shop:1",
            "resources" => requests,
        };
        ask(
            world,
            map! {
                "kind" => "Pod",
                "metadata" => map! { "name" => name, "namespace" => "default" },
                "spec" => map! { "containers" => vec![container] },
            },
        );
    };
    start(&mut world, "greedy", None);
    start(&mut world, "over", Some("100Mi"));
    start(&mut world, "within", Some("600Mi"));
    world.run_until(60_000);
    let well = [
        "greedy: Running ",
        "over: Running ",
        "within: Running ",
        " ",
    ];
    assert_eq!(memory_of(&world, "node-a"), well);
    // With a fourth, 48Mi are left.
    start(&mut world, "late", Some("600Mi"));
    world.run_until(80_000);
    let short = [
        "greedy: Failed Evicted",
        "late: Running ",
        "over: Running ",
        "within: Running ",
        "True KubeletHasInsufficientMemory",
        "node.kubernetes.io/memory-pressure",
    ];
    assert_eq!(memory_of(&world, "node-a"), short);
    let key = Key::new("Pod", "default", "greedy");
    let pod = world.store().get(&key).expect("it stays").clone();
    let message = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 48Mi. \
                   Container main was using 500Mi, request is 0, has larger consumption of memory. ";
    assert_eq!(pod.status().get("message").text(), message);
    let condition = pod.condition("DisruptionTarget");
    assert_eq!(condition.get("reason").text(), "TerminationByKubelet");
    assert_eq!(condition.get("message").text(), message);
    let events = world.store().list("Event");
    let mut reasons: Vec<&str> = events
        .iter()
        .map(|event| event.value.get("reason").text())
        .filter(|reason| reason.contains("Evict") || reason.contains("Memory"))
        .collect();
    reasons.sort_unstable();
    let expected = [
        "Evicted",
        "EvictionThresholdMet",
        "NodeHasInsufficientMemory",
    ];
    assert_eq!(reasons, expected);
    // There is enough again, and after a while it is believed.
    world.run_until(340_000);
    assert_eq!(memory_of(&world, "node-a"), short);
    world.run_until(390_000);
    let rows = memory_of(&world, "node-a");
    assert_eq!(rows[4..], ["False KubeletHasSufficientMemory"]);
    assert_eq!(world.next_change(), None);
}

#[test]
fn a_collection_goes_at_once_and_whoever_watches_it_knows() {
    let mut world = world();
    let pods = Key::new("Pod", "default", "");
    request(
        &mut world,
        &pods,
        Verb::DeleteCollection(DeleteOptions::default()),
    );
    let going = ["a", "b", "c"].map(|node| format!("node-{node}: Terminating, 0 restarts"));
    assert_eq!(seen(&world), going);
    // Others take their place.
    let at = world.now() + 20_000;
    check(&mut world, at, &[A, B, C]);
}
