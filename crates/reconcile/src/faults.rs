//! What goes wrong in a cluster besides what its objects say: a controller that hears late of what
//! happens, one that is restarted and forgets, a process that is killed, a registry that nobody can
//! reach.

use crate::cluster::{self, CONTROLLERS, kubelet};
use crate::engine::{Controller, World};
use crate::plan::Step;
use crate::texts;
use crate::trace::Note;
use ecow::EcoString;
use kube::{Change, ChangeKind, Key, Millis, Object, Store};
use lean::SharedMap;
use std::cmp::Reverse;
use std::rc::Rc;

/// What is wrong at the moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// How late each controller's watches are, and since when.
    lags: SharedMap<Controller, (Millis, Millis)>,
    /// The store as it was after each moment with a write, for those that hear late; the newest first.
    views: SharedMap<Reverse<Millis>, Store>,
    /// When a controller that hears late last wrote something because of an object. It waits until it
    /// has heard of that (`controller_utils.go`, expectations).
    wrote: SharedMap<(Controller, Key), Millis>,
    /// Whether no node can reach a registry.
    pub(crate) is_registry_cut: bool,
}

impl Faults {
    /// How late a controller's watches are.
    pub(crate) fn lag(&self, controller: Controller) -> Millis {
        self.lags.get(&controller).map_or(0, |(lag, _)| *lag)
    }

    /// What a controller that hears late takes for the store; none if it knows the store itself.
    pub(crate) fn view(&self, controller: Controller, now: Millis) -> Option<Store> {
        let (lag, since) = self.lags.get(&controller)?;
        let then = now.saturating_sub(*lag).max(*since);
        let (_, view) = self.views.from(&Reverse(then)).next()?;
        Some(view.clone())
    }

    /// How long a controller still waits to hear what it wrote itself because of an object.
    pub(crate) fn waits(&self, controller: Controller, key: &Key, now: Millis) -> Option<Millis> {
        let lag = self.lag(controller);
        let wrote = self.wrote.get(&(controller, key.clone()))?;
        Some(wrote + lag)
            .filter(|heard| lag > 0 && *heard > now)
            .map(|heard| heard - now)
    }

    /// A controller has written something because of an object.
    pub(crate) fn wrote(&mut self, controller: Controller, key: &Key, now: Millis) {
        if self.lag(controller) > 0 {
            self.wrote.insert((controller, key.clone()), now);
        }
    }

    /// The store was written to.
    pub(crate) fn remember(&mut self, store: &Store, now: Millis) {
        let Some(longest) = self.lags.values().map(|(lag, _)| *lag).max() else {
            return;
        };
        self.views.insert(Reverse(now), store.clone());
        let oldest = Reverse(now.saturating_sub(longest));
        let unused: Vec<_> = self.views.from(&oldest).skip(1).map(|(t, _)| *t).collect();
        for t in unused {
            self.views.remove(&t);
        }
    }
}

/// The place of a controller that goes by this name.
fn controller(name: &str) -> Option<Controller> {
    CONTROLLERS.iter().position(|it| it.name == name)
}

impl World {
    /// A controller's watches break, and it lists everything again; from then on it hears of every
    /// change this much later, and knows the cluster only as it was then. Zero mends it. A name that no
    /// controller has changes nothing.
    pub fn delay_watches(&mut self, name: &str, lag: Millis) {
        let Some(controller) = controller(name) else {
            return;
        };
        if lag > 0 {
            self.faults.lags.insert(controller, (lag, self.now));
            self.faults.remember(&self.store, self.now);
        } else {
            self.faults.lags.remove(&controller);
        }
        if self.faults.lags.is_empty() {
            (self.faults.views, self.faults.wrote) = Default::default();
        }
        self.relist(controller);
    }

    /// A controller is restarted: it forgets what it knew and what it was about to do, lists
    /// everything, and looks at it.
    pub fn restart(&mut self, name: &str) {
        let Some(controller) = controller(name) else {
            return;
        };
        for (owner, kind) in cluster::REMEMBER {
            if name == owner {
                self.forget_memories(kind);
            }
        }
        self.recorders.forget(name);
        self.forget_looks(controller);
        self.relist(controller);
    }

    fn relist(&mut self, controller: Controller) {
        let hop = self.settings.timings.watch + self.faults.lag(controller);
        let hop = hop + CONTROLLERS[controller].batch;
        for key in listed(&self.store, controller) {
            self.look(controller, key, hop);
        }
    }

    /// The processes of a pod's containers are killed from outside, as by an administrator on its
    /// node: exit code 137.
    pub fn kill_processes(&mut self, pod: &Key) {
        let found = self.store.get(pod).map(|pod| pod.meta.uid.clone());
        if let Some(uid) = found {
            kubelet::kill_processes(self, &uid);
        }
    }

    /// A node loses its power: its processes are gone, and its kubelet says nothing any more. One that
    /// has lost it already stays as it is.
    pub fn stop_node(&mut self, name: &str) {
        if !self.pods.is_off(name) {
            let why = texts::lab::power_loss(name);
            let note = Note::warning("stop", "PowerLoss", why);
            self.silence(name, note, kubelet::node::stop);
        }
    }

    /// A node is cut off from the API server: neither hears the other, and its pods run on. One that is
    /// silent already stays as it is.
    pub fn cut_node(&mut self, name: &str) {
        if !self.pods.is_silent(name) {
            let why = texts::lab::cut_off(name);
            let note = Note::warning("stop", "NetworkPartition", why);
            self.silence(name, note, kubelet::node::cut);
        }
    }

    fn silence(&mut self, name: &str, note: Note, begin: fn(&mut World, &Rc<Object>)) {
        let key = Key::new("Node", "", name);
        let Some(node) = self.store.get(&key).cloned() else {
            return;
        };
        self.note(name, Some(key.clone()), note);
        begin(self, &node);
        if let Some(controller) = controller("node-controller") {
            self.look(controller, key, self.settings.timings.watch);
        }
    }

    /// A node that lost its power or was cut off comes back.
    pub fn start_node(&mut self, name: &str) {
        kubelet::node::start(self, &name.into());
    }

    /// From now on, no node reaches a registry, or all do again.
    pub fn cut_registry(&mut self, is_cut: bool) {
        self.faults.is_registry_cut = is_cut;
    }

    /// What the controllers would still write if they looked at everything now: who, to which object,
    /// and why. Nothing, if the cluster is as it should be.
    #[must_use]
    pub fn unfinished(&self) -> Vec<(&'static str, Key, EcoString)> {
        let context = self.context();
        let mut found = Vec::new();
        for (id, controller) in CONTROLLERS.iter().enumerate() {
            for key in listed(&self.store, id) {
                let plan = (controller.reconcile)(&self.store, &key, &context);
                found.extend(plan.steps.into_iter().filter_map(|step| match step {
                    Step::Write(write) => Some((controller.name, write.key, write.note.message)),
                    _ => None,
                }));
            }
        }
        found
    }
}

/// What a controller looks at when it has listed all there is.
fn listed(store: &Store, controller: Controller) -> Vec<Key> {
    let mut keys = Vec::new();
    for object in store.all() {
        let change = Change {
            version: object.meta.version,
            kind: ChangeKind::Added,
            old: None,
            new: object.clone(),
        };
        (CONTROLLERS[controller].watches)(store, &change, &mut keys);
    }
    lean::sort(&mut keys);
    keys.dedup();
    keys
}
