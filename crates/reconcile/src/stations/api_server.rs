//! The station of the API server: what it answered to what a change asks for.

use super::{Seen, Sights, station};
use crate::texts::stage;
use crate::view::{DeploymentRow, Outcome, Progress, RequestRow, Station, StationKind};
use ecow::{EcoString, eco_format};
use kube::Millis;

/// How long an answer is what is looked at, unless something came of it by then.
const MOMENT: Millis = 1_000;

impl Seen<'_> {
    /// It fails where it refuses; otherwise it is lit while it answers.
    pub(super) fn api_server(&self, sights: &Sights<'_>) -> Station {
        let of = |progress, title, detail| {
            let tint = self.tint.clone();
            station(StationKind::ApiServer, progress, title, detail, tint)
        };
        if let Some(row) = standing_refusal(&self.asked, sights.deployments) {
            let title = eco_format!("{} {}", row.code, row.reason);
            return of(Progress::Failed, title, row.message.clone());
        }
        let Some(last) = self.asked.last() else {
            return self.unasked();
        };
        let mut rows = sights.deployments.iter();
        let is_rolling = rows.any(|row| !row.difference.is_empty());
        let is_now = sights.world.now() <= last.t + MOMENT && !is_rolling;
        let progress = match is_now && !self.is_idle() {
            true => Progress::Active,
            false => Progress::Done,
        };
        of(progress, written(&self.asked), on_templates(&self.asked))
    }

    /// Nobody has asked it for anything: nothing was to be done, or it was not come to yet, or will not
    /// be.
    fn unasked(&self) -> Station {
        let (progress, title) = match self.ran() {
            _ if self.is_delivered() || self.is_idle() => {
                let (title, detail) = (stage::NO_CHANGE, stage::NOTHING_TO_WRITE);
                let tint = self.tint.clone();
                return station(StationKind::ApiServer, Progress::Done, title, detail, tint);
            }
            Some(Progress::Failed) => (Progress::Skipped, stage::NOT_REACHED),
            Some(Progress::Done) if self.sync.is_none() => (Progress::Skipped, stage::NONE),
            None if self.sync.is_none() => (self.after_merge(), stage::NOT_YET),
            _ => (Progress::Waiting, stage::NOT_YET),
        };
        station(StationKind::ApiServer, progress, title, "", None)
    }
}

/// The newest refusal that still stands: nobody asked for the object again, or, of pods, a ReplicaSet
/// cannot make them.
fn standing_refusal<'a>(
    asked: &[&'a RequestRow],
    deployments: &[DeploymentRow],
) -> Option<&'a RequestRow> {
    let mut conditions = deployments.iter().flat_map(|row| &row.conditions);
    let lacks_pods = conditions.any(|it| it.kind == "ReplicaFailure" && it.status == "True");
    let stands = |(at, row): &(usize, &&RequestRow)| {
        let is_past = match row.object == "Pod" || row.object.starts_with("Pod/") {
            true => !lacks_pods,
            false => asked[at + 1..].iter().any(|it| it.object == row.object),
        };
        row.outcome == Outcome::Refused && !is_past
    };
    let (_, row) = asked.iter().enumerate().rfind(stands)?;
    Some(row)
}

/// How many objects were created, changed and deleted.
fn written(asked: &[&RequestRow]) -> EcoString {
    let count = |outcome| asked.iter().filter(|row| row.outcome == outcome).count();
    let [created, changed, deleted] =
        [Outcome::Created, Outcome::Changed, Outcome::Deleted].map(count);
    stage::written(created, changed, deleted)
}

/// What the changes mean for pods: the question is whether anything in a template changed.
fn on_templates(asked: &[&RequestRow]) -> EcoString {
    let rolls = asked.iter().filter(|row| !row.template.is_empty());
    let mut names: Vec<EcoString> = rolls.map(|row| short_name(&row.object)).collect();
    names.dedup();
    let has_changed = || asked.iter().any(|row| row.outcome == Outcome::Changed);
    match names.as_slice() {
        [] if has_changed() => stage::NO_TEMPLATE_CHANGED.into(),
        [] => EcoString::new(),
        [one] => stage::template_changed(one),
        many => stage::templates_changed(many.len()),
    }
}

/// `Deployment/shop/order-service` without its namespace.
fn short_name(path: &str) -> EcoString {
    match path.split_once('/').zip(path.rsplit_once('/')) {
        Some(((kind, _), (_, name))) => eco_format!("{kind}/{name}"),
        None => path.into(),
    }
}
