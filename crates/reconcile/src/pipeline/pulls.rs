//! Pull requests: from a draft to a commit on main.

use super::{MAIN, Outlook, outlook, runs};
use crate::delivery::actions::workflow;
use crate::delivery::git::{self, Conflict, Oid, Person, Repository, Tree};
use crate::delivery::settings::Settings;
use crate::engine::World;
use crate::texts;
use crate::trace::{EntryId, Note};
use crate::view::{MERGED, MergeMethod, Problem, Progress, StatusRow, YOU};
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
    /// The entry that merged it.
    pub merged: Option<EntryId>,
    /// How many people approved it as it is.
    pub approvals: u64,
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

/// A repository's files on main; none if there is no such repository.
pub(crate) fn main_files(world: &World, name: &str) -> Tree {
    let repository = world.delivery.repositories.get(name);
    let files = repository.and_then(|it| Some(it.files(it.branch(MAIN)?)));
    files.unwrap_or_default()
}

/// Begins a repository with a commit of these files.
///
/// # Errors
/// What keeps the files from being a commit.
pub(crate) fn begin(world: &mut World, name: &str, files: &Tree) -> Result<(), Problem> {
    let mut repository = Repository::new();
    let commit = repository
        .commit_files(files, &[], Person::you(), world.now, "Begin")
        .map_err(|error| Problem::whole(name, eco_format!("{error}")))?;
    repository.set_branch(MAIN, commit);
    world.delivery.tints.add(commit);
    world.delivery.repositories.insert(name.into(), repository);
    Ok(())
}

/// Opens a pull request, or puts a new commit on the one that is open. A repository that there is not
/// is begun.
///
/// # Errors
/// What keeps the files from being a commit.
pub(crate) fn open(world: &mut World, name: &str, change: Change) -> Result<(), Problem> {
    let now = world.now;
    if !world.delivery.repositories.contains_key(name) {
        // The pull request brings its files.
        begin(world, name, &Tree::new())?;
    }
    let Some(repository) = world.delivery.repositories.get_mut(name) else {
        return Err(Problem::whole(name, texts::lab::NO_SUCH_REPOSITORY));
    };
    let Some(base) = repository.branch(MAIN) else {
        return Err(Problem::whole(name, texts::delivery::no_branch(name, MAIN)));
    };
    let head = repository
        .commit_files(&change.files, &[base], Person::you(), now, &change.title)
        .map_err(|error| Problem::whole(name, eco_format!("{error}")))?;
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
    let why = texts::delivery::you_commit(&sha, &change.branch, &change.title);
    let commit = world.note(YOU, None, Note::story("commit", "Committed", why));
    world.because(commit);
    let why = texts::delivery::is_open(number, name);
    let entry = world.note(YOU, None, Note::story("open", "PullRequestOpened", why));
    let pull = Pull {
        number,
        repository: name.into(),
        change,
        head,
        base,
        state: PullState::Open,
        entry,
        merged: None,
        // A new commit takes approvals back.
        approvals: 0,
        outlook,
    };
    if before.is_some() {
        world.delivery.pulls.pop();
    }
    world.delivery.pulls.push(pull);
    world.because(entry);
    check(
        world,
        if before.is_some() {
            "synchronize"
        } else {
            "opened"
        },
    );
    Ok(())
}

/// Starts the workflows that run on the open pull request: on what its merge would come to.
fn check(world: &mut World, action: &'static str) {
    let Some(pull) = opened(world).cloned() else {
        return;
    };
    let Some(mut repository) = world.delivery.repositories.get(&pull.repository).cloned() else {
        return;
    };
    let before = repository.branch(MAIN);
    // What cannot be merged is not tested.
    let Ok(commit) = repository.merge(MAIN, pull.head, &landing(&pull, world.now)) else {
        return;
    };
    let event = workflow::Event::PullRequest {
        number: pull.number,
        action,
        base: MAIN.into(),
        head: pull.change.branch.clone(),
        changed: runs::changed(&repository, before, commit),
    };
    world.delivery.tints.share(commit, pull.head);
    runs::start_all(world, &pull.repository, &repository, commit, event);
}

/// What the merge button says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MergeState {
    /// `clean`, `unstable`, `behind`, `blocked` or `dirty`, as in GitHub's API (`mergeable_state`).
    pub state: &'static str,
    /// The lines above the button.
    pub lines: Vec<EcoString>,
    /// The checks of its newest commit.
    pub checks: Vec<StatusRow>,
    /// Where it conflicts with main.
    pub conflicts: Vec<Conflict>,
    /// How many approving reviews its repository asks for.
    pub reviews: u64,
}

