//! Pull requests: from a draft to a commit on main.

use super::{MAIN, Outlook, outlook, runs};
use crate::delivery::git::{self, Oid, Person, Tree};
use crate::engine::World;
use crate::trace::{EntryId, Note};
use crate::view::Problem;
use ecow::{EcoString, EcoVec, eco_format};

/// A pull request.
#[derive(Clone, Debug)]
pub struct Pull {
    /// From 1.
    pub number: u32,
    /// Where it belongs.
    pub repository: EcoString,
    /// What it is.
    pub change: Change,
    /// Its commit on its branch.
    pub head: Oid,
    /// The commit of main that it was made from.
    pub base: Oid,
    /// How far it is.
    pub state: PullState,
    /// The entry that opened it.
    pub entry: EntryId,
    /// What it will do, or why that cannot be said.
    pub outlook: Result<Outlook, EcoVec<Problem>>,
}

/// What somebody proposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The title.
    pub title: EcoString,
    /// The branch it lies on.
    pub branch: EcoString,
    /// The description, possibly empty.
    pub description: EcoString,
    /// The repository's files as they are to be.
    pub files: Tree,
}

/// How far a pull request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullState {
    /// Waiting.
    Open,
    /// On main, as this commit.
    Merged(Oid),
    /// Given up.
    Closed,
}

/// The pull request that is open; there is at most one.
pub(crate) fn opened(world: &World) -> Option<&Pull> {
    world
        .delivery
        .pulls
        .last()
        .filter(|pull| pull.state == PullState::Open)
}

/// Opens a pull request, or puts a new commit on the one that is open.
///
/// # Errors
/// What keeps the files from being a commit.
pub(crate) fn open(world: &mut World, name: &str, change: Change) -> Result<(), Problem> {
    let now = world.now;
    let Some(repository) = world.delivery.repositories.get_mut(name) else {
        return Err(problem(name, eco_format!("there is no repository {name}")));
    };
    let Some(base) = repository.branch(MAIN) else {
        return Err(problem(name, eco_format!("{name} has no branch {MAIN}")));
    };
    let head = repository
        .commit_files(&change.files, &[base], Person::you(), now, &change.title)
        .map_err(|error| problem(name, eco_format!("{error}")))?;
    repository.set_branch(&change.branch, head);
    let outlook = outlook::rehearse(world, name, head, &change).map_err(EcoVec::from);
    world.begin();
    let before = opened(world).map(|pull| (pull.number, pull.head));
    let number = match before {
        Some((number, _)) => number,
        None => u32::try_from(world.delivery.pulls.len()).unwrap_or(u32::MAX - 1) + 1,
    };
    match before {
        Some((_, old)) => world.delivery.tints.follow(head, old),
        None => world.delivery.tints.add(head),
    }
    let sha = head.short();
    let why = eco_format!(
        "You commit {sha} to branch {}: {}.",
        change.branch,
        change.title
    );
    let commit = world.note("you", None, Note::story("commit", "Committed", why));
    world.because(commit);
    let why = eco_format!(
        "Pull request #{number} of {name} is open. Nothing in the cluster changes until it is merged."
    );
    let entry = world.note("you", None, Note::story("open", "PullRequestOpened", why));
    let pull = Pull {
        number,
        repository: name.into(),
        change,
        head,
        base,
        state: PullState::Open,
        entry,
        outlook,
    };
    if before.is_some() {
        world.delivery.pulls.pop();
    }
    world.delivery.pulls.push(pull);
    Ok(())
}

/// Closes the open pull request without merging it.
pub(crate) fn close(world: &mut World) {
    let Some(pull) = last_open(world) else {
        return;
    };
    pull.state = PullState::Closed;
    let (number, entry) = (pull.number, pull.entry);
    world.because(entry);
    let why = eco_format!("Pull request #{number} is closed without a merge: nothing changes.");
    world.note("you", None, Note::story("close", "PullRequestClosed", why));
}

/// Merges the open pull request by squashing it, and starts what a push to main starts.
pub(crate) fn merge(world: &mut World) {
    let now = world.now;
    let Some(pull) = opened(world).cloned() else {
        return;
    };
    let squash = git::Pull {
        number: pull.number,
        title: &pull.change.title,
        description: &pull.change.description,
        from: &pull.change.branch,
        time: now,
    };
    let repository = world.delivery.repositories.get_mut(&pull.repository);
    let Some(commit) = repository.and_then(|it| it.squash(MAIN, pull.head, &squash)) else {
        return;
    };
    world.delivery.tints.follow(commit, pull.head);
    if let Some(open) = last_open(world) {
        open.state = PullState::Merged(commit);
    }
    world.because(pull.entry);
    let why = eco_format!(
        "You merge pull request #{}: commit {} is on {MAIN} now.",
        pull.number,
        commit.short()
    );
    let merged = world.note("you", None, Note::story("merge", "Merged", why));
    world.because(merged);
    runs::push(world, &pull.repository, commit);
}

fn last_open(world: &mut World) -> Option<&mut Pull> {
    let pulls = world.delivery.pulls.make_mut();
    pulls
        .last_mut()
        .filter(|pull| pull.state == PullState::Open)
}

fn problem(path: &str, message: EcoString) -> Problem {
    Problem {
        path: path.into(),
        line: 0,
        column: 0,
        message,
        hint: EcoString::new(),
    }
}
