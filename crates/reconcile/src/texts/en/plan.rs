//! The plan of a pull request: what it does to the objects of the cluster and to running pods.

use ecow::{EcoString, eco_format};
use kube::Key;

use super::counted;

/// `1 pod`, `3 pods`.
fn pods(count: u32) -> EcoString {
    counted(count, "pod", "pods")
}

// Nothing reaches the cluster

pub(crate) const NOT_DEPLOYED: &str = "Nothing reaches the cluster: no workflow that the merge starts \
     calls `helm upgrade`, and neither Argo CD nor Flux reads this repository.";
pub(crate) const NO_FILE_DIFFERS: &str = "Nothing happens: no file differs.";
pub(crate) const ONLY_COMMENTS: &str = "Nothing happens: only comments or formatting differ. Helm records \
     a new revision with the same manifests, and Kubernetes sees no change.";
pub(crate) const VALUES_OF_NO_USE: &str = "Nothing happens: the values differ, but the chart renders the \
     same manifests from them. No template uses what was changed, or it is overridden when the release is \
     upgraded.";
pub(crate) const SAME_AS_STORED: &str = "Nothing changes: the manifest says otherwise what the API server \
     has stored already, such as a default.";
pub(crate) const FILES_OF_NO_USE: &str = "Nothing happens: the manifests and the image stay the same. The \
     changed files have no part in either.";

/// The workflow will fail; what its step says may be empty.
pub(crate) fn step_will_fail(step: &str, job: &str, error: &str) -> EcoString {
    let error = match error {
        "" => EcoString::new(),
        error => eco_format!(" ({error})"),
    };
    eco_format!(
        "Nothing reaches the cluster: step \"{step}\" of job {job} will fail{error}, and what comes \
         after it is skipped."
    )
}

/// One file changed, and it has no part in anything.
pub(crate) fn file_of_no_use(path: &str) -> EcoString {
    eco_format!(
        "Nothing happens: the manifests and the image stay the same. {path} has no part in either."
    )
}

/// Flux's helm-controller upgrades for a new version of the chart or other values only.
pub(crate) fn chart_version(release: &Key) -> EcoString {
    eco_format!(
        "Nothing happens: {release} upgrades when the version in Chart.yaml or its values are \
         others, and they are the same (reconcileStrategy: ChartVersion)."
    )
}

/// An Application, a Kustomization or a HelmRelease is the same before and after.
pub(crate) fn kept_the_same(keeper: &str, kind: &str, name: &str) -> EcoString {
    eco_format!(
        "Nothing happens: what {keeper} keeps for {kind} {name} is the same before and after."
    )
}

/// An Application that somebody has to sync.
pub(crate) fn waits_for_a_sync(application: &str) -> EcoString {
    eco_format!(
        "All of this waits for a sync: Application {application} only becomes OutOfSync, for it does not \
         sync by itself."
    )
}

// Objects that come and go

pub(crate) const CREATED: &str = "Will be created.";
pub(crate) const CREATED_PAUSED: &str =
    "Will be created, paused: it has no pods until it is resumed.";
pub(crate) const KEPT_BY_POLICY: &str =
    "Leaves the release, and stays: its resource policy is keep.";

/// An autoscaler that scales as soon as it is there; `why` is [`goes_from`].
pub(crate) fn created_and_scales(why: &str) -> EcoString {
    eco_format!("Will be created. It scales at once: {why}")
}

/// A new workload.
pub(crate) fn created_with(pods: u32) -> EcoString {
    eco_format!("Will be created, with {}.", self::pods(pods))
}

/// An object that goes, why, and what still needs it.
pub(crate) fn deleted(pods: u32, why: &str, needed_by: &[EcoString]) -> EcoString {
    let gone = match pods {
        0 => eco_format!("Will be deleted: {why}."),
        _ => eco_format!("Will be deleted with its {}: {why}.", self::pods(pods)),
    };
    if needed_by.is_empty() {
        return gone;
    }
    eco_format!(
        "{gone} But {} still needs it: pods that start from then on cannot be made \
         (CreateContainerConfigError), or wait for their volume.",
        needed_by.join(", ")
    )
}

/// An object that the API server refuses, what that comes to, and its message.
pub(crate) fn refused(is_there: bool, fails: &str, message: &str) -> EcoString {
    let verb = match is_there {
        false => "cannot be created",
        true => "stays as it is",
    };
    eco_format!("The API server refuses it, so it {verb} and {fails}: {message}")
}

// What tools do about refusals, and what they call things

