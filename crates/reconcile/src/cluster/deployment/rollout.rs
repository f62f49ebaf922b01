//! The rollout itself: how many pods each ReplicaSet gets next (`rolling.go`, `recreate.go`,
//! `sync.go`).

use super::sets::{self, Set};
use super::{DESIRED_REPLICAS, MAX_REPLICAS, Subject, status};
use crate::cluster::pod;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::api::DeleteOptions;
use std::cmp::Reverse;

/// One step of a rolling update: up within the surge, or down within what may be unavailable.
pub(super) fn rolling(subject: &mut Subject<'_>, sets: &mut Vec<Set>) {
    let Some(newest) = sets::sync_revision(subject, sets, true) else {
        return;
    };
    let acted = grow(subject, sets, newest) || shrink(subject, sets, newest);
    finish(subject, sets, Some(newest), acted);
}

/// Recreate: all old pods go, then the new ones come.
pub(super) fn recreate(subject: &mut Subject<'_>, sets: &mut Vec<Set>) {
    let newest = sets::sync_revision(subject, sets, false);
    let mut scaled = false;
    for set in old(sets, newest) {
        let name = &set.key.name;
        let why = texts::cluster::recreate_ends(name);
        scaled |= scale(subject, set, 0, why);
    }
    if scaled || old_pods_run(subject, sets, newest) {
        status::sync_rollout(subject, sets, newest);
        return;
    }
    let newest = match newest {
        Some(at) => at,
        None => match sets::sync_revision(subject, sets, true) {
            Some(at) => at,
            None => return,
        },
    };
    let want = subject.replicas();
    let why = texts::cluster::recreate_begins(&sets[newest].key.name, want);
    scale(subject, &mut sets[newest], want, why);
    finish(subject, sets, Some(newest), false);
}

/// The sets besides the newest.
fn old(sets: &mut [Set], newest: Option<usize>) -> impl Iterator<Item = &mut Set> {
    let others = sets
        .iter_mut()
        .enumerate()
        .filter(move |(at, _)| Some(*at) != newest);
    others.map(|(_, set)| set)
}

/// Whether pods of other sets than the newest still run (`recreate.go`, oldPodsRunning).
fn old_pods_run(subject: &Subject<'_>, sets: &[Set], newest: Option<usize>) -> bool {
    sets.iter()
        .enumerate()
        .filter(|(at, _)| Some(*at) != newest)
        .any(|(_, set)| {
            set.count("replicas") > 0
                || subject
                    .store
                    .owned_by(&set.uid)
                    .any(|pod| !pod::has_ended(pod))
        })
}

/// Paused, or just scaled: sizes change, templates do not (`sync.go`, sync).
pub(super) fn scale_only(subject: &mut Subject<'_>, sets: &mut Vec<Set>) {
    let newest = sets::sync_revision(subject, sets, false);
    resize(subject, sets, newest);
    if subject.is_paused() {
        clean_up(subject, sets, newest);
    }
    status::sync(subject, sets, newest);
}

fn finish(subject: &mut Subject<'_>, sets: &mut [Set], newest: Option<usize>, acted: bool) {
    if !acted && status::is_complete(subject, &subject.status) {
        clean_up(subject, sets, newest);
    }
    status::sync_rollout(subject, sets, newest);
}

/// Scales the newest set up as far as the surge allows (`rolling.go`, reconcileNewReplicaSet).
fn grow(subject: &mut Subject<'_>, sets: &mut [Set], newest: usize) -> bool {
    let (want, have) = (subject.replicas(), sets[newest].replicas());
    if have == want {
        return false;
    }
    let size = if have > want {
        want
    } else {
        size_of_newest(subject, sets, newest)
    };
    let total: i64 = sets.iter().map(Set::replicas).sum();
    let why = if have > want {
        texts::cluster::keeps_no_more(subject.name(), want, &sets[newest].key.name)
    } else {
        let pods = (want, subject.fenceposts().surge, total);
        texts::cluster::grows(pods, &sets[newest].key.name, (have, size))
    };
    scale(subject, &mut sets[newest], size, why)
}

