//! Every fact, in the built-in lab `order-service`: what is done, and which sentences are true then.

use crate::facts::FACTS;
use crate::measure;
use crate::moves::Edits;
use crate::predicate::Predicate;
use crate::record::Record;
use reconcile::Lab;
use reconcile::delivery::reader::Reader;
use std::fmt::Write;

fn sentence(text: &str) -> Result<Predicate, String> {
    Reader::read("lesson.yaml", text, Predicate::read).map_err(|problems| {
        let told = problems.iter().map(|it| {
            let hint = if it.hint.len() < 60 {
                it.hint.as_str()
            } else {
                "…"
            };
            format!("{}:{}: {} ({hint})", it.line, it.column, it.message)
        });
        told.collect::<Vec<_>>().join("\n")
    })
}

/// What happens when the lab's text `old` is `new`, and is merged.
fn merged(path: &str, old: &str, new: &str) -> Record {
    let mut lab = Lab::built_in("order-service").expect("it is built in");
    lab.seek(lab.end());
    let begin = lab.fork();
    let mut files = lab.files();
    let text = format!("{path}: {{{old:?}: {new:?}}}");
    let edits = Reader::read("", &text, Edits::read).expect("edits");
    edits.lay(&mut files).expect("they fit");
    lab.open_pull_request("A change", &files).expect("it opens");
    lab.merge().expect("it merges");
    Record::new(&begin, &lab)
}

