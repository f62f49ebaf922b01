//! Test commands of tool chains. The commit's `app.yaml` says whether the tests pass; the log is what
//! the tool would print.

use super::answer::Answer;
use crate::delivery::app::App;
use ecow::EcoString;

/// A tool's way to run tests.
struct Suite {
    /// How its command lines begin.
    commands: &'static [&'static str],
    /// What it prints when they pass. `NAME` and `VERSION` stand for the application's.
    passed: &'static str,
    /// What it prints when one fails.
    failed: &'static str,
    /// What it prints as an error then.
    error: &'static str,
    /// Its status then.
    status: i32,
}

const SUITES: [Suite; 6] = [
    Suite {
        commands: &["make test", "make check"],
        passed: "PASS  version VERSION\n",
        failed: "FAIL  version VERSION: app.yaml says `tests: fail`\n",
        error: "make: *** [Makefile:2: test] Error 1\n",
        status: 2,
    },
    Suite {
        commands: &["cargo test", "cargo nextest run"],
        passed: "\nrunning 12 tests\n............\ntest result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.42s\n\n",
        failed: "\nrunning 12 tests\n...........F\nfailures:\n    app_yaml_says_tests_fail\n\ntest result: FAILED. 11 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.42s\n\n",
        error: "error: test failed, to rerun pass `--bin NAME`\n",
        status: 101,
    },
    Suite {
        commands: &[
            "npm test",
            "npm run test",
            "npm t",
            "yarn test",
            "pnpm test",
        ],
        passed: "\n> NAME@VERSION test\n> node --test\n\nℹ tests 12\nℹ pass 12\nℹ fail 0\n",
        failed: "\n> NAME@VERSION test\n> node --test\n\n✖ app.yaml says `tests: fail`\nℹ tests 12\nℹ pass 11\nℹ fail 1\n",
        error: "",
        status: 1,
    },
    Suite {
        commands: &["go test"],
        passed: "ok  \texample.com/NAME\t0.412s\n",
        failed: "--- FAIL: TestApp (0.00s)\n    app_test.go:12: app.yaml says `tests: fail`\nFAIL\nFAIL\texample.com/NAME\t0.412s\nFAIL\n",
        error: "",
        status: 1,
    },
    Suite {
        commands: &["pytest", "python -m pytest", "python3 -m pytest"],
        passed: "============================= test session starts ==============================\ncollected 12 items\n\ntests/test_app.py ............                                           [100%]\n\n============================== 12 passed in 0.42s ==============================\n",
        failed: "============================= test session starts ==============================\ncollected 12 items\n\ntests/test_app.py ...........F                                           [100%]\n\nFAILED tests/test_app.py::test_app - app.yaml says `tests: fail`\n========================= 1 failed, 11 passed in 0.42s =========================\n",
        error: "",
        status: 1,
    },
    Suite {
        commands: &[
            "mvn test",
            "mvn verify",
            "./mvnw test",
            "./mvnw verify",
            "gradle test",
            "./gradlew test",
        ],
        passed: "[INFO] Tests run: 12, Failures: 0, Errors: 0, Skipped: 0\n[INFO] BUILD SUCCESS\n",
        failed: "[ERROR] AppTest.works: app.yaml says `tests: fail`\n[ERROR] Tests run: 12, Failures: 1, Errors: 0, Skipped: 0\n[INFO] BUILD FAILURE\n",
        error: "",
        status: 1,
    },
];

/// The suite that a command line runs, by its place.
#[must_use]
pub fn find(words: &[&str]) -> Option<usize> {
    let plain: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !word.starts_with('-') || *word == "-m")
        .collect();
    let begins = |command: &&str| {
        let own: Vec<&str> = command.split(' ').collect();
        plain.starts_with(&own)
    };
    SUITES
        .iter()
        .position(|suite| suite.commands.iter().any(begins))
}

/// What a suite answers for an application called `name`.
#[must_use]
pub fn run(at: usize, name: &str, app: &App) -> Answer {
    let suite = &SUITES[at];
    let filled = |text: &str| -> EcoString {
        text.replace("NAME", name)
            .replace("VERSION", &app.version)
            .into()
    };
    match app.tests_pass {
        true => Answer::ok(filled(suite.passed)),
        false => Answer {
            status: suite.status,
            stdout: filled(suite.failed),
            stderr: filled(suite.error),
        },
    }
}
