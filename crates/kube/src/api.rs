//! The API server: a function from a request to a response, over the store.
//!
//! Nothing else writes to the store. An HTTP front would turn its requests into [`Request`]s.

use crate::fields::{self, Table};
use crate::object::controller;
use crate::rbac::{self, Attributes, User};
use crate::status::resource_and_group;
use crate::{
    Change, ChangeKind, Key, Meta, Millis, Object, Page, Part, Selection, Status, Store, Value,
};
use crate::{
    admission, allocate, defaults, delete, eviction, kind_info, map, paging, patch, scale, strategy,
};
use crate::{time, validate};
use admission::node_restriction::{self, Write};
use ecow::{EcoString, eco_format};
pub use patch::PatchType;
use std::rc::Rc;

/// What somebody asks of the API server.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks.
    pub user: User,
    /// In whose name, if not in their own (`Impersonate-User`): they need the right to impersonate.
    pub acts_as: Option<User>,
    /// What is to be done.
    pub verb: Verb,
    /// To which object. For [`Verb::Create`] the name may be empty (`generateName`); for
    /// [`Verb::List`], [`Verb::Watch`] and [`Verb::DeleteCollection`] it is, and an empty namespace
    /// means all of them.
    pub key: Key,
    /// `status`, `binding`, `exec`, … or empty.
    pub subresource: &'static str,
    /// Answer as if, and store nothing (`dryRun=All`).
    pub dry_run: bool,
    /// Of a list, a watch or a collection: which objects.
    pub select: Selection,
    /// Of a list: how much of it.
    pub page: Page,
    /// With the table of all fields, what is written may have no value of a wrong type, and what
    /// becomes of fields that are not in it `field_validation` says. Without it nobody looks.
    pub fields: Option<&'static Table>,
    /// `fieldValidation`
    pub field_validation: FieldValidation,
}

/// What becomes of a write with fields that its kind has not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// It is refused.
    #[default]
    Strict,
    /// They are dropped, and warned of.
    Warn,
    /// They are dropped.
    Ignore,
}

impl Request {
    /// A request for an object itself, to be done for good, by one whom nothing is refused.
    pub fn new(name: impl Into<EcoString>, key: Key, verb: Verb) -> Request {
        Request::of(User::master(name), key, verb)
    }

    /// The same by a user whom RBAC may refuse something.
    #[must_use]
    pub fn of(user: User, key: Key, verb: Verb) -> Request {
        Request {
            user,
            acts_as: None,
            verb,
            key,
            subresource: "",
            dry_run: false,
            select: Selection::default(),
            page: Page::default(),
            fields: None,
            field_validation: FieldValidation::default(),
        }
    }
}

/// What can be asked, with what it takes.
#[derive(Clone, Debug)]
pub enum Verb {
    /// One object.
    Get,
    /// All objects of a kind.
    List,
    /// The changes of a kind since a version.
    Watch(u64),
    /// A new object.
    Create(Value),
    /// A whole new state. Refused as a conflict if the object's `resourceVersion` is not the stored
    /// one.
    Update(Value),
    /// A change.
    Patch(PatchType, Value),
    /// Removal.
    Delete(DeleteOptions),
    /// Removal of all selected objects of a kind.
    DeleteCollection(DeleteOptions),
}

impl Verb {
    /// The word for it in roles and audit logs: `deletecollection`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Watch(_) => "watch",
            Verb::Create(_) => "create",
            Verb::Update(_) => "update",
            Verb::Patch(..) => "patch",
            Verb::Delete(_) => "delete",
            Verb::DeleteCollection(_) => "deletecollection",
        }
    }
}

/// How to delete (`metav1.DeleteOptions`).
#[derive(Clone, Debug, Default)]
pub struct DeleteOptions {
    /// `gracePeriodSeconds`; none means what the pod says.
    pub grace_seconds: Option<i64>,
    /// `propagationPolicy`: what becomes of the objects that it owns.
    pub propagation: Propagation,
    /// `preconditions.uid`; empty for none.
    pub uid: EcoString,
    /// `preconditions.resourceVersion`; empty for none.
    pub version: EcoString,
}

/// What becomes of the objects that a deleted one owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// What the object's finalizers say, else as in the background.
    #[default]
    Unsaid,
    /// The garbage collector deletes them afterwards.
    Background,
    /// They are deleted first.
    Foreground,
    /// They stay, without an owner.
    Orphan,
}

