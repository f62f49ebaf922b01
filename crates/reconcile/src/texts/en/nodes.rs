//! What happens on the nodes and in the network: scheduling, containers, load balancers.

use ecow::{EcoString, eco_format};

use super::counted;

// The scheduler

/// A pod has a node.
pub(crate) fn scheduled(pod: &str, node: &str) -> EcoString {
    eco_format!("{pod} goes to {node}: of the nodes that can take it, it scores highest.")
}

/// A pod fits nowhere.
pub(crate) fn unschedulable(pod: &str) -> EcoString {
    eco_format!("{pod} waits: no node can take it.")
}

/// A pod makes room for another.
pub(crate) fn preempted(victim: &str, node: &str, pod: &str) -> EcoString {
    eco_format!(
        "{victim} goes from {node}: {pod} has the higher priority, and there is not room for both."
    )
}

// A pod on its node

/// The kubelet hears of a pod.
pub(crate) fn makes_its_sandbox(node: &str, pod: &str) -> EcoString {
    eco_format!("{node} sees {pod} and makes its sandbox.")
}

/// The kubelet writes a pod's status.
pub(crate) fn says_how_it_is(node: &str, pod: &str) -> EcoString {
    lean::joined(&[node, " says how ", pod, " is."])
}

/// An image is on its way: how much of it comes, and how much it is in all, in MiB.
pub(crate) fn pulls(node: &str, image: &str, size: u64, whole: u64) -> EcoString {
    let layers = match whole > size {
        true => eco_format!(" of {whole}, for it has the other layers already"),
        false => EcoString::new(),
    };
    eco_format!("{node} does not have {image} yet and pulls it: {size} MiB{layers}.")
}

/// A container's process starts.
pub(crate) fn runs(container: &str, pod: &str) -> EcoString {
    lean::joined(&["Container ", container, " of ", pod, " runs."])
}

/// A startup probe has its answer.
pub(crate) fn has_started(container: &str, node: &str) -> EcoString {
    eco_format!("{container} has started on {node}.")
}

/// A readiness probe has its answer.
pub(crate) fn is_ready(container: &str, node: &str) -> EcoString {
    eco_format!(
        "{container} answers its readiness probe on {node}: it is ready, and traffic may come."
    )
}

/// A readiness probe has no answer any more.
pub(crate) fn is_not_ready(container: &str) -> EcoString {
    eco_format!("{container} is not ready any more.")
}

/// A container is not even made, and the kubelet's message without what names container and pod again
/// (`back-off 10s restarting failed container=web pod=web-5c68485986-2szkc_shop(…)`).
pub(crate) fn cannot_start(pod: &str, message: &str) -> EcoString {
    let why = match message.split_once("=") {
        Some((why, rest)) if rest.contains(" pod=") => why,
        _ => message,
    };
    eco_format!("{pod} cannot start: {why}")
}

/// The kernel's answer to a container above its limit.
pub(crate) fn is_oom_killed(container: &str, pod: &str) -> EcoString {
    eco_format!(
        "Container {container} of {pod} needs more memory than its limit allows: the kernel kills it."
    )
}

/// A container's process ends.
pub(crate) fn ends(container: &str, pod: &str, code: i64) -> EcoString {
    eco_format!("Container {container} of {pod} ends with exit code {code}.")
}

/// A container's process ends for the want of something in its environment.
pub(crate) fn ends_without(container: &str, pod: &str, code: i64, variable: &str) -> EcoString {
    eco_format!("Container {container} of {pod} ends with exit code {code}: {variable} is not set.")
}

/// A pod is told to end.
pub(crate) fn stops(pod: &str, node: &str, seconds: u64) -> EcoString {
    eco_format!(
        "{pod} stops on {node}: it takes no new work, finishes what it has begun, and has {seconds} s \
         for it."
    )
}

/// A pod's last container has ended.
pub(crate) fn is_gone(pod: &str) -> EcoString {
    lean::joined(&["Nothing of ", pod, " runs any more, so it is gone."])
}

/// A ConfigMap or Secret changed that pods read once.
pub(crate) fn keep_what_they_read(pods: usize, kind: &str, name: &str, is_env: bool) -> EcoString {
    let pods = counted(pods, "pod", "pods");
    let how = match is_env {
        true => "into the environment as its containers started",
        false => "as a file that is mounted alone (`subPath`)",
    };
    eco_format!(
        "{pods} took {kind} {name} {how}. Its change restarts no pod: each keeps the old values until \
         it starts anew."
    )
}

// Nodes

/// A node that was lost.
pub(crate) fn is_back(node: &str) -> EcoString {
    eco_format!("{node} is back, and its kubelet says that it is well.")
}

/// A node whose object was deleted.
pub(crate) fn registers_again(node: &str) -> EcoString {
    eco_format!("The kubelet of {node} registers its node again.")
}

/// A node has too little memory left.
pub(crate) fn too_little_memory(node: &str, left: &str) -> EcoString {
    eco_format!("{node} has {left} of memory left, too little.")
}

/// A node has enough memory again.
pub(crate) fn enough_memory(node: &str) -> EcoString {
    eco_format!("{node} has had enough memory for a while.")
}

// The network

pub(crate) const CLUSTER_DNS: &str = "cluster DNS";
pub(crate) const INGRESS_CONTROLLER: &str = "ingress controller";

/// Several nodes in one row.
pub(crate) fn and_more(node: &str, more: usize) -> EcoString {
    eco_format!("{node} and {more} more")
}

/// Where an Ingress listens.
pub(crate) fn is_reached_at(ingress: &str, address: &str) -> EcoString {
    eco_format!("Ingress {ingress} is reached at {address}.")
}

/// The cloud has made a load balancer.
pub(crate) fn load_balancer_made(service: &str, ip: &str) -> EcoString {
    eco_format!("The cloud has made a load balancer for Service {service}: {ip}.")
}

/// A Service is of another type now.
pub(crate) fn no_load_balancer(service: &str) -> EcoString {
    eco_format!("Service {service} needs no load balancer any more.")
}
