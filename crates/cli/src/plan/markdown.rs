//! A plan as a comment on a pull request.

use super::{SENTENCE_MOST, VALUE_MOST, shown, summary};
use reconcile::view::{Effect, PlanRow};

/// How much a comment may hold on GitHub is 65,536 characters; the details end well before that.
const DETAILS_MOST: usize = 48_000;

/// A headline, a table with a line an object, and the changed paths folded away.
pub fn write(rows: &[PlanRow]) -> String {
    let mut out = format!("### {}\n\n", headline(rows));
    if let [only] = rows
        && only.object.is_empty()
    {
        out.push_str(&format!("{}\n", only.sentence));
        return out;
    }
    let told: Vec<String> = summary(rows).into_iter().map(|(_, text)| text).collect();
    out.push_str(&format!("{}\n\n", told.join(" · ")));
    out.push_str("| | object | what happens |\n| --- | --- | --- |\n");
    for row in rows {
        let (sign, word) = look(row.effect);
        let object = match row.object.as_str() {
            "" => String::new(),
            object => format!("`{object}`"),
        };
        let mut what = cell(&shown(&row.sentence, SENTENCE_MOST));
        for warning in &row.warnings {
            let warning = cell(&shown(warning, SENTENCE_MOST));
            what.push_str(&format!("<br>⚠️ Warning: {warning}"));
        }
        out.push_str(&format!("| {sign} **{word}** | {object} | {what} |\n"));
    }
    details(rows, &mut out);
    out
}

fn headline(rows: &[PlanRow]) -> String {
    let of = |effect: Effect| rows.iter().filter(move |row| row.effect == effect);
    let names = |effect: Effect| {
        let names: Vec<String> = of(effect)
            .map(|row| format!("`{}`", row.object.rsplit('/').next().unwrap_or_default()))
            .collect();
        match names.as_slice() {
            [first, second, third, _, ..] => {
                format!("{first}, {second}, {third} and {} more", names.len() - 3)
            }
            _ => names.join(", "),
        }
    };
    let pods: u32 = of(Effect::Rolls).map(|row| row.pods).sum();
    if of(Effect::Rejected).next().is_some() {
        return format!(
            "❌ The upgrade fails: {} is refused",
            names(Effect::Rejected)
        );
    }
    match (of(Effect::Rolls).next(), pods) {
        (None, _) => "✅ No pod restarts".to_owned(),
        (Some(_), 0) => format!("🔄 {} rolls", names(Effect::Rolls)),
        (Some(_), 1) => format!("🔄 1 pod rolls: {}", names(Effect::Rolls)),
        (Some(_), pods) => format!("🔄 {pods} pods roll: {}", names(Effect::Rolls)),
    }
}

fn details(rows: &[PlanRow], out: &mut String) {
    let count: usize = rows.iter().map(|row| row.paths.len()).sum();
    if count == 0 {
        return;
    }
    let plural = if count == 1 { "path" } else { "paths" };
    out.push_str(&format!(
        "\n<details>\n<summary>{count} changed {plural}</summary>\n\n"
    ));
    let mut left = 0;
    for row in rows.iter().filter(|row| !row.paths.is_empty()) {
        if out.len() > DETAILS_MOST {
            left += row.paths.len();
            continue;
        }
        out.push_str(&format!("`{}`\n```diff\n", row.object));
        for path in &row.paths {
            let source = match path.source.as_str() {
                "" => String::new(),
                source => format!("  # {source}"),
            };
            let effect = match path.effect == row.effect {
                true => String::new(),
                false => format!(" ({})", path.effect.as_str()),
            };
            out.push_str(&format!("@@ {}{effect} @@{source}\n", path.change.path));
            for (sign, value) in [("-", &path.change.old), ("+", &path.change.new)] {
                if !value.is_empty() {
                    out.push_str(&format!("{sign} {}\n", shown(value, VALUE_MOST)));
                }
            }
        }
        out.push_str("```\n");
    }
    if left > 0 {
        out.push_str(&format!("…and {left} more, left out here.\n"));
    }
    out.push_str("\n</details>\n");
}

/// A text in a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', "<br>")
}

fn look(effect: Effect) -> (&'static str, &'static str) {
    match effect {
        Effect::Rejected => ("❌", "rejected"),
        Effect::Recreated => ("♻️", "recreated"),
        Effect::Rolls => ("🔄", "rolls"),
        Effect::Scales => ("↕️", "scales"),
        Effect::NeedsRestart => ("⚠️", "needs restart"),
        Effect::Deleted => ("🗑️", "deleted"),
        Effect::Created => ("🆕", "created"),
        Effect::InPlace => ("✏️", "in place"),
        Effect::None => ("💤", "no effect"),
    }
}
