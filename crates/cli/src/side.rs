//! A chart to look at: a folder, a packed chart, or a folder of a git revision, with values.

use crate::Fault;
use crate::git::Repository;
use crate::template::command::{options, values};
use crate::template::explain::givers;
use crate::template::files::{Disk, Files, Kind, Memory, text};
use crate::template::flags::Parsed;
use crate::template::{Settings, chart};
use helm::{Log, Lookup, Prepared};
use reconcile::delivery::git::Tree;
use reconcile::delivery::plan::Side;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Where a chart lies, and its files.
pub struct Source {
    /// The chart's path as the user knows it; empty for the root of a repository.
    pub label: String,
    /// The chart's files in memory, by label and path.
    memory: Memory,
    /// The chart's files that are text, by their paths in it.
    pub tree: Tree,
    /// Where files outside of the chart are looked for.
    outside: Outside,
}

/// Where files outside of a chart are looked for.
enum Outside {
    Disk,
    /// A revision of a repository, then the disk.
    Revision(Repository, String),
}

/// A chart rendered.
pub struct Rendered {
    /// What came of it.
    pub side: Side,
    /// What is said on the way.
    pub log: Log,
}

impl Source {
    /// The chart that lies in a folder, or in an archive.
    ///
    /// # Errors
    /// There is none.
    pub fn of_disk(path: &str) -> Result<Source, Fault> {
        let place = Path::new(path);
        let mut found = BTreeMap::new();
        match Disk.kind(place) {
            Ok(Kind::Folder) => collect(place, Path::new(""), 0, &mut found)
                .map_err(|error| Fault::failed(format!("{path}: {error}")))?,
            Ok(_) => {
                let bytes = Disk.read(place);
                let bytes = bytes.map_err(|error| Fault::failed(format!("{path}: {error}")))?;
                found.insert(PathBuf::new(), bytes);
            }
            Err(_) => return Err(Fault::failed(format!("path {path:?} not found"))),
        }
        let label = path.trim_end_matches('/');
        Ok(Source::new(label, found, Outside::Disk))
    }

    /// The chart that lies in a folder of a revision; none if there are no files.
    ///
    /// # Errors
    /// What git says.
    pub fn of_revision(
        repository: Repository,
        revision: &str,
        path: &str,
    ) -> Result<Option<Source>, Fault> {
        let label = path.trim_start_matches("./").trim_matches('/');
        let files = repository.files(revision, label)?;
        let inside = |name: String| match label {
            "" => PathBuf::from(name),
            label => PathBuf::from(
                name.strip_prefix(label)
                    .unwrap_or(&name)
                    .trim_start_matches('/'),
            ),
        };
        let found: BTreeMap<PathBuf, Vec<u8>> = files
            .into_iter()
            .map(|(name, bytes)| (inside(name), bytes))
            .collect();
        if found.is_empty() {
            return Ok(None);
        }
        let outside = Outside::Revision(repository, revision.to_owned());
        Ok(Some(Source::new(label, found, outside)))
    }

    fn new(label: &str, found: BTreeMap<PathBuf, Vec<u8>>, outside: Outside) -> Source {
        let utf8 = |(path, bytes): (&PathBuf, &Vec<u8>)| {
            let text = String::from_utf8(bytes.clone()).ok()?;
            Some((path.to_string_lossy().as_ref().into(), text.into()))
        };
        let tree = found.iter().filter_map(utf8).collect();
        let files = found.into_iter().map(|(path, bytes)| {
            let whole = match path.as_os_str().is_empty() {
                true => PathBuf::from(label),
                false => Path::new(label).join(path),
            };
            (text(&whole), bytes)
        });
        Source {
            label: label.to_owned(),
            memory: Memory::new(files.collect()),
            tree,
            outside,
        }
    }

    /// Renders it with what flags say. The release is called as the chart if they give no name.
    ///
    /// # Errors
    /// What Helm says.
    pub fn render(
        &self,
        flags: &Parsed,
        release: &str,
        lookup: Option<Lookup>,
    ) -> Result<Rendered, Fault> {
        let fail = |error: helm::Error| {
            let place = match self.label.as_str() {
                "" => String::new(),
                label => format!("{label}: "),
            };
            Fault::failed(format!("{place}{}", error.message))
        };
        let log = Log::default();
        let place = match self.label.as_str() {
            "" => Path::new("."),
            label => Path::new(label),
        };
        let chart = chart::load(self, place, &log).map_err(fail)?;
        let values = values(flags, self).map_err(fail)?;
        let given = options(flags, &Settings::of_environment(), &log).map_err(fail)?;
        let options = helm::ReleaseOptions {
            name: match release {
                "" => chart.name().to_owned(),
                name => name.to_owned(),
            },
            is_upgrade: true,
            now_ms: 0,
            seed: 0,
            provenance: true,
            lookup,
            ..given
        };
        let givers = givers(flags, self, &chart, Path::new(&self.label));
        let prepared = Prepared::new(chart, &values, &options).map_err(fail)?;
        let rendered = prepared.render(&options).map_err(fail)?;
        let side = Side::new(&self.label, rendered, &options, givers, prepared.values())
            .map_err(|error| fail(helm::Error::new(error)))?;
        Ok(Rendered { side, log })
    }
}

/// The files of a folder, links followed.
fn collect(
    root: &Path,
    inside: &Path,
    depth: usize,
    found: &mut BTreeMap<PathBuf, Vec<u8>>,
) -> io::Result<()> {
    const DEPTH_MAX: usize = 64;
    let folder = root.join(inside);
    for name in Disk.list(&folder)? {
        let path = inside.join(&name);
        match Disk.kind(&folder.join(&name)) {
            Ok(Kind::Folder) if name != ".git" && depth < DEPTH_MAX => {
                collect(root, &path, depth + 1, found)?;
            }
            Ok(Kind::File) => {
                found.insert(path.clone(), Disk.read(&root.join(&path))?);
            }
            _ => {}
        }
    }
    Ok(())
}

/// The chart's files; beside it those of the revision or the disk. What is nowhere else is looked
/// for in the chart, so that `-f values-prod.yaml` means each side's own.
impl Files for Source {
    fn kind(&self, path: &Path) -> io::Result<Kind> {
        self.memory.kind(path)
    }

    fn kind_of_link(&self, path: &Path) -> io::Result<Kind> {
        self.memory.kind_of_link(path)
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.memory.resolve(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.memory.list(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let outside = || match &self.outside {
            Outside::Disk => Disk.read(path),
            Outside::Revision(repository, revision) => repository
                .file(revision, &text(path))
                .map_or_else(|| Disk.read(path), Ok),
        };
        let inside = || self.memory.read(&Path::new(&self.label).join(path));
        self.memory
            .read(path)
            .or_else(|_| outside().or_else(|error| inside().map_err(|_| error)))
    }

    fn write(&self, path: &Path, text: &str, append: bool) -> io::Result<()> {
        self.memory.write(path, text, append)
    }

    fn standard_input(&self) -> io::Result<Vec<u8>> {
        Disk.standard_input()
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        self.memory.absolute(path)
    }
}
