//! The lesson beside the lab: what to do, what one thinks will happen, and what came of it.

use view::protocol::LessonIntent;
use view::{Block, GoalRow, LessonRow, LessonStepRow, PredictionRow, Progress, Span, StepStatus};
use yew::prelude::*;

use super::embed::is_readonly;
use super::icon::{progress_word, sign};
use super::lessons::{Lessons, standing};
use crate::session::{Action, Panel, Session};
use crate::{dom, texts};

/// The lesson as far as the learner has come. What is judged is shown when the story has come there.
pub fn lesson(session: &Session, row: &LessonRow, on: &Callback<Action>) -> Html {
    let is_judged = row.judged_at <= session.seen;
    html! {
        <article class="lesson" aria-label={texts::lesson_named(&row.title)} data-testid="lesson" data-id={row.id.to_string()} data-done={row.is_done.to_string()}>
            <header>
                <h2>{ row.title.as_str() }</h2>
                <p class="facts">{ texts::lesson_facts(row.minutes, &row.summary) }</p>
                if let Some(at) = row.steps.iter().rposition(|it| it.status != StepStatus::Waiting) {
                    <Place
                        at={at + 1}
                        of={row.steps.len()}
                        title={row.steps[at].title.to_string()}
                        is_decided={is_judged && is_decided(&row.steps[at])}
                    />
                }
            </header>
            { blocks(&row.intro) }
            <ol class="lesson-steps">
                { for row.steps.iter().map(|it| step(session, it, is_judged, on)) }
            </ol>
            if row.is_done && is_judged {
                <p class="finished" role="status">{ texts::LESSON_DONE }</p>
            }
            <Lessons standing={is_judged.then(|| standing(row))} />
        </article>
    }
}

#[derive(PartialEq, Properties)]
struct PlaceProps {
    /// The place of the step that is to be done, from 1.
    at: usize,
    of: usize,
    title: AttrValue,
    /// Whether it is known what came of it.
    is_decided: bool,
}

/// How far one is, and the way past what was read already. A step that begins, and the verdict on it, come
/// into view by themselves, also for who comes back from another panel.
#[component]
fn Place(props: &PlaceProps) -> Html {
    let shown = use_mut_ref(|| 1);
    use_effect_with((props.at, props.is_decided), move |&(at, is_decided)| {
        // A frame that is opened does not scroll the page around it.
        let was = shown.replace(at);
        match is_decided {
            _ if dom::is_embed() && was == at => {}
            true => dom::show(&format!(
                ".lesson-steps > :nth-child({at}) > :is(.prediction, .goals)"
            )),
            false if was != at => show_step(at),
            false => {}
        }
    });
    let at = props.at;
    html! {
        <p class="place">
            <button type="button" class="link" onclick={move |_| show_step(at)}>
                { texts::step_of(at, props.of, &props.title) }
            </button>
        </p>
    }
}

/// Whether something came of a step that has a question or goals.
fn is_decided(step: &LessonStepRow) -> bool {
    let is_answered = step
        .prediction
        .as_ref()
        .is_some_and(|it| it.right.is_some());
    is_answered || (step.status == StepStatus::Done && !step.goals.is_empty())
}

fn show_step(at: usize) {
    dom::show(&format!(".lesson-steps > :nth-child({at})"));
}

fn step(session: &Session, row: &LessonStepRow, is_judged: bool, on: &Callback<Action>) -> Html {
    let is_done = row.status == StepStatus::Done && is_judged;
    let (said, progress) = match row.status {
        StepStatus::Waiting => (texts::STEP_WAITING, Progress::Waiting),
        _ if is_done => (texts::STEP_DONE, Progress::Done),
        _ => (texts::STEP_ACTIVE, Progress::Active),
    };
    let is_open = row.status != StepStatus::Waiting;
    html! {
        <li key={row.id.as_str()} data-testid="lesson-step" data-id={row.id.to_string()} data-status={progress_word(progress)}>
            <h3>{ sign(progress) }{ row.title.as_str() }<span class="said">{ format!(", {said}") }</span></h3>
            if is_open {
                { blocks(&row.task) }
                if let Some(prediction) = &row.prediction {
                    { predicted(row, prediction, is_judged, on) }
                }
                { goals(&row.goals, is_judged, on) }
                { for row.hints.iter().map(|it| html! { <div class="lesson-hint">{ blocks(it) }</div> }) }
                if is_judged {
                    { blocks(&row.debrief) }
                }
                { buttons(session, row, is_done, is_judged, on) }
            }
        </li>
    }
}

