//! The API server's audit log: who asked for what, and what came of it.
//!
//! It has what is asked for by those who are no part of the cluster: a person, CI's programs, Helm,
//! Argo CD and Flux. Of the cluster's own parts it has what they are refused. Such are audit policies,
//! too (`audit.k8s.io/v1`: level None for the users of the system). Reads are left out.

use crate::cluster::CONTROLLERS;
use crate::delivery::plan;
use crate::engine::World;
use crate::gitops;
use crate::lab::SETUP;
use crate::pipeline::PullState;
use crate::trace::{Entry, EntryId};
use crate::view::{Outcome, RequestRow, YOU};
use ecow::EcoString;
use kube::api::Request;
use kube::rbac::User;
use kube::{Change, ChangeKind, Key, Millis, Status};

/// How many requests a viewer gets: the newest.
const NEWEST: usize = 32;

/// A request in the log.
#[derive(Clone, Debug)]
pub struct Audited {
    /// Its number, from 0.
    pub id: u32,
    /// The entry that led to it.
    pub cause: Option<EntryId>,
    /// What there is to tell.
    pub row: RequestRow,
}

/// Who asks for what.
pub(crate) struct Asked<'a> {
    pub actor: &'a str,
    /// Whether that is a part of the cluster.
    pub is_part: bool,
    pub user: EcoString,
    pub verb: &'static str,
    pub subresource: &'static str,
}

impl<'a> Asked<'a> {
    pub fn of(actor: &'a str, request: &Request) -> Asked<'a> {
        let user = request.acts_as.as_ref().unwrap_or(&request.user);
        Asked::by(actor, user, request.verb.as_str(), request.subresource)
    }

    /// Whether it may be a wish for something: what the lab begins with is nobody's, and a status is
    /// a report.
    pub fn is_listed(&self) -> bool {
        self.actor != SETUP && self.subresource != "status"
    }

    pub fn by(
        actor: &'a str,
        user: &User,
        verb: &'static str,
        subresource: &'static str,
    ) -> Asked<'a> {
        Asked {
            actor,
            is_part: false,
            user: match user.is_master() {
                true => EcoString::new(),
                false => user.name.clone(),
            },
            verb,
            subresource,
        }
    }
}

impl World {
    /// Writes a request into the log that was answered well: `about` is the object, and `entry` tells
    /// what was written since the store's version was `since`.
    pub(crate) fn audit(
        &mut self,
        asked: &Asked<'_>,
        about: &Key,
        entry: Option<EntryId>,
        since: u64,
    ) {
        let changes = self.store.changes_since(since).unwrap_or_default();
        // A pod that is evicted is marked before it is deleted: what comes last is what came of it.
        let change = changes.iter().rfind(|change| change.new.key == *about);
        // A question (`kubectl auth can-i`) is sent as an object, and not kept.
        if change.is_none() && asked.verb == "create" && asked.subresource.is_empty() {
            return;
        }
        let mut row = RequestRow {
            entry,
            ..row(asked, about, self.now)
        };
        if let Some(change) = change {
            self.tell(&mut row, change);
        }
        self.enter(row);
    }

    /// Writes a refusal into the log.
    pub(crate) fn audit_refusal(
        &mut self,
        asked: &Asked<'_>,
        about: &Key,
        entry: Option<EntryId>,
        status: &Status,
    ) {
        self.enter(RequestRow {
            entry,
            outcome: Outcome::Refused,
            code: status.code,
            reason: reason_of(status).into(),
            message: status.message.clone(),
            ..row(asked, about, self.now)
        });
    }

    /// What a write changed, and who hears of it.
    fn tell(&self, row: &mut RequestRow, change: &Change) {
        let new = &change.new;
        row.outcome = match change.kind {
            ChangeKind::Added => Outcome::Created,
            ChangeKind::Deleted => Outcome::Deleted,
            ChangeKind::Modified if is_deletion(row) => Outcome::Deleted,
            ChangeKind::Modified => Outcome::Changed,
        };
        if row.outcome == Outcome::Created {
            row.code = 201;
        }
        if change.kind != ChangeKind::Deleted {
            row.generation = new.meta.generation;
            row.version = new.meta.version;
        }
        if let Some(old) = change
            .old
            .as_ref()
            .filter(|_| row.outcome == Outcome::Changed && !row.is_record)
        {
            let (template, elsewhere) = plan::changed_paths(&new.key.kind, &old.value, &new.value);
            let is_desired = elsewhere.iter().any(|path| path.starts_with("spec"));
            row.is_record |= gitops::is_own_kind(&new.key.kind) && !is_desired;
            row.template = plan::few(template);
            row.elsewhere = plan::few(elsewhere);
        }
        let mut keys = Vec::new();
        for controller in CONTROLLERS {
            (controller.watches)(&self.store, change, &mut keys);
            if !keys.is_empty() {
                row.told.push(controller.name.into());
                keys.clear();
            }
        }
    }

