use super::order_service;
use crate::delivery::actions::answer::Answer;
use crate::delivery::actions::event::{Ask, RunEvent};
use crate::delivery::actions::run::{Outside, Run, Start};
use crate::delivery::actions::tools::{HelmCall, HelmUpgrade};
use crate::delivery::actions::workflow::Event;
use crate::delivery::actions::workflow::Workflow;
use crate::delivery::git::{Oid, Person, Repository, Tree};
use crate::delivery::registry::{Reference, Registry};
use crate::delivery::rehearsal::{self, Rehearsal, rehearse_all};
use crate::view::{Progress, Tint};
use lean::SharedMap;
use std::fmt::Write;
use std::rc::Rc;

const WORKFLOW: &str = ".github/workflows/deliver.yaml";

/// A repository with a registry, as after the lab's first delivery.
struct Shop {
    repository: Repository,
    registry: Registry,
    files: Tree,
    head: Oid,
}

impl Shop {
    fn new() -> Shop {
        let files = order_service().repositories["order-service"].clone();
        let mut repository = Repository::new();
        let head = repository
            .commit_files(&files, &[], Person::you(), 0, "First")
            .unwrap();
        let mut shop = Shop {
            repository,
            registry: Registry::new(),
            files,
            head,
        };
        let run = shop.run();
        rehearse(run, &shop.registry).push_all(&mut shop.registry, 0);
        shop
    }

    /// Commits an edit of one file: what `from` stands for becomes `to`.
    fn edit(mut self, path: &str, from: &str, to: &str) -> Shop {
        let text = self.files.get_mut(path).unwrap();
        assert!(text.contains(from), "{path} has no {from:?}");
        *text = text.replace(from, to);
        self.head = self
            .repository
            .commit_files(&self.files, &[self.head], Person::you(), 100_000, "Edit")
            .unwrap();
        self
    }

    fn run(&self) -> Run {
        let workflow = Workflow::parse(WORKFLOW, &self.files[WORKFLOW]).unwrap();
        let (repository, commit) = (&self.repository, self.head);
        Run::start(workflow, &start(repository, commit, "main"), 0)
    }

    fn rehearse(&self) -> Rehearsal {
        rehearse(self.run(), &self.registry)
    }

    /// Plays a run as the engine does; `helm upgrade` takes 30 s and ends with `helm`.
    fn story(&mut self, helm: &Answer) -> String {
        let mut run = self.run();
        let mut out = String::new();
        let mut now = 0;
        while let Some(due) = run.wakes_at() {
            now = due;
            let mut events = advance(&mut run, now, &mut self.registry);
            while !events.is_empty() {
                let mut answered = Vec::new();
                for event in events {
                    writeln!(out, "{:>6} {}", now, told(&event)).unwrap();
                    if let RunEvent::Asked { spot, .. } = event {
                        now += 30_000;
                        answered.extend(run.answer(spot, helm.clone(), now));
                    }
                }
                events = answered;
            }
        }
        let row = run.row(now, Tint::default());
        assert_eq!(row.progress, run.progress());
        for step in row.jobs.iter().flat_map(|job| &job.steps) {
            writeln!(
                out,
                "\n{} ({:?}, {} ms)",
                step.name, step.progress, step.took
            )
            .unwrap();
            step.log
                .iter()
                .for_each(|line| writeln!(out, "  {line}").unwrap());
        }
        out
    }
}

fn start<'a>(repository: &'a Repository, commit: Oid, branch: &str) -> Start<'a> {
    Start {
        number: 1,
        name: "order-service",
        repository,
        commit,
        event: Event::push(branch, Vec::new()),
        settings: Rc::default(),
    }
}

fn advance(run: &mut Run, now: u64, registry: &mut Registry) -> Vec<RunEvent> {
    let repositories = SharedMap::default();
    run.advance(
        now,
        &mut Outside {
            registry,
            repositories,
        },
    )
}

fn rehearse(run: Run, registry: &Registry) -> Rehearsal {
    rehearsal::rehearse(run, registry, &SharedMap::default())
}

/// What a step asks for, without the files that it has.
fn asked(ask: &Ask) -> String {
    match ask {
        Ask::Helm(call, _) => match &**call {
            HelmCall::Upgrade(upgrade) => {
                let files = Rc::default();
                format!(
                    "{:?}",
                    HelmUpgrade {
                        files,
                        ..upgrade.clone()
                    }
                )
            }
            other => format!("{other:?}"),
        },
        Ask::Kubectl { args, .. } => format!("kubectl {}", args.join(" ")),
        Ask::Push(outgoing) => format!("git push {} {}", outgoing.name, outgoing.branch),
    }
}

