//! Little memory for much that is kept: lists without room to grow, and texts that are kept once.

use ecow::{EcoString, EcoVec};
use std::cell::RefCell;

/// Puts an item into a list that will be kept for long and seldom grows: it gets little more room than it
/// needs, where [`EcoVec::insert`] would double it.
pub fn insert<T: Clone>(list: &mut EcoVec<T>, at: usize, item: T) {
    let length = list.len();
    if length == list.capacity() {
        // Long ones that do grow are not to be copied each time.
        let mut grown = EcoVec::with_capacity(length + 1 + length / 8);
        grown.extend(std::mem::take(list));
        *list = grown;
    }
    list.insert(at, item);
}

/// Puts an item at the end of such a list.
pub fn push<T: Clone>(list: &mut EcoVec<T>, item: T) {
    insert(list, list.len(), item);
}

/// The same list without the room to grow that it may have.
#[must_use]
pub fn fit<T: Clone>(list: EcoVec<T>) -> EcoVec<T> {
    if list.len() == list.capacity() {
        return list;
    }
    let mut tight = EcoVec::with_capacity(list.len());
    tight.extend(list);
    tight
}

/// How many bytes a text may have that is kept in its place, without memory of its own.
const INLINE: usize = 15;
/// A text longer than this is hardly said twice.
const LONG: usize = 64;
/// How many texts are remembered.
const SLOTS: usize = 256;

thread_local! {
    /// The texts that were asked for last, by their hash.
    static RECENT: RefCell<[EcoString; SLOTS]> = const { RefCell::new([const { EcoString::new() }; SLOTS]) };
}

/// A text that many places hold, such as the name of a field: one of those that were asked for lately is
/// shared, so that it is in memory once.
#[must_use]
pub fn shared(text: &str) -> EcoString {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) else {
        return text.into();
    };
    if bytes.len() <= INLINE || LONG < bytes.len() {
        return text.into();
    }
    let [first, last] = [first, last].map(|bytes| u64::from_le_bytes(*bytes));
    let hash = (first.rotate_left(5) ^ last).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let slot = (hash >> 32) as usize % SLOTS;
    RECENT.with_borrow_mut(|recent| {
        let kept = &mut recent[slot];
        if kept != text {
            *kept = text.into();
        }
        kept.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_has_little_room() {
        let mut list = EcoVec::new();
        for item in 0..100 {
            // As in a snapshot.
            let before = list.clone();
            insert(&mut list, item / 2, item);
            assert_eq!((before.len(), list.len()), (item, item + 1));
            assert!(list.capacity() <= list.len() + list.len() / 8, "{item}");
        }
        let mut expected = Vec::new();
        for item in 0..100 {
            expected.insert(item / 2, item);
        }
        assert_eq!(list.as_slice(), expected);
        assert_eq!(fit(list).capacity(), 100);
    }

    #[test]
    fn texts_are_shared() {
        let texts = [
            "",
            "short",
            "just 15 letters",
            "lastTransitionTime",
            "observedGeneration",
        ];
        let long = "x".repeat(LONG + 1);
        for text in texts.into_iter().chain([long.as_str()]) {
            assert_eq!(shared(text), text);
        }
        let [one, other] = [0, 1].map(|_| shared("lastTransitionTime"));
        assert_eq!(one.as_ptr(), other.as_ptr());
        for number in 0..10_000 {
            let text = format!("a text of some length {number}");
            assert_eq!(shared(&text), text);
        }
    }
}
