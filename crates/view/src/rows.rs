//! What a page shows of one moment: plain rows, in the viewer's words.

use crate::MergeMethod;
use ecow::EcoString;
use serde::{Deserialize, Serialize};

/// Virtual time: whole milliseconds since the lab began.
pub type Millis = u64;

/// A commit's colour. The same commit keeps it on its way: dot, CI run, tag, release, ReplicaSet,
/// pods, share of the traffic. A page maps `index` to a colour-blind-safe set and always shows `sha`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tint {
    /// Which colour: 0 for the lab's first commit, counting up in commit order.
    pub index: usize,
    /// The commit's first seven hex digits.
    pub sha: EcoString,
}

/// Everything there is to see at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// The moment.
    pub now: Millis,
    /// The id of the newest trace entry at this moment (they count from 0); none before the first.
    pub newest: Option<u32>,
    /// What is happening now, in one sentence; its entry explains why.
    pub sentence: Option<Sentence>,
    /// The way of a change, in order. At most one is [`Progress::Active`].
    pub stations: Vec<Station>,
    /// The pull request that is open or was merged last.
    pub pull_request: Option<PullRequestRow>,
    /// The workflow run of the newest push.
    pub run: Option<RunRow>,
    /// Tags in the registry, newest last.
    pub images: Vec<ImageRow>,
    /// Revisions of the Helm release, newest last.
    pub releases: Vec<ReleaseRow>,
    /// Deployments with their ReplicaSets and pods.
    pub deployments: Vec<DeploymentRow>,
    /// The cluster's nodes.
    pub nodes: Vec<NodeRow>,
    /// Services with their endpoints and the load on them.
    pub services: Vec<ServiceRow>,
    /// Who calls them from outside of the pods.
    pub callers: Vec<CallerRow>,
    /// What GitOps tools keep as git says: Argo CD's Applications, Flux's HelmReleases and
    /// Kustomizations.
    pub applications: Vec<ApplicationRow>,
}

/// What a GitOps tool keeps as git says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApplicationRow {
    /// `Application`, `HelmRelease` or `Kustomization`.
    pub kind: EcoString,
    /// Its namespace.
    pub namespace: EcoString,
    /// Its name.
    pub name: EcoString,
    /// Whether it syncs by itself.
    pub is_automated: bool,
    /// What an Application was synced to, the newest last.
    pub history: Vec<DeployedRow>,
    /// `Synced`, `OutOfSync` or `Unknown`.
    pub sync: EcoString,
    /// `Healthy`, `Progressing`, `Degraded`, `Suspended`, `Missing` or `Unknown`.
    pub health: EcoString,
    /// The phase of the last operation: `Running`, `Succeeded`, `Failed`, `Error`; possibly empty.
    pub operation: EcoString,
    /// What that operation says.
    pub message: EcoString,
    /// The commit it was compared with, in seven hex digits.
    pub revision: EcoString,
    /// That commit's colour.
    pub tint: Option<Tint>,
    /// What is wrong, in the tool's words.
    pub conditions: Vec<EcoString>,
    /// Its objects.
    pub resources: Vec<ResourceRow>,
}

/// A sync in the history of an Application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployedRow {
    /// Its id, by which `argocd app rollback` calls it.
    pub id: i64,
    /// The commit, in seven hex digits.
    pub revision: EcoString,
    /// When it was deployed, in RFC 3339.
    pub at: EcoString,
}

/// An object that a GitOps tool keeps as git says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceRow {
    /// `Deployment/shop/order-service`
    pub object: EcoString,
    /// `Synced` or `OutOfSync`.
    pub sync: EcoString,
    /// `Healthy`…; empty for kinds that have no health.
    pub health: EcoString,
    /// Why it is so, possibly empty.
    pub message: EcoString,
    /// Where it is not as git says: `old` is git's value, `new` the live one.
    pub differences: Vec<PathChange>,
}

/// One sentence and the entry it was taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// The trace entry.
    pub entry: u32,
    /// When.
    pub t: Millis,
    /// The sentence, ending with a full stop.
    pub text: EcoString,
}

/// How far something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// Not begun.
    #[default]
    Waiting,
    /// Going on at this moment.
    Active,
    /// Ended well.
    Done,
    /// Ended badly.
    Failed,
    /// Will not happen, because something before it failed or nothing asks for it.
    Skipped,
    /// Was stopped on the way: by a person, or by something newer.
    Cancelled,
}

