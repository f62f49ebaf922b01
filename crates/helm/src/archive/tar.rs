//! A `.tar.gz` as Go reads it (archive/tar/reader.go, compress/gzip), as far as charts need it:
//! plain files with the names of the ustar, GNU and pax formats.

use super::Files;
use flate2::read::MultiGzDecoder;
use std::io::{ErrorKind, Read};

/// The size of all files together, and of the largest one.
const ARCHIVE_BYTES_MAX: usize = 100 << 20;
const FILE_BYTES_MAX: usize = 5 << 20;
const BLOCK: usize = 512;

/// What a gzip file holds.
pub fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    match bytes {
        [] => return Err("EOF".to_owned()),
        [0x1F, 0x8B, 8, ..] | [0x1F] | [0x1F, 0x8B] => {}
        bytes if bytes.len() < 10 => return Err("unexpected EOF".to_owned()),
        _ => return Err("gzip: invalid header".to_owned()),
    }
    let mut out = Vec::new();
    let limit = ARCHIVE_BYTES_MAX + (1 << 20);
    let mut reader = MultiGzDecoder::new(bytes).take(limit as u64 + 1);
    reader
        .read_to_end(&mut out)
        .map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => "unexpected EOF".to_owned(),
            _ => "gzip: invalid checksum".to_owned(),
        })?;
    match out.len() > limit {
        true => Err(too_large()),
        false => Ok(out),
    }
}

fn too_large() -> String {
    format!("decompressed chart is larger than the maximum size {ARCHIVE_BYTES_MAX}")
}

/// The files in an archive, by their names there. Folders are left out.
pub fn read(archive: &[u8]) -> Result<Files, String> {
    let mut files = Files::new();
    let mut rest = archive;
    // What the next file is called, if it has its name in an entry of its own.
    let mut next_name: Option<String> = None;
    let mut size = 0;
    while let Some(header) = Header::read(rest)? {
        let body = rest[BLOCK..].get(..header.size);
        let body = body.ok_or("unexpected EOF")?;
        rest = rest[BLOCK..]
            .get(header.size.next_multiple_of(BLOCK)..)
            .unwrap_or_default();
        match header.kind {
            b'L' => next_name = Some(text_of(body)),
            b'x' => next_name = pax_path(body).or(next_name),
            b'g' | b'K' => {}
            kind => {
                let name = next_name.take().unwrap_or(header.name);
                if kind == b'5' || name.ends_with('/') {
                    continue;
                }
                size += body.len();
                if size > ARCHIVE_BYTES_MAX {
                    return Err(too_large());
                }
                if body.len() > FILE_BYTES_MAX {
                    let name = gotmpl::quote::quote(name.as_bytes());
                    return Err(format!(
                        "decompressed chart file {name} is larger than the maximum file size {FILE_BYTES_MAX}"
                    ));
                }
                files.push((name, body.to_vec()));
            }
        }
    }
    match files.is_empty() {
        true => Err("no files in chart archive".to_owned()),
        false => Ok(files),
    }
}

/// What an entry begins with.
struct Header {
    name: String,
    size: usize,
    kind: u8,
}

impl Header {
    /// The header at the start of `rest`; none at the end of the archive.
    fn read(rest: &[u8]) -> Result<Option<Header>, String> {
        const WRONG: &str = "archive/tar: invalid tar header";
        if rest.is_empty() {
            return Ok(None);
        }
        let block = rest.get(..BLOCK).ok_or("unexpected EOF")?;
        if block.iter().all(|byte| *byte == 0) {
            // One empty block may be a mistake of the packer, two are the end.
            return match rest[BLOCK..].iter().take(BLOCK).all(|byte| *byte == 0) {
                true => Ok(None),
                false => Err(WRONG.to_owned()),
            };
        }
        let (before, after) = (&block[..148], &block[156..]);
        let sum = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        // The sum is taken with spaces in its own place.
        if number(&block[148..156]) != Some(sum(before) + sum(after) + 8 * 32) {
            return Err(WRONG.to_owned());
        }
        let kind = block[156];
        let has_body = !matches!(kind, b'1'..=b'6');
        let size = number(&block[124..136]).and_then(|size| usize::try_from(size).ok());
        let name = text_of(&block[..100]);
        let prefix = match block[257..263] == *b"ustar\0" {
            true => text_of(&block[345..500]),
            false => String::new(),
        };
        Ok(Some(Header {
            name: match prefix.as_str() {
                "" => name,
                prefix => format!("{prefix}/{name}"),
            },
            size: if has_body { size.ok_or(WRONG)? } else { 0 },
            kind,
        }))
    }
}

/// A number in octal digits, or in binary if its first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    if *first & 0x80 != 0 {
        return rest
            .iter()
            .try_fold(u64::from(first & 0x7F), |number, byte| {
                number.checked_mul(256)?.checked_add(u64::from(*byte))
            });
    }
    let digits = text_of(field);
    match digits.trim() {
        "" => Some(0),
        digits => u64::from_str_radix(digits, 8).ok(),
    }
}

/// The text up to the first zero.
fn text_of(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&field[..end.unwrap_or(field.len())]).into_owned()
}

/// The `path` among pax records, each `LENGTH KEY=VALUE\n`.
fn pax_path(records: &[u8]) -> Option<String> {
    let mut rest = records;
    let mut path = None;
    while !rest.is_empty() {
        let space = rest.iter().position(|byte| *byte == b' ')?;
        let length: usize = std::str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
        let record = rest.get(space + 1..length.checked_sub(1)?)?;
        if let Some(value) = record.strip_prefix(b"path=") {
            path = Some(String::from_utf8_lossy(value).into_owned());
        }
        rest = rest.get(length..)?;
    }
    path
}
