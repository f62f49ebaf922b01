//! A pod: one small shape whose form is its state.

use view::{PodForm, PodRow};
use yew::prelude::*;

use super::tint::{sha, tint_class};
use crate::texts;

/// The shape alone. The level rises from empty (Pending) over half (running) to full (ready).
pub fn pod_shape(form: PodForm, restarts: u32) -> Html {
    html! {
        <svg class="shape" viewBox="0 0 40 40" data-form={form_word(form)} aria-hidden="true" focusable="false">
            <rect class="level" x="4" y="4" width="32" height="32" rx="8" />
            <rect class="outline" x="4" y="4" width="32" height="32" rx="8" />
            if form == PodForm::Terminating {
                <path class="stroke" d="M7 33L33 7" />
            }
            if form == PodForm::Failed {
                <path class="stroke" d="M12 12l16 16M28 12l-16 16" />
            }
            if 0 < restarts {
                <circle class="badge" cx="33" cy="7" r="7" />
                <text class="badge-text" x="33" y="10">{ restarts }</text>
            }
        </svg>
    }
}

#[derive(PartialEq, Properties)]
pub struct PodProps {
    pub row: PodRow,
    /// Its ReplicaSet's name.
    pub set: AttrValue,
    /// Whether the Service sends requests to it.
    pub serving: bool,
    /// Whether the sentence of the moment is about it.
    pub told: bool,
    /// Whether the Tab key comes to it.
    pub first: bool,
}

/// A pod with the end of its name, its status, and a stem down to the Service while it gets requests.
#[component]
pub fn Pod(props: &PodProps) -> Html {
    let row = &props.row;
    html! {
        <li
            class={classes!("pod", tint_class(row.tint.as_ref()))}
            data-testid="pod"
            data-uid={row.uid.to_string()}
            data-name={row.name.to_string()}
            data-form={form_word(row.form)}
            data-set={props.set.clone()}
            data-tint={sha(row.tint.as_ref())}
            data-serving={props.serving.to_string()}
            data-told={props.told.to_string()}
            data-troubled={is_troubled(row).to_string()}
            title={texts::pod(row, props.serving)}
        >
            <button
                type="button"
                class="pick"
                aria-label={texts::pod(row, props.serving)}
                tabindex={if props.first { "0" } else { "-1" }}
            >
                { pod_shape(row.form, row.restarts) }
            </button>
            <span class="stem" aria-hidden="true"></span>
            <code class="suffix" aria-hidden="true">{ suffix(&row.name) }</code>
            <span class="status" aria-hidden="true">{ texts::pod_status(row) }</span>
        </li>
    }
}

/// Whether its status is one that comes and goes, `OOMKilled` and `CrashLoopBackOff`: it keeps the room
/// for the longest, so that nothing moves sideways each time.
fn is_troubled(row: &PodRow) -> bool {
    row.form == PodForm::Failed || 0 < row.restarts
}

/// The random end of a pod's name.
fn suffix(name: &str) -> &str {
    name.rsplit('-').next().unwrap_or(name)
}

/// For `data-form`.
pub fn form_word(form: PodForm) -> &'static str {
    match form {
        PodForm::Pending => "pending",
        PodForm::Creating => "creating",
        PodForm::Running => "running",
        PodForm::Ready => "ready",
        PodForm::Terminating => "terminating",
        PodForm::Failed => "failed",
    }
}
