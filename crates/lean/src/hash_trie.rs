//! A map without an order whose clones are free.
//!
//! A hash array mapped trie (Bagwell, "Ideal hash trees"): four bits of a key's hash lead from a node
//! to the next. The way to one of 50,000 items is four nodes long; in a [`crate::SharedMap`] of texts it
//! takes some six. A write copies the nodes on the way to it that somebody else holds too, and changes the
//! others where they are.
//!
//! An item knows its own key and lies in its node, without a place of its own in memory: the lab has few
//! such maps, which are asked for at every step, so each has its copy of machine code.
//!
//! Who goes through the items gets them sorted, so nothing can come to depend on how keys are hashed.

use crate::tight;
use ecow::EcoVec;
use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// What has a key.
pub trait Keyed {
    /// The key's type.
    type Key: Hash + Eq;

    /// The key.
    fn key(&self) -> &Self::Key;
}

/// A pair's first part is its key.
impl<K: Hash + Eq, V> Keyed for (K, V) {
    type Key = K;

    fn key(&self) -> &K {
        &self.0
    }
}

impl<T: Keyed> Keyed for Rc<T> {
    type Key = T::Key;

    fn key(&self) -> &T::Key {
        T::key(self)
    }
}

/// A map without an order, with free clones.
#[derive(Clone)]
pub struct HashTrie<T> {
    root: Node<T>,
}

/// What begins with the same bits.
#[derive(Clone)]
struct Node<T> {
    /// Which of the sixteen ways from here lead anywhere.
    taken: u16,
    /// Those that do, in order. Where all bits of the hash are used up: whatever has this hash.
    slots: EcoVec<Slot<T>>,
}

#[derive(Clone)]
enum Slot<T> {
    /// An item, with the hash of its key.
    Item(u64, T),
    Node(Node<T>),
}

/// How many bits lead from a node to the next.
const BITS: u32 = 4;
/// How many nodes there are on the longest way.
const LEVELS: u32 = u64::BITS / BITS;

impl<T> Default for HashTrie<T> {
    fn default() -> HashTrie<T> {
        HashTrie {
            root: Node::default(),
        }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Node<T> {
        Node {
            taken: 0,
            slots: EcoVec::new(),
        }
    }
}

impl<T> fmt::Debug for HashTrie<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashTrie")
    }
}

impl<T: Keyed + Clone> HashTrie<T> {
    /// The item of a key.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<&T>
    where
        T::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let (hash, mut node) = (hash_of(key), &self.root);
        for level in 0..LEVELS {
            let (bit, at) = node.way(hash, level);
            if !node.has(bit) {
                return None;
            }
            match &node.slots[at] {
                Slot::Item(have, item) => {
                    return (*have == hash && item.key().borrow() == key).then_some(item);
                }
                Slot::Node(below) => node = below,
            }
        }
        match &node.slots[node.position(key)?] {
            Slot::Item(_, item) => Some(item),
            Slot::Node(_) => None,
        }
    }

    /// The item of a key, for writing. Its key must stay.
    pub fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut T>
    where
        T::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        // A miss must not copy the way to it.
        self.get(key)?;
        let (hash, mut node) = (hash_of(key), &mut self.root);
        for level in 0..LEVELS {
            let (_, at) = node.way(hash, level);
            match &mut tight::make_mut(&mut node.slots)[at] {
                Slot::Item(_, item) => return Some(item),
                Slot::Node(below) => node = below,
            }
        }
        let at = node.position(key)?;
        match &mut tight::make_mut(&mut node.slots)[at] {
            Slot::Item(_, item) => Some(item),
            Slot::Node(_) => None,
        }
    }

    /// The items that a test picks, in the order of a key that no two of them share.
    pub fn sorted_by_key<'a, K: Ord>(
        &'a self,
        test: &dyn Fn(&T) -> bool,
        key: impl Fn(&&'a T) -> K,
    ) -> Vec<&'a T> {
        let mut items = Vec::new();
        self.root.gather(test, &mut items);
        crate::sort_by_key(&mut items, key);
        items
    }

    /// Puts an item in, in place of the one with its key.
    pub fn insert(&mut self, item: T) {
        let hash = hash_of(item.key());
        let mut node = &mut self.root;
        for level in 0..LEVELS {
            let (bit, at) = node.way(hash, level);
            if !node.has(bit) {
                node.taken |= bit;
                tight::insert(&mut node.slots, at, Slot::Item(hash, item));
                return;
            }
            let slot = &mut tight::make_mut(&mut node.slots)[at];
            if let Slot::Item(have, old) = slot {
                if *have == hash && old.key() == item.key() {
                    *old = item;
                    return;
                }
                // Two go the same way: from here on their next bits part them.
                *slot = Slot::Node(Node::of(*have, level + 1, old.clone()));
            }
            match slot {
                Slot::Node(below) => node = below,
                Slot::Item(..) => unreachable!("made a node above"),
            }
        }
        match node.position(item.key()) {
            Some(at) => tight::make_mut(&mut node.slots)[at] = Slot::Item(hash, item),
            None => tight::push(&mut node.slots, Slot::Item(hash, item)),
        }
    }

    /// Takes the item of a key away. Returns whether it was there.
    pub fn remove(&mut self, key: &T::Key) -> bool {
        // A miss must not copy the way to it.
        let is_there = self.get(key).is_some();
        if is_there {
            self.root.remove(hash_of(key), 0, key);
        }
        is_there
    }
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
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        // The end again, where there is so much: it takes less than byte by byte.
        let half = |bytes: Option<&[u8; 4]>| bytes.map_or(0, |it| u32::from_le_bytes(*it).into());
        match (rest, bytes.last_chunk()) {
            ([], _) => {}
            (_, Some(last)) => self.mix(u64::from_le_bytes(*last)),
            ([_, _, _, _, ..], _) => {
                let (first, last): (u64, u64) = (half(rest.first_chunk()), half(rest.last_chunk()));
                self.mix(first | last << 32);
            }
            _ => self.mix(
                rest.iter()
                    .fold(0, |word, byte| word << 8 | u64::from(*byte)),
            ),
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

impl<T> Node<T> {
    /// The way that these bits lead, as a bit, and its place among those that are taken.
    fn way(&self, hash: u64, level: u32) -> (u16, usize) {
        let bit = 1 << ((hash >> (BITS * level)) & 15);
        let before = (self.taken & (bit - 1)).count_ones();
        (bit, before as usize)
    }

    fn has(&self, bit: u16) -> bool {
        self.taken & bit != 0
    }

    /// Adds all items that a test picks.
    fn gather<'a>(&'a self, test: &dyn Fn(&T) -> bool, items: &mut Vec<&'a T>) {
        for slot in &self.slots {
            match slot {
                Slot::Item(_, item) if test(item) => items.push(item),
                Slot::Item(..) => {}
                Slot::Node(below) => below.gather(test, items),
            }
        }
    }
}

