//! What a change will do, what checks find in it, and the mistakes of a file.

use ecow::EcoString;
use serde::{Deserialize, Serialize};

/// What a change does to running pods, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The API server refuses it: the object stays as it is, and the upgrade fails.
    Rejected,
    /// The object is deleted and made again.
    Recreated,
    /// Something inside `.spec.template` changed: new pods replace the old ones.
    Rolls,
    /// Only the number of pods changes.
    Scales,
    /// The object changes, but running pods keep what they had at their start.
    NeedsRestart,
    /// The object goes.
    Deleted,
    /// A new object.
    Created,
    /// The object changes; pods keep running and see it.
    InPlace,
    /// No object changes: formatting or comments, or what the API server fills in anyway.
    None,
}

impl Effect {
    /// The word for it in JSON, the same as a page and a terminal show: `needs-restart`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Rejected => "rejected",
            Effect::Recreated => "recreated",
            Effect::Rolls => "rolls",
            Effect::Scales => "scales",
            Effect::NeedsRestart => "needs-restart",
            Effect::Deleted => "deleted",
            Effect::Created => "created",
            Effect::InPlace => "in-place",
            Effect::None => "none",
        }
    }
}

/// What a pull request will do to one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanRow {
    /// `Deployment/shop/order-service`; empty for a row about the whole change.
    pub object: EcoString,
    /// The gravest of the effects.
    pub effect: Effect,
    /// How many pods it replaces, adds or removes, or leaves with old settings.
    pub pods: u32,
    /// One sentence.
    pub sentence: EcoString,
    /// Where the object is written, `FILE:LINE`; empty if that is unknown.
    pub source: EcoString,
    /// The paths that differ; none if the object as a whole comes or goes.
    pub paths: Vec<PathEffect>,
    /// What the API server warns of when it is asked for this.
    pub warnings: Vec<EcoString>,
}

/// One changed path of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathChange {
    /// `spec.template.spec.containers[0].image`
    pub path: EcoString,
    /// Before, as JSON; empty if it was not there.
    pub old: EcoString,
    /// After, as JSON; empty if it is gone.
    pub new: EcoString,
}

/// One changed path of an object, and what it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathEffect {
    /// Where, and what.
    pub change: PathChange,
    /// What this path alone does.
    pub effect: Effect,
    /// To how many pods.
    pub pods: u32,
    /// Why, in one sentence.
    pub reason: EcoString,
    /// What gives it: the line of a values file or of a template (`FILE:LINE`), or a flag
    /// (`--set image.tag=1.4.2`); empty if that is unknown.
    pub source: EcoString,
}

/// How grave it is what a check finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It will fail, or gives everything away.
    Error,
    /// It fails some day.
    Warning,
    /// It could be better.
    Info,
}

impl Severity {
    /// The word for it: `warning`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// What a check of the manifests found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRow {
    /// The check: `latest-tag`.
    pub name: EcoString,
    /// How grave it is.
    pub severity: Severity,
    /// `Deployment/shop/order-service`; empty if it is about a value.
    pub object: EcoString,
    /// What is there, and what follows.
    pub message: EcoString,
    /// What to write instead.
    pub mend: EcoString,
    /// Where the rule is explained.
    pub url: EcoString,
    /// The line that gives it (`FILE:LINE`), or a flag; empty if that is unknown.
    pub source: EcoString,
}

/// A mistake in a file, where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Path of the file, with its repository.
    pub path: EcoString,
    /// From 1; 0 if the whole file is meant.
    pub line: u32,
    /// From 1, in characters; 0 if the whole line is meant.
    pub column: u32,
    /// What is wrong, in the words of the real program where there is one.
    pub message: EcoString,
    /// What to write instead, possibly empty.
    pub hint: EcoString,
}

impl Problem {
    /// A mistake of a whole file, or with an empty path of nothing that stands in a file.
    pub fn whole(path: impl Into<EcoString>, message: impl Into<EcoString>) -> Problem {
        Problem {
            path: path.into(),
            line: 0,
            column: 0,
            message: message.into(),
            hint: EcoString::new(),
        }
    }
}
