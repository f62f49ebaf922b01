//! The workbench: the repository's files, the editor, and the way to a pull request.

use std::rc::Rc;

use view::Problem;
use view::protocol::Files;
use view::protocol::Sample;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::editor::Editor;
use super::file_list::FileList;
use super::problems::problems;
use super::samples::samples;
use crate::session::Action;
use crate::words::{count, has_several_repositories, shown_path};

#[derive(PartialEq, Properties)]
pub struct WorkbenchProps {
    pub main: Rc<Files>,
    pub draft: Rc<Files>,
    pub file: Rc<str>,
    pub text: AttrValue,
    pub title: AttrValue,
    pub problems: Rc<[Problem]>,
    /// The line to go to, and which time it is asked for.
    pub line: Option<(u32, u32)>,
    pub refused: Rc<[Problem]>,
    pub samples: Rc<[Sample]>,
    /// Whether a pull request is open, which the next one would update.
    pub updates: bool,
    /// Whether the stage shows a moment before the last one.
    pub in_the_past: bool,
    pub on: Callback<Action>,
}

/// File list, editor, and what to do with the edits.
#[component]
pub fn Workbench(props: &WorkbenchProps) -> Html {
    let edited = props.draft.contains_key(&*props.file);
    let reset = Rc::clone(&props.file);
    let several = has_several_repositories(&props.main);
    let shown = shown_path(&props.file, several).to_owned();
    html! {
        <div class="workbench">
            <FileList
                main={Rc::clone(&props.main)}
                draft={Rc::clone(&props.draft)}
                file={Rc::clone(&props.file)}
                {several}
                on={props.on.clone()}
            />
            <section class="file-view" aria-label={shown.clone()}>
                <header>
                    <code>{ shown.as_str() }</code>
                    if edited {
                        <button
                            type="button"
                            class="link"
                            onclick={props.on.reform(move |_| Action::Reset(Rc::clone(&reset)))}
                        >
                            { "Reset file" }
                        </button>
                    }
                </header>
                <Editor
                    key={&*props.file}
                    path={Rc::clone(&props.file)}
                    name={shown.clone()}
                    text={props.text.clone()}
                    main={props.main.get(&*props.file).cloned().map(AttrValue::from)}
                    problems={Rc::clone(&props.problems)}
                    line={props.line}
                    on={props.on.clone()}
                />
                { problems(&props.problems, Some(&props.file), &props.on) }
            </section>
            { if props.draft.is_empty() { invitation(props) } else { proposal(props) } }
        </div>
    }
}

/// Nothing is edited: what one could do.
fn invitation(props: &WorkbenchProps) -> Html {
    html! {
        <footer class="actions">
            <p>{ "Edit any file, or start with a change that is ready." }</p>
            { samples(&props.samples, &props.on) }
        </footer>
    }
}

/// Something is edited: name it and propose it.
fn proposal(props: &WorkbenchProps) -> Html {
    let oninput = props.on.reform(|event: InputEvent| {
        let input = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        Action::Title(input.map(|input| input.value()).unwrap_or_default())
    });
    let onsubmit = props.on.reform(|event: SubmitEvent| {
        event.prevent_default();
        Action::OpenPullRequest
    });
    html! {
        <form class="actions" {onsubmit}>
            { problems(&props.refused, None, &props.on) }
            if props.in_the_past {
                <p class="warn">
                    { "The stage shows an earlier moment: " }
                    { "a pull request opened now starts another future from there." }
                </p>
            }
            <p>
                { format!("{} edited. ", count(props.draft.len(), "file")) }
                <button type="button" class="link" onclick={props.on.reform(|_| Action::ResetAll)}>
                    { "Reset all" }
                </button>
            </p>
            <input type="text" aria-label="Title of the pull request" value={props.title.clone()} {oninput} />
            <button type="submit" class="primary">
                { if props.updates { "Update pull request" } else { "Open pull request" } }
            </button>
        </form>
    }
}
