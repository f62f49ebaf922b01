//! What an Application brings about, as a tree: its objects, what their controllers made of them, and
//! how each is.

use ecow::EcoString;
use view::{ApplicationRow, DeploymentRow, ObjectRef, PodRow, ReplicaSetRow, ResourceRow, Scene};
use yew::prelude::*;

use super::application::state;
use super::object::{named_link, object_link};
use super::pod::pod_shape;
use super::tint::tint_class;
use crate::session::Action;
use crate::texts;
use crate::words::short_name;

/// From this many pods on, they are drawn without their names.
const NAMED_MOST: usize = 6;

/// The tree of an Application's objects.
pub fn resource_tree(row: &ApplicationRow, scene: &Scene, on: &Callback<Action>) -> Html {
    html! {
        <ul class="tree" aria-label={texts::resources_of(&row.name)}>
            for resource in row.resources.iter() {
                { branch(resource, scene, on) }
            }
        </ul>
    }
}

fn branch(resource: &ResourceRow, scene: &Scene, on: &Callback<Action>) -> Html {
    let mut parts = resource.object.splitn(3, '/');
    let [kind, namespace, name] = [(); 3].map(|()| parts.next().unwrap_or_default());
    let below = match kind {
        "Deployment" => {
            let is_meant = |row: &&DeploymentRow| row.name == name && row.namespace == namespace;
            let found = scene.deployments.iter().find(is_meant);
            found.map(|row| sets(row, on))
        }
        "Service" => {
            let mut rows = scene.services.iter();
            let found = rows.find(|row| row.name == name && row.namespace == namespace);
            found.map(|row| {
                let all = row.endpoints.len();
                let serving = row.endpoints.iter().filter(|it| it.serving).count();
                html! { <ul><li><span class="aside">{ texts::endpoint_slice(serving, all) }</span></li></ul> }
            })
        }
        _ => None,
    };
    html! {
        <li
            key={resource.object.as_str()}
            data-testid="branch"
            data-object={resource.object.to_string()}
            data-health={resource.health.to_string()}
        >
            { named_link(&resource.object, on) }
            { state(&resource.sync, &resource.health) }
            { below.unwrap_or_default() }
        </li>
    }
}

/// The ReplicaSets that have pods or are wanted, the newest first.
fn sets(row: &DeploymentRow, on: &Callback<Action>) -> Html {
    let shown = row.sets.iter().rev();
    let shown = shown.filter(|set| set.newest || !set.pods.is_empty());
    html! {
        <ul>
            for set in shown {
                { replica_set(set, &row.namespace, on) }
            }
        </ul>
    }
}

fn replica_set(set: &ReplicaSetRow, namespace: &EcoString, on: &Callback<Action>) -> Html {
    let object = ObjectRef::new("ReplicaSet", namespace, &set.name);
    html! {
        <li key={set.name.as_str()} class={tint_class(set.tint.as_ref())}>
            { object_link(&object, format!("{} {}", object.kind, set.hash), on) }
            <span class="aside">{ texts::set_in_tree(set.revision, set.ready, set.desired) }</span>
            <ul class={classes!("leaves", (NAMED_MOST < set.pods.len()).then_some("many"))}>
                for row in set.pods.iter() {
                    { pod(row, namespace, NAMED_MOST < set.pods.len(), on) }
                }
            </ul>
        </li>
    }
}

fn pod(row: &PodRow, namespace: &EcoString, is_one_of_many: bool, on: &Callback<Action>) -> Html {
    let object = ObjectRef::new("Pod", namespace, &row.name);
    html! {
        <li key={row.uid.as_str()} class={tint_class(row.tint.as_ref())} title={format!("{}: {}", row.name, row.status)}>
            { pod_shape(row.form, row.restarts) }
            if !is_one_of_many {
                { object_link(&object, format!("{} {}", object.kind, short_name(&row.name)), on) }
                <span class="aside">{ texts::pod_in_tree(&row.status, &row.ready) }</span>
            }
        </li>
    }
}
