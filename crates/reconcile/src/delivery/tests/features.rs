//! Workflows with what becomes of their jobs, and what their steps print.

use crate::delivery::actions::answer::Answer;
use crate::delivery::actions::event::{Ask, RunEvent};
use crate::delivery::actions::run::{Outside, Run, Start};
use crate::delivery::actions::workflow::{Event, Workflow};
use crate::delivery::git::{Person, Repository, Tree};
use crate::delivery::registry::Registry;
use crate::delivery::settings::Settings;
use crate::view::Tint;
use lean::SharedMap;
use std::rc::Rc;

/// What somebody does to a run, and when.
type Deed = (u64, fn(&mut Run, u64) -> Vec<RunEvent>);

const PATH: &str = ".github/workflows/w.yaml";

/// Plays a workflow, and says of each job how it ended and what its scripts printed.
fn outcome(jobs: &str, event: Event, deeds: &[Deed]) -> String {
    let text = format!("on: [push, pull_request, workflow_dispatch]\njobs:\n{jobs}");
    let workflow = match Workflow::parse(&format!("shop/{PATH}"), &text) {
        Ok(workflow) => workflow,
        Err(problems) => return super::listed(&problems),
    };
    let files: Tree = [
        ("app.yaml", "version: 1.4.2\nimage: {size: 10Mi}\n"),
        ("Dockerfile", "FROM alpine\nCOPY . .\n"),
        ("values.yaml", "image:\n  tag: old # by CI\n"),
        (
            ".github/settings.yml",
            "environments: [{name: production, reviewers: [{type: User, id: 1}]}]\n",
        ),
    ]
    .map(|(path, text)| (path.into(), text.into()))
    .into();
    let mut repository = Repository::new();
    let commit = repository
        .commit_files(&files, &[], Person::you(), 0, "First")
        .unwrap();
    repository.set_branch("main", commit);
    let mut settings = Settings::read(&files);
    settings.secrets = vec![("PASSWORD".into(), "hunter2".into())];
    settings.variables = vec![("REGION".into(), "north".into())];
    let start = Start {
        number: 7,
        name: "shop",
        repository: &repository,
        commit,
        event,
        settings: Rc::new(settings),
    };
    let mut repositories = SharedMap::default();
    repositories.insert("shop".into(), repository.clone());
    repositories.insert("config".into(), repository.clone());
    let mut run = Run::start(workflow, &start, 0);
    let mut registry = Registry::new();
    let mut deeds = deeds.iter();
    let mut next = deeds.next();
    let (mut now, mut asked) = (0, Vec::new());
    loop {
        let due = run.wakes_at();
        let mut events = match (due, next) {
            (due, Some((at, deed))) if due.is_none_or(|due| *at <= due) => {
                now = *at;
                next = deeds.next();
                deed(&mut run, now)
            }
            (Some(due), _) => {
                now = due;
                let (registry, repositories) = (&mut registry, repositories.clone());
                run.advance(
                    now,
                    &mut Outside {
                        registry,
                        repositories,
                    },
                )
            }
            (None, _) => break,
        };
        while !events.is_empty() {
            let mut answered = Vec::new();
            for event in events {
                if let RunEvent::Asked { spot, ask } = event {
                    asked.push(match &ask {
                        Ask::Helm(_, user) => format!("helm as {user:?}"),
                        Ask::Kubectl { args, stdin, user } => {
                            format!("kubectl {} < {stdin:?} as {user:?}", args.join(" "))
                        }
                        Ask::Push(outgoing) => {
                            let file = outgoing.from.file(outgoing.head, "values.yaml");
                            format!("push to {} of {}: {file:?}", outgoing.branch, outgoing.name)
                        }
                    });
                    answered.extend(run.answer(spot, Answer::ok("done"), now));
                }
            }
            events = answered;
        }
    }
    let row = run.row(now, Tint::default());
    let mut out: Vec<String> = asked;
    for job in &row.jobs {
        let mut printed = Vec::new();
        for step in &job.steps {
            let lines = step
                .log
                .iter()
                .filter(|line| !line.starts_with("Run ") && !line.starts_with("  "));
            printed.extend(lines.map(|line| line.to_string()));
        }
        let waiting = if job.waiting.is_empty() {
            String::new()
        } else {
            format!(" ({})", job.waiting)
        };
        out.push(format!(
            "{}: {:?}{waiting} {}",
            job.name,
            job.progress,
            printed.join("|")
        ));
    }
    out.push(format!("{:?}", row.progress));
    out.join("\n")
}

fn push() -> Event {
    Event::push("main", Vec::new())
}

