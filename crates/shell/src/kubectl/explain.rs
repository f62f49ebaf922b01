//! `kubectl explain` (`k8s.io/kubectl/pkg/cmd/explain`, the template `plaintext.tmpl` in
//! `pkg/explain/v2`).

use super::args::{Args, Flag, switch, value};
use super::session::{Fault, Session, resource, unknown_kind};
use kube::KindInfo;
use kube::fields::{Descriptions, Explanation, Table, explain};
use std::fmt::Write as _;

pub(super) const FLAGS: &[Flag] = &[value("api-version", None), switch("recursive", Some('R'))];

/// How many values of a field are named in a list of fields.
const FEW: usize = 4;

/// What is known of the fields of one kind.
struct Book<'a> {
    table: &'static Table,
    descriptions: &'a Descriptions,
    api_version: &'a str,
    kind: &'static str,
}

/// Says what a kind or one of its fields is.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let [what] = args.words.as_slice() else {
        return Err(Fault::Usage(match args.words.is_empty() {
            true => "You must specify the type of resource to explain. Use \"kubectl api-resources\" for \
                     a complete list of supported resources."
                .to_owned(),
            false => "We accept only this format: explain RESOURCE".to_owned(),
        }));
    };
    let (info, path) = read(what)?;
    let (table, descriptions) = session.schema()?;
    let book = Book {
        table,
        descriptions: &descriptions,
        api_version: args.last("api-version").unwrap_or(info.api_version),
        kind: info.kind,
    };
    let Some(root) = book.about(&[]) else {
        let plural = info.plural;
        return Err(Fault::Usage(format!(
            "couldn't find resource for \"{}, Resource={plural}\"",
            book.api_version
        )));
    };
    let (found, field) = match path.last() {
        None => (root, String::new()),
        Some(name) => {
            let found = book.about(&path);
            let missing = || Fault::Usage(format!("field {name:?} does not exist"));
            let found = found.ok_or_else(missing)?;
            let mut line = format!("FIELD: {name} <{}>\n", found.type_name);
            let values = values(&found);
            if !values.is_empty() {
                line.push_str("ENUM:");
                values.iter().for_each(|it| line.extend(["\n    ", *it]));
            }
            (found, line + "\n\n")
        }
    };
    let (group, version) = book
        .api_version
        .split_once('/')
        .unwrap_or(("", book.api_version));
    let mut text = String::new();
    if !group.is_empty() {
        let _ = writeln!(text, "GROUP:      {group}");
    }
    let kind = book.kind;
    let _ = writeln!(text, "KIND:       {kind}\nVERSION:    {version}\n");
    text.push_str(&field);
    let meanings = [found.description, found.type_description];
    let meanings = meanings.into_iter().filter(|it| !it.is_empty());
    let meanings: String = meanings
        .map(|it| it.replace('\u{2028}', "\n") + "\n")
        .collect();
    let meanings = if meanings.is_empty() {
        "<empty>"
    } else {
        &meanings
    };
    let _ = writeln!(
        text,
        "DESCRIPTION:\n{}",
        indented(&wrapped(meanings, 76), 4)
    );
    if !found.fields.is_empty() {
        text.push_str("FIELDS:\n");
        let is_short = args.is_on("recursive");
        book.fields(&mut text, &path, &found, 1, is_short, &mut Vec::new());
    }
    text.push('\n');
    session.output.stdout.push_str(&text);
    Ok(())
}

/// `deployment.spec.strategy`, `deployments.apps.spec`
fn read(what: &str) -> Result<(&'static KindInfo, Vec<&str>), Fault> {
    let what = what.strip_suffix('.').unwrap_or(what);
    let name = what.split('.').next().unwrap_or_default();
    let unknown = || Fault::Said(unknown_kind(name) + "\n");
    let info = resource(name).ok_or_else(unknown)?;
    let (group, _) = info.api_version.split_once('/').unwrap_or_default();
    let rest = &what[name.len()..];
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let inner = rest.strip_prefix(group).filter(|_| !group.is_empty());
    let inner = inner.filter(|it| it.is_empty() || it.starts_with('.'));
    let path = inner.unwrap_or(rest).split('.').filter(|it| !it.is_empty());
    Ok((info, path.collect()))
}

