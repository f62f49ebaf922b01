//! The page of Rollout Lab: an editor, a stage, and time to move in.
//!
//! The page knows nothing of Kubernetes. It draws the rows of [`view`] and sends intents
//! ([`session::Action`]) to one reducer, which asks the engine. In the order of a first reading:
//!
//! - [`session`]: what the page knows, and everything that can happen to it;
//! - [`story`]: how virtual time becomes play time; [`player`] plays it;
//! - [`app`]: the layout; [`parts`]: one component a file;
//! - [`engine`]: the lab itself, in a worker;
//! - [`texts`]: every word that it says;
//! - [`storage`], [`crash`], [`dom`], [`words`]: the browser's side.

mod app;
mod crash;
mod dom;
mod engine;
mod parts;
mod player;
mod session;
mod storage;
mod story;
mod texts;
mod words;

use engine::Engine;
use parts::masthead::Labs;
use view::protocol::{OPENING, Reply, Request};

fn main() {
    crash::install();
    let lab = dom::lab();
    let lesson = dom::parameter("lesson");
    let is_first = lab == OPENING && lesson.is_none();
    let engine = Engine::start(is_first, |_| {}, crash::show);
    let begin = engine.clone();
    engine.listen(move |reply| match reply {
        Reply::Opened {
            name,
            labs,
            samples,
            state,
        } => app::open(begin.clone(), Labs::new(&name, labs), samples, state),
        // An address with a lab that there is not: the page begins anew with the one that there is.
        Reply::Refused(_) if !is_first => dom::open_lab(OPENING),
        _ => crash::show(texts::LAB_DID_NOT_OPEN),
    });
    match lesson {
        None => engine.send(&Request::Open(lab)),
        // A lesson's file is the request that opens it.
        Some(id) => engine::load_message(&format!("lessons/{id}.bin"), move |request| {
            engine.send(&request.unwrap_or(Request::Open(lab)));
        }),
    }
}
