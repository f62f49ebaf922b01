//! Patches as a table: `patches.yaml` holds the cases.
//!
//! A case with `patch` says what an object is `after` it, or the `refused` answer. A case with `next`
//! says which patch brings a `live` object from the `last` manifest to the next, or what is `wrong`;
//! the patch is then applied, and gives `after`.

use kube::patch::{self, PatchType};
use kube::{Status, Value, map};

const CASES: &str = include_str!("patches.yaml");

#[test]
fn patches() {
    let cases = yaml::decode_all(CASES).expect("the cases are YAML");
    assert!(cases.len() > 40, "{} cases", cases.len());
    for case in &cases {
        match case.get("next").is_null() {
            true => check(case),
            false => check_three_way(case),
        }
    }
}

/// Kinds that a case does not say are those of a Deployment.
fn object(case: &Value, field: &str) -> Value {
    let mut object = map! {
        "apiVersion" => "apps/v1",
        "kind" => "Deployment",
    };
    for (name, value) in case.get("of").members().chain(case.get(field).members()) {
        *object.entry(name) = value.clone();
    }
    object
}

fn refusal(status: &Status) -> Value {
    format!("{} {}", status.code, status.message).into()
}

fn check(case: &Value) {
    let how = match case.get("type").text() {
        "json" => PatchType::Json,
        "merge" => PatchType::Merge,
        _ => PatchType::Strategic,
    };
    let got = patch::apply(how, &object(case, "before"), case.get("patch"));
    match got {
        Ok(got) => assert_eq!(got, object(case, "after"), "{}", show(case)),
        Err(status) => assert_eq!(&refusal(&status), case.get("refused"), "{}", show(case)),
    }
}

fn check_three_way(case: &Value) {
    let live = object(case, "live");
    let made = patch::three_way(&object(case, "last"), &object(case, "next"), &live);
    match made {
        Ok((how, made)) => {
            assert_eq!(&made, case.get("sends"), "{}", show(case));
            let got = patch::apply(how, &live, &made).expect("a patch that was made applies");
            assert_eq!(got, object(case, "after"), "{}", show(case));
        }
        Err(fault) => assert_eq!(
            fault.to_string(),
            case.get("wrong").text(),
            "{}",
            show(case)
        ),
    }
}

fn show(case: &Value) -> String {
    serde_json::to_string(case).expect("a value is JSON")
}
