//! What outlives a reload: what was done, the learner's edits and the chosen side of the paper, in local
//! storage.
//!
//! The keys carry a version, so that a later format never misreads an older one. Where the browser
//! refuses storage (private windows, sandboxed frames), everything works and nothing is kept.

use std::cell::Cell;

use js_sys::{Array, JSON, Object, Reflect};
use view::{Edits, Millis};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Storage;

use crate::dom::{self, object};
use crate::link;

/// What was done in the lab or lesson that is open, as a link carries it.
const STORY: &str = "";
/// The moment of it that was looked at last.
const MOMENT: &str = "/moment";
/// How the files differ from main where it was left: a JSON object from path to text, null for a deleted
/// one.
const EDITS: &str = "/edits";
/// The open files of a lab: a JSON array of paths, the one that is shown before all in their order.
const OPEN_FILES: &str = "/open-files";
/// What was put aside when the lab was begun anew.
const ASIDE: &str = "-aside";
/// In the storage of one tab: that it was, and that nobody has looked away from it yet.
const HAS_STARTED_OVER: &str = "/has-started-over";
/// `light` or `dark`; absent while the system decides.
const THEME: &str = "rollout-lab/1/theme";

/// How far the learner has come in every lesson.
const LESSONS: &str = "rollout-lab/1/lessons";

thread_local! {
    /// Where the open lab or lesson keeps what is its own. On the way to another address that one is in the
    /// address line already, so what was opened is remembered.
    static PLACE: String = place();
    /// Whether the page is about to begin anew: what it still hears from the engine is of what was put aside.
    static IS_OVER: Cell<bool> = const { Cell::new(false) };
}

/// What is done in somebody's link lies beside the reader's own of the lab, not over it: its place has the
/// last characters of the link for a name, where its checksum is. Nor does a figure in a page, whose lab is
/// the reader's for a while only, touch the reader's own.
fn place() -> String {
    match (link::own(), dom::parameter("lesson")) {
        (Some(fragment), _) => {
            let tail = fragment.len().saturating_sub(LINK_TAIL);
            format!("link/{}", fragment.get(tail..).unwrap_or_default())
        }
        (None, Some(id)) => format!("lesson/{id}"),
        (None, None) if dom::is_embed() => format!("frame/{}", dom::lab()),
        (None, None) => dom::lab(),
    }
}

/// The key of something that the open lab or lesson keeps.
fn key(what: &str) -> String {
    PLACE.with(|place| format!("rollout-lab/1/{place}{what}"))
}

/// How many characters tell a link from others.
const LINK_TAIL: usize = 24;

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Nothing removes the key. A full or forbidden storage is no reason to disturb whoever is typing: false.
fn write(key: &str, text: Option<&str>) -> bool {
    let written = storage().map(|storage| match text {
        Some(text) => storage.set_item(key, text),
        None => storage.remove_item(key),
    });
    written.is_some_and(|it| it.is_ok())
}

/// The edits that were kept; none if nothing was.
pub fn edits() -> Option<Edits> {
    let object = JSON::parse(&read(&key(EDITS))?).ok()?;
    let object = object.dyn_into::<Object>().ok()?;
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

/// Keeps the edits. That there are none is kept, too: a step of a lesson or a link may bring some along.
pub fn keep_edits(edits: &Edits) {
    if IS_OVER.get() {
        return;
    }
    let changed = edits.changed.iter();
    let changed = changed.map(|(path, text)| (path.as_str(), JsValue::from_str(text)));
    let removed = edits.removed.iter();
    let removed = removed.map(|path| (path.as_str(), JsValue::NULL));
    let files: Vec<(&str, JsValue)> = changed.chain(removed).collect();
    if let Ok(json) = JSON::stringify(&object(&files)) {
        write(&key(EDITS), Some(&String::from(json)));
    }
}

/// The files that were open: the one that was shown, then all in their order.
pub fn open_files() -> Vec<String> {
    let text = read(&key(OPEN_FILES));
    let paths = text.and_then(|text| JSON::parse(&text).ok()?.dyn_into::<Array>().ok());
    let paths = paths.iter().flat_map(Array::iter);
    paths.filter_map(|path| path.as_string()).collect()
}

/// Keeps which files are open, as [`open_files`] gives them.
pub fn keep_open_files<'a>(paths: impl Iterator<Item = &'a str>) {
    let paths: Array = paths.map(JsValue::from_str).collect();
    if let Ok(json) = JSON::stringify(&paths) {
        write(&key(OPEN_FILES), Some(&String::from(json)));
    }
}

