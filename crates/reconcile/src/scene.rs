//! What there is to see: rows made of a world and its trace.

use crate::audit;
use crate::cluster::deployment::{self, TEMPLATE_HASH};
use crate::cluster::kubelet::view::containers;
use crate::cluster::network::rows;
use crate::cluster::pod;
use crate::delivery::diff;
use crate::delivery::git::Conflict;
use crate::engine::World;
use crate::gitops;
use crate::outcome;
use crate::pipeline::{self, MAIN, Outlook, Pull, PullState};
use crate::stations::{self, Sights};
use crate::texts::stage;
use crate::timeline::{Act, Timeline};
use crate::trace::Entry;
use crate::view::{
    ConditionRow, ConflictRegion, ConflictRow, DeploymentRow, EventRow, ImageRow, MERGED, Mark,
    MarkKind, NodeRow, ObjectPanel, ObjectRef, PodForm, PodRow, PullRequestRow, ReleaseRow,
    ReplicaSetRow, ResourceRow, Scene, Sentence, Tint, Tone,
};
use ecow::{EcoString, eco_format};
use kube::{Key, Millis, Object, Value, quantity};
use std::cmp::Ordering;
use std::rc::Rc;

/// Everything at the moment that a timeline is at.
pub(crate) fn of<A: Act>(timeline: &Timeline<A>) -> Scene {
    let world = timeline.world();
    let past = &timeline.entries()[..(world.entries() as usize).min(timeline.entries().len())];
    let services = rows::services(world);
    let deployments = deployments(world);
    let requests = audit::rows(world, timeline.requests(), past);
    // The story ends with what came of it.
    let is_over = world.now() == timeline.end();
    let outcome = is_over.then(|| outcome::of(world, past, &deployments, timeline.seconds()));
    let newest = || past.iter().rfind(|entry| entry.tone != Tone::Detail);
    Scene {
        now: world.now(),
        newest: past.last().map(|entry| entry.id),
        sentence: outcome
            .flatten()
            .or_else(|| newest().map(|it| Sentence::new(it.id, it.t, &it.message))),
        stations: stations::of(&Sights {
            world,
            requests: &requests,
            deployments: &deployments,
            services: &services,
            seconds: timeline.seconds(),
        }),
        pull_request: world
            .delivery
            .pulls
            .last()
            .map(|pull| pull_request(world, pull)),
        run: world.delivery.runs.last().map(|state| {
            let tint = world
                .delivery
                .tints
                .of(state.run.commit())
                .unwrap_or_default();
            state.run.row(world.now(), tint)
        }),
        images: images(world),
        releases: releases(world),
        requests,
        deployments,
        nodes: nodes(world),
        services,
        callers: rows::callers(world),
        applications: gitops::rows(world),
    }
}

fn pull_request(world: &World, pull: &Pull) -> PullRequestRow {
    let repository = world.delivery.repositories.get(&pull.repository);
    let old = repository
        .map(|repository| repository.files(pull.base))
        .unwrap_or_default();
    let (state, commit) = match pull.state {
        PullState::Open => ("Open", pull.head),
        PullState::Merged(commit) => ("Merged", commit),
        PullState::Closed => ("Closed", pull.head),
    };
    let (outlook, problems) = match &pull.outlook {
        Ok(outlook) => (outlook.clone(), Vec::new()),
        Err(problems) => (Outlook::default(), problems.to_vec()),
    };
    let merge = match pull.state {
        PullState::Open => pipeline::merge_state(world, pull),
        _ => pipeline::MergeState::default(),
    };
    PullRequestRow {
        merge_state: merge.state.into(),
        merge_lines: merge.lines,
        statuses: merge.checks,
        conflicts: merge.conflicts.iter().map(conflict).collect(),
        methods: pipeline::methods(world, pull),
        approvals: (pull.approvals, merge.reviews),
        repository: pull.repository.clone(),
        number: pull.number,
        title: pull.change.title.clone(),
        branch: pull.change.branch.clone(),
        state: state.into(),
        tint: world.delivery.tints.of(commit).unwrap_or_default(),
        files: diff::trees(&old, &pull.change.files),
        plan: outlook.plan.into_iter().collect(),
        checks: outlook.checks.into_iter().collect(),
        problems,
    }
}

