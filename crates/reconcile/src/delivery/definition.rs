//! `lab.yaml`, `cluster.yaml` and `traffic.yaml`: what a lab is before anything happens in it.

use super::git::Tree;
use super::labs::Files;
use super::reader::Reader;
use super::traffic::Caller;
use crate::texts;
use crate::timings::{KNOBS, PULL_RATE, Timings};
use crate::view::{Problem, protocol::Sample};
use ecow::{EcoString, eco_format};
use lean::FlatMap;
use yaml::Node;

/// The folder of a lab that holds the files of its sample pull requests.
const CHANGES: &str = "changes";

/// A lab as its files define it.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its name.
    pub name: EcoString,
    /// What a page calls it.
    pub title: EcoString,
    /// Where its random numbers come from.
    pub seed: u64,
    /// The pull requests that it brings; the first is the one that is proposed.
    pub samples: Vec<Sample>,
    /// The cluster at its start.
    pub cluster: Cluster,
    /// Who calls, and how much.
    pub traffic: Vec<Caller>,
    /// The files of each repository on its main branch.
    pub repositories: FlatMap<EcoString, Tree>,
}

/// A cluster at the start of a lab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Its nodes.
    pub nodes: Vec<ClusterNode>,
    /// Namespaces besides those that every cluster has.
    pub namespaces: Vec<EcoString>,
    /// Repositories whose workflow has run on main before the lab opens.
    pub delivered: Vec<EcoString>,
    /// Files and folders of repositories that somebody applied before the lab opens (`kubectl apply
    /// -f`), by path with the repository.
    pub applied: Vec<EcoString>,
    /// Repositories that tell Argo CD and Flux of each push.
    pub webhooks: Vec<EcoString>,
    /// CI, and the registry that it pushes to.
    pub ci: Ci,
    /// How long things take in it.
    pub timings: Timings,
}

/// What CI has besides the files of repositories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ci {
    /// The service account that its runners are (`shop/deployer`), as a user's name; empty if they may
    /// do anything.
    pub runner: EcoString,
    /// Repositories of the registry whose tags do not move.
    pub immutable: Vec<EcoString>,
    /// Secrets of workflows: repository, name, value.
    pub secrets: Vec<(EcoString, EcoString, EcoString)>,
    /// Variables of workflows, likewise.
    pub variables: Vec<(EcoString, EcoString, EcoString)>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterNode {
    /// Its name.
    pub name: EcoString,
    /// CPU for pods, in thousandths of a core.
    pub cpu: u64,
    /// Memory for pods, in bytes.
    pub memory: u64,
    /// How many pods it takes.
    pub pods: u32,
}

impl Definition {
    /// Reads a lab. All problems of all its files are found at once.
    pub fn read(files: &Files) -> Result<Definition, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut keep = |found: Vec<Problem>| problems.extend(found);
        let lab = required(files, "lab.yaml")
            .and_then(|text| Reader::read("lab.yaml", text, lab))
            .map_err(&mut keep);
        let cluster = required(files, "cluster.yaml")
            .and_then(|text| Reader::read("cluster.yaml", text, cluster))
            .map_err(&mut keep);
        let traffic = files
            .get("traffic.yaml")
            .map_or(Ok(Vec::new()), |text| {
                Reader::read("traffic.yaml", text, super::traffic::read)
            })
            .map_err(&mut keep);
        let (Ok(lab), Ok(cluster), Ok(traffic)) = (lab, cluster, traffic) else {
            return Err(problems);
        };
        let repositories = repositories(files);
        for name in cluster
            .delivered
            .iter()
            .filter(|name| !repositories.contains_key(*name))
        {
            let message = texts::files::delivers_no_repository(name);
            problems.push(Problem::whole("cluster.yaml", message));
        }
        let pulls = lab.pull_requests.into_iter();
        let samples: Vec<Sample> = pulls
            .map(|pull| pull.sample(files, &mut problems))
            .collect();
        let LabFile {
            name, title, seed, ..
        } = lab;
        let definition = Definition {
            name,
            title,
            seed,
            samples,
            cluster,
            traffic,
            repositories,
        };
        if problems.is_empty() {
            Ok(definition)
        } else {
            Err(problems)
        }
    }
}

