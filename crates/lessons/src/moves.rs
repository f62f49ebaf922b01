//! What is done to a lab, step by step: solutions and wrong answers, as lessons bring them along.
//!
//! A folder holds `moves.yaml`, which says what is done in each step. What it leaves out, it does as
//! the page offers it: it merges the step's own change. Files below a folder of the step's name are
//! laid over main at the step's first merge.

use crate::lesson::Step;
use crate::texts;
use ecow::EcoString;
use reconcile::delivery::labs::Files;
use reconcile::delivery::reader::Reader;
use reconcile::view::{Intent, Problem};
use reconcile::{Lab, Millis};
use yaml::{Kind, Node};

/// Changes of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits(Vec<(EcoString, Edit)>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Edit {
    Whole(EcoString),
    /// Each text by another; the first must be there.
    Replace(Vec<(EcoString, EcoString)>),
    Remove,
}

impl Edits {
    /// Reads `{PATH: TEXT}`, `{PATH: {OLD: NEW}}` or `{PATH: null}`.
    pub fn read(reader: &mut Reader<'_>, node: &Node) -> Edits {
        let mut edits = Vec::new();
        for (path, change) in reader.members(node) {
            let path = reader.text(path);
            let is_null = change.span.is_empty() || change.text() == Some("null");
            let edit = match &change.target().kind {
                _ if is_null => Edit::Remove,
                Kind::Map(parts) => Edit::Replace(
                    parts
                        .iter()
                        .map(|(old, new)| (reader.text(old), reader.text(new)))
                        .collect(),
                ),
                _ => Edit::Whole(reader.text(change)),
            };
            edits.push((path, edit));
        }
        Edits(edits)
    }

