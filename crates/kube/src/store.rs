//! The versioned store: what etcd is to the API server.

mod owned;

use crate::{Key, Meta, Millis, Object, Random, Value, decimal, rbac, selector};
use ecow::{EcoString, EcoVec};
use lean::{Bytes, HashTrie, Keyed, SharedMap, SortKey};
pub use owned::Class;
use owned::{Owned, are_alike};
use std::rc::Rc;

/// How many changes are kept for watchers, besides those of the last request, however many it made; a
/// watch from before them is told that it came too late.
const CHANGES_KEPT: u64 = 1024;

/// Every object of a cluster under one version counter. A clone is a snapshot: it is free, and
/// shares all that neither side changes afterwards.
///
/// Anyone may read. Writing goes through [`crate::api::serve`], so that nothing skips its rules.
#[derive(Clone, Debug)]
pub struct Store {
    /// The objects, by kind: those that are looked at again and again, such as pods, lie close to each
    /// other, however many Events there are.
    kinds: HashTrie<Rc<OfKind>>,
    /// What each controller owns, by the owner's uid.
    owned: SharedMap<EcoString, Owned>,
    indexes: SharedMap<Index, SharedMap<Key, ()>>,
    /// The last writes, [`CHUNK`] to an entry, but for the very last.
    changes: SharedMap<u64, EcoVec<Change>>,
    /// The very last writes, which are to become the next entry.
    latest: EcoVec<Change>,
    version: u64,
    pub(crate) random: Random,
    /// What users are known to be allowed.
    pub(crate) grants: rbac::Known,
}

/// The objects of a kind. Nothing keeps their order: most are Events, which are written far more often than
/// they are listed.
#[derive(Clone, Debug)]
struct OfKind {
    kind: EcoString,
    /// How many there are.
    number: u32,
    objects: HashTrie<Rc<Object>>,
}

impl Keyed for OfKind {
    type Key = EcoString;

    fn key(&self) -> &EcoString {
        &self.kind
    }
}

impl OfKind {
    /// Its objects in a namespace, or in all, by namespace and name.
    fn list(&self, namespace: Option<&str>) -> Vec<&Rc<Object>> {
        let test =
            |it: &Rc<Object>| namespace.is_none_or(|have| lean::is_same(have, &it.key.namespace));
        self.objects.sorted_by_key(&test, |it| {
            let key = &it.key;
            (key.namespace.as_str(), key.name.as_str())
        })
    }
}

/// How many writes are kept together: few enough to copy when a snapshot shares them.
const CHUNK: u64 = 16;

/// What objects can be found by, besides their key.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Index {
    /// Nobody's: kind and namespace of what has no controller.
    Orphan(EcoString, EcoString),
    /// The node a pod is bound to.
    Node(EcoString),
    /// Pods that no node has room for.
    Unschedulable,
    /// A label of a pod: namespace, key, value.
    Label(EcoString, EcoString, EcoString),
}

impl SortKey for Index {
    fn append_to(&self, bytes: &mut Bytes) {
        let (number, parts): (u8, &[&EcoString]) = match self {
            Index::Orphan(kind, namespace) => (0, &[kind, namespace]),
            Index::Node(node) => (1, &[node]),
            Index::Unschedulable => (2, &[]),
            Index::Label(namespace, name, value) => (3, &[namespace, name, value]),
        };
        number.append_to(bytes);
        for part in parts {
            part.append_to(bytes);
        }
    }
}

/// One write, as a watcher sees it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version it made.
    pub version: u64,
    /// What happened.
    pub kind: ChangeKind,
    /// The object before; none if it was added.
    pub old: Option<Rc<Object>>,
    /// The object after; for a deletion, its last state.
    pub new: Rc<Object>,
}

/// What a write did, in the words of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// `ADDED`
    Added,
    /// `MODIFIED`
    Modified,
    /// `DELETED`
    Deleted,
}

impl Change {
    /// The object's labels after it, and those before it if they were others.
    pub fn labels(&self) -> impl Iterator<Item = &Value> {
        let after = self.new.labels();
        let before = self.old.iter().map(|old| old.labels());
        before.filter(move |before| *before != after).chain([after])
    }
}

impl Store {
    /// An empty store. The seed decides uids and generated names.
    #[must_use]
    pub fn new(seed: u64) -> Store {
        Store {
            kinds: HashTrie::default(),
            owned: SharedMap::default(),
            indexes: SharedMap::default(),
            changes: SharedMap::default(),
            latest: EcoVec::new(),
            version: 0,
            random: Random::new(seed),
            grants: rbac::Known::default(),
        }
    }

