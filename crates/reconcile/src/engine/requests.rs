//! How the API server is asked: every write of the lab goes this way, into the trace and the audit log.

use super::World;
use crate::audit::{Asked, reason_of};
use crate::cluster::kubelet::logs::{self, Executed};
use crate::cluster::{self, metrics_server, node_lifecycle};
use crate::trace::Note;
use crate::view::Tone;
use ecow::EcoString;
use kube::api::{self, Answer, Request, Response, Verb};
use kube::fields::Table;
use kube::rbac::User;
use kube::{Key, Status, Value};
use std::rc::Rc;

impl World {
    /// Asks the API server for a write, as the user that `actor` is: a part of the cluster under its
    /// own name, anybody else with an administrator's rights.
    ///
    /// # Errors
    /// The API server's refusal, which is also in the trace; or nothing but that it does not answer, if
    /// the actor is cut off from it.
    pub fn request(
        &mut self,
        actor: &str,
        key: Key,
        subresource: &'static str,
        verb: Verb,
        note: Note,
    ) -> Response {
        if self.pods.is_unheard(actor) {
            return Err(Status::timeout());
        }
        let user = self.user(actor);
        if user.is_master() {
            return self.request_as(user, actor, key, subresource, verb, note);
        }
        let request = Request {
            user,
            subresource,
            ..Request::new("", key, verb)
        };
        self.send(actor, request, note, true)
    }

    /// From now on the API server decodes strictly what people and their programs write.
    pub(crate) fn decode_by(&mut self, table: Option<&'static Table>) {
        if table.is_some() && self.settings.fields.is_none() {
            Rc::make_mut(&mut self.settings).fields = table;
        }
    }

    /// The same as another user, such as the service account of a job: RBAC decides.
    ///
    /// # Errors
    /// The API server's refusal, which is also in the trace.
    pub fn request_as(
        &mut self,
        user: User,
        actor: &str,
        key: Key,
        subresource: &'static str,
        verb: Verb,
        note: Note,
    ) -> Response {
        let request = Request {
            subresource,
            ..Request::of(user, key, verb)
        };
        self.ask(actor, request, note)
    }

    /// The same with a whole request, such as a program sends.
    ///
    /// # Errors
    /// The API server's refusal, which is also in the trace.
    pub(crate) fn ask(&mut self, actor: &str, request: Request, note: Note) -> Response {
        let request = self.decoded(request);
        self.send(actor, request, note, false)
    }

    /// A request as the API server decodes it.
    fn decoded(&self, request: Request) -> Request {
        Request {
            fields: self.settings.fields,
            ..request
        }
    }

    /// What the API server would warn of, did it do what a request asks for.
    pub(crate) fn warnings(&self, request: &Request) -> Vec<EcoString> {
        kube::warnings::of(&self.store, &self.decoded(request.clone()))
    }

    /// Answers a request that changes nothing: a read, or a dry run.
    pub(crate) fn try_out(&mut self, request: Request) -> Response {
        let request = self.decoded(request);
        let is_read = matches!(request.verb, Verb::Get | Verb::List);
        match request.key.kind.as_str() {
            _ if metrics_server::answers(&request) => metrics_server::serve(self, request),
            "Lease" if is_read => {
                let leases = node_lifecycle::leases(self);
                api::serve_computed(&self.store, self.now, request, leases)
            }
            _ => api::serve(&mut self.store, self.now, request),
        }
    }

    /// Runs a command in a container: a request to create `pods/exec`.
    ///
    /// # Errors
    /// The API server's refusal, or that of the kubelet, which is also in the trace.
    pub(crate) fn exec(
        &mut self,
        actor: &str,
        request: Request,
        note: Note,
    ) -> Result<Executed, Status> {
        let (key, verb) = (request.key.clone(), note.verb);
        let options = match &request.verb {
            Verb::Create(options) => options.clone(),
            _ => Value::Null,
        };
        let (asked, since) = (Asked::of(actor, &request), self.store.version());
        let entry = match api::serve(&mut self.store, self.now, request) {
            Ok(_) => self.note(actor, Some(key.clone()), note),
            Err(status) => {
                self.refuse(&asked, &key, verb, &status);
                return Err(status);
            }
        };
        let done = logs::exec(self, &key, &options);
        match &done {
            Ok(_) => self.audit(&asked, &key, Some(entry), since),
            Err(status) => self.refuse(&asked, &key, verb, status),
        }
        done
    }

    /// What a part of the cluster is answered well is too much for the log, and no news.
    fn send(&mut self, actor: &str, request: Request, note: Note, is_part: bool) -> Response {
        let (key, subresource) = (request.key.clone(), request.subresource);
        let (verb, since) = (request.verb.as_str(), self.store.version());
        let asked = (!is_part).then(|| Asked::of(actor, &request));
        match api::serve(&mut self.store, self.now, request) {
            Ok(answer) => {
                let about = match &answer {
                    // A Scale stands for the object that it is of.
                    Answer::Object(object) if subresource != "scale" => &object.key,
                    _ => &key,
                };
                let entry = self.publish(actor, about, note);
                if let Some(asked) = asked.filter(Asked::is_listed) {
                    self.audit(&asked, about, entry, since);
                }
                Ok(answer)
            }
            Err(status) => {
                // Of a collection, some may be gone already.
                self.publish(actor, &key, note.clone());
                let asked = asked.unwrap_or_else(|| Asked {
                    is_part: true,
                    ..Asked::by(actor, &self.user(actor), verb, subresource)
                });
                self.refuse(&asked, &key, note.verb, &status);
                Err(status)
            }
        }
    }

    /// Tells of a refusal, in the trace and in the API server's log. `verb` is what the trace calls what
    /// was asked for.
    pub(crate) fn refuse(
        &mut self,
        asked: &Asked<'_>,
        about: &Key,
        verb: &'static str,
        status: &Status,
    ) {
        let refused = Note::warning(verb, reason_of(status), status.message.clone());
        // A conflict is the loop at work, not a failure: whoever lost looks again.
        let is_conflict = status.code == 409;
        let tone = if is_conflict {
            Tone::Detail
        } else {
            Tone::Warning
        };
        let note = Note { tone, ..refused };
        let entry = self.note(asked.actor, Some(about.clone()), note);
        if !is_conflict || !asked.is_part {
            self.audit_refusal(asked, about, Some(entry), status);
        }
    }

    /// The user that an actor is.
    pub(crate) fn user(&mut self, actor: &str) -> User {
        if let Some(user) = self.users.get(actor) {
            return user.clone();
        }
        let user = cluster::user_of(actor);
        self.users.insert(actor.into(), user.clone());
        user
    }
}
