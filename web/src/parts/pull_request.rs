//! The pull request: what it changes, what that will do, and the merge.

use std::rc::Rc;

use view::{Intent, MergeMethod, Problem, PullRequestRow};
use yew::prelude::*;

use super::checks::checks;
use super::diff::diff;
use super::merge_box::merge_box;
use super::plan::plan;
use super::problems::problems;
use super::prose::filled;
use super::tint::commit;
use crate::session::Action;
use crate::{dom, texts};

#[derive(PartialEq, Properties)]
pub struct PullRequestProps {
    pub row: Option<PullRequestRow>,
    pub refused: Rc<[Problem]>,
    pub on: Callback<Action>,
}

/// The pull request that is open or was merged last.
#[component]
pub fn PullRequest(props: &PullRequestProps) -> Html {
    let chosen = use_state(|| None::<MergeMethod>);
    let Some(row) = &props.row else {
        return html! {
            <div class="pull-request empty">
                <p>{ texts::NO_PULL_REQUEST_YET }</p>
            </div>
        };
    };
    let on = &props.on;
    let open = row.state == "Open";
    let branches = [&row.branch, "main"].map(|name| html! { <code>{ name }</code> });
    html! {
        <article class="pull-request" aria-label={texts::pull_request(row.number)}>
            <div class="scroll">
                <header>
                    <h2>{ row.title.as_str() }<span class="number">{ format!(" #{}", row.number) }</span></h2>
                    <p class="facts">
                        <span class="state" data-state={row.state.to_lowercase().to_string()}>{ row.state.as_str() }</span>
                        { filled(texts::INTO, &branches) }
                        { commit(Some(&row.tint)) }
                    </p>
                </header>
                <section>
                    <h3>{ if open { texts::MERGING_WILL } else { texts::WAS_PLANNED } }</h3>
                    { problems(&row.problems, None, on) }
                    { plan(&row.repository, &row.plan, on) }
                </section>
                if !row.checks.is_empty() || (open && row.problems.is_empty()) {
                    <section>
                        <h3>{ texts::CHECKS_FIND }</h3>
                        { checks(&row.repository, &row.checks, on) }
                        if row.checks.is_empty() {
                            <p class="quiet">{ texts::CHECKS_FIND_NOTHING }</p>
                        }
                    </section>
                }
                if open && has_conditions(row) {
                    { merge_box(row, on) }
                }
                <section>
                    <h3>{ texts::FILES_CHANGED }</h3>
                    { diff(&row.files) }
                </section>
            </div>
            <footer class="actions">
                { problems(&props.refused, None, on) }
                { actions(row, &chosen, on) }
            </footer>
        </article>
    }
}

/// Whether there is more to say than that it can be merged.
fn has_conditions(row: &PullRequestRow) -> bool {
    row.merge_state != "clean" || !row.statuses.is_empty() || 0 < row.approvals.1
}

/// GitHub's buttons for the state that it is in.
fn actions(
    row: &PullRequestRow,
    chosen: &UseStateHandle<Option<MergeMethod>>,
    on: &Callback<Action>,
) -> Html {
    let intend = |intent: Intent| on.reform(move |_: MouseEvent| Action::Intend(intent.clone()));
    if row.state != "Open" {
        return match row.state.as_str() {
            "Merged" => html! {
                <button type="button" onclick={intend(Intent::Revert)}>{ texts::REVERT }</button>
            },
            _ => Html::default(),
        };
    }
    let wanted = chosen.filter(|method| row.methods.contains(method));
    let method = wanted.or(row.methods.first().copied());
    let method = method.unwrap_or(MergeMethod::Squash);
    let can_merge = matches!(row.merge_state.as_str(), "clean" | "unstable");
    let (given, asked) = row.approvals;
    html! {
        <>
            if 0 < asked {
                <p>{ texts::approving_reviews(given, asked) }</p>
            }
            <button type="button" onclick={on.reform(|_| Action::ClosePullRequest)}>{ texts::CLOSE }</button>
            if given < asked {
                <button type="button" onclick={intend(Intent::Approve)}>{ texts::APPROVE }</button>
            }
            <span class="split">
                <button
                    type="button"
                    class="primary"
                    disabled={!can_merge}
                    onclick={intend(Intent::Merge(method))}
                >
                    { if method == MergeMethod::Merge { texts::MERGE_PULL_REQUEST } else { texts::merge_method(method) } }
                </button>
                if 1 < row.methods.len() {
                    { method_select(&row.methods, method, chosen.setter()) }
                }
            </span>
        </>
    }
}

fn method_select(
    methods: &[MergeMethod],
    chosen: MergeMethod,
    choose: UseStateSetter<Option<MergeMethod>>,
) -> Html {
    let offered = methods.to_vec();
    let onchange = Callback::from(move |event: Event| {
        let index: Option<usize> = dom::value(&event).parse().ok();
        choose.set(index.and_then(|index| offered.get(index).copied()));
    });
    html! {
        <select aria-label={texts::HOW_TO_MERGE} {onchange}>
            for (index, method) in methods.iter().enumerate() {
                <option value={index.to_string()} selected={*method == chosen}>{ texts::merge_method(*method) }</option>
            }
        </select>
    }
}
