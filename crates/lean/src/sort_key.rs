//! Keys as bytes that sort as the keys do.

use ecow::EcoString;
use std::cmp::Reverse;

/// What a [`crate::SharedMap`] is ordered by: its bytes, one after the other.
pub trait SortKey: Eq {
    /// Appends the key as a part of a longer one: no other key begins with these bytes.
    fn append_to(&self, bytes: &mut Bytes);

    /// The bytes of the whole key, which are made in `room` if there are none to lend.
    fn sort_key<'a>(&'a self, room: &'a mut Bytes) -> &'a [u8] {
        self.append_to(room);
        room.as_slice()
    }
}

/// How many bytes have room without memory of their own: most keys of objects do.
const ROOM: usize = 88;

/// The bytes of a key.
#[derive(Debug)]
pub struct Bytes {
    few: [u8; ROOM],
    length: usize,
    /// All of them, if they are too many.
    many: Vec<u8>,
}

impl Default for Bytes {
    fn default() -> Bytes {
        Bytes {
            few: [0; ROOM],
            length: 0,
            many: Vec::new(),
        }
    }
}

impl Bytes {
    /// Appends some.
    pub fn push(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        match self.few.get_mut(self.length..end) {
            Some(room) if self.many.is_empty() => room.copy_from_slice(bytes),
            _ => {
                if self.many.is_empty() {
                    self.many.extend_from_slice(&self.few[..self.length]);
                }
                self.many.extend_from_slice(bytes);
            }
        }
        self.length = end;
    }

    fn as_slice(&self) -> &[u8] {
        match self.many.is_empty() {
            true => &self.few[..self.length],
            false => &self.many,
        }
    }
}

impl SortKey for str {
    /// Two zeros end it; a zero of its own is followed by a one.
    fn append_to(&self, bytes: &mut Bytes) {
        let mut rest = self.as_bytes();
        while let Some(zero) = rest.iter().position(|byte| *byte == 0) {
            bytes.push(&rest[..zero]);
            bytes.push(&[0, 1]);
            rest = &rest[zero + 1..];
        }
        bytes.push(rest);
        bytes.push(&[0, 0]);
    }

    fn sort_key<'a>(&'a self, _: &'a mut Bytes) -> &'a [u8] {
        self.as_bytes()
    }
}

impl SortKey for EcoString {
    fn append_to(&self, bytes: &mut Bytes) {
        self.as_str().append_to(bytes);
    }

    fn sort_key<'a>(&'a self, _: &'a mut Bytes) -> &'a [u8] {
        self.as_bytes()
    }
}

impl<const N: usize> SortKey for [u8; N] {
    fn append_to(&self, bytes: &mut Bytes) {
        bytes.push(self);
    }
}

impl<A: SortKey, B: SortKey> SortKey for (A, B) {
    fn append_to(&self, bytes: &mut Bytes) {
        self.0.append_to(bytes);
        self.1.append_to(bytes);
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl SortKey for $number {
            fn append_to(&self, bytes: &mut Bytes) {
                bytes.push(&self.to_be_bytes());
            }
        }
    )*};
}

numbers!(u8, u32, u64, usize);

impl SortKey for Reverse<u64> {
    fn append_to(&self, bytes: &mut Bytes) {
        (!self.0).append_to(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(key: &(impl SortKey + ?Sized)) -> Vec<u8> {
        key.sort_key(&mut Bytes::default()).to_vec()
    }

    proptest! {
        /// Few letters, one of them zero, so that many texts share their beginnings; and long ones.
        #[test]
        fn sorts_as_the_keys_do(
            a in ("[\0\u{1}a]{0,4}", "[\0a]{0,4}", any::<u64>()),
            b in ("[\0\u{1}a]{0,4}", "[\0a]{0,4}", any::<u64>()),
            long in 0_usize..200,
        ) {
            let key = |(first, second, number): &(String, String, u64)| {
                let first = EcoString::from(first.as_str());
                let second = EcoString::from(second.as_str()) + "x".repeat(long).as_str();
                ((first, second), Reverse(*number))
            };
            let (a, b) = (key(&a), key(&b));
            prop_assert_eq!(bytes(&a).cmp(&bytes(&b)), a.cmp(&b));
            prop_assert_eq!(bytes(&a.0.0).cmp(&bytes(&b.0.0)), a.0.0.cmp(&b.0.0));
        }
    }
}
