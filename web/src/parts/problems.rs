//! Mistakes, where they are and what to write instead.

use std::rc::Rc;

use reconcile::view::Problem;
use yew::prelude::*;

use super::prose::Prose;
use crate::words::in_repository;

#[derive(PartialEq, Properties)]
pub struct ProblemsProps {
    pub problems: Rc<[Problem]>,
    /// The file that is shown beside the list: its name is left out.
    #[prop_or_default]
    pub beside: Option<Rc<str>>,
}

/// A list of mistakes, told to screen readers as it changes. Empty, it takes no room.
#[component]
pub fn Problems(props: &ProblemsProps) -> Html {
    html! {
        <ul class="problems" id={props.beside.is_some().then_some("problems")} role="status" aria-label="Problems">
            for (index, problem) in props.problems.iter().enumerate() {
                <li key={index} data-testid="problem" data-line={problem.line.to_string()}>
                    <code class="place">{ place(problem, props.beside.as_deref()) }</code>
                    <span>
                        <Prose text={problem.message.to_string()} />
                        if !problem.hint.is_empty() {
                            <span class="hint"><Prose text={problem.hint.to_string()} /></span>
                        }
                    </span>
                </li>
            }
        </ul>
    }
}

/// `12:3`, or with the file before it: `chart/values.yaml:12:3`.
fn place(problem: &Problem, beside: Option<&str>) -> String {
    let mut parts = Vec::new();
    if beside != Some(problem.path.as_str()) && !problem.path.is_empty() {
        parts.push(in_repository(&problem.path).to_owned());
    }
    if 0 < problem.line {
        parts.push(problem.line.to_string());
        if 0 < problem.column {
            parts.push(problem.column.to_string());
        }
    }
    parts.join(":")
}
