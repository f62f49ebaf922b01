//! What happened since a step began.

use reconcile::view::{DeploymentRow, PodForm, PodRow, PullRequestRow, Scene, Second};
use reconcile::{Entry, Lab, Millis, World};
use std::rc::Rc;

/// The history of a step: from the moment at which it began to the end of what is played.
#[derive(Debug)]
pub struct Record {
    /// The lab at its end.
    end: Lab,
    /// When the step began.
    pub begin: Millis,
    /// How many entries there were then.
    from: usize,
    /// What there was to see then.
    pub before: Scene,
    /// What there is to see at the end.
    pub after: Scene,
    seconds: Rc<[Second]>,
}

impl Record {
    /// The record of a lab since it was as `begin`.
    #[must_use]
    pub fn new(begin: &Lab, lab: &Lab) -> Record {
        let mut end = lab.fork();
        end.seek(end.end());
        Record {
            begin: begin.now(),
            from: begin.entries().len().min(end.entries().len()),
            before: begin.scene(),
            after: end.scene(),
            seconds: end.seconds(),
            end,
        }
    }

    /// What happened, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.end.entries()[self.from..]
    }

    /// The traffic.
    pub fn seconds(&self) -> impl Iterator<Item = &Second> {
        self.seconds.iter().filter(|second| second.t > self.begin)
    }

    /// The world at the end.
    #[must_use]
    pub fn world(&self) -> &World {
        self.end.world()
    }

    /// The text of a file on main at the end, by its path with the repository.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<String> {
        self.end.files().remove(path)
    }

    /// The first moment of which `test` is true, of all at which something happened. (In between
    /// nothing changes.)
    pub fn find(&self, test: &mut dyn FnMut(&World) -> bool) -> Option<Millis> {
        let mut lab = self.end.fork();
        lab.seek(self.begin);
        let mut last = None;
        let times = self.entries().iter().map(|entry| entry.t);
        for t in std::iter::once(self.begin).chain(times) {
            if last == Some(t) {
                continue;
            }
            last = Some(t);
            lab.seek(t);
            if test(lab.world()) {
                return Some(t);
            }
        }
        None
    }

    /// The pull request that was opened since, and merged or not.
    #[must_use]
    pub fn pull_request(&self) -> Option<&PullRequestRow> {
        let before = self.before.pull_request.as_ref().map(|it| it.number);
        let pull = self.after.pull_request.as_ref();
        pull.filter(|it| Some(it.number) != before)
    }
}

/// The Deployments of a scene that are meant: by name, or all if it is empty.
pub fn deployments<'a>(
    scene: &'a Scene,
    name: &'a str,
) -> impl Iterator<Item = &'a DeploymentRow> + 'a {
    scene
        .deployments
        .iter()
        .filter(move |row| name.is_empty() || row.name == name)
}

/// Their pods that are not on their way out.
pub fn pods<'a>(scene: &'a Scene, name: &'a str) -> impl Iterator<Item = &'a PodRow> + 'a {
    deployments(scene, name)
        .flat_map(|row| &row.sets)
        .flat_map(|set| &set.pods)
        .filter(|pod| pod.form != PodForm::Terminating)
}
