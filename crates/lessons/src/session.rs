//! A learner's way through a lesson.

use crate::lesson::{Item, Lesson, Step};
use crate::markdown;
use crate::measure;
use crate::record::Record;
use crate::texts;
use ecow::EcoString;
use reconcile::Lab;
use reconcile::delivery::labs::Files;
use reconcile::view::{Problem, Tone};
use std::rc::Rc;
use view::protocol::LessonIntent;
use view::{GoalRow, LessonRow, LessonStepRow, PredictionRow, StepStatus, YOU};

/// How far a learner has come. The lab is the page's: what happened in it is all that counts.
#[derive(Clone, Debug)]
pub struct Session {
    lesson: Rc<Lesson>,
    /// The lab when the step began.
    begin: Lab,
    /// The place of the step.
    at: usize,
    /// What is predicted.
    chosen: Option<u32>,
    /// How many hints were asked for.
    asked: usize,
    /// The steps that are done, as they were then.
    past: Vec<LessonStepRow>,
    /// What the learner did beside the lab: after how many of the lab's deeds, and in order.
    log: Vec<(usize, LessonIntent)>,
}

impl Session {
    /// Begins a lesson: a session, and the lab that it is about.
    ///
    /// # Errors
    /// What is wrong in the lab's files.
    pub fn begin(lesson: Rc<Lesson>, seed: u64) -> Result<(Session, Lab), Vec<Problem>> {
        let mut lab = lesson.open(seed)?;
        lab.seek(lab.end());
        let session = Session {
            lesson,
            begin: lab.fork(),
            at: 0,
            chosen: None,
            asked: 0,
            past: Vec::new(),
            log: Vec::new(),
        };
        Ok((session, lab))
    }

    /// The lesson.
    #[must_use]
    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// The step that is to be done.
    #[must_use]
    pub fn step(&self) -> &Step {
        // There is one at least, and `next` stays among them.
        &self.lesson.steps[self.at]
    }

    /// Whether a draft changes only what may be edited.
    ///
    /// # Errors
    /// The files that are to stay as they are.
    pub fn may_propose(&self, lab: &Lab, draft: &Files) -> Result<(), Vec<Problem>> {
        let main = lab.files();
        let mut prepared = main.clone();
        // What it cannot be laid over any more, it does not allow.
        let _ = self.step().change.lay(&mut prepared);
        let mut paths: Vec<&String> = main.keys().chain(draft.keys()).collect();
        lean::sort(&mut paths);
        paths.dedup();
        let is_wrong = |path: &&String| {
            let path = path.as_str();
            let text = draft.get(path);
            text != main.get(path) && text != prepared.get(path) && !self.lesson.allows(path)
        };
        let wrong: Vec<Problem> = paths
            .into_iter()
            .filter(is_wrong)
            .map(|path| Problem {
                hint: texts::may_be_edited(&self.lesson.editable.join(", ")),
                ..Problem::whole(path.as_str(), texts::LEFT_AS_IT_IS)
            })
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// Does something in the lesson, beside the lab. To begin a step again gives another lab.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub fn learn(&mut self, lab: &mut Lab, intent: LessonIntent) -> Result<(), EcoString> {
        match intent {
            LessonIntent::Predict(choice) => self.predict(lab, choice)?,
            LessonIntent::AskHint => self.asked += 1,
            LessonIntent::Next => {
                self.next(lab)?;
                lab.seek(lab.end());
            }
            LessonIntent::Retry => {
                *lab = self.retry();
                return Ok(());
            }
        }
        self.log.push((lab.deeds().len(), intent));
        Ok(())
    }

    /// What the learner did beside the lab, as far as it counts still: after how many of the lab's deeds,
    /// and in order.
    #[must_use]
    pub fn log(&self) -> &[(usize, LessonIntent)] {
        &self.log
    }

    fn predict(&mut self, lab: &Lab, choice: u32) -> Result<(), EcoString> {
        if choice as usize >= self.step().choices().len() {
            return Err(texts::NO_SUCH_CHOICE.into());
        }
        if has_tried(&Record::new(&self.begin, lab)) {
            return Err(texts::PREDICTION_COMES_BEFORE.into());
        }
        self.chosen = Some(choice);
        Ok(())
    }

    fn next(&mut self, lab: &Lab) -> Result<(), EcoString> {
        let row = self.current(lab);
        if row.status != StepStatus::Done {
            return Err(texts::NOT_DONE_YET.into());
        }
        if self.at + 1 == self.lesson.steps.len() {
            return Err(texts::LAST_STEP.into());
        }
        self.past.push(row);
        self.at += 1;
        self.begin = lab.fork();
        self.begin.seek(lab.end());
        (self.chosen, self.asked) = (None, 0);
        Ok(())
    }

    /// The step begins again. Hints that were shown stay.
    fn retry(&mut self) -> Lab {
        self.chosen = None;
        let begin = self.begin.fork();
        let begun = self
            .log
            .iter()
            .rposition(|(_, it)| *it == LessonIntent::Next);
        let mut own = self.log.split_off(begun.map_or(0, |at| at + 1));
        own.retain(|(_, it)| *it == LessonIntent::AskHint);
        let again = own.into_iter().map(|(_, it)| (begin.deeds().len(), it));
        self.log.extend(again);
        begin
    }

