//! The engine as a WebAssembly module: bytes in, bytes out.
//!
//! A page starts it in a worker ([`worker.js`](../worker.js)), so that nothing the lab does, however
//! long it takes, keeps the page from answering. What the bytes are is [`view::protocol`].

use reconcile::delivery::labs;
use reconcile::{Lab, Table};
use view::Problem;
use view::protocol::{Reply, Request, State, decode, encode};
use wasm_bindgen::prelude::wasm_bindgen;

/// An engine with at most one lab in it.
#[wasm_bindgen]
#[derive(Default)]
pub struct Engine {
    lab: Option<Lab>,
    fields: Option<&'static Table>,
}

#[wasm_bindgen]
impl Engine {
    /// An engine without a lab. A panic in it becomes a JavaScript error that says what and where.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Engine {
        #[cfg(target_family = "wasm")]
        std::panic::set_hook(Box::new(|info| {
            wasm_bindgen::throw_str(&info.to_string());
        }));
        Engine::default()
    }

    /// Takes the table of all fields (`crates/kube/data/fields.txt`), which is not part of the module,
    /// for it is not needed before somebody types.
    pub fn learn_fields(&mut self, table: String) {
        let table: &'static Table = Box::leak(Box::new(Table::new(table.leak())));
        self.fields = Some(table);
        if let Some(lab) = &mut self.lab {
            lab.learn_fields(table);
        }
    }

    /// Answers an encoded [`Request`] with an encoded [`Reply`].
    pub fn ask(&mut self, request: &[u8]) -> Vec<u8> {
        let reply = match decode(request) {
            Some(request) => self.serve(request),
            None => refused("the message is not one that this engine knows"),
        };
        encode(&reply)
    }
}

impl Engine {
    /// Answers a request.
    pub fn serve(&mut self, request: Request) -> Reply {
        if let Request::Open(name) = &request {
            self.lab = Lab::built_in(name);
            if let (Some(lab), Some(table)) = (&mut self.lab, self.fields) {
                lab.learn_fields(table);
            }
        }
        let Some(lab) = &mut self.lab else {
            return refused("there is no such lab");
        };
        match request {
            Request::Open(name) => Reply::Opened {
                name: name.into(),
                labs: labs::list(),
                samples: lab.samples().to_vec(),
                state: state(lab),
            },
            Request::Check { path, text } => {
                let problems = lab.check(&path, &text);
                Reply::Checked { path, problems }
            }
            Request::OpenPullRequest { title, files } => {
                let opened = lab.open_pull_request(&title, &files);
                changed(lab, opened)
            }
            Request::ClosePullRequest => {
                lab.close_pull_request();
                Reply::Changed(state(lab))
            }
            Request::Merge => {
                let merged = lab.merge();
                changed(lab, merged)
            }
            Request::Seek(t) => {
                lab.seek(t);
                Reply::Scene(lab.scene())
            }
        }
    }
}

fn changed(lab: &Lab, done: Result<(), Vec<Problem>>) -> Reply {
    match done {
        Ok(()) => Reply::Changed(state(lab)),
        Err(problems) => Reply::Refused(problems),
    }
}

fn refused(why: &str) -> Reply {
    Reply::Refused(vec![Problem {
        path: "".into(),
        line: 0,
        column: 0,
        message: why.into(),
        hint: "".into(),
    }])
}

fn state(lab: &Lab) -> State {
    State {
        files: lab.files(),
        scene: lab.scene(),
        events: lab.events().to_vec(),
        seconds: lab.seconds().to_vec(),
        marks: lab.marks().to_vec(),
        end: lab.end(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(engine: &mut Engine, request: Request) -> Reply {
        let bytes = engine.ask(&encode(&request));
        decode(&bytes).expect("a reply")
    }

    fn open(engine: &mut Engine) -> (view::protocol::Sample, State) {
        match ask(engine, Request::Open("order-service".into())) {
            Reply::Opened {
                mut samples, state, ..
            } => (samples.remove(0), state),
            other => panic!("not an open lab: {other:?}"),
        }
    }

    #[test]
    fn a_merge_through_the_messages_is_the_merge_of_the_lab() {
        let mut engine = Engine::new();
        let (sample, state) = open(&mut engine);
        let mut files = state.files;
        files.extend(sample.files.clone());
        let request = Request::OpenPullRequest {
            title: sample.title.to_string(),
            files: files.clone(),
        };
        assert!(matches!(ask(&mut engine, request), Reply::Changed(_)));
        let Reply::Changed(merged) = ask(&mut engine, Request::Merge) else {
            panic!("merging was refused");
        };
        assert_eq!(merged.files, files, "what was proposed is on main");
        let Reply::Scene(scene) = ask(&mut engine, Request::Seek(merged.end)) else {
            panic!("not a scene");
        };

        let mut lab = Lab::built_in("order-service").expect("the lab");
        lab.open_pull_request(&sample.title, &files)
            .expect("opened");
        lab.merge().expect("merged");
        lab.seek(lab.end());
        assert_eq!((scene, merged.end), (lab.scene(), lab.end()));
        assert_eq!(merged.events, lab.events().to_vec());
    }

    #[test]
    fn what_cannot_be_done_is_refused_in_words() {
        let mut engine = Engine::new();
        let why = |reply| match reply {
            Reply::Refused(problems) => problems[0].message.to_string(),
            other => panic!("not refused: {other:?}"),
        };
        assert_eq!(
            why(ask(&mut engine, Request::Merge)),
            "there is no such lab"
        );
        let none = ask(&mut engine, Request::Open("none".into()));
        assert_eq!(why(none), "there is no such lab");
        let nonsense = decode(&engine.ask(&[255, 255])).expect("a reply");
        assert!(why(nonsense).starts_with("the message is not one"));
        open(&mut engine);
        assert_eq!(
            why(ask(&mut engine, Request::Merge)),
            "no pull request is open"
        );
    }
}
