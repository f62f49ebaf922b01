//! `kubectl` (`k8s.io/kubectl/pkg/cmd`).

mod api_resources;
mod apply;
mod args;
mod autoscale;
mod can_i;
mod cells;
mod columns;
mod containers;
mod create;
mod delete;
mod describe;
mod diff;
mod drain;
mod events;
mod exec;
mod explain;
mod expose;
mod get;
mod go_template;
mod jsonpath;
mod logs;
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
mod taint;
mod top;
mod wait;
mod watch;
mod whoami;

use self::args::{Args, Flag};
use self::session::{Fault, Session};
use crate::{Cluster, Output};

pub use self::pod_state::{PodState, pod_state};
pub use self::pod_template::probe_words;
pub use self::rollout_status::rollout_status;

/// What a command does.
type Run = fn(&mut Session, &Args) -> Result<(), Fault>;

/// One command: the words that name it, the flags that it takes beside those of all, and what it does.
struct Command {
    words: &'static [&'static str],
    flags: &'static [Flag],
    /// Whether `-o` is its own business. Of others it says what is printed of a changed object.
    prints: bool,
    run: Run,
}

/// A command that changes something.
const fn change(words: &'static [&'static str], flags: &'static [Flag], run: Run) -> Command {
    Command {
        words,
        flags,
        prints: false,
        run,
    }
}

/// A command that prints what it finds.
const fn print(words: &'static [&'static str], flags: &'static [Flag], run: Run) -> Command {
    Command {
        words,
        flags,
        prints: true,
        run,
    }
}

/// Every command.
const COMMANDS: &[Command] = &[
    change(&["annotate"], metadata::FLAGS, metadata::annotate),
    print(&["api-resources"], api_resources::FLAGS, api_resources::run),
    change(&["apply"], apply::FLAGS, apply::run),
    change(&["auth", "can-i"], can_i::FLAGS, can_i::run),
    print(&["auth", "whoami"], whoami::FLAGS, whoami::run),
    change(&["autoscale"], autoscale::FLAGS, autoscale::run),
    change(&["cordon"], &[], drain::cordon),
    print(&["create"], create::FLAGS, create::run),
    print(&["expose"], create::FLAGS, expose::expose),
    print(&["run"], create::FLAGS, expose::run_pod),
    change(&["delete"], delete::FLAGS, delete::run),
    print(&["describe"], describe::FLAGS, describe::run),
    print(&["diff"], diff::FLAGS, diff::run),
    change(&["drain"], drain::DRAIN_FLAGS, drain::drain),
    print(&["events"], events::FLAGS, events::run),
    print(&["exec"], exec::FLAGS, exec::run),
    print(&["explain"], explain::FLAGS, explain::run),
    print(&["get"], get::FLAGS, get::run),
    print(&["help"], &[], help),
    change(&["label"], metadata::FLAGS, metadata::label),
    print(&["logs"], logs::FLAGS, logs::run),
    change(&["patch"], patch::FLAGS, patch::run),
    change(&["replace"], apply::FLAGS, apply::replace),
    change(
        &["rollout", "history"],
        rollout::HISTORY_FLAGS,
        rollout::history,
    ),
    change(&["rollout", "pause"], rollout::FLAGS, rollout::pause),
    change(&["rollout", "restart"], rollout::FLAGS, rollout::restart),
    change(&["rollout", "resume"], rollout::FLAGS, rollout::resume),
    change(
        &["rollout", "status"],
        rollout_status::FLAGS,
        rollout_status::run,
    ),
    change(&["rollout", "undo"], rollout::UNDO_FLAGS, rollout::undo),
    change(&["scale"], scale::FLAGS, scale::run),
    change(&["set", "env"], set_env::FLAGS, set_env::run),
    change(&["set", "image"], set::IMAGE_FLAGS, set::image),
    change(&["set", "resources"], set::RESOURCES_FLAGS, set::resources),
    change(&["taint"], taint::FLAGS, taint::run),
    change(&["top"], top::FLAGS, top::run),
    change(&["uncordon"], &[], drain::uncordon),
    print(&["version"], &[], api_resources::version),
    change(&["wait"], wait::FLAGS, wait::run),
];

/// Runs `kubectl ARGS` as `user`, with a text on standard input.
pub fn kubectl(cluster: &mut dyn Cluster, user: &str, args: &[&str], stdin: &str) -> Output {
    let mut session = Session::new(cluster, user, stdin);
    let done = run(&mut session, args);
    let mut output = session.output;
    if let Err(fault) = done {
        output.exit = output.exit.max(1);
        output.stderr.push_str(&fault.words());
    }
    output
}

/// The arguments with the words that name the command before the flags that stood before them; as they
/// are if they name none.
#[must_use]
pub fn command_first<'a>(args: &[&'a str]) -> Vec<&'a str> {
    let places = args::names(args, 2);
    let names: Vec<&str> = places.iter().map(|at| args[*at]).collect();
    let mut sorted = args.to_vec();
    if let Some(command) = command(&names) {
        // From the last on, so that the others stay where they are.
        for at in places[..command.words.len()].iter().rev() {
            sorted.remove(*at);
        }
        sorted.splice(0..0, command.words.iter().copied());
    }
    sorted
}

fn command(args: &[&str]) -> Option<&'static Command> {
    COMMANDS.iter().find(|it| args.starts_with(it.words))
}

/// The commands that there are, a line each.
fn help(session: &mut Session, _: &Args) -> Result<(), Fault> {
    for command in COMMANDS {
        let line = format!("kubectl {}\n", command.words.join(" "));
        session.output.stdout.push_str(&line);
    }
    Ok(())
}

fn run(session: &mut Session, args: &[&str]) -> Result<(), Fault> {
    let args = match args {
        [] | ["--help" | "-h"] => vec!["help"],
        args => command_first(args),
    };
    let Some(command) = command(&args) else {
        let places = args::names(&args, 2);
        let word = |at: usize| places.get(at).map(|at| args[*at]);
        let name = word(0).unwrap_or_default();
        let is_group = COMMANDS.iter().any(|command| command.words[0] == name);
        return Err(Fault::Usage(match word(1) {
            Some(part) if is_group => {
                format!("unknown command {part:?}\nSee 'kubectl {name} -h' for help and examples")
            }
            _ if is_group => format!("kubectl {name} takes a command"),
            _ => format!("unknown command {name:?} for \"kubectl\""),
        }));
    };
    let name = format!("kubectl {}", command.words.join(" "));
    let args = Args::read(&name, command.flags, &args[command.words.len()..])?;
    session.begin(&args, !command.prints)?;
    (command.run)(session, &args)
}
