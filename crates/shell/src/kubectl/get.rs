//! `kubectl get` (`k8s.io/kubectl/pkg/cmd/get`).

use super::args::{Args, Flag, switch, value};
use super::columns;
use super::session::{Fault, Session, kind, shown};
use super::table;
use ecow::EcoString;
use kube::{KindInfo, Object, Selection, Value, map};
use std::rc::Rc;
use yaml::json::{self, Style};

/// As `kubectl -o json` prints.
const ON_LINES: Style = Style {
    indent: Some("    "),
    is_html_escaped: true,
};

pub(super) const FLAGS: &[Flag] = &[
    value("output", Some('o')),
    value("selector", Some('l')),
    value("field-selector", None),
    switch("all-namespaces", Some('A')),
    switch("no-headers", None),
    switch("show-labels", None),
];

/// What `kubectl get all` means (`all` in `categories` of each kind).
const ALL: &str = "pods,services,daemonsets,deployments,replicasets,statefulsets,\
                   horizontalpodautoscalers,cronjobs,jobs";

/// Prints objects: as tables, names, YAML or JSON.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let output = args.last("output").unwrap_or("");
    if !matches!(output, "" | "wide" | "name" | "yaml" | "json") {
        return Err(Fault::Usage(format!(
            "unable to match a printer suitable for the output format {output:?}, allowed formats are: json,name,wide,yaml"
        )));
    }
    let (groups, is_single) = found(session, args)?;
    let objects: Vec<&Rc<Object>> = groups.iter().flat_map(|(_, objects)| objects).collect();
    let text = match output {
        "yaml" => yaml::encode(&together(&objects, is_single)),
        "json" => format!(
            "{}\n",
            json::encode(&together(&objects, is_single), ON_LINES)
        ),
        "name" => objects
            .iter()
            .map(|it| format!("{}\n", shown(&it.key)))
            .collect(),
        _ if objects.is_empty() => {
            nothing(session, args);
            return Ok(());
        }
        _ => tables(session, args, &groups, output == "wide"),
    };
    session.output.stdout.push_str(&text);
    Ok(())
}

/// Objects of each kind that is asked for.
type Groups = Vec<(&'static KindInfo, Vec<Rc<Object>>)>;

/// What the command line names, and whether it is one object by its name.
fn found(session: &mut Session, args: &Args) -> Result<(Groups, bool), Fault> {
    let mut groups = Groups::new();
    let [kinds, names @ ..] = args.words.as_slice() else {
        return Err(Fault::Usage(
            "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.".to_owned(),
        ));
    };
    if !names.is_empty() || kinds.contains('/') {
        let keys = session.targets(&args.words)?;
        for key in &keys {
            let info = kind(&key.kind)?;
            let object = session.get(key)?;
            match groups.last_mut().filter(|(last, _)| *last == info) {
                Some((_, objects)) => objects.push(object),
                None => groups.push((info, vec![object])),
            }
        }
        return Ok((groups, keys.len() == 1));
    }
    let kinds = if kinds == "all" { ALL } else { kinds };
    let infos: Result<Vec<_>, Fault> = kinds.split(',').map(kind).collect();
    let select = Selection {
        labels: args.last("selector").unwrap_or("").into(),
        fields: args.last("field-selector").unwrap_or("").into(),
    };
    for info in infos? {
        let namespace = match args.last("all-namespaces") {
            None if info.namespaced => session.namespace.clone(),
            _ => EcoString::new(),
        };
        let objects = session.select(info.kind, namespace, select.clone())?;
        groups.push((info, objects));
    }
    Ok((groups, false))
}

/// One object as it is; several as a list.
fn together(objects: &[&Rc<Object>], is_single: bool) -> Value {
    let whole = |object: &&Rc<Object>| object.value.clone();
    match objects {
        [one] if is_single => one.value.clone(),
        all => map! {
            "apiVersion" => "v1",
            "items" => all.iter().map(whole).collect::<Vec<Value>>(),
            "kind" => "List",
            "metadata" => map! { "resourceVersion" => "" },
        },
    }
}

fn nothing(session: &mut Session, args: &Args) {
    let namespace = session.namespace.clone();
    let words = match args.last("all-namespaces") {
        None => format!("No resources found in {namespace} namespace.\n"),
        Some(_) => "No resources found\n".to_owned(),
    };
    session.warn(&words);
}

fn tables(session: &Session, args: &Args, groups: &Groups, is_wide: bool) -> String {
    let now = session.now();
    let has_several = groups.len() > 1;
    let is_everywhere = args.last("all-namespaces").is_some();
    let has_labels = args.last("show-labels").is_some();
    let mut texts = Vec::new();
    for (info, objects) in groups.iter().filter(|(_, objects)| !objects.is_empty()) {
        let columns = columns::of(info.kind)
            .iter()
            .filter(|(_, wide, _)| is_wide || !wide);
        let has_namespace = is_everywhere && info.namespaced;
        let mut rows = Vec::new();
        if args.last("no-headers").is_none() {
            let mut row: Vec<String> = has_namespace
                .then(|| "NAMESPACE".to_owned())
                .into_iter()
                .collect();
            row.extend(columns.clone().map(|(name, ..)| (*name).to_owned()));
            row.extend(has_labels.then(|| "LABELS".to_owned()));
            rows.push(row);
        }
        for object in objects {
            let mut row: Vec<String> = has_namespace
                .then(|| object.key.namespace.to_string())
                .into_iter()
                .collect();
            row.extend(columns.clone().map(|(name, _, cell)| match *name {
                // Among several kinds each object says which it is of.
                "NAME" if has_several => shown(&object.key).to_string(),
                _ => cell(object, now),
            }));
            row.extend(has_labels.then(|| labels(object)));
            rows.push(row);
        }
        texts.push(table::lines(&rows));
    }
    texts.join("\n")
}

fn labels(object: &Object) -> String {
    let pairs = object
        .labels()
        .members()
        .map(|(name, value)| format!("{name}={}", value.text()));
    let pairs: Vec<String> = pairs.collect();
    if pairs.is_empty() {
        "<none>".to_owned()
    } else {
        pairs.join(",")
    }
}
