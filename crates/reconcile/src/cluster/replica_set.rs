//! Keeps as many pods alive as each ReplicaSet asks for
//! (`pkg/controller/replicaset/replica_set.go`).

use super::conditions::{self, Condition};
use super::garbage_collector::without_owner;
use super::{Context, Controller, adopters, owners, pod, retry_after};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use ecow::eco_format;
use kube::api::DeleteOptions;
use kube::{Change, Class, Key, Millis, Object, Status, Store, Value, map, selector, time};
use lean::FlatMap;
use std::cmp::Reverse;
use std::rc::Rc;

pub(super) const CONTROLLER: Controller = Controller {
    name: "replicaset-controller",
    watches,
    reconcile,
    batch: 0,
};

/// The most pods that one look creates or deletes (`replicaset.go`, BurstReplicas).
const BURST: usize = 500;

fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    match change.new.key.kind.as_str() {
        "ReplicaSet" => keys.push(change.new.key.clone()),
        "Pod" => {
            owners(change, "ReplicaSet", keys);
            adopters(store, change, "ReplicaSet", keys);
        }
        _ => {}
    }
}

/// Compares the pods that a ReplicaSet owns with the number it wants, and plans the difference.
fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(set) = store.get(key) else {
        return plan;
    };
    let known = counted(store, set);
    let mut pods = match known {
        Some(_) => Vec::new(),
        None => claim(store, set, &mut plan),
    };
    let counts = known.unwrap_or_else(|| Counts::of(set, &pods, context.now));
    pods.retain(|pod| pod::is_active(pod));
    if set.meta.deleted.is_none() {
        let claimed = known.is_none().then_some(&*pods);
        manage(store, set, counts.active, claimed, context.now, &mut plan);
    }
    write_status(set, status(set, &counts), &counts, &mut plan);
    look_again(set, &pods, context.now, &mut plan);
    plan
}

/// How many pods a set has that have not ended, by what its status says of them.
#[derive(Clone, Copy, Default)]
struct Counts {
    active: i64,
    fully_labelled: i64,
    ready: i64,
    available: i64,
    terminating: i64,
}

impl Counts {
    fn of(set: &Object, pods: &[&Rc<Object>], now: Millis) -> Counts {
        let mut counts = Counts::default();
        for pod in pods {
            counts.add(set, &Class::of(pod), 1);
        }
        let is_available =
            |pod: &&&Rc<Object>| pod::is_active(pod) && pod::is_available(pod, min_ready(set), now);
        let available = pods.iter().filter(is_available).count();
        counts.available = i64::try_from(available).unwrap_or(i64::MAX);
        counts
    }

    fn add(&mut self, set: &Object, class: &Class, pods: i64) {
        if pod::is_end(&class.phase) {
            return;
        }
        if class.is_terminating {
            self.terminating += pods;
            return;
        }
        let labels = set.spec().at(&["template", "metadata", "labels"]);
        self.active += pods;
        if &class.labels == labels || selector::matches_labels(labels, &class.labels) {
            self.fully_labelled += pods;
        }
        if class.is_ready {
            self.ready += pods;
        }
    }
}

/// The counts of a set whose pods need not be gone through: all that it owns match, there is nobody to
/// adopt, and what is ready is available.
fn counted(store: &Store, set: &Object) -> Option<Counts> {
    let classes = store.classes(&set.meta.uid)?;
    let wanted = set.spec().get("selector");
    let mut orphans = store.orphans("Pod", &set.key.namespace);
    if min_ready(set) > 0
        || classes
            .iter()
            .any(|(class, _)| class.kind != "Pod" || !selector::matches(wanted, &class.labels))
        || orphans.any(|pod| pod::is_active(pod) && selector::matches(wanted, pod.labels()))
    {
        return None;
    }
    let mut counts = Counts::default();
    for (class, pods) in classes {
        counts.add(set, class, i64::from(*pods));
    }
    counts.available = counts.ready;
    Some(counts)
}

