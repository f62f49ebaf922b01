//! Amounts of resources, and what a pod takes of them as a whole.

use crate::Value;
use crate::quantity::Quantity;
use ecow::EcoString;

/// How much of each resource, by name. Such lists are short: a tree would only be more to load.
#[derive(Clone, Debug, Default)]
pub(super) struct Amounts(Vec<(EcoString, Quantity)>);

impl Amounts {
    /// The amount of a resource.
    pub fn get(&self, name: &str) -> Option<Quantity> {
        self.0
            .iter()
            .find(|(have, _)| have == name)
            .map(|(_, amount)| *amount)
    }

    /// Sets the amount of a resource.
    pub fn set(&mut self, name: EcoString, amount: Quantity) {
        match self.0.binary_search_by(|(have, _)| have.cmp(&name)) {
            Ok(at) => self.0[at].1 = amount,
            Err(at) => self.0.insert(at, (name, amount)),
        }
    }

    /// Adds amounts to these.
    pub fn add(&mut self, amounts: &Amounts) {
        for (name, amount) in amounts.iter() {
            let sum = self
                .get(name)
                .map_or(*amount, |before| before.plus(*amount));
            self.set(name.clone(), sum);
        }
    }

    /// The amounts, by name.
    pub fn iter(&self) -> impl Iterator<Item = &(EcoString, Quantity)> {
        self.0.iter()
    }

    /// The amounts for writing.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut (EcoString, Quantity)> {
        self.0.iter_mut()
    }

    /// Keeps only some.
    pub fn retain(&mut self, keep: impl Fn(&str, &Quantity) -> bool) {
        self.0.retain(|(name, amount)| keep(name, amount));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The amounts that a map of quantities names.
pub(super) fn of(list: &Value) -> Amounts {
    let mut amounts = Amounts::default();
    for (name, amount) in list.members() {
        if let Some(quantity) = Quantity::of(amount) {
            amounts.set(name.clone(), quantity);
        }
    }
    amounts
}

/// Raises amounts to others where those are greater.
fn raise(most: &mut Amounts, amounts: &Amounts) {
    for (name, amount) in amounts.iter() {
        if most
            .get(name)
            .is_none_or(|before| before.nano < amount.nano)
        {
            most.set(name.clone(), *amount);
        }
    }
}

/// What a pod as a whole `requests`, or what its `limits` are: its containers run together, its init
/// containers one after the other before them, except those that stay
/// (`k8s.io/component-helpers/resource`).
pub(super) fn of_pod(spec: &Value, list: &str) -> Amounts {
    let mut together = Amounts::default();
    for container in spec.get("containers").items() {
        together.add(&of(container.at(&["resources", list])));
    }
    let (mut staying, mut most) = (Amounts::default(), Amounts::default());
    for container in spec.get("initContainers").items() {
        let mut own = of(container.at(&["resources", list]));
        if container.get("restartPolicy").text() == "Always" {
            together.add(&own);
            staying.add(&own);
            raise(&mut most, &staying);
        } else {
            own.add(&staying);
            raise(&mut most, &own);
        }
    }
    raise(&mut together, &most);
    // What is said of the pod as a whole counts instead.
    for (name, amount) in of(spec.at(&["resources", list])).iter() {
        together.set(name.clone(), *amount);
    }
    together.add(&of(spec.get("overhead")));
    together
}
