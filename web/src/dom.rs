//! The few things that are asked of the browser directly.

use gloo_events::EventListener;
use js_sys::{Object, Reflect};
use view::protocol::OPENING;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, Node, ResizeObserver};
use yew::prelude::*;

/// There is room for the workbench beside the stage.
pub const WIDE: &str = "(min-width: 1100px)";

/// There is room for one thing at a time.
pub const NARROW: &str = "(max-width: 619px)";

/// The element with this id.
pub fn element(id: &str) -> Option<Element> {
    web_sys::window()?.document()?.get_element_by_id(id)
}

/// Gives an element the focus, if it is there.
pub fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// In a list of items with a button each, the arrow keys go from one to the next: the Tab key comes to
/// one of them only.
pub fn move_among_items(event: KeyboardEvent) {
    let is_back = match event.key().as_str() {
        "ArrowLeft" | "ArrowUp" => true,
        "ArrowRight" | "ArrowDown" => false,
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    let next = || {
        let here = event.target_dyn_into::<Element>()?;
        let here = here.closest("li").ok()??;
        let next = match is_back {
            true => here.previous_element_sibling(),
            false => here.next_element_sibling(),
        };
        next?.query_selector("button").ok()?
    };
    focus(next());
}

/// What the field says that an event is about. Asked of the object itself, so that it may be a field of
/// any kind.
pub fn value(event: &Event) -> String {
    let value = event
        .target()
        .and_then(|it| Reflect::get(&it, &"value".into()).ok());
    value.and_then(|it| it.as_string()).unwrap_or_default()
}

/// A plain JavaScript object, which takes every member.
pub fn object(members: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}

/// Sets a CSS custom property. This way, unlike a `style` attribute, is open under every
/// Content-Security-Policy, and it moves things without a turn of the virtual DOM.
pub fn set_property(node: &NodeRef, name: &str, value: &str) {
    if let Some(element) = node.cast::<HtmlElement>() {
        let _ = element.style().set_property(name, value);
    }
}

/// Scrolls to the element that this selector finds, and no further than needed to have it at the top.
pub fn show(selector: &str) {
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(element) = document.and_then(|it| it.query_selector(selector).ok().flatten()) {
        element.scroll_into_view();
    }
}

/// The element that has the focus.
pub fn focused() -> Option<Element> {
    web_sys::window()?.document()?.active_element()
}

/// Scrolls the list around an element to it, and nothing else.
pub fn show_within(element: &Element) {
    let element = element.dyn_ref::<HtmlElement>();
    let list = element.and_then(|it| it.parent_element());
    if let (Some(element), Some(list)) = (element, list) {
        let top = element.offset_top() - list.client_height() / 3;
        list.set_scroll_top(top.max(0));
    }
}

/// Turns the page to its `light` or `dark` side.
pub fn set_theme(theme: &str) {
    if let Some(root) = root() {
        let _ = root.set_attribute("data-theme", theme);
    }
}

/// Whether a media query holds now.
pub fn media(query: &str) -> bool {
    web_sys::window()
        .and_then(|window| window.match_media(query).ok().flatten())
        .is_some_and(|list| list.matches())
}

/// Whether motion is unwelcome.
pub fn reduced_motion() -> bool {
    media("(prefers-reduced-motion: reduce)")
}

/// Whether the page is `embed.html`, which stands in a frame of another page.
pub fn is_embed() -> bool {
    root().is_some_and(|root| root.has_attribute("data-embed"))
}

fn root() -> Option<Element> {
    web_sys::window()?.document()?.document_element()
}

/// The query of the page's address, `lab=shop&speed=8`. A frame has it behind the `#`, where no server
/// gets to see it.
fn query() -> Option<String> {
    let location = web_sys::window()?.location();
    let query = if is_embed() {
        location.hash()
    } else {
        location.search()
    };
    Some(query.ok()?.trim_start_matches(['?', '#']).to_owned())
}

/// Whether the query has a parameter, with a value or without: `&readonly`.
pub fn has_parameter(name: &str) -> bool {
    let query = query().unwrap_or_default();
    query
        .split('&')
        .any(|pair| pair.split('=').next() == Some(name))
}

/// The value of a query parameter of the page's address: `?speed=8`.
pub fn parameter(name: &str) -> Option<String> {
    let query = query()?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(key, value)| (key == name).then(|| value.to_owned()))
}

