//! Public charts, byte for byte as Helm renders them (`../shared/conformance/helm/charts` beside the
//! repository). Where they are missing, nothing is tested.
//!
//! `tests/conformance/chart-gaps.txt` lists the variants that differ. A change either way fails.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use helm::{Chart, KubeVersion, ReleaseOptions, Values};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn read_folder(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read_folder(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}

fn render(folder: &Path, case: &Json) -> Result<String, String> {
    let run = || {
        let mut files = BTreeMap::new();
        read_folder(&folder.join("chart"), "", &mut files);
        let values = Values::new();
        for file in case["values"].as_array().into_iter().flatten() {
            let file = folder.join(file.as_str().unwrap_or_default());
            values.merge(&Values::parse(&fs::read_to_string(file).unwrap())?);
        }
        let options = ReleaseOptions {
            name: "rel".to_owned(),
            namespace: "demo".to_owned(),
            kube_version: KubeVersion::parse("1.36.2")?,
            ..ReleaseOptions::default()
        };
        helm::render(&Chart::load(&files)?, &values, &options)
    };
    run()
        .map(|rendered| rendered.to_template_output(true))
        .map_err(|error| error.message)
}

/// The text without the lines (from 1) that vary from run to run.
fn masked(text: &str, mask: &Json) -> Vec<String> {
    let hidden: Vec<u64> = mask
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_u64)
        .collect();
    text.split('\n')
        .enumerate()
        .map(|(at, line)| match hidden.contains(&(at as u64 + 1)) {
            true => "<masked>".to_owned(),
            false => line.to_owned(),
        })
        .collect()
}

#[test]
fn charts_render_as_listed() {
    let charts =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/helm/charts");
    let Ok(cases) = fs::read_to_string(charts.join("cases.json")) else {
        eprintln!("skipped: {} is missing", charts.display());
        return;
    };
    let cases: Json = serde_json::from_str(&cases).unwrap();
    let show = std::env::var_os("SHOW").map(|show| show.to_string_lossy().into_owned());
    let (mut gaps, mut all) = (String::new(), 0);
    for case in cases["cases"].as_array().into_iter().flatten() {
        let name = case["chart"].as_str().unwrap_or_default();
        let label = format!("{name} {}", case["case"].as_str().unwrap_or_default());
        let folder = charts.join(name);
        let got = render(&folder, case);
        all += 1;
        let difference = match (&got, &case["error"]) {
            (Ok(text), Json::Null) => {
                let wanted = folder.join(case["expected"].as_str().unwrap_or_default());
                let wanted = masked(&fs::read_to_string(wanted).unwrap(), &case["mask"]);
                let text = masked(text, &case["mask"]);
                let mut pairs = wanted.iter().zip(&text).enumerate();
                let first = pairs.find(|(_, (wanted, got))| wanted != got);
                match first {
                    Some((at, (wanted, got))) => Some(format!(
                        "line {}\n  want {wanted:?}\n  got  {got:?}",
                        at + 1
                    )),
                    None if wanted.len() != text.len() => {
                        Some(format!("{} lines, not {}", text.len(), wanted.len()))
                    }
                    None => None,
                }
            }
            (Err(error), Json::String(wanted)) => {
                let same = wanted.contains(error.trim_end());
                (!same).then(|| format!("want {wanted}\n  got  {error}"))
            }
            (got, wanted) => Some(format!("want {wanted}\n  got  {:?}", got.as_ref().err())),
        };
        if let Some(difference) = difference {
            gaps.push_str(&format!("{label}\n"));
            if show.as_deref().is_some_and(|show| label.starts_with(show)) {
                println!("{label}: {difference}");
            }
        }
    }
    println!("{} of {all} variants are equal", all - gaps.lines().count());
    let listed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/chart-gaps.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&listed, &gaps).unwrap();
    }
    assert_eq!(gaps, fs::read_to_string(&listed).unwrap_or_default());
}