    /// The version of the last write.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The object of a key.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Rc<Object>> {
        self.kinds.get(key.kind.as_str())?.objects.get(key)
    }

    /// All objects, by kind, namespace and name.
    pub fn all(&self) -> impl Iterator<Item = &Rc<Object>> {
        let kinds = self.kinds.sorted_by_key(&|_| true, |it| it.kind.as_str());
        kinds.into_iter().flat_map(|it| it.list(None))
    }

    /// All objects of a kind, by namespace and name.
    #[must_use]
    pub fn list(&self, kind: &str) -> Vec<&Rc<Object>> {
        let of_kind = self.kinds.get(kind);
        of_kind.map_or_else(Vec::new, |it| it.list(None))
    }

    /// All objects of a kind in a namespace, by name.
    #[must_use]
    pub fn list_in(&self, kind: &str, namespace: &str) -> Vec<&Rc<Object>> {
        let of_kind = self.kinds.get(kind);
        of_kind.map_or_else(Vec::new, |it| it.list(Some(namespace)))
    }

    /// Whether there is any object of a kind: whoever looks at all of them after each write asks this first.
    #[must_use]
    pub fn has(&self, kind: &str) -> bool {
        self.kinds.get(kind).is_some_and(|it| it.number > 0)
    }

    /// The objects of a kind, for writing.
    fn of_kind(&mut self, kind: &str) -> Option<&mut OfKind> {
        self.kinds.get_mut(kind).map(Rc::make_mut)
    }

    /// The objects whose controller has this uid, by key.
    pub fn owned_by<'a>(
        &'a self,
        uid: &EcoString,
    ) -> impl Iterator<Item = &'a Rc<Object>> + use<'a> {
        self.owned
            .get(uid)
            .into_iter()
            .flat_map(|owned| owned.keys.keys())
            .filter_map(|key| self.get(key))
    }

    /// How many objects of each class have the controller with this uid. None if they are too unlike
    /// to be counted so: then whoever wants to know goes through them.
    #[must_use]
    pub fn classes(&self, uid: &EcoString) -> Option<&[(Class, u32)]> {
        match self.owned.get(uid) {
            Some(owned) => owned.classes.as_deref(),
            None => Some(&[]),
        }
    }

    /// How many objects that have neither ended nor are to end have the controller with this uid on each
    /// node, by the node's name; the empty one stands for no node.
    pub fn active_on_nodes(&self, uid: &EcoString) -> impl Iterator<Item = (&str, u32)> {
        let active = self.owned.get(uid).into_iter();
        let nodes = active.flat_map(|owned| owned.active.iter());
        nodes.map(|(node, number)| (node.as_str(), *number))
    }

    /// The objects of a kind in a namespace that have no controller, by key.
    pub fn orphans<'a>(
        &'a self,
        kind: &str,
        namespace: &EcoString,
    ) -> impl Iterator<Item = &'a Rc<Object>> + use<'a> {
        self.indexed(&Index::Orphan(kind.into(), namespace.clone()))
    }

    /// The pods bound to a node, by key.
    pub fn pods_on<'a>(
        &'a self,
        node: &EcoString,
    ) -> impl Iterator<Item = &'a Rc<Object>> + use<'a> {
        self.indexed(&Index::Node(node.clone()))
    }

    /// The pods that wait for a node with room, by key.
    pub fn unschedulable(&self) -> impl Iterator<Item = &Rc<Object>> {
        self.indexed(&Index::Unschedulable)
    }

    /// The pods of a namespace that have all the given labels, by key. None for an empty selector.
    pub fn pods_labelled(&self, namespace: &EcoString, labels: &Value) -> Vec<&Rc<Object>> {
        let mut pods = self.with_a_label(namespace, labels).unwrap_or_default();
        retain_labelled(&mut pods, &|have| selector::matches_labels(labels, have));
        pods
    }

    /// The pods of a namespace that a `metav1.LabelSelector` means, by key.
    pub fn pods_selected(&self, namespace: &EcoString, wanted: &Value) -> Vec<&Rc<Object>> {
        let pods = self.with_a_label(namespace, wanted.get("matchLabels"));
        // No label is in the index by its name alone.
        let mut pods = pods.unwrap_or_else(|| self.list_in("Pod", namespace));
        retain_labelled(&mut pods, &|have| selector::matches(wanted, have));
        pods
    }

    /// The pods of a namespace that have one of the given labels, by key; none where there is no label.
    fn with_a_label(&self, namespace: &EcoString, labels: &Value) -> Option<Vec<&Rc<Object>>> {
        let (name, value) = labels.members().next()?;
        let index = Index::Label(namespace.clone(), name.clone(), value.to_text());
        Some(self.indexed(&index).collect())
    }

    fn indexed<'a>(&'a self, index: &Index) -> impl Iterator<Item = &'a Rc<Object>> + use<'a> {
        self.indexes
            .get(index)
            .into_iter()
            .flat_map(|keys| keys.keys())
            .filter_map(|key| self.get(key))
    }

    /// The writes after `version`, oldest first; none if some of them are no longer kept
    /// (`too old resource version`).
    #[must_use]
    pub fn changes_since(&self, version: u64) -> Option<Vec<Change>> {
        let first = self.changes.first().map_or(0, |(chunk, _)| *chunk);
        if version < self.version && (version + 1) / CHUNK < first {
            return None;
        }
        // Whoever keeps up asks for none but the latest.
        let first = self.latest.first();
        let is_behind = first.is_some_and(|first| version + 1 < first.version);
        let chunks = is_behind.then(|| self.changes.from(&((version + 1) / CHUNK)));
        let older = chunks
            .into_iter()
            .flatten()
            .flat_map(|(_, changes)| changes);
        let changes = older.chain(&self.latest);
        let later = changes.filter(|change| change.version > version);
        Some(later.cloned().collect())
    }

    /// Forgets changes that are older than those that are kept.
    pub(crate) fn forget_changes(&mut self) {
        let kept = (self.version / CHUNK).saturating_sub(CHANGES_KEPT / CHUNK);
        while self.changes.first().is_some_and(|(chunk, _)| *chunk < kept) {
            self.changes.pop_first();
        }
    }

    /// Stores `value` under `key` with a new version. `created` is the moment of this write if the
    /// object is new.
    pub(crate) fn put(&mut self, key: Key, value: Value, now: Millis) -> Rc<Object> {
        let old = self.get(&key).cloned();
        self.put_over(old, key, value, now)
    }

    /// The same, if it is known already what is stored there.
    pub(crate) fn put_over(
        &mut self,
        old: Option<Rc<Object>>,
        key: Key,
        mut value: Value,
        now: Millis,
    ) -> Rc<Object> {
        let (before, version) = (old.as_deref(), self.next_version());
        self.version += 1;
        let meta = Meta {
            version: self.version,
            created: before.map_or(now, |old| old.meta.created),
            ..crate::api::decode(&value, before)
        };
        if value.at(&["metadata", "resourceVersion"]).text() != version {
            value.entry("metadata").set("resourceVersion", version);
        }
        let new = Rc::new(Object {
            key: key.clone(),
            meta,
            value,
        });
        self.reindex(&key, old.as_deref(), Some(&new));
        match self.of_kind(&key.kind) {
            Some(of_kind) => {
                of_kind.number += u32::from(old.is_none());
                of_kind.objects.insert(new.clone());
            }
            None => {
                let mut objects = HashTrie::default();
                objects.insert(new.clone());
                self.kinds.insert(Rc::new(OfKind {
                    kind: key.kind,
                    number: 1,
                    objects,
                }));
            }
        }
        let kind = if old.is_some() {
            ChangeKind::Modified
        } else {
            ChangeKind::Added
        };
        self.log(Change {
            version: self.version,
            kind,
            old,
            new: new.clone(),
        });
        new
    }

    /// The version that the next write makes, as objects have it.
    pub(crate) fn next_version(&self) -> EcoString {
        decimal(self.version + 1)
    }

    /// Removes the object of `key` for good.
    pub(crate) fn remove(&mut self, key: &Key) {
        let Some(old) = self.get(key).cloned() else {
            return;
        };
        self.version += 1;
        if let Some(of_kind) = self.of_kind(&key.kind) {
            of_kind.number -= u32::from(of_kind.objects.remove(key));
        }
        self.reindex(key, Some(&old), None);
        self.log(Change {
            version: self.version,
            kind: ChangeKind::Deleted,
            old: Some(old.clone()),
            new: old,
        });
    }

    /// Keeps count of who owns what.
    fn hand_over(&mut self, key: &Key, old: Option<&Object>, new: Option<&Object>) {
        const NOBODY: &EcoString = &EcoString::new();
        let before = old.map_or(NOBODY, |old| &old.meta.controller);
        let after = new.map_or(NOBODY, |new| &new.meta.controller);
        let stays = before == after;
        if let (true, Some(old), Some(new)) = (stays, old, new)
            && are_alike(old, new)
        {
            return;
        }
        if let (Some(old), Some(owned)) = (old, self.owned.get_mut(before)) {
            owned.count(old, false);
            if !stays {
                owned.keys.remove(key);
            }
            if owned.keys.is_empty() {
                self.owned.remove(before);
            }
        }
        let Some(new) = new.filter(|_| !after.is_empty()) else {
            return;
        };
        if !self.owned.contains_key(after) {
            self.owned.insert(after.clone(), Owned::default());
        }
        if let Some(owned) = self.owned.get_mut(after) {
            owned.count(new, true);
            if !stays {
                owned.keys.insert(key.clone(), ());
            }
        }
    }

    fn log(&mut self, change: Change) {
        if rbac::decides(&change.new.key.kind) {
            self.grants = rbac::Known::default();
        }
        let chunk = self.version / CHUNK;
        let before = self.latest.first().map(|first| first.version / CHUNK);
        if let Some(before) = before.filter(|before| *before != chunk) {
            let full = std::mem::take(&mut self.latest);
            self.changes.insert(before, full);
        }
        self.latest.push(change);
    }

    fn reindex(&mut self, key: &Key, old: Option<&Object>, new: Option<&Object>) {
        self.hand_over(key, old, new);
        // Most writes touch only a status: labels, owner and node are the same, shared values.
        if let (Some(old), Some(new)) = (old, new)
            && old.meta.controller.is_empty() == new.meta.controller.is_empty()
            && old.labels() == new.labels()
            && old.meta.node == new.meta.node
            && old.meta.unschedulable == new.meta.unschedulable
        {
            return;
        }
        let [before, after] = [old, new].map(|object| object.map(indexes).unwrap_or_default());
        for index in before.iter().filter(|index| !after.contains(index)) {
            take_from(&mut self.indexes, index, key);
        }
        for index in after.into_iter().filter(|index| !before.contains(index)) {
            put_in(&mut self.indexes, &index, key, ());
        }
    }
}

