//! An upgrade on trial: what Helm would ask of the API server, asked of a copy of the cluster in
//! which no time passes. What is stored afterwards is the truth about the change: defaults are
//! filled in, what is equal is equal, and what is refused is refused.

use super::Tool;
use crate::gitops::LAST_APPLIED;
use ecow::{EcoString, eco_format};
use helm::Lookup;
use kube::api::{self, DeleteOptions, Request, Verb};
use kube::fields::Table;
use kube::rbac::User;
use kube::{KINDS, Key, Millis, Object, Status, Store, Value, kind_info, map};
use std::rc::Rc;

/// A cluster to try on.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its objects.
    pub store: Store,
    /// The moment.
    pub now: Millis,
    /// Who asks.
    pub user: User,
    /// By which the API server decodes strictly.
    pub fields: Option<&'static Table>,
}

/// How an upgrade went.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The objects that were refused, with what the API server says.
    pub refused: Vec<(Key, Refusal)>,
    /// What the API server warned of.
    pub warnings: Vec<(Key, Vec<EcoString>)>,
    /// The object that could not be created: what comes after it is not reached.
    pub stopped: Option<Key>,
}

/// Why an object is not changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusal {
    /// The sentence.
    pub message: EcoString,
    /// The fields that are at fault, with what is wrong.
    pub fields: Vec<(EcoString, EcoString)>,
}

impl Refusal {
    fn unserved(object: &Value) -> Refusal {
        Refusal {
            message: no_match(object),
            fields: Vec::new(),
        }
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Refusal {
        let causes = status.causes.iter();
        Refusal {
            fields: causes
                .map(|cause| (cause.field.clone(), cause.message.clone()))
                .collect(),
            message: status.message,
        }
    }
}

impl Cluster {
    /// A cluster in which these objects are installed and nothing else. Those that the API server
    /// refuses are not there.
    #[must_use]
    pub fn with(objects: &[Value]) -> Cluster {
        Cluster::install(objects).0
    }

    /// The same, and what the API server says of those that it refuses.
    #[must_use]
    pub fn install(objects: &[Value]) -> (Cluster, Vec<(Key, EcoString)>) {
        let mut cluster = Cluster {
            store: Store::new(0),
            now: 0,
            user: User::master("helm"),
            fields: None,
        };
        cluster.make_namespaces(objects);
        let mut refused = Vec::new();
        for object in objects {
            let key = Key::of(object);
            if !is_served(object) {
                refused.push((key, no_match(object)));
            } else if let Err(refusal) = cluster.ask(key.clone(), Verb::Create(object.clone())) {
                refused.push((key, refusal.message));
            }
        }
        cluster.autoscale();
        (cluster, refused)
    }

    /// This cluster after an upgrade, as far as it is not refused, before any time passes.
    #[must_use]
    pub fn upgraded(&self, last: &[Value], next: &[Value], tool: Tool) -> Cluster {
        let mut cluster = self.clone();
        cluster.upgrade(last, next, tool);
        cluster
    }

    /// Makes the namespaces that objects are in, unless the objects bring them.
    pub fn make_namespaces(&mut self, objects: &[Value]) {
        for object in objects {
            let key = Key::of(object);
            let namespace = Key::new("Namespace", "", key.namespace);
            let brought = objects.iter().any(|other| Key::of(other) == namespace);
            if !namespace.name.is_empty() && !brought && self.store.get(&namespace).is_none() {
                let body = map! {
                    "apiVersion" => "v1",
                    "kind" => "Namespace",
                    "metadata" => map! { "name" => &namespace.name },
                };
                let _ = self.ask(namespace, Verb::Create(body));
            }
        }
    }

    /// Autoscalers that found their pods too few or too many have settled that
    /// (`pkg/controller/podautoscaler/horizontal.go`, the bounds that are kept without any metric).
    fn autoscale(&mut self) {
        let scalers = self.store.list("HorizontalPodAutoscaler");
        let scalers: Vec<_> = scalers.into_iter().cloned().collect();
        for scaler in scalers {
            let (key, spec) = (target_of(&scaler.value), scaler.spec());
            let Some(target) = self.store.get(&key) else {
                continue;
            };
            let replicas = target.spec().get("replicas").as_int().unwrap_or(1);
            let least = spec.get("minReplicas").as_int().unwrap_or(1);
            let most = spec.get("maxReplicas").as_int().unwrap_or(least);
            let wanted = replicas.max(least).min(most);
            if replicas > 0 && wanted != replicas {
                let mut body = target.value.clone();
                body.entry("spec").set("replicas", wanted);
                let _ = self.ask(key, Verb::Update(body));
            }
        }
    }

