//! An ordered map whose clones are free, as one copy of machine code for all types.
//!
//! A balanced tree (weight-balanced, as in Adams' "Efficient sets: a balancing act") of shared
//! nodes. A write copies the nodes on the way to it that somebody else holds too, and changes the
//! others where they are. The tree sees entries without their type; only a few lines know it.

use std::any::Any;
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

/// An ordered map with free clones.
pub struct SharedMap<K, V> {
    root: Link,
    of: PhantomData<(K, V)>,
}

type Link = Option<Rc<Node>>;
/// A key with its value, without their types.
type Entry = Rc<dyn Any>;

/// The way from the root to an entry, or to where it would be: found with the types, walked without.
#[derive(Clone, Copy, Default)]
struct Path {
    /// A bit for each node on the way: 1 to the right. A tree of 64 levels would have some 60 million
    /// entries.
    turns: u64,
    depth: u32,
    is_there: bool,
}

#[derive(Clone)]
struct Node {
    entry: Entry,
    left: Link,
    right: Link,
    size: usize,
}

impl<K, V> Clone for SharedMap<K, V> {
    fn clone(&self) -> SharedMap<K, V> {
        SharedMap {
            root: self.root.clone(),
            of: PhantomData,
        }
    }
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> SharedMap<K, V> {
        SharedMap {
            root: None,
            of: PhantomData,
        }
    }
}

impl<K: Ord + 'static, V: 'static> SharedMap<K, V> {
    /// An empty map.
    #[must_use]
    pub fn new() -> SharedMap<K, V> {
        SharedMap::default()
    }

    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> usize {
        size(&self.root)
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let mut link = &self.root;
        while let Some(node) = link {
            let (have, value) = pair::<K, V>(&node.entry);
            match key.cmp(have.borrow()) {
                Ordering::Less => link = &node.left,
                Ordering::Greater => link = &node.right,
                Ordering::Equal => return Some(value),
            }
        }
        None
    }

    fn path<Q: Ord + ?Sized>(&self, key: &Q) -> Path
    where
        K: Borrow<Q>,
    {
        let (mut link, mut path) = (&self.root, Path::default());
        while let Some(node) = link {
            match key.cmp(key_of::<K, V>(&node.entry).borrow()) {
                Ordering::Less => link = &node.left,
                Ordering::Greater => {
                    path.turns |= 1 << path.depth;
                    link = &node.right;
                }
                Ordering::Equal => {
                    path.is_there = true;
                    break;
                }
            }
            path.depth += 1;
        }
        path
    }

    /// Whether there is a value of a key.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// The value of a key, for writing.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q> + Clone,
        V: Clone,
    {
        let path = self.path(key);
        if !path.is_there {
            // A miss must not copy the way to it.
            return None;
        }
        let entry = entry_mut(&mut self.root, path)?;
        if Rc::get_mut(entry).is_none() {
            *entry = Rc::new(pair::<K, V>(entry).clone());
        }
        let (_, value) = Rc::get_mut(entry)?.downcast_mut::<(K, V)>()?;
        Some(value)
    }

    /// Puts a value under a key, in place of the one that was there.
    pub fn insert(&mut self, key: K, value: V) {
        let path = self.path(&key);
        if !path.is_there {
            add(
                &mut self.root,
                Rc::new((key, value)),
                path.turns,
                path.depth,
            );
        } else if let Some(entry) = entry_mut(&mut self.root, path) {
            // An entry that nobody else holds is used again.
            match Rc::get_mut(entry).and_then(|entry| entry.downcast_mut::<(K, V)>()) {
                Some(pair) => pair.1 = value,
                None => *entry = Rc::new((key, value)),
            }
        }
    }

    /// Takes a key and its value away. Returns whether they were there.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let path = self.path(key);
        if path.is_there {
            remove(&mut self.root, path.turns, path.depth);
        }
        path.is_there
    }

    /// The entry with the least key.
    #[must_use]
    pub fn first(&self) -> Option<(&K, &V)> {
        let mut node = self.root.as_ref()?;
        while let Some(left) = &node.left {
            node = left;
        }
        Some(typed(pair::<K, V>(&node.entry)))
    }

    /// Takes the entry with the least key away.
    pub fn pop_first(&mut self) -> Option<(K, V)>
    where
        K: Clone,
        V: Clone,
    {
        let first = take_first(&mut self.root)?;
        let first = first.downcast::<(K, V)>().ok()?;
        Some(Rc::unwrap_or_clone(first))
    }

    /// All entries, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> + use<'_, K, V> {
        walk(&self.root).map(|entry| typed(pair::<K, V>(entry)))
    }

    /// The entries from a key on, by key.
    pub fn from<'t, Q: Ord + ?Sized>(
        &'t self,
        key: &Q,
    ) -> impl Iterator<Item = (&'t K, &'t V)> + use<'t, K, V, Q>
    where
        K: Borrow<Q>,
    {
        walk_from(&self.root, self.path(key)).map(|entry| typed(pair::<K, V>(entry)))
    }

    /// All keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> + use<'_, K, V> {
        self.iter().map(|(key, _)| key)
    }

    /// All values, by key.
    pub fn values(&self) -> impl Iterator<Item = &V> + use<'_, K, V> {
        self.iter().map(|(_, value)| value)
    }
}

