//! A lab: a cluster, its repositories, and the history of what was done to them. What a page, a
//! program or a test holds.

mod editing;
mod proposal;
mod set_up;

pub use proposal::{Differences, differences, lay};
pub(crate) use set_up::SETUP;

use crate::Printed;
use crate::cluster::network;
use crate::delivery::definition::Definition;
use crate::delivery::labs::{self, Files};
use crate::engine::{Settings, World};
use crate::pipeline::{self, Change, Intent, PullState};
use crate::scene;
use crate::terminal::{self, Write};
use crate::texts;
use crate::timeline::{Act, Timeline};
use crate::trace::Entry;
use crate::view::protocol::Sample;
use crate::view::{
    EventRow, Mark, MergeMethod, ObjectPanel, ObjectRef, Problem, Scene, Second, WorkflowRow,
};
use ecow::{EcoString, EcoVec, eco_format};
use kube::api::Verb;
use kube::fields::{Descriptions, Table};
use kube::{Key, Millis};
use std::rc::Rc;

/// How long a lab is played on at most when something was done: longer than any deadline that a
/// rollout has by default.
const HORIZON: Millis = 20 * 60_000;
/// What is played after the last change, to see that it stays so.
const REST: Millis = 8_000;

/// A lab. A clone is a fork: it goes its own way from here.
#[derive(Clone, Debug)]
pub struct Lab {
    definition: Rc<Definition>,
    fields: Option<&'static Table>,
    descriptions: Rc<Descriptions>,
    timeline: Timeline<Input>,
    events: Rc<[EventRow]>,
    seconds: Rc<[Second]>,
    marks: Rc<[Mark]>,
    deeds: EcoVec<(Millis, Deed)>,
}

/// What somebody did to a lab, as they said it: to do all of it again, each at its moment, gives the
/// same lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Opened a pull request, or put more on the one that was open.
    Propose {
        /// Its title.
        title: EcoString,
        /// What differed from main: the new text; none for a file that was gone.
        files: Differences,
    },
    /// Closed the pull request.
    Close,
    /// Pressed a button.
    Intend(Intent),
    /// Ran a line of the terminal that changed something.
    Command(EcoString),
}

/// What came of a line of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing: it only looked.
    Nothing,
    /// It was refused what it asked for: that is told at its moment, and what comes after it is as it
    /// was.
    Refused,
    /// The lab goes another way from its moment on.
    Changed,
}

