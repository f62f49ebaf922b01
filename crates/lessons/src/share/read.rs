//! A link from its JSON, which YAML reads, each mistake with its line and column.

use super::write::method_word;
use super::{Act, LINK, Link, Other, Start, VERSION};
use crate::texts;
use ecow::EcoString;
use reconcile::delivery::reader::{Fields, Reader};
use reconcile::view::Problem;
use reconcile::{Deed, Differences, Millis};
use view::protocol::LessonIntent;
use view::{Intent, MergeMethod, ObjectRef};
use yaml::Node;

/// The latest moment that a link may name, far beyond what any lab plays: 1000 h.
const MOMENT_MAX: Millis = 3_600_000_000;
/// What can be done, by the field that says it.
const ACTS: [&str; 17] = [
    "propose", "close", "merge", "approve", "revert", "review", "cancel", "rerun", "dispatch",
    "refresh", "sync", "rollback", "run", "predict", "hint", "next", "retry",
];

impl Link {
    /// Reads what [`Link::write`] wrote, now or in an older edition.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn read(text: &str) -> Result<Link, Vec<Problem>> {
        Reader::read(LINK, text, link)
    }
}

fn link(reader: &mut Reader<'_>, root: &Node) -> Link {
    let known = [
        "rolloutLab",
        "lab",
        "lesson",
        "seed",
        "acts",
        "at",
        "files",
        "removed",
        "other",
    ];
    let fields = reader.fields(root, texts::A_LINK, &known);
    if let Some(version) = reader.required(fields, "rolloutLab") {
        let number = reader.int(version, 1..=u64::MAX);
        if number > VERSION as u64 {
            reader.problem(version, texts::LINK_IS_NEWER, "");
        }
    }
    let lesson = fields.get("lesson").map(|node| reader.text(node));
    let lab = match lesson {
        Some(_) => fields.get("lab"),
        None => reader.required(fields, "lab"),
    };
    let lab = lab.map(|node| reader.text(node)).unwrap_or_default();
    let seed = fields
        .get("seed")
        .map(|node| reader.int(node, 0..=u64::MAX));
    Link {
        start: Start { lab, lesson, seed },
        acts: acts(reader, fields),
        files: files(reader, fields),
        at: fields.get("at").map(|node| moment(reader, node)),
        other: fields.get("other").map(|node| other(reader, node)),
    }
}

fn other(reader: &mut Reader<'_>, node: &Node) -> Other {
    let known = ["since", "fork", "acts", "files", "removed"];
    let fields = reader.fields(node, texts::ANOTHER_FUTURE, &known);
    let since = reader.required(fields, "since");
    Other {
        since: since.map_or(0, |node| moment(reader, node)),
        is_fork: is_true(fields, "fork"),
        acts: acts(reader, fields),
        files: files(reader, fields),
    }
}

fn acts(reader: &mut Reader<'_>, fields: Fields<'_>) -> Vec<Act> {
    let items = fields.get("acts");
    let items = items.map_or(&[][..], |node| reader.items(node));
    items.iter().filter_map(|item| act(reader, item)).collect()
}

fn moment(reader: &mut Reader<'_>, node: &Node) -> Millis {
    reader.int(node, 0..=MOMENT_MAX)
}

