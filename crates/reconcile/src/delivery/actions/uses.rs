//! `uses:`: the actions that the lab knows, one line each in [`run`].
//!
//! What they do is what their README says; those that set up a tool do nothing, for the tools are there.

use super::context::is_own_token;
use super::docker::{Build, GITHUB_REGISTRY};
use super::event::Spot;
use super::machine::Call;
use super::run::Run;
use super::workflow::Event;
use super::workplace::{Checkout, Credential, HOME};
use crate::delivery::git::Tree;
use crate::delivery::registry::Reference;
use crate::texts;
use ecow::{EcoString, eco_format};
use lean::FlatMap;
use std::rc::Rc;

type Pairs = [(EcoString, EcoString)];
type Outputs = Vec<(EcoString, EcoString)>;

/// What using an action comes to.
#[derive(Debug)]
pub(super) enum Used {
    /// It is done: its log and its outputs.
    Done(Vec<EcoString>, Outputs),
    /// It calls a program, and has these outputs if that ends well.
    Calls(Rc<Call>, Outputs),
    /// It fails, with this message.
    Failed(EcoString),
}

fn said(line: impl Into<EcoString>) -> Used {
    Used::Done(vec![line.into()], Vec::new())
}

fn input<'p>(with: &'p Pairs, name: &str) -> &'p str {
    with.iter()
        .find(|(have, _)| have.eq_ignore_ascii_case(name))
        .map_or("", |(_, value)| value)
}

/// Uses an action with its inputs.
pub(super) fn run(
    run: &mut Run,
    spot: Spot,
    action: &str,
    with: &Pairs,
    env: &FlatMap<EcoString, EcoString>,
) -> Used {
    let name = action.split('@').next().unwrap_or_default();
    match name {
        "actions/checkout" => checkout(run, spot, with),
        "docker/login-action" => {
            if input(with, "registry") == GITHUB_REGISTRY {
                run.job_mut(spot.job).has_login |= is_own_token(input(with, "password"));
            }
            said("Login Succeeded!")
        }
        "docker/build-push-action" => build_push(run, spot, with, env),
        "docker/metadata-action" => metadata(run, with),
        "azure/k8s-set-context" => set_context(run, spot, with),
        "docker/setup-buildx-action"
        | "docker/setup-qemu-action"
        | "azure/setup-helm"
        | "azure/setup-kubectl"
        | "mikefarah/yq" => said(texts::files::SET_UP),
        _ if name.starts_with("actions/setup-") => said(texts::files::SET_UP),
        _ => match no_identity(run, spot, name, with) {
            Some(why) => Used::Failed(why.into()),
            None => said(texts::files::not_simulated(&eco_format!("uses: {action}"))),
        },
    }
}

/// The actions that log in to a cloud with the job's identity (OIDC), the input that says so, and what
/// each says without `permissions: id-token: write`.
const CLOUDS: [(&str, &str, &str); 3] = [
    (
        "aws-actions/configure-aws-credentials",
        "role-to-assume",
        "Credentials could not be loaded, please check your action inputs: Could not load credentials from any providers",
    ),
    (
        "azure/login",
        "client-id",
        "Please make sure to give write permissions to id-token in the workflow.",
    ),
    (
        "google-github-actions/auth",
        "workload_identity_provider",
        "google-github-actions/auth failed with: GitHub Actions did not inject $ACTIONS_ID_TOKEN_REQUEST_TOKEN or $ACTIONS_ID_TOKEN_REQUEST_URL into this job. This most likely means the GitHub Actions workflow permissions are incorrect, or this job is being run from a fork.",
    ),
];

/// Why an action cannot log in to a cloud: the job has no identity.
fn no_identity(run: &Run, spot: Spot, name: &str, with: &Pairs) -> Option<&'static str> {
    let mut clouds = CLOUDS.iter();
    let (_, by, why) = clouds.find(|(action, ..)| *action == name)?;
    let is_refused = !input(with, by).is_empty() && !run.may_write(spot, "id-token");
    is_refused.then_some(why)
}

