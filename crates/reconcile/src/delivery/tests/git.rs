use super::oracle::{self, Folder};
use super::order_service;
use crate::delivery::git::{Oid, Person, Pull, Repository, Tree, merge_trees};
use kube::time::EPOCH_SECONDS;
use proptest::prelude::*;

fn tree(files: &[(&str, &str)]) -> Tree {
    files
        .iter()
        .map(|(path, text)| ((*path).into(), (*text).into()))
        .collect()
}

fn pull(title: &'static str, time: u64) -> Pull<'static> {
    Pull {
        number: 1,
        title,
        description: "",
        from: "example/branch",
        time,
    }
}

#[test]
fn ids_are_those_that_git_gives() {
    // From `git hash-object --stdin`, `git mktree` and `git commit-tree`.
    let mut repository = Repository::new();
    let empty = repository.write_tree(&Tree::new()).unwrap();
    assert_eq!(
        empty.to_string(),
        "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    );
    let hello = repository
        .write_tree(&tree(&[("hello", "hello\n")]))
        .unwrap();
    assert_eq!(
        hello.to_string(),
        "b4d01e9b0c4a9356736dfddf8830ba9a54f5271c"
    );
}

#[test]
fn paths_that_git_refuses_are_refused() {
    for path in [
        "",
        "a//b",
        "/a",
        "a/",
        "../a",
        "./a",
        ".git/config",
        "a\0b",
        &"a/".repeat(200),
    ] {
        let mut repository = Repository::new();
        let error = repository.write_tree(&tree(&[(path, "")])).unwrap_err();
        assert_eq!(error.to_string(), format!("invalid path '{path}'"));
    }
    let both = tree(&[("a", "a file"), ("a/b", "in a folder of that name")]);
    assert_eq!(Repository::new().write_tree(&both).unwrap_err().path, "a/b");
}

/// A small history: two commits on main, a branch with two, merged once each way.
fn history() -> (Repository, Vec<(Oid, Tree)>) {
    let mut repository = Repository::new();
    let mut commits = Vec::new();
    let mut files = order_service().repositories["order-service"].clone();
    files.extend(tree(&[
        ("chart.md", "sorts before the folder chart/\n"),
        ("a-b", ""),
        ("a/b", "ü"),
    ]));
    let mut commit =
        |repository: &mut Repository, parents: &[Oid], files: &Tree, time, message: &str| {
            let oid = repository
                .commit_files(files, parents, Person::you(), time, message)
                .unwrap();
            commits.push((oid, files.clone()));
            oid
        };
    let first = commit(&mut repository, &[], &files, 0, "First");
    files.insert("chart/values.yaml".into(), "replicaCount: 5\n".into());
    let second = commit(
        &mut repository,
        &[first],
        &files,
        61_999,
        "Scale  \n\n\n\nto five\n\n",
    );
    repository.set_branch("main", second);
    let mut branch = files.clone();
    branch.insert("app.yaml".into(), "version: 2.0.0\n".into());
    let third = commit(&mut repository, &[second], &branch, 70_000, "Version 2");
    branch.remove("Dockerfile");
    let fourth = commit(&mut repository, &[third], &branch, 71_000, "No Dockerfile");
    let merged = repository
        .merge("main", fourth, &pull("Two", 80_000))
        .unwrap();
    commits.push((merged, branch.clone()));
    branch.insert("README.md".into(), "# Orders\n".into());
    let fifth = repository
        .commit_files(&branch, &[merged], Person::you(), 90_000, "Read me")
        .unwrap();
    commits.push((fifth, branch.clone()));
    let squashed = repository
        .squash("main", fifth, &pull("Read me", 95_000))
        .unwrap();
    commits.push((squashed, branch));
    (repository, commits)
}

#[test]
fn a_history_equals_that_of_git() {
    if !oracle::has("git") {
        return;
    }
    let (repository, commits) = history();
    let folder = Folder::new();
    assert_eq!(folder.run("git", &["init", "-q"], &[]).0, 0);
    for (oid, files) in &commits {
        let commit = repository.commit(*oid).unwrap();
        folder.fill(files);
        folder.run("git", &["add", "-A", "-f"], &[]);
        let written = folder.run("git", &["write-tree"], &[]).1;
        assert_eq!(written.trim(), commit.tree.to_string());

        let date = format!("{} +0000", EPOCH_SECONDS + commit.time / 1000);
        let env = [
            ("GIT_AUTHOR_NAME", commit.author.name.as_str()),
            ("GIT_AUTHOR_EMAIL", &commit.author.email),
            ("GIT_AUTHOR_DATE", &date),
            ("GIT_COMMITTER_NAME", &commit.committer.name),
            ("GIT_COMMITTER_EMAIL", &commit.committer.email),
            ("GIT_COMMITTER_DATE", &date),
        ];
        let parents: Vec<String> = commit.parents.iter().map(Oid::to_string).collect();
        let tree = commit.tree.to_string();
        let mut args = vec!["commit-tree", &tree, "-m", commit.message.trim_end()];
        args.extend(parents.iter().flat_map(|parent| ["-p", parent]));
        assert_eq!(
            folder.run("git", &args, &env).1.trim(),
            oid.to_string(),
            "{}",
            commit.message
        );
        assert_eq!(repository.files(*oid), *files);
    }
    let sets: [&[&str]; 7] = [
        &[],
        &["app.yaml", "Dockerfile"],
        &["app.yaml"],
        &["chart"],
        &["chart/values.yaml", "a"],
        &["README.md"],
        &["no/such/file"],
    ];
    for (oid, _) in &commits {
        for paths in sets {
            let id = oid.to_string();
            let args = [&["log", "-1", "--format=%H", &id, "--"], paths].concat();
            let theirs = folder.run("git", &args, &[]).1;
            let paths: Vec<_> = paths.iter().map(|path| (*path).into()).collect();
            let ours = repository
                .last_change(*oid, &paths, None)
                .map(|oid| oid.to_string());
            assert_eq!(ours.unwrap_or_default(), theirs.trim(), "{oid} {paths:?}");
        }
    }
}

#[test]
fn messages_are_those_of_github() {
    let (mut repository, commits) = history();
    let messages: Vec<_> = commits
        .iter()
        .map(|(oid, _)| repository.commit(*oid).unwrap().message.clone())
        .collect();
    assert_eq!(messages[1], "Scale\n\nto five\n");
    assert_eq!(
        messages[4],
        "Merge pull request #1 from example/branch\n\nTwo\n"
    );
    assert_eq!(messages[6], "Read me (#1)\n");
    let head = commits[5].0;
    let pull = Pull {
        description: "Why.\n",
        ..pull("Title", 0)
    };
    let oid = repository.squash("main", head, &pull).unwrap();
    let commit = repository.commit(oid).unwrap();
    assert_eq!(commit.message, "Title (#1)\n\nWhy.\n");
    assert_eq!(
        (commit.author.name.as_str(), commit.committer.name.as_str()),
        ("You", "GitHub")
    );
    assert_eq!(repository.branch("main"), Some(oid));
    assert_eq!(
        repository.merge("no such branch", head, &pull),
        Err(Vec::new())
    );
}

/// One file as three sides have it, and what they come to together; `!` for a conflict.
#[test]
fn texts_are_put_together_as_git_does() {
    let cases = [
        ("a b c d e", "a B c d e", "a b c d E", "a B c d E"),
        ("a b c d e", "a B c d e", "a B c d e", "a B c d e"),
        ("a b c d e", "a B c d e", "a X c d e", "!"),
        ("a b c d e", "a b c d e", "a c e", "a c e"),
        ("a b c", "x a b c", "a b c y", "x a b c y"),
        ("a b c", "a b c x", "a b c y", "!"),
        ("a b c d e f", "a b d e f", "a b c d X f", "a b d X f"),
        ("a b c", "a b", "a b C", "!"),
        ("", "a", "a", "a"),
        ("", "a", "b", "!"),
    ];
    for (old, ours, theirs, expected) in cases {
        let file = |words: &str| {
            let lines: Vec<String> = words
                .split_whitespace()
                .map(|word| format!("{word}\n"))
                .collect();
            tree(&[("f", &lines.concat())])
        };
        let merged = merge_trees(&file(old), &file(ours), &file(theirs));
        match expected {
            "!" => {
                let conflicts = merged.unwrap_err();
                assert!(
                    conflicts[0].message.ends_with("Merge conflict in f"),
                    "{old} {ours} {theirs}"
                );
                assert!(!conflicts[0].regions.is_empty());
            }
            expected => assert_eq!(merged.unwrap(), file(expected), "{old} {ours} {theirs}"),
        }
    }
    let gone = merge_trees(&tree(&[("f", "a")]), &Tree::new(), &tree(&[("f", "b")])).unwrap_err();
    assert_eq!(
        gone[0].message,
        "CONFLICT (modify/delete): f deleted in ours and modified in theirs."
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// `git merge-file` makes the same of three texts, or conflicts where we do.
    #[test]
    fn merges_equal_those_of_git(
        old in "([a-d]
){0,8}",
        ours in "([a-e]
){0,8}",
        theirs in "([a-f]
){0,8}",
    ) {
        if oracle::has("git") {
            let folder = Folder::new();
            let files = tree(&[("old", &old), ("ours", &ours), ("theirs", &theirs)]);
            folder.fill(&files);
            let args = ["merge-file", "-p", "--no-diff3", "--diff-algorithm=myers", "ours", "old", "theirs"];
            let (status, text) = folder.run("git", &args, &[]);
            let side = |text: &str| tree(&[("f", text)]);
            let merged = merge_trees(&side(&old), &side(&ours), &side(&theirs));
            match merged {
                // A conflict may be found in more places than git finds; never in fewer.
                Err(_) => {}
                Ok(files) => {
                    prop_assert_eq!(status, 0, "{}", text);
                    prop_assert_eq!(files["f"].as_str(), text);
                }
            }
        }
    }
}

