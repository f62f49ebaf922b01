//! What a controller wants: the writes that bring current state closer to desired state, with their
//! reasons. Making a plan changes nothing; only the engine writes.

use crate::cluster::{Context, Memory};
use crate::gitops;
use crate::trace::Note;
use kube::api::{DeleteOptions, PatchType, Verb};
use kube::{Key, Millis, Object, Status, Store, Value, map};
use std::rc::Rc;

/// A controller's answer to what it sees.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// To look again after this long, though nothing changes until then.
    pub again: Option<Millis>,
}

/// One step of a plan.
#[derive(Clone, Debug)]
pub enum Step {
    /// A request to the API server.
    Write(Write),
    /// A Kubernetes event about an object.
    Event(Rc<Object>, Note),
    /// What a controller remembers of an object from here on.
    Remember(Key, Option<Memory>),
    /// What a GitOps controller asks for beside writes.
    GitOps(gitops::Ask),
    /// Something for the trace alone: what did not happen, and why.
    Say(Key, Note),
}

/// One request to the API server.
#[derive(Clone, Debug)]
pub struct Write {
    /// What to do.
    pub verb: Verb,
    /// To which object; for a creation the name may be empty.
    pub key: Key,
    /// `status`, `binding`, or empty.
    pub subresource: &'static str,
    /// Why.
    pub note: Note,
    /// An event about another object once it is done, whose message ends with the name of this one:
    /// `Created pod: ` and what the API server called it.
    pub announce: Option<(Rc<Object>, Note)>,
    /// What to do if the API server refuses; none means only to try again.
    pub refused: Option<Refused>,
    /// Whether the plan goes on if the API server refuses.
    pub goes_on: bool,
}

/// A controller's answer to a refusal: what to say of it, and when to try again.
pub type Refused = fn(&Store, &Key, &Context<'_>, &Status) -> Plan;

impl Plan {
    /// A plan that does nothing: current state is desired state.
    #[must_use]
    pub fn settled() -> Plan {
        Plan::default()
    }

    /// Creates an object.
    pub fn create(&mut self, object: Value, note: Note) -> &mut Write {
        let key = Key::of(&object);
        self.write(key, "", Verb::Create(object), note)
    }

    /// Replaces an object.
    pub fn update(&mut self, key: &Key, object: Value, note: Note) {
        self.write(key.clone(), "", Verb::Update(object), note);
    }

    /// Gives an object the owners and finalizers that a new state of it has
    /// (`controller_ref_manager.go`: such changes are patches, which need no right to update).
    pub fn patch_metadata(&mut self, old: &Object, new: &Value, note: Note) {
        let mut metadata = map! {};
        for field in ["ownerReferences", "finalizers", "resourceVersion"] {
            // A null takes the field away.
            *metadata.entry(field) = new.at(&["metadata", field]).clone();
        }
        let patch = Verb::Patch(PatchType::Merge, map! { "metadata" => metadata });
        self.write(old.key.clone(), "", patch, note);
    }

    /// Replaces an object's status.
    pub fn update_status(&mut self, key: &Key, object: Value, note: Note) {
        self.write(key.clone(), "status", Verb::Update(object), note);
    }

    /// Deletes an object.
    pub fn delete(&mut self, key: &Key, options: DeleteOptions, note: Note) -> &mut Write {
        self.write(key.clone(), "", Verb::Delete(options), note)
    }

    /// Asks for a write of any kind.
    pub fn write(
        &mut self,
        key: Key,
        subresource: &'static str,
        verb: Verb,
        note: Note,
    ) -> &mut Write {
        self.steps.push(Step::Write(Write {
            verb,
            key,
            subresource,
            note,
            announce: None,
            refused: None,
            goes_on: false,
        }));
        match self.steps.last_mut() {
            Some(Step::Write(write)) => write,
            _ => unreachable!("pushed above"),
        }
    }

    /// Reports a Kubernetes event about an object.
    pub fn event(&mut self, about: &Rc<Object>, note: Note) {
        self.steps.push(Step::Event(about.clone(), note));
    }

    /// Has the controller remember something of an object, or forget it.
    pub fn remember(&mut self, about: &Key, memory: Option<Memory>) {
        self.steps.push(Step::Remember(about.clone(), memory));
    }

    /// Says something in the trace alone.
    pub fn say(&mut self, about: &Key, note: Note) {
        self.steps.push(Step::Say(about.clone(), note));
    }

    /// Asks to look again after this long, unless that is asked for sooner already.
    pub fn look_again(&mut self, after: Millis) {
        self.again = Some(self.again.map_or(after, |before| before.min(after)));
    }
}
