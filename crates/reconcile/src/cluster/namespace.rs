//! Empties a namespace that is deleted, then lets it go (`pkg/controller/namespace`); and gives a new
//! one what every namespace has: a ServiceAccount `default` (`pkg/controller/serviceaccount`) and the
//! certificate of the API server (`pkg/controller/certificates/rootcacertpublisher`).

use super::node_lifecycle::set_condition;
use super::{Context, Controller};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::api::{DeleteOptions, Propagation, Verb};
use kube::{Change, ChangeKind, Key, Millis, Object, Store, Value, kind_info, map};
use lean::FlatMap;
use std::rc::Rc;

pub(super) const CONTROLLER: Controller = Controller {
    name: "namespace-controller",
    watches: |_, change, keys| {
        if change.new.key.kind == "Namespace" && change.new.meta.deleted.is_some() {
            keys.push(change.new.key.clone());
        }
    },
    reconcile,
    batch: GRACE,
};

pub(super) const SERVICE_ACCOUNTS: Controller = Controller {
    name: "service-account-controller",
    watches: |_, change, keys| watch_own(change, "ServiceAccount", "default", keys),
    reconcile: |store, key, _| {
        let account = map! {
            "apiVersion" => "v1",
            "kind" => "ServiceAccount",
            "metadata" => map! { "name" => "default", "namespace" => &key.name },
        };
        give(store, key, account)
    },
    batch: 0,
};

pub(super) const CERTIFICATES: Controller = Controller {
    name: "root-ca-cert-publisher",
    watches: |_, change, keys| watch_own(change, "ConfigMap", CERTIFICATE, keys),
    reconcile: |store, key, _| {
        let about = map! { "kubernetes.io/description" => DESCRIPTION };
        let certificate = map! {
            "apiVersion" => "v1",
            "kind" => "ConfigMap",
            "metadata" => map! {
                "name" => CERTIFICATE,
                "namespace" => &key.name,
                "annotations" => about,
            },
            "data" => map! { "ca.crt" => "" },
        };
        give(store, key, certificate)
    },
    batch: 0,
};

/// How long a deleted namespace is left alone, until all API servers know of it
/// (`namespaceDeletionGracePeriod`).
const GRACE: Millis = 5_000;
/// What is waited for content that is not a pod's (`finalizerEstimateSeconds`), in seconds.
const ESTIMATE: i64 = 15;
const CERTIFICATE: &str = "kube-root-ca.crt";
const DESCRIPTION: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/// A new namespace, and one whose own object of this name is gone.
fn watch_own(change: &Change, kind: &str, name: &str, keys: &mut Vec<Key>) {
    let key = &change.new.key;
    if key.kind == "Namespace" && change.kind == ChangeKind::Added {
        keys.push(key.clone());
    } else if key.kind == kind && key.name == name && change.kind == ChangeKind::Deleted {
        keys.push(Key::new("Namespace", "", key.namespace.clone()));
    }
}

/// Creates an object that every namespace has, unless it is there.
fn give(store: &Store, namespace: &Key, object: Value) -> Plan {
    let mut plan = Plan::settled();
    let lives = |namespace: &Rc<Object>| namespace.meta.deleted.is_none();
    if store.get(namespace).is_some_and(lives) && store.get(&Key::of(&object)).is_none() {
        let why = texts::cluster::every_namespace_has_one(&namespace.name);
        plan.create(object, Note::detail("create", "NewNamespace", why));
    }
    plan
}

/// What is left in a namespace, by the resource's name.
#[derive(Default)]
struct Left {
    /// How many objects, by `pods.`, `deployments.apps`…
    objects: FlatMap<EcoString, usize>,
    /// How many of them each finalizer holds.
    finalizers: FlatMap<EcoString, usize>,
    /// How long pods may still take, in seconds.
    seconds: i64,
}

