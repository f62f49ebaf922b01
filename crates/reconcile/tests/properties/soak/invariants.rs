//! What must hold, whatever happens.

use kube::{Change, ChangeKind, Key, Millis, Object, Store, Value, quantity};
use reconcile::World;
use reconcile::cluster::deployment::{DESIRED_REPLICAS, fenceposts};
use reconcile::cluster::{pod, requests};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How long a controller may act on what is no longer so: it hears late, acts, and hears late of that.
const LATE: Millis = 7_000;

/// Looks at every write.
pub struct Watcher {
    version: u64,
    /// Every uid there ever was.
    uids: BTreeMap<String, Key>,
    /// What was wanted of each owner, and since when: the most that is allowed.
    wanted: BTreeMap<String, Vec<(Millis, i64)>>,
    /// How many pods each Deployment's sets want together.
    sums: BTreeMap<String, i64>,
    /// Until when each pod was ready; without an end while it is.
    ready: BTreeMap<String, Millis>,
    /// Objects whose owner is gone, and when they must be gone too.
    orphans: Vec<(Millis, Rc<Object>)>,
    /// Whether nobody but the controllers takes pods away.
    is_calm: bool,
    /// Whether somebody scaled a Deployment's ReplicaSet. Its share of the pods is then worked out from
    /// a size that it no longer has, and may come out as more than all are allowed, as in Kubernetes
    /// (`deployment_util.go`, GetReplicaSetProportion).
    is_scaled_by_hand: bool,
}

type Check = Result<(), String>;

fn must(holds: bool, why: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(why()) }
}

impl Watcher {
    /// A watcher of what happens from here on.
    pub fn new(world: &World) -> Watcher {
        let mut watcher = Watcher {
            version: 0,
            uids: BTreeMap::new(),
            wanted: BTreeMap::new(),
            sums: BTreeMap::new(),
            ready: BTreeMap::new(),
            orphans: Vec::new(),
            is_calm: false,
            is_scaled_by_hand: false,
        };
        watcher.note_all(world);
        watcher
    }

    /// Something takes pods away besides the controllers.
    pub fn disturb(&mut self) {
        self.is_calm = false;
    }

    /// Somebody scales a Deployment's ReplicaSet.
    pub fn scale_by_hand(&mut self) {
        self.disturb();
        self.is_scaled_by_hand = true;
    }

    /// From here on, nothing does.
    pub fn calm(&mut self) {
        self.is_calm = true;
    }

    /// Notes what somebody did from outside, who may do as he likes.
    pub fn note_all(&mut self, world: &World) {
        for change in self.changes(world) {
            // It cannot fail but for a uid that is there twice, which the next look would not see.
            self.note(world, &change).expect("uids are unique");
        }
        self.sum(world.store());
    }

    fn changes(&mut self, world: &World) -> Vec<Change> {
        let changes = world.store().changes_since(self.version);
        self.version = world.store().version();
        changes.expect("a step writes less than is kept")
    }

    /// Looks at what a step wrote.
    pub fn look(&mut self, world: &mut World) -> Check {
        world.take_output();
        let changes = self.changes(world);
        if changes.is_empty() && self.orphans.is_empty() {
            return Ok(());
        }
        let at = |why| format!("at {}: {why}", world.now());
        for change in &changes {
            self.note(world, change).map_err(at)?;
        }
        for change in &changes {
            self.check(world, change).map_err(at)?;
        }
        self.sum(world.store());
        self.check_orphans(world).map_err(at)
    }