impl<T: Keyed + Clone> Node<T> {
    /// The place of an item in a list of those with one hash.
    fn position<Q>(&self, key: &Q) -> Option<usize>
    where
        T::Key: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let is = |slot: &Slot<T>| matches!(slot, Slot::Item(_, item) if item.key().borrow() == key);
        self.slots.iter().position(is)
    }

    /// A node of one item.
    fn of(hash: u64, level: u32, item: T) -> Node<T> {
        let mut node = Node::default();
        if level < LEVELS {
            node.taken = node.way(hash, level).0;
        }
        tight::push(&mut node.slots, Slot::Item(hash, item));
        node
    }

    /// Takes out an item, which must be there.
    fn remove(&mut self, hash: u64, level: u32, key: &T::Key) {
        if level == LEVELS {
            if let Some(at) = self.position(key) {
                self.slots.remove(at);
            }
            return;
        }
        let (bit, at) = self.way(hash, level);
        let slot = &mut tight::make_mut(&mut self.slots)[at];
        if let Slot::Node(below) = slot {
            below.remove(hash, level + 1, key);
            // An item that is alone down there needs no way of its own.
            if let [last @ Slot::Item(..)] = below.slots.as_slice() {
                *slot = last.clone();
            }
        } else {
            self.taken &= !bit;
            self.slots.remove(at);
        }
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
            if let Some((_, old)) = trie.get_mut(&key) {
                *old ^= value;
            }
            model.entry(key.clone()).and_modify(|old| *old ^= value);
            if is_insert {
                trie.insert((key.clone(), value));
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
                let found = trie.get(&keys(key)).map(|(_, value)| value);
                prop_assert_eq!(found, model.get(&keys(key)));
            }
            let is_even = |value: u16| value & 1 == 0;
            let sorted = trie.sorted_by_key(&|(_, value)| is_even(*value), |(key, _)| key.clone());
            let expected = model.iter().filter(|(_, value)| is_even(**value));
            prop_assert!(
                sorted
                    .into_iter()
                    .map(|(key, value)| (key, value))
                    .eq(expected)
            );
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
            trie.insert((format!("pod-{number}"), number));
        }
        for number in 0..10_000 {
            let key = format!("pod-{number}");
            assert_eq!(trie.get(&key), Some(&(key.clone(), number)));
        }
        assert_eq!(trie.get(&"pod-x".to_owned()), None);
    }
}
