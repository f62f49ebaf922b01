//! *Run workflow*: starts a workflow by hand, with what it asks for.

use std::rc::Rc;

use view::{InputRow, Intent, WorkflowRow};
use web_sys::{FormData, HtmlFormElement};
use yew::prelude::*;

use crate::session::Action;
use crate::{dom, texts};

#[derive(PartialEq, Properties)]
pub struct DispatchProps {
    /// The workflows that can be started.
    pub workflows: Rc<[WorkflowRow]>,
    pub on: Callback<Action>,
}

/// A form that unfolds. Of several workflows, one is chosen first.
#[component]
pub fn Dispatch(props: &DispatchProps) -> Html {
    let chosen = use_state(|| 0);
    let Some(workflow) = props.workflows.get(*chosen) else {
        return Html::default();
    };
    let onsubmit = {
        let workflow = workflow.clone();
        props.on.reform(move |event: SubmitEvent| {
            event.prevent_default();
            let form = event.target_dyn_into();
            Action::Intend(Intent::Dispatch {
                repository: workflow.repository.clone(),
                workflow: workflow.name.clone(),
                inputs: filled_in(&workflow.inputs, form.as_ref()),
            })
        })
    };
    let onchange = {
        let chosen = chosen.setter();
        Callback::from(move |event: Event| {
            chosen.set(dom::value(&event).parse().unwrap_or(0));
        })
    };
    html! {
        <details class="menu">
            <summary>{ texts::RUN_WORKFLOW }</summary>
            <form {onsubmit}>
                if 1 < props.workflows.len() {
                    <label>
                        { texts::WORKFLOW }
                        <select class="choice" {onchange}>
                            for (index, row) in props.workflows.iter().enumerate() {
                                <option key={index} value={index.to_string()} selected={index == *chosen}>{ title(row) }</option>
                            }
                        </select>
                    </label>
                } else {
                    <p>{ title(workflow) }</p>
                }
                { for workflow.inputs.iter().map(input) }
                <button type="submit" class="primary">{ texts::RUN_ON_MAIN }</button>
            </form>
        </details>
    }
}

fn title(row: &WorkflowRow) -> String {
    format!("{}: {}", row.repository, row.name)
}

fn input(row: &InputRow) -> Html {
    let name = row.name.to_string();
    let label = match row.description.as_str() {
        "" => row.name.as_str(),
        description => description,
    };
    html! {
        <label key={name.clone()}>
            <span>{ label }if row.is_required { { texts::REQUIRED } }</span>
            if row.options.is_empty() {
                <input type="text" {name} value={row.default.to_string()} required={row.is_required} />
            } else {
                <select class="choice" {name}>
                    for option in row.options.iter() {
                        <option key={option.as_str()} selected={*option == row.default}>{ option.as_str() }</option>
                    }
                </select>
            }
        </label>
    }
}

/// What the form says of each input; what is left empty is not sent.
fn filled_in(
    inputs: &[InputRow],
    form: Option<&HtmlFormElement>,
) -> Vec<(ecow::EcoString, ecow::EcoString)> {
    let Some(data) = form.and_then(|form| FormData::new_with_form(form).ok()) else {
        return Vec::new();
    };
    let value = |input: &InputRow| {
        let text = data.get(&input.name).as_string()?;
        (!text.is_empty()).then(|| (input.name.clone(), text.into()))
    };
    inputs.iter().filter_map(value).collect()
}