fn told(event: &RunEvent) -> String {
    match event {
        RunEvent::JobStarted { job } => format!("job {job} starts"),
        RunEvent::JobEnded { job, progress, .. } => format!("job {job}: {progress:?}"),
        RunEvent::StepStarted { step, .. } => format!("  {step} starts"),
        RunEvent::StepEnded {
            step,
            progress,
            error,
            ..
        } => format!("  {step}: {progress:?} {error}"),
        RunEvent::Pushed(pushed) => {
            format!(
                "  pushed {} {}, before {:?}",
                pushed.tag.reference, pushed.tag.digest, pushed.before
            )
        }
        RunEvent::Asked { ask, .. } => format!("  {}", asked(ask)),
        RunEvent::ReviewNeeded { job, environment } => format!("job {job} waits for {environment}"),
        RunEvent::Killed { .. } => "  killed".into(),
        RunEvent::Ended { progress } => format!("run: {progress:?}"),
    }
}

#[test]
fn the_story_of_a_delivery() {
    let mut shop = Shop::new().edit("app.yaml", "1.4.1", "1.4.2");
    let story = shop.story(&Answer::ok(
        "Release \"order-service\" has been upgraded. Happy Helming!",
    ));
    let tag = format!("registry.example/order-service:1.4.2-{}", shop.head.short());
    assert_eq!(shop.registry.tags().last().unwrap().reference, tag);
    assert_eq!(
        shop.registry
            .resolve(&Reference::parse(&tag).unwrap())
            .unwrap()
            .commit,
        shop.head
    );
    insta::assert_snapshot!(story);
}

#[test]
fn failing_tests_stop_everything_behind_them() {
    let mut shop = Shop::new().edit("app.yaml", "tests: pass", "tests: fail");
    let tags = shop.registry.tags().to_vec();
    insta::assert_snapshot!(shop.story(&Answer::default()));
    assert_eq!(shop.registry.tags(), tags);
    let failure = shop.rehearse().failure.unwrap();
    assert_eq!(
        (failure.job.as_str(), failure.step.as_str()),
        ("test", "Run the tests")
    );
}

#[test]
fn a_failed_upgrade_fails_the_run() {
    let mut shop = Shop::new();
    let story = shop.story(&Answer::failed(
        1,
        "Error: UPGRADE FAILED: context deadline exceeded",
    ));
    assert!(
        story.contains(
            "Upgrade the release: Failed Error: UPGRADE FAILED: context deadline exceeded"
        )
    );
    assert!(
        story.contains("run: Failed")
            && story.contains("Error: Process completed with exit code 1.")
    );
}

/// What an edit leads to: the tag that is deployed, and whether an image was pushed for it.
#[test]
fn only_what_goes_into_the_image_makes_a_new_one() {
    let cases = [
        ("app.yaml", "1.4.1", "1.4.2", "1.4.2", true),
        ("app.yaml", "startup: 4s", "startup: 9s", "1.4.1", true),
        ("Dockerfile", "EXPOSE 8080", "EXPOSE 9090", "1.4.1", true),
        (
            "chart/values.yaml",
            "replicaCount: 3",
            "replicaCount: 5",
            "1.4.1",
            false,
        ),
        (
            "chart/values.yaml",
            "# How many pods.",
            "# So many pods.",
            "1.4.1",
            false,
        ),
        (WORKFLOW, "--timeout 5m", "--timeout 9m", "1.4.1", false),
    ];
    for (path, from, to, version, is_built) in cases {
        let shop = Shop::new();
        let first = shop.head;
        let shop = shop.edit(path, from, to);
        let rehearsal = shop.rehearse();
        let commit = if is_built { shop.head } else { first };
        let set = format!("image.tag={version}-{}", commit.short());
        assert_eq!(rehearsal.upgrades[0].set, [set], "{path}: {to}");
        assert_eq!(
            rehearsal.pushed.len(),
            usize::from(is_built),
            "{path}: {to}"
        );
        assert_eq!(rehearsal.failure, None, "{path}: {to}");
    }
}

