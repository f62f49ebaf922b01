//! What a job's machine has that one step leaves to the next: files, and clones of repositories.

use super::answer::Answer;
use crate::delivery::git::{Oid, Person, Repository, Tree};
use ecow::{EcoString, EcoVec, eco_format};
use std::rc::Rc;

/// The home folder on a hosted runner.
pub const HOME: &str = "/home/runner";

/// Files and clones. A clone of it shares them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workplace {
    /// Files by path: those of the workspace without a slash before them, others with one.
    pub files: Rc<Tree>,
    /// The clones of repositories, each in its folder.
    pub clones: EcoVec<Checkout>,
    /// Who commits in clones to come (`git config --global`).
    pub author: Option<Person>,
}

/// As whom git speaks to a remote repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// As one who may write there: with a key or a token of its own.
    Writer,
    /// With the job's token, which may not write there: it is of another repository, or `permissions:
    /// contents` says so.
    Reader,
    /// As nobody: git would have to ask for a name and a password.
    Nobody,
}

/// A clone of a repository.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// Its folder in the workspace; empty for the workspace itself.
    pub folder: EcoString,
    /// The repository's name, such as `order-service`.
    pub name: EcoString,
    /// Its objects and branches.
    pub repository: Repository,
    /// The branch it is on; empty if it is on none.
    pub branch: EcoString,
    /// The commit it is at.
    pub head: Oid,
    /// How many commits of history there are; all if none is given.
    pub depth: Option<usize>,
    /// What `git add` gathered for the next commit.
    pub index: Rc<Tree>,
    /// Who commits; none before `git config user.name` and `user.email`.
    pub author: Option<Person>,
    /// What is known of whoever pushes from it.
    pub credential: Credential,
}

impl PartialEq for Checkout {
    fn eq(&self, other: &Checkout) -> bool {
        (&self.folder, &self.name, self.head) == (&other.folder, &other.name, other.head)
    }
}

/// Commits on their way to a remote repository.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The remote repository's name.
    pub name: EcoString,
    /// The branch there.
    pub branch: EcoString,
    /// The newest commit.
    pub head: Oid,
    /// The repository that has it.
    pub from: Repository,
    /// `--force`
    pub is_forced: bool,
    /// Who pushes.
    pub credential: Credential,
}

impl Outgoing {
    /// The remote repository's address.
    pub fn address(&self) -> EcoString {
        eco_format!("https://github.com/example/{}", self.name)
    }

    /// What GitHub, and git, say of a push that is not allowed.
    pub fn refusal(&self) -> Option<Answer> {
        let (name, address) = (&self.name, self.address());
        let why = match self.credential {
            Credential::Writer => return None,
            Credential::Reader => eco_format!(
                "remote: Permission to example/{name}.git denied to github-actions[bot].\n\
                 fatal: unable to access '{address}/': The requested URL returned error: 403"
            ),
            Credential::Nobody => {
                "fatal: could not read Username for 'https://github.com': No such device or address"
                    .into()
            }
        };
        Some(Answer::failed(128, why))
    }
}

impl PartialEq for Outgoing {
    fn eq(&self, other: &Outgoing) -> bool {
        (&self.name, &self.branch, self.head) == (&other.name, &other.branch, other.head)
    }
}

impl Workplace {
    /// Puts a repository's files at a commit into a folder, and the clone with them.
    pub fn check_out(&mut self, clone: Checkout, files: &Tree) {
        let inside = |path: &str| within(&clone.folder, path).is_some();
        let kept = self.files.iter().filter(|(path, _)| !inside(path));
        let mut all: Tree = lean::map(kept.map(|(path, text)| (path.clone(), text.clone())));
        for (path, text) in files {
            all.insert(joined(&clone.folder, path), text.clone());
        }
        self.files = Rc::new(all);
        self.clones.retain(|have| have.folder != clone.folder);
        self.clones.push(clone);
    }

    /// The clone that a folder lies in, by its place.
    #[must_use]
    pub fn clone_at(&self, folder: &str) -> Option<usize> {
        let clones = self.clones.iter().enumerate();
        let holds = clones
            .filter(|(_, clone)| folder == clone.folder || within(&clone.folder, folder).is_some());
        holds
            .max_by_key(|(_, clone)| clone.folder.len())
            .map(|(at, _)| at)
    }

    /// The files of a clone as they lie there, by their paths in the repository.
    #[must_use]
    pub fn files_of(&self, clone: &Checkout) -> Tree {
        let others = |path: &str| {
            self.clones.iter().any(|other| {
                other.folder.len() > clone.folder.len() && within(&other.folder, path).is_some()
            })
        };
        let files = self
            .files
            .iter()
            .filter(|(path, _)| !path.starts_with('/') && !others(path));
        lean::map(
            files.filter_map(|(path, text)| {
                Some((within(&clone.folder, path)?.into(), text.clone()))
            }),
        )
    }

    /// The files below a folder, by their paths there.
    #[must_use]
    pub fn folder(&self, folder: &str) -> Tree {
        lean::map(
            self.files
                .iter()
                .filter_map(|(path, text)| Some((within(folder, path)?.into(), text.clone()))),
        )
    }

    /// Whether files lie below a folder.
    #[must_use]
    pub fn has_folder(&self, folder: &str) -> bool {
        folder.is_empty() || self.files.keys().any(|path| within(folder, path).is_some())
    }
}

/// A path inside a folder, if it lies there.
#[must_use]
pub fn within<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    match folder {
        "" => (!path.starts_with('/')).then_some(path),
        folder => path.strip_prefix(folder)?.strip_prefix('/'),
    }
}

fn joined(folder: &str, path: &str) -> EcoString {
    match folder {
        "" => path.into(),
        folder => eco_format!("{folder}/{path}"),
    }
}

/// A path as the workplace keeps it: from the folder that a command runs in, without `.` and `..`;
/// paths into the workspace lose what is before it.
#[must_use]
pub fn resolved(folder: &str, workspace: &str, path: &str) -> EcoString {
    let whole = match (path.strip_prefix('~'), path.starts_with('/')) {
        (Some(rest), _) => eco_format!("{HOME}{rest}"),
        (None, true) => path.into(),
        (None, false) if folder.starts_with('/') => eco_format!("{folder}/{path}"),
        (None, false) => eco_format!("{workspace}/{folder}/{path}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    let whole = eco_format!("/{}", parts.join("/"));
    match whole.strip_prefix(workspace) {
        Some("") => EcoString::new(),
        Some(rest) if rest.starts_with('/') => rest[1..].into(),
        _ => whole,
    }
}
