//! The page of Rollout Lab: an editor, a stage, and time to move in.
//!
//! The page knows nothing of Kubernetes. It draws the rows of [`reconcile::view`] and sends intents
//! ([`session::Action`]) to one reducer, which holds the engine. In the order of a first reading:
//!
//! - [`session`]: what the page knows, and everything that can happen to it;
//! - [`story`]: how virtual time becomes play time; [`player`] plays it;
//! - [`app`]: the layout; [`parts`]: one component a file;
//! - [`storage`], [`crash`], [`dom`], [`words`]: the browser's side.

mod app;
mod crash;
mod dom;
mod parts;
mod player;
mod session;
mod storage;
mod story;
mod words;

fn main() {
    crash::install();
    let Some(place) = dom::element("app") else {
        return;
    };
    // What was drawn before the engine was there gives way to the living page.
    place.set_inner_html("");
    yew::Renderer::<app::App>::with_root(place).render();
}
