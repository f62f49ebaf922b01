//! Command lines against a running lab, with the words of the real programs.
//!
//! [`kubectl`] so far; each command is one file and one line in its table. A command asks a
//! [`Cluster`] and prints; it decides nothing that the API server decides.
//!
//! Knows nothing of terminals, files and pages: arguments and standard input come in, an [`Output`]
//! goes out.

mod kubectl;
mod line;
mod texts;

use ecow::{EcoString, eco_format};
use kube::Millis;
use kube::api::{Request, Response};
use kube::fields::{Descriptions, Table};
use kube::{Object, Status};
use std::rc::Rc;

pub use kubectl::{PodState, command_first, kubectl, pod_state, probe_words, rollout_status};
pub use line::{asks_for_schema, run};

/// What a command line talks to.
pub trait Cluster {
    /// Asks the API server.
    ///
    /// # Errors
    /// The server's refusal.
    fn ask(&mut self, request: Request) -> Response;

    /// The moment it is.
    fn now(&self) -> Millis;

    /// Lets time pass, as a command does that waits for something. False: nobody waits any longer, and
    /// the command is interrupted.
    fn wait(&mut self, time: Millis) -> bool;

    /// What the server would warn of, did it do what a request asks for (the `Warning` header of its
    /// answer).
    fn warnings(&self, request: &Request) -> Vec<EcoString> {
        let _ = request;
        Vec::new()
    }

    /// What a container has printed since it was started, or in its life before that.
    ///
    /// # Errors
    /// The words of its kubelet, or that none answers.
    fn logs(
        &mut self,
        pod: &Object,
        container: &str,
        is_previous: bool,
    ) -> Result<Vec<Line>, Status> {
        let _ = (container, is_previous);
        Err(no_kubelet(pod.key.name.as_str()))
    }

    /// Runs a command in a container: a request to create `pods/exec`, with `PodExecOptions`.
    ///
    /// # Errors
    /// The server's refusal, the words of the kubelet, or that none answers.
    fn exec(&mut self, request: Request) -> Result<Output, Status> {
        Err(no_kubelet(request.key.name.as_str()))
    }

    /// What the server publishes of its kinds and their fields; none where it publishes nothing.
    fn schema(&self) -> Option<(&'static Table, Rc<Descriptions>)> {
        None
    }

    /// The namespace of the kubeconfig's context.
    fn namespace(&self) -> EcoString {
        "default".into()
    }
}

/// A line that a container has printed, and when.
pub type Line = (Millis, EcoString);

fn no_kubelet(pod: &str) -> Status {
    Status::internal(eco_format!("no kubelet answers for pod {pod:?}"))
}

/// What a command printed, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The exit code: 0 if all went well.
    pub exit: u8,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}
