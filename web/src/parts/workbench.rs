//! The workbench: the repository's files, the editor, and the way to a pull request.

use std::rc::Rc;

use ecow::EcoString;
use view::protocol::Files;
use view::protocol::Sample;
use view::{Edits, Problem};
use yew::prelude::*;

use super::editor::Editor;
use super::file_list::{FileList, file_label};
use super::file_name::FileName;
use super::manifest::ManifestView;
use super::problems::problems;
use super::samples::{introduction, samples};
use super::tabs::{Tab, Tabs};
use crate::session::{Action, GoTo, Rendered};
use crate::words::{has_several_repositories, last_part, path_from, place, shown_path};
use crate::{code, dom, texts};

#[derive(PartialEq, Properties)]
pub struct WorkbenchProps {
    pub main: Rc<Files>,
    pub draft: Rc<Edits>,
    /// The open files, and the one that is shown.
    pub tabs: Rc<[Rc<str>]>,
    pub file: Rc<str>,
    pub text: AttrValue,
    pub title: AttrValue,
    pub problems: Rc<[Problem]>,
    /// The line to go to.
    pub line: Option<GoTo>,
    /// Whether something can be taken back.
    pub undoes: bool,
    /// The line of the caret, from 1.
    pub caret: u32,
    /// What the chart renders, and the line of it that is looked at.
    pub rendered: Rendered,
    pub chosen: Option<usize>,
    /// What was assumed about a chart that was added.
    pub notes: Rc<[EcoString]>,
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
    let paths = props.main.keys().chain(props.draft.changed.keys());
    let several = has_several_repositories(paths.map(String::as_str));
    let shown = shown_path(&props.file, several).to_owned();
    html! {
        <div class="workbench" onkeydown={turn_by_keys(props)}>
            <FileList
                main={Rc::clone(&props.main)}
                draft={Rc::clone(&props.draft)}
                file={Rc::clone(&props.file)}
                {several}
                on={props.on.clone()}
            />
            <div class="open-files">
            { file_tabs(props, several) }
            <section class="file-view" id="file" role="tabpanel" aria-label={shown.clone()}>
                <FileHeader
                    main={Rc::clone(&props.main)}
                    draft={Rc::clone(&props.draft)}
                    file={Rc::clone(&props.file)}
                    is_rendered={props.rendered.is_shown}
                    on={props.on.clone()}
                />
                <Editor
                    path={Rc::clone(&props.file)}
                    name={shown.clone()}
                    text={props.text.clone()}
                    main={props.main.get(&*props.file).cloned().map(AttrValue::from)}
                    problems={Rc::clone(&props.problems)}
                    line={props.line}
                    shown={lines_of(props)}
                    on={props.on.clone()}
                />
                { problems(&props.problems, Some(&props.file), &props.on) }
                if props.rendered.is_shown {
                    <ManifestView
                        manifest={props.rendered.manifest.clone()}
                        file={Rc::clone(&props.file)}
                        caret={props.caret}
                        chosen={props.chosen}
                        on={props.on.clone()}
                    />
                }
            </section>
            </div>
            { if props.draft.is_empty() { invitation(props) } else { proposal(props) } }
        </div>
    }
}

/// The tabs of the open files, by their names; those of one name have their folder beside it.
fn file_tabs(props: &WorkbenchProps, several: bool) -> Html {
    let tab = |path: &Rc<str>| {
        let (name, shown) = (last_part(path), shown_path(path, several));
        let has_name = |other: &&Rc<str>| last_part(other) == name;
        let folder = (1 < props.tabs.iter().filter(has_name).count())
            .then(|| shown.strip_suffix(name))
            .flatten();
        let is_edited = props.draft.changed.contains_key(&**path);
        Tab {
            key: AttrValue::from(Rc::clone(path)),
            id: None,
            label: name.to_owned().into(),
            note: folder.map(|it| it.trim_end_matches('/').to_owned().into()),
            spoken: Some(file_label(path, shown, &props.main, &props.draft).into()),
            is_edited,
        }
    };
    let at = |tabs: &Rc<[Rc<str>]>, to: fn(Rc<str>) -> Action| {
        let tabs = Rc::clone(tabs);
        props.on.reform(move |at: usize| to(Rc::clone(&tabs[at])))
    };
    let tabs = &props.tabs;
    html! {
        <Tabs
            label={texts::OPEN_FILES}
            controls="file"
            shown={tabs.iter().position(|it| *it == props.file).unwrap_or(0)}
            tabs={tabs.iter().map(tab).collect::<Vec<_>>()}
            on_show={at(tabs, Action::Open)}
            on_close={(1 < tabs.len()).then(|| at(tabs, Action::CloseFile))}
        />
    }
}

/// Keys that browsers leave free: Alt and Page Up or Down go from file to file, Alt and W closes one.
fn turn_by_keys(props: &WorkbenchProps) -> Callback<KeyboardEvent> {
    let (on, file) = (props.on.clone(), Rc::clone(&props.file));
    Callback::from(move |event: KeyboardEvent| {
        if !event.alt_key() || event.ctrl_key() || event.meta_key() {
            return;
        }
        // By its place on the keyboard: with Alt it is another character on some.
        let action = match event.code().as_str() {
            "PageUp" => Action::TurnToFile(-1),
            "PageDown" => Action::TurnToFile(1),
            "KeyW" => Action::CloseFile(Rc::clone(&file)),
            _ => return,
        };
        event.prevent_default();
        on.emit(action);
    })
}