    fn ask(&mut self, key: Key, verb: Verb) -> Result<(), Refusal> {
        let request = self.request(key, verb);
        api::serve(&mut self.store, self.now, request)?;
        Ok(())
    }

    fn request(&self, key: Key, verb: Verb) -> Request {
        Request {
            user: self.user.clone(),
            fields: self.fields,
            ..Request::new("", key, verb)
        }
    }

    /// Asks for a write, and takes note of what the API server warns of.
    fn try_out(&mut self, key: &Key, verb: Verb, outcome: &mut Outcome) -> Result<(), Refusal> {
        let request = self.request(key.clone(), verb);
        let warnings = kube::warnings::of(&self.store, &request);
        api::serve(&mut self.store, self.now, request)?;
        if !warnings.is_empty() {
            outcome.warnings.push((key.clone(), warnings));
        }
        Ok(())
    }

    /// Goes from the objects of one manifest to those of another, as `Client.Update` of Helm does:
    /// the first object that cannot be made ends it, other failures are collected, and nothing is
    /// deleted after one.
    /// Another tool goes on after a failure, or takes everything back.
    pub(super) fn upgrade(&mut self, last: &[Value], next: &[Value], tool: Tool) -> Outcome {
        let before = self.store.clone();
        let outcome = self.bring(last, next, tool);
        if tool == Tool::Kustomize && !outcome.refused.is_empty() {
            self.store = before;
        }
        outcome
    }

    fn bring(&mut self, last: &[Value], next: &[Value], tool: Tool) -> Outcome {
        self.make_namespaces(next);
        let mut outcome = Outcome::default();
        let unserved = next.iter().filter(|next| !is_served(next));
        let unserved = unserved.map(|next| (Key::of(next), Refusal::unserved(next)));
        outcome.refused.extend(unserved);
        // Helm makes sure of all kinds before it begins.
        if let Some((key, _)) = outcome.refused.first() {
            outcome.stopped = Some(key.clone());
            return outcome;
        }
        let find = |key: &Key| last.iter().find(|last| Key::of(last) == *key);
        for next in next {
            let key = Key::of(next);
            if let Err(refusal) = self.bring_one(find(&key), next, &mut outcome) {
                let is_there = self.store.get(&key).is_some();
                outcome.refused.push((key.clone(), refusal));
                let ends = match tool {
                    Tool::Helm => !is_there,
                    Tool::ArgoCd => false,
                    Tool::Kustomize => true,
                };
                if ends {
                    outcome.stopped = Some(key);
                    return outcome;
                }
            }
        }
        if outcome.refused.is_empty() || tool == Tool::ArgoCd {
            for last in last {
                let key = Key::of(last);
                let stays = next.iter().any(|next| Key::of(next) == key);
                if stays || self.store.get(&key).is_none_or(|live| is_kept(&live.value)) {
                    continue;
                }
                let delete = Verb::Delete(DeleteOptions::default());
                if let Err(refusal) = self.ask(key.clone(), delete) {
                    outcome.refused.push((key, refusal));
                }
            }
        }
        outcome
    }

    /// Creates an object, or changes the one that is there from what its last manifest said.
    fn bring_one(
        &mut self,
        last: Option<&Value>,
        next: &Value,
        outcome: &mut Outcome,
    ) -> Result<(), Refusal> {
        let key = Key::of(next);
        let Some(live) = self.store.get(&key) else {
            return self.try_out(&key, Verb::Create(next.clone()), outcome);
        };
        let live = live.value.clone();
        match change(last.unwrap_or(&live), next, &live)? {
            Some(patch) => self.try_out(&key, patch, outcome),
            None => Ok(()),
        }
    }

