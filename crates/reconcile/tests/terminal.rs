//! A person's `kubectl` beside the lab: what each line prints, and what it does.
//!
//! A script in `terminal/` is typed line by line; the snapshot is the whole session. A line
//! `# SECONDS s later` lets time pass.

#![cfg(not(target_family = "wasm"))]
// The session lies in a file.
#![allow(clippy::disallowed_methods)]

use reconcile::Lab;
use std::fmt::Write;
use std::path::Path;

#[test]
fn a_session_at_the_terminal() {
    session("order-service");
}

/// What containers print, and commands in them.
#[test]
fn a_session_about_containers() {
    session("containers");
}

/// Types the lines of a script, and compares the session with its snapshot.
fn session(name: &str) {
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
        let (printed, is_change) = lab.command(line);
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
        if is_change {
            session.push_str("(the lab goes another way from here)\n");
        }
    }
    insta::with_settings!({ snapshot_path => folder, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, session);
    });
}

#[test]
fn what_is_changed_by_hand_rolls_out_and_can_be_gone_back_from() {
    let mut lab = Lab::built_in("order-service").expect("the lab");
    let (start, before) = (lab.now(), lab.scene());
    let (_, is_change) = lab.command("kubectl scale deployment/order-service --replicas=5");
    assert!(is_change);
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
