//! When `--wait` is content: a table of live objects, the status that kstatus gives them, and why.

use helm::release::Readiness;
use yaml::Value;

const CASES: &str = include_str!("readiness.yaml");

#[test]
fn readiness() {
    let cases = yaml::decode_all(CASES).expect("the cases are YAML");
    assert!(cases.len() > 25, "{} cases", cases.len());
    for case in &cases {
        let live = case.get("live");
        let live = Some(live).filter(|live| !live.is_null());
        let check = |of: &str, found: Readiness| {
            let expected = case.get(of);
            let said = format!("{}: {}", found.as_str(), found.message());
            if expected.as_str().is_some() {
                assert_eq!(said, expected.text(), "{live:?}");
            }
            expected != &Value::NULL
        };
        let waits = check("waits", Readiness::of(live));
        let hook = check("hook", Readiness::of_hook(live));
        assert!(waits || hook, "a case without an expectation: {live:?}");
    }
}
