//! The page in a frame of another page: its head, and the messages between both.
//!
//! `embed.html#lab=shop&view=stage&theme=dark&at=45&autoplay&readonly&host=https://blog.example`; README
//! describes the messages.

use wasm_bindgen::prelude::*;
use web_sys::js_sys::Number;
use yew::prelude::*;

use crate::session::{Action, Panel, Session};
use crate::{dom, link, texts};

#[wasm_bindgen(module = "/js/embed.js")]
extern "C" {
    /// Listens to the page around, and watches whether the frame is seen: `told` gets what is wanted,
    /// and the moment in milliseconds or the theme.
    fn listen(told: &Closure<dyn FnMut(String, JsValue)>);

    /// Tells the page around that the lab is there, at the moment that it begins at.
    fn ready(title: &str);

    /// Tells it the moment, if it is another; times in milliseconds.
    fn moment(at: f64, end: f64, playing: bool);

    /// Tells it the link that it asked for.
    fn tell_link(address: &str);
}

/// Whether the reader may look only.
pub fn is_readonly() -> bool {
    dom::is_embed() && dom::has_parameter("readonly")
}

/// Whether there is this panel: who may look only has no use for one to write in.
pub fn has_panel(panel: Panel) -> bool {
    !(is_readonly() && matches!(panel, Panel::Files | Panel::Terminal))
}

/// Whether an action changes nothing but what is looked at.
pub fn is_looking(action: &Action) -> bool {
    matches!(
        action,
        Action::Show(_)
            | Action::Inspect(_)
            | Action::Dismiss
            | Action::Play(_)
            | Action::Speed(_)
            | Action::Tick(_)
            | Action::Seek(_)
            | Action::Tell(_)
            | Action::Step(_)
            | Action::Look(_)
            | Action::Share
            | Action::EndShare
            | Action::Reply(_)
            | Action::Restarted(_)
            | Action::CloseNotice
    )
}

/// The state of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// A link could not be opened in a tab of its own: the dialog gives it.
    pub shows_link: bool,
    /// The lab is at the moment that it begins at.
    pub is_there: bool,
}

/// What is done with the link that the engine made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Tab,
    Message,
    Dialog,
}

/// Lets the page around move the lab, and tells it the moment. None: the page stands for itself.
#[hook]
pub fn use_embed(session: &Session, on: &Callback<Action>) -> Option<Frame> {
    let is_embed = *use_memo((), |()| dom::is_embed());
    let wanted = use_state_eq(|| Wanted::Tab);
    let (has_begun, is_there) = (use_state_eq(|| false), use_state_eq(|| false));
    if *has_begun && !session.is_waiting() {
        is_there.set(true);
    }
    {
        let (on, wanted) = (on.clone(), wanted.setter());
        let has_begun = has_begun.setter();
        use_effect_with((), move |()| {
            if is_embed {
                begin(&on);
                has_begun.set(true);
                let told = Closure::new(move |what: String, value: JsValue| {
                    wanted.set(match what.as_str() {
                        "share" => Wanted::Message,
                        _ => Wanted::Tab,
                    });
                    if let Some(action) = asked(&what, &value) {
                        on.emit(action);
                    }
                });
                listen(&told);
                // It lives as long as the page.
                told.forget();
            }
        });
    }
    let now = (session.at, session.history.end, session.playing);
    use_effect_with(now, move |&(at, end, playing)| {
        if is_embed {
            moment(at as f64, end as f64, playing);
        }
    });
    {
        let (on, wanted) = (on.clone(), wanted.clone());
        use_effect_with(session.link.clone(), move |json| {
            let json = json.as_ref().filter(|json| is_embed && !json.is_empty());
            if let (Some(json), Wanted::Tab | Wanted::Message) = (json, *wanted) {
                link::address_of(json, move |address| {
                    if *wanted == Wanted::Message {
                        tell_link(&address);
                    } else if !link::open_tab(&address) {
                        wanted.set(Wanted::Dialog);
                        return;
                    }
                    on.emit(Action::EndShare);
                });
            }
        });
    }
    is_embed.then_some(Frame {
        shows_link: *wanted == Wanted::Dialog,
        is_there: *is_there,
    })
}

/// What the frame's address asks for.
fn begin(on: &Callback<Action>) {
    let view = match dom::parameter("view").as_deref() {
        Some("files") => Some(Panel::Files),
        Some("events") => Some(Panel::Events),
        Some("terminal") => Some(Panel::Terminal),
        Some("stage") => Some(Panel::Stage),
        _ => None,
    };
    if let Some(panel) = view.filter(|it| has_panel(*it)) {
        on.emit(Action::Show(panel));
    }
    let at = dom::parameter("at").and_then(|text| text.parse::<Number>().ok());
    if let Some(at) = at.and_then(|at| seek(at.value_of() * 1000.0)) {
        on.emit(at);
    }
}

fn seek(at: f64) -> Option<Action> {
    (at >= 0.0).then(|| Action::Seek(at as view::Millis))
}

/// What the page around asks for.
fn asked(what: &str, value: &JsValue) -> Option<Action> {
    match what {
        "play" => Some(Action::Play(true)),
        "pause" => Some(Action::Play(false)),
        "seek" => seek(value.as_f64()?),
        "share" => Some(Action::Share),
        "theme" => {
            dom::set_theme(&value.as_string()?);
            None
        }
        _ => None,
    }
}

#[derive(PartialEq, Properties)]
pub struct EmbedHeadProps {
    pub title: AttrValue,
    /// Whether the lab shows the moment that was asked for.
    pub is_there: bool,
    pub on: Callback<Action>,
}

/// The head of a frame: what is open, and the way to the playground, with what was done here.
#[component]
pub fn EmbedHead(props: &EmbedHeadProps) -> Html {
    use_effect_with(
        (props.title.clone(), props.is_there),
        |(title, is_there)| {
            if *is_there {
                ready(title);
            }
        },
    );
    html! {
        <header class="masthead">
            <h1 class="title">{ &props.title }</h1>
            <button class="quiet" type="button" onclick={props.on.reform(|_| Action::Share)}>
                { texts::OPEN_IN_THE_PLAYGROUND }
            </button>
        </header>
    }
}
