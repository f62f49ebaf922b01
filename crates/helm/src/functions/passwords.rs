//! `derivePassword`: a password for a site, made from a master password (the Master Password
//! algorithm, version 1, which sprig has).

use super::{HelmFunction, bytes, plain, text};
use gotmpl::Type::{String as Str, Uint32};
use gotmpl::value::Text;
use gotmpl::{Error, Value};
use sha2::{Digest, Sha256};

pub(super) static TABLE: &[HelmFunction] = &[plain(
    "derivePassword",
    &[Uint32, Str, Str, Str, Str],
    |machine, args| {
        machine.charge(SCRYPT_STEPS)?;
        derive(&args)
    },
)];

/// What the key's derivation costs in steps of a template, by the time that it takes.
const SCRYPT_STEPS: u64 = 100_000;

/// What goes before the name of the user and of the site.
const SCOPE: &[u8] = b"com.lyndir.masterpassword";

/// The forms that a password of each kind may have: a letter for each of its characters.
const FORMS: [(&str, &str); 6] = [
    ("maximum", "anoxxxxxxxxxxxxxxxxx axxxxxxxxxxxxxxxxxno"),
    (
        "long",
        "CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno \
         CvcvnoCvccCvcv CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno \
         CvccnoCvccCvcv CvccCvccnoCvcv CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno \
         CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno",
    ),
    ("medium", "CvcnoCvc CvcCvcno"),
    ("short", "Cvcn"),
    ("basic", "aaanaaan aannaaan aaannaaa"),
    ("pin", "nnnn"),
];

/// The characters that a letter of a form stands for.
fn choices(letter: u8) -> &'static [u8] {
    match letter {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

fn derive(args: &[Value]) -> Result<Value, Error> {
    let counter = match args[0] {
        Value::Uint(_, number) => number as u32,
        _ => 0,
    };
    let kind = text(args, 1);
    let Some((_, forms)) = FORMS.iter().find(|(name, _)| *name == kind) else {
        return Ok(format!("cannot find password template {kind}").into());
    };
    let scoped = |name: &[u8]| [SCOPE, &(name.len() as u32).to_be_bytes(), name].concat();
    let key = scrypt(bytes(args, 2), &scoped(bytes(args, 3)));
    let message = [scoped(bytes(args, 4)), counter.to_be_bytes().to_vec()].concat();
    let seed = hmac(&key, &[&message]);
    let forms: Vec<&str> = forms.split_whitespace().collect();
    let form = forms[usize::from(seed[0]) % forms.len()];
    let password: Vec<u8> = form
        .bytes()
        .zip(&seed[1..])
        .map(|(letter, seed)| choices(letter)[usize::from(*seed) % choices(letter).len()])
        .collect();
    Ok(Text::from(password).into())
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = [0u8; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut inner = Sha256::new_with_prefix(block.map(|byte| byte ^ 0x36));
    parts.iter().for_each(|part| inner.update(part));
    let mut outer = Sha256::new_with_prefix(block.map(|byte| byte ^ 0x5C));
    outer.update(inner.finalize());
    outer.finalize().into()
}

/// PBKDF2 with HMAC-SHA-256 and one round (RFC 2898).
fn pbkdf2(password: &[u8], salt: &[u8], length: usize) -> Vec<u8> {
    let blocks = (1u32..).map(|block| hmac(password, &[salt, &block.to_be_bytes()]));
    blocks.flatten().take(length).collect()
}

/// The cost of the algorithm: how many blocks are held, how many words a block has, how many lanes.
const COST: usize = 32_768;
const BLOCK_WORDS: usize = 2 * 8 * 16;
const LANES: usize = 2;

/// scrypt with N = 32768, r = 8, p = 2 and a key of 64 bytes (RFC 7914). It holds 32 MiB.
fn scrypt(password: &[u8], salt: &[u8]) -> Vec<u8> {
    let start = pbkdf2(password, salt, LANES * BLOCK_WORDS * 4);
    let mut words: Vec<u32> = start
        .chunks_exact(4)
        .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
        .collect();
    let mut table = vec![0u32; COST * BLOCK_WORDS];
    for lane in words.chunks_exact_mut(BLOCK_WORDS) {
        for held in table.chunks_exact_mut(BLOCK_WORDS) {
            held.copy_from_slice(lane);
            mix_block(lane);
        }
        for _ in 0..COST {
            let at = lane[BLOCK_WORDS - 16] as usize % COST * BLOCK_WORDS;
            for (word, held) in lane.iter_mut().zip(&table[at..]) {
                *word ^= held;
            }
            mix_block(lane);
        }
    }
    let mixed: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    pbkdf2(password, &mixed, 64)
}

/// scryptBlockMix: each 16 words are mixed with those before; the even ones come first after.
fn mix_block(block: &mut [u32]) {
    let mut mixed = [0u32; BLOCK_WORDS];
    let mut state = [0u32; 16];
    state.copy_from_slice(&block[BLOCK_WORDS - 16..]);
    for (at, part) in block.chunks_exact(16).enumerate() {
        for (word, other) in state.iter_mut().zip(part) {
            *word ^= other;
        }
        salsa(&mut state);
        let to = (at / 2 + at % 2 * (BLOCK_WORDS / 32)) * 16;
        mixed[to..to + 16].copy_from_slice(&state);
    }
    block.copy_from_slice(&mixed);
}

/// Salsa20/8.
fn salsa(state: &mut [u32; 16]) {
    let before = *state;
    let turn = |state: &mut [u32; 16], quarter: [usize; 4]| {
        let [a, b, c, d] = quarter;
        for (to, from, other, by) in [(b, a, d, 7), (c, b, a, 9), (d, c, b, 13), (a, d, c, 18)] {
            state[to] ^= state[from].wrapping_add(state[other]).rotate_left(by);
        }
    };
    for _ in 0..4 {
        for column in 0..4 {
            turn(state, [0, 4, 8, 12].map(|row| (row + column * 5) % 16));
        }
        for row in 0..4 {
            turn(
                state,
                [0, 1, 2, 3].map(|column| row * 4 + (column + row) % 4),
            );
        }
    }
    for (word, before) in state.iter_mut().zip(before) {
        *word = word.wrapping_add(before);
    }
}
