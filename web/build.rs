//! With `TEXTS=made-up`, the page speaks a made-up language: every text of the English one between ⟦ and
//! ⟧. What is seen without them is not in the table of texts, and `tests/e2e/language.test.mjs` says so.

// It is a program that reads and writes files.
#![allow(clippy::disallowed_methods)]

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rustc-check-cfg=cfg(made_up)");
    println!("cargo::rerun-if-env-changed=TEXTS");
    println!("cargo::rerun-if-changed=src/texts/en");
    if env::var("TEXTS").as_deref() != Ok("made-up") {
        return Ok(());
    }
    println!("cargo::rustc-cfg=made_up");
    let folder = PathBuf::from("src/texts/en");
    let mut all = bracketed(&fs::read_to_string(folder.join("mod.rs"))?);
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|it| it.to_str()) else {
            continue;
        };
        let body = bracketed(&fs::read_to_string(&path)?);
        all = all.replace(&format!("mod {name};"), &format!("mod {name} {{ {body} }}"));
    }
    let out = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(PathBuf::from(out).join("made_up.rs"), all)
}

/// A source file without its comments and with every string literal between brackets.
fn bracketed(source: &str) -> String {
    let mut made = String::new();
    for line in source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
    {
        made.push_str(line);
        made.push('\n');
    }
    let mut is_inside = false;
    let mut is_escaped = false;
    let mut out = String::new();
    for c in made.chars() {
        let is_quote = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        match (is_quote, is_inside) {
            (false, _) => out.push(c),
            (true, false) => out.push_str("\"⟦"),
            (true, true) => out.push_str("⟧\""),
        }
        is_inside ^= is_quote;
    }
    out
}
