//! The family `hpa`: an autoscaler, its target, and what the target's pods use.

use crate::{compare, create};
use ecow::EcoString;
use kube::api::Verb;
use kube::{Key, Millis, Value, map, time};
use reconcile::trace::Note;
use reconcile::{Settings, Timings, World};

const HOUR: Millis = 3_600_000;

/// Creates all, and compares the first decision, and the one after the down-scale window.
pub fn run(case: &Value) -> Result<(), String> {
    let settings = Settings {
        kubelets: false,
        timings: Timings {
            autoscaler_sync: 2_000,
            autoscaler_initialization: 1_000,
            autoscaler_readiness: 1_000,
            autoscaler_down_window: 10_000,
            ..Timings::default()
        },
        ..Settings::default()
    };
    let mut world = World::new(1, settings);
    world.run_until(2 * HOUR);
    if case.get("missing").is_null() {
        create(&mut world, deployment(case))?;
    }
    world.run_until(world.now() + 1_000);
    for (at, pod) in case.get("pods").items().iter().enumerate() {
        create_pod(&mut world, case, pod, &format!("p{at}"))?;
    }
    if case.get("second").as_bool() == Some(true) {
        create(&mut world, autoscaler(case, "first"))?;
        world.run_until(world.now() + 1_000);
    }
    // What is fresh was started now, and measured after.
    world.run_until(world.now() + 1_500);
    create(&mut world, autoscaler(case, "x"))?;
    world.run_until(world.now() + 1_000);
    let (mut status, mut wanted) = (status(&world), case.get("status").clone());
    if case.get("second").as_bool() == Some(true) {
        // The recorded one read the scale while the other one was changing it.
        for status in [&mut status, &mut wanted] {
            status.set("currentReplicas", Value::Null);
        }
    }
    let differs = |why| format!("first decision: {why}");
    compare::same(&status, &wanted).map_err(differs)?;
    compare::same(&events(&world), case.get("events"))?;
    let before = replicas(&world);
    compare::same(&before, case.get("replicasAfter")).map_err(|why| format!("replicas: {why}"))?;
    let after = case.get("afterWindow");
    if after.is_null() {
        return Ok(());
    }
    // Once it has scaled, the next look has other things to say.
    let end = world.now() + 14_000;
    while replicas(&world) == before && world.now() < end {
        world.run_until(world.now() + 500);
    }
    let have = map! {
        "replicas" => replicas(&world),
        "conditions" => self::status(&world).get("conditions").clone(),
    };
    compare::same(&have, after).map_err(|why| format!("after the window: {why}"))
}

fn deployment(case: &Value) -> Value {
    let labels = map! { "app" => "x" };
    map! {
        "apiVersion" => "apps/v1",
        "kind" => "Deployment",
        "metadata" => map! { "name" => "x" },
        "spec" => map! {
            "paused" => true,
            "replicas" => case.get("replicas").clone(),
            "selector" => map! { "matchLabels" => labels.clone() },
            "template" => map! {
                "metadata" => map! { "labels" => labels },
                "spec" => map! { "containers" => containers(case) },
            },
        },
    }
}

fn autoscaler(case: &Value, name: &str) -> Value {
    map! {
        "apiVersion" => "autoscaling/v2",
        "kind" => "HorizontalPodAutoscaler",
        "metadata" => map! { "name" => name },
        "spec" => case.get("spec").clone(),
    }
}

fn containers(case: &Value) -> Value {
    let request = case.get("request");
    let container = |name: &str, cpu: &Value| {
        let mut container = map! { "name" => name, "image" => "app:1" };
        if !request.is_null() {
            let requests = map! { "cpu" => cpu.clone(), "memory" => "100Mi" };
            container.set("resources", map! { "requests" => requests });
        }
        container
    };
    let mut containers = vec![container("c", request)];
    if case.get("two").as_bool() == Some(true) {
        containers.push(container("side", &"50m".into()));
    }
    containers.into()
}

