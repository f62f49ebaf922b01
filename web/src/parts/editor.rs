//! The editor: CodeMirror once it is loaded, and the plain one before that.

use std::rc::Rc;

use js_sys::Function;
use view::Problem;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

use super::plain_editor::PlainEditor;
use crate::code;
use crate::session::{Action, GoTo, Question};
use crate::{dom, texts};

#[derive(Clone, PartialEq, Properties)]
pub struct EditorProps {
    pub path: Rc<str>,
    /// The path as it is shown.
    pub name: AttrValue,
    pub text: AttrValue,
    /// The same file on main, to mark what differs; None if it is not there.
    pub main: Option<AttrValue>,
    pub problems: Rc<[Problem]>,
    /// The line to go to.
    pub line: Option<GoTo>,
    /// The lines, from 1, that made the line of the manifest that is looked at.
    pub shown: Rc<[u32]>,
    pub on: Callback<Action>,
}

/// One file, editable.
#[component]
pub fn Editor(props: &EditorProps) -> Html {
    let is_loaded = use_state(|| false);
    let caret = use_mut_ref(|| None);
    {
        let (is_loaded, caret) = (is_loaded.setter(), caret.clone());
        use_effect_with((), move |()| {
            code::when_loaded(move || {
                *caret.borrow_mut() = plain_caret();
                is_loaded.set(true);
            });
        });
    }
    match *is_loaded {
        false => html! { <PlainEditor key={&*props.path} ..props.clone() /> },
        true => html! { <CodeEditor of={props.clone()} caret={caret.take()} /> },
    }
}

/// Where the caret is in the plain area, if one is typing there.
fn plain_caret() -> Option<u32> {
    let area = dom::focused()?.dyn_into::<HtmlTextAreaElement>().ok()?;
    area.closest(".editor").ok()??;
    area.selection_start().ok()?
}

#[derive(PartialEq, Properties)]
struct CodeEditorProps {
    of: EditorProps,
    /// Where the caret was in the plain editor, if one was typing there.
    caret: Option<u32>,
}

/// CodeMirror, which keeps its own document: what is drawn here is only the element that it lives in.
#[component]
fn CodeEditor(props: &CodeEditorProps) -> Html {
    let host = use_node_ref();
    let EditorProps {
        path,
        name,
        text,
        main,
        problems,
        line,
        shown,
        on,
    } = props.of.clone();
    use_effect_with((host.clone(), on), |(host, on)| {
        let handlers = host.cast::<Element>().map(|host| attach(&host, on));
        move || {
            code::detach();
            drop(handlers);
        }
    });
    use_effect_with(
        (path, name, text, main, problems, shown),
        |(path, name, text, main, problems, shown)| {
            code::show(path, &texts::text_of(name), text);
            let changed = changed_lines(main.as_deref().unwrap_or_default(), text);
            let number = |index: &usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
            let own: Vec<&Problem> = problems.iter().filter(|it| *it.path == **path).collect();
            code::mark(changed.iter().map(number).collect(), shown.to_vec(), &own);
        },
    );
    use_effect_with(line, |line| {
        if let Some(GoTo {
            line, is_sought, ..
        }) = *line
        {
            code::go_to(line, is_sought);
        }
    });
    // After a line that was gone to: whoever was typing went on from there.
    use_effect_with(props.caret, |caret| {
        if let Some(caret) = *caret {
            code::focus(caret);
        }
    });
    html! { <div class="code" ref={host}></div> }
}

type Handlers = (
    Closure<dyn FnMut(String)>,
    Closure<dyn FnMut(u32)>,
    Closure<dyn FnMut(String, String, u32, Function)>,
);

/// Puts CodeMirror into its element. What is returned has to live as long as it is there.
fn attach(host: &Element, on: &Callback<Action>) -> Handlers {
    let (type_on, move_on, ask_on) = (on.clone(), on.clone(), on.clone());
    let typed = Closure::new(move |text| type_on.emit(Action::Edit(text)));
    let moved = Closure::new(move |line| move_on.emit(Action::Caret(line)));
    let ask = Closure::new(move |what: String, text, offset, answer| {
        ask_on.emit(Action::Ask(Question {
            is_hover: what == "explain",
            text,
            offset,
            answer,
        }));
    });
    code::attach(host, &typed, &moved, &ask);
    (typed, moved, ask)
}

/// Texts of which the parts that differ have more lines than this, multiplied, count as other throughout.
const COMPARED_MAX: usize = 1 << 20;

/// The lines of `new`, from 0, that `old` does not have at their place.
pub fn changed_lines(old: &str, new: &str) -> Vec<usize> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let front = old.iter().zip(&new).take_while(same).count();
    let most = old.len().min(new.len()) - front;
    let back = old.iter().rev().zip(new.iter().rev());
    let back = back.take(most).take_while(same).count();
    let (old, end) = (&old[front..old.len() - back], new.len() - back);
    let new = &new[front..end];
    if COMPARED_MAX < old.len() * new.len() {
        return (front..end).collect();
    }
    // How many lines the rest of one and the rest of the other have in common, at most.
    let width = old.len() + 1;
    let mut common = vec![0u32; width * (new.len() + 1)];
    for (at, line) in new.iter().enumerate().rev() {
        for (was, other) in old.iter().enumerate().rev() {
            let here = at * width + was;
            common[here] = match line == other {
                true => common[here + width + 1] + 1,
                false => common[here + width].max(common[here + 1]),
            };
        }
    }
    let (mut was, mut changed) = (0, Vec::new());
    for (at, line) in new.iter().enumerate() {
        let here = |was: usize| common[at * width + was];
        // Lines of old that are gone are passed by while that costs nothing.
        while was < old.len() && old[was] != *line && here(was + 1) == here(was) {
            was += 1;
        }
        match old.get(was) == Some(line) {
            true => was += 1,
            false => changed.push(front + at),
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_changed_lines_are_found() {
        for (old, new, expected) in [
            ("a\nb\nc", "a\nb\nc", &[][..]),
            ("a\nb\nc", "a\nx\nc", &[1]),
            ("a\nc", "a\nb\nc", &[1]),
            ("a\nb\nc", "a\nc", &[]),
            ("", "a\nb", &[0, 1]),
            ("a\na", "a\na\na", &[2]),
            ("a\nb\nc\nd", "x\nb\nc\ny", &[0, 3]),
            ("a\nb\nc", "b\nc\na", &[2]),
            ("a\nb\nc\nd\ne", "a\nx\nc\ny\ne", &[1, 3]),
        ] {
            assert_eq!(changed_lines(old, new), expected, "{old:?} {new:?}");
        }
    }
}
