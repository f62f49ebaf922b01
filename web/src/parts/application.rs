//! What a GitOps tool keeps as git says, and where the cluster is not so.

use view::{ApplicationRow, DeployedRow, Intent, ObjectRef, PathChange, Progress, ResourceRow};
use web_sys::Element;
use yew::prelude::*;

use super::icon::sign;
use super::object::{label, named_link, object_link};
use super::tint::{commit, sha};
use crate::session::Action;
use crate::texts;

/// An Argo CD Application, a Flux HelmRelease or a Kustomization, those of its objects that one would
/// look at first (what drifted, what is not healthy), and the tree of all.
pub fn application(row: &ApplicationRow, tree: Html, on: &Callback<Action>) -> Html {
    let notable = row.resources.iter().filter(|row| is_notable(row));
    html! {
        <li
            key={format!("{}/{}", row.kind, row.name)}
            class="application"
            data-testid="application"
            data-name={row.name.to_string()}
            data-sync={row.sync.to_string()}
            data-health={row.health.to_string()}
            data-tint={sha(row.tint.as_ref())}
        >
            { commit(row.tint.as_ref()) }
            <span class="strong">{ object_link(&of(row), label(&of(row)), on) }</span>
            { state(&row.sync, &row.health) }
            <span class="aside">{ texts::objects(row.resources.len()) }</span>
            if row.operation != "Succeeded" && !row.message.is_empty() {
                <span class="aside">{ format!("{}: {}", row.operation, row.message) }</span>
            }
            for condition in row.conditions.iter() {
                <span class="wrong">{ condition.as_str() }</span>
            }
            { operations(row, on) }
            <ul class="notable">{ for notable.map(|row| resource(row, on)) }</ul>
            { tree }
        </li>
    }
}

fn of(row: &ApplicationRow) -> ObjectRef {
    ObjectRef::new(&row.kind, &row.namespace, &row.name)
}

/// What one can ask the tool for: Argo CD's Refresh, Sync and Rollback, Flux' reconcile.
fn operations(row: &ApplicationRow, on: &Callback<Action>) -> Html {
    let refresh = Intent::Refresh(of(row));
    let onclick = on.reform(move |_| Action::Intend(refresh.clone()));
    if row.kind != "Application" {
        return html! {
            <div class="tools"><button type="button" {onclick}>{ texts::RECONCILE }</button></div>
        };
    }
    let application = of(row);
    let onsubmit = on.reform(move |event: SubmitEvent| {
        event.prevent_default();
        let form = event.target_dyn_into::<Element>();
        let prune = form.and_then(|it| it.query_selector("[name=prune]:checked").ok()?);
        Action::Intend(Intent::Sync {
            application: application.clone(),
            is_pruning: prune.is_some(),
        })
    });
    html! {
        <div class="tools">
            <button type="button" {onclick}>{ texts::REFRESH }</button>
            <form {onsubmit}>
                <button type="submit">{ texts::SYNC }</button>
                <label><input type="checkbox" name="prune" />{ texts::PRUNE }</label>
            </form>
            if !row.history.is_empty() {
                <details class="menu">
                    <summary>{ texts::HISTORY_AND_ROLLBACK }</summary>
                    <ul>{ for row.history.iter().rev().enumerate().map(|(age, it)| deployed(row, it, age == 0, on)) }</ul>
                </details>
            }
        </div>
    }
}

/// One sync of the history, and the way back to it.
fn deployed(
    row: &ApplicationRow,
    it: &DeployedRow,
    is_current: bool,
    on: &Callback<Action>,
) -> Html {
    let rollback = Intent::Rollback {
        application: of(row),
        id: it.id,
    };
    html! {
        <li key={it.id.to_string()}>
            <span>{ format!("{} ", it.id) }<code>{ it.revision.as_str() }</code></span>
            <span class="aside">{ it.at.as_str() }</span>
            if is_current {
                <span class="aside">{ texts::CURRENT }</span>
            } else {
                <button type="button" class="link does" onclick={on.reform(move |_| Action::Intend(rollback.clone()))}>
                    { texts::roll_back_to(it.id) }
                </button>
            }
        </li>
    }
}

fn is_notable(row: &ResourceRow) -> bool {
    row.sync != "Synced" || !matches!(row.health.as_str(), "" | "Healthy")
}

fn resource(row: &ResourceRow, on: &Callback<Action>) -> Html {
    html! {
        <li key={row.object.as_str()}>
            { named_link(&row.object, on) }
            { state(&row.sync, &row.health) }
            <span class="aside">{ row.message.as_str() }</span>
            if !row.differences.is_empty() {
                <dl class="paths">{ for row.differences.iter().map(|it| difference(&row.object, it)) }</dl>
            }
        </li>
    }
}

/// Git's value, then the live one.
fn difference(object: &str, change: &PathChange) -> Html {
    html! {
        <div
            key={change.path.as_str()}
            data-testid="difference"
            data-object={object.to_owned()}
            data-path={change.path.to_string()}
        >
            <dt><code>{ change.path.as_str() }</code></dt>
            <dd>{ value(texts::IN_GIT, &change.old) }{ value(texts::LIVE, &change.new) }</dd>
        </div>
    }
}

fn value(whose: &'static str, text: &str) -> Html {
    html! {
        <span>
            <span class="aside">{ whose }</span>
            { " " }
            <code>{ if text.is_empty() { texts::NOTHING } else { text } }</code>
        </span>
    }
}

/// Both words with the sign of what they mean; nothing where there are none.
pub fn state(sync: &str, health: &str) -> Html {
    let progress = match (sync, health) {
        ("", "") => return Html::default(),
        (_, "Degraded" | "Missing") | ("Unknown", _) => Progress::Failed,
        (_, "Progressing") => Progress::Active,
        ("Synced" | "", "Healthy") | ("Synced", "") => Progress::Done,
        _ => Progress::Waiting,
    };
    let words =
        [sync, health].map(|word| (!word.is_empty()).then(|| html! { <span>{ word }</span> }));
    html! { <span class="standing">{ sign(progress) }{ for words.into_iter().flatten() }</span> }
}
