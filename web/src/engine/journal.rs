//! What a new engine has to be asked for, to be where one was that has stopped.

use std::collections::VecDeque;

use view::protocol::{Reply, Request};

/// The requests that wait for an answer, and those that made the lab what it is.
///
/// The same requests in the same order have the same answers. So the lab of an engine that has stopped is
/// had again by asking another one for what was done, and the page needs none of those answers.
#[derive(Default)]
pub struct Journal {
    asked: VecDeque<Request>,
    done: Vec<Request>,
    /// How many answers are still to come to what is done again.
    again: usize,
    /// Where engines have stopped.
    places: Vec<String>,
}

/// How it goes on after an engine has stopped.
#[derive(Debug, PartialEq)]
pub struct Restart {
    /// What it stopped at. It is not asked for again: it would do no better.
    pub culprit: Option<Request>,
    /// What the next engine is asked for, in order.
    pub requests: Vec<Request>,
}

impl Journal {
    /// A request is on its way.
    pub fn ask(&mut self, request: Request) {
        self.asked.push_back(request);
    }

    /// An answer is there. Whether it is news: those to what was done again are not.
    pub fn answer(&mut self, reply: &Reply) -> bool {
        if 0 < self.again {
            self.again -= 1;
            return false;
        }
        if let Some(request) = self.asked.pop_front() {
            match reply {
                Reply::Opened { .. } => self.done.clear(),
                Reply::Changed(_) | Reply::Printed { state: Some(_), .. } => {}
                // Of moments that were gone through, the last one counts.
                Reply::Scene(..) => {
                    self.done
                        .pop_if(|before| matches!(before, Request::Seek(_)));
                }
                _ => return true,
            }
            self.done.push(request);
        }
        true
    }

    /// The engine has stopped. `why` begins with a line that names the place. None if another one would
    /// do no better: nothing was open yet, it stopped at the same place before, or at what went well then.
    pub fn stop(&mut self, why: &str) -> Option<Restart> {
        let place = why.lines().next().unwrap_or_default();
        let is_known = self.places.iter().any(|it| it == place);
        if is_known || 0 < self.again || self.done.is_empty() {
            return None;
        }
        self.places.push(place.to_owned());
        let culprit = self.asked.pop_front();
        // The page stays at the moment that it has.
        self.asked
            .retain(|request| !matches!(request, Request::Seek(_)));
        self.again = self.done.len();
        let requests = self.done.iter().chain(&self.asked).cloned().collect();
        Some(Restart { culprit, requests })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use view::Scene;
    use view::protocol::State;

    fn opened() -> Reply {
        Reply::Opened {
            name: "lab".into(),
            labs: Vec::new(),
            samples: Vec::new(),
            state: State::default(),
            carried: None,
        }
    }

    fn scene() -> Reply {
        Reply::Scene(Scene::default(), None)
    }

    fn printed(is_change: bool) -> Reply {
        Reply::Printed {
            line: String::new(),
            text: "".into(),
            exit: 0,
            state: is_change.then(State::default),
        }
    }

    fn command(line: &str) -> Request {
        Request::Command(line.to_owned())
    }

    /// A journal in which these were asked for and answered, and those only asked for.
    fn journal(answered: Vec<(Request, Reply)>, waiting: &[Request]) -> Journal {
        let mut journal = Journal::default();
        for (request, reply) in answered {
            journal.ask(request);
            assert!(journal.answer(&reply));
        }
        for request in waiting {
            journal.ask(request.clone());
        }
        journal
    }

    #[test]
    fn what_made_the_lab_is_done_again_and_nothing_else() {
        let open = || (Request::Open("lab".to_owned()), opened());
        let change = |line: &str| (command(line), printed(true));
        let seek = |t| (Request::Seek(t), scene());
        let first = Request::Open("lab".to_owned());
        for (answered, waiting, culprit, requests) in [
            (vec![open()], vec![], None, vec![first.clone()]),
            // What only asked, was refused or changed nothing is left out; of moments, the last one counts.
            (
                vec![
                    open(),
                    (command("get"), printed(false)),
                    (Request::Fork, Reply::Refused(Vec::new())),
                    seek(1),
                    seek(2),
                    change("scale"),
                    seek(3),
                ],
                vec![command("delete")],
                Some(command("delete")),
                vec![
                    first.clone(),
                    Request::Seek(2),
                    command("scale"),
                    Request::Seek(3),
                ],
            ),
            // Another lab is opened: what was done in the one before is over.
            (
                vec![change("scale"), open()],
                vec![],
                None,
                vec![first.clone()],
            ),
            // What waits behind the culprit is asked for, but for moments.
            (
                vec![open()],
                vec![
                    command("delete"),
                    Request::Seek(9),
                    Request::ClosePullRequest,
                ],
                Some(command("delete")),
                vec![first.clone(), Request::ClosePullRequest],
            ),
        ] {
            let restart = journal(answered, &waiting).stop("panicked at a.rs:1:1:");
            assert_eq!(restart, Some(Restart { culprit, requests }));
        }
    }

    #[test]
    fn the_same_place_twice_is_the_end() {
        let open = || (Request::Open("lab".to_owned()), opened());
        // Nothing is open yet.
        assert_eq!(journal(vec![], &[command("get")]).stop("a"), None);
        // While it is done again.
        let mut it = journal(vec![open()], &[]);
        assert!(it.stop("a").is_some());
        assert_eq!(it.stop("b"), None);
        // The same place, whatever else is said of it.
        let mut it = journal(vec![open()], &[]);
        assert!(it.stop("a.rs:1:1:\nlen is 3").is_some());
        assert!(!it.answer(&opened()), "that is no news");
        it.ask(command("get"));
        assert!(it.answer(&printed(false)));
        assert!(it.stop("b.rs:1:1:").is_some());
        assert!(!it.answer(&opened()));
        assert_eq!(it.stop("a.rs:1:1:\nlen is 4"), None);
    }
}
