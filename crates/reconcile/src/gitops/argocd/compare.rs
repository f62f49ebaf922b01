//! Desired beside live: what is `Synced`, what is `OutOfSync`, and how it all is
//! (`controller/state.go`, CompareAppState; `controller/health.go`).

use super::manifests::has_option;
use super::manifests::{self, Role, Target};
use crate::delivery::plan;
use crate::gitops::LAST_APPLIED;
use crate::gitops::diff::{self, group_of};
use crate::gitops::health::{self, Code};
use crate::gitops::ignore;
use crate::view::PathChange;
use ecow::{EcoString, eco_format};
use kube::{Key, Millis, Object, Store, Value};
use std::rc::Rc;

const OPTIONS: &str = "argocd.argoproj.io/compare-options";
const IGNORE_HEALTH: &str = "argocd.argoproj.io/ignore-healthcheck";
/// How many objects are named as causes of a bad health.
const CAUSES_SHOWN: usize = 3;

/// An object of an Application: as git wants it, and as it is.
#[derive(Clone, Debug)]
pub(super) struct Managed {
    pub key: Key,
    pub target: Option<Rc<Target>>,
    pub live: Option<Rc<Object>>,
    /// Whether the live object is not what git says.
    pub modified: bool,
}

impl Managed {
    /// The object to speak of: the live one, or the one that is wanted.
    pub fn object(&self) -> &Value {
        match (&self.live, &self.target) {
            (Some(live), _) => &live.value,
            (None, Some(target)) => &target.object,
            (None, None) => &Value::NULL,
        }
    }

    pub fn is_out_of_sync(&self) -> bool {
        self.modified || self.target.is_none() || self.live.is_none()
    }

    /// Whether nobody looks at it: a test, or marked `Skip`.
    pub fn is_skipped(&self) -> bool {
        let skipped = |target: &Rc<Target>| target.role == Role::Skipped;
        self.target.as_ref().is_some_and(skipped)
    }
}

/// All objects of an Application, those that hooks made left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Comparison {
    pub managed: Vec<Managed>,
    /// The hooks that git has.
    pub hooks: Vec<Rc<Target>>,
}

/// The live objects that an Application had at its last look or sync: what may have to go is among
/// them.
fn known(app: &Value) -> impl Iterator<Item = Key> + '_ {
    let status = app.get("status");
    let lists = [
        status.get("resources"),
        status.at(&["operationState", "syncResult", "resources"]),
    ];
    let items = lists.into_iter().flat_map(Value::items);
    items.map(|it| {
        let of = |field: &str| it.get(field).to_text();
        let namespaced = kube::kind_info(it.get("kind").text()).is_none_or(|info| info.namespaced);
        let namespace = if namespaced {
            of("namespace")
        } else {
            EcoString::new()
        };
        Key::new(of("kind"), namespace, of("name"))
    })
}

/// Compares what git wants with what there is.
pub(super) fn compare(
    store: &Store,
    now: Millis,
    app: &Value,
    targets: &[Rc<Target>],
) -> Comparison {
    let name = app.at(&["metadata", "name"]).text();
    let spec = app.get("spec");
    let mut found = Comparison::default();
    for target in targets {
        if target.role.is_hook() {
            found.hooks.push(target.clone());
            continue;
        }
        let live = store.get(&target.key).cloned();
        let modified = live.as_ref().is_some_and(|live| {
            let (git, live) = sides(store, now, spec, target, live);
            git != live
        });
        found.managed.push(Managed {
            key: target.key.clone(),
            target: Some(target.clone()),
            live,
            modified,
        });
    }
    for key in known(app) {
        let is_there = found.managed.iter().any(|it| it.key == key);
        let Some(live) = store.get(&key).filter(|_| !is_there) else {
            continue;
        };
        if manifests::owner(live) == Some(name) && !manifests::is_hook(&live.value) {
            found.managed.push(Managed {
                key,
                target: None,
                live: Some(live.clone()),
                modified: false,
            });
        }
    }
    lean::sort_by_key(&mut found.managed, |it| {
        let Key {
            kind,
            namespace,
            name,
        } = &it.key;
        eco_format!("{}/{kind}/{namespace}/{name}", group_of(it.object()))
    });
    found
}

