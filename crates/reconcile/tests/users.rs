//! Who asks is decided by roles: those of every cluster for its parts, and those of the files for
//! everybody else.

use kube::api::{DeleteOptions, PatchType, Verb};
use kube::rbac::User;
use kube::{Key, Status, Value, map};
use reconcile::trace::Note;
use reconcile::{Settings, World};

const LABELS: &str = "app";

fn deployment() -> Value {
    let labels = map! { LABELS => "web" };
    let container = map! { "name" => "web", "image" => "web:1" };
    map! {
        "apiVersion" => "apps/v1",
        "kind" => "Deployment",
        "metadata" => map! { "name" => "web", "namespace" => "shop" },
        "spec" => map! {
            "replicas" => 2,
            "selector" => map! { "matchLabels" => labels.clone() },
            "template" => map! {
                "metadata" => map! { "labels" => labels },
                "spec" => map! { "containers" => vec![container] },
            },
        },
    }
}

fn world() -> World {
    let mut world = World::new(
        1,
        Settings {
            kubelets: false,
            ..Settings::default()
        },
    );
    for name in ["shop", "ci"] {
        let namespace = map! {
            "apiVersion" => "v1",
            "kind" => "Namespace",
            "metadata" => map! { "name" => name },
        };
        let (admin, key) = (User::master("you"), Key::of(&namespace));
        ask(&mut world, &admin, key, Verb::Create(namespace)).expect("an administrator may");
    }
    world
}

fn ask(world: &mut World, user: &User, key: Key, verb: Verb) -> Result<(), Status> {
    let note = Note::detail("ask", "Asked", "");
    let answer = world.request_as(user.clone(), "github-actions", key, "", verb, note);
    answer.map(drop)
}

#[test]
fn a_service_account_does_what_a_role_lets_it() {
    let mut world = world();
    let ci = User::service_account("ci", "deployer");
    let web = Key::new("Deployment", "shop", "web");
    let create = || Verb::Create(deployment());
    let refusal = ask(&mut world, &ci, web.clone(), create()).expect_err("nobody allowed it");
    assert_eq!(
        (refusal.code, refusal.message.as_str()),
        (
            403,
            "deployments.apps is forbidden: User \"system:serviceaccount:ci:deployer\" cannot create \
             resource \"deployments\" in API group \"apps\" in the namespace \"shop\""
        )
    );
    let role = |verbs: &[&str]| {
        let texts = |items: &[&str]| {
            items
                .iter()
                .map(|item| Value::from(*item))
                .collect::<Value>()
        };
        let rule = map! {
            "apiGroups" => texts(&["apps"]),
            "resources" => texts(&["deployments"]),
            "verbs" => texts(verbs),
        };
        map! {
            "apiVersion" => "rbac.authorization.k8s.io/v1",
            "kind" => "Role",
            "metadata" => map! { "name" => "deploys", "namespace" => "shop" },
            "rules" => vec![rule],
        }
    };
    let binding = map! {
        "apiVersion" => "rbac.authorization.k8s.io/v1",
        "kind" => "RoleBinding",
        "metadata" => map! { "name" => "deploys", "namespace" => "shop" },
        "roleRef" => map! {
            "apiGroup" => "rbac.authorization.k8s.io", "kind" => "Role", "name" => "deploys",
        },
        "subjects" => vec![map! {
            "kind" => "ServiceAccount", "name" => "deployer", "namespace" => "ci",
        }],
    };
    let admin = User::master("you");
    for object in [role(&["create", "patch"]), binding] {
        let key = Key::of(&object);
        ask(&mut world, &admin, key, Verb::Create(object)).expect("an administrator may");
    }
    ask(&mut world, &ci, web.clone(), create()).expect("the role allows it");
    let scale = map! { "spec" => map! { "replicas" => 3 } };
    let patch = || Verb::Patch(PatchType::Merge, scale.clone());
    ask(&mut world, &ci, web.clone(), patch()).expect("this, too");
    let delete = Verb::Delete(DeleteOptions::default());
    assert!(ask(&mut world, &ci, web.clone(), delete).is_err());

    // Rights that are taken away are gone at once.
    let less = role(&["create"]);
    let key = Key::of(&less);
    ask(&mut world, &admin, key, Verb::Update(less)).expect("an administrator may");
    assert!(ask(&mut world, &ci, web, patch()).is_err());
}

#[test]
fn a_controller_without_its_role_is_refused() {
    let mut world = world();
    let admin = User::master("you");
    let role = "system:controller:deployment-controller";
    let binding = Key::new("ClusterRoleBinding", "", role);
    let delete = Verb::Delete(DeleteOptions::default());
    ask(&mut world, &admin, binding, delete).expect("an administrator may");
    let web = Key::new("Deployment", "shop", "web");
    ask(&mut world, &admin, web, Verb::Create(deployment())).expect("an administrator may");
    world.run_until(1_000);
    assert!(world.store().list("ReplicaSet").is_empty());
    let said = world.take_output().entries;
    let refused = said.iter().find(|entry| entry.reason == "Forbidden");
    assert_eq!(
        refused.map(|entry| entry.message.as_str()),
        Some(
            "replicasets.apps is forbidden: User \
             \"system:serviceaccount:kube-system:deployment-controller\" cannot create resource \
             \"replicasets\" in API group \"apps\" in the namespace \"shop\""
        )
    );
}
