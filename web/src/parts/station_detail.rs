//! What the station that is looked at has to say.

use view::{
    ConditionRow, DeploymentRow, ImageRow, ObjectRef, Progress, ReleaseRow, Scene, StationKind,
};
use yew::prelude::*;

use super::api_server::requests;
use super::application::application;
use super::charts::Charts;
use super::dispatch::Dispatch;
use super::endpoints::endpoints;
use super::icon::sign;
use super::object::label;
use super::plan::object_name;
use super::problems::problems;
use super::prose::prose;
use super::resource_tree::resource_tree;
use super::service::serving;
use super::tint::{commit, sha};
use super::workflow_run::{run_actions, workflow_run};
use crate::session::{Action, Panel, Session};
use crate::texts;
use crate::words::{clock, last_part};

/// How many images and releases are listed: the newest.
const NEWEST: usize = 3;

/// The details of one station.
pub fn station_detail(session: &Session, shown: StationKind, on: &Callback<Action>) -> Html {
    let scene = &*session.scene;
    let station = scene.stations.iter().find(|station| station.kind == shown);
    let body = match shown {
        StationKind::Commit => changed_files(scene),
        StationKind::PullRequest => pull_request(scene, on),
        StationKind::Checks => scene.run.as_ref().map(workflow_run),
        StationKind::Image => list(scene.images.iter().rev().take(NEWEST).map(image)),
        StationKind::Release => list(
            scene
                .applications
                .iter()
                .map(|row| {
                    let tree = resource_tree(&row.name, &row.resources, scene, on);
                    application(row, tree, on)
                })
                .chain(releases(scene).map(|row| release(row, scene, on))),
        ),
        StationKind::ApiServer => {
            let tint = station.and_then(|it| it.tint.as_ref());
            requests(&scene.requests, tint, on)
        }
        StationKind::Rollout => rollout(scene),
        StationKind::Endpoints => endpoints(scene, on),
        StationKind::Traffic => traffic(session),
    };
    html! {
        <section class="station-detail" aria-label={texts::DETAILS_OF_STATION} data-kind={super::way::kind_word(shown)} data-chosen={session.look.is_some().to_string()}>
            <header>
                // Of a rollout, the Deployment itself says it.
                if let Some(station) = station.filter(|it| !it.detail.is_empty() && shown != StationKind::Rollout) {
                    <h2>{ station.detail.as_str() }</h2>
                }
                if shown == StationKind::Checks {
                    <div class="tools">
                        if let Some(run) = &scene.run {
                            { run_actions(run, on) }
                        }
                        <Dispatch workflows={session.workflows.clone()} on={on.clone()} />
                    </div>
                }
            </header>
            if session.refused_on_stage {
                { problems(&session.refused, None, on) }
            }
            { body.unwrap_or_else(|| html! { <p class="quiet">{ texts::NOTHING_HERE_YET }</p> }) }
        </section>
    }
}

fn list(rows: impl Iterator<Item = Html>) -> Option<Html> {
    let rows: Vec<Html> = rows.collect();
    (!rows.is_empty()).then(|| html! { <ul class="ledger">{ for rows }</ul> })
}

fn changed_files(scene: &Scene) -> Option<Html> {
    let row = scene.pull_request.as_ref()?;
    let files = row.files.iter().map(|file| {
        html! {
            <li key={file.path.as_str()}>
                <code>{ file.path.as_str() }</code>
                <span class="sums">
                    <span>{ format!("+{}", file.added) }</span>
                    <span>{ format!("−{}", file.removed) }</span>
                </span>
            </li>
        }
    });
    Some(html! {
        <>
            <p>{ row.title.as_str() }</p>
            <ul class="ledger">{ for files }</ul>
        </>
    })
}

fn pull_request(scene: &Scene, on: &Callback<Action>) -> Option<Html> {
    let row = scene.pull_request.as_ref()?;
    Some(html! {
        <>
            <p>
                { texts::files_changed(&row.title, row.files.len()) }
                { " " }
                if row.state == "Open" {
                    <button type="button" class="link" onclick={on.reform(|_| Action::Show(Panel::PullRequest))}>
                        { texts::LOOK_AT_IT_AND_MERGE }
                    </button>
                }
            </p>
            <ul class="ledger">
                for (index, plan) in row.plan.iter().enumerate() {
                    <li key={index}>
                        <span class="strong">{ texts::effect(plan.effect) }</span>
                        <span>{ prose(&plan.sentence) }</span>
                        <span class="aside">{ object_name(&plan.object) }</span>
                    </li>
                }
            </ul>
        </>
    })
}