/// One stop on the way of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Station {
    /// Which.
    pub kind: StationKind,
    /// How far it is.
    pub progress: Progress,
    /// What it is about, short: `1.4.2-3f2c1ab`, `revision 2`, `2 of 3 updated`.
    pub title: EcoString,
    /// One line more, possibly empty.
    pub detail: EcoString,
    /// The commit it works on.
    pub tint: Option<Tint>,
}

/// The stops on the way of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StationKind {
    /// The commit on its branch.
    Commit,
    /// The pull request.
    PullRequest,
    /// CI: the workflow's jobs.
    Checks,
    /// The image in the registry.
    Image,
    /// The Helm release.
    Release,
    /// The Deployment's rolling update.
    Rollout,
    /// Requests.
    Traffic,
}

/// A pull request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PullRequestRow {
    /// The repository that it belongs to.
    pub repository: EcoString,
    /// `#1`, `#2`…, without the sign.
    pub number: u32,
    /// Its title.
    pub title: EcoString,
    /// The branch it comes from.
    pub branch: EcoString,
    /// `Open`, `Merged` or `Closed`, as GitHub writes it.
    pub state: EcoString,
    /// Its head commit before the merge, the merge commit after it.
    pub tint: Tint,
    /// What it changes, file by file.
    pub files: Vec<FileDiff>,
    /// What it will do to the cluster, object by object. Empty only if nothing was understood.
    pub plan: Vec<PlanRow>,
    /// What checks of the manifests find that they did not find before it.
    pub checks: Vec<CheckRow>,
    /// Why no plan could be made (a template that does not render), if so.
    pub problems: Vec<Problem>,
    /// `clean`, `unstable`, `behind`, `blocked` or `dirty`: whether it can be merged, as GitHub's API
    /// says it.
    pub merge_state: EcoString,
    /// The lines above GitHub's merge button.
    pub merge_lines: Vec<EcoString>,
    /// The status checks of its newest commit.
    pub statuses: Vec<StatusRow>,
    /// Where it conflicts with main.
    pub conflicts: Vec<ConflictRow>,
    /// The ways in which its repository lets it be merged, the preferred one first.
    pub methods: Vec<MergeMethod>,
    /// Approving reviews: how many there are, and how many its repository asks for.
    pub approvals: (u64, u64),
}

/// A file on which a pull request and main cannot agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictRow {
    /// Path in the repository.
    pub path: EcoString,
    /// In git's words: `CONFLICT (content): Merge conflict in …`
    pub message: EcoString,
    /// The places.
    pub regions: Vec<ConflictRegion>,
}

/// One place of a file on which two branches cannot agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictRegion {
    /// The line where it begins on main, from 1.
    pub line: u32,
    /// The lines with git's markers around them.
    pub lines: Vec<EcoString>,
}

/// A status check of a pull request: a job of a workflow that runs on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusRow {
    /// The job's name.
    pub name: EcoString,
    /// How far it is.
    pub progress: Progress,
}

/// The change of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileDiff {
    /// Path in the repository.
    pub path: EcoString,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
    /// The changed places, each with up to three lines around it.
    pub hunks: Vec<Hunk>,
    /// Of a YAML file that reads as such on both sides: the values that differ. None if only
    /// formatting or comments do.
    pub values: Vec<PathChange>,
}

/// One changed place of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hunk {
    /// The header as git prints it: `@@ -1,4 +1,4 @@`.
    pub header: EcoString,
    /// The lines.
    pub lines: Vec<DiffLine>,
}

/// One line of a diff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiffLine {
    /// Line number before, from 1.
    pub old: Option<u32>,
    /// Line number after, from 1. Only `old`: removed; only `new`: added; both: around the change.
    pub new: Option<u32>,
    /// The text without its line end.
    pub text: EcoString,
}

/// What a change does to running pods, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The API server refuses it: the object stays as it is, and the upgrade fails.
    Rejected,
    /// The object is deleted and made again.
    Recreated,
    /// Something inside `.spec.template` changed: new pods replace the old ones.
    Rolls,
    /// Only the number of pods changes.
    Scales,
    /// The object changes, but running pods keep what they had at their start.
    NeedsRestart,
    /// The object goes.
    Deleted,
    /// A new object.
    Created,
    /// The object changes; pods keep running and see it.
    InPlace,
    /// No object changes: formatting or comments, or what the API server fills in anyway.
    None,
}

impl Effect {
    /// The word for it in JSON, the same as a page and a terminal show: `needs-restart`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Rejected => "rejected",
            Effect::Recreated => "recreated",
            Effect::Rolls => "rolls",
            Effect::Scales => "scales",
            Effect::NeedsRestart => "needs-restart",
            Effect::Deleted => "deleted",
            Effect::Created => "created",
            Effect::InPlace => "in-place",
            Effect::None => "none",
        }
    }
}

