//! The API server's promises: versions, generations, conflicts, finalizers, watches, and that no
//! field is lost. Each test reads as the story of a few requests.

use kube::api::{Answer, DeleteOptions, PatchType, Propagation, Request, Response, Verb, serve};
use kube::rbac::{self, User};
use kube::{ChangeKind, Key, Object, Selection, Store, Value, map};
use std::rc::Rc;

/// A store, and a clock that goes on by a second a request.
struct Cluster {
    store: Store,
    now: u64,
}

impl Cluster {
    fn new() -> Cluster {
        Cluster {
            store: Store::new(7),
            now: 0,
        }
    }

    fn ask(&mut self, key: Key, subresource: &'static str, verb: Verb) -> Response {
        self.now += 1000;
        serve(
            &mut self.store,
            self.now,
            Request {
                subresource,
                ..Request::new("test", key, verb)
            },
        )
    }

    fn create(&mut self, object: Value) -> Rc<Object> {
        let answer = self.ask(Key::of(&object), "", Verb::Create(object));
        answer.expect("it is accepted").object().expect("an object")
    }

    fn patch(&mut self, key: &Key, patch: Value) -> Rc<Object> {
        let answer = self.ask(key.clone(), "", Verb::Patch(PatchType::Merge, patch));
        answer.expect("it is accepted").object().expect("an object")
    }

    /// The refusal of a request: code, reason, message.
    fn refused(
        &mut self,
        key: &Key,
        subresource: &'static str,
        verb: Verb,
    ) -> (u16, &'static str, String) {
        let status = self
            .ask(key.clone(), subresource, verb)
            .expect_err("it is refused");
        (status.code, status.reason, status.message.to_string())
    }
}

fn deployment() -> Value {
    let labels = map! { "app" => "d" };
    map! {
        "apiVersion" => "apps/v1",
        "kind" => "Deployment",
        "metadata" => map! { "name" => "d" },
        "spec" => map! {
            "selector" => map! { "matchLabels" => labels.clone() },
            "template" => map! {
                "metadata" => map! { "labels" => labels },
                "spec" => map! { "containers" => vec![map! { "name" => "c", "image" => "app:1" }] },
            },
        },
    }
}

fn pod(node: Option<&str>) -> Value {
    map! {
        "kind" => "Pod",
        "metadata" => map! { "generateName" => "p-" },
        "spec" => map! {
            "nodeName" => node,
            "containers" => vec![map! { "name" => "c", "image" => "app:1" }],
        },
    }
}

#[test]
fn generation_counts_changes_of_the_spec_alone() {
    let mut cluster = Cluster::new();
    let first = cluster.create(deployment());
    let key = first.key.clone();
    assert_eq!(first.meta.generation, 1);

    let labelled = cluster.patch(
        &key,
        map! { "metadata" => map! { "labels" => map! { "a" => "b" } } },
    );
    assert_eq!(labelled.meta.generation, 1);
    assert!(labelled.meta.version > first.meta.version);

    let scaled = cluster.patch(&key, map! { "spec" => map! { "replicas" => 3 } });
    assert_eq!(scaled.meta.generation, 2);

    // A status may say what it likes: the spec stays.
    let mut value = scaled.value.clone();
    value.entry("spec").set("replicas", 9);
    value.entry("status").set("replicas", 3);
    let answer = cluster
        .ask(key.clone(), "status", Verb::Update(value))
        .expect("it is accepted");
    let after = answer.object().expect("an object");
    assert_eq!(after.meta.generation, 2);
    assert_eq!(after.spec().get("replicas").as_int(), Some(3));
    assert_eq!(after.status().get("replicas").as_int(), Some(3));

    // And a spec may not change the status.
    let again = cluster.patch(&key, map! { "status" => map! { "replicas" => 99 } });
    assert_eq!(
        again.meta.version, after.meta.version,
        "nothing was written"
    );
}

