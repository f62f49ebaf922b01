//! What the API server warns of, as a table of objects and warnings.

use kube::api::{FieldValidation, PatchType, Request, Verb, serve};
use kube::fields::Table;
use kube::{Key, Store, Value, map, warnings};

/// A store with namespaces that warn at each level, and one with pods that no level knows of.
fn store() -> Store {
    let mut store = Store::new(1);
    let mut create = |text: &str| {
        let object = yaml::decode(text).expect("the table is YAML");
        let request = Request::new("test", Key::of(&object), Verb::Create(object));
        serve(&mut store, 0, request).expect("it is accepted");
    };
    for level in ["baseline", "restricted"] {
        create(&format!(
            "{{apiVersion: v1, kind: Namespace, metadata: {{name: {level}, labels: \
             {{pod-security.kubernetes.io/warn: {level}}}}}}}"
        ));
    }
    for (name, spec) in [
        ("a", "hostPID: true"),
        ("b", "hostPID: true"),
        ("c", "hostPID: true"),
        (
            "d",
            "hostNetwork: true, hostIPC: true, volumes: [{name: v, hostPath: {path: /}}]",
        ),
    ] {
        create(&format!(
            "{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {name}}}}}"
        ));
        create(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{serviceAccountName: {name}, \
             {spec}, containers: [{{name: c, image: x}}]}}}}"
        ));
    }
    create("{apiVersion: v1, kind: Namespace, metadata: {name: default}}");
    store
}

fn check(text: &str, expected: &[&str]) {
    let object = yaml::decode(text).expect("the table is YAML");
    let request = Request::new("test", Key::of(&object), Verb::Create(object));
    assert_eq!(warnings::of(&store(), &request), expected, "{text}");
}

/// A pod with these fields in its only container and in its spec.
fn pod(container: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{containers: [{{name: c, image: x, \
         {container}}}], {spec}}}}}"
    )
}

#[test]
fn pods_are_warned_of() {
    let cases: [(&str, &str, &[&str]); 10] = [
        ("", "", &[]),
        (
            "",
            "nodeSelector: {beta.kubernetes.io/os: linux}",
            &[
                "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead",
            ],
        ),
        (
            "",
            "topologySpreadConstraints: [{maxSkew: 1, topologyKey: failure-domain.beta.kubernetes.io/zone}]",
            &[
                "spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
                "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
            ],
        ),
        (
            "env: [{name: A, value: b}, {name: A, value: c}, {name: A, value: \"$(A)d\"}]",
            "",
            &[
                "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply",
            ],
        ),
        (
            "ports: [{containerPort: 80}, {containerPort: 80, name: b}, {containerPort: 80, hostPort: 80}]",
            "",
            &[
                "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
                "spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[0]",
                "spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[1]",
            ],
        ),
        (
            "resources: {requests: {memory: 100m}}",
            "",
            &[
                "spec.containers[0].resources.requests[memory]: fractional byte value \"100m\" is invalid, must be an integer",
            ],
        ),
        (
            "",
            "terminationGracePeriodSeconds: -3",
            &[
                "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1",
            ],
        ),
        (
            "",
            "imagePullSecrets: [{name: a}, {name: a}]",
            &["spec.imagePullSecrets[1].name: duplicate name \"a\""],
        ),
        (
            "",
            "volumes: [{name: v, gitRepo: {repository: x}}]",
            &["spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+"],
        ),
        (
            "",
            "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a}]}}",
            &[
                "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod",
            ],
        ),
    ];
    for (container, spec, expected) in cases {
        check(&pod(container, spec), expected);
    }
}

#[test]
fn other_kinds_are_warned_of() {
    let template = "template: {metadata: {labels: {a: b}, annotations: \
                    {container.apparmor.security.beta.kubernetes.io/c: unconfined}}, \
                    spec: {hostPID: true, containers: [{name: c, image: x}]}}";
    let apparmor = "spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: \
                    deprecated since v1.30; use the \"appArmorProfile\" field instead";
    let deployment = |name: &str, namespace: &str| {
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}, namespace: {namespace}}}, \
             spec: {{selector: {{matchLabels: {{a: b}}}}, {template}}}}}"
        )
    };
    check(
        &deployment("a.b", "default"),
        &[
            "metadata.name: this is used in Pod names and hostnames, which can result in surprising \
             behavior; a DNS label is recommended: [must not contain dots]",
            apparmor,
        ],
    );
    check(
        &deployment("a", "baseline"),
        &[
            apparmor,
            "would violate PodSecurity \"baseline:latest\": forbidden AppArmor profile (annotation \
             \"container.apparmor.security.beta.kubernetes.io/c\" must not set AppArmor profile type to \
             \"unconfined\"), host namespaces (hostPID=true)",
        ],
    );
    check(
        "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a, annotations: \
         {kubernetes.io/ingress.class: nginx}}, spec: {}}",
        &[
            "annotation \"kubernetes.io/ingress.class\" is deprecated, please use \
             'spec.ingressClassName' instead",
        ],
    );
    check(
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: None, sessionAffinity: \
         ClientIP}}",
        &["spec.SessionAffinity is ignored for headless services"],
    );
    check(
        "{apiVersion: v1, kind: Endpoints, metadata: {name: a}}",
        &["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"],
    );
}