/// The answer: an object, or a refusal.
pub type Response = Result<Answer, Status>;

/// What an accepted request gives back.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The object as it is stored now (or was, if it is gone).
    Object(Rc<Object>),
    /// The objects of a list.
    List(Vec<Rc<Object>>),
    /// Those of a part of a list, if only a part was asked for.
    Part(Part),
    /// The changes of a watch.
    Changes(Vec<Change>),
}

impl Answer {
    /// The object, if the answer is one.
    #[must_use]
    pub fn object(self) -> Option<Rc<Object>> {
        match self {
            Answer::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// What is said of a write that is made from an old state.
pub(crate) const MODIFIED: &str = "the object has been modified; please apply your changes to the latest \
                        version and try again";

/// Answers a request at a moment.
///
/// # Errors
/// A refusal with the API server's code, reason and words. The store is then as it was; of a
/// collection, some objects may be gone.
pub fn serve(store: &mut Store, now: Millis, request: Request) -> Response {
    if request.dry_run {
        return answer(&mut store.clone(), now, request);
    }
    answer(store, now, request)
}

fn answer(store: &mut Store, now: Millis, mut request: Request) -> Response {
    store.forget_changes();
    if let Some(other) = request.acts_as.take() {
        rbac::check_impersonation(store, &request.user, &other)?;
        request.user = other;
    }
    if !request.user.is_master() {
        let (verb, _, namespace) = scope(&request);
        let question = rbac::Question {
            user: &request.user,
            namespace,
            verb,
            kind: &request.key.kind,
            subresource: request.subresource,
        };
        rbac::check_known(store, &question, &|| attributes(&request))?;
    }
    let Request {
        user,
        acts_as: _,
        verb,
        key,
        subresource,
        dry_run,
        select,
        page,
        fields,
        field_validation,
    } = request;
    // What nodes may write is restricted further.
    let restrict = |store: &Store, write: Write<'_>| match user.node() {
        Some(node) => node_restriction::check(store, node, &key, subresource, write),
        None => Ok(()),
    };
    let decode = |body: &mut Value| match fields {
        Some(table) => fields::decode(table, field_validation, body),
        None => Ok(()),
    };
    match verb {
        verb if subresource == "scale" => scale::serve(store, now, &key, verb),
        Verb::Get => find(store, &key).map(Answer::Object),
        Verb::List if page.is_whole() => list(store, &key, &select).map(Answer::List),
        Verb::List => paging::list_part(store, &key, &select, &page).map(Answer::Part),
        Verb::Watch(since) => watch(store, &key, since, &select),
        Verb::Create(body) if subresource == "binding" => bind(store, now, &key, &body),
        Verb::Create(body) if subresource == "eviction" => {
            restrict(store, Write::Create(&body))?;
            eviction::evict(store, now, &key, &body)
        }
        // A connection to a pod, which its kubelet answers.
        Verb::Create(_) if subresource == "exec" => find(store, &key).map(Answer::Object),
        Verb::Create(body) if rbac::is_question(&key.kind) => {
            rbac::answer_question(store, &user, &key, body)
        }
        Verb::Create(mut body) => {
            decode(&mut body)?;
            restrict(store, Write::Create(&body))?;
            rbac::check_escalation(store, &user, &key, None, &body)?;
            create(store, now, key, body, dry_run)
        }
        Verb::Update(mut body) => {
            let old = find(store, &key)?;
            decode(&mut body)?;
            restrict(store, Write::Update(&old.value, &body))?;
            rbac::check_escalation(store, &user, &key, Some(&old.value), &body)?;
            write(store, now, &old, body, subresource)
        }
        Verb::Patch(how, change) => {
            let old = find(store, &key)?;
            let mut body = patch::apply(how, &old.value, &change)?;
            if let Some(table) = fields {
                fields::decode_patched(table, field_validation, (how, &change), &mut body)?;
            }
            restrict(store, Write::Update(&old.value, &body))?;
            rbac::check_escalation(store, &user, &key, Some(&old.value), &body)?;
            write(store, now, &old, body, subresource)
        }
        Verb::Delete(options) => {
            restrict(store, Write::Delete)?;
            delete::delete(store, now, &key, &options)
        }
        Verb::DeleteCollection(options) => {
            delete::delete_collection(store, now, &key, &select, &options)
        }
    }
}

/// Answers a read over a store that has these objects too. They are computed when somebody asks for
/// them, as by an aggregated API server, and are not stored.
///
/// # Errors
/// A refusal, as of [`serve`].
pub fn serve_computed(
    store: &Store,
    now: Millis,
    request: Request,
    computed: impl IntoIterator<Item = (Key, Value)>,
) -> Response {
    let mut store = store.clone();
    for (key, object) in computed {
        let created = object.at(&["metadata", "creationTimestamp"]).text();
        let created = time::parse_rfc3339(created).unwrap_or(now);
        store.put(key, object, created);
    }
    answer(&mut store, now, request)
}

/// Removes an object whose time in etcd has ended: nobody asked for it, and nothing can keep it.
pub fn expire(store: &mut Store, key: &Key) {
    store.remove(key);
}

/// A request's verb, whether it is about one object that has a name, and the namespace that it is in.
fn scope(request: &Request) -> (&'static str, bool, &EcoString) {
    let named = match request.verb {
        Verb::List | Verb::Watch(_) | Verb::DeleteCollection(_) => false,
        Verb::Create(_) => !request.subresource.is_empty(),
        _ => true,
    };
    // A namespace is in itself.
    let namespace = match request.key.kind.as_str() {
        "Namespace" if named => &request.key.name,
        _ => &request.key.namespace,
    };
    (request.verb.as_str(), named, namespace)
}

/// What a request is to the authorizer.
fn attributes(request: &Request) -> Attributes {
    let (verb, named, namespace) = scope(request);
    let key = &request.key;
    let (resource, group) = resource_and_group(&key.kind);
    Attributes {
        verb: verb.into(),
        group: group.into(),
        resource,
        subresource: request.subresource.into(),
        namespace: namespace.clone(),
        // A list of one name is about that object.
        name: match named {
            true => key.name.clone(),
            false => request.select.name().unwrap_or_default().into(),
        },
        fields: request.select.fields.clone(),
        path: EcoString::new(),
    }
}

pub(crate) fn find(store: &Store, key: &Key) -> Result<Rc<Object>, Status> {
    store
        .get(key)
        .cloned()
        .ok_or_else(|| Status::not_found(&key.kind, &key.name))
}

/// The selected objects of a kind, in a namespace or in all of them.
pub(crate) fn list(
    store: &Store,
    key: &Key,
    select: &Selection,
) -> Result<Vec<Rc<Object>>, Status> {
    let wanted = select.filter(&key.kind)?;
    let mut objects = match key.namespace.as_str() {
        "" => store.list(&key.kind),
        namespace => store.list_in(&key.kind, namespace),
    };
    objects.retain(|object| wanted(object));
    Ok(objects.into_iter().cloned().collect())
}

/// The changes of a kind since a version. To a watcher that selects, an object that comes to be
/// selected is added, and one that is no longer is deleted.
fn watch(store: &Store, key: &Key, since: u64, select: &Selection) -> Response {
    let selected = select.filter(&key.kind)?;
    let changes = store
        .changes_since(since)
        .ok_or_else(|| Status::expired(since, store.version()))?;
    let wanted = |change: &Change| {
        let object = &change.new.key;
        object.kind == key.kind && (key.namespace.is_empty() || object.namespace == key.namespace)
    };
    let seen = changes.into_iter().filter(wanted).filter_map(|change| {
        let before = change.old.as_ref().is_some_and(|old| selected(old));
        let after = change.kind != ChangeKind::Deleted && selected(&change.new);
        let kind = match (before, after) {
            (false, false) => return None,
            (false, true) => ChangeKind::Added,
            (true, true) => ChangeKind::Modified,
            (true, false) => ChangeKind::Deleted,
        };
        Some(Change { kind, ..change })
    });
    Ok(Answer::Changes(seen.collect()))
}

fn create(
    store: &mut Store,
    now: Millis,
    mut key: Key,
    mut body: Value,
    dry_run: bool,
) -> Response {
    if kind_info(&key.kind).is_some_and(|info| !info.namespaced) {
        // What is of the cluster is in no namespace, whatever it says.
        body.entry("metadata").set("namespace", Value::Null);
    }
    let namespace = body.at(&["metadata", "namespace"]).text();
    if !namespace.is_empty() && namespace != key.namespace {
        let why =
            "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Status::bad_request(why));
    }
    defaults::apply(&mut body);
    let info = kind_info(&key.kind);
    if body.get("kind").is_null() {
        *body.entry("kind") = (&key.kind).into();
    }
    let metadata = body.entry("metadata");
    if key.name.is_empty() {
        key.name = match metadata.get("generateName").text() {
            "" => EcoString::new(),
            prefix => lean::joined(&[prefix, &store.random.suffix()]),
        };
        metadata.set("name", &key.name);
    }
    if info.is_none_or(|info| info.namespaced) {
        if key.namespace.is_empty() {
            key.namespace = "default".into();
        }
        metadata.set("namespace", &key.namespace);
    }
    metadata.set("uid", store.random.uuid());
    metadata.set("creationTimestamp", time::rfc3339(now));
    for theirs in [
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
        "selfLink",
    ] {
        metadata.set(theirs, Value::Null);
    }
    if info.is_none_or(|info| info.counted) {
        metadata.set("generation", 1);
    }
    admission::mutate(store, &key, &mut body)?;
    if let Some(info) = info {
        strategy::prepare(now, info, &key, &mut body);
    }
    validate::check(None, &body)?;
    // Only who stores it finds out, after all who look at it alone.
    if store.get(&key).is_some() {
        return Err(Status::already_exists(&key.kind, &key.name));
    }
    if key.kind == "Service" {
        allocate::service(store, &key, &mut body, dry_run)?;
    }
    admission::validate(store, &key, None, &body)?;
    if key.kind == "Job" {
        // What is stored is filled in again when it is read, and only then is there a label of the
        // template to copy.
        defaults::apply(&mut body);
    }
    Ok(Answer::Object(store.put_over(None, key, body, now)))
}

/// Binds a pod to the node that a `Binding` targets (`pkg/registry/core/pod/storage`, assignPod).
fn bind(store: &mut Store, now: Millis, key: &Key, binding: &Value) -> Response {
    let old = find(store, key)?;
    let node = old.spec().get("nodeName").text();
    if !node.is_empty() {
        let why = eco_format!("pod {} is already assigned to node {node:?}", key.name);
        return Err(Status::conflict("Pod", &key.name, &why));
    }
    let mut body = old.value.clone();
    body.entry("spec")
        .set("nodeName", binding.at(&["target", "name"]).clone());
    let scheduled = map! {
        "type" => "PodScheduled",
        "status" => "True",
        "lastTransitionTime" => time::rfc3339(now),
    };
    // Why there was no node for it until now is no longer said (`podutil.UpdatePodCondition`).
    let status = body.entry("status");
    let conditions = status.entry("conditions");
    let list = conditions.items_mut();
    let is_known = |it: &Value| it.get("type").text() == "PodScheduled";
    match list.iter().position(is_known) {
        Some(at) => list.make_mut()[at] = scheduled,
        None => list.push(scheduled),
    }
    *conditions = std::mem::take(conditions).shared();
    // What it was promised, it has.
    status.set("nominatedNodeName", Value::Null);
    Ok(Answer::Object(store.put_over(
        Some(old),
        key.clone(),
        body,
        now,
    )))
}

/// Writes a new state over an old one, keeping what a writer may not change.
pub(crate) fn write(
    store: &mut Store,
    now: Millis,
    old: &Rc<Object>,
    mut body: Value,
    subresource: &str,
) -> Response {
    // A writer began with what it read, so that most of what it may not change is still the very same.
    let [written, stored] = [&body, &old.value].map(|object| object.get_near(2, "metadata"));
    let version = |metadata: &Value| metadata.get("resourceVersion").to_text();
    let is_late = || !version(written).is_empty() && version(written) != version(stored);
    if !written.is_identical(stored) && is_late() {
        return Err(Status::conflict(&old.key.kind, &old.key.name, MODIFIED));
    }
    if subresource == "status" {
        // Only the status and the metadata count (`deployment/strategy.go`, PrepareForUpdate).
        keep(&mut body, &old.value, "spec");
        if body.get_near(2, "metadata") != old.value.get_near(2, "metadata") {
            keep(body.entry("metadata"), old.value.get("metadata"), "labels");
        }
    } else {
        if !old.status().is_null() {
            keep(&mut body, &old.value, "status");
        }
        admission::mutate_update(store, &old.key, &mut body)?;
        strategy::prepare_update(&old.value, &mut body, subresource);
        defaults::apply(&mut body);
    }
    let mut generation = old.meta.generation;
    // A Deployment's annotations count too (`deployment/strategy.go`): its controller copies them.
    let annotations = |object: &Value| object.at(&["metadata", "annotations"]).clone();
    let annotated = old.key.kind == "Deployment"
        && subresource.is_empty()
        && annotations(&body) != annotations(&old.value);
    if generation > 0 && (body.get_near(3, "spec") != old.spec() || annotated) {
        generation += 1;
    }
    let metadata = old.value.get_near(2, "metadata");
    if generation != old.meta.generation || body.get_near(2, "metadata") != metadata {
        let changed = body.entry("metadata");
        for field in ["uid", "creationTimestamp", "namespace", "name"] {
            keep(changed, metadata, field);
        }
        if generation > 0 {
            changed.set("generation", generation);
        }
    }
    if subresource != "status" {
        validate::check(Some(&old.value), &body)?;
    }
    if old.key.kind == "Service" && subresource.is_empty() {
        // Another type may need other ports; the ones that it has are its own.
        allocate::service(store, &old.key, &mut body, false)?;
    }
    if body == old.value {
        return Ok(Answer::Object(old.clone()));
    }
    if subresource.is_empty() {
        admission::validate(store, &old.key, Some(&old.value), &body)?;
    }
    let new = store.put_over(Some(old.clone()), old.key.clone(), body, now);
    Ok(Answer::Object(delete::finish(store, new)))
}

/// Gives a new state the member that its old one has.
fn keep(new: &mut Value, old: &Value, field: &str) {
    let kept = old.get_near(3, field);
    if kept.is_null() || new.get_near(3, field) != kept {
        new.set(field, kept.clone());
    }
}

/// Decodes what the lab itself asks of an object, but for its version and when it was created. Most writes
/// leave most of the old state as it was, the very same in memory.
pub(crate) fn decode(value: &Value, old: Option<&Object>) -> Meta {
    let mut meta = old.map(|old| old.meta.clone()).unwrap_or_default();
    let old = old.map_or(&Value::NULL, |old| &old.value);
    let changed = |place: usize, field: &str| {
        let new = value.get_near(place, field);
        (!new.is_identical(old.get_near(place, field))).then_some(new)
    };
    if let Some(metadata) = changed(2, "metadata") {
        meta = Meta {
            node: meta.node,
            phase: meta.phase,
            ready: meta.ready,
            unschedulable: meta.unschedulable,
            ..Meta::default()
        };
        // In one pass: this is done for many writes.
        for (field, member) in metadata.members() {
            match field.as_str() {
                "uid" => meta.uid = member.to_text(),
                "generation" => meta.generation = member.as_int().unwrap_or(0),
                "deletionTimestamp" => {
                    meta.deleted = member.as_str().and_then(time::parse_rfc3339);
                }
                "labels" => meta.labels = member.clone(),
                "annotations" => {
                    let cost = member.get("controller.kubernetes.io/pod-deletion-cost");
                    meta.deletion_cost = cost.text().parse().unwrap_or(0);
                }
                "ownerReferences" => meta.owner = controller(member).clone(),
                _ => {}
            }
        }
        meta.controller = meta.owner.get("uid").to_text();
    }
    if let Some(spec) = changed(3, "spec") {
        meta.node = spec.get("nodeName").to_text();
    }
    if let Some(status) = changed(4, "status") {
        meta.phase = status.get("phase").to_text();
        let conditions = status.get("conditions");
        if !conditions.is_identical(old.get_near(4, "status").get("conditions")) {
            (meta.ready, meta.unschedulable) = (None, false);
            for condition in conditions.items() {
                match (condition.get("type").text(), condition.get("status").text()) {
                    ("Ready", "True") => {
                        let since = condition.get("lastTransitionTime").text();
                        meta.ready = time::parse_rfc3339(since).or(Some(0));
                    }
                    ("PodScheduled", "False") => meta.unschedulable = true,
                    _ => {}
                }
            }
        }
    }
    meta
}
