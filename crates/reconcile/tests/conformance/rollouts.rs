//! The family `rollouts`: a Deployment, one thing at a time. The driver plays the kubelets, as the
//! driver of the recordings did.

use crate::{control_plane, events, propagation};
use ecow::{EcoString, eco_format};
use kube::api::{DeleteOptions, PatchType, Request, Response, Verb, serve};
use kube::{Key, Object, Status, Value, map, time};
use reconcile::trace::Note;
use reconcile::{Entry, World};
use std::rc::Rc;

/// Plays a case, and compares every record with the recorded ones.
pub fn run(case: &Value) -> Result<(), String> {
    let mut driver = Driver::new(case);
    for op in case.get("ops").items() {
        driver.play(op)?;
    }
    let expected = case.get("records").items();
    if driver.records.len() != expected.len() {
        return Err(format!(
            "{} records instead of {}",
            driver.records.len(),
            expected.len()
        ));
    }
    let mut events = Events::default();
    for (at, (have, want)) in driver.records.iter().zip(expected).enumerate() {
        let alternatives = want.get("or").items();
        let mut all = [want].into_iter().chain(alternatives);
        if !all.any(|one| same_state(have, one)) {
            return Err(format!(
                "record {at} is {} instead of {}",
                show(have),
                show(want)
            ));
        }
        events
            .compare(have, want, alternatives)
            .map_err(|why| format!("record {at}: {why}"))?;
    }
    Ok(())
}

/// Events count for the record where they appear or the next one.
#[derive(Default)]
struct Events {
    late: Vec<Value>,
}

impl Events {
    fn compare(&mut self, have: &Value, want: &Value, or: &[Value]) -> Result<(), String> {
        let have: Vec<Value> = self
            .late
            .drain(..)
            .chain(have.get("events").items().iter().cloned())
            .collect();
        let options: Vec<&[Value]> = [want]
            .into_iter()
            .chain(or)
            .map(|one| one.get("events").items())
            .collect();
        if options.iter().any(|want| same_events(&have, want)) {
            return Ok(());
        }
        // What is not here yet may come with the next record.
        if let Some(want) = options
            .iter()
            .find(|want| want.len() < have.len() && same_events(&have[..want.len()], want))
        {
            self.late = have[want.len()..].to_vec();
            return Ok(());
        }
        Err(format!(
            "events {} instead of {}",
            show_list(&have),
            show_list(options[0])
        ))
    }
}

fn same_events(have: &[Value], want: &[Value]) -> bool {
    let sorted = |events: &[Value]| {
        let mut texts: Vec<String> = events.iter().map(show).collect();
        texts.sort();
        texts
    };
    sorted(have) == sorted(want)
}

fn same_state(have: &Value, want: &Value) -> bool {
    let output = want.at(&["after", "output"]);
    let said = have.at(&["after", "output"]);
    have.get("rs") == want.get("rs")
        && have.get("deployment") == want.get("deployment")
        && have.get("podsWithoutOwner") == want.get("podsWithoutOwner")
        && (output.is_null() || said == output)
}

