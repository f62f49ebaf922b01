//! The page's layout: the workbench, the stage, and the time line under both.
//!
//! Wide pages show the workbench beside the stage. Below 1100 px they share the width by tabs; below
//! 620 px the stage shows one station at a time.

use std::rc::Rc;

use gloo_events::EventListener;
use view::Tone;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use crate::charts;
use crate::dom;
use crate::engine::{Engine, News};
use crate::parts::controls::Controls;
use crate::parts::embed::{self, EmbedHead, use_embed};
use crate::parts::event_list::EventList;
use crate::parts::lesson::lesson;
use crate::parts::masthead::{Labs, Masthead};
use crate::parts::moment::Moment;
use crate::parts::narrator::Narrator;
use crate::parts::object::object_panel;
use crate::parts::pull_request::PullRequest;
use crate::parts::ribbon::Ribbon;
use crate::parts::share::Share;
use crate::parts::stage::{Room, stage};
use crate::parts::tabs::{Tab, Tabs, tab_id};
use crate::parts::terminal::Terminal;
use crate::parts::workbench::Workbench;
use crate::player::{Hands, use_player};
use crate::session::{Action, Panel, Session, Stride};
use crate::{storage, texts, words};

/// How much there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Workbench and stage side by side.
    Wide,
    /// By tabs.
    Middle,
    /// By tabs, one station at a time.
    Narrow,
}

impl Layout {
    fn word(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Middle => "middle",
            Self::Narrow => "narrow",
        }
    }
}

/// Draws the page of a lab that was opened.
pub fn open(engine: Engine, labs: Labs, session: Session) {
    let Some(place) = dom::element("app") else {
        return;
    };
    // What was drawn before the engine was there gives way to the living page.
    place.set_inner_html("");
    let props = PageProps {
        engine,
        labs,
        first: First(session),
    };
    yew::Renderer::<Page>::with_root_and_props(place, props).render();
}

/// What the page begins with. It is only read once, so that any two are as good as equal.
struct First(Session);

impl PartialEq for First {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(PartialEq, Properties)]
struct PageProps {
    engine: Engine,
    labs: Labs,
    first: First,
}

#[component]
fn Page(props: &PageProps) -> Html {
    let session = {
        let first = props.first.0.clone();
        use_reducer(move || first)
    };
    let on = {
        let dispatch = session.dispatcher();
        use_callback((), move |action, ()| {
            if !embed::is_readonly() || embed::is_looking(&action) {
                dispatch.dispatch(action);
            }
        })
    };
    use_engine(&props.engine, &session, &on);
    let is_above = use_charts(&on);
    let layout = use_layout();
    let hands = use_player(&session);
    let frame = use_embed(&session, &on);
    use_focus_after(session.samples_tried, "propose");
    use_focus_after(session.merges, "play");
    use_leaving(&session);
    use_shortcuts(&on, session.playing);
    use_effect_with((), |()| dom::performance_mark("lab:interactive"));

    let panel = shown_panel(&session, layout);
    let sentence = session.sentence();
    let warns = sentence
        .as_ref()
        .and_then(|it| session.history.events.get(it.entry as usize))
        .is_some_and(|event| event.tone == Tone::Warning);
    let spoken = sentence.map_or_else(AttrValue::default, |it| it.text.to_string().into());
    html! {
        <div
            class="page"
            data-testid="page"
            data-layout={layout.word()}
            data-panel={panel_word(panel)}
            data-playing={session.playing.to_string()}
            data-waiting={session.is_waiting().to_string()}
            data-now={session.scene.now.to_string()}
            data-end={session.history.end.to_string()}
            data-forked={session.other.is_some().to_string()}
        >
            if let Some(frame) = frame {
                <EmbedHead title={session_title(&session, &props.labs)} is_there={frame.is_there} on={on.clone()} />
            } else {
                <Masthead
                    labs={props.labs.clone()}
                    starts_over={session.has_story && session.lesson.is_none()}
                    on_share={on.reform(|()| Action::Share)}
                />
            }
            if let Some(text) = &session.notice {
                <div class="notice" role="alert">
                    <p>{ &**text }</p>
                    <button class="quiet" type="button" onclick={on.reform(|_| Action::CloseNotice)}>{ texts::CLOSE }</button>
                </div>
            }
            if session.has_started_over {
                <div class="notice" role="status">
                    <p>
                        { texts::STARTED_OVER }{ " " }
                        <button class="link" type="button" onclick={|_| bring_back()}>{ texts::BRING_BACK }</button>
                    </p>
                    <button class="quiet" type="button" onclick={on.reform(|_| Action::CloseNotice)}>{ texts::CLOSE }</button>
                </div>
            }
            if let Some(json) = session.link.as_ref().filter(|_| frame.is_none_or(|it| it.shows_link)) {
                <Share json={Rc::clone(json)} picture={Rc::clone(&session.picture)} on={on.clone()} />
            }
            <main>
                <div class="side">
                    { panel_tabs(&session, layout, panel, &on) }
                    <div class="panel" id="panel" role="tabpanel" aria-labelledby={tab_id(panel)}>
                        { panel_body(&session, panel, layout, &on) }
                    </div>
                </div>
                if layout == Layout::Wide {
                    { stage(&session, Room::Beside, &on) }
                }
            </main>
            { time_line(&session, &hands, &on) }
            if is_above {
                <p class="drop-here">{ texts::DROP_A_CHART }</p>
            }
            <Narrator sentence={spoken} {warns} />
        </div>
    }
}

