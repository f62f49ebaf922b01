//! Events: a component tells of what it sees without flooding the cluster.
//!
//! Most have the recorder of `client-go/tools/record` (`events_cache.go`): what is said again is
//! counted, what differs by its message alone is combined from the tenth on, and about one object a
//! component says 25 things in a burst, then one in five minutes. The scheduler has that of
//! `client-go/tools/events`, which makes a series of what is said again. Argo CD writes down each
//! (`util/argo/audit_logger.go`).

use crate::cluster;
use crate::engine::World;
use crate::gitops;
use crate::trace::{EntryId, Note};
use ecow::{EcoString, EcoVec, eco_format};
use kube::api::{self, PatchType, Request, Verb};
use kube::{Key, Millis, Object, Value, map, time};
use lean::{SharedMap, tight};

/// From how many on messages are combined (`defaultAggregateMaxEvents`).
const SIMILAR: usize = 10;
/// After how long a pause they are told one by one again (`defaultAggregateIntervalInSeconds`).
const PAUSE: Millis = 600_000;
/// How much a component may say of an object at once (`defaultSpamBurst`).
const BURST: Millis = 25;
/// How long it takes until it may say one thing more (`defaultSpamQPS`).
const REFILL: Millis = 300_000;
/// After how long a pause a series is over (`event_broadcaster.go`, `finishTime`).
const FINISH: Millis = 360_000;
/// Within how much time etcd lets Events end together (`lease_manager.go`, `leaseReuseDurationSeconds`).
const LEASE: Millis = 60_000;
/// Stands for the messages that are combined.
const COMBINED: u32 = 0;

/// What every component remembers of its Events, by component and by the object that they are about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorders {
    told: SharedMap<(u32, u64), Told>,
    /// Not before this does the next Event end, if there are any.
    end: Option<Millis>,
}

impl Recorders {
    /// A component is started again, and knows nothing of what it said.
    pub(crate) fn forget(&mut self, source: &str) {
        let own = short(&[source]);
        let places = self.told.from(&(own, 0)).map(|(place, _)| *place);
        let places: Vec<_> = places.take_while(|(source, _)| *source == own).collect();
        for place in places {
            self.told.remove(&place);
        }
    }
}

/// What a component has told of an object.
#[derive(Clone, Debug)]
struct Told {
    /// How its last Event named the object.
    about: Value,
    /// How much more it may say, as the time that it takes to come by that.
    credit: Millis,
    /// When that was reckoned.
    at: Millis,
    said: EcoVec<Said>,
}

/// One thing that was told, or several that were combined.
#[derive(Clone, Debug)]
struct Said {
    topic: Topic,
    /// The name of its Event.
    name: EcoString,
    /// How often.
    count: u32,
    first: Millis,
    last: Millis,
    /// Whether it is one of the similar ones that were told one by one since the last pause.
    is_recent: bool,
}

/// What is told, by hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Topic {
    /// Type and reason: what similar ones have in common.
    group: u32,
    /// The message, or [`COMBINED`]; for the scheduler the version of the object.
    message: u32,
    /// The part of the object that it is about.
    part: u32,
}

impl Told {
    fn new(now: Millis) -> Told {
        Told {
            about: Value::Null,
            credit: BURST * REFILL,
            at: now,
            said: EcoVec::new(),
        }
    }

    /// Takes note of something, and gives back what its Event becomes (`EventAggregate`,
    /// `eventObserve`).
    fn observe(&mut self, now: Millis, topic: Topic, name: &dyn Fn() -> EcoString) -> &Said {
        let similar = |it: &&Said| it.topic.group == topic.group;
        let said = || self.said.iter().filter(similar);
        let is_over = said().all(|it| now - it.last > PAUSE);
        let recent = || said().filter(|it| it.is_recent && !is_over);
        let is_other = |(at, it): &(usize, &Said)| {
            let message = it.topic.message;
            let mut before = recent().take(*at);
            message != topic.message && before.all(|it| it.topic.message != message)
        };
        let is_recent = recent().enumerate().filter(is_other).count() + 1 < SIMILAR;
        if is_over && said().next().is_some() {
            let said = tight::make_mut(&mut self.said).iter_mut();
            said.for_each(|it| it.is_recent &= it.topic.group != topic.group);
        }
        // The real recorder forgets any one of the ten; here it is the one that is combined.
        let topic = match is_recent {
            true => topic,
            false => Topic {
                message: COMBINED,
                part: 0,
                ..topic
            },
        };
        self.count(now, topic, name, is_recent)
    }

