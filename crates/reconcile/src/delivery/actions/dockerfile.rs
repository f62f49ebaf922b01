//! Whether a Dockerfile can be read (moby/buildkit: `frontend/dockerfile/parser`, `instructions`).
//!
//! What its instructions do is not simulated: `app.yaml` says what the image is.

use crate::delivery::git::Tree;
use crate::delivery::reader::distance;
use ecow::{EcoString, eco_format};

const INSTRUCTIONS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// What BuildKit finds wrong with a Dockerfile first.
#[must_use]
pub fn fault(text: &str) -> Option<EcoString> {
    if text.is_empty() {
        return Some("the Dockerfile cannot be empty".into());
    }
    let mut any = false;
    let mut has_stage = false;
    for (line, words) in instructions(text) {
        any = true;
        let wrong =
            |what: EcoString| Some(eco_format!("dockerfile parse error on line {line}: {what}"));
        let Some((name, args)) = words.split_first() else {
            continue;
        };
        let upper = name.to_uppercase();
        if !INSTRUCTIONS.contains(&upper.as_str()) {
            return wrong(unknown(name));
        }
        let args = args.iter().filter(|arg| !arg.starts_with("--")).count();
        match upper.as_str() {
            "FROM" if args != 1 && args != 3 => {
                return wrong("FROM requires either one or three arguments".into());
            }
            "FROM" => has_stage = true,
            "ADD" | "COPY" if args < 2 => {
                return wrong(eco_format!(
                    "{upper} requires at least two arguments, but only one was provided. Destination could not be determined"
                ));
            }
            _ if args == 0 && !matches!(upper.as_str(), "CMD" | "ENTRYPOINT" | "RUN" | "SHELL") => {
                let count = if matches!(
                    upper.as_str(),
                    "MAINTAINER" | "STOPSIGNAL" | "USER" | "WORKDIR"
                ) {
                    "exactly"
                } else {
                    "at least"
                };
                return wrong(eco_format!("{upper} requires {count} one argument"));
            }
            "ARG" => {}
            _ if !has_stage => return Some("no build stage in current context".into()),
            _ => {}
        }
    }
    (!any).then(|| "file with no instructions".into())
}

/// What an instruction copies that is not in the context, in BuildKit's words (`cache/contenthash`).
/// Sources with patterns or variables are taken as there; `.dockerignore` is not read.
#[must_use]
pub fn missing(text: &str, context: &Tree) -> Option<EcoString> {
    for (_, words) in instructions(text) {
        let Some((name, args)) = words.split_first() else {
            continue;
        };
        let copies = matches!(name.to_uppercase().as_str(), "COPY" | "ADD");
        if !copies || args.iter().any(|arg| arg.starts_with("--from")) {
            continue;
        }
        let paths: Vec<&&str> = args.iter().filter(|arg| !arg.starts_with("--")).collect();
        let Some((_, sources)) = paths.split_last() else {
            continue;
        };
        for source in sources {
            // The context is the root: `..` does not leave it.
            let mut parts = Vec::new();
            for part in source.split('/') {
                match part {
                    "" | "." => {}
                    ".." => _ = parts.pop(),
                    part => parts.push(part),
                }
            }
            let path = parts.join("/");
            let is_plain = !source.contains(['*', '?', '[', '$', '<', ',', '"'])
                && !source.contains("://")
                && !source.contains('@');
            let within = |file: &EcoString| {
                file.strip_prefix(&*path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if is_plain && !path.is_empty() && !context.keys().any(within) {
                return Some(eco_format!(
                    "failed to compute cache key: failed to calculate checksum of ref local::context: \"/{path}\": not found"
                ));
            }
        }
    }
    None
}

/// The words of each instruction and the line that it begins on. Lines that end with the escape
/// character go on in the next, comments and blank lines between them aside; a heredoc's lines belong
/// to the instruction that opens it.
fn instructions(text: &str) -> Vec<(usize, Vec<&str>)> {
    let directive = text.lines().next().unwrap_or_default().replace(' ', "");
    let escape = if directive.eq_ignore_ascii_case("#escape=`") {
        '`'
    } else {
        '\\'
    };
    let mut all: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut goes_on = false;
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let bare = line.strip_suffix(escape);
        let words = bare.unwrap_or(line).split_whitespace();
        match all.last_mut().filter(|_| goes_on) {
            Some((_, have)) => have.extend(words),
            None => all.push((at + 1, words.collect())),
        }
        goes_on = bare.is_some();
        let opened = all.last().filter(|_| !goes_on);
        let ends: Vec<&str> = opened
            .iter()
            .flat_map(|(_, words)| heredocs(words))
            .collect();
        for end in ends {
            lines
                .by_ref()
                .find(|(_, line)| line.trim_start_matches('\t') == end);
        }
    }
    all
}

/// The names that end the heredocs of an instruction: `<<EOF`, `<<-"EOF"`.
fn heredocs<'w>(words: &'w [&str]) -> impl Iterator<Item = &'w str> {
    let takes = words.first().is_some_and(|name| {
        ["RUN", "COPY", "ADD"]
            .iter()
            .any(|it| it.eq_ignore_ascii_case(name))
    });
    let after = words
        .iter()
        .filter_map(|word| Some(word.split_once("<<")?.1));
    let names = after.map(|name| name.trim_start_matches('-').trim_matches(['"', '\'']));
    names.filter(move |name| {
        takes && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    })
}

