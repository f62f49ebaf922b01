//! What the cluster can do: `.Capabilities` of templates.

use crate::error::Error;
use gotmpl::value::{ElementType, ListType, Struct, StructType, Text};
use gotmpl::{List, Value};
use std::rc::Rc;

static CAPABILITIES: StructType = StructType {
    name: "*common.Capabilities",
};
static KUBE_VERSION: StructType = StructType {
    name: "common.KubeVersion",
};
static BUILD_INFO: StructType = StructType {
    name: "version.BuildInfo",
};

/// The version that templates take Helm for.
pub const HELM_VERSION: &str = "v4.3.1";

/// A Kubernetes version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// As given, with a `v` in front (`v1.36.2-gke.1`).
    pub version: String,
    /// Without what a vendor adds.
    pub normalized: String,
    /// The first number.
    pub major: String,
    /// The second number.
    pub minor: String,
}

impl Default for KubeVersion {
    /// The version that the lab speaks.
    fn default() -> KubeVersion {
        KubeVersion {
            version: "v1.36.0".to_owned(),
            normalized: "v1.36.0".to_owned(),
            major: "1".to_owned(),
            minor: "36".to_owned(),
        }
    }
}

impl KubeVersion {
    /// The version that `helm template` takes the cluster for if nobody says: that of Helm's client.
    #[must_use]
    pub fn of_client() -> KubeVersion {
        KubeVersion {
            version: "v1.37.0".to_owned(),
            normalized: "v1.37.0".to_owned(),
            major: "1".to_owned(),
            minor: "37".to_owned(),
        }
    }

    /// Reads a version: two numbers at least
    /// (k8s.io/apimachinery/pkg/util/version/version.go, `ParseGeneric`).
    ///
    /// # Errors
    /// What is no version, in Helm's words.
    pub fn parse(text: &str) -> Result<KubeVersion, Error> {
        let shown = |text: &str| gotmpl::quote::quote(text.as_bytes());
        let fail = |why: String| Error::new(format!("invalid kube version '{text}': {why}"));
        let unreadable = || fail(format!("could not parse {} as version", shown(text)));
        let body = text.trim_start();
        let body = body.strip_prefix('v').unwrap_or(body);
        let end = body
            .find(|letter: char| !(letter.is_ascii_digit() || letter == '.'))
            .unwrap_or(body.len());
        // What follows the numbers may begin with a dot.
        let numbers = body[..end].split("..").next().unwrap_or_default();
        let numbers = numbers.strip_suffix('.').unwrap_or(numbers);
        if !numbers.starts_with(|letter: char| letter.is_ascii_digit()) || body.contains('\n') {
            return Err(unreadable());
        }
        let mut components = Vec::new();
        let parts: Vec<&str> = numbers.split('.').collect();
        if parts.len() < 2 {
            return Err(fail(format!("illegal version string {}", shown(text))));
        }
        for part in &parts {
            if components.is_empty() && part.starts_with('0') && *part != "0" {
                return Err(fail(format!(
                    "illegal zero-prefixed version component {} in {}",
                    shown(part),
                    shown(text)
                )));
            }
            let number = part.parse::<u64>().map_err(|_| {
                fail(format!(
                    "illegal non-numeric version component {} in {}: strconv.ParseUint: parsing {}: value out of range",
                    shown(part),
                    shown(text),
                    shown(part)
                ))
            })?;
            components.push(number.to_string());
        }
        let prefix = if text.starts_with('v') { "" } else { "v" };
        Ok(KubeVersion {
            version: format!("{prefix}{text}"),
            normalized: format!("v{}", components.join(".")),
            major: components[0].clone(),
            minor: components[1].clone(),
        })
    }

    fn to_value(&self) -> Value {
        Value::Struct(Rc::new(Struct {
            ty: &KUBE_VERSION,
            fields: vec![
                ("Version", self.version.as_str().into()),
                ("normalizedVersion", self.normalized.as_str().into()),
                ("Major", self.major.as_str().into()),
                ("Minor", self.minor.as_str().into()),
            ],
            text: None,
            pointer_text: Some(Text::from(self.normalized.as_str())),
        }))
    }
}

/// The type of `.Capabilities.APIVersions`.
pub(crate) static VERSION_SET: ListType = ListType {
    name: "common.VersionSet",
    of: ElementType::String,
    is_nil: false,
};

/// `.Capabilities` for a version and further APIs.
pub(crate) fn capabilities(kube_version: &KubeVersion, more: &[String]) -> Value {
    let versions = API_VERSIONS
        .iter()
        .copied()
        .chain(more.iter().map(String::as_str))
        .map(Value::from)
        .collect();
    let helm = Struct {
        ty: &BUILD_INFO,
        fields: vec![
            ("Version", HELM_VERSION.into()),
            (
                "GitCommit",
                "c0d08d0d6d9424d4a14febb5e8a3e51b0dd00dff".into(),
            ),
            ("GitTreeState", "clean".into()),
            ("GoVersion", "go1.27.2".into()),
            ("KubeClientVersion", "v1.37".into()),
        ],
        text: None,
        pointer_text: None,
    };
    Value::Struct(Rc::new(Struct {
        ty: &CAPABILITIES,
        fields: vec![
            ("KubeVersion", kube_version.to_value()),
            ("APIVersions", List::typed(&VERSION_SET, versions).into()),
            ("HelmVersion", Value::Struct(Rc::new(helm))),
        ],
        text: None,
        pointer_text: None,
    }))
}

/// The APIs that Helm's client knows, in its order.
pub(crate) static API_VERSIONS: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];