    /// Counts something up, or takes note of it for the first time.
    fn count(
        &mut self,
        now: Millis,
        topic: Topic,
        name: &dyn Fn() -> EcoString,
        is_recent: bool,
    ) -> &Said {
        let at = match self.said.iter().position(|it| it.topic == topic) {
            Some(at) => at,
            None => {
                let said = Said {
                    topic,
                    name: name(),
                    count: 0,
                    first: now,
                    last: now,
                    is_recent,
                };
                tight::push(&mut self.said, said);
                self.said.len() - 1
            }
        };
        let one = &mut tight::make_mut(&mut self.said)[at];
        (one.last, one.is_recent) = (now, is_recent);
        one.count += 1;
        one
    }

    /// Goes on with a series, or begins one.
    fn go_on(&mut self, now: Millis, topic: Topic, name: &dyn Fn() -> EcoString) -> &Said {
        self.said.retain(|it| now - it.last <= FINISH);
        self.count(now, topic, name, false)
    }

    /// Names the object and the part of it that is told of; most often these are as before.
    fn name(&mut self, about: &Object, part: &str) {
        let before = &self.about;
        let is_same = !before.is_null()
            && before.get("fieldPath").text() == part
            && before.get("resourceVersion").text() == kube::decimal(about.meta.version);
        if !is_same {
            self.about = about.as_involved(part);
        }
    }

    /// Whether one thing more may be said (`EventSourceObjectSpamFilter`).
    fn spend(&mut self, now: Millis) -> bool {
        self.credit = (self.credit + (now - self.at)).min(BURST * REFILL);
        self.at = now;
        let may = self.credit >= REFILL;
        if may {
            self.credit -= REFILL;
        }
        may
    }
}

/// How a component writes its Events down.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `client-go/tools/record`
    Counted,
    /// `client-go/tools/events`
    Series,
    /// Each as it is.
    Each,
}

impl Style {
    fn of(source: &str) -> Style {
        match source {
            cluster::SCHEDULER => Style::Series,
            gitops::argocd::NAME => Style::Each,
            _ => Style::Counted,
        }
    }
}

impl World {
    /// Reports an Event about an object.
    pub(crate) fn event(&mut self, source: &str, about: &Object, note: Note) {
        self.event_of(source, about, "", note);
    }

    /// Reports an Event about a part of an object, such as `spec.containers{main}`.
    pub(crate) fn event_of(&mut self, source: &str, about: &Object, part: &str, mut note: Note) {
        if self.pods.is_unheard(source) {
            return;
        }
        let style = Style::of(source);
        let kind = if note.is_warning { "Warning" } else { "Normal" };
        let place = (short(&[source]), fingerprint(&[&about.meta.uid]));
        let topic = Topic {
            group: short(&[kind, &note.reason]),
            message: match style {
                Style::Series => short(&[&kube::decimal(about.meta.version)]),
                _ => short(&[&note.message]).max(COMBINED + 1),
            },
            part: short(&[part]),
        };
        let (now, entries, mut anew) = (self.now, self.entries(), Told::new(self.now));
        if style != Style::Each && !self.recorders.told.contains_key(&place) {
            self.recorders.told.insert(place, anew.clone());
        }
        let told = match style {
            Style::Each => None,
            _ => self.recorders.told.get_mut(&place),
        };
        let told = told.unwrap_or(&mut anew);
        let name = &|| event_name(now, entries, about);
        let said = match style {
            Style::Counted => told.observe(now, topic, name).clone(),
            Style::Series => told.go_on(now, topic, name).clone(),
            Style::Each => told.count(now, topic, name, false).clone(),
        };
        // Of a series only the beginning is written here: its count while it lasts is in nobody's sight.
        let is_told = match style {
            Style::Counted => told.spend(now),
            Style::Series => said.count <= 2,
            Style::Each => true,
        };
        if !is_told {
            return;
        }
        told.name(about, part);
        let involved = told.about.clone();
        if said.topic.message == COMBINED {
            note.message = eco_format!("(combined from similar events): {}", note.message);
        }
        let it = match style {
            Style::Series => describe_series(source, &note.reason, &said),
            _ => describe(source, &said),
        };
        // All at once: there are many Events, and a map that grows is made several times.
        let mut event: Members = [
            ("action", it.action),
            ("apiVersion", "v1".into()),
            ("count", it.count),
            ("eventTime", it.time),
            ("firstTimestamp", it.first),
            ("involvedObject", involved),
            ("kind", "Event".into()),
            ("lastTimestamp", it.last),
            ("message", (&note.message).into()),
            // It comes when the Event is written.
            ("metadata", Value::Null),
            ("reason", (&note.reason).into()),
            ("reportingComponent", it.component),
            ("reportingInstance", it.instance),
            ("series", it.series),
            ("source", it.source),
            ("type", kind.into()),
        ];
        if self.write_event(source, about, &said, &mut event) {
            let verb = "event";
            self.note(source, Some(about.key.clone()), Note { verb, ..note });
        }
    }