impl MergeState {
    /// Whether the button can be pressed.
    #[must_use]
    pub fn can_merge(&self) -> bool {
        matches!(self.state, "clean" | "unstable")
    }
}

/// What the merge button of a pull request says at this moment.
pub(crate) fn merge_state(world: &World, pull: &Pull) -> MergeState {
    let Some(repository) = world.delivery.repositories.get(&pull.repository) else {
        return MergeState::default();
    };
    let Some(main) = repository.branch(MAIN) else {
        return MergeState::default();
    };
    let settings = Settings::read(&repository.files(main));
    let mut lines: Vec<EcoString> = Vec::new();
    let conflicts = repository.merged(main, pull.head).err().unwrap_or_default();
    let checks = checks(world, pull);
    if !conflicts.is_empty() {
        lines.push("This branch has conflicts that must be resolved".into());
        let state = "dirty";
        return MergeState {
            state,
            lines,
            checks,
            conflicts,
            reviews: settings.reviews,
        };
    }
    let mut is_blocked = false;
    if settings.reviews > pull.approvals {
        is_blocked = true;
        let count = settings.reviews;
        let s = if count == 1 { "" } else { "s" };
        lines.push("Review required".into());
        lines.push(eco_format!(
            "At least {count} approving review{s} is required by reviewers with write access."
        ));
    }
    for name in &settings.checks {
        let found = checks.iter().find(|check| check.name == *name);
        match found.map(|check| check.progress) {
            Some(Progress::Done | Progress::Skipped) => {}
            Some(Progress::Failed | Progress::Cancelled) => {
                is_blocked = true;
                lines.push(eco_format!("{name} Required: failing"));
            }
            Some(_) => {
                is_blocked = true;
                lines.push(eco_format!("{name} Required: in progress"));
            }
            None => {
                is_blocked = true;
                lines.push(eco_format!(
                    "{name} Expected — Waiting for status to be reported"
                ));
            }
        }
    }
    let any = |wanted: &[Progress]| checks.iter().any(|check| wanted.contains(&check.progress));
    let is_failing = any(&[Progress::Failed, Progress::Cancelled]);
    let is_pending = any(&[Progress::Active, Progress::Waiting]);
    if is_failing {
        lines.push("Some checks were not successful".into());
    } else if is_pending {
        lines.push("Some checks haven't completed yet".into());
    } else if !checks.is_empty() {
        lines.push("All checks have passed".into());
    }
    let is_behind = settings.is_strict && !repository.is_ancestor(main, pull.head);
    let state = if is_blocked {
        lines.push("Merging is blocked".into());
        "blocked"
    } else if is_behind {
        lines.push("This branch is out-of-date with the base branch".into());
        "behind"
    } else {
        lines.push("This branch has no conflicts with the base branch".into());
        if is_failing || is_pending {
            "unstable"
        } else {
            "clean"
        }
    };
    MergeState {
        state,
        lines,
        checks,
        conflicts,
        reviews: settings.reviews,
    }
}

/// The jobs of the newest runs for a pull request, one check each.
fn checks(world: &World, pull: &Pull) -> Vec<StatusRow> {
    let is_own = |event: &workflow::Event| matches!(event, workflow::Event::PullRequest { number, .. } if *number == pull.number);
    let runs = world.delivery.runs.iter().map(|state| &state.run);
    let own: Vec<_> = runs.filter(|run| is_own(run.event())).collect();
    let Some(newest) = own.last().map(|run| run.commit()) else {
        return Vec::new();
    };
    let newest = own.into_iter().filter(|run| run.commit() == newest);
    let rows = newest.flat_map(|run| run.row(world.now, Default::default()).jobs);
    rows.map(|job| StatusRow {
        name: job.name,
        progress: job.progress,
    })
    .collect()
}

/// What a merge says about a pull request.
fn landing(pull: &Pull, time: kube::Millis) -> git::Pull<'_> {
    git::Pull {
        number: pull.number,
        title: &pull.change.title,
        description: &pull.change.description,
        from: &pull.change.branch,
        time,
    }
}

/// Somebody approves the open pull request.
pub(super) fn approve(world: &mut World) -> Result<(), EcoString> {
    let now_open = last_open(world).ok_or(texts::delivery::NO_PULL_REQUEST)?;
    now_open.approvals += 1;
    let (number, entry) = (now_open.number, now_open.entry);
    world.because(entry);
    let why = texts::delivery::is_approved(number);
    world.note(YOU, None, Note::story("approve", "Approved", why));
    Ok(())
}