/// The question, and, when it is known, which choice was right.
fn predicted(
    step: &LessonStepRow,
    row: &PredictionRow,
    is_judged: bool,
    on: &Callback<Action>,
) -> Html {
    let right = row.right.filter(|_| is_judged);
    // What was done has decided, also while the page has not come there yet.
    let is_closed = row.right.is_some() || is_readonly();
    let choices = (0..).zip(&row.choices).map(|(index, text)| {
        let is_chosen = row.chosen == Some(index);
        let verdict = match right {
            Some(right) if right == index => "right",
            Some(_) if is_chosen => "wrong",
            _ => "",
        };
        let onchange = on.reform(move |_| Action::Learn(LessonIntent::Predict(index)));
        html! {
            <label key={index} data-verdict={verdict}>
                <input type="radio" name={step.id.to_string()} checked={is_chosen} disabled={is_closed} {onchange} />
                <span>{ spans(text) }</span>
                if verdict == "right" {
                    { sign(Progress::Done) }<span class="said">{ texts::RIGHT }</span>
                }
                if verdict == "wrong" {
                    { sign(Progress::Failed) }<span class="said">{ texts::WRONG }</span>
                }
            </label>
        }
    });
    html! {
        <fieldset class="prediction" data-testid="prediction">
            <legend>{ blocks(&row.question) }</legend>
            { for choices }
        </fieldset>
    }
}

fn goals(rows: &[GoalRow], is_judged: bool, on: &Callback<Action>) -> Html {
    if rows.is_empty() {
        return Html::default();
    }
    let goal = |(index, row): (usize, &GoalRow)| {
        let is_met = row.is_met && is_judged;
        let evidence = html! { <span class="aside">{ row.evidence.as_str() }</span> };
        html! {
            <li key={index} data-testid="goal" data-met={is_met.to_string()}>
                { sign(if is_met { Progress::Done } else { Progress::Waiting }) }
                <div>
                    <p>{ spans(&row.text) }<span class="said">{ if is_met { texts::GOAL_MET } else { texts::GOAL_NOT_MET } }</span></p>
                    if is_judged && !row.evidence.is_empty() {
                        if let Some(t) = row.at {
                            <button type="button" class="link" onclick={on.reform(move |_| Action::Seek(t))}>{ evidence }</button>
                        } else {
                            { evidence }
                        }
                    }
                </div>
            </li>
        }
    };
    html! { <ul class="goals" aria-label={texts::GOALS}>{ for rows.iter().enumerate().map(goal) }</ul> }
}

fn buttons(
    session: &Session,
    row: &LessonStepRow,
    is_done: bool,
    is_judged: bool,
    on: &Callback<Action>,
) -> Html {
    let button = |intent: LessonIntent, text: &'static str, class: Option<&'static str>| {
        let onclick = on.reform(move |_: MouseEvent| Action::Learn(intent));
        html! { <button type="button" {class} {onclick}>{ text }</button> }
    };
    // What lies in the editor, prepared or typed, goes the way of every change.
    let (offer, way) = match session.has_open_pull_request() {
        true => (texts::LOOK_AT_PULL_REQUEST, Some(Panel::PullRequest)),
        false => (texts::OPEN_PULL_REQUEST, None),
    };
    let offers = !is_done && (way.is_some() || !session.draft.is_empty());
    let onoffer = on.reform(move |_: MouseEvent| way.map_or(Action::OpenPullRequest, Action::Show));
    let was_tried = is_judged && !row.debrief.is_empty();
    html! {
        <div class="tools">
            if offers {
                <button type="button" class="primary" onclick={onoffer}>{ offer }</button>
            }
            if row.has_more_hints && !is_done {
                { button(LessonIntent::AskHint, texts::SHOW_HINT, None) }
            }
            if was_tried {
                { button(LessonIntent::Retry, texts::TRY_AGAIN, None) }
            }
            if is_done {
                { button(LessonIntent::Next, texts::NEXT, Some("primary")) }
            }
        </div>
    }
}

fn blocks(blocks: &[Block]) -> Html {
    let block = |(index, block): (usize, &Block)| match block {
        Block::Paragraph(text) => html! { <p key={index}>{ spans(text) }</p> },
        Block::List(items) => html! {
            <ul key={index} class="points">{ for items.iter().map(|item| html! { <li>{ spans(item) }</li> }) }</ul>
        },
        Block::Code(text) => html! { <pre key={index} tabindex="0">{ text.as_str() }</pre> },
    };
    html! { <>{ for blocks.iter().enumerate().map(block) }</> }
}

fn spans(spans: &[Span]) -> Html {
    let span = |span: &Span| match span {
        Span::Text(text) => html! { { text.as_str() } },
        Span::Code(text) => html! { <code>{ text.as_str() }</code> },
        Span::Emphasis(text) => html! { <em>{ text.as_str() }</em> },
    };
    html! { <>{ for spans.iter().map(span) }</> }
}
