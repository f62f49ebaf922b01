//! The pod-template hash: what tells one ReplicaSet of a Deployment from another.

use crate::Value;
use ecow::EcoString;

/// The hash of a whole pod template, and of how many other hashes it collided with.
///
/// Like the real one (`pkg/controller/controller_utils.go`, `ComputeHash`) it is a 32-bit FNV-1a
/// written in letters that spell no words, so it looks the same. Its bits differ: the real one runs
/// over a dump of Go memory.
#[must_use]
pub fn pod_template_hash(template: &Value, collisions: Option<i64>) -> EcoString {
    const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut hash = Fnv(0x811c_9dc5);
    hash.value(template);
    if let Some(count) = collisions {
        hash.bytes(&count.to_le_bytes());
    }
    let digits = ecow::eco_format!("{}", hash.0);
    digits
        .bytes()
        .map(|digit| char::from(ALPHABET[usize::from(digit) % 27]))
        .collect()
}

struct Fnv(u32);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }

    /// As 64 bits wherever this runs, for a hash must not depend on the machine.
    fn length(&mut self, length: usize) {
        self.bytes(&(length as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes(text.as_bytes());
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.bytes(b"n"),
            Value::Bool(flag) => self.bytes(if *flag { b"t" } else { b"f" }),
            Value::Int(number) => {
                self.bytes(b"i");
                self.bytes(&number.to_le_bytes());
            }
            Value::Float(number) => {
                self.bytes(b"d");
                self.bytes(&number.to_bits().to_le_bytes());
            }
            Value::String(text) => {
                self.bytes(b"s");
                self.text(text);
            }
            Value::List(items) => {
                self.bytes(b"l");
                self.length(items.len());
                items.iter().for_each(|item| self.value(item));
            }
            Value::Map(map) => {
                self.bytes(b"m");
                self.length(map.len());
                for (key, value) in map.iter() {
                    self.text(key);
                    self.value(value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map;

    #[test]
    fn every_part_of_the_template_counts() {
        let base = map! { "spec" => map! { "image" => "a:1" } };
        let hash = |value: &Value| pod_template_hash(value, None);
        assert_eq!(hash(&base), hash(&base.clone()));
        for changed in [
            map! { "spec" => map! { "image" => "a:2" } },
            map! { "spec" => map! { "image" => "a:1", "x" => false } },
            map! { "specimage" => "a:1" },
            map! { "spec" => vec![Value::from("image"), "a:1".into()] },
        ] {
            assert_ne!(hash(&base), hash(&changed), "{changed:?}");
        }
        assert_ne!(hash(&base), pod_template_hash(&base, Some(1)));
        assert!(
            hash(&base)
                .bytes()
                .all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte))
        );
    }
}
