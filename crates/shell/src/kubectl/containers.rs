//! Which container a command is about (`k8s.io/kubectl/pkg/cmd/util/podcmd`,
//! `pkg/polymorphichelpers/helpers.go`).

use super::session::{Fault, Session};
use kube::{Meta, Millis, Object, Selection, Value};
use std::cmp::Reverse;
use std::rc::Rc;

const DEFAULT: &str = "kubectl.kubernetes.io/default-container";
/// How long a pod is waited for.
const PATIENCE: Millis = 20_000;
/// How often it looks. (The real one watches.)
const POLL: Millis = 1_000;

/// A pod, or another object as `TYPE/NAME`.
pub(super) fn named(session: &mut Session, name: &str) -> Result<Rc<Object>, Fault> {
    let words = match name.contains('/') {
        true => vec![name.to_owned()],
        false => vec!["pods".to_owned(), name.to_owned()],
    };
    let keys = session.targets(&words)?;
    let key = keys
        .first()
        .ok_or_else(|| Fault::Usage("expected a resource".to_owned()))?;
    Ok(session.get(key)?)
}

/// The pods of an object, the best first; waits until there is one.
pub(super) fn pods_of(
    session: &mut Session,
    object: &Object,
    doing: &str,
    rank: fn(&Object) -> Rank,
) -> Result<Vec<Rc<Object>>, Fault> {
    let selector = selector(object, doing)?;
    let end = session.now().saturating_add(PATIENCE);
    loop {
        let select = Selection {
            labels: kube::selector::text(&selector),
            ..Selection::default()
        };
        let mut pods = session.select("Pod", object.key.namespace.clone(), select)?;
        if !pods.is_empty() {
            lean::sort_by_key(&mut pods, |pod| rank(pod));
            return Ok(pods);
        }
        if end <= session.now() || !session.wait(POLL) {
            return Err(Fault::Usage(
                "timed out waiting for the condition".to_owned(),
            ));
        }
    }
}

/// The place of a pod among those of which one is wanted; the first is chosen.
pub(super) type Rank = (
    bool,
    i64,
    bool,
    Option<Reverse<Millis>>,
    Millis,
    i64,
    Millis,
);

/// Pods that have a node come first, then those of a lower phase, those that are ready, that nobody deleted
/// or that was deleted later (`gone`, where that counts), that have been ready for longer, with lower
/// restarts, that are older (`k8s.io/kubectl/pkg/util/podutils`). Times are compared as the API server
/// gives them, by the second.
pub(super) fn rank(pod: &Object, phase: i64, gone: Option<Millis>, restarts: i64) -> Rank {
    let Meta {
        node,
        ready,
        created,
        ..
    } = &pod.meta;
    let since = ready.unwrap_or(0) / 1000;
    (
        node.is_empty(),
        phase,
        ready.is_none(),
        gone.map(Reverse),
        since,
        restarts,
        created / 1000,
    )
}

/// How often that container of a pod was started again which was most often (`maxContainerRestarts`).
pub(super) fn restarts(pod: &Object) -> i64 {
    let all = pod.status().get("containerStatuses").items().iter();
    let counts = all.filter_map(|it| it.get("restartCount").as_int());
    counts.max().unwrap_or(0)
}

/// What selects an object's pods (`SelectorsForObject`).
fn selector(object: &Object, doing: &str) -> Result<Value, Fault> {
    let selector = object.spec().get("selector");
    let key = &object.key;
    let version = object.value.get("apiVersion").text();
    let version = version.rsplit('/').next().unwrap_or_default();
    match key.kind.as_str() {
        "DaemonSet" | "Deployment" | "Job" | "ReplicaSet" | "StatefulSet" => Ok(selector.clone()),
        "ReplicationController" | "Service" if selector.members().next().is_some() => {
            Ok(kube::map! { "matchLabels" => selector.clone() })
        }
        "Service" => Err(Fault::Usage(format!(
            "cannot {doing} *v1.Service: invalid service '{}': Service is defined without a selector",
            key.name
        ))),
        kind => Err(Fault::Usage(format!(
            "cannot {doing} *{version}.{kind}: selector for *{version}.{kind} not implemented"
        ))),
    }
}

fn names<'a>(pod: &'a Object, list: &str) -> impl Iterator<Item = &'a str> {
    let all = pod.spec().get(list).items().iter();
    all.map(|it| it.get("name").text())
}

/// The containers of a pod in the order in which they start.
pub(super) fn all(pod: &Object) -> impl Iterator<Item = &str> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    lists.into_iter().flat_map(|list| names(pod, list))
}

/// The container of a name; without one the pod's own choice, or its first.
pub(super) fn chosen(
    session: &mut Session,
    pod: &Object,
    name: Option<&str>,
    is_quiet: bool,
) -> Result<String, Fault> {
    let annotated = pod.annotation(DEFAULT).filter(|name| !name.is_empty());
    let (name, is_default) = match name.filter(|name| !name.is_empty()) {
        Some(name) => (name, false),
        None => match annotated {
            Some(name) => (name, false),
            None => (names(pod, "containers").next().unwrap_or_default(), true),
        },
    };
    if !all(pod).any(|it| it == name) {
        return Err(Fault::Usage(format!(
            "container {name} is not valid for pod {} out of: {}",
            pod.key.name,
            listed(pod)
        )));
    }
    if is_default && !is_quiet && 1 < all(pod).count() {
        let words = format!("Defaulted container {name:?} out of: {}\n", listed(pod));
        session.warn(&words);
    }
    Ok(name.to_owned())
}

/// `c, debug (ephem), setup (init)`
fn listed(pod: &Object) -> String {
    let lists = [
        ("containers", ""),
        ("ephemeralContainers", " (ephem)"),
        ("initContainers", " (init)"),
    ];
    let named = lists
        .into_iter()
        .flat_map(|(list, what)| names(pod, list).map(move |name| format!("{name}{what}")));
    named.collect::<Vec<_>>().join(", ")
}