    /// Brings the cluster to these objects, each as if it were the only one, and tells what the API
    /// server refuses of them. `last` is what was asked for before; where it does not say, the object
    /// itself does. Nothing is deleted.
    pub(crate) fn refused(&mut self, last: &[Value], next: &[Value]) -> Vec<(Key, Refusal)> {
        self.make_namespaces(next);
        let mut outcome = Outcome::default();
        let mut refused = Vec::new();
        for next in next {
            let key = Key::of(next);
            let last = last.iter().find(|last| Key::of(last) == key).cloned();
            let last = last.or_else(|| applied(self.store.get(&key)?));
            let result = match is_served(next) {
                true => self.bring_one(Some(last.as_ref().unwrap_or(next)), next, &mut outcome),
                false => Err(Refusal::unserved(next)),
            };
            if let Err(refusal) = result {
                refused.push((key, refusal));
            }
        }
        refused
    }

    /// Whether the object of a hook can be made, after the one of the last run is gone.
    pub(crate) fn try_hook(&self, object: &Value) -> Result<(), Refusal> {
        let mut trial = self.clone();
        let key = Key::of(object);
        if trial.store.get(&key).is_some() {
            trial.ask(key.clone(), Verb::Delete(DeleteOptions::default()))?;
        }
        trial.make_namespaces(std::slice::from_ref(object));
        match trial.store.get(&key) {
            // What a finalizer holds is gone in time.
            Some(_) => Ok(()),
            None => trial.ask(key, Verb::Create(object.clone())),
        }
    }
}

/// The patch that makes an object what its manifest says; none if it is that already.
fn change(last: &Value, next: &Value, live: &Value) -> Result<Option<Verb>, Refusal> {
    let (how, patch) = kube::patch::three_way(last, next, live).map_err(|fault| Refusal {
        message: eco_format!("{fault}"),
        fields: Vec::new(),
    })?;
    Ok((patch != map! {}).then_some(Verb::Patch(how, patch)))
}

/// The manifest that an object was last applied from, as `kubectl apply` and Argo CD keep it there.
fn applied(live: &Object) -> Option<Value> {
    yaml::decode(live.annotation(LAST_APPLIED)?).ok()
}

/// Whether the API server serves a kind in the version of an object. What is of no group of
/// Kubernetes' own is somebody's custom resource.
fn is_served(object: &Value) -> bool {
    let (version, kind) = (object.get("apiVersion").text(), object.get("kind").text());
    let Some(info) = kind_info(kind) else {
        return true;
    };
    let older = [
        ("autoscaling/v1", "HorizontalPodAutoscaler"),
        ("events.k8s.io/v1", "Event"),
    ];
    info.api_version == version || older.contains(&(version, kind)) || !is_own_group(version)
}

/// Whether an API version is of a group that Kubernetes itself brings.
pub(super) fn is_own_group(version: &str) -> bool {
    fn group_of(version: &str) -> &str {
        version.split_once('/').map_or("", |(group, _)| group)
    }
    let group = group_of(version);
    group == "extensions" || KINDS.iter().any(|info| group_of(info.api_version) == group)
}

fn no_match(object: &Value) -> EcoString {
    let (version, kind) = (object.get("apiVersion").text(), object.get("kind").text());
    eco_format!("no matches for kind {kind:?} in version {version:?}")
}

/// What an autoscaler scales.
pub(super) fn target_of(scaler: &Value) -> Key {
    let target = scaler.at(&["spec", "scaleTargetRef"]);
    Key::new(
        target.get("kind").text(),
        Key::of(scaler).namespace,
        target.get("name").text(),
    )
}

/// Whether an object outlives its release.
pub(super) fn is_kept(object: &Value) -> bool {
    let policy = object.at(&["metadata", "annotations", "helm.sh/resource-policy"]);
    policy.text() == "keep"
}

/// What templates' `lookup` finds in a cluster: one object, or the list of those in a namespace, or everywhere.
#[must_use]
pub fn lookup(store: Store) -> Lookup {
    Rc::new(move |version, kind, namespace, name| {
        if !name.is_empty() {
            let object = store.get(&Key::new(kind, namespace, name));
            return object.map_or(Value::Null, |object| object.value.clone());
        }
        let objects = match namespace {
            "" => store.list(kind),
            namespace => store.list_in(kind, namespace),
        };
        let items = objects.into_iter().map(|object| object.value.clone());
        map! {
            "apiVersion" => version,
            "kind" => eco_format!("{kind}List"),
            "items" => items.collect::<Value>(),
        }
    })
}
