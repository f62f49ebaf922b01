//! `kubectl logs` (`k8s.io/kubectl/pkg/cmd/logs`, `pkg/polymorphichelpers/logsforobject.go`).

use super::args::{Args, Flag, SELECTOR, switch, value};
use super::containers;
use super::pod_state::pod_state;
use super::session::{Fault, Session};
use crate::Line;
use kube::{Millis, Object, Selection, Status, Value, kubectl, time};
use std::cmp::{Ordering, Reverse};
use std::rc::Rc;

pub(super) const FLAGS: &[Flag] = &[
    switch("all-containers", None),
    switch("all-pods", None),
    value("container", Some('c')),
    switch("follow", Some('f')),
    switch("ignore-errors", None),
    value("limit-bytes", None),
    value("max-log-requests", None),
    value("pod-running-timeout", None),
    switch("prefix", None),
    switch("previous", Some('p')),
    SELECTOR,
    value("since", None),
    value("since-time", None),
    value("tail", None),
    switch("timestamps", None),
];

const USAGE: &str = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\n\
                     POD or TYPE/NAME is a required argument for the logs command";
/// `--tail` where pods are selected.
const SELECTED_TAIL: i64 = 10;
/// `--max-log-requests`
const STREAMS_MAX: i64 = 5;
/// How often somebody who follows looks. (The real one is sent each line.)
const POLL: Millis = 1_000;

/// What of a log is shown, and how.
struct Options {
    is_previous: bool,
    has_times: bool,
    has_prefix: bool,
    /// Only what was printed from this moment on.
    since: Millis,
    /// How many lines at most, from the end.
    tail: Option<usize>,
    /// How many bytes at most, from the beginning.
    bytes: Option<usize>,
}

/// A container whose log is shown.
struct Stream {
    pod: Rc<Object>,
    container: String,
}

/// Prints what containers have printed.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let selector = args.last("selector").unwrap_or("");
    let (named, inline) = match (args.words.as_slice(), selector) {
        ([], "") => return Err(usage(USAGE)),
        ([], _) => (None, None),
        ([_], text) if !text.is_empty() => {
            return Err(usage("only a selector (-l) or a POD name is allowed"));
        }
        ([name], _) => (Some(name.as_str()), None),
        ([name, container], _) => (Some(name.as_str()), Some(container.as_str())),
        _ => return Err(usage(USAGE)),
    };
    let pods = match named {
        Some(name) => of_object(session, name, args.is_on("all-pods"))?,
        None => {
            let select = Selection {
                labels: selector.into(),
                ..Selection::default()
            };
            let pods = session.select("Pod", session.namespace.clone(), select)?;
            if pods.is_empty() {
                let words = format!("No resources found in {} namespace.\n", session.namespace);
                session.warn(&words);
            }
            pods
        }
    };
    let options = options(session, args, selector)?;
    let container = args.last("container").or(inline);
    if args.is_on("all-containers")
        && let Some(container) = container
    {
        return Err(Fault::Usage(format!(
            "--all-containers=true should not be specified with container name {container}"
        )));
    }
    if args.last("container").and(inline).is_some() {
        return Err(Fault::Usage(
            "only one of -c or an inline [CONTAINER] arg is allowed".to_owned(),
        ));
    }
    let mut streams = Vec::new();
    for pod in pods {
        let names = match args.is_on("all-containers") {
            true => containers::all(&pod).map(str::to_owned).collect(),
            false => {
                let is_quiet = args.is_on("all-pods");
                vec![containers::chosen(session, &pod, container, is_quiet)?]
            }
        };
        streams.extend(names.into_iter().map(|container| Stream {
            pod: pod.clone(),
            container,
        }));
    }
    if args.is_on("follow") {
        let most = args.number("max-log-requests")?.unwrap_or(STREAMS_MAX);
        let count = streams.len();
        if 1 < count && usize::try_from(most).is_ok_and(|most| most < count) {
            return Err(Fault::Usage(format!(
                "you are attempting to follow {count} log streams, but maximum allowed concurrency is \
                 {most}, use --max-log-requests to increase the limit"
            )));
        }
        return follow(session, &streams, &options);
    }
    for stream in &streams {
        match session.logs(&stream.pod, &stream.container, options.is_previous) {
            Ok(lines) => print(session, stream, &options, &cut(&options, lines)),
            Err(status) if args.is_on("ignore-errors") => {
                let words = format!("error: {}\n", status.message);
                session.output.stdout.push_str(&words);
            }
            Err(status) => return Err(status.into()),
        }
    }
    Ok(())
}

fn usage(why: &str) -> Fault {
    Fault::Usage(format!(
        "{why}\nSee 'kubectl logs -h' for help and examples"
    ))
}

fn options(session: &Session, args: &Args, selector: &str) -> Result<Options, Fault> {
    let wrong = |why: &str| Err(Fault::Usage(why.to_owned()));
    if args.last("since").is_some_and(|text| text.starts_with('-')) {
        return wrong("--since must be greater than 0");
    }
    let since = args.duration("since")?;
    let from = match args.last("since-time") {
        None => None,
        Some(_) if since.is_some() => {
            return wrong("at most one of `sinceTime` or `sinceSeconds` may be specified");
        }
        Some(text) => match time::parse_rfc3339(text) {
            None => {
                let why = time::fault(text, false).unwrap_or_default();
                return Err(Fault::Usage(why.into()));
            }
            from => from,
        },
    };
    let bytes = match args.number("limit-bytes")? {
        Some(bytes) if bytes < 0 => return wrong("--limit-bytes must be greater than 0"),
        bytes => bytes.filter(|bytes| *bytes != 0),
    };
    let tail = match args.number("tail")? {
        Some(tail) if tail < -1 => return wrong("--tail must be greater than or equal to -1"),
        None if !selector.is_empty() => Some(SELECTED_TAIL),
        tail => tail,
    };
    let size = |number: i64| usize::try_from(number).ok();
    Ok(Options {
        is_previous: args.is_on("previous"),
        has_times: args.is_on("timestamps"),
        has_prefix: args.is_on("prefix") || args.is_on("all-pods"),
        since: match since {
            Some(since) => session.now().saturating_sub(since),
            None => from.unwrap_or(0),
        },
        tail: tail.and_then(size),
        bytes: bytes.and_then(size),
    })
}

