//! What the lab does and refuses, and what people do to it by hand.

use ecow::{EcoString, eco_format};
use kube::Key;

// What is not simulated

/// An object of a kind that no controller of the lab looks at.
pub(crate) fn not_modelled(key: &Key) -> EcoString {
    eco_format!("{key} is stored, but the lab does not act on objects of this kind.")
}

// By hand

/// A write of the terminal.
pub(crate) fn changed_by_hand(key: &Key) -> EcoString {
    eco_format!("You change {key} by hand: git does not know of it.")
}

/// A command that was to do something again.
pub(crate) const CHANGES_NOTHING: &str = "it changes nothing";

/// A node without power.
pub(crate) fn power_loss(node: &str) -> EcoString {
    eco_format!("{node} loses its power. Nobody knows of it yet.")
}

/// A node without a network.
pub(crate) fn cut_off(node: &str) -> EcoString {
    eco_format!(
        "{node} is cut off from the API server. Its pods run on, and nobody knows of it yet."
    )
}

// A pull request of what differs

pub(crate) const NOTHING_TO_PROPOSE: &str =
    "no file differs from main, so there is nothing to propose";
/// The title of a pull request that was given none.
pub(crate) const UPDATE_THE_SERVICE: &str = "Update the service";

/// Two repositories differ.
pub(crate) fn one_repository(first: &str, second: &str) -> EcoString {
    eco_format!(
        "a pull request belongs to one repository, and both {first} and {second} are changed"
    )
}

// How a lab begins

pub(crate) const NO_SUCH_REPOSITORY: &str = "there is no such repository";

/// A node of the lab's definition.
pub(crate) fn node_joins(node: &str) -> EcoString {
    eco_format!("Node {node} joins the cluster.")
}

/// A namespace of the lab's definition.
pub(crate) fn namespace_made(name: &str) -> EcoString {
    eco_format!("Namespace {name} is made.")
}

/// The first delivery of a repository fails.
pub(crate) fn step_fails(step: &str, job: &str, error: &str) -> EcoString {
    eco_format!("step \"{step}\" of job {job} fails: {error}")
}

/// A manifest that somebody applied before the lab begins.
pub(crate) fn applied(key: &Key, place: &str) -> EcoString {
    eco_format!("{key} is applied: kubectl apply -f {place}.")
}

/// `applied` of the lab's definition leads nowhere.
pub(crate) fn no_manifests(path: &str) -> EcoString {
    eco_format!("applied names \"{path}\", and there are no manifests")
}
