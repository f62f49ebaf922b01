//! `kubectl` in a job: the real program's words, and waiting where it waits.

use super::{Event, identity, runs};
use crate::cluster::kubelet::logs;
use crate::delivery::actions::answer::Answer;
use crate::delivery::actions::event::Spot;
use crate::delivery::reader::parse_duration;
use crate::engine::{self, World};
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, EcoVec, eco_format};
use kube::api::{self, Request, Response, Verb};
use kube::rbac::User;
use kube::{Key, Millis, Object, Status, Value};
use shell::{Line, Output};

const KUBECTL: &str = "kubectl";
/// How often a waiting command looks. (It watches; a second is how closely.)
const POLL: Millis = 1_000;

/// How long a job lasts at most (`timeout-minutes: 360`).
const JOB_MOST: Millis = 360 * 60_000;

/// A command that waits.
#[derive(Clone, Debug)]
pub(crate) struct Watching {
    user: User,
    key: Key,
    /// When it gives up; none for never.
    until: Option<Millis>,
    /// What it printed.
    said: EcoString,
    waits: (usize, Spot),
    is_over: bool,
}

struct Client<'a> {
    world: &'a mut World,
    user: User,
    /// How long the command waited. What waits for a rollout does so in [`look`]; for any other wait a
    /// job's time stands still, so that it ends at its limit.
    waited: Millis,
}

impl shell::Cluster for Client<'_> {
    fn ask(&mut self, request: Request) -> Response {
        let request = Request {
            user: self.user.clone(),
            ..request
        };
        if request.dry_run || matches!(request.verb, Verb::Get | Verb::List) {
            return self.world.try_out(request);
        }
        let why = texts::delivery::kubectl_changes(&request.key);
        let note = Note::story("patch", "Kubectl", why);
        self.world.ask(KUBECTL, request, note)
    }

    fn warnings(&self, request: &Request) -> Vec<EcoString> {
        self.world.warnings(request)
    }

    fn logs(
        &mut self,
        pod: &Object,
        container: &str,
        is_previous: bool,
    ) -> Result<Vec<Line>, Status> {
        logs::logs(self.world, pod, container, is_previous)
    }

    fn exec(&mut self, request: Request) -> Result<Output, Status> {
        let request = Request {
            user: self.user.clone(),
            ..request
        };
        let why = texts::delivery::kubectl_runs_a_command(&request.key);
        let note = Note::story("exec", "Kubectl", why);
        let done = self.world.exec(KUBECTL, request, note)?;
        self.waited += done.takes;
        Ok(done.printed())
    }

    fn now(&self) -> Millis {
        self.world.now + self.waited
    }

    fn wait(&mut self, time: Millis) -> bool {
        self.waited += time;
        self.waited <= JOB_MOST
    }
}

/// Carries out a command that a workflow's step asks for.
pub(super) fn run(
    world: &mut World,
    waits: (usize, Spot),
    args: &[EcoString],
    stdin: &str,
    user: Option<&str>,
) {
    let user = identity::of(world, user, KUBECTL);
    let words: Vec<&str> = args.iter().map(EcoString::as_str).collect();
    if let Some(watching) = watched(world, waits, &words, &user) {
        let at = world.delivery.watching.len();
        world.delivery.watching.push(watching);
        return look(world, at);
    }
    let name = user.name.clone();
    let output = shell::kubectl(
        &mut Client {
            world,
            user,
            waited: 0,
        },
        &name,
        &words,
        stdin,
    );
    let answer = Answer {
        status: output.exit.into(),
        stdout: output.stdout.into(),
        stderr: output.stderr.into(),
    };
    runs::answer(world, waits, answer);
}

/// `kubectl rollout status deployment/NAME [-n NAMESPACE] [--timeout TIME]`
fn watched(world: &World, waits: (usize, Spot), words: &[&str], user: &User) -> Option<Watching> {
    let words = shell::command_first(words);
    let rest = words.strip_prefix(&["rollout", "status"])?;
    let (mut namespace, mut timeout, mut named) = ("default", None, Vec::new());
    let mut rest = rest.iter().copied();
    while let Some(word) = rest.next() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("-n" | "--namespace", "") => namespace = rest.next()?,
            ("--namespace", name) => namespace = name,
            ("--timeout", "") => timeout = parse_duration(rest.next()?),
            ("--timeout", time) => timeout = parse_duration(time),
            (flag, _) if flag.starts_with('-') => {}
            _ => named.extend(word.split('/')),
        }
    }
    let [kind, name] = named.as_slice() else {
        return None;
    };
    let is_deployment = matches!(
        kind.split('.').next(),
        Some("deployment" | "deployments" | "deploy")
    );
    is_deployment.then(|| Watching {
        user: user.clone(),
        key: Key::new("Deployment", namespace, *name),
        until: timeout.map(|timeout| world.now + timeout),
        said: EcoString::new(),
        waits,
        is_over: false,
    })
}

/// Looks whether what a command waits for has come.
pub(super) fn look(world: &mut World, at: usize) {
    let Some(mut watching) = world
        .delivery
        .watching
        .get(at)
        .filter(|it| !it.is_over)
        .cloned()
    else {
        return;
    };
    let request = Request {
        user: watching.user.clone(),
        ..Request::new(KUBECTL, watching.key.clone(), Verb::Get)
    };
    let found = api::serve(&mut world.store, world.now, request);
    let status = found.map(|answer| {
        let object = answer.object();
        shell::rollout_status(
            &watching.key.name,
            object.as_ref().map_or(&Value::NULL, |it| &it.value),
        )
    });
    let ended = match status {
        Err(status) => Some(Answer::failed(
            1,
            eco_format!("Error from server ({}): {}", status.reason, status.message),
        )),
        Ok(Err(why)) => Some(Answer::failed(1, eco_format!("error: {why}"))),
        Ok(Ok((message, is_done))) => {
            if !watching.said.ends_with(message.as_str()) {
                watching.said.push_str(&message);
            }
            let is_late = watching.until.is_some_and(|until| until <= world.now);
            match (is_done, is_late) {
                (true, _) => Some(Answer::default()),
                (false, true) => Some(Answer::failed(
                    1,
                    "error: timed out waiting for the condition",
                )),
                (false, false) => None,
            }
        }
    };
    watching.is_over = ended.is_some();
    let (waits, said) = (watching.waits, watching.said.clone());
    world.delivery.watching.make_mut()[at] = watching;
    match ended {
        Some(answer) => runs::answer(
            world,
            waits,
            Answer {
                stdout: said,
                ..answer
            },
        ),
        None => world.after(POLL, engine::Event::Delivery(Event::Kubectl(at))),
    }
}

/// Kills the command that a step waits for.
pub(super) fn kill(watching: &mut EcoVec<Watching>, waits: (usize, Spot)) {
    for one in watching
        .make_mut()
        .iter_mut()
        .filter(|it| it.waits == waits)
    {
        one.is_over = true;
    }
}
