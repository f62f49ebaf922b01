//! Random labs, random edits and faults: what must hold after every step, and that everything comes
//! to rest once the faults are over.
//!
//! A seed is a whole story: [`run`] plays it and says what broke. [`story`] makes the lab and acts in
//! it, [`invariants`] watches every write.

mod invariants;
mod story;

use invariants::Watcher;
use kube::{Millis, Random};
use story::Story;

/// More virtual time than anything here needs to come to rest: two rollouts that fail to progress,
/// and the longest back-off.
const REST: Millis = 45 * 60_000;

/// Plays the story of a seed.
///
/// # Errors
/// What broke, and when.
pub fn run(seed: u64) -> Result<(), String> {
    let mut story = Story::begin(seed);
    let mut watcher = Watcher::new(&story.world);
    settle(&mut story, &mut watcher)?;
    let mut random = Random::new(seed ^ 0x50a4);
    for _ in 0..6 + random.below(10) {
        story.act(&mut random, &mut watcher);
        watcher.note_all(&story.world);
        let pause = [20_000, 20_000, 20_000, 120_000, 600_000][random.below(5) as usize];
        let until = story.world.now() + random.below(pause);
        play(&mut story, &mut watcher, until)?;
    }
    story.heal(&mut random, &mut watcher);
    watcher.note_all(&story.world);
    settle(&mut story, &mut watcher)?;
    // Nothing is wrong any more, so that now every promise of a rollout holds.
    if story.has_room {
        watcher.calm();
    }
    story.roll_all();
    watcher.note_all(&story.world);
    settle(&mut story, &mut watcher)
}

/// Lets the world act up to a moment, looking after each step.
fn play(story: &mut Story, watcher: &mut Watcher, until: Millis) -> Result<(), String> {
    while story.world.next_time().is_some_and(|next| next <= until) {
        story.world.step();
        watcher.look(&mut story.world)?;
    }
    story.world.run_until(until);
    Ok(())
}

/// Lets the world act until nothing changes any more, and looks whether everything is as it should be.
fn settle(story: &mut Story, watcher: &mut Watcher) -> Result<(), String> {
    let end = story.world.now() + REST;
    while story.world.next_change().is_some() {
        while let Some(next) = story.world.next_change() {
            if next > end {
                let left = story.world.unfinished();
                return Err(format!("it does not come to rest; unfinished: {left:?}"));
            }
            story.world.step();
            watcher.look(&mut story.world)?;
        }
        // An autoscaler's looks are no change by themselves.
        let looked = story.world.now() + 20_000;
        play(story, watcher, looked)?;
    }
    watcher.at_rest(&story.world, story.has_room)
}

#[cfg(test)]
mod tests {
    /// Plays a range of seeds; all that fail are named.
    fn soak(seeds: std::ops::Range<u64>) {
        let failures = seeds.filter_map(|seed| Some((seed, super::run(seed).err()?)));
        let failures: Vec<String> = failures
            .map(|(seed, why)| format!("seed {seed}: {why}"))
            .collect();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }

    #[test]
    fn first_hundred_seeds() {
        soak(0..100);
    }

    #[test]
    fn a_set_that_was_scaled_by_hand() {
        soak(9598..9599);
    }

    #[test]
    fn a_node_that_comes_back_while_its_worker_is_busy() {
        soak(8082..8083);
    }

    #[test]
    fn a_controller_that_hears_late_of_what_it_just_looked_at() {
        soak(25_632..25_633);
    }

    #[test]
    fn a_complete_deployment_whose_old_set_waits_for_a_node() {
        soak(24_405..24_406);
    }

    #[test]
    fn second_hundred_seeds() {
        soak(100..200);
    }
}