/// Jobs of a workflow, and what becomes of them after a push.
#[test]
fn workflows_do_what_github_does() {
    let cases = [
        (
            "  a: {runs-on: x, strategy: {matrix: {os: [linux, mac], n: [1, 2], exclude: [{os: mac, n: 1}], include: [{os: linux, n: 2, extra: yes}]}}, steps: [{run: 'echo ${{ matrix.os }}-${{ matrix.n }}-${{ matrix.extra }}'}]}",
            "a (linux, 1): Done linux-1-\na (linux, 2, true): Done linux-2-true\na (mac, 2): Done mac-2-\nDone",
        ),
        (
            "  a: {runs-on: x, strategy: {fail-fast: false, matrix: {n: [1, 2]}}, steps: [{run: 'exit ${{ matrix.n }}'}]}",
            "a (1): Failed Error: Process completed with exit code 1.\na (2): Failed Error: Process completed with exit code 2.\nFailed",
        ),
        (
            "  a: {runs-on: x, strategy: {fail-fast: true, max-parallel: 1, matrix: {n: [1, 0]}}, steps: [{run: 'exit ${{ matrix.n }}'}]}",
            "a (1): Failed Error: Process completed with exit code 1.\na (0): Cancelled (The strategy configuration was canceled because another of its jobs failed) \nFailed",
        ),
        (
            "  a: {runs-on: x, outputs: {list: '${{ steps.l.outputs.list }}'}, steps: [{id: l, run: 'echo list=[1,2] >> $GITHUB_OUTPUT'}]}\n  b: {needs: a, runs-on: x, strategy: {matrix: {n: '${{ fromJSON(needs.a.outputs.list) }}'}}, steps: [{run: 'echo ${{ matrix.n }} of ${{ strategy.job-total }}'}]}",
            "a: Done \nb (1): Done 1 of 2\nb (2): Done 2 of 2\nDone",
        ),
        (
            "  a: {runs-on: x, steps: [{id: bad, continue-on-error: true, run: exit 3}, {run: 'echo ${{ steps.bad.outcome }} ${{ steps.bad.conclusion }}'}]}",
            "a: Done Error: Process completed with exit code 3.|failure success\nDone",
        ),
        (
            "  a: {runs-on: x, continue-on-error: true, steps: [{run: exit 1}]}\n  b: {needs: a, runs-on: x, steps: [{run: 'echo ${{ needs.a.result }}'}]}",
            "a: Failed Error: Process completed with exit code 1.\nb: Done success\nDone",
        ),
        (
            "  a: {runs-on: x, steps: [{run: exit 1}, {run: echo no}, {if: failure(), run: echo failure}, {if: always(), run: echo always}]}\n  b: {needs: a, runs-on: x, steps: [{run: echo no}]}\n  c: {needs: b, if: failure(), runs-on: x, steps: [{run: echo c}]}",
            "a: Failed Error: Process completed with exit code 1.|failure|always\nb: Skipped \nc: Done c\nFailed",
        ),
        (
            "  a: {runs-on: x, timeout-minutes: 1, steps: [{run: sleep 90}, {if: cancelled(), run: echo bye}]}",
            "a: Cancelled (The job has exceeded the maximum execution time) Error: The operation was canceled.|bye\nCancelled",
        ),
        (
            "  a: {runs-on: x, steps: [{name: slow, timeout-minutes: 1, run: sleep 2m}]}",
            "a: Failed Error: The action 'slow' has timed out after 1 minutes.\nFailed",
        ),
        (
            "  a: {runs-on: x, env: {A: '${{ vars.REGION }}'}, steps: [{run: 'echo $A ${{ secrets.PASSWORD }} ${{ github.run_number }} ${{ github.ref_name }} ${{ github.event.head_commit.message }}'}]}",
            "a: Done north *** 7 main First\nDone",
        ),
        (
            "  a: {runs-on: x, defaults: {run: {working-directory: sub}}, steps: [{run: 'pwd; mkdir -p deep; cd deep || echo none'}]}",
            "a: Done /home/runner/work/shop/shop/sub|cd: deep: No such file or directory|none\nDone",
        ),
        (
            "  a: {runs-on: x, steps: [{shell: bash, run: 'false | true'}]}\n  b: {runs-on: x, steps: [{run: 'false | true'}]}\n  c: {runs-on: x, steps: [{shell: python, run: print(1)}]}",
            "a: Failed Error: Process completed with exit code 1.\nb: Done \nc: Done not simulated: shell: python\nFailed",
        ),
        (
            "  a:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n        with: {repository: example/config, path: config, token: abc}\n      - run: |\n          cd config\n          TAG=1.5 yq -i '.image.tag = strenv(TAG)' values.yaml\n          git config user.name bot; git config user.email bot@example.com\n          git commit -am \"Deploy 1.5\" && git push",
            "push to main of config: Some(\"image:\\n  tag: \\\"1.5\\\" # by CI\\n\")\na: Done HEAD is now at X|[main Y] Deploy 1.5| 1 file changed, 1 insertion(+), 1 deletion(-)|done\nDone",
        ),
        (
            "  a:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n      - run: >-\n          sed -i 's|tag:.*|tag: new|' values.yaml && git diff --stat && git add . && git commit -m x",
            "a: Failed HEAD is now at X| values.yaml | 2 +-|Author identity unknown||*** Please tell me who you are.||Run|||to set your account's default identity.|Omit --global to set the identity only in this repository.||fatal: empty ident name (for <runner@localhost>) not allowed|Error: Process completed with exit code 128.\nFailed",
        ),
        (
            "  a:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n      - uses: docker/metadata-action@v5\n        id: meta\n        with: {images: registry.example/shop, tags: 'type=sha,prefix='}\n      - uses: docker/build-push-action@v6\n        id: build\n        with: {context: ., push: true, tags: '${{ steps.meta.outputs.tags }}'}\n      - run: docker manifest inspect ${{ steps.meta.outputs.tags }} > /dev/null && echo ${{ startsWith(steps.build.outputs.digest, 'sha256:') }}",
            "DOCKER",
        ),
        (
            "  a:\n    runs-on: x\n    steps:\n      - run: |\n          kubectl apply -f - <<EOF\n          kind: Pod\n          name: ${GITHUB_SHA::0}x\n          EOF\n          for i in 1 2; do kubectl get pods -n $i | tee out; done\n          cat out | grep -c done",
            "kubectl apply -f - < \"kind: Pod\\nname: x\\n\" as None\nkubectl get pods -n 1 < \"\" as None\nkubectl get pods -n 2 < \"\" as None\na: Done done|done|done|1\nDone",
        ),
        (
            "  a:\n    runs-on: x\n    steps:\n      - uses: azure/k8s-set-context@v4\n        with:\n          kubeconfig: |\n            current-context: c\n            contexts: [{name: c, context: {user: u}}]\n            users: [{name: u, user: {token: 'system:serviceaccount:shop:deployer'}}]\n      - run: helm list",
            "helm as Some(\"system:serviceaccount:shop:deployer\")\na: Done done\nDone",
        ),
        (
            "  a: {runs-on: x, environment: production, steps: [{run: echo deployed}]}",
            "a: Waiting (Waiting for review: production needs approval to start deploying changes.) \nActive",
        ),
    ];
    for (jobs, expected) in cases {
        let got = outcome(jobs, push(), &[]);
        let got = without_ids(&got);
        if expected == "DOCKER" {
            assert!(got.ends_with("|true\nDone"), "{got}");
            continue;
        }
        assert_eq!(got, expected, "{jobs}");
    }
}

