//! What a person does on GitHub's pages besides opening, closing and merging.

use super::pulls::{self, MergeMethod};
use super::{MAIN, runs};
use crate::delivery::actions::workflow::{self, Workflow, is_workflow};
use crate::engine::World;
use crate::trace::Note;
use ecow::{EcoString, eco_format};

/// Something that a person does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Merges the open pull request in this way.
    Merge(MergeMethod),
    /// Approves the open pull request.
    Approve,
    /// Opens a pull request that takes the newest merge back, and merges nothing.
    Revert,
    /// Approves a run's deployments to an environment, or rejects them.
    Review {
        /// The run's number.
        run: u32,
        /// The environment.
        environment: EcoString,
        /// Whether they may go on.
        is_approved: bool,
    },
    /// Cancels a run, by its number.
    Cancel(u32),
    /// Runs the jobs of a run again: all, or those that failed.
    RunAgain {
        /// The run's number.
        run: u32,
        /// Whether only those that failed.
        is_failed_only: bool,
    },
    /// "Run workflow": starts a workflow of a repository on main.
    Dispatch {
        /// The repository.
        repository: EcoString,
        /// The workflow's name.
        workflow: EcoString,
        /// What was filled in.
        inputs: Vec<(EcoString, EcoString)>,
    },
}

/// Does it.
///
/// # Errors
/// Why it cannot be done, in GitHub's words where it has some. Nothing has changed then.
pub(crate) fn act(world: &mut World, intent: &Intent) -> Result<(), EcoString> {
    let now = world.now;
    match intent {
        Intent::Merge(method) => pulls::merge_by(world, *method),
        Intent::Approve => pulls::approve(world),
        Intent::Revert => pulls::revert(world),
        Intent::Review {
            run,
            environment,
            is_approved,
        } => {
            let at = place(world, *run)?;
            if !world.delivery.runs[at].run.reviews().contains(environment) {
                return Err(eco_format!(
                    "no deployment to {environment} waits for a review"
                ));
            }
            let what = if *is_approved { "approve" } else { "reject" };
            let why = eco_format!("You {what} the deployment to {environment}.");
            you(world, at, Note::story("review", "DeploymentReviewed", why));
            runs::act(world, at, |run, _| {
                run.review(environment, *is_approved, now)
            });
            Ok(())
        }
        Intent::Cancel(run) => {
            let at = place(world, *run)?;
            let why = "You cancel the workflow run.";
            you(world, at, Note::story("cancel", "RunCancelled", why));
            runs::act(world, at, |run, _| {
                run.cancel("The operation was canceled.", now)
            });
            Ok(())
        }
        Intent::RunAgain {
            run,
            is_failed_only,
        } => {
            let at = place(world, *run)?;
            let what = if *is_failed_only {
                "the failed jobs"
            } else {
                "all jobs"
            };
            let why = eco_format!("You run {what} of the workflow again.");
            you(world, at, Note::story("start", "RunAgain", why));
            runs::act(world, at, |run, _| run.run_again(*is_failed_only, now));
            Ok(())
        }
        Intent::Dispatch {
            repository,
            workflow,
            inputs,
        } => dispatch(world, repository, workflow, inputs),
    }
}

fn place(world: &World, number: u32) -> Result<usize, EcoString> {
    let at = usize::try_from(number)
        .ok()
        .and_then(|number| number.checked_sub(1));
    let at = at.filter(|at| *at < world.delivery.runs.len());
    at.ok_or_else(|| eco_format!("there is no run {number}"))
}

/// Notes what a person does to a run: what follows is led to by it.
fn you(world: &mut World, at: usize, note: Note) {
    world.begin();
    let entry = world.note("you", None, note);
    world.because(entry);
    world.delivery.runs.make_mut()[at].cause = entry;
}

fn dispatch(
    world: &mut World,
    name: &str,
    wanted: &str,
    inputs: &[(EcoString, EcoString)],
) -> Result<(), EcoString> {
    let repository = world.delivery.repositories.get(name).cloned();
    let found = repository.and_then(|it| Some((it.branch(MAIN)?, it)));
    let (commit, repository) = found.ok_or_else(|| eco_format!("there is no repository {name}"))?;
    let event = workflow::Event::Dispatch {
        branch: MAIN.into(),
        inputs: inputs.to_vec(),
    };
    let files = repository.files(commit);
    let texts = files.iter().filter(|(path, _)| is_workflow(path));
    let mut read =
        texts.filter_map(|(path, text)| Workflow::parse(&eco_format!("{name}/{path}"), text).ok());
    let workflow = read
        .find(|workflow| workflow.name == wanted)
        .ok_or_else(|| eco_format!("{name} has no workflow \"{wanted}\""))?;
    if !workflow.runs_on(&event) {
        return Err("Workflow does not have 'workflow_dispatch' trigger".into());
    }
    workflow.check_inputs(inputs)?;
    world.begin();
    runs::start(world, name, &repository, commit, event, workflow);
    Ok(())
}
