//! What a controller owns, and how many of it are alike.

use crate::{Key, Object, Value};
use ecow::{EcoString, EcoVec};
use lean::SharedMap;

/// What a controller owns.
#[derive(Clone, Debug)]
pub(super) struct Owned {
    pub keys: SharedMap<Key, ()>,
    /// How many there are of each class; none if there came to be too many classes to count by.
    pub classes: Option<EcoVec<(Class, u32)>>,
    /// How many there are on each node that have neither ended nor are to end.
    pub active: SharedMap<EcoString, u32>,
}

/// How many classes are counted for one owner. The pods of a ReplicaSet have a handful; those of an
/// indexed Job have labels of their own.
const CLASSES_MAX: usize = 16;

/// All that an owner counts its objects by. Objects of one class are alike to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// `Pod`, `ReplicaSet`…
    pub kind: EcoString,
    /// `metadata.labels`
    pub labels: Value,
    /// `status.phase`, where there is one.
    pub phase: EcoString,
    /// Whether its condition Ready is True.
    pub is_ready: bool,
    /// Whether it is being deleted.
    pub is_terminating: bool,
    /// What its deletion costs, beside that of others.
    pub deletion_cost: i32,
}

impl Class {
    /// The class of an object.
    #[must_use]
    pub fn of(object: &Object) -> Class {
        let meta = &object.meta;
        Class {
            kind: object.key.kind.clone(),
            labels: meta.labels.clone(),
            phase: meta.phase.clone(),
            is_ready: meta.ready.is_some(),
            is_terminating: meta.deleted.is_some(),
            deletion_cost: meta.deletion_cost,
        }
    }

    fn has(&self, object: &Object) -> bool {
        let meta = &object.meta;
        self.is_ready == meta.ready.is_some()
            && self.is_terminating == meta.deleted.is_some()
            && self.deletion_cost == meta.deletion_cost
            && self.phase == meta.phase
            && self.kind == object.key.kind
            && self.labels == meta.labels
    }
}

/// Whether two states of an object count alike.
pub(super) fn are_alike(a: &Object, b: &Object) -> bool {
    a.meta.ready.is_some() == b.meta.ready.is_some()
        && a.meta.deleted.is_some() == b.meta.deleted.is_some()
        && a.meta.deletion_cost == b.meta.deletion_cost
        && a.meta.phase == b.meta.phase
        && a.meta.labels == b.meta.labels
        && a.meta.node == b.meta.node
}

impl Default for Owned {
    fn default() -> Owned {
        Owned {
            keys: SharedMap::new(),
            classes: Some(EcoVec::new()),
            active: SharedMap::new(),
        }
    }
}

impl Owned {
    /// Counts an object as come or gone.
    pub fn count(&mut self, object: &Object, is_come: bool) {
        let change = |number: u32| match is_come {
            true => number + 1,
            false => number.saturating_sub(1),
        };
        let meta = &object.meta;
        if meta.deleted.is_none() && !matches!(meta.phase.as_str(), "Succeeded" | "Failed") {
            match change(self.active.get(&meta.node).copied().unwrap_or(0)) {
                0 => _ = self.active.remove(&meta.node),
                number => self.active.insert(meta.node.clone(), number),
            }
        }
        let Some(classes) = &mut self.classes else {
            return;
        };
        match classes.iter().position(|(class, _)| class.has(object)) {
            Some(at) => {
                let number = &mut classes.make_mut()[at].1;
                *number = change(*number);
                if *number == 0 {
                    classes.remove(at);
                }
            }
            None if classes.len() < CLASSES_MAX => classes.push((Class::of(object), 1)),
            None => self.classes = None,
        }
    }
}
