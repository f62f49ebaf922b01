//! The lab's own files with a piece put in, taken out or doubled: whatever they become, they are
//! read, checked, diffed and played without a panic, and a workflow that is read comes to an end.

use crate::delivery::actions::run::Start;
use crate::delivery::actions::workflow::Event;
use crate::delivery::check::check;
use crate::delivery::definition::Definition;
use crate::delivery::git::{Person, Repository};
use crate::delivery::registry::Registry;
use crate::delivery::rehearsal::rehearse_all;
use crate::delivery::{diff, labs};
use kube::fields::Table;
use lean::SharedMap;
use proptest::prelude::*;
use std::rc::Rc;

/// Pieces that mean something somewhere.
const PIECES: [&str; 24] = [
    "", "\n", " ", "  ", ": ", "- ", "'", "\"", "${{ ", " }}", "$(", ")", "$TAG", " && ", " | ",
    "; ", "#", "|", "[", "{", "*a", "&a", "-1", "ü",
];

proptest! {
    #[test]
    fn no_edit_of_a_lab_panics(
        file in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        length in 0_usize..12,
        piece in any::<prop::sample::Index>(),
    ) {
        let mut files = labs::built_in("order-service").unwrap();
        let path = file.get(&files.keys().cloned().collect::<Vec<_>>()).clone();
        let old = files[&path].clone();
        let chars: Vec<char> = old.chars().collect();
        let at = at.index(chars.len());
        let tail = chars.iter().skip(at + length);
        let head = chars.iter().take(at);
        let new: String = head.collect::<String>() + PIECES[piece.index(PIECES.len())] + &tail.collect::<String>();
        let _ = check(&path, &new, Some(Table::embedded()));
        let _ = diff::file(&path, &old, &new);
        files.insert(path, new);

        if let Ok(lab) = Definition::read(&files) {
            let (name, tree) = lab.repositories.first_key_value().unwrap();
            let mut repository = Repository::new();
            let commit = repository.commit_files(tree, &[], Person::you(), 0, "First").unwrap();
            let repository = &repository;
            let event = Event::push("main", Vec::new());
            let start = Start { number: 1, name, repository, commit, event, settings: Rc::default() };
            let _ = rehearse_all(&start, &Registry::new(), &SharedMap::default());
        }
    }
}
