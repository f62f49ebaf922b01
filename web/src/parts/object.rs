//! One object, looked at closely: whose it is, why it is so, what happened to it, its YAML.

use std::rc::Rc;

use view::{ObjectPanel, ObjectRef, PlanRow};
use yew::prelude::*;

use super::containers::containers;
use super::event_line::event_line;
use super::plan::paths;
use super::prose::{filled, prose};
use crate::session::{Action, Session, causes};
use crate::texts;

/// How many of the objects that it owns are named.
const OWNED_MOST: usize = 12;
/// How many events are listed: the newest.
const EVENTS_MOST: usize = 30;

/// A button that looks closely at an object.
pub fn object_link(object: &ObjectRef, text: String, on: &Callback<Action>) -> Html {
    let object = object.clone();
    html! {
        <button
            type="button"
            class="link object"
            data-testid="object-link"
            onclick={on.reform(move |_| Action::Inspect(object.clone()))}
        >{ text }</button>
    }
}

/// The same for `Deployment/shop/order-service`, or `Namespace/shop`.
pub fn named_link(object: &str, on: &Callback<Action>) -> Html {
    let object = named(object);
    object_link(&object, label(&object), on)
}

/// The object that is called `Deployment/shop/order-service`, or `Namespace/shop`.
pub fn named(object: &str) -> ObjectRef {
    let mut parts = object.splitn(3, '/');
    let [kind, second, third] = [(); 3].map(|()| parts.next().unwrap_or_default());
    let (namespace, name) = match third {
        "" => ("", second),
        name => (second, name),
    };
    ObjectRef {
        kind: kind.into(),
        namespace: namespace.into(),
        name: name.into(),
    }
}

/// `Deployment order-service`
pub fn label(object: &ObjectRef) -> String {
    format!("{} {}", object.kind, object.name)
}

/// The panel of the object that is looked at.
pub fn object_panel(session: &Session, panel: &Rc<ObjectPanel>, on: &Callback<Action>) -> Html {
    let object = &panel.object;
    html! {
        <article class="object-panel" aria-label={label(object)} data-testid="object-panel" data-kind={object.kind.to_string()} data-name={object.name.to_string()}>
            <header>
                <h2><span class="kind">{ format!("{} ", object.kind) }</span>{ object.name.as_str() }</h2>
                <button type="button" class="link" onclick={on.reform(|_| Action::Dismiss)}>{ texts::CLOSE }</button>
                if !object.namespace.is_empty() {
                    <p class="facts">{ filled(texts::IN_NAMESPACE, &[html! { <code>{ object.namespace.as_str() }</code> }]) }</p>
                }
                { relations(texts::OWNED_BY, &panel.owners, on) }
                { relations(texts::OWNS, &panel.owned, on) }
            </header>
            { containers(&panel.containers) }
            { why(session, panel, on) }
            { written(session, panel, on) }
            { happened(session, panel, on) }
            <section>
                <h3>{ texts::YAML }</h3>
                if panel.yaml.is_empty() {
                    <p class="quiet">{ texts::NOT_THERE_NOW }</p>
                } else {
                    <pre tabindex="0" aria-label={texts::yaml_of(&label(object))}>{ panel.yaml.as_str() }</pre>
                }
            </section>
        </article>
    }
}

fn relations(what: &'static str, objects: &[ObjectRef], on: &Callback<Action>) -> Html {
    if objects.is_empty() {
        return Html::default();
    }
    let left_out = objects.len().saturating_sub(OWNED_MOST);
    let mut names = html! {
        for (index, object) in objects.iter().skip(left_out).enumerate() {
            { if index == 0 { "" } else { ", " } }{ object_link(object, label(object), on) }
        }
    };
    if 0 < left_out {
        names = filled(&texts::and_older(left_out), &[names]);
    }
    html! { <p class="facts">{ filled(what, &[names]) }</p> }
}

/// The chain of causes of the last thing that was done to it, nearest first.
fn why(session: &Session, panel: &ObjectPanel, on: &Callback<Action>) -> Html {
    let events = &session.history.events;
    let of = |id: &u32| events.get(*id as usize).filter(|event| event.id == *id);
    // That somebody reports on it is not what it is by.
    let last = panel.entries.iter().rev().filter_map(of);
    let Some(last) = last.clone().find(|event| event.verb != "event") else {
        return Html::default();
    };
    let chain = causes(events, last.id);
    html! {
        <section>
            <h3>{ texts::WHY_IT_IS_SO }</h3>
            <ol class="chain" data-testid="why">
                { event_line(last, on) }
                { for chain.into_iter().map(|event| event_line(event, on)) }
            </ol>
        </section>
    }
}

/// The lines of the newest pull request that change it, or what owns it.
fn written(session: &Session, panel: &ObjectPanel, on: &Callback<Action>) -> Html {
    let Some(pull) = &session.scene.pull_request else {
        return Html::default();
    };
    let is_meant = |row: &&PlanRow| {
        let of = |object: &ObjectRef| {
            let mut parts = row.object.splitn(3, '/');
            parts.next() == Some(&object.kind) && parts.last() == Some(&object.name)
        };
        !row.paths.is_empty() && (of(&panel.object) || panel.owners.iter().any(of))
    };
    let rows: Vec<&PlanRow> = pull.plan.iter().filter(is_meant).collect();
    if rows.is_empty() {
        return Html::default();
    }
    html! {
        <section>
            <h3>{ texts::written_by(pull.number) }</h3>
            for row in rows {
                <p>{ prose(&row.sentence) }</p>
                { paths(&pull.repository, row, on) }
            }
        </section>
    }
}

fn happened(session: &Session, panel: &ObjectPanel, on: &Callback<Action>) -> Html {
    let events = &session.history.events;
    let entries = panel.entries.iter().rev().take(EVENTS_MOST);
    let rows = entries.filter_map(|id| events.get(*id as usize));
    html! {
        <section>
            <h3>{ texts::WHAT_HAPPENED_TO_IT }</h3>
            if panel.entries.is_empty() {
                <p class="quiet">{ texts::NOTHING_SO_FAR }</p>
            }
            <ol class="chain">{ for rows.map(|event| event_line(event, on)) }</ol>
        </section>
    }
}
