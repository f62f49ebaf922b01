//! The last moment of a story says what came of it.

#![cfg(not(target_family = "wasm"))]

mod merged;

use merged::{Edit, merged};
use reconcile::{Done, Lab};

const APP: &str = "order-service/app.yaml";
const VALUES: &str = "order-service/chart/values.yaml";

/// The sentence of the last moment.
fn last(lab: &mut Lab) -> String {
    lab.seek(lab.end());
    let sentence = lab.scene().sentence.expect("much happened");
    sentence.text.to_string()
}

#[test]
fn what_came_of_a_merge() {
    let cases: [(&[Edit], &str); 7] = [
        (
            &[(VALUES, "LOG_LEVEL: info", "LOG_LEVEL: debug")],
            "All 3 pods are new and ready, on 1.4.1-8795985; no request failed.",
        ),
        (
            &[(VALUES, "replicaCount: 3", "replicaCount: 5")],
            "2 of 5 pods are new, the others run as before; no request failed.",
        ),
        (
            &[(VALUES, "replicaCount: 3", "replicaCount: 2")],
            "1 pod is gone, the other 2 run as before; no request failed.",
        ),
        (
            &[(VALUES, "replicaCount: 3", "replicaCount: 1")],
            "2 pods are gone, the last one runs as before; no request failed.",
        ),
        (
            &[(VALUES, "replicaCount: 3", "replicaCount: 3 # three")],
            "The same 3 pods run as before; no request failed.",
        ),
        (
            &[(APP, "tests: pass", "tests: fail")],
            "The workflow failed. The same 3 pods run as before; no request failed.",
        ),
        (
            &[(APP, "readiness: /readyz", "readiness: /ready")],
            "The workflow failed. 2 pods of the new template to go: 3 of 3 wanted pods are ready; no request failed.",
        ),
    ];
    for (changes, expected) in cases {
        assert_eq!(last(&mut merged(changes)), expected, "{changes:?}");
    }
}

#[test]
fn what_came_of_a_command() {
    let mut lab = Lab::built_in("order-service").expect("it is built in");
    assert_eq!(
        last(&mut lab),
        "All 3 wanted pods are ready; all of 40 requests a second are answered."
    );
    for (command, expected) in [
        (
            "kubectl scale deployment/order-service -n shop --replicas=0",
            "No pod is wanted, and none is ready; none of 40 requests a second is answered.",
        ),
        (
            "kubectl delete deployment order-service -n shop",
            "No Deployment is left, so nothing keeps pods alive; none of 40 requests a second is answered.",
        ),
    ] {
        let (_, done) = lab.command(command);
        assert_eq!(done, Done::Changed, "{command}");
        assert_eq!(last(&mut lab), expected, "{command}");
    }
}

#[test]
fn an_image_by_its_digest_has_no_tag() {
    let mut lab = Lab::built_in("order-service").expect("it is built in");
    let digest = "jsonpath={.items[0].status.containerStatuses[0].imageID}";
    let (printed, _) = lab.command(&format!("kubectl get pods -n shop -o {digest}"));
    let (_, digest) = printed.stdout.trim().rsplit_once(':').expect("a digest");
    let image = format!("registry.example/order-service@sha256:{digest}");
    let command = format!("kubectl set image deployment/order-service -n shop *={image}");
    let (_, done) = lab.command(&command);
    assert_eq!(done, Done::Changed, "{command}");
    assert_eq!(
        last(&mut lab),
        "All 3 pods are new and ready; no request failed."
    );
}

#[test]
fn what_was_only_said_is_told_itself() {
    let mut lab = Lab::built_in("order-service").expect("it is built in");
    let mut draft = lab.files();
    draft.insert("order-service/README.md".to_owned(), "Read me.".to_owned());
    lab.open_pull_request("A change", &draft)
        .expect("it can be");
    assert!(last(&mut lab).starts_with("Pull request #1 of order-service is open."));
}
