//! Finding a chart and reading its files, as Helm does
//! (helm.sh/helm/v4/pkg/action/install.go, pkg/chart/loader, internal/sympath).

use super::files::{Files, Kind, read_words, words};
use gotmpl::quote::quote;
use helm::{Chart, Error, IgnoreRules, Level, Log};
use std::path::{Path, PathBuf};

/// The largest file that a chart may have, in bytes.
const FILE_BYTES_MAX: usize = 5 << 20;
/// How deep folders may lie in each other: links can lead round in circles.
const DEPTH_MAX: usize = 64;

/// Where the chart of that name lies.
///
/// # Errors
/// There is nothing: what Helm says that knows no repositories. What would have to be downloaded is
/// refused.
pub fn locate(files: &dyn Files, name: &str) -> Result<PathBuf, String> {
    let name = name.trim();
    let path = Path::new(name);
    if files.kind(path).is_ok() {
        return Ok(files.absolute(path));
    }
    if path.is_absolute() || name.starts_with('.') {
        return Err(format!("path {} not found", quote(name.as_bytes())));
    }
    if name.contains("://") {
        return Err(format!(
            "{name} is not read: nothing is downloaded by this program"
        ));
    }
    match name.split_once('/') {
        Some((repository, _)) => Err(format!("repo {repository} not found")),
        None => Err(format!(
            "non-absolute URLs should be in form of repo_name/path_to_chart, got: {name}"
        )),
    }
}

/// Reads the chart in a folder, or in an archive.
///
/// # Errors
/// What cannot be read or is no chart, in Helm's words.
pub fn load(files: &dyn Files, path: &Path, log: &Log) -> Result<Chart, Error> {
    if files.kind(path).is_ok_and(|kind| kind != Kind::Folder) {
        return load_archive(files, path, log);
    }
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

fn load_archive(files: &dyn Files, path: &Path, log: &Log) -> Result<Chart, Error> {
    let name = path.display().to_string();
    let bytes = files
        .read(path)
        .map_err(|error| Error::new(read_words(path, &error)))?;
    if !bytes.starts_with(b"\x1F\x8B\x08") {
        let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        return Err(Error::new(match is_yaml {
            true => {
                format!("file '{name}' seems to be a YAML file, but expected a gzipped archive")
            }
            false => format!(
                "file '{name}' does not appear to be a gzipped archive; got '{}'",
                content_type(&bytes)
            ),
        }));
    }
    Chart::from_archive(&bytes, &name, log)
}

/// What Go takes a file for that is no archive (net/http/sniff.go), as far as people mistake such
/// files for charts. Helm shows it the file's beginning with zeros up to 512 bytes.
fn content_type(bytes: &[u8]) -> &'static str {
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F);
    match bytes {
        [b'P', b'K', 3, 4, ..] => "application/zip",
        bytes if bytes.len() < 512 || bytes[..512].iter().any(is_control) => {
            "application/octet-stream"
        }
        _ => "text/plain; charset=utf-8",
    }
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
