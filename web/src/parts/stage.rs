//! The stage: the way of a change, the station that is looked at, and the cluster. Of two futures,
//! both stages where there is room, else the one that is worked in.

use std::rc::Rc;

use view::{Millis, ObjectRef, Scene, Sentence, StationKind, live_station};
use yew::prelude::*;

use super::deployment::deployment;
use super::futures::{future_name, futures};
use super::legend::legend;
use super::loops::{MOMENT, loops};
use super::nodes::nodes;
use super::object::named;
use super::samples::{introduction, samples};
use super::service::service;
use super::station_detail::station_detail;
use super::way::Way;
use crate::session::{Action, History, Panel, Session};
use crate::texts;

/// How much room there is for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Beside the workbench, on a wide page.
    Beside,
    /// A tab of its own.
    Tab,
    /// A tab of its own on a page that holds one station at a time.
    Station,
}

/// The stage, or both.
pub fn stage(session: &Session, room: Room, on: &Callback<Action>) -> Html {
    let Some(other) = session.other.as_ref() else {
        return one(session, room, on);
    };
    if room != Room::Beside {
        return html! {
            <div class="futures-above">
                { futures(session, other, on) }
                { one(session, room, on) }
            </div>
        };
    }
    // Whatever is done on the other stage is done there: one goes over to it.
    let over = on.reform(|action| match action {
        Action::Look(station) => Action::Look(station),
        _ => Action::Switch,
    });
    let here = half(
        session,
        &session.scene,
        &session.history,
        !other.is_fork,
        on,
    );
    let there = half(session, &other.scene, &other.history, other.is_fork, &over);
    html! {
        <div class="futures-above">
            { futures(session, other, on) }
            <div class="side-by-side">
                if other.is_fork {
                    { here }
                    { there }
                } else {
                    { there }
                    { here }
                }
            </div>
        </div>
    }
}

/// The stage of the future that is worked in.
fn one(session: &Session, room: Room, on: &Callback<Action>) -> Html {
    let scene = &*session.scene;
    let shown = shown(session, scene);
    let all = room != Room::Station;
    let told = told(session.sentence().as_ref(), scene.now, &session.history);
    html! {
        <section class="stage" aria-label={texts::TAB_STAGE}>
            <Way stations={scene.stations.clone()} {shown} on={on.clone()} />
            // What is looked at takes as much room in every station of delivery as here with the loops, which
            // have nothing to do before the API server was asked: the cluster below stays where it is.
            <div class="looked-at" data-chosen={session.look.is_some().to_string()}>
                { station_detail(session, shown, on) }
                if shown == StationKind::Rollout {
                    { loops(&session.history, scene, on) }
                }
            </div>
            if room != Room::Beside && session.draft.is_empty() && session.history.chapter_start() == 0 {
                { invitation(session, on) }
            }
            <div class="cluster">
                if all || shown == StationKind::Rollout {
                    <div class="deployments">{ deployments(scene, told.as_ref(), !all, on) }</div>
                }
                if all || matches!(shown, StationKind::Rollout | StationKind::Traffic) {
                    <div class="beside">
                        { services(scene, &session.history, on) }
                        if all || shown == StationKind::Rollout {
                            { nodes(&scene.nodes, &scene.deployments, on) }
                        }
                    </div>
                }
            </div>
            if all || shown == StationKind::Rollout {
                { legend() }
            }
        </section>
    }
}

/// One of two stages that stand side by side: what differs between futures, and nothing else.
fn half(
    session: &Session,
    scene: &Scene,
    history: &History,
    is_fork: bool,
    on: &Callback<Action>,
) -> Html {
    let told = told(scene.sentence.as_ref(), scene.now, history);
    html! {
        <section class="stage half" aria-label={texts::stage_of(is_fork)} data-testid="half" data-fork={is_fork.to_string()}>
            <h2>{ future_name(is_fork) }</h2>
            <Way stations={scene.stations.clone()} shown={shown(session, scene)} on={on.clone()} />
            <div class="cluster">
                <div class="deployments">{ deployments(scene, told.as_ref(), true, on) }</div>
                <div class="beside">{ services(scene, history, on) }</div>
            </div>
        </section>
    }
}

fn shown(session: &Session, scene: &Scene) -> StationKind {
    session
        .look
        .unwrap_or_else(|| live_station(&scene.stations))
}

/// What one could do first, where the workbench is on another tab.
fn invitation(session: &Session, on: &Callback<Action>) -> Html {
    html! {
        <p class="invitation">
            <span>{ introduction("") }</span>
            { samples(&session.samples, on) }
            <button type="button" onclick={on.reform(|_| Action::Show(Panel::Files))}>
                { texts::EDIT_THE_FILES }
            </button>
        </p>
    }
}

/// What the sentence of the moment is about, while it happens.
fn told(sentence: Option<&Sentence>, now: Millis, history: &History) -> Option<ObjectRef> {
    let sentence = sentence?;
    let event = history.events.get(sentence.entry as usize)?;
    let is_now = now <= sentence.t + MOMENT && !event.object.is_empty();
    is_now.then(|| named(&event.object))
}

fn deployments(
    scene: &Scene,
    told: Option<&ObjectRef>,
    is_newest_first: bool,
    on: &Callback<Action>,
) -> Html {
    let endpoints = scene.services.iter();
    let serving = endpoints
        .flat_map(|service| &service.endpoints)
        .filter(|endpoint| 0 < endpoint.sent_by)
        .map(|endpoint| endpoint.pod.clone());
    let serving = Rc::new(lean::set(serving));
    let rows = scene.deployments.iter();
    let rows = rows.map(|row| deployment(row, &serving, told, is_newest_first, on));
    html! {
        <>
            { for rows }
            if scene.deployments.is_empty() {
                <p class="quiet">{ texts::NO_DEPLOYMENT }</p>
            }
        </>
    }
}

fn services(scene: &Scene, history: &History, on: &Callback<Action>) -> Html {
    let rows = scene.services.iter();
    let rows = rows.map(|row| service(row, history, scene.now, on));
    html! { <>{ for rows }</> }
}
