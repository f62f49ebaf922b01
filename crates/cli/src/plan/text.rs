//! A plan for a terminal.

use super::{SENTENCE_MOST, VALUE_MOST, shown, summary};
use reconcile::view::{Effect, PathEffect, PlanRow};

/// A paragraph an object, then how often each effect stands there.
pub fn write(rows: &[PlanRow], is_coloured: bool) -> String {
    let paint = |code: &str, text: &str| match is_coloured {
        true => format!("\x1B[{code}m{text}\x1B[0m"),
        false => text.to_owned(),
    };
    let mut out = String::new();
    for row in rows {
        let (sign, code) = look(row.effect);
        let head = match row.object.as_str() {
            "" => paint(code, &format!("{sign} {}", row.effect.as_str())),
            object => format!(
                "{} {}",
                paint(code, &format!("{sign} {}", row.effect.as_str())),
                paint("1", object)
            ),
        };
        out.push_str(&format!(
            "{head}{}\n  {}\n",
            place(&row.source),
            shown(&row.sentence, SENTENCE_MOST)
        ));
        for warning in &row.warnings {
            let warning = format!("Warning: {}", shown(warning, SENTENCE_MOST));
            out.push_str(&format!("  {}\n", paint("33", &warning)));
        }
        for path in &row.paths {
            let code = match path.effect == row.effect {
                true => "0",
                false => "2",
            };
            out.push_str(&path_lines(row, path, &|text| paint(code, text)));
            for (sign, code, value) in
                [("-", "31", &path.change.old), ("+", "32", &path.change.new)]
            {
                if !value.is_empty() {
                    let line = format!("{sign} {}", shown(value, VALUE_MOST));
                    out.push_str(&format!("      {}\n", paint(code, &line)));
                }
            }
        }
        out.push('\n');
    }
    let told: Vec<String> = summary(rows)
        .into_iter()
        .map(|(effect, text)| paint(look(effect).1, &text))
        .collect();
    out.push_str(&format!("{}\n", told.join(", ")));
    out
}

/// The path, what it does where that is not what the object as a whole does, and where it stands.
fn path_lines(row: &PlanRow, path: &PathEffect, paint: &dyn Fn(&str) -> String) -> String {
    let effect = match path.effect == row.effect {
        true => String::new(),
        false => format!("  {}", path.effect.as_str()),
    };
    let name = if path.change.path.is_empty() {
        "."
    } else {
        &path.change.path
    };
    format!("    {}{effect}{}\n", paint(name), place(&path.source))
}

fn place(source: &str) -> String {
    match source {
        "" => String::new(),
        source => format!("  ({source})"),
    }
}

/// An effect's sign, and its colour.
fn look(effect: Effect) -> (&'static str, &'static str) {
    match effect {
        Effect::Rejected => ("✗", "31;1"),
        Effect::Recreated => ("±", "33"),
        Effect::Rolls => ("↻", "33;1"),
        Effect::Scales => ("↕", "36"),
        Effect::NeedsRestart => ("!", "35"),
        Effect::Deleted => ("-", "31"),
        Effect::Created => ("+", "32"),
        Effect::InPlace => ("~", "34"),
        Effect::None => ("·", "2"),
    }
}
