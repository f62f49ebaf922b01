//! Chance, from the seed that the caller gives: the same seed, the same chart, the same text.

use super::encoding::base64_encode;
use super::{HelmFunction, fault, int, plain, text};
use crate::render::Context;
use gotmpl::Type::{Int, String as Str};
use gotmpl::{Error, Machine, Value};

/// How many letters may be asked for.
const COUNT_MAX: i64 = 1 << 20;

pub(super) static TABLE: &[HelmFunction] = &[
    plain("randAlpha", &[Int], |machine, args| {
        letters(machine, &args, u8::is_ascii_alphabetic)
    }),
    plain("randAlphaNum", &[Int], |machine, args| {
        letters(machine, &args, u8::is_ascii_alphanumeric)
    }),
    plain("randAscii", &[Int], |machine, args| {
        letters(machine, &args, |byte| (b' '..=b'~').contains(byte))
    }),
    plain("randBytes", &[Int], |machine, args| {
        let count = count(&args)?;
        let bytes: Vec<u8> = (0..count)
            .map(|_| machine.host.random.below(256) as u8)
            .collect();
        Ok(base64_encode(&bytes).into())
    }),
    plain("randInt", &[Int, Int], |machine, args| {
        let (low, high) = (int(&args, 0), int(&args, 1));
        match u64::try_from(high.saturating_sub(low)) {
            Ok(span) if span > 0 => Ok(low
                .wrapping_add(machine.host.random.below(span) as i64)
                .into()),
            _ => fault("invalid argument to Intn"),
        }
    }),
    plain("randNumeric", &[Int], |machine, args| {
        letters(machine, &args, u8::is_ascii_digit)
    }),
    plain("shuffle", &[Str], |machine, args| {
        let mut letters: Vec<char> = text(&args, 0).chars().collect();
        for at in (1..letters.len()).rev() {
            let other = machine.host.random.below(at as u64 + 1) as usize;
            letters.swap(at, other);
        }
        Ok(letters.into_iter().collect::<String>().into())
    }),
    plain("uuidv4", &[], |machine, _| {
        let random = &mut machine.host.random;
        let mut bytes: Vec<u8> = (0..16).map(|_| random.below(256) as u8).collect();
        bytes[6] = bytes[6] & 0x0F | 0x40;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        let digits = super::crypto::hex(&bytes);
        let parts = [
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..],
        ];
        Ok(parts.join("-").into())
    }),
];

fn count(args: &[Value]) -> Result<i64, Error> {
    match int(args, 0) {
        count if count > COUNT_MAX => fault(format!("cannot make more than {COUNT_MAX} letters")),
        count => Ok(count.max(0)),
    }
}

fn letters(
    machine: &mut Machine<'_, Context>,
    args: &[Value],
    wanted: fn(&u8) -> bool,
) -> Result<Value, Error> {
    let alphabet: Vec<u8> = (0..128).filter(wanted).collect();
    let random = &mut machine.host.random;
    let text: String = (0..count(args)?)
        .map(|_| char::from(alphabet[random.below(alphabet.len() as u64) as usize]))
        .collect();
    Ok(text.into())
}

/// A small generator with good statistics: SplitMix64. Not for secrets.
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// A generator that gives the same numbers for the same seed.
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    /// A number below `limit`, which must not be 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        ((u128::from(mixed) * u128::from(limit.max(1))) >> 64) as u64
    }
}
