//! A workflow run: its jobs side by side, their steps one under the other.

use view::{JobRow, Progress, RunRow, StepRow};
use yew::prelude::*;

use super::icon::{progress_word, sign};
use crate::words::duration;

/// The jobs, and the log of the step that runs or failed.
pub fn workflow_run(run: &RunRow) -> Html {
    html! {
        <div class="run" aria-label={format!("Workflow {}, {}", run.name, run.trigger)}>
            <ul class="jobs">
                for job in run.jobs.iter() {
                    <li
                        key={job.name.as_str()}
                        data-testid="job"
                        data-name={job.name.to_string()}
                        data-progress={progress_word(job.progress)}
                    >
                        <h3>{ sign(job.progress) }{ job.name.as_str() }</h3>
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

fn step_row(index: usize, step: &StepRow) -> Html {
    html! {
        <li
            key={index}
            data-testid="step"
            data-name={step.name.to_string()}
            data-progress={progress_word(step.progress)}
        >
            <span class="name">{ step.name.as_str() }</span>
            <span class="said">{ progress_word(step.progress) }</span>
            if matches!(step.progress, Progress::Active | Progress::Done | Progress::Failed) {
                <span class="took">{ duration(step.took) }</span>
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