/// The pods that belong to a set. It adopts those that match and belong to nobody, and lets go those
/// that no longer match (`controller_ref_manager.go`).
fn claim<'a>(store: &'a Store, set: &Object, plan: &mut Plan) -> Vec<&'a Rc<Object>> {
    let wanted = set.spec().get("selector");
    // Most pods still share the labels of the template that they were made from.
    let given = set.spec().at(&["template", "metadata", "labels"]);
    let given_match = selector::matches(wanted, given);
    let matches = |pod: &Object| match pod.labels() == given {
        true => given_match,
        false => selector::matches(wanted, pod.labels()),
    };
    let mut pods = Vec::new();
    for pod in store.owned_by(&set.meta.uid) {
        if matches(pod) {
            pods.push(pod);
        } else if pod.meta.deleted.is_none() && set.meta.deleted.is_none() {
            let why = texts::cluster::no_longer_matches(&pod.key, &set.key);
            let note = Note::detail("patch", "Released", why);
            plan.patch_metadata(pod, &without_owner(pod, &set.meta.uid), note);
        }
    }
    if set.meta.deleted.is_some() {
        return pods;
    }
    for pod in store.orphans("Pod", &set.key.namespace) {
        if pod::is_active(pod) && matches(pod) {
            let mut value = pod.value.clone();
            let owners = value.entry_at(&["metadata", "ownerReferences"]).items_mut();
            owners.push(set.as_controller());
            let why = texts::cluster::has_no_owner(&pod.key, &set.key);
            plan.patch_metadata(pod, &value, Note::detail("patch", "Adopted", why));
            pods.push(pod);
        }
    }
    pods
}

/// How many pods a set wants.
fn wanted(set: &Object) -> i64 {
    set.spec().get("replicas").as_int().unwrap_or(1).max(0)
}

/// Plans what is missing, or what is too much: of the pods that were gone through, or else of all.
fn manage(
    store: &Store,
    set: &Rc<Object>,
    have: i64,
    claimed: Option<&[&Rc<Object>]>,
    now: Millis,
    plan: &mut Plan,
) {
    let want = wanted(set);
    let why = texts::cluster::wants_and_has(&set.key.name, want, have);
    let burst = usize::try_from(want.abs_diff(have)).map_or(BURST, |pods| pods.min(BURST));
    if have < want {
        let template = new_pod(set);
        for _ in 0..burst {
            let note = Note::detail("create", "SuccessfulCreate", why.clone());
            let write = plan.create(template.clone(), note);
            write.announce = Some((
                set.clone(),
                Note::detail("event", "SuccessfulCreate", "Created pod: "),
            ));
            write.refused = Some(failed_create);
        }
    } else if have > want {
        let ranked = match want {
            0 => {
                let all = || active(store.owned_by(&set.meta.uid)).take(burst).collect();
                claimed.map_or_else(all, |pods| pods[..burst.min(pods.len())].to_vec())
            }
            _ => least_needed(store, set, claimed, burst, now),
        };
        for pod in ranked {
            let same = DeleteOptions {
                uid: pod.meta.uid.clone(),
                ..DeleteOptions::default()
            };
            let note = Note::detail("delete", "SuccessfulDelete", why.clone());
            plan.delete(&pod.key, same, note).announce = Some((
                set.clone(),
                Note::detail("event", "SuccessfulDelete", "Deleted pod: "),
            ));
        }
    }
}

fn active<'a>(pods: impl Iterator<Item = &'a Rc<Object>>) -> impl Iterator<Item = &'a Rc<Object>> {
    pods.filter(|pod| pod::is_active(pod))
}

/// The pods of a set that are deleted first.
fn least_needed<'a>(
    store: &'a Store,
    set: &Object,
    claimed: Option<&[&'a Rc<Object>]>,
    count: usize,
    now: Millis,
) -> Vec<&'a Rc<Object>> {
    let company = company(store, set);
    let beside = |node: &str| company.get(node).copied().unwrap_or(0);
    let pods = match claimed {
        Some(pods) => pods.to_vec(),
        None if are_as_useful(store, set) => {
            // Where most are comes first: the pods of other nodes need not be looked at.
            let nodes = store.active_on_nodes(&set.meta.uid);
            let mut nodes: Vec<_> = nodes.map(|(node, own)| (beside(node), node, own)).collect();
            lean::sort_by_key(&mut nodes, |(beside, ..)| Reverse(*beside));
            let (mut found, mut last) = (0, 0);
            nodes.retain(|(beside, _, own)| {
                let is_needed = found < count || *beside == last;
                if is_needed {
                    (found, last) = (found + *own as usize, *beside);
                }
                is_needed
            });
            let on_nodes = nodes
                .iter()
                .flat_map(|(_, node, _)| store.pods_on(&(*node).into()));
            active(on_nodes.filter(|pod| pod.meta.controller == set.meta.uid)).collect()
        }
        None => active(store.owned_by(&set.meta.uid)).collect(),
    };
    lean::first_by_key(&pods, count, |pod| {
        deletion_rank(pod, beside(pod::node(pod)), now)
    })
}

