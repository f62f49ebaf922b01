//! `cargo xtask serve`: the lab on this machine, built again on every change.

use std::net::TcpListener;

use crate::{build, step, tools};

/// Sets up what is missing, then builds and serves until it is stopped.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let port = crate::option(arguments, "--port")?.unwrap_or("8080");
    let number: u16 = port
        .parse()
        .map_err(|_| format!("`{port}` is not a port"))?;
    // Asked before the build, which takes minutes the first time.
    TcpListener::bind(("127.0.0.1", number))
        .map_err(|error| format!("port {port} cannot be had ({error}); --port takes another"))?;
    tools::site_builders()?;
    tools::npm_packages()?;
    build::opening()?;
    build::editor()?;

    println!("==> Rollout Lab will be at http://127.0.0.1:{port} (stop it with Ctrl+C)");
    // A folder of its own, so that the release site in dist/ stays as it is.
    let mut trunk = tools::program("trunk");
    trunk
        .args(["serve", "--address", "127.0.0.1", "--port", port])
        .args(["--dist", "target/serve", "--serve-base", "/"])
        .env(crate::finish::SERVED, "1");
    step::run(&mut trunk)
}