    /// Whole files, by their paths.
    pub fn whole(files: impl Iterator<Item = (EcoString, EcoString)>) -> Edits {
        let edits = files.map(|(path, text)| (path, Edit::Whole(text)));
        Edits(edits.collect())
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The files that differ afterwards.
    ///
    /// # Errors
    /// A text that was to be replaced is not there.
    pub fn lay(&self, files: &mut Files) -> Result<(), EcoString> {
        for (path, edit) in &self.0 {
            match edit {
                Edit::Whole(text) => _ = files.insert(path.to_string(), text.to_string()),
                Edit::Remove => _ = files.remove(path.as_str()),
                Edit::Replace(parts) => {
                    let file = files.get_mut(path.as_str());
                    let file = file.ok_or_else(|| texts::no_file(path))?;
                    for (old, new) in parts {
                        if !file.contains(old.as_str()) {
                            return Err(texts::no_text(path, old));
                        }
                        *file = file.replace(old.as_str(), new);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Something that is done to a lab.
#[derive(Clone, Debug)]
pub struct Move {
    /// How long after the lab has come to rest, or, with `when`, after that.
    after: Millis,
    /// At the first entry that has this reason; empty for the end of what is played.
    when: EcoString,
    act: Act,
}

#[derive(Clone, Debug)]
enum Act {
    /// Opens a pull request with the step's change and these edits, and merges it.
    Merge(Edits),
    /// Takes the newest merge back, by a pull request that is merged.
    Revert,
    /// Runs the failed jobs of the newest workflow run again.
    RunAgain,
    /// A line in the terminal, in which `{pod}` stands for the oldest pod's name.
    Run(EcoString),
}

/// What is done in a step.
#[derive(Clone, Debug)]
pub struct Part {
    /// The step.
    pub step: EcoString,
    /// What is predicted.
    pub predict: Option<EcoString>,
    /// What is done.
    pub moves: Vec<Move>,
}

/// What is done in a lesson.
#[derive(Clone, Debug)]
pub struct Script {
    /// The folder: `solutions/enough`.
    pub folder: EcoString,
    /// What is done in each step that is named.
    pub parts: Vec<Part>,
    /// Of a wrong answer: the step that it gets wrong, and the hint that it must bring up.
    pub wrong: Option<(EcoString, EcoString)>,
}

const MOVES: &str = "moves.yaml";

impl Script {
    /// Reads one folder of solutions, or of wrong answers.
    pub fn read(
        folder: &str,
        files: &Files,
        steps: &[Step],
        problems: &mut Vec<Problem>,
    ) -> Script {
        let path = format!("{folder}/{MOVES}");
        let is_wrong = folder.starts_with("wrong/");
        let mut script = Script {
            folder: folder.into(),
            parts: Vec::new(),
            wrong: None,
        };
        match files.get(&path) {
            Some(text) => {
                let read = Reader::read(&path, text, |reader, root| {
                    read_script(reader, root, &mut script, is_wrong, steps);
                });
                problems.extend(read.err().unwrap_or_default());
            }
            None if is_wrong => {
                let message = texts::WHAT_A_WRONG_ANSWER_SAYS;
                problems.push(Problem::whole(path.as_str(), message));
            }
            None => {}
        }
        for step in steps {
            script.lay_files(step, files);
        }
        script
    }

    /// Puts the files of a step's folder into its first merge.
    fn lay_files(&mut self, step: &Step, files: &Files) {
        let prefix = format!("{}/{}/", self.folder, step.id);
        let own = files
            .iter()
            .filter_map(|(path, text)| Some((path.strip_prefix(&prefix)?.into(), text.into())));
        let whole = Edits::whole(own);
        if whole.is_empty() {
            return;
        }
        if !self.parts.iter().any(|part| part.step == step.id) {
            self.parts.push(Part::offered(step));
        }
        let mut parts = self.parts.iter_mut().filter(|part| part.step == step.id);
        let moves = parts.next().map(|part| &mut part.moves);
        for step in moves.into_iter().flatten().take(1) {
            if let Act::Merge(edits) = &mut step.act {
                edits.0.splice(0..0, whole.0.iter().cloned());
            }
        }
    }

    /// What it does in a step, if it says so.
    pub fn part(&self, step: &Step) -> Option<&Part> {
        self.parts.iter().find(|part| part.step == step.id)
    }
}

impl Part {
    /// What the page offers: to merge the step's own change, if it has goals or asks something.
    pub fn offered(step: &Step) -> Part {
        let merge = Move {
            after: 0,
            when: EcoString::new(),
            act: Act::Merge(Edits::default()),
        };
        Part {
            step: step.id.clone(),
            predict: None,
            moves: if step.is_reading() {
                Vec::new()
            } else {
                vec![merge]
            },
        }
    }
}

fn read_script(
    reader: &mut Reader<'_>,
    root: &Node,
    script: &mut Script,
    is_wrong: bool,
    steps: &[Step],
) {
    let known: &[&str] = if is_wrong {
        &["step", "hint", "steps"]
    } else {
        &["steps"]
    };
    let fields = reader.fields(root, MOVES, known);
    if is_wrong {
        let step = reader.required(fields, "step");
        let id = step.map(|node| reader.text(node)).unwrap_or_default();
        let found = steps.iter().find(|step| step.id == id);
        if let (None, Some(node)) = (found, step) {
            reader.problem(node, texts::no_step(&id), "");
        }
        let hint = reader.required(fields, "hint");
        let name = hint.map(|node| reader.text(node)).unwrap_or_default();
        let is_there = |step: &Step| {
            step.hints
                .iter()
                .any(|it| it.id == name && it.when.is_some())
        };
        if let (Some(node), false) = (hint, found.is_none_or(is_there)) {
            let why = texts::no_hint(&id, &name);
            reader.problem(node, why, "");
        }
        script.wrong = Some((id, name));
    }
    let parts = fields
        .get("steps")
        .map_or(&[][..], |node| reader.members(node));
    for (key, node) in parts {
        let id = reader.text(key);
        let Some(step) = steps.iter().find(|step| step.id == id) else {
            reader.problem(key, texts::no_step(&id), "");
            continue;
        };
        let fields = reader.fields(node, texts::A_STEP, &["predict", "moves"]);
        let predict = fields.get("predict").map(|node| {
            let text = reader.text(node);
            if !step.choices().iter().any(|choice| choice.id == text) {
                reader.problem(node, texts::no_choice(&id, &text), "");
            }
            text
        });
        let moves = fields.get("moves").map(|node| {
            let items = reader.items(node);
            items
                .iter()
                .filter_map(|item| read_move(reader, item))
                .collect()
        });
        script.parts.push(Part {
            predict,
            moves: moves.unwrap_or_else(|| Part::offered(step).moves),
            step: id,
        });
    }
}

fn read_move(reader: &mut Reader<'_>, node: &Node) -> Option<Move> {
    let known = ["merge", "revert", "run-again", "run", "after", "when"];
    let fields = reader.fields(node, texts::A_MOVE, &known);
    let has = |name: &str| node.entry(name).is_some();
    let act = if has("merge") {
        let edits = fields.get("merge").map(|node| Edits::read(reader, node));
        Act::Merge(edits.unwrap_or_default())
    } else if has("revert") {
        Act::Revert
    } else if has("run-again") {
        Act::RunAgain
    } else if let Some(line) = fields.get("run") {
        Act::Run(reader.text(line))
    } else {
        reader.problem(node, texts::WHAT_A_MOVE_NEEDS, "");
        return None;
    };
    Some(Move {
        after: fields.get("after").map_or(0, |node| reader.duration(node)),
        when: fields
            .get("when")
            .map_or_else(EcoString::new, |node| reader.text(node)),
        act,
    })
}

impl Move {
    /// Does it.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub fn play(&self, lab: &mut Lab, step: &Step) -> Result<(), Vec<Problem>> {
        let now = lab.now();
        let mut later = lab.entries().iter().filter(|entry| entry.t >= now);
        let moment = match self.when.as_str() {
            "" => lab.end(),
            reason => match later.find(|entry| entry.reason == reason) {
                Some(entry) => entry.t,
                None => {
                    return Err(whole(texts::nothing_happens(reason)));
                }
            },
        };
        lab.seek(moment + self.after);
        match &self.act {
            Act::Merge(edits) => {
                let mut draft = lab.files();
                step.change.lay(&mut draft).map_err(whole)?;
                edits.lay(&mut draft).map_err(whole)?;
                lab.open_pull_request(&step.title, &draft)?;
                lab.merge()
            }
            Act::Revert => {
                lab.intend(Intent::Revert)?;
                lab.merge()
            }
            Act::RunAgain => {
                let run = lab.scene().run.map_or(0, |run| run.number);
                lab.intend(Intent::RunAgain {
                    run,
                    is_failed_only: true,
                })
            }
            Act::Run(line) => {
                let scene = lab.scene();
                let sets = scene.deployments.iter().flat_map(|row| &row.sets);
                let pod = sets.flat_map(|set| &set.pods).map(|pod| &*pod.name).next();
                let (printed, _) = lab.command(&line.replace("{pod}", pod.unwrap_or_default()));
                match printed.exit {
                    0 => Ok(()),
                    _ => Err(whole(printed.stderr.into())),
                }
            }
        }
    }
}

fn whole(message: EcoString) -> Vec<Problem> {
    vec![Problem::whole("", message)]
}