/// Whether only nodes, age and chance decide which of a set's pods are deleted first: all have a node, do
/// as much and cost the same.
fn are_as_useful(store: &Store, set: &Object) -> bool {
    let Some(classes) = store.classes(&set.meta.uid) else {
        return false;
    };
    let mut active = classes
        .iter()
        .filter(|(class, _)| !class.is_terminating && !pod::is_end(&class.phase))
        .map(|(class, _)| (&class.phase, class.is_ready, class.deletion_cost));
    let first = active.next();
    // No node comes before all others.
    let waiting = store.active_on_nodes(&set.meta.uid).next();
    waiting.is_none_or(|(node, _)| !node.is_empty()) && active.all(|it| Some(it) == first)
}

/// Says that a pod could not be created, and tries again ever more seldom
/// (`replica_set_utils.go`, calculateStatus).
fn failed_create(store: &Store, key: &Key, context: &Context<'_>, refusal: &Status) -> Plan {
    let mut plan = Plan::settled();
    let Some(set) = store.get(key) else {
        return plan;
    };
    let why = eco_format!("Error creating: {}", refusal.message);
    plan.event(set, Note::warning("event", "FailedCreate", why));
    // Those that were made just before the refusal count from the next look on.
    let pods = store.owned_by(&set.meta.uid);
    let pods: Vec<_> = pods.filter(|pod| pod.meta.created < context.now).collect();
    let counts = Counts::of(set, &pods, context.now);
    let mut status = status(set, &counts);
    let condition = Condition {
        kind: FAILURE,
        status: "True",
        reason: "FailedCreate",
        message: refusal.message.clone(),
    };
    // A failure that is already known stays as it was first told.
    let known = set.condition(FAILURE);
    if known.is_null() {
        conditions::set(&mut status, condition, context.now);
        let last = status.entry("conditions").items_mut().make_mut().last_mut();
        last.into_iter()
            .for_each(|last| last.set("lastUpdateTime", Value::Null));
    } else {
        status.entry("conditions").items_mut().push(known.clone());
    }
    write_status(set, status, &counts, &mut plan);
    let since = time::parse_rfc3339(known.get("lastTransitionTime").text());
    let failing = context.now.saturating_sub(since.unwrap_or(context.now));
    plan.look_again(retry_after(failing));
    plan
}

/// The condition of a set that could not create or delete its pods.
const FAILURE: &str = "ReplicaFailure";

/// What the pods of a controller get from its template, and whose they are
/// (`controller_utils.go`, GetPodFromTemplate).
pub(super) fn metadata_of_pods(owner: &Object) -> Value {
    let template = owner.spec().at(&["template", "metadata"]);
    let mut metadata = map! {
        "namespace" => &owner.key.namespace,
        "ownerReferences" => vec![owner.as_controller()],
    };
    for field in ["labels", "annotations", "finalizers"] {
        metadata.set(field, template.get(field).clone());
    }
    metadata
}

fn new_pod(set: &Object) -> Value {
    let template = set.spec().get("template");
    let mut metadata = metadata_of_pods(set);
    let mut prefix = set.key.name.clone();
    prefix.push('-');
    metadata.set("generateName", prefix);
    map! {
        "apiVersion" => "v1",
        "kind" => "Pod",
        "metadata" => metadata,
        "spec" => template.get("spec").clone(),
    }
}