/// `unknown instruction: FRM (did you mean FROM?)` (`util/suggest`)
fn unknown(name: &str) -> EcoString {
    let near = INSTRUCTIONS
        .iter()
        .map(|known| (distance(name, known), known));
    let said = eco_format!("unknown instruction: {name}");
    match near.min().filter(|(distance, _)| *distance < 3) {
        Some((_, known)) if name.chars().any(char::is_lowercase) => {
            eco_format!("{said} (did you mean {}?)", known.to_lowercase())
        }
        Some((_, known)) => eco_format!("{said} (did you mean {known}?)"),
        None => said,
    }
}

#[cfg(test)]
mod tests {
    use super::{Tree, fault, missing};

    #[test]
    fn what_is_copied_must_be_there() {
        let context: Tree = [("app.yaml", ""), ("src/main.rs", "")]
            .map(|(path, text)| (path.into(), text.into()))
            .into_iter()
            .collect();
        for (line, expected) in [
            ("COPY app.yaml src ./", None),
            ("COPY . .", None),
            ("COPY --from=build /out/app /app", None),
            ("COPY --chown=1:1 ./src/main.rs /", None),
            ("COPY *.toml $DIR ./", None),
            ("ADD https://example.com/a.tgz /", None),
            ("COPY go.mod app.yaml ./", Some("\"/go.mod\": not found")),
            ("COPY ../src/./ /src", None),
            ("COPY ../lib /lib", Some("\"/lib\": not found")),
            ("ADD ./lib/ /lib", Some("\"/lib\": not found")),
        ] {
            let found = missing(&format!("FROM a\n{line}\n"), &context);
            let end = found.as_deref().and_then(|why| why.split_once("context: "));
            assert_eq!(end.map(|(_, end)| end), expected, "{line}");
        }
    }

    #[test]
    fn dockerfiles() {
        let wrong =
            |line: usize, what: &str| format!("dockerfile parse error on line {line}: {what}");
        let cases = [
            ("FROM scratch\n", String::new()),
            (
                "# syntax=docker/dockerfile:1\nARG V=1\nFROM a:$V AS b\nrun make \\\n  # why\n  all\n",
                String::new(),
            ),
            (
                "FROM a\nRUN <<EOF\nnonsense\nEOF\nCMD [\"a\"]\n",
                String::new(),
            ),
            ("# escape=`\nFROM a\nRUN a `\n  b\n", String::new()),
            (
                "FROM --platform=linux/amd64 a\nCOPY --from=b /x /y\n",
                String::new(),
            ),
            ("", "the Dockerfile cannot be empty".into()),
            ("\n# nothing\n", "file with no instructions".into()),
            (
                "FRM a\n",
                wrong(1, "unknown instruction: FRM (did you mean FROM?)"),
            ),
            (
                "FROM a\n\ncpy a b\n",
                wrong(3, "unknown instruction: cpy (did you mean copy?)"),
            ),
            (
                "apiVersion: v1\n",
                wrong(1, "unknown instruction: apiVersion:"),
            ),
            (
                "FROM a as\n",
                wrong(1, "FROM requires either one or three arguments"),
            ),
            (
                "FROM a\nCOPY a\n",
                wrong(
                    2,
                    "COPY requires at least two arguments, but only one was provided. Destination could not be determined",
                ),
            ),
            (
                "FROM a\nEXPOSE\n",
                wrong(2, "EXPOSE requires at least one argument"),
            ),
            (
                "FROM a\nUSER\n",
                wrong(2, "USER requires exactly one argument"),
            ),
            ("RUN make\n", "no build stage in current context".into()),
        ];
        for (text, expected) in cases {
            assert_eq!(fault(text).unwrap_or_default(), expected, "{text}");
        }
    }
}
