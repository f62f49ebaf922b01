//! What the API server says when it refuses.

use crate::{Value, kind_info, map};
use ecow::{EcoString, EcoVec, eco_format};

/// A refusal, in the API server's words (`k8s.io/apimachinery/pkg/api/errors`).
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The HTTP status code.
    pub code: u16,
    /// `NotFound`, `Conflict`, `Invalid`…
    pub reason: &'static str,
    /// The sentence.
    pub message: EcoString,
    /// For `Invalid`: each fault by field.
    pub causes: EcoVec<Cause>,
    /// What the request was about. Empty where the server does not say.
    pub about: About,
    /// After how many seconds to ask again; 0 if the server does not say.
    pub retry_after: u32,
    /// Of a list that cannot be continued as it was: by what it can be nevertheless
    /// (`metadata.continue`).
    pub token: EcoString,
}

/// What a refused request was about (`metav1.StatusDetails`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// `apps`; empty for the core group.
    pub group: EcoString,
    /// The resource (`deployments`); of an object that breaks rules, its kind.
    pub kind: EcoString,
    /// The object; empty where it is about all of them.
    pub name: EcoString,
}

impl About {
    /// An object of a kind, as a resource.
    fn object(kind: &str, name: &str) -> About {
        let (kind, group) = resource_and_group(kind);
        About {
            group: group.into(),
            kind,
            name: name.into(),
        }
    }
}

/// One fault in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// `FieldValueInvalid`, `FieldValueRequired`…
    pub reason: &'static str,
    /// `spec.template.spec.containers[0].image`
    pub field: EcoString,
    /// `Required value`, `Invalid value: 0: …`
    pub message: EcoString,
}

/// `deployments.apps`: a resource with its group, as messages name it.
#[must_use]
pub fn resource(kind: &str) -> EcoString {
    match resource_and_group(kind) {
        (plural, "") => plural,
        (plural, group) => eco_format!("{plural}.{group}"),
    }
}

/// `deployments` and `apps`.
pub(crate) fn resource_and_group(kind: &str) -> (EcoString, &'static str) {
    match kind_info(kind) {
        Some(info) => {
            let group = info.api_version.split_once('/');
            (info.plural.into(), group.map_or("", |(group, _)| group))
        }
        None => (eco_format!("{}s", kind.to_lowercase()), ""),
    }
}

/// The kind of an object, and its group: `Deployment` and `apps`.
fn kind_and_group(object: &Value) -> (&str, &str) {
    let version = object.get("apiVersion").text();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    (object.get("kind").text(), group)
}

impl Status {
    /// The reason of the cause that refuses a new object because its namespace goes
    /// (`NamespaceTerminatingCause`).
    pub const NAMESPACE_TERMINATING: &str = "NamespaceTerminating";

    /// Whether a new object was refused because its namespace goes.
    #[must_use]
    pub fn is_namespace_terminating(&self) -> bool {
        let mut causes = self.causes.iter();
        causes.any(|cause| cause.reason == Status::NAMESPACE_TERMINATING)
    }

    fn new(code: u16, reason: &'static str, message: EcoString) -> Status {
        Status {
            code,
            reason,
            message,
            causes: EcoVec::new(),
            about: About::default(),
            retry_after: 0,
            token: EcoString::new(),
        }
    }

    /// The same about an object.
    fn about(self, kind: &str, name: &str) -> Status {
        Status {
            about: About::object(kind, name),
            ..self
        }
    }

    /// 404: there is no such object.
    #[must_use]
    pub fn not_found(kind: &str, name: &str) -> Status {
        let message = eco_format!("{} {name:?} not found", resource(kind));
        Status::new(404, "NotFound", message).about(kind, name)
    }

    /// 404: the kind has nothing of this sort, such as a scale.
    #[must_use]
    pub fn no_such_resource() -> Status {
        let message = "the server could not find the requested resource";
        Status::new(404, "NotFound", message.into())
    }

    /// 409: the name is taken.
    #[must_use]
    pub fn already_exists(kind: &str, name: &str) -> Status {
        let message = eco_format!("{} {name:?} already exists", resource(kind));
        Status::new(409, "AlreadyExists", message).about(kind, name)
    }

    /// 409: the write was made from an old version of the object.
    #[must_use]
    pub fn conflict(kind: &str, name: &str, why: &str) -> Status {
        let resource = resource(kind);
        let message = eco_format!("Operation cannot be fulfilled on {resource} {name:?}: {why}");
        Status::new(409, "Conflict", message).about(kind, name)
    }

    /// 409: the object is not the one that was meant. The server names its kind where it names resources
    /// otherwise.
    #[must_use]
    pub(crate) fn precondition(object: &Value, why: &str) -> Status {
        let (kind, group) = kind_and_group(object);
        let name = object.at(&["metadata", "name"]).text();
        let dot = if group.is_empty() { "" } else { "." };
        let message =
            eco_format!("Operation cannot be fulfilled on {kind}{dot}{group} {name:?}: {why}");
        Status {
            about: About {
                group: group.into(),
                kind: kind.into(),
                name: name.into(),
            },
            ..Status::new(409, "Conflict", message)
        }
    }

    /// 403: admission does not let the object in.
    #[must_use]
    pub fn forbidden(kind: &str, name: &str, why: &str) -> Status {
        let message = eco_format!("{} {name:?} is forbidden: {why}", resource(kind));
        Status::new(403, "Forbidden", message).about(kind, name)
    }

