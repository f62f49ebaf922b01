//! How far a rolling update may go: surge and unavailability in pods.

use kube::Value;

/// The limits of a rolling update, in pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fenceposts {
    /// How many pods there may be above `spec.replicas`.
    pub surge: i64,
    /// How many of `spec.replicas` may be unavailable.
    pub unavailable: i64,
}

/// The limits that a Deployment's spec sets (`deployment_util.go`, ResolveFenceposts, MaxSurge and
/// MaxUnavailable): surge rounds up, unavailability rounds down, and not both may be zero.
#[must_use]
pub fn fenceposts(spec: &Value) -> Fenceposts {
    let replicas = spec.get("replicas").as_int().unwrap_or(1);
    let strategy = spec.get("strategy");
    if strategy.get("type").text() == "Recreate" {
        return Fenceposts {
            surge: 0,
            unavailable: 0,
        };
    }
    let rolling = strategy.get("rollingUpdate");
    let surge = scaled(rolling.get("maxSurge"), replicas, true);
    let mut unavailable = scaled(rolling.get("maxUnavailable"), replicas, false);
    if surge == 0 && unavailable == 0 {
        unavailable = 1;
    }
    if replicas == 0 {
        unavailable = 0;
    }
    Fenceposts {
        surge,
        unavailable: unavailable.min(replicas),
    }
}

/// A number of pods, written as a number or as a share of `total` (`intstr`).
fn scaled(value: &Value, total: i64, up: bool) -> i64 {
    if let Some(number) = value.as_int() {
        return number;
    }
    let percent = value
        .text()
        .strip_suffix('%')
        .and_then(|text| text.parse::<i64>().ok());
    let product = percent.unwrap_or(0).saturating_mul(total);
    if up {
        (product + 99).div_euclid(100)
    } else {
        product.div_euclid(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::map;

    #[test]
    fn shares_become_pods() {
        let cases = [
            (10, Value::from("25%"), Value::from("25%"), (3, 2)),
            (1, "25%".into(), "25%".into(), (1, 0)),
            (3, 1.into(), 0.into(), (1, 0)),
            (3, "0%".into(), "10%".into(), (0, 1)),
            (2, 0.into(), 5.into(), (0, 2)),
            (0, "25%".into(), "50%".into(), (0, 0)),
        ];
        for (replicas, surge, unavailable, expected) in cases {
            let spec = map! {
                "replicas" => replicas,
                "strategy" => map! {
                    "type" => "RollingUpdate",
                    "rollingUpdate" => map! { "maxSurge" => surge, "maxUnavailable" => unavailable },
                },
            };
            let posts = fenceposts(&spec);
            assert_eq!((posts.surge, posts.unavailable), expected, "{spec:?}");
        }
    }
}
