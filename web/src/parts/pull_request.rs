//! The pull request: what it changes, what that will do, and the merge.

use std::rc::Rc;

use view::{Problem, PullRequestRow};
use yew::prelude::*;

use super::checks::checks;
use super::diff::diff;
use super::plan::plan;
use super::problems::problems;
use super::tint::commit;
use crate::session::Action;

#[derive(PartialEq, Properties)]
pub struct PullRequestProps {
    pub row: Option<PullRequestRow>,
    pub refused: Rc<[Problem]>,
    pub on: Callback<Action>,
}

/// The pull request that is open or was merged last.
#[component]
pub fn PullRequest(props: &PullRequestProps) -> Html {
    let Some(row) = &props.row else {
        return html! {
            <div class="pull-request empty">
                <p>
                    { "No pull request yet. Edit a file, then open one: " }
                    { "you will see what merging it does before you merge." }
                </p>
            </div>
        };
    };
    let open = row.state == "Open";
    html! {
        <article class="pull-request" aria-label={format!("Pull request #{}", row.number)}>
            <div class="scroll">
                <header>
                    <h2>{ row.title.as_str() }<span class="number">{ format!(" #{}", row.number) }</span></h2>
                    <p class="facts">
                        <span class="state" data-state={row.state.to_lowercase().to_string()}>{ row.state.as_str() }</span>
                        <code>{ row.branch.as_str() }</code>
                        { "into" }
                        <code>{ "main" }</code>
                        { commit(Some(&row.tint)) }
                    </p>
                </header>
                <section>
                    <h3>{ if open { "Merging this will" } else { "What it was planned to do" } }</h3>
                    { problems(&row.problems, None) }
                    { plan(&row.plan) }
                </section>
                if !row.checks.is_empty() {
                    <section>
                        <h3>{ "Checks find" }</h3>
                        { checks(&row.checks) }
                    </section>
                }
                <section>
                    <h3>{ "Files changed" }</h3>
                    { diff(&row.files) }
                </section>
            </div>
            if open {
                <footer class="actions">
                    { problems(&props.refused, None) }
                    <button type="button" onclick={props.on.reform(|_| Action::ClosePullRequest)}>{ "Close" }</button>
                    <button type="button" class="primary" onclick={props.on.reform(|_| Action::Merge)}>
                        { "Squash and merge" }
                    </button>
                </footer>
            }
        </article>
    }
}
