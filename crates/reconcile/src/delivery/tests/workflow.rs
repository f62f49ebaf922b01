use super::{listed, order_service};
use crate::delivery::actions::workflow::{Action, Event, Workflow};

fn parse(text: &str) -> Result<Workflow, String> {
    Workflow::parse("shop/.github/workflows/w.yaml", text)
        .map_err(|problems| listed(&problems).replace("shop/.github/workflows/w.yaml:", ""))
}

#[test]
fn the_built_in_workflow_is_read() {
    let text = &order_service().repositories["order-service"][".github/workflows/deliver.yaml"];
    let workflow = Workflow::parse("deliver.yaml", text).unwrap();
    assert_eq!(workflow.name, "Deliver");
    let push = |branch| workflow.runs_on(&Event::push(branch, Vec::new()));
    assert!(push("main") && !push("longer-timeout"));
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
fn containers_are_the_first_step_of_a_job() {
    let cases: [(&str, &[&str]); 4] = [
        ("container: a", &["a"]),
        (
            "container: {image: a}\n    services: {db: {image: b}, c: {image: c}}",
            &["a", "b", "c"],
        ),
        ("services: {db: {image: b}}", &["b"]),
        ("timeout-minutes: 1", &[]),
    ];
    for (given, expected) in cases {
        let text = format!(
            "on: push\njobs:\n  a:\n    runs-on: x\n    {given}\n    steps: [{{run: echo}}]"
        );
        let job = parse(&text).unwrap().jobs.remove(0);
        let first = &job.steps[0];
        match &first.action {
            Action::Containers(images) => {
                assert_eq!(first.name, "Initialize containers");
                assert_eq!(images.as_slice(), expected, "{given}");
            }
            _ => assert!(expected.is_empty(), "{given}"),
        }
    }
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
            parse(&text)
                .unwrap()
                .runs_on(&Event::push(branch, Vec::new())),
            expected,
            "{on} {branch}"
        );
    }
}

