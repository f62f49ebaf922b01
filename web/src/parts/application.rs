//! What a GitOps tool keeps as git says, and where the cluster is not so.

use view::{ApplicationRow, PathChange, Progress, ResourceRow};
use yew::prelude::*;

use super::icon::sign;
use super::plan::object_name;
use super::tint::{commit, sha};
use crate::words::count;

/// An Argo CD Application, a Flux HelmRelease or a Kustomization, and those of its objects that one
/// would look at: what drifted, what is not healthy.
pub fn application(row: &ApplicationRow) -> Html {
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
            <span class="strong">{ format!("{} {}", row.kind, row.name) }</span>
            { state(&row.sync, &row.health) }
            <span class="aside">{ count(row.resources.len(), "object") }</span>
            if row.operation != "Succeeded" && !row.message.is_empty() {
                <span class="aside">{ format!("{}: {}", row.operation, row.message) }</span>
            }
            for condition in row.conditions.iter() {
                <span class="wrong">{ condition.as_str() }</span>
            }
            <ul>{ for notable.map(resource) }</ul>
        </li>
    }
}

fn is_notable(row: &ResourceRow) -> bool {
    row.sync != "Synced" || !matches!(row.health.as_str(), "" | "Healthy")
}

fn resource(row: &ResourceRow) -> Html {
    html! {
        <li key={row.object.as_str()}>
            <span>{ object_name(&row.object) }</span>
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
            <dd>{ value("git", &change.old) }{ value("live", &change.new) }</dd>
        </div>
    }
}

fn value(whose: &'static str, text: &str) -> Html {
    html! {
        <span>
            <span class="aside">{ whose }</span>
            { " " }
            <code>{ if text.is_empty() { "nothing" } else { text } }</code>
        </span>
    }
}

/// Both words with the sign of what they mean.
fn state(sync: &str, health: &str) -> Html {
    let progress = match (sync, health) {
        (_, "Degraded" | "Missing") | ("Unknown", _) => Progress::Failed,
        (_, "Progressing") => Progress::Active,
        ("Synced", "Healthy" | "") => Progress::Done,
        _ => Progress::Waiting,
    };
    let words =
        [sync, health].map(|word| (!word.is_empty()).then(|| html! { <span>{ word }</span> }));
    html! { <span class="standing">{ sign(progress) }{ for words.into_iter().flatten() }</span> }
}
