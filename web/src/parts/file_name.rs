//! The name of a file that is added or renamed.

use std::rc::Rc;

use view::Edits;
use view::protocol::Files;
use yew::prelude::*;

use crate::{dom, texts};

#[derive(PartialEq, Properties)]
pub struct FileNameProps {
    /// What is asked for.
    pub label: AttrValue,
    /// The path to begin with.
    pub path: AttrValue,
    pub main: Rc<Files>,
    pub draft: Rc<Edits>,
    /// Gets the path, or none if there is to be none.
    pub on_named: Callback<Option<String>>,
}

/// Asks for a path that is free.
#[component]
pub fn FileName(props: &FileNameProps) -> Html {
    let path = use_state(|| props.path.to_string());
    let input = use_node_ref();
    use_effect_with(input.clone(), |input| dom::focus(input.cast()));
    let is_taken = |path: &str| {
        let on_main = props.main.contains_key(path) && !props.draft.removed.contains(path);
        on_main || props.draft.changed.contains_key(path)
    };
    let fault = match path.trim() {
        same if same == &*props.path => None,
        path => fault(path, is_taken(path)),
    };
    let oninput = {
        let path = path.setter();
        Callback::from(move |event: InputEvent| path.set(dom::value(&event)))
    };
    let onsubmit = {
        let named = path.trim().to_owned();
        let is_good = fault.is_none() && named != *props.path;
        props.on_named.reform(move |event: SubmitEvent| {
            event.prevent_default();
            is_good.then(|| named.clone())
        })
    };
    let onkeydown = {
        let on_named = props.on_named.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                on_named.emit(None);
            }
        })
    };
    html! {
        <form class="file-name" {onsubmit}>
            <input
                ref={input}
                type="text"
                aria-label={props.label.clone()}
                aria-invalid={fault.is_some().to_string()}
                aria-describedby="file-name-fault"
                value={(*path).clone()}
                spellcheck="false"
                autocapitalize="off"
                autocomplete="off"
                {oninput}
                {onkeydown}
            />
            <button type="submit" disabled={fault.is_some()}>{ texts::SAVE }</button>
            <button type="button" class="link" onclick={props.on_named.reform(|_| None)}>{ texts::CANCEL }</button>
            <p id="file-name-fault" role="status">{ fault.unwrap_or_default() }</p>
        </form>
    }
}

/// Why a path cannot be that of a file of a repository.
fn fault(path: &str, is_taken: bool) -> Option<&'static str> {
    let mut parts = path.split('/');
    if parts.clone().count() < 2 {
        return Some(texts::NAME_THE_REPOSITORY);
    }
    if path.ends_with('/') {
        return Some(texts::NAME_A_FILE);
    }
    if path.contains('\\') || parts.any(|part| matches!(part, "" | "." | ".." | ".git")) {
        return Some(texts::NOT_A_PATH);
    }
    is_taken.then_some(texts::ALREADY_THERE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_files_in_a_repository_are_taken() {
        for (path, is_taken, expected) in [
            ("shop/a.yaml", false, None),
            ("shop/b/a.yaml", false, None),
            ("shop/a.yaml", true, Some(texts::ALREADY_THERE)),
            ("a.yaml", false, Some(texts::NAME_THE_REPOSITORY)),
            ("shop/", false, Some(texts::NAME_A_FILE)),
            ("shop/../a", false, Some(texts::NOT_A_PATH)),
            ("/a", false, Some(texts::NOT_A_PATH)),
            ("shop/.git/a", false, Some(texts::NOT_A_PATH)),
        ] {
            assert_eq!(fault(path, is_taken), expected, "{path}");
        }
    }
}
