//! A revision as the Secret that Helm keeps it in (helm.sh/helm/v4/pkg/storage/driver/secrets.go).

use super::Release;
use crate::chart::Metadata;
use crate::functions::encoding::base64_encode;
use crate::functions::format_ms;
use crate::json;
use crate::manifest::Hook;
use yaml::{Value, map};

/// The type of such Secrets.
const TYPE: &str = "helm.sh/release.v1";

impl Release {
    /// The Secret. It holds what `helm history`, `helm get` and `helm rollback` read: the record as
    /// JSON, in gzip, in Base64, in the Base64 that all data of Secrets is in. The chart's templates
    /// are left out, and the gzip is one of stored blocks, which every reader takes. `is_new` says
    /// whether the Secret is made now or changed.
    #[must_use]
    pub fn to_secret(&self, is_new: bool, now_ms: i64) -> Value {
        let stamp = if is_new { "createdAt" } else { "modifiedAt" };
        let packed = gzip(self.to_json().as_bytes());
        map! {
            "apiVersion" => "v1",
            "kind" => "Secret",
            "metadata" => map! {
                "name" => self.secret_name(),
                "namespace" => self.namespace.as_str(),
                "labels" => map! {
                    stamp => format!("{}", now_ms.div_euclid(1000)),
                    "name" => self.name.as_str(),
                    "owner" => "helm",
                    "status" => self.status.as_str(),
                    "version" => format!("{}", self.revision),
                },
            },
            "type" => TYPE,
            "data" => map! {
                "release" => base64_encode(base64_encode(&packed).as_bytes()),
            },
        }
    }

    fn to_json(&self) -> String {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let rfc3339 = |ms: i64| format_ms(ms, "2006-01-02T15:04:05.999999999Z07:00");
        let record = map! {
            "name" => self.name.as_str(),
            "info" => map! {
                "first_deployed" => rfc3339(self.first_deployed_ms),
                "last_deployed" => rfc3339(self.updated_ms),
                "deleted" => self.deleted_ms.map(rfc3339),
                "description" => text(&self.description),
                "status" => self.status.as_str(),
                "rollback_revision" => self.rollback_of.map(i64::from),
                "notes" => text(&self.notes),
            },
            "chart" => map! { "metadata" => metadata(&self.metadata), "values" => self.defaults.clone() },
            "config" => self.values.clone(),
            "manifest" => text(&self.manifest),
            "hooks" => Some(self.hooks.iter().map(hook).collect::<Value>()).filter(|all| !all.items().is_empty()),
            "version" => i64::from(self.revision),
            "namespace" => self.namespace.as_str(),
            // Client-side apply: the three-way patch.
            "apply_method" => "csa",
        };
        // A record holds nothing that JSON cannot say.
        json::encode(&gotmpl::Value::from(&record), json::COMPACT).unwrap_or_default()
    }
}

fn metadata(of: &Metadata) -> Value {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    map! {
        "name" => text(&of.name),
        "home" => text(&of.home),
        "version" => text(&of.version),
        "description" => text(&of.description),
        "icon" => text(&of.icon),
        "apiVersion" => text(&of.api_version),
        "appVersion" => text(&of.app_version),
        "kubeVersion" => text(&of.kube_version),
        "type" => text(&of.chart_type),
    }
}

fn hook(hook: &Hook) -> Value {
    let list = |words: &[String]| words.iter().map(String::as_str).collect::<Value>();
    map! {
        "name" => hook.manifest.name.as_str(),
        "kind" => hook.manifest.kind.as_str(),
        "path" => hook.manifest.source.as_str(),
        "manifest" => hook.manifest.content.as_str(),
        "events" => list(&hook.events),
        "last_run" => map! { "phase" => "" },
        "weight" => Some(hook.weight).filter(|weight| *weight != 0),
        "delete_policies" => Some(list(&hook.delete_policies)).filter(|all| !all.items().is_empty()),
    }
}

/// A gzip file whose deflate blocks are stored, not compressed (RFC 1951 and 1952).
fn gzip(bytes: &[u8]) -> Vec<u8> {
    const BLOCK_MAX: usize = 0xffff;
    // No name, no time, as fast as can be, on an unknown system.
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
    let mut blocks = bytes.chunks(BLOCK_MAX).peekable();
    if blocks.peek().is_none() {
        out.extend([1, 0, 0, 0xff, 0xff]);
    }
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(crc32(bytes).to_le_bytes());
    // The length modulo 2³², as the format has it.
    let length = bytes.len() as u32;
    out.extend(length.to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}