    fn note(&mut self, world: &World, change: &Change) -> Check {
        let (object, now) = (&change.new, world.now());
        let uid = object.meta.uid.to_string();
        if change.kind == ChangeKind::Added {
            let before = self.uids.insert(uid.clone(), object.key.clone());
            must(before.is_none(), || {
                format!("{} has the uid of {before:?}", object.key)
            })?;
        }
        if change.kind == ChangeKind::Deleted {
            let owned = world.store().owned_by(&object.meta.uid);
            self.orphans
                .extend(owned.map(|it| (now + 2 * LATE, it.clone())));
        }
        let owner = &object.meta.controller;
        if change.kind == ChangeKind::Added && !owner.is_empty() && owned(world, object).is_none() {
            self.orphans.push((now + 2 * LATE, object.clone()));
        }
        let spec = object.spec();
        let count = |field: &str| spec.get(field).as_int().unwrap_or(0);
        let wanted = match object.key.kind.as_str() {
            "ReplicaSet" => count("replicas"),
            "Deployment" => count("replicas") + fenceposts(spec).surge,
            "Job" => count("parallelism"),
            "Pod" => {
                let is_ready = pod::is_ready(object) && change.kind != ChangeKind::Deleted;
                match change.old.as_deref().is_some_and(pod::is_ready) {
                    _ if is_ready => _ = self.ready.insert(uid, Millis::MAX),
                    true => _ = self.ready.insert(uid, now),
                    false => {}
                }
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.wanted.entry(uid).or_default().push((now, wanted));
        Ok(())
    }

    /// The most that was wanted of an owner lately.
    fn most(&self, uid: &str, now: Millis) -> i64 {
        let all = self.wanted.get(uid).map_or(&[][..], Vec::as_slice);
        let from = now.saturating_sub(LATE);
        let first = all.partition_point(|(t, _)| *t <= from).max(1) - 1;
        all[first..].iter().map(|(_, it)| *it).max().unwrap_or(0)
    }

    fn sum(&mut self, store: &Store) {
        self.sums.clear();
        for set in store.list("ReplicaSet") {
            *self
                .sums
                .entry(set.meta.controller.to_string())
                .or_default() += replicas(set);
        }
    }

    fn check(&self, world: &World, change: &Change) -> Check {
        let object = &change.new;
        match object.key.kind.as_str() {
            "Pod" => {
                self.check_pod(world, change)?;
                self.check_owner(world, change)?;
                self.check_deployment(world, object)
            }
            "ReplicaSet" => self.check_surge(world, change),
            "EndpointSlice" if change.kind != ChangeKind::Deleted => {
                self.check_endpoints(object, world.now())
            }
            _ => Ok(()),
        }
    }

    /// A pod's life goes one way.
    fn check_pod(&self, world: &World, change: &Change) -> Check {
        let new = &change.new;
        if change.kind == ChangeKind::Added {
            check_quota(world, new)?;
        }
        let Some(old) = change
            .old
            .as_ref()
            .filter(|_| change.kind == ChangeKind::Modified)
        else {
            return Ok(());
        };
        let (before, after) = (pod::node(old), pod::node(new));
        if before.is_empty() && !after.is_empty() {
            check_room(world, after)?;
        }
        must(before.is_empty() || before == after, || {
            format!("{} moves from {before} to {after}", new.key)
        })?;
        must(
            !pod::has_ended(old) || pod::phase(old) == pod::phase(new),
            || format!("{} lives again", new.key),
        )?;
        must(
            old.meta.deleted.is_none() || new.meta.deleted.is_some(),
            || format!("{} is no longer deleted", new.key),
        )
    }

    /// A controller makes no more pods than are wanted.
    fn check_owner(&self, world: &World, change: &Change) -> Check {
        let new = &change.new;
        let uid = &new.meta.controller;
        if change.kind != ChangeKind::Added || uid.is_empty() {
            return Ok(());
        }
        let pods = world.store().owned_by(uid);
        let active = pods.filter(|it| pod::is_active(it)).count() as i64;
        let most = self.most(uid, world.now());
        must(active <= most, || {
            format!(
                "{} is one of {active} pods where {most} are wanted",
                new.key
            )
        })
    }

    /// A Deployment's sets together want no more pods than it allows.
    fn check_surge(&self, world: &World, change: &Change) -> Check {
        let new = &change.new;
        let uid = &new.meta.controller;
        let before = change.old.as_deref().map_or(0, replicas);
        let grows = replicas(new) > before && !self.is_scaled_by_hand;
        if uid.is_empty() || !grows || change.kind == ChangeKind::Deleted {
            return Ok(());
        }
        let sum: i64 = world.store().owned_by(uid).map(|it| replicas(it)).sum();
        let was = self.sums.get(uid.as_str()).copied().unwrap_or(0);
        let most = self.most(uid, world.now());
        must(sum <= most.max(was), || {
            format!("{} makes it {sum} pods where {most} are allowed", new.key)
        })
    }

    /// While nothing else takes pods away, a rollout keeps all its promises at every moment.
    fn check_deployment(&self, world: &World, object: &Object) -> Check {
        let store = world.store();
        let set = owned(world, object);
        let Some(deployment) = set.and_then(|set| owned(world, set)) else {
            return Ok(());
        };
        if !self.is_calm || deployment.key.kind != "Deployment" {
            return Ok(());
        }
        let sets: Vec<_> = store.owned_by(&deployment.meta.uid).collect();
        let pods = sets.iter().flat_map(|set| store.owned_by(&set.meta.uid));
        let spec = deployment.spec();
        let (wanted, posts) = (replicas(deployment), fenceposts(spec));
        if spec.at(&["strategy", "type"]).text() == "Recreate" {
            let generations = pods.filter(|it| !pod::has_ended(it));
            let mut owners: Vec<_> = generations.map(|it| it.meta.controller.clone()).collect();
            owners.dedup();
            return must(owners.len() < 2, || {
                format!("{} has pods of two templates", deployment.key)
            });
        }
        let active: Vec<_> = pods.filter(|it| pod::is_active(it)).collect();
        let ready = active.iter().filter(|it| pod::is_ready(it)).count() as i64;
        let all = active.len() as i64;
        must(all <= wanted + posts.surge, || {
            format!(
                "{} has {all} pods, wants {wanted}, {posts:?}",
                deployment.key
            )
        })?;
        // Until it is complete for the first time, it has promised nothing.
        let is_new = deployment.meta.generation == 1;
        must(is_new || ready >= wanted - posts.unavailable, || {
            format!(
                "{} has {ready} ready pods, wants {wanted}, {posts:?}",
                deployment.key
            )
        })
    }

    /// Traffic goes to pods that are ready, or were until just now.
    fn check_endpoints(&self, slice: &Object, now: Millis) -> Check {
        for endpoint in slice.value.get("endpoints").items() {
            let uid = endpoint.at(&["targetRef", "uid"]).text();
            let is_ready = endpoint.at(&["conditions", "ready"]).as_bool() == Some(true);
            let lately = self
                .ready
                .get(uid)
                .is_some_and(|t| now <= t.saturating_add(LATE));
            must(!is_ready || lately, || {
                format!("{} sends to {uid}, which is not ready", slice.key)
            })?;
        }
        Ok(())
    }

    /// What belonged to an owner that is gone goes too.
    fn check_orphans(&mut self, world: &World) -> Check {
        let now = world.now();
        for (_, orphan) in self.orphans.iter().filter(|(due, _)| *due < now) {
            let found = world.store().get(&orphan.key);
            let is_left = found.is_some_and(|found| {
                found.meta.uid == orphan.meta.uid
                    && found.meta.deleted.is_none()
                    && found.meta.controller == orphan.meta.controller
            });
            must(!is_left, || format!("{} is an orphan", orphan.key))?;
        }
        self.orphans.retain(|(due, _)| *due >= now);
        Ok(())
    }

    /// With nothing left to do, everything is as it should be.
    pub fn at_rest(&mut self, world: &World, has_room: bool) -> Check {
        self.note_all(world);
        let left = world.unfinished();
        must(left.is_empty(), || format!("at rest, unfinished: {left:?}"))?;
        let store = world.store();
        for deployment in store.list("Deployment") {
            let status = deployment.status();
            let count = |field: &str| status.get(field).as_int().unwrap_or(0);
            let wanted = replicas(deployment);
            let sets = store.owned_by(&deployment.meta.uid);
            let sum: i64 = sets.map(|set| replicas(set)).sum();
            let is_seen = count("observedGeneration") == deployment.meta.generation;
            let is_paused = deployment.spec().get("paused").as_bool() == Some(true);
            let mut sets = store.owned_by(&deployment.meta.uid);
            let is_stuck = self.is_scaled_by_hand && sets.any(|set| is_half_scaled(set, wanted))
                || is_torn(store, deployment);
            let is_done = ["replicas", "updatedReplicas", "availableReplicas"]
                .iter()
                .all(|field| count(field) == wanted);
            must(
                is_seen && (is_paused || is_stuck || !has_room || is_done && sum == wanted),
                || {
                    let pods = store.list_in("Pod", &deployment.key.namespace);
                    let waiting = pods.iter().filter(|pod| !pod::is_ready(pod));
                    let waiting: Vec<String> = waiting.map(|pod| shown(pod)).collect();
                    let sets = store.owned_by(&deployment.meta.uid);
                    let sets: Vec<String> = sets.map(|set| size(set)).collect();
                    let (key, waiting) = (&deployment.key, waiting.join("\n"));
                    let status = yaml::encode(status) + &sets.join("");
                    format!("at rest, {key} wants {wanted}:\n{status}{waiting}")
                },
            )?;
        }
        for pod in store.list("Pod") {
            must(pod.meta.deleted.is_none(), || {
                format!("at rest, {} is still going", pod.key)
            })?;
            must(
                !has_room || pod::has_ended(pod) || pod::is_ready(pod),
                || format!("at rest, {}: {:?}", pod.key, pod.status()),
            )?;
            let node = Key::new("Node", "", pod::node(pod));
            must(node.name.is_empty() || store.get(&node).is_some(), || {
                format!("at rest, {} is on {node}, which is gone", pod.key)
            })?;
            let owner = &pod.meta.controller;
            must(owner.is_empty() || owned(world, pod).is_some(), || {
                format!("at rest, {} is an orphan", pod.key)
            })?;
        }
        for slice in store.list("EndpointSlice") {
            check_slice(store, slice)?;
        }
        Ok(())
    }
}

/// What a ReplicaSet wants, and how many its Deployment was to have when it said so.
fn size(set: &Object) -> String {
    let known = set.annotation(DESIRED_REPLICAS).unwrap_or_default();
    format!("{} wants {} of {known}\n", set.key, replicas(set))
}

/// A pod, where it is, and what it says of itself.
fn shown(pod: &Object) -> String {
    let status = yaml::encode(pod.status());
    format!("{} on {:?}:\n{status}", pod.key, pod::node(pod))
}

/// An object's owner, if it is there.
fn owned<'a>(world: &'a World, object: &Object) -> Option<&'a Rc<Object>> {
    let owner = object.controller_ref();
    let key = object
        .key
        .sibling(owner.get("kind").to_text(), owner.get("name").to_text());
    let found = world.store().get(&key)?;
    (found.meta.uid == object.meta.controller).then_some(found)
}

