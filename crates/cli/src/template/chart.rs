//! Finding a chart and reading its files, as Helm does
//! (helm.sh/helm/v4/pkg/action/install.go, pkg/chart/loader, internal/sympath).

use super::files::{Files, Kind, read_words, words};
use helm::{Chart, Error, IgnoreRules, Level, Log};
use std::path::{Path, PathBuf};

/// The largest file that a chart may have, in bytes.
const FILE_BYTES_MAX: usize = 5 << 20;
/// How deep folders may lie in each other: links can lead round in circles.
const DEPTH_MAX: usize = 64;

/// Where the chart of that name lies.
///
/// # Errors
/// There is nothing, in Helm's words; what would have to be downloaded is refused.
pub fn locate(files: &dyn Files, name: &str) -> Result<PathBuf, Error> {
    let name = name.trim();
    let path = Path::new(name);
    if files.kind(path).is_ok() {
        return Ok(files.absolute(path));
    }
    let message = match path.is_absolute() || name.starts_with('.') {
        true => format!("path {:?} not found", name),
        false => format!(
            "{name} is not a folder or .tgz file here, and charts are not downloaded by this program"
        ),
    };
    Err(Error::new(message))
}

/// Reads the chart in a folder, or in an archive.
///
/// # Errors
/// What cannot be read or is no chart, in Helm's words.
pub fn load(files: &dyn Files, path: &Path, log: &Log) -> Result<Chart, Error> {
    let manifest = path.join("Chart.yaml");
    let text = files.read(&manifest).map_err(|error| {
        let found = read_words(&manifest, &error);
        Error::new(format!(
            "unable to detect chart at {}: {found}",
            manifest.display()
        ))
    })?;
    Chart::check_api_version(&text)?;
    let rules = match files.read(&path.join(".helmignore")) {
        Ok(rules) => IgnoreRules::parse(&rules)?,
        Err(_) => IgnoreRules::default(),
    };
    let mut walk = Walk {
        files,
        rules,
        log,
        found: Vec::new(),
    };
    walk.folder(path, "", 0)?;
    Chart::from_files(walk.found, log)
}

/// Collects the files of a chart's folder.
struct Walk<'w> {
    files: &'w dyn Files,
    rules: IgnoreRules,
    log: &'w Log,
    found: Vec<(String, Vec<u8>)>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), Error> {
        let fail = |error: &std::io::Error| Error::new(read_words(folder, error));
        if depth > DEPTH_MAX {
            return Err(Error::new(format!(
                "{} lies more than {DEPTH_MAX} folders deep",
                folder.display()
            )));
        }
        for name in self.files.list(folder).map_err(|error| fail(&error))? {
            let path = folder.join(&name);
            let name = format!("{prefix}{name}");
            let mut kind = self
                .files
                .kind_of_link(&path)
                .map_err(|error| fail(&error))?;
            if kind == Kind::Link {
                kind = self.follow(&path)?;
            }
            if self.rules.ignores(&name, kind == Kind::Folder) {
                continue;
            }
            match kind {
                Kind::Folder => self.folder(&path, &format!("{name}/"), depth + 1)?,
                Kind::File => self.file(&path, name)?,
                Kind::Link | Kind::Other => {
                    return Err(Error::new(format!(
                        "cannot load irregular file {} as it has file mode type bits set",
                        path.display()
                    )));
                }
            }
        }
        Ok(())
    }

    fn follow(&self, path: &Path) -> Result<Kind, Error> {
        let fail = |error: std::io::Error| {
            Error::new(format!(
                "error evaluating symlink {}: {}",
                path.display(),
                words(&error)
            ))
        };
        let target = self.files.resolve(path).map_err(fail)?;
        self.log.add(
            Level::Info,
            "found symbolic link in path. Contents of linked file included and used",
            vec![
                ("path", path.display().to_string()),
                ("resolved", target.display().to_string()),
            ],
        );
        self.files.kind(path).map_err(fail)
    }

    fn file(&mut self, path: &Path, name: String) -> Result<(), Error> {
        let content = self.files.read(path).map_err(|error| {
            let found = read_words(path, &error);
            Error::new(format!("error reading {name}: {found}"))
        })?;
        if content.len() > FILE_BYTES_MAX {
            let shown = name.rsplit('/').next().unwrap_or(&name);
            return Err(Error::new(format!(
                "chart file {shown:?} is larger than the maximum file size {FILE_BYTES_MAX}"
            )));
        }
        self.found.push((name, content));
        Ok(())
    }
}
