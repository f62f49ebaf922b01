//! Time as a place: the history of a world, any moment of which can be visited and forked.
//!
//! A world is deterministic, so its history is what was done to it, and when. A [`Timeline`] keeps
//! that, and a snapshot every so often; to go to a moment it takes the last snapshot before it and
//! lets the world run on from there. What comes out then came out before, and is not kept twice.

use crate::audit::Audited;
use crate::engine::World;
use crate::trace::Entry;
use crate::view::Second;
use kube::Millis;

/// How much happens between two snapshots, in events and in entries of the trace: little enough that
/// going anywhere is felt as at once, and enough that their own parts of the store weigh little.
const WORK_PER_SNAPSHOT: u32 = 256;

/// Something done to a world from outside: by a person, at a moment.
pub trait Act: Clone {
    /// Does it.
    fn act(&self, world: &mut World);
}

/// A world with its past, and with the future that was already played.
#[derive(Clone, Debug)]
pub struct Timeline<A> {
    world: World,
    /// How many acts the world has seen.
    acted: usize,
    acts: Vec<(Millis, A)>,
    snapshots: Vec<(World, usize)>,
    steps: u32,
    entries: Vec<Entry>,
    seconds: Vec<Second>,
    requests: Vec<Audited>,
    end: Millis,
}

impl<A: Act> Timeline<A> {
    /// The history that begins with a world as it is.
    #[must_use]
    pub fn new(mut world: World) -> Timeline<A> {
        let output = world.take_output();
        let end = world.now();
        Timeline {
            snapshots: vec![(world.clone(), 0)],
            world,
            acted: 0,
            acts: Vec::new(),
            steps: 0,
            entries: output.entries,
            seconds: output.seconds,
            requests: output.requests,
            end,
        }
    }

    /// The world at this moment.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The moment.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.world.now()
    }

    /// How far has been played.
    #[must_use]
    pub fn end(&self) -> Millis {
        self.end
    }

    /// All entries that have been played, the future ones included.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// All seconds of traffic that have been played.
    #[must_use]
    pub fn seconds(&self) -> &[Second] {
        &self.seconds
    }

    /// The API server's log up to this moment.
    pub(crate) fn requests(&self) -> &[Audited] {
        let count = (self.world.audited as usize).min(self.requests.len());
        &self.requests[..count]
    }

    /// Does something at this moment. The future that was played is over: another one begins.
    pub fn act(&mut self, act: A) {
        let now = self.world.now();
        self.entries.truncate(self.world.entries() as usize);
        self.requests.truncate(self.world.audited as usize);
        self.seconds.retain(|second| second.t <= now);
        self.acts.truncate(self.acted);
        let entries = self.world.entries();
        self.snapshots.retain(|(world, acted)| {
            world.now() <= now && world.entries() <= entries && *acted <= self.acted
        });
        self.end = now;
        act.act(&mut self.world);
        self.acts.push((now, act));
        self.acted += 1;
        self.keep_output();
        self.snapshots.push((self.world.clone(), self.acted));
    }

    /// Does what changes nothing of what comes after this moment. The future that was played is played
    /// again, with what was done in it.
    pub fn tell(&mut self, acts: impl Iterator<Item = A>) {
        let (end, later) = (self.end, self.acts.split_off(self.acted));
        for act in acts {
            self.act(act);
        }
        self.acts.extend(later);
        self.seek(end);
    }

    /// Goes to a moment, back or forward. What has not been played yet is played.
    pub fn seek(&mut self, t: Millis) {
        // The last one before the moment, or at it with everything that was done then.
        let at = self
            .snapshots
            .partition_point(|(world, _)| world.now() <= t)
            .max(1)
            - 1;
        let now = self.world.now();
        if t < now || now < self.snapshots[at].0.now() {
            (self.world, self.acted) = self.snapshots[at].clone();
            self.steps = 0;
        }
        self.run(t);
    }

    /// Plays until nothing but time passes any more, and at most to `limit`; then `rest` more. Returns
    /// whether it came to rest.
    pub fn settle(&mut self, limit: Millis, rest: Millis) -> bool {
        self.seek(self.end);
        while let Some(t) = self.world.next_change() {
            if t > limit {
                self.run(limit);
                return false;
            }
            self.run(t);
        }
        self.run(self.world.now() + rest);
        true
    }

    fn run(&mut self, t: Millis) {
        while let Some((when, act)) = self
            .acts
            .get(self.acted)
            .filter(|(when, _)| *when <= t)
            .cloned()
        {
            self.run_world(when);
            act.act(&mut self.world);
            self.acted += 1;
            self.keep_output();
        }
        self.run_world(t);
    }

    fn run_world(&mut self, t: Millis) {
        while self.world.next_time().is_some_and(|next| next <= t) {
            self.world.step();
            self.keep_output();
            self.steps += 1;
            // When a moment is over: whoever goes there finds all of it done.
            let is_over = self.world.next_time() != Some(self.world.now());
            let at = |world: &World| (world.now(), world.entries());
            let last = self.snapshots.last();
            let is_new = last.is_none_or(|(last, _)| at(last) < at(&self.world));
            // One event may do much: a ReplicaSet makes 500 pods at once.
            let before = last.map_or(0, |(last, _)| last.entries());
            let entries = self.world.entries().saturating_sub(before);
            let is_far = self.steps.max(entries) >= WORK_PER_SNAPSHOT;
            if is_far && is_over && is_new {
                self.snapshots.push((self.world.clone(), self.acted));
                self.steps = 0;
            }
        }
        self.world.run_until(t);
        self.keep_output();
        self.end = self.end.max(t);
    }

    /// Keeps what came out of the world, unless it came out before.
    fn keep_output(&mut self) {
        let output = self.world.take_output();
        let more = output.entries.len();
        let known = self.entries.len();
        let is_new = |entry: &Entry| entry.id as usize >= known;
        let new = output.entries.into_iter().filter(is_new);
        // There are many: to make room for twice as many would weigh as much as they do.
        if self.entries.capacity() - known < more {
            self.entries.reserve_exact(more + known / 8);
        }
        self.entries.extend(new);
        let known = self.requests.len();
        let is_new = |it: &Audited| it.id as usize >= known;
        self.requests
            .extend(output.requests.into_iter().filter(is_new));
        let last = self.seconds.last().map(|second| second.t);
        self.seconds.extend(
            output
                .seconds
                .into_iter()
                .filter(|second| last.is_none_or(|last| second.t > last)),
        );
    }
}
