//! `kubectl top` (`k8s.io/kubectl/pkg/cmd/top`, `pkg/metricsutil/metrics_printer.go`).

use super::args::{Args, Flag, SELECTOR, switch, value};
use super::session::{Fault, Session};
use super::table;
use ecow::EcoString;
use kube::quantity::Quantity;
use kube::{Key, Millis, Object, Value};
use std::cmp::Reverse;
use std::rc::Rc;

pub(super) const FLAGS: &[Flag] = &[
    switch("all-namespaces", Some('A')),
    switch("containers", None),
    value("field-selector", None),
    switch("no-headers", None),
    SELECTOR,
    switch("show-capacity", None),
    value("sort-by", None),
    switch("sum", None),
];

/// What something uses: CPU in thousandths, memory in bytes.
type Amounts = (i128, i128);

const MILLI: i128 = 1_000_000;
const MEBI: i128 = 1 << 20;
/// From which age on a pod without metrics is something wrong (`metricsCreationDelay`).
const LATE: Millis = 120_000;

/// `top pod` and `top node`.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let Some((what, names)) = args.words.split_first() else {
        return Err(Fault::Usage(
            "kubectl top takes a command: node, or pod".to_owned(),
        ));
    };
    if !matches!(args.last("sort-by"), None | Some("cpu" | "memory")) {
        return usage("--sort-by accepts only cpu or memory");
    }
    let is_selecting = ["selector", "field-selector"]
        .iter()
        .any(|flag| args.last(flag).is_some());
    if !names.is_empty() && is_selecting {
        return usage("only one of NAME or selector can be provided");
    }
    let name = match names {
        [] => None,
        [name] => Some(name.as_str()),
        _ => return usage("one NAME at most can be given"),
    };
    match what.as_str() {
        "pod" | "pods" | "po" => pods(session, args, name),
        "node" | "nodes" | "no" => nodes(session, args, name),
        other => Err(Fault::Usage(format!(
            "unknown command {other:?}\nSee 'kubectl top -h' for help and examples"
        ))),
    }
}

fn usage(words: &str) -> Result<(), Fault> {
    Err(Fault::Usage(words.to_owned()))
}

/// The objects of a kind that are named or selected.
fn found(
    session: &mut Session,
    args: &Args,
    kind: &str,
    name: Option<&str>,
) -> Result<Vec<Rc<Object>>, Fault> {
    let is_namespaced = matches!(kind, "Pod" | "PodMetrics");
    let is_everywhere = args.is_on("all-namespaces") || !is_namespaced;
    let namespace = match is_everywhere {
        true => EcoString::new(),
        false => session.namespace.clone(),
    };
    if let Some(name) = name {
        return Ok(vec![session.get(&Key::new(kind, namespace, name))?]);
    }
    Ok(session.select(kind, namespace, args.selection())?)
}

fn pods(session: &mut Session, args: &Args, name: Option<&str>) -> Result<(), Fault> {
    let mut all = found(session, args, "PodMetrics", name)?;
    let is_everywhere = args.is_on("all-namespaces");
    if all.is_empty() {
        return nothing(session, args, is_everywhere);
    }
    let by = |amounts: Amounts| sort_key(args, amounts);
    all.sort_by_cached_key(|pod| {
        let namespace = pod.key.namespace.clone();
        let namespace = Some(namespace).filter(|_| is_everywhere && args.last("sort-by").is_none());
        (Reverse(by(of_pod(pod))), namespace, pod.key.name.clone())
    });
    let has_containers = args.is_on("containers");
    let mut rows = Vec::new();
    let head = [("NAMESPACE", is_everywhere), ("POD", has_containers)];
    let head = head.iter().filter(|(_, is_shown)| *is_shown);
    let before = head.clone().count();
    if !args.is_on("no-headers") {
        let head = head.map(|(name, _)| *name);
        rows.push(cells(
            head.chain(["NAME", "CPU(cores)", "MEMORY(bytes)"])
                .map(str::to_owned),
        ));
    }
    let mut total = (0, 0);
    for pod in &all {
        let (cpu, memory) = of_pod(pod);
        total = (total.0 + cpu, total.1 + memory);
        let namespace = is_everywhere.then(|| pod.key.namespace.to_string());
        if !has_containers {
            let line = [pod.key.name.to_string()].into_iter();
            rows.push(cells(
                namespace
                    .into_iter()
                    .chain(line)
                    .chain(shown((cpu, memory))),
            ));
            continue;
        }
        let mut containers: Vec<&Value> = pod.value.get("containers").items().iter().collect();
        containers.sort_by_key(|one| (Reverse(by(of(one))), one.get("name").to_text()));
        for one in containers {
            let line = [pod.key.name.to_string(), one.get("name").text().to_owned()];
            let namespace = namespace.clone().into_iter();
            rows.push(cells(namespace.chain(line).chain(shown(of(one)))));
        }
    }
    if args.is_on("sum") {
        let blank = || std::iter::repeat_n(String::new(), before + 1);
        rows.push(cells(blank().chain(["________"; 2].map(str::to_owned))));
        rows.push(cells(blank().chain(shown(total))));
    }
    session.output.stdout.push_str(&table::lines(&rows));
    Ok(())
}

