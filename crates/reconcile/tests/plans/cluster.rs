//! Carrying a change out, and looking at what became of it.

use super::plan_in;
use kube::api::{DeleteOptions, Verb};
use kube::rbac::User;
use kube::{Key, Value, map};
use reconcile::delivery::app::App;
use reconcile::delivery::plan::trial::Cluster;
use reconcile::trace::Note;
use reconcile::view::{Effect, PlanRow};
use reconcile::{Settings, World};
use std::collections::BTreeSet;
use std::rc::Rc;

/// How long a cluster gets to come to rest.
const REST: u64 = 300_000;

/// The objects of a text, those without a namespace in `default`.
pub fn objects(text: &str) -> Vec<Value> {
    let mut objects = yaml::decode_all(text).unwrap();
    objects.retain(|object| !object.is_null());
    for object in &mut objects {
        let key = Key::of(object);
        if !key.namespace.is_empty() {
            object.entry("metadata").set("namespace", &key.namespace);
        }
    }
    objects
}

fn world() -> World {
    let app = App {
        startup: 1_000,
        image_size: 20 << 20,
        ..App::default()
    };
    let settings = Settings {
        any_image: Some(Rc::new(app)),
        ..Settings::default()
    };
    let mut world = World::new(7, settings);
    for name in ["node-a", "node-b", "node-c"] {
        let node = map! {
            "apiVersion" => "v1",
            "kind" => "Node",
            "metadata" => map! { "name" => name },
            "status" => map! { "allocatable" => map! { "cpu" => "8", "memory" => "16Gi", "pods" => "110" } },
        };
        ask(&mut world, Key::of(&node), Verb::Create(node)).unwrap();
    }
    let namespace = map! {
        "apiVersion" => "v1", "kind" => "Namespace", "metadata" => map! { "name" => "default" },
    };
    ask(&mut world, Key::of(&namespace), Verb::Create(namespace)).unwrap();
    world
}

fn ask(world: &mut World, key: Key, verb: Verb) -> Result<(), String> {
    let note = Note::detail("write", "Test", "the test acts");
    let answer = world.request("test", key, "", verb, note);
    answer
        .map(drop)
        .map_err(|status| status.message.to_string())
}

fn settle(world: &mut World) {
    let until = world.now() + REST;
    world.run_until(until);
}

/// An upgrade as Helm makes it; what was refused.
fn upgrade(world: &mut World, old: &[Value], new: &[Value]) -> Vec<(Key, String)> {
    let mut refused = Vec::new();
    for next in new {
        let key = Key::of(next);
        let Some(live) = world.store().get(&key).map(|it| it.value.clone()) else {
            if let Err(why) = ask(world, key.clone(), Verb::Create(next.clone())) {
                refused.push((key, why));
                return refused;
            }
            continue;
        };
        let last = old
            .iter()
            .find(|last| Key::of(last) == key)
            .unwrap_or(&live);
        let (how, patch) = kube::patch::three_way(last, next, &live).unwrap();
        if let Err(why) = ask(world, key.clone(), Verb::Patch(how, patch)) {
            refused.push((key, why));
        }
    }
    for last in old.iter().filter(|_| refused.is_empty()) {
        let key = Key::of(last);
        let kept = last.at(&["metadata", "annotations", "helm.sh/resource-policy"]);
        if kept.text() != "keep" && !new.iter().any(|next| Key::of(next) == key) {
            ask(world, key, Verb::Delete(DeleteOptions::default())).unwrap();
        }
    }
    refused
}

/// The pods of a Deployment, by uid.
fn pods(world: &World, key: &Key) -> BTreeSet<String> {
    let store = world.store();
    let Some(owner) = store.get(key) else {
        return BTreeSet::new();
    };
    store
        .owned_by(&owner.meta.uid)
        .flat_map(|set| store.owned_by(&set.meta.uid))
        .map(|pod| pod.meta.uid.to_string())
        .collect()
}

fn is_autoscaled(objects: &[Value], key: &Key) -> bool {
    objects.iter().any(|it| {
        let target = it.at(&["spec", "scaleTargetRef"]);
        target.get("kind").text() == key.kind && target.get("name").text() == key.name
    })
}

