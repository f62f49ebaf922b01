//! The whole history up to its end, and why things happened in it.

use std::rc::Rc;

use view::{EventRow, Mark, MarkKind, Millis, Second};

use super::Shared;
use crate::story::Pacing;

/// What does not change while one plays: the whole history up to its end.
pub struct History {
    /// Every entry, in order.
    pub events: Rc<[EventRow]>,
    /// Traffic, one row a second.
    pub seconds: Rc<[Second]>,
    /// Places worth going to, in order.
    pub marks: Rc<[Mark]>,
    /// The last moment there is something to see.
    pub end: Millis,
    /// Virtual time told as play time.
    pub pacing: Pacing,
    /// The moments at which the picture changes, in order, `end` included.
    pub changes: Vec<Millis>,
}

impl History {
    pub(super) fn new(
        events: Vec<EventRow>,
        seconds: Vec<Second>,
        marks: Vec<Mark>,
        end: Millis,
    ) -> Shared<Self> {
        let pacing = Pacing::new(&events, &marks, end);
        let mut changes: Vec<Millis> = events.iter().map(|event| event.t).collect();
        changes.extend(seconds.iter().map(|second| second.t));
        changes.push(end);
        changes.retain(|&t| t <= end);
        lean::sort(&mut changes);
        changes.dedup();
        Shared::new(Self {
            events: events.into(),
            seconds: seconds.into(),
            marks: marks.into(),
            end,
            pacing,
            changes,
        })
    }

    /// The moment of the newest merge; 0 before the first.
    pub fn chapter_start(&self) -> Millis {
        let merged = self
            .marks
            .iter()
            .rfind(|mark| mark.kind == MarkKind::Merged);
        merged.map_or(0, |mark| mark.t)
    }
}

/// How many causes are told at most; a chain is rarely longer than a dozen.
const CAUSES_MOST: usize = 40;

/// The entries that led to `entry`, nearest first.
pub fn causes(events: &Rc<[EventRow]>, entry: u32) -> Vec<&EventRow> {
    let of = |id: u32| {
        events
            .binary_search_by_key(&id, |event| event.id)
            .ok()
            .map(|index| &events[index])
    };
    let mut chain = Vec::new();
    let mut at = of(entry).and_then(|event| event.cause);
    while let Some(cause) = at.and_then(of) {
        // A cause is always older than its effect; anything else would be a circle.
        let older = chain
            .last()
            .is_none_or(|last: &&EventRow| cause.id < last.id);
        if !older || chain.len() == CAUSES_MOST {
            break;
        }
        chain.push(cause);
        at = cause.cause;
    }
    chain
}
