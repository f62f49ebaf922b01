//! The built-in lab gives one trace, byte for byte, natively and in WebAssembly: this test runs in
//! both, and compares with the same recorded hash.

use reconcile::Lab;
use sha2::{Digest, Sha256};

/// The SHA-256 of the trace as JSON lines. A change of what happens, or of the words for it, changes
/// it: the failing test prints the new one.
const HASH: &str = include_str!("trace.sha256");

#[cfg_attr(target_family = "wasm", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_family = "wasm"), test)]
fn the_built_in_lab_gives_one_trace() {
    let mut lab = Lab::built_in("order-service").expect("the built-in lab opens");
    let sample = lab.sample().cloned().expect("it brings a pull request");
    let mut draft = lab.files();
    draft.extend(sample.files);
    lab.open_pull_request(&sample.title, &draft)
        .expect("the pull request opens");
    lab.merge().expect("and is merged");

    let mut hasher = Sha256::new();
    for entry in lab.entries() {
        hasher.update(serde_json::to_string(entry).expect("an entry is JSON"));
        hasher.update("\n");
    }
    let hash: String = hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(
        hash,
        HASH.trim(),
        "the trace is another: if that is meant, write the new hash down"
    );
    lab.seek(lab.end());
    assert_eq!(lab.outcome(), Some(true));
}
