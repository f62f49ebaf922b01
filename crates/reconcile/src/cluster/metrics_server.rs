//! What `metrics.k8s.io` answers: how much CPU and memory the containers of each pod use, and the pods of
//! each node (`sigs.k8s.io/metrics-server`, `pkg/api`). Nothing of it is stored: it is worked out when
//! somebody asks, from the same numbers that an autoscaler gets.

use super::network::{RESOLUTION, Usage};
use crate::engine::World;
use ecow::{EcoString, EcoVec, eco_format};
use kube::api::{self, Request, Response, Verb};
use kube::quantity::{Format, Quantity};
use kube::{Key, Millis, Object, Status, Value, map, time};

const POD: &str = "PodMetrics";
const NODE: &str = "NodeMetrics";
/// A thousandth and a whole, in the unit of quantities.
const MILLI: i128 = 1_000_000;
const WHOLE: i128 = 1_000 * MILLI;

/// Whether a request is for it to answer: a read of a kind of its group.
pub(crate) fn answers(request: &Request) -> bool {
    matches!(request.key.kind.as_str(), POD | NODE)
        && matches!(request.verb, Verb::Get | Verb::List)
}

/// Answers a request for metrics.
///
/// # Errors
/// The refusal of a user who may not ask; of one object, that there is nothing known of it.
pub(crate) fn serve(world: &World, request: Request) -> Response {
    let key = request.key.clone();
    let all = match key.kind.as_str() {
        POD => pods(world),
        _ => nodes(world),
    };
    let is_measured = all.iter().any(|(known, _)| *known == key);
    let answer = api::serve_computed(&world.store, world.now, request, all);
    answer.map_err(|status| match status.code {
        404 if !is_measured => not_found(world, &key),
        _ => status,
    })
}

/// There is no such pod or node, or nothing is known of it yet.
fn not_found(world: &World, key: &Key) -> Status {
    let (kind, name) = match key.kind.as_str() {
        POD => ("Pod", eco_format!("{}/{}", key.namespace, key.name)),
        _ => ("Node", key.name.clone()),
    };
    let mut status = Status::not_found(kind, &key.name);
    if world.store.get(&key.sibling(kind, &key.name)).is_some() {
        let resource = key.kind.to_lowercase();
        status.message = eco_format!("{resource}.metrics.k8s.io {name:?} not found");
    }
    status
}

/// What is known of a pod, and since when; none if nothing is.
fn measured(world: &World, pod: &Object) -> Option<(Millis, EcoVec<Usage>)> {
    if world.pods.is_silent(&pod.meta.node) {
        return None;
    }
    let known = world
        .network
        .measured(&world.pods, &pod.meta.uid, world.now);
    known.filter(|(_, containers)| !containers.is_empty())
}

/// The metrics of one object.
fn metrics(of: &Object, kind: &'static str, at: Millis, known: (&str, Value)) -> (Key, Value) {
    let key = of.key.sibling(kind, &of.key.name);
    let metadata = map! {
        "name" => &key.name,
        "namespace" => Some(&key.namespace).filter(|it| !it.is_empty()),
        "creationTimestamp" => time::rfc3339(at),
        "labels" => of.labels().clone(),
    };
    let (field, known) = known;
    let object = map! {
        "apiVersion" => "metrics.k8s.io/v1beta1",
        "kind" => kind,
        "metadata" => metadata,
        "timestamp" => time::rfc3339(at),
        "window" => eco_format!("{}s", RESOLUTION / 1_000),
        field => known,
    };
    (key, object)
}

fn pods(world: &World) -> Vec<(Key, Value)> {
    let pods = world.store.list("Pod").into_iter();
    let known = pods.filter_map(|pod| {
        let (at, containers) = measured(world, pod)?;
        let containers = containers.iter().map(|one| {
            map! { "name" => &one.name, "usage" => usage(one.cpu, one.memory) }
        });
        let containers = containers.collect::<Value>();
        Some(metrics(pod, POD, at, ("containers", containers)))
    });
    known.collect()
}

fn nodes(world: &World) -> Vec<(Key, Value)> {
    let nodes = world.store.list("Node").into_iter();
    let heard = nodes.filter(|node| !world.pods.is_silent(&node.key.name));
    let known = heard.map(|node| {
        let name: &EcoString = &node.key.name;
        let pods = world.store.pods_on(name);
        let pods = pods.filter_map(|pod| measured(world, pod));
        let (mut at, mut cpu, mut memory) = (world.now, 0_u64, 0_u64);
        for (since, containers) in pods {
            at = since;
            for one in &containers {
                cpu = cpu.saturating_add(one.cpu);
                memory = memory.saturating_add(one.memory);
            }
        }
        metrics(node, NODE, at, ("usage", usage(cpu, memory)))
    });
    known.collect()
}

/// Thousandths of a core and bytes, as quantities.
fn usage(cpu: u64, memory: u64) -> Value {
    let amount = |nano, format| Quantity { nano, format }.stored_text();
    map! {
        "cpu" => amount(i128::from(cpu) * MILLI, Format::Decimal),
        "memory" => amount(i128::from(memory) * WHOLE, Format::Binary),
    }
}
