//! Comparing short texts. Nothing is done more often, and it takes less to do it here than to call whoever
//! compares memory.

use std::cmp::Ordering;

/// Whether two texts are the same.
#[inline]
#[must_use]
pub fn is_same(a: &str, b: &str) -> bool {
    fn ends<const N: usize>(text: &[u8]) -> (Option<&[u8; N]>, Option<&[u8; N]>) {
        (text.first_chunk(), text.last_chunk())
    }
    let (a, b) = (a.as_bytes(), b.as_bytes());
    a.len() == b.len()
        && match a.len() {
            0 => true,
            1..=3 => {
                let (middle, last) = (a.len() / 2, a.len() - 1);
                (a[0], a[middle], a[last]) == (b[0], b[middle], b[last])
            }
            4..=8 => ends::<4>(a) == ends::<4>(b),
            9..=16 => ends::<8>(a) == ends::<8>(b),
            _ => a.as_ptr() == b.as_ptr() || a == b,
        }
}

/// The order of two texts of which most are the same or differ in their first byte, such as kinds.
#[inline]
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    match a.bytes().next().cmp(&b.bytes().next()) {
        Ordering::Equal if is_same(a, b) => Ordering::Equal,
        Ordering::Equal => a.cmp(b),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Few letters, so that many texts share their beginnings and ends.
        #[test]
        fn compares_as_the_standard_library_does(a in "[ab]{0,20}", b in "[ab]{0,20}", c in "[ab]{0,3}") {
            for (a, b) in [(&a, &b), (&a, &a.clone()), (&format!("{a}{c}"), &a), (&c, &b)] {
                prop_assert_eq!(is_same(a, b), a == b);
                prop_assert_eq!(compare(a, b), a.cmp(b));
            }
        }
    }
}
