//! Sorting and collecting, as one copy of machine code for all element types; and what keeps memory small.
//!
//! The standard library's sort is compiled anew for every element type and every comparison: four
//! kilobytes of WebAssembly each time. `collect` into a `BTreeMap` or `BTreeSet` sorts too. The forty
//! uses in the lab made a tenth of what a browser had to load. Here only a few lines are generic; the
//! sort itself sees numbers. That costs a call per comparison, which lists as short as the lab's do
//! not notice. Knows nothing of what is sorted.

mod flat_map;
mod hash_trie;
mod shared_map;
mod sort_key;
mod text;
pub mod tight;

pub use flat_map::{FlatMap, FlatSet};
pub use hash_trie::{HashTrie, Keyed};
pub use shared_map::SharedMap;
pub use sort_key::{Bytes, SortKey};
pub use text::{compare, is_same};

use ecow::EcoString;
use std::cmp::Ordering;

/// One text of several, made at once: a formatter takes five times as long.
#[must_use]
pub fn joined(parts: &[&str]) -> EcoString {
    let mut text = EcoString::with_capacity(parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| text.push_str(part));
    text
}

/// Puts an item before those that were remembered so far, of which the last is forgotten if there are more
/// than `most`.
pub fn remember<T>(items: &mut Vec<T>, item: T, most: usize) {
    items.truncate(most.saturating_sub(1));
    items.insert(0, item);
}

/// Sorts in ascending order; equal items keep their order.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// Sorts by a key in ascending order; items with equal keys keep their order. Each key is made once.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    let keys: Vec<K> = items.iter().map(key).collect();
    let places = places(keys.len(), &|a, b| keys[a].cmp(&keys[b]));
    arrange(items, places);
}

/// The first `count` items in the order of a key, in that order; items with equal keys keep theirs. Each
/// key is made once. Of many items a few are found sooner than all are sorted.
pub fn first_by_key<T: Clone, K: Ord>(items: &[T], count: usize, key: impl Fn(&T) -> K) -> Vec<T> {
    let keys: Vec<K> = items.iter().map(key).collect();
    let places = first(keys.len(), count, &|a, b| keys[a].cmp(&keys[b]));
    places.into_iter().map(|at| items[at].clone()).collect()
}

/// The places of the `most` first of `count` items, in order.
#[inline(never)]
fn first(count: usize, most: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::with_capacity(most.min(count));
    for item in 0..count {
        if found.len() == most {
            match found.last() {
                Some(last) if compare(item, *last) == Ordering::Less => _ = found.pop(),
                _ => continue,
            }
        }
        let at = found.partition_point(|other| compare(*other, item) != Ordering::Greater);
        found.insert(at, item);
    }
    found
}

/// Sorts as `compare` says; items that it calls equal keep their order.
pub fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let places = places(items.len(), &|a, b| compare(&items[a], &items[b]));
    arrange(items, places);
}

/// Moves each item to its place; each swap brings one there.
fn arrange<T>(items: &mut [T], mut places: Vec<usize>) {
    for at in 0..items.len() {
        while places[at] != at {
            let place = places[at];
            items.swap(at, place);
            places.swap(at, place);
        }
    }
}

/// Where each of `count` items goes, the items being compared by their numbers.
///
/// A merge sort, which ends with some order even where `compare` contradicts itself: go-yaml's order
/// of keys does, and the standard library's sort panics then.
#[inline(never)]
fn places(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut merged = Vec::with_capacity(count);
    let mut width = 1;
    while width < count {
        for run in order.chunks(2 * width) {
            let (mut left, mut right) = run.split_at(width.min(run.len()));
            while let ([first, later @ ..], [second, after @ ..]) = (left, right) {
                if compare(*first, *second) == Ordering::Greater {
                    merged.push(*second);
                    right = after;
                } else {
                    merged.push(*first);
                    left = later;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut order, &mut merged);
        merged.clear();
        width *= 2;
    }
    let mut places = vec![0; count];
    for (place, item) in order.into_iter().enumerate() {
        places[item] = place;
    }
    places
}

/// Collects pairs into a map, without the sorting that `collect` brings along. Of pairs with the same key
/// the last one counts.
pub fn map<M: Default + Extend<(K, V)>, K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> M {
    let mut map = M::default();
    map.extend(pairs);
    map
}

/// Collects items into a set.
pub fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> FlatSet<T> {
    items.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(items: Vec<(u8, u16)>) {
            let mut expected = items.clone();
            expected.sort();
            let mut sorted = items.clone();
            sort(&mut sorted);
            prop_assert_eq!(sorted, expected);

            // Few keys, so that many are equal: their order tells whether the sort is stable.
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0 % 4);
            for count in [0, 1, items.len() / 2, items.len(), items.len() + 1] {
                let first = first_by_key(&items, count, |item| item.0 % 4);
                prop_assert_eq!(first, &expected[..count.min(items.len())]);
            }
            let mut sorted = items;
            sort_by_key(&mut sorted, |item| item.0 % 4);
            prop_assert_eq!(sorted, expected);
        }

        #[test]
        fn an_order_that_contradicts_itself_loses_nothing(items: Vec<u8>) {
            let mut sorted = items.clone();
            sort_by(&mut sorted, |a, b| (a % 3).cmp(&(b % 7)));
            sort(&mut sorted);
            let mut expected = items;
            expected.sort();
            prop_assert_eq!(sorted, expected);
        }

        #[test]
        fn collects_as_the_standard_library_does(pairs: Vec<(u8, u16)>) {
            let expected: BTreeMap<u8, u16> = pairs.iter().copied().collect();
            prop_assert_eq!(map::<BTreeMap<_, _>, _, _>(pairs.clone()), expected);
            let expected: BTreeSet<(u8, u16)> = pairs.iter().copied().collect();
            prop_assert!(set(pairs).iter().eq(&expected));
        }
    }
}
