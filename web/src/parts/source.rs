//! Where something is written, as a way there.

use yew::prelude::*;

use super::embed::is_readonly;
use crate::session::Action;
use crate::words::{full_path, place};

/// `chart/values.yaml:12` as a button that opens the file at that line; a flag such as
/// `--set image.tag=1.4.2` stays text. Nothing if it is not known.
pub fn source(repository: &str, text: &str, on: &Callback<Action>) -> Html {
    if text.is_empty() {
        return Html::default();
    }
    let Some((path, line)) = place(text) else {
        return html! { <span class="source">{ text }</span> };
    };
    link(full_path(repository, path), line, text, on)
}

/// A button that opens a file, by its path with the repository, at a line. Text where no file is shown.
pub fn link(path: String, line: u32, text: &str, on: &Callback<Action>) -> Html {
    if is_readonly() {
        return html! { <span class="source" data-testid="source">{ text }</span> };
    }
    let onclick = on.reform(move |_| Action::OpenAt(path.as_str().into(), line));
    html! {
        <button type="button" class="link source" data-testid="source" {onclick}>{ text }</button>
    }
}
