//! Looking on as objects change: `--watch` (`k8s.io/kubectl/pkg/cmd/get`, `watch`).

use super::session::{Fault, Session};
use ecow::EcoString;
use kube::{Millis, Object, Selection};
use std::rc::Rc;

/// How often it looks. (The real one is told of each change.)
const POLL: Millis = 100;

/// The objects that are looked at.
pub(super) struct Watch {
    pub kind: &'static str,
    /// All namespaces, if it is empty.
    pub namespace: EcoString,
    pub select: Selection,
    /// As they were when last looked at.
    pub seen: Vec<Rc<Object>>,
}

/// What became of the objects since.
pub(super) struct Changes {
    /// Those that are new or others than before.
    pub changed: Vec<Rc<Object>>,
    /// Those that are not there any more, as they were last.
    pub gone: Vec<Rc<Object>>,
}

impl Watch {
    /// Waits until something has changed; nothing if whoever waits gives up.
    pub fn next(&mut self, session: &mut Session) -> Result<Option<Changes>, Fault> {
        while session.wait(POLL) {
            let (namespace, select) = (self.namespace.clone(), self.select.clone());
            let now = session.select(self.kind, namespace, select)?;
            let before = std::mem::replace(&mut self.seen, now);
            let has = |all: &[Rc<Object>], one: &Object, is_same: bool| {
                let is = |it: &Rc<Object>| {
                    it.meta.uid == one.meta.uid && (!is_same || it.meta.version == one.meta.version)
                };
                all.iter().any(is)
            };
            let of = |all: &[Rc<Object>], others: &[Rc<Object>], is_same| -> Vec<Rc<Object>> {
                let new = all.iter().filter(|it| !has(others, it, is_same));
                new.cloned().collect()
            };
            let changes = Changes {
                changed: of(&self.seen, &before, true),
                gone: of(&before, &self.seen, false),
            };
            if !changes.changed.is_empty() || !changes.gone.is_empty() {
                return Ok(Some(changes));
            }
        }
        Ok(None)
    }
}
