//! Tabs: one list, one panel.

use web_sys::{HtmlElement, wasm_bindgen::JsCast};
use yew::prelude::*;

use crate::session::Panel;
use crate::{dom, texts};

/// What is left free beside the shown tab, so that one sees that there are others, in CSS pixels.
const MARGIN: i32 = 20;

/// One tab.
#[derive(Clone, PartialEq)]
pub struct Tab {
    /// What it shows.
    pub panel: Panel,
    /// Its name.
    pub label: AttrValue,
    /// A short note beside the name, such as a count.
    pub note: Option<AttrValue>,
}

#[derive(PartialEq, Properties)]
pub struct TabsProps {
    pub tabs: Vec<Tab>,
    pub shown: Panel,
    pub on_show: Callback<Panel>,
}

/// A tab list after the ARIA pattern: arrow keys move and show, Tab goes on to the panel.
#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let list = use_node_ref();
    let at = props
        .tabs
        .iter()
        .position(|tab| tab.panel == props.shown)
        .unwrap_or(0);
    // On a narrow page the last tabs lie beyond its edge.
    use_effect_with((list.clone(), props.shown), |(list, _)| {
        let list = list.cast::<HtmlElement>();
        let shown = list
            .as_ref()
            .and_then(|list| list.query_selector("[aria-selected=true]").ok()?)
            .and_then(|tab| tab.dyn_into::<HtmlElement>().ok());
        if let (Some(list), Some(tab)) = (list, shown) {
            let start = tab.offset_left() - MARGIN;
            let end = tab.offset_left() + tab.offset_width() + MARGIN - list.client_width();
            list.set_scroll_left(list.scroll_left().clamp(end.min(start), start));
        }
    });
    let onkeydown = {
        let (list, tabs, on_show) = (list.clone(), props.tabs.clone(), props.on_show.clone());
        Callback::from(move |event: KeyboardEvent| {
            let last = tabs.len().saturating_sub(1);
            let to = match event.key().as_str() {
                "ArrowLeft" => at.checked_sub(1).unwrap_or(last),
                "ArrowRight" => {
                    if at == last {
                        0
                    } else {
                        at + 1
                    }
                }
                "Home" => 0,
                "End" => last,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            on_show.emit(tabs[to].panel);
            let list = list.cast::<HtmlElement>();
            dom::focus(list.and_then(|it| it.children().item(u32::try_from(to).ok()?)));
        })
    };
    html! {
        <div class="tabs" role="tablist" aria-label={texts::PANELS} ref={list} {onkeydown}>
            for tab in props.tabs.iter() {
                <button
                    key={tab_id(tab.panel)}
                    id={tab_id(tab.panel)}
                    type="button"
                    role="tab"
                    aria-selected={(tab.panel == props.shown).to_string()}
                    aria-controls="panel"
                    tabindex={if tab.panel == props.shown { "0" } else { "-1" }}
                    onclick={props.on_show.reform({
                        let panel = tab.panel;
                        move |_| panel
                    })}
                >
                    { &tab.label }
                    if let Some(note) = &tab.note {
                        <span class="note">{ note }</span>
                    }
                </button>
            }
        </div>
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
