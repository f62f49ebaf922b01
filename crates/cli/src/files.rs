//! Reading a lab's folder.

use crate::Fault;
use reconcile::delivery::labs::Files;
use std::fs;
use std::path::Path;

/// Folders that hold no part of a lab.
const SKIPPED: [&str; 3] = [".git", "node_modules", "target"];
/// A lab is text that people wrote: more than this is a mistake.
const BYTES_MAX: u64 = 16 << 20;

/// All files under a folder, by path with `/`.
pub fn read(folder: &Path) -> Result<Files, Fault> {
    let mut files = Files::new();
    let mut bytes = 0;
    collect(folder, folder, &mut files, &mut bytes)?;
    Ok(files)
}

fn collect(root: &Path, folder: &Path, files: &mut Files, bytes: &mut u64) -> Result<(), Fault> {
    let fail = |path: &Path, error: &dyn std::fmt::Display| {
        Fault::Usage(format!("error: {}: {error}", path.display()))
    };
    let entries = fs::read_dir(folder).map_err(|error| fail(folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| fail(folder, &error))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(|error| fail(&path, &error))?;
        if kind.is_dir() {
            if !SKIPPED.iter().any(|name| entry.file_name() == *name) {
                collect(root, &path, files, bytes)?;
            }
            continue;
        }
        *bytes += entry.metadata().map_err(|error| fail(&path, &error))?.len();
        if *bytes > BYTES_MAX {
            return Err(fail(root, &"a lab may have at most 16 MiB of files"));
        }
        let content = fs::read(&path).map_err(|error| fail(&path, &error))?;
        let text = String::from_utf8(content).map_err(|_| fail(&path, &"is not UTF-8 text"))?;
        let relative = path.strip_prefix(root).unwrap_or(&path);
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        files.insert(parts.join("/"), text);
    }
    Ok(())
}
