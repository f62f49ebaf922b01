//! A lesson as its folder defines it.
//!
//! ```text
//! lesson.yaml              what is done in which lab, and what has to come true
//! text.en.md               all words that people read
//! start/                   files laid over the lab's own
//! solutions/NAME/          ways to do it   (moves.yaml, or files below a folder of each step's name)
//! wrong/NAME/              ways to get it wrong, and the hint that each must bring up
//! ```
//!
//! ```yaml
//! id: memory-limit
//! title: The memory limit, cut just a little
//! summary: …
//! minutes: 5
//! lab: order-service                # a built-in lab
//! seed: 5
//! start: {order-service/app.yaml: {"18ms": "150ms"}}   # texts of the lab's files that are others
//! files: [order-service/chart/]     # that may be edited; all below it where one ends with /
//! steps:
//!   - id: cut
//!     change: {order-service/chart/values.yaml: {"memory: 256Mi": "memory: 160Mi"}}
//!     predict: [{id: calm, when: {failed-requests: 0}}, …]
//!     goals: [{id: merged, when: {merged: 1}}]
//!     hints: [{id: first}, {id: killed, when: {happened: OOMKilled}}]
//!     debrief: [{id: all}, {id: killed, when: {happened: OOMKilled}}]
//! ```

use crate::markdown;
use crate::measure;
use crate::moves::{Edits, Script};
use crate::predicate::Predicate;
use crate::text::Text;
use crate::texts;
use ecow::{EcoString, eco_format};
use lean::FlatSet;
use reconcile::Lab;
use reconcile::delivery::labs::{self, Files};
use reconcile::delivery::reader::{Reader, did_you_mean};
use reconcile::view::Problem;
use yaml::Node;

const LESSON: &str = "lesson.yaml";
const TEXT: &str = "text.en.md";

/// A lesson.
#[derive(Debug)]
pub struct Lesson {
    /// `memory-limit`
    pub id: EcoString,
    /// Its title.
    pub title: EcoString,
    /// One sentence about it.
    pub summary: EcoString,
    /// How long it takes.
    pub minutes: u32,
    /// The built-in lab that it begins from.
    pub lab: EcoString,
    /// Where the lab's random numbers come from.
    pub seed: u64,
    /// The files that may be edited; all below it where one ends with `/`.
    pub editable: Vec<EcoString>,
    /// What comes before the first step.
    pub intro: EcoString,
    /// Its steps; at least one.
    pub steps: Vec<Step>,
    /// Its solutions, then its wrong answers.
    pub(crate) scripts: Vec<Script>,
    /// What is another in the lab's files at its start.
    start: Edits,
    /// The lab's files at its start.
    files: Files,
}

/// A step of a lesson.
#[derive(Debug, Default)]
pub struct Step {
    /// `cut`
    pub id: EcoString,
    /// Its title.
    pub title: EcoString,
    /// What to do, and why.
    pub task: EcoString,
    /// A pull request that is ready.
    pub(crate) change: Edits,
    /// The question, and what one may think; each is right when its sentence is true.
    pub(crate) prediction: Option<(EcoString, Vec<Item>)>,
    /// What has to come true.
    pub(crate) goals: Vec<Item>,
    /// What helps: by the situation, where there is a sentence about it, or when it is asked for.
    pub(crate) hints: Vec<Item>,
    /// What really happened: always, or where its sentence is true.
    pub(crate) debrief: Vec<Item>,
}

/// A text that belongs to a sentence about what happened.
#[derive(Debug)]
pub struct Item {
    /// Its name in its step.
    pub id: EcoString,
    /// In words, as Markdown.
    pub text: EcoString,
    /// When it is true.
    pub when: Option<Predicate>,
}

impl Step {
    /// Whether there is nothing to do but to read.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.goals.is_empty() && self.prediction.is_none()
    }

    /// What one may predict.
    pub(crate) fn choices(&self) -> &[Item] {
        self.prediction.as_ref().map_or(&[], |(_, choices)| choices)
    }
}