/// Whether somebody gave a ReplicaSet by hand the size that its Deployment was about to give it. The
/// Deployment then takes itself for one that is being scaled, finds nothing to scale, and does nothing
/// else, as in Kubernetes (`sync.go`, isScalingEvent and scale).
fn is_half_scaled(set: &Object, wanted: i64) -> bool {
    let known = set.annotation(DESIRED_REPLICAS);
    replicas(set) == wanted && known.is_some_and(|known| known != wanted.to_string())
}

/// Whether a Deployment recreates its pods, and has several sets with pods, one of which was last sized for
/// another number. It then takes itself for one that is being scaled, and leaves several sets as they are
/// where pods are recreated, as in Kubernetes (`sync.go`, scale).
fn is_torn(store: &Store, deployment: &Object) -> bool {
    let wanted = replicas(deployment).to_string();
    let sets = store.owned_by(&deployment.meta.uid);
    let active: Vec<_> = sets.filter(|set| replicas(set) > 0).collect();
    let is_other = |set: &Rc<Object>| set.annotation(DESIRED_REPLICAS) != Some(&wanted);
    deployment.spec().at(&["strategy", "type"]).text() == "Recreate"
        && active.len() > 1
        && active.into_iter().any(is_other)
}

fn replicas(object: &Object) -> i64 {
    object.spec().get("replicas").as_int().unwrap_or(1)
}

