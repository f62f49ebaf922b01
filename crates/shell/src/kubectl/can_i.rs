//! `kubectl auth can-i` (`k8s.io/kubectl/pkg/cmd/auth/cani.go`).

use super::args::{Args, Flag, switch, value};
use super::session::{Fault, Session, resource};
use super::table;
use ecow::EcoString;
use kube::api::Verb;
use kube::{Key, Value, map};

pub(super) const FLAGS: &[Flag] = &[
    switch("all-namespaces", Some('A')),
    switch("list", None),
    switch("no-headers", None),
    switch("quiet", Some('q')),
    value("subresource", None),
];

/// Verbs that kubectl knows, of resources and of paths.
const RESOURCE_VERBS: &[&str] = &[
    "*",
    "approve",
    "attest",
    "bind",
    "create",
    "delete",
    "deletecollection",
    "escalate",
    "get",
    "impersonate",
    "list",
    "patch",
    "sign",
    "update",
    "use",
    "watch",
];
const PATH_VERBS: &[&str] = &[
    "*", "delete", "get", "head", "options", "patch", "post", "put",
];

/// Asks whether somebody may do something, or with `--list` what they may.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let is_set = |name: &str| args.last(name) == Some("true");
    if is_set("list") {
        return list(session, args);
    }
    let [verb, what] = args.words.as_slice() else {
        return Err(Fault::Usage(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee \
             'kubectl auth can-i -h' for help and examples."
                .to_owned(),
        ));
    };
    if is_set("no-headers") {
        return Err(Fault::Usage(
            "--no-headers cannot be set without --list specified".to_owned(),
        ));
    }
    let subresource = args.last("subresource").unwrap_or_default();
    let spec = match what.starts_with('/') {
        true if !subresource.is_empty() => {
            return Err(Fault::Usage(
                "--subresource can not be used with NonResourceURL".to_owned(),
            ));
        }
        true => {
            if !PATH_VERBS.contains(&verb.as_str()) {
                warn(session, &format!("verb '{verb}' is not a known verb"));
            }
            map! { "nonResourceAttributes" => map! { "path" => what.as_str(), "verb" => verb.as_str() } }
        }
        false => {
            let mut attributes = attributes(session, verb, what, is_set("all-namespaces"));
            attributes.set("subresource", subresource);
            map! { "resourceAttributes" => attributes }
        }
    };
    let status = review(session, "SelfSubjectAccessReview", spec)?;
    let allowed = status.get("allowed").as_bool() == Some(true);
    if !is_set("quiet") {
        let said = match (allowed, status.get("reason").text()) {
            (true, _) => "yes\n".to_owned(),
            (false, "") => "no\n".to_owned(),
            (false, reason) => format!("no - {reason}\n"),
        };
        session.output.stdout.push_str(&said);
    }
    match allowed {
        true => Ok(()),
        false => Err(Fault::Said(EcoString::new())),
    }
}

/// What is to be done to which resource.
fn attributes(session: &mut Session, verb: &str, what: &str, everywhere: bool) -> Value {
    let (of, name) = what.split_once('/').unwrap_or((what, ""));
    let (plural, group) = match resource(of) {
        Some(info) => {
            let group = info.api_version.split_once('/');
            let group = group.map_or("", |(group, _)| group);
            if !info.namespaced && !everywhere {
                let place = match group {
                    "" => String::new(),
                    group => format!(" in group '{group}'"),
                };
                let plural = info.plural;
                warn(
                    session,
                    &format!("resource '{plural}' is not namespace scoped{place}"),
                );
            }
            (info.plural, group)
        }
        None if of == "*" => ("*", "*"),
        None => {
            let (plural, group) = of.split_once('.').unwrap_or((of, ""));
            let place = match group {
                "" => String::new(),
                group => format!(" in group '{group}'"),
            };
            warn(
                session,
                &format!("the server doesn't have a resource type '{plural}'{place}"),
            );
            (plural, group)
        }
    };
    if !RESOURCE_VERBS.contains(&verb) && !everywhere {
        warn(session, &format!("verb '{verb}' is not a known verb"));
    }
    let namespace = match everywhere {
        true => EcoString::new(),
        false => session.namespace.clone(),
    };
    map! {
        "namespace" => namespace,
        "verb" => verb,
        "group" => group,
        "resource" => plural,
        "name" => name,
    }
}

fn warn(session: &mut Session, what: &str) {
    let line = format!("Warning: {what}\n\n");
    session.output.stderr.push_str(&line);
}

/// Asks the authorizer. Gives the status of the answer.
fn review(session: &mut Session, kind: &str, spec: Value) -> Result<Value, Fault> {
    let question = map! {
        "apiVersion" => "authorization.k8s.io/v1", "kind" => kind, "spec" => spec,
    };
    let answer = session.ask(&Key::new(kind, "", ""), Verb::Create(question))?;
    let object = answer.object();
    Ok(object
        .map(|object| object.status().clone())
        .unwrap_or_default())
}

