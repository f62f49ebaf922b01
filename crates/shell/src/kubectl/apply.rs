//! `kubectl apply -f -` (`k8s.io/kubectl/pkg/cmd/apply`): client-side apply, with the last manifest
//! kept in an annotation; and `create` and `replace`, which read manifests as well.

use super::args::{Args, DRY_RUN, FILENAME, Flag, OUTPUT, VALIDATE};
use super::session::{DryRun, Fault, Session};
use kube::api::Verb;
use kube::patch::three_way;
use kube::{Key, Object, Value, kind_info, kubectl};
use yaml::json;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// What kubectl calls standard input in its messages.
const STDIN: &str = "STDIN";

pub(super) const FLAGS: &[Flag] = &[DRY_RUN, FILENAME, OUTPUT, VALIDATE];

/// Makes each manifest what the server has: creates, patches, or leaves it.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    each(
        session,
        args,
        "must specify one of -f and -k",
        "apply",
        apply,
    )
}

/// Makes each object anew.
pub(super) fn create(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let missing = "must specify one of -f and -k";
    each(
        session,
        args,
        missing,
        "create",
        |session, key, manifest| {
            session
                .change(key, "", Verb::Create(manifest.clone()))
                .map_err(|status| refused(&status, "creating", key))?;
            Ok("created")
        },
    )
}

/// Puts each object in the place of the one there is.
pub(super) fn replace(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let missing = "must specify --filename to replace";
    each(
        session,
        args,
        missing,
        "replace",
        |session, key, manifest| {
            let refused = |status: kube::Status| refused(&status, "replacing", key);
            let live = session.get(key).map_err(refused)?;
            let mut next = manifest.clone();
            let version = live.value.at(&["metadata", "resourceVersion"]).clone();
            let own = next.entry_at(&["metadata", "resourceVersion"]);
            if own.is_null() {
                *own = version;
            }
            session
                .change(key, "", Verb::Update(next))
                .map_err(refused)?;
            Ok("replaced")
        },
    )
}

/// What a command does with one manifest, and what it says of it then.
type Act = fn(&mut Session, &Key, &Value) -> Result<&'static str, Fault>;

/// Does something with each manifest on standard input.
fn each(
    session: &mut Session,
    args: &Args,
    missing: &str,
    doing: &str,
    act: Act,
) -> Result<(), Fault> {
    for (key, manifest) in manifests(session, args, missing, doing)? {
        let what = act(session, &key, &manifest)?;
        session.done(&key, what);
    }
    Ok(())
}

/// The manifests on standard input, and what they are about.
pub(super) fn manifests(
    session: &Session,
    args: &Args,
    missing: &str,
    doing: &str,
) -> Result<Vec<(Key, Value)>, Fault> {
    match args.last("filename") {
        Some("-") => {}
        Some(path) => {
            return Err(Fault::Usage(format!("the path {path:?} does not exist")));
        }
        None => return Err(Fault::Usage(missing.to_owned())),
    }
    let mut manifests = yaml::decode_all(session.stdin).map_err(|error| {
        Fault::Usage(format!(
            "error parsing {STDIN}: error converting YAML to JSON: {error}"
        ))
    })?;
    manifests.retain(|manifest| !manifest.is_null());
    if manifests.is_empty() {
        return Err(Fault::Usage(format!("no objects passed to {doing}")));
    }
    let asked = args.last("namespace");
    let keyed = manifests.into_iter().map(|manifest| {
        let key = key_of(session, &manifest);
        // What is asked for by name must be what is meant (`RequireNamespace`).
        match asked.filter(|asked| !key.namespace.is_empty() && key.namespace != *asked) {
            Some(asked) => Err(Fault::Usage(format!(
                "the namespace from the provided object {:?} does not match the namespace {asked:?}. You \
                 must pass '--namespace={}' to perform this operation.",
                key.namespace, key.namespace
            ))),
            None => Ok((key, manifest)),
        }
    });
    keyed.collect()
}

/// How the server's refusal is told.
fn refused(status: &kube::Status, doing: &str, key: &Key) -> Fault {
    Fault::Said(kubectl::refusal(status, doing, STDIN, &key.kind, &key.name))
}

/// The key of a manifest, in the session's namespace where it names none.
fn key_of(session: &Session, manifest: &Value) -> Key {
    let mut key = Key::of(manifest);
    if !key.namespace.is_empty() && manifest.at(&["metadata", "namespace"]).is_null() {
        key.namespace = session.namespace.clone();
    }
    key
}

fn apply(session: &mut Session, key: &Key, manifest: &Value) -> Result<&'static str, Fault> {
    let next = noted(manifest);
    let live = match session.get(key) {
        Ok(live) => live,
        Err(status) if status.code == 404 => {
            session
                .change(key, "", Verb::Create(next))
                .map_err(|status| refused(&status, "creating", key))?;
            return Ok("created");
        }
        Err(status) => {
            return Err(refused(&status, "retrieving current configuration of", key));
        }
    };
    if live.annotation(LAST_APPLIED).is_none() {
        let plural = kind_info(&key.kind).map_or("", |info| info.plural);
        let object = format!("{plural}/{}", key.name);
        session.output.stderr.push_str(&format!(
                "Warning: resource {object} is missing the {LAST_APPLIED} annotation which is required by \
                 kubectl apply. kubectl apply should only be used on resources created declaratively by \
                 either kubectl create --save-config or kubectl apply. The missing annotation will be \
                 patched automatically.\n"
            ));
    }
    let last = last_applied(&live);
    let (how, patch) = three_way(&last, &next, &live.value)
        .map_err(|fault| Fault::Usage(format!("error when creating patch with:\n{fault}")))?;
    if patch.as_map().is_none_or(kube::Map::is_empty) {
        return Ok("unchanged");
    }
    let before = live.meta.version;
    session
        .patch(key, how, patch)
        .map_err(|status| refused(&status, "applying patch to", key))?;
    let after = session.get(key)?.meta.version;
    Ok(match before == after && session.dry_run == DryRun::None {
        true => "unchanged",
        false => "configured",
    })
}

/// The manifest that was applied last; null if none was.
pub(super) fn last_applied(live: &Object) -> Value {
    let text = live.annotation(LAST_APPLIED);
    text.and_then(|text| yaml::decode(text).ok())
        .unwrap_or_default()
}

/// The manifest with itself in the annotation (`util.GetModifiedConfiguration`).
fn noted(manifest: &Value) -> Value {
    let mut next = annotated(manifest);
    let text = json::encode(&next, json::COMPACT);
    next.entry_at(&["metadata", "annotations"])
        .set(LAST_APPLIED, text + "\n");
    next
}

/// The manifest with annotations, if only none.
pub(super) fn annotated(manifest: &Value) -> Value {
    let mut next = manifest.clone();
    // To set one annotation is to read all as texts: a null is an empty one
    // (`unstructured.NestedNullCoercingStringMap`).
    let annotations = next.entry_at(&["metadata", "annotations"]);
    let texts = annotations.members().map(|(name, value)| match value {
        Value::Null => (name.clone(), "".into()),
        text => (name.clone(), text.clone()),
    });
    *annotations = Value::Map(texts.collect());
    next
}