/// The lab that the page's address asks for: `?lab=shop`.
pub fn lab() -> String {
    parameter("lab").unwrap_or_else(|| OPENING.to_owned())
}

/// Begins the page anew.
pub fn reload() {
    if let Some(window) = web_sys::window() {
        let _ = window.location().reload();
    }
}

/// Opens another lab: the page begins anew at its address, with what else the address asks for.
pub fn open_lab(name: &str) {
    open("lab", name);
}

/// Opens a lesson, likewise.
pub fn open_lesson(id: &str) {
    open("lesson", id);
}

fn open(what: &str, name: &str) {
    let query = query().unwrap_or_default();
    let others = query.split('&').filter(|pair| {
        let key = pair.split('=').next();
        !pair.is_empty() && !matches!(key, Some("lab" | "lesson" | "link"))
    });
    let search = others.fold(format!("{what}={name}"), |search, pair| search + "&" + pair);
    // Not by its query alone: that would keep the fragment, which may be a link.
    if let Some(window) = web_sys::window() {
        let location = window.location();
        let _ = if is_embed() {
            location.set_hash(&search).and_then(|()| location.reload())
        } else {
            location.assign(&format!("?{search}"))
        };
    }
}

/// Writes a mark to the browser's performance time line, for the benches.
pub fn performance_mark(name: &str) {
    if let Some(performance) = web_sys::window().and_then(|window| window.performance()) {
        let _ = performance.mark(name);
    }
}

/// While something is open over the page, closes it as soon as somebody presses anywhere outside of
/// `node`, or the Escape key wherever the focus is.
#[hook]
pub fn use_dismissal(is_open: bool, node: &NodeRef, close: Callback<()>) {
    use_effect_with((is_open, node.clone()), move |(is_open, node)| {
        let window = web_sys::window().filter(|_| *is_open);
        let node = node.clone();
        let listeners = window.map(|window| {
            let on_escape = close.clone();
            let outside = EventListener::new(&window, "pointerdown", move |event| {
                let at = event.target().and_then(|it| it.dyn_into::<Node>().ok());
                let is_inside = node.get().is_some_and(|node| node.contains(at.as_ref()));
                if !is_inside {
                    close.emit(());
                }
            });
            let escape = EventListener::new(&window, "keydown", move |event| {
                if let Some(event) = event.dyn_ref::<KeyboardEvent>()
                    && event.key() == "Escape"
                {
                    on_escape.emit(());
                }
            });
            (outside, escape)
        });
        move || drop(listeners)
    });
}

/// Whether a media query holds, now and as it changes.
#[hook]
pub fn use_media(query: &'static str) -> bool {
    let matches = use_state(|| media(query));
    {
        let matches = matches.setter();
        use_effect_with(query, move |query| {
            let list =
                web_sys::window().and_then(|window| window.match_media(query).ok().flatten());
            let listener = list.map(|list| {
                let seen = list.clone();
                EventListener::new(&list, "change", move |_| matches.set(seen.matches()))
            });
            move || drop(listener)
        });
    }
    *matches
}

/// The width of an element in CSS pixels, now and as it changes; 0 before it is laid out.
#[hook]
pub fn use_width(node: &NodeRef) -> u32 {
    let width = use_state_eq(|| 0);
    {
        let width = width.setter();
        use_effect_with(node.clone(), move |node| {
            let element = node.cast::<HtmlElement>();
            let watch = element.and_then(|element| {
                let seen = element.clone();
                let told = Closure::<dyn FnMut()>::new(move || {
                    width.set(u32::try_from(seen.offset_width()).unwrap_or(0));
                });
                let observer = ResizeObserver::new(told.as_ref().unchecked_ref()).ok()?;
                observer.observe(&element);
                Some((observer, told))
            });
            move || {
                if let Some((observer, told)) = watch {
                    observer.disconnect();
                    drop(told);
                }
            }
        });
    }
    *width
}