    /// Writes an Event, or what has changed of it, and gives back whether the API server took it.
    fn write_event(
        &mut self,
        source: &str,
        about: &Object,
        said: &Said,
        event: &mut Members,
    ) -> bool {
        let namespace = match about.key.namespace.as_str() {
            "" => "default",
            namespace => namespace,
        };
        let key = Key::new("Event", namespace, said.name.clone());
        let user = self.user(source);
        let is_done = if said.count > 1 && self.store.get(&key).is_some() {
            let is_series = event
                .iter()
                .any(|(name, it)| *name == "series" && !it.is_null());
            let fields: &[&str] = match is_series {
                false => &["count", "lastTimestamp", "message"],
                true => &["series"],
            };
            let mut change = map! {};
            for (field, value) in event.iter().filter(|(name, _)| fields.contains(name)) {
                change.set(field, value.clone());
            }
            let verb = Verb::Patch(PatchType::Merge, change);
            let request = Request::of(user, key, verb);
            api::serve(&mut self.store, self.now, request).is_ok()
        } else {
            kube::record(&mut self.store, self.now, &user, key, event)
        };
        self.have_seen_all();
        let end = self.now + self.settings.timings.event_ttl + LEASE;
        self.recorders.end.get_or_insert(end);
        is_done
    }

    /// Lets the Events end that are too old. When they were written stands in them: nothing else is kept
    /// of it, and no time is spent on it but once a lease.
    pub(crate) fn end_events(&mut self) {
        if self.recorders.end.is_none_or(|end| self.now < end) || !self.has_seen_all() {
            return;
        }
        let kept = self.settings.timings.event_ttl;
        let (mut ended, mut oldest) = (Vec::new(), None);
        for event in self.store.list("Event") {
            let written = written(event);
            match written + kept <= self.now {
                true => ended.push(event.key.clone()),
                false => oldest = Some(oldest.map_or(written, |it: Millis| it.min(written))),
            }
        }
        for key in ended {
            api::expire(&mut self.store, &key);
        }
        self.have_seen_all();
        self.recorders.end = oldest.map(|oldest| oldest + kept + LEASE);
    }
}

/// When an Event was written last.
fn written(event: &Object) -> Millis {
    let value = &event.value;
    let last = [&["lastTimestamp"][..], &["series", "lastObservedTime"]];
    let last = last.into_iter().filter_map(|path| {
        let second = value.at(path).text().get(..19)?;
        time::parse_rfc3339(&eco_format!("{second}Z"))
    });
    last.fold(event.meta.created, Millis::max)
}

/// Named by the object and the moment, in nanoseconds, which here tell apart what happens in one
/// millisecond: by how many entries of the trace there are.
fn event_name(now: Millis, entries: EntryId, about: &Object) -> EcoString {
    let moment = (time::EPOCH_SECONDS * 1000 + now) * 1_000_000;
    let digits = kube::hex(moment + u64::from(entries) % 1_000_000);
    let digits = std::str::from_utf8(&digits).unwrap_or_default();
    let mut name = EcoString::with_capacity(about.key.name.len() + 1 + digits.len());
    for part in [&about.key.name, ".", digits] {
        name.push_str(part);
    }
    name
}

