//! The built-in lab in which something was merged.

use reconcile::Lab;

/// A file, a text in it, and what takes its place.
pub type Edit = (&'static str, &'static str, &'static str);

/// The built-in lab after a merge of its files with some text replaced.
pub fn merged(changes: &[Edit]) -> Lab {
    let mut lab = Lab::built_in("order-service").expect("it is built in");
    let mut draft = lab.files();
    for (path, from, to) in changes {
        let file = draft.get_mut(*path).expect("the lab has this file");
        assert!(file.contains(from), "{path} has {from:?}");
        *file = file.replace(from, to);
    }
    lab.open_pull_request("A change", &draft)
        .expect("it can be proposed");
    lab.merge().expect("it can be merged");
    lab
}
