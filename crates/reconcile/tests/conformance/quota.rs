//! The family `quota`: objects made one after another under a quota, and what controllers make of it.

use crate::compare;
use crate::limitrange::shown;
use kube::api::{Response, Verb};
use kube::{Key, Status, Value};
use reconcile::trace::Note;
use reconcile::{Settings, World};

/// Compares each answer, what is used then, and what the controllers say.
pub fn run(case: &Value) -> Result<(), String> {
    let settings = Settings {
        kubelets: false,
        ..Settings::default()
    };
    let mut world = World::new(1, settings);
    // What a namespace that was made has, and the classes that the recordings of scheduling name.
    create(&mut world, &crate::object("v1", "Namespace", "default")).map_err(said)?;
    for (name, value) in [("high", 1000), ("low", 10)] {
        let mut class = crate::object("scheduling.k8s.io/v1", "PriorityClass", name);
        class.set("value", value);
        create(&mut world, &class).map_err(said)?;
    }
    world.run_until(world.now() + 1000);
    let quota = case.get("quota");
    create(&mut world, quota).map_err(said)?;
    world.run_until(world.now() + 1000);
    for step in case.get("steps").items() {
        let used = |world: &World| {
            let quota = world.store().get(&Key::of(quota));
            quota.map_or(Value::Null, |quota| quota.status().get("used").clone())
        };
        if step.get("create").is_null() {
            compare::same(&used(&world), step.get("usedBefore"))?;
            continue;
        }
        let object = step.get("create");
        let answer = create(&mut world, object);
        let want = step.get("answer");
        compare::same(&shown(&answer, want), want)?;
        world.run_until(world.now() + 2500);
        compare::same(&used(&world), step.get("used")).map_err(|why| format!("used{why}"))?;
        controllers(&world, object, step)?;
    }
    Ok(())
}

fn said(status: Status) -> String {
    status.message.to_string()
}

fn create(world: &mut World, object: &Value) -> Response {
    let note = Note::detail("create", "Test", "");
    world.request(
        "driver",
        Key::of(object),
        "",
        Verb::Create(object.clone()),
        note,
    )
}

/// What a Deployment and its ReplicaSet say of the pods that they could not make.
fn controllers(world: &World, object: &Value, step: &Value) -> Result<(), String> {
    if step.get("conditions").is_null() {
        return Ok(());
    }
    let shown = |status: &Value| -> Value {
        let conditions = status.get("conditions").items().iter().map(|it| -> Value {
            let fields = ["type", "status", "reason", "message"];
            fields
                .into_iter()
                .map(|field| it.get(field).clone())
                .collect()
        });
        conditions.collect()
    };
    let store = world.store();
    let deployment = store.get(&Key::of(object)).ok_or("no Deployment")?;
    let set = store
        .list("ReplicaSet")
        .into_iter()
        .find(|set| set.controller_ref().get("name").text() == deployment.key.name);
    let conditions = shown(deployment.status());
    let of_set = set.map_or(Value::Null, |set| shown(set.status()));
    // Their order is that of controllers that race.
    compare::same(&sorted(&conditions), &sorted(step.get("conditions")))
        .map_err(|why| format!("conditions{why}"))?;
    compare::same(&of_set, step.get("rsConditions")).map_err(|why| format!("rsConditions{why}"))?;
    let stored = world
        .store()
        .list("Event")
        .into_iter()
        .filter(|event| event.value.at(&["involvedObject", "kind"]).text() == "ReplicaSet");
    let events: Vec<Value> = stored
        .map(|event| -> Value {
            let fields = ["type", "reason", "message"];
            fields
                .into_iter()
                .map(|field| event.value.get(field).clone())
                .collect()
        })
        .collect();
    for want in step.get("events").items() {
        if !events
            .iter()
            .any(|event| compare::same(event, want).is_ok())
        {
            return Err(format!(
                "no event {} in {}",
                compare::show(want),
                compare::show(&events.into())
            ));
        }
    }
    Ok(())
}

fn sorted(list: &Value) -> Value {
    let mut items = list.items().to_vec();
    items.sort_by_key(|item| item.items().first().map(Value::to_text));
    items.into()
}
