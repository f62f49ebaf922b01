//! `kubectl exec` (`k8s.io/kubectl/pkg/cmd/exec`).

use super::args::{Args, Flag, switch, value};
use super::containers::{self, Rank};
use super::session::{Fault, Session};
use kube::{Object, Value, map};

pub(super) const FLAGS: &[Flag] = &[
    value("container", Some('c')),
    value("pod-running-timeout", None),
    switch("quiet", Some('q')),
    switch("stdin", Some('i')),
    switch("tty", Some('t')),
];

/// Runs a command in a container.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let wrong = |why: &str| Err(Fault::Usage(why.to_owned()));
    let (named, words) = (args.before_dash(), args.after_dash());
    if !args.has_dash() && 1 < named.len() {
        return wrong(
            "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\n\
             See 'kubectl exec -h' for help and examples",
        );
    }
    let Some(name) = named.first() else {
        return wrong("pod, type/name or --filename must be specified");
    };
    if words.is_empty() {
        return wrong("you must specify at least one command for the container");
    }
    let object = containers::named(session, name)?;
    let pod = match object.key.kind.as_str() {
        "Pod" => object,
        _ => {
            let pods = containers::pods_of(session, &object, "attach to", by_activity)?;
            pods[0].clone()
        }
    };
    let phase = pod.status().get("phase").text();
    if matches!(phase, "Succeeded" | "Failed") {
        return Err(Fault::Usage(format!(
            "cannot exec into a container in a completed pod; current phase is {phase}"
        )));
    }
    let container = containers::chosen(session, &pod, args.last("container"), args.is_on("quiet"))?;
    if args.is_on("tty") && args.is_on("stdin") && !args.is_on("quiet") {
        session.warn("Unable to use a TTY - input is not a terminal or the right kind of file\n");
    }
    let command: Vec<Value> = words.iter().map(|word| word.as_str().into()).collect();
    let options = map! { "container" => container.as_str(), "command" => command };
    let done = session.exec(&pod.key, options).map_err(|status| {
        // What the kubelet says comes over the connection, and has no reason.
        match (status.reason, status.message.starts_with("error dialing")) {
            ("", false) => Fault::Usage(status.message.to_string()),
            _ => Fault::Server(status),
        }
    })?;
    session.output.stdout.push_str(&done.stdout);
    session.warn(&done.stderr);
    match done.exit {
        0 => Ok(()),
        code => {
            session.warn(&format!("command terminated with exit code {code}\n"));
            session.output.exit = code;
            Err(Fault::Said("".into()))
        }
    }
}

/// Which pod one would rather be in: that which a controller would delete last (`ActivePods` in
/// `k8s.io/kubectl/pkg/util/podutils`, reversed), of equal ones that which was started again less often.
fn by_activity(pod: &Object) -> Rank {
    let phase = match pod.meta.phase.as_str() {
        "Running" => 0,
        "Unknown" => 1,
        _ => 2,
    };
    containers::rank(pod, phase, pod.meta.deleted, containers::restarts(pod))
}