/// Keeps the pods whose labels a test picks. Those of one template share their labels, and one after the other
/// are tested once.
fn retain_labelled(pods: &mut Vec<&Rc<Object>>, test: &dyn Fn(&Value) -> bool) {
    let mut last: Option<(Value, bool)> = None;
    pods.retain(|pod| {
        let labels = pod.labels();
        match &last {
            Some((same, is_picked)) if same.is_identical(labels) => *is_picked,
            _ => {
                let is_picked = test(labels);
                last = Some((labels.clone(), is_picked));
                is_picked
            }
        }
    });
}

/// Puts a value under two keys.
fn put_in<O, I, V>(maps: &mut SharedMap<O, SharedMap<I, V>>, outer: &O, inner: &I, value: V)
where
    O: SortKey + Clone + 'static,
    I: SortKey + Clone + 'static,
    V: Clone + 'static,
{
    let Some(map) = maps.get_mut(outer) else {
        let map = SharedMap::from_iter([(inner.clone(), value)]);
        maps.insert(outer.clone(), map);
        return;
    };
    match map.get_mut(inner) {
        Some(place) => *place = value,
        None => map.insert(inner.clone(), value),
    }
}

/// Takes the value of two keys away.
fn take_from<O, I, V>(maps: &mut SharedMap<O, SharedMap<I, V>>, outer: &O, inner: &I)
where
    O: SortKey + Clone + 'static,
    I: SortKey + 'static,
    V: 'static,
{
    if let Some(map) = maps.get_mut(outer) {
        map.remove(inner);
        if map.is_empty() {
            maps.remove(outer);
        }
    }
}

fn indexes(object: &Object) -> Vec<Index> {
    let mut indexes = Vec::new();
    // Only these are adopted.
    if object.meta.controller.is_empty() && matches!(object.key.kind.as_str(), "Pod" | "ReplicaSet")
    {
        indexes.push(Index::Orphan(
            object.key.kind.clone(),
            object.key.namespace.clone(),
        ));
    }
    if object.key.kind == "Pod" {
        match &object.meta.node {
            node if !node.is_empty() => indexes.push(Index::Node(node.clone())),
            _ if object.meta.unschedulable => indexes.push(Index::Unschedulable),
            _ => {}
        }
        for (name, value) in object.labels().members() {
            let namespace = object.key.namespace.clone();
            indexes.push(Index::Label(namespace, name.clone(), value.to_text()));
        }
    }
    indexes
}
