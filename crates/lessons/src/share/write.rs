//! A link as its JSON.

use super::{Act, Link, VERSION};
use ecow::EcoString;
use reconcile::{Deed, Differences};
use view::protocol::LessonIntent;
use view::{Intent, MergeMethod, ObjectRef};
use yaml::{Value, json, map};

impl Link {
    /// Its JSON, on one line.
    #[must_use]
    pub fn write(&self) -> EcoString {
        let mut link = map! { "rolloutLab" => VERSION };
        match &self.start.lesson {
            Some(lesson) => link.set("lesson", lesson),
            None => link.set("lab", &self.start.lab),
        }
        if let Some(seed) = self.start.seed {
            link.set("seed", seed as i64);
        }
        set_acts(&mut link, &self.acts);
        if let Some(at) = self.at {
            link.set("at", at as i64);
        }
        set_files(&mut link, &self.files);
        if let Some(other) = &self.other {
            let mut value = map! { "since" => other.since as i64, "fork" => other.is_fork };
            set_acts(&mut value, &other.acts);
            set_files(&mut value, &other.files);
            link.set("other", value);
        }
        json::encode(&link, json::COMPACT)
    }
}

fn set_acts(value: &mut Value, acts: &[Act]) {
    if !acts.is_empty() {
        value.set("acts", acts.iter().map(act).collect::<Value>());
    }
}

fn act(act: &Act) -> Value {
    match act {
        Act::Lab(t, deed) => {
            let mut value = of_deed(deed);
            value.set("at", *t as i64);
            value
        }
        Act::Lesson(LessonIntent::Predict(choice)) => map! { "predict" => i64::from(*choice) },
        Act::Lesson(LessonIntent::AskHint) => map! { "hint" => true },
        Act::Lesson(LessonIntent::Next) => map! { "next" => true },
        Act::Lesson(LessonIntent::Retry) => map! { "retry" => true },
    }
}

fn of_deed(deed: &Deed) -> Value {
    match deed {
        Deed::Propose { title, files } => {
            let mut value = map! { "propose" => title };
            set_files(&mut value, files);
            value
        }
        Deed::Close => map! { "close" => true },
        Deed::Command(line) => map! { "run" => line },
        Deed::Intend(intent) => of_intent(intent),
    }
}

fn of_intent(intent: &Intent) -> Value {
    match intent {
        Intent::Merge(method) => map! { "merge" => method_word(*method) },
        Intent::Approve => map! { "approve" => true },
        Intent::Revert => map! { "revert" => true },
        Intent::Review {
            run,
            environment,
            is_approved,
        } => map! {
            "review" => i64::from(*run),
            "environment" => environment,
            "approved" => *is_approved,
        },
        Intent::Cancel(run) => map! { "cancel" => i64::from(*run) },
        Intent::RunAgain {
            run,
            is_failed_only,
        } => map! { "rerun" => i64::from(*run), "failed" => *is_failed_only },
        Intent::Dispatch {
            repository,
            workflow,
            inputs,
        } => {
            let mut given = yaml::Map::new();
            for (name, value) in inputs {
                given.insert(name.clone(), value);
            }
            map! { "dispatch" => workflow, "repository" => repository, "inputs" => Value::Map(given) }
        }
        Intent::Refresh(object) => map! { "refresh" => named(object) },
        Intent::Sync {
            application,
            is_pruning,
        } => map! { "sync" => named(application), "prune" => *is_pruning },
        Intent::Rollback { application, id } => {
            map! { "rollback" => named(application), "id" => *id }
        }
    }
}

fn named(object: &ObjectRef) -> Value {
    map! { "kind" => &object.kind, "namespace" => &object.namespace, "name" => &object.name }
}

/// A way to merge in one word.
pub(super) fn method_word(method: MergeMethod) -> &'static str {
    match method {
        MergeMethod::Merge => "merge",
        MergeMethod::Squash => "squash",
        MergeMethod::Rebase => "rebase",
    }
}

fn set_files(value: &mut Value, files: &Differences) {
    let mut texts = yaml::Map::new();
    for (path, text) in files {
        if let Some(text) = text {
            texts.insert(path.clone(), text);
        }
    }
    if !texts.is_empty() {
        value.set("files", Value::Map(texts));
    }
    let gone: Vec<&EcoString> = files
        .iter()
        .filter(|(_, text)| text.is_none())
        .map(|(path, _)| path)
        .collect();
    if !gone.is_empty() {
        value.set("removed", gone.into_iter().collect::<Value>());
    }
}
