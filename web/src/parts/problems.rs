//! Mistakes, where they are and what to write instead.

use view::Problem;
use yew::prelude::*;

use super::prose::prose;
use super::source;
use crate::session::Action;
use crate::texts;
use crate::words::in_repository;

/// A list of mistakes, told to screen readers as it changes. Empty, it takes no room. Of the file that
/// is shown `beside` the list, the name is left out. A place in a file leads there.
pub fn problems(problems: &[Problem], beside: Option<&str>, on: &Callback<Action>) -> Html {
    html! {
        <div class="problems" id={beside.is_some().then_some("problems")} role="status" aria-label={texts::PROBLEMS}>
            if !problems.is_empty() {
                <ul>
                    for (index, problem) in problems.iter().enumerate() {
                        <li key={index} data-testid="problem" data-line={problem.line.to_string()}>
                            <code class="place">{ place(problem, beside, on) }</code>
                            <span>
                                { prose(&problem.message) }
                                if !problem.hint.is_empty() {
                                    <span class="hint">{ prose(&problem.hint) }</span>
                                }
                            </span>
                        </li>
                    }
                </ul>
            }
        </div>
    }
}

/// `12:3`, or with the file before it: `chart/values.yaml:12:3`.
fn place(problem: &Problem, beside: Option<&str>, on: &Callback<Action>) -> Html {
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
    let text = parts.join(":");
    match problem.line {
        0 => html! { { text } },
        line => source::link(problem.path.to_string(), line, &text, on),
    }
}
