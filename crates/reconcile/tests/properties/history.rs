//! Going to a moment and on from there is the same as never having left.

use super::{deployment, key, new_image, request, world};
use kube::Value;
use kube::api::Verb;
use proptest::prelude::*;
use reconcile::{Act, Entry, Timeline, World};

/// A test's way to act: create the Deployment, or roll it.
#[derive(Clone, Debug)]
enum Change {
    Create,
    Roll(u32),
}

impl Act for Change {
    fn act(&self, world: &mut World) {
        match self {
            Change::Create => {
                let object = deployment(4, Value::from("25%"), Value::from("25%"));
                request(world, key(), Verb::Create(object));
            }
            Change::Roll(number) => new_image(world, *number),
        }
    }
}

/// The history of a Deployment that comes up, rolls at `first`, and again at `second`.
fn play(seed: u64, first: u64, second: u64, wander: &[u64]) -> Timeline<Change> {
    let mut timeline = Timeline::new(world(seed));
    timeline.act(Change::Create);
    for (t, number) in [(first, 2), (first + second, 3)] {
        timeline.seek(t);
        timeline.act(Change::Roll(number));
        for t in wander {
            let now = timeline.now();
            timeline.seek(*t);
            timeline.seek(now);
        }
    }
    for t in wander {
        timeline.seek(*t);
    }
    timeline.settle(600_000, 0);
    timeline
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wandering_changes_nothing(
        seed in any::<u64>(),
        first in 1_000_u64..20_000,
        second in 0_u64..20_000,
        wander in proptest::collection::vec(0_u64..60_000, 1..8),
    ) {
        let (straight, wandered) = (play(seed, first, second, &[]), play(seed, first, second, &wander));
        prop_assert_eq!(straight.entries(), wandered.entries());
    }

    #[test]
    fn every_moment_is_the_same_from_both_sides(
        seed in any::<u64>(),
        moments in proptest::collection::vec(0_u64..60_000, 1..8),
    ) {
        let mut timeline = play(seed, 9_000, 4_000, &[]);
        for t in moments {
            let t = t.min(timeline.end());
            let mut fresh = play(seed, 9_000, 4_000, &[]);
            fresh.seek(0);
            fresh.seek(t);
            timeline.seek(t);
            let (here, there) = (timeline.world(), fresh.world());
            prop_assert_eq!(here.now(), there.now());
            prop_assert_eq!(here.entries(), there.entries());
            let pods = |world: &World| -> Vec<Value> {
                world.store().list("Pod").iter().map(|pod| pod.value.clone()).collect()
            };
            prop_assert_eq!(pods(here), pods(there));
        }
    }

    #[test]
    fn a_fork_goes_its_own_way(seed in any::<u64>(), t in 0_u64..20_000) {
        let mut timeline = play(seed, 9_000, 4_000, &[]);
        let before: Vec<Entry> = timeline.entries().to_vec();
        let end = timeline.end();
        timeline.seek(t.min(end));
        let mut fork = timeline.clone();
        fork.act(Change::Roll(9));
        fork.settle(600_000, 0);
        timeline.seek(end);
        prop_assert_eq!(timeline.entries(), &before[..]);
    }
}
