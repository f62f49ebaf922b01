//! A rolling update keeps its promises, whatever the numbers: never too few ready pods, never too
//! many pods, and an end.

use super::{deployment, key, new_image, request, world};
use kube::Value;
use kube::api::Verb;
use proptest::prelude::*;
use reconcile::World;
use reconcile::cluster::deployment::fenceposts;
use reconcile::cluster::pod;

/// More virtual time than any rollout here needs.
const HOUR: u64 = 3_600_000;

fn limit() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0_i64..6).prop_map(Value::from),
        (0_u32..=100).prop_map(|percent| Value::from(format!("{percent}%"))),
    ]
}

/// Ready pods, and all pods; without those that were asked to stop.
fn count(world: &World) -> (i64, i64) {
    let pods = world.store().list("Pod");
    let active = || pods.iter().filter(|pod| pod::is_active(pod));
    let ready = active().filter(|pod| pod::is_ready(pod)).count();
    (ready as i64, active().count() as i64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn keeps_its_promises(
        seed in any::<u64>(),
        replicas in 0_i64..14,
        surge in limit(),
        unavailable in limit(),
        interrupt in 0_u64..12_000,
    ) {
        let zero = |value: &Value| matches!(value, Value::Int(0)) || value.text() == "0%";
        prop_assume!(!(zero(&surge) && zero(&unavailable)));
        let mut world = world(seed);
        let object = deployment(replicas, surge, unavailable);
        let posts = fenceposts(object.get("spec"));
        request(&mut world, key(), Verb::Create(object));
        settle(&mut world, |_| Ok(()))?;

        let promises = |world: &World| {
            let (ready, total) = count(world);
            prop_assert!(ready >= replicas - posts.unavailable, "{ready} ready at {}", world.now());
            prop_assert!(total <= replicas + posts.surge, "{total} pods at {}", world.now());
            Ok(())
        };
        new_image(&mut world, 2);
        // A second change in the middle of the first.
        let middle = world.now() + interrupt;
        while world.next_time().is_some_and(|next| next <= middle) {
            world.step();
            promises(&world)?;
        }
        new_image(&mut world, 3);
        settle(&mut world, promises)?;

        prop_assert_eq!(count(&world), (replicas, replicas));
        for pod in world.store().list("Pod") {
            let image = pod::containers(pod)[0].get("image").text();
            prop_assert_eq!(image, "registry.example/shop:3");
        }
    }
}

/// Lets the world act until it is settled, looking after each step.
fn settle(
    world: &mut World,
    look: impl Fn(&World) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let end = world.now() + HOUR;
    while world.next_change().is_some() {
        prop_assert!(world.now() < end, "it does not end");
        world.step();
        look(world)?;
    }
    Ok(())
}
