//! What happens in a random lab: who lives in it, what people do to it, and what goes wrong.

use super::invariants::Watcher;
use kube::api::{DeleteOptions, PatchType, Propagation, Verb};
use kube::{Key, Object, Random, Value, map};
use reconcile::delivery::app::App;
use reconcile::trace::Note;
use reconcile::{Settings, World};
use std::rc::Rc;

const NAMESPACE: &str = "default";

/// The controllers that faults strike.
const CONTROLLERS: [&str; 12] = [
    "deployment-controller",
    "replicaset-controller",
    "endpointslice-controller",
    "generic-garbage-collector",
    "job-controller",
    "horizontal-pod-autoscaler",
    "default-scheduler",
    "resourcequota-controller",
    "disruption-controller",
    "node-controller",
    "taint-eviction-controller",
    "pod-garbage-collector",
];

/// A lab and what was done to it so far.
pub struct Story {
    /// The lab.
    pub world: World,
    /// Whether there is a node for every pod.
    pub has_room: bool,
    /// Nodes without power, or cut off.
    stopped: Vec<String>,
    images: u64,
    names: u64,
}

impl Story {
    /// The lab of a seed.
    pub fn begin(seed: u64) -> Story {
        let mut random = Random::new(seed);
        let random = &mut random;
        let app = App {
            startup: random.below(4_000),
            image_size: 1 + random.below(200 << 20),
            ..App::default()
        };
        let settings = Settings {
            any_image: Some(Rc::new(app)),
            ..Settings::default()
        };
        let mut story = Story {
            world: World::new(seed, settings),
            has_room: false,
            stopped: Vec::new(),
            images: 1,
            names: 0,
        };
        for _ in 0..1 + random.below(4) {
            story.add_node(1 + random.below(6));
        }
        for _ in 0..1 + random.below(3) {
            story.add_deployment(random);
        }
        for add in [Story::add_replica_set, Story::add_job] {
            if random.below(3) == 0 {
                add(&mut story, random);
            }
        }
        story
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}-{}", self.names)
    }

    /// Asks for a write; a refusal is part of the story.
    fn ask(&mut self, key: &Key, subresource: &'static str, verb: Verb) -> bool {
        let note = Note::detail("write", "Test", "the test acts");
        let done = self
            .world
            .request("test", key.clone(), subresource, verb, note);
        done.is_ok()
    }

    fn create(&mut self, object: Value) -> bool {
        let key = Key::of(&object);
        self.ask(&key, "", Verb::Create(object))
    }

    fn merge(&mut self, key: &Key, patch: Value) -> bool {
        self.ask(key, "", Verb::Patch(PatchType::Merge, patch))
    }

    fn add_node(&mut self, cpu: u64) {
        let name = self.name("node");
        let amounts =
            map! { "cpu" => format!("{cpu}"), "memory" => format!("{cpu}Gi"), "pods" => "110" };
        let labels = map! { "kubernetes.io/hostname" => name.clone() };
        let ready = map! { "type" => "Ready", "status" => "True", "reason" => "KubeletReady" };
        self.create(map! {
            "apiVersion" => "v1",
            "kind" => "Node",
            "metadata" => map! { "name" => name, "labels" => labels },
            "status" => map! {
                "allocatable" => amounts.clone(),
                "capacity" => amounts,
                "conditions" => vec![ready],
            },
        });
    }

    fn add_deployment(&mut self, random: &mut Random) {
        let name = self.name("web");
        let labels = map! { "app" => name.clone() };
        let template = template(random, &labels, self.images);
        let object = map! {
            "apiVersion" => "apps/v1",
            "kind" => "Deployment",
            "metadata" => map! { "name" => name.clone(), "namespace" => NAMESPACE },
            "spec" => map! {
                "replicas" => number(random, 9),
                "selector" => map! { "matchLabels" => labels.clone() },
                "strategy" => strategy(random),
                "minReadySeconds" => number(random, 2) * 5,
                "revisionHistoryLimit" => number(random, 4),
                "progressDeadlineSeconds" => 30 + number(random, 10) * 60,
                "template" => template,
            },
        };
        self.create(object);
        if random.below(2) == 0 {
            self.create(map! {
                "apiVersion" => "v1",
                "kind" => "Service",
                "metadata" => map! { "name" => name.clone(), "namespace" => NAMESPACE },
                "spec" => map! { "selector" => labels.clone(), "ports" => vec![map! { "port" => 80 }] },
            });
        }
        if random.below(3) == 0 {
            self.create(map! {
                "apiVersion" => "policy/v1",
                "kind" => "PodDisruptionBudget",
                "metadata" => map! { "name" => name.clone(), "namespace" => NAMESPACE },
                "spec" => map! {
                    "selector" => map! { "matchLabels" => labels },
                    "maxUnavailable" => number(random, 3),
                },
            });
        }
        if random.below(4) == 0 {
            let target =
                map! { "apiVersion" => "apps/v1", "kind" => "Deployment", "name" => name.clone() };
            self.create(map! {
                "apiVersion" => "autoscaling/v2",
                "kind" => "HorizontalPodAutoscaler",
                "metadata" => map! { "name" => name, "namespace" => NAMESPACE },
                "spec" => map! {
                    "scaleTargetRef" => target,
                    "minReplicas" => 1 + number(random, 3),
                    "maxReplicas" => 4 + number(random, 4),
                },
            });
        }
    }

    fn add_replica_set(&mut self, random: &mut Random) {
        let name = self.name("set");
        let labels = map! { "set" => name.clone() };
        let template = template(random, &labels, self.images);
        self.create(map! {
            "apiVersion" => "apps/v1",
            "kind" => "ReplicaSet",
            "metadata" => map! { "name" => name, "namespace" => NAMESPACE },
            "spec" => map! {
                "replicas" => number(random, 5),
                "selector" => map! { "matchLabels" => labels },
                "template" => template,
            },
        });
    }

    fn add_job(&mut self, random: &mut Random) {
        let name = self.name("job");
        let (seconds, code) = (random.below(20), random.below(4) / 3);
        let command = format!("sleep {seconds}; exit {code}");
        let container = map! {
            "name" => "main",
            "image" => "busybox:1",
            "command" => vec![Value::from("sh"), "-c".into(), command.into()],
            "resources" => map! { "requests" => map! { "cpu" => "100m" } },
        };
        let policy = ["Never", "OnFailure"][pick(random, 2)];
        self.create(map! {
            "apiVersion" => "batch/v1",
            "kind" => "Job",
            "metadata" => map! { "name" => name, "namespace" => NAMESPACE },
            "spec" => map! {
                "completions" => 1 + number(random, 4),
                "parallelism" => 1 + number(random, 3),
                "backoffLimit" => number(random, 3),
                "template" => map! {
                    "spec" => map! { "restartPolicy" => policy, "containers" => vec![container] },
                },
            },
        });
    }

    fn add_quota(&mut self, random: &mut Random) {
        let hard = map! {
            "pods" => format!("{}", 4 + random.below(12)),
            "requests.cpu" => format!("{}", 2 + random.below(6)),
        };
        self.create(map! {
            "apiVersion" => "v1",
            "kind" => "ResourceQuota",
            "metadata" => map! { "name" => "quota", "namespace" => NAMESPACE },
            "spec" => map! { "hard" => hard },
        });
    }

    fn any(&self, random: &mut Random, kind: &str) -> Option<Rc<Object>> {
        let all = self.world.store().list(kind);
        all.get(pick(random, all.len()))
            .map(|found| (*found).clone())
    }

    /// A person acts, or something goes wrong.
    pub fn act(&mut self, random: &mut Random, watcher: &mut Watcher) {
        match random.below(10) {
            0..6 => self.edit(random, watcher),
            _ => self.fault(random, watcher),
        }
    }

    fn edit(&mut self, random: &mut Random, watcher: &mut Watcher) {
        let kind = [
            "Deployment",
            "Deployment",
            "Deployment",
            "Pod",
            "ReplicaSet",
        ][pick(random, 5)];
        let Some(object) = self.any(random, kind) else {
            return self.add_deployment(random);
        };
        let key = object.key.clone();
        match kind {
            "Deployment" => self.edit_deployment(random, watcher, &object),
            "Pod" => {
                watcher.disturb();
                let evict = map! { "metadata" => map! { "name" => key.name.clone() } };
                let label = object.labels().members().next();
                let label = label.map(|(name, value)| (name.clone(), value.to_text()));
                match (random.below(4), label) {
                    (0, _) => self.ask(&key, "eviction", Verb::Create(evict)),
                    (1, _) => self.delete(random, &key),
                    (2, Some((name, _))) => self.relabel(&key, &name, "stray"),
                    (_, Some((name, _))) => self.relabel(&key, &name, "web-1"),
                    _ => false,
                };
            }
            _ => {
                watcher.scale_by_hand();
                match random.below(3) {
                    0 => self.delete(random, &key),
                    _ => self.merge(
                        &key,
                        map! { "spec" => map! { "replicas" => number(random, 6) } },
                    ),
                };
            }
        }
    }

    fn relabel(&mut self, key: &Key, name: &str, value: &str) -> bool {
        let labels = map! { name => value };
        self.merge(key, map! { "metadata" => map! { "labels" => labels } })
    }

    fn delete(&mut self, random: &mut Random, key: &Key) -> bool {
        let options = DeleteOptions {
            propagation: [
                Propagation::Background,
                Propagation::Foreground,
                Propagation::Orphan,
            ][pick(random, 3)],
            grace_seconds: [None, Some(0), Some(3)][pick(random, 3)],
            ..DeleteOptions::default()
        };
        self.ask(key, "", Verb::Delete(options))
    }

    fn edit_deployment(&mut self, random: &mut Random, watcher: &mut Watcher, object: &Object) {
        let key = &object.key;
        let spec = match random.below(12) {
            0 => {
                watcher.disturb();
                self.delete(random, key);
                return;
            }
            1 => match random.below(3) {
                0 => return self.add_quota(random),
                1 => return self.add_job(random),
                _ => return self.add_deployment(random),
            },
            2 | 3 => {
                watcher.disturb();
                map! { "replicas" => number(random, 9) }
            }
            4 => map! { "paused" => object.spec().get("paused").as_bool() != Some(true) },
            5 => {
                watcher.disturb();
                map! { "strategy" => strategy(random) }
            }
            6 => {
                let before = 1 + random.below(self.images);
                self.set_image(key, before);
                return;
            }
            7 => map! { "minReadySeconds" => number(random, 8) },
            _ => {
                self.images += 1;
                self.set_image(key, self.images);
                return;
            }
        };
        self.merge(key, map! { "spec" => spec });
    }

    fn set_image(&mut self, key: &Key, number: u64) {
        let image = image(number);
        let container = map! { "name" => "main", "image" => image };
        let template = map! { "spec" => map! { "containers" => vec![container] } };
        let patch = map! { "spec" => map! { "template" => template } };
        self.ask(key, "", Verb::Patch(PatchType::Strategic, patch));
    }

    fn fault(&mut self, random: &mut Random, watcher: &mut Watcher) {
        let controller = CONTROLLERS[pick(random, CONTROLLERS.len())];
        match random.below(8) {
            0 => self.world.restart(controller),
            1 | 2 => {
                watcher.disturb();
                self.world.delay_watches(controller, random.below(3_000));
            }
            3 => self.world.cut_registry(random.below(2) == 0),
            4 => {
                watcher.disturb();
                if let Some(node) = self.any(random, "Node") {
                    match random.below(2) {
                        0 => self.world.stop_node(&node.key.name),
                        _ => self.world.cut_node(&node.key.name),
                    }
                    self.stopped.push(node.key.name.to_string());
                }
            }
            5 => {
                if let Some(name) = self.stopped.pop() {
                    self.world.start_node(&name);
                }
            }
            6 => {
                watcher.disturb();
                if let Some(node) = self.any(random, "Node").filter(|_| random.below(3) == 0) {
                    self.delete(random, &node.key);
                }
            }
            _ => {
                watcher.disturb();
                if let Some(pod) = self.any(random, "Pod") {
                    self.world.kill_processes(&pod.key);
                }
            }
        }
    }

    /// All faults are over, and what people left half done is done.
    pub fn heal(&mut self, random: &mut Random, watcher: &mut Watcher) {
        watcher.disturb();
        for controller in CONTROLLERS {
            self.world.delay_watches(controller, 0);
        }
        self.world.cut_registry(false);
        for name in std::mem::take(&mut self.stopped) {
            self.world.start_node(&name);
        }
        self.has_room = random.below(3) > 0;
        if self.has_room {
            self.add_node(64);
        }
        let quota = Key::new("ResourceQuota", NAMESPACE, "quota");
        self.ask(&quota, "", Verb::Delete(DeleteOptions::default()));
        for key in self.deployments() {
            self.merge(&key, map! { "spec" => map! { "paused" => false } });
        }
    }

    /// Every Deployment gets a new image.
    pub fn roll_all(&mut self) {
        self.images += 1;
        for key in self.deployments() {
            self.set_image(&key, self.images);
        }
    }

    fn deployments(&self) -> Vec<Key> {
        let all = self.world.store().list("Deployment");
        all.iter().map(|object| object.key.clone()).collect()
    }
}

