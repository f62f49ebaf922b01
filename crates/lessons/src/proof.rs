//! The proof that a lesson is as it claims: the start does not meet the goals, every solution does,
//! every wrong answer fails and brings up its hint. From fresh, with several seeds.

use crate::lesson::Lesson;
use crate::moves::{Part, Script};
use crate::session::Session;
use crate::texts;
use ecow::{EcoString, eco_format};
use reconcile::Lab;
use reconcile::delivery::labs::Files;
use reconcile::view::Problem;
use std::rc::Rc;
use view::StepStatus;
use view::protocol::LessonIntent;

/// With how many seeds a lesson is proved, its own and those after it.
pub const SEEDS: u64 = 5;

/// What was proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The lesson's id.
    pub id: EcoString,
    /// How many steps it has.
    pub steps: usize,
    /// How many solutions.
    pub solutions: usize,
    /// How many wrong answers.
    pub wrong: usize,
}

/// Reads a lesson from the files of its folder and proves it.
///
/// # Errors
/// What is wrong, and where: paths are those in the folder.
pub fn prove(files: &Files) -> Result<Proof, Vec<Problem>> {
    let lesson = Rc::new(Lesson::read(files)?);
    let is_wrong = |script: &&Script| script.wrong.is_some();
    let wrong = lesson.scripts.iter().filter(is_wrong).count();
    let solutions = lesson.scripts.len() - wrong;
    let mut problems = Vec::new();
    for (number, name) in [(solutions, "solutions"), (wrong, "wrong")] {
        if number == 0 {
            let why = texts::needs_something_in(name);
            problems.push(Problem::whole("lesson.yaml", why));
        }
    }
    for script in &lesson.scripts {
        for seed in 0..SEEDS {
            let seed = lesson.seed + seed;
            if let Err(mut found) = play(&lesson, script, seed) {
                for problem in &mut found {
                    problem.message = texts::with_seed(seed, &problem.message);
                }
                problems.extend(found);
                // The other seeds would say the same.
                break;
            }
        }
    }
    match problems.is_empty() {
        true => Ok(Proof {
            id: lesson.id.clone(),
            steps: lesson.steps.len(),
            solutions,
            wrong,
        }),
        false => Err(problems),
    }
}

/// Plays a solution to its end, or a wrong answer to its hint.
pub(crate) fn play(
    lesson: &Rc<Lesson>,
    script: &Script,
    seed: u64,
) -> Result<(Session, Lab), Vec<Problem>> {
    let at = eco_format!("{}/moves.yaml", script.folder);
    let wrong = |why: EcoString| vec![Problem::whole(&at, why)];
    let (mut session, mut lab) = Session::begin(lesson.clone(), seed)?;
    // What a wrong answer does not say, the first solution does.
    let solution = lesson.scripts.iter().find(|it| it.wrong.is_none());
    for (place, step) in lesson.steps.iter().enumerate() {
        let name = &step.id;
        if !step.is_reading() && session.current(&lab).status == StepStatus::Done {
            return Err(wrong(texts::done_before(name)));
        }
        let said = script.part(step).or_else(|| solution?.part(step));
        let part = said.cloned().unwrap_or_else(|| Part::offered(step));
        if !step.choices().is_empty() {
            let predicted = choice(&session, part.predict.as_ref());
            let predict = LessonIntent::Predict(predicted);
            session.learn(&mut lab, predict).map_err(wrong)?;
        }
        for it in &part.moves {
            it.play(&mut lab, step).map_err(|problems| {
                let told = problems
                    .into_iter()
                    .map(|it| eco_format!("{} {}", it.path, it.message));
                let told: Vec<EcoString> = told.collect();
                wrong(texts::cannot_be_done(name, &told.join("; ")))
            })?;
        }
        if let Some((_, hint)) = script.wrong.as_ref().filter(|(step, _)| step == name) {
            fails(&session, &lab, name, hint).map_err(wrong)?;
            break;
        }
        succeeds(&session, &lab, name, part.predict.as_ref()).map_err(wrong)?;
        if place + 1 < lesson.steps.len() {
            session.learn(&mut lab, LessonIntent::Next).map_err(wrong)?;
        }
    }
    Ok((session, lab))
}

/// The place of a choice; the first, if nothing is said.
fn choice(session: &Session, id: Option<&EcoString>) -> u32 {
    let mut choices = session.step().choices().iter();
    choices
        .position(|choice| Some(&choice.id) == id)
        .unwrap_or(0) as u32
}

fn succeeds(
    session: &Session,
    lab: &Lab,
    name: &str,
    predicted: Option<&EcoString>,
) -> Result<(), EcoString> {
    let row = session.current(lab);
    for (goal, row) in session.step().goals.iter().zip(&row.goals) {
        if !row.is_met {
            return Err(texts::does_not_meet(name, &goal.id, &row.evidence));
        }
    }
    if row.status != StepStatus::Done {
        return Err(texts::is_not_done(name));
    }
    if session.step().choices().is_empty() {
        return Ok(());
    }
    match (session.right(lab).as_slice(), predicted) {
        ([right], Some(predicted)) if right != predicted => {
            Err(texts::expects(name, predicted, right))
        }
        ([_], _) => Ok(()),
        ([], _) => Err(texts::no_choice_is_right(name)),
        (several, _) => Err(texts::several_are_right(name, &several.join(", "))),
    }
}

fn fails(session: &Session, lab: &Lab, name: &str, hint: &EcoString) -> Result<(), EcoString> {
    if session.current(lab).status == StepStatus::Done {
        return Err(texts::should_not_be_done(name));
    }
    let shown = session.situations(lab);
    if shown.contains(hint) {
        return Ok(());
    }
    Err(texts::does_not_bring_up(name, hint, &shown.join(", ")))
}
