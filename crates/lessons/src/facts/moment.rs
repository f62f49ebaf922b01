//! Facts of a moment: Deployments as their status says, which is what kubectl shows, and objects.

use super::{Answer, Args};
use kube::{Key, Value};
use reconcile::World;

fn count(args: &Args, world: &World, number: fn(&kube::Object) -> &Value) -> Answer {
    let all = world.store().list("Deployment");
    let meant = all
        .iter()
        .filter(|it| args.meets("deployment", &it.key.name));
    let sum = meant
        .filter_map(|it| u64::try_from(number(it).as_int().unwrap_or(0)).ok())
        .sum();
    Answer::Number(sum, Some(world.now()))
}

pub(super) fn wanted(args: &Args, world: &World) -> Answer {
    count(args, world, |it| it.spec().get("replicas"))
}

pub(super) fn current(args: &Args, world: &World) -> Answer {
    count(args, world, |it| it.status().get("replicas"))
}

pub(super) fn ready(args: &Args, world: &World) -> Answer {
    count(args, world, |it| it.status().get("readyReplicas"))
}

pub(super) fn updated(args: &Args, world: &World) -> Answer {
    count(args, world, |it| it.status().get("updatedReplicas"))
}

/// As `kubectl rollout status` decides it (`pkg/polymorphichelpers/rollout_status.go`).
pub(super) fn complete(args: &Args, world: &World) -> Answer {
    let all = world.store().list("Deployment");
    let found = all.iter().find(|it| args.meets("deployment", &it.key.name));
    let is_complete = found.is_some_and(|it| {
        let of = |name: &str| it.status().get(name).as_int().unwrap_or(0);
        let wanted = it.spec().get("replicas").as_int().unwrap_or(1);
        let seen = of("observedGeneration")
            >= it
                .value
                .at(&["metadata", "generation"])
                .as_int()
                .unwrap_or(0);
        let updated = of("updatedReplicas");
        seen && updated >= wanted && of("replicas") <= updated && of("availableReplicas") >= updated
    });
    Answer::Truth(is_complete, Some(world.now()))
}

/// `Deployment/shop/web`, or `Namespace/shop`.
fn key(text: &str) -> Key {
    let mut parts = text.split('/');
    let mut next = || parts.next().unwrap_or_default();
    let (kind, first, second) = (next(), next(), next());
    match second {
        "" => Key::new(kind, "", first),
        _ => Key::new(kind, first, second),
    }
}

pub(super) fn exists(args: &Args, world: &World) -> Answer {
    let found = world.store().get(&key(args.get("object")));
    Answer::Truth(found.is_some(), Some(world.now()))
}

pub(super) fn has_field(args: &Args, world: &World) -> Answer {
    Answer::Truth(!value(args, world).is_null(), Some(world.now()))
}

pub(super) fn field(args: &Args, world: &World) -> Answer {
    Answer::Word(value(args, world).to_text())
}

/// A field by its path, with items by their numbers: `spec.template.spec.containers.0.image`.
fn value<'w>(args: &Args, world: &'w World) -> &'w Value {
    let object = world.store().get(&key(args.get("object")));
    let whole = object.map_or(&Value::Null, |object| &object.value);
    args.get("path").split('.').fold(whole, |value, part| {
        let item = part.parse::<usize>().ok();
        let item = item.and_then(|at| value.items().get(at));
        item.unwrap_or_else(|| value.get(part))
    })
}
