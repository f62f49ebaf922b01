//! Texts that count. That nothing else in the page is prose, `crates/xtask/src/prose.rs` tests.

#[test]
fn one_is_not_many() {
    for (n, text) in [(0, "0 pods"), (1, "1 pod"), (3, "3 pods")] {
        assert_eq!(super::pods(n), text);
    }
}

#[test]
fn durations_take_the_unit_that_fits() {
    for (t, text) in [(800, "800 ms"), (4_200, "4 s"), (125_000, "2 min 5 s")] {
        assert_eq!(super::duration(t), text);
    }
}

#[test]
fn memory_takes_the_unit_that_fits() {
    for (mib, text) in [(384, "384 Mi"), (1_536, "1.5 Gi"), (4_096, "4 Gi")] {
        assert_eq!(super::memory(mib), text);
    }
}
