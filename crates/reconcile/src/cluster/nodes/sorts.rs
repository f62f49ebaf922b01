//! Nodes that are alike in all that the scheduler asks for most pods. In a cluster of a thousand nodes there
//! are a few dozen sorts of them: what holds for one node of a sort is found out once for all.

use super::Node;
use ecow::EcoVec;
use lean::{HashTrie, tight};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// The sorts that there are, and of which each node is. A sort is known by a number.
#[derive(Clone, Debug, Default)]
pub(super) struct Sorts {
    /// By the node's place in the list.
    of: EcoVec<u32>,
    /// One node of each sort, and how many they are, by number; none for a number that is free.
    all: EcoVec<Option<(Rc<Node>, u32)>>,
    /// The numbers that no sort has.
    free: EcoVec<u32>,
    numbers: HashTrie<(Sort, u32)>,
}

/// A node as one of its sort: without its name, and without labels but those by which all pods are spread.
#[derive(Clone, Debug)]
struct Sort(Rc<Node>);

impl Hash for Sort {
    /// Of what differs most.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let node = &*self.0;
        (node.requested.cpu, node.requested.memory, node.pods).hash(state);
        for (group, pods) in &node.groups {
            (*group as u64, pods).hash(state);
        }
    }
}

impl PartialEq for Sort {
    fn eq(&self, other: &Sort) -> bool {
        let (a, b) = (&*self.0, &*other.0);
        (a.pods, &a.requested, &a.weight) == (b.pods, &b.requested, &b.weight)
            && a.groups == b.groups
            && (a.pods_max, &a.allocatable) == (b.pods_max, &b.allocatable)
            && (a.unschedulable, &a.taints, &a.images) == (b.unschedulable, &b.taints, &b.images)
            && (a.hostname.is_null(), &a.zone) == (b.hostname.is_null(), &b.zone)
    }
}

impl Eq for Sort {}

impl Sorts {
    /// The number of the sort of each node, by the node's place in the list.
    pub fn of(&self) -> &[u32] {
        &self.of
    }

    /// How many numbers there are: each is less.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// One node of each sort, and how many they are.
    pub fn iter(&self) -> impl Iterator<Item = (&Node, usize)> {
        let all = self.all.iter().flatten();
        all.map(|(node, nodes)| (&**node, *nodes as usize))
    }

    /// A node has come to this place.
    pub fn insert(&mut self, at: usize, node: &Rc<Node>) {
        self.of.insert(at, 0);
        self.join(at, node);
    }

    /// The node at this place has gone.
    pub fn remove(&mut self, at: usize) {
        self.leave(at);
        self.of.remove(at);
    }

    /// The node at a place is about to change.
    pub fn leave(&mut self, at: usize) {
        let number = self.of[at];
        let sort = &mut tight::make_mut(&mut self.all)[number as usize];
        match sort {
            Some((_, nodes)) if *nodes > 1 => *nodes -= 1,
            _ => {
                if let Some((node, _)) = sort.take() {
                    self.numbers.remove(&Sort(node));
                }
                self.free.push(number);
            }
        }
    }

    /// The node at a place has changed.
    pub fn join(&mut self, at: usize, node: &Rc<Node>) {
        let sort = Sort(node.clone());
        let number = match self.numbers.get(&sort) {
            Some((_, number)) => *number,
            None => self.begin(sort),
        };
        if let Some((_, nodes)) = &mut tight::make_mut(&mut self.all)[number as usize] {
            *nodes += 1;
        }
        tight::make_mut(&mut self.of)[at] = number;
    }

    /// The number of a new sort, of which no node is yet.
    fn begin(&mut self, sort: Sort) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            self.all.push(None);
            self.all.len() as u32 - 1
        });
        tight::make_mut(&mut self.all)[number as usize] = Some((sort.0.clone(), 0));
        self.numbers.insert((sort, number));
        number
    }
}