/// What a pull request will do to one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanRow {
    /// `Deployment/shop/order-service`; empty for a row about the whole change.
    pub object: EcoString,
    /// The gravest of the effects.
    pub effect: Effect,
    /// How many pods it replaces, adds or removes, or leaves with old settings.
    pub pods: u32,
    /// One sentence.
    pub sentence: EcoString,
    /// Where the object is written, `FILE:LINE`; empty if that is unknown.
    pub source: EcoString,
    /// The paths that differ; none if the object as a whole comes or goes.
    pub paths: Vec<PathEffect>,
}

/// One changed path of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathChange {
    /// `spec.template.spec.containers[0].image`
    pub path: EcoString,
    /// Before, as JSON; empty if it was not there.
    pub old: EcoString,
    /// After, as JSON; empty if it is gone.
    pub new: EcoString,
}

/// One changed path of an object, and what it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathEffect {
    /// Where, and what.
    pub change: PathChange,
    /// What this path alone does.
    pub effect: Effect,
    /// To how many pods.
    pub pods: u32,
    /// Why, in one sentence.
    pub reason: EcoString,
    /// What gives it: the line of a values file or of a template (`FILE:LINE`), or a flag
    /// (`--set image.tag=1.4.2`); empty if that is unknown.
    pub source: EcoString,
}

/// How grave it is what a check finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It will fail, or gives everything away.
    Error,
    /// It fails some day.
    Warning,
    /// It could be better.
    Info,
}

impl Severity {
    /// The word for it: `warning`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// What a check of the manifests found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRow {
    /// The check: `latest-tag`.
    pub name: EcoString,
    /// How grave it is.
    pub severity: Severity,
    /// `Deployment/shop/order-service`; empty if it is about a value.
    pub object: EcoString,
    /// What is there, and what follows.
    pub message: EcoString,
    /// What to write instead.
    pub mend: EcoString,
    /// Where the rule is explained.
    pub url: EcoString,
    /// The line that gives it (`FILE:LINE`), or a flag; empty if that is unknown.
    pub source: EcoString,
}

/// A mistake in a file, where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Path of the file, with its repository.
    pub path: EcoString,
    /// From 1; 0 if the whole file is meant.
    pub line: u32,
    /// From 1, in characters; 0 if the whole line is meant.
    pub column: u32,
    /// What is wrong, in the words of the real program where there is one.
    pub message: EcoString,
    /// What to write instead, possibly empty.
    pub hint: EcoString,
}

impl Problem {
    /// A mistake of a whole file, or with an empty path of nothing that stands in a file.
    pub fn whole(path: impl Into<EcoString>, message: impl Into<EcoString>) -> Problem {
        Problem {
            path: path.into(),
            line: 0,
            column: 0,
            message: message.into(),
            hint: EcoString::new(),
        }
    }
}

/// A workflow run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    /// From 1.
    pub number: u32,
    /// From 1; one more for each time that it was run again.
    pub attempt: u32,
    /// The workflow's name.
    pub name: EcoString,
    /// What started it: `push to main`.
    pub trigger: EcoString,
    /// The commit it builds.
    pub tint: Tint,
    /// How far it is.
    pub progress: Progress,
    /// The jobs in the order of the file.
    pub jobs: Vec<JobRow>,
    /// The environments to which a deployment waits for somebody's approval.
    pub reviews: Vec<EcoString>,
}

/// A workflow that can be started by hand (`on: workflow_dispatch`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowRow {
    /// Its repository.
    pub repository: EcoString,
    /// Its name.
    pub name: EcoString,
    /// What it asks for.
    pub inputs: Vec<InputRow>,
}

/// An input of a workflow that is started by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRow {
    /// Its name.
    pub name: EcoString,
    /// What it is, as the workflow says; possibly empty.
    pub description: EcoString,
    /// Whether it must be filled in.
    pub is_required: bool,
    /// What it is if it is not.
    pub default: EcoString,
    /// What can be chosen (`type: choice`, `boolean`); empty for a free text.
    pub options: Vec<EcoString>,
}

/// A job of a workflow run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    /// Its name.
    pub name: EcoString,
    /// How far it is.
    pub progress: Progress,
    /// The jobs it waits for.
    pub needs: Vec<EcoString>,
    /// What else it waits for, or why it ended without a step that says so; possibly empty.
    pub waiting: EcoString,
    /// Its steps.
    pub steps: Vec<StepRow>,
}

