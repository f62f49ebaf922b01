//! The story of a delivery: pull requests, workflow runs, Helm, Argo CD and Flux. What GitHub shows at a
//! pull request, a run's log and the tools' messages are theirs, and stand where they are said.

use ecow::{EcoString, eco_format};
use kube::Key;

// Pull requests

pub(crate) const NO_PULL_REQUEST: &str = "no pull request is open";
pub(crate) const NONE_WAS_MERGED: &str = "no pull request was merged";
pub(crate) const ANOTHER_IS_OPEN: &str = "another pull request is open";
pub(crate) const REPOSITORY_IS_GONE: &str = "the repository is gone";
pub(crate) const NO_MAIN_BRANCH: &str = "there is no main branch";

/// A repository without what everything begins from.
pub(crate) fn no_branch(repository: &str, branch: &str) -> EcoString {
    eco_format!("{repository} has no branch {branch}")
}

/// A commit for a pull request.
pub(crate) fn you_commit(sha: &str, branch: &str, title: &str) -> EcoString {
    eco_format!("You commit {sha} to branch {branch}: {title}.")
}

/// A new pull request.
pub(crate) fn is_open(number: u32, repository: &str) -> EcoString {
    eco_format!(
        "Pull request #{number} of {repository} is open. Nothing in the cluster changes until it is \
         merged."
    )
}

/// A pull request has a review.
pub(crate) fn is_approved(number: u32) -> EcoString {
    eco_format!("Pull request #{number} is approved.")
}

/// A pull request that comes to nothing.
pub(crate) fn is_closed(number: u32) -> EcoString {
    eco_format!("Pull request #{number} is closed without a merge: nothing changes.")
}

/// A merge.
pub(crate) fn you_merge(number: u32, commit: &str, branch: &str) -> EcoString {
    eco_format!("You merge pull request #{number}: commit {commit} is on {branch} now.")
}

/// CI writes to a repository.
pub(crate) fn ci_pushes(commit: &str, branch: &str, repository: &str, subject: &str) -> EcoString {
    eco_format!("CI pushes commit {commit} to {branch} of {repository}: {subject}.")
}

// What people do to runs and Applications

pub(crate) const YOU_CANCEL: &str = "You cancel the workflow run.";

/// Somebody answers a run that waits.
pub(crate) fn you_review(is_approved: bool, environment: &str) -> EcoString {
    let what = if is_approved { "approve" } else { "reject" };
    eco_format!("You {what} the deployment to {environment}.")
}

/// Nothing waits for that answer.
pub(crate) fn nothing_to_review(environment: &str) -> EcoString {
    eco_format!("no deployment to {environment} waits for a review")
}

/// A run, or what failed of it, is done again.
pub(crate) fn you_run_again(is_failed_only: bool) -> EcoString {
    let what = match is_failed_only {
        true => "the failed jobs",
        false => "all jobs",
    };
    eco_format!("You run {what} of the workflow again.")
}

/// Somebody does not wait for the next look at git.
pub(crate) fn you_ask_for_a_look(key: &Key) -> EcoString {
    eco_format!("You ask for a fresh look at git for {key}.")
}

/// Somebody syncs an Application.
pub(crate) fn you_sync(application: &str) -> EcoString {
    eco_format!("You ask Argo CD to sync {application}.")
}

/// An object that a request names.
pub(crate) fn there_is_no(key: &Key) -> EcoString {
    eco_format!("there is no {key}")
}

/// A run that a request names.
pub(crate) fn no_run(number: u32) -> EcoString {
    eco_format!("there is no run {number}")
}

/// A repository that a request names.
pub(crate) fn no_repository(name: &str) -> EcoString {
    eco_format!("there is no repository {name}")
}

/// A workflow that a request names.
pub(crate) fn no_workflow(repository: &str, workflow: &str) -> EcoString {
    eco_format!("{repository} has no workflow \"{workflow}\"")
}

// Workflow runs