#[test]
fn merges_reverts_and_rebases_keep_what_both_sides_did() {
    let mut repository = Repository::new();
    let you = Person::you;
    let base = tree(&[("a", "1\n"), ("b", "1\n")]);
    let first = repository
        .commit_files(&base, &[], you(), 0, "First")
        .unwrap();
    let ours = repository
        .commit_files(
            &tree(&[("a", "2\n"), ("b", "1\n")]),
            &[first],
            you(),
            1000,
            "Ours",
        )
        .unwrap();
    let theirs = repository
        .commit_files(
            &tree(&[("a", "1\n"), ("b", "2\n")]),
            &[first],
            you(),
            2000,
            "Theirs",
        )
        .unwrap();
    repository.set_branch("main", ours);
    let both = tree(&[("a", "2\n"), ("b", "2\n")]);
    let rebased = repository.rebase(theirs, ours, 3000).unwrap();
    assert_eq!(repository.files(rebased), both);
    assert_eq!(
        repository.commit(rebased).unwrap().parents.as_slice(),
        [ours]
    );
    let merged = repository
        .merge("main", theirs, &pull("Theirs", 3000))
        .unwrap();
    assert_eq!(repository.files(merged), both);
    assert!(repository.is_ancestor(theirs, merged) && !repository.is_ancestor(merged, theirs));
    assert_eq!(repository.merge_base(ours, theirs), Some(first));
    let reverted = repository.revert(merged, merged, you(), 4000).unwrap();
    assert_eq!(
        repository.files(reverted),
        tree(&[("a", "2\n"), ("b", "1\n")])
    );
    let message = &repository.commit(reverted).unwrap().message;
    assert!(
        message.starts_with("Revert \"Merge pull request #1")
            && message.contains("reversing\nchanges made to")
    );
    let mut other = Repository::new();
    other.take(&repository, merged);
    assert_eq!(other.files(merged), both);
    assert_eq!(other.history(merged).len(), 4);
}