pub(crate) const UPGRADE_FAILS: &str = "the upgrade fails";
pub(crate) const SYNC_FAILS: &str = "the sync fails (one or more objects failed to apply)";
pub(crate) const NOTHING_IS_APPLIED: &str =
    "nothing is applied (ReconciliationFailed: dry-run failed)";
pub(crate) const NOT_RENDERED: &str = "the chart no longer renders it";
pub(crate) const NOT_IN_GIT: &str = "git no longer has it";
pub(crate) const HELM_DELETES_NOTHING: &str =
    "Leaves the release, and stays: Helm deletes nothing after a failure.";
pub(crate) const FAILS_BEFORE_PRUNING: &str =
    "Git no longer has it, and it stays: the sync fails before it is pruned.";
pub(crate) const NOTHING_IS_PRUNED: &str =
    "Git no longer has it, and it stays: nothing is pruned after a failure.";
pub(crate) const AN_UPGRADE: &str = "an upgrade";
pub(crate) const A_SYNC: &str = "a sync";
pub(crate) const A_RECONCILIATION: &str = "a reconciliation";

/// Git no longer has an object, and its keeper does not prune.
pub(crate) fn not_pruned(keeper: &str) -> EcoString {
    eco_format!("Git no longer has it, and it stays: {keeper} does not prune.")
}

/// `helm upgrade` ends at an object.
pub(crate) fn helm_stops(refused: &Key) -> EcoString {
    eco_format!("Not reached: Helm stops when it cannot create {refused}.")
}

/// A sync does not begin.
pub(crate) fn nothing_is_synced(refused: &Key) -> EcoString {
    eco_format!("Not reached: nothing is synced while {refused} is not valid.")
}

/// Flux's kustomize-controller does all or nothing.
pub(crate) fn all_or_nothing(refused: &Key) -> EcoString {
    eco_format!("Not applied: Flux applies all or nothing, and the API server refuses {refused}.")
}

// Hooks

pub(crate) const NO_HOOK_ANY_MORE: &str =
    "Is no hook any more: it is not run again, and what the last run left stays.";

/// A hook of events that the tool does not have now; `act` is what it does.
pub(crate) fn hook_not_run(events: &str, act: &str) -> EcoString {
    eco_format!("A hook of {events}: {act} does not run it.")
}

/// A hook that the API server refuses, what that comes to, and its message.
pub(crate) fn hook_refused(event: &str, fails: &str, message: &str) -> EcoString {
    eco_format!("The API server refuses this {event} hook, so {fails}: {message}")
}

/// A hook that runs again.
pub(crate) fn hook_made_anew(event: &str) -> EcoString {
    eco_format!(
        "A {event} hook: the object of the last run is deleted, and a new one made and awaited."
    )
}

/// A hook that runs for the first time.
pub(crate) fn hook_made(event: &str) -> EcoString {
    eco_format!("A {event} hook: it is made and awaited.")
}

// Changes in place

pub(crate) const NO_POD_RESTARTS: &str = "Changes in place: no pod restarts because of it.";
pub(crate) const NEXT_RUN: &str =
    "Changes in place: the next run is made from it, and no running pod restarts.";
pub(crate) const IMAGE_OF_A_POD: &str =
    "Changes in place: the kubelet restarts the container whose image changes, and the pod stays.";
pub(crate) const NO_POD_TO_REPLACE: &str =
    "Changes in place: there is no pod to replace. The next ones are made from the new template.";
pub(crate) const OUTSIDE_THE_TEMPLATE: &str =
    "Changes in place: nothing inside `.spec.template` differs, so no pod is replaced.";
pub(crate) const NEW_RULES_OF_SCALING: &str =
    "Changes in place: no pod restarts, and the autoscaler goes by the new rules from now on.";
pub(crate) const NEW_RULES_OF_REQUESTS: &str =
    "Changes in place: no pod restarts, and requests follow the new rules.";
pub(crate) const OTHER_PODS: &str =
    "Changes in place: no pod restarts, and requests go to other pods from now on.";
pub(crate) const SELECTS_NO_POD: &str = "Changes in place, and then selects no pod of any workload here: \
     it has no endpoints, and requests to it fail.";

// Templates

pub(crate) const PAUSED: &str =
    "Nothing rolls yet: it is paused. New pods follow once it is resumed.";
pub(crate) const NO_LONGER_PAUSED: &str = "it is no longer paused";
pub(crate) const THE_IMAGE: &str = "the image";
pub(crate) const THE_ENVIRONMENT: &str = "the environment";

