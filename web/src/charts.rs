//! Charts of one's own, dropped onto the page or chosen.

use js_sys::Uint8Array;
use view::Dropped;
use wasm_bindgen::prelude::*;

type OnDropped = Closure<dyn FnMut(String, Vec<String>, Vec<Uint8Array>)>;

#[wasm_bindgen(module = "/js/charts.js")]
extern "C" {
    #[wasm_bindgen(js_name = listen)]
    fn listen_js(over: &Closure<dyn FnMut(bool)>, dropped: &OnDropped);
    #[wasm_bindgen(js_name = choose)]
    fn choose_js(is_folder: bool, dropped: &OnDropped);
}

/// From now on, what is dropped onto the page is handed over, and the page is told that something is
/// held above it.
pub fn listen(over: impl FnMut(bool) + 'static, dropped: impl FnMut(Dropped) + 'static) {
    let (over, dropped) = (Closure::new(over), handed(dropped));
    listen_js(&over, &dropped);
    // Both live as long as the page.
    over.forget();
    dropped.forget();
}

/// Asks for a folder, or else for a packed chart.
pub fn choose(is_folder: bool, dropped: impl FnMut(Dropped) + 'static) {
    let dropped = handed(dropped);
    choose_js(is_folder, &dropped);
    // Whoever is asked may never answer.
    dropped.forget();
}

fn handed(mut dropped: impl FnMut(Dropped) + 'static) -> OnDropped {
    Closure::new(
        move |name: String, paths: Vec<String>, contents: Vec<Uint8Array>| {
            let contents = contents.iter().map(Uint8Array::to_vec);
            let files = paths.into_iter().zip(contents).collect();
            dropped(Dropped { name, files });
        },
    )
}
