//! The seeds of the fuzz targets, and every input that they ever found, hold what must hold of all
//! (`fuzz/properties.rs`).

#![allow(clippy::disallowed_methods, reason = "reads the inputs")]

#[path = "../../../fuzz/properties.rs"]
mod properties;

use std::fs;
use std::path::Path;

#[test]
fn seeds_and_found_inputs_hold_the_properties() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    for target in ["yaml", "template", "set", "values"] {
        let mut tried = 0;
        for folder in ["seeds", "found"] {
            let Ok(entries) = fs::read_dir(fuzz.join(folder).join(target)) else {
                continue;
            };
            for entry in entries {
                let path = entry.unwrap().path();
                println!("{}", path.display());
                let bytes = fs::read(&path).unwrap();
                // A target gets as much of its input as is text.
                let text = bytes.utf8_chunks().next().map(|chunk| chunk.valid());
                properties::check(target, text.unwrap_or_default());
                tried += 1;
            }
        }
        assert!(tried >= 20, "{target} has too few seeds: {tried}");
    }
}
