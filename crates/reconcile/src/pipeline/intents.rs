//! What a person does on the pages of GitHub and Argo CD besides opening and closing pull requests.

use super::{MAIN, pulls, runs};
use crate::delivery::actions::workflow::{self, Workflow, is_workflow};
use crate::delivery::git::Tree;
use crate::engine::World;
use crate::gitops::{self, argocd};
use crate::texts;
use crate::trace::Note;
use crate::view::{Intent, ObjectRef, WorkflowRow, YOU};
use ecow::{EcoString, eco_format};
use kube::api::{PatchType, Verb};
use kube::{Key, Object, Value, map};
use std::rc::Rc;

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
                return Err(texts::delivery::nothing_to_review(environment));
            }
            let why = texts::delivery::you_review(*is_approved, environment);
            you(world, at, Note::story("review", "DeploymentReviewed", why));
            runs::act(world, at, |run, _| {
                run.review(environment, *is_approved, now)
            });
            Ok(())
        }
        Intent::Cancel(run) => {
            let at = place(world, *run)?;
            let note = Note::story("cancel", "RunCancelled", texts::delivery::YOU_CANCEL);
            you(world, at, note);
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
            let why = texts::delivery::you_run_again(*is_failed_only);
            you(world, at, Note::story("start", "RunAgain", why));
            runs::act(world, at, |run, _| run.run_again(*is_failed_only, now));
            Ok(())
        }
        Intent::Dispatch {
            repository,
            workflow,
            inputs,
        } => dispatch(world, repository, workflow, inputs),
        Intent::Refresh(object) => {
            let key = key(object);
            let why = texts::delivery::you_ask_for_a_look(&key);
            let patch = gitops::refreshed(&key, now);
            patch_by_hand(world, key, patch, Note::story("patch", "Refresh", why))
        }
        Intent::Sync {
            application,
            is_pruning,
        } => operate(world, application, |app| {
            argocd::sync_operation(app, *is_pruning)
        }),
        Intent::Rollback { application, id } => operate(world, application, |app| {
            argocd::rollback_operation(app, *id)
        }),
    }
}

/// The key of an object that a viewer names.
pub(crate) fn key(object: &ObjectRef) -> Key {
    let ObjectRef {
        kind,
        namespace,
        name,
    } = object.clone();
    Key::new(kind, namespace, name)
}

/// Asks Argo CD for an operation on an Application.
fn operate(
    world: &mut World,
    application: &ObjectRef,
    operation: impl FnOnce(&Object) -> Result<Value, EcoString>,
) -> Result<(), EcoString> {
    let key = key(application);
    let app: Option<Rc<Object>> = world.store().get(&key).cloned();
    let app = app.ok_or_else(|| texts::delivery::there_is_no(&key))?;
    let patch = map! { "operation" => operation(&app)? };
    let why = texts::delivery::you_sync(&key.name);
    patch_by_hand(world, key, patch, Note::story("patch", "Sync", why))
}

fn patch_by_hand(world: &mut World, key: Key, patch: Value, note: Note) -> Result<(), EcoString> {
    world.begin();
    let verb = Verb::Patch(PatchType::Merge, patch);
    let done = world.request(YOU, key, "", verb, note);
    done.map(|_| ()).map_err(|status| status.message)
}

fn place(world: &World, number: u32) -> Result<usize, EcoString> {
    let at = usize::try_from(number)
        .ok()
        .and_then(|number| number.checked_sub(1));
    let at = at.filter(|at| *at < world.delivery.runs.len());
    at.ok_or_else(|| texts::delivery::no_run(number))
}

/// Notes what a person does to a run: what follows is led to by it, and by what started the run.
fn you(world: &mut World, at: usize, note: Note) {
    world.because(world.delivery.runs[at].cause);
    let entry = world.note(YOU, None, note);
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
    let (commit, repository) = found.ok_or_else(|| texts::delivery::no_repository(name))?;
    let event = workflow::Event::Dispatch {
        branch: MAIN.into(),
        inputs: inputs.to_vec(),
    };
    let mut workflows = workflows(name, &repository.files(commit)).into_iter();
    let workflow = workflows
        .find(|workflow| workflow.name == wanted)
        .ok_or_else(|| texts::delivery::no_workflow(name, wanted))?;
    if !workflow.runs_on(&event) {
        return Err("Workflow does not have 'workflow_dispatch' trigger".into());
    }
    workflow.check_inputs(inputs)?;
    world.begin();
    runs::start(world, name, &repository, commit, event, workflow);
    Ok(())
}

/// The workflows of a repository that have no mistakes.
fn workflows(repository: &str, files: &Tree) -> Vec<Workflow> {
    let texts = files.iter().filter(|(path, _)| is_workflow(path));
    let read =
        texts.map(|(path, text)| Workflow::parse(&eco_format!("{repository}/{path}"), text).ok());
    read.flatten().collect()
}

/// The workflows on main that can be started by hand, with what they ask for.
pub(crate) fn dispatchable(world: &World) -> Vec<WorkflowRow> {
    let mut rows = Vec::new();
    for (name, repository) in world.delivery.repositories.iter() {
        let Some(main) = repository.branch(MAIN) else {
            continue;
        };
        for workflow in workflows(name, &repository.files(main)) {
            if let Some(inputs) = workflow.asks_for() {
                rows.push(WorkflowRow {
                    repository: name.clone(),
                    name: workflow.name,
                    inputs,
                });
            }
        }
    }
    rows
}