/// What `lab.yaml` says.
struct LabFile {
    name: EcoString,
    title: EcoString,
    seed: u64,
    pull_requests: Vec<PullRequest>,
}

/// A pull request as `lab.yaml` describes it: its files lie in a folder.
#[derive(Default)]
struct PullRequest {
    title: EcoString,
    branch: EcoString,
    description: EcoString,
    folder: EcoString,
}

impl PullRequest {
    fn sample(self, files: &Files, problems: &mut Vec<Problem>) -> Sample {
        let changed = overlay(files, &self.folder);
        if changed.is_empty() {
            let message = texts::files::no_files_in(&self.folder);
            problems.push(Problem::whole("lab.yaml", message));
        }
        let PullRequest {
            title,
            branch,
            description,
            ..
        } = self;
        Sample {
            title,
            branch,
            description,
            files: changed,
        }
    }
}

fn lab(reader: &mut Reader<'_>, root: &Node) -> LabFile {
    let known = ["name", "title", "seed", "pullRequest", "pullRequests"];
    let fields = reader.fields(root, "lab.yaml", &known);
    let name = reader
        .required(fields, "name")
        .map(|node| reader.name(node))
        .unwrap_or_default();
    let title = fields
        .get("title")
        .map_or_else(|| name.clone(), |node| reader.text(node));
    let seed = fields
        .get("seed")
        .map_or(0, |node| reader.int(node, 0..=u64::MAX));
    let several = fields
        .get("pullRequests")
        .map_or(&[][..], |node| reader.items(node));
    let pulls = fields.get("pullRequest").into_iter().chain(several);
    let pull_requests = pulls.map(|node| pull_request(reader, node)).collect();
    LabFile {
        name,
        title,
        seed,
        pull_requests,
    }
}

fn pull_request(reader: &mut Reader<'_>, node: &Node) -> PullRequest {
    let known = ["title", "branch", "description", "files"];
    let fields = reader.fields(node, "pullRequest", &known);
    let mut text = |name: &str| {
        reader
            .required(fields, name)
            .map(|node| reader.text(node))
            .unwrap_or_default()
    };
    let (title, branch, folder) = (text("title"), text("branch"), text("files"));
    let description = fields
        .get("description")
        .map(|node| reader.text(node))
        .unwrap_or_default();
    PullRequest {
        title,
        branch,
        description,
        folder,
    }
}

fn cluster(reader: &mut Reader<'_>, root: &Node) -> Cluster {
    let known = [
        "nodes",
        "namespaces",
        "delivered",
        "applied",
        "webhooks",
        "ci",
        "timings",
    ];
    let fields = reader.fields(root, "cluster.yaml", &known);
    let nodes = reader
        .required(fields, "nodes")
        .map_or(&[][..], |node| reader.items(node));
    let nodes = nodes
        .iter()
        .map(|item| cluster_node(reader, item))
        .collect();
    let mut names = |name: &str| -> Vec<EcoString> {
        let items = fields.get(name).map_or(&[][..], |node| reader.items(node));
        items.iter().map(|item| reader.name(item)).collect()
    };
    let (namespaces, delivered, webhooks) =
        (names("namespaces"), names("delivered"), names("webhooks"));
    let paths = fields
        .get("applied")
        .map_or(&[][..], |node| reader.items(node));
    Cluster {
        nodes,
        namespaces,
        delivered,
        applied: paths.iter().map(|item| reader.text(item)).collect(),
        webhooks,
        ci: fields
            .get("ci")
            .map(|node| ci(reader, node))
            .unwrap_or_default(),
        timings: fields
            .get("timings")
            .map(|node| timings(reader, node))
            .unwrap_or_default(),
    }
}

