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
            let pairs = || before.iter().zip(&self.seen);
            if before.len() == self.seen.len() && pairs().all(|(a, b)| is_same(a, b)) {
                continue;
            }
            let changes = Changes {
                changed: without(&self.seen, &before, is_same),
                gone: without(&before, &self.seen, |a, b| a.meta.uid == b.meta.uid),
            };
            if !changes.changed.is_empty() || !changes.gone.is_empty() {
                return Ok(Some(changes));
            }
        }
        Ok(None)
    }
}

/// Whether an object is as it was.
fn is_same(a: &Object, b: &Object) -> bool {
    a.meta.uid == b.meta.uid && a.meta.version == b.meta.version
}

/// Those objects of which the others, in the order of their names, have no like.
fn without(
    all: &[Rc<Object>],
    others: &[Rc<Object>],
    is_like: fn(&Object, &Object) -> bool,
) -> Vec<Rc<Object>> {
    fn place(it: &Rc<Object>) -> (&EcoString, &EcoString) {
        (&it.key.namespace, &it.key.name)
    }
    let is_there = |it: &Rc<Object>| {
        let at = others.partition_point(|other| place(other) < place(it));
        others.get(at).is_some_and(|other| is_like(other, it))
    };
    all.iter().filter(|it| !is_there(it)).cloned().collect()
}
