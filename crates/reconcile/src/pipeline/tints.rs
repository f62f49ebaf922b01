//! One colour per commit, all the way: which commit a ReplicaSet and a pod belong to.

use crate::delivery::git::Oid;
use crate::delivery::registry::Reference;
use crate::engine::World;
use crate::view::Tint;
use ecow::{EcoString, EcoVec};
use kube::{Change, ChangeKind, Key, Object};
use lean::SharedMap;

/// Which commit what belongs to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tints {
    /// The commit that has each colour now: the branch's, and after a merge main's.
    commits: EcoVec<Oid>,
    colours: SharedMap<Oid, usize>,
    /// The commit that each workload was last delivered from.
    delivered: SharedMap<Key, usize>,
    /// By a ReplicaSet's uid: its colour, and the image digest that its tag meant when it was made.
    sets: SharedMap<EcoString, (usize, EcoString)>,
}

impl Tints {
    /// Gives a commit a colour of its own.
    pub fn add(&mut self, commit: Oid) {
        self.colours.insert(commit, self.commits.len());
        self.commits.push(commit);
    }

    /// Gives a commit the colour of another, which it takes the place of.
    pub fn follow(&mut self, commit: Oid, before: Oid) {
        match self.colours.get(&before).copied() {
            Some(colour) => {
                self.colours.insert(commit, colour);
                self.commits.make_mut()[colour] = commit;
            }
            None => self.add(commit),
        }
    }

    /// Gives a commit the colour of another, which keeps it: what CI commits is of the commit that it
    /// ran for.
    pub fn share(&mut self, commit: Oid, with: Oid) {
        match self.colours.get(&with).copied() {
            Some(colour) => self.colours.insert(commit, colour),
            None => self.add(commit),
        }
    }

    /// A commit's colour.
    pub fn of(&self, commit: Oid) -> Option<Tint> {
        self.colours.get(&commit).map(|colour| self.tint(*colour))
    }

    /// The colour of the commit whose id begins so.
    pub fn of_sha(&self, short: &str) -> Option<Tint> {
        let is = |(oid, _): &(&Oid, &usize)| !short.is_empty() && oid.short() == short;
        let (_, colour) = self.colours.iter().find(is)?;
        Some(self.tint(*colour))
    }

    pub fn tint(&self, index: usize) -> Tint {
        let sha = self.commits.get(index).map(Oid::short).unwrap_or_default();
        Tint { index, sha }
    }

    /// Writes down that objects were delivered from a commit.
    pub fn deliver(&mut self, commit: Oid, objects: impl Iterator<Item = Key>) {
        let Some(colour) = self.colours.get(&commit).copied() else {
            return;
        };
        for key in objects {
            self.delivered.insert(key, colour);
        }
    }

    /// A ReplicaSet's colour.
    pub fn of_set(&self, uid: &EcoString) -> Option<Tint> {
        self.sets.get(uid).map(|(colour, _)| self.tint(*colour))
    }
}

/// A new ReplicaSet gets the colour of the commit that its Deployment was delivered from.
pub(crate) fn observe(world: &mut World, change: &Change) {
    let set = &change.new;
    if set.key.kind != "ReplicaSet" || change.kind != ChangeKind::Added {
        return;
    }
    let owner = set
        .key
        .sibling("Deployment", set.controller_ref().get("name").to_text());
    let Some(colour) = world.delivery.tints.delivered.get(&owner).copied() else {
        return;
    };
    let digest = image_digest(world, set);
    world
        .delivery
        .tints
        .sets
        .insert(set.meta.uid.clone(), (colour, digest));
}

/// What the image of a set's first container means in the registry at this moment.
fn image_digest(world: &World, set: &Object) -> EcoString {
    let containers = set.spec().at(&["template", "spec", "containers"]).items();
    let image = containers
        .first()
        .and_then(|container| container.get("image").as_str());
    let reference = image.and_then(Reference::parse);
    let found = reference.and_then(|reference| world.delivery.registry.resolve(&reference));
    found.map(|image| image.digest.clone()).unwrap_or_default()
}

/// The colour of a pod that runs an image: its ReplicaSet's, unless the digest that really runs is
/// another than was meant; then that of the commit that the digest was built from.
pub(crate) fn of_pod(world: &World, pod: &Object, digest: &str) -> Option<usize> {
    let tints = &world.delivery.tints;
    match tints.sets.get(&pod.meta.controller) {
        Some((colour, meant)) if digest.is_empty() || digest == meant => Some(*colour),
        _ => {
            let image = world.delivery.registry.image(digest)?;
            tints.colours.get(&image.commit).copied()
        }
    }
}