impl<K: Ord + 'static, V: 'static> FromIterator<(K, V)> for SharedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> SharedMap<K, V> {
        let mut tree = SharedMap::new();
        for (key, value) in pairs {
            tree.insert(key, value);
        }
        tree
    }
}

impl<K, V> PartialEq for SharedMap<K, V>
where
    K: Ord + 'static,
    V: PartialEq + 'static,
{
    fn eq(&self, other: &SharedMap<K, V>) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K, V> fmt::Debug for SharedMap<K, V>
where
    K: Ord + fmt::Debug + 'static,
    V: fmt::Debug + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// An entry with its type. A tree holds entries of one type only.
fn pair<K: 'static, V: 'static>(entry: &Entry) -> &(K, V) {
    match entry.downcast_ref() {
        Some(pair) => pair,
        None => unreachable!("an entry of another tree"),
    }
}

fn key_of<K: 'static, V: 'static>(entry: &Entry) -> &K {
    &pair::<K, V>(entry).0
}

fn typed<K, V>((key, value): &(K, V)) -> (&K, &V) {
    (key, value)
}

// From here on nothing is generic.

/// A side may be this many times as heavy as the other (Data.Map's constants, proven to fit together).
const HEAVIER_MAX: usize = 3;
/// Whether one rotation will do is decided by this ratio of the heavier side's own sides.
const SINGLE_MAX: usize = 2;

fn size(link: &Link) -> usize {
    link.as_ref().map_or(0, |node| node.size)
}

impl Node {
    /// The side to which the lowest turn leads.
    fn side(&self, turns: u64) -> &Link {
        match turns & 1 {
            0 => &self.left,
            _ => &self.right,
        }
    }

    fn side_mut(&mut self, turns: u64) -> &mut Link {
        match turns & 1 {
            0 => &mut self.left,
            _ => &mut self.right,
        }
    }
}

/// The entry at the end of a path.
fn entry_mut(mut link: &mut Link, path: Path) -> Option<&mut Entry> {
    for level in 0..path.depth {
        link = Rc::make_mut(link.as_mut()?).side_mut(path.turns >> level);
    }
    Some(&mut Rc::make_mut(link.as_mut()?).entry)
}

fn add(link: &mut Link, entry: Entry, turns: u64, depth: u32) {
    match link {
        Some(node) if depth > 0 => {
            let node = Rc::make_mut(node);
            add(node.side_mut(turns), entry, turns >> 1, depth - 1);
            balance(node);
        }
        _ => {
            *link = Some(Rc::new(Node {
                entry,
                left: None,
                right: None,
                size: 1,
            }));
        }
    }
}

/// Takes out the entry at the end of a path, which must be there.
fn remove(link: &mut Link, turns: u64, depth: u32) {
    let Some(node) = link else {
        return;
    };
    let node = Rc::make_mut(node);
    if depth > 0 {
        remove(node.side_mut(turns), turns >> 1, depth - 1);
    } else {
        match (node.left.take(), node.right.take()) {
            (None, one) | (one, None) => {
                *link = one;
                return;
            }
            (left, right) => {
                (node.left, node.right) = (left, right);
                if let Some(next) = take_first(&mut node.right) {
                    node.entry = next;
                }
            }
        }
    }
    balance(node);
}

/// Takes out the first entry.
fn take_first(link: &mut Link) -> Option<Entry> {
    let node = Rc::make_mut(link.as_mut()?);
    if node.left.is_some() {
        let first = take_first(&mut node.left);
        balance(node);
        return first;
    }
    let first = node.entry.clone();
    *link = node.right.take();
    Some(first)
}

/// Counts a node's entries again, after one of its sides has gained or lost one, and rotates if that
/// side is now too heavy or too light.
fn balance(node: &mut Node) {
    let (left, right) = (size(&node.left), size(&node.right));
    node.size = left + right + 1;
    if node.size < 3 {
        return;
    }
    if right > HEAVIER_MAX * left {
        if let Some(heavy) = &mut node.right
            && size(&heavy.left) >= SINGLE_MAX * size(&heavy.right)
        {
            rotate_right(Rc::make_mut(heavy));
        }
        rotate_left(node);
    } else if left > HEAVIER_MAX * right {
        if let Some(heavy) = &mut node.left
            && size(&heavy.right) >= SINGLE_MAX * size(&heavy.left)
        {
            rotate_left(Rc::make_mut(heavy));
        }
        rotate_right(node);
    }
}

/// The right child takes the node's place.
fn rotate_left(node: &mut Node) {
    let Some(mut child) = node.right.take() else {
        return;
    };
    let below = Rc::make_mut(&mut child);
    std::mem::swap(&mut node.entry, &mut below.entry);
    node.right = below.right.take();
    below.right = below.left.take();
    below.left = node.left.take();
    below.size = size(&below.left) + size(&below.right) + 1;
    node.left = Some(child);
}

/// The left child takes the node's place.
fn rotate_right(node: &mut Node) {
    let Some(mut child) = node.left.take() else {
        return;
    };
    let below = Rc::make_mut(&mut child);
    std::mem::swap(&mut node.entry, &mut below.entry);
    node.left = below.left.take();
    below.left = below.right.take();
    below.right = node.right.take();
    below.size = size(&below.left) + size(&below.right) + 1;
    node.right = Some(child);
}

/// All entries, in order.
fn walk(mut link: &Link) -> Walk<'_> {
    let mut above = Vec::new();
    while let Some(node) = link {
        above.push(&**node);
        link = &node.left;
    }
    Walk { above }
}

