//! One look of a GitOps controller at one object: the writes that it plans, tried out at once on a
//! clone of the store, so that the look knows what comes of them.

use crate::cluster::Context;
use crate::gitops::Ask;
use crate::plan::{Plan, Step};
use crate::trace::Note;
use kube::api::{self, Request, Verb};
use kube::{Key, Object, Status, Store, Value, time};
use std::rc::Rc;

/// A look at one object.
pub(super) struct Pass<'a> {
    /// The object as it was found.
    pub found: Rc<Object>,
    /// The object as it is to be.
    pub value: Value,
    /// What the controller may know besides.
    pub context: &'a Context<'a>,
    /// The cluster as the plan so far leaves it.
    pub trial: Store,
    /// What is to be done.
    pub plan: Plan,
}

impl<'a> Pass<'a> {
    pub fn new(store: &Store, found: &Rc<Object>, context: &'a Context<'a>) -> Pass<'a> {
        Pass {
            found: found.clone(),
            value: found.value.clone(),
            context,
            trial: store.clone(),
            plan: Plan::default(),
        }
    }

    pub fn spec(&self) -> &Value {
        self.value.get("spec")
    }

    pub fn status(&self) -> &Value {
        self.value.get("status")
    }

    pub fn status_mut(&mut self) -> &mut Value {
        self.value.entry("status")
    }

    /// The moment, as a timestamp.
    pub fn stamp(&self) -> Value {
        time::rfc3339(self.context.now).into()
    }

    /// Plans a write, and tells what the object is then.
    ///
    /// # Errors
    /// The refusal that the write will get.
    pub fn write(&mut self, key: &Key, verb: Verb, note: Note) -> Result<Rc<Object>, Status> {
        let request = Request::new("gitops", key.clone(), verb.clone());
        match api::serve(&mut self.trial, self.context.now, request) {
            Ok(answer) => {
                self.plan.write(key.clone(), "", verb, note);
                answer
                    .object()
                    .ok_or_else(|| Status::bad_request("not a write"))
            }
            Err(status) => {
                self.plan.write(key.clone(), "", verb, note).goes_on = true;
                Err(status)
            }
        }
    }

    /// Reports a Kubernetes event about the object.
    pub fn event(&mut self, note: Note) {
        let found = self.found.clone();
        self.plan.event(&found, note);
    }

    /// Asks for something beside writes.
    pub fn ask(&mut self, ask: Ask) {
        self.plan.steps.push(Step::GitOps(ask));
    }

    /// The plan, with the object's own new state at its end if it has one.
    pub fn finish(mut self, note: Note) -> Plan {
        if self.value != self.found.value {
            self.plan.update_status(&self.found.key, self.value, note);
        }
        self.plan
    }
}
