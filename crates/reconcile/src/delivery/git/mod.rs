//! A git repository in memory: real objects with real ids, branches, merges.
//!
//! Ids equal those of `git hash-object`, `git write-tree` and `git commit-tree`: an object is
//! `<kind> <length>\0<content>`, its id the SHA-1 of that (Pro Git, chapter "Git Objects").
//! Knows nothing of remotes, indexes, work trees, file modes other than 100644, or content that is
//! not UTF-8. Clones share everything.

mod merge;

pub use merge::{Conflict, merge_trees};

use crate::view::Millis;
use ecow::{EcoString, EcoVec, eco_format};
use kube::time::EPOCH_SECONDS;
use lean::{Bytes, FlatMap, SharedMap, SortKey};
use sha1::{Digest, Sha1};
use std::fmt;
use std::rc::Rc;

/// How many folders deep a file may lie. (Git itself is bound by the length of a path, 4096 bytes.)
const PATH_DEPTH_MAX: usize = 100;

/// Files by path: `chart/values.yaml` → text.
pub type Tree = FlatMap<EcoString, EcoString>;

/// An object's id.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Oid([u8; 20]);

impl SortKey for Oid {
    fn append_to(&self, bytes: &mut Bytes) {
        self.0.append_to(bytes);
    }
}

impl Oid {
    fn of(kind: &str, content: &[u8]) -> Oid {
        let mut hasher = Sha1::new();
        hasher.update(format!("{kind} {}\0", content.len()));
        hasher.update(content);
        Oid(hasher.finalize().into())
    }

    /// The first seven hex digits, as git abbreviates ids in a small repository.
    #[must_use]
    pub fn short(&self) -> EcoString {
        self.to_string()[..7].into()
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Someone who writes commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// As in `git config user.name`.
    pub name: EcoString,
    /// As in `git config user.email`.
    pub email: EcoString,
}

impl Person {
    /// A person by name and address. Characters that git drops from them (`<`, `>`, line ends) are
    /// dropped.
    #[must_use]
    pub fn new(name: &str, email: &str) -> Person {
        let clean = |text: &str| {
            text.chars()
                .filter(|c| !matches!(c, '<' | '>' | '\n' | '\r' | '\0'))
                .collect()
        };
        Person {
            name: clean(name),
            email: clean(email),
        }
    }

    /// Who sits at the keyboard.
    #[must_use]
    pub fn you() -> Person {
        Person::new("You", "you@example.com")
    }

    /// Who commits what is merged with the button on the pull request's page.
    #[must_use]
    pub fn github() -> Person {
        Person::new("GitHub", "noreply@github.com")
    }
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The tree of all files.
    pub tree: Oid,
    /// None for the first commit; two for a merge commit, the branch merged into first.
    pub parents: EcoVec<Oid>,
    /// Who wrote the change.
    pub author: Person,
    /// Who put it into the repository.
    pub committer: Person,
    /// When, for both.
    pub time: Millis,
    /// The message, ending with a line end.
    pub message: EcoString,
}

impl Commit {
    /// The first line of the message.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    fn content(&self) -> String {
        let seconds = EPOCH_SECONDS + self.time / 1000;
        let mut out = format!("tree {}\n", self.tree);
        for parent in &self.parents {
            out += &format!("parent {parent}\n");
        }
        for (role, who) in [("author", &self.author), ("committer", &self.committer)] {
            out += &format!("{role} {} <{}> {seconds} +0000\n", who.name, who.email);
        }
        out + "\n" + &self.message
    }
}

/// An entry of a tree object.
#[derive(Clone, Debug)]
struct Entry {
    name: EcoString,
    oid: Oid,
    is_tree: bool,
}

#[derive(Clone, Debug)]
enum Object {
    Blob(EcoString),
    Tree(EcoVec<Entry>),
    Commit(Rc<Commit>),
}

/// Why a path cannot be committed, in git's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPath {
    /// The path.
    pub path: EcoString,
}

impl fmt::Display for InvalidPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid path '{}'", self.path)
    }
}

/// A repository: objects, and branches that point to commits.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    objects: SharedMap<Oid, Object>,
    branches: SharedMap<EcoString, Oid>,
}

impl Repository {
    /// An empty repository without branches.
    #[must_use]
    pub fn new() -> Repository {
        Repository::default()
    }

    /// The commit a branch points to.
    #[must_use]
    pub fn branch(&self, name: &str) -> Option<Oid> {
        self.branches.get(name).copied()
    }

    /// The branches with their commits, in order of their names.
    pub fn branches(&self) -> impl Iterator<Item = (&EcoString, Oid)> {
        self.branches.iter().map(|(name, oid)| (name, *oid))
    }

    /// Points a branch to a commit; makes the branch if it is not there.
    pub fn set_branch(&mut self, name: &str, commit: Oid) {
        self.branches.insert(name.into(), commit);
    }

