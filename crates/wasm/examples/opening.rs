//! Writes what the engine will answer first, the lab that the page opens with, to standard output.
//!
//! The site carries it, so that the page shows a living cluster while the engine is still on its way.

use engine::Engine;
use std::io::Write;
use view::protocol::{OPENING, Request, encode};

fn main() -> std::io::Result<()> {
    let reply = Engine::new().ask(&encode(&Request::Open(OPENING.to_owned())));
    std::io::stdout().write_all(&reply)
}
