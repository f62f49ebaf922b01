//! A way back from a panic: the page says what happened and keeps the edits.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, console};

use crate::{dom, storage};

/// Shows the notice of `index.html` with the id `crash` when the program panics.
///
/// Every edit was written to storage as it was typed, so a reload brings it back. If the edits
/// themselves stop the page, the second button puts them aside and starts from the lab's files.
pub fn install() {
    for (id, with_edits) in [("crash-reload", true), ("crash-without", false)] {
        let Some(button) = dom::element(id) else {
            continue;
        };
        EventListener::new(&button, "click", move |_| {
            if !with_edits {
                storage::put_edits_aside();
            }
            if let Some(window) = web_sys::window() {
                let _ = window.location().reload();
            }
        })
        .forget();
    }
    yew::set_custom_panic_hook(Box::new(|info| {
        console::error_1(&info.to_string().into());
        if let Some(detail) = dom::element("crash-detail") {
            detail.set_text_content(Some(&info.to_string()));
        }
        if let Some(notice) = dom::element("crash") {
            let _ = notice.remove_attribute("hidden");
        }
        if let Some(button) = dom::element("crash-reload")
            && let Ok(button) = button.dyn_into::<HtmlElement>()
        {
            let _ = button.focus();
        }
    }));
}