/// How large the newest set may be now (`deployment_util.go`, NewRSNewReplicas).
pub(super) fn size_of_newest(subject: &Subject<'_>, sets: &[Set], newest: usize) -> i64 {
    let want = subject.replicas();
    if subject.spec().at(&["strategy", "type"]).text() == "Recreate" {
        return want;
    }
    let have = sets[newest].replicas();
    let total: i64 = sets.iter().map(Set::replicas).sum();
    let most = want + subject.fenceposts().surge;
    if total >= most {
        return have;
    }
    have + (most - total).min(want - have)
}

/// Scales old sets down as far as enough pods stay available (`rolling.go`,
/// reconcileOldReplicaSets).
fn shrink(subject: &mut Subject<'_>, sets: &mut [Set], newest: usize) -> bool {
    let old: Vec<usize> = (0..sets.len())
        .filter(|at| *at != newest && sets[*at].replicas() > 0)
        .collect();
    if old.is_empty() {
        return false;
    }
    let least = subject.replicas() - subject.fenceposts().unavailable;
    let total: i64 = sets.iter().map(Set::replicas).sum();
    let not_yet = sets[newest].replicas() - sets[newest].available();
    let room = total - least - not_yet;
    if room <= 0 {
        return false;
    }
    // First the pods that are no use anyway.
    let mut gone = 0;
    for at in &old {
        let set = &sets[*at];
        if gone >= room {
            break;
        }
        let useless = set.replicas() - set.available();
        // Its status still counts pods that its spec no longer asks for: nothing is sure, for now.
        if useless < 0 {
            return false;
        }
        let down = useless.min(room - gone);
        if down == 0 {
            continue;
        }
        let size = set.replicas() - down;
        let why = texts::cluster::not_available_anyway(down, &set.key.name);
        gone += down;
        scale(subject, &mut sets[*at], size, why);
    }
    // Then as many as can be spared. A set that is to have no pods may still count some: they go.
    let available: i64 = old
        .iter()
        .chain([&newest])
        .map(|at| sets[*at].available())
        .sum();
    let mut spare = available - least;
    for at in &old {
        let set = &sets[*at];
        let down = spare.min(set.replicas());
        if down <= 0 {
            continue;
        }
        let size = set.replicas() - down;
        let why =
            texts::cluster::shrinks((available, least), &set.key.name, (set.replicas(), size));
        spare -= down;
        gone += down;
        scale(subject, &mut sets[*at], size, why);
    }
    gone > 0
}

/// Gives a set its size, and writes the Deployment's size down on it. Returns whether its size
/// changed (`sync.go`, scaleReplicaSet).
fn scale(subject: &mut Subject<'_>, set: &mut Set, size: i64, why: EcoString) -> bool {
    let have = set.replicas();
    if have == size {
        return false;
    }
    resize_one(subject, set, size, why);
    true
}

fn resize_one(subject: &mut Subject<'_>, set: &mut Set, size: i64, why: EcoString) {
    let have = set.replicas();
    let news = sets::set_sizes(subject, set);
    if have == size {
        if news {
            sets::write(subject, set, Note::detail("patch", "DesiredReplicas", why));
        }
        return;
    }
    set.value.entry("spec").set("replicas", size);
    sets::write(subject, set, Note::story("scale", "ScalingReplicaSet", why));
    let way = if size > have { "up" } else { "down" };
    let message = eco_format!(
        "Scaled {way} replica set {} from {have} to {size}",
        set.key.name
    );
    let about = subject.object.clone();
    subject
        .plan
        .event(&about, Note::detail("event", "ScalingReplicaSet", message));
}

/// Spreads a changed number of replicas over the sets (`sync.go`, scale).
fn resize(subject: &mut Subject<'_>, sets: &mut [Set], newest: Option<usize>) {
    let want = subject.replicas();
    if let Some(at) = active_or_latest(sets, newest) {
        if sets[at].replicas() != want {
            let why = texts::cluster::wants_now(
                subject.name(),
                want,
                &sets[at].key.name,
                sets[at].replicas(),
            );
            resize_one(subject, &mut sets[at], want, why);
        }
        return;
    }
    if newest.is_some_and(|at| is_saturated(subject, &sets[at])) {
        for set in old(sets, newest) {
            let why = texts::cluster::newest_has_all(&set.key.name);
            scale(subject, set, 0, why);
        }
        return;
    }
    if subject.spec().at(&["strategy", "type"]).text() == "Recreate" {
        return;
    }
    proportionally(subject, sets);
}