/// The pod of a name; of an object that has pods, the best of them or all.
fn of_object(session: &mut Session, name: &str, is_all: bool) -> Result<Vec<Rc<Object>>, Fault> {
    let object = match containers::named(session, name) {
        Err(Fault::Server(status)) if status.reason == "NotFound" => {
            return Err(Fault::Usage(format!(
                "error from server (NotFound): {} in namespace {:?}",
                status.message, session.namespace
            )));
        }
        object => object?,
    };
    if object.key.kind == "Pod" {
        return Ok(vec![object]);
    }
    let doing = "get the logs from";
    let mut pods = containers::pods_of(session, &object, doing, by_logging)?;
    if !is_all && 1 < pods.len() {
        let words = format!(
            "Found {} pods, using pod/{}\n",
            pods.len(),
            pods[0].key.name
        );
        session.warn(&words);
        pods.truncate(1);
    }
    Ok(pods)
}

/// Which pod's log one would rather read (`ByLogging` in `k8s.io/kubectl/pkg/util/podutils`).
fn by_logging(a: &Object, b: &Object) -> Ordering {
    let key = |pod: &Object| {
        let phase = match pod.status().get("phase").text() {
            "Unknown" => 1,
            "Pending" => 2,
            _ => 0,
        };
        let ready = pod.condition("Ready");
        let is_ready = ready.get("status").text() == "True";
        let since = ready.get("lastTransitionTime").to_text();
        let restarts = Reverse(pod_state(pod).restarts);
        let is_bound = !pod.spec().get("nodeName").text().is_empty();
        let since = is_ready.then_some(since);
        (
            !is_bound,
            phase,
            !is_ready,
            since,
            restarts,
            pod.meta.created,
        )
    };
    key(a).cmp(&key(b))
}

/// Those lines that are asked for.
fn cut(options: &Options, mut lines: Vec<Line>) -> Vec<Line> {
    lines.retain(|(at, _)| options.since <= *at);
    let from = options
        .tail
        .map_or(0, |tail| lines.len().saturating_sub(tail));
    lines.split_off(from)
}

fn print(session: &mut Session, stream: &Stream, options: &Options, lines: &[Line]) {
    let mut text = String::new();
    for (at, line) in lines {
        if options.has_times {
            // With nanoseconds.
            text.push_str(time::rfc3339_micro(*at).trim_end_matches('Z'));
            text.push_str("000Z ");
        }
        text.push_str(line);
        text.push('\n');
    }
    if let Some(bytes) = options.bytes {
        text.truncate(text.floor_char_boundary(bytes));
    }
    let out = &mut session.output.stdout;
    if !options.has_prefix {
        out.push_str(&text);
        return;
    }
    let (pod, container) = (&stream.pod.key.name, &stream.container);
    for line in text.split_inclusive('\n') {
        out.push_str(&format!("[pod/{pod}/{container}] {line}"));
    }
}

/// Prints what is there and what comes, until every container has ended or the command is interrupted.
fn follow(session: &mut Session, streams: &[Stream], options: &Options) -> Result<(), Fault> {
    // How many lines of each were seen, and whether there may be more.
    let mut states: Vec<(usize, bool)> = streams.iter().map(|_| (0, true)).collect();
    let mut is_first = true;
    loop {
        for (stream, (seen, is_open)) in streams.iter().zip(&mut states) {
            if !*is_open {
                continue;
            }
            let lines = match session.logs(&stream.pod, &stream.container, options.is_previous) {
                Ok(lines) => lines,
                Err(status) if is_first => return Err(refused(&status)),
                Err(_) => {
                    *is_open = false;
                    continue;
                }
            };
            // A log that is shorter than it was is that of another life.
            *is_open = *seen <= lines.len() && is_running(session, stream);
            let new = lines.get(*seen..).unwrap_or_default().to_vec();
            *seen = lines.len();
            let new = if is_first { cut(options, new) } else { new };
            print(session, stream, options, &new);
        }
        is_first = false;
        let is_over = states.iter().all(|(_, is_open)| !is_open);
        if is_over || !session.wait(POLL) {
            return Ok(());
        }
    }
}

fn refused(status: &Status) -> Fault {
    Fault::Said(kubectl::answer(status))
}

fn is_running(session: &mut Session, stream: &Stream) -> bool {
    let Ok(pod) = session.get(&stream.pod.key) else {
        return false;
    };
    let lists = ["containerStatuses", "initContainerStatuses"];
    let mut all = lists.iter().flat_map(|list| pod.status().get(list).items());
    let runs = |it: &Value| !it.at(&["state", "running"]).is_null();
    pod.meta.uid == stream.pod.meta.uid
        && all.any(|it| it.get("name").text() == stream.container && runs(it))
}