pub(crate) const WORKFLOW_FAILED: &str = "The workflow failed.";
pub(crate) const FAILED_BEFORE_DEPLOYING: &str =
    "The workflow failed before it deployed anything: the cluster is as it was.";
pub(crate) const WORKFLOW_CANCELLED: &str = "The workflow was cancelled.";
pub(crate) const WORKFLOW_SUCCEEDED: &str = "The workflow succeeded: all its jobs are green.";

/// A push that starts nothing.
pub(crate) fn no_workflow_runs(repository: &str, branch: &str) -> EcoString {
    eco_format!(
        "No workflow of {repository} runs on a push to {branch}: the commit is in git, and nothing more \
         happens."
    )
}

/// A workflow that waits for a clock.
pub(crate) fn schedule_not_simulated(path: &str) -> EcoString {
    eco_format!("The schedule of {path} is not simulated: no clock starts the workflow.")
}

/// A push starts a workflow.
pub(crate) fn push_starts(branch: &str, workflow: &str, commit: &str) -> EcoString {
    eco_format!("The push to {branch} starts the workflow \"{workflow}\" for commit {commit}.")
}

/// A pull request starts a workflow.
pub(crate) fn pull_request_starts(number: u32, workflow: &str, commit: &str) -> EcoString {
    eco_format!("Pull request #{number} starts the workflow \"{workflow}\" for commit {commit}.")
}

/// Somebody starts a workflow by hand.
pub(crate) fn you_start(workflow: &str, commit: &str) -> EcoString {
    eco_format!("You start the workflow \"{workflow}\" for commit {commit}.")
}

/// A job has a runner.
pub(crate) fn job_starts(job: &str) -> EcoString {
    eco_format!("Job {job} starts on a runner.")
}

/// A step fails, and what it says.
pub(crate) fn step_fails(step: &str, job: &str, error: &str) -> EcoString {
    eco_format!("Step \"{step}\" of job {job} fails: {error}")
}

/// A tag means another image.
pub(crate) fn tag_moves(reference: &str, before: &str, digest: &str) -> EcoString {
    eco_format!("The tag {reference} moves from {before} to {digest}.")
}

/// A tag means an image.
pub(crate) fn image_pushed(reference: &str, digest: &str) -> EcoString {
    eco_format!("The image is in the registry: {reference} means {digest} now.")
}

/// A job waits for somebody.
pub(crate) fn needs_approval(job: &str, environment: &str) -> EcoString {
    eco_format!("Job {job} waits: {environment} needs approval to start deploying changes.")
}

/// A job has done its work.
pub(crate) fn job_succeeded(job: &str) -> EcoString {
    eco_format!("Job {job} succeeded.")
}

/// A job has nothing to do.
pub(crate) fn job_skipped(job: &str) -> EcoString {
    eco_format!(
        "Job {job} is skipped: a job that it needs did not succeed, or its `if:` does not hold."
    )
}

/// A job ends badly: its conclusion, and why, if there is more to say.
pub(crate) fn job_ended(job: &str, conclusion: &str, why: &str) -> EcoString {
    match why {
        "" => eco_format!("Job {job}: {conclusion}."),
        _ => eco_format!("Job {job}: {conclusion}: {why}."),
    }
}

// Helm

pub(crate) const HELM_LOOKS: &str = "Helm looks, and changes nothing.";

/// A rollback is asked for.
pub(crate) fn helm_is_to_bring_back(before: u32, release: &str, revision: u32) -> EcoString {
    eco_format!("Helm is to bring back revision {before} of {release} as revision {revision}.")
}

/// A rollback begins.
pub(crate) fn helm_brings_back(before: u32, release: &str, revision: u32) -> EcoString {
    eco_format!("Helm brings back revision {before} of {release} as revision {revision}.")
}

/// An upgrade or an installation begins.
pub(crate) fn helm_renders(revision: u32, release: &str, is_first: bool) -> EcoString {
    let compared = match is_first {
        false => "the last revision",
        true => "nothing: this is the first",
    };
    eco_format!(
        "Helm renders the chart for revision {revision} of {release} and compares it with {compared}."
    )
}

