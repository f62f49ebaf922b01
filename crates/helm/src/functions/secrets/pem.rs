//! PEM: bytes in base64 between two lines that say what they are.

use crate::functions::encoding::{base64_decode, base64_encode};

/// The bytes in PEM.
pub(super) fn write(label: &str, bytes: &[u8]) -> String {
    let body = base64_encode(bytes);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out + &format!("-----END {label}-----\n")
}

/// The first block of a text: what it is, and its bytes.
pub(super) fn read(text: &str) -> Option<(String, Vec<u8>)> {
    let (_, after) = text.split_once("-----BEGIN ")?;
    let (label, after) = after.split_once("-----")?;
    let (body, _) = after.split_once(&format!("-----END {label}-----"))?;
    let body: Vec<u8> = body
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    Some((label.to_owned(), base64_decode(&body)?))
}