/// `updateStrategy: OnDelete`.
pub(crate) fn on_delete(pods: u32) -> EcoString {
    eco_format!(
        "Its {} run on as they are until somebody deletes them: `updateStrategy` is OnDelete.",
        self::pods(pods)
    )
}

/// A kind that never replaces its pods.
pub(crate) fn only_new_pods(pods: u32, kind: &str) -> EcoString {
    eco_format!(
        "Its {} run on as they are: a {kind} makes only new pods from its template.",
        self::pods(pods)
    )
}

/// A StatefulSet whose `partition` is above all pods.
pub(crate) fn partition_keeps(partition: u32) -> EcoString {
    eco_format!("Nothing rolls: `partition` {partition} keeps every pod on its old template.")
}

/// A variable of a container.
pub(crate) fn variable(name: &str) -> EcoString {
    eco_format!("env {name}")
}

/// `the image changes`, `env ORDER_TIMEOUT and the image change`; of nothing it is empty.
pub(crate) fn change(things: &[EcoString]) -> EcoString {
    match things.split_last() {
        None => EcoString::new(),
        Some((only, [])) => eco_format!("{only} changes"),
        Some((last, rest)) => eco_format!("{} and {last} change", rest.join(", ")),
    }
}

/// Where in an object it is that something changes.
pub(crate) fn in_the_template(changes: &str) -> EcoString {
    eco_format!("{changes} in `.spec.template`")
}

/// A rollout of `count` pods of `to`, from another number perhaps. A DaemonSet counts none.
pub(crate) fn replaces(
    count: u32,
    (from, to): (u32, u32),
    is_recreated: bool,
    why: &str,
) -> EcoString {
    let what = match count {
        0 => "Replaces its pod on every node".into(),
        1 if is_recreated => "Stops the old pod first, then starts a new one".into(),
        _ if is_recreated => eco_format!("Stops all old pods first, then starts {count} new ones"),
        1 if to == 1 => "Replaces its pod".into(),
        _ if count < to => eco_format!("Replaces {count} of {}", pods(to)),
        _ => eco_format!("Replaces all {}", pods(count)),
    };
    let scales = match from == to {
        true => EcoString::new(),
        false => eco_format!(", and scales from {from} to {to}"),
    };
    eco_format!("{what}, because {why}{scales}.")
}

// Scaling

/// `replicas` changes.
pub(crate) fn scales(from: u32, to: u32) -> EcoString {
    let verb = if to > from { "adds" } else { "removes" };
    eco_format!(
        "Scales from {from} to {to}: {verb} {}. That alone replaces no pod, for it is no part of \
         `.spec.template`.",
        pods(from.abs_diff(to))
    )
}

/// Stands behind [`scales`] when an autoscaler does it, too.
pub(crate) fn set_again(scaler: &str) -> EcoString {
    eco_format!(
        " HorizontalPodAutoscaler {scaler} then sets the number again: leave `replicas` out of what it \
         scales."
    )
}

/// How an autoscaler's bounds move what it scales.
pub(crate) fn goes_from(
    target: &Key,
    (now, wanted): (u32, u32),
    (least, most): (u32, u32),
) -> EcoString {
    eco_format!("{target} goes from {now} to {wanted}, for it may have {least} to {most}.")
}

/// An autoscaler that has other bounds; `why` is [`goes_from`].
pub(crate) fn scales_by_bounds(why: &str) -> EcoString {
    eco_format!("Scales: {why}")
}

// ConfigMaps and Secrets

pub(crate) const FILES_FOLLOW: &str = "Changes in place: the mounted files follow within about a minute, \
     and no pod restarts. Whether the program reads them again is its own affair.";
pub(crate) const READERS_START_ANEW: &str =
    "Changes in place: the pods that read it start anew with this change anyway.";
pub(crate) const NO_POD_READS_IT: &str = "Changes in place: no pod reads it.";

/// Pods that keep what they read, which of some kinds nobody counts (0), and whether as a file that
/// never follows.
pub(crate) fn keep_the_old_values(pods: u32, readers: &str, is_file: bool) -> EcoString {
    let how = match is_file {
        true => "have it as a file that is mounted alone (`subPath`) and never follows",
        false => "read it into their environment when they started",
    };
    let pods = match pods {
        0 => "pods".into(),
        _ => self::pods(pods),
    };
    eco_format!(
        "Changes, but the {pods} of {readers} {how}: they keep the old values until they are restarted."
    )
}