/// The panel beside the stage, or in its place.
fn shown_panel(session: &Session, layout: Layout) -> Panel {
    match session.panel {
        // Beside the stage, its tab would show what is already there: the words take its place.
        Panel::Stage if layout == Layout::Wide && session.lesson.is_some() => Panel::Lesson,
        Panel::Stage if layout == Layout::Wide => Panel::Events,
        panel => panel,
    }
}

/// The sentence of the moment, the player, and the ribbon.
fn time_line(session: &Session, hands: &Hands, on: &Callback<Action>) -> Html {
    let history = &session.history;
    html! {
        <section class="timeline" aria-label={texts::TIME_LINE}>
            <Moment sentence={session.sentence()} pull={session.scene.pull_request.clone()} history={history.clone()} on={on.clone()} />
            <Controls
                playing={session.playing}
                at_end={session.at >= history.end}
                speed={session.speed}
                end={history.end}
                clock={hands.clock.clone()}
                forked={session.other.is_some()}
                on={on.clone()}
            />
            <Ribbon
                history={history.clone()}
                other={session.other.as_ref().map(|other| other.history.clone())}
                forked_off={session.other.as_ref().map(|other| other.is_fork)}
                now={session.scene.now}
                seen={session.seen}
                node={hands.ribbon.clone()}
                on={on.clone()}
            />
        </section>
    }
}

/// What the engine tells is done, as what a viewer does is.
#[hook]
fn use_engine(engine: &Engine, session: &UseReducerHandle<Session>, on: &Callback<Action>) {
    let session = session.clone();
    use_effect_with((engine.clone(), on.clone()), move |(engine, on)| {
        let heard = on.clone();
        engine.listen(move |news| {
            heard.emit(match news {
                News::Reply(reply) => Action::Reply(reply),
                News::Restarted(culprit) => Action::Restarted(culprit),
            });
        });
        session.check();
        if let Some(t) = storage::moment() {
            on.emit(Action::Seek(t));
        }
    });
}

/// The moment at which the page is left is where it goes on.
#[hook]
fn use_leaving(session: &Session) {
    let left = use_mut_ref(|| None);
    *left.borrow_mut() = session.has_story.then_some(session.at);
    use_effect_with((), move |()| {
        let listener = web_sys::window().map(|window| {
            EventListener::new(&window, "pagehide", move |_| {
                if let Some(t) = *left.borrow() {
                    storage::keep_moment(t);
                }
            })
        });
        move || drop(listener)
    });
}

