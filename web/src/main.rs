//! The page of Rollout Lab: an editor, a stage, and time to move in.
//!
//! The page knows nothing of Kubernetes. It draws the rows of [`view`] and sends intents
//! ([`session::Action`]) to one reducer, which asks the engine. In the order of a first reading:
//!
//! - [`session`]: what the page knows, and everything that can happen to it;
//! - [`story`]: how virtual time becomes play time; [`player`] plays it;
//! - [`app`]: the layout; [`parts`]: one component a file;
//! - [`engine`]: the lab itself, in a worker; [`code`]: CodeMirror;
//! - [`charts`]: charts of one's own;
//! - [`link`]: a moment as an address;
//! - [`texts`]: every word that it says;
//! - [`storage`], [`crash`], [`dom`], [`words`]: the browser's side.

mod app;
mod charts;
mod code;
mod crash;
mod dom;
mod engine;
mod link;
mod parts;
mod player;
mod session;
mod storage;
mod story;
mod texts;
mod words;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use engine::{Engine, News};
use parts::masthead::Labs;
use session::Session;
use view::protocol::{Carried, OPENING, Reply, Request};

fn main() {
    crash::install();
    match link::own() {
        // It goes on where it was left: that is kept as a link is.
        None => begin(storage::story(), None),
        Some(fragment) => link::read(&fragment, |read| match read {
            Ok(link) => begin(Some(storage::story().unwrap_or(link)), None),
            Err(why) => begin(None, Some(why)),
        }),
    }
}

/// Opens what the address asks for, with what its link carries. `notice` is said beside it.
fn begin(link: Option<String>, notice: Option<&'static str>) {
    let lab = dom::lab();
    let lesson = dom::parameter("lesson");
    // What is recorded is the end, not the moment that a frame asks for.
    let is_at_end = !(dom::is_embed() && dom::has_parameter("at"));
    let is_first = lab == OPENING && lesson.is_none() && link.is_none() && is_at_end;
    let engine = Engine::start(is_first);
    let answered = engine.clone();
    // A link that is refused gives way to the lab that it is about, if there is one, or to the first.
    let instead = match link {
        Some(_) => vec![OPENING.to_owned(), lab.clone()],
        None => Vec::new(),
    };
    let instead = RefCell::new(instead);
    let notice = Rc::new(Cell::new(notice));
    engine.listen(move |news| {
        let News::Reply(reply) = news else { return };
        match *reply {
            Reply::Opened {
                name,
                labs,
                samples,
                state,
                carried,
            } => {
                let notice = notice.take().map(Rc::from);
                let notice = notice.or(left_out(carried.as_ref()));
                let session = Session::begin(answered.clone(), samples, state, carried, notice);
                app::open(answered.clone(), Labs::new(&name, labs), session);
            }
            // A lesson or lab that is another one now begins anew.
            Reply::Refused(_) if storage::story().is_some() => {
                storage::put_aside();
                dom::reload();
            }
            Reply::Refused(_) => match instead.borrow_mut().pop() {
                Some(lab) => {
                    notice.set(Some(texts::LINK_DAMAGED));
                    answered.send(Request::Open(lab));
                }
                // An address with a lab that there is not: the page begins anew with the one that there is.
                None if lab != OPENING || lesson.is_some() => dom::open_lab(OPENING),
                None => crash::show(texts::LAB_DID_NOT_OPEN),
            },
            _ => crash::show(texts::LAB_DID_NOT_OPEN),
        }
    });
    match (link, dom::parameter("lesson")) {
        (Some(link), lesson) => open_link(engine, link, lesson),
        (None, None) => engine.send(Request::Open(dom::lab())),
        // A lesson's file is the request that opens it.
        (None, Some(id)) => engine::load_message(&format!("lessons/{id}.bin"), move |request| {
            engine.send(request.unwrap_or(Request::Open(dom::lab())));
        }),
    }
}

fn open_link(engine: Engine, link: String, lesson: Option<String>) {
    let open = move |engine: &Engine, lesson| {
        engine.send(Request::OpenLink { link, lesson });
    };
    match lesson {
        None => open(&engine, None),
        Some(id) => engine::load_message(&format!("lessons/{id}.bin"), move |request| {
            let files = match request {
                Some(Request::OpenLesson(files)) => Some(files),
                _ => None,
            };
            open(&engine, files);
        }),
    }
}

/// What is said of a link in which an older engine did what this one does not.
fn left_out(carried: Option<&Carried>) -> Option<Rc<str>> {
    let refused = &carried?.refused;
    let first = refused.first()?;
    Some(texts::left_out(refused.len(), &first.message).into())
}
