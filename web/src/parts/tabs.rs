//! Tabs: one list, one panel.

use web_sys::{Element, HtmlElement, wasm_bindgen::JsCast};
use yew::prelude::*;

use crate::session::Panel;
use crate::{dom, texts};

/// What is left free beside the shown tab, so that one sees that there are others, in CSS pixels.
const MARGIN: i32 = 20;
/// The middle button of a mouse.
const MIDDLE: i16 = 1;

/// One tab.
#[derive(Clone, PartialEq)]
pub struct Tab {
    /// What tells it from the others of its list.
    pub key: AttrValue,
    /// Its id, which names its panel; None where the panel has a name of its own.
    pub id: Option<&'static str>,
    /// Its name.
    pub label: AttrValue,
    /// A short note beside the name, such as a count.
    pub note: Option<AttrValue>,
    /// What it is called in full, where its name is short for that.
    pub spoken: Option<AttrValue>,
    /// Whether a dot says that what it shows is edited.
    pub is_edited: bool,
}

#[derive(PartialEq, Properties)]
pub struct TabsProps {
    /// What the list is called.
    pub label: AttrValue,
    /// The id of the panel.
    pub controls: &'static str,
    pub tabs: Vec<Tab>,
    /// The place of the shown tab.
    pub shown: usize,
    pub on_show: Callback<usize>,
    /// Closes a tab, where that can be done: by its cross, the middle button, or Delete.
    #[prop_or_default]
    pub on_close: Option<Callback<usize>>,
}

/// A tab list after the ARIA pattern: arrow keys move and show, Tab goes on to the panel.
#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let list = use_node_ref();
    // The tab that had the focus is gone once it is closed: its neighbour gets it.
    let lost_focus = use_mut_ref(|| false);
    let (at, count) = (props.shown, props.tabs.len());
    // On a narrow page the last tabs lie beyond its edge.
    let shown = props.tabs.get(at).map(|tab| tab.key.clone());
    use_effect_with((shown, count), {
        let (list, lost_focus) = (list.clone(), lost_focus.clone());
        move |_| {
            if let Some(tab) = tab_of(&list, at) {
                scroll_to(&tab);
                if lost_focus.replace(false) {
                    dom::focus(Some(tab.into()));
                }
            }
        }
    });
    let close = props.on_close.clone().map(|on_close| {
        Callback::from(move |at: usize| {
            *lost_focus.borrow_mut() = true;
            on_close.emit(at);
        })
    });
    let onkeydown = {
        let (list, on_show, close) = (list.clone(), props.on_show.clone(), close.clone());
        Callback::from(move |event: KeyboardEvent| {
            let key = event.key();
            if let ("Delete", Some(close)) = (key.as_str(), &close) {
                return close.emit(at);
            }
            let Some(to) = arrow(&key, at, count) else {
                return;
            };
            event.prevent_default();
            event.stop_propagation();
            on_show.emit(to);
            dom::focus(tab_of(&list, to).map(Element::from));
        })
    };
    html! {
        <div class="tabs" role="tablist" aria-label={props.label.clone()} ref={list} {onkeydown}>
            for (index, tab) in props.tabs.iter().enumerate() {
                { one(props, index, tab, close.clone()) }
            }
        </div>
    }
}

fn one(props: &TabsProps, at: usize, tab: &Tab, close: Option<Callback<usize>>) -> Html {
    let is_shown = at == props.shown;
    let is_closable = close.is_some();
    let onauxclick = close.clone().map(|close| {
        Callback::from(move |event: MouseEvent| {
            if event.button() == MIDDLE {
                close.emit(at);
            }
        })
    });
    // The middle button would begin to scroll.
    let onmousedown = is_closable.then(|| {
        Callback::from(|event: MouseEvent| {
            if event.button() == MIDDLE {
                event.prevent_default();
            }
        })
    });
    let onclick = {
        let on_show = props.on_show.clone();
        Callback::from(move |event: MouseEvent| {
            let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
            let cross = target.and_then(|it| it.closest(".close").ok().flatten());
            match close.as_ref().filter(|_| cross.is_some()) {
                Some(close) => close.emit(at),
                None => on_show.emit(at),
            }
        })
    };
    html! {
        <button
            key={&*tab.key}
            id={tab.id}
            type="button"
            role="tab"
            aria-selected={is_shown.to_string()}
            aria-controls={props.controls}
            aria-label={tab.spoken.clone()}
            aria-keyshortcuts={is_closable.then_some("Delete")}
            title={tab.spoken.clone()}
            tabindex={if is_shown { "0" } else { "-1" }}
            {onclick}
            {onauxclick}
            {onmousedown}
        >
            { &tab.label }
            if let Some(note) = &tab.note {
                <span class="note">{ note }</span>
            }
            if tab.is_edited {
                <span class="edited" aria-hidden="true"></span>
            }
            if is_closable {
                <span class="close" aria-hidden="true" title={texts::CLOSE}></span>
            }
        </button>
    }
}

/// Where a key leads in a list of tabs; None if it has nothing to do with that.
fn arrow(key: &str, at: usize, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    Some(match key {
        "ArrowLeft" => at.checked_sub(1).unwrap_or(last),
        "ArrowRight" if at < last => at + 1,
        "ArrowRight" | "Home" => 0,
        "End" => last,
        _ => return None,
    })
}

fn tab_of(list: &NodeRef, at: usize) -> Option<HtmlElement> {
    let tabs = list.cast::<Element>()?.children();
    tabs.item(u32::try_from(at).ok()?)?.dyn_into().ok()
}

/// Scrolls the list sideways, and nothing else, until a tab is seen.
fn scroll_to(tab: &HtmlElement) {
    if let Some(list) = tab.parent_element() {
        let start = tab.offset_left() - MARGIN;
        let end = tab.offset_left() + tab.offset_width() + MARGIN - list.client_width();
        list.set_scroll_left(list.scroll_left().clamp(end.min(start), start));
    }
}

/// The id of a panel's tab, which names the panel.
pub fn tab_id(panel: Panel) -> &'static str {
    match panel {
        Panel::Lesson => "tab-lesson",
        Panel::Files => "tab-files",
        Panel::PullRequest => "tab-pull-request",
        Panel::Stage => "tab-stage",
        Panel::Events => "tab-events",
        Panel::Terminal => "tab-terminal",
        Panel::Object => "tab-object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_round() {
        for (key, at, expected) in [
            ("ArrowLeft", 0, Some(2)),
            ("ArrowLeft", 2, Some(1)),
            ("ArrowRight", 1, Some(2)),
            ("ArrowRight", 2, Some(0)),
            ("Home", 2, Some(0)),
            ("End", 0, Some(2)),
            ("a", 1, None),
        ] {
            assert_eq!(arrow(key, at, 3), expected, "{key} at {at}");
        }
        assert_eq!(arrow("End", 0, 0), None);
    }
}
