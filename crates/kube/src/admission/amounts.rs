//! Amounts of resources, and what a pod takes of them as a whole.

use crate::Value;
use crate::quantity::Quantity;
use ecow::EcoString;
use std::collections::BTreeMap;

/// How much of each resource.
pub(super) type Amounts = BTreeMap<EcoString, Quantity>;

/// The amounts that a map of quantities names.
pub(super) fn of(list: &Value) -> Amounts {
    let mut amounts = Amounts::new();
    for (name, amount) in list.members() {
        if let Some(quantity) = Quantity::of(amount) {
            amounts.insert(name.clone(), quantity);
        }
    }
    amounts
}

/// Adds amounts to others.
pub(super) fn add(sum: &mut Amounts, amounts: &Amounts) {
    for (name, amount) in amounts {
        let before = sum.get(name).copied();
        sum.insert(
            name.clone(),
            before.map_or(*amount, |before| before.plus(*amount)),
        );
    }
}

/// Raises amounts to others where those are greater.
fn raise(most: &mut Amounts, amounts: &Amounts) {
    for (name, amount) in amounts {
        if most
            .get(name)
            .is_none_or(|before| before.nano < amount.nano)
        {
            most.insert(name.clone(), *amount);
        }
    }
}

/// What a pod as a whole `requests`, or what its `limits` are: its containers run together, its init
/// containers one after the other before them, except those that stay
/// (`k8s.io/component-helpers/resource`).
pub(super) fn of_pod(spec: &Value, list: &str) -> Amounts {
    let mut together = Amounts::new();
    for container in spec.get("containers").items() {
        add(&mut together, &of(container.at(&["resources", list])));
    }
    let (mut staying, mut most) = (Amounts::new(), Amounts::new());
    for container in spec.get("initContainers").items() {
        let own = of(container.at(&["resources", list]));
        if container.get("restartPolicy").text() == "Always" {
            add(&mut together, &own);
            add(&mut staying, &own);
            raise(&mut most, &staying);
        } else {
            let mut then = own;
            add(&mut then, &staying);
            raise(&mut most, &then);
        }
    }
    raise(&mut together, &most);
    // What is said of the pod as a whole counts instead.
    for (name, amount) in of(spec.at(&["resources", list])) {
        together.insert(name, amount);
    }
    add(&mut together, &of(spec.get("overhead")));
    together
}
