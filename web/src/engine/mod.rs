//! The page's side of the engine: requests go out, replies come in.
//!
//! The engine runs in a worker, so nothing here waits. Going to a moment is asked for on every frame
//! while the story plays: of several such requests that wait, only the newest is sent.
//!
//! An engine that stops is replaced by another one, which does again what was done ([`journal`]).

mod journal;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use js_sys::Uint8Array;
use serde::de::DeserializeOwned;
use view::Millis;
use view::protocol::{Reply, Request, decode, encode};
use wasm_bindgen::prelude::*;
use web_sys::console;

use crate::{crash, texts};
use journal::{Journal, Restart};

#[wasm_bindgen(module = "/js/engine.js")]
extern "C" {
    type Connection;

    /// `reply` gets an answer, and whether it was recorded.
    fn connect(
        recorded: bool,
        reply: &Closure<dyn FnMut(Vec<u8>, bool)>,
        stopped: &Closure<dyn FnMut(String)>,
    ) -> Connection;

    #[wasm_bindgen(method)]
    fn send(this: &Connection, request: Uint8Array);

    #[wasm_bindgen(method)]
    fn again(this: &Connection);

    /// Loads a file of the site; no bytes if it is not there.
    fn load(file: &str, loaded: &Closure<dyn FnMut(Vec<u8>)>);
}

/// Loads a file of the site that holds one message; none if there is no such file.
pub fn load_message<M: DeserializeOwned + 'static>(
    file: &str,
    loaded: impl FnOnce(Option<M>) + 'static,
) {
    let closure = Closure::once(move |bytes: Vec<u8>| loaded(decode(&bytes)));
    load(file, &closure);
    closure.forget();
}

/// What is heard of the engine.
pub enum News {
    /// An answer.
    Reply(Box<Reply>),
    /// It stopped, at this request if it was at one, and another one is where it was before.
    Restarted(Option<Box<Request>>),
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
    connection: OnceCell<Connection>,
    listener: RefCell<Rc<dyn Fn(News)>>,
    journal: RefCell<Journal>,
    /// To how many moments the engine is on its way, and where it is to go after those.
    seeking: Cell<u32>,
    next: Cell<Option<Millis>>,
}

impl Engine {
    /// Starts the engine. If the answer to the first request is `recorded`, that answer comes at once and
    /// the engine only when it is needed. When it cannot go on, the page shows that it has stopped.
    pub fn start(recorded: bool) -> Self {
        let engine = Self(Rc::new(Link {
            connection: OnceCell::new(),
            listener: RefCell::new(Rc::new(|_| {})),
            journal: RefCell::default(),
            seeking: Cell::new(0),
            next: Cell::new(None),
        }));
        let replied = {
            let engine = engine.clone();
            Closure::new(
                move |bytes: Vec<u8>, recorded: bool| match (decode(&bytes), recorded) {
                    (Some(reply), true) => engine.tell(News::Reply(Box::new(reply))),
                    (Some(reply), false) => engine.take(reply),
                    (None, _) => crash::show(texts::VERSIONS_DIFFER),
                },
            )
        };
        let stopped = {
            let engine = engine.clone();
            Closure::new(move |why: String| engine.begin_again(&why))
        };
        let _ = engine
            .0
            .connection
            .set(connect(recorded, &replied, &stopped));
        // Both live as long as the page.
        replied.forget();
        stopped.forget();
        engine
    }

    /// From now on news go to somebody else.
    pub fn listen(&self, listener: impl Fn(News) + 'static) {
        *self.0.listener.borrow_mut() = Rc::new(listener);
    }

    /// Sends a request. It is about the moment that was last asked for.
    pub fn send(&self, request: Request) {
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
            self.post(Request::Seek(t));
        }
    }

    fn post(&self, request: Request) {
        self.write(&request);
        self.0.journal.borrow_mut().ask(request);
    }

    fn write(&self, request: &Request) {
        if let Some(connection) = self.0.connection.get() {
            connection.send(Uint8Array::from(encode(request).as_slice()));
        }
    }

    fn take(&self, reply: Reply) {
        if !self.0.journal.borrow_mut().answer(&reply) {
            return;
        }
        if matches!(reply, Reply::Scene(..)) {
            self.0.seeking.set(self.0.seeking.get().saturating_sub(1));
            if self.0.seeking.get() == 0 {
                self.go_on();
            }
        }
        self.tell(News::Reply(Box::new(reply)));
    }

    fn tell(&self, news: News) {
        let listener = Rc::clone(&self.0.listener.borrow());
        listener(news);
    }

    /// The engine has stopped: another one does what it did.
    fn begin_again(&self, why: &str) {
        let restart = self.0.journal.borrow_mut().stop(why);
        let (Some(Restart { culprit, requests }), Some(connection)) =
            (restart, self.0.connection.get())
        else {
            return crash::show(why);
        };
        console::error_1(&why.into());
        connection.again();
        for request in &requests {
            self.write(request);
        }
        self.0.seeking.set(0);
        self.0.next.set(None);
        self.tell(News::Restarted(culprit.map(Box::new)));
    }
}
