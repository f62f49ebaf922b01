//! One seeded generator of whole numbers.

use ecow::EcoString;

/// A SplitMix64 generator: the same seed gives the same numbers, everywhere.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The generator of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `0` to `end` without `end`; 0 if `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // The high half of the product: as even as 64 bits allow, and without division.
        ((u128::from(self.draw()) * u128::from(end)) >> 64) as u64
    }

    /// A random UUID (version 4) as text.
    pub fn uuid(&mut self) -> EcoString {
        let high = (self.draw() & 0xffff_ffff_ffff_0fff) | 0x4000;
        let low = (self.draw() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        let digits = hex(high).into_iter().chain(hex(low));
        let mut text = EcoString::with_capacity(36);
        for (at, digit) in digits.enumerate() {
            if matches!(at, 8 | 12 | 16 | 20) {
                text.push('-');
            }
            text.push(digit);
        }
        text
    }

    /// What `generateName` appends: five of the letters and digits that spell no words
    /// (`k8s.io/apimachinery/pkg/util/rand`).
    pub fn suffix(&mut self) -> [u8; 5] {
        const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
        std::array::from_fn(|_| ALPHABET[self.below(27) as usize])
    }
}
/// The sixteen digits of a number to the base of sixteen: a formatter takes ten times as long, and
/// every object has some.
#[must_use]
pub fn hex(number: u64) -> [char; 16] {
    std::array::from_fn(|at| {
        let digit = number >> (60 - 4 * at) & 0xf;
        char::from(b"0123456789abcdef"[digit as usize])
    })
}
