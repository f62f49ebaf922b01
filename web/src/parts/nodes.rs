//! The nodes: what is requested of what there is, and the pods on them.

use lean::FlatMap;

use ecow::EcoString;
use view::{DeploymentRow, NodeRow, ObjectRef, PodForm, PodRow, Tint};
use yew::prelude::*;

use super::object::object_link;
use super::pod::pod_shape;
use super::tint::tint_class;
use crate::session::Action;
use crate::texts;
use crate::words::cores;

/// From this many pods on, their shapes are small.
const GUESTS_LARGE: usize = 8;

/// The cluster's nodes, one under the other.
pub fn nodes(nodes: &[NodeRow], deployments: &[DeploymentRow], on: &Callback<Action>) -> Html {
    let sets = deployments.iter().flat_map(|row| &row.sets);
    let pods = sets.flat_map(|set| &set.pods);
    let pods = lean::map(pods.map(|pod| (&pod.uid, pod)));
    html! {
        <section class="nodes" aria-label={texts::NODES}>
            <h2>{ texts::NODES }</h2>
            <ul>
                for node in nodes.iter() {
                    <Node key={node.name.as_str()} row={node.clone()} guests={guests(node, &pods)} on={on.clone()} />
                }
            </ul>
        </section>
    }
}

fn guests(
    node: &NodeRow,
    pods: &FlatMap<&EcoString, &PodRow>,
) -> Vec<(EcoString, PodForm, Option<Tint>)> {
    let here = node.pods.iter().filter_map(|uid| pods.get(uid));
    here.map(|pod| (pod.uid.clone(), pod.form, pod.tint.clone()))
        .collect()
}

#[derive(PartialEq, Properties)]
struct NodeProps {
    row: NodeRow,
    /// Its pods, oldest first: uid, form and colour.
    guests: Vec<(EcoString, PodForm, Option<Tint>)>,
    on: Callback<Action>,
}

/// One node. With hundreds of pods, most nodes stay as they are from one moment to the next.
#[component]
fn Node(props: &NodeProps) -> Html {
    let NodeProps {
        row: node,
        guests,
        on,
    } = props;
    let object = ObjectRef::new("Node", &EcoString::new(), &node.name);
    let many = (GUESTS_LARGE < guests.len()).then_some("many");
    html! {
        <li class="node" data-testid="node" data-name={node.name.to_string()} data-pods={node.pods.len().to_string()}>
            <div class="host">
                <code>{ object_link(&object, node.name.to_string(), on) }</code>
                <span class="said">{ texts::pods(node.pods.len()) }</span>
                <span class={classes!("guests", many)} aria-hidden="true">
                    for (uid, form, tint) in guests.iter() {
                        <span key={uid.as_str()} class={classes!("guest", tint_class(tint.as_ref()))}>
                            { pod_shape(*form, 0) }
                        </span>
                    }
                </span>
            </div>
            { measure(texts::NODE_CPU, node.cpu_requested, node.cpu_allocatable, cores) }
            { measure(texts::NODE_MEMORY, node.memory_requested, node.memory_allocatable, texts::memory) }
        </li>
    }
}

/// `cpu ▇▁▁▁▁ 0.3 of 2`
fn measure(name: &'static str, requested: u64, allocatable: u64, words: fn(u64) -> String) -> Html {
    let share = (requested * 100)
        .checked_div(allocatable)
        .unwrap_or(0)
        .min(100);
    html! {
        <p class="measure">
            <span class="name">{ name }</span>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <rect class="whole" width="100" height="4" />
                <rect class="part" width={share.to_string()} height="4" />
            </svg>
            <span class="amount">{ texts::requested_of(&words(requested), &words(allocatable)) }</span>
        </p>
    }
}