/// Each line a sentence; behind `#` its evidence, or `not:` and the evidence if it is false.
fn check(record: &Record, expected: &str) {
    let mut told = String::new();
    for line in expected.lines() {
        let text = line.split(" # ").next().expect("there is a first");
        let verdict = match sentence(text.trim()) {
            Ok(sentence) => sentence.judge(record),
            Err(why) => panic!("{line}: {why}"),
        };
        let not = if verdict.holds { "" } else { "not: " };
        writeln!(told, "{} # {not}{}", text.trim(), verdict.evidence).expect("a text takes all");
    }
    let expected: String = expected
        .lines()
        .map(|line| format!("{}\n", line.trim()))
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn a_rollout_in_sentences() {
    let record = merged("order-service/app.yaml", "1.4.1", "1.4.2");
    check(
        &record,
        "wanted: 3 # pods wanted: 3
        pods: {deployment: order-service, exactly: 3} # pods: 3
        pods: {deployment: other} # not: pods: 0
        ready: {at-least: 4} # not: ready pods: 3
        updated: {at-most: 3} # pods of the newest template: 3
        complete: order-service # the rollout is complete: yes
        complete: other # not: the rollout is complete: no
        exists: Service/shop/order-service # it exists: yes
        exists: Namespace/shop # it exists: yes
        exists: Pod/shop/order-service # not: it exists: no
        has-field: {object: Deployment/shop/order-service, path: spec.strategy} # the field is there: yes
        field: {object: Deployment/shop/order-service, path: spec.template.spec.containers.0.name, is: order-service} # the field's value: order-service
        field: {object: Deployment/shop/none, path: spec, is: x} # not: the field's value: none
        merged: 1 # merged pull requests: 1
        commands: 0 # changes by hand: 0
        happened: NewReplicaSet # times that it happened: 1
        happened: {reason: Started, object: Pod/order-service, exactly: 3} # times that it happened: 3
        happened: {actor: helm, says: Upgrade complete} # times that it happened: 1
        happened: OOMKilled # not: times that it happened: 0
        failed-requests: 0 # failed requests: 0
        failed-requests: {service: none, at-most: 0} # failed requests: 0
        new-pods: 3 # new pods: 3
        replaced-pods: 3 # replaced pods: 3
        kept-pods: 0 # pods that stayed: 0
        restarts: 0 # restarts of containers: 0
        new-replica-sets: 1 # new ReplicaSets: 1
        new-replica-sets: {deployment: order-service, exactly: 1} # new ReplicaSets: 1
        reused-replica-set: order-service # not: an earlier ReplicaSet is used again: no
        code: new # the code that runs, beside what ran before: new
        images: 1 # pushed images: 1
        releases: {status: deployed, exactly: 1} # new revisions of releases: 1
        run: succeeded # the newest workflow run: succeeded
        check: 0 # findings on the pull request: 0
        planned: {effect: rolls, exactly: 1} # objects in the plan: 1
        file-says: {path: order-service/app.yaml, text: 1.4.2} # lines in the file: 1
        file-says: {path: none, text: x} # not: lines in the file: 0
        rollout-seconds: {at-most: 60} # seconds from the first new pod to the end of the rollout: 18
        throughout: {ready: {at-least: 3}} # ready pods: 3
        throughout: {ready: {at-least: 4}} # not: ready pods: 3
        throughout: {updated: 3} # not: pods of the newest template: 0
        ever: {pods: {at-least: 4}} # pods: 4
        ever: {any: [{pods: 9}, {not: {complete: order-service}}]} # the rollout is complete: no
        {wanted: 3, ready: 3} # pods wanted: 3; ready pods: 3
        {wanted: 3, ready: 2} # not: ready pods: 3
        any: [{ready: 2}, {ready: 3}] # ready pods: 3
        any: [{ready: 2}, {pods: 1}] # not: ready pods: 3; pods: 3
        all: [{ready: 3}] # ready pods: 3
        not: {ready: 3} # not: ready pods: 3",
    );
    // How many there are follows from how long all of it takes.
    for text in [
        "answered-requests: {at-least: 1000}",
        "answered-requests: {service: order-service}",
    ] {
        assert!(
            sentence(text).expect("it is one").judge(&record).holds,
            "{text}"
        );
    }
    let told = measure::fill(
        "{new-pods|pod}, {releases|release} {releases|was|were} {fewest ready}..{most pods}.",
        &record,
    );
    assert_eq!(told, "3 pods, 1 release was 3..4.");
}

#[test]
fn a_change_of_nothing_in_sentences() {
    let record = merged(
        "order-service/chart/values.yaml",
        "replicaCount: 3",
        "replicaCount: 2",
    );
    check(
        &record,
        "replaced-pods: 0 # replaced pods: 0
        kept-pods: 2 # pods that stayed: 2
        code: old # the code that runs, beside what ran before: old
        images: 0 # pushed images: 0
        rollout-seconds: {deployment: order-service, at-most: 0} # seconds from the first new pod to the end of the rollout: 0",
    );
}

#[test]
fn mistakes_in_sentences_have_their_place() {
    let check = |text: &str, expected: &str| {
        assert_eq!(sentence(text).err().as_deref(), Some(expected), "{text}");
    };
    check(
        "raedy: 3",
        "1:1: there is no fact \"raedy\" (did you mean \"ready\"?)",
    );
    check(
        "ready: {deploymnt: x}",
        "1:9: unknown field \"deploymnt\" in a fact (did you mean \"deployment\"?)",
    );
    check(
        "run: green",
        "1:6: \"green\" is not possible here (write succeeded or failed or cancelled or running)",
    );
    check(
        "complete: {}",
        "1:11: \"complete\" needs the field \"deployment\" ()",
    );
    check("merged: many", "1:9: must be a whole number ()");
    check(
        "throughout: {merged: 1}",
        "1:14: \"merged\" is about the history, not about a moment (write it outside of throughout and ever)",
    );
    check(
        "ever: {throughout: {ready: 1}}",
        "1:8: \"throughout\" is about all moments, and this is already about each ()",
    );
    check(
        "three",
        "1:1: must be a sentence about what happened (write a mapping such as `failed-requests: 0`)",
    );
    check(
        "field: {object: a, path: b}",
        "1:8: a fact needs the field \"is\" ()",
    );
    let deep = "not: {".repeat(20) + "ready: 1" + &"}".repeat(20);
    assert!(
        sentence(&deep)
            .expect_err("too deep")
            .contains("too many sentences")
    );
    let wrong = |text: &str| measure::check(text).expect_err("it is wrong").to_string();
    assert_eq!(wrong("{none}"), "there is no fact \"none\"");
    assert_eq!(
        wrong("{fewest merged}"),
        "\"merged\" is about the history, not about a moment"
    );
    assert_eq!(
        wrong("{file-says a}"),
        "\"file-says\" needs the field \"text\""
    );
}

/// Names are said once, and a first field that is written short is not taken for a number.
#[test]
fn the_table_is_in_order() {
    for (at, fact) in FACTS.iter().enumerate() {
        assert!(
            FACTS[..at].iter().all(|it| it.name != fact.name),
            "{}",
            fact.name
        );
        assert!(!fact.noun.is_empty() && fact.needs().len() <= fact.fields.len());
    }
}
