//! Whole process against whole process: `rollout-lab template` and the real `helm template` over
//! a small, a middle and a large public chart.
//!
//! Needs the public charts (`../shared`) and a `helm` on PATH, or named by the variable `HELM`;
//! says what is missing, and measures what is there.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "runs programs against the clock"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// What is rendered, from small to large.
const CHARTS: [(&str, &str); 3] = [
    ("small", "stefanprodan-podinfo"),
    ("middle", "bitnami-apache"),
    ("large", "argoproj-argo-cd"),
];

/// How often each program runs; the two take turns, so that a busy moment meets both.
const RUNS: usize = 21;

/// What one program took for one chart.
#[derive(Default)]
struct Figures {
    times: Vec<Duration>,
    /// The most memory held at once, in KiB.
    memory: u64,
}

impl Figures {
    fn median_ms(&mut self) -> f64 {
        self.times.sort();
        self.times[self.times.len() / 2].as_secs_f64() * 1000.0
    }
}

fn main() {
    // Cargo says so when it measures; when it only tests that a bench still runs, it does not.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let charts =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/helm/charts");
    if !charts.is_dir() {
        println!(
            "the public charts are missing ({}): nothing measured",
            charts.display()
        );
        return;
    }
    let helm = std::env::var_os("HELM").map_or_else(|| PathBuf::from("helm"), PathBuf::from);
    let has_helm = Command::new(&helm).arg("version").output().is_ok();
    if !has_helm {
        println!("there is no helm on PATH, nor is HELM set: only our own figures");
    }
    println!(
        "| chart | lines | ours ms | helm ms | times faster | ours MiB | helm MiB | part of the memory |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (size, name) in CHARTS {
        let folder = charts.join(name);
        let (mut ours, mut theirs) = (Figures::default(), Figures::default());
        let mut lines = 0;
        for _ in 0..RUNS {
            lines = run(
                Path::new(env!("CARGO_BIN_EXE_rollout-lab")),
                &folder,
                &mut ours,
            );
            if has_helm {
                run(&helm, &folder, &mut theirs);
            }
        }
        let (time, memory) = (ours.median_ms(), mib(ours.memory));
        let beside = match has_helm {
            true => {
                let (other, held) = (theirs.median_ms(), mib(theirs.memory));
                [
                    format!("{other:.1}"),
                    format!("{:.1}", other / time),
                    format!("{held:.1}"),
                    format!("1/{:.1}", held / memory),
                ]
            }
            false => ["–"; 4].map(str::to_owned),
        };
        let [other, faster, held, part] = beside;
        println!(
            "| {size}: {name} | {lines} | {time:.1} | {other} | {faster} | {memory:.1} | {held} | {part} |"
        );
    }
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// Runs a program once over a chart and notes what it took. Returns how many lines it printed.
fn run(program: &Path, folder: &Path, figures: &mut Figures) -> usize {
    use std::io::Read;
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(["template", "rel", "chart", "--namespace", "demo"])
        .args(["--kube-version", "1.36.2", "--include-crds"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut text = Vec::new();
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_to_end(&mut text).expect("it prints");
    let ended = child.wait4().expect("it ends");
    assert!(ended.status.success(), "{} failed", program.display());
    figures.times.push(start.elapsed());
    figures.memory = figures.memory.max(ended.rusage.maxrss / 1024);
    text.iter().filter(|byte| **byte == b'\n').count()
}
