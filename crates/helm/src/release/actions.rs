//! `helm install`, `upgrade`, `rollback` and `uninstall` up to the first change: what they check, and
//! what they set out to do (helm.sh/helm/v4/pkg/action).

use super::operation::{Kind, Operation, Phase, Step, Update};
use super::options::ActionOptions;
use super::resource::{Resource, build, check_owner};
use super::{Cluster, Release, Status};
use crate::json::deep_copy_map;
use crate::log::Log;
use crate::manifest::{Hook, INSTALL_ORDER};
use crate::release_name::check_release_name;
use crate::render::Prepared;
use crate::values::coalesce_tables;
use crate::{Chart, Error, ReleaseOptions, Values};
use std::rc::Rc;
use yaml::map;

/// The hooks of an event in the order in which they run.
pub(super) fn hooks_of(release: &Release, event: &str) -> Vec<Hook> {
    let of_event = |hook: &&Hook| hook.events.iter().any(|one| one == event);
    let mut hooks: Vec<Hook> = release.hooks.iter().filter(of_event).cloned().collect();
    lean::sort_by(&mut hooks, |a, b| {
        (a.weight, &a.manifest.name).cmp(&(b.weight, &b.manifest.name))
    });
    hooks
}

/// Whether a policy deletes a hook. Without any, the one of the last run goes before the next.
pub(super) fn goes_by(hook: &Hook, policy: &str) -> bool {
    let has = match hook.delete_policies.is_empty() {
        true => policy == "before-hook-creation",
        false => hook.delete_policies.iter().any(|one| one == policy),
    };
    has && hook.manifest.kind != "CustomResourceDefinition"
}

impl Operation {
    fn push(&mut self, phase: Phase, step: Step) {
        self.steps.push_back((phase, step));
    }

    fn push_hooks(&mut self, event: &'static str, cluster: &dyn Cluster) -> Result<(), Error> {
        if self.options.no_hooks {
            return Ok(());
        }
        let hooks = hooks_of(&self.release, event);
        for (at, hook) in hooks.iter().enumerate() {
            let phase = || Phase::Hooks(event, at);
            if goes_by(hook, "before-hook-creation") {
                self.push(phase(), Step::DropHook(hook.clone()));
                if self.options.wait {
                    let text = &hook.manifest.content;
                    let objects = objects(text, &self.release.namespace, cluster, "hook")?;
                    self.push(phase(), Step::AwaitGone(objects));
                }
            }
            self.push(phase(), Step::RunHook(hook.clone()));
            self.push(phase(), Step::AwaitHook(hook.clone()));
        }
        for (at, hook) in hooks.iter().enumerate().rev() {
            if goes_by(hook, "hook-succeeded") {
                self.push(Phase::Hooks(event, at), Step::DropHook(hook.clone()));
            }
        }
        Ok(())
    }

