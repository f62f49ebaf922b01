//! The family `rbac`: who may do what in one world of roles and bindings.

use kube::api::{Request, Verb, serve};
use kube::rbac::{self, Attributes, User};
use kube::{Key, Status, Store, Value};

/// Asks the authorizer, and where the request has a body the server.
pub fn run(file: &Value, case: &Value) -> Result<(), String> {
    let mut store = Store::new(1);
    rbac::bootstrap(&mut store);
    for object in file.get("world").items() {
        let request = Request::new("test", Key::of(object), Verb::Create(object.clone()));
        serve(&mut store, 0, request).map_err(|status| status.message.to_string())?;
    }
    let request = case.get("request");
    let user = User {
        name: request.get("user").to_text(),
        groups: request
            .get("groups")
            .items()
            .iter()
            .map(Value::to_text)
            .collect(),
    };
    let text = |field: &str| request.get(field).to_text();
    let wanted = Attributes {
        verb: text("verb"),
        group: text("group"),
        resource: text("resource"),
        subresource: text("subresource"),
        namespace: text("namespace"),
        name: text("name"),
        path: text("url"),
        fields: "".into(),
    };
    let decision = rbac::authorize(&store, &user, &wanted);
    if Some(decision.allowed) != case.get("allowed").as_bool() {
        return Err(format!(
            "allowed is {}: {}",
            decision.allowed, decision.reason
        ));
    }
    // Which of several bindings is named first is not promised.
    let why = case.get("why").text();
    let wants_binding = why.contains("RoleBinding");
    if wants_binding != decision.reason.contains("RoleBinding")
        || why != decision.reason && !why.contains("system:")
    {
        return Err(format!("it is {} instead of {why}", decision.reason));
    }
    let mut answer = rbac::check(&store, &user, &wanted);
    let body = request.get("body");
    if answer.is_ok() && !body.is_null() {
        let request = Request {
            user,
            dry_run: true,
            ..Request::new("", Key::of(body), Verb::Create(body.clone()))
        };
        answer = serve(&mut store, 0, request).map(|_| ());
    }
    same(answer.err(), case.get("answer"))
}

fn same(refusal: Option<Status>, want: &Value) -> Result<(), String> {
    let code = want.get("code").as_int();
    match refusal {
        Some(status) if status.code == 403 => {
            let same = (code, want.get("reason").text(), want.get("message").text())
                == (Some(403), status.reason, status.message.as_str());
            let details = status.to_value().get("details").clone();
            if &details != want.get("details") {
                return Err(format!("{details:?} instead of {:?}", want.get("details")));
            }
            let why = format!(
                "{:?} instead of {:?}",
                status.message,
                want.get("message").text()
            );
            if same { Ok(()) } else { Err(why) }
        }
        Some(status) if Some(i64::from(status.code)) != code => Err(format!("{status:?}")),
        _ if code == Some(403) => Err(format!(
            "it is allowed instead of {:?}",
            want.get("message").text()
        )),
        _ => Ok(()),
    }
}