/// The members of an Event, by name.
type Members = [(&'static str, Value); 16];

/// The members in which the two forms of Events differ.
#[derive(Default)]
struct Described {
    action: Value,
    count: Value,
    /// `eventTime`
    time: Value,
    /// `firstTimestamp`
    first: Value,
    /// `lastTimestamp`
    last: Value,
    /// `reportingComponent`
    component: Value,
    /// `reportingInstance`
    instance: Value,
    series: Value,
    source: Value,
}

/// Who says it, how often and when.
fn describe(source: &str, said: &Said) -> Described {
    let (component, host) = match source.split_once(", ") {
        Some((component, host)) => (component, host),
        None => (source, ""),
    };
    let host_or_none = Some(host).filter(|host| !host.is_empty());
    let source = map! { "component" => component, "host" => host_or_none }.shared();
    Described {
        count: i64::from(said.count).into(),
        first: time::rfc3339(said.first).into(),
        last: time::rfc3339(said.last).into(),
        component: component.into(),
        instance: host.into(),
        source,
        ..Described::default()
    }
}

/// The same in the newer form (`pkg/apis/core/v1/conversion.go` shows both as one kind).
fn describe_series(source: &str, reason: &str, said: &Said) -> Described {
    let action = match reason {
        "Scheduled" => "Binding",
        "Preempted" => "Preempting",
        _ => "Scheduling",
    };
    let series = (said.count > 1).then(|| {
        let last = time::rfc3339_micro(said.last);
        map! { "count" => i64::from(said.count), "lastObservedTime" => last }
    });
    let instance = eco_format!("{source}-control-plane");
    Described {
        action: action.into(),
        time: time::rfc3339_micro(said.first).into(),
        component: source.into(),
        instance: instance.into(),
        series: series.into(),
        source: map! {},
        ..Described::default()
    }
}

/// A hash of some texts, each with an end of its own; eight bytes at a time, for every Event asks for
/// several.
fn fingerprint(texts: &[&str]) -> u64 {
    texts.iter().fold(0, |hash, text| {
        let words = text.as_bytes().chunks(8);
        let hash = words.fold(hash, |hash, bytes| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            tight::mix(hash, u64::from_le_bytes(word))
        });
        tight::mix(hash, text.len() as u64)
    })
}

/// Half of it: enough to tell apart what one component says of one object.
fn short(texts: &[&str]) -> u32 {
    (fingerprint(texts) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    /// Has a component say things at seconds, as `message` or `message of part`, and compares the Events
    /// that there are then, as `count message of part`.
    fn check(source: &str, said: &[(u64, &str)], expected: &[&str]) {
        let mut world = World::new(1, Settings::default());
        let about = Object {
            key: Key::new("Pod", "default", "web"),
            meta: kube::Meta {
                uid: "u".into(),
                ..kube::Meta::default()
            },
            value: map! { "apiVersion" => "v1" },
        };
        for (second, what) in said {
            world.run_until(second * 1000);
            let (message, part) = what.split_once(" of ").unwrap_or((what, ""));
            world.event_of(source, &about, part, Note::detail("event", "Seen", message));
        }
        let told = world.store().list("Event");
        let mut rows: Vec<String> = told.iter().map(|event| row(&event.value)).collect();
        rows.sort();
        assert_eq!(rows, expected, "{source}: {said:?}");
    }

    fn row(event: &Value) -> String {
        let count = match event.get("series") {
            Value::Null => event.get("count").as_int().unwrap_or(1),
            series => series.get("count").as_int().unwrap_or(0),
        };
        let part = event.at(&["involvedObject", "fieldPath"]).text();
        let of = if part.is_empty() { "" } else { " of " };
        format!("{count} {}{of}{part}", event.get("message").text())
    }

    #[test]
    fn what_is_said_again_is_counted() {
        let same = [(0, "a"), (5, "a"), (700, "a"), (701, "b")];
        check("kubelet, n", &same, &["1 b", "3 a"]);
        let parts = [(0, "a of x"), (0, "a of y"), (1, "a of x")];
        check("kubelet, n", &parts, &["1 a of y", "2 a of x"]);
    }

    #[test]
    fn the_tenth_message_is_combined() {
        let letters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
        let mut said: Vec<(u64, &str)> = letters.iter().map(|it| (600, *it)).collect();
        said.push((610, "a"));
        let mut expected: Vec<String> = letters[1..9].iter().map(|it| format!("1 {it}")).collect();
        expected.extend(["2 (combined from similar events): k", "2 a"].map(String::from));
        let texts: Vec<&str> = expected.iter().map(String::as_str).collect();
        check("replicaset-controller", &said, &texts);
        // After a pause of more than ten minutes they are told one by one again.
        said.push((1_211, "l"));
        expected.insert(8, "1 l".to_owned());
        let texts: Vec<&str> = expected.iter().map(String::as_str).collect();
        check("replicaset-controller", &said, &texts);
    }

    #[test]
    fn a_burst_ends_after_twenty_five() {
        let mut said = vec![(1, "a"); 30];
        check("kubelet, n", &said, &["25 a"]);
        // What was not told counts once there is something to tell again.
        said.push((301, "a"));
        check("kubelet, n", &said, &["31 a"]);
        said.push((302, "b"));
        check("kubelet, n", &said, &["31 a"]);
        said.push((602, "b"));
        check("kubelet, n", &said, &["2 b", "31 a"]);
    }

    #[test]
    fn the_scheduler_makes_series() {
        let said = [(0, "a"), (1, "b"), (2, "c")];
        check("default-scheduler", &said, &["2 a"]);
        let said = [(0, "a"), (361, "b")];
        check("default-scheduler", &said, &["1 a", "1 b"]);
    }

    #[test]
    fn an_event_ends_after_an_hour() {
        let said = [(0, "a"), (0, "b"), (1_800, "b"), (3_700, "c")];
        check("kubelet, n", &said, &["1 c", "2 b"]);
        // What is told again after its end is a new Event that counts on.
        let said = [(0, "a"), (7_300, "a")];
        check("kubelet, n", &said, &["2 a"]);
        let said = [(0, "a"), (1_800, "a"), (5_461, "b")];
        check("kubelet, n", &said, &["1 b"]);
    }

    #[test]
    fn argo_cd_writes_each_down() {
        let said = [(0, "a"), (0, "a")];
        check(gitops::argocd::NAME, &said, &["1 a", "1 a"]);
    }
}
