use super::{listed, order_service};
use crate::delivery::app::{App, OnSigterm};
use crate::delivery::check::check;
use crate::delivery::definition::Definition;
use crate::delivery::labs;
use crate::delivery::reader::{Reader, parse_duration};
use crate::delivery::traffic::{self, Target};
use kube::fields::Table;

#[test]
fn every_built_in_lab_is_read() {
    for name in labs::NAMES {
        let files = labs::built_in(name).unwrap();
        let lab =
            Definition::read(&files).unwrap_or_else(|problems| panic!("{}", listed(&problems)));
        assert_eq!(lab.name, name);
    }
    assert_eq!(labs::built_in("no such lab"), None);
}

#[test]
fn the_order_service_is_what_its_files_say() {
    let lab = order_service();
    let nodes: Vec<_> = lab
        .cluster
        .nodes
        .iter()
        .map(|n| (n.name.as_str(), n.cpu, n.memory))
        .collect();
    assert_eq!(nodes[0], ("node-a", 2000, 4 << 30));
    assert_eq!((nodes.len(), lab.cluster.nodes[2].pods), (3, 110));
    let caller = &lab.traffic[0];
    assert_eq!(caller.steps[0].requests_per_second, 40);
    let target = Target::Service("order-service".into(), "shop".into(), "".into());
    assert_eq!(caller.target, target);
    assert_eq!(lab.cluster.delivered, ["order-service"]);
    assert_eq!(lab.repositories["order-service"].len(), 10);

    let app = App::parse("app.yaml", &lab.repositories["order-service"]["app.yaml"]).unwrap();
    assert_eq!(
        (app.version.as_str(), app.tests_pass, app.startup),
        ("1.4.1", true, 4000)
    );
    assert_eq!(
        (app.image_size, app.memory.base, app.memory.per_request),
        (84 << 20, 96 << 20, 512 << 10)
    );
    assert_eq!(
        (app.cpu.idle, app.cpu.per_request, app.latency, app.errors),
        (10, 4, 18, 0)
    );
    assert_eq!(app.on_sigterm, OnSigterm::Drain(2000));
    assert_eq!(app.needs.env.as_slice(), ["ORDER_TIMEOUT"]);

    let sample = &lab.samples[0];
    let changed: Vec<_> = sample.files.keys().collect();
    assert_eq!(
        changed,
        ["order-service/app.yaml", "order-service/chart/values.yaml"]
    );
}

#[test]
fn a_lab_may_change_how_long_things_take() {
    let cases = [
        ("nodeGrace: 20s", "20000"),
        ("pullBytesPerSecond: 1Mi", "50000"),
        ("nodeGrace: 0", "0"),
        (
            "nodeGrace: soon",
            "cluster.yaml:2:22: must be a time with its unit, such as 4s, 500ms or 1m30s; this is \"soon\"",
        ),
        (
            "autoscalerSync: 10ms",
            "cluster.yaml:2:27: autoscalerSync must be at least 100ms",
        ),
        (
            "nodeGrce: 1s",
            "cluster.yaml:2:11: unknown field \"nodeGrce\" in timings (did you mean \"nodeGrace\"?)",
        ),
    ];
    for (line, expected) in cases {
        let mut files = labs::built_in("order-service").unwrap();
        let nodes = "nodes: [{name: node-a, cpu: 2, memory: 4Gi}]";
        let text = format!("{nodes}\ntimings: {{{line}}}\n");
        files.insert("cluster.yaml".into(), text);
        let said = match Definition::read(&files) {
            Ok(lab) => lab.cluster.timings.node_grace.to_string(),
            Err(problems) => listed(&problems),
        };
        assert_eq!(said, expected, "{line}");
    }
}

