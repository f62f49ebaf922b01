//! `kubectl expose` and `kubectl run` (`k8s.io/kubectl/pkg/cmd/expose`, `pkg/cmd/run`).

use super::args::Args;
use super::create::{command, make, needed, pairs};
use super::session::{Fault, Session};
use kube::{Value, map};

/// `kubectl expose KIND NAME`: a Service for the pods of an object.
pub(super) fn expose(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let keys = session.targets(&args.words)?;
    for key in &keys {
        let live = session.get(key)?;
        let labels = match key.kind.as_str() {
            "Pod" => live.labels().clone(),
            "Service" => live.spec().get("selector").clone(),
            "Deployment" | "ReplicaSet" => live.spec().at(&["selector", "matchLabels"]).clone(),
            _ => {
                let kind = key.kind.to_lowercase();
                return Err(Fault::Usage(format!("cannot expose a {kind}")));
            }
        };
        let labels = args.last("selector").map_or(labels, pairs);
        let target = args.last("target-port");
        let containers = match key.kind.as_str() {
            "Pod" => live.spec().get("containers"),
            _ => live.spec().at(&["template", "spec", "containers"]),
        };
        let declared = containers
            .items()
            .iter()
            .flat_map(|it| it.get("ports").items());
        let declared: Vec<i64> = declared
            .filter_map(|it| it.get("containerPort").as_int())
            .collect();
        let numbers = match args.number("port")? {
            Some(number) => vec![number],
            None if declared.is_empty() => {
                return Err(Fault::Usage(
                    "couldn't find port via --port flag or introspection\nSee 'kubectl expose -h' for \
                     help and examples"
                        .to_owned(),
                ));
            }
            None => declared,
        };
        let is_one = numbers.len() == 1;
        let ports = numbers.iter().enumerate().map(|(at, number)| {
            let target: Value = match target.map(|text| (text, text.parse::<i64>())) {
                None => (*number).into(),
                Some((_, Ok(number))) => number.into(),
                Some((name, _)) => name.into(),
            };
            let mut port = map! {
                "port" => *number,
                "protocol" => args.last("protocol").unwrap_or("TCP"),
                "targetPort" => target,
            };
            if !is_one {
                port.set("name", format!("port-{}", at + 1));
            }
            port
        });
        let ports: Vec<Value> = ports.collect();
        let mut spec = map! { "ports" => ports, "selector" => labels };
        if let Some(kind) = args.last("type") {
            spec.set("type", kind);
        }
        let mut metadata = map! { "name" => args.last("name").unwrap_or(&key.name) };
        if live.labels().members().next().is_some() {
            metadata.set("labels", live.labels().clone());
        }
        let service = map! {
            "apiVersion" => "v1",
            "kind" => "Service",
            "metadata" => metadata,
            "spec" => spec,
        };
        make(session, args, service, "", "exposed")?;
    }
    Ok(())
}

/// `kubectl run NAME --image=IMAGE`: one pod.
pub(super) fn run_pod(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let words = args.before_dash();
    let [name] = words else {
        return Err(Fault::Usage(
            "NAME is required for run\nSee 'kubectl run -h' for help and examples".to_owned(),
        ));
    };
    let image = needed(args, "image")?;
    let mut container = map! { "image" => image, "name" => name.as_str() };
    let env = args.all("env").filter_map(|pair| pair.split_once('='));
    let env: Vec<Value> = env
        .map(|(name, value)| map! { "name" => name, "value" => value })
        .collect();
    if !env.is_empty() {
        container.set("env", env);
    }
    if let Some(port) = args.number("port")? {
        container.set("ports", vec![map! { "containerPort" => port }]);
    }
    if let Some(words) = command(args) {
        container.set("args", words);
    }
    let labels = args
        .last("labels")
        .map_or_else(|| map! { "run" => name.as_str() }, pairs);
    let pod = map! {
        "apiVersion" => "v1",
        "kind" => "Pod",
        "metadata" => map! { "labels" => labels, "name" => name.as_str() },
        "spec" => map! {
            "containers" => vec![container],
            "restartPolicy" => args.last("restart").unwrap_or("Always"),
        },
    };
    make(session, args, pod, "", "created")
}