/// The one set that scaling is about, unless several have pods (`FindActiveOrLatest`).
fn active_or_latest(sets: &[Set], newest: Option<usize>) -> Option<usize> {
    let mut active = (0..sets.len()).filter(|at| sets[*at].replicas() > 0);
    match (active.next(), active.next()) {
        (None, _) => newest.or(sets.len().checked_sub(1)),
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// Whether a set has all the pods that the Deployment wants (`IsSaturated`).
fn is_saturated(subject: &Subject<'_>, set: &Set) -> bool {
    let want = subject.replicas();
    set.replicas() == want && set.number(DESIRED_REPLICAS) == Some(want) && set.available() == want
}

/// Scaling in the middle of a rollout: each set grows or shrinks in proportion to its size, so that
/// the risk stays spread as it was.
fn proportionally(subject: &mut Subject<'_>, sets: &mut [Set]) {
    let want = subject.replicas();
    let mut active: Vec<usize> = (0..sets.len())
        .filter(|at| sets[*at].replicas() > 0)
        .collect();
    let total: i64 = active.iter().map(|at| sets[*at].replicas()).sum();
    let allowed = if want > 0 {
        want + subject.fenceposts().surge
    } else {
        0
    };
    let to_add = allowed - total;
    // The largest first; of equals, the newest when growing and the oldest when shrinking.
    active.reverse();
    if to_add <= 0 {
        active.reverse();
    }
    lean::sort_by_key(&mut active, |at| Reverse(sets[*at].replicas()));
    let mut added = 0;
    let mut sizes = Vec::new();
    for at in &active {
        let share = share(subject, &sets[*at], to_add, added);
        added += share;
        sizes.push(sets[*at].replicas() + share);
    }
    if let Some(first) = sizes.first_mut() {
        *first = (*first + to_add - added).max(0);
    }
    for (at, size) in active.into_iter().zip(sizes) {
        let why = texts::cluster::takes_its_share(subject.name(), want, &sets[at].key.name);
        resize_one(subject, &mut sets[at], size, why);
    }
}

/// A set's share of what is to be added or taken (`GetReplicaSetProportion`).
fn share(subject: &Subject<'_>, set: &Set, to_add: i64, added: i64) -> i64 {
    let left = to_add - added;
    if to_add == 0 || left == 0 {
        return 0;
    }
    let have = set.replicas();
    if subject.replicas() == 0 {
        return (-have).max(left);
    }
    let most = subject.replicas() + subject.fenceposts().surge;
    let before = set
        .number(MAX_REPLICAS)
        .filter(|most| *most != 0)
        .unwrap_or_else(|| subject.status.get("replicas").as_int().unwrap_or(0));
    if before == 0 {
        return 0;
    }
    // Rounded to the nearest, halves away from zero.
    let size = (2 * have * most + before).div_euclid(2 * before);
    let fraction = size - have;
    if to_add > 0 {
        fraction.min(left)
    } else {
        fraction.max(left)
    }
}

/// Deletes old empty sets beyond the history limit (`sync.go`, cleanupDeployment).
fn clean_up(subject: &mut Subject<'_>, sets: &[Set], newest: Option<usize>) {
    let Some(limit) = subject.spec().get("revisionHistoryLimit").as_int() else {
        return;
    };
    let mut old: Vec<&Set> = sets
        .iter()
        .enumerate()
        .filter(|(at, set)| Some(*at) != newest && !set.deleted)
        .map(|(_, set)| set)
        .collect();
    let surplus = old
        .len()
        .saturating_sub(usize::try_from(limit).unwrap_or(0));
    lean::sort_by_key(&mut old, |set| (set.revision(), set.created));
    for set in old.into_iter().take(surplus) {
        let generation = set
            .value
            .at(&["metadata", "generation"])
            .as_int()
            .unwrap_or(0);
        let unseen = generation > set.count("observedGeneration");
        if set.count("replicas") != 0 || set.replicas() != 0 || unseen {
            continue;
        }
        let why = texts::cluster::history_is_full(subject.name(), limit, &set.key.name);
        let note = Note::detail("delete", "RevisionHistoryLimit", why);
        subject
            .plan
            .delete(&set.key, DeleteOptions::default(), note);
    }
}
