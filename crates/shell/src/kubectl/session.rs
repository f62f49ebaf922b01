//! One run of a command: whom it asks, what it has printed, how it names things.

use super::args::{Args, VALIDATE};
use crate::{Cluster, Line, Output};
use ecow::{EcoString, eco_format};
use kube::api::{Answer, FieldValidation, PatchType, Request, Verb};
use kube::fields::{Descriptions, Table};
use kube::rbac::User;
use kube::{KINDS, Key, KindInfo, Object, Page, Selection, Status, Value, kind_info, kubectl};
use std::rc::Rc;

/// Why a command ends without having done its work.
pub(super) enum Fault {
    /// The command line, or what it asks for, is wrong. Printed after `error: `.
    Usage(String),
    /// The server refused.
    Server(Status),
    /// Already in kubectl's words.
    Said(EcoString),
}

impl Fault {
    /// What kubectl prints (`k8s.io/kubectl/pkg/cmd/util/helpers.go`).
    pub fn words(&self) -> String {
        match self {
            Fault::Usage(message) => format!("error: {message}\n"),
            Fault::Server(status) => kubectl::answer(status).into(),
            Fault::Said(words) => words.to_string(),
        }
    }

    /// One of all faults; nothing if there is none.
    pub fn all(mut faults: Vec<Fault>) -> Result<(), Fault> {
        match faults.len() {
            0 | 1 => faults.pop().map_or(Ok(()), Err),
            _ => {
                let words: Vec<String> = faults.iter().map(Fault::among).collect();
                Err(Fault::Said(words.concat().into()))
            }
        }
    }

    /// What kubectl prints of one of several faults (`MultipleErrors`).
    fn among(&self) -> String {
        match self {
            Fault::Usage(message) => format!("{message}\n"),
            Fault::Server(status) => {
                format!(
                    "Error from server ({}): {}\n",
                    status.reason, status.message
                )
            }
            Fault::Said(words) => words.to_string(),
        }
    }
}

impl From<Status> for Fault {
    fn from(status: Status) -> Fault {
        Fault::Server(status)
    }
}

/// Short names of kinds, as `kubectl api-resources` lists them.
pub(super) const SHORT_NAMES: &[(&str, &str)] = &[
    ("app", "applications"),
    ("cj", "cronjobs"),
    ("cm", "configmaps"),
    ("crd", "customresourcedefinitions"),
    ("crds", "customresourcedefinitions"),
    ("csr", "certificatesigningrequests"),
    ("deploy", "deployments"),
    ("ds", "daemonsets"),
    ("ep", "endpoints"),
    ("ev", "events"),
    ("gitrepo", "gitrepositories"),
    ("hpa", "horizontalpodautoscalers"),
    ("hr", "helmreleases"),
    ("ing", "ingresses"),
    ("ks", "kustomizations"),
    ("limits", "limitranges"),
    ("netpol", "networkpolicies"),
    ("no", "nodes"),
    ("ns", "namespaces"),
    ("pc", "priorityclasses"),
    ("pdb", "poddisruptionbudgets"),
    ("po", "pods"),
    ("pv", "persistentvolumes"),
    ("pvc", "persistentvolumeclaims"),
    ("quota", "resourcequotas"),
    ("rc", "replicationcontrollers"),
    ("rs", "replicasets"),
    ("sa", "serviceaccounts"),
    ("sc", "storageclasses"),
    ("sts", "statefulsets"),
    ("svc", "services"),
    ("vac", "volumeattributesclasses"),
];

/// Whether a change is only tried, and where.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum DryRun {
    /// It is made.
    #[default]
    None,
    /// Nothing is sent.
    Client,
    /// The server answers as if.
    Server,
}

/// What is said of a command line that names no objects.
const NO_OBJECTS: &str = "You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'";

/// One run of a command.
pub(super) struct Session<'c> {
    cluster: &'c mut dyn Cluster,
    user: EcoString,
    /// In whose name it is done, if not in that of the user.
    acts_as: Option<User>,
    /// Where objects without a namespace of their own are looked for.
    pub namespace: EcoString,
    /// `--dry-run`.
    pub dry_run: DryRun,
    /// What becomes of unknown fields: `--validate`. What has no such flag leaves it to the server, which
    /// then warns.
    field_validation: FieldValidation,
    /// Whether only the names of changed objects are printed: `-o name`.
    names_only: bool,
    /// Standard input.
    pub stdin: &'c str,
    /// What was printed so far.
    pub output: Output,
}

