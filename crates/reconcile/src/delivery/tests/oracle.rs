//! Real programs to compare with, where the machine has them.
#![allow(
    clippy::disallowed_methods,
    reason = "these tests call real programs and write their files"
)]

use crate::delivery::git::Tree;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Whether a program is there. Says so if it is not.
pub fn has(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok();
    if !found {
        eprintln!("{program} is not installed: not compared with it");
    }
    found
}

/// A folder that goes when the test ends.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("rollout-lab-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// Replaces everything but `.git` with these files.
    pub fn fill(&self, files: &Tree) {
        for entry in std::fs::read_dir(&self.0).unwrap().map(Result::unwrap) {
            match (
                entry.file_name() == ".git",
                entry.file_type().unwrap().is_dir(),
            ) {
                (true, _) => {}
                (_, true) => std::fs::remove_dir_all(entry.path()).unwrap(),
                (_, false) => std::fs::remove_file(entry.path()).unwrap(),
            }
        }
        for (path, text) in files {
            let path = self.0.join(path.as_str());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text.as_str()).unwrap();
        }
    }

    /// Runs a program in the folder: its status, and what it printed.
    pub fn run(&self, program: &str, args: &[&str], env: &[(&str, &str)]) -> (i32, String) {
        run_in(&self.0, program, args, env)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run_in(folder: &Path, program: &str, args: &[&str], env: &[(&str, &str)]) -> (i32, String) {
    let output = Command::new(program)
        .args(args)
        .envs(env.iter().copied())
        // Nothing of the person's own settings.
        .envs([
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("LC_ALL", "C"),
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).unwrap(),
    )
}
