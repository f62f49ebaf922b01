//! `kubectl cordon`, `uncordon` and `drain` (`k8s.io/kubectl/pkg/cmd/drain`, `pkg/drain`).
//!
//! What the real one does for all pods at once is done here for one after the other in their order,
//! between two moments of waiting.

use super::args::{Args, Flag, switch, value};
use super::session::{Fault, Session};
use ecow::{EcoString, eco_format};
use kube::api::{DeleteOptions, PatchType, Verb};
use kube::{Key, Millis, Object, Status, Value, map};
use lean::FlatMap;
use std::rc::Rc;

pub(super) const DRAIN_FLAGS: &[Flag] = &[
    switch("force", None),
    switch("ignore-daemonsets", None),
    switch("delete-emptydir-data", None),
    switch("disable-eviction", None),
    value("grace-period", None),
    value("timeout", None),
];

/// How long an eviction waits that a budget is against.
const RETRY: Millis = 5_000;
/// How often it is looked whether a pod is gone.
const POLL: Millis = 1_000;

/// Keeps new pods away from nodes.
pub(super) fn cordon(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let nodes = nodes(session, args, "cordon")?;
    mark(session, &nodes, true)
}

/// Lets them come again.
pub(super) fn uncordon(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let nodes = nodes(session, args, "uncordon")?;
    mark(session, &nodes, false)
}

fn nodes(session: &mut Session, args: &Args, command: &str) -> Result<Vec<Rc<Object>>, Fault> {
    if args.words.is_empty() {
        return Err(Fault::Usage(format!(
            "USAGE: {command} NODE [flags]\nSee 'kubectl {command} -h' for help and examples"
        )));
    }
    let key = |word: &String| Key::new("Node", "", word.trim_start_matches("node/"));
    let found = args.words.iter().map(|word| session.get(&key(word)));
    Ok(found.collect::<Result<_, Status>>()?)
}

fn mark(session: &mut Session, nodes: &[Rc<Object>], wanted: bool) -> Result<(), Fault> {
    let (already, done) = match wanted {
        true => ("already cordoned", "cordoned"),
        false => ("already uncordoned", "uncordoned"),
    };
    for node in nodes {
        let is_cordoned = node.spec().get("unschedulable").as_bool() == Some(true);
        if is_cordoned == wanted {
            session.done(&node.key, already);
            continue;
        }
        let mut spec = map! {};
        // Null takes it away.
        *spec.entry("unschedulable") = Some(true).filter(|_| wanted).into();
        let patch = map! { "spec" => spec };
        session.patch(&node.key, PatchType::Strategic, patch)?;
        session.done(&node.key, done);
    }
    Ok(())
}

/// Keeps new pods away from nodes and evicts those that are there.
pub(super) fn drain(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let nodes = nodes(session, args, "drain")?;
    let timeout = args.duration("timeout")?.filter(|time| *time > 0);
    let grace = args.number("grace-period")?.filter(|grace| *grace >= 0);
    mark(session, &nodes, true)?;
    let mut drained: Vec<&EcoString> = Vec::new();
    let mut fatal: Vec<EcoString> = Vec::new();
    for node in &nodes {
        let name = &node.key.name;
        let Err(errors) = empty(session, args, name, timeout, grace) else {
            drained.push(name);
            session.done(&node.key, "drained");
            continue;
        };
        let shown = match errors.as_slice() {
            [one] => one.clone(),
            several => eco_format!("[{}]", several.join(", ")),
        };
        session.warn(&format!(
            "error: unable to drain node {name:?} due to error: {shown}, continuing command...\n\
             There are pending nodes to be drained:\n"
        ));
        let pending = nodes.iter().map(|node| &node.key.name);
        for name in pending.filter(|name| !drained.contains(name)) {
            session.warn(&format!(" {name}\n"));
        }
        fatal.extend(errors);
    }
    if fatal.is_empty() {
        return Ok(());
    }
    let mut words = fatal.join("\n");
    words.push('\n');
    Err(Fault::Said(words.into()))
}