    /// 403: they may not do that.
    #[must_use]
    pub(crate) fn forbidden_because(message: EcoString, about: About) -> Status {
        Status {
            about,
            ..Status::new(403, "Forbidden", message)
        }
    }

    /// 405: the resource has no such verb.
    #[must_use]
    pub(crate) fn method_not_allowed() -> Status {
        let message = "the server does not allow this method on the requested resource";
        Status::new(405, "MethodNotAllowed", message.into())
    }

    /// 400: the request itself makes no sense.
    #[must_use]
    pub fn bad_request(message: impl Into<EcoString>) -> Status {
        Status::new(400, "BadRequest", message.into())
    }

    /// 429: not now, or in so many seconds. The cause says what stands in the way.
    #[must_use]
    pub(crate) fn too_many_requests(message: &str, cause: Cause, retry_after: u32) -> Status {
        let mut status = Status::new(429, "TooManyRequests", message.into());
        status.causes.push(cause);
        status.retry_after = retry_after;
        status
    }

    /// 413: the request is larger than the server takes.
    #[must_use]
    pub fn too_large(why: &str) -> Status {
        let message = eco_format!("Request entity too large: {why}");
        Status::new(413, "RequestEntityTooLarge", message)
    }

    /// 415: a strategic merge patch for a kind of which nobody knows how its fields merge.
    #[must_use]
    pub fn unsupported_patch() -> Status {
        let message = "the body of the request was in an unknown format - accepted media types \
                       include: application/json-patch+json, application/merge-patch+json, \
                       application/apply-patch+yaml";
        Status::new(415, "UnsupportedMediaType", message.into())
    }

    /// 422, without saying what is wrong: a patch that does not apply.
    #[must_use]
    pub fn unprocessable() -> Status {
        let message = "the server rejected our request due to an error in our request";
        Status::new(422, "Invalid", message.into())
    }

    /// 500: the server could not do it. Such an answer has no reason.
    #[must_use]
    pub fn internal(message: impl Into<EcoString>) -> Status {
        Status::new(500, "", message.into())
    }

    /// 504: the server does not answer in time.
    #[must_use]
    pub fn timeout() -> Status {
        let message = "the server was unable to return a response in the time allotted, but may still \
                       be processing the request";
        Status::new(504, "Timeout", message.into())
    }

    /// 410: a watch asked for changes that are no longer kept.
    #[must_use]
    pub fn expired(asked: u64, version: u64) -> Status {
        let message = eco_format!("too old resource version: {asked} ({version})");
        Status::new(410, "Expired", message)
    }

    /// 410: a list is continued of which not all is known any more.
    #[must_use]
    pub(crate) fn expired_list(token: EcoString) -> Status {
        let message = "The provided continue parameter is too old to display a consistent list result. \
                       You can start a new list without the continue parameter, or use the continue \
                       token in this response to retrieve the remainder of the results. Continuing \
                       with the provided token results in an inconsistent list - objects that were \
                       created, modified, or deleted between the time the first chunk was returned \
                       and now may show up in the list.";
        Status {
            token,
            ..Status::new(410, "Expired", message.into())
        }
    }

    /// 422: the object breaks rules of its kind.
    #[must_use]
    pub fn invalid(object: &Value, causes: EcoVec<Cause>) -> Status {
        let (kind, group) = kind_and_group(object);
        let name = object.at(&["metadata", "name"]).text();
        let mut said: Vec<EcoString> = Vec::new();
        for cause in &causes {
            let text = eco_format!("{}: {}", cause.field, cause.message);
            if !said.contains(&text) {
                said.push(text);
            }
        }
        let list = match said.as_slice() {
            [one] => one.clone(),
            more => eco_format!("[{}]", more.join(", ")),
        };
        let dot = if group.is_empty() { "" } else { "." };
        let message = eco_format!("{kind}{dot}{group} {name:?} is invalid: {list}");
        Status {
            causes,
            about: About {
                group: group.into(),
                kind: kind.into(),
                name: name.into(),
            },
            ..Status::new(422, "Invalid", message)
        }
    }

    /// The refusal as the object that the API server answers with (`metav1.Status`).
    #[must_use]
    pub fn to_value(&self) -> Value {
        let known = |text: &str| Some(text).filter(|text| !text.is_empty()).map(Value::from);
        let cause = |cause: &Cause| {
            map! {
                "reason" => known(cause.reason),
                "message" => &cause.message,
                "field" => known(&cause.field),
            }
        };
        let causes: Vec<Value> = self.causes.iter().map(cause).collect();
        let details = map! {
            "name" => known(&self.about.name),
            "group" => known(&self.about.group),
            "kind" => known(&self.about.kind),
            "causes" => Some(causes).filter(|causes| !causes.is_empty()),
            "retryAfterSeconds" => Some(i64::from(self.retry_after)).filter(|it| *it != 0),
        };
        map! {
            "kind" => "Status",
            "apiVersion" => "v1",
            "metadata" => map! { "continue" => known(&self.token) },
            "status" => "Failure",
            "message" => &self.message,
            "reason" => known(self.reason),
            "details" => Some(details).filter(|it| it.members().next().is_some()),
            "code" => i64::from(self.code),
        }
    }
}
