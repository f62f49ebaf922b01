//! `kubectl get` (`k8s.io/kubectl/pkg/cmd/get`).

use super::args::{ALL_NAMESPACES, Args, FIELD_SELECTOR, Flag, SELECTOR, switch, value};
use super::columns;
use super::go_template::GoTemplate;
use super::jsonpath::{self, Template};
use super::session::{Fault, Session, kind, shown};
use super::table::{self, Widths};
use super::watch::Watch;
use kube::quantity::Quantity;
use kube::{KindInfo, Object, Value, map};
use std::cmp::Ordering;
use std::rc::Rc;
use yaml::json::{self, Style};

/// As `kubectl -o json` prints.
pub(super) const ON_LINES: Style = Style {
    indent: Some("    "),
    is_html_escaped: true,
};

pub(super) const FLAGS: &[Flag] = &[
    value("output", Some('o')),
    SELECTOR,
    FIELD_SELECTOR,
    ALL_NAMESPACES,
    switch("no-headers", None),
    switch("show-labels", None),
    switch("ignore-not-found", None),
    value("template", None),
    value("label-columns", Some('L')),
    value("sort-by", None),
    switch("watch", Some('w')),
    switch("watch-only", None),
];

/// What `kubectl get all` means (`all` in `categories` of each kind).
const ALL: &str = "pods,services,daemonsets,deployments,replicasets,statefulsets,\
                   horizontalpodautoscalers,cronjobs,jobs";

/// The form in which objects are printed.
enum Format {
    Table {
        is_wide: bool,
    },
    Yaml,
    Json,
    Names,
    Path(String, Template),
    GoTemplate(GoTemplate),
    /// Headings, and what stands under each.
    Columns(Vec<(String, Template)>),
}

/// Prints objects: as tables, names, YAML, JSON, or what a template finds in them.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let format = format(args)?;
    if args.is_on("watch") || args.is_on("watch-only") {
        return watch(session, args, &format);
    }
    let Found {
        mut groups,
        named,
        faults,
    } = found(session, args)?;
    let is_single = named == 1;
    if let Some(path) = args.last("sort-by") {
        sort(&mut groups, path)?;
    }
    let objects: Vec<&Rc<Object>> = groups.iter().flat_map(|(_, objects)| objects).collect();
    let is_ignored = objects.is_empty() && args.is_on("ignore-not-found");
    let text = match &format {
        _ if is_ignored || is_single && objects.is_empty() => String::new(),
        Format::Table { .. } if objects.is_empty() && faults.is_empty() => {
            nothing(session, args, &groups);
            return Ok(());
        }
        Format::Table { is_wide } => tables(session, args, &groups, *is_wide),
        _ => printed(session, args, &format, &objects, is_single)?,
    };
    session.output.stdout.push_str(&text);
    Fault::all(faults)
}

/// Objects in another form than as a table.
fn printed(
    session: &mut Session,
    args: &Args,
    format: &Format,
    objects: &[&Rc<Object>],
    is_single: bool,
) -> Result<String, Fault> {
    let whole = || together(objects, is_single);
    Ok(match format {
        Format::Yaml => yaml::encode(&whole()),
        Format::Json => format!("{}\n", json::encode(&whole(), ON_LINES)),
        Format::Names => objects
            .iter()
            .map(|it| format!("{}\n", shown(&it.key)))
            .collect(),
        Format::Path(text, template) => template.print(&whole()).map_err(|why| {
            Fault::Usage(format!(
                "error executing jsonpath {text:?}: Error executing template: {why}"
            ))
        })?,
        Format::GoTemplate(template) => template.print(session, &whole())?,
        Format::Columns(columns) => custom(columns, objects, args.is_on("no-headers"))?,
        Format::Table { .. } => String::new(),
    })
}

