use super::oracle::{self, Folder};
use super::order_service;
use crate::delivery::diff;
use proptest::prelude::*;

/// Two texts and what `git diff` prints for them below the file names.
const CASES: [(&str, &str, &str); 9] = [
    ("", "", ""),
    ("a\n", "a\n", ""),
    ("", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"),
    ("a\n", "", "@@ -1 +0,0 @@\n-a\n"),
    (
        "a\nb\nc\n",
        "a\nB\nc\n",
        "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n",
    ),
    (
        "a",
        "a\n",
        "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n",
    ),
    (
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
        "one\n2\n3\n4\n5\n6\n7\neight\n9\n",
        "@@ -1,9 +1,9 @@\n-1\n+one\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+eight\n 9\n",
    ),
    (
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
        "one\n2\n3\n4\n5\n6\n7\n8\nnine\n",
        "@@ -1,4 +1,4 @@\n-1\n+one\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+nine\n",
    ),
    (
        "a:\n  b: 1\n\nc:\n  b: 1\n",
        "a:\n  b: 1\n\nb:\n  b: 1\n\nc:\n  b: 1\n",
        "@@ -1,5 +1,8 @@\n a:\n   b: 1\n \n+b:\n+  b: 1\n+\n c:\n   b: 1\n",
    ),
];

#[test]
fn hunks_are_those_of_git() {
    for (old, new, expected) in CASES {
        assert_eq!(
            unified::print(&diff::file("file", old, new).hunks),
            expected,
            "{old:?} to {new:?}"
        );
    }
}

#[test]
fn git_prints_them_too() {
    if !oracle::has("git") {
        return;
    }
    for (old, new, expected) in CASES {
        let folder = Folder::new();
        folder.fill(
            &[("old", old), ("new", new)]
                .map(|(p, t)| (p.into(), t.into()))
                .into(),
        );
        let printed = folder
            .run("git", &["diff", "--no-index", "old", "new"], &[])
            .1;
        let hunks = printed.find("@@ ").map_or("", |at| &printed[at..]);
        assert_eq!(hunks, expected, "{old:?} to {new:?}");
    }
}

#[test]
fn the_sample_pull_request_changes_two_lines() {
    let lab = order_service();
    let old = &lab.repositories["order-service"];
    let mut new = old.clone();
    for (path, text) in &lab.samples[0].files {
        new.insert(
            path.strip_prefix("order-service/").unwrap().into(),
            text.into(),
        );
    }
    let diffs = diff::trees(old, &new);
    let rows: Vec<_> = diffs
        .iter()
        .map(|d| (d.path.as_str(), d.added, d.removed))
        .collect();
    assert_eq!(rows, [("app.yaml", 1, 1), ("chart/values.yaml", 1, 1)]);
    insta::assert_snapshot!(
        diffs
            .iter()
            .map(|it| unified::print(&it.hunks))
            .collect::<String>()
    );
}

proptest! {
    /// Whatever is removed and added, the kept and added lines in order are the new text, and each
    /// line is where its numbers say.
    #[test]
    fn a_diff_leads_from_old_to_new(
        old in "([abc]\n){0,30}[abc]?",
        new in "([abc]\n){0,30}[abc]?",
    ) {
        let diff = diff::file("file", &old, &new);
        let (from, to): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
        let mut made: Vec<Option<&str>> = from.iter().copied().map(Some).collect();
        let lines: Vec<_> = diff.hunks.iter().flat_map(|hunk| &hunk.lines).collect();
        for line in &lines {
            if let Some(at) = line.old {
                prop_assert_eq!(&line.text, from[at as usize - 1]);
                if line.new.is_none() {
                    made[at as usize - 1] = None;
                }
            }
        }
        let mut made: Vec<&str> = made.into_iter().flatten().collect();
        for line in lines.iter().filter(|line| line.old.is_none()) {
            if let Some(at) = line.new {
                made.insert(at as usize - 1, &line.text);
            }
        }
        prop_assert_eq!(made, to);
    }
}