/// The repository's files at the run's commit, or another repository's at the head of a branch.
fn checkout(run: &mut Run, spot: Spot, with: &Pairs) -> Used {
    let source = run.source.clone();
    let has_key = !input(with, "ssh-key").is_empty();
    let has_own = has_key || is_own_token(input(with, "token"));
    let no_token = |(name, token): &(EcoString, EcoString)| name == "token" && token.is_empty();
    if with.iter().any(no_token) {
        // A secret that is not there is an empty text.
        return Used::Failed("Input required and not supplied: token".into());
    }
    let wanted = input(with, "repository");
    let name = match wanted.rsplit('/').next() {
        None | Some("") => source.name.as_str(),
        Some(name) => name,
    };
    let branch = match (input(with, "ref"), &source.event) {
        ("", Event::Push { target, .. }) => target.trim_start_matches("refs/heads/"),
        ("", Event::Dispatch { branch, .. }) => branch,
        ("", Event::PullRequest { head, .. }) => head,
        (given, _) => given.trim_start_matches("refs/heads/"),
    };
    let is_own = name == source.name && input(with, "ref").is_empty();
    let (repository, head, branch) = if is_own {
        (source.repository.clone(), Some(source.commit), branch)
    } else {
        let branch = if input(with, "ref").is_empty() {
            "main"
        } else {
            branch
        };
        let Some(repository) = run.jobs[spot.job].remotes.get(name).cloned() else {
            return Used::Failed(
                "Not Found - https://docs.github.com/rest/repos/repos#get-a-repository".into(),
            );
        };
        let head = repository.branch(branch);
        (repository, head, branch)
    };
    let Some(head) = head else {
        return Used::Failed(eco_format!(
            "A branch or tag with the name '{branch}' could not be found"
        ));
    };
    // One commit unless `fetch-depth` says otherwise; 0 is all.
    let depth: usize = input(with, "fetch-depth").parse().unwrap_or(1);
    let files = repository.files(head);
    let mut repository = repository;
    if !branch.is_empty() {
        repository.set_branch(branch, head);
    }
    let clone = Checkout {
        folder: super::workplace::resolved("", &source.workspace(), input(with, "path")),
        name: name.into(),
        repository,
        branch: branch.into(),
        head,
        depth: Some(depth).filter(|depth| *depth > 0),
        index: Rc::new(files.clone()),
        author: run.jobs[spot.job].place.author.clone(),
        credential: match input(with, "persist-credentials") {
            "false" => Credential::Nobody,
            _ if has_own => Credential::Writer,
            _ if name == source.name && run.may_write(spot, "contents") => Credential::Writer,
            _ => Credential::Reader,
        },
    };
    run.job_mut(spot.job).place.check_out(clone, &files);
    said(eco_format!("HEAD is now at {}", head.short()))
}

/// `docker buildx build` with the action's inputs.
fn build_push(
    run: &mut Run,
    spot: Spot,
    with: &Pairs,
    env: &FlatMap<EcoString, EcoString>,
) -> Used {
    let source = run.source.clone();
    let mut place = run.jobs[spot.job].place.clone();
    let context = input(with, "context");
    if context.is_empty() && place.files.is_empty() {
        // Without a context the action builds from the repository itself.
        place.files = Rc::new(Tree::clone(&source.files));
    }
    let mut words: Vec<EcoString> = ["docker", "buildx", "build"].map(EcoString::from).into();
    let tags = || {
        input(with, "tags")
            .split([',', '\n'])
            .map(str::trim)
            .filter(|tag| !tag.is_empty())
    };
    for tag in tags() {
        words.extend(["--tag".into(), tag.into()]);
    }
    for (name, flag) in [("file", "--file"), ("cache-from", "--cache-from")] {
        if !input(with, name).is_empty() {
            words.extend([flag.into(), input(with, name).into()]);
        }
    }
    if input(with, "push") == "true" {
        words.push("--push".into());
    }
    words.push(if context.is_empty() {
        ".".into()
    } else {
        context.into()
    });
    let call = Call {
        words,
        workspace: source.workspace(),
        kubeconfig: env.get("KUBECONFIG").cloned().unwrap_or_default(),
        place,
        ..Call::default()
    };
    let digest = match (&source.app, Build::of(&call)) {
        (Ok(app), Some(build)) => build.image(&call, app.clone(), source.commit).digest,
        _ => EcoString::new(),
    };
    let outputs = vec![
        ("digest".into(), digest.clone()),
        ("imageid".into(), digest),
    ];
    Used::Calls(Rc::new(call), outputs)
}

