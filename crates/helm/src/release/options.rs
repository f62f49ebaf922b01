//! The flags of `helm install`, `upgrade`, `rollback` and `uninstall`.

/// The flags of the commands. Each has an effect where Helm has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)]
pub struct ActionOptions {
    /// `--install`: an upgrade of a release that is not there installs it.
    pub install: bool,
    /// `--replace`: the name of an uninstalled or failed release may be used again.
    pub replace: bool,
    /// `--create-namespace`
    pub create_namespace: bool,
    /// `--skip-crds`
    pub skip_crds: bool,
    /// `--take-ownership`: objects of others are taken over.
    pub take_ownership: bool,
    /// `--no-hooks`
    pub no_hooks: bool,
    /// `--wait`
    pub wait: bool,
    /// `--wait-for-jobs`: with `wait`, Jobs must have ended.
    pub wait_for_jobs: bool,
    /// `--timeout` of each wait, in milliseconds.
    pub timeout_ms: i64,
    /// `--rollback-on-failure`, formerly `--atomic`: implies `wait`.
    pub rollback_on_failure: bool,
    /// `--cleanup-on-fail`
    pub cleanup_on_fail: bool,
    /// `--force-replace`, formerly `--force`
    pub force_replace: bool,
    /// `--reset-values`
    pub reset_values: bool,
    /// `--reuse-values`
    pub reuse_values: bool,
    /// `--reset-then-reuse-values`
    pub reset_then_reuse_values: bool,
    /// `--history-max`; 0 keeps all.
    pub history_max: usize,
    /// `--keep-history`
    pub keep_history: bool,
    /// `--description`; Helm's own if empty.
    pub description: String,
}

impl Default for ActionOptions {
    /// What holds without any flag.
    fn default() -> ActionOptions {
        ActionOptions {
            install: false,
            replace: false,
            create_namespace: false,
            skip_crds: false,
            take_ownership: false,
            no_hooks: false,
            wait: false,
            wait_for_jobs: false,
            timeout_ms: 300_000,
            rollback_on_failure: false,
            cleanup_on_fail: false,
            force_replace: false,
            reset_values: false,
            reuse_values: false,
            reset_then_reuse_values: false,
            history_max: 10,
            keep_history: false,
            description: String::new(),
        }
    }
}
