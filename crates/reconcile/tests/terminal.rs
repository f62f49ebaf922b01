//! A person's `kubectl` beside the lab: what each line prints, and what it does.
//!
//! A script in `terminal/` is typed line by line; the snapshot is the whole session. A line
//! `# SECONDS s later` lets time pass.

#![cfg(not(target_family = "wasm"))]
// The session lies in a file.
#![allow(clippy::disallowed_methods)]

mod folders;
mod merged;

use reconcile::view::Outcome;
use reconcile::{Done, Lab};
use std::fmt::Write;
use std::path::Path;

#[test]
fn a_session_at_the_terminal() {
    let _ = session("order-service");
}

/// What containers print, and commands in them.
#[test]
fn a_session_about_containers() {
    let _ = session("containers");
}

/// What the API server's log has of what is asked for by hand: who is refused what, and what an eviction
/// and an exec come to.
#[test]
fn a_session_in_the_api_servers_log() {
    let mut lab = session("api-server");
    lab.seek(lab.end());
    insta::with_settings!({ snapshot_path => "terminal", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("api-server-log", folders::asked(&lab));
    });
}

#[test]
fn a_refusal_is_told_and_what_comes_after_it_stays() {
    let change = ("order-service/chart/values.yaml", "info", "debug");
    let mut lab = merged::merged(&[change]);
    let later = lab.now() + 60_000;
    lab.seek(later);
    let (_, done) = lab.command("kubectl scale deployment/order-service -n shop --replicas=4");
    assert_eq!(done, Done::Changed);
    let (end, entries, seconds) = (lab.end(), lab.entries().to_vec(), lab.seconds());
    lab.seek(later - 30_000);
    let refused =
        "kubectl create deployment web --image=web --as system:serviceaccount:shop:default";
    let (printed, done) = lab.command(refused);
    assert_eq!((printed.exit, done), (1, Done::Refused), "{printed:?}");
    assert_eq!(lab.deeds().len(), 3, "{:?}", lab.deeds());

    let row = lab.scene().requests.pop().expect("it is in the log");
    assert_eq!((row.outcome, row.code), (Outcome::Refused, 403), "{row:?}");
    let mut told = lab.entries().to_vec();
    let at = row.entry.expect("it is in the trace") as usize;
    assert_eq!(told.remove(at).reason, "Forbidden");
    assert_eq!((lab.end(), lab.seconds()), (end, seconds));
    let words = |entries: &[reconcile::Entry]| {
        let words = entries.iter().map(|it| (it.t, it.message.clone()));
        words.collect::<Vec<_>>()
    };
    assert_eq!(words(&told), words(&entries));
    // What led to what is as it was: those after it are one on.
    let before = |id: u32| id - u32::from(at < id as usize);
    let told = told.iter().map(|it| it.cause.map(before));
    let causes = entries.iter().map(|it| it.cause);
    assert_eq!(told.collect::<Vec<_>>(), causes.collect::<Vec<_>>());
}

/// Types the lines of a script, and compares the session with its snapshot.
fn session(name: &str) -> Lab {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terminal");
    let lines = std::fs::read_to_string(folder.join(format!("{name}.sh"))).expect("it is there");
    let mut lab = Lab::built_in("order-service").expect("the lab");
    let mut session = String::new();
    for line in lines.lines() {
        let _ = writeln!(session, "$ {line}");
        if let Some(seconds) = line.strip_prefix("# ") {
            let seconds: u64 = seconds
                .trim_end_matches(" s later")
                .parse()
                .expect("a number");
            lab.seek(lab.now() + seconds * 1000);
            continue;
        }
        let now = lab.now();
        let (printed, done) = lab.command(line);
        assert_eq!(
            lab.now(),
            now,
            "{line}: a command leaves the moment as it is"
        );
        session.push_str(&printed.stdout);
        session.push_str(&printed.stderr);
        if printed.exit != 0 {
            let _ = writeln!(session, "(exit {})", printed.exit);
        }
        if done == Done::Changed {
            session.push_str("(the lab goes another way from here)\n");
        }
    }
    insta::with_settings!({ snapshot_path => folder, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, session);
    });
    lab
}

#[test]
fn what_is_changed_by_hand_rolls_out_and_can_be_gone_back_from() {
    let mut lab = Lab::built_in("order-service").expect("the lab");
    let (start, before) = (lab.now(), lab.scene());
    let (_, done) = lab.command("kubectl scale deployment/order-service --replicas=5");
    assert_eq!(done, Done::Changed);
    lab.seek(lab.end());
    assert_eq!(lab.scene().deployments[0].ready, 5);
    lab.seek(0);
    lab.seek(lab.end());
    assert_eq!(
        lab.scene().deployments[0].ready,
        5,
        "going back and forth plays it again"
    );
    lab.seek(start - 1);
    assert_eq!(lab.scene().deployments, before.deployments);
}
