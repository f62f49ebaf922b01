//! The sentence of the moment, and why it is so.

use view::{Effect, EventRow, FileDiff, PlanRow, PullRequestRow, Sentence};
use yew::prelude::*;

use super::event_line::event_line;
use super::plan::{object_name, paths};
use super::prose::prose;
use super::source::source;
use crate::session::{Action, History, Shared, causes};
use crate::{dom, texts};

#[derive(PartialEq, Properties)]
pub struct MomentProps {
    pub sentence: Option<Sentence>,
    /// The newest pull request: where it is written what the causes lead back to.
    pub pull: Option<PullRequestRow>,
    pub history: Shared<History>,
    pub on: Callback<Action>,
}

/// What is happening now, in one sentence. *Why?* opens the chain of causes, nearest first.
#[component]
pub fn Moment(props: &MomentProps) -> Html {
    let open = use_state(|| false);
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let (section, why) = (use_node_ref(), use_node_ref());
    let close = {
        let (open, why) = (open.setter(), why.clone());
        Callback::from(move |()| {
            // What had the focus is hidden: it goes back to where it came from.
            if dom::focused().is_some_and(|it| it.closest("#causes").is_ok_and(|it| it.is_some())) {
                dom::focus(why.cast());
            }
            open.set(false);
        })
    };
    dom::use_dismissal(*open, &section, close.clone());
    let Some(sentence) = &props.sentence else {
        return html! { <section class="moment" aria-label={texts::THIS_MOMENT}></section> };
    };
    let causes = causes(&props.history.events, sentence.entry);
    let told = props.history.events.get(sentence.entry as usize);
    html! {
        <section class="moment" aria-label={texts::THIS_MOMENT} ref={section}>
            <p class="sentence" data-testid="sentence" data-entry={sentence.entry.to_string()}>{ prose(&sentence.text) }</p>
            <button
                ref={why}
                type="button"
                class="link why"
                aria-expanded={open.to_string()}
                aria-controls="causes"
                disabled={causes.is_empty()}
                onclick={toggle}
            >
                { texts::WHY }
            </button>
            <div id="causes" class="causes" hidden={!*open || causes.is_empty()}>
                <header>
                    <h2>{ texts::BECAUSE }</h2>
                    <button type="button" class="link" onclick={move |_: MouseEvent| close.emit(())}>{ texts::CLOSE }</button>
                </header>
                <div class="scroll">
                    <ol class="chain">
                        for cause in causes.iter() {
                            { event_line(cause, &props.on) }
                        }
                    </ol>
                    if let Some(pull) = &props.pull {
                        { written(pull, told.into_iter().chain(causes), &props.on) }
                    }
                </div>
            </div>
        </section>
    }
}

/// The lines of the pull request that the chain of causes goes back to: those of the first object in it
/// that the pull request changes, or all, if it changes none.
fn written<'h>(
    pull: &PullRequestRow,
    chain: impl Iterator<Item = &'h EventRow>,
    on: &Callback<Action>,
) -> Html {
    let is_known = |row: &&PlanRow| !row.paths.is_empty() || !row.source.is_empty();
    let mut is_of_it = false;
    let row = chain
        .inspect(|event| is_of_it |= event.tint.as_ref() == Some(&pull.tint))
        .find_map(|event| {
            let mut rows = pull.plan.iter().filter(is_known);
            rows.find(|row| row.object == event.object)
        });
    let without_effect = || {
        let mut whole = pull.plan.iter().filter(|row| row.object.is_empty());
        whole.find(|row| row.effect == Effect::None)
    };
    let Some(row) = row.or_else(|| without_effect().filter(|_| is_of_it)) else {
        return Html::default();
    };
    html! {
        <section class="written" data-testid="written">
            <h2>{ texts::written_by(pull.number) }</h2>
            <p>
                if !row.object.is_empty() {
                    <strong>{ object_name(&row.object) }</strong>{ ": " }
                }
                { prose(&row.sentence) }
            </p>
            if row.object.is_empty() {
                <p>{ for pull.files.iter().filter_map(|file| first_change(&pull.repository, file, on)) }</p>
            } else if row.paths.is_empty() {
                <p>{ source(&pull.repository, &row.source, on) }</p>
            } else {
                { paths(&pull.repository, row, on) }
            }
        </section>
    }
}

/// The way to the first line of a file that differs.
fn first_change(repository: &str, file: &FileDiff, on: &Callback<Action>) -> Option<Html> {
    let mut lines = file.hunks.iter().flat_map(|hunk| &hunk.lines);
    let line = lines.find(|line| line.old.is_none() || line.new.is_none())?;
    let place = format!("{}:{}", file.path, line.new.or(line.old)?);
    Some(html! { <>{ source(repository, &place, on) }{ " " }</> })
}
