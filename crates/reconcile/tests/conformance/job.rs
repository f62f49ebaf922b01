//! The family `job`: a Job named `x`, one thing at a time. The driver plays the kubelets.

use crate::{compare, control_plane, events, propagation};
use kube::api::{DeleteOptions, PatchType, Verb};
use kube::{Key, Object, Value, map, time};
use reconcile::World;
use reconcile::trace::Note;
use std::rc::Rc;

const DRIVER: &str = "driver";
/// How often the driver looks at pods, and how long nothing may move before it writes a record: what
/// the recordings show.
const POLL: u64 = 100;
const QUIET: u64 = 550;

/// Plays a case, and compares every record with the recorded ones.
pub fn run(case: &Value) -> Result<(), String> {
    let mut driver = Driver::new();
    for op in case.get("ops").items() {
        driver.play(op)?;
    }
    let wanted = case.get("records").items();
    if driver.records.len() != wanted.len() {
        let (have, want) = (driver.records.len(), wanted.len());
        return Err(format!("{have} records instead of {want}"));
    }
    let mut late: Vec<Value> = Vec::new();
    for (at, (have, want)) in driver.records.iter().zip(wanted).enumerate() {
        let tell = |why: String| format!("record {at}: {why}");
        let alternatives = want.get("or").items();
        let all = || [want].into_iter().chain(alternatives);
        let same = |want: &Value| {
            // Pods' names are masked, so their order says nothing.
            let pods = |record: &Value| sorted(record.get("pods").items());
            compare::same(&pods(have), &pods(want))?;
            compare::same(have.get("job"), want.get("job"))?;
            let said = |record: &Value| record.at(&["after", "output"]).clone();
            compare::same(&said(have), &said(want))
        };
        if let (Err(why), false) = (same(want), all().any(|want| same(want).is_ok())) {
            return Err(tell(why));
        }
        // Events count for the record where they appear or the next one.
        let own = have.get("events").items();
        let have: Vec<Value> = late.drain(..).chain(own.iter().cloned()).collect();
        let fits = |want: &Value| {
            let want = want.get("events").items();
            let head = have.get(..want.len()).map(sorted);
            compare::same(&head.unwrap_or_default(), &sorted(want)).map(|()| want.len())
        };
        match all().find_map(|want| fits(want).ok()) {
            Some(many) => late = have[many..].to_vec(),
            None => return Err(tell(fits(want).err().unwrap_or_default())),
        }
    }
    Ok(())
}

fn sorted(rows: &[Value]) -> Value {
    let mut rows = rows.to_vec();
    rows.sort_by_key(compare::show);
    Value::List(rows.into_iter().collect())
}

/// A generated name as the recordings write it.
fn masked(name: &str) -> String {
    let base = name.rsplit_once('-').map_or(name, |(base, _)| base);
    format!("{base}-{{suffix}}")
}

struct Driver {
    world: World,
    records: Vec<Value>,
}

impl Driver {
    fn new() -> Driver {
        Driver {
            world: control_plane(),
            records: Vec::new(),
        }
    }

    fn request(&mut self, key: Key, sub: &'static str, verb: Verb) -> Result<(), String> {
        let note = Note::detail("driver", "Driver", "");
        let outcome = self.world.request(DRIVER, key, sub, verb, note);
        outcome
            .map(|_| ())
            .map_err(|status| status.message.to_string())
    }

    fn play(&mut self, op: &Value) -> Result<(), String> {
        let mut outcome = Ok(());
        match op.get("op").text() {
            "create" => {
                let manifest = op.get("manifest").clone();
                outcome = self.request(Key::of(&manifest), "", Verb::Create(manifest));
            }
            "patch" => {
                let patch = op.get("patch").clone();
                outcome = self.request(job_key(), "", Verb::Patch(PatchType::Strategic, patch));
            }
            "succeed" | "fail" => self.end(op)?,
            "deletePod" => {
                let pod = self.running(op).ok_or("no pod to delete")?;
                let options = DeleteOptions::default();
                self.request(pod.key.clone(), "", Verb::Delete(options))?;
            }
            "deleteJob" => {
                let options = DeleteOptions {
                    propagation: propagation(op),
                    ..DeleteOptions::default()
                };
                self.request(job_key(), "", Verb::Delete(options))?;
            }
            "wait" => {
                let seconds = op.get("seconds").as_int().unwrap_or(0);
                let millis = u64::try_from(seconds).unwrap_or(0) * 1000 + 1600;
                self.world.run_until(self.world.now() + millis);
            }
            other => return Err(format!("unknown op {other}")),
        }
        self.settle();
        self.record(outcome.err());
        Ok(())
    }

