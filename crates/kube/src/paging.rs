//! Lists in parts: `limit` and `continue` (`k8s.io/apiserver/pkg/storage/continue.go`,
//! `pkg/storage/etcd3/store.go`).
//!
//! All parts show the objects as they were when the first one was given. What has changed since then is
//! undone, which is possible as long as the changes are kept.

use crate::api::list;
use crate::{ChangeKind, Key, Object, Selection, Status, Store};
use ecow::{EcoString, eco_format};
use lean::SharedMap;
use std::rc::Rc;

/// How much of a list is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// How many objects at most; 0 for all (`limit`).
    pub limit: u32,
    /// Where the part before it ended; empty for the first (`continue`).
    pub token: EcoString,
}

impl Page {
    /// Whether the whole list is wanted.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self == Page::default()
    }
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its objects, by namespace and name.
    pub objects: Vec<Rc<Object>>,
    /// The version at which all parts of the list were taken (`metadata.resourceVersion`).
    pub version: u64,
    /// What the next part is asked for with; empty if there is none.
    pub token: EcoString,
    /// How many objects follow; none where the server does not say, because objects were selected
    /// (`remainingItemCount`).
    pub remaining: Option<u64>,
}

/// Stands for the present in a token.
const NOW: &str = "-1";

/// A part of a list.
///
/// # Errors
/// 400 for a token that the server did not give, 410 for one that is too old.
pub(crate) fn list_part(
    store: &Store,
    key: &Key,
    select: &Selection,
    page: &Page,
) -> Result<Part, Status> {
    let (version, after) = match page.token.is_empty() {
        true => (store.version(), None),
        false => {
            let (version, after) = read(store, &page.token)?;
            (version, Some(after))
        }
    };
    let mut objects = match list_at(store, key, select, version)? {
        Some(objects) => objects,
        None => {
            let (space, name) = after.unwrap_or_default();
            return Err(Status::expired_list(eco_format!("{NOW}/{space}/{name}")));
        }
    };
    if let Some(after) = after {
        objects.retain(|it| (&it.key.namespace, &it.key.name) > (&after.0, &after.1));
    }
    let limit = match page.limit {
        0 => usize::MAX,
        limit => limit as usize,
    };
    let rest = objects.len().saturating_sub(limit);
    objects.truncate(limit);
    let last = objects.last().filter(|_| rest > 0);
    Ok(Part {
        token: last.map_or_else(EcoString::new, |last| {
            eco_format!("{version}/{}/{}", last.key.namespace, last.key.name)
        }),
        remaining: (rest > 0 && *select == Selection::default()).then_some(rest as u64),
        objects,
        version,
    })
}

/// The version of a list, and the namespace and name after which its next part begins.
fn read(store: &Store, token: &str) -> Result<(u64, (EcoString, EcoString)), Status> {
    let mut parts = token.splitn(3, '/');
    let version = match parts.next() {
        Some(NOW) => Some(store.version()),
        version => version.and_then(|it| it.parse().ok()),
    };
    match (version, parts.next(), parts.next()) {
        (Some(version), Some(space), Some(name)) if version <= store.version() => {
            Ok((version, (space.into(), name.into())))
        }
        _ => Err(Status::bad_request("continue key is not valid")),
    }
}

/// The selected objects as they were at a version; none if that is not known any more.
fn list_at(
    store: &Store,
    key: &Key,
    select: &Selection,
    version: u64,
) -> Result<Option<Vec<Rc<Object>>>, Status> {
    let Some(changes) = store.changes_since(version) else {
        return Ok(None);
    };
    let is_meant = |object: &Object| {
        object.key.kind == key.kind
            && (key.namespace.is_empty() || object.key.namespace == key.namespace)
    };
    let undone = changes.iter().rev().filter(|it| is_meant(&it.new));
    let mut undone = undone.peekable();
    if undone.peek().is_none() {
        return list(store, key, select).map(Some);
    }
    let place = |object: &Object| (object.key.namespace.clone(), object.key.name.clone());
    let all = list(store, key, &Selection::default())?;
    let mut objects = SharedMap::from_iter(all.into_iter().map(|it| (place(&it), it)));
    for change in undone {
        match (&change.old, change.kind) {
            (Some(old), ChangeKind::Modified | ChangeKind::Deleted) => {
                objects.insert(place(old), old.clone());
            }
            _ => _ = objects.remove(&place(&change.new)),
        }
    }
    let wanted = select.filter(&key.kind)?;
    let objects = objects.values().filter(|it| wanted(it));
    Ok(Some(objects.cloned().collect()))
}