/// An object as it would be if it followed git, and as it is; both without what is ignored.
fn sides(
    store: &Store,
    now: Millis,
    spec: &Value,
    target: &Target,
    live: &Object,
) -> (Value, Value) {
    let mut git = diff::predict(
        store,
        now,
        live,
        &last_applied(live, target),
        &target.object,
    );
    let mut live = live.value.clone();
    if git != live {
        ignore::without(spec, &mut git, &mut live);
    }
    (git, live)
}

/// The manifest that a live object was last made from. One that was not applied has none: then
/// nothing is taken away from it.
pub(super) fn last_applied(live: &Object, target: &Target) -> Value {
    match live.annotation(LAST_APPLIED) {
        Some(text) if text != target.applied => yaml::decode(text).unwrap_or_default(),
        _ => target.object.clone(),
    }
}

/// Where an object is not what git says.
pub(super) fn differences(
    store: &Store,
    now: Millis,
    spec: &Value,
    managed: &Managed,
) -> Vec<PathChange> {
    let (Some(target), Some(live)) = (&managed.target, &managed.live) else {
        return Vec::new();
    };
    let (git, live) = sides(store, now, spec, target, live);
    plan::changes(&git, &live)
}

impl Comparison {
    /// Whether the whole is as git says.
    pub fn is_synced(&self) -> bool {
        self.managed.iter().all(|it| {
            let extraneous =
                || it.target.is_none() && has_option(it.object(), OPTIONS, "IgnoreExtraneous");
            it.is_skipped() || !it.is_out_of_sync() || extraneous()
        })
    }

    /// `status.resources`.
    pub fn resources(&self, is_unknown: bool) -> Vec<Value> {
        let row = |it: &Managed| {
            let object = it.object();
            let version = object.get("apiVersion").text();
            let version = version.rsplit('/').next().unwrap_or_default();
            let status = match it.is_out_of_sync() {
                _ if it.is_skipped() => Value::Null,
                _ if is_unknown => "Unknown".into(),
                true => "OutOfSync".into(),
                false => "Synced".into(),
            };
            let wave = it.target.as_ref().map_or(0, |target| target.wave);
            let optional = |text: &str| Some(EcoString::from(text)).filter(|it| !it.is_empty());
            kube::map! {
                "group" => optional(group_of(object)),
                "version" => version,
                "kind" => &it.key.kind,
                "namespace" => optional(&it.key.namespace),
                "name" => &it.key.name,
                "status" => status,
                "requiresPruning" => it.target.is_none().then_some(true),
                "syncWave" => Some(wave).filter(|wave| *wave != 0),
            }
        };
        self.managed.iter().map(row).collect()
    }

    /// The health of the whole: the worst of its objects, and which they are.
    pub fn health(&self) -> (Code, EcoString) {
        let mut worst = Code::Healthy;
        let mut causes: Vec<&Managed> = Vec::new();
        let counted = self.managed.iter().filter(|it| !it.is_skipped());
        for managed in counted.clone() {
            let Some(live) = &managed.live else { continue };
            let ignored = live.annotation(IGNORE_HEALTH) == Some("true");
            let Some((code, _)) = health::of(live).filter(|_| !ignored) else {
                continue;
            };
            if code > worst {
                worst = code;
                causes = vec![managed];
            } else if code == worst && code != Code::Healthy {
                causes.push(managed);
            }
        }
        let is_bare =
            counted.clone().next().is_some() && counted.clone().all(|it| it.live.is_none());
        match is_bare {
            true => (Code::Missing, EcoString::new()),
            false => (worst, told(&causes)),
        }
    }
}

/// `Caused by apps/Deployment:shop/order-service` (`formatHealthCauses`).
fn told(causes: &[&Managed]) -> EcoString {
    if causes.is_empty() {
        return EcoString::new();
    }
    let slash = |before: &str| match before {
        "" => EcoString::new(),
        before => eco_format!("{before}/"),
    };
    let shown = causes.iter().take(CAUSES_SHOWN).map(|it| {
        let Key {
            kind,
            namespace,
            name,
        } = &it.key;
        let (group, namespace) = (slash(group_of(it.object())), slash(namespace));
        eco_format!("{group}{kind}:{namespace}{name}")
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    match causes.len().saturating_sub(CAUSES_SHOWN) {
        0 => eco_format!("Caused by {shown}"),
        more => eco_format!("Caused by {shown} and {more} more"),
    }
}