/// Timings that are not as usual, by their names.
fn timings(reader: &mut Reader<'_>, node: &Node) -> Timings {
    let mut timings = Timings::default();
    let names: Vec<&str> = KNOBS.iter().map(|knob| knob.name).collect();
    let fields = reader.fields(node, "timings", &names);
    for knob in KNOBS {
        let Some(node) = fields.get(knob.name) else {
            continue;
        };
        let amount = match knob.name {
            PULL_RATE => reader.bytes(node),
            _ => reader.duration(node),
        };
        let told = node.text().and_then(super::reader::parse_duration);
        if told.is_some_and(|told| told < knob.least) {
            let least = match knob.name {
                PULL_RATE => "1".into(),
                _ => eco_format!("{}ms", knob.least),
            };
            reader.problem(node, texts::files::must_be_at_least(knob.name, &least), "");
        }
        *(knob.of)(&mut timings) = amount.max(knob.least);
    }
    timings
}

fn ci(reader: &mut Reader<'_>, node: &Node) -> Ci {
    let known = ["runner", "immutable", "secrets", "variables"];
    let fields = reader.fields(node, "ci", &known);
    let mut runner = EcoString::new();
    if let Some(node) = fields.get("runner") {
        let text = reader.text(node);
        match text.split_once('/') {
            Some((namespace, name)) if !name.contains('/') => {
                runner = eco_format!("system:serviceaccount:{namespace}:{name}");
            }
            _ => reader.problem(
                node,
                texts::files::no_account(&text),
                texts::files::WHAT_AN_ACCOUNT_IS,
            ),
        }
    }
    let immutable = fields
        .get("immutable")
        .map_or(&[][..], |node| reader.items(node));
    let immutable = immutable.iter().map(|item| reader.text(item)).collect();
    let mut of_repositories = |name: &str| {
        let mut all = Vec::new();
        for (key, node) in fields
            .get(name)
            .map_or(&[][..], |node| reader.members(node))
        {
            let repository = reader.text(key);
            for (key, value) in reader.members(node) {
                all.push((repository.clone(), reader.text(key), reader.text(value)));
            }
        }
        all
    };
    let (secrets, variables) = (of_repositories("secrets"), of_repositories("variables"));
    Ci {
        runner,
        immutable,
        secrets,
        variables,
    }
}

fn cluster_node(reader: &mut Reader<'_>, node: &Node) -> ClusterNode {
    let fields = reader.fields(
        node,
        texts::files::A_NODE,
        &["name", "cpu", "memory", "pods"],
    );
    ClusterNode {
        name: reader
            .required(fields, "name")
            .map(|node| reader.name(node))
            .unwrap_or_default(),
        cpu: reader
            .required(fields, "cpu")
            .map_or(0, |node| reader.cpu(node)),
        memory: reader
            .required(fields, "memory")
            .map_or(0, |node| reader.bytes(node)),
        // The kubelet's default: maxPods in KubeletConfiguration.
        pods: fields
            .get("pods")
            .map_or(110, |node| reader.int(node, 0..=100_000) as u32),
    }
}

fn required<'f>(files: &'f Files, path: &str) -> Result<&'f str, Vec<Problem>> {
    let text = files.get(path).map(String::as_str);
    text.ok_or_else(|| vec![Problem::whole(path, texts::files::NEEDED_BY_THE_LAB)])
}

/// The files below each folder that is a repository.
fn repositories(files: &Files) -> FlatMap<EcoString, Tree> {
    let mut repositories: FlatMap<EcoString, Tree> = FlatMap::new();
    for (path, text) in files {
        if let Some((repository, path)) = path.split_once('/')
            && repository != CHANGES
        {
            let tree = repositories.entry(repository.into()).or_default();
            tree.insert(path.into(), text.into());
        }
    }
    repositories
}

/// The files below a folder, by their paths inside it.
fn overlay(files: &Files, folder: &str) -> Files {
    let prefix = format!("{}/", folder.trim_end_matches('/'));
    let inside = files
        .iter()
        .filter_map(|(path, text)| Some((path.strip_prefix(&prefix)?.into(), text.clone())));
    lean::map(inside)
}
