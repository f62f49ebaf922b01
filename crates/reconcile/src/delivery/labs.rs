//! The labs that come with the program.

/// A lab's files. `lab.yaml`, `cluster.yaml`, `traffic.yaml` and the folder `changes` belong to the lab
/// itself, not to a repository.
pub use crate::view::protocol::Files;
use crate::view::protocol::LabRow;

/// The names of the built-in labs.
pub const NAMES: [&str; 4] = ["order-service", "order-service-gitops", "shop", "monolith"];

/// The files of a built-in lab.
#[must_use]
pub fn built_in(name: &str) -> Option<Files> {
    let parts = match name {
        "order-service" => ORDER_SERVICE,
        "order-service-gitops" => ORDER_SERVICE_GITOPS,
        "shop" => SHOP,
        "monolith" => MONOLITH,
        _ => return None,
    };
    let files = parts.iter().flat_map(|part| part.iter());
    Some(lean::map(
        files.map(|(path, text)| ((*path).into(), (*text).into())),
    ))
}

/// The built-in labs with their titles.
#[must_use]
pub fn list() -> Vec<LabRow> {
    let row = |name: &&str| {
        let files = built_in(name)?;
        let lab = yaml::decode(files.get("lab.yaml")?).ok()?;
        Some(LabRow {
            name: (*name).into(),
            title: lab.get("title").to_text(),
        })
    };
    NAMES.iter().filter_map(row).collect()
}

/// Files by path with their texts.
type Part = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($lab:literal: $($path:expr),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../labs/", $lab, "/", $path)))),*]
    };
}

/// The repository of a service, as all labs have them.
macro_rules! service {
    ($lab:literal, $name:literal) => {
        files![$lab:
            concat!($name, "/app.yaml"),
            concat!($name, "/Dockerfile"),
            concat!($name, "/.github/workflows/deliver.yaml"),
            concat!($name, "/chart/Chart.yaml"),
            concat!($name, "/chart/values.yaml"),
            concat!($name, "/chart/templates/NOTES.txt"),
            concat!($name, "/chart/templates/_helpers.tpl"),
            concat!($name, "/chart/templates/deployment.yaml"),
            concat!($name, "/chart/templates/service.yaml"),
            concat!($name, "/chart/templates/serviceaccount.yaml"),
        ]
    };
}

const ORDER_SERVICE: &[Part] = &[
    files!["order-service": "lab.yaml", "cluster.yaml", "traffic.yaml"],
    service!["order-service", "order-service"],
    files!["order-service":
        "changes/longer-timeout/order-service/app.yaml",
        "changes/longer-timeout/order-service/chart/values.yaml",
    ],
];

const ORDER_SERVICE_GITOPS: &[Part] = &[files!["order-service-gitops":
    "lab.yaml",
    "cluster.yaml",
    "traffic.yaml",
    "order-service/app.yaml",
    "order-service/Dockerfile",
    "order-service/.github/workflows/deliver.yaml",
    "deploy-config/apps/order-service.yaml",
    "deploy-config/order-service/Chart.yaml",
    "deploy-config/order-service/values.yaml",
    "deploy-config/order-service/templates/_helpers.tpl",
    "deploy-config/order-service/templates/deployment.yaml",
    "deploy-config/order-service/templates/service.yaml",
    "deploy-config/order-service/templates/serviceaccount.yaml",
    "changes/longer-timeout/deploy-config/order-service/values.yaml",
    "changes/next-version/order-service/app.yaml",
]];

const SHOP: &[Part] = &[
    files!["shop": "lab.yaml", "cluster.yaml", "traffic.yaml"],
    service!["shop", "auth-service"],
    service!["shop", "gateway"],
    service!["shop", "order-service"],
    service!["shop", "payment-service"],
    files!["shop":
        "changes/auth-service/auth-service/chart/values.yaml",
        "changes/gateway/gateway/app.yaml",
        "changes/order-service/order-service/app.yaml",
        "changes/order-service/order-service/chart/values.yaml",
        "changes/payment-service/payment-service/app.yaml",
    ],
];

const MONOLITH: &[Part] = &[
    files!["monolith": "lab.yaml", "cluster.yaml", "traffic.yaml"],
    service!["monolith", "monolith"],
    files!["monolith":
        "changes/longer-timeout/monolith/app.yaml",
        "changes/longer-timeout/monolith/chart/values.yaml",
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_lab_is_listed_with_its_title() {
        let rows = list();
        let names: Vec<&str> = rows.iter().map(|row| &*row.name).collect();
        assert_eq!(names, NAMES);
        for row in rows {
            assert!(!row.title.is_empty(), "{}", row.name);
        }
    }
}