impl Lesson {
    /// Reads a lesson from the files of its folder, by their paths in it.
    ///
    /// # Errors
    /// What is wrong, and where: paths are those in the folder.
    pub fn read(files: &Files) -> Result<Lesson, Vec<Problem>> {
        let mut problems = Vec::new();
        let text = required(files, LESSON)?;
        let words = required(files, TEXT)?;
        let mut words = Text::read(TEXT, words, &mut problems);
        let mut lesson = Reader::read(LESSON, text, lesson)?;
        lesson.intro = words.take("", "task", "").unwrap_or_default();
        for step in &mut lesson.steps {
            step.take_words(&mut words, &mut problems);
        }
        problems.extend(words.unused());
        match labs::built_in(&lesson.lab) {
            Some(lab) => {
                lesson.files = lab;
                let start = files.iter().filter_map(|(path, text)| {
                    Some((path.strip_prefix("start/")?.to_owned(), text.clone()))
                });
                lesson.files.extend(start);
                let laid = lesson.start.lay(&mut lesson.files);
                problems.extend(laid.err().map(|why| problem(texts::start(&why), "".into())));
            }
            None => {
                let hint = did_you_mean(&lesson.lab, &labs::NAMES);
                problems.push(problem(texts::no_lab(&lesson.lab), hint));
            }
        }
        let mut folders: FlatSet<&str> = FlatSet::new();
        for path in files.keys() {
            let mut slashes = path.match_indices('/').map(|(at, _)| at);
            let is_script = path.starts_with("solutions/") || path.starts_with("wrong/");
            if let (true, Some(end)) = (is_script, slashes.nth(1)) {
                folders.insert(&path[..end]);
            }
        }
        for folder in folders {
            let script = Script::read(folder, files, &lesson.steps, &mut problems);
            lesson.scripts.push(script);
        }
        match problems.is_empty() {
            true => Ok(lesson),
            false => Err(problems),
        }
    }

    /// The lab at its start.
    ///
    /// # Errors
    /// What is wrong in the lab's files.
    pub fn open(&self, seed: u64) -> Result<Lab, Vec<Problem>> {
        Lab::open(&self.files, Some(seed))
    }

    /// Whether a file may be edited.
    #[must_use]
    pub fn allows(&self, path: &str) -> bool {
        self.editable.iter().any(|it| match it.ends_with('/') {
            true => path.starts_with(it.as_str()),
            false => path == it,
        })
    }
}

impl Step {
    fn take_words(&mut self, words: &mut Text, problems: &mut Vec<Problem>) {
        let step = self.id.clone();
        let mut take = |kind: &str, id: &str| {
            let text = words.take(&step, kind, id);
            if text.is_none() {
                let what = eco_format!("{kind} {id}");
                let why = texts::needs_text(&step, what.trim());
                problems.push(words.problem(&step, kind, id, &why));
            }
            text.unwrap_or_default()
        };
        self.title = take("title", "");
        self.task = take("task", "");
        if let Some((question, choices)) = &mut self.prediction {
            *question = take("predict", "");
            for it in choices {
                it.text = take("choice", &it.id);
            }
        }
        for (kind, items) in [
            ("goal", &mut self.goals),
            ("hint", &mut self.hints),
            ("debrief", &mut self.debrief),
        ] {
            for it in items {
                it.text = take(kind, &it.id);
            }
        }
        for it in &self.debrief {
            if let Err(why) = measure::check(&it.text) {
                problems.push(words.problem(&self.id, "debrief", &it.id, &why));
            }
        }
    }
}

fn required<'f>(files: &'f Files, path: &str) -> Result<&'f str, Vec<Problem>> {
    let text = files.get(path).map(String::as_str);
    text.ok_or_else(|| {
        let mut missing = problem(texts::NEEDED_BY_THE_LESSON.into(), EcoString::new());
        missing.path = path.into();
        vec![missing]
    })
}

fn problem(message: EcoString, hint: EcoString) -> Problem {
    Problem {
        hint,
        ..Problem::whole(LESSON, message)
    }
}