/// Prints objects of a kind, and each again when it changes.
fn watch(session: &mut Session, args: &Args, format: &Format) -> Result<(), Fault> {
    let Found {
        groups,
        named,
        faults,
    } = found(session, args)?;
    Fault::all(faults)?;
    if 0 < named && groups.is_empty() {
        // All that was named is not there, and `--ignore-not-found` has it so.
        return Ok(());
    }
    let [(info, objects)] = groups.as_slice() else {
        return Err(Fault::Usage(
            "you may only specify a single resource type".to_owned(),
        ));
    };
    let mut select = args.selection();
    if let ([one], 1) = (objects.as_slice(), named) {
        select.fields = lean::joined(&["metadata.name=", &one.key.name]);
    }
    let mut watch = Watch {
        kind: info.kind,
        namespace: session.scope(args, info),
        select,
        seen: objects.clone(),
    };
    let mut widths = Widths::default();
    let mut has_headings = !args.is_on("no-headers");
    let mut shown = match args.is_on("watch-only") {
        true => Vec::new(),
        false => objects.clone(),
    };
    loop {
        let text = match format {
            _ if shown.is_empty() => String::new(),
            Format::Table { is_wide } => {
                let form = Form {
                    is_wide: *is_wide,
                    has_headings: std::mem::take(&mut has_headings),
                    has_several: false,
                };
                widths.lines(&rows(session, args, info, &shown, &form))
            }
            _ => {
                let mut each = Vec::new();
                for it in &shown {
                    each.push(printed(session, args, format, &[it], true)?);
                }
                let between = match format {
                    Format::Yaml => "---\n",
                    _ => "",
                };
                each.into_iter().map(|it| it + between).collect()
            }
        };
        session.output.stdout.push_str(&text);
        if 1 < named {
            return Err(Fault::Usage(
                "you may only watch a single resource or type of resource at a time".to_owned(),
            ));
        }
        let Some(changes) = watch.next(session)? else {
            return Ok(());
        };
        shown = changes.changed;
        shown.extend(changes.gone);
    }
}

fn format(args: &Args) -> Result<Format, Fault> {
    let output = args.last("output").unwrap_or("");
    let (name, spec) = output.split_once('=').unwrap_or((output, ""));
    let flag = args.last("template").filter(|text| !text.is_empty());
    let spec = flag.unwrap_or(spec);
    Ok(match name {
        "" if flag.is_some() => Format::GoTemplate(GoTemplate::read(spec)?),
        "go-template" | "template" => Format::GoTemplate(GoTemplate::read(spec)?),
        "" => Format::Table { is_wide: false },
        "wide" => Format::Table { is_wide: true },
        "yaml" => Format::Yaml,
        "json" => Format::Json,
        "name" => Format::Names,
        "jsonpath" if spec.is_empty() => {
            return Err(Fault::Usage(
                "template format specified but no template given".to_owned(),
            ));
        }
        "jsonpath" => {
            let wrong = |why| Fault::Usage(format!("error parsing jsonpath {spec}, {why}"));
            Format::Path(spec.to_owned(), Template::read(spec).map_err(wrong)?)
        }
        "custom-columns" if spec.is_empty() => {
            return Err(Fault::Usage(
                "custom-columns format specified but no custom columns given".to_owned(),
            ));
        }
        "custom-columns" => Format::Columns(
            spec.split(',')
                .map(column)
                .collect::<Result<_, _>>()
                .map_err(Fault::Usage)?,
        ),
        _ => {
            return Err(Fault::Usage(format!(
                "unable to match a printer suitable for the output format {name:?}, allowed formats are: \
                 custom-columns,go-template,json,jsonpath,name,template,wide,yaml"
            )));
        }
    })
}

/// `NAME:.metadata.name`
fn column(text: &str) -> Result<(String, Template), String> {
    let Some((heading, path)) = text.split_once(':') else {
        return Err(format!(
            "unexpected custom-columns spec: {text}, expected <header>:<json-path-expr>"
        ));
    };
    Ok((
        heading.to_owned(),
        Template::read(&jsonpath::relaxed(path)?)?,
    ))
}

