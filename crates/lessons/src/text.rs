//! `text.en.md`: all words of a lesson that people read.
//!
//! ```md
//! What comes before the first step.
//!
//! # cut: A smaller limit          a step: its id and its title, then what to do
//! ## predict                      the question, then the choices by their ids
//! - calm: Nothing happens.
//! ## goal calm                    a goal, a hint, a debrief: by their ids
//! ```

use crate::markdown;
use crate::texts;
use ecow::{EcoString, eco_format};
use reconcile::view::Problem;

/// The kinds of sections of a step.
const KINDS: [&str; 5] = ["task", "predict", "goal", "hint", "debrief"];

/// A text in its sections.
#[derive(Debug)]
pub struct Text {
    path: EcoString,
    sections: Vec<Section>,
    /// What was never asked for is nothing that a learner will see.
    used: Vec<bool>,
}

#[derive(Debug)]
struct Section {
    step: EcoString,
    kind: &'static str,
    id: EcoString,
    line: u32,
    text: String,
}

impl Text {
    /// Reads a text; what is wrong goes to `problems`.
    pub fn read(path: &str, text: &str, problems: &mut Vec<Problem>) -> Text {
        let mut sections = vec![Section::new("", "task", "", 1)];
        let mut is_code = false;
        for (at, line) in text.lines().enumerate() {
            let number = at as u32 + 1;
            let heading = |sign: &str| line.strip_prefix(sign).filter(|_| !is_code);
            let Some(last) = sections.last() else { break };
            let step = last.step.clone();
            let new = if let Some(heading) = heading("# ") {
                let (id, title) = heading.split_once(": ").unwrap_or((heading, ""));
                if title.is_empty() {
                    let why = texts::WHAT_A_HEADING_IS;
                    problems.push(problem(path, number, why, ""));
                }
                let mut named = Section::new(id, "title", "", number);
                named.text = title.to_owned();
                sections.push(named);
                Section::new(id, "task", "", number)
            } else if let Some(heading) = heading("## ") {
                let (kind, id) = heading.split_once(' ').unwrap_or((heading, ""));
                let Some(kind) = KINDS.into_iter().find(|it| *it == kind) else {
                    let hint = reconcile::delivery::reader::did_you_mean(kind, &KINDS);
                    let why = texts::no_section(kind);
                    problems.push(problem(path, number, &why, &hint));
                    continue;
                };
                Section::new(&step, kind, id.trim(), number)
            } else if let Some((id, choice)) = choice(line, last) {
                let mut choice_section = Section::new(&step, "choice", id, number);
                choice_section.text = choice.to_owned();
                choice_section
            } else {
                is_code ^= line.starts_with("```");
                if let Some(section) = sections.last_mut() {
                    section.text.push_str(line);
                    section.text.push('\n');
                }
                continue;
            };
            let same = |it: &Section| (&it.step, it.kind, &it.id) == (&new.step, new.kind, &new.id);
            if sections.iter().any(same) {
                problems.push(problem(path, number, texts::SECTION_TWICE, texts::KEEP_ONE));
            }
            sections.push(new);
        }
        Text {
            path: path.into(),
            used: vec![false; sections.len()],
            sections,
        }
    }

    /// A section's text; none if it is not there or empty.
    pub fn take(&mut self, step: &str, kind: &str, id: &str) -> Option<EcoString> {
        let is = |it: &Section| it.step == step && it.kind == kind && it.id == id;
        let at = self.sections.iter().position(is)?;
        self.used[at] = true;
        let text = self.sections[at].text.trim();
        (!text.is_empty()).then(|| text.into())
    }

    /// A problem at a section, or about the whole text.
    pub fn problem(&self, step: &str, kind: &str, id: &str, why: &str) -> Problem {
        let is = |it: &&Section| it.step == step && it.kind == kind && it.id == id;
        let line = self.sections.iter().find(is).map_or(0, |it| it.line);
        problem(&self.path, line, why, "")
    }

    /// Texts that nobody will read.
    pub fn unused(&self) -> Vec<Problem> {
        let all = self.sections.iter().zip(&self.used);
        let unused =
            all.filter(|(it, used)| !(**used || it.kind == "task" && it.text.trim().is_empty()));
        let told = unused.map(|(it, _)| {
            let (kind, id, step) = (it.kind, &it.id, &it.step);
            let what = eco_format!("{kind} {id}");
            let why = texts::not_in_lesson(what.trim(), step);
            problem(&self.path, it.line, &why, "")
        });
        told.collect()
    }
}

impl Section {
    fn new(step: &str, kind: &'static str, id: &str, line: u32) -> Section {
        Section {
            step: step.trim().into(),
            kind,
            id: id.into(),
            line,
            text: String::new(),
        }
    }
}

/// A choice of the question that is open: `- calm: Nothing happens.`
fn choice<'l>(line: &'l str, last: &Section) -> Option<(&'l str, &'l str)> {
    let is_open = matches!(last.kind, "predict" | "choice");
    markdown::item(line)?.split_once(": ").filter(|_| is_open)
}

fn problem(path: &str, line: u32, message: &str, hint: &str) -> Problem {
    Problem {
        path: path.into(),
        line,
        column: 0,
        message: message.into(),
        hint: hint.into(),
    }
}