/// What can be done to a lab from outside.
#[derive(Clone, Debug)]
enum Input {
    /// With the table by which the API server decodes strictly from now on.
    Open(EcoString, Change, Option<&'static Table>),
    Close,
    /// Something else that a person does, with the table, too.
    Intent(Intent, Option<&'static Table>),
    /// You ask the API server for a write.
    Write(Rc<Write>),
    /// The callers begin to call.
    Traffic(Rc<Definition>),
}

impl Act for Input {
    fn act(&self, world: &mut World) {
        match self {
            Input::Open(repository, change, table) => {
                world.decode_by(*table);
                // It was tried before it became part of the history.
                let _ = pipeline::open(world, repository, change.clone());
            }
            Input::Close => pipeline::close(world),
            Input::Intent(intent, table) => {
                world.decode_by(*table);
                // It was tried, too.
                let _ = pipeline::act_on(world, intent);
            }
            Input::Write(write) => write.redo(world),
            Input::Traffic(definition) => {
                for caller in &definition.traffic {
                    network::add(world, caller.clone());
                }
            }
        }
    }
}

impl Lab {
    /// A lab that comes with the program, such as `order-service`.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Lab> {
        Lab::open(&labs::built_in(name)?, None).ok()
    }

    /// The lab that files define, after its start: what is delivered at the start runs. A seed other
    /// than the lab's own may be given.
    ///
    /// # Errors
    /// What is wrong in which file.
    pub fn open(files: &Files, seed: Option<u64>) -> Result<Lab, Vec<Problem>> {
        let definition = Rc::new(Definition::read(files)?);
        let settings = Settings {
            timings: definition.cluster.timings.clone(),
            ..Settings::default()
        };
        let mut world = World::new(seed.unwrap_or(definition.seed), settings);
        set_up::cluster(&mut world, &definition);
        for (name, files) in &definition.repositories {
            pipeline::begin(&mut world, name, files).map_err(|problem| vec![problem])?;
        }
        let ci = &definition.cluster.ci;
        world.delivery.secrets = ci.secrets.iter().cloned().collect();
        world.delivery.variables = ci.variables.iter().cloned().collect();
        for name in &definition.cluster.delivered {
            set_up::deliver(&mut world, name)?;
        }
        for path in &definition.cluster.applied {
            set_up::apply(&mut world, path)?;
        }
        world.delivery.webhooks = definition.cluster.webhooks.iter().cloned().collect();
        world.delivery.runner = ci.runner.clone();
        // What was delivered before lies where nobody may move it from now on.
        for name in &ci.immutable {
            world.delivery.registry.make_immutable(name);
        }
        let mut timeline = Timeline::new(world);
        timeline.settle(HORIZON, 1_000);
        timeline.act(Input::Traffic(definition.clone()));
        timeline.settle(HORIZON, REST);
        let mut lab = Lab {
            definition,
            fields: None,
            descriptions: Rc::default(),
            timeline,
            events: Rc::new([]),
            seconds: Rc::new([]),
            marks: Rc::new([]),
            deeds: EcoVec::new(),
        };
        lab.retell();
        Ok(lab)
    }

    /// What a page calls this lab.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.definition.title
    }

    /// The repositories' files on main, as they are at this moment, by path with the repository.
    #[must_use]
    pub fn files(&self) -> Files {
        let mut all = Files::new();
        let world = self.timeline.world();
        for (name, _) in world.delivery.repositories.iter() {
            for (path, text) in pipeline::main_files(world, name) {
                all.insert(format!("{name}/{path}"), text.into());
            }
        }
        all
    }

    /// The pull request that the lab brings, if any.
    #[must_use]
    pub fn sample(&self) -> Option<&Sample> {
        self.samples().first()
    }