fn bring_back() {
    storage::bring_back();
    dom::reload();
}

/// Takes charts that are dropped onto the page. True: something is held above it.
#[hook]
fn use_charts(on: &Callback<Action>) -> bool {
    let is_above = use_state_eq(|| false);
    let setter = is_above.setter();
    use_effect_with(on.clone(), move |on| {
        let on = on.clone();
        charts::listen(
            move |is| setter.set(is),
            move |dropped| on.emit(Action::Adopt(Rc::new(dropped))),
        );
    });
    *is_above
}

#[hook]
fn use_layout() -> Layout {
    let wide = dom::use_media(dom::WIDE);
    let narrow = dom::use_media(dom::NARROW);
    match (wide, narrow) {
        (true, _) => Layout::Wide,
        (_, true) => Layout::Narrow,
        _ => Layout::Middle,
    }
}

/// A button that is gone once it was pressed leaves the focus to the one that goes on from there: a sample
/// to where it is proposed, a merge to where its story can be paused. `times` counts the presses.
#[hook]
fn use_focus_after(times: u32, next: &'static str) {
    use_effect_with(times, move |times| {
        if 0 < *times {
            dom::focus(dom::element(next));
        }
    });
}

/// What is open, in words.
fn session_title(session: &Session, labs: &Labs) -> AttrValue {
    let lesson = session.lesson.as_ref().map(|lesson| lesson.title.as_str());
    AttrValue::from(lesson.unwrap_or(labs.title()).to_owned())
}

fn panel_tabs(session: &Session, layout: Layout, shown: Panel, on: &Callback<Action>) -> Html {
    let (panels, tabs): (Vec<Panel>, Vec<Tab>) = tabs(session, layout).into_iter().unzip();
    html! {
        <Tabs
            label={texts::PANELS}
            controls="panel"
            shown={panels.iter().position(|it| *it == shown).unwrap_or(0)}
            {tabs}
            on_show={on.reform(move |at: usize| Action::Show(panels[at]))}
        />
    }
}

fn tabs(session: &Session, layout: Layout) -> Vec<(Panel, Tab)> {
    let edited = session.draft.len();
    let tab = |panel, label: &'static str, note| {
        let tab = Tab {
            key: tab_id(panel).into(),
            id: Some(tab_id(panel)),
            label: label.into(),
            note,
            spoken: None,
            is_edited: false,
        };
        (panel, tab)
    };
    let mut tabs = vec![
        tab(
            Panel::Files,
            texts::TAB_FILES,
            (0 < edited).then(|| edited.to_string().into()),
        ),
        tab(
            Panel::PullRequest,
            texts::TAB_PULL_REQUEST,
            session
                .scene
                .pull_request
                .as_ref()
                .map(|row| format!("#{}", row.number).into()),
        ),
        tab(Panel::Events, texts::TAB_EVENTS, None),
        tab(Panel::Terminal, texts::TAB_TERMINAL, None),
    ];
    if let Some(panel) = &session.object {
        let name = words::short_name(&panel.object.name).to_owned();
        let mut object = tab(Panel::Object, "", Some(name.into()));
        object.1.label = panel.object.kind.to_string().into();
        tabs.push(object);
    }
    if layout != Layout::Wide {
        tabs.insert(2, tab(Panel::Stage, texts::TAB_STAGE, None));
    }
    if session.lesson.is_some() {
        tabs.insert(0, tab(Panel::Lesson, texts::TAB_LESSON, None));
    }
    if embed::is_readonly() {
        tabs.retain(|(panel, _)| embed::has_panel(*panel));
    }
    tabs
}

fn panel_word(panel: Panel) -> &'static str {
    tab_id(panel).trim_start_matches("tab-")
}