const FIELDS: [&str; 9] = [
    "id", "title", "summary", "minutes", "lab", "seed", "start", "files", "steps",
];

fn lesson(reader: &mut Reader<'_>, root: &Node) -> Lesson {
    let fields = reader.fields(root, LESSON, &FIELDS);
    let mut text = |name: &str| {
        let node = reader.required(fields, name);
        node.map_or_else(EcoString::new, |node| reader.text(node))
    };
    let (title, summary, lab) = (text("title"), text("summary"), text("lab"));
    let id = reader.required(fields, "id");
    let id = id.map_or_else(EcoString::new, |node| reader.name(node));
    let minutes = reader.required(fields, "minutes");
    let minutes = minutes.map_or(0, |node| reader.int(node, 1..=60) as u32);
    let seed = fields.get("seed");
    let seed = seed.map_or(0, |node| reader.int(node, 0..=u64::from(u32::MAX)));
    let start = fields.get("start");
    let start = start.map_or_else(Edits::default, |node| Edits::read(reader, node));
    let editable = fields
        .get("files")
        .map_or(&[][..], |node| reader.items(node));
    let editable = editable.iter().map(|node| reader.text(node)).collect();
    let items = reader
        .required(fields, "steps")
        .map_or(&[][..], |node| reader.items(node));
    let mut steps: Vec<Step> = Vec::new();
    for item in items {
        let step = step(reader, item);
        if steps.iter().any(|it| it.id == step.id) {
            reader.problem(item, texts::two_steps(&step.id), "");
        }
        steps.push(step);
    }
    if let (true, Some(node)) = (steps.is_empty(), fields.get("steps")) {
        reader.problem(node, texts::NEEDS_A_STEP, "");
    }
    Lesson {
        id,
        title,
        summary,
        minutes,
        lab,
        seed,
        editable,
        intro: EcoString::new(),
        steps,
        scripts: Vec::new(),
        start,
        files: Files::new(),
    }
}

fn step(reader: &mut Reader<'_>, node: &Node) -> Step {
    let known = ["id", "change", "predict", "goals", "hints", "debrief"];
    let fields = reader.fields(node, texts::A_STEP, &known);
    let id = reader.required(fields, "id");
    let id = id.map_or_else(EcoString::new, |node| reader.name(node));
    let change = fields.get("change");
    let change = change.map_or_else(Edits::default, |node| Edits::read(reader, node));
    let mut items = |name: &str, needs_when: bool| {
        let node = fields.get(name)?;
        Some(read_items(reader, node, needs_when))
    };
    let prediction = items("predict", true).map(|choices| (EcoString::new(), choices));
    let goals = items("goals", true).unwrap_or_default();
    let hints = items("hints", false).unwrap_or_default();
    let debrief = items("debrief", false).unwrap_or_default();
    let choices = prediction.as_ref().map(|(_, choices)| choices.len());
    if let (Some(0 | 1), Some(node)) = (choices, fields.get("predict")) {
        reader.problem(node, texts::NEEDS_TWO_CHOICES, "");
    }
    Step {
        id,
        change,
        prediction,
        goals,
        hints,
        debrief,
        ..Step::default()
    }
}

/// `[{id: …, when: …}]`
fn read_items(reader: &mut Reader<'_>, node: &Node, needs_when: bool) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for node in reader.items(node) {
        let fields = reader.fields(node, texts::AN_ITEM, &["id", "when"]);
        let id = reader.required(fields, "id");
        let id = id.map_or_else(EcoString::new, |node| reader.text(node));
        if items.iter().any(|it| it.id == id) {
            reader.problem(node, texts::there_twice(&id), "");
        }
        let when = match needs_when {
            true => reader.required(fields, "when"),
            false => fields.get("when"),
        };
        let when = when.map(|node| Predicate::read(reader, node));
        items.push(Item {
            id,
            text: EcoString::new(),
            when,
        });
    }
    items
}

impl Item {
    /// Its text in blocks.
    pub(crate) fn blocks(&self) -> Vec<view::Block> {
        markdown::blocks(&self.text)
    }
}