    /// All pull requests that the lab brings.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.definition.samples
    }

    /// Gives the lab the table of all fields, so that it finds those that do not exist, and so that the
    /// API server refuses them. A page loads the table beside the engine.
    pub fn learn_fields(&mut self, table: &'static Table) {
        self.fields = Some(table);
    }

    /// Gives the lab what the fields mean, for whoever asks.
    pub fn learn_descriptions(&mut self, descriptions: &Rc<Descriptions>) {
        self.descriptions = descriptions.clone();
    }

    /// Opens a pull request with everything in `draft` that differs from main, or puts it on the one
    /// that is open. What was played after this moment is over.
    ///
    /// # Errors
    /// Why there can be no such pull request.
    pub fn open_pull_request(&mut self, title: &str, draft: &Files) -> Result<(), Vec<Problem>> {
        let files = differences(draft, &self.files());
        let proposed = self.change(title, draft, &files);
        let (repository, change) = proposed.map_err(|problem| vec![problem])?;
        let mut trial = self.timeline.world().clone();
        pipeline::open(&mut trial, &repository, change.clone()).map_err(|problem| vec![problem])?;
        let deed = Deed::Propose {
            title: title.into(),
            files,
        };
        self.act(Input::Open(repository, change, self.fields), Some(deed));
        Ok(())
    }

    /// Closes the open pull request.
    pub fn close_pull_request(&mut self) {
        if pipeline::opened(self.timeline.world()).is_some() {
            self.act(Input::Close, Some(Deed::Close));
        }
    }

    /// Merges the open pull request as the repository prefers it (squashed, if it allows that), and plays
    /// what follows until the lab is settled. The moment stays
    /// that of the merge: go on from there with [`Lab::seek`].
    ///
    /// # Errors
    /// If there is nothing to merge.
    pub fn merge(&mut self) -> Result<(), Vec<Problem>> {
        let world = self.timeline.world();
        let methods = pipeline::opened(world).map(|pull| pipeline::methods(world, pull));
        let preferred = methods.into_iter().flatten().next();
        self.intend(Intent::Merge(preferred.unwrap_or(MergeMethod::Squash)))
    }

    /// Does something on the pages of GitHub or Argo CD: merges in another way, approves, cancels, runs
    /// again, syncs… Plays what follows, as [`Lab::merge`] does.
    ///
    /// # Errors
    /// Why it cannot be done, in their words where they have some.
    pub fn intend(&mut self, intent: Intent) -> Result<(), Vec<Problem>> {
        let mut trial = self.timeline.world().clone();
        pipeline::act_on(&mut trial, &intent).map_err(|why| vec![Problem::whole("", why)])?;
        let deed = Deed::Intend(intent.clone());
        self.act(Input::Intent(intent, self.fields), Some(deed));
        Ok(())
    }

    /// Changes an object of the cluster by hand, past git: `kubectl patch`, `edit`, `scale` (with the
    /// subresource `scale`), `delete`. Plays what follows, as [`Lab::merge`] does.
    ///
    /// # Errors
    /// The API server's refusal.
    pub fn write(
        &mut self,
        key: Key,
        subresource: &'static str,
        verb: Verb,
    ) -> Result<(), Vec<Problem>> {
        let write = Write::yours(key, subresource, verb);
        let mut trial = self.timeline.world().clone();
        let tried = write.ask(&mut trial);
        tried.map_err(|status| vec![Problem::whole("", status.message)])?;
        self.act(Input::Write(Rc::new(write)), None);
        Ok(())
    }

    /// Runs a line of a terminal: `kubectl scale deployment/web --replicas=5`. If it changes anything,
    /// what follows is played, as [`Lab::merge`] does. Returns what it prints, and what came of it.
    pub fn command(&mut self, line: &str) -> (Printed, Done) {
        let now = self.now();
        let mut world = self.timeline.world().clone();
        world.decode_by(self.fields);
        let schema = self.fields.map(|table| (table, self.descriptions.clone()));
        let tried = terminal::run(&world, schema, line, HORIZON);
        let done = match tried.writes.as_slice() {
            [] => Done::Nothing,
            // Who was refused at once may have waited and been refused again, in a future in which nothing
            // else is done: that is not told.
            writes if writes.iter().all(|(_, write)| write.refused.is_some()) => {
                let told = writes.iter().filter(|(t, _)| *t == now);
                self.timeline
                    .tell(told.map(|(_, write)| Input::Write(write.clone())));
                self.retell();
                self.timeline.seek(now);
                Done::Refused
            }
            writes => {
                for (t, write) in writes {
                    self.timeline.seek(*t);
                    self.timeline.act(Input::Write(write.clone()));
                }
                self.remember(now, Some(Deed::Command(line.into())));
                self.play_on(now);
                Done::Changed
            }
        };
        (tried.output, done)
    }

    /// What there is to know of an object at this moment.
    #[must_use]
    pub fn inspect(&self, object: &ObjectRef) -> ObjectPanel {
        scene::panel(&self.timeline, object)
    }

    /// The workflows that can be started by hand.
    #[must_use]
    pub fn workflows(&self) -> Vec<WorkflowRow> {
        pipeline::dispatchable(self.timeline.world())
    }

    fn act(&mut self, input: Input, deed: Option<Deed>) {
        let now = self.timeline.now();
        self.timeline.act(input);
        self.remember(now, deed);
        self.play_on(now);
    }

    /// What was done later belongs to a future that is over.
    fn remember(&mut self, now: Millis, deed: Option<Deed>) {
        self.deeds.retain(|(t, _)| *t <= now);
        self.deeds.extend(deed.map(|deed| (now, deed)));
    }

    /// What was done to the lab since it was opened, in order, and when. A program's own
    /// [`Lab::write`] is not among it, and neither is what was refused.
    #[must_use]
    pub fn deeds(&self) -> &[(Millis, Deed)] {
        &self.deeds
    }

    /// Does something again, at the moment that is looked at, and plays what follows.
    ///
    /// # Errors
    /// Why it cannot be done here.
    pub fn redo(&mut self, deed: &Deed) -> Result<(), Vec<Problem>> {
        match deed {
            Deed::Propose { title, files } => {
                let mut draft = self.files();
                lay(&mut draft, files);
                self.open_pull_request(title, &draft)
            }
            Deed::Close => {
                self.close_pull_request();
                Ok(())
            }
            Deed::Intend(intent) => self.intend(intent.clone()),
            Deed::Command(line) => match self.command(line) {
                (_, Done::Changed) => Ok(()),
                (printed, Done::Nothing | Done::Refused) => {
                    let why = printed
                        .stderr
                        .lines()
                        .next()
                        .unwrap_or(texts::lab::CHANGES_NOTHING);
                    Err(vec![Problem::whole("", eco_format!("{line}: {why}"))])
                }
            },
        }
    }

    /// Plays what follows something that was done, and comes back to its moment.
    fn play_on(&mut self, now: Millis) {
        self.timeline.settle(now + HORIZON, REST);
        self.retell();
        self.timeline.seek(now);
    }

    /// The moment that is looked at.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.timeline.now()
    }

    /// The last moment there is something to see.
    #[must_use]
    pub fn end(&self) -> Millis {
        self.timeline.end()
    }

    /// Goes to a moment between the beginning and the end.
    pub fn seek(&mut self, t: Millis) {
        self.timeline.seek(t.min(self.timeline.end()));
    }

    /// Plays on until this moment, if it has not been played so far. The moment that is looked at stays.
    pub fn play_to(&mut self, t: Millis) {
        if self.end() < t {
            let now = self.now();
            self.timeline.seek(t);
            self.retell();
            self.timeline.seek(now);
        }
    }

    /// Another lab that goes its own way from here.
    #[must_use]
    pub fn fork(&self) -> Lab {
        self.clone()
    }

    /// What there is to see at this moment.
    #[must_use]
    pub fn scene(&self) -> Scene {
        scene::of(&self.timeline)
    }

    /// Everything that happened and will, in order.
    #[must_use]
    pub fn events(&self) -> Rc<[EventRow]> {
        self.events.clone()
    }

    /// The trace itself.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        self.timeline.entries()
    }

    /// The traffic, a row a second.
    #[must_use]
    pub fn seconds(&self) -> Rc<[Second]> {
        self.seconds.clone()
    }

    /// Places worth going to.
    #[must_use]
    pub fn marks(&self) -> Rc<[Mark]> {
        self.marks.clone()
    }

    /// The world at this moment.
    #[must_use]
    pub fn world(&self) -> &World {
        self.timeline.world()
    }

    /// Whether the newest merge came to a good end: its workflow succeeded, and what it rolled out is
    /// complete. None if nothing was merged.
    #[must_use]
    pub fn outcome(&self) -> Option<bool> {
        let state = &self.timeline.world().delivery;
        let merged = |pull: &pipeline::Pull| matches!(pull.state, PullState::Merged(_));
        state.pulls.iter().any(merged).then(|| {
            let ran = state
                .runs
                .last()
                .is_none_or(|it| it.run.progress() == view::Progress::Done);
            ran && scene::is_settled(self.timeline.world())
        })
    }

    fn retell(&mut self) {
        self.events = scene::events(&self.timeline).into();
        self.seconds = self.timeline.seconds().into();
        self.marks = scene::marks(&self.events).into();
    }
}
