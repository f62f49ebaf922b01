//! `cargo run -p helm --example render -- FOLDER [RELEASE]` prints what `helm template` would.

#![allow(clippy::disallowed_methods, reason = "reads a folder")]

use helm::{Chart, ReleaseOptions, Values};
use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs, io};

fn read(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = env::args().nth(1).ok_or("which folder?")?;
    let mut files = BTreeMap::new();
    read(Path::new(&folder), "", &mut files)?;
    let options = ReleaseOptions {
        name: env::args()
            .nth(2)
            .unwrap_or_else(|| "release-name".to_owned()),
        ..ReleaseOptions::default()
    };
    let rendered = helm::render(&Chart::load(&files)?, &Values::new(), &options)?;
    print!("{}", rendered.to_template_output(false));
    Ok(())
}
