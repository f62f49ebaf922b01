//! Base64 and base32.

use super::{HelmFunction, bytes, plain};
use gotmpl::Type::String as Str;
use gotmpl::Value;
use gotmpl::value::Text;

pub(super) static TABLE: &[HelmFunction] = &[
    plain("b32dec", &[Str], |_, args| {
        Ok(decoded(bytes(&args, 0), &BASE32))
    }),
    plain("b32enc", &[Str], |_, args| {
        Ok(encode(bytes(&args, 0), &BASE32).into())
    }),
    plain("b64dec", &[Str], |_, args| {
        Ok(decoded(bytes(&args, 0), &BASE64))
    }),
    plain("b64enc", &[Str], |_, args| {
        Ok(base64_encode(bytes(&args, 0)).into())
    }),
];

/// An encoding: its alphabet, how many bits a letter has and how many letters a group has.
struct Base {
    name: &'static str,
    alphabet: &'static [u8],
    bits: u32,
    group: usize,
}

static BASE64: Base = Base {
    name: "base64",
    alphabet: b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    bits: 6,
    group: 4,
};

static BASE32: Base = Base {
    name: "base32",
    alphabet: b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    bits: 5,
    group: 8,
};

/// The bytes in standard base64 with padding.
pub(crate) fn base64_encode(bytes: &[u8]) -> String {
    encode(bytes, &BASE64)
}

fn encode(bytes: &[u8], base: &Base) -> String {
    let mut out = String::new();
    let (mut bits, mut count) = (0u64, 0);
    for byte in bytes {
        bits = (bits << 8) | u64::from(*byte);
        count += 8;
        while count >= base.bits {
            count -= base.bits;
            push_letter(&mut out, base, bits >> count);
        }
    }
    if count > 0 {
        push_letter(&mut out, base, bits << (base.bits - count));
    }
    while !out.len().is_multiple_of(base.group) {
        out.push('=');
    }
    out
}

fn push_letter(out: &mut String, base: &Base, bits: u64) {
    let index = (bits & ((1 << base.bits) - 1)) as usize;
    out.push(char::from(base.alphabet[index]));
}

/// The text that is encoded, or Go's error as text: sprig gives it as if it were the result.
fn decoded(text: &[u8], base: &Base) -> Value {
    match decode(text, base) {
        Ok(bytes) => Text::from(bytes).into(),
        Err(at) => format!("illegal {} data at input byte {at}", base.name).into(),
    }
}

/// Decodes; the error is the offset that Go names.
fn decode(text: &[u8], base: &Base) -> Result<Vec<u8>, usize> {
    let letters: Vec<(usize, u8)> = text
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, byte)| !matches!(byte, b'\n' | b'\r'))
        .collect();
    let mut out = Vec::new();
    for group in letters.chunks(base.group) {
        let data = group.iter().take_while(|(_, byte)| *byte != b'=').count();
        let (mut bits, mut count) = (0u64, 0);
        for (at, byte) in &group[..data] {
            let Some(value) = base.alphabet.iter().position(|letter| letter == byte) else {
                return Err(*at);
            };
            bits = (bits << base.bits) | value as u64;
            count += base.bits;
        }
        let start = group[0].0;
        if group.len() < base.group {
            return Err(if base.bits == 6 { start } else { text.len() });
        }
        if data < base.group {
            // Padding must fill the group, and be the end.
            let padding_ok = group[data..].iter().all(|(_, byte)| *byte == b'=');
            if data < 2 || !padding_ok {
                return Err(group[data].0);
            }
            let last = group[group.len() - 1].0;
            if let Some((at, _)) = letters.iter().find(|(at, _)| *at > last) {
                return Err(*at);
            }
        }
        while count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Ok(out)
}

/// Standard base64, or Go's error.
pub(crate) fn base64_decode_or(text: &[u8]) -> Result<Vec<u8>, String> {
    decode(text, &BASE64).map_err(|at| format!("illegal base64 data at input byte {at}"))
}

/// Standard base64; none if it is wrong.
pub(crate) fn base64_decode(text: &[u8]) -> Option<Vec<u8>> {
    decode(text, &BASE64).ok()
}
