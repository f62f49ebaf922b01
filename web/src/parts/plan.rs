//! What a pull request will do to the cluster, one sentence an object.

use view::{PathEffect, PlanRow};
use yew::prelude::*;

use super::prose::prose;
use super::source::source;
use crate::session::Action;
use crate::texts;
use crate::words::last_part;

/// The plan of a pull request to a repository. Each path has a link to the line that changes it.
pub fn plan(repository: &str, rows: &[PlanRow], on: &Callback<Action>) -> Html {
    html! {
        <ul class="plan" aria-label={texts::WHAT_MERGING_WILL_DO}>
            for (index, row) in rows.iter().enumerate() {
                <li
                    key={index}
                    data-testid="plan-row"
                    data-object={row.object.to_string()}
                    data-effect={row.effect.as_str()}
                    data-pods={row.pods.to_string()}
                >
                    <span class="effect">{ texts::effect(row.effect) }</span>
                    <div>
                        <p>
                            if !row.object.is_empty() {
                                <span class="object">{ object_name(&row.object) }</span>
                            }
                            { prose(&row.sentence) }
                            if row.paths.is_empty() {
                                { " " }{ source(repository, &row.source, on) }
                            }
                        </p>
                        for warning in row.warnings.iter() {
                            <p class="warning" key={warning.as_str()}>{ texts::warning(warning) }</p>
                        }
                        if !row.paths.is_empty() {
                            { paths(repository, row, on) }
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

/// The changed paths of an object, with what each does.
pub fn paths(repository: &str, row: &PlanRow, on: &Callback<Action>) -> Html {
    html! {
        <dl class="paths">
            for PathEffect { change, effect, source: line, .. } in row.paths.iter() {
                <div key={change.path.as_str()}>
                    <dt>
                        <code>{ change.path.as_str() }</code>
                        // What the whole row does need not be said again.
                        if *effect != row.effect {
                            <span>{ texts::effect(*effect) }</span>
                        }
                        { source(repository, line, on) }
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
