//! `cargo xtask bench`: how fast the engine and the page are, and how much a browser loads.

use std::path::PathBuf;

use crate::step::{run as run_program, step};
use crate::{Part, build, tools};

/// What is measured, in this order.
const PARTS: &[Part<()>] = &[
    Part {
        name: "native",
        run: native,
    },
    Part {
        name: "template",
        run: template,
    },
    Part {
        name: "browser",
        run: browser,
    },
    Part {
        name: "size",
        run: size,
    },
    Part {
        name: "page",
        run: page,
    },
];

/// Measures everything, or one part.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let parts = crate::chosen(PARTS, arguments)?;
    parts.iter().try_for_each(|part| (part.run)())
}

/// `cargo xtask bench-page`: the page alone, beside its budgets.
pub fn run_page(arguments: &[String]) -> Result<(), String> {
    crate::no_arguments(arguments)?;
    page()
}

/// The criterion bench of the engine on this machine, then its figures as a table.
fn native() -> Result<(), String> {
    tools::node()?;
    let criterion_home = tools::target().join("criterion");
    step("cargo bench: reconcile, rollout", || {
        let mut bench = tools::cargo();
        bench
            .args(["bench", "--package", "reconcile", "--bench", "rollout"])
            .env("CRITERION_HOME", &criterion_home);
        run_program(&mut bench)
    })?;
    step("cargo bench: reconcile, history", || {
        let mut bench = tools::cargo();
        run_program(bench.args(["bench", "--package", "reconcile", "--bench", "history"]))
    })?;
    step("the engine, natively", || {
        run_program(
            tools::program("node")
                .arg("tests/bench/native.mjs")
                .arg(criterion_home),
        )
    })
}

/// `rollout-lab template` beside the real `helm template`, where there is one.
fn template() -> Result<(), String> {
    step("whole charts, beside helm", || {
        let mut bench = tools::cargo();
        run_program(bench.args(["bench", "--package", "rollout-lab", "--bench", "template"]))
    })
}

/// The same work in Chromium, compiled as the page is.
fn browser() -> Result<(), String> {
    let chromium = tools::chromium()?;
    let out = module("browser_bench")?;
    step("the engine, in Chromium", || {
        let mut node = tools::program("node");
        node.arg("tests/bench/engine.mjs").arg(out);
        run_program(node.env("CHROME_PATH", chromium))
    })
}

/// What YAML, templates and charts alone weigh in a page.
fn size() -> Result<(), String> {
    let out = module("helm_size")?;
    step("a page that only renders charts", || {
        run_program(
            tools::program("node")
                .arg("tests/bench/weight.mjs")
                .arg(out),
        )
    })
}

/// Compiles an example of the crate reconcile as the page is compiled; the folder that it is in then.
fn module(example: &str) -> Result<PathBuf, String> {
    tools::wasm_target()?;
    tools::wasm_bindgen()?;
    tools::npm_packages()?;
    let out = tools::target().join("browser").join(example);
    step(&format!("{example} for the browser"), || {
        let mut build = tools::cargo();
        build
            .args(["build", "--package", "reconcile", "--example", example])
            .args(["--target", tools::WASM_TARGET])
            .args(["--profile", build::PROFILE])
            .env("CARGO_ENCODED_RUSTFLAGS", build::flags()?);
        run_program(&mut build)?;
        let module = tools::target()
            .join(tools::WASM_TARGET)
            .join(build::PROFILE)
            .join("examples")
            .join(format!("{example}.wasm"));
        let mut bindgen = tools::program("wasm-bindgen");
        bindgen.args(["--target", "web", "--no-typescript", "--out-dir"]);
        run_program(bindgen.arg(&out).arg(module))?;
        let module = out.join(format!("{example}_bg.wasm"));
        let mut optimise = tools::program("wasm-opt");
        run_program(optimise.arg("-O2").arg(&module).arg("-o").arg(&module))
    })?;
    Ok(out)
}

/// The release site: what it weighs, how soon it can be used, how it keeps up with 200 pods and with typing.
fn page() -> Result<(), String> {
    let chromium = tools::chromium()?;
    build::site()?;
    step("the page, in Chromium", || {
        let mut node = tools::program("node");
        node.arg("tests/bench/page.mjs");
        run_program(node.env("CHROME_PATH", chromium))
    })
}
