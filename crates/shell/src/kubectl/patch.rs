//! `kubectl patch` (`k8s.io/kubectl/pkg/cmd/patch`).

use super::args::{Args, Flag, value};
use super::session::{Fault, Session};
use kube::api::PatchType;

pub(super) const FLAGS: &[Flag] = &[value("patch", Some('p')), value("type", None)];

/// Changes the objects that are named by a patch, in YAML or JSON.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let Some(text) = args.last("patch").filter(|text| !text.is_empty()) else {
        return Err(Fault::Usage(
            "must specify --patch or --patch-file containing the contents of the patch".to_owned(),
        ));
    };
    let how = match args.last("type") {
        None | Some("strategic") => PatchType::Strategic,
        Some("merge") => PatchType::Merge,
        Some("json") => PatchType::Json,
        Some(other) => {
            return Err(Fault::Usage(format!(
                "--type must be one of [json merge strategic], not {other:?}"
            )));
        }
    };
    let patch = yaml::decode(text)
        .map_err(|error| Fault::Usage(format!("unable to parse {text:?}: {error}")))?;
    for key in session.targets(&args.words)? {
        let before = session.get(&key)?.meta.version;
        session.patch(&key, how, patch.clone())?;
        let after = session.get(&key)?.meta.version;
        session.done(
            &key,
            if before == after {
                "patched (no change)"
            } else {
                "patched"
            },
        );
    }
    Ok(())
}