impl Book<'_> {
    fn about(&self, path: &[&str]) -> Option<Explanation> {
        explain(
            self.table,
            self.descriptions,
            self.api_version,
            self.kind,
            path,
        )
    }

    /// The fields of what lies at a path, and if it `is_short` the fields of those, down to types that
    /// they are `inside` of already.
    fn fields(
        &self,
        text: &mut String,
        path: &[&str],
        of: &Explanation,
        level: usize,
        is_short: bool,
        inside: &mut Vec<String>,
    ) {
        let margin = level * 2;
        for (field, type_name) in &of.fields {
            let mut path = path.to_vec();
            path.push(field.name);
            let Some(found) = self.about(&path) else {
                continue;
            };
            let mark = if field.required { " -required-" } else { "" };
            let line = format!("{}\t<{type_name}>{mark}", field.name);
            let _ = write!(text, "{}", indented(&line, margin));
            let values = values(&found);
            if !values.is_empty() {
                let more = if FEW < values.len() { ", ...." } else { "" };
                let few: Vec<&str> = values.into_iter().take(FEW).collect();
                let line = format!("enum: {}{more}", few.join(", "));
                let _ = write!(text, "\n{}", indented(&line, margin));
            }
            text.push('\n');
            if is_short {
                let kind = type_name.trim_start_matches("[]").to_owned();
                if !inside.contains(&kind) {
                    inside.push(kind);
                    self.fields(text, &path, &found, level + 1, true, inside);
                    inside.pop();
                }
                continue;
            }
            let meaning = match found.description {
                "" => "<no description>".to_owned(),
                meaning => meaning.replace('\u{2028}', "\n"),
            };
            let lines = wrapped(&meaning, 78 - margin);
            let _ = writeln!(text, "{}\n", indented(&lines, margin + 2));
        }
    }
}

/// The values of an enumeration, which its description lists.
fn values(of: &Explanation) -> Vec<&'static str> {
    let lines = of
        .description
        .split('\u{2028}')
        .filter(|_| of.type_name == "string");
    let listed = lines.filter_map(|line| line.strip_prefix(" - `\"")?.split_once("\"`"));
    let shown = listed.map(|(value, _)| if value.is_empty() { "\"\"" } else { value });
    shown.collect()
}

fn indented(text: &str, width: usize) -> String {
    let margin = " ".repeat(width);
    format!("{margin}{}", text.replace('\n', &format!("\n{margin}")))
}

/// Breaks lines at blanks so that they have at most so many letters, as `mitchellh/go-wordwrap` does: a
/// line's own blanks stay.
fn wrapped(text: &str, most: usize) -> String {
    let mut out = String::new();
    // How far the line is, the blanks that follow, the word that follows them.
    let (mut at, mut blanks, mut word) = (0, String::new(), String::new());
    let length = |text: &str| text.chars().count();
    for letter in text.chars() {
        match letter {
            '\n' => {
                if !word.is_empty() || at + length(&blanks) <= most {
                    out.push_str(&blanks);
                }
                out.push_str(&word);
                out.push('\n');
                (at, blanks, word) = (0, String::new(), String::new());
            }
            blank if blank.is_whitespace() && blank != '\u{a0}' => {
                if blanks.is_empty() || !word.is_empty() {
                    at += length(&blanks) + length(&word);
                    out.extend([blanks.as_str(), &word]);
                    (blanks, word) = (String::new(), String::new());
                }
                blanks.push(blank);
            }
            letter => {
                word.push(letter);
                if at + length(&blanks) + length(&word) > most && length(&word) < most {
                    out.push('\n');
                    (at, blanks) = (0, String::new());
                }
            }
        }
    }
    if !word.is_empty() || at + length(&blanks) <= most {
        out.push_str(&blanks);
    }
    out + &word
}
