//! Reading files of git revisions, by the program `git`.

use crate::Fault;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;

/// A repository: a folder in its work tree, or its `.git`.
#[derive(Clone)]
pub struct Repository {
    folder: PathBuf,
}

/// A file of a revision: what it is, and its object.
struct Entry {
    mode: String,
    object: String,
    path: String,
}

impl Repository {
    /// The repository that a folder belongs to.
    pub fn at(folder: PathBuf) -> Repository {
        Repository { folder }
    }

    fn run(&self, args: &[&str], input: &str) -> Result<Output, Fault> {
        let fail = |error| Fault::failed(format!("git cannot be run: {error}"));
        let mut child = Command::new("git")
            .arg("-C")
            .arg(&self.folder)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(fail)?;
        let stdin = child.stdin.take();
        let input = input.to_owned();
        // Both directions at once: neither may wait for the other.
        let writer = thread::spawn(move || {
            // That it reads no more shows in how it ends.
            stdin.map(|mut stdin| stdin.write_all(input.as_bytes()).is_ok())
        });
        let output = child.wait_with_output().map_err(fail)?;
        let _ = writer.join();
        if output.status.success() {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Fault::failed(format!("git: {}", said.trim())))
    }

    /// The files of a revision under a folder, by their paths from the root. A link is what it leads
    /// to, if that is among them.
    ///
    /// # Errors
    /// What git says: no repository, no such revision.
    pub fn files(&self, revision: &str, folder: &str) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
        let commit = format!("{revision}^{{commit}}");
        self.run(
            &[
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &commit,
            ],
            "",
        )
        .map_err(|fault| match fault {
            Fault::Failed(text) if text == "git: " => Fault::failed(format!(
                "git: {revision:?} is no revision of this repository"
            )),
            fault => fault,
        })?;
        let mut args = vec!["ls-tree", "-r", "-z", "--full-tree", revision];
        if !folder.is_empty() {
            args.extend(["--", folder]);
        }
        let listed = self.run(&args, "")?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let entries: Vec<Entry> = listed.split('\0').filter_map(Entry::read).collect();
        let contents = self.contents(&entries)?;
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut links = Vec::new();
        for (entry, content) in entries.into_iter().zip(contents) {
            match entry.mode.as_str() {
                "120000" => {
                    links.push((entry.path, String::from_utf8_lossy(&content).into_owned()))
                }
                _ => drop(files.insert(entry.path, content)),
            }
        }
        for (path, target) in links {
            follow(&mut files, &path, &target);
        }
        Ok(files)
    }

    fn contents(&self, entries: &[Entry]) -> Result<Vec<Vec<u8>>, Fault> {
        let objects: Vec<&str> = entries.iter().map(|entry| entry.object.as_str()).collect();
        let output = self.run(&["cat-file", "--batch"], &(objects.join("\n") + "\n"))?;
        let mut rest = output.stdout.as_slice();
        let mut contents = Vec::new();
        for _ in entries {
            // `OBJECT blob SIZE`, the content, a line feed.
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(0);
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            let size = head.rsplit(' ').next().and_then(|size| size.parse().ok());
            let size: usize = size.unwrap_or(0);
            let body = rest.get(end + 1..end + 1 + size).unwrap_or_default();
            contents.push(body.to_vec());
            rest = rest.get(end + size + 2..).unwrap_or_default();
        }
        Ok(contents)
    }

    /// One file of a revision, by its path from the root.
    pub fn file(&self, revision: &str, path: &str) -> Option<Vec<u8>> {
        let output = self.run(&["cat-file", "blob", &format!("{revision}:{path}")], "");
        output.ok().map(|output| output.stdout)
    }
}

impl Entry {
    /// `MODE blob OBJECT<tab>PATH`
    fn read(line: &str) -> Option<Entry> {
        let (head, path) = line.split_once('\t')?;
        let mut words = head.split(' ');
        let (mode, kind, object) = (words.next()?, words.next()?, words.next()?);
        (kind == "blob").then(|| Entry {
            mode: mode.to_owned(),
            object: object.to_owned(),
            path: path.to_owned(),
        })
    }
}

/// Puts what a link leads to, a file or a folder, at its path.
fn follow(files: &mut BTreeMap<String, Vec<u8>>, path: &str, target: &str) {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let target = parts.join("/");
    let below = format!("{target}/");
    let found: Vec<(String, Vec<u8>)> = files
        .iter()
        .filter_map(|(name, content)| {
            let rest = match name.strip_prefix(&below) {
                Some(rest) => format!("/{rest}"),
                None if *name == target => String::new(),
                None => return None,
            };
            Some((format!("{path}{rest}"), content.clone()))
        })
        .collect();
    files.extend(found);
}