/// The entries from the end of a path on, in order.
fn walk_from(mut link: &Link, path: Path) -> Walk<'_> {
    let mut above = Vec::new();
    for level in 0..=path.depth {
        let Some(node) = link else {
            break;
        };
        let turns = path.turns >> level;
        let is_end = level == path.depth;
        if is_end || turns & 1 == 0 {
            above.push(&**node);
        }
        link = node.side(turns);
    }
    Walk { above }
}

/// Nodes whose entry and right side are still to come; the next one is the last.
struct Walk<'t> {
    above: Vec<&'t Node>,
}

impl<'t> Iterator for Walk<'t> {
    type Item = &'t Entry;

    fn next(&mut self) -> Option<&'t Entry> {
        let node = self.above.pop()?;
        let mut link = &node.right;
        while let Some(below) = link {
            self.above.push(below);
            link = &below.left;
        }
        Some(&node.entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn check(link: &Link) -> usize {
        let Some(node) = link else {
            return 0;
        };
        let (left, right) = (check(&node.left), check(&node.right));
        assert_eq!(node.size, left + right + 1);
        if left + right > 1 {
            assert!(left <= HEAVIER_MAX * right, "{left} {right}");
            assert!(right <= HEAVIER_MAX * left, "{left} {right}");
        }
        node.size
    }

    proptest! {
        /// What is done is done to the standard library's map too; a copy of every tenth moment
        /// must stay as it was.
        #[test]
        fn does_what_an_ordered_map_does(steps: Vec<(bool, u8, u16)>) {
            let mut tree = SharedMap::new();
            let mut model = BTreeMap::new();
            let mut kept = Vec::new();
            for (at, (is_insert, key, value)) in steps.into_iter().enumerate() {
                if is_insert {
                    tree.insert(key, value);
                    model.insert(key, value);
                } else {
                    prop_assert_eq!(tree.remove(&key), model.remove(&key).is_some());
                }
                if let Some(value) = tree.get_mut(&(key / 2)) {
                    *value += 1;
                }
                if let Some(value) = model.get_mut(&(key / 2)) {
                    *value += 1;
                }
                check(&tree.root);
                if at % 10 == 0 {
                    kept.push((tree.clone(), model.clone()));
                    prop_assert_eq!(tree.pop_first(), model.pop_first());
                }
                prop_assert_eq!(tree.first(), model.first_key_value());
            }
            kept.push((tree, model));
            for (tree, model) in kept {
                prop_assert_eq!(tree.len(), model.len());
                prop_assert!(tree.iter().eq(model.iter()));
                for key in 0..=u8::MAX {
                    prop_assert_eq!(tree.get(&key), model.get(&key));
                    prop_assert!(tree.from(&key).eq(model.range(key..)));
                }
            }
        }
    }
}
