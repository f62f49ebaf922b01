//! What a workflow's file may hold: GitHub's own schema as a table, and a walk that compares.
//!
//! The table is `workflow-v1.0.json` of actions/languageservices (its definitions `*-strict` where
//! there are two), the walk and its words are that project's `template-reader.ts`.

use super::expression::{self, Sees};
use crate::delivery::reader::Reader;
use crate::texts;
use ecow::eco_format;
use yaml::{Kind, Node};

/// What may stand somewhere.
#[derive(Debug)]
pub enum Shape {
    /// A text, possibly empty. Numbers and truth values count as what they were written as.
    Text,
    /// A text that is not empty.
    Full,
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// Nothing.
    Null,
    /// Anything.
    Any,
    /// The condition of an `if:`.
    If,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A sequence.
    List(&'static Shape),
    /// A mapping with these keys and no others.
    Map(&'static [Field]),
    /// A mapping with keys of the user's own.
    Pairs(&'static Shape),
    /// A mapping with some known keys, and keys of the user's own.
    Open(&'static [Field], &'static Shape),
    /// One of several. Of mappings those count that have all the keys.
    OneOf(&'static [Shape]),
    /// The same, where expressions see this.
    In(Sees, &'static Shape),
}

use Shape::{Any, Flag, Full, In, List, Map, Null, Number, OneOf, Open, Pairs, Text, Words};

/// A key of a mapping: its name, whether it must be there, and its value's shape.
type Field = (&'static str, bool, Shape);

const fn may(name: &'static str, shape: Shape) -> Field {
    (name, false, shape)
}

const fn must(name: &'static str, shape: Shape) -> Field {
    (name, true, shape)
}

const TEXTS: Shape = OneOf(&[Full, List(&Full)]);
const FREE: Shape = OneOf(&[Null, Full, Pairs(&Any), List(&Any)]);
const ENV: Shape = Pairs(&Text);
const CONCURRENCY: Shape = OneOf(&[
    Full,
    Map(&[
        must("group", Full),
        may("cancel-in-progress", Flag),
        may("queue", Words(&["single", "max"])),
    ]),
]);
const DEFAULTS: Shape = Map(&[may(
    "run",
    In(
        Sees::JOB_DEFAULTS,
        &Map(&[may("shell", Full), may("working-directory", Full)]),
    ),
)]);
const LEVEL: Shape = Words(&["read", "write", "none"]);
const PERMISSIONS: Shape = OneOf(&[
    Words(&["read-all", "write-all"]),
    Map(&[
        may("actions", LEVEL),
        may("artifact-metadata", LEVEL),
        may("attestations", LEVEL),
        may("checks", LEVEL),
        may("contents", LEVEL),
        may("deployments", LEVEL),
        may("discussions", LEVEL),
        may("id-token", Words(&["write", "none"])),
        may("issues", LEVEL),
        may("models", Words(&["read", "none"])),
        may("packages", LEVEL),
        may("pages", LEVEL),
        may("pull-requests", LEVEL),
        may("repository-projects", LEVEL),
        may("security-events", LEVEL),
        may("statuses", LEVEL),
    ]),
]);

/// Events that can start a workflow. The lab has the first three.
const EVENTS: &[&str] = &[
    "push",
    "pull_request",
    "workflow_dispatch",
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "create",
    "delete",
    "deployment",
    "deployment_status",
    "discussion",
    "discussion_comment",
    "fork",
    "gollum",
    "image_version",
    "issue_comment",
    "issues",
    "label",
    "merge_group",
    "milestone",
    "page_build",
    "public",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_target",
    "registry_package",
    "release",
    "repository_dispatch",
    "schedule",
    "status",
    "watch",
    "workflow_call",
    "workflow_run",
];

const PUSH: Shape = OneOf(&[
    Null,
    Map(&[
        may("branches", TEXTS),
        may("branches-ignore", TEXTS),
        may("tags", TEXTS),
        may("tags-ignore", TEXTS),
        may("paths", TEXTS),
        may("paths-ignore", TEXTS),
    ]),
]);
const PULL_REQUEST: Shape = OneOf(&[
    Null,
    Map(&[
        may("types", TEXTS),
        may("branches", TEXTS),
        may("branches-ignore", TEXTS),
        may("paths", TEXTS),
        may("paths-ignore", TEXTS),
    ]),
]);
const DISPATCH: Shape = OneOf(&[
    Null,
    Map(&[may(
        "inputs",
        OneOf(&[
            Null,
            Pairs(&OneOf(&[
                Null,
                Map(&[
                    may("description", Text),
                    may(
                        "type",
                        Words(&["string", "choice", "boolean", "number", "environment"]),
                    ),
                    may("required", Flag),
                    may("default", Text),
                    may("options", List(&Full)),
                    may("deprecationMessage", Text),
                ]),
            ])),
        ]),
    )]),
]);
const ON: Shape = OneOf(&[
    Words(EVENTS),
    List(&Words(EVENTS)),
    Open(
        &[
            may("push", PUSH),
            may("pull_request", PULL_REQUEST),
            may("pull_request_target", PULL_REQUEST),
            may("workflow_dispatch", DISPATCH),
        ],
        &FREE,
    ),
]);

const STRATEGY: Shape = Map(&[
    may("fail-fast", Flag),
    may("max-parallel", Number),
    may(
        "matrix",
        Open(
            &[
                may("include", List(&Pairs(&Any))),
                may("exclude", List(&Pairs(&Any))),
            ],
            &List(&Any),
        ),
    ),
]);

const STEP: Shape = OneOf(&[
    Map(&[
        may("name", In(Sees::STEP, &Text)),
        may("id", Full),
        may("if", In(Sees::STEP_IF, &Shape::If)),
        may("timeout-minutes", In(Sees::STEP, &Number)),
        must("run", In(Sees::STEP, &Text)),
        may("continue-on-error", In(Sees::STEP, &Flag)),
        may("env", In(Sees::STEP, &ENV)),
        may("working-directory", In(Sees::STEP, &Text)),
        may("shell", Full),
    ]),
    Map(&[
        may("name", In(Sees::STEP, &Text)),
        may("id", Full),
        may("if", In(Sees::STEP_IF, &Shape::If)),
        may("continue-on-error", In(Sees::STEP, &Flag)),
        may("timeout-minutes", In(Sees::STEP, &Number)),
        must("uses", Full),
        may("with", In(Sees::STEP, &ENV)),
        may("env", In(Sees::STEP, &ENV)),
    ]),
]);

const JOB: Shape = OneOf(&[
    Map(&[
        may("needs", TEXTS),
        may("if", In(Sees::JOB_IF, &Shape::If)),
        may("strategy", In(Sees::NEEDS, &STRATEGY)),
        may("name", In(Sees::JOB, &Text)),
        must(
            "runs-on",
            In(
                Sees::JOB,
                &OneOf(&[
                    Full,
                    List(&Full),
                    Map(&[may("group", Full), may("labels", TEXTS)]),
                ]),
            ),
        ),
        may("timeout-minutes", In(Sees::JOB, &Number)),
        may("cancel-timeout-minutes", In(Sees::JOB, &Number)),
        may("continue-on-error", In(Sees::JOB, &Flag)),
        may("container", In(Sees::JOB, &FREE)),
        may("services", In(Sees::JOB, &FREE)),
        may("env", In(Sees::JOB_ENV, &ENV)),
        may(
            "environment",
            In(
                Sees::JOB,
                &OneOf(&[
                    Text,
                    Map(&[
                        must("name", Full),
                        may("url", In(Sees::NO_SECRETS, &Text)),
                        may("deployment", Flag),
                    ]),
                ]),
            ),
        ),
        may("permissions", PERMISSIONS),
        may("concurrency", In(Sees::JOB, &CONCURRENCY)),
        may("outputs", In(Sees::OUTPUTS, &ENV)),
        may("defaults", DEFAULTS),
        may("steps", List(&STEP)),
        may("snapshot", FREE),
    ]),
    Map(&[
        may("name", In(Sees::JOB, &Text)),
        must("uses", Full),
        may("with", In(Sees::JOB, &Pairs(&Text))),
        may("secrets", FREE),
        may("needs", TEXTS),
        may("if", In(Sees::JOB_IF, &Shape::If)),
        may("permissions", PERMISSIONS),
        may("concurrency", In(Sees::JOB, &CONCURRENCY)),
        may("strategy", In(Sees::NEEDS, &STRATEGY)),
    ]),
]);

/// A workflow's file.
static WORKFLOW: Shape = Map(&[
    must("on", ON),
    may("name", Text),
    may("run-name", In(Sees::RUN, &Text)),
    may("defaults", DEFAULTS),
    may("env", In(Sees::RUN_ENV, &ENV)),
    may("permissions", PERMISSIONS),
    may("concurrency", In(Sees::RUN, &CONCURRENCY)),
    must("jobs", Pairs(&JOB)),
]);

/// Compares a workflow's file with what it may be.
pub fn check(reader: &mut Reader<'_>, root: &Node) {
    value(reader, root, &WORKFLOW, Sees::NOTHING);
}

fn value(reader: &mut Reader<'_>, node: &Node, shape: &'static Shape, sees: Sees) {
    let shapes = match shape {
        In(sees, inner) => return value(reader, node, inner, *sees),
        OneOf(shapes) => *shapes,
        one => std::slice::from_ref(one),
    };
    if shapes.iter().any(|shape| matches!(shape, Any)) {
        return any(reader, node, sees);
    }
    match &node.target().kind {
        Kind::Scalar { text, .. } => scalar(reader, node, text, shapes, sees),
        Kind::List(items) => {
            let mut found = shapes.iter().filter_map(|shape| match shape {
                List(item) => Some(*item),
                _ => None,
            });
            match found.next() {
                Some(item) => items
                    .iter()
                    .for_each(|node| value(reader, node, item, sees)),
                None => reader.problem(node, "A sequence was not expected", ""),
            }
        }
        Kind::Map(members) => mapping(reader, node, members, shapes, sees),
        Kind::Alias(..) | Kind::Cycle(_) => {
            reader.problem(node, "Unexpected value ''", "");
        }
    }
}

/// Anything, in which expressions must still be right.
fn any(reader: &mut Reader<'_>, node: &Node, sees: Sees) {
    match &node.target().kind {
        Kind::Scalar { text, .. } => template(reader, node, text, sees),
        Kind::List(items) => items.iter().for_each(|item| any(reader, item, sees)),
        Kind::Map(members) => members
            .iter()
            .for_each(|(_, value)| any(reader, value, sees)),
        Kind::Alias(..) | Kind::Cycle(_) => {}
    }
}

fn template(reader: &mut Reader<'_>, node: &Node, text: &str, sees: Sees) {
    if let Err(error) = expression::check(text, sees) {
        reader.problem(node, error, "");
    }
}

fn scalar(reader: &mut Reader<'_>, node: &Node, text: &str, shapes: &[Shape], sees: Sees) {
    if shapes.iter().any(|shape| matches!(shape, Shape::If)) {
        if let Err(error) = expression::check_condition(text, sees) {
            reader.problem(node, error, "");
        }
        return;
    }
    if expression::is_template(text) {
        return template(reader, node, text, sees);
    }
    let is_null = is_null(node);
    let text = if is_null { "" } else { text };
    let fits = |shape: &Shape| match shape {
        Text => true,
        Full => !text.is_empty(),
        Null => is_null,
        Flag => matches!(text, "true" | "false" | "True" | "False" | "TRUE" | "FALSE"),
        Number => !text.is_empty() && expression::is_number(text),
        Words(words) => words.contains(&text),
        _ => false,
    };
    if !shapes.iter().any(fits) {
        let mut hint = ecow::EcoString::new();
        for shape in shapes {
            if let Words(words) = shape {
                hint = crate::delivery::reader::did_you_mean(text, words);
            }
        }
        reader.problem(node, eco_format!("Unexpected value '{text}'"), hint);
    }
}

/// Whether a scalar is left out or written as null.
pub fn is_null(node: &Node) -> bool {
    let is_plain = node.target().span.is_empty() || matches!(node.text(), Some("null" | "~" | ""));
    is_plain
        && yaml::decode_node(node, yaml::Duplicates::LastWins).is_ok_and(|value| value.is_null())
}

/// A kind of mapping: the keys that are known, and the shape of the values of others.
type Form = (&'static [Field], Option<&'static Shape>);

fn mapping(
    reader: &mut Reader<'_>,
    node: &Node,
    members: &[(Node, Node)],
    shapes: &'static [Shape],
    sees: Sees,
) {
    let mut forms: Vec<Form> = Vec::new();
    for shape in shapes {
        match shape {
            Map(fields) => forms.push((fields, None)),
            Pairs(inner) => forms.push((&[], Some(inner))),
            Open(fields, inner) => forms.push((fields, Some(inner))),
            _ => {}
        }
    }
    if forms.is_empty() {
        return reader.problem(node, "A mapping was not expected", "");
    }
    let mut seen: Vec<String> = Vec::new();
    let has = |form: &Form, name: &str| form.0.iter().any(|field| field.0 == name);
    for (key, member) in members {
        let name = key.text().unwrap_or_default();
        if expression::is_template(name) {
            template(reader, key, name, sees);
            continue;
        }
        if seen.contains(&name.to_uppercase()) {
            reader.problem(
                key,
                eco_format!("'{name}' is already defined"),
                texts::files::KEEP_ONE,
            );
            continue;
        }
        seen.push(name.to_uppercase());
        let known = forms
            .iter()
            .find_map(|form| form.0.iter().find(|field| field.0 == name));
        let loose = forms.iter().find_map(|form| form.1);
        match (known, loose) {
            (Some(field), _) => {
                forms.retain(|form| has(form, name));
                value(reader, member, &field.2, sees);
            }
            (None, Some(shape)) if !name.is_empty() && !is_null(key) => {
                value(reader, member, shape, sees);
            }
            _ => {
                let known: Vec<&str> = forms
                    .iter()
                    .flat_map(|form| form.0)
                    .map(|field| field.0)
                    .collect();
                let hint = crate::delivery::reader::did_you_mean(name, &known);
                let name = if is_null(key) { "" } else { name };
                reader.problem(key, eco_format!("Unexpected value '{name}'"), hint);
            }
        }
    }
    if let [one, other] = forms.as_slice() {
        let own = |a: &Form, b: &Form| -> Vec<&'static str> {
            let names = a.0.iter().map(|field| field.0);
            names.filter(|name| !has(b, name)).collect()
        };
        let mut names = [own(one, other), own(other, one)].concat();
        lean::sort(&mut names);
        let message = eco_format!(
            "There's not enough info to determine what you meant. Add one of these properties: {}",
            names.join(", ")
        );
        return reader.problem(node, message, "");
    }
    let fields = forms.first().map_or(&[][..], |form| form.0);
    for (name, _, _) in fields.iter().filter(|field| field.1) {
        if !seen.contains(&name.to_uppercase()) {
            reader.problem(
                node,
                eco_format!("Required property is missing: {name}"),
                "",
            );
        }
    }
}
