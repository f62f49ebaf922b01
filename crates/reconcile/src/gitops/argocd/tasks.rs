//! The tasks of a sync: what is to be done to which object, in which phase and wave
//! (`gitops-engine/pkg/sync/sync_tasks.go`).

use super::compare::Comparison;
use super::manifests::{Phase, Role, Target, has_option, wave, words};
use crate::gitops::diff::{self, group_of};
use crate::gitops::health::{self, Code};
use ecow::{EcoString, eco_format};
use helm::INSTALL_ORDER;
use kube::{Key, Object, Store, Value, time};
use std::rc::Rc;

const SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";

/// The order of kinds in a wave (`kindOrder`): Helm's, which Argo CD took over before the webhooks were
/// its last two. Others come after them.
const KIND_ORDER: &[&str] = INSTALL_ORDER.split_at(INSTALL_ORDER.len() - 2).0;

/// How far a task, or a whole sync, is (`OperationPhase`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Pending,
    Running,
    Succeeded,
    Failed,
    Error,
}

const STATES: [(State, &str); 5] = [
    (State::Pending, ""),
    (State::Running, "Running"),
    (State::Succeeded, "Succeeded"),
    (State::Failed, "Failed"),
    (State::Error, "Error"),
];

impl State {
    /// Argo CD's word.
    pub fn as_str(self) -> &'static str {
        STATES[self as usize].1
    }

    pub fn of(word: &str) -> State {
        let found = STATES.iter().find(|(_, name)| *name == word);
        found.map_or(State::Error, |(state, _)| *state)
    }
}

/// What is to be done to one object.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub key: Key,
    pub phase: Phase,
    pub wave: i64,
    /// None: it is to go.
    pub target: Option<Rc<Target>>,
    pub live: Option<Rc<Object>>,
    pub state: State,
    /// `Synced`, `SyncFailed`, `Pruned` or `PruneSkipped`; empty before it was tried.
    pub result: EcoString,
    pub message: EcoString,
    /// Whether the live object is not what git says.
    pub modified: bool,
}

impl Task {
    pub fn is_hook(&self) -> bool {
        self.target.as_ref().is_some_and(|it| it.role.is_hook())
    }

    pub fn is_prune(&self) -> bool {
        self.target.is_none()
    }

    pub fn is_done(&self) -> bool {
        !matches!(self.state, State::Pending | State::Running)
    }

    fn object(&self) -> &Value {
        match (&self.target, &self.live) {
            (Some(target), _) => &target.object,
            (None, Some(live)) => &live.value,
            (None, None) => &Value::NULL,
        }
    }

    /// Whether an option is set on the wanted or on the live object.
    pub fn has_option(&self, option: &str) -> bool {
        let live = self.live.as_ref().map_or(&Value::NULL, |live| &live.value);
        has_option(self.object(), SYNC_OPTIONS, option) || has_option(live, SYNC_OPTIONS, option)
    }

    /// Whether the object of a hook is to be deleted (`hook-delete-policy`); by default, before it is
    /// made again.
    pub fn is_deleted(&self, policy: DeletePolicy) -> bool {
        let object = self.object();
        let own = words(object, "argocd.argoproj.io/hook-delete-policy");
        let mut named = own
            .chain(words(object, "helm.sh/hook-delete-policy"))
            .peekable();
        match named.peek() {
            None => policy == DeletePolicy::BeforeHookCreation,
            Some(_) => named.any(|word| policy.words().contains(&word)),
        }
    }

    /// What came of it, as `syncResult.resources` has it.
    pub fn row(&self) -> Value {
        let object = self.object();
        let version = object.get("apiVersion").text();
        kube::map! {
            "group" => group_of(object),
            "version" => version.rsplit('/').next().unwrap_or_default(),
            "kind" => &self.key.kind,
            "namespace" => &self.key.namespace,
            "name" => &self.key.name,
            "status" => Some(self.result.clone()).filter(|it| !it.is_empty()),
            "message" => Some(self.message.clone()).filter(|it| !it.is_empty()),
            "hookType" => self.is_hook().then(|| self.phase.as_str()),
            "hookPhase" => Some(self.state.as_str()).filter(|it| !it.is_empty()),
            "syncPhase" => self.phase.as_str(),
        }
    }

    fn is_row(&self, row: &Value) -> bool {
        let of = |field: &str| row.get(field).text();
        (
            of("kind"),
            of("namespace"),
            of("name"),
            of("syncPhase"),
            of("group"),
        ) == (
            self.key.kind.as_str(),
            self.key.namespace.as_str(),
            self.key.name.as_str(),
            self.phase.as_str(),
            group_of(self.object()),
        )
    }

    /// `apps/Deployment/order-service`, as messages name it.
    pub fn shown(&self) -> EcoString {
        let group = group_of(self.object());
        eco_format!("{group}/{}/{}", self.key.kind, self.key.name)
    }
}

/// When a hook's object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeletePolicy {
    BeforeHookCreation,
    HookSucceeded,
    HookFailed,
}

impl DeletePolicy {
    fn words(self) -> [&'static str; 2] {
        match self {
            DeletePolicy::BeforeHookCreation => ["BeforeHookCreation", "before-hook-creation"],
            DeletePolicy::HookSucceeded => ["HookSucceeded", "hook-succeeded"],
            DeletePolicy::HookFailed => ["HookFailed", "hook-failed"],
        }
    }
}

/// What a sync does beside what it compares.
pub(super) struct Scope<'a> {
    /// Only these objects (`sync.resources`); all if empty.
    pub only: &'a Value,
    pub prune_last: bool,
    /// The namespace to make if it is not there.
    pub namespace: Option<&'a str>,
    /// The commit and the start of the operation: what hooks without a name are called by.
    pub revision: &'a str,
    pub started: &'a str,
}