#[test]
fn unknown_fields_are_kept() {
    let mut cluster = Cluster::new();
    let mut object = deployment();
    object.entry("spec").set(
        "lookAtMe",
        map! { "deep" => vec![Value::Int(1), Value::Null] },
    );
    object.set("extra", "kept");
    let key = cluster.create(object).key.clone();
    let after = cluster.patch(&key, map! { "spec" => map! { "replicas" => 2 } });
    assert_eq!(after.value.get("extra").text(), "kept");
    assert_eq!(after.spec().at(&["lookAtMe", "deep"]).items().len(), 2);
}

#[test]
fn a_write_from_an_old_version_is_a_conflict() {
    let mut cluster = Cluster::new();
    let stale = cluster.create(deployment()).value.clone();
    let key = Key::new("Deployment", "default", "d");
    cluster.patch(&key, map! { "spec" => map! { "replicas" => 2 } });
    let before = cluster.store.version();
    let refusal = cluster.refused(&key, "", Verb::Update(stale));
    assert_eq!(
        refusal,
        (
            409,
            "Conflict",
            "Operation cannot be fulfilled on deployments.apps \"d\": the object has been modified; \
             please apply your changes to the latest version and try again"
                .into()
        )
    );
    assert_eq!(cluster.store.version(), before);
}

#[test]
fn refusals_are_in_the_servers_words() {
    let mut cluster = Cluster::new();
    cluster.create(deployment());
    let key = Key::new("Deployment", "default", "d");
    let missing = Key::new("Pod", "default", "nobody");
    let patch = |path: &[&str], value: Value| {
        let mut patch = map! {};
        *patch.entry_at(path) = value;
        Verb::Patch(PatchType::Merge, patch)
    };
    let cases = [
        (
            key.clone(),
            Verb::Create(deployment()),
            409,
            "deployments.apps \"d\" already exists",
        ),
        (missing, Verb::Get, 404, "pods \"nobody\" not found"),
        (
            key.clone(),
            patch(&["spec", "replicas"], Value::Int(-1)),
            422,
            "Deployment.apps \"d\" is invalid: spec.replicas: Invalid value: -1: must be greater than \
             or equal to 0",
        ),
        (
            key.clone(),
            patch(
                &["spec", "selector", "matchLabels"],
                map! { "app" => "d", "x" => "y" },
            ),
            422,
            "Deployment.apps \"d\" is invalid: [spec.template.metadata.labels: Invalid value: \
             {\"app\":\"d\"}: `selector` does not match template `labels`, spec.selector: Invalid \
             value: {\"matchLabels\":{\"app\":\"d\",\"x\":\"y\"}}: field is immutable]",
        ),
        (
            key,
            patch(
                &["spec", "template", "spec", "containers"],
                Value::List([].into()),
            ),
            422,
            "Deployment.apps \"d\" is invalid: spec.template.spec.containers: Required value",
        ),
    ];
    for (key, verb, code, message) in cases {
        let (have, _, said) = cluster.refused(&key, "", verb);
        assert_eq!((have, said.as_str()), (code, message));
    }
}

#[test]
fn a_bound_pod_waits_for_its_kubelet_and_an_unbound_one_goes_at_once() {
    let mut cluster = Cluster::new();
    let unbound = cluster.create(pod(None)).key.clone();
    assert!(
        unbound.name.starts_with("p-") && unbound.name.len() == 7,
        "{}",
        unbound.name
    );
    cluster
        .ask(unbound.clone(), "", Verb::Delete(DeleteOptions::default()))
        .expect("accepted");
    assert!(cluster.store.get(&unbound).is_none());

    let bound = cluster.create(pod(Some("node"))).key.clone();
    cluster
        .ask(bound.clone(), "", Verb::Delete(DeleteOptions::default()))
        .expect("accepted");
    let leaving = cluster.store.get(&bound).expect("it is still there");
    assert_eq!(leaving.meta.deleted, Some(cluster.now + 30_000));
    assert_eq!(
        leaving
            .value
            .at(&["metadata", "deletionGracePeriodSeconds"])
            .as_int(),
        Some(30)
    );

    let now = DeleteOptions {
        grace_seconds: Some(0),
        ..DeleteOptions::default()
    };
    cluster
        .ask(bound.clone(), "", Verb::Delete(now))
        .expect("accepted");
    assert!(cluster.store.get(&bound).is_none());
}