fn image(row: &ImageRow) -> Html {
    html! {
        <li
            key={row.reference.as_str()}
            data-testid="image"
            data-reference={row.reference.to_string()}
            data-tint={sha(row.tint.as_ref())}
        >
            { commit(row.tint.as_ref()) }
            <code class="strong">{ last_part(&row.reference) }</code>
            <code class="aside" title={row.digest.to_string()}>{ row.digest.chars().take(19).collect::<String>() }</code>
            <span class="aside">{ texts::image_facts(row.size_mib, &clock(row.pushed)) }</span>
        </li>
    }
}

/// The newest revision of each release, then those of before, the newest first.
fn releases(scene: &Scene) -> impl Iterator<Item = &ReleaseRow> {
    let (stand, were): (Vec<_>, Vec<_>) = scene
        .releases
        .iter()
        .rev()
        .partition(|row| !row.resources.is_empty());
    let room = NEWEST.saturating_sub(stand.len());
    stand.into_iter().chain(were.into_iter().take(room))
}

/// A revision of a release, and what it consists of if it is the newest.
fn release(row: &ReleaseRow, scene: &Scene, on: &Callback<Action>) -> Html {
    html! {
        <li
            key={format!("{}/{}/{}", row.namespace, row.name, row.revision)}
            data-testid="release"
            data-revision={row.revision.to_string()}
            data-status={row.status.to_string()}
            data-tint={sha(row.tint.as_ref())}
        >
            { commit(row.tint.as_ref()) }
            <span class="strong">{ texts::release(&row.name, row.revision) }</span>
            <span>{ row.status.as_str() }</span>
            <span class="aside">{ row.chart.as_str() }</span>
            <span class="aside">{ texts::release_since(&row.description, &clock(row.updated)) }</span>
            if !row.resources.is_empty() {
                { resource_tree(&row.name, &row.resources, scene, on) }
            }
        </li>
    }
}

fn rollout(scene: &Scene) -> Option<Html> {
    let row = moving(&scene.deployments)?;
    let has_several = 1 < scene.deployments.len();
    let object = ObjectRef::new("Deployment", &row.namespace, &row.name);
    // The API server lists first what changed first: here each keeps its place.
    let mut conditions: Vec<&ConditionRow> = row.conditions.iter().collect();
    lean::sort_by_key(&mut conditions, |it| it.kind.clone());
    let conditions = conditions.into_iter().map(|condition| {
        let good = condition.status == "True";
        let meaning = texts::condition_meaning(&condition.reason);
        html! {
            <li key={condition.kind.as_str()}>
                { sign(if good { Progress::Done } else { Progress::Failed }) }
                <span>
                    <span class="strong">{ format!("{} {}", condition.kind, condition.status) }</span>
                    if !meaning.is_empty() {
                        { ": " }{ meaning }
                    }
                </span>
                <code>{ condition.reason.as_str() }</code>
                <span class="aside">{ condition.message.as_str() }</span>
            </li>
        }
    });
    Some(html! {
        <>
            if has_several {
                <p class="strong">{ label(&object) }</p>
            }
            <ul class="ledger">{ for conditions }</ul>
        </>
    })
}

/// The Deployment that moves, or does not get on; else the one with the newest commit.
fn moving(rows: &[DeploymentRow]) -> Option<&DeploymentRow> {
    let is_bad = |row: &&DeploymentRow| row.conditions.iter().any(|it| it.status == "False");
    let moves = |row: &&DeploymentRow| !row.difference.is_empty();
    let newest = |row: &&DeploymentRow| {
        let tints = row.sets.iter().filter(|set| set.newest);
        tints.filter_map(|set| Some(set.tint.as_ref()?.index)).max()
    };
    let mut all = rows.iter();
    let found = all.clone().find(moves).or_else(|| all.find(is_bad));
    found.or_else(|| rows.iter().max_by_key(newest))
}

/// The charts of each Service that gets requests.
fn traffic(session: &Session) -> Option<Html> {
    let rows = session
        .scene
        .services
        .iter()
        .filter(|row| 0 < row.per_second);
    let rows: Vec<Html> = rows
        .map(|row| {
            let object = ObjectRef::new("Service", &row.namespace, &row.name);
            html! {
                <li key={row.name.as_str()}>
                    <h3>
                        <span class="strong">{ label(&object) }{ " " }</span>
                        <span class="aside">
                            { texts::load(row.per_second, serving(row)) }
                        </span>
                    </h3>
                    <Charts
                        service={row.name.to_string()}
                        history={session.history.clone()}
                        now={session.scene.now}
                    />
                </li>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| html! { <ul class="measured">{ for rows }</ul> })
}