/// A line of the list: verbs, groups, resources, names, paths.
type Line = [Vec<EcoString>; 5];

fn list(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let others = ["quiet", "all-namespaces", "subresource"];
    if others.iter().any(|name| args.last(name).is_some()) {
        return Err(Fault::Usage(
            "list option can't be specified with neither quiet, all-namespaces nor subresource options"
                .to_owned(),
        ));
    }
    if !args.words.is_empty() {
        return Err(Fault::Usage(
            "list option must be specified with no arguments".to_owned(),
        ));
    }
    let spec = map! { "namespace" => session.namespace.clone() };
    let status = review(session, "SelfSubjectRulesReview", spec)?;
    if status.get("incomplete").as_bool() == Some(true) {
        let why = status.get("evaluationError").text();
        let line = format!("warning: the list may be incomplete: {why}\n");
        session.output.stderr.push_str(&line);
    }
    let mut rows = Vec::new();
    if args.last("no-headers") != Some("true") {
        rows.push(
            ["Resources", "Non-Resource URLs", "Resource Names", "Verbs"]
                .map(str::to_owned)
                .to_vec(),
        );
    }
    rows.extend(self::rows(&status));
    session.output.stdout.push_str(&table::lines(&rows));
    Ok(())
}

/// What rules allow, one row for each resource and path: resource, paths, names, verbs.
pub(super) fn rows(status: &Value) -> Vec<Vec<String>> {
    let mut lines = broken_down(status);
    lines.sort_by_cached_key(|[verbs, groups, resources, names, paths]| {
        format!(
            "Verbs:{},APIGroups:{},Resources:{},ResourceNames:{},NonResourceURLs:{}",
            shown(verbs),
            shown(groups),
            shown(resources),
            shown(names),
            shown(paths)
        )
    });
    let row = |[verbs, groups, resources, names, paths]: &Line| {
        vec![
            combined(resources, groups),
            shown(paths),
            shown(names),
            shown(verbs),
        ]
    };
    lines.iter().map(row).collect()
}

/// A list as Go prints it.
fn shown(list: &[EcoString]) -> String {
    format!("[{}]", list.join(" "))
}

/// `deployments.apps/scale`
fn combined(resources: &[EcoString], groups: &[EcoString]) -> String {
    let Some(resource) = resources.first() else {
        return String::new();
    };
    let (of, part) = resource.split_once('/').unwrap_or((resource, ""));
    let group = groups.first().map_or("", EcoString::as_str);
    let dot = if group.is_empty() { "" } else { "." };
    let slash = if part.is_empty() { "" } else { "/" };
    format!("{of}{dot}{group}{slash}{part}")
}