/// The lines of the open file that made the chosen line of the rendered manifests.
fn lines_of(props: &WorkbenchProps) -> Rc<[u32]> {
    let manifest = props.rendered.manifest.as_ref();
    let Some(manifest) = manifest.filter(|_| props.rendered.is_shown) else {
        return Rc::default();
    };
    let file = path_from(&manifest.repository, &props.file);
    let line = props.chosen.and_then(|at| manifest.lines.get(at));
    let places = line.into_iter().flat_map(|line| &line.sources);
    let own = places.filter_map(|it| place(it));
    let own = own.filter(|(path, _)| *path == file);
    own.map(|(_, line)| line).collect()
}

#[derive(PartialEq, Properties)]
struct FileHeaderProps {
    main: Rc<Files>,
    draft: Rc<Edits>,
    file: Rc<str>,
    is_rendered: bool,
    on: Callback<Action>,
}

/// What can be done with the open file.
#[component]
fn FileHeader(props: &FileHeaderProps) -> Html {
    let is_naming = use_state(|| false);
    let FileHeaderProps {
        main,
        draft,
        file,
        on,
        ..
    } = props;
    if *is_naming {
        let (is_naming, on) = (is_naming.setter(), on.clone());
        let on_named = move |path: Option<String>| {
            is_naming.set(false);
            if let Some(path) = path {
                on.emit(Action::Rename(path));
            }
        };
        return html! {
            <header>
                <FileName
                    label={texts::NEW_PATH_OF_THE_FILE}
                    path={file.to_string()}
                    main={Rc::clone(main)}
                    draft={Rc::clone(draft)}
                    {on_named}
                />
            </header>
        };
    }
    let does = |action: Action| on.reform(move |_: MouseEvent| action.clone());
    let link = |text: &'static str, onclick: Callback<MouseEvent>| {
        html! { <button type="button" class="link" {onclick}>{ text }</button> }
    };
    let ask = {
        let is_naming = is_naming.setter();
        Callback::from(move |_: MouseEvent| is_naming.set(true))
    };
    let is_gone = draft.removed.contains(&**file);
    let is_edited = draft.changed.contains_key(&**file) && main.contains_key(&**file);
    html! {
        <header>
            <span class="tools">
                if is_gone {
                    { texts::IT_IS_DELETED }
                    { " " }
                    { link(texts::RESTORE, does(Action::Reset(Rc::clone(file)))) }
                } else {
                    { link(texts::FIND, Callback::from(|_: MouseEvent| code::find())) }
                    if is_edited {
                        { link(texts::RESET_FILE, does(Action::Reset(Rc::clone(file)))) }
                    }
                    { link(texts::RENAME, ask) }
                    { link(texts::DELETE, does(Action::Delete)) }
                    if !props.is_rendered {
                        { link(texts::SHOW_RENDERED, does(Action::ShowManifest(true))) }
                    }
                }
            </span>
        </header>
    }
}

/// Nothing is edited: what one could do.
fn invitation(props: &WorkbenchProps) -> Html {
    html! {
        <footer class="actions">
            { problems(&props.refused, None, &props.on) }
            <p>
                if props.samples.is_empty() {
                    { texts::EDIT_A_FILE }
                } else {
                    { introduction(texts::EDIT_ANY_FILE) }
                }
                { undo(props) }
            </p>
            { samples(&props.samples, &props.on) }
        </footer>
    }
}

/// Takes back what the last button did to files.
fn undo(props: &WorkbenchProps) -> Html {
    html! {
        if props.undoes {
            { " " }
            <button type="button" class="link" onclick={props.on.reform(|_| Action::Undo)}>
                { texts::UNDO }
            </button>
        }
    }
}

/// Something is edited: name it and propose it.
fn proposal(props: &WorkbenchProps) -> Html {
    let oninput = props
        .on
        .reform(|event: InputEvent| Action::Title(dom::value(&event)));
    let onsubmit = props.on.reform(|event: SubmitEvent| {
        event.prevent_default();
        Action::OpenPullRequest
    });
    html! {
        <form class="actions" {onsubmit}>
            { problems(&props.refused, None, &props.on) }
            if !props.notes.is_empty() {
                <div class="notes" role="status">
                    <ul>
                        for note in props.notes.iter() {
                            <li>{ note.as_str() }</li>
                        }
                    </ul>
                    <button type="button" class="link" onclick={props.on.reform(|_| Action::ForgetNotes)}>
                        { texts::UNDERSTOOD }
                    </button>
                </div>
            }
            if props.in_the_past {
                <p class="warn">{ texts::STARTS_ANOTHER_FUTURE }</p>
            }
            <p>
                { texts::files_edited(props.draft.len()) }
                { " " }
                <button type="button" class="link" onclick={props.on.reform(|_| Action::ResetAll)}>
                    { texts::RESET_ALL }
                </button>
                { undo(props) }
            </p>
            <input type="text" aria-label={texts::TITLE_OF_PULL_REQUEST} value={props.title.clone()} {oninput} />
            <button type="submit" class="primary" id="propose">
                { if props.updates { texts::UPDATE_PULL_REQUEST } else { texts::OPEN_PULL_REQUEST } }
            </button>
        </form>
    }
}