/// Workflows that go wrong, with the step that fails and what it says.
#[test]
fn failures_say_what_is_wrong() {
    let cases = [
        (
            "app.yaml",
            "84Mi",
            "84Mo",
            "Run the tests",
            "order-service/app.yaml:9:9: must be an amount of bytes, such as 84Mi or 1Gi; this is \"84Mo\"",
        ),
        (
            WORKFLOW,
            "make test",
            "make tests",
            "Run the tests",
            "make: *** No rule to make target 'tests'.  Stop.",
        ),
        (
            WORKFLOW,
            "--namespace shop",
            "--namespaces shop",
            "Upgrade the release",
            "Error: unknown flag: --namespaces",
        ),
        (
            WORKFLOW,
            "./chart",
            "./charts",
            "Upgrade the release",
            "Error: path \"./charts\" not found",
        ),
        (
            WORKFLOW,
            "./chart",
            "",
            "Upgrade the release",
            "Error: \"helm upgrade\" requires 2 arguments",
        ),
        (
            WORKFLOW,
            "--timeout 5m",
            "--timeout",
            "Upgrade the release",
            "Error: flag needs an argument: --timeout",
        ),
        (
            WORKFLOW,
            "docker push \"$IMAGE:",
            "docker push \"other:",
            "Push",
            "An image does not exist locally with the tag: docker.io/library/other",
        ),
    ];
    for (path, from, to, step, error) in cases {
        let mut shop = Shop::new()
            .edit("app.yaml", "1.4.1", "2.0.0")
            .edit(path, from, to);
        shop.registry = Registry::new();
        let failure = shop
            .rehearse()
            .failure
            .unwrap_or_else(|| panic!("{to} did not fail"));
        assert_eq!(
            (failure.step.as_str(), failure.error.as_str()),
            (step, error),
            "{path}: {to}"
        );
    }
}

#[test]
fn a_mutable_tag_moves() {
    let edit = |shop: Shop, from: &str, to: &str| shop.edit(WORKFLOW, from, to);
    let shop = edit(
        Shop::new(),
        "tag=$(yq .version app.yaml)-${COMMIT::7}",
        "tag=latest",
    );
    let mut shop = edit(
        shop,
        "if: steps.registry.outputs.has-tag == 'false'",
        "if: always()",
    );
    let first = shop.story(&Answer::default());
    assert!(
        first.contains("pushed registry.example/order-service:latest")
            && first.contains("before None")
    );
    let mut shop = shop.edit("app.yaml", "1.4.1", "1.4.2");
    assert!(
        shop.story(&Answer::default())
            .contains("before Some(\"sha256:")
    );
    assert_eq!(shop.registry.tags().len(), 2);
}

#[test]
fn a_clone_goes_its_own_way() {
    let shop = Shop::new().edit("app.yaml", "1.4.1", "1.4.2");
    let (mut run, mut registry) = (shop.run(), shop.registry.clone());
    let mut at = Vec::new();
    for _ in 0..6 {
        at.push((run.clone(), registry.clone()));
        let now = run.wakes_at().unwrap();
        advance(&mut run, now, &mut registry);
    }
    let end = rehearse(run, &registry);
    for (run, registry) in at {
        assert_eq!(run.progress(), Progress::Active);
        assert_eq!(rehearse(run, &registry).upgrades, end.upgrades);
    }
}

#[test]
fn a_late_engine_sees_the_same_times() {
    let shop = Shop::new();
    let mut run = shop.run();
    let events = advance(&mut run, 1_000_000, &mut shop.registry.clone());
    assert!(matches!(events.last(), Some(RunEvent::Asked { .. })));
    let row = run.row(1_000_000, Tint::default());
    assert_eq!(row.jobs[0].steps[1].took, 18_300);
}

#[test]
fn a_push_starts_the_workflows_of_its_branch() {
    let shop = Shop::new();
    let rehearse = |branch| {
        let (repository, commit) = (&shop.repository, shop.head);
        let start = start(repository, commit, branch);
        rehearse_all(&start, &Registry::new(), &SharedMap::default()).unwrap()
    };
    let main = rehearse("main");
    assert_eq!((main.upgrades.len(), main.pushed.len()), (1, 1));
    assert_eq!(rehearse("longer-timeout"), Rehearsal::default());
}

#[test]
fn a_shallow_checkout_takes_every_commit_for_the_last_change() {
    let shop = Shop::new().edit(WORKFLOW, "fetch-depth: 0", "fetch-depth: 1");
    assert_eq!(
        shop.rehearse().upgrades[0].set,
        [format!("image.tag=1.4.1-{}", shop.head.short())]
    );
    let first = Shop::new().head;
    let shop = shop.edit(WORKFLOW, "fetch-depth: 1", "fetch-depth: 3");
    assert_eq!(
        shop.rehearse().upgrades[0].set,
        [format!("image.tag=1.4.1-{}", first.short())]
    );
}
