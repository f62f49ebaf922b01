//! `traffic.yaml`: who calls, what, how much and when.

use super::reader::Reader;
use crate::texts;
use crate::view::Millis;
use ecow::{EcoString, EcoVec};
use yaml::Node;

const FIELDS: [&str; 11] = [
    "service",
    "namespace",
    "port",
    "host",
    "path",
    "from",
    "requestsPerSecond",
    "steps",
    "timeout",
    "clients",
    "objective",
];

/// How long callers wait if nothing is said.
const TIMEOUT: Millis = 10_000;
/// `99.9%`
const OBJECTIVE: u32 = 9_990;
const RATE_MAX: u64 = 1_000_000;

/// Requests to one place of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Where they go.
    pub target: Target,
    /// The path that they ask for.
    pub path: EcoString,
    /// When they begin, after the lab's start.
    pub from: Millis,
    /// How many a second, from each moment after they have begun: ascending.
    pub steps: EcoVec<Step>,
    /// How long they wait for an answer.
    pub timeout: Millis,
    /// How many different clients they are, for Services with session affinity.
    pub clients: u32,
    /// The share that is to be answered, in ten-thousandths: the service level objective.
    pub objective: u32,
}

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To a Service: its name, its namespace, and one of its ports by name or number, or its first.
    Service(EcoString, EcoString, EcoString),
    /// To a host, through the cluster's Ingresses.
    Host(EcoString),
}

impl Default for Target {
    fn default() -> Target {
        Target::Host(EcoString::new())
    }
}

/// From a moment on, this many requests a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// When, after the caller has begun.
    pub at: Millis,
    /// How many a second.
    pub requests_per_second: u32,
    /// How long it takes to get there from the number before, evenly.
    pub over: Millis,
}

impl Caller {
    /// The rate at a moment after the lab's start, in thousandths of a request a second.
    pub(crate) fn rate(&self, t: Millis) -> u64 {
        let Some(t) = t.checked_sub(self.from) else {
            return 0;
        };
        let mut rate = 0;
        for step in self.steps.iter().take_while(|step| step.at <= t) {
            let wanted = u64::from(step.requests_per_second) * 1000;
            let gone = t - step.at;
            rate = match gone < step.over {
                true => (rate * (step.over - gone) + wanted * gone) / step.over,
                false => wanted,
            };
        }
        rate
    }

    /// When the rate changes next after a moment: in steps of a second while it rises or falls.
    pub(crate) fn next_change(&self, t: Millis) -> Option<Millis> {
        let times = self.steps.iter().filter_map(|step| {
            let (begin, end) = (self.from + step.at, self.from + step.at + step.over);
            match () {
                () if t < begin => Some(begin),
                () if t < end => Some((t + 1000).min(end)),
                () => None,
            }
        });
        times.min()
    }
}

/// Reads the callers.
pub(crate) fn read(reader: &mut Reader<'_>, root: &Node) -> Vec<Caller> {
    let items = reader.items(root);
    items.iter().map(|item| caller(reader, item)).collect()
}

fn caller(reader: &mut Reader<'_>, item: &Node) -> Caller {
    let fields = reader.fields(item, texts::files::TRAFFIC, &FIELDS);
    let text = |reader: &mut Reader<'_>, name: &str| {
        let node = fields.get(name);
        node.map_or_else(EcoString::new, |node| reader.text(node))
    };
    let target = match fields.get("host") {
        Some(node) => {
            for name in ["service", "namespace", "port"] {
                if let Some(node) = fields.get(name) {
                    let why = texts::files::HOST_AND_SERVICE;
                    reader.problem(node, why, texts::files::KEEP_HOST_OR_SERVICE);
                }
            }
            Target::Host(reader.text(node))
        }
        None => {
            let service = reader.required(fields, "service");
            let service = service.map_or_else(EcoString::new, |node| reader.name(node));
            let namespace = fields.get("namespace").map(|node| reader.name(node));
            let namespace = namespace.unwrap_or_else(|| "default".into());
            Target::Service(service, namespace, text(reader, "port"))
        }
    };
    let path = fields.get("path");
    let path = path.map_or_else(|| "/".into(), |node| reader.path(node));
    let mut time = |name: &str, default| {
        let node = fields.get(name);
        node.map_or(default, |node| reader.duration(node))
    };
    let (from, timeout) = (time("from", 0), time("timeout", TIMEOUT));
    let steps = steps(
        reader,
        item,
        fields.get("requestsPerSecond"),
        fields.get("steps"),
    );
    let clients = fields.get("clients");
    let objective = fields.get("objective");
    Caller {
        target,
        path,
        from,
        steps,
        timeout,
        clients: clients.map_or(100, |node| reader.int(node, 1..=RATE_MAX) as u32),
        objective: objective.map_or(OBJECTIVE, |node| reader.share(node)),
    }
}

/// How much: one number for all time, or steps.
fn steps(
    reader: &mut Reader<'_>,
    item: &Node,
    rate: Option<&Node>,
    steps: Option<&Node>,
) -> EcoVec<Step> {
    let number = |reader: &mut Reader<'_>, node| reader.int(node, 0..=RATE_MAX) as u32;
    let mut all: EcoVec<Step> = EcoVec::new();
    match (rate, steps) {
        (None, None) => reader.problem(item, texts::files::NO_RATE, texts::files::OR_STEPS),
        (Some(_), Some(node)) => {
            let why = texts::files::RATE_TWICE;
            reader.problem(node, why, texts::files::KEEP_ONE);
        }
        (Some(node), None) => all.push(Step {
            requests_per_second: number(reader, node),
            ..Step::default()
        }),
        (None, Some(node)) => {
            for item in reader.items(node) {
                let fields = reader.fields(
                    item,
                    texts::files::A_STEP,
                    &["at", "requestsPerSecond", "over"],
                );
                let at = reader.required(fields, "at");
                let rate = reader.required(fields, "requestsPerSecond");
                let step = Step {
                    at: at.map_or(0, |node| reader.duration(node)),
                    requests_per_second: rate.map_or(0, |node| number(reader, node)),
                    over: fields.get("over").map_or(0, |node| reader.duration(node)),
                };
                let before = all.last().map_or(0, |last| last.at + last.over);
                if step.at < before {
                    let why = texts::files::STEPS_OVERLAP;
                    reader.problem(item, why, "");
                }
                all.push(step);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_ramps_and_their_ends() {
        let step = |at, requests_per_second, over| Step {
            at,
            requests_per_second,
            over,
        };
        let caller = Caller {
            from: 1_000,
            steps: [step(0, 10, 0), step(60_000, 110, 10_000)].into(),
            ..Caller::default()
        };
        let cases = [
            (0, 0, Some(1_000)),
            (1_000, 10_000, Some(61_000)),
            (61_000, 10_000, Some(62_000)),
            (66_000, 60_000, Some(67_000)),
            (70_500, 105_000, Some(71_000)),
            (71_000, 110_000, None),
        ];
        for (t, rate, next) in cases {
            assert_eq!((caller.rate(t), caller.next_change(t)), (rate, next), "{t}");
        }
    }
}
