//! Links: what is written is read again, old ones open for ever, damaged ones are refused in words.

// Lessons and old links lie in folders.
#![allow(clippy::disallowed_methods)]

use super::{Act, Link, Other, Start};
use crate::lesson::Lesson;
use crate::proof;
use reconcile::delivery::labs::Files;
use reconcile::{Deed, Done, Lab};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use view::protocol::LessonIntent;
use view::{Intent, MergeMethod, ObjectRef};

fn root(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

fn files(root: &Path, prefix: &str, into: &mut Files) {
    for entry in fs::read_dir(root).expect("it is there") {
        let path = entry.expect("it can be read").path();
        let name = path.file_name().expect("it has a name").to_string_lossy();
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            files(&path, &format!("{name}/"), into);
        } else {
            let text = fs::read_to_string(&path).expect("it is text");
            into.insert(name, text);
        }
    }
}

fn lesson(folder: &str) -> Rc<Lesson> {
    let mut all = Files::new();
    files(&root("../../web/lessons").join(folder), "", &mut all);
    Rc::new(Lesson::read(&all).expect("the site's own"))
}

fn told(text: &str) -> String {
    let told = match Link::read(text) {
        Err(problems) => problems,
        Ok(link) => link.open(None, None).expect_err("refused"),
    };
    let told = told.iter().map(|it| {
        let hint = if it.hint.is_empty() { "" } else { " | " };
        format!("{}:{} {}{hint}{}", it.line, it.column, it.message, it.hint)
    });
    told.collect::<Vec<_>>().join("\n")
}

/// The lab of a link is the lab that was shared: its history, its moment, and what lies in the editor.
fn check_same(link: &Link, lesson: Option<Rc<Lesson>>, lab: &Lab, files: &Files) {
    let text = link.write();
    let read = Link::read(&text).expect("what was written is read");
    assert_eq!(read.acts, link.acts, "{text}");
    let opened = read.open(lesson, None).expect("it opens");
    assert_eq!(opened.refused, [], "{text}");
    assert_eq!(opened.lab.entries(), lab.entries());
    assert_eq!(opened.lab.now(), lab.now());
    assert_eq!(opened.lab.scene(), lab.scene());
    assert_eq!(&opened.files, files);
    let again = Link::of(
        link.start.clone(),
        &opened.lab,
        opened.session.as_ref(),
        files,
    );
    assert_eq!(again.write(), text, "a link of a link is the link");
}

#[test]
fn a_link_of_a_lab_gives_the_lab() {
    let start = Start {
        lab: "order-service".into(),
        ..Start::default()
    };
    let mut lab = Lab::built_in("order-service").expect("it is built in");
    check_same(
        &Link::of(start.clone(), &lab, None, &lab.files()),
        None,
        &lab,
        &lab.files(),
    );

    lab.seek(lab.end());
    let values = "order-service/chart/values.yaml";
    let mut draft = lab.files();
    let text = draft[values].replace("replicaCount: 3", "replicaCount: 5");
    draft.insert(values.to_owned(), text);
    draft.remove("order-service/chart/templates/NOTES.txt");
    draft.insert(
        "order-service/notes \u{e4}.md".to_owned(),
        "a\tb\r\n\"c\" <&> \u{2028}\u{1f680}\n".to_owned(),
    );
    lab.open_pull_request("More pods", &draft)
        .expect("it opens");
    lab.merge().expect("it merges");
    let merged = lab.now();
    lab.seek(lab.end());
    let (_, done) = lab.command("kubectl scale deployment/order-service --replicas=2");
    assert_eq!(done, Done::Changed);
    lab.seek(merged + 20_000);
    // What was done later belongs to a future that is over.
    let (_, done) = lab.command("kubectl rollout restart deployment/order-service");
    assert_eq!(done, Done::Changed);
    lab.seek(merged + 30_000);
    let mut files = lab.files();
    files.insert(values.to_owned(), "replicaCount: {".to_owned());
    files.remove("order-service/app.yaml");
    let link = Link::of(start, &lab, None, &files);
    assert_eq!(link.acts.len(), 3, "{:?}", link.acts);
    check_same(&link, None, &lab, &files);
}

#[test]
fn a_link_of_a_lesson_gives_the_lesson() {
    for folder in ["3-what-starts-a-rollout", "5-the-memory-limit"] {
        let lesson = lesson(folder);
        for script in lesson.scripts.iter().take(1) {
            let (session, lab) = proof::play(&lesson, script, lesson.seed).expect("it is proved");
            let start = Start {
                lab: lesson.lab.clone(),
                lesson: Some(folder.into()),
                seed: None,
            };
            let link = Link::of(start, &lab, Some(&session), &lab.files());
            let read = Link::read(&link.write()).expect("what was written is read");
            let opened = read.open(Some(lesson.clone()), None).expect("it opens");
            assert_eq!(opened.refused, [], "{folder} {}", script.folder);
            let again = opened.session.expect("a lesson has a session");
            assert_eq!(
                again.row(&opened.lab),
                session.row(&lab),
                "{folder} {}",
                script.folder
            );
        }
    }
}