impl<'c> Session<'c> {
    pub fn new(cluster: &'c mut dyn Cluster, user: &str, stdin: &'c str) -> Session<'c> {
        Session {
            namespace: cluster.namespace(),
            cluster,
            user: user.into(),
            acts_as: None,
            dry_run: DryRun::None,
            field_validation: FieldValidation::Warn,
            names_only: false,
            stdin,
            output: Output::default(),
        }
    }

    /// Reads the flags that many commands share.
    pub fn begin(&mut self, args: &Args, is_change: bool) -> Result<(), Fault> {
        if let Some(namespace) = args.last("namespace") {
            self.namespace = namespace.into();
        }
        self.act_as(args.last("as"), args.all("as-group"));
        self.dry_run = match args.last("dry-run") {
            None | Some("none") => DryRun::None,
            Some("true" | "client") => DryRun::Client,
            Some("server") => DryRun::Server,
            Some(other) => {
                return Err(Fault::Usage(format!(
                    "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
                )));
            }
        };
        if args.takes(&VALIDATE) {
            self.field_validation = validation(args)?;
        }
        self.names_only = match args.last("output").filter(|_| is_change) {
            None | Some("") => false,
            Some("name") => true,
            Some(other) => {
                return Err(Fault::Usage(format!(
                    "unable to match a printer suitable for the output format {other:?}, allowed formats \
                     are: name"
                )));
            }
        };
        Ok(())
    }

    /// What the server publishes of its kinds and their fields, if it does.
    pub fn schema(&self) -> Result<(&'static Table, Rc<Descriptions>), Fault> {
        let unknown = || Fault::Usage("the server publishes no OpenAPI document yet".to_owned());
        self.cluster.schema().ok_or_else(unknown)
    }

    /// The moment it is.
    pub fn now(&self) -> kube::Millis {
        self.cluster.now()
    }

    /// Lets time pass. False: the command is interrupted.
    pub fn wait(&mut self, time: kube::Millis) -> bool {
        self.cluster.wait(time)
    }

    /// Asks the server about one object.
    pub fn ask(&mut self, key: &Key, verb: Verb) -> Result<Answer, Status> {
        self.ask_part(key, "", verb)
    }

    /// From now on in the name of somebody else: `--as`, `--as-group`.
    pub fn act_as<'a>(&mut self, name: Option<&str>, groups: impl Iterator<Item = &'a str>) {
        self.acts_as = name.map(|name| {
            let mut other = User::named(name);
            let groups: Vec<EcoString> = groups.map(EcoString::from).collect();
            if !groups.is_empty() {
                other.groups = groups.into_iter().collect();
                other.groups.push("system:authenticated".into());
            }
            other
        });
    }

    /// Asks the server about a subresource of one object.
    pub fn ask_part(
        &mut self,
        key: &Key,
        part: &'static str,
        verb: Verb,
    ) -> Result<Answer, Status> {
        let request = self.request(key, part, verb);
        let warnings = self.cluster.warnings(&request);
        let answer = self.cluster.ask(request)?;
        for warning in warnings {
            let line = format!("Warning: {warning}\n");
            // Each is printed once (`k8s.io/client-go/rest/warnings.go`, Deduplicate).
            if !self.output.stderr.contains(&line) {
                self.warn(&line);
            }
        }
        Ok(answer)
    }

    fn request(&self, key: &Key, part: &'static str, verb: Verb) -> Request {
        Request {
            acts_as: self.acts_as.clone(),
            dry_run: self.dry_run == DryRun::Server,
            field_validation: self.field_validation,
            subresource: part,
            ..Request::new(self.user.clone(), key.clone(), verb)
        }
    }

    /// What a container has printed.
    pub fn logs(
        &mut self,
        pod: &Object,
        container: &str,
        is_previous: bool,
    ) -> Result<Vec<Line>, Status> {
        self.ask_part(&pod.key, "log", Verb::Get)?;
        self.cluster.logs(pod, container, is_previous)
    }

    /// Runs a command in a container.
    pub fn exec(&mut self, pod: &Key, options: Value) -> Result<Output, Status> {
        let request = self.request(pod, "exec", Verb::Create(options));
        self.cluster.exec(request)
    }

    /// One object.
    pub fn get(&mut self, key: &Key) -> Result<Rc<Object>, Status> {
        let answer = self.ask(key, Verb::Get)?;
        answer
            .object()
            .ok_or_else(|| Status::not_found(&key.kind, &key.name))
    }

    /// The objects of a kind in the session's namespace.
    pub fn list(&mut self, kind: &str) -> Result<Vec<Rc<Object>>, Status> {
        self.select(kind, self.namespace.clone(), Selection::default())
    }

    /// The objects of a kind in all namespaces.
    pub fn list_all(&mut self, kind: &str) -> Result<Vec<Rc<Object>>, Status> {
        self.select(kind, EcoString::new(), Selection::default())
    }

    /// The selected objects of a kind in a namespace; in all, if it is empty.
    pub fn select(
        &mut self,
        kind: &str,
        namespace: EcoString,
        select: Selection,
    ) -> Result<Vec<Rc<Object>>, Status> {
        /// `--chunk-size`
        const CHUNK: u32 = 500;
        let key = Key::new(kind, namespace, "");
        let (mut all, mut token) = (Vec::new(), EcoString::new());
        loop {
            let page = Page {
                limit: CHUNK,
                token,
            };
            let request = Request {
                select: select.clone(),
                page,
                ..self.request(&key, "", Verb::List)
            };
            let answer = self.cluster.ask(request);
            let Answer::Part(part) = answer.map_err(|status| unlisted(kind, &select, status))?
            else {
                return Ok(all);
            };
            all.extend(part.objects);
            if part.token.is_empty() {
                return Ok(all);
            }
            token = part.token;
        }
    }

    /// Where objects of a kind are looked for: everywhere, if it is empty.
    pub fn scope(&self, args: &Args, info: &KindInfo) -> EcoString {
        match args.is_on("all-namespaces") {
            false if info.namespaced => self.namespace.clone(),
            _ => EcoString::new(),
        }
    }

    /// The objects of a kind that the flags select.
    pub fn selected(&mut self, args: &Args, info: &KindInfo) -> Result<Vec<Rc<Object>>, Status> {
        self.select(info.kind, self.scope(args, info), args.selection())
    }

    /// Says that there is nothing to show: in the namespace, or anywhere.
    pub fn nothing_found(&mut self, is_in_namespace: bool) {
        let place = match is_in_namespace {
            true => format!(" in {} namespace.", self.namespace),
            false => String::new(),
        };
        self.warn(&format!("No resources found{place}\n"));
    }

    /// Sends a patch, unless it is a dry run of the client.
    pub fn patch(&mut self, key: &Key, how: PatchType, patch: Value) -> Result<(), Status> {
        self.change(key, "", Verb::Patch(how, patch))
    }

    /// Asks the server for a change, unless it is a dry run of the client.
    pub fn change(&mut self, key: &Key, part: &'static str, verb: Verb) -> Result<(), Status> {
        match self.dry_run {
            DryRun::Client => Ok(()),
            _ => self.ask_part(key, part, verb).map(|_| ()),
        }
    }

    /// Does something to each object. What goes wrong with one keeps it from no other.
    pub fn each(
        &mut self,
        keys: &[Key],
        act: &mut dyn FnMut(&mut Self, &Key) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut faults = Vec::new();
        for key in keys {
            faults.extend(act(self, key).err());
        }
        Fault::all(faults)
    }

    /// Prints on standard error.
    pub fn warn(&mut self, words: &str) {
        self.output.stderr.push_str(words);
    }

    /// Prints what was done to an object: `deployment.apps/web scaled`.
    pub fn done(&mut self, key: &Key, what: &str) {
        self.said(key, &format!("{what}{}", self.dry_words()));
    }

    /// The same of a command that does not say that it was only tried.
    pub fn said(&mut self, key: &Key, what: &str) {
        let line = match self.names_only {
            true => format!("{}\n", shown(key)),
            false => format!("{} {what}\n", shown(key)),
        };
        self.output.stdout.push_str(&line);
    }

    /// Whether only the names of changed objects are printed.
    pub fn names_only(&self) -> bool {
        self.names_only
    }

    /// What follows the words of a change that was only tried.
    pub fn dry_words(&self) -> &'static str {
        match self.dry_run {
            DryRun::None => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }

    /// The objects that a command names, selects, or all of a kind if `all` says so or a selector.
    pub fn chosen(&mut self, args: &Args, words: &[String], all: bool) -> Result<Vec<Key>, Fault> {
        let mut flags = ["selector", "field-selector"].into_iter();
        let is_selection = all || flags.any(|name| args.last(name).is_some());
        match words {
            [name] if !name.contains('/') && is_selection => {
                let found = self.selected(args, kind(name)?)?;
                Ok(found.iter().map(|it| it.key.clone()).collect())
            }
            _ => self.targets(words),
        }
    }

    /// The objects that a command names: `KIND NAME…`, or `KIND/NAME…`.
    pub fn targets(&self, words: &[String]) -> Result<Vec<Key>, Fault> {
        let key = |kind: &str, name: &str| {
            let info = self::kind(kind)?;
            let namespace = match info.namespaced {
                true => self.namespace.clone(),
                false => EcoString::new(),
            };
            Ok(Key::new(info.kind, namespace, name))
        };
        match words {
            [] => Err(Fault::Usage(NO_OBJECTS.to_owned())),
            [first, ..] if first.contains('/') => words
                .iter()
                .map(|word| match word.split_once('/') {
                    Some((kind, name)) => key(kind, name),
                    None => Err(Fault::Usage(
                        "there is no need to specify a resource type as a separate argument when \
                         passing arguments in resource/name form (e.g. 'kubectl get \
                         resource/<resource_name>' instead of 'kubectl get resource \
                         resource/<resource_name>'"
                            .to_owned(),
                    )),
                })
                .collect(),
            [_] => Err(Fault::Usage(
                "resource(s) were provided, but no name was specified".to_owned(),
            )),
            [kind, names @ ..] => names.iter().map(|name| key(kind, name)).collect(),
        }
    }
}

