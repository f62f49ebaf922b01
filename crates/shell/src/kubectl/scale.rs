//! `kubectl scale` (`k8s.io/kubectl/pkg/cmd/scale`, `pkg/scale`).

use super::args::{Args, Flag, value};
use super::session::{Fault, Session};
use kube::api::PatchType;
use kube::map;

pub(super) const FLAGS: &[Flag] = &[value("replicas", None), value("current-replicas", None)];

/// Sets the number of replicas of each object named.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let replicas = args.number("replicas")?.filter(|count| *count >= 0);
    let Some(replicas) = replicas else {
        return Err(Fault::Usage(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0"
                .to_owned(),
        ));
    };
    let expected = args.number("current-replicas")?.filter(|count| *count >= 0);
    for key in session.targets(&args.words)? {
        let live = session.get(&key)?;
        let have = live.spec().get("replicas").as_int().unwrap_or(0);
        if let Some(expected) = expected.filter(|expected| *expected != have) {
            return Err(Fault::Usage(format!(
                "Expected replicas to be {expected}, was {have}"
            )));
        }
        let patch = map! { "spec" => map! { "replicas" => replicas } };
        session.patch(&key, PatchType::Merge, patch)?;
        session.done(&key, "scaled");
    }
    Ok(())
}
