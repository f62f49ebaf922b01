//! `kubectl scale` (`k8s.io/kubectl/pkg/cmd/scale`, `pkg/scale`).

use super::args::{ALL, Args, DRY_RUN, Flag, OUTPUT, SELECTOR, value};
use super::session::{Fault, Session};
use kube::api::{PatchType, Verb};
use kube::map;

pub(super) const FLAGS: &[Flag] = &[
    value("replicas", None),
    value("current-replicas", None),
    ALL,
    DRY_RUN,
    OUTPUT,
    SELECTOR,
];

/// Sets the number of replicas of each object.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let refuse = |why: &str| Err(Fault::Usage(why.to_owned()));
    let Some(replicas) = args.number("replicas")? else {
        return refuse("required flag(s) \"replicas\" not set");
    };
    if replicas < 0 {
        return refuse(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        );
    }
    let expected = args.number("current-replicas")?;
    if expected.is_some_and(|count| count < -1) {
        return refuse("The --current-replicas must specify an integer of -1 or greater");
    }
    let expected = expected.filter(|count| *count >= 0);
    let keys = session.chosen(args, &args.words, args.is_on("all"))?;
    if keys.is_empty() {
        return refuse("no objects passed to scale");
    }
    session.each(&keys, &mut |session, key| {
        let live = session.get(key)?;
        let have = live.spec().get("replicas").as_int().unwrap_or(0);
        if let Some(expected) = expected.filter(|expected| *expected != have) {
            return Err(Fault::Usage(format!(
                "Expected replicas to be {expected}, was {have}"
            )));
        }
        let patch = map! { "spec" => map! { "replicas" => replicas } };
        session.change(key, "scale", Verb::Patch(PatchType::Merge, patch))?;
        session.done(key, "scaled");
        Ok(())
    })
}
