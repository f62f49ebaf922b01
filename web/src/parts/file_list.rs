//! The files of the repositories.

use std::rc::Rc;

use view::Edits;
use view::protocol::Files;
use yew::prelude::*;

use super::file_name::FileName;
use crate::charts;
use crate::session::Action;
use crate::texts;
use crate::words::{in_repository, last_part, repository, shown_path};

#[derive(PartialEq, Properties)]
pub struct FileListProps {
    pub main: Rc<Files>,
    pub draft: Rc<Edits>,
    pub file: Rc<str>,
    /// Whether there are several repositories.
    pub several: bool,
    pub on: Callback<Action>,
}

/// The files, repository by repository and folder by folder. Choosing one opens it; a dot marks the edited ones.
#[component]
pub fn FileList(props: &FileListProps) -> Html {
    let is_naming = use_state(|| false);
    let files = props.main.keys().chain(props.draft.changed.keys());
    let mut paths: Vec<&str> = lean::set(files.map(String::as_str)).into_iter().collect();
    // Folder by folder, those of a repository's root first.
    lean::sort_by_key(&mut paths, |path| {
        (repository(path), folder_of(path), *path)
    });
    let folder = props.file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let on_named = {
        let (is_naming, on) = (is_naming.setter(), props.on.clone());
        Callback::from(move |path: Option<String>| {
            is_naming.set(false);
            if let Some(path) = path {
                on.emit(Action::Create(path));
            }
        })
    };
    let ask = {
        let is_naming = is_naming.setter();
        Callback::from(move |_: MouseEvent| is_naming.set(true))
    };
    html! {
        <nav class="file-list" aria-label={if props.several { texts::FILES_OF_REPOSITORIES } else { texts::FILES_OF_REPOSITORY }}>
            <ul>
                for (index, path) in paths.iter().enumerate() {
                    <li key={*path}>
                        { headings(props, index.checked_sub(1).map(|last| paths[last]), path) }
                        { file(props, path) }
                    </li>
                }
            </ul>
            <div class="add">
                if *is_naming {
                    <FileName
                        label={texts::PATH_OF_THE_NEW_FILE}
                        path={format!("{folder}/")}
                        main={Rc::clone(&props.main)}
                        draft={Rc::clone(&props.draft)}
                        {on_named}
                    />
                } else {
                    <button type="button" class="link" onclick={ask}>{ texts::NEW_FILE }</button>
                    { choose(true, texts::ADD_A_CHART, &props.on) }
                    { choose(false, texts::ADD_A_PACKED_CHART, &props.on) }
                }
            </div>
        </nav>
    }
}

/// A button that asks for a chart of one's own.
fn choose(is_folder: bool, text: &'static str, on: &Callback<Action>) -> Html {
    let on = on.clone();
    let onclick = move |_: MouseEvent| {
        let on = on.clone();
        charts::choose(is_folder, move |dropped| {
            on.emit(Action::Adopt(Rc::new(dropped)));
        });
    };
    html! { <button type="button" class="link" {onclick}>{ text }</button> }
}

/// The names of the repository and of the folder before the first file in them.
fn headings(props: &FileListProps, before: Option<&str>, path: &str) -> Html {
    let (name, folder) = (repository(path), folder_of(path));
    let is_new_repository = before.is_none_or(|before| repository(before) != name);
    let is_new_folder =
        is_new_repository || before.is_some_and(|before| folder_of(before) != folder);
    html! {
        <>
            if props.several && is_new_repository {
                <span class="repository">{ name }</span>
            }
            if is_new_folder && !folder.is_empty() {
                <span class="folder">{ folder }</span>
            }
        </>
    }
}

fn folder_of(path: &str) -> &str {
    in_repository(path)
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder)
}

/// What a file is called, with what was done to it for whoever does not see the dot.
pub fn file_label(path: &str, shown: &str, main: &Files, draft: &Edits) -> String {
    match (draft.changed.contains_key(path), main.contains_key(path)) {
        _ if draft.removed.contains(path) => texts::file_deleted(shown),
        (true, true) => texts::file_edited(shown),
        (true, false) => texts::file_new(shown),
        _ => shown.to_owned(),
    }
}

fn file(props: &FileListProps, path: &str) -> Html {
    let is_edited = props.draft.changed.contains_key(path);
    let is_gone = props.draft.removed.contains(path);
    let name = last_part(path);
    let open: Rc<str> = path.into();
    html! {
        <button
            type="button"
            class={classes!("file", (!folder_of(path).is_empty()).then_some("inside"), is_gone.then_some("gone"))}
            aria-current={(*props.file == *path).then_some("true")}
            aria-label={file_label(path, shown_path(path, props.several), &props.main, &props.draft)}
            onclick={props.on.reform(move |_| Action::Open(Rc::clone(&open)))}
        >
            <span>{ name }</span>
            if is_edited {
                <span class="edited" aria-hidden="true"></span>
            }
        </button>
    }
}