#[test]
fn mistakes_in_app_yaml_are_named_where_they_are() {
    let cases = [
        ("", "a:0:0: the file is empty"),
        (
            "[]",
            "a:1:1: app.yaml must be a mapping (write `field: value` lines)",
        ),
        ("tests: pass", "a:1:1: app.yaml needs the field \"version\""),
        (
            "version: 1\nstartUp: 4s",
            "a:2:1: unknown field \"startUp\" in app.yaml (did you mean \"startup\"?)",
        ),
        (
            "version: 1\nmemory: {bse: 1Mi}",
            "a:2:10: unknown field \"bse\" in memory (did you mean \"base\"?)",
        ),
        (
            "version: 1\nversion: 2",
            "a:2:1: field \"version\" is there twice (keep one of them)",
        ),
        (
            "version: 1\ntests: maybe",
            "a:2:8: \"maybe\" is not possible here (write pass or fail)",
        ),
        (
            "version: 1\nstartup: 4",
            "a:2:10: must be a time with its unit, such as 4s, 500ms or 1m30s; this is \"4\"",
        ),
        (
            "version: 1\nlatency: 1001h",
            "a:2:10: must be a time with its unit, such as 4s, 500ms or 1m30s; this is \"1001h\"",
        ),
        (
            "version: 1\nimage:\n  size: big",
            "a:3:9: must be an amount of bytes, such as 84Mi or 1Gi; this is \"big\"",
        ),
        (
            "version: 1\nport: 0",
            "a:2:7: must be a whole number from 1 to 65535; this is \"0\"",
        ),
        (
            "version: 1\nerrors: 101%",
            "a:2:9: must be a share from 0% to 100%, such as 0.5%; this is \"101%\"",
        ),
        (
            "version: 1\nhealth: {liveness: live}",
            "a:2:20: a path begins with / (write /live)",
        ),
        (
            "version: 1\nonSigterm: drain",
            "a:2:12: \"drain\" is not possible here (write drain with a time, such as drain 2s; exit; or ignore)",
        ),
        (
            "version: a b",
            "a:1:10: \"a b\" cannot be part of an image's tag (use letters, digits, `.`, `_` and `-`, such as 1.4.2)",
        ),
        (
            "version: 1\ncalls:\n  - {path: /pay}",
            "a:3:5: a call needs the field \"service\"",
        ),
        (
            "version: 1\ncalls:\n  - {service: pay, on: pay, retrie: 2}",
            "a:3:29: unknown field \"retrie\" in a call (did you mean \"retries\"?)\n\
             a:3:24: a path begins with / (write /pay)",
        ),
        (
            "version: 1\nconcurrency: 0",
            "a:2:14: must be a whole number from 1 to 1000000; this is \"0\"",
        ),
        (
            "version: 1\nneeds: {env: HOME}",
            "a:2:14: must be a list (write one `- item` a line)",
        ),
    ];
    for (text, expected) in cases {
        let found = App::parse("a", text).map_err(|problems| listed(&problems));
        assert_eq!(found.unwrap_err(), expected, "{text}");
    }
}

#[test]
fn mistakes_in_traffic_yaml_are_named_where_they_are() {
    let cases = [
        (
            "- {service: shop}",
            "t:1:3: traffic needs the field \"requestsPerSecond\" (or steps, each with at and requestsPerSecond)",
        ),
        (
            "- {requestsPerSecond: 1}",
            "t:1:3: traffic needs the field \"service\"",
        ),
        (
            "- {host: shop.example, port: 80, requestsPerSecond: 1}",
            "t:1:30: requests to a host go where its Ingress says (keep host, or service with namespace and port)",
        ),
        (
            "- {service: shop, requestsPerSecond: 1, steps: []}",
            "t:1:48: steps say how many requests there are, and so does requestsPerSecond (keep one of them)",
        ),
        (
            "- service: shop\n  steps:\n    - {at: 0s, requestsPerSecond: 1, over: 9s}\n    - {at: 5s, requestsPerSecond: 2}",
            "t:4:7: a step begins when the one before it is over, or later",
        ),
        (
            "- {service: shop, requestsPerSecond: 1, path: cart, objective: 99}",
            "t:1:47: a path begins with / (write /cart)\n\
             t:1:64: must be a share from 0% to 100%, such as 0.5%; this is \"99\"",
        ),
    ];
    for (text, expected) in cases {
        let found = Reader::read("t", text, traffic::read);
        let found = found.map_err(|problems| listed(&problems));
        assert_eq!(found.unwrap_err(), expected, "{text}");
    }
}