    /// What there is to see of the lesson, given the lab as it is now.
    #[must_use]
    pub fn row(&self, lab: &Lab) -> LessonRow {
        let lesson = &self.lesson;
        let current = self.current(lab);
        let is_last = self.at + 1 == lesson.steps.len();
        let is_done = is_last && current.status == StepStatus::Done;
        let mut steps = self.past.clone();
        steps.push(current);
        steps.extend(
            lesson.steps[self.at + 1..]
                .iter()
                .map(|step| LessonStepRow {
                    id: step.id.clone(),
                    title: step.title.clone(),
                    ..LessonStepRow::default()
                }),
        );
        LessonRow {
            id: lesson.id.clone(),
            title: lesson.title.clone(),
            summary: lesson.summary.clone(),
            minutes: lesson.minutes,
            intro: markdown::blocks(&lesson.intro),
            editable: lesson.editable.clone(),
            steps,
            is_done,
            judged_at: lab.end(),
        }
    }

    /// The step as it stands.
    pub(crate) fn current(&self, lab: &Lab) -> LessonStepRow {
        let step = self.step();
        let record = Record::new(&self.begin, lab);
        let has_tried = has_tried(&record);
        let goals: Vec<GoalRow> = step.goals.iter().map(|it| goal(it, &record)).collect();
        // A question asks what will come of a deed. Who did it without an answer has seen it too.
        let needs_trial = step.prediction.is_some();
        let is_done = goals.iter().all(|goal| goal.is_met) && (has_tried || !needs_trial);
        let is_true = |it: &&Item| {
            let when = it.when.as_ref();
            when.is_none_or(|when| when.judge(&record).holds)
        };
        let asked = step.hints.iter().filter(|it| it.when.is_none());
        let by_situation = step.hints.iter().filter(|it| it.when.is_some());
        let is_stuck = has_tried && !is_done;
        let hints = by_situation.filter(|it| is_stuck && is_true(it));
        let hints = hints.chain(asked.clone().take(self.asked));
        let debrief = step.debrief.iter().filter(|it| is_done && is_true(it));
        let debrief = debrief.flat_map(|it| markdown::blocks(&measure::fill(&it.text, &record)));
        let choices = step.choices();
        LessonStepRow {
            id: step.id.clone(),
            title: step.title.clone(),
            status: match is_done {
                true => StepStatus::Done,
                false => StepStatus::Active,
            },
            task: markdown::blocks(&step.task),
            change: self.change(),
            prediction: step.prediction.as_ref().map(|(question, _)| PredictionRow {
                question: markdown::blocks(question),
                choices: choices.iter().map(|it| markdown::spans(&it.text)).collect(),
                chosen: self.chosen,
                right: choices
                    .iter()
                    .position(|it| has_tried && is_true(&it))
                    .map(|at| at as u32),
            }),
            goals,
            hints: hints.map(Item::blocks).collect(),
            has_more_hints: self.asked < asked.count(),
            debrief: debrief.collect(),
        }
    }

    /// The files that the step's own change makes differ from main.
    fn change(&self) -> Files {
        let main = self.begin.files();
        let mut files = main.clone();
        // A lesson's check finds what cannot be laid.
        let _ = self.step().change.lay(&mut files);
        files.retain(|path, text| main.get(path) != Some(text));
        files
    }

    /// The hints that the situation calls for, by name.
    pub(crate) fn situations(&self, lab: &Lab) -> Vec<EcoString> {
        let record = Record::new(&self.begin, lab);
        let hints = self.step().hints.iter();
        let holds = |it: &&Item| {
            it.when
                .as_ref()
                .is_some_and(|when| when.judge(&record).holds)
        };
        hints.filter(holds).map(|it| it.id.clone()).collect()
    }

    /// The choices that turned out right, by name.
    pub(crate) fn right(&self, lab: &Lab) -> Vec<EcoString> {
        let record = Record::new(&self.begin, lab);
        let choices = self.step().choices().iter();
        let holds = |it: &&Item| {
            it.when
                .as_ref()
                .is_some_and(|when| when.judge(&record).holds)
        };
        choices.filter(holds).map(|it| it.id.clone()).collect()
    }
}

fn goal(it: &Item, record: &Record) -> GoalRow {
    let verdict = it.when.as_ref().map(|when| when.judge(record));
    let verdict = verdict.unwrap_or_default();
    GoalRow {
        text: markdown::spans(&it.text),
        is_met: verdict.holds,
        evidence: verdict.evidence,
        at: verdict.at,
    }
}

/// Whether somebody did more than to propose. What was refused is not done.
fn has_tried(record: &Record) -> bool {
    record.entries().iter().any(|entry| {
        entry.actor == YOU
            && entry.tone == Tone::Story
            && !matches!(entry.verb, "commit" | "open" | "close")
    })
}
