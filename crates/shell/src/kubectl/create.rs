//! `kubectl create KIND NAME …` (`k8s.io/kubectl/pkg/cmd/create`): objects that are made of flags.

use super::apply;
use super::args::{Args, DRY_RUN, FILENAME, Flag, VALIDATE, value};
use super::session::{DryRun, Fault, Session};
use ecow::EcoString;
use kube::api::Verb;
use kube::{Key, Value, map};
use yaml::json;

/// What all of these take. What they print of the object is their own business.
pub(super) const FLAGS: &[Flag] = &[
    DRY_RUN,
    FILENAME,
    VALIDATE,
    value("output", Some('o')),
    value("clusterrole", None),
    value("clusterip", None),
    value("external-name", None),
    value("from-literal", None),
    value("group", None),
    value("hard", None),
    value("image", None),
    value("max-unavailable", None),
    value("min-available", None),
    value("name", None),
    value("port", None),
    value("protocol", None),
    value("replicas", Some('r')),
    value("resource", None),
    value("resource-name", None),
    value("role", None),
    value("schedule", None),
    value("selector", Some('l')),
    value("serviceaccount", None),
    value("target-port", None),
    value("tcp", None),
    value("type", None),
    value("user", None),
    value("verb", None),
    value("env", None),
    value("labels", None),
    value("restart", None),
];

/// Makes an object of a name and flags.
type Maker = fn(&str, &Args) -> Result<Value, Fault>;

/// Each kind by the words that name it, its API version, and what it is made of.
const MAKERS: &[(&[&str], &str, &str, Maker)] = &[
    (&["configmap", "cm"], "v1", "ConfigMap", config_map),
    (&["cronjob", "cj"], "batch/v1", "CronJob", cron_job),
    (
        &["deployment", "deploy"],
        "apps/v1",
        "Deployment",
        deployment,
    ),
    (&["job"], "batch/v1", "Job", job),
    (&["namespace", "ns"], "v1", "Namespace", |_, _| Ok(map! {})),
    (
        &["poddisruptionbudget", "pdb"],
        "policy/v1",
        "PodDisruptionBudget",
        budget,
    ),
    (&["quota", "resourcequota"], "v1", "ResourceQuota", quota),
    (&["role"], "rbac.authorization.k8s.io/v1", "Role", role),
    (
        &["rolebinding"],
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        binding,
    ),
    (&["serviceaccount", "sa"], "v1", "ServiceAccount", |_, _| {
        Ok(map! {})
    }),
];

/// Those that are named by two words.
const OF_TYPE: &[(&str, &str, &str)] = &[
    ("secret", "generic", "Secret"),
    ("service", "clusterip", "Service"),
    ("service", "externalname", "Service"),
    ("service", "loadbalancer", "Service"),
    ("service", "nodeport", "Service"),
];

/// `kubectl create KIND NAME`, or `-f FILE`.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    if args.last(FILENAME.name).is_some() || args.words.is_empty() {
        session.begin(args, true)?;
        return apply::create(session, args);
    }
    let words = args.before_dash();
    let [kind, rest @ ..] = words else {
        return Err(Fault::Usage("must specify one of -f and -k".to_owned()));
    };
    let of_type = OF_TYPE.iter().find(|(of, how, _)| {
        let is_service = *of == "service" && kind == "svc";
        (kind == of || is_service) && rest.first().is_some_and(|word| word == how)
    });
    let (version, made, name, body) = match of_type {
        Some((_, how, made)) => {
            let name = one_name(kind, &rest[1..])?;
            let body = match *made {
                "Secret" => secret(name, args)?,
                _ => service(name, how, args)?,
            };
            ("v1", *made, name, body)
        }
        None => {
            let known = MAKERS
                .iter()
                .find(|(names, ..)| names.contains(&kind.as_str()));
            let Some((_, version, made, make)) = known else {
                return Err(Fault::Usage(format!("unknown command {kind:?}")));
            };
            let name = one_name(kind, rest)?;
            (*version, *made, name, make(name, args)?)
        }
    };
    let mut object = body;
    object.set("apiVersion", version);
    object.set("kind", made);
    object.entry("metadata").set("name", name);
    let what = match made {
        "Deployment" | "Job" | "CronJob" | "Secret" | "Service" | "Role" | "RoleBinding"
        | "ResourceQuota" => {
            let word = if made == "ResourceQuota" {
                "quota".to_owned()
            } else {
                made.to_lowercase()
            };
            format!("failed to create {word}: ")
        }
        _ => String::new(),
    };
    make(session, args, object, &what, "created")
}

