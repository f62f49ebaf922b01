//! The engine as a WebAssembly module: bytes in, bytes out.
//!
//! A page starts it in a worker ([`worker.js`](../worker.js)), so that nothing the lab does, however
//! long it takes, keeps the page from answering. What the bytes are is [`view::protocol`].

use ecow::EcoString;
use lessons::share::{Link, Start};
use lessons::{Lesson, Session};
use reconcile::delivery::labs::{self, Files};
use reconcile::{Lab, Table};
use std::rc::Rc;
use view::Problem;
use view::protocol::{Carried, Reply, Request, State, decode, encode};
use wasm_bindgen::prelude::wasm_bindgen;

/// An engine with at most one lab in it.
#[wasm_bindgen]
#[derive(Default)]
pub struct Engine {
    lab: Option<Lab>,
    /// The way through a lesson that the lab was opened for.
    session: Option<Session>,
    /// Where it began.
    start: Start,
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
        let mut carried = None;
        match &request {
            Request::Open(name) => self.open(name),
            Request::OpenLesson(files) => {
                if let Err(problems) = self.open_lesson(files) {
                    return Reply::Refused(problems);
                }
            }
            Request::OpenLink { link, lesson } => match self.open_link(link, lesson.as_ref()) {
                Ok(it) => carried = Some(it),
                Err(problems) => return Reply::Refused(problems),
            },
            _ => {}
        }
        let Some(lab) = &mut self.lab else {
            return refused("there is no such lab");
        };
        if let (Request::Open(_) | Request::OpenLesson(_), Some(table)) = (&request, self.fields) {
            lab.learn_fields(table);
        }
        let session = &mut self.session;
        match request {
            Request::Open(_) | Request::OpenLesson(_) | Request::OpenLink { .. } => {
                opened(self.start.lab.clone(), lab, session, carried)
            }
            Request::Check { path, text } => {
                let problems = lab.check(&path, &text);
                Reply::Checked { path, problems }
            }
            Request::OpenPullRequest { title, files } => {
                let allowed = session
                    .as_ref()
                    .map_or(Ok(()), |it| it.may_propose(lab, &files));
                let done = allowed.and_then(|()| lab.open_pull_request(&title, &files));
                changed(lab, session, done)
            }
            Request::ClosePullRequest => {
                lab.close_pull_request();
                changed(lab, session, Ok(()))
            }
            Request::Intend(intent) => {
                let done = lab.intend(intent);
                changed(lab, session, done)
            }
            Request::Command(line) => {
                let (printed, is_change) = lab.command(&line);
                Reply::Printed {
                    line,
                    text: (printed.stdout + &printed.stderr).into(),
                    exit: printed.exit,
                    state: is_change.then(|| state(lab, session)),
                }
            }
            Request::Inspect(object) => Reply::Object(lab.inspect(&object)),
            Request::Seek(t) => {
                lab.seek(t);
                Reply::Scene(lab.scene())
            }
            Request::Share { lesson, files } => {
                self.start.lesson = lesson.map(EcoString::from);
                let link = Link::of(self.start.clone(), lab, session.as_ref(), &files);
                Reply::Link(link.write())
            }
            Request::Lesson(intent) => {
                let Some(learner) = session.as_mut() else {
                    return refused("there is no lesson");
                };
                match learner.learn(lab, intent) {
                    Ok(()) => changed(lab, session, Ok(())),
                    Err(why) => refused(&why),
                }
            }
        }
    }

    fn open(&mut self, name: &str) {
        self.session = None;
        self.lab = Lab::built_in(name);
        self.start = Start {
            lab: name.into(),
            ..Start::default()
        };
    }

    fn open_lesson(&mut self, files: &Files) -> Result<(), Vec<Problem>> {
        let lesson = Rc::new(Lesson::read(files)?);
        self.start = Start {
            lab: lesson.lab.clone(),
            ..Start::default()
        };
        let seed = lesson.seed;
        let (session, lab) = Session::begin(lesson, seed)?;
        (self.session, self.lab) = (Some(session), Some(lab));
        Ok(())
    }

    fn open_link(&mut self, link: &str, lesson: Option<&Files>) -> Result<Carried, Vec<Problem>> {
        let link = Link::read(link)?;
        let lesson = lesson.map(Lesson::read).transpose()?.map(Rc::new);
        let lab = lesson.as_ref().map(|it| it.lab.clone());
        let opened = link.open(lesson, self.fields)?;
        self.start = Start {
            lab: lab.unwrap_or(link.start.lab),
            ..link.start
        };
        (self.session, self.lab) = (opened.session, Some(opened.lab));
        Ok(Carried {
            files: opened.files,
            refused: opened.refused,
        })
    }
}

fn opened(
    name: EcoString,
    lab: &Lab,
    session: &Option<Session>,
    carried: Option<Carried>,
) -> Reply {
    Reply::Opened {
        name,
        labs: labs::list(),
        samples: match session {
            Some(_) => Vec::new(),
            None => lab.samples().to_vec(),
        },
        state: state(lab, session),
        carried,
    }
}

fn changed(lab: &Lab, session: &Option<Session>, done: Result<(), Vec<Problem>>) -> Reply {
    match done {
        Ok(()) => Reply::Changed(state(lab, session)),
        Err(problems) => Reply::Refused(problems),
    }
}

fn refused(why: &str) -> Reply {
    Reply::Refused(vec![Problem::whole("", why)])
}

fn state(lab: &Lab, session: &Option<Session>) -> State {
    State {
        lesson: session.as_ref().map(|session| session.row(lab)),
        files: lab.files(),
        scene: lab.scene(),
        events: lab.events().to_vec(),
        seconds: lab.seconds().to_vec(),
        marks: lab.marks().to_vec(),
        end: lab.end(),
        workflows: lab.workflows(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use view::{Intent, MergeMethod};

    fn ask(engine: &mut Engine, request: Request) -> Reply {
        let bytes = engine.ask(&encode(&request));
        decode(&bytes).expect("a reply")
    }

    fn merge() -> Request {
        Request::Intend(Intent::Merge(MergeMethod::Squash))
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
        let Reply::Changed(merged) = ask(&mut engine, merge()) else {
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
        assert_eq!(why(ask(&mut engine, merge())), "there is no such lab");
        let none = ask(&mut engine, Request::Open("none".into()));
        assert_eq!(why(none), "there is no such lab");
        let nonsense = decode(&engine.ask(&[255, 255])).expect("a reply");
        assert!(why(nonsense).starts_with("the message is not one"));
        open(&mut engine);
        assert_eq!(why(ask(&mut engine, merge())), "no pull request is open");
    }
}