fn panel_body(session: &Session, panel: Panel, layout: Layout, on: &Callback<Action>) -> Html {
    match panel {
        Panel::Files => html! {
            <Workbench
                main={Rc::clone(&session.main)}
                draft={Rc::clone(&session.draft)}
                file={Rc::clone(&session.file)}
                tabs={Rc::clone(&session.tabs)}
                text={session.text(&session.file).to_owned()}
                title={session.title.clone().unwrap_or_else(|| session.next_title())}
                problems={Rc::clone(&session.problems)}
                line={session.line}
                undoes={session.undo.is_some()}
                caret={session.caret}
                chosen={session.chosen}
                rendered={session.rendered.clone()}
                notes={Rc::clone(&session.notes)}
                refused={Rc::clone(&session.refused)}
                samples={Rc::clone(&session.samples)}
                updates={session.has_open_pull_request()}
                in_the_past={session.is_in_the_past()}
                on={on.clone()}
            />
        },
        Panel::PullRequest => html! {
            <PullRequest
                row={session.scene.pull_request.clone()}
                refused={Rc::clone(&session.refused)}
                on={on.clone()}
            />
        },
        Panel::Stage => {
            let room = match layout {
                Layout::Narrow => Room::Station,
                _ => Room::Tab,
            };
            stage(session, room, on)
        }
        Panel::Lesson => session
            .lesson
            .as_ref()
            .map(|row| lesson(session, row, on))
            .unwrap_or_default(),
        Panel::Terminal => html! {
            <Terminal
                lines={Rc::clone(&session.terminal)}
                waits={session.is_asked()}
                ideas={ideas(session)}
                on={on.clone()}
            />
        },
        Panel::Object => session
            .object
            .as_ref()
            .map(|panel| object_panel(session, panel, on))
            .unwrap_or_default(),
        Panel::Events => html! {
            <EventList
                history={session.history.clone()}
                now={session.scene.now}
                seen={session.seen}
                newest={session.scene.newest}
                told={session.told}
                on={on.clone()}
            />
        },
    }
}

/// Commands that one could begin with, about what is there.
fn ideas(session: &Session) -> Rc<[String]> {
    let mut ideas = vec!["kubectl get pods".to_owned()];
    if let Some(row) = session.scene.deployments.first() {
        let name = &row.name;
        ideas.push(format!(
            "kubectl scale deployment/{name} --replicas={}",
            row.desired + 2
        ));
        ideas.push(format!("kubectl rollout restart deployment/{name}"));
        ideas.push(format!("kubectl rollout undo deployment/{name}"));
    }
    ideas.into()
}

/// Space plays and pauses, the arrow keys step, wherever the focus is not on something that uses them.
#[hook]
fn use_shortcuts(on: &Callback<Action>, playing: bool) {
    let on = on.clone();
    use_effect_with(playing, move |&playing| {
        let listener = web_sys::window().map(|window| {
            EventListener::new_with_options(
                &window,
                "keydown",
                gloo_events::EventListenerOptions::enable_prevent_default(),
                move |event| {
                    let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
                        return;
                    };
                    if event.default_prevented()
                        || event.ctrl_key()
                        || event.alt_key()
                        || event.meta_key()
                        || uses_keys(event)
                    {
                        return;
                    }
                    let action = match event.key().as_str() {
                        " " => Action::Play(!playing),
                        "ArrowLeft" if event.shift_key() => Action::Step(Stride::MarkBack),
                        "ArrowRight" if event.shift_key() => Action::Step(Stride::MarkOn),
                        "ArrowLeft" => Action::Step(Stride::EventBack),
                        "ArrowRight" => Action::Step(Stride::EventOn),
                        _ => return,
                    };
                    event.prevent_default();
                    on.emit(action);
                },
            )
        });
        move || drop(listener)
    });
}

/// Whether the focused element has its own use for the key.
fn uses_keys(event: &KeyboardEvent) -> bool {
    let space = event.key() == " ";
    let selector = if space {
        "input, textarea, select, button, a, summary, .code"
    } else {
        "input, textarea, select, [role=slider], [role=tablist], .code"
    };
    event
        .target_dyn_into::<Element>()
        .is_some_and(|element| element.closest(selector).ok().flatten().is_some())
}
