//! The control loops: which of them acts at this moment, and what it did.

use view::{EventRow, Millis, Scene};
use yew::prelude::*;

use crate::session::{Action, History};
use crate::texts;

/// The loops between a change and traffic, in the order in which it passes them: the beginning of an
/// actor's name, and what it keeps.
const LOOPS: [(&str, &str); 6] = [
    ("argocd-application-controller", texts::KEEPS_GIT),
    ("deployment-controller", texts::KEEPS_SETS),
    ("replicaset-controller", texts::KEEPS_PODS),
    ("default-scheduler", texts::KEEPS_NODES),
    ("kubelet", texts::KEEPS_CONTAINERS),
    ("endpointslice-controller", texts::KEEPS_ENDPOINTS),
];

/// How long a write is seen, in virtual milliseconds.
pub const MOMENT: Millis = 1_000;

/// Each loop, lit if it wrote something at this moment, with what it did last.
pub fn loops(history: &History, scene: &Scene, on: &Callback<Action>) -> Html {
    let events = &history.events;
    let past = &events[..events.partition_point(|event| Some(event.id) <= scene.newest)];
    // What was done a while ago is not being done now.
    let now = past.last().map(|event| event.t);
    let now = now.filter(|t| scene.now <= t + MOMENT);
    let has_gitops = !scene.applications.is_empty();
    let all = LOOPS.iter().skip(usize::from(!has_gitops));
    let acting = |name: &str| {
        let this_moment = past.iter().rev().take_while(|event| Some(event.t) == now);
        this_moment
            .filter(|event| is_of(event, name))
            .find(|event| event.verb != "event")
    };
    html! {
        <section class="loops" aria-label={texts::CONTROLLERS}>
            <p><span class="name">{ texts::CONTROLLERS }</span>{ " " }<span>{ texts::LIT_WHEN_THEY_ACT }</span></p>
            <ol>
                for &(name, keeps) in all {
                    { one(name, keeps, acting(name), on) }
                }
            </ol>
        </section>
    }
}

/// `kubelet, node-a` is a kubelet.
fn is_of(event: &EventRow, name: &str) -> bool {
    event
        .actor
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(','))
}

fn one(name: &str, keeps: &str, acts: Option<&EventRow>, on: &Callback<Action>) -> Html {
    let object = acts
        .map(|event| event.object.clone())
        .filter(|it| !it.is_empty());
    let inspect = object.map(|object| {
        on.reform(move |_: MouseEvent| Action::Inspect(super::object::named(&object)))
    });
    html! {
        <li
            key={name.to_owned()}
            data-testid="loop"
            data-name={name.to_owned()}
            data-acts={acts.is_some().to_string()}
        >
            <span class="lamp" aria-hidden="true"></span>
            <span class="name">{ label(name) }</span>
            if let Some(event) = acts {
                if let Some(onclick) = inspect {
                    <button type="button" class="link did" title={event.message.to_string()} {onclick}>{ deed(event) }</button>
                } else {
                    <span class="did" title={event.message.to_string()}>{ deed(event) }</span>
                }
            } else {
                <span class="keeps">{ keeps }</span>
            }
        </li>
    }
}

/// `patch ReplicaSet`: what it did, as short as its place is narrow. The sentence is among the events.
fn deed(event: &EventRow) -> String {
    let kind = event.object.split('/').next().unwrap_or_default();
    texts::deed(&event.verb, kind)
}

/// `deployment-controller` is `deployment`, `default-scheduler` is `scheduler`.
fn label(name: &str) -> &str {
    let name = name.trim_end_matches("-controller");
    let name = name.trim_start_matches("default-");
    name.trim_end_matches("-application")
}