    /// Removes a branch; its commits stay.
    pub fn delete_branch(&mut self, name: &str) {
        self.branches.remove(name);
    }

    /// A commit by its id.
    #[must_use]
    pub fn commit(&self, oid: Oid) -> Option<&Rc<Commit>> {
        match self.objects.get(&oid) {
            Some(Object::Commit(commit)) => Some(commit),
            _ => None,
        }
    }

    /// All files at a commit; none if there is no such commit.
    #[must_use]
    pub fn files(&self, commit: Oid) -> Tree {
        let mut files = Tree::new();
        if let Some(commit) = self.commit(commit) {
            self.collect(commit.tree, "", &mut files);
        }
        files
    }

    fn collect(&self, tree: Oid, prefix: &str, files: &mut Tree) {
        let Some(Object::Tree(entries)) = self.objects.get(&tree) else {
            return;
        };
        for entry in entries {
            let path = eco_format!("{prefix}{}", entry.name);
            if entry.is_tree {
                self.collect(entry.oid, &eco_format!("{path}/"), files);
            } else if let Some(Object::Blob(text)) = self.objects.get(&entry.oid) {
                files.insert(path, text.clone());
            }
        }
    }

    /// One file at a commit.
    #[must_use]
    pub fn file(&self, commit: Oid, path: &str) -> Option<EcoString> {
        match self.objects.get(&self.lookup(commit, path)?) {
            Some(Object::Blob(text)) => Some(text.clone()),
            _ => None,
        }
    }

    /// The id of what lies at `path` (a file or a folder) at a commit.
    fn lookup(&self, commit: Oid, path: &str) -> Option<Oid> {
        let root = self.commit(commit)?.tree;
        path.split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .try_fold(root, |at, part| {
                let Some(Object::Tree(entries)) = self.objects.get(&at) else {
                    return None;
                };
                entries
                    .iter()
                    .find(|entry| entry.name == part)
                    .map(|entry| entry.oid)
            })
    }

    /// Stores a commit of `files` and returns its id, as `git commit` does; moves no branch.
    pub fn commit_files(
        &mut self,
        files: &Tree,
        parents: &[Oid],
        author: Person,
        time: Millis,
        message: &str,
    ) -> Result<Oid, InvalidPath> {
        let people = [author.clone(), author];
        self.commit_by(people, files, parents.into(), time, message)
    }

    /// Stores a commit of `files` by its author and whoever committed it. Moves no branch.
    fn commit_by(
        &mut self,
        [author, committer]: [Person; 2],
        files: &Tree,
        parents: EcoVec<Oid>,
        time: Millis,
        message: &str,
    ) -> Result<Oid, InvalidPath> {
        let tree = self.write_tree(files)?;
        let message = clean_message(message);
        Ok(self.store_commit(Commit {
            tree,
            parents,
            author,
            committer,
            time,
            message,
        }))
    }

    /// Merges a pull request with a merge commit, as GitHub's "Create a merge commit" does.
    ///
    /// # Errors
    /// Where both branches changed the same. Without the branch or the commit there is none.
    pub fn merge(&mut self, base: &str, head: Oid, pull: &Pull<'_>) -> Result<Oid, Vec<Conflict>> {
        let onto = self.branch(base).ok_or_else(Vec::new)?;
        let message = eco_format!(
            "Merge pull request #{} from {}\n\n{}\n",
            pull.number,
            pull.from,
            pull.title
        );
        self.landed(base, head, [onto, head].into(), pull.time, &message)
    }

    /// Merges a pull request as one new commit, as GitHub's "Squash and merge" does.
    ///
    /// # Errors
    /// As for [`Repository::merge`].
    pub fn squash(&mut self, base: &str, head: Oid, pull: &Pull<'_>) -> Result<Oid, Vec<Conflict>> {
        let onto = self.branch(base).ok_or_else(Vec::new)?;
        let mut message = format!("{} (#{})\n", pull.title, pull.number);
        if !pull.description.trim().is_empty() {
            message += &format!("\n{}\n", pull.description.trim());
        }
        self.landed(base, head, [onto].into(), pull.time, &message)
    }

    /// Commits what the branch `base` and `head` come to together, and moves the branch there.
    fn landed(
        &mut self,
        base: &str,
        head: Oid,
        parents: EcoVec<Oid>,
        time: Millis,
        message: &str,
    ) -> Result<Oid, Vec<Conflict>> {
        let onto = parents.first().copied().unwrap_or(head);
        let files = self.merged(onto, head)?;
        let author = self.commit(head).map(|commit| commit.author.clone());
        let author = author.ok_or_else(Vec::new)?;
        let people = [author, Person::github()];
        let commit = self.commit_by(people, &files, parents, time, message);
        let commit = commit.map_err(|_| Vec::new())?;
        self.set_branch(base, commit);
        Ok(commit)
    }

