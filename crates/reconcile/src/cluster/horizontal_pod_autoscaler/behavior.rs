//! From what the metrics ask for to what is done: not back and forth, not too fast, and within the
//! bounds (`pkg/controller/podautoscaler/horizontal.go`, normalizeDesiredReplicas and
//! normalizeDesiredReplicasWithBehaviors).

use ecow::EcoVec;
use kube::{Millis, Value};

/// What an autoscaler remembers. The real one loses it when it is started again, too.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// What the metrics asked for, and when.
    recommendations: EcoVec<(Millis, i64)>,
    /// By how much it scaled, and when.
    changes: EcoVec<(Millis, i64)>,
}

/// Nothing older counts for anything: the longest window and period that may be asked for.
const OLDEST: Millis = 3_600_000;

impl Memory {
    /// The number of replicas that it begins with is its first recommendation.
    pub fn begin(&mut self, replicas: i64, now: Millis) {
        if self.recommendations.is_empty() {
            self.recommendations.push((now, replicas));
        }
    }

    /// Notes what the metrics ask for.
    fn recommend(&mut self, replicas: i64, now: Millis) {
        self.recommendations.retain(|(at, _)| *at + OLDEST > now);
        self.recommendations.push((now, replicas));
    }

    /// Notes that it scaled.
    pub fn scaled(&mut self, by: i64, now: Millis) {
        self.changes.retain(|(at, _)| *at + OLDEST > now);
        self.changes.push((now, by));
    }

    fn since(&self, window: Millis, now: Millis) -> impl Iterator<Item = i64> {
        let recent = move |(at, _): &&(Millis, i64)| at + window > now;
        self.recommendations
            .iter()
            .filter(recent)
            .map(|(_, replicas)| *replicas)
    }
}

/// What there is to decide.
pub(super) struct Wish<'a> {
    pub current: i64,
    pub desired: i64,
    pub min: i64,
    pub max: i64,
    /// `spec.behavior`
    pub behavior: &'a Value,
    /// How long it waits before it scales down, where the behavior does not say.
    pub down_window: Millis,
    pub now: Millis,
}

/// A reason and a message.
pub(super) type Why = (&'static str, &'static str);

/// What is decided.
pub(super) struct Decision {
    pub replicas: i64,
    /// Why it may scale.
    pub able: Why,
    /// Whether it is kept from what it would do, and by what.
    pub limited: bool,
    pub limit: Why,
}

const READY: Why = ("ReadyForNewScale", "recommended size matches current size");
const UP_STABILIZED: Why = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
);
const DOWN_STABILIZED: Why = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
);
const TOO_FEW: Why = (
    "TooFewReplicas",
    "the desired replica count is less than the minimum replica count",
);
const TOO_MANY: Why = (
    "TooManyReplicas",
    "the desired replica count is more than the maximum replica count",
);
const TOO_FAST_UP: Why = (
    "ScaleUpLimit",
    "the desired replica count is increasing faster than the maximum scale rate",
);
const TOO_FAST_DOWN: Why = (
    "ScaleDownLimit",
    "the desired replica count is decreasing faster than the maximum scale rate",
);
const WITHIN: Why = (
    "DesiredWithinRange",
    "the desired count is within the acceptable range",
);

/// Decides, and remembers what was asked for.
pub(super) fn decide(wish: &Wish<'_>, memory: &mut Memory) -> Decision {
    let stable = stabilize(wish, memory);
    memory.recommend(wish.desired, wish.now);
    let able = match (stable == wish.desired, wish.behavior.is_null()) {
        (true, _) => READY,
        (false, false) if wish.desired >= wish.current => UP_STABILIZED,
        (false, _) => DOWN_STABILIZED,
    };
    let (replicas, limit) = match wish.behavior.is_null() {
        true => bounded(wish, stable),
        false => paced(wish, stable, memory),
    };
    Decision {
        replicas,
        able,
        limited: replicas != stable,
        limit,
    }
}

fn window(rules: &Value, default: Millis) -> Millis {
    let seconds = rules.get("stabilizationWindowSeconds").as_int();
    let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
    seconds.map_or(default, |seconds| seconds.saturating_mul(1000))
}

/// The wish, held against what was asked for lately.
fn stabilize(wish: &Wish<'_>, memory: &Memory) -> i64 {
    let (desired, now) = (wish.desired, wish.now);
    let most = |window| memory.since(window, now).fold(desired, i64::max);
    if wish.behavior.is_null() {
        return most(wish.down_window);
    }
    let up = window(wish.behavior.get("scaleUp"), 0);
    let down = window(wish.behavior.get("scaleDown"), wish.down_window);
    let least = memory.since(up, now).fold(desired, i64::min);
    wish.current.max(least).min(most(down))
}

/// Within the bounds, and at most doubled.
fn bounded(wish: &Wish<'_>, stable: i64) -> (i64, Why) {
    let fastest = (2 * wish.current).max(4);
    let (max, why) = match wish.max > fastest {
        true => (fastest, TOO_FAST_UP),
        false => (wish.max, TOO_MANY),
    };
    match stable {
        _ if stable < wish.min => (wish.min, TOO_FEW),
        _ if stable > max => (max, why),
        _ => (stable, WITHIN),
    }
}

/// Within the bounds, and as fast as the policies allow.
fn paced(wish: &Wish<'_>, stable: i64, memory: &Memory) -> (i64, Why) {
    if stable > wish.current {
        let fastest = limit(wish, memory, "scaleUp").max(wish.current);
        let (max, why) = match wish.max > fastest {
            true => (fastest, TOO_FAST_UP),
            false => (wish.max, TOO_MANY),
        };
        if stable > max {
            return (max, why);
        }
    } else if stable < wish.current {
        let fastest = limit(wish, memory, "scaleDown").min(wish.current);
        let (min, why) = match wish.min < fastest {
            true => (fastest, TOO_FAST_DOWN),
            false => (wish.min, TOO_FEW),
        };
        if stable < min {
            return (min, why);
        }
    }
    (stable, WITHIN)
}

/// How far the policies of a direction let it go.
fn limit(wish: &Wish<'_>, memory: &Memory, direction: &str) -> i64 {
    let rules = wish.behavior.get(direction);
    let up = direction == "scaleUp";
    let select = rules.get("selectPolicy").text();
    if select == "Disabled" {
        return wish.current;
    }
    let policies = rules.get("policies").items().iter().map(|policy| {
        let number = |field: &str| policy.get(field).as_int().unwrap_or(0);
        let period = u64::try_from(number("periodSeconds")).unwrap_or(0) * 1000;
        let recent = memory
            .changes
            .iter()
            .filter(|(at, _)| at + period > wish.now);
        let before = wish.current - recent.map(|(_, by)| by).sum::<i64>();
        let value = number("value");
        match (policy.get("type").text(), up) {
            ("Pods", true) => before + value,
            ("Pods", false) => before - value,
            (_, true) => (before * (100 + value) + 99).div_euclid(100),
            (_, false) => (before * (100 - value)).div_euclid(100),
        }
    });
    // The greatest change, unless the least is asked for.
    let far = match up == (select != "Min") {
        true => policies.max(),
        false => policies.min(),
    };
    far.unwrap_or(wish.current)
}
