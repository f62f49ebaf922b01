//! Events that a component of the lab records: most of all that is written.
//!
//! They are made by one hand, which leaves nothing open and nothing wrong. So what a request to create
//! one goes through is done here to them at once: whoever asks must be allowed to, the namespace must
//! take them, and the name must be one.

use crate::rbac::{self, Attributes, User};
use crate::status::resource_and_group;
use crate::validate::names;
use crate::{Key, Millis, Store, Value, admission, time};

/// Records a new Event, whose members are given in the order of their keys and without null ones that
/// the API server would keep. One of them is `metadata`, in whose place anything may stand: it is made
/// here. Returns whether the API server takes it.
pub fn record(
    store: &mut Store,
    now: Millis,
    user: &User,
    key: Key,
    members: &mut [(&str, Value)],
) -> bool {
    store.forget_changes();
    if !user.is_master() {
        let question = rbac::Question {
            user,
            namespace: &key.namespace,
            verb: "create",
            kind: &key.kind,
            subresource: "",
        };
        let wanted = || {
            let (resource, group) = resource_and_group(&key.kind);
            Attributes {
                verb: "create".into(),
                group: group.into(),
                resource,
                namespace: key.namespace.clone(),
                ..Attributes::default()
            }
        };
        if rbac::check_known(store, &question, &wanted).is_err() {
            return false;
        }
    }
    // Drawn before anything is found out, as for other objects.
    let uid = store.random.uuid();
    let takes = admission::namespace_lifecycle::check(store, &key).is_ok();
    if !takes || !names::subdomain(&key.name).is_empty() || store.get(&key).is_some() {
        return false;
    }
    let mut metadata = Value::NULL.with(&mut [
        ("creationTimestamp", time::rfc3339(now).into()),
        ("name", (&key.name).into()),
        ("namespace", (&key.namespace).into()),
        ("resourceVersion", store.next_version().into()),
        ("uid", uid.into()),
    ]);
    if let Some((_, place)) = members.iter_mut().find(|(name, _)| *name == "metadata") {
        std::mem::swap(place, &mut metadata);
    }
    store.put_over(None, key, Value::NULL.with(members), now);
    true
}