/// What kubectl makes of a list's refusal (`EnhanceListError` in `k8s.io/cli-runtime/pkg/resource`).
fn unlisted(kind: &str, select: &Selection, status: Status) -> Status {
    if !matches!(status.reason, "BadRequest" | "NotFound") {
        return status;
    }
    let info = kind_info(kind);
    let (version, plural) = info.map_or(("", ""), |info| (info.api_version, info.plural));
    let slash = if version.contains('/') { "" } else { "/" };
    let what = eco_format!("{slash}{version}, Resource={plural}");
    let message = match select.labels.is_empty() && select.fields.is_empty() {
        true => eco_format!("Unable to list {what:?}: {}", status.message),
        false => eco_format!(
            "Unable to find {what:?} that match label selector {:?}, field selector {:?}: {}",
            select.labels,
            select.fields,
            status.message
        ),
    };
    Status { message, ..status }
}

/// What `--validate` says (`GetValidationDirective` in `k8s.io/kubectl/pkg/cmd/util`).
fn validation(args: &Args) -> Result<FieldValidation, Fault> {
    match args.last(VALIDATE.name).unwrap_or("strict") {
        "strict" | "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(FieldValidation::Strict),
        "warn" => Ok(FieldValidation::Warn),
        "ignore" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(FieldValidation::Ignore),
        other => Err(Fault::Usage(format!(
            "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or \
             false)"
        ))),
    }
}

