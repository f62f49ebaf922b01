//! The way of a change as stations: what is done, what goes on, what waits.

mod api_server;

use crate::cluster::network::rows;
use crate::engine::World;
use crate::gitops::{self, Delivered};
use crate::pipeline::{PullState, Release};
use crate::scene;
use crate::texts::stage;
use crate::view::{
    DeploymentRow, EndpointRow, Outcome, Progress, RequestRow, RunRow, Second, ServiceRow, Station,
    StationKind, Tint,
};
use ecow::{EcoString, eco_format};
use kube::Millis;

/// What stations tell of, at one moment.
pub(crate) struct Sights<'a> {
    pub world: &'a World,
    pub requests: &'a [RequestRow],
    pub deployments: &'a [DeploymentRow],
    pub services: &'a [ServiceRow],
    pub seconds: &'a [Second],
}

/// The stations at this moment, in the order in which a change passes them.
pub(crate) fn of(sights: &Sights<'_>) -> Vec<Station> {
    let world = sights.world;
    let change = Seen::of(sights);
    vec![
        change.commit(world),
        change.pull_request(world),
        change.checks(),
        change.image(world),
        change.release(world),
        change.api_server(sights),
        change.rollout(sights),
        of_endpoints(sights.services),
        of_traffic(world, sights.seconds),
    ]
}

/// What there is of the newest change.
struct Seen<'a> {
    pull: Option<&'a crate::pipeline::Pull>,
    run: Option<Run>,
    release: Option<&'a Release>,
    /// What a GitOps tool has made of it.
    sync: Option<Delivered>,
    /// What it asked the API server for.
    asked: Vec<&'a RequestRow>,
    tint: Option<Tint>,
}

/// A workflow run, and how many of its jobs ended well.
struct Run {
    row: RunRow,
    done: usize,
    started: Millis,
}

fn station(
    kind: StationKind,
    progress: Progress,
    title: impl Into<EcoString>,
    detail: impl Into<EcoString>,
    tint: Option<Tint>,
) -> Station {
    Station {
        kind,
        progress,
        title: title.into(),
        detail: detail.into(),
        tint,
    }
}

