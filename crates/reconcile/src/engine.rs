//! The engine: a world, and the one loop that moves it.
//!
//! A [`World`] is all there is at one moment; a clone of it is a snapshot and costs nothing.
//! [`World::step`] takes the next event from the queue and lets it act. Acting is: asking the API
//! server for something. Each accepted write becomes a trace entry, and wakes whoever watches the
//! object it touched.

mod requests;

use crate::audit::Audited;
use crate::cluster::{self, CONTROLLERS, Context, kubelet, network, nodes};
use crate::delivery::app::App;
use crate::events::Recorders;
use crate::faults::Faults;
use crate::gitops;
use crate::pipeline;
use crate::plan::{Plan, Refused, Step, Write};
use crate::queue::Queue;
use crate::texts;
use crate::timings::Timings;
use crate::trace::{Entry, EntryId, Note};
use crate::view::Second;
use ecow::EcoString;
use kube::api::{Answer, DeleteOptions, Verb};
use kube::fields::Table;
use kube::rbac::{self, User};
use kube::{Change, ChangeKind, Key, Millis, Random, Status, Store};
use lean::{HashTrie, SharedMap};
use std::rc::Rc;

/// A look that is due later than this was not called for by a change.
const SOON: Millis = 1_000;

/// Everything that can happen.
#[derive(Clone, Debug)]
pub enum Event {
    /// A controller compares one object's current state with its desired state.
    Reconcile(Controller, Key),
    /// Something happens to a pod on its node.
    Pod(EcoString, kubelet::PodEvent),
    /// A node's kubelet looks how much memory is left.
    Memory(EcoString),
    /// Something happens in the network.
    Network(network::Happening),
    /// CI, or a release, goes on.
    Delivery(pipeline::Event),
}

/// A controller: its place in [`CONTROLLERS`].
pub type Controller = usize;

/// A look that is to come: at what, and whether it gathers changes until then. Such a one does not
/// fall away when the controller looks in between, as in the real work queues.
type Look = (Controller, Key, bool);

/// An event in the queue, with the entry that led to it.
#[derive(Clone, Debug)]
struct Due {
    event: Event,
    cause: Option<EntryId>,
}

/// Who lives in a world, and how fast they are.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long things take.
    pub timings: Timings,
    /// Whether nodes act on their pods. Without it somebody else plays the kubelets.
    pub kubelets: bool,
    /// How an image behaves that no registry knows. None: it cannot be pulled.
    pub any_image: Option<Rc<App>>,
    /// Images that all nodes have from the start.
    pub node_images: Vec<kubelet::NodeImage>,
    /// By which the API server decodes strictly what people and their programs write. None: it takes
    /// any field.
    pub fields: Option<&'static Table>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            timings: Timings::default(),
            kubelets: true,
            any_image: None,
            node_images: Vec::new(),
            fields: None,
        }
    }
}

/// All there is at one moment. A clone is a snapshot that shares everything until one side changes.
#[derive(Clone, Debug)]
pub struct World {
    pub(crate) now: Millis,
    pub(crate) store: Store,
    pub(crate) random: Random,
    pub(crate) settings: Rc<Settings>,
    pub(crate) nodes: nodes::Nodes,
    memories: cluster::Memories,
    pub(crate) pods: kubelet::Pods,
    pub(crate) network: network::Network,
    pub(crate) delivery: pipeline::State,
    pub(crate) faults: Faults,
    queue: Queue<Due>,
    /// When each controller will look at an object next: several reasons to look are one look.
    looks: HashTrie<(Look, Millis)>,
    /// The users that actors are.
    users: SharedMap<EcoString, User>,
    seen: u64,
    cause: Option<EntryId>,
    entries: EntryId,
    pub(crate) audited: u32,
    pub(crate) recorders: Recorders,
    pub(crate) out: Output,
}

/// What a step gave to see.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// New trace entries.
    pub entries: Vec<Entry>,
    /// New seconds of traffic.
    pub seconds: Vec<Second>,
    /// New requests in the API server's log.
    pub requests: Vec<Audited>,
}