/// One line for each resource with all verbs on it, and one for each verb on a path
/// (`k8s.io/component-helpers/auth/rbac/validation/policy_compact.go`).
fn broken_down(status: &Value) -> Vec<Line> {
    let texts = |rule: &Value, field: &str| -> Vec<EcoString> {
        rule.get(field).items().iter().map(Value::to_text).collect()
    };
    let mut lines: Vec<Line> = Vec::new();
    for rule in status.get("resourceRules").items() {
        let mut names: Vec<Vec<EcoString>> = texts(rule, "resourceNames")
            .into_iter()
            .map(|name| vec![name])
            .collect();
        if names.is_empty() {
            names.push(Vec::new());
        }
        for group in texts(rule, "apiGroups") {
            for resource in texts(rule, "resources") {
                for name in &names {
                    let (group, resource) = (vec![group.clone()], vec![resource.clone()]);
                    let verbs = texts(rule, "verbs");
                    let same = |line: &&mut Line| {
                        line[1] == group
                            && line[2] == resource
                            && line[3] == *name
                            && line[4].is_empty()
                    };
                    match lines.iter_mut().find(same) {
                        Some(line) => {
                            for verb in verbs {
                                if !line[0].contains(&verb) {
                                    line[0].push(verb);
                                }
                            }
                        }
                        None => lines.push([verbs, group, resource, name.clone(), Vec::new()]),
                    }
                }
            }
        }
    }
    for rule in status.get("nonResourceRules").items() {
        for path in texts(rule, "nonResourceURLs") {
            for verb in texts(rule, "verbs") {
                let none = Vec::new;
                lines.push([vec![verb], none(), none(), none(), vec![path.clone()]]);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use crate::{Cluster, kubectl};
    use kube::api::{Request, Response, Verb, serve};
    use kube::{Key, Millis, Store, Value, map};

    struct Server(Store);

    impl Cluster for Server {
        fn ask(&mut self, request: Request) -> Response {
            serve(&mut self.0, 0, request)
        }

        fn now(&self) -> Millis {
            0
        }

        fn wait(&mut self, _: Millis) -> bool {
            true
        }
    }

    fn server() -> Server {
        let mut server = Server(Store::new(1));
        kube::rbac::bootstrap(&mut server.0);
        let rule = map! {
            "verbs" => vec![Value::from("get")],
            "apiGroups" => vec![Value::from("")],
            "resources" => vec![Value::from("pods")],
        };
        let metadata = map! { "name" => "reader", "namespace" => "demo" };
        let role = map! {
            "apiVersion" => "rbac.authorization.k8s.io/v1",
            "kind" => "Role",
            "metadata" => metadata.clone(),
            "rules" => vec![rule],
        };
        let binding = map! {
            "apiVersion" => "rbac.authorization.k8s.io/v1",
            "kind" => "RoleBinding",
            "metadata" => metadata,
            "roleRef" => map! {
                "apiGroup" => "rbac.authorization.k8s.io", "kind" => "Role", "name" => "reader",
            },
            "subjects" => vec![map! { "kind" => "User", "name" => "ada" }],
        };
        let namespace = map! {
            "apiVersion" => "v1", "kind" => "Namespace", "metadata" => map! { "name" => "demo" },
        };
        for object in [namespace, role, binding] {
            let request = Request::new("you", Key::of(&object), Verb::Create(object));
            serve(&mut server.0, 0, request).expect("it is accepted");
        }
        server
    }

    #[test]
    fn the_authorizer_answers() {
        let cases = [
            ("get pods --as=ada", 0, "yes\n", ""),
            ("delete pods --as=ada", 1, "no\n", ""),
            ("get pods/log --as=ada", 0, "yes\n", ""),
            ("get pods --subresource=log --as=ada", 1, "no\n", ""),
            ("get po --as=ada -n default", 1, "no\n", ""),
            ("get pods --as=ada -A", 1, "no\n", ""),
            ("delete pods --as=ada -q", 1, "", ""),
            ("get /version --as=ada", 0, "yes\n", ""),
            (
                "get widgets",
                0,
                "yes\n",
                "Warning: the server doesn't have a resource type 'widgets'\n\n",
            ),
            (
                "fly nodes --as=ada",
                1,
                "no\n",
                "Warning: resource 'nodes' is not namespace scoped\n\n\
                 Warning: verb 'fly' is not a known verb\n\n",
            ),
            (
                "create deploy --as=system:serviceaccount:kube-system:statefulset-controller",
                1,
                "no\n",
                "",
            ),
            (
                "create pods --as=system:serviceaccount:kube-system:statefulset-controller",
                0,
                "yes\n",
                "",
            ),
            (
                "patch pods --subresource=status --as=system:node:a",
                0,
                "yes\n",
                "",
            ),
        ];
        for (args, exit, stdout, stderr) in cases {
            let words = ["auth", "can-i", "-n", "demo"].into_iter();
            let args: Vec<&str> = words.chain(args.split(' ')).collect();
            let output = kubectl(&mut server(), "admin", &args, "");
            let said = (output.exit, output.stdout.as_str(), output.stderr.as_str());
            assert_eq!(said, (exit, stdout, stderr), "{args:?}");
        }
    }

    #[test]
    fn what_somebody_may_is_listed() {
        let args = ["auth", "can-i", "--list", "--as=ada", "-n", "demo"];
        let output = kubectl(&mut server(), "admin", &args, "");
        let lines: Vec<&str> = output.stdout.lines().collect();
        let column = "                                                ";
        assert_eq!(
            lines[..5],
            [
                "Resources                                       Non-Resource URLs   Resource Names   Verbs",
                "selfsubjectreviews.authentication.k8s.io        []                  []               [create]",
                "selfsubjectaccessreviews.authorization.k8s.io   []                  []               [create]",
                "selfsubjectrulesreviews.authorization.k8s.io    []                  []               [create]",
                &format!("{column}[/api/*]            []               [get]"),
            ]
        );
        assert_eq!(
            lines.last().copied(),
            Some(
                "pods                                            []                  []               [get]"
            )
        );
    }

    #[test]
    fn nobody_acts_for_others_without_the_right_to() {
        let args = ["auth", "can-i", "get", "pods", "--as=eve", "--as-group=dev"];
        let mut server = server();
        let refused = |server: &mut Server| {
            let request = Request {
                user: kube::rbac::User::named("ada"),
                acts_as: Some(kube::rbac::User::named("eve")),
                ..Request::new("", Key::new("Pod", "demo", ""), Verb::List)
            };
            serve(&mut server.0, 0, request).map_err(|status| status.message.to_string())
        };
        assert_eq!(
            refused(&mut server).err().as_deref(),
            Some(
                "users \"eve\" is forbidden: User \"ada\" cannot impersonate resource \"users\" in API \
                 group \"\" at the cluster scope"
            )
        );
        assert_eq!(kubectl(&mut server, "admin", &args, "").stdout, "no\n");
    }
}