/// Removes a node's pods, unless there are some that may not be removed: then none is.
fn empty(
    session: &mut Session,
    args: &Args,
    node: &EcoString,
    timeout: Option<Millis>,
    grace: Option<i64>,
) -> Result<(), Vec<EcoString>> {
    let pods = chosen(session, args, node)?;
    let end = timeout.map(|timeout| session.now() + timeout);
    let shown = timeout.map_or_else(EcoString::new, |timeout| eco_format!("{}s", timeout / 1000));
    let evicts = args.last("disable-eviction").is_none();
    let mut waiting: Vec<Removal> = pods.into_iter().map(Removal::new).collect();
    let mut errors = Vec::new();
    while !waiting.is_empty() {
        let now = session.now();
        waiting.retain_mut(|removal| match removal.go_on(session, evicts, grace) {
            Ok(is_done) => !is_done,
            Err(error) => {
                errors.push(error);
                false
            }
        });
        let Some(next) = waiting.iter().map(|removal| removal.next).min() else {
            break;
        };
        if end.is_some_and(|end| next > end) || !session.wait(next - now) {
            errors.extend(waiting.iter().map(|removal| removal.timed_out(&shown)));
            break;
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    let left = chosen(session, args, node).unwrap_or_default();
    if !left.is_empty() {
        let errors = errors.join(", ");
        session.warn(&format!(
            "There are pending pods in node {node:?} when an error occurred: {errors}\n"
        ));
        for pod in left {
            session.warn(&format!("pod/{}\n", pod.key.name));
        }
    }
    Err(errors)
}

/// A pod that is being removed.
struct Removal {
    pod: Rc<Object>,
    is_asked: bool,
    /// When to go on.
    next: Millis,
}

impl Removal {
    fn new(pod: Rc<Object>) -> Removal {
        Removal {
            pod,
            is_asked: false,
            next: 0,
        }
    }

    /// Goes on if it is time. Returns whether the pod is gone.
    fn go_on(
        &mut self,
        session: &mut Session,
        evicts: bool,
        grace: Option<i64>,
    ) -> Result<bool, EcoString> {
        let (key, now) = (&self.pod.key, session.now());
        if now < self.next {
            return Ok(false);
        }
        if !self.is_asked {
            let asked = match evicts {
                true => evict(session, key, grace),
                false => delete(session, key, grace),
            };
            match asked {
                Ok(()) => self.is_asked = true,
                Err(status) if status.code == 404 => return Ok(true),
                Err(status) if status.code == 429 => {
                    let message = &status.message;
                    session.warn(&format!(
                        "error when evicting {} (will retry after 5s): {message}\n",
                        named(key)
                    ));
                    self.next = now + RETRY;
                    return Ok(false);
                }
                Err(status) => {
                    let message = &status.message;
                    return Err(eco_format!("error when evicting {}: {message}", named(key)));
                }
            }
        }
        let uid = &self.pod.meta.uid;
        if session.get(key).is_ok_and(|pod| pod.meta.uid == *uid) {
            self.next = now + POLL;
            return Ok(false);
        }
        session.done(key, if evicts { "evicted" } else { "deleted" });
        Ok(true)
    }

    fn timed_out(&self, timeout: &str) -> EcoString {
        let key = &self.pod.key;
        let what = match self.is_asked {
            true => eco_format!(
                "waiting for pod {:?} in namespace {:?} to terminate",
                key.name,
                key.namespace
            ),
            false => eco_format!("evicting {}", named(key)),
        };
        eco_format!("error when {what}: global timeout reached: {timeout}")
    }
}

fn named(key: &Key) -> EcoString {
    eco_format!("pods/{:?} -n {:?}", key.name, key.namespace)
}

fn evict(session: &mut Session, key: &Key, grace: Option<i64>) -> Result<(), Status> {
    let line = format!("evicting pod {}/{}\n", key.namespace, key.name);
    session.output.stdout.push_str(&line);
    let mut body = map! {
        "apiVersion" => "policy/v1",
        "kind" => "Eviction",
        "metadata" => map! { "name" => &key.name, "namespace" => &key.namespace },
    };
    if let Some(grace) = grace {
        body.set("deleteOptions", map! { "gracePeriodSeconds" => grace });
    }
    session
        .ask_part(key, "eviction", Verb::Create(body))
        .map(|_| ())
}

fn delete(session: &mut Session, key: &Key, grace: Option<i64>) -> Result<(), Status> {
    let options = DeleteOptions {
        grace_seconds: grace,
        ..DeleteOptions::default()
    };
    session.ask(key, Verb::Delete(options)).map(|_| ())
}

/// What a filter says of a pod.
enum Verdict {
    Okay,
    /// It stays, or goes, with a warning.
    Warning(bool, &'static str),
    Error(EcoString),
}

/// The pods of a node that are to go, after a warning about some; or why none may
/// (`pkg/drain/filters.go`).
fn chosen(
    session: &mut Session,
    args: &Args,
    node: &EcoString,
) -> Result<Vec<Rc<Object>>, Vec<EcoString>> {
    let all = session
        .list_all("Pod")
        .map_err(|status| vec![status.message])?;
    let (mut pods, mut warnings, mut errors) = (Vec::new(), FlatMap::new(), FlatMap::new());
    for pod in all {
        if pod.spec().get("nodeName").text() != node.as_str() {
            continue;
        }
        let shown = eco_format!("{}/{}", pod.key.namespace, pod.key.name);
        let note = |list: &mut FlatMap<EcoString, Vec<EcoString>>, message: EcoString| {
            list.entry(message).or_default().push(shown.clone());
        };
        match verdict(session, args, &pod) {
            Verdict::Okay => pods.push(pod),
            Verdict::Warning(goes, message) => {
                note(&mut warnings, message.into());
                if goes {
                    pods.push(pod);
                }
            }
            Verdict::Error(message) => note(&mut errors, message),
        }
    }
    if !errors.is_empty() {
        let words = errors.iter().map(|(message, pods)| {
            let pods = pods.join(", ");
            match message.starts_with("cannot delete") {
                true => eco_format!("{message}: {pods}"),
                false => eco_format!("cannot delete {message}: {pods}"),
            }
        });
        return Err(words.collect());
    }
    if !warnings.is_empty() {
        let words = warnings.iter();
        let words = words.map(|(message, pods)| format!("{message}: {}", pods.join(", ")));
        let words: Vec<String> = words.collect();
        session.warn(&format!("Warning: {}\n", words.join("; ")));
    }
    Ok(pods)
}

/// Whether a pod may go. What an earlier filter warned of, a later one that is content takes back.
fn verdict(session: &mut Session, args: &Args, pod: &Object) -> Verdict {
    let owner = pod.controller_ref();
    let has_ended = matches!(pod.status().get("phase").text(), "Succeeded" | "Failed");
    let is_set = |name: &str| args.last(name).is_some();
    if has_ended {
        return Verdict::Okay;
    }
    if owner.get("kind").text() == "DaemonSet" {
        let key = pod.key.sibling("DaemonSet", owner.get("name").to_text());
        match session.get(&key) {
            Err(status) if !is_set("force") => return Verdict::Error(status.message),
            Err(_) => {}
            Ok(_) if is_set("ignore-daemonsets") => {
                return Verdict::Warning(false, "ignoring DaemonSet-managed Pods");
            }
            Ok(_) => {
                return Verdict::Error(
                    "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)".into(),
                );
            }
        }
    }
    let volumes = pod.spec().get("volumes").items();
    let is_local = |volume: &Value| !volume.get("emptyDir").is_null();
    if volumes.iter().any(is_local) && !is_set("delete-emptydir-data") {
        return Verdict::Error(
            "Pods with local storage (use --delete-emptydir-data to override)".into(),
        );
    }
    match (owner.is_null(), is_set("force")) {
        (false, _) => Verdict::Okay,
        (true, true) => Verdict::Warning(true, "deleting Pods that declare no controller"),
        (true, false) => Verdict::Error(
            "cannot delete Pods that declare no controller (use --force to override)".into(),
        ),
    }
}
