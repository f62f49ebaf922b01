//! Checksums.

use super::{HelmFunction, bytes, plain};
use gotmpl::Type::String as Str;
use sha2::Digest;

pub(super) static TABLE: &[HelmFunction] = &[
    plain("adler32sum", &[Str], |_, args| {
        Ok(adler32(bytes(&args, 0)).to_string().into())
    }),
    plain("sha1sum", &[Str], |_, args| {
        Ok(hex(&sha1::Sha1::digest(bytes(&args, 0))).into())
    }),
    plain("sha256sum", &[Str], |_, args| {
        Ok(hex(&sha2::Sha256::digest(bytes(&args, 0))).into())
    }),
    plain("sha512sum", &[Str], |_, args| {
        Ok(hex(&sha2::Sha512::digest(bytes(&args, 0))).into())
    }),
];

/// The bytes as small hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    (b << 16) | a
}
