//! The editor's JavaScript: CodeMirror, in a file that is loaded once the page is drawn.

use js_sys::{Array, Function, Object};
use view::{Completion, Explanation, Problem};
use wasm_bindgen::prelude::*;

use crate::texts;

use crate::dom::object;

#[wasm_bindgen(module = "/js/code.js")]
extern "C" {
    /// Loads the editor; tells whether it is there.
    fn load(loaded: &Closure<dyn FnMut(bool)>);

    #[wasm_bindgen(js_name = attach)]
    fn attach_js(
        host: &web_sys::Element,
        words: Object,
        typed: &Closure<dyn FnMut(String)>,
        moved: &Closure<dyn FnMut(u32)>,
        ask: &Closure<dyn FnMut(String, String, u32, Function)>,
    );

    /// Takes the editor away.
    pub fn detach();

    /// Shows a file: its path, what it is called, its text.
    pub fn show(path: &str, name: &str, text: &str);

    #[wasm_bindgen(js_name = mark)]
    fn mark_lines(changed: Vec<u32>, shown: Vec<u32>, problems: Array);

    /// Puts the caret before a line, from 1, scrolls to it, and takes the focus if it is sought.
    #[wasm_bindgen(js_name = goTo)]
    pub fn go_to(line: u32, is_sought: bool);

    /// Opens the search, with the focus in it.
    pub fn find();

    /// Takes the focus, with the caret at an offset.
    pub fn focus(offset: u32);
}

/// Loads the editor. `ready` is called if it is there.
pub fn when_loaded(ready: impl FnOnce() + 'static) {
    let closure = Closure::once(move |is_there: bool| {
        if is_there {
            ready();
        }
    });
    load(&closure);
    closure.forget();
}

/// Puts the editor into an element. `typed` gets the whole text after each edit, `moved` the line of the
/// caret, `ask` a question: what (`complete` or `explain`), a text, an offset, and who gets the answer.
pub fn attach(
    host: &web_sys::Element,
    typed: &Closure<dyn FnMut(String)>,
    moved: &Closure<dyn FnMut(u32)>,
    ask: &Closure<dyn FnMut(String, String, u32, Function)>,
) {
    let words = [
        ("keys", texts::KEYS_OF_THE_EDITOR),
        ("find", texts::FIND),
        ("next", texts::FIND_NEXT),
        ("previous", texts::FIND_PREVIOUS),
        ("matchCase", texts::MATCH_CASE),
        ("pattern", texts::AS_A_PATTERN),
        ("replace", texts::REPLACE),
        ("all", texts::REPLACE_ALL),
        ("close", texts::CLOSE),
        ("fold", texts::FOLD),
        ("unfold", texts::UNFOLD),
        ("folded", texts::FOLDED),
    ];
    attach_js(
        host,
        object(&words.map(|(name, text)| (name, text.into()))),
        typed,
        moved,
        ask,
    );
}

/// Marks the lines that differ from main, those that made what is looked at, and the mistakes.
pub fn mark(changed: Vec<u32>, shown: Vec<u32>, problems: &[&Problem]) {
    let problem = |it: &&Problem| {
        object(&[
            ("line", it.line.into()),
            ("column", it.column.into()),
            ("message", (&*it.message).into()),
            ("hint", (&*it.hint).into()),
        ])
    };
    mark_lines(changed, shown, problems.iter().map(problem).collect());
}

/// CodeMirror's completions.
pub fn completions(rows: &[Completion]) -> JsValue {
    let completion = |it: &Completion| {
        let apply = format!("{}{}", it.label, it.tail);
        object(&[
            ("label", (&*it.label).into()),
            ("detail", (&*it.detail).into()),
            ("info", (&*it.text).into()),
            ("apply", apply.into()),
        ])
    };
    rows.iter().map(completion).collect::<Array>().into()
}

/// An explanation, or `undefined`.
pub fn explanation(row: Option<&Explanation>) -> JsValue {
    row.map_or(JsValue::UNDEFINED, |it| {
        object(&[
            ("name", (&*it.name).into()),
            ("type", (&*it.type_name).into()),
            ("text", (&*it.text).into()),
            ("more", (&*it.more).into()),
        ])
        .into()
    })
}
