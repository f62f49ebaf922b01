//! What an operation does when a step fails: what it stores, what it deletes, and the rollback.

use super::actions;
use super::operation::{Kind, Operation, Phase, Recovery, Step};
use super::options::ActionOptions;
use super::{Cluster, Status};

impl Operation {
    /// What follows a failure.
    pub(super) fn fail(
        &mut self,
        phase: &Phase,
        step: &Step,
        error: String,
        cluster: &mut dyn Cluster,
        now_ms: i64,
    ) {
        if let Phase::Hooks(event, at) = phase {
            self.drop_hooks_after_failure(event, *at, step, cluster);
        }
        if *phase == Phase::Preparing {
            self.result = Some(Err(error));
            return;
        }
        match self.kind {
            Kind::Install => self.fail_install(phase, error, cluster, now_ms),
            Kind::Upgrade => self.fail_upgrade(phase, error, cluster, now_ms),
            Kind::Rollback => self.fail_rollback(phase, error, cluster),
            Kind::Uninstall => self.fail_uninstall(phase, error),
        }
    }

    /// The policies of hooks of which one failed: it goes by `hook-failed`, those before it by
    /// `hook-succeeded`.
    fn drop_hooks_after_failure(
        &mut self,
        event: &str,
        at: usize,
        step: &Step,
        cluster: &mut dyn Cluster,
    ) {
        if !matches!(step, Step::AwaitHook(_)) {
            return;
        }
        let hooks = actions::hooks_of(&self.release, event);
        for (number, hook) in hooks.iter().enumerate().take(at + 1) {
            let policy = if number == at {
                "hook-failed"
            } else {
                "hook-succeeded"
            };
            if actions::goes_by(hook, policy) {
                for resource in self.objects_of(hook, cluster).unwrap_or_default() {
                    // The failure of the hook is what is told.
                    let _ = cluster.delete(&resource);
                }
            }
        }
    }

    fn fail_install(
        &mut self,
        phase: &Phase,
        error: String,
        cluster: &mut dyn Cluster,
        now_ms: i64,
    ) {
        let error = match phase {
            Phase::Hooks(event, _) => format!("failed {event}: {error}"),
            _ => error,
        };
        let name = self.release.name.clone();
        if !self.options.rollback_on_failure {
            let description = format!("Release {name:?} failed: {error}");
            self.record(Status::Failed, description, cluster);
            self.result = Some(Err(error));
            return;
        }
        let options = ActionOptions {
            keep_history: false,
            ..self.options.clone()
        };
        let undo = actions::uninstall(cluster, &self.release.namespace, &name, &options, now_ms);
        self.recover(undo, error);
    }

    fn fail_upgrade(
        &mut self,
        phase: &Phase,
        error: String,
        cluster: &mut dyn Cluster,
        now_ms: i64,
    ) {
        let error = match phase {
            Phase::Hooks(event, _) => format!("{event} hooks failed: {error}"),
            _ => error,
        };
        let name = self.release.name.clone();
        let description = format!("Upgrade {name:?} failed: {error}");
        self.record(Status::Failed, description, cluster);
        if let Err(more) = self.clean_up(cluster) {
            self.result = Some(Err(format!(
                "an error occurred while cleaning up resources. original upgrade error: {error}: {more}"
            )));
            return;
        }
        if !self.options.rollback_on_failure {
            self.result = Some(Err(error));
            return;
        }
        let good = self
            .history(cluster)
            .into_iter()
            .rfind(|it| matches!(it.status, Status::Superseded | Status::Deployed));
        let Some(good) = good else {
            self.result = Some(Err(format!(
                "unable to find a previously successful release when attempting to rollback. original upgrade error: {error}"
            )));
            return;
        };
        let options = ActionOptions {
            cleanup_on_fail: false,
            history_max: 0,
            description: String::new(),
            ..self.options.clone()
        };
        let (namespace, revision) = (&self.release.namespace, good.revision);
        let undo = actions::rollback(cluster, namespace, &name, revision, &options, now_ms);
        self.recover(undo, error);
    }

    fn fail_rollback(&mut self, phase: &Phase, error: String, cluster: &mut dyn Cluster) {
        let name = self.release.name.clone();
        let error = match phase {
            Phase::Changing => {
                self.supersede(self.before, cluster);
                let description = format!("Rollback {name:?} failed: {error}");
                self.record(Status::Failed, description, cluster);
                match self.clean_up(cluster) {
                    Ok(()) => error,
                    Err(more) => format!(
                        "an error occurred while cleaning up resources. original rollback error: {more}"
                    ),
                }
            }
            Phase::Waiting => {
                let description = format!("Release {name:?} failed: {error}");
                self.record(Status::Failed, description, cluster);
                format!("release {name} failed: {error}")
            }
            // The record stays pending: so it does with Helm.
            _ => error,
        };
        self.result = Some(Err(error));
    }

    fn fail_uninstall(&mut self, phase: &Phase, error: String) {
        match phase {
            Phase::Hooks("pre-delete", _) => self.result = Some(Err(error)),
            Phase::Changing => {
                let name = &self.release.name;
                self.result = Some(Err(format!("failed to delete release: {name}")));
            }
            _ => {
                self.errors.push(error);
                // The hooks after one that failed are not run.
                let hooks = matches!(phase, Phase::Hooks(..));
                self.steps.pop_front();
                while hooks && matches!(self.steps.front(), Some((Phase::Hooks(..), _))) {
                    self.steps.pop_front();
                }
            }
        }
    }

    /// `--cleanup-on-fail`: deletes what the update made.
    fn clean_up(&mut self, cluster: &mut dyn Cluster) -> Result<(), String> {
        if !self.options.cleanup_on_fail {
            return Ok(());
        }
        let failures = self
            .created
            .iter()
            .filter_map(|resource| cluster.delete(resource).err());
        let failures: Vec<String> = failures.collect();
        match failures.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "unable to cleanup resources: {}",
                failures.join(", ")
            )),
        }
    }

    fn recover(&mut self, undo: Result<Operation, crate::Error>, error: String) {
        match undo {
            Ok(operation) => {
                self.recovery = Some(Box::new(Recovery { error, operation }));
            }
            Err(more) => {
                let doing = match self.kind {
                    Kind::Install => "uninstalling the release. original install",
                    _ => "rolling back the release. original upgrade",
                };
                self.result = Some(Err(format!(
                    "an error occurred while {doing} error: {error}: {more}"
                )));
            }
        }
    }
}
