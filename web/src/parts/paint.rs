//! Light colouring of the editor's text: comments recede, keys and template actions stand out.
//!
//! It never changes a character, so that what is drawn lies exactly under what is typed.

/// What a piece of text is, for its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Anything else.
    Plain,
    /// A comment.
    Comment,
    /// A key of a mapping, with its colon.
    Key,
    /// A template action: `{{ … }}`; an expression: `${{ … }}`.
    Action,
}

impl Ink {
    /// The CSS class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "ink-plain",
            Self::Comment => "ink-comment",
            Self::Key => "ink-key",
            Self::Action => "ink-action",
        }
    }
}

/// Splits one line into pieces. Joined, they are the line.
pub fn paint(line: &str) -> Vec<(Ink, &str)> {
    let mut pieces = Vec::new();
    let mut rest = line;
    let key = key_length(line);
    if 0 < key {
        pieces.push((Ink::Key, &line[..key]));
        rest = &line[key..];
    }
    while !rest.is_empty() {
        let action = rest.find("{{");
        let comment = comment_start(rest, rest.len() == line.len());
        match (action, comment) {
            (Some(action), comment) if comment.is_none_or(|comment| action < comment) => {
                push(&mut pieces, Ink::Plain, &rest[..action]);
                let end = rest[action..]
                    .find("}}")
                    .map_or(rest.len(), |length| action + length + 2);
                push(&mut pieces, Ink::Action, &rest[action..end]);
                rest = &rest[end..];
            }
            (_, Some(comment)) => {
                push(&mut pieces, Ink::Plain, &rest[..comment]);
                push(&mut pieces, Ink::Comment, &rest[comment..]);
                rest = "";
            }
            (_, None) => {
                push(&mut pieces, Ink::Plain, rest);
                rest = "";
            }
        }
    }
    pieces
}

fn push<'a>(pieces: &mut Vec<(Ink, &'a str)>, ink: Ink, text: &'a str) {
    if !text.is_empty() {
        pieces.push((ink, text));
    }
}

/// The bytes up to the colon of a plain key, with what stands before it; 0 if there is none.
fn key_length(line: &str) -> usize {
    let start = line.len() - line.trim_start_matches([' ', '-']).len();
    let name = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let end = start + line[start..].find(|c| !name(c)).unwrap_or(0);
    let rest = &line[end..];
    let colon = rest.starts_with(": ") || rest == ":";
    if start < end && colon { end + 1 } else { 0 }
}

/// Where a comment begins: at a `#` that starts the line or follows a space, outside of quotes.
fn comment_start(text: &str, at_line_start: bool) -> Option<usize> {
    let mut quote = None;
    let mut before = if at_line_start { ' ' } else { '\0' };
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '#') if before == ' ' => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_by_meaning() {
        use Ink::*;
        for (line, expected) in [
            ("", vec![]),
            ("# why", vec![(Comment, "# why")]),
            (
                "replicas: 3 # pods",
                vec![(Key, "replicas:"), (Plain, " 3 "), (Comment, "# pods")],
            ),
            ("  - name: x", vec![(Key, "  - name:"), (Plain, " x")]),
            ("a: \"b # c\"", vec![(Key, "a:"), (Plain, " \"b # c\"")]),
            (
                "image: {{ .x }}:1",
                vec![
                    (Key, "image:"),
                    (Plain, " "),
                    (Action, "{{ .x }}"),
                    (Plain, ":1"),
                ],
            ),
            ("{{- with .a }}", vec![(Action, "{{- with .a }}")]),
            ("{{ open", vec![(Action, "{{ open")]),
            (
                "url: http://a:80",
                vec![(Key, "url:"), (Plain, " http://a:80")],
            ),
            ("docker#x", vec![(Plain, "docker#x")]),
        ] {
            assert_eq!(paint(line), expected, "{line}");
        }
    }

    #[test]
    fn no_character_is_lost() {
        for line in ["é: ü # ö", "  {{ \"}}", "-", "- -", ": :", "'#", "\t#"] {
            let joined: String = paint(line).into_iter().map(|(_, text)| text).collect();
            assert_eq!(joined, line);
        }
    }
}