/// Deletes what a namespace holds, pods first, and says how far it is (`deleteAllContent`).
fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let deleted = |namespace: &&Rc<Object>| namespace.meta.deleted.is_some();
    let Some(namespace) = store.get(key).filter(deleted) else {
        return plan;
    };
    if namespace.spec().get("finalizers").items().is_empty() {
        return plan;
    }
    let own = |object: &&Rc<Object>| object.key.namespace == key.name;
    let (pods, others): (Vec<_>, Vec<_>) = store
        .all()
        .filter(own)
        .partition(|object| object.key.kind == "Pod");
    let mut going = pods;
    if !going.iter().any(|pod| remains(pod)) {
        going.extend(others);
    }
    let left = look_at(&going);
    if !left.objects.is_empty() {
        let mut value = namespace.value.clone();
        say(value.entry("status"), &left, context.now);
        if value.get("status") != namespace.status() {
            let why = texts::cluster::still_holds(&key.name);
            plan.update_status(key, value, Note::detail("update", "ContentRemaining", why));
        }
        let estimate = if left.seconds > 0 {
            left.seconds
        } else {
            ESTIMATE
        };
        plan.look_again(u64::try_from(estimate / 2 + 1).unwrap_or(1) * 1000);
    }
    for object in going.iter().filter(|object| object.meta.deleted.is_none()) {
        let options = DeleteOptions {
            uid: object.meta.uid.clone(),
            propagation: Propagation::Background,
            ..DeleteOptions::default()
        };
        let why = texts::cluster::goes_with(&key.name, &object.key);
        let note = Note::detail("delete", "NamespaceDeleted", why);
        plan.delete(&object.key, options, note);
    }
    if left.objects.is_empty() {
        let mut value = namespace.value.clone();
        *value.entry_at(&["spec", "finalizers"]) = Value::NULL;
        let why = texts::cluster::nothing_is_left(&key.name);
        let note = Note::detail("update", "NamespaceFinalized", why);
        plan.write(key.clone(), "finalize", Verb::Update(value), note);
    }
    plan
}

/// Whether an object is still there when it has been deleted.
fn remains(object: &Object) -> bool {
    let is_running = !super::pod::node(object).is_empty() && !super::pod::has_ended(object);
    let finalizers = object.value.at(&["metadata", "finalizers"]).items();
    object.meta.deleted.is_some()
        || !finalizers.is_empty()
        || object.key.kind == "Pod" && is_running
}

fn look_at(objects: &[&Rc<Object>]) -> Left {
    let mut left = Left::default();
    for object in objects.iter().filter(|object| remains(object)) {
        let info = kind_info(&object.key.kind);
        let group = info.and_then(|info| info.api_version.split_once('/'));
        let plural = info.map_or_else(
            || eco_format!("{}s", object.key.kind.to_lowercase()),
            |info| info.plural.into(),
        );
        let name = eco_format!("{plural}.{}", group.map_or("", |(group, _)| group));
        *left.objects.entry(name).or_default() += 1;
        for finalizer in object.value.at(&["metadata", "finalizers"]).items() {
            *left.finalizers.entry(finalizer.to_text()).or_default() += 1;
        }
        if object.key.kind == "Pod" && !super::pod::has_ended(object) {
            let grace = object.spec().get("terminationGracePeriodSeconds").as_int();
            left.seconds = left.seconds.max(grace.unwrap_or(0));
        }
    }
    left
}

/// A namespace's conditions (`status_condition_utils.go`).
fn say(status: &mut Value, left: &Left, now: Millis) {
    let mut set = |kind: &str, holds: bool, reason: &str, message: &str| {
        let state = if holds { "True" } else { "False" };
        set_condition(status, kind, state, reason, message, now);
    };
    let list = |counts: &FlatMap<EcoString, usize>, word: &str| -> String {
        let parts = counts.iter();
        let parts: Vec<String> = parts
            .map(|(name, count)| format!("{name} {word} {count} resource instances"))
            .collect();
        parts.join(", ")
    };
    set(
        "NamespaceDeletionDiscoveryFailure",
        false,
        "ResourcesDiscovered",
        "All resources successfully discovered",
    );
    set(
        "NamespaceDeletionGroupVersionParsingFailure",
        false,
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    );
    set(
        "NamespaceDeletionContentFailure",
        false,
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    );
    match left.objects.is_empty() {
        true => set(
            "NamespaceContentRemaining",
            false,
            "ContentRemoved",
            "All content successfully removed",
        ),
        false => {
            let message = format!(
                "Some resources are remaining: {}",
                list(&left.objects, "has")
            );
            set(
                "NamespaceContentRemaining",
                true,
                "SomeResourcesRemain",
                &message,
            );
        }
    }
    match left.finalizers.is_empty() {
        true => set(
            "NamespaceFinalizersRemaining",
            false,
            "ContentHasNoFinalizers",
            "All content-preserving finalizers finished",
        ),
        false => {
            let message = format!(
                "Some content in the namespace has finalizers remaining: {}",
                list(&left.finalizers, "in")
            );
            set(
                "NamespaceFinalizersRemaining",
                true,
                "SomeFinalizersRemain",
                &message,
            );
        }
    }
}
