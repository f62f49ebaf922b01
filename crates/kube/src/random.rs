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
        let (high, low) = (hex(high), hex(low));
        let mut text = [b'-'; 36];
        text[..8].copy_from_slice(&high[..8]);
        text[9..13].copy_from_slice(&high[8..12]);
        text[14..18].copy_from_slice(&high[12..]);
        text[19..23].copy_from_slice(&low[..4]);
        text[24..].copy_from_slice(&low[4..]);
        ascii(&text)
    }

    /// What `generateName` appends: five of the letters and digits that spell no words
    /// (`k8s.io/apimachinery/pkg/util/rand`).
    pub fn suffix(&mut self) -> EcoString {
        const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
        let drawn: [u8; 5] = std::array::from_fn(|_| ALPHABET[self.below(27) as usize]);
        ascii(&drawn)
    }
}

// A formatter takes ten times as long as the next, and every object has some of both.

/// The sixteen digits of a number to the base of sixteen.
#[must_use]
pub fn hex(number: u64) -> [u8; 16] {
    std::array::from_fn(|at| {
        let digit = number >> (60 - 4 * at) & 0xf;
        b"0123456789abcdef"[digit as usize]
    })
}

/// A number to the base of ten, as text.
#[must_use]
pub fn decimal(mut number: u64) -> EcoString {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    while number > 0 || at == digits.len() {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    ascii(&digits[at..])
}

/// Characters that are ASCII, as text.
fn ascii(text: &[u8]) -> EcoString {
    std::str::from_utf8(text).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written() {
        for number in [0, 7, 10, 16_090, u64::MAX] {
            assert_eq!(decimal(number), number.to_string());
            assert_eq!(hex(number).as_slice(), format!("{number:016x}").as_bytes());
        }
        let uuid = Random::new(1).uuid();
        let places = uuid.char_indices().filter(|(_, it)| *it == '-');
        assert_eq!(
            places.map(|(at, _)| at).collect::<Vec<_>>(),
            [8, 13, 18, 23]
        );
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
    }
}
