//! What happened, and why: the trace.

use crate::view::Tone;
use ecow::EcoString;
use kube::{Key, Millis};
use serde::Serialize;

/// The number of an entry: its place in the trace, from 0.
pub type EntryId = u32;

/// One thing that happened, or did not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Its number.
    pub id: EntryId,
    /// When.
    pub t: Millis,
    /// Who: `deployment-controller`, `kubelet`, `github-actions`, `you`…
    pub actor: EcoString,
    /// What it did: `create`, `patch`, `scale`, `event`, `nothing`…
    pub verb: &'static str,
    /// To which object.
    #[serde(serialize_with = "key_or_empty")]
    pub object: Option<Key>,
    /// The entry that led to it.
    pub cause: Option<EntryId>,
    /// A word in CamelCase: Kubernetes' own where it has one.
    pub reason: EcoString,
    /// A sentence, or Kubernetes' own message.
    pub message: EcoString,
    /// How much it matters to the story. Not part of what happened.
    #[serde(skip)]
    pub tone: Tone,
}

fn key_or_empty<S: serde::Serializer>(key: &Option<Key>, out: S) -> Result<S::Ok, S::Error> {
    match key {
        Some(key) if key.namespace.is_empty() => out.collect_str(key),
        Some(key) => out.collect_str(&format_args!("{}/{}/{}", key.kind, key.namespace, key.name)),
        None => out.serialize_str(""),
    }
}

/// What an actor says about what it does, before it has a number and a time.
#[derive(Clone, Debug)]
pub struct Note {
    /// What is done.
    pub verb: &'static str,
    /// A word in CamelCase.
    pub reason: EcoString,
    /// A sentence.
    pub message: EcoString,
    /// How much it matters to the story.
    pub tone: Tone,
    /// Whether Kubernetes calls it a Warning. (Not every Warning is a turn of the story: a readiness
    /// probe that fails while a container starts is one, too.)
    pub is_warning: bool,
}

impl Note {
    /// A detail between the steps of the story.
    pub fn detail(verb: &'static str, reason: &str, message: impl Into<EcoString>) -> Note {
        {
            let (reason, message) = (reason.into(), message.into());
            Note {
                verb,
                reason,
                message,
                tone: Tone::Detail,
                is_warning: false,
            }
        }
    }

    /// A step of the story.
    pub fn story(verb: &'static str, reason: &str, message: impl Into<EcoString>) -> Note {
        Note {
            tone: Tone::Story,
            ..Note::detail(verb, reason, message)
        }
    }

    /// A warning or failure.
    pub fn warning(verb: &'static str, reason: &str, message: impl Into<EcoString>) -> Note {
        Note {
            tone: Tone::Warning,
            is_warning: true,
            ..Note::detail(verb, reason, message)
        }
    }

    /// Something that did not happen, and why.
    pub fn nothing(reason: &str, message: impl Into<EcoString>) -> Note {
        Note {
            tone: Tone::Nothing,
            ..Note::detail("nothing", reason, message)
        }
    }
}
