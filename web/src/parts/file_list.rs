//! The repository's files.

use std::rc::Rc;

use view::protocol::Files;
use yew::prelude::*;

use crate::session::Action;
use crate::words::{in_repository, last_part};

#[derive(PartialEq, Properties)]
pub struct FileListProps {
    pub main: Rc<Files>,
    pub draft: Rc<Files>,
    pub file: Rc<str>,
    pub on: Callback<Action>,
}

/// The files of a repository, folder by folder. Choosing one opens it; a dot marks the edited ones.
#[component]
pub fn FileList(props: &FileListProps) -> Html {
    let files = props.main.keys().chain(props.draft.keys());
    let mut paths: Vec<&str> = lean::set(files.map(String::as_str)).into_iter().collect();
    // Folder by folder, those of the root first.
    lean::sort_by_key(&mut paths, |path| (folder_of(path), *path));
    html! {
        <nav class="file-list" aria-label="Files of the repository">
            <ul>
                for (index, path) in paths.iter().enumerate() {
                    <li key={*path}>
                        { folder_heading(index.checked_sub(1).map(|last| paths[last]), path) }
                        { file(props, path) }
                    </li>
                }
            </ul>
        </nav>
    }
}

/// The folder's name before the first file in it.
fn folder_heading(before: Option<&str>, path: &str) -> Html {
    let folder = folder_of(path);
    if folder.is_empty() || before.is_some_and(|before| folder_of(before) == folder) {
        return Html::default();
    }
    html! { <span class="folder">{ folder }</span> }
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
            aria-label={format!("{}{}", in_repository(path), if edited { ", edited" } else { "" })}
            onclick={props.on.reform(move |_| Action::Open(Rc::clone(&open)))}
        >
            <span>{ name }</span>
            if edited {
                <span class="edited" aria-hidden="true"></span>
            }
        </button>
    }
}
