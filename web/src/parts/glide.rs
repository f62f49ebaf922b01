//! Lets what is new appear and what changes its place glide there, outside of the virtual DOM.

use lean::FlatMap;
use std::cell::RefCell;

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::dom::{object, reduced_motion};

/// How long it takes, in milliseconds.
const DURATION: f64 = 320.0;
/// The longest list that is followed.
const LIST_MOST: u32 = 48;

/// Where each child was after the last drawing, by uid; nothing before the first one.
type Places = FlatMap<String, (i32, i32)>;

/// After each drawing, every child of `list` with a `data-uid` that was somewhere else before glides
/// from there, and a new one appears. Nothing moves under `prefers-reduced-motion`.
#[hook]
pub fn use_glide(list: &NodeRef) {
    let before = use_memo((), |()| RefCell::new(None::<Places>));
    let list = list.clone();
    use_effect(move || {
        let Some(list) = list.cast::<HtmlElement>() else {
            return;
        };
        let children = list.children();
        // Among many, nobody follows one; and asking for places makes the browser lay out the page.
        if LIST_MOST < children.length() {
            before.replace(None);
            return;
        }
        let mut places = Places::new();
        for child in (0..children.length()).filter_map(|index| children.item(index)) {
            let Ok(child) = child.dyn_into::<HtmlElement>() else {
                continue;
            };
            let Some(uid) = child.get_attribute("data-uid") else {
                continue;
            };
            let place = (child.offset_left(), child.offset_top());
            if let Some(before) = before.borrow().as_ref()
                && !reduced_motion()
            {
                match before.get(&uid) {
                    None => appear(&child),
                    Some(old) if *old != place => glide(&child, old.0 - place.0, old.1 - place.1),
                    Some(_) => {}
                }
            }
            places.insert(uid, place);
        }
        before.replace(Some(places));
    });
}

fn glide(element: &HtmlElement, dx: i32, dy: i32) {
    let from = format!("translate({dx}px, {dy}px)");
    animate(element, object(&[("transform", from.into())]));
}

fn appear(element: &HtmlElement) {
    let from = object(&[
        ("opacity", "0".into()),
        ("transform", "translateY(-0.5rem) scale(0.85)".into()),
    ]);
    animate(element, from);
}

/// Animates from these values to those that the element has.
fn animate(element: &HtmlElement, from: Object) {
    let options = object(&[("duration", DURATION.into()), ("easing", "ease-out".into())]);
    let frames = Array::of2(&from, &Object::new());
    // web-sys still counts `Element.animate` among the unstable; browsers have had it for years.
    let animate = Reflect::get(element, &JsValue::from_str("animate"));
    if let Some(animate) = animate
        .ok()
        .and_then(|value| value.dyn_into::<Function>().ok())
    {
        let _ = animate.call2(element, &frames, &options);
    }
}
