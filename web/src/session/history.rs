//! The whole history up to its end, and why things happened in it.

use std::mem::take;
use std::rc::Rc;

use view::protocol::{Difference, State};
use view::{EventRow, MERGED, Mark, MarkKind, Millis, Scene, Second, is_deed};

use super::Shared;
use crate::story::{Beat, Pacing};

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
    /// What people did that changes what runs, in order.
    deeds: Vec<Deed>,
}

/// Something that somebody did: a merge, or a command or a button that changes the cluster past git.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub t: Millis,
    /// Whether it was a merge.
    pub is_merge: bool,
}

impl Deed {
    fn of(event: &EventRow) -> Option<Deed> {
        let has_object = !event.object.is_empty();
        let is_deed = is_deed(&event.actor, &event.reason, has_object, event.tone);
        is_deed.then(|| Deed {
            t: event.t,
            is_merge: event.reason == MERGED,
        })
    }
}

/// The second of two futures, which is not the one that is worked in.
#[derive(Clone)]
pub struct OtherFuture {
    /// The moment from which on the two differ.
    pub since: Millis,
    /// Whether this is the one that was forked off.
    pub is_fork: bool,
    /// Its newest picture.
    pub scene: Shared<Scene>,
    /// All of it.
    pub history: Shared<History>,
    /// What came of the two, side by side.
    pub differences: Rc<[Difference]>,
}

/// What was told of a future, before it is put in order.
struct Told {
    events: Vec<EventRow>,
    seconds: Vec<Second>,
    marks: Vec<Mark>,
    end: Millis,
}

impl Told {
    fn beats(&self) -> impl Iterator<Item = Beat> {
        self.events.iter().map(Beat::of)
    }
}

/// Takes the history out of a state, and the other one if there are two. They have one clock: both are
/// told at the pace of what happens in either.
pub(super) fn histories(state: &mut State) -> (Shared<History>, Option<Rc<OtherFuture>>) {
    let told = Told {
        events: take(&mut state.events),
        seconds: take(&mut state.seconds),
        marks: take(&mut state.marks),
        end: state.end,
    };
    let Some(other) = state.other.take() else {
        let beats: Vec<Beat> = told.beats().collect();
        return (History::new(told, &beats), None);
    };
    let theirs = Told {
        events: other.events,
        seconds: other.seconds,
        marks: other.marks,
        end: told.end,
    };
    let mut beats: Vec<Beat> = told.beats().chain(theirs.beats()).collect();
    lean::sort_by_key(&mut beats, |beat| beat.t);
    let history = History::new(told, &beats);
    let other = OtherFuture {
        since: other.since,
        is_fork: other.is_fork,
        scene: Shared::new(other.scene),
        history: History::new(theirs, &beats),
        differences: other.differences.into(),
    };
    (history, Some(Rc::new(other)))
}

impl History {
    /// `beats` are in order of time.
    fn new(told: Told, beats: &[Beat]) -> Shared<Self> {
        let end = told.end;
        let pacing = Pacing::new(beats, &told.marks, end);
        let mut changes: Vec<Millis> = beats.iter().map(|beat| beat.t).collect();
        changes.extend(told.seconds.iter().map(|second| second.t));
        changes.push(end);
        changes.retain(|&t| t <= end);
        lean::sort(&mut changes);
        changes.dedup();
        Shared::new(Self {
            deeds: told.events.iter().filter_map(Deed::of).collect(),
            events: told.events.into(),
            seconds: told.seconds.into(),
            marks: told.marks.into(),
            end,
            pacing,
            changes,
        })
    }

    /// What happened up to a moment.
    pub fn past(&self, t: Millis) -> &[Second] {
        &self.seconds[..self.seconds.partition_point(|second| second.t <= t)]
    }

    /// The last thing that somebody did up to a moment.
    pub fn last_deed(&self, t: Millis) -> Option<Deed> {
        self.deeds.iter().rfind(|deed| deed.t <= t).copied()
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
