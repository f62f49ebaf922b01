//! What outlives a reload: the learner's edits and the chosen side of the paper, in local storage.
//!
//! The keys carry a version, so that a later format never misreads an older one. Where the browser
//! refuses storage (private windows, sandboxed frames), everything works and nothing is kept.

use js_sys::{Array, JSON, Object, Reflect};
use view::Edits;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Storage;

use crate::dom::{self, object};
use crate::link;

/// The edited files of a lab, or of a lesson: a JSON object from path to text, null for a deleted one.
const EDITS: &str = "edits";
/// The open files of a lab: a JSON array of paths, the one that is shown before all in their order.
const OPEN_FILES: &str = "open-files";
/// Edits that were put aside after they stopped the page.
const EDITS_ASIDE: &str = "edits-aside";
/// `light` or `dark`; absent while the system decides.
const THEME: &str = "rollout-lab/1/theme";

/// How far the learner has come in every lesson.
const LESSONS: &str = "rollout-lab/1/lessons";

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
pub fn edits() -> Edits {
    read_edits(&key(EDITS)).unwrap_or_default()
}

fn read_edits(key: &str) -> Option<Edits> {
    let text = storage()?.get_item(key).ok()??;
    let object = JSON::parse(&text).ok()?.dyn_into::<Object>().ok()?;
    let mut edits = Edits::default();
    for entry in Object::entries(&object).iter() {
        let pair = entry.dyn_into::<Array>().ok()?;
        let path = pair.get(0).as_string()?;
        match pair.get(1).as_string() {
            Some(text) => drop(edits.changed.insert(path, text)),
            None => drop(edits.removed.insert(path)),
        }
    }
    Some(edits)
}

/// Keeps the edits. No edits remove the key.
pub fn keep_edits(edits: &Edits) {
    if edits.is_empty() {
        remove(&key(EDITS));
    } else {
        write_edits(&key(EDITS), edits);
    }
}

fn remove(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

fn write_edits(key: &str, edits: &Edits) {
    let Some(storage) = storage() else { return };
    let changed = edits.changed.iter();
    let changed = changed.map(|(path, text)| (path.as_str(), JsValue::from_str(text)));
    let removed = edits.removed.iter();
    let removed = removed.map(|path| (path.as_str(), JsValue::NULL));
    let files: Vec<(&str, JsValue)> = changed.chain(removed).collect();
    // A full or forbidden storage is no reason to disturb who is typing.
    if let Ok(json) = JSON::stringify(&object(&files)) {
        let _ = storage.set_item(key, &String::from(json));
    }
}

/// The files that were open: the one that was shown, then all in their order.
pub fn open_files() -> Vec<String> {
    let text = storage().and_then(|it| it.get_item(&key(OPEN_FILES)).ok()?);
    let paths = text.and_then(|text| JSON::parse(&text).ok()?.dyn_into::<Array>().ok());
    let paths = paths.iter().flat_map(Array::iter);
    paths.filter_map(|path| path.as_string()).collect()
}

/// Keeps which files are open, as [`open_files`] gives them.
pub fn keep_open_files<'a>(paths: impl Iterator<Item = &'a str>) {
    let paths: Array = paths.map(JsValue::from_str).collect();
    if let (Some(storage), Ok(json)) = (storage(), JSON::stringify(&paths)) {
        let _ = storage.set_item(&key(OPEN_FILES), &String::from(json));
    }
}

/// The key of where the open lesson was left; none without a lesson, or in somebody's link to one.
fn left_key() -> Option<String> {
    let id = dom::parameter("lesson").filter(|_| link::own().is_none())?;
    Some(format!("rollout-lab/1/lesson/{id}"))
}

/// The key of how the files differ there from main.
fn left_edits_key() -> Option<String> {
    Some(left_key()? + "/edits")
}

/// How the files differed from main where the open lesson was left; none if nothing was kept of it.
pub fn lesson_edits() -> Option<Edits> {
    read_edits(&left_edits_key()?)
}

/// Keeps the edits in the open lesson. That there are none is kept, too: a step may bring some along.
pub fn keep_lesson_edits(edits: &Edits) {
    if let Some(key) = left_edits_key() {
        write_edits(&key, edits);
    }
}

/// Where the open lesson was left: what was done in it, as a link carries it.
pub fn left_lesson() -> Option<String> {
    storage()?.get_item(&left_key()?).ok()?
}

/// Keeps where the open lesson is left.
pub fn leave_lesson(json: &str) {
    if let (Some(storage), Some(key)) = (storage(), left_key()) {
        let _ = storage.set_item(&key, json);
    }
}

/// The open lesson begins anew the next time. False if nothing was kept of it.
pub fn forget_lesson() -> bool {
    let was_kept = left_lesson().is_some() || lesson_edits().is_some();
    for key in [left_key(), left_edits_key()].into_iter().flatten() {
        remove(&key);
    }
    was_kept
}

/// Moves the edits out of the way, where they can still be found, so that the page can start.
pub fn put_edits_aside() {
    let Some(storage) = storage() else { return };
    let kept = left_edits_key().unwrap_or_else(|| key(EDITS));
    if let Ok(Some(text)) = storage.get_item(&kept) {
        let _ = storage.set_item(&key(EDITS_ASIDE), &text);
    }
    forget_lesson();
    remove(&kept);
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

/// How far a learner has come in a lesson.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Steps that are done.
    pub done: usize,
    /// Steps there are.
    pub of: usize,
    /// Predictions that turned out right.
    pub right: usize,
    /// Predictions that were made, and are known to be right or wrong.
    pub predicted: usize,
}

/// How far the learner has come in every lesson: a JSON object from a lesson's folder to its [`Standing`].
#[derive(Clone, PartialEq)]
pub struct Lessons(Object);

impl Lessons {
    /// How far in this one.
    pub fn of(&self, id: &str) -> Option<Standing> {
        let it = Reflect::get(&self.0, &id.into()).ok()?;
        let number = |name: &str| Reflect::get(&it, &name.into()).ok()?.as_f64();
        Some(Standing {
            done: number("done")? as usize,
            of: number("of")? as usize,
            right: number("right")? as usize,
            predicted: number("predicted")? as usize,
        })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        Object::keys(&self.0).length() == 0
    }

    /// As the address of a file with the JSON in it.
    pub fn as_file(&self) -> String {
        let json = JSON::stringify_with_replacer_and_space(&self.0, &JsValue::NULL, &2.into());
        let json = json.map(String::from).unwrap_or_default();
        let text = js_sys::encode_uri_component(&json);
        format!("data:application/json,{}", String::from(text))
    }
}

/// What is kept of all lessons.
pub fn lessons() -> Lessons {
    let text = storage().and_then(|it| it.get_item(LESSONS).ok()?);
    let kept = text.and_then(|text| JSON::parse(&text).ok()?.dyn_into().ok());
    Lessons(kept.unwrap_or_default())
}

/// Keeps how far one is in a lesson. To begin it again takes nothing away.
pub fn keep_lesson(id: &str, standing: &Standing) {
    let Some(storage) = storage() else { return };
    let lessons = lessons();
    let was = lessons.of(id).filter(|was| was.of == standing.of);
    if was.is_some_and(|was| standing.done < was.done) {
        return;
    }
    let it = object(&[
        ("done", standing.done.into()),
        ("of", standing.of.into()),
        ("right", standing.right.into()),
        ("predicted", standing.predicted.into()),
    ]);
    let _ = Reflect::set(&lessons.0, &id.into(), &it);
    if let Ok(json) = JSON::stringify(&lessons.0) {
        let _ = storage.set_item(LESSONS, &String::from(json));
    }
}
