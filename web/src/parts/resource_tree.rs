//! What a release or an Application brings about, as a tree: its objects, what their controllers made of
//! them, and how each is.

use ecow::EcoString;
use view::{DeploymentRow, ObjectRef, PodRow, ReplicaSetRow, ResourceRow, Scene};
use yew::prelude::*;

use super::application::state;
use super::object::{label, named, object_link};
use super::pod::pod_shape;
use super::service::serving;
use super::tint::tint_class;
use crate::session::Action;
use crate::texts;
use crate::words::short_name;

/// From this many pods on, they are drawn without their names.
const NAMED_MOST: usize = 6;

/// The tree of the objects of the release or Application of that name.
pub fn resource_tree(
    name: &str,
    resources: &[ResourceRow],
    scene: &Scene,
    on: &Callback<Action>,
) -> Html {
    html! {
        <ul class="tree" aria-label={texts::resources_of(name)}>
            for resource in resources.iter() {
                { branch(resource, scene, on) }
            }
        </ul>
    }
}

fn branch(resource: &ResourceRow, scene: &Scene, on: &Callback<Action>) -> Html {
    let object = named(&resource.object);
    let said = scene
        .services
        .iter()
        .find(|row| is_of(&object, "Service", &row.namespace, &row.name));
    let mut rows = scene.deployments.iter();
    let row = rows.find(|row| is_of(&object, "Deployment", &row.namespace, &row.name));
    html! {
        <li
            key={resource.object.as_str()}
            data-testid="branch"
            data-object={resource.object.to_string()}
            data-health={resource.health.to_string()}
            title={resource.message.to_string()}
        >
            { object_link(&object, label(&object), on) }
            { state(&resource.sync, &resource.health) }
            if let Some(row) = said {
                <span class="aside">{ texts::service_in_tree(serving(row).0, row.endpoints.len()) }</span>
            }
            if let Some(row) = row {
                { sets(row, on) }
            }
            if !resource.owned.is_empty() {
                <ul>{ for resource.owned.iter().map(|it| branch(it, scene, on)) }</ul>
            }
        </li>
    }
}

fn is_of(object: &ObjectRef, kind: &str, namespace: &str, name: &str) -> bool {
    object.kind == kind && object.namespace == namespace && object.name == name
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
