//! What a page shows of one moment: plain rows, in the viewer's words.

mod audit;
mod delivery;
mod gitops;
mod history;
mod plan;
mod pull_request;
mod traffic;
mod workload;

pub use audit::*;
pub use delivery::*;
pub use gitops::*;
pub use history::*;
pub use plan::*;
pub use pull_request::*;
pub use traffic::*;
pub use workload::*;

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
    /// What is happening now, in one sentence; its entry explains why. At the last moment it is what came
    /// of all that, in pods and in requests.
    pub sentence: Option<Sentence>,
    /// The way of a change, in order. Where the eye goes is [`live_station`].
    pub stations: Vec<Station>,
    /// The pull request that is open or was merged last.
    pub pull_request: Option<PullRequestRow>,
    /// The workflow run of the newest push.
    pub run: Option<RunRow>,
    /// Tags in the registry, newest last.
    pub images: Vec<ImageRow>,
    /// Revisions of the Helm release, newest last.
    pub releases: Vec<ReleaseRow>,
    /// What the API server was asked for since the newest change was merged, or at all if none was;
    /// newest last.
    pub requests: Vec<RequestRow>,
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

impl Sentence {
    /// The sentence of an entry.
    #[must_use]
    pub fn new(entry: u32, t: Millis, message: &EcoString) -> Sentence {
        let mut text = message.clone();
        if !text.ends_with(['.', '!', '?']) {
            text.push('.');
        }
        Sentence { entry, t, text }
    }
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

/// The station where the eye goes: the last one at which something goes on, else the last one that failed,
/// else the rollout. A workflow that still goes on behind what it delivered is not looked at any more.
#[must_use]
pub fn live_station(stations: &[Station]) -> StationKind {
    let of = |progress| stations.iter().rfind(|it| it.progress == progress);
    let is_delivered = stations.iter().any(|it| {
        matches!(it.kind, StationKind::Release | StationKind::ApiServer)
            && matches!(it.progress, Progress::Done | Progress::Failed)
    });
    let active = of(Progress::Active);
    active
        .filter(|it| it.kind != StationKind::Checks || !is_delivered)
        .or_else(|| of(Progress::Failed))
        .map_or(StationKind::Rollout, |it| it.kind)
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
    /// The API server's answers to what the release, or a GitOps tool, asks for.
    ApiServer,
    /// The Deployment's rolling update.
    Rollout,
    /// The addresses behind the Services.
    Endpoints,
    /// Requests.
    Traffic,
}