#[test]
fn what_can_be_done_is_written_and_read() {
    let application = ObjectRef {
        kind: "Application".into(),
        namespace: "argocd".into(),
        name: "shop".into(),
    };
    let intents = [
        Intent::Merge(MergeMethod::Merge),
        Intent::Merge(MergeMethod::Squash),
        Intent::Merge(MergeMethod::Rebase),
        Intent::Approve,
        Intent::Revert,
        Intent::Review {
            run: 3,
            environment: "production".into(),
            is_approved: true,
        },
        Intent::Cancel(4),
        Intent::RunAgain {
            run: 5,
            is_failed_only: true,
        },
        Intent::Dispatch {
            repository: "shop".into(),
            workflow: "Deliver".into(),
            inputs: vec![("tag".into(), "1.0".into()), ("why".into(), "yes".into())],
        },
        Intent::Refresh(application.clone()),
        Intent::Sync {
            application: application.clone(),
            is_pruning: false,
        },
        Intent::Rollback { application, id: 2 },
    ];
    let mut acts: Vec<Act> = intents
        .into_iter()
        .map(|intent| Act::Lab(1_500, Deed::Intend(intent)))
        .collect();
    acts.push(Act::Lab(0, Deed::Close));
    let learnt = [
        LessonIntent::Predict(2),
        LessonIntent::AskHint,
        LessonIntent::Next,
        LessonIntent::Retry,
    ];
    acts.extend(learnt.map(Act::Lesson));
    let link = Link {
        start: Start {
            lab: "shop".into(),
            lesson: None,
            seed: Some(7),
        },
        files: vec![("a/b".into(), Some("".into())), ("c".into(), None)],
        at: None,
        other: Some(Other {
            since: 3_000,
            is_fork: true,
            acts: acts.clone(),
            files: vec![("d".into(), Some("e\n".into())), ("f".into(), None)],
        }),
        acts,
    };
    assert_eq!(Link::read(&link.write()), Ok(link));
}

/// `tests/links/`: links as they were written when they were new. None is ever changed or removed.
#[test]
fn old_links_open_for_ever() {
    let mut old = Files::new();
    files(&root("tests/links"), "", &mut old);
    assert!(!old.is_empty());
    for (name, text) in &old {
        let link = Link::read(text).unwrap_or_else(|why| panic!("{name}: {why:?}"));
        let lesson = link.start.lesson.as_ref().map(|folder| lesson(folder));
        let opened = link.open(lesson, None);
        let opened = opened.unwrap_or_else(|why| panic!("{name}: {why:?}"));
        assert_eq!(opened.refused, [], "{name}");
    }
}

#[test]
fn damaged_links_are_refused_in_words() {
    for (text, expected) in [
        ("", "0:0 the file is empty"),
        (
            "{}",
            "1:1 a link needs the field \"rolloutLab\"\n1:1 a link needs the field \"lab\"",
        ),
        (
            r#"{"rolloutLab":2,"lab":"shop"}"#,
            "1:15 the link is of a newer edition of the lab",
        ),
        (
            r#"{"rolloutLab":1,"lab":"shopp"}"#,
            "0:0 there is no lab \"shopp\" | did you mean \"shop\"?",
        ),
        (
            r#"{"rolloutLab":1,"lesson":"none"}"#,
            "0:0 there is no lesson \"none\"",
        ),
        (
            r#"{"rolloutLab":1,"lab":"shop","acts":[{"at":1,"jump":true}]}"#,
            "1:38 an act says what is done | propose, close, merge, approve, revert, review, cancel, rerun, dispatch, refresh, sync, rollback, run, predict, hint, next, retry",
        ),
        (
            r#"{"rolloutLab":1,"lab":"shop","acts":[{"merge":"fast"}]}"#,
            "1:47 \"fast\" is not possible here | write merge or squash or rebase",
        ),
        (
            r#"{"rolloutLab":1,"lab":"shop","at":-1}"#,
            "1:35 must be a whole number from 0 to 3600000000; this is \"-1\"",
        ),
        (
            r#"{"rolloutLab":1,"lab":"shop","other":{"fork":true}}"#,
            "1:38 another future needs the field \"since\"",
        ),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

/// A newer engine may refuse what an older one did: that is left out, and said.
#[test]
fn what_cannot_be_done_any_more_is_left_out() {
    let text = r#"{"rolloutLab":1,"lab":"order-service","acts":[
        {"at":9000,"merge":"squash"},
        {"at":9000,"run":"kubectl delete pod none"},
        {"at":9000,"next":true},
        {"at":9000,"run":"kubectl scale deployment/order-service --replicas=2"}]}"#;
    let text = text.replace("{\"at\":9000,\"next\"", "{\"next\"");
    let link = Link::read(&text).expect("it is read");
    let opened = link.open(None, None).expect("it opens");
    let told: Vec<&str> = opened
        .refused
        .iter()
        .map(|it| it.message.as_str())
        .collect();
    assert_eq!(
        told,
        [
            "no pull request is open",
            "kubectl delete pod none: Error from server (NotFound): pods \"none\" not found",
            "there is no lesson",
        ]
    );
    assert_eq!(opened.lab.deeds().len(), 1);
}
