//! A line of a terminal: one command, its words as a shell tells them apart.

use crate::{Cluster, Output, command_first, kubectl, texts};

/// Characters by which a shell joins commands; the terminal runs one at a time.
const JOINTS: &str = "|&;<>`";

/// Runs a line as `user`.
pub fn run(cluster: &mut dyn Cluster, user: &str, line: &str) -> Output {
    let words = match split(line) {
        Ok(words) => words,
        Err(why) => return failed(2, format!("bash: {why}\n")),
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => Output::default(),
        // `alias k=kubectl`, as in Kubernetes' own documentation.
        ["kubectl" | "k", args @ ..] => kubectl(cluster, user, args, ""),
        // A shell has many programs to tell of; this one has that.
        ["help"] => kubectl(cluster, user, &["help"], ""),
        [name, ..] => failed(127, format!("bash: {name}: command not found\n")),
    }
}

/// Whether a line changes nothing and asks what the server publishes of its kinds and their fields.
#[must_use]
pub fn asks_for_schema(line: &str) -> bool {
    let words = split(line).unwrap_or_default();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["kubectl" | "k", args @ ..] => command_first(args).first() == Some(&"explain"),
        _ => false,
    }
}

fn failed(exit: u8, stderr: String) -> Output {
    Output {
        exit,
        stdout: String::new(),
        stderr,
    }
}

/// The words of a line. Quotes and backslashes mean what they mean to a shell.
fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().extend(letters.next()),
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next() {
                        None => {
                            return Err(format!(
                                "unexpected EOF while looking for matching `{letter}'"
                            ));
                        }
                        Some(end) if end == letter => break,
                        Some('\\') if letter == '"' => word.extend(letters.next()),
                        Some(other) => word.push(other),
                    }
                }
            }
            '#' if word.is_none() => break,
            joint if JOINTS.contains(joint) => {
                return Err(texts::one_command_at_a_time(joint));
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_are_told_apart_as_by_a_shell() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("  kubectl  get pods ", &["kubectl", "get", "pods"]),
            (r#"a 'b c' "d \"e" f\ g"#, &["a", "b c", r#"d "e"#, "f g"]),
            ("x=''y # told apart", &["x=y"]),
            ("a ''", &["a", ""]),
        ];
        for (line, words) in cases {
            assert_eq!(
                split(line).as_deref(),
                Ok(&words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..]),
                "{line}"
            );
        }
        for line in ["a | b", "a > b", "a 'b", "a \"b"] {
            assert!(split(line).is_err(), "{line}");
        }
    }
}
