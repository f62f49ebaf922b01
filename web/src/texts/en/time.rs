//! Time: the time line, the player, what happened, two futures.

use super::counted;

// The stage and the time line

pub const MARKS: &str = "Marks";
pub const CONTROLLERS: &str = "Controllers";
pub const BAND_REQUESTS: &str = "requests";
pub const BAND_READY: &str = "ready";
pub const FORK_HERE: &str = "Fork here";
pub const FORK_HINT: &str = "Try another future from this moment, and compare the two";

/// When a mark is.
pub fn at_time(clock: &str) -> String {
    format!(", at {clock}")
}

/// What a screen reader says of the playhead.
pub fn moment_of(now: &str, end: &str) -> String {
    format!("{now} of {end}")
}

/// The same where it is known how available the service is in that second.
pub fn availability(now: &str, end: &str, ready: u32, wanted: u32, failed: u32) -> String {
    let failed = match failed {
        0 => "no request fails".to_owned(),
        1 => "1 request fails".to_owned(),
        n => format!("{n} requests fail"),
    };
    format!("{now} of {end}, {ready} of {wanted} pods ready, {failed}")
}

/// For how long pods were missing.
pub fn pods_missing(seconds: usize) -> String {
    let seconds = counted(seconds, "second", "seconds");
    format!("Fewer pods than wanted were ready for {seconds}.")
}

/// When requests failed.
pub fn requests_failed(failed: u32, from: &str, to: &str) -> String {
    match failed {
        1 => format!("1 request failed between {from} and {to}."),
        _ => format!("{failed} requests failed between {from} and {to}."),
    }
}

pub const NO_REQUEST_FAILED: &str = "No request failed.";

// The player

pub const PLAYER: &str = "Player";
pub const PLAY: &str = "Play";
pub const PAUSE: &str = "Pause";
pub const REPLAY: &str = "Replay";
pub const MARK_BACK: &str = "Back to the mark before";
pub const STEP_BACK: &str = "Step back";
pub const STEP_FORWARD: &str = "Step forward";
pub const MARK_ON: &str = "On to the next mark";
pub const PLAY_SPEED: &str = "Play speed";
pub const STORY_PACE: &str = "Pace of the story: waiting passes quickly, changes slowly";
pub const TIME: &str = "Time";

/// The end of the time line, behind the playhead's moment.
pub fn of_end(clock: &str) -> String {
    format!(" of {clock}")
}

/// How fast the story is told.
pub fn times(factor: f64) -> String {
    format!("{factor}×")
}

// The moment, and what happened before it

pub const THIS_MOMENT: &str = "This moment";
pub const WHY: &str = "why?";
pub const BECAUSE: &str = "Because";
pub const WHICH_EVENTS: &str = "Which events";
pub const STORY: &str = "Story";
pub const EVERYTHING: &str = "Everything";

/// How many of the events are not listed.
pub fn events_left_out(n: usize) -> String {
    match n {
        1 => "1 earlier event left out.".to_owned(),
        _ => format!("{n} earlier events left out."),
    }
}

// Two futures

pub const TWO_FUTURES: &str = "Two futures";
pub const TWO_FUTURES_SINCE: &str = "Two futures since {0}";
pub const YOUR_FUTURE: &str = "The future you work in";
pub const FORK: &str = "Fork";
pub const ORIGINAL: &str = "Original";
pub const IN_WHICH_RESPECT: &str = "What";
pub const SAME_SO_FAR: &str = "Both are the same so far. Edit a file and merge, or type a command: it happens in this future only.";
pub const PLAY_TO_COMPARE: &str = "Play on to the end, and what came of both stands here.";
pub const SAME_IN_THE_END: &str = "In the end, both came to the same.";

/// The button that gives one of two futures up and keeps the other.
pub fn keep_one(is_fork: bool) -> &'static str {
    match is_fork {
        true => "Keep only the fork",
        false => "Keep only the original",
    }
}

/// The stage of one of two futures.
pub fn stage_of(is_fork: bool) -> &'static str {
    match is_fork {
        true => "Stage of the fork",
        false => "Stage of the original",
    }
}