/// The file with git's markers in it, cut to the places that they mark.
fn conflict(conflict: &Conflict) -> ConflictRow {
    let mut regions: Vec<ConflictRegion> = Vec::new();
    let mut at = conflict.regions.iter();
    let mut is_within = false;
    for text in conflict.text.lines() {
        if text.starts_with("<<<<<<< ") {
            let line = at.next().map_or(0, |(line, _)| *line);
            let lines = Vec::new();
            regions.push(ConflictRegion { line, lines });
            is_within = true;
        }
        if let Some(region) = regions.last_mut().filter(|_| is_within) {
            region.lines.push(text.into());
        }
        is_within &= !text.starts_with(">>>>>>> ");
    }
    ConflictRow {
        path: conflict.path.clone(),
        message: conflict.message.clone(),
        regions,
    }
}

fn images(world: &World) -> Vec<ImageRow> {
    let registry = &world.delivery.registry;
    let row = |tag: &crate::delivery::registry::Tag| {
        let image = registry.image(&tag.digest);
        ImageRow {
            reference: tag.reference.clone(),
            digest: tag.digest.clone(),
            size_mib: image.map_or(0, |image| {
                u32::try_from(image.app.image_size >> 20).unwrap_or(0)
            }),
            pushed: tag.pushed,
            tint: image.and_then(|image| world.delivery.tints.of(image.commit)),
        }
    };
    registry.tags().iter().map(row).collect()
}

fn releases(world: &World) -> Vec<ReleaseRow> {
    let all = &world.delivery.releases;
    let is_newest = |at: usize| {
        let one = &all[at].record;
        let is_same = |it: &pipeline::Release| {
            it.record.namespace == one.namespace && it.record.name == one.name
        };
        !all.iter().skip(at + 1).any(is_same)
    };
    let resources = |at: usize, (namespace, name): (&str, &str)| -> Vec<ResourceRow> {
        if !is_newest(at) || gitops::flux::makes(&world.store, namespace, name) {
            return Vec::new();
        }
        let objects = all[at].objects.iter();
        let row = |object: &Value| gitops::resource::row(&world.store, &Key::of(object));
        objects.map(row).collect()
    };
    let row = |(at, release): (usize, &pipeline::Release)| ReleaseRow {
        namespace: release.record.namespace.as_str().into(),
        resources: resources(at, (&release.record.namespace, &release.record.name)),
        name: release.record.name.as_str().into(),
        revision: release.record.revision,
        status: release.record.status.as_str().into(),
        chart: release.record.chart().into(),
        description: release.record.description.as_str().into(),
        updated: release.updated,
        tint: world.delivery.tints.of(release.commit),
    };
    all.iter().enumerate().map(row).collect()
}

fn number(value: &Value) -> u32 {
    value
        .as_int()
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or(0)
}

/// The cluster's Deployments.
pub(crate) fn deployments(world: &World) -> Vec<DeploymentRow> {
    world
        .store
        .list("Deployment")
        .into_iter()
        .map(|it| deployment(world, it))
        .collect()
}

fn deployment(world: &World, object: &Object) -> DeploymentRow {
    let status = object.status();
    let posts = deployment::fenceposts(object.spec());
    let desired = number(object.spec().get("replicas"));
    let mut sets: Vec<&Rc<Object>> = world
        .store
        .owned_by(&object.meta.uid)
        .filter(|it| it.key.kind == "ReplicaSet")
        .collect();
    lean::sort_by_key(&mut sets, |set| (revision(set), set.meta.created));
    let newest = revision(object);
    let sets: Vec<ReplicaSetRow> = sets
        .into_iter()
        .map(|set| replica_set(world, set, newest))
        .collect();
    let pods = |test: fn(&PodRow) -> bool| -> u32 {
        let all = sets.iter().flat_map(|set| &set.pods);
        u32::try_from(all.filter(|pod| test(pod)).count()).unwrap_or(u32::MAX)
    };
    let ready = pods(|pod| pod.form == PodForm::Ready);
    let current = pods(|pod| pod.form != PodForm::Terminating);
    let updated = sets
        .iter()
        .filter(|set| set.newest)
        .map(|set| set.current)
        .sum();
    DeploymentRow {
        namespace: object.key.namespace.clone(),
        name: object.key.name.clone(),
        desired,
        current,
        updated,
        ready,
        available: number(status.get("availableReplicas")),
        most: desired + u32::try_from(posts.surge).unwrap_or(0),
        least: desired.saturating_sub(u32::try_from(posts.unavailable).unwrap_or(0)),
        strategy: object.spec().at(&["strategy", "type"]).to_text(),
        difference: difference(desired, current, updated, ready),
        conditions: status
            .get("conditions")
            .items()
            .iter()
            .map(condition)
            .collect(),
        sets,
    }
}

