//! The family `scheduling`: nodes, what runs there, and where new pods go.

use crate::compare::{matches, show};
use crate::create;
use ecow::EcoString;
use kube::api::Verb;
use kube::{Key, Object, Value, map};
use reconcile::trace::Note;
use reconcile::{Settings, World};
use std::collections::BTreeMap;

const CLASSES: [(&str, i64, &str); 3] = [
    ("high", 1000, "PreemptLowerPriority"),
    ("low", 10, "PreemptLowerPriority"),
    ("polite", 1000, "Never"),
];

/// Creates the pods one after another, and compares what became of each.
pub fn run(case: &Value) -> Result<(), String> {
    let settings = Settings {
        kubelets: false,
        ..Settings::default()
    };
    let mut world = World::new(1, settings);
    for (name, value, policy) in CLASSES {
        let class = map! {
            "apiVersion" => "scheduling.k8s.io/v1",
            "kind" => "PriorityClass",
            "metadata" => map! { "name" => name },
            "value" => value,
            "preemptionPolicy" => policy,
        };
        create(&mut world, class)?;
    }
    for node in case.get("nodes").items() {
        create(&mut world, node_object(node))?;
    }
    for object in case.get("objects").items() {
        create(&mut world, object.clone())?;
    }
    for there in case.get("there").items() {
        let mut pod = there.get("pod").clone();
        pod.entry("spec").set("nodeName", there.get("node").clone());
        let key = Key::of(&pod);
        create(&mut world, pod)?;
        let stored = world.store().get(&key).ok_or("no pod")?;
        let mut value = stored.value.clone();
        value.entry("status").set("phase", "Running");
        let started = kube::time::rfc3339(world.now());
        value.entry("status").set("startTime", started);
        let note = Note::detail("status", "Status", "");
        let update = Verb::Update(value);
        let outcome = world.request("driver", key, "status", update, note);
        outcome.map_err(|status| status.message.to_string())?;
        world.run_until(world.now() + 1000);
    }
    for pod in case.get("pods").items() {
        create(&mut world, pod.clone())?;
        world.run_until(world.now() + 15_000);
    }
    compare(case, &world)
}

fn node_object(node: &Value) -> Value {
    let name = node.get("name");
    let mut labels = node.get("labels").clone();
    for (key, value) in [
        ("kubernetes.io/hostname", name.clone()),
        ("kubernetes.io/os", "linux".into()),
        ("kubernetes.io/arch", "amd64".into()),
    ] {
        labels.set(key, value);
    }
    let mut allocatable = node.get("extra").clone();
    for resource in ["cpu", "memory", "pods"] {
        allocatable.set(resource, node.get(resource).clone());
    }
    map! {
        "apiVersion" => "v1",
        "kind" => "Node",
        "metadata" => map! { "name" => name.clone(), "labels" => labels },
        "spec" => map! {
            "taints" => node.get("taints").clone(),
            "unschedulable" => node.get("unschedulable").clone(),
        },
        "status" => map! { "allocatable" => allocatable.clone(), "capacity" => allocatable },
    }
}

fn compare(case: &Value, world: &World) -> Result<(), String> {
    let answer = |name: &EcoString| {
        let pod = world.store().get(&Key::new("Pod", "default", name.clone()));
        pod.map_or(map! { "preempted" => true }, |pod| outcome(pod))
    };
    if case.get("symmetric").as_bool() == Some(true) {
        let have = shares(case, &answer);
        let want = shares(case, &|name| {
            case.get("answers").get(name).items()[0].clone()
        });
        return match have == want {
            true => Ok(()),
            false => Err(format!("shares {have:?} instead of {want:?}")),
        };
    }
    let ties = case.get("ties").items();
    let mut as_first_run = ties.is_empty();
    for (name, wanted) in case.get("answers").members() {
        let (have, wanted) = (answer(name), wanted.items());
        let found = wanted.iter().position(|want| same(&have, want));
        as_first_run &= found == Some(0);
        if found.is_none() && !ties.contains(have.get("node")) {
            return Err(format!(
                "{name}: {} instead of {}",
                show(&have),
                show(&wanted[0])
            ));
        }
    }
    if as_first_run {
        return same_events(case, world);
    }
    Ok(())
}

/// What became of a pod, as the recordings write it.
fn outcome(pod: &Object) -> Value {
    let node = pod.spec().get("nodeName");
    if !node.is_null() {
        return map! { "node" => node.clone() };
    }
    let condition = pod.condition("PodScheduled");
    if condition.is_null() {
        return map! { "nothing" => true };
    }
    map! {
        "reason" => condition.get("reason").clone(),
        "message" => condition.get("message").clone(),
        "nominatedNode" => pod.status().get("nominatedNodeName").clone(),
    }
}

fn same(have: &Value, want: &Value) -> bool {
    have.members().count() == want.members().count()
        && have.members().all(|(name, have)| match want.get(name) {
            Value::String(want) => matches(have.text(), want),
            want => have == want,
        })
}

/// How many pods each zone (or node, where there are no zones) got, in order of size.
fn shares(case: &Value, answer: &dyn Fn(&EcoString) -> Value) -> Vec<usize> {
    let zone = |name: &Value| {
        let mut nodes = case.get("nodes").items().iter();
        let node = nodes.find(|node| node.get("name") == name);
        let zone = node.map_or(&Value::NULL, |node| node.at(&["labels", "zone"]));
        if zone.is_null() { name } else { zone }.to_text()
    };
    let mut shares: BTreeMap<EcoString, usize> = BTreeMap::new();
    for (name, _) in case.get("answers").members() {
        *shares.entry(zone(answer(name).get("node"))).or_default() += 1;
    }
    let mut shares: Vec<usize> = shares.into_values().collect();
    shares.sort_unstable();
    shares
}

fn same_events(case: &Value, world: &World) -> Result<(), String> {
    let line = |event: &Value, pod: &Value| {
        let field = |name: &str| event.get(name).text();
        let (kind, reason) = (field("type"), field("reason"));
        format!("{kind} {reason} {}: {}", pod.text(), field("message"))
    };
    let mut have: Vec<String> = world
        .store()
        .list("Event")
        .into_iter()
        .map(|event| line(&event.value, event.value.at(&["involvedObject", "name"])))
        .collect();
    let wanted = case.get("events").items().iter();
    let mut want: Vec<String> = wanted.map(|it| line(it, it.get("pod"))).collect();
    have.sort();
    want.sort();
    let pairs = have.iter().zip(&want);
    if have.len() == want.len() && pairs.into_iter().all(|(have, want)| matches(have, want)) {
        return Ok(());
    }
    Err(format!("events {have:?} instead of {want:?}"))
}
