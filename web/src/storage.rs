//! What outlives a reload: the learner's edits and the chosen side of the paper, in local storage.
//!
//! The keys carry a version, so that a later format never misreads an older one. Where the browser
//! refuses storage (private windows, sandboxed frames), everything works and nothing is kept.

use js_sys::{Array, JSON, Object, Reflect};
use view::protocol::Files;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Storage;

use crate::{dom, link};

/// The edited files of a lab: a JSON object from path to text.
const EDITS: &str = "edits";
/// Edits that were put aside after they stopped the page.
const EDITS_ASIDE: &str = "edits-aside";
/// `light` or `dark`; absent while the system decides.
const THEME: &str = "rollout-lab/1/theme";

/// The key of something that the open lab keeps.
///
/// What a link carries lies beside the reader's own edits of the lab, not over them: its place has the
/// last characters of the link for a name, where its checksum is.
fn key(what: &str) -> String {
    let mut lab = dom::lab();
    if let Some(fragment) = link::own() {
        let tail = fragment.len().saturating_sub(LINK_TAIL);
        lab = format!("link/{}", fragment.get(tail..).unwrap_or_default());
    }
    format!("rollout-lab/1/{lab}/{what}")
}

/// How many characters tell a link from others.
const LINK_TAIL: usize = 24;

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// The edits that were kept; empty if there are none or they cannot be read.
pub fn edits() -> Files {
    read_edits().unwrap_or_default()
}

fn read_edits() -> Option<Files> {
    let text = storage()?.get_item(&key(EDITS)).ok()??;
    let object = JSON::parse(&text).ok()?.dyn_into::<Object>().ok()?;
    let entries = Object::entries(&object);
    let pairs = entries.iter().filter_map(|entry| {
        let pair = entry.dyn_into::<Array>().ok()?;
        Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
    });
    Some(lean::map(pairs))
}

/// Keeps the edits. No edits remove the key.
pub fn keep_edits(edits: &Files) {
    let Some(storage) = storage() else { return };
    let object = Object::new();
    for (path, text) in edits {
        if Reflect::set(&object, &JsValue::from_str(path), &JsValue::from_str(text)).is_err() {
            return;
        }
    }
    // A full or forbidden storage is no reason to disturb who is typing.
    let _ = match JSON::stringify(&object) {
        Ok(json) if !edits.is_empty() => storage.set_item(&key(EDITS), &String::from(json)),
        _ => storage.remove_item(&key(EDITS)),
    };
}

/// Moves the edits out of the way, where they can still be found, so that the page can start.
pub fn put_edits_aside() {
    let Some(storage) = storage() else { return };
    if let Ok(Some(text)) = storage.get_item(&key(EDITS)) {
        let _ = storage.set_item(&key(EDITS_ASIDE), &text);
        let _ = storage.remove_item(&key(EDITS));
    }
}

/// The side of the paper that was chosen: `light` or `dark`.
pub fn theme() -> Option<String> {
    storage()?.get_item(THEME).ok()?
}

/// Keeps the chosen side of the paper.
pub fn keep_theme(theme: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(THEME, theme);
    }
}
