//! The engine as a WebAssembly module: bytes in, bytes out.
//!
//! A page starts it in a worker ([`worker.js`](../worker.js)), so that nothing the lab does, however
//! long it takes, keeps the page from answering. What the bytes are is [`view::protocol`].

pub mod still;
mod texts;

use ecow::EcoString;
use lessons::share::{self, Link, Start};
use lessons::{Lesson, Session};
use reconcile::delivery::labs::{self, Files};
use reconcile::{Deed, Descriptions, Done, Lab, Table};
use std::rc::Rc;
use view::protocol::{Carried, Future, LessonIntent, Reply, Request, State, decode, encode};
use view::{Edits, Millis, Problem};
use wasm_bindgen::prelude::wasm_bindgen;

/// An engine with at most one lab in it, and at most two futures of that.
#[wasm_bindgen]
#[derive(Default)]
pub struct Engine {
    lab: Option<Lab>,
    /// The way through a lesson that the lab was opened for.
    session: Option<Session>,
    /// Where it began.
    start: Start,
    other: Option<Other>,
    fields: Option<&'static Table>,
    descriptions: Option<Rc<Descriptions>>,
    is_asked_for_help: bool,
}

/// The second of two futures, which requests are not about.
struct Other {
    lab: Lab,
    /// The moment from which on the two differ.
    since: Millis,
    /// Whether this is the one that was forked off.
    is_fork: bool,
}

impl Other {
    /// What a link carries of it, with the edits that lie there.
    fn shared(&self, edits: Edits) -> share::Other {
        let act = |(t, deed): &(Millis, Deed)| share::Act::Lab(*t, deed.clone());
        let changed = edits.changed.into_iter();
        let changed = changed.map(|(path, text)| (path.into(), Some(text.into())));
        let removed = edits.removed.into_iter().map(|path| (path.into(), None));
        share::Other {
            since: self.since,
            is_fork: self.is_fork,
            acts: self.lab.deeds().iter().map(act).collect(),
            files: changed.chain(removed).collect(),
        }
    }
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

    /// Takes the table of all fields (`crates/kube/data/fields.txt`), which is not part of the module:
    /// it is loaded beside it.
    pub fn learn_fields(&mut self, table: String) {
        let table: &'static Table = Box::leak(Box::new(Table::new(table.leak())));
        self.fields = Some(table);
        if let Some(lab) = &mut self.lab {
            lab.learn_fields(table);
        }
    }

    /// Takes what the fields mean (`crates/kube/data/descriptions.txt`), once somebody asks.
    pub fn learn_descriptions(&mut self, text: String) {
        self.descriptions = Some(Rc::new(Descriptions::new(text.leak())));
        self.is_asked_for_help = false;
        if let (Some(lab), Some(descriptions)) = (&mut self.lab, &self.descriptions) {
            lab.learn_descriptions(descriptions);
        }
    }

    /// Whether the last request was answered without what the fields mean, which it is about: it can be
    /// asked again when the engine has learnt that.
    pub fn lacks_descriptions(&self) -> bool {
        self.is_asked_for_help && self.descriptions.is_none()
    }

    /// Answers an encoded [`Request`] with an encoded [`Reply`].
    pub fn ask(&mut self, request: &[u8]) -> Vec<u8> {
        let reply = match decode(request) {
            Some(request) => self.serve(request),
            None => refused(texts::UNKNOWN_MESSAGE),
        };
        encode(&reply)
    }
}