/// How many active pods of the same Deployment each node has
/// (`getPodsRankedByRelatedPodsOnSameNode`); none for a set that belongs to nobody.
fn company<'a>(store: &'a Store, set: &Object) -> FlatMap<&'a str, u32> {
    let mut nodes = FlatMap::default();
    for sibling in store.owned_by(&set.controller_ref().get("uid").to_text()) {
        for (node, pods) in store.active_on_nodes(&sibling.meta.uid) {
            *nodes.entry(node).or_default() += pods;
        }
    }
    nodes
}

/// What decides which of a ReplicaSet's pods are deleted first: those that do the least, then those
/// that share their node with most others of their kind (`controller_utils.go`, ActivePodsWithRanks).
fn deletion_rank(pod: &Object, beside: u32, now: Millis) -> impl Ord + use<'_> {
    // Ages are compared by powers of two of nanoseconds, so that pods of nearly one age are chosen at
    // random. The times themselves are whole seconds.
    let age = |since: Option<Millis>| {
        let since = since.map_or(now, |since| since - since % 1000);
        now.saturating_sub(since)
            .saturating_mul(1_000_000)
            .checked_ilog2()
    };
    let then = (
        age(pod::ready_since(pod)),
        Reverse(restarts(pod)),
        age(Some(pod.meta.created)),
    );
    let cost = pod.meta.deletion_cost;
    (use_of(pod), cost, Reverse(beside), then, &pod.meta.uid)
}

/// How much a pod does: one without a node nothing, one that is ready the most.
pub(super) fn use_of(pod: &Object) -> impl Ord + use<> {
    let phase = match pod::phase(pod) {
        "Pending" => 0,
        "Unknown" => 1,
        _ => 2,
    };
    (!pod::node(pod).is_empty(), phase, pod::is_ready(pod))
}

/// How often the container of a pod that restarted most did so, and the same of its sidecars.
pub(super) fn restarts(pod: &Object) -> (i64, i64) {
    let most = |statuses: &Value, counts: &dyn Fn(&Value) -> bool| {
        let counted = statuses.items().iter().filter(|it| counts(it));
        let restarts = counted.filter_map(|it| it.get("restartCount").as_int());
        restarts.max().unwrap_or(0)
    };
    let status = pod.status();
    let init = pod.spec().get("initContainers").items();
    let is_sidecar = |status: &Value| {
        init.iter().any(|it| {
            it.get("name") == status.get("name") && it.get("restartPolicy").text() == "Always"
        })
    };
    (
        most(status.get("containerStatuses"), &|_| true),
        most(status.get("initContainerStatuses"), &is_sidecar),
    )
}

fn min_ready(set: &Object) -> Millis {
    let seconds = set.spec().get("minReadySeconds").as_int().unwrap_or(0);
    u64::try_from(seconds).unwrap_or(0) * 1000
}

fn status(set: &Object, counts: &Counts) -> Value {
    let mut status = set.status().clone();
    // Whoever asks for this has been able to do what there was to do.
    conditions::remove(&mut status, FAILURE);
    if status.get("conditions").items().is_empty() {
        status.set("conditions", Value::Null);
    }
    let counts = [
        ("replicas", counts.active, true),
        ("fullyLabeledReplicas", counts.fully_labelled, false),
        ("readyReplicas", counts.ready, false),
        ("availableReplicas", counts.available, false),
        ("terminatingReplicas", counts.terminating, true),
        ("observedGeneration", set.meta.generation, true),
    ];
    for (name, number, even_zero) in counts {
        let shown = number != 0 || even_zero;
        status.set(
            name,
            if shown {
                Value::Int(number)
            } else {
                Value::Null
            },
        );
    }
    status
}

fn write_status(set: &Object, status: Value, counts: &Counts, plan: &mut Plan) {
    if &status == set.status() {
        return;
    }
    let mut value = set.value.clone();
    value.set("status", status);
    let why = texts::cluster::pods_ready(&set.key.name, counts.active, counts.ready);
    plan.update_status(&set.key, value, Note::detail("patch", "Status", why));
}

