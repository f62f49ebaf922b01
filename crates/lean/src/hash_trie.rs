//! A map without an order whose clones are free, as one copy of machine code for all types.
//!
//! A hash array mapped trie (Bagwell, "Ideal hash trees"): four bits of a key's hash lead from a node
//! to the next. The way to one of 50,000 entries is four nodes long, and keys are compared at its end
//! only; in an ordered tree it takes sixteen steps, each to a key somewhere else in memory. A write
//! copies the nodes on the way to it that somebody else holds too, and changes the others where they
//! are.
//!
//! Nobody can go through the entries, so nothing can come to depend on how keys are hashed.

use crate::shared_map::{Entry, pair};
use crate::tight;
use ecow::EcoVec;
use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::rc::Rc;

/// A map without an order, with free clones.
pub struct HashTrie<K, V> {
    root: Node,
    of: PhantomData<(K, V)>,
}

/// What begins with the same bits.
#[derive(Clone, Default)]
struct Node {
    /// Which of the sixteen ways from here lead anywhere.
    taken: u16,
    /// Those that do, in order. Where all bits of the hash are used up: whatever has this hash.
    slots: EcoVec<Slot>,
}

#[derive(Clone)]
enum Slot {
    /// An entry, with its hash.
    Entry(u64, Entry),
    Node(Node),
}

/// How many bits lead from a node to the next.
const BITS: u32 = 4;
/// How many nodes there are on the longest way.
const LEVELS: u32 = u64::BITS / BITS;

impl<K, V> Clone for HashTrie<K, V> {
    fn clone(&self) -> HashTrie<K, V> {
        HashTrie {
            root: self.root.clone(),
            of: PhantomData,
        }
    }
}

impl<K, V> Default for HashTrie<K, V> {
    fn default() -> HashTrie<K, V> {
        HashTrie {
            root: Node::default(),
            of: PhantomData,
        }
    }
}

impl<K, V> fmt::Debug for HashTrie<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashTrie")
    }
}

impl<K: Hash + Eq + 'static, V: 'static> HashTrie<K, V> {
    /// The value of a key.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let is = |entry: &Entry| is_of::<K, V, Q>(entry, key);
        let entry = find(&self.root, hash_of(key), &is)?;
        Some(&pair::<K, V>(entry).1)
    }

    /// Puts a value under a key, in place of the one that was there.
    pub fn insert(&mut self, key: K, value: V) {
        let hash = hash_of(&key);
        let is = |entry: &Entry| is_of::<K, V, K>(entry, &key);
        if find(&self.root, hash, &is).is_none() {
            add(&mut self.root, hash, 0, Rc::new((key, value)));
        } else if let Some(entry) = entry_mut(&mut self.root, hash, &is) {
            // An entry that nobody else holds is used again.
            match Rc::get_mut(entry).and_then(|entry| entry.downcast_mut::<(K, V)>()) {
                Some(pair) => pair.1 = value,
                None => *entry = Rc::new((key, value)),
            }
        }
    }

    /// Takes a key and its value away. Returns whether they were there.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let is = |entry: &Entry| is_of::<K, V, Q>(entry, key);
        let hash = hash_of(key);
        // A miss must not copy the way to it.
        let is_there = find(&self.root, hash, &is).is_some();
        if is_there {
            remove(&mut self.root, hash, 0, &is);
        }
        is_there
    }
}

fn is_of<K: Borrow<Q> + 'static, V: 'static, Q: Eq + ?Sized>(entry: &Entry, key: &Q) -> bool {
    let have: &Q = pair::<K, V>(entry).0.borrow();
    have == key
}

fn hash_of<Q: Hash + ?Sized>(key: &Q) -> u64 {
    let mut hasher = Words(0);
    key.hash(&mut hasher);
    hasher.finish()
}

/// Hashes eight bytes at a time: keys are short and nobody's attack.
struct Words(u64);

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(byte.into());
    }

    fn finish(&self) -> u64 {
        // The low bits lead the way, and depend on few others until now.
        let high = self.0 ^ (self.0 >> 32);
        let all = high.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        all ^ (all >> 29)
    }
}

impl Words {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

// From here on nothing is generic.

type Is<'a> = &'a dyn Fn(&Entry) -> bool;

impl Node {
    /// The way that these bits lead, as a bit, and its place among those that are taken.
    fn way(&self, hash: u64, level: u32) -> (u16, usize) {
        let bit = 1 << ((hash >> (BITS * level)) & 15);
        let before = (self.taken & (bit - 1)).count_ones();
        (bit, before as usize)
    }

    fn has(&self, bit: u16) -> bool {
        self.taken & bit != 0
    }