/// Helm's process is ended.
pub(crate) fn helm_is_killed(revision: u32, release: &str) -> EcoString {
    eco_format!(
        "Helm is killed in the middle of revision {revision} of {release}: its record says that the \
         operation is still in progress, and Helm refuses the next one until it is rolled back."
    )
}

/// A revision that differs from nothing.
pub(crate) fn nothing_to_change(revision: u32) -> EcoString {
    eco_format!(
        "What revision {revision} renders equals what is there: Helm has nothing to change, and no pod \
         restarts."
    )
}

/// A revision is there, and what Helm says.
pub(crate) fn is_deployed(revision: u32, release: &str, said: &str) -> EcoString {
    eco_format!("Revision {revision} of {release} is deployed: {said}.")
}

/// What Helm says, and what it means for a revision.
pub(crate) fn is_marked_failed(said: &str, revision: u32, release: &str) -> EcoString {
    eco_format!(
        "{said}. Revision {revision} of {release} is marked failed. What it changed stays changed unless \
         it is rolled back."
    )
}

/// An object is new in the chart.
pub(crate) fn helm_creates(key: &Key) -> EcoString {
    eco_format!("{key} is in the chart and not in the cluster: Helm creates it.")
}

/// An object differs, and where.
pub(crate) fn helm_patches(key: &Key, paths: &str) -> EcoString {
    eco_format!("Helm patches {key}: {paths}.")
}

/// `helm upgrade --force-replace`.
pub(crate) fn helm_replaces(key: &Key) -> EcoString {
    eco_format!("--force-replace: Helm puts {key} in the place of the live one.")
}

/// An object is not in the chart any more.
pub(crate) fn helm_deletes(key: &Key) -> EcoString {
    eco_format!("Helm deletes {key}.")
}

/// Helm writes the Secret of a revision; its status is Helm's word.
pub(crate) fn helm_keeps(revision: u32, release: &str, status: &str) -> EcoString {
    eco_format!("Helm keeps revision {revision} of {release} as {status}.")
}

/// Helm deletes the Secret of a revision.
pub(crate) fn helm_forgets(revision: u32, release: &str) -> EcoString {
    eco_format!("Helm forgets revision {revision} of {release}.")
}

/// How many are not named.
pub(crate) fn more(count: usize) -> EcoString {
    eco_format!("{count} more")
}

/// `kubectl` in a workflow writes.
pub(crate) fn kubectl_changes(key: &Key) -> EcoString {
    eco_format!("kubectl changes {key}.")
}

/// `kubectl exec` in a workflow.
pub(crate) fn kubectl_runs_a_command(key: &Key) -> EcoString {
    eco_format!("kubectl runs a command in {key}.")
}

// Argo CD and Flux

pub(crate) const HOOK_IS_DONE: &str = "The hook has done its work";
pub(crate) const HOOK_IS_MADE_ANEW: &str = "The hook is made anew";
pub(crate) const NO_LONGER_IN_GIT: &str = "It is no longer in git";
pub(crate) const KUSTOMIZE_NOT_SIMULATED: &str =
    "`kustomize build` failed: the lab renders charts and plain manifests only";

/// A generator of an ApplicationSet.
pub(crate) fn generator_not_simulated(kind: &str) -> EcoString {
    eco_format!("the generator \"{kind}\" is not simulated: the lab has list, git and matrix")
}

/// A limit of the lab.
pub(crate) fn sets_max(most: usize) -> EcoString {
    eco_format!("more than {most} sets of parameters")
}

/// A commit that a tool will see later, or when somebody asks.
pub(crate) fn not_seen_yet(key: &Key, repository: &str, is_asked_only: bool) -> EcoString {
    let often = match is_asked_only {
        true => "only when it is asked to",
        false => "every few minutes",
    };
    eco_format!("{key} reads {repository} {often}: until then the cluster stays as it is.")
}

