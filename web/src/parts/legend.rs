//! How to read the shapes.

use view::PodForm;
use yew::prelude::*;

use super::pod::{form_word, pod_shape};
use crate::texts;

const FORMS: [PodForm; 6] = [
    PodForm::Pending,
    PodForm::Creating,
    PodForm::Running,
    PodForm::Ready,
    PodForm::Terminating,
    PodForm::Failed,
];

/// The forms of a pod, each with its word.
pub fn legend() -> Html {
    html! {
        <ul class="legend" aria-label={texts::HOW_TO_READ_A_POD}>
            for form in FORMS {
                <li key={form_word(form)}>{ pod_shape(form, 0) }{ texts::pod_form(form) }</li>
            }
            <li><span class="stem" aria-hidden="true"></span>{ texts::GETS_REQUESTS }</li>
        </ul>
    }
}