/// There are no metrics: because there are no pods, or not yet (`verifyEmptyMetrics`).
fn nothing(session: &mut Session, args: &Args, is_everywhere: bool) -> Result<(), Fault> {
    let pods = found(session, args, "Pod", None)?;
    let now = session.now();
    if let Some(pod) = pods.iter().find(|pod| now - pod.meta.created > LATE) {
        let Key {
            namespace, name, ..
        } = &pod.key;
        let age = go_duration(now - pod.meta.created);
        return Err(Fault::Usage(format!(
            "Metrics not available for pod {namespace}/{name}, age: {age}"
        )));
    }
    if !pods.is_empty() {
        return usage("metrics not available yet");
    }
    session.nothing_found(!is_everywhere);
    Ok(())
}

fn nodes(session: &mut Session, args: &Args, name: Option<&str>) -> Result<(), Fault> {
    let mut all = found(session, args, "NodeMetrics", name)?;
    if all.is_empty() {
        return usage("metrics not available yet");
    }
    let by = |node: &Object| sort_key(args, amounts(node.value.get("usage")));
    all.sort_by_cached_key(|node| (Reverse(by(node)), node.key.name.clone()));
    let list = match args.is_on("show-capacity") {
        true => "capacity",
        false => "allocatable",
    };
    let mut rows = Vec::new();
    if !args.is_on("no-headers") {
        let head = ["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"];
        rows.push(cells(head.map(str::to_owned).into_iter()));
    }
    let mut there = found(session, args, "Node", name)?;
    for node in &all {
        let used = amounts(node.value.get("usage"));
        let at = there.iter().position(|it| it.key.name == node.key.name);
        let object = at.map(|at| there.remove(at));
        let has = object.map_or((0, 0), |it| amounts(it.status().get(list)));
        let [cpu, memory] = shown(used);
        let share = |used: i128, has: i128| format!("{}%", used * 100 / has.max(1));
        let line = [
            node.key.name.to_string(),
            cpu,
            share(used.0, has.0),
            memory,
            share(used.1, has.1),
        ];
        rows.push(cells(line.into_iter()));
    }
    // Nobody could ask these.
    for node in there {
        let unknown = std::iter::repeat_n("<unknown>".to_owned(), 4);
        let line = std::iter::once(node.key.name.to_string());
        rows.push(cells(line.chain(unknown)));
    }
    session.output.stdout.push_str(&table::lines(&rows));
    Ok(())
}

/// A time as Go prints it: `2m5s`.
fn go_duration(time: Millis) -> String {
    let (seconds, part) = (time / 1_000, time % 1_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let part = match part {
        0 => String::new(),
        part => format!(".{part:03}").trim_end_matches('0').to_owned(),
    };
    match hours {
        0 => format!("{minutes}m{seconds}{part}s"),
        _ => format!("{hours}h{minutes}m{seconds}{part}s"),
    }
}

/// By how much something comes before others; nothing if their names decide.
fn sort_key(args: &Args, amounts: Amounts) -> i128 {
    match args.last("sort-by") {
        Some("cpu") => amounts.0,
        Some("memory") => amounts.1,
        _ => 0,
    }
}

fn of_pod(pod: &Object) -> Amounts {
    let containers = pod.value.get("containers").items().iter();
    containers.fold((0, 0), |sum, one| {
        let one = of(one);
        (sum.0 + one.0, sum.1 + one.1)
    })
}

fn of(container: &Value) -> Amounts {
    amounts(container.get("usage"))
}

/// The amounts of a list of resources, rounded up.
fn amounts(list: &Value) -> Amounts {
    let of = |name: &str, unit: i128| {
        let nano = Quantity::of(list.get(name)).map_or(0, |it| it.nano);
        (nano + unit - 1).div_euclid(unit)
    };
    (of("cpu", MILLI), of("memory", 1_000 * MILLI))
}

/// How they are printed.
fn shown((cpu, memory): Amounts) -> [String; 2] {
    [format!("{cpu}m"), format!("{}Mi", memory / MEBI)]
}

/// The cells of a line, of which the last is filled up, too.
fn cells(line: impl Iterator<Item = String>) -> Vec<String> {
    line.chain([String::new()]).collect()
}