fn key_of(row: &PlanRow) -> Key {
    match row.object.split('/').collect::<Vec<_>>().as_slice() {
        [kind, namespace, name] => Key::new(*kind, *namespace, *name),
        [kind, name] => Key::new(*kind, "", *name),
        _ => Key::default(),
    }
}

/// Brings a cluster to the old state, plans the way to the new one there, goes it, and compares. The
/// plan must be the one that was made without the cluster.
///
/// # Errors
/// The first claim that is not true.
pub fn claims(old: &[Value], new: &[Value], planned: &[PlanRow]) -> Result<(), String> {
    let mut world = world();
    if !upgrade(&mut world, &[], old).is_empty() {
        return Ok(());
    }
    settle(&mut world);
    let cluster = Cluster {
        store: world.store().clone(),
        now: world.now(),
        user: User::master("helm"),
        fields: None,
    };
    let rows = plan_in(&cluster, old, new);
    let short = |rows: &[PlanRow]| -> Vec<String> {
        let told = rows.iter();
        told.map(|it| format!("{:?} {} {}", it.effect, it.object, it.pods))
            .collect()
    };
    // How many nodes there are, only a cluster knows.
    let is_plain = !old.iter().any(|it| it.get("kind").text() == "DaemonSet");
    if is_plain && short(&rows) != short(planned) {
        return Err(format!(
            "in a cluster, the plan is {:?}, not {:?}",
            short(&rows),
            short(planned)
        ));
    }
    let before = world.clone();
    let refused = upgrade(&mut world, old, new);
    let version = |world: &World, key: &Key| {
        let object = world.store().get(key).cloned();
        object.map(|it| (it.value.get("spec").clone(), it.value.get("data").clone()))
    };
    let at_once = world.clone();
    settle(&mut world);
    for row in rows.iter().filter(|row| !row.object.is_empty()) {
        let key = key_of(row);
        let (was, is) = (pods(&before, &key), pods(&world, &key));
        let kept = was.intersection(&is).count();
        let count = row.pods as usize;
        let is_deployment = key.kind == "Deployment";
        let is_refused = refused
            .iter()
            .any(|(refused, why)| *refused == key && row.sentence.contains(why.as_str()));
        let is_true = match row.effect {
            Effect::Rejected => is_refused && version(&before, &key) == version(&at_once, &key),
            Effect::Rolls => !is_deployment || kept == 0 && is.len() == count && !was.is_empty(),
            // What an autoscaler makes of it is its own affair.
            Effect::Scales if is_deployment && is_autoscaled(new, &key) => {
                let wanted = |world: &World| {
                    let object = world.store().get(&key).cloned();
                    object
                        .and_then(|it| it.spec().get("replicas").as_int())
                        .unwrap_or(0)
                };
                wanted(&before).abs_diff(wanted(&at_once)) == u64::from(row.pods)
            }
            Effect::Scales if is_deployment => {
                was.len().abs_diff(is.len()) == count && kept == was.len().min(is.len())
            }
            Effect::Created => {
                before.store().get(&key).is_none()
                    && at_once.store().get(&key).is_some()
                    && (!is_deployment || is.len() == count)
            }
            Effect::Deleted => {
                world.store().get(&key).is_none() && (!is_deployment || was.len() == count)
            }
            Effect::InPlace | Effect::NeedsRestart | Effect::None => {
                let same = version(&before, &key) == version(&at_once, &key);
                was == is && (row.effect != Effect::None || same)
            }
            Effect::Scales | Effect::Recreated => true,
        };
        if !is_true {
            return Err(format!(
                "{:?} {} ({}) is not what happened: {} pods before, {} after, {kept} of them the same; refused: {refused:?}",
                row.effect,
                row.object,
                row.pods,
                was.len(),
                is.len()
            ));
        }
    }
    // What no row rolls or scales keeps its pods.
    for object in new
        .iter()
        .filter(|it| it.get("kind").text() == "Deployment")
    {
        let key = Key::of(object);
        let is_told = rows.iter().any(|row| key_of(row) == key);
        let scaled = rows
            .iter()
            .any(|row| row.object.starts_with("HorizontalPodAutoscaler") && row.pods > 0);
        if !is_told && !scaled && pods(&before, &key) != pods(&world, &key) {
            return Err(format!("{key} was not planned to change, and its pods did"));
        }
    }
    Ok(())
}
