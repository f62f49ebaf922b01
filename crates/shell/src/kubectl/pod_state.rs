//! What `kubectl get pods` says of a pod (`pkg/printers/internalversion/printers.go`, `printPod`).

use ecow::{EcoString, eco_format};
use kube::{Object, Value};

/// The columns READY, STATUS and RESTARTS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodState {
    /// How many containers are ready, and how many count.
    pub ready: (usize, usize),
    /// `Running`, `Completed`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`…
    pub status: EcoString,
    /// How often containers were started again.
    pub restarts: i64,
    /// When one ended last to be started again, in RFC 3339; empty if none did.
    pub restarted: EcoString,
}

/// What kubectl says of a pod.
#[must_use]
pub fn pod_state(pod: &Object) -> PodState {
    let (spec, status) = (pod.spec(), pod.status());
    let inits = spec.get("initContainers").items();
    let sidecar = |name: &str| {
        let is = |it: &&Value| it.get("name").text() == name;
        let it = inits.iter().find(is);
        it.is_some_and(|it| it.get("restartPolicy").text() == "Always")
    };
    let sidecars = inits.iter().filter(|it| sidecar(it.get("name").text()));
    let total = spec.get("containers").items().len() + sidecars.count();
    let mut state = PodState {
        ready: (0, total),
        status: first_of(&[status.get("reason"), status.get("phase")]),
        ..PodState::default()
    };
    if pod.condition("PodScheduled").get("reason").text() == "SchedulingGated" {
        state.status = "SchedulingGated".into();
    }
    let mut of_sidecars = PodState::default();
    let mut is_initializing = false;
    for (at, it) in status
        .get("initContainerStatuses")
        .items()
        .iter()
        .enumerate()
    {
        let is_sidecar = sidecar(it.get("name").text());
        state.count(it);
        if is_sidecar {
            of_sidecars.count(it);
        }
        let ended = it.at(&["state", "terminated"]);
        let waits = it.at(&["state", "waiting", "reason"]).text();
        let code = ended.get("exitCode").as_int().unwrap_or(0);
        state.status = if !ended.is_null() && code == 0 {
            continue;
        } else if is_sidecar && it.get("started").as_bool() == Some(true) {
            state.ready.0 += usize::from(it.get("ready").as_bool() == Some(true));
            continue;
        } else if !ended.is_null() {
            eco_format!("Init:{}", ending(ended))
        } else if !matches!(waits, "" | "PodInitializing") {
            eco_format!("Init:{waits}")
        } else {
            eco_format!("Init:{at}/{}", inits.len())
        };
        is_initializing = true;
        break;
    }
    if !is_initializing || pod.condition("Initialized").get("status").text() == "True" {
        (state.restarts, state.restarted) = (of_sidecars.restarts, of_sidecars.restarted);
        let mut has_running = false;
        for it in status.get("containerStatuses").items().iter().rev() {
            state.count(it);
            let ended = it.at(&["state", "terminated"]);
            let waits = it.at(&["state", "waiting", "reason"]).text();
            if !waits.is_empty() {
                state.status = waits.into();
            } else if !ended.is_null() {
                state.status = ending(ended);
            } else if it.get("ready").as_bool() == Some(true)
                && !it.at(&["state", "running"]).is_null()
            {
                has_running = true;
                state.ready.0 += 1;
            }
        }
        if state.status == "Completed" && has_running {
            let is_ready = pod.condition("Ready").get("status").text() == "True";
            state.status = if is_ready { "Running" } else { "NotReady" }.into();
        }
    }
    if pod.meta.deleted.is_some() {
        let is_over = matches!(status.get("phase").text(), "Succeeded" | "Failed");
        if status.get("reason").text() == "NodeLost" {
            state.status = "Unknown".into();
        } else if !is_over {
            state.status = "Terminating".into();
        }
    }
    state
}

impl PodState {
    fn count(&mut self, container: &Value) {
        self.restarts += container.get("restartCount").as_int().unwrap_or(0);
        let ended = container
            .at(&["lastState", "terminated", "finishedAt"])
            .text();
        // Times of one form and zone are in the order of their texts.
        if *self.restarted < *ended {
            self.restarted = ended.into();
        }
    }
}

fn ending(ended: &Value) -> EcoString {
    let number = |name: &str| ended.get(name).as_int().unwrap_or(0);
    match (ended.get("reason").text(), number("signal")) {
        ("", 0) => eco_format!("ExitCode:{}", number("exitCode")),
        ("", signal) => eco_format!("Signal:{signal}"),
        (reason, _) => reason.into(),
    }
}

fn first_of(values: &[&Value]) -> EcoString {
    let mut texts = values.iter().map(|value| value.text());
    texts.find(|text| !text.is_empty()).unwrap_or("").into()
}
