//! A terminal beside the lab: a person's `kubectl`, past git and past CI.
//!
//! A command may wait, as `kubectl drain` does, and what it asks for next depends on what became of
//! what it asked for before. So it is run on a copy of the world, in which time passes; what it wrote
//! there, and when, is what is done to the lab. What it was refused there is told in the lab.

use crate::audit::Asked;
use crate::cluster::kubelet::logs::{self, Executed};
use crate::engine::World;
use crate::texts;
use crate::trace::Note;
use crate::view::YOU;
use ecow::EcoString;
use kube::api::{FieldValidation, Request, Response, Verb};
use kube::fields::{Descriptions, Table};
use kube::rbac::User;
use kube::{Key, Millis, Object, Status};
use shell::{Line, Output};
use std::rc::Rc;

/// A write by hand.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    /// What the server answered, if it refused it: then nothing is to be done but to tell of that.
    pub refused: Option<Status>,
    pub user: User,
    pub key: Key,
    pub subresource: &'static str,
    pub verb: Verb,
    pub field_validation: FieldValidation,
    pub note: Note,
}

impl Write {
    /// What you ask for as an administrator.
    pub fn yours(key: Key, subresource: &'static str, verb: Verb) -> Write {
        let word = match &verb {
            Verb::Create(_) => "create",
            Verb::Update(_) => "update",
            Verb::Delete(_) | Verb::DeleteCollection(_) => "delete",
            _ => "patch",
        };
        let why = texts::lab::changed_by_hand(&key);
        Write {
            refused: None,
            user: User::master(YOU),
            note: Note::story(word, "ByHand", why),
            key,
            subresource,
            verb,
            field_validation: FieldValidation::default(),
        }
    }

    /// Asks the API server for it.
    ///
    /// # Errors
    /// The server's refusal.
    pub fn ask(&self, world: &mut World) -> Response {
        world.begin();
        world.ask(YOU, self.request(), self.note.clone())
    }

    /// Runs the command in a container that it asks for.
    ///
    /// # Errors
    /// The server's refusal, or the kubelet's.
    fn exec(&self, world: &mut World) -> Result<Executed, Status> {
        world.begin();
        world.exec(YOU, self.request(), self.note.clone())
    }

    /// Does what was tried before.
    pub fn redo(&self, world: &mut World) {
        // What could be done there can be done here.
        match (&self.refused, self.subresource) {
            (Some(status), _) => {
                world.begin();
                let request = self.request();
                world.refuse(&Asked::of(YOU, &request), &self.key, self.note.verb, status);
            }
            (None, "exec") => _ = self.exec(world),
            (None, _) => _ = self.ask(world),
        }
    }

    fn request(&self) -> Request {
        Request {
            subresource: self.subresource,
            field_validation: self.field_validation,
            ..Request::of(self.user.clone(), self.key.clone(), self.verb.clone())
        }
    }
}

/// The kinds and fields that the server knows, and what they mean.
pub(crate) type Schema = (&'static Table, Rc<Descriptions>);

/// A command that was tried on a copy of the world.
pub(crate) struct Tried {
    pub output: Output,
    /// What it wrote, or was refused, and when.
    pub writes: Vec<(Millis, Rc<Write>)>,
}

struct Terminal {
    world: World,
    schema: Option<Schema>,
    /// When whoever waits for a command gives up.
    end: Millis,
    writes: Vec<(Millis, Rc<Write>)>,
}

impl shell::Cluster for Terminal {
    fn ask(&mut self, request: Request) -> Response {
        let is_read = matches!(request.verb, Verb::Get | Verb::List | Verb::Watch(_));
        if is_read || request.dry_run {
            return self.world.try_out(request);
        }
        let (write, before) = (written(request), self.aside());
        let answer = write.ask(&mut self.world);
        let is_change = self.world.store.version() != before.store.version();
        self.keep(write, is_change, answer.as_ref().err(), before);
        answer
    }

    fn logs(
        &mut self,
        pod: &Object,
        container: &str,
        is_previous: bool,
    ) -> Result<Vec<Line>, Status> {
        logs::logs(&self.world, pod, container, is_previous)
    }

    fn exec(&mut self, request: Request) -> Result<Output, Status> {
        let (write, before) = (written(request), self.aside());
        let done = write.exec(&mut self.world);
        let is_change = done.as_ref().is_ok_and(|done| done.is_change);
        self.keep(write, is_change, done.as_ref().err(), before);
        let done = done?;
        self.wait(done.takes);
        Ok(done.printed())
    }

    fn now(&self) -> Millis {
        self.world.now
    }

    fn wait(&mut self, time: Millis) -> bool {
        let until = self.world.now.saturating_add(time);
        self.world.run_until(until.min(self.end));
        until <= self.end
    }

    fn warnings(&self, request: &Request) -> Vec<EcoString> {
        self.world.warnings(request)
    }

    fn schema(&self) -> Option<Schema> {
        self.schema.clone()
    }

    /// That of the first Deployment: what one would look at is there.
    fn namespace(&self) -> EcoString {
        let deployments = self.world.store.list("Deployment");
        let first = deployments.first().map(|it| it.key.namespace.clone());
        first.unwrap_or_else(|| "default".into())
    }
}

impl Terminal {
    /// The world as it is. What came out of it is asked for by nobody.
    fn aside(&mut self) -> World {
        self.world.take_output();
        self.world.clone()
    }

    /// Keeps a write that changed something, or was refused. What is refused is only told, so it leaves
    /// no trace in the world `before` it: no name was drawn for an object that there is not.
    fn keep(&mut self, write: Write, is_change: bool, refused: Option<&Status>, before: World) {
        let at = self.world.now;
        match refused {
            // Of a collection, some may be gone.
            _ if is_change => self.writes.push((at, Rc::new(write))),
            None => {}
            Some(status) => {
                let refused = Some(status.clone());
                let write = Write { refused, ..write };
                self.world = before;
                write.redo(&mut self.world);
                self.writes.push((at, Rc::new(write)));
            }
        }
    }
}

fn written(request: Request) -> Write {
    Write {
        user: request.acts_as.unwrap_or(request.user),
        field_validation: request.field_validation,
        ..Write::yours(request.key, request.subresource, request.verb)
    }
}

/// Tries a line of a terminal in a world, which stays as it is. A command that waits is interrupted
/// after `patience`.
pub(crate) fn run(world: &World, schema: Option<Schema>, line: &str, patience: Millis) -> Tried {
    let mut terminal = Terminal {
        world: world.clone(),
        schema,
        end: world.now + patience,
        writes: Vec::new(),
    };
    let output = shell::run(&mut terminal, YOU, line);
    Tried {
        output,
        writes: terminal.writes,
    }
}
