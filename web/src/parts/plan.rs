//! What a pull request will do to the cluster, one sentence an object.

use view::{Effect, PathEffect, PlanRow};
use yew::prelude::*;

use super::prose::prose;
use crate::words::last_part;

/// The plan. Rows that replace pods stand out; the paths behind a row unfold.
pub fn plan(rows: &[PlanRow]) -> Html {
    html! {
        <ul class="plan" aria-label="What merging will do">
            for (index, row) in rows.iter().enumerate() {
                <li
                    key={index}
                    data-testid="plan-row"
                    data-object={row.object.to_string()}
                    data-effect={row.effect.as_str()}
                    data-pods={row.pods.to_string()}
                >
                    <span class="effect">{ effect_label(row.effect) }</span>
                    <div>
                        <p>
                            if !row.object.is_empty() {
                                <span class="object">{ object(row) }</span>
                            }
                            { prose(&row.sentence) }
                        </p>
                        if !row.paths.is_empty() {
                            { paths(&row.paths) }
                        }
                    </div>
                </li>
            }
        </ul>
    }
}

/// `Deployment/shop/order-service` is `Deployment order-service`; empty for the whole change.
pub fn object(row: &PlanRow) -> String {
    if row.object.is_empty() {
        return String::new();
    }
    let kind = row.object.split('/').next().unwrap_or_default();
    format!("{kind} {}", last_part(&row.object))
}

fn paths(paths: &[PathEffect]) -> Html {
    html! {
        <dl class="paths">
            for change in paths.iter().map(|path| &path.change) {
                <div key={change.path.as_str()}>
                    <dt><code>{ change.path.as_str() }</code></dt>
                    <dd>
                        if !change.old.is_empty() {
                            <del>{ change.old.as_str() }</del>
                        }
                        if !change.new.is_empty() {
                            <ins>{ change.new.as_str() }</ins>
                        }
                    </dd>
                </div>
            }
        </dl>
    }
}

/// An effect in a word or two: `rolls`.
pub fn effect_label(effect: Effect) -> &'static str {
    match effect {
        Effect::InPlace => "in place",
        Effect::NeedsRestart => "needs restart",
        Effect::Created => "new",
        Effect::Deleted => "goes",
        Effect::None => "no change",
        effect => effect.as_str(),
    }
}
