//! Merging: the commit that two branches have in common, and their changes since it, put together.
//!
//! Rules: `git merge-base`, `git merge-file` and "HOW CONFLICTS ARE PRESENTED" in git-merge's manual.
//! Renames are not followed.

use super::{Commit, Oid, Person, Repository, Tree};
use crate::view::Millis;
use ecow::{EcoString, eco_format};
use imara_diff::{Algorithm, Diff, InternedInput};
use std::ops::Range;

/// What two branches could not agree on in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The file's path.
    pub path: EcoString,
    /// In git's words: `CONFLICT (content): Merge conflict in …`
    pub message: EcoString,
    /// The file with conflict markers; empty if one side deleted it.
    pub text: EcoString,
    /// The lines of our side that are in conflict, from 1, each with how many they are.
    pub regions: Vec<(u32, u32)>,
}

impl Repository {
    /// Whether `old` is among the commits that led to `new`, or is it.
    #[must_use]
    pub fn is_ancestor(&self, old: Oid, new: Oid) -> bool {
        self.history(new).contains(&old)
    }

    /// A commit and all that led to it, nearest first.
    #[must_use]
    pub fn history(&self, from: Oid) -> Vec<Oid> {
        let mut found = vec![from];
        let mut seen: lean::FlatSet<_> = [from].into_iter().collect();
        let mut at = 0;
        while let Some(oid) = found.get(at).copied() {
            for parent in self.commit(oid).iter().flat_map(|commit| &commit.parents) {
                if seen.insert(*parent) {
                    found.push(*parent);
                }
            }
            at += 1;
        }
        found
    }

    /// The commit nearest to `a` that led to `b` too.
    #[must_use]
    pub fn merge_base(&self, a: Oid, b: Oid) -> Option<Oid> {
        let theirs: lean::FlatSet<Oid> = self.history(b).into_iter().collect();
        self.history(a).into_iter().find(|oid| theirs.contains(oid))
    }

    /// Copies a commit of another repository with all that led to it.
    pub fn take(&mut self, from: &Repository, head: Oid) {
        let mut left = vec![head];
        while let Some(oid) = left.pop() {
            if self.objects.contains_key(&oid) {
                continue;
            }
            let Some(object) = from.objects.get(&oid) else {
                continue;
            };
            match object {
                super::Object::Commit(commit) => {
                    left.extend(&commit.parents);
                    left.push(commit.tree);
                }
                super::Object::Tree(entries) => left.extend(entries.iter().map(|entry| entry.oid)),
                super::Object::Blob(_) => {}
            }
            self.objects.insert(oid, object.clone());
        }
    }

    /// The files of two commits put together.
    ///
    /// # Errors
    /// Where both changed the same in different ways.
    pub fn merged(&self, ours: Oid, theirs: Oid) -> Result<Tree, Vec<Conflict>> {
        let base = self.merge_base(ours, theirs).map(|base| self.files(base));
        merge_trees(
            &base.unwrap_or_default(),
            &self.files(ours),
            &self.files(theirs),
        )
    }

    /// A commit that undoes another: what it changed from its first parent, put back (`git revert
    /// -m 1`). Moves no branch.
    ///
    /// # Errors
    /// Where what it changed was changed again since.
    pub fn revert(
        &mut self,
        commit: Oid,
        onto: Oid,
        author: Person,
        time: Millis,
    ) -> Result<Oid, Vec<Conflict>> {
        let Some(Commit {
            message, parents, ..
        }) = self.commit(commit).map(|it| Commit::clone(it))
        else {
            return Err(Vec::new());
        };
        let before = parents
            .first()
            .map(|parent| self.files(*parent))
            .unwrap_or_default();
        let files = merge_trees(&self.files(commit), &self.files(onto), &before)?;
        let subject = message.lines().next().unwrap_or_default();
        let said = match parents.len() {
            0 | 1 => eco_format!("This reverts commit {commit}."),
            _ => eco_format!(
                "This reverts commit {commit}, reversing\nchanges made to {}.",
                parents[0]
            ),
        };
        let said = eco_format!("Revert \"{subject}\"\n\n{said}\n");
        self.commit_files(&files, &[onto], author, time, &said)
            .map_err(|_| Vec::new())
    }

    /// Puts the commits of a branch that `onto` has not on top of it, one by one, as GitHub's "Rebase
    /// and merge" does.
    ///
    /// # Errors
    /// Where they do not fit.
    pub fn rebase(&mut self, head: Oid, onto: Oid, time: Millis) -> Result<Oid, Vec<Conflict>> {
        let have = self.history(onto);
        let mut commits: Vec<Oid> = self
            .history(head)
            .into_iter()
            .filter(|oid| !have.contains(oid))
            .collect();
        commits.reverse();
        let mut at = onto;
        for oid in commits {
            let Some(commit) = self.commit(oid).map(|it| Commit::clone(it)) else {
                continue;
            };
            let before = commit.parents.first().map(|parent| self.files(*parent));
            let files = merge_trees(
                &before.unwrap_or_default(),
                &self.files(at),
                &self.files(oid),
            )?;
            let tree = self.write_tree(&files).map_err(|_| Vec::new())?;
            at = self.store_commit(Commit {
                tree,
                parents: [at].into(),
                committer: Person::github(),
                time,
                ..commit
            });
        }
        Ok(at)
    }
}

