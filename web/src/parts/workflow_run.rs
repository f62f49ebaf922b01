//! A workflow run: its jobs side by side, their steps one under the other.

use view::{Intent, JobRow, Progress, RunRow, StepRow};
use yew::prelude::*;

use super::icon::{progress_word, sign};
use crate::session::Action;
use crate::texts;

/// The jobs, and the log of the step that runs or failed.
pub fn workflow_run(run: &RunRow) -> Html {
    html! {
        <div class="run" aria-label={texts::workflow_run(&run.name, &run.trigger)}>
            <ul class="jobs">
                for job in run.jobs.iter() {
                    <li
                        key={job.name.as_str()}
                        data-testid="job"
                        data-name={job.name.to_string()}
                        data-progress={progress_word(job.progress)}
                    >
                        <h3>{ sign(job.progress) }{ job.name.as_str() }</h3>
                        if !job.waiting.is_empty() {
                            <p class="waiting">{ job.waiting.as_str() }</p>
                        }
                        <ul class="steps">
                            for (index, step) in job.steps.iter().enumerate() {
                                { step_row(index, step) }
                            }
                        </ul>
                    </li>
                }
            </ul>
            if let Some(line) = telling_line(&run.jobs) {
                <p class="log"><code>{ line }</code></p>
            }
        </div>
    }
}

/// GitHub's buttons for a run: reviews of its deployments, cancel while it goes on, run again when it
/// is over.
pub fn run_actions(run: &RunRow, on: &Callback<Action>) -> Html {
    let button = |label: String, intent: Intent| {
        let onclick = on.reform(move |_: MouseEvent| Action::Intend(intent.clone()));
        html! { <button type="button" key={label.clone()} {onclick}>{ label }</button> }
    };
    let number = run.number;
    let again = |is_failed_only| Intent::RunAgain {
        run: number,
        is_failed_only,
    };
    let mut buttons = Vec::new();
    for environment in &run.reviews {
        let approve = texts::approve_deployment(environment);
        let reject = texts::reject_deployment(environment);
        for (label, is_approved) in [(approve, true), (reject, false)] {
            let intent = Intent::Review {
                run: number,
                environment: environment.clone(),
                is_approved,
            };
            buttons.push(button(label, intent));
        }
    }
    if matches!(run.progress, Progress::Waiting | Progress::Active) {
        buttons.push(button(texts::CANCEL_RUN.to_owned(), Intent::Cancel(number)));
    } else {
        if run.jobs.iter().any(|job| job.progress == Progress::Failed) {
            buttons.push(button(texts::RERUN_FAILED.to_owned(), again(true)));
        }
        buttons.push(button(texts::RERUN_ALL.to_owned(), again(false)));
    }
    html! {
        <>
            <span class="aside">{ texts::run_title(&run.name, run.number, run.attempt, &run.trigger) }</span>
            { for buttons }
        </>
    }
}

fn step_row(index: usize, step: &StepRow) -> Html {
    html! {
        <li
            key={index}
            data-testid="step"
            data-name={step.name.to_string()}
            data-progress={progress_word(step.progress)}
        >
            <span class="name">{ step.name.as_str() }</span>
            <span class="said">{ texts::progress(step.progress) }</span>
            if matches!(step.progress, Progress::Active | Progress::Done | Progress::Failed) {
                <span class="took">{ texts::duration(step.took) }</span>
            }
        </li>
    }
}

/// The last line that the running step printed; of a failed run, that of the step that failed.
fn telling_line(jobs: &[JobRow]) -> Option<&str> {
    let steps = || jobs.iter().flat_map(|job| &job.steps);
    let step = steps()
        .find(|step| step.progress == Progress::Active)
        .or_else(|| steps().find(|step| step.progress == Progress::Failed))?;
    step.log.last().map(ecow::EcoString::as_str)
}
