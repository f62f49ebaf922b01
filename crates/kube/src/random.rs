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
        ecow::eco_format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }

    /// What `generateName` appends: five of the letters and digits that spell no words
    /// (`k8s.io/apimachinery/pkg/util/rand`).
    pub fn suffix(&mut self) -> [u8; 5] {
        const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
        std::array::from_fn(|_| ALPHABET[self.below(27) as usize])
    }
}