/// What is still to be done until current state is desired state.
fn difference(desired: u32, current: u32, updated: u32, ready: u32) -> EcoString {
    if updated < desired {
        return stage::new_to_go(desired - updated);
    }
    if current > updated {
        return stage::old_to_go(current - updated);
    }
    if current > desired {
        return stage::too_many(current - desired);
    }
    if ready < desired {
        return stage::not_ready_yet(desired - ready);
    }
    EcoString::new()
}

/// The oldest first; of those of one moment, by name.
fn by_age(a: &Object, b: &Object) -> Ordering {
    (a.meta.created, &a.key.name).cmp(&(b.meta.created, &b.key.name))
}

fn revision(object: &Object) -> u32 {
    object
        .annotation(deployment::REVISION)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

fn condition(value: &Value) -> ConditionRow {
    let of = |name: &str| value.get(name).to_text();
    ConditionRow {
        kind: of("type"),
        status: of("status"),
        reason: of("reason"),
        message: of("message"),
    }
}

fn replica_set(world: &World, set: &Object, newest: u32) -> ReplicaSetRow {
    let mut pods: Vec<&Rc<Object>> = world.store.owned_by(&set.meta.uid).collect();
    lean::sort_by(&mut pods, |a, b| by_age(a, b));
    let active = pods.iter().filter(|pod| pod::is_active(pod));
    let containers = set.spec().at(&["template", "spec", "containers"]).items();
    let ready = active.clone().filter(|pod| pod::is_ready(pod)).count();
    ReplicaSetRow {
        name: set.key.name.clone(),
        hash: set.labels().get(TEMPLATE_HASH).to_text(),
        revision: revision(set),
        newest: revision(set) == newest,
        image: containers
            .first()
            .map(|it| it.get("image").to_text())
            .unwrap_or_default(),
        tint: world.delivery.tints.of_set(&set.meta.uid),
        desired: number(set.spec().get("replicas")),
        current: u32::try_from(active.count()).unwrap_or(u32::MAX),
        ready: u32::try_from(ready).unwrap_or(u32::MAX),
        pods: pods.into_iter().map(|pod| pod_row(world, pod)).collect(),
    }
}

fn pod_row(world: &World, pod: &Object) -> PodRow {
    let shell::PodState {
        ready: (ready, total),
        status,
        restarts,
        ..
    } = shell::pod_state(pod);
    let usage = world.network.usage(&world.pods, &pod.meta.uid);
    PodRow {
        uid: pod.meta.uid.clone(),
        name: pod.key.name.clone(),
        form: form(pod, &status),
        status,
        ready: eco_format!("{ready}/{total}"),
        restarts: u32::try_from(restarts).unwrap_or(u32::MAX),
        node: pod::node(pod).into(),
        ip: pod.status().get("podIP").to_text(),
        created: pod.meta.created,
        cpu: (
            usage.iter().map(|it| it.cpu).sum(),
            limit(pod, "cpu", quantity::milli_of),
        ),
        memory: (
            usage.iter().map(|it| it.memory).sum(),
            limit(pod, "memory", quantity::units_of),
        ),
        tint: world
            .pods
            .colour(&pod.meta.uid)
            .map(|colour| world.delivery.tints.tint(colour)),
    }
}

/// What the containers of a pod may use together; 0 if one of them is not limited.
fn limit(pod: &Object, resource: &str, number: fn(&Value) -> i64) -> u64 {
    let limits = pod::containers(pod)
        .iter()
        .map(|it| number(it.at(&["resources", "limits", resource])));
    let each: Option<Vec<u64>> = limits
        .map(|it| u64::try_from(it).ok().filter(|it| *it > 0))
        .collect();
    each.map_or(0, |each| each.iter().sum())
}

fn form(pod: &Object, status: &str) -> PodForm {
    // Its containers may have ended already: `kubectl` says `Completed` then.
    if pod.meta.deleted.is_some() {
        return PodForm::Terminating;
    }
    match status {
        "ContainerCreating" | "PodInitializing" => PodForm::Creating,
        "Running" if pod::is_ready(pod) => PodForm::Ready,
        "Running" => PodForm::Running,
        "Pending" if pod::node(pod).is_empty() => PodForm::Pending,
        "Pending" => PodForm::Creating,
        _ => PodForm::Failed,
    }
}

/// What there is to know of one object at the moment that a timeline is at.
pub(crate) fn panel<A: Act>(timeline: &Timeline<A>, object: &ObjectRef) -> ObjectPanel {
    let world = timeline.world();
    let key = pipeline::key(object);
    let named = |key: &Key| ObjectRef {
        kind: key.kind.clone(),
        namespace: key.namespace.clone(),
        name: key.name.clone(),
    };
    let live = world.store.get(&key);
    let mut owners = Vec::new();
    let mut at = live;
    while let Some(it) = at {
        let owner = it.controller_ref();
        let next = it
            .key
            .sibling(owner.get("kind").text(), owner.get("name").text());
        at = world.store.get(&next);
        owners.extend(at.map(|it| named(&it.key)));
    }
    let owned = live.map(|it| world.store.owned_by(&it.meta.uid));
    let mut owned: Vec<&Rc<Object>> = owned.into_iter().flatten().collect();
    lean::sort_by(&mut owned, |a, b| by_age(a, b));
    let past = timeline.entries().iter().take(world.entries() as usize);
    let about = past.filter(|entry| entry.object.as_ref() == Some(&key));
    ObjectPanel {
        object: object.clone(),
        now: world.now(),
        yaml: live.map_or_else(EcoString::new, |it| yaml::encode(&it.value).into()),
        owners,
        owned: owned.iter().map(|it| named(&it.key)).collect(),
        entries: about.map(|entry| entry.id).collect(),
        containers: live
            .filter(|it| it.key.kind == "Pod")
            .map_or_else(Vec::new, |pod| containers(world, pod)),
    }
}

fn nodes(world: &World) -> Vec<NodeRow> {
    let row = |node: &Rc<crate::cluster::nodes::Node>| {
        let mut pods: Vec<&Rc<Object>> = world.store.pods_on(&node.name).collect();
        lean::sort_by(&mut pods, |a, b| by_age(a, b));
        let amount = |number: i64| u64::try_from(number).unwrap_or(0);
        NodeRow {
            name: node.name.clone(),
            cpu_allocatable: amount(node.allocatable.cpu),
            cpu_requested: amount(node.requested.cpu),
            memory_allocatable: amount(node.allocatable.memory) >> 20,
            memory_requested: amount(node.requested.memory) >> 20,
            pods: pods.into_iter().map(|pod| pod.meta.uid.clone()).collect(),
        }
    };
    world.nodes.list().iter().map(row).collect()
}

/// Whether nothing is being worked off: every Deployment is what its spec says.
pub(crate) fn is_settled(world: &World) -> bool {
    world.store.list("Deployment").into_iter().all(|object| {
        let progressing = object.condition("Progressing");
        let row = deployment(world, object);
        row.difference.is_empty() && progressing.get("status").text() != "False"
    })
}

/// The whole trace as rows of the event list.
pub(crate) fn events<A: Act>(timeline: &Timeline<A>) -> Vec<EventRow> {
    let world = timeline.world();
    let mut tints: Vec<Option<Tint>> = Vec::new();
    let mut rows = Vec::new();
    for entry in timeline.entries() {
        let inherited = entry
            .cause
            .and_then(|cause| tints.get(cause as usize).cloned().flatten());
        let tint = inherited.or_else(|| root_tint(world, entry));
        tints.push(tint.clone());
        rows.push(EventRow {
            id: entry.id,
            t: entry.t,
            actor: entry.actor.clone(),
            verb: entry.verb.into(),
            object: entry.object.as_ref().map(Key::path).unwrap_or_default(),
            reason: entry.reason.clone(),
            message: entry.message.clone(),
            tone: entry.tone,
            tint,
            cause: entry.cause,
        });
    }
    rows
}

/// The commit that begins a chain of causes: that of a pull request, or of an installation.
fn root_tint(world: &World, entry: &Entry) -> Option<Tint> {
    let tints = &world.delivery.tints;
    match entry.reason.as_str() {
        // The entry after it opens the pull request that the commit is for.
        "Committed" => {
            let is = |pull: &&Pull| entry.message.contains(pull.head.short().as_str());
            tints.of(world.delivery.pulls.iter().find(is)?.head)
        }
        "HelmUpgrade" => tints.of(world.delivery.releases.first()?.commit),
        _ => None,
    }
}

/// The places worth going to.
pub(crate) fn marks(events: &[EventRow]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut awaits_ready = false;
    let mut last_failure: Option<Millis> = None;
    // Pods that their ReplicaSets gave up, and whether the rollout is over that they make room for.
    let mut leaving: Vec<&EcoString> = Vec::new();
    let mut is_complete = false;
    for event in events {
        let (kind, label) = match event.reason.as_str() {
            MERGED => (MarkKind::Merged, stage::MERGED),
            "ImagePushed" => (MarkKind::ChecksPassed, stage::MARK_IMAGE_PUSHED),
            "WorkflowSucceeded" => (MarkKind::ChecksPassed, stage::MARK_CI_GREEN),
            "HelmUpgrade" => {
                (awaits_ready, is_complete) = (true, false);
                (MarkKind::Released, stage::HELM_UPGRADE)
            }
            "OperationStarted" => {
                (awaits_ready, is_complete) = (true, false);
                (MarkKind::Released, stage::MARK_SYNC)
            }
            "Ready" if awaits_ready => {
                awaits_ready = false;
                (MarkKind::FirstReady, stage::MARK_FIRST_READY)
            }
            "NewReplicaSetAvailable" if event.tone == Tone::Story => {
                is_complete = true;
                (MarkKind::Complete, stage::MARK_COMPLETE)
            }
            "SuccessfulDelete" if event.verb == "delete" => {
                leaving.push(&event.object);
                continue;
            }
            "Removed" => {
                let before = leaving.len();
                leaving.retain(|pod| **pod != event.object);
                if !is_complete || !leaving.is_empty() || before == 0 {
                    continue;
                }
                (MarkKind::OldGone, stage::MARK_OLD_GONE)
            }
            "StepFailed" => (MarkKind::Failed, stage::MARK_STEP_FAILED),
            "ReleaseFailed" => (MarkKind::Failed, stage::MARK_RELEASE_FAILED),
            "ProgressDeadlineExceeded" => (MarkKind::Failed, stage::PROGRESS_DEADLINE_EXCEEDED),
            "OOMKilled" => (MarkKind::Failed, "OOMKilled"),
            "CrashLoopBackOff" => (MarkKind::Failed, "CrashLoopBackOff"),
            "ImagePullBackOff" => (MarkKind::Failed, "ImagePullBackOff"),
            _ => continue,
        };
        // One mark for a failure that shows on several pods at once.
        if kind == MarkKind::Failed {
            if last_failure.is_some_and(|last| event.t < last + 30_000) {
                continue;
            }
            last_failure = Some(event.t);
        }
        marks.push(Mark {
            t: event.t,
            entry: event.id,
            kind,
            label: label.into(),
        });
    }
    marks
}

/// Main's newest commit in the repository that is looked at.
pub(crate) fn main_tint(world: &World) -> Option<Tint> {
    let (_, repository) = world.delivery.repositories.iter().next()?;
    world.delivery.tints.of(repository.branch(MAIN)?)
}