fn custom(
    columns: &[(String, Template)],
    objects: &[&Rc<Object>],
    has_no_headers: bool,
) -> Result<String, Fault> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    if !has_no_headers {
        rows.push(columns.iter().map(|(heading, _)| heading.clone()).collect());
    }
    for object in objects {
        let cells = columns.iter().map(|(_, template)| {
            let found = template.find(&object.value)?;
            let texts: Vec<String> = found.iter().flatten().map(jsonpath::shown).collect();
            Ok(match found.first().is_none_or(Vec::is_empty) {
                true => "<none>".to_owned(),
                false => texts.join(","),
            })
        });
        let row: Result<_, String> = cells.collect();
        rows.push(row.map_err(Fault::Usage)?);
    }
    Ok(table::lines(&rows))
}

/// Sorts the objects of each kind by what lies at a path (`pkg/cmd/get/sorter.go`). Those that have
/// nothing there come first.
fn sort(groups: &mut Groups, path: &str) -> Result<(), Fault> {
    let text = jsonpath::relaxed(path).unwrap_or_else(|_| path.to_owned());
    let wrong = |why: String| Fault::Usage(why);
    let template = Template::read(&text).map_err(|why| wrong(format!("sorting error: {why}")))?;
    for (_, objects) in groups.iter_mut() {
        let mut keyed = Vec::new();
        for object in objects.iter() {
            let found = template.find(&object.value).map_err(wrong)?;
            let first = found.into_iter().flatten().next();
            keyed.push((first, object.clone()));
        }
        if !keyed.is_empty() && keyed.iter().all(|(key, _)| key.is_none()) {
            return Err(wrong(format!(
                "couldn't find any field with path {text:?} in the list of objects"
            )));
        }
        lean::sort_by(&mut keyed, |a, b| compare(a.0.as_ref(), b.0.as_ref()));
        *objects = keyed.into_iter().map(|(_, object)| object).collect();
    }
    Ok(())
}

fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(Value::Int(a)), Some(Value::Int(b))) => a.cmp(b),
        (Some(a), Some(b)) => match (Quantity::parse(a.text()), Quantity::parse(b.text())) {
            (Some(a), Some(b)) => a.nano.cmp(&b.nano),
            _ => a.text().cmp(b.text()),
        },
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Objects of each kind that is asked for.
type Groups = Vec<(&'static KindInfo, Vec<Rc<Object>>)>;

/// What a command line names.
struct Found {
    groups: Groups,
    /// How many objects are named; none if they are listed.
    named: usize,
    /// What there is not, or may not be seen.
    faults: Vec<Fault>,
}

fn found(session: &mut Session, args: &Args) -> Result<Found, Fault> {
    let mut found = Found {
        groups: Groups::new(),
        named: 0,
        faults: Vec::new(),
    };
    let groups = &mut found.groups;
    let [kinds, names @ ..] = args.words.as_slice() else {
        return Err(Fault::Said(NO_KIND.into()));
    };
    if !names.is_empty() || kinds.contains('/') {
        let keys = session.targets(&args.words)?;
        found.named = keys.len();
        for key in &keys {
            let info = kind(&key.kind)?;
            let object = match session.get(key) {
                Ok(object) => object,
                Err(status) => {
                    if status.code != 404 || !args.is_on("ignore-not-found") {
                        found.faults.push(status.into());
                    }
                    continue;
                }
            };
            match groups.last_mut().filter(|(last, _)| *last == info) {
                Some((_, objects)) => objects.push(object),
                None => groups.push((info, vec![object])),
            }
        }
        return Ok(found);
    }
    let kinds = if kinds == "all" { ALL } else { kinds };
    let infos: Result<Vec<_>, Fault> = kinds.split(',').map(kind).collect();
    for info in infos? {
        match session.selected(args, info) {
            Ok(objects) => groups.push((info, objects)),
            Err(status) => found.faults.push(status.into()),
        }
    }
    Ok(found)
}

/// What is said of a command line that names no kind.
const NO_KIND: &str = "You must specify the type of resource to get. Use \"kubectl api-resources\" for a \
                       complete list of supported resources.

error: Required resource not specified.
Use \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).
See 'kubectl get -h' for help and examples
";

