//! Where charts and values files are read from: the disk, or files in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A link to something else.
    Link,
    /// A device, a socket, a pipe.
    Other,
}

/// Files that can be read. Errors are those of the system.
pub trait Files {
    /// What lies at a path; links are followed.
    fn kind(&self, path: &Path) -> io::Result<Kind>;
    /// What lies at a path; links are not followed.
    fn kind_of_link(&self, path: &Path) -> io::Result<Kind>;
    /// Where a link leads to in the end.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf>;
    /// The names in a folder, in order.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;
    /// The content of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Writes a file, after what it holds or in its place, and the folders above it.
    fn write(&self, path: &Path, text: &str, append: bool) -> io::Result<()>;
    /// What stands on standard input.
    fn standard_input(&self) -> io::Result<Vec<u8>>;
    /// The path from the root of the system.
    fn absolute(&self, path: &Path) -> PathBuf;
}

/// The files of this computer.
pub struct Disk;

fn kind_of(about: &fs::Metadata) -> Kind {
    let kind = about.file_type();
    if kind.is_dir() {
        Kind::Folder
    } else if kind.is_file() {
        Kind::File
    } else if kind.is_symlink() {
        Kind::Link
    } else {
        Kind::Other
    }
}

impl Files for Disk {
    fn kind(&self, path: &Path) -> io::Result<Kind> {
        fs::metadata(path).map(|about| kind_of(&about))
    }

    fn kind_of_link(&self, path: &Path) -> io::Result<Kind> {
        fs::symlink_metadata(path).map(|about| kind_of(&about))
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = fs::read_dir(path)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<String>>>()?;
        names.sort_unstable();
        Ok(names)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn write(&self, path: &Path, text: &str, append: bool) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true);
        options.append(append).truncate(!append);
        options.open(path)?.write_all(text.as_bytes())
    }

    fn standard_input(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        clean(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
    }
}

/// Files by path, in a folder that is the whole world.
pub struct Memory(RefCell<BTreeMap<String, Vec<u8>>>);

impl Memory {
    /// The world with these files.
    pub fn new(files: BTreeMap<String, Vec<u8>>) -> Memory {
        Memory(RefCell::new(files))
    }
}

impl Files for Memory {
    fn kind(&self, path: &Path) -> io::Result<Kind> {
        let files = self.0.borrow();
        let name = text(path);
        let below = format!("{name}/");
        let next = files.range(below.clone()..).next();
        if files.contains_key(&name) {
            Ok(Kind::File)
        } else if path == Path::new(".") || next.is_some_and(|(key, _)| key.starts_with(&below)) {
            Ok(Kind::Folder)
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    fn kind_of_link(&self, path: &Path) -> io::Result<Kind> {
        self.kind(path)
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let folder = match text(path) {
            folder if folder.is_empty() => folder,
            folder => format!("{folder}/"),
        };
        let files = self.0.borrow();
        let inside = files.keys().filter_map(|key| key.strip_prefix(&folder));
        let mut names: Vec<String> = inside
            .filter_map(|rest| rest.split('/').next().map(str::to_owned))
            .collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match (self.0.borrow().get(&text(path)), self.kind(path)) {
            (Some(content), _) => Ok(content.clone()),
            (None, Ok(_)) => Err(io::ErrorKind::IsADirectory.into()),
            (None, Err(error)) => Err(error),
        }
    }

    fn write(&self, path: &Path, content: &str, append: bool) -> io::Result<()> {
        let mut files = self.0.borrow_mut();
        let file = files.entry(text(path)).or_default();
        if !append {
            file.clear();
        }
        file.extend_from_slice(content.as_bytes());
        Ok(())
    }

    fn standard_input(&self) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        clean(path)
    }
}

/// The path without `.`, `..` and doubled slashes.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// A path as the key of a file in memory.
pub fn text(path: &Path) -> String {
    clean(path).to_string_lossy().into_owned()
}

/// An error of the system in Go's words.
pub fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        io::ErrorKind::NotADirectory => "not a directory".to_owned(),
        io::ErrorKind::AlreadyExists => "file exists".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            text.to_lowercase()
        }
    }
}

/// Why a file cannot be read, as Go says it.
pub fn read_words(path: &Path, error: &io::Error) -> String {
    let step = match error.kind() {
        io::ErrorKind::IsADirectory => "read",
        _ => "open",
    };
    format!("{step} {}: {}", path.display(), words(error))
}
