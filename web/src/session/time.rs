//! Moving in time: playing, stepping, going to a moment.

use js_sys::Number;
use view::{EventRow, Millis, Tone};

use super::Session;
use crate::dom;

/// How far a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stride {
    /// To the event before this moment.
    EventBack,
    /// To the next event.
    EventOn,
    /// To the mark before this moment.
    MarkBack,
    /// To the next mark.
    MarkOn,
}

/// The speeds that the player offers, in percent.
pub const SPEEDS: [u32; 6] = [25, 50, 100, 200, 400, 800];

/// `?speed=8` in the page's address starts at 8 times the story's pace.
pub(super) fn first_speed() -> u32 {
    dom::parameter("speed")
        .filter(|text| !text.is_empty())
        // JavaScript reads the number: Rust's own way brings tables of ten kilobytes along.
        .and_then(|text| text.parse::<Number>().ok())
        .map(|number| number.value_of())
        .filter(|factor| !factor.is_nan())
        .map_or(100, |factor| (factor * 100.0).clamp(10.0, 10_000.0) as u32)
}

impl Session {
    pub(super) fn go_to(&mut self, t: Millis) {
        self.at = t.min(self.history.end);
        self.seen = self.seen.max(self.at);
        self.told = None;
        self.engine.show(self.at);
    }

    pub(super) fn jump(&mut self, t: Millis) {
        self.go_to(t);
        self.jumps += 1;
    }

    pub(super) fn play(&mut self, play: bool) {
        self.playing = play;
        if play && self.at >= self.history.end {
            self.look = None;
            self.jump(self.history.chapter_start());
        }
    }

    pub(super) fn step(&mut self, stride: Stride) {
        let now = self.at;
        let told = |event: &&EventRow| event.tone != Tone::Detail;
        let events = || self.history.events.iter().filter(told).map(|event| event.t);
        let marks = || self.history.marks.iter().map(|mark| mark.t);
        let to = match stride {
            Stride::EventBack => events().rfind(|&t| t < now).unwrap_or(0),
            Stride::EventOn => events().find(|&t| t > now).unwrap_or(self.history.end),
            Stride::MarkBack => marks().rfind(|&t| t < now).unwrap_or(0),
            Stride::MarkOn => marks().find(|&t| t > now).unwrap_or(self.history.end),
        };
        self.playing = false;
        self.jump(to);
    }
}
