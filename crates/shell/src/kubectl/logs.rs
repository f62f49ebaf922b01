//! `kubectl logs` (`k8s.io/kubectl/pkg/cmd/logs`, `pkg/polymorphichelpers/logsforobject.go`).

use super::args::{Args, Flag, SELECTOR, switch, value};
use super::containers::{self, Rank};
use super::session::{Fault, Session};
use crate::Line;
use kube::{Millis, Object, Status, Value, time};
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
    /// Whether a log that cannot be shown keeps no other from being shown.
    ignores_errors: bool,
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
            let namespace = session.namespace.clone();
            let pods = session.select("Pod", namespace, args.selection())?;
            if pods.is_empty() {
                session.nothing_found(true);
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
            Err(status) => refused(session, &options, status)?,
        }
    }
    Ok(())
}

/// There is no log to show: the end, unless errors are ignored.
fn refused(session: &mut Session, options: &Options, status: Status) -> Result<(), Fault> {
    if !options.ignores_errors {
        return Err(status.into());
    }
    let words = format!("error: {}\n", status.message);
    session.output.stdout.push_str(&words);
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
        ignores_errors: args.is_on("ignore-errors"),
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

/// Which pod's log one would rather read (`ByLogging` in `k8s.io/kubectl/pkg/util/podutils`): of equal ones
/// that which was started again more often.
fn by_logging(pod: &Object) -> Rank {
    let phase = match pod.meta.phase.as_str() {
        "Unknown" => 1,
        "Pending" => 2,
        _ => 0,
    };
    containers::rank(pod, phase, None, -containers::restarts(pod))
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

/// How far a log was followed.
struct Followed {
    /// How often the container had been started again when its log was first asked for: a log is that of one
    /// life.
    restarts: i64,
    /// Up to when what it printed was seen.
    seen: Option<Millis>,
    /// Whether more may come.
    is_open: bool,
}

/// Prints what is there and what comes, until every container has ended or the command is interrupted.
fn follow(session: &mut Session, streams: &[Stream], options: &Options) -> Result<(), Fault> {
    let begin = |stream: &Stream| Followed {
        restarts: number_of_restarts(&status(&stream.pod, &stream.container)),
        seen: None,
        is_open: true,
    };
    let mut all: Vec<Followed> = streams.iter().map(begin).collect();
    loop {
        for (stream, followed) in streams.iter().zip(&mut all).filter(|(_, it)| it.is_open) {
            followed.is_open = go_on(session, stream, options, followed)?;
        }
        let is_over = all.iter().all(|it| !it.is_open);
        if is_over || !session.wait(POLL) {
            return Ok(());
        }
    }
}

/// Prints what a log has that was not seen yet. Gives whether more may come.
fn go_on(
    session: &mut Session,
    stream: &Stream,
    options: &Options,
    followed: &mut Followed,
) -> Result<bool, Fault> {
    let pod = match session.get(&stream.pod.key) {
        Ok(pod) if pod.meta.uid == stream.pod.meta.uid => pod,
        _ => return Ok(false),
    };
    let status = status(&pod, &stream.container);
    let is_past = options.is_previous || followed.restarts < number_of_restarts(&status);
    match session.logs(&pod, &stream.container, is_past) {
        Ok(lines) => {
            let new = match followed.seen {
                None => cut(options, lines),
                Some(seen) => lines.into_iter().filter(|(at, _)| seen < *at).collect(),
            };
            print(session, stream, options, &new);
        }
        Err(status) if followed.seen.is_none() => {
            refused(session, options, status)?;
            return Ok(false);
        }
        Err(_) => return Ok(false),
    }
    followed.seen = Some(session.now());
    Ok(!is_past && !status.at(&["state", "running"]).is_null())
}

/// What a pod says of a container.
fn status(pod: &Object, container: &str) -> Value {
    let lists = ["containerStatuses", "initContainerStatuses"];
    let mut all = lists.iter().flat_map(|list| pod.status().get(list).items());
    let found = all.find(|it| it.get("name").text() == container);
    found.cloned().unwrap_or_default()
}

fn number_of_restarts(status: &Value) -> i64 {
    status.get("restartCount").as_int().unwrap_or(0)
}