    fn store_commit(&mut self, commit: Commit) -> Oid {
        let oid = Oid::of("commit", commit.content().as_bytes());
        self.objects.insert(oid, Object::Commit(Rc::new(commit)));
        oid
    }

    /// Stores `files` as blobs and trees and returns the id of the root tree, as `git write-tree`.
    pub fn write_tree(&mut self, files: &Tree) -> Result<Oid, InvalidPath> {
        let files: Vec<(&str, &EcoString)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text))
            .collect();
        for (path, _) in &files {
            let is_bad = |part| matches!(part, "" | "." | "..") || part == ".git";
            let is_deep = path.split('/').count() > PATH_DEPTH_MAX;
            if path.split('/').any(is_bad) || path.contains('\0') || is_deep {
                return Err(InvalidPath {
                    path: (*path).into(),
                });
            }
        }
        self.write_level(&files, 0)
    }

    /// Writes one folder: `files` all share the first `skip` bytes of their paths.
    fn write_level(
        &mut self,
        files: &[(&str, &EcoString)],
        skip: usize,
    ) -> Result<Oid, InvalidPath> {
        let mut folders: FlatMap<&str, Vec<(&str, &EcoString)>> = FlatMap::new();
        let mut entries = Vec::new();
        for &(path, text) in files {
            match path[skip..].split_once('/') {
                Some((folder, _)) => folders.entry(folder).or_default().push((path, text)),
                None => {
                    let oid = Oid::of("blob", text.as_bytes());
                    if !self.objects.contains_key(&oid) {
                        self.objects.insert(oid, Object::Blob(text.clone()));
                    }
                    entries.push(Entry {
                        name: path[skip..].into(),
                        oid,
                        is_tree: false,
                    });
                }
            }
        }
        for (name, files) in folders {
            if entries.iter().any(|entry| entry.name == name) {
                return Err(InvalidPath {
                    path: files[0].0.into(),
                });
            }
            let oid = self.write_level(&files, skip + name.len() + 1)?;
            entries.push(Entry {
                name: name.into(),
                oid,
                is_tree: true,
            });
        }
        // Git orders a folder as if its name ended with a slash (git's tree.c, base_name_compare).
        lean::sort_by_key(&mut entries, |entry| {
            eco_format!("{}{}", entry.name, if entry.is_tree { "/" } else { "" })
        });
        let mut content = Vec::new();
        for entry in &entries {
            let mode = if entry.is_tree { "40000" } else { "100644" };
            content.extend_from_slice(format!("{mode} {}\0", entry.name).as_bytes());
            content.extend_from_slice(&entry.oid.0);
        }
        let oid = Oid::of("tree", &content);
        if !self.objects.contains_key(&oid) {
            self.objects.insert(oid, Object::Tree(entries.into()));
        }
        Ok(oid)
    }

    /// The newest commit at or before `from` that changed any of `paths` (files or folders), as
    /// `git log -1 -- PATHS` finds it: where a merge took the paths unchanged from one parent, only
    /// that parent is followed ("History Simplification" in git-log's manual). No paths: `from`.
    /// `depth` is how many commits a shallow clone has; the last of them looks like the first of all.
    #[must_use]
    pub fn last_change(&self, from: Oid, paths: &[EcoString], depth: Option<usize>) -> Option<Oid> {
        let mut at = from;
        let mut left = depth.unwrap_or(usize::MAX);
        loop {
            let commit = self.commit(at)?;
            left = left.saturating_sub(1);
            let parents = if left > 0 {
                commit.parents.as_slice()
            } else {
                &[]
            };
            if paths.is_empty() {
                return Some(at);
            }
            let same = |parent: &&Oid| {
                paths
                    .iter()
                    .all(|path| self.lookup(at, path) == self.lookup(**parent, path))
            };
            match (parents.iter().find(same), parents.is_empty()) {
                (Some(parent), _) => at = *parent,
                (None, false) => return Some(at),
                (None, true) => {
                    let has_any = paths.iter().any(|path| self.lookup(at, path).is_some());
                    return has_any.then_some(at);
                }
            }
        }
    }
}

/// What a merge says about its pull request.
#[derive(Clone, Copy, Debug)]
pub struct Pull<'a> {
    /// `1` for #1.
    pub number: u32,
    /// Its title.
    pub title: &'a str,
    /// Its description, possibly empty.
    pub description: &'a str,
    /// The branch it comes from.
    pub from: &'a str,
    /// When it is merged.
    pub time: Millis,
}

/// A message as `git commit` keeps it: no trailing spaces, no more than one empty line in a row,
/// one line end at the end ("--cleanup=whitespace" in git-commit's manual).
fn clean_message(message: &str) -> EcoString {
    let mut out = EcoString::new();
    let mut is_after_blank = true;
    for line in message
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.contains('\0'))
    {
        if !(line.is_empty() && is_after_blank) {
            out.push_str(line);
            out.push('\n');
        }
        is_after_blank = line.is_empty();
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}
