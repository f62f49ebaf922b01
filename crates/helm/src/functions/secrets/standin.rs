//! Stand-ins: random bytes in the form of keys, certificates and hashes.

use super::{Request, Signed, pem};
use crate::functions::encoding::base64_encode;
use crate::functions::random::Random;
use sha2::Digest;

pub(super) type Made<T> = Result<T, String>;

fn random_bytes(count: usize, random: &mut Random) -> Vec<u8> {
    (0..count).map(|_| random.below(256) as u8).collect()
}

/// So many bytes that begin as a structure of that length does.
fn block(label: &str, count: usize, random: &mut Random) -> String {
    let head = [0x30, 0x82, (count >> 8) as u8, count as u8];
    pem::write(
        label,
        &[&head, random_bytes(count, random).as_slice()].concat(),
    )
}

pub(super) fn new_key(kind: &str, random: &mut Random) -> Made<String> {
    let (label, count) = match kind {
        "dsa" => ("DSA PRIVATE KEY", 820),
        "ecdsa" => ("EC PRIVATE KEY", 117),
        "ed25519" => ("PRIVATE KEY", 44),
        _ => ("RSA PRIVATE KEY", 2345),
    };
    Ok(block(label, count, random))
}

pub(super) fn certificate(
    _: &Request,
    key: Option<&str>,
    _: Option<&Signed>,
    random: &mut Random,
) -> Made<Signed> {
    Ok(Signed {
        certificate: block("CERTIFICATE", 800, random),
        key: match key {
            Some(key) => key.to_owned(),
            None => block("RSA PRIVATE KEY", 1190, random),
        },
    })
}

pub(super) fn check(signed: &Signed) -> Made<()> {
    let certificate = pem::read(&signed.certificate);
    certificate.ok_or("unable to decode certificate")?;
    let key = pem::read(&signed.key);
    key.ok_or("error parsing private key: no PEM data in input")?;
    Ok(())
}

/// 53 letters after the cost, as bcrypt has.
pub(super) fn bcrypt(_: &[u8], random: &mut Random) -> String {
    let digest = sha2::Sha512::digest(random_bytes(16, random));
    let letters = base64_encode(&digest).replace('+', ".").replace('=', "");
    format!("$2a$10${}", &letters[..53])
}

/// As long as the real one: a block of start values, and the text filled up to blocks.
pub(super) fn encrypt(_: &[u8], plain: &[u8], random: &mut Random) -> Vec<u8> {
    random_bytes((plain.len() / 16 + 2) * 16, random)
}

pub(super) fn decrypt(_: &[u8], _: &[u8]) -> Made<Vec<u8>> {
    Err("decryptAES is not modelled: encrypted texts here hold nothing".to_owned())
}
