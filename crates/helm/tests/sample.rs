//! The chart of the lab that everyone sees first renders, without values and with.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use helm::{Chart, ReleaseOptions, SetKind, Values};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn sample() -> Option<Chart> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../reconcile/labs/order-service/order-service/chart");
    let mut files = BTreeMap::new();
    for name in ["", "templates/"] {
        for entry in fs::read_dir(folder.join(name)).ok()? {
            let entry = entry.unwrap();
            if entry.path().is_file() {
                let path = format!("{name}{}", entry.file_name().to_string_lossy());
                files.insert(path, fs::read(entry.path()).unwrap());
            }
        }
    }
    Some(Chart::load(&files).unwrap())
}

#[test]
fn it_renders_and_every_line_has_an_origin() {
    let Some(chart) = sample() else {
        return;
    };
    let values = Values::new();
    values.set("image.tag=1.4.2-abcdef0", SetKind::Set).unwrap();
    let options = ReleaseOptions {
        name: "order-service".to_owned(),
        provenance: true,
        ..ReleaseOptions::default()
    };
    let rendered = helm::render(&chart, &values, &options).unwrap();
    let deployment = rendered
        .manifests
        .iter()
        .find(|m| m.kind == "Deployment")
        .unwrap();
    assert!(
        deployment.content.contains("1.4.2-abcdef0"),
        "{}",
        deployment.content
    );
    assert!(yaml::decode(&deployment.content).is_ok());
    for (at, line) in deployment.content.lines().enumerate() {
        let origin = rendered.origin(deployment, at);
        assert!(
            origin.is_some_and(|origin| origin.sites[0].file.contains("templates/")),
            "{line}"
        );
    }
}