/// A step of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRow {
    /// Its name.
    pub name: EcoString,
    /// How far it is.
    pub progress: Progress,
    /// How long it took so far.
    pub took: Millis,
    /// What it printed so far.
    pub log: Vec<EcoString>,
}

/// A tag in the registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageRow {
    /// `registry.example/order-service:1.4.2-3f2c1ab`
    pub reference: EcoString,
    /// `sha256:…`, whole.
    pub digest: EcoString,
    /// Compressed size in MiB.
    pub size_mib: u32,
    /// When it was pushed.
    pub pushed: Millis,
    /// The commit it was built from.
    pub tint: Option<Tint>,
}

/// A revision of a Helm release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleaseRow {
    /// The release.
    pub name: EcoString,
    /// From 1.
    pub revision: u32,
    /// `deployed`, `superseded`, `failed`, `pending-upgrade`…, as Helm writes it.
    pub status: EcoString,
    /// `order-service-0.3.0`
    pub chart: EcoString,
    /// `Install complete`, `Upgrade complete`…
    pub description: EcoString,
    /// When.
    pub updated: Millis,
    /// The commit it deploys.
    pub tint: Option<Tint>,
}

/// A Deployment: what is wanted beside what is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentRow {
    /// Its namespace.
    pub namespace: EcoString,
    /// Its name.
    pub name: EcoString,
    /// `spec.replicas`: how many pods are wanted.
    pub desired: u32,
    /// Pods there are.
    pub current: u32,
    /// Pods of the newest template.
    pub updated: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that are available.
    pub available: u32,
    /// How many pods there may be at most during an update.
    pub most: u32,
    /// How many must stay available during an update.
    pub least: u32,
    /// `RollingUpdate` or `Recreate`.
    pub strategy: EcoString,
    /// What is being worked off, in one sentence: `1 pod of the new template to go`; empty when
    /// current state equals desired state.
    pub difference: EcoString,
    /// Conditions as `kubectl describe` lists them.
    pub conditions: Vec<ConditionRow>,
    /// Its ReplicaSets by revision, oldest first; those without pods included.
    pub sets: Vec<ReplicaSetRow>,
}

/// A condition of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConditionRow {
    /// `Available`, `Progressing`…
    pub kind: EcoString,
    /// `True`, `False` or `Unknown`.
    pub status: EcoString,
    /// `NewReplicaSetAvailable`…
    pub reason: EcoString,
    /// The sentence Kubernetes gives.
    pub message: EcoString,
}

/// A ReplicaSet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplicaSetRow {
    /// Its name.
    pub name: EcoString,
    /// The pod-template hash, the end of its name.
    pub hash: EcoString,
    /// The Deployment's revision it belongs to.
    pub revision: u32,
    /// Whether its template is the Deployment's of this moment.
    pub newest: bool,
    /// The image of its first container.
    pub image: EcoString,
    /// The commit that image was built from, or that changed the template.
    pub tint: Option<Tint>,
    /// `spec.replicas`
    pub desired: u32,
    /// Pods there are, terminating ones not counted.
    pub current: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Its pods, oldest first, terminating ones included.
    pub pods: Vec<PodRow>,
}

/// What a pod looks like: its form is its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PodForm {
    /// No node yet.
    Pending,
    /// On a node; the image is being pulled or the container created.
    Creating,
    /// The container runs, but is not ready.
    Running,
    /// Ready: gets traffic.
    Ready,
    /// Was asked to stop and is finishing.
    Terminating,
    /// Crashed, killed, or cannot start.
    Failed,
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PodRow {
    /// Its uid: the same shape on the page as long as this is the same.
    pub uid: EcoString,
    /// Its name.
    pub name: EcoString,
    /// What it looks like.
    pub form: PodForm,
    /// The STATUS column of `kubectl get pods`: `Running`, `ContainerCreating`, `OOMKilled`…
    pub status: EcoString,
    /// The READY column: `1/1`.
    pub ready: EcoString,
    /// How often its containers were started again.
    pub restarts: u32,
    /// Its node; empty while it has none.
    pub node: EcoString,
    /// Its address; empty while it has none.
    pub ip: EcoString,
    /// When it was created.
    pub created: Millis,
    /// CPU that its containers use, and may use, in thousandths of a core; 0 if that is not limited.
    pub cpu: (u64, u64),
    /// Memory that its containers use, and may use, in bytes; 0 if that is not limited.
    pub memory: (u64, u64),
    /// The commit of the image that really runs in it (its digest decides, not its tag).
    pub tint: Option<Tint>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeRow {
    /// Its name.
    pub name: EcoString,
    /// CPU there is for pods, in thousandths of a core.
    pub cpu_allocatable: u64,
    /// CPU that its pods request.
    pub cpu_requested: u64,
    /// Memory there is for pods, in MiB.
    pub memory_allocatable: u64,
    /// Memory that its pods request.
    pub memory_requested: u64,
    /// The uids of its pods, oldest first.
    pub pods: Vec<EcoString>,
}

/// A Service and the load on it at this moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceRow {
    /// Its namespace.
    pub namespace: EcoString,
    /// Its name.
    pub name: EcoString,
    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
    pub kind: EcoString,
    /// Where it is reached: its address inside of the cluster, and after a comma the one outside.
    pub address: EcoString,
    /// Requests per second at this moment.
    pub per_second: u32,
    /// Requests that were answered, and that failed, since the beginning.
    pub total: (u64, u64),
    /// Why requests failed in the last second, in a client's words, and how many.
    pub causes: Vec<(EcoString, u32)>,
    /// The median, the 95th and the 99th percentile of the answers' latencies in the last second, in
    /// milliseconds.
    pub latency: [u32; 3],
    /// Its endpoints.
    pub endpoints: Vec<EndpointRow>,
}