impl<'a> Seen<'a> {
    fn of(sights: &Sights<'a>) -> Seen<'a> {
        let world = sights.world;
        let state = &world.delivery;
        let pull = state
            .pulls
            .last()
            .filter(|pull| pull.state != PullState::Closed);
        let merged = match pull.map(|pull| pull.state) {
            Some(PullState::Merged(commit)) => Some(commit),
            _ => None,
        };
        let run = state
            .runs
            .last()
            .filter(|it| Some(it.run.commit()) == merged);
        let release = state
            .releases
            .iter()
            .rev()
            .find(|release| Some(release.commit) == merged);
        let run = run.map(|state| {
            let started = state.run.started();
            let row = state.run.row(started, Tint::default());
            let jobs = row.jobs.iter();
            let done = jobs.filter(|job| job.progress == Progress::Done).count();
            Run { row, done, started }
        });
        let asked = sights.requests.iter();
        let tint = match pull {
            Some(pull) => state.tints.of(merged.unwrap_or(pull.head)),
            None => scene::main_tint(world),
        };
        let sync = merged.and_then(|commit| gitops::delivered(world, commit));
        Seen {
            pull,
            run,
            release,
            sync,
            asked: asked
                .filter(|it| it.is_of_change && !it.is_record)
                .collect(),
            tint,
        }
    }

    /// Before anything was proposed, everything stands as the last delivery left it.
    fn is_idle(&self) -> bool {
        self.pull.is_none()
    }

    fn commit(&self, world: &World) -> Station {
        let tint = self.tint.clone();
        let sha = tint
            .as_ref()
            .map(|tint| tint.sha.clone())
            .unwrap_or_default();
        let detail = match self.pull {
            Some(pull) => pull.change.title.clone(),
            None => world
                .delivery
                .repositories
                .keys()
                .next()
                .cloned()
                .unwrap_or_default(),
        };
        let place = self.pull.map_or("main", |pull| pull.change.branch.as_str());
        station(
            StationKind::Commit,
            Progress::Done,
            sha,
            eco_format!("{place}: {detail}"),
            tint,
        )
    }

    fn pull_request(&self, _: &World) -> Station {
        let Some(pull) = self.pull else {
            return station(
                StationKind::PullRequest,
                Progress::Waiting,
                stage::NONE_OPEN,
                "",
                None,
            );
        };
        let title = eco_format!("#{}", pull.number);
        let (progress, detail) = match pull.state {
            PullState::Merged(_) => (Progress::Done, stage::MERGED),
            _ => (Progress::Active, stage::WAITS_TO_BE_MERGED),
        };
        station(
            StationKind::PullRequest,
            progress,
            title,
            detail,
            self.tint.clone(),
        )
    }

    fn checks(&self) -> Station {
        let kind = StationKind::Checks;
        let Some(Run { row, done, .. }) = &self.run else {
            let waits = if self.is_idle() {
                Progress::Waiting
            } else {
                self.after_merge()
            };
            return station(kind, waits, stage::NOT_YET, "", None);
        };
        let title = stage::jobs_done(*done, row.jobs.len());
        let working = row.jobs.iter().find(|job| job.progress == Progress::Active);
        let detail = match (row.progress, working) {
            (Progress::Failed, _) => stage::FAILED.into(),
            (Progress::Done, _) => stage::ALL_GREEN.into(),
            (_, Some(job)) => {
                let step = job
                    .steps
                    .iter()
                    .find(|step| step.progress == Progress::Active);
                eco_format!(
                    "{}: {}",
                    job.name,
                    step.map_or("", |step| step.name.as_str())
                )
            }
            _ => EcoString::new(),
        };
        station(kind, row.progress, title, detail, self.tint.clone())
    }

    /// What a station of CI shows when there is no run: it waits, or nothing will come.
    fn after_merge(&self) -> Progress {
        match self.pull.map(|pull| pull.state) {
            Some(PullState::Merged(_)) => Progress::Skipped,
            _ => Progress::Waiting,
        }
    }

    /// How many of the run's jobs have ended well, and how many there are; none if it is not under
    /// way any more, or has deployed.
    fn jobs_before_release(&self) -> Option<(usize, usize)> {
        let Run { row, done, .. } = self.run.as_ref().filter(|_| self.release.is_none())?;
        (row.progress == Progress::Active).then_some((*done, row.jobs.len()))
    }

    /// How far the run is.
    fn ran(&self) -> Option<Progress> {
        Some(self.run.as_ref()?.row.progress)
    }

    /// Whether CI is past its first job and before its last: what lies between makes the image.
    fn is_building(&self) -> bool {
        self.jobs_before_release()
            .is_some_and(|(done, all)| 0 < done && done + 1 < all)
    }

    /// Whether CI is at its last job, which deploys.
    fn is_deploying(&self) -> bool {
        self.jobs_before_release()
            .is_some_and(|(done, all)| 0 < done && done + 1 == all)
    }

    fn image(&self, world: &World) -> Station {
        let kind = StationKind::Image;
        let tags = world.delivery.registry.tags();
        let name = |reference: &str| -> EcoString {
            reference.rsplit('/').next().unwrap_or_default().into()
        };
        let pushed = self
            .run
            .as_ref()
            .and_then(|run| tags.iter().rev().find(|tag| tag.pushed >= run.started));
        let image_tint = |digest: &str| {
            let image = world.delivery.registry.image(digest)?;
            world.delivery.tints.of(image.commit)
        };
        if let Some(tag) = pushed {
            let tint = image_tint(&tag.digest);
            return station(
                kind,
                Progress::Done,
                name(&tag.reference),
                short(&tag.digest),
                tint,
            );
        }
        let newest = tags.last();
        let title = newest.map(|tag| name(&tag.reference)).unwrap_or_default();
        let tint = newest.and_then(|tag| image_tint(&tag.digest));
        match self.ran() {
            None if self.is_idle() => {
                station(kind, Progress::Done, title, stage::IN_THE_REGISTRY, tint)
            }
            None => station(kind, self.after_merge(), stage::NOT_YET, "", None),
            Some(Progress::Active) if self.is_building() => station(
                kind,
                Progress::Active,
                stage::BUILD,
                stage::BUILT_IF_MISSING,
                self.tint.clone(),
            ),
            Some(_) if self.release.is_some() || self.is_deploying() => {
                station(kind, Progress::Skipped, title, stage::IMAGE_STAYS, tint)
            }
            Some(Progress::Active) => station(kind, Progress::Waiting, stage::NOT_YET, "", None),
            Some(_) => station(kind, Progress::Skipped, stage::NOT_BUILT, "", None),
        }
    }

    fn release(&self, world: &World) -> Station {
        let kind = StationKind::Release;
        let released = self.release.map(|it| Delivered::release(&it.record));
        if let Some(it) = self.sync.as_ref().or(released.as_ref()) {
            let (title, detail) = (it.title.clone(), it.detail.clone());
            return station(kind, it.progress, title, detail, self.tint.clone());
        }
        match self.ran() {
            Some(Progress::Failed) => {
                station(kind, Progress::Skipped, stage::NOT_REACHED, "", None)
            }
            Some(Progress::Done) => station(kind, Progress::Skipped, stage::NONE, "", None),
            None if !self.is_idle() => station(kind, self.after_merge(), stage::NOT_YET, "", None),
            None => standing(world),
            _ if self.is_deploying() => {
                let tint = self.tint.clone();
                station(
                    kind,
                    Progress::Active,
                    stage::HELM_UPGRADE,
                    stage::LAST_JOB_DEPLOYS,
                    tint,
                )
            }
            _ => station(kind, Progress::Waiting, stage::NOT_YET, "", None),
        }
    }

    /// Whether the cluster was given the change.
    fn is_delivered(&self) -> bool {
        let is_written = self.asked.iter().any(|it| it.outcome != Outcome::Refused);
        let is_released = |it: &Release| it.record.status != helm::Status::Failed;
        let synced = self.sync.as_ref().map(|sync| sync.progress);
        is_written || self.release.is_some_and(is_released) || synced == Some(Progress::Done)
    }

    fn rollout(&self, sights: &Sights<'_>) -> Station {
        let kind = StationKind::Rollout;
        let rows = sights.deployments;
        let desired: u32 = rows.iter().map(|row| row.desired).sum();
        let updated: u32 = rows.iter().map(|row| row.updated.min(row.desired)).sum();
        let late = rows
            .iter()
            .flat_map(|row| &row.conditions)
            .any(|condition| condition.reason == "ProgressDeadlineExceeded");
        let working = rows.iter().find(|row| !row.difference.is_empty());
        let title = stage::updated(updated, desired);
        match (working, self.is_delivered(), self.ran()) {
            _ if late => station(
                kind,
                Progress::Failed,
                title,
                stage::PROGRESS_DEADLINE_EXCEEDED,
                self.tint.clone(),
            ),
            (Some(row), ..) => station(
                kind,
                Progress::Active,
                title,
                row.difference.clone(),
                self.tint.clone(),
            ),
            (None, true, _) => station(
                kind,
                Progress::Done,
                title,
                stage::AS_DESIRED,
                self.tint.clone(),
            ),
            (None, false, Some(Progress::Failed)) => {
                station(kind, Progress::Skipped, stage::NOT_REACHED, "", None)
            }
            (None, false, _) if self.is_idle() => station(
                kind,
                Progress::Done,
                title,
                stage::AS_DESIRED,
                self.tint.clone(),
            ),
            _ => station(kind, Progress::Waiting, stage::NOT_YET, "", None),
        }
    }
}

/// What the last delivery left: the newest release, or what a GitOps tool keeps as git says.
fn standing(world: &World) -> Station {
    let kind = StationKind::Release;
    if let Some(release) = world.delivery.releases.last() {
        return station(
            kind,
            Progress::Done,
            stage::revision(release.record.revision),
            release.record.status.as_str(),
            world.delivery.tints.of(release.commit),
        );
    }
    match gitops::rows(world).into_iter().next() {
        Some(row) => station(
            kind,
            Progress::Done,
            row.sync,
            stage::is_in_health(&row.kind, &row.name, &row.health),
            row.tint,
        ),
        None => station(kind, Progress::Waiting, stage::NOT_YET, "", None),
    }
}

fn short(digest: &str) -> EcoString {
    digest.chars().take(19).collect()
}

/// Whether requests have somewhere to go, and who has yet to hear of it. It is never the active one: the
/// addresses follow the pods, whose rollout is looked at.
fn of_endpoints(services: &[ServiceRow]) -> Station {
    let kind = StationKind::Endpoints;
    let all = services.iter().flat_map(|row| &row.endpoints);
    let count = |test: fn(&&EndpointRow) -> bool| all.clone().filter(test).count();
    let (ready, leaving) = (count(|it| it.ready), count(|it| it.terminating));
    if all.clone().next().is_none() {
        return station(kind, Progress::Waiting, stage::NONE, "", None);
    }
    let title = stage::ready(ready);
    let is_deserted =
        |row: &ServiceRow| 0 < row.per_second && !row.endpoints.iter().any(|it| it.ready);
    if let Some(row) = services.iter().find(|row| is_deserted(row)) {
        let detail = stage::nowhere_to_go(&row.name);
        return station(kind, Progress::Failed, title, detail, None);
    }
    let mut late: Vec<&EcoString> = Vec::new();
    for sender in services.iter().flat_map(|row| &row.senders) {
        if !sender.is_current && !late.contains(&&sender.name) {
            late.push(&sender.name);
        }
    }
    let heard: EcoString = match late.as_slice() {
        [] => stage::EVERY_NODE_KNOWS.into(),
        [one, rest @ ..] => stage::yet_to_hear(one, rest.len()),
    };
    let detail = match leaving {
        0 => heard,
        _ => stage::terminating(leaving, &heard),
    };
    station(kind, Progress::Done, title, detail, None)
}

fn of_traffic(world: &World, seconds: &[Second]) -> Station {
    let until = seconds.partition_point(|second| second.t <= world.now());
    let recent = &seconds[until.saturating_sub(10)..until];
    let answered: u32 = recent
        .iter()
        .flat_map(|second| &second.answered)
        .map(|(_, count)| count)
        .sum();
    let failed: u32 = recent.iter().map(|second| second.failed).sum();
    let total = answered + failed;
    let per_second = rows::load(world);
    let progress = if failed > 0 {
        Progress::Failed
    } else {
        Progress::Done
    };
    let detail = match (total, failed) {
        (0, _) => stage::NO_REQUESTS.into(),
        (_, 0) => stage::ALL_ANSWERED.into(),
        _ => stage::failed_lately(failed, total, recent.len()),
    };
    station(
        StationKind::Traffic,
        progress,
        stage::per_second(per_second),
        detail,
        None,
    )
}
