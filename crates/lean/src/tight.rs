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
        if list.is_unique() {
            grown.extend(std::mem::take(list));
        } else {
            grown.extend_from_slice(list);
        }
        *list = grown;
    }
    list.insert(at, item);
}

/// Puts an item at the end of such a list.
pub fn push<T: Clone>(list: &mut EcoVec<T>, item: T) {
    insert(list, list.len(), item);
}

/// The items for writing: if others hold them too, they are copied, without room for more.
pub fn make_mut<T: Clone>(list: &mut EcoVec<T>) -> &mut [T] {
    if !list.is_unique() {
        let mut own = EcoVec::with_capacity(list.len());
        own.extend_from_slice(list);
        *list = own;
    }
    list.make_mut()
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
    if text.len() <= INLINE || LONG < text.len() {
        return text.into();
    }
    let slot = (hash(text) >> 32) as usize % SLOTS;
    RECENT.with_borrow_mut(|recent| {
        let kept = &mut recent[slot];
        if kept != text {
            *kept = text.into();
        }
        kept.clone()
    })
}

/// A number for a text, of its length, its beginning and its end.
#[must_use]
pub fn hash(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let [first, last] = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => [first, last].map(|it| u64::from_le_bytes(*it)),
        _ => [
            bytes
                .iter()
                .fold(0, |all, byte| all << 8 | u64::from(*byte)),
            0,
        ],
    };
    mix(mix(bytes.len() as u64, first), last)
}

/// A number for a number and another one after it.
#[must_use]
pub fn mix(hash: u64, next: u64) -> u64 {
    (hash.rotate_left(5) ^ next).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_has_little_room() {
        let (mut list, mut expected) = (EcoVec::new(), Vec::new());
        for item in 0..100 {
            // As in a snapshot.
            let before = (list.clone(), expected.clone());
            insert(&mut list, item / 2, item);
            make_mut(&mut list)[item / 3] += 1;
            expected.insert(item / 2, item);
            expected[item / 3] += 1;
            assert_eq!(list.as_slice(), expected);
            assert_eq!(before.0.as_slice(), before.1);
            assert!(list.capacity() <= list.len() + list.len() / 8, "{item}");
        }
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
