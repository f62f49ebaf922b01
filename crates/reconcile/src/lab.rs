//! A lab: a cluster, its repositories, and the history of what was done to them. What a page, a
//! program or a test holds.

use crate::Printed;
use crate::cluster::{kubelet, network};
use crate::delivery::actions::run::Start;
use crate::delivery::actions::workflow;
use crate::delivery::definition::Definition;
use crate::delivery::git::{Person, Repository, Tree};
use crate::delivery::help::{self, Library};
use crate::delivery::labs::{self, Files};
use crate::delivery::{adopt, check, rehearsal};
use crate::engine::{Settings, World};
use crate::gitops;
use crate::pipeline::{self, Change, Intent, MAIN, PullState};
use crate::scene;
use crate::terminal::{self, Write};
use crate::timeline::{Act, Timeline};
use crate::trace::{Entry, Note};
use crate::view::protocol::{Place, Sample};
use crate::view::{
    Adopted, Completion, Dropped, Edits, EventRow, Explanation, Manifest, Mark, MergeMethod,
    ObjectPanel, ObjectRef, Problem, Scene, Second, WorkflowRow,
};
use ecow::{EcoString, EcoVec, eco_format};
use kube::api::Verb;
use kube::fields::{Descriptions, Table};
use kube::{Key, Millis, map};
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
        files: Vec<(EcoString, Option<EcoString>)>,
    },
    /// Closed the pull request.
    Close,
    /// Pressed a button.
    Intend(Intent),
    /// Ran a line of the terminal that changed something.
    Command(EcoString),
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
    Write(Write),
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
            Input::Write(write) => {
                // It was tried, too.
                let _ = write.ask(world);
            }
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
        set_up_cluster(&mut world, &definition);
        for (name, files) in &definition.repositories {
            set_up_repository(&mut world, name, files)?;
        }
        let ci = &definition.cluster.ci;
        world.delivery.secrets = ci.secrets.iter().cloned().collect();
        world.delivery.variables = ci.variables.iter().cloned().collect();
        for name in &definition.cluster.delivered {
            deliver(&mut world, name)?;
        }
        for path in &definition.cluster.applied {
            apply(&mut world, path)?;
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
        for (name, repository) in self.timeline.world().delivery.repositories.iter() {
            let files = repository.branch(MAIN).map(|main| repository.files(main));
            for (path, text) in files.unwrap_or_default() {
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
    /// API server refuses them. A page loads the table after it has drawn itself.
    pub fn learn_fields(&mut self, table: &'static Table) {
        self.fields = Some(table);
    }

    /// Gives the lab what the fields mean, for whoever asks.
    pub fn learn_descriptions(&mut self, descriptions: &Rc<Descriptions>) {
        self.descriptions = descriptions.clone();
    }

    /// Mistakes in one file, as it is typed.
    #[must_use]
    pub fn check(&self, path: &str, text: &str) -> Vec<Problem> {
        check::check(path, text, self.fields)
    }

    /// Mistakes in an edited file, and in what the chart around it renders with all edits.
    #[must_use]
    pub fn check_edited(&self, path: &str, edits: &Edits) -> Vec<Problem> {
        let (name, inside) = path.split_once('/').unwrap_or(("", path));
        let files = self.edited(name, edits);
        let text = files.get(inside).map_or("", EcoString::as_str);
        let own = self.check(path, text);
        match own.is_empty() {
            // What cannot be read cannot be rendered either; it is said once.
            false => own,
            true => pipeline::manifest::problems(self.world(), name, &files, inside),
        }
    }

    /// What the chart around a file renders with these edits, line by line; none if there is none.
    #[must_use]
    pub fn render(&self, path: &str, edits: &Edits) -> Option<Manifest> {
        let (name, inside) = path.split_once('/')?;
        pipeline::manifest::render(self.world(), name, &self.edited(name, edits), inside)
    }

    /// The files of a repository with edits, by their paths in it.
    fn edited(&self, name: &str, edits: &Edits) -> Tree {
        let inside = |path: &str| -> Option<EcoString> {
            Some(path.strip_prefix(name)?.strip_prefix('/')?.into())
        };
        let repository = self.world().delivery.repositories.get(name);
        let main = repository.and_then(|it| Some(it.files(it.branch(MAIN)?)));
        let mut files = main.unwrap_or_default();
        for (path, text) in &edits.changed {
            if let Some(path) = inside(path) {
                files.insert(path, text.into());
            }
        }
        for path in edits.removed.iter().filter_map(|path| inside(path)) {
            files.remove(&path);
        }
        files
    }

    /// Makes a repository of somebody's own chart: files to be proposed, for the lab has none of it yet.
    ///
    /// # Errors
    /// What is no chart, in Helm's words.
    pub fn adopt(&self, dropped: Dropped) -> Result<Adopted, Vec<Problem>> {
        let repositories = self.world().delivery.repositories.iter();
        let taken: Vec<EcoString> = repositories.map(|(name, _)| name.clone()).collect();
        adopt::adopt(dropped, &taken)
    }

    /// What could stand at a place in a file. Nothing before the table of fields is known.
    #[must_use]
    pub fn complete(&self, place: &Place) -> Vec<Completion> {
        let library = self.library();
        library.map_or_else(Vec::new, |library| help::complete(library, place))
    }

    /// What stands at a place in a file, if that is known.
    #[must_use]
    pub fn explain(&self, place: &Place) -> Option<Explanation> {
        help::explain_at(self.library()?, place)
    }

    fn library(&self) -> Option<Library<'_>> {
        Some(Library {
            table: self.fields?,
            descriptions: &self.descriptions,
        })
    }

    /// Opens a pull request with everything in `draft` that differs from main, or puts it on the one
    /// that is open. What was played after this moment is over.
    ///
    /// # Errors
    /// Why there can be no such pull request.
    pub fn open_pull_request(&mut self, title: &str, draft: &Files) -> Result<(), Vec<Problem>> {
        let (repository, change) = self.change(title, draft).map_err(|problem| vec![problem])?;
        let mut trial = self.timeline.world().clone();
        pipeline::open(&mut trial, &repository, change.clone()).map_err(|problem| vec![problem])?;
        let deed = Deed::Propose {
            title: title.into(),
            files: differences(draft, &self.files()),
        };
        self.act(Input::Open(repository, change, self.fields), Some(deed));
        Ok(())
    }

    /// The repository that a draft changes, and how.
    fn change(&self, title: &str, draft: &Files) -> Result<(EcoString, Change), Problem> {
        let main = self.files();
        let differs = |path: &&String| draft.get(*path) != main.get(*path);
        let paths = main.keys().chain(draft.keys()).filter(differs);
        let mut names: Vec<&str> = paths.map(|path| repository_of(path)).collect();
        lean::sort(&mut names);
        names.dedup();
        let name = match names.as_slice() {
            [] => {
                return Err(Problem::whole(
                    "",
                    "no file differs from main, so there is nothing to propose",
                ));
            }
            [name] => *name,
            [first, second, ..] => {
                let why = eco_format!(
                    "a pull request belongs to one repository, and both {first} and {second} are changed"
                );
                return Err(Problem::whole(*second, why));
            }
        };
        let own = |(path, text): (&String, &String)| {
            let (repository, path) = path.split_once('/')?;
            (repository == name).then(|| (path.into(), text.into()))
        };
        let files: Tree = lean::map(draft.iter().filter_map(own));
        let sample = self.samples().iter().find(|sample| {
            sample
                .files
                .iter()
                .all(|(path, text)| draft.get(path) == Some(text))
        });
        let title = match title.trim() {
            "" => "Update the service",
            title => title,
        };
        let change = Change {
            title: title.into(),
            branch: sample.map_or_else(|| branch_name(title), |sample| sample.branch.clone()),
            description: sample
                .map(|sample| sample.description.clone())
                .unwrap_or_default(),
            files,
        };
        Ok((name.into(), change))
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
        self.act(Input::Write(write), None);
        Ok(())
    }

    /// Runs a line of a terminal: `kubectl scale deployment/web --replicas=5`. If it changes anything,
    /// what follows is played, as [`Lab::merge`] does. Returns what it prints, and whether it changed
    /// anything.
    pub fn command(&mut self, line: &str) -> (Printed, bool) {
        let now = self.now();
        let mut world = self.timeline.world().clone();
        world.decode_by(self.fields);
        let tried = terminal::run(&world, line, HORIZON);
        let is_change = !tried.writes.is_empty();
        for (t, write) in tried.writes {
            self.timeline.seek(t);
            self.timeline.act(Input::Write(write));
        }
        if is_change {
            self.remember(now, Some(Deed::Command(line.into())));
            self.play_on(now);
        }
        (tried.output, is_change)
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
    /// [`Lab::write`] is not among it.
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
                (_, true) => Ok(()),
                (printed, false) => {
                    let why = printed
                        .stderr
                        .lines()
                        .next()
                        .unwrap_or("it changes nothing");
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

/// What is in `files` otherwise than in `base`: the new text; none for a file that is gone.
#[must_use]
pub fn differences(files: &Files, base: &Files) -> Vec<(EcoString, Option<EcoString>)> {
    let gone = base.keys().filter(|path| !files.contains_key(*path));
    let gone = gone.map(|path| (path.into(), None));
    let other = files
        .iter()
        .filter(|(path, text)| base.get(*path) != Some(*text));
    let other = other.map(|(path, text)| (path.into(), Some(text.into())));
    other.chain(gone).collect()
}

/// Lays differences over files.
pub fn lay(files: &mut Files, differences: &[(EcoString, Option<EcoString>)]) {
    for (path, text) in differences {
        match text {
            Some(text) => files.insert(path.to_string(), text.to_string()),
            None => files.remove(path.as_str()),
        };
    }
}

fn repository_of(path: &str) -> &str {
    path.split_once('/').map_or(path, |(name, _)| name)
}

/// A branch name made of a title, as people make them.
fn branch_name(title: &str) -> EcoString {
    let words = title
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let name = words
        .take(5)
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .join("-");
    if name.is_empty() {
        "change".into()
    } else {
        name.into()
    }
}

const SETUP: &str = "cluster-setup";

fn set_up_cluster(world: &mut World, definition: &Definition) {
    for (number, node) in definition.cluster.nodes.iter().enumerate() {
        let allocatable = map! {
            "cpu" => eco_format!("{}m", node.cpu),
            "memory" => eco_format!("{}", node.memory),
            "pods" => eco_format!("{}", node.pods),
        };
        let mut capacity = allocatable.clone();
        let memory = node.memory.saturating_add(kubelet::pressure::THRESHOLD);
        capacity.set("memory", eco_format!("{memory}"));
        let mut status = map! { "allocatable" => allocatable, "capacity" => capacity };
        kubelet::node::introduce(&mut status, &node.name, number);
        kubelet::node::say_well(&mut status, world.now());
        let object = map! {
            "apiVersion" => "v1",
            "kind" => "Node",
            "metadata" => map! {
                "name" => &node.name,
                "labels" => map! {
                    "kubernetes.io/hostname" => &node.name,
                    "kubernetes.io/os" => "linux",
                    "kubernetes.io/arch" => "amd64",
                },
            },
            "status" => status,
        };
        let why = eco_format!("Node {} joins the cluster.", node.name);
        let _ = world.request(
            SETUP,
            Key::of(&object),
            "",
            Verb::Create(object),
            Note::detail("create", "NodeReady", why),
        );
    }
    let own = ["default", "kube-system"].map(EcoString::from);
    for name in own.iter().chain(&definition.cluster.namespaces) {
        let object = map! {
            "apiVersion" => "v1",
            "kind" => "Namespace",
            "metadata" => map! { "name" => name },
            "status" => map! { "phase" => "Active" },
        };
        let why = eco_format!("Namespace {name} is made.");
        let _ = world.request(
            SETUP,
            Key::of(&object),
            "",
            Verb::Create(object),
            Note::detail("create", "Namespace", why),
        );
    }
}

fn set_up_repository(
    world: &mut World,
    name: &EcoString,
    files: &Tree,
) -> Result<(), Vec<Problem>> {
    let mut repository = Repository::new();
    let commit = repository
        .commit_files(files, &[], Person::you(), 0, "Begin")
        .map_err(|error| vec![Problem::whole(name, eco_format!("{error}"))])?;
    repository.set_branch(MAIN, commit);
    world.delivery.tints.add(commit);
    world.delivery.repositories.insert(name.clone(), repository);
    Ok(())
}

/// Delivers a repository's main as its workflow would, at once.
fn deliver(world: &mut World, name: &EcoString) -> Result<(), Vec<Problem>> {
    let Some(repository) = world.delivery.repositories.get(name).cloned() else {
        return Err(vec![Problem::whole(name, "there is no such repository")]);
    };
    let Some(commit) = repository.branch(MAIN) else {
        return Ok(());
    };
    let files = repository.files(commit);
    let mistakes = files
        .iter()
        .flat_map(|(path, text)| check::check(&format!("{name}/{path}"), text, None));
    let mistakes: Vec<Problem> = mistakes.collect();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let start = Start {
        number: 0,
        name,
        repository: &repository,
        commit,
        event: workflow::Event::push(MAIN, files.keys().cloned().collect()),
        settings: pipeline::settings(world, name, &files),
    };
    let delivery = &world.delivery;
    let outcome = rehearsal::rehearse_all(&start, &delivery.registry, &delivery.repositories)?;
    if let Some(failure) = outcome.failure {
        let (job, step) = (failure.job, failure.step);
        let why = eco_format!("step \"{step}\" of job {job} fails: {}", failure.error);
        return Err(vec![Problem::whole(name, why)]);
    }
    outcome.push_all(&mut world.delivery.registry, 0);
    for upgrade in &outcome.upgrades {
        world.begin();
        pipeline::install(world, name, &upgrade.files, commit, upgrade)?;
    }
    Ok(())
}

/// Applies a file of a repository's main, or all manifests in a folder, as somebody did by hand.
fn apply(world: &mut World, path: &EcoString) -> Result<(), Vec<Problem>> {
    let (name, inside) = path.split_once('/').unwrap_or((path, ""));
    let repository = world.delivery.repositories.get(name);
    let main = repository.and_then(|it| Some(it.files(it.branch(MAIN)?)));
    let files = main.unwrap_or_default();
    let is_meant = |file: &str| {
        let rest = file.strip_prefix(inside.trim_end_matches('/'));
        let within =
            rest.is_some_and(|rest| inside.is_empty() || rest.is_empty() || rest.starts_with('/'));
        within && (file.ends_with(".yaml") || file.ends_with(".yml"))
    };
    let mut any = false;
    for (file, text) in files.iter().filter(|(file, _)| is_meant(file)) {
        any = true;
        let place = eco_format!("{name}/{file}");
        let objects = yaml::decode_all(text).map_err(|_| check::check(&place, text, None))?;
        for mut object in objects.into_iter().filter(|object| !object.is_null()) {
            let key = gitops::diff::place(&mut object, "default");
            let why = eco_format!("{key} is applied: kubectl apply -f {place}.");
            let note = Note::detail("create", "Applied", why);
            world
                .request(SETUP, key, "", Verb::Create(object), note)
                .map_err(|status| vec![Problem::whole(&place, status.message)])?;
        }
    }
    match any {
        true => Ok(()),
        false => Err(vec![Problem::whole(
            "cluster.yaml",
            eco_format!("applied names \"{path}\", and there are no manifests"),
        )]),
    }
}