#[test]
fn finalizers_hold_an_object() {
    let mut cluster = Cluster::new();
    let key = cluster.create(deployment()).key.clone();
    let orphan = DeleteOptions {
        propagation: Propagation::Orphan,
        ..DeleteOptions::default()
    };
    cluster
        .ask(key.clone(), "", Verb::Delete(orphan))
        .expect("accepted");
    let held = cluster.store.get(&key).expect("it waits").clone();
    assert_eq!(
        held.value.at(&["metadata", "finalizers"]).items(),
        [Value::from("orphan")]
    );
    cluster.patch(
        &key,
        map! { "metadata" => map! { "finalizers" => Value::List([].into()) } },
    );
    assert!(cluster.store.get(&key).is_none());
}

#[test]
fn a_delete_may_insist_on_the_same_object() {
    let mut cluster = Cluster::new();
    let key = cluster.create(deployment()).key.clone();
    let uid = cluster
        .store
        .get(&key)
        .expect("it is there")
        .meta
        .uid
        .clone();
    let other = DeleteOptions::of(&map! { "preconditions" => map! { "uid" => "another" } });
    let (code, reason, message) = cluster.refused(&key, "", Verb::Delete(other));
    assert_eq!((code, reason), (409, "Conflict"));
    assert_eq!(
        message,
        format!(
            "Operation cannot be fulfilled on Deployment.apps \"d\": the UID in the precondition \
             (another) does not match the UID in record ({uid}). The object might have been deleted and \
             then recreated"
        )
    );
    let version =
        DeleteOptions::of(&map! { "preconditions" => map! { "resourceVersion" => "99" } });
    let (.., message) = cluster.refused(&key, "", Verb::Delete(version));
    assert!(
        message.ends_with("The object might have been modified"),
        "{message}"
    );
}

/// What deletions, one after the other, leave of an object: grace period and finalizers; none if it is
/// gone.
fn deleted(
    cluster: &mut Cluster,
    object: Value,
    deletions: &[&str],
) -> Option<(Option<i64>, String)> {
    let key = cluster.create(object).key.clone();
    for options in deletions {
        let options: Value = serde_json::from_str(options).expect("a table holds JSON");
        let verb = Verb::Delete(DeleteOptions::of(&options));
        cluster.ask(key.clone(), "", verb).expect("accepted");
    }
    let left = cluster.store.get(&key)?;
    let metadata = left.value.get("metadata");
    let finalizers = metadata.get("finalizers").items().iter();
    let finalizers: Vec<&str> = finalizers.map(Value::text).collect();
    Some((
        metadata.get("deletionGracePeriodSeconds").as_int(),
        finalizers.join(","),
    ))
}