fn pick(random: &mut Random, count: usize) -> usize {
    random.below(count as u64) as usize
}

fn number(random: &mut Random, end: u64) -> i64 {
    random.below(end) as i64
}

fn image(number: u64) -> String {
    format!("registry.example/web:{number}")
}

fn template(random: &mut Random, labels: &Value, number_of_image: u64) -> Value {
    let mut container = map! {
        "name" => "main",
        "image" => image(number_of_image),
        "resources" => map! { "requests" => map! { "cpu" => format!("{}m", 50 + random.below(500)) } },
    };
    if random.below(2) == 0 {
        let get = map! { "path" => "/readyz", "port" => 8080 };
        let probe = map! { "httpGet" => get, "periodSeconds" => 1 + number(random, 5) };
        container.set("readinessProbe", probe);
    }
    let spec = map! {
        "containers" => vec![container],
        "terminationGracePeriodSeconds" => number(random, 15),
    };
    map! { "metadata" => map! { "labels" => labels.clone() }, "spec" => spec }
}

/// A strategy. What the other kind of strategy has is taken away.
fn strategy(random: &mut Random) -> Value {
    if random.below(5) == 0 {
        let mut recreate = map! { "type" => "Recreate" };
        *recreate.entry("rollingUpdate") = Value::Null;
        return recreate;
    }
    let mut limit = || match random.below(2) {
        0 => Value::from(number(random, 4)),
        _ => Value::from(format!("{}%", random.below(101))),
    };
    let (surge, mut unavailable) = (limit(), limit());
    let is_zero = |value: &Value| matches!(value, Value::Int(0)) || value.text() == "0%";
    if is_zero(&surge) && is_zero(&unavailable) {
        unavailable = 1.into();
    }
    map! {
        "type" => "RollingUpdate",
        "rollingUpdate" => map! { "maxSurge" => surge, "maxUnavailable" => unavailable },
    }
}
