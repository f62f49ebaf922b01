//! `kubectl patch` (`k8s.io/kubectl/pkg/cmd/patch`).

use super::args::{Args, DRY_RUN, Flag, OUTPUT, value};
use super::session::{DryRun, Fault, Session};
use ecow::eco_format;
use kube::Value;
use kube::api::{PatchType, Verb};
use yaml::json;

pub(super) const FLAGS: &[Flag] = &[
    value("patch", Some('p')),
    value("type", None),
    DRY_RUN,
    OUTPUT,
];

/// Changes the objects that are named by a patch, in YAML or JSON.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let Some(text) = args.last("patch").filter(|text| !text.is_empty()) else {
        return Err(Fault::Usage(
            "must specify --patch or --patch-file containing the contents of the patch".to_owned(),
        ));
    };
    let kind = args.last("type").map(str::to_lowercase);
    let how = match kind.as_deref() {
        None | Some("strategic") => PatchType::Strategic,
        Some("merge") => PatchType::Merge,
        Some("json") => PatchType::Json,
        Some(_) => {
            return Err(Fault::Usage(format!(
                "--type must be one of [json merge strategic], not {:?}",
                args.last("type").unwrap_or("")
            )));
        }
    };
    // JSON goes to the server as it is, which finds what is wrong with it.
    if text.trim_start().starts_with(['{', '['])
        && yaml::decode(text).is_err()
        && let Some(why) = json::fault(text)
    {
        return Err(Fault::Said(eco_format!(
            "Error from server (BadRequest): {why}\n"
        )));
    }
    let patch = yaml::decode(text)
        .map_err(|error| Fault::Usage(format!("unable to parse {text:?}: {error}")))?;
    let keys = session.targets(&args.words)?;
    session.each(&keys, &mut |session, key| {
        let before = session.get(key)?;
        let is_same = match session.dry_run {
            // What it would be only the server says.
            DryRun::Client => false,
            _ => {
                let answer = session.ask(key, Verb::Patch(how, patch.clone()))?;
                answer
                    .object()
                    .is_some_and(|after| is_same(&before.value, &after.value))
            }
        };
        session.said(
            key,
            if is_same {
                "patched (no change)"
            } else {
                "patched"
            },
        );
        Ok(())
    })
}

/// Whether nothing became of a patch. A dry run may count a version on.
fn is_same(before: &Value, after: &Value) -> bool {
    let rest = |object: &Value| {
        let mut rest = object.clone();
        rest.entry("metadata").set("resourceVersion", Value::Null);
        rest
    };
    rest(before) == rest(after)
}