impl World {
    /// A world that has nothing but the roles of every cluster. The seed decides all that is drawn at
    /// random.
    #[must_use]
    pub fn new(seed: u64, settings: Settings) -> World {
        let mut store = Store::new(seed);
        rbac::bootstrap(&mut store);
        World {
            now: 0,
            seen: store.version(),
            store,
            random: Random::new(!seed),
            settings: Rc::new(settings),
            nodes: nodes::Nodes::default(),
            memories: cluster::Memories::default(),
            pods: kubelet::Pods::default(),
            network: network::Network::default(),
            delivery: pipeline::State::default(),
            faults: Faults::default(),
            queue: Queue::default(),
            looks: HashTrie::default(),
            users: SharedMap::default(),
            cause: None,
            entries: 0,
            audited: 0,
            recorders: Recorders::default(),
            out: Output::default(),
        }
    }

    /// The moment.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.now
    }

    /// The cluster's objects.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// How many trace entries there are so far.
    #[must_use]
    pub fn entries(&self) -> EntryId {
        self.entries
    }

    /// What came out since this was last asked.
    pub fn take_output(&mut self) -> Output {
        std::mem::take(&mut self.out)
    }

    /// When the next event is due.
    #[must_use]
    pub fn next_time(&self) -> Option<Millis> {
        self.queue.next_time()
    }

    /// When the next event is due that is more than time passing; none if the world is settled.
    #[must_use]
    pub fn next_change(&self) -> Option<Millis> {
        let context = self.context();
        let counts = |(t, due): &(Millis, &Due)| match &due.event {
            Event::Network(happening) => self.network.awaits(*happening),
            Event::Pod(uid, event) => self.pods.awaits(uid, event),
            Event::Memory(node) => kubelet::pressure::is_awaited(self, node, *t),
            // A look that was overtaken by a sooner one is no change.
            // An autoscaler looks for ever.
            Event::Reconcile(_, key) if key.kind == "HorizontalPodAutoscaler" => {
                self.network.is_restless(*t)
            }
            Event::Reconcile(controller, key) => {
                let is_routine =
                    *t > self.now + SOON && gitops::is_idle(&self.store, key, &context);
                !is_routine && self.due_look(*controller, key, *t).is_some()
            }
            Event::Delivery(event) => pipeline::awaits(self, event, *t),
        };
        self.queue.iter().find(counts).map(|(t, _)| t)
    }

    /// Lets the next event act. Returns false if there is none.
    pub fn step(&mut self) -> bool {
        let Some((t, due)) = self.queue.pop() else {
            return false;
        };
        self.pass_to(t);
        self.cause = due.cause;
        match due.event {
            Event::Reconcile(controller, key) => self.reconcile(controller, key, t),
            Event::Pod(uid, event) => kubelet::act(self, &uid, event),
            Event::Memory(node) => kubelet::pressure::look(self, &node),
            Event::Network(happening) => network::act(self, happening),
            Event::Delivery(event) => pipeline::act(self, event),
        }
        true
    }

    /// Lets all events act up to and including the moment `t`, and goes there.
    pub fn run_until(&mut self, t: Millis) {
        while self.next_time().is_some_and(|next| next <= t) {
            self.step();
        }
        self.pass_to(t.max(self.now));
    }

    /// Time passes: what flows, flows.
    fn pass_to(&mut self, t: Millis) {
        if t > self.now {
            network::pass(self);
            self.now = t;
            self.end_events();
        }
    }

    /// Puts an event in line, caused by what is going on now.
    pub(crate) fn after(&mut self, delay: Millis, event: Event) {
        self.queue.push(
            self.now + delay,
            Due {
                event,
                cause: self.cause,
            },
        );
    }

    /// Begins something that nothing in the lab caused: a person acts.
    pub(crate) fn begin(&mut self) {
        self.cause = None;
    }

    /// What goes on from here was led to by `entry`.
    pub(crate) fn because(&mut self, entry: EntryId) {
        self.cause = Some(entry);
    }

    /// What goes on from here was led to by the same as before something else was done.
    pub(crate) fn go_on_from(&mut self, cause: Option<EntryId>) {
        self.cause = cause;
    }

    /// The entry that led to what is going on.
    pub(crate) fn cause(&self) -> Option<EntryId> {
        self.cause
    }

    /// Writes an entry into the trace.
    pub(crate) fn note(&mut self, actor: &str, object: Option<Key>, note: Note) -> EntryId {
        let id = self.entries;
        self.entries += 1;
        self.out.entries.push(Entry {
            id,
            t: self.now,
            actor: actor.into(),
            verb: note.verb,
            object,
            cause: self.cause,
            reason: note.reason,
            message: note.message,
            tone: note.tone,
        });
        id
    }

    /// Hands out a second of traffic.
    pub(crate) fn measured(&mut self, second: Second) {
        self.out.seconds.push(second);
    }

    /// Whether all that was written so far was told to whom it concerns.
    pub(crate) fn has_seen_all(&self) -> bool {
        self.seen == self.store.version()
    }

    /// What was written so far concerns nobody.
    pub(crate) fn have_seen_all(&mut self) {
        self.seen = self.store.version();
    }

    /// Enters new writes into the trace, and wakes whoever watches what they touched.
    fn publish(&mut self, actor: &str, about: &Key, note: Note) -> Option<EntryId> {
        if self.seen == self.store.version() {
            return None;
        }
        let changes = self.store.changes_since(self.seen).unwrap_or_default();
        self.seen = self.store.version();
        self.faults.remember(&self.store, self.now);
        let before = self.cause;
        let entry = self.note(actor, Some(about.clone()), note);
        self.cause = Some(entry);
        for change in &changes {
            self.dispatch(actor, change);
        }
        self.cause = before;
        Some(entry)
    }

    fn dispatch(&mut self, actor: &str, change: &Change) {
        let key = &change.new.key;
        if key.kind == "Event" {
            return;
        }
        if change.kind == ChangeKind::Added && !cluster::acts_on(&key.kind) {
            let why = texts::lab::not_modelled(key);
            self.event(
                "rollout-lab",
                &change.new,
                Note::nothing("NotModelled", why),
            );
        }
        let generation = change.new.meta.generation;
        let old = change.old.as_deref();
        let same_generation = old.is_some_and(|old| old.meta.generation == generation);
        for (id, controller) in CONTROLLERS.iter().enumerate() {
            let mut keys = Vec::new();
            (controller.watches)(&self.store, change, &mut keys);
            // What a controller wrote itself comes back to it through the same watch before it acts on
            // it (`controller_utils.go`, expectations): by then others have seen it.
            let hops = if controller.name == actor { 2 } else { 1 };
            for key in keys {
                let asks = key == change.new.key && !same_generation;
                let batch = if asks { 0 } else { controller.batch };
                let delay = batch + hops * self.settings.timings.watch + self.faults.lag(id);
                self.look_as((id, key, batch > 0), delay);
            }
        }
        nodes::observe(&mut self.nodes, &self.store, change);
        network::observe(self, change);
        pipeline::observe(self, change);
        if self.settings.kubelets {
            kubelet::observe(self, change);
        }
    }

    /// What a controller may know besides the store.
    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            now: self.now,
            nodes: &self.nodes,
            silent: &self.pods.silent,
            network: &self.network,
            memories: &self.memories,
            delivery: &self.delivery,
            timings: &self.settings.timings,
        }
    }

    /// The controller of a kind forgets what it remembers.
    pub(crate) fn forget_memories(&mut self, kind: &str) {
        let of_kind = |key: &&Key| key.kind == kind;
        let keys: Vec<Key> = self.memories.keys().filter(of_kind).cloned().collect();
        for key in keys {
            self.memories.remove(&key);
        }
    }

    /// A controller forgets at what it was about to look.
    pub(crate) fn forget_looks(&mut self, controller: Controller) {
        let own = self.queue.iter().filter_map(|(_, due)| match &due.event {
            Event::Reconcile(of, key) if *of == controller => Some(key.clone()),
            _ => None,
        });
        for key in own.collect::<Vec<Key>>() {
            for gathers in [false, true] {
                self.looks.remove(&(controller, key.clone(), gathers));
            }
        }
    }

    /// Has a controller look at an object after a delay, unless it will by then anyway.
    pub(crate) fn look(&mut self, controller: Controller, key: Key, delay: Millis) {
        self.look_as((controller, key, false), delay);
    }

    fn look_as(&mut self, slot: Look, delay: Millis) {
        let due = self.now + delay;
        if self.looks.get(&slot).is_some_and(|(_, at)| *at <= due) {
            return;
        }
        self.after(delay, Event::Reconcile(slot.0, slot.1.clone()));
        self.looks.insert((slot, due));
    }

    /// The look that is due now; none if it was overtaken by a sooner one.
    fn due_look(&self, controller: Controller, key: &Key, due: Millis) -> Option<Look> {
        [false, true]
            .map(|batched| (controller, key.clone(), batched))
            .into_iter()
            .find(|slot| self.looks.get(slot).is_some_and(|(_, at)| *at == due))
    }

    fn reconcile(&mut self, id: Controller, key: Key, due: Millis) {
        let Some(slot) = self.due_look(id, &key, due) else {
            return;
        };
        self.looks.remove(&slot);
        if let Some(wait) = self.faults.waits(id, &key, self.now) {
            self.look(id, key, wait);
            return;
        }
        let view = self.faults.view(id, self.now);
        if view
            .as_ref()
            .is_some_and(|view| view.version() < self.store.version())
        {
            // What it has not heard of yet may be about this object, too.
            self.look(id, key.clone(), self.faults.lag(id));
        }
        let store = view.as_ref().unwrap_or(&self.store);
        let plan = (CONTROLLERS[id].reconcile)(store, &key, &self.context());
        if let Some(delay) = plan.again {
            self.look(id, key.clone(), delay);
        }
        let (actor, version) = (CONTROLLERS[id].name, self.store.version());
        let done = self.carry_out(actor, plan);
        if self.store.version() > version {
            self.faults.wrote(id, &key, self.now);
        }
        let Err(failed) = done else {
            return;
        };
        let (status, refused) = *failed;
        // Nothing new can be there any more, and what is there goes: all controllers leave it at that.
        if status.is_namespace_terminating() {
            return;
        }
        let mut delay = cluster::RETRY;
        if let Some(refused) = refused {
            let plan = refused(&self.store, &key, &self.context(), &status);
            delay = plan.again.unwrap_or(delay);
            // Its refusal changes nothing: the controller tries again anyway.
            let _ = self.carry_out(actor, plan);
        }
        self.look(id, key, delay);
    }

    /// Carries a plan out, up to the first refusal.
    fn carry_out(
        &mut self,
        actor: &'static str,
        plan: Plan,
    ) -> Result<(), Box<(Status, Option<Refused>)>> {
        for step in plan.steps {
            match step {
                Step::Say(about, note) => {
                    self.note(actor, Some(about), note);
                }
                Step::Remember(about, memory) => match memory {
                    Some(memory) => self.memories.insert(about, memory),
                    None => _ = self.memories.remove(&about),
                },
                Step::GitOps(ask) => gitops::carry_out(self, ask),
                Step::Event(about, note) => self.event(actor, &about, note),
                Step::Write(Write {
                    verb,
                    key,
                    subresource,
                    note,
                    announce,
                    refused,
                    goes_on,
                }) => {
                    let answer = match self.request(actor, key, subresource, verb, note) {
                        Ok(answer) => answer,
                        Err(_) if goes_on => continue,
                        Err(status) => return Err(Box::new((status, refused))),
                    };
                    if let (Some((about, mut note)), Answer::Object(object)) = (announce, answer) {
                        note.message.push_str(&object.key.name);
                        self.event(actor, &about, note);
                    }
                }
            }
        }
        Ok(())
    }

    /// Deletes a pod at once, as its kubelet does when its containers have ended.
    pub(crate) fn remove_pod(&mut self, actor: &str, key: Key, note: Note) {
        let now = DeleteOptions {
            grace_seconds: Some(0),
            ..DeleteOptions::default()
        };
        // It may be gone already: that is what was wanted.
        let _ = self.request(actor, key, "", Verb::Delete(now), note);
    }
}
