//! The roles and bindings that every cluster has (`plugin/pkg/auth/authorizer/rbac/bootstrappolicy`),
//! as far as they are for people: those of the control plane's parts are not here, for the lab's
//! control plane is not refused anything.
//!
//! They are not stored, so that a lab holds only what its files say; a stored role of the same name
//! takes their place.

use super::rules::Rule;
use ecow::EcoString;

/// A rule a line: verbs, groups (`core` for the one without a name), resources.
const VIEW: &str = "\
get,list,watch core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status
get,list,watch core bindings,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status
get,list,watch core namespaces
get,list,watch core,events.k8s.io events
get,list,watch discovery.k8s.io endpointslices
get,list,watch apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status
get,list,watch autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status
get,list,watch batch cronjobs,cronjobs/status,jobs,jobs/status
get,list,watch extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale
get,list,watch policy poddisruptionbudgets,poddisruptionbudgets/status
get,list,watch networking.k8s.io ingresses,ingresses/status,networkpolicies
get,list,watch resource.k8s.io resourceclaims,resourceclaims/status,resourceclaimtemplates
";

/// What `edit` has besides what `view` has. `W` stands for all the verbs that write.
const EDIT: &str = "\
get,list,watch core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy
impersonate core serviceaccounts
W core pods,pods/attach,pods/exec,pods/portforward,pods/proxy
create core pods/eviction
W core configmaps,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy
create core serviceaccounts/token
W core,events.k8s.io events
W apps daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale
W autoscaling horizontalpodautoscalers
W batch cronjobs,jobs
W extensions daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale
W policy poddisruptionbudgets
W networking.k8s.io ingresses,networkpolicies
create,delete,deletecollection,get,list,patch,update,watch coordination.k8s.io leases
W resource.k8s.io resourceclaims,resourceclaimtemplates
";

const WRITE: &str = "create,delete,deletecollection,patch,update";

/// What `admin` has besides what `edit` has.
const ADMIN: &str = "\
create authorization.k8s.io localsubjectaccessreviews
create,delete,deletecollection,get,list,patch,update,watch rbac.authorization.k8s.io rolebindings,roles
";

const BASIC_USER: &str = "\
create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews
create authentication.k8s.io selfsubjectreviews
";

const DISCOVERY: &[&str] = &[
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi",
    "/openapi/*",
    "/readyz",
    "/version",
    "/version/",
];

const PUBLIC_INFO: &[&str] = &["/healthz", "/livez", "/readyz", "/version", "/version/"];

const MONITORING: &[&str] = &[
    "/healthz",
    "/healthz/*",
    "/livez",
    "/livez/*",
    "/metrics",
    "/metrics/slis",
    "/readyz",
    "/readyz/*",
];

/// The bindings: name, ClusterRole, groups.
pub(super) const BINDINGS: &[(&str, &str, &[&str])] = &[
    ("cluster-admin", "cluster-admin", &["system:masters"]),
    (
        "system:basic-user",
        "system:basic-user",
        &["system:authenticated"],
    ),
    (
        "system:discovery",
        "system:discovery",
        &["system:authenticated"],
    ),
    (
        "system:monitoring",
        "system:monitoring",
        &["system:monitoring"],
    ),
    (
        "system:public-info-viewer",
        "system:public-info-viewer",
        &["system:authenticated", "system:unauthenticated"],
    ),
];

/// The rules of a built-in ClusterRole; none if there is none of that name.
pub(super) fn rules(name: &str) -> Option<Vec<Rule>> {
    Some(match name {
        "admin" => parse(&[EDIT, VIEW, ADMIN]),
        "edit" => parse(&[EDIT, VIEW]),
        "view" => parse(&[VIEW]),
        "cluster-admin" => {
            let all = || vec![EcoString::from("*")];
            let resources = Rule {
                verbs: all(),
                groups: all(),
                resources: all(),
                ..Rule::default()
            };
            vec![
                resources,
                Rule {
                    verbs: all(),
                    paths: all(),
                    ..Rule::default()
                },
            ]
        }
        "system:basic-user" => parse(&[BASIC_USER]),
        "system:discovery" => paths(DISCOVERY),
        "system:monitoring" => paths(MONITORING),
        "system:public-info-viewer" => paths(PUBLIC_INFO),
        _ => return None,
    })
}

fn paths(paths: &[&str]) -> Vec<Rule> {
    let paths = paths.iter().map(|path| (*path).into()).collect();
    vec![Rule {
        verbs: vec!["get".into()],
        paths,
        ..Rule::default()
    }]
}

fn parse(texts: &[&str]) -> Vec<Rule> {
    let list = |text: &str| -> Vec<EcoString> {
        let items = text
            .split(',')
            .map(|item| if item == "core" { "" } else { item });
        items.map(EcoString::from).collect()
    };
    let lines = texts.iter().flat_map(|text| text.lines());
    lines
        .map(|line| {
            let mut words = line
                .split(' ')
                .map(|word| if word == "W" { WRITE } else { word });
            let mut next = || list(words.next().unwrap_or_default());
            Rule {
                verbs: next(),
                groups: next(),
                resources: next(),
                ..Rule::default()
            }
        })
        .collect()
}
