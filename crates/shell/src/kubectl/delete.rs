//! `kubectl delete` (`k8s.io/kubectl/pkg/cmd/delete`).

use super::args::{ALL, Args, DRY_RUN, Flag, OUTPUT, SELECTOR, switch, value};
use super::session::{Fault, Session, group};
use ecow::eco_format;
use kube::Key;
use kube::api::{DeleteOptions, Propagation, Verb};

pub(super) const FLAGS: &[Flag] = &[
    ALL,
    value("cascade", None),
    DRY_RUN,
    OUTPUT,
    switch("force", None),
    value("grace-period", None),
    switch("ignore-not-found", None),
    switch("now", None),
    SELECTOR,
    switch("wait", None),
];

/// Deletes the objects that are named, selected, or all of a kind.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let mut options = DeleteOptions {
        grace_seconds: args.number("grace-period")?.filter(|seconds| *seconds >= 0),
        propagation: match args.last("cascade") {
            None | Some("background") => Propagation::Background,
            Some("foreground") => Propagation::Foreground,
            Some("orphan") => Propagation::Orphan,
            Some(other) => {
                return Err(Fault::Usage(format!(
                    "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
                )));
            }
        },
        ..DeleteOptions::default()
    };
    let is_forced = args.last("force").is_some();
    if args.last("now").is_some() {
        options.grace_seconds = Some(1);
    }
    if is_forced {
        session.warn(
            "Warning: Immediate deletion does not wait for confirmation that the running resource has been \
             terminated. The resource may continue to run on the cluster indefinitely.\n",
        );
        options.grace_seconds = options.grace_seconds.or(Some(0));
    }
    let keys = session.chosen(args, &args.words, args.is_on("all"))?;
    if keys.is_empty() {
        session.output.stdout.push_str("No resources found\n");
    }
    session.each(&keys, &mut |session, key| {
        match session.change(key, "", Verb::Delete(options.clone())) {
            Err(status) if status.code == 404 && args.is_on("ignore-not-found") => {}
            done => {
                done?;
                say(session, key, is_forced);
            }
        }
        Ok(())
    })
}

/// `pod "web-1" deleted from shop namespace`
fn say(session: &mut Session, key: &Key, is_forced: bool) {
    if session.names_only() {
        return session.done(key, "");
    }
    let kind = key.kind.to_lowercase();
    let kind = match group(&key.kind) {
        Some(group) => eco_format!("{kind}.{group}"),
        None => kind,
    };
    let how = if is_forced {
        "force deleted"
    } else {
        "deleted"
    };
    let from = match key.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" from {namespace} namespace"),
    };
    let tried = session.dry_words();
    let line = format!("{kind} {:?} {how}{from}{tried}\n", key.name);
    session.output.stdout.push_str(&line);
}