#[test]
fn a_namespace_whose_level_rises_names_the_pods_that_break_it() {
    let cases: [(&str, &[&str]); 3] = [
        ("privileged", &[]),
        (
            "baseline",
            &[
                "existing pods in namespace \"default\" violate the new PodSecurity enforce level \"baseline:latest\"",
                "a (and 2 other pods): host namespaces",
                "d: host namespaces, hostPath volumes",
            ],
        ),
        ("unknown", &[]),
    ];
    for (level, expected) in cases {
        let labels = map! { "pod-security.kubernetes.io/enforce" => level };
        let change: Value = map! { "metadata" => map! { "labels" => labels } };
        let key = Key::new("Namespace", "", "default");
        let request = Request::new("test", key, Verb::Patch(PatchType::Merge, change));
        assert_eq!(warnings::of(&store(), &request), expected, "{level}");
    }
}

/// Writes this with fields that Deployments have not, and compares what is stored or refused, and what
/// is warned of.
#[test]
fn unknown_fields() {
    let text = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, labls: {a: b}}, spec: {replcas: \
                2, replicas: 3, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b, other: \
                c}}, spec: {containers: [{name: c, image: x, prots: []}]}}}}";
    let body = yaml::decode(text).expect("it is YAML");
    let unknown = [
        "unknown field \"metadata.labls\"",
        "unknown field \"spec.replcas\"",
        "unknown field \"spec.template.spec.containers[0].prots\"",
    ];
    let table: &Table = Box::leak(Box::new(Table::new(include_str!("../data/fields.txt"))));
    let all = unknown.join(", ");
    let refusal = format!(
        "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: {all}"
    );
    let cases: [(FieldValidation, &str, &[&str]); 3] = [
        (FieldValidation::Strict, &refusal, &[]),
        (FieldValidation::Warn, "", &unknown),
        (FieldValidation::Ignore, "", &[]),
    ];
    for (field_validation, refused, warned) in cases {
        let request = |verb| Request {
            fields: Some(table),
            field_validation,
            ..Request::new("test", Key::of(&body), verb)
        };
        let mut store = store();
        let create = request(Verb::Create(body.clone()));
        assert_eq!(
            warnings::of(&store, &create),
            warned,
            "{field_validation:?}"
        );
        let made = match serve(&mut store, 0, create) {
            Ok(answer) => answer.object().expect("an object is made"),
            Err(status) => {
                assert_eq!(status.message, refused, "{field_validation:?}");
                continue;
            }
        };
        assert_eq!(refused, "", "{field_validation:?}");
        let container = &made.spec().at(&["template", "spec", "containers"]).items()[0];
        let labels = made.spec().at(&["template", "metadata", "labels", "other"]);
        assert_eq!(made.value.at(&["metadata", "labls"]), &Value::Null);
        assert_eq!(container.get("prots"), &Value::Null);
        assert_eq!(
            (made.spec().get("replcas"), labels.text()),
            (&Value::Null, "c")
        );
        let change = map! { "spec" => map! { "replcas" => 4, "replicas" => 4 } };
        let patch = request(Verb::Patch(PatchType::Merge, change));
        let said = warnings::of(&store, &patch);
        assert_eq!(
            said.as_slice(),
            if warned.is_empty() {
                &[][..]
            } else {
                &unknown[1..2]
            }
        );
        let changed = serve(&mut store, 0, patch).expect("it is patched").object();
        let changed = changed.expect("an object is patched");
        assert_eq!(changed.spec().get("replcas"), &Value::Null);
        assert_eq!(changed.spec().get("replicas").as_int(), Some(4));
    }
}
