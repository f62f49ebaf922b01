//! The labs that come with the program.

/// A lab's files. `lab.yaml`, `cluster.yaml`, `traffic.yaml` and the folder `changes` belong to the lab
/// itself, not to a repository.
pub use crate::view::protocol::Files;

/// The names of the built-in labs.
pub const NAMES: [&str; 1] = ["order-service"];

/// The files of a built-in lab.
#[must_use]
pub fn built_in(name: &str) -> Option<Files> {
    let files = match name {
        "order-service" => ORDER_SERVICE,
        _ => return None,
    };
    let files = files.iter();
    Some(lean::map(
        files.map(|(path, text)| ((*path).into(), (*text).into())),
    ))
}

macro_rules! files {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../labs/", $folder, "/", $path)))),*]
    };
}

const ORDER_SERVICE: &[(&str, &str)] = files!["order-service":
    "lab.yaml",
    "cluster.yaml",
    "traffic.yaml",
    "order-service/app.yaml",
    "order-service/Dockerfile",
    "order-service/.github/workflows/deliver.yaml",
    "order-service/chart/Chart.yaml",
    "order-service/chart/values.yaml",
    "order-service/chart/templates/NOTES.txt",
    "order-service/chart/templates/_helpers.tpl",
    "order-service/chart/templates/deployment.yaml",
    "order-service/chart/templates/service.yaml",
    "order-service/chart/templates/serviceaccount.yaml",
    "changes/longer-timeout/order-service/app.yaml",
    "changes/longer-timeout/order-service/chart/values.yaml",
];