#[test]
fn mistakes_are_named_where_they_are() {
    let job = |lines: &str| format!("on: push\njobs:\n  a:\n    runs-on: x\n{lines}");
    let cases = [
        ("".to_owned(), "0:0: the file is empty"),
        (
            "on: push\njobs: [a".into(),
            "3:1: did not find expected ',' or ']'",
        ),
        ("on: push".into(), "1:1: Required property is missing: jobs"),
        (
            "on: push\njob:\n  a:\njobs: {a: {runs-on: x}}".into(),
            "2:1: Unexpected value 'job' (did you mean \"jobs\"?)",
        ),
        (
            "on: push\njobs: {}".into(),
            "2:7: The workflow must contain at least one job with no dependencies.",
        ),
        (
            "on: pushed\njobs: {a: {runs-on: x}}".into(),
            "1:5: Unexpected value 'pushed' (did you mean \"push\"?)",
        ),
        (
            "on: {push: {branches: a, branches-ignore: b}}\njobs: {a: {runs-on: x}}".into(),
            "1:26: you may only define one of `branches` and `branches-ignore` for a single event (begin a pattern with ! to leave out what it matches)",
        ),
        (
            job("  b: {runs-on: x, needs: [c]}"),
            "5:27: Job 'b' depends on unknown job 'c'.",
        ),
        (
            job("  b: {runs-on: x, needs: c}\n  c: {runs-on: x, needs: b}"),
            "5:26: Job 'b' depends on job 'c' which creates a cycle in the dependency graph.\n\
             6:26: Job 'c' depends on job 'b' which creates a cycle in the dependency graph.",
        ),
        (
            job("    steps:\n      - name: b"),
            "6:9: There's not enough info to determine what you meant. Add one of these properties: run, shell, uses, with, working-directory",
        ),
        (
            job("    steps:\n      - {uses: a/b@v1, run: c}"),
            "6:24: Unexpected value 'run' (known here: name, id, if, continue-on-error, timeout-minutes, uses, with, env)",
        ),
        (
            job("    steps:\n      - uses: checkout@v5"),
            "6:15: Expected format {org}/{repo}[/path]@ref. Actual 'checkout@v5'",
        ),
        (
            job("    steps:\n      - {id: s, run: a}\n      - {id: S, run: b}"),
            "7:14: The identifier 'S' may not be used more than once within the same scope.",
        ),
        (
            "on: push\njobs:\n  my.job: {runs-on: x}".into(),
            "3:3: The identifier 'my.job' is invalid. IDs may only contain alphanumeric characters, '_', and '-'. IDs must start with a letter or '_' and and must be less than 100 characters.",
        ),
        (
            job("    strategy: {matrix: {os: []}}"),
            "5:25: Matrix vector 'os' does not contain any values",
        ),
        (
            job("    strategy: {bad-key: 1}"),
            "5:16: Unexpected value 'bad-key' (known here: fail-fast, max-parallel, matrix)",
        ),
        (
            job("    steps: {not: a-sequence}"),
            "5:12: A mapping was not expected",
        ),
        (
            job("    concurrency: [a]"),
            "5:18: A sequence was not expected",
        ),
        (
            job("    concurrency: '${{ secrets.foo }}'"),
            "5:18: Unrecognized named-value: 'secrets'. Located at position 1 within expression: secrets.foo",
        ),
        (
            job("    environment: {url: x}"),
            "5:18: Required property is missing: name",
        ),
        (
            job("    if: env.A == 5"),
            "5:9: Unrecognized named-value: 'env'. Located at position 1 within expression: env.A == 5",
        ),
        (
            job("    if: (true"),
            "5:9: Unexpected end of expression: 'true'. Located at position 2 within expression: (true",
        ),
        (
            job("    steps:\n      - run: echo ${{ nope() }}"),
            "6:14: Unrecognized function: 'nope'. Located at position 1 within expression: nope()",
        ),
        (
            job("    permissions: {contents: all}"),
            "5:29: Unexpected value 'all' (known here: read, write, none)",
        ),
        (
            job("    timeout-minutes: soon"),
            "5:22: Unexpected value 'soon'",
        ),
        (
            "name: ${{ github.sha }}\non: push\njobs: {a: {runs-on: x}}".into(),
            "1:7: A template expression is not allowed in this context",
        ),
        (
            "on: push\njobs:\n  a:\n    steps: []".into(),
            "4:5: Required property is missing: runs-on",
        ),
    ];
    for (text, expected) in cases {
        let found = parse(&text).unwrap_err();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn events_pass_filters() {
    let changed = |paths: &[&str]| paths.iter().map(|path| (*path).into()).collect::<Vec<_>>();
    let push = |paths: &[&str]| Event::push("main", changed(paths));
    let tag = |name: &str| Event::Push {
        target: format!("refs/tags/{name}").into(),
        changed: Vec::new(),
    };
    let pull = |action| Event::PullRequest {
        number: 1,
        action,
        base: "main".into(),
        head: "topic".into(),
        changed: changed(&["docs/a.md"]),
    };
    let cases = [
        ("push", push(&["a"]), true),
        (
            "{push: {paths: ['src/**']}}",
            push(&["src/deep/a.rs", "b"]),
            true,
        ),
        (
            "{push: {paths: ['src/*']}}",
            push(&["src/deep/a.rs"]),
            false,
        ),
        (
            "{push: {paths-ignore: ['**.md']}}",
            push(&["docs/a.md"]),
            false,
        ),
        (
            "{push: {paths-ignore: ['**.md']}}",
            push(&["docs/a.md", "b"]),
            true,
        ),
        (
            "{push: {paths: ['**', '!docs/**']}}",
            push(&["docs/a.md"]),
            false,
        ),
        ("{push: {branches: ['ma+in', 'm?x']}}", push(&[]), true),
        ("{push: {branches-ignore: ['m[a-b]in']}}", push(&[]), false),
        ("{push: {branches: [main]}}", tag("v1.2"), false),
        ("{push: {tags: ['v[0-9]+.[0-9]+']}}", tag("v1.20"), true),
        ("{push: {tags: ['v*']}}", push(&[]), false),
        ("push", tag("v1"), true),
        ("pull_request", pull("opened"), true),
        ("pull_request", pull("closed"), false),
        ("{pull_request: {types: [closed]}}", pull("closed"), true),
        (
            "{pull_request: {branches: [release]}}",
            pull("opened"),
            false,
        ),
        ("{pull_request: {paths: ['docs/**']}}", pull("opened"), true),
    ];
    for (on, event, expected) in cases {
        let text = format!("on: {on}\njobs: {{a: {{runs-on: x, steps: []}}}}");
        assert_eq!(
            parse(&text).unwrap().runs_on(&event),
            expected,
            "{on} {event:?}"
        );
    }
}