/// All tasks in order, with what came of them so far.
pub(super) fn all(
    store: &Store,
    comparison: &Comparison,
    scope: &Scope<'_>,
    results: &Value,
) -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut add =
        |key: Key, phase, target: Option<Rc<Target>>, live: Option<Rc<Object>>, modified| {
            let object = target.as_ref().map(|it| &it.object);
            let wave = object.or(live.as_ref().map(|it| &it.value)).map_or(0, wave);
            tasks.push(Task {
                key,
                phase,
                wave,
                target,
                live,
                state: State::Pending,
                result: EcoString::new(),
                message: EcoString::new(),
                modified,
            });
        };
    for managed in &comparison.managed {
        let is_skipped = managed
            .target
            .as_ref()
            .is_some_and(|it| it.role == Role::Skipped);
        if !is_skipped && is_selected(managed.object(), scope.only) {
            add(
                managed.key.clone(),
                Phase::Sync,
                managed.target.clone(),
                managed.live.clone(),
                managed.is_out_of_sync(),
            );
        }
    }
    // A sync of a few objects leaves hooks alone.
    let hooks = comparison
        .hooks
        .iter()
        .filter(|_| scope.only.items().is_empty());
    for hook in hooks {
        let Role::Hook(phases) = &hook.role else {
            continue;
        };
        for phase in phases {
            let hook = named(hook, *phase, scope);
            let live = store.get(&hook.key).cloned();
            add(hook.key.clone(), *phase, Some(hook), live, true);
        }
    }
    if let Some(namespace) = scope.namespace {
        let key = Key::new("Namespace", "", namespace);
        let wants = comparison
            .managed
            .iter()
            .any(|it| it.key == key && it.target.is_some());
        let was_made = results.items().iter().any(|row| {
            row.get("kind").text() == "Namespace" && row.get("name").text() == namespace
        });
        let live = store.get(&key).cloned();
        if !wants && (live.is_none() || was_made) {
            let object = kube::map! {
                "apiVersion" => "v1",
                "kind" => "Namespace",
                "metadata" => kube::map! { "name" => namespace },
            };
            let target = Rc::new(Target {
                key: key.clone(),
                applied: EcoString::new(),
                object,
                role: Role::Resource,
                wave: 0,
            });
            add(key, Phase::PreSync, Some(target), live, true);
        }
    }
    order_prunes(&mut tasks, scope.prune_last);
    lean::sort_by_key(&mut tasks, |task| {
        let kind = KIND_ORDER.iter().position(|kind| *kind == task.key.kind);
        (
            task.phase,
            task.wave,
            kind.unwrap_or(KIND_ORDER.len()),
            task.key.name.clone(),
        )
    });
    for task in &mut tasks {
        if let Some(row) = results.items().iter().find(|row| task.is_row(row)) {
            task.state = State::of(row.get("hookPhase").text());
            task.result = row.get("status").to_text();
            task.message = row.get("message").to_text();
        }
    }
    tasks
}

fn is_selected(object: &Value, only: &Value) -> bool {
    let is = |row: &Value| {
        let of = |field: &str| row.get(field).text();
        let namespace = of("namespace");
        of("kind") == object.get("kind").text()
            && of("name") == object.at(&["metadata", "name"]).text()
            && of("group") == group_of(object)
            && (namespace.is_empty() || namespace == object.at(&["metadata", "namespace"]).text())
    };
    only.items().is_empty() || only.items().iter().any(is)
}

/// A hook with `generateName` is called by commit, phase and time.
fn named(hook: &Rc<Target>, phase: Phase, scope: &Scope<'_>) -> Rc<Target> {
    if !hook.key.name.is_empty() {
        return hook.clone();
    }
    let prefix = hook.object.at(&["metadata", "generateName"]).text();
    let revision: EcoString = scope.revision.chars().take(7).collect();
    let started = time::parse_rfc3339(scope.started).unwrap_or(0) / 1000 + time::EPOCH_SECONDS;
    let phase = phase.as_str().to_lowercase();
    let mut object = hook.object.clone();
    object
        .entry("metadata")
        .set("name", eco_format!("{prefix}{revision}-{phase}-{started}"));
    Rc::new(Target {
        key: diff::place(&mut object, &hook.key.namespace),
        applied: hook.applied.clone(),
        role: hook.role.clone(),
        wave: hook.wave,
        object,
    })
}

/// What goes, goes in the opposite order of waves: those of the highest wave first; or after
/// everything else.
fn order_prunes(tasks: &mut [Task], prune_last: bool) {
    let mut waves: Vec<i64> = tasks
        .iter()
        .filter(|it| it.is_prune())
        .map(|it| it.wave)
        .collect();
    lean::sort(&mut waves);
    waves.dedup();
    let synced = tasks
        .iter()
        .filter(|it| it.phase == Phase::Sync)
        .map(|it| it.wave);
    let last = synced.max().unwrap_or(0).max(0) + 1;
    for task in tasks.iter_mut().filter(|it| it.is_prune()) {
        let at = waves
            .iter()
            .position(|wave| *wave == task.wave)
            .unwrap_or(0);
        task.wave = waves[waves.len() - 1 - at];
        if prune_last || task.has_option("PruneLast=true") {
            task.wave = last;
        }
    }
}

/// How far the work of a hook is, from its object (`getOperationPhase`).
pub(super) fn hook_state(live: &Object) -> (State, EcoString) {
    match health::of(live) {
        None => (State::Succeeded, eco_format!("{} created", live.key.name)),
        Some((Code::Unknown | Code::Degraded, why)) => (State::Failed, why),
        Some((Code::Progressing | Code::Suspended, why)) => (State::Running, why),
        Some((_, why)) => (State::Succeeded, why),
    }
}