fn one_name<'w>(kind: &str, words: &'w [String]) -> Result<&'w str, Fault> {
    match words {
        [name] => Ok(name),
        words => Err(Fault::Usage(format!(
            "exactly one NAME is required, got {}\nSee 'kubectl create {kind} -h' for help and examples",
            words.len()
        ))),
    }
}

/// Creates an object, or prints it.
pub(super) fn make(
    session: &mut Session,
    args: &Args,
    object: Value,
    failed: &str,
    done: &str,
) -> Result<(), Fault> {
    let mut object = object;
    let mut key = Key::of(&object);
    if !key.namespace.is_empty() {
        key.namespace = session.namespace.clone();
        object
            .entry("metadata")
            .set("namespace", key.namespace.clone());
    }
    if session.dry_run != DryRun::Client {
        let answer = session.ask(&key, Verb::Create(object.clone()));
        let answer = answer.map_err(|status| match failed {
            "" => Fault::Server(status),
            failed => Fault::Usage(format!("{failed}{}", status.message)),
        })?;
        if let Some(made) = answer.object() {
            object = made.value.clone();
        }
    } else {
        complete(&mut object);
    }
    let text = match args.last("output") {
        None | Some("") => {
            session.done(&key, done);
            return Ok(());
        }
        Some("name") => format!("{}\n", super::session::shown(&key)),
        Some("yaml") => yaml::encode(&object),
        Some("json") => format!("{}\n", json::encode(&object, super::get::ON_LINES)),
        Some(other) => {
            return Err(Fault::Usage(format!(
                "unable to match a printer suitable for the output format {other:?}, allowed formats are: \
                 json,name,yaml"
            )));
        }
    };
    session.output.stdout.push_str(&text);
    Ok(())
}

/// What Go's types have even where nothing is said: how an object prints that the server has not seen.
fn complete(object: &mut Value) {
    let kind = object.get("kind").to_text();
    let template: &[&str] = match kind.as_str() {
        "Deployment" | "Job" => &["spec", "template"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template"],
        _ => &[],
    };
    let empty = || map! {};
    if !template.is_empty() {
        let template = object.entry_at(template);
        if template.get("metadata").is_null() {
            template.set("metadata", empty());
        }
        for container in template
            .entry_at(&["spec", "containers"])
            .items_mut()
            .make_mut()
        {
            container.set("resources", empty());
        }
    }
    match kind.as_str() {
        "Deployment" => object.entry("spec").set("strategy", empty()),
        "CronJob" => object
            .entry_at(&["spec", "jobTemplate"])
            .set("metadata", empty()),
        "Service" => return object.set("status", map! { "loadBalancer" => empty() }),
        _ => {}
    }
    if matches!(
        kind.as_str(),
        "Deployment" | "Job" | "CronJob" | "ResourceQuota" | "Namespace"
    ) {
        object.set("status", empty());
    }
}

/// `NAME=VALUE` of a flag that may stand several times.
fn literals(args: &Args) -> Result<Vec<(&str, &str)>, Fault> {
    let pairs = args.all("from-literal").map(|text| {
        text.split_once('=').ok_or_else(|| {
            Fault::Usage(format!("invalid literal source {text}, expected key=value"))
        })
    });
    pairs.collect()
}

fn config_map(_: &str, args: &Args) -> Result<Value, Fault> {
    let data = literals(args)?.into_iter();
    let data = data.map(|(name, text)| (EcoString::from(name), Value::from(text)));
    let data: kube::Map = data.collect();
    Ok(match data.is_empty() {
        true => map! {},
        false => map! { "data" => Value::Map(data) },
    })
}

fn secret(_: &str, args: &Args) -> Result<Value, Fault> {
    let data = literals(args)?.into_iter();
    let data = data.map(|(name, text)| {
        let bytes = kube::to_base64(text.as_bytes());
        (EcoString::from(name), Value::from(bytes))
    });
    let data: Value = Value::Map(data.collect());
    let mut secret = map! { "data" => data };
    if let Some(kind) = args.last("type") {
        secret.set("type", kind);
    }
    Ok(secret)
}

/// The name of a container of an image: `web` of `registry.example/shop/web:1`.
fn of_image(image: &str) -> EcoString {
    let name = image.rsplit('/').next().unwrap_or_default();
    let name = name.split([':', '@']).next().unwrap_or_default();
    let plain = |letter: char| {
        if letter == '_' || letter == '.' {
            '-'
        } else {
            letter
        }
    };
    name.to_lowercase().chars().map(plain).collect()
}

pub(super) fn needed<'a>(args: &'a Args, name: &str) -> Result<&'a str, Fault> {
    let missing = || Fault::Usage(format!("required flag(s) {name:?} not set"));
    args.last(name).ok_or_else(missing)
}

