//! All lessons, with how far one has come in each.

use view::{LessonCard, LessonRow, Progress, StepStatus};
use yew::prelude::*;

use super::icon::sign;
use crate::storage::{self, Standing};
use crate::{dom, engine, texts};

/// How far the learner has come in a lesson whose story was seen to its end.
pub fn standing(row: &LessonRow) -> Standing {
    let done = row.steps.iter().filter(|it| it.status == StepStatus::Done);
    let asked = row.steps.iter().filter_map(|it| it.prediction.as_ref());
    let made = asked.filter(|it| it.chosen.is_some() && it.right.is_some());
    Standing {
        done: done.count(),
        of: row.steps.len(),
        right: made.clone().filter(|it| it.chosen == it.right).count(),
        predicted: made.count(),
    }
}

/// The lessons that there are; none before they are loaded.
#[hook]
pub fn use_cards() -> UseStateHandle<Vec<LessonCard>> {
    let cards = use_state(Vec::new);
    use_effect_with((), {
        let cards = cards.setter();
        move |()| {
            engine::load_message("lessons/index.bin", move |all: Option<_>| {
                cards.set(all.unwrap_or_default());
            });
        }
    });
    cards
}

#[derive(PartialEq, Properties)]
pub struct LessonsProps {
    /// The open lesson's; none while its story is not seen to its end.
    pub standing: Option<Standing>,
}

/// The list of lessons. It keeps the standing, and gives all of them as a file that can be handed in.
#[component]
pub fn Lessons(props: &LessonsProps) -> Html {
    let cards = use_cards();
    let kept = use_state(storage::lessons);
    let open = dom::parameter("lesson");
    use_effect_with((open.clone(), props.standing), {
        let kept = kept.setter();
        move |(open, standing)| {
            if let (Some(id), Some(standing)) = (open, standing) {
                storage::keep_lesson(id, standing);
                kept.set(storage::lessons());
            }
        }
    });
    let query = |id: &str| format!("?lesson={id}");
    html! {
        <nav class="lessons" aria-label={texts::ALL_LESSONS}>
            <h3>{ texts::ALL_LESSONS }</h3>
            <ul>
                for card in cards.iter() {
                    <li key={card.id.as_str()} data-testid="lesson-card" data-id={card.id.to_string()}>
                        { sign(progress(kept.of(&card.id))) }
                        <a
                            href={query(&card.id)}
                            aria-current={(open.as_deref() == Some(card.id.as_str())).then_some("page")}
                        >
                            { card.title.as_str() }
                        </a>
                        <span class="aside">{ texts::lesson_standing(kept.of(&card.id), card.minutes) }</span>
                    </li>
                }
            </ul>
            <p class="tools">
            <button type="button" class="link" onclick={|_| {
                storage::put_aside();
                dom::reload();
            }}>{ texts::BEGIN_AGAIN }</button>
            if !kept.is_empty() {
                // A file made of the address itself: nothing is sent anywhere.
                <a class="hand-in" download="rollout-lab-progress.json" href={kept.as_file()}>{ texts::HAND_IN }</a>
            }
            </p>
        </nav>
    }
}

fn progress(standing: Option<Standing>) -> Progress {
    match standing {
        Some(it) if it.done == it.of => Progress::Done,
        Some(it) if 0 < it.done => Progress::Active,
        _ => Progress::Waiting,
    }
}