fn act(reader: &mut Reader<'_>, item: &Node) -> Option<Act> {
    let said = ACTS
        .into_iter()
        .find_map(|word| Some((word, item.entry(word)?.1)));
    let Some((word, node)) = said else {
        reader.problem(item, texts::WHAT_AN_ACT_SAYS, ACTS.join(", "));
        return None;
    };
    let more: &[&str] = match word {
        "propose" => &["files", "removed"],
        "review" => &["environment", "approved"],
        "rerun" => &["failed"],
        "dispatch" => &["repository", "inputs"],
        "sync" => &["prune"],
        "rollback" => &["id"],
        _ => &[],
    };
    let known: Vec<&str> = [word, "at"]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    let fields = reader.fields(item, texts::AN_ACT, &known);
    match word {
        "predict" => return Some(Act::Lesson(LessonIntent::Predict(number(reader, node)))),
        "hint" => return Some(Act::Lesson(LessonIntent::AskHint)),
        "next" => return Some(Act::Lesson(LessonIntent::Next)),
        "retry" => return Some(Act::Lesson(LessonIntent::Retry)),
        _ => {}
    }
    let deed = match word {
        "propose" => Deed::Propose {
            title: reader.text(node),
            files: files(reader, fields),
        },
        "close" => Deed::Close,
        "run" => Deed::Command(reader.text(node)),
        _ => Deed::Intend(intent(reader, word, node, fields)?),
    };
    let at = reader.required(fields, "at")?;
    Some(Act::Lab(moment(reader, at), deed))
}

fn intent(reader: &mut Reader<'_>, word: &str, node: &Node, fields: Fields<'_>) -> Option<Intent> {
    Some(match word {
        "merge" => {
            let methods = [MergeMethod::Merge, MergeMethod::Squash, MergeMethod::Rebase];
            let chosen = reader.one_of(node, &methods.map(method_word))?;
            let method = methods.into_iter().find(|it| method_word(*it) == chosen);
            Intent::Merge(method?)
        }
        "approve" => Intent::Approve,
        "revert" => Intent::Revert,
        "review" => Intent::Review {
            run: number(reader, node),
            environment: text(reader, fields, "environment"),
            is_approved: is_true(fields, "approved"),
        },
        "cancel" => Intent::Cancel(number(reader, node)),
        "rerun" => Intent::RunAgain {
            run: number(reader, node),
            is_failed_only: is_true(fields, "failed"),
        },
        "dispatch" => {
            let inputs = fields.get("inputs");
            let inputs = inputs.map_or(&[][..], |node| reader.members(node));
            let inputs = inputs
                .iter()
                .map(|(name, value)| (reader.text(name), reader.text(value)));
            let inputs = inputs.collect();
            Intent::Dispatch {
                repository: text(reader, fields, "repository"),
                workflow: reader.text(node),
                inputs,
            }
        }
        "refresh" => Intent::Refresh(object(reader, node)),
        "sync" => Intent::Sync {
            application: object(reader, node),
            is_pruning: is_true(fields, "prune"),
        },
        _ => Intent::Rollback {
            application: object(reader, node),
            id: {
                let id = reader.required(fields, "id")?;
                reader.int(id, 0..=i64::MAX as u64) as i64
            },
        },
    })
}

fn number(reader: &mut Reader<'_>, node: &Node) -> u32 {
    reader.int(node, 0..=u64::from(u32::MAX)) as u32
}

fn text(reader: &mut Reader<'_>, fields: Fields<'_>, name: &str) -> EcoString {
    let node = reader.required(fields, name);
    node.map(|node| reader.text(node)).unwrap_or_default()
}

fn is_true(fields: Fields<'_>, name: &str) -> bool {
    fields.get(name).and_then(Node::text) == Some("true")
}

fn object(reader: &mut Reader<'_>, node: &Node) -> ObjectRef {
    let fields = reader.fields(node, texts::AN_OBJECT, &["kind", "namespace", "name"]);
    ObjectRef {
        kind: text(reader, fields, "kind"),
        namespace: text(reader, fields, "namespace"),
        name: text(reader, fields, "name"),
    }
}

fn files(reader: &mut Reader<'_>, fields: Fields<'_>) -> Differences {
    let mut files = Differences::new();
    let texts = fields
        .get("files")
        .map_or(&[][..], |node| reader.members(node));
    for (path, text) in texts {
        files.push((reader.text(path), Some(reader.text(text))));
    }
    let gone = fields
        .get("removed")
        .map_or(&[][..], |node| reader.items(node));
    for path in gone {
        files.push((reader.text(path), None));
    }
    files
}