/// Whether what is done outlives a reload. A lab in a frame is a figure: it begins as its page says.
fn keeps_story() -> bool {
    !dom::is_embed() || dom::has_parameter("lesson")
}

/// What was done where the lab or lesson was left, as a link carries it; none if nothing was.
pub fn story() -> Option<String> {
    read(&key(STORY)).filter(|_| keeps_story())
}

/// Keeps what was done, or that nothing was; false if it cannot, and what was kept before stays. At which
/// moment it is left is not known yet.
pub fn keep_story(json: Option<&str>) -> bool {
    keeps_story() && !IS_OVER.get() && write(&key(STORY), json) && write(&key(MOMENT), None)
}

/// The moment at which the story was left.
pub fn moment() -> Option<Millis> {
    story().and_then(|_| read(&key(MOMENT))?.parse().ok())
}

/// Keeps the moment.
pub fn keep_moment(t: Millis) {
    if story().is_some() && !IS_OVER.get() {
        write(&key(MOMENT), Some(&t.to_string()));
    }
}

/// What makes a lab what it is.
const MADE: [&str; 3] = [STORY, MOMENT, EDITS];

/// Moves what was done and edited out of the way, where it can still be found. The page is to begin anew then.
pub fn put_aside() {
    if story().is_some() || read(&key(EDITS)).is_some() {
        for what in MADE {
            let (kept, aside) = (key(what), key(what) + ASIDE);
            let text = read(&kept);
            write(&kept, None);
            write(&aside, text.as_deref());
        }
    }
    IS_OVER.set(true);
}

/// Puts it aside, and remembers that somebody wanted that.
pub fn start_over() {
    put_aside();
    if let Some(tab) = tab() {
        let _ = tab.set_item(&key(HAS_STARTED_OVER), "");
    }
}

/// Whether the lab was begun anew in this tab, and what there was can be brought back.
pub fn has_started_over() -> bool {
    let is_there = tab().and_then(|tab| tab.get_item(&key(HAS_STARTED_OVER)).ok()?);
    is_there.is_some() && story().is_none()
}

/// It is settled that it stays so.
pub fn settle_start() {
    if let Some(tab) = tab() {
        let _ = tab.remove_item(&key(HAS_STARTED_OVER));
    }
}

/// Brings back what was put aside; what was edited since lies there in its place.
pub fn bring_back() {
    settle_start();
    for what in MADE {
        let (kept, aside) = (key(what), key(what) + ASIDE);
        let (new, old) = (read(&kept), read(&aside));
        write(&aside, new.as_deref());
        write(&kept, old.as_deref());
    }
    IS_OVER.set(true);
}

/// What is kept as long as this tab is open.
fn tab() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}

/// The side of the paper that was chosen: `light` or `dark`.
pub fn theme() -> Option<String> {
    read(THEME)
}

/// Keeps the chosen side of the paper.
pub fn keep_theme(theme: &str) {
    write(THEME, Some(theme));
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
    let kept = read(LESSONS).and_then(|text| JSON::parse(&text).ok()?.dyn_into().ok());
    Lessons(kept.unwrap_or_default())
}

/// Keeps how far one is in a lesson. To begin it again takes nothing away.
pub fn keep_lesson(id: &str, standing: &Standing) {
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
        write(LESSONS, Some(&String::from(json)));
    }
}
