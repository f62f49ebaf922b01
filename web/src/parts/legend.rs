//! How to read the shapes.

use view::PodForm;
use yew::prelude::*;

use super::pod::pod_shape;

const FORMS: [(PodForm, &str); 6] = [
    (PodForm::Pending, "Pending"),
    (PodForm::Creating, "creating"),
    (PodForm::Running, "running, not ready"),
    (PodForm::Ready, "ready"),
    (PodForm::Terminating, "Terminating"),
    (PodForm::Failed, "failed"),
];

/// The forms of a pod, each with its word.
pub fn legend() -> Html {
    html! {
        <ul class="legend" aria-label="How to read a pod's shape">
            for (form, word) in FORMS {
                <li key={word}>{ pod_shape(form, 0) }{ word }</li>
            }
            <li><span class="stem" aria-hidden="true"></span>{ "gets requests" }</li>
        </ul>
    }
}