#[test]
fn what_app_yaml_leaves_out_has_a_default() {
    assert_eq!(
        App::parse("a", "version: 1\nerrors: 0.5%\nimage:\n")
            .unwrap()
            .errors,
        50
    );
    let app = App::parse("a", "version: '1'").unwrap();
    assert_eq!(
        app,
        App {
            version: "1".into(),
            ..App::default()
        }
    );
}

#[test]
fn all_problems_of_a_lab_are_found_at_once() {
    let mut files = labs::built_in("order-service").unwrap();
    files.insert(
        "lab.yaml".into(),
        "name: Order\npullRequest: {title: a, branch: b, files: c}".into(),
    );
    files.insert(
        "cluster.yaml".into(),
        "nodes:\n  - name: a\n    cpus: 2\n    memory: 1Gi".into(),
    );
    files.insert(
        "traffic.yaml".into(),
        "- service: x\n  from: soon\n  requestsPerSecond: -1".into(),
    );
    let problems = Definition::read(&files).unwrap_err();
    insta::assert_snapshot!(listed(&problems));

    files = labs::built_in("order-service").unwrap();
    files.insert(
        "lab.yaml".into(),
        "name: order\npullRequest: {title: a, branch: b, files: c}".into(),
    );
    files.insert("cluster.yaml".into(), "nodes: []\ndelivered: [shop]".into());
    let problems = listed(&Definition::read(&files).unwrap_err());
    assert_eq!(
        problems,
        "cluster.yaml:0:0: delivered names \"shop\", and there is no such repository\n\
         lab.yaml:0:0: the pull request has no files in c/"
    );
    let problems = listed(&Definition::read(&labs::Files::new()).unwrap_err());
    assert_eq!(
        problems,
        "lab.yaml:0:0: the lab needs this file\ncluster.yaml:0:0: the lab needs this file"
    );
}

#[test]
fn durations_are_read_as_go_reads_them() {
    let cases = [
        ("0", Some(0)),
        ("4s", Some(4000)),
        ("1m30s", Some(90_000)),
        ("500ms", Some(500)),
        ("2h", Some(7_200_000)),
        ("", None),
        ("4", None),
        ("s", None),
        ("-4s", None),
        ("4 s", None),
        ("99999999999999999999h", None),
        ("9999999999999999h", None),
    ];
    for (text, expected) in cases {
        assert_eq!(parse_duration(text), expected, "{text}");
    }
}

#[test]
fn a_file_is_checked_as_what_it_is() {
    let cases = [
        ("shop/app.yaml", "tests: pass", "needs the field"),
        (
            "shop/.github/workflows/a.yml",
            "on: push",
            "Required property is missing: jobs",
        ),
        (
            "shop/chart/values.yaml",
            "a: b: c",
            "mapping values are not allowed",
        ),
        ("shop/chart/values.yaml", "a: b", ""),
        ("shop/chart/templates/a.yaml", "a: {{ .b }}: c", ""),
        ("shop/Dockerfile", "a: b: c", ""),
        ("cluster.yaml", "a: b: c", "mapping values are not allowed"),
        (
            "deploy/app.yml",
            "kind: Pod\napiVersion: v1\nspec:\n  contianers: []",
            "unknown field \"spec.contianers\"",
        ),
    ];
    for (path, text, expected) in cases {
        let found = listed(&check(path, text, Some(Table::embedded())));
        assert!(
            found.contains(expected) && found.is_empty() == expected.is_empty(),
            "{path}: {found}"
        );
    }
}