    /// The place of an entry in a list of those with one hash.
    fn position(&self, is: Is<'_>) -> Option<usize> {
        let is = |slot: &Slot| matches!(slot, Slot::Entry(_, entry) if is(entry));
        self.slots.iter().position(is)
    }
}

fn find<'t>(mut node: &'t Node, hash: u64, is: Is<'_>) -> Option<&'t Entry> {
    for level in 0..LEVELS {
        let (bit, at) = node.way(hash, level);
        if !node.has(bit) {
            return None;
        }
        match &node.slots[at] {
            Slot::Entry(have, entry) => return (*have == hash && is(entry)).then_some(entry),
            Slot::Node(below) => node = below,
        }
    }
    match &node.slots[node.position(is)?] {
        Slot::Entry(_, entry) => Some(entry),
        Slot::Node(_) => None,
    }
}

/// An entry for writing, which must be there: a miss would copy the way to it.
fn entry_mut<'t>(mut node: &'t mut Node, hash: u64, is: Is<'_>) -> Option<&'t mut Entry> {
    for level in 0..LEVELS {
        let (_, at) = node.way(hash, level);
        match &mut node.slots.make_mut()[at] {
            Slot::Entry(_, entry) => return Some(entry),
            Slot::Node(below) => node = below,
        }
    }
    let at = node.position(is)?;
    match &mut node.slots.make_mut()[at] {
        Slot::Entry(_, entry) => Some(entry),
        Slot::Node(_) => None,
    }
}

/// Puts in an entry, which must not be there.
fn add(node: &mut Node, hash: u64, level: u32, entry: Entry) {
    if level == LEVELS {
        tight::push(&mut node.slots, Slot::Entry(hash, entry));
        return;
    }
    let (bit, at) = node.way(hash, level);
    if !node.has(bit) {
        node.taken |= bit;
        tight::insert(&mut node.slots, at, Slot::Entry(hash, entry));
        return;
    }
    let slot = &mut node.slots.make_mut()[at];
    match slot {
        Slot::Node(below) => add(below, hash, level + 1, entry),
        Slot::Entry(other, old) => {
            // Two go the same way: from here on their next bits part them.
            let mut below = Node::default();
            add(&mut below, *other, level + 1, old.clone());
            add(&mut below, hash, level + 1, entry);
            *slot = Slot::Node(below);
        }
    }
}

/// Takes out an entry, which must be there.
fn remove(node: &mut Node, hash: u64, level: u32, is: Is<'_>) {
    if level == LEVELS {
        if let Some(at) = node.position(is) {
            node.slots.remove(at);
        }
        return;
    }
    let (bit, at) = node.way(hash, level);
    if let Slot::Node(below) = &mut node.slots.make_mut()[at] {
        remove(below, hash, level + 1, is);
        // An entry that is alone down there needs no way of its own.
        if let [last @ Slot::Entry(..)] = below.slots.as_slice() {
            let last = last.clone();
            node.slots.make_mut()[at] = last;
        }
    } else {
        node.taken &= !bit;
        node.slots.remove(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// A key whose hash is one of few, for whole hashes must be able to coincide.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Weak(u8);

    impl Hash for Weak {
        fn hash<H: Hasher>(&self, hasher: &mut H) {
            hasher.write_u8(self.0 / 8);
        }
    }

    fn check<K>(keys: impl Fn(u8) -> K, steps: Vec<(bool, u8, u16)>) -> Result<(), TestCaseError>
    where
        K: Hash + Ord + Clone + 'static,
    {
        let (mut trie, mut model, mut kept) = (HashTrie::default(), BTreeMap::new(), Vec::new());
        for (at, (is_insert, key, value)) in steps.into_iter().enumerate() {
            let key = keys(key);
            if is_insert {
                trie.insert(key.clone(), value);
                model.insert(key, value);
            } else {
                prop_assert_eq!(trie.remove(&key), model.remove(&key).is_some());
            }
            if at % 10 == 0 {
                kept.push((trie.clone(), model.clone()));
            }
        }
        kept.push((trie, model));
        for (trie, model) in kept {
            for key in 0..=u8::MAX {
                prop_assert_eq!(trie.get(&keys(key)), model.get(&keys(key)));
            }
        }
        Ok(())
    }

    proptest! {
        /// What is done is done to the standard library's map too; a copy of every tenth moment
        /// must stay as it was.
        #[test]
        fn does_what_a_map_does(steps: Vec<(bool, u8, u16)>) {
            check(|key| key, steps.clone())?;
            check(Weak, steps)?;
        }
    }

    #[test]
    fn finds_texts() {
        let mut trie = HashTrie::default();
        for number in 0..10_000_u32 {
            trie.insert(format!("pod-{number}"), number);
        }
        for number in 0..10_000 {
            assert_eq!(trie.get(format!("pod-{number}").as_str()), Some(&number));
        }
        assert_eq!(trie.get("pod-x"), None);
    }
}