/// An endpoint of a Service, as the nodes see it at this moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndpointRow {
    /// The pod's uid.
    pub pod: EcoString,
    /// Whether traffic is sent there.
    pub serving: bool,
}

/// Somebody outside of the pods who calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerRow {
    /// Whom: a Service, or a host of an Ingress, with the path.
    pub target: EcoString,
    /// Requests per second at this moment.
    pub per_second: u32,
    /// Requests that were answered, and that failed, since the beginning.
    pub total: (u64, u64),
    /// The share that is to be answered, in ten-thousandths: the service level objective.
    pub objective: u32,
    /// How much of the failures that the objective allows were used up so far, in hundredths.
    pub budget_used: u32,
}

/// One second of a Service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSecond {
    /// Its name.
    pub name: EcoString,
    /// Requests that were answered, by the commit whose pods answered; in commit order.
    pub answered: Vec<(Tint, u32)>,
    /// Requests that failed.
    pub failed: u32,
    /// The median, the 95th and the 99th percentile of the answers' latencies, in milliseconds.
    pub latency: [u32; 3],
}

/// One second of traffic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// The end of that second.
    pub t: Millis,
    /// Requests that were answered, by the commit whose pods answered; in commit order.
    pub answered: Vec<(Tint, u32)>,
    /// Requests that failed.
    pub failed: u32,
    /// Why, in a client's words, and how many each.
    pub causes: Vec<(EcoString, u32)>,
    /// The median, the 95th and the 99th percentile of the answers' latencies, in milliseconds.
    pub latency: [u32; 3],
    /// Each Service that got requests, from outside or from other pods.
    pub services: Vec<ServiceSecond>,
    /// Of the wanted pods, how many were ready at its end: (ready, wanted).
    pub ready: (u32, u32),
}

/// A place on the time line worth going to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// When.
    pub t: Millis,
    /// The trace entry.
    pub entry: u32,
    /// What.
    pub kind: MarkKind,
    /// A few words.
    pub label: EcoString,
}

/// The kinds of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MarkKind {
    /// A pull request was merged.
    Merged,
    /// All jobs ended well.
    ChecksPassed,
    /// A Helm release was upgraded.
    Released,
    /// The first new pod became ready.
    FirstReady,
    /// The last old pod is gone; the rollout is complete.
    Complete,
    /// Something failed: tests, a rollout, a request.
    Failed,
}

/// One line of the event list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    /// The trace entry's id.
    pub id: u32,
    /// When.
    pub t: Millis,
    /// Who: `deployment-controller`, `kubelet, node-a`, `github-actions`, `you`…
    pub actor: EcoString,
    /// What was done: `create`, `patch`, `scale`, `event`, `nothing`…
    pub verb: EcoString,
    /// To what: `Deployment/order-service`; possibly empty.
    pub object: EcoString,
    /// A CamelCase reason.
    pub reason: EcoString,
    /// The sentence.
    pub message: EcoString,
    /// How it should be shown.
    pub tone: Tone,
    /// The commit it is about.
    pub tint: Option<Tint>,
    /// The entry that led to it.
    pub cause: Option<u32>,
}

/// How an event should be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// A step of the story: shown as the sentence of the moment.
    Story,
    /// A detail between the steps.
    Detail,
    /// A warning or failure.
    Warning,
    /// Something that did not happen, and why.
    Nothing,
}
