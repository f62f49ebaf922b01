//! The page's side of the engine: requests go out, replies come in.
//!
//! The engine runs in a worker, so nothing here waits. Going to a moment is asked for on every frame
//! while the story plays: of several such requests that wait, only the newest is sent.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Uint8Array};
use serde::de::DeserializeOwned;
use view::Millis;
use view::protocol::{Reply, Request, decode, encode};
use wasm_bindgen::prelude::*;

use crate::texts;

#[wasm_bindgen(module = "/js/engine.js")]
extern "C" {
    fn connect(
        recorded: bool,
        reply: &Closure<dyn FnMut(Vec<u8>)>,
        stopped: &Closure<dyn FnMut(String)>,
    ) -> Function;

    /// Loads a file of the site; no bytes if it is not there.
    fn load(file: &str, loaded: &Closure<dyn FnMut(Vec<u8>)>);
}

/// Loads a file of the site that holds one message; none if there is no such file.
pub fn load_message<M: DeserializeOwned + 'static>(
    file: &str,
    loaded: impl FnOnce(Option<M>) + 'static,
) {
    let mut loaded = Some(loaded);
    let closure = Closure::new(move |bytes: Vec<u8>| {
        if let Some(loaded) = loaded.take() {
            loaded(decode(&bytes));
        }
    });
    load(file, &closure);
    // It is called once.
    closure.forget();
}

/// The engine. A clone is the same engine.
#[derive(Clone)]
pub struct Engine(Rc<Link>);

impl PartialEq for Engine {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

struct Link {
    send: OnceCell<Function>,
    listener: RefCell<Rc<dyn Fn(Reply)>>,
    /// To how many moments the engine is on its way, and where it is to go after those.
    seeking: Cell<u32>,
    next: Cell<Option<Millis>>,
}

impl Engine {
    /// Starts the engine. If the answer to the first request is `recorded`, that answer comes at once and
    /// the engine only when it is needed. `stopped` is told, in words, when it cannot go on.
    pub fn start(recorded: bool, listener: impl Fn(Reply) + 'static, stopped: fn(&str)) -> Self {
        let engine = Self(Rc::new(Link {
            send: OnceCell::new(),
            listener: RefCell::new(Rc::new(listener)),
            seeking: Cell::new(0),
            next: Cell::new(None),
        }));
        let replied = {
            let engine = engine.clone();
            Closure::new(move |bytes: Vec<u8>| match decode(&bytes) {
                Some(reply) => engine.take(reply),
                None => stopped(texts::VERSIONS_DIFFER),
            })
        };
        let failed = Closure::new(move |why: String| stopped(&why));
        let _ = engine.0.send.set(connect(recorded, &replied, &failed));
        // Both live as long as the page.
        replied.forget();
        failed.forget();
        engine
    }

    /// From now on replies go to somebody else.
    pub fn listen(&self, listener: impl Fn(Reply) + 'static) {
        *self.0.listener.borrow_mut() = Rc::new(listener);
    }

    /// Sends a request. It is about the moment that was last asked for.
    pub fn send(&self, request: &Request) {
        self.go_on();
        self.post(request);
    }

    /// Asks for the picture of a moment.
    pub fn show(&self, t: Millis) {
        self.0.next.set(Some(t));
        if self.0.seeking.get() == 0 {
            self.go_on();
        }
    }

    fn go_on(&self) {
        if let Some(t) = self.0.next.take() {
            self.0.seeking.set(self.0.seeking.get() + 1);
            self.post(&Request::Seek(t));
        }
    }

    fn post(&self, request: &Request) {
        if let Some(send) = self.0.send.get() {
            let bytes = Uint8Array::from(encode(request).as_slice());
            let _ = send.call1(&JsValue::NULL, &bytes);
        }
    }

    fn take(&self, reply: Reply) {
        if matches!(reply, Reply::Scene(..)) {
            self.0.seeking.set(self.0.seeking.get().saturating_sub(1));
            if self.0.seeking.get() == 0 {
                self.go_on();
            }
        }
        let listener = Rc::clone(&self.0.listener.borrow());
        listener(reply);
    }
}
