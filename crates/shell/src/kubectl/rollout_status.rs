//! `kubectl rollout status`: how far a rollout is
//! (`k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go`).

use super::args::{Args, Flag, SELECTOR, switch, value};
use super::rollout::{REVISION, chosen, group_kind};
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

/// How far a rollout is, in words, and whether it is complete; or why it will not be.
type Progress = Result<(EcoString, bool), EcoString>;
/// Tells it of an object with a name.
type Viewer = fn(&str, &Value) -> Progress;

/// Who knows of each kind how far it is.
const VIEWERS: [(&str, Viewer); 3] = [
    ("DaemonSet", daemon_set),
    ("Deployment", rollout_status),
    ("StatefulSet", stateful_set),
];

/// Prints how far each rollout is until it is complete.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let end = args.duration("timeout")?.filter(|time| *time > 0);
    let end = end.map(|time| session.now() + time);
    let watches = args.last("watch") != Some("false");
    let revision = args.number("revision")?.filter(|revision| *revision > 0);
    for key in chosen(session, args)? {
        session.get(&key)?;
        let viewer = VIEWERS.iter().find(|(kind, _)| *kind == key.kind);
        let Some((_, view)) = viewer else {
            return Err(Fault::Usage(format!(
                "no status viewer has been implemented for {}",
                group_kind(&key)
            )));
        };
        let revision = revision.filter(|_| key.kind == "Deployment");
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
            let (words, is_done) =
                view(&key.name, &live.value).map_err(|why| Fault::Usage(why.to_string()))?;
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

/// How far a Deployment's rollout is, and whether it is complete.
///
/// # Errors
/// Why it will not be.
pub fn rollout_status(name: &str, deployment: &Value) -> Progress {
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

/// What only a rolling update tells.
fn is_rolling(object: &Value) -> Result<(), EcoString> {
    match object.at(&["spec", "updateStrategy", "type"]).text() {
        "RollingUpdate" => Ok(()),
        _ => Err("rollout status is only available for RollingUpdate strategy type".into()),
    }
}

fn daemon_set(name: &str, set: &Value) -> Progress {
    is_rolling(set)?;
    let status = |field: &str| set.at(&["status", field]).as_int().unwrap_or(0);
    let generation = set.at(&["metadata", "generation"]).as_int().unwrap_or(0);
    if status("observedGeneration") < generation {
        return Ok((
            "Waiting for daemon set spec update to be observed...\n".into(),
            false,
        ));
    }
    let wanted = status("desiredNumberScheduled");
    let (updated, available) = (status("updatedNumberScheduled"), status("numberAvailable"));
    let what = match (updated < wanted, available < wanted) {
        (true, _) => eco_format!("{updated} out of {wanted} new pods have been updated"),
        (_, true) => eco_format!("{available} of {wanted} updated pods are available"),
        _ => {
            return Ok((
                eco_format!("daemon set {name:?} successfully rolled out\n"),
                true,
            ));
        }
    };
    Ok((
        eco_format!("Waiting for daemon set {name:?} rollout to finish: {what}...\n"),
        false,
    ))
}

fn stateful_set(_: &str, set: &Value) -> Progress {
    is_rolling(set)?;
    let status = |field: &str| set.at(&["status", field]);
    let count = |field: &str| status(field).as_int().unwrap_or(0);
    let generation = set.at(&["metadata", "generation"]).as_int().unwrap_or(0);
    let observed = count("observedGeneration");
    let wanted = set.at(&["spec", "replicas"]).as_int().unwrap_or(1);
    let (ready, updated) = (count("readyReplicas"), count("updatedReplicas"));
    let rolling = set.at(&["spec", "updateStrategy", "rollingUpdate"]);
    let all_new = wanted - rolling.get("partition").as_int().unwrap_or(wanted);
    let [runs, comes] = ["currentRevision", "updateRevision"].map(|field| status(field).text());
    Ok(if observed == 0 || observed < generation {
        (
            "Waiting for statefulset spec update to be observed...\n".into(),
            false,
        )
    } else if ready < wanted {
        (
            eco_format!("Waiting for {} pods to be ready...\n", wanted - ready),
            false,
        )
    } else if !rolling.is_null() && updated < all_new {
        (
            eco_format!(
                "Waiting for partitioned roll out to finish: {updated} out of {all_new} new pods have \
                 been updated...\n"
            ),
            false,
        )
    } else if !rolling.is_null() {
        (
            eco_format!("partitioned roll out complete: {updated} new pods have been updated...\n"),
            true,
        )
    } else if comes != runs {
        (
            eco_format!(
                "waiting for statefulset rolling update to complete {updated} pods at revision {comes}...\n"
            ),
            false,
        )
    } else {
        (
            eco_format!(
                "statefulset rolling update complete {} pods at revision {runs}...\n",
                count("currentReplicas")
            ),
            true,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of the real one of a set `x` of generation 2 with this strategy and status, `+` where the
    /// rollout is complete and `!` where there is no telling.
    fn check(view: Viewer, strategy: &str, status: &str, expected: &str) {
        let text = format!(
            "metadata: {{generation: 2}}\nspec: {{replicas: 3, updateStrategy: {{{strategy}}}}}\n\
             status: {{{status}}}"
        );
        let object = yaml::decode(&text).expect("it is YAML");
        let said = match view("x", &object) {
            Ok((words, is_done)) => format!("{}{words}", if is_done { "+" } else { "" }),
            Err(why) => format!("!{why}"),
        };
        assert_eq!(said.trim_end(), expected, "{status}");
    }

    #[test]
    fn other_kinds_tell_how_far_they_are() {
        let rolling = "type: RollingUpdate";
        let part = "type: RollingUpdate, rollingUpdate: {partition: 1}";
        let never = "!rollout status is only available for RollingUpdate strategy type";
        let unseen = "Waiting for statefulset spec update to be observed...";
        for (strategy, status, expected) in [
            ("type: OnDelete", "observedGeneration: 2", never),
            (rolling, "observedGeneration: 0", unseen),
            (rolling, "observedGeneration: 1", unseen),
            (
                rolling,
                "observedGeneration: 2, readyReplicas: 1",
                "Waiting for 2 pods to be ready...",
            ),
            (
                rolling,
                "observedGeneration: 2, readyReplicas: 3, updatedReplicas: 1, currentRevision: a, \
                 updateRevision: b",
                "waiting for statefulset rolling update to complete 1 pods at revision b...",
            ),
            (
                rolling,
                "observedGeneration: 2, readyReplicas: 3, updatedReplicas: 3, currentReplicas: 3, \
                 currentRevision: b, updateRevision: b",
                "+statefulset rolling update complete 3 pods at revision b...",
            ),
            (
                part,
                "observedGeneration: 2, readyReplicas: 3, updatedReplicas: 1",
                "Waiting for partitioned roll out to finish: 1 out of 2 new pods have been updated...",
            ),
            (
                part,
                "observedGeneration: 2, readyReplicas: 3, updatedReplicas: 2",
                "+partitioned roll out complete: 2 new pods have been updated...",
            ),
        ] {
            check(stateful_set, strategy, status, expected);
        }
        for (strategy, status, expected) in [
            ("type: OnDelete", "observedGeneration: 2", never),
            (
                rolling,
                "observedGeneration: 1",
                "Waiting for daemon set spec update to be observed...",
            ),
            (
                rolling,
                "observedGeneration: 2, updatedNumberScheduled: 1, desiredNumberScheduled: 3",
                "Waiting for daemon set \"x\" rollout to finish: 1 out of 3 new pods have been updated...",
            ),
            (
                rolling,
                "observedGeneration: 2, updatedNumberScheduled: 3, desiredNumberScheduled: 3, \
                 numberAvailable: 2",
                "Waiting for daemon set \"x\" rollout to finish: 2 of 3 updated pods are available...",
            ),
            (
                rolling,
                "observedGeneration: 2, updatedNumberScheduled: 3, desiredNumberScheduled: 3, \
                 numberAvailable: 3",
                "+daemon set \"x\" successfully rolled out",
            ),
        ] {
            check(daemon_set, strategy, status, expected);
        }
    }
}
