//! `kubectl` (`k8s.io/kubectl/pkg/cmd`).

mod apply;
mod args;
mod autoscale;
mod can_i;
mod columns;
mod delete;
mod drain;
mod get;
mod metadata;
mod patch;
mod pod_state;
mod pod_template;
mod rollout;
mod rollout_status;
mod scale;
mod session;
mod set;
mod set_env;
mod table;
mod top;

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
        words: &["annotate"],
        flags: metadata::FLAGS,
        run: metadata::annotate,
    },
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
        words: &["autoscale"],
        flags: autoscale::FLAGS,
        run: autoscale::run,
    },
    Command {
        words: &["cordon"],
        flags: &[],
        run: drain::cordon,
    },
    Command {
        words: &["create"],
        flags: apply::FLAGS,
        run: apply::create,
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
        words: &["label"],
        flags: metadata::FLAGS,
        run: metadata::label,
    },
    Command {
        words: &["patch"],
        flags: patch::FLAGS,
        run: patch::run,
    },
    Command {
        words: &["replace"],
        flags: apply::FLAGS,
        run: apply::replace,
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
        flags: rollout::FLAGS,
        run: rollout::pause,
    },
    Command {
        words: &["rollout", "restart"],
        flags: rollout::FLAGS,
        run: rollout::restart,
    },
    Command {
        words: &["rollout", "resume"],
        flags: rollout::FLAGS,
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
        flags: set_env::FLAGS,
        run: set_env::run,
    },
    Command {
        words: &["set", "image"],
        flags: set::IMAGE_FLAGS,
        run: set::image,
    },
    Command {
        words: &["set", "resources"],
        flags: set::RESOURCES_FLAGS,
        run: set::resources,
    },
    Command {
        words: &["top"],
        flags: top::FLAGS,
        run: top::run,
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
        let is_group = COMMANDS.iter().any(|command| command.words[0] == name);
        return Err(Fault::Usage(match args.get(1) {
            Some(part) if is_group => {
                format!("unknown command {part:?}\nSee 'kubectl {name} -h' for help and examples")
            }
            _ if is_group => format!("kubectl {name} takes a command"),
            _ => format!("unknown command {name:?} for \"kubectl\""),
        }));
    };
    let name = format!("kubectl {}", command.words.join(" "));
    let args = Args::read(&name, command.flags, &args[command.words.len()..])?;
    session.begin(&args, command.words != ["get"])?;
    (command.run)(session, &args)
}
