//! A way back when the page or its engine has stopped: the page says what happened and keeps the edits.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, console};

use crate::{dom, storage};

/// Makes the notice of `index.html` with the id `crash` ready, and shows it when the page panics.
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
    yew::set_custom_panic_hook(Box::new(|info| show(&info.to_string())));
}

/// Shows the notice. `why` is for whoever opens its details.
pub fn show(why: &str) {
    console::error_1(&why.into());
    if let Some(detail) = dom::element("crash-detail") {
        detail.set_text_content(Some(why));
    }
    if let Some(notice) = dom::element("crash") {
        let _ = notice.remove_attribute("hidden");
    }
    if let Some(button) = dom::element("crash-reload")
        && let Ok(button) = button.dyn_into::<HtmlElement>()
    {
        let _ = button.focus();
    }
}
