//! A Deployment: desired beside actual, the difference, and its ReplicaSets by revision.

use lean::FlatSet;
use std::rc::Rc;

use ecow::EcoString;
use view::{DeploymentRow, ObjectRef, ReplicaSetRow};
use yew::prelude::*;

use super::object::{label, object_link};
use super::replica_set::ReplicaSet;
use crate::session::Action;
use crate::texts;

/// How many ReplicaSets without pods are shown beside the newest; older ones are only counted.
const EMPTY_MOST: usize = 1;

/// The Deployment with everything it owns. `serving` are the uids of the pods that get requests, `told`
/// is what the sentence of the moment is about. The oldest revision comes first; where there is not room
/// for all, the newest does, for that is where something happens.
pub fn deployment(
    row: &DeploymentRow,
    serving: &Rc<FlatSet<EcoString>>,
    told: Option<&ObjectRef>,
    is_newest_first: bool,
    on: &Callback<Action>,
) -> Html {
    let object = ObjectRef::new("Deployment", &row.namespace, &row.name);
    let (mut shown, kept) = shown_sets(&row.sets);
    if is_newest_first {
        shown.reverse();
    }
    let told_here = told.filter(|told| told.namespace == row.namespace);
    html! {
        <article
            class="deployment"
            aria-label={label(&object)}
            data-testid="deployment"
            data-name={row.name.to_string()}
            data-desired={row.desired.to_string()}
            data-current={row.current.to_string()}
            data-updated={row.updated.to_string()}
            data-ready={row.ready.to_string()}
            data-told={(told == Some(&object)).to_string()}
        >
            <header>
                <h2><span class="kind">{ format!("{} ", object.kind) }</span>{ object_link(&object, row.name.to_string(), on) }</h2>
                <dl class="figures">
                    { figure(texts::WANTED, row.desired, true) }
                    { figure(texts::THERE, row.current, row.current == row.desired) }
                    { figure(texts::UP_TO_DATE, row.updated, row.updated == row.desired) }
                    { figure(texts::READY, row.ready, row.least <= row.ready) }
                </dl>
                <p class="difference" data-settled={row.difference.is_empty().to_string()}>
                    if row.difference.is_empty() {
                        { texts::AS_DESIRED }
                    } else {
                        { row.difference.as_str() }
                    }
                    <span class="bounds">{ bounds(row) }</span>
                </p>
            </header>
            <ul class="replica-sets">
                for set in shown {
                    <ReplicaSet
                        key={set.name.as_str()}
                        namespace={row.namespace.clone()}
                        row={set.clone()}
                        serving={Rc::clone(serving)}
                        told={told_here.filter(|told| is_within(told, set)).map(|told| told.name.clone())}
                        on={on.clone()}
                    />
                }
            </ul>
            if 0 < kept {
                <p class="kept">{ texts::sets_kept(kept) }</p>
            }
        </article>
    }
}

fn figure(name: &'static str, number: u32, settled: bool) -> Html {
    html! {
        <div data-settled={settled.to_string()}>
            <dt>{ name }</dt>
            <dd>{ number }</dd>
        </div>
    }
}

fn bounds(row: &DeploymentRow) -> String {
    if row.strategy == "RollingUpdate" {
        texts::rolling_update(row.least, row.most)
    } else {
        texts::recreate(&row.strategy)
    }
}

/// Whether that is a ReplicaSet or one of its pods.
fn is_within(told: &ObjectRef, set: &ReplicaSetRow) -> bool {
    match told.kind.as_str() {
        "ReplicaSet" => told.name == set.name,
        "Pod" => set.pods.iter().any(|pod| pod.name == told.name),
        _ => false,
    }
}

/// The sets with pods, the newest, and the youngest of the empty ones; and how many are left out.
fn shown_sets(sets: &[ReplicaSetRow]) -> (Vec<&ReplicaSetRow>, usize) {
    let empty = |set: &ReplicaSetRow| set.pods.is_empty() && set.desired == 0 && !set.newest;
    let left_out = sets
        .iter()
        .filter(|set| empty(set))
        .count()
        .saturating_sub(EMPTY_MOST);
    let mut skipped = 0;
    let shown = sets.iter().filter(|set| {
        let skip = empty(set) && skipped < left_out;
        skipped += usize::from(skip);
        !skip
    });
    (shown.collect(), left_out)
}