/// A ready pod becomes available by time alone: somebody must look then.
fn look_again(set: &Object, pods: &[&Rc<Object>], now: Millis, plan: &mut Plan) {
    let min_ready = min_ready(set);
    if min_ready == 0 {
        return;
    }
    let available = pods
        .iter()
        .filter_map(|pod| Some(pod::ready_since(pod)? + min_ready));
    let next = available.filter(|available| *available > now).min();
    if let Some(available) = next {
        plan.look_again(available - now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::api::{Request, Verb, serve};
    use proptest::prelude::*;

    fn put(store: &mut Store, object: Value, status: Value) {
        let key = Key::of(&object);
        let create = Request::new("test", key.clone(), Verb::Create(object));
        serve(store, 0, create).expect("the object is valid");
        let mut value = store.get(&key).expect("it was created").value.clone();
        value.set("status", status);
        let update = Request {
            subresource: "status",
            ..Request::new("test", key, Verb::Update(value))
        };
        serve(store, 0, update).expect("the status is valid");
    }

    fn owner(kind: &str, uid: &str) -> Value {
        let owner = map! {
            "apiVersion" => "apps/v1", "kind" => kind, "name" => "shop", "uid" => uid, "controller" => true,
        };
        vec![owner].into()
    }

    /// Two sets of one Deployment with pods on nodes: of the first one or not, ready or not, and what their
    /// deletion costs.
    fn store(pods: &[(u8, bool, bool, i32)]) -> Store {
        let mut store = Store::new(1);
        let labels = map! { "app" => "shop" };
        let container = map! { "name" => "main", "image" => "shop:1" };
        let spec = map! { "containers" => vec![container] };
        for name in ["old", "new"] {
            let set = map! {
                "apiVersion" => "apps/v1",
                "kind" => "ReplicaSet",
                "metadata" => map! { "name" => name, "ownerReferences" => owner("Deployment", "shop") },
                "spec" => map! {
                    "selector" => map! { "matchLabels" => labels.clone() },
                    "template" => map! {
                        "metadata" => map! { "labels" => labels.clone() },
                        "spec" => spec.clone(),
                    },
                },
            };
            put(&mut store, set, map! { "replicas" => 0 });
        }
        for (at, (node, is_old, is_ready, cost)) in pods.iter().enumerate() {
            let set = Key::new("ReplicaSet", "default", if *is_old { "old" } else { "new" });
            let uid = store.get(&set).expect("a set").meta.uid.clone();
            let mut spec = spec.clone();
            spec.set("nodeName", eco_format!("node-{node}"));
            let cost = eco_format!("{cost}");
            let pod = map! {
                "apiVersion" => "v1",
                "kind" => "Pod",
                "metadata" => map! {
                    "name" => eco_format!("pod-{at}"),
                    "labels" => labels.clone(),
                    "annotations" => map! { "controller.kubernetes.io/pod-deletion-cost" => cost },
                    "ownerReferences" => owner("ReplicaSet", &uid),
                },
                "spec" => spec,
            };
            let ready =
                map! { "type" => "Ready", "status" => if *is_ready { "True" } else { "False" } };
            put(
                &mut store,
                pod,
                map! { "phase" => "Running", "conditions" => vec![ready] },
            );
        }
        store
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        /// Those on the fullest nodes are the ones that looking at all would find, too.
        #[test]
        fn the_least_needed_are_found(
            pods in prop::collection::vec((0..5_u8, any::<bool>(), prop::bool::weighted(0.9), 0..2_i32), 0..30),
            is_alike: bool,
            count in 0..10_usize,
        ) {
            let alike = |(node, is_old, ..): (u8, bool, bool, i32)| (node, is_old, true, 0);
            let pods = match is_alike {
                true => pods.into_iter().map(alike).collect(),
                false => pods,
            };
            let store = store(&pods);
            let set = store.get(&Key::new("ReplicaSet", "default", "old")).expect("a set");
            let all: Vec<_> = store.owned_by(&set.meta.uid).collect();
            let names = |claimed| -> Vec<_> {
                let found = least_needed(&store, set, claimed, count, 60_000);
                found.iter().map(|pod| pod.key.name.clone()).collect()
            };
            prop_assert_eq!(names(None), names(Some(&all)));
            prop_assert!(!is_alike || are_as_useful(&store, set));
        }
    }
}