/// A kind by its name, or kubectl's complaint.
pub(super) fn kind(name: &str) -> Result<&'static KindInfo, Fault> {
    resource(name).ok_or_else(|| Fault::Usage(unknown_kind(name).into()))
}

/// What is said of a name that is no kind's.
pub(super) fn unknown_kind(name: &str) -> EcoString {
    eco_format!("the server doesn't have a resource type {name:?}")
}

/// A kind by its name, its plural or its short name, in any case, with or without its group.
pub(super) fn resource(name: &str) -> Option<&'static KindInfo> {
    let name = name.to_lowercase();
    let (name, group) = name.split_once('.').unwrap_or((&name, ""));
    let plural = SHORT_NAMES
        .iter()
        .find(|(short, _)| *short == name)
        .map_or(name, |(_, plural)| plural);
    KINDS
        .iter()
        .filter(|info| group.is_empty() || is_of(info, group))
        .find(|info| info.plural == plural || info.kind.eq_ignore_ascii_case(plural))
}

/// Whether a kind is of a group, as `apps` or `v1.apps` name one.
fn is_of(info: &KindInfo, group: &str) -> bool {
    let (own, version) = info.api_version.split_once('/').unwrap_or(("", ""));
    let rest = group.strip_prefix(version).filter(|_| !version.is_empty());
    own == group || rest.and_then(|rest| rest.strip_prefix('.')) == Some(own)
}

/// `apps`, or nothing for the core.
pub(super) fn group(kind: &str) -> Option<&'static str> {
    let (group, _) = kind_info(kind)?.api_version.split_once('/')?;
    Some(group)
}

/// `deployment.apps/web`: how kubectl names an object.
pub(super) fn shown(key: &Key) -> EcoString {
    let kind = key.kind.to_lowercase();
    match group(&key.kind) {
        Some(group) => eco_format!("{kind}.{group}/{}", key.name),
        None => eco_format!("{kind}/{}", key.name),
    }
}

/// `deployments.apps "web"`: how it names one in a complaint.
pub(super) fn blamed(key: &Key) -> EcoString {
    let plural = kind_info(&key.kind).map_or("", |info| info.plural);
    match group(&key.kind) {
        Some(group) => eco_format!("{plural}.{group} {:?}", key.name),
        None => eco_format!("{plural} {:?}", key.name),
    }
}