    fn pods(&self) -> Vec<Rc<Object>> {
        let mut pods: Vec<_> = self
            .world
            .store()
            .list("Pod")
            .into_iter()
            .cloned()
            .collect();
        pods.sort_by_key(|pod| pod.key.name.clone());
        pods
    }

    /// The first by name of the pods that run, or the one with the completion index.
    fn running(&self, op: &Value) -> Option<Rc<Object>> {
        let mut pods = self.pods().into_iter();
        let index = op.get("index").as_int();
        pods.find(|pod| {
            pod.status().get("phase").text() == "Running"
                && pod.meta.deleted.is_none()
                && index.is_none_or(|index| index_of(pod).text() == index.to_string())
        })
    }

    fn end(&mut self, op: &Value) -> Result<(), String> {
        let pod = self.running(op).ok_or("no pod runs")?;
        let fails = op.get("op").text() == "fail";
        let code = op.get("code").as_int().unwrap_or(i64::from(fails));
        let mut value = pod.value.clone();
        let now = time::rfc3339(self.world.now());
        let statuses: Value = pod
            .spec()
            .get("containers")
            .items()
            .iter()
            .map(|container| {
                map! {
                    "name" => container.get("name").clone(),
                    "state" => map! {
                        "terminated" => map! { "exitCode" => code, "finishedAt" => &now },
                    },
                }
            })
            .collect();
        let status = value.entry("status");
        status.set("phase", if fails { "Failed" } else { "Succeeded" });
        status.set("containerStatuses", statuses);
        if !op.get("conditions").is_null() {
            status.set("conditions", op.get("conditions").clone());
        }
        self.request(pod.key.clone(), "status", Verb::Update(value))
    }

    /// Plays the kubelets until nothing has moved for a while.
    fn settle(&mut self) {
        let mut quiet = 0;
        while quiet < QUIET {
            let version = self.world.store().version();
            self.world.run_until(self.world.now() + POLL);
            for pod in self.pods() {
                let bound = !pod.spec().get("nodeName").text().is_empty();
                if pod.meta.deleted.is_some() {
                    let options = DeleteOptions {
                        grace_seconds: Some(0),
                        ..DeleteOptions::default()
                    };
                    self.request(pod.key.clone(), "", Verb::Delete(options))
                        .ok();
                } else if bound && pod.status().get("phase").text() == "Pending" {
                    let mut value = pod.value.clone();
                    value.entry("status").set("phase", "Running");
                    self.request(pod.key.clone(), "status", Verb::Update(value))
                        .ok();
                }
            }
            let moved = self.world.store().version() != version;
            quiet = if moved { 0 } else { quiet + POLL };
        }
    }

    fn record(&mut self, refusal: Option<String>) {
        let row = |pod: &Rc<Object>| {
            let containers = pod.spec().get("containers").items();
            map! {
                "name" => masked(&pod.key.name),
                "image" => containers[0].get("image").clone(),
                "phase" => pod.status().get("phase").clone(),
                "ready" => pod.condition("Ready").get("status").text() == "True",
                "index" => index_of(pod).clone(),
            }
        };
        let pods: Value = self.pods().iter().map(row).collect();
        let entries = self.world.take_output().entries;
        let events: Value = events(&entries, |key| key.kind != "Pod")
            .into_iter()
            .map(|event| Value::from(event.map(Value::from).to_vec()))
            .collect();
        let job = self.world.store().get(&job_key()).map(|job| {
            let mut status = job.status().clone();
            let conditions: Value = status
                .get("conditions")
                .items()
                .iter()
                .map(|condition| {
                    let fields = ["type", "status", "reason", "message"];
                    Value::from(fields.map(|it| condition.get(it).clone()).to_vec())
                })
                .collect();
            status.set("conditions", conditions);
            map! { "generation" => job.meta.generation, "status" => status }
        });
        self.records.push(map! {
            "after" => map! { "output" => refusal },
            "pods" => pods,
            "job" => job,
            "events" => events,
        });
    }
}

fn index_of(pod: &Object) -> &Value {
    pod.value
        .at(&["metadata", "annotations"])
        .get("batch.kubernetes.io/job-completion-index")
}

fn job_key() -> Key {
    Key::new("Job", "default", "x")
}