/// Opens a pull request that takes back what the newest merge brought.
pub(super) fn revert(world: &mut World) -> Result<(), EcoString> {
    let merged = world
        .delivery
        .pulls
        .iter()
        .rev()
        .find_map(|pull| match pull.state {
            PullState::Merged(commit) => Some((pull.clone(), commit)),
            _ => None,
        });
    let (pull, commit) = merged.ok_or(texts::delivery::NONE_WAS_MERGED)?;
    if opened(world).is_some() {
        return Err(texts::delivery::ANOTHER_IS_OPEN.into());
    }
    let repository = world.delivery.repositories.get(&pull.repository).cloned();
    let mut repository = repository.ok_or(texts::delivery::REPOSITORY_IS_GONE)?;
    let onto = repository
        .branch(MAIN)
        .ok_or(texts::delivery::NO_MAIN_BRANCH)?;
    let reverted = repository.revert(commit, onto, Person::you(), world.now);
    let head = reverted.map_err(|_| {
        EcoString::from("Sorry, this pull request couldn't be reverted automatically. It may have already been reverted, or the content may have changed since it was merged.")
    })?;
    let change = Change {
        title: eco_format!("Revert \"{}\"", pull.change.title),
        branch: eco_format!("revert-{}-{}", pull.number, pull.change.branch),
        description: eco_format!("Reverts example/{}#{}", pull.repository, pull.number),
        files: repository.files(head),
    };
    open(world, &pull.repository, change).map_err(|problem| problem.message)
}

/// Closes the open pull request without merging it.
pub(crate) fn close(world: &mut World) {
    let Some(pull) = last_open(world) else {
        return;
    };
    pull.state = PullState::Closed;
    let (number, entry) = (pull.number, pull.entry);
    world.because(entry);
    let why = texts::delivery::is_closed(number);
    world.note(YOU, None, Note::story("close", "PullRequestClosed", why));
}

/// The ways in which a pull request's repository lets it be merged, the preferred one first.
pub(crate) fn methods(world: &World, pull: &Pull) -> Vec<MergeMethod> {
    let allowed = Settings::read(&main_files(world, &pull.repository)).merges;
    let preferred = [MergeMethod::Squash, MergeMethod::Merge, MergeMethod::Rebase];
    let is_allowed = |method: &MergeMethod| allowed[*method as usize];
    preferred.into_iter().filter(is_allowed).collect()
}

/// Merges the open pull request, and starts what a push to main starts.
pub(super) fn merge_by(world: &mut World, method: MergeMethod) -> Result<(), EcoString> {
    let now = world.now;
    let pull = opened(world)
        .cloned()
        .ok_or(texts::delivery::NO_PULL_REQUEST)?;
    let state = merge_state(world, &pull);
    if !state.can_merge() {
        return Err(match state.conflicts.first() {
            Some(conflict) => eco_format!("{}: {}", state.lines.join(" "), conflict.message),
            None => state.lines.join(" ").into(),
        });
    }
    if !methods(world, &pull).contains(&method) {
        let what = ["Merge commits", "Squash merges", "Rebase merges"][method as usize];
        return Err(eco_format!("{what} are not allowed on this repository."));
    }
    let about = landing(&pull, now);
    let repository = world.delivery.repositories.get_mut(&pull.repository);
    let repository = repository.ok_or(texts::delivery::REPOSITORY_IS_GONE)?;
    let before = repository.branch(MAIN);
    let landed = match (method, before) {
        (MergeMethod::Merge, _) => repository.merge(MAIN, pull.head, &about),
        (MergeMethod::Rebase, Some(onto)) => repository.rebase(pull.head, onto, now),
        _ => repository.squash(MAIN, pull.head, &about),
    };
    let commit = landed.map_err(|_| "This branch has conflicts that must be resolved")?;
    repository.set_branch(MAIN, commit);
    world.delivery.tints.follow(commit, pull.head);
    world.because(pull.entry);
    let why = texts::delivery::you_merge(pull.number, &commit.short(), MAIN);
    let merged = world.note(YOU, None, Note::story("merge", MERGED, why));
    if let Some(open) = last_open(world) {
        open.state = PullState::Merged(commit);
        open.merged = Some(merged);
    }
    world.because(merged);
    runs::push(world, &pull.repository, MAIN, before, commit);
    Ok(())
}

fn last_open(world: &mut World) -> Option<&mut Pull> {
    let pulls = world.delivery.pulls.make_mut();
    pulls
        .last_mut()
        .filter(|pull| pull.state == PullState::Open)
}
