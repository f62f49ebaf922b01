use super::{listed, order_service};
use crate::delivery::actions::workflow::{Action, Workflow};

fn parse(text: &str) -> Result<Workflow, String> {
    Workflow::parse("shop/.github/workflows/w.yaml", text)
        .map_err(|problems| listed(&problems).replace("shop/.github/workflows/w.yaml:", ""))
}

#[test]
fn the_built_in_workflow_is_read() {
    let text = &order_service().repositories["order-service"][".github/workflows/deliver.yaml"];
    let workflow = Workflow::parse("deliver.yaml", text).unwrap();
    assert_eq!(workflow.name, "Deliver");
    assert!(workflow.runs_on_push("main") && !workflow.runs_on_push("longer-timeout"));
    let jobs: Vec<_> = workflow
        .jobs
        .iter()
        .map(|job| {
            format!(
                "{} after {}: {} steps",
                job.name,
                job.needs.join(","),
                job.steps.len()
            )
        })
        .collect();
    assert_eq!(
        jobs,
        [
            "test after : 2 steps",
            "image after test: 5 steps",
            "deploy after image: 2 steps"
        ]
    );
    assert_eq!(
        workflow.jobs[0].steps[1].action,
        Action::Run("make test".into())
    );
}

#[test]
fn a_short_workflow_gets_names() {
    let text = "on: [push, pull_request]\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n          \
                echo 1\n          echo 2\n      - uses: a/b@v1\n";
    let workflow = parse(text).unwrap();
    assert_eq!(workflow.name, ".github/workflows/w.yaml");
    let names: Vec<_> = workflow.jobs[0]
        .steps
        .iter()
        .map(|step| step.name.as_str())
        .collect();
    assert_eq!(names, ["Run echo 1", "Run a/b@v1"]);
}

#[test]
fn branches_are_patterns() {
    let cases = [
        ("push", "any/thing", true),
        ("pull_request", "main", false),
        ("{pull_request: }", "main", false),
        ("{push: }", "main", true),
        ("{push: {branches: main}}", "main", true),
        (
            "{push: {branches: [dev, 'release/**']}}",
            "release/1.0",
            true,
        ),
        ("{push: {branches: [dev, 'release/**']}}", "main", false),
        ("{push: {branches: ['v*x']}}", "vx", true),
    ];
    for (on, branch, expected) in cases {
        let text = format!("on: {on}\njobs: {{a: {{runs-on: x, steps: []}}}}");
        assert_eq!(
            parse(&text).unwrap().runs_on_push(branch),
            expected,
            "{on} {branch}"
        );
    }
}

#[test]
fn mistakes_are_named_where_they_are() {
    let cases = [
        ("", "0:0: the file is empty"),
        (
            "on: push\njobs: [a",
            "3:1: did not find expected ',' or ']'",
        ),
        ("on: push", "1:1: a workflow needs the field \"jobs\""),
        (
            "on: push\njob:\n  a:\njobs: {}",
            "2:1: unknown field \"job\" in a workflow (did you mean \"jobs\"?)",
        ),
        (
            "on: push\njobs:\n  a:\n    runs-on: x\n    needs: [b]\n    steps: []",
            "5:12: Job 'a' depends on unknown job 'b'.",
        ),
        (
            "on: push\njobs:\n  a: {runs-on: x, needs: b, steps: []}\n  b: {runs-on: x, needs: a, steps: []}",
            "3:3: Job 'a' waits for itself through its needs. (a job may need only jobs that do not need it)",
        ),
        (
            "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - name: b",
            "6:9: every step must define a `uses` or `run` key",
        ),
        (
            "on: push\njobs:\n  a:\n    runs-on: x\n    strategy: {}\n    steps: []",
            "5:5: the lab does not simulate `strategy` (leave it out)",
        ),
        (
            "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo ${{ nope() }}",
            "6:14: The template is not valid: Unrecognized function: 'nope'",
        ),
        (
            "on: push\njobs:\n  a:\n    runs-on: x\n    if: (true\n    steps: []",
            "5:9: The template is not valid: Expected ')'",
        ),
        (
            "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n          echo > ${{ a.b }}\n          echo 'a",
            "6:14: line 2 of the script: unexpected EOF while looking for matching `''",
        ),
        (
            "on: push\njobs:\n  a:\n    steps: []",
            "4:5: a job needs the field \"runs-on\"",
        ),
    ];
    for (text, expected) in cases {
        let found = parse(text).unwrap_err();
        assert_eq!(found, expected, "{text}");
    }
}
