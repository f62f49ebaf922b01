//! A way back when the page or its engine has stopped: the page says what happened and keeps the edits.

use gloo_events::EventListener;
use js_sys::WebAssembly::RuntimeError;
use js_sys::{Error, RangeError, Reflect};
use wasm_bindgen::JsCast;
use web_sys::console;

use crate::{dom, link, storage};

/// Makes the notice of `index.html` with the id `crash` ready, and shows it when the page panics.
///
/// Every edit was written to storage as it was typed, so a reload brings it back. If the edits
/// themselves stop the page, the second button puts them and what was done aside and starts from the lab's
/// files; the page offers to bring it back.
pub fn install() {
    for (id, with_edits) in [("crash-reload", true), ("crash-without", false)] {
        let Some(button) = dom::element(id) else {
            continue;
        };
        EventListener::new(&button, "click", move |_| {
            if !with_edits {
                storage::start_over();
            }
            // Nor with the edits that a link carries.
            match (link::own(), dom::parameter("lesson")) {
                (Some(_), Some(id)) if !with_edits => dom::open_lesson(&id),
                (Some(_), None) if !with_edits => dom::open_lab(&dom::lab()),
                _ => dom::reload(),
            }
        })
        .forget();
    }
    yew::set_custom_panic_hook(Box::new(|info| show(&info.to_string())));
    // What stops the module without a panic: too deep a stack, memory that is not there.
    if let Some(window) = web_sys::window() {
        EventListener::new(&window, "error", |event| {
            let error = Reflect::get(event, &"error".into()).unwrap_or_default();
            if error.is_instance_of::<RuntimeError>() || error.is_instance_of::<RangeError>() {
                show(&String::from(error.unchecked_into::<Error>().message()));
            }
        })
        .forget();
    }
}

/// Shows the notice, and lets nothing else be reached. `why` is for whoever opens its details; of what
/// follows from the first one, nothing is shown.
pub fn show(why: &str) {
    console::error_1(&why.into());
    let Some(notice) = dom::element("crash").filter(|it| it.has_attribute("hidden")) else {
        return;
    };
    if let Some(detail) = dom::element("crash-detail") {
        detail.set_text_content(Some(why));
    }
    if let Some(stopped) = dom::element("app") {
        let _ = stopped.set_attribute("inert", "");
    }
    let _ = notice.remove_attribute("hidden");
    dom::focus(dom::element("crash-reload"));
}