#[test]
fn grace_periods_and_finalizers_decide_what_a_deletion_leaves() {
    let background = r#"{"propagationPolicy": "Background"}"#;
    let foreground = r#"{"propagationPolicy": "Foreground"}"#;
    let orphan = r#"{"propagationPolicy": "Orphan"}"#;
    let unsaid = "{}";
    let held = "example.com/held";
    // Finalizers of a pod; whether it is on a node; deletions; what is left.
    type Case = (
        &'static str,
        bool,
        Vec<&'static str>,
        Option<(Option<i64>, &'static str)>,
    );
    let cases: &[Case] = &[
        ("", false, vec![unsaid], None),
        ("", true, vec![unsaid], Some((Some(30), ""))),
        ("", true, vec![r#"{"gracePeriodSeconds": 0}"#], None),
        (
            "",
            true,
            vec![r#"{"gracePeriodSeconds": -5}"#],
            Some((Some(1), "")),
        ),
        (
            "",
            true,
            vec![unsaid, r#"{"gracePeriodSeconds": 7}"#],
            Some((Some(7), "")),
        ),
        // A longer one is not heard, and neither is another policy.
        (
            "",
            true,
            vec![
                r#"{"gracePeriodSeconds": 7}"#,
                r#"{"gracePeriodSeconds": 9, "propagationPolicy": "Orphan"}"#,
            ],
            Some((Some(7), "")),
        ),
        (held, false, vec![unsaid], Some((Some(0), held))),
        (
            held,
            false,
            vec![foreground],
            Some((Some(0), "example.com/held,foregroundDeletion")),
        ),
        // What the object says counts unless something is asked for.
        ("orphan", false, vec![unsaid], Some((Some(0), "orphan"))),
        ("orphan", false, vec![background], None),
        (
            "foregroundDeletion",
            false,
            vec![orphan],
            Some((Some(0), "orphan")),
        ),
        (
            held,
            false,
            vec![orphan, foreground],
            Some((Some(0), "example.com/held,foregroundDeletion")),
        ),
    ];
    for (finalizers, on_node, deletions, expected) in cases {
        let mut cluster = Cluster::new();
        let mut pod = pod(on_node.then_some("node"));
        if !finalizers.is_empty() {
            let list: Vec<Value> = vec![(*finalizers).into()];
            pod.entry("metadata").set("finalizers", list);
        }
        let left = deleted(&mut cluster, pod, deletions);
        let left = left
            .as_ref()
            .map(|(grace, finalizers)| (*grace, finalizers.as_str()));
        assert_eq!(left, *expected, "{finalizers} {deletions:?}");
    }
}

#[test]
fn a_collection_is_deleted_by_selector() {
    let mut cluster = Cluster::new();
    for (name, tier) in [("a", "web"), ("b", "db"), ("c", "web")] {
        cluster.create(map! {
            "apiVersion" => "v1",
            "kind" => "ConfigMap",
            "metadata" => map! { "name" => name, "labels" => map! { "tier" => tier } },
        });
    }
    let delete = |dry_run| Request {
        dry_run,
        select: Selection {
            labels: "tier=web".into(),
            ..Selection::default()
        },
        ..Request::new(
            "test",
            Key::new("ConfigMap", "default", ""),
            Verb::DeleteCollection(DeleteOptions::default()),
        )
    };
    for (dry_run, left) in [(true, 3), (false, 1)] {
        let answer = serve(&mut cluster.store, 0, delete(dry_run)).expect("accepted");
        assert!(matches!(answer, Answer::List(gone) if gone.len() == 2));
        assert_eq!(cluster.store.list("ConfigMap").len(), left, "{dry_run}");
    }
    let all = Key::new("Namespace", "", "");
    let verb = Verb::DeleteCollection(DeleteOptions::default());
    assert_eq!(cluster.refused(&all, "", verb).0, 405);
}

#[test]
fn fields_that_select_nothing_are_refused() {
    let mut cluster = Cluster::new();
    let cases = [
        (
            "Pod",
            "spec.replicas=1",
            "field label not supported: spec.replicas",
        ),
        (
            "Deployment",
            "spec.replicas=1",
            "\"spec.replicas\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
        ),
        (
            "Job",
            "spec.x=1",
            "field label \"spec.x\" not supported for Job",
        ),
    ];
    for (kind, fields, message) in cases {
        let request = Request {
            select: Selection {
                fields: fields.into(),
                ..Selection::default()
            },
            ..Request::new("test", Key::new(kind, "", ""), Verb::List)
        };
        let status = serve(&mut cluster.store, 0, request).expect_err("it is refused");
        assert_eq!((status.code, status.message.as_str()), (400, message));
    }
}

#[test]
fn binding_gives_a_pod_its_node_once() {
    let mut cluster = Cluster::new();
    let key = cluster.create(pod(None)).key.clone();
    let binding = |node: &str| Verb::Create(map! { "target" => map! { "name" => node } });
    let answer = cluster
        .ask(key.clone(), "binding", binding("node-a"))
        .expect("accepted");
    let bound = answer.object().expect("an object");
    assert_eq!(bound.spec().get("nodeName").text(), "node-a");
    assert_eq!(bound.condition("PodScheduled").get("status").text(), "True");
    assert_eq!(cluster.store.pods_on(&"node-a".into()).count(), 1);
    assert_eq!(cluster.refused(&key, "binding", binding("node-b")).0, 409);
}

#[test]
fn a_watch_gives_what_happened_since() {
    let mut cluster = Cluster::new();
    let key = cluster.create(deployment()).key.clone();
    let since = cluster.store.version();
    cluster.create(pod(None));
    cluster.patch(&key, map! { "spec" => map! { "replicas" => 2 } });
    cluster
        .ask(key.clone(), "", Verb::Delete(DeleteOptions::default()))
        .expect("accepted");

    let every = Key::new("Deployment", "", "");
    let answer = cluster
        .ask(every.clone(), "", Verb::Watch(since))
        .expect("accepted");
    let Answer::Changes(changes) = answer else {
        panic!("a watch gives changes")
    };
    let kinds: Vec<ChangeKind> = changes.iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Modified, ChangeKind::Deleted]);

    for _ in 0..1100 {
        cluster.create(pod(None));
    }
    let (code, reason, message) = cluster.refused(&every, "", Verb::Watch(since));
    assert_eq!((code, reason), (410, "Expired"));
    assert!(
        message.starts_with("too old resource version: 1 ("),
        "{message}"
    );
}

#[test]
fn snapshots_go_their_own_way() {
    let mut cluster = Cluster::new();
    let key = cluster.create(deployment()).key.clone();
    let before = cluster.store.clone();
    cluster.patch(&key, map! { "spec" => map! { "replicas" => 5 } });
    let replicas = |store: &Store| {
        store
            .get(&key)
            .and_then(|it| it.spec().get("replicas").as_int())
    };
    assert_eq!(
        (replicas(&before), replicas(&cluster.store)),
        (Some(1), Some(5))
    );
}

/// A list or a watch as somebody asks for it.
fn selected(cluster: &mut Cluster, verb: Verb, labels: &str, fields: &str) -> Answer {
    let request = Request {
        select: Selection {
            labels: labels.into(),
            fields: fields.into(),
        },
        ..Request::new("test", Key::new("ConfigMap", "", ""), verb)
    };
    serve(&mut cluster.store, cluster.now, request).expect("it is answered")
}

#[test]
fn lists_and_watches_select() {
    let mut cluster = Cluster::new();
    for (name, tier) in [("a", "web"), ("b", "db")] {
        cluster.create(map! {
            "apiVersion" => "v1",
            "kind" => "ConfigMap",
            "metadata" => map! { "name" => name, "labels" => map! { "tier" => tier } },
        });
    }
    for (labels, fields, expected) in [
        ("tier=web", "", 1),
        ("tier", "", 2),
        ("", "metadata.name=b", 1),
        ("tier=x", "", 0),
    ] {
        match selected(&mut cluster, Verb::List, labels, fields) {
            Answer::List(objects) => assert_eq!(objects.len(), expected, "{labels} {fields}"),
            other => panic!("{other:?}"),
        }
    }
    // What no longer matches is gone, to one who watches what matches.
    let since = cluster.store.version();
    let key = Key::new("ConfigMap", "default", "a");
    cluster.patch(
        &key,
        map! { "metadata" => map! { "labels" => map! { "tier" => "db" } } },
    );
    for (labels, expected) in [
        ("tier=web", ChangeKind::Deleted),
        ("tier=db", ChangeKind::Added),
    ] {
        match selected(&mut cluster, Verb::Watch(since), labels, "") {
            Answer::Changes(changes) => assert_eq!(changes[0].kind, expected, "{labels}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn scale_is_the_same_for_all_kinds() {
    let mut cluster = Cluster::new();
    let key = cluster.create(deployment()).key.clone();
    let change = map! { "spec" => map! { "replicas" => 5 } };
    let patch = Verb::Patch(PatchType::Merge, change);
    let scale = cluster
        .ask(key.clone(), "scale", patch)
        .expect("it is accepted");
    let scale = scale.object().expect("a Scale");
    assert_eq!(scale.value.get("kind").text(), "Scale");
    assert_eq!(scale.spec().get("replicas").as_int(), Some(5));
    let stored = cluster.store.get(&key).expect("it is there");
    assert_eq!(stored.spec().get("replicas").as_int(), Some(5));

    let change = map! { "spec" => map! { "replicas" => -1 } };
    let (code, reason, message) =
        cluster.refused(&key, "scale", Verb::Patch(PatchType::Merge, change));
    assert_eq!((code, reason), (422, "Invalid"));
    assert_eq!(
        message,
        "Scale.autoscaling \"d\" is invalid: spec.replicas: Invalid value: -1: must be greater than or \
         equal to 0"
    );
}

#[test]
fn people_are_refused_what_no_role_gives_them() {
    let mut cluster = Cluster::new();
    rbac::bootstrap(&mut cluster.store);
    cluster.create(deployment());
    let ask = |cluster: &mut Cluster, verb: Verb| {
        let request = Request {
            user: User::named("ada"),
            ..Request::new("", Key::new("Deployment", "default", ""), verb)
        };
        serve(&mut cluster.store, cluster.now, request)
    };
    let status = ask(&mut cluster, Verb::List).expect_err("she may not");
    assert_eq!(
        status.message,
        "deployments.apps is forbidden: User \"ada\" cannot list resource \"deployments\" in API group \
         \"apps\" in the namespace \"default\""
    );
    cluster.create(map! {
        "apiVersion" => "rbac.authorization.k8s.io/v1",
        "kind" => "RoleBinding",
        "metadata" => map! { "name" => "views" },
        "roleRef" => map! { "kind" => "ClusterRole", "name" => "view" },
        "subjects" => vec![map! { "kind" => "User", "name" => "ada" }],
    });
    assert!(ask(&mut cluster, Verb::List).is_ok());
}

#[test]
fn kinds_that_nobody_acts_on_are_stored_and_served() {
    let mut cluster = Cluster::new();
    let cases = [
        ("storage.k8s.io/v1", "VolumeAttachment", "", None),
        ("resource.k8s.io/v1", "ResourceClaim", "default", None),
        (
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
            "",
            Some(1),
        ),
        ("example.com/v1", "Gadget", "default", Some(1)),
    ];
    for (version, kind, namespace, generation) in cases {
        let object = map! {
            "apiVersion" => version,
            "kind" => kind,
            "metadata" => map! { "name" => "x" },
            "spec" => map! { "size" => 3 },
        };
        let made = cluster.create(object);
        assert_eq!(made.key, Key::new(kind, namespace, "x"));
        assert!(!made.meta.uid.is_empty());
        let metadata = made.value.get("metadata");
        assert_eq!(metadata.get("generation").as_int(), generation, "{kind}");
        let all = Key::new(kind, "", "");
        match cluster.ask(all, "", Verb::List).expect("it is answered") {
            Answer::List(objects) => assert_eq!(objects.len(), 1, "{kind}"),
            other => panic!("{other:?}"),
        }
        let change = map! { "metadata" => map! { "labels" => map! { "a" => "b" } } };
        assert_eq!(
            cluster.patch(&made.key, change).labels().get("a").text(),
            "b"
        );
    }
}

/// A cluster with ConfigMaps of these names.
fn config_maps(names: &[&str]) -> Cluster {
    let mut cluster = Cluster::new();
    for name in names {
        cluster.create(map! {
            "apiVersion" => "v1",
            "kind" => "ConfigMap",
            "metadata" => map! { "name" => *name, "labels" => map! { "app" => "a" } },
        });
    }
    cluster
}

/// Asks for a part of the ConfigMaps: their names, how many follow, and the next token.
fn part(
    cluster: &mut Cluster,
    labels: &str,
    limit: u32,
    token: &str,
) -> Result<(Vec<String>, Option<u64>, String), kube::Status> {
    let request = Request {
        select: Selection {
            labels: labels.into(),
            ..Selection::default()
        },
        page: kube::Page {
            limit,
            token: token.into(),
        },
        ..Request::new("test", Key::new("ConfigMap", "default", ""), Verb::List)
    };
    match serve(&mut cluster.store, cluster.now, request)? {
        Answer::Part(part) => {
            let names = part.objects.iter().map(|it| it.key.name.to_string());
            Ok((names.collect(), part.remaining, part.token.to_string()))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_list_comes_in_parts_of_one_moment() {
    let mut cluster = config_maps(&["a", "b", "c", "d", "e"]);
    let (names, remaining, token) = part(&mut cluster, "", 2, "").expect("it is answered");
    assert_eq!((names, remaining), (vec!["a".into(), "b".into()], Some(3)));
    // What happens between the parts is not in them.
    let key = |name: &str| Key::new("ConfigMap", "default", name);
    let gone = Verb::Delete(DeleteOptions::default());
    cluster.ask(key("c"), "", gone).expect("it goes");
    cluster.create(map! { "kind" => "ConfigMap", "metadata" => map! { "name" => "cc" } });
    cluster.patch(
        &key("d"),
        map! { "metadata" => map! { "labels" => map! { "app" => "b" } } },
    );
    let (names, remaining, token) = part(&mut cluster, "", 2, &token).expect("it is answered");
    assert_eq!((names, remaining), (vec!["c".into(), "d".into()], Some(1)));
    let (names, remaining, end) = part(&mut cluster, "", 2, &token).expect("it is answered");
    assert_eq!(
        (names, remaining, end.as_str()),
        (vec!["e".into()], None, "")
    );
    // Of what was selected nobody counts the rest.
    let (names, remaining, _) = part(&mut cluster, "app=a", 1, "").expect("it is answered");
    assert_eq!((names, remaining), (vec!["a".into()], None));
    // A list of which too much has changed goes on with what is there now.
    for count in 0..1_100 {
        cluster.patch(
            &key("a"),
            map! { "data" => map! { "n" => format!("{count}") } },
        );
    }
    let status = part(&mut cluster, "", 2, &token).expect_err("it is too late");
    assert_eq!((status.code, status.reason), (410, "Expired"));
    assert_eq!(
        status.to_value().at(&["metadata", "continue"]).text(),
        status.token
    );
    let (names, ..) = part(&mut cluster, "", 2, &status.token).expect("it is answered");
    assert_eq!(names, ["e"]);
    for token in ["nonsense", "1", "x/default/a", "999999/default/a"] {
        let status = part(&mut cluster, "", 2, token).expect_err("no such token");
        assert_eq!((status.code, status.reason), (400, "BadRequest"), "{token}");
    }
}

#[test]
fn whoever_watches_sees_all_of_a_large_collection_go() {
    let names: Vec<String> = (0..2_000).map(|number| format!("c{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut cluster = config_maps(&names);
    let since = cluster.store.version();
    let all = Key::new("ConfigMap", "default", "");
    let delete = Verb::DeleteCollection(DeleteOptions::default());
    cluster.ask(all.clone(), "", delete).expect("it goes");
    let seen = cluster.store.changes_since(since).map(|it| it.len());
    assert_eq!(seen, Some(2_000));
    // Later, it is too late.
    let (code, reason, message) = cluster.refused(&all, "", Verb::Watch(since));
    assert_eq!((code, reason), (410, "Expired"));
    assert_eq!(message, "too old resource version: 2000 (4000)");
}
