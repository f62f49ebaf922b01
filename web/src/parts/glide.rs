//! Lets what changes its place glide there, outside of the virtual DOM.

use std::cell::RefCell;
use std::collections::BTreeMap;

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::dom::reduced_motion;

/// How long it takes, in milliseconds.
const DURATION: f64 = 320.0;

/// After each drawing, every child of `list` with a `data-uid` that was somewhere else before glides
/// from there. Nothing glides under `prefers-reduced-motion`.
#[hook]
pub fn use_glide(list: &NodeRef) {
    let before = use_memo((), |()| RefCell::new(BTreeMap::<String, (i32, i32)>::new()));
    let list = list.clone();
    use_effect(move || {
        let Some(list) = list.cast::<HtmlElement>() else {
            return;
        };
        let children = list.children();
        let mut places = BTreeMap::new();
        for child in (0..children.length()).filter_map(|index| children.item(index)) {
            let Ok(child) = child.dyn_into::<HtmlElement>() else {
                continue;
            };
            let Some(uid) = child.get_attribute("data-uid") else {
                continue;
            };
            let place = (child.offset_left(), child.offset_top());
            if let Some(&old) = before.borrow().get(&uid)
                && old != place
                && !reduced_motion()
            {
                glide(&child, old.0 - place.0, old.1 - place.1);
            }
            places.insert(uid, place);
        }
        before.replace(places);
    });
}

fn glide(element: &HtmlElement, dx: i32, dy: i32) {
    let frame = |transform: String| {
        let frame = Object::new();
        for (key, value) in [("transform", transform.as_str()), ("easing", "ease-out")] {
            // Setting a property of a fresh object cannot fail.
            let _ = Reflect::set(&frame, &JsValue::from_str(key), &JsValue::from_str(value));
        }
        frame
    };
    let frames = Array::of2(
        &frame(format!("translate({dx}px, {dy}px)")),
        &frame("none".to_owned()),
    );
    // web-sys still counts `Element.animate` among the unstable; browsers have had it for years.
    let animate = Reflect::get(element, &JsValue::from_str("animate"));
    if let Some(animate) = animate
        .ok()
        .and_then(|value| value.dyn_into::<Function>().ok())
    {
        let _ = animate.call2(element, &frames, &JsValue::from_f64(DURATION));
    }
}