/// A namespace holds no more than its quotas allow.
fn check_quota(world: &World, new: &Object) -> Check {
    let store = world.store();
    let pods = store.list_in("Pod", &new.key.namespace);
    let counted: Vec<_> = pods.iter().filter(|it| !pod::has_ended(it)).collect();
    for quota in store.list_in("ResourceQuota", &new.key.namespace) {
        let hard = quota.spec().get("hard");
        let limit = |name: &str, unit: fn(&Value) -> i64| match hard.get(name) {
            Value::Null => i64::MAX,
            amount => unit(amount),
        };
        let cpu: i64 = counted.iter().map(|it| requests::requests(it).cpu).sum();
        let count = counted.len() as i64;
        let (cpus, most) = (
            limit("requests.cpu", quantity::milli_of),
            limit("pods", quantity::units_of),
        );
        must(count <= most && cpu <= cpus, || {
            format!(
                "{} is one of {count} pods of {most} with {cpu}m of {cpus}m",
                new.key
            )
        })?;
    }
    Ok(())
}

/// A node gets no more pods than it has room for.
fn check_room(world: &World, name: &str) -> Check {
    let store = world.store();
    let Some(node) = store.get(&Key::new("Node", "", name)) else {
        return Err(format!("a pod is bound to {name}, which is gone"));
    };
    let pods = store.pods_on(&name.into());
    let pods: Vec<_> = pods.filter(|it| !pod::has_ended(it)).collect();
    let cpu: i64 = pods.iter().map(|it| requests::requests(it).cpu).sum();
    let has = node.status().get("allocatable");
    let (cpus, most) = (
        quantity::milli_of(has.get("cpu")),
        quantity::units_of(has.get("pods")),
    );
    must(cpu <= cpus && pods.len() as i64 <= most, || {
        format!("{name} has {} pods with {cpu}m of {cpus}m", pods.len())
    })
}

/// A slice's ready endpoints are the ready pods that its Service selects.
fn check_slice(store: &Store, slice: &Object) -> Check {
    let owner = slice.controller_ref().get("name").to_text();
    let Some(service) = store.get(&slice.key.sibling("Service", owner)) else {
        return Err(format!("{} has no Service", slice.key));
    };
    let pods = store.pods_labelled(&slice.key.namespace, service.spec().get("selector"));
    let ready = pods.iter().filter(|it| pod::is_ready(it));
    let mut wanted: Vec<&str> = ready.map(|it| it.meta.uid.as_str()).collect();
    let endpoints = slice.value.get("endpoints").items().iter();
    let listed = endpoints.filter(|it| it.at(&["conditions", "ready"]).as_bool() == Some(true));
    let mut have: Vec<&str> = listed
        .map(|it| it.at(&["targetRef", "uid"]).text())
        .collect();
    wanted.sort_unstable();
    have.sort_unstable();
    must(wanted == have, || {
        format!("at rest, {} lists {have:?}, not {wanted:?}", slice.key)
    })
}