pub(super) fn command(args: &Args) -> Option<Value> {
    let words: Vec<Value> = args
        .after_dash()
        .iter()
        .map(|it| it.as_str().into())
        .collect();
    (!words.is_empty()).then(|| words.into())
}

fn deployment(name: &str, args: &Args) -> Result<Value, Fault> {
    needed(args, "image")?;
    let port = args.number("port")?;
    let labels = map! { "app" => name };
    let containers = args.all("image").enumerate().map(|(at, image)| {
        let mut container = map! { "image" => image, "name" => of_image(image) };
        if let Some(command) = command(args) {
            container.set("command", command);
        }
        if let Some(port) = port.filter(|_| at == 0) {
            container.set("ports", vec![map! { "containerPort" => port }]);
        }
        container
    });
    let containers: Vec<Value> = containers.collect();
    Ok(map! {
        "metadata" => map! { "labels" => labels.clone() },
        "spec" => map! {
            "replicas" => args.number("replicas")?.unwrap_or(1),
            "selector" => map! { "matchLabels" => labels.clone() },
            "template" => map! {
                "metadata" => map! { "labels" => labels },
                "spec" => map! { "containers" => containers },
            },
        },
    })
}

fn job(name: &str, args: &Args) -> Result<Value, Fault> {
    let mut container = map! { "image" => needed(args, "image")?, "name" => name };
    if let Some(command) = command(args) {
        container.set("command", command);
    }
    let pod = map! { "containers" => vec![container], "restartPolicy" => "Never" };
    Ok(map! { "spec" => map! { "template" => map! { "spec" => pod } } })
}

fn cron_job(name: &str, args: &Args) -> Result<Value, Fault> {
    let mut of_job = job(name, args)?;
    let restart = args.last("restart").unwrap_or("OnFailure");
    of_job
        .entry_at(&["spec", "template", "spec"])
        .set("restartPolicy", restart);
    of_job.entry("metadata").set("name", name);
    Ok(map! {
        "spec" => map! { "jobTemplate" => of_job, "schedule" => needed(args, "schedule")? },
    })
}

/// `80:8080`
fn ports(text: &str, how: &str) -> Result<Value, Fault> {
    let (port, target) = text.split_once(':').unwrap_or((text, text));
    let wrong = || Fault::Usage(format!("{port:?} is not a valid port number: {how}"));
    let number: i64 = port.parse().map_err(|_| wrong())?;
    let target: Value = match target.parse::<i64>() {
        Ok(number) => number.into(),
        Err(_) => target.into(),
    };
    Ok(map! {
        "name" => text.replace(':', "-"),
        "port" => number,
        "protocol" => "TCP",
        "targetPort" => target,
    })
}

fn service(name: &str, how: &str, args: &Args) -> Result<Value, Fault> {
    let kind = match how {
        "clusterip" => "ClusterIP",
        "externalname" => "ExternalName",
        "loadbalancer" => "LoadBalancer",
        _ => "NodePort",
    };
    let ports: Result<Vec<Value>, Fault> = args.all("tcp").map(|text| ports(text, how)).collect();
    let ports = ports?;
    let address = args.last("clusterip").unwrap_or_default();
    if address == "None" && kind != "ClusterIP" {
        return Err(Fault::Usage(
            "ClusterIP=None can only be used with ClusterIP service type".to_owned(),
        ));
    }
    if ports.is_empty() && kind != "ExternalName" && address != "None" {
        return Err(Fault::Usage(
            "at least one tcp port specifier must be provided".to_owned(),
        ));
    }
    let labels = map! { "app" => name };
    let mut spec = map! { "selector" => labels.clone(), "type" => kind };
    if !ports.is_empty() {
        spec.set("ports", ports);
    }
    if !address.is_empty() {
        spec.set("clusterIP", address);
    }
    if kind == "ExternalName" {
        spec.set("externalName", needed(args, "external-name")?);
    }
    Ok(map! { "metadata" => map! { "labels" => labels }, "spec" => spec })
}

