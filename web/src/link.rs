//! Links to a moment: the fragment of the page's address, and what the browser does with it.

use wasm_bindgen::prelude::*;

use crate::{dom, texts};

#[wasm_bindgen(module = "/js/link.js")]
extern "C" {
    #[wasm_bindgen(js_name = openOwn)]
    fn open_own(fragment: &str, done: &Closure<dyn FnMut(String, String)>);

    fn address(json: &str, done: &Closure<dyn FnMut(String)>);

    fn copy(text: &str, done: &Closure<dyn FnMut(bool)>);

    /// Saves what a link carries as a file.
    pub fn save(json: &str);

    /// Saves a picture.
    #[wasm_bindgen(js_name = savePicture)]
    pub fn save_picture(svg: &str);

    /// Opens an address in a tab of its own; false if the browser does not let the page.
    #[wasm_bindgen(js_name = openTab)]
    pub fn open_tab(address: &str) -> bool;

    #[wasm_bindgen(js_name = openFile)]
    fn open_file(file: &JsValue, refused: &Closure<dyn FnMut()>);
}

/// The fragment of the page's address, if it is a link.
pub fn own() -> Option<String> {
    let hash = match dom::is_embed() {
        true => format!("#{}", dom::parameter("link")?),
        false => web_sys::window()?.location().hash().ok()?,
    };
    let version = hash.strip_prefix("#v")?;
    version
        .starts_with(|c: char| c.is_ascii_digit())
        .then_some(hash)
}

/// Reads what a link carries, as JSON; or says in words why it cannot be read.
pub fn read(fragment: &str, done: impl FnOnce(Result<String, &'static str>) + 'static) {
    let closure = Closure::once(move |json: String, why: String| {
        done(match why.as_str() {
            "" => Ok(json),
            "newer" => Err(texts::LINK_NEWER),
            _ => Err(texts::LINK_DAMAGED),
        });
    });
    open_own(fragment, &closure);
    closure.forget();
}

/// The address of the playground that carries this.
pub fn address_of(json: &str, done: impl FnOnce(String) + 'static) {
    let closure = Closure::once(done);
    address(json, &closure);
    closure.forget();
}

/// Copies a text; tells whether that was possible.
pub fn copy_text(text: &str, done: impl FnOnce(bool) + 'static) {
    let closure = Closure::once(done);
    copy(text, &closure);
    closure.forget();
}

/// Opens the link that a file holds, or tells that it holds none.
pub fn open(file: &JsValue, refused: impl FnOnce() + 'static) {
    let closure = Closure::once(refused);
    open_file(file, &closure);
    closure.forget();
}
