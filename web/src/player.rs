//! Plays the history: moves the playhead on every frame, and the session only where the picture changes.
//!
//! Frames come from the browser, so nothing moves while the page is hidden. Under
//! `prefers-reduced-motion` the playhead moves with the picture instead of between its changes.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_render::{AnimationFrame, request_animation_frame};
use view::Millis;
use yew::prelude::*;

use crate::dom;
use crate::session::{Action, History, Session, Shared};
use crate::story::Played;
use crate::words;

/// The longest step of one frame in real milliseconds: after a stall the story goes on, it does not leap.
const FRAME_MOST: f64 = 100.0;

/// What shows the time: both are moved by the player, not by the virtual DOM.
#[derive(Clone, Default, PartialEq)]
pub struct Hands {
    /// Gets `--at`, from 0 to 1.
    pub ribbon: NodeRef,
    /// Gets the time in words.
    pub clock: NodeRef,
}

impl Hands {
    /// Points at a moment of a history that ends at `end`.
    pub fn point_at(&self, t: Millis, end: Millis) {
        let at = if end == 0 { 1.0 } else { t as f64 / end as f64 };
        dom::set_property(&self.ribbon, "--at", &format!("{at:.5}"));
        if let Some(clock) = self.clock.get() {
            clock.set_text_content(Some(&words::clock(t)));
        }
    }
}

/// Keeps the hands at the session's moment and plays while the session says so.
#[hook]
pub fn use_player(session: &UseReducerHandle<Session>) -> Hands {
    let hands = (*use_memo((), |()| Hands::default())).clone();
    {
        let hands = hands.clone();
        use_effect_with(
            (session.at, session.history.clone()),
            move |(now, history)| {
                hands.point_at(*now, history.end);
            },
        );
    }
    {
        let (hands, dispatch) = (hands.clone(), session.dispatcher());
        let (now, history) = (session.at, session.history.clone());
        let depends = (
            session.playing,
            session.speed,
            session.jumps,
            session.history.clone(),
        );
        use_effect_with(depends, move |&(playing, speed, ..)| {
            let run = playing.then(|| {
                let run = Rc::new(Run {
                    head: RefCell::new(Head {
                        played: history.pacing.played_at(now),
                        at: now,
                        last: None,
                    }),
                    speed: f64::from(speed) / 100.0,
                    still: dom::reduced_motion(),
                    frame: RefCell::new(None),
                    tick: Callback::from(move |t| dispatch.dispatch(Action::Tick(t))),
                    history,
                    hands,
                });
                run.next_frame();
                run
            });
            // Dropping the frame's handle cancels it and breaks the circle.
            move || {
                if let Some(run) = run {
                    run.frame.take();
                }
            }
        });
    }
    hands
}

/// Where the player is.
struct Head {
    played: Played,
    at: Millis,
    last: Option<f64>,
}

/// One stretch of playing, from a press of Play to the next interruption.
struct Run {
    head: RefCell<Head>,
    speed: f64,
    still: bool,
    frame: RefCell<Option<AnimationFrame>>,
    tick: Callback<Millis>,
    history: Shared<History>,
    hands: Hands,
}

impl Run {
    fn next_frame(self: &Rc<Self>) {
        let run = Rc::clone(self);
        *self.frame.borrow_mut() = Some(request_animation_frame(move |stamp| {
            if let Some(t) = run.advance(stamp) {
                run.tick.emit(t);
            }
            if run.head.borrow().at < run.history.end {
                run.next_frame();
            }
        }));
    }

    /// Moves to the frame of this time stamp. Some: the picture changed on the way there.
    fn advance(&self, stamp: f64) -> Option<Millis> {
        let mut head = self.head.borrow_mut();
        let passed = head
            .last
            .map_or(0.0, |last| (stamp - last).clamp(0.0, FRAME_MOST));
        head.last = Some(stamp);
        head.played += passed * self.speed;
        let (from, to) = (
            head.at,
            self.history
                .pacing
                .moment_at(head.played)
                .min(self.history.end),
        );
        head.at = to;
        if !self.still {
            self.hands.point_at(to, self.history.end);
        }
        let changes = &self.history.changes;
        let next = changes.partition_point(|&t| t <= from);
        changes.get(next).is_some_and(|&t| t <= to).then_some(to)
    }
}