/// A repository tells a tool of a push.
pub(crate) fn webhook_asks(repository: &str, key: &Key) -> EcoString {
    eco_format!("The webhook of {repository} asks for a fresh look at {key}.")
}

/// Argo CD looks when it is asked to.
pub(crate) fn has_looked(key: &Key) -> EcoString {
    eco_format!("Argo CD has looked at {key} anew.")
}

/// Argo CD writes a status.
pub(crate) fn argo_cd_notes(name: &str) -> EcoString {
    eco_format!("Argo CD notes how {name} is.")
}

/// Flux writes a status.
pub(crate) fn flux_notes(key: &Key) -> EcoString {
    eco_format!("Flux notes how {key} is.")
}

/// An ApplicationSet gives an Application up.
pub(crate) fn no_parameters(application: &str) -> EcoString {
    eco_format!("No set of parameters gives Application {application} any more.")
}

/// An ApplicationSet makes an Application.
pub(crate) fn makes_application(set: &Key, application: &str) -> EcoString {
    eco_format!("{set} makes Application {application}.")
}

/// An ApplicationSet changes an Application.
pub(crate) fn brings_to_template(set: &Key, application: &str) -> EcoString {
    eco_format!("{set} brings Application {application} to its template.")
}

/// An object of an Application that goes.
pub(crate) fn belongs_to_deleted(key: &Key, application: &Key) -> EcoString {
    eco_format!("{key} belongs to {application}, which is deleted.")
}

/// An Application without pruning.
pub(crate) fn prune_disabled(application: &Key) -> EcoString {
    eco_format!(
        "What differs is in the cluster and not in git, and pruning is off: {application} stays \
         OutOfSync."
    )
}

/// An Application without self-healing.
pub(crate) fn self_heal_disabled(application: &Key) -> EcoString {
    eco_format!(
        "{application} differs from git, and was synced to this commit already: without selfHeal it \
         stays as it is."
    )
}

/// Argo CD has compared a commit: how many of an Application's objects differ.
pub(crate) fn commit_seen(commit: &str, differing: usize, all: usize, key: &Key) -> EcoString {
    match differing {
        0 => {
            eco_format!("Argo CD sees commit {commit}: all {all} objects of {key} are as it says.")
        }
        some => eco_format!(
            "Argo CD sees commit {commit}: {some} of {all} objects of {key} differ from it."
        ),
    }
}

/// Why something goes, and that it does.
pub(crate) fn argo_cd_deletes(why: &str, key: &Key) -> EcoString {
    eco_format!("{why}: Argo CD deletes {key}.")
}

/// The namespace of `CreateNamespace=true`.
pub(crate) fn creates_namespace(key: &Key) -> EcoString {
    eco_format!("CreateNamespace=true: Argo CD creates {key}.")
}

/// An object is new in git.
pub(crate) fn argo_cd_creates(key: &Key) -> EcoString {
    eco_format!("{key} is in git and not in the cluster: Argo CD creates it.")
}

/// `Replace=true`.
pub(crate) fn argo_cd_replaces(key: &Key) -> EcoString {
    eco_format!("Replace=true: Argo CD puts git's {key} in the place of the live one.")
}

/// Nothing of an object differs but the note of what was applied.
pub(crate) fn notes_what_git_says(key: &Key) -> EcoString {
    eco_format!("Argo CD notes in {key} what git says.")
}

/// An object differs, and where.
pub(crate) fn argo_cd_patches(key: &Key, paths: &str) -> EcoString {
    eco_format!("Argo CD patches {key}: {paths}.")
}

/// Flux takes back a change of what it keeps.
pub(crate) fn puts_back(key: &Key) -> EcoString {
    eco_format!("Flux puts {key} back as the release has it.")
}

/// Flux makes or changes an object: `created` or `configured`.
pub(crate) fn flux_applies(key: &Key, word: &str) -> EcoString {
    eco_format!("Flux applies {key}: {word}.")
}

/// Flux prunes.
pub(crate) fn flux_deletes(key: &Key) -> EcoString {
    eco_format!("{key} is no longer in git: Flux deletes it.")
}