/// Tags and labels after the event: `type=sha`, `type=ref`, `type=raw`, and by default the branch's
/// name.
fn metadata(run: &Run, with: &Pairs) -> Used {
    let source = &run.source;
    let lines = |name: &str| -> Vec<EcoString> {
        let lines = input(with, name).lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty())
            .map(EcoString::from)
            .collect()
    };
    let (branch, number) = match &source.event {
        Event::Push { target, .. } => (target.rsplit('/').next().unwrap_or_default(), 0),
        Event::Dispatch { branch, .. } => (branch.as_str(), 0),
        Event::PullRequest { number, .. } => ("", *number),
    };
    let rules = match lines("tags") {
        rules if rules.is_empty() => {
            vec!["type=ref,event=branch".into(), "type=ref,event=pr".into()]
        }
        rules => rules,
    };
    let mut tags: Vec<EcoString> = Vec::new();
    for rule in &rules {
        let field = |name: &str| {
            let mut fields = rule.split(',').filter_map(|field| field.split_once('='));
            fields
                .find(|(have, _)| *have == name)
                .map(|(_, value)| value)
        };
        let enabled = field("enable") != Some("false");
        let tag = match field("type") {
            Some("sha") => match field("format") {
                Some("long") => {
                    eco_format!("{}{}", field("prefix").unwrap_or("sha-"), source.commit)
                }
                _ => eco_format!(
                    "{}{}",
                    field("prefix").unwrap_or("sha-"),
                    source.commit.short()
                ),
            },
            Some("ref") if field("event") == Some("pr") && number > 0 => eco_format!("pr-{number}"),
            Some("ref") if field("event") == Some("branch") => branch.replace('/', "-").into(),
            Some("raw") => field("value").unwrap_or_default().into(),
            None => rule.clone(),
            _ => EcoString::new(),
        };
        if enabled && !tag.is_empty() {
            tags.push(tag);
        }
    }
    let images = lines("images");
    let all = images
        .iter()
        .flat_map(|image| tags.iter().map(move |tag| eco_format!("{image}:{tag}")));
    let all: Vec<EcoString> = all.filter(|tag| Reference::parse(tag).is_some()).collect();
    let version = tags.first().cloned().unwrap_or_default();
    let outputs = vec![
        ("tags".into(), all.join("\n").into()),
        ("version".into(), version),
        (
            "labels".into(),
            eco_format!("org.opencontainers.image.revision={}", source.commit),
        ),
    ];
    Used::Done(all, outputs)
}

/// Writes a kubeconfig and lets the steps that follow use it.
fn set_context(run: &mut Run, spot: Spot, with: &Pairs) -> Used {
    let text = input(with, "kubeconfig");
    if text.is_empty() {
        return Used::Failed("Input required and not supplied: kubeconfig".into());
    }
    let path = eco_format!("{HOME}/work/_temp/kubeconfig");
    let state = run.job_mut(spot.job);
    Rc::make_mut(&mut state.place.files).insert(path.clone(), text.into());
    state.env.retain(|(name, _)| name != "KUBECONFIG");
    state.env.push(("KUBECONFIG".into(), path));
    Used::Done(Vec::new(), Vec::new())
}