/// One object as it is; several as a list.
fn together(objects: &[&Rc<Object>], is_single: bool) -> Value {
    let whole = |object: &&Rc<Object>| object.value.clone();
    match objects {
        [one] if is_single => one.value.clone(),
        all => list("List", all.iter().map(whole)),
    }
}

/// What a command prints that knows a table, YAML and JSON, as `-o` asks.
///
/// # Errors
/// `-o` asks for something else.
pub(super) fn table_or_value(
    args: &Args,
    table: &dyn Fn() -> String,
    value: &dyn Fn() -> Value,
) -> Result<String, Fault> {
    match args.last("output").unwrap_or("") {
        "" => Ok(table()),
        "yaml" => Ok(yaml::encode(&value())),
        "json" => Ok(format!("{}\n", json::encode(&value(), ON_LINES))),
        other => Err(Fault::Usage(format!(
            "unable to match a printer suitable for the output format {other:?}, allowed formats are: \
             json,yaml"
        ))),
    }
}

/// Several objects as one.
pub(super) fn list(kind: &str, all: impl Iterator<Item = Value>) -> Value {
    map! {
        "apiVersion" => "v1",
        "items" => all.collect::<Vec<Value>>(),
        "kind" => kind,
        "metadata" => map! { "resourceVersion" => "" },
    }
}

fn nothing(session: &mut Session, args: &Args, groups: &Groups) {
    if args.is_on("ignore-not-found") {
        return;
    }
    let is_inside = groups.iter().all(|(info, _)| info.namespaced);
    session.nothing_found(is_inside && !args.is_on("all-namespaces"));
}

/// How a table is printed.
struct Form {
    is_wide: bool,
    has_headings: bool,
    /// Whether there are tables of other kinds, too: then each object says which it is of.
    has_several: bool,
}

fn tables(session: &Session, args: &Args, groups: &Groups, is_wide: bool) -> String {
    let shown = || groups.iter().filter(|(_, objects)| !objects.is_empty());
    let form = Form {
        is_wide,
        has_headings: !args.is_on("no-headers"),
        has_several: shown().count() > 1,
    };
    let each = shown().map(|(info, all)| table::lines(&rows(session, args, info, all, &form)));
    let separator = if form.has_headings { "\n" } else { "" };
    each.collect::<Vec<_>>().join(separator)
}

/// The rows of a table with objects of a kind.
fn rows(
    session: &Session,
    args: &Args,
    info: &KindInfo,
    objects: &[Rc<Object>],
    form: &Form,
) -> Vec<Vec<String>> {
    let now = session.now();
    let has_labels = args.is_on("show-labels");
    let has_namespace = args.is_on("all-namespaces") && info.namespaced;
    let names: Vec<&str> = args
        .all("label-columns")
        .flat_map(|all| all.split(','))
        .collect();
    let columns = columns::of(info.kind)
        .iter()
        .filter(|(_, wide, _)| form.is_wide || !wide);
    let mut rows = Vec::new();
    if form.has_headings {
        let mut row: Vec<String> = has_namespace
            .then(|| "NAMESPACE".to_owned())
            .into_iter()
            .collect();
        row.extend(columns.clone().map(|(name, ..)| (*name).to_owned()));
        row.extend(names.iter().map(|name| {
            let last = name.rsplit('/').next().unwrap_or_default();
            last.to_uppercase()
        }));
        row.extend(has_labels.then(|| "LABELS".to_owned()));
        rows.push(row);
    }
    for object in objects {
        let mut row: Vec<String> = has_namespace
            .then(|| object.key.namespace.to_string())
            .into_iter()
            .collect();
        row.extend(columns.clone().map(|(name, _, cell)| match *name {
            "NAME" if form.has_several => shown(&object.key).to_string(),
            _ => cell(object, now),
        }));
        let value = |name: &&str| object.labels().get(name).text().to_owned();
        row.extend(names.iter().map(value));
        row.extend(has_labels.then(|| labels(object)));
        rows.push(row);
    }
    rows
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