fn quota(_: &str, args: &Args) -> Result<Value, Fault> {
    let mut hard = map! {};
    for pair in args
        .last("hard")
        .unwrap_or("")
        .split(',')
        .filter(|it| !it.is_empty())
    {
        let Some((name, amount)) = pair.split_once('=') else {
            return Err(Fault::Usage(format!(
                "invalid argument syntax {pair:?}, expected <resource>=<value>"
            )));
        };
        hard.set(name, amount);
    }
    Ok(map! { "spec" => map! { "hard" => hard } })
}

fn budget(_: &str, args: &Args) -> Result<Value, Fault> {
    let mut spec = map! {};
    for (flag, field) in [
        ("min-available", "minAvailable"),
        ("max-unavailable", "maxUnavailable"),
    ] {
        match args.last(flag).map(|text| (text, text.parse::<i64>())) {
            Some((_, Ok(number))) => spec.set(field, number),
            Some((text, _)) => spec.set(field, text),
            None => {}
        }
    }
    if spec.members().next().is_none() {
        return Err(Fault::Usage(
            "one of min-available or max-unavailable must be specified".to_owned(),
        ));
    }
    let labels = match args.last("selector") {
        None | Some("") => {
            return Err(Fault::Usage("a selector must be specified".to_owned()));
        }
        Some(text) => pairs(text),
    };
    spec.set("selector", map! { "matchLabels" => labels });
    Ok(map! { "spec" => spec })
}

/// `a=b,c=d`
pub(super) fn pairs(text: &str) -> Value {
    let each = text.split(',').filter_map(|pair| pair.split_once('='));
    Value::Map(
        each.map(|(name, value)| (EcoString::from(name), Value::from(value)))
            .collect(),
    )
}

/// The values of a flag that lists some, each time it stands.
fn list(args: &Args, name: &str) -> Vec<Value> {
    let all = args.all(name).flat_map(|text| text.split(','));
    all.map(Value::from).collect()
}

fn role(_: &str, args: &Args) -> Result<Value, Fault> {
    if args.last("verb").is_none() {
        return Err(Fault::Usage(
            "at least one verb must be specified".to_owned(),
        ));
    }
    if args.last("resource").is_none() {
        return Err(Fault::Usage(
            "at least one resource must be specified".to_owned(),
        ));
    }
    let mut rules: Vec<(EcoString, Vec<Value>)> = Vec::new();
    for resource in list(args, "resource") {
        let (name, part) = resource
            .text()
            .split_once('/')
            .unwrap_or((resource.text(), ""));
        let info = super::session::kind(name)?;
        let group = info
            .api_version
            .split_once('/')
            .map_or("", |(group, _)| group);
        let slash = if part.is_empty() { "" } else { "/" };
        let shown: Value = format!("{}{slash}{part}", info.plural).into();
        match rules.iter_mut().find(|(of, _)| of == group) {
            Some((_, all)) => all.push(shown),
            None => rules.push((group.into(), vec![shown])),
        }
    }
    let names = list(args, "resource-name");
    let rules = rules.into_iter().map(|(group, resources)| {
        let mut rule = map! {
            "apiGroups" => vec![Value::from(group)],
            "resources" => resources,
            "verbs" => list(args, "verb"),
        };
        if !names.is_empty() {
            rule.set("resourceNames", names.clone());
        }
        rule
    });
    Ok(map! { "rules" => rules.collect::<Vec<Value>>() })
}

fn binding(_: &str, args: &Args) -> Result<Value, Fault> {
    const API: &str = "rbac.authorization.k8s.io";
    let (kind, name) = match (args.last("clusterrole"), args.last("role")) {
        (Some(name), None) => ("ClusterRole", name),
        (None, Some(name)) => ("Role", name),
        _ => {
            return Err(Fault::Usage(
                "exactly one of clusterrole or role must be specified".to_owned(),
            ));
        }
    };
    let mut subjects = Vec::new();
    for (flag, kind) in [("user", "User"), ("group", "Group")] {
        let of = |name: Value| map! { "apiGroup" => API, "kind" => kind, "name" => name };
        subjects.extend(list(args, flag).into_iter().map(of));
    }
    for account in list(args, "serviceaccount") {
        let Some((namespace, name)) = account.text().split_once(':') else {
            return Err(Fault::Usage(
                "serviceaccount must be <namespace>:<name>".to_owned(),
            ));
        };
        subjects
            .push(map! { "kind" => "ServiceAccount", "name" => name, "namespace" => namespace });
    }
    Ok(map! {
        "roleRef" => map! { "apiGroup" => API, "kind" => kind, "name" => name },
        "subjects" => subjects,
    })
}