    fn enter(&mut self, row: RequestRow) {
        let (id, cause) = (self.audited, self.cause());
        self.audited += 1;
        self.out.requests.push(Audited { id, cause, row });
    }
}

/// Whether what is asked for is that an object goes, at once or in a while.
fn is_deletion(row: &RequestRow) -> bool {
    row.verb.starts_with("delete") || row.subresource == "eviction"
}

/// A request of which nothing came.
fn row(asked: &Asked<'_>, about: &Key, now: Millis) -> RequestRow {
    RequestRow {
        t: now,
        actor: asked.actor.into(),
        user: asked.user.clone(),
        verb: asked.verb.into(),
        object: match about.name.as_str() {
            "" => about.kind.clone(),
            _ => about.path(),
        },
        subresource: asked.subresource.into(),
        outcome: Outcome::Unchanged,
        code: match (asked.verb, asked.subresource) {
            // A connection, which is another protocol from then on.
            ("create", "exec") => 101,
            ("create", _) => 201,
            _ => 200,
        },
        reason: EcoString::new(),
        message: EcoString::new(),
        generation: 0,
        version: 0,
        template: Vec::new(),
        elsewhere: Vec::new(),
        told: Vec::new(),
        count: 1,
        entry: None,
        is_of_change: false,
        is_record: about.kind == "Secret" && about.name.starts_with(helm::release::RECORD),
    }
}

/// The newest requests of a log, since the newest change was merged. `log` and `entries` end at the
/// moment.
pub(crate) fn rows(world: &World, log: &[Audited], entries: &[Entry]) -> Vec<RequestRow> {
    let pull = world.delivery.pulls.last();
    let pull = pull.filter(|pull| pull.state != PullState::Closed);
    let root = pull.and_then(|pull| pull.merged);
    let began = root.map(|root| entries.get(root as usize).map_or(0, |it| it.t));
    let first = log.partition_point(|it| began.is_some_and(|began| it.row.t < began));
    // From the newest on: a log may be long.
    let mut rows: Vec<RequestRow> = Vec::new();
    for it in log[first..].iter().rev() {
        if let Some(next) = rows.last_mut().filter(|next| is_again(&it.row, next)) {
            next.count += 1;
            continue;
        }
        if rows.len() == NEWEST {
            break;
        }
        rows.push(RequestRow {
            is_of_change: match pull {
                Some(_) => root.is_some_and(|root| leads_to(entries, root, it.cause)),
                // What a person does by hand is led to by nothing.
                None => it.cause.is_some(),
            },
            ..it.row.clone()
        });
    }
    rows.reverse();
    rows
}

/// Whether an entry is `root`, or was led to by it.
fn leads_to(entries: &[Entry], root: EntryId, cause: Option<EntryId>) -> bool {
    let mut at = cause;
    // What leads to an entry came before it.
    while let Some(id) = at.filter(|id| root < *id) {
        at = entries.get(id as usize).and_then(|entry| entry.cause);
    }
    at == Some(root)
}

/// The reason of a refusal. What a kubelet answers has none.
pub(crate) fn reason_of(status: &Status) -> &'static str {
    match status.reason {
        "" => "InternalError",
        reason => reason,
    }
}

/// Whether somebody was refused the same again.
fn is_again(before: &RequestRow, row: &RequestRow) -> bool {
    fn asked(row: &RequestRow) -> [&str; 5] {
        // A part of the cluster tries for one object after another: that is the same again.
        let object = match row.actor.as_str() {
            YOU => row.object.as_str(),
            _ => row.object.split('/').next().unwrap_or_default(),
        };
        [&row.actor, &row.user, &row.verb, &row.subresource, object]
    }
    row.outcome == Outcome::Refused && before.code == row.code && asked(before) == asked(row)
}
