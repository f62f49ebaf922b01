//! `kubectl auth whoami` (`k8s.io/kubectl/pkg/cmd/auth/whoami.go`).

use super::args::{Args, Flag, value};
use super::get;
use super::session::{Fault, Session};
use super::table;
use kube::api::Verb;
use kube::{Key, Value, map};

pub(super) const FLAGS: &[Flag] = &[value("output", Some('o'))];

/// Prints whom the server takes one for.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    const KIND: &str = "SelfSubjectReview";
    let body = map! { "apiVersion" => "authentication.k8s.io/v1", "kind" => KIND };
    let answer = session.ask(&Key::new(KIND, "", ""), Verb::Create(body))?;
    let review = answer.object().map_or(Value::Null, |it| it.value.clone());
    let table = || rows(review.at(&["status", "userInfo"]));
    let text = get::table_or_value(args, &table, &|| review.clone())?;
    session.output.stdout.push_str(&text);
    Ok(())
}

fn rows(user: &Value) -> String {
    let mut rows = vec![["ATTRIBUTE".to_owned(), "VALUE".to_owned()].to_vec()];
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            rows.push(vec![name.to_owned(), value]);
        }
    };
    row("Username", user.get("username").text().to_owned());
    row("UID", user.get("uid").text().to_owned());
    let groups = user.get("groups").items().iter();
    let groups: Vec<&str> = groups.map(Value::text).collect();
    if !groups.is_empty() {
        row("Groups", format!("[{}]", groups.join(" ")));
    }
    table::lines(&rows)
}
