//! `git push` from a job: commits come to a repository, and what a push starts, starts.

use super::runs;
use crate::delivery::actions::answer::Answer;
use crate::delivery::actions::workplace::Outgoing;
use crate::delivery::git::Oid;
use crate::engine::World;
use crate::texts;
use crate::trace::Note;
use ecow::eco_format;

/// Brings commits of a job, which runs for a commit of its `own` repository, to a repository, in the
/// words of git. What a job pushes to its own repository with
/// the token that it has from GitHub starts no workflow ("Triggering a workflow" in GitHub's
/// documentation); what it pushes to another one does.
pub(super) fn push(world: &mut World, own: (&str, Oid), outgoing: &Outgoing) -> Answer {
    let Outgoing {
        name,
        branch,
        head,
        from,
        is_forced,
        ..
    } = outgoing;
    let address = outgoing.address();
    let Some(repository) = world.delivery.repositories.get_mut(name) else {
        let why =
            eco_format!("remote: Repository not found.\nfatal: repository '{address}/' not found");
        return Answer::failed(128, why);
    };
    if let Some(refusal) = outgoing.refusal() {
        return refusal;
    }
    let before = repository.branch(branch);
    if before == Some(*head) {
        return Answer {
            stderr: "Everything up-to-date\n".into(),
            ..Answer::default()
        };
    }
    repository.take(from, *head);
    let is_ahead = before.is_none_or(|before| repository.is_ancestor(before, *head));
    if !is_ahead && !is_forced {
        return Answer::failed(
            1,
            eco_format!(
                "To {address}\n ! [rejected]        {branch} -> {branch} (fetch first)\nerror: failed to push some refs to '{address}'\nhint: Updates were rejected because the remote contains work that you do not\nhint: have locally. This is usually caused by another repository pushing to\nhint: the same ref. If you want to integrate the remote changes, use\nhint: 'git pull' before pushing again."
            ),
        );
    }
    repository.set_branch(branch, *head);
    let subject = repository
        .commit(*head)
        .map(|commit| commit.subject().to_owned());
    let subject = subject.unwrap_or_default();
    let (own, commit) = own;
    world.delivery.tints.share(*head, commit);
    let why = texts::delivery::ci_pushes(&head.short(), branch, name, &subject);
    let entry = world.note("github-actions", None, Note::story("push", "Pushed", why));
    world.because(entry);
    if name != own {
        runs::push(world, name, branch, before, *head);
    } else if branch == super::MAIN {
        crate::gitops::pushed(world, name);
    }
    let moved = match before {
        None => eco_format!(" * [new branch]      {branch} -> {branch}"),
        Some(before) => eco_format!(
            "   {}..{}  {branch} -> {branch}",
            before.short(),
            head.short()
        ),
    };
    Answer {
        stderr: eco_format!("To {address}\n{moved}\n"),
        ..Answer::default()
    }
}
