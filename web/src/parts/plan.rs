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
                                <span class="object">{ object_name(&row.object) }</span>
                            }
                            { prose(&row.sentence) }
                        </p>
                        if !row.paths.is_empty() {
                            { paths(row) }
                        }
                    </div>
                </li>
            }
        </ul>
    }
}

/// `Deployment/shop/order-service` is `Deployment order-service`; empty for the whole change.
pub fn object_name(object: &str) -> String {
    match object.split_once('/') {
        None => String::new(),
        Some((kind, _)) => format!("{kind} {}", last_part(object)),
    }
}

fn paths(row: &PlanRow) -> Html {
    html! {
        <dl class="paths">
            for PathEffect { change, effect, source, .. } in row.paths.iter() {
                <div key={change.path.as_str()}>
                    <dt>
                        <code>{ change.path.as_str() }</code>
                        // What the whole row does need not be said again.
                        if *effect != row.effect {
                            <span>{ effect_label(*effect) }</span>
                        }
                        if !source.is_empty() {
                            <span class="source">{ source.as_str() }</span>
                        }
                    </dt>
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