fn show(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn show_list(values: &[Value]) -> String {
    values.iter().map(show).collect::<Vec<_>>().join(" ")
}

struct Driver {
    world: World,
    records: Vec<Value>,
    /// ReplicaSets in the order in which they were first seen.
    sets: Vec<EcoString>,
    never_ready: Vec<EcoString>,
    wait_each: bool,
    min_ready: i64,
    entries: Vec<Entry>,
}

const DRIVER: &str = "driver";

impl shell::Cluster for Driver {
    fn ask(&mut self, request: Request) -> Response {
        // To read or to try changes nothing, so a copy can be asked.
        if request.dry_run || matches!(request.verb, Verb::Get | Verb::List) {
            return serve(&mut self.world.store().clone(), self.now(), request);
        }
        let Request {
            key,
            subresource,
            verb,
            ..
        } = request;
        self.world.request(DRIVER, key, subresource, verb, note())
    }

    fn now(&self) -> kube::Millis {
        self.world.now()
    }

    fn wait(&mut self, time: kube::Millis) -> bool {
        self.world.run_until(self.world.now() + time);
        true
    }
}

impl Driver {
    fn new(case: &Value) -> Driver {
        Driver {
            world: control_plane(),
            records: Vec::new(),
            sets: Vec::new(),
            never_ready: case
                .get("neverReady")
                .items()
                .iter()
                .map(Value::to_text)
                .collect(),
            wait_each: case.get("waitEach").as_bool() != Some(false),
            min_ready: 0,
            entries: Vec::new(),
        }
    }

    fn play(&mut self, op: &Value) -> Result<(), String> {
        let outcome = match op.get("op").text() {
            "create" => {
                let manifest = op.get("manifest").clone();
                let ready = manifest.at(&["spec", "minReadySeconds"]).as_int();
                self.min_ready = ready.unwrap_or(self.min_ready);
                self.request(Key::of(&manifest), Verb::Create(manifest))
            }
            "patch" => {
                let kind = op.get("kind").as_str().unwrap_or("Deployment");
                let name = op.get("name").as_str().unwrap_or("d");
                self.patch(Key::new(kind, "default", name), op)
            }
            "patchRS" => self.patch(self.set_key(op), op),
            "deleteRS" => self.request(self.set_key(op), Verb::Delete(DeleteOptions::default())),
            "deleteDeployment" => {
                let options = DeleteOptions {
                    propagation: propagation(op),
                    ..DeleteOptions::default()
                };
                self.request(deployment_key(), Verb::Delete(options))
            }
            "deletePod" => {
                let pod = self.ready_pod_of(op).ok_or("no ready pod to delete")?;
                self.request(pod.key.clone(), Verb::Delete(DeleteOptions::default()))
            }
            "unready" => {
                // The recordings' player of the node had the pod ready again at its next look.
                let pod = self.ready_pod_of(op).ok_or("no ready pod")?;
                self.set_ready(&pod, false)
                    .map_err(|status| status.message.to_string())?;
                self.world.run_until(self.world.now() + 100);
                self.set_ready(&pod, true).map(|_| ())
            }
            "wait" => {
                self.pass(op.get("seconds").as_int().unwrap_or(0));
                Ok(())
            }
            "readyAll" => {
                self.settle();
                while self.ready_one().is_some() {}
                self.settle();
                if self.min_ready > 0 {
                    self.pass(self.min_ready);
                    while self.ready_one().is_some() {}
                    self.pass(self.min_ready);
                }
                Ok(())
            }
            "progress" => return self.progress(op),
            "kubectl" => return self.kubectl(op),
            other => return Err(format!("unknown op {other}")),
        };
        self.settle();
        let mut after = op.clone();
        if op.get("op").text() == "wait" {
            after = map! { "wait" => op.get("seconds").clone() };
        }
        if let Err(status) = outcome {
            after.set("output", status.message);
        }
        self.record(after);
        Ok(())
    }

    /// Runs kubectl, and records what it said.
    fn kubectl(&mut self, op: &Value) -> Result<(), String> {
        let args: Vec<&str> = op.get("args").items().iter().map(Value::text).collect();
        let stdin = match op.get("stdin") {
            Value::Null => String::new(),
            manifest => show(manifest),
        };
        let output = shell::kubectl(self, DRIVER, &args, &stdin);
        self.settle();
        let mut after = op.clone();
        let said = format!("{}{}", output.stdout, output.stderr);
        after.set("output", said.trim_end());
        self.record(after);
        Ok(())
    }

    fn patch(&mut self, key: Key, op: &Value) -> Result<(), Status> {
        let how = match op.get("type").text() {
            "merge" => PatchType::Merge,
            _ => PatchType::Strategic,
        };
        let patch = op.get("patch").clone();
        if let Some(seconds) = patch.at(&["spec", "minReadySeconds"]).as_int() {
            self.min_ready = seconds;
        }
        self.request(key, Verb::Patch(how, patch))
    }

    fn progress(&mut self, op: &Value) -> Result<(), String> {
        let units = op.get("units").as_int().unwrap_or(i64::MAX);
        for _ in 0..units {
            let Some(set) = self.ready_one() else {
                break;
            };
            self.settle();
            self.record(map! { "ready" => set });
            if self.min_ready > 0 && self.wait_each {
                self.pass(self.min_ready);
                self.settle();
                self.record(map! { "wait" => self.min_ready });
            }
        }
        Ok(())
    }

    fn request(&mut self, key: Key, verb: Verb) -> Result<(), Status> {
        let outcome = self.world.request(DRIVER, key, "", verb, note());
        outcome.map(|_| ())
    }

    fn pass(&mut self, seconds: i64) {
        let millis = u64::try_from(seconds).unwrap_or(0) * 1000 + 1600;
        self.world.run_until(self.world.now() + millis);
    }

    /// Lets the controllers act, and plays the kubelets, until nothing moves any more.
    fn settle(&mut self) {
        loop {
            self.world.run_until(self.world.now() + 100);
            let pods: Vec<Rc<Object>> = self
                .world
                .store()
                .list("Pod")
                .into_iter()
                .cloned()
                .collect();
            let mut acted = false;
            for pod in pods {
                let bound = !pod.spec().get("nodeName").text().is_empty();
                if pod.meta.deleted.is_some() {
                    let options = DeleteOptions {
                        grace_seconds: Some(0),
                        ..DeleteOptions::default()
                    };
                    acted |= self.request(pod.key.clone(), Verb::Delete(options)).is_ok();
                } else if bound && pod.status().get("phase").text() == "Pending" {
                    acted |= self.set_ready(&pod, false).is_ok();
                }
            }
            if !acted {
                break;
            }
        }
        self.world.run_until(self.world.now() + 300);
        self.entries.extend(self.world.take_output().entries);
        self.see_sets();
    }

    fn set_ready(&mut self, pod: &Object, ready: bool) -> Response {
        let condition = map! {
            "type" => "Ready",
            "status" => if ready { "True" } else { "False" },
            "lastTransitionTime" => time::rfc3339(self.world.now()),
        };
        let change = map! {
            "status" => map! { "phase" => "Running", "conditions" => vec![condition] },
        };
        self.world.request(
            DRIVER,
            pod.key.clone(),
            "status",
            Verb::Patch(PatchType::Strategic, change),
            note(),
        )
    }

    /// Makes the next pod Ready: of the ReplicaSet with the highest revision, the oldest. Returns the
    /// number of its ReplicaSet.
    fn ready_one(&mut self) -> Option<i64> {
        self.settle();
        let store = self.world.store();
        let waits = |pod: &&Rc<Object>| {
            let image = pod.spec().get("containers").items()[0]
                .get("image")
                .to_text();
            let is_ready = pod.condition("Ready").get("status").text() == "True";
            let runs = pod.status().get("phase").text() == "Running";
            !is_ready && runs && pod.meta.deleted.is_none() && !self.never_ready.contains(&image)
        };
        let rank = |pod: &Rc<Object>| {
            let owner = pod.controller_ref().get("name").to_text();
            let set = store.get(&Key::new("ReplicaSet", "default", owner));
            let revision = set.and_then(|set| set.annotation("deployment.kubernetes.io/revision"));
            let revision: i64 = revision.and_then(|text| text.parse().ok()).unwrap_or(0);
            (
                -revision,
                set.is_none(),
                pod.meta.created,
                pod.key.name.clone(),
            )
        };
        let pods = store.list("Pod").into_iter().filter(waits);
        let pod = pods.min_by_key(|pod| rank(pod))?.clone();
        self.set_ready(&pod, true).ok()?;
        let owner = pod.controller_ref().get("name").to_text();
        let number = self
            .sets
            .iter()
            .position(|name| *name == owner)
            .map_or(0, |at| at + 1);
        i64::try_from(number).ok()
    }

    fn see_sets(&mut self) {
        let mut new: Vec<&Rc<Object>> = self.world.store().list("ReplicaSet");
        new.retain(|set| !self.sets.contains(&set.key.name));
        new.sort_by_key(|set| set.meta.created);
        let names: Vec<EcoString> = new.into_iter().map(|set| set.key.name.clone()).collect();
        self.sets.extend(names);
    }

    fn set_key(&self, op: &Value) -> Key {
        let number = usize::try_from(op.get("rs").as_int().unwrap_or(1)).unwrap_or(1);
        Key::new("ReplicaSet", "default", self.sets[number - 1].clone())
    }

    fn ready_pod_of(&self, op: &Value) -> Option<Rc<Object>> {
        let set = self.world.store().get(&self.set_key(op))?;
        let ready = |pod: &&Rc<Object>| pod.condition("Ready").get("status").text() == "True";
        self.world
            .store()
            .owned_by(&set.meta.uid)
            .find(ready)
            .cloned()
    }

    fn record(&mut self, after: Value) {
        let store = self.world.store();
        let sets: Value = self
            .sets
            .iter()
            .enumerate()
            .filter_map(|(at, name)| {
                let set = store.get(&Key::new("ReplicaSet", "default", name.clone()))?;
                Some(set_record(i64::try_from(at + 1).ok()?, set))
            })
            .collect();
        let deployment = store
            .get(&deployment_key())
            .map(|object| self.deployment_record(object));
        let events: Value = events(&self.entries, |key| key.kind == "Deployment")
            .into_iter()
            .map(|[kind, reason, message]| -> Value {
                [kind, reason, mask(&self.sets, &message)]
                    .map(Value::from)
                    .to_vec()
                    .into()
            })
            .collect();
        self.entries.clear();
        let loose = store
            .list("Pod")
            .iter()
            .filter(|pod| pod.meta.controller.is_empty())
            .count();
        let mut record = map! { "after" => after, "rs" => sets, "events" => events };
        // Null where it is gone.
        *record.entry("deployment") = deployment.into();
        if loose > 0 {
            record.set("podsWithoutOwner", i64::try_from(loose).unwrap_or(i64::MAX));
        }
        self.records.push(record);
    }

    fn deployment_record(&self, object: &Object) -> Value {
        let mut status = object.status().clone();
        status.set("conditions", Value::Null);
        let conditions: Value = object
            .status()
            .get("conditions")
            .items()
            .iter()
            .map(|condition| -> Value {
                let of =
                    |name: &str| -> Value { mask(&self.sets, condition.get(name).text()).into() };
                ["type", "status", "reason", "message"]
                    .into_iter()
                    .map(of)
                    .collect()
            })
            .collect();
        let mut record = map! {
            "name" => &object.key.name,
            "generation" => object.meta.generation,
            "replicas" => object.spec().get("replicas").clone(),
            "status" => status,
            "conditions" => conditions,
        };
        *record.entry("revision") = object
            .annotation("deployment.kubernetes.io/revision")
            .into();
        if object.spec().get("paused").as_bool() == Some(true) {
            record.set("paused", true);
        }
        record
    }
}

fn set_record(number: i64, set: &Object) -> Value {
    let count = |name: &str| Value::Int(set.status().get(name).as_int().unwrap_or(0));
    let names = ["replicas", "readyReplicas", "availableReplicas"];
    let annotation = |name: &str| set.annotation(&format!("deployment.kubernetes.io/{name}"));
    let mut record = map! {
        "rs" => number,
        "image" => set.spec().at(&["template", "spec", "containers"]).items()[0].get("image").clone(),
        "replicas" => set.spec().get("replicas").clone(),
        "status" => names.into_iter().map(count).collect::<Value>(),
        "desired" => annotation("desired-replicas"),
        "max" => annotation("max-replicas"),
        "history" => annotation("revision-history"),
    };
    // The one field that a record has even where it is null.
    *record.entry("revision") = annotation("revision").into();
    if set.meta.controller.is_empty() {
        record.set("orphan", true);
    }
    record
}

/// Puts `{rsN}` for the name of ReplicaSet N.
fn mask(sets: &[EcoString], text: &str) -> EcoString {
    let mut names: Vec<(&EcoString, usize)> = sets.iter().zip(1..).collect();
    // One name may begin with another.
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let mut masked = EcoString::from(text);
    for (name, number) in names {
        masked = masked.replace(name.as_str(), &eco_format!("{{rs{number}}}"));
    }
    masked
}

fn deployment_key() -> Key {
    Key::new("Deployment", "default", "d")
}

fn note() -> Note {
    Note::detail("drive", "Driver", "the driver acts")
}
