//! Checks of what happens in a rollout: those that no other linter has.

use super::{Container, Found, Pods, keys};
use crate::cluster::deployment::fenceposts;
use crate::delivery::plan::reading;
use crate::delivery::registry::Reference;
use crate::texts::checks as words;
use kube::{Key, Object, Value, quantity};

type F<'a> = Found<'a>;

/// Annotations by which a controller restarts pods when what they read changes.
const RELOADERS: [&str; 4] = ["checksum", "sha256", "reloader.stakater.com", "config-hash"];

pub(super) fn configmap_without_checksum(p: &Pods<'_>, found: &mut F<'_>) {
    let kind = p.object.get("kind").text();
    if !matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet") {
        return;
    }
    let own = p.object.at(&["metadata", "annotations"]).members();
    let mut annotations = p.metadata.get("annotations").members().chain(own);
    if annotations.any(|(name, _)| RELOADERS.iter().any(|part| name.contains(part))) {
        return;
    }
    let namespace = Key::of(p.object).namespace;
    let objects = found.subject.side.objects.iter();
    let configurations = objects.filter(|object| {
        let key = Key::of(object);
        let is_fixed = object.get("immutable").as_bool() == Some(true);
        matches!(key.kind.as_str(), "ConfigMap" | "Secret")
            && key.namespace == namespace
            && !is_fixed
    });
    let read: Vec<Key> = configurations
        .map(Key::of)
        .filter(|key| reading(p.spec, &key.kind, &key.name, None).is_stale())
        .collect();
    for key in read {
        let why = words::no_checksum(&key);
        found.at(keys(&["spec", "template", "metadata"]), why);
    }
}

pub(super) fn hpa_and_replicas(p: &Pods<'_>, found: &mut F<'_>) {
    if p.object.at(&["spec", "replicas"]).is_null() {
        return;
    }
    let key = Key::of(p.object);
    let scalers = found.others("HorizontalPodAutoscaler", &key.namespace);
    let scales = |scaler: &&&Value| {
        let target = scaler.at(&["spec", "scaleTargetRef"]);
        (target.get("kind").text(), target.get("name").text()) == (&*key.kind, &*key.name)
    };
    let name = scalers
        .iter()
        .find(scales)
        .map(|it| it.at(&["metadata", "name"]).to_text());
    if let Some(name) = name {
        let why = words::set_back(&name);
        found.at(keys(&["spec", "replicas"]), why);
    }
}

pub(super) fn single_replica_no_surge(p: &Pods<'_>, found: &mut F<'_>) {
    if p.object.get("kind").text() != "Deployment" {
        return;
    }
    let spec = found.stored().get("spec").clone();
    let is_single = spec.get("replicas").as_int() == Some(1);
    if is_single && fenceposts(&spec).surge == 0 {
        found.at(keys(&["spec", "strategy"]), words::OUTAGE);
    }
}

/// What a pod asks for: the sum of its containers, or the most of those that run first
/// (`component-helpers/resource`, PodRequests, without overhead and sidecars).
fn requests(pod: &Value, resource: &str) -> i64 {
    let of = |container: &Value| {
        let resources = container.get("resources");
        match resources.at(&["requests", resource]) {
            Value::Null => quantity::milli_of(resources.at(&["limits", resource])),
            request => quantity::milli_of(request),
        }
    };
    let together: i64 = pod.get("containers").items().iter().map(of).sum();
    let first = pod.get("initContainers").items().iter().map(of).max();
    together.max(first.unwrap_or(0))
}

pub(super) fn surge_does_not_fit(p: &Pods<'_>, found: &mut F<'_>) {
    let nodes = found.subject.store.list("Node");
    let spec = found.stored().get("spec");
    let posts = fenceposts(spec);
    let is_rolling = p.object.get("kind").text() == "Deployment" && posts.unavailable == 0;
    if nodes.is_empty() || !is_rolling || posts.surge == 0 {
        return;
    }
    let room = |node: &Object, resource: &str| {
        let pods = found.subject.store.pods_on(&node.key.name);
        let taken: i64 = pods.map(|pod| requests(pod.spec(), resource)).sum();
        quantity::milli_of(node.status().at(&["allocatable", resource])) - taken
    };
    let fits = |node: &Object| {
        let enough = |resource| requests(p.spec, resource) <= room(node, resource);
        node.spec().get("unschedulable").as_bool() != Some(true)
            && enough("cpu")
            && enough("memory")
    };
    if !nodes.iter().any(|node| fits(node)) {
        found.at(keys(&["spec", "strategy"]), words::WILL_HANG);
    }
}

pub(super) fn limit_below_working_set(c: &Container<'_>, found: &mut F<'_>) {
    let limit = c.value.at(&["resources", "limits", "memory"]);
    let image = c.value.get("image").text();
    let Some(named) = Reference::parse(image).filter(|_| !limit.is_null()) else {
        return;
    };
    let apps = found.subject.apps.iter();
    let mut apps = apps.filter(|(reference, _)| reference.name == named.name);
    let exactly = apps.clone().find(|(reference, _)| *reference == named);
    let Some((_, app)) = exactly.or(apps.next_back()) else {
        return;
    };
    let (limit, needs) = (quantity::units_of(limit), app.memory.base);
    if limit > 0 && u64::try_from(limit).is_ok_and(|limit| limit < needs) {
        let why = words::will_be_oom_killed(c.name, limit >> 20, needs >> 20);
        found.at(c.path(&["resources", "limits", "memory"]), why);
    }
}