/// Two sets of files that come from one, put together.
///
/// # Errors
/// Where both changed the same in different ways.
pub fn merge_trees(base: &Tree, ours: &Tree, theirs: &Tree) -> Result<Tree, Vec<Conflict>> {
    let (mut files, mut conflicts) = (Tree::new(), Vec::new());
    for path in lean::set(base.keys().chain(ours.keys()).chain(theirs.keys())) {
        let (old, a, b) = (base.get(path), ours.get(path), theirs.get(path));
        let kept = match (old, a, b) {
            (old, a, b) if a == b || old == b => a.cloned(),
            (old, a, b) if old == a => b.cloned(),
            (old, Some(a), Some(b)) => {
                let merged = merge_texts(old.map_or("", EcoString::as_str), a, b);
                if !merged.regions.is_empty() {
                    let kind = if old.is_some() { "content" } else { "add/add" };
                    conflicts.push(Conflict {
                        path: path.clone(),
                        message: eco_format!("CONFLICT ({kind}): Merge conflict in {path}"),
                        text: merged.text.clone(),
                        regions: merged.regions,
                    });
                }
                Some(merged.text)
            }
            (_, a, _) => {
                let (gone, left) = if a.is_none() {
                    ("ours", "theirs")
                } else {
                    ("theirs", "ours")
                };
                conflicts.push(Conflict {
                    path: path.clone(),
                    message: eco_format!(
                        "CONFLICT (modify/delete): {path} deleted in {gone} and modified in {left}."
                    ),
                    text: EcoString::new(),
                    regions: Vec::new(),
                });
                None
            }
        };
        files.extend(kept.map(|text| (path.clone(), text)));
    }
    if conflicts.is_empty() {
        Ok(files)
    } else {
        Err(conflicts)
    }
}

/// Two texts that come from one, put together.
struct Merged {
    text: EcoString,
    regions: Vec<(u32, u32)>,
}

/// A change: lines of the old text, and the lines of the new that stand for them.
type Change = (Range<usize>, Range<usize>);

fn changes(old: &str, new: &str) -> Vec<Change> {
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_lines(&input);
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks()
        .map(|hunk| (range(hunk.before), range(hunk.after)))
        .collect()
}

/// Where a line of the old text lies in the new one, being outside of all changes or at an end of one.
fn moved(changes: &[Change], line: usize, is_end: bool) -> usize {
    let mut at = line;
    for (before, after) in changes {
        let is_before = if is_end {
            before.end <= line
        } else {
            before.end <= line && before.start < line
        };
        if is_before {
            at = after.end + (line - before.end);
        }
    }
    at
}

fn merge_texts(old: &str, ours: &str, theirs: &str) -> Merged {
    let (left, right) = (changes(old, ours), changes(old, theirs));
    let split = |text| -> Vec<&str> { str::split_inclusive(text, '\n').collect() };
    let (old, a, b) = (split(old), split(ours), split(theirs));
    let mut merged = Merged {
        text: EcoString::new(),
        regions: Vec::new(),
    };
    let (mut at, mut i, mut j) = (0, 0, 0);
    while i < left.len() || j < right.len() {
        // The next change, with all changes of either side that touch it.
        let starts = [left.get(i), right.get(j)];
        let start = starts
            .into_iter()
            .flatten()
            .map(|it| it.0.start)
            .min()
            .unwrap_or(old.len());
        let (from_i, from_j) = (i, j);
        let mut end = start;
        loop {
            let before = (i, j);
            while let Some((range, _)) = left.get(i).filter(|(range, _)| range.start <= end) {
                end = end.max(range.end);
                i += 1;
            }
            while let Some((range, _)) = right.get(j).filter(|(range, _)| range.start <= end) {
                end = end.max(range.end);
                j += 1;
            }
            if before == (i, j) {
                break;
            }
        }
        merged.push(&old[at..start]);
        at = end;
        let side = |lines: &[&str], all: &[Change], own: &[Change]| -> Range<usize> {
            let from = own.first().filter(|(range, _)| range.start == start);
            let first = from.map_or_else(|| moved(all, start, false), |(_, after)| after.start);
            first..moved(all, end, true).max(first).min(lines.len())
        };
        let ours = &a[side(&a, &left, &left[from_i..i])];
        let theirs = &b[side(&b, &right, &right[from_j..j])];
        match (from_i == i, from_j == j) {
            (true, _) => merged.push(theirs),
            (_, true) => merged.push(ours),
            _ if ours == theirs => merged.push(ours),
            _ => merged.conflict(ours, theirs, start, end - start),
        }
    }
    merged.push(&old[at..]);
    merged
}

impl Merged {
    fn push(&mut self, lines: &[&str]) {
        lines.iter().for_each(|line| self.text.push_str(line));
    }

    fn conflict(&mut self, ours: &[&str], theirs: &[&str], start: usize, count: usize) {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.regions.push((number(start + 1), number(count)));
        // Lines that both sides begin or end with in the same way are no part of the conflict.
        let same = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
        let rest = ours.len().min(theirs.len()) - same;
        let tail = ours
            .iter()
            .rev()
            .zip(theirs.iter().rev())
            .take(rest)
            .take_while(|(a, b)| a == b)
            .count();
        self.push(&ours[..same]);
        for (mark, lines) in [
            ("<<<<<<< ours\n", &ours[same..ours.len() - tail]),
            ("=======\n", &theirs[same..theirs.len() - tail]),
            (">>>>>>> theirs\n", &[][..]),
        ] {
            self.text.push_str(mark);
            self.push(lines);
            if !self.text.ends_with('\n') {
                self.text.push('\n');
            }
        }
        self.push(&ours[ours.len() - tail..]);
    }
}
