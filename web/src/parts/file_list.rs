//! The files of the repositories.

use std::rc::Rc;

use view::protocol::Files;
use yew::prelude::*;

use crate::session::Action;
use crate::words::{in_repository, last_part, repository, shown_path};

#[derive(PartialEq, Properties)]
pub struct FileListProps {
    pub main: Rc<Files>,
    pub draft: Rc<Files>,
    pub file: Rc<str>,
    /// Whether there are several repositories.
    pub several: bool,
    pub on: Callback<Action>,
}

/// The files, repository by repository and folder by folder. Choosing one opens it; a dot marks the edited ones.
#[component]
pub fn FileList(props: &FileListProps) -> Html {
    let files = props.main.keys().chain(props.draft.keys());
    let mut paths: Vec<&str> = lean::set(files.map(String::as_str)).into_iter().collect();
    // Folder by folder, those of a repository's root first.
    lean::sort_by_key(&mut paths, |path| {
        (repository(path), folder_of(path), *path)
    });
    html! {
        <nav class="file-list" aria-label={if props.several { "Files of the repositories" } else { "Files of the repository" }}>
            <ul>
                for (index, path) in paths.iter().enumerate() {
                    <li key={*path}>
                        { headings(props, index.checked_sub(1).map(|last| paths[last]), path) }
                        { file(props, path) }
                    </li>
                }
            </ul>
        </nav>
    }
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

fn file(props: &FileListProps, path: &str) -> Html {
    let edited = props.draft.contains_key(path);
    let name = last_part(path);
    let open: Rc<str> = path.into();
    html! {
        <button
            type="button"
            class={classes!("file", (!folder_of(path).is_empty()).then_some("inside"))}
            aria-current={(*props.file == *path).then_some("true")}
            aria-label={format!("{}{}", shown_path(path, props.several), if edited { ", edited" } else { "" })}
            onclick={props.on.reform(move |_| Action::Open(Rc::clone(&open)))}
        >
            <span>{ name }</span>
            if edited {
                <span class="edited" aria-hidden="true"></span>
            }
        </button>
    }
}
