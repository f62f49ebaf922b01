//! What releases may be called (helm.sh/helm/v4/pkg/chart/v2/util/validate_name.go).

use crate::error::Error;
use crate::log::{Level, Log};

/// How long a name may be: room is left for what charts add to it, of the 63 bytes of a label.
const BYTES_MAX: usize = 53;
/// Lower-case letters, digits and `-`, in parts with dots between.
const PATTERN: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

/// Whether a release may have this name; the log too says why not.
pub(crate) fn check_release_name(name: &str, log: &Log) -> Result<(), Error> {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        bytes.iter().all(|byte| is_letter(*byte) || *byte == b'-')
            && bytes.first().is_some_and(|byte| is_letter(*byte))
            && bytes.last().is_some_and(|byte| is_letter(*byte))
    };
    if name.len() <= BYTES_MAX && name.split('.').all(is_part) {
        return Ok(());
    }
    let why = match name {
        "" => "no name provided".to_owned(),
        _ => format!(
            "invalid release name, must match regex {PATTERN} and the length must not be longer than {BYTES_MAX}"
        ),
    };
    let shown = gotmpl::quote::quote(name.as_bytes());
    let message = format!("release name {shown}: {why}");
    log.add(
        Level::Error,
        "release name check failed",
        vec![("error", message.clone())],
    );
    Err(Error::new(format!("release name check failed: {message}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let long = "x".repeat(54);
        let good = ["a", "9a", "a-b", "a.b", &long[1..]];
        let bad = ["", "A", "a_b", "-a", "a-", "a..b", "a.-b", "é", &long];
        for (names, expected) in [(&good[..], true), (&bad[..], false)] {
            for name in names {
                let found = check_release_name(name, &Log::default()).is_ok();
                assert_eq!(found, expected, "{name}");
            }
        }
    }
}
