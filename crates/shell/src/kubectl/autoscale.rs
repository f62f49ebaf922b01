//! `kubectl autoscale` (`k8s.io/kubectl/pkg/cmd/autoscale`).

use super::args::{Args, DRY_RUN, Flag, OUTPUT, value};
use super::session::{DryRun, Fault, Session};
use kube::api::Verb;
use kube::quantity::Quantity;
use kube::{Key, Value, kind_info, map, scale};

pub(super) const FLAGS: &[Flag] = &[
    value("cpu", None),
    value("cpu-percent", None),
    value("max", None),
    value("memory", None),
    value("min", None),
    value("name", None),
    DRY_RUN,
    OUTPUT,
];

/// Makes a HorizontalPodAutoscaler for each object.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let refuse = |why: String| Err(Fault::Usage(why));
    let Some(max) = args.number("max")? else {
        return refuse("required flag(s) \"max\" not set".to_owned());
    };
    let min = args.number("min")?.unwrap_or(-1);
    let percent = args.number("cpu-percent")?;
    if percent.is_some() {
        session.warn(
            "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format \
             (e.g., '70%' for utilization or '500m' for milliCPU).\n",
        );
    }
    if max < 1 {
        return refuse(format!(
            "--max=MAXPODS is required and must be at least 1, max: {max}"
        ));
    }
    if max < min {
        return refuse(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {max}, min: {min}"
        ));
    }
    if percent.is_some() && args.last("cpu").is_some() {
        return refuse("--cpu-percent and --cpu are mutually exclusive".to_owned());
    }
    let mut metrics: Vec<Value> = Vec::new();
    if let Some(percent) = percent.filter(|percent| *percent > 0) {
        metrics.push(metric("cpu", &format!("{percent}%"))?);
    }
    for resource in ["cpu", "memory"] {
        if let Some(text) = args.last(resource) {
            metrics.push(metric(resource, text)?);
        }
    }
    let mut spec = map! { "maxReplicas" => max };
    if min > 0 {
        spec.set("minReplicas", min);
    }
    if !metrics.is_empty() {
        spec.set("metrics", metrics);
    }
    let keys = session.targets(&args.words)?;
    session.each(&keys, &mut |session, key| {
        session.get(key)?;
        autoscale(session, key, args, spec.clone())
    })
}

/// `50%` of what is asked for, or an amount for each pod (`parseResourceInput`).
fn metric(resource: &str, text: &str) -> Result<Value, Fault> {
    let target = if let Some(percent) = text.strip_suffix('%') {
        match percent.parse::<i64>() {
            Ok(percent) if percent >= 0 => {
                map! { "type" => "Utilization", "averageUtilization" => percent }
            }
            _ => {
                return Err(Fault::Usage(format!("invalid percentage value: {percent}")));
            }
        }
    } else {
        // A bare number is of the smallest unit that one writes.
        let unit = match (text.parse::<u64>(), resource) {
            (Err(_), _) => "",
            (_, "cpu") => "m",
            _ => "Mi",
        };
        let Some(amount) = Quantity::parse(&format!("{text}{unit}")) else {
            return Err(Fault::Usage(format!(
                "invalid resource {resource} value: {text}"
            )));
        };
        map! { "type" => "AverageValue", "averageValue" => amount.stored_text() }
    };
    let of = map! { "name" => resource, "target" => target };
    Ok(map! { "type" => "Resource", "resource" => of })
}

fn autoscale(session: &mut Session, key: &Key, args: &Args, mut spec: Value) -> Result<(), Fault> {
    let info = kind_info(&key.kind);
    if !scale::has_scale(&key.kind) {
        let (version, plural) = info.map_or(("", ""), |info| (info.api_version, info.plural));
        let version = match version.contains('/') {
            true => version.to_owned(),
            false => format!("/{version}"),
        };
        return Err(Fault::Usage(format!(
            "cannot autoscale a {}: could not find scale subresource for {version}, \
             Resource={plural} in discovery information",
            key.kind
        )));
    }
    let name = args.last("name").unwrap_or(&key.name);
    let made = key.sibling("HorizontalPodAutoscaler", name);
    let target = map! {
        "apiVersion" => info.map_or("", |info| info.api_version),
        "kind" => &key.kind,
        "name" => &key.name,
    };
    spec.set("scaleTargetRef", target);
    let object = map! {
        "apiVersion" => "autoscaling/v2",
        "kind" => "HorizontalPodAutoscaler",
        "metadata" => map! { "name" => name },
        "spec" => spec,
    };
    // It then tries the older version, which knows of a share of the CPU and of nothing else.
    let incompatible = match (args.last("cpu"), args.last("memory")) {
        (None, _) => Some("empty input"),
        (_, Some(_)) => Some("%!w(<nil>)"),
        _ => None,
    };
    session
        .change(&made, "", Verb::Create(object))
        .map_err(|status| match incompatible {
            None => Fault::Server(status),
            Some(why) => Fault::Usage(format!(
                "failed to create autoscaling/v2 HPA and the configuration is incompatible with \
                 autoscaling/v1: {why}"
            )),
        })?;
    session.done(
        &made,
        match session.dry_run {
            DryRun::Client => "created",
            _ => "autoscaled",
        },
    );
    Ok(())
}