fn create_pod(world: &mut World, case: &Value, pod: &Value, name: &str) -> Result<(), String> {
    let app = pod.get("app").as_str().unwrap_or("x");
    let mut object = map! {
        "apiVersion" => "v1",
        "kind" => "Pod",
        "metadata" => map! { "name" => name, "labels" => map! { "app" => app } },
        "spec" => map! { "nodeName" => "node", "containers" => containers(case) },
    };
    for (field, value) in case.get("podSpec").members() {
        object.entry("spec").set(field, value.clone());
    }
    let key = Key::of(&object);
    create(world, object)?;
    let now = world.now();
    let fresh = pod.get("fresh").as_bool() == Some(true);
    let started = if fresh { now } else { now - HOUR };
    let (ready, since) = match pod.get("ready").text() {
        "never" => ("False", started),
        "lost" => ("False", now),
        _ => ("True", started),
    };
    let condition = map! {
        "type" => "Ready",
        "status" => ready,
        "lastTransitionTime" => time::rfc3339(since),
    };
    let stored = world.store().get(&key).ok_or("no pod")?;
    let mut value = stored.value.clone();
    let phase = pod.get("phase").as_str().unwrap_or("Running");
    value.set(
        "status",
        map! {
            "phase" => phase,
            "startTime" => time::rfc3339(started),
            "conditions" => vec![condition],
        },
    );
    let note = Note::detail("status", "Status", "");
    let outcome = world.request("driver", key, "status", Verb::Update(value), note);
    outcome.map_err(|status| status.message.to_string())?;
    let Some(cpu) = pod.get("cpu").as_int() else {
        return Ok(());
    };
    let memory = pod.get("memory").as_int().unwrap_or(10);
    let usage = |name: &str, cpu: i64| {
        let usage = map! { "cpu" => format!("{cpu}m"), "memory" => format!("{memory}Mi") };
        map! { "name" => name, "usage" => usage }
    };
    let mut containers = vec![usage("c", cpu)];
    if let Some(cpu) = pod.get("sidecar").as_int() {
        containers.push(usage("side", cpu));
    }
    create(
        world,
        map! {
            "apiVersion" => "metrics.k8s.io/v1beta1",
            "kind" => "PodMetrics",
            "metadata" => map! { "name" => name, "namespace" => "default" },
            "timestamp" => time::rfc3339(now + 1_000),
            "window" => "1s",
            "containers" => containers,
        },
    )
}

fn status(world: &World) -> Value {
    let key = Key::new("HorizontalPodAutoscaler", "default", "x");
    let scaler = world.store().get(&key);
    let mut status = scaler.map_or(Value::Null, |scaler| scaler.status().clone());
    status.set("lastScaleTime", Value::Null);
    let fields = ["type", "status", "reason", "message"];
    let row = |condition: &Value| Value::from(fields.map(|it| condition.get(it).clone()).to_vec());
    let conditions: Value = status.get("conditions").items().iter().map(row).collect();
    status.set("conditions", conditions);
    status
}

/// The events about the autoscaler, each once.
fn events(world: &World) -> Value {
    let mut rows: Vec<(EcoString, Value)> = Vec::new();
    for event in world.store().list("Event") {
        let about = event.value.get("involvedObject");
        let scaler = about.get("kind").text() == "HorizontalPodAutoscaler";
        if scaler && about.get("name").text() == "x" {
            let fields = ["type", "reason", "message"];
            let row = Value::from(fields.map(|it| event.value.get(it).clone()).to_vec());
            let number = event.key.name.rsplit('.').next().unwrap_or_default();
            rows.push((number.into(), row));
        }
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows.into_iter().map(|(_, row)| row).collect()
}

fn replicas(world: &World) -> Value {
    let deployment = world.store().get(&Key::new("Deployment", "default", "x"));
    deployment.map_or(Value::Null, |it| it.spec().get("replicas").clone())
}
