//! `kubectl rollout status`: how far a Deployment's rollout is.

use super::args::{Args, Flag, SELECTOR, switch, value};
use super::rollout::{REVISION, chosen};
use super::session::{Fault, Session};
use ecow::{EcoString, eco_format};
use kube::{Millis, Value};

pub(super) const FLAGS: &[Flag] = &[
    value("revision", None),
    SELECTOR,
    value("timeout", None),
    switch("watch", Some('w')),
];
/// How often it looks. (It watches; a second is how closely.)
const POLL: Millis = 1_000;

/// Prints how far each rollout is until it is complete.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let end = args.duration("timeout")?.filter(|time| *time > 0);
    let end = end.map(|time| session.now() + time);
    let watches = args.last("watch") != Some("false");
    let revision = args.number("revision")?.filter(|revision| *revision > 0);
    for key in chosen(session, args)? {
        session.get(&key)?;
        if key.kind != "Deployment" {
            return Err(Fault::Usage(format!(
                "no status viewer has been implemented for {}",
                key.kind
            )));
        }
        let mut said = EcoString::new();
        loop {
            let live = session.get(&key)?;
            let runs = live.annotation(REVISION).and_then(|text| text.parse().ok());
            let runs = runs.unwrap_or(0);
            if let Some(wanted) = revision.filter(|wanted| *wanted != runs) {
                return Err(Fault::Usage(format!(
                    "desired revision ({wanted}) is different from the running revision ({runs})"
                )));
            }
            let (words, is_done) = rollout_status(&key.name, &live.value)
                .map_err(|why| Fault::Usage(why.to_string()))?;
            if words != said {
                session.output.stdout.push_str(&words);
                said = words;
            }
            if is_done || !watches {
                break;
            }
            if end.is_some_and(|end| end <= session.now()) {
                return Err(Fault::Usage(
                    "timed out waiting for the condition".to_owned(),
                ));
            }
            if !session.wait(POLL) {
                return Err(Fault::Said(EcoString::new()));
            }
        }
    }
    Ok(())
}

/// How far a Deployment's rollout is, and whether it is complete
/// (`k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go`).
///
/// # Errors
/// Why it will not be.
pub fn rollout_status(name: &str, deployment: &Value) -> Result<(EcoString, bool), EcoString> {
    let number = |path: &[&str]| deployment.at(path).as_int().unwrap_or(0);
    if number(&["metadata", "generation"]) > number(&["status", "observedGeneration"]) {
        return Ok((
            "Waiting for deployment spec update to be observed...\n".into(),
            false,
        ));
    }
    let conditions = deployment.at(&["status", "conditions"]).items();
    let is_late = conditions.iter().any(|it| {
        it.get("type").text() == "Progressing"
            && it.get("reason").text() == "ProgressDeadlineExceeded"
    });
    if is_late {
        return Err(eco_format!(
            "deployment {name:?} exceeded its progress deadline"
        ));
    }
    let wanted = deployment.at(&["spec", "replicas"]).as_int().unwrap_or(1);
    let (all, updated) = (
        number(&["status", "replicas"]),
        number(&["status", "updatedReplicas"]),
    );
    let available = number(&["status", "availableReplicas"]);
    let waiting = |what: EcoString| {
        eco_format!("Waiting for deployment {name:?} rollout to finish: {what}...\n")
    };
    Ok(if updated < wanted {
        (
            waiting(eco_format!(
                "{updated} out of {wanted} new replicas have been updated"
            )),
            false,
        )
    } else if all > updated {
        (
            waiting(eco_format!(
                "{} old replicas are pending termination",
                all - updated
            )),
            false,
        )
    } else if available < updated {
        (
            waiting(eco_format!(
                "{available} of {updated} updated replicas are available"
            )),
            false,
        )
    } else {
        (
            eco_format!("deployment {name:?} successfully rolled out\n"),
            true,
        )
    })
}
