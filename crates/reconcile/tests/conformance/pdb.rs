//! The family `pdb`: pods evicted in turn, and what their budgets say.

use crate::{compare, control_plane, create};
use kube::api::Verb;
use kube::{Key, Status, Value, map, time};
use reconcile::World;
use reconcile::trace::Note;

/// Plays the evictions, and compares the answers and every budget's status.
pub fn run(case: &Value) -> Result<(), String> {
    let mut world = control_plane();
    let labels = map! { "app" => "x" };
    let deployment = map! {
        "apiVersion" => "apps/v1",
        "kind" => "Deployment",
        "metadata" => map! { "name" => "d" },
        "spec" => map! {
            "replicas" => case.get("replicas").clone(),
            "selector" => map! { "matchLabels" => labels.clone() },
            "template" => map! {
                "metadata" => map! { "labels" => labels },
                "spec" => map! { "containers" => vec![map! { "name" => "c", "image" => "app:1" }] },
            },
        },
    };
    create(&mut world, deployment.clone())?;
    world.run_until(world.now() + 1000);
    let pods: Vec<Key> = world
        .store()
        .list("Pod")
        .into_iter()
        .map(|pod| pod.key.clone())
        .collect();
    for (at, pod) in pods.iter().enumerate() {
        let ready = !case
            .get("unready")
            .items()
            .contains(&Value::Int(i64::try_from(at).unwrap_or(0)));
        run_pod(&mut world, pod, ready)?;
    }
    for budget in case.get("budgets").items() {
        create(&mut world, budget.clone())?;
    }
    world.run_until(world.now() + 1000);
    for step in case.get("steps").items() {
        let evict = step.get("evict");
        if let Some(at) = evict.get("pod").as_int() {
            let pod = &pods[usize::try_from(at).unwrap_or(0)];
            let answer = self::evict(&mut world, pod);
            compare::same(&answer, step.get("answer"))?;
            settle(&mut world)?;
        }
        compare::same(&statuses(&world), step.get("status"))
            .map_err(|why| format!("status{why}"))?;
    }
    Ok(())
}

fn note() -> Note {
    Note::detail("test", "Test", "")
}

/// A pod runs, and is ready or not.
fn run_pod(world: &mut World, key: &Key, ready: bool) -> Result<(), String> {
    let pod = world.store().get(key).cloned().ok_or("no pod")?;
    let mut value = pod.value.clone();
    let condition = map! {
        "type" => "Ready",
        "status" => if ready { "True" } else { "False" },
        "lastTransitionTime" => time::rfc3339(world.now()),
    };
    let status = value.entry("status");
    status.set("phase", "Running");
    status.set("conditions", vec![condition]);
    let answer = world.request("driver", key.clone(), "status", Verb::Update(value), note());
    answer
        .map(|_| ())
        .map_err(|status| status.message.to_string())
}

fn evict(world: &mut World, pod: &Key) -> Value {
    let eviction = map! {
        "apiVersion" => "policy/v1",
        "kind" => "Eviction",
        "metadata" => map! { "name" => &pod.name, "namespace" => &pod.namespace },
        "deleteOptions" => map! { "gracePeriodSeconds" => 0 },
    };
    let answer = world.request(
        "driver",
        pod.clone(),
        "eviction",
        Verb::Create(eviction),
        note(),
    );
    answer.map_or_else(|status| refusal(&status), |_| map! { "code" => 201 })
}

fn refusal(status: &Status) -> Value {
    let causes: Value = status
        .causes
        .iter()
        .map(|cause| -> Value {
            [Value::from(cause.reason), (&cause.message).into()]
                .into_iter()
                .collect()
        })
        .collect();
    let mut shown = map! {
        "code" => i64::from(status.code),
        "reason" => Some(status.reason).filter(|reason| !reason.is_empty()),
        "message" => &status.message,
    };
    if !causes.items().is_empty() {
        shown.set("causes", causes);
    }
    shown
}

/// A replacement runs, and stays not ready.
fn settle(world: &mut World) -> Result<(), String> {
    world.run_until(world.now() + 1000);
    let pending: Vec<Key> = world
        .store()
        .list("Pod")
        .into_iter()
        .filter(|pod| pod.status().get("phase").text() == "Pending")
        .map(|pod| pod.key.clone())
        .collect();
    for pod in pending {
        run_pod(world, &pod, false)?;
    }
    world.run_until(world.now() + 1000);
    Ok(())
}

fn statuses(world: &World) -> Value {
    let budgets = world.store().list("PodDisruptionBudget").into_iter();
    budgets
        .map(|budget| {
            let mut status = budget.status().clone();
            status.set("disruptedPods", Value::Null);
            let conditions: Value = status
                .get("conditions")
                .items()
                .iter()
                .map(|it| -> Value {
                    ["type", "status", "reason"]
                        .into_iter()
                        .map(|field| it.get(field).clone())
                        .collect()
                })
                .collect();
            status.set("conditions", conditions);
            status
        })
        .collect()
}
