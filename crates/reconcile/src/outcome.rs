//! What came of the last thing that somebody did: the sentence of a story's last moment, in pods and in
//! traffic.

use crate::cluster::network::rows;
use crate::delivery::registry::Reference;
use crate::engine::World;
use crate::texts::stage as texts;
use crate::trace::Entry;
use crate::view::{self, DeploymentRow, PodForm, PodRow, Progress, Second, Sentence, Tone};
use ecow::EcoString;
use kube::Millis;

/// How far back requests count as those of now, in seconds.
const RECENT: usize = 5;

/// The sentence of the last moment there is something to see. `past` is all that happened, `deployments`
/// and `seconds` are of that moment. None if the last that happened was said rather than done (a pull request is open), or
/// tells why nothing happened: that is told then.
pub(crate) fn of(
    world: &World,
    past: &[Entry],
    deployments: &[DeploymentRow],
    seconds: &[Second],
) -> Option<Sentence> {
    let last = past.iter().rfind(|entry| entry.tone != Tone::Detail)?;
    let is_only_said = last.actor == view::YOU && !is_deed(last);
    if is_only_said || last.tone == Tone::Nothing {
        return None;
    }
    let deed = past.iter().rfind(|entry| is_deed(entry));
    let since = deed.map(|entry| entry.t);
    let after = past.partition_point(|entry| Some(entry.t) < since);
    let completed = past[after..]
        .iter()
        .rfind(|entry| entry.reason == "NewReplicaSetAvailable" && entry.tone == Tone::Story);
    let gone = past[after..].iter().filter(|entry| is_pod_given_up(entry));
    let (pods, is_bad) = pods(deployments, since, gone.count());
    let entry = completed.filter(|_| !is_bad).unwrap_or(last);
    let mut text = texts::outcome(&pods, &traffic(world, seconds, since));
    if has_failed(world, since) {
        text = texts::after_failed_workflow(&text);
    }
    Some(Sentence::new(entry.id, entry.t, &text))
}

fn is_deed(entry: &Entry) -> bool {
    let has_object = entry.object.is_some();
    view::is_deed(&entry.actor, &entry.reason, has_object, entry.tone)
}

/// Whether that is a ReplicaSet that gives a pod up.
fn is_pod_given_up(entry: &Entry) -> bool {
    entry.verb == "delete" && entry.reason == "SuccessfulDelete"
}

/// Whether the workflow failed that the merge started.
fn has_failed(world: &World, since: Option<Millis>) -> bool {
    let run = world.delivery.runs.last();
    run.is_some_and(|it| {
        since.is_some_and(|t| t <= it.run.started()) && it.run.progress() == Progress::Failed
    })
}

/// What became of the pods, of which some were given up, and whether that is not what one hopes for.
fn pods(deployments: &[DeploymentRow], since: Option<Millis>, gone: usize) -> (EcoString, bool) {
    let is_new = |pod: &&PodRow| since.is_some_and(|t| t <= pod.created);
    let is_moved =
        |row: &&DeploymentRow| !row.difference.is_empty() || of_row(row).any(|pod| is_new(&pod));
    if deployments.is_empty() {
        return (texts::NO_DEPLOYMENT_LEFT.into(), true);
    }
    let moved: Vec<&DeploymentRow> = deployments.iter().filter(is_moved).collect();
    let rows = match moved.is_empty() {
        true => deployments.iter().collect(),
        false => moved,
    };
    let wanted: u32 = rows.iter().map(|row| row.desired).sum();
    let ready: u32 = rows.iter().map(|row| row.ready.min(row.desired)).sum();
    let all = || rows.iter().flat_map(|row| of_row(row));
    if wanted == 0 {
        return (texts::NO_POD_WANTED.into(), true);
    }
    let failing: Vec<&PodRow> = all().filter(|it| it.form == PodForm::Failed).collect();
    let unsettled = rows.iter().find(|row| !row.difference.is_empty());
    if unsettled.is_some() || !failing.is_empty() {
        let left = unsettled.map_or("", |row| &row.difference);
        let why = failing.first().map(|pod| (failing.len(), &*pod.status));
        return (texts::unsettled(left, (ready, wanted), why), true);
    }
    let new = all().filter(is_new).count();
    let text = match (since, new, rows.as_slice()) {
        (None, ..) => texts::all_ready(wanted),
        (_, 0, _) if 0 < gone => texts::some_gone(gone, wanted),
        (_, 0, _) => texts::same_pods(wanted),
        (_, new, [row]) if new == wanted as usize => texts::all_new(wanted, &tag(row)),
        (_, new, _) if new == wanted as usize => texts::all_new(wanted, ""),
        (_, new, _) => texts::some_new(new, wanted),
    };
    (text, false)
}

/// A Deployment's pods, but for those that are about to go.
fn of_row(row: &DeploymentRow) -> impl Iterator<Item = &PodRow> {
    let pods = row.sets.iter().flat_map(|set| &set.pods);
    pods.filter(|pod| pod.form != PodForm::Terminating)
}

/// The tag of the image of a Deployment's template; empty if it has none.
fn tag(row: &DeploymentRow) -> EcoString {
    let newest = row.sets.iter().find(|set| set.newest);
    let image = newest.and_then(|set| Reference::parse(&set.image));
    image.and_then(|image| image.tag).unwrap_or_default()
}

/// What became of the requests; empty if nobody calls.
fn traffic(world: &World, seconds: &[Second], since: Option<Millis>) -> EcoString {
    let until = seconds.partition_point(|second| second.t <= world.now());
    let past = &seconds[..until];
    let recent = &past[until.saturating_sub(RECENT)..];
    let first = past.partition_point(|second| Some(second.t) <= since);
    let failed = |seconds: &[Second]| -> u32 { seconds.iter().map(|it| it.failed).sum() };
    let answered = recent.iter().flat_map(|it| &it.answered);
    let answered: u32 = answered.map(|(_, n)| n).sum();
    let per_second = rows::load(world);
    match (per_second, answered, failed(recent), failed(&past[first..])) {
        (0, ..) => EcoString::new(),
        (_, 0, 1.., _) => texts::none_answered(per_second),
        (_, _, now @ 1.., _) => texts::some_fail(now, now + answered, recent.len()),
        (_, _, 0, 0) => match since {
            None => texts::every_answered(per_second),
            Some(_) => texts::NO_REQUEST_FAILED.into(),
        },
        (_, _, 0, n) => texts::failed_on_the_way(n),
    }
}