impl Engine {
    /// Answers a request.
    pub fn serve(&mut self, request: Request) -> Reply {
        let mut carried = None;
        self.is_asked_for_help = match &request {
            Request::Complete(_) | Request::Explain(_) => true,
            Request::Command(line) => reconcile::asks_for_schema(line),
            _ => false,
        };
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
            Request::Fork | Request::Switch | Request::Join => {
                if let Err(why) = self.choose(&request) {
                    return refused(why);
                }
            }
            _ => {}
        }
        let reply = self.answer(request, carried);
        match reply {
            Reply::Opened { .. } | Reply::Changed(_) | Reply::Printed { state: Some(_), .. } => {
                self.level(reply)
            }
            reply => reply,
        }
    }

    fn answer(&mut self, request: Request, carried: Option<Carried>) -> Reply {
        let Some(lab) = &mut self.lab else {
            return refused(texts::NO_SUCH_LAB);
        };
        let session = &mut self.session;
        match request {
            Request::Open(_) | Request::OpenLesson(_) | Request::OpenLink { .. } => {
                if let Some(table) = self.fields {
                    lab.learn_fields(table);
                }
                if let Some(descriptions) = &self.descriptions {
                    lab.learn_descriptions(descriptions);
                    if let Some(other) = &mut self.other {
                        other.lab.learn_descriptions(descriptions);
                    }
                }
                opened(self.start.lab.clone(), lab, session, carried)
            }
            Request::Check { path, edits } => {
                let problems = lab.check_edited(&path, &edits);
                Reply::Checked { path, problems }
            }
            Request::Render { path, edits } => Reply::Rendered(lab.render(&path, &edits)),
            Request::Adopt(dropped) => match lab.adopt(dropped) {
                Ok(adopted) => Reply::Adopted(adopted),
                Err(problems) => Reply::Refused(problems),
            },
            Request::Complete(place) => Reply::Completions(lab.complete(&place)),
            Request::Explain(place) => Reply::Explained(lab.explain(&place)),
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
                let (printed, done) = lab.command(&line);
                Reply::Printed {
                    line,
                    text: (printed.stdout + &printed.stderr).into(),
                    exit: printed.exit,
                    state: (done != Done::Nothing).then(|| state(lab, session)),
                }
            }
            Request::Inspect(object) => Reply::Object(lab.inspect(&object)),
            Request::Seek(t) => {
                lab.seek(t);
                let other = self.other.as_mut().map(|other| {
                    other.lab.seek(t);
                    Box::new(other.lab.scene())
                });
                Reply::Scene(lab.scene(), other)
            }
            Request::Share {
                lesson,
                files,
                aside,
            } => {
                self.start.lesson = lesson.map(EcoString::from);
                let mut link = Link::of(self.start.clone(), lab, session.as_ref(), &files);
                let other = self.other.as_ref().filter(|_| session.is_none());
                link.other = other.map(|other| other.shared(aside));
                Reply::Link(link.write())
            }
            Request::Picture => {
                let title = title(&self.start, session.as_ref());
                Reply::Picture(still::draw(&title, &lab.scene()))
            }
            Request::Fork | Request::Switch | Request::Join => changed(lab, session, Ok(())),
            Request::Lesson(intent) => {
                let Some(learner) = session.as_mut() else {
                    return refused(texts::NO_LESSON);
                };
                // Another step begins with one future.
                if matches!(intent, LessonIntent::Retry | LessonIntent::Next) {
                    self.other = None;
                }
                match learner.learn(lab, intent) {
                    Ok(()) => changed(lab, session, Ok(())),
                    Err(why) => refused(&why),
                }
            }
        }
    }

    fn open(&mut self, name: &str) {
        (self.session, self.other) = (None, None);
        self.lab = Lab::built_in(name);
        self.start = Start {
            lab: name.into(),
            ..Start::default()
        };
    }

    /// Does what concerns both futures.
    fn choose(&mut self, request: &Request) -> Result<(), &'static str> {
        let lab = self.lab.as_mut().ok_or(texts::NO_SUCH_LAB)?;
        match (request, &mut self.other) {
            (Request::Fork, Some(_)) => return Err(texts::TWO_FUTURES_ALREADY),
            (Request::Fork, None) => {
                self.other = Some(Other {
                    lab: lab.fork(),
                    since: lab.now(),
                    is_fork: false,
                });
            }
            (Request::Switch, Some(other)) => {
                std::mem::swap(lab, &mut other.lab);
                other.is_fork = !other.is_fork;
            }
            (Request::Join, other) => *other = None,
            _ => {}
        }
        Ok(())
    }

    /// Puts the other future beside a reply that has this one: both end at the same moment, and stand
    /// at the same one.
    fn level(&mut self, mut reply: Reply) -> Reply {
        let (Some(lab), Some(other)) = (&mut self.lab, &mut self.other) else {
            return reply;
        };
        let now = lab.now();
        let end = lab.end().max(other.lab.end());
        lab.play_to(end);
        other.lab.play_to(end);
        other.lab.seek(now);
        // What is done before they part makes them part there; to open them is to do nothing.
        if !matches!(reply, Reply::Opened { .. }) {
            other.since = other.since.min(now);
        }
        let mut state = state(lab, &self.session);
        state.other = Some(Box::new(Future {
            since: other.since,
            is_fork: other.is_fork,
            scene: other.lab.scene(),
            events: other.lab.events().to_vec(),
            seconds: other.lab.seconds().to_vec(),
            marks: other.lab.marks().to_vec(),
            differences: reconcile::compare(lab, &other.lab, other.since),
        }));
        match &mut reply {
            Reply::Opened { state: bare, .. }
            | Reply::Changed(bare)
            | Reply::Printed {
                state: Some(bare), ..
            } => *bare = state,
            _ => {}
        }
        reply
    }

    fn open_lesson(&mut self, files: &Files) -> Result<(), Vec<Problem>> {
        let lesson = Rc::new(Lesson::read(files)?);
        self.start = Start {
            lab: lesson.lab.clone(),
            ..Start::default()
        };
        let seed = lesson.seed;
        let (session, lab) = Session::begin(lesson, seed)?;
        (self.session, self.lab, self.other) = (Some(session), Some(lab), None);
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
        (self.session, self.lab, self.other) = (opened.session, Some(opened.lab), None);
        let mut aside = Edits::default();
        if let (Some(lab), Some(beside)) = (opened.other, link.other) {
            for (path, text) in beside.files {
                match text {
                    Some(text) => drop(aside.changed.insert(path.into(), text.into())),
                    None => drop(aside.removed.insert(path.into())),
                }
            }
            self.other = Some(Other {
                lab,
                since: beside.since,
                is_fork: beside.is_fork,
            });
        }
        Ok(Carried {
            files: opened.files,
            aside,
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
        other: None,
    }
}

/// What a lab is called: its lesson's title, or its own.
fn title(start: &Start, session: Option<&Session>) -> EcoString {
    let own = || labs::list().into_iter().find(|it| it.name == start.lab);
    match session {
        Some(learner) => learner.lesson().title.clone(),
        None => own().map_or_else(|| start.lab.clone(), |it| it.title),
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
        let Reply::Scene(scene, None) = ask(&mut engine, Request::Seek(merged.end)) else {
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

    /// The lab, with its sample merged.
    fn merged(engine: &mut Engine) -> State {
        let (sample, state) = open(engine);
        let mut files = state.files;
        files.extend(sample.files);
        let title = sample.title.to_string();
        ask(engine, Request::OpenPullRequest { title, files });
        changed(ask(engine, merge()))
    }

    fn changed(reply: Reply) -> State {
        match reply {
            Reply::Changed(state) => state,
            other => panic!("nothing changed: {other:?}"),
        }
    }

    #[test]
    fn a_fork_leaves_the_other_future_as_it_is_and_both_have_one_clock() {
        let mut engine = Engine::new();
        let state = merged(&mut engine);
        ask(&mut engine, Request::Seek(60_000));
        let forked = changed(ask(&mut engine, Request::Fork));
        let other = forked.other.expect("two futures");
        assert_eq!((other.since, other.is_fork), (60_000, false));
        assert_eq!(
            (&other.events, forked.events),
            (&state.events, state.events.clone())
        );
        assert!(other.differences.iter().all(|row| row.here == row.there));
        assert!(matches!(ask(&mut engine, Request::Fork), Reply::Refused(_)));

        let line = "kubectl scale deployment/order-service --replicas=5 -n shop".to_owned();
        let Reply::Printed {
            state: Some(here), ..
        } = ask(&mut engine, Request::Command(line))
        else {
            panic!("it was not scaled");
        };
        let other = here.other.expect("two futures");
        assert_ne!(here.events.last(), other.events.last());
        let pods = other.differences.iter().find(|row| row.what == "Pods made");
        let pods = pods.map(|row| (row.here.as_str(), row.there.as_str()));
        assert_eq!(
            pods,
            Some(("5", "3")),
            "two more of the old template, then all of the new one"
        );

        let Reply::Scene(here_now, Some(there_now)) = ask(&mut engine, Request::Seek(90_000))
        else {
            panic!("not both scenes");
        };
        assert_eq!((here_now.now, there_now.now), (90_000, 90_000));
        let wanted = |scene: &view::Scene| scene.deployments[0].desired;
        assert_eq!((wanted(&here_now), wanted(&there_now)), (5, 3));

        // A link carries both, with the edits of the other.
        let aside = Edits {
            changed: [("a/b".to_owned(), "c".to_owned())].into(),
            removed: ["d".to_owned()].into(),
        };
        let sent = |engine: &mut Engine| {
            let share = Request::Share {
                lesson: None,
                files: here.files.clone(),
                aside: aside.clone(),
            };
            let Reply::Link(link) = ask(engine, share) else {
                panic!("no link");
            };
            let link = link.to_string();
            let opened = ask(&mut Engine::new(), Request::OpenLink { link, lesson: None });
            let Reply::Opened { state, carried, .. } = opened else {
                panic!("it does not open: {opened:?}");
            };
            (state, carried)
        };
        let (state, carried) = sent(&mut engine);
        assert_eq!(state.scene, here_now);
        assert_eq!(state.events, here.events);
        let beside = state.other.expect("two futures");
        assert_eq!((beside.since, beside.is_fork), (60_000, false));
        assert_eq!(beside.scene, *there_now);
        assert_eq!(beside.differences, other.differences);
        assert_eq!(carried.map(|it| it.aside), Some(aside.clone()));
        // Who looks at a moment before they part sends where they part, not where it was looked at.
        ask(&mut engine, Request::Seek(40_000));
        let beside = sent(&mut engine).0.other.expect("two futures");
        assert_eq!(beside.since, 60_000);

        let over = changed(ask(&mut engine, Request::Switch));
        assert!(over.other.is_some_and(|other| other.is_fork));
        assert_eq!(wanted(&over.scene), 3);
        assert!(changed(ask(&mut engine, Request::Join)).other.is_none());
    }

    #[test]
    fn a_picture_shows_its_moment() {
        let mut engine = Engine::new();
        let picture = |engine: &mut Engine| match ask(engine, Request::Picture) {
            Reply::Picture(svg) => svg,
            other => panic!("not a picture: {other:?}"),
        };
        let state = merged(&mut engine);
        ask(&mut engine, Request::Seek(state.end));
        let at_the_end = picture(&mut engine);
        assert!(at_the_end.starts_with("<svg ") && at_the_end.contains("3 of 3 pods ready"));
        let marks = state.marks.iter();
        let ready = marks.filter(|it| it.kind == view::MarkKind::FirstReady);
        ask(
            &mut engine,
            Request::Seek(ready.map(|it| it.t).next_back().expect("it rolls")),
        );
        let in_between = picture(&mut engine);
        assert!(in_between.contains("class=\"t0\"") && in_between.contains("class=\"t1\""));
    }

    #[test]
    fn what_cannot_be_done_is_refused_in_words() {
        let mut engine = Engine::new();
        let why = |reply| match reply {
            Reply::Refused(problems) => problems[0].message.to_string(),
            other => panic!("not refused: {other:?}"),
        };
        assert_eq!(why(ask(&mut engine, merge())), texts::NO_SUCH_LAB);
        let none = ask(&mut engine, Request::Open("none".into()));
        assert_eq!(why(none), texts::NO_SUCH_LAB);
        let nonsense = decode(&engine.ask(&[255, 255])).expect("a reply");
        assert!(why(nonsense).starts_with("the message is not one"));
        open(&mut engine);
        assert_eq!(why(ask(&mut engine, merge())), "no pull request is open");
    }
}
