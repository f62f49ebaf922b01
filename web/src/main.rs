//! The page of Rollout Lab: an editor, a stage, and time to move in.
//!
//! The page knows nothing of Kubernetes. It draws the rows of [`view`] and sends intents
//! ([`session::Action`]) to one reducer, which asks the engine. In the order of a first reading:
//!
//! - [`session`]: what the page knows, and everything that can happen to it;
//! - [`story`]: how virtual time becomes play time; [`player`] plays it;
//! - [`app`]: the layout; [`parts`]: one component a file;
//! - [`engine`]: the lab itself, in a worker;
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
mod words;

use engine::Engine;
use view::protocol::{OPENING, Reply, Request};

fn main() {
    crash::install();
    let engine = Engine::start(|_| {}, crash::show);
    let begin = engine.clone();
    engine.listen(move |reply| match reply {
        Reply::Opened { sample, state } => app::open(begin.clone(), sample, state),
        _ => crash::show("The built-in lab could not be opened."),
    });
    engine.send(&Request::Open(OPENING.to_owned()));
}