/// Commit ids depend on the workflow's text.
fn without_ids(text: &str) -> String {
    let mut out = text.to_owned();
    for (before, sign) in [("HEAD is now at ", "X"), ("[main ", "Y")] {
        if let Some(at) = out.find(before) {
            let at = at + before.len();
            out.replace_range(at..at + 7, sign);
        }
    }
    out
}

#[test]
fn people_approve_cancel_and_run_again() {
    let deploy = "  a: {runs-on: x, environment: production, steps: [{run: echo deployed}]}";
    let slow = "  a: {runs-on: x, steps: [{run: sleep 60}, {if: always(), run: echo cleaned}]}\n  b: {needs: a, runs-on: x, steps: [{run: echo b}]}";
    let flaky = "  a: {runs-on: x, steps: [{run: echo a}]}\n  b: {needs: a, runs-on: x, steps: [{run: 'test $GITHUB_RUN_ATTEMPT = 2'}]}";
    let cases: [(&str, &[Deed], &str); 4] = [
        (
            deploy,
            &[(5_000, |run, now| run.review("production", true, now))],
            "a: Done deployed\nDone",
        ),
        (
            deploy,
            &[(5_000, |run, now| run.review("production", false, now))],
            "a: Failed (Deployment to production was rejected) \nFailed",
        ),
        (
            slow,
            &[(9_000, |run, now| {
                run.cancel("The operation was canceled.", now)
            })],
            "a: Cancelled (The operation was canceled.) Error: The operation was canceled.|cleaned\nb: Cancelled \nCancelled",
        ),
        (
            flaky,
            &[(60_000, |run, now| run.run_again(true, now))],
            "a: Done a\nb: Done \nDone",
        ),
    ];
    for (jobs, deeds, expected) in cases {
        assert_eq!(outcome(jobs, push(), deeds), expected, "{jobs}");
    }
}

#[test]
fn inputs_and_pull_requests_are_seen() {
    let jobs = "  a: {runs-on: x, steps: [{run: 'echo ${{ github.event_name }} ${{ inputs.where }} ${{ github.head_ref }} ${{ github.ref }}'}]}";
    let dispatch = Event::Dispatch {
        branch: "main".into(),
        inputs: vec![("where".into(), "there".into())],
    };
    assert_eq!(
        outcome(jobs, dispatch, &[]),
        "a: Done workflow_dispatch there refs/heads/main\nDone"
    );
    let pull = Event::PullRequest {
        number: 3,
        action: "opened",
        base: "main".into(),
        head: "topic".into(),
        changed: Vec::new(),
    };
    assert_eq!(
        outcome(jobs, pull, &[]),
        "a: Done pull_request topic refs/pull/3/merge\nDone"
    );
}