    /// The steps that an installation, an upgrade and a rollback share: the hooks before, the change,
    /// the wait, the hooks after.
    fn push_change(
        &mut self,
        events: [&'static str; 2],
        change: Option<Step>,
        resources: Vec<Resource>,
        cluster: &dyn Cluster,
    ) -> Result<(), Error> {
        self.push_hooks(events[0], cluster)?;
        if let Some(change) = change {
            self.push(Phase::Changing, change);
        }
        if self.options.wait && !resources.is_empty() {
            self.push(Phase::Waiting, Step::AwaitReady(resources));
        }
        self.push_hooks(events[1], cluster)
    }

    /// The steps from the objects of one revision to those of another.
    fn push_update(
        &mut self,
        events: [&'static str; 2],
        last: Vec<Resource>,
        next: Vec<Resource>,
        cluster: &dyn Cluster,
    ) -> Result<(), Error> {
        let change = Step::Update(Update {
            last,
            next: next.clone(),
            replace: self.options.force_replace,
        });
        self.push_change(events, Some(change), next, cluster)
    }

    fn push_prune(&mut self) {
        if let Some(most) = self.options.history_max.checked_sub(1) {
            self.push(Phase::Preparing, Step::Prune(most));
        }
    }
}

/// The objects of a text of manifests. `whose` says in an error which they are.
fn objects(
    text: &str,
    namespace: &str,
    cluster: &dyn Cluster,
    whose: &str,
) -> Result<Vec<Resource>, Error> {
    let is_namespaced = |version: &str, kind: &str| cluster.is_namespaced(version, kind);
    build(text, namespace, &is_namespaced).map_err(|why| {
        Error::new(format!(
            "unable to build kubernetes objects from {whose} manifest: {why}"
        ))
    })
}

/// The objects of a release's manifest, marked as the release's.
pub(super) fn marked_objects(
    release: &Release,
    cluster: &dyn Cluster,
    whose: &str,
) -> Result<Vec<Resource>, Error> {
    let mut resources = objects(&release.manifest, &release.namespace, cluster, whose)?;
    for resource in &mut resources {
        resource.mark(&release.name, &release.namespace);
    }
    Ok(resources)
}

/// Of objects that are new to a release, those that are there already and may be taken over.
fn adopted<'a>(
    resources: impl Iterator<Item = &'a Resource>,
    release: &Release,
    take_ownership: bool,
    cluster: &dyn Cluster,
) -> Result<Vec<Resource>, String> {
    let mut adopted = Vec::new();
    for resource in resources {
        if resource.is_nameless()? {
            continue;
        }
        let Some(live) = cluster.get(resource) else {
            continue;
        };
        if !take_ownership {
            check_owner(&live, &release.name, &release.namespace).map_err(|why| {
                let shown = resource.shown();
                format!("{shown} exists and cannot be imported into the current release: {why}")
            })?;
        }
        adopted.push(resource.clone());
    }
    Ok(adopted)
}

/// Manifests under `crds/` with their paths.
type Crds = Vec<(String, Rc<str>)>;

/// Renders a chart, and makes the record of it.
fn render(
    chart: Chart,
    values: &Values,
    options: &ReleaseOptions,
    first_deployed_ms: i64,
) -> Result<(Release, Crds), Error> {
    let metadata = chart.metadata.clone();
    let prepared = Prepared::new(chart, values, options)?;
    let rendered = prepared.render(options)?;
    let release = Release {
        name: options.name.clone(),
        namespace: options.namespace.clone(),
        revision: options.revision,
        status: Status::Unknown,
        metadata,
        defaults: prepared.values(),
        values: values.to_yaml(),
        manifest: rendered.manifest(),
        hooks: rendered.hooks,
        notes: rendered.notes,
        description: String::new(),
        first_deployed_ms,
        updated_ms: options.now_ms,
        deleted_ms: None,
        rollback_of: None,
    };
    Ok((release, rendered.crds))
}

fn waiting(options: &ActionOptions) -> ActionOptions {
    ActionOptions {
        wait: options.wait || options.rollback_on_failure,
        ..options.clone()
    }
}

fn or_else(own: &str, default: &str) -> String {
    if own.is_empty() { default } else { own }.to_owned()
}

/// `helm install`. `options` names the release and its namespace; its revision does not count.
///
/// # Errors
/// What Helm refuses before it stores anything: a name that is in use, a chart that does not render,
/// objects that belong to others.
pub fn install(
    cluster: &dyn Cluster,
    chart: &Chart,
    values: &Values,
    options: &ReleaseOptions,
    action: &ActionOptions,
) -> Result<Operation, Error> {
    check_release_name(&options.name, &options.log)?;
    let last = cluster.history(&options.namespace, &options.name).pop();
    let is_free = last.as_ref().is_none_or(|last| {
        action.replace && matches!(last.status, Status::Uninstalled | Status::Failed)
    });
    if !is_free {
        let why = "release name check failed: cannot reuse a name that is still in use";
        return Err(Error::new(why));
    }
    let options = ReleaseOptions {
        revision: 1,
        is_upgrade: false,
        ..options.clone()
    };
    let (mut release, crds) = render(chart.clone(), values, &options, options.now_ms)?;
    let resources = marked_objects(&release, cluster, "release")?;
    let taken = adopted(resources.iter(), &release, action.take_ownership, cluster)
        .map_err(|why| Error::new(format!("unable to continue with install: {why}")))?;
    if let Some(last) = &last {
        release.revision = last.revision + 1;
    }

    let description = or_else(&action.description, "Install complete");
    let mut operation = Operation::new(Kind::Install, release, None, waiting(action));
    if !action.skip_crds {
        for (_, text) in &crds {
            let crds = objects(text, &options.namespace, cluster, "CRD")?;
            operation.push(Phase::Preparing, Step::Ensure(crds));
        }
    }
    if action.create_namespace {
        let namespace = namespace(&options.namespace, cluster);
        operation.push(Phase::Preparing, Step::Ensure(vec![namespace]));
    }
    if let Some(last) = last.filter(|last| last.status != Status::Failed) {
        let step = Step::Supersede(Some(last.revision));
        operation.push(Phase::Preparing, step);
    }
    let underway = "Initial install underway".to_owned();
    operation.push(
        Phase::Preparing,
        Step::Record(Status::PendingInstall, underway),
    );
    let change = match (resources.is_empty(), taken.is_empty()) {
        (true, _) => None,
        (false, true) => Some(Step::Create(resources.clone())),
        (false, false) => Some(Step::Update(Update {
            last: taken,
            next: resources.clone(),
            replace: action.force_replace,
        })),
    };
    operation.push_change(["pre-install", "post-install"], change, resources, cluster)?;
    let done = Step::Record(Status::Deployed, description);
    operation.push(Phase::Ending, done);
    Ok(operation)
}

/// What `--create-namespace` makes.
fn namespace(name: &str, cluster: &dyn Cluster) -> Resource {
    let object = map! {
        "apiVersion" => "v1",
        "kind" => "Namespace",
        "metadata" => map! { "name" => name, "labels" => map! { "name" => name } },
    };
    let is_namespaced = |version: &str, kind: &str| cluster.is_namespaced(version, kind);
    Resource::new(object, "", &is_namespaced)
}

fn no_deployed(name: &str) -> Error {
    Error::new(format!("{name:?} has no deployed releases"))
}

/// `helm upgrade`. `options` names the release and its namespace; its revision does not count.
///
/// # Errors
/// What Helm refuses before it stores anything.
pub fn upgrade(
    cluster: &dyn Cluster,
    chart: &Chart,
    values: &Values,
    options: &ReleaseOptions,
    action: &ActionOptions,
) -> Result<Operation, Error> {
    let name = &options.name;
    let history = cluster.history(&options.namespace, name);
    let last = history.last();
    if action.install && last.is_none_or(|last| last.status == Status::Uninstalled) {
        let action = ActionOptions {
            replace: last.is_some(),
            ..action.clone()
        };
        return install(cluster, chart, values, options, &action);
    }
    if check_release_name(name, &Log::default()).is_err() {
        return Err(Error::new(format!("release name is invalid: {name}")));
    }
    let last = last.ok_or_else(|| no_deployed(name))?;
    if last.status.is_pending() {
        let why = "another operation (install/upgrade/rollback) is in progress";
        return Err(Error::new(why));
    }
    let current = current_of(&history).ok_or_else(|| no_deployed(name))?;
    let (chart, values) = reuse_values(chart, values, &current, action, &options.log);
    let options = ReleaseOptions {
        revision: last.revision + 1,
        is_upgrade: true,
        ..options.clone()
    };
    let (release, _) = render(chart, &values, &options, current.first_deployed_ms)?;
    let mut before = objects(
        &current.manifest,
        &current.namespace,
        cluster,
        "current release",
    )?;
    let after = marked_objects(&release, cluster, "new release")?;
    let is_new = |it: &&Resource| {
        let version = it.object.get("apiVersion");
        !before
            .iter()
            .any(|old| old.is_same(it) && old.object.get("apiVersion") == version)
    };
    let new = after.iter().filter(is_new);
    let taken = adopted(new, &release, action.take_ownership, cluster)
        .map_err(|why| Error::new(format!("unable to continue with update: {why}")))?;
    before.extend(taken);

    let description = or_else(&action.description, "Upgrade complete");
    let revision = Some(current.revision);
    let mut operation = Operation::new(Kind::Upgrade, release, revision, waiting(action));
    operation.push_prune();
    let preparing = "Preparing upgrade".to_owned();
    operation.push(
        Phase::Preparing,
        Step::Record(Status::PendingUpgrade, preparing),
    );
    operation.push_update(["pre-upgrade", "post-upgrade"], before, after, cluster)?;
    operation.push(Phase::Ending, Step::Supersede(revision));
    let done = Step::Record(Status::Deployed, description);
    operation.push(Phase::Ending, done);
    Ok(operation)
}

/// The revision that the next is compared with: the deployed one, else the last if it failed or was
/// superseded.
fn current_of(history: &[Rc<Release>]) -> Option<Rc<Release>> {
    let last = history.last()?;
    let deployed = history.iter().rfind(|it| it.status == Status::Deployed);
    let stands_in = matches!(last.status, Status::Failed | Status::Superseded);
    deployed.or(stands_in.then_some(last)).cloned()
}

/// What an upgrade keeps of the last one's values, and the chart that it is rendered with.
fn reuse_values(
    chart: &Chart,
    values: &Values,
    current: &Release,
    action: &ActionOptions,
    log: &Log,
) -> (Chart, Values) {
    let mut chart = chart.clone();
    let given = deep_copy_map(&values.0);
    let old = Values::from(&current.values);
    if action.reset_values {
        return (chart, values.clone());
    }
    if action.reuse_values || action.reset_then_reuse_values {
        coalesce_tables(&given, &old.0, "", false, log);
        if action.reuse_values {
            chart.values = Values::from(&current.defaults).0;
        }
    } else if given.is_empty() {
        return (chart, old);
    }
    (chart, Values(given))
}

/// `helm rollback` to a revision; 0 is the one before the last.
///
/// # Errors
/// A release or revision that is not there.
pub fn rollback(
    cluster: &dyn Cluster,
    namespace: &str,
    name: &str,
    revision: u32,
    action: &ActionOptions,
    now_ms: i64,
) -> Result<Operation, Error> {
    if check_release_name(name, &Log::default()).is_err() {
        let why = format!("prepareRollback: Release name is invalid: {name}");
        return Err(Error::new(why));
    }
    let history = cluster.history(namespace, name);
    let Some(current) = history.last() else {
        return Err(Error::new("release: not found"));
    };
    let wanted = match revision {
        0 => current.revision - 1,
        revision => revision,
    };
    let Some(target) = history.iter().find(|it| it.revision == wanted) else {
        return Err(Error::new(format!("release has no {wanted} version")));
    };
    let description = or_else(&action.description, &format!("Rollback to {wanted}"));
    let release = Release {
        revision: current.revision + 1,
        first_deployed_ms: current.first_deployed_ms,
        updated_ms: now_ms,
        deleted_ms: None,
        rollback_of: Some(wanted),
        ..Release::clone(target)
    };
    let before = objects(&current.manifest, namespace, cluster, "current release")?;
    let after = marked_objects(&release, cluster, "new release")?;

    let revision = Some(current.revision);
    let mut operation = Operation::new(Kind::Rollback, release, revision, action.clone());
    operation.push_prune();
    let pending = Step::Record(Status::PendingRollback, description.clone());
    operation.push(Phase::Preparing, pending);
    operation.push_update(["pre-rollback", "post-rollback"], before, after, cluster)?;
    operation.push(Phase::Ending, Step::Supersede(None));
    let done = Step::Record(Status::Deployed, description);
    operation.push(Phase::Ending, done);
    Ok(operation)
}

/// `helm uninstall`. What is kept is told in [`Operation::info`].
///
/// # Errors
/// A release that is not there, or is uninstalled already.
pub fn uninstall(
    cluster: &dyn Cluster,
    namespace: &str,
    name: &str,
    action: &ActionOptions,
    now_ms: i64,
) -> Result<Operation, Error> {
    if check_release_name(name, &Log::default()).is_err() {
        let why = format!("uninstall: Release name is invalid: {name}");
        return Err(Error::new(why));
    }
    let Some(last) = cluster.history(namespace, name).pop() else {
        let why = format!("uninstall: Release not loaded: {name}: release: not found");
        return Err(Error::new(why));
    };
    let mut release = Release::clone(&last);
    let gone = release.status == Status::Uninstalled;
    if gone && action.keep_history {
        let why = format!("the release named {name:?} is already deleted");
        return Err(Error::new(why));
    }
    release.deleted_ms = Some(now_ms);
    let mut operation = Operation::new(Kind::Uninstall, release, None, action.clone());
    if gone {
        operation.push(Phase::Ending, Step::Purge);
        return Ok(operation);
    }
    let (deleted, info) = owned(&last, cluster)?;
    operation.info = info;
    let underway = "Deletion in progress (or silently failed)".to_owned();
    operation.push(
        Phase::Preparing,
        Step::Record(Status::Uninstalling, underway),
    );
    operation.push_hooks("pre-delete", cluster)?;
    if !deleted.is_empty() {
        operation.push(Phase::Changing, Step::Delete(deleted.clone()));
        if action.wait {
            operation.push(Phase::Waiting, Step::AwaitGone(deleted));
        }
    }
    operation.push_hooks("post-delete", cluster)?;
    if action.keep_history {
        let description = or_else(&action.description, "Uninstallation complete");
        let done = Step::Record(Status::Uninstalled, description);
        operation.push(Phase::Ending, done);
        operation.push(Phase::Ending, Step::Supersede(None));
    } else {
        operation.push(Phase::Ending, Step::Purge);
    }
    Ok(operation)
}

/// The objects of a release that are to be deleted, in order, and a text about those that are not.
fn owned(release: &Release, cluster: &dyn Cluster) -> Result<(Vec<Resource>, String), Error> {
    let mut all = objects(&release.manifest, &release.namespace, cluster, "release")?;
    lean::sort_by(&mut all, |a, b| {
        uninstall_order(&a.kind).cmp(&uninstall_order(&b.kind))
    });
    let (mut deleted, mut kept, mut foreign) = (Vec::new(), String::new(), Vec::new());
    for resource in all {
        let line = format!("[{}] {}\n", resource.kind, resource.name);
        if Resource::is_kept(&resource.object, false) {
            kept.push_str(&line);
            continue;
        }
        let live = cluster.get(&resource);
        match live {
            None => {}
            Some(_) if Resource::is_left_out(&resource.object) => {}
            Some(live) => match check_owner(&live, &release.name, &release.namespace) {
                Ok(()) => deleted.push(resource),
                Err(_) => foreign.push(line),
            },
        }
    }
    let mut info = String::new();
    if !kept.is_empty() {
        info = format!("These resources were kept due to the resource policy:\n{kept}");
    }
    if !foreign.is_empty() {
        if !info.is_empty() {
            info.push('\n');
        }
        info.push_str(&format!(
            "{} resource(s) were not deleted because they are not owned by this release:\n{}",
            foreign.len(),
            foreign.concat()
        ));
    }
    Ok((deleted, info))
}

/// The order in which kinds are uninstalled (helm.sh/helm/v4/pkg/release/v1/util/kind_sorter.go): that
/// of installation backwards, but for Services, which go before what they lead to.
fn uninstall_order(kind: &str) -> (usize, &str) {
    let place = |kind: &str| INSTALL_ORDER.iter().position(|known| *known == kind);
    let count = INSTALL_ORDER.len();
    match (kind, place(kind)) {
        ("Service", _) => (2 * (count - place("CronJob").unwrap_or(0)) - 1, ""),
        (_, Some(at)) => (2 * (count - at), ""),
        (kind, None) => (2 * count + 1, kind),
    }
}
