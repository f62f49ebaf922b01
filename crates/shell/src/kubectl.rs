//! `kubectl` (`k8s.io/kubectl/pkg/cmd`).

mod apply;
mod args;
mod can_i;
mod columns;
mod delete;
mod drain;
mod get;
mod patch;
mod pod_state;
mod rollout;
mod rollout_status;
mod scale;
mod session;
mod set;
mod table;

use self::args::{Args, Flag};
use self::session::{Fault, Session};
use crate::{Cluster, Output};

pub use self::pod_state::{PodState, pod_state};
pub use self::rollout_status::rollout_status;

/// One command: the words that name it, the flags that it takes beside those of all, and what it does.
struct Command {
    words: &'static [&'static str],
    flags: &'static [Flag],
    run: fn(&mut Session, &Args) -> Result<(), Fault>,
}

/// Every command.
const COMMANDS: &[Command] = &[
    Command {
        words: &["apply"],
        flags: apply::FLAGS,
        run: apply::run,
    },
    Command {
        words: &["auth", "can-i"],
        flags: can_i::FLAGS,
        run: can_i::run,
    },
    Command {
        words: &["cordon"],
        flags: &[],
        run: drain::cordon,
    },
    Command {
        words: &["delete"],
        flags: delete::FLAGS,
        run: delete::run,
    },
    Command {
        words: &["drain"],
        flags: drain::DRAIN_FLAGS,
        run: drain::drain,
    },
    Command {
        words: &["get"],
        flags: get::FLAGS,
        run: get::run,
    },
    Command {
        words: &["patch"],
        flags: patch::FLAGS,
        run: patch::run,
    },
    Command {
        words: &["uncordon"],
        flags: &[],
        run: drain::uncordon,
    },
    Command {
        words: &["rollout", "history"],
        flags: rollout::HISTORY_FLAGS,
        run: rollout::history,
    },
    Command {
        words: &["rollout", "pause"],
        flags: &[],
        run: rollout::pause,
    },
    Command {
        words: &["rollout", "restart"],
        flags: &[],
        run: rollout::restart,
    },
    Command {
        words: &["rollout", "resume"],
        flags: &[],
        run: rollout::resume,
    },
    Command {
        words: &["rollout", "status"],
        flags: rollout_status::FLAGS,
        run: rollout_status::run,
    },
    Command {
        words: &["rollout", "undo"],
        flags: rollout::UNDO_FLAGS,
        run: rollout::undo,
    },
    Command {
        words: &["scale"],
        flags: scale::FLAGS,
        run: scale::run,
    },
    Command {
        words: &["set", "env"],
        flags: set::FLAGS,
        run: set::env,
    },
    Command {
        words: &["set", "image"],
        flags: set::FLAGS,
        run: set::image,
    },
];

/// Runs `kubectl ARGS` as `user`, with a text on standard input.
pub fn kubectl(cluster: &mut dyn Cluster, user: &str, args: &[&str], stdin: &str) -> Output {
    let mut session = Session::new(cluster, user, stdin);
    let done = run(&mut session, args);
    let mut output = session.output;
    if let Err(fault) = done {
        output.exit = 1;
        output.stderr.push_str(&fault.words());
    }
    output
}

fn run(session: &mut Session, args: &[&str]) -> Result<(), Fault> {
    let command = COMMANDS
        .iter()
        .find(|command| args.starts_with(command.words));
    let Some(command) = command else {
        let name = args.first().copied().unwrap_or_default();
        let known = COMMANDS.iter().any(|command| command.words[0] == name);
        return Err(Fault::Usage(match known {
            true => format!(
                "the lab's kubectl {name} does not know {:?}",
                args[1..].first().unwrap_or(&"")
            ),
            false => format!("unknown command {name:?} for \"kubectl\""),
        }));
    };
    let name = format!("kubectl {}", command.words.join(" "));
    let args = Args::read(&name, command.flags, &args[command.words.len()..])?;
    if let Some(namespace) = args.last("namespace") {
        session.namespace = namespace.into();
    }
    session.act_as(args.last("as"), args.all("as-group"));
    (command.run)(session, &args)
}
